// The task page: the form beside the document. What is typed is saved as one types; nothing typed is ever lost:
// when the server cannot take it, it stays on the page and in this browser.
import { Form } from "@bpmn-io/form-js-viewer";
import "@bpmn-io/form-js-viewer/dist/assets/form-js.css";
import { diagramsOf } from "./lib/diagram.js";
import { Doubts } from "./lib/doubts.js";
import { exchangeOf } from "./lib/exchange.js";
import { names, ourFields, said, shown, translate } from "./lib/fields.js";
import { groupsOf } from "./lib/groups.js";
import { forget, keep, kept } from "./lib/kept.js";
import { layoutOf } from "./lib/layout.js";
import { namedOf } from "./lib/named.js";
import { placesOf } from "./lib/places.js";
import { directivesOf, quickOf } from "./lib/quick.js";
import { post } from "./lib/send.js";
import "./lib/sign.css";
import { Signing } from "./lib/signing.js";
import { tabsOf } from "./lib/tabs.js";
import { ticksOf } from "./lib/ticks.js";
import { viewersOf } from "./lib/viewer.js";
import { element, say } from "./lib/words.js";

const SAVE_AFTER_MS = 900;

tabsOf(document);
const viewers = viewersOf(document);
diagramsOf(document);
const signing = new Signing(document);
quickOf(document);

const task = JSON.parse(document.getElementById("task").textContent);
const place = document.getElementById("form");
const message = document.getElementById("message");
const saved = document.getElementById("saved");
const button = document.getElementById("submit");
for (const [sha, file] of Object.entries(task.names)) names.set(sha, file);
const name = `task-${task.id}`;
let version = task.version;
let dirty = false;
let uploads = 0;
let sending = false;
let finishing = false;
let saving = null;
let timer;

const clock = () => new Date().toLocaleTimeString("vi-VN", { hour: "2-digit", minute: "2-digit", timeZone: "Asia/Ho_Chi_Minh" });
const tell = (words, isBad = false) => {
  if (!saved) return;
  saved.textContent = words;
  saved.classList.toggle("bad", isBad);
};

const doubts = new Doubts(task, (read, canvas) => viewers[0].cut(read, canvas));
const form = new Form({
  container: place,
  additionalModules: [ourFields(task.upload, (by) => { uploads += by; ready(); }, doubts)],
  properties: { readOnly: !task.open },
  debounce: false, // a field that waits before it tells is emptied when another field is drawn meanwhile
});
const local = kept(name);
const isNewer = task.open && local && (!task.draft_at || local.at > Date.parse(task.draft_at));
await form.importSchema(task.schema, { ...task.values, ...(isNewer ? local.value : {}) });
translate(place);
layoutOf(form);
groupsOf(form);
directivesOf(form);
namedOf(document);
placesOf(document, viewers[0]);
exchangeOf(form);
signing.hide(place, form.get("formFieldRegistry").getAll().find((one) => one.key === task.pin)?.id);
const askFor = ticksOf(place, form, task.unasked);
ready();
if (isNewer) { tell(say("restored")); later(); }

function ready() { if (button) button.disabled = !task.open || sending || uploads > 0; }

// What is on the page, without the PIN.
function typed() {
  const values = { ...form._getSubmitData() };
  if (task.pin) delete values[task.pin];
  return values;
}

form.on("changed", () => {
  if (!task.open || sending) return;
  const now = JSON.stringify(typed());
  if (now === form.lastTyped) return;
  const isFirst = form.lastTyped === undefined;
  form.lastTyped = now;
  if (!isFirst) later();
});
form.lastTyped = JSON.stringify(typed());

function later() {
  dirty = true;
  clearTimeout(timer);
  timer = setTimeout(save, SAVE_AFTER_MS);
}

