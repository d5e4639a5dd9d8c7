"""Copies of documents (NĐ 30/2020 Đ25 to 27): asked for after a look at what they will be, decided, made, listed.

The rules are regulation/outgoing/certified_copy.py's. A copy on paper is printed from its record each time; nothing
here changes what is copied.
"""

import io
import re
import uuid
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.db import db
from app.engine import reading
from app.engine.reason import ReasonNeeded
from app.records import agency, certified_copy, message, recipient_group
from app.records.calendar import local_date
from app.records.catalogue import values as catalogue
from app.records.certified_copy import ELECTRONIC, ORDERED, PAPER, CertifiedCopy
from app.records.document import Document
from app.records.right import readable
from app.regulation.outgoing import board, copy_dispatch, copy_file, otherwise, recall, update
from app.regulation.outgoing import certified_copy as rule
from app.regulation.outgoing.certified_copy import Wish
from app.regulation.outgoing.signing_door import Choice
from app.tools.signing_proof import RevocationUnknown, TimestampUnavailable
from app.web import signing
from app.web.asked import whole
from app.web.audit_words import COPY_FORM, COPY_KIND, COPY_STATUS
from app.web.dispatch_board import asked_of, courses
from app.web.document import find as find_document
from app.web.gate import me, need_role
from app.web.moment import now
from app.web.sender_recall import WRONG as WRONG_UPDATE
from app.web.settings import tools
from app.web.words import ATTACHMENT, SENT_BY, sentence, word

bp = Blueprint("certified_copy", __name__)

KIND_HINT = {
    "certified": _("Sao đầy đủ từ bản gốc hoặc bản chính."),
    "recopied": _("Sao đầy đủ từ một bản sao y."),
    "extract": _("Chỉ sao phần nội dung cần trích."),
}
WRONG = {
    "kind": _("Chọn hình thức sao."), "form": _("Chọn bản giấy hoặc bản điện tử."), "file": _("Chọn tệp để sao."),
    "direction": _("Văn bản điện tử không sao y, sao lục sang bản điện tử: hãy chuyển tiếp nguyên bản, hoặc sao sang "
                   "bản giấy (NĐ 30/2020 Điều 25)."),
    "no_copy": _("Sao lục được thực hiện từ bản sao y: hãy xác nhận tệp đã chọn là bản sao y."),
    "of_copy": _("Tệp này đã là bản sao; từ bản sao y chỉ sao lục được. Hãy chọn bản gốc hoặc bản chính."),
    "whole": _("Chỉ trích sao mới chọn trang."), "part": _("Ghi phần được trích, từ 3 đến 200 ký tự."),
    "pages": _("Ghi đúng các trang có trong tệp, theo thứ tự, có trang 1 (phần đầu văn bản), không phải toàn bộ tệp."),
    "recipients": _("Ghi ít nhất một nơi nhận, mỗi dòng một nơi, mỗi nơi từ 2 đến 200 ký tự, nhiều nhất 30 nơi."),
    "amount": _("Số bản từ 1 đến 500."), "reason": _("Ghi lý do, mục đích sao, từ 5 đến 500 ký tự."),
    "signer": _("Chọn người ký bản sao."),
}
#: documents and copies of a list
_MOST = 100
_PAGES = re.compile(r"(\d{1,3})(?:\s*-\s*(\d{1,3}))?(?:\s*\(\s*(\d{1,3})\s*-\s*(\d{1,3})\s*%?\s*\))?")


def _number(name: str) -> int:
    return whole(request.values.get(name, "").strip())


def _pages(text: str) -> list[list[int]]:
    """ "1, 3-5, 6 (20-60)": pages, and of one page the part of its height in percent; what is none stays wrong."""
    found: list[list[int]] = []
    for part in filter(None, (one.strip() for one in text.replace(";", ",").split(","))):
        match = _PAGES.fullmatch(part)
        if match is None or (match[2] and match[3]) or len(found) > 1000:
            return [[0, 0, 0]]
        first, last = int(match[1]), int(match[2] or match[1])
        bounds = [int(match[3]), int(match[4])] if match[3] else [0, 100]
        found += [[number, *bounds] for number in range(first, last + 1)] or [[0, 0, 0]]
    return found


