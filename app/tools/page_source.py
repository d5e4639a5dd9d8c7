"""Pages of a file (PDF, JPEG, PNG, TIFF) -> one picture each, or the text layer (Art. 2.2).

It refuses what is too large before unpacking it (100 Mpx, 500 pages). It does
not improve a picture (page_image.py) and does not recognise (ocr.py).
"""

import io
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import pi
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium_c
from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

from app.refusal import Refusal
from app.tools.alphabet import plain
from app.tools.page_drawn import drawn, shown
from app.tools.pdfium import UNPACKS_TOO_LARGE, Opened, laid_open

#: most pages of one file
MAX_PAGES = 500
#: most picture elements of one picture
MAX_PIXELS = 100_000_000
#: picture elements per inch at which pages are recognised
DPI = 200
#: a page is drawn with at most this many picture elements, whatever its size
MAX_DRAWN = 20_000_000
#: a page that brings more letters along is no printed page: they are not read
MAX_LETTERS = 40_000
#: inches of the long side of A4, assumed of a picture that does not say its resolution
A4_LONG = 11.69

Box = tuple[float, float, float, float]

Image.MAX_IMAGE_PIXELS = MAX_PIXELS
_IMAGE_TYPES = {"image/jpeg": "JPEG", "image/png": "PNG", "image/tiff": "TIFF"}


class BadImage(Refusal):
    """The file is not a readable picture or PDF, or it is larger than allowed."""

    code = "bad_image"
    status = 422
    article = "Art. 2.2"


@dataclass(frozen=True)
class Sheet:
    """One page as a picture."""

    picture: Image.Image
    #: size of the page in points
    width: float
    height: float

    def __reduce__(self) -> "tuple[Any, ...]":
        """Half as long under way from the process beside as by Pillow's own."""
        return _sheet, (self.picture.mode, self.picture.size, self.picture.tobytes(), self.width, self.height)


def _sheet(mode: str, size: tuple[int, int], data: bytes, width: float, height: float) -> Sheet:
    return Sheet(Image.frombytes(mode, size, data), width, height)


@dataclass(frozen=True)
class Layer:
    """The text that a page brings along, upright."""

    #: degrees counterclockwise by which the page, as it is shown, must be turned so that most of its letters stand
    turn: int
    #: size in points of the page so turned
    width: float
    height: float
    #: with boxes on the page so turned, in the order of the file
    words: list[tuple[str, Box]]


class Source:
    """An opened file: its pages are numbered from 1."""

    def __init__(self, data: bytes, media_type: str) -> None:
        """Raises BadImage: wrong type, damaged, protected by a password, over 500 pages; what `laid_open` raises."""
        self._data = data
        self._pdf: Opened | None = None
        if media_type == "application/pdf":
            require_unpackable(data)
            self._pdf = Opened(data)
            self.count = self._asked(len)
        elif media_type in _IMAGE_TYPES:
            self._format = _IMAGE_TYPES[media_type]
            self.count = _count_frames(data, self._format)
        else:
            raise BadImage(media_type=media_type)
        if not 0 < self.count <= MAX_PAGES:
            raise BadImage(pages=self.count, limit=MAX_PAGES)

    def sheet(self, number: int) -> Sheet:
        """The page as a colour picture of about 200 dpi. Raises as `Source`."""
        if self._pdf is None:
            return _frame(self._data, self._format, number - 1)
        sheet: Sheet = self._asked(_draw, number)
        return sheet

    def letters(self, number: int) -> str:
        """The letters that a page of a PDF brings along, in the order of the file, without places; "" for a picture."""
        return str(self._asked(_letters, number)) if self._pdf else ""

    def text(self, number: int) -> "Layer | None":
        """The page's text layer; None when it has none worth trusting."""
        if self._pdf is None:
            return None
        layer, share = self._asked(_layer, number)
        shown = plain("\n".join(word for word, _ in layer.words)).split("\n")
        layer = replace(layer, words=[(word, box) for word, (_, box) in zip(shown, layer.words, strict=False) if word])
        return layer if _is_trusted("".join(word for word, _ in layer.words), share) else None

    def drawn(self, number: int) -> list[Box]:
        """Where a page of a PDF shows more than its text and rules (page_drawn.py); nothing of a picture file."""
        return list(self._asked(_drawn, number)) if self._pdf else []

    def _asked(self, question: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return self._pdf.ask(question, *arguments)  # type: ignore[union-attr]
        except pypdfium2.PdfiumError as error:
            raise BadImage(str(error)) from error


def require_unpackable(data: bytes) -> None:
    """Refuse a PDF whose streams become too large. Raises as `Source`."""
    if laid_open(data)[1] == UNPACKS_TOO_LARGE:
        raise BadImage(UNPACKS_TOO_LARGE)


def _count_frames(data: bytes, image_format: str) -> int:
    with _picture(data, image_format) as picture:
        return getattr(picture, "n_frames", 1)


def _picture(data: bytes, image_format: str) -> Image.Image:
    """The picture, header read only; its size is checked before anything is unpacked."""
    try:
        picture = Image.open(io.BytesIO(data), formats=[image_format])
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise BadImage(str(error)) from error
    _refuse_large(picture)
    return picture


def _refuse_large(picture: Image.Image) -> None:
    if picture.width * picture.height > MAX_PIXELS:
        raise BadImage(pixels=picture.width * picture.height, limit=MAX_PIXELS)


def _frame(data: bytes, image_format: str, index: int) -> Sheet:
    with _picture(data, image_format) as picture:
        try:
            frame = next(f for i, f in enumerate(ImageSequence.Iterator(picture)) if i == index)
            _refuse_large(frame)
            turned = ImageOps.exif_transpose(frame.copy())
            dpi = _dpi(frame, max(turned.size))
            colour = _on_white(turned)
        except (OSError, SyntaxError, ValueError, EOFError, StopIteration) as error:
            raise BadImage(str(error)) from error
    width, height = colour.width * 72 / dpi, colour.height * 72 / dpi
    scale = min(DPI / dpi, (MAX_DRAWN / (colour.width * colour.height)) ** 0.5)
    if abs(scale - 1) > 0.02:
        size = max(1, round(colour.width * scale)), max(1, round(colour.height * scale))
        colour = colour.resize(size, Image.Resampling.LANCZOS)
    return Sheet(colour, width, height)


def _dpi(frame: Image.Image, long_side: int) -> float:
    """Resolution the file states, when a page of that size could lie on a scanner; else as if it were A4."""
    stated = float(frame.info.get("dpi", (0, 0))[0] or 0)
    if stated and 5 <= long_side / stated <= 24:
        return stated
    return long_side / A4_LONG


def _on_white(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith(("I", "F")):
        # 16-bit grey: Pillow's conversion would cut instead of scale
        picture = picture.point(lambda value: value / 256).convert("L")
    if picture.has_transparency_data:
        rgba = picture.convert("RGBA")
        white = Image.new("RGBA", rgba.size, "white")
        return Image.alpha_composite(white, rgba).convert("RGB")
    return picture.convert("RGB")


def _draw(document: pypdfium2.PdfDocument, number: int) -> Sheet:
    """Asked beside, as what follows."""
    page = document[number - 1]
    width, height = page.get_size()
    for item in page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_IMAGE], max_depth=4):
        across, down = item.get_px_size()
        if across * down > MAX_PIXELS:
            raise BadImage(pixels=across * down, limit=MAX_PIXELS)
    scale = min(DPI / 72, (MAX_DRAWN / max(1.0, width * height)) ** 0.5)
    return Sheet(page.render(scale=scale).to_pil().convert("RGB"), width, height)


