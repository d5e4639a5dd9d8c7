// form-js in Vietnamese and with files: our validator's words, a date field that always reads day/month/year,
// a file field that uploads at once and holds the sha256, a PIN that is never shown.
import { Checklist, Datetime, Description, Errors, FilePicker, Label, Select, Textarea, Textfield } from "@bpmn-io/form-js-viewer";
import flatpickr from "flatpickr";
import { Vietnamese } from "flatpickr/dist/l10n/vn.js";
import { h } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { confirming, doubted } from "./doubts.js";
import { upload } from "./send.js";
import { say } from "./words.js";

if (document.documentElement.lang === "vi") flatpickr.localize(Vietnamese);

const empty = (value) => value === null || value === undefined || value === "" || (Array.isArray(value) && !value.length);

function numberFaults(field, value) {
  if (empty(value)) return [];
  if (Number.isNaN(Number(value))) return [say("not_number")];
  const decimals = String(value).split(".")[1]?.length || 0;
  if (field.decimalDigits >= 0 && decimals > field.decimalDigits) {
    return [field.decimalDigits ? say("decimals", { n: field.decimalDigits }) : say("not_integer")];
  }
  return [];
}

export function faults(field, value) {
  const rule = field.validate || {};
  const found = field.type === "number" ? numberFaults(field, value) : [];
  if (rule.required && (empty(value) || (field.type === "checkbox" && value === false))) {
    return [say(field.type === "checkbox" ? "check_required" : "required")];
  }
  if (empty(value)) return found;
  const length = typeof value === "string" ? value.trim().length : 0;
  if (rule.pattern && !new RegExp(rule.pattern, "u").test(value)) found.push(rule.patternErrorMessage || say("pattern"));
  if ("min" in rule && Number(value) < Number(rule.min)) found.push(say("min", { n: rule.min }));
  if ("max" in rule && Number(value) > Number(rule.max)) found.push(say("max", { n: rule.max }));
  if (rule.minLength && length < rule.minLength) found.push(say("min_length", { n: rule.minLength }));
  if (rule.maxLength && length > rule.maxLength) found.push(say("max_length", { n: rule.maxLength }));
  if (rule.validationType === "email" && !/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(value)) found.push(say("email"));
  if (rule.validationType === "phone" && !/^[+\d][\d .-]{7,}$/.test(value)) found.push(say("phone"));
  return found;
}

// What the server said of fields, by id: {value, errors}. It stays until the value changes or the form is sent again, so
// that leaving a red field takes no line away and what is clicked next does not move from under the pointer.
export const said = new Map();

class Validator {
  constructor(formFieldRegistry) { this.registry = formFieldRegistry; }
  validateField(field, value) {
    const before = said.get(field.id);
    return before && before.value === JSON.stringify(value ?? null) ? before.errors : faults(field, value);
  }
  validateFieldInstance({ id }, value) {
    const field = this.registry.get(id);
    return field ? this.validateField(field, value) : [];
  }
}
Validator.$inject = ["formFieldRegistry"];

const shell = (type, { errors = [], disabled, readonly }) =>
  ["fjs-form-field", `fjs-form-field-${type}`, errors.length ? "fjs-has-errors" : "", disabled ? "fjs-disabled" : "", readonly ? "fjs-readonly" : ""].join(" ");

// 2025-09-05 <-> 05/09/2025; null for what is no day
export const shown = (iso) => (/^\d{4}-\d\d-\d\d$/.test(iso || "") ? iso.split("-").reverse().join("/") : iso || "");
function dayOf(text) {
  const parts = /^(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})$/.exec(text.trim());
  if (!parts) return null;
  const [day, month, year] = parts.slice(1).map(Number);
  const date = new Date(Date.UTC(year, month - 1, day));
  const real = date.getUTCDate() === day && date.getUTCMonth() === month - 1 && year > 1900;
  return real ? date.toISOString().slice(0, 10) : null;
}

