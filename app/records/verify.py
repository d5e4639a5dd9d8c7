"""Is history whole? Chains, accounts, seals, files, numbers, records: what was changed, and where (security.md S12).

Chains, records, procedures and seals are parts of `verify_chain.py`, `verify_record.py`, `verify_instance.py` and
`verify_seal.py`. Reads only, behind the wall of one agency. It repairs nothing; whether a run can be repeated is
`engine/replay.py`'s question.
"""

import hashlib
import logging
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict
from datetime import datetime
from itertools import chain, islice
from typing import Any

import psycopg
from sqlalchemy import Index, String, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Mapped, mapped_column

from app.db import AgencyOwned, Base, db
from app.db.readable import UNREADABLE
from app.db.spelling import digest_of
from app.records.blob_name import REQUIRED
from app.records.verify_agency import strangers
from app.records.verify_behalf import behalves
from app.records.verify_chain import BATCH, Verified, chains
from app.records.verify_limit import limits
from app.records.verify_office import offices
from app.records.verify_record import LISTED, Fault
from app.records.verify_removal import staying
from app.records.verify_schema import schema
from app.records.verify_seal import Outside, seals
from app.records.verify_value import values
from app.records.verify_work import findings, templates
from app.tools.blobs import BlobMissing, Blobs
from app.tools.sealing import Sealer

log = logging.getLogger(__name__)

#: so many acts no history has: it is followed by one process
ALONE = 2**62
#: faults kept with a finding; all of them are counted
KEPT_FAULTS = 200
#: for questions about all acts at once: compiling them costs more than it saves, and both processors have work
_SETTINGS = ("set local jit = off", "set local max_parallel_workers_per_gather = 0", "set local work_mem = '64MB'")


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


def keep(agency_id: int, check: str, at: datetime, seen: dict[str, Any], faults: list[dict[str, Any]],
         count: int | None = None) -> Finding:
    """Write down what a check found; the caller commits. `count`: how many faults there are when not all are given."""
    count = len(faults) if count is None else count
    row = Finding(agency_id=agency_id, check=check, at=at, is_whole=not count, seen=seen | {"faults": count},
                  faults=faults[:KEPT_FAULTS])
    db.session.add(row)
    return row


def nightly(agency_id: int, blobs: Blobs, sealer: Sealer, at: datetime) -> Finding:
    """Verify and write down what was found: all faults counted, the first kept. Commits."""
    seen, outside, first, count = Verified(), Outside.of(sealer, agency_id), [], 0
    with snapshot():
        for count, fault in enumerate(chain(strangers(sealer), verify(blobs, sealer, at, seen, outside)), 1):
            if count <= KEPT_FAULTS:
                first.append(fault.as_json())
    row = keep(agency_id, "verify", at, asdict(seen), first, count)
    db.session.commit()
    return row


def newest(check: str) -> Finding | None:
    """The last finding of a check."""
    return db.session.scalar(select(Finding).where(Finding.check == check).order_by(Finding.id.desc()).limit(1))


@contextmanager
def snapshot() -> Iterator[None]:
    """One view of the database for a whole verification, whatever others write meanwhile; ends the transaction."""
    db.session.rollback()
    connection = db.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    for setting in _SETTINGS:
        connection.exec_driver_sql(setting)
    try:
        yield
    finally:
        db.session.rollback()


def verify(blobs: Blobs, sealer: Sealer, at: datetime, seen: Verified | None = None,
           outside: Outside | None = None) -> Iterator[Fault]:
    """Every fault of the agency's history, records and files; none: it is whole. `seen` counts what was looked at.

    `outside`: the copies of seals, listed before a snapshot was opened; without it they are listed now.
    """
    seen = seen if seen is not None else Verified()
    outside = outside or Outside.of(sealer, int(db.session.scalar(text("select current_setting('app.agency_id')"))))
    walls, beside = list(_apart("schema", schema())), []

    def others() -> tuple[Fault, ...]:
        parts = {
            "value": values(), "office": offices(), "delegation": behalves(), "deadline": limits(),
            "seal": seals(sealer, at, seen, outside),
            "release": releases(), "finding": findings(at), "diagram_template": templates(),
            "register": numbers(seen), "attachment": files(blobs, seen),
            "message": staying()}
        beside.extend(fault for name, part in parts.items() for fault in _apart(name, part))
        return ()

    if walls:
        yield from _apart("act", chains(seen, apart_from=ALONE))
        others()
    else:
        yield from _apart("act", chains(seen, others), nullcontext())
    yield from [*beside, *walls]


