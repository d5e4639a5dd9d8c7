"""Where running text lies on a level page: whole lines under one another from margin to margin (Art. 2.2).

The fields of a document stand around it (NĐ 30/2020 Appendix I), so it can be read later. Only rows of ink are looked
at, no letters; where they do not stand apart (noise, a stamp over them, two columns, a table) nothing is found, and all
is read.
"""

from itertools import pairwise

import numpy as np
from PIL import Image

#: brightness below which an element of the halved picture is ink; brightness of prepared paper; where print is paler
#: than half of it, ink is what is darker than the middle between the two
_INK, _PAPER, _DARKEST = 150, 250, 1.0
#: lines of a run that are kept at its beginning, to see where what stands above ends, and at its end
_FIRST, _LAST = 2, 1
#: elements of ink above a run that are no more than the number of the page
_NOTHING = 250
#: least lines of a run
_LEAST = _FIRST + _LAST + 2
#: a space between words is narrower, as a share of the width of the picture
_SPACE = 0.025
#: least width of running text, as a share of the width of the picture
_WIDTH = 0.6
#: lines of one run are at most so many usual steps apart: short lines between them; a signature takes more
_STEPS = 4.2
#: how far from the left a line of running text may begin, as a share of its width
_INDENT = 0.15
#: lines looked at together: no white stripe, as a share of the width of the picture, goes down between two columns;
#: spaces of four justified lines lie under one another often, of five seldom and never so wide
_TOGETHER, _STRIPE = 5, 0.01


def running_text(picture: Image.Image) -> list[tuple[int, int]]:
    """Top and bottom of each stretch of running text that stands for itself, in rows of the picture, from the top."""
    grey = np.asarray(picture.reduce(2))
    ink = grey < max(_INK, (float(np.percentile(grey, _DARKEST)) + _PAPER) / 2)
    lines = [line for line in _lines(ink) if line[3] - line[2] > _WIDTH * ink.shape[1]]
    if len(lines) < _LEAST:
        return []
    wide = float(np.percentile([right - left for _, _, left, right in lines], 80))
    edge = float(np.median([line[3] for line in lines if line[3] - line[2] > 0.9 * wide]))
    lines = [line for line in lines if line[3] - line[2] > 0.84 * wide and abs(line[3] - edge) < 0.06 * wide]
    return [stretch for run in _runs(lines, ink) if (stretch := _inner(run, ink))]


def _lines(ink: np.ndarray) -> list[tuple[int, int, int, int]]:
    """Top, bottom, left and right of the cores of dense lines: the rows between them hold but marks and tails."""
    profile = ink.sum(axis=1)
    dense = profile > 0.4 * np.percentile(profile, 92)
    tall = [(top, bottom) for top, bottom in _bands(dense) if 4 <= bottom - top]
    usual = float(np.median([bottom - top for top, bottom in tall])) if tall else 0.0
    return [(top, bottom, *_widest(ink[top:bottom].any(axis=0))) for top, bottom in tall if bottom - top < 1.8 * usual]


def _bands(rows: np.ndarray) -> list[tuple[int, int]]:
    """First row and the row behind the last of each band."""
    edges = np.flatnonzero(np.diff(np.pad(rows.astype(np.int8), 1)))
    return [(int(top), int(bottom)) for top, bottom in edges.reshape(-1, 2)]


def _widest(columns: np.ndarray) -> tuple[int, int]:
    """Left and right end of the widest part without a space wider than one between words."""
    places = np.flatnonzero(columns)
    if not places.size:
        return 0, 0
    cuts = np.flatnonzero(np.diff(places) > _SPACE * columns.size)
    starts, ends = places[np.r_[0, cuts + 1]], places[np.r_[cuts, places.size - 1]]
    best = int(np.argmax(ends - starts))
    return int(starts[best]), int(ends[best])


def _runs(lines: list[tuple[int, int, int, int]], ink: np.ndarray) -> list[list[tuple[int, int, int, int]]]:
    """Lines that follow one another, without those that stand in two columns."""
    if len(lines) < _LEAST:
        return []
    step = float(np.percentile([low[0] - high[0] for high, low in pairwise(lines)], 30))
    runs, run = [], [lines[0]]
    for at, (high, low) in enumerate(pairwise(lines), start=1):
        group = lines[max(0, at - _TOGETHER + 1):at + 1]
        if low[0] - high[0] > _STEPS * step or _is_parted(group, ink) or not _is_text_between(high, low, ink):
            runs.append(run)
            run = []
        run.append(low)
    return [*runs, run]


def _is_text_between(high: tuple[int, int, int, int], low: tuple[int, int, int, int], ink: np.ndarray) -> bool:
    """Whether what stands between two lines begins at their left, as the last line of a paragraph does."""
    left, right = min(high[2], low[2]), max(high[3], low[3])
    between = ink[high[1]:low[0], left:right]
    start = between[:, :round(_INDENT * (right - left))]
    return all(start[top:bottom].any() for top, bottom in _bands(between.sum(axis=1) > 0.02 * (right - left))
               if bottom - top > 5)


def _is_parted(lines: list[tuple[int, int, int, int]], ink: np.ndarray) -> bool:
    """Whether a white stripe goes down through the middle of the last lines."""
    left, right = max(line[2] for line in lines), min(line[3] for line in lines)
    under = np.zeros(max(0, right - left), bool)
    for top, bottom, _, _ in lines:
        under |= ink[top:bottom, left:right].any(axis=0)
    gaps = np.diff(np.flatnonzero(under))
    return len(lines) == _TOGETHER and bool(gaps.size) and int(gaps.max()) > _STRIPE * ink.shape[1]


def _inner(run: list[tuple[int, int, int, int]], ink: np.ndarray) -> tuple[int, int] | None:
    """The stretch of a run without its first and last lines, cut where there is least ink."""
    if len(run) < _LEAST:
        return None
    profile = ink.sum(axis=1)
    top, bottom = max(0, run[0][0] - 8), run[-_LAST - 1][1]
    if profile[:top].sum() > _NOTHING:
        above = run[_FIRST - 1][1]
        top = above + int(np.argmin(profile[above:run[_FIRST][0]]))
    bottom += int(np.argmin(profile[bottom:run[-_LAST][0]]))
    return 2 * top, 2 * bottom
