"""Copies of documents that the agency makes: asked for, decided, made, with their own number (NĐ 30/2020 Đ25 to 27).

Its number is of the register of copies (register.py, kind "copy"), one series a year for the three kinds. A copy on
paper is printed from its row, an electronic one is a file of the document. What may be copied, and who decides, is
said in regulation/outgoing/certified_copy.py.
"""

import re
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Select, String, UniqueConstraint, and_, func, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from app.db import AgencyOwned, Base, db
from app.records.attachment import Attachment
from app.records.document import Document, NotFound
from app.records.people import User
from app.records.register import Register, RegisterEntry

#: a copy of an original, of such a copy, of a part (Đ25.1 to 3): what it is called, and its abbreviation (PL III)
KINDS = {"certified": ("SAO Y", "SY"), "recopied": ("SAO LỤC", "SL"), "extract": ("TRÍCH SAO", "TrS")}
#: what it is, whatever the document was
FORMS = PAPER, ELECTRONIC = ("paper", "electronic")
#: waits for the leader; for the clerk; not allowed; has its number; given up, before it was made or with its number;
#: taken back from whom it was sent
STATUSES = ASKED, ORDERED, REFUSED, MADE, CANCELLED, RECALLED = (
    "asked", "ordered", "refused", "made", "cancelled", "recalled")


class CertifiedCopy(AgencyOwned, Base):
    """One copy of one file of a document."""

    __tablename__ = "certified_copy"
    __table_args__ = (UniqueConstraint("entry_id"), UniqueConstraint("seed"))

    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"), index=True)
    #: the file that is copied
    attachment_id: Mapped[int] = mapped_column(ForeignKey("attachment.id"))
    kind: Mapped[str] = mapped_column(String(10))
    form: Mapped[str] = mapped_column(String(10))
    #: of an extract: [page from 1, from and to which part of its height in percent], in order; [] = all of it
    pages: Mapped[list[Any]] = mapped_column(JSONB)
    #: of an extract: which part it is, in words
    part: Mapped[str] = mapped_column(String(200), default="")
    #: "Nơi nhận", one a line
    recipients: Mapped[list[str]] = mapped_column(ARRAY(String(200)))
    #: how many on paper
    amount: Mapped[int] = mapped_column(default=1)
    #: who was given it on paper: {place in `recipients` from 0, as text: {"way", "note", "at", "by_id"}}; None: nobody
    handed: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    reason: Mapped[str] = mapped_column(String(500), default="")
    #: who signs it on paper, by the leader's word (Đ27), as his block is printed
    signer_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    signer_name: Mapped[str] = mapped_column(String(50))
    signer_position: Mapped[str] = mapped_column(String(100), default="")
    signer_competence: Mapped[str] = mapped_column(String(100), default="")
    status: Mapped[str] = mapped_column(String(10), index=True)
    asked_at: Mapped[datetime]
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime | None]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    #: number and notation, "05/SY-UBND", with the names of that day; empty before it is made
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("register_entry.id"))
    reference: Mapped[str] = mapped_column(String(50), default="")
    organ_name: Mapped[str] = mapped_column(String(200), default="")
    parent_name: Mapped[str] = mapped_column(String(200), default="")
    place: Mapped[str] = mapped_column(String(50), default="")
    #: the file that an electronic one is
    file_id: Mapped[int | None] = mapped_column(ForeignKey("attachment.id"))
    #: the copy sent before that this one was sent to replace
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("certified_copy.id"), index=True)
    #: refused, given up or taken back: when, by whom, why
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    end_reason: Mapped[str] = mapped_column(String(500), default="")
    #: the name of the page that asked for it: sent twice, it is asked for once
    seed: Mapped[str | None] = mapped_column(String(36))

    document: Mapped[Document] = relationship()
    source: Mapped[Attachment] = relationship(foreign_keys=[attachment_id])
    file: Mapped[Attachment | None] = relationship(foreign_keys=[file_id])
    entry: Mapped[RegisterEntry | None] = relationship()
    asked_by: Mapped[User] = relationship(foreign_keys=[asked_by_id])
    decided_by: Mapped[User | None] = relationship(foreign_keys=[decided_by_id])
    made_by: Mapped[User | None] = relationship(foreign_keys=[made_by_id])
    ended_by: Mapped[User | None] = relationship(foreign_keys=[ended_by_id])

    @property
    def unhanded(self) -> list[str]:
        """The lines of "Nơi nhận" of a paper that nobody has said to be handed over; the file copy is none."""
        is_out = self.form == PAPER and self.status == MADE
        return [line for place, line in enumerate(self.recipients) if is_out and str(place) not in (self.handed or {})
                and not is_file_copy(line)]


