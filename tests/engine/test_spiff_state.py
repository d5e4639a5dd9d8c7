"""The compact state: equal to what the library's own serialiser says, pruned or not, and the same on replay."""

import threading
from random import Random

import pytest
from lxml import etree
from spiff_walk import DATA, GOOD, PROCESSES, SEED, START, Host, Walk, choose, compiled, do
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.serializer.config import DEFAULT_CONFIG
from SpiffWorkflow.bpmn.serializer.default.workflow import (
    BpmnSubWorkflowConverter,
    BpmnWorkflowConverter,
    TaskConverter,
)
from SpiffWorkflow.bpmn.serializer.workflow import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.specs.control import BpmnStartTask
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from app.engine import language, spiff, spiff_state

ALL = [*GOOD, *PROCESSES]
BY_NAME = pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
#: what the library cannot read in the editor's form; and a loop around a join, where its second round
#: goes on when only one branch has come (test_spiff.py has ours)
OURS_ONLY = {"each", "each_late", "link", "rule", "parallel"}


class WithoutSpecs(BpmnWorkflowConverter):
    """The library's converter, the specs left out: they are ours and are checked by running them."""

    def to_dict(self, workflow):
        found = super(BpmnWorkflowConverter, self).to_dict(workflow)
        found["subprocesses"] = self.mapping_to_dict(workflow.subprocesses)
        return found


def library_says(run):
    """The whole state by the library's own serialiser."""
    ours = {spiff_state.Top: WithoutSpecs, spiff_state.Inner: BpmnSubWorkflowConverter,
            spiff_state.Token: TaskConverter}
    serializer = BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure({**DEFAULT_CONFIG, **ours}))
    found = serializer.to_dict(run._top)
    waiting = sorted(str(identity) for identity in run._top.event_manager.tasks)
    return found, waiting, [(t.occurrence, str(t.id)) for t in run._top.tokens()]


def walks(compiled_diagram, steps=20, seeds=2, **more):
    for seed in range(seeds):
        random, walk = Random(seed), Walk(compiled_diagram, **more)
        for _ in range(steps):
            yield walk
            waiting = walk.run.waiting()
            if walk.run.is_finished or not waiting:
                break
            do(walk, choose(random, waiting))
        yield walk


@BY_NAME
def test_a_loaded_state_is_what_the_library_would_have_kept(path):
    checked = 0
    for walk in walks(compiled(path), prune=False):
        before = library_says(walk.run)
        loaded = spiff.Run.load(walk.compiled, walk.state, seed=SEED, act=99, at=START, host=Host())
        assert library_says(loaded) == before
        assert loaded.save(prune=False) == walk.state
        assert loaded.waiting() == walk.run.waiting()
        checked += 1
    assert checked > 3


@BY_NAME
def test_a_pruned_run_behaves_as_an_unpruned_one(path):
    for seed in range(3):
        random = Random(seed)
        whole, pruned = Walk(compiled(path), prune=False), Walk(compiled(path), prune=True)
        for _ in range(30):
            assert pruned.run.waiting() == whole.run.waiting()
            assert pruned.run.moves == whole.run.moves
            assert pruned.run.data == whole.run.data
            assert pruned.run.wake_at == whole.run.wake_at
            assert (pruned.run.is_finished, pruned.run.ended_at_element) == \
                (whole.run.is_finished, whole.run.ended_at_element)
            assert pruned.host.calls == whole.host.calls
            if whole.run.is_finished:
                break
            choice = choose(random, whole.run.waiting())
            if choice[0] == "finish" and random.random() < 0.3:
                assert send_back(whole, choice) == send_back(pruned, choice)
            else:
                do(whole, choice)
                do(pruned, choice)


def send_back(walk, choice):
    """The task that is open again, or None when there is no way back."""
    try:
        element = walk.next().send_back(choice[1], choice[2])
    except spiff.NoWayBack:
        walk.next()
        return None
    finally:
        walk.rest()
    return element


