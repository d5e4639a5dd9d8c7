"""The expression language: its limits, its refusal, and the nodes of its tree.

Nodes are plain frozen data. Nothing here reads a text (`language_parse.py`) or computes a value
(`language_walk.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.refusal import Refusal

MAX_TEXT = 2000
MAX_NODES = 300
MAX_DEPTH = 24
MAX_NUMBER = 10**15
MAX_DIGITS = 34
MAX_NAME = 64


class ExpressionRefused(Refusal):
    """The text is not an expression of the language.

    `facts["message"]` is the Vietnamese sentence, `facts["position"]` the offset of the offending character.
    """

    code = "expression_refused"

    def __init__(self, sentence: str, position: int = 0) -> None:
        super().__init__(f"{sentence} (position {position})", position=position)
        self.facts["message"] = sentence


@dataclass(frozen=True, slots=True)
class Node:
    """A part of an expression; its children are nodes or tuples of nodes."""


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A number, a text, true, false or null."""

    value: Any


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A name of the data and the keys followed from it; root "?" is the input of a decision cell."""

    root: str
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing(Node):
    """`[a, b]`."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Span(Node):
    """A range: `[low..high]`, with round or turned brackets for an open end."""

    low: Node
    high: Node
    has_low: bool
    has_high: bool


@dataclass(frozen=True, slots=True)
class Negate(Node):
    """`-a`."""

    item: Node


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    """A chain of one precedence, from the left: `a + b - c` or `a * b / c`."""

    first: Node
    signs: tuple[str, ...]
    rest: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Logic(Node):
    """`a and b and c`, or the same with `or`."""

    word: str
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Compare(Node):
    """`a = b`, `!=`, `<`, `<=`, `>`, `>=`."""

    sign: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Between(Node):
    """`a between b and c`, ends included."""

    item: Node
    low: Node
    high: Node


@dataclass(frozen=True, slots=True)
class Within(Node):
    """`a in tests`."""

    item: Node
    tests: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Choice(Node):
    """`if a then b else c`."""

    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A built-in function with its arguments."""

    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Against(Node):
    """`< 10` in a list of tests: the tested value against the item."""

    sign: str
    item: Node


@dataclass(frozen=True, slots=True)
class Holds(Node):
    """A test that names its input as `?`: passed when it is true."""

    item: Node


@dataclass(frozen=True, slots=True)
class Tests(Node):
    """A decision cell; no items means that anything passes."""

    items: tuple[Node, ...]
    is_negated: bool = False
