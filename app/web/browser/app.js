// Every page: keys for lists, the menu of a phone, small conveniences. Works without any of it.
import "htmx.org";
import { keysOf } from "./lib/keys.js";
import { forgetKept } from "./lib/kept.js";

keysOf(document);

// The menu is open on a desktop and shut on a phone.
const menu = document.querySelector(".menu");
const narrow = matchMedia("(max-width: 860px)");
const fit = () => { if (menu) menu.open = !narrow.matches; };
fit();
narrow.addEventListener("change", fit);
document.addEventListener("click", (event) => {
  if (menu && narrow.matches && menu.open && !menu.contains(event.target)) menu.open = false;
});

for (const field of document.querySelectorAll("[data-submit]")) {
  field.addEventListener("change", () => field.form.requestSubmit());
}
for (const button of document.querySelectorAll("[data-print]")) {
  button.addEventListener("click", () => window.print());
}

// What a field lacks is said in the language of the page, whatever the browser's is.
const told = new Set();
document.addEventListener("invalid", ({ target }) => {
  const { valueMissing, tooShort } = target.validity, words = document.body.dataset;
  const lacks = target.type === "checkbox" ? words.checkRequired : words.required;
  const said = valueMissing ? lacks : tooShort ? words.minLength.replace("{n}", target.minLength) : "";
  if (said) { target.setCustomValidity(said); told.add(target); }
}, true);
const judgeAnew = () => { for (const field of told) field.setCustomValidity(""); told.clear(); };
document.addEventListener("input", ({ target }) => { if (told.has(target)) judgeAnew(); }, true);
document.addEventListener("click", ({ target }) => { if (target.closest("button, input[type=submit]")) judgeAnew(); }, true);

// After a log-out nothing typed stays on this machine.
if (location.pathname === "/dang-nhap" && new URLSearchParams(location.search).has("ra")) forgetKept();

// What cannot be undone is asked once more.
document.addEventListener("submit", (event) => {
  const words = event.target.dataset.confirm;
  if (words && !window.confirm(words)) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
});

// A form sends once: a second click while it is under way does nothing.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "1";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

const draft = document.querySelector("[data-verdict]");
if (draft) {
  const box = document.getElementById("verdict");
  const ask = async () => {
    const asked = new URLSearchParams(new FormData(draft));
    asked.delete("csrf_token");
    const answer = await fetch(`${draft.dataset.verdict}?${asked}`, { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const found = await answer.json();
    box.hidden = !found.form;
    if (!found.form) return;
    box.querySelector("strong").textContent = `${found.name} (${found.clause})`;
    box.querySelector("span").textContent = found.words || "";
  };
  for (const field of draft.querySelectorAll("select, input[type=radio]")) field.addEventListener("change", ask);
  ask();
  const filled = draft.querySelector("[data-of-template]");
  const tell = () => { filled.hidden = draft.elements.how.value !== "template"; };
  for (const one of draft.querySelectorAll("[data-how]")) one.addEventListener("change", tell);
  tell();
}

// A long list of choices is narrowed by what is typed above it; what is chosen stays in sight.
for (const field of document.querySelectorAll("input[data-pick][type=search]")) {
  const list = field.closest("fieldset").querySelector(".pick-list");
  field.addEventListener("input", () => {
    const words = field.value.trim().toLowerCase();
    for (const one of list.querySelectorAll("label")) one.hidden = !one.textContent.toLowerCase().includes(words) && !one.querySelector("input").checked;
  });
}
// A group of agencies is chosen at once; each can be left out again.
for (const button of document.querySelectorAll("[data-members]")) {
  const codes = new Set(button.dataset.members.split(" "));
  button.addEventListener("click", () => {
    for (const one of button.closest("fieldset").querySelectorAll(".pick-list input")) if (codes.has(one.value)) one.checked = true;
  });
}
