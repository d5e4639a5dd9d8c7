"""The kinds of edits that `check_edits.py` makes, each a function (sketch, random) -> done?

They touch the process itself; a subprocess comes in by wrapping a piece of it. What they leave half done (a gateway
with a single way out, a piece that nothing reaches) the sketch tidies afterwards. They know no article.
"""

from collections.abc import Callable
from random import Random

from lxml import etree

from app.bench.check_edits import WORK, Sketch, add_script
from app.engine.drawing import BPMN, name_of

Edit = Callable[[Sketch, Random], bool]
KINDS: dict[str, Edit] = {}
_SPLITS = ("exclusiveGateway", "parallelGateway", "inclusiveGateway")


def _kind(edit: Edit) -> Edit:
    KINDS[edit.__name__] = edit
    return edit


def _tasks(sketch: Sketch) -> list[etree._Element]:
    return sketch.nodes("userTask", "scriptTask", "businessRuleTask")


def _next(sketch: Sketch, node: etree._Element) -> str:
    return sketch.leaving(node)[0].get("targetRef")


@_kind
def delete(sketch: Sketch, random: Random) -> bool:
    """A task is gone, its ways in lead on to what came after it."""
    node = random.choice(_tasks(sketch))
    after = _next(sketch, node)
    if after == node.get("id"):
        return False
    for flow in sketch.entering(node):
        flow.set("targetRef", after)
    sketch.remove(node)
    return True


@_kind
def cut(sketch: Sketch, random: Random) -> bool:
    """A task is gone, and what led to it ends there."""
    node = random.choice(_tasks(sketch))
    end = sketch.add("endEvent", like=node.get("id"))
    for flow in sketch.entering(node):
        flow.set("targetRef", end.get("id"))
    sketch.remove(node)
    return True


@_kind
def delete_gateway(sketch: Sketch, random: Random) -> bool:
    """A gateway is gone; one of its ways out stays."""
    gates = sketch.nodes("exclusiveGateway", "parallelGateway", "inclusiveGateway")
    if not gates:
        return False
    node = random.choice(gates)
    after = random.choice(sketch.leaving(node)).get("targetRef")
    if after == node.get("id"):
        return False
    for flow in sketch.entering(node):
        flow.set("targetRef", after)
    sketch.remove(node)
    return True


@_kind
def drop_flow(sketch: Sketch, random: Random) -> bool:
    """One way out of a gateway is gone."""
    gates = [gate for gate in sketch.nodes(*_SPLITS) if len(sketch.leaving(gate)) > 1]
    if not gates:
        return False
    sketch.process.remove(random.choice(sketch.leaving(random.choice(gates))))
    return True


@_kind
def bypass(sketch: Sketch, random: Random) -> bool:
    """A choice before a task leads round it, now and then round more."""
    node = random.choice(_tasks(sketch))
    flows = [flow for flow in sketch.entering(node) if flow in sketch.free_flows()]
    if not flows:
        return False
    around = random.choice(sketch.targets()).get("id") if random.random() < 0.3 else _next(sketch, node)
    gate = sketch.add("exclusiveGateway", like=node.get("id"))
    sketch.into(random.choice(flows), gate)
    sketch.connect(gate.get("id"), around)
    return True


@_kind
def swap(sketch: Sketch, random: Random) -> bool:
    """Two tasks change places; neighbours more often than not."""
    one = random.choice(_tasks(sketch))
    other = sketch.node(_next(sketch, one))
    if random.random() < 0.4 or name_of(other.tag) not in WORK:
        other = random.choice(_tasks(sketch))
    if other is one:
        return False
    names = {one.get("id"): other.get("id"), other.get("id"): one.get("id")}
    for flow in sketch.flows():
        for end in ("sourceRef", "targetRef"):
            flow.set(end, names.get(flow.get(end), flow.get(end)))
    return True


@_kind
def insert(sketch: Sketch, random: Random) -> bool:
    """A task that is there stands a second time, elsewhere."""
    flow = random.choice(sketch.free_flows())
    sketch.into(flow, sketch.copy(random.choice(_tasks(sketch))))
    return True


@_kind
def retarget(sketch: Sketch, random: Random) -> bool:
    """A flow leads elsewhere."""
    random.choice(sketch.free_flows()).set("targetRef", random.choice(sketch.targets()).get("id"))
    return True


