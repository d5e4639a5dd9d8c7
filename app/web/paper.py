"""Kinds of documents that wait for an appraisal file on paper (Art. 3.4), and what waits now: its arrival in one click.

The rules are records/paper_kind.py's and regulation/incoming/paper.py's.
"""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from app.engine import act
from app.records import paper_kind
from app.records.catalogue import values as catalogue
from app.records.document import Document
from app.regulation.incoming import paper as rule
from app.web.asked import whole
from app.web.gate import me, need_role
from app.web.moment import now

bp = Blueprint("paper", __name__)

#: documents shown at a time
_MOST = 100


def awaited(document: Document) -> str:
    """Said after it was registered: that it waits for its file, and where; "" = it does not."""
    if rule.waited_for(document.id) is None:
        return ""
    return " " + gettext("Văn bản chờ hồ sơ giấy (Điều 3.4) ở trang Chờ hồ sơ giấy, chưa chuyển lãnh đạo.")


@bp.get("/ho-so-giay")
def page() -> str:
    """What waits, the kinds that wait, and their changes."""
    need_role(*paper_kind.KEEPERS)
    there = paper_kind.names()
    return render_template(
        "paper/page.html", waiting=rule.waiting(me(), _MOST), kinds=there,
        others=[name for name in _known() if name not in there], changes=paper_kind.changes(me().agency_id))


@bp.post("/ho-so-giay")
def change() -> Response:
    """One kind more, or one less."""
    form = request.form
    if form.get("what") == "take":
        is_new = paper_kind.take(me(), form.get("type_name", ""), form.get("reason", ""), now())
    else:
        is_new = paper_kind.put(me(), form.get("type_name", ""), _known(), form.get("reason", ""), now())
    if is_new:
        flash(gettext("Đã ghi danh mục loại văn bản chờ hồ sơ giấy."), "done")
    else:
        flash(gettext("Danh mục đã như vậy từ trước nên không có gì thay đổi."), "notice")
    return redirect(url_for("paper.page"), 303)


@bp.post("/viec/<int:task_id>/ho-so-giay-den")
def arrived(task_id: int) -> Response:
    """The file on paper has come; the document goes to the leader."""
    version = whole(request.form.get("version", ""))
    act.complete_task(task_id, me(), version, {"decision": "arrived"}, at=now())
    flash(gettext("Đã ghi nhận hồ sơ giấy; văn bản đã chuyển lãnh đạo."), "done")
    return redirect(url_for("paper.page"), 303)


def _known() -> list[str]:
    return [one["value"] for one in catalogue("document_type", me())]
