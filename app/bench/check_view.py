"""A running process as brute force sees it: where its tokens stand, what its joins have seen, what stands twice.

Two runs that look alike here go on alike, so only one of them is explored. Ids, times, data that decide nothing
and what has been passed are left out; what each parallel join has counted in its present round is kept, because it
decides when the join lets a token through. It moves nothing.
"""

from collections.abc import Callable
from typing import Any

from SpiffWorkflow.util.task import TaskState

from app.engine import spiff
from app.engine.spiff_spec import Parallel, _Each

_LIVE = TaskState.READY | TaskState.WAITING | TaskState.STARTED


def twice(run: spiff.Run) -> str | None:
    """An element at which two tokens are at once."""
    seen: set[tuple[Any, str]] = set()
    for token in run._top.tokens():
        if not token._state & _LIVE or token.task_spec.bpmn_id is None or token.task_spec.name.endswith(" [child]"):
            continue
        place = (getattr(token.workflow, "parent_task_id", None), token.task_spec.name)
        if place in seen:
            return token.task_spec.bpmn_id
        seen.add(place)
    return None


def view(run: spiff.Run, names: frozenset[str], lasting: Callable[[str | None], frozenset[str]]) -> tuple[Any, ...]:
    """What decides the future of a run: where its tokens are and what its joins have seen; no ids, no times.

    `names`: what of the data decides anything; `lasting`: what of it still does from an element on.
    """
    found: list[Any] = []
    for workflow in run._top.workflows():
        if workflow is not run._top and workflow.completed:
            continue
        joins = [spec for spec in workflow.spec.task_specs.values() if isinstance(spec, Parallel)]
        rounds: dict[Any, int] = {}
        places = []
        for token in workflow.tasks.values():
            if not token._state & _LIVE:
                continue
            since = []
            for spec in joins:
                if spec.name in _ahead(token.task_spec):
                    above = token if token.task_spec is spec else token.find_ancestor(spec.name)
                    above = above.find_ancestor(spec.name) if above is token else above
                    since.append((spec.name, _arrived(spec, above, workflow, names)))
                    rounds.setdefault((spec.name, above.id if above else None), len(rounds))
            remaining = len(token.internal_data.get("remaining", ())) if isinstance(token.task_spec, _Each) else 0
            is_end = token.task_spec.name.endswith(".EndJoin")
            data = () if is_end else _data(token, lasting(token.task_spec.bpmn_id))
            places.append((token.task_spec.name, token._state, remaining, tuple(since), data))
        holder = getattr(workflow, "parent_task_id", None)
        name = workflow.spec.name if holder else ""
        ends = {place for place in places if place[0].endswith(".EndJoin")}
        others = sorted((place for place in places if not place[0].endswith(".EndJoin")), key=repr)
        found.append((name, tuple(others), tuple(sorted(ends, key=repr)), _open_rounds(rounds)))
    return tuple(sorted(found, key=repr))


def _open_rounds(rounds: dict[Any, int]) -> tuple[tuple[str, int], ...]:
    """How many rounds of each join are open at once."""
    count: dict[str, int] = {}
    for name, _ in rounds:
        count[name] = count.get(name, 0) + 1
    return tuple(sorted((name, number) for name, number in count.items() if number > 1))


def _ahead(spec: Any) -> set[str]:
    """The specs that a token at `spec` can still come to, itself included."""
    kept = spec.__dict__.get("_oracle_ahead")
    if kept is None:
        kept, ahead = set(), [spec.name]
        while ahead:
            name = ahead.pop()
            if name not in kept:
                kept.add(name)
                ahead += spec._wf_spec.task_specs[name]._outputs
        spec.__dict__["_oracle_ahead"] = kept
    return kept


def _data(token: Any, names: frozenset[str]) -> tuple[tuple[str, str], ...]:
    """What a token knows of the names that decide something."""
    return tuple(sorted((name, repr(value)) for name, value in token.data.items() if name in names))


def _arrived(spec: Any, since: Any, workflow: Any, names: frozenset[str]) -> tuple[Any, ...]:
    """The ways by which tokens have come to a join in this round, as the join itself counts them; with data, in order
    of time, because the join merges them so.
    """
    found = [token for token in workflow.tasks.values()
             if token.task_spec is spec and token.parent is not None and token.parent.state == TaskState.COMPLETED
             and (since is None or (token is not since and token.is_descendant_of(since)))]
    if not names:
        return tuple(sorted({token.parent.task_spec.name for token in found}))
    found.sort(key=lambda token: token.last_state_change)
    return tuple((token.parent.task_spec.name, _data(token.parent, names)) for token in found)