def pages_said(pages: list[list[int]]) -> str:
    """The pages as one writes them."""
    return ", ".join(str(number) if (first, to) == (0, 100) else f"{number} ({first}-{to})"
                     for number, first, to in pages)


def _wish() -> Wish:
    """What the address or the form asks for; a copy that is not an extract has no pages."""
    said = request.values
    lines = [" ".join(line.split()).rstrip(";.").lstrip("- ") for line in said.get("recipients", "").splitlines()]
    kind = said.get("kind", "")
    is_extract = kind == "extract"
    return Wish(kind=kind, form=said.get("form", ""), attachment_id=_number("file"),
                pages=_pages(said.get("pages", "")) if is_extract else [],
                part=" ".join(said.get("part", "").split()) if is_extract else "",
                recipients=[line for line in lines if line], amount=_number("amount"),
                reason=" ".join(said.get("reason", "").split()), signer_id=_number("signer"),
                is_copy=kind == "recopied" and bool(said.get("is_copy")))


_ASKED = ("kind", "form", "file", "pages", "part", "recipients", "amount", "reason", "signer", "is_copy")


@bp.get("/van-ban/<int:document_id>/sao")
def page(document_id: int) -> tuple[str, int]:
    """The copies of a document; a form for another one, or (?kind= ...) the question whether it is meant so."""
    document = find_document(document_id)
    reading.note(document, me(), "page", now())
    return _asking(document, rule.wrong(tools(), document, _wish()) if "kind" in request.args else None)


def _asking(document: Document, wrong: dict[str, str] | None) -> tuple[str, int]:
    """`wrong`: by field; None: nothing was asked yet."""
    may_ask, files = rule.may_ask(me(), document), rule.sources(document)
    given = {name: request.values.get(name, "") for name in _ASKED} if wrong is not None else {}
    shown = [_in_viewer(gettext("Xem trước"), gettext("bản sao sẽ như thế này"), url_for(
        "certified_copy.preview", document_id=document.id, **given))] if may_ask and wrong == {} else []
    body = render_template(
        "copy/page.html", document=document, copies=certified_copy.of(document.id), may_ask=may_ask,
        files=[(file, word(ATTACHMENT, file.kind), rule.medium(file)) for file in files], wish=_wish(), given=given,
        wrong={name: WRONG[code] for name, code in (wrong or {}).items()}, shown=shown, signers=rule.signers(),
        kinds=COPY_KIND, hints=KIND_HINT, forms=COPY_FORM, statuses=COPY_STATUS, seed=uuid.uuid4())
    return body, 422 if wrong else 200


@bp.get("/van-ban/<int:document_id>/sao/xem-truoc")
def preview(document_id: int) -> Response:
    """The copy that the address asks for, as it will be; nothing is kept of it."""
    document, wish, at = find_document(document_id), _wish(), now()
    if not rule.may_ask(me(), document):
        raise rule.NotCopyable()
    if fields := rule.wrong(tools(), document, wish):
        raise rule.CopyWrong(fields=fields)
    reading.note(document, me(), f"file:{wish.attachment_id}", at)
    copy = rule.drawn_up(document, me(), wish, at)
    source = next(file for file in rule.sources(document) if file.id == wish.attachment_id)
    return _sent(copy_file.preview(tools(), copy, source, me().agency, at), "ban-sao-xem-truoc.pdf")


@bp.post("/van-ban/<int:document_id>/sao")
def ask(document_id: int) -> AnyResponse | tuple[str, int]:
    """Ask for it, as confirmed."""
    document = find_document(document_id)
    try:
        seed = uuid.UUID(request.form.get("seed", ""))
    except ValueError:
        seed = None
    try:
        copy_id = rule.ask(tools(), document_id, me(), _wish(), now(), seed)
    except rule.CopyWrong as refusal:
        return _asking(document, refusal.facts["fields"])
    if me().has("leader"):
        flash(gettext("Đã quyết định sao; văn thư làm bản sao."), "done")
    else:
        flash(gettext("Đã đề nghị sao; lãnh đạo quyết định."), "done")
    return redirect(url_for("certified_copy.one", copy_id=copy_id), 303)


