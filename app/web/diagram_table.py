"""The editor of a decision table of a proposal, with test rows beside it (Art. 4, 10.2).

The browser draws (dmn-js), this file keeps what is safe, says what the reader and the article refuse and at which
cell, and answers test rows by the evaluator that decides in earnest. A draft may be half done: a cell or a name that
the reader refuses is kept and said; a part that it does not know is not kept (security.md S2, S3).
"""

from typing import Any

from flask import Blueprint, Response, jsonify, render_template, url_for
from flask_babel import gettext
from werkzeug.exceptions import BadRequest

from app.db import db
from app.engine import decision_need, decision_trial, form, form_need, proposal, scenario, template, wording
from app.engine.decision_read import Rows, TableRefused, head_of, rows_of
from app.engine.proposal_table import Proposal
from app.records import catalogue
from app.records.document import NotFound
from app.web.asked import told
from app.web.diagram import found
from app.web.diagram_draft import edited, told_revision, told_text
from app.web.diagram_parts import title_of, users
from app.web.gate import me
from app.web.moment import clock, now
from app.web.words import sentence

bp = Blueprint("diagram_table", __name__)

#: names of data whose values people choose from a list -> the list
_LISTS = {"purpose": "purpose", "type_name": "document_type"}


def _named(made: Proposal, key: str) -> tuple[bytes, int]:
    """Text and revision of a table. Raises NotFound."""
    text, revision = proposal.file(made, f"dmn:{key}")
    if text is None:
        raise NotFound()
    return text, revision


@bp.get("/quy-trinh/sua/<int:proposal_id>/bang/<key>")
def page(proposal_id: int, key: str) -> str:
    """The table, its findings and its test rows."""
    made = found(proposal_id)
    text, revision = _named(made, key)
    rows = _rows_of(made, key)

    def at(endpoint: str) -> str:
        return url_for(endpoint, proposal_id=made.id, key=key)

    shown = {
        "name": f"proposal-{made.id}-dmn:{key}", "file": f"dmn:{key}", "key": key, "revision": revision,
        "xml": text.decode("utf-8", "replace"), "rows": rows, "look": look(key, text, rows),
        "open": made.status == proposal.OPEN and me().has("designer"),
        "save": at("diagram_table.save"), "try": at("diagram_table.attempt"), "keep": at("diagram_table.keep"),
        "seen": url_for("diagram_draft.seen", proposal_id=made.id),
        "anew": url_for("diagram_draft.anew", proposal_id=made.id),
    }
    return render_template("diagram/table.html", proposal=made, key=key, title=title_of("dmn", key, text), table=shown,
                           is_asked=decision_need.is_asked(key), names=_names(made, key))


def _names(made: Proposal, key: str) -> list[tuple[str, str]]:
    """The names of data that the table may read, with their words: what a column asks."""
    if reads := decision_need.reads(key):
        return [(name, wording.NAMES.get(name, name)) for name in reads]
    given = template.owned_names() | template.FREE_NAMES
    known = {name: words for name, words in wording.NAMES.items() if name in given}
    files = proposal.files(made)
    for name, procedures in users("form", files).items():
        if f"form:{name}" in files and not form_need.needs(name) and made.key in procedures:
            known |= _fields(files[f"form:{name}"])
    return sorted(known.items())


def _fields(text: bytes) -> dict[str, str]:
    """The fields of a form of the agency's own that become data: key -> label."""
    try:
        return {one.key: one.label for one in form.load(text).fields
                if one.type in ("textfield", "textarea", "number", "checkbox", "datetime", "radio", "select")}
    except form.FormRefused:
        return {}


@bp.post("/quy-trinh/sua/<int:proposal_id>/bang/<key>")
def save(proposal_id: int, key: str) -> Response:
    """Keep the draft of a table: {"revision"}. 422 for what is unsafe or unknown, 409 when somebody was first."""
    made, body = edited(proposal_id), told_text("revision")
    _named(made, key)
    require_keepable(key, body["text"])
    revision = proposal.save(made, f"dmn:{key}", body["text"], told_revision(body), me(), now())
    db.session.commit()
    return jsonify(revision=revision)


def require_keepable(key: str, text: bytes) -> None:
    """Refuse a table that no draft may hold: unsafe, of unknown parts, or of another key. Raises TableRefused."""
    own, _ = head_of(text)
    if own != key:
        raise TableRefused(gettext("Mã (id) của bảng phải là “%(key)s”.", key=key), own)


