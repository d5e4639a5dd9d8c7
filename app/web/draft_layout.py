"""The form of a draft beside its task (Art. 3.1.đ): findings, repairs of the author, which rules stop approvals.

The rules are regulation/layout_check.py's, what stops whom is drafting/fit.py's. A repair makes a file of the author,
which becomes a version when he submits it (Art. 8.1).
"""

from typing import Any

from flask import Blueprint, Response, abort, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from app.db import db
from app.engine import reading
from app.engine import task as tasks
from app.engine.task import Task
from app.records import attachment, history, layout_rule
from app.records.attachment import Upload
from app.records.calendar import local_date
from app.records.document import Document, NotFound
from app.records.people import User
from app.refusal import Refusal
from app.regulation import layout_check
from app.regulation.drafting import fit
from app.tools.media import TYPES
from app.web.asked import told, whole
from app.web.gate import me, need_role
from app.web.language import chosen
from app.web.layout_words import LAYOUT_RULE
from app.web.moment import now
from app.web.settings import tools
from app.web.upload import sent
from app.web.words import sentence

bp = Blueprint("draft_layout", __name__)

#: forms beside which the form of the draft is shown
FORMS = ("draft", "review", "approve")
#: forms at which it is told in words what is left wrong: none of it need stop an approval
_TOLD = ("review", "approve")


def found_task(task_id: int) -> Task:
    """The task about a draft, when the person may see it; else 404. What he looks at beside it is a reading of it."""
    task = tasks.find(task_id, me(), now())
    if task.form_key not in FORMS:
        raise NotFound()
    reading.note(task.document, me(), f"task:{task.id}", now())
    return task


def own_task(task_id: int) -> Task:
    """The open task of writing the draft, when it is the person's; else 404."""
    task = found_task(task_id)
    if task.form_key != "draft" or task.status != tasks.OPEN or not tasks.may_act(task, me(), local_date(now())):
        raise NotFound()
    return task


def _file(document: Document, sha256: str) -> tuple[str, str]:
    """(sha256, name) of a version of the draft or of the person's own upload; the newest version when none is named."""
    versions = [one for one in attachment.of(document.id) if one.kind == "draft" and one.removed_at is None]
    for one in reversed(versions):
        if sha256 in ("", one.sha256):
            return one.sha256, one.name
    if not sha256:
        raise NotFound()
    return sha256, attachment.uploaded(sha256, me().id).name


@bp.get("/viec/<int:task_id>/the-thuc")
def findings(task_id: int) -> str:
    """What is wrong in the form of the file at hand, as a part of the task's page."""
    task = found_task(task_id)
    may_repair = task.form_key == "draft" and task.status == tasks.OPEN and tasks.may_act(task, me(), local_date(now()))
    asked = request.args.get("tep", "")[:64]
    try:
        sha256, name = _file(task.document, asked)
        found = fit.look(tools(), task.document, sha256, now())
        signer = _signer(task, sha256)
    except NotFound:
        return render_template("draft/layout.html", task=task, found=None, may_repair=may_repair)
    except Refusal as refusal:
        if refusal.status >= 500:
            raise
        return render_template("draft/layout.html", task=task, found=None, trouble=sentence(refusal))
    stops = {one["rule"] for one in fit.blocking(found)}
    return render_template("draft/layout.html", task=task, found=_said(found), sha256=sha256, name=name, stops=stops,
                           may_repair=may_repair, rules=LAYOUT_RULE, signer=signer,
                           repairable=[one["rule"] for one in found if one["repair"]] if may_repair else [])


