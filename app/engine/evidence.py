"""A bundle that proves one document's history to a stranger (Art. 10.3; security.md S12): zip, proof, verifier.

The format is `records/FORMAT.md`; the verifier, `records/bundle_verifier.py`, goes into each bundle and needs
neither this product nor its database. Files go from the disk into the zip piece by piece, so that their size costs no
memory. Who may ask for a bundle is decided at the door.
"""

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import select

from app.db import db
from app.engine.diagram import Diagram, Release
from app.engine.playback import BY_SYSTEM
from app.engine.playback_words import message_label, taker
from app.records import attachment, history, seal
from app.records import bundle_verifier as verifier
from app.records.agency import Agency
from app.records.calendar import ZONE
from app.records.document import Document
from app.records.history import Act, ActContent
from app.records.people import User
from app.records.seal import Seal, SealLeaf
from app.refusal import Refusal
from app.tools import Tools, docx_table

_RECORDS = Path(verifier.__file__).parent
#: most seals in a bundle after the one that covers its last act, while none of them bears a time stamp
MOST_LATER = 96
#: read and packed at a time
PIECE_BYTES = 1024 * 1024


class NotSealed(Refusal):
    """The last act of the document is not sealed, and cannot be now."""

    code, status = "not_sealed", 409


def write(document: Document, tools: Tools, at: datetime, target: BinaryIO,
          tell: Callable[[int, int], None] = lambda done, total: None) -> None:
    """Write the zip into `target`; seals first what is not sealed yet. Raises NotSealed, BlobMissing.

    Ends the transaction before the slow part; then `tell(done, total)` is called after each piece.
    """
    document_id, agency_id = document.id, document.agency_id
    _seal(agency_id, document_id, tools, at)
    document = db.session.get_one(Document, document_id)
    acts = history.course(f"document:{document_id}")
    releases = _releases({act.release_sha256 for act in acts if act.release_sha256})
    files, signed = _files(document)
    texts = {f"releases/{sha}": text for sha, text in _texts(releases).items()} | {
        "acts.jsonl": _lines(acts), "seal.json": history.canonical(_proof(acts[-1])),
        "people.json": history.canonical(_people(acts)), "evidence.json": history.canonical(_evidence(document)),
        **trust(tools), "FORMAT.md": (_RECORDS / "FORMAT.md").read_bytes(),
    }
    manifest = {
        "format": "qlvb-history", "version": 4, "subject": f"document:{document_id}", "acts": len(acts),
        "agency": db.session.get_one(Agency, agency_id).name, "made_at": at.isoformat(), "releases": releases,
        "signed": signed}
    course = slip(document, acts)
    db.session.rollback()
    _pack(target, texts, files, course, manifest, tools, tell)


def trust(tools: Tools) -> dict[str, bytes]:
    """What a stranger needs to believe this installation's bundles, and nobody else's: public keys, certificates."""
    return {"trust/seal.pem": tools.sealer.public.encode(), **tools.signer.trust_files()}


def _pack(target: BinaryIO, texts: dict[str, bytes], files: dict[str, str], course: bytes, manifest: dict[str, Any],
          tools: Tools, tell: Callable[[int, int], None]) -> None:
    """The zip: `texts` by name, `files` by name and sha256, the course as PDF, the manifest of them all, signed."""
    done, total = 0, len(texts) + 2 + sum(_pieces(tools.blobs.size(sha256)) for sha256 in files.values())
    hashes = {}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as pack:

        def put(name: str, source: BinaryIO) -> str:
            nonlocal done
            digest = hashlib.sha256()
            with source, pack.open(_entry(name), "w", force_zip64=True) as sink:
                while piece := source.read(PIECE_BYTES):
                    digest.update(piece)
                    sink.write(piece)
                    done += 1
                    tell(min(done, total), total)
            return digest.hexdigest()

        for name in sorted(texts):
            hashes[name] = put(name, io.BytesIO(texts[name]))
        hashes["course.pdf"] = put("course.pdf", io.BytesIO(tools.converter.to_pdf(course, "course.docx")))
        for name in sorted(files):
            hashes[name] = put(name, tools.blobs.open(files[name]))
        hashes["verify.py"] = put("verify.py", open(verifier.__file__, "rb"))
        whole = json.dumps(manifest | {"files": hashes}, ensure_ascii=False, indent=1).encode()
        put("manifest.json", io.BytesIO(whole))
        put("manifest.sig", io.BytesIO(tools.sealer.sign(whole).encode()))
    tell(total, total)


