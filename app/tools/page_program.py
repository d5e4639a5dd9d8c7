"""Whether the pages of a PDF are programs that every reader reads alike (ISO 32000-2 7.7, 7.8, 8, 9; security.md S10).

What is outside the standard each reader mends in its own way, so that a letter may show one sum in one and another in
another, with every signature whole: a state given back too often, a number that is none, a form without extent. Here
every word that is drawn, of pages, forms, patterns, letters and looks of notes, must be one that stands there by the
standard, with its operands, and all that it names must be there once, whole and of the right kind. The first that is
not is told by its name. What nobody draws is not asked. It draws nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import pikepdf

from app.tools.page_font import Font
from app.tools.page_means import DEVICE_SPACES, INTENTS, SMALLEST, Means, Space, dashes, is_steady, state
from app.tools.page_picture import skip
from app.tools.page_words import OPERATORS, Stray, Words, spelled, text

#: states kept within each other that every reader keeps
_KEPT = 28
#: changes of place one upon another, of the page and of lines of text: each reader rounds each at another figure
_MOST_MOVED, _MOST_LINES = 1000, 10_000
#: by which part of its size a letter may be larger than it says, for the points that bend its lines
_BEYOND = 0.25
Matrix = tuple[float, ...]
_SAME: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
_COLOURS = {b"g": "/DeviceGray", b"rg": "/DeviceRGB", b"k": "/DeviceCMYK"}
_PAINTS = {b"f", b"F", b"f*", b"B", b"B*", b"b", b"b*", b"S", b"s", b"sh", b"Do", b"BI", b"Tj", b"TJ", b"'", b'"'}
_STROKES, _CLOSE = {b"S", b"s", b"B", b"B*", b"b", b"b*"}, {b"h", b"s", b"b", b"b*"}
#: modes in which text is not seen, or limits what is seen
_UNSEEN, _CLIPPING, _MODES = (3, 7), 4, {b"%d" % mode: mode for mode in range(8)}


@dataclass
class State:
    """What is kept by q and given back by Q."""
    #: colours of what is filled, of lines
    colours: dict[bool, Space] = field(
        default_factory=lambda: dict.fromkeys((True, False), DEVICE_SPACES["/DeviceGray"]))
    font: Font | None = None
    mode: int = 0
    #: ends of lines: none, round, square; what a form was given is not known, and may be round
    cap: bytes = b"1"
    matrix: Matrix = _SAME
    moved: int = 0

    def kept(self) -> "State":
        """Another that is the same."""
        return State(dict(self.colours), self.font, self.mode, self.cap, self.matrix, self.moved)


class Reach(NamedTuple):
    """How far a form draws, seen from where it stands, how much smaller what it draws is, and whether it draws at all.
    """

    far: float
    least: float
    paints: bool


class File(Protocol):
    """Of all that a file draws: what is drawn itself, asked once, each Raises Stray (page_alike.py)."""

    means: Means

    def spend(self, count: int) -> None: ...  # noqa: D102
    def form(self, form: Any, depth: int, *, is_shape: bool = False, is_unseen: bool = False) -> Reach: ...  # noqa: D102
    def mask(self, mask: pikepdf.Dictionary, depth: int) -> None: ...  # noqa: D102
    def font(self, given: Any) -> Font: ...  # noqa: D102
    def letters(self, known: Font, depth: int) -> bool: ...  # noqa: D102
    def picture(self, given: Any) -> bool: ...  # noqa: D102
    def pattern(self, given: Any, depth: int, *, is_shape: bool) -> None: ...  # noqa: D102


class Resources:
    """What one page or form names."""

    def __init__(self, given: Any) -> None:
        if given is not None and not isinstance(given, pikepdf.Dictionary):
            raise Stray("/Resources")
        self._given = given

    def of(self, kind: str) -> Any:
        """All of a kind; None: nothing."""
        return None if self._given is None else self._given.get(kind)

    def named(self, kind: str, name: str) -> Any:
        """What a name stands for. Raises Stray when it stands for nothing."""
        if "#" in (name := spelled(name)) or not name.isascii():
            raise Stray(name)
        those = self.of(kind)
        found = those.get(name) if isinstance(those, pikepdf.Dictionary) else None
        if found is None:
            raise Stray(name)
        return found


class Drawing:
    """One page, form, pattern or letter, read word by word.

    `is_unseen`: its text may be drawn in a mode that is not seen; `is_shape`: its colours are another's; `is_letter`:
    of a font that the file draws itself. Afterwards `reach` is how far from its own corner it draws, `least` by how
    much a form within was made smaller, `paints` whether it draws anything.
    """

    def __init__(self, file: File, resources: Any, *, depth: int, is_unseen: bool = False, is_shape: bool = False,
                 is_letter: bool = False) -> None:
        self._file, self._resources, self._depth = file, Resources(resources), depth
        self._is_unseen, self._is_shape, self._is_letter = is_unseen, is_shape, is_letter
        self._state, self._kept = State(), list[State]()
        #: what was asked already, by its operator and name
        self._asked: dict[Any, Any] = {}
        self._where, self._has_point, self._marked, self._lines = "p", False, 0, 0
        self._words: Words | None = None
        self._point: list[float] = []
        #: whether text limits what comes; of a line, whether each part leads anywhere; whether a line was a point
        self._clips, self._leads, self._dots = False, set[bool | None](), False
        #: of a letter that says how large it is: left, bottom, right, top
        self._extent: list[float] = []
        self.reach, self.least, self.paints = 0.0, 1.0, False

    def read(self, parts: list[bytes], *, is_page: bool = False) -> "Drawing":
        """Raises Stray. Only a page may end with states that are kept: it gives back none of them."""
        self._file.means.defaults(self._resources.of("/ColorSpace"))
        self._words = words = Words(parts, self._file.spend)
        self._state.cap = b"0" if is_page else b"1"
        is_first = True
        for operator, kinds, values in words:
            if is_first and self._is_letter:
                if operator not in (b"d0", b"d1"):
                    raise Stray("d0")
                self._is_shape, self._extent = operator == b"d1", [float(one) for one in values[2:]]
            elif operator in (b"d0", b"d1"):
                raise Stray(operator.decode())
            is_first = False
            if operator == b"ID":
                self._inline(kinds, values)
                continue
            wanted, where = OPERATORS.get(operator, ((), ""))
            if kinds not in wanted and "*" not in wanted or self._where not in where:
                raise Stray(operator.decode())
            self.paints |= operator in _PAINTS
            if act := _ACTS.get(operator):
                act(self, operator, values)
            elif operator in _PATHS:
                self._path(operator, values)
        if self._where != "p" or self._kept and not is_page or self._marked:
            raise Stray({"t": "BT", "i": "BI"}.get(self._where, "q" if self._kept else "m"))
        return self

    def _path(self, operator: bytes, values: list[Any]) -> None:
        if operator in (b"m", b"re"):
            self._where = "x"
        elif operator in (b"W", b"W*"):
            self._where = "c"
        elif operator in (b"l", b"c", b"v", b"y", b"h"):
            if not self._has_point and operator != b"h":
                raise Stray(operator.decode())
        else:
            self._where = "p"
        self._has_point = operator in (b"m", b"l", b"c", b"v", b"y")
        points = [float(one) for one in values]
        self._dotted(operator, points)
        if operator == b"re":
            x, y, wide, high = points
            self._stays([x, y, x + wide, y + high])
        elif values:  # the sides of a box stay where they are however far they lead
            self._reaches(max(map(abs, points)))
            if self._state.cap == b"2" and points[-2:] == self._point and operator != b"m":
                raise Stray(operator.decode())
            self._point = points[-2:]
            self._stays(points)

    def _dotted(self, operator: bytes, points: list[float]) -> None:
        """Raises Stray for a line that is one point, painted with round ends: some readers paint nothing."""
        if points and operator not in (b"m", b"re"):
            self._leads.add(points != self._point * (len(points) // 2))
        elif self._leads and operator in _CLOSE:
            self._leads.add(False)
        if operator == b"h" or points and operator not in (b"m", b"re"):
            return
        self._dots |= self._leads == {None, False} or operator == b"re" and not any(points[2:])
        if operator in _STROKES and self._dots and self._state.cap == b"1":
            raise Stray(operator.decode())
        self._leads = {None} if operator == b"m" else set()
        self._dots &= self._where != "p"

    def _stays(self, points: list[float]) -> None:
        """Of a letter that says how large it is some readers show no more than that."""
        if self._extent:
            a, b, c, d, e, f = self._state.matrix
            for x, y in zip(points[::2], points[1::2], strict=True):
                at = a * x + c * y + e, b * x + d * y + f
                for low, high, one in zip(self._extent[:2], self._extent[2:], at, strict=True):
                    if not low - (high - low) * _BEYOND <= one <= high + (high - low) * _BEYOND:
                        raise Stray("d1")

    def _reaches(self, far: float) -> None:
        a, b, c, d, e, f = self._state.matrix
        self.reach = max(self.reach, far * max(abs(a) + abs(c), abs(b) + abs(d)) + max(abs(e), abs(f)))

    def _keep(self, operator: bytes, _: list[Any]) -> None:
        if operator == b"q":
            self._kept.append(self._state)
            self._state = self._state.kept()
            if len(self._kept) > _KEPT:
                raise Stray("q")
        elif self._kept:
            self._state = self._kept.pop()
        else:
            raise Stray("Q")

    def _text(self, operator: bytes, values: list[Any]) -> None:
        self._where, self._lines, self._clips = "t" if operator == b"BT" else "p", 0, False

    def _once(self, ask: Callable[[str], Any], name: str, *how: bool) -> Any:
        """What comes of asking what a name stands for: a page says the same name a thousand times."""
        key = ask.__name__, name, how
        if key not in self._asked:
            self._asked[key] = ask(name)
        return self._asked[key]

    def _moved(self, operator: bytes, values: list[Any]) -> None:
        self._state.matrix = product(tuple(map(float, values)), self._state.matrix)
        self._state.moved += 1
        if self._state.moved > _MOST_MOVED or not is_steady(self._state.matrix):
            raise Stray(operator.decode())

    def _placed(self, operator: bytes, values: list[Any]) -> None:
        """A line of text: by itself, or from the one before it."""
        self._lines = 0 if operator == b"Tm" else self._lines + 1
        if self._lines > _MOST_LINES or operator == b"Tm" and not is_steady([float(one) for one in values]):
            raise Stray(operator.decode())

    def _marks(self, operator: bytes, values: list[Any]) -> None:
        self._marked += {b"BMC": 1, b"BDC": 1, b"EMC": -1}.get(operator, 0)
        if self._marked < 0:
            raise Stray("EMC")
        if len(values) > 1 and isinstance(values[1], str):
            self._resources.named("/Properties", values[1])

    def _number(self, operator: bytes, values: list[Any]) -> None:
        """Numbers that mean something only between two others."""
        value, (low, high) = float(values[0]), _BETWEEN[operator]
        if not low <= value <= high or operator in (b"J", b"j", b"Tr") and values[0] not in _MODES:
            raise Stray(operator.decode())
        if operator == b"Tr":
            if self._clips and _MODES[values[0]] != self._state.mode:
                raise Stray("Tr")  # some forget what limits
            self._state.mode = _MODES[values[0]]
        elif operator == b"J":  # which way the square end of a line without length looks each reader decides
            self._state.cap = values[0]

    def _dashes(self, _: bytes, values: list[Any]) -> None:
        if set(values[0].kinds) - {"n"}:
            raise Stray("d")
        dashes([float(one) for one in values[0].values], float(values[1]))

    def _colour(self, operator: bytes, values: list[Any]) -> None:
        """A colour, or the space that the next ones are of."""
        if self._is_shape:
            raise Stray(operator.decode())
        is_filled, name = operator[:1].islower(), operator.lower()
        space = self._state.colours[is_filled]
        if name in _COLOURS:
            space = self._state.colours[is_filled] = DEVICE_SPACES[_COLOURS[name]]
        elif name == b"cs":
            self._state.colours[is_filled] = self._once(self._space, values[0])
            return
        parts = values[:-1] if space.is_pattern and values else values
        if len(parts) != space.count or not all(isinstance(one, bytes) and one[:1] not in b"(<"
                                                and space.low <= float(one) <= space.high for one in parts):
            raise Stray(operator.decode())
        if space.is_pattern:
            if name != b"scn" or not isinstance(values[-1], str):
                raise Stray(operator.decode())
            self._once(self._shaped if parts else self._pattern, values[-1])

    def _space(self, name: str) -> Space:
        is_known = name in DEVICE_SPACES or name == "/Pattern"
        return self._file.means.space(pikepdf.Name(name) if is_known else self._resources.named("/ColorSpace", name))

    def _pattern(self, name: str) -> None:
        self._file.pattern(self._resources.named("/Pattern", name), self._depth + 1, is_shape=False)

    def _shaped(self, name: str) -> None:
        self._file.pattern(self._resources.named("/Pattern", name), self._depth + 1, is_shape=True)

    def _look(self, _: bytes, values: list[Any]) -> None:
        self._state.cap = self._once(self._state_of, values[0]) or self._state.cap

    def _state_of(self, name: str) -> bytes:
        """What ends of lines it says, if it does."""
        given = self._resources.named("/ExtGState", name)
        if (mask := state(given)) is not None:
            self._file.mask(mask, self._depth + 1)
        return b"%d" % given.LC if "/LC" in given else b""

    def _intent(self, _: bytes, values: list[Any]) -> None:
        if values[0] not in INTENTS:
            raise Stray("ri")

    def _shaded(self, _: bytes, values: list[Any]) -> None:
        if self._is_shape:
            raise Stray("sh")
        self._once(self._shading, values[0])

    def _shading(self, name: str) -> None:
        self._file.means.shading(self._resources.named("/Shading", name))

    def _font(self, _: bytes, values: list[Any]) -> None:
        name = values[0]
        if self._is_letter:
            raise Stray("Tf")  # text within a letter
        font = self._once(self._font_of, name)
        self._state.font = font if float(values[1]) else None

    def _font_of(self, name: str) -> Font:
        return self._file.font(self._resources.named("/Font", name))

    def _shows(self, operator: bytes, values: list[Any]) -> None:
        """Text: in a font of some size, in codes that it has."""
        known, shown = self._state.font, values[-1:]
        if operator == b"TJ":
            if set(values[0].kinds) - {"n", "s"}:
                raise Stray("TJ")
            shown = [one for one in values[0].values if one[:1] in b"(<"]
        if known is None:
            raise Stray("Tf")
        self._clips |= self._state.mode >= _CLIPPING
        for one in shown:
            said = text(one)
            codes = said
            if known.is_wide:
                codes = [256 * high + low for high, low in zip(said[::2], said[1::2], strict=len(said) % 2 == 0)]
            if len(said) % (1 + known.is_wide) or any(not known.has(code) for code in set(codes)):
                raise Stray(operator.decode())
        if known.drawings and self._file.letters(known, self._depth + 1) and (
                self._state.mode in _UNSEEN or self._is_unseen):
            raise Stray("Tr")  # by the standard letters that the file draws itself are seen all the same (9.3.6)

    def _does(self, _: bytes, values: list[Any]) -> None:
        within = self._once(self._object, values[0], self._state.mode in _UNSEEN)
        if within:
            self._reaches(within.far)
            self.least = min(self.least, within.least * max(map(abs, self._state.matrix[:4])))
            if self.least < SMALLEST:
                raise Stray("Do")
        else:
            self._stays([0, 0, 1, 1, 0, 1, 1, 0])

    def _object(self, name: str) -> Reach | None:
        """How far a form draws; None: it is a picture."""
        found = self._resources.named("/XObject", name)
        if not isinstance(found, pikepdf.Stream):
            raise Stray(name)
        if str(found.get("/Subtype")) == "/Form":
            return self._file.form(found, self._depth + 1, is_shape=self._is_shape,
                                   is_unseen=self._is_unseen or self._state.mode in _UNSEEN)
        if not self._file.picture(found) and self._is_shape:
            raise Stray("Do")
        return None

    def _begin(self, *_: object) -> None:
        self._where = "i"

    def _inline(self, kinds: str, values: list[Any]) -> None:
        if self._where != "i" or self._words is None:
            raise Stray("ID")
        self._where, self.paints = "p", True
        self._stays([0, 0, 1, 1, 0, 1, 1, 0])
        if not skip(self._words, kinds, values, self._file.means, self._resources.of("/ColorSpace")) \
                and self._is_shape:
            raise Stray("BI")


#: operators that change what comes after them, or name something
_ACTS = {
    **dict.fromkeys((b"q", b"Q"), Drawing._keep), **dict.fromkeys((b"BT", b"ET"), Drawing._text),
    b"cm": Drawing._moved, **dict.fromkeys((b"Td", b"TD", b"T*", b"Tm"), Drawing._placed),
    **dict.fromkeys((b"BMC", b"BDC", b"EMC", b"MP", b"DP"), Drawing._marks),
    **dict.fromkeys((b"g", b"G", b"rg", b"RG", b"k", b"K", b"cs", b"CS", b"sc", b"SC", b"scn", b"SCN"),
                    Drawing._colour),
    b"ri": Drawing._intent,
    b"gs": Drawing._look, b"sh": Drawing._shaded, b"Tf": Drawing._font, b"d": Drawing._dashes, b"Do": Drawing._does,
    **dict.fromkeys((b"Tj", b"TJ", b"'", b'"'), Drawing._shows), b"BI": Drawing._begin,
    **dict.fromkeys((b"w", b"J", b"j", b"M", b"i", b"Tz", b"Tr"), Drawing._number)}
_PATHS = {one for one, (_, where) in OPERATORS.items() if where[-1] in "xc"}
_BETWEEN = {b"w": (0, 10_000), b"J": (0, 2), b"j": (0, 2), b"M": (0, 10_000), b"i": (0, 100), b"Tz": (10, 1000),
            b"Tr": (0, 7)}


def product(first: Matrix, then: Matrix) -> Matrix:
    """One change of place, then another."""
    a, b, c, d, e, f = first
    p, q, r, s, t, u = then
    return (a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u)
