"""Signatures under way and made: what is to be signed, by whom, and what came back (Art. 9.1.c, 9.1.d).

Prepared by the server, signed where the key is, embedded by the server. No key and no PIN is ever here; that
a PIN was wrong is counted (`trying_pin`), so that nobody can try them all.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, String, Text, delete, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db import AgencyOwned, Base, db
from app.records.people import User
from app.refusal import Refusal

#: wrong PINs of one person within so many minutes before the next try waits
WRONG_PINS, PIN_MINUTES = 5, 15


class SignatureMissing(Refusal):
    """Nothing is prepared to be signed."""

    code, status = "signature_missing", 409


class PinLocked(Refusal):
    """Too many wrong PINs: signing waits."""

    code = "pin_locked"


class WrongPinTry(AgencyOwned, Base):
    """That a person gave a wrong PIN, and when; gone with the first right one."""

    __tablename__ = "wrong_pin"

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="cascade"), index=True)
    at: Mapped[datetime]


@contextmanager
def trying_pin(user: User, at: datetime, wrong: type[Refusal]) -> Iterator[None]:
    """Around one try of a PIN; a try that raises `wrong` counts. Raises PinLocked before the try.

    In a short transaction of its own: the count stays when the request is rolled back, and the tries of one
    person wait for each other, so that many at once are no way round it.
    """
    with db.session.session_factory() as own:
        own.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"pin:{user.id}", 0))))
        tries = list(own.scalars(select(WrongPinTry.at).where(WrongPinTry.user_id == user.id)
                                 .order_by(WrongPinTry.at.desc()).limit(WRONG_PINS)))
        left = tries[-1] + timedelta(minutes=PIN_MINUTES) - at if len(tries) == WRONG_PINS else timedelta()
        if left > timedelta():
            raise PinLocked(minutes=int(left.total_seconds()) // 60 + 1)
        try:
            yield
        except wrong:
            own.add(WrongPinTry(agency_id=user.agency_id, user_id=user.id, at=at))
            own.commit()
            raise
        if tries:
            own.execute(delete(WrongPinTry).where(WrongPinTry.user_id == user.id))
            own.commit()


class Signature(AgencyOwned, Base):
    """One signature on one PDF."""

    __tablename__ = "signature"

    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"), index=True)
    #: leader or agency
    kind: Mapped[str] = mapped_column(String(10))
    #: whose key: "person:<username>" or "agency:<code>"
    key: Mapped[str] = mapped_column(String(100))
    #: the person who must sign; empty = any clerk, with the agency's key
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    #: the PDF with an empty place for the signature
    prepared_sha256: Mapped[str] = mapped_column(String(64))
    #: what tools/signing.py needs to embed it
    state: Mapped[dict[str, Any]] = mapped_column(JSONB)
    #: the value that came back, Base64
    value: Mapped[str] = mapped_column(Text, default="")
    #: what came back with it: way, certificate, attributes, level, time stamp; {} until then
    proof: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    prepared_at: Mapped[datetime]
    signed_at: Mapped[datetime | None]
    signed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


def pending(document_id: int, kind: str) -> Signature:
    """The newest of this kind. Raises SignatureMissing."""
    found = db.session.scalar(
        select(Signature).where(Signature.document_id == document_id, Signature.kind == kind)
        .order_by(Signature.id.desc()).limit(1))
    if found is None:
        raise SignatureMissing()
    return found
