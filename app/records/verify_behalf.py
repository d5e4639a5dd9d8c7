"""The part of `verify.py` that asks whether people acted in another's name as he let them (S12; Art. 7).

Each act in somebody's name is held against the delegations that acts told of, in the order of ids: given by him to who
acted, in force on that day, wide enough for the document. A delegation is given and ended in the chain of who gives it,
by himself or by command. It does not ask what the delegate may do (`engine/conformance.py`), and repairs nothing.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import text

from app.db import db
from app.db.readable import UNREADABLE
from app.records.calendar import local_date
from app.records.people import ALL, USUAL
from app.records.verify_office import Past, told_of
from app.records.verify_record import Fault, document_of

#: kinds that tell of delegations; the first two are written by who gives it
_OWN = ("delegation_given", "delegation_ended")
_TELLING = (*_OWN, "delegation_changed", "taken_over")
#: what is recorded later than it was asked for, by who asked
_LATER = "step_finished"
_ACTS = text("""
    select a.id, a.subject, a.number, a.at, a.kind, a.actor_id, a.on_behalf_of_id,
           case when a.kind = any(:telling) then c.changes end as changes
    from act a left join act_content c on c.act_id = a.id
    where a.kind = any(:telling) or a.on_behalf_of_id is not null order by a.id""")
#: what acts of a document told before this one; and how urgent it is now
_BEFORE = text("""
    select c.changes from act a join act_content c on c.act_id = a.id
    where a.subject = :subject and a.number < :number order by a.number desc""")
_URGENT = text("select 1 from document where id = :id and priority > 0")


def behalves() -> Iterator[Fault]:
    """Acts in the name of somebody who had not let who acted, and delegations that are not of who gave them."""
    told: dict[int, Past] = {}
    #: rows of two people; as an upgrade told them first: they stood before it, too
    of_two: dict[str, set[int]] = {}
    old: dict[int, dict[str, Any]] = {}
    #: (subject, who, in whose name) of what was right, and acts that may stand on a row that an upgrade tells later
    right, doubtful = set(), []
    for row in db.session.execute(_ACTS, {"telling": list(_TELLING)}, execution_options={"yield_per": 2000}):
        for key, columns in told_of("delegation", row.changes):
            past = told.setdefault(key, Past())
            past.learn(row.at, columns)
            of_two.setdefault(f"{past.now.get('to_user_id')} {past.now.get('from_user_id')}", set()).add(key)
            if row.kind == "taken_over":
                old.setdefault(key, past.now)
            elif not _is_given_by(row, past):
                yield _fault(row, f"thuộc loại {row.kind} mà không phải do người ủy quyền làm (Điều 7)")
        if row.on_behalf_of_id is not None:
            name = (row.subject, row.actor_id, row.on_behalf_of_id)
            known = of_two.get(f"{row.actor_id} {row.on_behalf_of_id}", ())
            if any(_allows(was, row) for key in known for was in told[key].at(row.at)):
                right.add(name)
            elif row.kind != _LATER or name not in right:
                doubtful.append(row)
    for row in doubtful:
        if not any(_allows(was, row) for was in old.values()):
            yield _fault(row, "làm thay người khác mà lúc đó không được người ấy ủy quyền (Điều 7)")


def _is_given_by(row: Any, past: Past) -> bool:
    """Whether who gives the delegation is the one of whom the chain is, and has written it himself."""
    giver = past.now.get("from_user_id") or past.before[-1][1].get("from_user_id")
    return row.subject == f"user:{giver}" and (row.kind not in _OWN or row.actor_id == giver)


def _allows(delegation: Mapping[str, Any], row: Any) -> bool:
    """Whether the delegation, as it was told, lets an act be done in that name."""
    if (delegation.get("from_user_id"), delegation.get("to_user_id")) != (row.on_behalf_of_id, row.actor_id):
        return False
    day, since, until = local_date(row.at).isoformat(), delegation.get("from_date"), delegation.get("until_date")
    return isinstance(since, str) and isinstance(until, str) and since <= day <= until \
        and not _is_ended(delegation.get("ended_at"), row.at) and _is_in_scope(delegation.get("scope"), row)


def _is_ended(ended: Any, at: datetime) -> bool:
    try:
        return ended is not None and datetime.fromisoformat(ended) <= at
    except UNREADABLE:
        return True


def _is_in_scope(scope: Any, row: Any) -> bool:
    return scope == ALL or scope == USUAL and not _is_urgent(row)


def _is_urgent(row: Any) -> bool:
    """Whether the document bore a mark of urgency when the act was done; asked only of those that bear one now."""
    document = document_of(row.subject)
    if not db.session.scalar(_URGENT, {"id": document}):
        return False
    for kept in db.session.scalars(_BEFORE, {"subject": row.subject, "number": row.number}):
        for key, columns in told_of("document", kept):
            if key == document and "priority" in columns:
                return bool(columns["priority"][1])
    return False


def _fault(row: Any, said: str) -> Fault:
    return Fault("chain", row.subject, f"Bước {row.number} {said}.", row.number)
