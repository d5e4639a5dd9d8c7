"""The form of every bench: figures beside an anchor that the same run measured, because machines differ."""

import os
import platform
from collections.abc import Callable
from statistics import median
from time import perf_counter, process_time
from typing import Any


def machine() -> dict[str, Any]:
    """What it ran on."""
    return {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.platform()}


def figure(name: str, unit: str, ours: float, *, anchor: float | None = None, anchor_is: str = "",
           goal: str = "", ok: bool | None = None) -> dict[str, Any]:
    """One line: ours, the anchor, their ratio, and whether the goal is met."""
    ratio = round(ours / anchor, 3) if anchor else None
    return {"name": name, "unit": unit, "ours": round(ours, 4), "anchor": round(anchor, 4) if anchor else None,
            "anchor_is": anchor_is, "ratio": ratio, "goal": goal, "ok": ok}


def report(bench: str, figures: list[dict[str, Any]]) -> dict[str, Any]:
    """The whole report."""
    return {"bench": bench, "machine": machine(), "figures": figures}


def milliseconds(function: Callable[[], Any]) -> float:
    """How long one call takes."""
    started = perf_counter()
    function()
    return (perf_counter() - started) * 1000


def cpu_milliseconds(function: Callable[[], Any]) -> float:
    """How much CPU one call takes, in all threads of this process."""
    started = process_time()
    function()
    return (process_time() - started) * 1000


def interleaved(functions: dict[str, Callable[[], Any]], rounds: int,
                measure: Callable[[Callable[[], Any]], float] = milliseconds) -> dict[str, float]:
    """Median milliseconds of each, measured in turn so that a slow moment hits all alike."""
    times: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(rounds):
        for name, function in functions.items():
            times[name].append(measure(function))
    return {name: median(values) for name, values in times.items()}
