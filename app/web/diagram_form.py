"""The editor of a form of a proposal, with a live preview on a sample document (Art. 10.2).

The browser draws (form-js); this file keeps only what the server can check, says at which component it cannot, and
answers a trial as a real task would. Fields that an article reads stay (engine/form_need.py). Nothing sent in a
trial is kept.
"""

import json
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, url_for
from flask_babel import gettext

from app.db import db
from app.engine import form, form_need, proposal
from app.engine.form import FormRefused
from app.engine.form_need import FieldsNeeded
from app.engine.form_read import DEFAULT_LENGTHS, MAX_BYTES, MAX_OPTIONS, MAX_PATTERN_TEXT
from app.engine.language import ExpressionRefused
from app.engine.proposal_table import Proposal
from app.engine.template import owned_names
from app.records import catalogue
from app.records.document import NotFound
from app.regulation.layout_grammar import LETTER
from app.web import words
from app.web.diagram import found
from app.web.diagram_draft import edited, told_revision, told_text
from app.web.diagram_parts import title_of
from app.web.gate import me
from app.web.moment import now
from app.web.words import sentence

bp = Blueprint("diagram_form", __name__)


def _named(made: Proposal, key: str) -> tuple[bytes, int]:
    """Text and revision of a form. Raises NotFound."""
    text, revision = proposal.file(made, f"form:{key}")
    if text is None:
        raise NotFound()
    return text, revision


@bp.get("/quy-trinh/sua/<int:proposal_id>/bieu-mau/<key>")
def page(proposal_id: int, key: str) -> str:
    """The form, its settings and its preview."""
    made = found(proposal_id)
    text, revision = _named(made, key)
    title = title_of("form", key, text)

    def at(endpoint: str) -> str:
        return url_for(endpoint, proposal_id=made.id, key=key)

    shown = {
        "name": f"proposal-{made.id}-form:{key}", "file": f"form:{key}", "key": key, "revision": revision,
        "text": text.decode("utf-8", "replace"), "look": look(key, text), "sample": _sample(),
        "open": made.status == proposal.OPEN and me().has("designer"),
        "catalogues": {name: str(words.word(words.CATALOGUE, name)) for name in sorted(catalogue.names())},
        "needs": {name: {"kind": one.kind, "values": one.values, "catalogue": one.catalogue,
                         "kept": one.is_kept or one.is_required, "required": one.is_required}
                  for name, one in form_need.needs(key).items()},
        "article": form_need.article(key),
        "limits": {"options": MAX_OPTIONS, "pattern": MAX_PATTERN_TEXT, "bytes": MAX_BYTES, "lengths": DEFAULT_LENGTHS},
        "save": at("diagram_form.save"), "look_at": at("diagram_form.preview"), "try": at("diagram_form.attempt"),
        "seen": url_for("diagram_draft.seen", proposal_id=made.id),
        "anew": url_for("diagram_draft.anew", proposal_id=made.id),
    }
    return render_template("diagram/form.html", proposal=made, key=key, title=title, form=shown)


def _sample() -> dict[str, Any]:
    """What is known of the sample document, by field key; a real task fills its form in the same way."""
    return {
        "code_number": "125", "code_notation": "STC-QLNS", "issued_date": "2026-01-05", "type_name": LETTER,
        "organ_name": gettext("Sở Tài chính"), "signer_name": gettext("Nguyễn Văn Mẫu"),
        "signer_position": gettext("Giám đốc"), "page_amount": 2, "priority": "1",
        "subject": gettext("V/v góp ý dự thảo kế hoạch (văn bản mẫu)"),
    }


@bp.post("/quy-trinh/sua/<int:proposal_id>/bieu-mau/<key>")
def save(proposal_id: int, key: str) -> Response:
    """Keep the draft of a form: {"revision"}. 422 for what the server could not check, 409 when somebody was first."""
    made, body = edited(proposal_id), told_text("revision")
    _named(made, key)
    if faults := [one for one in faults_of(key, body["text"]) if not one["unfinished"]]:
        answer = jsonify(message=faults[0]["message"], faults=faults)
        answer.status_code = 422
        return answer
    revision = proposal.save(made, f"form:{key}", body["text"], told_revision(body), me(), now())
    db.session.commit()
    return jsonify(revision=revision)


def faults_of(key: str, text: bytes) -> list[dict[str, Any]]:
    """Why a form may not be published: {"element", "message", "article", "unfinished"}.

    An expression that is not finished yet may stay in a draft; nothing else that is found here may.
    """
    try:
        read = form.load(text)
        form_need.require(key, read)
    except FormRefused as refused:
        is_expression = isinstance(refused.__cause__, ExpressionRefused)
        return [{"element": refused.facts["element"], "message": sentence(refused), "article": "",
                 "unfinished": is_expression}]
    except FieldsNeeded as refused:
        return [{"element": one.element, "message": one.message, "article": one.article, "unfinished": False}
                for one in refused.faults]
    if unknown := sorted(read.catalogues - catalogue.names()):
        return [{"element": next(one.id or one.key for one in read.fields if one.catalogue == unknown[0]),
                 "message": sentence(catalogue.CatalogueUnknown(name=unknown[0])), "article": "",
                 "unfinished": False}]
    owned = owned_names() if not form_need.needs(key) else frozenset()
    return [{"element": one.id or one.key, "article": "", "unfinished": False,
             "message": gettext("Khóa “%(key)s” dành cho hệ thống; hãy đặt khóa khác.", key=one.key)}
            for one in read.fields if one.key in owned]


@bp.post("/quy-trinh/sua/<int:proposal_id>/bieu-mau/<key>/xem-truoc")
def preview(proposal_id: int, key: str) -> Response:
    """The form as a person of this agency would see it, and what is wrong with it; nothing is kept."""
    made, body = edited(proposal_id), told_text()
    _named(made, key)
    return jsonify(look(key, body["text"]))


def look(key: str, text: bytes) -> dict[str, Any]:
    """{"faults", "schema"}: the schema for form-js with its lists filled in, None when it cannot be read."""
    faults = faults_of(key, text)
    try:
        schema = form.load(text).drawn(lambda name: catalogue.values(name, me()))
    except (FormRefused, catalogue.CatalogueUnknown):
        schema = None
    return {"faults": faults, "schema": schema}


@bp.post("/quy-trinh/sua/<int:proposal_id>/bieu-mau/<key>/thu-gui")
def attempt(proposal_id: int, key: str) -> Response:
    """Check values as a real task would: {"values": what would be taken}; FormInvalid at the fields."""
    made, body = edited(proposal_id), told_text("values")
    _named(made, key)
    read = form.load(body["text"])
    values = body["values"] if isinstance(body["values"], dict) else {}
    clean = read.check(values, lambda name: catalogue.values(name, me()), now())
    clean.pop(read.pin, None)
    labels = {field.key: field.label for field in read.fields}
    return jsonify(values=[{"label": labels.get(name, name), "value": _said(value)} for name, value in clean.items()
                           if value not in (None, "", [])])


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return gettext("có") if value else gettext("không")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
