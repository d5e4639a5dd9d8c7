"""Directives to choose from (Art. 7): the agency's, which leaders keep, and each person's own.

Words only; who directs what is decided by the diagram and regulation/assignment/.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from app.db import AgencyOwned, Base, db
from app.records import history
from app.records.document import NotFound
from app.records.people import User
from app.refusal import Refusal

#: directives of one keeper
MOST = 40


class DirectiveWrong(Refusal):
    """A directive has 3 to 500 characters; the agency and each person keep so many at most."""

    code, article = "directive_wrong", "Art. 7"


class Directive(AgencyOwned, Base):
    """One of them; without a person it is the agency's."""

    __tablename__ = "directive"
    __table_args__ = (UniqueConstraint("agency_id", "user_id", "text", postgresql_nulls_not_distinct=True),)

    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    text: Mapped[str] = mapped_column(String(500))


def of(user: User) -> list[Directive]:
    """Those that the person may choose: his own first, then the agency's."""
    return list(db.session.scalars(
        select(Directive).where(or_(Directive.user_id == user.id, Directive.user_id.is_(None)))
        .order_by(Directive.user_id.is_(None), Directive.id)))


def add(user: User, text: str, is_agencys: bool, at: datetime) -> bool:
    """Keep one; False: it is kept already. Commits. Raises DirectiveWrong; NotFound: the agency's, by no leader."""
    said = " ".join(text.split())
    if is_agencys and not user.has("leader"):
        raise NotFound()
    history.lock(_subject(user))
    kept = [one for one in of(user) if one.user_id == (None if is_agencys else user.id)]
    if not 3 <= len(said) <= 500 or len(kept) >= MOST:
        raise DirectiveWrong(most=MOST)
    if said in [one.text for one in kept]:
        db.session.rollback()
        return False
    db.session.add(Directive(agency_id=user.agency_id, user_id=None if is_agencys else user.id, text=said))
    _tell(user, at)
    return True


def remove(user: User, directive_id: int, at: datetime) -> None:
    """Keep it no longer. Commits. Raises NotFound for what is gone or another's."""
    history.lock(_subject(user))
    found = db.session.get(Directive, directive_id)
    if found is None or (found.user_id != user.id and not (found.user_id is None and user.has("leader"))):
        raise NotFound()
    db.session.delete(found)
    _tell(user, at)


def _subject(user: User) -> str:
    return f"directive:{user.agency_id}"


def _tell(user: User, at: datetime) -> None:
    history.append(
        history.Act(agency_id=user.agency_id, subject=_subject(user), at=at, actor_id=user.id,
                    kind="directive_changed"), input={}, changes=history.take_changes(), is_locked=True)
    db.session.commit()
