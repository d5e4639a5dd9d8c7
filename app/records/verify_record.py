"""The half of `verify.py` that holds records against history: what no act told of, and what is not as told (S12).

Every table of an agency is named here with how history answers for it; `tests/records/test_verify_table.py` knows
when one is missing. Passwords are no part of history, so a changed hash of one is not found here.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any, NamedTuple, Protocol

import orjson
from sqlalchemy import text

from app.db import Base, db
from app.db.readable import UNREADABLE
from app.records.history import IMPLIED
from app.records.verify_instance import Course, differing
from app.records.verify_row import UNHELD, Rows

#: rows of one document: each is as the acts of its document, or the act that made it, left it
OF_DOCUMENT = frozenset({"document", "attachment", "milestone", "register_entry", "document_right", "opinion",
                         "message", "signature", "deadline", "notice", "task", "reading_check",
                         "text_layer", "scan_check", "certified_copy",
                         "consultation", "internal_paper", "internal_recipient", "also_answered"})
#: rows of the agency: each is as the last act that told of it left it, whatever chain that act is in
STANDING = {"agency": " where id = current_setting('app.agency_id')::bigint", "unit": "", "user_account": "",
            "delegation": "", "directive": "", "audit_grant": "", "register": "", "holiday": "", "paper_kind": "",
            "barred_rule": "", "barred_officer": "", "barred_entry": "", "layout_rule": "", "signing_key": "",
            "signature_picture": "", "trust_anchor": "", "layout_result": "", "recipient_group": "",
            "internal_kind": "", "message": " where document_id is null", "sender_request": "", "mailbox": "",
            "diagram": "", "release": "",
            "agency_alias": " where owner_id = current_setting('app.agency_id')::bigint"}
#: rows that an upgrade tells history of, once: those of the agency, and those that earlier versions did not tell
TAKEN_OVER = STANDING | {"task": "", "text_layer": ""}
#: what a removal tells of a document as it leaves it: the acts that told of these rows lose their content (Art. 3.2)
OF_A_DOCUMENT = OF_DOCUMENT | {"sender_request", "barred_entry"}
#: rows that history answers for in another way, and how
OTHERWISE = {
    "act": "verify_chain.chains: its hash and its place", "act_content": "verify_chain.chains: the hashes in its act",
    "seal": "verify_seal.seals: signature, time stamp, copy outside", "seal_leaf": "verify_seal.seals: the Merkle root",
    "repair": "verify_office.offices: asked and decided as acts of the document tell",
    "instance": "verify_instance: all that its acts say of it, the sha256 of its state among it",
}
#: rows that say nothing by themselves, and why
WORKING = {
    "slow_work": "under way; verify_instance: its result is in an act",
    "finding": "what a check found; the next one finds anew",
    "proposal": "not in force; a release is", "proposal_file": "not in force", "proposal_editor": "who is here",
    "remark": "about what is not in force", "upload": "files that no document has taken",
    "login_session": "who is here", "wrong_password": "counts of a day",
    "wrong_pin": "counts of minutes", "history_request": "how far an answer is; the taking out is an act",
    "poll": "how a channel goes", "poll_try": "counts of tries",
    "mail": "what lies in the mailbox; the raw mail and its documents are told by their acts",
    "mail_reply": "how the sending goes; what is said is a message, told by its act",
    "intake_file": "no document yet; what becomes one is told by its acts", "intake_pile": "no document yet",
    "intake_page": "no document yet", "intake_part": "no document yet", "intake_sheet": "a printed separator",
    "signing_visit": "a try to sign elsewhere; what came of it is in an act",
    "scan_look": "a file of the scan folder, seen once before it is taken",
}
#: the column by which one knows that an act told of the making of a row, and not only of a change
BORN = {"document_right": "kind", "agency": "code", "agency_alias": "code"}
#: checks of the agency's rows that have a name of their own
_CHECKS = {"user_account": "account", "diagram": "release", "release": "release"}
#: columns that are not held against history: ids, and what is counted or judged elsewhere
_LOOSE = {"id", "agency_id"}
_LOOSE_OF = {"register": {"next_number"}, "mailbox": {"uid_validity", "last_uid"}, **UNHELD}
#: how far an act may lie before the one it follows: two requests waited for one lock, minutes
SKEW_MINUTES = 10
SKEW = timedelta(minutes=SKEW_MINUTES)
#: in the place of a column: a value of no kind that ours are
_STRANGE = "?"
#: the document of which a step began this one alone then (`regulation/incoming/answer.py`), whatever it answers now
BEGUN = text("""
    select 'document:' || m.document_id from document d join milestone m on (m.name, m.at) = ('answer', d.created_at)
    join act a on (a.subject, a.number, a.kind) = ('document:' || d.id, 1, 'instance_started')
    where d.id = :id and not exists (select from document o where o.created_at = d.created_at and o.id <> d.id)""")
#: records compared at a time; untold documents listed
TOGETHER, LISTED = 4000, 100


#: of the columns of one row: (old value, new value), as an act tells them
Pairs = dict[str, tuple[Any, Any]]


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, and where."""

    #: chain, content, time, seal, copy, file, number, record, release, account, schema
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
    #: the number of its document; 0: it is no document's
    document: int
    #: (table, id) -> column -> what the last act told of it, as far as contents are there
    records: dict[tuple[str, int], Pairs]
    #: whether `records` says all: all contents are there, or a removal has told what it left
    is_whole: bool
    #: the procedure of a document, when one was started
    course: Course | None
    #: whether a content is gone
    is_removed: bool


