"""A decision table put into words: its columns, its rows, read leniently, also from a draft.

“Khi Phạm vi là “nội bộ” thì Cách thức trao đổi là “hoàn toàn điện tử””. It decides nothing and refuses nothing
(decision_read.py does both).
"""

from dataclasses import dataclass

from lxml import etree

from app.engine.decision_read import DMN, MAX_BYTES
from app.engine.wording import Labels, answer, cell, fit, lower

_NO_LABELS = Labels()


@dataclass(frozen=True)
class Column:
    """A column: `asks` is the expression of an input, the name of an output."""

    id: str
    label: str
    asks: str
    type: str
    #: the values it may have, as written
    allowed: str
    is_output: bool

    @property
    def name(self) -> str:
        """What people read above it."""
        return fit(self.label or self.asks)


@dataclass(frozen=True)
class Row:
    """A row: its cells as written by column id, its description."""

    id: str
    #: from 1
    number: int
    cells: dict[str, str]
    note: str

    @property
    def name(self) -> str:
        """“dòng 3 (Văn bản chỉ đạo)”."""
        return f"dòng {self.number}" + (f" ({fit(self.note, 60)})" if self.note else "")


@dataclass(frozen=True)
class TableText:
    """Everything of one table that words are made of."""

    key: str
    name: str
    policy: str
    aggregation: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]

    @property
    def is_ordered(self) -> bool:
        """Whether the order of the rows changes what it answers."""
        return self.policy in ("FIRST", "RULE ORDER") or (self.policy == "COLLECT" and not self.aggregation)

    def conditions(self, row: Row) -> str:
        """When the row is hit, in words: “Phạm vi là “nội bộ” và …”; every case when it asks nothing."""
        said = []
        for column in self.columns:
            if not column.is_output and (words := cell(row.cells.get(column.id, ""), column.asks, _NO_LABELS)):
                said.append(f"{lower(column.name)} {words}")
        return " và ".join(said) or "mọi trường hợp còn lại"

    def answers(self, row: Row) -> str:
        """What the row answers, in words."""
        return "; ".join(
            f"{lower(column.name)} là {answer(row.cells.get(column.id, ''), column.asks, _NO_LABELS)}"
            for column in self.columns if column.is_output)


def table_of(text: bytes | None) -> TableText | None:
    """The table of a DMN file; None: there is none that can be read."""
    if text is None or len(text) > MAX_BYTES or b"<!doctype" in text.lower():
        return None
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
                             remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(text, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    if root.getroottree().docinfo.doctype:
        return None
    decision = root.find(f"{DMN}decision")
    table = decision.find(f"{DMN}decisionTable") if decision is not None else None
    if decision is None or table is None:
        return None
    inputs = [_input(column, number) for number, column in enumerate(table.findall(f"{DMN}input"))]
    outputs = [_output(column, number) for number, column in enumerate(table.findall(f"{DMN}output"))]
    rows = [_row(row, number, inputs, outputs) for number, row in enumerate(table.findall(f"{DMN}rule"), 1)]
    return TableText(decision.get("id") or "", fit(decision.get("name") or decision.get("id")),
                     table.get("hitPolicy", "UNIQUE"), table.get("aggregation", ""),
                     (*inputs, *outputs), tuple(rows))


def _text(element: etree._Element | None) -> str:
    return "" if element is None else (element.findtext(f"{DMN}text") or "").strip()


def _input(column: etree._Element, number: int) -> Column:
    asked = column.find(f"{DMN}inputExpression")
    return Column(column.get("id") or f"input {number}", column.get("label", ""), _text(asked),
                  asked.get("typeRef", "") if asked is not None else "", _text(column.find(f"{DMN}inputValues")), False)


def _output(column: etree._Element, number: int) -> Column:
    return Column(column.get("id") or f"output {number}", column.get("label", ""), column.get("name", ""),
                  column.get("typeRef", ""), _text(column.find(f"{DMN}outputValues")), True)


def _row(row: etree._Element, number: int, inputs: list[Column], outputs: list[Column]) -> Row:
    asked = dict(zip([column.id for column in inputs], map(_text, row.findall(f"{DMN}inputEntry")), strict=False))
    given = dict(zip([column.id for column in outputs], map(_text, row.findall(f"{DMN}outputEntry")), strict=False))
    cells = {key: "" if value == "-" else value for key, value in (asked | given).items()}
    notes = [row.findtext(f"{DMN}description") or "", *map(_text, row.findall(f"{DMN}annotationEntry"))]
    note = "; ".join(one.strip() for one in notes if one.strip())
    return Row(row.get("id") or f"row {number}", number, cells, fit(note, 300))
