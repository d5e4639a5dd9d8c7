"""The text of a procedure out of its drawing: who does what, in which order, by when, on which form (Art. 10.2).

In the form of a Vietnamese regulation: chapters, articles, clauses, points, with the labels of the drawing and of the
forms, conditions and times in words, decision tables as annexes. It is also the screen reader's twin of the drawing:
each element, line, lane and note is told once, at a place that bears its id. Pure over files; drafts too.

Families: narrative_order.py (the order), narrative_step.py (the words of one element), narrative_text.py (the values).
What frames the text (legal bases, closing clauses) is the caller's. It lays nothing out and judges nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from app.engine.difference_sketch import Item, Sketch, sketch
from app.engine.difference_table import POLICIES
from app.engine.narrative_order import Group, groups_of
from app.engine.narrative_step import Teller
from app.engine.narrative_text import (
    ARTICLE,
    CHAPTER,
    CLAUSE,
    LETTERS,
    POINT,
    Line,
    Narrative,
    Place,
    Span,
    Table,
    resolved,
)
from app.engine.wording import fit, lower, upper
from app.engine.wording_table import table_of

__all__ = ["Frame", "Line", "Narrative", "Span", "Table", "narrate"]

_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X")


@dataclass(frozen=True)
class Frame:
    """What stands around the drawing's own words."""

    #: legal bases, each without its sign at the end
    bases: tuple[str, ...] = ()
    #: what articles in the drawing belong to: "Quy chế"
    cited: str = ""
    #: clauses of the first article after the scope
    about: tuple[str, ...] = ()
    #: (title, clauses) of the articles at the end
    closing: tuple[tuple[str, tuple[str, ...]], ...] = ()


def narrate(files: Mapping[str, bytes], key: str, frame: Frame | None = None) -> Narrative:
    """The text of a procedure. Raises DiagramRefused when its drawing is no BPMN at all, KeyError when it has none."""
    return _Writer(sketch(files[f"bpmn:{key}"]), files, key, frame or Frame()).written()


