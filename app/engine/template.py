"""The catalogue of element templates: what a person who edits a diagram may choose, never write (Art. 10.2).

Each article offers its steps and forms beside the code (`offer`), its procedures (`begins`) and messages (`tells`),
with the names that they put into instance data. The editor's palette, the check of a diagram, the trial run and the
run time ask the same table. It knows no article itself and draws nothing.
"""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from app.engine import step
from app.refusal import Refusal

#: the template of a task with a form of the agency's own: its plain values become instance data
ANY_FORM = "qlvb.task"
#: the template of a rule: a decision table of the agency
TABLE = "qlvb.table"
#: names that every form may write: they decide the next gateway, or are kept as an opinion
FREE_NAMES = frozenset({"decision", "reason", "opinion"})

Samples = Mapping[str, tuple[Any, ...]]


class NotOffered(Refusal):
    """A step gives instance data what it does not offer, or not what it gives always: a mistake in the program."""

    code = "not_offered"


@dataclass(frozen=True)
class Setting:
    """One argument of a step, as the editor asks for it."""

    name: str
    #: the only values it may have; empty = any of the type
    choices: tuple[Any, ...] = ()
    #: str, int or bool
    type: str = "str"
    is_required: bool = True


@dataclass(frozen=True)
class Template:
    """What one kind of task is, does and gives."""

    id: str
    #: script, user or rule
    kind: str
    #: name of the step, key of the form; "" for the two general ones
    name: str
    #: shown to who edits, Vietnamese
    label: str
    settings: tuple[Setting, ...] = ()
    #: names it may put into instance data -> sample values, the usual one first; "?": any plain value
    gives: Samples = field(default_factory=dict)
    #: lanes in which it may stand; empty = any
    roles: tuple[str, ...] = ()
    #: does it reach beyond the records: numbers, signatures, exchange, conversion, recognition
    is_outside: bool = False
    is_slow: bool = False


@dataclass(frozen=True)
class Procedure:
    """A procedure that something starts: an agency changes how it runs, not what starts it."""

    key: str
    label: str
    #: form of exchange of its documents (Art. 4): electronic, hybrid, or "" where it has none
    form: str
    #: instance data at the start -> sample values
    gives: Samples


@dataclass(frozen=True)
class Offer:
    """What an article says of one step or form."""

    label: str
    gives: Samples
    roles: tuple[str, ...]
    is_outside: bool


_offers: dict[str, Offer] = {}
_procedures: dict[str, Procedure] = {}
_messages: dict[str, tuple[str, Samples]] = {}
_comes_after: dict[str, tuple[str, ...]] = {}
_people: dict[str, tuple[str, ...]] = {}


def offer(name: str, label: str, *, gives: Samples | None = None, roles: tuple[str, ...] = (),
          is_outside: bool = False) -> None:
    """Register a step's name, or "task:<form key>", with its Vietnamese label; called beside its code."""
    _offers[name] = Offer(label, gives or {}, roles, is_outside)


def begins(key: str, label: str, *, form: str = "", gives: Samples) -> None:
    """Register a procedure that the product starts."""
    _procedures[key] = Procedure(key, label, form, gives)


def tells(message: str, label: str, gives: Samples | None = None, *, needs: tuple[str, ...] = ()) -> None:
    """Register a message that an instance may wait for; it comes only after the milestones `needs`."""
    _messages[message] = (label, gives or {})
    _comes_after[message] = needs


def comes_after(message: str) -> tuple[str, ...]:
    """The milestones without which nobody sends the message."""
    return _comes_after.get(message, ())


def names_person(name: str, *roles: str) -> None:
    """Register that a name of instance data is a person of one of these roles; none: of any."""
    _people[name] = roles


def people() -> dict[str, tuple[str, ...]]:
    """{name of instance data that is a person: the roles of such persons, () = any}."""
    return dict(_people)


def procedures() -> dict[str, Procedure]:
    """All procedures by key."""
    return dict(_procedures)


def messages() -> dict[str, tuple[str, Samples]]:
    """{message name: (label, what it gives)}."""
    return dict(_messages)


def templates() -> dict[str, Template]:
    """All templates by id: steps, forms that an article takes, the form of one's own, the table."""
    found = [_of_step(name, kind) for name, kind in step.catalogue().items()]
    found += [Template(f"qlvb.task.{name[5:]}", "user", name[5:], o.label, gives=o.gives, roles=o.roles,
                       is_outside=o.is_outside) for name, o in _offers.items() if name.startswith("task:")]
    found += [Template(ANY_FORM, "user", "", "Việc theo biểu mẫu của cơ quan"),
              Template(TABLE, "rule", "", "Tra bảng quyết định")]
    return {template.id: template for template in found}


def owned_names() -> frozenset[str]:
    """Names of instance data that only a step, an article's form or a start may write: who signs, who handles."""
    given = {name for o in _offers.values() for name in o.gives}
    given |= {name for p in _procedures.values() for name in p.gives}
    given |= {name for _, gives in _messages.values() for name in gives}
    return frozenset(given) - FREE_NAMES


def always(gives: Samples) -> frozenset[str]:
    """Of what a form offers, what it gives whenever it is completed: its decision, and truth values."""
    return frozenset(name for name, samples in gives.items()
                     if name == "decision" or samples and all(isinstance(one, bool) for one in samples))


def require_offered(name: str, given: Mapping[str, Any]) -> None:
    """Refuse what a step or form gives beyond its offer, and a form that leaves out what it gives always, so that what
    the check knows is all. Raises NotOffered.
    """
    known = _offers.get(name)
    gives = known.gives if known else {}
    strange = set(given) - set(gives) | (always(gives) - set(given) if name.startswith("task:") else set())
    if strange:
        raise NotOffered(step=name, names=", ".join(sorted(strange)))


def _of_step(name: str, kind: str) -> Template:
    known = _offers.get(name) or Offer(name, {}, (), False)
    found = step.find(name)
    call = found.ask if isinstance(found, step.SlowStep) else found
    taken = [p for p in inspect.signature(call).parameters.values() if p.name != "act"]
    return Template(f"qlvb.{name}", "script", name, known.label, tuple(_setting(p) for p in taken), known.gives,
                    known.roles, known.is_outside, kind == "slow")


def _setting(parameter: inspect.Parameter) -> Setting:
    choices = get_args(parameter.annotation)
    kind = type(choices[0]) if choices else parameter.annotation
    return Setting(parameter.name, choices, kind.__name__, parameter.default is inspect.Parameter.empty)
