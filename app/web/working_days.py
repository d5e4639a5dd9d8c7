"""The working calendar of the agency, by year: what differs from the weekdays, and its changes (Art. 6.2.c, 11.3.b).

The rules are records/calendar.py's and calendar_edit.py's; a job computes limits anew. Hours are not changed here.
"""

from datetime import date

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from app.db import db
from app.records import calendar, calendar_edit, calendar_law
from app.records.calendar import local_date
from app.web.gate import me, need_role
from app.web.moment import now

bp = Blueprint("working_days", __name__)

#: choice of the form that takes a day's row away
USUAL = "usual"
#: from this month on the calendar of the next year should be there
LAST_MONTH = 12


@bp.get("/lich-lam-viec")
def page() -> str:
    """One year (?nam=), by default this one."""
    need_role("clerk", "leader", "head", "officer", "admin", "auditor")
    today = local_date(now())
    year = request.args.get("nam", today.year, type=int)
    if not today.year - 2 <= year <= today.year + 2:
        abort(404)
    rows = calendar.rows_of(year)
    return render_template(
        "calendar/page.html", year=year, years=range(today.year - 1, today.year + 3), rows=rows, today=today,
        may_keep=me().has(*calendar_edit.KEEPERS), kinds=calendar.KINDS, parts=calendar.PARTS, usual=USUAL,
        is_known=year in calendar_law.years(),
        missing=today.year + 1 if today.month >= LAST_MONTH and not calendar.rows_of(today.year + 1) else None,
        changes=calendar_edit.changes(me().agency_id))


@bp.post("/lich-lam-viec")
def change() -> Response:
    """One day is said to differ, or to be as usual again."""
    form = request.form
    day = _day(form.get("day", ""))
    if day is None:
        flash(gettext("Ngày chưa đúng; hãy chọn lại ngày."), "error")
        return redirect(url_for("working_days.page"))
    if form.get("kind") == USUAL:
        is_new = calendar_edit.take(me(), day, form.get("reason", ""), now())
    else:
        is_new = calendar_edit.put(me(), day, form.get("kind", ""), form.get("part", ""), form.get("name", ""),
                                   form.get("source", ""), form.get("reason", ""), now())
    return _said(day.year, is_new)


@bp.post("/lich-lam-viec/theo-luat")
def load() -> Response:
    """The days that the law fixes for a year, where nothing is said yet."""
    year = request.form.get("year", 0, type=int)
    return _said(year, calendar_edit.load(me(), year, request.form.get("reason", ""), now()) > 0)


def _said(year: int, is_new: bool) -> Response:
    db.session.commit()
    if is_new:
        flash(gettext("Đã ghi lịch làm việc. Các hạn chưa đến được tính lại trong ít phút và ghi vào lịch sử."), "done")
    else:
        flash(gettext("Lịch đã như vậy từ trước nên không có gì thay đổi."), "notice")
    return redirect(url_for("working_days.page", nam=year))


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if abs(found.year - local_date(now()).year) <= 2 else None
