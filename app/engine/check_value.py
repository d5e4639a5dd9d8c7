"""The same drawing, followed with what people decide: a choice goes where its conditions say.

Followed are texts and truth values that conditions ask (`decision`, `signature_ok`, fields of an agency's own forms);
a text with which nothing is compared stands for all of them. What cannot be listed (numbers, dates, lists) is not
followed: a condition that reads it may hold or not. A token carries only what is asked later on its way.
"""

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any

from app.engine import language, obligation
from app.engine.check_context import OTHER, Context
from app.engine.check_law import MAX_WAYS, Broken, Law, TooWide, literals
from app.engine.check_name import compared, texts
from app.engine.dialect import Flow, Node
from app.engine.language import ExpressionFailed
from app.engine.template import always

#: values of tokens in one drawing
MAX_COLOURS = 5000
#: names above which only those are followed that decide what a step reaches
MAX_FOLLOWED = 24
#: stands for a value that nobody asks any more
_DEAD = "\u0000"
#: stands for a value that the branch has written, at a join
_MERGED = "\u0001"

Colour = tuple[Any, ...]


class Decided(Law):
    """The obligations of one drawing, and what is decided on its way.

    `is_narrow`: follow only the names that decide what a step reaches, of a drawing that has too many states.
    """

    def __init__(self, context: Context, *, is_narrow: bool = False) -> None:
        super().__init__(context.graph, context.form, context.direction, context.templates)
        self.gives = {name: context.gives(node) for name, node in context.graph.nodes.items()}
        self.start = context.begins()
        self.asked = {name: set(_asked_at(self, node)) for name, node in context.graph.nodes.items()}
        self.names = sorted(self._followed())
        if is_narrow or len(self.names) > MAX_FOLLOWED:
            told = {name for rules in self.rules.values() for rule in rules for name, _ in (*rule.when, *rule.only)}
            self.names = [name for name in self.names if name in told]
        self.literals = self._literals()
        self.musts = {name: frozenset(self._must(context, node)) for name, node in context.graph.nodes.items()}
        self.live = self._live()
        self.merges = {name: self._merged(name) for name, node in context.graph.nodes.items()
                       if context.graph.is_join(name)}
        self._mattering: dict[str, bool] = {}
        self._colours: list[Colour] = []
        self._numbers: dict[Colour, int] = {}
        self._holding: dict[tuple[str, Colour], tuple[bool, ...]] = {}

    # -- what is followed
    def _followed(self) -> Iterator[str]:
        writers = [self.start, *self.gives.values()]
        for name in set().union(*self.asked.values()):
            given = [values[name] for values in writers if name in values]
            if given and all(values is not None for values in given):
                yield name

    def _literals(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {name: set() for name in self.names}
        for node in self.graph.nodes.values():
            for flow in self.graph.out(node.id):
                if flow.condition:
                    tree = language.parse(flow.condition)
                    pairs = {*compared(tree.tree), *product(tree.names, texts(tree.tree))}
                    for name, value in pairs:
                        if name in found:
                            found[name].add(value)
            for rule in self.rules.get(node.id, ()):
                for name, value in (*rule.when, *rule.only):
                    if name in found and isinstance(value, str):
                        found[name].add(value)
        return found

    def _must(self, context: Context, node: Node) -> Iterator[str]:
        """Names that the element writes whenever it is done."""
        known = context.template_of(node.element)
        if known is not None and known.name and node.element.kind == "user":
            yield from always(known.gives)
        if node.element.kind == "script" and known is not None and len(known.gives) == 1:
            yield from known.gives
        found = context.form_of(node.element) if node.element.kind == "user" and known and not known.name else None
        for part in getattr(found, "parts", ()):
            if (part.rules.get("required") or part.type == "checkbox") and not part.hides:
                yield part.key

    def _live(self) -> dict[str, frozenset[str]]:
        """Names that are asked at a node or behind it before they are written again."""
        followed = set(self.names)
        live: dict[str, frozenset[str]] = dict.fromkeys(self.graph.nodes, frozenset())
        before: dict[str, list[str]] = {name: [] for name in self.graph.nodes}
        for name in self.graph.nodes:
            for following in self.graph.after(name):
                before[following].append(name)
        ahead = list(self.graph.nodes)
        while ahead:
            name = ahead.pop()
            behind = frozenset().union(*(live[found] for found in self.graph.after(name)))
            found = frozenset((behind - self.musts[name] | self.asked[name] - self.musts[name]) & followed)
            if found != live[name]:
                live[name] = found
                ahead += before[name]
        return live

    def _merged(self, join: str) -> dict[str, dict[str, tuple[Any, ...]]]:
        """{way in: {name: values}} that only this way in may bring to a join."""
        ways = {flow.id: self.graph.behind(flow.source, join) for flow in self.graph.coming(join)}
        shared = frozenset.intersection(*ways.values())
        found: dict[str, dict[str, tuple[Any, ...]]] = {}
        for flow, nodes in ways.items():
            found[flow] = {}
            for node in nodes - shared:
                for name, given in self.gives[node].items():
                    if name in self.names and given:
                        found[flow][name] = (*found[flow].get(name, ()), *self._values(name, given))
        return found

    # -- colours
    def _number(self, colour: Colour) -> int:
        if colour not in self._numbers:
            if len(self._colours) >= MAX_COLOURS:
                raise TooWide()
            self._numbers[colour] = len(self._colours)
            self._colours.append(colour)
        return self._numbers[colour]

    def begins(self) -> list[int]:
        """One colour for each combination of what an instance may start with."""
        choices = [self._values(name, self.start.get(name) or (None,)) for name in self.names]
        return [self._number(values) for values in product(*choices)]

    def _values(self, name: str, given: Iterable[Any]) -> tuple[Any, ...]:
        """The values that make a difference."""
        known = self.literals[name]
        return tuple(dict.fromkeys(OTHER if isinstance(v, str) and v not in known else v for v in given))

    def at(self, node: str, colour: int, way: str = "") -> int:
        """Only what is asked later; at a join, of what only this branch writes, no more than that it wrote it."""
        live, merged = self.live[node], self.merges[node][way] if way else {}
        return self._number(tuple(
            _DEAD if name not in live else _MERGED if value in merged.get(name, ()) else value
            for name, value in zip(self.names, self._colours[colour], strict=True)))

    def matters(self, node: str) -> bool:
        """Does it reach a milestone, or write what is asked behind it?"""
        if node not in self._mattering:
            behind = frozenset().union(*(self.live[found] for found in self.graph.after(node)))
            self._mattering[node] = node in self.rules or any(name in behind for name in self.gives[node])
        return self._mattering[node]

    def done(self, node: str, standing: int, colour: int) -> list[tuple[int, int]]:
        """All that may come of it: each value it may give, or the old one where it need not give any."""
        found: dict[tuple[int, int], None] = {}
        for after in self._written(node, colour):
            for bits in self._reached(node, standing, after):
                found[bits, self._number(after)] = None
        return list(found)

    def required(self, node: str, standing: int, colour: int) -> tuple[Broken, ...]:
        """Also what the data forbid."""
        found = super().required(node, standing, colour)
        asking = [rule for rule in self.rules.get(node, ()) if rule.only]
        if not asking:
            return found
        known = {name: value for name, value in zip(self.names, self._colours[colour], strict=True)
                 if value not in (_DEAD, _MERGED)}
        return found + tuple(Broken(node, rule, kind, name) for rule, kind, name
                             in obligation.broken(asking, self.bits.shown(standing), known) if kind == "only")

    def heard(self, node: str, colour: int) -> list[int]:
        """A message may bring values."""
        return [self._number(after) for after in self._written(node, colour)]

    def _written(self, node: str, colour: int) -> Iterator[Colour]:
        before, given = self._colours[colour], self.gives[node]
        choices = []
        for name, value in zip(self.names, before, strict=True):
            if name not in given:
                choices.append((value,))
                continue
            values = self._values(name, given[name] or ())
            choices.append(values if name in self.musts[node] and values else tuple(dict.fromkeys((value, *values))))
        return product(*choices)

    def _reached(self, node: str, standing: int, colour: Colour) -> Iterator[int]:
        rules = self.rules.get(node, ())
        known = {**dict(zip(self.names, colour, strict=True)), **literals(self.graph.nodes[node].element)}
        asked = {name for rule in rules for name, _ in rule.when}
        for readings in ((known,) if asked <= known.keys() else (known, None)):
            sets, undone = obligation.reached(rules, readings)
            yield standing & ~self.bits.of(undone) | self.bits.of(sets)

    def joined(self, join: str, colours: list[tuple[str, int]]) -> list[int]:
        """What a branch has written may be the last; where none has, any of the values they came with."""
        choices = []
        for place, name in enumerate(self.names):
            values = [(way, self._colours[colour][place]) for way, colour in colours]
            written = [each for way, value in values if value == _MERGED for each in self.merges[join][way][name]]
            alive = dict.fromkeys(written or [value for _, value in values if value not in (_DEAD, _MERGED)])
            choices.append(tuple(alive) or (_DEAD,))
        return [self._number(values) for values in product(*choices)]

    # -- choices
    def one_way(self, gate: str, colour: int) -> list[Flow]:
        """In the order of the file: the first whose condition holds, else the default."""
        flows, default = self.graph.out(gate), self.graph.nodes[gate].default
        found = []
        for flow in flows:
            if flow.id == default or not flow.condition:
                continue
            holds = self._holds(flow.condition, self._colours[colour])
            found += [flow] if True in holds else []
            if False not in holds:
                return found
        return found + [flow for flow in flows if flow.id == default or not flow.condition]

    def some_ways(self, gate: str, colour: int) -> list[list[Flow]]:
        """All whose conditions hold; the default when none does."""
        flows, default = self.graph.out(gate), self.graph.nodes[gate].default
        asked = [flow for flow in flows if flow.id != default and flow.condition]
        if len(asked) > MAX_WAYS:
            raise TooWide(gate)
        either = [self._holds(flow.condition or "", self._colours[colour]) for flow in asked]
        found = []
        for answers in product(*either):
            taken = [flow for flow, holds in zip(asked, answers, strict=True) if holds]
            found.append(taken or [flow for flow in flows if flow not in asked])
        return found

    def _holds(self, condition: str, colour: Colour) -> tuple[bool, ...]:
        """Whether it may hold, and may not."""
        expression = language.parse(condition)
        data = {name: value for name, value in zip(self.names, colour, strict=True) if name in expression.names}
        if not expression.names <= data.keys() or _DEAD in data.values():
            return (True, False)
        key = condition, tuple(data.values())
        if key not in self._holding:
            try:
                self._holding[key] = (expression.holds(data, None),)
            except ExpressionFailed:
                self._holding[key] = (True, False)
        return self._holding[key]


def _asked_at(law: Decided, node: Node) -> Iterator[str]:
    """Names that the choices of a gateway, or the obligations of a task, read."""
    if node.element.kind == "gateway":
        for flow in law.graph.out(node.id):
            if flow.condition:
                yield from language.parse(flow.condition).names
    given = node.element.arguments or {}
    for rule in law.rules.get(node.id, ()):
        yield from (name for name, _ in (*rule.when, *rule.only) if name not in given)
