"""One task: its form beside its document; claim, release, draft, complete; an incident for the administrator.

Who may act and what completing does are decided by the engine inside its transaction (security.md S6);
here values only pass. A PIN is handed to the signing door and dropped: it is never part of a draft, of
the values completed, or of a log. A signature comes from that door (signing.py), never from the browser.
"""

from typing import Any

from flask import Blueprint, Response, abort, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response as AnyResponse

from app.db import db
from app.engine import act, reading, suspend
from app.engine import task as tasks
from app.engine.form import Form, FormInvalid
from app.engine.instance import Instance
from app.engine.task import StaleTask, Task
from app.records import agency, attachment, directive, history, recipient_group, right
from app.records import document as documents
from app.records.calendar import local_date
from app.records.catalogue import UNIT
from app.records.catalogue import values as catalogue
from app.records.document import Document, NotFound, answered_by
from app.records.people import User
from app.refusal import Refusal
from app.regulation import addressed, answered
from app.regulation.assignment import assign, handling_slip, holder
from app.regulation.drafting import fit, template, versions
from app.regulation.drafting.draft import require_fit, require_joinable
from app.regulation.exchange_form import due_outside, require_scope
from app.regulation.incoming import barred, doubt, plausible, status
from app.regulation.incoming.sender_request import unlikely
from app.regulation.outgoing import paper, scan_answered
from app.regulation.outgoing.named import FORMS as AT_SEAL
from app.regulation.outgoing.named import require_answered
from app.web import compared, consult, draft_layout, exchange_form, named, sender_recall, sender_request, signing
from app.web.asked import storable, told
from app.web.document import files_of, initial_values, like
from app.web.draft_layout import FORMS
from app.web.gate import me
from app.web.language import labelled
from app.web.layout_words import AUTHORITY
from app.web.moment import now
from app.web.paper import awaited
from app.web.settings import tools
from app.web.words import sentence

bp = Blueprint("task", __name__)

#: forms beside which it is said who is named in the draft and who was chosen
_BEFORE_DISPATCH = ("review", "approve", "sign_by_leader", "seal", "sign_paper", "seal_copy")

#: forms of which one is done after the other: the next opens at once, and hands stay on the keys
_IN_A_ROW = ("verify",)
#: where what came may be refused: its sender is told, if the system can
_REFUSE = ("verify", "decide_unsigned")

#: values of one form, as JSON text
_MOST_BYTES = 1_000_000


def _form(task: Task) -> Form:
    """The form of the release that the task's instance follows."""
    return db.session.get_one(Instance, task.instance_id).bundle.form(task.form_key)


@bp.get("/viec/<int:task_id>")
def page(task_id: int) -> str:
    """The task; when it is no longer open, what became of it."""
    user, at = me(), now()
    task = tasks.find(task_id, user, at)
    if task.kind == "incident":
        return render_template("task/incident.html", task=task, document=task.document)
    reading.note(task.document, user, f"task:{task.id}", at)
    is_mine = task.status == tasks.OPEN and tasks.may_act(task, user, local_date(at))
    document = task.document
    ways, said = signing.choices(task, user) if is_mine else [], documents.opinions(document.id)
    return render_template(
        "task/page.html",
        task=task,
        document=document,
        principal=db.session.get(User, tasks.principal(task, user, local_date(at)) or 0) if is_mine else None,
        may_claim=is_mine and not task.claimed_by_id and not task.assignee_id,
        may_release=task.status == tasks.OPEN and task.claimed_by_id == user.id and not task.assignee_id,
        quick=_quick(user, document) if is_mine and task.form_key == "assign" else None,
        form=_drawn(task, _form(task), user, is_mine),
        twins=like(document) if task.form_key == "verify" else [],
        shut=is_mine and task.form_key == "verify" and not catalogue("incoming_register", user),
        told_through=status.told_through(document) if is_mine and task.form_key in _REFUSE else None,
        asked=sender_request.pending(document) if task.form_key == "decide_request" else [],
        stamp=handling_slip.stamp(document),
        files=[*_answered(document), *files_of(document, attachment.of(document.id)),
               *([signing.previewed(task)] if ways else [])],
        said=said,
        acts=history.course(f"document:{document.id}"),
        paused=suspend.paused([task.instance_id]).get(task.instance_id) if task.status == tasks.OPEN else None,
        agencies=agency.names([*document.addressees, *document.recipients]),
        signing=ways,
        worn=signing.worn(task, user) if is_mine else {},
        named=addressed.beside(tools(), document) if task.form_key in _BEFORE_DISPATCH else None,
        due_outside=due_outside(document, local_date(now())) if task.form_key in _BEFORE_DISPATCH else "",
        form_check=task.form_key in FORMS,
        left=draft_layout.left(task) if is_mine else {},
        closes=any(answered.closes(document, one.id) for one in answered_by(document)),
        consulted=consult.asked(task),
        edited=versions.edited(document) if task.form_key == "draft" else None,
        annexes=versions.annexes_changed(document) if task.form_key in ("review", "approve") else ([], []),
        **_groups(document) if is_mine and task.form_key == "draft" else {},
        templated=is_mine and task.form_key == "draft" and document.type_name in template.KINDS,
        authorities=AUTHORITY,
        **exchange_form.shown(document),
        **sender_recall.replaced(document),
        **compared.shown(task),
        **consult.answered(task, said),
        **named.shown(task, document),
    )


