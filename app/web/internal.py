"""Exchange within the agency (Art. 4.1.a): what one got and sent, a paper written and sent, who has read it.

The rules are regulation/internal_exchange.py's; files come in by upload.py, one by one, and stay with the form until
it is right.
"""

import uuid
from datetime import date, datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response

from app.db import db
from app.engine import reading
from app.records import attachment, internal_kind, internal_paper, notice, recipient_group, right
from app.records.attachment import Upload, UploadMissing
from app.records.barred import UPLOAD
from app.records.calendar import ZONE, local_date
from app.records.document import INTERNAL, Document, NotFound
from app.records.people import WORK_ROLES
from app.regulation import internal_answer
from app.regulation import internal_exchange as rule
from app.regulation.barred_text import NotToBeEntered
from app.regulation.incoming import keep_out
from app.web.asked import whole
from app.web.document import files_of
from app.web.gate import me, need_role
from app.web.moment import now
from app.web.settings import settings
from app.web.upload import taken
from app.web.words import ROLE, sentence, word

bp = Blueprint("internal", __name__)

#: fields of the form that hold one value
_FIELDS = ("kind", "title", "text", "issued", "meeting_at", "place", "due_date")
#: what is wrong, by what the rule says of a field
_WRONG = {
    "kind": _("Chọn loại văn bản."), "title": _("Ghi trích yếu, từ 3 đến 500 ký tự."),
    "text": _("Nội dung dài quá 20.000 ký tự: hãy gửi thành tệp."),
    "empty": _("Ghi nội dung hoặc gửi kèm tệp."), "chosen": _("Chọn người nhận: ít nhất một người khác bạn."),
    "nobody": _("Có đơn vị hoặc nhóm đã chọn không còn ai nhận. Hãy chọn lại."),
    "files": _("Nhiều nhất 20 tệp một lần gửi."), "due_date": _("Hạn đọc phải từ hôm nay trở đi."),
    "day_off": _("Hạn đọc là ngày nghỉ: chọn một ngày làm việc."),
    "after_meeting": _("Hạn đọc phải trước hoặc đúng ngày họp."),
    "issued": _("Loại này phải có số: chọn văn bản đã phát hành của cơ quan."),
    "meeting_at": _("Ghi giờ họp, sau lúc này."), "place": _("Ghi địa điểm họp, từ 2 đến 200 ký tự."),
}


def _need() -> None:
    """Administrators read no content (security.md S13)."""
    need_role(*WORK_ROLES)
    if not rule.may_send(me()):
        raise rule.NotInternalSender()


@bp.get("/noi-bo")
def page() -> str:
    """What the person got, or sent (?muc=gui), newest first; ?chua-doc=1 only what is unread; ?tim= words that stand in
    it; ?sau= the last id.
    """
    _need()
    user, most = me(), settings().page_rows
    is_sent, is_unread = request.args.get("muc") == "gui", request.args.get("chua-doc") == "1"
    after, asked = whole(request.args.get("sau", "")) or None, request.args.get("tim", "").strip()[:200]
    if is_sent:
        rows = [(one, None) for one in internal_paper.sent(
            user, before=after, most=most + 1, asked=asked)]
    else:
        rows = internal_paper.received(user, is_unread=is_unread, before=after, most=most + 1, asked=asked)
    shown = rows[:most]
    return render_template(
        "internal/list.html", rows=shown, is_sent=is_sent, is_unread=is_unread, after=after, asked=asked,
        unread=internal_paper.count_unread(user), next=shown[-1][0].id if len(rows) > most else None,
        tallies=internal_paper.tallies([one.id for one, _row in shown]) if is_sent else {})


@bp.get("/noi-bo/soan")
def compose() -> str:
    """A paper to write; ?van-ban= the issued document that it goes with."""
    _need()
    return _form({"issued": request.args.get("van-ban", "")}, [], {})


