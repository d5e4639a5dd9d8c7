"""A drawing as places where tokens wait and the moves that take them on: what `check_space.py` explores.

What passes without waiting (gateways, links, ends) is passed when a token arrives; plain tasks in a row are one
place. The moves are those of the engine (spiff_spec.py): joins, boundary events, subprocesses, terminate, tasks for
each value of a list. It keeps no states and judges nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from app.engine.check_graph import TASKS, Graph
from app.engine.check_law import Law, TooWide
from app.engine.dialect import Flow

#: ways in which one token may go on at once
MAX_OUTCOMES = 1000
#: gateways and events passed without waiting
MAX_PASSED = 100
#: plain tasks in a row that are seen as one
LONGEST_ROW = 20
COLOURS = 1 << 16

#: tokens produced, elements passed
Outcome = tuple[tuple[int, ...], tuple[str, ...]]
State = tuple[tuple[int, ...], int]


@dataclass(frozen=True)
class Place:
    """Where a token can wait: `kind` is task, act (a step that has started), edge (a boundary event), catch, events
    (an event gateway), way (into a join), inner (the end of a subprocess), done (one that waits for others there),
    or terminate."""

    kind: str
    node: str
    #: the flow, for a way into a join
    flow: str = ""


class Net:
    """One drawing under one reading of it; `work`: how much may be copied and looked at."""

    def __init__(self, graph: Graph, law: Law, work: int) -> None:
        self.graph, self.law, self.work_left = graph, law, work
        self.places: list[Place] = []
        self.numbers: dict[Place, int] = {}
        self._has_inclusive = any(n.tag == "inclusiveGateway" and graph.is_join(n.id) for n in graph.nodes.values())
        self._arrivals: dict[tuple[str, str, int], list[Outcome]] = {}
        self._completed: dict[tuple[str, int, int], list[tuple[int, Outcome]]] = {}
        self._before: dict[str, frozenset[str]] = {}
        self._depth = 0
        #: elements that are passed on ways that are not kept
        self.passed: set[str] = set()
        self._rows = self._in_rows()
        self._quick = frozenset(node.id for node in graph.nodes.values()
                                if node.element.kind in ("script", "rule") and node.id not in law.slow)
        self._at_once = graph.at_once(self._quick)

    def is_refused(self, number: int, name: str, standing: int, colour: int) -> bool:
        """Told that an element would be done in a state: may it not?"""
        return False

    def _spend(self, work: int) -> None:
        self.work_left -= work
        if self.work_left < 0:
            raise TooWide()

    # -- places and tokens
    def token(self, place: Place, colour: int) -> int:
        """A token at a place, as a number."""
        if place not in self.numbers:
            self.numbers[place] = len(self.places)
            self.places.append(place)
        return self.numbers[place] * COLOURS + self.law.at(place.node, colour, place.flow)

    def _is_urgent(self, token: int) -> bool:
        """What happens before anything else can: ends, quick steps of the act of a message, and of a reminder."""
        place = self.places[token // COLOURS]
        if place.kind != "task":
            return place.kind in ("inner", "terminate")
        return place.node in self._at_once or (
            place.node in self._quick and place.node not in self.graph.main and not self.law.matters(place.node))

    # -- arriving
    def _onward(self, node: str, colour: int) -> list[Outcome]:
        """Where a token goes that leaves a node with one way out."""
        flow = self.graph.out(node)[0]
        return self.arrive(flow.target, flow.id, colour)

    def arrive(self, node: str, flow: str, colour: int) -> list[Outcome]:
        """The ways in which a token that comes to a node goes on until it must wait."""
        key = node, flow if self.graph.is_join(node) else "", colour
        if key not in self._arrivals:
            self._arrivals[key] = []  # a loop in which nothing waits leads nowhere
            self._depth += 1
            if self._depth > MAX_PASSED:
                raise TooWide(node)
            found = self._arrive(node, flow, colour)
            self._depth -= 1
            found = self._different(found)
            if len(found) > MAX_OUTCOMES:
                raise TooWide(node)
            self._spend(sum(1 + len(via) for _, via in found))
            self._arrivals[key] = found
        return self._arrivals[key]

    def _different(self, found: list[Outcome]) -> list[Outcome]:
        """One way of those that lead to the same places and ends; of the others it is kept that they are passed."""
        kept: dict[tuple[tuple[int, ...], tuple[str, ...]], Outcome] = {}
        for made, via in found:
            ends = tuple(name for name in via if self.graph.nodes[name].tag == "endEvent")
            if kept.setdefault((made, ends), (made, via)) != (made, via):
                self.passed.update(via)
        return list(kept.values())

    def _arrive(self, name: str, flow: str, colour: int) -> list[Outcome]:
        node = self.graph.nodes[name]
        if self.graph.is_join(name):
            return [((self.token(Place("way", name, flow), colour),), ())]
        if node.tag == "endEvent":
            if node.is_terminate or node.scope in self.graph.nodes:
                return [((self.token(Place("terminate" if node.is_terminate else "inner", name), colour),), (name,))]
            return [((), (name,))]
        if node.tag == "subProcess":
            start = self.graph.starts[name]
            return [(made, (name, start.id, *via)) for made, via in self._onward(start.id, colour)]
        if node.element.kind == "gateway":
            return self._gate(name, colour)
        if node.element.kind in TASKS:
            return self._task_arrives(name, colour)
        if node.element.kind == "catch":
            return [((self.token(Place("catch", name), colour),), ())]
        return [(made, (name, *via)) for made, via in self._onward(name, colour)]

    def _gate(self, name: str, colour: int) -> list[Outcome]:
        node = self.graph.nodes[name]
        if node.tag == "eventBasedGateway":
            return [((self.token(Place("events", name), colour),), (name,))]
        if node.tag == "exclusiveGateway":
            return [(made, (name, *via)) for flow in self.law.one_way(name, colour)
                    for made, via in self.arrive(flow.target, flow.id, colour)]
        if node.tag == "parallelGateway":
            return self._together(name, self.graph.out(name), colour)
        return [outcome for flows in self.law.some_ways(name, colour)
                for outcome in self._together(name, flows, colour)]

    def _together(self, name: str, flows: list[Flow], colour: int) -> list[Outcome]:
        found: list[Outcome] = [((), (name,))]
        for flow in flows:
            nexts = self.arrive(flow.target, flow.id, colour)
            if len(found) * len(nexts) > MAX_OUTCOMES:
                raise TooWide(name)
            found = [(made + more, via + passed) for (made, via), (more, passed) in product(found, nexts)]
        return found

    def _task_arrives(self, name: str, colour: int) -> list[Outcome]:
        node = self.graph.nodes[name]
        if name in self._rows:
            return [(made, (name, *via)) for made, via in self._onward(name, colour)]
        if node.element.kind == "user":
            return [(self._open(name, colour), ())]
        return [((self.token(Place("task", name), colour),), ())]

    def _open(self, name: str, colour: int) -> tuple[int, ...]:
        """A task that waits, with the events at its boundary."""
        edges = [self.token(Place("edge", edge.id), colour) for edge in self.graph.boundaries(name)]
        return (self.token(Place("act" if edges else "task", name), colour), *edges)

    def _in_rows(self) -> frozenset[str]:
        """Tasks that may be seen as one with the task behind them: nothing but their places tells them apart."""
        plain = {node.id for node in self.graph.nodes.values() if self._is_plain(node.id)}
        behind = {name: self.graph.out(name)[0].target for name in plain}
        rows: dict[str, int] = {}
        for name in behind:
            row = []
            while name in behind and name not in rows and name not in row and len(row) < LONGEST_ROW:
                row.append(name)
                name = behind[name]
            for member in reversed(row):
                rows[member] = (rows.get(behind[member], 0) + 1) % LONGEST_ROW
        return frozenset(name for name, place in rows.items() if place)

    def _is_plain(self, name: str) -> bool:
        node = self.graph.nodes[name]
        if self._has_inclusive or node.element.kind not in TASKS or self.law.matters(name) or node.loop \
                or name not in self.graph.main or self.graph.boundaries(name):
            return False
        behind = self.graph.out(name)[0].target
        return behind != name and self.graph.nodes[behind].element.kind in TASKS

    # -- moving: (tokens that go, outcome, milestones)
    def _task(self, number: int, state: State, token: int, place: Place) -> Iterator[tuple[set[int], Outcome, int]]:
        name, (_, standing) = place.node, state
        if self.is_refused(number, name, standing, token % COLOURS):
            return
        if name in self.law.slow and (self.law.matters(name) or self.graph.boundaries(name)):
            yield {token}, (self.started(name, token % COLOURS), ()), standing
            return
        for after, outcome in self._completions(name, standing, token % COLOURS):
            yield {token}, outcome, after

    def started(self, name: str, colour: int) -> tuple[int, ...]:
        """A slow step that has been asked for, with the events at its boundary."""
        edges = [self.token(Place("edge", edge.id), colour) for edge in self.graph.boundaries(name)]
        return (self.token(Place("act", name), colour), *edges)

    def _act(self, number: int, state: State, token: int, place: Place) -> Iterator[tuple[set[int], Outcome, int]]:
        name, (tokens, standing) = place.node, state
        if self.is_refused(number, name, standing, token % COLOURS):
            return
        gone = {token, *self._edges_of(name, tokens)}
        for after, outcome in self._completions(name, standing, token % COLOURS):
            yield gone, outcome, after

    def _completions(self, name: str, standing: int, colour: int) -> list[tuple[int, Outcome]]:
        """All that may come of it, whatever else waits beside it."""
        key = name, standing, colour
        if key not in self._completed:
            self._completed[key] = list(self._complete(*key))
        return self._completed[key]

    def _complete(self, name: str, standing: int, colour: int) -> Iterator[tuple[int, Outcome]]:
        is_each = self.graph.nodes[name].loop is not None and self.law.matters(name)
        for after, changed in self.law.done(name, standing, colour):
            for made, via in self._onward(name, changed):
                yield after, (made, (name, *via))
            if is_each and (after, changed) != (standing, colour):
                again = self._open(name, changed) if self.graph.nodes[name].element.kind == "user" else (
                    self.token(Place("task", name), changed),)
                yield after, (again, (name,))
        if is_each:
            for made, via in self._onward(name, colour):
                yield standing, (made, (name, *via))

    def _edges_of(self, host: str, tokens: tuple[int, ...]) -> set[int]:
        edges = {edge.id for edge in self.graph.boundaries(host)}
        self._spend(len(tokens) if edges else 1)
        return {token for token in tokens if edges and (found := self.places[token // COLOURS]).kind == "edge"
                and found.node in edges}

    def _edge(self, number: int, state: State, token: int, place: Place) -> Iterator[tuple[set[int], Outcome, int]]:
        tokens, standing = state
        self._spend(len(tokens))
        if not self.law.is_told(place.node, standing):
            return
        node, gone = self.graph.nodes[place.node], {token}
        host = node.attached_to or ""
        if node.is_interrupting:
            gone |= self._edges_of(host, tokens) | {
                other for other in tokens if self.places[other // COLOURS] == Place("act", host)}
        for colour in self.law.heard(place.node, token % COLOURS):
            for made, via in self._onward(place.node, colour):
                yield gone, (made, (place.node, *via)), standing

    def _catch(self, number: int, state: State, token: int, place: Place) -> Iterator[tuple[set[int], Outcome, int]]:
        for colour in self.law.heard(place.node, token % COLOURS) if self.law.is_told(place.node, state[1]) else ():
            for made, via in self._onward(place.node, colour):
                yield {token}, (made, (place.node, *via)), state[1]

    def _events(self, number: int, state: State, token: int, place: Place) -> Iterator[tuple[set[int], Outcome, int]]:
        for flow in self.graph.out(place.node):
            if not self.law.is_told(flow.target, state[1]):
                continue
            for colour in self.law.heard(flow.target, token % COLOURS):
                for made, via in self._onward(flow.target, colour):
                    yield {token}, (made, (flow.target, *via)), state[1]

    def _way(self, number: int, state: State, token: int, place: Place) -> Iterator[tuple[set[int], Outcome, int]]:
        tokens, standing = state
        name = place.node
        self._spend(len(tokens))
        come = {other for other in tokens if (found := self.places[other // COLOURS]).kind == "way"
                and found.node == name}
        if token != min(come):
            return
        if self.graph.nodes[name].tag == "parallelGateway":
            if len(come) < len(self.graph.coming(name)):
                return
        elif self._may_come(name, tokens, come):
            return
        ways = [(self.places[other // COLOURS].flow, other % COLOURS) for other in sorted(come)]
        for colour in self.law.joined(name, ways):
            for outcome in self._gate(name, colour):
                yield come, outcome, standing

    def _may_come(self, join: str, tokens: tuple[int, ...], come: set[int]) -> bool:
        """Can another token still come to an inclusive join?"""
        if join not in self._before:
            self._before[join] = self.graph.before(join)
        return any(token not in come and self.places[token // COLOURS].node in self._before[join]
                   for token in tokens)

    def _terminate(self, number: int, state: State, token: int,
                   place: Place) -> Iterator[tuple[set[int], Outcome, int]]:
        tokens, standing = state
        scope = self.graph.nodes[place.node].scope
        gone = {other for other in tokens if scope in self.graph.scope_of(self.places[other // COLOURS].node)}
        if scope not in self.graph.nodes:
            yield gone, ((), ()), standing
            return
        for outcome in self._onward(scope, token % COLOURS):
            yield gone, outcome, standing

    def _inner(self, number: int, state: State, token: int, place: Place) -> Iterator[tuple[set[int], Outcome, int]]:
        """A token has come to an end of a subprocess: the last one leaves it, another waits there."""
        tokens, standing = state
        scope = self.graph.nodes[place.node].scope
        inside = [other for other in tokens if other != token
                  and scope in self.graph.scope_of(self.places[other // COLOURS].node)]
        waiting = Place("done", place.node)
        if any(self.places[other // COLOURS].kind != "done" for other in inside):
            yield {token}, ((self.token(waiting, token % COLOURS),), ()), standing
            return
        colours = [("", other % COLOURS) for other in (*inside, token)]
        for colour in self.law.joined(scope, colours):
            for outcome in self._onward(scope, colour):
                yield {token, *inside}, outcome, standing

    def _done(self, number: int, state: State, token: int, place: Place) -> Iterator[tuple[set[int], Outcome, int]]:
        """It only waits for others."""
        return iter(())
