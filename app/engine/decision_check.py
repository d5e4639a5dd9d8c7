"""What is wrong with a decision table before it is used: overlaps, gaps, rows that are never hit.

The values of a column fall into classes that its cells cannot tell apart; one sample stands for each class, and the
cells themselves are asked about it. So what is found here is what `decision.py` would do. Columns whose cells
read data or use `?` cannot be decided: they are left out, never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import combinations, pairwise
from typing import Any

from app.engine import language_tree as tree
from app.engine.decision_read import Input, Output, Rows, Rule
from app.engine.language import ExpressionFailed, UnaryTests
from app.engine.language_value import Range, kind_of
from app.engine.language_walk import Walk

#: how many tests the cells of a table may be asked, and how many looks at a row the search for a gap may take;
#: above them the table is left undecided, so that a hostile file costs at most a second
MAX_TESTS = 200_000
MAX_LOOKS = 2_000_000
MAX_GAPS = 5
MAX_OVERLAPS = 50
_OTHER = "\u2026"
_STEPS = {"number": Decimal(1), "integer": 1, "date": timedelta(days=1), "date and time": timedelta(seconds=1)}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something an editor should see; `level` is "error" (not publishable) or "warning"."""

    level: str
    element: str
    message: str


@dataclass(frozen=True, slots=True)
class _Column:
    """The samples of a column, and per rule the numbers of those that pass; undecided: no samples."""

    samples: tuple[Any, ...]
    passing: tuple[frozenset[int], ...]


def findings_of(rows: Rows) -> list[Finding]:
    """All findings, errors first. A table without rows is an error."""
    if not rows.rules:
        return [Finding("error", rows.key, "Bảng chưa có dòng nào.")]
    budget = MAX_TESTS
    columns: list[_Column] = []
    for number in range(len(rows.inputs)):
        column, cost = _column(rows, number, budget)
        columns.append(column)
        budget -= cost
    found = [*_wrong_answers(rows), *_never(rows, columns), *_overlaps(rows, columns)]
    if rows.hit_policy in ("UNIQUE", "FIRST", "ANY") and all(column.samples for column in columns):
        found += _gaps(rows, columns)
    return sorted(found, key=lambda finding: finding.level)


def _column(rows: Rows, number: int, budget: int) -> tuple[_Column, int]:
    """The column, and how many tests it took."""
    cells = [rule.cells[number].tests for rule in rows.rules]
    distinct = {cell.text: cell for cell in cells}
    samples = _samples(rows.inputs[number], list(distinct.values()))
    cost = len(samples) * sum(1 + len(cell.tree.items) for cell in distinct.values())
    if not samples or cost > budget:
        return _Column((), ()), 0
    classes: dict[frozenset[str], Any] = {}
    for sample in samples:
        classes.setdefault(frozenset(text for text, cell in distinct.items() if cell.matches(sample, {})), sample)
    passing = {text: frozenset(place for place, texts in enumerate(classes) if text in texts) for text in distinct}
    return _Column(tuple(classes.values()), tuple(passing[cell.text] for cell in cells)), cost


def _samples(column: Input, cells: list[UnaryTests]) -> tuple[Any, ...]:
    """One value per class, () when the column cannot be decided."""
    points: list[Any] = []
    if all(tests.is_any for tests in cells):
        return (_OTHER,)
    for tests in cells:
        constants = _constants(tests)
        if constants is None:
            return ()
        points += constants
    kinds = {kind_of(point) for point in points if point is not None}
    kind = column.type or (kinds.pop() if len(kinds) == 1 else "")
    if kinds and kinds != {"number" if kind == "integer" else kind}:
        return ()
    if column.allowed is not None:
        allowed = _constants(column.allowed)
        is_list = allowed is not None and _is_list(column.allowed)
        return tuple(dict.fromkeys(allowed)) if is_list else ()
    if kind == "boolean":
        return (True, False)
    if kind == "text":
        is_decided = all(_is_list(tests) for tests in cells)
        return (*dict.fromkeys(point for point in points if point is not None), _OTHER) if is_decided else ()
    return _between(sorted({point for point in points if point is not None}), kind)


def _between(points: list[Any], kind: str) -> tuple[Any, ...]:
    """The points of an ordered kind, one value between each two, one beyond each end."""
    step = _STEPS.get(kind)
    if step is None or not points:
        return (_sample_of(kind),) if step is not None else ()
    found: list[Any] = []
    try:
        found.append(points[0] - step)
        for left, right in pairwise(points):
            found.append(left)
            middle = left + (right - left) / 2 if kind in ("number", "date and time") else left + step
            if left < middle < right:
                found.append(middle)
        found += [points[-1], points[-1] + step]
    except (OverflowError, ValueError):
        return ()
    if kind == "integer":
        found = [int(point) for point in found if point == int(point)]
    return tuple(dict.fromkeys(found))


