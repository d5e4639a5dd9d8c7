"""Copies of seals in a folder outside, which should belong to another owner (security.md S12).

A copy that is there is never written over. A bucket or another machine is a folder that the operator mounts or
carries away (docs/seals.md). It knows no table and judges no seal.
"""

import errno
import json
import os
import re
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from app.refusal import Refusal

_COPY = re.compile(r"([0-9]{1,12})\.json")
#: a copy younger than this may still be its writer's, seconds
YOUNG_SECONDS = 86400


class CopyImpossible(Refusal):
    """A seal could not be put outside: folder gone, not writable, disk full."""

    code, status = "copy_impossible", 503


class Copies:
    """The copies of one agency's seals."""

    def __init__(self, folder: Path, owner: str, *, is_own: bool) -> None:
        """`is_own`: the folder is the installation's and made by it; one of another owner is never made here."""
        self.root, self.is_own = folder, is_own
        self.folder = folder / re.sub(r"[^A-Za-z0-9._-]", "_", owner)

    def numbers(self) -> set[int]:
        """The numbers that have a copy."""
        try:
            return {int(named[1]) for name in os.listdir(self.folder) if (named := _COPY.fullmatch(name))}
        except OSError:
            return set()

    def read(self, number: int) -> dict[str, Any]:
        """One copy; one that cannot be read is an empty seal, and so differs from its own."""
        try:
            found = json.loads((self.folder / f"{number}.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def put(self, number: int, seal: dict[str, Any]) -> None:
        """Put a seal outside, once, for reading only. Raises CopyImpossible."""
        place, fresh = self.folder / f"{number}.json", self.folder / f".{number}.{os.getpid()}"
        try:
            self.folder.mkdir(parents=self.is_own, exist_ok=True)
            kept = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
            with open(kept, "w", encoding="utf-8") as sink:
                json.dump(seal, sink, sort_keys=True)
                sink.flush()
                os.fsync(sink.fileno())
            fresh.chmod(0o444)
            os.link(fresh, place)
        except FileExistsError:
            pass
        except OSError as error:
            raise CopyImpossible(folder=str(self.folder), seal=number, why=_why(error)) from error
        finally:
            with suppress(OSError):
                fresh.unlink()

    def trouble(self) -> str:
        """Why no copy could be put here now: absent, no_folder, not_writable; empty: nothing is in the way."""
        place = self.folder if self.folder.exists() else self.root
        if not place.exists():
            return "" if self.is_own else "absent"
        if not place.is_dir():
            return "no_folder"
        return "" if os.access(place, os.W_OK | os.X_OK) else "not_writable"

    def alterable(self) -> int:
        """How many copies of yesterday and before this process could still alter or take away."""
        if not self.folder.is_dir():
            return 0
        me, limit = os.geteuid(), time.time() - YOUNG_SECONDS
        folder = self.folder.stat()
        is_free = me in (0, folder.st_uid) or (os.access(self.folder, os.W_OK) and not folder.st_mode & stat.S_ISVTX)
        found = 0
        with os.scandir(self.folder) as entries:
            for entry in entries:
                if _COPY.fullmatch(entry.name):
                    kept = entry.stat(follow_symlinks=False)
                    found += kept.st_mtime < limit and (is_free or kept.st_uid == me)
        return found


def _why(error: OSError) -> str:
    return {errno.ENOSPC: "full", errno.EDQUOT: "full", errno.ENOENT: "absent", errno.ENOTDIR: "no_folder",
            errno.EACCES: "not_writable", errno.EPERM: "not_writable", errno.EROFS: "not_writable"}.get(
                error.errno or 0, os.strerror(error.errno or 0))