class Told(NamedTuple):
    """What the act with the highest id said of a column, and when the latest of all that told of it was."""

    act_id: int
    at: datetime
    latest: datetime
    value: Any = None


@dataclass
class Kept:
    """What is left to say when all chains of a part of history were followed; parts can be put together."""

    #: rows that another chain told the making of, and the columns that are not as told: an answer is made by an
    #: act of what it answers, and its own acts go on
    elsewhere: dict[tuple[str, int], set[str]] = field(default_factory=dict)
    #: rows of documents whose own chain does not tell of their making: the document, and the columns it tells of
    untold: dict[tuple[str, int], tuple[str, set[str]]] = field(default_factory=dict)
    #: rows that their own chain told to be taken away
    ended: set[tuple[str, int]] = field(default_factory=set)
    #: documents of which contents were removed
    removed: set[str] = field(default_factory=set)
    #: (table, id) -> column -> who told it last, of rows of the agency
    standing: dict[tuple[str, int], dict[str, Told]] = field(default_factory=dict)

    def tell(self, told: Told, table: str, key: int, columns: Iterable[tuple[str, Any]]) -> None:
        """An act tells of a row of the agency; `told`: its id and its time, what it tells in `columns`."""
        kept = self.standing.setdefault((table, key), {})
        for name, value in columns:
            known = kept.get(name)
            latest = max(told.latest, known.latest) if known else told.latest
            last = known if known and known.act_id > told.act_id else told._replace(value=value)
            kept[name] = last._replace(latest=latest)

    def join(self, other: "Kept") -> None:
        """Take in what another part found."""
        for place, wrong in other.elsewhere.items():
            self.elsewhere[place] = self.elsewhere.get(place, set()) | wrong
        self.untold |= other.untold
        self.ended |= other.ended
        self.removed |= other.removed
        for (table, key), columns in other.standing.items():
            for name, told in columns.items():
                self.tell(told, table, key, [(name, told.value)])


