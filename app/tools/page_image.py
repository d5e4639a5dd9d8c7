"""Preparing a page for recognition: even light, paper only, straight lines (Art. 2.2).

Division by the background, crop to the paper, deskew; each measured to lower the character error rate.
Numpy and Pillow only. A prepared page remembers how to map its boxes back to the page. It does not open files
(page_source.py) and does not recognise (ocr.py).
"""

from dataclasses import dataclass, field
from functools import cached_property, reduce
from math import cos, radians, sin, tan

import numpy as np
from PIL import Image, ImageChops, ImageFilter

from app.tools.page_source import Box, Sheet

#: skew below this is left alone: turning blurs more than it mends, in degrees
LEAST_SKEW = 0.4
#: largest skew looked for, in degrees
MOST_SKEW = 6.0
#: side of the squares whose brightness stands for the background, in picture elements
_SQUARE = 8
#: share of the elements of a square that may be ink
_PAPER = 0.8
#: difference between the channels of what is grey, and elements of the page at a quarter that bear no colour
_GREY, _LEAST_COLOUR = 16, 12
#: brightness by (background, grey value), the background made nearly white
_DIVIDED = np.minimum(np.arange(256) * 250 / np.maximum(np.arange(256), 16)[:, None], 255).astype(np.uint8).ravel()


@dataclass(frozen=True)
class Prepared:
    """A grey page, ready to be recognised."""

    picture: Image.Image
    #: degrees by which the picture was turned
    angle: float
    #: points per picture element, across and down
    scale: tuple[float, float]
    _colour: Image.Image = field(repr=False)
    _outside: np.ndarray | None = field(repr=False)
    #: the page before it was levelled, when it bears no colour to be lifted off
    _even: Image.Image | None = field(repr=False)

    def without_colour(self, corners: tuple[int, int, int, int]) -> Image.Image:
        """A part of the picture, coloured ink (seals, signatures) lifted off; corners in picture elements."""
        return _level(self._lifted, self.angle, corners)

    @cached_property
    def _lifted(self) -> Image.Image:
        if self._even is not None:
            return self._even
        # red ink is bright in the red channel and blue ink in the blue one: what is dark in all three is print
        brightest = reduce(ImageChops.lighter, self._colour.split())
        return Image.fromarray(_even(np.asarray(brightest), _squares(brightest), self._outside))

    def to_page(self, box: Box) -> Box:
        """Box in picture elements of the prepared page -> box in points of the page."""
        return self._turn(box, -self.angle, (1.0, 1.0), self.scale)

    def to_picture(self, box: Box) -> Box:
        """Box in points of the page -> box in picture elements of the prepared page."""
        return self._turn(box, self.angle, (1 / self.scale[0], 1 / self.scale[1]), (1.0, 1.0))

    def _turn(self, box: Box, angle: float, before: tuple[float, float], after: tuple[float, float]) -> Box:
        middle_x, middle_y = self.picture.width / 2, self.picture.height / 2
        x0, y0, x1, y1 = (value * before[i % 2] for i, value in enumerate(box))
        across, down = (x0 + x1) / 2 - middle_x, (y0 + y1) / 2 - middle_y
        turn = radians(-angle)
        x = middle_x + across * cos(turn) - down * sin(turn)
        y = middle_y + across * sin(turn) + down * cos(turn)
        # a word stays as wide and high as it was: the hull of a turned box would swallow its neighbours
        half_x, half_y = (x1 - x0) / 2 * after[0], (y1 - y0) / 2 * after[1]
        x, y = x * after[0], y * after[1]
        return x - half_x, y - half_y, x + half_x, y + half_y


def prepare(sheet: Sheet) -> Prepared:
    """The sheet as a grey page with white background and level lines."""
    grey = sheet.picture.convert("L")
    light = _squares(grey)
    outside = _outside(light)
    even = _even(np.asarray(grey), light, outside)
    angle = _skew(even)
    if abs(angle) < LEAST_SKEW:
        angle = 0.0
    scale = sheet.width / sheet.picture.width, sheet.height / sheet.picture.height
    picture = Image.fromarray(even)
    return Prepared(_level(picture, angle, (0, 0, *picture.size)), angle, scale, sheet.picture, outside,
                    None if _is_coloured(sheet.picture) else picture)


def _is_coloured(picture: Image.Image) -> bool:
    """Whether anything on the page is not grey."""
    channels = picture.reduce(4).split()
    apart = ImageChops.subtract(reduce(ImageChops.lighter, channels), reduce(ImageChops.darker, channels))
    return sum(apart.histogram()[_GREY + 1:]) > _LEAST_COLOUR


