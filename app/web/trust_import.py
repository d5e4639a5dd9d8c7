"""A register of agencies that send and their leaders, handed in as a file: what it would change, asked for in one act.

The rules are regulation/register_import.py's and records/trust_anchor.py's (Art. 3.3; NĐ 68/2024 Art. 32).
"""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response

from app.db import db
from app.records import attachment, trust_anchor
from app.records.attachment import Upload, UploadMissing
from app.records.trust_anchor import TrustThere, TrustWrong
from app.refusal import Refusal
from app.regulation import register_import
from app.regulation.register_import import MOST_BYTES, BundleWrong, Found
from app.tools.blobs import BlobMissing
from app.web.gate import me, need_role
from app.web.moment import now
from app.web.settings import tools
from app.web.trust import COLUMN, SIGNER
from app.web.words import sentence

bp = Blueprint("trust_import", __name__)

#: what keeps a row of a register from being asked for, beside the sentences of refusals
WHY = {"missing": _("thiếu"), "wrong": _("sai kiểu dữ liệu"),
       "unknown": _("sổ đăng ký không có tên này, nên không đọc"),
       "key_twice": _("tên này được ghi hai lần trong một mục"),
       "code_twice": _("mã này đã thuộc về một cơ quan khác trong sổ"), "no_file": _("không có tệp chứng thư này"),
       "twice": _("cùng một chứng thư được ghi cho hai người hoặc cơ quan trong những ngày trùng nhau"),
       "days": _("ngày cuối trước ngày đầu")}


@bp.get("/danh-sach-tin-cay/so-dang-ky")
def page() -> str | tuple[str, int]:
    """The form; `xem`: what this upload would change."""
    need_role(*trust_anchor.ASKING)
    sha256 = request.args.get("xem", "")
    try:
        return _page(_found(sha256) if sha256 else None, sha256)
    except (BundleWrong, UploadMissing, BlobMissing) as refusal:
        return _page(None, refusal=refusal), refusal.status


def _page(found: Found | None, sha256: str = "", refusal: Refusal | None = None) -> str:
    """`refusal`: why the file that was handed in cannot be read, or was not asked for."""
    return render_template(
        "signing/trust_import.html", found=found, xem=sha256, whose=SIGNER, why=WHY, column=COLUMN, sentence=sentence,
        wrong=sentence(refusal) if refusal else "", given=request.form, most=MOST_BYTES // 1_000_000)


def _found(sha256: str, *, is_kept: bool = False) -> Found:
    """Raises BundleWrong, UploadMissing, BlobMissing."""
    upload = attachment.uploaded(sha256, me().id, is_kept=is_kept)
    return register_import.read_bundle(me(), tools().blobs.read(upload.sha256), now())


@bp.post("/danh-sach-tin-cay/so-dang-ky")
def look() -> Response | tuple[str, int]:
    """Keep what is handed in for its person, and show what it would change."""
    need_role(*trust_anchor.ASKING)  # before anything of a stranger is read
    user, files, left = me(), [], MOST_BYTES
    for one in request.files.getlist("files"):
        if one.filename:
            files.append((one.filename, one.stream.read(left + 1)))
            left = max(0, left - len(files[-1][1]))
    try:
        bundle = register_import.bundled(files)
        register_import.read_bundle(user, bundle, now())
    except BundleWrong as refusal:
        return _page(None, refusal=refusal), refusal.status
    sha256 = attachment.store(tools().blobs, bundle)
    db.session.add(Upload(agency_id=user.agency_id, sha256=sha256, name="register.zip", media_type="application/zip",
                          size_bytes=len(bundle), user_id=user.id, at=now()))
    db.session.commit()
    return redirect(url_for("trust_import.page", xem=sha256), 303)


@bp.post("/danh-sach-tin-cay/so-dang-ky/de-nghi")
def ask() -> Response | tuple[str, int]:
    """Ask in one act for what was ticked of the changes that were shown."""
    need_role(*trust_anchor.ASKING)
    form, at = request.form, now()
    sha256, taken = form.get("xem", ""), set(form.getlist("take"))
    found = _found(sha256, is_kept=True)
    if found.shown != form.get("shown") or found.faults:
        flash(gettext("Danh sách đã thay đổi từ lúc bạn xem. Hãy xem lại rồi gửi đề nghị."), "notice")
        return redirect(url_for("trust_import.page", xem=sha256), 303)
    changes = [one for one in found.changes if one.row.key in taken]
    try:
        trust_anchor.ask_all(me(), [new for one in changes for new in one.news],
                             [old.id for one in changes for old in one.olds], form.get("reason", ""), at)
    except (TrustWrong, TrustThere) as refusal:
        return _page(_found(sha256), sha256, refusal), refusal.status
    flash(gettext("Đã ghi đề nghị. Danh sách chỉ thay đổi khi người thứ hai đồng ý."), "done")
    return redirect(url_for("trust.page"), 303)
