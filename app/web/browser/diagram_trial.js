// Try a procedure on a sample document. The moves are kept here and sent whole each time; the server plays them from
// the start, so that a step back is one move less and nothing is ever half done.
import { FilePicker, Form, Label } from "@bpmn-io/form-js-viewer";
import "@bpmn-io/form-js-viewer/dist/assets/form-js.css";
import { h } from "preact";
import "./lib/trial.css";
import { names, ourFields, translate } from "./lib/fields.js";
import { post } from "./lib/send.js";
import { tabsOf } from "./lib/tabs.js";
import { casesOf } from "./lib/trial_cases.js";
import { drawingOf } from "./lib/trial_drawing.js";
import { logOf } from "./lib/trial_log.js";
import { element, say } from "./lib/words.js";

const trial = JSON.parse(document.getElementById("trial").textContent);
const [places, message, state, undo, chooser] = ["places", "message", "state", "undo", "sample"].map((id) => document.getElementById(id));
const button = (words, act, more = "") => {
  const made = element("button", { type: "button", className: `button ${more}` }, words);
  made.addEventListener("click", act);
  return made;
};

// A file of a trial is a token: nothing is uploaded.
function SampleFile({ field, domId, value, disabled, onChange }) {
  const held = field.multiple ? value?.length : value;
  return h("div", { class: "fjs-form-field fjs-form-field-filepicker" },
    h(Label, { htmlFor: domId, label: field.label, required: field.validate?.required }),
    h("div", { class: "pick" },
      h("button", { id: domId, type: "button", class: "button small", disabled: disabled || Boolean(held),
        onClick: () => onChange({ value: field.multiple ? [trial.file] : trial.file }) }, say("use_sample")),
      h("span", { class: `state ${held ? "good" : ""}`, role: "status" }, held ? say("sample_file") : say("no_file"))));
}
SampleFile.config = FilePicker.config;
class SampleFiles { constructor(formFields) { formFields.register("filepicker", SampleFile); } }
SampleFiles.$inject = ["formFields"];
const noUpload = { __init__: ["sampleFiles"], sampleFiles: ["type", SampleFiles] };
names.set(trial.file, say("sample_file"));

let sample = trial.samples[0].sample;
let moves = [];
let at = null; // when this trial began
let seen = null;
let busy = false;
let forms = [];
let rest = []; // moves of a scenario that are still to be played

tabsOf(document);
const drawing = await drawingOf(document.getElementById("canvas"), trial.xml).catch((error) => {
  document.getElementById("canvas").replaceChildren(element("p", { className: "quiet middle" }, say("no_diagram")));
  console.warn(error.message);
  return null;
});
const log = logOf(document.getElementById("log"), document.getElementById("data"));
const cases = casesOf(trial, {
  current: () => ({ sample, moves, at: at && moves.length ? at : undefined, seen }),
  replay: (one) => {
    sample = one.sample;
    chooser.value = String(trial.samples.findIndex((known) => same(known.sample, one.sample)));
    at = one.at || null;
    show("tab-now");
    const field = document.getElementById("case-name");
    if (field) field.value = one.name;
    return go(one.moves, say("replayed", { name: one.name }), true);
  },
  paint: (missed) => (missed ? drawing?.paint(missed) : seen && draw()),
  label: (id) => drawing?.label(id) || id,
});

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
const show = (tab) => document.getElementById(tab).click();
const tell = (kind, ...content) => { message.className = kind ? `flash ${kind}` : ""; message.replaceChildren(...content); };

// Play the moves; those from the one that does not fit on are given up.
async function go(next, words = "", isReplay = false) {
  if (busy) return;
  busy = true;
  state.textContent = say("running");
  const { status, body } = await post(trial.step, { sample, moves: next, at });
  busy = false;
  if (status !== 200) {
    state.textContent = "";
    if (!seen) places.replaceChildren();
    tell(status === 401 ? "notice" : "error", body.message || say("offline"), ...(body.login ? [" ", element("a", { href: body.login, target: "_blank" }, say("login_again"))] : []));
    return;
  }
  const fault = body.fault;
  moves = fault ? next.slice(0, Math.max(fault.move - 1, 0)) : next;
  at = body.at;
  if (isReplay) rest = fault ? next.slice(moves.length) : [];
  const stays = fault && Object.keys(fault.errors).length && seen && same(seen.standing, body.standing);
  seen = body;
  undo.disabled = !moves.length;
  state.textContent = say("moves_done", { n: moves.length, when: body.clock });
  if (fault) tell("error", element("strong", {}, fault.sentence), ...(fault.move < next.length ? [" ", say("changed_since", { n: fault.move })] : []));
  else tell(words ? "notice" : "", ...(words ? [words] : []));
  if (stays) mark(fault);
  else wait();
  log(body);
  cases.seen(body);
  draw();
}

function draw() {
  drawing?.show({ here: seen.here, passed: seen.passed, flows: seen.flows, outside: seen.outside, stopped: seen.fault?.code === "not_waiting" ? null : seen.fault?.element });
}

