// Tabs with arrow keys, and the switch between the two sides on a phone. A pane says "shown" when it opens.

export function tabsOf(root) {
  for (const list of root.querySelectorAll("[data-tabs]")) wire([...list.querySelectorAll("[role=tab]")], open);
  const strip = root.querySelector("[data-switch]");
  const sides = root.querySelector("[data-sides]");
  if (strip && sides) {
    wire([...strip.querySelectorAll("[role=tab]")], (tab) => {
      sides.dataset.sides = tab.dataset.side;
      window.dispatchEvent(new Event("resize"));
    });
  }
  const point = () => reveal(location.hash.length > 1 && document.getElementById(location.hash.slice(1)));
  point();
  window.addEventListener("hashchange", point);
}

// Where the address points, though its pane or, on a phone, its side is not the first one.
function reveal(pointed) {
  if (!pointed) return;
  const pane = pointed.closest("[role=tabpanel]");
  const side = pointed.closest(".side-left, .side-right");
  if (pane) document.querySelector(`[aria-controls="${pane.id}"]`)?.click();
  if (side) document.querySelector(`[data-side=${side.classList.contains("side-left") ? "left" : "right"}]`)?.click();
  pointed.scrollIntoView();
}

function open(tab, tabs) {
  for (const other of tabs) document.getElementById(other.getAttribute("aria-controls")).hidden = other !== tab;
  document.getElementById(tab.getAttribute("aria-controls")).dispatchEvent(new CustomEvent("shown", { bubbles: true }));
}

function wire(tabs, show) {
  const choose = (tab) => {
    for (const other of tabs) {
      other.setAttribute("aria-selected", other === tab);
      other.tabIndex = other === tab ? 0 : -1;
    }
    show(tab, tabs);
  };
  for (const [index, tab] of tabs.entries()) {
    tab.addEventListener("click", () => choose(tab));
    tab.addEventListener("keydown", (event) => {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!by) return;
      const next = tabs[(index + by + tabs.length) % tabs.length];
      next.focus();
      choose(next);
    });
  }
}
