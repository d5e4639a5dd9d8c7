// Groups of recipients beside the form of a draft: a group's members, some of them left out, go into "Kính gửi" or "Nơi nhận".
import { say } from "./words.js";

// A field of the form gets another value, as if it were typed; null where the form does not show it now.
export function setField(form, key, change) {
  const field = form.get("formFieldRegistry").getAll().find((one) => one.key === key);
  const instance = Object.values(form.get("formFieldInstanceRegistry")._formFieldInstances).find((one) => one.id === field?.id);
  if (!instance) return null;
  form._update({ fieldInstance: instance, value: change(form._getState().data[key]) });
  return field;
}

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
      let chosen = [];
      const field = setField(form, button.dataset.into, (before) => {
        chosen = [...shown().querySelectorAll("input:checked")].map((one) => one.value).filter((one) => !before?.includes(one));
        return [...(before || []), ...chosen];
      });
      if (field) told.textContent = say("group_added", { n: chosen.length, field: field.label });
    });
  }
  show();
}
