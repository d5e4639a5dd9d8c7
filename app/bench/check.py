"""The check of diagrams: how long it takes, and the proof that it misses nothing (Art. 10.2).

Random edits of the shipped diagrams are judged twice, by `engine/check.py` and by brute force that runs the engine
itself (check_oracle.py), under both readings of check_reading.py. A violation that brute force finds and the check
does not name is missed; an error of the check that brute force finds under neither reading is a false alarm. What
brute force does not look at (names, forms, templates) is counted apart.
"""

import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from app import register_articles
from app.bench.check_edits import edited
from app.bench.check_oracle import Law, Oracle, Verdict
from app.bench.check_reading import Values, Ways
from app.bench.report import figure, interleaved, report
from app.engine import check, diagram, obligation, template
from app.engine.dialect import survey

ROOT = Path(__file__).resolve().parents[2]
#: rule of brute force -> rule of the check
RULES = {
    "needs": "needs", "bars": "bars", "once": "once", "owed": "owed", "place": "place", "role": "role",
    "deadlock": "deadlock", "twice": "twice", "livelock": "livelock", "endless": "endless", "never": "never",
    "expected": "missing", "unheard": "unheard",
}  # fmt: skip
#: what the check tells only of a drawing in which nothing else is wrong
_LAST = ("livelock", "never")
#: what the check must say of the very element
_EXACT = ("needs", "bars", "once", "place")
_WIDE = 8
_ROUNDS = 9


@dataclass(frozen=True)
class Case:
    """One edited drawing, judged twice."""

    seed: int
    key: str
    edits: str
    #: rules of the check's errors, and of its warnings
    said: tuple[str, ...]
    warned: tuple[str, ...] = ()
    #: (rule, element) of the check's errors
    said_at: frozenset[tuple[str, str]] = frozenset()
    #: (rule, element, path) of brute force, every way taken; then only those ways that values open
    ways: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    values: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    is_whole: bool = True
    #: the reader of drawings refused it
    is_refused: bool = False
    states: int = 0

    @property
    def found(self) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
        """What the check has to say: what is wrong whatever is decided; if nothing is, what values lead to."""
        return self.ways or self.values

    @property
    def missed(self) -> list[tuple[str, str, tuple[str, ...]]]:
        """What brute force found and the check did not name."""
        if self.is_refused:
            return [] if self.said else [("refused", "", ())]
        rules = {rule for rule, _, _ in self.found}
        is_exact = "twice" not in self.said  # from there on the check looks no further
        named = {*self.said, *({"never"} & set(self.warned))}
        return [wrong for wrong in self.found
                if (RULES[wrong[0]] not in named or (is_exact and wrong[0] in _EXACT and wrong[:2] not in self.said_at))
                and not (wrong[0] in _LAST and rules - {wrong[0]} and self.said)]

    @property
    def is_false_alarm(self) -> bool:
        """The check refuses what brute force clears."""
        return self.is_whole and not self.is_refused and not self.found and bool(set(self.said) & set(RULES.values()))


def laws() -> dict[str, Law]:
    """What holds for the documents of each procedure that is shipped."""
    register_articles()
    found = {}
    for key, procedure in template.procedures().items():
        direction = "incoming" if key == "incoming" else "outgoing"
        found[key] = Law(tuple(obligation.table()), tuple(obligation.expected(direction, procedure.form)),
                         procedure.form, direction)
    return found


@contextmanager
def forgetting(step: str) -> Iterator[None]:
    """The check (not brute force, if its laws were made before) knows nothing of a step: the proof must notice."""
    kept = list(obligation._table)
    obligation._table[:] = [rule for rule in kept if rule.step != step]
    try:
        yield
    finally:
        obligation._table[:] = kept


def judge(seed: int, files: dict[str, bytes], law: dict[str, Law]) -> Case:
    """One edited drawing; the seed says which diagram and which edits."""
    key = sorted(law)[seed % len(law)]
    edits, text = edited(files[f"bpmn:{key}"], seed)
    return judged(text, key, files, law[key], seed=seed, edits=edits)


