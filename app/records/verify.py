"""Is history whole? Chains, seals, files, numbers, records: what was changed, and where (security.md S12).

Reads only, behind the wall of one agency, in one pass over its acts in the order of their chains. It repairs nothing;
whether a run can be repeated is `engine/replay.py`'s question.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Index, String, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db import AgencyOwned, Base, db
from app.records import history, seal
from app.records.history import GENESIS, canonical
from app.tools.blobs import Blobs
from app.tools.sealing import Sealer, is_signed

#: an act that is not sealed after so long is a fault of the clock or of somebody, minutes
UNSEALED_MINUTES = 60
#: how far an act may lie before the one it follows: two requests waited for one lock, minutes
SKEW_MINUTES = 10
#: rows fetched at a time
BATCH = 2000
#: faults kept with a finding; all of them are counted
KEPT_FAULTS = 200


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, and where."""

    #: chain, content, time, seal, copy, file, number, record, release
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


_ACTS = text("""
    select a.id, a.subject, a.number, a.at, a.actor_id, a.on_behalf_of_id, a.kind, a.element, a.occurrence, a.label,
           a.moves::text as moves, a.release_sha256, a.input_hash, a.changes_hash, a.state_hash, a.previous_hash,
           a.hash, a.agency_id, c.input::text as input, c.changes::text as changes
    from act a left join act_content c on c.act_id = a.id order by a.subject, a.number""")
_COVERED = ("subject", "number", "actor_id", "on_behalf_of_id", "kind", "element", "occurrence", "label",
            "release_sha256", "input_hash", "changes_hash", "state_hash", "previous_hash", "agency_id")


class Finding(AgencyOwned, Base):
    """What one nightly check of history found; the newest is what auditors and administrators see."""

    __tablename__ = "finding"
    __table_args__ = (Index("finding_newest", "agency_id", "check", "id"),)

    #: verify (this file) or replay (engine/replay.py)
    check: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime]
    is_whole: Mapped[bool]
    #: {"acts": 120, ...}: what was looked at
    seen: Mapped[dict[str, Any]] = mapped_column(JSONB)
    #: the first faults, plain
    faults: Mapped[list[Any]] = mapped_column(JSONB)


def keep(agency_id: int, check: str, at: datetime, seen: dict[str, Any], faults: list[dict[str, Any]]) -> Finding:
    """Write down what a check found; the caller commits."""
    row = Finding(agency_id=agency_id, check=check, at=at, is_whole=not faults, seen=seen | {"faults": len(faults)},
                  faults=faults[:KEPT_FAULTS])
    db.session.add(row)
    return row


def nightly(agency_id: int, blobs: Blobs, sealer: Sealer, at: datetime) -> Finding:
    """Verify and write down what was found. Commits."""
    seen = Verified()
    with snapshot():
        faults = [fault.as_json() for fault in verify(blobs, sealer, at, seen)]
    row = keep(agency_id, "verify", at, asdict(seen), faults)
    db.session.commit()
    return row


def newest(check: str) -> Finding | None:
    """The last finding of a check."""
    return db.session.scalar(select(Finding).where(Finding.check == check).order_by(Finding.id.desc()).limit(1))


@contextmanager
def snapshot() -> Iterator[None]:
    """One view of the database for a whole verification, whatever others write meanwhile; ends the transaction."""
    db.session.rollback()
    db.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    try:
        yield
    finally:
        db.session.rollback()


def verify(blobs: Blobs, sealer: Sealer, at: datetime, seen: Verified | None = None) -> Iterator[Fault]:
    """Every fault of the agency's history, records and files; none: it is whole. `seen` counts what was looked at."""
    seen = seen if seen is not None else Verified()
    yield from chains(seen)
    yield from seals(sealer, at, seen)
    yield from releases()
    yield from numbers(seen)
    yield from files(blobs, seen)


def chains(seen: Verified) -> Iterator[Fault]:
    """Each chain from its first act to its last, and the records of each document as its acts have left them."""
    walk = _Chain("")
    for row in db.session.execute(_ACTS, execution_options={"yield_per": BATCH}).mappings():
        if row["subject"] != walk.subject:
            yield from walk.end()
            walk = _Chain(row["subject"])
        seen.acts += 1
        seen.removed += row["input"] is None
        yield from walk.follow(row)
    yield from walk.end()


def _hash_of(row: Mapping[str, Any]) -> str:
    values = {name: row[name] for name in _COVERED}
    values |= {"moves": orjson.loads(row["moves"]), "at": row["at"].astimezone(UTC).isoformat()}
    return history.digest(values)


def _is_of(content: str, expected: str) -> bool:
    return hashlib.sha256(canonical(orjson.loads(content))).hexdigest() == expected


