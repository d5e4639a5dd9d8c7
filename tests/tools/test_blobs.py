"""Files by content, on a real disk."""

import hashlib
import io
import os
import threading

import pytest

from app.tools.blobs import BlobMissing, Blobs, DiskFull, TooLarge


@pytest.fixture
def blobs(tmp_path):
    return Blobs(tmp_path / "blobs")


def files(blobs):
    return sorted(p for p in blobs.folder.rglob("*") if p.is_file())


def test_a_file_is_named_by_its_content(blobs):
    sha256 = blobs.put(b"cong van")
    assert sha256 == hashlib.sha256(b"cong van").hexdigest()
    assert blobs.read(sha256) == b"cong van"
    assert blobs.size(sha256) == 8
    assert blobs.has(sha256)
    with blobs.open(sha256) as stream:
        assert stream.read(4) == b"cong"


def test_the_same_content_twice_is_one_file(blobs):
    assert blobs.put(b"x") == blobs.put(io.BytesIO(b"x"))
    assert len(files(blobs)) == 1


def test_a_stream_longer_than_a_chunk_is_kept_whole(blobs):
    data = os.urandom(3 * 1024 * 1024 + 17)
    assert blobs.read(blobs.put(io.BytesIO(data))) == data


def test_beyond_the_limit_nothing_is_left_behind(blobs):
    assert blobs.put(b"12345", limit=5)
    before = files(blobs)
    with pytest.raises(TooLarge) as refused:
        blobs.put(b"123456", limit=5)
    assert refused.value.status == 413 and refused.value.facts == {"limit": 5}
    assert files(blobs) == before


def test_a_stream_that_breaks_leaves_nothing_behind(blobs):
    class Broken(io.RawIOBase):
        calls = 0

        def read(self, size=-1):
            self.calls += 1
            if self.calls > 1:
                raise ConnectionResetError
            return b"half"

    with pytest.raises(ConnectionResetError):
        blobs.put(Broken())
    assert files(blobs) == []


def test_a_full_disk_is_said_and_leaves_nothing_behind(tmp_path):
    class Full(io.RawIOBase):
        def read(self, size=-1):
            raise OSError(28, "No space left on device")

    blobs = Blobs(tmp_path / "blobs")
    with pytest.raises(DiskFull) as refused:
        blobs.put(Full())
    assert refused.value.status == 503
    assert files(blobs) == []


def test_what_was_deleted_is_gone_and_deleting_again_is_no_error(blobs):
    sha256 = blobs.put(b"x")
    blobs.delete(sha256)
    blobs.delete(sha256)
    assert not blobs.has(sha256)
    for ask in (blobs.read, blobs.open, blobs.size):
        with pytest.raises(BlobMissing):
            ask(sha256)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "a" * 63, "a" * 64 + "\n"])
def test_only_a_sha256_is_a_name(blobs, name):
    assert not blobs.has(name)
    with pytest.raises(BlobMissing):
        blobs.path(name)


def test_files_are_closed_to_other_users_of_the_machine(blobs):
    sha256 = blobs.put(b"x")
    assert blobs.path(sha256).stat().st_mode & 0o077 == 0
    assert blobs.folder.stat().st_mode & 0o077 == 0


def test_many_writers_of_one_content_agree(blobs):
    data, found = os.urandom(200_000), []
    writers = [threading.Thread(target=lambda: found.append(blobs.put(data))) for _ in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert set(found) == {hashlib.sha256(data).hexdigest()} and len(found) == 8
    assert blobs.read(found[0]) == data
    assert len(files(blobs)) == 1
