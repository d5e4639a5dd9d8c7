"""What the dialect reads, and what it refuses by name."""

import pytest
from lxml import etree
from spiff_walk import GOOD, PROCESSES, ROOT

from app.engine import dialect, drawing
from app.engine.spiff import DiagramRefused, compile_diagram

BAD = sorted((ROOT / "tests/data/diagrams/bad").glob("*-*.bpmn"))
#: the rules of the dialect; other files of the folder are for check.py
RULES = {
    "attribute", "boundary", "condition", "default", "depth", "doctype", "element", "end", "endless", "event", "flow",
    "form",
    "id", "link", "loop", "message", "process", "property", "reach", "rule", "script", "setting", "start", "timer",
    "xml",
}  # fmt: skip
OURS = [path for path in BAD if path.stem.split("-")[0] in RULES]
WHOLE_FILE = {"doctype", "process", "xml"}


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.stem)
def test_a_bad_diagram_is_refused_for_the_reason_in_its_name(path):
    with pytest.raises(DiagramRefused) as refused:
        compile_diagram(path.read_bytes())
    rule = path.stem.split("-")[0]
    facts = refused.value.facts
    assert facts["rule"] == rule
    assert bool(facts["element"]) != (rule in WHOLE_FILE)
    assert facts["element"] in facts["message"] and facts["label"] in facts["message"]


def test_every_rule_has_a_bad_diagram():
    assert {path.stem.split("-")[0] for path in OURS} == RULES


@pytest.mark.parametrize("path", [*GOOD, *PROCESSES], ids=lambda path: path.stem)
def test_a_good_diagram_is_read(path):
    drawn = dialect.read_drawing(path.read_bytes())
    assert drawn.key == path.stem
    assert all(node.element.label for node in drawn.nodes())


def test_size_and_number_are_limited():
    text = GOOD[0].read_bytes()
    with pytest.raises(DiagramRefused) as refused:
        compile_diagram(text + b" " * drawing.MAX_BYTES)
    assert refused.value.facts["rule"] == "size"
    many = b"".join(b'<bpmn:endEvent id="e%d"/>' % number for number in range(drawing.MAX_ELEMENTS))
    with pytest.raises(DiagramRefused) as refused:
        compile_diagram(text.replace(b"</bpmn:process>", many + b"</bpmn:process>"))
    assert refused.value.facts["rule"] == "count"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])
def test_a_doctype_is_found_in_any_encoding(encoding):
    text = '<!DOCTYPE d [<!ENTITY e "x">]><d/>'
    with pytest.raises(DiagramRefused) as refused:
        compile_diagram(text.encode(encoding))
    assert refused.value.facts["rule"] in ("doctype", "xml")


def test_entities_are_never_expanded():
    bomb = b'<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa">' + b"".join(
        b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9)) + b"]><d>&j;</d>"
    with pytest.raises(DiagramRefused):
        compile_diagram(bomb)


def test_what_is_shown_of_a_hostile_file_is_harmless():
    text = GOOD[0].read_text().replace('isExecutable="true"', 'isExecutable="true" startQuantity="1"', 1)
    text = text.replace("<bpmn:startEvent", '<bpmn:task id="t" name="&lt;script&gt;&#10;x"/><bpmn:startEvent', 1)
    with pytest.raises(DiagramRefused) as refused:
        compile_diagram(text.replace(' startQuantity="1"', "").encode())
    assert "“<script> x”" in refused.value.facts["message"] and refused.value.facts["message"].isprintable()


def test_the_process_key_must_be_an_id():
    text = GOOD[0].read_text()
    for key in ("../x", "", "a b", "x" * 200):
        with pytest.raises(DiagramRefused):
            compile_diagram(text.replace('<bpmn:process id="each"', f'<bpmn:process id="{key}"').encode())


