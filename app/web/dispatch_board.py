"""The delivery board: what was signed, by day, and where it is with each recipient (Art. 9.1.d; QĐ 28/2018 Đ6, 8).

What is late is regulation/outgoing/board.py's, what may be sent again resend.py's. Who reads all documents sees all of
the agency's, others what they may read.
"""

from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import select
from werkzeug.wrappers import Response

from app.db import db
from app.engine import perform, reading
from app.engine.reason import ReasonNeeded
from app.records import agency, message, poll, right
from app.records import mail as mails
from app.records.agency import Agency
from app.records.calendar import local_date
from app.records.document import Document
from app.records.message import Message
from app.records.right import readable
from app.regulation import addressed
from app.regulation.exchange_form import OutsideScope
from app.regulation.outgoing import board, by_mail, otherwise, recall, replace, resend, update
from app.regulation.outgoing.board import Asked
from app.regulation.outgoing.by_mail import AddressWrong, MailUnderWay
from app.web import named, sender_recall, words
from app.web.asked import BIGGEST
from app.web.gate import me, need_role, note_list
from app.web.library import READERS
from app.web.moment import now
from app.web.settings import settings

bp = Blueprint("dispatch_board", __name__)

#: days that the board shows when none are asked for
_USUAL_DAYS = 30
_EPOCH, _TICK = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
#: codes of the exchange that a recipient sends back, in the order in which they are shown
_COURSE = ("01", "02", "03", "04", "05", "06", "15", "16")


def _day(name: str, usual: date) -> date:
    text = request.args.get(name, "")
    try:
        found = date.fromisoformat(text) if text else usual
    except ValueError:
        abort(404)
    if not 1990 <= found.year <= 2200:
        abort(404)
    return found


def _asked() -> Asked:
    """?tu= ?den= days, ?trang-thai= state, ?noi-nhan= recipient by words of its name or code, ?tre=1 late ones only."""
    args, today = request.args, local_date(now())
    until = _day("den", today)
    since = max(_day("tu", until - timedelta(days=_USUAL_DAYS)), until - timedelta(days=board.MOST_DAYS))
    state, words = args.get("trang-thai", ""), args.get("noi-nhan", "").strip()[:200]
    if state and state not in (*board.STATES, board.RECALLED):
        abort(404)
    return Asked(since, until, state, _partners(words) if words else None, args.get("tre") == "1")


def _partners(words: str) -> tuple[str, ...]:
    like = Agency.name.icontains(words, autoescape=True)
    return tuple(db.session.scalars(select(Agency.code).where(like | (Agency.code == words)).order_by(Agency.code)))


def _after() -> tuple[datetime, int] | None:
    """?sau=<microseconds>-<id>, where the page before ended."""
    text = request.args.get("sau", "")
    at, _, document_id = text.partition("-")
    if not text:
        return None
    if not all(part.isascii() and part.isdigit() and len(part) < 19 for part in (at, document_id)):
        abort(404)
    try:
        return _EPOCH + int(at) * _TICK, min(int(document_id), BIGGEST)
    except OverflowError:
        abort(404)


@bp.get("/phat-hanh")
def page() -> str:
    """What was signed on these days, newest first: what `_asked` and `_after` read of the address."""
    need_role(*READERS)
    asked, after, at = _asked(), _after(), now()
    may_read = readable(me(), local_date(at))
    note_list()
    problem = gettext("Ngày cuối đứng trước ngày đầu.") if asked.since > asked.until else ""
    rows, is_more = ([], False) if problem else board.page(
        asked, may_read, at=at, after=after, limit=settings().page_rows)
    last = rows[-1].key if is_more else None
    return render_template(
        "dispatch_board/page.html", axis_away=poll.away_since(poll.EXCHANGE),
        asked=asked, words_asked=request.args.get("noi-nhan", "").strip()[:200], after=after,
        days=[(day, list(some)) for day, some in groupby(rows, lambda row: local_date(row.signed_at))],
        problem=problem, totals={} if problem else board.totals(asked, may_read, at),
        next=f"{(last[0] - _EPOCH) // _TICK}-{last[1]}" if last else None,
        kept={name: text for name, text in request.args.items() if text and name != "sau"},
        is_asked=bool(asked.state or asked.late or asked.partners is not None),
        states=(*board.STATES, board.RECALLED))


