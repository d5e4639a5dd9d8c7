"""What the packed streams of a PDF become, counted before a reader unpacks them (security.md S7).

Each stage of each stream is counted piece by piece and thrown away; nothing is kept or drawn. The last stage of a
picture is bounded by its size in picture elements, which pdfium.py holds; what other kinds of pictures (JPEG, fax)
become is bounded so, too.
"""

import zlib
from base64 import a85decode
from collections.abc import Iterable, Iterator

import pikepdf

from app.refusal import Refusal
from app.tools.office import MAX_RATIO, MAX_UNPACKED_BYTES, SMALL_BYTES
from app.tools.qpdf import MAX_UNPACKED_BYTES as MAX_STREAM_BYTES
from app.tools.qpdf import opened

_FLATE, _LZW, _RUNS = ("/FlateDecode", "/Fl"), ("/LZWDecode", "/LZW"), ("/RunLengthDecode", "/RL")
_HEX, _A85 = ("/ASCIIHexDecode", "/AHx"), ("/ASCII85Decode", "/A85")
#: bytes given to an unpacker, and taken from it, at once
_PIECE = 1 << 16
#: codes of LZW that are no bytes: begin the table anew, end; most that a table holds
_CLEAR, _OVER, _MOST_CODES = 256, 257, 4096


def unpacks_too_large(data: bytes) -> bool:
    """Whether a stream becomes larger than one may, or all of them together larger than the file allows."""
    try:
        with opened(data) as document:
            return becomes_too_large(document, len(data))
    except Refusal:  # whoever reads it says why it cannot be
        return False


def becomes_too_large(document: pikepdf.Pdf, size: int) -> bool:
    """The same of an open file of so many bytes."""
    left = min(MAX_UNPACKED_BYTES, max(SMALL_BYTES, MAX_RATIO * size))
    for item in document.objects:
        if isinstance(item, pikepdf.Stream):
            for stage in _sizes(item, []):
                left -= stage
                if stage > MAX_STREAM_BYTES or left < 0:
                    return True
    return False


def unpacked(stream: pikepdf.Stream) -> bytes:
    """The bytes of a stream, as far as they are unpacked here, to a reader who minds no fault in them."""
    kept = list[bytes]()
    for _ in _sizes(stream, kept):
        pass
    return b"".join(kept)


def _sizes(stream: pikepdf.Stream, kept: list[bytes]) -> Iterator[int]:
    """How large each stage becomes; one that is over the limit is not counted on. `kept`: what the last one became."""
    named = stream.get("/Filter")
    filters = [str(one) for one in named] if isinstance(named, pikepdf.Array) else [str(named)] if named else []
    if stream.get("/Subtype") == "/Image" and filters:
        filters.pop()
    try:
        kept[:] = [stream.read_raw_bytes()] if filters else []
    except pikepdf.PdfError:
        return
    for number, name in enumerate(filters):
        if name in _LZW:
            yield sum(_lzw(b"".join(kept)))
            if any(one in (*_FLATE, *_LZW, *_RUNS) for one in filters[number + 1:]):
                yield MAX_STREAM_BYTES + 1  # no program that makes letters packs twice so
            return
        unpack = _flate if name in _FLATE else _runs if name in _RUNS else _text(name) if name in _HEX + _A85 else None
        if unpack is None:
            return
        size, packed = 0, kept[:]
        kept.clear()
        for piece in unpack(packed):
            size += len(piece)
            kept.append(piece)
            if size > MAX_STREAM_BYTES:
                break
        yield size


def _flate(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """What comes before a fault is there all the same: readers take it."""
    unpacker = zlib.decompressobj()
    try:
        for packed in pieces:
            while packed and not unpacker.eof:
                yield unpacker.decompress(packed, _PIECE)
                packed = unpacker.unconsumed_tail
        yield unpacker.flush(_PIECE)
    except zlib.error:
        return


def _runs(pieces: Iterable[bytes]) -> Iterator[bytes]:
    data, at = b"".join(pieces), 0
    while at < len(data) and data[at] != 128:
        count = data[at]
        yield data[at + 1:at + 2 + count] if count < 128 else data[at + 1:at + 2] * (257 - count)
        at += 2 + count if count < 128 else 2


def _text(name: str):  # noqa: ANN202
    """Letters that stand for bytes become fewer."""
    def unpack(pieces: Iterable[bytes]) -> Iterator[bytes]:
        data = b"".join(b"".join(pieces).split())
        try:
            yield bytes.fromhex(data.split(b">")[0].decode("ascii")) if name in _HEX else a85decode(
                data.removeprefix(b"<~").split(b"~")[0])
        except ValueError:
            return
    return unpack


def _lzw(data: bytes) -> Iterator[int]:
    """How many bytes each code becomes: of a table only the lengths are kept."""
    lengths = [1] * 258
    width, held, bits, before, size = 9, 0, 0, 0, 0
    for byte in data:
        held, bits = held << 8 | byte, bits + 8
        if bits < width:
            continue
        bits -= width
        code, held = held >> bits, held & (1 << bits) - 1
        if code == _OVER or code > len(lengths):
            return
        if code == _CLEAR:
            lengths, width, before = [1] * 258, 9, 0
            continue
        now = lengths[code] if code < len(lengths) else before + 1
        if before and len(lengths) < _MOST_CODES:
            lengths.append(before + 1)
        before, size = now, size + now
        yield now
        if size > MAX_STREAM_BYTES:
            return
        # one early, as is usual; a reader that grows a code later sees other codes, of the same lengths
        width = min(12, max(9, (len(lengths) + 1).bit_length()))
