"""The half of `verify.py` that holds records against history: what no act told of, and what is not as told (S12).

Every table of an agency is named here with how history answers for it; `tests/records/test_verify_table.py` knows
when one is missing. Passwords are no part of history, so a changed hash of one is not found here.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from typing import Any, Protocol

import orjson
from sqlalchemy import text

from app.db import Base, db
from app.records.history import UNSAID

#: rows of one document: each is as the acts of its document, or the act that made it, left it
OF_DOCUMENT = frozenset({"document", "attachment", "milestone", "register_entry", "document_right", "opinion",
                         "message", "signature", "deadline"})
#: rows of the agency: each is as the last act that told of it left it, whatever chain that act is in
STANDING = {"agency": " where id = current_setting('app.agency_id')::bigint", "unit": "", "user_account": "",
            "delegation": "", "audit_grant": "", "register": "", "holiday": "", "message": " where document_id is null"}
#: rows that history answers for in another way, and how
OTHERWISE = {
    "act": "verify_chain.chains: its hash and its place", "act_content": "verify_chain.chains: the hashes in its act",
    "seal": "verify_seal.seals: signature, time stamp, copy outside", "seal_leaf": "verify_seal.seals: the Merkle root",
    "diagram": "verify.releases: sha256", "release": "verify.releases: sha256, and acts that name it",
    "instance": "states: sha256 of the state, release and status as its acts say",
}
#: rows that say nothing by themselves, and why
WORKING = {
    "task": "inboxes, written anew from the state of the instance", "slow_work": "under way; its result is in an act",
    "repair": "asked and decided by acts of the document", "finding": "what a check found; the next one finds anew",
    "proposal": "not in force; a release is", "proposal_file": "not in force", "proposal_editor": "who is here",
    "remark": "about what is not in force", "upload": "files that no document has taken",
    "login_session": "who is here", "wrong_password": "counts of a day",
    "wrong_pin": "counts of minutes", "history_request": "how far an answer is; the taking out is an act",
}
#: the column by which one knows that an act told of the making of a row, and not only of a change
_BORN = {"document_right": "kind", "agency": "code"}
#: columns that are not held against history: ids, and what is counted or judged elsewhere
_LOOSE = {"id", "agency_id"}
_LOOSE_OF = {"register": {"next_number"}, **UNSAID}
#: records compared at a time; untold documents listed
TOGETHER, LISTED = 4000, 100


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, and where."""

    #: chain, content, time, seal, copy, file, number, record, release, account
    check: str
    #: "document:17", "register:3", "seal:12", "diagram:4"
    subject: str
    #: Vietnamese
    message: str
    #: number of the act in its chain; 0 where it is about no act
    act: int = 0

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


class Chain(Protocol):
    """What is known of a chain that was followed to its end."""

    subject: str
    #: (table, id) -> column -> value that the last act left there, as far as contents are there
    records: dict[tuple[str, int], dict[str, Any]]
    #: whether all contents are there
    is_whole: bool


