"""What a signature looks like, and where on the page it stands.

NĐ 30/2020 Appendix I: the leader's is a picture of the handwritten signature, blue, between position and name
(box 7c); the agency's is a picture of the seal, red, real size, over about a third of the leader's picture on
its left (box 8); on a scanned paper it is text only, top right of page 1, size 10, upright, black (box 14).
What the demo draws in the place of an agency's own pictures is appearance_demo.py's. It does NOT sign.
"""

import io
import math
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import closing, contextmanager
from ctypes import c_uint8, c_ushort
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as raw
from PIL import ImageFont

from app.refusal import Refusal
from app.tools import pdf_join, signature_block
from app.tools.page_drawn import shown
from app.tools.pdfium import LOCK, beside

#: points per millimetre
MM = 72 / 25.4
#: diameter of an agency's seal (36 mm), "real size" in points
SEAL_POINTS = 36 * MM
#: size of the leader's picture in points, when the page has room for it
SIGNATURE_POINTS = (112.0, 52.0)
#: about a third of the leader's picture, over which the seal stands, in order of wish
_SHARES = (1 / 3, 0.32, 0.31, 0.3, 0.29, 0.28)
#: height in which a picture still reads as one, with its distances to name and position, points
_LEAST_ROOM = 30.0
#: the part of page 1 in which number and date stand
_HEAD = 0.25
#: in order of wish; Liberation before version 2 has no Vietnamese letters and is passed over
_FONTS = {
    "serif": ("liberation2/LiberationSerif-Regular.ttf", "liberation/LiberationSerif-Regular.ttf",
              "dejavu/DejaVuSerif.ttf"),
    "italic": ("liberation2/LiberationSerif-Italic.ttf", "liberation/LiberationSerif-Italic.ttf",
               "dejavu/DejaVuSerif-Italic.ttf", "dejavu/DejaVuSerif.ttf"),
    "serif_bold": ("liberation2/LiberationSerif-Bold.ttf", "liberation/LiberationSerif-Bold.ttf",
                   "dejavu/DejaVuSerif-Bold.ttf"),
    "serif_bold_italic": ("liberation2/LiberationSerif-BoldItalic.ttf", "liberation/LiberationSerif-BoldItalic.ttf",
                          "dejavu/DejaVuSerif-BoldItalic.ttf", "dejavu/DejaVuSerif-Bold.ttf"),
    "bold": ("liberation2/LiberationSans-Bold.ttf", "liberation/LiberationSans-Bold.ttf",
             "dejavu/DejaVuSans-Bold.ttf"),
}
_FONT_FOLDER = Path("/usr/share/fonts/truetype")


class FontMissing(Refusal):
    """No installed font has Vietnamese letters for signature pictures (fonts-liberation2, fonts-dejavu)."""

    code = "font_missing"
    status = 503


class PageUnreadable(Refusal):
    """The pages cannot be read, so no place for a signature can be found."""

    code = "not_signable"


class NoRoomToSign(Refusal):
    """No place of the signature page is free of words."""

    code, article = "no_room_to_sign", "NĐ 30/2020 PL I"


Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Place:
    """A box on a page: page from 0; left, bottom, right, top in points from the lower left corner."""

    page: int
    box: Box


@beside
def leader_place(pdf: bytes, full_name: str) -> Place:
    """Between position and name of the signature block; where there is no room, or the block names another, the nearest
    place in the right half where picture and seal lie over no text. Raises NoRoomToSign.
    """
    with _opened(pdf) as document:
        pages = signature_block.read(document, pdf_join.main_pages(document))
        if name := signature_block.named(pages, full_name):
            box, _room = _above(document[name.page], name.box)
            if not any(_shared(box, line.box) for line in pages.lines if line.page == name.page):
                return Place(name.page, box)
        return _free_place(pages, name)


