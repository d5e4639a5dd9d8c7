"""The first half of `verify.py`: every chain act by act (S12); what was told goes to `verify_record.py`.

One pass by a cursor of the server, or in pieces by three processes (`verify_beside.py`), so that a million acts need
little memory. It finds too a content that is gone without an act of removal.
"""

import gc
import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache, partial
from typing import Annotated, Any, NamedTuple, TypedDict

import msgspec
import orjson

from app.db import db, tenancy
from app.db.readable import UNREADABLE
from app.db.spelling import Unreadable, unpacked
from app.records import act_scope
from app.records.history import ADMINISTRATIVE, GENESIS, implied, removed_to
from app.records.verify_beside import APART_FROM, Span, shared, spans
from app.records.verify_instance import NO_MOVES, Course, Moves, is_of_procedure
from app.records.verify_record import (
    OF_DOCUMENT,
    SKEW,
    STANDING,
    Fault,
    Kept,
    Pairs,
    Records,
    Told,
    document_of,
    usual_values,
    without_chain,
)
from app.records.verify_removal import is_allowed

#: rows fetched at a time
BATCH = 2000
#: acts of a kind tell of the same tables, so that most are known already; a chain's first word says as much as its name
_problem = lru_cache(maxsize=4096)(act_scope.problem)


@dataclass
class Verified:
    """What a verification saw."""

    acts: int = 0
    seals: int = 0
    files: int = 0
    numbers: int = 0
    removed: int = 0
    #: seals without a time stamp: the authority was away; later ones cover them by their chain
    unstamped: int = 0
    #: copies of seals of yesterday and before that this installation itself could alter
    alterable: int = 0


class _Row(NamedTuple):
    """One act and its content as the cursor gives them."""

    subject: str
    number: int
    at: datetime
    actor_id: int | None
    on_behalf_of_id: int | None
    kind: str
    element: str
    occurrence: int
    label: str
    moves: bytes
    release_sha256: str
    input_hash: str
    changes_hash: str
    state_hash: str
    previous_hash: str
    agency_id: int
    hash: str
    input: str | None
    changes: bytes | None
    id: int


_ACTS = f"""
    select {", ".join(f"a.{name}" for name in _Row._fields[:17])}, c.input::text, c.changes, a.id
    from act a left join act_content c on c.act_id = a.id
    where a.subject >= %(first)s and (%(end)s = '' or a.subject < %(end)s) order by a.subject, a.number"""


@dataclass(frozen=True)
class Part:
    """What was found in the chains of one range of subjects, and what is to be judged when all are known."""

    faults: list[Fault]
    acts: int
    removed: int
    kept: Kept


def chains(seen: Verified, others: Callable[[], Iterable[Fault]] = tuple, *,
           apart_from: int = APART_FROM) -> Iterator[Fault]:
    """Each chain from its first act to its last, and the records of each document as its acts have left them.

    From so many acts on, other processes follow a part of the chains in the same view of the database, and begin
    while this one finds what `others` find, which is told after what the chains show.
    """
    connection: Any = db.session.connection().connection.driver_connection
    kept, beside = Records(connection, usual_values()), []
    parts = shared(connection, spans(connection, apart_from), kept.usual, _there, partial(_follow, kept),
                   lambda: beside.extend(others()))
    for part in parts:
        seen.acts += part.acts
        seen.removed += part.removed
        yield from part.faults
        if part.kept is not kept:
            kept.join(part.kept)
    yield from kept.end()
    yield from without_chain()
    yield from beside


def _there(view: tenancy.View, span: Span, usual: dict[str, dict[str, Any]]) -> Part:
    with tenancy.in_view(view) as connection:
        kept = Records(connection, usual)
        found = _follow(kept, span)
        return Part(found.faults, found.acts, found.removed, kept.bare())


def _follow(kept: Records, span: Span) -> Part:
    """The chains of the subjects of a piece."""
    walk, acts, removed, faults = _Chain("", kept), 0, 0, []
    kept.connection.execute(  # times come as acts spell them; the processors have work
        "set local timezone to 'UTC'; set local jit = off; set local max_parallel_workers_per_gather = 0")
    with _uncollected(), closing(kept.connection.cursor(name="history", binary=True)) as cursor:
        cursor.execute(_ACTS, dict(zip(("first", "end"), span, strict=True)))
        while rows := cursor.fetchmany(BATCH):
            for row in map(_Row._make, rows):
                if row.subject != walk.subject:
                    faults += walk.end()
                    walk = _Chain(row.subject, kept)
                acts += 1
                removed += row.input is None
                try:
                    walk.follow(row)
                except UNREADABLE:
                    walk.skip(row)
    faults += walk.end()
    faults += kept.compare()
    return Part(faults, acts, removed, kept)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the search for cycles, of which rows have none: it takes a third of the time of a long history."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _hash_of(row: _Row, moves: bytes) -> str:
    """The columns that `history.covered` names, spelled as `canonical` does: in the order of their names."""
    return hashlib.sha256(orjson.dumps({
        "actor_id": row.actor_id, "agency_id": row.agency_id, "at": row.at, "changes_hash": row.changes_hash,
        "element": row.element, "input_hash": row.input_hash, "kind": row.kind, "label": row.label,
        "moves": orjson.Fragment(moves), "number": row.number, "occurrence": row.occurrence,
        "on_behalf_of_id": row.on_behalf_of_id, "previous_hash": row.previous_hash,
        "release_sha256": row.release_sha256, "state_hash": row.state_hash, "subject": row.subject})).hexdigest()


