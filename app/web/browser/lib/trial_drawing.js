// The diagram of a trial: where tokens stand, what was passed and what was only pretended; or what no scenario visits.
import NavigatedViewer from "bpmn-js/lib/NavigatedViewer";
import "bpmn-js/dist/assets/diagram-js.css";
import "bpmn-js/dist/assets/bpmn-js.css";
import { look } from "./diagram.js";
import { element, say } from "./words.js";

const MARKS = ["passed", "here", "stopped", "missed", "acted"];

// isShownNext: the caller shows something of it at once, so that it is not looked at as a whole before
export async function drawingOf(box, xml, { isShownNext = false } = {}) {
  const viewer = new NavigatedViewer({ container: box });
  await viewer.importXML(xml);
  const [canvas, registry, overlays, events] = ["canvas", "elementRegistry", "overlays", "eventBus"].map((name) => viewer.get(name));
  const known = (ids) => ids.filter((id) => registry.get(id));
  const marked = new Map(MARKS.map((name) => [name, []]));
  let at = null;
  let follows = true; // until somebody wants to see the whole of it
  let isFirst = true; // nothing of it was looked at yet

  function mark(name, ids) {
    for (const id of marked.get(name)) canvas.removeMarker(id, name);
    marked.set(name, known(ids));
    for (const id of marked.get(name)) canvas.addMarker(id, name);
  }

  function flag(ids, words, className, position) {
    for (const id of known(ids)) overlays.add(id, "trial", { position, html: element("div", { className }, words) });
  }

  const whole = () => { isFirst = false; canvas.zoom("fit-viewport", "auto"); };
  const near = () => { if (at) { look(canvas, at, isFirst); isFirst = false; } };
  const button = (words, act) => {
    const made = element("button", { type: "button", className: "button small" }, words);
    made.addEventListener("click", act);
    return made;
  };
  const follow = () => (follows ? near() : whole());
  const choose = (is) => () => { follows = is; follow(); };
  box.append(element("div", { className: "diagram-bar" }, button(say("whole"), choose(false)), button(say("here"), choose(true))));
  if (!isShownNext) whole();
  window.addEventListener("resize", () => { if (box.clientWidth) { canvas.resized(); follow(); } });

  return {
    // here: elements where tokens stand; stopped: where the trial was refused; acted: what was just done, one or more
    // noted: [element, words, class] of what else is said at an element
    show({ here, passed, flows, outside, stopped, acted, noted = [] }) {
      overlays.remove({ type: "trial" });
      mark("missed", []);
      mark("passed", [...passed, ...flows]);
      mark("here", here);
      mark("stopped", stopped ? [stopped] : []);
      mark("acted", [acted || []].flat());
      flag(here, say("here"), "here-flag", { top: -26, left: 0 });
      flag(outside, say("pretended"), "pretended-flag", { bottom: 4, right: 46 });
      for (const [id, words, className] of noted) flag([id], words, className, { bottom: -6, left: 0 });
      if (stopped && !here.includes(stopped)) flag([stopped], say("stopped_here"), "here-flag stopped-flag", { top: -26, left: 0 });
      at = registry.get(known([stopped, ...here].filter(Boolean))[0]) || registry.get(known(passed).at(-1));
      if (box.clientWidth && follows) near();
      if (isFirst) whole();
    },
    // what no scenario visits; null: back to the trial
    paint(missed) {
      overlays.remove({ type: "trial" });
      for (const name of MARKS) mark(name, []);
      mark("missed", missed);
      whole();
    },
    label: (id) => registry.get(id)?.businessObject?.name || id,
    chosen: (act) => events.on("element.click", ({ element: { id } }) => act(id)),
  };
}
