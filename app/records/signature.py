"""Signatures under way and made: what is to be signed, by whom, and what came back (Art. 9.1.c, 9.1.d).

Prepared by the server, signed where the key is, embedded by the server. No key and no PIN is ever here.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db import AgencyOwned, Base, db
from app.refusal import Refusal


class SignatureMissing(Refusal):
    """Nothing is prepared to be signed."""

    code, status = "signature_missing", 409


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
