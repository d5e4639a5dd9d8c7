"""What a draft answers, and whether its dispatch closes that: on the pages of the two (Art. 8.1).

The rules are regulation/incoming/answer.py's.
"""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from app.db import db
from app.records import right
from app.records.calendar import local_date
from app.records.document import ENDED, Document, answers_to
from app.regulation.incoming import answer
from app.web.asked import number
from app.web.gate import me
from app.web.moment import now

bp = Blueprint("answer", __name__)


@dataclass(frozen=True)
class Tie:
    """A draft and what it answers; `is_readable`: the other one of the two may be opened by who looks."""

    draft: Document
    answered: Document | None
    is_readable: bool
    closes: bool
    may_close: bool
    is_sent: bool


def shown(document: Document) -> dict[str, Any]:
    """`ties`: of a draft what it answers, of what came the drafts that answer it; `tie_choices`: for its author."""
    user, today = me(), local_date(now())
    if document.direction == "incoming":
        may = answer.may_close(user, document, today)
        return {"ties": [Tie(one, document, right.may_read(user, one, today), answer.closes(one), may,
                             one.status in ENDED) for one in answers_to(document.id)
                         if one.status not in ENDED and (may or right.may_read(user, one, today))],
                "tie_choices": []}
    answered = db.session.get(Document, document.answers_id) if document.answers_id else None
    is_readable = answered is not None and right.may_read(user, answered, today)
    ties = [Tie(document, answered, is_readable, answer.closes(document),
                answered is not None and answer.may_close(user, answered, today), document.status in ENDED)]
    choices = answer.to_answer(user, today) if answer.may_tie(user, document) else []
    return {"ties": ties if answered is not None else [], "may_tie": answer.may_tie(user, document),
            "tie_choices": [one for one in choices if one.id != document.answers_id]}


@bp.post("/van-ban/<int:document_id>/tra-loi")
def say(document_id: int) -> Response:
    """The draft answers `answers` (empty: nothing); `closes`: its dispatch closes that; `back`: the page to go to."""
    try:
        answers = number(request.form["answers"]) if request.form.get("answers") else None
        back = number(request.form["back"]) if request.form.get("back") else document_id
    except ValueError:
        abort(400)
    is_closing = request.form.get("closes") == "1"
    if answer.say(document_id, me(), answers, is_closing, now()):
        flash(gettext("Đã ghi. Văn bản đến kết thúc khi văn bản trả lời phát hành.") if answers and is_closing
              else gettext("Đã ghi. Văn bản đến không kết thúc theo văn bản trả lời này.") if answers
              else gettext("Đã bỏ liên kết. Việc xử lý văn bản đến không kết thúc theo dự thảo này."), "done")
    return redirect(url_for("document.page", document_id=back) + "#tra-loi", 303)
