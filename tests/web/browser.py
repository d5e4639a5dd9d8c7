"""What the tests of the pages share: the product as processes, people with a browser each, pictures.

Pages are driven as people drive them: by the names of fields and buttons. Waiting is polling with a long limit,
because the machine may be busy.
"""

import os
import re
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from multiprocessing import forkserver, get_context, set_start_method
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TypeVar

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from app.demo.people import PASSWORD, PIN
from app.demo.run import free_port, wait_for
from config import Config

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
             "--disable-sync", "--no-first-run"]
DESKTOP, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}
AXE = ROOT / "node_modules/axe-core/axe.min.js"
#: mark of tests that look at pages with axe-core
needs_axe = pytest.mark.skipif(not AXE.exists(), reason="axe-core is absent (npm ci)")
_SERIOUS = """outside => axe.run(outside.length ? {exclude: outside} : document, {resultTypes: ['violations']})
  .then(({violations}) => violations.filter(({impact}) => impact === 'serious' || impact === 'critical')
  .map(({id, nodes}) => `${id}: ${nodes.slice(0, 3).map(node => node.target.join(' ')).join(', ')}`))"""
#: longest wait for anything, seconds
PATIENCE = 60
#: folder for the pictures of the README; empty = none are taken
PICTURES = os.environ.get("QLVB_PICTURES", "")

#: doors come from one process that has read the house already: reading it takes each of them 4 s of a processor
_DOORS = get_context("forkserver")

expect.set_options(timeout=PATIENCE * 1000)
Found = TypeVar("Found")


class Site:
    """The product running: the doors that are named, each a process ("serve" the pages, "worker", "clock").

    They are the commands of `bin/qlvb`; only the reading of the Python files is done before. test_killed_worker.py
    and bin/demo start them from nothing.
    """

    def __init__(self, config: Config, *doors: str) -> None:
        self.port, self.config = free_port(), config
        self.base = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **os.environ, "QLVB_ENV": "demo", "QLVB_DATA": str(config.data), "DATABASE_URL": config.database_url,
            "QLVB_EXCHANGE_URL": config.exchange_url, "QLVB_EXCHANGE_SECONDS": "3", "QLVB_STEP_PAUSE_SECONDS": "1"}
        options = {"serve": ("--port", str(self.port), "--workers", "1")}
        self.running = [self._start(door, *options.get(door, ())) for door in doors]
        wait_for(self.port, self.running)

    def _start(self, *arguments: str) -> "Door":
        _read_house()
        process = _DOORS.Process(target=_open_door, name=arguments[0],
                                 args=(arguments, self.environment, self.config.data / f"{arguments[0]}.log"))
        process.start()
        return Door(process)

    def logs(self) -> str:
        """The last words of each process, to be read when a test fails."""
        return "\n".join(f"== {path.name}\n{path.read_text()[-3000:]}" for path in self.config.data.glob("*.log"))

    def stop(self) -> None:
        """End all, and wait for it."""
        for door in self.running:
            door.process.terminate()
        for door in self.running:
            door.process.join(20)
            if door.poll() is None:
                door.process.kill()
                door.process.join()


@dataclass
class Door:
    """A process of the product."""

    process: BaseProcess

    def poll(self) -> int | None:
        """Its exit code; None while it runs."""
        return self.process.exitcode


