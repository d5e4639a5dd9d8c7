"""What auditors may read: given and ended by a leader (Art. 10.3); and the auditor of the agency above (Art. 12).

The auditor above sees counts of the agencies below and the documents in the scopes that their leaders gave; he plays
histories, has them run again and takes them out, and each is an act on both sides. The rules are engine/handover*.py's;
no record of an agency below is opened otherwise.
"""

import re
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import select
from werkzeug.wrappers import Response

from app.db import db
from app.engine import handover, handover_below
from app.engine.playback import INTERVENTIONS
from app.engine.reason import ReasonNeeded
from app.records import audit_grant, nightly
from app.records.calendar import local_date
from app.records.document import Document, NotFound
from app.records.history_request import HistoryRequest
from app.records.people import User
from app.records.register import Register
from app.refusal import Refusal
from app.web import audit, audit_answer
from app.web.asked import number
from app.web.audit_check import NAMES
from app.web.gate import me, need_role, wants_json
from app.web.language import drawn
from app.web.moment import day, now
from app.web.settings import settings, tools
from app.web.words import sentence

bp = Blueprint("audit_grant", __name__)

#: what the select of auditors says for the one of the agency above
ABOVE = "above"
#: field of the form at which a refusal is shown
_FIELDS: dict[type[Refusal], str] = {
    ReasonNeeded: "reason", handover.GrantTooLong: "until", handover.ScopeUnclear: "scope",
    handover.ReferenceShared: "scope",
    handover.NotAnAuditor: "auditor", handover.NobodyAbove: "auditor", handover.NotTheLeader: "auditor"}


def scope_words(grant: Any) -> str:
    """A scope as a line: "Sổ văn bản đến 2026; từ ngày ...", of a record or a row from below."""
    said, documents = [], grant.document_ids
    if isinstance(grant, audit_grant.AuditGrant):
        book = (grant.register.name, grant.register.year) if grant.register else None
    else:
        book = (grant.register_name, grant.register_year) if grant.register_name else None
    if book:
        said.append(f"{book[0]} {book[1]}")
    if grant.since_date:
        said.append(gettext("từ ngày %(day)s", day=day(grant.since_date)))
    if grant.to_date:
        said.append(gettext("đến ngày %(day)s", day=day(grant.to_date)))
    if grant.type_name:
        said.append(gettext("loại “%(name)s”", name=grant.type_name))
    if documents is not None:
        said.append(gettext("văn bản %(list)s", list=", ".join(map(str, documents))))
    return "; ".join(said) or gettext("Cả cơ quan")


@bp.get("/lich-su/quyen-kiem-tra")
def rights() -> str:
    """Who was given what, by whom, why, until when; a leader gives and ends. ?van-ban= a document to begin with."""
    need_role("leader", "auditor")
    asked = request.args.get("van-ban", "")
    return _rights({"documents": asked} if re.fullmatch(r"\d{1,18}", asked) else {}, {})


def _rights(given: dict[str, Any], errors: dict[str, str]) -> str:
    today, user = local_date(now()), me()
    may_give = user.has("leader") and not user.has("admin")
    rows = audit_grant.of(user)
    auditors = select(User).where(User.is_active, User.roles.contains(["auditor"]), ~User.roles.contains(["admin"]),
                                  User.id != user.id).order_by(User.full_name)
    return render_template(
        "audit/rights.html", standing=[row for row in rows if row.stands(today)], may_give=may_give, today=today,
        past=[row for row in rows if not row.stands(today)], scope_words=scope_words, given=given, errors=errors,
        auditors=db.session.scalars(auditors).all() if may_give else [], above=ABOVE,
        registers=db.session.scalars(select(Register).order_by(Register.year.desc(), Register.id)).all(),
        types=db.session.scalars(select(Document.type_name).where(Document.type_name != "").distinct()
                                 .order_by(Document.type_name)).all() if may_give else [])


@bp.post("/lich-su/quyen-kiem-tra")
def give() -> Response | tuple[str, int]:
    """Give a scope; what is wrong is said at its field, and nothing that was typed is lost."""
    need_role("leader")
    form = request.form
    auditor = form.get("auditor", "")
    try:
        handover.give(me(), None if auditor == ABOVE else _number(auditor) or 0, _scope(), _day("until") or date.min,
                      form.get("reason", ""), now())
    except tuple(_FIELDS) as refusal:
        db.session.rollback()
        return _rights(form.to_dict(), {_FIELDS[type(refusal)]: sentence(refusal)}), refusal.status
    flash(gettext("Đã giao quyền kiểm tra."), "done")
    return redirect(url_for("audit_grant.rights"), 303)


def _scope() -> handover.Scope:
    form = request.form
    return handover.Scope(
        is_whole=form.get("whole") == "1", register_id=_number(form.get("register", "")), since_date=_day("since"),
        to_date=_day("to"), type_name=form.get("type", ""),
        documents=tuple(filter(None, (one.strip() for one in re.split(r"[,;\s]+", form.get("documents", ""))))))


