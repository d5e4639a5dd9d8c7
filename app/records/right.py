"""Who may read, handle and co-handle a document, and until when (Art. 7).

A right is given to a person, to a unit, or to a role (of a unit). Clerks and leaders read what their agency holds,
auditors what they were given (audit_grant.py). What is exchanged within the agency (Art. 4.1.a) is its author's and its
recipients', whatever their role. An administrator reads no content, whatever else he is and for whomever
he stands in (security.md S13). It does not say who may complete a task (engine/task.py).
"""

from collections.abc import Callable
from datetime import date

from sqlalchemy import ColumnElement, ForeignKey, Select, String, UniqueConstraint, and_, exists, false, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, aliased, mapped_column, relationship

from app.db import AgencyOwned, Base, db
from app.records.agency import Unit
from app.records.audit_grant import auditable
from app.records.document import INTERNAL, Document, NotFound, Opinion
from app.records.history import tell
from app.records.internal_paper import readable_by
from app.records.milestone import Milestone
from app.records.people import ALL, READING, USUAL, User, stands_in_for

READ, HANDLE, CO_HANDLE = "read", "handle", "co_handle"
#: roles that read every document of their agency
READS_ALL = ("clerk", "leader")


class Right(AgencyOwned, Base):
    """One right to one document."""

    __tablename__ = "document_right"
    __table_args__ = (
        UniqueConstraint("document_id", "kind", "user_id", "unit_id", "role", postgresql_nulls_not_distinct=True),
    )

    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    role: Mapped[str | None] = mapped_column(String(10))
    #: the last day it holds; empty = without end
    until_date: Mapped[date | None]
    #: until when its holder is to do his part; who leads has the deadline of the task
    due_date: Mapped[date | None]

    user: Mapped[User | None] = relationship(lazy="joined")
    unit: Mapped[Unit | None] = relationship(lazy="joined")


def grant(document: Document, kind: str, *, user_id: int | None = None, unit_id: int | None = None,
          role: str | None = None, until_date: date | None = None, due_date: date | None = None) -> bool:
    """Give a right; False: it is given already, and nothing changes."""
    holder = {"user_id": user_id, "unit_id": unit_id, "role": role}
    given = db.session.scalar(insert(Right).values(
        agency_id=document.agency_id, document_id=document.id, kind=kind, until_date=until_date,
        due_date=due_date, **holder
    ).on_conflict_do_nothing().returning(Right.id))
    if given:
        told = {"agency_id": document.agency_id, "document_id": document.id, "kind": kind, **holder,
                "until_date": until_date and until_date.isoformat(), "due_date": due_date and due_date.isoformat()}
        tell("document_right", given, {name: [None, value] for name, value in told.items()})
    return bool(given)


def withdraw(document: Document, kind: str, user_id: int | None = None) -> None:
    """Take this kind of right from the person, or from everybody (a new assignment follows)."""
    query = select(Right).where(Right.document_id == document.id, Right.kind == kind)
    for row in db.session.scalars(query if user_id is None else query.where(Right.user_id == user_id)):
        db.session.delete(row)
    db.session.flush()


def end(document: Document, ends: Callable[[Right], bool]) -> None:
    """Take away those of the document's rights of which that is said."""
    for row in of(document.id):
        if ends(row):
            db.session.delete(row)
    db.session.flush()


def of(document_id: int) -> list[Right]:
    """The rights to a document."""
    return list(db.session.scalars(select(Right).where(Right.document_id == document_id).order_by(Right.id)))


def owing() -> Select[tuple[Right]]:
    """Who co-handles by a deadline of his own and has given no opinion since the assignment: the statement.

    Of a unit any of its people answers for it. Nobody owes a part of what who leads has handled.
    """
    speaks = or_(User.id == Right.user_id, and_(Right.user_id.is_(None), User.unit_id == Right.unit_id))
    said = exists().where(Opinion.document_id == Right.document_id, Opinion.kind == "opinion",
                          Opinion.at >= Milestone.at, speaks,
                          or_(Opinion.user_id == User.id, Opinion.on_behalf_of_id == User.id))
    handled = aliased(Milestone)
    return select(Right).join(Milestone, and_(
        Milestone.document_id == Right.document_id, Milestone.name == "assign", Milestone.cleared_at.is_(None))
    ).where(Right.kind == CO_HANDLE, Right.due_date.is_not(None), ~said, ~exists().where(
        handled.document_id == Right.document_id, handled.name == "handled", handled.cleared_at.is_(None)))


