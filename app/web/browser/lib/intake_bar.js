// What must not be here (Art. 3.2): asked for its reason once, then its content is gone and cannot be put back.
import { post } from "./send.js";
import { say } from "./words.js";

export function barring(home, draw) {
  const dialog = document.getElementById("bar");
  const form = dialog.querySelector("form");
  const error = document.getElementById("bar-error");
  const said = document.getElementById("board-said");
  let asked = null;

  form.addEventListener("submit", async (event) => {
    if (event.submitter?.value !== "go") return;
    event.preventDefault();
    const rule = form.elements.rule.value;
    if (!rule) { error.textContent = say("bar_rule"); return; }
    event.submitter.disabled = true;
    const answer = await post(`${home}/khong-cap-nhat`, { ...asked, rule });
    event.submitter.disabled = false;
    if (answer.status !== 200) { error.textContent = answer.body.message || say("offline"); return; }
    dialog.close();
    draw(answer.body, true);
    said.textContent = answer.body.said;
  });
  form.querySelector("button[value=go]").formNoValidate = true; // what lacks is said in the dialog

  // `what`: {pages: [ids]} or {file: id}
  return (name, what) => {
    asked = what;
    form.reset();
    error.textContent = "";
    document.getElementById("bar-title").textContent = say("bar_why", { name });
    dialog.showModal();
  };
}
