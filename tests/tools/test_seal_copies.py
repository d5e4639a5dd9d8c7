"""Copies of seals outside: what is in the way is said, and nothing is written over (S12)."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.tools.seal_copies import Copies, CopyImpossible, _why

SEAL = {"number": 1, "hash": "a"}


def test_s12_a_copy_is_put_once_and_read_back(tmp_path: Path) -> None:
    copies = Copies(tmp_path / "own", "2", is_own=True)
    assert (copies.numbers(), copies.trouble(), copies.alterable()) == (set(), "", 0)
    copies.put(1, SEAL)
    copies.put(1, SEAL | {"hash": "b"})
    assert copies.numbers() == {1} and copies.read(1) == SEAL and copies.read(2) == {}
    assert [name for name in os.listdir(copies.folder) if name != "1.json"] == [], "nothing is left lying about"
    assert copies.alterable() == 0, "a young one may still be its writer's"
    os.utime(copies.folder / "1.json", (0, 0))
    assert copies.alterable() == 1, "this process could take it away"


def test_s12_a_folder_of_another_owner_is_never_made_here(tmp_path: Path) -> None:
    copies = Copies(tmp_path / "not-mounted", "2", is_own=False)
    assert copies.trouble() == "absent"
    with pytest.raises(CopyImpossible) as refusal:
        copies.put(1, SEAL)
    assert refusal.value.facts["why"] == "absent" and not (tmp_path / "not-mounted").exists()


def test_s12_a_file_in_the_place_of_the_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    copies = Copies(tmp_path / "file", "2", is_own=False)
    assert copies.trouble() == "no_folder"
    with pytest.raises(CopyImpossible) as refusal:
        copies.put(1, SEAL)
    assert refusal.value.facts["why"] == "no_folder"


def test_s12_a_full_disk_is_said(tmp_path: Path) -> None:
    """What the kernel answers on a full disk, from the one device that always is; a link in the way is not followed."""
    with pytest.raises(OSError) as full, open("/dev/full", "w") as sink:
        sink.write("x")
    assert _why(full.value) == "full"
    copies = Copies(tmp_path, "2", is_own=True)
    copies.folder.mkdir()
    (tmp_path / "other").write_text("kept")
    (copies.folder / f".1.{os.getpid()}").symlink_to(tmp_path / "other")
    with pytest.raises(CopyImpossible):
        copies.put(1, SEAL)
    assert (tmp_path / "other").read_text() == "kept"
    copies.put(1, SEAL)
    assert copies.read(1) == SEAL, "the link is gone, and the next try works"


@contextmanager
def as_another(folder: Path) -> Iterator[None]:
    """What follows is done by an account that is not root, of root's group; `folder` lies where it can come to."""
    try:
        os.seteuid(65534)
        yield
    finally:
        os.seteuid(0)
    assert folder.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another account")
@pytest.mark.parametrize(("mode", "trouble"), [(0o1730, "not_readable"), (0o1750, "not_writable"), (0o1770, ""),
                                               (0o1760, "not_readable")])
def test_s12_a_folder_that_this_account_may_not_use_is_said(mode: int, trouble: str) -> None:
    """The folder is of another account and of our group: what cannot be listed is not taken for an empty folder."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        copies = Copies(Path(name), "2", is_own=False)
        copies.put(1, SEAL)
        os.utime(copies.folder / "1.json", (0, 0))
        copies.folder.chmod(mode)
        with as_another(copies.folder):
            assert copies.trouble() == trouble and copies.alterable() == 0
            if trouble == "not_readable":
                with pytest.raises(CopyImpossible) as refusal:
                    copies.numbers()
                assert refusal.value.facts["why"] == trouble
            else:
                assert copies.numbers() == {1} and copies.read(1) == SEAL
            if not trouble:
                copies.put(2, SEAL)
                os.utime(copies.folder / "2.json", (0, 0))
                assert copies.alterable() == 1, "its own until the other account has taken it over"
        Path(name).chmod(0o700)
        with as_another(Path(name)):
            assert copies.trouble() == "not_readable" and copies.alterable() == 0


@pytest.mark.parametrize("number", [errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP])
def test_s12_a_mount_without_hard_links_takes_copies_once_too(tmp_path: Path, number: int) -> None:
    """A mounted bucket (s3fs, rclone, SMB) says one of these to link(2)."""
    def link(_kept: object, _place: object) -> None:
        raise OSError(number, os.strerror(number))

    copies = Copies(tmp_path, "2", is_own=False, link=link)
    copies.put(1, SEAL)
    copies.put(1, SEAL | {"hash": "b"})
    assert copies.read(1) == SEAL and os.listdir(copies.folder) == ["1.json"]
    assert (copies.folder / "1.json").stat().st_mode & 0o777 == 0o444
