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
  let undo = []; // what takes back each move that was done here, as the server sealed it
  let state = { piles: [], looked_at: [], handed: [] };
  let dragged = null;
  const busy = new Set();
  const asked = new Map(); // pile -> the question whether its paper is there
  let line = Promise.resolve(); // one thing after the other, each on what the one before has left
  const inTurn = (what) => { line = line.then(what, what); return line; };
  const view = viewer({ act, find: (id) => place(id) });

  // Where a page lies now; isFirst: no page of its letter stands before it
  function place(id) {
    for (const [number, pile] of state.piles.entries()) {
      const index = pile.pages.findIndex((page) => page.id === id);
      if (index < 0) continue;
      const isFirst = pile.pages.slice(0, index).every((page) => page.dropped);
      return { pile, page: pile.pages[index], index, isFirst, above: state.piles[number - 1] };
    }
    return null;
  }

  const isWhole = (pile) => Boolean(pile.why_whole);

  // What the server answers to a move; null, and said, when it was not done.
  async function send(address, body) {
    said.textContent = "";
    const answer = await post(address, body);
    if (answer.status === 200) return answer.body;
    said.textContent = answer.body.message || say("offline");
    if (answer.status === 409) await refresh();
    return null;
  }

  async function move(body) {
    const done = await send(`${home}/xep`, body);
    if (!done) return;
    if (done.undo) undo.push(done.undo);
    drawAll(done);
  }

  async function refresh() {
    const answer = await fetch(`${home}/trang-thai`, { headers: { Accept: "application/json" } }).catch(() => null);
    if (answer?.ok) drawAll(await answer.json());
  }

  function act(what, id) { return inTurn(() => perform(what, id)); }

  // One thing done with one page.
  function perform(what, id) {
    const here = place(id);
    if (!here) return undefined;
    const { pile, page, index, isFirst, above } = here;
    if (what === "bar") return bar(say("page_of", { n: page.number, file: page.file }), { pages: [id] });
    if (what === "drop" || what === "restore") {
      return move({ do: what, pages: isWhole(pile) ? ids(pile.pages) : [id] });
    }
    if (isWhole(pile)) { said.textContent = pile.why_whole; return undefined; }
    if (what === "left" || what === "right") {
      const turn = (page.turn + (what === "left" ? 270 : 90)) % 360;
      return move({ do: "turn", pages: [id], turn });
    }
    if (what === "split" && !isFirst) return move({ do: "split", page: id });
    if (what === "join" && above) return move({ do: "join", pile: pile.id, to: above.id });
    if (what === "earlier" && index > 0) return move({ do: "move", page: id, pile: pile.id, place: index - 1 });
    if (what === "later" && index < pile.pages.length - 1) return move({ do: "move", page: id, pile: pile.id, place: index + 1 });
    return undefined;
  }

  // What could not be taken back because others have changed it is not asked for again; what did not arrive is.
  const undoLast = () => inTurn(async () => {
    if (!undo.length) return;
    const asked = undo.at(-1);
    const answer = await post(`${home}/hoan-tac`, { move: asked });
    said.textContent = answer.status === 200 ? say("undone") : answer.body.message || say("offline");
    if (answer.status && answer.status < 500) undo = undo.filter((one) => one !== asked);
    if (answer.status === 200) drawAll(answer.body);
    else await refresh();
  });

  // hasPaper: the clerk's word on a file that is neither signed nor a scan; undefined: not asked yet.
  async function register(pile, hasPaper) {
    if (busy.has(pile.id)) return;
    busy.add(pile.id);
    said.textContent = "";
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
  const ids = (found) => found.map((page) => page.id);
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
      under.append(element("span", { className: "quiet" }, say(page.dropped)), tool("restore", say("restore"), page.id));
      if (page.dropped !== "sheet") under.append(tool("bar", say("bar_short"), page.id));
    }
    else if (isWhole(pile)) under.append(element("span", { className: "quiet" }, String(page.number)));
    else {
      under.append(tool("left", "↺", page.id), tool("right", "↻", page.id));
      if (!place(page.id).isFirst) under.append(tool("split", "✂", page.id));
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
      inTurn(() => move({ do: "move", page: from.page.id, pile: pile.id, place: index }));
    });
  }

  function card(pile, number) {
    const count = kept(pile).length;
    const name = count ? say("pile", { n: state.piles.slice(0, number + 1).filter((one) => kept(one).length).length }) : say("clerk");
    const facts = count ? `${say("pages", { n: count })} · ${title(pile)}` : title(pile);
    const head = element("header", {}, element("h3", {}, name), element("span", { className: "quiet name", title: title(pile) }, facts));
    if (pile.register) head.append(element("span", { className: "tag plain" }, say("into", { name: pile.register })));
    if (pile.tied || pile.trouble) {
      const loose = element("button", { type: "button", className: "button small" }, say("untie"));
      loose.addEventListener("click", () => inTurn(() => move({ do: "untie", pile: pile.id })));
      if (pile.tied) head.append(element("span", { className: "tag draft" }, say("tied", { name: pile.tied })));
      head.append(loose);
    }
    const button = (word, click, { label = say(word), ...more } = {}) => {
      const made = element("button", { type: "button", className: "button small", ...more }, say(word));
      made.setAttribute("aria-label", `${label}: ${count ? name : title(pile)}`);
      made.addEventListener("click", click);
      return made;
    };
    const go = element("div", { className: "go" });
    const above = state.piles[number - 1];
    if (count && above && !isWhole(pile) && !isWhole(above)) go.append(button("join", () => act("join", pile.pages[0].id)));
    go.append(button("bar", () => bar(title(pile), { pages: ids(pile.pages) })));
    const isBusy = busy.has(pile.id);
    if (count) {
      go.append(button("drop_pile", () => inTurn(() => move({ do: "drop", pages: ids(kept(pile)) }))),
        button(isBusy ? "registering" : pile.tied ? "tie" : "register", () => register(pile), {
          label: say(pile.tied ? "tie" : "register"), className: "button small primary", disabled: isBusy || Boolean(pile.trouble) }));
    } else {
      const left = pile.pages.filter((page) => page.dropped === "clerk");
      go.append(button("put_away", () => inTurn(() => move({ do: "put_away", pile: pile.id }))));
      if (left.length) go.append(button("restore", () => inTurn(() => move({ do: "restore", pages: ids(left) }))));
    }
    head.append(go);
    const made = element("li", { className: count ? "pile" : "pile left-out" }, head);
    if (pile.trouble) made.append(element("p", { className: "flash notice" }, pile.trouble));
    if (asked.has(pile.id) && count) made.append(question(pile, name));
    if (pile.suspect) made.append(element("p", { className: "flash notice" }, pile.suspect));
    if (pile.why_whole) made.append(element("p", { className: "hint" }, pile.why_whole));
    else for (const page of kept(pile).slice(1)) if (page.begins) made.append(another(page));
    made.append(element("ol", { className: "leaves" }, ...pile.pages.map((page, index) => sheet(pile, page, index))));
    return made;
  }

  // Neither signed nor a scan: is the signed and sealed paper there? If not, a leader decides (Art. 6.3.b).
  function question(pile, name) {
    const choices = [["has_paper", true], ["no_paper", false]].map(([word, hasPaper]) => {
      const made = element("button", { type: "button", className: "button small", disabled: busy.has(pile.id) }, say(word));
      made.setAttribute("aria-label", `${say(word)}: ${name}`);
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
