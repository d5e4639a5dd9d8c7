"""Brute force: run a drawing with the engine itself over all choices and say everything that goes wrong.

The drawing is rewritten so that every choice asks the host; each user task, step, message and timer is tried in
every order; states that look alike are explored once. Obligations are asked and settled where act.py asks and
settles them. All steps rest between start and end, so that two tokens on one way are seen; only those of a mere
reminder (reached through a boundary event that does not interrupt, and no other way) run at once, as they do in
truth. It shares no code with `engine/check*.py`: it is what that is compared with.

It does NOT look at names in expressions, at templates or at anything that happens to no instance.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID

from lxml import etree

from app.bench.check_edits import parsed, set_condition
from app.bench.check_view import twice, view
from app.engine import spiff, step
from app.engine.dialect import Drawing, read_drawing
from app.engine.drawing import BPMN, name_of
from app.engine.obligation import Expectation, Obligation

_AT = datetime(2026, 3, 2, 8, tzinfo=UTC)
_SEED = UUID("00000000-0000-0000-0000-0000000000c3")
_PICK = "oracle_pick_"
#: states of one drawing beyond which nothing more is looked for; fewer once something wrong is known
MAX_STATES, MAX_STATES_WRONG = 6000, 800


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


def forced(text: bytes) -> tuple[bytes, dict[str, tuple[str, list[dict[str, Any]]]]]:
    """The drawing with a step before each choice, and for each such step its gateway and its possible answers."""
    root = parsed(text)
    answers: dict[str, tuple[str, list[dict[str, Any]]]] = {}
    for container in [*root.iter(BPMN + "process", BPMN + "subProcess")]:
        for gate in list(container):
            if name_of(gate.tag) in ("exclusiveGateway", "inclusiveGateway"):
                _force(container, gate, answers)
    return etree.tostring(root), answers


def _force(container: etree._Element, gate: etree._Element, answers: dict[str, Any]) -> None:
    flows, found = container.findall(BPMN + "sequenceFlow"), gate.get("id")
    out = [flow for flow in flows if flow.get("sourceRef") == found]
    come = [flow for flow in flows if flow.get("targetRef") == found]
    if len(out) < 2:
        return
    number = len(answers)
    pick = etree.Element(BPMN + "scriptTask", {"id": f"{_PICK}{number}", "name": f"? {found}"})
    etree.SubElement(pick, BPMN + "script").text = "oracle_pick()"
    container.insert(container.index(gate), pick)
    first = pick.get("id")
    if name_of(gate.tag) == "inclusiveGateway" and len(come) > 1:  # it joins, then it chooses
        join = etree.Element(BPMN + "inclusiveGateway", {"id": f"oracle_join_{number}"})
        container.insert(container.index(pick), join)
        _flow(container, join.get("id"), pick.get("id"))
        first = join.get("id")
    for flow in come:
        flow.set("targetRef", first)
    _flow(container, pick.get("id"), found)
    asked = [flow for flow in out if flow.get("id") != gate.get("default")]
    if name_of(gate.tag) == "exclusiveGateway":
        for flow in asked:
            set_condition(flow, f'pick_{number} = "{flow.get("id")}"')
        answers[pick.get("id")] = found, [{f"pick_{number}": flow.get("id")} for flow in out]
        return
    names = [f"pick_{number}_{place}" for place in range(len(asked))]
    for flow, name in zip(asked, names, strict=True):
        set_condition(flow, f"{name} = true")
    answers[pick.get("id")] = found, [
        dict(zip(names, values, strict=True)) for values in product((True, False), repeat=len(names))]


def _flow(container: etree._Element, source: str, target: str) -> None:
    etree.SubElement(container, BPMN + "sequenceFlow",
                     {"id": f"{source}__{target}", "sourceRef": source, "targetRef": target})


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
    """Runs no step: asks the obligations and says what is slow."""

    def __init__(self, law: Law, resting: set[str]) -> None:
        self.law, self.resting = law, resting
        self.standing: set[str] = set()

    def step(self, element: str, occurrence: int, name: str, arguments: dict, data: dict) -> Any:
        """A step that rests is asked for, another is done."""
        if element.startswith(_PICK):
            return spiff.LATER
        if name == "decide":
            return {}
        self.require(name, element)
        if element in self.resting or isinstance(step.find(name), step.SlowStep):
            return spiff.LATER
        self.settle(name, {k: v for k, v in arguments.items() if v is not None})
        return {}

    def require(self, name: str, element: str, role: str | None = None) -> None:
        """As obligation.require. Raises _Broken."""
        for rule in self.law.rules:
            if rule.step == name and not self.law.of(name):
                raise _Broken("place", element, rule.article)
        for rule in self.law.of(name):
            for need in rule.needs:
                if need not in self.standing:
                    raise _Broken("needs", element, rule.article)
            if rule.is_once and rule.sets in self.standing:
                raise _Broken("once", element, rule.article)
            if role is not None and rule.roles and role not in rule.roles:
                raise _Broken("role", element, rule.article)

    def settle(self, name: str, arguments: dict[str, Any] | None = None) -> None:
        """As obligation.settle, when the step reaches what it is for; a constant argument may say that it does not."""
        sets, undone = set(), set()
        for rule in self.law.of(name):
            if all((arguments or {}).get(key, value) == value for key, value in rule.when):
                undone.update(rule.clears)
                sets.update([rule.sets] if rule.sets else [])
        self.standing = (self.standing - undone) | sets


@dataclass
class _State:
    saved: bytes
    standing: frozenset[str]
    waiting: list[tuple[str, str, int, str | None]]
    came_from: "tuple[_State, str] | None"
    leads_to: list["_State"] = field(default_factory=list)
    #: an end, or something wrong, follows at once
    is_last: bool = False

    def path(self) -> tuple[str, ...]:
        found, here = [], self
        while here.came_from is not None:
            here, element = here.came_from
            found.append(element)
        return tuple(reversed(found))


class Oracle:
    """One drawing being explored."""

    def __init__(self, text: bytes, law: Law, data: dict[str, Any] | None = None) -> None:
        drawn, self.answers = forced(text)
        self.compiled = spiff.compile_diagram(drawn)
        self.law, self.data, self.verdict = law, data or {}, Verdict()
        self.host = _Host(law, _main(read_drawing(drawn)))
        self.known: dict[Any, _State] = {}
        self.executed: set[str] = set()
        self.queue: deque[_State] = deque()

    def explore(self) -> Verdict:
        """Everything that can happen."""
        self._move(None, "", lambda: spiff.Run.start(
            self.compiled, seed=_SEED, act=1, at=_AT, host=self.host, data=self.data))
        while self.queue:
            if len(self.known) > (MAX_STATES_WRONG if self.verdict.wrongs else MAX_STATES):
                self.verdict.is_whole = False
                break
            self._expand(self.queue.popleft())
        self.verdict.states = len(self.known)
        if self.verdict.is_whole:
            self._no_way_out()
            self._never()
        return self.verdict

    # -- one state
    def _expand(self, state: _State) -> None:
        picks = [found for found in state.waiting if found[1].startswith(_PICK)]
        if picks:  # a choice is made at once, before anything else happens
            _, element, occurrence, _ = picks[0]
            gate, options = self.answers[element]
            for option in options:
                self._move(state, gate, lambda o=option: self._again(state, "finish", element, occurrence, o))
            return
        for kind, element, occurrence, message in state.waiting:
            self._move(state, element, lambda k=kind, e=element, o=occurrence, m=message: self._do(state, k, e, o, m))

    def _do(self, state: _State, kind: str, element: str, occurrence: int, message: str | None) -> spiff.Run:
        drawn = self.compiled.elements[element]
        if kind == "script":
            self.host.require(drawn.step, element)
            self.host.settle(drawn.step, _constants(drawn.arguments))
            return self._again(state, "finish", element, occurrence, {})
        if kind == "user":
            name = f"task:{drawn.form_key}"
            self.host.require(name, element, drawn.role)
            if step.taker(drawn.form_key) is not None:
                self.host.settle(name)
            return self._again(state, "complete", element, occurrence, {})
        run = self._load(state)
        if message is not None:
            run.receive(message, {})
            return run
        late = (_AT + timedelta(days=9000)).isoformat()
        for token in run._waiting_events():
            if token.internal_data.get("event_value"):
                is_meant = token.task_spec.bpmn_id == element and token.occurrence == occurrence
                token.internal_data["event_value"] = _AT.isoformat() if is_meant else late
        run.refresh()
        return run

    def _load(self, state: _State) -> spiff.Run:
        return spiff.Run.load(self.compiled, state.saved, seed=_SEED, act=len(self.known) + 2, at=_AT, host=self.host)

    def _again(self, state: _State, verb: str, element: str, occurrence: int, values: dict[str, Any]) -> spiff.Run:
        run = self._load(state)
        getattr(run, verb)(element, occurrence, values)
        return run

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
        key = (view(run), frozenset(self.host.standing))
        again = self.known.get(key)
        if again is None:
            waiting = [(w.kind, w.element, w.occurrence, w.message) for w in run.waiting()]
            again = _State(run.save(), key[1], waiting, before)
            self.known[key] = again
            doubled = twice(run)
            if doubled:
                self._wrong(again, "twice", self.answers.get(doubled, (doubled,))[0], "", None)
            else:
                self.queue.append(again)
        if state is not None:
            state.leads_to.append(again)

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

    def _never(self) -> None:
        """Elements that never run although nothing went wrong before them."""
        if self.verdict.wrongs:
            return
        done = {self._name(element) for element in self.executed}
        for wanted in self.law.expected:
            if self.law.holds(wanted) and wanted.step not in done:
                self.verdict.wrongs[("expected", wanted.step)] = Wrong("expected", wanted.step, wanted.article)
        for element, drawn in self.compiled.elements.items():
            if element not in self.executed and not element.startswith("oracle_") and drawn.kind != "boundary":
                self.verdict.wrongs[("never", element)] = Wrong("never", element)


def _constants(arguments: dict[str, Any] | None) -> dict[str, Any]:
    return {key: value for key, value in (arguments or {}).items() if not isinstance(value, dict)}