async function save() {
  clearTimeout(timer);
  if (!dirty || sending) return;
  if (saving) { await saving; return save(); }
  dirty = false;
  const values = typed();
  tell(say("saving"));
  saving = post(task.save, { version, values });
  const { status, body } = await saving;
  saving = null;
  if (status === 200) {
    version = body.version;
    forget(name);
    if (!dirty) tell(say("saved", { n: clock() }));
    return;
  }
  keep(name, values);
  tell(say("kept_here"), true);
  if (status === 409) return conflict(body);
  if (status === 401) return loginAgain(body);
  dirty = true;
  timer = setTimeout(save, 15000);
}

window.addEventListener("pagehide", () => {
  if (!dirty || sending || !task.open) return;
  keep(name, typed());
  post(task.save, { version, values: typed() }, { keepalive: true });
});

function show(kind, ...content) {
  message.className = `flash ${kind}`;
  message.replaceChildren(...content);
  message.scrollIntoView({ block: "nearest" });
}

function clear() {
  message.className = "";
  message.replaceChildren();
}

function loginAgain(body) {
  keep(name, typed());
  show("notice", body.message, " ", element("a", { href: body.login, target: "_blank" }, say("login_again")));
}

// Labels and words of the form's values, for a person to read and copy.
function readable(values) {
  const rows = [];
  for (const field of form.get("formFieldRegistry").getAll()) {
    const value = values[field.key];
    if (!field.key || value === undefined || value === null || value === "" || value === false || field.type === "filepicker") continue;
    const word = (one) => (field.values || []).find((choice) => choice.value === one)?.label || String(one);
    rows.push([field.label || field.dateLabel || field.key, Array.isArray(value) ? value.map(word).join("; ") : shown(word(value))]);
  }
  return rows;
}

// Somebody was first: say who, keep what was typed in sight, allow to copy it.
function conflict(body) {
  task.open = false;
  clearTimeout(timer);
  ready();
  const rows = readable(typed());
  const list = element("dl", { className: "typed" });
  for (const [label, value] of rows) list.append(element("dt", {}, label), element("dd", {}, value));
  const copy = element("button", { type: "button", className: "button small" }, say("copy"));
  copy.addEventListener("click", async () => {
    await navigator.clipboard?.writeText(rows.map((row) => row.join(": ")).join("\n"));
    copy.textContent = say("copied");
  });
  const fresh = element("a", { className: "button small", href: location.pathname }, say("reload"));
  fresh.addEventListener("click", () => forget(name));
  show("notice", element("strong", {}, body.who ? say("first_was", body) : body.message || ""),
    ...(rows.length ? [element("p", {}, say("you_typed")), list] : []), element("p", { className: "actions" }, ...(rows.length ? [copy] : []), fresh));
}

// Messages of the server at their fields.
function mark(errors) {
  const byId = {};
  const others = [];
  const fields = form.get("formFieldRegistry").getAll();
  for (const [key, found] of Object.entries(errors || {})) {
    const [list, row, inner] = key.split("."); // "own_dues.0.why_later": of a row
    const field = fields.find((one) => one.key === (inner || key));
    if (field && inner && fields.some((one) => one.path === list)) byId[field.id] = { ...byId[field.id], [row]: [].concat(found) };
    else if (field && !inner) {
      byId[field.id] = [].concat(found);
      said.set(field.id, { value: JSON.stringify(form._getState().data[key] ?? null), errors: byId[field.id] });
    } else others.push(...[].concat(found));
  }
  form._setState({ errors: byId });
  askFor(Object.keys(errors || {}));
  return others;
}

// Values that the server would take instead, by field: one click fills one in.
function instead(offers) {
  const instances = Object.values(form.get("formFieldInstanceRegistry")._formFieldInstances);
  const fields = form.get("formFieldRegistry").getAll();
  return Object.entries(offers || {}).flatMap(([key, value]) => {
    const instance = instances.find((one) => one.valuePath?.join(".") === key);
    if (!instance) return [];
    const choose = element("button", { type: "button", className: "button small" }, say("instead", { value: shown(value) }));
    choose.addEventListener("click", () => {
      const field = fields.find((one) => one.id === instance.id);
      said.delete(field.id);
      const { [field.id]: _gone, ...errors } = form._getState().errors;
      form._setState({ errors });
      form._update({ fieldInstance: instance, value });
      choose.remove();
    });
    return [choose];
  });
}

