"""Documents without doubt, registered together (Art. 6.2.b): each in an act of its own, what became of each is said.

Nothing that a person must look at is among them: a sign of Art. 3.2, a doubtful or missing field, what may have come
twice, a deadline that is past, signatures that are not valid, a warning, what somebody has begun. The rules are those
of one document: its task is completed as a clerk completes it, and refuses what has changed meanwhile.
"""

from typing import Any

from flask import Blueprint, flash, render_template, request
from flask_babel import gettext

from app.db import db
from app.engine import act, suspend
from app.engine import task as tasks
from app.engine.instance import Instance
from app.engine.task import Task
from app.records import document as documents
from app.records import twin
from app.records.calendar import local_date
from app.records.catalogue import values as catalogue
from app.refusal import Refusal
from app.regulation.incoming import barred, doubt, plausible
from app.web import field_words, paper
from app.web.asked import whole
from app.web.document import initial_values
from app.web.gate import me, need_role
from app.web.moment import now
from app.web.words import sentence

bp = Blueprint("register_many", __name__)

#: documents on the page
_MOST = 50
#: fields that must be there, read for sure or stated
_WHOLE = ("code_number", "code_notation", "issued_date", "organ_name", "type_name", "subject")


@bp.get("/viec/vao-so-nhieu")
def page() -> str:
    """What may be registered together."""
    need_role("clerk")
    return _page([])


@bp.post("/viec/vao-so-nhieu")
def register() -> str:
    """Each that is chosen goes into the register and to the leader."""
    need_role("clerk")
    chosen = [(whole(key), whole(version)) for key, _, version in (
        one.partition(".") for one in request.form.getlist("task")[:_MOST])]
    if not chosen:
        flash(gettext("Chưa đánh dấu văn bản nào; hãy đánh dấu các văn bản muốn vào sổ."), "notice")
    return _page([_registered(key, version) for key, version in chosen])


def _page(results: list[tuple[str, str, bool]]) -> str:
    found = [db.session.get_one(Task, key) for key in tasks.in_a_row(me(), "verify", now())]
    rows = [row for row in found if not why_not(row)]
    return render_template(
        "inbox/register_many.html", rows=rows[:_MOST], left=len(found) - len(rows), results=results,
        registers=catalogue("incoming_register", me()), leaders=catalogue("leader", me()))


def why_not(task: Task) -> str:
    """By what a person must look at the document before it is registered, as a word; "" for nothing."""
    document = task.document
    if task.draft or document.arrival_number is not None or suspend.paused([task.instance_id]):
        return "begun"
    if barred.signs(document):
        return "signs"
    if doubt.doubtful(document) or not all(getattr(document, name) for name in _WHOLE):
        return "doubt"
    if plausible.future(document.issued_date, now()) or plausible.past_due(document.due_date, now(), False):
        return "day"
    if twin.of(document):
        return "twin"
    if document.channel != "paper" and (document.verdict or {}).get("color") != "green":
        return "signature"
    return "warning" if any(one.kind == "warning" for one in documents.opinions(document.id)) else ""


def _registered(task_id: int, version: int) -> tuple[str, str, bool]:
    """(what it is called, what became of it, was it registered). Commits."""
    task = db.session.get(Task, task_id)
    if task is None or task.form_key != "verify" or not tasks.may_act(task, me(), local_date(now())):
        return gettext("Văn bản"), gettext("Trang hoặc văn bản này không có, hoặc bạn không có quyền xem."), False
    document, name = task.document, task.document.subject
    if task.status == tasks.OPEN and why_not(task):
        return name, gettext("Có điểm phải xem: hãy mở văn bản để kiểm tra."), False
    form = db.session.get_one(Instance, task.instance_id).bundle.form(task.form_key)
    values: dict[str, Any] = {**initial_values(document, form), "decision": "register", "confirmed": [],
                              "is_no_twin": False, "is_past_due": False,
                              "leader_id": request.form.get("leader_id") or None}
    values.setdefault("register_id", request.form.get("register_id"))
    known = {field.key for field in form.fields}
    document_id = document.id
    try:
        act.complete_task(task_id, me(), version, {key: one for key, one in values.items() if key in known}, at=now())
    except Refusal as refusal:
        db.session.rollback()
        errors = refusal.facts.get("errors") or {}
        return name, " ".join(field_words.said(one) for texts in errors.values() for one in texts) or sentence(
            refusal), False
    found = db.session.get_one(documents.Document, document_id)
    said = gettext("Đã vào sổ, số đến %(n)s", n=found.arrival_number)
    return name, f"{said}.{waits}" if (waits := paper.awaited(found)) else said, True
