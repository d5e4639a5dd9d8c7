"""A running process in memory and as bytes: tokens, workflows, compact rows, pruning.

The library's own classes, with what must differ: ids and times come from the act (so that replay is byte for
byte), moves are noted, tasks are found by scanning a dict (the library's tree iterator stops silently at depth
1000), data are assigned by key and never deep-merged. One row per token, in order of creation, each holding only
what differs from its parent. Relies on private fields of SpiffWorkflow 3.2; tests/engine/test_spiff_state.py
compares it with the library's own serialiser after every step.

It does NOT read diagrams nor decide what runs: that is spiff.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import orjson
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin, BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.defaults import BoundaryEvent, InclusiveGateway, ParallelGateway, UserTask
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.bpmn.specs.mixins.unstructured_join import UnstructuredJoin
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.specs.base import TaskSpec
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

VERSION = 1
MAX_STEPS_PER_ACT = 2000
_NOTHING = object()
_STRICT = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_SUBCLASS
_NAMES = {value: name for value, name in zip(TaskState._values, TaskState._names, strict=True)}
_WAITING, _READY, _STARTED = TaskState.WAITING, TaskState.READY, TaskState.STARTED
_COMPLETED, _CANCELLED, _FINISHED = TaskState.COMPLETED, TaskState.CANCELLED, TaskState.FINISHED_MASK


@dataclass(frozen=True)
class Move:
    """One element changed its state; states by name, e.g. READY -> COMPLETED."""

    element: str
    occurrence: int
    before: str
    after: str


class Ledger:
    """What one act gives the engine (ids, time) and takes from it (moves)."""

    def __init__(self, seed: UUID, act: int, at: datetime, counters: dict[str, int] | None = None) -> None:
        self.seed, self.act, self.at = seed, act, at
        self.counters = counters or {}
        self.moves: list[Move] = []
        self.ended_at: str | None = None
        #: timers fire only while this is true
        self.is_firing = False
        self.main_ends: frozenset[str] = frozenset()
        self._ids, self._ticks, self._start = 0, 0, at.timestamp()

    def new_id(self) -> UUID:
        """Ids are derived, so that replay makes the same ones."""
        self._ids += 1
        return uuid5(self.seed, f"{self.act}:{self._ids}")

    def stamp(self) -> float:
        """The act's time, a microsecond later at each call: joins merge in order of it."""
        self._ticks += 1
        return round(self._start + self._ticks * 1e-6, 6)

    def moved(self, token: "Token", before: int) -> None:
        """Note a change of state; a token gets its occurrence when it is first reached."""
        element, after = token.task_spec.bpmn_id, token._state
        if element is None or after < _WAITING:
            return
        name = _NAMES[before]
        if not token.occurrence:
            if after == _CANCELLED:
                return
            token.occurrence = self.counters[element] = self.counters.get(element, 0) + 1
            name = "FUTURE"
        self.moves.append(Move(element, token.occurrence, name, _NAMES[after]))
        if after == _COMPLETED and element in self.main_ends:
            self.ended_at = element


