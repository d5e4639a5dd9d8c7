"""What the regulation orders, as data: which step needs what done before, what it sets, what it undoes.

Each article registers its sentences with `oblige`. The engine asks this table before it runs a step and
writes the milestones after it, whatever the diagram says (security.md S5), so a hand-made repair or a wrong
drawing cannot number twice or dispatch unsigned. It knows no article itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from app.engine.step import Act
from app.records import milestone
from app.refusal import Refusal


class OutOfOrder(Refusal):
    """The regulation orders another step first."""

    code, status = "out_of_order", 409


class OnlyOnce(Refusal):
    """This may be done to a document once only."""

    code, status = "only_once", 409


@dataclass(frozen=True)
class Obligation:
    """One sentence of the regulation about one step."""

    step: str
    article: str
    #: all of these must stand
    needs: tuple[str, ...] = ()
    #: the milestone that the step reaches; empty = none
    sets: str = ""
    #: milestones that it undoes
    clears: tuple[str, ...] = ()
    #: refused while its own milestone stands
    is_once: bool = False
    #: holds for documents of this form of exchange only (Art. 4); empty = all
    form: str = ""


_table: list[Obligation] = []


def oblige(step: str, article: str, *, needs: Iterable[str] = (), sets: str = "", clears: Iterable[str] = (),
           is_once: bool = False, form: str = "") -> None:
    """Register a sentence; called by the article's file, beside the step."""
    entry = Obligation(step, article, tuple(needs), sets, tuple(clears), is_once, form)
    if entry not in _table:
        _table.append(entry)


def table() -> list[Obligation]:
    """All sentences."""
    return list(_table)


def _of(step: str, act: Act) -> list[Obligation]:
    return [o for o in _table if o.step == step and o.form in ("", act.document.exchange_form)]


def require(step: str, act: Act) -> None:
    """Refuse the step when its time has not come. Raises OutOfOrder, OnlyOnce."""
    mine = _of(step, act)
    if not any(o.needs or o.is_once for o in mine):
        return
    standing = act.facts = milestone.standing(act.document.id)
    for obligation in mine:
        for need in obligation.needs:
            if need not in standing:
                refusal = OutOfOrder(step=step, need=need)
                refusal.article = obligation.article
                raise refusal
        if obligation.is_once and obligation.sets in standing:
            refusal = OnlyOnce(step=step)
            refusal.article = obligation.article
            raise refusal


def settle(step: str, act: Act) -> None:
    """Write what the step has reached and undone; nothing when it says that it has reached nothing."""
    if not act.is_reached:
        return
    mine = _of(step, act)
    if not any(o.clears or o.sets for o in mine):
        return
    standing = milestone.standing(act.document.id) if act.facts is None else act.facts
    for obligation in mine:
        if undone := {*obligation.clears, obligation.sets} & set(standing):
            milestone.clear([standing.pop(name) for name in undone], act.at)
        if obligation.sets:
            standing[obligation.sets] = milestone.reach(
                act.document, obligation.sets, act.at, act.actor_id, act.sha256)
