"""The expression language: text -> tree.

A subset of FEEL (what dmn-js and form-js write), by recursive descent with explicit guards: a text is refused
before it can cost more than a bounded number of steps (length, nodes, depth).

It does not evaluate anything (`language_walk.py`) and knows neither diagrams, tables nor forms. Names with
spaces exist only as names of built-in functions; paths `a.b` start at a name; there are no loops, filters,
contexts, definitions of functions or attributes of objects.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from app.engine.language_token import Token, tokens_of
from app.engine.language_tree import (
    MAX_DEPTH,
    MAX_NODES,
    Against,
    Arithmetic,
    Between,
    Call,
    Choice,
    Compare,
    ExpressionRefused,
    Holds,
    Listing,
    Literal,
    Logic,
    Name,
    Negate,
    Node,
    Span,
    Tests,
    Within,
)

#: every function, by name, with its number of arguments; implemented in language_walk.py
ARITY = {
    "not": 1, "string length": 1, "upper case": 1, "lower case": 1, "contains": 2, "starts with": 2,
    "ends with": 2, "number": 1, "count": 1, "min": 1, "max": 1, "sum": 1, "abs": 1, "round": 2, "floor": 1,
    "ceiling": 1, "date": 1, "date and time": 1, "duration": 1, "list contains": 2, "today": 0, "now": 0,
}  # fmt: skip
_WORDS_IN_A_NAME = 3
_CONSTANTS = {"true": True, "false": False, "null": None}
_KEYWORDS = {"true", "false", "null", "if", "then", "else", "and", "or", "not", "in", "between"}
_COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
_ORDERINGS = ("<", "<=", ">", ">=")


class Parser:
    """One parse of one text. `names` are the root names met, `calls` the calls with their positions."""

    def __init__(self, text: str, is_cell: bool = False) -> None:
        self._tokens = tokens_of(text)
        self._index = 0
        self._depth = 0
        self._nodes = 0
        self._is_cell = is_cell
        self._inputs = 0
        self.names: set[str] = set()
        self.calls: list[tuple[Call, int]] = []

    def whole(self) -> Node:
        """The text as one expression."""
        if self._now.kind == "end":
            raise ExpressionRefused("Biểu thức trống.")
        node = self._expression()
        self._expect_end()
        return node

    def cell(self) -> Tests:
        """The text as a decision cell: `-`, tests separated by commas, or `not(...)` around them."""
        if self._now.kind == "end" or self._is_sign("-") and self._following(1).kind == "end":
            return Tests(())
        if self._is_name("not") and self._following(1).value == "(":
            self._index += 2
            items = self._tests(self._expression)
            self._expect(")")
            self._expect_end()
            return Tests(items, is_negated=True)
        items = self._tests(self._expression)
        self._expect_end()
        return Tests(items)

    # -- tokens

    @property
    def _now(self) -> Token:
        return self._tokens[self._index]

    def _following(self, count: int) -> Token:
        return self._tokens[min(self._index + count, len(self._tokens) - 1)]

    def _is_sign(self, *signs: str) -> bool:
        return self._now.kind == "sign" and self._now.value in signs

    def _is_name(self, word: str) -> bool:
        return self._now.kind == "name" and self._now.value == word

    def _take(self) -> Token:
        token = self._now
        self._index += 1
        return token

    def _refuse(self, wanted: str) -> ExpressionRefused:
        return ExpressionRefused(f"Chỗ này cần {wanted}, nhưng gặp {self._now}.", self._now.position)

    def _expect(self, value: str) -> None:
        if self._now.kind not in ("sign", "name") or self._now.value != value:
            raise self._refuse(f"“{value}”")
        self._index += 1

    def _expect_end(self) -> None:
        if self._now.kind != "end":
            raise self._refuse("hết biểu thức hoặc một phép toán")

    # -- guards

    def _made(self, node: Node) -> Node:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise ExpressionRefused(f"Biểu thức có quá {MAX_NODES} phần tử.", self._now.position)
        return node

    def _enter(self) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ExpressionRefused(f"Biểu thức lồng nhau quá {MAX_DEPTH} tầng.", self._now.position)

    # -- grammar, from the loosest binding to the tightest

    def _expression(self) -> Node:
        self._enter()
        node = self._choice() if self._is_name("if") else self._either()
        self._depth -= 1
        return node

    def _choice(self) -> Node:
        self._take()
        condition = self._expression()
        self._expect("then")
        then = self._expression()
        self._expect("else")
        return self._made(Choice(condition, then, self._expression()))

    def _either(self) -> Node:
        return self._logic("or", self._both)

    def _both(self) -> Node:
        return self._logic("and", self._comparison)

    def _logic(self, word: str, part: Callable[[], Node]) -> Node:
        items = [part()]
        while self._is_name(word):
            self._take()
            items.append(part())
        return items[0] if len(items) == 1 else self._made(Logic(word, tuple(items)))

    def _comparison(self) -> Node:
        left = self._sum()
        if self._is_sign(*_COMPARISONS):
            sign = self._take().value
            return self._made(Compare(sign, left, self._sum()))
        if self._is_name("between"):
            self._take()
            low = self._sum()
            self._expect("and")
            return self._made(Between(left, low, self._sum()))
        if self._is_name("in"):
            self._take()
            return self._made(Within(left, self._in_tests()))
        return left

    def _in_tests(self) -> tuple[Node, ...]:
        if not self._is_sign("("):
            return (self._test(self._sum),)
        self._enter()
        self._take()
        items = self._tests(self._expression)
        if len(items) == 1 and self._is_sign(".."):
            items = (self._span(items[0], has_low=False),)
        else:
            self._expect(")")
        self._depth -= 1
        return items

    def _tests(self, part: Callable[[], Node]) -> tuple[Node, ...]:
        items = [self._test(part)]
        while self._is_sign(","):
            self._take()
            items.append(self._test(part))
        return tuple(items)

    def _test(self, part: Callable[[], Node]) -> Node:
        if self._is_sign(*_ORDERINGS):
            sign = self._take().value
            return self._made(Against(sign, self._sum()))
        inputs = self._inputs
        node = part()
        return node if self._inputs == inputs else self._made(Holds(node))

    def _sum(self) -> Node:
        return self._arithmetic("+-", self._product)

    def _product(self) -> Node:
        return self._arithmetic("*/", self._signed)

    def _arithmetic(self, signs: str, part: Callable[[], Node]) -> Node:
        first, met, rest = part(), [], []
        while self._now.kind == "sign" and self._now.value in signs:
            met.append(self._take().value)
            rest.append(part())
        return self._made(Arithmetic(first, tuple(met), tuple(rest))) if rest else first

    def _signed(self) -> Node:
        if not self._is_sign("-"):
            return self._primary()
        self._enter()
        self._take()
        item = self._signed()
        self._depth -= 1
        is_number = isinstance(item, Literal) and type(item.value) in (int, Decimal)
        return Literal(-item.value) if is_number else self._made(Negate(item))

    def _primary(self) -> Node:
        token = self._now
        if token.kind in ("number", "text"):
            self._take()
            return self._made(Literal(token.value))
        if token.kind == "name":
            return self._named()
        if self._is_sign("(", "[", "]"):
            return self._bracketed()
        if self._is_sign("?") and self._is_cell:
            self._take()
            self._inputs += 1
            return self._made(Name("?"))
        raise self._refuse("một giá trị")

    def _bracketed(self) -> Node:
        opening = self._take().value
        if opening == "[" and self._is_sign("]"):
            self._take()
            return self._made(Listing(()))
        first = self._expression()
        if self._is_sign("..") or opening == "]":
            return self._span(first, has_low=opening == "[")
        if opening == "(":
            self._expect(")")
            return first
        items = [first]
        while self._is_sign(","):
            self._take()
            items.append(self._expression())
        self._expect("]")
        return self._made(Listing(tuple(items)))

    def _span(self, low: Node, has_low: bool) -> Node:
        self._expect("..")
        high = self._expression()
        if not self._is_sign("]", ")", "["):
            raise self._refuse("“]” hoặc “)” đóng khoảng")
        return self._made(Span(low, high, has_low, self._take().value == "]"))

    def _named(self) -> Node:
        token = self._now
        if token.value in _CONSTANTS:
            self._take()
            return self._made(Literal(_CONSTANTS[token.value]))
        if count := self._words_of_call():
            return self._call(count)
        if self._following(1).value == "(" and self._following(1).kind == "sign":
            raise ExpressionRefused(f"Không có hàm {token}.", token.position)
        if token.value in _KEYWORDS:
            raise self._refuse("một giá trị")
        self._take()
        path = []
        while self._is_sign("."):
            self._take()
            if self._now.kind != "name":
                raise self._refuse("tên sau dấu chấm")
            path.append(self._take().value)
        self.names.add(token.value)
        return self._made(Name(token.value, tuple(path)))

    def _words_of_call(self) -> int:
        """How many of the coming words name a function, 0 when they do not."""
        for count in range(_WORDS_IN_A_NAME, 0, -1):
            words = [self._following(number) for number in range(count)]
            opening = self._following(count)
            is_call = opening.kind == "sign" and opening.value == "("
            if is_call and " ".join(str(word.value) for word in words) in ARITY:
                return count
        return 0

    def _call(self, count: int) -> Node:
        start = self._now.position
        function = " ".join(self._take().value for _ in range(count))
        self._take()
        arguments: list[Node] = []
        while not self._is_sign(")"):
            if arguments:
                self._expect(",")
            arguments.append(self._expression())
        self._take()
        if len(arguments) != ARITY[function]:
            raise ExpressionRefused(f"Hàm “{function}” cần {ARITY[function]} tham số.", start)
        call = Call(function, tuple(arguments))
        self.calls.append((call, start))
        return self._made(call)
