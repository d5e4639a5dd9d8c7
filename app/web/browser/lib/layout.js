// The form of the draft at hand, beside its task: found by the server, repaired by it, and put back into the form.
import { names } from "./fields.js";
import { post } from "./send.js";
import { say } from "./words.js";

export function layoutOf(form) {
  const pane = document.querySelector("[data-layout]");
  if (!pane) return;
  const count = document.querySelector("[data-layout-count]");
  const maker = document.querySelector("[data-template]");
  const signer = document.querySelector("[data-signer-told]");
  let shown; // sha256 of the file that the pane tells of
  let chosen; // who is to sign, as the pane was asked
  let asked = 0;
  const before = new Map(); // sha256 of a repaired file -> the file that was repaired

  const file = () => form._getState().data.edited_file || form._getState().data.draft_file || "";
  const hold = ({ sha256, name }) => {
    names.set(sha256, name);
    form._setState({ data: { ...form._getState().data, draft_file: sha256 } });
  };

  async function look() {
    const sha256 = file();
    const leader = form._getState().data.approver_id || "";
    if (sha256 === shown && leader === chosen) return;
    shown = sha256;
    chosen = leader;
    const turn = ++asked;
    const answer = await fetch(`${pane.dataset.layout}?${new URLSearchParams({ tep: sha256, "nguoi-ky": leader })}`, { credentials: "same-origin" }).catch(() => null);
    if (turn !== asked) return; // another file was chosen meanwhile
    if (!answer?.ok) {
      pane.textContent = say("failed");
      shown = undefined;
      return;
    }
    pane.innerHTML = await answer.text();
    const undo = pane.querySelector("[data-undo]");
    if (undo) undo.hidden = !before.has(sha256);
    const errors = Number(pane.querySelector("[data-errors]")?.dataset.errors || 0);
    count.hidden = !errors;
    count.textContent = errors;
    if (signer) {
      const told = pane.querySelector("[data-signer]")?.textContent || "";
      signer.hidden = !told;
      signer.textContent = told;
    }
    const get = document.querySelector("[data-get]");
    if (get) {
      get.hidden = !sha256;
      const link = get.querySelector("a");
      link.href = `${link.pathname}?${new URLSearchParams({ tep: sha256 })}`;
    }
  }

  async function repair(button) {
    for (const one of pane.querySelectorAll("[data-repair]")) one.disabled = true;
    const was = { sha256: shown, name: names.get(shown) || pane.querySelector("[data-name]").textContent };
    const { status, body } = await post(pane.dataset.repairs, { sha256: shown, rules: button.dataset.repair.split(" ") });
    if (status === 200) {
      if (body.sha256 !== was.sha256) before.set(body.sha256, was);
      return hold(body);
    }
    for (const one of pane.querySelectorAll("[data-repair]")) one.disabled = false;
    pane.querySelector("[role=status]").textContent = body.message || say(status ? "failed" : "offline");
    return undefined;
  }

  async function make(button) {
    button.disabled = true;
    const { data } = form._getState();
    const { status, body } = await post(maker.dataset.template, { ...data, authority: maker.querySelector("select").value });
    button.disabled = false;
    const told = maker.querySelector("[data-say]");
    told.textContent = status === 200 ? body.name : body.message || say(status ? "failed" : "offline");
    told.className = status === 200 ? "quiet" : "field-error";
    if (status === 200) hold(body);
  }

  pane.addEventListener("click", (event) => {
    const button = event.target.closest("[data-repair]");
    if (button) repair(button);
    else if (event.target.closest("[data-undo]") && before.has(shown)) hold(before.get(shown));
  });
  maker?.querySelector("[data-make]").addEventListener("click", (event) => make(event.currentTarget));
  document.querySelector("[data-layout-list]")?.addEventListener("click", () => {
    document.querySelector("[data-switch] [data-side=left]")?.click();
    const tab = document.querySelector("#tab-layout");
    tab.click();
    tab.focus();
  });
  form.on("changed", () => { look(); }); // what a listener returns, a promise too, ends the event for those behind it
  look();
}
