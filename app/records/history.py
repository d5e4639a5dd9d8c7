"""History: what was done, by whom, when; append-only, one chain of hashes per subject (security.md S12).

An Act holds hashes only; what was put in, what came out and what changed lie beside it (ActContent) and can
be removed (Art. 3.2) without breaking the chain. The application's role may insert and select, nothing else.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, ForeignKey, String, UniqueConstraint, event, inspect, select, text
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm import Mapped, Session, SessionTransaction, mapped_column, relationship

from app.db import AgencyOwned, Base, db
from app.db.spelling import Spelled, canonical, deflated, packed
from app.records.people import User
from app.refusal import Refusal

#: what can happen; closed, past tense
KINDS = (
    "instance_started", "task_completed", "task_claimed", "task_released", "step_finished", "step_failed",
    "step_retried", "sent_back", "timer_fired", "message_received", "document_read", "diagram_published",
    "account_changed", "content_removed", "opinion_given", "instance_migrated", "instance_suspended",
    "instance_resumed", "instance_cancelled", "instance_repaired", "repair_asked", "repair_refused",
    "release_withdrawn", "history_exported", "access_refused", "act_refused", "audit_granted",
    "calendar_changed", "deadline_moved", "day_off_told", "taken_over", "audit_ended", "agency_changed",
    "delegation_changed",
    "register_opened", "register_closed", "register_reopened",
    "mail_decided", "mailbox_changed",
    "delegation_given", "delegation_ended", "directive_changed", "urged", "opinion_asked", "notice_confirmed",
    "paper_kinds_changed", "entry_barred", "barred_seen", "barred_cleared", "barred_rules_changed", "recall_asked",
    "layout_rules_changed", "resend_asked", "mark_found", "number_reserved", "number_released", "sent_otherwise",
    "signing_keys_changed", "signature_preserved", "text_read", "layout_checked", "trust_asked", "trust_decided",
    "copy_asked", "copy_decided", "copy_made", "copy_cancelled", "copy_sent", "signature_rechecked", "answer_changed",
    "recipient_groups_changed", "signature_pictures_changed", "update_asked", "replacement_changed",
    "internal_discarded", "exchange_form_changed", "recipients_answered", "scan_answered",
    "removal_completed", "internal_sent", "internal_called_back", "internal_answered", "internal_kinds_changed",
)
#: what people do because of their office over the system, not over a document: none of it without a reason
ADMINISTRATIVE = frozenset({
    "step_retried", "sent_back", "diagram_published", "account_changed", "instance_migrated", "instance_suspended",
    "instance_resumed", "instance_cancelled", "instance_repaired", "repair_asked", "repair_refused",
    "release_withdrawn", "audit_granted", "audit_ended", "agency_changed", "delegation_changed", "calendar_changed",
    "register_opened", "register_closed", "register_reopened", "mailbox_changed", "paper_kinds_changed",
    "barred_cleared", "barred_rules_changed", "layout_rules_changed", "signing_keys_changed", "trust_asked",
    "trust_decided", "recipient_groups_changed", "internal_kinds_changed",
    "removal_completed"})
GENESIS = "0" * 64
#: characters of a reason that others read: a word or two says nothing, and a page is no reason
SHORTEST_REASON, LONGEST_REASON = 5, 500


class KindUnknown(Refusal):
    """An act of a kind that is not in the closed list."""

    code = "act_kind_unknown"


class ActWithoutReason(Refusal):
    """An administrative act, or one by command, that says no reason; whoever writes it has asked for one before."""

    code = "act_without_reason"


class Act(AgencyOwned, Base):
    """One thing done by one actor at one moment."""

    __tablename__ = "act"
    __table_args__ = (UniqueConstraint("agency_id", "subject", "number"),)

    #: "document:17", "diagram:3", "user:5"
    subject: Mapped[str] = mapped_column(String(60))
    #: position in the chain of the subject, from 1
    number: Mapped[int]
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    on_behalf_of_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    kind: Mapped[str] = mapped_column(String(30))
    element: Mapped[str] = mapped_column(String(60), default="")
    occurrence: Mapped[int] = mapped_column(default=0)
    #: label of the element on the diagram of that day
    label: Mapped[str] = mapped_column(String(200), default="")
    #: [[element, occurrence, before, after], ...]
    moves: Mapped[list[Any]] = mapped_column(Spelled, default=list)
    #: sha256 of the release that ran; empty without an instance
    release_sha256: Mapped[str] = mapped_column(String(64), default="")
    input_hash: Mapped[str] = mapped_column(String(64))
    changes_hash: Mapped[str] = mapped_column(String(64))
    #: sha256 of the instance's state after the act; empty without an instance
    state_hash: Mapped[str] = mapped_column(String(64), default="")
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))

    actor: Mapped[User | None] = relationship(foreign_keys=[actor_id], lazy="joined")
    on_behalf_of: Mapped[User | None] = relationship(foreign_keys=[on_behalf_of_id], lazy="joined")


class ActContent(AgencyOwned, Base):
    """What the hashes of an act are of; removable."""

    __tablename__ = "act_content"

    act_id: Mapped[int] = mapped_column(ForeignKey("act.id"), unique=True)
    #: {"values": {...}, "results": [[element, occurrence, result or null for a slow step], ...], ...}; kept letter by
    #: letter in its canonical spelling, which the hash is of
    input: Mapped[dict[str, Any]] = mapped_column(JSON)
    #: [[table, id, {column: [old, new]}], ...]
    changes: Mapped[list[Any]] = mapped_column(Spelled)


def stated(reason: str, wrong: type[Refusal]) -> str:
    """A reason that stays in history, in one line. Raises `wrong` when it is no sentence, or an endless one."""
    said = " ".join(reason.split())
    if not SHORTEST_REASON <= len(said) <= LONGEST_REASON:
        raise wrong()
    return said


def settled(value: Any) -> Any:
    """The value as it will be read back from history: plain, keys in one order, shared with nobody."""
    return orjson.loads(canonical(value))


def digest(value: Any) -> str:
    """sha256 of the canonical spelling."""
    return hashlib.sha256(canonical(value)).hexdigest()


def covered(act: Act) -> dict[str, Any]:
    """The columns that the hash of an act covers, plain."""
    names = ("subject", "number", "actor_id", "on_behalf_of_id", "kind", "element", "occurrence", "label", "moves",
             "release_sha256", "input_hash", "changes_hash", "state_hash", "previous_hash", "agency_id")
    return {name: getattr(act, name) for name in names} | {"at": act.at.astimezone(UTC).isoformat()}


def hash_of(act: Act) -> str:
    """The hash that the act must bear: of all its columns, the previous hash among them."""
    return digest(covered(act))


#: the statements of every act, as the driver takes them: an act is written more often than anything else
_HEAD = "select number, hash from act where subject = %(subject)s order by number desc limit 1"
_LOCKED_HEAD = "select number, hash from chain_head(%(subject)s)"
_LOCK = "select pg_advisory_xact_lock(hashtextextended(%s, 0))"
#: what an act is written with; where it stands in its chain the statement itself finds
_GIVEN = ("agency_id", "subject", "at", "actor_id", "on_behalf_of_id", "kind", "element", "occurrence", "label",
          "moves", "release_sha256", "input_hash", "changes_hash", "state_hash")
#: its columns as its hash spells them, around the two that the statement finds
_AROUND = (("actor_id", "agency_id", "at", "changes_hash", "element", "input_hash", "kind", "label", "moves"),
           ("occurrence", "on_behalf_of_id"), ("release_sha256", "state_hash", "subject"))
_FOUND = "coalesce(number, 0) + 1 as number, coalesce(hash, repeat('0', 64)) as previous"
#: after the head of the chain is locked, so that what the holder of the lock wrote is seen (`chain_head`)
_WRITE, _LOCKED_WRITE = (f"""
    with place as materialized (select {_FOUND} from (values (1)) one left join ({head}) head on true),
    written as (
        insert into act ({", ".join(_GIVEN)}, number, previous_hash, hash)
        select {", ".join(f"%({one})s" for one in _GIVEN)}, number, previous,
               encode(sha256(convert_to(concat(%(start)s::text, number, %(middle)s::text, previous, %(end)s::text),
                                        'UTF8')), 'hex')
        from place returning agency_id, id, number, previous_hash, hash),
    beside as (insert into act_content (agency_id, act_id, input, changes)
        select agency_id, id, cast(%(input)s as json), %(changes)s from written)
    select number, previous_hash, hash from written""" for head in (_HEAD, _LOCKED_HEAD))


def head(subject: str) -> tuple[int, str]:
    """(number, hash) of the last act of the subject; (0, zeros) when there is none."""
    row = db.session.connection().exec_driver_sql(_HEAD, {"subject": subject}).first()
    return (row[0], row[1]) if row else (0, GENESIS)


def lock(subject: str) -> None:
    """Keep other transactions off the subject's chain until this one ends."""
    db.session.connection().exec_driver_sql(_LOCK, (subject,))


