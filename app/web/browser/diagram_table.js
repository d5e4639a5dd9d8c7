// The page of a decision table: dmn-js, what is wrong with it, and test rows that the server answers.
import { autosave, button, notice, presence } from "./lib/proposal.js";
import { post } from "./lib/send.js";
import { tableEditor } from "./lib/table_editor.js";
import { testRows } from "./lib/table_rows.js";
import { tabsOf } from "./lib/tabs.js";
import { element, say } from "./lib/words.js";

const LOOK_AFTER_MS = 500;

const page = JSON.parse(document.getElementById("table").textContent);
const place = document.getElementById("drawing");
const message = document.getElementById("message");
const findings = document.getElementById("findings");
const count = document.getElementById("count");
const undo = document.getElementById("undo");
const redo = document.getElementById("redo");
let look = page.look;
let timer;
let asked = 0;

tabsOf(document);
const editor = await tableEditor(place, { isOpen: page.open, changed });
const rows = testRows(document.getElementById("rows"), {
  rows: page.rows, asked: page.look.asked || [], isOpen: page.open, status: document.getElementById("kept"), message, address: page.keep,
  changed: () => later(0), hit: (ids) => marks(ids),
});

try {
  await editor.show(page.xml);
} catch {
  notice(message, "error", say("not_drawn"));
}
shown(look);
later(0);

const saver = page.open && autosave({
  name: page.name, address: page.save, revision: page.revision, read: editor.read,
  status: document.getElementById("saved"), message, file: `${page.key}.dmn`, another: page.anew, part: page.file,
  refused: (body) => notice(message, "error", body.message),
});
if (saver) {
  saver.offer(async (text) => {
    try { await editor.show(text); } catch { notice(message, "error", say("not_drawn")); return false; }
    later(0);
    return true;
  });
  presence({ address: page.seen, file: page.file, place: document.getElementById("present"), revision: () => saver.revision,
    moved: (body) => { if (!saver.isDirty) notice(message, "notice", say("moved", body), " ", button(say("see_theirs"), () => location.reload())); } });
}

function changed() {
  saver?.changed();
  later(LOOK_AFTER_MS);
  tools();
}

function tools() {
  undo.disabled = !editor.canUndo();
  redo.disabled = !editor.canRedo();
}
undo.addEventListener("click", () => editor.undo());
redo.addEventListener("click", () => editor.redo());
place.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
  const key = event.key.toLowerCase();
  const act = key === "z" && !event.shiftKey ? editor.undo : key === "y" || (key === "z" && event.shiftKey) ? editor.redo : null;
  if (!act || event.target.isContentEditable) return;
  event.preventDefault();
  act();
});

// Ask the server about the table as it is on the page, with the test rows as they are on the page.
function later(milliseconds) {
  clearTimeout(timer);
  timer = setTimeout(ask, milliseconds);
}

async function ask() {
  if (!page.open) return;
  const mine = ++asked;
  const { status, body } = await post(page.try, { text: await editor.read(), rows: rows.values() });
  if (mine !== asked) return; // something newer is on its way
  if (status === 200) shown(body);
}

function shown(found) {
  look = { ...look, tried: null, ...found };
  rows.show(look);
  const list = look.findings || [];
  count.textContent = list.length || "";
  count.hidden = !list.length;
  findings.replaceChildren(...(list.length ? list.map(line) : [element("li", { className: "good" }, say("no_findings"))]));
  marks([]);
}

function line(found) {
  const number = (look.rules || []).indexOf(found.element) + 1;
  const where = number ? say("row_n", { n: number }) : say("see_cell");
  const row = element("li", { className: found.level },
    element("strong", {}, found.level === "error" ? say("error") : say("warning")), " ", found.message, ...(found.article ? [` (${found.article})`] : []));
  if (found.element && found.element !== page.key) row.append(" ", button(where, () => editor.go(found.element)));
  return row;
}

// Findings stand at their cells; rows that answered the test row at hand are marked, too.
function marks(hit) {
  editor.mark([
    ...hit.map((id) => ({ element: id, kind: "hit" })),
    ...(look.findings || []).map((one) => ({ element: one.element, kind: one.level, words: one.message })),
  ]);
}