def _free_place(pages: signature_block.Pages, name: signature_block.Line | None) -> Place:
    """Near the name, beside "Nơi nhận" without it, under the last line without both. Raises NoRoomToSign."""
    main = signature_block.before_appendix(pages)
    near = name or signature_block.recipients(pages) or (main[-1] if main else None)
    page, level = (near.page, near.box[1]) if near else (0, pages.height / 3)
    lines = [line.box for line in main if line.page == page]
    width, height = SIGNATURE_POINTS
    with_seal, alone = (SEAL_POINTS + width * 2 / 3, SEAL_POINTS + 4), (width, height + 4)
    middle = name.middle if name else (pages.middle + pages.right - 20 * MM) / 2
    for across, up in (with_seal, alone) if name else (alone,):
        wished = middle + width / 2, level - up / 2 - (0 if name else 12)  # right edge, middle of the height
        places = sorted(product(range(-120, 121, 8), range(round(15 * MM), round(pages.height - 15 * MM - up), 4)),
                        key=lambda one: 3 * abs(one[0]) + abs(one[1] + up / 2 - wished[1]))
        for aside, bottom in places:
            right = wished[0] + aside
            if pages.middle <= right - width and right <= pages.right - 8 * MM and not any(
                    _shared((right - across, bottom, right, bottom + up), line) for line in lines):
                return Place(page, _whole(right - width, bottom + (up - height) / 2, width, height))
    raise NoRoomToSign(page=page + 1)


@beside
def above_names(pdf: bytes, full_name: str, beside: Collection[int] = ()) -> list[Place]:
    """Above the name in the signature block, else in the right half of the last page that has it; `beside`: also on
    these pages, from 0, where there is room."""
    found: list[Place] = []
    with _opened(pdf) as document:
        count = pdf_join.main_pages(document)
        block = signature_block.named(signature_block.read(document, count), full_name)
        if block:
            found.append(Place(block.page, _above(document[block.page], block.box)[0]))
        for number in reversed(range(count)):
            if found and number not in beside or block and number == block.page or (
                    one := _above_name(document[number], full_name)) is None:
                continue
            if not found or one[1] >= _LEAST_ROOM:
                found.append(Place(number, one[0]))
    return found


@beside
def rows_of_numbers(pdf: bytes) -> list[tuple[float, float]]:
    """Top and bottom of the lines of page 1, points from its top, that give number and date (NĐ 30/2020 PL I, II)."""
    with _opened(pdf) as document, closing(document[0].get_textpage()) as text:
        (width, height), page = document[0].get_size(), document[0]
        found = [(shown(page, box), is_left) for word, is_left in (("Số:", True), ("ngày", False))
                 for box in signature_block.boxes(text, word)]
    return [(top, bottom) for (left, top, _, bottom), is_left in found
            if (left < width / 2) == is_left and bottom <= height * _HEAD]


def seal_place(leader: Place, pdf: bytes = b"") -> Place:
    """The seal in its real size over the left third of the leader's picture, where it covers the least text.

    It is higher than the picture, so it may stand lower or higher; its ring passes through the middle of the picture's
    height at that third, or a little less of it when it then touches no print. Where there is little room it stands so
    high that its ring does not cross the printed name.
    """
    left, bottom, right, top = leader.box
    edge, lower = left + (right - left) / 3, (bottom + top - SEAL_POINTS) / 2
    spare = max(0.0, (SEAL_POINTS - (top - bottom)) / 2)
    lifts = [part * spare / 10 for part in sorted(range(-9, 10), key=abs)]
    places = [_lifted(edge, lower, lift) for lift in lifts]
    if not pdf:
        return Place(leader.page, places[0])
    lines = _lines(pdf, leader.page)
    for share, lift in product(_SHARES, lifts):
        place = _lifted(left + (right - left) * share, lower, lift)
        if not any(_crosses(place, line) for line in lines):
            return Place(leader.page, place)
    name = [line for line in lines if line[3] <= bottom + 1 and line[0] < right and line[2] > left]
    clear = [place for place in places if not any(_crosses(place, line) for line in name)]
    raised = (_lifted(edge, lower, lift) for lift in range(1, int(SEAL_POINTS / 2)))
    return Place(leader.page, _least_covering(lines, clear) if clear else next(
        (place for place in raised if not any(_crosses(place, line) for line in name)), places[0]))