class _Writer:
    """Writes articles first with open references, then puts their numbers in."""

    def __init__(self, drawn: Sketch, files: Mapping[str, bytes], key: str, frame: Frame) -> None:
        self.drawn, self.files, self.key, self.frame = drawn, files, key, frame
        self.teller = Teller(drawn, files, frame.cited)
        self.lines: list[tuple[Place, Line]] = []
        self.places: dict[str, Place] = {}
        self.article, self.clause, self.point, self.chapter = 0, 0, 0, 0
        self.notes = self._notes()

    def written(self) -> Narrative:
        """All of it."""
        process = self._only("process")
        title = (process.name if process else "") or fit(self.key)
        groups = groups_of(self.drawn)
        self._chapter("QUY ĐỊNH CHUNG")
        self._scope(process, title)
        self._duties(groups)
        self._chapter("TRÌNH TỰ THỰC HIỆN")
        for group in groups:
            self._group(group)
        if left := [one for notes in self.notes.values() for one in notes]:
            self._article("Ghi chú trên sơ đồ")
            for note in left:
                self._note(note)
        if self.frame.closing:
            self._chapter("TỔ CHỨC THỰC HIỆN")
        for heading, clauses in self.frame.closing:
            self._article(heading)
            for text in clauses:
                self._clause((Span(text),))
        lines = tuple(resolved(line, here, self.places, self.teller.names) for here, line in self.lines)
        return Narrative(self.key, title, self.frame.bases, lines, tuple(self._tables()))

    def _only(self, tag: str) -> Item | None:
        return next((item for item in self.drawn.items.values() if item.tag == tag), None)

    def _line(self, line: Line) -> None:
        self.lines.append((Place(self.article, self.clause), line))

    def _chapter(self, title: str) -> None:
        self._line(Line(CHAPTER, f"Chương {_ROMAN[self.chapter]}", (Span(title),)))
        self.chapter += 1

    def _article(self, title: str, anchor: str = "") -> None:
        self.article, self.clause = self.article + 1, 0
        self._line(Line(ARTICLE, f"Điều {self.article}.", (Span(title),), anchor))
        if anchor:
            self.places[anchor] = Place(self.article)

    def _clause(self, spans: tuple[Span, ...], anchor: str = "") -> None:
        self.clause, self.point = self.clause + 1, 0
        self._line(Line(CLAUSE, f"{self.clause}.", spans, anchor))
        if anchor:
            self.places[anchor] = Place(self.article, self.clause)

    def _points(self, points: list[tuple[Span, ...]]) -> None:
        for number, spans in enumerate(points):
            letter = LETTERS[number] if number < len(LETTERS) else str(number + 1)
            last = Span("." if number == len(points) - 1 else ";")
            self._line(Line(POINT, f"{letter})", (*spans, last)))

    def _scope(self, process: Item | None, title: str) -> None:
        pool = self._only("participant")
        self._article("Phạm vi điều chỉnh, đối tượng áp dụng", process.id if process else "")
        spans = (Span(f"Quy định này quy định trình tự, trách nhiệm và thời hạn thực hiện quy trình “{title}” trên "
                      "phần mềm quản lý văn bản và điều hành của cơ quan."),)
        self._clause(spans, pool.id if pool else "")
        if process is not None and process.facts.get("documentation"):
            self._clause((Span(self.teller.documented(process)),))
        for text in self.frame.about:
            self._clause((Span(text),))

    def _duties(self, groups: list[Group]) -> None:
        """Who does what: a clause per lane, with the tasks of people that stand in it."""
        lanes = [item for item in self.drawn.items.values() if item.tag == "lane"]
        if not lanes:
            return
        self._article("Trách nhiệm thực hiện")
        told = [one for group in groups for one in (group.lead, *group.members)]
        for lane in lanes:
            mine = [one for one in told if one.facts.get("lane") == lane.id]
            people = [one for one in mine if one.tag in ("userTask", "subProcess")]
            name = lane.name or fit(lane.id)
            if not people:
                said = "các bước do phần mềm tự động thực hiện" if mine else "không có việc trong quy trình này"
                self._clause((Span(name, is_strong=True), Span(f": {said}.")), lane.id)
                continue
            self._clause((Span(name, is_strong=True), Span(" chịu trách nhiệm thực hiện các việc sau:")), lane.id)
            self._points([(Span("", to=one.id),) for one in people])

    def _group(self, group: Group) -> None:
        lead = group.lead
        self._article(self.teller.heading(lead, group), lead.id)
        for spans, points in self.teller.lead(lead):
            self._clause(spans)
            self._points(points)
        self._attached(lead)
        for item in group.members:
            for number, (spans, points) in enumerate(self.teller.member(item)):
                self._clause(spans, "" if number else item.id)
                self._points(points)
            self._attached(item)

    def _notes(self) -> dict[str, list[Item]]:
        """Element -> the notes that a line joins to it; "" = those that hang on nothing."""
        joined = {}
        for one in self.drawn.items.values():
            if one.tag == "association":
                ends = one.facts.get("source", ""), one.facts.get("target", "")
                joined |= {ends[0]: ends[1], ends[1]: ends[0]}
        found: dict[str, list[Item]] = {}
        for one in self.drawn.items.values():
            if one.tag == "textAnnotation":
                found.setdefault(joined.get(one.id, ""), []).append(one)
        return found

    def _attached(self, item: Item) -> None:
        for note in self.notes.pop(item.id, []):
            self._note(note)

    def _note(self, note: Item) -> None:
        self._clause((Span("Ghi chú: ", is_strong=True), Span(fit(note.facts.get("note"), 500) or "(trống)")), note.id)

    def _tables(self) -> list[Table]:
        """Tables that the drawing asks first, then the others of the release."""
        asked = [f"dmn:{item.facts['table']}" for item in self.drawn.items.values() if item.facts.get("table")]
        names = dict.fromkeys([*asked, *sorted(name for name in self.files if name.startswith("dmn:"))])
        read = [(name, table) for name in names if (table := table_of(self.files.get(name))) is not None]
        found = []
        for number, (name, table) in enumerate(read):
            rows = tuple((row.id, (str(row.number), upper(table.conditions(row)), upper(table.answers(row)),
                                   row.note)) for row in table.rows)
            roman = _ROMAN[number] if number < len(_ROMAN) else str(number + 1)
            policy = POLICIES.get(table.policy, fit(table.policy))
            found.append(Table(name, f"Phụ lục {roman}" if len(read) > 1 else "Phụ lục", table.name,
                               f"Cách chọn dòng: {lower(policy)}.", ("TT", "Trường hợp", "Kết quả", "Nội dung"), rows))
        return found
