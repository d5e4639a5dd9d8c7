"""Brute force: run a drawing with the engine itself over all choices and say everything that goes wrong.

Each user task, step, message and timer is tried in every order, with every choice of one of the two readings of
check_reading.py; states that look alike are explored once. Obligations are asked and settled where act.py asks and
settles them. All steps rest between start and end, so that two tokens on one way are seen; only those of a mere
reminder (reached through a boundary event that does not interrupt, and no other way) run at once, as they do in
truth. It shares no code with `engine/check*.py`: it is what that is compared with.

It does NOT look at names in expressions, at templates or at anything that happens to no instance.
"""

from collections import deque
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from app.bench.check_reading import PICK, Plain, Values, Ways
from app.bench.check_view import twice, view
from app.engine import spiff, step, template
from app.engine.dialect import Drawing, Node, read_drawing
from app.engine.obligation import Expectation, Obligation

_AT = datetime(2026, 3, 2, 8, tzinfo=UTC)
_SEED = UUID("00000000-0000-0000-0000-0000000000c3")
#: states of one drawing beyond which nothing more is looked for, incoming has some 4,500; fewer once something is wrong
MAX_STATES, MAX_STATES_WRONG = 6000, 250


@dataclass(frozen=True)
class Wrong:
    """One thing that goes wrong: a rule of the oracle, where, and what was done until then."""

    rule: str
    element: str
    article: str = ""
    path: tuple[str, ...] = ()


@dataclass
class Verdict:
    """All that was found; `is_whole` is False when there were too many states."""

    wrongs: dict[tuple[str, str], Wrong] = field(default_factory=dict)
    states: int = 0
    is_whole: bool = True

    def rules(self) -> set[str]:
        """The rules broken."""
        return {rule for rule, _ in self.wrongs}


class _Broken(Exception):
    def __init__(self, rule: str, element: str, article: str) -> None:
        super().__init__(rule)
        self.rule, self.element, self.article = rule, element, article


def _main(drawing: Drawing) -> set[str]:
    """Elements that are reached without a boundary event that does not interrupt."""
    reached: set[str] = set()
    for scope in drawing.scopes.values():
        ahead = [node.id for node in scope.nodes.values() if node.tag == "startEvent"]
        while ahead:
            found = ahead.pop()
            if found not in reached:
                reached.add(found)
                ahead += [flow.target for flow in scope.leaving(found)]
                ahead += [n.id for n in scope.nodes.values() if n.attached_to == found and n.is_interrupting]
    return reached


@dataclass(frozen=True)
class Law:
    """What holds for the documents of one procedure."""

    rules: tuple[Obligation, ...]
    expected: tuple[Expectation, ...] = ()
    form: str = ""
    direction: str = ""

    def holds(self, rule: Obligation | Expectation) -> bool:
        """Is it about such documents?"""
        return rule.form in ("", self.form) and rule.direction in ("", self.direction)

    def of(self, name: str) -> list[Obligation]:
        """The sentences about a step or form."""
        return [rule for rule in self.rules if rule.step == name and self.holds(rule)]


class _Host:
    """Runs no step: asks the obligations and lets the steps rest."""

    def __init__(self, law: Law, reading: Ways | Values, resting: set[str]) -> None:
        self.law, self.reading, self.resting = law, reading, resting
        self.standing: set[str] = set()

    def step(self, element: str, occurrence: int, name: str, arguments: Plain, data: Plain) -> Any:
        """A step that rests is asked for, another is done."""
        if element.startswith(PICK):
            return spiff.LATER
        if name == "decide":
            return {}
        self.require(name, element, arguments=arguments)
        if element in self.resting or isinstance(step.find(name), step.SlowStep):
            return spiff.LATER
        self.settle(name, self.reading.known(arguments, data, {}))
        return {}

    def require(self, name: str, element: str, role: str | None = None, arguments: Plain | None = None) -> None:
        """As obligation.require. Raises _Broken."""
        mine = self.law.of(name)
        foreign = [rule for rule in self.law.rules if rule.step == name and not mine]
        if foreign:
            raise _Broken("place", element, foreign[0].article)
        for rule in mine:
            if any(key in (arguments or {}) and arguments[key] != value for key, value in rule.when):
                continue
            if any(need not in self.standing for need in rule.needs):
                raise _Broken("needs", element, rule.article)
            if any(bar in self.standing for bar in rule.bars):
                raise _Broken("bars", element, rule.article)
            if rule.is_once and rule.sets in self.standing:
                raise _Broken("once", element, rule.article)
            if role is not None and rule.roles and role not in rule.roles:
                raise _Broken("role", element, rule.article)

    def settle(self, name: str, known: Plain) -> None:
        """As obligation.settle."""
        sets, undone, sees_all = set(), set(), isinstance(self.reading, Values)
        for rule in self.law.of(name):
            if all(known[key] == value if key in known else not sees_all for key, value in rule.when):
                undone.update(rule.clears)
                sets.update([rule.sets] if rule.sets else [])
        self.standing = (self.standing - undone) | sets


