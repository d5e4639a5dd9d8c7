"""Files in and out: POST /tep takes one, but none that Art. 3.2 keeps out; GET /tep/<document>/<file> gives one (S7).

What a file is, is told by its content (tools/media.py). A file is served as an attachment, never shown
by the browser itself; our own reader fetches PDFs and images and draws them.
"""

from io import BytesIO
from pathlib import Path
from urllib.parse import quote

from flask import Blueprint, Response, abort, jsonify, request, send_file
from flask_babel import gettext
from werkzeug.datastructures import FileStorage

from app.db import db
from app.engine import reading
from app.records import attachment, right, text_layer
from app.records.attachment import Attachment, Upload
from app.records.barred import UPLOAD
from app.records.calendar import local_date
from app.refusal import Refusal
from app.regulation.barred_text import NotToBeEntered
from app.regulation.incoming import keep_out
from app.tools.blobs import BlobMissing, TooLarge
from app.tools.docx import as_saved
from app.tools.media import clean_name, sniff
from app.tools.page_cut import is_signed
from app.web.asked import too_large
from app.web.gate import me
from app.web.moment import now
from app.web.settings import settings, tools
from app.web.shown import shown
from app.web.words import sentence

bp = Blueprint("upload", __name__)


@bp.post("/tep")
def put() -> Response:
    """{"sha256", "name", "media_type", "size"}; 413 or 422 with {"error"} in words."""
    found = taken(request.files.get("file"))
    if isinstance(found, tuple):
        return _no(*found)
    return jsonify(sha256=found.sha256, name=found.name, media_type=found.media_type, size=found.size_bytes)


def taken(file: FileStorage | None) -> Upload | tuple[int, str]:
    """A file that the person sends, looked at and kept until a document takes it; else status and sentence. Commits."""
    user = me()
    if file is None or not file.filename:
        return 422, gettext("Chưa chọn tệp.")
    if "." not in file.filename:
        return 422, gettext("Tên tệp thiếu phần mở rộng, ví dụ .pdf. Hãy đổi tên tệp rồi gửi lại.")
    most = settings().max_upload_bytes
    data = file.stream.read(most + 1)
    try:
        found = sniff(data, file.filename, limit=most)
        keep_out.require_free(data, file.filename, found.media_type, now(), user.id)
        sha256 = attachment.store(tools().blobs, data, most)
    except TooLarge:
        return 413, too_large()
    except Refusal as refusal:
        if refusal.status >= 500:
            raise
        if isinstance(refusal, NotToBeEntered):
            keep_out.note(refusal, user.agency_id, UPLOAD, now(), user_id=user.id)
            db.session.commit()
        return refusal.status, sentence(refusal)
    upload = Upload(
        agency_id=user.agency_id, sha256=sha256, name=clean_name(file.filename), media_type=found.media_type,
        size_bytes=len(data), is_signed=found.extension == "pdf" and is_signed(data), user_id=user.id, at=now(),
    )
    db.session.add(upload)
    db.session.commit()
    return upload


def _no(status: int, error: str) -> Response:
    answer = jsonify(error=error, message=error)
    answer.status_code = status
    return answer


def _find(document_id: int, attachment_id: int) -> Attachment:
    """The file, when the person may read its document and its content is there; else 404."""
    found = right.find(document_id, me(), local_date(now()))
    file = next((file for file in attachment.of(found.id) if file.id == attachment_id), None)
    if file is None or file.removed_at is not None:
        abort(404)
    if not tools().blobs.has(file.sha256):
        raise BlobMissing()
    reading.note(found, me(), f"file:{file.id}", now())
    return file


@bp.get("/tep/<int:document_id>/<int:attachment_id>")
def download(document_id: int, attachment_id: int) -> Response:
    """One file of a document the person may read."""
    file = _find(document_id, attachment_id)
    return sent(tools().blobs.path(file.sha256), file.media_type, file.sha256, file.name)


@bp.get("/tep/<int:document_id>/lop-chu")
def searchable(document_id: int) -> Response:
    """The searchable copy (PDF/A) of what was read; the original is another file."""
    layer = text_layer.of(right.find(document_id, me(), local_date(now())).id)
    source = next((file for file in reversed(attachment.of(document_id))
                   if layer and layer.sha256 and file.sha256 == layer.source_sha256), None)
    if source is None or layer is None:
        abort(404)
    file = _find(document_id, source.id)
    if not tools().blobs.has(layer.sha256):
        raise BlobMissing()
    return sent(tools().blobs.path(layer.sha256), "application/pdf", layer.sha256,
                 f"{Path(file.name).stem} ({gettext('có lớp chữ')}).pdf")


@bp.get("/tep/<int:document_id>/<int:attachment_id>/xem")
def preview(document_id: int, attachment_id: int) -> Response:
    """An office file as PDF, to be read on the page; made once per content, never a file of the document.

    Its fields show the words that it stores: a draft as it will be signed (Art. 8.3).
    """
    file = _find(document_id, attachment_id)
    sha256, name = file.sha256, file.name
    db.session.rollback()  # the converter may take seconds: no transaction waits for it
    # kept under a name of its own: what was made before fields were settled is not shown again
    made = shown(f"{sha256}-words", ".pdf", lambda: tools().converter.to_pdf(
        as_saved(tools().blobs.read(sha256), name), name))
    return sent(BytesIO(made), "application/pdf", f"{sha256}-words-pdf", f"{name}.pdf")


def sent(place: Path | BytesIO, media_type: str, etag: str, name: str) -> Response:
    """A file as an attachment, which the browser itself does not show; `etag`: of these very bytes.

    Raises Infected, ScannerAway: what its scanner does not let go stays here (S7).
    """
    tools().scanner.require_clean(etag, place.getvalue if isinstance(place, BytesIO) else place.read_bytes)
    answer = send_file(place, mimetype=media_type, etag=etag, conditional=True)
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox; frame-ancestors 'none'"
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer
