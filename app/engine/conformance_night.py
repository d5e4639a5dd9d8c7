"""The nightly judgement of histories against the regulation, told to the auditor and the leader (Art. 10.3, 10.4).

Each history that moved since a day is judged whole (conformance.py). It repairs and forbids nothing. People's roles
are those of then, as the history of accounts tells them.
"""

from collections.abc import Mapping
from datetime import date, datetime, time

from sqlalchemy import select

from app.db import db
from app.engine import diagram
from app.engine.conformance import Kind, Roles, Violation, violations
from app.engine.diagram import Release
from app.engine.dialect_model import Element
from app.engine.instance import OPEN, Instance
from app.records import verify
from app.records.calendar import ZONE
from app.records.document import Document
from app.records.history import Act, ActContent
from app.records.people import User
from app.records.verify import Finding
from app.records.verify_record import SKEW, document_of


def nightly(agency_id: int, at: datetime, since: date | None) -> Finding:
    """Judge what moved since that day, and what is open, and write down what was found. Commits."""
    seen, faults, roles = {"checked": 0, "acts": 0, "removed": 0}, [], roles_then()
    for document_id in documents_of(since):
        found = of_document(document_id, at, roles, seen)
        seen["checked"] += 1
        faults += [one.as_json() for one in found]
        db.session.rollback()  # each history is a whole by itself
    row = verify.keep(agency_id, "conform", at, seen, faults)
    db.session.commit()
    return row


def documents_of(since: date | None) -> list[int]:
    """The documents to judge: with an act since that day, and those that still run: something may be overdue."""
    query = select(Instance.document_id).distinct().order_by(Instance.document_id)
    if since is not None:
        moved = select(Act.subject).where(Act.at >= datetime.combine(since, time(), ZONE), Act.release_sha256 != "")
        subjects = set(db.session.scalars(moved.distinct()))
        ids = [document for subject in subjects if (document := document_of(subject))]
        query = query.where(Instance.document_id.in_(ids) | Instance.status.in_(OPEN))
    return list(db.session.scalars(query))


def of_document(document_id: int, at: datetime, roles: Roles, seen: dict[str, int] | None = None) -> list[Violation]:
    """What is against the regulation in the history of one document; `roles`: what `roles_then` gives."""
    document = db.session.get_one(Document, document_id)
    rows = db.session.execute(
        select(Act, ActContent.input).outerjoin(ActContent, ActContent.act_id == Act.id)
        .where(Act.subject == f"document:{document_id}").order_by(Act.number)).all()
    if seen is not None:
        seen["acts"] += len(rows)
        seen["removed"] += any(given is None for _, given in rows)
    kind = Kind(document_id, document.direction, document.exchange_form or "")
    return list(violations(kind, [(act, given) for act, given in rows], _elements, roles, at))


def _elements(sha256: str) -> Mapping[str, Element] | None:
    release = db.session.scalars(select(Release).where(Release.sha256 == sha256).limit(1)).first()
    return None if release is None else diagram.bundle(release).compiled.elements


def roles_then() -> Roles:
    """The roles that people held at a time, as acts told them; today's of who was there before the first such act.

    A request that began before a change may be written after it: both sides of it count for some minutes.
    """
    told: dict[int, list[tuple[datetime, list[str]]]] = {}
    rows = db.session.execute(select(Act.at, ActContent.changes).join(ActContent, ActContent.act_id == Act.id)
                              .where(Act.kind.in_(("account_changed", "taken_over"))).order_by(Act.id))
    for at, changes in rows:
        for table, key, columns in changes:
            if table == "user_account" and "roles" in columns:
                told.setdefault(key, []).append((at, columns["roles"][1] or []))

    def of(user_id: int, at: datetime) -> set[str]:
        known = told.get(user_id, [])
        if not known or at < known[0][0] - SKEW:
            user = db.session.get(User, user_id)
            return set(user.roles if user else ())
        begun = max((n for n, (since, _) in enumerate(known) if since <= at - SKEW), default=0)
        return {role for since, roles in known[begun:] if since <= at + SKEW for role in roles}

    return of