def test_pruning_keeps_a_long_rework_small():
    walk = Walk(compiled(next(p for p in GOOD if p.stem == "rework")))
    sizes = []
    for _ in range(120):
        walk.complete("draft", subject="x").complete("review", decision="return")
        sizes.append(len(walk.state))
    assert walk.run.depth < 20
    assert max(sizes[60:]) <= sizes[5] + 60
    assert walk.of("draft").occurrence == 121


def test_a_deep_run_is_refused_long_before_the_library_goes_silent():
    run = Walk(compiled(next(p for p in GOOD if p.stem == "rework"))).run
    occurrence = 0
    while run.depth < spiff.MAX_DEPTH:
        occurrence += 1
        run.complete("draft", occurrence, {})
        run.complete("review", occurrence, {"decision": "return"})
    with pytest.raises(spiff.TooDeep):
        run.save(prune=False)
    assert run.depth < 700
    assert run.save() and run.depth < 20


@BY_NAME
def test_replay_gives_the_same_bytes(path):
    def states():
        return [walk.state for walk in walks(compiled(path))]

    assert states() == states()


def test_neither_clock_nor_random_ids_are_read(monkeypatch):
    """The library must find no clock and no uuid4: ids and times are the act's."""
    import SpiffWorkflow.bpmn.specs.event_definitions.timer as timer
    import SpiffWorkflow.task as task

    for module, name in [(task, "time"), (task, "uuid4"), (timer, "datetime")]:
        monkeypatch.setattr(module, name, None)
    for path in ALL:
        for walk in walks(compiled(path), seeds=1):
            assert walk.state


def test_threads_share_one_compiled_diagram():
    found, errors = {}, []
    diagrams = {path.stem: compiled(path) for path in ALL}

    def work(number):
        try:
            found[number] = [walk.state for c in diagrams.values() for walk in walks(c, seeds=1, steps=10)]
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert not errors
    assert all(states == found[0] for states in found.values())


class StockEngine:
    """The library's engine with our conditions, so that both can be compared."""

    environment = None

    def evaluate(self, task, text, external_context=None):
        return text if text.startswith("P") else language.parse(text).holds(task.data)

    def execute(self, task, script, external_context=None):
        return None if script.split("(")[0] in Host().slow else True


@pytest.mark.parametrize("path", [p for p in ALL if p.stem not in OURS_ONLY], ids=lambda path: path.stem)
def test_the_stock_library_goes_the_same_way(path):
    """The library's own parser, workflow and steps on the same drawing: the same tasks open after every act."""
    parser = BpmnParser()
    drawing = etree.parse(path, etree.XMLParser(resolve_entities=False, no_network=True))
    for one in [*drawing.iter("{*}multiInstanceLoopCharacteristics")]:
        if one.get("{http://camunda.org/schema/1.0/bpmn}collection") == "opinion_holder_ids":  # of one value: a task
            one.getparent().remove(one)
    parser.add_bpmn_xml(drawing, filename=path.name)
    diagram = compiled(path)
    for seed in range(3):
        random, walk = Random(seed), Walk(diagram)
        stock = BpmnWorkflow(parser.get_spec(diagram.key), parser.get_subprocess_specs(diagram.key), StockEngine())
        next(iter(stock.get_tasks(spec_class=BpmnStartTask))).data = dict(DATA)
        stock.do_engine_steps()
        for _ in range(12):
            assert sorted(w.element for w in walk.run.waiting() if w.kind != "catch") == stock_waits(stock)
            assert walk.run.is_finished == stock.is_completed()
            busy = [w for w in walk.run.waiting() if w.kind != "catch"]
            if not busy:
                break
            choice = choose(random, busy)
            do(walk, choice)
            task = min((t for t in stock_busy(stock) if t.task_spec.bpmn_id == choice[1]),
                       key=lambda t: t.last_state_change)
            task.data = {**task.data, **choice[3]}
            task.run() if choice[0] == "complete" else task.complete()
            stock.do_engine_steps()


def stock_busy(workflow):
    return [t for t in workflow.get_tasks(state=TaskState.READY | TaskState.STARTED)
            if t.task_spec.manual or type(t.task_spec).__name__ == "ScriptTask"]


def stock_waits(workflow):
    return sorted(t.task_spec.bpmn_id for t in stock_busy(workflow))
