// A history played on the diagram of its day: play, step, jump, filter, run again, take out. The list says the same.
// The page of a scope from an agency below takes out only.
import "bpmn-js/dist/assets/diagram-js.css";
import "bpmn-js/dist/assets/bpmn-js.css";
import "./lib/audit.css";
import { post } from "./lib/send.js";
import { tabsOf } from "./lib/tabs.js";
import { drawingOf } from "./lib/trial_drawing.js";
import { element, say } from "./lib/words.js";

// one step at speed 1, milliseconds
const PACE = 1600;
// between two looks at an answer that is being made: at first, at most, milliseconds
const WATCH = 600;
const WATCH_MOST = 15000;
const scene = JSON.parse(document.getElementById("scene")?.textContent || "[]");
// to the act of this number; whether it is there
let jump = () => false;

tabsOf(document);
if (scene.length) begin();
answered();

// Per frame what was there before it and what it added; a procedure that starts anew begins empty.
function grown(name) {
  const found = [];
  for (const [index, frame] of scene.entries()) found.push(new Set([...(frame.afresh || !index ? [] : found[index - 1]), ...frame[name]]));
  return found.map((set) => [...set]);
}

function begin() {
  const rows = [...document.querySelectorAll(".step")];
  const list = document.querySelector(".steps");
  const scrub = document.querySelector("[data-scrub]");
  const caption = document.getElementById("caption");
  const speed = document.getElementById("speed");
  const buttons = Object.fromEntries([...document.querySelectorAll("[data-go]")].map((one) => [one.dataset.go, one]));
  const drawings = drawingsOf(document.querySelector("[data-drawing]"), jumpTo);
  const [passed, flows] = ["passed", "flows"].map(grown);
  let at = Math.max(0, rows.findIndex((row) => row.hasAttribute("aria-current")));
  let timer = 0;

  for (const mark of document.querySelectorAll(".scrub-marks i")) mark.style.left = `${(100 * mark.dataset.at) / Math.max(1, scene.length - 1)}%`;

  function show(index, { keep = true, scroll = true } = {}) {
    at = Math.min(Math.max(index, 0), scene.length - 1);
    for (const [number, row] of rows.entries()) {
      if (number === at) row.setAttribute("aria-current", "step");
      else row.removeAttribute("aria-current");
    }
    const row = rows[at];
    scrub.value = at;
    for (const name of ["first", "back"]) buttons[name].disabled = near(-1) === at;
    for (const name of ["next", "last"]) buttons[name].disabled = near(1) === at;
    if (rows.every((one) => one.hidden)) {
      row.removeAttribute("aria-current");
      caption.textContent = say("nothing_shown");
      scrub.setAttribute("aria-valuetext", caption.textContent);
      return;
    }
    const time = row.querySelector("time").textContent;
    const marks = [...row.querySelectorAll(".step-marks .tag")].map((tag) => tag.textContent);
    const words = [`${say("step_of", { n: at + 1, m: scene.length })}: ${row.querySelector("strong").textContent}`,
      row.querySelector(".step-what .quiet").textContent.replace(/\s+/g, " ").trim(), time, ...marks];
    caption.textContent = words.join(" · ");
    scrub.setAttribute("aria-valuetext", words[0]);
    if (scroll && list.clientHeight) list.scrollTop = row.offsetTop - list.offsetTop - 60;
    if (keep) {
      const address = new URL(location.href);
      address.searchParams.set("buoc", scene[at].n);
      history.replaceState(null, "", address);
    }
    return drawings.show(scene[at], passed[at], flows[at]);
  }

  function stop() {
    clearTimeout(timer);
    timer = 0;
    buttons.play.setAttribute("aria-pressed", "false");
    buttons.play.textContent = "▶";
  }

  function play() {
    if (timer) return stop();
    buttons.play.setAttribute("aria-pressed", "true");
    buttons.play.textContent = "❚❚";
    const tick = () => {
      if (near(1) === at) return stop();
      show(near(1));
      timer = setTimeout(tick, PACE / Number(speed.value));
    };
    if (near(1) === at) show(first());
    timer = setTimeout(tick, PACE / Number(speed.value) / 2);
  }

  // the nearest shown row before or after; steps follow the filter
  function near(by) {
    for (let index = at + by; index >= 0 && index < rows.length; index += by) if (!rows[index].hidden) return index;
    return at;
  }

  // the ends of what the filter shows
  function first() {
    return Math.max(0, rows.findIndex((row) => !row.hidden));
  }

  function last() {
    return rows.findLastIndex((row) => !row.hidden);
  }

  // the next act at this element, from here on around
  function jumpTo(id) {
    for (let by = 1; by <= scene.length; by += 1) {
      const index = (at + by) % scene.length;
      if (scene[index].element === id || scene[index].passed.includes(id)) return go("to", index);
    }
  }

  function go(what, index = 0) {
    if (what === "play") return play();
    stop();
    show({ first: first(), back: near(-1), next: near(1), last: last(), to: index }[what]);
  }

  for (const [name, button] of Object.entries(buttons)) button.addEventListener("click", () => go(name));
  scrub.addEventListener("input", () => { stop(); show(Number(scrub.value)); });
  for (const [index, row] of rows.entries()) {
    row.querySelector("[data-step]").addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      stop();
      show(index, { scroll: false });
    });
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, [role=tab]")) return;
    const what = { " ": "play", ArrowLeft: "back", ArrowRight: "next", Home: "first", End: "last" }[event.key];
    if (!what || (event.key === " " && event.target.closest("button, a, summary"))) return;
    event.preventDefault();
    go(what);
  });
  jump = (number) => {
    const index = scene.findIndex((frame) => frame.n === number);
    if (index >= 0) go("to", index);
    return index >= 0;
  };
  filterOf(rows, () => {
    if (rows[at].hidden) at = near(1) === at ? near(-1) : near(1);
    show(at, { keep: false, scroll: false });
  });
  Promise.resolve(show(at, { keep: false })).finally(() => restOf(list));
}

