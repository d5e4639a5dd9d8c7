"""Pages of files that came in, cut out and put together as one PDF without loss; small pictures of them.

Art. 3.2, 6.2.a; NĐ 30/2020 Đ22.3.b. A page of a PDF is copied as it is; a JPEG keeps its bytes; any other picture keeps
every picture element. Turning a page writes a number, it draws nothing anew. Actions of a copied page stay behind, and
so does whatever belongs to pages that are left out. A signed file has no page that could be cut out (`is_signed`): its
signatures cover the whole. It does not judge files (media.py) and does not recognise (ocr.py).
"""

import io
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pikepdf
import pypdfium2
import pypdfium2.raw as pdfium_c
from PIL import Image, ImageOps, UnidentifiedImageError

from app.refusal import Refusal
from app.tools.media import MAX_PIXELS, TYPES
from app.tools.page_resources import UnreadableContent, keep_used
from app.tools.pdfium import LOCK, beside
from app.tools.qpdf import opened

PDF = TYPES["pdf"]
PICTURES = {TYPES["jpg"]: "JPEG", TYPES["png"]: "PNG", TYPES["tif"]: "TIFF"}
#: inches of the long side of A4, assumed of a picture that does not say its resolution
A4_LONG = 11.69
#: EXIF orientation -> degrees clockwise, of those that only turn
_TURNS = {1: 0, 3: 180, 6: 90, 8: 270}
_ORIENTATION = 0x0112
_COLOURS = {"1": ("/DeviceGray", 1), "L": ("/DeviceGray", 8), "RGB": ("/DeviceRGB", 8)}
#: what of a page is copied: the rest may hold pieces of other pages, or run something
_COPIED = {"/Type", "/Parent", "/MediaBox", "/CropBox", "/BleedBox", "/TrimBox", "/ArtBox", "/Rotate", "/UserUnit",
           "/Resources", "/Contents", "/Annots", "/Group"}
#: what of a note is copied: how it looks and what it says, no way to other notes, fields and pages
_OF_NOTE = {"/Type", "/Subtype", "/Rect", "/Contents", "/AP", "/AS", "/F", "/Border", "/BS", "/C", "/CA", "/QuadPoints",
            "/InkList", "/L", "/Vertices", "/IC", "/LE", "/DA", "/Q", "/MK", "/A", "/FT", "/V"}
#: picture elements of the long side of a page that is drawn anew
_REDRAWN = 2339


class PageMissing(Refusal):
    """The file has no such page, or it cannot be read."""

    code = "page_missing"


@dataclass(frozen=True)
class Cut:
    """One page of one file: where the file lies, which page of it, turned by how much."""

    place: Path
    media_type: str
    #: from 1
    number: int
    #: degrees clockwise: 0, 90, 180, 270
    turn: int = 0
    #: what of its height is kept, in percent from above; nothing of the rest is left in the file
    kept: tuple[int, int] = (0, 100)


def is_signed(data: bytes) -> bool:
    """Whether a PDF bears a digital signature, valid or not."""
    return b"/ByteRange" in data or _signatures(data) > 0


