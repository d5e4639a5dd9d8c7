"""Where the scan of a paper is not what was approved: both side by side, answered place by place (Art. 9.2.c).

The rules are regulation/outgoing/scan_answered.py's; the form stands beside the task at which the agency signs.
"""

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from app.db import db
from app.engine.reason import ReasonNeeded
from app.engine.task import Task
from app.records import scan_check
from app.regulation.outgoing import scan_answered
from app.web.gate import me
from app.web.layout_words import SCAN_DIFFERENCE
from app.web.moment import now
from app.web.words import sentence

bp = Blueprint("compared", __name__)


def shown(task: Task) -> dict[str, Any]:
    """What the newest scan was found to be, with the answers that were given; nothing at another task."""
    check = scan_check.latest(task.document_id) if task.form_key == "seal_copy" else None
    if check is None:
        return {"compared": None}
    return {"compared": check, "differences": SCAN_DIFFERENCE, "answers": scan_answered.answers(check),
            "still_open": scan_answered.open_at(check)}


@bp.post("/viec/<int:task_id>/doi-chieu")
def answer(task_id: int) -> Response:
    """Each place of the form is answered for by its own reason, or by the one before it."""
    why, before = {}, ""
    for place in request.form.getlist("place", type=int):
        before = why[place] = request.form.get(f"why-{place}", "").strip() or before
    try:
        if count := scan_answered.answer(task_id, me(), why, now()):
            flash(gettext("Đã ghi lý do của %(n)s chỗ. Bây giờ ký được.", n=count), "done")
    except ReasonNeeded as refusal:
        db.session.rollback()
        flash(sentence(refusal), "error")
    return redirect(url_for("task.page", task_id=task_id), 303)
