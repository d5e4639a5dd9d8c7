"""A value that nobody of ours writes is a fault where it lies, and stops neither verification nor replay (S12)."""

import pytest

from app.db import db, tenancy
from app.engine import replay_many
from app.records.verify import _gaps
from tests.records.test_verify import after, found, office  # noqa: F401
from tests.records.test_verify_scope import _forge
from tests.steps import Office

_DEEP, _DEEPER = ("[" * deep + "1" + "]" * deep for deep in (400, 3000))


def _act(subject: str, number: int) -> str:
    return f"(select id from act where subject = '{subject}' and number = {number})"


def of_acts(office: Office) -> dict[str, set[tuple[str, str, int]]]:  # noqa: F811
    """What is done -> what must be found of it: (check, subject, act)."""
    letter, draft, mine = f"document:{office.letter}", f"document:{office.written}", f"agency_id = {office.agency_id}"
    put, both = "update act_content set input = '{}' where act_id = {}", ("chain", "time")
    return {
        put.format('{"a": 1e400}', _act(draft, 3)): {("content", draft, 3)},
        put.format(_DEEPER, _act(letter, 2)): {("content", letter, 2)},
        put.format(f'{{"a": {_DEEP}}}', _act(letter, 3)): {("content", letter, 3)},
        f"update act set at = '0044-03-15 BC' where id = {_act(letter, 4)}": {(one, letter, 4) for one in both},
        f"update act set at = 'infinity' where id = {_act(letter, 1)}": {(one, letter, 1) for one in both},
        f"update act set occurrence = -9223372036854775808 where id = {_act(draft, 1)}": {("chain", draft, 1)},
        "update release set parts = '[]' where " + mine: {("release", "release:", 0)},
        f"""update act_content set input = input::jsonb || '{{"version": "x"}}' where act_id = (
            select max(id) from act where kind = 'diagram_published' and {mine})""": {("content", "release:", -1)},
    }


def of_rows(office: Office) -> dict[str, set[tuple[str, str, int]]]:  # noqa: F811
    """The same of what lies beside the chains."""
    letter, draft, mine = f"document:{office.letter}", f"document:{office.written}", f"agency_id = {office.agency_id}"
    return {
        "update seal set stamp = 'é', signature = 'é' where number = 1": {("seal", "seal:1", 0)},
        "update seal set at = 'infinity' where number = 2": {("time", "seal:2", 0), ("seal", "seal:2", 0)},
        f"update instance set started_at = '-infinity' where document_id = {office.written}": {
            ("time", draft, 0), ("record", draft, 0)},
        f"update register set next_number = 9000000000000000000 where kind = 'incoming' and {mine}": {
            ("number", "register:", 0)},
        f"update document set due_date = 'infinity', verdict = '{_DEEPER}' where id = {office.letter}": {
            ("time", letter, 0), ("record", letter, 0)},
        f"update barred_rule set id = id; update release set version = 9000000000000000000 where {mine}": {
            ("release", "release:", 0)},
        "alter table document add column more text default 'x'": {("schema", "table:document", 0)},
        "alter table slow_work drop column found": {("schema", "table:slow_work", 0)},
    }


def test_s12_no_value_stops_a_verification_or_a_replay(office: Office) -> None:  # noqa: F811
    """All at once: each is found where it is, whatever else lies beside it."""
    with office.app.app_context(), tenancy.as_owner():
        for ways, differs in ((of_acts(office), True), (of_rows(office), False)):
            db.session.rollback()
            db.session.execute(db.text("set local session_replication_role = replica"))
            for done in ways:
                db.session.connection().exec_driver_sql(done)
            faults = [(f.check, f.subject, f.act) for f in after(office, "select 1")]
            for done, expected in ways.items():
                for check, subject, act in expected:
                    assert any(c == check and s.startswith(subject) and act in (-1, a) for c, s, a in faults), done[:90]
            judged = [replay_many.judged(one) for one in replay_many.instances_of()]
            assert [bool(one.difference) for one in judged] == [differs, differs]
        db.session.rollback()
    with office.inside():
        assert found(office) == [], "all of it was undone"


def test_s12_a_removal_that_names_its_acts_in_no_way_of_ours_removes_nothing(office: Office) -> None:  # noqa: F811
    letter = f"document:{office.letter}"
    with office.app.app_context(), tenancy.as_owner():
        faults = after(office, lambda: _forge(office, letter, "content_removed", given={"acts": "x"}))
        assert {(f.check, f.subject) for f in faults} == {("content", letter)}
        assert any("không nêu rõ" in f.message for f in faults)
        assert [replay_many.judged(one).difference for one in replay_many.instances_of()] == ["", ""]
        db.session.rollback()


@pytest.mark.parametrize(("given", "last", "gaps"), [
    ([1, 2, 3], 3, []), ([2, 5], 6, [1, 3, 4, 6]), ([], 2, [1, 2]), ([1, 1, 3], 3, [2])])
def test_s12_gaps_in_numbers(given: list[int], last: int, gaps: list[int]) -> None:
    assert list(_gaps(given, last)) == gaps