def _lifted(edge: float, lower: float, lift: float) -> Box:
    """The seal so much higher than with its middle at the picture's, the ring at the edge of the third there."""
    radius = SEAL_POINTS / 2
    reach = math.sqrt(max(0.0, radius ** 2 - lift ** 2))
    return _whole(edge - radius - reach, lower + lift, SEAL_POINTS, SEAL_POINTS)


def _crosses(seal: Box, line: Box) -> bool:
    """Whether the round seal of this box, with a point around it, touches a line of text."""
    middle, height = (seal[0] + seal[2]) / 2, (seal[1] + seal[3]) / 2
    aside = max(line[0] - middle, middle - line[2], 0.0)
    apart = max(line[1] - height, height - line[3], 0.0)
    return math.hypot(aside, apart) < SEAL_POINTS / 2 + 1


@beside
def copy_place(pdf: bytes, width: float, height: float) -> Place:
    """Top right of page 1, in the margin above the text frame, within the page; where least is drawn, in a scan too."""
    with _opened(pdf) as document:
        (left, _bottom, right, top), inked = document[0].get_mediabox(), _inked(document[0])
    corner = max(left, right - 10 * MM - width)
    places = [_whole(corner, top - gap * MM - height, width, height) for gap in (6, 3, 1, 9, 12)]
    return Place(0, min(places, key=inked))


def _inked(page: pdfium.PdfPage) -> Callable[[Box], int]:
    """How much of a box on the page is dark, in square points."""
    upright = page.render(scale=1, grayscale=True, rotation=-page.get_rotation() % 360)
    picture = upright.to_pil().convert("L").point(lambda grey: 255 * (grey < 160))
    left, _bottom, _right, top = page.get_cropbox()
    return lambda box: picture.crop((round(box[0] - left), round(top - box[3]), round(box[2] - left),
                                     round(top - box[1]))).histogram()[255]


@beside
def _lines(pdf: bytes, number: int) -> list[Box]:
    """Where text stands on a page."""
    with _opened(pdf) as document, closing(document[number].get_textpage()) as text:
        return [text.get_rect(index) for index in range(text.count_rects())]


def _least_covering(lines: list[Box], places: list[Box]) -> Box:
    """The place that lies over the least text; of equal ones the first."""
    return min(places, key=lambda box: sum(_shared(box, line) for line in lines))


