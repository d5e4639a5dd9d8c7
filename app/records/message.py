"""Messages of the exchange, sent and received, and the receipts that came back (NĐ 30/2020 Đ18; QĐ 28/2018).

One row per packet and partner. The raw packet is a blob. Statuses may arrive late, twice, or out of order:
each is kept, the state is the highest-ranked one.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, and_, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app.db import AgencyOwned, Base, db
from app.records import history
from app.records.document import Document
from app.refusal import Refusal

#: status codes of the national exchange (states of QĐ 28/2018 Đ10) by rank; a later rank wins
RANK = {"": 0, "01": 1, "02": 9, "03": 3, "04": 4, "05": 5, "06": 6, "13": 7, "15": 8, "16": 2}
#: what each says to people, of us and of others (QĐ 28/2018 Đ10)
WORDS = {"01": "Đã đến", "02": "Từ chối tiếp nhận", "03": "Đã tiếp nhận", "04": "Phân công", "05": "Đang xử lý",
         "06": "Hoàn thành", "15": "Đồng ý", "16": "Từ chối"}
#: the kind of a packet that corrects what was told of a document (edXML BussinessDocType 2)
UPDATE = "update"
#: the kind of the row of a recipient that is on no axis
OUTSIDE = "outside"
#: the kind of a row that says who is told by people what is asked of a document that was sent (outgoing/by_hand.py)
BY_HAND = "by_hand"
#: how one outside the exchange has it: within the agency
INSIDE = "inside"
#: axis_id of a status that the axis did not take; before its words, in the description
NOT_TAKEN, _BECAUSE = "FAIL", " (trục không nhận: "
#: axis_id of a status that the axis took before, in other words: it is told
TOLD = "TOLD"
#: codes that end the wait for a recipient: registered or beyond, or refused
ANSWERED = ("02", "03", "04", "05", "06", "15")


class AlreadySent(Refusal):
    """The document has gone out: what was sent is neither numbered nor signed anew."""

    code, status, article = "already_sent", 409, "Art. 9.1.d"


class Message(AgencyOwned, Base):
    """One packet to or from one partner."""

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("agency_id", "direction", "key"),
        Index("message_of_document", "document_id", "direction"),
        Index("message_by_packet", "agency_id", "packet_id"),
    )

    #: "in" or "out"
    direction: Mapped[str] = mapped_column(String(3))
    #: "document", "status" or "update"; "outside": a recipient that no directory knows, to be sent it by a person;
    #: "by_hand": one who is told by a person that it is taken back or corrected
    kind: Mapped[str] = mapped_column(String(10))
    #: what makes it one message: ours when sent, the axis' DocId when received
    key: Mapped[str] = mapped_column(String(300))
    document_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"))
    #: of a document that was sent as a copy of it, and of what is said to that: which copy (NĐ 30/2020 Đ25)
    certified_copy_id: Mapped[int | None] = mapped_column(ForeignKey("certified_copy.id"), index=True)
    #: organisation code of the other side; of one outside: where it is named, and the how manieth, "to:1", "also:2"
    partner: Mapped[str] = mapped_column(String(35))
    #: of one outside: as it is named in the document
    name: Mapped[str] = mapped_column(String(300), default="")
    #: edXML DocumentId it is about
    packet_id: Mapped[str] = mapped_column(String(255), default="")
    #: raw packet, sha256 of the blob
    sha256: Mapped[str] = mapped_column(String(64), default="")
    #: status code of a status packet; of a sent document: the highest that came back
    status_code: Mapped[str] = mapped_column(String(4), default="")
    description: Mapped[str] = mapped_column(String(1000), default="")
    #: DocId of the axis; empty in what is being sent, or what the axis refused (then `description` says why)
    axis_id: Mapped[str] = mapped_column(String(100), default="")
    at: Mapped[datetime]
    #: in which other way the recipient was sent it (outgoing/otherwise.py), with what proves it; empty: in none
    other_way: Mapped[str] = mapped_column(String(10), default="")
    other_note: Mapped[str] = mapped_column(String(200), default="")
    other_at: Mapped[datetime | None]
    #: when the partner says it happened
    stated_at: Mapped[datetime | None]

    @property
    def is_refused(self) -> bool:
        """The axis did not take it for this recipient; `description` says why."""
        return bool(self.description) and not self.axis_id and not self.status_code

    @property
    def is_failed(self) -> bool:
        """It did not reach the recipient: the axis, or the recipient's software, did not take it."""
        return bool(self.description) and not self.status_code

    @property
    def is_untold(self) -> bool:
        """A status of ours that the axis did not take; `description` ends with why."""
        return self.direction == "out" and self.kind == "status" and self.axis_id == NOT_TAKEN

    @property
    def is_answered(self) -> bool:
        """Nothing more is waited for: the recipient registered or refused it, or the axis did not take it.

        Of one outside, and of one whose software did not take it: a person has said how it was sent, or why it was not.
        """
        if self.kind == OUTSIDE or self.is_failed and not self.is_refused:
            return bool(self.other_way)
        return self.status_code in ANSWERED or self.is_refused


