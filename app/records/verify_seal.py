"""The part of `verify.py` that holds acts against seals, and seals against key, authority and copies outside (S12).

A seal is good when this installation's key signed it, a time-stamping authority that it trusts stamped it in its
time, it follows the one before, and its copy outside is the same. It repairs nothing.
"""

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from operator import itemgetter
from pathlib import Path

from sqlalchemy import select, text

from app.db import db
from app.records import seal
from app.records.history import GENESIS, canonical
from app.records.verify_chain import BATCH, Verified
from app.records.verify_record import LISTED, Fault
from app.tools.seal_copies import Copies, CopyImpossible
from app.tools.sealing import Sealer, is_signed
from app.tools.signing_time import Judge

#: the newest seals are without a time stamp for so long: the authority is away for good, or nobody asks it, hours
UNSTAMPED_HOURS = 48
#: an act that is not sealed after so long is a fault of the clock or of somebody, minutes
UNSEALED_MINUTES = 60
#: what is wrong with a time stamp, after "Dấu thời gian của con dấu lịch sử số n"
STAMPS = {
    "unreadable": "không đọc được.", "other": "không phải của con dấu này.", "false": "có chữ ký sai.",
    "stranger": "không phải của tổ chức cấp dấu thời gian mà hệ thống tin cậy.",
    "expired": "do chứng thư ngoài thời hạn hiệu lực cấp.", "late": "không cùng thời điểm với con dấu.",
}
#: what is wrong with the folder of copies
FOLDERS = {
    "absent": "không có", "no_folder": "không phải là thư mục", "not_readable": "không đọc được",
    "not_writable": "không ghi được",
}


@dataclass(frozen=True)
class Outside:
    """The copies of seals as they stood before history was looked at: what is sealed meanwhile is none too many."""

    copies: Copies
    numbers: frozenset[int]
    #: what is wrong with their folder; empty: nothing
    trouble: str
    #: whether it can be known which copies there are
    is_known: bool = True

    @classmethod
    def of(cls, sealer: Sealer, agency_id: int, folder: Path | None = None) -> "Outside":
        """Those of an agency now, where they are written to, or at another place, which is only read."""
        copies = sealer.copies_of(str(agency_id), folder)
        trouble = copies.trouble()
        try:
            return cls(copies, frozenset(copies.numbers()), "" if folder and trouble == "not_writable" else trouble)
        except CopyImpossible as refusal:
            return cls(copies, frozenset(), trouble or refusal.facts["why"], is_known=False)


def seals(sealer: Sealer, at: datetime, seen: Verified, outside: Outside) -> Iterator[Fault]:
    """The chain of seals, what they cover, their time stamps, and their copies outside."""
    number, previous, public, own = 0, GENESIS, sealer.public, sealer.key_id
    left, judge, roots = set(outside.numbers), sealer.judge(), _roots()
    bare: seal.Seal | None = None
    for row in db.session.scalars(select(seal.Seal).order_by(seal.Seal.number), execution_options={"yield_per": 500}):
        seen.seals += 1
        number += 1
        name = f"seal:{row.number}"
        if None in (row.number, row.at, row.leaves, row.last_act_id):  # which the table refuses (`verify_schema.py`)
            yield Fault("seal", name, f"Con dấu lịch sử số {row.number} thiếu giá trị phải có.")
            continue
        if row.number != number or row.previous_hash != previous:
            yield Fault("seal", name, f"Con dấu lịch sử số {row.number} không nối tiếp con dấu trước.")
            number = row.number
        data = canonical(seal.covered(row))
        if row.key_id != own:
            yield Fault("seal", name, f"Con dấu lịch sử số {row.number} do một khóa khác ký, không phải của hệ thống.")
        elif row.hash != hashlib.sha256(data).hexdigest() or not is_signed(public, data, row.signature):
            yield Fault("seal", name, f"Con dấu lịch sử số {row.number} đã bị sửa hoặc không do hệ thống ký.")
        if roots.get(row.id, (0, GENESIS)) != (row.leaves, row.root):
            yield Fault("seal", name, f"Danh mục của con dấu lịch sử số {row.number} đã bị sửa{_lost_leaves(row)}.")
        if problem := row.stamp and _stamp_problem(judge, row):
            yield Fault("seal", name, f"Dấu thời gian của con dấu lịch sử số {row.number} {STAMPS[problem]}")
        seen.unstamped += not row.stamp
        bare = None if row.stamp else bare or row
        yield from _copied(row, outside, at)
        left.discard(row.number)
        previous = row.hash
    if bare and bare.at < at - timedelta(hours=UNSTAMPED_HOURS):
        yield Fault("seal", f"seal:{bare.number}",
                    f"Từ con dấu lịch sử số {bare.number} không có dấu thời gian nào trong {UNSTAMPED_HOURS} giờ qua.")
    for missing in sorted(left):
        yield Fault("copy", f"seal:{missing}", f"Con dấu lịch sử số {missing} có bản sao bên ngoài nhưng không còn "
                    "trong cơ sở dữ liệu: dữ liệu đã bị thay bằng bản cũ hoặc bị xóa bớt.")
    seen.alterable += outside.copies.alterable()
    if outside.trouble:
        said = FOLDERS.get(outside.trouble, outside.trouble)
        yield Fault("copy", "seals-outside", f"Thư mục bản sao bên ngoài {outside.copies.folder} {said}.")
    yield from _covered_by_seals(at)
    yield from _dated(at)


