"""The product in a browser: processes of its own on the test's database, and Chromium."""

from collections.abc import Iterator

import pytest
from browser import ARGUMENTS, CHROMIUM, ROOT, Site
from playwright.sync_api import Browser, sync_playwright


@pytest.fixture
def chromium() -> Iterator[Browser]:
    """A browser per test: Playwright's loop must not outlive it, others run loops of their own."""
    if CHROMIUM is None:
        pytest.skip("chromium is absent")
    if not (ROOT / "app/web/static/dist/task.js").exists():
        pytest.skip("the bundle of the browser's programs is absent (bin/test makes it)")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def pages(world) -> Iterator[Site]:
    """The pages as a process of their own; nobody works on jobs."""
    yield from _running(Site(world.config, "serve"))


@pytest.fixture
def site(world) -> Iterator[Site]:
    """Pages, worker and clock as processes of their own."""
    yield from _running(Site(world.config, "serve", "worker", "clock"))


def _running(site: Site) -> Iterator[Site]:
    yield site
    site.stop()
    print(site.logs())  # shown with a test that fails