def _form(given: dict[str, Any], uploads: list[Upload], wrong: dict[str, str]) -> str:
    """`given`: the fields as they were sent; `uploads`: the files that came already."""
    user = me()
    return render_template(
        "internal/form.html", given=given, wrong=wrong, uploads=uploads, seed=given.get("seed") or str(uuid.uuid4()),
        kinds=internal_kind.used().values(), issued=rule.issued(user, now()), units=rule.units(),
        people=[one for one in rule.staff() if one.id != user.id],
        groups=[one for one in recipient_group.own() if one.is_of_people],
        roles={one: word(ROLE, one) for one in WORK_ROLES},
        chosen=given.get("chosen", []), today=local_date(now()))


@bp.post("/noi-bo/soan")
def send() -> Response | str | tuple[str, int]:
    """Send it; with what is wrong the form comes back as it was, its files too."""
    _need()
    form = request.form
    given: dict[str, Any] = {name: form.get(name, "") for name in _FIELDS}
    given |= {"chosen": list(dict.fromkeys(form.getlist("chosen"))), "seed": _seed(form.get("seed", ""))}
    uploads, wrong = _files()
    meeting_at, due_date = _moment(given["meeting_at"]), _day(given["due_date"])
    if given["due_date"] and due_date is None:
        wrong["due_date"] = str(_WRONG["due_date"])
    paper = rule.Paper(
        given["kind"], " ".join(given["title"].split()), given["text"].replace("\r\n", "\n").strip(), given["chosen"],
        [one.sha256 for one in uploads], whole(given["issued"]) or None, meeting_at, given["place"].strip(), due_date)
    if wrong:
        return _form(given, uploads, {name: str(_WRONG[why]) for name, why in rule.wrong(me(), paper, now()).items()}
                     | wrong), 422
    try:
        document_id = rule.send(me(), paper, now(), given["seed"])
    except rule.InternalPaperWrong as refusal:
        db.session.rollback()
        return _form(given, _again(uploads), {name: str(_WRONG[why]) for name, why in refusal.facts["fields"].items()}
                     ), 422
    except NotToBeEntered as refusal:
        said = sentence(refusal)
        db.session.rollback()
        keep_out.note(refusal, me().agency_id, UPLOAD, now(), user_id=me().id)
        db.session.commit()
        return _form(given, _again(uploads), {"text": said}), 422
    flash(gettext("Đã gửi. Khi người nhận mở văn bản, việc đã đọc được ghi lại ở đây."), "done")
    return redirect(url_for("internal.one", document_id=document_id), 303)