function DateField(props) {
  const { field, domId, value, errors = [], disabled, readonly, onChange, onBlur, onFocus } = props;
  const input = useRef(null);
  const calendar = useRef(null);
  const picker = useRef(null);
  const change = useRef(onChange);
  change.current = onChange;
  const [wrong, setWrong] = useState(false);
  const take = (text) => {
    const day = text.trim() ? dayOf(text) : null;
    setWrong(Boolean(text.trim()) && !day);
    change.current({ value: text.trim() ? day || text.trim() : null });
  };
  useEffect(() => {
    if (disabled || readonly) return undefined;
    // on an input of its own: on ours it would turn 31/02 into 03/03
    picker.current = flatpickr(calendar.current, {
      dateFormat: "d/m/Y", disableMobile: true, clickOpens: false, positionElement: input.current, monthSelectorType: "static",
      onChange: (_dates, text) => { input.current.value = text; take(text); },
    });
    return () => picker.current.destroy();
  }, [disabled, readonly]);
  useEffect(() => {
    if (document.activeElement === input.current) return;
    input.current.value = shown(value);
  }, [value]);
  const open = () => {
    if (dayOf(input.current.value)) picker.current.setDate(input.current.value, false, "d/m/Y");
    picker.current.open();
  };
  const all = wrong ? [say("bad_date")] : errors;
  return h("div", { class: shell("datetime", { ...props, errors: all }) },
    h(Label, { htmlFor: domId, label: field.dateLabel || field.label, required: field.validate?.required }),
    h("div", { class: "fjs-input-group date" },
      h("input", {
        ref: input, id: domId, class: "fjs-input", type: "text", inputMode: "numeric", placeholder: say("date_hint"),
        autoComplete: "off", disabled, readOnly: readonly, "aria-invalid": all.length > 0, maxLength: 10,
        "aria-describedby": `${domId}-error-message`, onFocus,
        onBlur: (event) => { take(event.target.value); if (dayOf(event.target.value)) event.target.value = shown(dayOf(event.target.value)); onBlur?.(); },
        onInput: (event) => { setWrong(false); const day = dayOf(event.target.value); if (day || !event.target.value) change.current({ value: day }); },
      }),
      !disabled && !readonly && h("button", { type: "button", class: "date-open", tabIndex: -1, "aria-hidden": true, onClick: open }, "▾"),
      h("input", { ref: calendar, type: "text", hidden: true, tabIndex: -1 })),
    h(Description, { id: `${domId}-description`, description: field.description }),
    h(Errors, { id: `${domId}-error-message`, errors: all }));
}

function DateOrTime(props) {
  return props.field.subtype === "date" ? h(DateField, props) : h(Datetime, props);
}
DateOrTime.config = Datetime.config;

function Pin(props) {
  const { field, domId, value, errors = [], disabled, readonly, onChange, onBlur, onFocus } = props;
  return h("div", { class: shell("textfield", props) },
    h(Label, { htmlFor: domId, label: field.label, required: field.validate?.required }),
    h("div", { class: "fjs-input-group" }, h("input", {
      id: domId, class: "fjs-input", type: "password", autoComplete: "off", spellCheck: false, inputMode: "text", value: value || "",
      disabled, readOnly: readonly, "aria-invalid": errors.length > 0, "aria-describedby": `${domId}-error-message`, maxLength: 64,
      onInput: (event) => onChange({ value: event.target.value }), onBlur, onFocus,
    })),
    h(Description, { id: `${domId}-description`, description: field.description }),
    h(Errors, { id: `${domId}-error-message`, errors }));
}

function TextOrPin(props) {
  return props.field.properties?.kind === "pin" ? h(Pin, props) : h(Textfield, props);
}
TextOrPin.config = Textfield.config;

// names of files by sha256, so that a field drawn again still says which file it holds
export const names = new Map();

