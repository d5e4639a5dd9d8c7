// The drawing of a proposal: drawn, saved as one works, checked while one draws, remarked on. A phone and who may not
// edit see the same drawing, its findings and remarks, and change nothing.
import "bpmn-js/dist/assets/diagram-js.css";
import "bpmn-js/dist/assets/bpmn-js.css";
import "bpmn-js/dist/assets/bpmn-font/css/bpmn-embedded.css";
import "@bpmn-io/properties-panel/dist/assets/properties-panel.css";
import "diagram-js-minimap/assets/diagram-js-minimap.css";
import "./lib/editor.css";
import { drawingOf } from "./lib/editor_drawing.js";
import { filesOf } from "./lib/editor_files.js";
import { findingsOf } from "./lib/editor_findings.js";
import { remarksOf } from "./lib/editor_remarks.js";
import { toolsOf } from "./lib/editor_tools.js";
import { autosave, button, download, notice, presence, quiet } from "./lib/proposal.js";
import { post } from "./lib/send.js";
import { tabsOf } from "./lib/tabs.js";
import { say } from "./lib/words.js";

const CHECK_AFTER_MS = 900;
const page = JSON.parse(document.getElementById("drawing").textContent);
const by = (id) => document.getElementById(id);
const message = by("message");
const mayEdit = page.may_edit && !matchMedia("(max-width: 860px)").matches;
document.body.classList.toggle("viewing", !mayEdit);

tabsOf(document);
const drawing = drawingOf(by("canvas"), { mayEdit, panel: by("properties"), offered: page.offered, colleague: page.me });
const canvas = drawing.get("canvas");
const registry = drawing.get("elementRegistry");
const selection = drawing.get("selection");

// Bring an element into view and choose it; `tab`: which part of the panel to show.
function reveal(id, tab) {
  const shape = registry.get(id);
  if (tab) by(`tab-${tab}`)?.click();
  if (!shape || shape === canvas.getRootElement()) return;
  const root = canvas.findRoot(shape);
  if (root && root !== canvas.getRootElement()) canvas.setRootElement(root);
  canvas.scrollToElement(shape, 120);
  selection.select(shape);
}

const findings = findingsOf(drawing, { list: by("findings"), count: by("count-findings"), state: by("checked") }, { reveal });
const chosen = () => {
  const [one, ...more] = selection.get();
  return one && !more.length && one !== canvas.getRootElement() ? (one.labelTarget || one).id : null;
};
const remarks = remarksOf(drawing, { list: by("remarks"), count: by("count-remarks"), form: by("remark") }, chosen,
  { address: page.remark, file: page.file, remarks: page.remarks, mayWrite: page.may_remark, reveal });
drawing.on("selection.changed", remarks.follow);

const fit = () => {
  const { inner } = canvas.viewbox();
  canvas.zoom("fit-viewport");
  if (canvas.zoom() >= 0.7 || !inner.width) return;
  // too long to be read whole: begin at the left, at a size that can be read
  const height = canvas.getSize().height / 0.7;
  canvas.viewbox({ x: inner.x - (mayEdit ? 90 : 20), // beside the palette
    y: inner.y - Math.max(20, (height - inner.height) / 2), width: canvas.getSize().width / 0.7, height });
};

// ---- open ------------------------------------------------------------------------------------------------------

async function open(text) {
  try {
    await drawing.importXML(text);
  } catch (error) {
    notice(message, "error", say("cannot_open", { why: String(error.message || error).split("\n")[0].slice(0, 200) }));
    findings.show(page.findings || []);
    return false;
  }
  quiet(message);
  fit();
  findings.draw();
  remarks.draw();
  return true;
}

let last = page.text;
const read = async () => {
  const { xml } = await drawing.saveXML({ format: true });
  last = xml;
  return xml;
};

let isOpen = await open(page.text);
if (!isOpen && !page.text) notice(message, "error", say("no_drawing"));

// ---- check -----------------------------------------------------------------------------------------------------

let asked = 0;
let checking;

async function look(text) {
  const turn = (asked += 1);
  findings.state(say("checking_drawing"));
  const { status, body } = await post(page.check, { text });
  if (turn !== asked) return;
  if (status === 200) findings.show(body.findings, say(body.findings.some(({ severity }) => severity === "error") ? "found_errors" : "found_none"));
  else findings.state(status === 0 ? say("not_checked") : body.message || say("not_checked"));
}

const lookLater = () => {
  clearTimeout(checking);
  findings.state(say("checking_drawing"));
  checking = setTimeout(async () => look(await read()), CHECK_AFTER_MS);
};
look(page.text);

// ---- edit ------------------------------------------------------------------------------------------------------

if (mayEdit) {
  const saver = autosave({
    name: `proposal-${page.id}-${page.file}`, address: page.save, revision: page.revision, status: by("saved"), message,
    read, file: `${page.key}.bpmn`, another: page.another, part: page.file,
  });
  const changed = () => {
    saver.changed();
    lookLater();
  };
  drawing.on("commandStack.changed", (event) => { if (event.trigger !== "clear") changed(); });
  saver.offer(async (text) => {
    if (!(await open(text))) return false;
    lookLater();
    return true;
  });
  presence({
    address: page.presence, file: page.file, place: by("presence"), revision: () => saver.revision,
    moved: (body) => { if (!saver.isStopped) notice(message, "notice", say("moved", body), " ", button(say("see_theirs"), async () => { if (!saver.isDirty) location.reload(); else await saver.flush(); })); },
  });
  toolsOf(drawing, { fit });
  filesOf(drawing, { key: page.key, open, read, changed, message, before: () => last });
  if (!page.revision && page.is_new) saver.changed();
} else {
  toolsOf(drawing, { fit });
  by("export-bpmn")?.addEventListener("click", () => download(`${page.key}.bpmn`, page.text));
}
drawing.get("eventBus").fire("canvas.resized");
document.documentElement.dataset.ready = isOpen ? "drawing" : "broken";
window.addEventListener("resize", () => canvas.resized());
window.drawing = drawing; // for tests and for who looks into it: nothing here is secret
