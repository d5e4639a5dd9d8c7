"""A draft from a template (Art. 8.1): at the start of a document, and beside the task of writing it.

What is written is drafting/template.py's. The file becomes the author's upload, and his open task holds it.
"""

from contextlib import suppress
from typing import Any

from flask import Blueprint, Response, jsonify

from app.db import db
from app.engine import task as tasks
from app.engine.task import StaleTask, Task
from app.records import right
from app.records.calendar import local_date
from app.records.document import Document
from app.regulation.drafting import template
from app.tools.media import clean_name
from app.web.asked import storable, told, whole
from app.web.draft_layout import keep, own_task
from app.web.gate import me
from app.web.moment import now

bp = Blueprint("draft_template", __name__)


def _codes(value: object) -> list[str]:
    """Codes of agencies; unknown ones are left out when their names are looked up."""
    return [one for one in value if isinstance(one, str)][:500] if isinstance(value, list) else []


def _id(value: object) -> int:
    return whole(str(value or ""))


def made(document: Document, values: dict[str, Any]) -> dict[str, str]:
    """{"sha256", "name"} of a fresh draft with what was chosen so far. Raises NoTemplate, SignerUnknown. Commits."""
    subject = str(values.get("subject") or document.subject)[:500]
    answered = db.session.get(Document, document.answers_id) if document.answers_id else None
    if answered is not None and not right.may_read(me(), answered, local_date(now())):
        answered = None
    data = template.make(
        me(), type_name=document.type_name, subject=subject, signer_id=_id(values.get("approver_id")),
        addressees=_codes(values.get("addressees")), recipients=_codes(values.get("recipients")),
        authority=str(values.get("authority") or ""), answered=answered)
    return keep(data, clean_name(f"{document.type_name} - {subject[:60].replace('/', '-')}.docx"))


def begin(task: Task, values: dict[str, Any]) -> None:
    """The open task of a document that was begun just now holds a draft from its template. Commits.

    What somebody has typed there already stays.
    """
    if task.draft is not None:
        return
    file = made(task.document, values)
    kept = {key: values[key] for key in ("addressees", "recipients", "approver_id", "subject") if values.get(key)}
    with suppress(StaleTask):
        tasks.save_draft(task.id, me(), {**kept, "draft_file": file["sha256"]}, task.version, now())
        db.session.commit()


@bp.post("/viec/<int:task_id>/mau")
def fresh(task_id: int) -> Response:
    """A draft from the template with what stands in the form: {"sha256", "name"}."""
    task = own_task(task_id)
    return jsonify(made(task.document, storable(told())))