class Records:
    """Compares the records of many documents at a time with what their acts told."""

    def __init__(self) -> None:
        self.chains: list[Chain] = []
        self.size = 0
        #: rows that another chain told the making of, and the columns that are not as told: an answer is made by an
        #: act of what it answers, and its own acts go on
        self.elsewhere: dict[tuple[str, int], set[str]] = {}
        #: rows of documents whose own chain does not tell of their making: the document, and the columns it tells of
        self.untold: dict[tuple[str, int], tuple[str, set[str]]] = {}
        #: documents of which contents were removed
        self.removed: set[str] = set()
        #: (table, id) -> column -> (act that told it last, value), of rows of the agency
        self.standing: dict[tuple[str, int], dict[str, tuple[int, Any]]] = {}

    def told(self, act_id: int, table: str, key: int, columns: dict[str, Any]) -> None:
        """An act tells of a row of the agency."""
        kept = self.standing.setdefault((table, key), {})
        for name, (_old, new) in columns.items():
            if name not in kept or kept[name][0] <= act_id:
                kept[name] = (act_id, new)

    def add(self, chain: Chain) -> Iterator[Fault]:
        """A chain that was followed to its end."""
        if not chain.is_whole:
            self.removed.add(chain.subject)
        if chain.records or chain.subject.startswith("document:"):
            self.chains.append(chain)
            self.size += 1 + len(chain.records)
        if self.size >= TOGETHER:
            yield from self.compare()

    def compare(self) -> Iterator[Fault]:
        """What is kept differs from what was told."""
        whole = {_document_of(chain): chain.subject for chain in self.chains
                 if chain.is_whole and chain.subject.startswith("document:")}
        for table in sorted(OF_DOCUMENT):
            told: dict[int, list[tuple[Chain, dict[str, Any]]]] = {}
            for chain in self.chains:
                for (name, key), columns in chain.records.items():
                    if name == table:
                        told.setdefault(key, []).append((chain, columns))
            found = self._found(table, told, whole)
            for key, tellers in sorted(told.items()):
                for chain, columns in tellers:
                    yield from self._judge(chain, table, key, columns, found.get(key))
        self.chains, self.size = [], 0

    def _found(self, table: str, told: Iterable[int], whole: dict[int, str]) -> dict[int, dict[str, Any]]:
        beside = "" if table == "document" else " or document_id = any(:documents)"
        found, known = {}, set(told)
        for key, row in db.session.execute(text(
                f"select id, row_to_json(r)::text from {table} r where id = any(:ids){beside}"),
                {"ids": list(known), "documents": list(whole)}):
            if key in known:
                found[key] = orjson.loads(row)
            elif (subject := whole.get(orjson.loads(row)["document_id"])) is not None:
                self.untold[table, key] = subject, set()
        return found

    def _judge(self, chain: Chain, table: str, key: int, columns: dict[str, Any],
               found: dict[str, Any] | None) -> Iterator[Fault]:
        own = _document_of(chain)
        owner = key if table == "document" else columns.get("document_id", own)
        wrong = list(_wrong(table, columns, found))
        if owner != own:
            self.elsewhere[table, key] = self.elsewhere.get((table, key), set()) | set(wrong)
            return
        if chain.is_whole and _BORN.get(table, "agency_id") not in columns:
            self.untold[table, key] = chain.subject, set(columns)
        for name in wrong:
            yield _as_fault(chain.subject, table, key, name)

    def end(self) -> Iterator[Fault]:
        """The last ones; records that no act of any chain told of; those that another chain made; the agency's."""
        yield from self.compare()
        self._moved_to_documents()
        for (table, key), (subject, _columns) in sorted(self.untold.items()):
            if (table, key) not in self.elsewhere and not self._is_answer_of_removed(table, key):
                yield Fault("record", subject, f"Bản ghi {table} {key} không có bước nào của lịch sử ghi lại.")
        for (table, key), wrong in sorted(self.elsewhere.items()):
            if (table, key) not in self.untold:  # made by its own chain, or there is none any more
                wrong &= {""}
            subject, later = self.untold.get((table, key), (f"{table}:{key}", set()))
            if subject not in self.removed:
                for name in sorted(wrong - later):
                    yield _as_fault(subject, table, key, name)
        for table in sorted(STANDING):
            yield from self._standing(table)

    def _moved_to_documents(self) -> None:
        """Packets that were of no document when they came, and are of one now."""
        for table, key in sorted(set(self.standing) & set(self.untold)):
            told = {name: value for name, (_act, value) in self.standing.pop((table, key)).items()}
            found = db.session.scalar(text(f"select to_jsonb(r) from {table} r where id = :id"), {"id": key})
            self.elsewhere[table, key] = set(_wrong(table, told, found))

    def _is_answer_of_removed(self, table: str, key: int) -> bool:
        """The act that told of its making may have lost its content."""
        return table == "document" and bool(self.removed) and f"document:" \
            f"{db.session.scalar(text('select answers_id from document where id = :id'), {'id': key})}" in self.removed

    def _standing(self, table: str) -> Iterator[Fault]:
        """The agency's rows of one table are as the last act that told of each left them."""
        check = "account" if table == "user_account" else "record"
        told = {key: {column: value for column, (_act, value) in columns.items()}
                for (name, key), columns in self.standing.items() if name == table}
        rows = db.session.execute(text(f"select id, to_jsonb(r)::text from {table} r{STANDING[table]} order by id"))
        for key, row in rows:
            found, columns = orjson.loads(row), told.pop(key, {})
            subject = f"user:{key}" if check == "account" else f"{table}:{key}"
            named = next((f" “{found[name]}”" for name in ("username", "name") if found.get(name)), "")
            if _BORN.get(table, "agency_id") not in columns:
                yield Fault(check, subject, f"Bản ghi {table} {key}{named} không có bước nào của lịch sử ghi lại. Dữ "
                            "liệu của bản cài đặt trước được ghi nhận một lần bằng lệnh “bin/qlvb db upgrade”.")
            elif wrong := sorted(_wrong(table, columns, found)):
                yield Fault(check, subject, f"Bản ghi {table} {key}{named} khác với lịch sử: {', '.join(wrong)}.")
        for key, columns in sorted(told.items()):
            if any(value is not None for value in columns.values()) and columns.get("document_id") is None:
                subject = f"user:{key}" if check == "account" else f"{table}:{key}"
                yield Fault(check, subject, f"Bản ghi {table} {key} mà lịch sử đã ghi nay không còn.")


