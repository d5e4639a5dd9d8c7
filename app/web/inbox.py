"""The inbox: my tasks, my unit's tasks, what is overdue; searched, in pages by key.

Which tasks a person sees is decided in engine/task.py.
"""

import re

from flask import Blueprint, abort, render_template, request
from flask_babel import gettext
from sqlalchemy import select

from app.db import db
from app.engine import suspend
from app.engine.task import Task, follows, inbox
from app.records import barred, notice, signing_key
from app.records.people import User
from app.web.gate import me, waiting
from app.web.moment import now
from app.web.settings import settings

bp = Blueprint("inbox", __name__)

#: where a page ended: a rank or a time, and an id
_MARK = re.compile(r"[0-9]{1,17}\.[0-9]{1,18}")


def load_holders(rows: list[Task]) -> None:
    """Fetch who holds the tasks in one statement; the rows then find them in the session."""
    ids = {holder for row in rows if (holder := row.claimed_by_id or row.assignee_id)} - {me().id}
    if ids:
        db.session.scalars(select(User).where(User.id.in_(ids))).all()


@bp.get("/viec")
def page() -> str:
    """One box: ?hop=mine|unit|overdue, ?q= words, ?sau= where the page before ended."""
    tabs = {"mine": gettext("Của tôi"), "unit": gettext("Của đơn vị"), "overdue": gettext("Quá hạn")}
    if not follows(me()):
        del tabs["unit"]
    box = request.args.get("hop", "mine")
    if box not in tabs:
        abort(404)
    words = request.args.get("q", "").strip()[:200]
    after = request.args.get("sau") or None
    if after and not _MARK.fullmatch(after):
        abort(404)
    found = inbox(me(), box, at=now(), words=words, after=after, limit=settings().page_rows)
    load_holders(found.rows)
    is_front = box == "mine" and not after and not words
    return render_template(
        "inbox/page.html",
        tabs=tabs,
        box=box,
        words_asked=words,
        after=after,
        page=found,
        counts=waiting(),
        notices=notice.open_for(me()) if is_front else [],
        barred=barred.open_for(me()) if is_front else [],
        ending=signing_key.ending(now()) if is_front and me().has(*signing_key.KEEPERS) else [],
        paused=suspend.paused([row.instance_id for row in found.rows]),
    )
