"""Stamps on a prepared page: short lines at whatever slant, and frames, read by the second reader (Art. 2.2).

Where they lie is line_finder.py's, what they say regulation/layout_stamp.py's. It knows no field.
"""

from collections.abc import Sequence
from math import cos, radians, sin
from typing import Protocol

import numpy as np
from PIL import Image, ImageChops, ImageFilter

from app.tools.line_finder import Slanted, find_frames, find_lines
from app.tools.line_reader import Strip, read_line
from app.tools.page_image import Prepared
from app.tools.page_source import Box

#: a stamp is no longer than this, in points
LONGEST_STAMP = 160.0
#: confidence of words that need no second look for stamps
_CLEAR = 0.85
#: picture elements of coloured ink from which it is looked at by itself
_LEAST_COLOUR = 150
#: slants at which a frame is read, degrees, and the most frames that are looked at
_SLANTS = (0, -6, 6, -12, 12, -18, 18, -24, 24)
_MOST_FRAMES = 6
#: picture elements around coloured ink that are looked at with it
_RIM = 32
#: more coloured lines are no stamps
_MOST_COLOURED = 12
#: how much brighter a place is without coloured ink -> brightness: a pale stamp becomes dark, too
_COLOUR = [max(0, 255 - 14 * max(0, value - 4)) for value in range(256)]


class Read(Protocol):
    """What is needed of a word that was read already (ocr.py's Word)."""

    confidence: float
    box: Box


def read_stamps(page: Prepared, box: Box, words: Sequence[Read] = ()) -> list[Strip]:
    """Short lines of a part of a prepared page, coloured ink also by itself; boxes in points.

    A level line that `words` cover with confidence is print that was read already and is left out.
    """
    x0, y0, x1, y1 = (max(0, round(value)) for value in page.to_picture(box))
    everything = page.picture.crop((x0, y0, x1, y1))
    if min(everything.size) < 64:
        return []
    coloured = _coloured(everything, page.without_colour((x0, y0, x1, y1)))
    known = [page.to_picture(word.box) for word in words if word.confidence > _CLEAR]
    strips = []
    for picture, left, top in [(everything, 0, 0)] + [coloured] * bool(coloured):
        found = find_lines(picture)
        if picture is not everything and len(found) > _MOST_COLOURED:
            # the other side shines through, or all print is coloured
            continue
        for line in found:
            hull = line.hull(x0 + left, y0 + top)
            is_long = line.width * page.scale[0] > LONGEST_STAMP or hull[2] > x0 + everything.width - 8
            is_read = picture is everything and abs(line.slant) < 4 and _covered(hull, known) > 0.6
            if not (is_long or is_read or line.height < 12 or abs(line.slant) > 60):
                strips.append(read_line(line.cut(picture), page.to_page(hull)))
    return strips


def read_frames(page: Prepared, box: Box) -> list[list[Strip]]:
    """What stands in each frame of a part of a prepared page, read level and at several slants; boxes in points."""
    x0, y0, x1, y1 = (max(0, round(value)) for value in page.to_picture(box))
    everything = page.picture.crop((x0, y0, x1, y1))
    if min(everything.size) < 64:
        return []
    found = []
    for left, top, right, bottom in find_frames(everything, page.scale[0])[:_MOST_FRAMES]:
        place = page.to_page((x0 + left, y0 + top, x0 + right, y0 + bottom))
        strips = []
        for slant in _SLANTS:
            turn = radians(abs(slant))
            # the height of the rectangle that, turned, fills this box
            height = ((bottom - top) * cos(turn) - (right - left) * sin(turn)) / max(0.2, cos(2 * turn))
            width = ((right - left) * cos(turn) - (bottom - top) * sin(turn)) / max(0.2, cos(2 * turn))
            if height > 14 and width > 1.2 * height:
                line = Slanted((left + right) / 2, (top + bottom) / 2, width - 6, height - 6, slant)
                strips.append(read_line(line.cut(everything), place))
        found.append(strips)
    return found


def _coloured(everything: Image.Image, lifted: Image.Image) -> tuple[Image.Image, int, int] | None:
    """Where coloured ink lies, it by itself, dark on light, left and top; None where there is next to none."""
    picture = ImageChops.subtract(lifted, everything).filter(ImageFilter.BoxBlur(1)).point(_COLOUR)
    ink = np.asarray(picture) < 128
    if np.count_nonzero(ink) <= _LEAST_COLOUR:
        return None
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    left, top = max(0, int(columns[0]) - _RIM), max(0, int(rows[0]) - _RIM)
    return picture.crop((left, top, min(picture.width, int(columns[-1]) + _RIM),
                         min(picture.height, int(rows[-1]) + _RIM))), left, top


def _covered(hull: Box, boxes: Sequence[Box]) -> float:
    """Share of the width of a line that lies under boxes of its height."""
    middle = (hull[1] + hull[3]) / 2
    under = sum(max(0.0, min(hull[2], box[2]) - max(hull[0], box[0])) for box in boxes if box[1] < middle < box[3])
    return under / max(1.0, hull[2] - hull[0])
