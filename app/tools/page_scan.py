"""Whether the pages of a PDF are scanned: what one sees of each is a picture (Art. 3.3.a).

A letter may be typed over a white picture, and called a scan of a paper that was never there. So each page is drawn
once more with every picture white: what is still seen was typed, wherever it hides (notes, patterns, forms in forms,
letters as curves, below a picture that one sees through). A scan bears a little of that: marks of a copy (NĐ 30/2020
Đ25), number and date, signatures. What a picture shows is not asked.
"""

import io
import zlib
from collections.abc import Iterator
from itertools import islice

import numpy as np
import pikepdf
import pypdfium2
import pypdfium2.raw as pdfium_c
from numpy.typing import NDArray

from app.tools.apart import BrokeReader, TookTooLong
from app.tools.page_source import BadImage, require_unpackable
from app.tools.pdfium import LOCK, beside, objects, seen

#: the part of a page that pictures cover at least, and how fine one is that was scanned (dots per inch)
_LEAST_COVERED, _LEAST_DPI = 0.5, 70
#: the part of a page that may be typed: some four hundred letters
_MOST_TYPED = 0.02
#: the part of all that is seen that pictures cover at least where the scanned paper is smaller than its page
_LEAST_OF_SEEN = 0.99
#: fields of a page, across and down, of which each is covered or not
_CELLS = 400
#: a colour that is none of paper; picture elements of a page that is drawn
_INK, _MOST_DRAWN = 225, 1_000_000
#: forms within forms in which pictures are looked for; letters and pieces of pictures of which a scan has fewer
_DEEPEST, _MOST_OBJECTS = 6, 100_000
#: what lets one see through a picture
_MASKS = ("/SMask", "/Mask", "/ImageMask", "/SMaskInData")
#: bytes of masks that are looked through for holes, of one page
_MOST_MASKED = 100_000_000


def is_scanned(pdf: bytes) -> bool:
    """Whether pictures, fine enough, cover more than half of every page, or nearly all that is seen of it, and little
    is typed on it; pages on which nothing is seen are passed over. What cannot be drawn, or not at ease, is no scan.
    """
    try:
        require_unpackable(pdf)
        return _is_scanned(pdf)
    except (BadImage, pypdfium2.PdfiumError, TookTooLong, BrokeReader):
        return False


@beside
def _is_scanned(pdf: bytes) -> bool:
    with LOCK, pypdfium2.PdfDocument(pdf) as opened:
        opened.init_forms()
        # all are measured before one is made white: pages that share a picture would share the white one, too
        if any(next(islice(objects(page, _DEEPEST), _MOST_OBJECTS, None), None) for page in opened):
            return False
        covered = {number: _covered(page) for number, page in enumerate(opened) if not _is_blank(page)}
        return bool(covered) and all(fine for fine, _ in covered.values()) and all(
            _is_picture(opened[number], pdf, number, *those) for number, those in covered.items())


def _is_blank(page: pypdfium2.PdfPage) -> bool:
    """Whether nothing at all is seen on it, not even the grey of a paper."""
    if next(page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_IMAGE], max_depth=_DEEPEST), None) is not None:
        return False
    return bool(seen(page, _MOST_DRAWN).min() == 255)


def _is_picture(page: pypdfium2.PdfPage, pdf: bytes, number: int, fine: float, coarse: float) -> bool:
    """A page that pictures cover (`_covered`); or a smaller paper, beside which next to nothing is seen."""
    if fine >= _LEAST_COVERED:
        return _typed(page, pdf, number) <= _MOST_TYPED
    return fine >= _LEAST_OF_SEEN * (fine + coarse + _typed(page, pdf, number))


def _covered(page: pypdfium2.PdfPage) -> tuple[float, float]:
    """The parts of a page that are covered by pictures as fine as those of a scanner, and by none but others; what lies
    under another counts once.
    """
    left, bottom, right, top = page.get_cropbox()
    across, up = (_CELLS / max(1.0, side) for side in (right - left, top - bottom))
    fine, coarse = (np.zeros((_CELLS, _CELLS), dtype=np.bool_) for _ in range(2))
    for item in page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_IMAGE], max_depth=_DEEPEST):
        x0, y0, x1, y1 = item.get_bounds()
        (wide, high), area = item.get_px_size(), (x1 - x0) * (y1 - y0)
        columns, rows = (slice(*(min(_CELLS, max(0, round(side))) for side in sides)) for sides in (
            ((x0 - left) * across, (x1 - left) * across), ((y0 - bottom) * up, (y1 - bottom) * up)))
        (fine if wide * high >= area * (_LEAST_DPI / 72) ** 2 else coarse)[rows, columns] = True
    return float(fine.mean()), float((coarse & ~fine).mean())


