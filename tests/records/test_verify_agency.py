"""An agency that was put out of the directory is looked at all the same, and one that is gone is named (S12)."""

from app import audit, clock, worker
from app.db import db, tenancy
from app.records import verify
from tests.records.test_verify import office  # noqa: F401
from tests.steps import Office


def as_superuser(office: Office, statements: str) -> None:  # noqa: F811
    """What a person does who has the database's own password and takes care that no reference stops him."""
    with office.app.app_context(), tenancy.as_owner():
        db.session.execute(db.text(f"set session_replication_role = replica; {statements}; "
                                   "set session_replication_role = origin"))
        db.session.commit()


def test_s12_an_agency_or_an_alias_put_in_is_found(office: Office) -> None:  # noqa: F811
    """In the directory only, with nothing of its own, and written to by a code of another."""
    as_superuser(office, """insert into agency (code, name, abbreviation, slug, place, is_demo, is_served)
        values ('H38.99', 'Sở Lạ', 'SL', 'la', 'Lào Cai', false, false);
        insert into agency_alias (code, owner_id, since) select 'H38.98', id, '2026-01-01' from agency
        where slug = 'la'""")
    told = {(f["agency"], f["check"], f["subject"].partition(":")[0])
            for f in audit.check_history(office.app)["faults"]}
    assert told == {("la", "record", "agency"), ("la", "record", "agency_alias")}
    as_superuser(office, "delete from agency_alias where code = 'H38.98'; delete from agency where slug = 'la'")

    as_superuser(office, f"""update task set agency_id = (select min(id) from agency where id <> {office.agency_id})
        where document_id = {office.letter}""")
    told = {(f["check"], f["subject"].partition(":")[0]) for f in audit.check_history(office.app)["faults"]}
    assert {("record", "task"), ("record", "document")} <= told


def test_s12_an_agency_put_out_of_service_or_deleted_is_found(office: Office) -> None:  # noqa: F811
    mine = f"agency_id = {office.agency_id}"
    folder = office.app.extensions["tools"].sealer.copies / str(office.agency_id)
    assert audit.check_history(office.app)["faults"] == []

    as_superuser(office, f"update agency set is_served = false where id = {office.agency_id}")
    found = audit.check_history(office.app)
    assert [(f["check"], f["subject"]) for f in found["faults"]] == [("record", f"agency:{office.agency_id}")]
    assert "is_served" in found["faults"][0]["message"]
    assert audit.run_again(office.app)["checked"] == 2, "its histories are run again"
    for name in clock.NIGHTLY:
        clock.tick(office.app, name)
    worker.run_due(office.app)
    with office.inside():
        assert [f["subject"] for f in verify.newest("verify").faults] == [f"agency:{office.agency_id}"]
        assert verify.newest("replay").seen["checked"] == verify.newest("conform").seen["checked"] == 2

    as_superuser(office, ";".join(f"delete from {table} where {mine}" for table in (
        "act_content", "act", "seal_leaf", "seal", "task", "instance", "document", "user_account")))
    faults = audit.check_history(office.app)["faults"]
    assert {("record", f"agency:{office.agency_id}"), ("copy", "seal:1"), ("copy", "seal:2")} <= {
        (f["check"], f["subject"]) for f in faults}

    as_superuser(office, f"delete from agency where id = {office.agency_id}")
    fault, = [f for f in audit.check_history(office.app)["faults"] if f["check"] == "copy"]
    assert fault["subject"] == f"agency:{office.agency_id}" and str(folder) in fault["message"]
    clock.tick(office.app, "verify")
    worker.run_due(office.app)
    with office.app.app_context(), tenancy.as_owner():
        told = db.session.scalars(db.select(verify.Finding)).all()
        assert str(folder) in str([row.faults for row in told if row.agency_id != office.agency_id]), "others tell it"