function focusFirstError() {
  requestAnimationFrame(() => {
    const bad = place.querySelector(".fjs-has-errors");
    bad?.querySelector("input:not(.fjs-hidden), textarea, button")?.focus();
    bad?.scrollIntoView({ block: "center" });
  });
}

async function complete() {
  if (sending || finishing || uploads || !task.open) return;
  finishing = true; // a second click while the first waits does nothing
  document.activeElement?.blur?.(); // a date being typed is taken when its field is left
  await new Promise((resolve) => setTimeout(resolve, 30));
  finishing = false;
  said.clear();
  const { data, errors } = form.submit();
  if (Object.keys(errors).length) {
    show("error", say("check_fields"));
    return focusFirstError();
  }
  sending = true;
  ready();
  clear();
  clearTimeout(timer);
  if (saving) await saving.then(({ status, body }) => { if (status === 200) version = body.version; });
  tell(say("sending"));
  const elsewhere = data.decision === "sign" ? await signing.elsewhere(version, tell) : {};
  if (elsewhere.error) {
    sending = false;
    ready();
    tell("");
    return elsewhere.status === 409 ? conflict(elsewhere.body) : show("error", elsewhere.error);
  }
  const { status, body } = await post(task.complete, { version, values: data, signing: { ...signing.choice(), ...elsewhere } });
  if (status === 200) {
    dirty = false;
    forget(name);
    location.assign(body.next);
    return;
  }
  sending = false;
  ready();
  keep(name, typed());
  tell("");
  if (status === 409) return conflict(body);
  if (status === 401) return loginAgain(body);
  if (status === 422) {
    const others = mark(body.errors);
    show("error", [body.message || say("check_fields"), ...others].join(" "), ...instead(body.instead), ...(body.offers ? [signing.offer(body.offers)] : []));
    return body.errors ? focusFirstError() : undefined;
  }
  const again = element("button", { type: "button", className: "button small" }, say("retry"));
  again.addEventListener("click", complete);
  show("error", status === 0 ? say("offline") : body.message || say("failed"), " ", again);
}

// Where the field at hand was read on the scan, and back: a place on the scan gives what was read there.
const fieldAt = (place) => form.get("formFieldRegistry").getAll().find((one) => place?.id?.endsWith(one.id) || place?.id?.includes(`${one.id}-`));
const inputOf = (key) => document.getElementById(doubts.fields.get(key)?.domId) || place.querySelector(`[id*="field_${key}"]:is(input, textarea)`);
place.addEventListener("focusin", (event) => {
  const read = task.read[fieldAt(event.target)?.key];
  for (const viewer of viewers) viewer.point(read?.boxes.length ? read : null);
});
const labelled = Object.fromEntries(task.schema.components.map((one) => [one.key, one.label || one.dateLabel]));
// Fields that were read at the very same place (number and notation) are one region.
const regions = new Map();
for (const [key, one] of Object.entries(task.read)) {
  if (!one.boxes.length || !(key in labelled)) continue;
  const at = JSON.stringify([one.page, one.boxes]);
  if (!regions.has(at)) regions.set(at, { ...one, keys: [] });
  regions.get(at).keys.push(key);
}
for (const one of regions.values()) {
  one.isDoubtful = one.keys.some((key) => key in doubts.sure);
  one.words = say("region", { field: one.keys.map((key) => `${labelled[key]} “${task.read[key].value}”`).join(", ") });
}
let last; // the field that one was in
place.addEventListener("focusout", (event) => { last = fieldAt(event.target)?.key; });
function offerRegions() {
  for (const viewer of task.open ? viewers : []) {
    viewer.offerRegions([...regions.values()], ({ keys }) => {
      for (const key of keys) doubts.fill(key);
      document.querySelector("[data-switch] [data-side=right]")?.click();
      requestAnimationFrame(() => inputOf(keys.includes(last) ? last : keys[0])?.focus());
    });
  }
}
offerRegions();

