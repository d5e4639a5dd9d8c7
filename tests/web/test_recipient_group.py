"""Art. 9.1.d: named groups of recipients, of an agency and of the province, chosen in a draft and found in its text."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from doors import Browser, drawn, open_task
from steps import Office, letter_to, quick

from app.db import db, tenancy
from app.records import recipient_group as groups
from app.records.agency import Agency
from app.records.document import Document, NotFound
from app.records.recipient_group import GroupChanged, GroupWrong, NotGroupKeeper, RecipientGroup
from app.regulation import addressed

WHY = "Theo danh sách cơ quan chuyên môn của tỉnh"
ALL = "Các sở, ban, ngành"


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def directory(stc, start="Sở "):
    with stc.inside():
        return {one.code: one.name for one in db.session.scalars(db.select(Agency).order_by(Agency.name))
                if one.name.startswith(start) and one.slug != "stc"}


def put(office, name, members, who="vanthu", group_id=None, seen="", shared=False, reason=WHY):
    with office.inside():
        return groups.put(office.user(who), group_id, name, members, shared, seen, reason, datetime.now(UTC))


def share(stc, name, members):
    """A group of the province, as its own clerk would keep it; the tests' province has no people."""
    with stc.app.app_context(), tenancy.as_owner():
        top = db.session.scalar(db.select(Agency.id).where(Agency.parent_id.is_(None), Agency.is_served)
                                .order_by(Agency.id).limit(1)) or db.session.scalar(
            db.select(Agency.id).where(Agency.parent_id.is_(None)).limit(1))
        db.session.execute(db.text("insert into recipient_group (agency_id, name, members, is_shared) "
                                   "values (:a, :n, :m, true)"), {"a": top, "n": name, "m": members})
        db.session.commit()


def named(stc, found):
    with stc.inside():
        return addressed.beside(stc.app.extensions["tools"], db.session.get(Document, found))


def test_art_9_1_d_a_group_that_a_draft_names_stands_for_its_members_and_some_may_be_left_out(stc):
    members = directory(stc)
    assert len(members) >= 2 and put(stc, ALL, list(members))
    found, (first, *others) = stc.begin(), members
    file = stc.upload("chuyenvien", letter_to(["VP UBND tỉnh"], ["Như trên", "Các sở, ban, ngành của tỉnh"]), "a.docx")
    stc.draft(found, addressees=["H38.01"], recipients=[first, *others], draft_file=file)
    assert not named(stc, found).differs
    stc.do("truongphong", "review", {"decision": "return", "opinion": "Bớt nơi nhận"}, found)
    page = Browser(stc.app, "stc", "chuyenvien").get(f"/viec/{open_task(stc, 'draft', found)[0]}")
    assert f"Dự thảo ghi nhóm: {ALL}." in page.text and 'data-group="1"' in page.text
    assert {one["key"] for one in drawn(page)["schema"]["components"]} >= {"addressees", "recipients"}
    stc.draft(found, addressees=["H38.01"], recipients=others, draft_file=file)
    assert named(stc, found) == addressed.Named(groups=[(ALL, [members[first]])])
    page = Browser(stc.app, "stc", "truongphong").get(f"/viec/{open_task(stc, 'review', found)[0]}").text
    assert f"Nhóm “{ALL}” ghi trong dự thảo, không gửi" in page and members[first] in page
    with stc.inside():
        assert db.session.get(Document, found).recipients == others, "who gets it is what was chosen"


def test_art_9_1_d_shortened_names_of_groups_are_known_and_like_ones_are_not(stc):
    members = list(directory(stc, "Ủy ban nhân dân"))
    put(stc, "UBND các xã, phường", members)
    with stc.inside():
        known = groups.choices(stc.agency_id)
    for text, is_meant in (("Ủy ban nhân dân các xã, phường", True), ("UBND các xã, phường trên địa bàn tỉnh", True),
                           ("UBND các xã phường", True), ("UBND các xã", False), ("Các phường", False)):
        assert bool(addressed._groups((text,), known)) is is_meant, text


def test_art_9_1_d_a_group_bears_no_name_of_an_agency_and_of_an_old_one_the_agency_is_meant(stc):
    (like, name), (one, _), (two, _) = list(directory(stc).items())[:3]
    clerk = Browser(stc.app, "stc", "vanthu")
    for wrong in (name, name.removesuffix(" tỉnh Lào Cai"), f" {name.upper()} "):
        refused = clerk.post("/nhom-noi-nhan", name=wrong, members=[one, two], reason=WHY)
        assert refused.status_code == 422 and name in refused.text, wrong
    with stc.inside():
        assert groups.own() == []
    put(stc, name, [one, two])  # as it was kept before
    shown = clerk.get("/nhom-noi-nhan").text
    assert f"trùng tên cơ quan trong danh bạ ({name})" in shown and "hãy đổi tên nhóm" in shown
    found = stc.begin()
    file = stc.upload("chuyenvien", letter_to([name], ["Như trên"]), "du thao.docx")
    stc.draft(found, addressees=[one], recipients=[two], draft_file=file)
    said = named(stc, found)
    assert (said.unchosen, said.groups) == ([name], []) and len(said.unnamed) == 2
    with stc.inside():
        asked = addressed.missed(db.session.get(Document, found), {name: addressed.TO})
        assert [(each.code, each.group) for each in asked] == [(like, "")]


