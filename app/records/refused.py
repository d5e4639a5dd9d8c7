"""Refused attempts: who tried what he may not, in the chain of his own account (security.md S12; Art. 11.3).

Code and subject only, never content. One act per person, code and subject in a minute, and at most MOST_A_MINUTE of
any: nobody can flood history with his own refusals. Wrong passwords are a table of their own (people.py).
"""

from datetime import datetime, timedelta

from sqlalchemy import select

from app.db import db
from app.records import history
from app.records.history import Act, ActContent
from app.records.people import User

#: an attempt on a record or a page that is not his; an act that a rule of the regulation forbade
ACCESS, ACT = "access_refused", "act_refused"
#: acts of refusal of one person in a minute; the last of them says that more came
MOST_A_MINUTE = 30


def note(user: User, kind: str, code: str, subject: str, at: datetime, *, article: str = "") -> bool:
    """Write that the person was refused; False: enough was written in the last minute. The caller commits."""
    chain = f"user:{user.id}"
    history.lock(chain)
    given = list(db.session.scalars(
        select(ActContent.input).join(Act, Act.id == ActContent.act_id)
        .where(Act.subject == chain, Act.kind.in_((ACCESS, ACT)), Act.at > at - timedelta(minutes=1))
        .order_by(Act.number.desc()).limit(MOST_A_MINUTE)))
    if len(given) >= MOST_A_MINUTE or any((one["code"], one["subject"]) == (code, subject) for one in given):
        return False
    if len(given) == MOST_A_MINUTE - 1:
        code, subject, article = "too_many", "", ""
    history.note(chain, kind, agency_id=user.agency_id, at=at, actor_id=user.id,
                 input={"code": code, "subject": subject, "article": article})
    return True


def newest(limit: int = 20) -> list[tuple[Act, dict[str, str]]]:
    """The last refused attempts in the agency, newest first: (act, code and subject)."""
    return history.latest(Act.kind.in_((ACCESS, ACT)), limit=limit)
