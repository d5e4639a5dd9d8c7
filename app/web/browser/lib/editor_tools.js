// The bar above the drawing: undo, redo, find, size, help; lit as they can be used.

export function toolsOf(drawing, { fit }) {
  const canvas = drawing.get("canvas");
  const stack = drawing.get("commandStack", false);
  const actions = drawing.get("editorActions", false);
  const tool = (name, act) => {
    const button = document.querySelector(`[data-tool=${name}]`);
    button?.addEventListener("click", act);
    return button;
  };
  const zoom = (factor) => canvas.zoom(Math.min(4, Math.max(0.2, canvas.zoom() * factor)), "auto");
  const undo = tool("undo", () => stack?.undo());
  const redo = tool("redo", () => stack?.redo());
  tool("out", () => zoom(1 / 1.25));
  tool("in", () => zoom(1.25));
  tool("fit", () => fit(false));
  tool("whole", () => fit(true));
  tool("find", () => setTimeout(() => actions?.trigger("find"))); // after this click, which would shut it again
  const help = document.getElementById("keys");
  tool("keys", () => help.showModal());
  help?.querySelector("[data-close]").addEventListener("click", () => help.close());
  const menus = [...document.querySelectorAll("details.drop-down")];
  const shut = (event) => { for (const menu of menus) if (menu.open && !menu.contains(event.target)) menu.open = false; };
  document.addEventListener("click", shut);
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && menus.find(({ open }) => open);
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  const light = () => {
    if (undo) undo.disabled = !stack?.canUndo();
    if (redo) redo.disabled = !stack?.canRedo();
  };
  drawing.on("commandStack.changed", light);
  light();
  // The keys of the drawing also work while a button of the bar has the focus.
  document.querySelector("[data-tools]")?.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || !stack) return;
    const key = event.key.toLowerCase();
    if (key === "z" && !event.shiftKey) stack.undo();
    else if (key === "y" || (key === "z" && event.shiftKey)) stack.redo();
    else if (key === "f") actions?.trigger("find");
    else return;
    event.preventDefault();
  });
}
