"""The expression language: the only evaluator of text from diagrams, tables and forms.

A subset of FEEL. A text is parsed once to a tree (`language_parse.py`), the tree is walked over plain copies
of the data (`language_walk.py`); both are bounded, so hostile text is refused when a diagram is saved and
cannot hurt when it runs. Conditions, settings (`=feel`), decision cells and `conditional.hide` all come
through here.

It does not run steps, change data, or read a clock: `today()` and `now()` are the time of the act.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from app.engine.language_parse import Parser
from app.engine.language_tree import MAX_TEXT, ExpressionRefused, Literal, Node, Tests
from app.engine.language_value import VIETNAM, ExpressionFailed, Months, Range
from app.engine.language_walk import Walk

__all__ = [
    "VIETNAM",
    "Expression",
    "ExpressionFailed",
    "ExpressionRefused",
    "Months",
    "UnaryTests",
    "parse",
    "parse_setting",
    "parse_unary",
]

_CACHED = 4096


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression: its text, its tree, and the root names it reads."""

    text: str
    tree: Node
    names: frozenset[str]

    def evaluate(self, data: dict, at: datetime | None = None) -> Any:
        """The value: str, bool, int, Decimal, date, datetime, timedelta, Months, list, dict or None.

        None is FEEL's null. `at` is the aware time of the act, needed by `today()` and `now()`.
        Raises ExpressionFailed.
        """
        value = Walk(data, at).run(self.tree)
        if type(value) is Range:
            raise ExpressionFailed("Khoảng chỉ dùng được sau “in” hoặc trong ô của bảng quyết định.")
        return value

    def holds(self, data: dict, at: datetime | None = None) -> bool:
        """Is the value exactly true? Null and other values are not. Raises ExpressionFailed."""
        return self.evaluate(data, at) is True


@dataclass(frozen=True, slots=True)
class UnaryTests:
    """A parsed decision cell; `names` are the root names it reads besides its input."""

    text: str
    tree: Tests
    names: frozenset[str]

    @property
    def is_any(self) -> bool:
        """Does every value pass (`-` or empty)?"""
        return not self.tree.items

    def matches(self, value: Any, data: dict, at: datetime | None = None) -> bool:
        """Does `value` pass? Null passes only `-`, `null` and `not("...")`. Raises ExpressionFailed."""
        return Walk(data, at, value).passes(self.tree)


def parse(text: str) -> Expression:
    """Read one expression. Raises ExpressionRefused with a Vietnamese sentence and a position."""
    _check_size(text)
    return _parsed(text)


def parse_unary(text: str) -> UnaryTests:
    """Read one decision cell: `-`, `"a","b"`, `not("a")`, `[1..5]`, `< 10`. Raises ExpressionRefused."""
    _check_size(text)
    return _parsed_unary(text)


def parse_setting(text: str) -> Expression:
    """Read a setting: `=` and an expression, else a constant text. Raises ExpressionRefused."""
    _check_size(text)
    if not text.startswith("="):
        return Expression(text, Literal(text), frozenset())
    try:
        return parse(text[1:])
    except ExpressionRefused as refused:
        raise ExpressionRefused(refused.facts["message"], refused.facts["position"] + 1) from None


def _check_size(text: str) -> None:
    if not isinstance(text, str) or len(text) > MAX_TEXT:
        raise ExpressionRefused(f"Biểu thức phải là chuỗi không quá {MAX_TEXT} ký tự.")


@lru_cache(maxsize=_CACHED)
def _parsed(text: str) -> Expression:
    parser = Parser(text)
    tree = parser.whole()
    _check_constants(parser)
    return Expression(text, tree, frozenset(parser.names))


@lru_cache(maxsize=_CACHED)
def _parsed_unary(text: str) -> UnaryTests:
    parser = Parser(text, is_cell=True)
    tree = parser.cell()
    _check_constants(parser)
    return UnaryTests(text, tree, frozenset(parser.names))


def _check_constants(parser: Parser) -> None:
    """A call over literals must work: `date("2026-13-01")` is refused when saved, not when it runs."""
    for call, position in parser.calls:
        if call.arguments and all(isinstance(item, Literal) for item in call.arguments):
            try:
                Walk({}, None).run(call)
            except ExpressionFailed as failed:
                raise ExpressionRefused(failed.facts["message"], position) from None
