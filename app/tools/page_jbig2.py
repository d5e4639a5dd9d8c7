"""Whether a picture in JBIG2 within a PDF is one that every reader finds (ITU-T T.88; ISO 32000-2 7.4.7).

Its pieces follow each other to the last byte and make one page, just as large as the picture, of pieces that lie on it.
A piece that is coded as a fax has whole rows; what an arithmetic coder made cannot be wrong within, but ends with its
mark: behind the end of the data each reader reads something else. Rarer ways of coding readers do not all know.
"""

from collections.abc import Iterator
from typing import NamedTuple

from app.tools.page_fax import is_whole

#: kinds of pieces: a dictionary of letters; letters, a picture, one upon another; page, its end, the file's, a remark
_LETTERS, _TEXT, _PICTURE, _UPON, _PAGE, _ENDS, _REMARK = 0, {6, 7}, {38, 39}, {42, 43}, 48, {49, 51}, 62
#: how an arithmetic coder ends; bytes that say where a piece lies, how large it is
_MARK, _WHERE = b"\xff\xac", 17


class _Piece(NamedTuple):
    number: int
    kind: int
    page: int
    data: bytes


def is_one_picture(data: bytes, width: int, height: int, shared: bytes) -> bool:
    """`shared`: pieces that other pictures have, too: letters alone."""
    try:
        before, own = list(_pieces(shared)), list(_pieces(data))
    except (ValueError, IndexError):
        return False
    while own and own[-1].kind in _ENDS:
        own.pop()
    numbers = [one.number for one in (*before, *own)]
    if sorted(set(numbers)) != numbers or any(one.kind != _LETTERS or one.page for one in before) or any(
            one.page > 1 or not one.page and one.kind != _LETTERS for one in own):
        return False
    pages = [at for at, one in enumerate(own) if one.kind == _PAGE]
    seen = [at for at, one in enumerate(own) if one.kind not in (_PAGE, _LETTERS, _REMARK)]
    return len(pages) == 1 and all(at > pages[0] for at in seen) and own[pages[0]].data[:8] == (
        width.to_bytes(4, "big") + height.to_bytes(4, "big")) and all(
            _is_whole(one, width, height) for one in (*before, *own))


def _pieces(data: bytes) -> Iterator[_Piece]:
    """Raises ValueError, IndexError where they are not whole."""
    at = 0
    while at < len(data):
        number, flags, count = int.from_bytes(data[at:at + 4], "big"), data[at + 4], data[at + 5] >> 5
        at += 6
        if count > 4:  # of more it is told in another way
            count = int.from_bytes(data[at - 1:at + 3], "big") & 0x1FFFFFFF
            at += 3 + (count + 8) // 8
        at += count * (1 if number <= 256 else 2 if number <= 65_536 else 4)
        wide = 4 if flags & 64 else 1
        page, at = int.from_bytes(data[at:at + wide], "big"), at + wide
        long, at = int.from_bytes(data[at:at + 4], "big"), at + 4
        if at + long > len(data):
            raise ValueError(number)
        yield _Piece(number, flags & 63, page, data[at:at + long])
        at += long


def _is_whole(piece: _Piece, width: int, height: int) -> bool:
    if piece.kind in (_PAGE, _REMARK):
        return True
    if piece.kind == _LETTERS:
        return not piece.data[1] & 1 and piece.data.endswith(_MARK)
    if piece.kind not in _TEXT | _PICTURE | _UPON:
        return False
    wide, high, left, top = (int.from_bytes(piece.data[at:at + 4], "big") for at in range(0, 16, 4))
    if not wide or not high or left + wide > width or top + high > height:
        return False
    if piece.kind in _PICTURE and piece.data[_WHERE] & 1:
        return is_whole(piece.data[_WHERE + 1:], wide, high)
    is_coded_by_lists = piece.kind in _TEXT and piece.data[_WHERE + 1] & 1
    return not is_coded_by_lists and piece.data.endswith(_MARK)
