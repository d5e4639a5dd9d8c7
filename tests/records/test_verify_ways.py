"""More of what a person with the database's own password can do, and that it is found and located (S12).

The ways of `test_verify.py` go for chains, files and seals; these go for what stands beside them: rows of the agency,
packets, signatures, rights, numbers, releases, times between two seals, and the authority that stamps them.
"""

import base64
import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.db import db, tenancy
from app.engine import diagram, withdraw
from app.records import history, seal, verify
from app.records.verify_record import STANDING
from app.tools import pki
from app.tools.seal_copies import CopyImpossible
from app.tools.sealing import Sealer
from app.tools.signing import Signer
from tests.records.test_verify import after, found, office, rehash, sealed, sign_again  # noqa: F401
from tests.steps import Office

Way = tuple[str, Callable[[], object] | str, str, str, int]


def of_the_agency(office: Office) -> Iterator[Way]:  # noqa: F811
    """Rows that belong to no document: who may act for whom, when, under which name."""
    clerk, agency = office.known["vanthu"], office.agency_id
    yield "a delegation put in", f"""insert into delegation (agency_id, from_user_id, to_user_id, from_date, until_date,
        reason) values ({agency}, {office.known['lanhdao']}, {clerk}, now(), now(), '')""", "record", "delegation:", 0
    yield "a delegation made longer", "update delegation set until_date = until_date + 300", "record", "delegation:", 0
    yield "a delegation taken away", "delete from delegation", "record", "delegation:", 0
    yield "a scope for an auditor put in", f"""insert into audit_grant (agency_id, until_date, reason, given_by_id, at,
        type_name, end_reason) values ({agency}, now(), 'x', {clerk}, now(), '', '')""", "record", "audit_grant:", 0
    yield "a scope for longer", "update audit_grant set until_date = until_date + 300", "record", "audit_grant:", 0
    yield "a holiday put in", f"""insert into holiday (agency_id, day, kind, part, name, source)
        values ({agency}, '2026-12-24', 'holiday', 'day', 'x', '')""", "record", "holiday:", 0
    yield "a holiday that is worked", "update holiday set kind = 'swap_work'", "record", "holiday:", 0
    yield "a unit renamed", "update unit set name = 'Phòng khác'", "record", "unit:", 0
    yield "an agency renamed", f"update agency set name = 'Sở khác' where id = {agency}", "record", \
        f"agency:{agency}", 0
    yield "a register closed", "update register set is_open = false", "record", "register:", 0
    yield "a register put in", f"""insert into register (agency_id, kind, name, year, next_number, is_open)
        values ({agency}, 'incoming', 'Sổ riêng', 2026, 1, true)""", "record", "register:", 0
    yield "an authority above a signature", f"update user_account set competence = 'TM. UBND' where id = {clerk}", \
        "account", f"user:{clerk}", 0
    yield "an account moved to another unit", f"""update user_account set unit_id = (select max(id) from unit where
        agency_id = {agency}) where id = {office.known['lanhdao']}""", "account", f"user:{office.known['lanhdao']}", 0
    yield "an account that is no more let in", f"update user_account set is_active = false where id = {clerk}", \
        "account", f"user:{clerk}", 0
    yield "an account taken away", """alter table user_account disable trigger all; delete from user_account where
        username = 'quantri'""", "account", f"user:{office.known['quantri']}", 0
    yield "a packet of no document put in", _packet(agency, "null"), "record", "message:", 0


def _packet(agency: int, document: int | str) -> str:
    return f"""insert into message (agency_id, direction, kind, key, document_id, partner, name, packet_id, sha256,
        status_code,
        description, axis_id, at, other_way, other_note) values ({agency}, 'in', 'status', 'x', {document}, 'H38.01',
        '', '', '', '03', '', 'x', now(), '', '')"""


