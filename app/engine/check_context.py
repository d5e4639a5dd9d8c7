"""What the check of one diagram has at hand: its files read once, the catalogue, who gives which name.

Files that cannot be read are findings, not errors. It judges nothing else.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from app.engine import decision, form, template
from app.engine.check_graph import Graph
from app.engine.decision import Table, TableRefused
from app.engine.dialect import Drawing, Element, Node
from app.engine.form import Form, FormRefused
from app.engine.template import Procedure, Template

#: stands for every text that nobody compares with
OTHER = "\u2026"

Values = dict[str, tuple[Any, ...] | None]


@lru_cache(maxsize=256)
def _form(text: bytes) -> Form | FormRefused:
    try:
        return form.load(text)
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

    def __post_init__(self) -> None:
        """Index what is asked often."""
        self.graph = Graph(self.drawing)
        self.templates = template.templates()
        self.owned = template.owned_names()
        self.procedure = template.procedures().get(self.key)

    @property
    def form(self) -> str:
        """The form of exchange of its documents."""
        return self.procedure.form if self.procedure else ""

    @property
    def direction(self) -> str:
        """Incoming or outgoing."""
        return "outgoing" if self.form else "incoming"

    def form_of(self, element: Element) -> Form | FormRefused | None:
        """The form of a user task; None: there is none such."""
        return self.form_of_key(element.form_key or "")

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
        """The plain values of a form; lists and groups do not become instance data."""
        found = self.form_of(element)
        if not isinstance(found, Form):
            return {}
        given: Values = {}
        for part in found.parts:
            if part.parts or part.type in ("checklist", "taglist") or part.properties.get("kind") == "pin":
                continue
            if part.type == "checkbox":
                given[part.key] = (True, False)
            elif "values" in part.component and "catalogue" not in part.properties:
                given[part.key] = tuple(option["value"] for option in part.component["values"])
            else:
                given[part.key] = None if part.type == "number" else (OTHER,)
        return given

    def _of_table(self, element: Element) -> Values:
        found = self.table_of(str((element.arguments or {}).get("table", "")))
        return dict.fromkeys(found.outputs) if isinstance(found, Table) else {}


def _listed(samples: template.Samples) -> Values:
    """Texts and truth values can be listed (a text may also be another); numbers, dates and lists cannot."""
    return {name: (*dict.fromkeys(values), *((OTHER,) if any(isinstance(v, str) for v in values) else ()))
            if all(v is None or isinstance(v, (str, bool)) for v in values) else None
            for name, values in samples.items()}
