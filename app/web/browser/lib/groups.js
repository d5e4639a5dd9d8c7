// Groups of recipients beside the form of a draft: a group's members, some of them left out, go into "Kính gửi" or "Nơi nhận".
import { say } from "./words.js";

export function groupsOf(form, root = document) {
  const panel = root.querySelector("[data-groups]");
  if (!panel) return;
  const list = panel.querySelector("select");
  const told = panel.querySelector("[data-say]");
  const sets = [...panel.querySelectorAll("[data-group]")];
  const shown = () => sets.find((one) => one.dataset.group === list.value);
  const show = () => {
    for (const one of sets) one.hidden = one !== shown();
    for (const button of panel.querySelectorAll("[data-into]")) button.disabled = !shown();
    told.textContent = "";
  };
  list.addEventListener("change", show);
  for (const button of panel.querySelectorAll("[data-into]")) {
    button.addEventListener("click", () => {
      const field = form.get("formFieldRegistry").getAll().find((one) => one.key === button.dataset.into);
      const instance = Object.values(form.get("formFieldInstanceRegistry")._formFieldInstances).find((one) => one.id === field?.id);
      if (!instance) return;
      const before = form._getState().data[field.key] || [];
      const chosen = [...shown().querySelectorAll("input:checked")].map((one) => one.value).filter((one) => !before.includes(one));
      form._update({ fieldInstance: instance, value: [...before, ...chosen] });
      told.textContent = say("group_added", { n: chosen.length, field: field.label });
    });
  }
  show();
}
