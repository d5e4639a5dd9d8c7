"""The pictures of signatures and of the seal: handed in, looked at where they will stand, used (NĐ 30/2020 PL I, Đ32).

The rules are records/signature_picture.py's and tools/signature_picture.py's. Pictures are shown redrawn, never as they
came (security.md S7).
"""

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from app.db import db
from app.records import attachment, people
from app.records import signature_picture as pictures
from app.records.attachment import Upload
from app.records.people import User
from app.records.signature_picture import KINDS, LEADER, SEAL, NotPictureKeeper, PictureReason
from app.tools.blobs import BlobMissing
from app.tools.signature_picture import MOST_BYTES, PictureWrong, cleaned, sample
from app.web.gate import me, need_role
from app.web.moment import now
from app.web.settings import tools
from app.web.words import sentence

bp = Blueprint("signature_picture", __name__)

WRONG = {
    "file": _("Chọn tệp PNG, một hình, không hỏng."),
    "large": _("Hình quá lớn: nhiều nhất 1 MB và 3000 điểm mỗi cạnh."),
    "small": _("Hình quá nhỏ: phần có nét phải dài ít nhất 160 điểm, cạnh ngắn của con dấu ít nhất 80, của chữ ký 40."),
    "ground": _("Hình phải có nền trong suốt, chỉ còn nét mực."),
    "colour": _("Hình chữ ký phải màu xanh; hình con dấu phải màu đỏ."),
    "round": _("Hình con dấu phải tròn: hai cạnh bằng nhau."),
}
NAMES = {LEADER: _("Hình chữ ký của tôi"), SEAL: _("Hình con dấu của cơ quan")}


def _kind() -> str:
    kind = request.values.get("loai", "")
    if not pictures.may_keep(me(), kind):
        raise NotPictureKeeper()
    return kind


@bp.get("/hinh-chu-ky")
def page() -> str:
    """What is shown now, and what was handed in to be looked at (?loai=, ?xem=)."""
    need_role("leader", "clerk", "admin")
    return _page({})


def _page(wrong: dict[str, str], seen: str | None = None) -> str:
    """`wrong`: sentences by kind and field; `seen`: the hash of what is looked at."""
    user, kind = me(), request.values.get("loai", "")
    kinds = [one for one in KINDS if pictures.may_keep(user, one)]
    return render_template(
        "signing/pictures.html", kinds=kinds, titles=NAMES, wrong=wrong, looked=kind if kind in kinds else "",
        seen=seen if seen is not None else request.values.get("xem", ""),
        present={one: pictures.of(user.id if one == LEADER else None) for one in kinds},
        changes=pictures.changes(user.agency_id),
        names={one.id: one.full_name for one in db.session.scalars(select(User))})


@bp.get("/hinh-chu-ky/mau.png")
def shown() -> Response:
    """Signature and seal together: as they are, or with what is looked at in the place of its kind."""
    kind, user, asked = _kind(), me(), request.args.get("xem", "")
    given = tools().blobs.read(attachment.uploaded(asked, user.id).sha256) if asked else _present(kind, user)
    other = _present(SEAL, user) if kind == LEADER else b""  # nobody looks at another's signature
    title = people.head_title(user.agency) if kind == SEAL else user.position.upper() or people.head_title(user.agency)
    signer = user.full_name if kind == LEADER else str(_("Họ và tên"))
    hand, seal = (given, other) if kind == LEADER else (other, given)
    data = sample(hand, seal, (title, signer, user.agency.name))
    db.session.rollback()
    answer = Response(data, mimetype="image/png")
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _present(kind: str, user: User) -> bytes:
    row = pictures.of(user.id if kind == LEADER else None)
    try:
        return tools().blobs.read(row.sha256) if row else b""
    except BlobMissing:
        return b""


@bp.post("/hinh-chu-ky/xem")
def look() -> AnyResponse | tuple[str, int]:
    """What is handed in, cleaned and kept for its person until it is used."""
    kind, user, file = _kind(), me(), request.files.get("file")
    try:
        data = cleaned(file.stream.read(MOST_BYTES + 1) if file else b"", kind)
    except PictureWrong as refusal:
        return _page({f"{kind}.file": str(WRONG[refusal.facts["why"]])}), 422
    sha256 = attachment.store(tools().blobs, data)
    db.session.add(Upload(agency_id=user.agency_id, sha256=sha256, name=f"{kind}.png", media_type="image/png",
                          size_bytes=len(data), user_id=user.id, at=now()))
    db.session.commit()
    return redirect(url_for("signature_picture.page", loai=kind, xem=sha256), 303)


@bp.post("/hinh-chu-ky")
def change() -> AnyResponse | tuple[str, int]:
    """What was looked at is used from now on; or the drawn one again."""
    kind, form, user = _kind(), request.form, me()
    try:
        if form.get("what") == "take":
            is_new = pictures.take(user, kind, form.get("reason", ""), now())
        else:
            data = tools().blobs.read(attachment.uploaded(form.get("xem", ""), user.id, is_kept=True).sha256)
            is_new = pictures.put(user, kind, cleaned(data, kind), form.get("reason", ""), tools().blobs, now())
    except PictureReason as refusal:
        field = "take" if form.get("what") == "take" else "put"
        return _page({f"{kind}.{field}": sentence(refusal)}, form.get("xem", "")), 422
    if is_new:
        flash(gettext("Đã ghi. Các chữ ký từ nay dùng hình này; văn bản đã ký không đổi."), "done")
    else:
        flash(gettext("Đã như vậy từ trước nên không có gì thay đổi."), "notice")
    return redirect(url_for("signature_picture.page"), 303)
