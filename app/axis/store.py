"""What the local axis keeps: messages and one delivery per recipient in SQLite, bodies on disk by sha256.

A body is on disk and synced before its row exists, and the row is committed before a DocId is answered: a
killed axis loses nothing it acknowledged (QĐ 28/2018/QĐ-TTg Art. 8, 13). It knows neither HTTP nor XML.
"""

import hashlib
import json
import os
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from uuid import uuid4

from app.axis.directory import AxisRefused, sync_folder

STATUSES = ("INITIAL", "PROCESSING", "DONE", "FAIL")
#: rows of one answer
MAX_ROWS = 1000
_VIETNAM = timezone(timedelta(hours=7))
_TABLES = """
create table if not exists message (
  doc_id text primary key, sender text not null, key text not null, sha256 text not null, recipients text not
  null, message_type text not null, title text not null, notation text not null, created_at text not null,
  unique (sender, key)); create table if not exists delivery ( doc_id text primary key, message text not null
  references message, recipient text not null, status text not null, status_desc text not null, updated_at
  text not null, unique (message, recipient)); create index if not exists delivery_recipient on delivery
  (recipient, status); create table if not exists seen (signature text primary key, until integer not null);
"""


@dataclass(frozen=True)
class Letter:
    """One packet as its sender hands it over."""

    sender: str
    key: str
    sha256: str
    recipients: tuple[str, ...]
    message_type: str
    title: str
    notation: str


