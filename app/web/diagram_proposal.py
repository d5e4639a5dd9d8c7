"""The home of a proposal: what it changes, what the check and the scenarios say, remarks, publishing (Art. 10.2).

Its files are edited on pages of their own (diagram_editor.py, diagram_parts.py); the rules are engine/proposal*.py's.
"""

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from lxml import etree
from werkzeug.wrappers import Response

from app.db import db
from app.engine import diagram, difference, parcel, proposal, proposal_publish
from app.engine.diagram import Release
from app.engine.drawing import DiagramRefused, parsed
from app.engine.proposal import OPEN
from app.engine.proposal_table import Proposal, ProposalFile, Remark
from app.records.people import with_role
from app.refusal import Refusal
from app.web import diagram as procedures
from app.web import words
from app.web.diagram import found, name_of, names
from app.web.diagram_draft import SPEAKERS, edited, shown_revision
from app.web.diagram_parts import title_of
from app.web.gate import me, need_role
from app.web.moment import now

bp = Blueprint("diagram_proposal", __name__)

#: sentences of a difference that the home shows; the rest stands on the page of changes
_FEW = 8


@dataclass(frozen=True)
class Changed:
    """One file of the proposal as the home shows it."""

    file: ProposalFile
    title: str
    #: new, removed or changed
    state: str
    #: address of its editor
    address: str


def _files(proposed: Proposal) -> list[Changed]:
    """The files that the proposal changes; once it is closed, those that it was saved with."""
    present = diagram.hashes_in_force()
    rows = proposal.changed(proposed) if proposed.status == OPEN else proposal.saved(proposed)
    texts = proposal.texts(proposed)
    return [Changed(row, _title(row, texts.get(row.name)),
                    "removed" if row.is_removed else "changed" if row.base_sha256 or row.name in present else "new",
                    _address(proposed, row.name)) for row in rows]


def _title(row: ProposalFile, text: bytes | None) -> str:
    kind, key = row.name.split(":")
    if kind == "bpmn":
        return gettext("Sơ đồ: %(name)s", name=name_of(key))
    if kind == "case":
        return gettext("Kịch bản chạy thử: %(name)s", name=name_of(key))
    title = title_of(kind, key, text)
    return (gettext("Biểu mẫu: %(name)s", name=title) if kind == "form"
            else gettext("Bảng quyết định: %(name)s", name=title))


def _address(proposed: Proposal, name: str) -> str:
    home, (kind, key) = url_for("diagram.proposal", proposal_id=proposed.id), name.split(":")
    return home + {"bpmn": "/so-do", "case": "/chay-thu", "form": f"/bieu-mau/{key}", "dmn": f"/bang/{key}"}[kind]


def _labels(proposed: Proposal, remarks: list[Remark]) -> dict[str, str]:
    """{id: label} of the elements that remarks are about, as the proposal draws them."""
    text = proposal.file(proposed, f"bpmn:{proposed.key}")[0] if any(one.element for one in remarks) else None
    try:
        drawn = parsed(text).iter(etree.Element) if text else ()
    except DiagramRefused:
        return {}
    return {one.get("id"): one.get("name") for one in drawn if one.get("id") and one.get("name")}


def _publishers(authors: list[int]) -> list[str]:
    """Who may publish: those with the right who saved none of the files."""
    return [one.full_name for one in with_role("publisher") if one.id not in authors]


@procedures.bp.get("/quy-trinh/sua/<int:proposal_id>", endpoint="proposal")
def page(proposal_id: int) -> str:
    """The home of a proposal; what the check says is fetched beside it (`judgement`)."""
    return _page(found(proposal_id))


def _page(proposed: Proposal, error: str = "", reason: str = "") -> str:
    """`error` = why it could not be published for `reason`, which stays in its field."""
    user, files = me(), _files(proposed)
    is_open = proposed.status == OPEN
    remarks = proposal.remarks(proposed)
    authors = proposal_publish.authors(proposed) if is_open else sorted({a for c in files for a in c.file.author_ids})
    return render_template(
        "diagram/proposal.html", proposal=proposed, files=files, remarks=remarks,
        labels=_labels(proposed, remarks),
        base=db.session.get(Release, proposed.base_release_id) if proposed.base_release_id else None,
        release=db.session.get(Release, proposed.release_id) if proposed.release_id else None,
        moved=proposal_publish.moved(proposed) if is_open else None,
        people=names({*authors, proposed.opened_by_id, proposed.closed_by_id}), authors=authors,
        publishers=_publishers(authors) if is_open else [], is_author=user.id in authors,
        here=proposal.here(proposed, user, now()), error=error, reason=reason, speakers=SPEAKERS,
        reason_min=proposal_publish.REASON_MIN, reason_max=proposal_publish.REASON_MAX)


@bp.get("/quy-trinh/sua/<int:proposal_id>/danh-gia")
def judgement(proposal_id: int) -> str:
    """What the check and the scenarios say of the proposal as it is saved, and what it changes in words: a part."""
    proposed = found(proposal_id)
    judged = proposal_publish.judge(proposed)
    before, after = diagram.texts_in_force(), proposal.files(proposed)
    keys = sorted(judged.reports or {proposed.key: None})
    changes = [(key, difference.between(before, after, key).changes) for key in keys]
    return render_template("diagram/judgement.html", proposal=proposed, judged=judged, few=_FEW,
                           changes=[(key, found) for key, found in changes if found],
                           home=url_for("diagram.proposal", proposal_id=proposed.id))


