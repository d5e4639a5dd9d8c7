// Take in documents: files go up in pieces, their pages lie in piles, each pile is registered as one document.
import { barring } from "./lib/intake_bar.js";
import { board } from "./lib/intake_board.js";
import { queue } from "./lib/intake_queue.js";
import { sendPieces } from "./lib/pieces.js";
import { post } from "./lib/send.js";
import { element, say } from "./lib/words.js";

const AT_ONCE = 2;
const LOOK_AGAIN_MS = 1500;
const drop = document.querySelector("[data-intake]");
const home = drop.dataset.intake;
const list = document.querySelector("#uploads > ul");
const taken = document.querySelector("#uploads details");
const total = document.getElementById("all");
const files = [];
let going = 0;
let done = 0;
let count = 0;
let isLooking = false;
let before = Promise.resolve(); // the server knows of the file chosen before

function draw(state, isFinal = false) {
  pages.draw(state, isFinal);
  decisions.draw(state.queue);
  isLooking = Boolean(state.looked_at.length || state.handed.length);
  if (isLooking) again();
  offer();
}

// When all that was chosen here has come and was looked at.
function offer() {
  if (done && !going && !isLooking) pages.offer();
}

let timer = 0;
function again() {
  clearTimeout(timer);
  timer = setTimeout(async () => {
    const answer = await fetch(`${home}/trang-thai`, { headers: { Accept: "application/json" } }).catch(() => null);
    if (answer?.ok) draw(await answer.json());
    else again();
  }, LOOK_AGAIN_MS);
}

const bar = barring(home, draw);
const pages = board(home, draw, bar);
const decisions = queue(home, draw, bar);
draw(JSON.parse(document.getElementById("state").textContent));

function add(chosen) {
  for (const file of chosen) {
    const state = element("span", { className: "state", role: "status" }, say("waiting"));
    const row = element("li", {}, element("span", { className: "name" }, file.name), state);
    list.append(row);
    count += 1;
    const item = { file, row, state, before };
    before = new Promise((resolve) => { item.begun = resolve; });
    files.push(item);
  }
  next();
}

function next() {
  total.textContent = count ? say("done_of", { n: done, m: count }) : "";
  while (going < AT_ONCE && files.length) {
    going += 1;
    const item = files.shift();
    one(item).finally(() => { going -= 1; done += 1; item.begun(); next(); });
  }
  if (!going) fold();
  offer();
}

// What was taken in needs no eye any more: one line for all of it.
function fold() {
  taken.querySelector("ul").append(...list.querySelectorAll("li.good"));
  const n = taken.querySelectorAll("li").length;
  taken.hidden = !n;
  taken.querySelector("summary").textContent = say("taken_in", { n });
}

async function one(item) {
  const { file, row, state } = item;
  const fail = (words, isFinal = false) => {
    row.className = "bad";
    state.textContent = words;
    if (isFinal) return;
    const retry = element("button", { type: "button", className: "button small go" }, say("retry"));
    retry.addEventListener("click", () => { retry.remove(); row.className = ""; state.textContent = say("waiting"); done -= 1; files.push(item); next(); });
    row.append(retry);
  };
  if (file.size > Number(drop.dataset.most)) return fail(say("too_large"));
  const bar = element("progress", { max: 1, value: 0, ariaLabel: file.name });
  row.append(bar);
  await item.before;
  const up = await sendPieces(`${home}/tai-len`, file, item.begun, ({ part, isLost }) => {
    bar.value = part ?? 0;
    const n = Math.floor(part * 100);
    state.textContent = isLost ? say(part === null ? "lost_early" : "lost", { n }) : part < 1 ? say("uploading", { n }) : say("checking");
  });
  bar.remove();
  if (up.status !== 200) return fail(up.body.error || up.body.message || say("failed"), up.body.final);
  row.className = up.body.held ? "" : "good";
  state.textContent = up.body.held ? say("held", { why: up.body.held }) : say("laid_out");
  draw(up.body.state);
}

document.getElementById("files").addEventListener("change", (event) => {
  add([...event.target.files]);
  event.target.value = "";
});
for (const type of ["dragenter", "dragover"]) {
  drop.addEventListener(type, (event) => { event.preventDefault(); drop.classList.add("over"); });
}
drop.addEventListener("dragleave", (event) => { if (!drop.contains(event.relatedTarget)) drop.classList.remove("over"); });
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  add([...event.dataTransfer.files]);
});
window.addEventListener("beforeunload", (event) => { if (going) event.preventDefault(); });

// A paper now, its scan later. The same click sent twice is the same document.
const unscanned = document.getElementById("unscanned");
let once = `${Date.now()}-${Math.random()}`;
unscanned.addEventListener("submit", async (event) => {
  event.preventDefault();
  const result = document.getElementById("unscanned-result");
  const answer = await post(`${home}/quet-sau`, { once });
  if (answer.status !== 200) { result.textContent = answer.body.message || say("offline"); return; }
  once = `${Date.now()}-${Math.random()}`;
  result.replaceChildren(say("unscanned_done"), " ", element("a", { href: answer.body.sheet }, say("print_sheet")), " · ", element("a", { href: answer.body.document }, say("open_document")));
});
