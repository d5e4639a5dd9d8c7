"""A clerk takes a dispatched document back from its recipients (QĐ 28/2018 Đ8; NĐ 30/2020 Đ18.4).

The rules are regulation/outgoing/recall.py's; the state stands on the page of the document.
"""

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from app.regulation.outgoing import recall
from app.web.gate import me
from app.web.moment import now

bp = Blueprint("sender_recall", __name__)


@bp.post("/van-ban/<int:document_id>/thu-hoi")
def ask(document_id: int) -> Response:
    """Ask each recipient to give it up; the document is frozen."""
    recall.ask(document_id, me(), request.form.get("reason", ""), now())
    flash(gettext("Đã thu hồi. Yêu cầu được gửi tới từng nơi nhận; trả lời hiện ở trang này."), "done")
    return redirect(url_for("document.page", document_id=document_id), 303)
