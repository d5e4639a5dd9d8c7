"""The clerk's page of what comes in: files dropped or scanned, their pages in piles, each pile a document (Art. 6.2.a).

The page draws what `state` says and sends one move at a time; uploads go through intake_upload.py. Documents come into
being by the first task of the procedure only (regulation/incoming/intake.py).
"""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask_babel import gettext
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response as WerkzeugResponse

from app.db import db
from app.records import barred, intake, intake_pile, intake_undo
from app.records.calendar import local_date
from app.records.document import Document
from app.records.intake import IntakeFile, IntakePage, IntakePile
from app.records.register import open_registers
from app.regulation.barred_text import NotToBeEntered
from app.regulation.incoming import intake as incoming
from app.regulation.incoming import keep_out, let_go, tie
from app.tools import page_cut, separator
from app.tools.antivirus import AWAY
from app.tools.page_cut import Cut
from app.web.asked import told
from app.web.document import find
from app.web.gate import me, need_role
from app.web.moment import clock, day, now
from app.web.settings import settings, tools
from app.web.shown import shown
from app.web.words import said

bp = Blueprint("intake", __name__, url_prefix="/van-ban/tiep-nhan")

#: long side of a page's picture, picture elements
SIZES = {"nho": 320, "to": 1400}
#: separator sheets that are printed at once
MOST_SHEETS = 50
#: pages that one move names
_MOST_PAGES = 500


@bp.before_request
def _clerk() -> None:
    if "document_id" in (named := request.view_args or {}):
        find(named["document_id"])  # what is not one's own is not there (S6), before any word on roles
    need_role("clerk")


@bp.get("")
def page() -> str:
    """Drop files here, order their pages, register them."""
    at, days = now(), settings().intake_days
    return render_template("intake/page.html", rules=barred.RULES, most_bytes=settings().max_upload_bytes,
                           state=state(), days=days, old=intake.waiting_since(me(), at - timedelta(days=days)),
                           is_scanner_away=tools().scanner.state() == AWAY)


@bp.get("/trang-thai")
def show() -> Response:
    """What waits now."""
    return jsonify(state())


def state() -> dict[str, Any]:
    """Piles with their pages, files that are looked at, files on which somebody decides; for the page's script."""
    user = me()
    books = {book.id: book.name for book in open_registers("incoming", local_date(now()).year)}
    return {
        "piles": [_pile(pile, books) for pile in intake.piles(user, now())],
        "looked_at": [{"id": file.id, "name": file.name} for file in intake.looked_at(user)],
        "handed": [{"id": pile.id, "name": _named(pile.tied)} for pile in intake.handed(user) if pile.tied],
        "queue": [_file(file, books) for file in intake.queue(user)],
    }


def _pile(pile: IntakePile, books: dict[int, str]) -> dict[str, Any]:
    pages = sorted(pile.pages, key=lambda page: (page.position, page.id))
    return {
        "id": pile.id, "register": books.get(pile.register_id or 0, ""), "at": clock(pile.at),
        "tied": _named(pile.tied) if pile.tied else "",
        "suspect": gettext(
            "Trang %(n)s có dấu giống dấu chỉ độ mật, đơn thư, hoặc không đọc được. Hãy tự xem: nếu đúng, chọn “Không "
            "cập nhật (Điều 3.2)”; nếu không, bấm “Đính kèm vào văn bản” lần nữa.", n=pile.suspect_page)
        if pile.suspect_page else "",
        "trouble": said(wrong.code, wrong.facts) if (wrong := tie.trouble(pile)) else "",
        "why_whole": _why_whole(pages[0].file) if pages else "",
        "pages": [_page(page) for page in pages],
    }


def _named(document: Document) -> str:
    if document.direction == "outgoing":
        return gettext("Văn bản đi số %(n)s", n=document.reference)
    if document.arrival_number is None:
        return gettext("Văn bản đến mã %(n)s ngày %(day)s", n=document.id, day=day(document.created_at))
    return gettext("Văn bản đến số %(n)s, mã %(id)s", n=document.arrival_number, id=document.id)


def _why_whole(file: IntakeFile) -> str:
    if file.is_signed:
        return gettext("Tệp đã ký số: xoay, tách hay ghép trang sẽ làm mất chữ ký, nên chỉ nhận nguyên tệp (Điều 3.3). "
                       "Có trang không được nhận thì bỏ cả tệp và đề nghị nơi gửi gửi lại.")
    return gettext("Tệp soạn thảo được nhận nguyên tệp.") if file.is_whole else ""


def _page(page: IntakePage) -> dict[str, Any]:
    file = page.file
    return {
        "id": page.id, "number": page.number, "of": file.page_count or 1, "file": file.name, "turn": page.turn,
        "dropped": page.dropped_for if page.dropped_at else "",
        "begins": page.number in file.facts.get(intake.BEGINS, ()),
        "picture": url_for("intake.picture", page_id=page.id, size="nho", v=file.sha256[:8]) if file.page_count else "",
        "large": url_for("intake.picture", page_id=page.id, size="to", v=file.sha256[:8]) if file.page_count else "",
    }


