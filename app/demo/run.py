"""`bin/demo`: make the demo province if it is not there, then run axis, worker, clock and pages until Ctrl-C.

Each runs as a process of its own, as in production; all end together.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import LiteralString

import click
import psycopg

from app.db import embedded, migrate, queue
from app.demo.people import AGENCIES, PASSWORD, PIN, PROVINCE
from app.refusal import Refusal
from config import Config

#: a part that keeps ending is started again at most so often
LONGEST_PAUSE_SECONDS = 8.0


class PortTaken(Refusal):
    """The port is in use: give another with --port."""

    code, status = "port_taken", 503


def main(port: int, data: str, reset: bool) -> None:
    """Everything, in order, saying what it does."""
    if data:
        os.environ["QLVB_DATA"] = str(Path(data).resolve())
    config = Config()
    if config.production:
        raise SystemExit("QLVB_ENV=production: the demo does not start there. Unset QLVB_ENV for a demo.")
    if not is_free(port):
        raise SystemExit(f"Port {port} is in use. Give another: bin/demo --port {port + 1}")
    if reset:
        _throw_away(config)
    config.data.mkdir(parents=True, exist_ok=True, mode=0o711)
    axis_port = free_port()
    os.environ["QLVB_EXCHANGE_URL"] = f"http://127.0.0.1:{axis_port}"
    os.environ.setdefault("QLVB_EXCHANGE_SECONDS", "5")
    services_port = free_port()
    os.environ["QLVB_SIGN_SERVICE_URL"] = f"ws://127.0.0.1:{services_port}"
    os.environ["QLVB_CSC_URL"] = f"http://127.0.0.1:{services_port}/csc/v1"
    config = Config()
    _say("Database ...")
    url = config.database_url or embedded.Cluster(config.data).start()
    is_new = migrate.upgrade(url)
    running = [_start("axis", "--port", str(axis_port))]
    try:
        if not _is_told(url):
            _province(config, axis_port)
        elif is_new or not _is_told(url, "act where kind = 'taken_over'"):
            _take_over()
        running.append(_start("signature", "service", "--port", str(services_port), "--pin", PIN))
        running += [_start("serve", "--port", str(port)), _start("worker"), _start("clock")]
        _say("Pages ...")
        wait_for(port, running)
        _accounts(port)
        _until_stopped(running)
    finally:
        _stop(running)
        if not config.database_url:
            embedded.Cluster(config.data).stop()


def _is_told(url: str, what: LiteralString = "document") -> bool:
    """Whether province and story are there; without loading the house, so that a second start is quick."""
    with psycopg.connect(queue.libpq(url)) as connection:
        row = connection.execute(f"select exists (select from {what})").fetchone()
    return bool(row and row[0])


def _take_over() -> None:
    from app import create_app, set_up

    set_up.take_over(create_app())


def _province(config: Config, axis_port: int) -> None:
    from app import create_app
    from app.demo import kept, legal_review, province, story
    from app.demo.hand import Hands

    _say("Keys of the demo province ...")
    province.make_keys(config)
    wait_for(axis_port, [])
    app = create_app(config)
    if not province.is_made(app):
        _say("Agencies, people, diagrams ...")
        province.make(app)
    _say("Letters in every stage (real recognition, conversion and signatures; about two minutes) ...")
    story.tell(app, _say)
    kept.tell(app)
    legal_review.leave_open(Hands(app, "stc"))
    app.extensions["tools"].converter.close()


def _throw_away(config: Config) -> None:
    if config.database_url:
        raise SystemExit("--reset throws away the embedded database only; DATABASE_URL is set.")
    if config.data.exists():
        embedded.Cluster(config.data).remove()
        for name in ("blobs", "pki", "axis", "previews"):
            shutil.rmtree(config.data / name, ignore_errors=True)
        (config.data / "axis-secrets.json").unlink(missing_ok=True)


def _start(*arguments: str) -> subprocess.Popen:
    log = open(Config().data / f"{arguments[0]}.log", "ab")
    return subprocess.Popen([sys.executable, "-m", "app.cli", *arguments], stdout=log, stderr=log,
                            stdin=subprocess.DEVNULL, start_new_session=True, cwd=Path(__file__).parents[2])


def is_free(port: int) -> bool:
    """Whether nothing listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port: int, running: list[subprocess.Popen]) -> None:
    """Until something listens; a child that ended says why in its log."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if any(child.poll() is not None for child in running):
            break
        time.sleep(0.05)
    raise SystemExit(f"Nothing answers on port {port}; see the logs in {Config().data}")


def _accounts(port: int) -> None:
    roles = (("vanthu", "văn thư (clerk)"), ("lanhdao", "lãnh đạo (leader)"), ("truongphong", "trưởng phòng (head)"),
             ("chuyenvien", "chuyên viên (officer)"), ("quantri", "quản trị (admin)"),
             ("thanhtra", "thanh tra (auditor)"))
    click.echo(f"\n  QLVB&ĐH (demo)   http://127.0.0.1:{port}/\n")
    click.echo(f"  Agency            {AGENCIES[1].name}  (six others to choose from)")
    for name, role in roles:
        click.echo(f"  {name:16}  {role}")
    click.echo(f"  Province          {PROVINCE.name}")
    click.echo("  thanhtra          sees counts of all agencies, and what their leaders gave him")
    click.echo(f"  password          {PASSWORD}\n  PIN of all keys   {PIN}\n\n  Ctrl-C stops everything.\n")


def revive(running: list[subprocess.Popen], waits: dict[str, tuple[float, float]], now: float) -> None:
    """Start each part that has ended again, in its place, after a pause that grows each time.

    `waits`: part -> (its last pause, when it starts again; 0 while it runs).
    """
    for place, child in enumerate(running):
        if child.poll() is None:
            continue
        part = child.args[3]
        pause, due = waits.get(part, (0.5, 0.0))
        if not due:
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
            waits[part] = (pause, now + pause)
            click.echo(f"{part} has ended, see {Config().data / part}.log; started again in {pause:.0f} s", err=True)
        elif due <= now:
            running[place], waits[part] = _start(*child.args[3:]), (pause, 0.0)


def _until_stopped(running: list[subprocess.Popen]) -> None:
    def stop(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    waits: dict[str, tuple[float, float]] = {}
    try:
        while True:
            time.sleep(0.5)
            revive(running, waits, time.monotonic())
    except KeyboardInterrupt:
        click.echo("\nStopping ...")


def _stop(running: list[subprocess.Popen]) -> None:
    for child in running:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGTERM)
    for child in running:
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)


def _say(words: str) -> None:
    click.echo(words)