def test_art_9_1_d_the_clerk_keeps_groups_by_acts_with_a_reason(stc):
    (one, two, *_), name = list(directory(stc)), "Các sở về tài chính"
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda _: put(stc, name, [one]), range(4))) == 1
    with stc.inside():
        row = groups.own()[0]
        key, seen = row.id, groups.spelled(row)
    assert put(stc, name, [one, two], group_id=key, seen=seen, who="quantri")
    assert not put(stc, name, [two, one], group_id=key, seen=seen)
    for wrong, kind in (({"members": [one], "seen": seen}, GroupChanged), ({"members": []}, GroupWrong),
                        ({"members": ["X99"]}, GroupWrong), ({"members": [one], "reason": "vội"}, GroupWrong),
                        ({"members": [one], "shared": True}, GroupWrong),
                        ({"members": [one], "group_id": 999}, NotFound),
                        ({"members": [one], "who": "chuyenvien"}, NotGroupKeeper)):
        with pytest.raises(kind):
            put(stc, **{"name": name, "group_id": key, **wrong})
    with pytest.raises(GroupWrong):
        put(stc, name.upper(), [two])  # its name is another's
    snv = Office(stc.app, "vpubnd")
    with snv.inside():
        assert groups.own() == [] and groups.choices(snv.agency_id) == [], "behind the wall"
    with pytest.raises(NotFound):
        put(snv, name, [one], group_id=key)
    assert stc.faults() == []
    tampered = f"update recipient_group set members = '{{}}' where id = {key}"
    assert [check for check, _ in stc.faults(tampered)] == ["record"]
    with stc.inside():
        groups.remove(stc.user("vanthu"), key, WHY, datetime.now(UTC))
    with stc.inside(), pytest.raises(NotFound):
        groups.remove(stc.user("vanthu"), key, WHY, datetime.now(UTC))
    with stc.inside():
        assert [told["name"] for _, told in groups.changes(stc.agency_id)] == [name] * 3
    assert stc.faults() == []


def test_art_9_1_d_groups_of_the_province_are_every_agencys_to_choose(stc):
    members = list(directory(stc))
    share(stc, ALL, [*members, "H38.12"])
    with stc.inside():
        found, = groups.choices(stc.agency_id)
        assert (found.name, found.is_provinces, list(found.members)) == (ALL, True, members), "oneself left out"
        assert db.session.scalars(db.select(RecipientGroup)).all() == []
    put(stc, ALL, members[:1])
    with stc.inside():
        found, = groups.choices(stc.agency_id)
        assert not found.is_provinces and list(found.members) == members[:1], "one's own goes before"


def test_art_9_1_d_the_page_of_groups(stc):
    clerk, code = Browser(stc.app, "stc", "vanthu"), next(iter(directory(stc)))
    assert "Cơ quan chưa có nhóm nào" in clerk.get("/nhom-noi-nhan").text
    assert clerk.post("/nhom-noi-nhan", name=ALL, members=[code], reason=WHY).status_code == 303
    page = clerk.get("/nhom-noi-nhan").text
    assert ALL in page and WHY in page and "Nhóm chung của tỉnh: mọi" not in page
    assert clerk.post("/nhom-noi-nhan", name=ALL, reason=WHY).status_code == 422
    with stc.inside():
        key = groups.own()[0].id
    assert clerk.post(f"/nhom-noi-nhan/{key}", name="Các sở", members=[code], seen="cu", reason=WHY).status_code == 409
    assert Browser(stc.app, "stc", "chuyenvien").get("/nhom-noi-nhan").status_code == 403
    officer = Browser(stc.app, "stc", "chuyenvien")
    assert f'data-members="{code}"' in officer.get("/van-ban/soan-thao").text
    assert clerk.post(f"/nhom-noi-nhan/{key}", what="remove", reason=WHY).status_code == 303
    assert "Cơ quan chưa có nhóm nào" in clerk.get("/nhom-noi-nhan").text


def test_art_4_1_a_a_group_of_people_is_kept_and_chosen_within_the_agency_only(stc):
    clerk, officer = Browser(stc.app, "stc", "vanthu"), Browser(stc.app, "stc", "chuyenvien")
    codes = [f"user:{stc.id_of(name)}" for name in ("lanhdao", "truongphong")]
    good = {"name": "Tổ soạn dự toán", "members": codes, "reason": "Nhóm hay họp", "seen": ""}
    snv = Office(stc.app, "snv")
    admin = f"user:{stc.id_of('quantri')}"
    for wrong in ({"members": [*codes, "H38.01"]}, {"members": [admin]}, {"is_shared": "1"},
                  {"members": [f"user:{snv.id_of('vanthu')}"]}, {"members": []}):
        assert clerk.post("/nhom-noi-nhan", **good | wrong).status_code == 422, wrong
    assert officer.post("/nhom-noi-nhan", **good).status_code == 403
    assert [clerk.post("/nhom-noi-nhan", **good).status_code for _ in range(2)] == [303, 303]
    page = clerk.get("/nhom-noi-nhan").text
    assert "Tổ soạn dự toán" in page and "2 người" in page and "thêm 2 người, bớt 0" in page
    written = officer.get("/noi-bo/soan").text
    assert f'data-members="{" ".join(codes)}"' in written and "+ Tổ soạn dự toán (2)" in written
    with stc.inside():
        assert "Tổ soạn dự toán" not in [one.name for one in groups.choices(stc.agency_id)]
        [row] = [one for one in groups.own() if one.is_of_people]
        seen, key = groups.spelled(row), row.id
    changed = good | {"members": codes[:1], "seen": seen}
    assert clerk.post(f"/nhom-noi-nhan/{key}", **changed).status_code == 303
    assert clerk.post(f"/nhom-noi-nhan/{key}", what="remove", reason="Không còn họp").status_code == 303
    assert "+ Tổ soạn dự toán" not in officer.get("/noi-bo/soan").text and stc.faults() == []
