// How an answer begun at the task of handling will go out, and by which clause of Art. 4, while its kind and purpose are chosen.
export function exchangeOf(form, root = document) {
  const box = root.querySelector("[data-exchange]");
  if (!box) return;
  let last = "";
  const ask = async () => {
    const { decision, answer_type_name: kind, answer_purpose: purpose } = form._getSubmitData();
    const asked = decision === "answer" && kind ? new URLSearchParams({ type_name: kind, purpose: purpose || "", scope: "between", any: "1" }).toString() : "";
    if (asked === last) return;
    last = asked;
    box.hidden = true;
    if (!asked) return;
    const answer = await fetch(`${box.dataset.exchange}?${asked}`, { headers: { Accept: "application/json" } });
    if (!answer.ok || asked !== last) return;
    const found = await answer.json();
    box.querySelector("strong").textContent = `${found.name} (${found.clause})`;
    box.querySelector("span").textContent = found.words || "";
    box.hidden = !found.form;
  };
  form.on("changed", ask);
  ask();
}
