"""What lets somebody do more to history than he may, from then on, is a fault of its own (S12)."""

from app.db import db, tenancy
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
    yield "a result of a step", """update slow_work set found = '{"text": "khác"}' where status = 'recorded'""", \
        "record", f"document:{office.letter}", 0


def test_s12_rights_walls_and_triggers_that_no_migration_made_are_found(office: Office) -> None:  # noqa: F811
    tried = 0
    with office.app.app_context(), tenancy.as_owner():
        for name, done, check, where, _number in of_the_walls(office):
            db.session.rollback()
            faults = after(office, done)
            assert [f for f in faults if f.check == check and f.subject.startswith(where)], name
            tried += 1
        db.session.rollback()
    with office.inside():
        assert found(office) == [], "all of it was undone"
    assert tried == 14
