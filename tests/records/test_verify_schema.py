"""What lets somebody do more to history than he may, from then on, is a fault of its own (S12)."""

import os
import subprocess

import psycopg

from app.db import catalogue, db, embedded, queue, tenancy
from app.records.verify_schema import schema
from tests.conftest import World
from tests.records.test_verify import after, found, office  # noqa: F401
from tests.records.test_verify_ways import Iterator, Office, Way


def of_the_walls(office: Office) -> Iterator[Way]:  # noqa: F811
    """What lets somebody do more than he may, from then on."""
    for table, right in (("act", "update, delete"), ("act_content", "update"), ("seal", "delete"),
                         ("register_entry", "delete"), ("act", "update (at)"), ("document", "truncate")):
        yield f"{right} of {table}", f"grant {right} on {table} to qlvb_app", "schema", f"table:{table}", 0
    yield "a right of everybody", "grant update on act to public", "schema", "table:act", 0
    yield "no wall", "alter table document disable row level security", "schema", "table:document", 0
    yield "a hole in a wall", "create policy more on act for select using (true)", "schema", "table:act", 0
    yield "another wall", "alter policy agency_wall on opinion using (true)", "schema", "table:opinion", 0
    yield "a role that passes walls", "alter role qlvb_app bypassrls", "schema", "role:", 0
    yield "a rule", "create rule more as on insert to act do instead nothing", "schema", "table:act", 0
    yield "a trigger", """create function more() returns trigger language plpgsql as 'begin return new; end';
        create trigger more before insert on act for each row execute function more()""", "schema", "table:act", 0
    yield "a function that passes the walls", """create function more() returns bigint language sql security definer
        as 'select count(*) from act'""", "schema", "function:public.more()", 0
    figures, grants = "province_figures()", "province_grants()"
    yield "a function rewritten", f"""update pg_proc set prosrc = prosrc || ' '
        where oid = '{figures}'::regprocedure""", \
        "schema", f"function:public.{figures}", 0
    yield "a function that believes its caller", f"alter function {figures} reset search_path", "schema", \
        f"function:public.{figures}", 0
    yield "a function gone", f"drop function {grants}", "schema", f"function:public.{grants}", 0
    yield "a trigger of events", """create function more() returns event_trigger language plpgsql as 'begin end';
        create event trigger more on ddl_command_end execute function more()""", "schema", "trigger:more", 0
    for table, name in (("act", "act_agency_id_subject_number_key"), ("act_content", "act_content_act_id_key"),
                        ("seal", "seal_agency_id_number_key"), ("seal_leaf", "seal_leaf_pkey"),
                        ("register_entry", "register_entry_register_id_number_key")):
        yield f"{name} gone", f"alter table {table} drop constraint {name}", "schema", f"table:{table}", 0


def of_the_catalogue() -> Iterator[Way]:
    """What no right, wall or trigger shows: who owns a table, what it refuses, what it fills in, what functions do."""
    yield "an owner who passes walls", """create role more login bypassrls; alter table act owner to more""", \
        "schema", "table:act", 0
    for table, change in (
            ("attachment", "drop constraint attachment_document_id_fkey"), ("act", "alter column at drop not null"),
            ("holiday", "drop constraint holiday_is_known"), ("instance", "add column more bigint default 1"),
            ("user_account", "alter column roles set default '{admin}'"), ("task", "drop column note"),
            ("seal", "alter column hash type varchar(65)"), ("seal_leaf", "disable trigger all"),
            ("act", "force row level security")):
        yield f"{table}: {change}", f"alter table {table} {change}", "schema", f"table:{table}", 0
    yield "a table that a crash empties", """update pg_class set relpersistence = 'u' where relname = 'act'""", \
        "schema", "table:act", 0
    for name in ("chain_head(text)", "search_words(text)"):
        yield f"{name} rewritten", f"update pg_proc set prosrc = prosrc || ' ' where oid = '{name}'::regprocedure", \
            "schema", f"function:public.{name.partition('(')[0]}(", 0
    yield "a function of the queue rewritten", """update pg_proc set prosrc = 'begin return null; end' where
        proname = 'procrastinate_notify_queue_job_inserted_v1'""", "schema", "function:public.procrastinate", 0
    yield "a table before ours", "create schema more; create table more.act (id bigint)", "schema", "schema:more", 0
    yield "a table put beside", "create table more () inherits (act)", "schema", "table:more", 0
    yield "a role that may become ours", "create role more login; grant qlvb_app to more", "schema", "role:more", 0
    yield "guards off for a role", "alter role qlvb_app set session_replication_role = replica", "schema", "role:", 0
    yield "an operator of one's own", """create function more(varchar, varchar) returns bool language sql as 'select
        true'; create operator = (function = more, leftarg = varchar, rightarg = varchar)""", "schema", "operator:=", 0


