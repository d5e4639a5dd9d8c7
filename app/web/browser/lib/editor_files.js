// A drawing out and in: as a file of BPMN, as a picture; a file drawn elsewhere takes the place of this drawing.
import { is } from "bpmn-js/lib/util/ModelUtil";
import { clean } from "./editor_clean.js";
import { button, download, notice, quiet } from "./proposal.js";
import { say } from "./words.js";

const MOST_BYTES = 2 * 1024 * 1024;

export function filesOf(drawing, { key, open, read, changed, message, taken, before }) {
  const by = (id) => document.getElementById(id);
  const shut = () => by("files").removeAttribute("open");
  by("export-bpmn").addEventListener("click", async () => { shut(); download(`${key}.bpmn`, await read()); });
  by("export-svg").addEventListener("click", async () => { shut(); download(`${key}.svg`, (await drawing.saveSVG()).svg); });

  const dialog = by("import-dialog");
  const file = by("import-file");
  by("import-bpmn").addEventListener("click", () => { shut(); file.click(); });
  file.addEventListener("change", async () => {
    const [chosen] = file.files;
    file.value = "";
    if (!chosen) return;
    if (chosen.size > MOST_BYTES) return notice(message, "error", say("file_too_large"));
    const text = await chosen.text();
    dialog.querySelector("[data-name]").textContent = chosen.name;
    dialog.returnValue = "";
    dialog.onclose = () => { if (dialog.returnValue === "yes") take(text); };
    return dialog.showModal();
  });

  async function take(text) {
    const mine = await read().catch(() => before());
    if (!(await open(text))) {
      const words = message.textContent;
      await open(mine);
      return notice(message, "error", words, " ", say("kept_mine"));
    }
    const left = clean(drawing.getDefinitions());
    adopt();
    changed();
    const words = left.length ? [" ", say("left_out", { names: left.join(", ") })] : [];
    return notice(taken, "notice", say("imported"), ...words, " ",
      button(say("back_to_mine"), async () => { if (await open(mine)) { quiet(taken); changed(); } }), " ", button(say("keep_this"), () => quiet(taken)));
  }

  // The process of the file becomes this procedure: its id, that it runs; tasks of known steps and forms follow their templates.
  function adopt() {
    const modeling = drawing.get("modeling");
    const registry = drawing.get("elementRegistry");
    const steps = drawing.get("steps");
    for (const task of registry.filter((one) => is(one, "bpmn:Task") && steps.of(one))) task.businessObject.set("camunda:modelerTemplate", steps.of(task).id);
    const root = drawing.get("canvas").getRootElement();
    const pools = registry.filter((one) => is(one, "bpmn:Participant") && one.businessObject.processRef);
    if (pools.length > 1) return;
    const process = pools.length ? pools[0].businessObject.processRef : root.businessObject;
    if (!is(process, "bpmn:Process") || (process.id === key && process.isExecutable)) return;
    if (!pools.length) modeling.updateProperties(root, { id: key, isExecutable: true });
    else modeling.updateModdleProperties(pools[0], process, { id: key, isExecutable: true });
  }
}
