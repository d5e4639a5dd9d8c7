"""Every place where the library evaluates text of a diagram, and what becomes of Python written there.

The numbers are those of the list of evaluation points: 27 places that go through the library's script engine,
and those beside it. Each place gets a diagram that would create a file; each is refused when it is compiled, by
the name of the element, or the text stays a text.
"""

import subprocess
import sys
from xml.sax.saxutils import escape

import pytest
from spiff_walk import GOOD, PROCESSES, SEED, START, Host, Walk, compiled
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec
from SpiffWorkflow.specs.MultiChoice import MultiChoice

from app.engine import spiff, spiff_spec, spiff_state
from app.refusal import Refusal

PROCESS = """<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
 xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core">{before}
 <bpmn:process id="p" isExecutable="true"><bpmn:startEvent id="start"/><bpmn:sequenceFlow id="f1" sourceRef="start"
 targetRef="place"/>{place}<bpmn:sequenceFlow id="f2" sourceRef="place" targetRef="end"/>{more}
 <bpmn:endEvent id="end"/></bpmn:process></bpmn:definitions>"""
SCRIPT = '<bpmn:scriptTask id="place"{0}>{1}<bpmn:script>number()</bpmn:script></bpmn:scriptTask>'
USER = '<bpmn:userTask id="place" camunda:formKey="place"{0}>{1}</bpmn:userTask>'
CATCH = '<bpmn:intermediateCatchEvent id="place">{0}</bpmn:intermediateCatchEvent>'
THROW = '<bpmn:intermediateThrowEvent id="place">{0}</bpmn:intermediateThrowEvent>'
GATEWAY = '<bpmn:{0} id="place" default="f2"/>'
TO_END = ('<bpmn:sequenceFlow id="f3" sourceRef="place" targetRef="end"><bpmn:conditionExpression>{0}'
          '</bpmn:conditionExpression></bpmn:sequenceFlow>')
LOOP = '<bpmn:multiInstanceLoopCharacteristics{0} camunda:collection="people" camunda:elementVariable="person">{1}' \
       '</bpmn:multiInstanceLoopCharacteristics>'
EXTRA = '<bpmn:extensionElements>{0}</bpmn:extensionElements>'
MESSAGE = '<bpmn:message id="m" name="answered">{0}</bpmn:message>'
ON_MESSAGE = '<bpmn:messageEventDefinition messageRef="m">{0}</bpmn:messageEventDefinition>'
TIMER = '<bpmn:timerEventDefinition><bpmn:{0}>{1}</bpmn:{0}></bpmn:timerEventDefinition>'
AD_HOC = '<bpmn:adHocSubProcess id="place"><bpmn:completionCondition>{0}</bpmn:completionCondition>{1}' \
         '</bpmn:adHocSubProcess>'