@bp.get("/phat-hanh/<int:document_id>")
def one(document_id: int) -> str:
    """One document: each recipient, with the time of each status that came back."""
    return _shown(document_id, {})


@bp.post("/phat-hanh/<int:document_id>/cap-nhat")
def correct(document_id: int) -> Response | tuple[str, int]:
    """What was told of it is corrected at its recipients."""
    if wrong := sender_recall.correct(document_id):
        return _shown(document_id, wrong), 422
    return redirect(url_for("dispatch_board.one", document_id=document_id), 303)


def _shown(document_id: int, wrong: dict[str, str]) -> str:
    """`wrong`: sentences by field of a correction."""
    at = now()
    document = right.find(document_id, me(), local_date(at))
    signed_at = board.signed_at(document.id) if document.direction == "outgoing" else None
    if signed_at is None or document.status == "cancelled":
        abort(404)
    reading.note(document, me(), "page", at)
    rows, newer = board.recipients(document, signed_at, at), replace.by(document.id)
    return render_template(
        "dispatch_board/one.html", axis_away=poll.away_since(poll.EXCHANGE),
        is_sealed=perform.is_under_way(document.id, ("sign_by_agency",)), document=document,
        signed_at=signed_at, rows=rows,
        courses=courses(document.id, {row.message.partner for row in rows}),
        asked=asked_of(recall.states(document.id)), wrong=wrong,
        not_sent=named.left_out(document), may_update=update.may_update(me(), document),
        may_take_back=recall.may_recall(me(), document), **sender_recall.told_by_hand(document),
        replaced_by=newer, replaces=replace.of(document), untold=[(one, left) for one in (document, newer) if one and (
            left := sender_recall.replaced(one).get("not_told"))],
        may_resend=resend.may_resend(me(), document), ways=words.SENT_BY, ways_of=otherwise.ways_of,
        may_tell={row.message.partner for row in rows if otherwise.may_tell(me(), document, row.message)},
        many_ways=list(dict.fromkeys(way for row in rows for way in otherwise.ways_of(row.message))),
        on_paper=sum(row.message.other_way not in ("", otherwise.NOT_SENT) for row in rows),
        no_paper=sum(row.message.other_way == otherwise.NOT_SENT for row in rows),
        left=len(message.left_outside(document.id)), left_paper=len(message.left_on_paper(document.id)),
        **_mails(document, rows), closing=otherwise.closed_by_last(document),
        known_names=set(addressed.codes_of(row.message.name for row in rows if row.message.name).values()),
        agencies=agency.names([row.message.partner for row in rows]))


def _names(document_id: int) -> dict[str, str]:
    """The recipients of a document that the person may read, as people know them."""
    right.find(document_id, me(), local_date(now()))
    rows = [*message.sent_for(document_id), *message.outside_of(document_id)]
    known = agency.names([row.partner for row in rows])
    return {row.partner: row.name or known.get(row.partner, row.partner) for row in rows}


def _mails(document: Document, rows: list[board.Recipient]) -> dict[str, Any]:
    """To whom it may be sent by mail, how each mail goes, and whether mail can be handed over at all."""
    letters = mails.deliveries([row.message.id for row in rows])
    return {"may_mail": {row.message.partner for row in rows if by_mail.may_ask(me(), document, row.message)},
            "waiting": {one.delivery_id: one for one in letters if one.is_waiting},
            "has_mail": by_mail.is_possible(), "most_tries": mails.TRIES,
            "letters": {key: [one for one in letters if one.delivery_id == key] for key in
                        {one.delivery_id for one in letters}}}


def asked_of(states: list[recall.Asked]) -> dict[str, list[recall.Asked]]:
    """{recipient: what it was asked, and what it says}, the oldest first."""
    return {partner: list(some) for partner, some in groupby(states, lambda one: one.partner)}