class _Chain:
    """Follows one subject, act by act."""

    def __init__(self, subject: str) -> None:
        self.subject, self.number, self.previous = subject, 0, GENESIS
        self.at: datetime | None = None
        #: (table, id) -> column -> value that the last act left there; None once content was removed
        self.records: dict[tuple[str, int], dict[str, Any]] = {}
        self.is_whole = True

    def _fault(self, check: str, number: int, message: str) -> Fault:
        return Fault(check, self.subject, message, number)

    def follow(self, row: Mapping[str, Any]) -> Iterator[Fault]:
        """The next act of the chain."""
        number = row["number"]
        if number != self.number + 1:
            yield self._fault("chain", self.number + 1, f"Mất bước {self.number + 1} trước bước {number}.")
        if row["previous_hash"] != self.previous:
            yield self._fault("chain", number, f"Bước {number} không nối tiếp bước trước nó.")
        if row["hash"] != _hash_of(row):
            yield self._fault("chain", number, f"Bước {number} đã bị sửa sau khi ghi.")
        if row["input"] is None:
            self.is_whole = False
        else:
            yield from self._content(row)
        if self.at is not None and row["at"] < self.at - timedelta(minutes=SKEW_MINUTES):
            yield self._fault("time", number, f"Bước {number} ghi thời điểm sớm hơn bước trước nó.")
        self.at, self.number, self.previous = row["at"], number, row["hash"]

    def _content(self, row: Mapping[str, Any]) -> Iterator[Fault]:
        number = row["number"]
        if not _is_of(row["input"], row["input_hash"]):
            yield self._fault("content", number, f"Nội dung nhập ở bước {number} đã bị sửa.")
        if not _is_of(row["changes"], row["changes_hash"]):
            yield self._fault("content", number, f"Thay đổi ghi ở bước {number} đã bị sửa.")
            return
        for table, key, columns in orjson.loads(row["changes"]):
            if table in _AGREEING:
                kept = self.records.setdefault((table, key), {})
                kept |= {name: new for name, (_old, new) in columns.items()}

    def end(self) -> Iterator[Fault]:
        """After the last act: the records must be as the acts left them."""
        if self.is_whole and self.records:
            yield from _agreement(self.subject, self.records)


#: tables whose rows belong to one document: no act of another chain changes them
_AGREEING = frozenset({"document", "attachment", "milestone", "register_entry", "document_right", "opinion"})
#: columns that something else than an act may set: search keys, verdict re-checks, a receipt's clock
_LOOSE = frozenset({"id", "agency_id"})


def _agreement(subject: str, records: dict[tuple[str, int], dict[str, Any]]) -> Iterator[Fault]:
    for table in sorted({table for table, _ in records}):
        expected = {key: columns for (name, key), columns in records.items() if name == table}
        rows = db.session.execute(
            text(f"select id, to_jsonb(r)::text as row from {table} r where id = any(:ids)"),
            {"ids": list(expected)})
        found = {row.id: orjson.loads(row.row) for row in rows}
        for key, columns in sorted(expected.items()):
            gone = all(value is None for value in columns.values())
            if key not in found:
                if not gone:
                    yield Fault("record", subject, f"Bản ghi {table} {key} mà lịch sử đã ghi nay không còn.")
                continue
            for name, value in columns.items():
                if name not in _LOOSE and name in found[key] and not _same(value, found[key][name]):
                    yield Fault("record", subject, f"Bản ghi {table} {key}: cột {name} khác với lịch sử.")


def _same(told: Any, kept: Any) -> bool:
    if told == kept:
        return True
    if isinstance(told, str) and isinstance(kept, str) and "T" in told and "T" in kept:
        try:
            return datetime.fromisoformat(told) == datetime.fromisoformat(kept)
        except ValueError:
            return False
    return False


def seals(sealer: Sealer, at: datetime, seen: Verified) -> Iterator[Fault]:
    """The chain of seals, what they cover, and their copies outside."""
    number, previous, owner = 0, GENESIS, None
    public, copies = sealer.public, None
    for row in db.session.scalars(db.select(seal.Seal).order_by(seal.Seal.number)):
        if copies is None:
            owner = str(row.agency_id)
            copies = sealer.copied(owner)
        seen.seals += 1
        number += 1
        name = f"seal:{row.number}"
        if row.number != number or row.previous_hash != previous:
            yield Fault("seal", name, f"Con dấu lịch sử số {row.number} không nối tiếp con dấu trước.")
            number = row.number
        data = canonical(seal.covered(row))
        if row.hash != hashlib.sha256(data).hexdigest() or not is_signed(public, data, row.signature):
            yield Fault("seal", name, f"Con dấu lịch sử số {row.number} đã bị sửa hoặc không do hệ thống ký.")
        leaves = seal.leaves_of(row.id)
        if len(leaves) != row.leaves or seal.root_of(
                [seal.leaf_hash(leaf.subject, leaf.number, leaf.hash) for leaf in leaves]) != row.root:
            yield Fault("seal", name, f"Danh mục của con dấu lịch sử số {row.number} đã bị sửa.")
        outside = copies.pop(row.number, None)
        if outside is not None and outside.get("hash") != row.hash:
            yield Fault("copy", name, f"Con dấu lịch sử số {row.number} khác bản sao lưu bên ngoài.")
        previous = row.hash
    if copies is None:
        mine = db.session.scalar(text("select current_setting('app.agency_id')"))
        copies = sealer.copied(str(mine))
    for missing in sorted(copies):
        yield Fault("copy", f"seal:{missing}", f"Con dấu lịch sử số {missing} có bản sao bên ngoài nhưng không còn "
                    "trong cơ sở dữ liệu: dữ liệu đã bị thay bằng bản cũ hoặc bị xóa bớt.")
    yield from _covered_by_seals(at)


