"""Replay: feed the recorded inputs and results of an instance through a clean engine and compare every state.

Nothing is done to records and no step runs: the results that steps gave then are handed back. It compares
byte for byte, by sha256, after each act.
"""

import hashlib
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import or_, select

from app.db import db
from app.db.readable import UNREADABLE
from app.engine import act_shape, diagram, spiff, spiff_move
from app.engine.diagram import Release
from app.engine.instance import Instance
from app.records.history import Act, ActContent, settled
from app.refusal import Refusal

#: an instance goes on by another version of its procedure, or by another procedure of its document
_MOVED = ("instance_migrated", "exchange_form_changed")
#: a repair is asked for, or refused
_OF_REPAIRS = ("repair_asked", "repair_refused")


@dataclass(frozen=True)
class Replayed:
    """What a replay found: acts compared, and the first difference or an empty text."""

    acts: int
    difference: str = ""
    #: number of the act that differs, in the document's chain
    at_act: int = 0
    #: sha256 of the state after the last act that ran, and of the release that it ran on
    state_hash: str = field(default="", compare=False)
    release_sha256: str = field(default="", compare=False)


class _Recorded:
    """The host that gives back what the steps gave then."""

    def __init__(self, results: list[list[Any]]) -> None:
        self.left = list(results)
        self.fault = ""

    def step(self, element: str, occurrence: int, name: str, arguments: dict, data: dict) -> Any:
        """The next recorded result."""
        if not self.left or self.left[0][:2] != [element, occurrence]:
            self.fault = self.fault or f"step {element} ({occurrence}) ran, history has {self.left[:1]}"
            return {}
        result = self.left.pop(0)[2]
        return spiff.LATER if result is None else settled(result)


def replay(instance: Instance, tell: Callable[[int], None] = lambda done: None) -> Replayed:
    """Run an instance's history again, each act on the release that ran then. Removed content ends it there.

    `tell` hears how many acts were run, one by one.
    """
    rows = db.session.execute(
        select(Act, ActContent).outerjoin(ActContent, ActContent.act_id == Act.id)
        .where(Act.subject == f"document:{instance.document_id}",
               or_(Act.release_sha256 != "", Act.kind.in_(_OF_REPAIRS)))
        .order_by(Act.number)).all()
    known = {instance.release.sha256: diagram.bundle(instance.release).compiled}

    def compiled_of(sha256: str) -> spiff.Compiled | None:
        if sha256 not in known and (earlier := _compiled(sha256)) is not None:
            known[sha256] = earlier
        return known.get(sha256)

    def recorded() -> Iterator[tuple[Act, dict[str, Any] | None]]:
        for done, (act, content) in enumerate(rows):
            tell(done)
            yield act, content and (content.input or {})  # what cannot be read lacks all that an act holds

    return again(instance.id, instance.seed, recorded(), compiled_of)


def kept(instance: Instance) -> spiff.Run:
    """The run as it is kept now, to be looked at only."""
    return spiff.Run.load(instance.bundle.compiled, instance.state, seed=instance.seed, act=instance.acts + 1,
                          at=instance.started_at, host=_Recorded([]))


def again(instance_id: int, seed: uuid.UUID, recorded: Iterable[tuple[Any, dict[str, Any] | None]],
          compiled_of: Callable[[str], spiff.Compiled | None]) -> Replayed:
    """Run acts (number, kind, element, occurrence, at, release_sha256, state_hash) with their inputs; None: removed.

    Needs no database: a history kept in a file is run the same way.
    """
    ran = _Ran(seed, compiled_of)
    for act, given in recorded:
        if given is None:
            return Replayed(ran.count, "content removed", act.number)
        if act.kind in _OF_REPAIRS:  # they move nothing
            ran.hear(act, given if isinstance(given, dict) else {})
            continue
        if lacking := act_shape.missing(act.kind, given):
            return Replayed(ran.count, f"the act's input lacks {lacking}", act.number)
        if given["instance"] != instance_id:
            continue
        try:
            difference = ran.follow(act, given)
        except Refusal as refusal:  # the engine does not do on this diagram what the act says
            difference = f"{refusal.code}: {refusal}"
        except UNREADABLE as error:  # nor with these values, which no engine wrote
            difference = f"the engine cannot run it: {type(error).__name__}"
        if difference:
            return Replayed(ran.count, difference, act.number)
    return Replayed(ran.count, "", 0, hashlib.sha256(ran.state).hexdigest() if ran.count else "", ran.release)


