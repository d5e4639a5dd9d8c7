// Saved scenarios: run all, see which hold and what none of them visits, look at one again, save this trial as one.
import { post } from "./send.js";
import { element, say } from "./words.js";

export function casesOf(trial, page) {
  const [list, none, count, result, missed, paint, all] = ["cases", "no-cases", "count-cases", "result", "missed", "paint", "run-all"]
    .map((id) => document.getElementById(id));
  let scenarios = trial.scenarios;
  let revision = trial.revision;
  let outcomes = new Map();
  let unseen = [];
  const amend = document.getElementById("amend");
  const failing = () => [...outcomes.values()].some((one) => !one.is_ok);
  const offerAmend = () => { amend.hidden = !(trial.may_save && failing() && page.current().moves.some((move) => move.values)); };
  const small = (words, act, more = "") => {
    const made = element("button", { type: "button", className: `link ${more}` }, words);
    made.addEventListener("click", act);
    return made;
  };
  const tell = (kind, words) => { result.className = kind ? `flash ${kind}` : ""; result.textContent = words; };

  function show() {
    count.textContent = scenarios.length;
    none.hidden = scenarios.length > 0;
    list.hidden = !scenarios.length;
    list.replaceChildren(...scenarios.map((one) => {
      const came = outcomes.get(one.name);
      const tag = came ? [element("span", { className: `tag ${came.is_ok ? "good" : "failed"}` }, say(came.is_ok ? "passes" : "fails"))] : [];
      return element("li", {}, ...tag,
        element("span", { className: "grow" }, one.name, ...(came?.sentence ? [element("span", { className: "bad why-not" }, came.sentence)] : [])),
        small(say("replay"), () => page.replay(one)),
        ...(trial.may_save ? [small(say("drop"), () => drop(one.name))] : []));
    }));
  }

  async function run() {
    all.disabled = true;
    tell("", say("running"));
    const { status, body } = await post(trial.all, {});
    all.disabled = false;
    if (status !== 200) return tell("error", body.message || say("offline"));
    scenarios = body.listed;
    outcomes = new Map(body.scenarios.map((one) => [one.name, one]));
    unseen = [...body.elements_missed, ...body.flows_missed];
    const ok = (rows) => rows.filter((one) => one.is_ok).length;
    const said = [say("summary", { ok: ok(body.scenarios), all: body.scenarios.length, n: body.coverage })];
    if (body.rows.length) said.push(say("summary_rows", { ok: ok(body.rows), all: body.rows.length }));
    said.push(...body.rows.filter((one) => !one.is_ok).map((one) => `${one.name}: ${one.sentence}`));
    said.push(...body.scenarios.filter((one) => !scenarios.some(({ name }) => name === one.name)).map((one) => one.sentence));
    tell(body.is_ok ? "done" : "error", said.join(" "));
    const labels = body.elements_missed.map((id) => page.label(id));
    missed.hidden = !labels.length;
    missed.querySelector("summary").textContent = say("missed_n", { n: labels.length });
    missed.querySelector("ul").replaceChildren(...labels.map((words) => element("li", {}, words)));
    paint.closest("label").hidden = !unseen.length;
    if (!unseen.length) paint.checked = false;
    page.paint(paint.checked ? unseen : null);
    show();
    offerAmend();
  }

  // Ask first: a dialog whose answer is yes or no.
  function asked(id, name) {
    const dialog = document.getElementById(id);
    dialog.querySelector("[data-name]").textContent = `“${name}”`;
    dialog.returnValue = "";
    dialog.showModal();
    return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }));
  }

  async function send(address, body) {
    const { status, body: said } = await post(address, { ...body, revision });
    if (status !== 200) return status === 409 ? say("overtaken") : said.message || say("offline");
    revision = said.revision;
    scenarios = said.scenarios;
    show();
    return "";
  }

  async function drop(name) {
    if (!await asked("drop", name)) return;
    const wrong = await send(trial.remove, { name });
    if (wrong) tell("error", wrong);
  }

  // What was just done at new tasks goes into the scenarios that stop there.
  amend.addEventListener("click", async () => {
    const { status, body } = await post(trial.amend, { moves: page.current().moves, revision });
    if (status !== 200) return tell("error", status === 409 ? say("overtaken") : body.message || say("offline"));
    if (!body.names.length) return tell("notice", say("amended_none"));
    ({ revision, scenarios } = body);
    await run();
    result.append(" ", say("amended", { n: body.names.length }));
  });

  const form = document.getElementById("save");
  form?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const [field, wrong] = [document.getElementById("case-name"), document.getElementById("case-wrong")];
    const name = field.value.trim();
    const { sample, moves, at, seen } = page.current();
    const passes = document.getElementById("case-passes").checked
      ? [...new Set(seen.log.filter((entry) => ["user", "script", "rule"].includes(entry.kind)).map((entry) => entry.element))] : [];
    const known = scenarios.find((one) => one.name === name);
    if (known && !await asked("replace", name)) return;
    wrong.textContent = name ? await send(trial.save, { replaces: known ? name : "", scenario: { name, sample, moves, at, ends_at: seen.ended_at || "", passes, never: known?.never || [] } }) : say("name_needed");
    field.setAttribute("aria-invalid", wrong.textContent ? "true" : "false");
    if (wrong.textContent) return field.focus();
    field.value = "";
    tell("done", say("saved_case", { name }));
  });

  all.addEventListener("click", run);
  paint.addEventListener("change", () => page.paint(paint.checked ? unseen : null));
  show();

  return {
    // what a scenario saved now would expect
    seen(picture) {
      paint.checked = false;
      offerAmend();
      const words = document.getElementById("expected");
      if (words) words.textContent = picture.ended_at ? say("expects_end", { label: picture.ended_label || picture.ended_at }) : say("expects_open");
    },
  };
}
