"""Who may edit, publish and migrate procedures: shown to those who work on them, changed by administrators (Art. 10.2).

The rule is records/entitlement.py's. It does not make accounts.
"""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import select
from werkzeug.wrappers import Response

from app.db import db
from app.records import entitlement
from app.records.people import RIGHTS, User
from app.web import words
from app.web.asked import number
from app.web.diagram import READERS, names
from app.web.gate import me, need_role
from app.web.moment import now

bp = Blueprint("diagram_rights", __name__)


@bp.get("/quy-trinh/quyen")
def page() -> str:
    """Who has which right, and the last changes."""
    need_role(*READERS)
    people = db.session.scalars(select(User).where(User.is_active).order_by(User.full_name)).all()
    changes = entitlement.changes()
    return render_template(
        "diagram/rights.html", rights=RIGHTS, changes=changes,
        holders=[one for one in people if one.has(*RIGHTS)],
        others=[one for one in people if one.id != me().id] if me().has("admin") else [],
        people=names({int(act.subject.partition(":")[2]) for act, _ in changes}))


@bp.post("/quy-trinh/quyen")
def change() -> Response:
    """Give or take one right of one person."""
    need_role("admin")
    form = request.form
    user_id, is_given = form.get("user", 0, type=number), form.get("given") == "1"
    if entitlement.change(me(), user_id, form.get("right", ""), is_given=is_given, reason=form.get("reason", ""),
                          at=now()):
        db.session.commit()
        facts = {"who": names({user_id})[user_id], "right": words.word(words.ROLE, form["right"])}
        flash(gettext("Đã giao quyền %(right)s cho %(who)s.", **facts) if is_given
              else gettext("Đã thu quyền %(right)s của %(who)s; có hiệu lực ngay.", **facts), "done")
    else:
        flash(gettext("Quyền đã như vậy từ trước nên không có gì thay đổi."), "notice")
    return redirect(url_for("diagram_rights.page"))
