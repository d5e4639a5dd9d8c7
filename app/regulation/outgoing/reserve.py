"""A number held for a document before it is numbered (Art. 9.1.a, 9.2.a; NĐ 30/2020 Đ15).

A clerk holds the next number of the register for one document under way, with a reason, for some hours. The step
`number` gives the document that number; after its hours, or when the clerk lets it go, it stays in the register as a
cancelled one with its reason: there is never a silent gap. Holding gives no number: that needs the approval still.
"""

from datetime import datetime, timedelta

from app.db import db
from app.engine import instance as instances
from app.engine.reason import SHORTEST_TOLD, need_reason
from app.records import history, register, right
from app.records.calendar import ZONE, local_date
from app.records.document import ENDED, Document
from app.records.people import User
from app.records.register import RegisterEntry
from app.refusal import Refusal


class NotReservable(Refusal):
    """A clerk holds a number, one, for an outgoing document under way that has none; and lets go what is held."""

    code, status, article = "not_reservable", 409, "NĐ 30/2020 Đ15"


def held(document: Document) -> RegisterEntry | None:
    """The number that is held for the document."""
    entry = register.entry_of(document.id, "outgoing") if document.direction == "outgoing" else None
    return entry if entry is not None and entry.held_until is not None else None


def may_reserve(user: User, document: Document) -> bool:
    """Whether the person may hold a number for the document now."""
    return (user.has("clerk") and document.direction == "outgoing" and document.status not in ENDED
            and register.entry_of(document.id, "outgoing") is None)


def reserve(document_id: int, user: User, reason: str, at: datetime, hours: int) -> int:
    """Hold the next number for the document. Raises NotFound, ReasonNeeded, ReasonShort, NotReservable (a second
    click, too), RegisterMissing. Commits.
    """
    document, reason = _locked(document_id, user, at), need_reason(reason, SHORTEST_TOLD)
    if not may_reserve(user, document):
        raise NotReservable()
    year = local_date(at).year
    entry = register.take_number("outgoing", year, document, at, user.id)
    # a number of one year's register has a day of that year
    entry.held_until = min(at + timedelta(hours=hours), datetime(year, 12, 31, 23, 59, 59, tzinfo=ZONE))
    entry.held_for = reason
    number = entry.number
    db.session.flush()
    _tell(document, "number_reserved", user, {"number": number, "reason": reason,
                                              "until": entry.held_until.isoformat()}, at)
    db.session.commit()
    return number


def release(document_id: int, user: User, reason: str, at: datetime) -> int:
    """Let the held number go: it stays in the register as cancelled. Raises as `reserve`. Commits."""
    document, reason = _locked(document_id, user, at), need_reason(reason, SHORTEST_TOLD)
    entry = held(document)
    if entry is None or not user.has("clerk"):
        raise NotReservable()
    return _let_go(document, entry, user, reason, at)


def expire(at: datetime) -> int:
    """Each number that was held too long is let go; how many. Commits each."""
    overdue = db.session.execute(
        db.select(RegisterEntry.id, RegisterEntry.document_id).where(RegisterEntry.held_until < at)
        .order_by(RegisterEntry.id)).all()
    db.session.rollback()
    gone = 0
    for entry_id, document_id in overdue:
        instances.lock_of_document(document_id)
        entry = db.session.get_one(RegisterEntry, entry_id, populate_existing=True)
        if entry.held_until is not None and entry.held_until < at:  # it was not given meanwhile
            _let_go(entry.document, entry, None, _expired(entry), at)
            gone += 1
        db.session.rollback()
    return gone


def take(document: Document, at: datetime) -> RegisterEntry | None:
    """The held number becomes the document's; None: none is held, or no longer. Within the act that numbers."""
    entry = held(document)
    if entry is None or entry.held_until is None:
        return None
    if entry.held_until < at:
        register.void(document, "outgoing", at, None, _expired(entry))
        return None
    register.lock(entry)
    entry.held_until = None
    return entry


def _expired(entry: RegisterEntry) -> str:
    until = entry.held_until.astimezone(ZONE) if entry.held_until else entry.at
    return f"Hết giờ giữ số ({until:%H:%M %d/%m/%Y}): {entry.held_for}"


def _let_go(document: Document, entry: RegisterEntry, user: User | None, reason: str, at: datetime) -> int:
    number = entry.number
    register.void(document, "outgoing", at, user.id if user else None, reason)
    _tell(document, "number_released", user, {"number": number, "reason": reason}, at)
    db.session.commit()
    return number


def _locked(document_id: int, user: User, at: datetime) -> Document:
    document = right.find(document_id, user, local_date(at))
    instances.lock_of_document(document_id)
    db.session.refresh(document)
    return document


def _tell(document: Document, kind: str, user: User | None, said: dict[str, object], at: datetime) -> None:
    history.append(history.Act(agency_id=document.agency_id, subject=f"document:{document.id}", at=at,
                               actor_id=user.id if user else None, kind=kind),
                   input=said, changes=history.take_changes())
