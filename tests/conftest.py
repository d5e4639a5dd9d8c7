"""The known world of the tests: one PostgreSQL and one demo PKI per run, one cloned database per test.

A template database is migrated once and holds two agencies with their people, registers and diagrams. A test
that asks for `world` gets its own copy (acts commit, so a rollback would not do), real tools, and a local axis.
The application is wired once: the copies bear one name, one after the other, so that its addresses and its SQL are
compiled once and not by each test; settings, tools and connections are the test's own.
"""

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from argon2 import PasswordHasher
from flask import Flask

from app import collect_seldom
from app.db import db, embedded, migrate, queue, tenancy
from app.demo import people as demo_people
from app.records.agency import Agency
from app.records.people import User
from app.records.verify_seal import UNSEALED_MINUTES
from config import Config

os.environ.setdefault("OMP_THREAD_LIMIT", "1")
collect_seldom()

#: copying a database takes a disk seven times as long as memory, and each test has one of its own: where memory has
#: a folder with room, the databases and the files of the tests lie there
MEMORY, ROOM = Path("/dev/shm"), 4 << 30
if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ROOM:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


@dataclass
class World:
    """An installation with two agencies, and shorthand to act in it."""

    app: Flask
    config: Config
    axis_port: int = 0
    ids: dict[str, int] = field(default_factory=dict)

    def user(self, slug: str, username: str) -> User:
        """A person; inside acting_for."""
        return db.session.scalars(db.select(User).where(User.username == username)).one()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, those with a browser: at the end of a run nobody waits for one of them."""
    items.sort(key=lambda item: "chromium" not in item.fixturenames)


@pytest.fixture(scope="session")
def home() -> Iterator[Path]:
    """A folder for the whole run."""
    folder = Path(tempfile.mkdtemp(prefix="qlvb-test-", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT")))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def cluster(home: Path) -> Iterator[embedded.Cluster]:
    """One PostgreSQL per run: `QLVB_TEST_DATABASE` names another folder to keep it warm between runs."""
    made = embedded.Cluster(Path(os.environ.get("QLVB_TEST_DATABASE", home / "db")), durable=False)
    made.start()
    yield made
    if "QLVB_TEST_DATABASE" not in os.environ:
        made.stop()


@pytest.fixture(scope="session")
def owner(cluster: embedded.Cluster) -> Iterator[psycopg.Connection]:
    """Who makes databases and drops them."""
    with psycopg.connect(queue.libpq(cluster.url("postgres")), autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def keys(home: Path) -> Path:
    """The demo PKI and the agencies' secrets, made once."""
    from app.demo import province

    folder = home / "keys"
    province.make_keys(Config(env="test", data=folder))
    return folder


@dataclass
class Template:
    """A database with the demo province, to clone: made anew before its acts, which nobody seals, are a fault."""

    cluster: embedded.Cluster
    owner: psycopg.Connection
    keys: Path
    made_at: datetime | None = None

    def fresh(self, at: datetime) -> str:
        """Its name. A run of all tests may last longer than acts may stand unsealed."""
        if self.made_at is None or at - self.made_at > timedelta(minutes=UNSEALED_MINUTES) / 2:
            self.made_at = at
            self._make("template_world")
        return "template_world"

    def _make(self, name: str) -> None:
        from app import create_app
        from app.demo import province

        self.owner.execute(f"drop database if exists {name} with (force)")
        self.owner.execute(f"create database {name}")
        migrate.upgrade(self.cluster.url(name))
        app = create_app(Config(env="test", data=self.keys, database_url=self.cluster.url(name)))
        with pytest.MonkeyPatch.context() as patch:  # a log-in costs what its hash says; test_login proves ours
            patch.setattr(province, "hash_password", PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash)
            province.make(app)
        with app.app_context():
            db.engine.dispose()


@pytest.fixture(scope="session")
def provinces(cluster: embedded.Cluster, owner: psycopg.Connection, keys: Path) -> Template:
    """What gives the template, made when the first test asks for it and as often as it grows old."""
    return Template(cluster, owner, keys)


@pytest.fixture
def template(provinces: Template) -> str:
    """The name of the database to clone."""
    return provinces.fresh(datetime.now(UTC))


@pytest.fixture(scope="session")
def wired(cluster: embedded.Cluster, keys: Path) -> Flask:
    """The application; each world gives it settings, tools and a database of its own."""
    from app import create_app

    return create_app(Config(env="test", data=keys, database_url=cluster.url(f"test_{os.getpid()}")))


@pytest.fixture
def database(owner: psycopg.Connection, wired: Flask, template: str) -> Iterator[str]:
    """A database of its own, already holding the province: its address."""
    name = f"test_{os.getpid()}"
    cheaply = "strategy file_copy" if owner.info.server_version >= 150000 else ""  # before, there was no other way
    owner.execute(f"drop database if exists {name} with (force)")
    owner.execute(f"create database {name} template {template} {cheaply}")
    yield wired.config["SQLALCHEMY_DATABASE_URI"]
    owner.execute(f"drop database if exists {name} with (force)")


@pytest.fixture
def world(database: str, wired: Flask, keys: Path, tmp_path: Path) -> Iterator[World]:
    """The province, running: real tools, a local axis on loopback."""
    from app import axis, build_tools

    for name in ("pki", "axis", "axis-secrets.json"):
        source = keys / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    server = axis.serve(tmp_path / "axis", 0)
    port = server.server_address[1]
    config = Config(env="test", data=tmp_path, database_url=database, exchange_url=f"http://127.0.0.1:{port}",
                    step_pause_seconds=0)
    wired.config.update(SETTINGS=config, SECRET_KEY=config.secret_key())
    wired.extensions["tools"] = build_tools(config)
    with wired.app_context():
        ids = {a.slug: a.id for a in db.session.scalars(db.select(Agency))}
        db.session.remove()
    yield World(wired, config, port, ids)
    wired.extensions["tools"].converter.close()
    server.shutdown()
    with wired.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def inside(world: World) -> Iterator[World]:
    """The same, in an application context, behind the wall of the Department of Finance."""
    with world.app.app_context(), tenancy.acting_for(world.ids["stc"]):
        yield world
        db.session.remove()


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of an axis that takes connections and answers nothing."""
    with socket.socket() as there:
        there.bind(("127.0.0.1", 0))
        there.listen(64)
        yield f"http://127.0.0.1:{there.getsockname()[1]}"


@pytest.fixture
def now() -> datetime:
    """A working moment: fixed, so that dates in tests are known."""
    return datetime(2026, 11, 25, 2, 30, tzinfo=UTC)


@pytest.fixture(scope="session")
def passwords() -> dict[str, Any]:
    """What the demo accounts share."""
    return {"password": demo_people.PASSWORD, "pin": demo_people.PIN}
