"""A province of its own for benches: a database beside the others in the embedded cluster, thrown away after."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import psycopg
from flask import Flask

from app import create_app
from app.db import db, embedded, migrate, queue
from app.demo import province
from app.demo.hand import Hands
from app.demo.people import PASSWORD
from app.demo.run import free_port, wait_for
from app.engine import act
from app.records.attachment import Upload
from app.records.document import Document
from config import Config

#: a file that no bench opens
BLANK = "0" * 64
_BUNDLE = Path(__file__).resolve().parents[1] / "web/static/dist"


@dataclass
class BenchWorld:
    """The installation and one agency's hands."""

    app: Flask
    config: Config
    hands: Hands


@contextmanager
def world() -> Iterator[BenchWorld]:
    """The demo province without documents."""
    cluster = embedded.Cluster(Config().data)
    cluster.start()
    name = f"bench_{os.getpid()}"
    with psycopg.connect(queue.libpq(cluster.url("postgres")), autocommit=True) as admin:
        admin.execute(f"create database {name}")
        try:
            with tempfile.TemporaryDirectory(prefix="qlvb-bench-") as folder:
                yield from _province(cluster.url(name), Path(folder))
        finally:
            admin.execute(f"drop database {name} with (force)")


def _province(url: str, folder: Path) -> Iterator[BenchWorld]:
    migrate.upgrade(url)
    config = Config(env="test", data=folder, database_url=url)
    province.make_keys(config)
    app = create_app(config)
    province.make(app)
    try:
        yield BenchWorld(app, config, Hands(app, "stc"))
    finally:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
        app.extensions["tools"].converter.close()


def drafts_at_review(world: BenchWorld, count: int) -> list[int]:
    """`count` drafts whose review waits for the head of unit; returns the ids of those tasks."""
    hands, found = world.hands, []
    with hands.inside():
        officer, leader = hands.user("chuyenvien"), hands.user("lanhdao")
        at = datetime.now(UTC)
        db.session.add(Upload(agency_id=officer.agency_id, sha256=BLANK, name="dự thảo.docx",
                              media_type="application/x", size_bytes=1, user_id=officer.id, at=at))
        db.session.commit()
        for number in range(count):
            document = Document(agency_id=officer.agency_id, direction="outgoing", status="draft",
                                type_name="Công văn", exchange_form="electronic", subject=f"V/v số liệu {number}",
                                unit_id=officer.unit_id, author_id=officer.id, created_at=at)
            act.start("outgoing_electronic", document, actor=officer, at=at,
                      data={"kind": "fresh", "author_id": officer.id, "unit_id": officer.unit_id})
            row = hands.waiting("draft", document.id)
            act.complete_task(row.id, officer, row.version, {
                "subject": document.subject, "addressees": [], "recipients": [], "approver_id": str(leader.id),
                "priority": "0", "draft_file": BLANK, "decision": "submit"})
            found.append(hands.waiting("review", document.id).id)
    return found


def environment(world: BenchWorld) -> dict[str, str]:
    """In which a command of the product finds this province."""
    return {**os.environ, "DATABASE_URL": world.config.database_url, "QLVB_DATA": str(world.config.data),
            "QLVB_ENV": "test"}


@contextmanager
def served(world: BenchWorld, workers: int = 2) -> Iterator[str]:
    """The pages over HTTP, as in production; gives the address."""
    port = free_port()
    child = subprocess.Popen([sys.executable, "-m", "app.cli", "serve", "--port", str(port), "--workers", str(workers)],
                             env=environment(world), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                             start_new_session=True)
    try:
        wait_for(port, [child])
        time.sleep(0.3)
        yield f"http://127.0.0.1:{port}"
    finally:
        stop(child)


def stop(child: subprocess.Popen, seconds: float = 10) -> None:
    """End a process that leads a group of its own; not gone in time, it is killed with all it started."""
    child.terminate()
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def logged_in(address: str, username: str) -> httpx.Client:
    """A browser's cookies and the CSRF token in its headers."""
    client = httpx.Client(base_url=address, timeout=30, trust_env=False)
    token = _token(client.get("/dang-nhap").text)
    answer = client.post("/dang-nhap", data={"coquan": "stc", "username": username, "password": PASSWORD,
                                             "csrf_token": token})
    if answer.status_code != 302:
        raise RuntimeError(f"log-in failed: {answer.status_code}")
    client.headers["X-CSRFToken"] = _token(client.get("/doi-mat-khau").text)
    return client


@contextmanager
def browsing(client: httpx.Client) -> Iterator[Any]:
    """A window of Chromium in the session of `client`, whose base is the address; None without a browser."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None or find_spec("playwright") is None or not _BUNDLE.exists():
        yield None
        return
    from playwright.sync_api import sync_playwright

    address = str(client.base_url)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="vi-VN", base_url=address)
        context.add_cookies([{"name": one.name, "value": one.value or "", "url": address}
                             for one in client.cookies.jar])
        yield context
        browser.close()


def again(client: httpx.Client) -> httpx.Client:
    """Another connection of the same session: a person has at most three sessions."""
    return httpx.Client(base_url=client.base_url, cookies=client.cookies, headers=client.headers, timeout=30,
                        trust_env=False)


def _token(page: str) -> str:
    start = page.index('name="csrf_token"')
    value = page.index('value="', start) + 7
    return page[value:page.index('"', value)]
