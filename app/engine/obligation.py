"""What the regulation orders, as data: which step needs what done before, what it sets, undoes and still owes.

Each article registers its sentences with `oblige` and `expect`. One table, two enforcers: `check.py` asks it on
every path of a drawing before it is published, the engine before it runs a step, after it and at the end of an
instance, whatever the diagram says (security.md S5). So a hand-made repair or a wrong drawing cannot number twice
or dispatch unsigned. The judgement itself is pure (`broken`, `after`, `owed`). It knows no article itself.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.engine.step import Act
from app.records import milestone
from app.refusal import Refusal


class OutOfOrder(Refusal):
    """The regulation orders another step first."""

    code, status = "out_of_order", 409


class OnlyOnce(Refusal):
    """This may be done to a document once only."""

    code, status = "only_once", 409


class TooLate(Refusal):
    """After what was done this may not be done any more."""

    code, status = "too_late", 409


class NotTheirTask(Refusal):
    """The regulation gives this to another role."""

    code, status = "not_their_task", 403


class OutOfPlace(Refusal):
    """This step belongs to documents of another direction or another form of exchange."""

    code, status = "out_of_place", 409


class StillOwed(Refusal):
    """The procedure may not end yet: something that was begun must be brought to its end."""

    code, status = "still_owed", 409


@dataclass(frozen=True)
class Obligation:
    """One sentence of the regulation about one step, or about one form ("task:<form key>")."""

    step: str
    article: str
    #: all of these must stand
    needs: tuple[str, ...] = ()
    #: none of these may stand: it is too late
    bars: tuple[str, ...] = ()
    #: the milestone that the step reaches; empty = none
    sets: str = ""
    #: milestones that it undoes
    clears: tuple[str, ...] = ()
    #: refused while its own milestone stands
    is_once: bool = False
    #: holds for documents of this form of exchange only (Art. 4); empty = all
    form: str = ""
    #: who may do it: one of these roles; empty = whoever the lane names
    roles: tuple[str, ...] = ()
    #: while `sets` stands, the instance ends only when one of these stands, too
    owes: tuple[str, ...] = ()
    #: the milestone is reached, and others undone, only when arguments, data and result say this: (name, value);
    #: of a step called with another value as its argument it says nothing
    when: tuple[tuple[str, Any], ...] = ()
    #: it may be done only when data say this: (name, value)
    only: tuple[tuple[str, Any], ...] = ()
    #: "incoming" or "outgoing": the documents it is about; empty = all
    direction: str = ""


@dataclass(frozen=True)
class Expectation:
    """Something that must be possible in each procedure of a direction or a form."""

    step: str
    article: str
    direction: str
    form: str = ""


@dataclass(frozen=True)
class Asked:
    """A decision table that the code of an article asks by itself, and what it needs of it."""

    table: str
    article: str
    direction: str
    #: names of data that are given to it
    reads: tuple[str, ...]
    #: its columns of results -> the values that the code knows; () = any text
    gives: tuple[tuple[str, tuple[str, ...]], ...]


_REFUSALS: dict[str, type[Refusal]] = {"needs": OutOfOrder, "bars": TooLate, "once": OnlyOnce, "only": OutOfPlace}
_table: list[Obligation] = []
_setters: dict[str, set[str]] = {}
_expected: list[Expectation] = []
_asked: list[Asked] = []


def oblige(step: str, article: str, *, needs: Iterable[str] = (), bars: Iterable[str] = (), sets: str = "",
           clears: Iterable[str] = (), is_once: bool = False, form: str = "", roles: Iterable[str] = (),
           owes: Iterable[str] = (), when: Mapping[str, Any] | None = None, only: Mapping[str, Any] | None = None,
           direction: str = "") -> None:
    """Register a sentence; called by the article's file, beside the step."""
    entry = Obligation(step, article, tuple(needs), tuple(bars), sets, tuple(clears), is_once, form, tuple(roles),
                       tuple(owes), tuple((when or {}).items()), tuple((only or {}).items()), direction)
    if entry not in _table:
        _table.append(entry)
        _setters.setdefault(sets, set()).add(step)


def expect(step: str, article: str, *, direction: str, form: str = "") -> None:
    """Register that every procedure of this direction (and form) must be able to come to the step or form."""
    entry = Expectation(step, article, direction, form)
    if entry not in _expected:
        _expected.append(entry)


def asks(table: str, article: str, *, direction: str, reads: Iterable[str],
         gives: Mapping[str, Iterable[str]]) -> None:
    """Register a decision table that an article's code asks."""
    entry = Asked(table, article, direction, tuple(reads), tuple((name, tuple(known)) for name, known in gives.items()))
    if entry not in _asked:
        _asked.append(entry)


def asked(direction: str) -> list[Asked]:
    """The tables that documents of a direction need."""
    return [a for a in _asked if a.direction == direction]


def table() -> list[Obligation]:
    """All sentences."""
    return list(_table)


def expected(direction: str, form: str) -> list[Expectation]:
    """What must be possible in a procedure."""
    return [e for e in _expected if e.direction == direction and e.form in ("", form)]


