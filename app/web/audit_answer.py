"""What is asked of a history and waited for: bundle, control slip, replay; how far each is, and its file (Art. 10.3).

Asked for by who may read the document, taken out by who may take; an answer is its asker's only. The worker answers
(engine/history_answer.py). No administrator asks (security.md S13).
"""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, jsonify, redirect, render_template, send_file, url_for
from flask_babel import LazyString
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response

from app.engine import history_answer, reading
from app.engine.history_answer import Asker
from app.engine.replay_many import Judged
from app.records import history_request
from app.records.history_request import FILES, HistoryRequest
from app.refusal import Refusal
from app.web import words
from app.web.audit_find import TAKERS, find
from app.web.gate import me, need_role, wants_json
from app.web.moment import now
from app.web.replay_words import judgement
from app.web.settings import settings, tools

bp = Blueprint("audit_answer", __name__)


@dataclass(frozen=True)
class Kind:
    """What can be asked: its code, its words, the name of its file."""

    what: str
    label: LazyString
    file: str = ""


#: name in the address -> kind
KINDS = {
    "goi-chung-cu": Kind("bundle", _("Gói chứng cứ"), "lich-su-{}.zip"),
    "phieu-kiem-soat": Kind("slip", _("Phiếu kiểm soát (PDF)"), "phieu-kiem-soat-{}.pdf"),
    "phieu-kiem-soat-docx": Kind("slip_docx", _("Phiếu kiểm soát (DOCX)"), "phieu-kiem-soat-{}.docx"),
    "phat-lai": Kind("replay", _("Phát lại bằng bộ máy sạch")),
}
_BY_CODE = {kind.what: kind for kind in KINDS.values()}


@dataclass(frozen=True)
class Shown:
    """One question with its answer, in words."""

    row: HistoryRequest
    label: LazyString | str
    verdict: dict[str, Any] | None
    failure: str
    #: where one looks how far it is; its file is below that
    state: str
    kept_hours: int = history_answer.KEPT_HOURS


def standing(document_id: int) -> list[Shown]:
    """One's own questions about a document that are answered or being answered."""
    return [shown(row, _state(row)) for row in history_request.of(document_id, me().id)]


def shown(row: HistoryRequest, state: str, about: str = "") -> Shown:
    """The question in words; `state`: the address of how far it is; `about`: which document, where several are."""
    failed = Refusal()
    failed.code = row.found.get("code", "")
    label = _BY_CODE[row.what].label
    return Shown(row, f"{label}, {about}" if about else label, _verdict(row), words.sentence(failed), state)


def _state(row: HistoryRequest) -> str:
    return url_for("audit_answer.state", request_id=row.id)


def _verdict(row: HistoryRequest) -> dict[str, Any] | None:
    if row.what != "replay" or row.status != "ready":
        return None
    return judgement([Judged(**one) for one in row.found["judged"]], row.found["faults"], row.found.get("removals", []))


@bp.post("/lich-su/<int:document_id>/lay/<what>")
def ask(document_id: int, what: str) -> Response:
    """Ask for it; asked twice it is one. To a script {"status", "html", "verdict", "state"}, else the page again."""
    found = find(document_id)
    if what not in KINDS:
        abort(404)
    kind = KINDS[what]
    if kind.what in FILES:
        need_role(*TAKERS)
    else:
        reading.note(found, me(), kind.what, now())
    row = history_answer.ask(document_id, Asker(me().agency_id, me().id), kind.what, tools(), settings().answers, now())
    if wants_json():
        return told(shown(row, _state(row)))
    return redirect(url_for("audit.play", document_id=document_id), 303)


def told(one: Shown) -> Response:
    """What a script is told of a question."""
    return jsonify(status=one.row.status, html=render_template("audit/answer.html", one=one), verdict=one.verdict,
                   state=one.state)


def _mine(request_id: int) -> HistoryRequest:
    """One's own question about a document that one may still read."""
    row = history_request.find(request_id, me().id)
    find(row.document_id)
    return row


@bp.get("/lich-su/lay/<int:request_id>")
def state(request_id: int) -> Response:
    """How far it is."""
    row = _mine(request_id)
    return told(shown(row, _state(row)))


@bp.get("/lich-su/lay/<int:request_id>/tep")
def file(request_id: int) -> Response:
    """The file, from the disk."""
    row = _mine(request_id)
    need_role(*TAKERS)
    return sent(row)


def sent(row: HistoryRequest) -> Response:
    """The file of an answer: saved, not shown, and kept by no browser. Raises AnswerGone."""
    made, name = history_answer.opened(row, settings().answers), _BY_CODE[row.what].file.format(row.document_id)
    answer = send_file(made, as_attachment=True, download_name=name)
    answer.content_length = row.size_bytes
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