@bp.get("/ban-sao")
def listing() -> str:
    """What waits for the person; the last copies of documents that he may read."""
    need_role(*rule.ASKS)
    return render_template(
        "copy/list.html", waiting=certified_copy.waiting(me(), _MOST), kinds=COPY_KIND, statuses=COPY_STATUS,
        rows=certified_copy.newest(readable(me(), local_date(now())), _MOST))


@bp.get("/ban-sao/<int:copy_id>")
def one(copy_id: int) -> str:
    """One copy, what it looks like, and what the person does with it."""
    found = rule.find(copy_id, me(), now())
    return _shown(found, {})


def _shown(found: CertifiedCopy, wrong: dict[str, str], offer: dict[str, str] | None = None) -> str:
    """`wrong`: sentences by field; `offer`: what less may be accepted of a signature."""
    user = me()
    reading.note(found.document, user, f"copy:{found.id}", now())
    return render_template(
        "copy/one.html", copy=found, document=found.document, kinds=COPY_KIND, forms=COPY_FORM, statuses=COPY_STATUS,
        wrong=wrong, offer=offer, pages=pages_said(found.pages), shown=_files(found), is_paper=found.form == PAPER,
        may_decide=user.has("leader") and found.status == certified_copy.ASKED,
        may_make=user.has("clerk") and found.status == ORDERED, may_cancel=rule.may_cancel(user, found),
        signing_ways=[way for way, _, _ in copy_file.usable(user.agency)], **_sending(found))


def _sending(found: CertifiedCopy) -> dict[str, Any]:
    """Who is sent it, and where it is with each; to the clerk, who else may be."""
    user, sent, may_send = me(), message.sent_for(found.document_id, found.id), copy_dispatch.may_send(me(), found)
    there = {row.partner for row in sent}
    left = [one for one in catalogue("agency", user) if one["value"] not in there] if may_send else []
    named = copy_dispatch.unsent(found, user) if may_send else {}
    given = set(request.form.getlist("recipients"))
    return {
        "rows": board.of_copy(sent, now()), "courses": courses(found.document_id, there, found.id),
        "asked": asked_of(recall.states(found.document_id, found.id)), "replaced_by": copy_dispatch.replaced_by(found),
        "replaces": certified_copy.get(found.replaces_id) if found.replaces_id else None,
        "replaceable": copy_dispatch.replaceable(found) if may_send else [],
        "may_hand": copy_dispatch.may_hand(user, found), "handed": {
            key: one | {"at": datetime.fromisoformat(one["at"])} for key, one in (found.handed or {}).items()},
        "may_take_back": recall.may_recall_copy(user, found), "may_update": may_send and bool(sent),
        "agencies": agency.names(sorted(there)), "may_send": may_send, "may_resend": may_send,
        "ways": {way: SENT_BY[way] for way in otherwise.WAYS}, "ways_of": otherwise.ways_of,
        "may_tell": {row.partner for row in sent if copy_dispatch.may_tell(user, row)}, "left": left,
        "chosen": given or set(named), "named": named,
        "groups": recipient_group.choices(user.agency_id) if may_send else [],
    }


def _files(found: CertifiedCopy) -> list[dict[str, Any]]:
    """For the viewer: the copy once it is made, before that what it will be."""
    if not rule.is_shown(found):
        return []
    if found.file is not None:
        return [_in_viewer(gettext("Bản sao điện tử"), found.file.name, url_for(
            "upload.download", document_id=found.document_id, attachment_id=found.file.id))]
    name = found.reference or gettext("chưa có số, ngày")
    return [_in_viewer(gettext("Bản sao giấy") if found.form == PAPER else gettext("Xem trước"), name,
                       url_for("certified_copy.printed", copy_id=found.id))]


