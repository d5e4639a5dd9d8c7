"""What a clerk does with pages that wait: turn, order, split, join, leave out and put back (Art. 6.2.a).

Everything is said absolutely ("this page, by 90 degrees"), so the same said twice, from two tabs or by a double click,
is done once. Each function keeps other moves of the same clerk off until the caller's transaction ends. The pages of a
signed file stay together as they are: its signatures cover the whole.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select

from app.db import db
from app.records import intake
from app.records.intake import IntakeFile, IntakeGone, IntakePage, IntakePile
from app.records.people import User
from app.refusal import Refusal

#: degrees clockwise
TURNS = (0, 90, 180, 270)
#: number of the page, why it is left out or "", token of the sheet that it is or ""
Leaf = tuple[int, str, str]


class WholeFile(Refusal):
    """A signed file, or one without pages of its own, is taken as a whole or not at all."""

    code, article = "intake_whole", "Art. 3.3"


class TiedTwice(Refusal):
    """Two scans that belong to two registered documents cannot be joined."""

    code = "intake_tied_twice"


def lay_out(file: IntakeFile, user: User, at: datetime, leaves: Iterable[Leaf]) -> None:
    """The pages of a file become piles, behind those of files that were chosen before it, whichever was ready first.

    `leaves`: (number, why it is left out or "", token of the sheet that it is or "") of each page, in order; a sheet
    begins a new pile, which keeps its token unless the sheet only parts a document from the next.
    """
    intake.lock(user)
    parts = _parted(leaves)
    for position, (token, part) in enumerate(parts, _room(file, user, at, len(parts))):
        sheet = intake.sheet(token) if token else None
        tied_id = sheet.document_id if sheet else None
        pile = IntakePile(agency_id=file.agency_id, user_id=user.id, position=position, at=at, tied_id=tied_id,
                          sheet=token if sheet is None or tied_id else "", register_id=file.register_id)
        db.session.add(pile)
        for number, left_out, _ in part:
            pile.pages.append(IntakePage(
                agency_id=file.agency_id, file_id=file.id, number=number, position=len(pile.pages),
                turn=0, dropped_at=at if left_out else None, dropped_for=left_out))
    file.state, file.user_id = intake.WAITING, user.id


def _parted(leaves: Iterable[Leaf]) -> list[tuple[str, list[Leaf]]]:
    """The leaves of each document and the token of the sheet before it.

    Sheets with nothing between them part once, by the last; what is left out at the end stays with the last document:
    no sheet makes a pile of nothing.
    """
    parts: list[tuple[str, list[Leaf]]] = []
    for leaf in leaves:
        _, left_out, token = leaf
        if not parts or left_out == intake.SHEET and _has_kept(parts[-1][1]):
            parts.append((token, []))
        elif left_out == intake.SHEET:
            parts[-1] = token, parts[-1][1]
        parts[-1][1].append(leaf)
    if len(parts) > 1 and not _has_kept(parts[-1][1]):
        _, rest = parts.pop()
        parts[-1][1].extend(rest)
    return parts


def _has_kept(part: list[Leaf]) -> bool:
    return any(not left_out for _, left_out, _ in part)


def _room(file: IntakeFile, user: User, at: datetime, count: int) -> int:
    """The position of the first of so many piles of the file; those of files that were chosen later make room."""
    db.session.flush()
    db.session.refresh(file, ["place"])
    for pile in intake.piles(user, at):
        if pile.pages[0].file.place > file.place:
            _make_room(user, pile.position, count)
            return pile.position - count
    last = db.session.scalar(select(func.max(IntakePile.position)).where(IntakePile.user_id == user.id)) or 0
    return last + 1


def _make_room(user: User, position: int, count: int) -> None:
    """The piles from this position on go so many places back."""
    for later in db.session.scalars(select(IntakePile).where(
            IntakePile.user_id == user.id, IntakePile.document_id.is_(None), IntakePile.position >= position)):
        later.position += count


def turn(user: User, page_ids: list[int], degrees: int) -> None:
    """Turn the pages so that they stand at so many degrees clockwise of how they came."""
    if degrees not in TURNS:
        raise ValueError(degrees)
    for page in _own(user, page_ids, is_cut=True):
        page.turn = degrees


def drop(user: User, page_ids: list[int], at: datetime) -> None:
    """Leave pages out; of a file that stays whole, all of them."""
    for page in _whole(_own(user, page_ids)):
        page.dropped_at, page.dropped_for = page.dropped_at or at, page.dropped_for or intake.CLERK


def restore(user: User, page_ids: list[int]) -> None:
    """Put back what was left out."""
    for page in _whole(_own(user, page_ids)):
        page.dropped_at, page.dropped_for = None, ""


def split(user: User, page_id: int) -> None:
    """The page begins a pile of its own, with all that follow it; not where nothing would be left on one side."""
    page, = _own(user, [page_id], is_cut=True)
    pile = page.pile
    rest = [other for other in pile.pages if other.position >= page.position]
    kept = {other.id for other in intake.kept(pile)}
    if not kept & {other.id for other in rest} or kept <= {other.id for other in rest}:
        return
    _make_room(user, pile.position + 1, 1)
    made = IntakePile(agency_id=pile.agency_id, user_id=user.id, position=pile.position + 1, at=pile.at,
                      register_id=pile.register_id)
    db.session.add(made)
    for place, moved in enumerate(rest):
        moved.pile, moved.position = made, place


def join(user: User, pile_id: int, to_id: int) -> None:
    """The pages of a pile go behind those of another, and the pile is gone."""
    if pile_id == to_id:
        raise IntakeGone()
    intake.lock(user)
    pile, target = _open(user, pile_id), _open(user, to_id)
    if any(page.file.is_whole for page in [*pile.pages, *target.pages]):
        raise WholeFile()
    if pile.tied_id and target.tied_id and pile.tied_id != target.tied_id:
        raise TiedTwice()
    place = len(target.pages)
    for page in list(pile.pages):
        page.pile, page.position = target, place
        place += 1
    if pile.tied_id:
        target.tied_id, target.sheet = pile.tied_id, pile.sheet
    target.register_id = target.register_id or pile.register_id
    _end(pile)
    _number(target)


def move(user: User, page_id: int, pile_id: int, place: int) -> None:
    """The page goes to this place of this pile, counted from 0 without itself."""
    page, = _own(user, [page_id], is_cut=True)
    source, target = page.pile, _open(user, pile_id)
    if any(other.file.is_whole for other in target.pages):
        raise WholeFile()
    others = [other for other in target.pages if other is not page]
    others.insert(max(0, min(place, len(others))), page)
    page.pile = target
    for position, other in enumerate(others):
        other.position = position
    if source is not target:
        _number(source)
        left = [other for other in source.pages if other is not page]
        if not left:
            _end(source)
        elif all(other.dropped_for == intake.SHEET for other in left):
            _put_away(left)


def wholly(user: User, page_ids: list[int]) -> list[IntakePage]:
    """The pages, locked, and all of each file among them that stays whole. Raises IntakeGone."""
    return _whole(_own(user, page_ids))


def untie(user: User, pile_id: int) -> None:
    """The scan is a document of its own after all."""
    intake.lock(user)
    pile = _open(user, pile_id)
    pile.tied_id, pile.sheet = None, ""


def _own(user: User, page_ids: list[int], *, is_cut: bool = False) -> list[IntakePage]:
    """Pages of this clerk's piles that are no document yet, locked. Raises IntakeGone; WholeFile where one is cut."""
    intake.lock(user)
    found = list(db.session.scalars(
        select(IntakePage).join(IntakePile).where(
            IntakePage.id.in_(page_ids), IntakePile.user_id == user.id, IntakePile.document_id.is_(None),
            IntakePile.handed_at.is_(None))
        .with_for_update().execution_options(populate_existing=True)))
    if len(found) != len(set(page_ids)) or not found:
        raise IntakeGone()
    if is_cut and any(page.file.is_whole for page in found):
        raise WholeFile()
    return found


def _whole(pages: list[IntakePage]) -> list[IntakePage]:
    """The pages, and all of each file that stays whole."""
    return list({page.id: page for found in pages
                 for page in (found.pile.pages if found.file.is_whole else [found])}.values())


def _open(user: User, pile_id: int) -> IntakePile:
    pile = intake.find_pile(user, pile_id)
    if pile.document_id is not None or pile.handed_at is not None:
        raise IntakeGone()
    db.session.refresh(pile, ["pages"])
    return pile


def put_away(user: User, pile_id: int) -> None:
    """A pile of which all pages are left out needs no place on the board. Raises IntakeGone when one is kept."""
    intake.lock(user)
    pile = _open(user, pile_id)
    if intake.kept(pile):
        raise IntakeGone()
    _put_away(pile.pages)


def _put_away(pages: list[IntakePage]) -> None:
    for page in pages:
        page.dropped_for = intake.AWAY


def _number(pile: IntakePile) -> None:
    for position, page in enumerate(sorted(pile.pages, key=lambda page: (page.position, page.id))):
        page.position = position


def _end(pile: IntakePile) -> None:
    db.session.flush()
    db.session.expire(pile, ["pages"])
    db.session.delete(pile)
