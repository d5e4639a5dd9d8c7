"""The part of `verify_record.py` that holds each procedure against the acts that moved it (S12; Art. 10.3).

A procedure is told by no change of a record: that it started, where its tokens stand, that it is held up or has ended
follows from the acts of its document. So one that is gone is missed, and one that stands or ends elsewhere is found;
and so it is with the slow work of its steps.
When it wakes follows from its state, whose hash is compared; what is in that state is `engine/replay.py`'s question.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from app.db.spelling import canonical

#: states of a token that stands on an element
_STANDING = frozenset({"READY", "STARTED", "WAITING"})
#: kinds that leave a procedure in a new state, those that do so or only tell of something, those with moves
_MOVING = frozenset({"instance_started", "task_completed", "step_finished", "step_retried", "sent_back", "timer_fired",
                     "instance_migrated", "instance_suspended", "instance_resumed", "instance_cancelled",
                     "instance_repaired", "exchange_form_changed"})
_MAY_MOVE = _MOVING | {"message_received", "step_failed"}
_WITH_MOVES = frozenset({"instance_started", "task_completed", "step_finished", "message_received", "timer_fired",
                         "sent_back", "instance_cancelled", "instance_repaired"})
#: kinds that leave tokens and state where they are; and those that nobody can do while a procedure is held up
_STILL = frozenset({"step_failed", "step_retried", "instance_suspended", "instance_resumed"})
_NOT_HELD = frozenset({"task_completed", "step_finished", "step_retried", "sent_back", "timer_fired",
                       "message_received", "instance_suspended", "exchange_form_changed"})
_ROWS = """
    select i.document_id, i.id, i.seed::text as seed, i.key, i.status, i.acts, i.started_at, i.ended_at,
           i.ended_at_element, i.suspended_at, i.suspended_by_id, i.suspended_reason, i.status_before,
           encode(sha256(i.state), 'hex') as state, coalesce(r.sha256, '') as release_id, r.key as release_key
    from instance i left join release r on r.id = i.release_id where i.document_id = any(%s) order by i.id"""
#: a column that somebody has dropped is nothing found, and stops no check
_WORKS = """
    select i.document_id, w.element, w.occurrence, w.status,
           case w.status when 'recorded' then (to_jsonb(w) -> 'found')::text end
    from instance i join slow_work w on w.instance_id = i.id where i.document_id = any(%s)"""
#: what slow work is when its procedure has ended
_OVER = ("recorded", "cancelled")


def is_of_procedure(act: Any) -> bool:
    """Whether an act says, by its kind or by what it bears, that it moved a procedure."""
    return act.release_sha256 != "" or act.state_hash != "" or act.kind in _MOVING


@dataclass(frozen=True)
class Moves:
    """What the moves of an act come to, whatever the document."""

    #: where tokens stand after them, and where none stands any more: (element, occurrence)
    standing: frozenset[tuple[str, int]] = frozenset()
    left: frozenset[tuple[str, int]] = frozenset()
    #: elements that were completed
    completed: frozenset[str] = frozenset()
    is_empty: bool = True
    #: of where tokens stand, those at slow work; and where what an end cut off may have been asked for in the same act
    slow: frozenset[tuple[str, int]] = frozenset()
    cut_off: frozenset[tuple[str, int]] = frozenset()

    @classmethod
    def of(cls, moves: list[Any]) -> "Moves":
        """Of [element, occurrence, before, after], the later of a place over the earlier."""
        after = {(element, occurrence): state for element, occurrence, _before, state in moves}
        standing = frozenset(place for place, state in after.items() if state in _STANDING)
        return cls(standing, frozenset(after) - standing, frozenset(one[0] for one in moves if one[3] == "COMPLETED"),
                   not moves, frozenset(place for place, state in after.items() if state == "STARTED"),
                   frozenset(place for place, state in after.items() if state not in (*_STANDING, "COMPLETED")))


NO_MOVES = Moves()


@dataclass
class Course:
    """What the acts of a document say of its procedure, so far; None: the content that said it was removed."""

    known: dict[str, Any] = field(default_factory=dict)
    acts: int = 0
    last_at: datetime | None = None
    state: str = ""
    release: str = ""
    #: who holds it up since when, and why
    held: tuple[datetime, int | None, str | None] | None = None
    is_cancelled: bool = False
    #: steps that failed and were not taken up again
    failed: set[tuple[str, int]] = field(default_factory=set)
    standing: set[tuple[str, int]] = field(default_factory=set)
    #: of these, those at slow work
    slow: set[tuple[str, int]] = field(default_factory=set)
    #: where slow work was, or may have been, asked for, and where an act says that it was done, with what it found
    asked: set[tuple[str, int]] = field(default_factory=set)
    done: dict[tuple[str, int], list[bytes]] = field(default_factory=dict)
    #: whether a removal took what slow work had found (Art. 3.2)
    is_emptied: bool = False
    #: what the last act completed
    completed: frozenset[str] = frozenset()

    def follow(self, act: Any, moves: Moves, given: Mapping[str, Any] | None) -> str:
        """An act of the document that moved it; `given`: its input, None when it was removed.

        Returns what shows that no procedure wrote it, in Vietnamese; empty: nothing.
        """
        if not act.release_sha256 or not act.state_hash or act.kind not in _MAY_MOVE or (
                moves.is_empty and act.kind in _WITH_MOVES):
            return "không phải do quy trình ghi: thiếu hoặc thừa trạng thái của quy trình."
        if problem := self._cannot_be(act, moves):
            self.take(act, moves, given)
            return problem
        return self.take(act, moves, given)

    def _cannot_be(self, act: Any, moves: Moves) -> str:
        """Why no procedure that stands as this one does writes such an act; empty: nothing speaks against it."""
        kind, place = act.kind, (act.element, act.occurrence)
        is_same = moves.is_empty and act.state_hash == self.state and act.release_sha256 == self.release
        if kind in _STILL and not is_same:
            return f"thuộc loại {kind} mà làm đổi trạng thái của quy trình."
        if self.held and kind in _NOT_HELD or kind == "instance_resumed" and not self.held:
            return f"thuộc loại {kind}, không thể có khi quy trình {'đang' if self.held else 'không'} tạm dừng."
        is_failed = place in self.failed
        if kind == "step_failed" and (place not in self.slow or is_failed) or \
                kind in ("step_retried", "sent_back") and not is_failed or kind == "step_finished" and is_failed:
            return f"thuộc loại {kind}, không thể có ở bước xử lý “{act.element}” lúc đó."
        return ""

    def take(self, act: Any, moves: Moves, given: Mapping[str, Any] | None) -> str:
        """Where the act leaves the procedure; what in its order shows that no procedure wrote it."""
        self.acts += 1
        self.last_at, self.state, self.release = act.at, act.state_hash, act.release_sha256
        place = (act.element, act.occurrence)
        match act.kind:
            case "instance_started":
                self.known = {"started_at": act.at} | (
                    {} if given is None else {"id": given.get("instance"), "seed": given.get("seed")})
            case "instance_suspended":
                self.held = (act.at, act.actor_id, None if given is None else given.get("reason"))
            case "instance_resumed":
                self.held = None
            case "instance_cancelled":
                self.is_cancelled = True
            case "step_failed":
                self.failed.add(place)
            case "step_retried" | "sent_back" | "instance_repaired":
                self.failed.discard(place)
            case "step_finished":
                found = None if given is None else given.get("found")
                self.done.setdefault(place, []).append(b"null" if found is None else bytes(found))
        self.standing -= moves.left
        self.standing |= moves.standing
        self.slow -= moves.left
        self.slow |= moves.slow
        self.asked |= moves.slow | moves.cut_off
        self.completed = moves.completed
        return self._out_of_turn(act, given)

    def _out_of_turn(self, act: Any, given: Mapping[str, Any] | None) -> str:
        """The acts of a procedure count themselves, from the one that started it; after a gap they go on from there."""
        turn, expected = self.acts, self.known.get("id")
        if given is not None:
            turn = given.get("act")
            expected = given.get("instance") if expected is None else expected
        is_next = turn == self.acts and (self.acts == 1) == (act.kind == "instance_started")
        if isinstance(turn, int):
            self.acts = turn
        if given is not None and (expected is None or given.get("instance") != expected):
            return "không nêu đúng quy trình đã ghi nó."
        return "" if is_next else "không nối tiếp bước trước của quy trình."

    @property
    def is_ended(self) -> bool:
        """Whether no token stands any more."""
        return self.is_cancelled or not self.standing

    def wrong_works(self, works: Mapping[tuple[str, int], tuple[str, str | None]]) -> list[str]:
        """The elements whose slow work is not as the acts say; `works`: by place, its status and what it found."""
        found = {place for place, (status, _) in works.items() if (status == "recorded") != (place in self.done)
                 or place not in self.asked or self.is_ended and status not in _OVER}
        return sorted({element for element, _ in found | (self.done.keys() - works.keys())})

    def other_results(self, connection: Any, works: Mapping[tuple[str, int], tuple[str, str | None]]) -> list[str]:
        """The elements whose slow work found something else than the acts that recorded it say."""
        return sorted({place[0] for place, (status, found) in works.items() if status == "recorded"
                       and not (self.is_emptied and found in (None, "null"))
                       and not _is_told(connection, found or "null", self.done.get(place, ()))})

    def expected(self) -> dict[str, Any]:
        """The columns as the acts left them."""
        condition = "incident" if self.failed else "running"
        is_ended = self.is_ended
        status = "cancelled" if self.is_cancelled else "suspended" if self.held else \
            condition if self.standing else "finished"
        at, by, reason = self.held or (None, None, "")
        found = {"acts": self.acts, "state": self.state, "release_id": self.release, "status": status,
                 "ended_at": self.last_at if is_ended else None, "suspended_at": at, "suspended_by_id": by,
                 "status_before": condition if self.held else "", **self.known}
        return found if reason is None else found | {"suspended_reason": reason}

    def wrong(self, row: Mapping[str, Any]) -> list[str]:
        """The columns of the procedure's row that are not so."""
        found = [name for name, value in self.expected().items() if row[name] != value]
        if row["key"] != row["release_key"]:
            found.append("key")
        if row["ended_at_element"] not in {"", *(self.completed if row["status"] == "finished" else ())}:
            found.append("ended_at_element")
        return sorted(found)


