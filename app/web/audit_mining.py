"""The page on which an auditor or leader takes an event log out of the house for process mining (Art. 10.3, 11.2.b).

Of documents that one may read only; that it was taken, what and why is an act. What a log holds, and that it holds no
content, is records/mining.py's; longer ones than a page can wait for are the operator's (`bin/qlvb history mine`).
"""

import tempfile
from dataclasses import replace
from datetime import date
from typing import Any

from flask import Blueprint, render_template, request, send_file
from sqlalchemy import select
from werkzeug.wrappers import Response

from app.db import db
from app.engine.reason import ReasonNeeded, need_reason
from app.records import history, mining, right, verify
from app.records.agency import Unit
from app.records.calendar import local_date
from app.records.document import Document
from app.records.mining import Asked, LogEmpty, LogUnclear
from app.refusal import Refusal
from app.web import words
from app.web.asked import DaysUnclear, days, number
from app.web.audit import READ
from app.web.gate import me, need_role
from app.web.moment import now

bp = Blueprint("audit_mining", __name__)

#: whose page it is
TAKERS = ("auditor", "leader")
#: acts that a person waits for: some seconds
MOST = 100_000
#: what is done with documents
_KINDS = {kind: label for kind, label in words.ACT.items() if kind in mining.KINDS}
_TYPES = {"xes": "application/xml", "ocel": "application/json", "csv": "text/csv"}
_ENDINGS = {"xes": "xes", "ocel": "ocel.json", "csv": "csv"}


class LogTooLong(Refusal):
    """More acts are asked for than a page can give."""

    code = "log_too_long"


_FIELDS: dict[type[Refusal], str] = {
    ReasonNeeded: "reason", LogTooLong: "until", LogEmpty: "until", DaysUnclear: "until",
    LogUnclear: ""}


@bp.get("/lich-su/nhat-ky")
def page() -> str:
    """What may be asked for."""
    need_role(*TAKERS)
    return _page({}, {})


def _page(given: dict[str, Any], errors: dict[str, str]) -> str:
    units = db.session.scalars(select(Unit).order_by(Unit.name)).all()
    return render_template(
        "audit/mining.html", given=given, errors=errors, formats=words.LOG_FORMAT, kinds=_KINDS,
        chosen=request.form.getlist("kind"), units=units, most=MOST)


@bp.post("/lich-su/nhat-ky")
def take() -> Response | tuple[str, int]:
    """The log as a file; what is wrong is said at its field, and nothing that was chosen is lost."""
    need_role(*TAKERS)
    try:
        return _taken(need_reason(request.form.get("reason", "")))
    except tuple(_FIELDS) as refusal:
        db.session.rollback()
        at = _FIELDS[type(refusal)] or str(refusal.facts["what"])
        return _page(request.form.to_dict(), {at: words.sentence(refusal)}), refusal.status


def _taken(reason: str) -> Response:
    kind, asked = request.form.get("format", "csv"), _asked()
    if kind not in mining.FORMATS:
        raise LogUnclear(what="format")
    readable = select(Document.id).where(right.readable(me(), local_date(now())))
    within = replace(asked, documents=tuple(db.session.scalars(readable)))
    if (acts := mining.need(within)) > MOST:
        raise LogTooLong(acts=acts, most=MOST)
    target = tempfile.TemporaryFile()  # closed, and gone, with the answer
    with verify.snapshot():
        mining.write(kind, mining.events(within), target)
    # only what was made is told as taken; and nothing leaves before it is told
    history.note(f"agency:{me().agency_id}", "history_exported", agency_id=me().agency_id, at=now(), actor_id=me().id,
                 input={"what": kind, "reason": reason, "since": _iso(asked.since), "until": _iso(asked.until),
                        "unit": asked.unit_id, "kinds": list(asked.kinds), "acts": acts})
    db.session.commit()
    target.seek(0)
    answer = send_file(target, mimetype=_TYPES[kind], as_attachment=True,
                       download_name=f"nhat-ky-{now():%Y%m%d}.{_ENDINGS[kind]}")
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _asked() -> Asked:
    since, until = days(request.form, "since", "until")
    try:
        unit = number(text) if (text := request.form.get("unit", "")) else None
    except ValueError:
        raise LogUnclear(what="unit") from None
    kinds = tuple(request.form.getlist("kind")) or tuple(_KINDS)
    return Asked(since, until, unit, kinds if me().has("auditor") else tuple(one for one in kinds if one != READ))


def _iso(value: date | None) -> str | None:
    return value.isoformat() if value else None
