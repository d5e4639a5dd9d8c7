"""Whether another reader of PDF shows the pages as ours does (NĐ 30/2020 Đ21.2.a; security.md S10).

What ISO 32000 leaves open, or what is wrong by it and drawn all the same, each program draws in its own way: a letter
may show one sum in one and another in another, with every signature whole. suspect_look.py names such things; here two
programs that share no code, PDFium and poppler, draw each page, and what one shows must be near what the other shows.
It does NOT tell which of the two is right, nor what the difference says.
"""

import subprocess
from collections.abc import Iterator
from contextlib import closing
from tempfile import TemporaryFile
from typing import BinaryIO

import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium_c
from numpy.typing import NDArray

from app.tools.pdfium import LOCK

#: picture elements per point, at which one digit differs from another; at least, where pages are many or large
_FINE, _COARSEST = 2.0, 0.5
#: picture elements of one page, and of all pages, at most
_MOST_OF_PAGE, _MOST_OF_ALL = 40_000_000, 250_000_000
#: seconds of computing that the other reader may take
_SECONDS = 30
#: by how much a grey is another, of 255; points across a field of the page in which such greys are counted
_OTHER, _FIELD = 96, 8
#: the part of a field that may be another: of text; of pictures and of letters whose font each reader chooses itself
_STRICT, _LOOSE = 0.035, 0.12
#: the part of a page that is another beyond all doubt
_MOST_OTHER = 0.25
#: picture elements by which two pages may be unlike in size: each program rounds in its own way
_ROUNDED = 2
#: points around a box, and on both sides of its edge, that are still it
_NEAR = 2.0
#: forms within forms that are asked for pictures
_DEEPEST = 6

Grey = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Places = NDArray[np.intp]
Box = tuple[float, float, float, float]


def is_drawn_alike(pdf: bytes) -> bool:
    """Whether both show the same on every page; not so either when one cannot draw a page, or takes too long."""
    try:
        with LOCK, closing(pypdfium2.PdfDocument(pdf)) as document:
            document.init_forms()
            return _are_alike(document, pdf)
    except (pypdfium2.PdfiumError, ValueError):  # the latter: a page of which nothing is to be seen
        return False