def differing(connection: Any, courses: Mapping[int, Course | None]) -> Iterator[tuple[int, str]]:
    """(document, Vietnamese sentence) of procedures that are not as the acts of these documents say."""
    cursor = connection.execute(_ROWS, [list(courses)], binary=True)
    names = [column.name for column in cursor.description]
    seen = set()
    for values in cursor:
        row = dict(zip(names, values, strict=True))
        document, course = row["document_id"], courses[row["document_id"]]
        if course is None or document in seen:
            yield document, f"Quy trình {row['id']} không có bước nào của lịch sử ghi lại."
        elif wrong := course.wrong(row):
            yield document, f"Quy trình đang lưu khác với các bước của lịch sử: {', '.join(wrong)}."
        seen.add(document)
    for document in sorted(key for key, course in courses.items() if course is not None and key not in seen):
        yield document, "Quy trình mà lịch sử đã ghi nay không còn."
    works: dict[int, dict[tuple[str, int], tuple[str, str | None]]] = {document: {} for document in seen}
    for document, element, occurrence, status, found in connection.execute(_WORKS, [list(courses)], binary=True):
        works.setdefault(document, {})[element, occurrence] = status, found
    for document, of_it in works.items():
        course = courses[document]
        for element in course.wrong_works(of_it) if course is not None else ():
            yield document, f"Việc của bước tự động “{element}” khác với lịch sử."
        for element in course.other_results(connection, of_it) if course is not None else ():
            yield document, f"Kết quả của bước tự động “{element}” khác với lịch sử."


def _is_told(connection: Any, found: str, told: Collection[bytes]) -> bool:
    """Whether an act told just this; where it is spelled otherwise the database says whether it is the same value."""
    try:
        spelling = canonical(orjson.loads(found))
    except (TypeError, ValueError):  # deeper, or of larger numbers, than anything that we write
        return False
    return spelling in told or any(
        connection.execute("select %s::jsonb = %s::jsonb", [found, one.decode()]).fetchone()[0] for one in told)
