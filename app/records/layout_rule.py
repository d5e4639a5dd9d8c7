"""Which rules of form an agency lets nobody pass over when a draft is approved (Art. 3.1.đ), as data of the agency.

Who keeps the list says why, each change is an act. What the rules are is regulation/layout_check.py's.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from app.db import AgencyOwned, Base, db
from app.records import history
from app.records.people import User
from app.refusal import Refusal

#: who keeps the list
KEEPERS = ("admin", "clerk", "leader")


class NotLayoutKeeper(Refusal):
    """The clerk, a leader or an administrator says which faults of form stop an approval."""

    code, status, article = "not_layout_keeper", 403, "Art. 3.1.đ"


class LayoutRulesWrong(Refusal):
    """A change of the list names rules that there are and says why, in 5 to 500 characters."""

    code, article = "layout_rules_wrong", "Art. 3.1.đ"


class LayoutRulesChanged(Refusal):
    """Somebody else has changed the list since it was read."""

    code, status, article = "layout_rules_changed", 409, "Art. 3.1.đ"


class LayoutRule(AgencyOwned, Base):
    """One rule whose faults stop an approval."""

    __tablename__ = "layout_rule"
    __table_args__ = (UniqueConstraint("agency_id", "rule"),)

    rule: Mapped[str] = mapped_column(String(30))


def names() -> list[str]:
    """The rules, in order."""
    return list(db.session.scalars(select(LayoutRule.rule).order_by(LayoutRule.rule)))


def put(keeper: User, rules: Collection[str], seen: Collection[str], known: Collection[str], reason: str,
        at: datetime) -> bool:
    """These rules, of `known`, stop approvals from now on, and no others; False: it was so. Commits.

    `seen`: the list that the keeper changed. Raises NotLayoutKeeper, LayoutRulesWrong, LayoutRulesChanged.
    """
    wanted = set(rules)
    if not keeper.has(*KEEPERS):
        raise NotLayoutKeeper()
    said = history.stated(reason, LayoutRulesWrong)
    if not wanted <= set(known):
        raise LayoutRulesWrong()
    subject = _subject(keeper.agency_id)
    history.lock(subject)
    rows = {row.rule: row for row in db.session.scalars(select(LayoutRule))}
    if wanted == rows.keys():
        db.session.rollback()
        return False
    if rows.keys() != set(seen):
        raise LayoutRulesChanged()
    added, removed = sorted(wanted - rows.keys()), sorted(rows.keys() - wanted)
    for rule in removed:
        db.session.delete(rows[rule])
    db.session.add_all([LayoutRule(agency_id=keeper.agency_id, rule=rule) for rule in added])
    db.session.flush()
    history.append(
        history.Act(agency_id=keeper.agency_id, subject=subject, at=at, actor_id=keeper.id,
                    kind="layout_rules_changed"),
        input={"added": added, "removed": removed, "reason": said}, changes=history.take_changes(), is_locked=True)
    db.session.commit()
    return True


def changes(agency_id: int, limit: int = 20) -> list[tuple[history.Act, dict]]:
    """The last changes, newest first: (act, what was put in)."""
    return history.latest(history.Act.subject == _subject(agency_id), limit=limit)


def _subject(agency_id: int) -> str:
    return f"layout_rule:{agency_id}"