def of_a_document(office: Office) -> Iterator[Way]:  # noqa: F811
    """Rows of a document, its numbers and its procedure."""
    letter, agency, clerk = f"document:{office.letter}", office.agency_id, office.known["vanthu"]
    mine = f"where document_id = {office.letter}"
    yield "a receipt put in", _packet(agency, office.letter), "record", letter, 0
    yield "a signature put in", f"""insert into signature (agency_id, document_id, kind, key, prepared_sha256, state,
        value, proof, prepared_at) values ({agency}, {office.letter}, 'leader', 'person:x', '{office.other_blob}',
        '{{}}', '', '{{}}', now())""", "record", letter, 0
    yield "a limit moved", f"update deadline set due_at = due_at + interval '9 days' {mine}", "record", letter, 0
    yield "a right for longer", "update document_right set until_date = '2030-01-01'", "record", "document:", 0
    yield "a milestone of another person", f"update milestone set user_id = {clerk} + 1 {mine}", "record", letter, 0
    yield "a file of another author", f"update attachment set created_by_id = {clerk} + 1 {mine}", "record", letter, 0
    yield "a file said to be removed", f"update attachment set removed_at = now() {mine}", "record", letter, 0
    yield "a procedure moved to another release", f"""update instance set release_id = (select max(id) from release
        where
        agency_id = {agency} and key <> 'incoming') {mine}""", "record", letter, 0
    yield "a procedure suspended", f"update instance set status = 'suspended' {mine}", "record", letter, 0
    yield "a procedure cancelled", f"update instance set status = 'cancelled' {mine}", "record", letter, 0
    yield "a number void without an act", f"""update register_entry set voided_at = now(), void_reason = 'Nhầm'
        {mine}""", "record", letter, 0
    yield "a number void for blanks", f"update register_entry set voided_at = now(), void_reason = '  ' {mine}", \
        "number", "register:", 0
    yield "a register set forward", "update register set next_number = next_number + 2 where kind = 'incoming'", \
        "number", "register:", 0
    yield "a number twice", f"""alter table register_entry drop constraint register_entry_register_id_number_key;
        insert into register_entry (agency_id, register_id, number, document_id, at, void_reason, held_for)
        select agency_id, register_id, number, {office.written}, at, '', ''
        from register_entry {mine}""", "number", "register:", 0
    yield "a number whose document is gone", f"""alter table register_entry drop constraint
        register_entry_document_id_fkey; update register_entry set document_id = 999999 {mine}""", "number", \
        "register:", 0
    yield "two numbers for one document", f"""insert into register_entry (agency_id, register_id, number,
        document_id, at, void_reason, held_for)
        select agency_id, register_id, number + 1, document_id, at, '', '' from register_entry {mine}""", \
        "number", letter, 0
    yield "a release put in", f"""insert into release (agency_id, key, version, sha256, status, parts,
        published_at, reason)
        select agency_id, key, 99, sha256, 'retired', parts, now(), '' from release where key = 'incoming'
        and agency_id = {agency}""", "release", "release:", 0
    yield "a release out of force", f"""update release set status = 'retired' where key = 'incoming'
        and agency_id = {agency}""", "release", "release:", 0


def of_a_release(office: Office) -> Iterator[Way]:  # noqa: F811
    """What was published when, by whom and why, and what is in force."""
    mine = f"where key = 'incoming' and agency_id = {office.agency_id}"
    for column, value in (("published_at", "now()"), ("reason", "'Khác'"), ("author_id", f"{office.known['quantri']}"),
                          ("withdrawn_reason", "'Lỗi'"), ("template_version", "7")):
        yield f"{column} of a release", f"update release set {column} = {value} {mine}", "release", "release:", 0
    for column, value in (("version", "version + 1"), ("note", "'Khác'"), ("published_at", "now()"),
                          ("status", "'retired'"), ("publisher_id", f"{office.known['quantri']}")):
        yield f"{column} of a diagram", f"update diagram set {column} = {value} {mine}", "release", "diagram:", 0
    yield "a release said not to be withdrawn", "update release set status = 'retired' where status = 'withdrawn'", \
        "release", "release:", 0
    yield "a procedure out of force, one of whose releases was withdrawn", """update release set status = 'retired'
        where status = 'published' and key = 'outgoing_hybrid'""", "release", "release:", 0


