"""A leader gives an auditor a scope, the agency's own or the one above, and ends it.

Each is an act with old and new value and a reason (Art. 10.3, 12; security.md S12, S13). Nobody gives himself anything
to read, and no administrator is given any. What a scope is, records/audit_grant.py says; how the auditor above opens
it, handover_below.py.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select

from app.db import db
from app.engine.reason import need_reason
from app.records import history
from app.records.audit_grant import AuditGrant
from app.records.calendar import local_date
from app.records.document import Document, NotFound
from app.records.people import User
from app.records.register import Register
from app.refusal import Refusal

#: longest time that something given may be read, days
LONGEST_DAYS = 365
#: most single documents of one scope
MOST_DOCUMENTS = 200
#: documents that are told of one reference
_LISTED = 10


class GrantTooLong(Refusal):
    """What is given is read from today for a year at most."""

    code = "grant_too_long"


class NobodyAbove(Refusal):
    """The agency has no agency above whose auditor could be given anything."""

    code, status = "nobody_above", 409


class NotTheLeader(Refusal):
    """Only a leader of the agency gives an auditor something to read, never to himself, and no administrator does."""

    code, status, article = "not_the_leader", 403, "Art. 10.3"


class NotAnAuditor(Refusal):
    """A scope is given to an active auditor who is no administrator."""

    code, status, article = "not_an_auditor", 409, "Art. 10.3"


class ScopeUnclear(Refusal):
    """A scope is the whole agency, said so, or has a condition that something here can meet."""

    code = "scope_unclear"


class ReferenceShared(Refusal):
    """Several documents bear this reference: other years, directions or agencies; ids say which one is meant."""

    code = "reference_shared"


class GrantEnded(Refusal):
    """The scope was ended before."""

    code, status = "grant_ended", 409


@dataclass(frozen=True)
class Scope:
    """What is asked for; each empty condition does not narrow it. `is_whole` must say that none was meant."""

    is_whole: bool = False
    register_id: int | None = None
    since_date: date | None = None
    to_date: date | None = None
    type_name: str = ""
    #: ids or references ("12/UBND-VX") of single documents
    documents: tuple[str, ...] = ()


def give(leader: User, auditor_id: int | None, scope: Scope, until: date, reason: str, at: datetime) -> AuditGrant:
    """Give the scope; no auditor = the one of the agency above. Commits.

    Raises ReasonNeeded, NotTheLeader, NotAnAuditor, NobodyAbove, GrantTooLong, ScopeUnclear, ReferenceShared.
    """
    reason, today = need_reason(reason), local_date(at)
    _need_leader(leader)
    if auditor_id is None and leader.agency.parent_id is None:
        raise NobodyAbove()
    if auditor_id is not None:
        _need_auditor(leader, auditor_id)
    if not today <= until <= today + timedelta(days=LONGEST_DAYS):
        raise GrantTooLong(days=LONGEST_DAYS)
    _need_clear(scope)
    row = AuditGrant(
        agency_id=leader.agency_id, auditor_id=auditor_id, register_id=scope.register_id, since_date=scope.since_date,
        to_date=scope.to_date, type_name=scope.type_name.strip()[:100], document_ids=_documents(scope.documents),
        until_date=until, reason=reason, given_by_id=leader.id, at=at)
    db.session.add(row)
    db.session.flush()
    _note(row, "audit_granted", leader, reason, at)
    db.session.commit()
    return row


def end(grant_id: int, leader: User, reason: str, at: datetime) -> AuditGrant:
    """End a scope at once. Commits. Raises ReasonNeeded, NotTheLeader, NotFound, GrantEnded."""
    _need_leader(leader)
    row = db.session.scalar(select(AuditGrant).where(AuditGrant.id == grant_id).with_for_update(of=AuditGrant)
                            .execution_options(populate_existing=True))
    if row is None:
        raise NotFound()
    if row.auditor_id == leader.id:
        raise NotTheLeader()
    reason = need_reason(reason)
    if row.ended_at is not None:
        raise GrantEnded()
    row.ended_at, row.ended_by_id, row.end_reason = at, leader.id, reason
    _note(row, "audit_ended", leader, reason, at)
    db.session.commit()
    return row


def _need_leader(leader: User) -> None:
    if not leader.has("leader") or leader.has("admin"):
        raise NotTheLeader()


def _need_auditor(leader: User, auditor_id: int) -> None:
    auditor = db.session.get(User, auditor_id)
    if auditor_id == leader.id:
        raise NotTheLeader()
    if auditor is None or not auditor.is_active or not auditor.has("auditor") or auditor.has("admin"):
        raise NotAnAuditor()


def _need_clear(scope: Scope) -> None:
    narrowed = bool(scope.register_id or scope.since_date or scope.to_date or scope.type_name.strip()
                    or scope.documents)
    if narrowed == scope.is_whole:
        raise ScopeUnclear(why="whole")
    if scope.since_date and scope.to_date and scope.to_date < scope.since_date:
        raise ScopeUnclear(why="period")
    if scope.register_id and db.session.get(Register, scope.register_id) is None:
        raise ScopeUnclear(why="register")


def _documents(named: tuple[str, ...]) -> list[int] | None:
    """The ids of the documents that are named. Raises ScopeUnclear for a name that is none, or for too many, and
    ReferenceShared for a reference that more than one document bears.
    """
    if not named:
        return None
    if len(named) > MOST_DOCUMENTS:
        raise ScopeUnclear(why="many")
    ids = {int(one) for one in named if one.isascii() and one.isdigit() and len(one) < 19}
    reference = Document.code_number + "/" + Document.code_notation
    rows = db.session.execute(
        select(Document.id, reference.label("reference")).where(or_(Document.id.in_(ids), reference.in_(named)))
        .order_by(Document.id)).all()
    bearers: dict[str, list[int]] = {}
    for row in rows:
        bearers.setdefault(str(row.id), []).append(row.id)
        if row.reference in named:
            bearers.setdefault(row.reference, []).append(row.id)
    for one in named:
        found = bearers.get(str(int(one)) if one.isascii() and one.isdigit() else one, [])
        if not found:
            raise ScopeUnclear(why="document", document=one[:60])
        if len(found) > 1:
            raise ReferenceShared(reference=one, ids=", ".join(map(str, found[:_LISTED])))
    return sorted({key for found in bearers.values() for key in found})


def _note(row: AuditGrant, kind: str, leader: User, reason: str, at: datetime) -> None:
    history.append(
        history.Act(agency_id=row.agency_id, subject=f"audit_grant:{row.id}", at=at, actor_id=leader.id, kind=kind),
        input={"reason": reason, "grant": row.id}, changes=history.take_changes())
