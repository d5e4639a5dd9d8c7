"""How a document of ours is exchanged: the decision table with its days, and the other form asked for (Art. 4).

The rules are regulation/exchange_form.py's and drafting/other_form.py's; the table is edited in a proposal.
"""

from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response

from app.db import db
from app.engine.reason import ReasonNeeded
from app.records.calendar import local_date
from app.records.document import Document, NotFound
from app.regulation import exchange_form
from app.regulation.drafting import other_form
from app.web import field_words
from app.web.asked import number
from app.web.gate import me
from app.web.moment import now
from app.web.words import sentence

bp = Blueprint("exchange_form", __name__)

#: by what other_form.fixed says: why the form is not changed, and what leads on
FIXED = {
    "approved": _("Không đổi hình thức ở bước này: lãnh đạo đã duyệt để ký giấy, bản giấy có thể đã ký. Nếu cần gửi "
                  "chỉ điện tử: chọn lãnh đạo không ký, ghi lý do; người soạn hủy dự thảo, soạn văn bản mới với tệp "
                  "đó và đề nghị hình thức khác khi soạn. Bản giấy đã ký, nếu có, không phát hành."),
    "paper": _("Không đổi hình thức nữa: bản giấy đã ký. Bản giấy hỏng hoặc phải sửa thì ở bước ký số cơ quan chọn "
               "hủy số, trả dự thảo."),
    "number": _("Không đổi hình thức nữa: văn bản đã duyệt, cấp số để ký số. Nếu cần gửi cả bản giấy: người ký từ "
                "chối, ghi lý do; người soạn hủy dự thảo, soạn văn bản mới với tệp đó và đề nghị hình thức khác khi "
                "soạn."),
    "returned": _("Không đổi hình thức nữa: dự thảo đã được duyệt theo hình thức này rồi trả lại. Nếu cần hình thức "
                  "khác: hủy dự thảo, soạn văn bản mới với tệp đó và đề nghị khi soạn."),
}

def recipients(values: dict[str, Any]) -> list[str]:
    """The agencies that a draft's form names, unless the draft is given up."""
    lists = [] if values.get("decision") == "cancel" else [values.get("addressees"), values.get("recipients")]
    return [one for some in lists if isinstance(some, list) for one in some if isinstance(one, str)]


@bp.get("/hinh-thuc-trao-doi")
def forms() -> str:
    """The decision table of Art. 4 in force: each row with the days on which it holds; ?ngay= which hold on a day."""
    me()
    try:
        day = date.fromisoformat(request.args["ngay"]) if request.args.get("ngay") else local_date(now())
    except ValueError:
        raise NotFound() from None
    return render_template("document/forms.html", day=day, rows=exchange_form.lines(day), days_said=field_words.said,
                           may_edit=me().has("designer"))


def shown(document: Document) -> dict[str, Any]:
    """How a document of ours is exchanged, what the table of its day says, and whether the person may have it changed.

    For document/exchange.html.
    """
    if not document.exchange_form:
        return {"exchange": None}
    fixed = other_form.fixed(me(), document)
    return {"exchange": {"table": exchange_form.decided(document), "other": other_form.other(document.exchange_form),
                         "may_ask": not fixed and other_form.may_ask(me(), document),
                         "fixed": FIXED.get(fixed)}}


@bp.post("/van-ban/<int:document_id>/hinh-thuc")
def ask_other(document_id: int) -> Response:
    """The other form of exchange for a draft, with a reason. `back`: the task from whose page it is asked."""
    given = request.form
    try:
        if other_form.ask(document_id, me(), given.get("form", ""), given.get("reason", ""), now()):
            flash(gettext("Đã đổi hình thức trao đổi; lý do được ghi cùng dự thảo."), "done")
    except (other_form.FormFixed, ReasonNeeded) as refusal:
        db.session.rollback()
        flash(sentence(refusal), "error")
    try:
        back = url_for("task.page", task_id=number(given["back"])) if given.get("back") else None
    except ValueError:
        back = None
    return redirect(back or url_for("document.page", document_id=document_id), 303)
