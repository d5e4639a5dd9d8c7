"""Copies of seals outside: what is in the way is said, and nothing is written over (S12)."""

import os
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
