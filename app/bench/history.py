"""History: acts written by eight processes, replay beside the first run, bytes kept, verify, playback, the bundle.

`history_write.py`, `history_course.py`, `history_copies.py` and `history_page.py` do the parts. Verify and bundle are
the commands themselves (`history_command.py`), whose time and memory the system tells.
"""

import json
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from app.bench import history_copies, history_page, history_write
from app.bench.history_command import ran
from app.bench.history_course import Spent, TimedHands, finished
from app.bench.report import figure, report
from app.bench.world import BenchWorld, world
from app.db import db
from app.engine import instance as instances
from app.engine import replay


@dataclass(frozen=True)
class Sizes:
    """How much is done."""

    #: of the long history that is verified
    acts: int = 100_000
    writers: int = 8
    #: acts of each writer
    each: int = 250
    #: finished documents whose replay is measured, and how often each
    documents: int = 3
    rounds: int = 7
    #: acts of the document that is played back; 0: no page is asked
    page_acts: int = 200
    #: bytes of each of two files in the bundle; 0: none is made
    bundle_bytes: int = 50_000_000


def run(acts: int = Sizes.acts) -> dict[str, Any]:
    """Figures of one run; a history of so many acts is verified."""
    with world() as made:
        return measured(made, Sizes(acts=acts))


def measured(made: BenchWorld, sizes: Sizes) -> dict[str, Any]:
    """Figures in this province, which is of no use afterwards."""
    hands = TimedHands(made.hands)
    courses = [finished(hands) for _ in range(sizes.documents)]
    like = courses[-1][0]
    found = history_write.written(made, like, sizes.writers, sizes.each)
    found += _replayed(made, courses, sizes.rounds)
    copies = history_copies.make(made, like, sizes.acts)
    found += _kept(copies)
    found += _verified(made, copies)
    if sizes.page_acts:
        found += history_page.played(made, finished(hands, sizes.page_acts // 2)[0])
    if sizes.bundle_bytes:
        found += _bundled(made, like, sizes.bundle_bytes)
    return report("history", found)


def _replayed(made: BenchWorld, courses: list[tuple[int, Spent]], rounds: int) -> list[dict[str, Any]]:
    """Medians over the documents; a replay is the whole of it, its rows read from the database."""
    cpu, wall = [], []
    with made.hands.inside():
        for document_id, _ in courses:
            row = instances.of_document(document_id)
            if row is None or replay.replay(row) != replay.Replayed(row.acts):
                raise RuntimeError("the replay differs")
            for _ in range(rounds):
                spent = Spent()
                spent.of(partial(replay.replay, row))
                db.session.expire_all()
                cpu.append(spent.cpu)
                wall.append(spent.wall)
    first = [spent for _, spent in courses]
    return [
        figure("replay of a finished incoming instance, processor", "ms", median(cpu),
               anchor=median(one.cpu for one in first), goal="<= 0.25 x",
               anchor_is="its acts when they were done, without recognition, processor",
               ok=median(cpu) <= 0.25 * median(one.cpu for one in first)),
        figure("the same by the clock", "ms", median(wall), anchor=median(one.wall for one in first),
               anchor_is="its acts by the clock, commits included")]


def _kept(copies: history_copies.Copies) -> list[dict[str, Any]]:
    """What history keeps has a goal; the rows of daily work stand beside it."""
    sizes = copies.bytes_by_table
    whole = sum(sizes[name] for name in history_copies.HISTORY)
    return [
        figure(f"history kept of a finished incoming instance of {copies.acts_each} acts besides inputs, with indexes, "
               f"mean of {copies.documents:,}: {', '.join(history_copies.HISTORY)}", "bytes", whole,
               goal="<= 12288", ok=whole <= 12288),
        *(figure(f"kept of it in {name}", "bytes", size) for name, size in sizes.items())]


def _verified(made: BenchWorld, copies: history_copies.Copies) -> list[dict[str, Any]]:
    """The command, in a process of its own."""
    said, spent = ran(made, "history", "verify", "--json")
    found = json.loads(said)
    if found["faults"] or found["acts"] < copies.acts:
        raise RuntimeError(f"the copied history is not whole: {found['faults'][:3]}, {found['acts']} acts")
    share = found["acts"] / 1_000_000
    return [
        figure(f"verify {found['acts']:,} acts in chains of {copies.acts_each} with their records, "
               f"{found['seals']:,} seals, by the clock", "s", spent.wall, goal="<= 60 for 1,000,000",
               ok=spent.wall <= 60 * share),
        figure("the same, processor of its processes without the database's", "s", spent.cpu),
        figure("memory of its processes together", "MB", spent.megabytes, goal="<= 500", ok=spent.megabytes <= 500)]


def _bundled(made: BenchWorld, document_id: int, size: int) -> list[dict[str, Any]]:
    """The command that makes a bundle of a document with two large files."""
    history_page.attach(made, document_id, [size, size])
    with tempfile.TemporaryDirectory(prefix="qlvb-bench-") as folder:
        out = Path(folder, "bundle.zip")
        _, spent = ran(made, "history", "export", "--document", str(document_id), "--out", str(out))
        megabytes = out.stat().st_size / 1e6
    return [
        figure(f"bundle of {megabytes:.0f} MB with two files of {size / 1e6:.0f} MB, by the clock", "s", spent.wall),
        figure("memory of it", "MB", spent.megabytes)]
