"""People: accounts, roles, delegation (Art. 7, 11.1.b, 11.3.b).

Passwords are Argon2id; an unknown name costs as much time as a wrong password. It does not decide what a
role may do: diagrams give tasks to roles, right.py gives documents to people.
"""

from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import ColumnElement, ForeignKey, Index, Select, String, Text, UniqueConstraint, delete, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, aliased, mapped_column, relationship

from app.db import AgencyOwned, Base, db
from app.records.agency import Agency, Unit
from app.refusal import Refusal

#: who does the work of the articles: the lanes of a diagram
WORK_ROLES = ("clerk", "leader", "head", "officer")
#: who may edit, publish, and move running instances of the agency's procedures (Art. 10.2)
RIGHTS = ("designer", "publisher", "migrator")
ROLES = (*WORK_ROLES, "admin", "auditor", *RIGHTS)
#: what a delegation reaches: all incoming documents, those without a mark of urgency, or only their content
SCOPES = ALL, USUAL, READING = ("all", "usual", "reading")
#: shortest password without a second factor, characters (security.md section 4)
PASSWORD_MIN, PASSWORD_MAX = 15, 128
#: wrong attempts before the account waits; the wait doubles from one minute to fifteen
FREE_ATTEMPTS, LONGEST_WAIT_MINUTES = 5, 15
#: wrong attempts in a day and a night before the account waits for half of one
DAY_ATTEMPTS, DAY_WAIT_HOURS = 10, 12
#: wrong attempts of one address in a minute before it waits
ADDRESS_ATTEMPTS = 30
#: words that a password must not consist of
COMMON = ("matkhau", "password", "123456", "qwerty", "laocai", "vanthu", "lanhdao", "quanly")


class WrongPassword(Refusal):
    """The name or the password is wrong."""

    code = "wrong_password"


class AccountLocked(Refusal):
    """Too many wrong attempts: the account waits."""

    code = "account_locked"


class TooManyTries(Refusal):
    """Too many wrong attempts came from this address within a minute."""

    code = "too_many_tries"


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
    """A leader lets another person act in his name for some days, within a scope (Art. 7)."""

    __tablename__ = "delegation"
    __table_args__ = (UniqueConstraint("seed"),)

    from_user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    to_user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    from_date: Mapped[date]
    until_date: Mapped[date]
    reason: Mapped[str] = mapped_column(String(500), default="")
    #: one of SCOPES
    scope: Mapped[str] = mapped_column(String(10), default=ALL, server_default=ALL)
    #: ended before its last day
    ended_at: Mapped[datetime | None]
    #: the name of the page that gave it: sent twice, it is given once
    seed: Mapped[str | None] = mapped_column(String(36))

    from_user: Mapped[User] = relationship(foreign_keys=[from_user_id], lazy="joined")
    to_user: Mapped[User] = relationship(foreign_keys=[to_user_id], lazy="joined")


class WrongPasswordTry(AgencyOwned, Base):
    """That a wrong password came, whence, when, and for whose account (none: there is no such name)."""

    __tablename__ = "wrong_password"
    __table_args__ = (
        Index("wrong_password_from", "agency_id", "address", "at"),
        Index("wrong_password_of", "user_id", "at"),
    )

    address: Mapped[str] = mapped_column(String(64))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="cascade"))
    at: Mapped[datetime]


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


def authenticate(agency: Agency, username: str, password: str, at: datetime, address: str = "") -> User:
    """The person of this name and password; commits the count of wrong attempts.

    No lock is held while the hash is computed: others write what refers to the account meanwhile. Raises
    WrongPassword (same time and words for unknown names), AccountLocked, and TooManyTries (before the hash).
    """
    address = address[:64]
    _refuse_flood(agency, address, at)
    named = select(User).where(User.agency_id == agency.id, User.username == username.strip().lower())
    user = db.session.scalar(named)
    stored = user.password_hash if user else _nobody()
    fits = _matches(stored, password[:PASSWORD_MAX])
    user = db.session.scalar(named.with_for_update(of=User, key_share=True)
                             .execution_options(populate_existing=True))
    known = user if user is not None and user.is_active else None
    if known is not None and known.locked_until_at and known.locked_until_at > at:
        _note(agency, None, address, at)
        raise AccountLocked(until=known.locked_until_at.isoformat())
    if known is not None and fits and known.password_hash == stored:
        known.failed_attempts, known.locked_until_at = 0, None
        return known
    if known is not None:
        _count_wrong(known, at)
    _note(agency, known, address, at)
    raise WrongPassword()


