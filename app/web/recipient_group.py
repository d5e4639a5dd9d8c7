"""Groups of recipients (Art. 9.1.d), and of people of the agency (Art. 4.1.a): kept by the clerk or an administrator;
the province's are shown beside.

The rules are records/recipient_group.py's; choosing one is the form of a draft's.
"""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from app.records import recipient_group as groups
from app.records.catalogue import values as catalogue
from app.regulation import addressed
from app.web.gate import me, need_role
from app.web.moment import now

bp = Blueprint("recipient_group", __name__)


@bp.get("/nhom-noi-nhan")
def page() -> str:
    """The groups, their members, their changes."""
    need_role(*groups.KEEPERS)
    user, own = me(), groups.own()
    provinces = [one for one in groups.choices(user.agency_id) if one.is_provinces]
    return render_template(
        "recipient_group/page.html", groups=own, people=groups.people(), like=addressed.like_agencies(
            one.name for one in [*own, *provinces] if one in provinces or not one.is_of_people),
        spelled=groups.spelled, may_share=groups.may_share(user),
        provinces=provinces,
        agencies=catalogue("agency", user), changes=groups.changes(user.agency_id))


@bp.post("/nhom-noi-nhan")
def add() -> Response:
    """One group more."""
    return _put(None)


@bp.post("/nhom-noi-nhan/<int:group_id>")
def change(group_id: int) -> Response:
    """A group as it is from now on, or no longer."""
    if request.form.get("what") == "remove":
        groups.remove(me(), group_id, request.form.get("reason", ""), now())
        flash(gettext("Đã bỏ nhóm. Văn bản đã chọn nơi nhận theo nhóm không đổi."), "done")
        return redirect(url_for("recipient_group.page"), 303)
    return _put(group_id)


def _put(group_id: int | None) -> Response:
    form = request.form
    if not any(one.startswith(groups.PERSON) for one in form.getlist("members")):
        addressed.require_free(form.get("name", ""))
    if groups.put(me(), group_id, form.get("name", ""), form.getlist("members"), form.get("is_shared") == "1",
                  form.get("seen", ""), form.get("reason", ""), now()):
        flash(gettext("Đã ghi nhóm nơi nhận."), "done")
    else:
        flash(gettext("Nhóm đã như vậy từ trước nên không có gì thay đổi."), "notice")
    return redirect(url_for("recipient_group.page"), 303)
