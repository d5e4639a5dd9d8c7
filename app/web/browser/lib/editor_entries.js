// One entry of the properties panel from a plain description, and the larger ones made of several: a choice of known
// expressions with a free one beside it, a length of time, a condition of a way.
import { CheckboxEntry, SelectEntry, TextAreaEntry, TextFieldEntry, isCheckboxEntryEdited, isSelectEntryEdited, isTextAreaEntryEdited, isTextFieldEntryEdited } from "@bpmn-io/properties-panel";
import { h } from "@bpmn-io/properties-panel/preact";
import { useService } from "bpmn-js-properties-panel";
import { translate as say } from "./editor_words.js";

const KINDS = { select: SelectEntry, text: TextFieldEntry, area: TextAreaEntry, check: CheckboxEntry };
const EDITED = { select: isSelectEntryEdited, text: isTextFieldEntryEdited, area: isTextAreaEntryEdited, check: isCheckboxEntryEdited };
const FREE = "(free)";
const LENGTH = "(length)";

function Entry({ id, element, spec }) {
  const debounce = useService("debounceInput");
  return h(KINDS[spec.kind], {
    id, element, debounce, label: spec.label, description: spec.description, disabled: spec.disabled, rows: spec.rows,
    autoResize: spec.kind === "area" || undefined, validate: spec.validate, placeholder: spec.placeholder,
    getValue: () => spec.get(),
    setValue: (value, error) => { if (!error) spec.set(value); },
    getOptions: () => spec.options,
  });
}

// spec: {kind, label, get(), set(value), options?, description?, validate?, rows?, disabled?}
export const entry = (id, spec) => ({ id, component: Entry, isEdited: EDITED[spec.kind], spec });

export const select = (id, label, options, get, set, more = {}) => entry(id, { kind: "select", label, options, get, set, ...more });
export const text = (id, label, get, set, more = {}) => entry(id, { kind: "text", label, get, set, ...more });
export const area = (id, label, get, set, more = {}) => entry(id, { kind: "area", label, get, set, rows: 2, ...more });
export const check = (id, label, get, set, more = {}) => entry(id, { kind: "check", label, get, set, ...more });

// What a person chose to write freely, though the text would also be a known choice: element -> entry ids.
const freely = new WeakMap();
const isFree = (element, id) => freely.get(element)?.has(id) || false;
function setFree(element, id, is) {
  const found = freely.get(element) || new Set();
  if (is) found.add(id); else found.delete(id);
  freely.set(element, found);
}

// A choice of known expressions, the last of which is one's own; `lengths`: also a time from now.
export function expression(element, id, label, choices, get, set, { none, redraw, lengths = false }) {
  const value = get() || "";
  const isLength = lengths && value.startsWith("P");
  const known = value === "" || isLength || choices.some((choice) => choice.value === value);
  const free = !known || isFree(element, id);
  const options = [{ value: "", label: none }, ...choices, ...(lengths ? [{ value: LENGTH, label: say("after a length of time") }] : []), { value: FREE, label: say("Other (expression)") }];
  const entries = [select(id, label, options, () => (free ? FREE : isLength ? LENGTH : value), (chosen) => {
    setFree(element, id, chosen === FREE);
    if (chosen === FREE) redraw(); else set(chosen === LENGTH ? "P2D" : chosen || undefined);
  })];
  if (isLength && !free) entries.push(...duration(id, get, set));
  if (free) entries.push(text(`${id}-text`, say("Expression"), () => value, (written) => set(written?.trim() || undefined), { description: say("For example: =author_id") }));
  return entries;
}

const UNITS = [["M", "minutes"], ["H", "hours"], ["D", "days"], ["W", "weeks"]];

// P2D -> {number: 2, unit: "D"}; null for what has several parts.
export function readLength(value) {
  const found = /^P(?:(\d{1,4})([DW])|T(\d{1,6})([HM]))$/.exec(value || "");
  return found ? { number: Number(found[1] || found[3]), unit: found[2] || found[4] } : null;
}

export const writeLength = (number, unit) => ("HM".includes(unit) ? `PT${number}${unit}` : `P${number}${unit}`);

// A length of time as a number and a unit; what has several parts is shown as it is.
export function duration(id, get, set) {
  const value = get() || "";
  const found = readLength(value);
  if (value && !found) return [text(`${id}-other`, say("Other length"), () => value, (written) => set(written?.trim() || undefined), { description: say("For example: P1DT12H") })];
  const { number = "", unit = "D" } = found || {};
  const isWhole = (written) => (/^[1-9]\d{0,5}$/.test(String(written ?? "").trim()) ? null : say("A whole number is needed"));
  return [
    text(`${id}-number`, say("Number"), () => String(number), (written) => set(writeLength(Number(written), unit)), { validate: isWhole }),
    select(`${id}-unit`, say("Unit of time"), UNITS.map(([letter, name]) => ({ value: letter, label: say(name) })), () => unit, (letter) => set(writeLength(number || 1, letter))),
  ];
}

const SIMPLE = /^\s*=?\s*([a-z][a-z0-9_]*)\s*=\s*("(?:[^"\\]|\\.)*"|true|false|-?\d+)\s*$/;

// `decision = "approve"` -> {name, value}; null for everything longer.
export function readCondition(body) {
  const found = SIMPLE.exec(body || "");
  return found ? { name: found[1], value: JSON.parse(found[2]) } : null;
}

export const writeCondition = (name, value) => `${name} = ${JSON.stringify(value)}`;

// The condition of a way out of a gateway. names: [{group, name, label, values: [{value, label}]}]
export function condition(flow, names, { get, set, isDefault, makeDefault, redraw }) {
  const id = "condition";
  const body = get() || "";
  const read = readCondition(body);
  const known = read && names.find((one) => one.name === read.name && one.values.some(({ value }) => value === read.value));
  const mode = isDefault ? "default" : !body && !isFree(flow, id) ? "always" : known && !isFree(flow, id) ? "result" : "free";
  const first = names[0];
  const modes = [["always", "always"], ["default", "when no other condition is true"], ...(first ? [["result", "when the result is"]] : []), ["free", "when an expression is true"]];
  const choose = (wanted) => {
    setFree(flow, id, wanted === "free");
    if (wanted === "default") return makeDefault(true);
    if (wanted === "always") return set(undefined);
    if (wanted === "result") return set(writeCondition((known || first).name, (known ? read : first.values[0]).value));
    if (isDefault) makeDefault(false);
    return redraw();
  };
  const entries = [select(id, say("Taken"), modes.map(([value, words]) => ({ value, label: say(words) })), () => mode, choose)];
  if (mode === "result") {
    const groups = [...new Set(names.map(({ group }) => group))];
    const options = groups.map((group) => ({ label: group, children: names.filter((one) => one.group === group).map(({ name, label }) => ({ value: name, label })) }));
    const written = (value) => known.values.findIndex((one) => one.value === value);
    entries.push(
      select("condition-name", say("What is looked at"), options, () => read.name, (name) => set(writeCondition(name, names.find((one) => one.name === name).values[0].value))),
      select("condition-value", say("Value"), known.values.map(({ label }, index) => ({ value: String(index), label })), () => String(written(read.value)), (index) => set(writeCondition(read.name, known.values[Number(index)].value))));
  }
  if (mode === "free") entries.push(area("condition-text", say("Expression"), () => body, (words) => set(words?.trim() || undefined), { description: say("For example: decision = \"approve\" and channel = \"paper\"") }));
  return entries;
}