class Records(Kept):
    """Compares the records of many documents at a time with what their acts told."""

    def __init__(self, connection: Any, usual: dict[str, dict[str, Any]]) -> None:
        """`connection`: the driver's, behind the wall; `usual`: what `usual_values` gives."""
        super().__init__()
        self.connection, self.usual = connection, usual
        #: chains that are complete, by document; and by table and row, who told of it what
        self.whole: dict[int, str] = {}
        self.courses: dict[int, Course | None] = {}
        self.told: dict[str, dict[int, list[tuple[Chain, Pairs]]]] = {table: {} for table in OF_DOCUMENT}
        self.size = 0
        self.rows = {table: Rows(connection, table, usual[table]) for table in sorted(OF_DOCUMENT)}

    def bare(self) -> Kept:
        """What another process can take in."""
        return Kept(self.elsewhere, self.untold, self.ended, self.removed, self.standing)

    def add(self, chain: Chain) -> list[Fault]:
        """A chain that was followed to its end; what was found when enough of them are together."""
        if chain.is_removed:
            self.removed.add(chain.subject)
        if own := chain.document:
            if chain.is_whole:
                self.whole[own] = chain.subject
            self.courses[own] = chain.course
            self.size += 1
        for (table, key), columns in chain.records.items():
            told = self.told[table]
            if key in told:
                told[key].append((chain, columns))
            else:
                told[key] = [(chain, columns)]
        self.size += len(chain.records)
        return self.compare() if self.size >= TOGETHER else []

    def compare(self) -> list[Fault]:
        """Where what is kept differs from what was told."""
        faults: list[Fault] = []
        for table, rows in self.rows.items():
            told = self.told[table]
            for key, chain, columns in sorted(self._unlike(rows, told), key=itemgetter(0)):
                self._judge(chain, table, key, {name: pair[1] for name, pair in columns.items()}, faults)
            told.clear()
        faults += [Fault("record", f"document:{document}", sentence)
                   for document, sentence in differing(self.connection, self.courses)]
        self.whole, self.courses, self.size = {}, {}, 0
        return faults

    def _found(self, rows: Rows, told: Collection[int]) -> dict[int, tuple[Any, ...]]:
        """Those told of, by id; what is of a complete document and was not told is noted."""
        found: dict[int, tuple[Any, ...]] = {}
        if rows.table == "document":
            self.untold |= {("document", key): (subject, set())
                            for key, subject in self.whole.items() if key not in told}
        elif self.whole:
            for row in rows.of("document_id", list(self.whole)):
                if row[0] in told:
                    found[row[0]] = row
                else:
                    self.untold[rows.table, row[0]] = self.whole[row[1]], set()
        if rest := [key for key in told if key not in found]:
            found |= {row[0]: row for row in rows.of("id", rest)}
        return found

    def _unlike(self, rows: Rows, told: dict[int, list[tuple[Chain, Pairs]]]) -> Iterator[tuple[int, Chain, Pairs]]:
        """What is not at once as told, or is told by another chain than its document's; what its own chain tells
        without its making is noted.
        """
        table, found, is_as_told = rows.table, self._found(rows, told), rows.is_as_told
        is_document, born = table == "document", BORN.get(table, "agency_id")
        for key, tellers in told.items():
            row, is_told = found.get(key), False
            for chain, columns in tellers:
                own = chain.document
                is_own = own == (key if is_document else columns["document_id"][1] if "document_id" in columns else own)
                is_told = is_told or is_own
                if is_own and chain.is_whole and born not in columns:
                    self.untold[table, key] = chain.subject, set(columns)
                if not is_own or row is None or row[1] != own or not is_as_told(row, columns):
                    yield key, chain, columns
            if not is_told and row is not None and row[1] in self.whole:
                self.untold[table, key] = self.whole[row[1]], set()

    def _judge(self, chain: Chain, table: str, key: int, columns: dict[str, Any], faults: list[Fault]) -> None:
        """A row that is gone, that another chain tells of, or that is not at once as told."""
        rows = self.connection.execute(f"select row_to_json(r)::text from {_held(table, self.usual[table])} r "
                                       "where id = %s", [key], binary=True).fetchall()
        found = None
        try:
            found = orjson.loads(rows[-1][0]) if rows else None
            wrong = set(_wrong(self.usual[table], table, columns, found))
        except UNREADABLE:
            wrong = {_STRANGE}
        if "id" in columns and columns["id"] is None:  # its chain told that it was deleted
            self.ended.add((table, key))
            if rows:
                faults.append(Fault("record", chain.subject,
                                    f"Bản ghi {table} {key} đã bị xóa theo lịch sử nay lại có."))
            return
        owner = key if table == "document" else columns.get("document_id", chain.document)
        if found and owner != (key if table == "document" else found.get("document_id")):
            wrong.add("document_id")
        if owner != chain.document:
            self.elsewhere[table, key] = self.elsewhere.get((table, key), set()) | wrong
            return
        faults += [_as_fault(chain.subject, table, key, name) for name in sorted(wrong)]

    def end(self) -> Iterator[Fault]:
        """The last ones; records that no act of any chain told of; those that another chain made; the agency's."""
        yield from self.compare()
        for (table, key), (subject, _columns) in sorted(self.untold.items()):
            if (table, key) not in self.elsewhere and not self._is_begun_by_removed(table, key):
                yield Fault("record", subject, f"Bản ghi {table} {key} không có bước nào của lịch sử ghi lại.")
        for (table, key), wrong in sorted(self.elsewhere.items()):
            if (table, key) in self.ended:
                continue
            if (table, key) not in self.untold:  # made by its own chain, or there is none any more
                wrong &= {""}
            subject, later = self.untold.get((table, key), (f"{table}:{key}", set()))
            if subject not in self.removed:
                for name in sorted(wrong - later):
                    yield _as_fault(subject, table, key, name)
        for table in sorted(STANDING):
            yield from self._standing(table)

    def _is_begun_by_removed(self, table: str, key: int) -> bool:
        """The act that told of its making has lost its content, but left its milestone; its own began a procedure."""
        return table == "document" and bool(self.removed) and db.session.scalar(BEGUN, {"id": key}) in self.removed

    def _standing(self, table: str) -> Iterator[Fault]:
        """The agency's rows of one table are as the last act that told of each left them."""
        check = _CHECKS.get(table, "record")
        tellers = {key: columns for (name, key), columns in self.standing.items() if name == table}
        loose = _LOOSE_OF.get(table, set())
        for key, columns in sorted(tellers.items()):
            if turned := sorted(name for name, one in columns.items()
                                if one.latest - one.at > SKEW and name not in loose):
                yield Fault(check, f"user:{key}" if check == "account" else f"{table}:{key}",
                            f"Bản ghi {table} {key} được các chuỗi ghi theo thứ tự trái với thời điểm: "
                            f"{', '.join(turned)}.")
        told = {key: {column: one.value for column, one in columns.items()} for key, columns in tellers.items()}
        rows = db.session.execute(text(f"select id, to_jsonb(r)::text from {table} r{STANDING[table]} order by id"))
        for key, row in rows:
            columns = told.pop(key, {})
            subject = f"user:{key}" if check == "account" else f"{table}:{key}"
            try:
                found = orjson.loads(row)
            except ValueError:
                yield _as_fault(subject, table, key, _STRANGE, check)
                continue
            named = next((f" “{found[name]}”" for name in ("username", "name") if found.get(name)), "")
            if BORN.get(table, "agency_id") not in columns:
                yield Fault(check, subject, f"Bản ghi {table} {key}{named} không có bước nào của lịch sử ghi lại. Dữ "
                            "liệu của bản cài đặt trước được ghi nhận một lần bằng lệnh “bin/qlvb db upgrade”.")
            elif wrong := sorted(_wrong(self.usual[table], table, columns, found)):
                yield Fault(check, subject, f"Bản ghi {table} {key}{named} khác với lịch sử: {', '.join(wrong)}.")
        for key, columns in sorted(told.items()):
            is_elsewhere = table == "message" and columns.get("document_id") is not None  # its chain misses it
            if any(value is not None for value in columns.values()) and not is_elsewhere:
                subject = f"user:{key}" if check == "account" else f"{table}:{key}"
                yield Fault(check, subject, f"Bản ghi {table} {key} mà lịch sử đã ghi nay không còn.")


