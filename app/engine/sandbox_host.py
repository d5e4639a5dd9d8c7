"""What stands in for the steps while a diagram is tried (Art. 10.2): sample values, decision tables, the obligations.

No step's code runs. A step answers with what its template says it gives (template.py), the usual value first; a
decision table is asked for real; the table of obligations is asked and kept as at run time, but in memory. Whatever
would reach beyond the records is marked, so that nobody takes a number or a signature shown here for one.

It touches no record and moves no token (sandbox.py does).
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from itertools import product
from typing import Any

from app.engine import obligation, spiff, template
from app.engine.decision import Table
from app.engine.decision import load as load_table
from app.engine.dialect import Drawing, Element
from app.engine.form import plain
from app.engine.language import VIETNAM
from app.engine.obligation import NotTheirTask, OnlyOnce, OutOfOrder, OutOfPlace, StillOwed, TooLate
from app.engine.sandbox_read import TrialRefused
from app.engine.step import StepUnknown
from app.engine.template import Template
from app.refusal import Refusal

Plain = dict[str, Any]

#: results that one step offers to choose from
MAX_CHOICES = 12
#: cells of decision tables that one trial looks at
MAX_CELLS = 1_000_000
#: the day on which the samples of the templates are written
SAMPLE_DAY = date(2026, 1, 5)
_BROKEN = {"needs": OutOfOrder, "bars": TooLate, "once": OnlyOnce, "only": OutOfPlace}


class NoSuchTable(Refusal):
    """A rule asks a decision table that is not there."""

    code, article = "table_missing", "Art. 10.2"


@dataclass(frozen=True)
class Note:
    """What one step or form did in the trial."""

    text: str
    gives: Plain
    is_outside: bool


class Order:
    """The table of obligations over milestones in memory; form and direction of the document never change."""

    def __init__(self, form: str, direction: str) -> None:
        self.form, self.direction = form, direction
        #: what stands, in order of time
        self.standing: dict[str, None] = {}

    def require(self, step: str, role: str | None = None, *, data: Plain, arguments: Plain | None = None) -> None:
        """Refuse a step or form whose time, place or lane is not this one; as obligation.require."""
        foreign = obligation.stranger(step, self.form, self.direction)
        if foreign is not None:
            raise obligation.refused(OutOfPlace, foreign, step=step)
        rules = obligation.about(obligation.of(step, self.form, self.direction), arguments or {})
        for rule in rules:
            if role is not None and rule.roles and role not in rule.roles:
                raise obligation.refused(NotTheirTask, rule, step=step, roles=rule.roles)
        for rule, kind, name in obligation.broken(rules, self.standing, data):
            raise obligation.refused(_BROKEN[kind], rule, step=step, need=name)

    def settle(self, step: str, known: Plain) -> None:
        """Keep what the step has reached and undone; `known`: arguments, data and result."""
        sets, undone = obligation.reached(obligation.of(step, self.form, self.direction), known)
        for name in undone | sets:
            self.standing.pop(name, None)
        self.standing |= dict.fromkeys(sorted(sets))

    def require_end(self) -> None:
        """Refuse an end while something is owed. Raises StillOwed."""
        rules = [rule for rule in obligation.table() if rule.form in ("", self.form)
                 and rule.direction in ("", self.direction)]
        for rule in obligation.owed(rules, self.standing):
            raise obligation.refused(StillOwed, rule, step=rule.step, owes=rule.owes)


@dataclass
class SampleHost:
    """Answers for the steps of one trial; the host of spiff.Run."""

    files: dict[str, bytes]
    drawing: Drawing
    order: Order
    #: {step: values} that this sample document brings about, e.g. that its signatures are not valid; all that the
    #: step gives of what could be chosen, so that {} = it finds nothing to do
    results: dict[str, Plain]
    at: datetime
    #: what each element did last, by (element, occurrence)
    notes: dict[tuple[str, int], Note] = field(default_factory=dict)
    #: names that a person has typed: no sample value takes their place
    typed: set[str] = field(default_factory=set)
    #: the element whose step was reached last in this act
    reached: str = ""
    #: (table, row) hit
    rows: set[tuple[str, str]] = field(default_factory=set)
    #: cells of decision tables looked at
    cells: int = 0

    def __post_init__(self) -> None:
        """Read the catalogue once."""
        self._asked: dict[tuple[str, int], Plain] = {}
        self.templates = template.templates()
        self.elements = {node.id: node.element for node in self.drawing.nodes()}
        self._watched = {node.attached_to for node in self.drawing.nodes() if node.attached_to}

    def step(self, element: str, occurrence: int, name: str, arguments: Plain, data: Plain) -> Any:
        """A step is reached: its result, or LATER where a person is to choose it (spiff.Host)."""
        self.reached = element
        if self.elements[element].kind == "rule":
            return self._decide(element, occurrence, str(arguments.get("table")), data)
        found = self.template(element)
        self.order.require(name, data=data, arguments=arguments)
        if self.choices(element) or (found.is_slow and element in self._watched):
            self._asked[element, occurrence] = arguments
            return spiff.LATER
        return self.answer(element, occurrence, {}, {**data, **arguments})

    def answer(self, element: str, occurrence: int, chosen: Plain, data: Plain) -> Plain:
        """The result of a step, chosen or usual; its obligations are settled. Raises what `Order` refuses."""
        found = self.template(element)
        self.order.require(found.name, data=data, arguments=spiff.arguments_of(self.elements[element].arguments, data))
        given = {name: self._sample(name, samples) for name, samples in found.gives.items()}
        if not found.is_outside:
            given |= {name: data[name] for name in self.typed & given.keys() if data.get(name) is not None}
        if found.name in self.results:
            decided = self.results[found.name]
            given = {k: v for k, v in given.items() if k not in _open(found)} | {k: decided[k] for k in given
                                                                                if k in decided}
        given |= chosen
        self.order.settle(found.name, {**data, **self._asked.pop((element, occurrence), {}), **given})
        self.notes[element, occurrence] = Note(found.label, given, found.is_outside)
        return given

    def template(self, element: str) -> Template:
        """What the element calls. Raises StepUnknown."""
        name = self.elements[element].step
        found = self.templates.get(f"qlvb.{name}")
        if found is None:
            raise StepUnknown(name=name)
        return found

    def choices(self, element: str) -> list[Plain]:
        """The results among which a person chooses, the usual one first; none where there is nothing to choose."""
        found = self.template(element)
        names = _open(found)
        if not names or found.name in self.results:
            return []
        return [dict(zip(names, values, strict=True)) for values in product(*names.values())][:MAX_CHOICES]

    def taken(self, element: Element, occurrence: int, clean: Plain, fields: frozenset[str], data: Plain) -> Plain:
        """What completing a form puts into the data: what was typed, else the usual values of what the form gives.

        `fields`: all keys of the form; one that is hidden gives nothing.
        """
        name = f"task:{element.form_key}"
        self.order.require(name, element.role or "clerk", data=data)
        found = self.templates.get(f"qlvb.task.{element.form_key}")
        if found is None:
            owned = template.owned_names()
            given = {k: v for k, v in plain(clean).items() if k not in owned}
        else:
            given = {}
            for key, samples in found.gives.items():
                if key in clean:
                    given[key] = _as(clean[key], samples)
                elif key not in fields:
                    is_typed = key in self.typed and data.get(key) is not None
                    given[key] = data[key] if is_typed else self._sample(key, samples)
                elif None in samples:
                    given[key] = None  # hidden
        self.typed |= {key for key in given if clean.get(key) is not None}
        self.order.settle(name, {**data, **given})
        label = found.label if found else "Hoàn thành biểu mẫu"
        self.notes[element.id, occurrence] = Note(label, given, bool(found and found.is_outside))
        return given

    def _sample(self, name: str, samples: tuple[Any, ...]) -> Any:
        """The usual value; a sample date stands as far from today as it does from the day of all samples."""
        value = samples[0]
        if not isinstance(value, str):
            return value
        since = self.at.astimezone(VIETNAM).date() - SAMPLE_DAY
        if name.endswith("_due_at"):
            return (datetime.fromisoformat(value) + since).isoformat()
        return (date.fromisoformat(value) + since).isoformat() if name.endswith("_date") else value

    def _decide(self, element: str, occurrence: int, table: str, data: Plain) -> Plain:
        if f"dmn:{table}" not in self.files:
            raise NoSuchTable(table=table)
        known = _table(self.files[f"dmn:{table}"])
        self.cells += known.cells
        if self.cells > MAX_CELLS:
            raise TrialRefused("Lần chạy thử đã tra bảng quyết định quá nhiều lần.")
        found = known.decide(data, self.at)
        self.rows |= {(table, row) for row, _ in found.rules}
        owned = template.owned_names()  # as at run time: no table writes who signs or handles
        answers = found.outputs if isinstance(found.outputs, dict) else {}
        given = {name: value for name, value in answers.items() if name not in owned}
        why = "; ".join(words for _, words in found.rules if words) if found.rules else "không dòng nào khớp"
        self.notes[element, occurrence] = Note(f"Tra bảng quyết định{': ' + why if why else ''}", given, False)
        return given


@lru_cache(maxsize=32)
def _table(text: bytes) -> Table:
    return load_table(text)


def _open(found: Template) -> dict[str, tuple[Any, ...]]:
    """What the outside decides: names with several sample values that no record or form settles."""
    return {name: samples for name, samples in found.gives.items() if len(samples) > 1
            and (found.is_slow or found.is_outside or all(isinstance(value, bool) for value in samples))}


def _as(value: Any, samples: tuple[Any, ...]) -> Any:
    """What a form gives as the step keeps it: ids of people and registers are numbers, the rest as typed."""
    if isinstance(value, str) and any(type(sample) is int for sample in samples):
        return int(value) if value.isascii() and value.isdigit() and len(value) < 16 else None
    return value
