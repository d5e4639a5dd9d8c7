"""How far the instructions of a font within a PDF move the points of its letters (OpenType, "TrueType instructions").

Some readers run them (PDFium always as for 64 elements to the em, whatever the size), others do not: honest ones bring
an edge to the nearest element, others could bring another letter. It asks FreeType for each letter as it is and as
its instructions make it; what a letter is it does not know.
"""

import time
from collections.abc import Iterable
from ctypes import byref, c_long, sizeof, string_at
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from freetype.raw import (
    FT_Done_Face,
    FT_Done_FreeType,
    FT_Face,
    FT_Init_FreeType,
    FT_Library,
    FT_Load_Glyph,
    FT_New_Memory_Face,
    FT_Set_Pixel_Sizes,
    FT_Vector,
)

#: elements to the em at which all letters are asked, and at which those of a font of few letters are, too
_ALWAYS, _LOOKED_AT = 64, range(8, 81)
#: how often a letter is asked for at those sizes, in all; seconds that one font may take
_MOST_ASKED, _SECONDS = 5_000, 5.0
#: how far a point may be moved, and by how much a line about a letter may be thicker than twice what it was, or was,
#: in elements: of 12,000 letters of honest fonts the most was 3.8 and 0.6
_FARTHEST, _THICKER = 6.0, 1.0
#: FT_LOAD_NO_SCALE, FT_LOAD_NO_BITMAP with FT_LOAD_NO_AUTOHINT
_AS_IT_IS, _INSTRUCTED = 1, 8 | 32768
#: parts of an element in which FreeType counts
_PARTS = 64


class Moved(Exception):
    """The instructions of a font make other letters of its own, or cannot be run."""


@lru_cache(maxsize=16)
def moves(program: bytes) -> bool:
    """Whether the instructions of a font make other letters of its own, or cannot be run."""
    library, face = FT_Library(), FT_Face()
    if FT_Init_FreeType(byref(library)):
        raise MemoryError
    try:
        if FT_New_Memory_Face(library, program, len(program), 0, byref(face)):
            return True
        try:
            _ask(face)
        finally:
            FT_Done_Face(face)
    except Moved:
        return True
    finally:
        FT_Done_FreeType(library)
    return False


def _ask(face: FT_Face) -> None:
    """Raises Moved."""
    until, em = time.process_time() + _SECONDS, face.contents.units_per_EM
    own = _letters(face, range(face.contents.num_glyphs), _AS_IT_IS, until)
    if not own.those:
        return
    spread = sorted(_LOOKED_AT, key=lambda size: size * 29 % len(_LOOKED_AT))
    begins = np.array([0, *(end + 1 for end in own.ends[:-1])])
    then = np.arange(1, len(own.points) + 1)
    then[own.ends] = begins
    for size in [_ALWAYS, *spread[:_MOST_ASKED // len(own.those)]]:
        if not em or FT_Set_Pixel_Sizes(face, size, size):
            raise Moved
        before, after = own.points * (size / em), _letters(face, own.those, _INSTRUCTED, until).points / _PARTS
        if before.shape != after.shape or np.abs(after - before).max() > _FARTHEST:
            raise Moved
        was, becomes = _thick(before, begins, then), _thick(after, begins, then)
        if (np.maximum(was, becomes) - 2 * np.minimum(was, becomes)).max() > _THICKER:
            raise Moved


class _Letters(NamedTuple):
    """Letters that have points: their numbers, all their points, and the last one of each line about them."""

    those: list[int]
    points: np.ndarray
    ends: list[int]


def _letters(face: FT_Face, those: Iterable[int], how: int, until: float) -> _Letters:
    """Raises Moved where one cannot be had."""
    found, points, ends, count = list[int](), list[bytes](), list[int](), 0
    for at in those:
        if FT_Load_Glyph(face, at, how) or time.process_time() > until:
            raise Moved
        outline = face.contents.glyph.contents.outline
        if many := outline.n_points:
            found.append(at)
            points.append(string_at(outline.points, many * sizeof(FT_Vector)))
            if how == _AS_IT_IS:
                ends += [count + end for end in outline.contours[:outline.n_contours]]
            count += many
    return _Letters(found, np.frombuffer(b"".join(points), dtype=np.dtype(c_long)).reshape(-1, 2), ends)


def _thick(points: np.ndarray, begins: np.ndarray, then: np.ndarray) -> np.ndarray:
    """The area within each line for each element of its length; one begins at each of `begins`, `then` is the number
    of the point after each.
    """
    (x, y), (later, above) = points.T, points[then].T
    length = np.add.reduceat(np.hypot(later - x, above - y), begins)
    return np.abs(np.add.reduceat(x * above - later * y, begins)) / 2 / np.maximum(length, 1)
