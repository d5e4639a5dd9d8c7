"""A leader hands the history of a document to the auditor of the agency above: a bundle, a reason, a last day.

What is handed over is the bundle as it proves itself (evidence.py), not a way into the agency's records: what happens
to the document afterwards is not seen. An act of the document tells of it (Art. 10.3, 12).
"""

import tempfile
from datetime import date, datetime, timedelta

from app.db import db
from app.engine import evidence
from app.engine.instance import lock_of_document
from app.engine.reason import need_reason
from app.records import history
from app.records.audit_grant import AuditGrant
from app.records.calendar import local_date
from app.records.document import Document
from app.records.people import User
from app.refusal import Refusal
from app.tools import Tools

#: longest time that something handed over may be read, days
LONGEST_DAYS = 365


class GrantTooLong(Refusal):
    """What is handed over is read from today for a year at most."""

    code = "grant_too_long"


class NobodyAbove(Refusal):
    """The agency has no agency above whose auditor could be given anything."""

    code, status = "nobody_above", 409


class NotTheLeader(Refusal):
    """Only a leader of the agency hands a history over."""

    code, status, article = "not_the_leader", 403, "Art. 10.3"


def give(document: Document, leader: User, until: date, reason: str, tools: Tools, at: datetime) -> AuditGrant:
    """Make the bundle and hand it over. Commits. Raises ReasonNeeded, GrantTooLong, NobodyAbove, NotTheLeader,
    NotSealed.
    """
    reason, today = need_reason(reason), local_date(at)
    if not leader.has("leader"):
        raise NotTheLeader()
    if leader.agency.parent_id is None:
        raise NobodyAbove()
    if not today <= until <= today + timedelta(days=LONGEST_DAYS):
        raise GrantTooLong(days=LONGEST_DAYS)
    with tempfile.TemporaryFile() as made:
        evidence.write(document, tools, at, made)
        made.seek(0)
        sha256 = tools.blobs.put(made)
    lock_of_document(document.id)
    row = AuditGrant(
        agency_id=document.agency_id, document_id=document.id, reference=(document.reference or "")[:60],
        sha256=sha256, size_bytes=tools.blobs.size(sha256), until_date=until, reason=reason, given_by_id=leader.id,
        at=at)
    db.session.add(row)
    db.session.flush()
    history.append(
        history.Act(agency_id=document.agency_id, subject=f"document:{document.id}", at=at, actor_id=leader.id,
                    kind="audit_granted"),
        input={"grant": row.id, "sha256": sha256, "until_date": until.isoformat(), "reason": reason},
        changes=history.take_changes(), is_locked=True)
    db.session.commit()
    return row
