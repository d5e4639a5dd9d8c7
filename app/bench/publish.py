"""Publishing a proposal: the check, the scenarios, the difference, the release and its history, as one act (Art. 10.2).

Each round changes one procedure and nothing is known from the round before. The anchor is the check alone.
"""

from datetime import UTC, datetime
from statistics import median
from typing import Any

from app.bench.report import figure, milliseconds, report
from app.bench.world import BenchWorld, world
from app.db import db
from app.engine import check, diagram, proposal, proposal_publish

_KEYS = ("incoming", "outgoing_electronic", "outgoing_hybrid")


def run(rounds: int = 3) -> dict[str, Any]:
    """Median milliseconds of publishing each shipped procedure with a change in it."""
    figures = []
    with world() as made:
        for key in _KEYS:
            times = [_published(made, key, number) for number in range(rounds)]
            publishing, checking = (median(found) for found in zip(*times, strict=True))
            figures.append(figure(f"publish {key}", "ms", publishing, anchor=checking, anchor_is="its check alone",
                                  goal="<= 2000", ok=publishing <= 2000))
    return report("publish", figures)


def _published(made: BenchWorld, key: str, number: int) -> tuple[float, float]:
    """Milliseconds of publishing, commit included, and of the check alone."""
    hands, name = made.hands, f"bpmn:{key}"
    with hands.inside():
        at = datetime.now(UTC)
        author, publisher = hands.user("quantri"), hands.user("lanhdao")
        # a reminder waits a day longer each time
        text = diagram.texts_in_force()[name].replace(
            b"P5D<" if number == 0 else f"P{5 + number}D<".encode(), f"P{6 + number}D<".encode())
        text += f"<!-- {number} -->".encode()
        opened = proposal.open_(key, f"Đo lần {number}", author, at, {name: text})
        db.session.commit()
        files = proposal.files(opened)

        def publish() -> None:
            proposal_publish.publish(opened.id, publisher, "Đo thời gian ban hành quy trình", at)
            db.session.commit()

        return milliseconds(publish), milliseconds(lambda: check.check(files, key))