def _covered_by_seals(at: datetime) -> Iterator[Fault]:
    lost = db.session.execute(text("""
        select l.subject, l.number, min(s.number) as seal, bool_or(a.id is null) as is_gone
        from seal_leaf l join seal s on s.id = l.seal_id
        left join act a on a.subject = l.subject and a.number = l.number
        where a.hash is distinct from l.hash group by l.subject, l.number order by l.subject, l.number"""))
    for row in lost:
        said = "không còn" if row.is_gone else "khác bản đã niêm phong"
        yield Fault("seal", row.subject, f"Bước {row.number} đã niêm phong ở con dấu số {row.seal} nay {said}.",
                    row.number)
    late = db.session.execute(text("""
        select a.subject, min(a.number) as number from act a where a.at < :since and not exists (
            select 1 from seal_leaf l where l.subject = a.subject and l.number >= a.number)
        group by a.subject order by a.subject limit 100"""), {"since": at - timedelta(minutes=UNSEALED_MINUTES)})
    for row in late:
        yield Fault("seal", row.subject, f"Bước {row.number} ghi đã lâu mà chưa được niêm phong.", row.number)


def releases() -> Iterator[Fault]:
    """Diagrams, forms and tables are as they were published, and every act's release is there."""
    for row in db.session.execute(text("select id, key, sha256, encode(sha256(text), 'hex') as real from diagram")):
        if row.sha256 != row.real:
            yield Fault("release", f"diagram:{row.id}", f"Tệp “{row.key}” đã ban hành bị sửa nội dung.")
    for row in db.session.execute(text("select id, key, version, sha256, parts from release")):
        if history.digest(row.parts) != row.sha256:
            yield Fault("release", f"release:{row.id}", f"Bản ban hành {row.key} v{row.version} đã bị sửa.")
    for row in db.session.execute(text("""
            select r.id, r.key, r.version, p.key as part from release r, jsonb_each_text(r.parts) p
            where not exists (select 1 from diagram d where d.sha256 = p.value)""")):
        yield Fault("release", f"release:{row.id}", f"Bản ban hành {row.key} v{row.version} mất tệp “{row.part}”.")
    for row in db.session.execute(text("""
            select a.subject, min(a.number) as number from act a where a.release_sha256 <> '' and not exists (
                select 1 from release r where r.sha256 = a.release_sha256)
            group by a.subject order by a.subject limit 100""")):
        yield Fault("release", row.subject, f"Quy trình của bước {row.number} không còn.", row.number)


def numbers(seen: Verified) -> Iterator[Fault]:
    """Every register from 1 to its last number: none missing, none twice, each void with its reason."""
    rows = db.session.execute(text("""
        select r.id, r.name, r.year, r.next_number, count(e.id) as entries, count(distinct e.number) as numbers,
               coalesce(max(e.number), 0) as last,
               count(*) filter (where e.voided_at is not null and e.void_reason = '') as unexplained
        from register r left join register_entry e on e.register_id = r.id group by r.id order by r.id"""))
    for row in rows:
        seen.numbers += row.entries
        where, named = f"register:{row.id}", f"{row.name} năm {row.year}"
        if row.entries != row.numbers:
            yield Fault("number", where, f"{named}: có số bị cấp hai lần.")
        if not row.numbers == row.last == row.next_number - 1:
            gap = db.session.scalar(text("""
                select min(n) from generate_series(1, :last) n where not exists (
                    select 1 from register_entry e where e.register_id = :id and e.number = n)"""),
                {"id": row.id, "last": max(row.last, row.next_number - 1)})
            yield Fault("number", where, f"{named}: số {gap} không có trong sổ và không có giải trình.")
        if row.unexplained:
            yield Fault("number", where, f"{named}: có số bị hủy mà không ghi lý do.")


def files(blobs: Blobs, seen: Verified) -> Iterator[Fault]:
    """Every file that a document names is stored and has the content that its name says."""
    rows = db.session.execute(text("""
        select sha256, min(document_id) as document_id, min(name) as name from attachment
        where removed_at is null group by sha256 order by min(document_id)""")).all()
    for row in rows:
        seen.files += 1
        subject = f"document:{row.document_id}"
        if not blobs.has(row.sha256):
            yield Fault("file", subject, f"Tệp “{row.name}” không còn trong kho.")
            continue
        with blobs.open(row.sha256) as stream:
            real = hashlib.file_digest(stream, "sha256").hexdigest()
        if real != row.sha256:
            yield Fault("file", subject, f"Tệp “{row.name}” đã bị sửa nội dung trong kho.")
