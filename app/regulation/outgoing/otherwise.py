"""What went to a recipient beside the exchange: a hybrid document's paper, or another way (Art. 4.2, 9.1.d, 9.2.b, c).

A clerk ticks each recipient: by post, by hand or by mail, with what proves it. A hybrid document is not wholly sent
until each of them is ticked, or has a reason why no paper goes to him: its procedure waits as long. Of a document that
goes electronically only who could not be reached by the exchange is ticked so, and who is in no directory; of those
somebody may have it within the agency, or is not sent it at all, for a reason. What was issued as exchanged within the
agency goes to nobody outside it without paper (4.1.a, 4.2): he is ticked once he was given a copy on paper. It sends
nothing, and takes nothing from what was sent.
"""

from datetime import datetime

from app.db import db, queue
from app.engine import instance as instances
from app.engine.reason import SHORTEST_TOLD, need_reason
from app.records import certified_copy, history, message, right
from app.records.calendar import local_date
from app.records.document import ENDED, Document, answered_by
from app.records.message import INSIDE, OUTSIDE, Message
from app.records.people import User
from app.refusal import Refusal
from app.regulation import addressed, answered
from app.regulation.exchange_form import HYBRID, require_scope
from app.regulation.layout_grammar import fold

#: by post, with the number of the item or why there is none
POST = "post"
#: by post, handed over: a paper
PAPER_WAYS = (POST, "hand")
#: and to an official mailbox
WAYS = (*PAPER_WAYS, "mail")
#: he is not sent it, or no paper of it, and the note says why
NOT_SENT = "none"


class NotSentOtherwise(Refusal):
    """A clerk ticks a recipient of a dispatched document: of a hybrid one any, of another whom it could not reach."""

    code, status, article = "not_sent_otherwise", 409, "Art. 9.2.c"


def ways_of(row: Message) -> tuple[str, ...]:
    """In which ways this recipient may be said to have been sent it."""
    if row.kind == OUTSIDE:
        return (*WAYS, INSIDE, NOT_SENT)
    return (*WAYS, NOT_SENT) if row.certified_copy_id is None and _form(row) == HYBRID else WAYS


def _form(row: Message) -> str:
    return db.session.get_one(Document, row.document_id).exchange_form


def may_tell(user: User, document: Document, row: Message) -> bool:
    """Whether the person may say that this recipient was sent it in another way."""
    if not user.has("clerk") or document.direction != "outgoing":
        return False
    if row.kind == OUTSIDE:  # taken back, it is said of the rest that they are not sent it
        return document.status in ("dispatched", "withdrawn")
    return document.status == "dispatched" and (document.exchange_form == HYBRID or row.is_failed)


def tell(document_id: int, partner: str, way: str, note: str, user: User, at: datetime) -> None:
    """Write it down; said again it is corrected, said twice it is said once. Commits.

    Raises NotFound, NotSentOtherwise, OutsideScopeIssued, ReasonNeeded, ReasonShort.
    """
    document = right.find(document_id, user, local_date(at))
    instances.lock_of_document(document_id)
    db.session.refresh(document)
    rows = [*message.sent_for(document_id), *message.outside_of(document_id)]
    row = next((one for one in rows if one.partner == partner), None)
    if row is None or not may_tell(user, document, row):
        raise NotSentOtherwise()
    if row.kind == OUTSIDE and way in WAYS and not (
            way in PAPER_WAYS and fold(row.name) in map(fold, handed(document_id))):
        require_scope(document, [row.partner], local_date(at))
    keep(row, way, note, user, at)


def handed(document_id: int) -> list[str]:
    """Who was given a copy of the document on paper, as its "Nơi nhận" names them: a paper as Art. 4.2 asks for, worth
    the original (NĐ 30/2020 Đ26).
    """
    return [copy.recipients[int(place)].strip(" -;.") for copy in certified_copy.of(document_id)
            if copy.form == certified_copy.PAPER and copy.status == certified_copy.MADE
            for place, given in (copy.handed or {}).items() if given["way"] in PAPER_WAYS]


def keep(row: Message, way: str, note: str, user: User, at: datetime) -> None:
    """Of one recipient, under the lock of its document. As `tell`."""
    if way not in ways_of(row):
        raise NotSentOtherwise()
    note = noted(way, note)
    if (row.other_way, row.other_note) == (way, note):
        db.session.rollback()
        return
    is_new = not row.other_way
    row.other_way, row.other_note, row.other_at = way, note, at
    history.append(history.Act(agency_id=row.agency_id, subject=f"document:{row.document_id}", at=at,
                               actor_id=user.id, kind="sent_otherwise", label=(row.name or row.partner)[:200]),
                   input={"partner": row.partner, "way": way, "note": note}, changes=history.take_changes())
    if is_new:
        go_on(row)
    db.session.commit()


def noted(way: str, note: str) -> str:
    """What is said beside a way: the number of what is posted, or why there is none; why he is not sent it.

    Raises ReasonNeeded, ReasonShort.
    """
    shortest = {NOT_SENT: SHORTEST_TOLD, POST: 1}.get(way)
    return (need_reason(note, shortest) if shortest else " ".join(note.split()))[:200]


def closed_by_last(document: Document) -> list[Document]:
    """What is answered, and handled to its end, when the last one in "Kính gửi" outside the exchange has the document;
    none where nobody there is left.
    """
    if document.status != "dispatched" or not message.left_outside(document.id, addressed.TO):
        return []
    return [one for one in answered_by(document) if one.status not in ENDED and answered.closes(document, one.id)]


def go_on(row: Message) -> None:
    """The last one in "Kính gửi" has it: what it answers is answered; the last one of all: nothing is waited for."""
    if row.certified_copy_id is not None:
        return
    document = db.session.get_one(Document, row.document_id)
    is_named_first = row.kind == OUTSIDE and row.partner.startswith(addressed.TO)
    is_last = is_named_first and not message.left_outside(document.id, addressed.TO)
    if is_last and document.status == "dispatched":
        answered.tell(document)
    end_waiting(document)


def end_waiting(document: Document) -> None:
    """Where nothing more is waited for of any recipient, its procedure hears so."""
    db.session.flush()
    running = instances.of_document(document.id)
    if running is not None and running.status == "running" and message.is_settled(document.id):
        queue.defer(db.session, "deliver", {"agency_id": document.agency_id, "instance_id": running.id,
                                            "message": "receipt", "payload": {}}, lock=f"instance:{running.id}")
