"""What a diagram must satisfy to be published (Art. 10.2): safe, whole, sound, and lawful on every path.

In this order: the file itself (drawing.py, dialect.py, structure.py), each element by itself (check_task.py), names
and values (check_name.py), every state it can come to (check_space.py) first whatever people decide, then following
what they decide (check_value.py), and a dry run (check_try.py). Pure over the files; limits of size, states and work
bound its time and memory, never a clock (security.md S2 to S5). What it does not know it refuses by name.

It publishes nothing and keeps nothing; at run time the steps ask the same obligations again (obligation.py).
"""

from dataclasses import dataclass
from typing import Any

from app.engine import check_name, check_task, check_try, obligation, template
from app.engine.check_context import Context
from app.engine.check_course import endless, fit_marking
from app.engine.check_finding import ERROR, Finding, Words
from app.engine.check_law import Law, called
from app.engine.check_space import Explorer, Space
from app.engine.check_value import Decided
from app.engine.dialect import DiagramRefused, Drawing, Node, survey
from app.engine.form import FormRefused

__all__ = ["Finding", "Report", "check", "check_all", "check_among", "from_marking"]

#: findings of one diagram that are told
MAX_FINDINGS = 60
#: rules of what could not be read, or is not what was meant: told first, most other findings come of it
_UNREAD = ("form", "template", "step", "table")


@dataclass(frozen=True)
class Report:
    """What was found in one diagram: errors first; `ok` without any."""

    ok: bool
    findings: tuple[Finding, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"ok": self.ok, "findings": [finding.as_json() for finding in self.findings]}


def check(files: dict[str, bytes], key: str) -> Report:
    """Check the procedure `key` among the files it would be published with; names as `diagram.shipped` gives them."""
    text = files.get(f"bpmn:{key}")
    if text is None:
        return _report([Finding("file", ERROR, "", "", "", f"Không có sơ đồ “{key}” trong các tệp.")])
    drawing, refused = survey(text)
    found = [_of_refusal(refusal) for refusal in refused]
    if drawing is None:
        return _report(found)
    context = Context(files, key, drawing)
    words = _words(drawing, context)
    lost = {finding.element for finding in found}
    found += [finding for finding in check_task.look(context, words) if not refused or finding.element not in lost]
    if any(refusal.facts.get("rule") != "reach" for refusal in refused):  # what is left of it is not what was drawn
        return _report(found)
    if not refused:
        found += check_name.look(context, words)
    unread = [finding for finding in found if finding.rule in _UNREAD and finding.severity == ERROR]
    first = unread + list(endless(context, words))
    if not any(_is_unknown(context, node) for node in context.tasks()):
        course = _course(context, words, is_read=not unread)
        first += [finding for finding in course if finding.severity == ERROR]
        found += course
    found = first + found  # a way past the law is worth more than what it leaves unreached, less than its cause
    if not any(finding.severity == ERROR for finding in found):
        found += check_try.look(context, words)
    return _report(found)


def check_all(files: dict[str, bytes], changed: set[str]) -> dict[str, Report]:
    """The reports of all procedures that changed files touch, by key; of a file that none uses, by its name."""
    keys = {name[5:] for name in changed if name.startswith(("bpmn:", "case:"))}
    rest = {name for name in changed if name.startswith(("form:", "dmn:"))}
    used_by = {name[5:]: _used(name[5:], files) for name in files if name.startswith("bpmn:")}
    keys |= {key for key, used in used_by.items() if used & rest}
    rest -= {name for used in used_by.values() for name in used}
    found = {key: check(files, key) for key in sorted(keys) if f"bpmn:{key}" in files}
    return found | {name: _alone(files, name) for name in sorted(rest) if name in files}


def check_among(files: dict[str, bytes], name: str, *others: str) -> dict[str, Report]:
    """The reports of one file, and of others that are given with it: of what nothing here uses, by its own name."""
    found = check_all(files, {name})
    found |= {other[5:]: check(files, other[5:]) for other in others if other.startswith("bpmn:")}
    used = {part for key in found if f"bpmn:{key}" in files for part in _used(key, files)}
    return found | {other: _alone(files, other) for other in others
                    if other.startswith(("form:", "dmn:")) and other not in used}


def from_marking(files: dict[str, bytes], key: str, waiting: list[tuple[str, str]], standing: set[str],
                 form: str) -> tuple[Finding, ...]:
    """What goes wrong from where an instance stands: `waiting` are (kind, element) of its places.

    Kinds: user, script, catch, boundary, join, each, inner. `standing` are its document's milestones, `form` its form
    of exchange, which never changes. An element that is not there, or cannot wait, is a finding.
    """
    drawing, refused = survey(files[f"bpmn:{key}"])
    if drawing is None or refused:
        return tuple(_of_refusal(refusal) for refusal in refused)
    context = Context(files, key, drawing)
    words = _words(drawing, context)
    law = Law(context.graph, form, context.direction, context.templates)
    explorer = Explorer(context.graph, law)
    tokens, strange = fit_marking(explorer, waiting)
    if strange:
        return tuple(words.finding("marking", element, "không có chỗ này trong sơ đồ mới.") for element in strange)
    space = explorer.explore([(tokens, (), law.bits.of(sorted(standing)))])
    return tuple(_sorted(_of_space(space, words)))


