"""Every name that an expression of a drawing reads, and every value that it compares with.

Known are the names that steps, forms, tables and messages of this drawing give, those with which an instance starts,
and the value of a list inside its own task. A name that nothing before it gives is always empty; a value of a choice
that no form offers is never met. Types of settings are looked at, too: a person, a unit, a date.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from typing import Any

from app.engine import language, language_tree, template
from app.engine.check_context import OTHER, Context
from app.engine.check_finding import WARNING, Finding, Words
from app.engine.check_graph import Graph
from app.engine.decision import Table
from app.engine.dialect import Node
from app.engine.drawing import shown
from app.refusal import Refusal

#: unknown names for which a known one is looked for
MAX_HINTS = 10
_AT = datetime(2026, 1, 5, 8, tzinfo=UTC)
#: the lists of records (catalogue.py) that hold people
_PEOPLE = ("person", "handler", "leader")
_SETTINGS = {"assignee": "người xử lý", "unit": "đơn vị", "due": "thời hạn"}


def look(context: Context, words: Words) -> Iterator[Finding]:
    """All that is wrong with names."""
    names = _Names(context)
    for node in context.graph.nodes.values():
        for text, read, here in _read(context, node):
            yield from _unknown(names, words, node, text, read, here)
        yield from _settings(names, words, node)
        yield from _loop(names, words, node)
        if node.element.kind == "gateway":
            yield from _conditions(names, words, node)
            yield from _values(names, words, node)


class _Names:
    """Who gives which name in this drawing."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.gives = {name: context.gives(node) for name, node in context.graph.nodes.items()}
        for node in context.graph.nodes.values():
            if node.loop:
                self.gives[node.id] = {**self.gives[node.id], f"{node.id}_decisions": None}
        self.start = context.begins()
        self.known = {name for given in self.gives.values() for name in given} | set(self.start)
        self.hints = MAX_HINTS
        self.usual = context.samples()
        self._bits = {name: 1 << place for place, name in enumerate(sorted(self.known))}
        self.before = self._spread(context.graph)

    def _spread(self, graph: Graph) -> dict[str, int]:
        """What may have been given when a node is reached."""
        start = graph.starts[graph.drawing.key].id
        before = dict.fromkeys(graph.nodes, 0)
        before[start] = self._of(self.start)
        given = {name: self._of(values) for name, values in self.gives.items()}
        ahead, seen = [start], {start}
        while ahead:
            node = ahead.pop()
            after = before[node] | given[node]
            for following in graph.after(node):
                merged = before[following] | after
                if merged != before[following] or following not in seen:
                    seen.add(following)
                    before[following] = merged
                    ahead.append(following)
        return before

    def _of(self, names: Iterable[str]) -> int:
        return sum(self._bits[name] for name in set(names))

    def is_before(self, name: str, node: str) -> bool:
        """May something have given the name when the node is reached?"""
        return bool(self.before[node] & self._bits.get(name, 0))

    def samples(self, name: str) -> list[Any]:
        """Sample values of a name in the catalogue."""
        found: list[Any] = []
        for node in self.context.graph.nodes.values():
            known = self.context.template_of(node.element)
            found += known.gives.get(name, ()) if known else ()
            if node.element.message in template.messages():
                found += template.messages()[node.element.message][1].get(name, ())
        if self.context.procedure:
            found += self.context.procedure.gives.get(name, ())
        return found


def _read(context: Context, node: Node) -> Iterator[tuple[str, Iterable[str], set[str]]]:
    """(what reads, names, further names at hand there) of a node."""
    element = node.element
    inside = {node.loop.variable} if node.loop else set()
    for flow in context.graph.out(node.id) if element.kind == "gateway" else ():
        if flow.condition:
            yield f"điều kiện “{shown(flow.condition)}”", language.parse(flow.condition).names, set()
    for setting, label in _SETTINGS.items():
        text = getattr(element, setting)
        if text:
            yield f"{label} “{shown(text)}”", language.parse_setting(text).names, inside
    for name, value in (element.arguments or {}).items():
        if isinstance(value, dict):
            yield f"thiết lập “{shown(name)}”", {value["name"]}, inside
    if node.loop:
        yield "danh sách", {node.loop.collection}, set()
    if element.kind == "rule":
        table = context.table_of(str((element.arguments or {}).get("table", "")))
        if isinstance(table, Table):
            yield f"bảng “{shown(table.name or table.key)}”", table.names, inside


def _unknown(names: _Names, words: Words, node: Node, text: str, read: Iterable[str],
             here: set[str]) -> Iterator[Finding]:
    for name in sorted(set(read) - here):
        if name not in names.known:
            names.hints -= 1
            near = get_close_matches(name, names.known, n=1) if names.hints >= 0 else []
            hint = f" Có phải “{near[0]}”?" if near else ""
            yield words.finding("names", node.id, f"{text} đọc tên “{shown(name)}” mà không bước, biểu mẫu hay bảng "
                                f"nào của sơ đồ này cho.{hint}")
        elif not names.is_before(name, node.id):
            yield words.finding("names", node.id, f"{text} đọc tên “{shown(name)}”, nhưng trước đó chưa có gì cho tên "
                                "này nên nó luôn trống.", severity=WARNING)


