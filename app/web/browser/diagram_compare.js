// Two versions of a diagram: marked, moved together; a sentence shows its element, an element its sentence.
import NavigatedViewer from "bpmn-js/lib/NavigatedViewer";
import "bpmn-js/dist/assets/diagram-js.css";
import "bpmn-js/dist/assets/bpmn-js.css";
import "./lib/compare.css";
import { look } from "./lib/diagram.js";
import { element } from "./lib/words.js";

const stage = document.querySelector("[data-compare]");
const given = JSON.parse(document.getElementById("drawings").textContent);
const buttons = [...document.querySelectorAll("[data-places]")];
const viewers = {};

// What a kind of change is on a side: what was added is not in the old drawing, and the other way round.
const HIDDEN = { old: "added", new: "removed" };

async function draw(side) {
  const box = document.querySelector(`[data-side=${side}]`);
  const words = box.querySelector("p").dataset;
  if (!given[side]) return box.firstElementChild.replaceChildren(words.empty);
  const shown = element("div", { className: "compare-canvas" });
  box.append(shown);
  const viewer = new NavigatedViewer({ container: shown });
  try {
    await viewer.importXML(given[side]);
  } catch {
    shown.remove();
    return box.firstElementChild.replaceChildren(words.broken);
  }
  box.firstElementChild.remove();
  viewers[side] = viewer;
  mark(viewer, side);
  viewer.get("eventBus").on("element.click", ({ element: { id } }) => tell(id));
}

function mark(viewer, side) {
  const [canvas, registry, overlays] = ["canvas", "elementRegistry", "overlays"].map((name) => viewer.get(name));
  for (const [id, kind] of Object.entries(given.marks)) {
    const drawn = registry.get(id);
    if (!drawn || kind === HIDDEN[side]) continue;
    canvas.addMarker(id, `diff-${kind}`);
    if (kind === "moved") continue;
    const badge = element("span", { className: `badge ${kind}` }, given.badges[kind]);
    badge.addEventListener("click", () => tell(id));
    overlays.add(id, { position: corner(drawn), html: badge, scale: { min: 0.7, max: 1.1 } });
  }
}

// The badge sits on the corner of a shape, on the middle of a line.
function corner(drawn) {
  if (!drawn.waypoints) return { top: -11, right: 11 };
  const points = drawn.waypoints;
  const at = points.length % 2 ? points[(points.length - 1) / 2]
    : { x: (points[points.length / 2 - 1].x + points[points.length / 2].x) / 2, y: (points[points.length / 2 - 1].y + points[points.length / 2].y) / 2 };
  const left = Math.min(...points.map((point) => point.x));
  const top = Math.min(...points.map((point) => point.y));
  return { left: at.x - left - 11, top: at.y - top - 11 };
}

const seen = () => Object.entries(viewers).filter(([side]) => [side, "both"].includes(stage.dataset.show));

// Both canvases show the same part of the paper.
let isFollowing = false;
function together() {
  for (const [side, viewer] of Object.entries(viewers)) {
    viewer.get("eventBus").on("canvas.viewbox.changed", ({ viewbox }) => {
      const other = viewers[side === "old" ? "new" : "old"];
      if (!other || isFollowing || stage.dataset.show !== "both") return;
      isFollowing = true;
      const { x, y, width, height } = viewbox;
      other.get("canvas").viewbox({ x, y, width, height });
      isFollowing = false;
    });
  }
}

// Everything that either drawing holds, the same part of the paper on both.
const MARGIN = 40;
function whole() {
  const inside = seen().map(([, viewer]) => viewer.get("canvas").viewbox().inner);
  if (!inside.length) return;
  const [x, y] = ["x", "y"].map((at) => Math.min(...inside.map((one) => one[at])) - MARGIN);
  const width = Math.max(...inside.map((one) => one.x + one.width)) - x + MARGIN;
  const height = Math.max(...inside.map((one) => one.y + one.height)) - y + MARGIN;
  isFollowing = true;
  for (const [, viewer] of seen()) viewer.get("canvas").viewbox({ x, y, width, height });
  isFollowing = false;
}

// The element of a sentence: in the middle of each drawing that has it.
function show(places) {
  isFollowing = true;
  const found = seen().flatMap(([side, viewer]) => places.map((id) => [side, viewer, viewer.get("elementRegistry").get(id)]).filter(([, , drawn]) => drawn));
  if (!found.length && stage.dataset.show !== "both" && viewers.old && viewers.new) {
    isFollowing = false;
    choose(stage.dataset.show === "new" ? "old" : "new");
    return show(places);
  }
  for (const [side, viewer] of Object.entries(viewers)) {
    const canvas = viewer.get("canvas");
    for (const { id } of viewer.get("elementRegistry").filter((one) => canvas.hasMarker(one, "diff-here"))) canvas.removeMarker(id, "diff-here");
    const mine = found.filter(([at]) => at === side);
    for (const [, , drawn] of mine) canvas.addMarker(drawn.id, "diff-here");
    if (mine.length) look(canvas, box(mine[0][2]));
  }
  isFollowing = false;
  if (found.length) {
    const [side, viewer] = found[0];
    const other = viewers[side === "old" ? "new" : "old"];
    const there = other && found.some(([at]) => at !== side);
    const { x, y, width, height } = viewer.get("canvas").viewbox();
    if (other && !there) {
      isFollowing = true;
      other.get("canvas").viewbox({ x, y, width, height });
      isFollowing = false;
    }
  }
}

function box(drawn) {
  if (!drawn.waypoints) return drawn;
  const [xs, ys] = [drawn.waypoints.map((point) => point.x), drawn.waypoints.map((point) => point.y)];
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
}

function point(button) {
  for (const one of buttons) one.toggleAttribute("aria-current", one === button);
  button.setAttribute("aria-current", "true");
}

function tell(id) {
  const button = buttons.find((one) => one.dataset.places.split(" ").includes(id));
  if (!button) return;
  const folded = button.closest("details");
  if (folded) folded.open = true;
  point(button);
  button.scrollIntoView({ block: "nearest" });
  button.focus({ preventScroll: true });
}

for (const button of buttons) {
  button.addEventListener("click", () => {
    point(button);
    show(button.dataset.places.split(" "));
    if (matchMedia("(max-width: 1100px)").matches) stage.scrollIntoView({ block: "start" });
  });
}

function choose(view) {
  stage.dataset.show = view;
  for (const one of stage.querySelectorAll("[data-view]")) one.setAttribute("aria-pressed", String(one.dataset.view === view));
  for (const [, viewer] of seen()) viewer.get("canvas").resized();
}

for (const one of stage.querySelectorAll("[data-view]")) {
  one.addEventListener("click", () => {
    choose(one.dataset.view);
    whole();
  });
}
for (const one of stage.querySelectorAll("[data-zoom]")) {
  one.addEventListener("click", () => {
    if (one.dataset.zoom === "fit") return whole();
    for (const [, viewer] of seen().slice(0, 1)) {
      const canvas = viewer.get("canvas");
      canvas.zoom(Math.min(4, Math.max(0.1, canvas.zoom() * (one.dataset.zoom === "in" ? 1.25 : 0.8))));
    }
  });
}

await Promise.all(["old", "new"].map(draw));
together();
if (matchMedia("(max-width: 860px)").matches) choose(viewers.new ? "new" : "old");
if (!viewers.old || !viewers.new) choose(viewers.new ? "new" : "old");
whole();
stage.dataset.ready = "1";