def _in_viewer(kind: str, name: str, url: str) -> dict[str, Any]:
    return {"name": name, "kind": kind, "media_type": "application/pdf", "is_read": False, "size": 0, "url": url,
            "view": None}


@bp.get("/ban-sao/<int:copy_id>/ban-in")
def printed(copy_id: int) -> Response:
    """A copy on paper to print, with number and day once it is made; what an electronic one will be."""
    found, at = rule.find(copy_id, me(), now()), now()
    if not rule.is_shown(found):
        raise rule.NotCopyable()
    reading.note(found.document, me(), f"copy:{copy_id}", at)
    return _sent(copy_file.preview(tools(), found, found.source, me().agency, at),
                 f"{found.reference or 'ban-sao'}.pdf".replace("/", "-"))


def _sent(data: bytes, name: str) -> Response:
    db.session.rollback()
    answer = send_file(io.BytesIO(data), mimetype="application/pdf", as_attachment=True, download_name=name)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@bp.post("/ban-sao/<int:copy_id>/quyet-dinh")
def decide(copy_id: int) -> AnyResponse | tuple[str, int]:
    """The leader allows or refuses."""
    is_allowed = request.form.get("decision") == "allow"
    try:
        rule.decide(copy_id, me(), is_allowed, request.form.get("reason", ""), now())
    except rule.CopyReason as refusal:
        return _shown(rule.find(copy_id, me(), now()), {"refuse": sentence(refusal)}), 422
    flash(gettext("Đã cho sao; văn thư làm bản sao.") if is_allowed else gettext("Đã ghi không cho sao, kèm lý do."),
          "done")
    return redirect(url_for("certified_copy.one", copy_id=copy_id), 303)


@bp.post("/ban-sao/<int:copy_id>/lam")
def make(copy_id: int) -> AnyResponse | tuple[str, int]:
    """The clerk makes it: number and day, and of an electronic one the agency's signature."""
    pin, accepts = request.form.get("pin", ""), request.form.get("accepts", "")
    found = rule.find(copy_id, me(), now())
    if found.form == ELECTRONIC and found.status == ORDERED and not signing.is_pin(pin):
        return _shown(found, {"pin": gettext("Nhập mã PIN để ký.")}), 422
    choice = Choice(request.form.get("way", ""), accepts if accepts in ("B-B", "B-T") else "")
    try:
        reference = rule.make(tools(), copy_id, me(), now(), pin, choice)
    except (TimestampUnavailable, RevocationUnknown) as refusal:
        db.session.rollback()
        said = {"pin": sentence(refusal)}
        return _shown(rule.find(copy_id, me(), now()), said, signing.less(refusal)), 422
    except signing.AT_FIELD as refusal:
        db.session.rollback()
        return _shown(rule.find(copy_id, me(), now()), {"pin": sentence(refusal)}), 422
    flash(gettext("Đã làm bản sao số %(number)s.", number=reference), "done")
    return redirect(url_for("certified_copy.one", copy_id=copy_id), 303)


@bp.post("/ban-sao/<int:copy_id>/huy")
def cancel(copy_id: int) -> AnyResponse | tuple[str, int]:
    """Give it up; its number, if it has one, stays in the register with the reason."""
    try:
        rule.cancel(copy_id, me(), request.form.get("reason", ""), now())
    except rule.CopyReason as refusal:
        return _shown(rule.find(copy_id, me(), now()), {"cancel": sentence(refusal)}), 422
    flash(gettext("Đã hủy bản sao, kèm lý do."), "done")
    return redirect(url_for("certified_copy.one", copy_id=copy_id), 303)


@bp.post("/ban-sao/<int:copy_id>/giao")
def hand(copy_id: int) -> AnyResponse:
    """Who was given a copy on paper, how; or that he was not after all."""
    way, note = request.form.get("way", ""), request.form.get("note", "")
    try:
        copy_dispatch.hand(copy_id, _number("place") - 1, way, note, me(), now())
        flash(gettext("Đã ghi cho nơi nhận này.") if way else gettext("Đã bỏ ghi cho nơi nhận này."), "done")
    except ReasonNeeded as refusal:
        db.session.rollback()
        flash(_unnumbered() if way else sentence(refusal), "error")
    return redirect(url_for("certified_copy.one", copy_id=copy_id) + "#giao", 303)