def _settings(names: _Names, words: Words, node: Node) -> Iterator[Finding]:
    """A person and a unit are numbers; when something is due is a date or a length of time."""
    inside = {node.loop.variable} if node.loop else set()
    yield from _due(names, words, node, inside)
    for setting in ("assignee", "unit"):
        text = getattr(node.element, setting)
        if not text:
            continue
        tree = language.parse_setting(text).tree
        if isinstance(tree, language_tree.Literal):
            is_fit = str(tree.value).isdigit()
        elif isinstance(tree, language_tree.Name) and not tree.path:
            found = names.samples(tree.root)
            is_fit = _holds(names, node, setting) if tree.root in inside else tree.root not in names.known or (
                bool(found) and all(value is None or type(value) is int for value in found))
        else:
            is_fit = False
        if not is_fit:
            kind = "một người" if setting == "assignee" else "một đơn vị"
            yield words.finding("setting", node.id, f"{_SETTINGS[setting]} “{shown(text)}” phải là tên dữ liệu chỉ "
                                f"{kind}, ví dụ =author_id hoặc =unit_id.")


def _holds(names: _Names, node: Node, setting: str) -> bool:
    """Are the values of the list of a task people (or units)? Lists that articles give are."""
    wanted = _PEOPLE if setting == "assignee" else ()
    return node.loop is None or all(part.properties.get("catalogue") in wanted
                                    for part in names.context.lists(node.loop.collection))


def _due(names: _Names, words: Words, node: Node, inside: set[str]) -> Iterator[Finding]:
    """When it is due is a date or a length of time, as inbox.py reads it."""
    text = node.element.due
    parsed = language.parse_setting(text) if text else None
    if parsed is None or (parsed.names - names.known) or parsed.names & inside:
        return
    try:
        value = parsed.evaluate(names.usual, _AT)
        if isinstance(value, str) and value.startswith("P"):
            value = language.parse(f'duration("{value}")').evaluate({}, _AT)
        elif isinstance(value, str):
            value = date.fromisoformat(value[:10])
        is_fit = value is None or isinstance(value, (date, timedelta))
    except (Refusal, ValueError):
        is_fit = False
    if not is_fit:
        yield words.finding("setting", node.id, f"thời hạn “{shown(text)}” phải là một ngày hoặc một khoảng thời gian, "
                            "ví dụ =due_date hoặc P3D.")


def _conditions(names: _Names, words: Words, node: Node) -> Iterator[Finding]:
    """A condition that cannot be computed would stop whoever completes the task before it."""
    for flow in names.context.graph.out(node.id):
        parsed = language.parse(flow.condition) if flow.condition else None
        if parsed is None or parsed.names - names.known:
            continue
        try:
            parsed.evaluate(names.usual, _AT)
        except language.ExpressionFailed as failed:
            yield words.finding("condition", node.id, f"điều kiện “{shown(flow.condition)}” không tính được với dữ "
                                f"liệu thường gặp: {failed.facts['message']}")


def _loop(names: _Names, words: Words, node: Node) -> Iterator[Finding]:
    if node.loop is None:
        return
    found = names.samples(node.loop.collection)
    found += [[] for part in names.context.lists(node.loop.collection) if not part.hides]  # hidden, there is none
    if node.loop.collection in names.known and not any(isinstance(value, list) for value in found):
        yield words.finding("loop", node.id, f"“{shown(node.loop.collection)}” không phải là một danh sách.")
    if node.loop.variable in names.context.owned:
        yield words.finding("owned", node.id, f"tên “{node.loop.variable}” chỉ bước của quy chế mới được ghi. "
                            "Hãy đặt tên khác cho từng giá trị trong danh sách.")


def _values(names: _Names, words: Words, node: Node) -> Iterator[Finding]:
    for flow in names.context.graph.out(node.id):
        if not flow.condition:
            continue
        for name, value in compared(language.parse(flow.condition).tree):
            offered = _offered(names, name)
            if offered is not None and value not in offered:
                given = ", ".join(sorted(str(found) for found in offered))
                yield words.finding("values", node.id, f"điều kiện “{shown(flow.condition)}” so “{name}” với "
                                    f"“{shown(value)}”, nhưng chỉ có các giá trị: {shown(given)}.", severity=WARNING)


def _offered(names: _Names, name: str) -> set[Any] | None:
    """All texts that a name may have; None when they cannot be listed."""
    found: set[Any] = set()
    for given in [*names.gives.values(), names.start]:
        if name in given:
            values = given[name]
            if values is None or (OTHER in values and name != "decision"):
                return None
            found |= {value for value in values if isinstance(value, str) and value != OTHER}
    return found or None


def compared(tree: Any) -> Iterator[tuple[str, str]]:
    """(name, text) of all comparisons of a name with a text in an expression."""
    if isinstance(tree, language_tree.Compare):
        sides = (tree.left, tree.right), (tree.right, tree.left)
        for name, value in sides:
            if isinstance(name, language_tree.Name) and not name.path and isinstance(value, language_tree.Literal) \
                    and isinstance(value.value, str):
                yield name.root, value.value
    if isinstance(tree, language_tree.Within) and isinstance(tree.item, language_tree.Name) and not tree.item.path:
        for item in texts(tree.tests):
            yield tree.item.root, item
    for child in children(tree):
        yield from compared(child)


def texts(tree: Any) -> Iterator[str]:
    """All texts in an expression."""
    if isinstance(tree, language_tree.Literal) and isinstance(tree.value, str):
        yield tree.value
    for child in children(tree):
        yield from texts(child)


def children(tree: Any) -> Iterator[Any]:
    """The parts of a node, or of a tuple of nodes."""
    if isinstance(tree, tuple):
        yield from tree
    elif isinstance(tree, language_tree.Node):
        for name in tree.__dataclass_fields__:
            value = getattr(tree, name)
            if isinstance(value, (language_tree.Node, tuple)):
                yield value
