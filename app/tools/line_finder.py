"""Where lines of letters lie on a picture, at whatever slant: stamps (Art. 2.2; NĐ 30/2020 Appendix I.II.8).

Weights out of the same wheel as line_reader.py's, run the same way. It reads nothing.
"""

from collections import defaultdict
from dataclasses import dataclass
from math import atan2, cos, degrees, sin

import numpy as np
from PIL import Image

from app.tools.weights import run_weights

_WEIGHTS = "PP-OCRv6_det_small.onnx"
#: sides of what the weights look at are multiples of this
_UNIT = 32
#: from this probability on a place belongs to a line
_LEAST = 0.3
#: fewer picture elements are a speck
_LEAST_AREA = 30
#: points: least and most height and width of a stamp's frame
_FRAME = (17.0, 110.0, 34.0, 200.0)
#: share of the way from paper to the darkest ink at which ink begins
_INK = 0.4
_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
_SPREAD = np.array([0.229, 0.224, 0.225], np.float32)


@dataclass(frozen=True)
class Slanted:
    """One line: its middle, size and slant, in picture elements and degrees (falling to the right is positive)."""

    x: float
    y: float
    width: float
    height: float
    slant: float

    def hull(self, left: float = 0.0, top: float = 0.0) -> tuple[float, float, float, float]:
        """The level box around the line, moved by `left` and `top`."""
        turn = np.radians(self.slant)
        half_x = (self.width * abs(cos(turn)) + self.height * abs(sin(turn))) / 2
        half_y = (self.width * abs(sin(turn)) + self.height * abs(cos(turn))) / 2
        return left + self.x - half_x, top + self.y - half_y, left + self.x + half_x, top + self.y + half_y

    def cut(self, picture: Image.Image) -> Image.Image:
        """The line by itself, laid level."""
        turn = np.radians(self.slant)
        across, down = cos(turn), sin(turn)
        left = self.x - across * self.width / 2 + down * self.height / 2
        top = self.y - down * self.width / 2 - across * self.height / 2
        size = max(8, round(self.width)), max(8, round(self.height))
        return picture.transform(size, Image.Transform.AFFINE, (across, -down, left, down, across, top),
                                 Image.Resampling.BICUBIC, fillcolor=255)


def find_lines(picture: Image.Image, shrink: int = 2) -> list[Slanted]:
    """Lines of letters, from the top. `shrink`: by how much the picture is made smaller to look at; 2 at 200 dpi."""
    size = [max(_UNIT, side // shrink // _UNIT * _UNIT) for side in picture.size]
    small = picture.convert("RGB").resize((size[0], size[1]), Image.Resampling.BILINEAR)
    values = (np.asarray(small, np.float32) / 255 - _MEAN) / _SPREAD
    chances = run_weights(_WEIGHTS, np.ascontiguousarray(values.transpose(2, 0, 1))[None])
    scale = picture.width / size[0], picture.height / size[1]
    found = [_slanted(rows, columns, scale) for rows, columns in _pieces(chances[0, 0] > _LEAST)]
    return sorted(found, key=lambda line: (line.y, line.x))


def _slanted(rows: np.ndarray, columns: np.ndarray, scale: tuple[float, float]) -> Slanted:
    """The box along a piece's main direction, widened again: the weights mark only the core of a line."""
    x, y = columns * scale[0], rows * scale[1]
    spread = np.cov(x, y)
    turn = 0.5 * atan2(2 * spread[0, 1], spread[0, 0] - spread[1, 1])
    along, beside = x * cos(turn) + y * sin(turn), y * cos(turn) - x * sin(turn)
    ends = along.min(), along.max(), beside.min(), beside.max()
    width, height = ends[1] - ends[0] + scale[0], ends[3] - ends[2] + scale[1]
    widen = 0.8 * len(x) * scale[0] * scale[1] / (width + height)
    middle = (ends[0] + ends[1]) / 2, (ends[2] + ends[3]) / 2
    return Slanted(float(middle[0] * cos(turn) - middle[1] * sin(turn)),
                   float(middle[0] * sin(turn) + middle[1] * cos(turn)),
                   float(width + 2 * widen), float(height + 2 * widen), degrees(turn))


def find_frames(picture: Image.Image, points: float) -> list[tuple[float, float, float, float]]:
    """Boxes of ink that hangs together and is taller than letters: a stamp with its frame, whatever lies under it.

    `points`: points per picture element.
    """
    small = np.asarray(picture.convert("L").reduce(2))
    ink = 250 - _INK * (250 - float(np.percentile(small, 1)))
    frames = []
    for rows, columns in _pieces(small < ink):
        box = columns.min() * 2.0, rows.min() * 2.0, columns.max() * 2.0 + 2, rows.max() * 2.0 + 2
        width, height = (box[2] - box[0]) * points, (box[3] - box[1]) * points
        # a frame is thin: most of its box is not its own ink
        thin = rows.size * 4 < 0.5 * (box[2] - box[0]) * (box[3] - box[1])
        if _FRAME[0] < height < _FRAME[1] and _FRAME[2] < width < _FRAME[3] and thin:
            frames.append(box)
    return frames


def _pieces(mask: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Rows and columns of each connected piece of a mask."""
    parents: list[int] = []

    def root(label: int) -> int:
        while parents[label] != label:
            parents[label] = parents[parents[label]]
            label = parents[label]
        return label

    runs: list[tuple[int, int, int, int]] = []
    before: list[tuple[int, int, int, int]] = []
    edges = np.diff(np.pad(mask.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    for row in np.nonzero(mask.any(axis=1))[0].tolist():
        starts, ends = np.nonzero(edges[row] == 1)[0], np.nonzero(edges[row] == -1)[0]
        above = before if before and before[0][0] == row - 1 else []
        here, at = [], 0
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
            label = len(parents)
            parents.append(label)
            while at < len(above) and above[at][2] < start:
                at += 1
            for _, other, _, other_label in above[at:]:
                if other > end:
                    break
                parents[root(other_label)] = root(label)
            here.append((row, start, end, label))
        runs += here
        before = here
    pieces = defaultdict(list)
    for run in runs:
        pieces[root(run[3])].append(run)
    result = []
    for piece in pieces.values():
        if sum(end - start for _, start, end, _ in piece) >= _LEAST_AREA:
            rows = np.concatenate([np.full(end - start, row) for row, start, end, _ in piece])
            result.append((rows, np.concatenate([np.arange(start, end) for _, start, end, _ in piece])))
    return result
