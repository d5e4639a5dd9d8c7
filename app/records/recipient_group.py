"""Named groups of recipients (Art. 9.1.d): "Các sở, ban, ngành", "Ủy ban nhân dân các xã, phường", kept by each agency.

Those that the agency without one above shares are the province's: every agency may choose them (`shared_groups()`, a
function of the database; no policy opens the wall). A group is a help in choosing: a document names its recipients
one by one, so that a group that changes changes no document. A group of people (members "user:5") is a help in
choosing who gets a paper within the agency (Art. 4.1.a), and is nobody else's. Each change is an act with a reason.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import String, Text, UniqueConstraint, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.db import AgencyOwned, Base, db
from app.records import history
from app.records.agency import Agency
from app.records.document import NotFound
from app.records.people import WORK_ROLES, User
from app.refusal import Refusal

#: who keeps the groups
KEEPERS = ("admin", "clerk")
#: groups of one agency; members of one
MOST, MOST_MEMBERS = 100, 1000
#: how the code of a member begins that is a person of the agency, and no agency
PERSON = "user:"


class NotGroupKeeper(Refusal):
    """The clerk or an administrator keeps the groups of recipients."""

    code, status, article = "not_group_keeper", 403, "Art. 9.1.d"


class GroupWrong(Refusal):
    """A group has a name of its own, members of the directory, and each change a reason of 5 to 500 characters."""

    code, article = "group_wrong", "Art. 9.1.d"


class GroupChanged(Refusal):
    """Somebody else has changed the group since it was read."""

    code, status, article = "group_changed", 409, "Art. 9.1.d"


class RecipientGroup(AgencyOwned, Base):
    """One group of one agency."""

    __tablename__ = "recipient_group"
    __table_args__ = (UniqueConstraint("agency_id", "name"),)

    name: Mapped[str] = mapped_column(String(200))
    #: organisation codes, or codes of people ("user:5"), in order
    members: Mapped[list[str]] = mapped_column(ARRAY(Text))
    #: every agency may choose it: of the agency without one above only
    is_shared: Mapped[bool] = mapped_column(default=False)

    @property
    def is_of_people(self) -> bool:
        """Whether it is a group of people of the agency (Art. 4.1.a)."""
        return _of_people(self.members)


@dataclass(frozen=True)
class Group:
    """A group that may be chosen: {code: name} of its members that are in the directory, oneself left out."""

    name: str
    members: dict[str, str]
    is_provinces: bool


def _of_people(members: list[str]) -> bool:
    return any(one.startswith(PERSON) for one in members)


def own() -> list[RecipientGroup]:
    """The agency's groups, by name."""
    return list(db.session.scalars(select(RecipientGroup).order_by(RecipientGroup.name)))


def people() -> list[User]:
    """Who of the agency may be in a group, by name: who works with documents."""
    found = db.session.scalars(select(User).where(User.is_active, User.roles.overlap(list(WORK_ROLES)))
                               .order_by(User.full_name, User.id))
    return [one for one in found if not one.has("admin")]


def choices(agency_id: int) -> list[Group]:
    """What may be chosen, by name; a group of one's own goes before the province's of that name."""
    rows = [(row.name, row.members, False) for row in own() if not row.is_of_people]
    names = {name for name, _, _ in rows}
    rows += [(name, members, True) for name, members in db.session.execute(text("select * from shared_groups()"))
             if name not in names]
    directory = {code: name for code, name in db.session.execute(
        select(Agency.code, Agency.name).where(Agency.id != agency_id).order_by(Agency.name))}
    return [Group(name, {code: one for code, one in directory.items() if code in set(members)}, is_provinces)
            for name, members, is_provinces in sorted(rows)]


def called() -> set[str]:
    """The names of all groups that may be chosen."""
    return {*db.session.scalars(select(RecipientGroup.name)),
            *db.session.scalars(text("select name from shared_groups()"))}


