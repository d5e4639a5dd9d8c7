"""Several documents signed with one PIN (Art. 9.1.c, 9.1.d): which ones wait for this person, to be ticked.

Each is signed and completed by itself, through the door of its own task (task.complete), one after the other, by the
page's script (web/browser/signing_bulk.js): one that fails does not stop the others, and has its own reason beside it.
"""

from flask import Blueprint, render_template
from sqlalchemy import or_, select

from app.db import db
from app.engine import task as tasks
from app.engine.instance import Instance
from app.engine.task import Task
from app.records.calendar import local_date
from app.regulation.outgoing.signing_door import KIND_OF_FORM
from app.web import sender_recall, signing
from app.web.gate import me
from app.web.moment import now

bp = Blueprint("signing_bulk", __name__)

#: documents on the page
_MOST = 100


@bp.get("/viec/ky-nhieu")
def page() -> str:
    """What waits for this person's signature, the most urgent first."""
    user, today = me(), local_date(now())
    mine = db.session.scalars(
        select(Task).where(tasks.his(user, today), Task.status == tasks.OPEN, Task.kind == "user",
                           Task.form_key.in_(KIND_OF_FORM), or_(Task.claimed_by_id.is_(None),
                                                                Task.claimed_by_id == user.id))
        .order_by(Task.rank.desc(), Task.id).limit(_MOST))
    found = [(row, signing.choices(row, user), _pin(row), sender_recall.replaced(row.document)) for row in mine]
    ways = list(dict.fromkeys(way for _, held, *_ in found for way in held))
    return render_template("signing/bulk.html", found=found, ways=ways)


def _pin(task: Task) -> str | None:
    """What the form of the task calls its field of the PIN."""
    return db.session.get_one(Instance, task.instance_id).bundle.form(task.form_key).pin
