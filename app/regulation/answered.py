"""What a document answers, which of it its dispatch closes, and the procedures that wait for that (Art. 8.1).

An answer is given when whoever is named in "Kính gửi" was sent it: by the exchange, and outside of it. Ties are made by
incoming/answer.py.
"""

from app.db import db, queue
from app.engine import instance as instances
from app.engine.perform import job_lock
from app.records import milestone
from app.records.document import AlsoAnswered, Document, also_answered


def also(draft_id: int, answers_id: int) -> AlsoAnswered | None:
    """The tie of a draft to one that it answers beside the first."""
    return next((one for one in also_answered(draft_id) if one.answers_id == answers_id), None)


def closes(draft: Document, answers_id: int | None = None) -> bool:
    """Whether the dispatch of the draft closes what it answers: the first, or another one that is named."""
    if answers_id is not None and (row := also(draft.id, answers_id)) is not None:
        return row.closes
    if draft.answers_id is None:
        return False
    if draft.closes_answered is None:  # nobody has said: begun at the task, it does
        begun = milestone.standing(draft.answers_id).get("answer")
        return begun is not None and begun.at == draft.created_at
    return draft.closes_answered


def waiting(draft: Document) -> list[int]:
    """The instances of what the dispatch of the draft closes, those beside the first before it."""
    ids = [one.answers_id for one in also_answered(draft.id) if one.closes]
    if draft.answers_id is not None and closes(draft):
        ids.append(draft.answers_id)
    return [run.id for run in map(instances.of_document, ids) if run is not None]


def tell(draft: Document) -> None:
    """Bring each of them the word that it is answered, by jobs of this transaction."""
    for instance_id in waiting(draft):
        queue.defer(db.session, "deliver", {
            "agency_id": draft.agency_id, "instance_id": instance_id, "message": "answered",
            "payload": {"answered_by": draft.id}}, lock=job_lock(instance_id))
