"""The nodes of a drawing as one graph, subprocesses opened: what follows what, what leads where, what is a reminder.

Pure looking at a drawing that the dialect accepts. It runs nothing and judges nothing.
"""

from collections.abc import Iterable
from functools import cached_property

from app.engine.dialect import Drawing, Flow, Node

JOINS = ("parallelGateway", "inclusiveGateway")
TASKS = ("user", "script", "rule")


class Graph:
    """One drawing, indexed."""

    def __init__(self, drawing: Drawing) -> None:
        self.drawing = drawing
        self.nodes: dict[str, Node] = {node.id: node for node in drawing.nodes()}
        self.starts = {scope.id: node for scope in drawing.scopes.values() for node in scope.nodes.values()
                       if node.tag == "startEvent"}

    def out(self, node: str) -> list[Flow]:
        """Flows out of a node, in order."""
        return self.drawing.scopes[self.nodes[node].scope].leaving(node)

    def coming(self, node: str) -> list[Flow]:
        """Flows into a node, in order."""
        return self.drawing.scopes[self.nodes[node].scope].entering(node)

    def boundaries(self, node: str) -> list[Node]:
        """Events on the boundary of a node."""
        return self.drawing.scopes[self.nodes[node].scope].boundaries(node)

    def is_join(self, node: str) -> bool:
        """Does it wait for several ways in?"""
        return self.nodes[node].tag in JOINS and len(self.coming(node)) > 1

    def around(self, scope: str) -> str | None:
        """The subprocess node whose inside this scope is; None for the process."""
        return scope if scope != self.drawing.key else None

    def after(self, node: str, *, is_main: bool = False) -> list[str]:
        """What may follow a node at once; `is_main`: without reminders."""
        found = self.nodes[node]
        if found.tag == "subProcess":
            following = [self.starts[node].id] if node in self.starts else []
        elif found.tag == "endEvent" and found.scope in self.nodes:
            following = [flow.target for flow in self.out(found.scope)]
        else:
            following = [flow.target for flow in self.out(node)]
        return following + [edge.id for edge in self.boundaries(node) if edge.is_interrupting or not is_main]

    def way(self, passed: tuple[str, ...]) -> tuple[str, ...]:
        """The one way to the last of the elements passed, without what went on beside it.

        A task that an event on its boundary has ended, or runs beside, was begun: it stands before the event.
        """
        found = list(passed[-1:])
        last = len(passed) - 1
        while found:
            host = self.nodes[found[-1]].attached_to
            if host and self.nodes[host].tag != "subProcess":
                found.append(host)
            last = next((place for place in range(last - 1, -1, -1) if found[-1] in self.after(passed[place])), -1)
            if last < 0:
                break
            found.append(passed[last])
        return tuple(reversed(found))

    @cached_property
    def main(self) -> frozenset[str]:
        """Nodes that can be reached without a boundary event that lets its task go on."""
        return frozenset(self._reached([self.starts[self.drawing.key].id], is_main=True))

    def _reached(self, ahead: Iterable[str], *, is_main: bool = False) -> set[str]:
        reached: set[str] = set()
        left = list(ahead)
        while left:
            found = left.pop()
            if found not in reached:
                reached.add(found)
                left += self.after(found, is_main=is_main)
        return reached

    def before(self, join: str) -> frozenset[str]:
        """Nodes of the scope, and all inside them, from which a token can come to a join without passing it."""
        return frozenset().union(*(self.behind(flow.source, join) for flow in self.coming(join)))

    def behind(self, node: str, join: str) -> frozenset[str]:
        """A node and all from which a token can come to it without passing a join, with what is inside them."""
        found: set[str] = set()
        ahead = [node]
        while ahead:
            name = ahead.pop()
            if name not in found and name != join:
                found.add(name)
                ahead += [flow.source for flow in self.coming(name)]
                ahead += [host] if (host := self.nodes[name].attached_to) else []
        return frozenset(found | self._inside(found))

    def _inside(self, nodes: Iterable[str]) -> set[str]:
        found: set[str] = set()
        for node in nodes:
            if self.nodes[node].tag == "subProcess" and node in self.drawing.scopes:
                inner = self.drawing.scopes[node].nodes
                found |= set(inner) | self._inside(inner)
        return found

    def at_once(self, quick: Iterable[str]) -> frozenset[str]:
        """Of these steps, those that run in the very act that a message begins, with nothing beside them in it: before
        each stands such a message, such a step, or a choice behind them.

        Not behind a timer (one act lets all fire that are due), nor behind a split, whose branches share the act.
        """
        said = {node.id for node in self.nodes.values() if node.element.kind in ("catch", "boundary")
                and node.element.message}
        found = {name for name in quick if not self.nodes[name].loop and not self.boundaries(name)}
        found |= {node.id for node in self.nodes.values() if node.tag == "exclusiveGateway"}
        late = set(found)
        while late:
            late = {name for name in found if not self.coming(name)
                    or any(flow.source not in found | said for flow in self.coming(name))}
            found -= late
        return frozenset(found)

    def scope_of(self, node: str) -> list[str]:
        """The scopes a node stands in, innermost first."""
        found = [self.nodes[node].scope]
        while found[-1] in self.nodes:
            found.append(self.nodes[found[-1]].scope)
        return found
