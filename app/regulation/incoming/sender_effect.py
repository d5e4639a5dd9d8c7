"""What an accepted request of the sender does to the work on a document (QĐ 28/2018 Đ8, 9; Art. 7, 10.4): limits follow
what was changed, and who works on it learns it; taken back or replaced, the assignment and its rights end.

It changes no document: sender_request.py does, in the same act.
"""

from collections.abc import Collection
from datetime import datetime

from app.engine import task as tasks
from app.engine.inbox import due_of
from app.engine.step import Act
from app.records import deadline, milestone, notice
from app.records.document import PRIORITIES
from app.regulation import given

#: forms whose limit the urgency sets
_BY_URGENCY = ("verify", "assign", "extend")


def changed(act: Act, names: Collection[str]) -> None:
    """These fields have changed: open tasks follow, and who has the document on the screen must load it anew."""
    document = act.document
    for row in tasks.open_of(act.instance.id):
        if row.form_key == "handle" and "due_date" in names and document.due_date:
            row.due_at = due_of(f'="{document.due_date.isoformat()}"', {}, act.at)
        elif row.form_key in _BY_URGENCY and "priority" in names:
            row.due_at = datetime.fromisoformat(deadline.give(document, row.form_key, act.at))
        row.rank, row.version = row.rank_of(document.priority), row.version + 1
        if row.draft:
            row.draft = {name: value for name, value in row.draft.items() if name not in names}
    said = ["Nơi gửi cập nhật thông tin văn bản."]
    if "due_date" in names and document.due_date:
        said.append(f"Hạn xử lý mới: {document.due_date:%d/%m/%Y}.")
    if "priority" in names:
        said.append(f"Độ khẩn mới: {PRIORITIES[document.priority]}.")
    _tell(act, _working(act), " ".join(said))


def ended(act: Act, reason: str) -> None:
    """The document was taken back or replaced: what was given ends, and who had it learns why."""
    people = _working(act)
    given.take_rights(act.document, act.at)
    _tell(act, people, reason)


def _working(act: Act) -> set[int]:
    """Who has it by an assignment, who holds a task of it, and the leader who gave it on."""
    rows = tasks.open_of(act.instance.id)
    directed = milestone.standing(act.document.id).get("assign")
    held = {row.claimed_by_id or row.assignee_id for row in rows if row.kind == "user"}
    return {one.id for one in given.people(act.document)} | {
        one for one in held | {directed and directed.user_id} if one is not None}


def _tell(act: Act, people: set[int], text: str) -> None:
    for user_id in sorted(people - {act.actor_id}):
        notice.put(act.document, notice.CHANGED, user_id, act.at, from_user_id=act.actor_id, text=text)
