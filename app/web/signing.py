"""Signing at the pages: the PIN of a task's form is exchanged for a signature before the act (Art. 9.1.c, 9.1.d).

Whatever keeps a key from signing is said at the PIN's field, and the task stays open. When a time stamp or word of
revocation cannot be had, less may be accepted by an explicit choice, which the act keeps. No PIN leaves this request.
"""

from datetime import date
from typing import Any

from flask import Blueprint, Response, abort, flash, g, redirect, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from app.db import db
from app.engine import reading
from app.engine import task as tasks
from app.engine.form import FormInvalid
from app.engine.instance import Instance, refuse_suspended
from app.engine.task import StaleTask, Task
from app.records.people import User
from app.records.signature import PinLocked
from app.records.signing_key import CertificateOfAnother
from app.refusal import Refusal
from app.regulation.outgoing import preserve as archive
from app.regulation.outgoing.signing_client import NotSignedYet, VisitEnded, signed_elsewhere
from app.regulation.outgoing.signing_door import (
    KIND_OF_FORM,
    Choice,
    WayNotAllowed,
    lapsed,
    sign_with_pin,
    waiting_at,
    ways,
)
from app.tools.signing import OtherKey
from app.tools.signing_key import KeyMissing, TokenAbsent, TokenLocked, WayMissing, WrongPin
from app.tools.signing_proof import (
    CertificateExpired,
    CertificateRevoked,
    CertificateUntrusted,
    RevocationUnknown,
    TimestampUnavailable,
)
from app.tools.signing_remote import ServiceAway, ServiceRefuses
from app.tools.signing_returned import StampMissing
from app.web.asked import told
from app.web.gate import me
from app.web.moment import now
from app.web.settings import settings, tools
from app.web.upload import sent
from app.web.words import sentence

bp = Blueprint("signing", __name__)

#: characters
_LONGEST_PIN = 64
#: what is said at the field of the PIN: the person can do something about it, or wait
AT_FIELD = (WrongPin, PinLocked, TokenLocked, TokenAbsent, KeyMissing, WayMissing, WayNotAllowed, CertificateExpired,
             CertificateRevoked, CertificateUntrusted, CertificateOfAnother, OtherKey, ServiceAway, ServiceRefuses)


class SigningWaits(FormInvalid):
    """It is not signed: no proof can be had now, unless the person accepts less; or the PIN opens nothing.

    `beside`: what the page's script is told with the errors: {"offers": what may be accepted}, {"stops": True}: of
    several documents no other is tried.
    """

    def __init__(self, errors: dict[str, list[str]], **beside: object) -> None:
        super().__init__(errors)
        self.beside = beside


def choices(task: Task, user: User) -> list[str]:
    """The ways in which the person may sign at this task; the first is proposed."""
    found = ways(task, user)
    if "client" in found:
        g.connects = settings().sign_service_url.rstrip("/")
    return found


def worn(task: Task, user: User) -> dict[str, date]:
    """The ways in which the person could sign here, did the certificate stand in its days: {way: its last one}."""
    return lapsed(tools(), task, user, now())


def previewed(task: Task) -> dict[str, Any]:
    """What is to be signed, with the signature's picture at its place, for the viewer."""
    name = gettext("hình chữ ký ở đúng chỗ, chưa có chữ ký; khi ký, dấu in giờ lúc nhập mã PIN") \
        if task.form_key == "seal_copy" else gettext("hình chữ ký ở đúng chỗ, chưa có chữ ký")
    return {"name": name, "kind": gettext("Xem trước bản sẽ ký"),
            "media_type": "application/pdf", "size": 0, "view": None,
            "is_read": task.form_key == "seal_copy",  # the pages of the scan: places on them are shown
            "url": url_for("signing.preview", task_id=task.id)}


@bp.get("/viec/<int:task_id>/ban-se-ky")
def preview(task_id: int) -> Response:
    """The prepared file, for who may sign it; it bears no signature and is no file of the document."""
    task = tasks.find(task_id, me(), now())
    if task.form_key not in KIND_OF_FORM or task.status != tasks.OPEN:
        abort(404)
    prepared = waiting_at(task, me()).prepared_sha256
    reading.note(task.document, me(), f"task:{task.id}", now())
    return sent(tools().blobs.path(prepared), "application/pdf", prepared, "ban-se-ky.pdf")


