"""What the editors of a proposal share: who else has it open, and one's own text as a proposal of its own (Art. 10.2).

The other half is browser/lib/proposal.js. Saving a file is each editor's, because each knows what it may not keep:
diagram_editor.py, diagram_parts.py.
"""

from flask import Blueprint, Response, jsonify, request, url_for
from flask_babel import gettext
from werkzeug.exceptions import BadRequest

from app.db import db
from app.engine import proposal, proposal_publish
from app.engine.proposal_table import Proposal, ProposalFile
from app.web.asked import number, told
from app.web.gate import me, need_role
from app.web.moment import clock, now

bp = Blueprint("diagram_draft", __name__)

#: who may say something about a file of a proposal
SPEAKERS = ("designer", "publisher", "migrator")


def edited(proposal_id: int) -> Proposal:
    """The proposal, for who may edit diagrams; else 403 or 404."""
    need_role("designer")
    return proposal.get(proposal_id)


def told_text(*others: str) -> dict:
    """The JSON body with "text" as bytes and `others` as they came; 400 when the text is no text."""
    body = told()
    try:
        text = body["text"].encode()
    except (KeyError, AttributeError, UnicodeEncodeError):
        raise BadRequest from None
    return {"text": text, **{name: body.get(name) for name in others}}


def told_revision(body: dict) -> int:
    """The revision of a body; 400 for anything but a whole number from 0."""
    revision = body.get("revision")
    if type(revision) is not int or not 0 <= revision < 2**31:
        raise BadRequest
    return revision


def shown_revision() -> int:
    """The revision that the page of a sent form showed; 400 without one. Nobody undoes what he has not seen."""
    revision = request.form.get("revision", type=number)
    if revision is None or revision >= 2**31:
        raise BadRequest
    return revision


@bp.post("/quy-trinh/sua/<int:proposal_id>/dang-mo")
def seen(proposal_id: int) -> Response:
    """Note that the person has this file on the screen: {"others": [{"name", "here"}], "revision", "who", "when"}."""
    found, name = edited(proposal_id), str(told().get("file", ""))[:65]
    others = proposal.seen(found, me(), now(), name)
    row = db.session.scalar(db.select(ProposalFile).where(
        ProposalFile.proposal_id == found.id, ProposalFile.name == name))
    answer = {
        "others": [{"name": one.user.full_name, "here": one.file == name} for one in others],
        "revision": row.revision if row else 0,
        "who": row.saved_by.full_name if row else "", "when": clock(row.saved_at) if row else "",
    }
    db.session.commit()
    return jsonify(answer)


@bp.post("/quy-trinh/sua/<int:proposal_id>/ban-rieng")
def anew(proposal_id: int) -> Response:
    """Somebody saved first: what this person made becomes a proposal beside theirs. {"next": its address}."""
    found, body = edited(proposal_id), told_text("file")
    name = str(body["file"])
    title = gettext("%(title)s (bản của %(who)s)", title=found.title[:140], who=me().full_name)
    made = proposal_publish.beside(found, title, name, body["text"], me(), now())
    db.session.commit()
    return jsonify(next=url_for("diagram.proposal", proposal_id=made.id))
