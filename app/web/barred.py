"""What must not be entered (Art. 3.2): each time it came, the agency's own list, who is told; kept out by mistake.

Nothing of a content is shown, for none is kept. The rules are records/barred.py's and regulation/barred_text.py's.
"""

from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from app.db import db
from app.records import barred
from app.records.people import User
from app.regulation.incoming import mail
from app.web.asked import whole
from app.web.gate import me, need_role
from app.web.moment import now

bp = Blueprint("barred", __name__, url_prefix="/khong-cap-nhat")

#: who may bring something, or is told of it
_PEOPLE = ("clerk", "leader", "head", "officer", "admin")
#: who sees all that the agency kept out; the others see what they brought
_ALL = ("clerk", "leader", "admin")


@bp.get("")
def page() -> str:
    """What was kept out, the list, the responsible people, the last changes."""
    need_role(*_PEOPLE)
    user = me()
    sees_all = user.has(*_ALL)
    people = db.session.scalars(db.select(User).where(User.is_active).order_by(User.full_name)).all()
    return render_template(
        "barred/page.html", entries=barred.newest() if sees_all else barred.of_person(user), sees_all=sees_all,
        rules=barred.rules(), officers=barred.officers(), people=people, is_keeper=user.has(*barred.KEEPERS),
        changes=barred.changes(user.agency_id) if sees_all else [])


@bp.post("/danh-muc")
def change() -> Response:
    """One entry more, or one less."""
    form, user = request.form, me()
    if form.get("what") == "drop":
        is_new = barred.drop_rule(user, _number("rule"), form.get("reason", ""), now())
    else:
        is_new = barred.add_rule(user, form.get("kind", ""), form.get("text", ""), _day(form.get("from_date", "")),
                                 form.get("reason", ""), now())
    return _done(is_new)


@bp.post("/phu-trach")
def name_officer() -> Response:
    """Somebody is told of a matter from now on."""
    return _done(barred.name_officer(me(), request.form.get("matter", ""), _number("person"),
                                     request.form.get("reason", ""), now()))


@bp.post("/<int:entry_id>/da-biet")
def see(entry_id: int) -> Response:
    """The responsible person knows."""
    barred.see(entry_id, me(), now())
    flash(gettext("Đã xác nhận."), "done")
    return redirect(url_for("inbox.page"), 303)


@bp.post("/<int:entry_id>/nham")
def clear(entry_id: int) -> Response:
    """It was kept out by mistake, somebody says who has it in hand."""
    entry = barred.clear(entry_id, me(), request.form.get("reason", ""), now())
    way = entry.way
    if way == barred.MAIL:
        mail.want_cleared(entry, me(), now())
    db.session.commit()
    flash({
        barred.MAIL: gettext("Đã ghi nhận; thư đang được lấy về."),
        barred.EXCHANGE: gettext("Đã ghi nhận. Hãy đề nghị nơi gửi gửi lại văn bản trong 24 giờ."),
    }.get(way, gettext("Đã ghi nhận. Trong 24 giờ, hãy tự tải tệp đó lên một lần nữa; tệp sẽ được nhận.")), "done")
    return redirect(url_for("barred.page"), 303)


def _done(is_new: bool) -> Response:
    if is_new:
        flash(gettext("Đã ghi thay đổi."), "done")
    else:
        flash(gettext("Đã như vậy từ trước nên không có gì thay đổi."), "notice")
    return redirect(url_for("barred.page"), 303)


def _number(name: str) -> int:
    """A whole number of the form; 0, which names nothing, for anything else."""
    return whole(request.form.get(name, ""))


def _day(text: str) -> date | None:
    """The day that was typed; what is none is long past, and so refused."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return date.min
