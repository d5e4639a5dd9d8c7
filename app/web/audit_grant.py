"""The auditor of the agency above (Art. 10.3, 12): counts of the agencies below, and what their leaders handed over.

A leader hands over the history of one document; who reads it above is an act of the agency above. No record of an
agency below is opened from here.
"""

from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from app.db import db
from app.engine import handover
from app.records import audit_grant, history
from app.records.calendar import local_date
from app.records.document import NotFound
from app.web.audit_check import NAMES
from app.web.document import find
from app.web.gate import me, need_role
from app.web.moment import now
from app.web.settings import tools

bp = Blueprint("audit_grant", __name__)

#: kinds of acts by which administrators step in
INTERVENTIONS = ("step_retried", "sent_back", "instance_migrated", "instance_suspended", "instance_resumed",
                 "instance_cancelled", "instance_repaired", "release_withdrawn")


@bp.get("/lich-su/don-vi-truc-thuoc")
def page() -> str:
    """Counts of the agencies below, and what was handed over."""
    need_role("auditor")
    return render_template("audit/province.html", figures=audit_grant.figures(), granted=audit_grant.granted(),
                           checks=NAMES, interventions=INTERVENTIONS)


@bp.get("/lich-su/don-vi-truc-thuoc/<int:grant_id>")
def download(grant_id: int) -> Response:
    """The bundle that was handed over; reading it is an act of this agency."""
    need_role("auditor")
    user, found = me(), audit_grant.find(grant_id)
    data = tools().blobs.read(found.sha256)
    history.note(f"granted:{grant_id}", "document_read", agency_id=user.agency_id, at=now(), actor_id=user.id,
                 input={"what": "bundle", "agency": found.agency, "sha256": found.sha256})
    db.session.commit()
    answer = Response(data, mimetype="application/zip")
    answer.headers["Content-Disposition"] = f"attachment; filename=lich-su-{found.document_id}.zip"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@bp.get("/lich-su/trao/<int:document_id>")
def offer(document_id: int) -> str:
    """Ask the leader for reason and last day."""
    document = find(document_id)
    need_role("leader")
    today = local_date(now())
    return render_template("audit/offer.html", document=document, today=today, has_above=me().agency.parent_id)


@bp.post("/lich-su/trao/<int:document_id>")
def give(document_id: int) -> Response:
    """Hand the history over."""
    document = find(document_id)
    if not me().has("leader"):
        raise NotFound()
    try:
        until = date.fromisoformat(request.form.get("until", ""))
    except ValueError:
        raise handover.GrantTooLong(days=handover.LONGEST_DAYS) from None
    handover.give(document, me(), until, request.form.get("reason", ""), tools(), now())
    flash(gettext("Đã trao lịch sử của văn bản cho kiểm tra của cơ quan cấp trên."), "done")
    return redirect(url_for("document.page", document_id=document_id), 303)
