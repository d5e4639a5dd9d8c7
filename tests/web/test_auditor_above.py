"""The auditor of the agency above: counts, and what a leader below gave (Art. 12)."""

import io
import re
import zipfile
from datetime import timedelta

import pytest
from doors import GRANTS, Browser, end_grants, give, now
from steps import Office, quick

from app import worker
from app.db import db, tenancy
from app.engine import handover_below
from app.records import verify
from app.records.history import Act, ActContent
from app.records.verify_value import values

BELOW = "/lich-su/don-vi-truc-thuoc"


@pytest.fixture
def office(world):
    quick(world.app)
    return Office(world.app)


def test_art_12_the_auditor_above_sees_counts_and_what_he_was_given(office):
    office.verify(letter := office.take_in(), subject="Việc riêng của sở")
    other = office.take_in()
    end_grants(office)
    above, leader = Browser(office.app, "tinh", "thanhtra"), Browser(office.app, "stc", "lanhdao")
    page = above.get(BELOW).text
    assert "Sở Tài chính" in page and "Đã vào sổ: 1" in page and "Việc riêng" not in page
    assert above.get(f"/van-ban/{letter}").status_code == above.get(f"/lich-su/{letter}").status_code == 404
    grant = give(office, leader, auditor="above", documents="12/UBND-VX")
    page = above.get(BELOW).text
    assert f"văn bản {letter}" in page and "Theo kế hoạch kiểm tra" in page and "Đinh Xuân Trường" in page
    assert "Việc riêng của sở" in (listed := above.get(f"{BELOW}/{grant}").text) and f"/{other}/" not in listed
    assert "Việc riêng của sở" in above.get(f"{BELOW}/{grant}?sau=999999").text, "a page of the list that was guessed"
    with office.inside():  # the list is told below, each page of it
        seen = db.session.execute(db.select(Act.kind, ActContent.input).join(
            ActContent, ActContent.act_id == Act.id).where(Act.subject == f"audit_grant:{grant}")
            .order_by(Act.number)).all()
        assert [kind for kind, _given in seen] == ["audit_granted", "document_read", "document_read"]
        assert seen[2][1] == {"what": "list", "documents": [letter], "by": "Phùng Quốc Bảo",
                              "by_agency": "Ủy ban nhân dân tỉnh Lào Cai"}
    asked = [above.send(f"{BELOW}/{grant}/{letter}/{what}", {}).get_json()
             for what in ("goi-chung-cu", "phieu-kiem-soat", "phieu-kiem-soat")]
    assert [one["status"] for one in asked] == ["asked"] * 3 and asked[1]["state"] == asked[2]["state"], "twice is one"
    assert "12/UBND-VX" in asked[0]["html"] and above.get(asked[0]["state"] + "/tep").status_code == 404
    worker.run_due(office.app)
    _stands_as_asker_only_from_above(office)
    bundle, slip = (above.get(f"{one['state']}/tep") for one in asked[:2])
    assert "acts.jsonl" in zipfile.ZipFile(io.BytesIO(bundle.data)).namelist() and slip.data.startswith(b"%PDF")
    assert "no-store" in bundle.headers["Cache-Control"]
    assert above.get(f"{BELOW}/{grant}").text.count("data-file") == 2
    assert above.post(f"{BELOW}/{grant}/{other}/goi-chung-cu").status_code == 404
    for one in (leader, Browser(office.app, "stc", "thanhtra"), Browser(office.app, "tinh", "lanhdao"),
                Browser(office.app, "tinh", "quantri")):  # its asker's only
        assert {one.get(asked[0]["state"] + more).status_code for more in ("", "/tep")} <= {403, 404}
        assert {one.get(f"/lich-su/lay/{asked[0]['state'].split('/')[-1]}{more}").status_code
                for more in ("", "/tep")} == {404}
    with Office(office.app, "tinh").inside():
        above_id = Office(office.app, "tinh").user("thanhtra").id
        acts = db.session.scalars(db.select(Act).where(Act.subject == f"granted:{grant}")).all()
        assert [(act.kind, act.actor.username) for act in acts] == [("document_read", "thanhtra")] * 6
    with office.inside():
        told = db.session.scalars(db.select(ActContent.input).join(Act, Act.id == ActContent.act_id).where(
            Act.subject == f"document:{letter}", Act.kind == "history_exported").order_by(Act.number)).all()
        assert [(one["what"], one["by"], one["by_id"]) for one in told] == [
            (what, "Phùng Quốc Bảo", above_id) for what in ("bundle", "slip")]
    assert "Phùng Quốc Bảo (Ủy ban nhân dân tỉnh Lào Cai)" in leader.get(f"/lich-su/{letter}").text
    for slug, name, status in (("snv", "thanhtra", 404), ("stc", "thanhtra", 404), ("tinh", "lanhdao", 403),
                               ("tinh", "quantri", 403)):
        assert Browser(office.app, slug, name).get(f"{BELOW}/{grant}").status_code == status
    assert "Sở Tài chính" not in Browser(office.app, "snv", "thanhtra").get(BELOW).text.split("<main")[1]
    assert leader.post(f"{GRANTS}/{grant}/ket-thuc", reason="Xong đợt").status_code == 303
    assert above.get(f"{BELOW}/{grant}").status_code == 404
    assert above.post(f"{BELOW}/{grant}/{letter}/goi-chung-cu").status_code == 404
    assert {above.get(asked[0]["state"] + more).status_code for more in ("", "/tep")} == {404}, "made, and not his now"