def assemble(cuts: list[Cut]) -> bytes:
    """One PDF of these pages in this order; the same cuts give the same bytes. Raises PageMissing, TruncatedFile."""
    made, sources = pikepdf.Pdf.new(), {}
    with ExitStack() as stack:
        for cut in cuts:
            if cut.kept != (0, 100):
                _redraw(made, cut)
            elif cut.media_type == PDF:
                if cut.place not in sources:
                    sources[cut.place] = stack.enter_context(opened(cut.place))
                _copy(made, sources[cut.place], cut)
            else:
                _draw(made, cut)
        sink = io.BytesIO()
        # pages may share one list of all their pictures: those of pages that are left out stay behind (Art. 3.2)
        made.remove_unreferenced_resources()
        made.save(sink, deterministic_id=True, min_version="1.4", compress_streams=True,
                  object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return sink.getvalue()


def frames(place: Path, media_type: str) -> int:
    """How many pages a file of pictures has. Raises PageMissing."""
    try:
        with _image(Cut(place, media_type, 1)) as found:
            return getattr(found, "n_frames", 1)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as error:
        raise PageMissing() from error


def picture(cut: Cut, long_side: int) -> Image.Image:
    """The page as it lies in its file, not turned, at most so many picture elements long.

    Raises PageMissing; TookTooLong and BrokeReader, as does whatever asks for a page of a PDF.
    """
    try:
        return _pdf_picture(cut, long_side) if cut.media_type == PDF else _image_picture(cut, long_side)
    except (pypdfium2.PdfiumError, UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as error:
        raise PageMissing() from error


def jpeg(shown: Image.Image) -> bytes:
    """The picture for a page of the browser."""
    sink = io.BytesIO()
    shown.convert("RGB").save(sink, "JPEG", quality=80)
    return sink.getvalue()


def has_text(cut: Cut) -> bool:
    """Whether a page of a PDF has letters or anything beside pictures on it; not asked of pictures."""
    return cut.media_type == PDF and _has_text(cut)


def _copy(made: pikepdf.Pdf, source: pikepdf.Pdf, cut: Cut) -> None:
    if not 0 < cut.number <= len(source.pages):
        raise PageMissing()
    made.pages.append(source.pages[cut.number - 1])
    page = made.pages[-1]
    for key in set(page.obj.keys()) - _COPIED:
        del page.obj[key]
    notes = [note for note in page.obj.get("/Annots", []) if isinstance(note, pikepdf.Dictionary)]
    try:
        for note in notes:
            _strip(note)
        keep_used(page.obj)
    except UnreadableContent:
        del made.pages[-1]
        _redraw(made, cut)
        return
    page.rotate(cut.turn, relative=True)


def _strip(note: pikepdf.Dictionary) -> None:
    """Leave of a note, or a field of a form, how it looks and what it says. Raises UnreadableContent."""
    for key in set(note.keys()) - _OF_NOTE:
        del note[key]
    if "/A" in note:
        action = note.A
        del note["/A"]
        if action.get("/S") == "/URI" and "/URI" in action:
            note.A = pikepdf.Dictionary(S=pikepdf.Name.URI, URI=action.URI)
    look = note.get("/AP")
    if note.get("/FT") == "/Sig" and "/V" in note:  # a signature of the whole, of which only the picture is left
        del note["/V"]
    if note.get("/Subtype") == "/Widget" and look is not None:
        note.Subtype = pikepdf.Name.Stamp  # a field without its form: what it shows stays
    for state in look.values() if isinstance(look, pikepdf.Dictionary) else ():
        for one in [state] if isinstance(state, pikepdf.Stream) else list(state.values()):
            keep_used(one)


def _redraw(made: pikepdf.Pdf, cut: Cut) -> None:
    """A page whose content cannot be read, or of which a part is left out: what is seen of it, as a picture."""
    shown = picture(cut, _REDRAWN).convert("RGB")
    long_side = A4_LONG * 72
    if cut.media_type == PDF:
        long_side = _long_side(cut)
    width, height = (side * long_side / max(shown.size) for side in shown.size)
    for first, last in ((0, cut.kept[0]), (cut.kept[1], 100)):
        shown.paste("white", (0, shown.height * first // 100, shown.width, shown.height * last // 100))
    stream = made.make_stream(shown.tobytes(), Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image,
                              Width=shown.width, Height=shown.height, ColorSpace=pikepdf.Name.DeviceRGB,
                              BitsPerComponent=8)
    page = made.add_blank_page(page_size=(width, height))
    page.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im=stream))
    page.obj.Contents = made.make_stream(f"q {width:.3f} 0 0 {height:.3f} 0 0 cm /Im Do Q".encode("ascii"))
    page.rotate(cut.turn, relative=False)


def _draw(made: pikepdf.Pdf, cut: Cut) -> None:
    """A page of the size of the picture, the picture on all of it."""
    try:
        with _image(cut) as found:
            turn = _TURNS.get(found.getexif().get(_ORIENTATION, 1)) if found.format == "JPEG" else None
            stream, shown = _stream(made, cut, found, is_whole=turn is not None)
            points = 72 / _dpi(found)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as error:
        raise PageMissing() from error
    width, height = shown[0] * points, shown[1] * points
    page = made.add_blank_page(page_size=(width, height))
    page.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im=stream))
    page.obj.Contents = made.make_stream(f"q {width:.3f} 0 0 {height:.3f} 0 0 cm /Im Do Q".encode("ascii"))
    page.rotate((cut.turn + (turn or 0)) % 360, relative=False)


