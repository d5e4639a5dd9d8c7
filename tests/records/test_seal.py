"""Seals of history: what they cover, that they are chained, signed and stamped, and that two sealers make one."""

import hashlib
import subprocess
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import ProgrammingError

from app.db import db, tenancy
from app.records import history, seal
from app.records.verify_chain import Verified
from app.records.verify_seal import Outside, seals
from tests.conftest import World

NOW = datetime.now(UTC)


def note(world: World, subject: str, at: datetime = NOW) -> None:
    history.note(subject, "account_changed", agency_id=world.ids["stc"], at=at, actor_id=None,
                 input={"reason": "Chuyển công tác"})
    db.session.commit()


def take(world: World, at: datetime = NOW) -> Any:
    return seal.take(world.ids["stc"], world.app.extensions["tools"].sealer, at)


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 13])
def test_s12_every_leaf_has_its_way_to_the_root(count: int) -> None:
    leaves = [seal.leaf_hash(f"document:{n}", n, "0" * 64) for n in range(count)]
    for position, leaf in enumerate(leaves):
        found = leaf
        for side, beside in seal.proof(leaves, position):
            pair = bytes.fromhex(beside) + found if side == "left" else found + bytes.fromhex(beside)
            found = hashlib.sha256(b"\1" + pair).digest()
        assert found.hex() == seal.root_of(leaves)
    changed = [*leaves[:-1], seal.leaf_hash("document:999", 1, "0" * 64)]
    assert seal.root_of(changed) != seal.root_of(leaves)


def test_s12_a_seal_covers_the_heads_that_moved_and_follows_the_last(inside: World) -> None:
    first = take(inside)
    assert first.number == 1 and first.previous_hash == history.GENESIS and first.leaves > 0
    assert take(inside) is None, "nothing moved"
    note(inside, "user:1")
    note(inside, "user:2")
    note(inside, "user:2")
    second = take(inside)
    assert (second.number, second.previous_hash) == (2, first.hash)
    kept = {leaf.subject: leaf.number for leaf in seal.leaves_of(second.id)}
    assert set(kept) == {"user:1", "user:2"}
    assert kept["user:2"] == history.head("user:2")[0]
    assert take(inside, NOW + timedelta(hours=25)).leaves == 0, "a day without a seal would hide a restored backup"


def test_s12_an_act_whose_commit_came_late_is_sealed_next_time(inside: World) -> None:
    """Its id is smaller than one that was seen already, and the seals taken meanwhile are close together."""
    take(inside)
    note(inside, "user:1")
    agency = inside.ids["stc"]
    with inside.app.app_context(), tenancy.acting_for(agency):
        history.note("user:3", "account_changed", agency_id=agency, at=NOW, actor_id=None,
                     input={"reason": "Chuyển công tác"})  # open still
        with inside.app.app_context(), tenancy.acting_for(agency):
            note(inside, "user:4")
            assert {leaf.subject for leaf in seal.leaves_of(take(inside).id)} == {"user:1", "user:4"}
            for minute in (1, 2):
                note(inside, "user:4")
                take(inside, NOW + timedelta(minutes=minute))
        db.session.commit()
    third = take(inside, NOW + timedelta(hours=20))
    assert third and {leaf.subject for leaf in seal.leaves_of(third.id)} == {"user:3"}


def test_s12_one_subject_can_be_sealed_however_old_its_act_is(inside: World) -> None:
    """A commit that came after half an hour is not looked for each time; a bundle names its document."""
    agency = inside.ids["stc"]
    with inside.app.app_context(), tenancy.acting_for(agency):
        history.note("user:3", "account_changed", agency_id=agency, at=NOW, actor_id=None,
                     input={"reason": "Chuyển công tác"})  # open still
        with inside.app.app_context(), tenancy.acting_for(agency):
            for hour in (0, 2):
                note(inside, "user:4")
                take(inside, NOW + timedelta(hours=hour))
        db.session.commit()
    later = NOW + timedelta(hours=2, minutes=1)
    assert take(inside, later) is None
    sealer = inside.app.extensions["tools"].sealer
    assert {leaf.subject for leaf in seal.leaves_of(seal.take(agency, sealer, later, "user:3").id)} == {"user:3"}


def test_s12_s13_a_seal_is_signed_and_stamped_for_strangers(inside: World, tmp_path: Any) -> None:
    """openssl, which knows nothing of the product, finds the signature good and the stamp over this seal."""
    made, sealer = take(inside), inside.app.extensions["tools"].sealer
    files = {"key.pem": sealer.public.encode(), "seal.json": history.canonical(seal.covered(made)),
             "seal.sig": b64decode(made.signature), "seal.tst": b64decode(made.stamp)}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)

    def openssl(*words: str) -> str:
        return subprocess.run(["openssl", *words], cwd=tmp_path, capture_output=True, text=True, check=False).stdout

    check = ("dgst", "-sha256", "-verify", "key.pem", "-signature", "seal.sig", "seal.json")
    assert "Verified OK" in openssl(*check)
    pki = inside.config.pki
    stamped = ("ts", "-verify", "-digest", made.hash, "-token_in", "-in", "seal.tst", "-CAfile",
               str(pki / "trust" / "root.pem"), "-untrusted", str(pki / "chain" / "issuing.pem"))
    assert "Verification: OK" in openssl(*stamped)
    (tmp_path / "seal.json").write_bytes(files["seal.json"] + b" ")
    assert "Verified OK" not in openssl(*check)
    assert (inside.config.data / "seal" / "seal.key").stat().st_mode & 0o777 == 0o600


def test_s12_when_the_authority_is_away_the_seal_is_made_all_the_same(inside: World) -> None:
    from app.tools.signing_proof import TimestampUnavailable

    def away(_digest: bytes) -> bytes:
        raise TimestampUnavailable()

    at = datetime.now(UTC)
    sealer = inside.app.extensions["tools"].sealer
    stamp, sealer._stamp = sealer._stamp, away
    assert take(inside, at).stamp == ""
    note(inside, "user:1", at)
    assert take(inside, at).stamp == ""

    def told(days: int) -> list[str]:
        none = Outside(sealer.copies_of("none"), frozenset(), "", is_known=False)
        return [f.subject for f in seals(sealer, at + timedelta(days=days), Verified(), none)]

    assert (told(1), told(3)) == ([], ["seal:1"]), "away for too long is a fault"
    sealer._stamp = stamp
    note(inside, "user:2", at)
    assert take(inside, at).stamp and told(3) == [], "a later one, stamped again, covers them"


def test_s12_the_applications_role_can_neither_change_nor_remove_a_seal(inside: World) -> None:
    take(inside)
    for statement in ("update seal set root = ''", "delete from seal", "update seal_leaf set number = 1",
                      "delete from seal_leaf", "update act set kind = ''", "delete from act"):
        with pytest.raises(ProgrammingError, match="permission denied"):
            db.session.execute(db.text(statement))
        db.session.rollback()
