"""Registers of incoming and outgoing documents and their gapless numbers (Art. 6, 9.1.a; NĐ 30/2020 Đ15, Đ22).

Copies have a series of their own (Đ25). The row of the register is locked until the act commits, so two clerks get
neighbouring numbers and a rolled-back act takes its number back. A number given up keeps its entry with a reason. A
number may be held for a document until an hour; the dates of issue of a register run as its numbers do. The head of an
agency may have some kinds of outgoing documents numbered in registers of their own, each kind in one (Đ15.1.c).
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Select,
    String,
    Text,
    UniqueConstraint,
    and_,
    any_,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Mapped, aliased, joinedload, mapped_column, relationship

from app.db import AgencyOwned, Base, db
from app.records import history, search
from app.records.calendar import ZONE
from app.records.document import Document
from app.records.people import User
from app.refusal import Refusal

#: the registers of an agency; those of copies open with the first copy, by the clerk who makes it
KINDS = ("incoming", "outgoing", "copy")
_OF_COPIES = "Sổ đăng ký bản sao"
#: why the numbers of a document that must not be in the software are cancelled: all that is said of it
KEPT_OUT = "Không cập nhật (Điều 3.2)"


class RegisterMissing(Refusal):
    """No open register of this kind and year."""

    code, status, article = "register_missing", 409, "NĐ 30/2020 Đ15, Đ22"


class RegisterShut(RegisterMissing):
    """The register that numbers such documents was closed, `by` whom, `on` which minute: another would give its numbers
    again.
    """

    code = "register_shut"


class DateOutOfOrder(Refusal):
    """The register holds a date of issue that is still to come: the clock of one of the servers is wrong."""

    code, status, article = "date_out_of_order", 409, "NĐ 30/2020 Đ15"


class Register(AgencyOwned, Base):
    """One series of numbers: 01 January to 31 December."""

    __tablename__ = "register"
    __table_args__ = (UniqueConstraint("agency_id", "kind", "name", "year"),)

    #: one of KINDS
    kind: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(100))
    year: Mapped[int]
    #: the kinds of documents that it numbers; None: those that no other register of its kind and year does
    types: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    next_number: Mapped[int] = mapped_column(default=1)
    is_open: Mapped[bool] = mapped_column(default=True)


class RegisterEntry(AgencyOwned, Base):
    """One number and what it was given to."""

    __tablename__ = "register_entry"
    __table_args__ = (UniqueConstraint("register_id", "number"),)

    register_id: Mapped[int] = mapped_column(ForeignKey("register.id"))
    number: Mapped[int]
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"), index=True)
    at: Mapped[datetime]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    #: given up: when and why; the number is never used again
    voided_at: Mapped[datetime | None]
    void_reason: Mapped[str] = mapped_column(String(500), default="")
    voided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    #: held for its document until then, and why; None: given, or given up
    held_until: Mapped[datetime | None]
    held_for: Mapped[str] = mapped_column(String(500), default="")

    document: Mapped[Document] = relationship()
    register: Mapped[Register] = relationship()
    voided_by: Mapped[User | None] = relationship(foreign_keys=[voided_by_id])


@dataclass(frozen=True)
class Asked:
    """What is looked for in a register; empty = all."""

    words: str = ""
    #: the first and the last day of arrival, or of issue
    since: date | None = None
    until: date | None = None
    #: exactly this number of the register
    number: int | None = None
    sender: str = ""
    #: "overdue", "waiting" (not yet due), "none" (no date), "done" or ""
    state: str = ""


STATES = ("overdue", "waiting", "none", "done")
#: a document in one of these is not worked on any more
_DONE = ("closed", "returned", "discarded", "dispatched", "cancelled", "withdrawn")


@dataclass(frozen=True)
class Page:
    """One page of a register: rows newest number first, and the key of the next page."""

    rows: list[RegisterEntry]
    next: int | None


def open_registers(kind: str, year: int) -> list[Register]:
    """The registers that take documents this year, by name; the first is the usual one."""
    return list(db.session.scalars(
        select(Register).where(Register.kind == kind, Register.year == year, Register.is_open).order_by(Register.id)
    ))


def take_number(kind: str, year: int, document: Document, at: datetime, user_id: int | None,
                register_id: int | None = None) -> RegisterEntry:
    """The next number of the register, from 1, without gap; the register of a new year opens itself.

    Of an outgoing document it is the register of its kind, which nobody opens or closes meanwhile. Raises
    RegisterMissing when the register is closed, or the one asked for is of another kind.
    """
    wanted = select(Register).where(Register.kind == kind, Register.year == year, Register.is_open)
    if register_id is not None:
        wanted = wanted.where(Register.id == register_id)
    elif kind == "outgoing":
        wanted = wanted.where(_numbers(year, document.type_name or ""))
    register = _locked(wanted)
    if register is None and register_id is None and open_year(kind, year, document.agency_id, at, user_id):
        register = _locked(wanted)
    if register is None:
        raise _why_none(kind, year, document.type_name or "", register_id)
    if kind == "outgoing" and register_id is None and db.session.scalar(
            wanted.with_only_columns(Register.id).order_by(Register.id).limit(1)) != register.id:
        # a register of its kind was opened while this one was waited for
        return take_number(kind, year, document, at, user_id)
    entry = RegisterEntry(agency_id=document.agency_id, register_id=register.id, number=register.next_number,
                          document_id=document.id, at=at, user_id=user_id)
    register.next_number += 1
    db.session.add(entry)
    return entry


def _locked(wanted: Select[tuple[Register]]) -> Register | None:
    """The first of these registers, locked until the act commits."""
    return db.session.scalar(
        wanted.order_by(Register.id).limit(1).with_for_update().execution_options(populate_existing=True))


def _why_none(kind: str, year: int, type_name: str, register_id: int | None) -> RegisterMissing:
    """Why a document of this kind gets no number: its register was closed, by whom and when, or there is none."""
    shut = select(Register).where(Register.kind == kind, Register.year == year, ~Register.is_open)
    if register_id is not None:
        shut = shut.where(Register.id == register_id)
    elif kind == "outgoing":
        shut = shut.where(_numbers(year, type_name))
    book = db.session.scalar(shut.order_by(Register.id).limit(1))
    acts = history.latest(history.Act.subject == f"register:{book.id}", history.Act.kind == "register_closed",
                          limit=1) if book else []
    if book is None or not acts:
        return RegisterMissing(kind=kind, year=year)
    act, _ = acts[0]
    return RegisterShut(name=book.name, year=year, by=act.actor.full_name if act.actor else "",
                        on=f"{act.at.astimezone(ZONE):%d/%m/%Y %H:%M}")


def _numbers(year: int, type_name: str) -> ColumnElement[bool]:
    """Whether a register numbers outgoing documents of a kind: it is the kind's own, or the common one and the kind has
    none. An own one that is closed leaves its kind to nobody: the same numbers would be given again.
    """
    own = aliased(Register)
    has_own = select(own.id).where(own.kind == "outgoing", own.year == year, any_(own.types) == type_name).exists()
    return or_(any_(Register.types) == type_name, and_(Register.types.is_(None), ~has_own))


def open_year(kind: str, year: int, agency_id: int, at: datetime, user_id: int | None) -> bool:
    """Open this year's registers after last year's; False when there is no pattern, or the year is closed.

    The first one of copies has none: who makes the first copy opens it. Own registers of kinds of documents that were
    opened ahead of the year stay, the others come beside them.

    Who closes a year's register at its end does not end the series: the next year has one of that name again.
    """
    this = list(db.session.scalars(select(Register).where(Register.kind == kind, Register.year == year)))
    if any(one.types is None for one in this):
        return bool(open_registers(kind, year))
    last = list(db.session.scalars(
        select(Register).where(Register.kind == kind, Register.year == year - 1).order_by(Register.id)))
    first = kind == "copy" and not last
    known, typed = {one.name for one in this}, {name for one in this for name in one.types or ()}
    patterns = [(_OF_COPIES, None)] if first else [(old.name, old.types) for old in last if old.name not in known]
    for name, types in patterns:
        left = [one for one in types if one not in typed] if types is not None else None
        if left == []:
            continue
        told = {"agency_id": agency_id, "kind": kind, "name": name, "year": year, "is_open": True,
                **({"types": left} if left else {})}
        made = db.session.scalar(insert(Register).values(next_number=1, **told).on_conflict_do_nothing()
                                 .returning(Register.id))
        if made:
            _tell_opened(made, told, at, user_id if first else None)
    return first or bool(last)


def _tell_opened(register_id: int, told: dict[str, Any], at: datetime, user_id: int | None) -> None:
    """A chain of its own: the document that was the first of the year may lose its content (Art. 3.2)."""
    history.append(
        history.Act(agency_id=told["agency_id"], subject=f"register:{register_id}", at=at, actor_id=user_id,
                    kind="register_opened"),
        input={"name": told["name"], "year": told["year"], "reason": "Mở sổ khi có bản sao đầu tiên" if user_id else
               "Mở sổ năm mới theo sổ của năm trước"},
        changes=[["register", register_id, {name: [None, value] for name, value in told.items()}]])


def entry_of(document_id: int, kind: str) -> RegisterEntry | None:
    """The number that the document has now in a register of this kind."""
    return db.session.scalar(
        select(RegisterEntry).join(Register).where(RegisterEntry.document_id == document_id, Register.kind == kind,
                                                   RegisterEntry.voided_at.is_(None))
        .order_by(RegisterEntry.id.desc()).limit(1)
    )


def lock(entry: RegisterEntry) -> None:
    """Nobody takes a number of this register until the act commits."""
    db.session.execute(select(Register.id).where(Register.id == entry.register_id).with_for_update())


def day_of_issue(entry: RegisterEntry, today: date) -> date:
    """The date that goes with the number: today, but in one register dates run as numbers do (NĐ 30/2020 Đ15).

    A number that was held gets no later day than the numbers after it have. Two clerks at midnight: who comes second
    gets the day of who came first. The act holds the lock of the register. Raises DateOutOfOrder.
    """
    last, following = _issued(entry, is_after=False), _issued(entry, is_after=True)
    day = min(today, following) if following else today
    if last is not None and last > day:
        if last - today > timedelta(days=1):
            raise DateOutOfOrder(last=last.isoformat(), today=today.isoformat())
        return last
    return day


def _issued(entry: RegisterEntry, *, is_after: bool) -> date | None:
    """The date of issue of the nearest number before or after that has one."""
    number = RegisterEntry.number
    return db.session.scalar(
        select(Document.issued_date).join(RegisterEntry, RegisterEntry.document_id == Document.id)
        .where(RegisterEntry.register_id == entry.register_id, RegisterEntry.voided_at.is_(None),
               RegisterEntry.held_until.is_(None), Document.issued_date.is_not(None), RegisterEntry.id != entry.id,
               number > entry.number if is_after else number < entry.number)
        .order_by(number if is_after else number.desc()).limit(1))


def other_of_year(entry: RegisterEntry, register_id: int | None) -> Register | None:
    """The register chosen for a document that has a number already, when it is another one of the same year."""
    chosen = db.session.get(Register, register_id) if register_id else None
    kept = db.session.get_one(Register, entry.register_id)
    return chosen if chosen is not None and chosen.id != kept.id and chosen.year == kept.year else None


def cancel(entry: RegisterEntry, at: datetime, user_id: int | None, reason: str) -> None:
    """The number stays in the register with the reason and is not used again."""
    entry.voided_at, entry.void_reason, entry.voided_by_id = at, reason[:500], user_id
    entry.held_until = None


def void(document: Document, kind: str, at: datetime, user_id: int | None, reason: str) -> RegisterEntry | None:
    """The number that the document has is cancelled: it stays in the register with the reason and is not used again."""
    entry = entry_of(document.id, kind)
    if entry is not None:
        cancel(entry, at, user_id, reason)
        if kind == "incoming":
            document.arrival_number = document.arrival_date = None
    return entry


def forget(document_id: int) -> None:
    """Art. 3.2: why numbers of the document were cancelled before may speak of it; that each is and stays explained."""
    for entry in explained_otherwise(document_id):
        entry.void_reason = KEPT_OUT


def explained_otherwise(document_id: int) -> list[RegisterEntry]:
    """The cancelled numbers of a document of which other words are said than those of keeping out."""
    return list(db.session.scalars(select(RegisterEntry).where(
        RegisterEntry.document_id == document_id, RegisterEntry.voided_at.is_not(None),
        RegisterEntry.void_reason != KEPT_OUT)))


def give_up(document: Document, at: datetime, user_id: int | None, reason: str) -> None:
    """The outgoing number will not be used: it stays in the register with the reason, the document has none."""
    void(document, "outgoing", at, user_id, reason)
    document.code_number = document.code_notation = ""
    document.issued_date = document.packet_id = None


def page(kind: str, year: int, asked: Asked = Asked(), *, register_id: int | None = None, after: int | None = None,
         today: date | None = None, limit: int = 50, readable: ColumnElement[bool] | None = None) -> Page:
    """One page of the register's rows with their documents, newest number first; `after`: last id of the page before;
    `readable`: condition on Document.

    Each register is walked along its own numbers; entries are made in their order, so ids merge several of them.
    """
    books = _registers(kind, year, register_id)
    last = db.session.get(RegisterEntry, after) if after is not None else None
    if not books or (after is not None and last is None):
        return Page([], None)
    parts = []
    for book in books:
        part = select(RegisterEntry.id).where(RegisterEntry.register_id == book)
        if last is not None:
            is_its = last.register_id == book
            part = part.where(RegisterEntry.number < last.number if is_its else RegisterEntry.id < last.id)
        part = _searched(part, asked, today)
        if readable is not None:
            part = part.where(RegisterEntry.document_id.in_(select(Document.id).where(readable)))
        parts.append(part.order_by(RegisterEntry.number.desc()).limit(limit + 1).subquery().select())
    found = union_all(*parts).subquery()
    rows = list(db.session.scalars(
        select(RegisterEntry).join(found, found.c.id == RegisterEntry.id)
        .options(joinedload(RegisterEntry.document), joinedload(RegisterEntry.register))
        .order_by(RegisterEntry.id.desc()).limit(limit + 1)))
    return Page(rows[:limit], rows[limit - 1].id if len(rows) > limit else None)


def _registers(kind: str, year: int, register_id: int | None) -> list[int]:
    """Ids of the registers of a kind and year, open or closed; or the one asked for, when it is among them."""
    wanted = select(Register.id).where(Register.kind == kind, Register.year == year)
    if register_id is not None:
        wanted = wanted.where(Register.id == register_id)
    return list(db.session.scalars(wanted))


def _searched(part: Select[tuple[int]], asked: Asked, today: date | None) -> Select[tuple[int]]:
    if asked.number is not None:
        part = part.where(RegisterEntry.number == asked.number)
    if asked.since:
        part = part.where(RegisterEntry.at >= datetime.combine(asked.since, time.min, ZONE))
    if asked.until:
        part = part.where(RegisterEntry.at <= datetime.combine(asked.until, time.max, ZONE))
    words = search.split(asked.words)
    if not (words or asked.sender.strip() or asked.state):
        return part
    part = part.join(Document, Document.id == RegisterEntry.document_id)
    for word in words:
        part = part.where(search.bears(word))
    if asked.sender.strip():
        part = part.where(Document.organ_name.ilike(_like(asked.sender.strip())))
    is_done, due = Document.status.in_(_DONE), Document.due_date
    if asked.state:
        part = part.where({
            "done": is_done, "none": and_(~is_done, due.is_(None)), "overdue": and_(~is_done, due < today),
            "waiting": and_(~is_done, due >= today)}[asked.state])
    return part


def _like(word: str) -> str:
    return f"%{word.replace(chr(92), '').replace('%', '').replace('_', '')}%"


def years(kind: str) -> list[int]:
    """The years that have a register of this kind, newest first."""
    return list(db.session.scalars(
        select(Register.year).where(Register.kind == kind).distinct().order_by(Register.year.desc())))