#: what is to be sent, or to be sent again, and has not gone out
UNSENT = (Message.direction == "out", Message.kind == "document", Message.axis_id == "", Message.status_code == "",
          Message.description == "")


#: what a recipient is asked about what it was sent: to give it back (13), or to correct what it was told
ASKS = and_(Message.direction == "out",
            or_(Message.kind == UPDATE, and_(Message.kind == "status", Message.status_code == "13")))


def sent_for(document_id: int, copy_id: int | None = None) -> list[Message]:
    """One row per recipient of a dispatched document, or of this copy of it, with the state that came back."""
    return list(db.session.scalars(
        select(Message).where(Message.document_id == document_id, Message.certified_copy_id == copy_id,
                              Message.direction == "out", Message.kind == "document").order_by(Message.partner)))


def outside_of(document_id: int) -> list[Message]:
    """One row per recipient of a dispatched document that no directory knows, in the order in which they are named."""
    return list(db.session.scalars(select(Message).where(
        Message.document_id == document_id, Message.kind == OUTSIDE).order_by(Message.id)))


def outside(document_ids: list[int]) -> dict[int, list[str]]:
    """Their names by document, but for those that were not sent it, in one statement."""
    found: dict[int, list[str]] = {}
    for document_id, name in db.session.execute(select(Message.document_id, Message.name).where(
            Message.document_id.in_(document_ids), Message.kind == OUTSIDE, Message.other_way != "none")
            .order_by(Message.id)):
        found.setdefault(document_id, []).append(name)
    return found


def left_outside(document_id: int, place: str = "") -> list[Message]:
    """Of those, of whom nobody has said yet how it was sent; `place`: named there only (regulation/addressed.py)."""
    return [row for row in outside_of(document_id) if not row.is_answered and row.partner.startswith(place)]


def left_on_paper(document_id: int) -> list[Message]:
    """Recipients of a dispatched hybrid document of whom nobody has said that the paper went, or why not (Art. 9.2)."""
    is_hybrid = select(Document.id).where(
        Document.id == document_id, Document.exchange_form == "hybrid", Document.status == "dispatched")
    return [row for row in sent_for(document_id) if not row.other_way] if db.session.scalar(is_hybrid) else []


def is_settled(document_id: int) -> bool:
    """Whether nothing more is waited for of any recipient of a dispatched document, nor on paper."""
    return all(row.is_answered for row in [*sent_for(document_id), *outside_of(document_id)]) and not left_on_paper(
        document_id)


def is_out(document_id: int) -> bool:
    """Whether a recipient may have it: it was handed to the axis or is being handed over, or was sent otherwise."""
    return any(not row.is_refused for row in sent_for(document_id)) or any(
        row.other_way not in ("", INSIDE) for row in outside_of(document_id))


def require_not_sent(document_id: int) -> None:
    """Refuse what would make two documents of one. Raises AlreadySent."""
    if is_out(document_id):
        raise AlreadySent()


def received_for(document_id: int) -> list[Message]:
    """The packets in which the document came."""
    return list(db.session.scalars(
        select(Message).where(Message.document_id == document_id, Message.direction == "in",
                              Message.kind == "document").order_by(Message.id)))


def bearing(document_id: int) -> list[Message]:
    """All packets that bear the content of a document, or words about it: in which it came, in which copies of it
    went, were corrected, and what others said and asked about it.
    """
    return list(db.session.scalars(select(Message).where(
        Message.document_id == document_id, or_(Message.direction == "in", and_(
            Message.kind.in_(("document", UPDATE)), Message.sha256 != ""))).order_by(Message.id)))


def early(partners: list[str], packet_ids: list[str]) -> list[Message]:
    """What a sender, by any of its codes, sent about one of these identifiers before its document came, oldest first:
    each has a chain of its own.
    """
    return list(db.session.scalars(select(Message).where(
        Message.direction == "in", Message.document_id.is_(None), Message.packet_id.in_(packet_ids),
        Message.partner.in_(partners)).order_by(Message.id)))


