"""What a page of a PDF shows beside the text that it brings along: a mark may be drawn, not written (Art. 3.2).

Pictures, shaded areas, curves, many short strokes, stamps laid over, letters that the file itself cannot name. Rules
and frames alone are none of it: what stands in a frame is text, or drawn, too. Places are points of the page as it is
shown, from its upper left corner. It looks at no picture (ocr.py).
"""

from collections.abc import Iterator
from ctypes import c_float, c_int

import pypdfium2
import pypdfium2.raw as pdfium_c

Box = tuple[float, float, float, float]

#: points across and down above which something drawn may bear a word
_LEAST = 5.0
#: segments of a rule or a frame at most; points across and down of a stroke of a letter; so many strokes are letters
_PLAIN, _STROKE, _STROKES = 6, 40.0, 5
#: units by which a line leaves the level and the upright: no rule does
_SLANTED = 2.0
#: objects and marks of a page that are looked at: with more, all of it counts as drawn
_MOST = 20_000
#: groups within groups
_DEEPEST = 4
#: steps of a point in which places are asked for
_FINE = 100
#: what is laid over a page and shows nothing of its own
_UNSEEN = (pdfium_c.FPDF_ANNOT_LINK, pdfium_c.FPDF_ANNOT_POPUP)


def shown(page: pypdfium2.PdfPage, bounds: Box) -> Box:
    """Left, bottom, right, top in the page's own measure -> left, top, right, bottom as it is shown, turned and cut."""
    width, height = (round(side * _FINE) for side in page.get_size())
    x, y, corners = c_int(), c_int(), []
    for left, bottom in (bounds[:2], bounds[2:]):
        pdfium_c.FPDF_PageToDevice(page, 0, 0, width, height, 0, left, bottom, x, y)
        corners.append((x.value / _FINE, y.value / _FINE))
    (x0, y0), (x1, y1) = corners
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def drawn(page: pypdfium2.PdfPage) -> list[Box]:
    """Where something is drawn that may bear a word, or is a piece of one; the whole page where there is too much."""
    width, height = page.get_size()
    found: list[Box] = []
    strokes: list[Box] = []
    for count, item in enumerate(page.get_objects(max_depth=1)):
        if count > _MOST:
            return [(0.0, 0.0, width, height)]
        if _is_drawn(item.raw, _DEEPEST):
            found.append(shown(page, item.get_bounds()))
        elif item.type == pdfium_c.FPDF_PAGEOBJ_PATH:
            box = shown(page, item.get_bounds())
            strokes += [box] * (max(box[2] - box[0], box[3] - box[1]) < _STROKE)
    found += strokes * (len(strokes) >= _STROKES) + [*_stamps(page), *_unnamed(page)]
    return [(max(0.0, x0), max(0.0, y0), min(width, x1), min(height, y1)) for x0, y0, x1, y1 in found]


def apart(boxes: list[Box], around: float, within: Box) -> list[Box]:
    """What of a part of a page the boxes cover and a little around, pieces that touch as one; specks left out."""
    if len(boxes) > _MOST // 20:
        return [within]
    joined: list[Box] = []
    for x0, y0, x1, y1 in boxes:
        one = (max(x0 - around, within[0]), max(y0 - around, within[1]), min(x1 + around, within[2]),
               min(y1 + around, within[3]))
        if one[0] >= one[2] or one[1] >= one[3]:
            continue
        while touching := [other for other in joined if _touch(one, other)]:
            joined = [other for other in joined if other not in touching]
            one = (min(one[0], *(box[0] for box in touching)), min(one[1], *(box[1] for box in touching)),
                   max(one[2], *(box[2] for box in touching)), max(one[3], *(box[3] for box in touching)))
        joined.append(one)
    least = 2 * around + _LEAST
    at_edge = (within[0], within[1], within[2], within[3])
    return [one for one in joined if one[2] - one[0] >= least and one[3] - one[1] >= least
            or any(side == edge for side, edge in zip(one, at_edge, strict=True))]


def _touch(one: Box, other: Box) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def _is_drawn(item: pdfium_c.FPDF_PAGEOBJECT, deepest: int) -> bool:
    """Whether an object is a picture, a shaded area, a curve or a path of many segments, or a group with one in it."""
    kind = pdfium_c.FPDFPageObj_GetType(item)
    if kind == pdfium_c.FPDF_PAGEOBJ_PATH:
        return not _is_plain(item)
    if kind != pdfium_c.FPDF_PAGEOBJ_FORM:
        return kind in (pdfium_c.FPDF_PAGEOBJ_IMAGE, pdfium_c.FPDF_PAGEOBJ_SHADING)
    count = pdfium_c.FPDFFormObj_CountObjects(item)
    inner = [pdfium_c.FPDFFormObj_GetObject(item, index) for index in range(min(count, _MOST))]
    strokes = sum(pdfium_c.FPDFPageObj_GetType(one) == pdfium_c.FPDF_PAGEOBJ_PATH for one in inner)
    return not deepest or strokes >= _STROKES or any(_is_drawn(one, deepest - 1) for one in inner)


def _is_plain(path: pdfium_c.FPDF_PAGEOBJECT) -> bool:
    """Whether a path is a rule or a frame: a few straight segments, level or upright."""
    count = pdfium_c.FPDFPath_CountSegments(path)
    if count > _PLAIN:
        return False
    before, x, y = (0.0, 0.0), c_float(), c_float()
    for index in range(count):
        segment = pdfium_c.FPDFPath_GetPathSegment(path, index)
        kind = pdfium_c.FPDFPathSegment_GetType(segment)
        pdfium_c.FPDFPathSegment_GetPoint(segment, x, y)
        is_slanted = min(abs(x.value - before[0]), abs(y.value - before[1])) > _SLANTED
        if kind == pdfium_c.FPDF_SEGMENT_BEZIERTO or kind == pdfium_c.FPDF_SEGMENT_LINETO and is_slanted:
            return False
        before = x.value, y.value
    return True


def _stamps(page: pypdfium2.PdfPage) -> Iterator[Box]:
    """What was laid over a page: stamps, notes, fields of forms."""
    for index in range(min(pdfium_c.FPDFPage_GetAnnotCount(page), _MOST)):
        annotation, place = pdfium_c.FPDFPage_GetAnnot(page, index), pdfium_c.FS_RECTF()
        if pdfium_c.FPDFAnnot_GetSubtype(annotation) not in _UNSEEN and pdfium_c.FPDFAnnot_GetRect(annotation, place):
            yield shown(page, (place.left, place.bottom, place.right, place.top))
        pdfium_c.FPDFPage_CloseAnnot(annotation)


def _unnamed(page: pypdfium2.PdfPage) -> Iterator[Box]:
    """Letters that the file draws and cannot name: a font without the names of its letters."""
    layer = page.get_textpage()
    for index in range(min(layer.count_chars(), _MOST)):
        code = pdfium_c.FPDFText_GetUnicode(layer, index)
        is_named = 0x20 <= code < 0xD800 or 0xF900 <= code < 0xFFF0 or code in (0x09, 0x0A, 0x0D)
        if not is_named or pdfium_c.FPDFText_HasUnicodeMapError(layer, index) == 1:
            yield shown(page, layer.get_charbox(index))