def _file(file: IntakeFile, books: dict[int, str]) -> dict[str, Any]:
    twin = file.facts.get("document") if file.code == intake.DuplicateFile.code else None
    return {
        "id": file.id, "name": file.name or gettext("Tệp từ máy quét"),
        "size": file.size_bytes, "pages": file.page_count, "at": clock(file.at),
        "is_scan": file.origin == "scan", "is_refused": file.state == intake.REFUSED,
        "is_stored": bool(file.sha256 or file.put_away),
        "register": books.get(file.register_id or 0, ""),
        "why": said(file.code, file.facts) if file.code else "",
        "twin": url_for("document.page", document_id=twin) if isinstance(twin, int) else "",
    }


@bp.get("/trang/<int:page_id>/<any(nho, to):size>")
def picture(page_id: int, size: str) -> Response:
    """The picture of one page that waits, as it lies in its file; drawn once."""
    page = db.session.get(IntakePage, page_id)
    if page is None or page.pile.user_id != me().id or not page.file.page_count:
        abort(404)
    file, number, name = page.file, page.number, page.file.sha256
    cut = Cut(tools().blobs.path(file.sha256), file.media_type, number)
    db.session.rollback()  # drawing takes a moment: no transaction waits for it
    data = shown(f"{name}-{number}-{size}", ".jpg", lambda: page_cut.jpeg(page_cut.picture(cut, SIZES[size])))
    answer = send_file(BytesIO(data), mimetype="image/jpeg", etag=f"{name}-{number}-{size}", conditional=True)
    answer.headers["Cache-Control"] = "private, max-age=3600"
    return answer


@bp.post("/xep")
def arrange() -> Response:
    """One move with pages; answers with what waits now, and with what takes the move back ("" = nothing to)."""
    body, at = told(), now()
    move = _MOVES.get(str(body.get("do")))
    if move is None:
        raise BadRequest
    intake.lock(me())
    before = intake_undo.lies(me(), at)
    move(body)
    db.session.flush()
    db.session.expire_all()
    made = intake_undo.change(before, intake_undo.lies(me(), at, before))
    db.session.commit()
    return jsonify({**state(), "undo": _seal().dumps([me().id, made]) if made else ""})


@bp.post("/hoan-tac")
def undo() -> Response:
    """The pages lie again as before a move: `move` is what `arrange` gave, unchanged."""
    try:
        user_id, made = _seal().loads(str(told().get("move")))
    except BadSignature as error:
        raise BadRequest from error
    if user_id != me().id:
        raise BadRequest
    intake_undo.take_back(me(), made, now())
    db.session.commit()
    return jsonify(state())


def _seal() -> URLSafeSerializer:
    """The page keeps its moves; what it gives back is what it was given, among it which document a sheet names."""
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="intake-undo")


def _number(body: dict[str, Any], key: str) -> int:
    value = body.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**63:
        raise BadRequest
    return value


def _pages(body: dict[str, Any]) -> list[int]:
    found = body.get("pages")
    if not isinstance(found, list) or not 0 < len(found) <= _MOST_PAGES:
        raise BadRequest
    return [_number({"page": one}, "page") for one in found]


def _turn(body: dict[str, Any]) -> None:
    degrees = _number(body, "turn")
    if degrees not in intake_pile.TURNS:
        raise BadRequest
    intake_pile.turn(me(), _pages(body), degrees)


_MOVES: dict[str, Callable[[dict[str, Any]], None]] = {
    "turn": _turn,
    "drop": lambda body: intake_pile.drop(me(), _pages(body), now()),
    "restore": lambda body: intake_pile.restore(me(), _pages(body)),
    "split": lambda body: intake_pile.split(me(), _number(body, "page")),
    "join": lambda body: intake_pile.join(me(), _number(body, "pile"), _number(body, "to")),
    "move": lambda body: intake_pile.move(me(), _number(body, "page"), _number(body, "pile"), _number(body, "place")),
    "put_away": lambda body: intake_pile.put_away(me(), _number(body, "pile")),
    "untie": lambda body: intake_pile.untie(me(), _number(body, "pile")),
}


@bp.post("/vao-so")
def register() -> Response:
    """One pile becomes one incoming document; asked again, it is the same one.

    "paper": of a file that is neither signed nor a scan, whether the clerk holds its signed and sealed paper.
    """
    body = told()
    has_paper = body.get("paper")
    if has_paper not in (None, True, False):
        raise BadRequest
    document_id = incoming.register_pile(me(), _number(body, "pile"), tools().blobs, now(), has_paper)
    return jsonify(document=url_for("document.page", document_id=document_id))