def _are_alike(document: pypdfium2.PdfDocument, pdf: bytes) -> bool:
    scale = _scale(document)
    if scale < _COARSEST:
        return False
    with TemporaryFile() as file:
        file.write(pdf)
        file.seek(0)
        command = ["prlimit", f"--cpu={_SECONDS}", "--core=0", "pdftoppm", "-q", "-gray", "-cropbox", "-r",
                   f"{72 * scale}", "-"]
        with subprocess.Popen(command, stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as other:
            try:  # it draws the next page while this one is compared; and it has no page more in the end
                return all(_is_alike(document[number], other.stdout, scale)
                           for number in range(len(document))) and not other.stdout.read(1)
            finally:
                other.kill()


def _scale(document: pypdfium2.PdfDocument) -> float:
    """Picture elements per point."""
    sizes = [max(1.0, width * height) for width, height in map(document.get_page_size, range(len(document)))]
    return float(min(_FINE, (_MOST_OF_PAGE / max(sizes)) ** 0.5, (_MOST_OF_ALL / sum(sizes)) ** 0.5))


def _is_alike(page: pypdfium2.PdfPage, drawn: BinaryIO, scale: float) -> bool:
    """Whether the next page that the other has `drawn` shows what this one does."""
    one = np.asarray(page.render(scale=scale, grayscale=True).to_pil())
    other = _read(drawn, one.shape)
    if other is None:
        return False
    rows, columns = _differing(one, other)
    size = max(2, round(_FIELD * scale))
    if _most(rows, columns, size) <= _STRICT * size ** 2:
        return True
    lined, unsure = _lined(page, scale, one.shape)[rows, columns], _unsure(page, scale, one.shape)[rows, columns]
    return all(_most(rows[which], columns[which], size) <= part * size ** 2
               for which, part in ((~lined, _LOOSE), (~lined & ~unsure, _STRICT)))


def _read(drawn: BinaryIO, shape: tuple[int, ...]) -> Grey | None:
    """A grey picture in the format PGM; None: there is none, or of another size than a page of this shape has."""
    kind, sizes, _ = drawn.readline(), drawn.readline().split(), drawn.readline()
    if kind != b"P5\n" or len(sizes) != 2:
        return None
    width, height = map(int, sizes)
    if abs(height - shape[0]) > _ROUNDED or abs(width - shape[1]) > _ROUNDED:
        return None
    grey = np.frombuffer(drawn.read(width * height), dtype=np.uint8)
    return grey.reshape(height, width) if grey.size == width * height else None


def _differing(one: Grey, other: Grey) -> tuple[Places, Places]:
    """Rows and columns where a grey of one page is darker, or lighter, than all that the other has there and right
    beside: edges of letters lie a part of a picture element to this side or that."""
    down, across = (min(sides) for sides in zip(one.shape, other.shape, strict=True))
    one, other = one[:down, :across].ravel(), other[:down, :across].ravel()
    places = np.flatnonzero(np.maximum(one, other) - np.minimum(one, other) > _OTHER)
    if places.size > _MOST_OTHER * one.size:
        return np.divmod(places, across)
    column = places % across
    places = places[(places > across) & (places < one.size - across) & (column > 0) & (column < across - 1)]
    beside = [row * across + right for row in (-1, 0, 1) for right in (-1, 0, 1)]
    differs = np.zeros(places.shape, dtype=np.bool_)
    for grey, around in ((one, other), (other, one)):
        here, near = grey[places], [around[places + step] for step in beside]
        lightest, darkest = np.maximum.reduce(near), np.minimum.reduce(near)
        differs |= (np.maximum(here, lightest) - lightest > _OTHER) | (darkest - np.minimum(here, darkest) > _OTHER)
    return np.divmod(places[differs], across)


def _most(rows: Places, columns: Places, size: int) -> int:
    """How many of these picture elements lie in one field at most, wherever the fields begin."""
    most = 0
    if rows.size:
        across = int(columns.max()) // size + 2
        for down in (0, size // 2):
            for right in (0, size // 2):
                fields = (rows + down) // size * across + (columns + right) // size
                most = max(most, int(np.bincount(fields).max()))
    return most


def _unsure(page: pypdfium2.PdfPage, scale: float, shape: tuple[int, ...]) -> Mask:
    """Where honest programs draw a little otherwise: pictures, which each makes smaller in its own way, what lies over
    the page, and letters of fonts that the file does not bring."""
    mask = np.zeros(shape, dtype=np.bool_)
    boxes = [item.get_bounds() for item in page.get_objects(max_depth=1) if _is_unsure(item.raw)]
    for box in [*boxes, *(box for _, box in _notes(page))]:
        mask[_seen_at(page, shape, box, _NEAR * scale)] = True
    return mask


def _lined(page: pypdfium2.PdfPage, scale: float, shape: tuple[int, ...]) -> Mask:
    """The edges of links: some programs draw a thin line around them unless they are told not to, some none."""
    mask = np.zeros(shape, dtype=np.bool_)
    for kind, box in _notes(page):
        if kind == pdfium_c.FPDF_ANNOT_LINK:
            outer, inner = (_seen_at(page, shape, box, more * scale) for more in (_NEAR, -_NEAR))
            kept = mask[inner].copy()
            mask[outer], mask[inner] = True, kept
    return mask


def _notes(page: pypdfium2.PdfPage) -> Iterator[tuple[int, Box]]:
    """What lies over a page: of which kind, and where."""
    for number in range(pdfium_c.FPDFPage_GetAnnotCount(page)):
        note, box = pdfium_c.FPDFPage_GetAnnot(page, number), pdfium_c.FS_RECTF()
        if pdfium_c.FPDFAnnot_GetRect(note, box):
            yield pdfium_c.FPDFAnnot_GetSubtype(note), (box.left, box.bottom, box.right, box.top)
        pdfium_c.FPDFPage_CloseAnnot(note)


def _is_unsure(item: pdfium_c.FPDF_PAGEOBJECT, depth: int = 0) -> bool:
    kind = pdfium_c.FPDFPageObj_GetType(item)
    if kind == pdfium_c.FPDF_PAGEOBJ_TEXT:
        return pdfium_c.FPDFFont_GetIsEmbedded(pdfium_c.FPDFTextObj_GetFont(item)) != 1
    if kind == pdfium_c.FPDF_PAGEOBJ_FORM and depth < _DEEPEST:
        return any(_is_unsure(pdfium_c.FPDFFormObj_GetObject(item, number), depth + 1)
                   for number in range(pdfium_c.FPDFFormObj_CountObjects(item)))
    return kind == pdfium_c.FPDF_PAGEOBJ_IMAGE


def _seen_at(page: pypdfium2.PdfPage, shape: tuple[int, ...], box: Box, more: float) -> tuple[slice, slice]:
    """The rows and columns that a box takes, so much larger, of the page as it is drawn, turned as it is seen."""
    across, down, sides = pdfium_c.c_int(), pdfium_c.c_int(), []
    for x, y in (box[:2], box[2:]):
        pdfium_c.FPDF_PageToDevice(page, 0, 0, shape[1], shape[0], 0, x, y, across, down)
        sides.append((down.value, across.value))
    rows, columns = (slice(max(0, min(ends) - round(more)), max(0, max(ends) + round(more)))
                     for ends in zip(*sides, strict=True))
    return rows, columns
