"""What the check of one diagram has at hand: its files read once, the catalogue, who gives which name.

Files that cannot be read are findings, not errors. It judges nothing else.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from app.engine import decision, obligation, template
from app.engine import form as forms
from app.engine.check_graph import Graph
from app.engine.check_law import called
from app.engine.decision import Table, TableRefused
from app.engine.dialect import Drawing, Element, Node
from app.engine.form import Form, FormRefused
from app.engine.form_read import LISTS, Part
from app.engine.template import Procedure, Template

#: stands for every text that nobody compares with
OTHER = "\u2026"

Values = dict[str, tuple[Any, ...] | None]


@lru_cache(maxsize=256)
def _form(text: bytes) -> Form | FormRefused:
    try:
        return forms.load(text)
    except FormRefused as refused:
        return refused


@lru_cache(maxsize=64)
def _table(text: bytes) -> Table | TableRefused:
    try:
        return decision.load(text)
    except TableRefused as refused:
        return refused


@lru_cache(maxsize=64)
def findings_of(table: Table) -> tuple[decision.Finding, ...]:
    """What a table's own check finds, looked for once."""
    return tuple(table.findings())


@dataclass
class Context:
    """One diagram among its files."""

    files: dict[str, bytes]
    key: str
    drawing: Drawing
    graph: Graph = field(init=False)
    templates: dict[str, Template] = field(init=False)
    owned: frozenset[str] = field(init=False)
    procedure: Procedure | None = field(init=False)
    form: str = field(init=False)
    direction: str = field(init=False)

    def __post_init__(self) -> None:
        """Index what is asked often."""
        self.graph = Graph(self.drawing)
        self.templates = template.templates()
        self.owned = template.owned_names()
        self.procedure = template.procedures().get(self.key)
        #: the form of exchange of its documents, and their direction
        self.form = (self.procedure or self._likely()).form
        self.direction = "outgoing" if self.form else "incoming"

    def _likely(self) -> Procedure:
        """Of a procedure that nothing starts: the one to which most of its steps belong."""
        names = [called(node.element) for node in self.tasks()]
        return min(template.procedures().values(), key=lambda known: sum(
            obligation.stranger(name, known.form, "outgoing" if known.form else "incoming") is not None
            for name in names if name))

    def form_of(self, element: Element) -> Form | FormRefused | None:
        """The form of a user task; None: there is none such."""
        return self.form_of_key(element.form_key or "")

    def lists(self, name: str) -> list[Part]:
        """The lists of choices of this name in the agency's own forms on the drawing."""
        forms = [self.form_of(node.element) for node in self.tasks() if node.element.kind == "user"
                 and f"qlvb.task.{node.element.form_key}" not in self.templates]
        return [part for form in forms if isinstance(form, Form) for part in form.parts
                if part.type in LISTS and part.key == name]

    def form_of_key(self, key: str) -> Form | FormRefused | None:
        """A form by its key."""
        text = self.files.get(f"form:{key}")
        return None if text is None else _form(text)

    def table_of(self, key: str) -> Table | TableRefused | None:
        """A decision table; None: there is none such."""
        text = self.files.get(f"dmn:{key}")
        return None if text is None else _table(text)

    def template_of(self, element: Element) -> Template | None:
        """The template that fits what the element calls or shows."""
        if element.kind == "user":
            return self.templates.get(f"qlvb.task.{element.form_key}", self.templates[template.ANY_FORM])
        if element.kind == "rule":
            return self.templates[template.TABLE]
        return self.templates.get(f"qlvb.{element.step}") if element.kind == "script" else None

    def tasks(self) -> Iterator[Node]:
        """The tasks, in the order of the file."""
        return (node for node in self.graph.nodes.values() if node.element.kind in ("user", "script", "rule"))

    def gives(self, node: Node) -> Values:
        """The names that an element may write -> all values it may give, None where they are not to be listed."""
        element = node.element
        if element.message:
            found = template.messages().get(element.message)
            return _listed(found[1] if found else {})
        known = self.template_of(element)
        if known is None:
            return {}
        if known.id == template.ANY_FORM:
            return self._of_form(element)
        if known.id == template.TABLE:
            return self._of_table(element)
        given = _listed(known.gives)
        if element.kind == "user" and "decision" in given:
            given["decision"] = self._of_form(element).get("decision") or given["decision"]
        return given

    def begins(self) -> Values:
        """The names with which an instance starts."""
        return _listed(self.procedure.gives if self.procedure else {})

    def _of_form(self, element: Element) -> Values:
        """The plain values and the lists of choices of a form; groups do not become instance data."""
        found = self.form_of(element)
        if not isinstance(found, Form):
            return {}
        given: Values = {}
        for part in found.parts:
            if part.parts or part.properties.get("kind") == "pin":
                continue
            if part.type in LISTS:
                given[part.key] = None
            elif part.type == "checkbox":
                given[part.key] = (True, False)
            elif "values" in part.component and "catalogue" not in part.properties:
                given[part.key] = tuple(option["value"] for option in part.component["values"])
            else:
                given[part.key] = None if part.type == "number" else (OTHER,)
        return given

    def _of_table(self, element: Element) -> Values:
        found = self.table_of(str((element.arguments or {}).get("table", "")))
        if not isinstance(found, Table):
            return {}
        constants = found.answers()
        return {name: tuple(constants[name]) if _can_be_listed(constants[name])
                and all(value in constants[name] for value in found.column(name)) else None
                for name in found.outputs}

    def samples(self) -> dict[str, Any]:
        """A usual value of every name that this drawing gives: what the catalogue says, and what own forms would."""
        found: dict[str, Any] = {}
        known = [template.messages()[node.element.message][1] for node in self.graph.nodes.values()
                 if node.element.message in template.messages()]
        known += [drawn.gives for node in self.tasks() if (drawn := self.template_of(node.element))]
        known += [self.procedure.gives] if self.procedure else []
        for gives in known:
            for name, values in gives.items():
                found.setdefault(name, next((value for value in values if value is not None), None))
        for node in self.tasks():
            own = self.form_of(node.element) if node.element.kind == "user" else None
            for part in own.parts if isinstance(own, Form) else ():
                found.setdefault(part.key, _sample(part))
            for name, values in (self._of_table(node.element) if node.element.kind == "rule" else {}).items():
                found.setdefault(name, values[0] if values else None)
        return found


def _can_be_listed(values: Iterable[Any]) -> bool:
    return all(value is None or isinstance(value, (str, bool)) for value in values)


def _sample(part: Part) -> Any:
    """A usual value of a field of an own form, as it becomes instance data."""
    if part.type in LISTS:
        return [option["value"] for option in part.component.get("values", [])][:2]
    if part.type == "checkbox":
        return True
    if part.type == "number":
        return 1
    if part.type == "datetime":
        return "2026-01-12"
    return next((option["value"] for option in part.component.get("values", [])), OTHER)


def _listed(samples: template.Samples) -> Values:
    """Texts and truth values can be listed (a text may also be another); numbers, dates and lists cannot."""
    return {name: (*dict.fromkeys(values), *((OTHER,) if any(isinstance(v, str) for v in values) else ()))
            if _can_be_listed(values) else None
            for name, values in samples.items()}
