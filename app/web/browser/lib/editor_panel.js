// The properties panel: only what the dialect reads (app/engine/dialect.py), in plain words. No field for a script.
import { Group } from "@bpmn-io/properties-panel";
import { h } from "@bpmn-io/properties-panel/preact";
import { isLabelExternal } from "bpmn-js/lib/util/LabelUtil";
import { getBusinessObject, is, isAny } from "bpmn-js/lib/util/ModelUtil";
import { area, check, condition, duration, expression, select, text } from "./editor_entries.js";
import { namesBefore } from "./editor_names.js";
import { definitionsOf, isDataName } from "./editor_steps.js";
import { translate as say } from "./editor_words.js";

const KNOWN = [
  "bpmn:Process", "bpmn:Collaboration", "bpmn:Participant", "bpmn:Lane", "bpmn:UserTask", "bpmn:ScriptTask", "bpmn:BusinessRuleTask", "bpmn:SubProcess",
  "bpmn:ExclusiveGateway", "bpmn:ParallelGateway", "bpmn:InclusiveGateway", "bpmn:EventBasedGateway", "bpmn:StartEvent", "bpmn:EndEvent",
  "bpmn:IntermediateCatchEvent", "bpmn:IntermediateThrowEvent", "bpmn:BoundaryEvent", "bpmn:SequenceFlow", "bpmn:TextAnnotation", "bpmn:Association",
];
const CHOOSING = ["bpmn:ExclusiveGateway", "bpmn:InclusiveGateway"];
const group = (id, label, entries) => ({ id, label: say(label), entries: entries.filter(Boolean), component: Group, shouldOpen: true });

class Panel {
  constructor(propertiesPanel, offered, steps, modeling, bpmnFactory, elementRegistry, eventBus) {
    Object.assign(this, { offered, steps, modeling, bpmnFactory, elementRegistry, eventBus });
    this.redraw = () => eventBus.fire("propertiesPanel.providersChanged");
    propertiesPanel.registerProvider(this);
  }

  getGroups(element) {
    return () => {
      if (is(element, "bpmn:Collaboration")) return this.pools(element);
      const object = getBusinessObject(element);
      const found = [];
      if (!isAny(object, KNOWN)) found.push(group("unsupported", "Not supported here", [area("unsupported", say("Not supported here"), () => say("This kind of element cannot run here. Change or delete it."), () => {}, { disabled: true })]));
      found.push(group("general", "General", this.general(element, object)));
      if (is(object, "bpmn:Lane")) found.push(group("lane", "Who works here", this.lane(element)));
      if (is(object, "bpmn:UserTask")) found.push(group("task", "What is done", this.form(element, object)), group("person", "Who works here", this.person(element, object)));
      if (is(object, "bpmn:ScriptTask")) found.push(...this.step(element));
      if (is(object, "bpmn:BusinessRuleTask")) found.push(group("task", "What is done", [this.table(element, object)]));
      if (is(object, "bpmn:SequenceFlow") && isAny(object.sourceRef, CHOOSING)) found.push(group("way", "Condition", this.way(element, object)));
      if (isAny(object, CHOOSING)) found.push(group("default", "Way on", [this.otherwise(element, object)]));
      found.push(...this.event(element, object));
      if (object.loopCharacteristics) found.push(group("loop", "Repeat for each of a list", this.loop(element, object.loopCharacteristics)));
      return found.filter(({ entries }) => entries.length);
    };
  }

  // Nothing chosen: the procedure itself.
  pools(element) {
    const pools = element.children.filter((one) => is(one, "bpmn:Participant"));
    return pools.length === 1 ? [group("general", "Process", this.general(pools[0], getBusinessObject(pools[0])))] : [];
  }

  set(element, properties) { this.modeling.updateProperties(element, properties); }

  within(element, object, properties) { this.modeling.updateModdleProperties(element, object, properties); }

  general(element, object) {
    if (is(object, "bpmn:Association")) return [];
    if (is(object, "bpmn:TextAnnotation")) return [area("text", say("Text"), () => object.text, (value) => this.set(element, { text: value }))];
    const process = is(object, "bpmn:Participant") ? object.processRef : object;
    const named = is(object, "bpmn:Collaboration") ? null : area("name", say("Name"), () => object.name, (value) => this.rename(element, object, value), { rows: 1 });
    const noted = !process || isAny(process, ["bpmn:Collaboration", "bpmn:SequenceFlow", "bpmn:Lane"]) ? null : area("note", say("Basis and note"), () => process.documentation?.[0]?.text, (value) => this.note(element, process, value), {
      rows: 3, description: is(object, "bpmn:UserTask") ? say("Shown to who does the task, for example: Art. 8.2. …") : undefined });
    return [named, noted];
  }