def _typed(page: pypdfium2.PdfPage, pdf: bytes, number: int) -> float:
    """The part of a page on which something is seen that is no picture of the page."""
    kinds = {(item.type, item.type == pdfium_c.FPDF_PAGEOBJ_TEXT and pdfium_c.FPDFTextObj_GetTextRenderMode(item)
              == pdfium_c.FPDF_TEXTRENDERMODE_INVISIBLE) for item in page.get_objects(max_depth=1)}
    if kinds <= {(pdfium_c.FPDF_PAGEOBJ_IMAGE, False), (pdfium_c.FPDF_PAGEOBJ_TEXT, True)} \
            and not pdfium_c.FPDFPage_GetAnnotCount(page):
        return 0.0  # nothing but pictures, and what a recogniser laid unseen over them
    _whiten(page, is_seen_through=_is_seen_through(pdf, number))
    return float((_darkest(page) < _INK).mean())


def _darkest(page: pypdfium2.PdfPage) -> NDArray[np.uint8]:
    """Of each picture element of the page, as it is seen, its darkest colour."""
    colours = seen(page, _MOST_DRAWN)
    return np.minimum(np.minimum(colours[:, :, 0], colours[:, :, 1]), colours[:, :, 2])


def _whiten(page: pypdfium2.PdfPage, *, is_seen_through: bool) -> None:
    """Make every picture white paper; take it away where one sees through it, so that it hides nothing."""
    white = pypdfium2.PdfBitmap.new_native(1, 1, pdfium_c.FPDFBitmap_BGR)
    white.fill_rect((255, 255, 255, 255), 0, 0, 1, 1)
    for item in page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_IMAGE], max_depth=_DEEPEST):
        told = pdfium_c.FPDF_IMAGEOBJ_METADATA()
        pdfium_c.FPDFImageObj_GetImageMetadata(item, page, told)
        is_stencil = told.colorspace == pdfium_c.FPDF_COLORSPACE_UNKNOWN  # one that stands in the page itself, too
        if is_seen_through or is_stencil or not pdfium_c.FPDFImageObj_SetBitmap(None, 0, item, white):
            pdfium_c.FPDFPageObj_SetIsActive(item, False)


def _is_seen_through(pdf: bytes, number: int) -> bool:
    """Whether one sees through a picture of the page; also when that cannot be told."""
    try:
        with pikepdf.open(io.BytesIO(pdf)) as document:
            left = _MOST_MASKED
            for picture in _pictures(document.pages[number].obj):
                found = [key for key in _MASKS if key in picture]
                if found == ["/SMask"]:
                    left -= _size(picture.SMask)
                if found and (found != ["/SMask"] or left < 0 or not _is_full(picture.SMask)):
                    return True
            return False
    except (pikepdf.PdfError, zlib.error, ValueError, TypeError, AttributeError, IndexError):
        return True


def _size(mask: pikepdf.Object) -> int:
    """Bytes of a mask, unpacked."""
    return int(mask.Height) * ((int(mask.Width) * int(mask.BitsPerComponent) + 7) // 8)


def _is_full(mask: pikepdf.Object) -> bool:
    """Whether a mask lets nothing be seen through its picture: it is white all over, and plainly packed."""
    if mask.get("/Filter") != "/FlateDecode" or any(key in mask for key in ("/Decode", "/DecodeParms", "/Matte")):
        return False
    unpacking, packed, left = zlib.decompressobj(), mask.read_raw_bytes(), _size(mask)
    if left <= 0:
        return False
    while left > 0:
        part = unpacking.decompress(packed, min(left, 1 << 20))
        if not part or part.count(0xFF) != len(part):
            return False
        packed, left = unpacking.unconsumed_tail, left - len(part)
    return True


def _pictures(page: pikepdf.Object) -> Iterator[pikepdf.Object]:
    """The pictures that a page names among its resources, and those of forms in it."""
    waiting, met = [page], set[tuple[int, int]]()
    while waiting:
        for _, one in waiting.pop().get("/Resources", {}).get("/XObject", {}).items():
            if one.objgen in met:
                continue
            met.add(one.objgen)
            if one.get("/Subtype") == "/Image":
                yield one
            else:
                waiting.append(one)
