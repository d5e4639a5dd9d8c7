"""Start an outgoing document: its exchange form and clause are shown before it starts (Art. 4, 8.1).

The verdict is exchange_form's; beginning is drafting/draft.py's.
"""

from secrets import token_urlsafe
from uuid import NAMESPACE_OID, UUID, uuid5

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from app.db import db
from app.engine.reason import SHORTEST_TOLD
from app.records import recipient_group, right
from app.records.calendar import local_date
from app.records.catalogue import values as catalogue
from app.records.document import Document, NotFound, may_be_answered
from app.records.people import User
from app.refusal import Refusal
from app.regulation import exchange_form
from app.regulation.drafting import template
from app.regulation.drafting.draft import begin
from app.regulation.incoming.answer import may_close
from app.web import draft_template
from app.web.asked import number
from app.web.document import my_task
from app.web.gate import me, need_role
from app.web.layout_words import AUTHORITY
from app.web.moment import now
from app.web.words import EXCHANGE_FORM, sentence, word

bp = Blueprint("draft", __name__)

_ROLES = ("officer", "head", "clerk", "leader")


def _fields() -> dict[str, str]:
    return {
        "type_name": request.values.get("type_name", "")[:200],
        "purpose": request.values.get("purpose", "")[:100],
        "scope": "internal" if request.values.get("scope") == "internal" else "between",
        "subject": " ".join(request.values.get("subject", "").split())[:500],
        "answers": request.values.get("tra-loi", "")[:19],
        "closes": "1" if request.values.get("closes") == "1" or request.method == "GET" else "",
        "other": "1" if request.values.get("other") == "1" else "",
        "other_reason": " ".join(request.values.get("other_reason", "").split())[:500],
        "how": "template" if request.values.get("how") == "template" else "own",
        "approver_id": request.values.get("approver_id", "")[:19],
        "authority": request.values.get("authority", "")[:10],
    }


def _answered(answers: str) -> Document | None:
    """The document that is answered, if it may be read and answered; else 404. Nothing asked: None."""
    try:
        found = right.find(number(answers), me(), local_date(now())) if answers else None
    except ValueError:
        raise NotFound() from None
    if found is not None and not may_be_answered(found):
        raise NotFound()
    return found


def _page(values: dict[str, str], errors: dict[str, str], status: int = 200) -> tuple[str, int]:
    user, answered = me(), _answered(values["answers"])
    page = render_template(
        "document/draft.html",
        values=values,
        once=request.form.get("once", "")[:64] or token_urlsafe(16),
        errors=errors,
        answered=answered,
        may_close=answered is not None and may_close(user, answered, local_date(now())),
        types=catalogue("document_type", user),
        purposes=catalogue("purpose", user),
        leaders=catalogue("leader", user),
        agencies=catalogue("agency", user),
        groups=[one for one in recipient_group.choices(user.agency_id) if one.members],
        chosen=set(request.values.getlist("addressees")),
        kinds=template.KINDS,
        authorities=AUTHORITY,
    )
    return page, status


@bp.get("/van-ban/soan-thao")
def page() -> AnyResponse | tuple[str, int]:
    """The few facts that decide how the document will go out.

    Who handles the document that is to be answered answers it at his task (Art. 8.1).
    """
    need_role(*_ROLES)
    answered = _answered(_fields()["answers"])
    task = my_task(answered.id) if answered else None
    if task is not None and task.form_key == "handle":
        return redirect(url_for("task.page", task_id=task.id, chon="answer"))
    return _page(_fields(), {})


@bp.get("/van-ban/soan-thao/hinh-thuc")
def verdict() -> Response:
    """How such a document goes out, and by which clause of Art. 4."""
    values = _fields()
    if not values["type_name"] or not (values["purpose"] or request.args.get("any")):  # an answer may name no purpose
        return jsonify(form=None)
    found = exchange_form.verdict(values["type_name"], values["purpose"], values["scope"], local_date(now()))
    name = word(EXCHANGE_FORM, found.form)
    return jsonify(form=found.form, name=name, clause=found.clause, words=found.words)


def _once(user_id: int) -> UUID | None:
    """The name of this start, from the form and its person; a form without one starts each time."""
    token = request.form.get("once", "")
    return uuid5(NAMESPACE_OID, f"draft:{user_id}:{token}") if 16 <= len(token) <= 64 else None


@bp.post("/van-ban/soan-thao")
def start() -> AnyResponse | tuple[str, int]:
    """Begin; the first task is the draft itself."""
    need_role(*_ROLES)
    user, values = me(), _fields()
    errors = {}
    for key, name in (("type_name", "document_type"), ("purpose", "purpose")):
        if values[key] not in {one["value"] for one in catalogue(name, user)}:
            errors[key] = gettext("Lựa chọn không có trong danh mục.")
    errors |= {key: gettext("Bắt buộc nhập.") for key in ("type_name", "purpose", "subject") if not values[key]}
    if values["other"] and len(values["other_reason"]) < SHORTEST_TOLD:
        errors["other_reason"] = gettext("Ghi lý do, từ 5 đến 500 ký tự.")
    if values["how"] == "template":
        errors |= _of_template(values, user)
    if errors:
        return _page(values, errors, 422)
    answered = _answered(values["answers"])
    try:
        begun = begin(
            user,
            type_name=values["type_name"],
            purpose=values["purpose"],
            scope=values["scope"],
            subject=values["subject"],
            at=now(),
            answers_id=answered.id if answered else None,
            closes_answered=_closes(answered, user, values) if answered else None,
            once=_once(user.id),
            other_reason=values["other_reason"] if values["other"] else None,
        )
    except Refusal as refusal:
        if refusal.status != 422:
            raise
        return _page(values, {"": sentence(refusal)}, 422)
    task = my_task(begun.id)
    if task is None:
        return redirect(url_for("document.page", document_id=begun.id))
    if values["how"] == "template":
        draft_template.begin(task, {**values, "addressees": request.form.getlist("addressees")})
    return redirect(url_for("task.page", task_id=task.id))


def _closes(answered: Document, user: User, values: dict[str, str]) -> bool:
    """Whether the dispatch is to close what is answered: who handles that says so."""
    return values["closes"] == "1" and may_close(user, answered, local_date(now()))


def _of_template(values: dict[str, str], user: User) -> dict[str, str]:
    """What is wrong with what a template is filled with."""
    errors = {}
    if values["type_name"] and values["type_name"] not in template.KINDS:
        errors["how"] = gettext("Chưa có mẫu cho loại văn bản này. Hãy chọn tự soạn.")
    if values["approver_id"] not in {one["value"] for one in catalogue("leader", user)}:
        errors["approver_id"] = gettext("Chọn lãnh đạo ký.")
    if values["authority"] not in AUTHORITY or not set(request.form.getlist("addressees")) <= {
            one["value"] for one in catalogue("agency", user)}:
        errors["addressees"] = gettext("Lựa chọn không có trong danh mục.")
    if not errors:
        try:
            template.require_authority(values["authority"], db.session.get_one(User, int(values["approver_id"])),
                                       user.agency, values["type_name"])
        except template.WRONG_AUTHORITY as refusal:
            errors["authority"] = sentence(refusal)
    return errors
