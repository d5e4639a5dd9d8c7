"""Signing at the pages: keys that lie elsewhere; what waits when an authority is away (Art. 9.1.c, NĐ 68/2024)."""

import base64
import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from authorities import running
from doors import Browser, open_task
from lxml import html
from softhsm import MODULE, make, make_without_pin
from steps import Office, fetch, quick

from app import build_tools, worker
from app.db import db
from app.demo.people import PIN
from app.demo.signing_service import Service
from app.engine.task import Task
from app.records import attachment, history, signing_key
from app.records.signature import pending
from app.records.signing_key import SigningKey
from app.records.signing_visit import SigningVisit
from app.tools import pki
from app.tools.signing_archive import NotLasting, lengthen
from app.tools.signing_key import WAYS

TOKEN_PIN = "24681357"


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


@pytest.fixture
def found(stc):
    """A document that waits for the leader's signature."""
    document_id = stc.begin()
    stc.approved(document_id)
    return document_id


def set_up(stc, **settings):
    """The installation with other settings."""
    config = replace(stc.app.config["SETTINGS"], **settings)
    stc.app.config["SETTINGS"], stc.app.extensions["tools"] = config, build_tools(config)


def signed(stc, browser, task, pin=PIN, **choice):
    """What the page answers to a leader who signs."""
    return browser.send(f"/viec/{task[0]}", {"version": task[1], "values": {"decision": "sign", "pin": pin},
                                             "signing": choice})


def at_own_computer(stc, certificate):
    """The leader signs with this certificate by the service on his own computer, registered when it was in force."""
    with stc.inside():
        admin, leader = stc.user("quantri"), stc.user("lanhdao")
        der = signing_key.read(certificate.read_bytes())
        key = SigningKey(agency_id=admin.agency_id, user_id=leader.id, way="client", reference="",
                         certificate=base64.b64encode(der).decode())
        if signing_key.in_force(der, datetime.now(UTC)):
            signing_key.put(admin, admin.agency, key, "Khóa của lãnh đạo", WAYS, datetime.now(UTC))
        else:  # it was when it was registered
            db.session.add(key)
            db.session.commit()


def test_nd_68_29_it_waits_when_no_stamp_is_to_be_had_and_takes_less_only_by_a_persons_word(stc, found, world):
    browser, task = Browser(stc.app, "stc", "lanhdao"), open_task(stc, "sign_by_leader", found)
    before = stc.course(found)
    with running(world.config.pki) as there:
        set_up(stc, tsa_url=f"{there.url}/tsa", ocsp_url=f"{there.url}/ocsp")
        there.fails = {"/tsa"}
        waits = signed(stc, browser, task)
        assert waits.status_code == 422 and "dấu thời gian" in waits.json["errors"]["pin"][0]
        assert waits.json["offers"]["level"] == "B-B"
        there.fails = {"/ocsp"}
        assert signed(stc, browser, task).json["offers"]["level"] == "B-T"
        assert stc.course(found) == before and stc.tasks(found) == ["sign_by_leader"]  # nothing was written
        there.fails = {"/tsa", "/ocsp"}
        for wrong in ({"way": "token"}, {"way": "remote"}):
            assert "cách ký" in signed(stc, browser, task, **wrong).json["errors"]["pin"][0]
        assert signed(stc, browser, task, accepts="B-B").status_code == 200
        again = signed(stc, browser, task, accepts="B-B")  # the second click
        assert again.status_code == 409
    worker.run_due(stc.app)
    with stc.inside():
        kept = history.last_values(f"document:{found}", "sign_by_leader")["signature"]
        assert (kept["way"], kept["level"], kept["accepts"]) == ("file", "B-B", "B-B") and PIN not in json.dumps(kept)
        [report] = stc.app.extensions["tools"].signer.verify(
            stc.app.extensions["tools"].blobs.read(attachment.latest(found, "signed_leader").sha256))
        assert report["problems"] == ["time_unproven"]
    assert stc.tasks(found) == ["seal"] and stc.faults() == []


