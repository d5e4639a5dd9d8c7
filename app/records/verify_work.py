"""The part of `verify.py` that judges what no act tells: findings, templates of the province (S12).

They are only held against themselves: who writes a whole one anew is not found (docs/seals.md).
"""

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import text

from app.db import db
from app.db.spelling import digest_of
from app.records.verify_record import LISTED, Fault


def findings(at: datetime) -> Iterator[Fault]:
    """Findings that contradict themselves, or are dated so that a check that no more runs is not missed."""
    rows = db.session.execute(text(f"""
        select id, at > :late as is_ahead from finding
        where at > :late or is_whole <> coalesce((seen ->> 'faults') = '0', is_whole)
            or (is_whole and faults <> '[]') order by id limit {LISTED}"""),
        {"late": at + timedelta(hours=1)})
    for row in rows:
        said = "ghi thời điểm ở tương lai" if row.is_ahead else "tự mâu thuẫn: số lỗi khác với kết luận"
        yield Fault("record", f"finding:{row.id}", f"Kết quả kiểm tra lịch sử {row.id} {said}.")


def templates() -> Iterator[Fault]:
    """Templates of the province whose text is not the one that their sha256 names, or whose versions have gaps."""
    rows = db.session.execute(text(
        "select id, key, version, sha256, parts from diagram_template order by key, version"))
    last: dict[str, int] = {}
    for row in rows:
        parts = {name: hashlib.sha256(str(part).encode()).hexdigest()
                 for name, part in (row.parts.items() if isinstance(row.parts, dict) else ())}
        subject, named = f"diagram_template:{row.id}", f"Mẫu của tỉnh {row.key} v{row.version}"
        if digest_of(parts) != row.sha256:
            yield Fault("release", subject, f"{named} đã bị sửa nội dung.")
        if row.version != last.get(row.key, 0) + 1:
            yield Fault("release", subject, f"{named} không nối tiếp bản trước.")
        last[row.key] = row.version
