"""A long history for `bench history`: a real course again and again, with its records, right hashes and real seals.

Each copy is a chain of its own with its document, files' rows, milestones, rights, number of arrival, instance and
tasks; acts of documents that are sealed together lie mixed, as they do when many people work. Written by COPY past the
product, because a million acts through its doors would take a day; `verify` says whether they came out right.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import psycopg
from sqlalchemy import select, text

from app.bench.world import BenchWorld
from app.db import db, queue
from app.db.spelling import packed
from app.records import history, seal
from app.records.history import ActContent
from app.records.verify_record import OF_DOCUMENT

#: documents under one seal: what a province's busy agency moves in a quarter of an hour
TOGETHER = 100
#: the n-th copy of a row has its id and BASE + n * STEP: no sequence comes so far, no two copies meet
BASE, STEP = 10_000_000, 100
#: tables with the rows of one document, by the column that names it
TABLES = {"document": "id", "instance": "document_id"} | {
    name: "document_id" for name in sorted(OF_DOCUMENT - {"document"})} | {"slow_work": "instance_id"}
#: kept besides inputs, and the column that holds inputs
KEPT = {"act": None, "act_content": "input", "instance": None, "task": None, "slow_work": "found", "milestone": None,
        "seal_leaf": None}

#: those of them that are its history: acts with moves, changes, state, leaf of a seal; the others are daily work
HISTORY = ("act", "act_content", "instance", "seal_leaf")


@dataclass(frozen=True)
class Copies:
    """What was made."""

    documents: int
    acts: int
    #: acts in each chain
    acts_each: int
    #: mean bytes of one document's rows with their indexes, by table
    bytes_by_table: dict[str, float]


@dataclass(frozen=True)
class _Act:
    """One act of the course that is copied."""

    columns: dict[str, Any]
    covered: dict[str, Any]
    input: str
    changes: list[Any]


def make(made: BenchWorld, document_id: int, wanted: int) -> Copies:
    """Copies of a finished document until there are so many acts, sealed."""
    with made.hands.inside():
        acts = _course(document_id)
        keys = {"document_id": document_id, "id": document_id, "instance_id": db.session.scalar(
            text("select id from instance where document_id = :d"), {"d": document_id})}
    documents, at = max(TOGETHER, wanted // len(acts)), datetime.now(UTC)
    with psycopg.connect(queue.libpq(made.config.database_url)) as connection:
        connection.execute("set session_replication_role = replica")  # what a row refers to is written before it
        before = _sizes(connection)
        for table, column in TABLES.items():
            _records(connection, table, column, keys[column], documents, at)
        connection.execute("update register r set next_number = e.last + 1 from (select register_id, max(number) as "
                           "last from register_entry group by 1) e where e.register_id = r.id")
        connection.commit()
        _sealed(made)
        for first in range(1, documents + 1, TOGETHER):
            numbers = range(first, min(first + TOGETHER, documents + 1))
            rows = list(_chains(acts, document_id, numbers, at))
            _written(connection, rows)
            connection.commit()
            _sealed(made, [(one["subject"], one["number"], one["hash"]) for one, _, _ in rows[-len(numbers):]])
        with made.hands.inside():
            seal.copy_out(made.hands.agency_id, made.app.extensions["tools"].sealer)
        connection.autocommit = True
        connection.execute("vacuum analyze")
        connection.execute("checkpoint")
        after = _sizes(connection)
    return Copies(documents, documents * len(acts), len(acts),
                  {name: (after[name] - before[name]) / documents for name in KEPT})


def _course(document_id: int) -> list[_Act]:
    """The acts of the document, without what they told of tables that are not copied."""
    rows = db.session.execute(
        select(history.Act, ActContent).join(ActContent, ActContent.act_id == history.Act.id)
        .where(history.Act.subject == f"document:{document_id}").order_by(history.Act.number))
    names = [column.key for column in history.Act.__table__.columns]
    return [_Act({name: getattr(act, name) for name in names}, history.covered(act),
                 history.canonical(content.input).decode(), [one for one in content.changes if one[0] in TABLES])
            for act, content in rows]


def _records(connection: psycopg.Connection[Any], table: str, column: str, key: int, documents: int,
             at: datetime) -> None:
    """Rows like those of the document; ids, seeds, numbers of arrival are their own; times are the acts'."""
    more = {"id": f"r.id + {BASE} + n * {STEP}"}
    for name in ("document_id", "instance_id"):
        if table != "document":
            more[name] = f"r.{name} + {BASE} + n * {STEP}"
    when = f"'{at.isoformat()}'::timestamptz"
    more |= {
        "register_entry": {"number": "r.number + n"}, "task": {"created_at": when},
        "instance": {"seed": "lpad(to_hex(n), 32, '0')::uuid", "started_at": when, "ended_at": when},
    }.get(table, {})
    names = [row[0] for row in connection.execute(
        "select column_name from information_schema.columns where table_name = %s and is_generated = 'NEVER' "
        "order by ordinal_position", [table])]
    values = ", ".join(more.get(name, f"r.{name}") for name in names)
    connection.execute(
        f"insert into {table} ({', '.join(names)}) overriding system value select {values} "
        f"from {table} r, generate_series(1, {documents}) n where r.{column} = {key}")


