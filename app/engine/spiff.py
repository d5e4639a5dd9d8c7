"""The engine as the rest of the product sees it: compile a drawing, start, run to rest, save and load a run.

A `Run` is one act's view of one instance. Whatever runs by itself runs at once; it then rests: user tasks READY,
slow steps STARTED, events WAITING. Nothing here reads a clock, makes a random id or evaluates Python: ids and
times come from the act, conditions go to language.py, steps to the host. An error that leaves a method leaves the
run unusable; the caller rolls back and loads again.

It knows no article, no table and no HTTP, and does not judge diagrams (`check.py`).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Protocol
from uuid import UUID

from SpiffWorkflow.bpmn.specs.control import BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.bpmn.util import BpmnEvent
from SpiffWorkflow.util.task import TaskState

from app.engine import spiff_state
from app.engine.dialect import DiagramRefused, Drawing, Element, arguments_of, read_drawing
from app.engine.spiff_spec import LATER, CollectionUnfit, EventGateway, Later, Message, Step, Timer, build, plain
from app.engine.spiff_state import Ledger, Move, Token, Top
from app.refusal import Refusal

__all__ = [
    "LATER",
    "CollectionUnfit",
    "Compiled",
    "DiagramRefused",
    "Element",
    "Host",
    "Later",
    "Move",
    "NoWayBack",
    "NotWaiting",
    "Run",
    "Stuck",
    "TooDeep",
    "Waiting",
    "arguments_of",
    "compile_diagram",
    "compile_drawing",
]

#: the library loses tasks silently below 1000
MAX_DEPTH = 600


class NotWaiting(Refusal):
    """Nothing waits there: the task was done, cancelled, or never opened."""

    code = "not_waiting"
    status = 409


class Stuck(Refusal):
    """The instance can neither go on nor end."""

    code = "stuck"


class TooDeep(Refusal):
    """The instance has gone through too many steps to be kept safely; it needs an administrator."""

    code = "too_deep"


class NoWayBack(Refusal):
    """There is no single user task to which this step can be sent back."""

    code = "no_way_back"
    status = 409


class Host(Protocol):
    """Who runs the steps."""

    def step(self, element: str, occurrence: int, name: str, arguments: dict, data: dict) -> dict | Later | None:
        """Run a step: what to put into the instance data, or LATER for slow work."""


@dataclass(frozen=True)
class Waiting:
    """What an instance at rest waits for."""

    #: user (READY), script (a slow step, STARTED), catch (a message; a timer when `message` is None)
    kind: str
    element: str
    occurrence: int
    data: dict[str, Any]
    message: str | None = None


@dataclass(frozen=True)
class Compiled:
    """A diagram ready to run. Never changed: threads share it."""

    sha256: str
    key: str
    elements: Mapping[str, Element]
    _process: Any
    _inner: Mapping[str, Any]
    _main_ends: frozenset[str]
    _beside: frozenset[str]

    def here(self, standing: Iterable[str]) -> list[str]:
        """Of the elements where tokens stand, those where the document does: not at a timer on the edge of a task, and
        not at an event that is waited for beside the work. Unknown elements are left out.
        """
        known = [one for one in dict.fromkeys(standing) if one in self.elements
                 and self.elements[one].kind != "boundary"]
        work = [one for one in known if one not in self._beside]
        return [one for one in work if self.elements[one].kind != "catch"] or work or known


class _Closed:
    """Stands where the library keeps a script engine: nothing of a diagram is ever evaluated by the library."""

    @property
    def environment(self) -> "_Closed":
        return self

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise RuntimeError("the library tried to evaluate text of a diagram")

    evaluate = execute = call_service = validate = _refuse


_CLOSED = _Closed()


def compile_diagram(text: bytes) -> Compiled:
    """Check a drawing against the dialect and build its specs.

    Raises DiagramRefused; facts: element, label, rule, message (Vietnamese).
    """
    return compile_drawing(read_drawing(text))


def compile_drawing(drawing: Drawing) -> Compiled:
    """Build the specs of a drawing that has been read."""
    process, inner = build(drawing)
    elements = {node.id: node.element for node in drawing.nodes()}
    return Compiled(drawing.sha256, drawing.key, MappingProxyType(elements), process, MappingProxyType(inner),
                    _main_ends(drawing), drawing.scopes[drawing.key].beside())


def _main_ends(drawing: Drawing) -> frozenset[str]:
    """End events of the process that can be reached without a non-interrupting boundary event (a reminder)."""
    scope = drawing.scopes[drawing.key]
    reached: set[str] = set()
    ahead = [node.id for node in scope.nodes.values() if node.tag == "startEvent"]
    while ahead:
        found = ahead.pop()
        if found not in reached:
            reached.add(found)
            ahead += [flow.target for flow in scope.leaving(found)]
            ahead += [n.id for n in scope.nodes.values() if n.attached_to == found and n.is_interrupting]
    return frozenset(found for found in reached if scope.nodes[found].tag == "endEvent")


class Run:
    """One instance during one act. Make it with `start` or `load`."""

    def __init__(self, compiled: Compiled, ledger: Ledger, host: Host) -> None:
        self.compiled = compiled
        self.fired: list[str] = []
        ledger.main_ends = compiled._main_ends
        self._ledger = ledger
        self._top = Top(compiled._process, dict(compiled._inner), _CLOSED, ledger, host)

    @classmethod
    def start(cls, compiled: Compiled, *, seed: UUID, act: int, at: datetime, host: Host, data: dict) -> "Run":
        """Begin an instance with `data` and run to rest. `at` is an aware time; (seed, act) name the act."""
        run = cls(compiled, Ledger(seed, act, at), host)
        run._top.plant()
        run._top.task_tree.data = plain(data)
        run._rest()
        return run

    @classmethod
    def load(cls, compiled: Compiled, state: bytes, *, seed: UUID, act: int, at: datetime, host: Host) -> "Run":
        """Take up an instance where `save` left it; nothing runs yet."""
        run = cls(compiled, Ledger(seed, act, at), host)
        spiff_state.load(run._top, state)
        return run

    def save(self, *, prune: bool = True) -> bytes:
        """The state as bytes. `prune` forgets what nothing will ask again. Raises TooDeep (at 600 of 1000)."""
        if prune:
            spiff_state.prune(self._top)
        if self.depth >= MAX_DEPTH:
            raise TooDeep(depth=self.depth)
        return spiff_state.dump(self._top)

    @property
    def moves(self) -> list[Move]:
        """Changes of state of elements since `start` or `load`."""
        return self._ledger.moves

    @property
    def depth(self) -> int:
        """The longest chain of executed nodes still kept."""
        return spiff_state.depth(self._top)

    @property
    def is_finished(self) -> bool:
        """Has the process ended or been cancelled?"""
        return self._top.completed

    @property
    def ended_at_element(self) -> str | None:
        """The end event reached last, those of reminders aside."""
        return self._ledger.ended_at if self._top.completed else None

    @property
    def data(self) -> dict[str, Any]:
        """The data after the task finished last."""
        last = self._top.last_task
        return plain(last.data if last is not None else self._top.task_tree.data)

    @property
    def wake_at(self) -> datetime | None:
        """When the earliest waiting timer is due (UTC)."""
        due = [token.internal_data["event_value"] for token in self._waiting_events()
               if token.internal_data.get("event_value")]
        return min(map(datetime.fromisoformat, due), default=None)

    def timers(self) -> dict[str, datetime]:
        """When each waiting timer is due (UTC), by the element of the timer."""
        due = {_timed(token): token.internal_data.get("event_value") for token in self._waiting_events()}
        return {element: datetime.fromisoformat(value) for element, value in due.items() if element and value}

    def passages(self) -> set[tuple[str, str]]:
        """(element, element entered from it) of all tokens still kept; what is not drawn lies between."""
        found = set()
        for token in self._top.tokens():
            entered = _drawn(token)
            if entered and (token.occurrence or TaskState.WAITING <= token._state <= TaskState.COMPLETED):
                before = next((drawn for above in token.ancestors() if (drawn := _drawn(above))), None)
                found |= {(before, entered)} if before else set()
        return found

    def waiting(self) -> list[Waiting]:
        """What the instance waits for, oldest first. An event gateway shows one entry per event it waits for."""
        found = []
        for token in self._top.tokens():
            if token._state == TaskState.READY and token.task_spec.manual:
                found.append(self._shown("user", token))
            elif token._state == TaskState.STARTED and isinstance(token.task_spec, Step):
                found.append(self._shown("script", token))
            elif token._state == TaskState.WAITING and isinstance(token.task_spec, CatchingEvent):
                found += [self._shown("catch", token, name) for name in _awaited(token)]
        return found

    def complete(self, element: str, occurrence: int, values: dict) -> None:
        """A person did the user task: put `values` into the data, key by key, and run to rest. Raises NotWaiting."""
        token = self._token(element, occurrence, lambda t: t._state == TaskState.READY and t.task_spec.manual)
        token.data = {**token.data, **plain(values)}
        token.run()
        self._rest()

    def finish(self, element: str, occurrence: int, values: dict) -> None:
        """A slow step's result is there: put `values` into the data and run to rest. Raises NotWaiting."""
        token = self._token(element, occurrence, _is_slow)
        token.data = {**token.data, **plain(values)}
        token.complete()
        self._rest()

    def receive(self, message: str, values: dict) -> bool:
        """Give a message to the oldest event that waits for it, run to rest. False: none does, nothing changed."""
        for token in self._waiting_events():
            if message in _awaited(token):
                event = BpmnEvent(Message(message), payload=plain(values))
                token.task_spec.catch(token, event)
                token.task_spec._update(token)
                self._rest()
                return True
        return False

    def refresh(self) -> list[str]:
        """Let timers that are due at the act's time fire, run to rest; the elements that fired."""
        fired = []
        self._ledger.is_firing = True
        for token in self._waiting_events():
            element = _timed(token)
            if element and token._state == TaskState.WAITING:
                token.task_spec._update(token)
                fired += [element] if token._state != TaskState.WAITING else []
        self._ledger.is_firing = False
        if fired:
            self._rest()
        self.fired += fired
        return fired

    def send_back(self, element: str, occurrence: int) -> str:
        """Give up a slow step that failed and open again the user task done before it; that task's element.

        Raises NotWaiting, and NoWayBack when a parallel branch, a join or a reminder lies between.
        """
        token = self._token(element, occurrence, _is_slow)
        back = spiff_state.done_before(token, only_way=True)
        if back is None:
            raise NoWayBack(element=element, label=self.compiled.elements[element].label)
        spec = back.task_spec
        split = token.workflow.spec.task_specs.get(f"{spec.name}.BoundaryEventSplit", spec)
        token.cancel()
        self._close_boundary(token)
        again = token._add_child(split, TaskState.FUTURE)
        split._update(again)
        self._rest()
        return spec.bpmn_id

    def cancel(self) -> None:
        """End the instance: everything open is cancelled."""
        for workflow in reversed(self._top.workflows()):
            for token in list(workflow.tasks.values()):
                if token.id in workflow.tasks and token.has_state(TaskState.NOT_FINISHED_MASK):
                    token.cancel()
            workflow.completed, workflow.success = True, False

    def _rest(self) -> None:
        if self._top.run_to_rest() >= spiff_state.MAX_STEPS_PER_ACT:
            raise TooDeep(steps=spiff_state.MAX_STEPS_PER_ACT)
        if not self._top.completed and not self.waiting():
            joins = {t.task_spec.bpmn_id for t in self._top.tokens() if t._state == TaskState.WAITING}
            raise Stuck(elements=sorted(found for found in joins if found))

    def _waiting_events(self) -> list[Token]:
        return [token for token in self._top.tokens()
                if token._state == TaskState.WAITING and isinstance(token.task_spec, CatchingEvent)]

    def _token(self, element: str, occurrence: int, fits: Callable[[Token], bool]) -> Token:
        for token in self._top.tokens():
            if token.occurrence == occurrence and token.task_spec.bpmn_id == element and fits(token):
                return token
        raise NotWaiting(element=element, occurrence=occurrence)

    @staticmethod
    def _close_boundary(token: Token) -> None:
        split = token.parent
        if split is not None and isinstance(split.task_spec, BoundaryEventSplit):
            for event in split.children:
                if event._state == TaskState.WAITING:
                    event.cancel()

    @staticmethod
    def _shown(kind: str, token: Token, message: str | None = None) -> Waiting:
        return Waiting(kind, token.task_spec.bpmn_id, token.occurrence, plain(token.data), message)


def _is_slow(token: Token) -> bool:
    return token._state == TaskState.STARTED and isinstance(token.task_spec, Step)


def _drawn(token: Token) -> str | None:
    """The element of a token; the task around the instances of a list stands for them."""
    return token.task_spec.bpmn_id or getattr(token.task_spec, "element", None)


def _definitions(token: Token) -> list[Any]:
    spec = token.task_spec
    return spec.event_definition.event_definitions if isinstance(spec, EventGateway) else [spec.event_definition]


def _awaited(token: Token) -> list[str | None]:
    """The messages a waiting event or gateway waits for; None stands for a timer."""
    return [found.name if isinstance(found, Message) else None for found in _definitions(token)]


def _timed(token: Token) -> str | None:
    """The element of the timer a waiting token has: its own, or that behind an event gateway."""
    timers = [found.name for found in _definitions(token) if isinstance(found, Timer)]
    return timers[0] if timers else None
