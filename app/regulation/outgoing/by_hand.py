"""Who has a dispatched document by mail or on paper is told by people what is asked of it (Art. 9.1.d; QĐ 28/2018 Đ8).

A document that is taken back or corrected is asked about through the exchange (recall.py, update.py), which does not
reach whoever is in no directory, or was sent it in another way because it could not be sent there. Each of them is a
row, until a clerk writes down on which day, how and whom he told, or why not.
"""

from datetime import date, datetime, time

from app.db import db
from app.engine import instance as instances
from app.engine.reason import SHORTEST_TOLD, need_reason
from app.records import history, message, right
from app.records.calendar import ZONE, local_date
from app.records.message import BY_HAND, Message
from app.records.people import User
from app.refusal import Refusal
from app.regulation.outgoing.otherwise import WAYS, NotSentOtherwise

#: `other_way` of a row whose recipient was told
TOLD = "told"


class ToldDayWrong(Refusal):
    """A recipient is told between the day on which it was asked for and today."""

    code, article = "told_day_wrong", "QĐ 28/2018 Đ8"


def having(document_id: int, *, is_recall: bool) -> list[Message]:
    """The rows of recipients that have it, and that the exchange does not reach. `is_recall`: of those outside, too,
    of whom nobody has said yet whether they were sent it.
    """
    unreached = [row for row in message.sent_for(document_id) if row.is_failed or row.status_code == "02"]
    outside = message.outside_of(document_id)
    return [row for row in [*unreached, *outside] if row.other_way in WAYS
            or (is_recall and row in outside and not row.other_way)]


def ask(rows: list[Message], code: str, at: datetime) -> None:
    """They are to be told; `code`: the status that would ask for it, "" of a correction. Under the lock of the
    document, in the act that the caller writes.
    """
    for row in rows:
        db.session.add(Message(
            agency_id=row.agency_id, direction="out", kind=BY_HAND, document_id=row.document_id, partner=row.partner,
            name=row.name, packet_id=row.packet_id, status_code=code, at=at,
            key=f"by_hand:{code}:{at:%Y%m%d%H%M%S%f}:{row.key}"[:300]))


def of(document_id: int) -> list[Message]:
    """Who was told or is to be told, oldest first: of what one was not told, the newest alone, and nothing of who was
    said not to have it.
    """
    rows = db.session.scalars(db.select(Message).where(
        Message.document_id == document_id, Message.kind == BY_HAND).order_by(Message.id)).all()
    newest = {row.partner: row.id for row in rows}
    without = {row.partner for row in message.outside_of(document_id) if row.other_way not in ("", *WAYS)}
    return [row for row in rows if row.other_way or (newest[row.partner] == row.id and row.partner not in without)]


def tell(document_id: int, row_id: int, day: str, note: str, user: User, at: datetime) -> None:
    """Write down that one was told, and how; or why not. Said again it is corrected, said twice it is said once.
    `day`: YYYY-MM-DD. Commits. Raises NotFound, NotSentOtherwise, ToldDayWrong, ReasonNeeded, ReasonShort.
    """
    document = right.find(document_id, user, local_date(at))
    instances.lock_of_document(document_id)
    db.session.refresh(document)
    row = next((one for one in of(document_id) if one.id == row_id), None)
    if row is None or not user.has("clerk"):
        raise NotSentOtherwise()
    note = need_reason(note, SHORTEST_TOLD)[:200]
    told = _day(day)
    if not local_date(row.at) <= told <= local_date(at):
        raise ToldDayWrong()
    if (row.other_way, row.other_note, told) == (TOLD, note, local_date(row.other_at) if row.other_at else None):
        db.session.rollback()
        return
    row.other_way, row.other_note, row.other_at = TOLD, note, datetime.combine(told, time(12), ZONE)
    history.append(history.Act(agency_id=row.agency_id, subject=f"document:{document_id}", at=at, actor_id=user.id,
                               kind="sent_otherwise", label=(row.name or row.partner)[:200]),
                   input={"partner": row.partner, "way": TOLD, "day": told.isoformat(), "note": note},
                   changes=history.take_changes())
    db.session.commit()


def _day(text: str) -> date:
    """As a form gives it. Raises ToldDayWrong."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ToldDayWrong() from error
