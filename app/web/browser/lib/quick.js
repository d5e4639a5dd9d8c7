// Direction with one thumb: people are found by a few letters, with or without diacritics.
import { setField } from "./groups.js";

const bare = (text) => text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/đ/g, "d").toLowerCase();

// The same directives beside the form: the one that is chosen goes behind what was written.
export function directivesOf(form, root = document) {
  const list = root.querySelector("[data-directives]");
  list?.addEventListener("change", () => {
    if (list.value) setField(form, "directive", (before) => [before?.trim(), list.value].filter(Boolean).join(" "));
    list.value = "";
  });
}

export function quickOf(root) {
  const quick = root.querySelector("[data-quick]");
  if (!quick) return;
  const recent = quick.querySelector("[data-recent]");
  const found = quick.querySelector("[data-found]");
  quick.querySelector("[data-find]").addEventListener("input", ({ target }) => {
    const words = bare(target.value).split(/\s+/).filter(Boolean);
    found.hidden = words.length === 0;
    for (const chip of [...recent.children, ...found.children]) {
      const name = bare(chip.dataset.name);
      chip.hidden = !words.every((word) => name.includes(word)) && !chip.querySelector("input").checked;
    }
  });
  // a chip has no place of its own where the browser could say that one must be chosen
  const late = quick.querySelector("[data-late]");
  const past = quick.querySelector("[name=is_past_due]");
  const missing = quick.querySelector("[data-missing]");
  quick.addEventListener("invalid", (event) => {
    event.preventDefault();
    if (event.target === past) {
      late.hidden = false;
      if (missing.hidden) past.focus();
      return;
    }
    missing.hidden = false;
    quick.querySelector("[data-recent] input:not([disabled]), [data-find]").focus();
  }, true);
  quick.addEventListener("change", () => {
    missing.hidden = true;
    if (late) late.hidden = true;
  });
  // the button is pressed twice: one order
  quick.addEventListener("submit", () => { setTimeout(() => { quick.querySelector("button").disabled = true; }); });
}
