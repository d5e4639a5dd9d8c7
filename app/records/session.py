"""Sessions of logged-in people, kept on the server (security.md section 4).

A session is a random token of 256 bits; the table holds its sha256. It ends after idle minutes, after its
whole life, with the password, or with the account. It knows no cookie.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, delete, func, select
from sqlalchemy.orm import Mapped, contains_eager, mapped_column, relationship

from app.db import AgencyOwned, Base, db
from app.records.agency import Agency, Unit
from app.records.calendar import local_date
from app.records.people import User, delegators, know_stand_ins

#: sessions one person may have at once
AT_ONCE = 3
#: a look is written down at most this often, seconds
TOUCH_SECONDS = 60


class LoginSession(AgencyOwned, Base):
    """One logged-in browser."""

    __tablename__ = "login_session"

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="cascade"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    opened_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    address: Mapped[str] = mapped_column(String(64), default="")

    user: Mapped[User] = relationship()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def open_session(user: User, at: datetime, address: str) -> str:
    """A new session; the oldest beyond AT_ONCE end. Returns its token."""
    mine = list(db.session.scalars(
        select(LoginSession.id).where(LoginSession.user_id == user.id).order_by(LoginSession.seen_at.desc())
    ))
    if old := mine[AT_ONCE - 1:]:
        db.session.execute(delete(LoginSession).where(LoginSession.id.in_(old)))
    token = secrets.token_urlsafe(32)
    db.session.add(LoginSession(agency_id=user.agency_id, user_id=user.id, token_hash=_hash(token), opened_at=at,
                                seen_at=at, address=address[:64]))
    return token


def session_user(token: str, at: datetime, idle_minutes: int, life_hours: int) -> User | None:
    """The person of a living session, in one statement; None when it ended or never was."""
    today = local_date(at)
    row = db.session.execute(
        select(LoginSession, func.array(delegators(User.id, today).scalar_subquery()))
        .join(LoginSession.user).join(User.agency).outerjoin(Unit, User.unit_id == Unit.id)
        .options(contains_eager(LoginSession.user).contains_eager(User.agency).load_only(
            Agency.id, Agency.code, Agency.name, Agency.abbreviation, Agency.slug, Agency.place, Agency.is_demo),
            contains_eager(LoginSession.user).contains_eager(User.unit))
        .where(LoginSession.token_hash == _hash(token), User.is_active,
               LoginSession.seen_at > at - timedelta(minutes=idle_minutes),
               LoginSession.opened_at > at - timedelta(hours=life_hours))
    ).first()
    if row is None:
        return None
    found = row[0]
    know_stand_ins(found.user, today, list(row[1]))
    if (at - found.seen_at).total_seconds() > TOUCH_SECONDS:
        found.seen_at = at
        db.session.commit()
    return found.user


def close_session(token: str) -> None:
    """End one session."""
    db.session.execute(delete(LoginSession).where(LoginSession.token_hash == _hash(token)))


def close_others(user: User, token: str) -> None:
    """End all other sessions of the person (after a change of password)."""
    db.session.execute(
        delete(LoginSession).where(LoginSession.user_id == user.id, LoginSession.token_hash != _hash(token))
    )
