"""Two readings of a drawing for brute force: every way is possible, or the ways that people's decisions open.

`Ways` rewrites the drawing: before each choice stands a step whose answer is the way taken, so conditions do not
matter and every step reaches what it is there for. `Values` leaves the drawing as it is: whoever completes a task
gives each value that its template offers, conditions are evaluated, obligations look at the values: nothing happens
there that could not happen in truth, as far as the samples of the templates reach. What stands in the data but is
given anew before anything reads it makes no state of its own (`lasting`).
"""

from itertools import product
from typing import Any

from lxml import etree

from app.bench.check_edits import parsed, set_condition
from app.engine import language, template
from app.engine.dialect import Drawing, Element, Flow, Scope, read_drawing
from app.engine.drawing import BPMN, name_of

Plain = dict[str, Any]
PICK = "oracle_pick_"


class Ways:
    """Every way out of every choice."""

    def __init__(self, text: bytes) -> None:
        root = parsed(text)
        #: the names of instance data that decide anything: lists with a task for each value
        self.names = _lists(read_drawing(text))
        #: step before a choice -> its gateway, and what it may answer
        self.answers: dict[str, tuple[str, list[Plain]]] = {}
        for container in [*root.iter(BPMN + "process", BPMN + "subProcess")]:
            for gate in list(container):
                if name_of(gate.tag) in ("exclusiveGateway", "inclusiveGateway"):
                    _force(container, gate, self.answers)
        self.text = etree.tostring(root)
        self.choices = {gate for gate, _ in self.answers.values()}

    def begins(self) -> list[Plain]:
        """Data with which an instance may start."""
        return [dict(zip(sorted(self.names), values, strict=True))
                for values in product(([1], []), repeat=len(self.names))]

    def gives(self, element: str, drawn: Element) -> list[Plain]:
        """What completing an element may put into the data."""
        return self.answers[element][1] if element in self.answers else [{}]

    def known(self, arguments: Plain, data: Plain, result: Plain) -> Plain | None:
        """What obligations may look at: constant arguments only."""
        return arguments

    def lasting(self, element: str | None) -> frozenset[str]:
        """The names of a token's data that decide anything from an element on."""
        return frozenset()

    def shown(self, element: str) -> str:
        """The element of the drawing that one of the rewritten drawing stands for."""
        return self.answers[element][0] if element in self.answers else element


class Values:
    """What the values that templates offer lead to."""

    def __init__(self, text: bytes, key: str, rules: tuple[Any, ...]) -> None:
        self.text, self.choices = text, frozenset()
        found = {name for rule in rules for name, _ in rule.when}
        drawing = read_drawing(text)
        for scope in drawing.scopes.values():
            for flow in scope.flows:
                found |= _asked(flow)
        self.names = frozenset(found) | _lists(drawing)
        self.procedure = template.procedures().get(key)
        self.templates, self.messages = template.templates(), template.messages()
        self.rules = rules
        self._lasting = {} if _merges(drawing) else self._lasts(drawing.scopes[drawing.key])

    def begins(self) -> list[Plain]:
        """Data with which an instance may start."""
        return self._samples(self.procedure.gives) if self.procedure else [{}]

    def gives(self, element: str, drawn: Element) -> list[Plain]:
        """What completing an element, or a message, may put into the data."""
        if drawn.message is not None:
            return self._samples(self.messages.get(drawn.message, ("", {}))[1])
        found = self.templates.get(f"qlvb.task.{drawn.form_key}" if drawn.kind == "user" else f"qlvb.{drawn.step}")
        return self._samples(found.gives if found else {})

    def known(self, arguments: Plain, data: Plain, result: Plain) -> Plain | None:
        """What obligations look at when a step or form is done."""
        return {**data, **arguments, **result}

    def lasting(self, element: str | None) -> frozenset[str]:
        """The names of a token's data that decide anything from an element on; all, where that is not known."""
        return self._lasting.get(element, self.names)

    def shown(self, element: str) -> str:
        """The element itself."""
        return element

    def _lasts(self, scope: Scope) -> dict[str, frozenset[str]]:
        """Element -> the names that it, or something behind it, reads before they are given anew."""
        found: dict[str, frozenset[str]] = dict.fromkeys(scope.nodes, frozenset())
        is_new = True
        while is_new:
            before = dict(found)
            for node in scope.nodes.values():
                behind = set().union(*(_asked(flow) | found[flow.target] for flow in scope.leaving(node.id)))
                edge = set().union(*(found[event.id] for event in scope.boundaries(node.id)))
                found[node.id] = frozenset(self._reads(node.element) | (behind - self._renews(node.element)) | edge)
            is_new = found != before
        return found

    def _reads(self, element: Element) -> set[str]:
        """Names that the sentences about a step or form look at, and that its call names."""
        name = f"task:{element.form_key}" if element.kind == "user" else element.step
        asked = {key for rule in self.rules if rule.step == name for key, _ in rule.when}
        named = {value["name"] for value in (element.arguments or {}).values() if isinstance(value, dict)}
        return (asked - self._renews(element)) | (named & self.names)

    def _renews(self, element: Element) -> set[str]:
        """Names that completing an element always gives anew."""
        if element.kind not in ("user", "script"):
            return set()
        given = self.gives(element.id, element)
        return set(given[0]) if element.kind == "user" or len(given) > 1 else set()

    def _samples(self, gives: Any) -> list[Plain]:
        names = sorted(name for name in gives if name in self.names)
        return [dict(zip(names, values, strict=True)) for values in product(*(gives[name] for name in names))]


