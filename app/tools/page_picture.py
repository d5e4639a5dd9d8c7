"""Pictures that a page shows, its own streams or written between its words, by the letter of ISO 32000-2 (7.4, 8.9).

Each says once how large it is and of which colours, and its data are just so much: what lacks, one reader paints black
and another not at all. What a reader would do with damaged bytes inside a whole frame of a JPEG is not asked.
"""

import re
import zlib
from functools import lru_cache
from typing import Any

import pikepdf

from app.tools.page_fax import is_whole
from app.tools.page_jbig2 import is_one_picture
from app.tools.page_means import DEVICES, INTENTS, Means, numbers, whole
from app.tools.page_packed import SHORT, bytes_of, filters, parameters, refuse_short
from app.tools.page_words import Stray, Words, dictionary

#: what qpdf may unpack of one picture, and bytes after its last row that writers leave
_MOST, _TAIL = 1_000_000_000, 4
#: short names of values within a page (Tables 91, 92)
_VALUES = {"/G": "/DeviceGray", "/RGB": "/DeviceRGB", "/CMYK": "/DeviceCMYK", "/I": "/Indexed", "/DCT": "/DCTDecode",
           "/AHx": "/ASCIIHexDecode", "/A85": "/ASCII85Decode", "/LZW": "/LZWDecode", "/Fl": "/FlateDecode",
           "/RL": "/RunLengthDecode", "/CCF": "/CCITTFaxDecode"}
_END = re.compile(rb"[ \t\r\n\f]EI(?=[ \t\r\n\f/]|\Z)")
#: of how many numbers a colour is that a picture names itself; of more, one may be how much is seen through it
_OWN = (1, 3)
_SIDES = range(1, 65_536)
#: spaces of colours by their number, and of how many numbers a colour of each is: others some readers do not know
_BY_NUMBER = {12: 4, 16: 3, 17: 1}


def picture(given: pikepdf.Stream, means: Means, *, is_mask: bool = False) -> bool:
    """Ask a picture that is a stream of its own; whether it only lets colour through. `is_mask`: it is another's mask.
    Raises Stray.
    """
    if given.get("/Type", "/XObject") != "/XObject" or str(given.get("/Subtype")) != "/Image":
        raise Stray("/Image")
    refuse_short(given)
    if "/Matte" in given:
        raise Stray("/Matte")
    if given.get("/Intent", "/Perceptual") not in INTENTS:
        raise Stray("/Intent")
    is_stencil, count, bits, most = _made(given, means)
    if is_mask and count != 1 or is_stencil and {"/Mask", "/SMask"} & set(given.keys()):
        raise Stray("/Mask")
    through = filters(given)
    if through[-1:] == ["/JPXDecode"] and whole(given, "/SMaskInData", (0,), 0):
        raise Stray("/SMaskInData")
    _whole(given, through, count, bits)
    if most is not None:
        try:
            _listed(given.read_bytes(), bits, most)
        except pikepdf.PdfError as error:
            raise Stray("/Indexed") from error
    _mask(given, means, count, is_mask=is_mask)
    return is_stencil


def _made(given: Any, means: Means) -> tuple[bool, int, int, int | None]:
    """Whether a picture is a stencil, of how many numbers each of its elements is, of how many bits a number, and the
    last place of its list of colours, where its bits lead further.
    """
    width, height = whole(given, "/Width", _SIDES), whole(given, "/Height", _SIDES)
    is_stencil = given.get("/ImageMask", False)
    if not isinstance(is_stencil, bool) or width * height > _MOST:
        raise Stray("/ImageMask")
    if is_stencil:
        if "/ColorSpace" in given or whole(given, "/BitsPerComponent", (1,), 1) != 1:
            raise Stray("/ImageMask")
        if numbers(given, "/Decode", 2, otherwise=(0, 1)) not in ([0, 1], [1, 0]):
            raise Stray("/Decode")
        return True, 1, 1, None
    is_coded = filters(given)[-1:] == ["/JPXDecode"]
    if is_coded and "/ColorSpace" not in given and "/Decode" not in given:
        return False, 0, 8, None  # it says itself of which colours it is
    space = means.space(given.get("/ColorSpace"))
    if space.is_pattern:
        raise Stray("/ColorSpace")
    bits = whole(given, "/BitsPerComponent", (1, 2, 4, 8, 16), 8 if is_coded else None)
    limits = numbers(given, "/Decode", 2 * space.count, otherwise=())
    # a place goes to the largest that fits into its bits, a colour from none to all of it, or the other way round
    among = [{(0.0, 2.0 ** bits - 1)}] if space.is_listed else [{(0.0, 1.0)}, {(1.0, 0.0)}]
    if limits and space.low == 0 and {*zip(limits[::2], limits[1::2], strict=True)} not in among:
        raise Stray("/Decode")
    return False, space.count, bits, int(space.high) if space.is_listed and space.high < 2 ** bits - 1 else None


