"""Accounts, delegations, units and agencies changed by an operator: each an act with reason, old and new value.

Art. 7, 11.1.b, 11.3.b; security.md S12, S13, S14. Who administers neither handles documents nor audits, and nobody acts
for a leader who may not. A person who is put out, or whose roles change, is out at the next request. Passwords are no
part of any act. Rights to diagrams are given on a page (entitlement.py).
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, select

from app.db import db
from app.records import history
from app.records.agency import Agency, AgencyAlias, Unit, by_code
from app.records.document import NotFound
from app.records.people import ROLES, WORK_ROLES, Delegation, User, hash_password
from app.records.session import LoginSession
from app.refusal import Refusal

#: roles that nobody has who is an administrator (security.md S13)
_NOT_ADMIN = frozenset({*WORK_ROLES, "auditor"})


class RoleUnknown(Refusal):
    """A role is one of: clerk, leader, head, officer, admin, auditor, designer, publisher, migrator."""

    code = "role_unknown"


class RolesApart(Refusal):
    """Who administers does not handle documents and does not audit; who audits handles none."""

    code, status, article = "roles_apart", 409, "Art. 11.3.b"


class AlreadyThere(Refusal):
    """An agency, person or delegation of that name exists."""

    code, status = "already_there", 409


class AliasTaken(Refusal):
    """This code is another agency's, or its last day lies before its first."""

    code = "alias_taken"


class DelegationUnclear(Refusal):
    """Who has work of the agency lets another who has work of it act for him, from a day to one not before."""

    code, status, article = "delegation_unclear", 409, "Art. 7"


@dataclass(frozen=True)
class Why:
    """Why an operator does it, who he is on that machine, and when; the reason is never empty."""

    reason: str
    operator: str
    at: datetime


def create(agency_id: int, username: str, full_name: str, position: str, roles: Sequence[str], unit_id: int | None,
           why: Why) -> str:
    """A new person; gives the one-time password. The caller commits. Raises RoleUnknown, RolesApart, AlreadyThere."""
    _need_roles(roles)
    username = username.strip().lower()
    if db.session.scalar(select(User.id).where(User.username == username)):
        raise AlreadyThere(name=username)
    password = secrets.token_urlsafe(15)
    user = User(agency_id=agency_id, username=username, full_name=full_name, position=position, roles=list(roles),
                unit_id=unit_id, password_hash=hash_password(password))
    db.session.add(user)
    db.session.flush()
    _note(f"user:{user.id}", "account_changed", agency_id, why, _told(user))
    return password


def change(username: str, why: Why, *, roles: Sequence[str] | None = None, position: str | None = None,
           unit_id: int | None = None, is_active: bool | None = None) -> bool:
    """Change what is given of an account and end its sessions; False: it was so already. The caller commits.

    Raises NotFound, RoleUnknown, RolesApart.
    """
    user = find(username)
    if roles is not None:
        _need_roles(roles)
    asked = {"roles": None if roles is None else list(roles), "position": position, "unit_id": unit_id,
             "is_active": is_active}
    new = {name: value for name, value in asked.items() if value is not None and value != getattr(user, name)}
    for name, value in new.items():
        setattr(user, name, value)
    if not new:
        return False
    db.session.execute(delete(LoginSession).where(LoginSession.user_id == user.id))
    _note(f"user:{user.id}", "account_changed", user.agency_id, why, _told(user))
    return True


def find(username: str) -> User:
    """The person of this name, locked. Raises NotFound."""
    user = db.session.scalar(select(User).where(User.username == username.strip().lower()).with_for_update(of=User)
                             .execution_options(populate_existing=True))
    if user is None:
        raise NotFound(name=username)
    return user


def delegate(from_name: str, to_name: str, since: date, until: date, why: Why) -> None:
    """Let one act for another (Art. 7). The caller commits. Raises NotFound, DelegationUnclear, AlreadyThere."""
    holder, deputy = find(from_name), find(to_name)
    if (since > until or holder.id == deputy.id or not holder.is_active or not deputy.is_active
            or not holder.has(*WORK_ROLES) or not deputy.has(*WORK_ROLES) or deputy.has("admin", "auditor")):
        raise DelegationUnclear()
    if db.session.scalar(select(Delegation.id).where(
            Delegation.from_user_id == holder.id, Delegation.to_user_id == deputy.id, Delegation.from_date <= until,
            Delegation.until_date >= since).limit(1)):
        raise AlreadyThere(name=to_name)
    db.session.add(Delegation(agency_id=holder.agency_id, from_user_id=holder.id, to_user_id=deputy.id,
                              from_date=since, until_date=until, reason=why.reason))
    _note(f"user:{holder.id}", "delegation_changed", holder.agency_id, why, {"to_user_id": deputy.id})


