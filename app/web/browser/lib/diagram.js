// The diagram with "you are here": drawn when its tab first opens.
import NavigatedViewer from "bpmn-js/lib/NavigatedViewer";
import "bpmn-js/dist/assets/diagram-js.css";
import "bpmn-js/dist/assets/bpmn-js.css";
import { element, say } from "./words.js";

const READABLE = 0.75;

export function diagramsOf(root) {
  for (const box of root.querySelectorAll("[data-diagram]")) {
    box.closest("[role=tabpanel]").addEventListener("shown", () => draw(box));
  }
}

async function draw(box) {
  if (box.dataset.drawn) return;
  box.dataset.drawn = "1";
  const answer = await fetch(box.dataset.diagram, { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok) {
    delete box.dataset.drawn;
    box.replaceChildren(element("p", { className: "quiet middle" }, say(answer?.status === 404 ? "no_diagram" : "offline")));
    return;
  }
  const { xml, here, passed } = await answer.json();
  box.replaceChildren();
  const viewer = new NavigatedViewer({ container: box });
  await viewer.importXML(xml);
  const canvas = viewer.get("canvas");
  const registry = viewer.get("elementRegistry");
  const known = (ids) => ids.filter((id) => registry.get(id));
  for (const id of known(passed)) canvas.addMarker(id, "passed");
  for (const id of known(here)) {
    canvas.addMarker(id, "here");
    viewer.get("overlays").add(id, { position: { top: -26, left: 0 }, html: element("div", { className: "here-flag" }, say("here")) });
  }
  const at = registry.get(known(here)[0]) || registry.get(known(passed).at(-1));
  const whole = () => canvas.zoom("fit-viewport");
  const near = () => look(canvas, at);
  whole();
  if (at && canvas.zoom() < READABLE) near();
  const button = (words, act) => {
    const made = element("button", { type: "button", className: "button small" }, words);
    made.addEventListener("click", act);
    return made;
  };
  box.append(element("div", { className: "diagram-bar" }, button(say("whole"), whole), ...(at ? [button(say("here"), near)] : [])));
}

// The element in the middle, at a scale one can read, without showing what lies outside the drawing. A drawing that was
// not looked at yet is shown whole where it can be read so: asked for at once, since each change of scale lays it out anew.
export function look(canvas, at, isFirst = false) {
  const { inner, outer } = canvas.viewbox();
  const now = isFirst ? Math.min(1, outer.width / inner.width, outer.height / inner.height) : canvas.zoom();
  const scale = Math.max(now, READABLE);
  const [width, height] = [outer.width / scale, outer.height / scale];
  const within = (middle, size, from, length) => (size >= length ? from - (size - length) / 2
    : Math.min(Math.max(middle - size / 2, from - 20), from + length - size + 20));
  canvas.viewbox({
    x: within(at.x + at.width / 2, width, inner.x, inner.width),
    y: within(at.y + at.height / 2, height, inner.y, inner.height),
    width, height,
  });
}
