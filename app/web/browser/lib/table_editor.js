// dmn-js for one decision table: no drawing of requirements, no literal expressions, only what the reader of the
// server takes (engine/decision_read.py). {read, show, undo, redo, mark, rows}
import EditingManager from "dmn-js-shared/lib/base/EditingManager";
import { is } from "dmn-js-shared/lib/util/ModelUtil";
import Editor from "dmn-js-decision-table/lib/Editor";
import Viewer from "dmn-js-decision-table/lib/Viewer";
import { HIT_POLICIES } from "dmn-js-decision-table/lib/features/hit-policy/HitPolicies";
import "dmn-js/dist/assets/dmn-js-shared.css";
import "dmn-js/dist/assets/dmn-js-decision-table.css";
import "dmn-js/dist/assets/dmn-js-decision-table-controls.css";
import "dmn-js/dist/assets/dmn-font/css/dmn.css";
import { translate, translateFixed } from "./table_words.js";

const TYPES = ["string", "boolean", "number", "integer", "date", "dateTime"];
const UNKNOWN_POLICIES = ["PRIORITY", "OUTPUT ORDER"];
const known = HIT_POLICIES.filter((one) => !UNKNOWN_POLICIES.includes(one.value.hitPolicy));
HIT_POLICIES.splice(0, HIT_POLICIES.length, ...known);

class Table extends EditingManager {
  _getViewProviders() {
    return [{
      id: "decisionTable",
      constructor: this._options.isOpen ? Editor : Viewer,
      opens: (element) => is(element, "dmn:Decision") && is(element.decisionLogic, "dmn:DecisionTable"),
    }];
  }
}

export async function tableEditor(container, { isOpen, changed }) {
  const table = new Table({
    container, isOpen,
    common: { dataTypes: TYPES },
    decisionTable: { additionalModules: [{ translate: ["value", translate] }] },
  });
  translateFixed(document.body);
  let isShowing = false;
  table.on("viewer.created", ({ viewer }) => viewer.on("commandStack.changed", () => { if (!isShowing) changed(); }));
  const stack = () => table.getActiveViewer()?.get("commandStack", false);

  return {
    async show(xml) {
      isShowing = true;
      try { await table.importXML(xml); } finally { isShowing = false; }
    },
    async read() { return (await table.saveXML({ format: true })).xml; },
    undo: () => stack()?.canUndo() && stack().undo(),
    redo: () => stack()?.canRedo() && stack().redo(),
    canUndo: () => Boolean(stack()?.canUndo()),
    canRedo: () => Boolean(stack()?.canRedo()),
    // marks: [{element, kind "error"|"warning"|"hit", words}]
    mark(marks) {
      for (const old of container.querySelectorAll("[data-mark]")) {
        old.removeAttribute("data-mark");
        old.removeAttribute("title");
      }
      for (const { element, kind, words } of marks) {
        for (const cell of cells(container, element)) {
          cell.dataset.mark = kind;
          if (words) cell.title = words;
        }
      }
    },
    go(element) {
      const [cell] = cells(container, element);
      cell?.scrollIntoView({ block: "center", inline: "nearest" });
      (cell?.querySelector("[contenteditable]") || cell)?.focus?.();
      return Boolean(cell);
    },
  };
}

// The cells of a row, or the one cell of an element; columns by their heads.
function cells(container, id) {
  const name = CSS.escape(id);
  const row = [...container.querySelectorAll(`td[data-row-id="${name}"]`)];
  if (row.length) return row;
  return [...container.querySelectorAll(`[data-element-id="${name}"], th[data-col-id="${name}"]`)];
}