@dataclass
class _Ran:
    """A run as far as its acts were run again."""

    seed: uuid.UUID
    compiled_of: Callable[[str], spiff.Compiled | None]
    state: bytes = b""
    count: int = 0
    #: the release that the last act ran on
    release: str = ""
    #: steps that failed and were not taken up again; whether it is held up
    failed: set[tuple[str, int]] = field(default_factory=set)
    is_held: bool = False
    #: repairs that people asked for and nobody decided: element, occurrence, where to, which, who
    asked: list[tuple[Any, ...]] = field(default_factory=list)

    def follow(self, act: Any, given: dict[str, Any]) -> str:
        """Run one act; how it differs from what is recorded, or empty. Raises what the engine refuses."""
        compiled = self.compiled_of(act.release_sha256)
        if compiled is None:
            return "the release that ran is not known"
        if (act.kind == "instance_started") != (not self.count):
            return "the procedure begins twice" if self.count else "the procedure has not begun"
        if self.count and act.kind not in _MOVED and act.release_sha256 != self.release:
            return "another release, and no act moved the procedure to it"
        if act.kind in _MOVED and (unknown := spiff_move.unknown(compiled, self.state)):
            return f"the release does not know {', '.join(unknown)}"
        if difference := self._out_of_place(act, given):
            return difference
        host = _Recorded(given["results"])
        run = _again(compiled, self.seed, act, given, self.state, host)
        self.state, self.count, self.release = run.save(), self.count + 1, act.release_sha256
        if host.fault or host.left:
            return host.fault or f"history has more results: {host.left}"
        is_same = hashlib.sha256(self.state).hexdigest() == act.state_hash
        return "" if is_same else f"state after {act.kind} {act.element} differs"

    def _out_of_place(self, act: Any, given: dict[str, Any]) -> str:
        """Why an act that leaves the state as it was cannot be where it is; empty: it can."""
        place = (act.element, act.occurrence)
        match act.kind:
            case "step_failed":
                if place in self.failed:
                    return "the step had failed before"
                self.failed.add(place)
            case "step_retried" | "sent_back":
                if place not in self.failed:
                    return "the step had not failed"
                self.failed.discard(place)
            case "instance_repaired":
                if not self._is_asked_by_another(act, given):
                    return "nobody else had asked for the repair"
                self.failed.discard(place)
            case "instance_suspended" | "instance_resumed":
                if self.is_held == (act.kind == "instance_suspended"):
                    return f"the procedure was {'' if self.is_held else 'not '}suspended"
                self.is_held = not self.is_held
        return ""

    def hear(self, act: Any, said: dict[str, Any]) -> None:
        """A person asks for a repair; or another refuses it, and what was refused is asked for no more."""
        what = (act.element, act.occurrence, said.get("to"), said.get("repair"))
        if act.kind == "repair_asked":
            self.asked.append((*what, act.actor_id))
        else:
            self.asked = [one for one in self.asked if one[:4] != what]

    def _is_asked_by_another(self, act: Any, given: dict[str, Any]) -> bool:
        """Whether a repair was asked for by a second person; one asking is one repair (Art. 10.2)."""
        what = (act.element, act.occurrence, given["to"], given.get("repair"))
        found = next((one for one in self.asked if one[:4] == what and one[4] not in (None, act.actor_id)), None)
        if found is not None:
            self.asked.remove(found)
        return found is not None


def _compiled(sha256: str) -> spiff.Compiled | None:
    """A release of the agency by its hash: the one before a migration."""
    release = db.session.scalars(select(Release).where(Release.sha256 == sha256).limit(1)).first()
    return None if release is None else diagram.bundle(release).compiled


def _again(compiled: spiff.Compiled, seed: uuid.UUID, act: Any, given: dict[str, Any], state: bytes,
           host: _Recorded) -> spiff.Run:
    known = {"seed": seed, "act": given["act"], "at": act.at, "host": host}
    if act.kind == "instance_started":
        return spiff.Run.start(compiled, data=settled(given["data"]), **known)
    if act.kind in _MOVED:
        return spiff_move.move(compiled, state, **known)
    run = spiff.Run.load(compiled, state, **known)
    if act.kind == "task_completed":
        run.complete(act.element, act.occurrence, settled(given["data"]))
    elif act.kind == "step_finished":
        run.finish(act.element, act.occurrence, settled(given["data"]))
    elif act.kind == "sent_back":
        run.send_back(act.element, act.occurrence)
    elif act.kind == "instance_cancelled":
        run.cancel()
    elif act.kind == "instance_repaired":
        spiff_move.put(run, act.element, act.occurrence, given["to"])
    else:
        unheard = _unheard(run, act, given)
        host.fault = unheard or host.fault
    return run


def _unheard(run: spiff.Run, act: Any, given: dict[str, Any]) -> str:
    """Let a message or the time reach the run; why nothing there could have taken such an act; empty: it could."""
    if act.kind == "message_received":
        is_heard = run.receive(given["message"], settled(given["payload"] or {}))
        return "" if is_heard else "nothing waited for the message"
    if act.kind == "timer_fired":
        return "" if run.refresh() else "no timer was due"
    if act.kind in ("step_failed", "step_retried"):
        slow = {(one.element, one.occurrence) for one in run.waiting() if one.kind == "script"}
        return "" if (act.element, act.occurrence) in slow else "no slow step waited there"
    return ""
