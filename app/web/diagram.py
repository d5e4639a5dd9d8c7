"""Procedures of the agency: what is in force, its versions, zip in and out, new proposals (Art. 10.2).

Everybody of the agency may read the procedure in force. What a proposal is and does is diagram_proposal.py's, editing
its files diagram_editor.py's and diagram_parts.py's, who may do what diagram_rights.py's.
"""

from pathlib import Path
from urllib.parse import quote

from flask import Blueprint, abort, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import defer
from werkzeug.wrappers import Response

from app.db import db
from app.engine import diagram, diagram_template, form_need, parcel, proposal, template
from app.engine.diagram import Release
from app.engine.instance import Instance
from app.engine.proposal_table import Proposal
from app.records.people import User
from app.refusal import Refusal
from app.web import words
from app.web.gate import me, need_role
from app.web.language import drawn
from app.web.moment import now

bp = Blueprint("diagram", __name__)

#: where the forms lie that an agency starts with
ROOT = Path(__file__).parents[2]

#: who sees proposals, versions and where instances stand; everybody reads what is in force
READERS = ("designer", "publisher", "migrator", "admin", "auditor")


def found(proposal_id: int) -> Proposal:
    """The proposal, for those who may see proposals; else 403 or 404."""
    need_role(*READERS)
    return proposal.get(proposal_id)


def name_of(key: str) -> str:
    """What people call a procedure."""
    return words.word(words.PROCEDURE, key)


def names(ids: set[int | None]) -> dict[int, str]:
    """{id: full name} of people, in one statement."""
    known = ids - {None}
    rows = db.session.execute(select(User.id, User.full_name).where(User.id.in_(known))) if known else []
    return {row.id: row.full_name for row in rows}


def release_of(key: str, version: int | None) -> Release:
    """The release in force, or another version for those who may see them; else 403 or 404."""
    if version is None:
        found = diagram.published(key)
    else:
        found = db.session.scalar(select(Release).where(Release.key == key, Release.version == version))
        if found is not None and found.status != "published":
            need_role(*READERS)
    return found or abort(404)


def asked_version() -> int | None:
    """?phien-ban= of the address; 404 for what is no number."""
    asked = request.args.get("phien-ban", "")
    if asked and not (asked.isascii() and asked.isdigit() and len(asked) < 10):
        abort(404)
    return int(asked) if asked else None


def _count(table: type[Instance] | type[Proposal], *of: object) -> dict[str, int]:
    return dict(db.session.execute(select(table.key, func.count()).where(*of).group_by(table.key)).all())


def _newest() -> list[Release]:
    """The release in force of each procedure, else its newest, by key."""
    first = (Release.key, (Release.status == "published").desc(), Release.version.desc())
    return list(db.session.scalars(select(Release).ext(distinct_on(Release.key)).order_by(*first)))


@bp.get("/quy-trinh")
def procedures() -> str:
    """The procedures of the agency; those of the province that it does not have yet, for who may start from them."""
    sees_all = me().has(*READERS)
    rows = [row for row in _newest() if sees_all or row.status == "published"]
    templates = diagram_template.versions() if sees_all else {}
    mine = {row.key for row in rows}
    return render_template(
        "diagram/list.html", rows=rows, sees_all=sees_all, people=names({row.publisher_id for row in rows}),
        running=_count(Instance, Instance.ended_at.is_(None)) if sees_all else {},
        proposals=_count(Proposal, Proposal.status == proposal.OPEN) if sees_all else {},
        news={row.key for row in rows if diagram_template.is_news(templates.get(row.key), row)},
        offered=[one for key, one in templates.items() if key not in mine])


@bp.get("/quy-trinh/<key>")
def procedure(key: str) -> str:
    """One procedure: its diagram in force, its versions, its proposals. ?phien-ban= draws another version."""
    return _procedure(key, asked_version())


def _procedure(key: str, version: int | None = None, error: str = "") -> str:
    """`error` = why a file could not be imported."""
    sees_all = me().has(*READERS)
    releases = db.session.scalars(select(Release).where(Release.key == key).order_by(Release.version.desc())
                                  .options(defer(Release.parts))).all()
    present = next((one for one in releases if one.status == "published"), None)
    if version is None and present is None and releases and sees_all:
        version = releases[0].version  # all were withdrawn: the page still says what was, and how to go on
    shown = release_of(key, version)
    newest = diagram_template.newest(key) if sees_all else None
    return render_template(
        "diagram/procedure.html", key=key, shown=shown, present=present, sees_all=sees_all, releases=releases,
        people=names({one for row in releases for one in (row.author_id, row.publisher_id, row.withdrawn_by_id)}),
        running=dict(db.session.execute(
            select(Instance.release_id, func.count()).where(Instance.key == key, Instance.ended_at.is_(None))
            .group_by(Instance.release_id)).all()) if sees_all else {},
        proposals=proposal.listed(Proposal.key == key) if sees_all else [],
        template=newest, error=error, is_news=diagram_template.is_news(newest, present),
        lacking=[(_form_named(name), *rest) for name, *rest in _lacking(present)] if sees_all and present else [])


