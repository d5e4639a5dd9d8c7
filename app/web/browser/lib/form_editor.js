// form-js's editor, cut down to what the server's reader takes (engine/form_read.py): its own palette and properties
// panel are left out, ours stand in the page (form_palette, form_panel.js). Fields that an article reads stay.
import { FormEditor } from "@bpmn-io/form-js-editor";
import "@bpmn-io/form-js/dist/assets/form-js.css";
import "@bpmn-io/form-js/dist/assets/form-js-editor.css";
import { h } from "preact";
import { translate } from "./fields.js";
import { element, say } from "./words.js";

export const TYPES = [
  "textfield", "textarea", "number", "datetime", "checkbox", "radio", "select", "checklist", "taglist", "filepicker",
  "text", "group", "dynamiclist", "separator", "spacer", "image",
];
// in the palette; a spacer or an image of an imported form is kept and can be edited
export const OFFERED = TYPES.filter((type) => type !== "spacer" && type !== "image");
export const CHOICES = ["radio", "select", "checklist", "taglist"];
export const wordOf = (type) => say(`type_${type}`);

const nothing = { attachTo() {}, detach() {}, registerProvider() {} };

// A new field begins with Vietnamese words; an imported one keeps exactly what its file says.
function started(type, config) {
  return (options = {}, isNew = true) => {
    if (!isNew) return { ...options };
    const made = { ...config.create({ ...options, label: options.label }, isNew), label: options.label || wordOf(type) };
    if (CHOICES.includes(type)) made.values = [1, 2].map((n) => ({ label: say("option_n", { n }), value: `option_${n}` }));
    if (type === "datetime") Object.assign(made, { subtype: "date", dateLabel: wordOf(type), label: undefined });
    if (type === "number") made.decimalDigits = 0;
    if (type === "text") Object.assign(made, { text: say("text_new"), label: undefined });
    if (["separator", "spacer", "image"].includes(type)) made.label = undefined;
    return made;
  };
}

class OnlyOurs {
  constructor(formFields) {
    for (const [type, field] of Object.entries(formFields._formFields)) {
      if (type === "default") continue;
      if (!TYPES.includes(type)) { delete formFields._formFields[type]; continue; }
      const ours = (props) => h(field, props);
      ours.config = { ...field.config, name: wordOf(type), label: undefined, create: started(type, field.config) };
      formFields.register(type, ours);
    }
  }
}
OnlyOurs.$inject = ["formFields"];

// {schema, undo, redo, add, remove, move, edit, selected, select}
export async function formEditor(container, { text, needs, changed, selected, refused }) {
  const aside = element("div", {});
  const editor = new FormEditor({
    container,
    palette: { parent: aside }, propertiesPanel: { parent: aside },
    additionalModules: [{
      __init__: ["onlyOurs"], onlyOurs: ["type", OnlyOurs],
      propertiesPanel: ["value", nothing], propertiesProvider: ["value", {}],
    }],
  });
  const modeling = editor.get("modeling");
  const selection = editor.get("selection");
  selection.toggle = (field) => selection.set(field); // a second click does not hide the settings
  const registry = editor.get("formFieldRegistry");
  const stack = editor.get("commandStack");
  const root = () => editor._getState().schema;

  const needed = (field) => (needs[field.key]?.kept ? [field.key] : []).concat(...(field.components || []).map(needed));
  const taken = modeling.removeFormField.bind(modeling);
  modeling.removeFormField = (field, parent, index) => {
    const kept = needed(field);
    if (kept.length) return refused(kept);
    return taken(field, parent, index);
  };
  editor.get("formFieldContextActions").registerProvider(100, {
    getContextPadEntries: (field) => (entries) => {
      if (entries.delete) entries.delete.title = say("field_remove");
      if (needed(field).length) delete entries.delete;
      return entries;
    },
  });

  await editor.importSchema(JSON.parse(text));
  editor.on("commandStack.changed", () => changed());
  editor.on("selection.changed", ({ selection: field }) => selected(field && field.type !== "default" ? field : null));
  words(container);
  translate(container);

  const place = (field) => {
    const parent = registry.get(field._parent);
    return { parent, index: parent.components.indexOf(field) };
  };

  return {
    // the schema without what form-js keeps for itself
    schema: () => {
      const { schemaVersion, ...schema } = editor.saveSchema();
      return { ...schema, schemaVersion: root().schemaVersion || schemaVersion };
    },
    root,
    field: (id) => registry.get(id),
    fields: () => registry.getAll(),
    selected: () => selection.get(),
    select: (field) => selection.set(field),
    undo: () => stack.canUndo() && stack.undo(),
    redo: () => stack.canRedo() && stack.redo(),
    canUndo: () => stack.canUndo(),
    canRedo: () => stack.canRedo(),
    edit: (field, properties) => modeling.editFormField(field, properties),
    isNeeded: (field) => needed(field).length > 0,
    add(type) {
      const at = selection.get();
      const into = at && ["group", "dynamiclist"].includes(at.type) ? at : at && at.type !== "default" ? place(at).parent : root();
      const index = at && into !== at && at.type !== "default" ? place(at).index + 1 : (into.components || []).length;
      return modeling.addFormField({ type, _parent: into.id, layout: { row: editor.get("formLayouter").nextRowId(), columns: null } }, into, index);
    },
    remove(field) {
      const { parent, index } = place(field);
      modeling.removeFormField(field, parent, index);
    },
    move(field, by) {
      const { parent, index } = place(field);
      const to = index + by;
      if (to < 0 || to >= parent.components.length) return;
      modeling.moveFormField(field, parent, parent, index, by > 0 ? to + 1 : to, undefined, undefined);
      selection.set(field);
    },
    load: (again) => editor.importSchema(JSON.parse(again)),
  };
}

// The few sentences that form-js draws on the canvas.
function words(container) {
  const known = {
    "Build your form": say("empty_title"), "Drag and drop components here to start designing.": say("empty_help"),
    "Use the preview window to test your form.": "", "Drag and drop components here.": say("empty_group"),
    "Text view is empty": say("empty_text"), "Repeatable": say("repeats"), "Add new": say("add_row"),
    "Browse": say("choose_file"), "No files selected": say("no_file"),
  };
  const fix = () => {
    const walker = document.createTreeWalker(container, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const word = known[node.data.trim()];
      if (word !== undefined) node.data = word;
    }
  };
  new MutationObserver(fix).observe(container, { childList: true, subtree: true });
  fix();
}
