// The settings of the field at hand, in plain words: only what the server's reader takes (engine/form_read.py).
// What an article reads of a field is shown shut, with the article.
import { CHOICES, wordOf } from "./form_editor.js";
import { element, say } from "./words.js";

const KEYED = ["textfield", "textarea", "number", "datetime", "checkbox", "radio", "select", "checklist", "taglist", "filepicker"];
const COLUMNS = [["", "width_auto"], ["16", "width_all"], ["8", "width_half"], ["5", "width_third"], ["4", "width_quarter"]];
const PAUSE_MS = 300;
let number = 0;

export function formPanel(place, editor, { needs, article, catalogues, isTaken }) {
  let shownFor = null;
  const called = new Map();

  function show(field) {
    shownFor = field;
    place.replaceChildren(...(field ? ofField(field) : ofForm()));
  }

  function ofForm() {
    const schema = editor.root();
    const parts = [element("h2", {}, say("form_settings"))];
    if (isTaken) parts.push(element("p", { className: "flash notice" }, say("form_taken", { article })));
    else parts.push(line(say("form_title"), input(schema.title || "", (value) => editor.edit(schema, { title: value || undefined }), { maxLength: 200 })));
    parts.push(element("p", { className: "quiet" }, say("select_help")));
    return parts;
  }

  function ofField(field) {
    const need = needs[field.key];
    const set = (properties) => editor.edit(field, properties);
    const rule = (name, value) => set({ validate: without({ ...field.validate, [name]: value }) });
    const parts = [element("h2", {}, wordOf(field.type))];
    if (need) parts.push(element("p", { className: "flash notice" }, say(need.kept ? "field_needed" : "field_read", { article })));
    parts.push(moves(field, need));
    if (KEYED.includes(field.type)) parts.push(...named(field, need, set, rule));
    parts.push(...special(field, need, set, rule));
    if (CHOICES.includes(field.type)) parts.push(choices(field, need, set));
    parts.push(...rest(field, set));
    return parts;
  }

  function moves(field, need) {
    const act = (words, work, isOff = false) => {
      const made = element("button", { type: "button", className: "button small", disabled: isOff }, words);
      made.addEventListener("click", work);
      return made;
    };
    return element("p", { className: "actions" }, act(say("move_up"), () => editor.move(field, -1)), act(say("move_down"), () => editor.move(field, 1)),
      act(say("field_remove"), () => editor.remove(field), Boolean(need?.kept)));
  }

  function named(field, need, set, rule) {
    const isDate = field.type === "datetime";
    const key = ofData(field, "key", set, { disabled: Boolean(need), required: true });
    const relabel = (value) => {
      const made = ofLabel(field, value);
      set({ [isDate ? "dateLabel" : "label"]: value, ...(made ? { key: made } : {}) });
      if (made) key.value = made;
    };
    return [
      line(say("label"), input((isDate ? field.dateLabel : field.label) || "", relabel, { maxLength: 200 })),
      line(say("help"), input(field.description || "", (value) => set({ description: value || undefined }), { maxLength: 500 })),
      line(say("key"), key, say("key_help")),
      tick(say("required_field"), field.validate?.required === true, (value) => rule("required", value || undefined), Boolean(need?.required)),
    ];
  }

  // A new field is called after its label until somebody names it.
  function ofLabel(field, label) {
    const isOurs = field.key === (called.get(field.id) || (field.key.startsWith(`${field.type}_`) ? field.key : null));
    const name = slug(label);
    if (!isOurs || !name || name === field.key) return null;
    const others = new Set(editor.fields().filter((one) => one !== field).flatMap((one) => [one.key, one.path]));
    let n = 1;
    while (others.has(n === 1 ? name : `${name}_${n}`)) n += 1;
    called.set(field.id, n === 1 ? name : `${name}_${n}`);
    return called.get(field.id);
  }

  // The name of a field's data: two fields of one level may not share it.
  function ofData(field, name, set, more) {
    const taken = () => editor.fields().some((one) => one !== field && one._parent === field._parent && [one.key, one.path].includes(control.value));
    const control = input(field[name] || "", (value) => set({ [name]: value || undefined }), { pattern: "[a-z][a-z0-9_]*", maxLength: 48, spellcheck: false, ...more });
    control.addEventListener("input", () => { control.setCustomValidity(taken() ? say("key_taken") : ""); control.reportValidity(); });
    return control;
  }

  function special(field, need, set, rule) {
    const length = (name, words) => line(words, amount(field.validate?.[name], (value) => rule(name, value), { min: 0 }));
    switch (field.type) {
      case "textfield": return [length("minLength", say("min_len")), length("maxLength", say("max_len")), pattern(field, rule)];
      case "textarea": return [length("minLength", say("min_len")), length("maxLength", say("max_len"))];
      case "number": return [
        line(say("decimals_n"), amount(field.decimalDigits, (value) => set({ decimalDigits: value ?? 0 }), { min: 0, max: 10, disabled: Boolean(need) })),
        line(say("least"), amount(field.validate?.min, (value) => rule("min", value))),
        line(say("most"), amount(field.validate?.max, (value) => rule("max", value)))];
      case "datetime": return [
        line(say("date_kind"), list([["date", say("date_only")], ["datetime", say("date_time")]], field.subtype, (value) => set({ subtype: value, timeLabel: value === "date" ? undefined : say("time") , timeSerializingFormat: value === "date" ? undefined : "utc_offset", timeInterval: value === "date" ? undefined : 15, use24h: value === "date" ? undefined : true }), Boolean(need))),
        tick(say("no_past"), field.disallowPassedDates === true, (value) => set({ disallowPassedDates: value || undefined }))];
      case "filepicker": return [
        tick(say("many_files"), field.multiple === true, (value) => set({ multiple: value || undefined }), Boolean(need)),
        line(say("accept"), input(field.accept || "", (value) => set({ accept: value || undefined }), { maxLength: 200, placeholder: ".pdf,.docx" }))];
      case "text": return [line(say("text"), area(field.text || "", (value) => set({ text: value })), say("text_help"))];
      case "spacer": return [line(say("height"), amount(field.height, (value) => set({ height: value ?? 60 }), { min: 1, max: 500 }))];
      case "image": return [line(say("source"), input(field.source || "", (value) => set({ source: value }), { placeholder: "/static/..." })), line(say("alt"), input(field.alt || "", (value) => set({ alt: value })))];
      case "group": case "dynamiclist": return [
        line(say("label"), input(field.label || "", (value) => set({ label: value }))),
        line(say("path"), ofData(field, "path", set, { required: field.type === "dynamiclist" }), say(field.type === "group" ? "path_group" : "key_help")),
        tick(say("outline"), field.showOutline === true, (value) => set({ showOutline: value || undefined }))];
      default: return [];
    }
  }

  function pattern(field, rule) {
    const more = element("details", { open: Boolean(field.validate?.pattern) }, element("summary", {}, say("advanced")),
      line(say("pattern_field"), input(field.validate?.pattern || "", (value) => rule("pattern", value || undefined), { spellcheck: false, maxLength: 200, placeholder: "^[0-9]{10}$" }), say("pattern_help")),
      line(say("pattern_words"), input(field.validate?.patternErrorMessage || "", (value) => rule("patternErrorMessage", value || undefined), { maxLength: 200 })));
    return more;
  }

  function choices(field, need, set) {
    const fixed = Boolean(need?.values.length);
    const from = field.properties?.catalogue || "";
    const source = list([["", say("own_list")], ...Object.entries(catalogues)], from, (value) => {
      const { catalogue: _old, ...others } = field.properties || {};
      set({ properties: without({ ...others, catalogue: value || undefined }) || {}, values: value ? undefined : [1, 2].map((n) => ({ label: say("option_n", { n }), value: `option_${n}` })) });
      show(field);
    }, Boolean(need?.catalogue) || fixed);
    const box = element("fieldset", { className: "choices" }, element("legend", {}, say("choices")), line(say("choices_from"), source));
    if (from) return box;
    const values = field.values || [];
    const put = (next, focus) => { set({ values: next }); show(field); if (focus) place.querySelector(focus)?.focus(); };
    values.forEach((one, index) => {
      const change = (name) => (value) => set({ values: field.values.map((other, place_) => (place_ === index ? { ...other, [name]: value } : other)) });
      const off = (words, label, work, isOff) => {
        const made = element("button", { type: "button", className: "link", title: label, "aria-label": `${label}: ${one.label}`, disabled: isOff }, words);
        made.addEventListener("click", work);
        return made;
      };
      box.append(element("div", { className: "choice-row" },
        input(one.label, change("label"), { "aria-label": say("option_label", { n: index + 1 }), maxLength: 200 }),
        input(one.value, change("value"), { "aria-label": say("option_value", { n: index + 1 }), maxLength: 100, disabled: fixed, spellcheck: false }),
        off("↑", say("move_up"), () => put(swapped(values, index, index - 1)), index === 0),
        off("✕", say("remove"), () => put(values.filter((_one, place_) => place_ !== index)), fixed || values.length === 1)));
    });
    if (!fixed) {
      const more = element("button", { type: "button", className: "button small" }, say("option_add"));
      more.addEventListener("click", () => {
        let n = values.length + 1;
        while (values.some((one) => one.value === `option_${n}`)) n += 1;
        put([...values, { label: say("option_n", { n }), value: `option_${n}` }], ".choice-row:last-of-type input");
      });
      box.append(more);
    }
    box.append(element("p", { className: "hint" }, say(fixed ? "choices_fixed" : "choices_help")));
    return box;
  }

  function rest(field, set) {
    const hide = field.conditional?.hide || "";
    const write = (value) => set({ conditional: value ? { hide: value.startsWith("=") ? value : `=${value}` } : undefined });
    const condition = input(hide, write, { spellcheck: false, maxLength: 500, placeholder: "=decision = \"return\"" });
    const more = element("details", { open: Boolean(hide), className: "hide" }, element("summary", {}, say("hide")),
      builder(field, (value) => { write(value); condition.value = value; }), line(say("hide_expression"), condition, say("hide_help")));
    const parts = [more];
    if (field.type !== "separator" && field.type !== "spacer") {
      const columns = String(field.layout?.columns || "");
      const known = COLUMNS.some(([value]) => value === columns) ? COLUMNS : [...COLUMNS, [columns, "width_other"]];
      parts.push(line(say("width"), list(known.map(([value, word]) => [value, say(word, { n: value })]), columns, (value) => set({ layout: { ...field.layout, columns: value ? Number(value) : null } }))));
    }
    return parts;
  }

  // "Hide when <field> is <value>" without writing an expression.
  function builder(field, write) {
    const others = editor.fields().filter((one) => one !== field && one.key && !one.conditional?.hide && (one.type === "checkbox" || (CHOICES.slice(0, 2).includes(one.type) && one.values?.length)));
    if (!others.length) return "";
    const which = list(others.map((one) => [one.key, one.label || one.key]), others[0].key, () => fill(), false, say("hide_field"));
    const how = list([["=", say("is")], ["!=", say("is_not")]], "=", () => {}, false, say("hide_how"));
    const what = element("select", { "aria-label": say("hide_value") });
    const fill = () => {
      const one = others.find((other) => other.key === which.value);
      const options = one.type === "checkbox" ? [["true", say("ticked")]] : one.values.map((option) => [`"${option.value}"`, option.label]);
      what.replaceChildren(...options.map(([value, words]) => element("option", { value }, words)));
    };
    fill();
    const set = element("button", { type: "button", className: "button small" }, say("hide_set"));
    set.addEventListener("click", () => write(how.value === "=" ? `=${which.value} = ${what.value}` : `=${which.value} = null or ${which.value} != ${what.value}`));
    return element("div", { className: "builder" }, which, how, what, set);
  }

  return {
    show,
    // after an edit elsewhere (undo, drag): the same field may have changed or gone
    again() {
      const field = shownFor && editor.field(shownFor.id);
      if (place.contains(document.activeElement) && field) return;
      show(field || null);
    },
  };
}