def _sample_of(kind: str) -> Any:
    if kind in ("number", "integer"):
        return 0
    return date(2000, 1, 1) if kind == "date" else datetime.fromisoformat("2000-01-01T00:00:00+07:00")


def _constants(tests: UnaryTests) -> list[Any] | None:
    """The constants a cell compares with; None when it reads data, its input, or the clock."""
    if tests.names:
        return None
    found: list[Any] = []
    for item in tests.tree.items:
        if isinstance(item, tree.Holds):
            return None
        try:
            value = Walk({}, None).run(item.item if isinstance(item, tree.Against) else item)
        except ExpressionFailed:
            return None
        parts = [value.low, value.high] if type(value) is Range else value if type(value) is list else [value]
        if any(type(part) in (list, dict, Range) for part in parts):
            return None
        found += [Decimal(part) if type(part) is int else part for part in parts]
    return found


def _is_list(tests: UnaryTests) -> bool:
    """Does the cell name values one by one, without ranges and comparisons?"""
    return not any(isinstance(item, tree.Against | tree.Span) for item in tests.tree.items)


def _never(rows: Rows, columns: list[_Column]) -> list[Finding]:
    found = []
    for place, rule in enumerate(rows.rules):
        for number, column in enumerate(columns):
            is_null = rule.cells[number].tests.matches(None, {}) if column.samples else True
            if not is_null and not column.passing[place]:
                found.append(
                    Finding("warning", rule.cells[number].id, "Ô này không khớp giá trị nào được phép của cột.")
                )
    return found


def _wrong_answers(rows: Rows) -> list[Finding]:
    return [
        Finding("error", rule.id, f"Giá trị của “{output.name}” không nằm trong danh sách cho phép.")
        for rule in rows.rules
        for output, number in zip(rows.outputs, range(len(rows.outputs)), strict=True)
        if _is_wrong(output, rule, number)
    ]


def _is_wrong(output: Output, rule: Rule, number: int) -> bool:
    answer = rule.answers[number]
    if output.allowed is None or answer is None or answer.names:
        return False
    try:
        return not output.allowed.matches(answer.evaluate({}), {})
    except ExpressionFailed:
        return False


def _overlaps(rows: Rows, columns: list[_Column]) -> list[Finding]:
    if rows.hit_policy not in ("UNIQUE", "ANY") or not all(column.samples for column in columns):
        return []
    found: list[Finding] = []
    for first, second in combinations(range(len(rows.rules)), 2):
        one, other = rows.rules[first], rows.rules[second]
        if any(column.passing[first].isdisjoint(column.passing[second]) for column in columns):
            continue
        if rows.hit_policy == "ANY" and _says(one) == _says(other):
            continue
        shared = [column.samples[min(column.passing[first] & column.passing[second])] for column in columns]
        found.append(
            Finding("error", other.id, f"Dòng trùng với dòng “{one.id}”, ví dụ khi {_shown(rows, shared)}.")
        )
        if len(found) == MAX_OVERLAPS:
            break
    return found


def _says(rule: Rule) -> list[str | None]:
    return [answer.text if answer else None for answer in rule.answers]


def _shown(rows: Rows, values: list[Any]) -> str:
    return ", ".join(
        f"{column.label or column.expression.text} = {_value(value)}"
        for column, value in zip(rows.inputs, values, strict=True)
    )


def _value(value: Any) -> str:
    if value == _OTHER:
        return "giá trị khác"
    if isinstance(value, bool):
        return "đúng" if value else "sai"
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


class _Search:
    """Looks for combinations that no row answers; gives up silently after MAX_LOOKS."""

    def __init__(self, columns: list[_Column]) -> None:
        self._columns = columns
        self._looks = 0
        self._covered: set[tuple[int, frozenset[int]]] = set()
        self.gaps: list[list[Any]] = []

    def look(self, number: int, alive: frozenset[int], values: list[Any]) -> None:
        """Goes through column `number` with the rows still `alive`."""
        self._looks += 1 + len(alive) * len(self._columns[number].samples if number < len(self._columns) else ())
        if self._looks > MAX_LOOKS or len(self.gaps) >= MAX_GAPS or (number, alive) in self._covered:
            return
        if not alive:
            rest = [column.samples[-1] for column in self._columns[number:]]
            self.gaps.append(values + rest)
            return
        if number == len(self._columns):
            return
        before = len(self.gaps)
        column = self._columns[number]
        for place, sample in enumerate(column.samples):
            left = frozenset(rule for rule in alive if place in column.passing[rule])
            self.look(number + 1, left, [*values, sample])
        if len(self.gaps) == before:
            self._covered.add((number, alive))


def _gaps(rows: Rows, columns: list[_Column]) -> list[Finding]:
    search = _Search(columns)
    search.look(0, frozenset(range(len(rows.rules))), [])
    return [
        Finding("warning", rows.key, f"Chưa có dòng nào cho trường hợp {_shown(rows, gap)}.") for gap in search.gaps
    ]