#: number and element -> place, what stands beside it, what stands before the process; "{}" is the text
PLACES = {
    "1 script task": ('<bpmn:scriptTask id="place"><bpmn:script>{}</bpmn:script></bpmn:scriptTask>', "", ""),
    "1 script task, argument": (
        '<bpmn:scriptTask id="place"><bpmn:script>number(a={})</bpmn:script></bpmn:scriptTask>', "", ""),
    "2 exclusive condition": (GATEWAY.format("exclusiveGateway"), TO_END, ""),
    "3 inclusive condition": (GATEWAY.format("inclusiveGateway"), TO_END, ""),
    "4 loop condition": (USER.format("", "<bpmn:standardLoopCharacteristics><bpmn:loopCondition>{}"
                                         "</bpmn:loopCondition></bpmn:standardLoopCharacteristics>"), "", ""),
    "5 completion condition": (USER.format("", LOOP.format(
        "", "<bpmn:completionCondition>{}</bpmn:completionCondition>")), "", ""),
    "6 cardinality in turn": (USER.format("", LOOP.format(
        ' isSequential="true"', "<bpmn:loopCardinality>{}</bpmn:loopCardinality>")), "", ""),
    "7 cardinality at once": (USER.format("", LOOP.format(
        "", "<bpmn:loopCardinality>{}</bpmn:loopCardinality>")), "", ""),
    "8 ad hoc completion": (AD_HOC.format("{}", ""), "", ""),
    "9 ad hoc condition": (AD_HOC.format("x", GATEWAY.format("inclusiveGateway").replace("place", "g") + TO_END),
                           "", ""),
    "10 conditional event": (CATCH.format("<bpmn:conditionalEventDefinition><bpmn:condition>{}</bpmn:condition>"
                                          "</bpmn:conditionalEventDefinition>"), "", ""),
    "11 timer date": (CATCH.format(TIMER.format("timeDate", "{}")), "", ""),
    "12 timer duration": (CATCH.format(TIMER.format("timeDuration", "{}")), "", ""),
    "13 timer cycle": (CATCH.format(TIMER.format("timeCycle", "{}")), "", ""),
    "14 correlation": (
        CATCH.format(ON_MESSAGE.format("")), "",
        MESSAGE.format("") + '<bpmn:correlationProperty id="c"><bpmn:correlationPropertyRetrievalExpression '
        'messageRef="m"><bpmn:messagePath>{}</bpmn:messagePath></bpmn:correlationPropertyRetrievalExpression>'
        "</bpmn:correlationProperty>"),
    "15-18 decision, the library's reference": (
        '<bpmn:businessRuleTask id="place">' + EXTRA.format(
            "<spiffworkflow:calledDecisionId>{}</spiffworkflow:calledDecisionId>") + "</bpmn:businessRuleTask>",
        "", ""),
    "15-18 decision, the editor's reference": (
        '<bpmn:businessRuleTask id="place" camunda:decisionRef="{}"/>', "", ""),
    "19 pre-script": (SCRIPT.format("", EXTRA.format(
        "<spiffworkflow:preScript>{}</spiffworkflow:preScript>")), "", ""),
    "20 post-script": (USER.format("", EXTRA.format(
        "<spiffworkflow:postScript>{}</spiffworkflow:postScript>")), "", ""),
    "21 service parameter": (
        '<bpmn:serviceTask id="place">' + EXTRA.format(
            '<spiffworkflow:serviceTaskOperator id="x"><spiffworkflow:parameters><spiffworkflow:parameter id="a" '
            'type="str" value="{}"/></spiffworkflow:parameters></spiffworkflow:serviceTaskOperator>')
        + "</bpmn:serviceTask>", "", ""),
    "22 message payload": (THROW.format(ON_MESSAGE.format("")), "", MESSAGE.format(EXTRA.format(
        "<spiffworkflow:messagePayload>{}</spiffworkflow:messagePayload>"))),
    "23 process variable correlation": (CATCH.format(ON_MESSAGE.format("")), "", MESSAGE.format(EXTRA.format(
        "<spiffworkflow:processVariableCorrelation><spiffworkflow:propertyId>a</spiffworkflow:propertyId>"
        "<spiffworkflow:expression>{}</spiffworkflow:expression></spiffworkflow:processVariableCorrelation>"))),
    **{f"{number} {kind} payload": (
        THROW.format(f'<bpmn:{kind}EventDefinition {kind}Ref="s"/>'), "",
        f'<bpmn:{kind} id="s" name="s">' + EXTRA.format(
            "<spiffworkflow:payloadExpression>{}</spiffworkflow:payloadExpression>") + f"</bpmn:{kind}>")
       for number, kind in [(24, "signal"), (25, "error"), (26, "escalation")]},
    "27 camunda expression": (CATCH.format(ON_MESSAGE.format(EXTRA.format(
        "<camunda:expression>{}</camunda:expression>"))), "", MESSAGE.format("")),
    "27 camunda expression, attribute": (CATCH.format(
        '<bpmn:messageEventDefinition messageRef="m" camunda:expression="{}"/>'), "", MESSAGE.format("")),
    "service task, camunda": ('<bpmn:serviceTask id="place" camunda:expression="{}"/>', "", ""),
    "listener": (SCRIPT.format("", EXTRA.format(
        '<camunda:executionListener event="start"><camunda:script scriptFormat="python">{}</camunda:script>'
        "</camunda:executionListener>")), "", ""),
    "unit test": (SCRIPT.format("", EXTRA.format(
        "<spiffworkflow:unitTests><spiffworkflow:unitTest id=\"u\"><spiffworkflow:inputJson>{}"
        "</spiffworkflow:inputJson></spiffworkflow:unitTest></spiffworkflow:unitTests>")), "", ""),
    "output mapping": (SCRIPT.format("", EXTRA.format(
        '<camunda:inputOutput><camunda:outputParameter name="a">{}</camunda:outputParameter></camunda:inputOutput>'
    )), "", ""),
    "input script": (SCRIPT.format("", EXTRA.format(
        '<camunda:inputOutput><camunda:inputParameter name="a"><camunda:script>{}</camunda:script>'
        "</camunda:inputParameter></camunda:inputOutput>")), "", ""),
    "data object": (USER.format("", "<bpmn:dataInputAssociation><bpmn:sourceRef>{}</bpmn:sourceRef>"
                                    "</bpmn:dataInputAssociation>"), "", ""),
    "XPath in a reference": (CATCH.format('<bpmn:messageEventDefinition messageRef="{}"/>'), "", MESSAGE.format("")),
    "call activity": ('<bpmn:callActivity id="place" calledElement="{}"/>', "", ""),
    "assignee": (USER.format(' camunda:assignee="={}"', ""), "", ""),
    "due date": (USER.format(' camunda:dueDate="={}"', ""), "", ""),
    "unit": (USER.format("", EXTRA.format(
        '<camunda:properties><camunda:property name="unit" value="={}"/></camunda:properties>')), "", ""),
    "collection": (USER.format("", '<bpmn:multiInstanceLoopCharacteristics camunda:collection="{}" '
                                   'camunda:elementVariable="a"/>'), "", ""),
    "element variable": (USER.format("", '<bpmn:multiInstanceLoopCharacteristics camunda:collection="a" '
                                         'camunda:elementVariable="{}"/>'), "", ""),
    "input parameter of data": (SCRIPT.format("", EXTRA.format(
        '<camunda:inputOutput><camunda:inputParameter name="a">={}</camunda:inputParameter></camunda:inputOutput>'
    )), "", ""),
}
#: places that take any text, and only ever as a text
TEXTS = {
    "label": (USER.format(' name="{}"', ""), "", ""),
    "documentation": (USER.format("", "<bpmn:documentation>{}</bpmn:documentation>"), "", ""),
    "constant setting": (USER.format(' camunda:assignee="{}"', ""), "", ""),
    "constant input parameter": (SCRIPT.format("", EXTRA.format(
        '<camunda:inputOutput><camunda:inputParameter name="a">{}</camunda:inputParameter></camunda:inputOutput>'
    )), "", ""),
    "template": (USER.format(' camunda:modelerTemplate="{}"', ""), "", ""),
    "script text": ('<bpmn:scriptTask id="place"><bpmn:script>number(a="{}")</bpmn:script></bpmn:scriptTask>',
                    "", ""),
}
ESCAPES = (
    "__import__('os').system('touch {}')",
    "[c for c in ().__class__.__base__.__subclasses__() if c.__name__ == 'Popen'][0](['touch', '{}'])",
    "open('{}', 'w')",
    "(lambda: exec('open(chr(39) + \"{}\" + chr(39), \"w\")'))()",
)


