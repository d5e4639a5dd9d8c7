"""What a person with the database's own password can do to history, and that it is found and located (S12)."""

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from app.db import db, tenancy
from app.records import history, seal, verify, verify_beside, verify_chain, verify_record
from app.records.verify import Fault, Verified
from app.records.verify_chain import chains
from tests.steps import Office, quick


@pytest.fixture
def office(world: Any) -> Office:
    """A letter taken in, registered and sealed, then a draft submitted and sealed."""
    quick(world.app)
    office = Office(world.app)
    office.letter = office.take_in()
    office.verify(office.letter)
    sealed(office)
    office.written = office.begin()
    office.draft(office.written)
    sealed(office)
    office.known = {name: office.id_of(name) for name in ("quantri", "lanhdao", "vanthu")}
    office.other_blob = world.app.extensions["tools"].blobs.put(b"%PDF another")
    return office


def sealed(office: Office) -> None:
    """What the clock does every quarter of an hour."""
    sealer = office.app.extensions["tools"].sealer
    with office.inside():
        seal.take(office.agency_id, sealer, datetime.now(UTC))
        seal.copy_out(office.agency_id, sealer)


def found(office: Office, at: datetime | None = None) -> list[Fault]:
    tools = office.app.extensions["tools"]
    return list(verify.verify(tools.blobs, tools.sealer, at or datetime.now(UTC)))


def test_s12_what_nobody_touched_is_whole(office: Office) -> None:
    seen = Verified()
    with office.inside(), verify.snapshot():
        tools = office.app.extensions["tools"]
        db.session.execute(db.text("set local timezone to 'Asia/Ho_Chi_Minh'"))  # whatever the server's is
        assert list(verify.verify(tools.blobs, tools.sealer, datetime.now(UTC), seen)) == []
    assert seen.acts > 8 and seen.seals == 2 and seen.files >= 2 and seen.numbers >= 1


def test_s12_a_long_history_is_followed_by_two_processes_and_judged_as_by_one(office: Office) -> None:
    with office.app.app_context(), tenancy.as_owner():
        for subject, number in ((f"document:{office.letter}", 1), (f"user:{office.known['vanthu']}", 1)):
            db.session.execute(db.text("update act set label = 'x' where subject = :subject and number = :number"),
                               {"subject": subject, "number": number})
        db.session.execute(db.text("update unit set name = 'x' where id = (select min(id) from unit where "
                                   f"agency_id = {office.agency_id})"))
        db.session.commit()
    one, two = Verified(), Verified()
    with office.inside(), verify.snapshot():
        alone, beside = list(chains(one)), list(chains(two, apart_from=1))
        connection = db.session.connection().connection.driver_connection
        assert len(verify_beside.spans(connection, 1)) > 1, "both had a part of it"
        with verify_beside._beside(connection, [("", "")], verify_record.usual_values(), verify_chain._there) as asked:
            assert asked[0].result().acts == one.acts, "documents too: that process knows no tables but by name"
    assert beside == alone and two == one
    assert [fault.check for fault in alone] == ["chain", "chain", "record"]


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
    yield "a byte of an input", f"""update act_content set input = jsonb_set(input::jsonb, '{{x}}', '1')
        where act_id = {third}""", "content", letter, 3
    yield "an input spelled otherwise", f"update act_content set input = (' ' || input)::json where act_id = {third}", \
        "content", letter, 3
    yield "a change", f"update act_content set changes = '[]' where act_id = {third}", "content", letter, 3
    yield "the state", f"update act set state_hash = repeat('a', 64) where id = {third}", "chain", letter, 3
    yield "the time", f"update act set at = at - interval '3 days' where id = {third}", "chain", letter, 3
    yield "the actor", f"update act set actor_id = null where subject = '{draft}' and number = 1", "chain", draft, 1
    yield "the kind", f"update act set kind = 'sent_back' where id = {third}", "chain", letter, 3
    yield "a change made unreadable", f"update act_content set changes = '\\x01ff' where act_id = {third}", \
        "content", letter, 3
    yield "moves made unreadable", f"update act set moves = '\\x01ff' where id = {third}", "chain", letter, 3
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
    yield "a value that nothing reads where none was told", f"""update document set verdict =
        ('1' || repeat('0', 400))::jsonb where id = {office.written} and verdict is null""", "record", draft, 0
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
    row = db.session.scalar(db.select(seal.Seal).order_by(seal.Seal.number))
    row.leaves, row.root = 0, history.GENESIS
    row.hash = hashlib.sha256(history.canonical(seal.covered(row))).hexdigest()
    db.session.flush()


