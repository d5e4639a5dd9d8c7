"""Kinds of documents that come with an appraisal file on paper (Art. 3.4), as data of the agency.

Who keeps the list says why, each change is an act. That a document waits is regulation/incoming/paper.py's.
"""

from datetime import datetime

from sqlalchemy import String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from app.db import AgencyOwned, Base, db
from app.records import history
from app.records.people import User
from app.refusal import Refusal

#: who keeps the list
KEEPERS = ("admin", "clerk", "leader")


class NotPaperKeeper(Refusal):
    """The clerk, a leader or an administrator keeps the list of kinds that wait for their paper."""

    code, status, article = "not_paper_keeper", 403, "Art. 3.4"


class PaperKindWrong(Refusal):
    """A change of the list names a kind of document and says why, in 5 to 500 characters."""

    code, article = "paper_kind_wrong", "Art. 3.4"


class PaperKind(AgencyOwned, Base):
    """One kind that waits for its file on paper."""

    __tablename__ = "paper_kind"
    __table_args__ = (UniqueConstraint("agency_id", "type_name"),)

    type_name: Mapped[str] = mapped_column(String(100))


def names() -> list[str]:
    """The kinds, in order."""
    return list(db.session.scalars(select(PaperKind.type_name).order_by(PaperKind.type_name)))


def put(keeper: User, type_name: str, known: list[str], reason: str, at: datetime) -> bool:
    """Documents of this kind, one of `known`, wait from now on; False: they did. Commits.

    Raises NotPaperKeeper, PaperKindWrong.
    """
    said = _reason(keeper, reason)
    if type_name not in known:
        raise PaperKindWrong()
    if _row(keeper, type_name) is not None:
        db.session.rollback()
        return False
    db.session.add(PaperKind(agency_id=keeper.agency_id, type_name=type_name))
    _tell(keeper, {"added": type_name, "reason": said}, at)
    return True


def take(keeper: User, type_name: str, reason: str, at: datetime) -> bool:
    """They wait no longer; what waits already goes on waiting. False: they did not. Commits. Raises as `put`."""
    said = _reason(keeper, reason)
    found = _row(keeper, type_name)
    if found is None:
        db.session.rollback()
        return False
    db.session.delete(found)
    _tell(keeper, {"removed": type_name, "reason": said}, at)
    return True


def changes(agency_id: int, limit: int = 20) -> list[tuple[history.Act, dict]]:
    """The last changes, newest first: (act, what was put in)."""
    return history.latest(history.Act.subject == _subject(agency_id), limit=limit)


def _subject(agency_id: int) -> str:
    return f"paper_kind:{agency_id}"


def _reason(keeper: User, reason: str) -> str:
    if not keeper.has(*KEEPERS):
        raise NotPaperKeeper()
    return history.stated(reason, PaperKindWrong)


def _row(keeper: User, type_name: str) -> PaperKind | None:
    """The kind's row; two keepers at once come one after the other."""
    history.lock(_subject(keeper.agency_id))
    return db.session.scalar(select(PaperKind).where(PaperKind.type_name == type_name))


def _tell(keeper: User, given: dict[str, str], at: datetime) -> None:
    db.session.flush()
    history.append(
        history.Act(agency_id=keeper.agency_id, subject=_subject(keeper.agency_id), at=at, actor_id=keeper.id,
                    kind="paper_kinds_changed"),
        input=given, changes=history.take_changes(), is_locked=True)
    db.session.commit()