def owed(document_id: int) -> list[tuple[date, list[User]]]:
    """What is owed of a document: until when, and by whom: the person, or of a unit its heads, else all of it."""
    rows = db.session.scalars(owing().where(Right.document_id == document_id).order_by(Right.due_date, Right.id))
    return [(row.due_date, _who(row)) for row in rows if row.due_date]


def who_owe(document_id: int) -> list[User]:
    """Who owes a part of it, each once."""
    return list(dict.fromkeys(one for _, people in owed(document_id) for one in people))


def handling(document_id: int) -> list[User]:
    """Who handles a document: the person, or of a unit its heads, else all of it."""
    return [one for row in of(document_id) if row.kind == HANDLE for one in _who(row)]


def _who(row: Right) -> list[User]:
    if row.user is not None:
        return [row.user] if row.user.is_active else []
    unit = select(User).where(User.unit_id == row.unit_id, User.is_active).order_by(User.id)
    of_unit = list(db.session.scalars(unit))
    return [one for one in of_unit if one.has("head")] or of_unit


def may_read(user: User, document: Document, today: date) -> bool:
    """Whether the person may see the document's content: in his own right, for whom he stands in (Art. 7), or as head
    of a unit whose people have a right to it (Art. 8.2, 10.4).
    """
    if user.agency_id != document.agency_id or user.has("admin"):
        return False
    if document.author_id == user.id or user.has(*READS_ALL) and document.direction != INTERNAL:
        return True
    mine = select(Document.id).where(Document.id == document.id, readable(user, today))
    return db.session.scalar(mine) is not None


def find(document_id: int, user: User, today: date) -> Document:
    """The document, for a person who may read it. NotFound hides what is not his."""
    document = db.session.get(Document, document_id)
    if document is None or not may_read(user, document, today):
        raise NotFound()
    return document


def given(user: User, today: date, *scopes: str) -> ColumnElement[bool]:
    """Condition on Right: it holds today and is the person's own, of whom he stands in for (in these scopes of a
    delegation only), of his unit or role.
    """
    return _given(user, [user.id, *stands_in_for(user, today, *scopes)], today)


def _given(user: User, people: list[int], today: date) -> ColumnElement[bool]:
    return and_(
        _holds(today),
        or_(
            Right.user_id.in_(people),
            and_(Right.user_id.is_(None), or_(Right.role.is_(None), Right.role.in_(user.roles)),
                 or_(Right.unit_id.is_(None), Right.unit_id == user.unit_id)),
        ),
    )


def readable(user: User, today: date) -> ColumnElement[bool]:
    """Condition on Document: the person may see its content: the rule of `may_read` for many at once.

    Who stands in for another only in what is not urgent (Art. 7) reads so much in his place.
    """
    if user.has("admin"):
        return false()
    held = _readable(user, stands_in_for(user, today, ALL, READING), today)
    if usual := stands_in_for(user, today, USUAL):
        held = or_(held, and_(Document.priority == 0, _readable(user, usual, today)))
    return or_(held, and_(Document.agency_id == user.agency_id, Document.direction == INTERNAL, readable_by(user)))


def _readable(user: User, others: list[int], today: date) -> ColumnElement[bool]:
    reads_all = user.has(*READS_ALL) or bool(others and db.session.scalar(
        select(User.id).where(User.id.in_(others), User.roles.overlap(READS_ALL)).limit(1)))
    if reads_all:
        return and_(Document.agency_id == user.agency_id,
                    or_(Document.direction != INTERNAL, Document.author_id == user.id, auditable(user, today)))
    holds = _given(user, [user.id, *others], today)
    if user.has("head") and user.unit_id is not None:
        people = select(User.id).where(User.unit_id == user.unit_id)
        holds = or_(holds, and_(_holds(today), Right.user_id.in_(people)))
    has_right = and_(Document.direction != INTERNAL, exists().where(Right.document_id == Document.id, holds))
    return and_(Document.agency_id == user.agency_id,
                or_(Document.author_id == user.id, has_right, auditable(user, today)))


def _holds(today: date) -> ColumnElement[bool]:
    return or_(Right.until_date.is_(None), Right.until_date >= today)