@pytest.mark.parametrize("text, name, arguments", [
    ("number()", "number", {}),
    (' report_status(code="03") ', "report_status", {"code": "03"}),
    ("a(b=1, c=True, d=None, e=unit_id)", "a", {"b": 1, "c": True, "d": None, "e": {"name": "unit_id"}}),
])  # fmt: skip
def test_a_call_is_a_name_with_named_constants_and_names(text, name, arguments):
    assert dialect.read_call(text) == (name, arguments)


@pytest.mark.parametrize("text", [
    "", "number", "number(1)", "number(*a)", "number(**a)", "a.b()", "a()()", "a(b=c.d)", "a(b=c())", "a(b=[1])",
    "a(b=1.5)", "a(b=-1)", "a(b=b'x')", "a(b=...)", "a(b=f'{x}')", "a(b=lambda: 1)", "a(); b()", "x = a()", "A()",
    "_a()", "__import__(name='os')", "a(__b=1)", "a(b=__c)", "(" * 400, "a(b=" + "(" * 200, "a(b=1" + "0" * 5000,
    f"a(b={10**16})", "a(b=1)\nb()", "a(b='\x00')", "await a()", "number()#" + "x" * 500,
])  # fmt: skip
def test_what_is_not_one_call_is_refused(text):
    with pytest.raises(ValueError):
        dialect.read_call(text)


def test_arguments_come_from_the_templates_fields():
    step = ('<bpmn:scriptTask id="number" name="Số" camunda:modelerTemplate="qlvb.number"><bpmn:extensionElements>'
            "<camunda:inputOutput><camunda:inputParameter name=\"book\">03</camunda:inputParameter>"
            "<camunda:inputParameter name=\"unit\">=unit_id</camunda:inputParameter></camunda:inputOutput>"
            "</bpmn:extensionElements><bpmn:script>number(days=2)</bpmn:script></bpmn:scriptTask>")
    text = next(p for p in GOOD if p.stem == "rework").read_text()
    start, end = text.index('<bpmn:scriptTask id="number"'), text.index("</bpmn:scriptTask>")
    compiled = compile_diagram((text[:start] + step + text[end + len("</bpmn:scriptTask>"):]).encode())
    assert compiled.elements["number"].arguments == {"days": 2, "book": "03", "unit": {"name": "unit_id"}}
    assert compiled.elements["number"].template == "qlvb.number"


def test_lanes_are_of_the_file_that_names_them():
    """The library mixes the lanes of files up, and gives inner tasks the lane of nobody."""
    nested = next(p for p in GOOD if p.stem == "subprocess").read_text()
    lane = ('<bpmn:laneSet id="lanes"><bpmn:lane id="clerk_lane"><bpmn:flowNodeRef>inside</bpmn:flowNodeRef>'
            "<bpmn:flowNodeRef>convert</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>")
    for _ in range(50):
        etree.fromstring(b"<x/>")
        found = compile_diagram(nested.replace("<bpmn:startEvent", lane + "<bpmn:startEvent", 1).encode()).elements
        assert {key: found[key].role for key in ("open", "inside", "first", "convert")} == {
            "open": None, "inside": "clerk", "first": "clerk", "convert": "clerk"}
        assert compile_diagram(nested.encode()).elements["inside"].role is None


def test_a_moved_shape_or_a_pool_changes_nothing_but_the_hash():
    text = (ROOT / "processes/incoming.bpmn").read_text()
    whole, bare = dialect.read_drawing(text.encode()), text[:text.index("<bpmndi:BPMNDiagram")] + "</bpmn:definitions>"
    without = dialect.read_drawing(bare.encode())
    assert without.scopes == whole.scopes
    assert without.sha256 != whole.sha256


def test_why_a_task_exists_comes_from_its_documentation():
    elements = compile_diagram((ROOT / "processes/incoming.bpmn").read_bytes()).elements
    text = next(p for p in GOOD if p.stem == "rework").read_text()
    why = "<bpmn:documentation>Điều 8.1:\n  soạn</bpmn:documentation></bpmn:userTask>"
    text = text.replace("</bpmn:userTask>", why, 1)
    assert compile_diagram(text.encode()).elements["draft"].why == "Điều 8.1: soạn"
    assert elements["verify"].role == "clerk"
