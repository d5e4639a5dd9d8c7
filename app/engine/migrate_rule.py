"""What keeps a running instance from another version of its diagram (Art. 10.2), by its drawing and its course alone.

Refused: an open element that is missing or another thing, or lies in a list of tasks or a subprocess; a completed
element that was removed; a part that was done before the open elements and is drawn differently now, for what was
inserted there would silently never be done. "Before" is what was completed before an open element was first
reached, and the way on which it was last entered; what else a loop repeats lies ahead. It knows no obligations
(check.py) and moves nothing (migrate.py).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from app.engine.dialect import Drawing, Flow, Node, Scope
from app.engine.spiff_move import Place


@dataclass(frozen=True)
class Reason:
    """Why an instance cannot be moved: a rule's name, the element, and the sentence for people."""

    rule: str
    element: str
    sentence: str
    article: str = ""


@dataclass(frozen=True)
class Course:
    """What an instance has done, counted in moves: when each element was first and last reached; each completion."""

    reached: dict[str, int]
    entered: dict[str, int]
    completions: tuple[tuple[int, str], ...]

    @classmethod
    def of(cls, moves: Iterable[list]) -> "Course":
        """From the moves of all its acts, in order: [element, occurrence, before, after]."""
        reached: dict[str, int] = {}
        entered: dict[str, int] = {}
        completions = []
        for number, (element, _, before, after) in enumerate(moves):
            reached.setdefault(element, number)
            if before == "FUTURE":
                entered[element] = number
            if after == "COMPLETED":
                completions.append((number, element))
        return cls(reached, entered, tuple(completions))

    @property
    def completed(self) -> list[str]:
        """All that was completed, in order of time."""
        return list(dict.fromkeys(element for _, element in self.completions))

    def before(self, elements: Iterable[str]) -> list[str]:
        """What was completed before one of these was first reached, in order of time."""
        latest = max((self.reached[e] for e in elements if e in self.reached), default=-1)
        return list(dict.fromkeys(element for number, element in self.completions if number < latest))

    def led_to(self, element: str, rests: Callable[[str], bool]) -> list[str]:
        """The way on which an element was last entered, from the last element that `rests` (waits for somebody)."""
        led: list[str] = []
        for number, done in reversed(self.completions):
            if number < self.entered.get(element, -1):
                led.append(done)
                if rests(done):
                    break
        return led[::-1]


def reasons(old: Drawing, new: Drawing, places: Iterable[Place], course: Course) -> list[Reason]:
    """All that speaks against it, in the order in which a person would look; none = the drawing allows it."""
    rule = _Rule(old, new, tuple(places), course)
    return list(dict.fromkeys([*rule.open(), *rule.removed(), *rule.changed(), *rule.skipped()]))


def name_of(node: Node | None, element: str) -> str:
    """An element as people know it."""
    return (node.element.label if node is not None else "") or element


