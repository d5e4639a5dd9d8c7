"""Acts written by many processes at once, for `bench history`.

What an act is here: the row of a real course (moves, hashes, state) with its content (values of the form, results of
steps, changes of records), chained by `history.append` under its lock and committed by itself, as `act.settle` does.
The engine's own work on a step is told by `bench task`.
"""

import multiprocessing
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from time import perf_counter
from typing import Any

from sqlalchemy import select, text

from app.bench.report import figure
from app.bench.world import BenchWorld
from app.db import db, tenancy
from app.records import history
from app.records.history import ActContent

#: chains of the bench begin here, far above those of packets; each writer has so many
_APART, _CHAINS = 10**12, 10**6


def written(made: BenchWorld, document_id: int, writers: int, each: int) -> list[dict[str, Any]]:
    """Acts per second of all writers together, beside commits of one row each."""
    with made.app.app_context(), tenancy.as_owner():
        db.session.execute(text("create table bench_commit (n int)"))
        db.session.execute(text("grant insert on bench_commit to qlvb_app"))
        db.session.commit()
        db.session.remove()
    with made.hands.inside():
        given = _contents(document_id)
    plain = _together(made, writers, each, lambda _: _commit)
    with made.app.app_context(), tenancy.as_owner():  # what is measured next is verified, the schema with it
        db.session.execute(text("drop table bench_commit"))
        db.session.commit()
        db.session.remove()
    rate = _together(made, writers, each, lambda number: _append(made.hands.agency_id, number, given))
    return [figure(f"acts written by {writers} processes, each with its own chains and a commit per act", "1/s", rate,
                   anchor=plain, anchor_is="transactions of one bare row by as many processes", goal=">= 500",
                   ok=rate >= 500)]


def _contents(document_id: int) -> list[tuple[dict[str, Any], Any, Any]]:
    """The acts of a real course: columns, input and changes of each. Chained apart, they are packets that came, from
    nobody here: no other kind may say so much outside a document (records/act_scope.py).
    """
    rows = db.session.execute(select(history.Act, ActContent).join(ActContent, ActContent.act_id == history.Act.id)
                              .where(history.Act.subject == f"document:{document_id}").order_by(history.Act.number))
    names = ("element", "occurrence", "label", "moves", "release_sha256", "state_hash")
    return [({name: getattr(act, name) for name in names}, content.input, content.changes) for act, content in rows]


def _append(agency_id: int, number: int, given: list[tuple[dict[str, Any], Any, Any]]) -> Callable[[], None]:
    # the course anew is a chain anew: what is there no act of a procedure writes once more
    turns = ((chain, *act) for chain in count(_APART + number * _CHAINS) for act in given)

    def append() -> None:
        chain, columns, put_in, changes = next(turns)
        act = history.Act(agency_id=agency_id, subject=f"message:{chain}", at=datetime.now(UTC),
                          kind="message_received", **columns)
        history.append(act, input=put_in, changes=changes)
        db.session.commit()

    return append


def _commit() -> None:
    db.session.execute(text("insert into bench_commit values (1)"))
    db.session.commit()


def _together(made: BenchWorld, writers: int, each: int, make: Callable[[int], Callable[[], None]]) -> float:
    """How many calls a second all writers do."""
    context = multiprocessing.get_context("fork")
    ready = context.Barrier(writers + 1)

    def work(number: int) -> None:
        with made.app.app_context():
            db.engine.dispose(close=False)  # its connections are the parent's
        with made.hands.inside():
            one = make(number)
            one()
            ready.wait(60)
            for _ in range(each):
                one()

    children = [context.Process(target=work, args=(number,)) for number in range(writers)]
    for child in children:
        child.start()
    ready.wait(60)
    started = perf_counter()
    for child in children:
        child.join()
    taken = perf_counter() - started
    if any(child.exitcode for child in children):
        raise RuntimeError("a writer failed")
    return writers * each / taken
