"""The wall between agencies: row-level security, set at the start of every transaction.

`acting_for(agency_id)` says whose transaction begins next; `open_wall` makes each one drop to the
unprivileged role `qlvb_app` and see that agency's rows only. Outside `acting_for` no row is visible.
`as_owner()` lifts the wall for set-up and migrations; doors never use it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.pq import ExecStatus
from psycopg.sql import SQL, Literal
from sqlalchemy import Connection, event
from sqlalchemy.orm import Session, SessionTransaction

#: the unprivileged role of doors and worker
ROLE = "qlvb_app"

_agency: ContextVar[int | None] = ContextVar("agency", default=None)
_owner: ContextVar[bool] = ContextVar("owner", default=False)

_DONE = ExecStatus.COMMAND_OK
_SET = "select set_config('role', %s, true), set_config('app.agency_id', %s, true)"


@contextmanager
def acting_for(agency_id: int) -> Iterator[None]:
    """Transactions begun inside see the rows of this agency, as the unprivileged role."""
    token = _agency.set(agency_id)
    try:
        yield
    finally:
        _agency.reset(token)


@contextmanager
def as_owner() -> Iterator[None]:
    """Transactions begun inside run as the owner of the tables: set-up, migrations, tests."""
    token = _owner.set(True)
    try:
        yield
    finally:
        _owner.reset(token)


def current_agency() -> int | None:
    """The agency of the transactions that begin now; None = none, nothing is visible."""
    return _agency.get()


def open_wall(session_class: type[Session]) -> None:
    """Make every transaction of these sessions begin behind the wall."""

    @event.listens_for(session_class, "after_begin")
    def _begin(session: Session, transaction: SessionTransaction, connection: Connection) -> None:
        if not _owner.get() and not transaction.nested:
            _open(connection)


def _open(connection: Connection) -> None:
    """Begin and put up the wall in one journey, since all that the product does begins so.

    In two where the transaction is of another kind than usual, or the first went wrong: the second says why, and a
    lost connection leaves the pool.
    """
    driver: Any = connection.connection.driver_connection
    agency = _agency.get() or 0
    try:
        stands = driver.isolation_level is None and driver.pgconn.exec_(
            f"begin; set local role {ROLE}; set local app.agency_id = '{agency:d}'".encode()).status == _DONE
    except psycopg.Error:
        stands = False
    if not stands:
        connection.exec_driver_sql(_SET, (ROLE, str(agency)))


@dataclass(frozen=True)
class View:
    """One agency's view of the database at one moment, which another process may share while it lasts."""

    address: str
    snapshot: str
    agency: str


def shared_view(connection: psycopg.Connection[Any]) -> View:
    """The view of this open transaction, which lasts as long as it."""
    row = connection.execute("select pg_export_snapshot(), current_setting('app.agency_id')").fetchone()
    assert row is not None
    info = connection.info
    secret = {"password": info.password} if info.password else {}
    return View(make_conninfo(info.dsn, **secret), *row)


@contextmanager
def in_view(view: View) -> Iterator[psycopg.Connection[Any]]:
    """A connection of its own in that view, behind the same wall."""
    with psycopg.connect(view.address) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.execute(SQL("set transaction snapshot ") + Literal(view.snapshot))
        connection.execute(_SET, (ROLE, view.agency))
        yield connection


def policy(table: str) -> list[str]:
    """The statements that put `table` behind the wall (migrations)."""
    rule = "agency_id = current_setting('app.agency_id')::bigint"
    return [
        f"alter table {table} enable row level security",
        f"create policy agency_wall on {table} using ({rule}) with check ({rule})",
    ]
