"""Kinds of papers exchanged within the agency (Art. 4.1.a) and their rule, as data of the agency.

Whether a paper of the kind bears a number (NĐ 30/2020 Đ15: what the agency issues does, working papers do not) and
whether its recipients say if they come. What the agency has not changed is as DEFAULTS says. Who keeps the list says
why, each change is an act. Sending is regulation/internal_exchange.py's.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from app.db import AgencyOwned, Base, db
from app.records import history
from app.records.people import User
from app.refusal import Refusal

#: who keeps the list
KEEPERS = ("admin", "clerk", "leader")
#: kinds of one agency, its own among them
MOST = 60


class NotKindKeeper(Refusal):
    """The clerk, a leader or an administrator keeps the kinds of internal papers."""

    code, status, article = "not_kind_keeper", 403, "Art. 4.1.a"


class InternalKindWrong(Refusal):
    """A kind has a name of 3 to 100 characters, and each change a reason of 5 to 500."""

    code, article = "internal_kind_wrong", "Art. 4.1.a"


class InternalKind(AgencyOwned, Base):
    """One kind as the agency wants it."""

    __tablename__ = "internal_kind"
    __table_args__ = (UniqueConstraint("agency_id", "name"),)

    name: Mapped[str] = mapped_column(String(100))
    #: it is sent with a document that was issued with its number (Art. 9.1.a)
    bears_number: Mapped[bool] = mapped_column(default=False)
    #: it has a time and a place, and its recipients say whether they come
    is_meeting: Mapped[bool] = mapped_column(default=False)
    #: it may be chosen
    is_used: Mapped[bool] = mapped_column(default=True)


@dataclass(frozen=True)
class Kind:
    """A kind and its rule."""

    name: str
    bears_number: bool = False
    is_meeting: bool = False
    is_used: bool = True


#: what Art. 4.1.a names, with the rule of NĐ 30/2020 Đ15 for each
DEFAULTS = (
    Kind("Văn bản chỉ đạo, điều hành", bears_number=True), Kind("Thông báo chung", bears_number=True),
    Kind("Giấy mời họp nội bộ", bears_number=True, is_meeting=True), Kind("Chương trình, kế hoạch", bears_number=True),
    Kind("Mời họp, trao đổi công việc", is_meeting=True), Kind("Lịch công tác"), Kind("Tài liệu phục vụ họp"),
    Kind("Văn bản để biết"), Kind("Báo cáo, xin ý kiến nội bộ"), Kind("Tài liệu trao đổi công việc"),
)


def every() -> list[Kind]:
    """All kinds of the agency, in the order of the article, its own behind."""
    rows = {row.name: Kind(row.name, row.bears_number, row.is_meeting, row.is_used)
            for row in db.session.scalars(select(InternalKind).order_by(InternalKind.name))}
    return [rows.pop(one.name, one) for one in DEFAULTS] + list(rows.values())


def used() -> dict[str, Kind]:
    """Those that may be chosen, by name."""
    return {one.name: one for one in every() if one.is_used}


def put(keeper: User, wanted: Kind, reason: str, at: datetime) -> bool:
    """The kind is so from now on; False: it was. What was sent stays as it was sent. Commits.

    Raises NotKindKeeper, InternalKindWrong.
    """
    if not keeper.has(*KEEPERS):
        raise NotKindKeeper()
    said, name = history.stated(reason, InternalKindWrong), " ".join(wanted.name.split())
    if not 3 <= len(name) <= 100:
        raise InternalKindWrong()
    history.lock(_subject(keeper.agency_id))
    known = every()
    same = next((one for one in known if one.name.casefold() == name.casefold()), None)
    wanted = Kind(same.name if same else name, wanted.bears_number, wanted.is_meeting, wanted.is_used)
    if wanted == same:
        db.session.rollback()
        return False
    if same is None and len(known) >= MOST:
        raise InternalKindWrong()
    row = db.session.scalar(select(InternalKind).where(InternalKind.name == wanted.name))
    if row is None:
        row = InternalKind(agency_id=keeper.agency_id, name=wanted.name)
        db.session.add(row)
    row.bears_number, row.is_meeting, row.is_used = wanted.bears_number, wanted.is_meeting, wanted.is_used
    db.session.flush()
    history.append(
        history.Act(agency_id=keeper.agency_id, subject=_subject(keeper.agency_id), at=at, actor_id=keeper.id,
                    kind="internal_kinds_changed"),
        input={"name": wanted.name, "reason": said}, changes=history.take_changes(), is_locked=True)
    db.session.commit()
    return True


def changes(agency_id: int, limit: int = 20) -> list[tuple[history.Act, dict]]:
    """The last changes, newest first: (act, what was put in)."""
    return history.latest(history.Act.subject == _subject(agency_id), limit=limit)


def _subject(agency_id: int) -> str:
    return f"internal_kind:{agency_id}"
