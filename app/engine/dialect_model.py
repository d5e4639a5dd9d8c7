"""The plain model of a drawing: elements, flows, scopes; and the one call of a script task.

What may stand in a drawing is `dialect.py`'s to say; nothing here reads XML or runs anything.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

MAX_CALL_CHARACTERS = 500
MAX_NUMBER = 10**15
DATA_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


@dataclass(frozen=True)
class Element:
    """What the rest of the product knows of one element of a diagram."""

    id: str
    label: str
    #: user, script, rule, catch, boundary, gateway, subprocess, start, event, end
    kind: str
    #: lane id without "_lane"
    role: str | None = None
    form_key: str | None = None
    #: settings as drawn: `=` and an expression of language.py, or a constant
    assignee: str | None = None
    unit: str | None = None
    due: str | None = None
    #: why the task exists, as written in the element's documentation
    why: str | None = None
    #: the step a script task calls; a rule calls "decide"
    step: str | None = None
    #: name -> literal, or {"name": name of instance data}
    arguments: dict[str, Any] | None = None
    template: str | None = None
    message: str | None = None


@dataclass(frozen=True)
class Loop:
    """Multi-instance: once per value of the list `collection`, which is at hand as `variable`."""

    collection: str
    variable: str
    is_sequential: bool


@dataclass(frozen=True)
class Node:
    """An element with what only the engine needs."""

    element: Element
    tag: str
    scope: str
    default: str | None = None
    attached_to: str | None = None
    is_interrupting: bool = True
    is_terminate: bool = False
    duration: timedelta | None = None
    moment: datetime | None = None
    link: str | None = None
    loop: Loop | None = None

    @property
    def id(self) -> str:
        """The element's id in the drawing."""
        return self.element.id


@dataclass(frozen=True)
class Flow:
    """A sequence flow; `condition` is an expression of language.py."""

    id: str
    source: str
    target: str
    condition: str | None = None


@dataclass(frozen=True)
class Scope:
    """The process or one subprocess: its nodes, its flows in the order of the file."""

    id: str
    nodes: dict[str, Node]
    flows: tuple[Flow, ...]

    def leaving(self, node: str) -> list[Flow]:
        """Flows out of a node, in order."""
        return self._out.get(node, [])

    def entering(self, node: str) -> list[Flow]:
        """Flows into a node, in order."""
        return self._in.get(node, [])

    def boundaries(self, node: str) -> list[Node]:
        """The events on the boundary of a node, in order."""
        return self._edges.get(node, [])

    def beside(self) -> frozenset[str]:
        """What is waited for beside the work all the time: gateways and events before which no work lies."""
        ahead, found = [node.id for node in self.nodes.values() if node.element.kind == "start"], set()
        while ahead:
            for flow in self.leaving(ahead.pop()):
                if flow.target not in found and self.nodes[flow.target].element.kind in ("gateway", "catch"):
                    found.add(flow.target)
                    if self.nodes[flow.target].element.kind == "gateway":
                        ahead.append(flow.target)
        return frozenset(found)

    @cached_property
    def _out(self) -> dict[str, list[Flow]]:
        found: dict[str, list[Flow]] = {}
        for flow in self.flows:
            found.setdefault(flow.source, []).append(flow)
        return found

    @cached_property
    def _in(self) -> dict[str, list[Flow]]:
        found: dict[str, list[Flow]] = {}
        for flow in self.flows:
            found.setdefault(flow.target, []).append(flow)
        return found

    @cached_property
    def _edges(self) -> dict[str, list[Node]]:
        found: dict[str, list[Node]] = {}
        for node in self.nodes.values():
            if node.attached_to:
                found.setdefault(node.attached_to, []).append(node)
        return found


@dataclass(frozen=True)
class Drawing:
    """A diagram that the dialect accepts; `scopes[key]` is the process itself."""

    sha256: str
    key: str
    label: str
    scopes: dict[str, Scope]

    def nodes(self) -> Iterator[Node]:
        """All nodes of all scopes."""
        for scope in self.scopes.values():
            yield from scope.nodes.values()


def read_call(text: str) -> tuple[str, dict[str, Any]]:
    """`report_status(code="03", unit=unit_id)` -> the step's name and its arguments.

    An argument is a text, whole number, boolean or None, or {"name": data name}. Raises ValueError for all else.
    """
    if len(text) > MAX_CALL_CHARACTERS:
        raise ValueError("too long")
    try:
        call = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ValueError("not one call") from error
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.args:
        raise ValueError("not one call with named arguments")
    if not DATA_NAME.fullmatch(call.func.id):
        raise ValueError("not the name of a step")
    arguments: dict[str, Any] = {}
    for keyword in call.keywords:
        if keyword.arg is None or not DATA_NAME.fullmatch(keyword.arg) or keyword.arg in arguments:
            raise ValueError("arguments have names")
        arguments[keyword.arg] = _argument(keyword.value)
    return call.func.id, arguments


def arguments_of(drawn: dict[str, Any] | None, data: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a call, names replaced by their values; what is not there is None."""
    return {key: data.get(value["name"]) if isinstance(value, dict) else value
            for key, value in (drawn or {}).items()}


def _argument(node: ast.expr) -> Any:
    if isinstance(node, ast.Constant) and type(node.value) in (str, int, bool, type(None)):
        if type(node.value) is int and node.value > MAX_NUMBER:
            raise ValueError("a number has at most 15 digits")
        return node.value
    if isinstance(node, ast.Name) and DATA_NAME.fullmatch(node.id):
        return {"name": node.id}
    raise ValueError("an argument is a constant or a name")
