"""A run taken over by another version of its drawing, or a token put to another element: what the library cannot do.

The library's own migration loses drafts of open tasks, restarts deadlines and skips what was inserted before the open
task. Here the kept rows are loaded by name with the new specs; an open task that got a reminder is entered again,
with its own number. Both are pure: an act runs them, replay runs them again and gets the same bytes.

It does NOT judge whether that is right (migrate.py, repair.py).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from SpiffWorkflow.bpmn.specs.control import BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.defaults import BoundaryEvent, SubWorkflowTask
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.bpmn.specs.mixins.unstructured_join import UnstructuredJoin
from SpiffWorkflow.util.task import TaskState

from app.engine.spiff import Compiled, Host, NotWaiting, Run
from app.engine.spiff_spec import Step
from app.engine.spiff_state import Token

_STANDING = TaskState.WAITING | TaskState.READY | TaskState.STARTED


@dataclass(frozen=True)
class Place:
    """Where a token stands."""

    #: user, script, catch (event or event gateway), boundary (an event beside an open task), join (a gateway that
    #: waits for other branches), each (one value of a list), inner (a subprocess and what is in it)
    kind: str
    element: str
    occurrence: int


def places(run: Run) -> tuple[Place, ...]:
    """Where the tokens of a run at rest stand, oldest first."""
    found = [Place(kind, token.task_spec.bpmn_id or getattr(token.task_spec, "element", ""), token.occurrence)
             for token in run._top.tokens() if token._state & _STANDING and (kind := _kind(run, token))]
    return tuple(dict.fromkeys(found))


def _kind(run: Run, token: Token) -> str:
    spec = token.task_spec
    if token.workflow is not run._top or isinstance(spec, SubWorkflowTask):
        return "inner" if spec.bpmn_id else ""
    if spec.name.endswith(" [child]") or hasattr(spec, "collection"):
        return "each"
    if isinstance(spec, BoundaryEvent):
        return "boundary"
    if isinstance(spec, CatchingEvent):
        return "catch"
    if isinstance(spec, Step):
        return "script"
    if spec.manual:
        return "user"
    return "join" if isinstance(spec, UnstructuredJoin) and spec.bpmn_id else ""


def unknown(compiled: Compiled, state: bytes) -> list[str]:
    """Elements of the kept rows that another version does not have, or has as something else to the library."""
    found = []
    for number, stored in enumerate(orjson.loads(state)["workflows"]):
        if number:  # a subprocess: places() says so
            break
        found += [row[3] for row in stored["rows"] if row[3] not in compiled._process.task_specs]
    return list(dict.fromkeys(name.split(".")[0].split(" ")[0] for name in found))


def move(compiled: Compiled, state: bytes, *, seed: UUID, act: int, at: datetime, host: Host) -> Run:
    """Take a run over into another version; deadlines that run go on, new ones begin at the act's time.

    The caller has asked `unknown`, and judged the rest.
    """
    run = Run.load(compiled, state, seed=seed, act=act, at=at, host=host)
    for token in [t for t in run._top.tasks.values() if t._state == TaskState.STARTED]:
        token._drop_children()  # it knew already what came next, in the older version
        token.task_spec._predict_hook(token)
    for token in [t for t in run._top.tasks.values() if t._state == TaskState.READY and t.task_spec.manual]:
        split = compiled._process.task_specs.get(f"{token.task_spec.name}.BoundaryEventSplit")
        if split is not None and token.parent.task_spec is not split:
            _enter_again(run, token, split)
        elif split is not None:
            _add_events(token.parent)
    run._rest()
    return run


def _enter_again(run: Run, token: Token, split: Any) -> None:
    """Put an open task under the split of its new events; it keeps its number and so its row in the inbox."""
    parent, element = token.parent, token.task_spec.bpmn_id
    parent._children.remove(token.id)
    del token.workflow.tasks[token.id]
    run._ledger.counters[element] = token.occurrence - 1
    again = parent._add_child(split, TaskState.FUTURE)
    split._update(again)


def _add_events(split: Token) -> None:
    """Begin the events that the new version adds to those beside an open task."""
    present = {child.task_spec.name for child in split.children}
    for spec in split.task_spec.outputs:
        if spec.name not in present:
            event = split._add_child(spec, TaskState.MAYBE)
            event._set_state(TaskState.WAITING)
            spec._update(event)


def put(run: Run, element: str, occurrence: int, target: str) -> None:
    """Cancel the token that stands there and let it go on at another element of the process. Raises NotWaiting."""
    token = next((t for t in run._top.tasks.values() if t.occurrence == occurrence and t._state & _STANDING
                  and t.task_spec.bpmn_id == element and _kind(run, t) in ("user", "script", "catch")), None)
    if token is None:
        raise NotWaiting(element=element, occurrence=occurrence)
    specs = token.workflow.spec.task_specs
    entry = specs.get(f"{target}.BoundaryEventSplit") or specs.get(target)
    if entry is None:
        raise NotWaiting(element=target)
    token.cancel()
    split = token.parent
    if split is not None and isinstance(split.task_spec, BoundaryEventSplit):
        for event in split.children:
            if event._state == TaskState.WAITING:
                event.cancel()
    again = token._add_child(entry, TaskState.FUTURE)
    entry._update(again)
    run._rest()
