"""The part of `verify_chain.py` that shares a long history among processes, and puts together what each found.

The chains are cut into pieces of about as many acts. Other processes take them from the first on, this one from the
last on, after what else it has to judge: so all are done at nearly the same time, in one view of the database. It
judges nothing.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any, TypeVar

from app.db import tenancy

#: acts from which on other processes pay
APART_FROM = 100_000
#: other processes: two processors have work too while one process waits for the database
OTHERS = 2
#: acts of a piece: few enough that nobody waits long for the last one
PIECE = 20_000

#: the first subject of a piece, and the one before which it ends; empty: there is no end
Span = tuple[str, str]
Found = TypeVar("Found")


def spans(connection: Any, apart_from: int) -> list[Span]:
    """The pieces of a history of so many acts, in their order; a shorter one is one piece."""
    (acts,) = connection.execute("select count(*) from act").fetchone()
    if acts < apart_from:
        return [("", "")]
    bounds = [subject for (subject,) in connection.execute("""
        select distinct subject from (select subject, row_number() over (order by subject, number) as n from act) a
        where n %% %s = 0 order by subject""", [min(PIECE, acts // 2)])]
    return list(zip(["", *bounds], [*bounds, ""], strict=True))


def shared(connection: Any, pieces: list[Span], given: Any, there: Callable[[tenancy.View, Span, Any], Found],
           here: Callable[[Span], Found], meanwhile: Callable[[], object]) -> list[Found]:
    """What is found in each piece, in their order: `there` in processes of their own, from the first one on; `here` in
    this one, from the last one on, after `meanwhile`. One piece needs no other process.
    """
    if len(pieces) == 1:
        meanwhile()
        return [here(pieces[0])]
    with _beside(connection, pieces, given, there) as asked:
        meanwhile()
        mine: list[Found] = []
        while len(mine) < len(pieces) and asked[-1 - len(mine)].cancel():
            mine.append(here(pieces[-1 - len(mine)]))
        return [one.result() for one in asked[:len(pieces) - len(mine)]] + mine[::-1]


@contextmanager
def _beside(connection: Any, pieces: list[Span], given: Any,
            there: Callable[[tenancy.View, Span, Any], Found]) -> Iterator[list[Future[Found]]]:
    view = tenancy.shared_view(connection)
    pool = ProcessPoolExecutor(OTHERS, mp_context=get_context("spawn"))
    try:
        yield [pool.submit(there, view, piece, given) for piece in pieces]
    finally:
        pool.shutdown(cancel_futures=True)
