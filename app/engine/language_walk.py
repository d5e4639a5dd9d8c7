"""The expression language: tree and data -> value.

Walks a tree over plain copies of the data, with a budget of steps and of sizes. Null is handled as FEEL does:
a missing name is null, comparing with null or across kinds is null (but `null = x` and `!=` are decided), a function
of null is null. A wrong kind, a division by zero or an exhausted budget is a failure.

It changes nothing it is given, reads no clock (`today()` and `now()` come from the act's time) and reaches no
live object: whatever is not a plain value is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Any

from app.engine import language_tree as tree
from app.engine.language_value import (
    CONTEXT,
    KINDS,
    NAMES,
    ORDERED,
    VIETNAM,
    ExpressionFailed,
    Months,
    Range,
    calculated,
    checked,
    date_from,
    duration_from,
    kind_of,
    moment_from,
    number_from,
    rounded,
    whole,
)

MAX_STEPS = 5000
MAX_LIST = 2000
MAX_VALUES = 10_000


class Walk:
    """One evaluation of one tree: its data, its moment, its budget."""

    def __init__(self, data: dict, at: datetime | None, subject: Any = None) -> None:
        self._data = data
        self._at = at
        self._subject = subject
        self._steps = 0
        self._copies: dict[str, Any] = {}
        self._values = 0

    def run(self, node: tree.Node) -> Any:
        """The value of `node`; every error is an ExpressionFailed."""
        return self._guarded(self.value, node)

    def passes(self, tests: tree.Tests) -> bool:
        """Does the subject pass a decision cell? An undecided comparison is not a pass, negated or not."""
        if not tests.items:
            return True
        self._subject = self._guarded(self.plain, self._subject)
        found = [self._guarded(self._tried, test, self._subject) for test in tests.items]
        if tests.is_negated:
            return all(result is False for result in found)
        return any(result is True for result in found)

    @staticmethod
    def _guarded(work: Callable, *given: Any) -> Any:
        try:
            return work(*given)
        except ZeroDivisionError:
            raise ExpressionFailed("Phép chia cho 0.") from None
        except (ArithmeticError, ValueError, TypeError, RecursionError, MemoryError) as error:
            raise ExpressionFailed("Không tính được biểu thức với dữ liệu này.") from error

    def spend(self, steps: int) -> None:
        """Count work done."""
        self._steps += steps
        if self._steps > MAX_STEPS:
            raise ExpressionFailed(f"Biểu thức cần quá {MAX_STEPS} bước tính.")

    # -- plain copies

    def plain(self, value: Any, depth: int = 0) -> Any:
        """A copy of `value` made of plain values within the limits; anything else is refused."""
        self._values += 1
        if self._values > MAX_VALUES or depth > tree.MAX_DEPTH:
            raise ExpressionFailed("Dữ liệu quá nhiều hoặc lồng nhau quá sâu.")
        kind = type(value)
        if kind in (list, tuple) and len(value) <= MAX_LIST:
            return [self.plain(item, depth + 1) for item in value]
        if kind is dict and len(value) <= MAX_LIST and all(type(key) is str for key in value):
            return {key: self.plain(item, depth + 1) for key, item in value.items()}
        if kind is float:
            return checked(whole(CONTEXT.plus(Decimal(repr(value)))))
        if kind in (list, tuple, dict, Range) or kind not in KINDS:
            raise ExpressionFailed("Dữ liệu có giá trị không dùng được trong biểu thức.")
        return checked(value)

    # -- nodes

    def value(self, node: tree.Node) -> Any:
        """The value of `node`, within the limits."""
        self.spend(1)
        return _VISITS[type(node)](self, node)

    def _name(self, node: tree.Name) -> Any:
        if node.root == "?":
            return self._subject
        if node.root not in self._copies:
            self._copies[node.root] = self.plain(self._data.get(node.root))
        found = self._copies[node.root]
        for key in node.path:
            self.spend(1)
            if found is None:
                return None
            if type(found) is not dict:
                raise ExpressionFailed(f"“{node.root}” không có phần “{key}”.")
            found = found.get(key)
        return found

    def _span(self, node: tree.Span) -> Range:
        return Range(self.value(node.low), self.value(node.high), node.has_low, node.has_high)

    def _negate(self, node: tree.Negate) -> Any:
        value = self.value(node.item)
        kind = kind_of(value)
        if kind == "null":
            return None
        if kind == "months":
            return Months(-value.count)
        if kind not in ("number", "duration"):
            raise ExpressionFailed(f"Không đổi dấu được {NAMES[kind]}.")
        return -value

    def _arithmetic(self, node: tree.Arithmetic) -> Any:
        total = self.value(node.first)
        for sign, item in zip(node.signs, node.rest, strict=True):
            total = calculated(sign, total, self.value(item))
        return total

    def _logic(self, node: tree.Logic) -> bool | None:
        decisive = node.word == "or"
        is_undecided = False
        for item in node.items:
            value = self.value(item)
            if value is decisive:
                return decisive
            is_undecided = is_undecided or type(value) is not bool
        return None if is_undecided else not decisive

    def _compare(self, node: tree.Compare) -> bool | None:
        return self.compared(node.sign, self.value(node.left), self.value(node.right))

    def _between(self, node: tree.Between) -> bool | None:
        item, low, high = self.value(node.item), self.value(node.low), self.value(node.high)
        return _both(self.compared(">=", item, low), self.compared("<=", item, high))

    def _within(self, node: tree.Within) -> bool:
        value = self.value(node.item)
        return any(self._tried(test, value) is True for test in node.tests)

    def _tried(self, test: tree.Node, value: Any) -> bool | None:
        if isinstance(test, tree.Against):
            return self.compared(test.sign, value, self.value(test.item))
        wanted = self.value(test)
        if isinstance(test, tree.Holds):
            return wanted if type(wanted) is bool else None
        return self._meets(value, wanted)

    def _meets(self, value: Any, wanted: Any) -> bool | None:
        """Equal to, inside the range, or among the list."""
        if type(wanted) is Range:
            is_above = self.compared(">=" if wanted.has_low else ">", value, wanted.low)
            return _both(is_above, self.compared("<=" if wanted.has_high else "<", value, wanted.high))
        if type(wanted) is not list or type(value) is list:
            return self.equal(value, wanted)
        found = [self._meets(value, item) for item in wanted if type(item) is not list]
        return any(found) if any(found) or None not in found else None

    def _chosen(self, node: tree.Choice) -> Any:
        return self.value(node.then if self.value(node.condition) is True else node.otherwise)

    def _call(self, node: tree.Call) -> Any:
        arguments = [self.value(item) for item in node.arguments]
        work, kinds = FUNCTIONS[node.function]
        for kind, argument in zip(kinds, arguments, strict=True):
            given = kind_of(argument)
            if given == "null" and "any" not in kind:
                return None
            if given not in kind and "any" not in kind:
                raise ExpressionFailed(f"Hàm “{node.function}” không nhận {NAMES[given]}.")
        return checked(work(self, *arguments))

    # -- comparing

    def compared(self, sign: str, left: Any, right: Any) -> bool | None:
        """Three-valued comparison; `!=` is always decided, as in the browser: what cannot be equal is not."""
        if sign in ("=", "!="):
            same = self.equal(left, right)
            return same if sign == "=" else same is not True
        if kind_of(left) != kind_of(right) or kind_of(left) not in ORDERED:
            return None
        return _ORDERINGS[sign](left, right)

    def equal(self, left: Any, right: Any) -> bool | None:
        """Null against a value is false; two different kinds cannot be compared (null)."""
        self.spend(1)
        kind, other = kind_of(left), kind_of(right)
        if "null" in (kind, other):
            return kind == other
        if kind != other or kind == "range":
            return None
        if kind == "list":
            return len(left) == len(right) and all(
                self.equal(*pair) is True for pair in zip(left, right, strict=True)
            )
        if kind == "context":
            has_same_keys = left.keys() == right.keys()
            return has_same_keys and all(self.equal(left[key], right[key]) is True for key in left)
        return left == right

    # -- functions that need the walk

    def moment(self) -> datetime:
        """The time of the act."""
        if self._at is None or self._at.tzinfo is None:
            raise ExpressionFailed("Chỗ này không dùng được today() và now().")
        return self._at

    def extreme(self, items: list, sign: str) -> Any:
        """The least (`<`) or greatest (`>`) of items of one ordered kind; null when there are none."""
        self.spend(len(items))
        best = items[0] if items else None
        for item in items:
            is_better = self.compared(sign, item, best)
            if is_better is None:
                raise ExpressionFailed("Danh sách cần các phần tử cùng loại, so sánh được.")
            best = item if is_better else best
        return best

    def total(self, items: list) -> Any:
        """The sum of numbers; null when there are none."""
        self.spend(len(items))
        if any(kind_of(item) != "number" for item in items):
            raise ExpressionFailed("Chỉ cộng được danh sách số.")
        total = items[0] if items else None
        for item in items[1:]:
            total = calculated("+", total, item)
        return total

    def has(self, items: list, wanted: Any) -> bool:
        """Is `wanted` one of the items?"""
        return any(self.equal(item, wanted) is True for item in items)


_VISITS: dict[type, Callable[[Walk, Any], Any]] = {
    tree.Literal: lambda walk, node: node.value,
    tree.Name: Walk._name,
    tree.Listing: lambda walk, node: [walk.value(item) for item in node.items],
    tree.Span: Walk._span,
    tree.Negate: Walk._negate,
    tree.Arithmetic: Walk._arithmetic,
    tree.Logic: Walk._logic,
    tree.Compare: Walk._compare,
    tree.Between: Walk._between,
    tree.Within: Walk._within,
    tree.Choice: Walk._chosen,
    tree.Call: Walk._call,
    tree.Holds: lambda walk, node: walk.value(node.item),
}
_ORDERINGS: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


def _both(first: bool | None, second: bool | None) -> bool | None:
    if first is False or second is False:
        return False
    return None if first is None or second is None else True


_TEXT, _AMOUNT, _LIST, _ANY = ("text",), ("number",), ("list",), ("any",)
#: name -> what to call with the walk and the arguments, the kinds each argument may have
FUNCTIONS: dict[str, tuple[Callable[..., Any], tuple[tuple[str, ...], ...]]] = {
    "not": (lambda walk, value: not value, (("boolean",),)),
    "string length": (lambda walk, text: len(text), (_TEXT,)),
    "upper case": (lambda walk, text: text.upper(), (_TEXT,)),
    "lower case": (lambda walk, text: text.lower(), (_TEXT,)),
    "contains": (lambda walk, text, part: part in text, (_TEXT, _TEXT)),
    "starts with": (lambda walk, text, part: text.startswith(part), (_TEXT, _TEXT)),
    "ends with": (lambda walk, text, part: text.endswith(part), (_TEXT, _TEXT)),
    "number": (lambda walk, text: number_from(text), (_TEXT,)),
    "count": (lambda walk, items: len(items), (_LIST,)),
    "min": (lambda walk, items: walk.extreme(items, "<"), (_LIST,)),
    "max": (lambda walk, items: walk.extreme(items, ">"), (_LIST,)),
    "sum": (lambda walk, items: walk.total(items), (_LIST,)),
    "abs": (lambda walk, value: abs(value), (("number", "duration"),)),
    "round": (lambda walk, value, places: rounded(value, places, ROUND_HALF_UP), (_AMOUNT, _AMOUNT)),
    "floor": (lambda walk, value: rounded(value, 0, ROUND_FLOOR), (_AMOUNT,)),
    "ceiling": (lambda walk, value: rounded(value, 0, ROUND_CEILING), (_AMOUNT,)),
    "date": (lambda walk, given: date_from(given), (("text", "date", "date and time"),)),
    "date and time": (lambda walk, text: moment_from(text), (_TEXT,)),
    "duration": (lambda walk, text: duration_from(text), (_TEXT,)),
    "list contains": (lambda walk, items, wanted: walk.has(items, wanted), (_LIST, _ANY)),
    "today": (lambda walk: walk.moment().astimezone(VIETNAM).date(), ()),
    "now": (lambda walk: walk.moment(), ()),
}
