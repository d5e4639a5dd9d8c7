"""A certificate that is past its days: told to who can act, and renewed without a step back (NĐ 68/2024 Đ29, 31)."""

import base64
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from doors import Browser, open_task
from softhsm import MODULE, make
from steps import Office, quick

from app import build_tools, worker
from app.db import db
from app.demo.people import PIN
from app.engine import act
from app.records import signing_key
from app.records.signing_key import SigningKey
from app.tools import pki

TOKEN_PIN = "24681357"


@pytest.fixture
def stc(world):
    quick(world.app)
    config = replace(world.app.config["SETTINGS"], pkcs11_module=MODULE)
    world.app.config["SETTINGS"], world.app.extensions["tools"] = config, build_tools(config)
    return Office(world.app)


@pytest.fixture
def folder(world):
    return world.config.pki


def issued(stc, folder, stem, begins, ends):
    """A certificate of the leader of these days from today, with a key of its own."""
    with stc.inside():
        leader, today = stc.user("lanhdao"), datetime.now(UTC)
        name = pki.person_subject(leader.full_name, leader.agency.code, leader.agency.name, "Giám đốc")
    pki.issue(folder, stem, name, PIN, today + timedelta(days=begins), today + timedelta(days=ends))
    return folder / f"{stem}.pem"


def told(stc, certificate, reference):
    """What the page of keys answers to an administrator who registers the leader's token."""
    return Browser(stc.app, "stc", "quantri").post(
        "/khoa-ky", what="put", way="token", user=stc.id_of("lanhdao"), reference=reference, reason="Thay thiết bị ký",
        certificate=(io.BytesIO(certificate.read_bytes()), "chung-thu.pem"))


def registered(stc, certificate, reference):
    """A token of the leader whose certificate has run out since."""
    with stc.inside():
        der = base64.b64encode(signing_key.read(certificate.read_bytes())).decode()
        leader = stc.user("lanhdao")
        db.session.add(SigningKey(agency_id=leader.agency_id, user_id=leader.id, way="token", reference=reference,
                                  certificate=der))
        db.session.commit()


def signed(stc, task, pin):
    return Browser(stc.app, "stc", "lanhdao").send(
        f"/viec/{task[0]}", {"version": task[1], "signing": {"way": "token"},
                             "values": {"decision": "sign", "pin": pin}})


def test_nd_68_29_a_certificate_out_of_its_days_is_not_registered(stc, folder):
    for stem, begins, ends in (("person-cu", -900, -30), ("person-moi", 2, 900)):
        refused = told(stc, issued(stc, folder, stem, begins, ends), "Het han/chinh")
        assert refused.status_code == 422 and "có hiệu lực từ" in refused.text
    assert told(stc, folder / "person-stc.lanhdao.pem", "Het han/chinh").status_code == 303


def test_nd_68_29_what_ran_out_is_told_to_who_can_act_and_the_new_one_signs_at_once(stc, folder):
    """It was an incident of the administrator alone, and stayed one with each retry."""
    old, new = (issued(stc, folder, stem, *days) for stem, days in (
        ("person-cu", (-900, -3)), ("person-sau", (-1, 900))))
    make("Gia han", TOKEN_PIN, folder / "person-sau.p12", PIN, "chinh")
    registered(stc, old, "Gia han/chinh")
    found, leader = stc.begin(), Browser(stc.app, "stc", "lanhdao")
    last = f"{datetime.now(UTC) - timedelta(days=3):%d/%m/%Y}"
    stc.draft(found)
    stc.do("truongphong", "review", {"decision": "accept", "opinion": "Đồng ý"}, found)
    before = leader.get(f"/viec/{open_task(stc, 'approve', found)[0]}").text
    assert f"ngày cuối: {last}" in before and "Khóa ký số" in before
    stc.do("lanhdao", "approve", {"decision": "approve"}, found)
    worker.run_due(stc.app)
    task = open_task(stc, "sign_by_leader", found)
    assert f"ngày cuối: {last}" in leader.get(f"/viec/{task[0]}").text
    assert "Chứng thư số đã hết hạn" in signed(stc, task, TOKEN_PIN).json["errors"]["pin"][0]
    admin = Browser(stc.app, "stc", "quantri")
    assert f"có ngày cuối {last}" in admin.get("/viec").text and "Hết hạn" in admin.get("/khoa-ky").text
    assert told(stc, new, "Gia han/chinh").status_code == 303
    assert "có ngày cuối" not in admin.get("/viec").text
    assert "ngày cuối" not in leader.get(f"/viec/{task[0]}").text
    assert signed(stc, task, TOKEN_PIN).status_code == 200
    worker.run_due(stc.app)
    assert stc.tasks(found) == ["seal"] and stc.faults() == []


def test_nd_68_29_the_clerk_is_told_that_the_agencys_certificate_ran_out(stc, folder):
    today = datetime.now(UTC)
    with stc.inside():
        own = stc.user("vanthu").agency
        name, code = pki.agency_subject(own.code, own.name), own.code
    pki.issue(folder, f"agency-{code}", name, PIN, today - timedelta(days=900), today - timedelta(days=3))
    found = stc.begin()
    stc.approved(found)
    stc.sign(found)
    page = Browser(stc.app, "stc", "vanthu").get(f"/viec/{open_task(stc, 'seal', found)[0]}").text
    assert "không ký được" in page and f"{today - timedelta(days=3):%d/%m/%Y}" in page


def test_nd_68_29_a_step_tried_again_takes_the_key_that_is_registered_now(stc, folder):
    """It kept what had been asked before, however often it was tried again."""
    make("Dang ky sau", TOKEN_PIN, folder / "person-stc.lanhdao.p12", PIN, "chinh")
    certificate = folder / "person-stc.lanhdao.pem"
    away = certificate.rename(folder / "away.pem")
    found = stc.begin()
    stc.approved(found)
    assert stc.tasks(found) == ["incident:prepare_leader_signature"]
    assert told(stc, away, "Dang ky sau/chinh").status_code == 303
    with stc.inside():
        act.retry(stc.incident(found).id, stc.user("quantri"), "Đã đăng ký khóa", datetime.now(UTC))
    worker.run_due(stc.app)
    assert signed(stc, open_task(stc, "sign_by_leader", found), TOKEN_PIN).status_code == 200
    worker.run_due(stc.app)
    assert stc.tasks(found) == ["seal"] and stc.faults() == []


def test_art_9_1_c_a_token_with_another_key_than_registered_is_told_so(stc, folder):
    other = issued(stc, folder, "person-khac", -1, 900)
    make("Nham khoa", TOKEN_PIN, folder / "person-stc.lanhdao.p12", PIN, "chinh")
    assert told(stc, other, "Nham khoa/chinh").status_code == 303
    found = stc.begin()
    stc.approved(found)
    refused = signed(stc, open_task(stc, "sign_by_leader", found), TOKEN_PIN)
    assert refused.status_code == 422
    assert "không phải khóa của chứng thư số đã đăng ký" in refused.json["errors"]["pin"][0]
