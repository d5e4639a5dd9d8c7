"""Kinds of papers exchanged within the agency and their rule (Art. 4.1.a): a number or none, an answer or none.

The rules are records/internal_kind.py's.
"""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from app.records import internal_kind as kinds
from app.web.gate import me, need_role
from app.web.moment import now

bp = Blueprint("internal_kind", __name__)


@bp.get("/noi-bo/loai")
def page() -> str:
    """The kinds, their rule, their changes."""
    need_role(*kinds.KEEPERS)
    return render_template("internal/kinds.html", kinds=kinds.every(), changes=kinds.changes(me().agency_id))


@bp.post("/noi-bo/loai")
def put() -> Response:
    """A kind as it is from now on, or a new one."""
    form = request.form
    wanted = kinds.Kind(form.get("name", ""), bears_number=form.get("bears_number") == "1",
                        is_meeting=form.get("is_meeting") == "1", is_used=form.get("is_used") == "1")
    if kinds.put(me(), wanted, form.get("reason", ""), now()):
        flash(gettext("Đã ghi loại văn bản nội bộ. Văn bản đã gửi không đổi."), "done")
    else:
        flash(gettext("Loại văn bản đã như vậy từ trước nên không có gì thay đổi."), "notice")
    return redirect(url_for("internal_kind.page"), 303)
