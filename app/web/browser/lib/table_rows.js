// Test rows of a decision table: what is asked, what comes, what is expected. The server answers; here they are typed,
// shown and kept. A row is kept once it says what it expects.
import { post } from "./send.js";
import { element, say } from "./words.js";

const KEEP_AFTER_MS = 1200;
const MOST = 200;
let made = 0;

// A row that nobody has filled in: asked about today, where the table asks about a day.
function blank(asked) {
  const today = new Date().toLocaleDateString("sv-SE");
  return { given: Object.fromEntries(asked.filter((one) => one.type === "date").map((one) => [one.name, today])) };
}

export function testRows(place, { rows, asked, isOpen, status, message, address, changed, hit }) {
  let list = rows.map((row) => ({ given: { ...row.given }, expect: row.expect }));
  let was = rows; // as the server has them
  let look = {};
  let timer;
  let busy = false;
  if (!list.length && isOpen) list.push(blank(asked));

  const values = () => list.map((row) => (row.expect === undefined ? { given: row.given } : { given: row.given, expect: row.expect }));
  const tell = (words, isBad = false) => { status.textContent = words; status.classList.toggle("bad", isBad); };

  function touched() {
    changed();
    clearTimeout(timer);
    timer = setTimeout(keep, KEEP_AFTER_MS);
  }

  async function keep() {
    const kept = values().filter((row) => row.expect !== undefined);
    if (busy || same(kept, was)) return;
    busy = true;
    tell(say("saving"));
    const { status: code, body } = await post(address, { rows: kept, was });
    busy = false;
    if (code === 200) {
      was = kept;
      tell(say("saved", { n: body.at.slice(-5) }));
      return keep();
    }
    tell(code === 409 ? say("rows_overtaken", { who: body.who || say("somebody") }) : body.message || say("offline"), true);
    if (code === 0) timer = setTimeout(keep, 15000);
  }

  function draw() {
    const focus = document.activeElement?.id;
    place.replaceChildren(...list.map(card), ...(isOpen && list.length < MOST ? [add()] : []));
    if (focus) document.getElementById(focus)?.focus();
    if (!list.length && !isOpen) place.replaceChildren(element("li", { className: "quiet" }, say("no_rows")));
  }

  function add() {
    const more = element("button", { type: "button", className: "button small", id: "row-add" }, say("row_add"));
    more.addEventListener("click", () => {
      list.push(blank(look.asked || []));
      touched();
      draw();
      document.getElementById(`row-${list.length - 1}-given-0`)?.focus();
    });
    return element("li", { className: "row-more" }, more);
  }

  function card(row, number) {
    const answer = element("p", { className: "answer", role: "status" });
    const expects = element("div", { className: "expect" });
    const box = element("li", { className: "try" },
      element("div", { className: "try-head" }, element("strong", {}, say("row_try", { n: number + 1 })), element("span", { className: "tag verdict-tag" }), ...(isOpen ? [drop(row)] : [])),
      element("div", { className: "given" }, ...(look.asked || []).map((column, index) => field(column, row.given, `row-${number}-given-${index}`, touched, !isOpen))),
      answer, expects);
    box.addEventListener("focusin", () => hit(row.tried?.rules || []));
    box.addEventListener("mouseenter", () => hit(row.tried?.rules || []));
    box.addEventListener("mouseleave", () => hit([]));
    row.parts = { answer, expects, verdict: box.querySelector(".verdict-tag"), number };
    fill(row);
    return box;
  }

  function drop(row) {
    const off = element("button", { type: "button", className: "link" }, say("row_drop"));
    off.addEventListener("click", () => {
      list = list.filter((one) => one !== row);
      touched();
      draw();
      document.getElementById("row-add")?.focus();
    });
    return off;
  }

  // The answer and the verdict of a row, without touching the fields in which somebody may be typing.
  function fill(row) {
    const { answer, expects, verdict, number } = row.parts;
    const tried = row.tried;
    verdict.textContent = !tried || tried.passed === null ? "" : say(tried.passed ? "row_good" : "row_bad");
    verdict.className = `tag verdict-tag ${tried?.passed ? "good" : tried?.passed === false ? "wrong" : ""}`;
    verdict.hidden = !verdict.textContent;
    answer.textContent = tried ? said(tried) : "";
    answer.className = `answer ${tried?.message ? "bad" : ""}`;
    expects.replaceChildren(...wanted(row, tried, number));
  }

  function said(tried) {
    const numbers = tried.rules.map((id) => (look.rules || []).indexOf(id) + 1).filter(Boolean);
    const where = numbers.length ? ` (${say("row_n", { n: numbers.join(", ") })})` : "";
    if (tried.message) return `${tried.message}${where}`;
    return `${say("row_answer")} ${spoken(tried.outputs)}${where}`;
  }

  function spoken(outputs) {
    if (Array.isArray(outputs)) return outputs.map(spoken).join(" | ") || say("nothing");
    const names = Object.keys(outputs || {});
    if (!names.length) return say("nothing");
    const order = (look.answered || []).map((one) => one.name);
    names.sort((one, other) => order.indexOf(one) - order.indexOf(other));
    return names.map((name) => [name, outputs[name]]).map(([name, value]) => `${labelOf(name)}: ${value === null || value === "" ? say("nothing") : word(value, name)}`).join("; ");
  }

  const labelOf = (name) => (look.answered || []).find((one) => one.name === name)?.label || name;
  const word = (value, name) => (value === true ? say("yes") : value === false ? say("no")
    : (look.answered || []).find((one) => one.name === name)?.choices.find((one) => one.value === value)?.label || String(value));

  function wanted(row, tried, number) {
    const differs = tried && !sameText(tried.outputs, row.expect);
    const take = element("button", { type: "button", className: "button small" }, row.expect === undefined ? say("row_keep") : say("row_take"));
    take.addEventListener("click", () => { row.expect = tried.outputs; touched(); fill(row); });
    const mayTake = isOpen && tried && tried.outputs !== null && differs;
    if (row.expect === undefined) return mayTake ? [take] : [];
    const parts = [element("p", { className: "quiet" }, `${say("row_expect")} ${spoken(row.expect)}`)];
    if (isOpen && !Array.isArray(row.expect) && !look.is_list && Object.keys(row.expect).length) {
      const more = element("details", {}, element("summary", {}, say("row_change")),
        element("div", { className: "given" }, ...(look.answered || []).map((column, index) => field({ ...column, seen: [] }, row.expect, `row-${number}-expect-${index}`, touched))));
      more.open = Boolean(row.isOpen);
      more.addEventListener("toggle", () => { row.isOpen = more.open; });
      parts.push(more);
    }
    return mayTake ? [...parts, take] : parts;
  }

  return {
    values,
    show(found) {
      const columns = JSON.stringify([look.asked, look.answered, look.is_list]);
      look = found;
      if (look.tried) list.forEach((row, index) => { row.tried = look.tried[index]; });
      if (columns !== JSON.stringify([look.asked, look.answered, look.is_list]) || !place.children.length) return draw();
      const holder = document.activeElement?.closest(".expect");
      for (const row of list) if (row.parts && row.parts.expects !== holder) fill(row);
    },
  };
}

