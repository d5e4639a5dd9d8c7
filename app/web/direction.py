"""Direction beside the course of a document (Art. 7, 10.4; F-3c): notices, urging, asking for an opinion; directives
to choose from.

The rules are regulation/assignment/urge.py's. What moves a document is a task's (task.py).
"""

from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from app.db import db
from app.engine import act
from app.engine import task as tasks
from app.engine.form import FormInvalid
from app.records import barred, directive, notice, right
from app.records.calendar import local_date
from app.records.catalogue import values as catalogue
from app.records.people import User
from app.refusal import Refusal
from app.regulation.assignment import extend
from app.regulation.assignment import recall as recalling
from app.regulation.assignment import urge as urging
from app.web import field_words
from app.web.asked import BIGGEST
from app.web.gate import me, need_role
from app.web.moment import now
from app.web.words import sentence

bp = Blueprint("direction", __name__)

#: who is directed or directs
WORKERS = ("clerk", "leader", "head", "officer")
#: notices that are confirmed at once
_MOST = 50


@bp.get("/thong-bao")
def page() -> str:
    """What the person has to answer or confirm."""
    need_role(*WORKERS)
    return render_template("notice/page.html", notices=notice.open_for(me(), _MOST), results=[],
                           barred=barred.open_for(me(), _MOST))


@bp.post("/thong-bao")
def confirm() -> str:
    """Confirm those that are chosen, each for itself; what became of each is said."""
    need_role(*WORKERS)
    chosen = [_number(one) for one in request.form.getlist("notice")[:_MOST]]
    if not chosen:
        flash(gettext("Chưa đánh dấu mục nào; hãy đánh dấu các mục muốn xác nhận."), "notice")
    about = {one.id: one.document for one in notice.open_for(me(), _MOST)}
    names = {key: (document.id, document.subject or "") for key, document in about.items()}
    results = [(names.get(key), sentence(refusal) if refusal else None)
               for key, refusal in urging.confirm_many(chosen, me(), now)]
    return render_template("notice/page.html", notices=notice.open_for(me(), _MOST), results=results,
                           barred=barred.open_for(me(), _MOST))


@bp.post("/van-ban/<int:document_id>/don-doc")
def urge(document_id: int) -> Response:
    """Urge who holds the document."""
    told = urging.urge(document_id, me(), request.form.get("text", ""), now())
    flash(gettext("Đã đôn đốc.") if told else gettext("Người đang giữ việc đã được nhắc như vậy và chưa xem."),
          "done" if told else "notice")
    return redirect(url_for("document.page", document_id=document_id), 303)


@bp.post("/van-ban/<int:document_id>/hoi-y-kien")
def ask(document_id: int) -> Response | tuple[str, int]:
    """Ask somebody for an opinion; a day that will not do comes back with one that does, to be taken with one click."""
    form = request.form
    due = _day(form.get("instead") or form.get("due", ""))
    try:
        urging.ask(document_id, me(), _number(form.get("to", "")), form.get("text", ""), due, now())
    except FormInvalid as refusal:
        db.session.rollback()
        return render_template("notice/ask.html", document=right.find(document_id, me(), local_date(now())),
                               people=[one for one in catalogue("person", me()) if one["value"] != str(me().id)],
                               wrong=" ".join(field_words.told(refusal.facts["errors"])["due"]),
                               instead=refusal.beside["instead"].get("due")), refusal.status
    flash(gettext("Đã hỏi ý kiến; văn bản vẫn được xử lý bình thường trong khi chờ."), "done")
    return redirect(url_for("document.page", document_id=document_id), 303)


@bp.post("/van-ban/<int:document_id>/thu-hoi-phan-cong")
def recall(document_id: int) -> Response:
    """Take the assignment back."""
    recalling.recall(document_id, me(), now())
    flash(gettext("Đã thu hồi phân công."), "done")
    return redirect(url_for("document.page", document_id=document_id), 303)


@bp.post("/van-ban/<int:document_id>/rut-gia-han")
def withdraw(document_id: int) -> Response:
    """Take the asking for more time back."""
    extend.withdraw(document_id, me(), now())
    flash(gettext("Đã rút đề nghị gia hạn; văn bản trở lại với bạn, hạn cũ giữ nguyên."), "done")
    return redirect(url_for("document.page", document_id=document_id), 303)


