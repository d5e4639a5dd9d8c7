"""The folder that a copier writes to: what lies there finished, read safely, put away (Art. 6.2.a; security.md S7).

`look` opens nothing. A file is finished when two looks saw it unchanged; that is the caller's to remember. What is no
plain file of its own (a link, a pipe, a hard link to something else) is named as such and never opened. Names are
data: the names under which files are put away are made here. It knows no database.
"""

import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.refusal import Refusal
from app.tools.media import clean_name

#: where taken and refused files go, inside the folder; neither is looked into
DONE, REFUSED = "_da-nhan", "_tu-choi"
#: a file of such a name is still being written, or is nobody's scan
_OPEN = (".tmp", ".temp", ".part", ".partial", ".filepart", ".crdownload", ".lock", ".swp", ".writing")
#: most files of one look; the others come next time
MOST = 500


class NotAFile(Refusal):
    """What lies in the scan folder is a link, a pipe or anything but a plain file of its own."""

    code = "scan_not_a_file"


class StillWritten(Refusal):
    """The file changed while it was read."""

    code = "scan_still_written"


@dataclass(frozen=True)
class Found:
    """One file of the scan folder."""

    #: in the folder, as the disk spells it
    place: Path
    #: name of the sub-folder, "" at the top
    folder: str
    #: name as data, fit for a page and a record
    name: str
    size_bytes: int
    #: of what lies there now: the same again = nobody has touched it
    state: str
    is_plain: bool


def look(folder: Path) -> Iterator[Found]:
    """What lies in the folder and in its sub-folders, one level deep, by name; hidden ones are not seen."""
    for place in sorted(_entries(folder)):
        if _is_folder(place):
            for inner in sorted(_entries(place)):
                if not _is_folder(inner):
                    yield _found(inner, place.name)
        else:
            yield _found(place, "")


def read(found: Found, most_bytes: int) -> bytes:
    """The content, at most so many bytes and one more. Raises NotAFile, StillWritten.

    The file is opened without following a link, and must be the one that was looked at, before and after.
    """
    if not found.is_plain:
        raise NotAFile()
    try:
        descriptor = os.open(found.place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOENT, errno.ENXIO):
            raise StillWritten() from error
        raise
    with os.fdopen(descriptor, "rb") as stream:
        if _state(os.fstat(descriptor)) != found.state:
            raise StillWritten()
        data = stream.read(most_bytes + 1)
        if _state(os.fstat(descriptor)) != found.state:
            raise StillWritten()
    return data


def put_away(found: Found, root: Path, folder: str, name: str) -> None:
    """Move it to DONE or REFUSED of the scan folder under a name made here; what is gone already is no error."""
    target = root / folder
    target.mkdir(mode=0o770, exist_ok=True)
    place = target / name
    if place.exists():  # moved before, and the copier has written another of that name: it is looked at anew
        return
    try:
        os.rename(found.place, place)
    except FileNotFoundError:
        return


def remove(found: Found) -> None:
    """Delete it, unless the copier has written another in its place meanwhile; what is gone already is no error."""
    if _found(found.place, found.folder).state == found.state:
        found.place.unlink(missing_ok=True)


def _entries(folder: Path) -> list[Path]:
    """Names that are not hidden, reserved or temporary."""
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return []
    names = [name for name in names if not name.startswith((".", "~")) and name not in (DONE, REFUSED)
             and not name.lower().endswith(_OPEN)]
    return [folder / name for name in sorted(names)[:MOST]]


def _is_folder(place: Path) -> bool:
    try:
        return stat.S_ISDIR(os.lstat(place).st_mode)
    except FileNotFoundError:
        return False


def _found(place: Path, folder: str) -> Found:
    try:
        seen = os.lstat(place)
    except FileNotFoundError:
        return Found(place, _text(folder), _text(place.name), 0, "", False)
    is_plain = stat.S_ISREG(seen.st_mode) and seen.st_nlink == 1
    return Found(place, _text(folder), _text(place.name), seen.st_size, _state(seen), is_plain)


def _state(seen: os.stat_result) -> str:
    return f"{seen.st_dev}:{seen.st_ino}:{seen.st_size}:{seen.st_mtime_ns}"


def _text(name: str) -> str:
    """A name of the disk as data: bytes that are no UTF-8 become a mark."""
    return clean_name(os.fsencode(name).decode("utf-8", "replace"), instead="?") if name else ""