def append(act: Act, *, input: dict[str, Any], changes: list[Any], is_locked: bool = False) -> Act:
    """Chain the act to its subject's last one and write it with its content beside it, in one statement.

    `is_locked`: the caller holds the lock of the document's instance, as all who write to its chain do.
    """
    if act.kind not in KINDS:
        raise KindUnknown(kind=act.kind)
    is_governing = act.kind in ADMINISTRATIVE or "operator" in input  # by command of the machine, past the pages
    if is_governing and not str(input.get("reason") or "").strip():
        raise ActWithoutReason(kind=act.kind)
    db.session.flush()
    act.occurrence, act.moves = act.occurrence or 0, act.moves or []
    for name in ("element", "label", "release_sha256", "state_hash"):
        setattr(act, name, getattr(act, name) or "")
    connection, given, told = db.session.connection(), canonical(input), canonical(changes)
    if b"\\u0000" in given:  # which no query could look into: refused as in every other column
        connection.exec_driver_sql("select cast(%s as jsonb)", (given.decode(),))
    act.input_hash, act.changes_hash = hashlib.sha256(given).hexdigest(), hashlib.sha256(told).hexdigest()
    columns = covered(act)
    start, middle, end = (canonical({name: columns[name] for name in names}).decode() for names in _AROUND)
    act.number, act.previous_hash, act.hash = connection.exec_driver_sql(_WRITE if is_locked else _LOCKED_WRITE, {
        **columns,
        "start": f'{start[:-1]},"number":', "middle": f',{middle[1:-1]},"previous_hash":"', "end": f'",{end[1:]}',
        "at": act.at, "moves": packed(act.moves), "input": given.decode(), "changes": deflated(told)}).one()
    return act