// What each act of a long history says, once the diagram is drawn.
async function restOf(list) {
  if (!list.dataset.rest) return;
  const answer = await fetch(list.dataset.rest).catch(() => null);
  const whole = answer?.ok && new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const later of list.querySelectorAll("[data-later]")) {
    const told = whole && whole.querySelector(`#${later.parentElement.id} .step-detail`);
    if (told) later.replaceWith(told);
    else later.firstElementChild.textContent = say("offline");
  }
}

// One viewer per release, made when its first frame is shown.
function drawingsOf(box, chosen) {
  const made = new Map();
  let wanted = null;

  async function make(release) {
    const place = element("div", { className: "diagram" });
    const answer = await fetch(`${box.dataset.drawing}?ban=${release}`, { headers: { Accept: "application/json" } }).catch(() => null);
    box.querySelector(":scope > .middle")?.remove();
    if (!answer?.ok) {
      place.append(element("p", { className: "quiet middle" }, say(answer?.status === 404 ? "no_diagram" : "offline")));
      box.append(place);
      return { place, show() {} };
    }
    const { xml } = await answer.json();
    box.append(place);
    const drawing = await drawingOf(place, xml, { isShownNext: true });
    drawing.chosen(chosen);
    return { place, show: drawing.show };
  }

  return {
    async show(frame, passed, flows) {
      wanted = frame;
      if (!made.has(frame.release)) made.set(frame.release, make(frame.release));
      const drawing = await made.get(frame.release);
      if (wanted !== frame) return;
      for (const other of box.querySelectorAll(":scope > .diagram")) other.hidden = other !== drawing.place;
      drawing.show({ here: frame.here, passed, flows, outside: [], stopped: null, acted: [frame.element, ...frame.flows], noted: notesOf(frame) });
    },
  };
}

// An intervention without an element of its own is said where the document stands.
function notesOf({ element: own, here, reached, late, overdue }) {
  const at = own || here[0];
  const told = [[reached && at, "intervention"], [late && at, "late"], ...overdue.map((element) => [element, "late"])];
  return told.filter(([is]) => is).map(([place, name]) => [place, say(name), `noted-flag ${name}`]);
}

function filterOf(rows, changed) {
  const form = document.querySelector("[data-filter]");
  const count = form.querySelector("[data-count]");
  const show = () => {
    const asked = new FormData(form);
    let shown = 0;
    for (const row of rows) {
      row.hidden = Boolean((asked.get("person") && row.dataset.person !== asked.get("person"))
        || (asked.get("kind") && row.dataset.kind !== asked.get("kind"))
        || (asked.get("reached") && !row.classList.contains("reached"))
        || (asked.get("late") && !row.classList.contains("late"))
        || (row.dataset.kind === "document_read" && !asked.get("read") && asked.get("kind") !== "document_read"));
      if (!row.hidden) shown += 1;
    }
    count.textContent = shown ? say("shown", { n: shown, m: rows.length }) : say("nothing_shown");
  };
  form.addEventListener("change", () => { show(); changed(); });
  form.addEventListener("submit", (event) => event.preventDefault());
  show();
}

// What was asked for: sent, watched until it is there, then downloaded if it was asked for here.
function answered() {
  const list = document.getElementById("answers");
  const heard = document.querySelector("[data-heard]");
  const trouble = document.querySelector("[data-trouble]");

  function put(body) {
    const made = new DOMParser().parseFromString(body.html, "text/html").querySelector("[data-answer]");
    list.querySelector(`[data-answer="${made.dataset.answer}"]`)?.remove();
    list.prepend(made);
    if (body.status !== "asked") heard.textContent = made.textContent.replace(/\s+/g, " ").trim();
    return made;
  }

  async function watch(item, isMine) {
    for (let pause = WATCH; item.dataset.status === "asked"; pause = Math.min(pause * 1.4, WATCH_MOST)) {
      await new Promise((resolve) => setTimeout(resolve, pause));
      if (document.hidden) continue;
      const answer = await fetch(item.dataset.state, { headers: { Accept: "application/json" } }).catch(() => null);
      if (answer && !answer.ok) return item.remove();
      if (answer && list.contains(item)) item = put(await answer.json());
      else if (answer) return;
    }
    if (isMine) item.querySelector("[data-file]")?.click();
  }

  for (const item of list.children) watch(item, false);
  list.addEventListener("click", (event) => {
    const there = event.target.closest("[data-jump]");
    if (there && jump(Number(there.dataset.jump))) event.preventDefault();
  });
  for (const form of document.querySelectorAll("[data-ask]")) {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      event.stopImmediatePropagation();
      const button = form.querySelector("button");
      form.closest("details")?.removeAttribute("open");
      trouble.hidden = button.disabled = true;
      const { status, body } = await post(form.action, {});
      button.disabled = false;
      if (status === 200) return watch(put(body), true);
      trouble.textContent = body.message || say("offline");
      trouble.hidden = false;
    });
  }
}