  rename(element, object, name) {
    if (isLabelExternal(element) || isAny(object, ["bpmn:Activity", "bpmn:Lane"])) this.modeling.updateLabel(element, name || "");
    else this.set(element, { name });
    if (is(object, "bpmn:Participant") && object.processRef) this.within(element, object.processRef, { name });
  }

  note(element, object, value) {
    const made = value ? this.bpmnFactory.create("bpmn:Documentation", { text: value }) : null;
    if (made) made.$parent = object;
    this.within(element, object, { documentation: made ? [made] : [] });
  }

  // The id of a lane is the role; its name follows unless somebody gave it another.
  lane(element) {
    const role = element.id.replace(/_lane$/, "");
    const isRole = this.offered.roles.some(({ value }) => value === role);
    const taken = (value) => value !== role && Boolean(this.elementRegistry.get(`${value}_lane`));
    const options = [...(isRole ? [] : [{ value: "", label: say("Choose a role") }]), ...this.offered.roles.map(({ value, label }) => ({ value, label, disabled: taken(value) }))];
    return [select("role", say("Role of the lane"), options, () => (isRole ? role : ""), (value) => {
      const label = this.offered.roles.find((one) => one.value === value).label;
      const name = getBusinessObject(element).name;
      const isOwn = name && !this.offered.roles.some((one) => one.label === name);
      this.set(element, { id: `${value}_lane`, ...(isOwn ? {} : { name: label }) });
    }, { description: say("Tasks in this lane go to the inbox of this role.") }),
    { id: "beside", component: () => h("div", { class: "bio-properties-panel-entry panel-actions" },
      ...[["top", "Add lane above"], ["bottom", "Add lane below"]].map(([where, words]) => h("button", { type: "button", class: "button small", onClick: () => this.modeling.addLane(element, where) }, say(words)))) }];
  }

  form(element, task) {
    const key = task.get("camunda:formKey") || "";
    const label = ({ key: value, label: words }) => ({ value, label: words });
    const [ours, own] = [true, false].map((is_) => this.offered.forms.filter(({ taken }) => taken === is_).map(label));
    const options = [
      ...(key && this.offered.forms.some((form) => form.key === key) ? [] : [{ value: key, label: key || say("Choose a form") }]),
      ...(own.length ? [{ label: say("Forms of the agency"), children: own }] : []), { label: say("Forms of the regulation"), children: ours },
    ];
    return [select("form", say("Form"), options, () => key, (value) => {
      const id = this.steps.all.has(`qlvb.task.${value}`) ? `qlvb.task.${value}` : "qlvb.task";
      const words = this.offered.forms.find((form) => form.key === value)?.label;
      this.set(element, { "camunda:formKey": value, "camunda:modelerTemplate": id, ...(task.name ? {} : { name: words }) });
    }, { description: say("A form of the agency's own is made under Forms.") })];
  }

  person(element, task) {
    const known = this.known();
    const [people, units, dates] = ["people", "units", "dates"].map((kind) => this.offered[kind].filter(({ name, value }) => known.has(name) || this.has(task, value)));
    const one = task.loopCharacteristics?.get("camunda:elementVariable");
    if (one) people.unshift({ name: one, value: `=${one}`, label: say("The person from the list") });
    const more = { redraw: this.redraw };
    const plain = (name) => [() => task.get(name), (value) => this.set(element, { [name]: value })];
    return [
      ...expression(element, "assignee", say("Person"), people, ...plain("camunda:assignee"), { none: say("Anybody of the role"), ...more }),
      ...expression(element, "unit", say("Unit"), units, () => this.property(task, "unit"), (value) => this.setProperty(element, task, "unit", value), { none: say("Any unit"), ...more }),
      ...expression(element, "due", say("Due"), dates, ...plain("camunda:dueDate"), { none: say("No date"), lengths: true, ...more }),
    ];
  }

  // The names that the start and the tasks on the drawing put into an instance.
  known() {
    const tasks = this.elementRegistry.filter((one) => isAny(one, ["bpmn:UserTask", "bpmn:ScriptTask"]));
    return new Set([...this.offered.start, ...tasks.flatMap((one) => this.steps.of(one)?.gives || [])]);
  }

  has(task, value) {
    return [task.get("camunda:assignee"), task.get("camunda:dueDate"), this.property(task, "unit")].includes(value);
  }

  property(task, name) {
    const all = (task.extensionElements?.values || []).find((one) => is(one, "camunda:Properties"));
    return all?.values?.find((one) => one.name === name)?.value;
  }