def course(subject: str) -> list[Act]:
    """All acts of a subject, oldest first."""
    return list(db.session.scalars(select(Act).where(Act.subject == subject).order_by(Act.number)))


def latest(*which: ColumnElement[bool], limit: int) -> list[tuple[Act, dict[str, Any]]]:
    """The last acts that these conditions on Act and ActContent let through, newest first: (act, what was put in)."""
    rows = db.session.execute(select(Act, ActContent.input).join(ActContent, ActContent.act_id == Act.id)
                              .where(*which).order_by(Act.id.desc()).limit(limit))
    return [(act, told) for act, told in rows]


def note(subject: str, kind: str, *, agency_id: int, at: datetime, actor_id: int | None,
         input: dict[str, Any] | None = None) -> Act:
    """An act without an instance, and what it has changed so far: a reading, a change of an account."""
    act = Act(agency_id=agency_id, subject=subject, at=at, actor_id=actor_id, kind=kind)
    return append(act, input=input or {}, changes=take_changes())


def last_values(subject: str, element: str) -> dict[str, Any]:
    """What the form of an element was last completed with; empty when never, or when its content was removed."""
    content = db.session.scalar(
        select(ActContent.input).join(Act, Act.id == ActContent.act_id)
        .where(Act.subject == subject, Act.kind == "task_completed", Act.element == element)
        .order_by(Act.number.desc()).limit(1))
    return (content or {}).get("values") or {}