def is_file_copy(line: str) -> bool:
    """Whether a line of "Nơi nhận" is the copy that is kept, "Lưu: VT, NS"; "Lưu trữ lịch sử tỉnh" is a recipient."""
    return bool(re.match(r"lưu\s*(?::|VT\b)", line, re.IGNORECASE))


def get(copy_id: int, *, fresh: bool = False) -> CertifiedCopy:
    """The copy; `fresh`: as it is now. Raises NotFound."""
    found = db.session.get(CertifiedCopy, copy_id, populate_existing=fresh)
    if found is None:
        raise NotFound()
    return found


def asked(seed: str | None) -> CertifiedCopy | None:
    """What this page has asked for already."""
    return db.session.scalar(select(CertifiedCopy).where(CertifiedCopy.seed == seed)) if seed else None


def of(document_id: int) -> list[CertifiedCopy]:
    """The copies of a document, newest first."""
    return list(db.session.scalars(select(CertifiedCopy).where(CertifiedCopy.document_id == document_id)
                                   .order_by(CertifiedCopy.id.desc())))


def forget(document_id: int) -> None:
    """Art. 3.2: of what was asked for nothing stays that says what it was about; who asked and the number stay."""
    for row in of(document_id):
        row.part, row.recipients, row.reason, row.end_reason, row.handed = "", [], "", "", None


#: condition: a line of "Nơi nhận", but for the file copy, of which nobody has said that its paper was handed over
_UNHANDED = text(r"""exists (
    select from unnest(certified_copy.recipients) with ordinality as one(line, place)
    where one.line !~* '^lưu\s*(:|VT\M)'
    and not coalesce(jsonb_exists(certified_copy.handed, (one.place - 1)::text), false))""")


def _waits(user: User) -> ColumnElement[bool]:
    """Condition: the leader's word, or the clerk's work, is waited for, until each paper is handed over; of what had
    to go (Art. 3.2) nothing is.
    """
    whose = [CertifiedCopy.status == status for status, role in ((ASKED, "leader"), (ORDERED, "clerk"))
             if user.has(role)]
    if user.has("clerk"):
        whose.append(and_(CertifiedCopy.status == MADE, CertifiedCopy.form == PAPER, _UNHANDED))
    discarded = select(Document.id).where(Document.status == "discarded")
    return and_(or_(*whose, CertifiedCopy.id < 0), CertifiedCopy.document_id.not_in(discarded))


def _listed() -> Select[tuple[CertifiedCopy]]:
    return select(CertifiedCopy).options(joinedload(CertifiedCopy.document), joinedload(CertifiedCopy.asked_by))


def waiting(user: User, most: int) -> list[CertifiedCopy]:
    """What waits for the person, oldest first."""
    return list(db.session.scalars(_listed().where(_waits(user)).order_by(CertifiedCopy.id).limit(most)))


def count_waiting(user: User) -> int:
    """How many wait for the person."""
    if not user.has("leader", "clerk"):
        return 0
    return db.session.scalar(select(func.count()).select_from(CertifiedCopy).where(_waits(user))) or 0


def newest(readable: ColumnElement[bool], most: int) -> list[CertifiedCopy]:
    """The last ones of documents that this condition lets through, newest first."""
    return list(db.session.scalars(
        _listed().join(CertifiedCopy.document).where(readable).order_by(CertifiedCopy.id.desc()).limit(most)))


def numbered(register_id: int, first: int | None = None, last: int | None = None) -> list[CertifiedCopy]:
    """The copies that bear the numbers of a register, by number."""
    bounds = [RegisterEntry.number >= first] if first is not None else []
    bounds += [RegisterEntry.number <= last] if last is not None else []
    return list(db.session.scalars(
        _listed().join(CertifiedCopy.entry).join(Register, Register.id == RegisterEntry.register_id)
        .options(joinedload(CertifiedCopy.entry))
        .where(and_(Register.id == register_id, *bounds)).order_by(RegisterEntry.number)))