def forget(document_id: int) -> None:
    """Art. 3.2: for which reasons its recipients were asked to correct it or give it back goes, that they were stays,
    with the axis's words; what is still to be sent needs them.
    """
    for row in db.session.scalars(select(Message).where(Message.document_id == document_id, ASKS, or_(
            Message.kind == UPDATE, Message.axis_id != ""))):
        _, because, words = row.description.partition(_BECAUSE)
        row.description = because.strip() + words


def let_go(row: Message, at: datetime, why: str, *, with_words: bool = False) -> str:
    """Nothing names the raw packet any more, and nothing says its words; its sha256, if something did.

    One that came before its document is told of in its own chain.
    """
    sha256, values = row.sha256, {"sha256": ""} | ({"description": ""} if with_words else {})
    changes = {name: [old, new] for name, new in values.items() if (old := getattr(row, name)) != new}
    if not changes:
        return ""
    db.session.execute(update(Message).where(Message.id == row.id).values(values))
    if row.document_id is not None:
        history.tell("message", row.id, changes)
    else:
        history.append(history.Act(agency_id=row.agency_id, subject=f"message:{row.id}", at=at,
                                   kind="message_received", label=why), input={},
                       changes=[["message", row.id, changes]])
    return sha256


def not_taken_in(most: int) -> list[Message]:
    """Packets that were refused, with the sentence, newest first."""
    return list(db.session.scalars(select(Message).where(
        Message.direction == "in", Message.kind == "document",
        Message.status_code.in_(("FAIL", "02"))).order_by(Message.id.desc()).limit(most)))


def statuses_of(document_id: int, copy_id: int | None = None) -> list[Message]:
    """Statuses sent or received about a document, or about this copy of it, oldest first."""
    return list(db.session.scalars(
        select(Message).where(Message.document_id == document_id, Message.certified_copy_id == copy_id,
                              Message.kind == "status")
        .order_by(Message.at, Message.id)))


def asked_of(document_id: int, copy_id: int | None = None) -> list[Message]:
    """What recipients were asked about a document, or about this copy of it, oldest first."""
    return list(db.session.scalars(select(Message).where(
        Message.document_id == document_id, Message.certified_copy_id == copy_id, ASKS)
        .order_by(Message.at, Message.id)))


def not_told(most: int) -> list[Message]:
    """Statuses of ours that the axis did not take, newest first."""
    return list(db.session.scalars(select(Message).where(
        Message.direction == "out", Message.kind == "status", Message.axis_id == NOT_TAKEN)
        .order_by(Message.id.desc()).limit(most)))


def known(direction: str, key: str) -> Message | None:
    """The message of this key, if it is here already."""
    return db.session.scalar(select(Message).where(Message.direction == direction, Message.key == key))


def tell_apart(row: Message, words: str) -> None:
    """A packet that belongs to no document here has a chain of its own, with what else this transaction changed."""
    db.session.flush()
    history.append(history.Act(agency_id=row.agency_id, subject=f"message:{row.id}", at=row.at,
                               kind="message_received", label=words[:200]),
                   input={"sha256": row.sha256}, changes=history.take_changes())


def higher(old: str, new: str) -> str:
    """The status that counts of two codes; an unknown code never hides a known one."""
    return new if RANK.get(new, 0) > RANK.get(old, 0) else old


def told(row: Message, axis_id: str, words: str, at: datetime) -> None:
    """The axis was told a status and gave it this id, or will not have it for what `words` say; an act. Commits.

    The caller holds the document and the row, and knows that nobody was first.
    """
    row.axis_id = axis_id
    if words:
        row.description = because(row.description, words)
    subject = f"document:{row.document_id}" if row.document_id else f"message:{row.id}"
    history.append(history.Act(agency_id=row.agency_id, subject=subject, at=at,
                               kind="message_received", label=f"{row.status_code} {row.partner} {words}"[:200]),
                   input={"partner": row.partner, "sha256": row.sha256}, changes=history.take_changes())
    db.session.commit()


def because(description: str, words: str) -> str:
    """What was to be said, with the axis's words for not taking it."""
    return f"{description}{_BECAUSE}{words})"[:1000]


def tell_again(row: Message) -> None:
    """Let the next look into the exchange tell this status, in the words of the first time."""
    row.axis_id, row.description = "", row.description.partition(_BECAUSE)[0]
