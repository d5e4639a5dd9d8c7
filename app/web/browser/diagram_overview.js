// The heat map of a procedure: colours and figures on the diagram; the table below says the same.
import NavigatedViewer from "bpmn-js/lib/NavigatedViewer";
import "bpmn-js/dist/assets/diagram-js.css";
import "bpmn-js/dist/assets/bpmn-js.css";
import "./lib/overview.css";
import { look } from "./lib/diagram.js";
import { element, say } from "./lib/words.js";

const LEVELS = [1, 2, 3, 4];
// below this scale labels cannot be read: show the hottest element instead of the whole drawing
const READABLE = 0.3;
const [LOWEST, HIGHEST] = [220, 520];
const box = document.querySelector("[data-heat]");
const rows = new Map([...document.querySelectorAll("tr[data-element]")].map((row) => [row.dataset.element, row]));

async function draw() {
  const answer = await fetch(box.dataset.heat, { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok) {
    box.replaceChildren(element("p", { className: "quiet middle" }, say("offline")));
    return;
  }
  const { xml, spots } = await answer.json();
  box.replaceChildren();
  const viewer = new NavigatedViewer({ container: box });
  await viewer.importXML(xml);
  const [canvas, registry, overlays, events] = ["canvas", "elementRegistry", "overlays", "eventBus"].map((name) => viewer.get(name));
  const known = Object.entries(spots).filter(([id]) => registry.get(id));
  const whole = () => canvas.zoom("fit-viewport", "auto");
  const { inner } = canvas.viewbox();
  box.style.height = `${Math.min(Math.max((box.clientWidth * (inner.height + 40)) / inner.width, LOWEST), HIGHEST)}px`;
  canvas.resized();
  whole();
  const hottest = known.sort(([, one], [, other]) => other.heat.standing - one.heat.standing)[0];
  if (hottest && canvas.zoom() < READABLE) look(canvas, registry.get(hottest[0]));

  const paint = (measure) => {
    overlays.remove({ type: "heat" });
    for (const [id, { heat, words }] of known) {
      for (const level of LEVELS) canvas.removeMarker(id, `heat-${level}`);
      if (heat[measure]) canvas.addMarker(id, `heat-${heat[measure]}`);
      if (!words[measure]) continue;
      const { width } = registry.get(id);
      overlays.add(id, "heat", { scale: false, position: { top: 0, left: width }, html: element("span", { className: "heat-badge" }, words[measure]) });
    }
  };
  for (const choice of document.querySelectorAll("input[name=heat]")) {
    choice.addEventListener("change", () => paint(choice.value));
    if (choice.checked) paint(choice.value);
  }

  const point = (id, on) => {
    rows.get(id)?.classList.toggle("pointed", on);
    if (registry.get(id)) canvas[on ? "addMarker" : "removeMarker"](id, "heat-pointed");
  };
  for (const [id, row] of rows) {
    row.addEventListener("pointerenter", () => point(id, true));
    row.addEventListener("pointerleave", () => point(id, false));
  }
  events.on("element.hover", ({ element: { id } }) => point(id, true));
  events.on("element.out", ({ element: { id } }) => point(id, false));
  events.on("element.click", ({ element: { id } }) => rows.get(id)?.scrollIntoView({ block: "center", behavior: "smooth" }));
  const fit = element("button", { type: "button", className: "button small" }, say("whole"));
  fit.addEventListener("click", whole);
  box.append(element("div", { className: "diagram-bar" }, fit));
}

if (box) draw();
