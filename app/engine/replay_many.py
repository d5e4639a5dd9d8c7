"""Replay of one or all instances of an agency with a verdict each: equal, removed, or where it first differs.

The nightly check and the command ask here; `replay.py` does the running. Reads only.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from hashlib import sha256
from typing import Any

from sqlalchemy import select

from app.db import db
from app.db.readable import UNREADABLE
from app.engine import inbox, replay
from app.engine.instance import Instance
from app.records import verify
from app.records.calendar import ZONE
from app.records.history import Act, ActContent, removed_to
from app.records.verify import Finding
from app.records.verify_record import document_of
from app.refusal import Refusal


@dataclass(frozen=True)
class Judged:
    """What the replay of one instance says: `difference` empty and not removed = equal after every act."""

    document: int
    acts: int
    difference: str = ""
    act: int = 0
    element: str = ""
    #: the act that removed content (Art. 3.2): the part before what is gone is equal; 0: none did
    removed_by: int = 0

    @property
    def is_removed(self) -> bool:
        """Is content gone that an act removed?"""
        return self.removed_by > 0

    @property
    def is_equal(self) -> bool:
        """Did every act leave the recorded state?"""
        return not self.difference and not self.is_removed

    def as_json(self) -> dict[str, Any]:
        """What the command prints of a difference."""
        return {"document": self.document, "act": self.act, "element": self.element, "difference": self.difference}


def instances_of(document_id: int | None = None, since: date | None = None) -> list[int]:
    """Ids of the instances to replay: of one document, or of all that an act has moved since that day."""
    query = select(Instance.id).order_by(Instance.id)
    if document_id is not None:
        query = query.where(Instance.document_id == document_id)
    if since is not None:
        moved = select(Act.subject).where(Act.at >= datetime.combine(since, time(), ZONE), Act.release_sha256 != "",
                                          Act.subject.startswith("document:"))
        subjects = set(db.session.scalars(moved.distinct()))
        query = query.where(Instance.document_id.in_({document_of(subject) for subject in subjects}))
    return list(db.session.scalars(query))


def judged(instance_id: int, tell: Callable[[int], None] = lambda done: None) -> Judged:
    """Replay one instance from its first act to its last and compare each state, and the state kept now.

    `tell` hears how many acts were run, one by one.
    """
    instance = db.session.get(Instance, instance_id)
    if instance is None:  # it is read with both
        document_id = db.session.scalar(select(Instance.document_id).where(Instance.id == instance_id))
        return Judged(document_id or 0, 0, "the document or the release of the procedure is not there")
    try:
        found = replay.replay(instance, tell)
    except Refusal as refusal:  # the record does not fit the diagram at all
        found = replay.Replayed(0, f"{refusal.code}: {refusal}")
    except UNREADABLE as error:  # nor is it a record of ours
        found = replay.Replayed(0, f"the procedure cannot be read: {type(error).__name__}")
    number, difference = found.at_act, found.difference
    if number and not _has_content(instance.document_id, number):
        if remover := _remover(instance.document_id, number):
            return Judged(instance.document_id, found.acts, f"content removed by act {remover}", number,
                          removed_by=remover)
        difference = "the content is gone and no act removed it"
    difference = difference or _kept_otherwise(instance, found)
    return Judged(instance.document_id, found.acts, difference, number, _element(instance.document_id, number))


def _kept_otherwise(instance: Instance, found: replay.Replayed) -> str:
    """How state, release and inbox that are kept now differ from those after the last act that ran."""
    try:
        if sha256(instance.state).hexdigest() != found.state_hash:
            return "the state kept now is not the one after the last act"
        if instance.release.sha256 != found.release_sha256:
            return "the release kept now is not the one of the last act"
        return inbox.differs(instance, replay.kept(instance))
    except UNREADABLE as error:
        return f"what is kept now cannot be read: {type(error).__name__}"


def nightly(agency_id: int, at: datetime, since: date | None) -> Finding:
    """Replay what moved since that day and write down what was found. Commits."""
    seen, faults = {"checked": 0, "equal": 0, "removed": 0}, []
    for instance_id in instances_of(None, since):
        found = judged(instance_id)
        seen["checked"] += 1
        seen["equal"] += found.is_equal
        seen["removed"] += found.is_removed
        if found.difference and not found.is_removed:
            faults.append(found.as_json())
        db.session.rollback()  # no long transaction: each instance is a whole by itself
    row = verify.keep(agency_id, "replay", at, seen, faults)
    db.session.commit()
    return row


def _act(document_id: int, number: int) -> Any:
    return select(Act.id).where(Act.subject == f"document:{document_id}", Act.number == number).scalar_subquery()


def _has_content(document_id: int, number: int) -> bool:
    return db.session.scalar(select(ActContent.id).where(ActContent.act_id == _act(document_id, number))) is not None


def _remover(document_id: int, number: int) -> int | None:
    """The act that removed the content of that one."""
    rows = db.session.execute(select(Act.number, ActContent.input).join(ActContent, ActContent.act_id == Act.id).where(
        Act.subject == f"document:{document_id}", Act.kind == "content_removed", Act.number > number)
        .order_by(Act.number))
    return next((remover for remover, given in rows if removed_to(remover, given) >= number), None)


def _element(document_id: int, number: int) -> str:
    return db.session.scalar(select(Act.element).where(Act.id == _act(document_id, number))) or "" if number else ""
