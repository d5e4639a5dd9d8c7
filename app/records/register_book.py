"""Registers opened, closed and opened again, and the ledger that explains every number (NĐ 30/2020 Đ15, Đ22; PL IV).

By the clerk or an administrator, with a reason, each an act in the chain of the register. Numbers are register.py's.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from app.db import db
from app.records import history, register
from app.records.calendar import local_date
from app.records.document import ENDED, Document, NotFound
from app.records.people import User
from app.records.register import Register, RegisterEntry
from app.refusal import Refusal

#: who keeps the registers
KEEPERS = ("clerk", "admin")


class NotRegisterKeeper(Refusal):
    """The clerk or an administrator keeps the registers."""

    code, status, article = "not_register_keeper", 403, "Art. 11.2.a"


class RegisterWithoutReason(Refusal):
    """Opening and closing a register says why, in 5 to 500 characters."""

    code = "register_without_reason"


class RegisterNameWrong(Refusal):
    """A register has a name of 3 to 100 characters that no other of its kind and year has."""

    code = "register_name_wrong"


class RegisterOnlyOne(Refusal):
    """Copies have one series a year: a second register would give the same numbers again."""

    code, status, article = "register_only_one", 409, "NĐ 30/2020 PL I"


class RegisterTypesWrong(Refusal):
    """A further register of outgoing documents numbers kinds of its own, of which none has a number of this year yet:
    a number would be given again.
    """

    code, article = "register_types_wrong", "NĐ 30/2020 Đ15.1.c"


class RegisterLastOpen(Refusal):
    """Without it documents get no number: who closes it says that he means it."""

    code, status, article = "register_last_open", 409, "Art. 6.2.b"


class RegisterOver(Refusal):
    """The register's year is over: it takes no number any more."""

    code, status, article = "register_over", 409, "NĐ 30/2020 Đ15.1.a"


@dataclass
class Ledger:
    """What became of each number of a register."""

    register: Register
    #: numbers given, the cancelled ones among them
    given: int = 0
    #: the highest number
    last: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    #: cancelled: the number stays, with its reason
    voided: list[RegisterEntry] = field(default_factory=list)
    #: those of them that the act which closed it does not name: cancelled since
    late: list[int] = field(default_factory=list)
    #: held for a document that has no number yet
    held: list[RegisterEntry] = field(default_factory=list)
    #: numbers that are not there and that nothing explains: there should be none
    missing: list[int] = field(default_factory=list)


def subject(register_id: int) -> str:
    """The chain of a register."""
    return f"register:{register_id}"


def of_year(kind: str, year: int, *, is_locked: bool = False) -> list[Register]:
    """All registers of a kind and year, open or closed; `is_locked`: none gives a number until the act commits."""
    query = select(Register).where(Register.kind == kind, Register.year == year).order_by(Register.id)
    return list(db.session.scalars(
        query.with_for_update().execution_options(populate_existing=True) if is_locked else query))


def begin_year(agency_id: int, at: datetime) -> None:
    """This year's registers of documents, after those of last year: whoever registers chooses among open ones.

    Those of copies open with the first copy. The caller commits.
    """
    history.lock(f"registers:{agency_id}")  # a keeper who opens one at that moment sees these
    for kind in ("incoming", "outgoing"):
        register.open_year(kind, local_date(at).year, agency_id, at, None)


def left_open(kind: str, before_year: int) -> list[Register]:
    """Registers of years that are over and that nobody has closed."""
    return list(db.session.scalars(select(Register).where(
        Register.kind == kind, Register.year < before_year, Register.is_open).order_by(Register.year, Register.id)))


def open_new(keeper: User, kind: str, name: str, reason: str, at: datetime, *, types: Collection[str] = (),
             year: int | None = None) -> Register:
    """Open a register of this year. The caller commits.

    `types`: the kinds of outgoing documents that it numbers, beside the common register of all others; `year`: of
    these, the next one too, for kinds that have numbers of this year already. Raises NotRegisterKeeper,
    RegisterWithoutReason, RegisterNameWrong, RegisterOnlyOne, RegisterTypesWrong, RegisterOver.
    """
    said, name, this_year = _reason(keeper, reason), " ".join(name.split()), local_date(at).year
    year, wanted = year or this_year, sorted(set(types)) or None
    if kind not in register.KINDS or (wanted and kind != "outgoing"):
        raise NotFound()
    if year not in ((this_year, this_year + 1) if wanted else (this_year,)):
        raise RegisterOver()
    history.lock(f"registers:{keeper.agency_id}")  # two keepers at once: the second sees the first one's name
    if kind != "copy" and year == this_year:
        register.open_year(kind, year, keeper.agency_id, at, None)
    known = of_year(kind, year, is_locked=kind == "outgoing")
    if not 3 <= len(name) <= 100 or any(one.name.casefold() == name.casefold() for one in known):
        raise RegisterNameWrong()
    if kind == "copy" and known:
        raise RegisterOnlyOne()
    if kind == "outgoing":
        _require_own(wanted, known)
    made = Register(agency_id=keeper.agency_id, kind=kind, name=name, year=year, types=wanted)
    db.session.add(made)
    db.session.flush()
    _tell(made, "register_opened", keeper, {"reason": said, **({"types": wanted} if wanted else {})}, at)
    return made


