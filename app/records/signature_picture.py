"""The pictures that signatures show: handwriting, the seal; each change an act (Art. 9.1.c, 9.1.d; NĐ 30/2020 PL I).

A leader keeps his own; the clerk or an administrator keeps the seal (NĐ 30/2020 Đ32, 33). Who has none is shown by a
drawn one. What a picture must be is tools/signature_picture.py's; nothing is signed with one alone.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import AgencyOwned, Base, db
from app.records import attachment, history
from app.records.people import User
from app.refusal import Refusal
from app.tools.blobs import Blobs

#: whose it may be: the person's own, the agency's
KINDS = LEADER, SEAL = ("leader", "agency")
#: who keeps which
KEEPERS = {LEADER: ("leader",), SEAL: ("clerk", "admin")}


class NotPictureKeeper(Refusal):
    """A leader keeps the picture of his own signature; the clerk or an administrator that of the seal."""

    code, status, article = "not_picture_keeper", 403, "NĐ 30/2020 Đ32"


class PictureReason(Refusal):
    """A change of a picture says why, in 5 to 500 characters."""

    code = "picture_reason"


class SignaturePicture(AgencyOwned, Base):
    """The picture in use of one person, or of the agency."""

    __tablename__ = "signature_picture"
    __table_args__ = (
        Index("signature_picture_person", "agency_id", "user_id", unique=True, postgresql_nulls_not_distinct=True),)

    #: whose; empty = the agency's seal
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    #: of the PNG
    sha256: Mapped[str] = mapped_column(String(64))
    size_bytes: Mapped[int]
    created_at: Mapped[datetime]
    created_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))

    created_by: Mapped[User] = relationship(foreign_keys=[created_by_id])


def may_keep(user: User, kind: str) -> bool:
    """Whether the person keeps pictures of this kind."""
    return kind in KINDS and user.has(*KEEPERS[kind])


def of(user_id: int | None) -> SignaturePicture | None:
    """The person's, or (None) the agency's."""
    return db.session.scalar(select(SignaturePicture).where(
        SignaturePicture.user_id == user_id if user_id else SignaturePicture.user_id.is_(None)))


def put(keeper: User, kind: str, data: bytes, reason: str, blobs: Blobs, at: datetime) -> bool:
    """From now on this one (cleaned already) is shown; False: it is shown already. Commits.

    Raises NotPictureKeeper, PictureReason.
    """
    whose, said = _whose(keeper, kind), history.stated(reason, PictureReason)
    history.lock(_subject(keeper.agency_id))
    sha256, old = attachment.store(blobs, data), of(whose)
    if old is not None and old.sha256 == sha256:
        db.session.rollback()
        return False
    if old is not None:
        db.session.delete(old)
        db.session.flush()
    db.session.add(SignaturePicture(agency_id=keeper.agency_id, user_id=whose, sha256=sha256, size_bytes=len(data),
                                    created_at=at, created_by_id=keeper.id))
    _tell(keeper, {"added": kind, "user_id": whose, "sha256": sha256, "reason": said}, at)
    return True


def take(keeper: User, kind: str, reason: str, at: datetime) -> bool:
    """The drawn one is shown again; False: it was. Commits. Raises NotPictureKeeper, PictureReason."""
    whose, said = _whose(keeper, kind), history.stated(reason, PictureReason)
    history.lock(_subject(keeper.agency_id))
    old = of(whose)
    if old is None:
        db.session.rollback()
        return False
    db.session.delete(old)
    _tell(keeper, {"removed": kind, "user_id": whose, "reason": said}, at)
    return True


def changes(agency_id: int, limit: int = 20) -> list[tuple[history.Act, dict]]:
    """The last changes, newest first: (act, what was put in)."""
    return history.latest(history.Act.subject == _subject(agency_id), limit=limit)


def _whose(keeper: User, kind: str) -> int | None:
    if not may_keep(keeper, kind):
        raise NotPictureKeeper()
    return keeper.id if kind == LEADER else None


def _subject(agency_id: int) -> str:
    return f"signature_picture:{agency_id}"


def _tell(keeper: User, given: dict[str, object], at: datetime) -> None:
    db.session.flush()
    history.append(
        history.Act(agency_id=keeper.agency_id, subject=_subject(keeper.agency_id), at=at, actor_id=keeper.id,
                    kind="signature_pictures_changed"),
        input=given, changes=history.take_changes(), is_locked=True)
    db.session.commit()
