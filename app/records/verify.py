"""Is history whole? Chains, accounts, seals, files, numbers, records: what was changed, and where (security.md S12).

Chains, records and accounts are `verify_chain.py`'s part. Reads only, behind the wall of one agency. It repairs
nothing; whether a run can be repeated is `engine/replay.py`'s question.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Index, String, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db import AgencyOwned, Base, db
from app.records import history, seal
from app.records.history import GENESIS, canonical
from app.records.verify_chain import BATCH, Fault, Verified, accounts, chains
from app.tools.blobs import Blobs
from app.tools.sealing import Sealer, is_signed, stamped_at

#: an act that is not sealed after so long is a fault of the clock or of somebody, minutes
UNSEALED_MINUTES = 60
#: faults kept with a finding; all of them are counted
KEPT_FAULTS = 200


class Finding(AgencyOwned, Base):
    """What one nightly check of history found; the newest is what auditors and administrators see."""

    __tablename__ = "finding"
    __table_args__ = (Index("finding_newest", "agency_id", "check", "id"),)

    #: verify (this file), replay (engine/replay_many.py) or conform (engine/conformance_night.py)
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
    yield from accounts()
    yield from seals(sealer, at, seen)
    yield from releases()
    yield from numbers(seen)
    yield from files(blobs, seen)


def seals(sealer: Sealer, at: datetime, seen: Verified) -> Iterator[Fault]:
    """The chain of seals, what they cover, and their copies outside."""
    number, previous, public = 0, GENESIS, sealer.public
    copies = sealer.copied(str(db.session.scalar(text("select current_setting('app.agency_id')"))))
    roots = _roots()
    for row in db.session.scalars(select(seal.Seal).order_by(seal.Seal.number)):
        seen.seals += 1
        number += 1
        name = f"seal:{row.number}"
        if row.number != number or row.previous_hash != previous:
            yield Fault("seal", name, f"Con dấu lịch sử số {row.number} không nối tiếp con dấu trước.")
            number = row.number
        data = canonical(seal.covered(row))
        if row.hash != hashlib.sha256(data).hexdigest() or not is_signed(public, data, row.signature):
            yield Fault("seal", name, f"Con dấu lịch sử số {row.number} đã bị sửa hoặc không do hệ thống ký.")
        if roots.get(row.id, (0, GENESIS)) != (row.leaves, row.root):
            yield Fault("seal", name, f"Danh mục của con dấu lịch sử số {row.number} đã bị sửa.")
        if row.stamp and not _is_stamped(row):
            yield Fault("seal", name, f"Dấu thời gian của con dấu lịch sử số {row.number} không phải của con dấu này.")
        yield from _copied(row, copies.pop(row.number, None), at)
        previous = row.hash
    for missing in sorted(copies):
        yield Fault("copy", f"seal:{missing}", f"Con dấu lịch sử số {missing} có bản sao bên ngoài nhưng không còn "
                    "trong cơ sở dữ liệu: dữ liệu đã bị thay bằng bản cũ hoặc bị xóa bớt.")
    yield from _covered_by_seals(at)


def _roots() -> dict[int, tuple[int, str]]:
    """By seal: how many leaves it has, and their Merkle root."""
    rows = db.session.execute(
        text("select seal_id, subject, number, hash from seal_leaf order by seal_id, position"),
        execution_options={"yield_per": BATCH})
    found = {}
    for seal_id, group in groupby(rows, itemgetter(0)):
        leaves = [seal.leaf_hash(*row[1:]) for row in group]
        found[seal_id] = (len(leaves), seal.root_of(leaves))
    return found


def _is_stamped(row: seal.Seal) -> bool:
    """Whether the token is over this seal and of its time."""
    when = stamped_at(row.stamp, row.hash)
    return when is not None and abs(when - row.at) <= timedelta(minutes=UNSEALED_MINUTES)


def _copied(row: seal.Seal, outside: dict[str, Any] | None, at: datetime) -> Iterator[Fault]:
    """What the copy outside says of a seal."""
    if outside is None:
        if row.at < at - timedelta(minutes=UNSEALED_MINUTES):
            yield Fault("copy", f"seal:{row.number}", f"Con dấu lịch sử số {row.number} không có bản sao bên ngoài.")
    elif outside != seal.as_json(row):
        yield Fault("copy", f"seal:{row.number}", f"Con dấu lịch sử số {row.number} khác bản sao lưu bên ngoài.")


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
        select a.subject, min(a.number) as number from act a left join (
            select subject, max(number) as number from seal_leaf group by subject) l on l.subject = a.subject
        where a.at < :since and a.number > coalesce(l.number, 0)
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
