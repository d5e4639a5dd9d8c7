// The pages that wait, in piles: turned, ordered, split, joined, left out and put back, by mouse, finger and keyboard.
import { post } from "./send.js";
import { element, say } from "./words.js";
import { viewer } from "./intake_view.js";

// The keys go there, unless they are somewhere already.
function atHand(next) {
  const at = document.activeElement;
  if (!at || at === document.body || at.id === "files") next.focus();
}

export function board(home, drawAll, bar) {
  const section = document.getElementById("board");
  const list = section.querySelector(".piles");
  const said = document.getElementById("board-said");
  const undoButton = document.getElementById("undo");
  const allButton = document.getElementById("register-all");
  const registered = document.getElementById("registered");
  const undo = [];
  let state = { piles: [], looked_at: [], handed: [] };
  let dragged = null;
  const busy = new Set();
  const asked = new Map(); // pile -> the question whether its paper is there
  const view = viewer({ act, find: (id) => place(id) });

  // {pile, page, index, before, after}: where a page lies now
  function place(id) {
    for (const [number, pile] of state.piles.entries()) {
      const index = pile.pages.findIndex((page) => page.id === id);
      if (index >= 0) return { pile, page: pile.pages[index], index, number, above: state.piles[number - 1] };
    }
    return null;
  }

  const isWhole = (pile) => Boolean(pile.why_whole);

  async function move(body, back) {
    said.textContent = "";
    const answer = await post(`${home}/xep`, body);
    if (answer.status !== 200) {
      said.textContent = answer.body.message || say("offline");
      if (answer.status === 409) refresh();
      return false;
    }
    const inverse = typeof back === "function" ? back(answer.body) : back;
    if (inverse) undo.push(inverse);
    drawAll(answer.body);
    return true;
  }

  async function refresh() {
    const answer = await fetch(`${home}/trang-thai`, { headers: { Accept: "application/json" } }).catch(() => null);
    if (answer?.ok) drawAll(await answer.json());
  }

  // One thing done with one page.
  function act(what, id) {
    const here = place(id);
    if (!here) return undefined;
    const { pile, page, index, above } = here;
    if (what === "bar") return bar(say("page_of", { n: page.number, file: page.file }), { pages: [id] });
    if (what === "drop" || what === "restore") {
      const pages = isWhole(pile) ? pile.pages.map((one) => one.id) : [id];
      return move({ do: what, pages }, { do: what === "drop" ? "restore" : "drop", pages });
    }
    if (isWhole(pile)) { said.textContent = pile.why_whole; return undefined; }
    if (what === "left" || what === "right") {
      const turn = (page.turn + (what === "left" ? 270 : 90)) % 360;
      return move({ do: "turn", pages: [id], turn }, { do: "turn", pages: [id], turn: page.turn });
    }
    if (what === "split" && index > 0) {
      return move({ do: "split", page: id }, (now) => {
        const made = now.piles.find((one) => one.pages.some((other) => other.id === id));
        return { do: "join", pile: made.id, to: pile.id };
      });
    }
    if (what === "join" && above) return join(pile, above);
    if (what === "earlier" && index > 0) return shift(pile, id, index, index - 1);
    if (what === "later" && index < pile.pages.length - 1) return shift(pile, id, index, index + 1);
    return undefined;
  }

  const shift = (pile, id, from, to) => move(
    { do: "move", page: id, pile: pile.id, place: to }, { do: "move", page: id, pile: pile.id, place: from });

  const join = (pile, above) => move({ do: "join", pile: pile.id, to: above.id }, { do: "split", page: pile.pages[0].id });

  async function undoLast() {
    const last = undo.pop();
    if (last && await move(last)) said.textContent = say("undone");
  }

  // hasPaper: the clerk's word on a file that is neither signed nor a scan; undefined: not asked yet.
  async function register(pile, hasPaper) {
    if (busy.has(pile.id)) return;
    busy.add(pile.id);
    draw(state);
    const answer = await post(`${home}/vao-so`, { pile: pile.id, paper: hasPaper });
    busy.delete(pile.id);
    if (answer.body.asks === "paper") {
      asked.set(pile.id, answer.body.message);
      draw(state);
      return;
    }
    const result = answer.status === 200
      ? element("li", { className: "good" }, element("span", { className: "name" }, title(pile)), element("span", { className: "state" }, say(pile.tied ? "attached" : "registered")), element("a", { className: "button small go", href: answer.body.document }, say("open_document")))
      : element("li", { className: "bad" }, element("span", { className: "name" }, title(pile)), element("span", { className: "state" }, answer.body.message || say("offline")));
    registered.hidden = false;
    registered.querySelector("ul").prepend(result);
    undo.length = 0;
    if (answer.status === 200) state.piles = state.piles.filter((one) => one.id !== pile.id);
    draw(state);
    if (answer.status !== 200 || pile.tied) await refresh(); // its sheet is used up: other pages behind it wait
    if (answer.status === 200 && !ready().length) atHand(registered.querySelector(".actions a"));
  }

  const kept = (pile) => pile.pages.filter((page) => !page.dropped);
  const title = (pile) => [...new Set((kept(pile).length ? kept(pile) : pile.pages).map((page) => page.file))].join(", ");
  const ready = () => state.piles.filter((pile) => kept(pile).length && !pile.trouble);

  function tool(what, sign, id, extra = {}) {
    const made = element("button", { type: "button", title: say(what), ...extra }, sign);
    made.setAttribute("aria-label", say(what));
    made.addEventListener("click", () => act(what, id));
    return made;
  }

  function sheet(pile, page, index) {
    const shown = page.picture
      ? element("img", { src: page.picture, alt: "", loading: "lazy", className: `turn-${page.turn}`, draggable: false })
      : element("span", { className: "no-picture" }, (page.file.split(".").pop() || "").toUpperCase());
    const open = element("button", { type: "button", className: "leaf" }, shown);
    open.setAttribute("aria-label", say("page_of", { n: page.number, file: page.file }) + (page.dropped ? `, ${say(page.dropped)}` : ""));
    open.addEventListener("click", () => page.large && view.open(page.id));
    const made = element("li", { className: page.dropped ? "page dropped" : "page" }, open);
    made.dataset.page = page.id;
    const under = element("div", { className: "page-tools" });
    if (page.dropped) {
      const bars = tool("bar", say("bar_short"), page.id);
      under.append(element("span", { className: "quiet" }, say(page.dropped)), tool("restore", say("restore"), page.id), bars);
    }
    else if (isWhole(pile)) under.append(element("span", { className: "quiet" }, String(page.number)));
    else {
      under.append(tool("left", "↺", page.id), tool("right", "↻", page.id));
      if (index > 0) under.append(tool("split", "✂", page.id));
      under.append(tool("drop", "✕", page.id));
    }
    made.append(under);
    if (!isWhole(pile)) drag(made, pile, page, index);
    return made;
  }

  function drag(made, pile, page, index) {
    made.draggable = true;
    made.addEventListener("dragstart", (event) => { dragged = page.id; event.dataTransfer.effectAllowed = "move"; });
    made.addEventListener("dragover", (event) => { if (dragged) { event.preventDefault(); made.classList.add("over"); } });
    made.addEventListener("dragleave", () => made.classList.remove("over"));
    made.addEventListener("drop", (event) => {
      event.preventDefault();
      event.stopPropagation();
      const from = dragged && place(dragged);
      dragged = null;
      if (!from || from.page.id === page.id) { made.classList.remove("over"); return; }
      const isLast = from.pile.pages.length === 1;
      move({ do: "move", page: from.page.id, pile: pile.id, place: index },
        isLast ? null : { do: "move", page: from.page.id, pile: from.pile.id, place: from.index });
    });
  }

  function card(pile, number) {
    const count = kept(pile).length;
    const head = element("header", {}, element("h3", {}, say("pile", { n: number + 1 })),
      element("span", { className: "quiet name", title: title(pile) }, `${say("pages", { n: count })} · ${title(pile)}`));
    if (pile.register) head.append(element("span", { className: "tag plain" }, say("into", { name: pile.register })));
    if (pile.tied || pile.trouble) {
      const loose = element("button", { type: "button", className: "button small" }, say("untie"));
      loose.addEventListener("click", () => move({ do: "untie", pile: pile.id }));
      if (pile.tied) head.append(element("span", { className: "tag draft" }, say("tied", { name: pile.tied })));
      head.append(loose);
    }
    const go = element("div", { className: "go" });
    const above = state.piles[number - 1];
    if (above && !isWhole(pile) && !isWhole(above)) {
      const joins = element("button", { type: "button", className: "button small" }, say("join"));
      joins.addEventListener("click", () => join(pile, above));
      go.append(joins);
    }
    const bars = element("button", { type: "button", className: "button small" }, say("bar"));
    bars.setAttribute("aria-label", `${say("bar")}: ${say("pile", { n: number + 1 })}`);
    bars.addEventListener("click", () => bar(title(pile), { pages: pile.pages.map((page) => page.id) }));
    go.append(bars);
    if (count) {
      const drops = element("button", { type: "button", className: "button small" }, say("drop_pile"));
      drops.setAttribute("aria-label", `${say("drop_pile")}: ${say("pile", { n: number + 1 })}`);
      const pages = kept(pile).map((page) => page.id);
      drops.addEventListener("click", () => move({ do: "drop", pages }, { do: "restore", pages }));
      const registers = element("button", { type: "button", className: "button small primary", disabled: busy.has(pile.id) || Boolean(pile.trouble) }, say(busy.has(pile.id) ? "registering" : pile.tied ? "tie" : "register"));
      registers.setAttribute("aria-label", `${say(pile.tied ? "tie" : "register")}: ${say("pile", { n: number + 1 })}`);
      registers.addEventListener("click", () => register(pile));
      go.append(drops, registers);
    }
    head.append(go);
    const made = element("li", { className: "pile" }, head);
    if (pile.trouble) made.append(element("p", { className: "flash notice" }, pile.trouble));
    if (asked.has(pile.id) && count) made.append(question(pile, number));
    if (pile.suspect) made.append(element("p", { className: "flash notice" }, pile.suspect));
    if (pile.why_whole) made.append(element("p", { className: "hint" }, pile.why_whole));
    else for (const page of pile.pages.slice(1)) if (page.begins && !page.dropped) made.append(another(page));
    made.append(element("ol", { className: "leaves" }, ...pile.pages.map((page, index) => sheet(pile, page, index))));
    return made;
  }

  // Neither signed nor a scan: is the signed and sealed paper there? If not, a leader decides (Art. 6.3.b).
  function question(pile, number) {
    const choices = [["has_paper", true], ["no_paper", false]].map(([word, hasPaper]) => {
      const made = element("button", { type: "button", className: "button small", disabled: busy.has(pile.id) }, say(word));
      made.setAttribute("aria-label", `${say(word)}: ${say("pile", { n: number + 1 })}`);
      made.addEventListener("click", () => register(pile, hasPaper));
      return made;
    });
    return element("div", { className: "flash notice", role: "status" }, element("p", {}, asked.get(pile.id)), element("p", { className: "actions" }, ...choices));
  }

  // A page on which another letter seems to begin, and what to do about it.
  function another(page) {
    const splits = element("button", { type: "button", className: "button small" }, say("split"));
    splits.setAttribute("aria-label", `${say("split")}: ${say("page_of", { n: page.number, file: page.file })}`);
    splits.addEventListener("click", () => act("split", page.id));
    return element("p", { className: "flash notice" }, say("begins", { n: page.number }), " ", splits);
  }

  function draw(fresh, isFinal) {
    if (isFinal) undo.length = 0;
    const focused = document.activeElement?.closest?.("[data-page]");
    const wasLeaf = document.activeElement?.classList.contains("leaf");
    const label = document.activeElement?.getAttribute?.("aria-label");
    state = fresh;
    list.replaceChildren(...state.piles.map(card), ...state.looked_at.map((file) => element("li", { className: "pile looking" }, element("p", {}, say("looking", { name: file.name })), element("progress", { ariaLabel: file.name }))),
      ...state.handed.map((pile) => element("li", { className: "pile looking" }, element("p", {}, say("reading", { name: pile.name })), element("progress", { ariaLabel: pile.name }))));
    document.getElementById("board-empty").hidden = Boolean(state.piles.length || state.looked_at.length || state.handed.length);
    document.getElementById("board-keys").hidden = !state.piles.length;
    undoButton.disabled = !undo.length;
    allButton.hidden = ready().length < 2;
    allButton.textContent = say("register_all", { n: ready().length });
    if (focused) {
      const again = list.querySelector(`[data-page="${focused.dataset.page}"]`);
      const same = !wasLeaf && [...(again?.querySelectorAll("button") || [])].find((one) => one.getAttribute("aria-label") === label);
      (same || again?.querySelector(".leaf"))?.focus({ preventScroll: true });
    }
    view.draw();
  }

  const KEYS = { t: "split", g: "join", Delete: "drop", Backspace: "drop" };
  list.addEventListener("keydown", (event) => {
    const here = event.target.closest("[data-page]");
    if (!here || event.ctrlKey || event.metaKey) return;
    const id = Number(here.dataset.page);
    let what = KEYS[event.key] || KEYS[event.key.toLowerCase()];
    if (event.key.toLowerCase() === "r") what = event.shiftKey ? "left" : "right";
    if (event.altKey) what = { ArrowLeft: "earlier", ArrowRight: "later" }[event.key];
    else if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
      const leaves = [...list.querySelectorAll(".leaf")];
      const index = leaves.indexOf(here.querySelector(".leaf"));
      event.preventDefault();
      leaves[index + (event.key === "ArrowLeft" ? -1 : 1)]?.focus();
      return;
    }
    if (what === "drop" && place(id)?.page.dropped) what = "restore";
    if (!what) return;
    event.preventDefault();
    act(what, id);
  });
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.closest("input, textarea, select");
    if ((event.ctrlKey || event.metaKey) && event.key === "z" && !isTyping) { event.preventDefault(); undoLast(); }
  });
  undoButton.addEventListener("click", undoLast);
  allButton.addEventListener("click", async () => {
    allButton.disabled = true;
    for (const pile of ready()) await register(pile);
    allButton.disabled = false;
  });

  // All pages lie there: where none asks for a look, the button is at hand, so that Enter takes them in.
  function offer() {
    const asks = (pile) => pile.trouble || pile.suspect || pile.tied || pile.pages.some((page) => page.begins || page.dropped);
    if (!allButton.hidden && !asked.size && !state.piles.some(asks)) atHand(allButton);
  }

  return { draw, offer };
}