def _groups(document: Document) -> dict[str, Any]:
    """Groups of recipients to choose from, and those that the draft names (Art. 9.1.d)."""
    groups = [one for one in recipient_group.choices(document.agency_id) if one.members]
    return {"groups": groups, "written": addressed.written_groups(tools(), document, groups)}


def _quick(user: User, document: Document) -> dict[str, Any]:
    """Whom a leader may choose with one thumb, those chosen lately first, and what to say (Art. 7)."""
    people, lately = catalogue("handler", user), holder.recent(user)
    known = {one["value"]: one for one in people}
    recent = [known[value] for value in lately if value in known][:6]
    others = sorted((one for one in people if one not in recent), key=lambda one: one["value"].startswith(UNIT))
    recent += others[:max(0, 4 - len(recent))]
    return {"recent": recent, "people": people, "directives": directive.of(user),
            "past": document.due_date if assign.is_past(document, now()) else None}


def _answered(document: Document) -> list[dict[str, Any]]:
    """The files of the document that this one answers, for who may read it: what a draft is measured by."""
    return [{**file, "kind": gettext("Văn bản đến %(reference)s", reference=one.reference), "is_read": False}
            for one in answered_by(document) if right.may_read(me(), one, local_date(now()))
            for file in files_of(one, attachment.of(one.id))]


def _hashes(draft: dict[str, Any] | None) -> list[str]:
    """The files that a kept form holds, and whatever else has their form."""
    values = [one for value in (draft or {}).values() for one in (value if isinstance(value, list) else [value])]
    return [one for one in values if isinstance(one, str) and len(one) == 64]


def _drawn(task: Task, form: Form, user: User, is_open: bool) -> dict[str, Any]:
    """What the browser needs to draw the form and to send it."""
    schema = form.drawn(lambda name: holder.takers(task, catalogue(name, user)) if (task.form_key, name) == (
        "handle", "handler") else catalogue(name, user), labelled)
    files = attachment.of(task.document_id)
    known = {**_chosen(task, form, schema), **initial_values(task.document, form)}
    if task.form_key == "extend":  # the date that was asked for
        known["new_due_date"] = history.last_values(f"document:{task.document_id}", "handle").get("new_due_date")
    drafts = [file.sha256 for file in files if file.kind == "draft"]
    if drafts and any(field.key == "draft_file" for field in form.fields):
        known["draft_file"] = drafts[-1]
        known["appendices"] = [file.sha256 for file in files if file.kind == "appendix" and file.removed_at is None]
    if task.form_key == "handle" and request.args.get("chon") == "answer":  # come from "Soạn văn bản trả lời"
        known["decision"] = "answer"
    needless = _needless(task)
    schema["components"] = [one for one in schema["components"] if one.get("key") not in needless]
    return {
        "id": task.id,
        "schema": _close(schema, task.document) if task.form_key == "verify" else schema,
        "values": {**known, **(task.draft or {})},
        "read": _read(task.document) if is_open else {},
        "signs": barred.signs(task.document) if is_open and task.form_key in ("verify", "decide_unsigned") else {},
        "doubts": doubt.doubtful(task.document) if is_open and task.form_key == "verify" else {},
        "names": attachment.upload_names(user.id, _hashes(task.draft)) | {file.sha256: file.name for file in files},
        "unasked": plausible.unasked(task.document, now()) if is_open and task.form_key == "verify" else {},
        "pin": form.pin,
        "version": task.version,
        "open": is_open,
        "in_a_row": is_open and task.form_key in _IN_A_ROW,
        "draft_at": task.draft_at.isoformat() if task.draft_at else None,
        "save": url_for("task.draft", task_id=task.id),
        "complete": url_for("task.complete", task_id=task.id),
        "upload": url_for("upload.put"),
    }


