"""Who may edit, publish and migrate diagrams: given and taken by an administrator as an act (Art. 10.2, 11.3.b).

Nobody gives or takes a right of his own. A right ends with the request after it was taken: roles are read anew for
each. It does not make accounts.
"""

from datetime import datetime

from sqlalchemy import select

from app.db import db
from app.records import history
from app.records.document import NotFound
from app.records.people import RIGHTS, User
from app.refusal import Refusal


class OwnRight(Refusal):
    """An administrator gives and takes the rights of others, never his own."""

    code, status, article = "own_right", 403, "Art. 11.3.b"


class NotAdministrator(Refusal):
    """Only an administrator gives and takes rights."""

    code, status, article = "not_administrator", 403, "Art. 11.3.b"


class RightUnknown(Refusal):
    """A right is one of: designer, publisher, migrator."""

    code = "right_unknown"


class RightWithoutReason(Refusal):
    """Giving and taking a right says why, in 5 to 500 characters."""

    code = "right_without_reason"


def change(admin: User, user_id: int, right: str, *, is_given: bool, reason: str, at: datetime) -> bool:
    """Give or take one right; False: it was so already. The caller commits.

    Raises NotAdministrator, RightUnknown, RightWithoutReason, OwnRight, NotFound.
    """
    if not admin.has("admin"):
        raise NotAdministrator()
    if right not in RIGHTS:
        raise RightUnknown(right=right[:30])
    said = history.stated(reason, RightWithoutReason)
    if user_id == admin.id:
        raise OwnRight()
    user = db.session.scalar(select(User).where(User.id == user_id).with_for_update(of=User)
                             .execution_options(populate_existing=True))
    if user is None or not user.is_active:
        raise NotFound()
    if user.has(right) == is_given:
        return False
    user.roles = [*user.roles, right] if is_given else [role for role in user.roles if role != right]
    history.note(f"user:{user.id}", "account_changed", agency_id=user.agency_id, at=at, actor_id=admin.id,
                 input={"right": right, "is_given": is_given, "reason": said})
    return True


def changes(limit: int = 20) -> list[tuple[history.Act, dict]]:
    """The last times a right was given or taken, newest first: (act, what was put in)."""
    return history.latest(
        history.Act.kind == "account_changed", history.ActContent.input["right"].astext.is_not(None), limit=limit)
