"""A decision table: reads a `.dmn` file and decides, with the rows that were hit.

Hit policies UNIQUE, FIRST, ANY, RULE ORDER and COLLECT (with SUM, MIN, MAX, COUNT). A missing input is null. Every
answer carries the ids and annotations of its rows, so that history can say why (Art. 4: the clause).

It keeps nothing, asks no records, and knows no article. The library's own evaluator is not used: it glues cells
into Python text and returns one row whatever the hit policy.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from app.engine.decision_check import Finding, findings_of
from app.engine.decision_read import Input, Rows, Rule, TableRefused, rows_of
from app.engine.language import ExpressionFailed, UnaryTests
from app.engine.language_tree import Literal
from app.engine.language_value import calculated, date_from, moment_from, number_from
from app.refusal import Refusal

__all__ = ["Decision", "DecisionUnclear", "Finding", "Table", "TableRefused", "load"]


class DecisionUnclear(Refusal):
    """Several rows of the decision table answer differently where one answer is asked."""

    code = "decision_unclear"


@dataclass(frozen=True, slots=True)
class Decision:
    """What a table answers: JSON values by output name (a list of them for RULE ORDER and COLLECT).

    `rules` are (row id, annotation) of the rows hit, in order. Nothing hit: outputs {} ([] for a list).
    """

    outputs: Any
    rules: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Line:
    """A row as it is read: its cells as written by what they ask, its constants by output, its annotation."""

    id: str
    asks: dict[str, str]
    gives: dict[str, Any]
    annotation: str
    _tests: dict[str, UnaryTests]

    def takes(self, name: str, value: Any) -> bool:
        """Whether its cell of this column is met by the value; a column that is not there is met by all."""
        tests = self._tests.get(name)
        return tests is None or tests.is_any or tests.matches(value, {})


class Table:
    """One published decision table."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self.key = rows.key
        self.name = rows.name
        self.hit_policy = rows.hit_policy
        self.outputs = [output.name for output in rows.outputs]
        self.row_ids = [rule.id for rule in rows.rules]
        #: what one answer costs at most
        self.cells = max(1, len(rows.rules) * (len(rows.inputs) + len(rows.outputs)))
        #: the root names of the data that the table reads
        self.names: frozenset[str] = frozenset().union(
            *(column.expression.names for column in rows.inputs),
            *(cell.tests.names for rule in rows.rules for cell in rule.cells),
            *(answer.names for rule in rows.rules for answer in rule.answers if answer),
        )

    def answers(self) -> dict[str, list[Any]]:
        """{output: its constants in the order of the rows}; what is calculated from data is left out."""
        found: dict[str, dict[str, Any]] = {name: {} for name in self.outputs}
        for rule in self._rows.rules:
            for name, answer in zip(self.outputs, rule.answers, strict=True):
                if answer is not None and isinstance(answer.tree, Literal):
                    value = _plain(answer.evaluate({}))
                    found[name][repr(value)] = value
        return {name: list(values.values()) for name, values in found.items()}

    def column(self, name: str) -> list[Any]:
        """What each row answers in a column: a constant as its value, anything else as its text."""
        place = self.outputs.index(name) if name in self.outputs else None
        cells = [rule.answers[place] for rule in self._rows.rules] if place is not None else []
        return [_plain(cell.evaluate({})) if not cell.names else cell.text for cell in cells if cell is not None]

    def lines(self) -> list[Line]:
        """The rows in their order; an answer that is calculated is None."""
        inputs = self._rows.inputs
        return [Line(rule.id, {column.expression.text: cell.tests.text for column, cell in zip(
            inputs, rule.cells, strict=True)},
            {name: _plain(answer.evaluate({})) if answer is not None and not answer.names else None
             for name, answer in zip(self.outputs, rule.answers, strict=True)}, rule.annotation,
            {column.expression.text: cell.tests for column, cell in zip(inputs, rule.cells, strict=True)})
            for rule in self._rows.rules]

    @property
    def gives_list(self) -> bool:
        """Does it answer with a list of rows?"""
        return self.hit_policy in ("RULE ORDER", "COLLECT") and not self._rows.aggregation

    def findings(self) -> list[Finding]:
        """Overlaps, gaps and rows that can never be hit, where they can be decided."""
        return findings_of(self._rows)

    def decide(self, data: dict, at: datetime | None = None) -> Decision:
        """The answer for `data`. Raises DecisionUnclear (UNIQUE, ANY) and ExpressionFailed."""
        values = [_asked(column, data, at) for column in self._rows.inputs]
        hit = [rule for rule in self._rows.rules if _is_hit(rule, values, data, at)]
        if self.hit_policy == "FIRST":
            hit = hit[:1]
        if self.hit_policy == "UNIQUE" and len(hit) > 1:
            raise DecisionUnclear(table=self.key, rules=[rule.id for rule in hit])
        answers = [self._answer(rule, data, at) for rule in hit]
        rules = [(rule.id, rule.annotation) for rule in hit]
        if self.hit_policy in ("RULE ORDER", "COLLECT"):
            return Decision(self._gathered(answers) if self._rows.aggregation else answers, rules)
        if any(_key(answer) != _key(answers[0]) for answer in answers[1:]):
            raise DecisionUnclear(table=self.key, rules=[rule.id for rule in hit])
        return Decision(answers[0] if answers else {}, rules)

    def _answer(self, rule: Rule, data: dict, at: datetime | None) -> dict[str, Any]:
        pairs = zip(self.outputs, rule.answers, strict=True)
        return {name: None if answer is None else _plain(answer.evaluate(data, at)) for name, answer in pairs}

    def _gathered(self, answers: list[dict[str, Any]]) -> dict[str, Any]:
        name, how = self.outputs[0], self._rows.aggregation
        values = [answer[name] for answer in answers if answer[name] is not None]
        if how == "COUNT":
            return {name: len(values)}
        numbers = [number_from(value) if isinstance(value, str) else value for value in values]
        if any(type(number) not in (int, Decimal) for number in numbers):
            raise ExpressionFailed("Phép gộp chỉ dùng với số.")
        if not numbers:
            return {}
        if how in ("MIN", "MAX"):
            return {name: _plain(min(numbers) if how == "MIN" else max(numbers))}
        total = numbers[0]
        for number in numbers[1:]:
            total = calculated("+", total, number)
        return {name: _plain(total)}


