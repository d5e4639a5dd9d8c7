"""Everything that an instance of a drawing can come to: an explicit-state explorer (security.md S4, S5).

A state is where the tokens are, what colour each has (the data that later choices ask), and which milestones stand.
Starting and completing a slow step are two moves, so an interrupting event leaves it started but not done; a
boundary event fires at most once; an inclusive join waits while another token can still come; a multi-instance task
is done no time, once or again. Found: deadlock, a step run twice for want of a join, no way to an end, elements that
never run, obligations broken or owed, each with the shortest way to it.

It stops by counting states and moves, never by a clock. It reads no drawing and words nothing (check_words.py).
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from app.engine.check_graph import Graph
from app.engine.check_law import Broken, Law, TooWide
from app.engine.check_net import COLOURS, Net, Outcome, Place, State

#: states of one drawing; eight tasks side by side have some 6,600
MAX_STATES = 20_000
#: tokens copied while looking: bounds the time whatever the drawing is
MAX_WORK = 900_000
#: what is still looked at when a step can run twice: the states multiply, and most of what is found comes of it
WORK_AFTER = 250_000
@dataclass
class Space:
    """What was found. Paths are element ids from the start."""

    states: int = 0
    broken: dict[Broken, tuple[str, ...]] = field(default_factory=dict)
    #: (what is owed, element at which it ended)
    owed: dict[Broken, tuple[str, ...]] = field(default_factory=dict)
    deadlocks: dict[str, tuple[str, ...]] = field(default_factory=dict)
    #: events that wait for a message which cannot come
    unheard: dict[str, tuple[str, ...]] = field(default_factory=dict)
    twice: dict[str, tuple[str, ...]] = field(default_factory=dict)
    livelock: tuple[str, tuple[str, ...]] | None = None
    #: ends reached while other tokens were on their way
    early_ends: dict[str, tuple[str, ...]] = field(default_factory=dict)
    executed: set[str] = field(default_factory=set)
    #: the element at which looking stopped; None: everything was looked at
    too_wide: str | None = None

    @property
    def is_whole(self) -> bool:
        """Was everything looked at?"""
        return self.too_wide is None


class Explorer(Net):
    """Walks one drawing under one reading of it."""

    def __init__(self, graph: Graph, law: Law, *, states: int = MAX_STATES, work: int = MAX_WORK) -> None:
        super().__init__(graph, law, work)
        self.found, self.max_states = Space(), states
        self._ids: dict[State, int] = {}
        self._came: list[tuple[int, tuple[str, ...]]] = []
        self._back: list[list[int]] = []
        self._fine: list[int] = []
        self._moves = 0
        self._ends = {n.id for n in graph.nodes.values() if n.tag == "endEvent" and not n.is_terminate
                      and n.id in graph.main and n.scope == graph.drawing.key}
        self._queue: deque[tuple[int, State]] = deque()

    # -- exploring
    def explore(self, first: list[tuple[tuple[int, ...], tuple[str, ...], int]] | None = None) -> Space:
        """Look at everything; `first`: (tokens, elements passed, milestones) to begin with, else the start event."""
        try:
            for tokens, via, standing in first if first is not None else self._starts():
                self._reach(None, (), tokens, via, standing)
            while self._queue:
                number, state = self._queue.popleft()
                self._expand(number, state)
        except TooWide as wide:
            self.found.too_wide = wide.element or (self.places[state[0][0] // COLOURS].node if self._ids else "")
        self.found.states = len(self._ids)
        self.found.executed |= self.passed
        if self.found.is_whole:
            self._no_way_out()
        self._straighten()
        return self.found

    def _straighten(self) -> None:
        """Of each path only what leads to its element: steps of branches beside it come between them."""
        found, way = self.found, self.graph.way
        found.broken, found.owed = ({broken: way(path) for broken, path in paths.items()}
                                    for paths in (found.broken, found.owed))
        found.deadlocks, found.unheard, found.twice = (
            {element: way(path if path[-1:] == (element,) else (*path, element)) for element, path in paths.items()}
            for paths in (found.deadlocks, found.unheard, found.twice))
        found.early_ends = {element: way(path[:len(path) - path[::-1].index(element)])
                            for element, path in found.early_ends.items()}
        if found.livelock:
            element, path = found.livelock
            found.livelock = element, way(path if path[-1:] == (element,) else (*path, element))

    def _starts(self) -> Iterator[tuple[tuple[int, ...], tuple[str, ...], int]]:
        start = self.graph.starts[self.graph.drawing.key]
        for colour in self.law.begins():
            for tokens, via in self._onward(start.id, colour):
                yield tokens, (start.id, *via), 0

    def _expand(self, number: int, state: State) -> None:
        tokens, standing = state
        before = self._moves
        if not tokens:
            self._end(number, standing)
            return
        urgent = [token for token in tokens if self._is_urgent(token)]
        for token in urgent[:1] or tokens:
            place = self.places[token // COLOURS]
            for gone, outcome, after in getattr(self, f"_{place.kind}")(number, state, token, place):
                self._go(number, tokens, gone, outcome, after)
        if self._moves == before:
            self._stuck(number, [self.places[token // COLOURS] for token in tokens])

    def _stuck(self, number: int, places: list[Place]) -> None:
        """Nothing can go on: an event waits for what cannot come, else a join."""
        found = {place.kind: place.node for place in places}
        if "catch" in found or "events" in found:
            self._note(self.found.unheard, found.get("catch") or found["events"], number, ())
        else:
            self._note(self.found.deadlocks, found.get("way") or places[0].node, number, ())
        self._fine.append(number)

    def _go(self, number: int, tokens: tuple[int, ...], gone: set[int], outcome: Outcome, standing: int) -> None:
        self._moves += 1
        made, via = outcome
        left = [token for token in tokens if token not in gone]
        self._reach(number, tuple(left), made, via, standing)

    def _reach(self, number: int | None, left: tuple[int, ...], made: tuple[int, ...], via: tuple[str, ...],
               standing: int) -> None:
        self._spend(8 + len(left) + 2 * len(made))
        self.found.executed.update(via)
        occupied = {token // COLOURS for token in left}
        for token in made:
            place = token // COLOURS
            if place in occupied and self.places[place].kind != "done":
                self._note(self.found.twice, self.places[place].node, number, via)
                self.work_left = min(self.work_left, WORK_AFTER)
                self._fine += [number] if number is not None else []
                return
            occupied.add(place)
        if self._ends.intersection(via) and any(self._is_main(token) for token in (*left, *made)):
            self._note(self.found.early_ends, next(iter(self._ends.intersection(via))), number, via)
        state = tuple(sorted({*left, *made})), standing
        known = self._ids.get(state)
        if known is None:
            known = self._ids[state] = len(self._ids)
            if known >= self.max_states:
                raise TooWide()
            self._came.append((-1 if number is None else number, via))
            self._back.append([])
            self._queue.append((known, state))
        if number is not None:
            self._back[known].append(number)

    def _note(self, found: dict[str, tuple[str, ...]], element: str, number: int | None, via: tuple[str, ...]) -> None:
        if element not in found:
            found[element] = (*(self.path(number) if number is not None else ()), *via)

    def _is_main(self, token: int) -> bool:
        place = self.places[token // COLOURS]
        return place.kind != "edge" and place.node in self.graph.main

    def _end(self, number: int, standing: int) -> None:
        self._fine.append(number)
        owed = self.law.owed(standing)
        path = self.path(number) if owed else ()
        for rule in owed:
            self.found.owed.setdefault(Broken(path[-1] if path else "", rule, "owed", rule.sets), path)

    def path(self, number: int) -> tuple[str, ...]:
        """The elements passed on the shortest way to a state."""
        parts: list[tuple[str, ...]] = []
        while number >= 0:
            number, via = self._came[number]
            parts.append(via)
        return tuple(element for via in reversed(parts) for element in via)

    def _no_way_out(self) -> None:
        fine, ahead = set(), list(self._fine)
        while ahead:
            number = ahead.pop()
            if number not in fine:
                fine.add(number)
                ahead += self._back[number]
        lost = next((number for number in range(len(self._ids)) if number not in fine), None)
        if lost is not None:
            tokens = next(state for state, known in self._ids.items() if known == lost)[0]
            self.found.livelock = self.places[tokens[0] // COLOURS].node, self.path(lost)

    def is_refused(self, number: int, name: str, standing: int, colour: int) -> bool:
        """Keep what is broken there; as at run time, the step refuses and nothing follows."""
        broken = self.law.required(name, standing, colour)
        for found in broken:
            if found not in self.found.broken:
                self.found.broken[found] = (*self.path(number), name)
        if broken:
            self._moves += 1
            self._fine.append(number)
        return bool(broken)
