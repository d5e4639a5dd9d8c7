"""A clerk holds the next number for a draft under way, and lets it go (Art. 9.1.a; NĐ 30/2020 Đ15).

The rules are regulation/outgoing/reserve.py's; what is held stands on the page of the document and in the ledger.
"""

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from app.regulation.outgoing import reserve
from app.web.gate import me
from app.web.moment import now
from app.web.settings import settings

bp = Blueprint("reserve", __name__)


@bp.post("/van-ban/<int:document_id>/giu-so")
def hold(document_id: int) -> Response:
    """Hold the next number of the register for this document."""
    number = reserve.reserve(document_id, me(), request.form.get("reason", ""), now(), settings().reservation_hours)
    flash(gettext("Đã giữ số %(number)s cho văn bản này.", number=number), "done")
    return redirect(url_for("document.page", document_id=document_id), 303)


@bp.post("/van-ban/<int:document_id>/bo-giu-so")
def let_go(document_id: int) -> Response:
    """The held number stays in the register as cancelled."""
    number = reserve.release(document_id, me(), request.form.get("reason", ""), now())
    flash(gettext("Đã bỏ số %(number)s; số nằm trong sổ với lý do, không dùng lại.", number=number), "done")
    return redirect(url_for("document.page", document_id=document_id), 303)