def _seed(text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return str(uuid.uuid4())


def _files() -> tuple[list[Upload], dict[str, str]]:
    """The files that came before and are kept, and those that come now; what is wrong with these."""
    found, wrong = [], {}
    for sha256 in dict.fromkeys(request.form.getlist("kept")):
        try:
            found.append(attachment.uploaded(sha256, me().id))
        except UploadMissing as refusal:
            wrong["files"] = sentence(refusal)
    for file in request.files.getlist("files"):
        if not file.filename:
            continue
        came = taken(file)
        if isinstance(came, tuple):
            wrong["files"] = f"{file.filename[:100]}: {came[1]}"
        else:
            found.append(came)
    return list({one.sha256: one for one in found}.values()), wrong


def _again(uploads: list[Upload]) -> list[Upload]:
    """The same rows, read anew after the transaction was given up."""
    return [attachment.uploaded(one.sha256, me().id) for one in uploads]


def _moment(text: str) -> datetime | None:
    """A day and an hour on Vietnam's clock, as the browser writes them."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=ZONE)
    except ValueError:
        return None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _find(document_id: int) -> Document:
    """The paper, for who may read it; else 404."""
    found = right.find(document_id, me(), local_date(now()))
    if found.direction != INTERNAL:
        raise NotFound()
    return found


@bp.get("/noi-bo/<int:document_id>")
def one(document_id: int) -> str:
    """One paper; that it is opened is the receipt."""
    reading.note(_find(document_id), me(), "page", now())
    return _shown(document_id, {})


def _shown(document_id: int, wrong: dict[str, str]) -> str:
    found, user = _find(document_id), me()
    paper, own = internal_paper.get(document_id), internal_paper.of(document_id, user.id)
    is_sender, is_open = found.author_id == user.id, found.status == internal_paper.SENT
    named = internal_paper.all_named(document_id) if is_sender or user.has("auditor") else []
    rows = [row for row in named if row.withdrawn_at is None]
    issued = paper.issued if paper.issued and right.may_read(user, paper.issued, local_date(now())) else None
    return render_template(
        "internal/one.html", document=found, paper=paper, own=own, rows=rows,
        let_go=[row for row in named if row.withdrawn_at is not None], wrong=wrong, is_sender=is_sender,
        is_open=is_open, unread=[row for row in rows if row.read_at is None], issued=issued,
        files=files_of(found, attachment.of(document_id)), chosen=_named(paper),
        reminded={note.to_user_id for note in notice.open_on(document_id)} if is_sender else set(),
        is_gone=found.status == rule.DISCARDED, may_discard=rule.may_discard(user, paper),
        may_answer=paper.is_meeting and is_open and own is not None and own.withdrawn_at is None,
        answers=internal_paper.ANSWERS, sent_id=internal_answer.sent_by(own) if own else None,
        people=[one for one in rule.staff() if one.id not in (user.id, found.author_id)] if own else [])


def _named(paper: internal_paper.InternalPaper) -> list[str]:
    """To whom it was sent, in words; a role in today's."""
    said = []
    for code, name in zip(paper.chosen, paper.chosen_names, strict=True):
        what, _colon, key = code.partition(":")
        said.append(gettext("Toàn cơ quan") if what == rule.ALL else name or word(ROLE, key))
    return said


@bp.post("/noi-bo/<int:document_id>/thu-hoi")
def call_back(document_id: int) -> Response | tuple[str, int]:
    """Take it back, with a reason."""
    _find(document_id)
    try:
        is_new = rule.call_back(document_id, me(), request.form.get("reason", ""), now())
    except rule.InternalReason as refusal:
        db.session.rollback()
        return _shown(document_id, {"call_back": sentence(refusal)}), 422
    if is_new:
        flash(gettext("Đã thu hồi. Ai chưa mở thì không còn thấy; ai đã đọc thì thấy dấu đã thu hồi."), "done")
    else:
        flash(gettext("Văn bản đã thu hồi từ trước."), "notice")
    return redirect(url_for("internal.one", document_id=document_id), 303)


@bp.post("/noi-bo/<int:document_id>/xoa-noi-dung")
def discard(document_id: int) -> Response | tuple[str, int]:
    """Art. 3.2: its content must not be here, with a reason."""
    _find(document_id)
    try:
        rule.discard(document_id, me(), request.form.get("reason", ""), now())
    except rule.InternalReason as refusal:
        db.session.rollback()
        return _shown(document_id, {"discard": sentence(refusal)}), 422
    flash(gettext("Đã xóa nội dung. Tệp và những gì lịch sử giữ được xóa trong ít phút."), "done")
    return redirect(url_for("internal.one", document_id=document_id), 303)


@bp.post("/noi-bo/<int:document_id>/nhac")
def remind(document_id: int) -> Response:
    """Urge who has not opened it."""
    _find(document_id)
    told = rule.remind(document_id, me(), request.form.get("text", "").strip()[:500], now())
    if told:
        flash(ngettext("Đã nhắc %(num)s người chưa đọc.", "Đã nhắc %(num)s người chưa đọc.", told), "done")
    else:
        flash(gettext("Không còn ai cần nhắc: đã đọc, hoặc đã được nhắc như vậy."), "notice")
    return redirect(url_for("internal.one", document_id=document_id), 303)


@bp.post("/noi-bo/<int:document_id>/tra-loi")
def answer(document_id: int) -> Response | tuple[str, int]:
    """Say whether one comes to the meeting."""
    _find(document_id)
    form = request.form
    try:
        is_new = internal_answer.answer(document_id, me(), form.get("answer", ""), form.get("note", ""),
                             whole(form.get("other", "")), now())
    except internal_answer.InternalAnswerWrong as refusal:
        db.session.rollback()
        return _shown(document_id, {"answer": sentence(refusal)}), 422
    if is_new:
        flash(gettext("Đã ghi câu trả lời; người mời thấy ngay."), "done")
    else:
        flash(gettext("Bạn đã trả lời như vậy từ trước."), "notice")
    return redirect(url_for("internal.one", document_id=document_id), 303)