def _roots() -> dict[int, tuple[int, str]]:
    """By seal: how many leaves it has, and their Merkle root; none where they do not lie one after the other."""
    rows = db.session.execute(
        text("select seal_id, subject, number, hash, position from seal_leaf order by seal_id, position"),
        execution_options={"yield_per": BATCH})
    found = {}
    for seal_id, group in groupby(rows, itemgetter(0)):
        rows_of = list(group)
        root = seal.root_of([seal.leaf_hash(*row[1:4]) for row in rows_of])
        is_in_order = all(row[4] == place for place, row in enumerate(rows_of))
        found[seal_id] = (len(rows_of), root if is_in_order else "")
    return found


def _lost_leaves(row: seal.Seal) -> str:
    """Where in its list, which goes by the names of chains, leaves of a seal are gone; empty: none is.

    What was deleted with its leaves has no name any more; the seal still says how many there were and when.
    """
    left = {leaf.position: leaf.subject for leaf in seal.leaves_of(row.id) if 0 <= leaf.position < row.leaves}
    gaps = [f"mất {end - start - 1} mục giữa “{left.get(start, 'đầu')}” và “{left.get(end, 'cuối')}”"
            for start, end in pairwise([-1, *sorted(left), row.leaves]) if end - start > 1]
    if not gaps:
        return ""
    before = db.session.scalar(select(seal.Seal.at).where(seal.Seal.number == row.number - 1))
    since = f"{before:%d/%m/%Y %H:%M} " if before else ""
    return f": còn {len(left)} trên {row.leaves} dòng lịch sử, {'; '.join(gaps[:LISTED])}; đã ghi {since}đến " \
           f"{row.at:%d/%m/%Y %H:%M} (UTC)"


def _stamp_problem(judge: Judge, row: seal.Seal) -> str:
    """What is wrong with the token of a seal; empty: nothing."""
    try:
        found = judge.judge(base64.b64decode(row.stamp, validate=True), row.hash)
    except ValueError:
        return "unreadable"
    if not found.problem and found.at and abs(found.at - row.at) > timedelta(minutes=UNSEALED_MINUTES):
        return "late"
    return found.problem


def _copied(row: seal.Seal, outside: Outside, at: datetime) -> Iterator[Fault]:
    """What the copy outside says of a seal."""
    if row.number not in outside.numbers:
        if outside.is_known and row.at < at - timedelta(minutes=UNSEALED_MINUTES):
            yield Fault("copy", f"seal:{row.number}", f"Con dấu lịch sử số {row.number} không có bản sao bên ngoài.")
    elif outside.copies.read(row.number) != seal.as_json(row):
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
    yield from _numbered()
    late = db.session.execute(text("""
        select a.subject, min(a.number) as number from act a left join (
            select subject, max(number) as number from seal_leaf group by subject) l on l.subject = a.subject
        where a.at < :since and a.number > coalesce(l.number, 0)
        group by a.subject order by a.subject limit 100"""), {"since": at - timedelta(minutes=UNSEALED_MINUTES)})
    for row in late:
        yield Fault("seal", row.subject, f"Bước {row.number} ghi đã lâu mà chưa được niêm phong.", row.number)


def _numbered() -> Iterator[Fault]:
    """Ids of acts, which no hash of theirs covers, against the highest one that each seal and its copy outside name."""
    rows = db.session.execute(text("""
        select s.number, 'seal:' || s.number as subject, 0 as act from seal s where s.last_act_id > 0
            and not exists (select 1 from act a where a.id = s.last_act_id)
        union all
        select min(s.number), l.subject, l.number from seal_leaf l join seal s on s.id = l.seal_id
            join act a on a.subject = l.subject and a.number = l.number where a.id > s.last_act_id
            group by l.subject, l.number
        order by 1, 2, 3 limit 100"""))
    for row in rows:
        said = f"Bước {row.act} mang mã lớn hơn mã mà con dấu số {row.number} đã niêm phong" if row.act else \
            f"Không còn bước mang mã cuối mà con dấu lịch sử số {row.number} ghi"
        yield Fault("seal", row.subject, f"{said}: mã các bước đã bị đổi.", row.act)


def _dated(at: datetime) -> Iterator[Fault]:
    """Acts dated before a seal that did not know them, or after the one that did: the rest of a chain lies between."""
    wrong = db.session.execute(text("""
        with span as (
            select subject, number, seal_id, lag(number, 1, 0::bigint) over (
                partition by subject order by number) as low from seal_leaf),
        sealed as (select id, number, at, lag(at) over (order by number) as before from seal),
        bound as (
            select l.subject, l.low + 1 as number, s.number as seal, s.before as first, null::timestamptz as last
            from span l join sealed s on s.id = l.seal_id where s.before is not null
            union all
            select l.subject, l.number, s.number, null, s.at from span l join sealed s on s.id = l.seal_id)
        select a.subject, a.number, b.seal, b.last is null as is_back
        from act a join bound b on b.subject = a.subject and b.number = a.number
        where a.at < b.first - :slack or a.at > b.last + :slack
        union all
        select subject, number, 0, false from act where at > :now + :slack
        order by 1, 2 limit 100"""), {"slack": timedelta(minutes=UNSEALED_MINUTES), "now": at})
    for row in wrong:
        said = f"không đúng: con dấu đóng sau đó chưa có bước này, con dấu số {row.seal} mới có" if row.is_back else \
            f"muộn hơn con dấu số {row.seal} đã niêm phong nó" if row.seal else "ở tương lai"
        yield Fault("time", row.subject, f"Bước {row.number} ghi thời điểm {said}.", row.number)