def _refuse_flood(agency: Agency, address: str, at: datetime) -> None:
    """Raise TooManyTries when too many wrong passwords came from the address; right ones do not count."""
    if address and _wrong_since(at - timedelta(minutes=1), WrongPasswordTry.agency_id == agency.id,
                                WrongPasswordTry.address == address) >= ADDRESS_ATTEMPTS:
        raise TooManyTries()


def _wrong_since(since: datetime, *of: ColumnElement[bool]) -> int:
    return db.session.scalar(
        select(func.count()).select_from(WrongPasswordTry).where(*of, WrongPasswordTry.at > since)) or 0


def _count_wrong(user: User, at: datetime) -> None:
    """One more wrong attempt: the wait grows from a minute; from the tenth within a day it is half a day."""
    user.failed_attempts += 1
    over = user.failed_attempts - FREE_ATTEMPTS
    if over >= 0:
        user.locked_until_at = at + timedelta(minutes=min(2**over, LONGEST_WAIT_MINUTES))
    if _wrong_since(at - timedelta(days=1), WrongPasswordTry.user_id == user.id) + 1 >= DAY_ATTEMPTS:
        user.locked_until_at = at + timedelta(hours=DAY_WAIT_HOURS)


def _note(agency: Agency, user: User | None, address: str, at: datetime) -> None:
    """Write the wrong attempt down and forget those of the day before; commits, whatever becomes of the request."""
    db.session.execute(delete(WrongPasswordTry).where(WrongPasswordTry.agency_id == agency.id,
                                                      WrongPasswordTry.at <= at - timedelta(days=1)))
    db.session.add(WrongPasswordTry(agency_id=agency.id, user_id=user.id if user else None, address=address, at=at))
    db.session.commit()


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


def head_title(own: Agency) -> str:
    """The title of who heads the agency, in capitals: of the leader who signs in his own name or for all.

    Of several, the one who has deputies: heads of units may be among the leaders.
    """
    titles = [leader.position.upper() for leader in with_role("leader") if leader.position]
    usual = "CHỦ TỊCH" if own.is_general else "THỦ TRƯỞNG"
    heads = sorted((title for title in titles if not title.startswith("PHÓ ")),
                   key=lambda title: (title != usual, f"PHÓ {title}" not in titles))
    return heads[0] if heads else usual


def is_held(role: str, unit_id: int) -> bool:
    """Whether an active person of the unit has the role."""
    return db.session.scalar(select(User.id).where(
        User.unit_id == unit_id, User.is_active, User.roles.contains([role])).limit(1)) is not None


def delegators(user_id: Any, today: date) -> Select[tuple[str]]:
    """Whose names the person of this id (a value or a column) may use today, each as "id:scope": the statement. Nobody
    uses the name of a person whose account is closed.
    """
    leader = aliased(User)
    return select(func.concat(Delegation.from_user_id, ":", Delegation.scope)).join(
        leader, (leader.id == Delegation.from_user_id) & leader.is_active).where(
        Delegation.to_user_id == user_id, Delegation.from_date <= today, Delegation.until_date >= today,
        Delegation.ended_at.is_(None))


def stands_in_for(user: User, today: date, *scopes: str) -> list[int]:
    """Ids of the people in whose name the user may act today (Art. 7: "người được ủy quyền"), of these scopes only.

    Asked once per person and day of a session: a request that logged the person in knows it already.
    """
    if user.has("admin", "auditor"):  # nobody lets them act or read in his name (security.md S13)
        return []
    known = user.__dict__.get("_stands_in")
    if known is None or known[0] != today:
        know_stand_ins(user, today, list(db.session.scalars(delegators(user.id, today))))
        known = user.__dict__["_stands_in"]
    return [other for other, scope in known[1].items() if scope in (scopes or SCOPES)]


def know_stand_ins(user: User, today: date, found: list[str]) -> None:
    """Remember what a wider statement has asked already: "id:scope" each; of two scopes the wider one holds."""
    pairs = sorted((one.split(":") for one in found), key=lambda pair: -SCOPES.index(pair[1]))
    user.__dict__["_stands_in"] = (today, {int(other): scope for other, scope in pairs})
