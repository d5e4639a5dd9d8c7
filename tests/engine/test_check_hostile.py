"""What a hostile or a foreign file can hold: each thing is refused by its name, nothing runs (security.md S1 to S5)."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from lxml import etree
from redraw import BPMN, CAMUNDA, flow, gate, inserted, replaced, rewire, script, shipped, user
from spiff_walk import ROOT

from app import cli, register_articles
from app.engine import diagram, drawing
from app.engine.check import check, check_all
from app.engine.dialect import survey

register_articles()
FILES = diagram.shipped(ROOT)
E = "outgoing_electronic"
BAD = sorted((ROOT / "tests/data/diagrams/bad").glob("*.bpmn"))
MARK = ROOT / "var-must-not-be-there"
CODE = f'__import__("pathlib").Path("{MARK}").touch()'
#: places whose text is only shown, or names the file itself; nothing of them is ever evaluated
SHOWN = {("*", "name"), ("definitions", "targetNamespace"), ("association", "associationDirection"),
         ("scriptTask", "scriptFormat"), ("documentation", ""), ("text", ""), ("incoming", ""),
         ("outgoing", "")}  # fmt: skip


def rules(text, key=E, **more):
    return {f.rule for f in check({**FILES, f"bpmn:{key}": text, **more}, key).findings if f.severity == "error"}


def places():
    """One element of the shipped drawings for each (element, attribute) and each element that holds a text."""
    found = {}
    for key in ("incoming", E, "outgoing_hybrid"):
        for element in etree.fromstring(shipped(key)).iter(f"{BPMN}*", f"{CAMUNDA}*"):
            tag = drawing.name_of(element.tag)
            for name in element.attrib:
                found.setdefault((tag, drawing.name_of(name) if CAMUNDA in name else name), (key, element.get("id")))
            if (element.text or "").strip():
                found.setdefault((tag, ""), (key, element.get("id") or element.getparent().get("id")))
    return found


PLACES = places()


@pytest.mark.parametrize("tag, name", sorted(PLACES), ids=lambda value: value.replace("{", "").replace("}", "")[-40:])
def test_code_is_refused_in_every_place_that_can_hold_text(tag, name):
    key, _ = PLACES[tag, name]
    root = etree.fromstring(shipped(key))
    space = CAMUNDA if tag.startswith("camunda:") else BPMN
    element = next(found for found in root.iter(space + tag.removeprefix("camunda:"))
                   if (name == "" and (found.text or "").strip()) or name in {
                       drawing.name_of(n) if CAMUNDA in n else n for n in found.attrib})
    if name == "":
        element.text = CODE
    else:
        element.set(next(n for n in element.attrib if n == name or drawing.name_of(n) == name), CODE)
    text = etree.tostring(root)
    report = check({**FILES, f"bpmn:{key}": text}, key)
    assert not MARK.exists()
    is_shown = (("*", name) in SHOWN and tag not in ("message", "camunda:property")) or (tag, name) in SHOWN
    assert report.ok == is_shown, [f.message for f in report.findings]
    assert all((f.message + f.label).isprintable() for f in report.findings)


HOSTILE = ["__import__('os')", "decision.__class__", "().__class__", "(lambda: 1)()", "[x for x in decision]",
           "decision[0]", "open('/etc/passwd')", "2 ** 9999", "decision; decision", "exec('1')", "`id`", "${decision}",
           "#{decision}", "{{ decision }}", "decision if 1 else 2", "(" * 400, "1 + " * 600 + "1",
           "\"" + "a" * 3000 + "\"", "not " * 200 + "true", "\u0000", "decision = \"a"]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_expression_is_refused_wherever_one_stands(text):
    kept = "".join(c for c in text if c >= " ")
    for find, attribute in ((f"{BPMN}conditionExpression", None), (f"{BPMN}userTask", f"{CAMUNDA}assignee"),
                            (f"{BPMN}userTask", f"{CAMUNDA}dueDate")):
        root = etree.fromstring(shipped(E))
        element = root.find(f".//{find}")
        if attribute:
            element.set(attribute, "=" + kept)
        else:
            element.text = kept
        assert rules(etree.tostring(root)) & {"condition", "setting", "names"}
    dmn = FILES["dmn:exchange_form"].decode()
    cell = dmn.index("<text>", dmn.index("<inputEntry"))
    escaped = kept.replace("&", "&amp;").replace("<", "&lt;")
    assert "table" in rules(shipped(E), **{
        "dmn:exchange_form": (dmn[:cell + 6] + escaped + dmn[dmn.index("</text>", cell):]).encode()}) or kept == ""


def test_a_timer_is_a_constant_within_its_range():
    for text in ("PT0S", "PT59S", "P401D", "P999999999Y", "R/PT1M", "R5/PT1H", "=duration(\"P1D\")", "", "P1M", "-P1D"):
        assert rules(replaced(E, (">P2D<", f">{text}<"))) == {"timer"}
    assert rules(replaced(E, (">P2D<", ">P400D<"))) == set()


FOREIGN = {
    # what other tools write, and what of it is named
    "signavio": ('<bpmn:extensionElements><signavio:signavioMetaData xmlns:signavio="http://www.signavio.com" '
                 'metaKey="bgcolor" metaValue="#ffffff"/></bpmn:extensionElements>', "signavio:signavioMetaData"),
    "adonis": ('<bpmn:extensionElements><adonis:modelattributes xmlns:adonis="http://www.boc-eu.com/boc-is/adonis">'
               '<adonis:attribute name="x">y</adonis:attribute></adonis:modelattributes></bpmn:extensionElements>',
               "adonis:modelattributes"),
    "bizagi": ('<bpmn:extensionElements><bizagi:BizagiExtensions xmlns:bizagi="http://www.bizagi.com/bpmn20">'
               "<bizagi:BizagiProperties/></bizagi:BizagiExtensions></bpmn:extensionElements>",
               "bizagi:BizagiExtensions"),
    "camunda listener": ('<bpmn:extensionElements><camunda:executionListener class="x.Y" event="start"/>'
                         "</bpmn:extensionElements>", "camunda:executionListener"),
    "camunda connector": ('<bpmn:extensionElements><camunda:connector><camunda:connectorId>http-connector'
                          "</camunda:connectorId></camunda:connector></bpmn:extensionElements>", "camunda:connector"),
    "zeebe": ('<bpmn:extensionElements><zeebe:taskDefinition xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
              'type="x"/></bpmn:extensionElements>', "zeebe:taskDefinition"),
}  # fmt: skip


@pytest.mark.parametrize("tool", FOREIGN)
def test_what_other_tools_add_is_named(tool):
    extra, named = FOREIGN[tool]
    text = replaced(E, ('camunda:modelerTemplate="qlvb.number">', f'camunda:modelerTemplate="qlvb.number">{extra}'))
    found, = (f for f in check({**FILES, f"bpmn:{E}": text}, E).findings if f.severity == "error")
    assert (found.rule, found.element) == ("element", "number") and f"“{named}”" in found.message


def test_elements_of_the_standard_that_do_not_run_here_are_all_named():
    drawn = ('<bpmn:callActivity id="call_it" name="Gọi" calledElement="incoming"/>'
             '<bpmn:serviceTask id="serve_it" camunda:class="x.Y"/><bpmn:dataObject id="data_it"/>'
             '<bpmn:complexGateway id="complex_it"/><bpmn:manualTask id="manual_it"/><bpmn:task id="plain_it"/>'
             '<bpmn:adHocSubProcess id="ad_hoc_it"/><bpmn:transaction id="transact_it"/>')
    text = replaced(E, ('<bpmn:sequenceFlow id="flow_start_draft"', drawn + '<bpmn:sequenceFlow id="flow_start_draft"'))
    report = check({**FILES, f"bpmn:{E}": text}, E)
    assert [f.element for f in report.findings] == [
        "call_it", "serve_it", "data_it", "complex_it", "manual_it", "plain_it", "ad_hoc_it", "transact_it"]
    assert {f.rule for f in report.findings} == {"element"} and "“callActivity”" in report.findings[0].message


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_bad_diagram_is_a_finding_of_the_reason_in_its_name(path):
    report = check({**FILES, f"bpmn:{path.stem}": path.read_bytes()}, path.stem)
    assert path.stem.split("-")[0] in {f.rule for f in report.findings if f.severity == "error"}


def test_a_drawing_is_told_everything_at_once():
    text = replaced(E, (">number()<", ">number(1)<"), ('decision = "accept"', "decision ="), (">P2D<", ">P9999D<"),
                    ('targetRef="end_cancelled"', 'targetRef="nowhere"'))
    report = check({**FILES, f"bpmn:{E}": text}, E)
    assert [f.rule for f in report.findings] == ["script", "timer", "flow", "condition"]


def flat(count):
    many = "".join(f'<bpmn:endEvent id="e{n}"/>' for n in range(count))
    return replaced(E, ("</bpmn:process>", many + "</bpmn:process>"))


LARGE = {
    "too many elements": lambda: (flat(2000), "count"),
    "too many marks": lambda: (flat(30_000), "count"),
    "too many attributes": lambda: (replaced(E, ('<bpmn:startEvent id="start"', '<bpmn:startEvent id="start" '
                                                 + " ".join(f'a{n}="1"' for n in range(30_000)))), "attribute"),
    "too large": lambda: (shipped(E) + b" " * drawing.MAX_BYTES, "size"),
    "too deep": lambda: (replaced(E, ("</bpmn:process>", "<bpmn:subProcess>" * 200 + "</bpmn:subProcess>" * 200
                                      + "</bpmn:process>")), "depth"),
    "an entity": lambda: (b'<!DOCTYPE d [<!ENTITY a "x">]>' + shipped(E).split(b"?>", 1)[1], "doctype"),
    "hundreds of branches": lambda: (_branches(200), "wide"),
    "many events at one task": lambda: (_events(100), "wide"),
}  # fmt: skip


def _branches(count):
    drawn = gate("first", "parallel") + gate("last", "parallel") + "".join(
        user(f"u{n}", "draft", "qlvb.task.draft") + flow("first", f"u{n}") + flow(f"u{n}", "last")
        for n in range(count))
    return inserted(E, "flow_gateway_review_approve", drawn, lanes={"officer": tuple(f"u{n}" for n in range(count))})


def _events(count):
    drawn = user("first", "review", "qlvb.task.review") + '<endEvent id="over"/>' + flow("first", "last") + "".join(
        f'<boundaryEvent id="b{n}" attachedToRef="first" cancelActivity="false"><timerEventDefinition><timeDuration>'
        f"PT{n + 1}H</timeDuration></timerEventDefinition></boundaryEvent>" + script(f"s{n}", "recognise()")
        + flow(f"b{n}", f"s{n}") + flow(f"s{n}", "over") for n in range(count)) + script("last", "remind()")
    return inserted(E, "flow_gateway_review_approve", drawn, lanes={"head": ("first",)})


@pytest.mark.parametrize("name", LARGE)
def test_what_is_too_much_is_refused_by_counting(name):
    text, rule = LARGE[name]()
    assert rule in rules(text)


def test_hundreds_of_steps_in_a_row_are_no_trouble():
    drawn = "".join(script(name, "remind()") for name in ["first", *(f"s{n}" for n in range(400)), "last"])
    drawn += flow("first", "s0") + flow("s399", "last") + "".join(flow(f"s{n}", f"s{n + 1}") for n in range(399))
    assert rules(inserted(E, "flow_gateway_review_approve", drawn)) == set()


def test_duplicate_and_colliding_ids_and_loose_ends_are_named():
    for old, new, rule in (('id="review_step"', 'id="approve"', "id"), ('id="review_step"', 'id="End"', "id"),
                           ('id="review_step"', 'id="review.BoundaryEventSplit"', "id"),
                           ('id="review_step"', f'id="{"r" * 61}"', "id"),
                           ('sourceRef="review_step"', 'sourceRef="ghost"', "flow"),
                           ('default="flow_gateway_review_draft"', 'default="ghost"', "default")):
        assert rule in rules(replaced(E, (old, new)))


def test_a_form_or_a_table_that_cannot_be_read_is_a_finding():
    for name, text in (("form:review", b"{"), ("form:review", b'{"type": "default", "components": [{"type": "html"}]}'),
                       ("dmn:exchange_form", b"<!DOCTYPE x><x/>"), ("dmn:exchange_form", b"\xff\xfe")):
        report = check_all({**FILES, name: text}, {name})
        assert report and not any(found.ok for found in report.values())


@pytest.mark.parametrize("form", [b"{", b'{"type": "default", "components": [{"type": "html"}]}'])
def test_what_cannot_be_read_is_told_and_nothing_that_only_comes_of_it(form):
    for key in ("draft", "review"):
        assert {f.rule for f in check({**FILES, f"form:{key}": form}, E).findings} == {"form"}, key
    unknown = check({**FILES, f"bpmn:{E}": replaced(E, ('formKey="review"', 'formKey="revu"'))}, E)
    assert [f.rule for f in unknown.findings if f.severity == "error"] == ["template", "form"]
    past = rewire(E, ("flow_number_complete", "prepare_leader_signature"))
    both = check({**FILES, f"bpmn:{E}": past, "form:draft": form}, E)
    assert [f.rule for f in both.findings][:2] == ["form", "needs"], "what is wrong whatever is decided is still said"


def test_what_an_author_wrote_is_shown_as_written_but_nothing_that_cannot_be_seen():
    assert drawing.shown('reason != "x" and {a} < 5 % $') == 'reason != "x" and {a} < 5 % $'
    assert drawing.shown("a\u202eb\x00c\u200bd\ud800") == "a?b?c?d?" and len(drawing.shown("a" * 99)) == 80


def test_a_task_that_only_leads_to_itself_is_told_before_what_it_cuts_off():
    text = replaced(E, ('sourceRef="draft" targetRef="gateway_draft"', 'sourceRef="draft" targetRef="draft"'))
    assert [f.rule for f in check({**FILES, f"bpmn:{E}": text}, E).findings][:2] == ["endless", "reach"]


def run(*arguments):
    found = CliRunner().invoke(cli.cli, ["diagram", *arguments])
    return found.exit_code, json.loads(found.stdout)


def test_the_command_says_what_the_editor_shows(tmp_path):
    assert run("check", str(ROOT / "processes/incoming.bpmn"), "--json") == (0, {"ok": True, "findings": []})
    draft = tmp_path / "draft.bpmn"
    draft.write_bytes(inserted(E, "flow_gateway_review_approve", user("first", "legal") + script("last", "remind()")
                               + flow("first", "last"), lanes={"head": ("first",)}))
    code, said = run("check", str(draft), "--json")
    finding, = said["findings"]
    assert code == 1 and not said["ok"] and list(finding) == [
        "rule", "severity", "element", "label", "article", "message", "path"]
    assert (finding["rule"], finding["element"]) == ("form", "first")
    form = tmp_path / "legal.json"
    form.write_text(json.dumps({"type": "default", "components": [
        {"type": "textarea", "key": "opinion", "label": "Ý kiến"}]}))
    assert run("check", str(draft), "--with", str(form), "--json") == (0, {"ok": True, "findings": []})
    other = tmp_path / "draft.exe"
    other.write_bytes(b"MZ")
    code, said = run("check", str(other), "--json")
    assert code == 1 and "draft.exe" in said["findings"][0]["message"]
    assert run("check", str(ROOT / "forms/verify.json"), "--json")[0] == 0


def test_the_command_says_what_is_wrong_with_each_file_it_is_given(tmp_path):
    """Two files of one key, and one that is broken and that nothing uses, are not passed over."""
    shipped_one = str(ROOT / "processes/incoming.bpmn")
    copy = tmp_path / "copy.bpmn"
    copy.write_bytes(shipped("incoming"))
    code, said = run("check", shipped_one, "--with", str(copy), "--json")
    assert code == 1 and ["file"] == [f["rule"] for f in said["findings"]]
    assert "copy.bpmn" in said["findings"][0]["message"]
    for name, text in (("unused.json", "{"), ("unused.dmn", "<x/>"), ("unused.bpmn", "<x/>"), ("review.json", "{")):
        other = tmp_path / name
        other.write_text(text)
        code, said = run("check", shipped_one, "--with", str(other), "--json")
        assert code == 1 and said["findings"], name


@pytest.mark.parametrize("text, data, said", [
    ("1 + 2", "{}", (0, {"ok": True, "value": 3, "message": ""})),
    ('decision = "accept"', '{"decision": "accept"}', (0, {"ok": True, "value": True, "message": ""})),
    ('date("2026-01-05") + duration("P1D")', "{}", (0, {"ok": True, "value": "2026-01-06", "message": ""})),
    ("a * 1.5", '{"a": 0.1}', (0, {"ok": True, "value": "0.15", "message": ""})),
    ('duration("P1Y") + duration("P1M")', "{}", (0, {"ok": True, "value": "P1Y1M", "message": ""})),
    ('duration("P1M") - duration("P1Y1M")', "{}", (0, {"ok": True, "value": "-P1Y", "message": ""})),
    ('duration("P1M") - duration("P1M")', "{}", (0, {"ok": True, "value": "P0M", "message": ""})),
    ("-1", "{}", (0, {"ok": True, "value": -1, "message": ""})),
    ("b", '{"a": 1}', (1, {"ok": False, "value": None, "message": "Không có tên “b” trong dữ liệu."})),
])
def test_the_command_evaluates_an_expression(text, data, said):
    assert run("expression", text, "--data", data, "--json") == said


@pytest.mark.parametrize("text, data", [("1 +", "{}"), (CODE, "{}"), ("1", "{"), ("1", "[]"), ("a", '{"a": ' * 2000),
                                        ("x", '{"x": "\\ud800"}'), ("x", '{"x": {"\\udc80": 1}}'), ('"\udc80"', "{}")])
def test_the_command_refuses_what_is_no_expression(text, data):
    code, said = run("expression", text, "--data", data, "--json")
    assert code == 1 and not said["ok"] and said["value"] is None and said["message"] and not MARK.exists()


def test_nothing_is_left_of_a_survey_that_could_not_be_read():
    assert survey(b"")[0] is None and survey(b"<x/>")[1][0].facts["rule"] == "xml"
    assert not Path(MARK).exists()
