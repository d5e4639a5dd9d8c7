"""Opinions of several on a draft, as its pages show them: who said what, who is silent; urged, ended (Art. 8.1).

The rules are regulation/drafting/consult.py's; asking itself is a decision at the task of drafting.
"""

from itertools import groupby
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from app.engine.task import Task
from app.records import attachment, consultation
from app.records.document import Document, Opinion
from app.regulation.drafting import consult
from app.web.gate import me
from app.web.moment import now

bp = Blueprint("consult", __name__)

#: tasks at which the answers are weighed, and how they stand there
_WEIGHED = ("draft", "review", "approve")
_ORDER = (consultation.DISAGREE, consultation.REMARKS, consultation.AGREE, "")


def shown(document: Document) -> dict[str, Any]:
    """`rounds`: the rounds of the draft, newest first; `answer_files`: what came with answers, by hash."""
    rows = consultation.of(document.id) if document.direction == "outgoing" else []
    rounds = [list(asked) for _, asked in groupby(rows, key=lambda one: one.round)]
    return {"rounds": rounds[::-1], "may_direct": bool(rows) and consult.may_direct(me(), document),
            "answer_files": {file.sha256: file for file in attachment.of(document.id) if file.kind == "opinion"}
            if rows else {}}


def asked(task: Task) -> consultation.Consultation | None:
    """What the task of giving an opinion is about."""
    if task.form_key != "give_opinion":
        return None
    return next((one for one in consultation.of(task.document_id)[::-1] if one.user_id == task.assignee_id), None)


def answered(task: Task, said: list[Opinion]) -> dict[str, Any]:
    """`answered`: who was asked in the last round and what he said of `said`, who does not agree first, who is silent
    last; `is_newer`: a version was submitted since. Nothing at tasks that do not weigh it.
    """
    rows = consultation.of(task.document_id) if task.form_key in _WEIGHED else []
    rows = [one for one in rows if one.round == rows[-1].round and one.ended_at]
    if not rows:
        return {}
    words = {one.id: next((told for told in said if (told.at, told.kind) == (one.answered_at, one.answer)
                           and one.user_id in (told.user_id, told.on_behalf_of_id)), None) for one in rows}
    file = attachment.latest(task.document_id, "draft")
    return {"answered": [(one, words[one.id]) for one in sorted(rows, key=lambda one: _ORDER.index(one.answer))],
            "is_newer": file is not None and file.sha256 != rows[0].sha256}


@bp.post("/van-ban/<int:document_id>/y-kien-du-thao/don-doc")
def urge(document_id: int) -> Response:
    """Urge all who have not answered."""
    told = consult.urge(document_id, me(), now())
    flash(gettext("Đã đôn đốc %(n)s người chưa cho ý kiến.", n=told) if told
          else gettext("Người chưa cho ý kiến đã được đôn đốc rồi, chưa xác nhận."), "done")
    return redirect(url_for("document.page", document_id=document_id) + "#y-kien", 303)


@bp.post("/van-ban/<int:document_id>/y-kien-du-thao/ket-thuc")
def end(document_id: int) -> Response:
    """End the round before its time, with a reason."""
    consult.end(document_id, me(), request.form.get("reason", ""), now())
    flash(gettext("Đã kết thúc lấy ý kiến; dự thảo trở lại hộp việc của bạn."), "done")
    return redirect(url_for("document.page", document_id=document_id) + "#y-kien", 303)
