"""The part of `verify.py` that asks whether people held the office in which they acted (S12; Art. 10.2, 11.3.b).

What an act says of accounts, in the order of ids, says who was an administrator, a publisher, a leader when. Nobody
holds an office in another's name. Two people change the trust list, and a repair: who did it was asked by another, in
an act of the same document, and it was not refused; the requests that are kept are as these acts say. It reads only
acts by which somebody governs, and repairs nothing; whether such an act was wise is nobody's question here.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
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
                     "signing_keys_changed", "trust_asked"), ("admin",)),
    **dict.fromkeys(("instance_migrated", "repair_asked"), ("migrator",)),
    **dict.fromkeys(("instance_suspended", "instance_resumed", "instance_repaired", "repair_refused"),
                    ("migrator", "publisher")),
    **dict.fromkeys(("instance_cancelled", "diagram_published", "release_withdrawn"), ("publisher",)),
    **dict.fromkeys(("audit_granted", "audit_ended", "delegation_given", "directive_changed"), ("leader",)),
    **dict.fromkeys(("calendar_changed", "register_opened", "register_closed", "register_reopened"),
                    ("clerk", "admin")),
    **dict.fromkeys(("paper_kinds_changed", "layout_rules_changed"), ("admin", "clerk", "leader")),
    **dict.fromkeys(("mailbox_changed", "barred_cleared", "number_reserved", "number_released", "sent_otherwise",
                     "resend_asked", "recall_asked", "update_asked", "recipients_answered",
                     "scan_answered"), ("clerk",)),
    **dict.fromkeys(("barred_rules_changed", "trust_decided"), ("leader", "admin")),
    "copy_decided": ("leader",), "copy_made": ("clerk",), "copy_sent": ("clerk",), "signature_preserved": ("clerk",),
    "signature_pictures_changed": ("leader", "clerk", "admin"),
    "recipient_groups_changed": ("admin", "clerk"),
    "internal_kinds_changed": ("admin", "clerk", "leader"),
    "removal_completed": (),  # by command only
}
#: kinds that a command of the machine writes too, which says who gave it
BY_COMMAND = frozenset({"account_changed", "agency_changed", "delegation_changed", "diagram_published",
                        "mailbox_changed", "removal_completed"})
#: since when such a command does; what is older is sealed, and one dated back is found (`verify_seal.py`)
OPERATOR_SINCE = datetime(2026, 11, 26, 15, tzinfo=UTC)
#: kinds that tell of accounts, and those of which what they tell says whose they are
_TELLING = ("account_changed", "taken_over", "barred_cleared", "directive_changed", "register_opened",
            "number_released", "trust_asked", "trust_decided")
_ACTS = text("""
    select a.id, a.subject, a.number, a.at, a.kind, a.element, a.occurrence, a.actor_id,
           c.id is null as is_removed, c.input ->> 'repair' as repair, c.input ->> 'to' as "to",
           c.input ->> 'asked_by' as asked_by, c.input ->> 'reason' as reason,
           coalesce(c.input ->> 'operator', '') as operator,
           case when a.kind = any(:telling) then c.changes end as changes
    from act a left join act_content c on c.act_id = a.id where a.kind = any(:kinds) order by a.id""")

#: what is kept of a request for a repair, and the acts that tell of it: asked for, and by its status how it was decided
_REQUESTS = text("""
    select r.id, 'document:' || i.document_id as subject, r.element, r.occurrence, r.to_element, r.reason, r.status,
           r.asked_by_id, r.asked_at, r.decided_by_id, r.decided_at
    from repair r left join instance i on i.id = r.instance_id order by r.id""")
_DECIDED = {"done": "instance_repaired", "refused": "repair_refused"}
_OF_REPAIRS = frozenset({"repair_asked", *_DECIDED.values()})


def offices() -> Iterator[Fault]:
    """Acts of office by somebody who did not hold it then, or by nobody, and repairs that no other person had asked
    for, or that were refused.
    """
    held: dict[int, Past] = {}
    asked: dict[str, list[Any]] = {}
    of_repairs: list[Any] = []
    #: who asked last for a change of what is believed that waits, and for which last day
    trust: dict[int, tuple[int, Any]] = {}
    for row in db.session.execute(_ACTS, {"telling": list(_TELLING), "kinds": [*OFFICES, "taken_over"]},
                                  execution_options={"yield_per": 2000}):
        for key, columns in told_of("user_account", row.changes):
            held.setdefault(key, Past()).learn(row.at, columns)
        if row.kind in OFFICES and (problem := _problem(row, held)):
            yield _fault(row, problem)
        yield from _of_trust(row, trust)
        if row.kind in _OF_REPAIRS:
            of_repairs.append(row)
        if row.kind == "repair_asked":
            asked.setdefault(row.subject, []).append(row)
        elif row.kind in ("instance_repaired", "repair_refused"):
            found = next((one for one in asked.get(row.subject, ()) if _is_other_who_asked(one, row)), None)
            if found is not None:
                asked[row.subject].remove(found)
            elif row.kind == "instance_repaired":
                yield _fault(row, "mà không có người khác đề nghị trước (Điều 10.2)")
    yield from _requests(of_repairs)


def _of_trust(row: Any, asked: dict[int, tuple[int, Any]]) -> Iterator[Fault]:
    """A change of what is believed that no other person asked for, or asked for otherwise."""
    for key, columns in told_of("trust_anchor", row.changes):
        if row.kind == "trust_asked":
            asked[key] = row.actor_id, _new(columns, "ending_until")
            continue
        asker, last = asked.pop(key, (None, None))
        if asker in (None, row.actor_id) or row.asked_by != str(asker):
            yield _fault(row, "mà không có người khác đề nghị trước (NĐ 68/2024 Điều 32)")
        elif _new(columns, "until") not in (None, last) or last is not None and _new(columns, "ended_at") is not None:
            yield _fault(row, "khác điều mà người kia đã đề nghị (NĐ 68/2024 Điều 32)")


def _new(columns: dict[str, Any], name: str) -> Any:
    pair = columns.get(name)
    return pair[1] if isinstance(pair, list) and len(pair) == 2 else None


def _requests(told: list[Any]) -> Iterator[Fault]:
    """Requests for repairs that nobody made or decided so, and those that acts tell of and that are gone."""
    acts: dict[tuple[Any, ...], list[Any]] = {}
    for row in told:
        acts.setdefault((row.kind, row.subject, row.element, row.occurrence, row.actor_id, row.at), []).append(row)
    known = set()
    for one in db.session.execute(_REQUESTS):
        known.add(str(one.id))
        place = (one.subject, one.element, one.occurrence)
        is_asked = any(_is_of(act, one) and (act.is_removed or act.reason == one.reason)
                       for act in acts.get(("repair_asked", *place, one.asked_by_id, one.asked_at), ()))
        by, decision = (one.decided_by_id, one.decided_at), _DECIDED.get(one.status)
        is_decided = any(_is_of(act, one) for act in acts.get((decision, *place, *by), ())) if decision else \
            one.status == "asked" and by == (None, None) and not any(
                act.kind != "repair_asked" and act.repair == str(one.id) for act in told)
        if not (is_asked and is_decided):
            yield Fault("record", one.subject, f"Đề nghị sửa chỗ đứng {one.id} khác với các bước của lịch sử.")
    for row in told:
        if row.kind == "repair_asked" and not row.is_removed and row.repair not in known:
            yield Fault("record", row.subject, f"Đề nghị sửa chỗ đứng ở bước {row.number} nay không còn.", row.number)


def _is_of(act: Any, asked: Any) -> bool:
    return act.is_removed or (act.repair, act.to) == (str(asked.id), asked.to_element)


class Past:
    """A row as acts told of it, and as it was before what they told in the last minutes."""

    def __init__(self) -> None:
        self.now: dict[str, Any] = {}
        #: until when it was how
        self.before: list[tuple[datetime, dict[str, Any]]] = []

    def learn(self, at: datetime, columns: Mapping[str, Any]) -> None:
        """An act tells of it."""
        self.before = [one for one in self.before if one[0] > at - 2 * SKEW][-LISTED:] + [(at, self.now)]
        self.now = self.now | {name: pair[1] for name, pair in columns.items() if _is_pair(pair)}

    def at(self, at: datetime) -> Iterator[dict[str, Any]]:
        """As it is, and as it was when a request of that moment may have begun."""
        yield self.now
        yield from (was for until, was in self.before if abs(at - until) < SKEW)


def told_of(table: str, kept: bytes | None) -> Iterator[tuple[int, dict[str, Any]]]:
    """What the changes of an act tell of the rows of a table; what cannot be read the chain tells."""
    if kept is None:
        return
    try:
        found = orjson.loads(unpacked(kept))
    except UNREADABLE:
        return
    for one in found if isinstance(found, list) else ():
        if isinstance(one, list) and len(one) == 3 and one[0] == table \
                and isinstance(one[1], int) and 0 < one[1] < 2**63 and isinstance(one[2], dict):
            yield one[1], one[2]


def _problem(row: Any, held: Mapping[int, Past]) -> str:
    """Why who did it could not have, in Vietnamese; empty: he could."""
    if row.actor_id is None:
        is_known = row.kind in BY_COMMAND and (row.operator or row.at < OPERATOR_SINCE) or _is_of_the_system(row)
        return "" if is_known else "mà không có người làm"
    # before the first word about an account nobody knows what it was
    is_held = row.actor_id not in held or _has(held[row.actor_id], OFFICES[row.kind], row.at)
    return "" if _is_own(row, is_held) else "mà người làm lúc đó không giữ vai trò được làm"


def _has(account: Past, roles: Iterable[str], at: datetime) -> bool:
    """Whether it holds one of these, or did so near to then that a request was under way; none while it may not log
    in.
    """
    return any(was.get("is_active", True) is True and isinstance(had := was.get("roles"), list)
               and any(role in had for role in roles) for was in account.at(at))


def _is_of_the_system(row: Any) -> bool:
    """Whether it is one that nobody does: a new year's register after the last one's, a number held too long, a word
    of a clerk that lets a packet in.
    """
    match row.kind:
        case "register_opened":
            follow = [(kind, name, year + 1) for kind, name, year in db.session.execute(_REGISTERS)]
            return all(tuple(_new(columns, name) for name in ("kind", "name", "year")) in follow
                       for _, columns in told_of("register", row.changes))
        case "number_released":
            return row.is_removed or any(_is_before(columns.get("held_until"), row.at)
                                         for _, columns in told_of("register_entry", row.changes))
        case "barred_cleared":
            return all(columns.keys() == {"let_in"} for _, columns in told_of("barred_entry", row.changes))
    return False


_REGISTERS = text("select kind, name, year from register")
_ENTRY = text("select 1 from barred_entry where id = :id and :actor in (user_id, cleared_by_id) "
              "and (user_id = :actor or :is_used)")


def _is_own(row: Any, is_held: bool) -> bool:
    """Whether the office is held, or what is done is the person's own: his directive, what he brought and was kept
    out, his word that lets a file in.
    """
    if row.kind == "directive_changed":
        mine = (row.actor_id, None) if is_held else (row.actor_id,)
        return all(next((one for one in columns.get("user_id") or () if one is not None), None) in mine
                   for _, columns in told_of("directive", row.changes))
    return is_held or row.kind == "barred_cleared" and all(
        db.session.scalar(_ENTRY, {"id": key, "actor": row.actor_id, "is_used": columns.keys() == {"let_in"}})
        for key, columns in told_of("barred_entry", row.changes))


def _new(columns: Mapping[str, Any], name: str) -> Any:
    pair = columns.get(name)
    return pair[1] if _is_pair(pair) else None


def _is_pair(pair: Any) -> bool:
    return isinstance(pair, list) and len(pair) == 2


def _is_before(pair: Any, at: datetime) -> bool:
    """Whether the old value of a column is a moment before this one."""
    try:
        return _is_pair(pair) and datetime.fromisoformat(pair[0]) < at
    except UNREADABLE:
        return False


def _is_other_who_asked(asked: Any, done: Any) -> bool:
    return (asked.element, asked.occurrence) == (done.element, done.occurrence) \
        and asked.actor_id not in (None, done.actor_id) and asked.number < done.number \
        and (asked.is_removed or done.is_removed or (asked.repair, asked.to) == (done.repair, done.to))


def _fault(row: Any, said: str) -> Fault:
    return Fault("chain", row.subject, f"Bước {row.number} thuộc loại {row.kind} {said}.", row.number)