def drawn(place, text):
    parts = [part.replace("{}", "{0}").replace("{0}", escape(text, {'"': "&quot;"})) for part in place]
    return PROCESS.format(place=parts[0], more=parts[1], before=parts[2]).encode()


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("number", range(len(ESCAPES)))
def test_python_at_a_place_that_evaluates_is_refused(name, number, tmp_path):
    mark = tmp_path / "mark"
    with pytest.raises(spiff.DiagramRefused) as refused:
        spiff.compile_diagram(drawn(PLACES[name], ESCAPES[number].format(mark)))
    assert refused.value.facts["rule"] and refused.value.facts["message"]
    assert refused.value.facts["element"]
    assert not mark.exists()


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("number", range(len(ESCAPES)))
def test_python_in_a_text_stays_a_text(name, number, tmp_path):
    mark = tmp_path / "mark"
    try:
        walk = Walk(spiff.compile_diagram(drawn(TEXTS[name], ESCAPES[number].format(mark))))
        for element in walk.open():
            walk.complete(element)
        assert walk.run.is_finished
    except Refusal:
        pass
    assert not mark.exists()


@pytest.mark.parametrize("number", range(len(ESCAPES)))
def test_python_in_data_stays_data(number, tmp_path):
    mark = tmp_path / "mark"
    text = ESCAPES[number].format(mark)
    for path in [*GOOD, *PROCESSES]:
        data = {"channel": text, "people": [text, 2], "signers": [text], "is_electronic": text, "author_id": text}
        walk = Walk(compiled(path), data=data, host=Host(slow=()))
        for element in walk.open()[:2]:
            walk.complete(element, decision=text, **{"typename": text, "__class__": text})
    assert not mark.exists()