@_kind
def branch(sketch: Sketch, random: Random) -> bool:
    """A flow becomes two or three ways with a task on each but one; the join is of the same kind, mostly."""
    flow = random.choice(sketch.free_flows())
    kind = random.choice(_SPLITS)
    join = kind if random.random() < 0.7 else random.choice(_SPLITS)
    split, merge = sketch.add(kind), sketch.add(join)
    sketch.into(flow, split, merge)
    for direct in sketch.leaving(split):
        sketch.process.remove(direct)
    ways = random.choice((2, 2, 3))
    for number in range(ways):
        task = sketch.copy(random.choice(_tasks(sketch))) if random.random() < 0.6 else \
            add_script(sketch, "remind()", "qlvb.remind")
        sketch.connect(split.get("id"), task.get("id"))
        lost = number and random.random() < 0.1
        target = random.choice(sketch.targets()).get("id") if lost else merge.get("id")
        sketch.connect(task.get("id"), target)
    return True


@_kind
def shortcut_branch(sketch: Sketch, random: Random) -> bool:
    """A choice or a fork beside what is there, leading anywhere."""
    flow = random.choice(sketch.free_flows())
    gate = sketch.add(random.choice(_SPLITS))
    sketch.into(flow, gate)
    sketch.connect(gate.get("id"), random.choice(sketch.targets()).get("id"))
    return True


@_kind
def loop_back(sketch: Sketch, random: Random) -> bool:
    """After a task there is a choice to do it, or something before it, again."""
    node = random.choice(_tasks(sketch))
    gate = sketch.add("exclusiveGateway", like=node.get("id"))
    out = sketch.leaving(node)[0]
    before = [node.get("id")]
    for _ in range(random.randrange(6)):
        found = [f.get("sourceRef") for f in sketch.entering(sketch.node(before[-1]))]
        if not found:
            break
        before.append(random.choice(found))
    allowed = {target.get("id") for target in sketch.targets()}
    back = next((found for found in reversed(before) if found in allowed), None)
    if back is None:
        return False
    sketch.into(out, gate)
    sketch.connect(gate.get("id"), back)
    return True


@_kind
def parallel(sketch: Sketch, random: Random) -> bool:
    """Two tasks that follow each other are done side by side."""
    pairs = [(node, sketch.node(_next(sketch, node))) for node in _tasks(sketch)]
    pairs = [(a, b) for a, b in pairs if name_of(b.tag) in WORK and a is not b and len(sketch.entering(b)) == 1]
    if not pairs:
        return False
    one, other = random.choice(pairs)
    after = _next(sketch, other)
    split = sketch.add("parallelGateway")
    merge = sketch.add("parallelGateway" if random.random() < 0.8 else random.choice(_SPLITS))
    for flow in sketch.entering(one):
        flow.set("targetRef", split.get("id"))
    for task in (one, other):
        sketch.process.remove(sketch.leaving(task)[0])
        sketch.connect(split.get("id"), task.get("id"))
        sketch.connect(task.get("id"), merge.get("id"))
    sketch.connect(merge.get("id"), after)
    return True


@_kind
def gateway_kind(sketch: Sketch, random: Random) -> bool:
    """A gateway becomes one of another kind."""
    gate = random.choice(sketch.nodes(*_SPLITS))
    kind = random.choice([kind for kind in _SPLITS if kind != name_of(gate.tag)])
    gate.tag = BPMN + kind
    gate.attrib.pop("default", None)
    return True


@_kind
def boundary(sketch: Sketch, random: Random) -> bool:
    """A timer or a message at the edge of a task, interrupting it or not."""
    host = random.choice(sketch.nodes("userTask", "scriptTask"))
    event = sketch.add("boundaryEvent", like=host.get("id"), attachedToRef=host.get("id"),
                       cancelActivity=random.choice(("true", "false")))
    _event(sketch, event, random)
    if random.random() < 0.4:
        task = add_script(sketch, "remind()", "qlvb.remind")
        end = sketch.add("endEvent")
        sketch.connect(event.get("id"), task.get("id"))
        sketch.connect(task.get("id"), end.get("id"))
    else:
        sketch.connect(event.get("id"), random.choice(sketch.targets()).get("id"))
    return True


def _event(sketch: Sketch, event: etree._Element, random: Random, *, is_timer: bool | None = None) -> None:
    messages = sketch.root.findall(BPMN + "message")
    if is_timer is None:
        is_timer = random.random() < 0.7
    if is_timer or not messages:
        timer = etree.SubElement(event, BPMN + "timerEventDefinition", {"id": sketch.new_id("timer")})
        etree.SubElement(timer, BPMN + "timeDuration").text = random.choice(("PT2H", "P1D", "P5D"))
    else:
        etree.SubElement(event, BPMN + "messageEventDefinition",
                         {"id": sketch.new_id("message"), "messageRef": random.choice(messages).get("id")})