class Token(Task):
    """A task of the library with an occurrence number and without clock, random ids, deep merges and logging."""

    def __init__(self, workflow: Any, task_spec: TaskSpec, parent: "Token | None", state: int) -> None:
        ledger = workflow.top_workflow.ledger
        self.id = ledger.new_id()
        workflow.tasks[self.id] = self
        self.workflow, self.task_spec = workflow, task_spec
        self._parent = parent.id if parent is not None else None
        self._children: list[UUID] = []
        self._state = state
        self.triggered, self.thread_id, self.occurrence = False, 0, 0
        self.data, self.internal_data = {}, {}
        self.last_state_change = ledger.stamp()
        if parent is not None:
            parent._children.append(self.id)
        if state >= _WAITING:
            ledger.moved(self, TaskState.FUTURE)

    def _add_child(self, task_spec: TaskSpec, state: int = TaskState.MAYBE) -> "Token":
        token = Token(self.workflow, task_spec, self, state)
        if state == _READY:
            token._ready()
        return token

    def _set_state(self, value: int) -> None:
        before = self._state
        if value == before:
            return
        self._state = value
        self.last_state_change = self.workflow.top_workflow.ledger.stamp()
        self.workflow.top_workflow.ledger.moved(self, before)

    def run(self) -> bool | None:
        """Make the children first: the library predicts them far ahead, twice as many with each AND block."""
        self.task_spec._predict_hook(self)
        return super().run()

    def _inherit_data(self) -> None:
        """By key: the library's deep merge loses items of lists."""
        self.data = {**self.data, **self.parent.data}

    def ancestors(self) -> Iterator["Token"]:
        """From the parent up to the root."""
        token = self.parent
        while token is not None:
            yield token
            token = token.parent

    def is_descendant_of(self, task: Task) -> bool:
        """As the library's, without recursion."""
        return any(token is task for token in self.ancestors())

    def find_ancestor(self, spec_name: str) -> "Token | None":
        """As the library's, without recursion."""
        return next((token for token in self.ancestors() if token.task_spec.name == spec_name), None)


class _Scanning:
    """A workflow that finds its tokens by scanning its dict, in order of creation."""

    def plant(self) -> None:
        """Make the root, as the library's constructor does."""
        self.task_tree = Token(self, self.spec.start, None, _READY)

    def get_tasks(self, first_task: Task | None = None, **wanted: Any) -> list[Token]:
        """As the library's; a whole workflow is scanned instead of walked."""
        if first_task is not None or wanted.keys() - {"state", "spec_name"}:
            return super().get_tasks(first_task, **wanted)
        state, name = wanted.get("state", TaskState.ANY_MASK), wanted.get("spec_name")
        return [t for t in self.tasks.values() if t._state & state and (name is None or t.task_spec.name == name)]

    def update_waiting_tasks(self) -> None:
        """As the library's."""
        for token in [t for t in self.tasks.values() if t._state == _WAITING]:
            if token._state == _WAITING and token.id in self.tasks:
                token.task_spec._update(token)

    def _remove_task(self, task_id: UUID) -> None:
        token = self.tasks[task_id]
        if token.occurrence and token._state & TaskState.DEFINITE_MASK:
            token._set_state(_CANCELLED)
            token.task_spec._on_cancel(token)
        super()._remove_task(task_id)


class Inner(_Scanning, BpmnSubWorkflow):
    """A running embedded subprocess."""


class Top(_Scanning, BpmnWorkflow):
    """A running process. `host` runs its steps; `ledger` belongs to the act."""

    def __init__(self, spec: Any, inner_specs: dict[str, Any], engine: Any, ledger: Ledger, host: Any) -> None:
        self.ledger, self.host = ledger, host
        super().__init__(spec, inner_specs, engine, deserializing=True)

    def create_subprocess(self, my_task: Token, spec_name: str) -> Inner:
        """As the library's, with our classes."""
        inner = Inner(self.subprocess_specs[spec_name], my_task.id, self, deserializing=True)
        inner.plant()
        self.subprocesses[my_task.id] = inner
        return inner

    def workflows(self) -> list[Any]:
        """This one and its subprocesses, outer before inner."""
        return [self, *self.subprocesses.values()]

    def tokens(self) -> Iterator[Token]:
        """All tokens, in order of creation within a workflow."""
        for workflow in self.workflows():
            yield from workflow.tasks.values()

    def run_to_rest(self) -> int:
        """Run what runs by itself until everything waits; the number of tokens run."""
        total, count = 0, 1
        while count:
            count = 0
            for inner in sorted(self.get_active_subprocesses(), key=lambda found: found.depth, reverse=True):
                count += self._drain(inner, total + count)
                holder = self.get_task_from_id(inner.parent_task_id)
                holder.task_spec._update(holder)
            count += self._drain(self, total + count)
            total += count
        return total

    @staticmethod
    def _drain(workflow: Any, before: int) -> int:
        count, ready = 0, [None]
        while ready and before + count < MAX_STEPS_PER_ACT:
            ready = [t for t in workflow.tasks.values() if t._state == _READY and not t.task_spec.manual]
            for token in ready:
                if token._state == _READY and token.id in workflow.tasks:
                    token.run()
                    count += 1
        return count