class _Rule:
    def __init__(self, old: Drawing, new: Drawing, places: tuple[Place, ...], course: Course) -> None:
        self.old = {node.id: node for node in old.nodes()}
        self.new = {node.id: node for node in new.nodes()}
        self.was, self.is_now, self.places, self.course = old, new, places, course

    def _say(self, rule: str, element: str, words: str) -> Reason:
        """A reason; `{name}` in the words is the element."""
        node = self.old.get(element) or self.new.get(element)
        return Reason(rule, element, words.replace("{name}", f"“{name_of(node, element)}”"))

    def open(self) -> Iterator[Reason]:
        """What stands open must be the same thing in both."""
        for place in self.places:
            before, after = self.old.get(place.element), self.new.get(place.element)
            if place.kind == "each":
                yield self._say("open_in_list", place.element, "{name} đang được giao cho nhiều người theo danh sách; "
                                "đợi làm xong bước này rồi chuyển.")
            elif place.kind == "inner":
                yield self._say("open_in_subprocess", place.element, "{name} nằm trong quy trình con đang chạy; đợi "
                                "quy trình con xong rồi chuyển.")
            elif after is None:
                yield self._say("open_missing", place.element, "Bước đang mở {name} không còn trong bản mới.")
            elif before is None or self._signature(before) != self._signature(after):
                yield self._say("open_other", place.element, "Bước đang mở {name} ở bản mới là việc khác (loại bước, "
                                "biểu mẫu hoặc việc hệ thống làm đã đổi).")
            else:
                yield from self._around(place, before)

    def _around(self, place: Place, node: Node) -> Iterator[Reason]:
        """What belongs to an open element: ways into a join, events of a choice, events beside a slow step."""
        before, after = _scope(self.was, node.id), _scope(self.is_now, node.id)
        if place.kind == "join" and _sources(before.entering(node.id)) != _sources(after.entering(node.id)):
            yield self._say("open_join", node.id, "Điểm chờ {name} ở bản mới đợi những nhánh khác.")
        if node.tag == "eventBasedGateway" and self._awaited(before, self.old, node.id) != \
                self._awaited(after, self.new, node.id):
            yield self._say("open_events", node.id, "{name} đang chờ những sự kiện khác với bản mới.")
        if place.kind == "script" and _beside(self.old, node.id) != _beside(self.new, node.id):
            yield self._say("open_events", node.id, "Hệ thống đang làm {name}; bản mới đổi sự kiện gắn với bước này. "
                            "Đợi bước này xong rồi chuyển.")

    def _awaited(self, scope: Scope, nodes: dict[str, Node], element: str) -> set[object]:
        return {(flow.target, self._signature(nodes[flow.target])) for flow in scope.leaving(element)}

    def _signature(self, node: Node) -> tuple[object, ...]:
        """What makes an element the thing it is; labels, addresses and lengths of timers, and the process's name aside.
        """
        drawn, scope = node.element, node.scope if node.scope not in (self.was.key, self.is_now.key) else ""
        return (node.tag, drawn.kind, drawn.step, repr(sorted((drawn.arguments or {}).items())), drawn.form_key,
                drawn.template, drawn.message, scope, node.loop, node.attached_to, node.is_interrupting,
                node.is_terminate, node.link)

    def removed(self) -> Iterator[Reason]:
        """What was done must still be there, as the same kind of thing."""
        for element in self.course.completed:
            after = self.new.get(element)
            if after is None:
                yield self._say("done_missing", element, "Bước đã làm {name} không còn trong bản mới.")
            elif element in self.old and self.old[element].tag != after.tag:
                yield self._say("done_other", element, "Bước đã làm {name} ở bản mới là việc khác.")

    def changed(self) -> Iterator[Reason]:
        """What lies before the open elements must be drawn as it was."""
        for element in self.course.before(place.element for place in self.places):
            before, after = self.old.get(element), self.new.get(element)
            if before is None or after is None:
                continue
            if (self._signature(before), before.element.role) != (self._signature(after), after.element.role):
                yield self._say("done_other", element, "Bước đã làm {name} ở bản mới là việc khác hoặc của người khác.")
            ways = _ways(_scope(self.was, element).leaving(element))
            ahead = _ways(_scope(self.is_now, element).leaving(element))
            if ways != ahead:
                yield self._inserted(element, {way[0] for way in ahead} - {way[0] for way in ways})

    def skipped(self) -> Iterator[Reason]:
        """The way on which an open element was entered must lead there still, also where a loop led back to it."""
        for place in self.places:
            led = self.course.led_to(place.element, self._rests)
            for element in led:
                if element not in self.old or element not in self.new:
                    continue
                taken = {flow.target for flow in _scope(self.was, element).leaving(element)
                         if flow.target in (*led, place.element)}
                ahead = {flow.target for flow in _scope(self.is_now, element).leaving(element)}
                if not taken <= ahead:
                    yield self._inserted(element, ahead - {
                        flow.target for flow in _scope(self.was, element).leaving(element)})

    def _rests(self, element: str) -> bool:
        node = self.old.get(element)
        return node is not None and node.element.kind in ("user", "catch", "start", "boundary")

    def _inserted(self, element: str, targets: set[str]) -> Reason:
        names = ", ".join(f"“{name_of(self.new.get(target), target)}”" for target in sorted(targets))
        if not names:
            return self._say("done_before", element, "Sau bước đã làm {name}, bản mới rẽ nhánh khác trước.")
        return self._say("done_before", element, f"Sau bước đã làm {{name}}, bản mới đi tiếp tới {names}: phần này "
                         "nằm trước chỗ hồ sơ đang đứng nên sẽ bị bỏ qua.")


def _scope(drawing: Drawing, element: str) -> Scope:
    return next(scope for scope in drawing.scopes.values() if element in scope.nodes)


def _ways(flows: list[Flow]) -> list[tuple[str, str | None]]:
    return [(flow.target, flow.condition) for flow in flows]


def _sources(flows: list[Flow]) -> list[str]:
    return sorted(flow.source for flow in flows)


def _beside(nodes: dict[str, Node], element: str) -> set[str]:
    return {node.id for node in nodes.values() if node.attached_to == element}
