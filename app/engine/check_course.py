"""Loops in which nothing waits, and the places of a running instance as tokens of the explorer.

A loop of quick steps alone would turn round within one act until the engine gives it up. It explores nothing itself.
"""

from collections.abc import Iterator

from app.engine.check_context import Context
from app.engine.check_finding import Finding, Words
from app.engine.check_net import Place
from app.engine.check_space import Explorer


def endless(context: Context, words: Words) -> Iterator[Finding]:
    """Loops without a person, an event or slow work in them; each by its first element."""
    graph = context.graph
    quick = {name for name, node in graph.nodes.items() if not _waits(context, name)}
    behind = {name: [found for found in graph.after(name) if found in quick] for name in quick}
    before: dict[str, list[str]] = {name: [] for name in quick}
    for name, following in behind.items():
        for found in following:
            before[found].append(name)
    left = _in_loops(behind, before)
    for name in graph.nodes:
        if name in left and any(found in left for found in behind[name]):
            yield words.finding("endless", name, "nằm trong một vòng lặp chỉ có bước tự động nên sẽ chạy mãi không "
                                "dừng. Hãy đặt vào vòng lặp một việc của người dùng, hoặc một sự kiện chờ.")


def _waits(context: Context, name: str) -> bool:
    node = context.graph.nodes[name]
    if node.element.kind in ("user", "catch", "boundary") or node.tag == "eventBasedGateway":
        return True
    known = context.template_of(node.element)
    return bool(known and known.is_slow)


def _in_loops(behind: dict[str, list[str]], before: dict[str, list[str]]) -> set[str]:
    """Nodes from which and to which a loop leads: all others are peeled off, ends first."""
    left = set(behind)
    for following, leading in ((behind, before), (before, behind)):
        counts = {name: sum(1 for found in following[name] if found in left) for name in left}
        ahead = [name for name, count in counts.items() if not count]
        while ahead:
            name = ahead.pop()
            left.discard(name)
            for found in leading[name]:
                if found in left:
                    counts[found] -= 1
                    if not counts[found]:
                        ahead.append(found)
    return left


def fit_marking(explorer: Explorer, waiting: list[tuple[str, str]]) -> tuple[tuple[int, ...], list[str]]:
    """The tokens of an instance that waits there, and the elements that are not there or where nothing waits."""
    graph, found, strange = explorer.graph, set(), []
    elements = list(dict.fromkeys(element for _, element in waiting))
    hosts = [graph.nodes[element].attached_to for element in elements if element in graph.nodes]
    for element in elements:
        node = graph.nodes.get(element)
        if node is None:
            strange.append(element)
        elif node.element.kind == "subprocess" or (node.attached_to and node.attached_to in elements):
            continue  # said by what is open inside, or by the task that is open
        elif graph.is_join(element):
            found |= _at_join(explorer, element, elements)
        elif node.tag == "eventBasedGateway":
            found.add(explorer.token(Place("events", element), 0))
        elif node.element.kind == "catch":
            found |= _at_event(explorer, element)
        elif node.element.kind == "script" and element in explorer.law.slow and (
                explorer.law.matters(element) or element in hosts or graph.boundaries(element)):
            found.update(explorer.started(element, 0))
        elif node.element.kind in ("user", "script", "rule"):
            found.update(explorer.arrive(element, "", 0)[0][0])
        else:
            strange.append(element)
    return tuple(sorted(found)), strange


def _at_event(explorer: Explorer, element: str) -> set[int]:
    """An event waits by itself, or its gateway waits for it."""
    for flow in explorer.graph.coming(element):
        if explorer.graph.nodes[flow.source].tag == "eventBasedGateway":
            return {explorer.token(Place("events", flow.source), 0)}
    return {explorer.token(Place("catch", element), 0)}


def _at_join(explorer: Explorer, join: str, elements: list[str]) -> set[int]:
    """What has come to a join: the ways in to which nothing that is open can still lead."""
    graph, come = explorer.graph, set()
    for flow in graph.coming(join):
        behind, ahead = set(), [flow.source]
        while ahead:
            name = ahead.pop()
            if name in behind or name == join:
                continue
            behind.add(name)
            ahead += [found.source for found in graph.coming(name)]
            ahead += [graph.nodes[name].attached_to] if graph.nodes[name].attached_to else []
        if not behind & set(elements):
            come.add(explorer.token(Place("way", join, flow.id), 0))
    return come
