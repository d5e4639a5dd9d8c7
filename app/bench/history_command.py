"""A command of the product as `bench history` runs it: what it printed, how long it took, how much memory.

The memory is that of all its processes together: a long history is verified by three. It measures nothing inside them.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, sleep

from app.bench.world import BenchWorld, environment

#: how often its processes are looked at, seconds
LOOK_SECONDS = 0.2


@dataclass(frozen=True)
class Command:
    """What it took."""

    wall: float
    #: seconds of the processor in all its processes
    cpu: float
    #: the largest memory of each of its processes, added
    megabytes: float


def ran(made: BenchWorld, *words: str) -> tuple[str, Command]:
    """Run `bin/qlvb` with these words to its end; what it printed, and what it took."""
    started, largest = perf_counter(), {}
    with tempfile.TemporaryFile() as out:
        child = subprocess.Popen([sys.executable, "-m", "app.cli", *words], env=environment(made), stdout=out)
        found, status, used = os.wait4(child.pid, os.WNOHANG)
        while not found:
            largest |= {pid: _kilobytes(pid) or largest.get(pid, 0) for pid in _family(child.pid)}
            sleep(LOOK_SECONDS)
            found, status, used = os.wait4(child.pid, os.WNOHANG)
        child.returncode = os.waitstatus_to_exitcode(status)
        wall = perf_counter() - started
        out.seek(0)
        said = out.read().decode()
    if child.returncode:
        raise RuntimeError(f"{' '.join(words)}: {said[:2000]}")
    # not the ru_maxrss that wait4 tells: it begins with the memory of the process that started the command
    return said, Command(wall, used.ru_utime + used.ru_stime, sum(largest.values()) / 1024)


def _family(pid: int) -> Iterator[int]:
    """The process and all that it has started and that still run."""
    yield pid
    for thread in _read(Path(f"/proc/{pid}/task")):
        for child in _words(thread / "children"):
            yield from _family(int(child))


def _read(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:  # it has ended
        return []


def _words(file: Path) -> list[str]:
    try:
        return file.read_text().split()
    except OSError:
        return []


def _kilobytes(pid: int) -> int:
    """The most memory it has held so far; 0: it has ended."""
    words = _words(Path(f"/proc/{pid}/status"))
    return int(words[words.index("VmHWM:") + 1]) if "VmHWM:" in words else 0
