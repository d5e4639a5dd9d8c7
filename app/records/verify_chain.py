"""The first half of `verify.py`: every chain act by act (S12); what was told goes to `verify_record.py`.

One pass, by a cursor of the server, so that a million acts need little memory. It finds too a content that is gone
without an act of removal.
"""

import hashlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import orjson

from app.db import db
from app.records.history import GENESIS, canonical
from app.records.verify_record import OF_DOCUMENT, STANDING, Fault, Records, states, without_chain

#: how far an act may lie before the one it follows: two requests waited for one lock, minutes
SKEW_MINUTES = 10
#: rows fetched at a time
BATCH = 2000


@dataclass
class Verified:
    """What a verification saw."""

    acts: int = 0
    seals: int = 0
    files: int = 0
    numbers: int = 0
    removed: int = 0
    #: seals without a time stamp: the authority was away; later ones cover them by their chain
    unstamped: int = 0
    #: copies of seals of yesterday and before that this installation itself could alter
    alterable: int = 0


class _Row(NamedTuple):
    """One act and its content as the cursor gives them."""

    subject: str
    number: int
    at: datetime
    actor_id: int | None
    on_behalf_of_id: int | None
    kind: str
    element: str
    occurrence: int
    label: str
    moves: str
    release_sha256: str
    input_hash: str
    changes_hash: str
    state_hash: str
    previous_hash: str
    agency_id: int
    hash: str
    input: str | None
    changes: str | None
    id: int


_ACTS = f"""
    select {", ".join("a." + name + ("::text" if name == "moves" else "") for name in _Row._fields[:17])},
           c.input::text, c.changes::text, a.id
    from act a left join act_content c on c.act_id = a.id order by a.subject, a.number"""


def chains(seen: Verified) -> Iterator[Fault]:
    """Each chain from its first act to its last, and the records of each document as its acts have left them."""
    kept = Records()
    walk = _Chain("", kept)
    connection: Any = db.session.connection().connection.driver_connection
    with closing(connection.cursor(name="history")) as cursor:
        cursor.itersize = BATCH
        cursor.execute(_ACTS)
        for found in cursor:
            row = _Row._make(found)
            if row.subject != walk.subject:
                yield from walk.end()
                walk = _Chain(row.subject, kept)
            seen.acts += 1
            seen.removed += row.input is None
            yield from walk.follow(row)
    yield from walk.end()
    yield from kept.end()
    yield from without_chain()
    yield from states()


def _hash_of(row: _Row) -> str:
    moves = [] if row.moves == "[]" else orjson.loads(row.moves)
    at = row.at.astimezone(UTC).isoformat()
    values = dict(zip(_Row._fields[:16], row[:16], strict=True)) | {"moves": moves, "at": at}
    return hashlib.sha256(canonical(values)).hexdigest()


@dataclass
class _Chain:
    """Follows one subject, act by act."""

    subject: str
    kept: Records
    number: int = 0
    previous: str = GENESIS
    at: datetime | None = None
    #: (table, id) -> column -> value that the last act left there, as far as contents are there
    records: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    is_whole: bool = True
    #: the first act whose content is gone and of which no later act says that it was removed
    lacking: int = 0

    def _fault(self, check: str, number: int, message: str) -> Fault:
        return Fault(check, self.subject, message, number)

    def follow(self, row: _Row) -> Iterator[Fault]:
        """The next act of the chain."""
        number = row.number
        if number <= self.number:
            yield self._fault("chain", number, f"Bước {number} có hai lần.")
        elif number != self.number + 1:
            yield self._fault("chain", self.number + 1, f"Mất bước {self.number + 1} trước bước {number}.")
        if row.previous_hash != self.previous:
            yield self._fault("chain", number, f"Bước {number} không nối tiếp bước trước nó.")
        if row.hash != _hash_of(row):
            yield self._fault("chain", number, f"Bước {number} đã bị sửa sau khi ghi.")
        if row.kind == "content_removed":
            self.lacking = 0
        if row.input is None or row.changes is None:
            self.is_whole, self.lacking = False, self.lacking or number
            self.records.clear()
        else:
            yield from self._content(row, row.input, row.changes)
        if self.at is not None and row.at < self.at - timedelta(minutes=SKEW_MINUTES):
            yield self._fault("time", number, f"Bước {number} ghi thời điểm sớm hơn bước trước nó.")
        self.at, self.number, self.previous = row.at, number, row.hash

    def _content(self, row: _Row, given: str, changes: str) -> Iterator[Fault]:
        number = row.number
        if hashlib.sha256(canonical(orjson.loads(given))).hexdigest() != row.input_hash:
            yield self._fault("content", number, f"Nội dung nhập ở bước {number} đã bị sửa.")
        told = orjson.loads(changes)
        if hashlib.sha256(canonical(told)).hexdigest() != row.changes_hash:
            yield self._fault("content", number, f"Thay đổi ghi ở bước {number} đã bị sửa.")
            return
        for table, key, columns in told:
            if table in STANDING and (table != "message" or not self.subject.startswith("document:")):
                self.kept.told(row.id, table, key, columns)
            elif table in OF_DOCUMENT:
                kept = self.records.setdefault((table, key), {})
                for name, (_old, new) in columns.items():
                    kept[name] = new

    def end(self) -> Iterator[Fault]:
        """After the last act: nothing is gone without an act, and the records are as the acts left them."""
        if self.lacking:
            yield self._fault("content", self.lacking, f"Nội dung bước {self.lacking} mất mà không có bước xóa bỏ.")
        yield from self.kept.add(self)