def _apart(name: str, part: Iterator[Fault], within: AbstractContextManager[Any] | None = None) -> Iterator[Fault]:
    """One part of the verification: where it cannot go on that is a fault, and the parts after it go on.

    `within`: no savepoint, out of which no view of the database can be shared; the schema is known to be ours.
    """
    try:
        with within or db.session.begin_nested():
            yield from part
    except (DBAPIError, psycopg.Error, *UNREADABLE) as error:
        log.warning("the part %s of a verification stopped", name, exc_info=True)
        yield Fault("schema", f"table:{name}", f"Không kiểm tra hết được phần {name} ({type(error).__name__}): lược đồ "
                    "hoặc dữ liệu không còn như hệ thống đặt.")


def releases() -> Iterator[Fault]:
    """Diagrams, forms and tables are of the texts that were published, and every act's release is there.

    What else a release or a file says, and which is in force, is held against history as all rows of the agency are.
    """
    for row in db.session.execute(text("select id, key, sha256, encode(sha256(text), 'hex') as real from diagram")):
        if row.sha256 != row.real:
            yield Fault("release", f"diagram:{row.id}", f"Tệp “{row.key}” đã ban hành bị sửa nội dung.")
    for row in db.session.execute(text("select id, key, version, sha256, parts from release")):
        if digest_of(row.parts) != row.sha256:
            yield Fault("release", f"release:{row.id}", f"Bản ban hành {row.key} v{row.version} đã bị sửa.")
    for row in db.session.execute(text("""
            with told as (
                select substr(a.subject, 9) as key, c.input ->> 'sha256' as sha256, c.input ->> 'version' as version
                from act a join act_content c on c.act_id = a.id where a.kind = 'diagram_published')
            select r.id, r.key, r.version from release r where not exists (
                select 1 from told t where (t.key, t.sha256, t.version) = (r.key, r.sha256, r.version::text))
            order by r.id""")):
        yield Fault("release", f"release:{row.id}",
                    f"Bản ban hành {row.key} v{row.version} không có bước ban hành nào ghi lại.")
    for row in db.session.execute(text("""
            select r.id, r.key, r.version, p.key as part from release r, jsonb_each_text(
                case jsonb_typeof(r.parts) when 'object' then r.parts else '{}' end) p
            where not exists (select 1 from diagram d where d.sha256 = p.value)""")):
        yield Fault("release", f"release:{row.id}", f"Bản ban hành {row.key} v{row.version} mất tệp “{row.part}”.")
    for row in db.session.execute(text("""
            select a.subject, min(a.number) as number from act a where a.release_sha256 <> '' and not exists (
                select 1 from release r where r.sha256 = a.release_sha256)
            group by a.subject order by a.subject limit 100""")):
        yield Fault("release", row.subject, f"Quy trình của bước {row.number} không còn.", row.number)