def _letters(document: pypdfium2.PdfDocument, number: int) -> str:
    layer = document[number - 1].get_textpage()
    return layer.get_text_range() if 0 < layer.count_chars() <= MAX_LETTERS else ""


def _drawn(document: pypdfium2.PdfDocument, number: int) -> list[Box]:
    return drawn(document[number - 1])


def _layer(document: pypdfium2.PdfDocument, number: int) -> tuple[Layer, float]:
    """The words of the text layer, whether worth trusting or not, and which part of the page pictures cover."""
    page = document[number - 1]
    layer, (width, height) = page.get_textpage(), page.get_size()
    text = layer.get_text_range() if layer.count_chars() <= MAX_LETTERS else ""
    # characters outside the basic plane would shift the index; administrative text has none
    letters = [(index, char) for index, char in enumerate(text[: layer.count_chars()])]
    turns = Counter(_slant(layer, index) for index, char in letters if char.isalnum())
    turn = (page.get_rotation() + turns.most_common(1)[0][0]) % 360 if turns else 0
    words: list[tuple[str, Box]] = []
    known: list[str] = []
    box: Box | None = None
    for index, char in letters:
        if char.isspace() or char == "\x00":
            _close(words, known, box)
            box = None
            continue
        one = as_it_lies(shown(page, layer.get_charbox(index)), -turn % 360, width, height)
        if box and (abs(one[3] - box[3]) > (box[3] - box[1]) * 1.5 + 2 or one[0] < box[2] - 20):
            _close(words, known, box)
            box = None
        known.append(char)
        box = (min(box[0], one[0]), min(box[1], one[1]), max(box[2], one[2]), max(box[3], one[3])) if box else one
    _close(words, known, box)
    made = Layer(turn, *((height, width) if turn in (90, 270) else (width, height)), words)
    return made, sum(_picture_shares(page, width * height))


def _slant(layer: pypdfium2.PdfTextPage, index: int) -> int:
    """Degrees clockwise by which a letter lies in the page's own measure, to a right angle."""
    return round(pdfium_c.FPDFText_GetCharAngle(layer, index) / (pi / 2)) * 90 % 360


def _close(words: list[tuple[str, Box]], letters: list[str], box: Box | None) -> None:
    if letters and box:
        words.append((unicodedata.normalize("NFC", "".join(letters)), box))
    letters.clear()


def as_it_lies(box: Box, turn: int, width: float, height: float) -> Box:
    """A box of a page that was turned counterclockwise, whose size is given, on the page before it was turned."""
    x0, y0, x1, y1 = box
    if turn == 180:
        return width - x1, height - y1, width - x0, height - y0
    if turn == 90:
        return height - y1, x0, height - y0, x1
    return (y0, width - x1, y1, width - x0) if turn == 270 else box


def _picture_shares(page: pypdfium2.PdfPage, area: float) -> Iterator[float]:
    """The share of the page that each of its pictures covers."""
    for item in page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_IMAGE], max_depth=4):
        left, bottom, right, top = item.get_bounds()
        yield (right - left) * (top - bottom) / max(area, 1.0)


def _is_trusted(text: str, picture_share: float) -> bool:
    """Whether a text layer is Vietnamese text of the whole page.

    A scan may carry only the printed box of a digital signature, and old fonts (TCVN3, VNI) or a foreign
    recogniser give letters without Vietnamese marks: such a page is recognised anew.
    """
    letters = [char for char in text if char.isalpha()]
    if len(letters) < (200 if picture_share > 0.5 else 20):
        return False
    marked = sum(1 for char in letters if char in "đĐ" or unicodedata.decomposition(char))
    foreign = sum(1 for char in text if ord(char) in (0xFFFD, 0xFFFE) or 0xE000 <= ord(char) <= 0xF8FF)
    return marked >= len(letters) * 0.08 and foreign <= len(text) * 0.01