@dataclass(eq=False)
class _State:
    saved: bytes
    standing: frozenset[str]
    #: kind, element, occurrence, message, what of the data decides anything
    waiting: list[tuple[str, str, int, str | None, Plain]]
    came_from: "tuple[_State, str] | None"
    leads_to: list["_State"] = field(default_factory=list)
    #: of these, by a choice or a step during which nothing waits
    runs_on_to: list["_State"] = field(default_factory=list)
    #: an end, or something wrong, follows at once
    is_last: bool = False

    def path(self) -> tuple[str, ...]:
        found, here = [], self
        while here.came_from is not None:
            here, element = here.came_from
            found.append(element)
        return tuple(reversed(found))


class Oracle:
    """One drawing being explored under one reading."""

    def __init__(self, reading: Ways | Values, law: Law) -> None:
        self.reading, self.law, self.verdict = reading, law, Verdict()
        self.compiled = spiff.compile_diagram(reading.text)
        drawing = read_drawing(reading.text)
        main = _main(drawing)
        #: events at the edge of a step that is done at once: they never happen
        self.idle = {node.id for node in drawing.nodes()
                     if node.attached_to and self._is_quick(node.attached_to)}
        #: steps that the engine runs in the act of a message, before anything else
        self.told = {node.id for node in drawing.nodes() if self._follows_a_message(drawing, node, ())}
        giving = {found for found, drawn in self.compiled.elements.items() if len(reading.gives(found, drawn)) > 1}
        self.host = _Host(law, reading, main | giving)
        self.known: dict[Any, _State] = {}
        self.executed: set[str] = set()
        self.queue: deque[_State] = deque()

    def explore(self) -> Verdict:
        """Everything that can happen."""
        for data in self.reading.begins():
            self._move(None, "", lambda data=data: spiff.Run.start(
                self.compiled, seed=_SEED, act=1, at=_AT, host=self.host, data=data))
        while self.queue:
            if len(self.known) > (MAX_STATES_WRONG if self.verdict.wrongs else MAX_STATES):
                self.verdict.is_whole = False
                break
            self._expand(self.queue.popleft())
        self.verdict.states = len(self.known)
        if self.verdict.is_whole:
            self._no_way_out()
            self._endless()
            self._never()
        return self.verdict

    def _follows_a_message(self, drawing: Drawing, node: Node, seen: tuple[str, ...]) -> bool:
        """Does each way to a quick step begin with a message, and lead past nothing that waits or goes two ways?"""
        scope = drawing.scopes[node.scope]
        if node.loop or scope.boundaries(node.id) or not (node.tag == "exclusiveGateway" or node.id.startswith(PICK)
                                                          or self._is_quick(node.id)):
            return False
        before = [scope.nodes[flow.source] for flow in scope.entering(node.id) if flow.source not in seen]
        return bool(before or seen) and all(
            found.element.message is not None or self._follows_a_message(drawing, found, (*seen, node.id))
            for found in before)

    # -- one state
    def _expand(self, state: _State) -> None:
        first = [found for found in state.waiting if found[1].startswith(PICK) or found[1] in self.told]
        for waiting in first[:1] or state.waiting:  # a choice is made at once, before anything else happens
            element, message = waiting[1], waiting[3]
            if element in self.idle or not self._may_come(state, message):
                continue
            if waiting[0] == "catch" and message is None:
                self._move(state, element, lambda w=waiting: self._fire(state, w[1], w[2]))
                continue
            drawn = self.compiled.elements[element]
            for given in self.reading.gives(element, drawn if message is None else replace(drawn, message=message)):
                self._move(state, self.reading.shown(element), lambda w=waiting, g=given: self._do(state, w, g))

        if not state.leads_to and not state.is_last:  # only messages are waited for, and none can come
            self._wrong(state, "unheard", state.waiting[0][1], "", None)

    def _may_come(self, state: _State, message: str | None) -> bool:
        return message is None or set(template.comes_after(message)) <= state.standing

    def _do(self, state: _State, waiting: Any, given: Plain) -> spiff.Run:
        kind, element, occurrence, message, data = waiting
        drawn = self.compiled.elements[element]
        if kind == "script" and not element.startswith(PICK):
            arguments = {name: data.get(value["name"]) if isinstance(value, dict) else value
                         for name, value in (drawn.arguments or {}).items()
                         if not isinstance(value, dict) or value["name"] in data}
            self.host.require(drawn.step, element, arguments=arguments)
            self.host.settle(drawn.step, self.reading.known(arguments, data, given))
        if kind == "user":
            name = f"task:{drawn.form_key}"
            self.host.require(name, element, drawn.role)
            if step.taker(drawn.form_key) is not None:
                self.host.settle(name, self.reading.known({}, data, given))
        run = self._load(state)
        if kind == "catch":
            run.receive(message, given)
        else:
            getattr(run, "complete" if kind == "user" else "finish")(element, occurrence, given)
        return run

    def _fire(self, state: _State, element: str, occurrence: int) -> spiff.Run:
        """This timer and no other."""
        run = self._load(state)
        late = (_AT + timedelta(days=9000)).isoformat()
        for token in run._waiting_events():
            if token.internal_data.get("event_value"):
                is_meant = token.task_spec.bpmn_id == element and token.occurrence == occurrence
                token.internal_data["event_value"] = _AT.isoformat() if is_meant else late
        run.refresh()
        return run

    def _load(self, state: _State) -> spiff.Run:
        return spiff.Run.load(self.compiled, state.saved, seed=_SEED, act=len(self.known) + 2, at=_AT, host=self.host)

    def _move(self, state: _State | None, element: str, act: Any) -> None:
        self.host.standing = set(state.standing) if state else set()
        before = (state, element) if state else None
        try:
            run = act()
        except _Broken as broken:
            self._wrong(state, broken.rule, broken.element, broken.article, element)
            return
        except spiff.Stuck as stuck:
            self._wrong(state, "deadlock", (stuck.facts["elements"] or [element])[0], "", element)
            return
        except spiff.TooDeep:
            self._wrong(state, "endless", element, "", element)
            return
        self.executed |= {move.element for move in run.moves if move.after == "COMPLETED"}
        if run.is_finished:
            self._end(state, run.ended_at_element or element, element)
            return
        key = (view(run, self.reading.names, self.reading.lasting), frozenset(self.host.standing))
        again = self.known.get(key)
        if again is None:
            waiting = [(w.kind, w.element, w.occurrence, w.message, _seen(w.data, self.reading.names))
                       for w in run.waiting()]
            again = _State(run.save(), key[1], waiting, before)
            self.known[key] = again
            doubled = twice(run)
            if doubled:
                self._wrong(again, "twice", self.reading.shown(doubled), "", None)
            else:
                self.queue.append(again)
        if state is not None:
            state.leads_to.append(again)
            if self._is_quick(element):
                state.runs_on_to.append(again)

    def _is_quick(self, element: str) -> bool:
        """Does nothing wait there: a choice, a rule, a step that is not slow?"""
        drawn = self.compiled.elements[element]
        is_slow = drawn.kind == "script" and isinstance(step.find(drawn.step), step.SlowStep)
        return element in self.reading.choices or (drawn.kind in ("script", "rule") and not is_slow)

    def _wrong(self, state: _State | None, rule: str, element: str, article: str, last: str | None) -> None:
        path = state.path() if state else ()
        if state is not None:
            state.is_last = True
        self.verdict.wrongs.setdefault((rule, element), Wrong(
            rule, element, article, (*path, last) if last else path))

    def _end(self, state: _State | None, ended_at: str, element: str) -> None:
        if state is not None:
            state.is_last = True
        standing = self.host.standing
        for rule in self.law.rules:
            if rule.owes and self.law.holds(rule) and rule.sets in standing and not standing & set(rule.owes):
                self._wrong(state, "owed", ended_at, rule.article, element)

    def _name(self, element: str) -> str:
        drawn = self.compiled.elements.get(element)
        return "" if drawn is None else f"task:{drawn.form_key}" if drawn.kind == "user" else drawn.step or ""

    # -- the whole
    def _no_way_out(self) -> None:
        """States from which no end can be reached any more."""
        before: dict[int, list[_State]] = {}
        for state in self.known.values():
            for after in state.leads_to:
                before.setdefault(id(after), []).append(state)
        fine, ahead = set(), [state for state in self.known.values() if state.is_last]
        while ahead:
            state = ahead.pop()
            if id(state) not in fine:
                fine.add(id(state))
                ahead += before.get(id(state), [])
        for state in self.known.values():
            if id(state) not in fine:
                self._wrong(state, "livelock", state.waiting[0][1], "", None)
                return

    def _endless(self) -> None:
        """A round of states in which nothing waits: the engine would turn in it within one act."""
        left = set(self.known.values())
        while True:
            inside = {state for state in left if any(after in left for after in state.runs_on_to)}
            if inside == left:
                break
            left = inside
        for state in left:
            self._wrong(state, "endless", state.waiting[0][1], "", None)
            return

    def _never(self) -> None:
        """Elements that never run although nothing went wrong before them."""
        if self.verdict.wrongs:
            return
        done = {self._name(element) for element in self.executed}
        for wanted in self.law.expected:
            if self.law.holds(wanted) and wanted.step not in done:
                self.verdict.wrongs[("expected", wanted.step)] = Wrong("expected", wanted.step, wanted.article)
        for element in self.compiled.elements:
            if element not in self.executed and not element.startswith("oracle_"):
                self.verdict.wrongs[("never", element)] = Wrong("never", element)


def _seen(data: Plain, names: frozenset[str]) -> Plain:
    return {name: value for name, value in data.items() if name in names}
