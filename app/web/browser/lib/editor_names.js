// What a condition at a gateway may look at: the results of the forms and tables just before it, then what is known of
// the document.
import { getBusinessObject, is } from "bpmn-js/lib/util/ModelUtil";
import { translate as say } from "./editor_words.js";

// The tasks of people, and the tables asked since, that are met when one walks back from an element.
export function tasksBefore(element) {
  const found = new Set();
  const seen = new Set([element]);
  const open = [element];
  while (open.length) {
    const at = open.pop();
    const host = is(at, "bpmn:BoundaryEvent") ? [at.host] : [];
    for (const before of [...host, ...(at.incoming || []).filter((flow) => is(flow, "bpmn:SequenceFlow")).map((flow) => flow.source)]) {
      if (!before || seen.has(before)) continue;
      seen.add(before);
      if (is(before, "bpmn:UserTask") || is(before, "bpmn:BusinessRuleTask")) found.add(before);
      if (!is(before, "bpmn:UserTask")) open.push(before);
    }
  }
  return [...found];
}

// [{group, name, label, values: [{value, label}]}]; `known`: the names that the tasks on the drawing give.
export function namesBefore(element, offered, known) {
  const found = new Map();
  for (const task of tasksBefore(element)) {
    const object = getBusinessObject(task);
    const form = offered.forms.find(({ key }) => key === object.get("camunda:formKey"));
    const table = offered.tables.find(({ key }) => key === object.get("camunda:decisionRef"));
    for (const field of form?.fields || table?.answers || []) {
      const one = found.get(field.name) || { group: say(form ? "Result of a task before" : "Answer of a table before"), name: field.name, label: field.label, values: [] };
      for (const value of field.values) if (!one.values.some((had) => had.value === value.value)) one.values.push(value);
      found.set(field.name, one);
    }
  }
  for (const one of offered.names) {
    if (!found.has(one.name) && known.has(one.name)) found.set(one.name, { group: say("Known of the document"), ...one });
  }
  return [...found.values()].filter(({ values }) => values.length);
}
