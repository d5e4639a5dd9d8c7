"""What the acts of a history say against what the regulation orders (Art. 9 "in the order of these steps", 10.3).

The history is read from its acts alone: what was completed, what steps gave, who did it, when. From these the
obligations (obligation.py) are judged anew; neither milestones nor anything else that the engine itself kept while it
ran is asked. So what passed a faulty guard, a repair or a hand in the database is found. Articles add sentences that
are no order of steps with `also`. Pure; which histories are judged, and what becomes of it, is conformance_night.py's.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.engine import act_shape, obligation, step, template
from app.engine.check_finding import said
from app.engine.dialect_model import Element, arguments_of
from app.engine.inbox import due_of
from app.engine.obligation import Obligation
from app.records import history
from app.refusal import Refusal

#: states of a token that stands on an element
_STANDING = frozenset({"READY", "STARTED", "WAITING"})
_END_KINDS = frozenset({"end"})
#: contents go only by an act that removes them
_REMOVAL = "Art. 3.2"
#: what was done is kept, and can be followed
_WHOLE = "Art. 10.3"


#: the roles of a person (by id) at a time
Roles = Callable[[int, datetime], Collection[str]]


@dataclass(frozen=True)
class Violation:
    """One sentence of the regulation that a history does not keep."""

    document: int
    #: number of the act in the document's chain
    act: int
    article: str
    #: Vietnamese
    message: str
    element: str = ""

    def as_json(self) -> dict[str, Any]:
        """Plain values, in the form of a finding's faults."""
        return {"check": "conform", "subject": f"document:{self.document}", "act": self.act, "article": self.article,
                "element": self.element, "message": self.message}


@dataclass(frozen=True)
class Kind:
    """What a history is of: the document's direction and form of exchange (Art. 4)."""

    document: int
    direction: str
    form: str = ""


@dataclass(frozen=True)
class Event:
    """One thing that an act says was done: a form completed ("task:<form key>") or a step that ran."""

    name: str
    element: Element
    act: int
    at: datetime
    actor_id: int | None
    on_behalf_of_id: int | None
    #: data, arguments and result as far as the acts tell them
    known: Mapping[str, Any]
    #: until when the task was to be done; None: no date was set
    due_at: datetime | None = None
    #: False: the task still waits
    is_done: bool = True
    #: a slow step that was only asked for: it reaches nothing yet
    is_asked: bool = False


@dataclass(frozen=True)
class Stood:
    """When, and by whom, something was reached."""

    act: int
    actor_id: int | None


@dataclass
class Course:
    """A history as far as it was read."""

    kind: Kind
    elements: Mapping[str, Element] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    standing: dict[str, Stood] = field(default_factory=dict)
    #: (element, occurrence) -> (act, until when) of what a token stands on
    open: dict[tuple[str, int], tuple[int, datetime | None]] = field(default_factory=dict)


#: says what else is wrong with an event: Vietnamese sentences
Judge = Callable[[Event, Course], Iterable[str]]
_also: list[tuple[str, Judge]] = []


def also(article: str) -> Callable[[Judge], Judge]:
    """Register what an article orders beside the order of steps; called by the article's file."""

    def keep(judge: Judge) -> Judge:
        _also.append((article, judge))
        return judge

    return keep


def violations(kind: Kind, acts: Iterable[tuple[Any, Mapping[str, Any] | None]],
               elements_of: Callable[[str], Mapping[str, Element] | None],
               roles_of: Roles, now: datetime) -> Iterator[Violation]:
    """Judge one history: acts with their inputs, oldest first. It is read up to the act whose content was removed.

    `elements_of`: the drawing of a release by its hash; `roles_of`: the roles of a person at a time.
    """
    rows = list(acts)
    course, last = Course(kind), None
    removed_to = max((history.removed_to(act.number, given) for act, given in rows if act.kind == "content_removed"),
                     default=0)
    for act, given in rows:
        if given is None:
            if act.number > removed_to:
                yield Violation(kind.document, act.number, _REMOVAL,
                                f"Nội dung của bước mất mà không có bước xóa bỏ ({said(_REMOVAL)}).", act.element)
            return
        if act.kind == "deadline_moved":
            _move(act, given, course)
        if not act.release_sha256:
            continue
        if lacking := act_shape.missing(act.kind, given):
            yield Violation(kind.document, act.number, _WHOLE,
                            f"Bước ghi thiếu {lacking} nên không xét tiếp được ({said(_WHOLE)}).", act.element)
            return
        course.elements = elements_of(act.release_sha256) or course.elements
        for event in _events(act, given, course):
            yield from _judged(event, course, roles_of)
        _follow(act, course)
        last = act
        if act.kind == "instance_cancelled":
            return
    if last is not None and course.open:
        yield from _waiting(course, now)
    elif last is not None:
        yield from _at_end(last, course)


def _move(act: Any, given: Mapping[str, Any], course: Course) -> None:
    """A limit of what is open was moved; a moment that cannot be read moves nothing."""
    key, after = (act.element, act.occurrence), act_shape.moment(given.get("after"))
    if key in course.open and after is not None:
        course.open[key] = (course.open[key][0], after)