def _held(table: str, columns: Iterable[str]) -> str:
    """The table without the columns of which nothing is told."""
    if table not in UNHELD:
        return table
    return f"(select {', '.join(name for name in columns if name not in UNHELD[table])} from {table})"


def document_of(subject: str) -> int:
    """0 of a chain that is not a document's, or names it as no act of ours does ("document:021")."""
    key = subject.removeprefix("document:")
    is_number = key != subject and key.isdecimal() and key.isascii() and len(key) < 19
    return int(key) if is_number and str(int(key)) == key else 0


def _wrong(usual: dict[str, Any], table: str, told: dict[str, Any], found: dict[str, Any] | None) -> Iterator[str]:
    """The columns that are not as told; "" when the row is gone."""
    if found is None:
        if any(value is not None for value in told.values()):
            yield ""
        return
    loose = _LOOSE | _LOOSE_OF.get(table, set())
    for name, value in found.items():
        if name in loose or name not in usual:  # a column that no model has: `verify_schema.py` says so
            continue
        if name not in told:  # an act that told of the making left out what was empty or as usual
            if "agency_id" in told and value != usual[name] and (value or usual[name] is not None) \
                    and name not in IMPLIED.get(table, ()):
                yield name
        elif value != told[name] and not _same(told[name], value):
            yield name


def usual_values() -> dict[str, dict[str, Any]]:
    """By table and column: what it holds when nobody set it."""
    return {table: {column.name: default.arg if (default := column.default) is not None and default.is_scalar else None
                    for column in Base.metadata.tables[table].columns} for table in sorted({*OF_DOCUMENT, *STANDING})}


def _as_fault(subject: str, table: str, key: int, column: str, check: str = "record") -> Fault:
    what = f"cột {column} khác với lịch sử" if column else "mà lịch sử đã ghi nay không còn"
    what = "có giá trị không đọc được" if column == _STRANGE else what
    return Fault(check, subject, f"Bản ghi {table} {key}{':' if column not in ('', _STRANGE) else ''} {what}.")


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