def _words(drawing: Drawing, context: Context) -> Words:
    return Words({node.id: node.element.label for node in drawing.nodes()}, context.templates)


def _is_unknown(context: Context, node: Node) -> bool:
    """Does nobody know what a task does: a step that is not in the catalogue, a form that is not there?"""
    element = node.element
    if element.kind == "user":
        return bool(element.form_key) and context.form_of(element) is None
    return element.kind == "script" and context.template_of(element) is None


def _course(context: Context, words: Words, *, is_read: bool) -> list[Finding]:
    """Everything that it can come to: whatever is decided, and if that is right, as it is decided.

    `is_read`: all forms and tables could be read, so that it is known what may be decided.
    """
    law = Law(context.graph, context.form, context.direction, context.templates)
    space = Explorer(context.graph, law).explore()
    found = _of_space(space, words)
    if space.is_whole:
        found += _expected(context, space.executed, words) if context.procedure else []
        if not found or all(finding.severity != ERROR for finding in found):
            found += [words.never(element) for element in context.graph.nodes if element not in space.executed]
    if not is_read or any(finding.severity == ERROR for finding in found):
        return found
    decided = Explorer(context.graph, Decided(context)).explore()
    if not decided.is_whole:
        decided = Explorer(context.graph, Decided(context, is_narrow=True)).explore()
    if not decided.is_whole:
        return [*found, words.too_wide(decided.too_wide or "")]
    found += [words.broken(broken, path, is_decided=True)
              for broken, path in {**decided.broken, **decided.owed}.items()]
    found += [words.livelock(*decided.livelock)] if decided.livelock else []
    missing = _expected(context, decided.executed, words)
    return found + missing + [words.never(element, is_decided=True) for element in context.graph.nodes
                              if element not in decided.executed]


def _of_space(space: Space, words: Words) -> list[Finding]:
    stuck = [words.deadlock(element, path) for element, path in space.deadlocks.items()]
    stuck += [words.unheard(element, path) for element, path in space.unheard.items()]
    stuck += [words.twice(element, path) for element, path in space.twice.items()]
    found = stuck + [words.broken(broken, path) for broken, path in {**space.broken, **space.owed}.items()]
    found.sort(key=lambda finding: len(finding.path))
    if stuck:  # much that is found behind it comes of it
        found = _first_of_each(found, min(len(finding.path) for finding in stuck))
    if space.livelock and not found:
        found.append(words.livelock(*space.livelock))
    if not space.is_whole and not stuck:
        found.append(words.too_wide(space.too_wide or ""))
    return found + [words.early_end(element, path) for element, path in space.early_ends.items()]


def _first_of_each(found: list[Finding], length: int) -> list[Finding]:
    """Findings as near as `length`; of what is farther the nearest of each rule."""
    rules: set[str] = set()
    kept = []
    for finding in found:
        if len(finding.path) <= length or finding.rule not in rules:
            kept.append(finding)
        rules.add(finding.rule)
    return kept


def _expected(context: Context, executed: set[str], words: Words) -> list[Finding]:
    done = {called(context.graph.nodes[element].element) for element in executed if element in context.graph.nodes}
    return [words.missing(expected) for expected in obligation.expected(context.direction, context.form)
            if expected.step not in done]


def _of_refusal(refused: DiagramRefused) -> Finding:
    facts = refused.facts
    return Finding(str(facts.get("rule", "")), ERROR, str(facts.get("element", "")), str(facts.get("label", "")), "",
                   str(facts.get("message", "")))


def _used(key: str, files: dict[str, bytes]) -> set[str]:
    """Forms and tables of a procedure: those it draws, and those that the code of its articles asks."""
    drawing, _ = survey(files[f"bpmn:{key}"])
    if drawing is None:
        return set()
    elements = [node.element for node in drawing.nodes()]
    forms = {f"form:{element.form_key}" for element in elements if element.form_key}
    asked = obligation.asked(Context(files, key, drawing).direction) if key in template.procedures() else []
    forms |= {f"dmn:{found.table}" for found in asked}
    return forms | {f"dmn:{(element.arguments or {}).get('table')}" for element in elements if element.kind == "rule"}


def _alone(files: dict[str, bytes], name: str) -> Report:
    """A form or a table that no procedure shows or asks by an element: it must be right by itself."""
    kind, key = name.split(":", 1)
    context = Context(files, key, Drawing("", key, key, {}))
    words = Words({}, {})
    if kind == "form":
        found = context.form_of_key(key)
        return _report([words.finding("form", "", f"Biểu mẫu “{key}”: {found.facts['message']}")]
                       if isinstance(found, FormRefused) else [])
    return _report(list(check_task.table(context, key, "", words)))


def _sorted(found: list[Finding]) -> list[Finding]:
    return sorted(dict.fromkeys(found), key=lambda finding: finding.severity != ERROR)


def _report(found: list[Finding]) -> Report:
    told = _sorted(found)
    return Report(not any(finding.severity == ERROR for finding in told), tuple(told[:MAX_FINDINGS]))
