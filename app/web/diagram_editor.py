"""The editor of a proposal's drawing: the page, saving as one draws, the check while one draws, remarks (Art. 10.2).

A text is kept as it comes, half done or hostile: the check names what is wrong, publishing refuses it. Nobody
writes over another: a save names the revision that it was made from. Forms and tables are diagram_parts.py's;
who else is here, and one's own text as a proposal beside another, is diagram_draft.py's.
"""

from typing import Any

from flask import Blueprint, Response, jsonify, render_template, url_for
from werkzeug.exceptions import BadRequest

from app.db import db
from app.engine import check as checks
from app.engine import proposal
from app.engine.proposal_table import Proposal, Remark
from app.web.asked import storable, told
from app.web.diagram import found
from app.web.diagram_choices import offered
from app.web.diagram_draft import SPEAKERS, edited, told_revision, told_text
from app.web.gate import me, need_role
from app.web.moment import clock, now

bp = Blueprint("diagram_editor", __name__)

@bp.get("/quy-trinh/sua/<int:proposal_id>/so-do")
def page(proposal_id: int) -> str:
    """The drawing, for who may edit; to look at, for who may see proposals."""
    one = found(proposal_id)
    name = f"bpmn:{one.key}"
    text, revision = proposal.file(one, name)
    may_edit = me().has("designer") and one.status == proposal.OPEN
    drawing = {
        "id": one.id, "key": one.key, "file": name, "text": (text or b"").decode(errors="replace"),
        "revision": revision, "may_edit": may_edit, "may_remark": me().has(*SPEAKERS) and one.status == proposal.OPEN,
        "offered": offered(proposal.files(one), one.key),
        "remarks": _remarks(one, name),
        "save": url_for("diagram_editor.save", proposal_id=one.id),
        "check": url_for("diagram_editor.check", proposal_id=one.id),
        "remark": url_for("diagram_editor.remark", proposal_id=one.id),
        "presence": url_for("diagram_draft.seen", proposal_id=one.id),
        "another": url_for("diagram_draft.anew", proposal_id=one.id),
    }
    return render_template("diagram/editor.html", proposal=one, drawing=drawing)


@bp.post("/quy-trinh/sua/<int:proposal_id>/so-do")
def save(proposal_id: int) -> Response:
    """Keep the drawing: {"revision"}; 409 with who and when if somebody saved since."""
    one, body = edited(proposal_id), told_text("revision")
    revision = proposal.save(one, f"bpmn:{one.key}", body["text"], told_revision(body), me(), now())
    db.session.commit()
    return jsonify(revision=revision)


@bp.post("/quy-trinh/sua/<int:proposal_id>/so-do/kiem-tra")
def check(proposal_id: int) -> Response:
    """What the check says of the drawing on the screen, with the other files of the proposal. Keeps nothing."""
    one, body = found(proposal_id), told_text()
    files = {**proposal.files(one), f"bpmn:{one.key}": body["text"]}
    return jsonify(checks.check(files, one.key).as_json())


@bp.post("/quy-trinh/sua/<int:proposal_id>/nhan-xet")
def remark(proposal_id: int) -> Response:
    """Say something about an element, or about the whole file: {"remarks"} of the file."""
    need_role(*SPEAKERS)
    one, body = found(proposal_id), told()
    file, element, text = (body.get(name) for name in ("file", "element", "text"))
    if not all(isinstance(value, str) for value in (file, element, text)):
        raise BadRequest
    proposal.remark(one, file, storable(element), storable(text), me(), now())
    db.session.commit()
    return jsonify(remarks=_remarks(one, file))


@bp.post("/quy-trinh/sua/<int:proposal_id>/nhan-xet/<int:remark_id>")
def settle(proposal_id: int, remark_id: int) -> Response:
    """Mark a remark as dealt with, or open it again: {"remarks"} of its file."""
    need_role(*SPEAKERS)
    one, is_resolved = found(proposal_id), told().get("resolved")
    if not isinstance(is_resolved, bool):
        raise BadRequest
    settled = proposal.resolve(one, remark_id, me(), now(), is_resolved=is_resolved)
    db.session.commit()
    return jsonify(remarks=_remarks(one, settled.file))


def _remarks(one: Proposal, file: str) -> list[dict[str, Any]]:
    return [_said(remark) for remark in proposal.remarks(one, file)]


def _said(remark: Remark) -> dict[str, Any]:
    return {
        "id": remark.id, "element": remark.element, "text": remark.text, "who": remark.user.full_name,
        "when": clock(remark.at), "resolved": remark.resolved_at is not None,
        "resolved_by": remark.resolved_by.full_name if remark.resolved_by else "",
    }