@bp.post("/van-ban/<int:document_id>/dau-luu-tru")
def preserve(document_id: int) -> AnyResponse:
    """An archive time stamp over what was signed, beside it (PAdES B-LTA)."""
    archive.preserve(tools(), document_id, me(), now())
    flash(gettext("Đã đóng dấu thời gian lưu trữ; bản đã phát hành giữ nguyên."), "done")
    return redirect(url_for("document.page", document_id=document_id), 303)


def exchange(task: Task, user: User, values: dict[str, Any], version: int) -> dict[str, Any]:
    """Exchange the PIN, if the form has one and the person signs, for a signature.

    Asked before a key is used, and again in the act: does the instance stand still, is the page the newest.
    """
    key = db.session.get_one(Instance, task.instance_id).bundle.form(task.form_key).pin \
        if task.form_key in KIND_OF_FORM else None
    kept = {name: value for name, value in values.items() if name not in (key, "signature")}
    pin, asked = values.get(key or ""), _asked()
    if key is None or kept.get("decision") != "sign":
        return kept
    if isinstance(asked.get("visit"), str):
        return {**kept, "signature": _elsewhere(task, user, version, key, asked["visit"])}
    if not isinstance(pin, str) or not pin:
        return kept
    if not is_pin(pin):
        raise FormInvalid({key: [sentence(WrongPin())]})
    task = _newest(task, user, version)
    try:
        return {**kept, "signature": sign_with_pin(tools(), task, user, pin, _choice())}
    except (TimestampUnavailable, RevocationUnknown) as refusal:
        raise SigningWaits({key: [sentence(refusal)]}, offers=less(refusal)) from None
    except (WrongPin, PinLocked, TokenLocked, TokenAbsent, ServiceAway) as refusal:
        raise SigningWaits({key: [sentence(refusal)]}, stops=True) from None
    except AT_FIELD as refusal:
        raise FormInvalid({key: [sentence(refusal)]}) from None


def is_pin(text: str) -> bool:
    """Whether it may be one: not empty, and no more than a signing library can read."""
    return bool(text) and text.isprintable() and len(text) <= _LONGEST_PIN


def _newest(task: Task, user: User, version: int) -> Task:
    task = tasks.find(task.id, user, now())
    refuse_suspended(db.session.get_one(Instance, task.instance_id))
    if task.version != version:
        raise StaleTask()
    return task


def _elsewhere(task: Task, user: User, version: int, key: str, visit: str) -> dict[str, Any]:
    """What the service on the person's computer gave back."""
    try:
        return signed_elsewhere(tools(), _newest(task, user, version), user, visit, now())
    except (StampMissing, RevocationUnknown) as refusal:
        raise SigningWaits({key: [sentence(refusal)]}, offers=less(refusal)) from None
    except (VisitEnded, NotSignedYet, *AT_FIELD) as refusal:
        raise FormInvalid({key: [sentence(refusal)]}) from None


def _asked() -> dict[str, Any]:
    """What was said beside the form; anything else counts as nothing."""
    asked = told().get("signing")
    return asked if isinstance(asked, dict) else {}


def _choice() -> Choice:
    asked = _asked()
    way, accepts = asked.get("way"), asked.get("accepts")
    return Choice(way if isinstance(way, str) else "", accepts if accepts in ("B-B", "B-T") else "")


def less(refusal: Refusal) -> dict[str, str]:
    """What may be accepted in the place of what cannot be had, in words for the page."""
    if isinstance(refusal, RevocationUnknown):
        return {"level": "B-T", "words": gettext(
            "Tôi đồng ý ký khi chưa kiểm tra được chứng thư số có bị thu hồi hay không (mức B-T). Lựa chọn này được "
            "ghi vào lịch sử.")}
    return {"level": "B-B", "words": gettext(
        "Tôi đồng ý ký không có dấu thời gian (mức B-B), kể cả khi chưa kiểm tra được chứng thư số có bị thu hồi hay "
        "không: nơi nhận có thể không xác nhận được thời điểm ký. Lựa chọn này được ghi vào lịch sử.")}
