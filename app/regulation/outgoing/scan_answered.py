"""Each place where a scan is not what was approved is answered for before the agency signs (Art. 9.2.c).

The clerk sees both beside each other (compare.py). Either it is another paper, and he scans again; or it is the paper
nevertheless, and why stays in history, place by place. Until then the agency does not sign. An answer is about one
reading of one scan: for another scan it is asked again.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.db import db
from app.engine.reason import SHORTEST_TOLD, need_reason
from app.records import history, scan_check
from app.records.document import Document, Opinion
from app.records.people import User
from app.records.scan_check import ScanCheck
from app.refusal import Refusal
from app.regulation.outgoing import named

#: answers to one scan that are looked at
_MOST = 50


class ScanUnanswered(Refusal):
    """The scan is not what was approved: first each place is answered for, or another scan is taken."""

    code, article = "scan_unanswered", "Art. 9.2.c"


def answers(check: ScanCheck) -> dict[int, str]:
    """Why it is the paper nevertheless, by the number of the place among the differences."""
    acts = history.latest(history.Act.subject == f"document:{check.document_id}",
                          history.Act.kind == "scan_answered", limit=_MOST)
    return {int(place): why for _, told in acts if told.get("check") == check.id for place, why in told["why"].items()}


def open_at(check: ScanCheck) -> list[int]:
    """The numbers of the differences that are still to be answered for."""
    known = answers(check) if check.stops else {}
    return [place for place, one in enumerate(check.differences) if one.get("stops", True) and place not in known]


def require_answered(document: Document) -> None:
    """Refuse to sign for the agency while a place of the newest scan is unanswered. Raises ScanUnanswered."""
    check = scan_check.latest(document.id)
    if check is not None and (left := open_at(check)):
        raise ScanUnanswered(count=len(left))


def answer(task_id: int, user: User, why: Mapping[int, str], at: datetime) -> int:
    """Of the places that are open: why it is the paper nevertheless; how many were answered for. Commits.

    Raises NotFound, TaskTaken, InstanceSuspended, NotToAnswer, ReasonNeeded, ReasonShort.
    """
    task, document = named.at_seal(task_id, user, at)
    check = scan_check.latest(document.id)
    said = {place: need_reason(why[place], SHORTEST_TOLD) for place in (open_at(check) if check else ())
            if place in why}
    if check is None or not said:
        db.session.rollback()
        return 0
    text = "; ".join(f"{_words(check.differences[place])}: {reason}" for place, reason in said.items())
    db.session.add(Opinion(agency_id=document.agency_id, document_id=document.id, user_id=user.id, kind="reason", at=at,
                           element=task.element, text=f"Bản quét khác bản đã duyệt, vẫn đúng tờ giấy: {text}"))
    history.append(
        history.Act(agency_id=document.agency_id, subject=f"document:{document.id}", at=at, actor_id=user.id,
                    kind="scan_answered"),
        input={"check": check.id, "sha256": check.sha256, "why": {str(place): one for place, one in said.items()}},
        changes=history.take_changes())
    db.session.commit()
    return len(said)


def _words(one: Mapping[str, Any]) -> str:
    """A difference as it is cited: what was read, what was approved."""
    return " / ".join(f"“{text}”" for text in (one.get("found"), one.get("should")) if text) or one["what"]
