"""A drawing -> specs of the library, built by hand: the library's XML parser is not used at all.

Each class here is the library's own with one thing replaced: whatever evaluated text asks language.py or a step,
timers are literals that read the act's time, data of branches are merged by what each branch changed, and every
callback is connected when the spec is built, so that threads can share it. The ids are those of the drawing.

It does NOT check the drawing (`dialect.py`) and keeps nothing of a running process (`spiff_state.py`).
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec, _BpmnCondition
from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin, BoundaryEventSplit, _EndJoin
from SpiffWorkflow.bpmn.specs.defaults import (
    BoundaryEvent,
    EndEvent,
    EventBasedGateway,
    ExclusiveGateway,
    InclusiveGateway,
    IntermediateCatchEvent,
    IntermediateThrowEvent,
    ParallelGateway,
    ParallelMultiInstanceTask,
    ScriptTask,
    SequentialMultiInstanceTask,
    StartEvent,
    SubWorkflowTask,
    UserTask,
)
from SpiffWorkflow.bpmn.specs.event_definitions import (
    DurationTimerEventDefinition,
    MessageEventDefinition,
    MultipleEventDefinition,
    NoneEventDefinition,
    TerminateEventDefinition,
)
from SpiffWorkflow.util.task import TaskState

from app.engine import language
from app.engine.dialect import Drawing, Node, Scope, arguments_of
from app.refusal import Refusal

MAX_INSTANCES = 200
_LIVE = TaskState.READY | TaskState.WAITING | TaskState.STARTED
_STRICT = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_SUBCLASS


class CollectionUnfit(Refusal):
    """A task for each value of a list needs a list of at most 200 values."""

    code = "collection_unfit"


def plain(value: Any) -> Any:
    """A deep copy of JSON values. Raises TypeError for anything else."""
    return orjson.loads(orjson.dumps(value, option=_STRICT))


class Condition(_BpmnCondition):
    """A condition in our language; null is not true."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.expression = language.parse(text)

    def _matches(self, task: Any) -> bool:
        return self.expression.holds(task.data, task.workflow.top_workflow.ledger.at)


class Timer(DurationTimerEventDefinition):
    """A literal duration or moment; fires only in a refresh, once."""

    def __init__(self, name: str, duration: timedelta | None, moment: datetime | None) -> None:
        super().__init__(name, "")
        self.duration, self.moment = duration, moment

    def has_fired(self, my_task: Any) -> bool:
        """Is it due, and may timers fire now?"""
        ledger, kept = my_task.workflow.top_workflow.ledger, my_task.internal_data
        if kept.get("event_value") is None:
            due = self.moment or ledger.at + self.duration
            kept["event_value"] = due.astimezone(UTC).isoformat()
        if ledger.is_firing and datetime.fromisoformat(kept["event_value"]) <= ledger.at:
            kept["event_fired"] = True
        return kept.get("event_fired", False)


class Message(MessageEventDefinition):
    """A message addressed to one instance; its values are assigned by key."""

    def update_task_data(self, my_task: Any) -> None:
        """Put the message's values into the data."""
        my_task.data = {**my_task.data, **(my_task.internal_data.get(self.name) or {})}

    def reset(self, my_task: Any) -> None:
        """Forget the message once it is taken."""
        my_task.internal_data.pop(self.name, None)
        super().reset(my_task)


class Terminate(TerminateEventDefinition):
    """Ends the scope; tells nobody (the library leaves an event behind)."""

    def throw(self, my_task: Any) -> None:
        """Nothing to tell."""
        return None


class EventGateway(EventBasedGateway):
    """As the library's, but leaves no event objects behind in the state."""

    def _run_hook(self, my_task: Any) -> bool:
        result = super()._run_hook(my_task)
        kept = my_task.internal_data
        for name in ["seen_events", *(d.name for d in self.event_definition.event_definitions)]:
            kept.pop(name, None)
        return result