def test_s12_every_way_to_tamper_is_found_and_located(office: Office) -> None:
    tried = 0
    with office.app.app_context(), tenancy.as_owner():
        for name, done, check, where, number in [*tampers(office), *behind_the_back(office), *with_a_key(office)]:
            db.session.rollback()
            faults = after(office, done)
            hits = [f for f in faults if f.check == check and f.subject.startswith(where)
                    and (number <= 0 or f.act == number)]
            assert hits, f"{name}: {[(f.check, f.subject, f.act) for f in faults]}"
            tried += 1
        db.session.rollback()
    with office.inside():
        assert found(office) == [], "all of it was undone"
    assert tried == 57


def after(office: Office, done: Callable[[], object] | str) -> list[Fault]:
    """What is found once the owner of the database has done this; not committed."""
    if callable(done):
        done()
    else:
        db.session.execute(db.text(done))
    db.session.flush()
    db.session.expire_all()
    db.session.execute(db.text("set local role qlvb_app"))
    db.session.execute(db.text(f"set local app.agency_id = {office.agency_id}"))
    return found(office)


def behind_the_back(office: Office) -> Iterator[tuple[str, Callable[[], object] | str, str, str, int]]:
    """What no act told of, and what was told and is another now."""
    letter, draft = f"document:{office.letter}", f"document:{office.written}"
    third = f"(select id from act where subject = '{letter}' and number = 3)"
    fourth = f"(select id from act where subject = '{letter}' and number = 4)"
    yield "an act of another agency moved here", f"""update act set agency_id = {office.agency_id}, number = 50,
        subject = '{letter}' where id = (select min(id) from act where agency_id <> {office.agency_id})""", "chain", \
        letter, 50
    yield "the contents of two acts exchanged", f"""update act_content c set input = o.input, changes = o.changes
        from act_content o where (c.act_id, o.act_id) in (({third}, {fourth}), ({fourth}, {third}))""", "content", \
        letter, 3
    yield "a content taken away", f"delete from act_content where act_id = {third}", "content", letter, 3
    yield "all contents taken away", f"""delete from act_content where act_id in (
        select id from act where subject = '{letter}')""", "content", letter, 1
    yield "an act twice", f"""alter table act_content drop constraint act_content_act_id_fkey;
        alter table act drop constraint act_pkey; alter table act drop constraint act_agency_id_subject_number_key;
        insert into act overriding system value select * from act where id = {third}""", "chain", letter, 3
    for table, columns, values in (
            ("milestone", "name, at", "'signed', now()"),
            ("opinion", "kind, text, at, element", "'opinion', 'Đồng ý', now(), ''"),
            ("document_right", "kind, user_id", f"'read', {office.known['quantri']}"),
            ("attachment", "kind, name, media_type, sha256, size_bytes, created_at",
             "'file', 'a.pdf', 'application/pdf', repeat('a', 64), 1, now()")):
        yield f"{table} put in", f"""insert into {table} (agency_id, document_id, {columns})
            values ({office.agency_id}, {office.letter}, {values})""", "record", letter, 0
    yield "a document put in", f"""insert into document select * from jsonb_populate_record(null::document, (
        select to_jsonb(d) || '{{"id": 9000, "packet_id": null}}' from document d where id = {office.letter}))""", \
        "record", "document:9000", 0
    yield "a number given to another document", f"""update register_entry set document_id = {office.written}
        where document_id = {office.letter}""", "record", letter, 0
    yield "a register turned back and its number used again", f"""update register set next_number = 1;
        update register_entry set document_id = {office.written}, at = now() where document_id = {office.letter}""", \
        "number", "register", 0
    yield "a file exchanged with its hash", f"""update attachment set sha256 = '{office.other_blob}'
        where document_id = {office.letter}""", "record", letter, 0
    yield "a time set that counts as nought", f"""update attachment set removed_at = '2000-01-01 00:00:00+00'
        where document_id = {office.letter}""", "record", letter, 0
    yield "the state of a procedure", f"""update instance set state = state || ' '::bytea
        where document_id = {office.letter}""", "record", letter, 0
    yield "a person renamed", "update user_account set full_name = 'Người khác' where id = "\
        f"{office.known['lanhdao']}", "account", f"user:{office.known['lanhdao']}", 0
    yield "a right without an act", "update user_account set roles = roles || '{auditor}' where id = "\
        f"{office.known['quantri']}", "account", f"user:{office.known['quantri']}", 0
    yield "an account put in", """insert into user_account overriding system value select * from jsonb_populate_record(
        null::user_account, (select to_jsonb(u) || '{"id": 9000, "username": "x"}' from user_account u where id = """\
        f"{office.known['vanthu']}))", "account", "user:9000", 0
    yield "an old backup put back: the draft and its seal are gone", f"""delete from act_content where act_id in (
        select id from act where subject = '{draft}'); delete from act where subject = '{draft}';
        delete from seal_leaf where seal_id = (select id from seal where number = 2 and agency_id = {office.agency_id});
        delete from seal where number = 2""", "copy", "seal:2", 0
    yield "a leaf taken away", f"delete from seal_leaf where subject = '{letter}'", "seal", "seal:1", 0


