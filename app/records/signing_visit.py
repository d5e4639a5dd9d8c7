"""A file given out to be signed on the signer's own computer, and what came back of it (Art. 9.1.c, 9.1.d).

One row is one try of one person at one task: whoever knows its token, and nobody else, may fetch the file once and send
one signed file back, within minutes. The row says nothing by itself: what counts is told by the act that takes it.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from app.db import AgencyOwned, Base, db
from app.records.people import User

#: how long a person may take over the dialog of his service, minutes
MINUTES = 10


class SigningVisit(AgencyOwned, Base):
    """One try."""

    __tablename__ = "signing_visit"

    #: sha256 of the token, which is in the addresses only
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    #: of the task when the file was given out
    version: Mapped[int]
    #: what the person accepts when no stamp is to be had; empty = nothing less
    accepts: Mapped[str] = mapped_column(String(6), default="")
    base_sha256: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[datetime]
    fetched_at: Mapped[datetime | None]
    #: what came back and was found right
    returned_sha256: Mapped[str] = mapped_column(String(64), default="")


def begin(user: User, task_id: int, version: int, base_sha256: str, accepts: str, at: datetime) -> str:
    """A new try, in the place of this person's earlier ones at this task: its token. The transaction stays open."""
    db.session.execute(delete(SigningVisit).where(SigningVisit.task_id == task_id, SigningVisit.user_id == user.id))
    token = secrets.token_urlsafe(32)
    db.session.add(SigningVisit(
        agency_id=user.agency_id, token_hash=_hash(token), task_id=task_id, user_id=user.id, version=version,
        accepts=accepts, base_sha256=base_sha256, expires_at=at + timedelta(minutes=MINUTES)))
    return token


def find(token: str, at: datetime) -> SigningVisit | None:
    """The try of a token while it lasts, locked: two answers come one after the other."""
    return db.session.scalar(select(SigningVisit).where(
        SigningVisit.token_hash == _hash(token), SigningVisit.expires_at > at).with_for_update())


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