@bp.post("/tep/<int:file_id>/<any(nhan, tu_choi):decision>")
def decide(file_id: int, decision: str) -> Response:
    """A file that waits for a word is taken in or rejected, with a reason where one is owed."""
    reason = told().get("reason")
    incoming.decide(file_id, me(), now(), is_taken=decision == "nhan", reason=reason if isinstance(reason, str) else "")
    db.session.commit()
    return jsonify(state())


@bp.post("/khong-cap-nhat")
def leave_out() -> Response:
    """Pages, or a file that waits for a word, must not be here (Art. 3.2): their content is deleted, the fact kept."""
    body, blobs, at = told(), tools().blobs, now()
    rule = body.get("rule")
    if rule not in barred.RULES:
        raise BadRequest
    if "file" in body:
        is_held = let_go.leave_out_file(_number(body, "file"), me(), rule, at, blobs)
    else:
        is_held = let_go.leave_out_pages(_pages(body), me(), rule, at, blobs)
    db.session.commit()
    return jsonify({**state(), "said": gettext(
        "Đã xóa khỏi phần chờ tiếp nhận. Một văn bản trong hệ thống vẫn giữ tệp giống hệt: hãy mở văn bản đó và chọn "
        "“Không cập nhật”.") if is_held else gettext(
        "Đã xóa nội dung khỏi hệ thống; chỉ còn ghi việc này ở trang “Không được cập nhật”.")})


@bp.get("/to-phan-cach")
def sheets() -> Response:
    """Separator sheets to print."""
    count = request.args.get("so", "1")
    if not (count.isascii() and count.isdigit() and 0 < int(count[:4]) <= MOST_SHEETS):
        abort(400)
    return _pdf(separator.draw(incoming.blank_sheets(me(), int(count), now())), "to-phan-cach.pdf")


@bp.post("/quet-sau")
def begin_unscanned() -> Response:
    """A paper is taken in now and scanned later; answers with its document and the sheet to print."""
    once = str(told().get("once") or "")[:100]
    if not once:
        raise BadRequest
    document_id, _ = incoming.begin_unscanned(me(), now(), once)
    return jsonify(document=url_for("document.page", document_id=document_id),
                   sheet=url_for("intake.tied_sheet", document_id=document_id))


@bp.post("/go-ban-quet/<int:document_id>/<int:attachment_id>")
def take_out(document_id: int, attachment_id: int) -> WerkzeugResponse:
    """A scan that was tied to the document wrongly lies before its clerk again."""
    tie.take_out(document_id, attachment_id, me(), request.form.get("reason", ""), now())
    flash(gettext("Đã gỡ bản quét khỏi văn bản; các trang của nó nằm lại ở phần tiếp nhận của người đã ghép."), "done")
    return redirect(url_for("document.page", document_id=document_id), 303)


@bp.post("/ky-so/<int:document_id>")
def bring_signed(document_id: int) -> WerkzeugResponse:
    """A signed file that came after the paper of the document."""
    file, most, at = request.files.get("file"), settings().max_upload_bytes, now()
    there = redirect(url_for("document.page", document_id=document_id), 303)
    if file is None or not file.filename:
        flash(gettext("Chưa chọn tệp."), "error")
        return there
    data = file.stream.read(most + 1)
    try:
        is_taken = incoming.bring_signed(me(), document_id, data, file.filename, tools().blobs, at, most)
    except NotToBeEntered as refusal:
        db.session.rollback()
        keep_out.note(refusal, me().agency_id, barred.UPLOAD, at, user_id=me().id)
        db.session.commit()
        raise
    if not is_taken:
        flash(gettext("Tệp được giữ lại, chờ quyết định ở trang Tiếp nhận văn bản."), "error")
        return redirect(url_for("intake.page"), 303)
    flash(gettext("Đã nhận tệp ký số. Hệ thống đang đọc và kiểm tra chữ ký; xong thì tệp và kết luận hiện ở trang "
                  "này."), "done")
    return there


@bp.post("/ghep-lai/<int:document_id>/<int:attachment_id>")
def put_back(document_id: int, attachment_id: int) -> WerkzeugResponse:
    """It was right after all."""
    incoming.put_back(document_id, attachment_id, me(), tools().blobs, now())
    flash(gettext("Đã ghép lại bản quét vào văn bản."), "done")
    return redirect(url_for("document.page", document_id=document_id), 303)


@bp.get("/to-ghep/<int:document_id>")
def tied_sheet(document_id: int) -> Response:
    """The sheet that brings a later scan to its document."""
    sheet = tie.sheet_of(find(document_id), me(), now())
    return _pdf(separator.draw([sheet]), f"to-ghep-{document_id}.pdf")


def _pdf(data: bytes, name: str) -> Response:
    answer = Response(data, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer
