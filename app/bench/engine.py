"""One step of the engine: load, complete, run to rest, save; ours against the library as it comes.

The anchor keeps its state as the library's own JSON with the specs inside, parses the drawing with the library's
parser and runs the library's own steps; its script engine does next to nothing and shares our conditions. No
database and no HTTP here (`bench/task.py`).
"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from SpiffWorkflow.bpmn import BpmnEvent, BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.specs.event_definitions import MessageEventDefinition
from SpiffWorkflow.util.task import TaskState

from app.bench.report import figure, interleaved, report
from app.engine import language, spiff

_SEED, _AT = UUID(int=1), datetime(2026, 1, 5, tzinfo=UTC)
_INCOMING = Path(__file__).parents[2] / "processes" / "incoming.bpmn"
_DATA = {"channel": "paper", "document_id": 1, "leader_id": 3, "due_date": "2026-02-01"}
#: what people decide, in order; None is the message that the answer went out
_COURSE = (
    ("receive_paper", {}), ("verify", {"decision": "register"}), ("assign", {"decision": "return"}),
    ("verify", {"decision": "register"}), ("assign", {"decision": "assign", "handler_id": 5}),
    ("handle", {"decision": "reassign", "handler_id": 6}), ("handle", {"decision": "answer"}), ("answered", None),
)  # fmt: skip
_OPINIONS = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
 xmlns:camunda="http://camunda.org/schema/1.0/bpmn"><process id="opinions" isExecutable="true"><startEvent id="start"/>
 <userTask id="ask" camunda:formKey="ask"><multiInstanceLoopCharacteristics {}</multiInstanceLoopCharacteristics>
 </userTask><endEvent id="end"/><sequenceFlow id="f1" sourceRef="start" targetRef="ask"/>
 <sequenceFlow id="f2" sourceRef="ask" targetRef="end"/></process></definitions>"""
_OURS = 'camunda:collection="people" camunda:elementVariable="person">'
_THEIRS = ("><loopDataInputRef>people</loopDataInputRef><loopDataOutputRef>decisions</loopDataOutputRef>"
           '<inputDataItem id="person"/><outputDataItem id="decision"/>')


class _Host:
    def step(self, element: str, occurrence: int, name: str, arguments: dict, data: dict) -> dict:
        """Every step is done at once."""
        return {}


class _Engine:
    """Next to nothing: conditions in our language, timers as written, scripts done."""

    def evaluate(self, task: Any, text: str, external_context: Any = None) -> Any:
        """The value of a condition; a timer's text stands for itself."""
        return text if text.startswith("P") else language.parse(text).holds(task.data)

    def execute(self, task: Any, script: str, external_context: Any = None) -> bool:
        """Done."""
        return True


class _Ours:
    def __init__(self, text: bytes, data: dict) -> None:
        self.compiled = spiff.compile_diagram(text)
        run = spiff.Run.start(self.compiled, seed=_SEED, act=1, at=_AT, host=_Host(), data=data)
        self.states = [run.save()]

    def step(self, state: bytes, element: str, values: dict | None) -> bytes:
        run = spiff.Run.load(self.compiled, state, seed=_SEED, act=len(self.states) + 1, at=_AT, host=_Host())
        if values is None:
            run.receive(element, {})
        else:
            occurrence = min(w.occurrence for w in run.waiting() if w.element == element)
            run.complete(element, occurrence, values)
        return run.save()


class _Stock:
    def __init__(self, text: bytes, data: dict) -> None:
        parser = BpmnParser()
        parser.add_bpmn_str(text)
        key = parser.get_process_ids()[0]
        workflow = BpmnWorkflow(parser.get_spec(key), parser.get_subprocess_specs(key), _Engine())
        workflow.task_tree.data = dict(data)
        workflow.do_engine_steps()
        self.serializer = BpmnWorkflowSerializer()
        self.states = [self.serializer.serialize_json(workflow)]

    def step(self, state: str, element: str, values: dict | None) -> str:
        workflow = self.serializer.deserialize_json(state)
        workflow.script_engine = _Engine()
        if values is None:
            workflow.send_event(BpmnEvent(MessageEventDefinition(element), payload={}))
        else:
            ready = workflow.get_tasks(state=TaskState.READY, manual=True)
            task = next(found for found in ready if found.task_spec.bpmn_id == element)
            task.data.update(values)
            task.run()
        workflow.do_engine_steps()
        return self.serializer.serialize_json(workflow)


def run(rounds: int = 30) -> dict[str, Any]:
    """Milliseconds per step, and bytes of state, as medians of `rounds` rounds taken in turn."""
    text = _INCOMING.read_bytes()
    course = [*_COURSE]
    ours, stock = _walked(_Ours(text, _DATA), course), _walked(_Stock(text, _DATA), course)
    people = {"people": list(range(100))}
    asked = [("ask", {"decision": "accept"})] * 91
    many = _walked(_Ours(_OPINIONS.format(_OURS).encode(), people), asked)
    many_stock = _walked(_Stock(_OPINIONS.format(_THEIRS).encode(), people), asked)
    times = interleaved({
        "ours": _again(ours, course), "stock": _again(stock, course),
        "many": _again(many, asked, 90), "many_stock": _again(many_stock, asked, 90),
    }, rounds)
    sizes = [sum(map(len, walked.states)) / len(walked.states) for walked in (ours, stock)]
    return report("engine", [
        _figure("step, incoming procedure", times["ours"] / len(course), times["stock"] / len(course), 0.25),
        _figure("step, 100 opinions asked, 90 given", times["many"], times["many_stock"], 0.10),
        _figure("state, incoming procedure", sizes[0], sizes[1], 0.25, unit="bytes"),
    ])


def _walked(engine: Any, course: list[tuple[str, dict | None]]) -> Any:
    for element, values in course:
        engine.states.append(engine.step(engine.states[-1], element, values))
    return engine


def _again(engine: Any, course: list[tuple[str, dict | None]], first: int = 0) -> Callable[[], None]:
    def steps() -> None:
        for state, (element, values) in list(zip(engine.states, course, strict=False))[first:]:
            engine.step(state, element, values)

    return steps


def _figure(name: str, ours: float, stock: float, goal: float, unit: str = "ms") -> dict[str, Any]:
    return figure(name, unit, ours, anchor=stock, anchor_is="SpiffWorkflow as it comes", goal=f"<= {goal} x",
                  ok=ours <= goal * stock)
