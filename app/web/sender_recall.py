"""A clerk takes a dispatched document back, or corrects what was told of it; an author says what his draft replaces.

The rules are regulation/outgoing/recall.py's, update.py's and replace.py's (QĐ 28/2018 Đ8; NĐ 30/2020 Đ18.3, 4); the
state stands on the page of the document and on its delivery board.
"""

from datetime import date
from typing import Any

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response

from app.db import db
from app.engine.reason import ReasonNeeded
from app.records import agency, right
from app.records.calendar import local_date
from app.records.document import Document
from app.records.message import Message
from app.regulation.outgoing import by_hand, dispatch, recall, replace, update
from app.regulation.outgoing.by_hand import ToldDayWrong
from app.regulation.outgoing.update import Correction
from app.web.asked import whole
from app.web.gate import me
from app.web.moment import now
from app.web.settings import tools
from app.web.words import sentence

bp = Blueprint("sender_recall", __name__)

WRONG = {"subject": _("Trích yếu từ 3 đến 500 ký tự."), "priority": _("Chọn độ khẩn."),
         "due_date": _("Hạn trả lời phải từ hôm nay trở đi."),
         "same": _("Thông tin không khác với lần gửi trước: không có gì để cập nhật.")}


def shown(document: Document) -> dict[str, Any]:
    """What was asked of its recipients, what it replaces and what replaces it, and what the person may do."""
    if document.direction != "outgoing":
        return {}
    user, today, old, new = me(), local_date(now()), replace.of(document), replace.by(document.id)
    may_say = replace.may_say(user, document)
    return replaced(document) | told_by_hand(document) | {
        "recalled": [one for one in recall.states(document.id) if not one.is_update],
        "may_take_back": recall.may_recall(user, document), "may_replace": may_say,
        "replaced_by": (new, right.may_read(user, new, today)) if new else None,
        "replace_choices": [one for one in replace.choices(user, today) if one.id not in (document.id, (
            old.id if old else None))] if may_say else [],
    }


def replaced(document: Document) -> dict[str, Any]:
    """What it replaces, and who has that and is told nothing: of whoever reviews, approves, signs or sends it, too."""
    old, today = replace.of(document), local_date(now())
    if old is None:
        return {}
    chosen = dispatch.recipients(document)
    left = list(agency.names(replace.left_out(document, chosen, today)).values()) if chosen else []  # none chosen yet
    if document.status in recall.OUT:
        left = replace.untold(document, today)
    return {"replaces": (old, right.may_read(me(), old, today)), "not_told": left}


def told_by_hand(document: Document) -> dict[str, Any]:
    """Whom people tell that it is taken back or corrected, and whom they would have to tell, by name."""
    rows, today = by_hand.of(document.id), local_date(now())
    taken_back, corrected = (by_hand.having(document.id, is_recall=one) for one in (True, False))
    known = agency.names([row.partner for row in [*rows, *taken_back]])

    def names(some: list[Message]) -> list[str]:
        return [row.name or known.get(row.partner, row.partner) for row in some]

    return {"by_hand": [(row, name, local_date(row.at)) for row, name in zip(rows, names(rows), strict=True)],
            "may_write_told": me().has("clerk"), "reaches": bool(recall.holders(document.id)), "told_until": today,
            "to_tell": names(taken_back), "to_tell_corrected": names(corrected)}


@bp.post("/phat-hanh/<int:document_id>/da-bao")
def told(document_id: int) -> Response:
    """One whom the exchange does not reach was told by a person, or is not told for a reason."""
    form = request.form
    try:
        by_hand.tell(document_id, whole(form.get("row", "")), form.get("day", ""), form.get("note", ""), me(), now())
        flash(gettext("Đã ghi việc báo nơi nhận."), "done")
    except (ReasonNeeded, ToldDayWrong) as refusal:
        db.session.rollback()
        flash(sentence(refusal), "error")
    return redirect(url_for("dispatch_board.one", document_id=document_id) + "#tu-bao", 303)


def _done(first: str, document_id: int) -> None:
    """Say what was done, and who is told how."""
    if recall.holders(document_id):
        first = gettext("%(done)s Nơi nhận qua trục được báo ở lần kết nối kế tiếp; trả lời hiện ở trang này.",
                        done=first)
    left = [name for row, name, _ in told_by_hand(db.session.get_one(Document, document_id))["by_hand"]
            if not row.other_way]
    flash(first, "done")
    if left:
        flash(gettext("Hệ thống không báo được, hãy tự báo rồi ghi lại: %(names)s.", names="; ".join(left)), "notice")


@bp.post("/van-ban/<int:document_id>/thu-hoi")
def ask(document_id: int) -> Response:
    """Ask each recipient to give it up; the document is frozen."""
    recall.ask(document_id, me(), request.form.get("reason", ""), now())
    _done(gettext("Đã thu hồi."), document_id)
    return redirect(url_for("document.page", document_id=document_id), 303)


@bp.post("/van-ban/<int:document_id>/thay-the")
def replaces(document_id: int) -> Response:
    """The draft replaces a dispatched document, or none."""
    said = request.form.get("replaces", "")
    if said and not whole(said):
        abort(404)
    if replace.say(document_id, me(), whole(said) or None, now()):
        flash(gettext("Đã ghi. Khi dự thảo phát hành, nơi nhận được báo văn bản cũ đã bị thay thế.") if said
              else gettext("Đã bỏ. Dự thảo không thay thế văn bản nào."), "done")
    return redirect(url_for("document.page", document_id=document_id) + "#thay-the", 303)


def correct(document_id: int) -> dict[str, str]:
    """Correct what was told of it, as the form says; sentences by field when that is not possible."""
    form = request.form
    try:
        due = date.fromisoformat(form["due_date"]) if form.get("due_date") else None
    except ValueError:
        return {"due_date": str(WRONG["due_date"])}
    said = Correction(" ".join(form.get("subject", "").split()), whole(form.get("priority", "")), due)
    try:
        update.ask(tools(), document_id, me(), said, form.get("reason", ""), now())
    except ReasonNeeded as refusal:
        return {"reason": sentence(refusal)}
    except update.UpdateWrong as refusal:
        return {name: str(WRONG[code]) for name, code in refusal.facts["fields"].items()}
    _done(gettext("Đã cập nhật."), document_id)
    return {}