// "Số bản in" -> so_ban_in; "" for what has no letter
const slug = (text) => text.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "").replaceAll("đ", "d")
  .replace(/[^a-z0-9]+/g, "_").replace(/^[0-9_]+/, "").slice(0, 40).replace(/_+$/, "");

const swapped = (list_, from, to) => list_.map((one, index) => (index === to ? list_[from] : index === from ? list_[to] : one));

function without(object) {
  const left = Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
  return Object.keys(left).length ? left : undefined;
}

function line(words, control, help = "") {
  const inner = control.matches?.("input, select, textarea") ? control : control.querySelector?.("input, select, textarea");
  const id = `setting-${++number}`;
  if (inner) inner.id = id;
  const hint = help ? [element("p", { className: "hint", id: `${id}-help` }, help)] : [];
  if (help) inner.setAttribute("aria-describedby", `${id}-help`);
  return element("div", { className: "setting" }, element("label", { htmlFor: id }, words), control, ...hint);
}

// A word typed is one step to undo, not one per letter: what is typed counts after a short pause.
function pausing(control, take) {
  let timer = null;
  let last = control.value;
  const now = () => {
    clearTimeout(timer);
    if (control.value === last || !control.checkValidity()) return;
    last = control.value;
    take(control.value);
  };
  control.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(now, PAUSE_MS); });
  control.addEventListener("change", now);
  return control;
}

function input(value, change, more = {}) {
  return pausing(element("input", { type: "text", value, autocomplete: "off", ...more }), (text) => change(text.trim()));
}

function area(value, change) {
  return pausing(element("textarea", { value, rows: 4, maxLength: 5000 }), change);
}

function amount(value, change, more = {}) {
  return pausing(element("input", { type: "number", value: value ?? "", step: 1, ...more }), (text) => change(text === "" ? undefined : Number(text)));
}

function list(options, value, change, isOff = false, label = "") {
  const made = element("select", { disabled: isOff, ...(label ? { "aria-label": label } : {}) },
    ...options.map(([one, words]) => element("option", { value: one, selected: one === value }, words)));
  made.addEventListener("change", () => change(made.value));
  return made;
}

function tick(words, isOn, change, isOff = false) {
  const box = element("input", { type: "checkbox", checked: isOn, disabled: isOff });
  box.addEventListener("change", () => change(box.checked));
  return element("label", { className: "tick" }, box, " ", words);
}