def test_nd_68_29_what_ones_own_computer_signed_without_stamp_waits_for_a_persons_word(stc, found, world):
    """The authority of the service there is away: said, and what came back counts only once that is accepted."""
    pki_folder = world.config.pki
    set_up(stc, sign_service_url="ws://127.0.0.1:1")
    at_own_computer(stc, pki_folder / "person-stc.lanhdao.pem")
    browser, task, before = Browser(stc.app, "stc", "lanhdao"), open_task(stc, "sign_by_leader", found), \
        stc.course(found)
    service = Service(pki_folder, PIN, "")
    key = pki_folder / "tsa.key"

    def visit(accepts=""):
        begun = browser.send(f"/viec/{task[0]}/ky-may", {"version": task[1], "accepts": accepts}).json
        place = urlsplit(begun["request"]["FileName"]).path
        told = {one["Key"]: one["Value"] for one in begun["request"]["MetaData"]}
        away = key.rename(key.with_suffix(".away"))
        try:
            back = service._signed(browser.get(place).data, "SignApproved", told)
        finally:
            away.rename(key)
        answer = browser.client.post(place, data={"uploadfile": (io.BytesIO(back), "signed.pdf")})
        assert answer.json["Status"] is True, answer.json
        return signed(stc, browser, task, "", way="client", accepts=accepts, visit=begun["visit"])

    waits = visit()
    assert waits.status_code == 422 and "máy chủ dấu thời gian không trả lời" in waits.json["errors"]["pin"][0]
    assert waits.json["offers"]["level"] == "B-B"
    assert stc.course(found) == before and stc.tasks(found) == ["sign_by_leader"]  # nothing was written
    assert visit("B-B").status_code == 200
    worker.run_due(stc.app)
    with stc.inside():
        kept = history.last_values(f"document:{found}", "sign_by_leader")["signature"]
        assert (kept["way"], kept["level"], kept["accepts"]) == ("client", "B-B", "B-B")
    assert stc.tasks(found) == ["seal"] and stc.faults() == []


def test_art_9_1_c_a_leader_with_a_token_signs_with_it_and_the_choice_of_keys_is_an_act(stc, found, world):
    pki, admin = world.config.pki, Browser(stc.app, "stc", "quantri")
    make("Lanh dao STC", TOKEN_PIN, pki / "person-stc.lanhdao.p12", PIN, "chinh")
    with stc.inside():
        leader = stc.user("lanhdao").id

    def tell(certificate="person-stc.lanhdao", **fields):
        file = (io.BytesIO((pki / f"{certificate}.pem").read_bytes()), "chung-thu.pem") if certificate else (
            io.BytesIO(b"x"), "x.pem")
        return admin.post("/khoa-ky", **{"what": "put", "way": "token", "user": leader, "certificate": file,
                                         "reference": "Lanh dao STC/chinh", "reason": "Dùng thiết bị của cơ quan",
                                         **fields})

    for bad in ({"reason": "x"}, {"certificate": "person-stc.pholanhdao"}, {"certificate": ""}, {"reference": "chinh"},
                {"user": ""}, {"way": "ink"}):
        answer = tell(**bad)
        assert answer.status_code == 422, bad
        form = html.fromstring(answer.text).xpath("//form[.//input[@name='way' or @id='reference']]")[0]
        assert form.fields["reference"] == bad.get("reference", "Lanh dao STC/chinh"), "nothing typed is lost"
    assert Browser(stc.app, "stc", "lanhdao").get("/khoa-ky").status_code == 403
    assert tell().status_code == 303
    assert tell(way="file", reference="", certificate=None).status_code in (303, 422)
    page = admin.get("/khoa-ky").text
    assert "Lanh dao STC/chinh" in page and "Dùng thiết bị của cơ quan" in page
    set_up(stc, pkcs11_module=MODULE)
    browser, task = Browser(stc.app, "stc", "lanhdao"), open_task(stc, "sign_by_leader", found)
    assert "Mã PIN không đúng" in signed(stc, browser, task, "00000000", way="token").json["errors"]["pin"][0]
    assert signed(stc, browser, task, TOKEN_PIN, way="token").status_code == 200
    worker.run_due(stc.app)
    assert stc.tasks(found) == ["seal"]
    with stc.inside():
        kept = pending(found, "leader")
        assert kept.proof["way"] == "token" and kept.proof["level"] == "B-LT"
        row = db.session.scalars(db.select(SigningKey).where(SigningKey.way == "token")).one()
        assert base64.b64decode(row.certificate) == base64.b64decode(kept.proof["certificate"])
        row_id = row.id
    _preserved(stc, found)
    assert admin.post("/khoa-ky", what="take", key=row_id, reason="Thu hồi thiết bị").status_code == 303
    assert stc.faults() == []


