// What may be drawn: the palette, the menus "add", "append", "change", the pad beside an element. Only what the
// dialect runs (app/engine/drawing.py), tasks only from the catalogue of templates (editor_steps.js).
import { is, isAny } from "bpmn-js/lib/util/ModelUtil";
import { selfAndAllChildren } from "diagram-js/lib/util/Elements";
import { plainly } from "./editor_words.js";

const EVENTS = { id: "events", name: "Events" };
const GATEWAYS = { id: "gateways", name: "Gateways" };
const INSIDE = { id: "subprocess", name: "Sub-processes" };
const NOTES = { id: "notes", name: "Notes" };
const REMINDERS = "nhac viec hen gio den han qua han thoi han reminder deadline"; // what people look for
const event = (id, label, icon, type, definition, more = {}, search = "") => ({
  id, label, icon: `bpmn-icon-${icon}`, group: EVENTS, search,
  target: { type, ...(definition && { eventDefinitionType: `bpmn:${definition}EventDefinition` }), ...more },
});
const gateway = (id, label, icon, type) => ({ id, label, icon: `bpmn-icon-gateway-${icon}`, group: GATEWAYS, target: { type: `bpmn:${type}` } });

// In the order in which menus show them.
export const SHAPES = [
  gateway("exclusive-gateway", "Exclusive gateway", "xor", "ExclusiveGateway"),
  gateway("parallel-gateway", "Parallel gateway", "parallel", "ParallelGateway"),
  gateway("inclusive-gateway", "Inclusive gateway", "or", "InclusiveGateway"),
  gateway("event-based-gateway", "Event-based gateway", "eventbased", "EventBasedGateway"),
  event("start", "Start event", "start-event-none", "bpmn:StartEvent"),
  event("end", "End event", "end-event-none", "bpmn:EndEvent"),
  event("terminate", "Terminate end event", "end-event-terminate", "bpmn:EndEvent", "Terminate"),
  event("timer", "Timer intermediate catch event", "intermediate-event-catch-timer", "bpmn:IntermediateCatchEvent", "Timer"),
  event("message", "Message intermediate catch event", "intermediate-event-catch-message", "bpmn:IntermediateCatchEvent", "Message"),
  event("timer-beside", "Timer boundary event (non-interrupting)", "intermediate-event-catch-non-interrupting-timer", "bpmn:BoundaryEvent", "Timer", { cancelActivity: false }, REMINDERS),
  event("timer-boundary", "Timer boundary event", "intermediate-event-catch-timer", "bpmn:BoundaryEvent", "Timer", {}, REMINDERS),
  event("message-beside", "Message boundary event (non-interrupting)", "intermediate-event-catch-non-interrupting-message", "bpmn:BoundaryEvent", "Message", { cancelActivity: false }),
  event("message-boundary", "Message boundary event", "intermediate-event-catch-message", "bpmn:BoundaryEvent", "Message"),
  event("link-throw", "Link intermediate throw event", "intermediate-event-throw-link", "bpmn:IntermediateThrowEvent", "Link", { eventDefinitionAttrs: { name: "A" } }),
  event("link-catch", "Link intermediate catch event", "intermediate-event-catch-link", "bpmn:IntermediateCatchEvent", "Link", { eventDefinitionAttrs: { name: "A" } }),
  event("none", "Intermediate throw event", "intermediate-event-none", "bpmn:IntermediateThrowEvent"),
  { id: "pool", label: "Expanded pool/participant", icon: "bpmn-icon-participant", group: INSIDE, target: { type: "bpmn:Participant" } },
  { id: "subprocess", label: "Sub-process (expanded)", icon: "bpmn-icon-subprocess-expanded", group: INSIDE, target: { type: "bpmn:SubProcess", isExpanded: true } },
  { id: "annotation", label: "Text annotation", icon: "bpmn-icon-text-annotation", group: NOTES, target: { type: "bpmn:TextAnnotation" } },
];

