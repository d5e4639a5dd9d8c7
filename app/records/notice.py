"""What one person must learn of a document beside his tasks (Art. 7, 10.4; F-3c): urged, asked, given back, changed.

A notice stands until the person has answered or confirmed it. Each is made and ended inside an act of its document;
who may send one is decided in regulation/assignment/.
"""

from collections.abc import Callable
from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, Select, String, Text, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import AgencyOwned, Base, db
from app.records.document import ENDED, Document, NotFound
from app.records.people import User

#: urged to hurry; asked for an opinion; told of an answer; an assignment taken back; rights changed by somebody else;
#: told who is late; a page bears a mark of secrecy (Art. 3.2); a question that ended with its document; the sender
#: changed the document or took it back; the day of a deadline has become a day off
KINDS = URGED, ASKED, ANSWERED, RECALLED, RIGHTS, LATE, MARKED, OVER, CHANGED, DAY_OFF = (
    "urged", "asked", "answered", "recalled", "rights", "late", "marked", "over", "changed", "day_off")


class Notice(AgencyOwned, Base):
    """One notice to one person."""

    __tablename__ = "notice"
    __table_args__ = (Index("notice_open", "to_user_id", "id", postgresql_where="done_at is null"),)

    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    to_user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    from_user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    on_behalf_of_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    text: Mapped[str] = mapped_column(Text, default="")
    #: until when an answer is asked for; the deadline that is a day off
    due_date: Mapped[date | None]
    #: the asking gave the right to read, which ends with the answer
    gave_read: Mapped[bool] = mapped_column(default=False)
    at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    done_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))

    document: Mapped[Document] = relationship()
    to_user: Mapped[User] = relationship(foreign_keys=[to_user_id], lazy="joined")
    from_user: Mapped[User | None] = relationship(foreign_keys=[from_user_id], lazy="joined")
    on_behalf_of: Mapped[User | None] = relationship(foreign_keys=[on_behalf_of_id], lazy="joined")

    @property
    def is_question(self) -> bool:
        """Whether it is answered, not confirmed: a question, until its document has ended."""
        return self.kind == ASKED and self.document.status not in ENDED


def put(document: Document, kind: str, to_user_id: int, at: datetime, *, from_user_id: int | None = None,
        on_behalf_of_id: int | None = None, text: str = "", due_date: date | None = None,
        gave_read: bool = False) -> Notice | None:
    """Tell the person; None: the same words of the same person stand there already (a double click)."""
    same = select(Notice.id).where(
        Notice.document_id == document.id, Notice.kind == kind, Notice.to_user_id == to_user_id, Notice.text == text,
        Notice.from_user_id.is_not_distinct_from(from_user_id), Notice.done_at.is_(None))
    if db.session.scalar(same.limit(1)):
        return None
    made = Notice(agency_id=document.agency_id, document_id=document.id, kind=kind, to_user_id=to_user_id, at=at,
                  from_user_id=from_user_id, on_behalf_of_id=on_behalf_of_id, text=text, due_date=due_date,
                  gave_read=gave_read)
    db.session.add(made)
    return made


def open_for(user: User, limit: int = 50) -> list[Notice]:
    """What the person has not answered or confirmed, newest first."""
    return list(db.session.scalars(
        select(Notice).where(Notice.to_user_id == user.id, Notice.done_at.is_(None))
        .order_by(Notice.id.desc()).limit(limit)))


def open_on(document_id: int) -> list[Notice]:
    """What stands at a document, oldest first."""
    return list(db.session.scalars(select(Notice).where(
        Notice.document_id == document_id, Notice.done_at.is_(None)).order_by(Notice.id)))


def awaiting() -> Select[tuple[Notice]]:
    """Questions that were asked by a day and have no answer yet: the statement."""
    return select(Notice).where(Notice.kind == ASKED, Notice.due_date.is_not(None), Notice.done_at.is_(None))


def awaited(document_id: int) -> list[Notice]:
    """Those of a document, the earliest day first."""
    return list(db.session.scalars(
        awaiting().where(Notice.document_id == document_id).order_by(Notice.due_date, Notice.id)))


def end_urging(document_id: int, is_his: Callable[[User], bool], at: datetime) -> None:
    """Who was urged to hurry with what is not his any more, nor still asked of him, need not confirm it (Art. 10.4)."""
    asked = {one.to_user_id for one in awaited(document_id)}
    for one in open_on(document_id):
        if one.kind == URGED and one.to_user_id not in asked and not is_his(one.to_user):
            one.done_at = at


def end_recalled(document_id: int, is_his: Callable[[User], bool], at: datetime) -> None:
    """That it was taken back from him need not be confirmed by whom it was given again (Art. 7)."""
    for one in open_on(document_id):
        if one.kind == RECALLED and is_his(one.to_user):
            one.done_at = at


def end_day_off(document_id: int, at: datetime, day: date | None = None) -> list[int]:
    """Nobody need confirm any more that this deadline, or any of the document, is a day off; who had not, user ids."""
    found = [one for one in open_on(document_id) if one.kind == DAY_OFF and day in (None, one.due_date)]
    for one in found:
        one.done_at = at
    return [one.to_user_id for one in found]


def forget(document_id: int) -> None:
    """Art. 3.2: what was said goes; that it was said, by whom and to whom, stays."""
    for row in db.session.scalars(select(Notice).where(Notice.document_id == document_id, Notice.text != "")):
        row.text = ""


def count(user: User) -> int:
    """How many stand for the person."""
    return db.session.scalar(select(func.count()).select_from(Notice).where(
        Notice.to_user_id == user.id, Notice.done_at.is_(None))) or 0


def find(notice_id: int, user: User) -> Notice:
    """The person's own notice. Raises NotFound."""
    found = db.session.get(Notice, notice_id)
    if found is None or found.to_user_id != user.id:
        raise NotFound()
    return found