def _back(proposed: Proposal, words: str, kind: str = "done") -> Response:
    db.session.commit()
    flash(words, kind)
    return redirect(url_for("diagram.proposal", proposal_id=proposed.id))


@bp.post("/quy-trinh/sua/<int:proposal_id>/ban-hanh")
def publish(proposal_id: int) -> Response | tuple[str, int]:
    """Put it in force; a second press finds it done. What says no is said above the form, with the reason kept."""
    need_role("publisher")
    proposed, reason = proposal.get(proposal_id), request.form.get("reason", "")
    try:
        made = proposal_publish.publish(proposal_id, me(), reason, now())
    except Refusal as refusal:
        db.session.rollback()
        return _page(proposal.get(proposal_id), words.sentence(refusal), reason), refusal.status
    listed = ", ".join(gettext("%(name)s (phiên bản %(n)s)", name=name_of(key), n=diagram.in_force(key).version)
                       for key in made)
    return _back(proposed, gettext("Đã ban hành: %(names)s. Văn bản mới theo bản này; hồ sơ đang chạy giữ bản cũ.",
                                   names=listed))


@bp.post("/quy-trinh/sua/<int:proposal_id>/bo")
def discard(proposal_id: int) -> Response:
    """Put it away; it can be opened again."""
    proposed = edited(proposal_id)
    proposal.discard(proposed, me(), now(), request.form.get("reason", ""))
    return _back(proposed, gettext("Đã bỏ bản sửa. Có thể mở lại bất cứ lúc nào ở trang này."))


@bp.post("/quy-trinh/sua/<int:proposal_id>/mo-lai")
def reopen(proposal_id: int) -> Response:
    """Go on with one that was put away."""
    proposed = edited(proposal_id)
    proposal.reopen(proposed)
    return _back(proposed, gettext("Đã mở lại bản sửa."))


@bp.post("/quy-trinh/sua/<int:proposal_id>/ten")
def rename(proposal_id: int) -> Response:
    """Another title."""
    proposed = edited(proposal_id)
    title = request.form.get("title", "").strip()[:200]
    if not title:
        return _back(proposed, gettext("Hãy ghi tên bản sửa."), "error")
    proposal.rename(proposed, title)
    return _back(proposed, gettext("Đã đổi tên bản sửa."))


@bp.post("/quy-trinh/sua/<int:proposal_id>/chuyen")
def follow_up(proposal_id: int) -> Response:
    """A new proposal on what is in force now, with the chosen files of this one."""
    proposed = edited(proposal_id)
    made = proposal_publish.follow_up(proposed, set(request.form.getlist("name")), me(), now())
    return _back(made, gettext("Đã chuyển phần sửa sang bản này. Hãy xem lại tab Thay đổi trước khi ban hành."))


@bp.post("/quy-trinh/sua/<int:proposal_id>/tra-lai")
def restore(proposal_id: int) -> Response:
    """One file as it is in force; the revision that was on the page must be the one that is there."""
    proposed = edited(proposal_id)
    proposal.restore(proposed, request.form.get("name", ""), shown_revision(), me(), now())
    return _back(proposed, gettext("Đã lấy lại bản đang áp dụng của tệp này."))


@bp.post("/quy-trinh/sua/<int:proposal_id>/loi-nhan-xet")
def remark(proposal_id: int) -> Response:
    """A remark on the proposal, or on one element of a file; publishers and migrators may, too."""
    need_role(*SPEAKERS)
    proposed = proposal.get(proposal_id)
    proposal.remark(proposed, request.form.get("file") or f"bpmn:{proposed.key}", request.form.get("element", ""),
                    request.form.get("text", ""), me(), now())
    return _back(proposed, gettext("Đã ghi nhận xét."))


@bp.post("/quy-trinh/sua/<int:proposal_id>/loi-nhan-xet/<int:remark_id>")
def resolve(proposal_id: int, remark_id: int) -> Response:
    """Settle a remark, or open it again."""
    need_role(*SPEAKERS)
    proposed = proposal.get(proposal_id)
    is_resolved = request.form.get("done") == "1"
    proposal.resolve(proposed, remark_id, me(), now(), is_resolved=is_resolved)
    return _back(proposed, gettext("Đã xong nhận xét.") if is_resolved else gettext("Đã mở lại nhận xét."))


@bp.get("/quy-trinh/sua/<int:proposal_id>/tai-ve")
def export(proposal_id: int) -> Response:
    """The proposal as one zip: the procedure's files as it has them, and all that it changes."""
    proposed = found(proposal_id)
    base = db.session.get(Release, proposed.base_release_id) if proposed.base_release_id else None
    wanted = {*(base.parts if base else ()), *(file.name for file in proposal.saved(proposed))}
    files = {name: text for name, text in proposal.files(proposed).items() if name in wanted}
    about = {"key": proposed.key, "proposal": {"title": proposed.title, "base": base.version if base else None}}
    return procedures.sent(parcel.pack(files, about), f"{proposed.key}-ban-sua-{proposed.id}.zip")
