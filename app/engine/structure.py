"""How the elements of one scope may be joined: what the library would drop, merge or run wrongly is refused.

One start, an end, nothing out of reach, one way out of a task, conditions where they are asked and nowhere else,
a default flow at every choice. It looks at the drawing's shape only; deadlocks and the like are `check.py`'s.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from lxml import etree

from app.engine.drawing import DiagramRefused, Refused, refuse

if TYPE_CHECKING:
    from app.engine.dialect_model import Flow, Node, Scope

_CHOICES = ("exclusiveGateway", "inclusiveGateway")
_EXITS = (*_CHOICES, "eventBasedGateway")
_HOSTS = ("userTask", "scriptTask")


def check_structure(scope: Scope, container: etree._Element, refused: Refused) -> None:
    """Refuse a scope that the engine would not run as it is drawn. Raises DiagramRefused when one is enough."""
    _Structure(scope, container, refused).check()


class _Structure:
    def __init__(self, scope: Scope, container: etree._Element, refused: Refused) -> None:
        self.scope, self.container, self.refused = scope, container, refused

    def check(self) -> None:
        starts = [node for node in self.scope.nodes.values() if node.tag == "startEvent"]
        if len(starts) != 1:
            self.refused.add(refuse("start", "phải có đúng một điểm bắt đầu.", self.container))
        if not any(node.tag == "endEvent" for node in self.scope.nodes.values()):
            self.refused.add(refuse("end", "phải có ít nhất một điểm kết thúc.", self.container))
        for node in self.scope.nodes.values():
            for look in (self._degree, self._boundary, self._conditions, self._gateway):
                try:
                    look(node)
                except DiagramRefused as found:
                    self.refused.add(found)
        self._endless()  # first: what is behind such a loop is out of reach, too
        if len(starts) == 1:
            self._reach(starts[0])

    def _refuse(self, rule: str, sentence: str, node: Node) -> DiagramRefused:
        found = [xml for xml in self.container if xml.get("id") == node.id]
        return refuse(rule, sentence, found[0] if found else self.container)

    def _degree(self, node: Node) -> None:
        coming, going = len(self.scope.entering(node.id)), len(self.scope.leaving(node.id))
        if node.tag in ("startEvent", "boundaryEvent") and coming:
            raise self._refuse("flow", "không được có đường nối đi vào.", node)
        if node.tag == "endEvent" and going:
            raise self._refuse("flow", "điểm kết thúc không được có đường nối đi ra.", node)
        if node.tag != "endEvent" and not going:
            raise self._refuse("flow", "phải có đường nối đi ra.", node)
        if going > 1 and node.element.kind != "gateway":
            raise self._refuse("flow", "chỉ được có một đường nối đi ra; muốn rẽ nhánh, dùng cổng.", node)

    def _boundary(self, node: Node) -> None:
        if node.tag != "boundaryEvent":
            return
        host = self.scope.nodes.get(node.attached_to or "")
        if host is None or host.tag not in _HOSTS:
            raise self._refuse("boundary", "chỉ được gắn vào việc của người dùng hoặc bước tự động.", node)

    def _conditions(self, node: Node) -> None:
        flows = self.scope.leaving(node.id)
        if node.tag not in _CHOICES:
            if any(flow.condition for flow in flows):
                raise self._refuse("condition", "điều kiện chỉ được đặt trên đường nối ra khỏi cổng lựa chọn.", node)
            return
        if node.default and node.default not in [flow.id for flow in flows]:
            raise self._refuse("default", "nhánh mặc định không phải là đường nối ra khỏi cổng này.", node)
        if len(flows) == 1:
            if flows[0].condition:
                raise self._refuse("condition", "đường nối ra duy nhất không được có điều kiện.", node)
            return
        if not node.default:
            raise self._refuse("default", "phải có nhánh mặc định.", node)
        for flow in flows:
            if (flow.id == node.default) == bool(flow.condition):
                raise self._refuse("condition", self._which(flow), node)

    @staticmethod
    def _which(flow: Flow) -> str:
        if flow.condition:
            return "nhánh mặc định không được có điều kiện."
        return f"đường nối {flow.id} phải có điều kiện."

    def _gateway(self, node: Node) -> None:
        if node.element.kind != "gateway":
            return
        targets = [flow.target for flow in self.scope.leaving(node.id)]
        if node.tag != "exclusiveGateway" and len(targets) != len(set(targets)):
            raise self._refuse("flow", "hai nhánh cùng dẫn tới một phần tử.", node)
        if node.tag == "eventBasedGateway":
            self._events(node, targets)

    def _events(self, node: Node, targets: list[str]) -> None:
        caught = [self.scope.nodes[target] for target in targets]
        if len(caught) < 2:
            raise self._refuse("event", "cổng sự kiện phải chờ ít nhất hai sự kiện.", node)
        for event in caught:
            if event.element.kind != "catch" or len(self.scope.entering(event.id)) != 1:
                raise self._refuse("event", "sau cổng sự kiện chỉ có sự kiện chờ, mỗi sự kiện một đường vào.", node)
        messages = [event.element.message for event in caught if event.element.message]
        if len(messages) != len(set(messages)) or len(caught) - len(messages) > 1:
            raise self._refuse("event", "các sự kiện phải khác nhau và chỉ một là thời gian.", node)

    def _reach(self, start: Node) -> None:
        reached, ahead = set(), [start.id]
        while ahead:
            found = ahead.pop()
            if found in reached:
                continue
            reached.add(found)
            ahead += [flow.target for flow in self.scope.leaving(found)]
            ahead += [node.id for node in self.scope.boundaries(found)]
        for node in self.scope.nodes.values():
            if node.id not in reached:
                self.refused.add(self._refuse("reach", "không đường nào dẫn tới phần tử này.", node))

    def _endless(self) -> None:
        """A loop that holds no choice is never left; the library predicts it without end."""
        left = {node.id for node in self.scope.nodes.values()
                if node.tag not in _EXITS or len(self.scope.leaving(node.id)) < 2}
        flows = [flow for flow in self.scope.flows if flow.source in left and flow.target in left]
        coming, going = Counter(flow.target for flow in flows), Counter(flow.source for flow in flows)
        gone: set[str] = set()
        ahead = [found for found in left if not coming[found] or not going[found]]
        while ahead:
            found = ahead.pop()
            if found in gone:
                continue
            gone.add(found)
            for counts, others in ((coming, [flow.target for flow in self.scope.leaving(found)]),
                                   (going, [flow.source for flow in self.scope.entering(found)])):
                for other in others:
                    counts[other] -= 1
                    if other in left and other not in gone and not counts[other]:
                        ahead.append(other)
        for node in self.scope.nodes.values():
            if node.id in left - gone:
                self.refused.add(
                    self._refuse("endless", "nằm trong một vòng lặp không có cổng lựa chọn để thoát.", node))
