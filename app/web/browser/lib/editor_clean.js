// A drawing of another tool carries settings of that tool, which do nothing here and which nobody could take away in our
// panel. They are taken out when the file is taken in, and named. Elements stay as they are: the check names those.

const OURS = new Set(["formKey", "assignee", "dueDate", "modelerTemplate", "modelerTemplateVersion", "decisionRef", "collection", "elementVariable"]);
const KEPT = new Set(["camunda:Properties", "camunda:InputOutput"]);
// What some tools write though it is what BPMN means without it.
const USUAL = { implementation: "##WebService", startQuantity: 1, completionQuantity: 1, isForCompensation: false, parallelMultiple: false, triggeredByEvent: false };

// The names of what was taken out, each once.
export function clean(definitions) {
  const left = new Set();
  const seen = new Set();
  const open = [definitions];
  while (open.length) {
    const object = open.pop();
    if (!object?.$descriptor || seen.has(object) || object.$type.startsWith("bpmndi:")) continue;
    seen.add(object);
    attributes(object, left);
    extensions(object, left);
    for (const { name, isAttr, isReference } of object.$descriptor.properties) {
      if (isAttr || isReference) continue;
      const inside = object.get(name);
      open.push(...(Array.isArray(inside) ? inside : [inside]));
    }
  }
  return [...left];
}

function attributes(object, left) {
  for (const key of Object.keys(object.$attrs || {})) {
    if (key.startsWith("xmlns") || key === "xsi:schemaLocation") continue;
    delete object.$attrs[key];
    left.add(key);
  }
  for (const { name, isAttr, ns } of object.$descriptor.properties) {
    const key = ns.localName;
    if (!isAttr || !Object.hasOwn(object, key) && !Object.hasOwn(object, name)) continue;
    const isForeign = ns.prefix === "camunda" && !OURS.has(key) && !object.$type.startsWith("camunda:");
    if (!isForeign && !(key in USUAL && object.get(name) === USUAL[key])) continue;
    object.set(name, undefined);
    if (isForeign) left.add(`${ns.prefix}:${key}`);
  }
}

function extensions(object, left) {
  const holder = object.extensionElements;
  if (!holder) return;
  for (const one of holder.values || []) if (!KEPT.has(one.$type)) left.add(one.$type);
  const values = (holder.values || []).filter((one) => KEPT.has(one.$type));
  if (values.length) holder.values = values;
  else object.extensionElements = undefined;
}