def removed_to(number: int, given: Mapping[str, Any] | None) -> int:
    """Up to which act a `content_removed` of this number and input removed contents; 0: none (Art. 3.2)."""
    told = given.get("acts", number) if isinstance(given, Mapping) else 0
    return min(told, number - 1) if type(told) is int and told > 0 else 0


def removals(subject: str) -> list[int]:
    """The acts of a chain that removed contents or files (Art. 3.2)."""
    return list(db.session.scalars(select(Act.number).where(
        Act.subject == subject, Act.kind == "content_removed").order_by(Act.number)))


def faults(subject: str) -> list[str]:
    """What is wrong with a subject's chain: gaps, broken links, changed rows or contents; empty = nothing."""
    found, number, previous = [], 0, GENESIS
    contents = {c.act_id: c for c in db.session.scalars(
        select(ActContent).join(Act, Act.id == ActContent.act_id).where(Act.subject == subject))}
    for act in course(subject):
        number += 1
        if act.number != number:
            found.append(f"{subject}: act {number} is missing")
            number = act.number
        if act.previous_hash != previous:
            found.append(f"{subject}: act {act.number} does not follow the act before")
        if act.hash != hash_of(act):
            found.append(f"{subject}: act {act.number} was changed")
        content = contents.get(act.id)
        if content and (digest(content.input) != act.input_hash or digest(content.changes) != act.changes_hash):
            found.append(f"{subject}: the content of act {act.number} was changed")
        previous = act.hash
    return found


#: tables whose changes are the engine's bookkeeping, told by moves and state_hash
_UNTOLD = {"act", "act_content", "instance", "slow_work", "login_session", "proposal", "proposal_file",
           "proposal_editor", "remark", "repair", "upload", "finding", "seal", "seal_leaf",
           "wrong_password", "wrong_pin", "history_request", "poll", "poll_try",
           "intake_file", "intake_pile", "intake_page", "intake_sheet", "intake_part", "scan_look",
           "mail_reply", "signing_visit"}
#: what is never told: secrets, counts of tries, the text of a file, whose sha256 is told, how a task lies in an inbox,
#: what a mail is about: one of its letters may be kept out (Art. 3.2), and the acts of another would tell of it
UNSAID = {"user_account": frozenset({"password_hash", "must_change_password", "failed_attempts", "locked_until_at"}),
          "mail": frozenset({"subject", "files"}), "diagram": frozenset({"text"}),
          "text_layer": frozenset({"text", "words"}),
          "task": frozenset({"instance_id", "label", "why", "unit_id", "form_key", "inbox_key", "rank", "created_at",
                             "reminded_at", "draft", "draft_at", "note", "version"})}
#: of these, what an act says without spelling it: a task begins with the act that opens it, bears the name under which
#: it is done, and an incident the error of the step that failed
IMPLIED = {"task": frozenset({"created_at", "label", "note"})}