class Store:
    """One data folder; one connection, used by one thread at a time."""

    def __init__(self, folder: Path) -> None:
        self._bodies = folder / "bodies"
        self._bodies.mkdir(parents=True, exist_ok=True)
        os.chmod(folder, 0o700)
        self._lock = threading.Lock()
        self._db = sqlite3.connect(folder / "axis.db", isolation_level=None, check_same_thread=False, timeout=10)
        self._db.row_factory = sqlite3.Row
        self._db.execute("pragma journal_mode=wal")
        self._db.execute("pragma synchronous=full")
        self._db.execute("pragma foreign_keys=on")
        self._db.executescript(_TABLES)

    def close(self) -> None:
        """Close the database; what was committed stays."""
        with self._lock:
            self._db.close()

    def remember(self, signature: str, until: int, now: int) -> bool:
        """Keep a request's signature until a second of the epoch; False when it was seen before."""
        with self._lock, self._db:
            self._db.execute("begin immediate")
            self._db.execute("delete from seen where until < ?", (now,))
            added = self._db.execute(
                "insert into seen values (?, ?) on conflict do nothing", (signature, until)
            )
            return added.rowcount == 1

    def send(self, letter: Letter, data: bytes) -> str:
        """Keep a letter and give its DocId; the same key gives the same DocId for the same letter only."""
        self._write(letter.sha256, data)
        recipients = json.dumps(sorted(letter.recipients))
        now = _now()
        with self._lock, self._db:
            self._db.execute("begin immediate")
            old = self._db.execute(
                "select * from message where sender = ? and key = ?", (letter.sender, letter.key)
            ).fetchone()
            if old:
                same = (old["sha256"], old["recipients"], old["message_type"])
                if same != (letter.sha256, recipients, letter.message_type):
                    raise AxisRefused("40", "this key was used for another letter")
                return old["doc_id"]
            doc_id = str(uuid4())
            self._db.execute(
                "insert into message values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (doc_id, letter.sender, letter.key, letter.sha256, recipients, letter.message_type)
                + (letter.title, letter.notation, now),
            )
            self._db.executemany(
                "insert into delivery values (?, ?, ?, 'INITIAL', '', ?)",
                [(str(uuid4()), doc_id, code, now) for code in letter.recipients],
            )
        return doc_id

    def received(self, code: str, message_type: str, first: date, last: date) -> list[dict]:
        """List deliveries to an agency, unfinished ones first, then by time."""
        rows = self._rows(
            "select d.doc_id, m.sender, d.recipient, m.message_type, m.created_at, d.updated_at, d.status,"
            " d.status_desc from delivery d join message m on m.doc_id = d.message"
            " where d.recipient = ? and m.message_type = ? and m.created_at >= ? and m.created_at < ?"
            " order by d.status = 'DONE', m.created_at, d.rowid limit ?",
            (code, message_type, *_span(first, last), MAX_ROWS),
        )
        return [
            {
                "docId": row["doc_id"],
                "serviceType": "eDoc",
                "messageType": row["message_type"],
                "created_time": row["created_at"],
                "updated_time": row["updated_at"],
                "from": row["sender"],
                "to": row["recipient"],
                "status": row["status"],
                "status_desc": row["status_desc"],
            }
            for row in rows
        ]

    def sent(self, code: str, message_type: str, first: date, last: date) -> list[dict]:
        """List deliveries an agency sent, one row per recipient, newest first."""
        rows = self._rows(
            "select m.*, d.doc_id as delivery_id, d.recipient, d.status, d.status_desc, d.updated_at"
            " from message m join delivery d on d.message = m.doc_id"
            " where m.sender = ? and m.message_type = ? and m.created_at >= ? and m.created_at < ?"
            " order by m.created_at desc, d.rowid limit ?",
            (code, message_type, *_span(first, last), MAX_ROWS),
        )
        return [
            {
                "senderDocId": row["doc_id"],
                "receiverDocId": row["delivery_id"],
                "fromCode": row["sender"],
                "toCode": row["recipient"],
                "title": row["title"],
                "notation": row["notation"],
                "messageType": row["message_type"],
                "serviceType": "eDoc",
                "sentTime": row["created_at"],
                "receivedTime": "" if row["status"] == "INITIAL" else row["updated_at"],
                "sendStatus": "DONE",
                "sendStatusDesc": "",
                "receiveStatus": row["status"],
                "receiveStatusDesc": row["status_desc"],
            }
            for row in rows
        ]

    def body(self, code: str, doc_id: str) -> tuple[str, bytes]:
        """Give sha256 and bytes of what an agency received or sent; others learn no more than "no such letter"."""
        rows = self._rows(
            "select m.sha256 from message m where m.doc_id = ? and m.sender = ? union "
            "select m.sha256 from delivery d join message m on m.doc_id = d.message"
            " where d.doc_id = ? and d.recipient = ?",
            (doc_id, code, doc_id, code),
        )
        if not rows:
            raise AxisRefused("30", "no such letter")
        sha256 = rows[0]["sha256"]
        data = self._path(sha256).read_bytes()
        if hashlib.sha256(data).hexdigest() != sha256:
            raise AxisRefused("21", "the stored letter is damaged")
        return sha256, data

    def mark(self, code: str, doc_id: str, status: str, status_desc: str) -> None:
        """Set the transport status of a delivery; what is DONE stays DONE."""
        if status not in STATUSES:
            raise AxisRefused("31", "no such transport status")
        with self._lock, self._db:
            self._db.execute("begin immediate")
            row = self._db.execute(
                "select status from delivery where doc_id = ? and recipient = ?", (doc_id, code)
            ).fetchone()
            if row is None:
                raise AxisRefused("30", "no such letter")
            if row["status"] not in ("DONE", status):
                self._db.execute(
                    "update delivery set status = ?, status_desc = ?, updated_at = ? where doc_id = ?",
                    (status, status_desc, _now(), doc_id),
                )

    def _rows(self, query: str, values: Sequence[object]) -> list[sqlite3.Row]:
        with self._lock:
            return self._db.execute(query, values).fetchall()

    def _path(self, sha256: str) -> Path:
        return self._bodies / sha256[:2] / sha256

    def _write(self, sha256: str, data: bytes) -> None:
        """Write, sync, rename, sync the folders: a name in `bodies` always has its whole content."""
        path = self._path(sha256)
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            fresh = path.with_name(f"{sha256}.{uuid4().hex}")
            with open(fresh, "xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(fresh, path)
        sync_folder(path.parent)
        sync_folder(self._bodies)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")


def _span(first: date, last: date) -> tuple[str, str]:
    """Give the times between which the days lie, counted in Vietnam."""
    start = datetime(first.year, first.month, first.day, tzinfo=_VIETNAM).astimezone(UTC)
    days = timedelta(days=(last - first).days + 1)
    return start.isoformat(timespec="microseconds"), (start + days).isoformat(timespec="microseconds")
