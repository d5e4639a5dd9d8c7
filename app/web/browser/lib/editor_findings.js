// What the check says of the drawing: a mark at each element, a list, and the path that proves it, drawn on the diagram
// with numbers. Choosing a finding chooses its element. Works on the drawing of an editor and of a viewer.
import { element as make, say } from "./words.js";

const CLASSES = { error: "finding-error", warning: "finding-warning" };

// `parts`: {list, count, state}: where the list, the number and one line of state go.
export function findingsOf(drawing, parts, { reveal }) {
  const canvas = drawing.get("canvas");
  const overlays = drawing.get("overlays");
  const registry = drawing.get("elementRegistry");
  let shown = [];
  let marked = [];
  let traced = [];

  // The shape of an id: of the element itself, or of the event whose timer, of the pool whose process has it.
  const shapeOf = (id) => registry.get(id) || registry.find(({ businessObject: object }) =>
    object?.eventDefinitions?.some((one) => one.id === id) || object?.processRef?.id === id || object?.loopCharacteristics?.id === id);

  // An element without a name is not called by its id.
  const plain = (one) => (one.label && one.label === one.element && !shapeOf(one.element)?.businessObject.name
    ? { ...one, label: say("unnamed"), message: one.message.replaceAll(`“${one.label}”`, `“${say("unnamed")}”`) } : one);

  const mark = (list, id, name) => {
    if (!registry.get(id)) return;
    canvas.addMarker(id, name);
    list.push([id, name]);
  };
  const unmark = (list) => {
    for (const [id, name] of list.splice(0)) if (registry.get(id)) canvas.removeMarker(id, name);
  };

  function show(findings, state = "") {
    shown = findings.map((one) => plain({ ...one, element: shapeOf(one.element)?.id || one.element }));
    draw();
    parts.state.textContent = state;
  }

  function draw() {
    leave();
    unmark(marked);
    overlays.remove({ type: "finding" });
    const worst = new Map();
    for (const { element, severity } of shown) if (worst.get(element) !== "error") worst.set(element, severity);
    for (const [id, severity] of worst) {
      const shape = registry.get(id);
      if (!shape) continue;
      mark(marked, id, CLASSES[severity]);
      if (shape === canvas.getRootElement() || shape.waypoints) continue;
      const words = shown.filter(({ element }) => element === id).map(({ message }) => message).join("\n");
      const flag = make("button", { type: "button", className: `finding-flag ${severity}`, title: words, "aria-label": words }, severity === "error" ? "!" : "?");
      flag.addEventListener("click", () => open(shown.findIndex(({ element }) => element === id)));
      overlays.add(id, "finding", { position: { top: -11, left: -11 }, scale: { min: 0.7 }, html: flag });
    }
    list();
  }

  function list() {
    const errors = shown.filter(({ severity }) => severity === "error").length;
    parts.count.textContent = shown.length ? String(shown.length) : "";
    parts.count.classList.toggle("bad", errors > 0);
    parts.count.hidden = !shown.length;
    parts.list.replaceChildren(...shown.map((finding, index) => item(finding, index)));
    if (!shown.length) parts.list.append(make("li", { className: "quiet none" }, say("no_findings")));
  }

  function item(finding, index) {
    const { severity, label, article, message, path } = finding;
    const button = make("button", { type: "button", className: "finding" },
      make("span", { className: `tag ${severity}` }, say(severity)), " ",
      ...(article ? [make("span", { className: "tag plain" }, article.replace(/^Art\. (.+)$/, (_, n) => say("article", { n }))), " "] : []),
      make("strong", {}, label || say("whole_drawing")), make("span", { className: "said" }, message));
    button.addEventListener("click", () => open(index));
    const row = make("li", {}, button);
    if (path?.length > 1) {
      const names = path.map((id) => registry.get(id)).filter((one) => one && !one.waypoints).map((one) => one.businessObject.name || one.id);
      row.append(make("details", {}, make("summary", {}, say("path", { n: names.length })), make("ol", { className: "path" }, ...names.map((name) => make("li", {}, name)))));
    }
    return row;
  }

  // Choose the element, draw the path.
  function open(index) {
    const finding = shown[index];
    if (!finding) return;
    leave();
    for (const [at, row] of [...parts.list.children].entries()) row.classList.toggle("open", at === index);
    trace(finding.path || []);
    reveal(finding.element);
    const row = parts.list.children[index];
    if (row && !row.querySelector(".leave") && finding.path?.length > 1) {
      const away = make("button", { type: "button", className: "button small leave" }, say("leave_path"));
      away.addEventListener("click", () => { leave(); row.classList.remove("open"); });
      row.append(away);
    }
    row?.scrollIntoView({ block: "nearest" });
  }

  function trace(path) {
    let number = 0;
    const times = new Map();
    for (const [at, id] of path.entries()) {
      const shape = registry.get(id);
      if (!shape) continue;
      mark(traced, id, "on-path");
      if (shape.waypoints) continue;
      const next = registry.get(path[at + 1]);
      if (next && !next.waypoints) for (const flow of shape.outgoing || []) if (flow.target === next) mark(traced, flow.id, "on-path");
      number += 1;
      const before = times.get(id) || 0;
      times.set(id, before + 1);
      overlays.add(id, "path", { position: { bottom: 9, left: 6 + before * 24 }, scale: { min: 0.6 }, html: make("span", { className: "path-number" }, String(number)) });
    }
  }

  function leave() {
    unmark(traced);
    overlays.remove({ type: "path" });
    for (const old of parts.list.querySelectorAll(".leave")) old.remove();
  }

  return { show, draw, open, leave, state: (words) => { parts.state.textContent = words; } };
}