def with_a_key(office: Office) -> Iterator[tuple[str, Callable[[], object] | str, str, str, int]]:
    """What somebody does who writes hashes anew, or has a key of his own."""
    letter = f"document:{office.letter}"
    yield "a seal dated back", "update seal set at = at - interval '2 days'", "seal", "seal:1", 0
    yield "all seals signed again with another key", lambda: sign_again(seal_key()), "seal", "seal:1", 0
    yield "seals signed anew with the stolen key", lambda: sign_again(
        office.app.extensions["tools"].sealer._key(), leaves=0), "copy", "seal:1", 0
    yield "time stamps exchanged between seals", "update seal s set stamp = (select o.stamp from seal o where "\
        "o.agency_id = s.agency_id and o.number = 3 - s.number)", "seal", "seal:1", 0
    yield "a time stamp that is none", "update seal set stamp = 'AAAA'", "seal", "seal:2", 0
    yield "a time stamp taken away", "update seal set stamp = ''", "copy", "seal:1", 0
    yield "seals dated back and signed with the stolen key, which no authority does", lambda: (
        db.session.execute(db.text("update seal set at = at - interval '2 hours'")),
        sign_again(office.app.extensions["tools"].sealer._key(), sealer=office.app.extensions["tools"].sealer)), \
        "seal", "seal:2", 0
    yield "a diagram with its release and all acts written anew", lambda: replace_release(letter), "seal", letter, -1


def seal_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def sign_again(key: ec.EllipticCurvePrivateKey, leaves: int | None = None, sealer: Any = None) -> None:
    """The whole chain of seals, well formed, by a key; `sealer`: with its name and its time stamps."""
    previous = history.GENESIS
    for row in db.session.scalars(db.select(seal.Seal).order_by(seal.Seal.number)):
        row.previous_hash, row.key_id = previous, sealer.key_id if sealer else row.key_id
        if leaves == 0:
            row.leaves, row.root = 0, history.GENESIS
        data = history.canonical(seal.covered(row))
        row.hash = previous = hashlib.sha256(data).hexdigest()
        row.signature = base64.b64encode(key.sign(data, ec.ECDSA(hashes.SHA256()))).decode()
        row.stamp = sealer.stamp(row.hash) if sealer else row.stamp
    if leaves == 0:
        db.session.execute(db.text("delete from seal_leaf"))


def replace_release(subject: str) -> None:
    """Another drawing, its hash, the release of it, and the chain of all who ran it."""
    old = db.session.scalar(db.text(f"select max(release_sha256) from act where subject = '{subject}'"))
    db.session.execute(db.text("""update diagram set text = text || ' '::bytea,
        sha256 = encode(sha256(text || ' '::bytea), 'hex') where kind = 'form' and key = 'verify'"""))
    new = db.session.scalar(db.text("select max(sha256) from diagram where kind = 'form' and key = 'verify'"))
    parts = db.session.scalar(db.text(f"select parts from release where sha256 = '{old}' limit 1"))
    fresh = history.digest(parts | {"form:verify": new})
    db.session.execute(db.text("""update release set parts = jsonb_set(parts, '{form:verify}', to_jsonb(cast(:new as
        text))), sha256 = :fresh where sha256 = :old"""), {"new": new, "fresh": fresh, "old": old})
    db.session.execute(db.text("update act set release_sha256 = :fresh where release_sha256 = :old"),
                       {"fresh": fresh, "old": old})
    rehash(subject, 1)