// Entries of the library's own "change" menu that lead to something that runs.
const CHANGES = new Set([
  "replace-with-none-start", "replace-with-none-end", "replace-with-terminate-end", "replace-with-none-intermediate-throwing",
  "replace-with-message-intermediate-catch", "replace-with-timer-intermediate-catch", "replace-with-link-intermediate-catch",
  "replace-with-link-intermediate-throw", "replace-with-message-boundary", "replace-with-timer-boundary",
  "replace-with-non-interrupting-message-boundary", "replace-with-non-interrupting-timer-boundary",
  "replace-with-exclusive-gateway", "replace-with-parallel-gateway", "replace-with-inclusive-gateway",
  "replace-with-event-based-gateway", "replace-with-default-flow", "replace-with-sequence-flow",
]);
const HEADERS = new Set(["toggle-parallel-mi", "toggle-sequential-mi", "toggle-non-interrupting"]);
const PAD = new Set([
  "append.end-event", "append.gateway", "append.message-intermediate-event", "append.timer-intermediate-event", "append.text-annotation",
  "append", "connect", "replace", "delete", "lane-insert-above", "lane-insert-below", "lane-divide-two", "lane-divide-three", "align-elements",
]);
const TASKS = ["bpmn:Task", "bpmn:SubProcess", "bpmn:CallActivity"];

class Palette {
  constructor(palette, create, spaceTool, lassoTool, handTool, globalConnect, translate, steps) {
    Object.assign(this, { create, spaceTool, lassoTool, handTool, globalConnect, translate, steps });
    palette.registerProvider(this);
  }

  getPaletteEntries() {
    const { translate } = this;
    const tool = (icon, title, start) => ({ group: "tools", className: `bpmn-icon-${icon}`, title: translate(title), action: { click: start } });
    const shape = (group, icon, title, make) => {
      const start = (event) => this.create.start(event, make());
      return { group, className: `bpmn-icon-${icon}`, title: translate(title), action: { dragstart: start, click: start } };
    };
    const plain = (group, icon, title, target) => shape(group, icon, title, () => this.steps.plain(target));
    return {
      "hand-tool": tool("hand-tool", "Activate hand tool", (event) => this.handTool.activateHand(event)),
      "lasso-tool": tool("lasso-tool", "Activate lasso tool", (event) => this.lassoTool.activateSelection(event)),
      "space-tool": tool("space-tool", "Activate create/remove space tool", (event) => this.spaceTool.activateSelection(event)),
      "global-connect-tool": tool("connection-multi", "Activate global connect tool", (event) => this.globalConnect.start(event)),
      "tool-separator": { group: "tools", separator: true },
      "create.user-task": shape("activity", "user-task", "Create task for a person", () => this.steps.shape("qlvb.task")),
      "create.gateway": plain("activity", "gateway-xor", "Create gateway", { type: "bpmn:ExclusiveGateway" }),
      "create.timer": plain("activity", "intermediate-event-catch-timer", "Create timer", { type: "bpmn:IntermediateCatchEvent", eventDefinitionType: "bpmn:TimerEventDefinition" }),
      "create.start": plain("activity", "start-event-none", "Create start event", { type: "bpmn:StartEvent" }),
      "create.end": plain("activity", "end-event-none", "Create end event", { type: "bpmn:EndEvent" }),
      "create.annotation": plain("activity", "text-annotation", "Create text annotation", { type: "bpmn:TextAnnotation" }),
    };
  }
}
Palette.$inject = ["palette", "create", "spaceTool", "lassoTool", "handTool", "globalConnect", "translate", "steps"];

const BESIDE = 50; // px between a task and what comes after it
const GAP = 16; // px around what is put into a free place
const HOLDERS = ["bpmn:Participant", "bpmn:Lane", "bpmn:Process", "bpmn:Collaboration"];

// What comes after a task goes on to where the task went before, and what is in its way moves on: one undo takes all back.
class Insert {
  constructor(autoPlace, modeling, canvas, elementRegistry, spaceTool) { Object.assign(this, { autoPlace, modeling, canvas, elementRegistry, spaceTool }); }

  makeRoom(source, { width, height }) {
    const left = source.x + source.width + 1;
    const middle = source.y + source.height / 2;
    const isInTheWay = (one) => one !== source && !one.waypoints && !one.labelTarget && !is(one, "bpmn:BoundaryEvent") && !isAny(one, HOLDERS) && !contains(one, source)
      && one.x < left + BESIDE + width && one.x + one.width > left && one.y < middle + height / 2 && one.y + one.height > middle - height / 2;
    if (!this.elementRegistry.find((one) => one.parent && isInTheWay(one))) return;
    const by = BESIDE + width;
    const { movingShapes, resizingShapes } = this.spaceTool.calculateAdjustments(selfAndAllChildren(this.canvas.getRootElement()), "x", by, left);
    this.modeling.createSpace(movingShapes, resizingShapes, { x: by, y: 0 }, "e", left);
  }

