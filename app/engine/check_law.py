"""What the elements of a drawing do to the milestones of its document, and which way a choice may take.

Two readings of one drawing. `Law` looks at no values: every way out of a choice is possible and every step reaches
what it is there for. `Decided` (check_value.py) follows what people decide as well. The obligations are those that
guard the steps at run time (obligation.py).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from app.engine import obligation, template
from app.engine.check_graph import Graph
from app.engine.dialect import Element, Flow
from app.engine.obligation import Obligation
from app.engine.template import Template

#: ways out of an inclusive gateway, above which there are too many combinations
MAX_WAYS = 6


class TooWide(Exception):
    """The drawing has more states than are looked at."""

    def __init__(self, element: str = "") -> None:
        super().__init__(element)
        self.element = element


@dataclass(frozen=True)
class Broken:
    """An obligation that does not hold at an element: `kind` is needs, bars, once, only or owed."""

    element: str
    rule: Obligation
    kind: str
    name: str


@dataclass
class Bits:
    """Milestones as bits, so that a state is small."""

    names: list[str] = field(default_factory=list)

    def of(self, names: Iterable[str]) -> int:
        """The bits of some names."""
        found = 0
        for name in names:
            if name not in self.names:
                self.names.append(name)
            found |= 1 << self.names.index(name)
        return found

    def shown(self, bits: int) -> set[str]:
        """The names of some bits."""
        return {name for place, name in enumerate(self.names) if bits >> place & 1}


def called(element: Element) -> str:
    """The name under which the obligations know an element; "" for what is no task."""
    if element.kind == "user":
        return f"task:{element.form_key}" if element.form_key else ""
    return element.step or "" if element.kind == "script" else ""


def literals(element: Element) -> dict[str, Any]:
    """The arguments of a call that are written in it, not names of data."""
    return {name: value for name, value in (element.arguments or {}).items() if not isinstance(value, dict)}


class Law:
    """The obligations of one drawing, no values looked at; colours are not used."""

    def __init__(self, graph: Graph, form: str, direction: str, templates: dict[str, Template]) -> None:
        self.graph, self.form, self.direction = graph, form, direction
        self.bits = Bits()
        self.rules: dict[str, list[Obligation]] = {}
        for node in graph.nodes.values():
            found = obligation.about(obligation.of(called(node.element), form, direction), literals(node.element))
            if found:
                self.rules[node.id] = found
        self.ends = [rule for rule in obligation.table() if rule.owes and rule.form in ("", form)
                     and rule.direction in ("", direction)]
        self.slow = {node.id for node in graph.nodes.values() if node.element.kind == "script"
                     and (found := templates.get(f"qlvb.{node.element.step}")) and found.is_slow}
        self._required: dict[tuple[str, int], tuple[Broken, ...]] = {}
        self._done: dict[tuple[str, int], int] = {}

    def matters(self, node: str) -> bool:
        """Does doing it change anything that is followed here?"""
        return node in self.rules

    def required(self, node: str, standing: int, colour: int) -> tuple[Broken, ...]:
        """What is broken when the node is done now."""
        key = node, standing
        if key not in self._required:
            found = obligation.broken(self.rules.get(node, ()), self.bits.shown(standing))
            self._required[key] = tuple(Broken(node, rule, kind, name) for rule, kind, name in found)
        return self._required[key]

    def done(self, node: str, standing: int, colour: int) -> list[tuple[int, int]]:
        """(milestones, colour) after the node is done; one for each thing that may come of it."""
        key = node, standing
        if key not in self._done:
            sets, undone = obligation.reached(self.rules.get(node, ()), None)
            self._done[key] = standing & ~self.bits.of(undone) | self.bits.of(sets)
        return [(self._done[key], colour)]

    def is_told(self, node: str, standing: int) -> bool:
        """May the message come for which an event waits?"""
        needs = template.comes_after(self.graph.nodes[node].element.message or "")
        return not self.bits.of(needs) & ~standing

    def owed(self, standing: int) -> list[Obligation]:
        """What forbids the end."""
        return list(obligation.owed(self.ends, self.bits.shown(standing)))

    def one_way(self, gate: str, colour: int) -> list[Flow]:
        """The ways out that an exclusive gateway may take."""
        return self.graph.out(gate)

    def some_ways(self, gate: str, colour: int) -> list[list[Flow]]:
        """The ways out that an inclusive gateway may take together."""
        flows = self.graph.out(gate)
        if len(flows) == 1:
            return [flows]
        asked = [flow for flow in flows if flow.id != self.graph.nodes[gate].default]
        if len(asked) > MAX_WAYS:
            raise TooWide(gate)
        found = [list(some) for count in range(1, len(asked) + 1) for some in combinations(asked, count)]
        return found + [[flow] for flow in flows if flow.id == self.graph.nodes[gate].default]

    def at(self, node: str, colour: int, way: str = "") -> int:
        """The colour of a token that waits there (on its way into a join): what is asked later."""
        return colour

    def heard(self, node: str, colour: int) -> list[int]:
        """Colours after a message has come."""
        return [colour]

    def joined(self, join: str, colours: list[tuple[str, int]]) -> list[int]:
        """Colours after tokens (way in, colour) have come together."""
        return [colours[0][1]]

    def begins(self) -> list[int]:
        """Colours with which an instance may start."""
        return [0]