@bp.post("/quy-trinh/sua/<int:proposal_id>/bang/<key>/thu")
def attempt(proposal_id: int, key: str) -> Response:
    """What is wrong with a table as it is on the page, and what it answers to test rows; nothing is kept."""
    made, body = edited(proposal_id), told_text("rows")
    _named(made, key)
    return jsonify(look(key, body["text"], decision_trial.rows_from(body["rows"])))


@bp.post("/quy-trinh/sua/<int:proposal_id>/bang/<key>/dong-thu")
def keep(proposal_id: int, key: str) -> Response:
    """Keep the test rows of a table beside the scenarios of the procedure; `was` = the rows as they were read."""
    made, body = edited(proposal_id), told()
    rows, was = decision_trial.rows_from(body.get("rows")), body.get("was")
    if any("expect" not in row for row in rows):
        raise BadRequest
    proposal.locked(made.id)  # two people's rows of two tables lie in one file
    text, revision = proposal.file(made, f"case:{made.key}")
    if _rows_of(made, key) != was:
        saved = next((one for one in proposal.saved(made) if one.name == f"case:{made.key}"), None)
        raise proposal.Overtaken(who=saved.saved_by.full_name if saved else "", when=saved.saved_at if saved else None)
    proposal.save(made, f"case:{made.key}", scenario.with_rows(text, key, rows), revision, me(), now())
    db.session.commit()
    return jsonify(rows=rows, at=clock(now()))


def _rows_of(made: Proposal, key: str) -> list[dict[str, Any]]:
    """The test rows that the proposal keeps for a table; none from a file that cannot be read."""
    text, _ = proposal.file(made, f"case:{made.key}")
    try:
        return list(scenario.load(text).tables.get(key, ())) if text else []
    except scenario.CaseRefused:
        return []


def look(key: str, text: bytes, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Findings and answers of a table: {"findings", "asked", "answered", "tried"}; refused: findings only."""
    try:
        read, trial = rows_of(text), decision_trial.load(text)
    except TableRefused as refused:
        return {"findings": [{"level": "error", "element": refused.facts["element"], "message": sentence(refused)}]}
    found_ = [{"level": one.level, "element": one.element, "message": _numbered(one.message, read)}
              for one in trial.table.findings()]
    needed = [{"level": "error", "element": one.element, "message": one.message, "article": one.article}
              for one in decision_need.faults(key, read)]
    enough = decision_trial.MAX_WORK // trial.table.cells  # the rest of the rows are not answered
    return {
        "findings": needed + found_,
        "asked": [{"name": one.name, "label": one.label, "type": one.type, "seen": one.seen[:200],
                   "choices": _choices(one)} for one in trial.asked],
        "answered": [{"name": one.name, "label": one.label or one.name, "type": one.type,
                      "choices": _worded(one.name, decision_trial.texts(one.allowed) if one.allowed else ())}
                     for one in read.outputs],
        "is_list": read.hit_policy in ("RULE ORDER", "COLLECT") and not read.aggregation,
        "rules": [rule.id for rule in read.rules],
        "tried": [_tried(trial, row) for row in rows[:enough]],
    }


def _tried(trial: decision_trial.Trial, row: dict[str, Any]) -> dict[str, Any]:
    tried = trial.run(row, now())
    return {"outputs": tried.outputs, "rules": tried.rules, "message": tried.message, "passed": tried.is_passed}


def _numbered(message: str, rows: Rows) -> str:
    """The message with the numbers of rows in place of their ids."""
    for number, rule in enumerate(rows.rules, 1):
        message = message.replace(f"“{rule.id}”", str(number))
    return message


def _choices(asked: decision_trial.Asked) -> list[dict[str, str]]:
    """The values that a name may have with the words people know, in the order of the table."""
    listed = {one["value"]: one["label"] for one in catalogue.values(_LISTS[asked.name], me())} \
        if asked.name in _LISTS else {}
    return _worded(asked.name, asked.choices or tuple(listed), listed)


def _worded(name: str, values: tuple[str, ...], listed: dict[str, str] | None = None) -> list[dict[str, str]]:
    known = {**wording.VALUES.get(name, {}), **(listed or {})}
    return [{"value": value, "label": known.get(value, value)} for value in values]