def _sealed(made: BenchWorld, heads: list[seal.Head] | None = None) -> None:
    """A seal over these heads, which are known: all that moved within the hour would be looked for a thousand times."""
    sealer, agency_id = made.app.extensions["tools"].sealer, made.hands.agency_id
    with made.hands.inside():
        if heads is None:
            seal.take(agency_id, sealer, datetime.now(UTC))
        else:
            seal.over(seal.last(), sorted(heads), agency_id, sealer, datetime.now(UTC))


def _chains(acts: list[_Act], document_id: int, numbers: range,
            at: datetime) -> Iterator[tuple[dict[str, Any], str, bytes]]:
    """Columns, input and changes of each act: the first of every document, then the second of every one, ..., now."""
    previous = dict.fromkeys(numbers, history.GENESIS)
    for position, act in enumerate(acts):
        for n in numbers:
            by = BASE + n * STEP
            changes = [_moved(*change, n) for change in act.changes]
            given = act.input
            own = {"subject": f"document:{document_id + by}", "previous_hash": previous[n],
                   "changes_hash": history.digest(changes)}
            said = orjson.loads(given)
            if "instance" in said:
                said["instance"] += by
                said |= {"seed": str(UUID(int=n))} if "seed" in said else {}
                given, own["input_hash"] = history.canonical(said).decode(), history.digest(said)
            previous[n] = history.digest(act.covered | own | {"at": at.isoformat()})
            yield (act.columns | own | {"at": at, "id": by + position, "hash": previous[n]},
                   given, packed(changes))


def _moved(table: str, key: int, columns: dict[str, Any], n: int) -> list[Any]:
    """A change as it was told of the copy."""
    by = BASE + n * STEP
    own = {name: [old, new + by] for name, (old, new) in columns.items()
           if name in ("document_id", "instance_id") and new is not None}
    if table == "register_entry" and "number" in columns:
        own["number"] = [None, columns["number"][1] + n]
    return [table, key + by, columns | own]


def _written(connection: psycopg.Connection[Any], rows: list[tuple[dict[str, Any], str, bytes]]) -> None:
    names = list(rows[0][0])
    with connection.cursor().copy(f"copy act ({', '.join(names)}) from stdin") as target:
        for columns, _, _ in rows:
            target.write_row([packed(value) if isinstance(value, list) else value for value in columns.values()])
    with connection.cursor().copy("copy act_content (agency_id, act_id, input, changes) from stdin") as target:
        for columns, given, changes in rows:
            target.write_row([columns["agency_id"], columns["id"], given, changes])


def _sizes(connection: psycopg.Connection[Any]) -> dict[str, float]:
    """Bytes of each table that is kept, its indexes with it, less what its inputs take."""
    found = {}
    for table, inputs in KEPT.items():
        size = connection.execute("select pg_total_relation_size(%s)", [table]).fetchone()
        less = connection.execute(
            f"select coalesce(sum(pg_column_size({inputs})), 0) from {table}").fetchone() if inputs else (0,)
        assert size is not None and less is not None
        found[table] = float(size[0] - less[0])
    return found