def _chosen(task: Task, form: Form, schema: dict[str, Any]) -> dict[str, Any]:
    """What was chosen here before, when the task has come back, and what leaves no choice."""
    lists = {field.key for field in form.fields if field.type in ("select", "taglist", "checklist")}
    only = {one["key"]: one["values"][0]["value"] for one in schema["components"]
            if one["type"] == "select" and len(one.get("values") or ()) == 1}
    last = history.last_values(f"document:{task.document_id}", task.element)
    return {**only, **{key: value for key, value in last.items() if key in lists and value}}


def _read(document: Document) -> dict[str, Any]:
    """What was read of the scan and where: {key: {"page", "boxes", "size" (of the page, None: not known), "turn"
    (degrees clockwise, to read it), "value"}}.
    """
    found = document.recognised or {}
    return {key: {"page": one["page"], "boxes": one["boxes"], "size": one.get("size"), "turn": one.get("turn", 0),
                  "value": value}
            for key, one in found.items() if key in doubt.FIELDS and (value := doubt.read(document, key))}


def _needless(task: Task) -> set[str]:
    """Fields of the form that are not asked for here: ticks that confirm what is not so."""
    document = task.document
    if task.form_key == "assign":
        return set() if assign.is_past(document, now()) else {"is_past_due"}
    if task.form_key == "seal_copy":  # asked place by place beside the form; a form of before has one field for all
        return {"difference"}
    if task.form_key != "decide_request":
        return set()
    ticks = {"is_past_due", "is_no_twin"}
    asked = [one["row"] for one in sender_request.pending(document)]
    return ticks - {tick for row in asked for tick in unlikely(document, row, now(), dict.fromkeys(ticks, False))}


def _close(schema: dict[str, Any], document: Document) -> dict[str, Any]:
    """Close the fields that the sender has stated."""
    for component in schema["components"]:
        component["readonly"] = component.get("key") in doubt.stated(document)
    return schema


def _told() -> tuple[int, dict[str, Any]]:
    """The version and values of a JSON body."""
    if len(request.get_data()) > _MOST_BYTES:
        abort(413)
    body = told()
    version, values = body.get("version"), body.get("values")
    if not isinstance(version, int) or isinstance(version, bool) or not isinstance(values, dict):
        raise BadRequest
    return version, values


def _named(task_id: int) -> Task:
    """The task of an address, before its rights are asked."""
    task = db.session.get(Task, task_id)
    if task is None or not task.form_key:
        raise NotFound()
    return task


@bp.post("/viec/<int:task_id>/nhap")
def draft(task_id: int) -> Response:
    """Keep what is typed so far in the fields of the form, the PIN never."""
    version, values = _told()
    form = _form(_named(task_id))
    keys = {field.key.partition(".")[0] for field in form.fields} - {form.pin}
    kept = {key: storable(value) for key, value in values.items() if key in keys}
    try:
        fresh = tasks.save_draft(task_id, me(), kept, version, now())
    except StaleTask:
        raise _stale(task_id) from None
    db.session.commit()
    return jsonify(version=fresh)


@bp.post("/viec/<int:task_id>")
def complete(task_id: int) -> Response:
    """Complete it; the answer says where to go next."""
    version, values = _told()
    user, at = me(), now()
    task = _named(task_id)
    if task.form_key == "draft":
        _fit(task, user, values)
    elif task.form_key in FORMS and values.get("decision") == "return":
        _fit(task, user, values, ("edited_file",))
    elif task.form_key in FORMS:
        _look(task, user)
        if task.form_key == "approve" and values.get("decision") == "approve":
            fit.require_own_name(tools(), tasks.find(task.id, user, now()).document, user, values)
    values = _paper(task, user, values)
    if task.form_key == "seal_copy" and values.get("decision") == "sign":
        scan_answered.require_answered(tasks.find(task.id, user, now()).document)
    if task.form_key in AT_SEAL and values.get("decision") == "sign":
        require_answered(tools().blobs, tasks.find(task.id, user, now()).document)
    try:
        values = signing.exchange(task, user, values, version)
        outcome = act.complete_task(task_id, user, version, values, at=at)
    except StaleTask:
        raise _stale(task_id) from None
    waiting = tasks.in_a_row(user, task.form_key, at) if task.form_key in _IN_A_ROW else []
    if not told().get("together"):  # the page that signs several says it itself
        flash(_done(task, values, len(waiting)), "done")
    if outcome.next_task_id is not None:
        return jsonify(next=url_for("task.page", task_id=outcome.next_task_id))
    return jsonify(next=url_for("task.page", task_id=waiting[0]) if waiting else url_for("inbox.page"))


