"""The auditor's pages: histories listed and searched, one played on the diagram of its day, two compared (Art. 10.3).

A history is shown to who may read its document (audit_find.py); that it was opened, or listed, is an act. Nothing else
is written here and no instance is moved; what is asked and waited for is audit_answer.py.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from flask import Blueprint, Response, abort, jsonify, render_template, request, url_for
from sqlalchemy import ColumnElement, and_, exists, func, select

from app.db import db
from app.engine import playback, playback_compare, reading
from app.engine.instance import of_document
from app.engine.playback import INTERVENTIONS, Frame
from app.engine.task import Task
from app.records import right
from app.records.calendar import ZONE, local_date
from app.records.document import Document, NotFound
from app.records.history import Act
from app.web import audit_answer
from app.web.asked import DaysUnclear, days, number
from app.web.audit_find import TAKERS, find
from app.web.audit_words import DIFFERS, column_word, field_word, person_of, said, table_word, value_said
from app.web.diagram_overview import lasting
from app.web.gate import me, need_role, note_list
from app.web.language import drawn
from app.web.library import READERS, searched
from app.web.moment import now
from app.web.settings import settings
from app.web.words import ACT, DIRECTION, sentence, word

bp = Blueprint("audit", __name__)

#: who looks over all histories
AUDITORS = ("auditor", "leader")
#: the other side of a comparison: the usual course
USUAL = "thuong-le"
#: readings are told to auditors only
READ = "document_read"
#: acts up to which a page says all of each at once; and what asks for all of more
WHOLE, ALL = 60, "tat-ca"
#: histories that one choice compares
_TWO = 2


@dataclass(frozen=True)
class Row:
    """What the list says of one document's history."""

    acts: int = 0
    last_at: datetime | None = None
    interventions: int = 0
    late: int = 0


@dataclass(frozen=True)
class Ways:
    """Where the page of a history leads: the addresses of its drawings and of what may be asked for, by name."""

    drawing: str
    ask: dict[str, str]
    #: the document's page and the comparison with the usual course; empty: they are not open to this reader
    document: str = ""
    compare: str = ""
    #: where he came from: (address, words)
    back: tuple[str, str] = ("", "")


@bp.get("/lich-su")
def page() -> str | tuple[str, int]:
    """Histories, newest first: ?q= words, ?chieu= direction, ?tre= late, ?can-thiep= interventions, ?tu= ?den= days,
    ?sau= the last id. With ?so-sanh=a,b the two beside each other, b a document or "thuong-le".
    """
    chosen = [part for text in request.args.getlist("so-sanh") for part in text.split(",") if part]
    if chosen:
        return _compared(chosen)
    need_role(*AUDITORS)
    asked, after, most = request.args, request.args.get("sau", type=number), settings().page_rows
    words = asked.get("q", "").strip()[:200]
    kept = {name: asked[name] for name in ("q", "chieu", "tre", "can-thiep", "tu", "den") if asked.get(name)}
    try:
        within = days(asked, "tu", "den")
    except DaysUnclear as refusal:
        said_so = sentence(refusal)
        return render_template("audit/list.html", rows=[], facts={}, kept=kept, error=said_so), refusal.status
    query = searched(select(Document).where(right.readable(me(), local_date(now())), *_filters(*within)), words)
    if after is not None:
        query = query.where(Document.id < after)
    note_list()
    rows = list(db.session.scalars(query.order_by(Document.id.desc()).limit(most + 1)))
    return render_template(
        "audit/list.html", rows=rows[:most], facts=_facts([row.id for row in rows[:most]]), kept=kept, after=after,
        next=rows[most - 1].id if len(rows) > most else None)


def _filters(since: date | None, until: date | None) -> list[ColumnElement[bool]]:
    """Conditions on Document out of the address; 404 for a direction that is none."""
    asked, found = request.args, []
    if direction := asked.get("chieu"):
        if direction not in DIRECTION:
            abort(404)
        found.append(Document.direction == direction)
    if asked.get("tre"):
        found.append(exists().where(Task.document_id == Document.id, _is_late()))
    if asked.get("can-thiep"):
        found.append(exists().where(
            Act.agency_id == Document.agency_id, Act.subject == func.concat("document:", Document.id),
            Act.kind.in_(INTERVENTIONS)))
    if since:
        found.append(Document.created_at >= datetime.combine(since, time(), ZONE))
    if until:
        found.append(Document.created_at <= datetime.combine(until, time.max, ZONE))
    return found


def _is_late() -> ColumnElement[bool]:
    return and_(Task.kind == "user", Task.due_at < func.coalesce(Task.done_at, now()))


def _facts(ids: list[int]) -> dict[int, Row]:
    """How long each history is and what is remarkable in it, in two statements."""
    if not ids:
        return {}
    subjects = {f"document:{one}": one for one in ids}
    acts = db.session.execute(
        select(Act.subject, func.count(), func.max(Act.at), func.count().filter(Act.kind.in_(INTERVENTIONS)))
        .where(Act.subject.in_(subjects)).group_by(Act.subject))
    late = {key: count for key, count in db.session.execute(
        select(Task.document_id, func.count()).where(Task.document_id.in_(ids), _is_late())
        .group_by(Task.document_id))}
    return {subjects[subject]: Row(count, last, reached, late.get(subjects[subject], 0))
            for subject, count, last, reached in acts}


