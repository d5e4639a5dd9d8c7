// Running instances: choose, look at what moving them would do, then do it one by one, each with its own result.
import { post } from "./lib/send.js";
import { element, say } from "./lib/words.js";

const form = document.getElementById("running");
if (form && document.getElementById("act")) begin();

function begin() {
  const PLANNED_AT_ONCE = 25;
  const boxes = [...form.querySelectorAll("input[name=id]")];
  const whole = document.getElementById("all");
  const reason = document.getElementById("reason");
  const wrong = document.getElementById("reason-error");
  const results = document.getElementById("results");
  const bar = document.getElementById("progress");
  const sum = document.getElementById("sum");
  const items = document.getElementById("items");
  const buttons = [...form.querySelectorAll("[data-do]")];
  const mover = form.querySelector("[data-do=chuyen]");
  let beyond = null; // [[id, document], ...] over all pages
  let plans = null; // what may be moved, after a look
  let going = false;

  const chosen = () => beyond ?? boxes.filter((box) => box.checked).map((box) => [Number(box.value), Number(box.dataset.document)]);

  function show() {
    const count = chosen().length;
    document.getElementById("chosen").textContent = count ? say("chosen", { n: count }) : say("none");
    const some = boxes.filter((box) => box.checked).length;
    whole.checked = some > 0 && some === boxes.length;
    whole.indeterminate = some > 0 && some < boxes.length;
    for (const button of buttons) button.disabled = going || !count || (button === mover && !plans?.items.length);
  }

  function changed() {
    beyond = null;
    plans = null;
    show();
  }

  function row(document_id, mark, words, className) {
    const made = element("li", { className }, element("strong", {}, say("item", { n: document_id })),
      element("span", { className: `tag ${className === "good" ? "status-closed" : "due-overdue"}` }, mark),
      element("span", { className: "grow" }, words));
    items.append(made);
  }

  function open(title, most) {
    going = true;
    results.hidden = false;
    items.replaceChildren();
    bar.hidden = false;
    bar.max = most;
    bar.value = 0;
    sum.textContent = title;
    show();
    results.scrollIntoView({ block: "nearest" });
  }

  function close(words) {
    going = false;
    bar.hidden = true;
    sum.textContent = words;
    document.getElementById("results-head").focus({ preventScroll: true });
    show();
  }

  async function look() {
    const asked = chosen();
    const found = { items: [], target: 0 };
    let not = 0;
    open(say("looking", { n: 0, m: asked.length }), asked.length);
    for (let from = 0; from < asked.length; from += PLANNED_AT_ONCE) {
      const { status, body } = await post(form.dataset.look, { ids: asked.slice(from, from + PLANNED_AT_ONCE).map(([id]) => id) });
      if (status !== 200) return close(body.message || say("offline"));
      found.target = body.target_id;
      for (const plan of body.items) {
        if (plan.ok) found.items.push(plan);
        else not += 1;
        row(plan.document, plan.ok ? say("movable") : plan.is_there ? say("there") : say("not_movable"),
          [...plan.reasons, ...plan.notes].join(" "), plan.ok || plan.is_there ? "good" : "wrong");
      }
      bar.value = Math.min(from + PLANNED_AT_ONCE, asked.length);
      sum.textContent = say("looking", { n: bar.value, m: asked.length });
    }
    plans = found;
    close(say("looked", { n: found.items.length, m: not }));
  }

  async function each(what, list) {
    if (!window.confirm(say(`sure_${what}`, { n: list.length }))) return;
    let good = 0;
    open(say("doing", { n: 0, m: list.length }), list.length);
    for (const [number, item] of list.entries()) {
      const { status, body } = await post(`${form.dataset.home}/${item.id}/${what}`, { ...item.more, reason: reason.value.trim() });
      if (status === 200) {
        good += 1;
        row(item.document, body.done ? say(`done_${what}`) : say("before"), "", "good");
      } else row(item.document, "!", body.message || say("offline"), "wrong");
      bar.value = number + 1;
      sum.textContent = say("doing", { n: number + 1, m: list.length });
    }
    plans = null;
    close(say("sum", { n: good, m: list.length - good }));
    sum.append(" ", element("a", { href: location.href }, say("reload")));
  }

  function act(what) {
    if (what === "look") return look();
    wrong.hidden = Boolean(reason.value.trim());
    reason.setAttribute("aria-invalid", String(!wrong.hidden));
    if (!wrong.hidden) return reason.focus();
    const list = what === "chuyen"
      ? plans.items.map((plan) => ({ id: plan.id, document: plan.document, more: { source: plan.source, target: plans.target } }))
      : chosen().map(([id, document_id]) => ({ id, document: document_id, more: {} }));
    return each(what, list);
  }

  for (const box of boxes) box.addEventListener("change", changed);
  whole.addEventListener("change", () => {
    for (const box of boxes) box.checked = whole.checked;
    changed();
  });
  form.querySelector("[data-all]")?.addEventListener("click", async () => {
    const answer = await fetch(form.dataset.choose, { headers: { Accept: "application/json" } }).catch(() => null);
    if (!answer?.ok) return;
    for (const box of boxes) box.checked = true;
    changed();
    beyond = (await answer.json()).items;
    show();
  });
  for (const button of buttons) button.addEventListener("click", () => act(button.dataset.do));
  form.addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("beforeunload", (event) => { if (going) event.preventDefault(); });
  show();
}