def of_a_procedure(office: Office) -> Iterator[Way]:  # noqa: F811
    """Where a procedure stands, when it began, ended and was held up: told by no record, only by its acts."""
    letter, mine = f"document:{office.letter}", f"where document_id = {office.letter}"
    yield "a procedure taken away with its tasks", f"""delete from task {mine}; delete from slow_work where instance_id
        in (select id from instance {mine}); delete from instance {mine}""", "record", letter, 0
    for column, value in (
            ("started_at", "started_at - interval '9 days'"), ("ended_at", "now()"), ("status", "'finished'"),
            ("status", "'incident'"), ("status_before", "'running'"), ("suspended_reason", "'Chờ'"),
            ("suspended_at", "now()"), ("suspended_by_id", f"{office.known['quantri']}"), ("acts", "acts + 1"),
            ("ended_at_element", "'end_finished'"), ("key", "'outgoing_hybrid'"), ("seed", "gen_random_uuid()")):
        yield f"{column} of a procedure", f"update instance set {column} = {value} {mine}", "record", letter, 0
    yield "a slow step said not to be done", """update slow_work set found = '[]', status = 'cancelled'
        where status = 'recorded'""", "record", "document:", 0
    yield "the row of a slow step taken away", f"""delete from slow_work where instance_id in (
        select id from instance {mine})""", "record", letter, 0
    for element, status in (("nowhere", "cancelled"), ("verify", "cancelled"), ("recognise", "worked")):
        yield f"slow work at {element} put in", f"""insert into slow_work (agency_id, instance_id, element, occurrence,
            name, queue, asked, status, attempts, error, asked_at) select agency_id, id, '{element}', 77, 'recognise',
            'ocr', '{{}}', '{status}', 0, '', now() from instance {mine}""", "record", letter, 0
    for column, value in (
            ("due_at", "due_at + interval '90 days'"), ("done_at", "done_at - interval '90 days'"),
            ("done_by_id", f"{office.known['quantri']}"), ("claimed_by_id", f"{office.known['quantri']}"),
            ("assignee_id", f"{office.known['quantri']}"), ("status", "'cancelled'"), ("due_at", "null"),
            ("created_at", "created_at + interval '2 hours'"), ("label", "'Việc khác'")):
        yield f"{column} of a task {value}", f"update task set {column} = {value} {mine}", "record", letter, 0
    yield "a task taken away", f"delete from task {mine}", "record", letter, 0
    yield "a procedure twice", f"""insert into instance (agency_id, key, document_id, release_id, seed, status, state,
        acts, started_at, ended_at_element, suspended_reason, status_before) select agency_id, key, document_id,
        release_id, gen_random_uuid(), status, state, acts, started_at, '', '', '' from instance {mine}""", "record", \
        letter, 0


def of_time(office: Office, stranger: Signer) -> Iterator[Way]:  # noqa: F811
    """Times that no seal bears out, and seals of somebody else."""
    draft, sealer = f"document:{office.written}", office.app.extensions["tools"].sealer
    yield "a document dated back before a seal that did not know it, all sealed anew with the stolen key", \
        lambda: (moved(draft, "- interval '3 hours'"), sign_again(sealer._key(), sealer=sealer)), "time", draft, 1
    yield "a document dated after its seal", lambda: moved(draft, "+ interval '3 hours'"), "time", draft, -1
    yield "all seals stamped by an authority of one's own", lambda: stamped(stranger.time_stamp), "seal", "seal:1", 0
    yield "a seal of another's key that is named", "update seal set key_id = repeat('c', 64)", "seal", "seal:2", 0
    yield "a seal in the middle taken away", f"""delete from seal_leaf where seal_id = (select id from seal where
        number = 1
        and agency_id = {office.agency_id}); delete from seal where number = 1""", "seal", "seal:2", 0
    yield "leaves moved to the seal after", f"""update seal_leaf set seal_id = (select id from seal where number = 2 and
        agency_id = {office.agency_id})""", "seal", "seal:1", 0
    yield "leaves that lie one further", "update seal_leaf set position = position + 1", "seal", "seal:1", 0
    yield "all ids of acts higher", renumbered("+ 100000"), "seal", draft, -1
    yield "all ids of acts lower", renumbered("- 100000"), "seal", "seal:2", 0
    yield "two copies of one seal", """alter table seal drop constraint seal_agency_id_number_key; insert into seal
        (agency_id, number, at, last_act_id, leaves, root, previous_hash, hash, key_id, signature, stamp)
        select agency_id, number, at, last_act_id, leaves, root, previous_hash, hash, key_id, signature, stamp from seal
        where number = 2""", "seal", "seal:2", 0


def moved(subject: str, by: str) -> None:
    """All acts of a subject at another time, its chain, its leaves and their roots written anew."""
    db.session.execute(db.text(f"update act set at = at {by} where subject = '{subject}'"))
    rehash(subject, 1)
    db.session.execute(db.text("""update seal_leaf l set hash = a.hash from act a
        where a.subject = l.subject and a.number = l.number"""))
    db.session.expire_all()
    for row in db.session.scalars(db.select(seal.Seal)):
        leaves = seal.leaves_of(row.id)
        row.root = seal.root_of([seal.leaf_hash(one.subject, one.number, one.hash) for one in leaves])


