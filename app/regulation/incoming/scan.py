"""The folder that a copier writes to becomes the clerks' queue (Art. 6.2.a): each finished file once.

The record comes first, then the file is moved: a worker killed in between finds the record at its next look and only
moves. What a rule refuses is moved aside with the reason in the queue. A sub-folder names the register. How the
folder is read safely is tools/scan_folder.py's; what a clerk decides is intake.py's.
"""

import hashlib
import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from app.db import db
from app.records import attachment, barred, intake
from app.records.calendar import local_date
from app.records.intake import IntakeFile, ScanLook
from app.refusal import Refusal
from app.regulation.barred_text import CODES, NotToBeEntered
from app.regulation.incoming import keep_out
from app.regulation.incoming.intake import admit, register_named
from app.tools import scan_folder
from app.tools.arrival import judge
from app.tools.blobs import Blobs
from app.tools.scan_folder import DONE, REFUSED, Found, StillWritten

#: two looks that saw the same lie at least so far apart, seconds
QUIET_SECONDS = 8


class LookFailed(Refusal):
    """The program itself failed at the file: looked at again it would fail again."""

    code = "file_look_failed"


def finished(agency_id: int, folder: Path, at: datetime) -> Iterator[Found]:
    """The files that two looks have seen unchanged; what is seen for the first time is remembered. Commits."""
    folder.mkdir(mode=0o770, parents=True, exist_ok=True)
    looks = {look.place: look for look in db.session.scalars(db.select(ScanLook))}
    ready, seen = [], set()
    for found in scan_folder.look(folder):
        place = _place(found, folder)
        seen.add(place)
        look = looks.get(place)
        if look is None:
            db.session.add(ScanLook(agency_id=agency_id, place=place, state=found.state, at=at))
        elif look.state != found.state:
            look.state, look.at = found.state, at
        elif at - look.at >= timedelta(seconds=QUIET_SECONDS):
            ready.append(found)
    for place, look in looks.items():
        if place not in seen:
            db.session.delete(look)
    db.session.commit()
    yield from ready


def take(agency_id: int, found: Found, folder: Path, blobs: Blobs, most_bytes: int, at: datetime, *,
         is_failed: bool = False) -> None:
    """One finished file becomes a row of the queue, and is moved away after that. Commits.

    The same file looked at again, by a second worker or after a crash, is the same row. `is_failed`: the look at it
    broke off, and would each time; that is said in the queue.
    """
    key = hashlib.sha256(f"{_place(found, folder)}:{found.state}".encode()).hexdigest()
    file = db.session.scalar(db.select(IntakeFile).where(IntakeFile.scan_key == key))
    if file is None:
        try:
            file = (_refused(agency_id, found, LookFailed(), at) if is_failed
                    else _kept(agency_id, found, blobs, most_bytes, at))
        except StillWritten:
            db.session.rollback()
            return
        except (Refusal, OSError, SQLAlchemyError, MemoryError):
            raise  # not the file's: it is looked at again
        except Exception:
            db.session.rollback()
            take(agency_id, found, folder, blobs, most_bytes, at, is_failed=True)
            raise
        file.scan_key = key
        db.session.flush()
        file.put_away = f"{file.id}-{file.name}"[:200] if file.code not in CODES else ""
        db.session.commit()
    is_barred = file.code in CODES
    to = REFUSED if file.state == intake.REFUSED else DONE
    name = file.put_away
    db.session.rollback()
    if is_barred:  # Art. 3.2: it stays nowhere
        scan_folder.remove(found)
    else:
        scan_folder.put_away(found, folder, to, name)


def _kept(agency_id: int, found: Found, blobs: Blobs, most_bytes: int, at: datetime) -> IntakeFile:
    """The record of one file: waiting for a clerk, or refused with the reason. Raises StillWritten."""
    try:
        data = scan_folder.read(found, most_bytes)
        arrived = judge(data, found.name, most_bytes)
        keep_out.require_free(data, found.name, arrived.media.media_type, at)
    except StillWritten:
        raise
    except Refusal as refusal:
        if refusal.status >= 500:
            raise
        return _refused(agency_id, found, refusal, at)
    sha256 = attachment.store(blobs, data, most_bytes)
    file = admit(agency_id, arrived, sha256, found.name, len(data), at, origin="scan")
    file.register_id = register_named(found.folder, local_date(at).year) if found.folder else None
    if found.folder and file.register_id is None and not file.code:
        file.code, file.facts = intake.RegisterUnknown.code, {"folder": found.folder}
    return file


def _refused(agency_id: int, found: Found, refusal: Refusal, at: datetime) -> IntakeFile:
    facts = {key: value for key, value in refusal.facts.items() if isinstance(value, (str, int))}
    file = IntakeFile(
        agency_id=agency_id, sha256="", name=found.name[:200], media_type="", size_bytes=found.size_bytes,
        page_count=None, is_whole=False, is_signed=False, origin="scan", state=intake.REFUSED, code=refusal.code,
        facts=facts, reason="", at=at, scan_key="", put_away="")
    db.session.add(file)
    if isinstance(refusal, NotToBeEntered):  # its name may say what it is
        file.name, file.size_bytes = "", 0
        db.session.flush()
        keep_out.note(refusal, agency_id, barred.SCAN, at, subject=f"intake_file:{file.id}")
    return file


def _place(found: Found, folder: Path) -> str:
    return hashlib.sha256(os.fsencode(found.place.relative_to(folder))).hexdigest()
