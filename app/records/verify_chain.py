"""The first half of `verify.py`: every chain act by act, and the records of each document as its acts left them (S12).

One pass, by a cursor of the server, so that a million acts need little memory. It finds too what no act told of: a
record put in behind the back, a content gone without an act of removal, an account that is another than was told.
"""

import hashlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import orjson
from sqlalchemy import text

from app.db import db
from app.records.history import GENESIS, canonical

#: how far an act may lie before the one it follows: two requests waited for one lock, minutes
SKEW_MINUTES = 10
#: rows fetched at a time; records compared at a time
BATCH, TOGETHER = 2000, 4000


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, and where."""

    #: chain, content, time, seal, copy, file, number, record, release, account
    check: str
    #: "document:17", "register:3", "seal:12", "diagram:4"
    subject: str
    #: Vietnamese
    message: str
    #: number of the act in its chain; 0 where it is about no act
    act: int = 0

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


@dataclass
class Verified:
    """What a verification saw."""

    acts: int = 0
    seals: int = 0
    files: int = 0
    numbers: int = 0
    removed: int = 0


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


_ACTS = f"""
    select {", ".join("a." + name + ("::text" if name == "moves" else "") for name in _Row._fields[:17])},
           c.input::text, c.changes::text
    from act a left join act_content c on c.act_id = a.id order by a.subject, a.number"""


def chains(seen: Verified) -> Iterator[Fault]:
    """Each chain from its first act to its last, and the records of each document as its acts have left them."""
    walk, kept = _Chain(""), _Records()
    connection: Any = db.session.connection().connection.driver_connection
    with closing(connection.cursor(name="history")) as cursor:
        cursor.itersize = BATCH
        cursor.execute(_ACTS)
        for found in cursor:
            row = _Row._make(found)
            if row.subject != walk.subject:
                yield from walk.end(kept)
                walk = _Chain(row.subject)
            seen.acts += 1
            seen.removed += row.input is None
            yield from walk.follow(row)
    yield from walk.end(kept)
    yield from kept.end()
    yield from _without_chain()
    yield from _states()


def _hash_of(row: _Row) -> str:
    moves = [] if row.moves == "[]" else orjson.loads(row.moves)
    at = row.at.astimezone(UTC).isoformat()
    values = dict(zip(_Row._fields[:16], row[:16], strict=True)) | {"moves": moves, "at": at}
    return hashlib.sha256(canonical(values)).hexdigest()


@dataclass
class _Chain:
    """Follows one subject, act by act."""

    subject: str
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
            yield from self._content(number, row.input, row.input_hash, row.changes, row.changes_hash)
        if self.at is not None and row.at < self.at - timedelta(minutes=SKEW_MINUTES):
            yield self._fault("time", number, f"Bước {number} ghi thời điểm sớm hơn bước trước nó.")
        self.at, self.number, self.previous = row.at, number, row.hash

    def _content(self, number: int, given: str, given_hash: str, changes: str, changes_hash: str) -> Iterator[Fault]:
        if hashlib.sha256(canonical(orjson.loads(given))).hexdigest() != given_hash:
            yield self._fault("content", number, f"Nội dung nhập ở bước {number} đã bị sửa.")
        told = orjson.loads(changes)
        if hashlib.sha256(canonical(told)).hexdigest() != changes_hash:
            yield self._fault("content", number, f"Thay đổi ghi ở bước {number} đã bị sửa.")
            return
        for table, key, columns in told:
            if table in _AGREEING:
                kept = self.records.setdefault((table, key), {})
                for name, (_old, new) in columns.items():
                    kept[name] = new

    def end(self, kept: "_Records") -> Iterator[Fault]:
        """After the last act: nothing is gone without an act, and the records are as the acts left them."""
        if self.lacking:
            yield self._fault("content", self.lacking, f"Nội dung bước {self.lacking} mất mà không có bước xóa bỏ.")
        if self.subject.startswith("document:"):
            yield from kept.add(self)


#: tables whose rows belong to one document
_AGREEING = frozenset({"document", "attachment", "milestone", "register_entry", "document_right", "opinion"})
#: those of which the act that made a row tells its agency
_BORN = frozenset({"document", "attachment", "milestone", "opinion"})
#: columns that no act sets
_LOOSE = frozenset({"id", "agency_id"})


class _Records:
    """Compares the records of many documents at a time with what their acts told."""

    def __init__(self) -> None:
        self.chains: list[_Chain] = []
        self.size = 0
        #: rows of one document that the chain of another told of: an answer is made by an act of what it answers
        self.elsewhere: set[tuple[str, int]] = set()
        #: rows of documents that their own chain does not tell of, and the document
        self.untold: dict[tuple[str, int], str] = {}

    def add(self, chain: _Chain) -> Iterator[Fault]:
        """A chain that was followed to its end."""
        document_id = int(chain.subject[9:])
        for name, key in list(chain.records):
            owner = key if name == "document" else chain.records[name, key].get("document_id", document_id)
            if owner not in (document_id, None):
                self.elsewhere.add((name, key))
                del chain.records[name, key]
        self.chains.append(chain)
        self.size += 1 + len(chain.records)
        if self.size >= TOGETHER:
            yield from self.compare()

    def compare(self) -> Iterator[Fault]:
        """What is kept differs from what was told."""
        whole = {int(chain.subject[9:]): chain.subject for chain in self.chains if chain.is_whole}
        subjects = set(whole.values())
        for table in sorted(_AGREEING):
            told = {key: (chain.subject, columns) for chain in self.chains
                    for (name, key), columns in chain.records.items() if name == table}
            beside = "" if table == "document" else " or document_id = any(:documents)"
            found = {}
            for key, row in db.session.execute(text(
                    f"select id, to_jsonb(r)::text from {table} r where id = any(:ids){beside}"),
                    {"ids": list(told), "documents": list(whole)}):
                if key in told:
                    found[key] = orjson.loads(row)
                elif (subject := whole.get(orjson.loads(row)["document_id"])) is not None:
                    self.untold[table, key] = subject
            for key, (subject, columns) in sorted(told.items()):
                if table in _BORN and "agency_id" not in columns and subject in subjects:
                    self.untold[table, key] = subject
                yield from _difference(subject, table, key, columns, found.get(key))
        self.chains, self.size = [], 0

    def end(self) -> Iterator[Fault]:
        """The last ones, and the records that no act of any chain told of."""
        yield from self.compare()
        for (table, key), subject in sorted(self.untold.items()):
            if (table, key) not in self.elsewhere:
                yield Fault("record", subject, f"Bản ghi {table} {key} không có bước nào của lịch sử ghi lại.")


def _difference(subject: str, table: str, key: int, told: dict[str, Any],
                found: dict[str, Any] | None) -> Iterator[Fault]:
    if found is None:
        if any(value is not None for value in told.values()):
            yield Fault("record", subject, f"Bản ghi {table} {key} mà lịch sử đã ghi nay không còn.")
        return
    for name, value in told.items():
        if name not in _LOOSE and name in found and value != found[name] and not _same(value, found[name]):
            yield Fault("record", subject, f"Bản ghi {table} {key}: cột {name} khác với lịch sử.")


def _same(told: Any, kept: Any) -> bool:
    """Whether two unlike spellings are of one moment."""
    if isinstance(told, str) and isinstance(kept, str) and "T" in told and "T" in kept:
        try:
            return datetime.fromisoformat(told) == datetime.fromisoformat(kept)
        except ValueError:
            return False
    return False


def _without_chain() -> Iterator[Fault]:
    rows = db.session.execute(text("""
        select d.id from document d where not exists (select 1 from act a where a.subject = 'document:' || d.id)
        order by d.id limit 100"""))
    for row in rows:
        yield Fault("record", f"document:{row.id}", "Văn bản không có bước nào trong lịch sử.")


def _states() -> Iterator[Fault]:
    rows = db.session.execute(text("""
        select i.document_id as id from instance i where encode(sha256(i.state), 'hex') is distinct from (
            select a.state_hash from act a where a.subject = 'document:' || i.document_id and a.state_hash <> ''
            order by a.number desc limit 1)
        order by 1 limit 100"""))
    for row in rows:
        yield Fault("record", f"document:{row.id}", "Trạng thái quy trình đang lưu khác với bước cuối của lịch sử.")


def accounts() -> Iterator[Fault]:
    """Every account bears the names and rights that its acts gave it: no right without an act, nobody renamed."""
    known: dict[int, dict[str, Any]] = {}
    for subject, told in db.session.execute(text("""
            select a.subject, c.input from act a join act_content c on c.act_id = a.id
            where a.kind = 'account_changed' and a.subject like 'user:%' order by a.subject, a.number""")):
        kept = known.setdefault(int(subject[5:]), {})
        kept |= {name: told[name] for name in ("username", "full_name", "position") if name in told}
        if "roles" in told:
            kept["roles"] = set(told["roles"])
        if "right" in told and "roles" in kept:
            (kept["roles"].add if told["is_given"] else kept["roles"].discard)(told["right"])
    for row in db.session.execute(text(
            "select id, username, full_name, position, roles from user_account order by id")).mappings():
        kept = known.get(row["id"], {})
        real = dict(row) | {"roles": set(row["roles"])}
        wrong = sorted(name for name, value in kept.items() if real[name] != value)
        if "roles" not in kept:
            yield Fault("account", f"user:{row['id']}", f"Tài khoản “{row['username']}” không có bước nào ghi lại.")
        elif wrong:
            yield Fault("account", f"user:{row['id']}",
                        f"Tài khoản “{row['username']}” khác với lịch sử: {', '.join(wrong)}.")
