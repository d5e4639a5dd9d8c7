"""The ways in beside paper, for the clerk: the exchange and the official mailbox (Art. 6.3).

What did not become a document stands here with its reason: packets refused, requests about documents that never came,
mail that was left in the mailbox. The clerk takes a mail in or dismisses it. No body of a mail is ever shown.
"""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from app.db import db
from app.records import agency, message, poll, sender_request
from app.records import mail as mails
from app.records.document import Document
from app.regulation.incoming import mail as incoming
from app.regulation.incoming import status
from app.web.asked import whole
from app.web.gate import me, need_role
from app.web.moment import now
from app.web.settings import settings

bp = Blueprint("channels", __name__)
#: packets and settled mails on the page
_MOST = 50


@bp.get("/kenh-den")
def page() -> str:
    """What waits for a look, and how each way in is; ?sau= the id of the last mail of the page before."""
    need_role("clerk")
    packets, lost = message.not_taken_in(_MOST), [r for r in sender_request.unanswered() if r.document_id is None]
    after, most = whole(request.args.get("sau", "")) or None, settings().page_rows
    found, settled = mails.waiting(after, most + 1), mails.settled(_MOST)
    waiting = found[:most]
    untold = message.not_told(_MOST)
    ids = {key for mail in [*waiting, *settled] for key in mail.document_ids} | {
        row.document_id for row in untold if row.document_id}
    return render_template(
        "channels/page.html",
        unsent=mails.unsent_replies(_MOST), tries=mails.TRIES,
        exchange=poll.of(poll.EXCHANGE), has_exchange=bool(settings().exchange_url),
        mailbox=mails.mailbox(), mail_poll=poll.of(poll.MAIL), packets=packets, lost=lost, mails=waiting, untold=untold,
        after=after, next=waiting[-1].id if len(found) > most else None, count=mails.count_waiting(), settled=settled,
        most=_MOST, documents=_documents(ids),
        agencies=agency.names(sorted({row.partner for row in [*packets, *lost, *untold]})))


def _documents(ids: set[int]) -> dict[int, Document]:
    return {row.id: row for row in db.session.scalars(db.select(Document).where(Document.id.in_(ids)))} if ids else {}


@bp.post("/kenh-den/trang-thai/<int:message_id>/gui-lai")
def tell_again(message_id: int) -> AnyResponse:
    """A status that the axis did not take is told again."""
    need_role("clerk")
    row = status.again(message_id, me(), now())
    flash(gettext("Đã xếp hàng gửi lại trạng thái cho nơi gửi."), "done")
    if "document" in request.form:
        return redirect(url_for("document.page", document_id=row.document_id), 303)
    return redirect(url_for("channels.page"), 303)


@bp.post("/kenh-den/thu/<int:mail_id>/nhan")
def take(mail_id: int) -> AnyResponse:
    """Take a mail in; the worker fetches it."""
    need_role("clerk")
    incoming.want(mail_id, me(), now())
    flash(gettext("Thư đang được lấy về; văn bản sẽ có trong hộp việc sau ít phút."), "done")
    return _to_mails()


@bp.post("/kenh-den/thu/<int:mail_id>/bo-qua")
def dismiss(mail_id: int) -> AnyResponse:
    """The mail needs nothing; it stays in the mailbox."""
    need_role("clerk")
    incoming.dismiss(mail_id, me(), request.form.get("reason", ""), now())
    flash(gettext("Đã bỏ qua thư. Thư vẫn còn trong hộp thư."), "done")
    return _to_mails()


def _to_mails() -> AnyResponse:
    """The page of the list on which the mail stood."""
    return redirect(url_for("channels.page", sau=whole(request.args.get("sau", "")) or None))
