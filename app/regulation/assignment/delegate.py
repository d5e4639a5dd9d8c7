"""Art. 7: "người được lãnh đạo ủy quyền": a leader gives and ends a delegation, each an act in his own chain.

A delegation has first and last day, a scope and a reason. What the delegate may do follows from it
(records/people.py, engine/task.py, records/right.py); signatures are never delegated.
"""

import uuid
from datetime import date, datetime, timedelta

from sqlalchemy import select

from app.db import db
from app.records import history
from app.records.calendar import local_date
from app.records.document import NotFound
from app.records.people import SCOPES, Delegation, User
from app.refusal import Refusal

#: longest delegation, days
LONGEST_DAYS = 365
#: who may be given one: those who do the work of the articles
DELEGATES = ("leader", "head", "officer", "clerk")


class NotDelegating(Refusal):
    """Only a leader delegates, and only what is his own."""

    code, status, article = "not_delegating", 403, "Art. 7"


class DelegationWrong(Refusal):
    """A delegation names another active person, first and last day within a year, a scope and a reason."""

    code, article = "delegation_wrong", "Art. 7"


class DelegationTwice(Refusal):
    """The same person stands in for the leader in these days already."""

    code, status, article = "delegation_twice", 409, "Art. 7"


def give(leader: User, to_user_id: int, first: date, last: date, scope: str, reason: str, at: datetime,
         seed: uuid.UUID | None = None) -> Delegation:
    """Let another person act in the leader's name. Commits. `seed`: the page; sent twice, it is given once.

    Raises NotDelegating, DelegationWrong, DelegationTwice.
    """
    subject, said = f"user:{leader.id}", " ".join(reason.split())
    history.lock(subject)
    known = db.session.scalar(select(Delegation).where(Delegation.seed == str(seed))) if seed else None
    if known is not None:
        return known
    require(leader, to_user_id, first, last, scope, said, at)
    made = Delegation(agency_id=leader.agency_id, from_user_id=leader.id, to_user_id=to_user_id, from_date=first,
                      until_date=last, scope=scope, reason=said, seed=str(seed) if seed else None)
    db.session.add(made)
    db.session.flush()
    _tell(leader, "delegation_given", made, {"reason": said}, at)
    return made


def require(leader: User, to_user_id: int, first: date, last: date, scope: str, said: str, at: datetime) -> None:
    """That it may be given: asked before the leader confirms, too. Raises as `give` does."""
    if not leader.has("leader"):
        raise NotDelegating()
    today = local_date(at)
    other = db.session.get(User, to_user_id)
    fits = other is not None and other.is_active and other.id != leader.id and other.has(*DELEGATES)
    if not (fits and today <= first <= last <= first + timedelta(days=LONGEST_DAYS) and scope in SCOPES
            and first <= today + timedelta(days=LONGEST_DAYS) and 5 <= len(said) <= 500):
        raise DelegationWrong(days=LONGEST_DAYS)
    if db.session.scalar(select(Delegation.id).where(
            Delegation.from_user_id == leader.id, Delegation.to_user_id == to_user_id, Delegation.ended_at.is_(None),
            Delegation.from_date <= last, Delegation.until_date >= first).limit(1)):
        raise DelegationTwice()


def end(leader: User, delegation_id: int, at: datetime) -> bool:
    """End it at once; False: it has ended already. Commits. Raises NotFound for what is not the leader's own."""
    history.lock(f"user:{leader.id}")
    found = db.session.get(Delegation, delegation_id, populate_existing=True)
    if found is None or found.from_user_id != leader.id:
        raise NotFound()
    if found.ended_at is not None or found.until_date < local_date(at):
        db.session.rollback()
        return False
    found.ended_at = at
    _tell(leader, "delegation_ended", found, {}, at)
    return True


def of(user: User) -> list[Delegation]:
    """What the person has given and was given, newest first."""
    return list(db.session.scalars(select(Delegation).where(
        (Delegation.from_user_id == user.id) | (Delegation.to_user_id == user.id))
        .order_by(Delegation.id.desc()).limit(50)))


def standing(user: User, at: datetime) -> list[Delegation]:
    """By which the person may act for others today."""
    today = local_date(at)
    return [one for one in of(user) if one.to_user_id == user.id and one.ended_at is None
            and one.from_user.is_active and one.from_date <= today <= one.until_date]


def _tell(leader: User, kind: str, row: Delegation, given: dict[str, str], at: datetime) -> None:
    history.append(
        history.Act(agency_id=leader.agency_id, subject=f"user:{leader.id}", at=at, actor_id=leader.id, kind=kind),
        input={"delegation": row.id, **given}, changes=history.take_changes(), is_locked=True)
    db.session.commit()
