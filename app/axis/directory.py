"""Who is on the local axis: `axis.json`, one secret per agency, readable by its owner only.

A system id is the agency's code: one system speaks for one agency. It stores no packet and checks no
signature.
"""

import fcntl
import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from app.refusal import Refusal

FILE = "axis.json"


class AxisRefused(Refusal):
    """The axis refuses a call; `code` of the facts is the error code of the answer."""

    code = "axis_refused"
    status = 422

    def __init__(self, error: str, text: str) -> None:
        """`error`: the code of the answer (as the national axis answers; 30 and above are this axis' own)."""
        super().__init__(text, code=error)
        self.error = error


@dataclass(frozen=True)
class Member:
    """One agency on the axis."""

    code: str
    name: str
    secret: str
    mail: str = ""
    #: code of the agency above
    parent: str = ""
    #: a locked agency neither sends nor receives
    locked: bool = False


class Directory:
    """The file as last read; read again when it changed, so that an agency can join while the axis runs."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._state: tuple[int, int, int] | None = None
        self._members: dict[str, Member] = {}

    def members(self) -> dict[str, Member]:
        """Give all agencies by code."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return {}
        state = (found.st_mtime_ns, found.st_size, found.st_ino)
        if state != self._state:
            self._members = _load(self._path)
            self._state = state
        return self._members

    def member(self, code: str) -> Member | None:
        """Give one agency, None when it is not on the axis."""
        return self.members().get(code)


def register(
    folder: Path, code: str, name: str, secret: str | None = None, *, mail: str = "", parent: str = ""
) -> str:
    """Put an agency on the axis, or change it, and give its secret; without one, the old or a fresh one stays."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE
    descriptor = os.open(folder / f"{FILE}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        members = _load(path) if path.exists() else {}
        old = members.get(code)
        given = secret or (old.secret if old else secrets.token_hex(32))
        members[code] = Member(code, name, given, mail, parent, old.locked if old else False)
        _save(path, members)
    finally:
        os.close(descriptor)
    return given


def _load(path: Path) -> dict[str, Member]:
    rows = json.loads(path.read_text(encoding="utf-8"))["agencies"]
    return {row["code"]: Member(**row) for row in rows}


def _save(path: Path, members: dict[str, Member]) -> None:
    text = json.dumps({"agencies": [asdict(member) for member in members.values()]}, ensure_ascii=False, indent=1)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make a rename inside the folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
