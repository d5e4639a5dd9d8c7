"""The wall between agencies: one policy per table, nothing seen and nothing written across (security.md S1)."""

from datetime import UTC, date, datetime

import psycopg
import pytest
from sqlalchemy.exc import OperationalError, ProgrammingError
from steps import Office, quick

from app.db import Base, db, queue, tenancy
from app.records import directive, paper_kind
from app.records.agency import Unit
from app.records.calendar import Holiday
from app.records.document import Document
from app.records.text_layer import TextLayer
from app.regulation.assignment import urge

#: tables of what none of the two agencies has done: proposals, repairs, seals, nightly checks, log-ins
STILL_EMPTY = {"internal_kind", "internal_paper", "internal_recipient", "scan_check", "certified_copy",
               "consultation", "recipient_group", "barred_entry", "barred_officer",
               "barred_rule",
               "intake_file", "intake_page", "intake_part", "intake_pile", "intake_sheet", "mail", "mail_reply",
               "mailbox", "poll", "poll_try", "scan_look", "sender_request", "finding", "history_request",
               "login_session", "layout_rule", "signature_picture", "also_answered",
               "signing_key", "signing_visit", "trust_anchor",
               "proposal", "proposal_editor", "proposal_file", "remark",
               "repair", "seal", "seal_leaf", "wrong_password", "wrong_pin"}


def owned() -> list[str]:
    """The tables whose rows belong to an agency."""
    return sorted(name for name, table in Base.metadata.tables.items() if "agency_id" in table.columns)


@pytest.fixture
def filled(world):
    """Two agencies with a document each that has gone some way."""
    quick(world.app)
    for slug in ("stc", "snv"):
        office = Office(world.app, slug)
        found = office.take_in()
        office.verify(found)
        office.assign(found)
        with office.inside():
            directive.add(office.user("lanhdao"), "Giao phòng chủ trì", True, datetime.now(UTC))
            paper_kind.put(office.user("vanthu"), "Tờ trình", ["Tờ trình"], "Có hồ sơ kèm theo", datetime.now(UTC))
            urge.urge(found, office.user("lanhdao"), "Báo cáo ngay", datetime.now(UTC))
            db.session.add(TextLayer(agency_id=office.agency_id, document_id=found, source_sha256="0" * 64,
                                     text="Nội dung", made_at=datetime.now(UTC)))
            db.session.commit()
        reply = office.answer(found)
        office.approved(reply)
        office.sign(reply)
        office.seal(reply)
    return world


def test_every_table_with_an_agency_has_the_policy(world):
    with world.app.app_context(), tenancy.as_owner():
        there = set(db.session.scalars(db.text(
            "select table_name from information_schema.columns where column_name = 'agency_id'")))
        walled = set(db.session.scalars(db.text(
            "select tablename from pg_policies where policyname = 'agency_wall' and qual = with_check")))
        enabled = set(db.session.scalars(db.text("select relname from pg_class where relrowsecurity")))
        db.session.remove()
    assert there == set(owned()) == walled & enabled


def test_an_agency_sees_its_own_rows_only(filled):
    with filled.app.app_context(), tenancy.as_owner():
        held = {t: dict(db.session.execute(db.text(f"select agency_id, count(*) from {t} group by 1")).all())
                for t in owned()}
        db.session.remove()
    empty = [table for table in owned() if not held[table].get(filled.ids["snv"])]
    assert set(empty) <= STILL_EMPTY
    for slug in ("stc", "snv", "batxat"):
        agency_id = filled.ids[slug]
        with filled.app.app_context(), tenancy.acting_for(agency_id):
            for table in owned():
                seen = dict(db.session.execute(db.text(f"select agency_id, count(*) from {table} group by 1")).all())
                assert seen == {k: v for k, v in held[table].items() if k == agency_id}, table
            db.session.remove()


def test_outside_an_agency_nothing_is_seen(filled):
    with filled.app.app_context():
        assert all(db.session.scalar(db.text(f"select count(*) from {table}")) == 0 for table in owned())
        db.session.remove()


def test_a_row_cannot_be_written_for_another_agency(world):
    for row in (Unit(name="x"), Holiday(day=date(2026, 1, 2), name="x"),
                Document(direction="incoming", status="arrived", created_at=datetime.now(UTC))):
        with world.app.app_context(), tenancy.acting_for(world.ids["stc"]):
            row.agency_id = world.ids["snv"]
            db.session.add(row)
            with pytest.raises(ProgrammingError, match="row-level security"):
                db.session.flush()
            db.session.remove()


def test_rows_of_another_agency_cannot_be_moved_or_removed(filled):
    with filled.app.app_context(), tenancy.acting_for(filled.ids["stc"]):
        assert db.session.execute(db.text("delete from opinion where agency_id = :other"),
                                  {"other": filled.ids["snv"]}).rowcount == 0
        with pytest.raises(ProgrammingError, match="row-level security"):
            db.session.execute(db.text("update document set agency_id = :other"), {"other": filled.ids["snv"]})
        db.session.remove()


FORBIDDEN = [
    "update act set kind = 'document_read'", "delete from act", "truncate act", "update act_content set input = '{}'",
    "delete from register_entry", "delete from diagram", "update agency set name = 'x'",
    "alter table act disable row level security", "drop policy agency_wall on act"]


def test_the_role_of_the_doors_may_not(world):
    for statement in FORBIDDEN:
        with world.app.app_context(), tenancy.acting_for(world.ids["stc"]):
            with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
                db.session.execute(db.text(statement))
            db.session.remove()


def test_the_wall_stands_however_a_transaction_begins(world):
    """At once with the beginning, or after it: of another kind, or when the connection was lost meanwhile."""
    stc = Office(world.app)
    seen = "select current_user, current_setting('app.agency_id'), current_setting('transaction_isolation')"
    with stc.inside():
        wall = tenancy.ROLE, str(stc.agency_id)
        assert tuple(db.session.execute(db.text(seen)).one()) == (*wall, "read committed")
        db.session.rollback()
        db.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        assert tuple(db.session.execute(db.text(seen)).one()) == (*wall, "repeatable read")
        db.session.rollback()
        pid = db.session.scalar(db.text("select pg_backend_pid()"))
        db.session.rollback()
        with psycopg.connect(queue.libpq(world.config.database_url), autocommit=True) as admin:
            admin.execute("select pg_terminate_backend(%s, 5000)", [pid])
        with pytest.raises(OperationalError):
            db.session.execute(db.text(seen))
        db.session.rollback()
        assert tuple(db.session.execute(db.text(seen)).one())[:2] == wall
        db.session.rollback()
