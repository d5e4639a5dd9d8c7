"""People: accounts, roles, delegation (Art. 7, 11.1.b, 11.3.b).

Passwords are Argon2id; an unknown name costs as much time as a wrong password. It does not decide what a
role may do: diagrams give tasks to roles, right.py gives documents to people.
"""

from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import ForeignKey, Select, String, Text, UniqueConstraint, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import AgencyOwned, Base, db
from app.records.agency import Agency, Unit
from app.refusal import Refusal

ROLES = ("clerk", "leader", "head", "officer", "admin", "auditor")
#: shortest password without a second factor, characters (security.md section 4)
PASSWORD_MIN, PASSWORD_MAX = 15, 128
#: wrong attempts before the account waits; the wait doubles from one minute to fifteen
FREE_ATTEMPTS, LONGEST_WAIT_MINUTES = 5, 15
#: words that a password must not consist of
COMMON = ("matkhau", "password", "123456", "qwerty", "laocai", "vanthu", "lanhdao", "quanly")


class WrongPassword(Refusal):
    """The name or the password is wrong."""

    code = "wrong_password"


class AccountLocked(Refusal):
    """Too many wrong attempts: the account waits."""

    code = "account_locked"


class PasswordWeak(Refusal):
    """The new password is too short, too long, or too common."""

    code = "password_weak"


class User(AgencyOwned, Base):
    """One person's account in one agency."""

    __tablename__ = "user_account"
    __table_args__ = (UniqueConstraint("agency_id", "username"),)

    username: Mapped[str] = mapped_column(String(60))
    full_name: Mapped[str] = mapped_column(String(50))
    #: title as written under a signature: "GIÁM ĐỐC"
    position: Mapped[str] = mapped_column(String(100), default="")
    #: authority written above the title: "TM. ỦY BAN NHÂN DÂN", "KT. GIÁM ĐỐC"
    competence: Mapped[str] = mapped_column(String(100), default="")
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    #: names out of ROLES
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text))
    password_hash: Mapped[str] = mapped_column(Text)
    must_change_password: Mapped[bool] = mapped_column(default=True)
    is_active: Mapped[bool] = mapped_column(default=True)
    is_demo: Mapped[bool] = mapped_column(default=False)
    failed_attempts: Mapped[int] = mapped_column(default=0)
    locked_until_at: Mapped[datetime | None]

    unit: Mapped[Unit | None] = relationship(lazy="joined")
    agency: Mapped[Agency] = relationship(lazy="joined", innerjoin=True)

    def has(self, *roles: str) -> bool:
        """Whether the person has one of these roles."""
        return any(role in self.roles for role in roles)


class Delegation(AgencyOwned, Base):
    """A leader lets another person act in his name for some days (Art. 7)."""

    __tablename__ = "delegation"

    from_user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    to_user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    from_date: Mapped[date]
    until_date: Mapped[date]
    reason: Mapped[str] = mapped_column(String(500), default="")


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1)


@cache
def _nobody() -> str:
    return hash_password("no account has this password")


def hash_password(password: str) -> str:
    """Argon2id, 64 MiB, three passes (security.md section 4)."""
    return _hasher().hash(password)


def _matches(stored: str, password: str) -> bool:
    try:
        return _hasher().verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def authenticate(agency: Agency, username: str, password: str, at: datetime) -> User:
    """The person of this name and password; commits the count of wrong attempts.

    Raises WrongPassword (same time and words for unknown names) and AccountLocked.
    """
    user = db.session.scalar(
        select(User).where(User.agency_id == agency.id, User.username == username.strip().lower())
        .with_for_update(of=User)
    )
    fits = _matches(user.password_hash if user else _nobody(), password[:PASSWORD_MAX])
    if user is None or not user.is_active:
        raise WrongPassword()
    if user.locked_until_at and user.locked_until_at > at:
        raise AccountLocked(until=user.locked_until_at.isoformat())
    if not fits:
        user.failed_attempts += 1
        over = user.failed_attempts - FREE_ATTEMPTS
        if over >= 0:
            user.locked_until_at = at + timedelta(minutes=min(2**over, LONGEST_WAIT_MINUTES))
        db.session.commit()
        raise WrongPassword()
    user.failed_attempts, user.locked_until_at = 0, None
    return user


def change_password(user: User, old: str, new: str) -> None:
    """Art. 11.1.b: each person changes the own password with the old one. Raises WrongPassword, PasswordWeak."""
    if not _matches(user.password_hash, old[:PASSWORD_MAX]):
        raise WrongPassword()
    plain = new.lower()
    weak = not PASSWORD_MIN <= len(new) <= PASSWORD_MAX or new == old
    for word in (*COMMON, user.username):
        plain = plain.replace(word, "")
    if weak or len(set(plain)) < 5:
        raise PasswordWeak(shortest=PASSWORD_MIN, longest=PASSWORD_MAX)
    user.password_hash, user.must_change_password = hash_password(new), False


def with_role(role: str) -> list[User]:
    """The active people of the agency with a role, by name."""
    return list(db.session.scalars(
        select(User).where(User.is_active, User.roles.contains([role])).order_by(User.full_name)
    ))


def delegators(user_id: Any, today: date) -> Select[tuple[int]]:
    """Whose names the person of this id (a value or a column) may use today: the statement."""
    return select(Delegation.from_user_id).where(
        Delegation.to_user_id == user_id, Delegation.from_date <= today, Delegation.until_date >= today)


def stands_in_for(user: User, today: date) -> list[int]:
    """Ids of the people in whose name the user may act today (Art. 7: "người được ủy quyền").

    Asked once per person and day of a session: a request that logged the person in knows it already.
    """
    known = user.__dict__.get("_stands_in")
    if known is None or known[0] != today:
        known = (today, list(db.session.scalars(delegators(user.id, today))))
        user.__dict__["_stands_in"] = known
    return known[1]


def know_stand_ins(user: User, today: date, ids: list[int]) -> None:
    """Remember what a wider statement has asked already."""
    user.__dict__["_stands_in"] = (today, ids)