def may_share(keeper: User) -> bool:
    """Whether his agency is the province: none is above it."""
    return db.session.get_one(Agency, keeper.agency_id).parent_id is None


def put(keeper: User, group_id: int | None, name: str, members: list[str], is_shared: bool, seen: str, reason: str,
        at: datetime) -> bool:
    """A new group (None), or one as it is from now on; False: so it was. Commits.

    `seen`: `spelled` of what was changed. Raises NotGroupKeeper, GroupWrong, GroupChanged, NotFound.
    """
    said, name = _reason(keeper, group_id, reason), " ".join(name.split())
    members, is_of_people = list(dict.fromkeys(members)), _of_people(members)
    known = {f"{PERSON}{one.id}" for one in people()} if is_of_people else set(db.session.scalars(select(Agency.code)))
    if not 3 <= len(name) <= 200 or not 1 <= len(members) <= MOST_MEMBERS or not set(members) <= known \
            or (is_shared and (is_of_people or not may_share(keeper))):
        raise GroupWrong()
    history.lock(_subject(keeper.agency_id))
    rows = own()
    row = next((one for one in rows if one.id == group_id), None)
    if group_id is not None and row is None:
        raise NotFound()  # gone meanwhile
    if row is not None and (row.name, set(row.members), row.is_shared) == (name, set(members), is_shared):
        db.session.rollback()
        return False
    if row is not None and spelled(row) != seen:
        raise GroupChanged()
    twin = next((one for one in rows if one.name.lower() == name.lower() and one is not row), None)
    if twin is not None and row is None and set(twin.members) == set(members) and twin.is_shared == is_shared:
        db.session.rollback()  # sent twice
        return False
    if twin is not None or (row is None and len(rows) >= MOST):
        raise GroupWrong()
    told = {"name": name, "reason": said, "added": sorted(set(members) - set(row.members if row else ())),
            "removed": sorted(set(row.members if row else ()) - set(members))}
    if row is None:
        db.session.add(RecipientGroup(agency_id=keeper.agency_id, name=name, members=members, is_shared=is_shared))
    else:
        row.name, row.members, row.is_shared = name, members, is_shared
    _tell(keeper, told, at)
    return True


def remove(keeper: User, group_id: int, reason: str, at: datetime) -> None:
    """The group is there no longer; documents keep their recipients. Commits.

    Raises NotGroupKeeper, GroupWrong, NotFound (taken away already, too).
    """
    said = _reason(keeper, group_id, reason)
    history.lock(_subject(keeper.agency_id))
    row = next((one for one in own() if one.id == group_id), None)
    if row is None:
        raise NotFound()
    db.session.delete(row)
    _tell(keeper, {"name": row.name, "reason": said, "gone": True}, at)


def spelled(row: RecipientGroup) -> str:
    """What a page shows of it, so that a change of what is no longer so is found."""
    return history.digest([row.name, sorted(row.members), row.is_shared])


def changes(agency_id: int, limit: int = 20) -> list[tuple[history.Act, dict]]:
    """The last changes, newest first: (act, what was put in)."""
    return history.latest(history.Act.subject == _subject(agency_id), limit=limit)


def _subject(agency_id: int) -> str:
    return f"recipient_group:{agency_id}"


def _reason(keeper: User, group_id: int | None, reason: str) -> str:
    if not keeper.has(*KEEPERS):
        raise NotGroupKeeper()
    if group_id is not None and db.session.get(RecipientGroup, group_id) is None:  # another agency's, too
        raise NotFound()
    return history.stated(reason, GroupWrong)


def _tell(keeper: User, given: dict[str, object], at: datetime) -> None:
    db.session.flush()
    history.append(
        history.Act(agency_id=keeper.agency_id, subject=_subject(keeper.agency_id), at=at, actor_id=keeper.id,
                    kind="recipient_groups_changed"),
        input=given, changes=history.take_changes(), is_locked=True)
    db.session.commit()
