"""Delegations (Art. 7): what one has given and was given; a leader gives one after seeing what it means, and ends it.

The rules are regulation/assignment/delegate.py's.
"""

import uuid
from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from app.records import people
from app.records.calendar import local_date
from app.records.catalogue import values as catalogue
from app.regulation.assignment import delegate
from app.web.asked import BIGGEST
from app.web.gate import me, need_role
from app.web.moment import now
from app.web.words import sentence

bp = Blueprint("delegation", __name__)


@bp.get("/uy-quyen")
def page() -> str:
    """Delegations of the person; a leader's form, or the question whether it is meant so (?den, ?tu, ...)."""
    need_role(*delegate.DELEGATES)
    user, today = me(), local_date(now())
    others = [one for one in catalogue("person", user) if one["value"] != str(user.id)]
    asked = {key: request.args.get(key, "").strip()[:500] for key in ("to", "first", "last", "scope", "reason")}
    name = next((one["label"] for one in others if one["value"] == asked["to"]), None)
    first, last = _day(asked["first"]), _day(asked["last"])
    is_asked, wrong = bool(name and asked["scope"] in people.SCOPES and asked["reason"] and first and last), {}
    if is_asked and first and last:
        try:
            delegate.require(user, int(asked["to"]), first, last, asked["scope"], asked["reason"], now())
        except (delegate.DelegationWrong, delegate.DelegationTwice) as refusal:
            is_asked, wrong = False, {"last": sentence(refusal)}
    return render_template(
        "delegation/page.html", rows=delegate.of(user), today=today, others=others, scopes=people.SCOPES, asked=asked,
        name=name, is_asked=is_asked, first=first, last=last, seed=uuid.uuid4(), wrong=wrong)


@bp.post("/uy-quyen")
def give() -> Response:
    """Give it, as confirmed."""
    form = request.form
    to, first, last = form.get("to", ""), _day(form.get("first", "")), _day(form.get("last", ""))
    known = to.isascii() and to.isdigit() and len(to) < 20 and int(to) <= BIGGEST
    if first is None or last is None or not known:
        raise delegate.DelegationWrong(days=delegate.LONGEST_DAYS)
    delegate.give(me(), int(to), first, last, form.get("scope", ""), form.get("reason", ""), now(), _seed())
    flash(gettext("Đã ủy quyền. Mọi việc người được ủy quyền làm đều ghi rõ là thay mặt bạn."), "done")
    return redirect(url_for("delegation.page"), 303)


@bp.post("/uy-quyen/<int:delegation_id>/cham-dut")
def end(delegation_id: int) -> Response:
    """End it at once."""
    if delegate.end(me(), delegation_id, now()):
        flash(gettext("Đã chấm dứt ủy quyền; người đó không còn làm việc thay mặt bạn."), "done")
    else:
        flash(gettext("Ủy quyền này đã chấm dứt từ trước."), "notice")
    return redirect(url_for("delegation.page"), 303)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _seed() -> uuid.UUID | None:
    try:
        return uuid.UUID(request.form.get("seed", ""))
    except ValueError:
        return None
