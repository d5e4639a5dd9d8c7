// The page of a form: canvas, settings of the field at hand, and a live preview; the server says what it cannot check.
import { formEditor, OFFERED, wordOf } from "./lib/form_editor.js";
import { formPanel } from "./lib/form_panel.js";
import { formPreview } from "./lib/form_preview.js";
import { autosave, button, notice, presence, quiet } from "./lib/proposal.js";
import { post } from "./lib/send.js";
import { tabsOf } from "./lib/tabs.js";
import { element, say } from "./lib/words.js";

const LOOK_AFTER_MS = 400;

const page = JSON.parse(document.getElementById("form-data").textContent);
const canvas = document.getElementById("canvas");
const message = document.getElementById("message");
const faults = document.getElementById("faults");
const tried = document.getElementById("tried");
const undo = document.getElementById("undo");
const redo = document.getElementById("redo");
let editor = null;
let panel = null;
let timer;
let asked = 0;

tabsOf(document);
const preview = formPreview(document.getElementById("preview"), page.sample);

const text = () => `${JSON.stringify(editor.schema(), null, 2)}\n`;
const told = (keys) => notice(message, "error", say("field_kept", { key: keys.join(", "), article: page.article }));

// Who only looks sees the preview; the canvas is for who edits.
if (page.open) {
  try {
    editor = await formEditor(canvas, {
      text: page.text, needs: page.needs, refused: told,
      changed: () => { tools(); saver?.changed(); panel?.again(); later(LOOK_AFTER_MS); },
      selected: (field) => panel?.show(field),
    });
  } catch {
    notice(message, "error", say("not_drawn"));
  }
}

const saver = editor && autosave({
  name: page.name, address: page.save, revision: page.revision, read: text, status: document.getElementById("saved"), message,
  file: `${page.key}.json`, another: page.anew, part: page.file,
  refused: (body) => notice(message, "error", body.message),
});

if (editor) {
  panel = formPanel(document.getElementById("settings"), editor, {
    needs: page.needs, article: page.article, catalogues: page.catalogues, isTaken: Boolean(page.article) });
  panel.show(null);
  palette(document.getElementById("palette"));
}
if (saver) {
  saver.offer(async (kept) => {
    try { await editor.load(kept); } catch { notice(message, "error", say("not_drawn")); return false; }
    later(0);
    return true;
  });
  presence({ address: page.seen, file: page.file, place: document.getElementById("present"), revision: () => saver.revision,
    moved: (body) => { if (!saver.isDirty) notice(message, "notice", say("moved", body), " ", button(say("see_theirs"), () => location.reload())); } });
}
shown(page.look);

// Types as buttons: a click or Enter adds below the field at hand, dragging puts it where one wants.
function palette(place) {
  place.append(...OFFERED.map((type) => {
    const made = element("button", { type: "button", className: "fjs-palette-field fjs-drag-copy", title: say("add_type", { type: wordOf(type) }) }, wordOf(type));
    made.dataset.fieldType = type;
    made.addEventListener("click", () => { editor.add(type); document.querySelector("#settings input")?.focus(); });
    return made;
  }));
}

function tools() {
  undo.disabled = !editor.canUndo();
  redo.disabled = !editor.canRedo();
}
undo.addEventListener("click", () => editor.undo());
redo.addEventListener("click", () => editor.redo());

function later(milliseconds) {
  clearTimeout(timer);
  timer = setTimeout(ask, milliseconds);
}

async function ask() {
  const mine = ++asked;
  const { status, body } = await post(page.look_at, { text: text() });
  if (mine === asked && status === 200) shown(body);
}

function shown(look) {
  for (const old of canvas.querySelectorAll("[data-mark]")) old.removeAttribute("data-mark");
  faults.replaceChildren(...look.faults.map(line));
  faults.hidden = !look.faults.length;
  if (!look.faults.length && message.classList.contains("error")) quiet(message);
  tried.replaceChildren();
  if (look.schema) preview.show(look.schema);
}

// A fault with a way to its component.
function line(fault) {
  const field = editor?.fields().find((one) => one.id === fault.element || (one.key && one.key === fault.element));
  if (field) canvas.querySelector(`.fjs-element[data-id="${CSS.escape(field.id)}"]`)?.setAttribute("data-mark", "error");
  const row = element("li", { className: "error" }, fault.message, ...(fault.article ? [` (${fault.article})`] : []));
  if (field) row.append(" ", button(say("see_field"), () => { editor.select(field); canvas.querySelector(`[data-id="${CSS.escape(field.id)}"]`)?.scrollIntoView({ block: "center" }); }));
  return row;
}

document.getElementById("try")?.addEventListener("click", async () => {
  const { status, body } = await post(page.try, { text: editor ? text() : page.text, values: preview.values() });
  if (status === 200) {
    preview.mark({});
    const list = element("dl", { className: "typed" });
    for (const one of body.values) list.append(element("dt", {}, one.label), element("dd", {}, one.value));
    return tried.replaceChildren(element("p", { className: "flash done" }, say("try_good")), list);
  }
  const others = body.errors ? preview.mark(body.errors) : [];
  tried.replaceChildren(element("p", { className: "flash error" }, [body.message || say("offline"), ...others].join(" ")));
  requestAnimationFrame(() => document.querySelector("#preview .fjs-has-errors")?.scrollIntoView({ block: "center" }));
});
document.getElementById("preview").addEventListener("submit", (event) => event.preventDefault());
