"""Art. 9.1.c in a browser: a leader signs with the service on his own computer, then several documents with one PIN.

QLVB_PICTURES=<folder> keeps pictures of the way.
"""

import base64
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
from browser import PHONE, log_in, needs_axe, serious, too_wide
from playwright.sync_api import expect
from signing_services import TOKEN, running
from steps import Office, quick

from app import worker
from app.db import db
from app.demo.people import PIN
from app.demo.run import free_port
from app.engine.task import Task
from app.records import attachment, signing_key
from app.records.signature import pending
from app.records.signing_key import SigningKey
from app.tools.signing_key import WAYS
from app.web.moment import now

pytestmark = pytest.mark.browser
PORT = free_port()


@pytest.fixture
def three(world, monkeypatch):
    """Three documents that wait for the leader, who has a token at his own computer beside his key at the server."""
    monkeypatch.setenv("QLVB_SIGN_SERVICE_URL", f"ws://127.0.0.1:{PORT}")
    quick(world.app)
    office = Office(world.app)
    with office.inside():
        admin, leader = office.user("quantri"), office.user("lanhdao")
        held = signing_key.read((world.config.pki / "person-stc.lanhdao.pem").read_bytes())
        for way, certificate in (("client", held), ("file", b"")):
            signing_key.put(admin, admin.agency, SigningKey(
                agency_id=admin.agency_id, user_id=leader.id, way=way, reference="", certificate=_plain(certificate)),
                "Khóa của lãnh đạo", WAYS, now())
    waiting = [office.begin() for _ in range(3)]
    for one in waiting:
        office.approved(one)
    return office, waiting


def _plain(data):
    return base64.b64encode(data).decode()


@pytest.fixture
def sealing(world, monkeypatch):
    """A document that waits for the clerk, who has the agency's token at her computer beside its key at the server."""
    monkeypatch.setenv("QLVB_SIGN_SERVICE_URL", f"ws://127.0.0.1:{PORT}")
    quick(world.app)
    office = Office(world.app)
    with office.inside():
        admin = office.user("quantri")
        held = signing_key.read((world.config.pki / "agency-H38.12.pem").read_bytes())
        for way, certificate in (("client", held), ("file", b"")):
            signing_key.put(admin, admin.agency, SigningKey(
                agency_id=admin.agency_id, user_id=None, way=way, reference="", certificate=_plain(certificate)),
                "Thiết bị của cơ quan do văn thư giữ", WAYS, now())
    found = office.begin()
    office.approved(found)
    office.sign(found)
    return office, found


def test_art_9_1_d_the_clerk_seals_at_her_own_computer_and_it_is_dispatched(sealing, pages, chromium, tmp_path):
    office, found = sealing
    with office.inside():
        task_id = office.waiting("seal", found).id
    clerk = log_in(chromium, pages, "stc", "vanthu")
    _at_his_computer(clerk, pages, office, task_id, "ky-may-con-dau")
    with ThreadPoolExecutor(1) as pool:
        pool.submit(worker.run_due, office.app).result()
    assert office.status(found) == "dispatched" and office.sent(found) == [("document", "H38.01", "")]
    with office.inside():
        blobs = office.app.extensions["tools"].blobs
        assert pending(found, "agency").proof["way"] == "client"
        leader, agency = office.app.extensions["tools"].signer.verify(
            blobs.read(attachment.latest(found, "signed").sha256))
        assert (leader["problems"], agency["problems"], agency["is_agency"]) == ([], [], True)
    assert office.faults() == []


@needs_axe
def test_art_9_1_c_a_leader_signs_at_his_own_computer_then_several_with_one_pin(three, pages, chromium, tmp_path):
    office, waiting = three
    with office.inside():
        open_tasks = [office.waiting("sign_by_leader", one).id for one in waiting]
    leader = log_in(chromium, pages, "stc", "lanhdao")
    _at_his_computer(leader, pages, office, open_tasks[0])
    _several(leader, pages, office, *open_tasks[1:])
    with ThreadPoolExecutor(1) as pool:  # Playwright's loop runs in this thread
        pool.submit(worker.run_due, office.app).result()
    assert [office.tasks(one) for one in waiting] == [["seal"], ["sign_by_leader"], ["seal"]]
    with office.inside():
        assert [pending(one, "leader").proof.get("way") for one in waiting] == ["client", None, "file"]
        for one in (waiting[0], waiting[2]):
            _agreed(office, one, tmp_path)
    assert office.faults() == []
    refused = ("WebSocket", "422", "409")  # the absent service, the wrong PIN, the task that somebody changed
    assert [one for one in leader.complaints if not any(word in one for word in refused)] == []


def _at_his_computer(leader, pages, office, task_id, name="ky-may-cua-toi"):
    """The service is absent, then gives back another file, then does what it should."""
    page = leader.page
    answer = page.goto(f"{pages.base}/viec/{task_id}")
    assert f"connect-src 'self' ws://127.0.0.1:{PORT};" in answer.headers["content-security-policy"]
    expect(page.locator("#way")).to_have_value("client")
    expect(page.get_by_label("Mã PIN")).to_be_hidden()
    leader.picture(name, ready=".viewer canvas")
    button = page.locator("#submit")
    button.click()
    expect(page.locator("#message")).to_contain_text("Không thấy dịch vụ ký số trên máy của bạn")
    leader.picture(f"{name}-khong-co-dich-vu")
    with running(office.app.config["SETTINGS"].pki, PIN, PORT) as service:
        service.swap = b"%PDF-1.7 something else"
        button.click()
        expect(page.locator("#message")).to_contain_text("không phải là văn bản đã gửi đi ký")
        with office.inside():
            assert db.session.get_one(Task, task_id).status == "open"
        service.swap = None
        button.click()
        expect(page.locator(".flash.done")).to_be_visible()