def setters(name: str) -> list[str]:
    """The steps and forms that reach a milestone, by name: no matter in which order the articles were loaded."""
    return sorted(_setters.get(name, ()))


def of(step: str, form: str, direction: str) -> list[Obligation]:
    """The sentences about a step for documents of this form and direction."""
    return [o for o in _table if o.step == step and o.form in ("", form) and o.direction in ("", direction)]


def stranger(step: str, form: str, direction: str) -> Obligation | None:
    """A sentence that gives the step to other documents only; None: it may stand in this procedure."""
    about = [o for o in _table if o.step == step]
    ours = [o for o in about if o.form in ("", form) and o.direction in ("", direction)]
    return about[0] if about and not ours else None


def about(rules: Iterable[Obligation], arguments: Mapping[str, Any]) -> list[Obligation]:
    """The sentences that are about a call with these arguments."""
    return [rule for rule in rules
            if all(_same(arguments[name], value) for name, value in rule.when if name in arguments)]


def broken(rules: Iterable[Obligation], standing: Collection[str],
           known: Mapping[str, Any] | None = None) -> Iterator[tuple[Obligation, str, str]]:
    """What may not be done now: the sentence, "needs", "bars" or "once" with the milestone, "only" with the name."""
    for rule in rules:
        for need in rule.needs:
            if need not in standing:
                yield rule, "needs", need
        for bar in rule.bars:
            if bar in standing:
                yield rule, "bars", bar
        if rule.is_once and rule.sets in standing:
            yield rule, "once", rule.sets
        for name, value in rule.only:
            if known is not None and name in known and not _same(known[name], value):
                yield rule, "only", name


def reached(rules: Iterable[Obligation], known: Mapping[str, Any] | None) -> tuple[set[str], set[str]]:
    """(set, undone) when the step is done; `known`: arguments, data and result; None: whatever they say."""
    sets: set[str] = set()
    undone: set[str] = set()
    for rule in rules:
        if known is None or all(name in known and _same(known[name], value) for name, value in rule.when):
            undone |= set(rule.clears)
            sets |= {rule.sets} if rule.sets else set()
    return sets, undone


def owed(rules: Iterable[Obligation], standing: Collection[str]) -> Iterator[Obligation]:
    """The sentences that forbid an end now; `rules`: all that hold for the document."""
    for rule in rules:
        if rule.owes and rule.sets in standing and not any(name in standing for name in rule.owes):
            yield rule


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and one == other


def refused(kind: type[Refusal], rule: Obligation, **facts: Any) -> Refusal:
    """A refusal that names the article of the rule."""
    refusal = kind(**facts)
    refusal.article = rule.article
    return refusal


def _place(act: Act) -> tuple[str, str]:
    return act.document.exchange_form or "", act.document.direction


def require(step: str, act: Act, arguments: Mapping[str, Any] | None = None) -> None:
    """Refuse the step when its time has not come. Raises OutOfOrder, TooLate, OnlyOnce, NotTheirTask, OutOfPlace.

    `arguments`: with which it is called.
    """
    foreign = stranger(step, *_place(act))
    if foreign is not None:
        raise refused(OutOfPlace, foreign, step=step)
    mine = about(of(step, *_place(act)), arguments or {})
    _require_role(step, act, mine)
    if not any(o.needs or o.bars or o.is_once or o.only for o in mine):
        return
    act.facts = milestone.standing(act.document.id)
    for rule, kind, name in broken(mine, act.facts, act.data):
        raise refused(_REFUSALS[kind], rule, step=step, need=name)


def _require_role(step: str, act: Act, rules: list[Obligation]) -> None:
    """Only forms have a person; whoever stands in for one of the role may act for him (Art. 7)."""
    if act.actor is None or not step.startswith("task:"):
        return
    people = [person for person in (act.actor, act.on_behalf_of) if person is not None]
    for rule in rules:
        if rule.roles and not any(person.has(role) for person in people for role in rule.roles):
            raise refused(NotTheirTask, rule, step=step, roles=rule.roles)


def settle(step: str, act: Act, known: Mapping[str, Any] | None = None) -> None:
    """Write what the step has reached and undone; nothing when it says that it has reached nothing.

    `known`: arguments and result, beside the data of the act.
    """
    if not act.is_reached:
        return
    sets, undone = reached(of(step, *_place(act)), {**act.data, **(known or {})})
    if not sets and not undone:
        return
    standing = milestone.standing(act.document.id) if act.facts is None else act.facts
    if gone := (undone | sets) & set(standing):
        milestone.clear([standing.pop(name) for name in sorted(gone)], act.at)
    for name in sorted(sets):
        standing[name] = milestone.reach(act.document, name, act.at, act.actor_id, act.sha256)


def require_end(act: Act) -> None:
    """Refuse that the instance ends while something is owed. Raises StillOwed."""
    form, direction = _place(act)
    rules = [o for o in _table if o.form in ("", form) and o.direction in ("", direction) and o.owes]
    for rule in owed(rules, milestone.standing(act.document.id)) if rules else ():
        raise refused(StillOwed, rule, step=rule.step, owes=rule.owes)