def _stream(made: pikepdf.Pdf, cut: Cut, found: Image.Image, *, is_whole: bool) -> tuple[pikepdf.Stream, tuple]:
    """The picture as an object of the PDF, and its size in picture elements."""
    if is_whole and found.mode in ("L", "RGB", "CMYK"):
        kind = {"L": "/DeviceGray", "RGB": "/DeviceRGB", "CMYK": "/DeviceCMYK"}[found.mode]
        stream = made.make_stream(cut.place.read_bytes(), Filter=pikepdf.Name.DCTDecode)
        size, bits = found.size, 8
        if found.mode == "CMYK":  # as Adobe writes them: inverted
            stream.Decode = pikepdf.Array([1, 0] * 4)
    else:
        plain = _plain(ImageOps.exif_transpose(found))
        kind, bits = _COLOURS[plain.mode]
        stream, size = made.make_stream(plain.tobytes()), plain.size
    stream.Type, stream.Subtype = pikepdf.Name.XObject, pikepdf.Name.Image
    stream.Width, stream.Height = size
    stream.ColorSpace, stream.BitsPerComponent = pikepdf.Name(kind), bits
    return stream, size


def _plain(found: Image.Image) -> Image.Image:
    """Black and white, grey or colour; what was seen through is white."""
    if found.mode in _COLOURS:
        return found
    if found.mode.startswith(("I", "F")):
        return found.point(lambda value: value / 256).convert("L")
    if found.has_transparency_data:
        rgba = found.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")
    return found.convert("L" if found.mode == "LA" else "RGB")


def _dpi(found: Image.Image) -> float:
    stated = float(found.info.get("dpi", (0, 0))[0] or 0)
    long_side = max(found.size)
    return stated if stated and 5 <= long_side / stated <= 24 else long_side / A4_LONG


def _image(cut: Cut) -> Image.Image:
    """The frame of the picture, only its header read; too large a one is refused before it is unpacked."""
    found = Image.open(cut.place, formats=[PICTURES[cut.media_type]])
    if cut.number > 1:
        found.seek(cut.number - 1)
    if found.width * found.height > MAX_PIXELS:
        found.close()
        raise PageMissing()
    return found


def _image_picture(cut: Cut, long_side: int) -> Image.Image:
    with _image(cut) as found:
        if found.format == "JPEG":
            found.draft("RGB", (long_side, long_side))
        shown = _plain(ImageOps.exif_transpose(found))
        shown = shown.convert("L") if shown.mode == "1" else shown.copy()
    shown.thumbnail((long_side, long_side))
    return shown


@contextmanager
def _page(cut: Cut) -> Iterator[pypdfium2.PdfPage]:
    """A page of a PDF, open, and PDFium to ourselves."""
    with LOCK, closing(pypdfium2.PdfDocument(cut.place)) as document:
        if not 0 < cut.number <= len(document):
            raise PageMissing()
        yield document[cut.number - 1]


@beside
def _signatures(data: bytes) -> int:
    with LOCK, closing(pypdfium2.PdfDocument(data)) as document:
        return int(pdfium_c.FPDF_GetSignatureCount(document))


@beside
def _has_text(cut: Cut) -> bool:
    with _page(cut) as page:
        return page.get_textpage().count_chars() > 0 or pdfium_c.FPDFPage_GetAnnotCount(page) > 0


@beside
def _long_side(cut: Cut) -> float:
    with _page(cut) as page:
        return float(max(page.get_size()))


@beside
def _pdf_picture(cut: Cut, long_side: int) -> Image.Image:
    with _page(cut) as page:
        for item in page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_IMAGE], max_depth=4):
            across, down = item.get_px_size()
            if across * down > MAX_PIXELS:
                raise PageMissing()
        scale = long_side / max(1.0, *page.get_size())
        return page.render(scale=scale).to_pil().convert("RGB")