class Step(ScriptTask):
    """A script or rule task: the host runs the named step; slow work leaves the task STARTED."""

    name_of_step = ""
    arguments: dict[str, Any] = {}

    def _execute(self, task: Any) -> bool | None:
        arguments = arguments_of(self.arguments, task.data)
        host = task.workflow.top_workflow.host
        found = host.step(self.bpmn_id, task.occurrence, self.name_of_step, plain(arguments), plain(task.data))
        if found is LATER:
            return None
        task.data = {**task.data, **plain(found or {})}
        return True


def _arrivals(spec: Any, my_task: Any) -> list[Any]:
    """The tokens of a join that belong to this round: those since the join last let something through."""
    since = my_task.find_ancestor(spec.name)
    return [t for t in my_task.workflow.tasks.values() if t.task_spec is spec and t is not my_task
            and t.has_state(TaskState.FINISHED_MASK) and (since is None or t.is_descendant_of(since))
            and not my_task.is_descendant_of(t)]


def _joined(spec: Any, my_task: Any) -> dict[str, Any]:
    """The data after a join: what stood before the branches, then what each branch changed, in order of time."""
    arrivals = sorted(_arrivals(spec, my_task), key=lambda token: token.last_state_change)
    parents = [token.parent for token in [*arrivals, my_task]]
    shared = [token.id for token in parents[0].ancestors()]
    for parent in parents[1:]:
        above = {parent.id, *(token.id for token in parent.ancestors())}
        shared = [found for found in shared if found in above]
    if not arrivals or not shared:
        return dict(my_task.parent.data)
    base = my_task.workflow.tasks[shared[0]].data
    data = dict(base)
    for parent in parents:
        data.update({k: v for k, v in parent.data.items() if k not in base or base[k] != v})
    return data


class Parallel(ParallelGateway):
    """Waits for every way in; only arrivals of this round count."""

    def _check_threshold_unstructured(self, my_task: Any) -> bool:
        since = my_task.find_ancestor(self.name)
        missing = set(self._inputs)
        for token in my_task.workflow.tasks.values():
            if token.task_spec is self and token.parent.state == TaskState.COMPLETED \
                    and (since is None or (token is not since and token.is_descendant_of(since))):
                missing.discard(token.parent.task_spec.name)
        return not missing

    def _run_hook(self, my_task: Any) -> bool:
        my_task.data = _joined(self, my_task)
        return True


class Inclusive(InclusiveGateway):
    """Waits while another token can still come (the library follows only the first way back); never with one way in."""

    def _check_threshold_unstructured(self, my_task: Any) -> bool:
        upstream = self._upstream() if len(self._inputs) > 1 else ()
        return not any(token.task_spec.name in upstream and token.has_state(_LIVE) and token is not my_task
                       and not token.is_descendant_of(my_task) for token in my_task.workflow.tasks.values())

    def _upstream(self) -> set[str]:
        """The nodes from which a token can come here without passing here."""
        found: set[str] = set()
        behind = [*self._inputs]
        while behind:
            name = behind.pop()
            if name not in found and name != self.name:
                found.add(name)
                behind += self._wf_spec.task_specs[name]._inputs
        return found

    def _run_hook(self, my_task: Any) -> bool:
        my_task.data = _joined(self, my_task) if len(self._inputs) > 1 else dict(my_task.parent.data)
        matches, defaults = self._get_matching_outputs(my_task)
        my_task._sync_children(matches or defaults, TaskState.FUTURE)
        for child in my_task.children:
            child.task_spec._predict(child, mask=TaskState.FUTURE | TaskState.PREDICTED_MASK)
        return True