@cache
def _read_house() -> None:
    """Begin the process that the doors are forked from; Python 3.11 does not tell it where modules are found."""
    _DOORS.set_forkserver_preload(["house_read"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join((str(ROOT), str(Path(__file__).parent))))
        forkserver.ensure_running()


def _open_door(arguments: tuple[str, ...], environment: dict[str, str], log: Path) -> None:
    """In the new process: what `python -m app.cli` finds, and then the command."""
    from app.cli import cli

    with open(log, "ab") as out, open(os.devnull) as nothing:
        for number, stream in ((0, nothing), (1, out), (2, out)):
            os.dup2(stream.fileno(), number)
    set_start_method("fork", force=True)  # as a command finds it
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(ROOT)
    os.environ.clear()
    os.environ.update(environment)
    cli(arguments)


@dataclass
class Person:
    """Somebody with a browser of their own, logged in."""

    site: Site
    context: BrowserContext
    page: Page
    #: what the browser's console complained about
    complaints: list[str] = field(default_factory=list)

    def go(self, path: str) -> Page:
        """Open a page of the product."""
        self.page.goto(self.site.base + path)
        return self.page

    def field(self, label: str) -> Locator:
        """The input of a form field, by its label."""
        return self.page.get_by_label(re.compile(rf"^{re.escape(label)}"), exact=False).first

    def choose(self, label: str, words: str) -> None:
        """Choose in a list in which one can search (form-js select and taglist)."""
        box = self.page.locator(".fjs-form-field", has=self.page.locator("label", has_text=label)).last
        box.locator("input[type=text]").click()
        box.locator("input[type=text]").fill(words)
        box.locator(".fjs-dropdownlist-item", has_text=words).first.click()
        box.locator("input[type=text]").blur()

    def finish(self) -> None:
        """Press "Hoàn thành" and wait until the page is left."""
        was = self.page.url
        self.page.get_by_role("button", name="Hoàn thành").click()
        self.page.wait_for_url(lambda url: url != was, timeout=PATIENCE * 1000)

    def task(self, words: str, label: str) -> Page:
        """Open the task of this label on the document of these words, as soon as it is in the inbox."""
        row = f"a[data-row]:has-text('{words}'):has(.label:text-is('{label}'))"

        def look() -> bool:
            self.go("/viec")
            return self.page.locator(row).count() > 0

        until(look, lambda: f"no task {label!r} on {words!r}: {self.page.locator('main').inner_text()!r}")
        self.page.locator(row).first.click()
        self.page.wait_for_url(re.compile(r"/viec/\d+"))
        self.page.locator("#form .fjs-form-field").first.wait_for()
        return self.page

    def sign(self, pin: str = PIN) -> None:
        """Type the PIN."""
        self.field("Mã PIN").fill(pin)

    def picture(self, name: str, *, ready: str = "") -> None:
        """Keep what is on the screen, if pictures are wanted; `ready` waits for an element first."""
        if not PICTURES:
            return
        if ready:
            self.page.locator(ready).first.wait_for()
        self.page.wait_for_load_state("networkidle")
        Path(PICTURES).mkdir(parents=True, exist_ok=True)
        path = Path(PICTURES, f"{name}.png")
        self.page.screenshot(path=path)
        _shrink(path)


def log_in(chromium: Browser, site: Site, slug: str, username: str, size: dict[str, int] | None = None) -> Person:
    """A new browser window in which this person of this agency is logged in."""
    context = chromium.new_context(viewport=size or DESKTOP, locale="vi-VN", timezone_id="Asia/Ho_Chi_Minh")
    context.set_default_timeout(PATIENCE * 1000)
    person = Person(site, context, context.new_page())
    listen(person)
    person.go(f"/dang-nhap?coquan={slug}")
    enter(person.page, username)
    expect(person.page.locator(".side .brand")).to_be_visible()
    return person


def enter(page: Page, username: str) -> None:
    """Fill in and send the log-in form."""
    page.get_by_label("Tên đăng nhập").fill(username)
    page.get_by_label("Mật khẩu").fill(PASSWORD)
    page.get_by_role("button", name="Đăng nhập").click()


def listen(person: Person) -> None:
    """Write down errors of the console and of scripts."""
    page, heard = person.page, person.complaints
    page.on("console", lambda said: heard.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: heard.append(str(error)))


def until(look: Callable[[], Found], words: Callable[[], str], seconds: float = PATIENCE) -> Found:
    """The first true answer of `look`; AssertionError with the words of that moment when none came in time."""
    limit = time.monotonic() + seconds
    while True:
        if found := look():
            return found
        assert time.monotonic() < limit, words()
        time.sleep(0.25)


def serious(page: Page, *outside: str) -> list[str]:
    """What axe-core finds serious or critical on the page as it is now, but for what lies in `outside` (selectors)."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text() + ";0")
    return page.evaluate(_SERIOUS, [[one] for one in outside])


def too_wide(page: Page) -> int:
    """By how many pixels the page, or the bar that lies over its foot, sticks out of the screen; 0 or less: not at all.

    What is fixed to the screen makes no page wider.
    """
    return page.evaluate("""Math.max(document.documentElement.scrollWidth, ...Array.from(
        document.querySelectorAll(".bar > *"), one => Math.floor(one.getBoundingClientRect().right)))
        - document.documentElement.clientWidth""")


def attach(locator: Locator, name: str, data: bytes, media_type: str) -> None:
    """Choose a file in an input of kind file."""
    locator.set_input_files([{"name": name, "mimeType": media_type, "buffer": data}])


def _shrink(path: Path) -> None:
    """256 colours are enough for a page: half of the bytes, and the seal stays red."""
    from PIL import Image

    with Image.open(path) as picture:
        small = picture.convert("RGB").quantize(colors=256, kmeans=3, dither=Image.Dither.NONE)
    small.save(path, optimize=True)


def looked(person: Person, name: str) -> None:
    """Both sizes: nothing sticks out, axe-core finds nothing serious, no error in the console; pictures where asked."""
    page, pictures = person.page, os.environ.get("QLVB_LOOKS", "")
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)
        assert too_wide(page) <= 0, name
        assert serious(page) == [], name
        if pictures:
            page.wait_for_timeout(1500)
            page.screenshot(path=f"{pictures}/{name}-{size['width']}.png", full_page=True)
    page.set_viewport_size(DESKTOP)
    assert person.complaints == [], name