def test_s12_what_is_not_sealed_yet_must_still_agree_with_the_records(office: Office) -> None:
    """Until the next seal a chain can be written anew whole; then records, states and the replay must be so too."""
    late = office.take_in()
    subject = f"document:{late}"
    last = f"(select id from act where subject = '{subject}' order by number desc limit 1)"
    cut = "delete from act_content where act_id = {0}; delete from act where id = {0}"
    first = f"(select id from act where subject = '{subject}' and number = 1)"
    ways: list[Callable[[], object] | str] = [
        lambda: (db.session.execute(db.text(
            f"update act_content set changes = '[[\"document\",{late},{{\"status\":[null,\"closed\"]}}]]' "
            f"where act_id = {last}")), rehash(subject, 1)),
        lambda: (db.session.execute(db.text(f"update act_content set changes = '[]' where act_id = {first}")),
                 rehash(subject, 1)),
        cut.format(last),
        f"""delete from act_content where act_id in (select id from act where subject = '{subject}');
            delete from act where subject = '{subject}'""",
    ]
    with office.app.app_context(), tenancy.as_owner():
        for number, done in enumerate(ways):
            db.session.rollback()
            assert {(f.check, f.subject) for f in after(office, done)} == {("record", subject)}, number
        db.session.rollback()


def test_s12_a_new_seal_key_does_not_fit_the_copies_outside(office: Office) -> None:
    """Whoever has the disk too replaces the key and signs all seals anew; the copies have another owner."""
    sealer = office.app.extensions["tools"].sealer
    (sealer.folder / "seal.key").unlink()
    with office.app.app_context(), tenancy.as_owner():
        faults = after(office, lambda: sign_again(sealer._key(), sealer=sealer))
        assert [(f.check, f.subject) for f in faults] == [("copy", "seal:1"), ("copy", "seal:2")]
        db.session.rollback()


def test_s12_seals_whose_copies_outside_are_gone_are_told(office: Office) -> None:
    folder = office.app.extensions["tools"].sealer.copies / str(office.agency_id)
    (folder / "1.json").unlink()
    with office.inside():
        assert found(office) == [], "the clock is to copy it"
        late = found(office, datetime.now(UTC) + timedelta(hours=2))
        assert [(f.check, f.subject) for f in late] == [("copy", "seal:1")]


def test_s12_a_file_altered_or_gone_is_found(office: Office) -> None:
    blobs = office.app.extensions["tools"].blobs
    with office.inside():
        sha256 = db.session.scalar(db.text(f"select sha256 from attachment where document_id = {office.letter}"))
        place = blobs.path(sha256)
        kept = place.read_bytes()
        place.write_bytes(kept + b"x")
        assert [(f.check, f.subject) for f in found(office)] == [("file", f"document:{office.letter}")]
        place.write_bytes(blobs.read(office.other_blob))
        assert [(f.check, f.subject) for f in found(office)] == [("file", f"document:{office.letter}")]
        place.unlink()
        assert [(f.check, f.subject) for f in found(office)] == [("file", f"document:{office.letter}")]
        place.write_bytes(kept)
        assert found(office) == []


def test_s12_acts_that_the_clock_does_not_seal_are_told_and_those_of_the_future(office: Office) -> None:
    letter = office.take_in()
    with office.inside():
        assert found(office) == []
        late = found(office, datetime.now(UTC) + timedelta(hours=2))
        assert {f.check for f in late} == {"seal"} and len(late) == 1
        early = [f for f in found(office, datetime.now(UTC) - timedelta(hours=2)) if f.subject == f"document:{letter}"]
        assert early and all(f.check == "time" and "ở tương lai" in f.message for f in early)
        sealer, before = office.app.extensions["tools"].sealer, datetime.now(UTC) - timedelta(hours=3)
        assert seal.take(office.agency_id, sealer, before), "dated back, and stamped now"
        assert any("không cùng thời điểm với con dấu" in f.message for f in found(office))


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
