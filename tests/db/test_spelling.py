"""What acts keep beside their hashes: one spelling, small, and the rows of the schema before come through (S12)."""

import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import text

from app.db import db, migrate, spelling, tenancy
from app.records import verify
from tests.steps import Office, quick

#: the migration that brought the spelling
SMALL = "a500000000a1"


def test_a_value_comes_back_as_it_was_and_its_hash_is_of_its_spelling():
    value = [["document", 17, {"subject": [None, "V/v báo cáo “số liệu”\\n"], "agency_id": [None, 3], "x": [1.5]}]]
    kept = spelling.packed(value)
    assert spelling.unpacked(kept) == spelling.canonical(value) and len(kept) < len(spelling.canonical(value))
    assert spelling.unpacked(spelling.packed([])) == b"[]" == spelling.packed([])
    assert spelling.unpacked(b'[["a",1]]') == b'[["a",1]]', "what is not deflated is read as it is"
    with pytest.raises(spelling.Unreadable):
        spelling.unpacked(b"\x01\xff")
    with pytest.raises(spelling.Unreadable):
        spelling.unpacked(kept + b"what no hash covers")


def test_the_words_of_the_spelling_never_change():
    known = "03f50deb6df3dea5ab783498bb68b508bfa93cbc440ba06bab7e0e5d14b5d460"
    assert hashlib.sha256(spelling.WORDS).hexdigest() == known, "kept acts can only be read with these words"


def _rows(named: str) -> list[Any]:
    with db.engine.begin() as connection:
        kept = connection.execute(text(
            f"select a.id, {named.format('a.moves')}, {named.format('c.changes')}, a.hash, a.changes_hash, "
            "c.input::text, a.input_hash from act a join act_content c on c.act_id = a.id order by a.id")).all()
    db.engine.dispose()
    return [tuple(row) for row in kept]


def test_s12_acts_of_the_schema_before_verify_after_the_migration_with_their_hashes(world: Any):
    quick(world.app)
    office = Office(world.app)
    office.verify(office.take_in())
    url, before = world.config.database_url, ScriptDirectory.from_config(migrate._config("")).get_revision(SMALL)
    with world.app.app_context():
        small = _rows("{}")
        migrate.downgrade(url, before.down_revision)
        plain = _rows("{}")
        migrate.upgrade(url)
        assert _rows("{}") == small
    for (_, moves, changes, *hashes, _, _), (_, kept_moves, kept_changes, *kept_hashes, given, input_hash) in zip(
            plain, small, strict=True):
        assert spelling.canonical(moves) == spelling.unpacked(kept_moves) and hashes == kept_hashes
        assert hashlib.sha256(given.encode()).hexdigest() == input_hash, "inputs lie as their hash covers them"
        assert hashlib.sha256(spelling.canonical(changes)).hexdigest() == hashes[1]
        assert spelling.unpacked(kept_changes) == spelling.canonical(changes)
    assert [row[5] for row in plain] != [row[5] for row in small]
    assert sum(len(row[2]) for row in small) < 0.5 * sum(len(spelling.canonical(row[2])) for row in plain)
    tools = world.app.extensions["tools"]
    with world.app.app_context(), tenancy.acting_for(office.agency_id):
        # the way back drops the rows of tables that came later
        assert [one for one in verify.verify(tools.blobs, tools.sealer, datetime.now(UTC))
                if one.check != "seal" and "reading_check" not in one.message] == []