// What waits now, each with what a person can do about it.
function wait() {
  for (const { form } of forms) form.destroy();
  forms = [];
  places.replaceChildren();
  if (rest.length) {
    places.append(element("p", { className: "flash notice" }, say("rest", { n: rest.length }), " ",
      button(say("run_rest"), () => go([...moves, ...rest], "", true), "small")));
  }
  if (seen.ended_at) {
    places.append(element("p", { className: "flash done" }, element("strong", {}, say("ended", { label: seen.ended_label || seen.ended_at })), " ", say("ended_next")));
    if (trial.may_save) places.append(button(say("to_cases"), () => { show("tab-cases"); document.getElementById("case-name").focus(); }, "primary"));
  }
  for (const place of seen.standing) places.append({ user: task, script: result, timer, message: told }[place.kind](place));
}

function card(place, ...content) {
  const about = [place.role, place.due ? say("due_at", { when: place.due }) : ""].filter(Boolean).join(" · ");
  return element("section", { className: `trial-place kind-${place.kind}`, "aria-label": place.label || place.element, "data-element": place.element },
    element("div", { className: "job" }, element("h2", {}, place.label || place.element),
      ...(about && place.kind === "user" ? [element("p", { className: "quiet" }, about)] : []),
      ...(place.why ? [element("p", { className: "why" }, place.why)] : [])), ...content);
}

function task(place) {
  const container = element("div", { className: "form" });
  const made = card(place, container);
  if (place.form_key && !place.form) {
    container.append(element("p", { className: "flash notice" }, say("no_form")));
    return made;
  }
  const entry = { place, container, form: null };
  if (place.form) {
    entry.form = new Form({ container, additionalModules: [ourFields("", () => {}), noUpload], debounce: false });
    entry.form.importSchema(place.form.schema, place.form.values).then(() => translate(container));
    forms.push(entry);
  } else container.append(element("p", { className: "quiet" }, say("nothing_to_fill")));
  made.append(element("p", { className: "actions" }, button(say("do_task"), () => complete(entry), "primary")));
  return made;
}

async function complete(entry) {
  if (busy) return;
  document.activeElement?.blur?.(); // a date being typed is taken when its field is left
  await new Promise((resolve) => setTimeout(resolve, 30));
  const { data, errors } = entry.form ? entry.form.submit() : { data: {}, errors: {} };
  if (Object.keys(errors).length) {
    tell("error", say("check_fields"));
    return focusFirst(entry.container);
  }
  go([...moves, { element: entry.place.element, occurrence: entry.place.occurrence, values: data }]);
}

// Messages of the server at their fields.
function mark(fault) {
  const entry = forms.find(({ place }) => place.element === fault.element);
  if (!entry) return;
  const fields = entry.form.get("formFieldRegistry").getAll();
  const byId = {};
  for (const [key, said] of Object.entries(fault.errors)) {
    const field = fields.find((one) => one.key === key);
    if (field) byId[field.id] = said;
  }
  entry.form._setState({ errors: byId });
  focusFirst(entry.container);
}

function focusFirst(container) {
  requestAnimationFrame(() => {
    const bad = container.querySelector(".fjs-has-errors");
    bad?.querySelector("input:not(.fjs-hidden), textarea, button")?.focus();
    bad?.scrollIntoView({ block: "center" });
  });
}

function result(place) {
  const name = `result-${place.element}-${place.occurrence}`;
  const choices = place.choices.length ? place.choices : [{ result: {}, words: [] }];
  const inputs = choices.map(({ words }, index) => {
    const input = element("input", { type: "radio", name, value: String(index), checked: index === 0 });
    return [input, element("label", { className: "choice" }, input, words.map((pair) => pair.join(": ")).join("; ") || say("go_on"))];
  });
  const go_on = () => go([...moves, { element: place.element, occurrence: place.occurrence, result: choices[inputs.findIndex(([input]) => input.checked)].result }]);
  return card(place, element("p", {}, element("span", { className: "tag pretended" }, say("pretended"))),
    ...(place.choices.length ? [element("fieldset", {}, element("legend", {}, say("result_of")), ...inputs.map(([, label]) => label))] : []),
    element("p", { className: "actions" }, button(place.choices.length ? say("use_result") : say("go_on"), go_on, "primary")));
}

function timer(place) {
  return element("section", { className: "trial-place small" },
    button([say("until"), place.label].filter(Boolean).join(": "), () => go([...moves, { timer: place.element }]), "small"),
    element("span", { className: "hint" }, say("until_help", { when: place.due })));
}

function told(place) {
  return element("section", { className: "trial-place small" },
    button(`${say("tell")}: ${place.label}`, () => go([...moves, { message: place.message }]), "small"));
}

function restart() {
  sample = trial.samples[Number(chooser.value)]?.sample || sample; // that of a scenario is none of them
  at = null;
  rest = [];
  return go([]);
}
undo.addEventListener("click", () => go(moves.slice(0, -1)));
document.getElementById("restart").addEventListener("click", restart);
chooser.addEventListener("change", restart);
places.addEventListener("submit", (event) => event.preventDefault());
drawing?.chosen((id) => places.querySelector(`[data-element="${CSS.escape(id)}"]`)?.scrollIntoView({ block: "nearest" }));
restart();
