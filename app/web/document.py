"""One document: its fields, files, course and messages.

Rights are asked in records/document.py: a document one may not read is not found. Files pass through
upload.py; the draft of an outgoing document starts in draft.py.
"""

import io
from datetime import date
from typing import Any

from flask import Blueprint, Response, abort, jsonify, redirect, render_template, send_file, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from app.db import db
from app.engine import reading
from app.engine import task as tasks
from app.engine.form import Form
from app.engine.instance import of_document
from app.records import agency, attachment, history, intake, message, notice, right, text_layer, twin
from app.records import certified_copy as certified_copies
from app.records import document as documents
from app.records.attachment import Attachment
from app.records.calendar import local_date
from app.records.catalogue import values as catalogue
from app.records.document import Document
from app.records.text_layer import TextLayer
from app.regulation import internal_exchange
from app.regulation.assignment import extend, urge
from app.regulation.assignment import handling_slip as handling_slip_of
from app.regulation.assignment import recall as recalling
from app.regulation.incoming import cancel_number, paper, tie
from app.regulation.incoming.text_layer import read_of
from app.regulation.outgoing import certified_copy, recall, reserve
from app.regulation.outgoing.preserve import source_of
from app.regulation.oversight import day_off
from app.tools.media import TYPES
from app.web import answer, consult, exchange_form, sender_recall, sender_request
from app.web.course import days, places
from app.web.dispatch_board import courses
from app.web.gate import me
from app.web.language import drawn
from app.web.moment import now
from app.web.settings import settings, tools
from app.web.words import ATTACHMENT, word

bp = Blueprint("document", __name__)

#: media types that are read on the page as a PDF made of them
_OFFICE = {TYPES[kind] for kind in ("docx", "xlsx", "pptx", "odt", "tif")}
#: files that do not hide the document itself in the viewer: a later scan, what goes with it, a copy of it
_BESIDE = ("paper", "appendix", "appendix_old", "copy", "opinion")
#: fields of a document that a form of the same key begins with
_FIELDS = frozenset(
    "code_number code_notation issued_date organ_name type_name subject signer_name signer_position priority "
    "page_amount due_date addressees recipients".split()
)


def initial_values(document: Document, form: Form) -> dict[str, Any]:
    """What is already known of the form's fields, as form-js takes them."""
    known = {
        field.key: _plain(getattr(document, field.key), field.type)
        for field in form.fields
        if field.key in _FIELDS and getattr(document, field.key) is not None
    }
    if any(field.key == "register_id" for field in form.fields) and (
            hint := intake.register_hint(document.id, local_date(now()).year)):
        known["register_id"] = str(hint)  # the sub-folder that its scan lay in
    return known


def _plain(value: Any, kind: str) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int) and kind != "number":
        return str(value)
    return value


def files_of(document: Document, attachments: list[Attachment]) -> list[dict[str, Any]]:
    """The files for the viewer, the newest last; `is_read`: what was recognised lies in it."""
    read = read_of(attachments)
    layer = text_layer.of(document.id) if read else None
    copies = [_copy(layer, read)] if layer and layer.sha256 and layer.source_sha256 == read.sha256 else []
    spent = attachment.spent(document, attachments)
    return copies + [
        {
            "name": file.name,
            "kind": gettext("Không còn giá trị (số đã hủy hoặc dự thảo đã đổi)") if file.id in spent
            else gettext("Tệp văn bản") if file.kind == "scan" and file.media_type == TYPES["docx"]
            else word(ATTACHMENT, file.kind),
            "media_type": file.media_type,
            "is_read": file is read, "turns": _turns(document) if file is read else {},
            "size": file.size_bytes,
            "url": url_for("upload.download", document_id=document.id, attachment_id=file.id),
            "view": url_for("upload.preview", document_id=document.id, attachment_id=file.id)
            if file.media_type in _OFFICE
            else None,
        }
        for file in sorted(attachments, key=lambda one: one.kind not in _BESIDE and one.id not in spent)
        if file.removed_at is None
    ]


def _turns(document: Document) -> dict[int, int]:
    """Degrees clockwise by which pages that lie turned are shown, by their number: as they were read."""
    return {one["page"]: one.get("turn", 0) for one in (document.recognised or {}).values() if one.get("boxes")}


def _copy(layer: TextLayer, file: Attachment) -> dict[str, Any]:
    """The searchable copy of what was read, for the viewer."""
    return {"name": file.name, "kind": gettext("Bản có lớp chữ"), "media_type": "application/pdf", "is_read": True,
            "size": layer.size_bytes, "url": url_for("upload.searchable", document_id=layer.document_id), "view": None}


def find(document_id: int) -> Document:
    """The document, when the person of this request may read it; else 404."""
    return right.find(document_id, me(), local_date(now()))


def _related(document: Document) -> list[Document]:
    """What it answers and what answers it, as far as the person may read them."""
    return readable([*documents.answers_to(document.id), *documents.answered_by(document)])


def readable(some: list[Document]) -> list[Document]:
    """Those that the person may read."""
    today = local_date(now())
    return [other for other in some if right.may_read(me(), other, today)]