def _spelled(kept: bytes) -> bytes:
    """The spelling that hashes cover; empty, which no hash covers, of what somebody made unreadable."""
    try:
        return unpacked(kept)
    except Unreadable:
        return b""


@lru_cache(maxsize=4096)
def _moves(kept: bytes) -> tuple[bytes, Moves | None]:
    """The moves of an act, their spelling first; None of what no act of ours ever bore. Documents go the same ways,
    so that most are known already.
    """
    spelling = _spelled(kept)
    found = _read(spelling, _MOVES)
    return spelling, None if found is None else Moves.of(found)


class _Input(TypedDict, total=False):
    """What is asked of inputs here; the rest of one is passed over."""

    instance: Any
    act: Any
    seed: Any
    error: Any
    reason: Any
    operator: Any
    tables: Any
    acts: Any
    found: msgspec.Raw
    #: of a check of form (`act_scope.py`)
    sha256: Any
    type_name: Any
    edition: Any


_INPUT = msgspec.json.Decoder(_Input)
#: what acts bear, read and judged in one go: [element, occurrence, before, after], [table, id, {column: [old, new]}]
_MOVES = msgspec.json.Decoder(list[tuple[str, int, str, str]])
_CHANGES = msgspec.json.Decoder(
    list[tuple[str, Annotated[int, msgspec.Meta(gt=0, le=2**63 - 1)], dict[str, tuple[Any, Any]]]])


def _read(spelling: bytes | str, shape: msgspec.json.Decoder[Any]) -> Any:
    """What an act bears, of its shape; None of what no act of ours ever bore."""
    try:
        return shape.decode(spelling)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None


