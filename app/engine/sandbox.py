"""Try a diagram on a sample document, move by move, without a document, a record or an outside effect (Art. 10.2).

`play` is a pure function of the files, the sample and the list of moves: it always starts at the start, so that
taking back a move is leaving it out, and a saved list of moves is a scenario (scenario.py). Tokens are moved by the
same engine as at run time (spiff.py); what the steps would do is sandbox_host.py's.

It writes nothing, asks no records and no clock, and does not judge the diagram (check.py).
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from app.engine import language, spiff, template
from app.engine.dialect import Drawing, Element, read_drawing
from app.engine.form import Form, FormInvalid
from app.engine.form import load as load_form
from app.engine.sandbox_host import Order, Plain, SampleHost
from app.engine.sandbox_read import Sample, TrialRefused, move_of, sample_of
from app.engine.sandbox_words import effect, sentence_of
from app.refusal import Refusal

__all__ = ["MAX_MOVES", "SAMPLE_FILE", "Entry", "Fault", "Picture", "Place", "TrialRefused", "play"]

MAX_MOVES = 500
#: changes of state in one trial, loops included
MAX_PASSES = 10_000
#: cells of a decision table that cost as much as one change of state
CELLS_PER_PASS = 100
#: what stands for every file that a form asks for
SAMPLE_FILE = "0" * 64
#: kinds of places, what needs a person first
_KINDS = ("user", "script", "message", "timer")
_SEED = UUID("00000000-0000-0000-0000-00000000aaaa")


@dataclass(frozen=True)
class Place:
    """Where the sample document waits, and for what."""

    #: user, script (a slow or outside step whose result is chosen), timer or message
    kind: str
    element: str
    occurrence: int
    label: str
    role: str | None = None
    form_key: str | None = None
    why: str | None = None
    #: ISO: when the task is due, when the timer fires
    due_at: str | None = None
    #: results to choose from, the usual one first
    choices: list[Plain] = field(default_factory=list)
    #: a message's name
    message: str | None = None
    #: what it brings
    payload: Plain = field(default_factory=dict)


@dataclass(frozen=True)
class Entry:
    """One line of what happened."""

    #: the move that brought it about, from 1; 0 = the start
    move: int
    element: str
    label: str
    #: start, user, script, rule, gateway, event, catch, boundary, end
    kind: str
    #: Vietnamese: what it did
    text: str
    gives: Plain
    #: replaced: nothing of it reached the outside
    is_outside: bool
    role: str | None = None
    form_key: str | None = None


@dataclass(frozen=True)
class Fault:
    """Why the trial stopped; the moves from this one on were not played."""

    move: int
    code: str
    element: str
    label: str
    #: Vietnamese
    sentence: str
    article: str = ""
    #: {field: sentences}, of a form
    errors: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Picture:
    """The sample document after its moves."""

    standing: list[Place]
    #: elements where it stands, as drawn
    here: list[str]
    log: list[Entry]
    data: Plain
    #: what stands, in order of time
    milestones: list[str]
    #: elements completed, flows taken
    passed: list[str]
    flows: list[str]
    #: the end event reached last, once all has ended
    ended_at: str | None
    ended_label: str
    fault: Fault | None
    #: ISO: when it began, and its time now
    began_at: str
    at: str
    #: (table, row) hit by rules
    rows: list[tuple[str, str]] = field(default_factory=list)
    #: changes of state of elements, what the trial cost
    passes: int = 0

    def as_json(self) -> Plain:
        """Plain values for the browser."""
        return asdict(self)


@lru_cache(maxsize=64)
def _read(text: bytes) -> tuple[spiff.Compiled, Drawing]:
    return spiff.compile_diagram(text), read_drawing(text)


@lru_cache(maxsize=256)
def _form(text: bytes) -> Form:
    return load_form(text)


def play(files: dict[str, bytes], key: str, sample: Plain, moves: list[Plain], at: datetime, *,
         is_settled: bool = False) -> Picture:
    """Run the procedure `key` of `files` on a sample document through the moves, from the start.

    `sample`: {"data": {name: value}, "exchange_form", "results": {step: {name: value}}}, all optional. A move is one
    of {"element", "occurrence", "values"} (a task), {"element", "occurrence", "result"} (a step's result),
    {"timer": element}, {"message": name, "payload": {}}; without an occurrence the oldest that waits. Steps whose
    result nobody chooses give the usual one as soon as another move comes, and at the end when `is_settled`.

    What does not fit the diagram is the picture's `fault`. Raises TrialRefused for a sample or moves of another
    shape, DiagramRefused for a drawing that cannot run.
    """
    if f"bpmn:{key}" not in files:
        raise TrialRefused(f"Không có sơ đồ của quy trình “{key}”.")
    if not isinstance(moves, list) or len(moves) > MAX_MOVES:
        raise TrialRefused(f"Một lần chạy thử có nhiều nhất {MAX_MOVES} thao tác.")
    trial = _Trial(files, key, sample_of(key, sample), at)
    trial.go([move_of(move) for move in moves], is_settled)
    return trial.picture()


class _Trial:
    """One trial: a run that is saved and loaded between moves as acts do it."""

    def __init__(self, files: dict[str, bytes], key: str, sample: Sample, at: datetime) -> None:
        self.files, self.sample, self.at, self.began_at = files, sample, at, at.isoformat()
        #: the number of the move, and of the act: a move may take several
        self.move, self.acts = 0, 0
        self.compiled, self.drawing = _read(files[f"bpmn:{key}"])
        self.host = SampleHost(files, self.drawing, Order(sample.exchange_form, sample.direction),
                               sample.results, at)
        self.log: list[Entry] = []
        self.passed: dict[str, None] = {}
        self.pairs: set[tuple[str, str]] = set()
        self.fault: Fault | None = None
        self.run: spiff.Run | None = None
        self.state, self.passes, self.told = b"", 0, ""

    def go(self, moves: list[Plain], is_settled: bool) -> None:
        """Start, then play until something does not fit."""
        if not self._try(self._start, {}):
            return
        for move in moves:
            self.move += 1
            self._give_way(move)
            if self.fault or not self._try(self._play, move):
                return
        if is_settled:
            self._settle_steps(lambda: False)

    def _try(self, do: Any, move: Plain) -> bool:
        """Do one thing as one act; keep why it failed. A failed act leaves the last good state."""
        before = (self.state, dict(self.host.order.standing), self.at)
        self.acts, self.at = self.acts + 1, self.at + timedelta(seconds=1)
        self.host.at, self.host.reached = self.at, ""
        try:
            do(move)
            self._rest()
        except Refusal as refusal:
            self._fail(refusal, move)
            self.state, self.host.order.standing, self.at = before
            self.run = self._loaded() if self.state else None
        return self.fault is None

    def _start(self, _: Plain) -> None:
        self.run = spiff.Run.start(self.compiled, seed=_SEED, act=0, at=self.at, host=self.host, data=self.sample.data)

    def _loaded(self) -> spiff.Run:
        return spiff.Run.load(self.compiled, self.state, seed=_SEED, act=self.acts, at=self.at, host=self.host)

    def _rest(self) -> None:
        """Note what was passed, save."""
        run = self.run
        entered = run.passages() - self.pairs
        self.pairs |= entered
        self.passes += len(run.moves)
        if self.passes > MAX_PASSES:
            raise TrialRefused("Lần chạy thử đã qua quá nhiều bước; quy trình có thể lặp không dừng.")
        for move in run.moves:
            if move.after == "COMPLETED":
                self.passed[move.element] = None
                self._note(self.compiled.elements[move.element], move.occurrence, entered)
        if run.is_finished:
            self.host.order.require_end()
        self.state = run.save()

    def _note(self, element: Element, occurrence: int, entered: set[tuple[str, str]]) -> None:
        note = self.host.notes.pop((element.id, occurrence), None)
        targets = [self.compiled.elements[to].label or to for came, to in sorted(entered) if came == element.id]
        text = note.text if note else effect(element, targets, len(self._leaving(element.id)))
        if text:
            self.log.append(Entry(self.move, element.id, element.label, element.kind, text, note.gives if note else {},
                                  bool(note and note.is_outside), element.role, element.form_key))

    def _leaving(self, element: str) -> list[Any]:
        return [flow for scope in self.drawing.scopes.values() for flow in scope.leaving(element)]

    def _give_way(self, move: Plain) -> None:
        """Steps that nobody decides give the usual result, until what the move is about waits."""
        self._settle_steps(lambda: self._is_awaited(move))

    def _settle_steps(self, is_enough: Any) -> None:
        while not self.fault and not is_enough():
            parked = [w for w in self.run.waiting() if w.kind == "script"]
            if not parked:
                return
            self._try(self._finish, {"element": parked[0].element, "result": {}})

    def _is_awaited(self, move: Plain) -> bool:
        if "timer" in move:
            return move["timer"] in self.run.timers()
        waiting = self.run.waiting()
        if "message" in move:
            return any(w.message == move["message"] for w in waiting)
        return any(w.element == move["element"] and w.kind in ("user", "script") for w in waiting)

    def _play(self, move: Plain) -> None:
        if "timer" in move:
            self._fire(move["timer"])
        elif "message" in move:
            self._receive(move)
        elif "result" in move:
            self._finish(move)
        else:
            self._complete(move)

    def _fire(self, timer: str) -> None:
        due = self.run.timers().get(timer)
        if due is None:
            raise spiff.NotWaiting(element=timer, occurrence=0)
        self.at = self.host.at = max(self.at, due)
        self.run = self._loaded()
        self.run.refresh()

    def _receive(self, move: Plain) -> None:
        _, samples = template.messages().get(move["message"], ("", {}))
        payload = {name: values[0] for name, values in samples.items()}
        payload |= {name: value for name, value in (move.get("payload") or {}).items() if name in samples}
        self.run = self._loaded()
        if not self.run.receive(move["message"], payload):
            raise spiff.NotWaiting(element=move["message"], occurrence=0)

    def _finish(self, move: Plain) -> None:
        found = self._waiting("script", move)
        chosen = move["result"]
        if chosen and not any(chosen.items() <= choice.items() for choice in self.host.choices(found.element)):
            raise TrialRefused("Kết quả này không có trong các kết quả của bước.")
        self.run = self._loaded()
        self.run.finish(found.element, found.occurrence,
                        self.host.answer(found.element, found.occurrence, chosen, found.data))

    def _complete(self, move: Plain) -> None:
        found = self._waiting("user", move)
        element, values = self.compiled.elements[found.element], move["values"]
        clean, fields = {}, frozenset()
        if element.form_key:
            form = self._form_of(element)
            fields = frozenset(info.key for info in form.fields)
            clean = form.check(self._filled(form, values), _any_choice(values), self.at)
            clean.pop(form.pin, None)
        self.run = self._loaded()
        self.run.complete(found.element, found.occurrence,
                          self.host.taken(element, found.occurrence, clean, fields, found.data))

    def _form_of(self, element: Element) -> Form:
        text = self.files.get(f"form:{element.form_key}")
        if text is None:
            raise TrialRefused(f"Chưa có biểu mẫu “{element.form_key}” của việc này.")
        return _form(text)

    @staticmethod
    def _filled(form: Form, values: Plain) -> Plain:
        """No PIN is asked for in a trial: nothing is signed."""
        return {**values, form.pin: "0" * 8} if form.pin else values

    def _waiting(self, kind: str, move: Plain) -> spiff.Waiting:
        wanted = move.get("occurrence")
        for found in self.run.waiting():
            if found.kind == kind and found.element == move["element"] and wanted in (None, found.occurrence):
                return found
        raise spiff.NotWaiting(element=move["element"], occurrence=wanted or 0)

    def _fail(self, refusal: Refusal, move: Plain) -> None:
        about = self.host.reached or str(move.get("element") or move.get("timer") or move.get("message") or "")
        element = self.compiled.elements.get(about)
        errors = refusal.errors if isinstance(refusal, FormInvalid) else {}
        label = element.label if element else about
        sentence = sentence_of(refusal, label, self.host.templates)
        if refusal.code == "not_waiting" and self.run:
            sentence += self._whereabouts()
        self.fault = Fault(self.move, refusal.code, about, label, sentence, refusal.article, errors)

    def _whereabouts(self) -> str:
        """Where the document is instead."""
        here = dict.fromkeys(self.compiled.elements[one].label or one for one in self._here())
        return f" Văn bản đang ở {', '.join(f'“{label}”' for label in here)}." if here else " Quy trình đã kết thúc."

    def _here(self) -> list[str]:
        return self.compiled.here(found.element for found in self.run.waiting()) if self.run else []

    def picture(self) -> Picture:
        """All of it as values."""
        run = self.run
        ended = run.ended_at_element if run else None
        flows = [flow.id for scope in self.drawing.scopes.values() for flow in scope.flows
                 if (flow.source, flow.target) in self.pairs]
        places = sorted(self._places(), key=lambda place: _KINDS.index(place.kind)) if run else []
        return Picture(
            places, self._here(), self.log, run.data if run else {}, list(self.host.order.standing),
            list(self.passed), flows, ended, self.compiled.elements[ended].label if ended else "", self.fault,
            self.began_at, self.at.isoformat(), sorted(self.host.rows),
            self.passes + self.host.cells // CELLS_PER_PASS)

    def _places(self) -> Iterator[Place]:
        known = template.messages()
        for found in self.run.waiting():
            element = self.compiled.elements[found.element]
            common = (found.element, found.occurrence, element.label)
            if found.kind == "user":
                yield Place("user", *common, element.role or "clerk", element.form_key, element.why,
                            self._due(element, found.data))
            elif found.kind == "script":
                yield Place("script", *common, choices=self.host.choices(found.element))
            elif found.message:
                label, samples = known.get(found.message, (found.message, {}))
                yield Place("message", found.element, found.occurrence, label, message=found.message,
                            payload={name: values[0] for name, values in samples.items()})
        for timer, due in self.run.timers().items():
            yield Place("timer", timer, 0, self.compiled.elements[timer].label, due_at=due.isoformat())

    def _due(self, element: Element, data: Plain) -> str | None:
        """When a task is due, as inbox.py reads it: a date, a length of time, or either as text."""
        try:
            value = language.parse_setting(element.due).evaluate(data, self.at) if element.due else None
            if isinstance(value, str) and value.startswith("P"):
                value = language.parse(f'duration("{value}")').evaluate({}, self.at)
            if isinstance(value, str):
                value = date.fromisoformat(value[:10])
        except (Refusal, ValueError):
            return None
        if isinstance(value, timedelta):
            return (self.at + value).isoformat()
        return value.isoformat() if isinstance(value, date) else None


def _any_choice(values: Plain) -> Any:
    """Whom and what the agency's lists hold is not the diagram's matter: any value may be chosen in a trial."""
    known = sorted({text for text in _texts(values)})
    return lambda _: [{"label": text, "value": text} for text in known]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)
