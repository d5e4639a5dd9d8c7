"""That a person has read a document is an act, too: who, what of it, when (security.md S12; Art. 10.3).

At most one act per person, document and quarter of an hour: a page loaded again is no new reading. Of an auditor each
thing that he opens is one of its own: page, history, file, replay; and each list that he looks through, in his own
chain. A reader never waits long for the document's lock: a
job writes the act then. It does not decide who may read (records/right.py).
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, cast, exists, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import OperationalError

from app.db import db, queue
from app.engine.instance import Instance
from app.records import history, internal_paper
from app.records.document import Document
from app.records.history import Act, ActContent
from app.records.people import User

#: a person's next reading of a document within so long is the same one, minutes
SAME_MINUTES = 15
#: how long a page waits for the lock of the document's instance, milliseconds
PATIENCE_MS = 1000
#: characters kept of the address of a list
_LONGEST = 500
#: SQLSTATE of a lock that was not had in time
_LOCK_TIMEOUT = "55P03"


def note(document: Document, user: User, what: str, at: datetime) -> bool:
    """Write that the person opens `what` of the document: "page", "task:5", "file:31", ...; the caller may read it.

    False: it is the reading that was written a short while ago. Commits when it writes.
    """
    document_id, user_id, agency_id = document.id, user.id, document.agency_id
    of = what if user.has("auditor") else ""
    if _is_known(document_id, user_id, of, at):
        return False
    db.session.execute(select(func.set_config("lock_timeout", str(PATIENCE_MS), True)))
    try:
        _lock(document_id)
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", "") != _LOCK_TIMEOUT:
            raise
        db.session.rollback()
        queue.defer(db.session, "reading", {"agency_id": agency_id, "document_id": document_id, "user_id": user_id,
                                            "what": what, "read_at": at.isoformat()})
        db.session.commit()
        return True
    if _is_known(document_id, user_id, of, at):  # written while the lock was waited for
        db.session.rollback()
        return False
    _write(agency_id, document_id, user_id, {"what": what}, at)
    db.session.commit()
    return True


def note_above(document_id: int, agency_id: int, told: dict[str, Any], what: str, at: datetime) -> bool:
    """Write that one of the agency above opens `what` of the document (Art. 12); `told`: by whom, by which scope.

    The caller holds the document's lock and commits. False: it is the reading that was written a short while ago.
    """
    given = {"what": what, **told}
    if db.session.scalar(select(exists().where(
            *_lately(document_id, at), ActContent.act_id == Act.id,
            cast(ActContent.input, JSONB).contains(given)))):
        return False
    _write(agency_id, document_id, None, given, at)
    return True


def note_list(user: User, asked: str, at: datetime) -> bool:
    """Write that an auditor looks through a list of documents; `asked`: its address, with what he searched for.

    False: it is no auditor, or the same list of a short while ago. Commits when it writes.
    """
    chain, agency_id, user_id = f"user:{user.id}", user.agency_id, user.id
    given = {"what": "list", "asked": asked[:_LONGEST]}
    if not user.has("auditor") or _is_listed(chain, given, at):
        return False
    history.lock(chain)
    if _is_listed(chain, given, at):  # written while the lock was waited for
        db.session.rollback()
        return False
    history.note(chain, "document_read", agency_id=agency_id, at=at, actor_id=user_id, input=given)
    db.session.commit()
    return True


def _is_listed(chain: str, given: dict[str, str], at: datetime) -> bool:
    return bool(db.session.scalar(select(exists().where(
        Act.subject == chain, Act.kind == "document_read", Act.at > at - timedelta(minutes=SAME_MINUTES),
        ActContent.act_id == Act.id, ActContent.input["asked"].astext == given["asked"]))))


def note_later(document_id: int, user_id: int, what: str, read_at: str, at: datetime) -> None:
    """Write a reading that could not be written when it was done. Commits."""
    document, user = db.session.get(Document, document_id), db.session.get(User, user_id)
    if document is None or user is None:
        return
    agency_id, of = document.agency_id, what if user.has("auditor") else ""
    _lock(document_id)
    if not _is_known(document_id, user_id, of, datetime.fromisoformat(read_at)):
        _write(agency_id, document_id, user_id, {"what": what, "read_at": read_at}, at, datetime.fromisoformat(read_at))
    db.session.commit()


def _lock(document_id: int) -> None:
    """The lock that all who write to the document's chain hold: its newest instance, or the chain itself."""
    newest = select(Instance.id).where(Instance.document_id == document_id).order_by(Instance.id.desc()).limit(1)
    if db.session.scalar(newest.with_for_update(of=Instance)) is None:
        history.lock(f"document:{document_id}")


def _is_known(document_id: int, user_id: int, of: str, at: datetime) -> bool:
    """Whether a reading of the person, of that part where one is given, is written and not old."""
    known = [*_lately(document_id, at), Act.actor_id == user_id]
    if of:
        known += [ActContent.act_id == Act.id, ActContent.input["what"].astext == of]
    return bool(db.session.scalar(select(exists().where(*known))))


def _lately(document_id: int, at: datetime) -> list[ColumnElement[bool]]:
    """Conditions on Act: a reading of the document, not old."""
    return [Act.subject == f"document:{document_id}", Act.kind == "document_read",
            Act.at > at - timedelta(minutes=SAME_MINUTES)]


def _write(agency_id: int, document_id: int, user_id: int | None, given: dict[str, Any], at: datetime,
           read_at: datetime | None = None) -> None:
    """The act; of what was sent to the person within the agency (Art. 4.1.a) the first one is the receipt."""
    is_receipt = user_id is not None and internal_paper.mark_read(document_id, user_id, read_at or at)
    act = Act(agency_id=agency_id, subject=f"document:{document_id}", at=at, actor_id=user_id, kind="document_read")
    history.append(act, input=given, changes=history.take_changes() if is_receipt else [], is_locked=True)
