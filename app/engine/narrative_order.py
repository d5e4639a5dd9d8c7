"""In which order a procedure is told, and which steps belong to one article: the graph of a drawing, laid in a line.

A task of a person opens an article; the automatic steps, choices and ends that follow it until the next task are its
clauses. An event on the edge of a task stays with the task. Loops lead back and open nothing. It writes no words.
"""

from dataclasses import dataclass, field

from app.engine.difference_sketch import Item, Sketch

_LEADS = ("userTask", "subProcess")


@dataclass
class Group:
    """One article: the element that opens it (a task, a subprocess, or a start), and what is told under it."""

    lead: Item
    members: list[Item] = field(default_factory=list)
    #: id of the subprocess whose inside it is; "" = the procedure itself
    scope: str = ""


def groups_of(drawn: Sketch) -> list[Group]:
    """The articles in order; the inside of a subprocess follows it. Every node stands in exactly one group."""
    found: list[Group] = []
    _tell(drawn, "", found, set())
    told = {group.lead.id for group in found} | {item.id for group in found for item in group.members}
    left = [item for item in drawn.items.values() if item.is_node and item.id not in told]
    if left:  # a draft may have elements that nothing leads to
        found.append(Group(left[0], left[1:], left[0].facts.get("scope", "")))
    return found


def _tell(drawn: Sketch, scope: str, found: list[Group], entered: set[str]) -> None:
    if scope in entered:
        return
    entered.add(scope)
    group_of: dict[str, Group] = {}
    for item in _ordered(drawn, scope):
        before = [one for one in drawn.entering.get(item.id, []) if one in group_of]
        if item.tag in _LEADS or not before:
            group = Group(item, scope=scope)
            found.append(group)
        else:
            group = group_of[before[0]]
            group.members.append(item)
        group_of[item.id] = group
        if item.tag == "subProcess":
            _tell(drawn, item.id, found, entered)


def _ordered(drawn: Sketch, scope: str) -> list[Item]:
    """The nodes of a scope, each after those that lead to it, loops aside; the first branch first."""
    inside = [item for item in drawn.items.values() if item.is_node and item.facts.get("scope", "") == scope]
    onward = {item.id: [*_beside(drawn, inside, item), *drawn.following(item.id)] for item in inside}
    starts = [item.id for item in inside if item.tag == "startEvent"] or [item.id for item in inside[:1]]
    known = {item.id for item in inside}
    post: list[str] = []
    seen: set[str] = set()
    for start in starts:
        _visit(start, onward, known, seen, post)
    return [drawn.items[one] for one in reversed(post)]


def _beside(drawn: Sketch, inside: list[Item], item: Item) -> list[str]:
    """Where a token goes without a drawn line: the events on a task's edge, the other end of a link."""
    edge = [one.id for one in inside if one.facts.get("host") == item.id]
    link = item.facts.get("link") if item.tag == "intermediateThrowEvent" else None
    return edge + [one.id for one in inside
                   if link and one.tag == "intermediateCatchEvent" and one.facts.get("link") == link]


def _visit(start: str, onward: dict[str, list[str]], known: set[str], seen: set[str], post: list[str]) -> None:
    """Depth first without recursion: a node is put down after all that it leads to."""
    if start in seen:
        return
    seen.add(start)
    stack = [(start, iter(reversed(onward.get(start, []))))]
    while stack:
        node, rest = stack[-1]
        ahead = next((one for one in rest if one in known and one not in seen), None)
        if ahead is None:
            post.append(node)
            stack.pop()
        else:
            seen.add(ahead)
            stack.append((ahead, iter(reversed(onward.get(ahead, [])))))