def _lists(drawing: Drawing) -> frozenset[str]:
    return frozenset(node.loop.collection for node in drawing.nodes() if node.loop)


def _asked(flow: Flow) -> set[str]:
    return set(language.parse(flow.condition).names) if flow.condition else set()


def _merges(drawing: Drawing) -> bool:
    """Does data of one way come to another: a join, a subprocess, a loop, a link?"""
    return len(drawing.scopes) > 1 or any(
        node.loop or node.link or (node.tag in ("parallelGateway", "inclusiveGateway")
                                   and len(drawing.scopes[node.scope].entering(node.id)) > 1)
        for node in drawing.nodes())


def _force(container: etree._Element, gate: etree._Element, answers: dict[str, Any]) -> None:
    flows, found = container.findall(BPMN + "sequenceFlow"), gate.get("id")
    out = [flow for flow in flows if flow.get("sourceRef") == found]
    come = [flow for flow in flows if flow.get("targetRef") == found]
    if len(out) < 2:
        return
    number = len(answers)
    pick = etree.Element(BPMN + "scriptTask", {"id": f"{PICK}{number}", "name": f"? {found}"})
    etree.SubElement(pick, BPMN + "script").text = "oracle_pick()"
    container.insert(container.index(gate), pick)
    first = pick.get("id")
    if name_of(gate.tag) == "inclusiveGateway" and len(come) > 1:  # it joins, then it chooses
        join = etree.Element(BPMN + "inclusiveGateway", {"id": f"oracle_join_{number}"})
        container.insert(container.index(pick), join)
        _flow(container, join.get("id"), pick.get("id"))
        first = join.get("id")
    for flow in come:
        flow.set("targetRef", first)
    _flow(container, pick.get("id"), found)
    asked = [flow for flow in out if flow.get("id") != gate.get("default")]
    if name_of(gate.tag) == "exclusiveGateway":
        for flow in asked:
            set_condition(flow, f'pick_{number} = "{flow.get("id")}"')
        answers[pick.get("id")] = found, [{f"pick_{number}": flow.get("id")} for flow in out]
        return
    names = [f"pick_{number}_{place}" for place in range(len(asked))]
    for flow, name in zip(asked, names, strict=True):
        set_condition(flow, f"{name} = true")
    answers[pick.get("id")] = found, [
        dict(zip(names, values, strict=True)) for values in product((True, False), repeat=len(names))]


def _flow(container: etree._Element, source: str, target: str) -> None:
    etree.SubElement(container, BPMN + "sequenceFlow",
                     {"id": f"{source}__{target}", "sourceRef": source, "targetRef": target})
