"""Whether a fax within a PDF is whole (ITU-T T.4, T.6; ISO 32000-2 7.4.6): its rows are those that every reader finds.

A damaged row one reader paints white, another as the one above it, a third lets all that follow go. The codes of a row
follow from what it shows, so a whole fax is what its picture becomes when it is coded anew.
"""

import io
import os
import re
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from PIL import Image

#: picture elements of one that is looked into
_MOST = 100_000_000
#: how TIFF calls them: rows coded by the one above, each by itself behind an end of line, each by itself at whole bytes
_BY_ROWS, _BY_LINES, _AT_BYTES = (4, "group4"), (3, "group3"), (2, "tiff_ccitt")
#: the end of a line, with what it is filled up with; two of them end a picture whose rows are coded by the one above
_END_OF_LINE, _END = re.compile("(0{11,})1"), "000000000001" * 2


@lru_cache(maxsize=64)
def is_whole(data: bytes, width: int, height: int, kind: int = -1, *, has_ends: bool = False,
             is_aligned: bool = False) -> bool:
    """`kind`: /K of its parameters; what they say: lines have ends, rows begin at whole bytes."""
    made = _BY_ROWS if kind < 0 else _BY_LINES if data[:1] == b"\0" else _AT_BYTES
    # who is told of ends looks for them; where rows have none, and begin anywhere, no row can be told from the next
    if width * height > _MOST or kind > 0 or has_ends and made is not _BY_LINES or is_aligned != (made is _AT_BYTES):
        return False
    try:
        with _in_silence():
            anew = _coded(_picture(data, width, height, made[0]), made[1])
    except (OSError, ValueError, SyntaxError, LookupError):
        return False
    given, wanted = _bits(data), _bits(anew)
    if made is _BY_LINES:
        return _is_by_line(_END_OF_LINE.split(given), _END_OF_LINE.split(wanted))
    if made is _BY_ROWS:
        wanted = wanted.rstrip("0").removesuffix(_END)
    rest = given.removeprefix(wanted)
    return given.startswith(wanted) and (rest.startswith(_END) or not rest.strip("0"))


def _is_by_line(given: list[str], wanted: list[str]) -> bool:
    """Both: codes and the noughts of an end of line by turns. Ends without a line end the picture."""
    while given and not given[-1].strip("0"):
        del given[-2:]
    return given[::2] == wanted[::2] or len(given) == len(wanted) and given[:-1:2] == wanted[:-1:2] and (
        given[-1].rstrip("0") == wanted[-1].rstrip("0")) and all(
        len(one) >= len(other) for one, other in zip(given[3::2], wanted[3::2], strict=True))


@contextmanager
def _in_silence() -> Iterator[None]:
    """The library tells of each damaged row on the error output, thousands of lines of one file."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(nowhere)
        os.close(kept)


def _bits(data: bytes) -> str:
    return format(int.from_bytes(b"\1" + data), "b")[1:]


def _picture(data: bytes, width: int, height: int, compression: int) -> Image.Image:
    """What the library finds in it."""
    tags = [(256, width), (257, height), (258, 1), (259, compression), (262, 1), (273, 8), (277, 1), (278, height),
            (279, len(data))]
    listed = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    even = data + b"\0" * (len(data) % 2)
    return Image.open(io.BytesIO(struct.pack("<2sHI", b"II", 42, 8 + len(even)) + even + struct.pack("<H", len(tags))
                                 + listed + bytes(4)), formats=["TIFF"])


def _coded(picture: Image.Image, compression: str) -> bytes:
    """Its rows coded anew."""
    picture.save(target := io.BytesIO(), "TIFF", compression=compression, strip_size=_MOST)
    with Image.open(target, formats=["TIFF"]) as made:
        (begins,), (long,) = made.tag_v2[273], made.tag_v2[279]
        return target.getvalue()[begins:begins + long]