def load(text: bytes) -> Table:
    """Read the bytes of a `.dmn` file. Raises TableRefused with the element and a Vietnamese sentence."""
    return Table(rows_of(text))


def _is_hit(rule: Rule, values: list[Any], data: dict, at: datetime | None) -> bool:
    pairs = zip(rule.cells, values, strict=True)
    return all(cell.tests.is_any or cell.tests.matches(value, data, at) for cell, value in pairs)


def _asked(column: Input, data: dict, at: datetime | None) -> Any:
    """The value of a column; texts of instance data become what the column's type says, else null."""
    value = column.expression.evaluate(data, at)
    reader = {"number": number_from, "integer": number_from, "date": date_from, "date and time": moment_from}
    if not isinstance(value, str) or column.type not in reader:
        return value
    try:
        return reader[column.type](value)
    except (ExpressionFailed, ValueError):
        return None


def _key(answer: dict[str, Any]) -> list[tuple[str, str, Any]]:
    """True and 1 are different answers."""
    return [(name, type(value).__name__, value) for name, value in answer.items()]


def _plain(value: Any) -> Any:
    """A value as JSON (decimals and dates as text)."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    if value is None or isinstance(value, bool | int | str):
        return value
    raise ExpressionFailed("Bảng quyết định chỉ trả lời chuỗi, số, ngày, đúng hoặc sai.")