class EndJoin(_EndJoin):
    """Waits until nothing else of the process can move."""

    def _check_threshold_unstructured(self, my_task: Any) -> bool:
        return not any(token is not my_task and token.has_state(TaskState.NOT_FINISHED_MASK)
                       and token.task_spec.name != "End" for token in my_task.workflow.tasks.values())

    def _run_hook(self, my_task: Any) -> bool:
        my_task.data = _joined(self, my_task)
        my_task.workflow.data.update(my_task.data)
        return True


class Embedded(SubWorkflowTask):
    """An embedded subprocess: takes a copy of the data and gives one back."""

    def copy_data(self, my_task: Any, subworkflow: Any) -> None:
        """Into the subprocess."""
        subworkflow.task_tree.data = plain(my_task.data)

    def update_data(self, my_task: Any, subworkflow: Any) -> None:
        """Out of the subprocess."""
        my_task.data = plain(subworkflow.last_task.data)


class _Each:
    """Once per value of a list. Each instance sees the value under `variable`; what it changes is kept, and the
    decisions of all are collected under `<element>_decisions`, in the order of completion."""

    element = collection = variable = ""

    def _update_hook(self, my_task: Any) -> bool | None:
        BpmnTaskSpec._update_hook(self, my_task)
        items = my_task.data.get(self.collection)
        if not isinstance(items, list) or len(items) > MAX_INSTANCES:
            raise CollectionUnfit(element=self.element, collection=self.collection, limit=MAX_INSTANCES)
        my_task.data = {**my_task.data, f"{self.element}_decisions": []}
        my_task.internal_data.update(merged=[], remaining=list(items))
        if not items:
            return True
        my_task._set_state(TaskState.STARTED)
        self._open(my_task)
        return None

    def _open(self, my_task: Any) -> None:
        """Open the next instance, or all of them."""
        remaining = my_task.internal_data["remaining"]
        count = 1 if isinstance(self, SequentialMultiInstanceTask) else len(remaining)
        my_task.internal_data["remaining"] = remaining[count:]
        for item in remaining[:count]:
            child = my_task._add_child(my_task.workflow.spec.task_specs[self.task_spec], TaskState.WAITING)
            child.triggered = True
            child.task_spec._update(child)
            child.data = {**child.data, self.variable: item}

    def merge_child(self, workflow: Any, child: Any) -> None:
        """An instance is done: keep what it changed, go on when it was the last."""
        my_task = child.parent
        before, after = my_task.parent.data, child.data
        changed = {k: v for k, v in after.items() if k != self.variable and (k not in before or before[k] != v)}
        name = f"{self.element}_decisions"
        decisions = [*my_task.data[name], *([after["decision"]] if "decision" in after else [])]
        my_task.data = {**my_task.data, **changed, name: decisions}
        if my_task.internal_data["remaining"]:
            self._open(my_task)
        elif all(c.state == TaskState.COMPLETED for c in my_task.children if c.task_spec is child.task_spec):
            my_task._set_state(TaskState.READY)


class EachAtOnce(_Each, ParallelMultiInstanceTask):
    """All instances are open at the same time."""


class EachInTurn(_Each, SequentialMultiInstanceTask):
    """One instance after the other."""


class Process(BpmnProcessSpec):
    """A process or a subprocess, with our end."""

    def __init__(self, name: str, description: str | None = None, **kwargs: Any) -> None:
        super().__init__(name=name, description=description, **kwargs)
        last = self.task_specs["End"]
        last._inputs = []
        del self.task_specs[self.end.name]
        self.end = EndJoin(self, self.end.name)
        self.end.connect(last)


class Later:
    """The type of LATER."""


#: what a host answers for a slow step: the task stays STARTED until `finish`
LATER = Later()

_GATEWAYS = {"exclusiveGateway": ExclusiveGateway, "parallelGateway": Parallel, "inclusiveGateway": Inclusive}


def build(drawing: Drawing) -> tuple[Process, dict[str, Process]]:
    """The spec of the process, and those of its subprocesses by id."""
    specs = {scope.id: _Builder(scope, drawing.label).build() for scope in drawing.scopes.values()}
    return specs.pop(drawing.key), specs


