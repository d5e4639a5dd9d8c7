// Who is named and was not chosen: a reason is asked for beside each name that is unticked; one may stand for those below.
export function namedOf(root) {
  for (const form of root.querySelectorAll("[data-named]")) {
    const rows = [...form.querySelectorAll("li")];
    const show = () => {
      let isFirst = true;
      for (const row of rows) {
        const [tick, why] = [row.querySelector("[type=checkbox]"), row.querySelector("[data-why]")];
        if (!why) continue;
        why.hidden = tick.checked;
        const input = why.querySelector("input");
        input.disabled = tick.checked;
        input.required = !tick.checked && isFirst;
        isFirst = isFirst && tick.checked;
      }
    };
    form.addEventListener("change", show);
    show();
  }
}
