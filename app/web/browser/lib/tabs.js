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