def numbers(seen: Verified) -> Iterator[Fault]:
    """Every register from 1 to its last number: none missing, none twice, each explained, each of a document."""
    rows = db.session.execute(text("""
        select r.id, r.name, r.year, coalesce(r.next_number, 0) as next_number, count(e.id) as entries,
               count(distinct e.number) as numbers, coalesce(max(e.number), 0) as last
        from register r left join register_entry e on e.register_id = r.id group by r.id order by r.id"""))
    for row in rows:
        seen.numbers += row.entries
        where, named = f"register:{row.id}", f"{row.name} năm {row.year}"
        if row.entries != row.numbers:
            for number in db.session.scalars(text(f"""
                    select number from register_entry where register_id = :id group by number having count(*) > 1
                    order by number limit {LISTED}"""), {"id": row.id}):
                yield Fault("number", where, f"{named}: số {number} bị cấp hai lần.")
        if not row.numbers == row.last == row.next_number - 1:
            given = db.session.scalars(text(
                "select number from register_entry where register_id = :id and number > 0 order by number"),
                {"id": row.id}, execution_options={"yield_per": BATCH})
            for number in islice(_gaps(given, max(row.last, row.next_number - 1)), LISTED):
                yield Fault("number", where, f"{named}: số {number} không có trong sổ và không có giải trình.")
            if row.last > row.next_number - 1:
                yield Fault("number", where, f"{named}: số {row.last} đã cấp mà sổ đếm đến {row.next_number - 1}.")
    yield from _entries()


def _gaps(given: Iterable[int], last: int) -> Iterator[int]:
    """What of 1 to `last` is not among these rising numbers; the caller takes as many as it lists."""
    expected = 1
    for number in given:
        yield from range(expected, number)
        expected = number + 1
    yield from range(expected, last + 1)


#: a number of another register than its document's; of copies, one that no copy of the document bears
_FOREIGN = """(case when r.kind = 'copy' then not exists (
    select 1 from certified_copy c where c.entry_id = e.id and c.document_id = e.document_id)
    else r.kind is distinct from d.direction end)"""


def _entries() -> Iterator[Fault]:
    """What is wrong with single numbers: void without a reason, of no document, of another register's, below one."""
    rows = db.session.execute(text(f"""
        select e.register_id, r.name, r.year, e.number, e.document_id,
               e.voided_at is not null and btrim(e.void_reason) = '' as is_unexplained, d.id is null as is_lost,
               {_FOREIGN} as is_foreign, e.number < 1 as is_none
        from register_entry e left join register r on r.id = e.register_id left join document d on d.id = e.document_id
        where (e.voided_at is not null and btrim(e.void_reason) = '') or d.id is null or e.number < 1
            or {_FOREIGN} order by e.register_id, e.number limit {LISTED}"""))
    for row in rows:
        what = "bị hủy mà không ghi lý do" if row.is_unexplained else "không còn văn bản" if row.is_lost else \
            "không phải là số" if row.is_none else "cấp cho văn bản không thuộc sổ này"
        yield Fault("number", f"register:{row.register_id}", f"{row.name} năm {row.year}: số {row.number} {what}.")
    rows = db.session.execute(text(f"""
        select e.document_id, r.kind, array_agg(e.number order by e.number) as numbers
        from register_entry e join register r on r.id = e.register_id
        where e.voided_at is null and r.kind is distinct from 'copy'
        group by e.document_id, r.kind having count(*) > 1 order by 1 limit {LISTED}"""))
    for row in rows:
        told = ", ".join(map(str, row.numbers))
        yield Fault("number", f"document:{row.document_id}", f"Văn bản mang nhiều số cùng lúc: {told}.")


def files(blobs: Blobs, seen: Verified) -> Iterator[Fault]:
    """Every file that a document, a packet or a signature names, and each searchable copy, is as its name says."""
    rows = db.session.execute(text(f"""
        select sha256, min(document_id) as document_id, min(name) as name from ({REQUIRED}) b
        group by sha256 order by min(document_id)"""), execution_options={"yield_per": BATCH})
    for row in rows:
        seen.files += 1
        subject = f"document:{row.document_id}" if row.document_id else f"file:{row.sha256}"
        if not blobs.has(row.sha256 or ""):
            yield Fault("file", subject, f"Tệp “{row.name}” không còn trong kho.")
            continue
        try:
            with blobs.open(row.sha256) as stream:
                real = hashlib.file_digest(stream, "sha256").hexdigest()
        except (OSError, BlobMissing):
            yield Fault("file", subject, f"Tệp “{row.name}” không đọc được từ kho.")
            continue
        if real != row.sha256:
            yield Fault("file", subject, f"Tệp “{row.name}” đã bị sửa nội dung trong kho.")