def _level(picture: Image.Image, angle: float, corners: tuple[int, int, int, int]) -> Image.Image:
    """A part of the picture after it was turned about its middle."""
    if not angle:
        return picture.crop(corners)
    left, top, right, bottom = corners
    across, down = cos(radians(angle)), sin(radians(angle))
    x, y = left - picture.width / 2, top - picture.height / 2
    place = picture.width / 2 + across * x - down * y, picture.height / 2 + down * x + across * y
    return picture.transform((right - left, bottom - top), Image.Transform.AFFINE,
                             (across, -down, place[0], down, across, place[1]), Image.Resampling.BICUBIC, fillcolor=255)


def _squares(picture: Image.Image) -> np.ndarray:
    """How bright the paper is in each square of the page: a high percentile of its elements."""
    grey = np.asarray(picture)
    height, width = (side // _SQUARE * _SQUARE for side in grey.shape)
    if not height or not width:
        return grey.copy()
    cut = grey[:height, :width].reshape(height // _SQUARE, _SQUARE, width // _SQUARE, _SQUARE)
    flat = cut.transpose(0, 2, 1, 3).reshape(height // _SQUARE, width // _SQUARE, -1)
    rank = int(_PAPER * (flat.shape[2] - 1))
    return np.partition(flat, rank, axis=2)[:, :, rank]


def _outside(squares: np.ndarray) -> np.ndarray | None:
    """Mask of what is not paper (desk, lid of the scanner), by square; None when paper fills the picture."""
    light = Image.fromarray(squares).filter(ImageFilter.MedianFilter(3))
    is_paper = _grown(np.asarray(light, dtype=np.float32))
    # the hull by rows and by columns: dark print inside the sheet stays inside
    rows = np.maximum.accumulate(is_paper, 1) & np.maximum.accumulate(is_paper[:, ::-1], 1)[:, ::-1]
    columns = np.maximum.accumulate(is_paper, 0) & np.maximum.accumulate(is_paper[::-1], 0)[::-1]
    outside = ~(rows & columns)
    return outside if 0.02 < outside.mean() < 0.7 else None


def _grown(light: np.ndarray) -> np.ndarray:
    """Paper grown from the brightest squares: a shadow falls softly, the edge of the sheet is a step."""
    is_paper = light >= np.percentile(light, 75)
    for _ in range(sum(light.shape)):
        reach = np.where(is_paper, light * 0.86, 999.0)
        near = np.full_like(light, 999.0)
        near[1:] = np.minimum(near[1:], reach[:-1])
        near[:-1] = np.minimum(near[:-1], reach[1:])
        near[:, 1:] = np.minimum(near[:, 1:], reach[:, :-1])
        near[:, :-1] = np.minimum(near[:, :-1], reach[:, 1:])
        grown = is_paper | (light > near)
        if (grown == is_paper).all():
            break
        is_paper = grown
    return is_paper


def _even(grey: np.ndarray, squares: np.ndarray, outside: np.ndarray | None) -> np.ndarray:
    """Division by the background: shadows, yellowed paper and show-through go, ink stays."""
    light = Image.fromarray(squares).filter(ImageFilter.MaxFilter(5)).filter(ImageFilter.GaussianBlur(3))
    size = grey.shape[1], grey.shape[0]
    ground = np.asarray(light.resize(size, Image.Resampling.BILINEAR), dtype=np.uint16)
    even = _DIVIDED[(ground << 8) | grey]
    if outside is not None:
        wide = Image.fromarray((outside * 255).astype(np.uint8)).filter(ImageFilter.MaxFilter(3))
        even = np.where(np.asarray(wide.resize(size, Image.Resampling.NEAREST)) > 127, np.uint8(255), even)
    return even


def _skew(grey: np.ndarray) -> float:
    """Degrees to turn the picture by so that its lines lie level: the sharpest profile of rows."""
    small = np.asarray(Image.fromarray(grey).reduce(2))
    rows, columns = np.nonzero(small < 150)
    if rows.size < 500:
        return 0.0
    if rows.size > 150_000:
        keep = slice(None, None, rows.size // 150_000 + 1)
        rows, columns = rows[keep], columns[keep]
    best = 0.0
    for step, reach in ((0.5, MOST_SKEW), (0.1, 0.5), (0.02, 0.1)):
        angles = np.arange(best - reach, best + reach + step / 2, step)
        best = float(max(angles, key=lambda angle: _sharpness(rows, columns, angle, small.shape[0])))
    return best if abs(best) < MOST_SKEW else 0.0


def _sharpness(rows: np.ndarray, columns: np.ndarray, angle: float, height: int) -> float:
    levels = (rows - columns * tan(radians(angle)) + height).astype(np.int32)
    profile = np.bincount(levels).astype(np.float64)
    return float(np.sum(np.diff(profile) ** 2))