def _several(leader, pages, office, second, third):
    """With one PIN; somebody has changed one of them meanwhile."""
    page = leader.page
    page.goto(f"{pages.base}/viec/ky-nhieu")
    rows = page.locator("[data-task]")
    expect(rows).to_have_count(2)
    page.locator("#way").select_option("file")
    page.locator("[data-all]").check()
    assert serious(page) == [] and too_wide(page) <= 0
    leader.picture("ky-nhieu")
    sign = page.get_by_role("button", name="Ký các văn bản đã chọn")
    sign.click()
    expect(page.locator("#pin-error")).to_contain_text("Nhập mã PIN")
    page.locator("#pin").fill("000000")
    sign.click()
    expect(page.locator("#pin-error")).to_contain_text("Mã PIN không đúng")
    with office.inside():
        assert {db.session.get_one(Task, one).status for one in (second, third)} == {"open"}
        db.session.get_one(Task, second).version += 1
        db.session.commit()
    page.locator("#pin").fill(PIN)
    sign.click()
    expect(page.locator("[data-say]")).to_contain_text("Đã ký 1/2 văn bản")
    expect(page.locator(f"[data-task='{third}'] [data-result]")).to_have_text("Đã ký")
    expect(page.locator(f"[data-task='{second}'] [data-result]")).to_have_class("result bad")
    expect(page.locator("#pin")).to_have_value("")
    leader.picture("ky-nhieu-xong")
    page.set_viewport_size(PHONE)
    assert too_wide(page) <= 0
    leader.picture("ky-nhieu-dien-thoai")


def _agreed(office, document_id, folder):
    """Ours and poppler's pdfsig say the same of the signed file."""
    tools = office.app.extensions["tools"]
    data = tools.blobs.read(attachment.latest(document_id, "signed_leader").sha256)
    [report] = tools.signer.verify(data)
    assert (report["problems"], report["time_source"]) == ([], "timestamp")
    (folder / "signed.pdf").write_bytes(data)
    said = subprocess.run(["pdfsig", str(folder / "signed.pdf")], capture_output=True, text=True, timeout=30).stdout
    assert said.count("Signature is Valid") == 1


@pytest.fixture
def remote(world, monkeypatch):
    """Three documents that wait for the leader, whose only key lies in a signing service (CSC)."""
    monkeypatch.setenv("QLVB_CSC_URL", f"http://127.0.0.1:{PORT}/csc/v1")
    world.config.csc_token.write_text(TOKEN)
    quick(world.app)
    office = Office(world.app)
    with office.inside():
        admin, leader = office.user("quantri"), office.user("lanhdao")
        held = signing_key.read((world.config.pki / "person-stc.lanhdao.pem").read_bytes())
        signing_key.put(admin, admin.agency, SigningKey(
            agency_id=admin.agency_id, user_id=leader.id, way="remote", reference="person:stc.lanhdao",
            certificate=_plain(held)), "Khóa ở dịch vụ ký số", WAYS, now())
    waiting = [office.begin() for _ in range(3)]
    for one in waiting:
        office.approved(one)
    return office, waiting


def test_nd_68_29_several_signed_by_a_signing_service_stop_when_it_is_away_or_has_locked_the_key(
        remote, pages, chromium, tmp_path):
    """What keeps one keeps all: no other is tried, nothing is signed, and what stopped it is said in its own words."""
    office, waiting = remote
    leader = log_in(chromium, pages, "stc", "lanhdao")
    page = leader.page
    page.goto(f"{pages.base}/viec/ky-nhieu")
    expect(page.locator("[data-task]")).to_have_count(3)
    results, error = page.locator("[data-task] [data-result]"), page.locator("#pin-error")
    page.locator("[data-all]").check()

    def sign(pin, words, kept):
        page.locator("#pin").fill(pin)
        page.get_by_role("button", name="Ký các văn bản đã chọn").click()
        expect(page.locator("[data-say]")).to_contain_text("rồi dừng")
        expect(error).to_contain_text(words)
        expect(results.nth(0)).to_contain_text(words)
        expect(page.locator("#pin")).to_have_value("")
        for other in kept:
            expect(results.nth(other)).to_have_text("Chưa ký")

    sign(PIN, "Dịch vụ ký số từ xa không trả lời", (1, 2))
    leader.picture("ky-nhieu-dich-vu-vang")
    with running(office.app.config["SETTINGS"].pki, PIN, PORT) as service:
        for left in (2, 1, 0):
            sign("000000", f"Còn {left} lần thử", (1, 2))
        sign(PIN, "đã khóa hoặc ngừng khóa ký này", (1, 2))
        leader.picture("ky-nhieu-khoa-ky-bi-khoa")
        with office.inside():
            assert [pending(one, "leader").proof for one in waiting] == [{}, {}, {}]
        service.wrong.clear()  # who issued it has opened it again
        page.locator("#pin").fill(PIN)
        page.get_by_role("button", name="Ký các văn bản đã chọn").click()
        expect(page.locator("[data-say]")).to_contain_text("Đã ký 3/3 văn bản")
    with ThreadPoolExecutor(1) as pool:
        pool.submit(worker.run_due, office.app).result()
    assert [office.tasks(one) for one in waiting] == [["seal"]] * 3
    with office.inside():
        assert {pending(one, "leader").proof["way"] for one in waiting} == {"remote"}
        _agreed(office, waiting[0], tmp_path)
    assert office.faults() == []