  setProperty(element, task, name, value) {
    const others = (task.extensionElements?.values || []).filter((one) => !is(one, "camunda:Properties"));
    const old = (task.extensionElements?.values || []).find((one) => is(one, "camunda:Properties"));
    const kept = (old?.values || []).filter((one) => one.name !== name).map(({ name: key, value: had }) => this.bpmnFactory.create("camunda:Property", { name: key, value: had }));
    if (value) kept.push(this.bpmnFactory.create("camunda:Property", { name, value }));
    const values = [...others, ...(kept.length ? [this.made("camunda:Properties", { values: kept })] : [])];
    const extensionElements = values.length ? this.made("bpmn:ExtensionElements", { values }) : undefined;
    if (extensionElements) extensionElements.$parent = task;
    this.set(element, { extensionElements });
  }

  made(type, properties) {
    const object = this.bpmnFactory.create(type, properties);
    for (const one of properties.values) one.$parent = object;
    return object;
  }

  step(element) {
    const template = this.steps.of(element);
    const all = [...this.steps.all.values()].filter(({ kind }) => kind === "script");
    const options = (found) => found.map(({ id, label }) => ({ value: id, label }));
    const choice = select("step", say("Step"), [
      ...(template ? [] : [{ value: "", label: say("Choose a step") }]),
      { label: say("Steps of the system"), children: options(all.filter(({ outside }) => !outside)) },
      { label: say("Steps that reach outside"), children: options(all.filter(({ outside }) => outside)) },
    ], () => template?.id || "", (id) => this.steps.change(element, id));
    const settings = (template?.settings || []).map((setting) => this.setting(element, setting));
    return [group("task", "What is done", [choice]), group("settings", "Settings of the step", settings)];
  }

  setting(element, setting) {
    const value = this.steps.values(element)[setting.name];
    const id = `setting-${setting.name}`;
    const label = setting.required ? `${setting.label} (${say("needed")})` : setting.label;
    const put = (given) => this.steps.setValue(element, setting.name, given);
    if (setting.choices.length) {
      const at = setting.choices.findIndex((choice) => choice.value === value);
      const options = [...(at < 0 || !setting.required ? [{ value: "", label: say("<none>") }] : []), ...setting.choices.map((choice, index) => ({ value: String(index), label: choice.label }))];
      return select(id, label, options, () => (at < 0 ? "" : String(at)), (index) => put(index === "" ? undefined : setting.choices[Number(index)].value));
    }
    if (setting.type === "bool") return check(id, label, () => value === true, (is_) => put(is_));
    const shown = value === undefined || value === null ? "" : typeof value === "object" ? `=${value.name}` : String(value);
    const read = (written) => {
      const words = (written || "").trim();
      if (words.startsWith("=")) return { name: words.slice(1).trim() };
      return words === "" ? undefined : setting.type === "int" ? Number(words) : words;
    };
    const validate = (written) => {
      const words = (written || "").trim();
      if (words.startsWith("=")) return isDataName(words.slice(1).trim()) ? null : say("A name is small letters, digits and _");
      return setting.type !== "int" || /^\d{0,15}$/.test(words) ? null : say("A whole number is needed");
    };
    return text(id, label, () => shown, (written) => put(read(written)), { validate });
  }

  table(element, task) {
    const key = task.get("camunda:decisionRef") || "";
    const options = [...(this.offered.tables.some((one) => one.key === key) ? [] : [{ value: key, label: key || say("Choose a table") }]), ...this.offered.tables.map(({ key: value, label }) => ({ value, label }))];
    return select("table", say("Table"), options, () => key, (value) => this.set(element, { "camunda:decisionRef": value, "camunda:modelerTemplate": "qlvb.table" }));
  }

  way(element, flow) {
    const source = element.source;
    return condition(element, namesBefore(source, this.offered, this.known()), {
      redraw: this.redraw,
      isDefault: flow.sourceRef.default === flow,
      get: () => flow.conditionExpression?.body,
      set: (body) => {
        const conditionExpression = body ? this.bpmnFactory.create("bpmn:FormalExpression", { body }) : undefined;
        if (conditionExpression) conditionExpression.$parent = flow;
        if (flow.sourceRef.default === flow) this.set(source, { default: undefined });
        this.set(element, { conditionExpression });
      },
      makeDefault: (is_) => {
        if (is_ && flow.conditionExpression) this.set(element, { conditionExpression: undefined });
        this.set(source, { default: is_ ? flow : undefined });
      },
    });
  }