def _predict_nothing(my_task: Any, seen: Any = None, looked_ahead: int = 0, mask: int = 0) -> None:
    """Children are made when a token runs (`Token.run`), not before."""


class _Builder:
    """Builds one scope."""

    def __init__(self, scope: Scope, label: str) -> None:
        self.scope, self.nodes = scope, scope.nodes
        self.spec = Process(scope.id, label)

    def build(self) -> Process:
        """Make the nodes, the boundary groups, then the flows in the order of the file."""
        for node in self.nodes.values():
            self._make(node)
        entries = {node.id: self._boundary(node) for node in self.nodes.values()}
        for node in self.nodes.values():
            if node.tag == "startEvent":
                self.spec.start.connect(self.spec.task_specs[node.id])
            elif node.tag == "endEvent":
                self.spec.task_specs[node.id].connect(self.spec.end)
        for flow in self.scope.flows:
            source, target = self.spec.task_specs[flow.source], entries[flow.target]
            if flow.condition:
                source.connect_if(Condition(flow.condition), target)
            else:
                source.connect(target)
        for spec in self.spec.task_specs.values():
            spec._predict = _predict_nothing
        return self.spec

    def _make(self, node: Node) -> None:
        if node.loop is None:
            self._inner(node, node.id)
            return
        kind = EachInTurn if node.loop.is_sequential else EachAtOnce
        name = f"{node.id} [child]"
        outer = kind(self.spec, node.id, task_spec=name)
        inner = self._inner(node, name)
        outer.bpmn_id, inner.bpmn_id = None, node.id
        outer.element, outer.collection, outer.variable = node.id, node.loop.collection, node.loop.variable
        inner._inputs = [outer.name]
        inner.completed_event.connect(outer.merge_child)

    def _inner(self, node: Node, name: str) -> Any:
        label, tag = {"bpmn_name": node.element.label}, node.tag
        if tag == "userTask":
            return UserTask(self.spec, name, **label)
        if tag in ("scriptTask", "businessRuleTask"):
            step = Step(self.spec, name, node.element.step, **label)
            step.name_of_step, step.arguments = node.element.step, node.element.arguments or {}
            return step
        if tag == "subProcess":
            return Embedded(self.spec, name, node.id, **label)
        if tag == "eventBasedGateway":
            return EventGateway(self.spec, name, MultipleEventDefinition(), **label)
        if tag in _GATEWAYS:
            return _GATEWAYS[tag](self.spec, name, **label)
        return self._event(node, name, label)

    def _event(self, node: Node, name: str, label: dict[str, str]) -> Any:
        definition: Any = NoneEventDefinition()
        if node.element.message:
            definition = Message(node.element.message)
        elif node.duration or node.moment:
            definition = Timer(name, node.duration, node.moment)
        elif node.is_terminate:
            definition = Terminate()
        if node.tag == "boundaryEvent":
            return BoundaryEvent(self.spec, name, definition, node.is_interrupting, **label)
        kinds = {"startEvent": StartEvent, "endEvent": EndEvent, "intermediateCatchEvent": IntermediateCatchEvent,
                 "intermediateThrowEvent": IntermediateThrowEvent}
        return kinds[node.tag](self.spec, name, definition, **label)

    def _boundary(self, node: Node) -> Any:
        """The spec to enter a node by: the split before it when events sit on its boundary."""
        host = self.spec.task_specs[node.id]
        events = [self.spec.task_specs[event.id] for event in self.scope.boundaries(node.id)]
        if not events:
            return host
        split = BoundaryEventSplit(self.spec, f"{node.id}.BoundaryEventSplit")
        join = BoundaryEventJoin(self.spec, f"{node.id}.BoundaryEventJoin", split_task=split.name, cancel=True)
        for spec in [host, *events]:
            split.connect(spec)
            spec.connect(join)
        return split
