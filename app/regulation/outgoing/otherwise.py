"""What went to a recipient beside the exchange: the paper of a hybrid document, or another way (Art. 4.2, 9.2.b, c).

A clerk ticks each recipient: by post, by hand or by mail, with what proves it. Of a document that goes electronically
only who could not be reached by the exchange is ticked so. It sends nothing, and takes nothing from what was sent.
"""

from datetime import datetime

from app.db import db
from app.engine import instance as instances
from app.records import history, message, right
from app.records.calendar import local_date
from app.records.document import Document
from app.records.message import Message
from app.records.people import User
from app.refusal import Refusal

#: by post, handed over, to an official mailbox
WAYS = ("post", "hand", "mail")


class NotSentOtherwise(Refusal):
    """A clerk ticks a recipient of a dispatched document: of a hybrid one any, of another one whom it did not reach."""

    code, status, article = "not_sent_otherwise", 409, "Art. 9.2.c"


def may_tell(user: User, document: Document, row: Message) -> bool:
    """Whether the person may say that this recipient was sent it in another way."""
    return (user.has("clerk") and document.direction == "outgoing" and document.status == "dispatched"
            and (document.exchange_form == "hybrid" or row.is_failed))


def tell(document_id: int, partner: str, way: str, note: str, user: User, at: datetime) -> None:
    """Write it down; said again it is corrected, said twice it is said once. Commits.

    Raises NotFound, NotSentOtherwise.
    """
    document = right.find(document_id, user, local_date(at))
    instances.lock_of_document(document_id)
    db.session.refresh(document)
    row = next((one for one in message.sent_for(document_id) if one.partner == partner), None)
    if row is None or not may_tell(user, document, row):
        raise NotSentOtherwise()
    keep(row, way, note, user, at)


def keep(row: Message, way: str, note: str, user: User, at: datetime) -> None:
    """Of one recipient, under the lock of its document. As `tell`."""
    if way not in WAYS:
        raise NotSentOtherwise()
    note = " ".join(note.split())[:200]
    if (row.other_way, row.other_note) == (way, note):
        db.session.rollback()
        return
    row.other_way, row.other_note, row.other_at = way, note, at
    history.append(history.Act(agency_id=row.agency_id, subject=f"document:{row.document_id}", at=at,
                               actor_id=user.id, kind="sent_otherwise", label=row.partner),
                   input={"partner": row.partner, "way": way, "note": note}, changes=history.take_changes())
    db.session.commit()