  otherwise(element, gateway) {
    const ways = element.outgoing.filter((one) => is(one, "bpmn:SequenceFlow"));
    const words = (flow) => getBusinessObject(flow).name || `→ ${getBusinessObject(flow.target).name || say("End event")}`;
    if (ways.length < 2) return null;
    return select("default", say("Way when no condition is true"), [{ value: "", label: say("<none>") }, ...ways.map((flow) => ({ value: flow.id, label: words(flow) }))],
      () => gateway.default?.id || "", (id) => {
        const chosen = ways.find((flow) => flow.id === id);
        if (chosen && getBusinessObject(chosen).conditionExpression) this.set(chosen, { conditionExpression: undefined });
        this.set(element, { default: chosen ? getBusinessObject(chosen) : undefined });
      });
  }

  event(element, object) {
    const [definition] = object.eventDefinitions || [];
    const found = [];
    if (is(definition, "bpmn:TimerEventDefinition")) found.push(group("timer", "Time", this.timer(element, definition)));
    if (is(definition, "bpmn:MessageEventDefinition")) found.push(group("message", "Message", [this.message(element, definition)]));
    if (is(definition, "bpmn:LinkEventDefinition")) found.push(group("link", "Name of the link", [text("link", say("Name of the link"), () => definition.name, (name) => this.within(element, definition, { name }), { description: say("The two ends of a link have one name.") })]));
    if (is(object, "bpmn:BoundaryEvent")) found.push(group("boundary", "Way on", [check("interrupting", say("The task stops when this happens"), () => object.cancelActivity !== false, (is_) => this.set(element, { cancelActivity: is_ }))]));
    return found;
  }

  timer(element, definition) {
    const isMoment = Boolean(definition.timeDate);
    const put = (name, body) => {
      const made = body ? this.bpmnFactory.create("bpmn:FormalExpression", { body }) : undefined;
      if (made) made.$parent = definition;
      this.within(element, definition, { timeDuration: undefined, timeDate: undefined, timeCycle: undefined, [name]: made });
    };
    const kinds = [["timeDuration", "after a length of time"], ["timeDate", "at a moment"]].map(([value, words]) => ({ value, label: say(words) }));
    const soon = () => `${new Date(Date.now() + 7 * 86400000).toISOString().slice(0, 10)}T08:00:00+07:00`;
    return [
      select("timer-kind", say("Kind of time"), kinds, () => (isMoment ? "timeDate" : "timeDuration"), (kind) => put(kind, kind === "timeDate" ? soon() : "P1D")),
      ...(isMoment ? [text("moment", say("Date and hour"), () => definition.timeDate.body, (body) => put("timeDate", body?.trim()))] : duration("length", () => definition.timeDuration?.body, (body) => put("timeDuration", body))),
    ];
  }

  message(element, definition) {
    const name = definition.messageRef?.name || "";
    const options = [...(this.offered.messages.some(({ value }) => value === name) ? [] : [{ value: name, label: name || say("Choose a message") }]), ...this.offered.messages];
    return select("message", say("Message"), options, () => name, (wanted) => {
      const definitions = definitionsOf(element);
      let found = definitions.rootElements.find((one) => is(one, "bpmn:Message") && one.name === wanted);
      if (!found) {
        found = this.bpmnFactory.create("bpmn:Message", { id: `message_${wanted}`, name: wanted });
        found.$parent = definitions;
        this.within(element, definitions, { rootElements: [...definitions.rootElements, found] });
      }
      this.within(element, definition, { messageRef: found });
    });
  }

  loop(element, loop) {
    const list = (loop.get("camunda:collection") || "").replace(/^=\s*/, "");
    const options = [...(this.offered.lists.some(({ value }) => value === list) ? [] : [{ value: list, label: list || say("Choose a list") }]), ...this.offered.lists];
    const validate = (name) => (isDataName(name || "") ? null : say("A name is small letters, digits and _"));
    return [
      select("list", say("List"), options, () => list, (value) => this.within(element, loop, { "camunda:collection": value, ...(loop.get("camunda:elementVariable") ? {} : { "camunda:elementVariable": "one" }) })),
      text("variable", say("Name of one value"), () => loop.get("camunda:elementVariable"), (name) => this.within(element, loop, { "camunda:elementVariable": name }), { validate, description: say("A name in small letters, for example: handler") }),
      check("sequential", say("One after another"), () => Boolean(loop.isSequential), (is_) => this.within(element, loop, { isSequential: is_ })),
    ];
  }
}
Panel.$inject = ["propertiesPanel", "config.offered", "steps", "modeling", "bpmnFactory", "elementRegistry", "eventBus"];

// What the head of the panel calls a task: the words of its template.
class ElementTemplates {
  constructor(steps) { this.steps = steps; }

  get(element) {
    const template = this.steps.of(element);
    return template ? { name: template.label } : null;
  }
}
ElementTemplates.$inject = ["steps"];

export const PanelModule = { __init__: ["panel"], panel: ["type", Panel], elementTemplates: ["type", ElementTemplates] };