def courses(document_id: int, partners: set[str], copy_id: int | None = None) -> dict[str, dict[str, Message]]:
    """{recipient: {word of words.DELIVERY: the first status of it}}; one that answers under another code of its own is
    the same.
    """
    said = recall.told_about(document_id, copy_id)
    found: dict[str, dict[str, Message]] = {code: {} for code in partners}
    owners: dict[str, str] = {}
    for told in message.statuses_of(document_id, copy_id):
        if told.direction != "in" or told.status_code not in _COURSE:
            continue
        if told.partner not in owners:
            codes = [told.partner] if told.partner in found else agency.codes_of(told.partner, local_date(told.at))
            owners[told.partner] = next((code for code in codes if code in found), "")
        if owner := owners[told.partner]:
            found[owner].setdefault(said[told.id], told)
    return found


@bp.post("/phat-hanh/<int:document_id>/gui-cach-khac")
def sent_otherwise(document_id: int) -> Response:
    """The paper of a hybrid document went to recipients; or another way was found for whom it did not reach.

    One of each, or many ticked together in one way at one time: each is an act of its own, with a result of its own.
    """
    form, at, partners = request.form, now(), list(dict.fromkeys(request.form.getlist("partner")))
    names, told, refused = _names(document_id), [], {}
    document = right.find(document_id, me(), local_date(at))
    waited = [one.reference or one.subject for one in otherwise.closed_by_last(document)]
    if not form.get("way"):
        flash(gettext("Hãy chọn cách gửi."), "error")
        return redirect(url_for("dispatch_board.one", document_id=document_id), 303)
    for partner in partners:
        try:
            otherwise.tell(document_id, partner, form.get("way", ""), form.get("note", ""), me(), at)
            told.append(names.get(partner, partner))
        except ReasonNeeded:
            db.session.rollback()
            refused[partner] = gettext("Gửi qua bưu điện thì ghi số bưu gửi, hoặc vì sao không có số.") if (
                form.get("way") == otherwise.POST) else gettext("Nơi nhận không được gửi thì phải ghi lý do.")
        except (otherwise.NotSentOtherwise, OutsideScope) as refusal:
            db.session.rollback()
            if len(partners) == 1 and not isinstance(refusal, OutsideScope):
                raise
            refused[partner] = words.sentence(refusal)
    if told:
        flash(gettext("Đã ghi: %(names)s.", names="; ".join(told)), "done")
    for partner, why in refused.items():
        flash(f"{names.get(partner, partner)}: {why}", "error")
    if waited and told and not otherwise.closed_by_last(document):
        flash(gettext("Văn bản đến được trả lời kết thúc xử lý: %(names)s.", names="; ".join(waited)), "done")
    if not partners:
        flash(gettext("Chưa đánh dấu nơi nhận nào."), "error")
    return redirect(url_for("dispatch_board.one", document_id=document_id), 303)


@bp.post("/phat-hanh/<int:document_id>/gui-thu")
def send_mail(document_id: int) -> Response:
    """The signed file by mail to one recipient whom the exchange does not reach; one that waits corrected, taken back.
    """
    form, partner = request.form, request.form.get("partner", "")
    try:
        if form.get("what") == "take":
            by_mail.take_back(document_id, partner, me(), now())
            flash(gettext("Đã bỏ thư đang chờ: thư không đi nữa."), "done")
        elif by_mail.ask(document_id, partner, form.get("address", ""), me(), now()):
            flash(gettext("Đã xếp gửi qua thư. Thư đi ở lần kết nối hộp thư kế tiếp, kết quả hiện ở nơi nhận này."),
                  "done")
        else:
            flash(gettext("Thư tới địa chỉ này đang chờ gửi, chưa có gì thay đổi."), "notice")
    except (AddressWrong, MailUnderWay, OutsideScope) as wrong:
        db.session.rollback()
        flash(words.sentence(wrong), "error")
    return redirect(url_for("dispatch_board.one", document_id=document_id), 303)


@bp.post("/phat-hanh/<int:document_id>/gui-lai")
def send_again(document_id: int) -> Response:
    """The same packet once more to one recipient that could not take it."""
    resend.ask(document_id, request.form.get("partner", ""), me(), now())
    flash(gettext("Đã xếp gửi lại. Gói tin cũ được gửi ở lần kết nối trục kế tiếp."), "done")
    return redirect(url_for("dispatch_board.one", document_id=document_id), 303)
