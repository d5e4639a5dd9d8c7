"""The regulation text of a procedure, read on the page or taken as DOCX (Art. 10.2); the drawing's twin in words.

What is in force is everybody's to read; older versions and proposals are for those who see them (diagram.py). The words
come from regulation/internal_rules.py and stay Vietnamese in every language of the pages. It issues nothing.
"""

from urllib.parse import quote

from flask import Blueprint, Response, render_template, url_for

from app.db import db
from app.engine import diagram as diagrams
from app.engine.diagram import Release
from app.engine.narrative import Narrative
from app.engine.proposal_table import Proposal
from app.records.agency import Agency
from app.records.calendar import local_date
from app.regulation.internal_rules import as_docx, head_of, internal_rules
from app.tools.docx_regulation import MOTTO, NATION, Head
from app.web.diagram import asked_version, found, name_of, release_of
from app.web.diagram_compare import files_of
from app.web.gate import me
from app.web.moment import now

bp = Blueprint("diagram_text", __name__)

_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def _of_release(key: str) -> tuple[Release, Narrative]:
    release = release_of(key, asked_version())
    return release, internal_rules(diagrams.texts_of(release), key, version=release.version, sha256=release.sha256)


def _of_proposal(proposal_id: int) -> tuple[Proposal, Narrative]:
    one = found(proposal_id)
    return one, internal_rules(files_of(one)[1], one.key)


def _head(narrative: Narrative) -> Head:
    agency = me().agency
    parent = db.session.get(Agency, agency.parent_id) if agency.parent_id else None
    return head_of(narrative, agency, parent.name if parent and not agency.is_general else "", local_date(now()))


def _shown(narrative: Narrative, **more: object) -> str:
    return render_template("diagram/text.html", narrative=narrative, head=_head(narrative), nation=NATION, motto=MOTTO,
                           **more)


def _sent(narrative: Narrative, name: str) -> Response:
    answer = Response(as_docx(narrative, _head(narrative)), mimetype=_DOCX)
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    return answer


@bp.get("/quy-trinh/<key>/van-ban-quy-trinh")
def page(key: str) -> str:
    """The text of what is in force, or of ?phien-ban=."""
    release, narrative = _of_release(key)
    asked = {"phien-ban": release.version} if release.status != "published" else {}
    return _shown(narrative, key=key, title=name_of(key), release=release, proposal=None,
                  docx=url_for("diagram_text.document", key=key, **asked),
                  drawing=url_for("diagram.procedure", key=key, **asked))


@bp.get("/quy-trinh/<key>/van-ban-quy-trinh.docx")
def document(key: str) -> Response:
    """The same as DOCX."""
    release, narrative = _of_release(key)
    return _sent(narrative, f"quy-trinh-{key}-v{release.version}.docx")


@bp.get("/quy-trinh/sua/<int:proposal_id>/van-ban")
def draft(proposal_id: int) -> str:
    """The text as it would be once the proposal is published."""
    one, narrative = _of_proposal(proposal_id)
    return _shown(narrative, key=one.key, title=name_of(one.key), release=None, proposal=one,
                  docx=url_for("diagram_text.draft_document", proposal_id=one.id),
                  drawing=f"{url_for('diagram.proposal', proposal_id=one.id)}/so-do")


@bp.get("/quy-trinh/sua/<int:proposal_id>/van-ban.docx")
def draft_document(proposal_id: int) -> Response:
    """The same as DOCX."""
    one, narrative = _of_proposal(proposal_id)
    return _sent(narrative, f"quy-trinh-{one.key}-ban-sua-{one.id}.docx")