const sorted = (value) => (Array.isArray(value) ? value.map(sorted)
  : value && typeof value === "object" ? Object.fromEntries(Object.keys(value).sort().map((key) => [key, value[key]])) : value);
const same = (one, other) => one.length === other.length
  && one.every((row, index) => sameText(row.given, other[index].given) && sameText(row.expect, other[index].expect));
const sameText = (one, other) => JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));

// One value of a row, by the type of its column. Writes into `into[column.name]` and says so.
function field(column, into, id, touched, isOff = false) {
  const value = into[column.name];
  const set = (now) => { into[column.name] = now; touched(); };
  const label = element("label", { htmlFor: id }, column.label, ...(column.label === column.name ? [] : [" ", element("small", {}, column.name)]));
  const [one, ...rest] = control(column, value, id, set);
  one.disabled = isOff;
  return element("div", { className: "field" }, label, one, ...rest);
}

function control(column, value, id, set) {
  if (column.choices?.length || column.type === "boolean") {
    const options = column.type === "boolean" ? [{ value: "true", label: say("yes") }, { value: "false", label: say("no") }] : column.choices;
    const list = element("select", { id }, element("option", { value: "" }, say("blank")),
      ...options.map((one) => element("option", { value: one.value, selected: String(value) === one.value }, one.label === one.value ? one.label : `${one.label} (${one.value})`)));
    list.addEventListener("change", () => set(list.value === "" ? null : column.type === "boolean" ? list.value === "true" : list.value));
    return [list];
  }
  const kind = { number: "number", integer: "number", date: "date", "date and time": "datetime-local" }[column.type] || "text";
  const input = element("input", { id, type: kind, value: value ?? "", ...(kind === "number" ? { step: "any" } : {}), autocomplete: "off" });
  input.addEventListener("input", () => set(typed(input.value, column.type)));
  if (!column.seen?.length) return [input];
  const list = element("datalist", { id: `seen-${++made}` }, ...column.seen.map((one) => element("option", { value: one })));
  input.setAttribute("list", list.id);
  return [input, list];
}

function typed(text, type) {
  if (text === "") return null;
  if (type === "number" || type === "integer") return Number.isSafeInteger(Number(text)) ? Number(text) : text;
  if (type === "date and time") return `${text}:00+07:00`;
  return text;
}