def renumbered(by: str) -> str:
    """All acts with other ids, in the order that they have."""
    return f"""set local session_replication_role = replica;
        update act set id = id {by}; update act_content set act_id = act_id {by}"""


def stamped(stamp: Callable[[bytes], bytes]) -> None:
    """Every seal stamped anew."""
    for row in db.session.scalars(db.select(seal.Seal)):
        row.stamp = base64.b64encode(stamp(bytes.fromhex(row.hash))).decode()


def withdrawn(office: Office) -> None:  # noqa: F811
    """A release published and withdrawn: what is in force must be as told also after that."""
    at = datetime.now(UTC)
    with office.inside():
        drawing = diagram.bundle(diagram.in_force("outgoing_hybrid")).drawing + b"\n"
        diagram.publish(office.agency_id, {"bpmn:outgoing_hybrid": drawing}, at=at, note="Bản có lỗi")
        db.session.commit()
        bad = diagram.in_force("outgoing_hybrid").id
        withdraw.withdraw(bad, office.user("lanhdao"), "Lỗi", at)
        assert found(office) == [], "publishing and withdrawing are told"


def test_s12_what_stands_beside_the_chains_is_found_and_located(office: Office, tmp_path: Path) -> None:  # noqa: F811
    (tmp_path / "stranger").mkdir()
    pki._authorities(tmp_path / "stranger")
    withdrawn(office)
    tried, missed = 0, []
    with office.app.app_context(), tenancy.as_owner():
        for name, done, check, where, number in [
                *of_the_agency(office), *of_a_document(office), *of_a_procedure(office), *of_a_release(office),
                *of_time(office, Signer(tmp_path / "stranger")), *forged(office)]:
            db.session.rollback()
            faults = after(office, done)
            hits = [f for f in faults if f.check == check and f.subject.startswith(where)
                    and (number <= 0 or f.act == number)]
            missed += [] if hits else [(name, [(f.check, f.subject, f.act) for f in faults])]
            tried += 1
        db.session.rollback()
    assert not missed
    with office.inside():
        assert found(office) == [], "all of it was undone"
    assert tried == 90


def forged(office: Office) -> Iterator[Way]:  # noqa: F811
    """Acts that no procedure wrote, at the end of a chain, well linked."""
    letter = f"document:{office.letter}"
    with_state = "select * from act where subject = :subject and state_hash <> '' order by number desc limit 1"

    def note(kind: str, **more: Any) -> None:
        leader = office.known["lanhdao"]
        row = db.session.execute(db.text(with_state), {"subject": letter}).one()
        act = history.Act(agency_id=office.agency_id, subject=letter, at=datetime.now(UTC), actor_id=leader, kind=kind,
                          element="assign", **({"state_hash": row.state_hash, "release_sha256": row.release_sha256,
                                                "moves": [["assign", 1, "READY", "COMPLETED"]]} if more else {}))
        history.append(act, input={"values": {}, "results": [], **more}, changes=[])

    instance = db.session.execute(db.text(
        f"select id, acts from instance where document_id = {office.letter}")).one()
    yield "a task done without a state", lambda: note("task_completed"), "chain", letter, -1
    yield "a task done in no procedure", lambda: note("task_completed", data={}), "chain", letter, -1
    yield "a task done out of turn", lambda: note("task_completed", instance=instance.id, act=2, data={}), "chain", \
        letter, -1
    yield "a task done that the procedure did not count", lambda: note(
        "task_completed", instance=instance.id, act=instance.acts + 1, data={}), "record", letter, 0
    yield "a reading that moves", lambda: note("document_read", instance=instance.id, act=instance.acts + 1), "chain", \
        letter, -1