def _document_of(chain: Chain) -> int:
    """0 of a chain that is not a document's."""
    return int(chain.subject[9:]) if chain.subject.startswith("document:") else 0


def _wrong(table: str, told: dict[str, Any], found: dict[str, Any] | None) -> Iterator[str]:
    """The columns that are not as told; "" when the row is gone."""
    if found is None:
        if any(value is not None for value in told.values()):
            yield ""
        return
    loose = _LOOSE | _LOOSE_OF.get(table, set())
    for name, value in found.items():
        if name in loose:
            continue
        if name not in told:  # an act that told of the making left out what was empty or as usual
            usual = _usual(table, name)
            if "agency_id" in told and value != usual and (value or usual is not None):
                yield name
        elif value != told[name] and not _same(told[name], value):
            yield name


@cache
def _usual(table: str, column: str) -> Any:
    """What a column holds when nobody set it."""
    found = Base.metadata.tables[table].columns[column].default
    return found.arg if found is not None and found.is_scalar else None


def _as_fault(subject: str, table: str, key: int, column: str) -> Fault:
    what = f"cột {column} khác với lịch sử" if column else "mà lịch sử đã ghi nay không còn"
    return Fault("record", subject, f"Bản ghi {table} {key}{':' if column else ''} {what}.")


def _same(told: Any, kept: Any) -> bool:
    """Whether two unlike spellings are of one moment."""
    if isinstance(told, str) and isinstance(kept, str) and "T" in told and "T" in kept:
        try:
            return datetime.fromisoformat(told) == datetime.fromisoformat(kept)
        except ValueError:
            return False
    return False


def without_chain() -> Iterator[Fault]:
    """Documents and procedures of which history knows nothing."""
    rows = db.session.execute(text(f"""
        select d.id from document d where not exists (select 1 from act a where a.subject = 'document:' || d.id)
        order by d.id limit {LISTED}"""))
    for row in rows:
        yield Fault("record", f"document:{row.id}", "Văn bản không có bước nào trong lịch sử.")


def states() -> Iterator[Fault]:
    """Each procedure stands where its last act left it, on the release of that act, suspended and cancelled by acts."""
    rows = db.session.execute(text(f"""
        select i.document_id as id, encode(sha256(i.state), 'hex') is distinct from a.state_hash as is_moved
        from instance i left join release r on r.id = i.release_id left join (
            select distinct on (subject) subject, state_hash, release_sha256 from act where state_hash <> ''
            order by subject desc, number desc) a on a.subject = 'document:' || i.document_id
        where encode(sha256(i.state), 'hex') is distinct from a.state_hash
            or r.sha256 is distinct from a.release_sha256
        order by 1 limit {LISTED}"""))
    for row in rows:
        what = "Trạng thái quy trình" if row.is_moved else "Phiên bản quy trình"
        yield Fault("record", f"document:{row.id}", f"{what} đang lưu khác với bước cuối của lịch sử.")
    rows = db.session.execute(text(f"""
        select i.document_id as id from instance i left join (
            select distinct on (subject) subject, kind from act
            where kind in ('instance_suspended', 'instance_resumed', 'instance_cancelled')
            order by subject, number desc) a on a.subject = 'document:' || i.document_id
        where (i.status = 'suspended') <> coalesce(a.kind = 'instance_suspended', false)
            or (i.status = 'cancelled') <> coalesce(a.kind = 'instance_cancelled', false)
        order by 1 limit {LISTED}"""))
    for row in rows:
        yield Fault("record", f"document:{row.id}", "Tình trạng quy trình (tạm dừng, hủy) khác với lịch sử.")