def like(document: Document) -> list[tuple[Document, str]]:
    """Documents that may be the same letter, as far as the person may read them, and why."""
    found = dict(twin.of(document))
    return [(other, found[other]) for other in readable(list(found))]


def my_task(document_id: int) -> tasks.Task | None:
    """The open task on the document that the person may act on."""
    run = of_document(document_id)
    today = local_date(now())
    for task in tasks.open_of(run.id) if run else []:
        if task.kind == "user" and tasks.may_act(task, me(), today):
            return task
    return None


def held(document_id: int) -> list[tasks.Task]:
    """The open tasks on the document that others have claimed: a leader may give them back to their unit."""
    run = of_document(document_id)
    return [task for task in (tasks.open_of(run.id) if run else []) if task.claimed_by_id not in (None, me().id)]


@bp.get("/van-ban/<int:document_id>")
def page(document_id: int) -> str | AnyResponse:
    """Everything a person with the right to read sees of it; what is exchanged within the agency has its own page."""
    found = find(document_id)
    if found.direction == documents.INTERNAL:
        return redirect(url_for("internal.one", document_id=document_id))
    reading.note(found, me(), "page", now())
    sent = [*message.sent_for(found.id), *message.outside_of(found.id)]
    statuses = message.statuses_of(found.id)
    codes = [*found.addressees, *found.recipients, *(one.partner for one in [*sent, *statuses])]
    return render_template(
        "document/page.html",
        document=found,
        files=files_of(found, attachment.of(found.id)),
        stamp=handling_slip_of.stamp(found),
        said=documents.opinions(found.id),
        **_direction(found),
        task=my_task(found.id),
        may_preserve=source_of(found, me(), now()) is not None,
        may_answer=documents.may_be_answered(found) and me().has("officer", "head", "clerk"),
        twins=like(found) if found.direction == "incoming" else [],
        asked=sender_request.shown(found),
        **sender_recall.shown(found),
        **answer.shown(found),
        **consult.shown(found),
        **exchange_form.shown(found),
        held_number=reserve.held(found),
        may_reserve=reserve.may_reserve(me(), found),
        may_copy=certified_copy.may_ask(me(), found) or bool(certified_copies.of(found.id)),
        may_circulate=internal_exchange.may_circulate(me(), found),
        hours=settings().reservation_hours,
        paper_task=paper.waited_for(found.id),
        takes_scan=me().has("clerk") and tie.takes_scan(found),
        takes_signed=me().has("clerk") and tie.takes_signed(found),
        **(tie.tied_to(found) if me().has("clerk") else {}),
        held=held(found.id) if tasks.may_free(me()) else [],
        related=_related(found),
        acts=history.course(f"document:{found.id}"),
        days=days(f"document:{found.id}"),
        next_worked=day_off.next_worked(found, local_date(now())),
        sent=sent,
        statuses=statuses,
        courses=courses(found.id, {one.partner for one in sent}),
        said_of=recall.told_about(found.id),
        agencies={"mail": gettext("hộp thư của nơi gửi"), **agency.names(codes)},
    )


def _direction(found: Document) -> dict[str, Any]:
    """What the person may say, ask and urge at the document (Art. 7), and what stands there unconfirmed (F-3c)."""
    user, today = me(), local_date(now())
    may_ask, may_cancel = urge.may_ask(user, found, today), cancel_number.may_cancel(user, found)
    return {
        "may_say": urge.speaks_for(user, found, today) is not None,
        "may_ask": may_ask,
        "to_urge": urge.to_urge(user, found, today),
        "may_withdraw": extend.may_withdraw(user, found),
        "may_cancel_number": may_cancel,
        "is_in_closed": may_cancel and cancel_number.is_in_closed(found),
        "may_recall": recalling.may_recall(user, found, now()),
        "people": [one for one in catalogue("person", user) if one["value"] != str(user.id)] if may_ask else [],
        "notices": notice.open_on(found.id),
        "rights": right.of(found.id),
    }


@bp.get("/van-ban/<int:document_id>/so-do")
def drawing(document_id: int) -> Response:
    """The diagram of its instance, where it is and where it has been."""
    found = find(document_id)
    run = of_document(found.id)
    if run is None:
        abort(404)
    here, passed = places(history.course(f"document:{found.id}"))
    return jsonify(xml=drawn(run.bundle.drawing), here=run.bundle.compiled.here(here), passed=passed)


@bp.get("/van-ban/<int:document_id>/phieu-giai-quyet.pdf")
def handling_slip(document_id: int) -> Response:
    """The handling slip of a registered document (NĐ 30/2020 PL IV.VII), for who may read it."""
    found = find(document_id)
    made = handling_slip_of.slip(found)
    reading.note(found, me(), "slip", now())
    db.session.rollback()  # the converter may take seconds: no transaction waits for it
    return send_file(io.BytesIO(tools().converter.to_pdf(made, "phieu.docx")), mimetype="application/pdf",
                     as_attachment=True, download_name=f"phieu-giai-quyet-{document_id}.pdf")