def test_s12_copies_outside_are_caught_up_and_never_put_back(office: Office, tmp_path: Path) -> None:  # noqa: F811
    sealer = office.app.extensions["tools"].sealer
    kept = sealer.copies / str(office.agency_id)
    away = kept.rename(tmp_path / "away")
    copies = sealer.copies_of(str(office.agency_id))
    with office.inside():
        assert seal.copy_out(office.agency_id, sealer) == 2 and copies.numbers() == {1, 2}, "missed ones are caught up"
        assert seal.copy_out(office.agency_id, sealer) == 0
        (kept / "1.json").unlink()
        assert seal.copy_out(office.agency_id, sealer) == 0 and copies.numbers() == {2}, "a gap is told, not mended"
        assert [(f.check, f.subject) for f in found(office, _late())] == [("copy", "seal:1")]
    assert (kept / "2.json").stat().st_mode & 0o777 == 0o444
    tools = office.app.extensions["tools"]
    (tmp_path / "elsewhere").mkdir()
    away.rename(tmp_path / "elsewhere" / str(office.agency_id))
    with office.inside():
        other = verify.Outside.of(tools.sealer, office.agency_id, tmp_path / "elsewhere")
        assert list(verify.verify(tools.blobs, tools.sealer, _late(), outside=other)) == []
        (tmp_path / "file").write_text("x")
        for place, said in (("nowhere", "không có"), ("file", "không phải là thư mục")):
            other = verify.Outside.of(tools.sealer, office.agency_id, tmp_path / place)
            told = list(verify.verify(tools.blobs, tools.sealer, datetime.now(UTC), outside=other))
            assert [(f.check, f.subject) for f in told] == [("copy", "seals-outside")]
            assert told[0].message.endswith(f"{said}.")


def test_s12_when_copies_cannot_be_listed_no_seal_is_called_lost(office: Office) -> None:  # noqa: F811
    """The nightly check runs through and names the folder; copying says so, too, instead of writing all again."""
    sealer, agency_id = office.app.extensions["tools"].sealer, office.agency_id
    place = sealer.copies / str(agency_id)
    place.rename(sealer.copies / "kept")
    place.write_text("x")
    with office.inside():
        assert [(f.check, f.subject) for f in found(office, _late())] == [("copy", "seals-outside")]
        with pytest.raises(CopyImpossible):
            seal.copy_out(agency_id, sealer)


class _Meanwhile(Sealer):
    """While the seals are looked at, the next one is taken and copied outside."""

    then: Callable[[], None]

    @property
    def public(self) -> str:
        then, self.then = self.then, lambda: None
        then()
        return super().public


def test_s12_a_seal_taken_while_history_is_verified_is_no_alarm(office: Office) -> None:  # noqa: F811
    sealer = office.app.extensions["tools"].sealer
    slow = _Meanwhile(sealer.folder, sealer._stamp, sealer.copies, sealer.trust)
    slow.then = lambda: (office.take_in(), sealed(office))
    with office.inside():
        finding = verify.nightly(office.agency_id, office.app.extensions["tools"].blobs, slow, datetime.now(UTC))
        assert finding.is_whole, finding.faults
        assert finding.seen["seals"] == 2 and sealer.copies_of(str(office.agency_id)).numbers() == {1, 2, 3}


def _late() -> datetime:
    return datetime.now(UTC).replace(microsecond=0) + timedelta(hours=2)


def test_s12_what_stood_before_an_upgrade_is_taken_over_once(office: Office) -> None:  # noqa: F811
    """A database of an earlier version has accounts of which no act tells."""
    agency = office.agency_id
    untold = f"agency_id = {agency} and (subject like 'agency:%' or subject like 'user:%')"
    earlier = f"""delete from act_content where act_id in (select id from act where {untold});
        delete from act where {untold}; delete from seal_leaf; delete from seal"""
    with office.app.app_context(), tenancy.as_owner():
        faults = [f for f in after(office, earlier) if f.check in ("record", "account")]
        assert len(faults) > 10 and all("db upgrade" in f.message for f in faults)
        assert history.take_over(agency, STANDING, datetime.now(UTC), "Có từ trước") == len(STANDING)
        assert history.take_over(agency, STANDING, datetime.now(UTC), "Có từ trước") == 0, "once"
        db.session.flush()
        assert [f for f in found(office) if f.check in ("record", "account")] == []
        faults = after(office, f"""reset role; insert into holiday (agency_id, day, kind, part, name, source)
            values ({agency}, '2026-12-24', 'holiday', 'day', 'x', '')""")
        assert [f.subject.partition(":")[0] for f in faults if f.check == "record"] == ["holiday"]
        db.session.rollback()


def test_s12_a_digest_is_what_it_was() -> None:
    """What is told of a row is spelled as everything in history."""
    told: list[Any] = [["unit", 1, {"name": [None, "Phòng"]}]]
    assert history.digest(told) == hashlib.sha256('[["unit",1,{"name":[null,"Phòng"]}]]'.encode()).hexdigest()
