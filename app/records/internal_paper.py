"""Papers exchanged within the agency (Art. 4.1.a): what was sent to whom, and who has read and answered.

Such a paper is a document of the direction "internal": its files, readings, history are as those of any other. It has
no procedure, for nothing waits. The receipt of a reading is the act of that reading (engine/reading.py), which leaves
its time here. Who may send, urge and take back is regulation/internal_exchange.py's, who may read right.py's.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, Index, String, Text, UniqueConstraint, exists, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import AgencyOwned, Base, db
from app.records import notice, search
from app.records.document import INTERNAL, Document, NotFound
from app.records.people import User

#: statuses of the document
SENT, RECALLED = ("circulated", "called_back")
#: what one says to an invitation; "" = nothing yet
ANSWERS = ATTENDS, ABSENT, SENDS = ("attends", "absent", "sends")


class InternalPaper(AgencyOwned, Base):
    """What a document of the agency's own lacks as a document: text, meeting, whom it was sent to."""

    __tablename__ = "internal_paper"
    __table_args__ = (UniqueConstraint("document_id"), UniqueConstraint("seed"))

    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"))
    text: Mapped[str] = mapped_column(Text, default="")
    #: the issued document whose number it bears, where the rule of its kind asks for one (Art. 9.1.a)
    issued_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"))
    #: its recipients say whether they come, by the rule of its kind on that day
    is_meeting: Mapped[bool] = mapped_column(default=False)
    meeting_at: Mapped[datetime | None]
    place: Mapped[str] = mapped_column(String(200), default="")
    #: whom it was sent to, as chosen: "all", "unit:3", "role:head", "user:5"; and their names of that day
    chosen: Mapped[list[str]] = mapped_column(ARRAY(Text))
    chosen_names: Mapped[list[str]] = mapped_column(ARRAY(Text))
    called_back_at: Mapped[datetime | None]
    call_back_reason: Mapped[str] = mapped_column(String(500), default="")
    #: the name of the page that sent it: sent twice, it is sent once
    seed: Mapped[str] = mapped_column(String(36))

    document: Mapped[Document] = relationship(foreign_keys=[document_id], lazy="joined", innerjoin=True)
    issued: Mapped[Document | None] = relationship(foreign_keys=[issued_id])


class InternalRecipient(AgencyOwned, Base):
    """One person to whom a paper was sent."""

    __tablename__ = "internal_recipient"
    __table_args__ = (
        UniqueConstraint("document_id", "user_id"),
        Index("internal_unread", "user_id", postgresql_where="read_at is null"),
    )

    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    #: who sends this person in his own place to a meeting
    named_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    #: who sent him says otherwise since: he does not come, and is not counted
    withdrawn_at: Mapped[datetime | None]
    #: the receipt: when he first opened it
    read_at: Mapped[datetime | None]
    #: one of ANSWERS
    answer: Mapped[str] = mapped_column(String(10), default="")
    answer_note: Mapped[str] = mapped_column(String(500), default="")
    answered_at: Mapped[datetime | None]

    user: Mapped[User] = relationship(foreign_keys=[user_id], lazy="joined", innerjoin=True)
    named_by: Mapped[User | None] = relationship(foreign_keys=[named_by_id], lazy="joined")


def get(document_id: int, *, fresh: bool = False) -> InternalPaper:
    """The paper; `fresh`: as it is now. Raises NotFound."""
    query = select(InternalPaper).where(InternalPaper.document_id == document_id)
    found = db.session.scalar(query.execution_options(populate_existing=fresh))
    if found is None:
        raise NotFound()
    return found


def sent_from(seed: str) -> int | None:
    """The document that this page has sent already."""
    return db.session.scalar(select(InternalPaper.document_id).where(InternalPaper.seed == seed))


def recipients(document_id: int) -> list[InternalRecipient]:
    """Who got it and is not let go, by name."""
    return [row for row in all_named(document_id) if row.withdrawn_at is None]


def all_named(document_id: int) -> list[InternalRecipient]:
    """Who got it, by name; who was let go, too."""
    return list(db.session.scalars(
        select(InternalRecipient).where(InternalRecipient.document_id == document_id)
        .join(InternalRecipient.user).order_by(User.full_name, User.id)))


