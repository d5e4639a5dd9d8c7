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
import { unknown } from "./lib/editor_words.js";
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
const drawing = drawingOf(by("canvas"), { mayEdit, panel: by("properties"), offered: page.offered });
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

const margin = mayEdit ? 70 : 10; // beside the palette

// The whole drawing, or from its beginning at a size that can be read.
function fit(isWhole) {
  const { inner } = canvas.viewbox();
  const { width, height } = canvas.getSize();
  if (!inner.width || !inner.height) return;
  const whole = Math.min(1, (width - margin - 10) / inner.width, (height - 20) / inner.height);
  const scale = isWhole ? whole : Math.max(whole, 0.7);
  const above = Math.max(10 / scale, (height / scale - inner.height) / 2);
  canvas.viewbox({ x: inner.x - margin / scale, y: inner.y - above, width: width / scale, height: height / scale });
}

// What gets the focus outside the view would scroll the frame away; the drawing moves, its frame does not.
by("canvas").addEventListener("scroll", ({ target }) => { target.scrollTop = 0; target.scrollLeft = 0; }, true);

// ---- open ------------------------------------------------------------------------------------------------------

async function open(text) {
  try {
    await drawing.importXML(text);
  } catch (error) {
    const isEmpty = /no diagram to display/.test(error.message);
    notice(message, "error", say(isEmpty ? "no_shapes" : "cannot_open"));
    findings.show(page.findings || []);
    return false;
  }
  quiet(message);
  // The panel was made before the drawing, and listens after its first paint.
  setTimeout(() => drawing.get("eventBus").fire("propertiesPanel.providersChanged"), 200);
  fit(false);
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
    moved: (body) => { if (!saver.isStopped) notice(by("taken"), "notice", say("moved", body), " ", button(say("see_theirs"), async () => { if (!saver.isDirty) location.reload(); else await saver.flush(); })); },
  });
  // A name that is being written on the drawing counts when one goes on beside it.
  const naming = drawing.get("directEditing");
  document.addEventListener("pointerdown", ({ target }) => { if (naming.isActive() && !by("canvas").contains(target)) naming.complete(); }, true);
  toolsOf(drawing, { fit });
  filesOf(drawing, { key: page.key, open, read, changed, message, taken: by("taken"), before: () => last });
} else {
  by("tab-findings").click();
  toolsOf(drawing, { fit });
  by("export-bpmn")?.addEventListener("click", () => download(`${page.key}.bpmn`, page.text));
}
if (isOpen) reveal(location.hash.slice(1)); // where a finding or a remark of another page points
document.documentElement.dataset.ready = isOpen ? "drawing" : "broken";
new ResizeObserver(() => canvas.resized()).observe(by("canvas")); // a notice above it makes it lower
window.drawing = Object.assign(drawing, { unknown }); // for tests and for who looks into it: nothing here is secret