def _unnumbered() -> str:
    return gettext("Gửi qua bưu điện thì ghi số bưu gửi, hoặc vì sao không có số.")


@bp.post("/ban-sao/<int:copy_id>/gui")
def send(copy_id: int) -> AnyResponse | tuple[str, int]:
    """Through the exchange, to those who are chosen and are not sent it yet (Đ18)."""
    try:
        count = copy_dispatch.send(tools(), copy_id, request.form.getlist("recipients"), me(), now(),
                                   _number("replaces") or None, request.form.get("why", ""))
    except (copy_dispatch.CopyRecipients, copy_dispatch.CopyNamed) as refusal:
        return _shown(rule.find(copy_id, me(), now()), {"recipients": sentence(refusal)}), 422
    flash(ngettext("Đã xếp gửi tới %(num)s cơ quan. Bản sao đi ở lần kết nối trục kế tiếp.",
                   "Đã xếp gửi tới %(num)s cơ quan. Bản sao đi ở lần kết nối trục kế tiếp.", count) if count
          else gettext("Các cơ quan đã chọn đều được gửi từ trước."), "done" if count else "notice")
    return redirect(url_for("certified_copy.one", copy_id=copy_id), 303)


@bp.post("/ban-sao/<int:copy_id>/thu-hoi")
def take_back(copy_id: int) -> AnyResponse | tuple[str, int]:
    """Ask who was sent it to give it up; it goes to nobody any more (QĐ 28/2018 Đ8)."""
    try:
        copy_dispatch.take_back(copy_id, me(), request.form.get("reason", ""), now())
    except ReasonNeeded as refusal:
        return _shown(rule.find(copy_id, me(), now()), {"recall": sentence(refusal)}), 422
    flash(gettext("Đã thu hồi. Yêu cầu được gửi tới từng nơi nhận; trả lời hiện ở trang này."), "done")
    return redirect(url_for("certified_copy.one", copy_id=copy_id), 303)


@bp.post("/ban-sao/<int:copy_id>/cap-nhat")
def correct(copy_id: int) -> AnyResponse | tuple[str, int]:
    """Tell who was sent it what now stands of the document."""
    try:
        copy_dispatch.correct(tools(), copy_id, me(), request.form.get("reason", ""), now())
    except ReasonNeeded as refusal:
        return _shown(rule.find(copy_id, me(), now()), {"update": sentence(refusal)}), 422
    except update.UpdateWrong:
        return _shown(rule.find(copy_id, me(), now()), {"update": str(WRONG_UPDATE["same"])}), 422
    flash(gettext("Đã cập nhật. Nơi nhận được báo ở lần kết nối trục kế tiếp; trả lời hiện ở trang này."), "done")
    return redirect(url_for("certified_copy.one", copy_id=copy_id), 303)


@bp.post("/ban-sao/<int:copy_id>/gui-lai")
def send_again(copy_id: int) -> AnyResponse:
    """The same packet once more to one recipient that could not take it."""
    copy_dispatch.send_again(copy_id, request.form.get("partner", ""), me(), now())
    flash(gettext("Đã xếp gửi lại. Gói tin cũ được gửi ở lần kết nối trục kế tiếp."), "done")
    return redirect(url_for("certified_copy.one", copy_id=copy_id), 303)


@bp.post("/ban-sao/<int:copy_id>/gui-cach-khac")
def sent_otherwise(copy_id: int) -> AnyResponse:
    """Another way was found for whom it did not reach."""
    said = (request.form.get(name, "") for name in ("partner", "way", "note"))
    try:
        copy_dispatch.tell_otherwise(copy_id, *said, me(), now())
        flash(gettext("Đã ghi cho nơi nhận này."), "done")
    except ReasonNeeded:
        db.session.rollback()
        flash(_unnumbered(), "error")
    return redirect(url_for("certified_copy.one", copy_id=copy_id), 303)