def implied(act: Any, columns: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What an act implies of a task of which it tells these columns; of rows told as they stand, nothing."""
    found: dict[str, tuple[Any, Any]] = {}
    if act.kind in ("taken_over", "content_removed"):
        return found
    if "element" in columns and "agency_id" in columns:
        found["created_at"] = None, act.at.isoformat()
        if act.kind == "step_failed":
            found["note"] = None, given.get("error")
    if columns.get("status", (None, None))[1] == "done":
        found["label"] = None, act.label
    return found


def watch(session_class: type[Session]) -> None:
    """Collect old and new value of every record that these sessions change."""

    @event.listens_for(session_class, "after_flush")
    def _after_flush(session: Session, context: object) -> None:
        found = session.info.setdefault("changes", [])
        for row in [*session.new, *session.dirty, *session.deleted]:
            if row.__tablename__ in _UNTOLD:
                continue
            columns, unsaid = {}, UNSAID.get(row.__tablename__, frozenset())
            for attribute in inspect(row).mapper.column_attrs:
                if attribute.key in unsaid:
                    continue
                past = inspect(row).attrs[attribute.key].history
                is_gone = row in session.deleted
                old = next(iter(past.deleted or (past.unchanged if is_gone else ()) or ()), None)
                new = None if is_gone else getattr(row, attribute.key)
                if past.has_changes() or is_gone:
                    columns[attribute.key] = [_plain(old), _plain(new)]
            if columns:
                found.append([row.__tablename__, row.id, columns])

    @event.listens_for(session_class, "after_transaction_end")
    def _after_transaction_end(session: Session, transaction: SessionTransaction) -> None:
        if transaction.parent is None:  # committed or not: what no act has told is no part of the next one
            session.info.pop("changes", None)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime) and value.tzinfo is not None:
        value = value.astimezone(UTC)
    return value.isoformat() if isinstance(value, (datetime, date)) else value


def tell(table: str, key: int, columns: dict[str, Any]) -> None:
    """Add a change that was made by a statement instead of a record."""
    db.session.info.setdefault("changes", []).append([table, key, columns])


def tell_as_is(tables: Iterable[str], document_id: int) -> None:
    """Add the rows of a document as they are: what stands when the acts that told of them have lost their content."""
    owners = {"document": "id", "sender_request": "document_id = :id or replacement_id"}
    for name in sorted(tables):
        _tell_rows(name, owners.get(name, "document_id"), document_id)


def tell_row_as_is(name: str, key: int) -> None:
    """The same of one row."""
    _tell_rows(name, "id", key)


def _tell_rows(name: str, owner: str, of: int) -> None:
    for key, columns in _as_is(name, f" where {owner} = :id", {"id": of}):
        tell(name, key, columns)


def _as_is(name: str, where: str, given: Mapping[str, Any]) -> list[tuple[int, dict[str, Any]]]:
    rows = db.session.execute(text(f"select id, to_jsonb(r) from {name} r{where} order by id"), given)
    unsaid = UNSAID.get(name, frozenset()) - IMPLIED.get(name, frozenset())  # no act implies what is told as it stands
    return [(key, {column: [None, value] for column, value in row.items() if column not in unsaid})
            for key, row in rows]


def take_changes() -> list[Any]:
    """All changes of the transaction so far, and forget them."""
    db.session.flush()
    return db.session.info.pop("changes", [])


def take_over(agency_id: int, tables: Mapping[str, str], at: datetime, reason: str) -> int:
    """Tell history of the agency's rows as they are, each table once and never again; how many tables were new.

    What an earlier version or the set-up wrote is history from here on; what anybody puts in later without an act is
    found. `tables`: name -> condition of the rows meant. The caller commits.
    """
    subject = f"agency:{agency_id}"
    lock(subject)
    known = {name for given in db.session.scalars(
        select(ActContent.input).join(Act, Act.id == ActContent.act_id)
        .where(Act.subject == subject, Act.kind == "taken_over")) for name in given["tables"]}
    fresh = sorted(set(tables) - known)
    if not fresh:
        return 0
    db.session.info["changes"] = [one for one in take_changes() if one[0] not in fresh]  # told as they are
    changes: list[Any] = []
    for name in fresh:
        changes += [[name, key, columns] for key, columns in _as_is(name, tables[name], {})]
    append(Act(agency_id=agency_id, subject=subject, at=at, kind="taken_over"), is_locked=True,
           input={"tables": fresh, "reason": reason}, changes=changes)
    return len(fresh)