@bp.post("/viec/<int:task_id>/giao-nhanh")
def assign(task_id: int) -> Response:
    """The usual course with one thumb: who leads, and a directive."""
    form = request.form
    values = {"decision": "assign", "handler_id": form.get("handler_id") or None,
              "directive": form.get("directive", "").strip() or None, "is_past_due": "is_past_due" in form}
    act.complete_task(task_id, me(), _number(form.get("version", "")), values, at=now())
    flash(gettext("Đã giao xử lý."), "done")
    return redirect(url_for("inbox.page"), 303)


@bp.get("/viec/nhieu")
def many() -> str:
    """The documents that wait to be directed, to be given for information together."""
    need_role(*WORKERS)
    return _many([])


@bp.post("/viec/nhieu")
def inform() -> str:
    """Each that is chosen is given for information, in an act of its own; what became of each is said."""
    need_role(*WORKERS)
    chosen = _chosen()
    names = _names([key for key, _version in chosen])
    if not chosen:
        flash(gettext("Chưa đánh dấu văn bản nào; hãy đánh dấu các văn bản muốn chuyển."), "notice")
    elif not request.form.getlist("readers"):  # given to nobody, each would be finished unseen
        flash(gettext("Chưa chọn ai được đọc; hãy chọn ít nhất một người hoặc đơn vị."), "error")
        return _many([])
    values = {"decision": "inform", "directive": request.form.get("directive", "").strip() or None,
              "readers": request.form.getlist("readers")}
    return _many([(names.get(key) or gettext("Văn bản thứ %(n)s đã đánh dấu", n=n), _informed(key, version, values))
                  for n, (key, version) in enumerate(chosen, 1)])


def _names(task_ids: list[int]) -> dict[int, str]:
    """What the documents are about, also of those that somebody else directed meanwhile, as far as one may read."""
    user, today = me(), local_date(now())
    rows = db.session.scalars(db.select(tasks.Task).where(tasks.Task.id.in_(task_ids)))
    return {row.id: (row.document.subject or "") + _in_name(row, user) for row in rows
            if right.may_read(user, row.document, today)}


def _in_name(task: tasks.Task, user: User) -> str:
    """In whose name the person directs it, when it is not his own (Art. 7)."""
    other = tasks.principal(task, user, local_date(now()))
    return "" if other is None else " ({})".format(gettext(
        "thay mặt %(name)s, theo ủy quyền", name=db.session.get_one(User, other).full_name))


def _chosen() -> list[tuple[int, int]]:
    """(task, version) of each that is ticked."""
    pairs = [one.partition(".") for one in request.form.getlist("task")[:_MOST]]
    return [(_number(key), _number(version)) for key, _dot, version in pairs]


def _informed(task_id: int, version: int, values: dict[str, Any]) -> str | None:
    """What was refused, in words; None: done."""
    try:
        act.complete_task(task_id, me(), version, values, at=now())
    except Refusal as refusal:
        db.session.rollback()
        errors = refusal.facts.get("errors") or {}
        return " ".join(field_words.said(one) for texts in errors.values() for one in texts) or sentence(refusal)
    return None


def _waiting() -> list[tasks.Task]:
    return [row for row in tasks.inbox(me(), "mine", at=now(), limit=_MOST).rows if row.form_key == "assign"]


def _many(results: list[tuple[str, str | None]]) -> str:
    user, rows = me(), _waiting()
    return render_template("notice/many.html", rows=rows, results=results, holders=catalogue("holder", user),
                           directives=directive.of(user), in_name={row.id: _in_name(row, user) for row in rows})


@bp.get("/mau-but-phe")
def directives() -> str:
    """Directives to choose from."""
    need_role("leader", "head")
    return render_template("notice/directives.html", rows=directive.of(me()))


@bp.post("/mau-but-phe")
def keep() -> Response:
    """Keep one more."""
    need_role("leader", "head")
    if directive.add(me(), request.form.get("text", ""), request.form.get("whose") == "agency", now()):
        flash(gettext("Đã lưu mẫu bút phê."), "done")
    else:
        flash(gettext("Mẫu này đã có."), "notice")
    return redirect(url_for("direction.directives"), 303)


@bp.post("/mau-but-phe/<int:directive_id>/bo")
def drop(directive_id: int) -> Response:
    """Keep it no longer."""
    need_role("leader", "head")
    directive.remove(me(), directive_id, now())
    flash(gettext("Đã bỏ mẫu bút phê."), "done")
    return redirect(url_for("direction.directives"), 303)


def _day(text: str) -> date | None:
    """None: no day; the first of all days, which has passed, for what is none."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return date.min


def _number(text: str) -> int:
    """0, which nothing bears, for what is no id: the rules refuse it after they have asked the rights."""
    fits = text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= BIGGEST
    return int(text) if fits else 0
