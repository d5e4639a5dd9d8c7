"""Carry what a person did once at new tasks into every scenario that stops there (Art. 10.2).

Who adds a task to a procedure breaks all scenarios that pass its place. Instead of playing each again, he does the
task in one trial; the same move is put into the others, and those that then end as they must are kept.

It changes no expectation of a scenario and writes nothing (the caller saves the file).
"""

from dataclasses import dataclass, replace
from typing import Any

from app.engine.sandbox import MAX_MOVES
from app.engine.sandbox_read import move_of
from app.engine.scenario import MAX_PASSES, PASSES_REFUSED, Case, CaseRefused, Scenario, dump, load, run

#: how often the move is put into one scenario: loops come by again
MAX_TIMES = 30
#: how often all scenarios of a file may be played for it
MAX_TIMES_ALL = 2


def amended(files: dict[str, bytes], key: str, moves: list[Any]) -> tuple[bytes, list[str]]:
    """The file of scenarios with a move of `moves` put in where one stops at its user task, and the names of those.

    Only for tasks that a scenario does not know yet, and only when it holds afterwards. Raises CaseRefused,
    TrialRefused.
    """
    if f"case:{key}" not in files:
        raise CaseRefused("Chưa có kịch bản nào.")
    case = load(files[f"case:{key}"], key)
    checked = [move_of(move) for move in moves[:MAX_MOVES]]
    done = {move["element"]: {"element": move["element"], "values": move["values"]} for move in checked
            if "values" in move}
    budget = _Budget(MAX_TIMES_ALL * MAX_PASSES)
    found = [_amended(files, key, one, done, budget) for one in case.scenarios]
    names = [new.name for old, new in zip(case.scenarios, found, strict=True) if new is not old]
    return dump(Case(tuple(found), case.tables)), names


@dataclass
class _Budget:
    """What is left for all scenarios of a file together; those that it does not reach stay as they are."""

    passes: int


def _amended(files: dict[str, bytes], key: str, scenario: Scenario, done: dict[str, dict[str, Any]],
             budget: _Budget) -> Scenario:
    fresh = {element: move for element, move in done.items()
             if element not in [known.get("element") for known in scenario.moves]}
    tried = scenario
    for _ in range(MAX_TIMES):
        if budget.passes < 0:
            return scenario
        outcome, seen = run(files, key, tried)
        budget.passes -= seen.passes if seen else PASSES_REFUSED
        if outcome.is_ok:
            return tried if tried.moves != scenario.moves else scenario
        missing = [place.element for place in seen.standing if place.element in fresh] if seen else []
        if not missing or (seen.fault and seen.fault.code != "not_waiting") or len(tried.moves) >= MAX_MOVES:
            return scenario
        at = seen.fault.move - 1 if seen.fault else len(tried.moves)
        tried = replace(tried, moves=[*tried.moves[:at], fresh[missing[0]], *tried.moves[at:]])
    return scenario
