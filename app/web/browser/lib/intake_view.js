// One page, large, in a dialog: what can be done with it there by finger and keyboard.
import { element, say } from "./words.js";

export function viewer({ act, find }) {
  const dialog = document.querySelector("dialog.sheet-view");
  let shown = 0;

  // A sign and its word; the word alone where there is no sign.
  function tool(what, sign = "", isOff = false) {
    const made = element("button", { type: "button", className: "button small", disabled: isOff },
      ...(sign ? [element("span", { ariaHidden: "true" }, sign), " "] : []), say(what));
    made.setAttribute("aria-label", say(what));
    made.addEventListener("click", () => {
      if (what === "close") dialog.close();
      else if (what === "next" || what === "previous") step(what === "next" ? 1 : -1);
      else act(what, shown);
    });
    return made;
  }

  function step(by) {
    const here = find(shown);
    const other = here?.pile.pages[here.index + by];
    if (other) { shown = other.id; draw(); }
  }

  function draw() {
    if (!dialog.open) return;
    const here = find(shown);
    if (!here) { dialog.close(); return; }
    const { pile, page, index, isFirst } = here;
    const label = document.activeElement?.getAttribute?.("aria-label");
    const bar = element("p", { className: "view-tools" },
      tool("previous", "‹", index === 0), tool("next", "›", index === pile.pages.length - 1),
      element("span", { className: "quiet" }, say("page_of", { n: page.number, file: page.file })));
    if (!pile.why_whole) bar.append(tool("left", "↺"), tool("right", "↻"), tool("earlier", "⇤", index === 0), tool("later", "⇥", index === pile.pages.length - 1), tool("split", "✂", isFirst));
    bar.append(tool(page.dropped ? "restore" : "drop", page.dropped ? "↩" : "✕"), tool("close"));
    dialog.replaceChildren(bar, element("div", { className: "view-page" }, element("img", { src: page.large, alt: say("page_of", { n: page.number, file: page.file }), className: `turn-${page.turn}` })));
    [...dialog.querySelectorAll("button")].find((one) => one.getAttribute("aria-label") === label)?.focus();
  }

  dialog.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") { event.preventDefault(); step(event.key === "ArrowRight" ? 1 : -1); }
    else if (event.key.toLowerCase() === "r" && !event.ctrlKey) act(event.shiftKey ? "left" : "right", shown);
  });
  dialog.addEventListener("close", () => document.querySelector(`[data-page="${shown}"] .leaf`)?.focus());

  return {
    open(id) { shown = id; dialog.showModal(); draw(); },
    draw,
  };
}
