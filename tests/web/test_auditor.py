"""S12, S13, Art. 10.3, 12: an auditor reads only; the one above sees counts and what was handed over; no administrator
reads contents, numbers, signs or alters history."""

import io
import zipfile
from datetime import timedelta

import pytest
from doors import Browser, count, now, open_task
from sqlalchemy.exc import ProgrammingError
from steps import Office, quick

from app.db import db, tenancy
from app.records import audit_grant
from app.records.calendar import local_date
from app.records.history import Act
from app.web.gate import AUDITOR_SENDS

BELOW = "/lich-su/don-vi-truc-thuoc"


@pytest.fixture
def office(world):
    quick(world.app)
    return Office(world.app)


def filled(rule) -> str:
    values = {name: 1 for name in rule.arguments} | {"key": "incoming", "version": 1, "what": "tam-dung", "way": "den",
                                                     "place": "bieu-mau"}
    with_values = {name: values[name] for name in rule.arguments}
    return rule.build(with_values)[1]


def test_s12_an_auditor_sends_nothing_but_what_is_his(office):
    office.take_in()
    auditor, tried = Browser(office.app, "stc", "thanhtra"), 0
    before = count(office, Act)
    for rule in office.app.url_map.iter_rules():
        for method in sorted(rule.methods - {"GET", "HEAD", "OPTIONS"}):
            assert method == "POST"
            if rule.endpoint not in AUDITOR_SENDS:
                assert auditor.post(filled(rule), reason="vì sao").status_code == 403, rule.rule
                tried += 1
    assert tried > 30 and AUDITOR_SENDS <= set(office.app.view_functions)
    with office.inside():
        kinds = db.session.scalars(db.select(Act.kind).order_by(Act.id).offset(before[0])).all()
        assert set(kinds) == {"access_refused"}
    assert auditor.get("/van-ban/1").status_code == 200


def test_s13_no_administrator_and_no_right_of_procedures_opens_a_content(office):
    """Tried at each door of a document, as administrator and with each right of procedures alone."""
    letter = office.take_in()
    task = open_task(office, "verify", letter)
    for roles in (["admin"], ["designer"], ["publisher"], ["migrator"]):
        with office.app.app_context(), tenancy.as_owner():
            db.session.execute(db.text("update user_account set roles = :r where username = 'quantri'"), {"r": roles})
            db.session.commit()
            db.session.remove()
        person = Browser(office.app, "stc", "quantri")
        for rule in office.app.url_map.iter_rules():
            if "document_id" in rule.arguments or rule.endpoint == "task.page":
                path = filled(rule).replace("/viec/1", f"/viec/{task[0]}")
                answer = person.get(path) if "GET" in rule.methods else person.post(path, reason="x")
                assert answer.status_code in (403, 404), (roles, rule.rule, answer.status_code)
        assert person.complete(task, decision="register").status_code == 404, roles
        assert person.get("/so/den").status_code == 403, roles
    with office.inside():
        for statement in ("update act set kind = 'sent_back'", "delete from act", "update act_content set input = '{}'",
                          "delete from seal", "update finding set is_whole = true", "delete from audit_grant"):
            with pytest.raises(ProgrammingError):
                db.session.execute(db.text(statement))
            db.session.rollback()


def test_art_12_the_auditor_above_sees_counts_and_what_was_handed_over(office):
    letter = office.take_in()
    office.verify(letter, subject="Việc riêng của sở")
    with office.app.app_context(), tenancy.as_owner():
        db.session.execute(db.text("update agency set parent_id = (select id from agency where slug = 'vpubnd') "
                                   "where slug = 'stc'"))
        db.session.commit()
        db.session.remove()
    above, leader = Browser(office.app, "vpubnd", "thanhtra"), Browser(office.app, "stc", "lanhdao")
    page = above.get(BELOW).text
    assert "Sở Tài chính" in page and "Đã vào sổ: 1" in page and "Việc riêng" not in page
    assert above.get(f"/van-ban/{letter}").status_code == 404
    address, until = f"/lich-su/trao/{letter}", (local_date(now()) + timedelta(days=30)).isoformat()
    assert leader.get(address).status_code == 200
    assert Browser(office.app, "stc", "vanthu").post(address, until=until, reason="x").status_code == 404
    assert leader.post(address, until=until, reason=" ").status_code == 422
    assert leader.post(address, until="2020-01-01", reason="Theo kế hoạch").status_code == 422
    assert leader.post(address, until=until, reason="Theo kế hoạch kiểm tra").status_code == 303
    with office.inside():
        grant = db.session.scalars(db.select(audit_grant.AuditGrant)).one().id
        assert ("audit_granted", "") in [(a.kind, a.element) for a in db.session.scalars(
            db.select(Act).where(Act.subject == f"document:{letter}"))]
    page = above.get(BELOW).text
    assert "12/UBND-VX" in page and "Theo kế hoạch kiểm tra" in page
    bundle = above.get(f"{BELOW}/{grant}")
    assert "acts.jsonl" in zipfile.ZipFile(io.BytesIO(bundle.data)).namelist()
    with Office(office.app, "vpubnd").inside():
        act = db.session.scalars(db.select(Act).where(Act.subject == f"granted:{grant}")).one()
        assert act.kind == "document_read" and act.actor.username == "thanhtra"
    for slug, name, status in (("snv", "thanhtra", 404), ("stc", "thanhtra", 404), ("vpubnd", "lanhdao", 403)):
        assert Browser(office.app, slug, name).get(f"{BELOW}/{grant}").status_code == status
    assert "Sở Tài chính" not in Browser(office.app, "snv", "thanhtra").get(BELOW).text.split("<main")[1]
    with office.app.app_context(), tenancy.as_owner():
        db.session.execute(db.text("update audit_grant set until_date = '2026-01-01'"))
        db.session.commit()
        db.session.remove()
    assert above.get(f"{BELOW}/{grant}").status_code == 404