def _said(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The findings in the language of the reader."""
    return found if chosen() == "vi" else [
        one | {name: one[f"{name}_en"] for name in ("article", "where", "is", "should")} for one in found]


def _signer(task: Task, sha256: str) -> dict[str, str]:
    """{"printed" ("": nobody that can be read), "name" (who was chosen to approve and sign)} when a file prints another
    signer than him (Art. 9.1.c); {}: it prints him, or nobody was chosen yet.
    """
    chosen = request.args.get("nguoi-ky", "") if task.form_key == "draft" else task.assignee_id or history.last_values(
        f"document:{task.document_id}", "draft").get("approver_id")
    leader, block = db.session.get(User, whole(str(chosen or ""))), fit.signer_of(tools(), sha256)
    if block is None:
        return {"printed": "", "name": ""}
    is_other = leader is not None and leader.has("leader") and not block.is_of(leader.full_name)
    return {"printed": block.name, "name": leader.full_name} if is_other else {}


def left(task: Task) -> dict[str, Any]:
    """What the draft that was submitted lacks, for who reviews or approves it: {"blanks" (findings), "faults" (rules in
    words), "stops" (whether the agency lets it not pass), "signer" (as `_signer`)}; {}: nothing, or it cannot be read,
    which its tab says.
    """
    file = attachment.latest(task.document_id, "draft") if task.form_key in _TOLD else None
    if file is None:
        return {}
    try:
        found = fit.look(tools(), task.document, file.sha256, now())
        signer = _signer(task, file.sha256)
    except Refusal as refusal:
        if refusal.status >= 500:
            raise
        return {}
    blanks = _said([one for one in found if one["rule"] == "blank"])
    others = dict.fromkeys(one["rule"] for one in found if one["rule"] != "blank" and one["severity"] == "error")
    return {"blanks": blanks, "faults": [LAYOUT_RULE[rule] for rule in others], "stops": bool(fit.blocking(found)),
            "signer": signer} if blanks or others or signer else {}


@bp.post("/viec/<int:task_id>/the-thuc/sua")
def repair(task_id: int) -> Response:
    """{"sha256", "name"} of the file with the repairs of {"sha256", "rules"}: the author's own, to go on with."""
    task = own_task(task_id)
    body = told()
    sha256, rules = body.get("sha256"), body.get("rules")
    if not isinstance(sha256, str) or not isinstance(rules, list) or not {*map(str, rules)} <= {*layout_check.RULES}:
        abort(400)
    sha256, name = _file(task.document, sha256)
    data = layout_check.repaired(tools().blobs.read(sha256), map(str, rules), task.document.type_name)
    return jsonify(keep(data, name))


def keep(data: bytes, name: str) -> dict[str, str]:
    """Make a DOCX an upload of the person: {"sha256", "name"}. Commits."""
    sha256 = tools().blobs.put(data)
    db.session.add(Upload(agency_id=me().agency_id, sha256=sha256, name=name, media_type=TYPES["docx"],
                          size_bytes=len(data), user_id=me().id, at=now()))
    db.session.commit()
    return {"sha256": sha256, "name": name}


@bp.get("/viec/<int:task_id>/the-thuc/tep")
def download(task_id: int) -> Response:
    """The file at hand, to go on writing in it."""
    sha256, name = _file(found_task(task_id).document, request.args.get("tep", "")[:64])
    return sent(tools().blobs.path(sha256), TYPES["docx"], sha256, name)


@bp.get("/the-thuc")
def rules() -> str:
    """Which findings stop approvals, and who changed that why."""
    need_role(*layout_rule.KEEPERS)
    return render_template("draft/rules.html", rules=LAYOUT_RULE, articles=layout_check.RULES,
                           chosen=layout_rule.names(), changes=layout_rule.changes(me().agency_id))


@bp.post("/the-thuc")
def put_rules() -> AnyResponse:
    """The whole list as it shall be."""
    form = request.form
    is_new = layout_rule.put(me(), form.getlist("rule"), form.get("seen", "").split(), layout_check.RULES,
                             form.get("reason", ""), now())
    if is_new:
        flash(gettext("Đã ghi danh mục lỗi thể thức chặn duyệt."), "done")
    else:
        flash(gettext("Danh mục đã như vậy từ trước nên không có gì thay đổi."), "notice")
    return redirect(url_for("draft_layout.rules"), 303)
