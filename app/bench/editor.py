"""Opening the editor of a diagram: its page and data over HTTP, then until a browser has drawn it.

The anchor is an empty page of the same run. Without Chromium or the bundle the browser's part is left out.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median
from time import perf_counter
from typing import Any

import httpx

from app.bench.report import figure, interleaved, report
from app.bench.world import BenchWorld, browsing, logged_in, served, world
from app.db import db
from app.engine import proposal


def run(rounds: int = 10) -> dict[str, Any]:
    """Median milliseconds of `rounds` pages, and of three openings in a browser."""
    with world() as made:
        page = f"/quy-trinh/sua/{_proposal(made)}/so-do"
        with served(made) as address:
            client = logged_in(address, "quantri")
            client.get(page).raise_for_status()
            times = interleaved({"page": _whole(client, page), "empty": lambda: client.get("/suc-khoe")}, rounds)
            drawn = _in_browser(page, client)
    figures = [figure("editor page and check over HTTP", "ms", times["page"], anchor=times["empty"],
                      anchor_is="empty page", goal="<= 2000", ok=times["page"] <= 2000)]
    if drawn is not None:
        figures.append(figure("editor drawn in the browser", "ms", drawn, goal="<= 2000", ok=drawn <= 2000))
    return report("editor", figures)


def _proposal(made: BenchWorld) -> int:
    with made.hands.inside():
        opened = proposal.open_("incoming", "Đo trang soạn sơ đồ", made.hands.user("quantri"), datetime.now(UTC))
        db.session.commit()
        return opened.id


def _whole(client: httpx.Client, page: str) -> Callable[[], None]:
    """The page and all that it names: programs and styles."""
    text = client.get(page).text
    named = [part.split('"')[0] for part in text.replace('href="/static', 'src="/static').split('src="')[1:]]

    def fetch() -> None:
        for path in [page, *named]:
            client.get(path).raise_for_status()

    return fetch


def _in_browser(path: str, client: httpx.Client) -> float | None:
    """Milliseconds from the address to the drawn diagram, median of three; None without a browser."""
    with browsing(client) as window:
        if window is None:
            return None
        times = []
        for _ in range(3):
            page = window.new_page()
            started = perf_counter()
            page.goto(path)
            page.wait_for_selector(".djs-shape[data-element-id=verify]")
            times.append((perf_counter() - started) * 1000)
            page.close()
    return median(times)
