"""Who is named in what goes out and was not chosen: the clerk says at the agency's signature (Art. 9.1.d).

The rules are regulation/outgoing/named.py's; the form stands beside the task, every name ticked to be sent.
"""

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from app.db import db
from app.engine.reason import ReasonNeeded
from app.engine.task import Task
from app.records import agency
from app.records.document import Document
from app.regulation.outgoing import named
from app.web.gate import me
from app.web.moment import now
from app.web.settings import tools
from app.web.words import sentence

bp = Blueprint("named", __name__)


def shown(task: Task, document: Document) -> dict[str, Any]:
    """Who is to be answered for at this task, and who was left out, [(name, why)]; nothing at another task."""
    if task.form_key not in named.FORMS:
        return {}
    return {"unanswered": named.unanswered(tools().blobs, document), "left_out": left_out(document)}


def left_out(document: Document) -> list[tuple[str, str]]:
    """Who is named in it and was left out for a reason: (name, why)."""
    left = named.left_out(document)
    names = agency.names(list(left))
    return [(names.get(code, code), why) for code, why in left.items()]


@bp.post("/viec/<int:task_id>/noi-nhan")
def answer(task_id: int) -> Response:
    """Each name of the form is sent it when it is ticked; else the reason says why not, or the one before it does."""
    sent, left, before = request.form.getlist("send"), {}, ""
    for code in request.form.getlist("named"):
        if code not in sent:
            before = left[code] = request.form.get(f"why-{code}", "").strip() or before
    try:
        new, kept_out = named.answer(tools().blobs, task_id, me(), sent, left, now())
        if new or kept_out:
            flash(gettext("Đã ghi: thêm %(sent)s nơi nhận, %(left)s nơi không gửi qua hệ thống.", sent=new,
                          left=kept_out), "done")
    except ReasonNeeded as refusal:
        db.session.rollback()
        flash(sentence(refusal), "error")
    return redirect(url_for("task.page", task_id=task_id), 303)
