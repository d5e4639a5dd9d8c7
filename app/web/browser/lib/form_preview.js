// A form as the person of a task will see it, on a sample document; what is typed here goes nowhere.
import { FilePicker, Form, Label } from "@bpmn-io/form-js-viewer";
import { h } from "preact";
import { names, ourFields, translate } from "./fields.js";
import { say } from "./words.js";

const SAMPLE_FILE = "a".repeat(64);
names.set(SAMPLE_FILE, "");

// Files are not uploaded in a trial: a button puts a sample in their place.
function SampleFile({ field, domId, value, errors = [], disabled, readonly, onChange }) {
  const held = Array.isArray(value) ? value.length > 0 : Boolean(value);
  const put = () => onChange({ value: held ? (field.multiple ? [] : null) : field.multiple ? [SAMPLE_FILE] : SAMPLE_FILE });
  return h("div", { class: `fjs-form-field fjs-form-field-filepicker ${errors.length ? "fjs-has-errors" : ""}` },
    h(Label, { htmlFor: domId, label: field.label, required: field.validate?.required }),
    h("div", { class: "pick" },
      h("button", { type: "button", id: domId, class: "button small", disabled: disabled || readonly, onClick: put }, held ? say("remove") : say("sample_file")),
      h("span", { class: `state ${held ? "good" : ""}` }, held ? say("sample_name") : say("no_file"))),
    ...errors.map((words) => h("p", { class: "field-error" }, words)));
}
SampleFile.config = FilePicker.config;

class Samples {
  constructor(formFields) { formFields.register("filepicker", SampleFile); }
}
Samples.$inject = ["formFields"];

// {show(schema), values(), mark(errors) -> what belongs to no field}
export function formPreview(container, sample) {
  const form = new Form({
    container, debounce: false,
    additionalModules: [ourFields("", () => {}), { __init__: ["samples"], samples: ["type", Samples] }],
  });
  translate(container);
  let isFirst = true;
  return {
    async show(schema) {
      const keys = new Set(keysOf(schema.components || []));
      const known = isFirst ? Object.fromEntries(Object.entries(sample).filter(([key]) => keys.has(key))) : { ...sample, ...form._getSubmitData() };
      isFirst = false;
      await form.importSchema(schema, known);
    },
    values: () => form.submit().data,
    mark(errors) {
      const fields = form.get("formFieldRegistry").getAll();
      const byId = {};
      const others = [];
      for (const [key, found] of Object.entries(errors)) {
        const field = fields.find((one) => one.key === key);
        if (field) byId[field.id] = [].concat(found);
        else others.push(...[].concat(found));
      }
      form._setState({ errors: byId });
      return others;
    },
  };
}

function* keysOf(components) {
  for (const one of components) {
    if (one.key) yield one.key;
    yield* keysOf(one.components || []);
  }
}
