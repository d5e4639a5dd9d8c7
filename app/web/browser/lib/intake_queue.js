// Files on which a clerk decides: scans of the copier's folder, uploads that are held. Accept or reject, with a reason.
import { post } from "./send.js";
import { element, say } from "./words.js";

export function queue(home, draw, bar) {
  const section = document.getElementById("queue");
  const list = section.querySelector("ul");
  const allButton = document.getElementById("accept-all");
  const dialog = document.getElementById("why");
  const text = dialog.querySelector("textarea");
  const error = document.getElementById("why-error");
  let asked = null;
  let clear = []; // scans of which nothing must be judged

  function row(file) {
    const facts = [say(file.is_scan ? "scanned" : "uploaded_at", { at: file.at })];
    if (file.pages) facts.push(say("pages", { n: file.pages }));
    if (file.register) facts.push(say("into", { name: file.register }));
    const made = element("li", { className: file.why ? "held" : "" },
      element("p", { className: "name" }, file.name, element("span", { className: "quiet" }, facts.join(" · "))));
    if (file.why) made.append(element("p", { className: "why" }, file.why, file.twin ? element("a", { href: file.twin }, ` ${say("see_twin")}`) : ""));
    const tools = element("p", { className: "tools" });
    if (!file.is_refused) tools.append(button(file, "accept", "nhan", Boolean(file.why)));
    tools.append(button(file, file.is_refused ? "put_aside" : "reject", "tu_choi", !file.is_refused));
    const bars = element("button", { type: "button", className: "button small" }, say("bar"));
    bars.setAttribute("aria-label", `${say("bar")}: ${file.name}`);
    bars.addEventListener("click", () => bar(file.name, { file: file.id }));
    if (file.is_stored) tools.append(bars);
    made.append(tools);
    return made;
  }

  function button(file, label, decision, needsReason) {
    const made = element("button", { type: "button", className: `button small${decision === "nhan" ? " primary" : ""}` }, say(label));
    made.setAttribute("aria-label", `${say(label)}: ${file.name}`);
    made.addEventListener("click", () => (needsReason ? ask(file, label, decision) : decide(file, decision, "", made)));
    return made;
  }

  function ask(file, label, decision) {
    asked = { file, decision };
    dialog.querySelector("h2").textContent = say(`${label}_why`, { name: file.name });
    dialog.querySelector("button[value=go]").textContent = say(label);
    text.value = "";
    show("");
    dialog.showModal();
    text.focus();
  }

  function show(words) {
    error.textContent = words;
    text.setAttribute("aria-invalid", String(Boolean(words)));
  }

  async function decide(file, decision, reason, pressed) {
    if (pressed) pressed.disabled = true;
    const answer = await post(`${home}/tep/${file.id}/${decision}`, { reason });
    if (answer.status === 200) { dialog.close(); draw(answer.body); return true; }
    if (pressed) pressed.disabled = false;
    if (dialog.open) show(answer.body.message || say("offline"));
    else document.getElementById("board-said").textContent = answer.body.message || say("offline");
    if (answer.status === 409) {
      const fresh = await fetch(`${home}/trang-thai`, { headers: { Accept: "application/json" } }).catch(() => null);
      if (fresh?.ok) draw(await fresh.json());
    }
    return false;
  }

  // Each its own act; what cannot be taken stays, and the reason is said.
  allButton.addEventListener("click", async () => {
    allButton.disabled = true;
    for (const file of clear.slice()) if (!await decide(file, "nhan", "")) break;
    allButton.disabled = false;
  });

  dialog.querySelector("form").addEventListener("submit", (event) => {
    if (event.submitter?.value !== "go") return;
    event.preventDefault();
    if (!text.value.trim()) show(say("need_reason"));
    else decide(asked.file, asked.decision, text.value, event.submitter);
    event.submitter.disabled = false;
  });

  return {
    draw(files) {
      section.hidden = !files.length;
      clear = files.filter((file) => !file.why && !file.is_refused);
      allButton.hidden = clear.length < 2;
      allButton.textContent = say("accept_all", { n: clear.length });
      list.replaceChildren(...files.map(row));
    },
  };
}
