"""Art. 4.1.a: an invitation within the agency is answered: one comes, does not and says why, or sends another.

The last word counts: who was sent in the place of one who now says otherwise comes no longer, and who came to know
of it is told. Rows are never deleted, so he is marked.
"""

from datetime import datetime

from app.db import db
from app.records import history, internal_paper, notice, right
from app.records.calendar import local_date
from app.records.internal_paper import ABSENT, ANSWERS, ATTENDS, SENDS, SENT, InternalPaper, InternalRecipient
from app.records.people import User
from app.refusal import Refusal
from app.regulation.internal_exchange import locked, may_send, tell


class InternalAnswerWrong(Refusal):
    """An invitation is answered by its recipients while it stands: they come, do not and say why, or send another."""

    code, article = "internal_answer_wrong", "Art. 4.1.a"


def answer(document_id: int, user: User, said: str, note: str, other_id: int | None, at: datetime) -> bool:
    """Say whether one comes to a meeting; the last word counts. False: it was said already. Commits.

    Who sends another in his place names him: he gets the paper too. Raises NotFound, InternalAnswerWrong.
    """
    locked(document_id)
    right.find(document_id, user, local_date(at))
    paper, row = internal_paper.get(document_id, fresh=True), internal_paper.of(document_id, user.id)
    note = " ".join(note.split())[:500]
    is_open = paper.is_meeting and paper.document.status == SENT and row is not None and row.withdrawn_at is None
    if not is_open or said not in ANSWERS or said == ABSENT and len(note) < history.SHORTEST_REASON:
        raise InternalAnswerWrong()
    other = _other(paper, user, other_id) if said == SENDS else None
    note = _called(other) if other is not None else note
    if (row.answer, row.answer_note) == (said, note):
        db.session.rollback()
        return False
    row.answer, row.answer_note, row.answered_at = said, "" if said == ATTENDS else note, at
    _let_go(paper, user, user, at, but=other)
    if other is not None:
        _name(paper, user, other, at)
    tell(paper.document, "internal_answered", user, {"answer": said, "note": row.answer_note}, at)
    return True


def sent_by(row: InternalRecipient) -> int | None:
    """Who comes in his place, by what he answered."""
    rows = internal_paper.recipients(row.document_id) if row.answer == SENDS else []
    found = [one for one in rows if _is_called(one.user, row.answer_note)]
    named = [one for one in found if one.named_by_id == row.user_id]
    return (named or found)[0].user_id if found else None


def _called(user: User) -> str:
    """A person so that he is told from another of the same name."""
    more = ", ".join(filter(None, (user.position, user.unit.name if user.unit else "")))
    return f"{user.full_name} ({more})"[:500] if more else user.full_name


def _is_called(user: User, note: str) -> bool:
    return note == user.full_name or note.startswith(f"{user.full_name} (")


def _other(paper: InternalPaper, user: User, other_id: int | None) -> User:
    """Who comes in his place. Raises InternalAnswerWrong: no circle, no chain of which nobody knows the end."""
    other = db.session.get(User, other_id) if other_id else None
    if other is None or not may_send(other) or other.id in (user.id, paper.document.author_id):
        raise InternalAnswerWrong()
    there = internal_paper.of(paper.document_id, other.id)
    if there is not None and there.answer == SENDS:
        raise InternalAnswerWrong()
    return other


def _name(paper: InternalPaper, user: User, other: User, at: datetime) -> None:
    """He gets the paper; named once more after he was let go, he comes again."""
    there = internal_paper.of(paper.document_id, other.id)
    if there is None:
        db.session.add(InternalRecipient(agency_id=user.agency_id, document_id=paper.document_id, user_id=other.id,
                                         named_by_id=user.id))
    elif there.withdrawn_at is not None:
        there.withdrawn_at, there.named_by_id = None, user.id
        _end(paper, other, notice.RECALLED, at)


def _let_go(paper: InternalPaper, who: User, by: User, at: datetime, but: User | None = None) -> None:
    """Whom he had sent comes no longer, nor whom that one had sent; but who is sent by somebody else, too."""
    rows = internal_paper.recipients(paper.document_id)
    for row in rows:
        if row.named_by_id != who.id or but is not None and row.user_id == but.id:
            continue
        senders = [one.user_id for one in rows if one.user_id != who.id and one.answer == SENDS
                   and _is_called(row.user, one.answer_note)]
        if senders:
            row.named_by_id = senders[0]
            continue
        row.withdrawn_at, row.answer, row.answer_note, row.answered_at = at, "", "", None
        _end(paper, row.user, notice.URGED, at)
        if row.read_at is not None and row.user.is_active:  # he may count on it: he came to know of it
            notice.put(paper.document, notice.RECALLED, row.user_id, at, from_user_id=by.id,
                       text="Người cử bạn đã trả lời lại: bạn không còn dự thay")
        db.session.flush()
        _let_go(paper, row.user, by, at)


def _end(paper: InternalPaper, user: User, kind: str, at: datetime) -> None:
    for one in notice.open_on(paper.document_id):
        if one.to_user_id == user.id and one.kind == kind:
            one.done_at, one.done_by_id = at, user.id
