"""The diagrams and forms pass through the editors of the browser unchanged (bpmn-js, form-js), in Chromium."""

import json
import shutil
from pathlib import Path

import pytest
from drawing import BPMN, PARSER
from lxml import etree
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
LIBRARIES = ROOT / "node_modules"
DIAGRAMS = sorted((ROOT / "processes").glob("*.bpmn"))
FORMS = sorted((ROOT / "forms").glob("*.json"))
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is absent"),
    pytest.mark.skipif(not LIBRARIES.is_dir(), reason="the browser libraries are absent (npm ci)"),
]

OPEN_AND_SAVE = """async ([xml, moved]) => {
  const modeler = new BpmnJS({container: '#canvas'});
  const {warnings} = await modeler.importXML(xml);
  if (moved) {
    const shape = modeler.get('elementRegistry').get(moved);
    modeler.get('modeling').moveElements([shape], {x: 0, y: 10});
  }
  const saved = await modeler.saveXML({format: true});
  modeler.destroy();
  return {xml: saved.xml, warnings: warnings.map(String)};
}"""
DRAW = """async (schema) => {
  window.form?.destroy();
  const form = window.form = new FormViewer.Form({container: '#canvas'});
  const {warnings} = await form.importSchema(schema, {});
  return warnings.map(String);
}"""
CHOOSE = """async (value) => {
  const shown = () => Object.values(form.get('formFieldInstanceRegistry')._formFieldInstances);
  const decision = shown().find(field => field.id === 'field_decision');
  form._update({fieldInstance: decision, value});
  await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
  return {shown: shown().map(field => field.id), wrong: Object.keys(form.validate())};
}"""
EDIT = """async (schema) => {
  const editor = new FormEditor.FormEditor({container: '#canvas'});
  await editor.importSchema(schema);
  const saved = editor.saveSchema();
  editor.destroy();
  return saved;
}"""


@pytest.fixture(scope="module")
def page():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page()
        page.set_content('<div id="canvas" style="width:1300px;height:700px"></div>')
        for script in ("bpmn-js/dist/bpmn-modeler.production.min.js",
                       "@bpmn-io/form-js/dist/form-viewer.umd.js", "@bpmn-io/form-js/dist/form-editor.umd.js"):
            page.add_script_tag(path=LIBRARIES / script)
        yield page
        browser.close()


@pytest.mark.parametrize("path", DIAGRAMS, ids=lambda path: path.stem)
def test_a_diagram_saved_in_the_editor_is_the_same_file(path, page: Page):
    saved = page.evaluate(OPEN_AND_SAVE, [path.read_text(), None])
    assert saved["warnings"] == []
    assert saved["xml"] == path.read_text()


@pytest.mark.parametrize("path", DIAGRAMS, ids=lambda path: path.stem)
def test_moving_a_shape_changes_the_picture_and_not_the_procedure(path, page: Page):
    moved = "report_assigned" if path.stem == "incoming" else "number"
    saved = page.evaluate(OPEN_AND_SAVE, [path.read_text(), moved])
    assert saved["xml"] != path.read_text()
    assert _procedure(saved["xml"]) == _procedure(path.read_text())


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_a_form_saved_in_the_editor_is_the_same(path, page: Page):
    form = json.loads(path.read_text())
    assert page.evaluate(EDIT, form) == form


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_a_form_asks_only_what_its_decision_needs(path, page: Page):
    """Drawn without a warning; whatever is chosen, nothing hidden is demanded, and a refusal demands its reason."""
    form = json.loads(path.read_text())
    assert page.evaluate(DRAW, form) == []
    decision = next((c for c in form["components"] if c.get("key") == "decision"), {"values": []})
    for value in (v["value"] for v in decision["values"]):
        seen = page.evaluate(CHOOSE, value)
        assert set(seen["wrong"]) <= set(seen["shown"])
        is_refusal = value in ("return", "refuse", "void", "cancel", "not_entered", "not_signed")
        asks_reason = any(c.get("key") == "reason" for c in form["components"])
        if asks_reason and is_refusal:
            assert "field_reason" in seen["wrong"]
        if not is_refusal and value not in ("reassign", "extend", "without"):
            assert "field_reason" not in seen["shown"]


def _procedure(xml: str) -> bytes:
    """What the diagram says, without how it is drawn: the editor puts what was moved last, order says nothing."""
    process = etree.fromstring(xml.encode(), PARSER).find(f"{BPMN}process")
    for element in process.iter():
        element.tail = None
        element.text = (element.text or "").strip() or None
    process[:] = sorted(process, key=lambda element: element.get("id") or "")
    for lane in process.iter(f"{BPMN}lane"):
        lane[:] = sorted(lane, key=lambda ref: ref.text or "")
    return etree.tostring(process, method="c14n")
