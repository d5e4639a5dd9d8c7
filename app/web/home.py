"""The home page: what to do now, for the roles of the person.

Counts, what is urgent or overdue, quick actions, what one was given to co-handle or read. Reads only.
"""

from datetime import timedelta

from flask import Blueprint, render_template

from app.engine.task import follows, inbox
from app.records import barred, notice
from app.records.intake import waiting_since
from app.regulation.assignment import delegate
from app.web.audit_check import NAMES, alarm
from app.web.gate import me, waiting
from app.web.inbox import load_holders
from app.web.library import fresh, parts_of
from app.web.moment import now
from app.web.settings import settings

bp = Blueprint("home", __name__)

#: rows of each short list
_FEW = 6


@bp.get("/")
def page() -> str:
    """Counts and the first rows of the lists that matter most."""
    user, at, counts = me(), now(), waiting()
    overdue = inbox(user, "overdue", at=at, limit=_FEW).rows if counts["overdue"] else []
    mine = [row for row in inbox(user, "mine", at=at, limit=2 * _FEW).rows if row not in overdue][:_FEW]
    load_holders(overdue + mine)
    told, days = fresh(user, at), settings().intake_days
    old = waiting_since(user, at - timedelta(days=days)) if user.has("clerk") else 0
    return render_template("home/page.html", counts=counts, mine=mine, overdue=overdue, follows_unit=follows(user),
                           notices=notice.open_for(user), barred=barred.open_for(user),
                           stands_in=delegate.standing(user, at),
                           fresh=told, tags=parts_of(told, user, at), told=alarm(), checks=NAMES, old=old, days=days,
                           unnamed=barred.unnamed() if user.has(*barred.KEEPERS) else [])
