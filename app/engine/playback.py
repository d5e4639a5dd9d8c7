"""Playback: the frames of one document's history, told from rows alone (Art. 10.3; security.md S12).

One frame per act: who, when, for whom, what was filled in, what changed, how long it had waited, what the system did,
and where the tokens stood on the release that ran then. Rows of acts, their contents, tasks and diagrams are all that
is read; the engine is not asked (replay.py asks it), nothing is changed, and who may look is decided at the door.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import case, select

from app.db import db
from app.engine import diagram
from app.engine.diagram import Bundle, Release
from app.engine.playback_flows import taken, ways
from app.engine.playback_words import (
    Book,
    Change,
    Result,
    Value,
    changes_of,
    facts_of,
    filled_in,
    message_label,
    results_of,
    taker,
)
from app.engine.task import OPEN, Task
from app.records import history
from app.records.document import Document, NotFound
from app.records.history import Act, ActContent

#: acts by which an administrator, or who may in his place, reached into the course of an instance
INTERVENTIONS = (
    "step_retried", "sent_back", "instance_suspended", "instance_resumed", "instance_migrated", "instance_repaired",
    "instance_cancelled", "repair_asked", "repair_refused",
)
#: acts that the system does, whoever had asked for the work; a message with an actor is what that person has done
BY_SYSTEM = ("step_finished", "step_failed", "timer_fired", "content_removed")
#: states of a token that stands on an element
STANDING = ("READY", "STARTED", "WAITING")
#: numbers of those acts of a course of which more is told
Chosen = Callable[[Sequence[Act]], Collection[int]]
#: what was put in, and what changed, where that is told; by the id of the act
Content = tuple[dict[str, Any], list[Any]]
Contents = dict[int, Content]


@dataclass(frozen=True)
class Frame:
    """One act as it is shown; times are aware, lengths in seconds."""

    number: int
    at: datetime
    #: name of who acted; of a step of the system, of who had asked for it; "" for nobody
    who: str
    on_behalf_of: str
    is_system: bool
    kind: str
    element: str
    label: str
    #: version of the procedure whose drawing belongs to this frame; 0 before there is one
    version: int
    release: str
    #: whether what was put in and what came of it is said: values, changes, results, facts
    is_told: bool = True
    values: tuple[Value, ...] = ()
    changes: tuple[Change, ...] = ()
    results: tuple[Result, ...] = ()
    #: what else the act says: a reason, an error, a message
    facts: tuple[Value, ...] = ()
    #: since the element opened; None: nothing waited
    waited: float | None = None
    due_at: datetime | None = None
    #: number of the act that removed this one's content (Art. 3.2); 0: it is there
    removed_by: int = 0
    #: its content is gone and no act removed it
    is_lost: bool = False
    #: elements where a token stands after it, and all that were completed so far in order of time
    here: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()
    #: sequence flows that tokens took in this act
    flows: tuple[str, ...] = ()
    #: element, label and deadline of each task that this act opened and that waits past its deadline still
    overdue: tuple[tuple[str, str, datetime], ...] = ()

    @property
    def is_late(self) -> bool:
        """Whether it came after its deadline, or what it opened waits past its own."""
        return bool(self.overdue) or self.due_at is not None and self.at > self.due_at

    @property
    def is_intervention(self) -> bool:
        """Whether somebody reached into the course."""
        return self.kind in INTERVENTIONS


@dataclass(frozen=True)
class Course:
    """The frames of a document, and the drawings that they need."""

    document_id: int
    frames: tuple[Frame, ...]
    #: {sha256 of a release: its drawing}
    drawings: dict[str, bytes]


def course(document: Document, at: datetime | None = None, chosen: Chosen | None = None) -> Course:
    """All frames of a document, oldest first; a fixed number of statements, however long its history is.

    `at`: now, when it shall be said which tasks wait past their deadlines.
    `chosen`: of which acts it is told what was put in and what came of it; without, of every one.
    """
    acts = history.course(f"document:{document.id}")
    told = chosen(acts) if chosen else {act.number for act in acts}
    rows = db.session.execute(
        select(Act.id, ActContent.input, case((Act.number.in_(told), ActContent.changes)))
        .join(ActContent, ActContent.act_id == Act.id).where(Act.subject == f"document:{document.id}"))
    contents: Contents = {key: (given, changes) for key, given, changes in rows}
    releases = _releases(acts)
    dated = db.session.scalars(
        select(Task).where(Task.document_id == document.id, Task.kind == "user", Task.due_at.is_not(None))).all()
    due = {(row.instance_id, row.element, row.occurrence): row.due_at for row in dated}
    waits = [row for row in dated if at and row.status == OPEN and row.due_at and row.due_at < at]
    book = Book()
    for is_known in (False, True):  # the first round learns whose names are needed
        frames = _Teller(releases, due, book, told).tell(acts, contents)
        if not is_known:
            book.load()
    for row in waits:
        frames = [replace(one, overdue=(*one.overdue, (row.element, row.label, row.due_at)))
                  if one.at == row.created_at and one.flows else one for one in frames]
    drawings = {sha: bundle.drawing for sha, (_, bundle) in releases.items()}
    return Course(document.id, tuple(frames), drawings)


def drawing(document_id: int, sha256: str = "") -> bytes:
    """The drawing of a release on which the document ran; without its hash, of the last one. Raises NotFound."""
    ran = select(Act.release_sha256).where(Act.subject == f"document:{document_id}", Act.release_sha256 != "")
    known = db.session.scalar((ran.where(Act.release_sha256 == sha256) if sha256 else ran)
                              .order_by(Act.number.desc()).limit(1))
    release = db.session.scalar(select(Release).where(Release.sha256 == known).limit(1)) if known else None
    if release is None:
        raise NotFound()
    return diagram.bundle(release).drawing


def _releases(acts: Sequence[Act]) -> dict[str, tuple[int, Bundle]]:
    """{sha256: (version, parsed release)}; one that is not known any more is left out."""
    wanted = {act.release_sha256 for act in acts if act.release_sha256}
    found = db.session.scalars(select(Release).where(Release.sha256.in_(wanted)).order_by(Release.id.desc()))
    return {row.sha256: (row.version, diagram.bundle(row)) for row in found}


class _Teller:
    """Walks the acts of a document once and keeps where its tokens are."""

    def __init__(self, releases: dict[str, tuple[int, Bundle]], due: dict[tuple[int, str, int], datetime],
                 book: Book, told: Collection[int] = ()) -> None:
        self.releases, self.due, self.book, self.told = releases, due, book, told
        self.opened: dict[tuple[str, int], datetime] = {}
        self.passed: dict[str, None] = {}
        self.release, self.instance = "", 0

    def tell(self, acts: Sequence[Act], contents: Contents) -> list[Frame]:
        """The frames."""
        removers = [(act.number, history.removed_to(act.number, contents[act.id][0])) for act in acts
                    if act.kind == "content_removed" and act.id in contents]
        found = []
        for act in acts:
            content = contents.get(act.id)
            removed = 0 if content else next((by for by, last in removers if last >= act.number), 0)
            found.append(replace(self._frame(act, content), removed_by=removed, is_lost=not content and not removed))
        return found

    def _frame(self, act: Act, content: Content | None) -> Frame:
        self.release = act.release_sha256 or self.release
        version, bundle = self.releases.get(self.release, (0, None))
        given: dict[str, Any] = content[0] if content else {}
        if act.kind == "instance_started":
            self.opened.clear()
            self.passed.clear()
        self.instance = given.get("instance") or self.instance
        waited = self._move(act)
        labels = bundle.labels | bundle.annotations if bundle else {}
        who = act.actor.full_name if act.actor else taker(given)
        label = act.label or labels.get(act.element, "") or message_label(act)
        return Frame(
            act.number, act.at, who,
            act.on_behalf_of.full_name if act.on_behalf_of else "", act.kind in BY_SYSTEM or not who,
            act.kind, act.element, label, version, self.release, act.number in self.told,
            **self._detail(act, content, bundle, labels), waited=waited,
            due_at=self.due.get((self.instance, act.element, act.occurrence)) if act.kind == "task_completed" else None,
            here=self._here(bundle), passed=tuple(self.passed),
            flows=taken(act.moves, ways(bundle.drawing)) if bundle else ())

    def _detail(self, act: Act, content: Content | None, bundle: Bundle | None,
                labels: dict[str, str]) -> dict[str, Any]:
        """What was put in and what came of it, of an act that is told."""
        if content is None or act.number not in self.told:
            return {}
        given, changes = content
        return {"values": filled_in(act.element, given, bundle, self.book),
                "facts": facts_of(act.kind, given, bundle, self.book),
                "changes": changes_of(changes, self.book, labels), "results": results_of(given, bundle, self.book)}

    def _move(self, act: Act) -> float | None:
        """Take the moves; how long the element of the act had been open."""
        key = (act.element, act.occurrence)
        since = self.opened.get(key)
        if since is None and act.kind in ("timer_fired", "message_received"):  # they name what came, not where
            done = [(e, o) for e, o, before, _ in act.moves if before == "WAITING"]
            since = next((self.opened[one] for one in done if one in self.opened), None)
        for element, occurrence, _before, after in act.moves:
            if after in STANDING:
                self.opened.setdefault((element, occurrence), act.at)
            else:
                self.opened.pop((element, occurrence), None)
            if after == "COMPLETED":
                self.passed[element] = None
        return (act.at - since).total_seconds() if since and act.kind not in ("task_claimed", "task_released") else None

    def _here(self, bundle: Bundle | None) -> tuple[str, ...]:
        standing = (element for element, _ in self.opened)
        return tuple(bundle.compiled.here(standing) if bundle else dict.fromkeys(standing))