def _events(act: Any, given: Mapping[str, Any], course: Course) -> Iterator[Event]:
    """What an act did, in its order; the data grow with each."""
    found = course.elements.get(act.element)
    if act.kind == "instance_started":
        course.data |= given["data"]
    elif act.kind == "task_completed" and found is not None:
        due_at = course.open.get((act.element, act.occurrence), (0, None))[1]
        known = {**course.data, **given["data"]}
        yield _event(f"task:{found.form_key}", found, act, known, due_at=due_at)
        course.data |= given["data"]
    elif act.kind == "step_finished" and found is not None:
        known = {**course.data, **arguments_of(found.arguments, course.data), **given["data"]}
        yield _event(found.step or "", found, act, known)
        course.data |= given["data"]
    elif act.kind == "message_received":
        course.data |= given["payload"] or {}
    for element, _occurrence, result in given.get("results") or ():
        ran = course.elements.get(element)
        if ran is None or ran.kind not in ("script", "rule"):
            continue
        known = {**course.data, **arguments_of(ran.arguments, course.data), **(result or {})}
        if ran.kind == "script":
            yield _event(ran.step or "", ran, act, known, is_asked=result is None)
        course.data |= result or {}
    if act.kind == "instance_cancelled":
        for name in step.at_cancel(course.kind.direction):
            if not any(True for _ in obligation.broken(_rules(name, course), course.standing)):
                _settle(_event(name, Element("", "", "script", step=name), act, {**course.data, **given}), course)


def _event(name: str, element: Element, act: Any, known: Mapping[str, Any], **more: Any) -> Event:
    return Event(name, element, act.number, act.at, act.actor_id, act.on_behalf_of_id, known, **more)


def _rules(name: str, course: Course) -> list[Obligation]:
    return obligation.of(name, course.kind.form, course.kind.direction)


def _judged(event: Event, course: Course, roles_of: Roles) -> Iterator[Violation]:
    rules = obligation.about(_rules(event.name, course), arguments_of(event.element.arguments, course.data))
    foreign = obligation.stranger(event.name, course.kind.form, course.kind.direction)
    if foreign is not None:
        yield _violation(event, course, foreign.article, "việc này không thuộc loại văn bản này")
    for rule, kind, name in obligation.broken(rules, course.standing, event.known):
        yield _violation(event, course, rule.article, _SENTENCES[kind].replace("…", _reached_by((name,))))
    if event.name.startswith("task:") and event.actor_id is not None:
        yield from _strangers(event, course, rules, roles_of)
    for article, judge in _also:
        for sentence in judge(event, course):
            yield _violation(event, course, article, sentence)
    if event.is_done and not event.is_asked:
        _settle(event, course)


_SENTENCES = {"needs": "được làm khi chưa làm xong …", "bars": "được làm sau khi đã làm …: không còn được làm nữa",
              "once": "được làm lần thứ hai, mà việc này chỉ được làm một lần",
              "only": "được làm với văn bản mà quy chế không giao việc này"}


def _strangers(event: Event, course: Course, rules: list[Obligation], roles_of: Roles) -> Iterator[Violation]:
    people = [roles_of(key, event.at) for key in (event.actor_id, event.on_behalf_of_id) if key is not None]
    for rule in rules:
        if rule.roles and not any(role in roles for roles in people for role in rule.roles):
            yield _violation(event, course, rule.article, "người làm không có vai trò mà quy chế giao cho việc này")


def _settle(event: Event, course: Course) -> None:
    sets, undone = obligation.reached(_rules(event.name, course), event.known)
    for name in undone:
        course.standing.pop(name, None)
    for name in sets:
        course.standing[name] = Stood(event.act, event.actor_id)


def _follow(act: Any, course: Course) -> None:
    """Where tokens stand after the act, and until when what they stand on is to be done."""
    for element, occurrence, _before, after in act.moves:
        key, drawn = (element, occurrence), course.elements.get(element)
        if after not in _STANDING or drawn is None or drawn.kind in _END_KINDS:
            course.open.pop(key, None)
        elif key not in course.open:
            course.open[key] = (act.number, _due(drawn, course.data, act.at))


def _due(drawn: Element, data: Mapping[str, Any], at: datetime) -> datetime | None:
    try:
        return due_of(drawn.due, dict(data), at)
    except (Refusal, ValueError):  # the data of another branch: no date can be told
        return None


def _waiting(course: Course, now: datetime) -> Iterator[Violation]:
    for (element, _occurrence), (act, due_at) in sorted(course.open.items()):
        drawn = course.elements.get(element)
        if drawn is None or drawn.kind != "user":
            continue
        event = Event(f"task:{drawn.form_key}", drawn, act, now, None, None, course.data, due_at, is_done=False)
        for article, judge in _also:
            for sentence in judge(event, course):
                yield _violation(event, course, article, sentence)


def _at_end(last: Any, course: Course) -> Iterator[Violation]:
    form, direction = course.kind.form, course.kind.direction
    rules = [o for o in obligation.table() if o.form in ("", form) and o.direction in ("", direction) and o.owes]
    for rule in obligation.owed(rules, course.standing):
        sentence = f"Hồ sơ đã kết thúc khi đã làm {_reached_by((rule.sets,))} mà chưa làm {_reached_by(rule.owes)} " \
                   f"({said(rule.article)})."
        yield Violation(course.kind.document, last.number, rule.article, sentence, last.element)


def _violation(event: Event, course: Course, article: str, sentence: str) -> Violation:
    label = event.element.label or _name(event.name)
    return Violation(course.kind.document, event.act, article, f"“{label}”: {sentence} ({said(article)}).",
                     event.element.id)


def _name(name: str) -> str:
    found = template.templates().get(f"qlvb.task.{name[5:]}" if name.startswith("task:") else f"qlvb.{name}")
    return found.label if found else name


def _reached_by(names: tuple[str, ...]) -> str:
    steps = dict.fromkeys(step for name in names for step in obligation.setters(name))
    return " hoặc ".join(f"“{_name(step)}”" for step in steps) or "“?”"