// Doubtful readings: F2 says that the one at hand is right and goes on to the next.
const left = document.getElementById("doubts");
doubts.onMove = () => {
  if (!left) return;
  const open = doubts.change ? doubts.open() : [];
  left.hidden = !open.length;
  left.querySelector("[data-words]").textContent = say("doubts_left", { n: open.length });
  if (!doubts.change) return;
  // a place on the page asks for a look as long as its field does
  const moved = [...regions.values()].filter((one) => one.isDoubtful !== one.keys.some((key) => open.includes(key)));
  for (const one of moved) one.isDoubtful = !one.isDoubtful;
  if (moved.length) offerRegions();
};
doubts.onConfirm = (key) => {
  const field = form.get("formFieldRegistry").getAll().find((one) => one.key === key);
  said.delete(field?.id);
  const { [field?.id]: _gone, ...errors } = form._getState().errors;
  form._setState({ errors });
};
// A list that opens at once would hide the picture of what was read; typing opens it.
function stand(key) {
  const input = inputOf(key);
  input?.focus();
  requestAnimationFrame(() => input?.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" })));
}
function nextDoubt() {
  const here = fieldAt(document.activeElement)?.key;
  const keys = doubts.open();
  const at = keys.indexOf(here);
  if (at >= 0 && place.contains(document.activeElement)) doubts.confirm(here);
  const rest = keys.filter((key) => key !== here);
  const all = [...doubts.fields.keys()];
  const next = rest.find((key) => all.indexOf(key) > all.indexOf(here)) || rest[0];
  if (next) stand(next);
  else button?.focus();
}
left?.addEventListener("click", nextDoubt);

// What must not be entered (Art. 3.2): shown on the scan; cleared only by a person who has looked.
for (const box of document.querySelectorAll("[data-sign]")) {
  const sign = box.dataset.sign;
  const clear = box.querySelector("[data-clear]");
  const tell = () => {
    const isCleared = doubts.confirmed.includes(sign);
    clear.setAttribute("aria-pressed", String(isCleared));
    box.classList.toggle("cleared", isCleared);
    box.querySelector("[data-todo]").hidden = isCleared;
    clear.disabled = !doubts.change;
  };
  clear.addEventListener("click", () => doubts.confirm(sign, !doubts.confirmed.includes(sign)));
  box.querySelector("[data-see]")?.addEventListener("click", () => {
    document.querySelector("[data-switch] [data-side=left]")?.click();
    for (const viewer of viewers) viewer.point(task.signs[sign]);
  });
  doubts.told.add(tell);
  tell();
}
document.addEventListener("keydown", (event) => {
  if (event.key !== "F2" || !task.open || !Object.keys(doubts.sure).length) return;
  event.preventDefault();
  nextDoubt();
});
doubts.onMove();

// Documents checked one after the other: hands stay on the keys. What is doubtful or was not read is at hand, else the
// button; the Enter that opened the page, or is held down, presses nothing.
const FIRST_MS = 700;
const opened = performance.now();
if (task.in_a_row && matchMedia("(min-width: 900px)").matches && !document.querySelector("[data-sign]")) {
  const values = typed();
  const first = doubts.open()[0] || ["code_number", "issued_date"].find((key) => key in labelled && !values[key]);
  if (first) stand(first);
  else button?.focus();
}
button?.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.repeat || performance.now() - opened < FIRST_MS)) event.preventDefault();
});
button?.addEventListener("click", complete);
place.addEventListener("submit", (event) => event.preventDefault());
// lists keep Enter to themselves, so it is heard before them; what it chose in one is taken first
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) setTimeout(complete);
}, true);