@_kind
def event_gateway(sketch: Sketch, random: Random) -> bool:
    """Before going on, wait for a message or a time; the time may lead elsewhere."""
    if not sketch.root.findall(BPMN + "message"):
        return False
    flow = random.choice(sketch.free_flows())
    target = flow.get("targetRef")
    gate = sketch.add("eventBasedGateway")
    flow.set("targetRef", gate.get("id"))
    for is_timer in (True, False):
        event = sketch.add("intermediateCatchEvent")
        _event(sketch, event, random, is_timer=is_timer)
        sketch.connect(gate.get("id"), event.get("id"))
        elsewhere = is_timer and random.random() < 0.5
        sketch.connect(event.get("id"), random.choice(sketch.targets()).get("id") if elsewhere else target)
    return True


@_kind
def terminate(sketch: Sketch, random: Random) -> bool:
    """An end that ends everything: an end becomes one, or a new one stands in a branch of its own."""
    if random.random() < 0.5:
        end = random.choice(sketch.nodes("endEvent"))
    else:
        gate = sketch.add(random.choice(_SPLITS))
        sketch.into(random.choice(sketch.free_flows()), gate)
        end = sketch.add("endEvent")
        sketch.connect(gate.get("id"), end.get("id"))
    if end.find(BPMN + "terminateEventDefinition") is not None:
        return False
    etree.SubElement(end, BPMN + "terminateEventDefinition", {"id": sketch.new_id("terminate")})
    return True


@_kind
def lane(sketch: Sketch, random: Random) -> bool:
    """A user task goes to another lane."""
    node = random.choice(sketch.nodes("userTask"))
    ref = next(r for r in sketch.process.iter(BPMN + "flowNodeRef") if r.text == node.get("id"))
    other = random.choice([found for found in sketch.process.iter(BPMN + "lane") if found is not ref.getparent()])
    other.append(ref)
    return True


@_kind
def subprocess(sketch: Sketch, random: Random) -> bool:
    """One task, or two that follow each other, go into a subprocess; now and then with a second way through it."""
    first = random.choice(_tasks(sketch))
    inside = [first]
    second = sketch.node(_next(sketch, first))
    if name_of(second.tag) in WORK[:3] and len(sketch.entering(second)) == 1 and random.random() < 0.6:
        inside.append(second)
    hosts = {event.get("attachedToRef") for event in sketch.nodes("boundaryEvent")}
    if hosts & {node.get("id") for node in inside} or _next(sketch, inside[-1]) == first.get("id"):
        return False
    box = sketch.add("subProcess", like=first.get("id"))
    after = _next(sketch, inside[-1])
    for flow in sketch.entering(first):
        flow.set("targetRef", box.get("id"))
    for node in inside:
        for flow in sketch.leaving(node):
            sketch.process.remove(flow)
        box.append(node)
    sketch.connect(box.get("id"), after)
    _fill(sketch, box, inside, random)
    return True


def _fill(sketch: Sketch, box: etree._Element, inside: list[etree._Element], random: Random) -> None:
    """Start, end and flows of a subprocess: one after the other, side by side, or with a way round."""
    ids = [node.get("id") for node in inside]
    start, end = sketch.new_id("inner_start"), sketch.new_id("inner_end")
    box.insert(0, etree.Element(BPMN + "startEvent", {"id": start}))
    box.append(etree.Element(BPMN + "endEvent", {"id": end}))
    shape = random.choice(("row", "row", "side", "round", "two_ends"))
    if shape == "row" or (shape in ("side", "two_ends") and len(ids) < 2):
        steps = [start, *ids, end]
        pairs = [(a, b, None) for a, b in zip(steps, steps[1:], strict=False)]
    elif shape == "round":
        gate = sketch.new_id("inner_gate")
        box.append(etree.Element(BPMN + "exclusiveGateway", {"id": gate, "default": gate + "_flow"}))
        steps = [*ids, end]
        pairs = [(start, gate, None), (gate, ids[0], gate + "_flow"), (gate, end, None),
                 *((a, b, None) for a, b in zip(steps, steps[1:], strict=False))]
    else:
        gate = sketch.new_id("inner_gate")
        box.append(etree.Element(BPMN + "parallelGateway", {"id": gate}))
        last = gate + "_join" if shape == "side" else end
        if shape == "side":
            box.append(etree.Element(BPMN + "parallelGateway", {"id": last}))
        pairs = [(start, gate, None), *((gate, found, None) for found in ids), *((found, last, None) for found in ids)]
        pairs += [(last, end, None)] if shape == "side" else []
    for source, target, name in pairs:
        flow = etree.SubElement(box, BPMN + "sequenceFlow", {
            "id": name or sketch.new_id("inner_flow"), "sourceRef": source, "targetRef": target})
        if shape == "round" and source.startswith("inner_gate") and name is None:
            etree.SubElement(flow, BPMN + "conditionExpression").text = random.choice(sketch.conditions() or ["true"])