def of(document_id: int, user_id: int) -> InternalRecipient | None:
    """The person's own row."""
    return db.session.scalar(select(InternalRecipient).where(
        InternalRecipient.document_id == document_id, InternalRecipient.user_id == user_id))


def readable_by(user: User) -> ColumnElement[bool]:
    """Condition on Document: it was sent to the person, and not taken back, nor he let go, before he had opened it."""
    return Document.id.in_(select(InternalRecipient.document_id).where(
        InternalRecipient.user_id == user.id,
        or_(InternalRecipient.read_at.is_not(None),
            InternalRecipient.withdrawn_at.is_(None)
            & exists().where(Document.id == InternalRecipient.document_id, Document.status == SENT))))


def mark_read(document_id: int, user_id: int, at: datetime) -> bool:
    """The person opens it, and is urged no longer: inside the act of the reading, which holds the lock.

    False: it is no paper of his, or he had read it.
    """
    row = db.session.scalar(select(InternalRecipient).where(
        InternalRecipient.document_id == document_id, InternalRecipient.user_id == user_id,
        InternalRecipient.read_at.is_(None)).with_for_update(of=InternalRecipient))
    if row is None:
        return False
    row.read_at = at
    for one in notice.open_on(document_id):
        if one.to_user_id == user_id and one.kind == notice.URGED:
            one.done_at, one.done_by_id = at, user_id
    return True


def count_unread(user: User) -> int:
    """How many papers wait to be opened by the person."""
    return db.session.scalar(
        select(func.count()).select_from(InternalRecipient)
        .join(Document, Document.id == InternalRecipient.document_id)
        .where(InternalRecipient.user_id == user.id, InternalRecipient.read_at.is_(None),
               InternalRecipient.withdrawn_at.is_(None), Document.status == SENT)) or 0


def _bears(asked: str) -> list[ColumnElement[bool]]:
    """Conditions on Document: each word stands in its fields or files (search.py), its text, its place or its sender's
    name.
    """
    found = []
    for word in search.split(asked):
        own = func.field_words(InternalPaper.text, InternalPaper.place, User.full_name, "")
        in_paper = exists().where(
            InternalPaper.document_id == Document.id, User.id == Document.author_id,
            own.bool_op("@@")(func.begun_words(word)))
        found.append(or_(search.bears(word), in_paper))
    return found


def received(user: User, *, is_unread: bool, before: int | None, most: int, asked: str = ""
             ) -> list[tuple[Document, InternalRecipient]]:
    """What the person got, newest first, the row of his with each; `before`: the last document of the page before;
    `asked`: words that stand in it.
    """
    query = (select(Document, InternalRecipient).join(InternalRecipient, InternalRecipient.document_id == Document.id)
             .where(InternalRecipient.user_id == user.id, readable_by(user), *_bears(asked))
             .order_by(Document.id.desc()).limit(most))
    if is_unread:
        query = query.where(InternalRecipient.read_at.is_(None))
    if before is not None:
        query = query.where(Document.id < before)
    return [(document, row) for document, row in db.session.execute(query)]


def sent(user: User, *, before: int | None, most: int, asked: str = "") -> list[Document]:
    """What the person sent, newest first; `asked`: words that stand in it."""
    query = select(Document).where(Document.direction == INTERNAL, Document.author_id == user.id, *_bears(asked))
    if before is not None:
        query = query.where(Document.id < before)
    return list(db.session.scalars(query.order_by(Document.id.desc()).limit(most)))


def tallies(document_ids: list[int]) -> dict[int, tuple[int, int]]:
    """Of each: how many have read it, and how many got it."""
    rows = db.session.execute(
        select(InternalRecipient.document_id, func.count(InternalRecipient.read_at), func.count())
        .where(InternalRecipient.document_id.in_(document_ids), InternalRecipient.withdrawn_at.is_(None))
        .group_by(InternalRecipient.document_id))
    return {key: (read, all_) for key, read, all_ in rows}
