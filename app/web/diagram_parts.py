"""The forms and decision tables of a proposal: which there are, who uses them, new ones, copies, removal (Art. 10.2).

Editing one is diagram_form.py's and diagram_table.py's. What an article takes and what a diagram uses is not removed.
"""

import json
import re
import unicodedata
from dataclasses import dataclass

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from app.db import db
from app.engine import decision_need, decision_write, form, form_need, proposal, template, wording
from app.engine.decision_read import TableRefused, head_of, rows_of
from app.engine.form import FormRefused
from app.engine.proposal_table import Proposal, ProposalFile
from app.records.document import NotFound
from app.web.diagram import found
from app.web.diagram_draft import edited, shown_revision
from app.web.gate import me
from app.web.moment import now

bp = Blueprint("diagram_parts", __name__)

#: kind of file -> its part of an address
PLACES = {"form": "bieu-mau", "dmn": "bang"}
#: attribute of a drawing that names a form, and a table
_USES = {"form": re.compile(rb"""formKey\s*=\s*["']([a-z0-9_]{1,60})["']"""),
         "dmn": re.compile(rb"""decisionRef\s*=\s*["']([a-z0-9_]{1,60})["']""")}
_LONGEST_KEY = 40
#: the letter that Unicode does not take apart: d with stroke
_DIACRITICS = {0x111: "d"}


@dataclass(frozen=True)
class Part:
    """One form or table as a list shows it."""

    key: str
    title: str
    #: keys of the procedures whose drawings name it
    users: tuple[str, ...]
    #: does an article take it
    is_taken: bool
    #: new, changed, removed or "" (as in force)
    state: str
    saved: ProposalFile | None
    #: why it is refused as it is; "" when it may be published
    fault: str


def title_of(kind: str, key: str, text: bytes | None) -> str:
    """What people call a form or table: its template's words, its own name, else its key."""
    if kind == "form" and (known := template.templates().get(f"{template.ANY_FORM}.{key}")):
        return known.label
    try:
        own = "" if text is None else form.load(text).title if kind == "form" else head_of(text)[1]
    except (FormRefused, TableRefused):
        own = ""
    return own or key


def parts(made: Proposal, kind: str) -> list[Part]:
    """All forms or tables of the agency as the proposal has them, removed ones too; those of its procedure first."""
    present, before = proposal.files(made), proposal.base(made)
    saved = {file.name: file for file in proposal.saved(made)}
    names = {name for name in present.keys() | before.keys() | saved.keys() if name.startswith(f"{kind}:")}
    known = users(kind, present)
    rows = [_part(kind, name, present.get(name), before.get(name), saved.get(name), known) for name in names]
    return sorted(rows, key=lambda row: (made.key not in row.users, not row.users, row.title))


def _part(kind: str, name: str, text: bytes | None, before: bytes | None, saved: ProposalFile | None,
          known: dict[str, tuple[str, ...]]) -> Part:
    key = name.partition(":")[2]
    state = "removed" if text is None else "new" if before is None else "" if text == before else "changed"
    is_taken = bool(form_need.needs(key)) if kind == "form" else decision_need.is_asked(key)
    return Part(key, title_of(kind, key, text or before), known.get(key, ()), is_taken, state, saved,
                "" if text is None else _fault(kind, key, text))


def users(kind: str, files: dict[str, bytes]) -> dict[str, tuple[str, ...]]:
    """{form or table: the procedures whose drawings name it}, also of a drawing that is not to be read yet."""
    found: dict[str, tuple[str, ...]] = {}
    for name in sorted(name for name in files if name.startswith("bpmn:")):
        for key in {key.decode() for key in _USES[kind].findall(files[name])}:
            found[key] = (*found.get(key, ()), name[5:])
    return found


def _fault(kind: str, key: str, text: bytes) -> str:
    try:
        if kind == "dmn":
            decision_need.require(key, rows_of(text))
        else:
            form_need.require(key, form.load(text))
    except (FormRefused, TableRefused, form_need.FieldsNeeded) as refused:
        return str(refused.facts["message"])
    return ""


def _listed(proposal_id: int, kind: str) -> str:
    made = found(proposal_id)
    may_edit = made.status == proposal.OPEN and me().has("designer")
    return render_template("diagram/parts.html", proposal=made, kind=kind, rows=parts(made, kind), may_edit=may_edit)


@bp.get("/quy-trinh/sua/<int:proposal_id>/bieu-mau")
def forms(proposal_id: int) -> str:
    """The forms of a proposal."""
    return _listed(proposal_id, "form")


@bp.get("/quy-trinh/sua/<int:proposal_id>/bang")
def tables(proposal_id: int) -> str:
    """The decision tables of a proposal."""
    return _listed(proposal_id, "dmn")