def of_what_no_act_tells(office: Office) -> Iterator[Way]:  # noqa: F811
    """Findings, templates of the province, results of steps."""
    finding = f"""insert into finding (agency_id, "check", at, is_whole, seen, faults) values ({office.agency_id},
        'verify', """
    yield "a finding that hides its faults", finding + """now(), true, '{"faults": 3}', '[]')""", "record", \
        "finding:", 0
    yield "a finding that keeps a silence hidden", finding + """now() + interval '90 days', true, '{"faults": 0}',
        '[]')""", "record", "finding:", 0
    template = """insert into diagram_template (key, version, parts, sha256, note, published_at) values ('incoming', {},
        '{}', repeat('a', 64), '', now())"""
    yield "a template rewritten", template.format(1, '{"bpmn:incoming": "x"}'), "release", "diagram_template:", 0
    yield "a template made unreadable", template.format(1, "[]"), "release", "diagram_template:", 0
    yield "a template taken away", template.format(2, "{}"), "release", "diagram_template:", 0
    yield "a result of a step", """update slow_work set found = '{"text": "khác"}' where status = 'recorded'""", \
        "record", f"document:{office.letter}", 0


def test_s12_rights_walls_and_triggers_that_no_migration_made_are_found(office: Office) -> None:  # noqa: F811
    tried = 0
    with office.app.app_context(), tenancy.as_owner():
        for name, done, check, where, _number in [*of_the_walls(office), *of_the_catalogue()]:
            db.session.rollback()
            db.session.execute(db.text(str(done)))
            faults = list(schema())
            assert [f for f in faults if f.check == check and f.subject.startswith(where)], name
            assert len({f.subject for f in faults}) <= 3, name
            tried += 1
        for name, done, check, where, _number in of_what_no_act_tells(office):
            db.session.rollback()
            faults = after(office, done)
            assert [f for f in faults if f.check == check and f.subject.startswith(where)], name
            tried += 1
        db.session.rollback()
    with office.inside():
        assert found(office) == [], "all of it was undone"
    assert tried == 48


def test_s12_a_document_deleted_with_its_leaves_is_located_in_the_seal(office: Office) -> None:  # noqa: F811
    """A draft without a number, gone with all that names it: the seal says between which chains it lay, and when."""
    mine, subject = f"document_id = {office.written}", f"document:{office.written}"
    with office.app.app_context(), tenancy.as_owner():
        faults = after(office, f"""set local session_replication_role = replica;
            delete from act_content where act_id in (select id from act where subject = '{subject}');
            delete from act where subject = '{subject}'; delete from seal_leaf where subject = '{subject}';
            delete from task where {mine}; delete from instance where {mine}; delete from attachment where {mine};
            delete from milestone where {mine}; delete from document_right where {mine};
            delete from document where id = {office.written}""")
        fault, = [f for f in faults if "mất 1 mục giữa" in f.message]
        assert (fault.check, fault.subject) == ("seal", "seal:2") and "đã ghi" in fault.message
        db.session.rollback()


def test_s12_the_catalogue_that_is_kept_is_the_one_that_the_migrations_make(world: World) -> None:
    """After a new migration: bin/qlvb db catalogue > app/db/catalogue.txt, with a database that is upgraded."""
    with world.app.app_context(), tenancy.as_owner():
        assert catalogue.listing(db.session.connection()) == catalogue.expected()
        db.session.rollback()


def test_s12_a_database_restored_from_its_dump_is_found_whole(
        office: Office, cluster: embedded.Cluster, owner: psycopg.Connection) -> None:  # noqa: F811
    """What PostgreSQL spells otherwise after a dump is no finding: pg_dump | pg_restore, and verified again."""
    address, copy = office.app.config["SQLALCHEMY_DATABASE_URI"], f"restored_{os.getpid()}"
    dump = subprocess.run([cluster.bin / "pg_dump", "-Fc", "--dbname", queue.libpq(address)], capture_output=True,
                          check=True).stdout
    owner.execute(f"create database {copy}")
    subprocess.run([cluster.bin / "pg_restore", "--exit-on-error", "--dbname", queue.libpq(cluster.url(copy))],
                   input=dump, capture_output=True, check=True)
    with office.app.app_context():
        db.session.remove()
        db.engine.dispose()
    name = f"test_{os.getpid()}"
    owner.execute(f"drop database {name} with (force)")
    owner.execute(f"alter database {copy} rename to {name}")
    with office.inside():
        assert found(office) == []


def test_s12_what_is_set_for_the_database_or_its_server_is_told_and_blinds_nobody(
        office: Office, owner: psycopg.Connection) -> None:  # noqa: F811
    """Verification reads our own tables whatever is looked at first, and says what is set."""
    name = f"test_{os.getpid()}"
    for statement, undone, subject in (
            (f"alter database {name} set search_path = 'evil,public'", "", "role:mọi vai trò"),
            ("alter system set session_replication_role = 'replica'",
             "alter system reset session_replication_role", "setting:session_replication_role")):
        owner.execute(statement)
        try:
            owner.execute("select pg_reload_conf()")
            with office.app.app_context():
                db.session.remove()
                db.engine.dispose()
            with office.inside():
                for _ in range(50):  # the server reads its settings anew in a moment
                    if faults := [(f.check, f.subject) for f in found(office)]:
                        break
                    db.session.rollback()
                assert ("schema", subject) in faults and len(faults) <= 2, faults
        finally:
            owner.execute(undone or "select 1")
            owner.execute("select pg_reload_conf()")
