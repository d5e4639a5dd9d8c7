// Remarks on elements: told beside the drawing, marked on it, settled when dealt with.
import { post } from "./send.js";
import { element as make, say } from "./words.js";

// `parts`: {list, count, form}; `at()`: the element that is chosen, or null; options: {address, file, remarks, mayWrite, reveal}.
export function remarksOf(drawing, parts, at, options) {
  const overlays = drawing.get("overlays");
  const registry = drawing.get("elementRegistry");
  let remarks = options.remarks;
  const field = parts.form?.querySelector("textarea");
  const about = parts.form?.querySelector("[data-about]");
  const wrong = parts.form?.querySelector("[role=alert]");
  const named = (id) => registry.get(id)?.businessObject.name || (registry.get(id) ? id : say("gone", { id }));

  function draw() {
    overlays.remove({ type: "remark" });
    const open = remarks.filter((one) => !one.resolved);
    const counted = new Map();
    for (const { element } of open) counted.set(element, (counted.get(element) || 0) + 1);
    for (const [id, count] of counted) {
      const shape = registry.get(id);
      if (!shape || shape === drawing.get("canvas").getRootElement()) continue;
      const flag = make("button", { type: "button", className: "remark-flag", title: say("remarks_here", { n: count }), "aria-label": say("remarks_here", { n: count }) }, String(count));
      flag.addEventListener("click", () => options.reveal(id, "remarks"));
      overlays.add(id, "remark", { position: shape.waypoints ? { top: 0, left: 0 } : { top: -11, right: 13 }, html: flag });
    }
    parts.count.textContent = open.length ? String(open.length) : "";
    parts.count.hidden = !open.length;
    parts.list.replaceChildren(...[...remarks].sort((a, b) => a.resolved - b.resolved || b.id - a.id).map(item));
    if (!remarks.length) parts.list.append(make("li", { className: "quiet none" }, say("no_remarks")));
  }

  function item(remark) {
    const where = make("button", { type: "button", className: "link" }, remark.element ? named(remark.element) : say("whole_drawing"));
    where.addEventListener("click", () => options.reveal(remark.element));
    const row = make("li", { className: remark.resolved ? "resolved" : "" },
      make("p", { className: "by" }, make("strong", {}, remark.who), " · ", make("time", {}, remark.when), " · ", where),
      make("p", { className: "said" }, remark.text));
    if (remark.resolved) row.append(make("p", { className: "quiet" }, say("resolved_by", { who: remark.resolved_by })));
    if (options.mayWrite) {
      const settle = make("button", { type: "button", className: "button small" }, say(remark.resolved ? "unresolve" : "resolve"));
      settle.addEventListener("click", () => tell(`${options.address}/${remark.id}`, { resolved: !remark.resolved }));
      row.append(settle);
    }
    return row;
  }

  async function tell(address, body) {
    const { status, body: answer } = await post(address, body);
    if (status === 200) {
      remarks = answer.remarks;
      draw();
      return true;
    }
    if (wrong) wrong.textContent = status === 0 ? say("offline") : answer.message || say("failed");
    return false;
  }

  // What a new remark would be about.
  function follow() {
    if (!about) return;
    const id = at();
    about.textContent = id ? named(id) : say("whole_drawing");
  }

  parts.form?.addEventListener("submit", async (event) => {
    event.preventDefault();
    wrong.textContent = "";
    if (!field.value.trim()) { wrong.textContent = say("write_remark"); field.focus(); return; }
    if (await tell(options.address, { file: options.file, element: at() || "", text: field.value })) field.value = "";
  });

  draw();
  follow();
  return { draw, follow };
}