  // What would lie on something else goes to the nearest free place: over the pool, not over its edge.
  clear(made, source) {
    const others = this.elementRegistry.filter((one) => one.parent && one !== made && one !== made.label && !one.waypoints && !isAny(one, HOLDERS) && !contains(made, one));
    const pool = made.parent;
    const isFree = (x, y) => others.every((one) => x >= one.x + one.width + GAP || x + made.width + GAP <= one.x || y >= one.y + one.height + GAP || y + made.height + GAP <= one.y)
      && (!is(pool, "bpmn:Participant") || (x > pool.x + BESIDE && y > pool.y && x + made.width < pool.x + pool.width && y + made.height < pool.y + pool.height));
    if (isFree(made.x, made.y)) return;
    const places = [];
    for (let dx = -400; dx <= 600; dx += 10) {
      for (let dy = -400; dy <= 400; dy += 10) {
        if (made.x + dx > source.x) places.push({ x: dx, y: dy, far: Math.hypot(dx, dy) });
      }
    }
    const place = places.sort((one, other) => one.far - other.far).find(({ x, y }) => isFree(made.x + x, made.y + y));
    if (place) this.modeling.moveElements([made], { x: place.x, y: place.y }, pool);
  }

  preExecute(context) {
    const { source, shape } = context;
    const flows = (source.outgoing || []).filter((flow) => is(flow, "bpmn:SequenceFlow"));
    const isBetween = !isAny(source, ["bpmn:Gateway", "bpmn:EndEvent"]) && !isAny(shape, ["bpmn:EndEvent", "bpmn:TextAnnotation"]) && flows.length === 1;
    if (!isBetween) {
      context.made = this.autoPlace.append(source, shape);
      if (!is(shape, "bpmn:UserTask")) this.clear(context.made, source); // a person's task stays in its lane
      return;
    }
    this.makeRoom(source, shape);
    const at = { x: source.x + source.width + BESIDE + shape.width / 2, y: source.y + source.height / 2 };
    context.made = this.modeling.appendShape(source, shape, at, source.parent);
    this.modeling.reconnectStart(flows[0], context.made, [at, middleOf(flows[0].target)]);
    this.modeling.layoutConnection(flows[0], { connectionStart: at, connectionEnd: middleOf(flows[0].target) });
  }
}
Insert.$inject = ["autoPlace", "modeling", "canvas", "elementRegistry", "spaceTool"];

const middleOf = ({ x, y, width, height }) => ({ x: x + width / 2, y: y + height / 2 });
const contains = (holder, element) => {
  for (let at = element.parent; at; at = at.parent) if (at === holder) return true;
  return false;
};

class Menus {
  constructor(canvas, popupMenu, contextPad, create, commandStack, directEditing, modeling, mouse, selection, translate, steps) {
    Object.assign(this, { canvas, popupMenu, create, commandStack, directEditing, modeling, mouse, selection, translate, steps });
    commandStack.registerHandler("steps.insert", Insert);
    const open = popupMenu.open.bind(popupMenu);
    popupMenu.open = (target, id, position, options) => open(target, id, position, { emptyPlaceholder: translate("Nothing of that name. Try other words."), ...options });
    popupMenu.registerProvider("bpmn-create", 500, { getPopupMenuEntries: () => () => this.adding(null) });
    popupMenu.registerProvider("bpmn-append", 500, { getPopupMenuEntries: (element) => () => this.adding(element) });
    popupMenu.registerProvider("bpmn-replace", 500, {
      getPopupMenuEntries: (element) => (entries) => this.changing(element, entries),
      getPopupMenuHeaderEntries: () => (entries) => Object.fromEntries(Object.entries(entries).filter(([id]) => HEADERS.has(id))),
    });
    contextPad.registerProvider(500, {
      getContextPadEntries: (element) => (entries) => this.pad(element, entries),
      getMultiElementContextPadEntries: () => (entries) => entries,
    });
  }