@bp.get("/lich-su/<int:document_id>")
def play(document_id: int) -> str:
    """The history of a document, played: ?buoc= the act at which it stands."""
    found = _opened(document_id)
    return played(found, playback.course(found, now(), chosen()), audit_answer.standing(document_id), Ways(
        url_for("audit.drawing", document_id=document_id),
        {name: url_for("audit_answer.ask", document_id=document_id, what=name) for name, kind in
         audit_answer.KINDS.items() if not kind.file or me().has(*TAKERS)},
        url_for("document.page", document_id=document_id),
        url_for("audit.page", **{"so-sanh": f"{document_id},{USUAL}"})))


def chosen() -> playback.Chosen:
    """Of which acts the page says what was put in and changed: of a long history the one at which it stands only,
    unless ?chi-tiet=tat-ca is asked: the diagram is drawn first, and the script asks for the rest.
    """
    sees_readings, is_all = me().has("auditor"), request.args.get("chi-tiet") == ALL

    def choose(acts: Sequence[Act]) -> set[int]:
        shown = [act for act in acts if act.kind != READ or sees_readings]
        return {act.number for act in shown} if is_all or len(shown) <= WHOLE else {_stand(shown)}

    return choose


def _stand(shown: Sequence[Act | Frame]) -> int:
    """The act at which the page stands: ?buoc=, or the last one that is more than a reading."""
    asked = request.args.get("buoc", type=int)
    acted = [one.number for one in shown if one.kind != READ]
    return asked if asked in {one.number for one in shown} else (acted or [0])[-1]


def played(document: Document, told: playback.Course, answers: list[audit_answer.Shown], ways: Ways) -> str:
    """The page on which a history is played."""
    frames = [frame for frame in told.frames if frame.kind != READ or me().has("auditor")]
    at, scene = _stand(frames), _scene(frames, told.drawings)
    return render_template(
        "audit/page.html", document=document, frames=frames, at=at, read=READ,
        is_whole=all(frame.is_told for frame in frames), all=ALL,
        people=list(dict.fromkeys(map(person_of, frames))),
        kinds={frame.kind: word(ACT, frame.kind) for frame in frames},
        scene=scene, drawn=next((one["release"] for one in scene if one["n"] == at), ""), lasting=lasting, said=said,
        field_word=field_word, value_said=value_said,
        table_word=table_word, column_word=column_word, person_of=person_of, ways=ways,
        kinds_asked=audit_answer.KINDS, answers=answers)


def _opened(document_id: int) -> Document:
    """The document whose history is opened, after the act of that reading."""
    reading.note(find(document_id), me(), "history", now())
    return find(document_id)


def _scene(frames: list[Frame], drawings: dict[str, bytes]) -> list[dict[str, Any]]:
    """What the script needs of each frame: its drawing, its places, and which elements it completed newly."""
    found, before = [], 0
    for frame in frames:
        before = before if before <= len(frame.passed) else 0
        found.append({"n": frame.number, "release": frame.release if frame.release in drawings else "",
                      "here": frame.here, "passed": frame.passed[before:], "flows": frame.flows,
                      "afresh": before == 0, "element": frame.element, "reached": frame.is_intervention,
                      "late": frame.is_late and not frame.overdue, "overdue": [one[0] for one in frame.overdue]})
        before = len(frame.passed)
    return found


@bp.get("/lich-su/<int:document_id>/so-do")
def drawing(document_id: int) -> Response:
    """{"xml"} of a release on which the document ran, ?ban= its hash; without, of the last one."""
    return jsonify(xml=drawn(playback.drawing(find(document_id).id, asked_release())))


def asked_release() -> str:
    """The hash in ?ban=, empty without; 404 for what is none."""
    asked = request.args.get("ban", "")
    if asked and not re.fullmatch(r"[0-9a-f]{64}", asked):
        abort(404)
    return asked


def _compared(chosen: list[str]) -> str:
    """Two histories side by side; each must be readable. Another number of them: the page says what to choose."""
    need_role(*READERS)
    if len(chosen) != _TWO:
        return render_template("audit/compare.html", documents=[])
    keys = [one for one in chosen if one != USUAL]
    if chosen[0] == USUAL or not all(one.isascii() and one.isdigit() and len(one) < 19 for one in keys):
        abort(404)
    for one in keys:
        find(number(one))
    documents = [_opened(number(one)) for one in keys]
    sides = [playback_compare.steps_of(playback.course(one).frames) for one in documents]
    usual = None
    if len(documents) == 1:
        instance = of_document(documents[0].id)
        if instance is None:
            raise NotFound()
        usual = playback_compare.usual(instance.key, instance.release.sha256, but=documents[0].id)
        sides.append(list(usual.steps))
    return render_template("audit/compare.html", documents=documents, usual=usual, lasting=lasting, differs=DIFFERS,
                           pairs=playback_compare.compare(*sides))