def _listed(data: bytes, bits: int, most: int) -> None:
    """Raises Stray where an element has a place beyond its list: some paint it black, some as the last one."""
    if bits > 8 or any(one >> at & 2 ** bits - 1 > most for one in set(data) for at in range(0, 8, bits)):
        raise Stray("/Indexed")


def _fax(given: Any, data: bytes, bits: int) -> None:
    """Raises Stray for a fax whose rows each reader finds in its own way."""
    width, height, about = int(given["/Width"]), int(given["/Height"]), parameters(given)
    for key in ("/EndOfLine", "/EncodedByteAlign", "/EndOfBlock", "/BlackIs1"):
        if not isinstance(about.get(key, False), bool):
            raise Stray(key)
    if bits != 1 or not whole(about, "/Columns", (width,), 1728):
        raise Stray("/Columns")
    whole(about, "/Rows", (0, height), 0)
    if not is_whole(data, width, height, whole(about, "/K", range(-999, 1), 0),
                    has_ends=about.get("/EndOfLine", False), is_aligned=about.get("/EncodedByteAlign", False)):
        raise Stray("/CCITTFaxDecode")


def _whole(given: pikepdf.Stream, through: list[str], count: int, bits: int) -> None:
    """Raises Stray where the data are not just what the picture says."""
    width, height, about = int(given.Width), int(given.Height), parameters(given)
    last = through[-1] if through else ""
    if last == "/CCITTFaxDecode":
        return _fax(given, _unwrapped(given, through[:-1]), bits * count)
    if last == "/JBIG2Decode":
        shared = about.get("/JBIG2Globals")
        if bits * count != 1 or not is_one_picture(
                _unwrapped(given, through[:-1]), width, height, b"" if shared is None else bytes_of(shared, last)):
            raise Stray(last)
        return
    if last == "/DCTDecode":
        if bits != 8 or _frame(_unwrapped(given, through[:-1])) != (width, height, count):
            raise Stray(last)
        return
    if last == "/JPXDecode":
        planes = _planes(given.read_raw_bytes())
        if planes not in ((count,) if count else _OWN):
            raise Stray("/ColorSpace")
        _known(given.read_raw_bytes(), planes)
        return
    row = (width * count * bits + 7) // 8
    if about.get("/Predictor", 1) != 1 and (
            about.get("/Columns", 1) != width or about.get("/Colors", 1) != count
            or about.get("/BitsPerComponent", 8) != bits):
        raise Stray("/DecodeParms")
    if last == "/FlateDecode" and len(through) == 1:
        is_png = int(about.get("/Predictor", 1)) >= 10
        long = _unpacked(given.read_raw_bytes(), (row + is_png) * height)
        wanted = (row + is_png) * height
    else:
        try:
            long, wanted = len(given.read_bytes()), row * height
        except pikepdf.PdfError as error:
            raise Stray(last) from error
    if not 0 <= long - wanted <= _TAIL:
        raise Stray("/Length")


def _unwrapped(given: pikepdf.Stream, outer: list[str]) -> bytes:
    """The data of a picture as its own filter gets them, unpacked by those before it. Raises Stray."""
    if not outer:
        return given.read_raw_bytes()
    about = given.get("/DecodeParms")
    if isinstance(about, pikepdf.Array) and any(one is not None and len(one) for one in list(about)[:-1]):
        raise Stray("/DecodeParms")
    with pikepdf.new() as aside:
        wrapped = pikepdf.Stream(aside, b"")
        wrapped.write(given.read_raw_bytes(), filter=pikepdf.Array([pikepdf.Name(one) for one in outer]))
        return bytes_of(wrapped, outer[0])


def _planes(packed: bytes) -> int:
    """Of how many numbers each element of a JPEG 2000 picture is (ISO 15444-1 A.5.1); 0: nothing says it."""
    start = packed.find(b"\xff\x4f\xff\x51")
    return int.from_bytes(packed[start + 40:start + 42], "big") if start >= 0 else 0


def _known(packed: bytes, planes: int) -> None:
    """Raises Stray for a JPEG 2000 picture that names a space of colours by a number (ISO 15444-1 I.5.3.3) which is not
    of that many numbers, or not known to every reader: some heed it whatever the page says.
    """
    head = packed[:max(packed.find(b"\xff\x4f\xff\x51"), 0)]
    numbers_of = (int.from_bytes(one, "big") for one in re.findall(rb"colr\x01..(....)", head, re.DOTALL))
    if any(_BY_NUMBER.get(one) != planes for one in numbers_of):
        raise Stray("/JPXDecode")


@lru_cache(maxsize=64)
def _unpacked(packed: bytes, wanted: int) -> int:
    """How many bytes come out, no more counted than a few above those that are wanted; 0 when they are damaged."""
    stream, found, rest = zlib.decompressobj(), 0, packed
    try:
        while rest and not stream.eof and found <= wanted + _TAIL:
            found += len(stream.decompress(rest, 1 << 20))
            rest = stream.unconsumed_tail
    except zlib.error:
        return 0
    return found