def _kind(place: str) -> str:
    """The kind of file of an address; 404 for another word."""
    return next((kind for kind, word in PLACES.items() if word == place), None) or abort(404)


@bp.post("/quy-trinh/sua/<int:proposal_id>/<any('bieu-mau', 'bang'):place>")
def make(proposal_id: int, place: str) -> Response:
    """A new form or table of this title, from a small sample or from the one named "tu"."""
    made, kind, title = edited(proposal_id), _kind(place), request.form.get("title", "").strip()[:120]
    if not title:
        flash(gettext("Hãy ghi tên."), "error")
        return redirect(url_for(f"diagram_parts.{'forms' if kind == 'form' else 'tables'}", proposal_id=made.id))
    key = fresh_key(title, {name.partition(":")[2] for name in proposal.files(made) if name.startswith(f"{kind}:")})
    source = request.form.get("tu", "")
    text = proposal.file(made, f"{kind}:{source}")[0] if source else None
    if source and text is None:
        raise NotFound()
    name = f"{kind}:{key}"
    proposal.save(made, name, _copy(made, kind, key, title, text), proposal.file(made, name)[1], me(), now())
    db.session.commit()
    return redirect(url_for(f"diagram_{'form' if kind == 'form' else 'table'}.page", proposal_id=made.id, key=key))


@bp.post("/quy-trinh/sua/<int:proposal_id>/<any('bieu-mau', 'bang'):place>/<key>/bo")
def remove(proposal_id: int, place: str, key: str) -> Response:
    """The release will not have it; what a diagram uses stays, and what somebody saved since the page was drawn."""
    made, kind = edited(proposal_id), _kind(place)
    text, revision = proposal.file(made, f"{kind}:{key}")[0], shown_revision()
    if text is None:
        raise NotFound()
    if key in users(kind, proposal.files(made)) or kind == "dmn" and decision_need.is_asked(key):
        flash(gettext("Quy trình đang dùng phần này nên chưa bỏ được. Hãy sửa sơ đồ trước."), "error")
    else:
        proposal.remove(made, f"{kind}:{key}", revision, me(), now())
        db.session.commit()
        flash(gettext("Đã bỏ khỏi bản sửa. Có thể lấy lại ở cuối danh sách."), "done")
    return redirect(f"{url_for('diagram.proposal', proposal_id=made.id)}/{place}")


@bp.post("/quy-trinh/sua/<int:proposal_id>/<any('bieu-mau', 'bang'):place>/<key>/lay-lai")
def restore(proposal_id: int, place: str, key: str) -> Response:
    """As it is in force, unless somebody saved it since the page was drawn."""
    made, kind = edited(proposal_id), _kind(place)
    proposal.restore(made, f"{kind}:{key}", shown_revision(), me(), now())
    db.session.commit()
    flash(gettext("Đã lấy lại bản đang áp dụng."), "done")
    return redirect(f"{url_for('diagram.proposal', proposal_id=made.id)}/{place}")


def fresh_key(title: str, taken: set[str]) -> str:
    """A key for a title: "Thẩm định pháp lý" -> tham_dinh_phap_ly, with a number when it is taken."""
    plain = unicodedata.normalize("NFD", title.lower().translate(_DIACRITICS)).encode("ascii", "ignore").decode()
    key = re.sub(r"[^a-z0-9]+", "_", plain).strip("_").lstrip("0123456789_")[:_LONGEST_KEY].rstrip("_") or "moi"
    return next(name for number in range(1, len(taken) + 2)
                if (name := key if number == 1 else f"{key}_{number}") not in taken)


def _copy(made: Proposal, kind: str, key: str, title: str, text: bytes | None) -> bytes:
    """The text of a new form or table under its own key and title."""
    if kind == "form":
        return _form(title, text)
    if text is not None:
        return decision_write.copied(text, key, title)
    procedure = template.procedures().get(made.key)
    asked = next((name for name in (procedure.gives if procedure else ()) if not name.endswith("_id")), "decision")
    return decision_write.new(key, title, asked, wording.upper(wording.NAMES.get(asked, asked)), gettext("Kết quả"))


def _form(title: str, text: bytes | None) -> bytes:
    schema = form.schema_of(text) if text else {"components": [
        {"type": "radio", "id": "field_decision", "key": "decision", "label": gettext("Kết quả"),
         "values": [{"label": gettext("Đồng ý"), "value": "agree"},
                    {"label": gettext("Đề nghị sửa"), "value": "change"}],
         "validate": {"required": True}},
        {"type": "textarea", "id": "field_opinion", "key": "opinion", "label": gettext("Ý kiến"),
         "validate": {"maxLength": 2000}}]}
    schema |= {"type": "default", "title": title}
    return (json.dumps(schema, ensure_ascii=False, indent=2) + "\n").encode()