def test_the_escapes_are_real(tmp_path):
    """The control: at place 1 the library itself runs them."""
    mark = tmp_path / "mark"
    parser = BpmnParser()
    parser.add_bpmn_str(drawn(PLACES["1 script task"], ESCAPES[0].format(mark)))
    BpmnWorkflow(parser.get_spec("p")).do_engine_steps()
    assert mark.exists()


def test_every_place_of_the_list_is_tried():
    numbers = set()
    for name in PLACES:
        first = name.split()[0]
        if first[0].isdigit():
            low, _, high = first.partition("-")
            numbers |= set(range(int(low), int(high or low) + 1))
    assert numbers == set(range(1, 28))


def all_specs():
    for path in [*GOOD, *PROCESSES]:
        diagram = compiled(path)
        for process in [diagram._process, *diagram._inner.values()]:
            yield from process.task_specs.values()


def test_nothing_in_a_compiled_diagram_can_evaluate():
    """No spec of a class that runs code by itself, no assignments, conditions only of ours."""
    for spec in all_specs():
        assert isinstance(spec, BpmnTaskSpec)
        assert not (spec.pre_assign or spec.post_assign or spec.data_input_associations
                    or spec.data_output_associations or spec.io_specification)
        assert not getattr(spec, "condition", None)
        assert getattr(spec, "cardinality", None) is None
        if isinstance(spec, MultiChoice):
            assert all(c is None or isinstance(c, spiff_spec.Condition) for c, _ in spec.cond_task_specs)
        if hasattr(spec, "event_definition"):
            parts = getattr(spec.event_definition, "event_definitions", [spec.event_definition])
            known = (spiff_spec.Timer, spiff_spec.Message, spiff_spec.Terminate, spiff_spec.NoneEventDefinition)
            assert all(isinstance(part, known) for part in parts)


def test_the_librarys_script_engine_is_closed_also_after_a_load():
    walk = Walk(compiled(GOOD[0]))
    for run in (walk.run, walk.next()):
        engine = run._top.script_engine
        for evaluate in (engine.evaluate, engine.execute, engine.call_service, engine.validate,
                         engine.environment.evaluate, engine.environment.execute):
            with pytest.raises(RuntimeError):
                evaluate(None, "1 + 1")


def test_a_state_of_another_version_is_not_read():
    """The library's migrations evaluate text of old states; ours has one version and no migration."""
    walk = Walk(compiled(GOOD[0]))
    for state in (b'{"v":0,"counters":{},"ended":null,"workflows":[]}', b'{"serializer_version":"1.0"}'):
        with pytest.raises((ValueError, KeyError)):
            spiff.Run.load(walk.compiled, state, seed=SEED, act=2, at=START, host=Host())
    assert spiff_state.VERSION == 1


def test_what_else_runs_code_is_never_loaded():
    """Parsers that paste text into XPath, decision tables as Python, other dialects: not even imported."""
    wanted = "import sys, app.engine.spiff; print('\\n'.join(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", wanted], capture_output=True, text=True, check=True).stdout.split()
    for module in ("SpiffWorkflow.spiff", "SpiffWorkflow.camunda", "SpiffWorkflow.dmn", "SpiffWorkflow.bpmn.parser",
                   "SpiffWorkflow.serializer.dict", "SpiffWorkflow.serializer.xml",
                   "SpiffWorkflow.bpmn.serializer.migration"):
        assert not [name for name in loaded if name == module or name.startswith(module + ".")], module