def test_art_9_1_c_at_a_locked_token_nothing_is_signed_and_nothing_is_tried_again(stc, found, world):
    pki, admin = world.config.pki, Browser(stc.app, "stc", "quantri")
    make_without_pin("Da khoa")
    with stc.inside():
        leader = stc.user("lanhdao").id
    file = io.BytesIO((pki / "person-stc.lanhdao.pem").read_bytes()), "chung-thu.pem"
    for way in ({"way": "token", "certificate": file, "reference": "Da khoa/chinh"}, {"way": "file"}):
        assert admin.post("/khoa-ky", what="put", user=leader, reason="Dùng thiết bị của cơ quan",
                          **way).status_code == 303
    set_up(stc, pkcs11_module=MODULE)
    browser, task, before = Browser(stc.app, "stc", "lanhdao"), open_task(stc, "sign_by_leader", found), \
        stc.course(found)
    for _ in range(7):  # no try is counted: it is not the PIN
        refused = signed(stc, browser, task, TOKEN_PIN, way="token")
        assert refused.status_code == 422 and refused.json["stops"]  # of many, the next is not tried with this PIN
        assert "Thiết bị ký đã khóa" in refused.json["errors"]["pin"][0]
    assert stc.course(found) == before and stc.tasks(found) == ["sign_by_leader"]
    assert "signed_leader" not in stc.files(found)
    file = io.BytesIO((pki / "person-stc.lanhdao.pem").read_bytes()), "chung-thu.pem"
    assert admin.post("/khoa-ky", what="put", user=leader, way="token", certificate=file, reference="Da rut/chinh",
                      reason="Thiết bị đã rút ra").status_code == 303
    unplugged = signed(stc, browser, task, TOKEN_PIN, way="token")
    assert "Không thấy thiết bị ký" in unplugged.json["errors"]["pin"][0] and unplugged.json["stops"]
    assert signed(stc, browser, task, way="file").status_code == 200  # another way is open at once
    worker.run_due(stc.app)
    assert stc.tasks(found) == ["seal"] and stc.faults() == []


@pytest.mark.parametrize(("stem", "begins", "ends", "words"), [
    ("person-cu", -900, -30, "Chứng thư số đã hết hạn"), ("person-moi", 2, 900, "chưa có hiệu lực"),
    ("person-thuhoi", -10, 900, "Chứng thư số đã bị thu hồi")])
def test_nd_68_31_at_ones_own_computer_a_certificate_that_may_not_sign_is_told_before_the_file_is_given_out(
        stc, found, world, stem, begins, ends, words):
    """Nobody is asked for a PIN there for what would be refused when it comes back."""
    folder, today = world.config.pki, datetime.now(UTC)
    with stc.inside():
        leader = stc.user("lanhdao")
        name = pki.person_subject(leader.full_name, leader.agency.code, leader.agency.name, "Giám đốc")
    pki.issue(folder, stem, name, PIN, today + timedelta(days=begins), today + timedelta(days=ends))
    if stem == "person-thuhoi":
        pki.revoke(folder, stem, today - timedelta(days=1))
    at_own_computer(stc, folder / f"{stem}.pem")
    browser, task, before = Browser(stc.app, "stc", "lanhdao"), open_task(stc, "sign_by_leader", found), \
        stc.course(found)
    refused = browser.send(f"/viec/{task[0]}/ky-may", {"version": task[1]})
    assert refused.status_code == 422 and refused.json["stops"], refused.json  # no 409: another may still be chosen
    [said] = refused.json["errors"]["way"]
    assert words in said and "báo quản trị" in said
    assert stc.course(found) == before and stc.tasks(found) == ["sign_by_leader"]
    with stc.inside():
        assert db.session.scalar(db.select(db.func.count()).select_from(SigningVisit)) == 0
    at_own_computer(stc, folder / "person-stc.lanhdao.pem")
    assert browser.send(f"/viec/{task[0]}/ky-may", {"version": task[1]}).status_code == 200


def test_art_9_1_c_ones_own_documents_are_shown_however_many_wait_for_others(stc, found):
    """Those of another leader were counted first: above a number of them nothing was offered to sign together."""
    own = open_task(stc, "sign_by_leader", found)[0]
    with stc.inside():
        row, other = db.session.get_one(Task, own), stc.user("pholanhdao")
        values = {one.key: getattr(row, one.key) for one in Task.__table__.columns if one.key != "id"}
        values |= {"assignee_id": other.id, "inbox_key": row.key().replace(str(row.assignee_id), str(other.id)),
                   "rank": row.rank + 1}
        db.session.execute(db.insert(Task), [values | {"occurrence": number} for number in range(100, 700)])
        db.session.commit()
    shown = {who: html.fromstring(Browser(stc.app, "stc", who).get("/viec/ky-nhieu").text).xpath("//@data-task")
             for who in ("lanhdao", "pholanhdao", "vanthu")}
    assert shown["lanhdao"] == [str(own)] and len(shown["pholanhdao"]) == 100 and shown["vanthu"] == []


