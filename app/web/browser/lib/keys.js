// Keys of a list: j and k move, Enter opens (a link does that by itself), / searches, n is the next page.

const typing = (element) => element.closest("input, textarea, select, [contenteditable]");

export function keysOf(root) {
  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (typing(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (event.key === "j" || event.key === "k") move(root, event.key === "j" ? 1 : -1, event);
    if (event.key === "/") focus(root.querySelector("[data-key='/']"), event);
    if (event.key === "n") root.querySelector("[rel=next]")?.click();
  });
}

function move(root, by, event) {
  const rows = [...root.querySelectorAll("[data-row]")];
  if (!rows.length) return;
  const at = rows.indexOf(document.activeElement?.closest("[data-row]"));
  const next = at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + by, 0), rows.length - 1);
  focus(rows[next], event);
}

function focus(element, event) {
  if (!element) return;
  event.preventDefault();
  element.focus();
  element.scrollIntoView({ block: "nearest" });
}
