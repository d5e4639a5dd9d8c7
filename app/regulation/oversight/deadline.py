"""Art. 10.4: what is due or overdue is urged in time."""

from typing import Any

from app.db import db
from app.engine import task
from app.engine.step import Act, step
from app.engine.task import Task
from app.engine.template import offer
from app.records.document import Document, answers

offer("remind", "Nhắc hạn, đôn đốc")


@step
def remind(act: Act) -> dict[str, Any]:
    """Mark the open tasks of the document, and of the drafts that answer it, as urged; the inbox shows it."""
    drafting = db.select(Document.id).where(answers(act.document.id))
    drafts = db.session.scalars(db.select(Task).where(Task.document_id.in_(drafting), Task.status == task.OPEN))
    for row in [*task.open_of(act.instance.id), *drafts]:
        row.reminded_at = act.at
    return {}
