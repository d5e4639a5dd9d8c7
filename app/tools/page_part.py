"""Parts of a prepared page looked at otherwise than by Tesseract: lines, their places, how thick they are (Art. 2.2).

Boxes are in points of the page. Stamps are stamp_reader.py's. It knows no field.
"""

import numpy as np

from app.tools.line_finder import find_lines
from app.tools.line_reader import Strip, read_line
from app.tools.page_image import Prepared
from app.tools.page_source import Box

#: degrees up to which a line counts as level
_LEVEL = 8.0
#: picture elements: what is smaller is a mere speck; the least side of what the line finder looks at
_LEAST, _LEAST_SIDE = 8, 64
#: brightness of prepared paper
_PAPER = 250


def corners(page: Prepared, box: Box) -> tuple[int, int, int, int] | None:
    """The part in picture elements, as far as it lies on the page; None when it is a mere speck."""
    x0, y0, x1, y1 = page.to_picture(box)
    left, top = max(0, round(x0)), max(0, round(y0))
    right, bottom = min(page.picture.width, round(x1)), min(page.picture.height, round(y1))
    return (left, top, right, bottom) if right - left >= _LEAST and bottom - top >= _LEAST else None


def read_strip(page: Prepared, box: Box, *, is_lifted: bool = False) -> Strip | None:
    """One line by the second reader, places in points too; None when it is a mere speck."""
    if (cut := corners(page, box)) is None:
        return None
    picture = page.without_colour(cut) if is_lifted else page.picture.crop(cut)
    x0, _, x1, _ = page.to_picture(box)
    scale = (box[2] - box[0]) / (x1 - x0)
    return read_line(picture, (box[0] + (cut[0] - x0) * scale, box[1], box[0] + (cut[2] - x0) * scale, box[3]))


def find_rows(page: Prepared, box: Box) -> list[Box]:
    """Where level lines lie, coloured ink lifted off, from the top."""
    cut = corners(page, box)
    if cut is None or min(cut[2] - cut[0], cut[3] - cut[1]) < _LEAST_SIDE:
        return []
    found = find_lines(page.without_colour(cut))
    return [page.to_page(line.hull(cut[0], cut[1])) for line in found if abs(line.slant) < _LEVEL]


def stroke(page: Prepared, box: Box) -> float:
    """How thick the strokes of print are, in points: ink by the length of its upper and left edges; 0.0: no ink."""
    if (cut := corners(page, box)) is None:
        return 0.0
    grey = np.asarray(page.picture.crop(cut))
    ink = grey < (np.percentile(grey, 2) + _PAPER) / 2
    edges = np.count_nonzero(ink[:, 1:] & ~ink[:, :-1]) + np.count_nonzero(ink[1:] & ~ink[:-1])
    return float(2 * np.count_nonzero(ink) / max(1, edges) * page.scale[0])
