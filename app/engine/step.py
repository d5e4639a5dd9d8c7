"""Steps: the Python that a script task calls by name, and what completing a form does to records.

`@step` registers a function run inside the act; `@slow_step(queue)` a class whose work runs in the worker;
`@taken(form_key)` what the completion of a user task with that form does. The engine finds all three by
name, so it never imports an article.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.db import db
from app.records.agency import Agency
from app.records.document import Document, Opinion
from app.records.milestone import Milestone
from app.records.people import User
from app.refusal import Refusal

if TYPE_CHECKING:
    from app.engine.instance import Instance
    from app.tools import Tools

Plain = dict[str, Any]


class StepUnknown(Refusal):
    """A diagram calls a step that does not exist."""

    code = "step_unknown"


@dataclass
class Act:
    """What a step is handed: its document, who acts and when. A step reads no request and no clock."""

    document: Document
    instance: "Instance"
    #: who acts; None = the system (a job, a timer, a message)
    actor: User | None
    on_behalf_of: User | None
    #: aware, UTC
    at: datetime
    #: instance data as the element sees them; read only
    data: Plain
    element: str
    occurrence: int
    #: messages and starts that leave with the act: (job name, arguments)
    outgoing: list[tuple[str, Plain]] = field(default_factory=list)
    #: the document's standing milestones, once the obligations have asked for them
    facts: dict[str, Milestone] | None = None
    #: the file this step is about, for its milestone
    sha256: str | None = None
    #: a step sets it False when it did not reach its milestone (a draft was returned, not approved)
    is_reached: bool = True

    @property
    def actor_id(self) -> int | None:
        """Id of who acts."""
        return self.actor.id if self.actor else None

    @property
    def agency(self) -> Agency:
        """The agency whose document it is."""
        return db.session.get_one(Agency, self.document.agency_id)

    def say(self, kind: str, text: str | None) -> None:
        """Keep what the person wrote: directive, opinion, reason, result; nothing for an empty text."""
        if text:
            db.session.add(Opinion(
                agency_id=self.document.agency_id, document_id=self.document.id, user_id=self.actor_id, kind=kind,
                on_behalf_of_id=self.on_behalf_of.id if self.on_behalf_of else None, text=text, at=self.at,
                element=self.element))

    def deliver(self, instance_id: int, message: str, payload: Plain) -> None:
        """Send a message to another instance; a job of this transaction carries it."""
        self.outgoing.append(("deliver", {"instance_id": instance_id, "message": message, "payload": payload}))

    def start_later(self, key: str, document_id: int, data: Plain) -> None:
        """Start a procedure for another document in an act of its own."""
        self.outgoing.append(("start", {"key": key, "document_id": document_id, "data": data,
                                        "actor_id": self.actor_id}))


class SlowStep:
    """Slow work in three methods, read in order; all values plain."""

    #: the call's name in diagrams; from the class name
    name: str
    #: what it waits for: ocr, conversion, signing, exchange or default
    queue: str

    def ask(self, act: Act, **arguments: Any) -> Plain | None:
        """In the act that reaches the script task: what the work needs. None: nothing to do."""
        raise NotImplementedError

    def again(self, act: Act, asked: Plain) -> Plain:
        """When an administrator lets it try again: what the work needs now. A step that looks anew says so."""
        return asked

    def work(self, tools: "Tools", asked: Plain) -> Plain:
        """In the worker, no transaction open, no records. May run twice: must bear it."""
        raise NotImplementedError

    def record(self, act: Act, found: Plain) -> Plain | None:
        """In the act that finishes the task: write down what was found; the result goes into instance data."""
        raise NotImplementedError


_steps: dict[str, Callable[..., Plain | None]] = {}
_slow: dict[str, SlowStep] = {}
_taken: dict[str, Callable[[Act, Plain], Plain | None]] = {}
_personal: set[str] = set()
_at_cancel: dict[str, tuple[str, ...]] = {}


def step(function: Callable[..., Plain | None]) -> Callable[..., Plain | None]:
    """Register a function under its own name."""
    _steps[function.__name__] = function
    return function


def slow_step(queue: str) -> Callable[[type[SlowStep]], type[SlowStep]]:
    """Register a class under its name in snake_case."""

    def keep(cls: type[SlowStep]) -> type[SlowStep]:
        cls.name = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
        cls.queue = queue
        _slow[cls.name] = cls()
        return cls

    return keep


def taken(
    form_key: str, *, is_personal: bool = False
) -> Callable[[Callable[[Act, Plain], Plain | None]], Callable[[Act, Plain], Plain | None]]:
    """Register what completing the form does: (act, clean values) -> instance data.

    `is_personal`: nobody may stand in for the person it waits for (a signature, and the approval it follows).
    """

    def keep(function: Callable[[Act, Plain], Plain | None]) -> Callable[[Act, Plain], Plain | None]:
        _taken[form_key] = function
        if is_personal:
            _personal.add(form_key)
        return function

    return keep


def cancels(direction: str, *steps: str) -> None:
    """Register the steps that give a document up when its instance is cancelled, in order; called by the article.

    `direction`: "incoming" or "outgoing"; without steps such documents cannot be given up.
    """
    _at_cancel[direction] = steps


def at_cancel(direction: str) -> tuple[str, ...]:
    """The steps that give up a document of this direction."""
    return _at_cancel.get(direction, ())


def call(name: str, act: Act) -> Plain:
    """Run a quick step outside its diagram. Raises StepUnknown."""
    if name not in _steps:
        raise StepUnknown(name=name)
    return _steps[name](act) or {}


def find(name: str) -> Callable[..., Plain | None] | SlowStep:
    """The step of a name. Raises StepUnknown."""
    found = _steps.get(name) or _slow.get(name)
    if found is None:
        raise StepUnknown(name=name)
    return found


def slow(name: str) -> SlowStep:
    """The slow step of a name. Raises StepUnknown."""
    if name not in _slow:
        raise StepUnknown(name=name)
    return _slow[name]


def taker(form_key: str) -> Callable[[Act, Plain], Plain | None] | None:
    """What completing this form does; None: its values become instance data."""
    return _taken.get(form_key)


def is_personal(form_key: str) -> bool:
    """Whether only the person himself may complete the form."""
    return form_key in _personal


def catalogue() -> dict[str, str]:
    """{name: "step" or "slow"} of all steps."""
    return {**{name: "step" for name in _steps}, **{name: "slow" for name in _slow}}