def depth(top: Top) -> int:
    """The longest chain of tokens, subprocesses included."""
    deepest: dict[UUID, int] = {}
    for workflow in top.workflows():
        below = deepest.get(workflow.parent_task_id, 0) if workflow is not top else 0
        for token in workflow.tasks.values():
            deepest[token.id] = deepest.get(token._parent, below) + 1
    return max(deepest.values(), default=0)


def dump(top: Top) -> bytes:
    """The state as bytes: tagged with a version, keys in a fixed order, never to be re-ordered."""
    numbers: dict[UUID, list[int]] = {}
    workflows = []
    for place, workflow in enumerate(top.workflows()):
        index = {token_id: number for number, token_id in enumerate(workflow.tasks)}
        numbers |= {token_id: [place, number] for token_id, number in index.items()}
        workflows.append({
            "of": numbers[workflow.parent_task_id] if workflow is not top else None,
            "last": index.get(workflow.last_task.id) if workflow.last_task is not None else None,
            "done": workflow.completed, "ok": workflow.success, "data": workflow.data,
            "rows": [_row(token, workflow, index) for token in workflow.tasks.values()],
        })
    state = {"v": VERSION, "counters": top.ledger.counters, "ended": top.ledger.ended_at, "workflows": workflows}
    return orjson.dumps(state, option=_STRICT)


def _row(token: Token, workflow: Any, index: dict[UUID, int]) -> list[Any]:
    parent = workflow.tasks.get(token._parent)
    row = [token.id.hex, index.get(token._parent), token._state, token.task_spec.name, token.last_state_change,
           token.occurrence, token.triggered]
    changed, gone = _difference(token.data, parent.data if parent is not None else {})
    if changed is None or changed or gone or token.internal_data:
        row += [token.internal_data, changed, gone]
    return row


def _difference(data: dict, base: dict) -> tuple[dict | None, list[str]]:
    """What to change in `base` to get `data`; (None, []) when `data` is empty but `base` is not."""
    if not data and base:
        return None, []
    changed = {key: value for key, value in data.items() if not _same(base.get(key, _NOTHING), value)}
    return changed, [key for key in base if key not in data]


def _same(one: Any, other: Any) -> bool:
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    return orjson.dumps(one) == orjson.dumps(other) if isinstance(one, (list, dict)) else one == other


def load(top: Top, state: bytes) -> None:
    """Fill an empty `top`; its ledger gets the counters. Raises ValueError for a state of another version."""
    document = orjson.loads(state)
    if document["v"] != VERSION:
        raise ValueError(f"state version {document['v']}")
    top.ledger.counters, top.ledger.ended_at = document["counters"], document["ended"]
    orders: list[list[Token]] = []
    for stored in document["workflows"]:
        workflow: Any = top
        if stored["of"] is not None:
            place, number = stored["of"]
            holder = orders[place][number]
            workflow = Inner(top.subprocess_specs[holder.task_spec.spec], holder.id, top, deserializing=True)
            top.subprocesses[holder.id] = workflow
            workflow.completed_event.connect(holder.task_spec._on_subworkflow_completed, holder)
        tokens = _fill(workflow, stored["rows"])
        orders.append(tokens)
        workflow.task_tree = tokens[0]
        workflow.last_task = None if stored["last"] is None else tokens[stored["last"]]
        workflow.completed, workflow.success, workflow.data = stored["done"], stored["ok"], stored["data"]