def _done(task: Task, values: dict[str, Any], waiting: int) -> str:
    """What came of it; a number of arrival is told, for who writes it on the paper in his hand (NĐ 30/2020 Đ22.3)."""
    document = db.session.get_one(Document, task.document_id)
    if task.form_key == "verify" and values.get("decision") == "register" and document.arrival_number is not None:
        subject = document.subject.rstrip(".")[:120]
        said = gettext("Đã vào sổ, số đến %(n)s: %(subject)s.", n=document.arrival_number, subject=subject)
        said += awaited(document)
    else:
        said = gettext("Đã hoàn thành. Văn bản đã chuyển sang bước tiếp theo.")
    return f"{said} {gettext('Còn %(n)s văn bản chờ kiểm tra.', n=waiting)}" if waiting else said


@bp.get("/viec/kiem-tra")
def first() -> AnyResponse:
    """The first of the documents that wait for the clerk's check; none: the inbox."""
    waiting = tasks.in_a_row(me(), "verify", now())
    return redirect(url_for("task.page", task_id=waiting[0]) if waiting else url_for("inbox.page"))


def _fit(task: Task, user: User, values: dict[str, Any],
         keys: tuple[str, ...] = ("addressees", "draft_file", "appendices")) -> None:
    """What is wrong with a draft's file, with what goes with it, with who is to get it, is said at its field."""
    document = tasks.find(task.id, user, now()).document
    for key in keys:
        try:
            if key == "addressees":
                require_scope(document, exchange_form.recipients(values), local_date(now()))
            elif key == "appendices":
                require_joinable(tools(), document, user, values)
            else:
                require_fit(tools(), document, user, values, key)
        except Refusal as refusal:
            if refusal.status >= 500:
                raise
            raise FormInvalid({key: [sentence(refusal)]}) from None


def _paper(task: Task, user: User, values: dict[str, Any]) -> dict[str, Any]:
    """The values of a form of the paper side (Art. 9.2); what its scan cannot be is said at its field."""
    if task.form_key not in ("seal_paper", "digitise"):
        return values
    tasks.find(task.id, user, now())
    try:
        return paper.looked_at(tools(), user, task.form_key, values, now())
    except Refusal as refusal:
        if refusal.status >= 500 or isinstance(refusal, FormInvalid):
            raise
        raise FormInvalid({"scan": [sentence(refusal)]}) from None


def _look(task: Task, user: User) -> None:
    """An act reads no file: before it, the form of the draft is looked at, if it was not yet (Art. 3.1.đ)."""
    document = tasks.find(task.id, user, now()).document
    file = attachment.latest(document.id, "draft")
    if file is not None:
        fit.look(tools(), document, file.sha256, now())


def _stale(task_id: int) -> StaleTask:
    """The same refusal, with who changed the task since and when, as far as the row tells."""
    db.session.rollback()
    task = tasks.find(task_id, me(), now())
    who = task.done_by or task.claimed_by
    when = task.done_at or task.draft_at
    return StaleTask(who=who.full_name if who else "", when=when.isoformat() if when else None)


@bp.post("/viec/<int:task_id>/nhan")
def take(task_id: int) -> AnyResponse:
    """Claim it: colleagues see that it is taken."""
    tasks.claim(task_id, me(), now())
    db.session.commit()
    return redirect(url_for("task.page", task_id=task_id))


@bp.post("/viec/<int:task_id>/tra")
def give_back(task_id: int) -> AnyResponse:
    """Release it to those who may take it."""
    tasks.release(task_id, me(), now())
    db.session.commit()
    flash(gettext("Đã trả việc; người khác trong đơn vị có thể nhận."), "done")
    return redirect(url_for("inbox.page"))


@bp.post("/viec/<int:task_id>/thu-lai")
def retry(task_id: int) -> AnyResponse:
    """An administrator lets a failed step try again."""
    reason = request.form.get("reason", "").strip()[:500]
    if not reason:
        flash(gettext("Hãy ghi lý do thử lại: nguyên nhân lỗi đã được khắc phục thế nào."), "error")
        return redirect(url_for("task.page", task_id=task_id))
    act.retry(task_id, me(), reason, now())
    flash(gettext("Hệ thống đang thử lại bước này."), "done")
    return redirect(url_for("inbox.page"))


@bp.post("/viec/<int:task_id>/tra-ve")
def send_back(task_id: int) -> AnyResponse:
    """An administrator gives the document back to who acted before the failed step."""
    reason = request.form.get("reason", "").strip()[:500]
    if not reason:
        flash(gettext("Hãy ghi lý do trả về."), "error")
        return redirect(url_for("task.page", task_id=task_id))
    act.send_back(task_id, me(), reason, now())
    flash(gettext("Đã trả về người làm bước trước."), "done")
    return redirect(url_for("inbox.page"))
