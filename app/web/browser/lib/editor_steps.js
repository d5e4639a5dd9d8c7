// The catalogue of templates on the drawing: which one a task has, a new task of one, a task changed to another, the
// settings of a step. The script text of a step is written here, from the template; nobody types it.
import { getBusinessObject, is } from "bpmn-js/lib/util/ModelUtil";
import { plainly } from "./editor_words.js";

const TYPES = { user: "bpmn:UserTask", script: "bpmn:ScriptTask", rule: "bpmn:BusinessRuleTask" };
const ICONS = { user: "bpmn-icon-user-task", script: "bpmn-icon-script-task", rule: "bpmn-icon-business-rule" };
const ANY_FORM = "qlvb.task";
const DATA_NAME = /^[a-z][a-z0-9_]{0,63}$/;

// `report_status(code="03", unit=unit_id)` -> {name, values}; a bare name is {name: ...}. null: it is no such call.
export function readCall(text) {
  const call = /^\s*([A-Za-z_]\w*)\s*\((.*)\)\s*$/s.exec(text || "");
  if (!call) return null;
  const values = {};
  const rest = call[2].replace(/\s*([a-z]\w*)\s*=\s*("(?:[^"\\]|\\.)*"|'[^'\\]*'|-?\d+|True|False|None|[a-z]\w*)\s*(,|$)/gy, (_, key, value) => {
    values[key] = constant(value);
    return "";
  });
  return rest.trim() ? null : { name: call[1], values };
}

function constant(text) {
  if (text === "True" || text === "False") return text === "True";
  if (text === "None") return null;
  if (/^-?\d+$/.test(text)) return Number(text);
  if (text.startsWith("'")) return text.slice(1, -1);
  return text.startsWith('"') ? JSON.parse(text) : { name: text };
}

export function writeCall(name, values) {
  const written = (value) => {
    if (value === null) return "None";
    if (typeof value === "boolean") return value ? "True" : "False";
    return typeof value === "object" ? value.name : JSON.stringify(value);
  };
  return `${name}(${Object.entries(values).map(([key, value]) => `${key}=${written(value)}`).join(", ")})`;
}

export const isDataName = (text) => DATA_NAME.test(text);

export const definitionsOf = (element) => {
  let found = getBusinessObject(element);
  while (found && found.$type !== "bpmn:Definitions") found = found.$parent;
  return found;
};

class Steps {
  constructor(offered, elementFactory, bpmnFactory, modeling, bpmnReplace, translate) {
    Object.assign(this, { elementFactory, bpmnFactory, modeling, bpmnReplace, translate, forms: offered.forms, tables: offered.tables });
    this.all = new Map(offered.templates.map((template) => [template.id, template]));
  }

  // As menus show them: one entry per template.
  menu() {
    const groups = {
      user: { id: "people", name: this.translate("Tasks for people") },
      script: { id: "steps", name: this.translate("Steps of the system") },
      outside: { id: "outside", name: this.translate("Steps that reach outside") },
      rule: { id: "tables", name: this.translate("Decision tables") },
    };
    const order = ["user", "script", "outside", "rule"];
    const shelf = ({ kind, outside }) => (kind === "script" && outside ? "outside" : kind);
    const rank = (template) => order.indexOf(shelf(template)) + (template.id === ANY_FORM ? -0.5 : 0);
    return [...this.all.values()].sort((a, b) => rank(a) - rank(b))
      .map((template) => ({ id: template.id, name: template.label, icon: ICONS[template.kind], group: groups[shelf(template)], search: `${plainly(template.label)} ${template.name} ${template.search}` }));
  }

  // The template that a task follows, by what it calls or shows.
  of(element) {
    const task = getBusinessObject(element);
    if (is(task, "bpmn:UserTask")) return this.all.get(`qlvb.task.${task.get("camunda:formKey")}`) || this.all.get(ANY_FORM);
    if (is(task, "bpmn:ScriptTask")) return this.all.get(`qlvb.${readCall(task.script)?.name}`) || null;
    return is(task, "bpmn:BusinessRuleTask") ? this.all.get("qlvb.table") : null;
  }