#: what lies in the place of a key: how many days ago it began and ended, whose it is, and what is said at the field
WRONG = {"expired": (-900, -30, "own", "Chứng thư số đã hết hạn"), "to come": (2, 900, "own", "chưa có hiệu lực"),
         "a colleague's": (-10, 900, "pholanhdao", "không phải của người hoặc cơ quan phải ký"),
         "of another agency": (-10, 900, "H38.01", "không phải của người hoặc cơ quan phải ký"),
         "a person's for the agency's": (-10, 900, "lanhdao", "không phải của người hoặc cơ quan phải ký")}


def other_key(stc, stem, begins, ends, whose):
    """Put another key and certificate, by a trusted authority, in the place of this one; what undoes it."""
    folder, now = stc.app.config["SETTINGS"].pki, datetime.now(UTC)
    before = {path: path.read_bytes() for path in (folder / f"{stem}.p12", folder / f"{stem}.pem")}
    with stc.inside():
        user = stc.user("lanhdao" if whose == "own" else whose) if "." not in whose else None
        own = stc.user("vanthu").agency
        name = pki.person_subject(user.full_name, own.code, own.name, "Giám đốc") if user and \
            (whose != "own" or stem.startswith("person")) else pki.agency_subject(
            *((own.code, own.name) if whose == "own" else (whose, "Văn phòng Ủy ban nhân dân tỉnh")))
    for path in before:
        path.unlink()
    pki.issue(folder, stem, name, PIN, now + timedelta(days=begins), now + timedelta(days=ends))
    return lambda: [path.write_bytes(data) for path, data in before.items()]


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize(("who", "form"), [("lanhdao", "sign_by_leader"), ("vanthu", "seal")])
def test_nd_68_31_with_a_certificate_that_may_not_sign_nothing_is_signed_and_nothing_goes_out(
        stc, found, who, form, wrong):
    begins, ends, whose, words = WRONG[wrong]
    if whose == "lanhdao" and form == "sign_by_leader":
        whose = "chuyenvien"
    if form == "seal":
        stc.sign(found)
    task, before, files = open_task(stc, form, found), stc.course(found), stc.files(found)
    mend = other_key(stc, "person-stc.lanhdao" if form == "sign_by_leader" else "agency-H38.12", begins, ends, whose)
    browser = Browser(stc.app, "stc", who)
    for pin in (PIN, "000000", PIN):  # no PIN is tried with it
        refused = signed(stc, browser, task, pin)
        assert refused.status_code == 422 and words in refused.json["errors"]["pin"][0], refused.json
    worker.run_due(stc.app)
    fetch(stc.app, "stc")
    assert stc.course(found) == before and stc.files(found) == files and stc.tasks(found) == [form]
    assert stc.sent(found) == []
    mend()
    assert signed(stc, browser, task).status_code == 200  # five wrong PINs would have locked it: none was counted
    worker.run_due(stc.app)
    assert form not in stc.tasks(found) and stc.faults() == []


def _preserved(stc, found):
    """NĐ 30/2020 Đ5: an archive time stamp beside what was issued, renewed after years, never twice at once."""
    stc.seal(found)
    clerk, tools = Browser(stc.app, "stc", "vanthu"), stc.app.extensions["tools"]
    address = f"/van-ban/{found}/dau-luu-tru"
    assert "Đóng dấu thời gian lưu trữ" in clerk.get(f"/van-ban/{found}").text
    assert Browser(stc.app, "stc", "lanhdao").post(address).status_code == 409
    assert clerk.post(address).status_code == 303
    assert clerk.post(address).status_code == 409  # the second click
    with stc.inside():
        issued, kept = (tools.blobs.read(attachment.latest(found, kind).sha256) for kind in ("signed", "preserved"))
        again = lengthen(tools.signer, kept, datetime.now(UTC))
        assert again.startswith(kept) and kept.startswith(issued)
        assert [one["problems"] for one in tools.signer.verify(again)] == [[], []]
        with pytest.raises(NotLasting):
            lengthen(tools.signer, issued.replace(b"/Contents <30", b"/Contents <31"), datetime.now(UTC))
    assert stc.files(found).count("preserved") == 1 and ("signature_preserved", "") in stc.course(found)