@dataclass
class _Chain:
    """Follows one subject, act by act."""

    subject: str
    kept: Records
    number: int = 0
    previous: str = GENESIS
    at: datetime | None = None
    #: id of the last act: what was told last is told by the ids of acts
    last_id: int = 0
    #: (table, id) -> column -> what the last act told of it, as far as contents are there
    records: dict[tuple[str, int], Pairs] = field(default_factory=dict)
    is_whole: bool = True
    is_removed: bool = False
    #: the first act whose content is gone and of which no later act says that it was removed
    lacking: int = 0
    #: the last act whose content is gone
    lacks: int = 0
    #: of each removal so far, whether it took contents of acts
    removals: list[bool] = field(default_factory=list)
    #: tables that an upgrade or the set-up has told of
    taken_over: set[str] = field(default_factory=set)
    #: what the acts say of the document's procedure
    course: Course | None = None
    faults: list[Fault] = field(default_factory=list)

    def __post_init__(self) -> None:
        """What its name says, which each act asks."""
        self.chain = self.subject.partition(":")[0]
        self.is_of_document = self.subject.startswith("document:")
        self.document = document_of(self.subject)

    def _fault(self, check: str, number: int, message: str) -> None:
        self.faults.append(Fault(check, self.subject, message, number))

    def follow(self, row: _Row) -> None:
        """The next act of the chain."""
        number = row.number
        if number <= self.number:
            self._fault("chain", number, f"Bước {number} có hai lần.")
        elif number != self.number + 1:
            self._fault("chain", self.number + 1, f"Mất bước {self.number + 1} trước bước {number}.")
        if row.previous_hash != self.previous:
            self._fault("chain", number, f"Bước {number} không nối tiếp bước trước nó.")
        spelling, moves = _moves(row.moves)
        if row.hash != _hash_of(row, spelling):
            self._fault("chain", number, f"Bước {number} đã bị sửa sau khi ghi.")
        given = None
        if row.input is None or row.changes is None:
            self.is_whole, self.is_removed, self.lacking, self.lacks = False, True, self.lacking or number, number
            self.records.clear()
            if row.kind == "content_removed":
                self.removals.append(True)
            self._in_scope(row, None, {})
        else:
            given = self._content(row, row.input, row.changes)
        if moves is None:
            self._fault("chain", number, f"Bước {number} ghi đường đi không đọc được.")
        if self.is_of_document and is_of_procedure(row):
            self.course = self.course or Course()
            if problem := self.course.follow(row, moves or NO_MOVES, given):
                self._fault("chain", number, f"Bước {number} {problem}")
        self._in_time(row)
        self.number, self.previous = number, row.hash

    def _in_time(self, row: _Row) -> None:
        """Neither dated well before the act that it follows, nor written before it."""
        number = row.number
        if self.at is None or row.at > self.at:
            self.at = row.at
        elif row.at < self.at - SKEW:
            self._fault("time", number, f"Bước {number} ghi thời điểm sớm hơn bước trước nó.")
        if row.id <= self.last_id:
            self._fault("chain", number, f"Bước {number} mang mã nhỏ hơn bước trước nó: thứ tự ghi đã bị đổi.")
        else:
            self.last_id = row.id

    def skip(self, row: _Row) -> None:
        """An act of which something is of no kind that ours are, so that it cannot be followed."""
        self._fault("chain", row.number or 0, f"Bước {row.number} có giá trị không đọc được.")
        self.is_whole, self.is_removed, self.number, self.previous = False, True, row.number or self.number, row.hash

    def _content(self, row: _Row, text: str, kept: bytes) -> dict[str, Any]:
        number = row.number
        if hashlib.sha256(text.encode()).hexdigest() != row.input_hash:
            self._fault("content", number, f"Nội dung nhập ở bước {number} đã bị sửa.")
        given: dict[str, Any] | None = _read(text, _INPUT)
        if given is None:
            self._fault("content", number, f"Nội dung nhập ở bước {number} không đọc được.")
            given = {}
        changes = _spelled(kept)
        if hashlib.sha256(changes).hexdigest() != row.changes_hash:
            self._fault("content", number, f"Thay đổi ghi ở bước {number} đã bị sửa.")
            return given
        told = _read(changes, _CHANGES)
        if told is None:
            self._fault("content", number, f"Thay đổi ghi ở bước {number} không đọc được.")
            return given
        self._in_scope(row, frozenset([one[0] for one in told]), given)
        if told and not row.state_hash and (
                problem := act_scope.foreign(row.kind, self.subject, told, self.records, given)):
            self._fault("chain", number, f"Bước {number} {problem}")
        if row.kind == "content_removed" and not self._is_removal(number, given, told):
            return given
        self._learn(row, told, given)
        return given

    def _learn(self, row: _Row, told: list[Any], given: dict[str, Any]) -> None:
        """What the act tells of rows, and implies of tasks."""
        records = self.records
        for table, key, columns in told:
            if table in STANDING and (table != "message" or not self.is_of_document):
                self.kept.tell(Told(row.id, row.at, row.at), table, key,
                               [(name, pair[1]) for name, pair in columns.items()])
            elif table in OF_DOCUMENT:
                if table == "task":
                    columns |= implied(row, columns, given)
                record = records.get((table, key))
                if row.state_hash and (record is not None or "agency_id" not in columns) and (
                        problem := act_scope.rewritten(table, key, columns)):
                    self._fault("chain", row.number, f"Bước {row.number} {problem}")
                if record is None:
                    records[table, key] = columns
                else:
                    record.update(columns)

    def _in_scope(self, row: _Row, told: frozenset[str] | None, given: dict[str, Any]) -> None:
        """What its kind lets it be and say; and each table is taken over once, by an act that names it."""
        if self.is_of_document and not self.document:
            self._fault("chain", row.number, f"Bước {row.number} thuộc một chuỗi không phải của văn bản nào.")
        if problem := _problem(row.kind, self.chain, told, row.state_hash != "", row.actor_id is None):
            self._fault("chain", row.number, f"Bước {row.number} {problem}")
        if told is not None and (row.kind in ADMINISTRATIVE or "operator" in given) and not given.get("reason"):
            self._fault("chain", row.number, f"Bước {row.number} thuộc loại {row.kind} mà không ghi lý do.")
        if row.kind == "taken_over" and told is not None:
            named = given.get("tables")
            taken = {one for one in named if isinstance(one, str)} if isinstance(named, list) else set()
            if taken & self.taken_over or told - taken:
                self._fault("chain", row.number, f"Bước {row.number} ghi nhận lại dữ liệu đã ghi nhận.")
            self.taken_over |= taken

    def _is_removal(self, number: int, given: dict[str, Any], told: list[Any]) -> bool:
        """Whether a step of the diagram allows the removal (Art. 3.2): then the act tells anew what it left."""
        reach = removed_to(number, given)
        if type(given.get("acts", 0)) is not int:
            self._fault("content", number, f"Bước {number} không nêu rõ nó xóa nội dung những bước nào.")
        self.removals.append(reach > 0)
        if not is_allowed(self.kept.connection, self.subject, number, self.removals):
            self._fault("content", number, f"Bước {number} xóa nội dung mà không có bước nào của quy trình cho phép "
                        "(Điều 3.2).")
            return False
        if reach and self.lacking and self.lacks <= reach:
            self.lacking, self.is_whole = 0, bool(told)  # earlier versions told nothing
            return True
        return not reach

    def end(self) -> list[Fault]:
        """After the last act: nothing is gone without an act, and the records are as the acts left them."""
        if self.lacking:
            self._fault("content", self.lacking, f"Nội dung bước {self.lacking} mất mà không có bước xóa bỏ.")
        if self.course:
            self.course.is_emptied = bool(self.removals)
        return self.faults + self.kept.add(self)