def end_delegation(from_name: str, to_name: str, last: date, why: Why) -> int:
    """End what stands on that day or begins later: how many. The caller commits. Raises NotFound."""
    holder, deputy = find(from_name), find(to_name)
    rows = list(db.session.scalars(select(Delegation).where(
        Delegation.from_user_id == holder.id, Delegation.to_user_id == deputy.id, Delegation.until_date > last)))
    for row in rows:
        if row.from_date > last:
            db.session.delete(row)
        else:
            row.until_date = last
    if rows:
        _note(f"user:{holder.id}", "delegation_changed", holder.agency_id, why, {"to_user_id": deputy.id})
    return len(rows)


def unit(agency_id: int, name: str, abbreviation: str, why: Why, *, renamed: str = "") -> int:
    """The id of the unit of this name: made when it is new; `renamed` and another abbreviation change it.

    The caller commits. Raises AlreadyThere when the new name is another unit's.
    """
    row = db.session.scalar(select(Unit).where(Unit.name == name).with_for_update())
    if renamed and row is None:
        raise NotFound(name=name)
    if renamed and renamed != name and db.session.scalar(select(Unit.id).where(Unit.name == renamed)):
        raise AlreadyThere(name=renamed)
    if row is None:
        row = Unit(agency_id=agency_id, name=name, abbreviation=abbreviation)
        db.session.add(row)
    else:
        row.name, row.abbreviation = renamed or name, abbreviation or row.abbreviation
    if changes := history.take_changes():
        _note(f"unit:{row.id}", "agency_changed", agency_id, why, {"name": row.name}, changes)
    return row.id


def alias(agency: str, code: str, since: date, until: date | None, why: Why) -> None:
    """Let an old code stand for an agency, or change its days. Raises AgencyUnknown, AliasTaken. The caller commits."""
    owner = by_code(agency)
    history.lock(f"alias:{code}")
    row = db.session.scalar(select(AgencyAlias).where(AgencyAlias.code == code))
    served = db.session.scalar(select(Agency.id).where(Agency.code == code, Agency.is_served))
    if served is not None or (row is not None and row.owner_id != owner.id) or (until is not None and until < since):
        raise AliasTaken(alias=code)
    if row is None:
        row = AgencyAlias(code=code, owner_id=owner.id)
        db.session.add(row)
    row.since, row.until = since, until
    given = {"alias": code, "since": since.isoformat(), "until": until.isoformat() if until else ""}
    _note(f"agency:{owner.id}", "agency_changed", owner.id, why, given)


def serve(agency_id: int, is_served: bool, why: Why, given: dict[str, Any]) -> bool:
    """Let an agency work here, or stay an address of the directory only; False: it was so. The caller commits.

    Out of service nobody of it logs in, who was logged in is out, and no look is taken into its exchange and mailbox;
    what is kept of it stays, and stays verified.
    """
    row = db.session.get_one(Agency, agency_id, with_for_update=True)
    if row.is_served == is_served:
        return False
    row.is_served = is_served
    if not is_served:
        people = select(User.id).where(User.agency_id == agency_id)
        db.session.execute(delete(LoginSession).where(LoginSession.user_id.in_(people)))
    _note(f"agency:{agency_id}", "agency_changed", agency_id, why, {"is_served": is_served, **given})
    return True


def note_agency(agency_id: int, why: Why, given: dict[str, Any]) -> None:
    """The act that an agency was added or changed; the caller commits."""
    _note(f"agency:{agency_id}", "agency_changed", agency_id, why, given)


def _need_roles(roles: Sequence[str]) -> None:
    if not roles or not set(roles) <= set(ROLES):
        raise RoleUnknown(roles=", ".join(roles))
    if ("admin" in roles and _NOT_ADMIN & set(roles)) or ("auditor" in roles and set(WORK_ROLES) & set(roles)):
        raise RolesApart()


def _told(user: User) -> dict[str, Any]:
    """What verify compares an account with (verify_chain.py)."""
    return {"username": user.username, "full_name": user.full_name, "position": user.position,
            "roles": list(user.roles), "is_active": user.is_active}


def _note(subject: str, kind: str, agency_id: int, why: Why, given: dict[str, Any],
          changes: list[Any] | None = None) -> None:
    history.append(
        history.Act(agency_id=agency_id, subject=subject, at=why.at, actor_id=None, kind=kind),
        input={**given, "reason": why.reason, "operator": why.operator},
        changes=history.take_changes() if changes is None else changes)
