// A procedure: its diagram in force, or of another version, from its start and at a size one can read.
import NavigatedViewer from "bpmn-js/lib/NavigatedViewer";
import "bpmn-js/dist/assets/diagram-js.css";
import "bpmn-js/dist/assets/bpmn-js.css";
import { element, say } from "./lib/words.js";

const [SMALLEST, LARGEST] = [0.55, 1];

for (const box of document.querySelectorAll("[data-diagram]")) draw(box);

async function draw(box) {
  const answer = await fetch(box.dataset.diagram, { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok) {
    box.replaceChildren(element("p", { className: "quiet middle" }, say(answer?.status === 404 ? "no_diagram" : "offline")));
    return;
  }
  const { xml } = await answer.json();
  box.replaceChildren();
  const viewer = new NavigatedViewer({ container: box });
  await viewer.importXML(xml);
  const canvas = viewer.get("canvas");
  start(canvas);
  const button = (words, sign, act) => {
    const made = element("button", { type: "button", className: "button small", title: words, "aria-label": words }, sign);
    made.addEventListener("click", act);
    return made;
  };
  const zoom = (factor) => canvas.zoom(Math.min(2, Math.max(0.15, canvas.zoom() * factor)), "auto");
  const move = (dx, dy) => canvas.scroll({ dx, dy });
  box.append(element("div", { className: "diagram-bar" },
    button(say("whole"), say("whole"), () => canvas.zoom("fit-viewport", "auto")),
    button(say("zoom_out"), "−", () => zoom(0.8)), button(say("zoom_in"), "+", () => zoom(1.25)),
    button(say("to_left"), "←", () => move(250, 0)), button(say("to_right"), "→", () => move(-250, 0))));
}

// As high as the place allows, from the left edge, in the middle from top to bottom.
function start(canvas) {
  const { inner, outer } = canvas.viewbox();
  const scale = Math.min(LARGEST, Math.max(SMALLEST, (outer.height - 40) / inner.height, outer.width / (inner.width + 40)));
  const [width, height] = [outer.width / scale, outer.height / scale];
  canvas.viewbox({
    x: width > inner.width ? inner.x - (width - inner.width) / 2 : inner.x - 20,
    y: height > inner.height ? inner.y - (height - inner.height) / 2 : inner.y - 20,
    width, height,
  });
}
