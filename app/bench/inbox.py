"""The inbox page with 1,000, 10,000 and 100,000 open tasks of one person, over HTTP, in one run."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text

from app.bench.report import figure, interleaved, report
from app.bench.world import BenchWorld, drafts_at_review, logged_in, served, world
from app.db import db, tenancy

SIZES = (1_000, 10_000, 100_000)

_FILL = text("""
    insert into task (agency_id, instance_id, document_id, element, occurrence, label, why, kind, role, unit_id,
                      form_key, status, inbox_key, rank, created_at, due_at, note, version)
    select agency_id, instance_id, document_id, element, occurrence + n, label, why, kind, role, unit_id, form_key,
           'open', inbox_key, rank - n, :at, :at + n * interval '1 minute', '', 1
    from task, generate_series(1, :more) n where id = :like
""")


def run(rounds: int = 30) -> dict[str, Any]:
    """Median of the page for each size, and the ratio of the largest to the smallest."""
    found: dict[int, dict[str, float]] = {}
    with world() as made:
        like = drafts_at_review(made, 1)[0]
        have = 1
        with served(made) as address:
            client = logged_in(address, "truongphong")
            for size in SIZES:
                _fill(made, like, size - have)
                have = size
                pages = {"inbox": "/viec", "overdue": "/viec?hop=overdue", "empty": "/suc-khoe"}
                for path in pages.values():
                    client.get(path).raise_for_status()
                found[size] = interleaved({name: lambda path=path: client.get(path) for name, path in pages.items()},
                                          rounds)
    base = found[SIZES[0]]["inbox"]
    return report("inbox", [
        figure(f"inbox page of 50 with {size:,} open tasks", "ms", found[size]["inbox"], anchor=base,
               anchor_is="the same page with 1,000", goal="<= 1.5 x" if size == SIZES[-1] else "",
               ok=found[size]["inbox"] <= 1.5 * base if size == SIZES[-1] else None) for size in SIZES
    ] + [figure("overdue page with 100,000 open tasks", "ms", found[SIZES[-1]]["overdue"], anchor=base,
                anchor_is="inbox page with 1,000"),
         figure("empty page", "ms", found[SIZES[-1]]["empty"])])


def _fill(made: BenchWorld, like: int, more: int) -> None:
    with made.app.app_context(), tenancy.as_owner():
        db.session.execute(_FILL, {"at": datetime.now(UTC), "more": more, "like": like})
        db.session.commit()
        db.session.execute(text("analyze task"))
        db.session.commit()
        db.session.remove()