  // Everything that can be added, after `source` when it is given: templates first, then shapes.
  adding(source) {
    const entries = {};
    for (const template of source && is(source, "bpmn:EventBasedGateway") ? [] : this.steps.menu()) {
      entries[`add-${template.id}`] = this.entry(source, template, () => this.steps.shape(template.id));
    }
    for (const shape of SHAPES) {
      if (source && (shape.target.type === "bpmn:StartEvent" || (shape.target.type === "bpmn:BoundaryEvent" && !is(source, "bpmn:Activity")))) continue;
      if (!source && shape.target.type === "bpmn:BoundaryEvent") continue; // drawn from the task it belongs to
      if (shape.id === "pool" && (source || is(this.canvas.getRootElement(), "bpmn:Collaboration"))) continue; // one procedure, one pool
      if (source && is(source, "bpmn:EventBasedGateway") && shape.target.type !== "bpmn:IntermediateCatchEvent") continue;
      entries[`add-${shape.id}`] = this.entry(source, { ...shape, name: this.translate(shape.label), group: { ...shape.group, name: this.translate(shape.group.name) } },
        () => this.steps.plain(shape.target));
    }
    return entries;
  }

  entry(source, { name, group, icon, search, target }, make) {
    const drag = (event) => {
      this.popupMenu.close();
      this.create.start(event instanceof KeyboardEvent ? this.mouse.getLastMoveEvent() : event, make(), source ? { source } : {});
    };
    const click = (event) => {
      const isAttached = target?.type === "bpmn:BoundaryEvent";
      if (!source) return drag(event);
      if (!isAttached) return this.insert(source, make());
      const [made] = this.modeling.createElements(make(), { x: source.x + source.width / 2 + 20 * (source.attachers?.length || 0), y: source.y + source.height }, source, { attach: true });
      return this.selection.select(made);
    };
    return { label: name, className: icon, group, search: `${plainly(name)} ${search ?? ""}`, action: { click, dragstart: drag } };
  }

  insert(source, shape) {
    const context = { source, shape };
    this.commandStack.execute("steps.insert", context);
    this.selection.select(context.made);
    if (is(context.made, "bpmn:Task") && !context.made.businessObject.name) this.directEditing.activate(context.made);
  }

  // A task for a person in the middle of the longest stretch of a way: the way goes on through it.
  between(flow) {
    const stretches = flow.waypoints.slice(1).map((to, index) => [flow.waypoints[index], to]);
    const length = ([from, to]) => Math.hypot(to.x - from.x, to.y - from.y);
    const [from, to] = stretches.reduce((longest, one) => (length(one) > length(longest) ? one : longest));
    const [made] = this.modeling.createElements(this.steps.shape("qlvb.task"), { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 }, flow);
    this.selection.select(made);
    this.directEditing.activate(made);
  }

  // Tasks change to a template of the catalogue, other shapes to what the dialect knows.
  changing(element, entries) {
    const kept = Object.fromEntries(Object.entries(entries).filter(([id]) => CHANGES.has(id)));
    if (!isAny(element, TASKS) || is(element, "bpmn:SubProcess")) return kept;
    const made = {};
    for (const template of this.steps.menu()) {
      if (this.steps.of(element)?.id === template.id) continue;
      made[`change-${template.id}`] = { label: template.name, className: template.icon, group: template.group, search: template.search, action: () => this.steps.change(element, template.id) };
    }
    return made;
  }

  pad(element, entries) {
    const kept = Object.fromEntries(Object.entries(entries).filter(([id]) => PAD.has(id)));
    if (is(element, "bpmn:SequenceFlow")) {
      kept["insert.user-task"] = { group: "model", className: "bpmn-icon-user-task", title: this.translate("Insert a task on this way"), action: { click: (_, flow) => this.between(flow) } };
    }
    if (entries["append.append-task"]) {
      const make = () => this.steps.shape("qlvb.task");
      kept["append.user-task"] = {
        group: "model", className: "bpmn-icon-user-task", title: this.translate("Append task"),
        action: {
          click: (_, source) => this.insert(source, make()),
          dragstart: (event, source) => this.create.start(event, make(), { source }),
        },
      };
      kept["append.gateway"].action.click = (_, source) => this.insert(source, this.steps.plain({ type: "bpmn:ExclusiveGateway" }));
    }
    return kept;
  }
}
Menus.$inject = ["canvas", "popupMenu", "contextPad", "create", "commandStack", "directEditing", "modeling", "mouse", "selection", "translate", "steps"];

export const MenusModule = {
  __init__: ["paletteProvider", "menus"],
  paletteProvider: ["type", Palette],
  menus: ["type", Menus],
};
