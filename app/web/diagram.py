"""Procedures of the agency: what is in force, its versions, and the proposals that are being edited (Art. 10.2).

Everybody of the agency may read the procedure in force. Editing a file is diagram_editor.py's and
diagram_parts.py's, putting a proposal in force diagram_publish.py's.
"""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import select
from werkzeug.wrappers import Response

from app.db import db
from app.engine import proposal
from app.engine.diagram import Release
from app.engine.proposal_table import Proposal
from app.web import words
from app.web.gate import me, need_role
from app.web.moment import now

bp = Blueprint("diagram", __name__)

#: who sees proposals, versions and where instances stand; everybody reads what is in force
READERS = ("designer", "publisher", "migrator", "admin", "auditor")


def found(proposal_id: int) -> Proposal:
    """The proposal, for those who may see proposals; else 403 or 404."""
    need_role(*READERS)
    return proposal.get(proposal_id)


@bp.get("/quy-trinh")
def procedures() -> str:
    """The procedures in force."""
    rows = db.session.scalars(select(Release).where(Release.status == "published").order_by(Release.key)).all()
    return render_template("diagram/list.html", rows=rows)


@bp.get("/quy-trinh/<key>")
def procedure(key: str) -> str:
    """One procedure: its diagram in force, its versions, its proposals."""
    releases = db.session.scalars(select(Release).where(Release.key == key).order_by(Release.version.desc())).all()
    if not releases:
        abort(404)
    return render_template("diagram/procedure.html", key=key, releases=releases)


@bp.post("/quy-trinh/<key>/sua")
def begin(key: str) -> Response:
    """A new proposal of the procedure in force."""
    need_role("designer")
    title = request.form.get("title", "").strip() or gettext("Bản sửa %(name)s", name=words.word(words.PROCEDURE, key))
    if db.session.scalar(select(Release.id).where(Release.key == key).limit(1)) is None:
        abort(404)
    made = proposal.open_(key, title, me(), now())
    db.session.commit()
    return redirect(url_for("diagram.proposal", proposal_id=made.id))


@bp.get("/quy-trinh/sua/<int:proposal_id>", endpoint="proposal")
def proposal_page(proposal_id: int) -> str:
    """The home of a proposal: what it changes, what the check says, remarks, publishing."""
    return render_template("diagram/proposal.html", proposal=found(proposal_id))