def _shared(one: Box, other: Box) -> float:
    """The area that two boxes share."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return width * height if width > 0 and height > 0 else 0.0


@beside
def words_of(pdf: bytes) -> list[str]:
    """The lines of text of the first page. Raises PageUnreadable."""
    with _opened(pdf) as document, closing(document[0].get_textpage()) as text:
        return [line for one in text.get_text_range().splitlines() if (line := " ".join(one.split()))]


@contextmanager
def _opened(pdf: bytes) -> Iterator[pdfium.PdfDocument]:
    with LOCK:
        try:
            with closing(pdfium.PdfDocument(pdf)) as document:
                yield document
        except pdfium.PdfiumError as error:
            raise PageUnreadable() from error


def _whole(left: float, bottom: float, width: float, height: float) -> tuple[float, float, float, float]:
    left, bottom = round(left), round(bottom)
    return (left, bottom, left + round(width), bottom + round(height))


def _above_name(page: pdfium.PdfPage, full_name: str) -> tuple[Box, float] | None:
    """The box above the lowest name of the right half, and the height that is free there."""
    left, _bottom, right, _top = page.get_mediabox()
    with closing(page.get_textpage()) as text:
        name = signature_block.last_in_right_half(text, full_name, (left + right) / 2)
    return _above(page, name) if name else None


def _above(page: pdfium.PdfPage, name: Box) -> tuple[Box, float]:
    """The box above a name, and the height that is free there."""
    name_left, _name_bottom, name_right, name_top = name
    middle, (width, height) = (name_left + name_right) / 2, SIGNATURE_POINTS
    with closing(page.get_textpage()) as text:
        room = _room_above(text, name, middle - width / 2, middle + width / 2)
        if room < _LEAST_ROOM:  # text beside the block reaches in: no wider than the name
            width = min(width, name_right - name_left)
            room = _room_above(text, name, middle - width / 2, middle + width / 2)
    height = min(height, max(_LEAST_ROOM - 6, room - 6))
    return _whole(middle - width / 2, name_top + max(2.0, (room - height) / 2), width, height), room


def _room_above(text: pdfium.PdfTextPage, name: tuple, from_left: float, to_right: float) -> float:
    """Free height between the name and the next text above it within these columns; at most 120 points."""
    nearest = name[3] + 120.0
    for index in range(text.count_rects()):
        left, bottom, right, _top = text.get_rect(index)
        if bottom > name[3] and left < to_right and right > from_left:
            nearest = min(nearest, bottom)
    return nearest - name[3]


def copy_text(lines: list[str]) -> tuple[bytes, float, float]:
    """The text of box 14 as a one-page PDF with its font embedded, and its width and height in points."""
    size, lead = 10.0, 12.0
    width = max(length("serif", size, line) for line in lines) + 4
    height = lead * len(lines) + 3
    texts = [Text(line, "serif", size, 2, height - lead * (number + 1)) for number, line in enumerate(lines)]
    return sheet(texts, width, height), width, height


@dataclass(frozen=True)
class Text:
    """One line of black text: its face and size, and where it begins on its base line, points from the lower left."""

    words: str
    face: str
    size: float
    left: float
    bottom: float


def length(face: str, size: float, words: str) -> float:
    """How long a line of text is, points."""
    return type_face(face, 100).getlength(words) * size / 100


def sheet(texts: Iterable[Text], width: float, height: float, rules: Iterable[Box] = ()) -> bytes:
    """A one-page PDF with these lines, their fonts embedded, and these black bars."""
    with LOCK, closing(pdfium.PdfDocument.new()) as document:
        page, fonts = document.new_page(width, height), {}
        for one in texts:
            if one.face not in fonts:
                data = font_file(one.face).read_bytes()
                fonts[one.face] = raw.FPDFText_LoadFont(
                    document, (c_uint8 * len(data)).from_buffer_copy(data), len(data), raw.FPDF_FONT_TRUETYPE, 1)
            text = raw.FPDFPageObj_CreateTextObj(document, fonts[one.face], one.size)
            encoded = one.words.encode("utf-16-le") + b"\0\0"
            raw.FPDFText_SetText(text, (c_ushort * (len(encoded) // 2)).from_buffer_copy(encoded))
            raw.FPDFPageObj_Transform(text, 1, 0, 0, 1, one.left, one.bottom)
            raw.FPDFPage_InsertObject(page, text)
        for left, bottom, right, top in rules:
            bar = raw.FPDFPageObj_CreateNewRect(left, bottom, right - left, top - bottom)
            raw.FPDFPath_SetDrawMode(bar, raw.FPDF_FILLMODE_WINDING, 0)
            raw.FPDFPage_InsertObject(page, bar)
        page.gen_content()
        for font in fonts.values():
            raw.FPDFFont_Close(font)
        target = io.BytesIO()
        document.save(target)
        return target.getvalue()


def type_face(name: str, size: int) -> ImageFont.FreeTypeFont:
    """A face that has Vietnamese letters: "serif", "italic" or "bold". Raises FontMissing."""
    return ImageFont.truetype(str(font_file(name)), size)


@cache
def font_file(name: str) -> Path:
    """Of a face that has Vietnamese letters: a name of `_FONTS`. Raises FontMissing."""
    for candidate in _FONTS[name]:
        path = _FONT_FOLDER / candidate
        if path.exists() and _writes_vietnamese(path):
            return path
    raise FontMissing(font=name)


def _writes_vietnamese(path: Path) -> bool:
    """Letters that a font lacks are all drawn as the same box."""
    font = ImageFont.truetype(str(path), 40)
    return bytes(font.getmask("ở")) != bytes(font.getmask("Ế"))
