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
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from app.refusal import Refusal

_COPY = re.compile(r"([0-9]{1,12})\.json")
#: what link(2) answers on a mount that has no hard links: a bucket, a Windows share
_NO_LINKS = (errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP)
#: a copy younger than this may still be its writer's, seconds
YOUNG_SECONDS = 86400


class CopyImpossible(Refusal):
    """A seal could not be put outside: folder gone, not readable, not writable, disk full."""

    code, status = "copy_impossible", 503


class Copies:
    """The copies of one agency's seals."""

    def __init__(self, folder: Path, owner: str, *, is_own: bool,
                 link: Callable[[Path, Path], object] = os.link) -> None:
        """`is_own`: the folder is the installation's and made by it; one of another owner is never made here.

        `link`: gives a file a second name, as the folder's file system does.
        """
        self.root, self.is_own, self._link = folder, is_own, link
        self.folder = folder / re.sub(r"[^A-Za-z0-9._-]", "_", owner)

    def numbers(self) -> set[int]:
        """The numbers that have a copy; no folder yet: none. Raises CopyImpossible: what is there cannot be known."""
        try:
            found = {int(named[1]) for name in os.listdir(self.folder) if (named := _COPY.fullmatch(name))}
            if not _may(self.folder, os.X_OK):
                raise PermissionError(errno.EACCES, "no right to go in")
        except FileNotFoundError:
            return set()
        except OSError as error:
            why = "not_readable" if error.errno in (errno.EACCES, errno.EPERM) else _why(error)
            raise CopyImpossible(folder=str(self.folder), seal=0, why=why) from error
        return found

    def read(self, number: int) -> dict[str, Any]:
        """One copy; one that cannot be read is an empty seal, and so differs from its own."""
        try:
            found = json.loads((self.folder / f"{number}.json").read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def put(self, number: int, seal: dict[str, Any]) -> None:
        """Put a seal outside, once, for reading only. Raises CopyImpossible."""
        place, fresh = self.folder / f"{number}.json", self.folder / f".{number}.{os.getpid()}"
        try:
            self.folder.mkdir(parents=self.is_own, exist_ok=True)
            _write(fresh, seal, os.O_TRUNC)
            try:
                self._link(fresh, place)  # whole at once
            except OSError as error:
                if error.errno not in _NO_LINKS:
                    raise
                _write(place, seal, os.O_EXCL)
        except FileExistsError:
            pass
        except OSError as error:
            raise CopyImpossible(folder=str(self.folder), seal=number, why=_why(error)) from error
        finally:
            with suppress(OSError):
                fresh.unlink()

    def trouble(self) -> str:
        """Why no copy could be put or read here now: absent, no_folder, not_readable, not_writable; empty: nothing."""
        place = self.folder if os.path.exists(self.folder) else self.root
        if not os.path.exists(place):
            return "" if self.is_own else "absent"
        if not place.is_dir():
            return "no_folder"
        if not _may(place, os.X_OK if place == self.root else os.R_OK | os.X_OK):
            return "not_readable"
        return "" if _may(place, os.W_OK) else "not_writable"

    def alterable(self) -> int:
        """How many copies of yesterday and before this process could still alter or take away, as far as it sees."""
        me, limit, found = os.geteuid(), time.time() - YOUNG_SECONDS, 0
        with suppress(OSError):  # trouble() and numbers() say what is in the way
            folder = self.folder.stat()
            is_free = me in (0, folder.st_uid) or (_may(self.folder, os.W_OK) and not folder.st_mode & stat.S_ISVTX)
            with os.scandir(self.folder) as entries:
                for entry in entries:
                    if _COPY.fullmatch(entry.name):
                        kept = entry.stat(follow_symlinks=False)
                        found += kept.st_mtime < limit and (is_free or kept.st_uid == me)
        return found


def _write(place: Path, seal: dict[str, Any], how: int) -> None:
    """The seal as a file for reading only; what a full disk left of it is taken away."""
    kept = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | how, 0o600)
    try:
        with open(kept, "w", encoding="utf-8") as sink:
            json.dump(seal, sink, sort_keys=True)
            sink.flush()
            os.fsync(sink.fileno())
    except OSError:
        with suppress(OSError):
            place.unlink()
        raise
    with suppress(OSError):  # a mount that gives its own rights
        place.chmod(0o444)


def _may(place: Path, how: int) -> bool:
    return os.access(place, how, effective_ids=True)


def _why(error: OSError) -> str:
    return {errno.ENOSPC: "full", errno.EDQUOT: "full", errno.ENOENT: "absent", errno.ENOTDIR: "no_folder",
            errno.EACCES: "not_writable", errno.EPERM: "not_writable", errno.EROFS: "not_writable"}.get(
                error.errno or 0, os.strerror(error.errno or 0))
