"""The part of `verify.py` that holds what slow steps found against the acts that recorded it (S12).

Work that is still under way is not judged: no act tells of it yet.
"""

from collections.abc import Iterator

from sqlalchemy import text

from app.db import db
from app.records.verify_record import LISTED, Fault


def works() -> Iterator[Fault]:
    """Results of slow steps that are not as their acts say."""
    rows = db.session.execute(text(f"""
        select i.document_id, w.element from slow_work w join instance i on i.id = w.instance_id
        where w.status = 'recorded' and not exists (
            select 1 from act a left join act_content c on c.act_id = a.id
            where a.subject = 'document:' || i.document_id and a.kind = 'step_finished' and a.element = w.element
            and a.occurrence = w.occurrence
            and coalesce(w.found, 'null') = coalesce(c.input -> 'found', 'null'))
        and not (coalesce(w.found, 'null') = 'null' and exists (
            select 1 from act a where a.subject = 'document:' || i.document_id and a.kind = 'content_removed'))
        order by 1, 2 limit {LISTED}"""))
    for row in rows:
        yield Fault("record", f"document:{row.document_id}", f"Kết quả của bước tự động “{row.element}” khác với "
                    "lịch sử.")
