// Take in documents: many files at once, two at a time, each with its own progress, result and error.
import { post, upload } from "./lib/send.js";
import { element, say } from "./lib/words.js";

const AT_ONCE = 2;
const drop = document.querySelector("[data-intake]");
const list = document.getElementById("uploads");
const total = document.getElementById("all");
const queue = [];
let going = 0;
let done = 0;
let count = 0;

function add(files) {
  for (const file of files) {
    const state = element("span", { className: "state", role: "status" }, say("waiting"));
    const row = element("li", {}, element("span", { className: "name" }, file.name), state);
    list.append(row);
    count += 1;
    queue.push({ file, row, state });
  }
  next();
}

function next() {
  total.textContent = count ? say("done_of", { n: done, m: count }) : "";
  while (going < AT_ONCE && queue.length) {
    going += 1;
    one(queue.shift()).finally(() => { going -= 1; done += 1; next(); });
  }
}

async function one(item) {
  const { file, row, state } = item;
  const fail = (words) => {
    row.className = "bad";
    state.textContent = words;
    const again = element("button", { type: "button", className: "button small go" }, say("retry"));
    again.addEventListener("click", () => { again.remove(); row.className = ""; state.textContent = say("waiting"); done -= 1; queue.push(item); next(); });
    row.append(again);
  };
  if (file.size > Number(drop.dataset.most)) return fail(say("too_large"));
  const bar = element("progress", { max: 1, value: 0 });
  row.append(bar);
  const up = await upload(drop.dataset.upload, file, (part) => {
    bar.value = part;
    state.textContent = part < 1 ? say("uploading", { n: Math.round(part * 100) }) : say("checking");
  });
  bar.remove();
  if (up.status !== 200) return fail(up.body.error || up.body.message || say(up.status === 413 ? "too_large" : "offline"));
  state.textContent = say("taking");
  const taken = await post(drop.dataset.intake, { sha256: up.body.sha256 });
  if (taken.status !== 200) return fail(taken.body.message || say("offline"));
  row.className = "good";
  state.textContent = say("taken");
  row.append(element("a", { className: "button small go", href: taken.body.document }, say("open_document")));
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
