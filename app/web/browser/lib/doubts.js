// What was read of a scan, at its field: a doubtful value is marked with a picture of where it was read, and is
// confirmed with one key (F2) or corrected. The server refuses what was neither; here it is only made easy.
import { h } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { say } from "./words.js";

const plain = (value) => String(value ?? "").normalize("NFC").split(/\s+/).filter(Boolean).join(" ");

export class Doubts {
  // read: {key: {page, boxes, size, value}}, doubts: {key: confidence} of the doubtful ones;
  // picture(place, canvas) draws where it was read and says whether it could
  constructor({ read, doubts }, picture) {
    this.read = read || {};
    this.sure = doubts || {};
    this.confirmed = [];
    this.fields = new Map(); // key -> {value, change, isShut}, as they stand on the page
    this.told = new Set();
    this.picture = picture;
    this.onConfirm = () => {};
    this.onMove = () => {}; // how many are open may have changed
  }

  same(key, value) { return plain(value) === plain(this.read[key]?.value); }

  // null: not doubtful; "open", "confirmed", "changed"
  state(key, value) {
    if (!(key in this.sure)) return null;
    if (!this.same(key, value)) return "changed";
    return this.confirmed.includes(key) ? "confirmed" : "open";
  }

  open() { return [...this.fields].filter(([key, one]) => this.state(key, one.value) === "open").map(([key]) => key); }

  confirm(key, is = true) {
    if (!this.change) return;
    this.change(is ? [...new Set([...this.confirmed, key])] : this.confirmed.filter((one) => one !== key));
    if (is) this.onConfirm(key);
  }

  // What was read there goes into its field.
  fill(key) {
    const field = this.fields.get(key);
    if (field && !field.isShut && this.read[key]) field.change({ value: this.read[key].value });
  }

  tell() { for (const one of this.told) one(); }
}

function Doubt({ doubts, name, value, domId }) {
  const [, again] = useState(0);
  const canvas = useRef(null);
  const [drawn, setDrawn] = useState(false);
  const state = doubts.state(name, value);
  useEffect(() => {
    const told = () => again((n) => n + 1);
    doubts.told.add(told);
    return () => doubts.told.delete(told);
  }, []);
  useEffect(() => {
    if (state && doubts.read[name]?.boxes.length) doubts.picture(doubts.read[name], canvas.current).then(setDrawn);
  }, [state === null]);
  useEffect(() => {
    const input = canvas.current?.closest(".doubted")?.querySelector("input:not([hidden]), textarea");
    if (input) input.setAttribute("aria-describedby", `${domId}-error-message ${domId}-doubt`);
  });
  if (!state) return null;
  const sure = Math.round(doubts.sure[name] * 100);
  return h("div", { class: `doubt ${state}`, id: `${domId}-doubt` },
    h("canvas", { ref: canvas, hidden: !drawn || state === "changed", role: "img", "aria-label": say("doubt_picture") }),
    h("span", { class: "doubt-words" },
      state === "open" && [h("b", {}, h("span", { "aria-hidden": true }, "⚠ "), say("doubt_open", { n: sure })), " ",
        h("button", { type: "button", class: "button small", onClick: () => doubts.confirm(name) }, say("doubt_right"), " ", h("kbd", {}, "F2"))],
      state === "confirmed" && [h("span", {}, h("span", { "aria-hidden": true }, "✓ "), say("doubt_confirmed")), " ",
        h("button", { type: "button", class: "link", onClick: () => doubts.confirm(name, false) }, say("doubt_again"))],
      state === "changed" && [h("span", {}, h("span", { "aria-hidden": true }, "✎ "), say("doubt_changed")), " ",
        h("button", { type: "button", class: "link", onClick: () => doubts.fill(name) }, say("doubt_back"))]));
}

// A form-js component with its doubt under it.
export function doubted(Component, doubts) {
  function Doubted(props) {
    const { field, value, onChange, disabled, readonly, domId } = props;
    doubts.fields.set(field.key, { value, change: onChange, isShut: disabled || readonly, domId });
    useEffect(() => { doubts.onMove(); return () => { doubts.fields.delete(field.key); doubts.onMove(); }; }, []);
    useEffect(() => doubts.onMove(), [value]);
    const inner = h(Component, props);
    if (!(field.key in doubts.sure)) return inner;
    return h("div", { class: "doubted" }, inner, h(Doubt, { doubts, name: field.key, value, domId }));
  }
  Doubted.config = Component.config;
  return Doubted;
}

// The list of confirmed fields of the form: kept, and shown at the fields instead.
export function confirming(Checklist, doubts) {
  function Confirming(props) {
    const isOurs = props.field.key === "confirmed";
    const { value, onChange, disabled, readonly } = props;
    if (isOurs) {
      doubts.confirmed = value || [];
      doubts.change = disabled || readonly ? null : (keys) => onChange({ value: keys });
    }
    useEffect(() => { if (isOurs) { doubts.tell(); doubts.onMove(); } }, [value]);
    useEffect(() => () => { if (isOurs) { doubts.change = null; doubts.tell(); } }, []);
    return isOurs ? h("div", { hidden: true }) : h(Checklist, props);
  }
  Confirming.config = Checklist.config;
  return Confirming;
}