def _lacking(present: Release) -> list[tuple[str, str, list[str]]]:
    """(form, article, fields) of each form in force without all that its article takes."""
    bundle = diagram.bundle(present)
    read = ((name, form_need.lacking(name, bundle.form(name))) for name in sorted(bundle.form_texts))
    return [(name, form_need.article(name), keys) for name, keys in read if keys]


def _form_named(name: str) -> str:
    """What people call a form that an article takes."""
    return template.templates()[f"{template.ANY_FORM}.{name}"].label


@bp.get("/quy-trinh/<key>/so-do")
def drawing(key: str) -> Response:
    """The drawing of the procedure for the viewer."""
    release = release_of(key, asked_version())
    return jsonify(xml=drawn(diagram.texts_of(release)[f"bpmn:{key}"]), here=[], passed=[])


def sent(data: bytes, name: str) -> Response:
    """A file to be kept, never shown by the browser."""
    answer = Response(data, mimetype="application/zip")
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    return answer


@bp.get("/quy-trinh/<key>/tai-ve")
def export(key: str) -> Response:
    """A release as one zip."""
    need_role(*READERS)
    release = release_of(key, asked_version())
    about = {"key": key, "release": {"version": release.version, "sha256": release.sha256,
                                     "published_at": release.published_at.isoformat(), "reason": release.reason}}
    return sent(parcel.pack(diagram.texts_of(release), about), f"{key}-v{release.version}.zip")


def _known(key: str) -> None:
    """404 unless the agency or the province has the procedure."""
    if db.session.scalar(select(Release.id).where(Release.key == key).limit(1)) is None \
            and diagram_template.newest(key) is None:
        abort(404)


def _opened(made: Proposal) -> Response:
    db.session.commit()
    return redirect(url_for("diagram.proposal", proposal_id=made.id))


def _title(fallback: str) -> str:
    return request.form.get("title", "").strip()[:200] or fallback


@bp.post("/quy-trinh/<key>/sua")
def begin(key: str) -> Response:
    """A new proposal of the procedure in force."""
    need_role("designer")
    _known(key)
    return _opened(proposal.open_(key, _title(gettext("Bản sửa %(name)s", name=name_of(key))), me(), now()))


@bp.post("/quy-trinh/<key>/nhap")
def bring(key: str) -> Response | tuple[str, int]:
    """A new proposal from a file: a zip of a release, or one .bpmn, .dmn or .json drawn elsewhere."""
    need_role("designer")
    _known(key)
    file = request.files.get("file")
    if file is None or not file.filename:
        return _procedure(key, error=gettext("Chưa chọn tệp để nhập.")), 422
    try:
        files = parcel.unpack(file.stream.read(parcel.MOST_PACKED + 1), file.filename, key)
    except Refusal as refusal:
        return _procedure(key, error=words.sentence(refusal)), refusal.status
    made = proposal.open_(key, _title(gettext("Nhập từ tệp %(name)s", name=file.filename[:120])), me(), now(), files)
    flash(gettext("Đã nhập %(n)s tệp thành bản sửa. Hãy xem kết quả kiểm tra trước khi ban hành.", n=len(files)),
          "done")
    return _opened(made)


@bp.post("/quy-trinh/<key>/them-truong")
def with_fields(key: str) -> Response:
    """A new proposal in which the forms in force have the fields that they lack, as shipped."""
    need_role("designer")
    present = diagram.published(key) or abort(404)
    shipped, texts = diagram.shipped(ROOT), diagram.bundle(present).form_texts
    files = {f"form:{name}": form_need.completed(name, texts[name], shipped[f"form:{name}"])
             for name in (name for name, _, _ in _lacking(present)) if f"form:{name}" in shipped}
    if not files:
        abort(404)
    return _opened(proposal.open_(key, gettext("Thêm trường còn thiếu của biểu mẫu"), me(), now(), files))


@bp.post("/quy-trinh/<key>/tu-mau")
def from_template(key: str) -> Response:
    """A new proposal with the files of the province's newest template."""
    need_role("designer")
    template = diagram_template.newest(key) or abort(404)
    title = gettext("Theo mẫu của tỉnh, phiên bản %(n)s", n=template.version)
    return _opened(proposal.open_(key, title, me(), now(), diagram_template.texts(template),
                                  template_version=template.version))
