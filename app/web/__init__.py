"""DOOR: the pages. `register(app)` wires them; nothing else is public.

Order matters: the gate lets a person in before a view runs; trouble answers for all of them.
"""

from pathlib import Path

from flask import Flask, g, url_for
from flask_wtf import CSRFProtect

from app.web import (
    answer,
    audit,
    audit_answer,
    audit_check,
    audit_grant,
    audit_mining,
    barred,
    certified_copy,
    channels,
    compared,
    consult,
    delegation,
    diagram,
    diagram_compare,
    diagram_draft,
    diagram_editor,
    diagram_form,
    diagram_instances,
    diagram_overview,
    diagram_parts,
    diagram_proposal,
    diagram_rights,
    diagram_table,
    diagram_text,
    diagram_trial,
    direction,
    dispatch_board,
    document,
    draft,
    draft_layout,
    draft_template,
    draft_versions,
    exchange_form,
    health,
    home,
    inbox,
    intake,
    intake_upload,
    internal,
    internal_kind,
    library,
    login,
    named,
    paper,
    reading_figures,
    recipient_group,
    register_many,
    registers,
    reserve,
    sender_recall,
    signature,
    signature_picture,
    signing,
    signing_bulk,
    signing_client,
    signing_key,
    task,
    trust,
    trust_import,
    upload,
    words,
    working_days,
)
from app.web.asked import register_asked
from app.web.gate import register_gate, waiting
from app.web.header import register_headers
from app.web.language import register_language
from app.web.moment import register_filters
from app.web.settings import settings
from app.web.trouble import register_trouble

_PAGES = (
    health, login, home, inbox, task, intake, intake_upload, document, library, draft, registers, register_many,
    upload,
    working_days, channels, reading_figures,
    delegation, direction, paper, signature, barred, sender_recall, reserve, exchange_form, answer, consult,
    dispatch_board, named, compared,
    signing, signing_key, signature_picture, trust, trust_import, signing_client, signing_bulk, certified_copy,
    internal, internal_kind,
    draft_layout, draft_template, draft_versions, recipient_group,
    diagram, diagram_draft, diagram_parts, diagram_table, diagram_form,
    diagram_editor, diagram_proposal, diagram_rights, diagram_overview, diagram_instances, diagram_trial,
    diagram_compare, diagram_text, audit, audit_answer, audit_check, audit_grant, audit_mining,
)  # fmt: skip


def register(app: Flask) -> None:
    """Put the pages on the application."""
    production = app.config["SETTINGS"].production
    app.config.update(
        SESSION_COOKIE_NAME="__Host-qlvb" if production else "qlvb",
        SESSION_COOKIE_SECURE=production,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,
    )
    # who sends there has no session: the token in the address is its right
    CSRFProtect(app).exempt(signing_client.take)
    register_language(app)
    register_headers(app)
    register_gate(app)
    register_asked(app)
    register_filters(app)
    register_trouble(app)
    for page in _PAGES:
        app.register_blueprint(page.bp)
    _give_templates(app)


def _give_templates(app: Flask) -> None:
    app.jinja_env.globals["words"] = words
    app.jinja_env.globals["word"] = words.word
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True

    @app.context_processor
    def _person() -> dict[str, object]:
        user = g.get("user")
        return {"user": user, "is_demo": settings().env == "demo", "count_of": waiting}

    def asset(name: str) -> str:
        """The address of a static file, changed when the file is."""
        path = Path(app.static_folder or "", name)
        return url_for("static", filename=name, v=int(path.stat().st_mtime) if path.exists() else 0)

    app.jinja_env.globals["asset"] = asset