function fileField(address, busy) {
  function File_(props) {
    const { field, domId, value, errors = [], disabled, readonly, onChange } = props;
    const input = useRef(null);
    const [state, setState] = useState({});
    const [over, setOver] = useState(false);
    const multiple = field.multiple === true;
    const held = multiple ? value || [] : value ? [value] : [];
    const shut = disabled || readonly;
    const send = async (files) => {
      let all = multiple ? [...held] : [];
      for (const file of multiple ? files : files.slice(0, 1)) {
        busy(1);
        setState({ progress: 0, name: file.name });
        const answer = await upload(address, file, (part) => setState({ progress: part, name: file.name }));
        busy(-1);
        if (answer.status !== 200) {
          setState({ fault: answer.body.error || answer.body.message || say(answer.status === 413 ? "too_large" : "offline"), name: file.name });
          return;
        }
        names.set(answer.body.sha256, answer.body.name);
        all = [...all, answer.body.sha256];
        onChange({ value: multiple ? all : all[0] });
      }
      setState({});
    };
    const going = state.progress !== undefined;
    const words = going ? `${state.name}: ${state.progress < 1 ? say("uploading", { n: Math.round(state.progress * 100) }) : say("checking")}`
      : held.length ? held.map((sha) => names.get(sha) || say("uploaded")).join(", ") : `${say("no_file")}, ${say("drop_file")}`;
    const all = state.fault ? [`${state.name}: ${state.fault}`] : errors;
    const still = state.fault && held.length ? say("still_held", { name: words }) : words;
    return h("div", { class: shell("filepicker", { ...props, errors: all }) },
      h(Label, { htmlFor: domId, label: field.label, required: field.validate?.required }),
      h("div", {
        class: `pick ${over ? "over" : ""}`,
        onDragOver: (event) => { event.preventDefault(); setOver(!shut); },
        onDragLeave: () => setOver(false),
        onDrop: (event) => { event.preventDefault(); setOver(false); if (!shut) send([...event.dataTransfer.files]); },
      },
      h("input", {
        ref: input, id: domId, class: "fjs-hidden", type: "file", tabIndex: -1, multiple, accept: field.accept, disabled: shut,
        onChange: (event) => { const files = [...event.target.files]; event.target.value = ""; if (files.length) send(files); },
      }),
      h("button", { type: "button", class: "button small", disabled: shut || going, onClick: () => input.current.click(), "aria-describedby": `${domId}-state` }, say("choose_file")),
      h("span", { id: `${domId}-state`, class: `state ${held.length && !going && !all.length ? "good" : ""}`, role: "status" }, still),
      held.length > 0 && !going && !shut && h("button", { type: "button", class: "link", onClick: () => onChange({ value: multiple ? [] : null }) }, say("remove")),
      going && h("progress", { max: 1, value: state.progress })),
      h(Description, { id: `${domId}-description`, description: field.description }),
      h(Errors, { id: `${domId}-error-message`, errors: all }));
  }
  File_.config = FilePicker.config;
  return File_;
}

export function ourFields(uploadAddress, busy, doubts = null) {
  const ours = { textfield: TextOrPin, datetime: DateOrTime, ...(doubts ? { textarea: Textarea, select: Select } : {}) };
  class Ours {
    constructor(formFields) {
      formFields.register("filepicker", fileField(uploadAddress, busy));
      for (const [type, Component] of Object.entries(ours)) formFields.register(type, doubts ? doubted(Component, doubts) : Component);
      if (doubts) formFields.register("checklist", confirming(Checklist, doubts));
    }
  }
  Ours.$inject = ["formFields"];
  return { __init__: ["ours"], ours: ["type", Ours], validator: ["type", Validator] };
}

// The few English words that form-js writes into its lists.
export function translate(container) {
  const table = { Select: say("choose"), Search: say("search"), "No results": say("no_results"), "All values selected": say("all_selected"), "Add new": say("add_row"), "Skip to search": say("skip_to_search") };
  const fix = () => {
    for (const input of container.querySelectorAll("input[placeholder]")) {
      if (table[input.placeholder]) input.placeholder = table[input.placeholder];
    }
    for (const place of container.querySelectorAll(".fjs-select-placeholder, .fjs-select-display, .fjs-dropdownlist-empty, .fjs-repeat-render-add, .fjs-taglist-skip-link")) {
      const words = place.textContent.trim();
      const last = place.lastChild;
      if (table[words] && last?.nodeType === Node.TEXT_NODE) last.data = table[words];
    }
  };
  new MutationObserver(fix).observe(container, { childList: true, subtree: true, characterData: true });
  fix();
}