def _pieces(size_bytes: int) -> int:
    return -(-size_bytes // PIECE_BYTES)


def _entry(name: str) -> zipfile.ZipInfo:
    """The same bundle is the same bytes whenever it is made: no time of making."""
    entry = zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _seal(agency_id: int, document_id: int, tools: Tools, at: datetime) -> None:
    for _ in range(3):  # another sealer may be quicker
        if _leaf(f"document:{document_id}") is not None:
            return
        seal.take(agency_id, tools.sealer, at, f"document:{document_id}")
    raise NotSealed()


def _leaf(subject: str) -> tuple[SealLeaf, Seal] | None:
    """The leaf of the subject's last act, and its seal."""
    number, act_hash = history.head(subject)
    row = db.session.execute(
        select(SealLeaf, Seal).join(Seal, Seal.id == SealLeaf.seal_id)
        .where(SealLeaf.subject == subject, SealLeaf.number == number, SealLeaf.hash == act_hash)
        .order_by(Seal.number).limit(1)).first()
    return (row[0], row[1]) if row else None


def _proof(last: Act) -> dict[str, Any]:
    found = _leaf(last.subject)
    if found is None:
        raise NotSealed()
    leaf, covering = found
    leaves = [seal.leaf_hash(row.subject, row.number, row.hash) for row in seal.leaves_of(covering.id)]
    return {"leaf": {"subject": leaf.subject, "number": leaf.number, "hash": leaf.hash},
            "proof": seal.proof(leaves, leaf.position), "seals": [seal.as_json(row) for row in _stamped(covering)]}


def _stamped(covering: Seal) -> list[Seal]:
    """The seal, and those after it up to the first that bears a time stamp: by their chain it covers them all."""
    found = [covering]
    if not covering.stamp:
        for row in db.session.scalars(select(Seal).where(Seal.number > covering.number).order_by(Seal.number)
                                      .limit(MOST_LATER)):
            found.append(row)
            if row.stamp:
                break
    return found


def _lines(acts: list[Act]) -> bytes:
    contents = {row.act_id: row for row in db.session.scalars(
        select(ActContent).where(ActContent.act_id.in_([act.id for act in acts])))}
    lines = []
    for act in acts:
        content = contents.get(act.id)
        lines.append(history.canonical(history.covered(act) | {
            "hash": act.hash, "input": history.canonical(content.input).decode() if content else None,
            "changes": history.canonical(content.changes).decode() if content else None}))
    return b"\n".join(lines) + b"\n"


def _releases(wanted: set[str]) -> dict[str, Any]:
    return {row.sha256: row.parts for row in db.session.scalars(select(Release).where(Release.sha256.in_(wanted)))}


def _texts(releases: dict[str, Any]) -> dict[str, bytes]:
    wanted = {sha for parts in releases.values() for sha in parts.values()}
    rows = db.session.execute(select(Diagram.sha256, Diagram.text).where(Diagram.sha256.in_(wanted)))
    return {row.sha256: row.text for row in rows}


def _files(document: Document) -> tuple[dict[str, str], list[str]]:
    """{name in the bundle: sha256} of the files that are there, and the names of those that bear signatures."""
    found, signed = {}, []
    for row in attachment.of(document.id):
        if row.removed_at is None:
            name = f"files/{row.sha256}-{_safe(row.name)}"
            found[name] = row.sha256
            if row.kind in verifier.SIGNED and name not in signed:
                signed.append(name)
    return found, signed


def _safe(name: str) -> str:
    """A name that means nothing to a file system."""
    return re.sub(r"[^\w. ()-]", "_", name).lstrip(".")[:100] or "tep"


def _people(acts: list[Act]) -> dict[str, Any]:
    ids = {i for act in acts for i in (act.actor_id, act.on_behalf_of_id) if i}
    return {str(user.id): {"full_name": user.full_name, "position": user.position}
            for user in db.session.scalars(select(User).where(User.id.in_(ids)))}


def _evidence(document: Document) -> dict[str, Any]:
    return history.settled({"verdict": document.verdict})


def slip(document: Document, acts: list[Act]) -> bytes:
    """The control slip (phiếu kiểm soát) as DOCX: who did what, when, for whom, how long it had waited."""
    rows, before = [], None
    told = dict(db.session.execute(select(ActContent.act_id, ActContent.input).join(
        Act, Act.id == ActContent.act_id).where(Act.subject == f"document:{document.id}")).all())
    names = _names(told.values())
    for act in acts:
        given = told.get(act.id, {})
        waited = _length((act.at - before).total_seconds()) if before else ""
        who = act.actor.full_name if act.actor else taker(given) or "Hệ thống"
        if act.kind in BY_SYSTEM and act.actor:
            who = f"Hệ thống (do {who} khởi động)"
        if act.on_behalf_of:
            who += f" (thay {act.on_behalf_of.full_name})"
        rows.append([str(act.number), act.at.astimezone(ZONE).strftime("%d/%m/%Y %H:%M:%S"), who,
                     _work(act, given, names), KIND.get(act.kind, act.kind), waited, act.hash[:16]])
        before = act.at
    lines = [f"Trích yếu: {document.subject or '(đã xóa nội dung)'}", f"Số, ký hiệu: {document.reference or '-'}",
             f"Mã hồ sơ: document:{document.id}", f"Số bước: {len(acts)}"]
    return docx_table.build(["PHIẾU KIỂM SOÁT QUÁ TRÌNH XỬ LÝ VĂN BẢN"], lines, [
        "Bước", "Thời điểm", "Người thực hiện", "Công việc", "Hành động", "Sau bước trước", "Mã băm"],
        rows, [14, 38, 55, 70, 45, 25, 20])


def _names(contents: Iterable[dict[str, Any]]) -> dict[int, str]:
    """Names of those to whom something was said."""
    ids = {one for given in contents for one in _told(given)}
    return dict(db.session.execute(select(User.id, User.full_name).where(User.id.in_(ids))).all())


def _told(given: dict[str, Any]) -> list[int]:
    to = given.get("to")
    return [one for one in to if isinstance(one, int)] if isinstance(to, list) else []


def _work(act: Act, given: dict[str, Any], names: dict[int, str]) -> str:
    """Of an act: the task as drawn, what a message told, what was read, to whom something was said; else all of it."""
    if found := act.label or message_label(act) or act.element:
        return found
    read = READ.get(str(given.get("what", "")).partition(":")[0], "")
    return read or "; ".join(names.get(one, f"người dùng {one}") for one in _told(given)) or "Cả văn bản"


#: what of a document is read or taken out, on the slip
READ = {"bundle": "Gói chứng cứ", "slip": "Phiếu kiểm soát", "page": "Trang văn bản", "history": "Lịch sử",
        "file": "Tệp", "task": "Trang việc", "copy": "Bản sao", "replay": "Phát lại"}
#: what an act is called on the slip
KIND = {
    "instance_started": "Bắt đầu quy trình", "task_completed": "Hoàn thành việc", "task_claimed": "Nhận việc",
    "task_released": "Trả việc", "step_finished": "Hệ thống xử lý xong", "step_failed": "Bước xử lý gặp lỗi",
    "step_retried": "Chạy lại bước xử lý", "sent_back": "Trả về bước trước", "timer_fired": "Đến hạn",
    "message_received": "Nhận thông báo", "document_read": "Đọc văn bản", "content_removed": "Xóa nội dung (Điều 3.2)",
    "opinion_given": "Cho ý kiến", "instance_migrated": "Chuyển sang bản quy trình mới",
    "instance_suspended": "Tạm dừng hồ sơ", "instance_resumed": "Tiếp tục hồ sơ",
    "instance_cancelled": "Hủy quy trình của hồ sơ", "instance_repaired": "Sửa chỗ đứng của hồ sơ",
    "repair_asked": "Đề nghị sửa hồ sơ", "repair_refused": "Không đồng ý sửa hồ sơ",
    "deadline_moved": "Tính lại hạn theo lịch làm việc", "day_off_told": "Báo hạn rơi vào ngày nghỉ",
    "urged": "Đôn đốc", "opinion_asked": "Hỏi ý kiến", "notice_confirmed": "Xác nhận thông báo",
    "signature_preserved": "Đóng dấu thời gian lưu trữ", "signature_rechecked": "Kiểm tra lại chữ ký số",
    "recall_asked": "Thu hồi văn bản đã phát hành", "resend_asked": "Gửi lại một nơi nhận",
    "update_asked": "Cập nhật thông tin văn bản đã phát hành",
    "replacement_changed": "Ghi văn bản mà dự thảo thay thế",
    "recipients_answered": "Trả lời cho nơi nhận có tên mà chưa chọn",
    "scan_answered": "Trả lời cho chỗ bản quét khác bản đã duyệt",
    "number_reserved": "Giữ số cho văn bản", "number_released": "Bỏ số đã giữ",
    "sent_otherwise": "Ghi cách gửi, cách báo ngoài trục, hoặc không gửi",
    "mark_found": "Thấy dấu chỉ độ mật ở trang sau (Điều 3.2)", "text_read": "Đọc toàn văn tệp",
    "layout_checked": "Kiểm tra thể thức dự thảo", "answer_changed": "Ghi văn bản đến mà dự thảo trả lời",
    "copy_asked": "Đề nghị sao văn bản", "copy_decided": "Quyết định việc sao văn bản",
    "copy_made": "Cấp số, làm bản sao", "copy_cancelled": "Hủy bản sao",
    "copy_sent": "Gửi bản sao qua trục liên thông",
    "exchange_form_changed": "Đổi hình thức trao đổi (Điều 4)",
    "internal_sent": "Gửi trong nội bộ cơ quan (Điều 4.1.a)", "internal_called_back": "Thu hồi văn bản nội bộ",
    "internal_answered": "Trả lời giấy mời nội bộ", "internal_discarded": "Xóa văn bản nội bộ (Điều 3.2)",
    "removal_completed": "Xóa nốt phần còn lại (Điều 3.2)",
    "taken_over": "Ghi nhận hiện trạng vào lịch sử",
    "history_exported": "Lấy lịch sử ra khỏi hệ thống", "audit_granted": "Giao quyền kiểm tra",
    "audit_ended": "Kết thúc quyền kiểm tra",
}


def _length(seconds: float) -> str:
    days, rest = divmod(int(seconds), 86400)
    hours, rest = divmod(rest, 3600)
    if days:
        return f"{days} ngày {hours} giờ"
    return f"{hours} giờ {rest // 60} phút" if hours else f"{rest // 60} phút {rest % 60} giây"
