// Several documents, one PIN: each is signed through the door of its own task, one after the other, with its result
// beside it. The PIN stays in its field only, and is emptied at the end. What stops is a wrong PIN, which counts, and
// whatever would keep the next one too: no token, no service, no time stamp.
import { post } from "./lib/send.js";
import { Signing } from "./lib/signing.js";
import { say } from "./lib/words.js";

const form = document.querySelector("[data-bulk]");
const rows = [...(form?.querySelectorAll("[data-task]") || [])];
const find = (name) => form.querySelector(`[data-${name}]`);
let isSigning = false;

if (form) {
  const signing = new Signing(form);
  const pin = form.querySelector("#pin");
  const picked = () => rows.filter((row) => row.querySelector("[data-pick]").checked);
  const count = () => { find("count").textContent = picked().length ? say("bulk_chosen", { n: picked().length }) : ""; };
  const shown = () => {
    find("pin-field").hidden = signing.way === "client";
    if (find("client")) find("client").hidden = signing.way !== "client";
  };
  form.addEventListener("change", ({ target }) => {
    if (target.matches("[data-all]")) for (const row of rows) {
      const box = row.querySelector("[data-pick]");
      if (!box.disabled) box.checked = target.checked;
    }
    count();
    shown();
  });
  shown();

  const tell = (row, words, isBad = false) => {
    const place = row.querySelector("[data-result]");
    place.textContent = words;
    place.classList.toggle("bad", isBad);
  };

  // One document: null when it is signed, else what keeps it.
  const one = async (row) => {
    const { version, pin: key, complete, begin } = row.dataset;
    const elsewhere = await signing.elsewhere(Number(version), (words) => tell(row, words), begin);
    if (elsewhere.error) return { why: elsewhere.error, stops: elsewhere.stops };
    const values = { decision: "sign", ...(signing.way === "client" ? {} : { [key]: pin.value }) };
    const { status, body } = await post(complete, {
      version: Number(version), values, signing: { ...signing.choice(), ...elsewhere }, together: true });
    if (status === 200) return null;
    const why = status === 0 ? say("offline") : [].concat(...Object.values(body.errors || {})).join(" ")
      || (body.who ? say("first_was", body) : body.message) || say("failed");
    return { why, stops: body.stops || body.offers || status === 0 || status === 401, offers: body.offers };
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (isSigning) return;
    const chosen = picked();
    find("error").textContent = "";
    if (!chosen.length) { find("say").textContent = say("bulk_none"); return; }
    if (signing.way !== "client" && !pin.value) { find("error").textContent = say("bulk_pin"); pin.focus(); return; }
    isSigning = true;
    form.querySelector("button.primary").disabled = true;
    const bar = find("progress");
    Object.assign(bar, { hidden: false, max: chosen.length, value: 0 });
    let signed = 0;
    let stop = "";
    let offers = null;
    for (const [index, row] of chosen.entries()) {
      if (stop) { tell(row, say("bulk_waits")); continue; }
      find("say").textContent = say("bulk_signing", { n: index + 1, all: chosen.length });
      const failed = await one(row);
      if (failed) {
        tell(row, failed.why, true);
        offers ||= failed.offers;
        if (failed.stops) stop = failed.why;
      } else {
        signed += 1;
        tell(row, say("bulk_signed"));
        row.classList.add("is-done");
        Object.assign(row.querySelector("[data-pick]"), { checked: false, disabled: true });
      }
      bar.value = index + 1;
    }
    pin.value = "";
    bar.hidden = true;
    find("offer").replaceChildren(...(offers ? [signing.offer(offers)] : []));
    find("say").textContent = stop ? say("bulk_stopped", { n: signed, all: chosen.length, why: stop }) : say("bulk_done", { n: signed, all: chosen.length });
    if (stop) find("error").textContent = stop;
    isSigning = false;
    form.querySelector("button.primary").disabled = false;
    count();
  });
}
