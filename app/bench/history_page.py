"""The playback page of a long history for `bench history`: over HTTP, and until a browser has drawn it.

Without Chromium or the bundle of programs the browser's part is left out. The anchor is an empty page of the same run.
"""

import os
from datetime import UTC, datetime
from statistics import median
from time import perf_counter
from typing import Any

import httpx

from app.bench.report import figure, interleaved
from app.bench.world import BenchWorld, browsing, logged_in, served
from app.db import db
from app.records import attachment, history
from app.records.document import Document

#: times that the page is asked, and opened in the browser
ROUNDS, OPENED = 10, 5


def played(made: BenchWorld, document_id: int) -> list[dict[str, Any]]:
    """Median of the page for an auditor, who sees every act, and of its drawing."""
    path = f"/lich-su/{document_id}"
    with made.hands.inside():
        count = len(history.course(f"document:{document_id}"))
    with served(made) as address:
        client = logged_in(address, "thanhtra")
        size = len(client.get(path).raise_for_status().content)
        times = interleaved({"page": lambda: client.get(path), "empty": lambda: client.get("/suc-khoe")}, ROUNDS)
        drawn = _in_browser(path, client)
    found = [figure(f"playback page of {count} acts over HTTP, {size // 1024} KB", "ms", times["page"],
                    anchor=times["empty"], anchor_is="empty page", goal="<= 1000", ok=times["page"] <= 1000)]
    if drawn is not None:
        found.append(figure("the same, from the list of histories until its diagram stands in the browser", "ms", drawn,
                            goal="<= 1000", ok=drawn <= 1000))
    return found


def _in_browser(path: str, client: httpx.Client) -> float | None:
    """Milliseconds from the address to the drawn diagram with its token; None without a browser."""
    with browsing(client) as window:
        if window is None:
            return None
        page, times = window.new_page(), []
        for _ in range(OPENED):
            page.goto("/lich-su")  # an auditor comes from there
            page.wait_for_load_state("networkidle")
            started = perf_counter()
            page.goto(path, wait_until="commit")
            page.wait_for_selector(".djs-shape[data-element-id=handle].passed")
            times.append((perf_counter() - started) * 1000)
            page.wait_for_selector("[data-later]", state="detached")  # what comes after disturbs no other opening
    return median(times)


def attach(made: BenchWorld, document_id: int, sizes: list[int]) -> None:
    """Give a document files of so many random bytes, which no zip makes smaller."""
    with made.hands.inside():
        document = db.session.get_one(Document, document_id)
        for number, size in enumerate(sizes):
            sha256 = made.app.extensions["tools"].blobs.put(os.urandom(size))
            attachment.attach(document, "other", f"phu luc {number}.bin", "application/octet-stream", sha256, size,
                              datetime.now(UTC), None)
        db.session.commit()
