"""The home page: what to do now, for the roles of the person.

Counts, what is urgent or overdue, quick actions. Reads only.
"""

from flask import Blueprint, render_template

from app.engine.task import inbox
from app.web.gate import me, waiting
from app.web.inbox import load_holders
from app.web.moment import now

bp = Blueprint("home", __name__)

#: rows of each short list
_FEW = 6


@bp.get("/")
def page() -> str:
    """Counts and the first rows of the two lists that matter most."""
    user, at, counts = me(), now(), waiting()
    overdue = inbox(user, "overdue", at=at, limit=_FEW).rows if counts["overdue"] else []
    mine = [row for row in inbox(user, "mine", at=at, limit=2 * _FEW).rows if row not in overdue][:_FEW]
    load_holders(overdue + mine)
    return render_template("home/page.html", counts=counts, mine=mine, overdue=overdue)