def test_art_12_the_auditor_above_plays_a_history_and_has_it_run_again(office):
    office.verify(letter := office.take_in(), subject="Việc riêng của sở")
    other = office.take_in()
    end_grants(office)
    above, leader = Browser(office.app, "tinh", "thanhtra"), Browser(office.app, "stc", "lanhdao")
    grant = give(office, leader, auditor="above", documents="12/UBND-VX")
    place = f"{BELOW}/{grant}/{letter}"
    assert f'href="{place}"' in above.get(f"{BELOW}/{grant}").text
    page = above.get(f"{place}?buoc=1").text
    assert "Việc riêng của sở" in page and 'id="buoc-2"' in page and "Phùng Quốc Bảo (Ủy ban nhân dân tỉnh" in page
    assert f'href="/van-ban/{letter}"' not in page, "a page that is not open to him"
    ran = re.findall(r'"release": "([0-9a-f]{64})"', page)[-1]
    assert "<bpmn" in above.get(f"{place}/so-do?ban={ran}").get_json()["xml"]
    assert above.get(f"{place}/so-do?ban={'0' * 64}").status_code == 404
    above.get(place)
    asked = above.send(f"{place}/phat-lai", {}).get_json()
    assert asked["status"] == "ready" and asked["verdict"]["title"] == "Khớp", asked
    assert asked["verdict"]["detail"] in above.get(place).text
    with office.inside():
        assert list(values()) == [], "who had it run again is of the agency above"
        read = db.session.execute(db.select(Act.actor_id, ActContent.input).join(
            ActContent, ActContent.act_id == Act.id).where(
            Act.subject == f"document:{letter}", Act.kind == "document_read").order_by(Act.number)).all()
        assert [(actor, told["what"], told["by"], told["grant"]) for actor, told in read] == [
            (None, "history", "Phùng Quốc Bảo", grant), (None, "replay", "Phùng Quốc Bảo", grant)], "again is none"
    with Office(office.app, "tinh").inside():
        acts = db.session.scalars(db.select(ActContent.input).join(Act, Act.id == ActContent.act_id).where(
            Act.subject == f"granted:{grant}").order_by(Act.number)).all()
        assert [(one["what"], one.get("document")) for one in acts] == [
            ("list", None), ("history", letter), ("replay", letter)]
    for path in (f"{BELOW}/{grant}/{other}", f"{BELOW}/{grant}/{other}/so-do"):
        assert above.get(path).status_code == 404, "outside the scope"
    assert above.post(f"{place}/khac").status_code == 404
    for slug, name, status in (("snv", "thanhtra", 404), ("stc", "thanhtra", 404), ("tinh", "lanhdao", 403),
                               ("tinh", "quantri", 403)):
        person = Browser(office.app, slug, name)
        assert {person.get(f"{place}{more}").status_code for more in ("", "/so-do")} == {status}
    assert leader.post(f"{GRANTS}/{grant}/ket-thuc", reason="Xong đợt").status_code == 303
    assert {above.get(f"{place}{more}").status_code for more in ("", "/so-do")} == {404}


def _stands_as_asker_only_from_above(office):
    with office.inside():
        assert list(values()) == [], "who asked is of the agency above, by the scope that it was given"
    mine, above = office.agency_id, Office(office.app, "tinh").agency_id
    with office.app.app_context(), tenancy.as_owner():
        for change in (f"user_id = (select max(id) from user_account where agency_id not in ({mine}, {above}))",
                       f"user_id = (select min(id) from user_account where agency_id = {above})", "head = head - 1"):
            db.session.execute(db.text(f"update history_request set {change} where what = 'bundle'"))
            db.session.execute(db.text(f"set local role qlvb_app; set local app.agency_id = {mine}"))
            assert [fault.message for fault in values() if "user_account" in fault.message], change
            db.session.rollback()


def test_art_12_the_list_from_below_has_pages_and_opens_to_no_administrator(office):
    first, second = office.take_in(), office.take_in()
    above, leader = Browser(office.app, "tinh", "thanhtra"), Browser(office.app, "stc", "lanhdao")
    grant = give(office, leader, auditor="above", whole="1")
    with Office(office.app, "tinh").inside():
        pages = [[one.id for one in handover_below.documents_below(
            grant, Office(office.app, "tinh").user("thanhtra"), now(), after=after, limit=1)]
            for after in (None, second, first)]
        assert pages == [[second], [first], []], "newest first, page by page"
    above_id = Office(office.app, "tinh").id_of("thanhtra")
    asked = above.send(f"{BELOW}/{grant}/{first}/phieu-kiem-soat", {}).get_json()["state"]
    worker.run_due(office.app)
    for roles, status in (("{auditor,admin}", 404), ("{auditor}", 200)):  # security.md S13
        with office.app.app_context(), tenancy.as_owner():
            db.session.execute(db.text("update user_account set roles = :r where id = :id"),
                               {"r": roles, "id": int(above_id)})
            db.session.commit()
            db.session.remove()
        tried = [above.get(path) for path in (f"{BELOW}/{grant}", asked, f"{asked}/tep")]
        tried.append(above.send(f"{BELOW}/{grant}/{first}/phieu-kiem-soat", {}))
        assert {one.status_code for one in tried} == {status}, roles
    with office.inside():
        for check, at in (("verify", now()), ("replay", now() - timedelta(days=9))):
            verify.keep(office.agency_id, check, at, {}, [])
        db.session.commit()
    ages = re.findall('<time class="(bad|quiet)" datetime="([^"]+)"', above.get(BELOW).text)
    assert [age for age, _at in ages] == ["bad", "quiet"] and ages[0][1] < ages[1][1], "an old result says how old"
