"""Two courses side by side: of two documents, or of one and the usual course of its procedure (Art. 10.3, 10.4).

A step of a course is an act that moved the instance, or an intervention. Steps are aligned by element and kind, in
order; what differs is said by name. The usual course is the medians over finished instances of one release. Reads rows
of acts only, no content beside what playback.py has told already.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from itertools import groupby
from statistics import median

from sqlalchemy import select

from app.db import db
from app.engine.diagram import Release
from app.engine.instance import Instance
from app.engine.playback import INTERVENTIONS, STANDING, Frame
from app.records.history import Act

#: kinds of acts that are steps of a course
MOVES = ("instance_started", "task_completed", "step_finished", "step_failed", "timer_fired", "message_received",
         *INTERVENTIONS)
#: newest finished instances over which the usual is taken
MOST = 300
#: a wait differs when it is so many times the other, and by so many seconds
TIMES, SECONDS = 2, 3600


@dataclass(frozen=True)
class Step:
    """One step of a course; of the usual one, `number` is 0 and nobody is named."""

    kind: str
    element: str
    label: str
    waited: float | None
    number: int = 0
    who: str = ""
    #: what was decided, in the words of the form
    decision: str = ""
    is_late: bool = False
    #: of the usual course: in how many of the instances it occurs, 0 to 1
    share: float = 1.0

    @property
    def is_intervention(self) -> bool:
        """Whether somebody reached into the course here."""
        return self.kind in INTERVENTIONS


@dataclass(frozen=True)
class Pair:
    """What stands on one line: `differs` names "missing", "extra", "who", "decision", "slower", "faster", "late"."""

    one: Step | None
    other: Step | None
    differs: tuple[str, ...]


@dataclass(frozen=True)
class Usual:
    """The usual course on one release, over so many finished instances; empty when there are none."""

    instances: int
    steps: tuple[Step, ...]


def steps_of(frames: Sequence[Frame]) -> list[Step]:
    """The steps of a document's course, from its frames."""
    return [Step(f.kind, f.element, f.label, f.waited, f.number, "" if f.is_system else f.who,
                 next((v.text for v in f.values if v.key == "decision"), ""), f.is_late)
            for f in frames if f.kind in MOVES]


def compare(one: Sequence[Step], other: Sequence[Step]) -> list[Pair]:
    """The two courses aligned; a step that only one has stands alone."""
    keys = [[(step.kind, step.element) for step in steps] for steps in (one, other)]
    found = []
    for tag, a, b, c, d in SequenceMatcher(None, *keys, autojunk=False).get_opcodes():
        if tag == "equal":
            found += [Pair(mine, theirs, tuple(_differs(mine, theirs)))
                      for mine, theirs in zip(one[a:b], other[c:d], strict=True)]
        else:
            found += [Pair(step, None, ("extra",)) for step in one[a:b]]
            found += [Pair(None, step, ("missing",)) for step in other[c:d]]
    return found


def _differs(one: Step, other: Step) -> Iterator[str]:
    if one.who and other.who and one.who != other.who:
        yield "who"
    if other.number and one.decision != other.decision:
        yield "decision"
    if one.is_late and not other.is_late:
        yield "late"
    if one.waited is not None and other.waited is not None and abs(one.waited - other.waited) >= SECONDS:
        if one.waited >= TIMES * other.waited:
            yield "slower"
        elif other.waited >= TIMES * one.waited:
            yield "faster"


def usual(key: str, release: str, but: int = 0) -> Usual:
    """The usual course: what at least half of the finished instances on the release did, in their median order, with
    median waits. `but`: a document that is compared with it and is left out.
    """
    ids = list(db.session.scalars(
        select(Instance.document_id).join(Release, Release.id == Instance.release_id)
        .where(Instance.key == key, Release.sha256 == release, Instance.status == "finished",
               Instance.document_id != but).order_by(Instance.id.desc()).limit(MOST)))
    rows = db.session.execute(
        select(Act.subject, Act.at, Act.kind, Act.element, Act.occurrence, Act.label, Act.moves)
        .where(Act.subject.in_([f"document:{one}" for one in ids]), Act.kind.in_(MOVES))
        .order_by(Act.subject, Act.number)) if ids else []
    return Usual(len(ids), _medians([list(_walk(list(acts))) for _, acts in groupby(rows, lambda row: row.subject)]))


def _walk(acts: list) -> Iterator[Step]:
    """The steps of one history."""
    opened: dict[tuple[str, int], datetime] = {}
    for act in acts:
        since = opened.get((act.element, act.occurrence))
        for element, occurrence, _before, after in act.moves:
            if after in STANDING:
                opened.setdefault((element, occurrence), act.at)
            else:
                opened.pop((element, occurrence), None)
        yield Step(act.kind, act.element, act.label, (act.at - since).total_seconds() if since else None)


def _medians(courses: list[list[Step]]) -> tuple[Step, ...]:
    """What at least half of them did; the n-th time of one and the same step is a step of its own."""
    seen: dict[tuple[str, str, int], list[tuple[int, Step]]] = {}
    for steps in courses:
        times: dict[tuple[str, str], int] = {}
        for place, step in enumerate(steps):
            name = (step.kind, step.element)
            times[name] = times.get(name, 0) + 1
            seen.setdefault((*name, times[name]), []).append((place, step))
    found = []
    for (kind, element, _), places in seen.items():
        if 2 * len(places) >= len(courses):
            waits = [step.waited for _, step in places if step.waited is not None]
            found.append((median(place for place, _ in places), Step(
                kind, element, places[-1][1].label, median(waits) if waits else None,
                share=len(places) / len(courses))))
    return tuple(step for _, step in sorted(found, key=lambda pair: pair[0]))