  attributes(template) {
    const name = template.id === ANY_FORM || template.kind === "rule" ? "" : template.label;
    const common = { name, "camunda:modelerTemplate": template.id };
    if (template.kind === "user") return { ...common, "camunda:formKey": template.name || undefined };
    if (template.kind === "script") return { ...common, scriptFormat: "qlvb", script: writeCall(template.name, usual(template)) };
    return { ...common, "camunda:decisionRef": this.tables.length === 1 ? this.tables[0].key : undefined };
  }

  // A new shape of a template, not yet on the drawing.
  shape(id) {
    const template = this.all.get(id);
    const businessObject = this.bpmnFactory.create(TYPES[template.kind]);
    for (const [name, value] of Object.entries(this.attributes(template))) if (value !== undefined) businessObject.set(name, value);
    return this.elementFactory.createShape({ type: TYPES[template.kind], businessObject });
  }

  // A new shape that is no task; a timer begins with one day.
  plain(target) {
    if (target.type === "bpmn:Participant") return this.elementFactory.createParticipantShape();
    const shape = this.elementFactory.createShape({ ...target });
    const [definition] = getBusinessObject(shape).eventDefinitions || [];
    if (is(definition, "bpmn:TimerEventDefinition")) {
      definition.timeDuration = this.bpmnFactory.create("bpmn:FormalExpression", { body: "P1D" });
      definition.timeDuration.$parent = definition;
    }
    return shape;
  }

  // Make a task on the drawing follow another template; its name changes unless somebody wrote one.
  change(element, id) {
    const template = this.all.get(id);
    const before = this.of(element);
    const kept = getBusinessObject(element).name;
    const type = TYPES[template.kind];
    const found = is(element, type) ? element : this.bpmnReplace.replaceElement(element, { type });
    const wanted = this.attributes(template);
    if (kept && kept !== before?.label) wanted.name = kept;
    this.modeling.updateProperties(found, wanted);
    return found;
  }

  // {name: value} of a step as drawn: from its call and from the older way, its input parameters.
  values(element) {
    const task = getBusinessObject(element);
    const found = { ...(readCall(task.script)?.values || {}) };
    for (const given of this.parameters(task)) {
      const text = (given.value || "").trim();
      found[given.name] = text.startsWith("=") ? { name: text.slice(1).trim() } : text;
    }
    return found;
  }

  parameters(task) {
    const both = (task.extensionElements?.values || []).find((one) => is(one, "camunda:InputOutput"));
    return both?.inputParameters || [];
  }

  // undefined takes the setting away.
  setValue(element, name, value) {
    const task = getBusinessObject(element);
    const values = { ...this.values(element), [name]: value };
    if (value === undefined) delete values[name];
    const wanted = { script: writeCall(readCall(task.script)?.name || "", values) };
    if (this.parameters(task).length) {
      const rest = task.extensionElements.values.filter((one) => !is(one, "camunda:InputOutput"));
      const kept = rest.length ? this.bpmnFactory.create("bpmn:ExtensionElements", { values: rest }) : undefined;
      if (kept) { kept.$parent = task; for (const one of rest) one.$parent = kept; }
      wanted.extensionElements = kept;
    }
    this.modeling.updateProperties(element, wanted);
  }
}
Steps.$inject = ["config.offered", "elementFactory", "bpmnFactory", "modeling", "bpmnReplace", "translate"];

// What a step cannot do without, with its first choice.
function usual(template) {
  const values = {};
  for (const setting of template.settings) {
    if (setting.required && setting.choices.length) values[setting.name] = setting.choices[0].value;
  }
  return values;
}

export const StepsModule = { steps: ["type", Steps] };
