"""What a draft answers, and whether its dispatch closes that: on the pages of the two (Art. 8.1).

The rules are regulation/incoming/answer.py's.
"""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from app.db import db
from app.records import message, right
from app.records.calendar import local_date
from app.records.document import ENDED, Document, NotFound, also_answered, answered_by, answers_to
from app.regulation import addressed
from app.regulation.answered import closes
from app.regulation.incoming import answer
from app.web.asked import number
from app.web.gate import me
from app.web.moment import now

bp = Blueprint("answer", __name__)


@dataclass(frozen=True)
class Tie:
    """A draft and what it answers; `is_readable`: the other one of the two may be opened by who looks."""

    draft: Document
    answered: Document
    is_readable: bool
    closes: bool
    may_close: bool
    is_sent: bool


def shown(document: Document) -> dict[str, Any]:
    """`ties`: of a draft what it answers, of what came the drafts that answer it; `tie_choices`: for its author."""
    user, today = me(), local_date(now())
    if document.direction == "incoming":
        may = answer.may_close(user, document, today)
        return {"ties": [Tie(one, document, right.may_read(user, one, today), closes(one, document.id), may,
                             one.status in ENDED) for one in answers_to(document.id)
                         if one.status not in ENDED and (may or right.may_read(user, one, today))],
                "half_sent": _half_sent(document), "tie_choices": []}
    answered = answered_by(document)
    ties = [Tie(document, one, right.may_read(user, one, today), closes(document, one.id),
                answer.may_close(user, one, today), document.status in ENDED) for one in answered]
    choices = answer.to_answer(user, today) if answer.may_tie(user, document) else []
    return {"ties": ties, "may_tie": answer.may_tie(user, document),
            "tie_choices": [one for one in choices if one not in answered]}


def _half_sent(document: Document) -> list[tuple[Document, list[str]]]:
    """Issued answers that are to close it and wait for a paper: (answer, who in "Kính gửi" was not sent it)."""
    if document.status in ENDED:
        return []
    sent = [one for one in answers_to(document.id) if one.status == "dispatched" and closes(one, document.id)
            and right.may_read(me(), one, local_date(now()))]
    left = ((one, [row.name for row in message.left_outside(one.id, addressed.TO)]) for one in sent)
    return [(one, names) for one, names in left if names]


@bp.post("/van-ban/<int:document_id>/tra-loi")
def say(document_id: int) -> Response:
    """The draft answers all of `answers`, or, by `what` = "drop", these no longer; `closes`: its dispatch closes them.

    The first one that it answers stands in the draft itself. `back`: the page to go to.
    """
    try:
        answers = [number(one) for one in request.form.getlist("answers") if one]
        back = number(request.form["back"]) if request.form.get("back") else document_id
    except ValueError:
        abort(400)
    if not answers:
        right.find(document_id, me(), local_date(now()))
        flash(gettext("Chưa chọn văn bản đến nào."), "error")
    is_closing, is_tied = request.form.get("closes") == "1", request.form.get("what") != "drop"
    if any([_said(document_id, one, is_tied, is_closing) for one in answers]):
        flash(gettext("Đã bỏ liên kết. Việc xử lý văn bản đến không kết thúc theo dự thảo này.") if not is_tied
              else gettext("Đã ghi. Văn bản đến kết thúc khi văn bản trả lời phát hành.") if is_closing
              else gettext("Đã ghi. Văn bản đến không kết thúc theo văn bản trả lời này."), "done")
    return redirect(url_for("document.page", document_id=back) + "#tra-loi", 303)


def _said(document_id: int, answers_id: int, is_tied: bool, is_closing: bool) -> bool:
    """Of one that the draft answers, or no longer; each is an act."""
    draft = db.session.get(Document, document_id)
    if draft is None or draft.direction != "outgoing":
        raise NotFound()
    if draft.answers_id == answers_id:
        return answer.say(document_id, me(), answers_id if is_tied else None, is_closing, now())
    if draft.answers_id is None and is_tied and not also_answered(document_id):
        return answer.say(document_id, me(), answers_id, is_closing, now())
    return answer.also(document_id, me(), answers_id, is_tied, is_closing, now())
