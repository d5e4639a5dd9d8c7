"""The overview of a procedure: where its instances stand, waits and missed deadlines as a heat map (Art. 10.4).

The table says what the drawing shows. Counts only; the documents behind a count are listed for who may read them
(records/right.py), and an administrator reads none. It moves no instance: that is diagram_instances.py's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from flask import Blueprint, Response, abort, jsonify, render_template, request
from flask_babel import gettext
from sqlalchemy import select

from app.db import db
from app.engine import diagram as diagrams
from app.engine import overview
from app.engine.dialect import Element
from app.engine.overview import Spot, Version
from app.records.calendar import local_date
from app.records.document import Document
from app.records.right import READS_ALL, readable
from app.web.asked import number
from app.web.diagram import READERS
from app.web.gate import me, need_role, note_list
from app.web.language import drawn
from app.web.moment import now

bp = Blueprint("diagram_overview", __name__)

#: days that "completed" looks back
PERIODS = (30, 90, 365)
_FEW = 50
_HEAT = 4


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    id: str
    label: str
    spot: Spot
    #: measure -> 0 (nothing) to 4 (most)
    heat: dict[str, int]


def lasting(seconds: float | None) -> str:
    """How long, in the two largest units: "3 ngày 4 giờ"."""
    if seconds is None:
        return "–"
    minutes = int(seconds // 60)
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return gettext("%(days)s ngày %(hours)s giờ", days=days, hours=hours)
    if hours:
        return gettext("%(hours)s giờ %(minutes)s phút", hours=hours, minutes=minutes)
    return gettext("%(minutes)s phút", minutes=minutes) if minutes else gettext("dưới 1 phút")


_MEASURES: dict[str, Callable[[Spot], float]] = {
    "standing": lambda spot: spot.standing,
    "wait": lambda spot: spot.median_seconds or 0,
    "late": lambda spot: spot.late_share or 0,
}


def _heat(spots: dict[str, Spot]) -> dict[str, dict[str, int]]:
    """How much of each measure an element has, compared with the most of it."""
    found: dict[str, dict[str, int]] = {element: {} for element in spots}
    for name, measure in _MEASURES.items():
        most = 1.0 if name == "late" else max((measure(spot) for spot in spots.values()), default=0)
        for element, spot in spots.items():
            found[element][name] = ceil(_HEAT * min(measure(spot) / most, 1)) if most else 0
    return found


def _asked(key: str) -> tuple[list[Version], list[Version], int]:
    """All versions of the procedure, those that are looked at, and the days of the period."""
    need_role(*READERS, "leader")
    known = overview.versions(key)
    version = request.args.get("phien-ban", type=number)
    chosen = [found for found in known if version in (None, found.release.version)]
    days = request.args.get("ky", PERIODS[1], type=number)
    if not chosen or days not in PERIODS:
        abort(404)
    return known, chosen, days


def _spots(chosen: list[Version], days: int) -> dict[str, Spot]:
    at = now()
    return overview.spots([found.release.id for found in chosen], since=at - timedelta(days=days), at=at)


def _rows(spots: dict[str, Spot], elements: dict[str, Element]) -> list[Row]:
    """User tasks in the order of the drawing, whatever else something stands at, then what older versions had."""
    heat = _heat(spots)
    shown = [id_ for id_, element in elements.items() if id_ in spots or element.kind == "user"]
    return [Row(id_, elements[id_].label if id_ in elements else spots[id_].label or id_,
                spots.get(id_, Spot(id_)), heat.get(id_, dict.fromkeys(_MEASURES, 0)))
            for id_ in [*shown, *sorted(set(spots) - set(elements))]]


@bp.get("/quy-trinh/<key>/tong-quan")
def page(key: str) -> str:
    """?phien-ban= one version, ?ky= days of completed work, ?buoc= list the documents that stand at an element."""
    known, chosen, days = _asked(key)
    release = chosen[0].release
    elements = dict(diagrams.bundle(release).compiled.elements)
    spots = _spots(chosen, days)
    rows = _rows(spots, elements)
    element = request.args.get("buoc", "")
    may_list = me().has(*READS_ALL, "auditor") and not me().has("admin")
    listed = next((row for row in rows if row.id == element), None) if may_list else None
    if listed:
        note_list()
    return render_template(
        "diagram/overview.html", key=key, known=known, chosen=chosen, days=days, periods=PERIODS, release=release,
        rows=rows, elements=elements, lasting=lasting, at=now(), may_list=may_list, listed=listed,
        documents=_documents(chosen, element) if listed else [], few=_FEW,
        version=release.version if request.args.get("phien-ban") else None)


def _documents(chosen: list[Version], element: str) -> list[Document]:
    ids = overview.documents_at([found.release.id for found in chosen], element)
    return list(db.session.scalars(select(Document).where(Document.id.in_(ids), readable(me(), local_date(now())))
                                   .order_by(Document.id).limit(_FEW)))


@bp.get("/quy-trinh/<key>/tong-quan/so-do")
def drawing(key: str) -> Response:
    """The drawing of the newest version looked at, with what stands on it, for the heat map."""
    _, chosen, days = _asked(key)
    bundle = diagrams.bundle(chosen[0].release)
    spots = _spots(chosen, days)
    rows = _rows(spots, dict(bundle.compiled.elements))
    return jsonify(xml=drawn(bundle.drawing), spots={row.id: _said(row) for row in rows if row.id in spots})


def _said(row: Row) -> dict[str, object]:
    """The words of an element under each measure, "" for none, and its heat."""
    spot = row.spot
    late = "" if not spot.dated else f"{round(100 * spot.late / spot.dated)} %"
    return {"heat": row.heat, "words": {
        "standing": str(spot.standing or ""), "wait": lasting(spot.median_seconds) if spot.done else "", "late": late}}
