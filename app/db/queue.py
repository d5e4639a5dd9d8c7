"""Jobs inside the open transaction: the only importer of procrastinate.

`defer` writes the job on the connection of the session, so a rollback takes the job with it. `queue.app`
is never opened in a web process: it needs no pool of its own. Retries are ours (engine/perform.py), so
that a failure is an act in history and not only a row of the queue.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import procrastinate
import procrastinate.exceptions
import psycopg
from procrastinate.exceptions import AlreadyEnqueued, UniqueViolation
from procrastinate.jobs import Status
from sqlalchemy import text
from sqlalchemy.orm import Session

#: what the worker's own calls raise while the database is away
AWAY = (procrastinate.exceptions.ConnectorException, psycopg.OperationalError, psycopg.InterfaceError)

_connector = procrastinate.SyncPsycopgConnector()
app = procrastinate.App(connector=_connector)


def job(queue: str, name: str, *, is_ticked: bool = False, attempts: int = 11) -> Callable[[Callable], Callable]:
    """Register a function as the job `name` on `queue` (worker_lanes.py lists them).

    An error that leaves it (the database was away) lets it run again after growing pauses, for about an hour
    unless fewer `attempts` are given; not what the clock asks for again anyway (`is_ticked`).
    """
    again = procrastinate.RetryStrategy(max_attempts=attempts, exponential_wait=2)
    return app.task(queue=queue, name=name, retry=not is_ticked and again)


def defer(
    session: Session,
    name: str,
    arguments: dict[str, Any],
    *,
    queue: str = "default",
    lock: str | None = None,
    at: datetime | None = None,
    queueing_lock: str | None = None,
    priority: int = 0,
) -> bool:
    """Defer the job `name` in the session's transaction. False: one with that queueing lock waits already.

    `priority`: what is below 0 waits until nothing else of its queues is due.
    """
    configured = app.configure_task(
        name, queue=queue, lock=lock, schedule_at=at, queueing_lock=queueing_lock, priority=priority,
        allow_unknown=True,
        connection=session.connection().connection.driver_connection,
    )
    if queueing_lock is None:
        configured.defer(**arguments)
        return True
    try:
        with session.begin_nested():
            session.connection()  # else no savepoint is set, and the refusal ends the whole transaction
            configured.defer(**arguments)
    except AlreadyEnqueued:
        return False
    return True


def without_job(session: Session, name: str, argument: str, values: list[int]) -> list[int]:
    """Of these values of an argument, those for which no job `name` waits or runs, in order."""
    taken = session.execute(
        text("select args ->> :argument from procrastinate_jobs where task_name = :name "
             "and status in ('todo', 'doing') and args ->> :argument = any(:values)"),
        {"argument": argument, "name": name, "values": [str(value) for value in values]})
    held = {int(row[0]) for row in taken}
    return [value for value in values if value not in held]


def is_wanted(session: Session, name: str, above: int) -> bool:
    """Whether work of a higher priority than `above` waits in the queue `name`, due now."""
    return bool(session.scalar(
        text("select exists (select 1 from procrastinate_jobs where status = 'todo' and queue_name = :name "
             "and priority > :above and (scheduled_at is null or scheduled_at <= now()))"),
        {"name": name, "above": above}))


def again(session: Session, names: tuple[str, ...], agency_id: int) -> list[tuple[str, dict[str, Any]]]:
    """Give an agency's jobs of these names that were given up another try; their names and arguments."""
    found = session.execute(
        text("select id, task_name, args from procrastinate_jobs where status = 'failed' and task_name = any(:names) "
             "and args ->> 'agency_id' = :agency order by id limit 500"),
        {"names": list(names), "agency": str(agency_id)}).all()
    for row in found:
        session.execute(text("select procrastinate_retry_job_v2(:id, now(), null, null, null)"), {"id": row.id})
    return [(row.task_name, row.args) for row in found]


def worker_app(url: str, lanes: int = 1) -> procrastinate.App:
    """The same jobs on a pool of its own, for the worker, each lane of which keeps a connection to be told of new ones.

    `url` is a libpq address.
    """
    return app.with_connector(procrastinate.PsycopgConnector(conninfo=url, min_size=1, max_size=3 + lanes))


def schema() -> str:
    """The SQL of the queue's tables."""
    return procrastinate.schema.SchemaManager.get_schema()


async def put_back_stalled(running: procrastinate.App, silent_seconds: float) -> int:
    """Give jobs of workers without a sign for so long back to the queue (the library only lists them); how many.

    Where the clock has asked for the same again in between, that one does the work: it waits for the lock of the lost.
    """
    stalled = list(await running.job_manager.get_stalled_jobs(seconds_since_heartbeat=silent_seconds))
    for lost in stalled:
        try:
            await running.job_manager.retry_job(lost)
        except UniqueViolation:
            await running.job_manager.finish_job(lost, Status.ABORTED, delete_job=True)
    return len(stalled)


def libpq(url: str) -> str:
    """A libpq address from SQLAlchemy's: the driver's name dropped."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def waiting(url: str) -> int:
    """How many jobs wait or run now."""
    with psycopg.connect(libpq(url)) as connection:
        row = connection.execute(
            "select count(*) from procrastinate_jobs where status in ('todo', 'doing')"
        ).fetchone()
    return row[0] if row else 0


def soon(seconds: float, now: datetime) -> datetime:
    """`seconds` after `now`."""
    return now + timedelta(seconds=seconds)
