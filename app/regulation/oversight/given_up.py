"""Art. 10: work that the queue gave up is said at its document, once, beside the log of the administrators."""

from datetime import datetime
from typing import Any

from app.db import db
from app.engine import instance as instances
from app.engine.instance import Instance
from app.records import history
from app.records.document import Opinion

WORDS = ("Hệ thống chưa thực hiện được một việc tiếp theo của văn bản này và đang thử lại; người quản trị cần xem "
         "nhật ký của bộ xử lý.")


def tell(agency_id: int, job: str, arguments: dict[str, Any], at: datetime) -> bool:
    """Warn at the document of a job; False when it was said before, or the job has no document. In a transaction."""
    document_id = arguments.get("document_id")
    if document_id is None and "instance_id" in arguments:
        document_id = db.session.scalar(
            db.select(Instance.document_id).where(Instance.id == arguments["instance_id"]))
    if document_id is None:
        return False
    instances.lock_of_document(document_id)
    said = db.select(Opinion.id).where(Opinion.document_id == document_id, Opinion.text == WORDS)
    if db.session.scalar(said.limit(1)) is not None:
        return False
    db.session.add(Opinion(agency_id=agency_id, document_id=document_id, kind="warning", text=WORDS, at=at))
    history.append(history.Act(agency_id=agency_id, subject=f"document:{document_id}", at=at, kind="step_failed",
                               label=WORDS[:200]),
                   input={"job": job}, changes=history.take_changes())
    return True
