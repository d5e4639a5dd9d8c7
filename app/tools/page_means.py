"""Colours, functions, states of drawing and shadings that a page names, by the letter of ISO 32000-2 (7.10, 8.4.5, 8.6,
8.7.4). Each is asked for what all readers need to paint it alike; what is missing, doubled or of another kind is a
Stray. It does not read the words of a page (page_words.py), and paints nothing.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import pikepdf

from app.tools.page_packed import bytes_of
from app.tools.page_reckon import is_reckoned_alike
from app.tools.page_words import LARGEST, LONGEST, Stray

#: how far from the corner of a page a line may lead, in points: some readers bend those that go beyond what they count
FAR = 30_000.0
#: by how much a page may be made smaller before some readers count nothing; what part of a box must be left when it is
#: bent flat
SMALLEST, _FLAT = 1e-7, 1e-3
#: bits of one sample of a function
_SAMPLES = {1, 2, 4, 8, 12, 16, 24, 32}
#: the kinds of colour that all devices have, by the number of their parts
DEVICES = {"/DeviceGray": 1, "/DeviceRGB": 3, "/DeviceCMYK": 4}
_DEFAULTS = {"/DefaultGray": 1, "/DefaultRGB": 3, "/DefaultCMYK": 4}
_PROFILES = {b"GRAY": 1, b"RGB ": 3, b"CMYK": 4}
#: kinds of profiles that are those of a device or a space, and the spaces that connect them (ICC.1 7.2.5, 7.2.7)
_CLASSES, _CONNECTED = {b"scnr", b"mntr", b"prtr", b"spac"}, {b"XYZ ", b"Lab "}
_BLENDS = {"/Normal", "/Compatible", "/Multiply", "/Screen", "/Overlay", "/Darken", "/Lighten", "/ColorDodge",
           "/ColorBurn", "/HardLight", "/SoftLight", "/Difference", "/Exclusion", "/Hue", "/Saturation", "/Color",
           "/Luminosity"}
#: numbers of a state of drawing, and between what they lie: ends of lines that are square are said by the page
_NUMBERS = {"/ca": (0, 1), "/CA": (0, 1), "/LW": (0, 10_000), "/LC": (0, 1), "/LJ": (0, 2), "/ML": (0, 10_000),
            "/FL": (0, 100), "/SM": (0, 1)}
#: ways to bring colours from one device to another: each reader takes another one for a name that is none (8.6.5.8)
INTENTS = {"/AbsoluteColorimetric", "/RelativeColorimetric", "/Saturation", "/Perceptual"}
#: functions that change colours on some printers and screens; what is painted over what without being seen to
_FUNCTIONS, _OVER = ("/TR", "/TR2"), ("/OP", "/op", "/AIS")


class Space(NamedTuple):
    """A space of colours: how many numbers are one colour, between what they lie; whether one names a pattern, or a
    place in a list.
    """

    count: int
    low: float = 0.0
    high: float = 1.0
    is_pattern: bool = False
    is_listed: bool = False


#: of a white that is lit in some way of Table 63 the least and the most; how far the colours together may lie from it
_WHITE, _OFF = (0.7, 1.3), 0.2

DEVICE_SPACES = {name: Space(count) for name, count in DEVICES.items()}


def is_number(value: object) -> bool:
    """Whether a value is a number that every reader keeps; true and false are none."""
    if isinstance(value, Decimal):
        return abs(value) < LARGEST and -int(value.as_tuple().exponent) <= LONGEST["n"]
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < LARGEST


def numbers(holder: Any, key: str, count: int | None = None, *,
            otherwise: Iterable[float] | None = None) -> list[float]:
    """The numbers of an array; None: of any length. Raises Stray with the key."""
    value = holder.get(key)
    if value is None and otherwise is not None:
        return list(otherwise)
    if not isinstance(value, pikepdf.Array) or not all(map(is_number, found := list(value))) or count not in (
            None, len(found)):
        raise Stray(key)
    return [float(one) for one in found]


def matrix(holder: Any, key: str) -> list[float]:
    """A change of place that can be taken back; none when it is not said. Raises Stray with the key."""
    found = numbers(holder, key, 6, otherwise=(1, 0, 0, 1, 0, 0))
    if not is_steady(found):
        raise Stray(key)
    return found


def is_steady(changed: Sequence[float]) -> bool:
    """Whether a change of place is one to readers that count with few figures and to those that count with many: it
    does not flatten, nearly or wholly, makes nothing immense or next to nothing, and does not lead far away.
    """
    a, b, c, d, e, f = changed
    flat = _FLAT * (abs(a * d) + abs(b * c))
    return SMALLEST <= max(abs(a), abs(b), abs(c), abs(d)) and max(map(abs, changed)) <= FAR \
        and abs(a * d - b * c) > flat


def whole(holder: Any, key: str, among: Iterable[int], otherwise: int | None = None) -> int:
    """A whole number. Raises Stray with the key."""
    value = holder.get(key, otherwise)
    if not isinstance(value, int) or isinstance(value, bool) or value not in among:
        raise Stray(key)
    return value


class Means:
    """The means of drawing of one file; each is asked once."""

    def __init__(self) -> None:
        self._spaces: dict[tuple[int, int], Space] = {}

    def space(self, value: Any, depth: int = 0) -> Space:
        """A space of colours as an object gives it. Raises Stray."""
        if isinstance(value, pikepdf.Name):
            if str(value) == "/Pattern":
                return Space(0, is_pattern=True)
            if str(value) not in DEVICES:
                raise Stray(str(value))
            return DEVICE_SPACES[str(value)]
        if not isinstance(value, pikepdf.Array) or not len(value) or depth > 4:
            raise Stray("/ColorSpace")
        key = value.objgen
        if key not in self._spaces or key == (0, 0):
            self._spaces[key] = self._asked(value, depth + 1)
        return self._spaces[key]

    def _asked(self, value: pikepdf.Array, depth: int) -> Space:
        kind, rest = str(value[0]), list(value)[1:]
        match kind, len(rest):
            case "/DeviceGray" | "/DeviceRGB" | "/DeviceCMYK" | "/Pattern", 0:
                return self.space(value[0])
            case "/Pattern", 1:
                under = self.space(rest[0], depth)
                if not under.is_pattern:
                    return under._replace(is_pattern=True)
            case "/CalGray" | "/CalRGB" | "/Lab", 1 if isinstance(rest[0], pikepdf.Dictionary):
                return _calibrated(kind, rest[0])
            case "/ICCBased", 1:
                return self._by_profile(rest[0], depth)
            case "/Indexed", 3:
                base = self.space(rest[0], depth)
                lookup = bytes(rest[2]) if isinstance(rest[2], pikepdf.String) else bytes_of(rest[2], kind)
                if isinstance(rest[1], int) and 0 <= rest[1] <= 255 and not base.is_pattern \
                        and not base.is_listed and 0 <= len(lookup) - (rest[1] + 1) * base.count <= 2:
                    return Space(1, 0, rest[1], is_listed=True)
            case "/Separation", 3 if str(rest[0]) not in ("/None", "/All"):
                function(rest[2], 1, self._base(rest[1], depth))
                return Space(1)
            case "/DeviceN", 3 | 4 if isinstance(rest[0], pikepdf.Array):
                names = [str(one) for one in rest[0]]
                if names and len(set(names)) == len(names) <= 32 and "/None" not in names:
                    function(rest[2], len(names), self._base(rest[1], depth))
                    return Space(len(names))
        raise Stray(kind)

    def _base(self, value: Any, depth: int) -> int:
        found = self.space(value, depth)
        if found.is_pattern or found.is_listed:
            raise Stray("/ColorSpace")
        return found.count

    def _by_profile(self, profile: Any, depth: int) -> Space:
        said = bytes_of(profile, "/ICCBased")
        header, count = said[:128], whole(profile, "/N", (1, 3, 4))
        is_one = header[36:40] == b"acsp" and header[12:16] in _CLASSES and header[20:24] in _CONNECTED \
            and 128 < int.from_bytes(header[:4]) <= len(said)
        if not is_one or _PROFILES.get(header[16:20]) != count or (
                "/Alternate" in profile and self._base(profile.Alternate, depth) != count) or \
                numbers(profile, "/Range", 2 * count, otherwise=[0, 1] * count) != [0, 1] * count:
            raise Stray("/ICCBased")
        return Space(count)

    def defaults(self, spaces: Any) -> None:
        """The spaces that stand for those of the device. Raises Stray where they are others."""
        for key, count in _DEFAULTS.items():
            if isinstance(spaces, pikepdf.Dictionary) and key in spaces and self._base(spaces[key], 0) != count:
                raise Stray(key)

    def shading(self, shading: Any) -> None:
        """A colour that changes along a line, or from circle to circle. Raises Stray."""
        if not isinstance(shading, (pikepdf.Dictionary, pikepdf.Stream)):
            raise Stray("/Shading")
        kind = whole(shading, "/ShadingType", (2, 3))
        count = self._base(shading.get("/ColorSpace"), 0)
        where = numbers(shading, "/Coords", 4 if kind == 2 else 6)
        half = len(where) // 2
        begins, ends = numbers(shading, "/Domain", 2, otherwise=(0, 1))
        extend = shading.get("/Extend", [False, False])
        if where[:half] == where[half:] or begins >= ends or "/Background" in shading or len(extend) != 2 \
                or not all(isinstance(one, bool) for one in extend) or (kind == 3 and min(where[2], where[5]) < 0):
            raise Stray("/Shading")
        numbers(shading, "/BBox", 4, otherwise=())
        made = shading.get("/Function")
        if isinstance(made, pikepdf.Array) and len(made) == count:
            for one in made:
                function(one, 1, 1)
        else:
            function(made, 1, count)


def _calibrated(kind: str, about: pikepdf.Dictionary) -> Space:
    white, count = numbers(about, "/WhitePoint", 3), 1 if kind == "/CalGray" else 3
    gamma = [float(about.get("/Gamma", 1))] if count == 1 and is_number(about.get("/Gamma", 1)) else numbers(
        about, "/Gamma", count, otherwise=[1] * count)
    made = numbers(about, "/Matrix", 9, otherwise=(1, 0, 0, 0, 1, 0, 0, 0, 1)) if kind == "/CalRGB" else []
    # white is the brightest that its colours make together: some readers take the largest numbers for white
    if white[1] != 1 or not all(_WHITE[0] <= one <= _WHITE[1] for one in white) or not all(
            0.9 <= one <= 3 for one in gamma) or any(one < -_OFF or abs(sum(made[at::3]) - white[at]) > _OFF
                                                     for at, one in enumerate(made[:3])) or made and min(made) < -_OFF:
        raise Stray(kind)
    if kind == "/Lab":
        low, _, _, high = numbers(about, "/Range", 4, otherwise=(-100, 100, -100, 100))
        return Space(3, min(low, -128), max(high, 128))
    return Space(count)


def function(made: Any, takes: int, gives: int, depth: int = 0) -> None:
    """A function of so many numbers. Raises Stray."""
    if not isinstance(made, (pikepdf.Dictionary, pikepdf.Stream)) or depth > 4:
        raise Stray("/Function")
    kind = whole(made, "/FunctionType", (0, 2, 3, 4))
    bounds = numbers(made, "/Domain", 2 * takes)
    limits = numbers(made, "/Range", 2 * gives, otherwise=None if kind in (0, 4) else ())
    if any(low >= high for low, high in (*zip(bounds[::2], bounds[1::2], strict=True),
                                         *zip(limits[::2], limits[1::2], strict=True))):
        raise Stray("/Domain")
    if kind == 0:
        _sampled(made, takes, gives)
    elif kind == 2 and takes == 1:
        first, last = (numbers(made, key, otherwise=(value,)) for key, value in (("/C0", 0), ("/C1", 1)))
        if not is_number(made.get("/N")) or made.N <= 0 or not len(first) == len(last) == gives or bounds[0] < 0:
            raise Stray("/FunctionType")
    elif kind == 3 and takes == 1:
        parts = list(made.get("/Functions", ()))
        between = [bounds[0], *numbers(made, "/Bounds"), bounds[1]]
        numbers(made, "/Encode", 2 * len(parts))
        if not parts or len(between) != len(parts) + 1 or between != sorted(between):
            raise Stray("/Functions")
        for one in parts:
            function(one, 1, gives, depth + 1)
    elif kind != 4 or not is_reckoned_alike(bytes_of(made, "/Function"), _largest(bounds), gives):
        raise Stray("/FunctionType")


def _largest(bounds: list[float]) -> list[float]:
    """Of each number that goes in, how large it may be."""
    return [max(abs(low), abs(high)) for low, high in zip(bounds[::2], bounds[1::2], strict=True)]


def _sampled(made: Any, takes: int, gives: int) -> None:
    sizes, bits = numbers(made, "/Size", takes), whole(made, "/BitsPerSample", _SAMPLES)
    numbers(made, "/Encode", 2 * takes, otherwise=())
    numbers(made, "/Decode", 2 * gives, otherwise=())
    values = gives * bits
    for one in sizes:
        values *= max(int(one), 0)
    left = len(bytes_of(made, "/Function")) - (values + 7) // 8
    if min(sizes) < 1 or not 0 <= left <= 2 or made.get("/Order", 1) != 1:
        raise Stray("/Size")


def state(given: Any) -> Any:
    """What is seen through a state of drawing, when it names a mask, else None. Raises Stray where it is none: a reader
    passes over what is of the wrong kind, or takes it for nothing.
    """
    if not isinstance(given, pikepdf.Dictionary):
        raise Stray("/ExtGState")
    blend, mask = given.get("/BM", pikepdf.Name.Normal), given.get("/SMask", pikepdf.Name("/None"))
    wrong = [key for key, (low, high) in _NUMBERS.items()
             if key in given and not (is_number(given[key]) and low <= given[key] <= high)]
    if isinstance(blend, pikepdf.Array) and len(blend) == 1:
        blend = blend[0]
    wrong += ["/BM"] * (not isinstance(blend, pikepdf.Name) or str(blend) not in _BLENDS)
    wrong += [key for key in _FUNCTIONS if given.get(key, "/Identity") not in ("/Identity", "/Default")]
    wrong += [key for key in _OVER if given.get(key, False) is not False]
    wrong += ["/Font"] * ("/Font" in given)
    wrong += ["/RI"] * (given.get("/RI", "/Perceptual") not in INTENTS)
    wrong += ["/SMask"] * (not isinstance(mask, pikepdf.Dictionary) and mask != "/None")
    if "/D" in given:
        line = list(given.D) if isinstance(given.D, pikepdf.Array) else []
        if len(line) != 2 or not is_number(line[1]):
            raise Stray("/D")
        dashes(numbers({"/D": line[0]}, "/D"), float(line[1]))
    if wrong:
        raise Stray(wrong[0])
    return mask if isinstance(mask, pikepdf.Dictionary) else None


def dashes(lengths: list[float], phase: float) -> None:
    """What a line is broken into. Raises Stray."""
    if any(one < 0 for one in lengths) or lengths and not any(lengths) or phase < 0:
        raise Stray("d")
