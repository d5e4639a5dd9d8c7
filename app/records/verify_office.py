"""The part of `verify.py` that asks whether people held the office in which they acted (S12; Art. 10.2, 11.3.b).

What an act says of accounts, in the order of ids, says who was an administrator, a publisher, a leader when. A repair
is two people's: who did it was asked by another, in an act of the same document. It reads only acts by which
somebody governs, and repairs nothing; whether such an act was wise is nobody's question here.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import text

from app.db import db
from app.db.readable import UNREADABLE
from app.db.spelling import unpacked
from app.records.verify_record import LISTED, SKEW, Fault

#: by kind of act, the roles of which who does it holds one; a kind that is not here is nobody's office
OFFICES = {
    **dict.fromkeys(("step_retried", "sent_back", "account_changed", "agency_changed", "delegation_changed",
                     "signing_keys_changed"), ("admin",)),
    **dict.fromkeys(("instance_migrated", "repair_asked"), ("migrator",)),
    **dict.fromkeys(("instance_suspended", "instance_resumed", "instance_repaired", "repair_refused"),
                    ("migrator", "publisher")),
    **dict.fromkeys(("instance_cancelled", "diagram_published", "release_withdrawn"), ("publisher",)),
    **dict.fromkeys(("audit_granted", "audit_ended"), ("leader",)),
    **dict.fromkeys(("calendar_changed", "register_opened", "register_closed", "register_reopened"),
                    ("clerk", "admin")),
    **dict.fromkeys(("paper_kinds_changed", "layout_rules_changed"), ("admin", "clerk", "leader")),
    "barred_rules_changed": ("leader", "admin"), "mailbox_changed": ("clerk",),
}
#: kinds that tell of accounts
_ACCOUNTS = ("account_changed", "taken_over")
_ACTS = text("""
    select a.id, a.subject, a.number, a.at, a.kind, a.element, a.occurrence, a.actor_id, a.on_behalf_of_id,
           c.id is null as is_removed, c.input ->> 'repair' as repair, c.input ->> 'to' as "to",
           case when a.kind = any(:accounts) then c.changes end as changes
    from act a left join act_content c on c.act_id = a.id where a.kind = any(:kinds) order by a.id""")


def offices() -> Iterator[Fault]:
    """Acts of office by somebody who did not hold it then, and repairs that no other person had asked for."""
    held: dict[int, _Held] = {}
    asked: dict[str, list[Any]] = {}
    for row in db.session.execute(_ACTS, {"accounts": list(_ACCOUNTS), "kinds": [*OFFICES, "taken_over"]},
                                  execution_options={"yield_per": 2000}):
        for key, columns in _accounts(row.changes):
            held.setdefault(key, _Held()).learn(row.at, columns)
        if (roles := OFFICES.get(row.kind)) and row.actor_id is not None and not any(
                held[one].has(roles, row.at) for one in (row.actor_id, row.on_behalf_of_id) if one in held):
            if row.actor_id in held:  # before the first word about an account nobody knows what it was
                yield _fault(row, "mà người làm lúc đó không giữ vai trò được làm")
        if row.kind == "repair_asked":
            asked.setdefault(row.subject, []).append(row)
        elif row.kind == "instance_repaired":
            found = next((one for one in asked.get(row.subject, ()) if _is_other_who_asked(one, row)), None)
            if found is None:
                yield _fault(row, "mà không có người khác đề nghị trước (Điều 10.2)")
            else:
                asked[row.subject].remove(found)


class _Held:
    """The roles of one account, and since when; none while it may not log in."""

    def __init__(self) -> None:
        self.roles: frozenset[str] = frozenset()
        self.is_active = True
        #: what it held before the changes of the last minutes, and until when
        self.before: list[tuple[datetime, frozenset[str]]] = []

    def learn(self, at: datetime, columns: dict[str, Any]) -> None:
        """An act tells of the account."""
        self.before = [one for one in self.before if one[0] > at - SKEW][-LISTED:] + [(at, self.now())]
        if isinstance(roles := _new(columns, "roles"), list):
            self.roles = frozenset(role for role in roles if isinstance(role, str))
        if isinstance(is_active := _new(columns, "is_active"), bool):
            self.is_active = is_active

    def now(self) -> frozenset[str]:
        """What it holds."""
        return self.roles if self.is_active else frozenset()

    def has(self, roles: tuple[str, ...], at: datetime) -> bool:
        """Whether it holds one of these, or did until so shortly before that a request was under way."""
        return any(not found.isdisjoint(roles) for found in
                   (self.now(), *(had for until, had in self.before if timedelta() <= at - until < SKEW)))


def _new(columns: dict[str, Any], name: str) -> Any:
    pair = columns.get(name)
    return pair[1] if isinstance(pair, list) and len(pair) == 2 else None


def _accounts(kept: bytes | None) -> Iterator[tuple[int, dict[str, Any]]]:
    """What the changes of an act tell of accounts; what cannot be read the chain tells."""
    if kept is None:
        return
    try:
        found = orjson.loads(unpacked(kept))
    except UNREADABLE:
        return
    for one in found if isinstance(found, list) else ():
        if isinstance(one, list) and len(one) == 3 and one[0] == "user_account" \
                and isinstance(one[1], int) and isinstance(one[2], dict):
            yield one[1], one[2]


def _is_other_who_asked(asked: Any, done: Any) -> bool:
    return (asked.element, asked.occurrence) == (done.element, done.occurrence) \
        and asked.actor_id not in (None, done.actor_id) and asked.number < done.number \
        and (asked.is_removed or done.is_removed or (asked.repair, asked.to) == (done.repair, done.to))


def _fault(row: Any, said: str) -> Fault:
    return Fault("chain", row.subject, f"Bước {row.number} thuộc loại {row.kind} {said}.", row.number)