def judged(text: bytes, key: str, files: dict[str, bytes], law: Law, *, seed: int = 0, edits: str = "") -> Case:
    """One drawing, by the check and by brute force."""
    said = check.check({**files, f"bpmn:{key}": text}, key)
    rules, warned = (tuple(sorted({finding.rule for finding in said.findings if finding.severity == severity}))
                     for severity in ("error", "warning"))
    at = frozenset((finding.rule, finding.element) for finding in said.findings if finding.severity == "error")
    if survey(text)[1]:
        return Case(seed, key, edits, rules, warned, at, is_refused=True)
    ways = Oracle(Ways(text), law).explore()
    # where steps may turn round for ever within one act, every act that comes there would
    values = Verdict() if "endless" in ways.rules() else Oracle(Values(text, key, law.rules), law).explore()
    wrongs = [tuple((w.rule, w.element, w.path) for w in verdict.wrongs.values()) for verdict in (ways, values)]
    return Case(seed, key, edits, rules, warned, at, *wrongs, is_whole=ways.is_whole and values.is_whole,
                states=ways.states + values.states)


def _judge_many(seeds: range) -> list[Case]:
    law, files = laws(), diagram.shipped(ROOT)
    return [judge(seed, files, law) for seed in seeds]


def proof(edits: int) -> list[Case]:
    """Many edited drawings, on all cores."""
    parts = [range(start, min(start + 20, edits)) for start in range(0, edits, 20)]
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        return [case for cases in pool.map(_judge_many, parts) for case in cases]


def run(edits: int = 1000) -> dict[str, Any]:
    """Milliseconds per check, then the comparison of `edits` edited drawings."""
    files, known = diagram.shipped(ROOT), laws()
    times = interleaved({key: partial(check.check, files, key) for key in known}, _ROUNDS)
    wide = {**files, "bpmn:outgoing_electronic": side_by_side(files["bpmn:outgoing_electronic"], _WIDE)}
    times["wide"] = interleaved({"wide": lambda: check.check(wide, "outgoing_electronic")}, 3)["wide"]
    started = perf_counter()
    cases = proof(edits)
    taken = perf_counter() - started
    figures = [figure(f"check {key}", "ms", times[key], goal="<= 50", ok=times[key] <= 50) for key in known]
    figures.append(figure(f"check {_WIDE} tasks side by side", "ms", times["wide"], goal="<= 2000",
                          ok=times["wide"] <= 2000))
    return report("check", figures + _compared(cases, taken)) | {
        "missed": [{"seed": c.seed, "procedure": c.key, "edits": c.edits, "wrong": c.missed}
                   for c in cases if c.missed],
        "false_alarms": [{"seed": c.seed, "procedure": c.key, "edits": c.edits, "said": c.said}
                         for c in cases if c.is_false_alarm]}


def _compared(cases: list[Case], taken: float) -> list[dict[str, Any]]:
    compared = [case for case in cases if not case.is_refused]
    missed = sum(1 for case in cases if case.missed)
    lawful = [case for case in compared if not case.found and case.is_whole]
    alarms = sum(1 for case in lawful if case.is_false_alarm)
    theory = sum(1 for case in compared if case.ways and not case.values and case.is_whole)
    kinds = Counter(rule for case in compared for rule in {rule for rule, _, _ in case.found})
    return [
        figure("edited drawings compared", "", len(compared), goal=">= 1000 by default"),
        figure("of these wrong by brute force", "", sum(1 for case in compared if case.found)),
        figure("violations missed by the check", "", missed, goal="= 0", ok=not missed),
        figure("false alarms", "%", 100 * alarms / max(len(lawful), 1), goal="printed"),
        figure("wrong only if choices are free", "%", 100 * theory / max(len(compared), 1)),
        figure("not looked at to the end", "", sum(1 for c in compared if not c.is_whole and not c.found)),
        figure("refused by the reader of drawings", "", len(cases) - len(compared)),
        figure("states run by the engine", "", sum(case.states for case in cases)),
        figure("seconds", "s", taken),
        *(figure(f"wrong: {kind}", "", count) for kind, count in kinds.most_common())]


def side_by_side(text: bytes, width: int) -> bytes:
    """The diagram with that many user tasks side by side before its first task."""
    from app.bench.check_edits import Sketch, add_script

    sketch = Sketch(text)
    split, merge = sketch.add("parallelGateway"), sketch.add("parallelGateway")
    first = sketch.leaving(sketch.nodes("startEvent")[0])[0]
    sketch.into(first, split, merge)
    for flow in sketch.leaving(split):
        sketch.process.remove(flow)
    for _ in range(width):
        task = add_script(sketch, "recognise()", "qlvb.recognise")
        sketch.connect(split.get("id"), task.get("id"))
        sketch.connect(task.get("id"), merge.get("id"))
    return sketch.saved()
