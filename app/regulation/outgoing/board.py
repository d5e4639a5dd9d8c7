"""The delivery board: every signed document by day, and where it is with each recipient (Art. 9.1.d; QĐ 28/2018 Đ6).

What is late: not sent by noon of the working day after the signature, an urgent one within the hour (Đ6.2; the figure
for "immediately" is ours); of what was sent, no 01 on the day itself (NĐ 30/2020 Đ21.2.c), no number of arrival by the
end of the next working day (Đ4.2.c). A page costs the same few statements, however many rows it has. It writes nothing;
who may read what is records/right.py's.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    DateTime,
    FromClause,
    Select,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased

from app.db import db
from app.records import calendar
from app.records.agency import Agency, AgencyAlias
from app.records.calendar import MORNING_ENDS, ZONE, local_date
from app.records.document import Document
from app.records.message import OUTSIDE, UPDATE, Message
from app.records.milestone import Milestone
from app.regulation.outgoing import recall

#: where a document is with one recipient: not handed to the exchange yet; to be sent by a person, who is on no axis; on
#: its way, or sent in another way because it could not be; then the codes that came back; beside them, that it refuses
#: what it was asked last, to give the document back or to correct it, and of a hybrid one, that nobody has said yet
#: that the paper went (Art. 9.2)
STATES = ("waiting", "unsent", "by_hand", "failed", "other", "sent", "01", "02", "03", "04", "05", "06", "15", "16",
          "paper")
PAPER, REFUSES = "paper", "16"
#: 13: we took it back; of the whole document
RECALLED = "13"
#: what is late, the weightiest last
LATE = ("send", "arrival", "registration")
#: the signature from which the time counts: of an electronic document, of a paper
_SIGNED = ("sign_by_leader", "sign_paper")
_URGENT = timedelta(hours=1)
#: what went out of a document itself, and not of a copy of it
_OWN = (Message.direction == "out", Message.kind.in_(("document", OUTSIDE)), Message.certified_copy_id.is_(None))
#: days that one board shows at most
MOST_DAYS = 92


@dataclass(frozen=True)
class Asked:
    """What a board shows: days of signature, both included; a state of STATES or RECALLED; recipients; late ones."""

    since: date
    until: date
    state: str = ""
    #: codes of recipients, of which alone it speaks then; None: all
    partners: tuple[str, ...] | None = None
    late: bool = False


@dataclass(frozen=True)
class Row:
    """One document: how many recipients are in each state, and how many are late with what."""

    document: Document
    signed_at: datetime
    #: until when it had to be sent
    due_at: datetime
    states: dict[str, int]
    late: dict[str, int]

    @property
    def key(self) -> tuple[datetime, int]:
        """Where the next page goes on."""
        return self.signed_at, self.document.id


@dataclass(frozen=True)
class Recipient:
    """One recipient of a document."""

    message: Message
    state: str
    sent_at: datetime | None
    #: of LATE, or empty
    late: str


class _Facts:
    """The expressions that say how a document is with a recipient, at a moment, for documents signed since a day."""

    def __init__(self, since: date, at: datetime) -> None:
        ends = calendar.next_ends(since, local_date(at))
        self.at, self.signed, self.sent = at, _days(ends, "signed"), _days(ends, "sent")
        priority = func.coalesce(Document.sent_priority, Document.priority)
        self.due = case((priority > 0, Milestone.at + _URGENT), else_=self.signed.c.noon)
        is_out = Message.axis_id != ""
        failed = and_(Message.status_code == "", Message.description != "")
        outside, was_told = Message.kind == OUTSIDE, Message.other_way != ""
        other = or_(and_(outside, was_told), and_(failed, was_told, Document.exchange_form != "hybrid"))
        self.sent_at = case((is_out, func.greatest(Document.closed_at, Message.at)))
        self.state = case((other, "other"), (outside, "by_hand"), (failed, "failed"),
                          (Message.status_code != "", Message.status_code), (is_out, "sent"), else_="unsent")
        self.paper = and_(Message.kind == "document", ~was_told, Document.exchange_form == "hybrid",
                          Document.status == "dispatched")
        self.refuses = _refuses()
        waits = and_(is_out, ~failed, Document.status != "withdrawn")
        self.late = case(
            (and_(waits, Message.status_code.in_(("", "01")), self.sent.c.end < at), "registration"),
            (and_(waits, Message.status_code == "", _local_day(self.sent_at) < local_date(at)), "arrival"),
            (or_(self.sent_at > self.due, self._overdue(and_(Message.axis_id == "", ~other))), "send"),
            else_="")

    def _overdue(self, unsent: ColumnElement[bool]) -> ColumnElement[bool]:
        return and_(unsent, self.due < self.at, Document.status != "withdrawn")

    def documents(self, *columns: Any) -> Select[Any]:
        """Of the signed documents."""
        return (select(*columns).select_from(Document).join(Milestone, Milestone.document_id == Document.id)
                .join(self.signed, self.signed.c.day == _local_day(Milestone.at))
                .where(Milestone.name.in_(_SIGNED), Milestone.cleared_at.is_(None), Document.direction == "outgoing",
                       Document.status != "cancelled"))

    def counts(self, partners: tuple[str, ...] | None) -> FromClause:
        """One row per document: recipients by state and by lateness; `total` counts all that have a message."""
        beside = {PAPER: self.paper, REFUSES: self.refuses}
        of_each = (self.state.label("state"), self.late.label("late"),
                   *(flag.label(f"beside_{name}") for name, flag in beside.items()))
        query = select(*of_each).select_from(Message).outerjoin(
            self.sent, self.sent.c.day == _local_day(self.sent_at)).where(
            Message.document_id == Document.id, *_OWN)
        if partners is not None:
            query = query.where(Message.partner.in_(partners))
        each = query.correlate(Document, Milestone, self.signed).subquery("each")
        states = [func.count().filter(each.c[f"beside_{one}"] if one in beside else each.c.state == one
                                      ).label(f"is_{one}") for one in STATES[1:]]
        late = [func.count().filter(each.c.late == one).label(f"late_{one}") for one in LATE]
        return select(func.count().label("total"), *states, *late).select_from(each).lateral("counted")

    def waiting(self, counted: FromClause) -> ColumnElement[bool]:
        """A signed document that nobody has dispatched yet."""
        return and_(Document.closed_at.is_(None), counted.c.total == 0)

    def late_of(self, counted: FromClause) -> dict[str, ColumnElement[int]]:
        """How many are late with what; a document that is not dispatched at all counts as one."""
        idle = case((self._overdue(self.waiting(counted)), 1), else_=0)
        found = {name: counted.c[f"late_{name}"] for name in LATE}
        return {**found, "send": found["send"] + idle}


def _refuses() -> ColumnElement[bool]:
    """Whether the last word of a recipient on what it was asked is no, on the recall where there was one; it keeps what
    it registered (QĐ 28/2018 Đ8). What nobody asked is answered by no word.
    """
    told, bearer, asked, newer = aliased(Message), aliased(Agency), aliased(Message), aliased(Document)
    of_this = (asked.document_id == Message.document_id, asked.direction == "out",
               asked.certified_copy_id.is_not_distinct_from(Message.certified_copy_id))
    taken_back = and_(asked.kind == "status", asked.status_code == RECALLED)
    is_recalled = select(asked.id).where(*of_this, taken_back).correlate(Message).exists()
    former = select(AgencyAlias.code).join(bearer, bearer.id == AgencyAlias.owner_id).where(
        bearer.code == Message.partner).correlate(Message)

    def is_about(what: str) -> ColumnElement[bool]:
        return ~told.description.regexp_match(recall.pattern_of(*(one for one in recall.ABOUT if one != what)), "i")

    is_asked = select(asked.id).where(
        *of_this, asked.partner == Message.partner, asked.at <= told.at,
        or_(and_(taken_back, is_about(recall.GIVEN_BACK)), and_(asked.kind == UPDATE, is_about(UPDATE)))
    ).correlate(Message, told).exists()
    is_replaced = select(newer.id).where(
        newer.replaces_id == Message.document_id, newer.status.in_(recall.OUT), newer.closed_at <= told.at,
        Message.certified_copy_id.is_(None), is_about(recall.REPLACED)).correlate(Message, told).exists()
    beside_recall = recall.pattern_of(UPDATE, recall.REPLACED)
    last = select(told.status_code).where(
        told.document_id == Message.document_id,
        told.certified_copy_id.is_not_distinct_from(Message.certified_copy_id), told.direction == "in",
        told.kind == "status", told.status_code.in_(recall.ANSWERS), or_(is_asked, is_replaced),
        or_(told.partner == Message.partner, told.partner.in_(former)),
        or_(~is_recalled, ~told.description.regexp_match(beside_recall, "i"))).correlate(Message)
    newest = last.order_by(told.at.desc(), told.id.desc()).limit(1).scalar_subquery()
    return func.coalesce(newest, "") == REFUSES


def _days(ends: dict[date, datetime], name: str) -> FromClause:
    """Each day with noon and office end of the next worked day, as a table."""
    noons = [datetime.combine(local_date(end), MORNING_ENDS, ZONE) for end in ends.values()]
    stamps = ARRAY(DateTime(timezone=True))
    return func.unnest(literal(list(ends), ARRAY(Date)), literal(noons, stamps), literal(list(ends.values()), stamps)
                       ).table_valued("day", "noon", "end", name=name).render_derived()


def _local_day(moment: ColumnElement[datetime]) -> ColumnElement[date]:
    return cast(func.timezone(ZONE.key, moment), Date)


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), ZONE)


def page(asked: Asked, readable: ColumnElement[bool], *, at: datetime, after: tuple[datetime, int] | None = None,
         limit: int = 50) -> tuple[list[Row], bool]:
    """The documents signed on these days, newest first, after a `Row.key`; and whether more follow."""
    facts = _Facts(asked.since, at)
    counted = facts.counts(asked.partners)
    query = _of_days(facts, counted, asked, readable, Document, Milestone.at, facts.due, facts.waiting(counted),
                     *(counted.c[f"is_{one}"] for one in STATES[1:]), *facts.late_of(counted).values())
    if asked.state == RECALLED:
        query = query.where(Document.status == "withdrawn")
    elif asked.state:
        query = query.where(facts.waiting(counted) if asked.state == "waiting" else
                            counted.c[f"is_{asked.state}"] > 0)
    if asked.late:
        query = query.where(sum(facts.late_of(counted).values()) > 0)
    if after is not None:
        query = query.where(tuple_(Milestone.at, Document.id) < tuple_(
            literal(after[0], DateTime(timezone=True)), literal(after[1], BigInteger)))
    rows = db.session.execute(query.order_by(Milestone.at.desc(), Document.id.desc()).limit(limit + 1)).all()
    return [_row(*row) for row in rows[:limit]], len(rows) > limit


def _of_days(facts: _Facts, counted: FromClause, asked: Asked, readable: ColumnElement[bool],
             *columns: Any) -> Select[Any]:
    query = facts.documents(*columns).join(counted, literal(True)).where(
        readable, Milestone.at >= _start(asked.since), Milestone.at < _start(asked.until + timedelta(days=1)))
    if asked.partners is not None:
        codes = literal(list(asked.partners), ARRAY(Text))
        query = query.where(or_(Document.addressees.overlap(codes), Document.recipients.overlap(codes)))
    return query


def _row(document: Document, signed_at: datetime, due_at: datetime, is_waiting: bool, *numbers: int) -> Row:
    states = dict(zip(STATES, (int(is_waiting), *numbers[:-len(LATE)]), strict=True))
    late = dict(zip(LATE, numbers[-len(LATE):], strict=True))
    return Row(document, signed_at, due_at, {name: n for name, n in states.items() if n},
               {name: n for name, n in late.items() if n})


def totals(asked: Asked, readable: ColumnElement[bool], at: datetime) -> dict[str, int]:
    """Of all of these days, whatever else is asked: {"documents", "failed", "02", "16"} and each of LATE."""
    facts = _Facts(asked.since, at)
    counted = facts.counts(asked.partners)
    sums = {"failed": counted.c.is_failed, "02": counted.c.is_02, REFUSES: counted.c.is_16, **facts.late_of(counted)}
    row = db.session.execute(_of_days(facts, counted, asked, readable, func.count(Document.id), *(
        func.coalesce(func.sum(one), 0) for one in sums.values()))).one()
    return dict(zip(("documents", *sums), map(int, row), strict=True))


def recipients(document: Document, signed_at: datetime, at: datetime) -> list[Recipient]:
    """Each recipient of a document signed then, by code, in one statement."""
    facts = _Facts(local_date(signed_at), at)
    rows = db.session.execute(
        facts.documents(Message, facts.state, facts.sent_at, facts.late)
        .join(Message, and_(Message.document_id == Document.id, *_OWN))
        .outerjoin(facts.sent, facts.sent.c.day == _local_day(facts.sent_at))
        .where(Document.id == document.id).order_by(
            Message.kind, case((Message.kind == OUTSIDE, ""), else_=Message.partner), Message.id)).all()
    return [Recipient(*row) for row in rows]


def of_copy(sent: list[Message], at: datetime) -> list[Recipient]:
    """Each recipient of a copy: the same states; its time counts from when it was handed over to be sent."""
    days = [local_date(row.at) for row in sent]
    ends = calendar.next_ends(min(days), max(days)) if days else {}
    return [_of_copy(row, ends[day], day, at) for row, day in zip(sent, days, strict=True)]


def _of_copy(row: Message, ends: datetime, day: date, at: datetime) -> Recipient:
    if row.is_failed:
        return Recipient(row, "other" if row.other_way else "failed", row.at if row.axis_id else None, "")
    if not row.axis_id:
        noon = datetime.combine(local_date(ends), MORNING_ENDS, ZONE)
        return Recipient(row, "unsent", None, "send" if noon < at else "")
    late = ""
    if row.status_code in ("", "01") and ends < at:
        late = "registration"
    elif not row.status_code and day < local_date(at):
        late = "arrival"
    return Recipient(row, row.status_code or "sent", row.at, late)


def signed_at(document_id: int) -> datetime | None:
    """When it was signed, by the leader or on paper; None: not yet."""
    return db.session.scalar(select(Milestone.at).where(
        Milestone.document_id == document_id, Milestone.name.in_(_SIGNED), Milestone.cleared_at.is_(None)).limit(1))