def _fill(workflow: Any, rows: list[list[Any]]) -> list[Token]:
    tokens: list[Token] = []
    specs, manager = workflow.spec.task_specs, workflow.top_workflow.event_manager
    for identity, above, state, name, stamp, occurrence, triggered, *rest in rows:
        token = Token.__new__(Token)
        token.id, token.workflow, token.task_spec = UUID(hex=identity), workflow, specs[name]
        token._state, token._children, token.thread_id = state, [], 0
        token.last_state_change, token.occurrence, token.triggered = stamp, occurrence, triggered
        base: dict[str, Any] = {}
        token._parent = None
        if above is not None:
            parent = tokens[above]
            token._parent, base = parent.id, parent.data
            parent._children.append(token.id)
        if rest:
            token.internal_data, changed, gone = rest
            token.data = {} if changed is None else {**base, **changed}
            for key in gone:
                del token.data[key]
        else:
            token.internal_data, token.data = {}, dict(base)
        workflow.tasks[token.id] = token
        tokens.append(token)
        if state == _WAITING and isinstance(token.task_spec, CatchingEvent):
            manager.add_task(token)
    return tokens


def done_before(token: Token, *, only_way: bool = False) -> "Token | None":
    """The nearest user task completed on the way to a token, in its own workflow.

    `only_way`: None when a parallel branch, a join or a reminder lies between, for then there is no single way.
    """
    for above in token.ancestors():
        spec = above.task_spec
        if isinstance(spec, UserTask) and above._state == _COMPLETED and not above.triggered:
            return above
        forks = isinstance(spec, (ParallelGateway, InclusiveGateway))
        if only_way and (forks or (isinstance(spec, BoundaryEvent) and not spec.cancel_activity)):
            return None
    return None


def prune(top: Top) -> None:
    """Forget finished parts that nothing will ask again.

    Kept: the root, the last token, joins and what leads into them, open boundary groups, whatever stands above
    something unfinished, and the user task to which each live path can be sent back.
    """
    alive = dict(top.tasks)
    for holder_id, inner in list(top.subprocesses.items()):
        if holder_id not in alive or (inner.completed and alive[holder_id]._state & _FINISHED):
            del top.subprocesses[holder_id]
        else:
            alive.update(inner.tasks)
    for workflow in top.workflows():
        _prune(workflow)


def _prune(workflow: Any) -> None:
    keep = _kept(workflow)
    for token in reversed(list(workflow.tasks.values())):
        if token.id in keep or not token._state & _FINISHED or isinstance(token.task_spec, UnstructuredJoin):
            continue
        above = workflow.tasks[token._parent]
        if not token._children:
            above._children.remove(token.id)
        elif len(token._children) == 1:
            child = workflow.tasks[token._children[0]]
            # one that can still inherit or merge its parent's data stays under that parent
            if not child._state & _FINISHED or isinstance(child.task_spec, UnstructuredJoin):
                continue
            child._parent = above.id
            above._children[above._children.index(token.id)] = child.id
        else:
            continue
        del workflow.tasks[token.id]


def _kept(workflow: Any) -> set[UUID]:
    keep = {workflow.task_tree.id}
    if workflow.last_task is not None:
        keep.add(workflow.last_task.id)
    for token in workflow.tasks.values():
        if token._state in (_WAITING, _READY, _STARTED):
            back = done_before(token)
            keep.update([back.id] if back is not None else [])
        if isinstance(token.task_spec, BoundaryEventSplit) and _is_open(token):
            keep.add(token.id)
            keep.update(token._children)
    return keep


def _is_open(split: Token) -> bool:
    """Has this boundary group not been joined yet?"""
    if not split._state & _FINISHED:
        return True
    group = [*split.children]
    for child in split.children:
        group += [found for found in child.children if isinstance(found.task_spec, BoundaryEventJoin)]
    return any(not found._state & _FINISHED for found in group)
