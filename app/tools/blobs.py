"""Files by content: put, open, delete by sha256, on disk.

`put` returns only when the bytes and their name are on the disk (fsync of file and folder), so a row that
names a blob never names a lost one; an orphan is harmless. A file is written beside its place and moved there
in one step, so nobody ever reads half of it. It does not know what a file is (media.py) nor who may read it.
"""

import errno
import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from app.refusal import Refusal

#: bytes read at a time
CHUNK_BYTES = 1024 * 1024

_SHA256 = re.compile(r"[0-9a-f]{64}")


class TooLarge(Refusal):
    """The file is larger than the limit."""

    code, status = "file_too_large", 413


class DiskFull(Refusal):
    """No room left on the disk of the files; nothing was stored."""

    code, status = "disk_full", 503


class BlobMissing(Refusal):
    """No such file is stored: its content was removed, or the name is no sha256."""

    code, status = "file_missing", 404


class Blobs:
    """A folder of files, each named by the sha256 of its content; safe in many processes at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, sha256: str) -> Path:
        """Where the blob lies or would lie. Raises BlobMissing for what is not a sha256."""
        if not _SHA256.fullmatch(sha256):
            raise BlobMissing()
        return self.folder / sha256[:2] / sha256[2:4] / sha256

    def put(self, data: bytes | BinaryIO, limit: int | None = None) -> str:
        """Store and return the sha256; the same content twice is one file.

        Raises TooLarge beyond `limit` bytes, reading no further, and DiskFull; both leave nothing behind.
        """
        source = BytesIO(data) if isinstance(data, bytes) else data
        try:
            return self._store(source, limit)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise DiskFull() from error
            raise

    def read(self, sha256: str) -> bytes:
        """The whole content."""
        with self.open(sha256) as stream:
            return stream.read()

    def open(self, sha256: str) -> BinaryIO:
        """The content as a stream, to be closed by the caller."""
        try:
            return open(self.path(sha256), "rb")
        except FileNotFoundError as error:
            raise BlobMissing() from error

    def has(self, sha256: str) -> bool:
        """Whether the content is stored."""
        return bool(_SHA256.fullmatch(sha256)) and self.path(sha256).is_file()

    def size(self, sha256: str) -> int:
        """Length in bytes."""
        try:
            return self.path(sha256).stat().st_size
        except FileNotFoundError as error:
            raise BlobMissing() from error

    def delete(self, sha256: str) -> None:
        """Remove the content, also what was put aside (Art. 3.2); what is not there is no error."""
        place = self.path(sha256)
        for one in (place, self.folder / "aside" / sha256):
            one.unlink(missing_ok=True)
        if place.parent.is_dir():
            _fsync_folder(place.parent)

    def older(self, before: datetime) -> Iterator[str]:
        """The blobs that were last stored before then, in no order."""
        for place in self.folder.glob("??/??/*"):
            if _SHA256.fullmatch(place.name) and _is_older(place, before):
                yield place.name

    def put_aside(self, sha256: str, before: datetime) -> bool:
        """Take it out of the store if it was last stored before then, also when somebody stores it anew just now;
        whether it went. From now on it lies in the folder `aside` until `clear`.
        """
        place, aside = self.path(sha256), self._folder(self.folder / "aside") / sha256
        if not _is_older(place, before):
            return False
        os.replace(place, aside)
        if not _is_older(aside, before):  # stored between the look and the move
            os.replace(aside, place)
            return False
        os.utime(aside)
        for folder in (place.parent, aside.parent):
            _fsync_folder(folder)
        return True

    def clear(self, before: datetime) -> int:
        """Remove what was put aside before then, or begun to be stored by a process that was killed; how much."""
        old = [piece for name in ("incoming", "aside") for piece in self._folder(self.folder / name).iterdir()
               if _is_older(piece, before)]
        for piece in old:
            piece.unlink(missing_ok=True)
        return len(old)

    def _store(self, source: BinaryIO, limit: int | None) -> str:
        incoming = self._folder(self.folder / "incoming")
        descriptor, name = tempfile.mkstemp(dir=incoming)
        try:
            with os.fdopen(descriptor, "wb") as sink:
                sha256 = _copy(source, sink, limit)
                sink.flush()
                os.fsync(sink.fileno())
            place = self.path(sha256)
            self._folder(place.parent)
            os.replace(name, place)  # over the same content: harmless, and heals a damaged copy
            _fsync_folder(place.parent)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        return sha256

    def _folder(self, folder: Path) -> Path:
        """Make the folder with its parents, each name on the disk before the next."""
        if not folder.is_dir():
            if folder != folder.parent:
                self._folder(folder.parent)
            folder.mkdir(mode=0o700, exist_ok=True)
            _fsync_folder(folder.parent)
        return folder


def _is_older(place: Path, before: datetime) -> bool:
    """Whether there is such a file, and it was last written before then."""
    try:
        return place.stat().st_mtime < before.timestamp()
    except FileNotFoundError:
        return False


def _copy(source: BinaryIO, sink: BinaryIO, limit: int | None) -> str:
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(CHUNK_BYTES):
        size += len(chunk)
        if limit is not None and size > limit:
            raise TooLarge(limit=limit)
        digest.update(chunk)
        sink.write(chunk)
    return digest.hexdigest()


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