def _require_own(wanted: list[str] | None, known: list[Register]) -> None:
    """Each kind of document has one register a year, which are locked. Raises RegisterTypesWrong."""
    taken = {name for one in known for name in one.types or ()}
    if wanted is None and not any(one.types is None for one in known):
        return
    if not wanted or taken & set(wanted) or db.session.scalar(
            select(RegisterEntry.id).join(Document, Document.id == RegisterEntry.document_id)
            .where(RegisterEntry.register_id.in_([one.id for one in known]), Document.type_name.in_(wanted)).limit(1)):
        raise RegisterTypesWrong()


def shuts_out(book: Register, at: datetime) -> int | None:
    """How many documents that wait for a number get none once this register is closed, and those that come later; None:
    another one takes them, or none is under way.
    """
    if not book.is_open or book.year != local_date(at).year or book.kind == "copy":
        return None
    if book.kind == "incoming":
        waiting = Document.direction == "incoming", Document.status == "arrived"
        is_last = len(register.open_registers("incoming", book.year)) == 1
    else:
        others = [name for one in of_year("outgoing", book.year) for name in one.types or ()]
        is_its = Document.type_name.not_in(others) if book.types is None else Document.type_name.in_(book.types)
        has_number = select(RegisterEntry.id).where(
            RegisterEntry.document_id == Document.id, RegisterEntry.voided_at.is_(None)).exists()
        waiting = Document.direction == "outgoing", Document.status.not_in(ENDED), ~has_number, is_its
        is_last = False
    found = db.session.scalar(select(func.count(Document.id)).where(*waiting)) or 0
    return found if is_last or (found and book.kind == "outgoing") else None


def close(keeper: User, register_id: int, reason: str, at: datetime, *, is_sure: bool = False) -> bool:
    """It takes no number any more; its last one is in the act. False: it was closed. The caller commits.

    `is_sure`: also when documents wait for it. Raises RegisterLastOpen, and as `_reason`.
    """
    book, said = _locked(register_id), _reason(keeper, reason)
    if not book.is_open:
        return False
    if not is_sure and (left := shuts_out(book, at)) is not None:
        raise RegisterLastOpen(waiting=left)
    book.is_open = False
    found = ledger(book.id)
    _tell(book, "register_closed", keeper, {
        "reason": said, "last_number": book.next_number - 1, "voided": [row.number for row in found.voided],
        "missing": found.missing}, at)
    return True


def reopen(keeper: User, register_id: int, reason: str, at: datetime) -> bool:
    """It takes numbers again, in the year that is its own. False: it was open. The caller commits.

    Raises RegisterOver, and as `close`.
    """
    book, said = _locked(register_id), _reason(keeper, reason)
    if book.is_open:
        return False
    if book.year != local_date(at).year:
        raise RegisterOver()
    book.is_open = True
    _tell(book, "register_reopened", keeper, {"reason": said, "next_number": book.next_number}, at)
    return True


def ledger(register_id: int) -> Ledger:
    """Every number of a register accounted for. Raises NotFound."""
    book = db.session.get(Register, register_id)
    if book is None:
        raise NotFound()
    mine = RegisterEntry.register_id == book.id
    given, last, first_at, last_at = db.session.execute(select(
        func.count(RegisterEntry.id), func.coalesce(func.max(RegisterEntry.number), 0), func.min(RegisterEntry.at),
        func.max(RegisterEntry.at)).where(mine)).one()
    voided, held = (list(db.session.scalars(
        select(RegisterEntry).where(mine, one.is_not(None)).options(joinedload(RegisterEntry.voided_by))
        .order_by(RegisterEntry.number))) for one in (RegisterEntry.voided_at, RegisterEntry.held_until))
    missing: list[int] = []
    if given != max(last, book.next_number - 1):
        numbers = func.generate_series(1, max(last, book.next_number - 1)).table_valued("n").render_derived()
        missing = list(db.session.scalars(select(numbers.c.n).where(
            ~select(RegisterEntry.id).where(mine, RegisterEntry.number == numbers.c.n).exists()).limit(100)))
    return Ledger(book, given, last, first_at, last_at, voided, _late(book, voided), held, missing)


def _late(book: Register, voided: list[RegisterEntry]) -> list[int]:
    """Numbers cancelled since the register was closed, which it does not hinder: a sender takes a document back, one is
    kept out (Art. 3.2), a number proves wrong, and a year that is over is not opened again. A book bound at the closing
    has them not.
    """
    if book.is_open or not voided:
        return []
    acts = history.latest(history.Act.subject == subject(book.id), history.Act.kind == "register_closed", limit=1)
    known = acts[0][1].get("voided") if acts else None
    return [] if known is None else [row.number for row in voided if row.number not in known]


def changes(ids: list[int]) -> list[tuple[history.Act, dict]]:
    """When these registers were opened and closed, newest first: (act, what was put in)."""
    return history.latest(history.Act.subject.in_([subject(one) for one in ids]), limit=50)


def _reason(keeper: User, reason: str) -> str:
    if not keeper.has(*KEEPERS):
        raise NotRegisterKeeper()
    return history.stated(reason, RegisterWithoutReason)


def _locked(register_id: int) -> Register:
    book = db.session.scalar(select(Register).where(Register.id == register_id).with_for_update()
                             .execution_options(populate_existing=True))
    if book is None:
        raise NotFound()
    return book


def _tell(book: Register, kind: str, keeper: User, given: dict, at: datetime) -> None:
    history.append(
        history.Act(agency_id=book.agency_id, subject=subject(book.id), at=at, actor_id=keeper.id, kind=kind),
        input={"name": book.name, "year": book.year, **given}, changes=history.take_changes())
