"""What a history must keep beside the order of steps: dates (Art. 10.4), and who signs (Art. 9.1.c).

Judged at night from the acts alone (engine/conformance.py); nothing is forbidden here.
"""

from collections.abc import Iterator

from app.engine.conformance import Course, Event, also
from app.records.calendar import ZONE


@also("Art. 10.4")
def within_deadline(event: Event, course: Course) -> Iterator[str]:
    """A task is done by its date (Art. 6.2.c, 7); one that still waits after it is overdue."""
    if event.due_at is None or event.at <= event.due_at:
        return
    due = f"{event.due_at.astimezone(ZONE):%H:%M ngày %d/%m/%Y}"
    yield f"hoàn thành sau thời hạn {due}" if event.is_done else f"đã quá thời hạn {due} mà chưa hoàn thành"


@also("Art. 9.1.c")
def signed_by_who_approved(event: Event, course: Course) -> Iterator[str]:
    """The leader who approved the content is the one who signs it."""
    approved = course.standing.get("approval_given")
    if event.name != "task:sign_by_leader" or not event.is_done or event.known.get("decision") != "sign":
        return
    if approved is not None and approved.actor_id != event.actor_id:
        yield "người ký số không phải là người đã duyệt nội dung"
