"""Whether the pages of a PDF are scanned: what one sees of each is a picture (Art. 3.3.a).

A letter may be typed over a white picture, and called a scan of a paper that was never there. So each page is drawn
once more with every picture white: what is still seen was typed, wherever it hides (notes, patterns, forms in forms,
letters as curves, below a picture that one sees through). A scan bears a little of that: marks of a copy (NĐ 30/2020
Đ25), number and date, signatures. What a picture shows is not asked.
"""

import io
from collections.abc import Iterator

import numpy as np
import pikepdf
import pypdfium2
import pypdfium2.raw as pdfium_c

from app.tools.apart import BrokeReader, TookTooLong
from app.tools.page_source import BadImage, opened_pdf
from app.tools.pdfium import LOCK

#: the part of a page that pictures cover at least, and how fine one is that was scanned (dots per inch)
_LEAST_COVERED, _LEAST_DPI = 0.5, 70
#: the part of a page that may be typed: some four hundred letters
_MOST_TYPED = 0.02
#: a colour that is none of paper; picture elements of a page that is drawn
_INK, _MOST_DRAWN = 225, 1_000_000
#: forms within forms in which pictures are looked for
_DEEPEST = 6
#: what lets one see through a picture
_MASKS = ("/SMask", "/Mask", "/ImageMask", "/SMaskInData")


def is_scanned(pdf: bytes) -> bool:
    """Whether pictures, fine enough, cover more than half of every page, and little is typed on it; pages that cannot
    be drawn, or not at ease, are no scan.
    """
    try:
        with LOCK, opened_pdf(pdf) as opened:
            return len(opened) > 0 and all(_covered(page) >= _LEAST_COVERED and _typed(page, pdf, number) <= _MOST_TYPED
                                           for number, page in enumerate(opened))
    except (BadImage, pypdfium2.PdfiumError, TookTooLong, BrokeReader):
        return False


def _covered(page: pypdfium2.PdfPage) -> float:
    """The part of a page that is covered by pictures as fine as those of a scanner."""
    width, height = page.get_size()
    return sum(_areas(page)) / max(width * height, 1.0)


def _areas(page: pypdfium2.PdfPage) -> Iterator[float]:
    for item in page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_IMAGE], max_depth=_DEEPEST):
        left, bottom, right, top = item.get_bounds()
        area, (across, down) = (right - left) * (top - bottom), item.get_px_size()
        if across * down >= area * (_LEAST_DPI / 72) ** 2:
            yield area


def _typed(page: pypdfium2.PdfPage, pdf: bytes, number: int) -> float:
    """The part of a page on which something is seen that is no picture of the page."""
    kinds = {(item.type, item.type == pdfium_c.FPDF_PAGEOBJ_TEXT and pdfium_c.FPDFTextObj_GetTextRenderMode(item)
              == pdfium_c.FPDF_TEXTRENDERMODE_INVISIBLE) for item in page.get_objects(max_depth=1)}
    if kinds <= {(pdfium_c.FPDF_PAGEOBJ_IMAGE, False), (pdfium_c.FPDF_PAGEOBJ_TEXT, True)} \
            and not pdfium_c.FPDFPage_GetAnnotCount(page):
        return 0.0  # nothing but pictures, and what a recogniser laid unseen over them
    _whiten(page, is_seen_through=_is_seen_through(pdf, number))
    width, height = page.get_size()
    scale = min(1.0, (_MOST_DRAWN / max(1.0, width * height)) ** 0.5)
    drawn = np.asarray(page.render(scale=scale).to_pil().convert("RGB"))
    return float((drawn.min(axis=2) < _INK).mean())


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
            return any(key in picture for picture in _pictures(document.pages[number].obj) for key in _MASKS)
    except (pikepdf.PdfError, ValueError, TypeError, AttributeError, IndexError):
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