def _frame(data: bytes) -> tuple[int, int, int] | None:
    """Width, height and number of colours of a JPEG that ends where it should; None: it is none, or one whose colours
    some readers take for red, green and blue, others for brightness and two differences.
    """
    at, is_plain = 2, False
    if data[:2] != b"\xff\xd8" or b"\xff\xd9" not in data[-64:]:
        return None
    while at + 9 < len(data) and data[at] == 0xFF:
        kind, size = data[at + 1], int.from_bytes(data[at + 2:at + 4])
        if kind == 0xFF:
            at += 1
            continue
        if kind in (0xC0, 0xC1, 0xC2):
            count = data[at + 9]
            if count == 3 and (is_plain or data[at + 10:at + 19:3] == b"RGB"):
                return None
            return int.from_bytes(data[at + 7:at + 9]), int.from_bytes(data[at + 5:at + 7]), count
        if kind in range(0xC3, 0xC8) or kind == 0xDA:
            return None
        is_plain |= kind == 0xEE and data[at + 4:at + 9] == b"Adobe" and data[at + 15:at + 16] == b"\0"
        at += 2 + size
    return None


def _mask(given: pikepdf.Stream, means: Means, count: int, *, is_mask: bool) -> None:
    """By what a picture is seen through: a picture of shades of grey, a stencil, or colours."""
    soft, hard = given.get("/SMask"), given.get("/Mask")
    if soft is not None and (hard is not None or is_mask or not isinstance(soft, pikepdf.Stream)
                             or soft.get("/ColorSpace") != "/DeviceGray" or picture(soft, means, is_mask=True)):
        raise Stray("/SMask")
    if isinstance(hard, pikepdf.Stream):
        if is_mask or not picture(hard, means, is_mask=True):
            raise Stray("/Mask")
    elif hard is not None:
        limits = numbers(given, "/Mask", 2 * count)
        most = 2 ** int(given.get("/BitsPerComponent", 8)) - 1
        if any(not 0 <= low <= high <= most for low, high in zip(limits[::2], limits[1::2], strict=True)):
            raise Stray("/Mask")


def skip(words: Words, kinds: str, values: list[Any], means: Means, spaces: Any) -> bool:
    """Go behind a picture that is written between the words of a page; whether it only lets colour through. `spaces`:
    the colours that the page names. Raises Stray.
    """
    said = {}
    for key, value in dictionary(kinds, values).items():
        if (long := SHORT.get(key, key)) in said or long not in SHORT.values():
            raise Stray(key)
        said[long] = _object(value)
    named = said.get("/ColorSpace")
    if isinstance(named, pikepdf.Name) and str(named) not in DEVICES:
        said["/ColorSpace"] = spaces.get(str(named)) if isinstance(spaces, pikepdf.Dictionary) else None
    is_stencil, count, bits, most = _made(said, means)
    through, data, begins = filters(said), words.data, words.at + 1
    if data[words.at:begins] not in (b" ", b"\n", b"\r") or data[words.at:begins + 1] == b"\r\n":
        raise Stray("ID")
    row = (int(said["/Width"]) * count * bits + 7) // 8 * int(said["/Height"])
    end = _END.search(data, begins)
    if end is None:
        raise Stray("EI")
    long = end.start() - begins
    _within(said, data[begins:end.start()], row, bits * count)
    if most is not None:
        if through not in ([], ["/FlateDecode"]) or parameters(said):
            raise Stray("/Indexed")
        packed = data[begins:end.start()]
        _listed(zlib.decompress(packed) if through else packed, bits, most)
    if "/Length" in said and said["/Length"] not in (long, long + 1):
        raise Stray("/L")
    words.at = end.end()
    return is_stencil


def _within(said: Any, packed: bytes, row: int, bits: int) -> None:
    """Raises Stray where the data that stand in a page are not just what they say."""
    through = filters(said)
    if not through and len(packed) != row:
        raise Stray("EI")
    if through == ["/FlateDecode"] and not parameters(said) and _unpacked(packed, row) != row:
        raise Stray("EI")
    if through[-1:] == ["/CCITTFaxDecode"]:
        if len(through) > 1:
            raise Stray("EI")
        _fax(said, packed, bits)


def _object(value: Any) -> Any:
    """A value as it is written in a page, as an object; short names become long ones."""
    if isinstance(value, str):
        return pikepdf.Name(_VALUES.get(value, value))
    if isinstance(value, dict):
        return pikepdf.Dictionary({key: _object(one) for key, one in value.items()})
    if isinstance(value, tuple):
        return pikepdf.Array([_object(one) for one in value[1]])
    if value in (b"true", b"false"):
        return value == b"true"
    return pikepdf.Object.parse(value)