def _number(text: str) -> int | None:
    try:
        return number(text) if text else None
    except ValueError:
        raise handover.ScopeUnclear(why="register") from None


def _day(name: str) -> date | None:
    text = request.form.get(name, "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        if name == "until":
            return None
        raise handover.ScopeUnclear(why="period") from None


@bp.post("/lich-su/quyen-kiem-tra/<int:grant_id>/ket-thuc")
def end(grant_id: int) -> Response:
    """End a scope at once."""
    need_role("leader")
    handover.end(grant_id, me(), request.form.get("reason", ""), now())
    flash(gettext("Đã kết thúc quyền kiểm tra; có hiệu lực ngay."), "done")
    return redirect(url_for("audit_grant.rights"), 303)


@bp.get("/lich-su/don-vi-truc-thuoc")
def below() -> str:
    """Counts of the agencies below, and the scopes that they gave."""
    need_role("auditor")
    return render_template("audit/province.html", figures=audit_grant.figures(), granted=audit_grant.from_below(),
                           checks=NAMES, interventions=INTERVENTIONS, scope_words=scope_words,
                           old_before=now() - timedelta(hours=nightly.SILENT_HOURS))


@bp.get("/lich-su/don-vi-truc-thuoc/<int:grant_id>")
def documents(grant_id: int) -> str:
    """The documents in one of them, ?sau= after that id, and what was asked of them."""
    need_role("auditor")
    _no_administrator()
    found, after, most = audit_grant.find(grant_id), request.args.get("sau", type=number), settings().page_rows
    rows = handover_below.documents_below(grant_id, me(), now(), after=after, limit=most + 1)
    answers = [_shown(grant_id, *one) for one in handover_below.answers_below(grant_id, me())]
    return render_template("audit/below.html", grant=found, rows=rows[:most], after=after, scope=scope_words(found),
                           next=rows[most - 1].id if len(rows) > most else None, answers=answers)


@bp.get("/lich-su/don-vi-truc-thuoc/<int:grant_id>/<int:document_id>")
def play(grant_id: int, document_id: int) -> str:
    """The history of one of them, played: ?buoc= the act at which it stands."""
    need_role("auditor")
    _no_administrator()
    place = {"grant_id": grant_id, "document_id": document_id}
    document, told = handover_below.played_below(grant_id, document_id, me(), now(), audit.chosen())
    answers = [_shown(grant_id, *one) for one in handover_below.answers_below(grant_id, me(), of=document_id)]
    return audit.played(document, told, answers, audit.Ways(
        url_for("audit_grant.drawing", **place),
        {name: url_for("audit_grant.take", pack=name, **place) for name in audit_answer.KINDS},
        back=(url_for("audit_grant.documents", grant_id=grant_id), audit_grant.find(grant_id).agency)))


@bp.get("/lich-su/don-vi-truc-thuoc/<int:grant_id>/<int:document_id>/so-do")
def drawing(grant_id: int, document_id: int) -> Response:
    """{"xml"} of a release on which it ran, ?ban= its hash; without, of the last one."""
    need_role("auditor")
    _no_administrator()
    return jsonify(xml=drawn(handover_below.drawn_below(grant_id, document_id, audit.asked_release())))


@bp.post("/lich-su/don-vi-truc-thuoc/<int:grant_id>/<int:document_id>/<pack>")
def take(grant_id: int, document_id: int, pack: str) -> Response:
    """Ask for the bundle, the control slip or the replay of a document below; asked twice it is one."""
    need_role("auditor")
    _no_administrator()
    if pack not in audit_answer.KINDS:
        raise NotFound()
    found = handover_below.ask_below(grant_id, document_id, audit_answer.KINDS[pack].what, me(), tools(),
                                     settings().answers, now())
    if wants_json():
        return audit_answer.told(_shown(grant_id, *found))
    return redirect(url_for("audit_grant.play", grant_id=grant_id, document_id=document_id), 303)


@bp.get("/lich-su/don-vi-truc-thuoc/<int:grant_id>/lay/<int:request_id>")
def state(grant_id: int, request_id: int) -> Response:
    """How far an answer is."""
    return audit_answer.told(_shown(grant_id, *_asked(grant_id, request_id)))


@bp.get("/lich-su/don-vi-truc-thuoc/<int:grant_id>/lay/<int:request_id>/tep")
def file(grant_id: int, request_id: int) -> Response:
    """Its file, as long as the scope stands."""
    return audit_answer.sent(_asked(grant_id, request_id)[0])


def _asked(grant_id: int, request_id: int) -> tuple[HistoryRequest, str]:
    need_role("auditor")
    _no_administrator()
    return handover_below.asked_below(grant_id, request_id, me())


def _shown(grant_id: int, row: HistoryRequest, name: str) -> audit_answer.Shown:
    place = url_for("audit_grant.state", grant_id=grant_id, request_id=row.id)
    return audit_answer.shown(row, place, name or gettext("Văn bản %(n)s", n=row.document_id))


def _no_administrator() -> None:
    """An administrator reads no content, whatever else he is (security.md S13)."""
    if me().has("admin"):
        raise NotFound()
