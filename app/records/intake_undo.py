"""What a clerk's move with waiting pages has changed, and the way back (Art. 6.2.a).

A pile is told by how its pages lie, never by its row: taken back and done again, it is another row. So moves can be
taken back one after the other, and what somebody has changed since is never written over.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from app.db import db
from app.records import intake
from app.records.intake import IntakeGone, IntakePage, IntakePile
from app.records.people import User

#: how a pile lies: its pages [id, turn, why left out] in order, and what its sheet and its folder said
Lie = dict[str, Any]


def lies(user: User, at: datetime, also: Iterable[Lie] = ()) -> list[Lie]:
    """How the clerk's piles lie now, in order; those that hold pages of `also` even where the board shows them not."""
    return [_lie(pile) for pile in intake.piles(user, at, _pages(also))]


def change(before: list[Lie], after: list[Lie]) -> dict[str, Any]:
    """What a move has changed: the piles as they lay, behind which page each began, and as they lie; {} = nothing."""
    was = [(number, pile) for number, pile in enumerate(before) if pile not in after]
    if not was:
        return {}
    return {"was": [pile for _, pile in was], "now": [pile for pile in after if pile not in before],
            "behind": [before[number - 1]["pages"][-1][0] if number else 0 for number, _ in was]}


def take_back(user: User, move: dict[str, Any], at: datetime) -> None:
    """The pages lie again as they lay before the move; said twice, done once. Raises IntakeGone."""
    intake.lock(user)
    order = intake.piles(user, at, _pages(move["was"]))
    now = [_lie(pile) for pile in order]
    if all(pile in now for pile in move["was"]):
        return
    if not all(pile in now for pile in move["now"]):
        raise IntakeGone()
    free = [pile for pile, lie in zip(order, now, strict=True) if lie in move["now"]]
    pages = {page.id: page for pile in order for page in pile.pages}
    rows: list[IntakePile] = []
    for lie, behind in zip(move["was"], move["behind"], strict=True):
        row = _row(pages[lie["pages"][0][0]].pile, free)
        place = next((number for number, pile in enumerate(order) if pile is row), len(order))
        order = [pile for pile in order if pile is not row]
        if behind in pages:
            place = next(number for number, pile in enumerate(order) if pile is pages[behind].pile) + 1
        order.insert(0 if not behind else place, row)
        _lay(row, lie, pages, at)
        rows.append(row)
    db.session.flush()
    for pile in free:
        order.remove(pile)
        db.session.expire(pile, ["pages"])
        db.session.delete(pile)
    for number, pile in enumerate(order, 1):
        pile.position = number


def _row(there: IntakePile, free: list[IntakePile]) -> IntakePile:
    """The row for a pile: where its first page lies, unless another has taken that."""
    if there in free:
        free.remove(there)
        return there
    made = IntakePile(agency_id=there.agency_id, user_id=there.user_id, position=0, at=there.at)
    db.session.add(made)
    return made


def _lay(row: IntakePile, lie: Lie, pages: dict[int, IntakePage], at: datetime) -> None:
    row.tied_id, row.sheet, row.register_id = lie["tied"], lie["sheet"], lie["register"]
    for position, (page_id, turn, why) in enumerate(lie["pages"]):
        page = pages[page_id]
        page.pile, page.position, page.turn = row, position, turn
        page.dropped_at, page.dropped_for = (page.dropped_at or at) if why else None, why


def _lie(pile: IntakePile) -> Lie:
    pages = sorted(pile.pages, key=lambda page: (page.position, page.id))
    return {"pages": [[page.id, page.turn, page.dropped_for if page.dropped_at else ""] for page in pages],
            "tied": pile.tied_id, "sheet": pile.sheet, "register": pile.register_id}


def _pages(piles: Iterable[Lie]) -> list[int]:
    return [page[0] for pile in piles for page in pile["pages"]]
