"""What a person with the database's own password can do to history, and that it is found and located (S12)."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.db import db, tenancy
from app.records import history, seal, verify
from app.records.verify import Fault, Verified
from tests.steps import Office, quick


@pytest.fixture
def office(world: Any) -> Office:
    """A letter taken in and registered, a draft submitted, all of it sealed."""
    quick(world.app)
    office = Office(world.app)
    office.letter = office.take_in()
    office.verify(office.letter)
    office.written = office.begin()
    office.draft(office.written)
    with office.inside():
        sealer = world.app.extensions["tools"].sealer
        made = seal.take(world.ids["stc"], sealer, datetime.now(UTC))
        sealer.copy(str(world.ids["stc"]), made.number, seal.as_json(made))
    return office


def found(office: Office, at: datetime | None = None) -> list[Fault]:
    tools = office.app.extensions["tools"]
    return list(verify.verify(tools.blobs, tools.sealer, at or datetime.now(UTC)))


def test_s12_what_nobody_touched_is_whole(office: Office) -> None:
    seen = Verified()
    with office.inside(), verify.snapshot():
        tools = office.app.extensions["tools"]
        assert list(verify.verify(tools.blobs, tools.sealer, datetime.now(UTC), seen)) == []
    assert seen.acts > 8 and seen.seals == 1 and seen.files >= 2 and seen.numbers >= 1


def rehash(subject: str, start: int) -> None:
    """Write the chain anew from an act on: each link fits again."""
    previous = history.GENESIS
    for act in db.session.scalars(db.select(history.Act).where(history.Act.subject == subject)
                                  .order_by(history.Act.number).execution_options(populate_existing=True)):
        if act.number >= start:
            content = db.session.scalar(db.select(history.ActContent).where(history.ActContent.act_id == act.id)
                                        .execution_options(populate_existing=True))
            act.input_hash, act.changes_hash = history.digest(content.input), history.digest(content.changes)
            act.previous_hash = previous
            act.hash = history.hash_of(act)
            db.session.flush()
        previous = act.hash


def tampers(office: Office) -> Iterator[tuple[str, Callable[[], None] | str, str, str, int]]:
    """(name, what is done, check that finds it, where, at which act)."""
    letter, draft = f"document:{office.letter}", f"document:{office.written}"
    third = f"(select id from act where subject = '{letter}' and number = 3)"
    yield "a byte of an input", f"""update act_content set input = jsonb_set(input, '{{x}}', '1')
        where act_id = {third}""", "content", letter, 3
    yield "a change", f"update act_content set changes = '[]' where act_id = {third}", "content", letter, 3
    yield "the state", f"update act set state_hash = repeat('a', 64) where id = {third}", "chain", letter, 3
    yield "the time", f"update act set at = at - interval '3 days' where id = {third}", "chain", letter, 3
    yield "the actor", f"update act set actor_id = null where subject = '{draft}' and number = 2", "chain", draft, 2
    yield "the kind", f"update act set kind = 'sent_back' where id = {third}", "chain", letter, 3
    yield "a move", f"update act set moves = '[]' where subject = '{draft}' and number = 1", "chain", draft, 1
    last = f"(select max(number) from act where subject = '{letter}')"
    drop = "alter table act_content drop constraint act_content_act_id_fkey; "
    yield "the last act cut off", f"{drop} delete from act where subject = '{letter}' and number = {last}", "seal", \
        letter, -1
    yield "an act in the middle", f"{drop} delete from act where id = {third}", "chain", letter, 3
    yield "a whole document's history", f"{drop} delete from act where subject = '{draft}'", "seal", draft, -1
    yield "two acts swapped", f"""update act set number = 1000 where id = {third};
        update act set number = 3 where subject = '{letter}' and number = 4;
        update act set number = 4 where subject = '{letter}' and number = 1000""", "chain", letter, 3
    yield "an act put in", f"""insert into act (subject, number, at, kind, element, occurrence, label, moves,
        release_sha256, input_hash, changes_hash, state_hash, previous_hash, hash, agency_id)
        select subject, number + 100, at, kind, element, occurrence, label, moves, release_sha256, input_hash,
        changes_hash, state_hash, previous_hash, hash, agency_id from act where id = {third}""", "chain", letter, 0
    yield "a fork: the chain written anew from the third act", lambda: (
        db.session.execute(db.text(f"update act_content set input = '{{}}' where act_id = {third}")),
        rehash(letter, 3)), "seal", letter, -1
    yield "an old act back-dated, chain written anew", lambda: (
        db.session.execute(db.text(f"update act set at = at - interval '9 days' where id = {third}")),
        rehash(letter, 3)), "time", letter, 3
    yield "a record", f"update document set subject = 'khác' where id = {office.letter}", "record", letter, 0
    yield "a milestone taken away", f"delete from milestone where document_id = {office.letter}", "record", letter, 0
    yield "a number taken out", "delete from register_entry where document_id = "\
        f"{office.letter}", "number", "register", 0
    yield "a number without its reason", f"""update register_entry set voided_at = now(), void_reason = ''
        where document_id = {office.letter}""", "number", "register", 0
    yield "a diagram", "update diagram set text = text || ' '::bytea where kind = 'bpmn' and key = 'incoming'", \
        "release", "diagram", 0
    yield "a diagram and its hash", """update diagram set text = text || ' '::bytea,
        sha256 = encode(sha256(text || ' '::bytea), 'hex') where kind = 'form' and key = 'verify'""", "release", \
        "release", 0
    yield "a release", "update release set parts = parts - 'form:verify'", "release", "release", 0
    yield "a seal's root", "update seal set root = repeat('b', 64)", "seal", "seal:1", 0
    yield "a seal's leaf", f"update seal_leaf set hash = repeat('b', 64) where subject = '{letter}'", "seal", \
        "seal:1", 0
    yield "a seal and its hash, without the key", lambda: forge(), "seal", "seal:1", 0
    yield "an old backup put back", "delete from seal_leaf; delete from seal", "copy", "seal:1", 0


def forge() -> None:
    import hashlib

    row = db.session.scalar(db.select(seal.Seal))
    row.leaves, row.root = 0, history.GENESIS
    row.hash = hashlib.sha256(history.canonical(seal.covered(row))).hexdigest()
    db.session.flush()


def test_s12_every_way_to_tamper_is_found_and_located(office: Office) -> None:
    agency, tried = office.agency_id, 0
    with office.app.app_context(), tenancy.as_owner():
        for name, done, check, where, number in tampers(office):
            db.session.rollback()
            if callable(done):
                done()
            else:
                db.session.execute(db.text(done))
            db.session.execute(db.text("set local role qlvb_app"))
            db.session.execute(db.text(f"set local app.agency_id = {agency}"))
            faults = found(office)
            hits = [f for f in faults if f.check == check and f.subject.startswith(where)
                    and (number <= 0 or f.act == number)]
            assert hits, f"{name}: {[(f.check, f.subject, f.act) for f in faults]}"
            tried += 1
        db.session.rollback()
    with office.inside():
        assert found(office) == [], "all of it was undone"
    assert tried == 25


def test_s12_a_file_altered_or_gone_is_found(office: Office) -> None:
    blobs = office.app.extensions["tools"].blobs
    with office.inside():
        sha256 = db.session.scalar(db.text(f"select sha256 from attachment where document_id = {office.letter}"))
        place = blobs.path(sha256)
        kept = place.read_bytes()
        place.write_bytes(kept + b"x")
        assert [(f.check, f.subject) for f in found(office)] == [("file", f"document:{office.letter}")]
        place.unlink()
        assert [(f.check, f.subject) for f in found(office)] == [("file", f"document:{office.letter}")]
        place.write_bytes(kept)
        assert found(office) == []


def test_s12_acts_that_the_clock_does_not_seal_are_told(office: Office) -> None:
    office.take_in()
    with office.inside():
        assert found(office) == []
        late = found(office, datetime.now(UTC) + timedelta(hours=2))
        assert {f.check for f in late} == {"seal"} and len(late) == 1


def test_s12_a_copy_outside_that_differs_is_found(office: Office) -> None:
    folder = office.app.extensions["tools"].sealer.copies / str(office.agency_id)
    copy = folder / "1.json"
    kept = json.loads(copy.read_text())
    for text in (json.dumps(kept | {"hash": "0" * 64}), "không phải JSON"):
        copy.write_text(text)
        with office.inside():
            assert [(f.check, f.subject) for f in found(office)] == [("copy", "seal:1")]


def test_art_3_2_what_was_removed_leaves_history_whole(office: Office) -> None:
    from app import worker

    worker.use(office.app)
    office.removed = office.take_in()
    office.verify(office.removed, decision="not_entered", reason="Văn bản mật")
    quick(office.app)
    with office.inside():
        seen = Verified()
        tools = office.app.extensions["tools"]
        assert list(verify.verify(tools.blobs, tools.sealer, datetime.now(UTC), seen)) == []
        assert seen.removed > 0
