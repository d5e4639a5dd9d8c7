"""Art. 6.2.b; NĐ 30/2020 Đ22.2: the clerk cancels a number of arrival that was given wrongly, with the reason.

The drawing shows it: an event on the edge of a task, of the leader's and of waiting for a paper file (Art. 3.4),
leads back to the clerk, who registers the document anew with another number, returns it, or keeps it out. The number
stays in the register with who cancelled it and why, and is not used again; of a register that is closed the ledger says
which were cancelled since (records/register_book.py). What the leader has directed keeps its number; he gives it back
first. Cancelled and directed at the same moment, whoever had the document's lock first has his way.
"""

from datetime import datetime

from app.engine import act as acts
from app.engine import task as tasks
from app.engine.instance import of_document
from app.engine.migrate import drawing
from app.engine.step import Act, Plain
from app.engine.template import tells
from app.records import deadline, history, register, right
from app.records.calendar import local_date
from app.records.document import Document, NotFound
from app.records.people import User
from app.refusal import Refusal

#: the message of the drawing
NUMBER_CANCELLED = "number_cancelled"

tells(NUMBER_CANCELLED, "Văn thư hủy số đến", {"register_due_at": ("2026-01-05T17:00:00+07:00",)}, needs=("enter",))


class NumberKept(Refusal):
    """The document has no number of arrival that could be cancelled now: it is directed, given back, or finished."""

    code, status, article = "number_kept", 409, "Art. 6.2.b"


class NumberReasonWrong(Refusal):
    """Why a number is cancelled is a sentence: the register keeps it."""

    code, status, article = "number_reason_wrong", 422, "NĐ 30/2020 Đ22.2"


def may_cancel(user: User, document: Document) -> bool:
    """Whether the person may cancel the document's number of arrival now: a clerk, while a task waits on whose edge it
    is drawn.
    """
    run = of_document(document.id)
    if not user.has("clerk") or document.arrival_number is None or run is None or run.status != "running":
        return False
    edges = {node.attached_to for node in drawing(run.bundle.drawing).nodes()
             if node.element.message == NUMBER_CANCELLED}
    return any(one.element in edges for one in tasks.open_of(run.id))


def is_in_closed(document: Document) -> bool:
    """Whether the number of arrival is of a register that is closed: a book that was bound then has it as given."""
    entry = register.entry_of(document.id, "incoming")
    return entry is not None and not entry.register.is_open


def cancel(document_id: int, user: User, reason: str, at: datetime) -> int:
    """Cancel the number; the document is the clerk's again. Gives the number. Commits.

    Raises NotFound, NumberReasonWrong, and NumberKept (a second click, the leader was first).
    """
    document = right.find(document_id, user, local_date(at))
    run, said = of_document(document_id), history.stated(reason, NumberReasonWrong)
    if not user.has("clerk") or document.direction != "incoming" or run is None:
        raise NotFound()
    numbers = []

    def prepare(act: Act) -> Plain:
        entry = register.void(act.document, "incoming", at, user.id, said)
        if entry is None:
            raise NumberKept()
        numbers.append(entry.number)
        act.document.status = "arrived"
        act.say("reason", f"Hủy số đến {entry.number}: {said}")
        return {"register_due_at": deadline.give(act.document, "verify", at)}

    if not acts.tell(run.id, NUMBER_CANCELLED, user, None, at, prepare):
        raise NumberKept()
    return numbers[0]
