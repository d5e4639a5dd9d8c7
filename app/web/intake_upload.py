"""Files sent in pieces: what was received stays when the line drops, and the browser goes on from there (S7).

POST says what comes and learns how much of it is here; PATCH adds a piece at that place; the last piece lets the file
be judged by its content and kept by its hash (security.md S7). The bytes lie in the data folder under a number made
here; a file that is refused leaves nothing behind.
"""

import fcntl
import os
import re
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, jsonify, request
from flask_babel import gettext
from sqlalchemy.dialects.postgresql import insert

from app.db import db
from app.records import intake
from app.records.barred import UPLOAD
from app.records.intake import IntakeFile, IntakePart
from app.refusal import Refusal
from app.regulation.barred_text import NotToBeEntered
from app.regulation.incoming import keep_out
from app.regulation.incoming.intake import keep
from app.tools.arrival import KINDS
from app.tools.blobs import TooLarge
from app.web.asked import told, too_large
from app.web.gate import me, need_role
from app.web.intake import state
from app.web.moment import now
from app.web.settings import settings, tools
from app.web.words import said, sentence

bp = Blueprint("intake_upload", __name__, url_prefix="/van-ban/tiep-nhan/tai-len")

#: most bytes of one piece
PIECE_BYTES = 4 * 1024 * 1024
#: most uploads of one person under way
MOST_PARTS = 300


@bp.before_request
def _clerk() -> None:
    need_role("clerk")


@bp.post("")
def begin() -> Response:
    """{"id", "offset", "piece"}: the same file (`key`) begun again goes on where it stopped, and keeps its place."""
    body, user = told(), me()
    key, name, size = body.get("key"), body.get("name"), body.get("size")
    if not isinstance(key, str) or not re.fullmatch(r"[0-9a-f]{16,64}", key) or not isinstance(name, str):
        abort(400)
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        abort(400)
    if size > settings().max_upload_bytes:
        return _no(413, too_large())
    if not 0 < len(name) <= 300 or "\0" in name:
        return _no(422, gettext("Tên tệp không hợp lệ. Hãy đặt tên không có dấu / \\ hay ký tự lạ."))
    if db.session.scalar(db.select(db.func.count()).select_from(IntakePart).where(
            IntakePart.user_id == user.id, IntakePart.file_id.is_(None))) >= MOST_PARTS:
        return _no(422, gettext("Đang có quá nhiều tệp tải dở. Hãy đợi các tệp trước xong rồi gửi tiếp."))
    db.session.execute(insert(IntakePart).values(
        agency_id=user.agency_id, key=key, name=name, size_bytes=size, user_id=user.id, at=now(),
    ).on_conflict_do_nothing())
    part = db.session.scalars(db.select(IntakePart).where(
        IntakePart.key == key, IntakePart.user_id == user.id)).one()
    if part.file_id is not None and not _still_waits(part):
        # sent again on purpose: judged anew, and known as a duplicate
        part.file_id, part.at, part.place = None, now(), intake.NEXT_PLACE
    answer = {"id": part.id, "offset": _here(part.id), "piece": PIECE_BYTES, "kinds": KINDS}
    if part.file_id is not None:
        answer = {**answer, **_done(db.session.get_one(IntakeFile, part.file_id))}
    db.session.commit()
    return jsonify(answer)


@bp.patch("/<int:part_id>")
def add(part_id: int) -> Response:
    """A piece at `Upload-Offset`; 409 with the right offset when it is another; the last one answers with the state."""
    if (request.content_length or 0) > PIECE_BYTES:
        abort(413)
    piece = request.get_data()  # before the row is locked: a slow line keeps nobody waiting
    part = db.session.scalar(db.select(IntakePart).where(
        IntakePart.id == part_id, IntakePart.user_id == me().id).with_for_update())
    if part is None:
        abort(404)
    if part.file_id is not None:  # the answer to the last piece was lost on its way
        return jsonify(_done(db.session.get_one(IntakeFile, part.file_id)))
    offset = _append(part, request.headers.get("Upload-Offset", ""), piece)
    if offset is None:
        answer = jsonify(offset=_here(part_id))
        answer.status_code = 409
        return answer
    if offset < part.size_bytes:
        db.session.commit()
        return jsonify(offset=offset)
    return _end(part)


def _append(part: IntakePart, said_offset: str, piece: bytes) -> int | None:
    """Write the piece at its place; None when it does not follow what is here. A crash leaves a part of it: told so."""
    place = _place(part.id)
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "ab") as sink:
        fcntl.flock(sink, fcntl.LOCK_EX)
        here = os.fstat(descriptor).st_size
        if said_offset != str(here) or here + len(piece) > part.size_bytes:
            return None
        sink.write(piece)
    return here + len(piece)


def _end(part: IntakePart) -> Response:
    """All bytes are here: judge, keep, lay out; whatever comes of it, the pieces go."""
    user, place, at = me(), _place(part.id), now()
    data = place.read_bytes() if place.exists() else b""
    try:
        file = keep(user, data, part.name, tools().blobs, at, settings().max_upload_bytes, part.place)
    except Refusal as refusal:
        if refusal.status >= 500:
            raise
        db.session.rollback()
        db.session.delete(db.session.get_one(IntakePart, part.id))
        if isinstance(refusal, NotToBeEntered):
            keep_out.note(refusal, user.agency_id, UPLOAD, at, user_id=user.id)
        db.session.commit()
        place.unlink(missing_ok=True)
        return _no(refusal.status, too_large() if isinstance(refusal, TooLarge) else sentence(refusal), is_final=True)
    part.file_id = file.id
    db.session.commit()
    place.unlink(missing_ok=True)
    return jsonify(_done(file))


def _done(file: IntakeFile) -> dict[str, Any]:
    """What became of a file, and what waits now."""
    held = said(file.code, file.facts) if file.state == intake.HELD else ""
    return {"done": True, "held": held, "state": state()}


def _still_waits(part: IntakePart) -> bool:
    file = db.session.get(IntakeFile, part.file_id)
    if file is None or file.state in (intake.NEW, intake.HELD):
        return file is not None
    return file.state == intake.WAITING and intake.has_waiting(file.id)


def _here(part_id: int) -> int:
    place = _place(part_id)
    return place.stat().st_size if place.exists() else 0


def _place(part_id: int) -> Path:
    return settings().uploads / str(part_id)


def _no(status: int, error: str, *, is_final: bool = False) -> Response:
    """`is_final`: its content is the reason, so nobody is invited to send it again."""
    answer = jsonify(error=error, message=error, final=is_final)
    answer.status_code = status
    return answer
