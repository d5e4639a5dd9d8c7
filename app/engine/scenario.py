"""Saved trials of a procedure with the end that each must reach, and test rows of its decision tables (Art. 10.2).

The file "case:<procedure>" of a release: {"scenarios": [{"name", "sample", "moves", "ends_at", "passes", "never",
"at"}], "tables": {table: [{"given", "expect"}]}}. A release is published only when all of them hold; what none of
them visits is the coverage's to name.

It reads strictly and plays in memory (sandbox.py); it writes nothing.
"""

import json
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from app.engine import decision_trial
from app.engine.dialect import read_drawing
from app.engine.sandbox import MAX_MOVES, Picture, TrialRefused, play
from app.engine.sandbox_read import move_of, plain, sample_of
from app.refusal import Refusal

__all__ = ["AT", "Case", "CaseRefused", "Outcome", "Result", "Scenario", "dump", "load", "run", "run_all",
           "with_scenario", "without_scenario"]

Plain = dict[str, Any]

#: when the trials of a scenario begin that names no time of its own: a Monday morning in Viet Nam
AT = datetime(2026, 1, 5, 1, tzinfo=UTC)
MAX_BYTES = 1_000_000
MAX_SCENARIOS = 100
MAX_NAMED = 300
MAX_TABLES = 50
#: changes of state in all scenarios of a file, at 0.2 ms each, and what one counts for that cannot be played
MAX_PASSES, PASSES_REFUSED = 20_000, 1_000
#: bytes of a table that cost as much to read as it costs to look at one cell
_BYTES_PER_CELL = 8
_TOO_MUCH = "Quá nhiều dòng thử cho các bảng lớn như vậy; hãy bớt dòng thử."
_KEYS = {"name", "sample", "moves", "ends_at", "passes", "never", "at"}


class CaseRefused(Refusal):
    """The file of scenarios is not one.

    `facts["message"]` is the Vietnamese sentence.
    """

    code, article = "case_refused", "Art. 10.2"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.facts["message"] = sentence


@dataclass(frozen=True)
class Scenario:
    """One saved trial and what must come of it."""

    name: str
    sample: Plain
    moves: list[Plain]
    #: id of the end event; empty = it must not have ended
    ends_at: str = ""
    #: elements that it must, and must not, complete
    passes: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    #: when it begins
    at: datetime = AT

    def as_json(self) -> Plain:
        """As the file has it."""
        found = {"name": self.name, "sample": self.sample, "moves": self.moves, "ends_at": self.ends_at,
                 "passes": list(self.passes), "never": list(self.never)}
        return found | ({"at": self.at.isoformat()} if self.at != AT else {})


@dataclass(frozen=True)
class Case:
    """A file of scenarios, read."""

    scenarios: tuple[Scenario, ...] = ()
    #: {table: ({"given", "expect"}, ...)}
    tables: dict[str, tuple[Plain, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What came of one scenario, or of one test row."""

    name: str
    is_ok: bool
    #: Vietnamese: the first difference
    sentence: str = ""
    #: the move at which it went wrong, from 1; 0 = none in particular
    move: int = 0
    element: str = ""


@dataclass(frozen=True)
class Result:
    """All scenarios and test rows of a procedure."""

    scenarios: tuple[Outcome, ...]
    #: one per test row, named "table, dòng n"
    rows: tuple[Outcome, ...]
    #: elements and flows that no scenario visits, of how many
    elements_missed: tuple[str, ...]
    elements: int
    flows_missed: tuple[str, ...]
    flows: int
    #: (table, row) that neither a scenario nor a test row hits
    rows_missed: tuple[tuple[str, str], ...]

    @property
    def is_ok(self) -> bool:
        """Does everything hold?"""
        return not self.failures

    @property
    def failures(self) -> tuple[Outcome, ...]:
        """Those that do not hold."""
        return tuple(one for one in (*self.scenarios, *self.rows) if not one.is_ok)

    @property
    def coverage(self) -> int:
        """Elements visited, in whole percent, rounded down."""
        return 100 * (self.elements - len(self.elements_missed)) // max(self.elements, 1)

    def as_json(self) -> Plain:
        """Plain values for the browser."""
        return asdict(self) | {"is_ok": self.is_ok, "coverage": self.coverage}


def load(text: bytes, key: str = "") -> Case:
    """Read a file of scenarios; with the procedure's key the samples are checked, too. Raises CaseRefused."""
    raw = _json(text)
    if not isinstance(raw, dict) or set(raw) - {"scenarios", "tables"}:
        raise CaseRefused("Tệp kịch bản phải có “scenarios” và “tables”, không có mục khác.")
    listed, tables = raw.get("scenarios", []), raw.get("tables", {})
    if not isinstance(listed, list) or len(listed) > MAX_SCENARIOS:
        raise CaseRefused(f"Nhiều nhất {MAX_SCENARIOS} kịch bản.")
    scenarios = tuple(_scenario(one, key) for one in listed)
    names = [one.name for one in scenarios]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise CaseRefused(f"Có hai kịch bản cùng tên “{twice}”.")
    return Case(scenarios, _tables(tables))


def run(files: dict[str, bytes], key: str, scenario: Scenario) -> tuple[Outcome, Picture | None]:
    """Play a scenario: what came of it, and its last picture."""
    try:
        seen = play(files, key, scenario.sample, scenario.moves, scenario.at, is_settled=bool(scenario.ends_at))
    except Refusal as refusal:
        sentence = str(refusal.facts.get("message") or "Sơ đồ không chạy được.")
        return Outcome(scenario.name, False, sentence, element=str(refusal.facts.get("element") or "")), None
    return _judge(files, key, scenario, seen), seen


def run_all(files: dict[str, bytes], key: str) -> Result:
    """Play all scenarios of the procedure and its tables' test rows. A file that cannot be read is one failure."""
    try:
        case = load(files[f"case:{key}"], key) if f"case:{key}" in files else Case()
    except CaseRefused as refusal:
        return Result((Outcome("Tệp kịch bản", False, str(refusal)),), (), (), 0, (), 0, ())
    outcomes, passed, flows, hit, passes = [], set(), set(), set(), 0
    for scenario in case.scenarios:
        if passes > MAX_PASSES:
            outcomes.append(Outcome(scenario.name, False, "Các kịch bản trước đã đi qua quá nhiều bước."))
            continue
        outcome, seen = run(files, key, scenario)
        outcomes.append(outcome)
        passes += seen.passes if seen else PASSES_REFUSED
        if seen:
            passed.update(seen.passed)
            flows.update(seen.flows)
            hit.update(seen.rows)
    tables = _Tables(files)
    rows = tuple(outcome for table, all_ in case.tables.items() for outcome in tables.outcomes(table, all_, hit))
    nodes, drawn = _drawn(files, key)
    return Result(tuple(outcomes), rows, tuple(n for n in nodes if n not in passed), len(nodes),
                  tuple(f for f in drawn if f not in flows), len(drawn),
                  tuple(tables.missed({*case.tables, *(table for table, _ in hit)}, hit)))


def with_scenario(text: bytes | None, scenario: Plain, key: str, *, replaces: str = "") -> bytes:
    """The file with one scenario more, or in the place of the one named. Raises CaseRefused."""
    case = load(text) if text else Case()
    fresh = _scenario(scenario, key)
    if replaces in (one.name for one in case.scenarios):
        return dump(replace(case, scenarios=tuple(fresh if one.name == replaces else one for one in case.scenarios)))
    return dump(replace(case, scenarios=(*case.scenarios, fresh)))


def without_scenario(text: bytes, name: str) -> bytes:
    """The file without the scenario of this name. Raises CaseRefused."""
    case = load(text)
    return dump(Case(tuple(one for one in case.scenarios if one.name != name), case.tables))


def with_rows(text: bytes | None, table: str, rows: list[Plain]) -> bytes:
    """The file with these test rows of a table in the place of those it had. Raises CaseRefused."""
    case = load(text) if text else Case()
    return dump(Case(case.scenarios, {**case.tables, table: tuple(rows)} if rows else {
        name: kept for name, kept in case.tables.items() if name != table}))


def dump(case: Case) -> bytes:
    """A case as a file, read again before it is given back. Raises CaseRefused."""
    raw = {"scenarios": [one.as_json() for one in case.scenarios],
           "tables": {table: list(rows) for table, rows in case.tables.items()}}
    text = (json.dumps(raw, ensure_ascii=False, indent=1) + "\n").encode()
    load(text)
    return text


def _json(text: bytes) -> Any:
    if len(text) > MAX_BYTES:
        raise CaseRefused(f"Tệp kịch bản không được quá {MAX_BYTES // 1000} KB.")
    try:
        return json.loads(text.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise CaseRefused("Tệp kịch bản không phải là JSON hợp lệ.") from error


def _once(pairs: list[tuple[str, Any]]) -> Plain:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a key twice")
    return dict(pairs)


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _scenario(raw: Any, key: str) -> Scenario:
    name = raw.get("name") if isinstance(raw, dict) else None
    if not isinstance(name, str) or not 0 < len(name.strip()) <= 200 or set(raw) - _KEYS:
        raise CaseRefused("Mỗi kịch bản phải có tên không quá 200 ký tự và không có mục lạ.")
    moves, ends_at = raw.get("moves", []), raw.get("ends_at") or ""
    if not isinstance(moves, list) or len(moves) > MAX_MOVES:
        raise CaseRefused(f"Kịch bản “{name}”: nhiều nhất {MAX_MOVES} thao tác.")
    if not isinstance(ends_at, str) or len(ends_at) > 200:
        raise CaseRefused(f"Kịch bản “{name}”: điểm kết thúc phải là mã phần tử.")
    sample = raw.get("sample", {})
    try:
        plain(sample)
        sample_of(key, sample)
        return Scenario(name.strip(), sample, [move_of(move) for move in moves], ends_at,
                        _ids(raw.get("passes", []), name), _ids(raw.get("never", []), name), _at(raw, name))
    except TrialRefused as refusal:
        raise CaseRefused(f"Kịch bản “{name}”: {refusal}") from refusal


def _ids(raw: Any, name: str) -> tuple[str, ...]:
    if not isinstance(raw, list) or len(raw) > MAX_NAMED or not all(isinstance(x, str) and len(x) <= 200 for x in raw):
        raise CaseRefused(f"Kịch bản “{name}”: danh sách phần tử không đúng dạng.")
    return tuple(raw)


def _at(raw: Plain, name: str) -> datetime:
    if raw.get("at") is None:
        return AT
    try:
        found = datetime.fromisoformat(raw["at"])
    except (TypeError, ValueError):
        found = None
    if found is None or found.tzinfo is None or not 2020 <= found.year < 2100:
        raise CaseRefused(f"Kịch bản “{name}”: thời điểm bắt đầu không đúng.")
    return found


def _tables(raw: Any) -> dict[str, tuple[Plain, ...]]:
    if not isinstance(raw, dict) or len(raw) > MAX_TABLES:
        raise CaseRefused(f"Nhiều nhất {MAX_TABLES} bảng quyết định có dòng thử.")
    try:
        return {table: tuple(decision_trial.rows_from(rows)) for table, rows in raw.items()}
    except decision_trial.TrialRowsRefused as refusal:
        raise CaseRefused(f"Dòng thử của bảng quyết định không đúng dạng, hoặc quá {decision_trial.MAX_ROWS} dòng.") \
            from refusal


def _judge(files: dict[str, bytes], key: str, scenario: Scenario, seen: Picture) -> Outcome:
    """The first difference between what came and what was to come."""
    if seen.fault:
        where = f"Thao tác {seen.fault.move}: " if seen.fault.move else ""
        return Outcome(scenario.name, False, where + seen.fault.sentence, seen.fault.move, seen.fault.element)
    labels = _labels(files[f"bpmn:{key}"])

    def said(element: str) -> str:
        return f"“{labels.get(element, element)}”"

    last, ended = len(scenario.moves), seen.ended_at or ""
    if ended != scenario.ends_at:
        if not ended:
            now = ", ".join(said(place.element) for place in seen.standing) or "không đâu"
            return Outcome(scenario.name, False, f"Chưa kết thúc tại {said(scenario.ends_at)}: đang ở {now}.", last,
                           scenario.ends_at)
        wanted = f"phải kết thúc tại {said(scenario.ends_at)}" if scenario.ends_at else "chưa được kết thúc"
        return Outcome(scenario.name, False, f"Kết thúc tại {said(ended)}, trong khi {wanted}.", last, ended)
    for element in scenario.passes:
        if element not in seen.passed:
            gone = "" if element in labels else " (không còn trên sơ đồ)"
            return Outcome(scenario.name, False, f"Không đi qua {said(element)}{gone}.", last, element)
    for element in scenario.never:
        if element in seen.passed:
            return Outcome(scenario.name, False, f"Đã đi qua {said(element)}, trong khi không được.", last, element)
    return Outcome(scenario.name, True)


@lru_cache(maxsize=16)
def _labels(drawing: bytes) -> dict[str, str]:
    return {node.id: node.element.label or node.id for node in read_drawing(drawing).nodes()}


class _Tables:
    """The tables of one run, each read once, and what is left of the work that their test rows may cost."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files, self.left = files, decision_trial.MAX_WORK
        self.known: dict[str, decision_trial.Trial | str] = {}

    def outcomes(self, table: str, rows: tuple[Plain, ...], hit: set[tuple[str, str]]) -> list[Outcome]:
        """One per test row of a table; the rows of the table that they hit go into `hit`."""
        return [self._outcome(table, f"Bảng “{table}”, dòng thử {number}", row, hit)
                for number, row in enumerate(rows, 1)]

    def missed(self, tables: set[str], hit: set[tuple[str, str]]) -> list[tuple[str, str]]:
        """The rows that nothing has hit, of the tables that can be read."""
        read = [(table, found) for table in sorted(tables) if not isinstance(found := self._trial(table), str)]
        return [(table, row) for table, found in read for row in found.table.row_ids if (table, row) not in hit]

    def _trial(self, table: str) -> decision_trial.Trial | str:
        """The table, or why there is none."""
        if table not in self.known:
            self.known[table] = self._read(table)
        return self.known[table]

    def _read(self, table: str) -> decision_trial.Trial | str:
        text = self.files.get(f"dmn:{table}")
        if text is None:
            return "Không còn bảng quyết định này."
        self.left -= len(text) // _BYTES_PER_CELL
        if self.left < 0:
            return _TOO_MUCH
        try:
            return decision_trial.load(text)
        except Refusal as refusal:
            return str(refusal.facts.get("message") or "Không đọc được bảng.")

    def _outcome(self, table: str, name: str, row: Plain, hit: set[tuple[str, str]]) -> Outcome:
        found = self._trial(table)
        if isinstance(found, str):
            return Outcome(name, False, found, element=table)
        self.left -= found.table.cells
        if self.left < 0:
            return Outcome(name, False, _TOO_MUCH, element=table)
        tried = found.run(row, AT)
        hit.update((table, rule) for rule in tried.rules)
        if tried.is_passed is not False:
            return Outcome(name, True)
        return Outcome(name, False, tried.message or f"Bảng trả lời {_said(tried.outputs)}, khác với mong đợi.",
                       element=table)


def _said(outputs: Any) -> str:
    """What a table answered, in words as far as it goes: names and values, rows parted by a bar."""
    if isinstance(outputs, list):
        return " | ".join(map(_said, outputs)) or "không gì"
    if not isinstance(outputs, dict) or not outputs:
        return "không gì"
    return "; ".join(f"{name} = {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
                     for name, value in outputs.items())


def _drawn(files: dict[str, bytes], key: str) -> tuple[list[str], list[str]]:
    """Elements and flows of the diagram; none when it cannot be read."""
    try:
        drawing = read_drawing(files[f"bpmn:{key}"])
    except (Refusal, KeyError):
        return [], []
    return [node.id for node in drawing.nodes()], [f.id for scope in drawing.scopes.values() for f in scope.flows]
