"""Art. 3.3: whose seal and which leader count when a document comes: by the agency's list, else the installation's."""

import io
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from browser import PHONE, Site, log_in, needs_axe, serious, too_wide
from doors import Browser
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import expect
from signing_world import system_key
from steps import Office, arrived, pdf, quick, send

from app import worker
from app.db import db, tenancy
from app.demo.people import PIN
from app.records import history, trust_anchor
from app.tools import edxml_signature, pki

LIST, SENDER = "/danh-sach-tin-cay", "H38.01"
NAME, OFFICE = "Nguyễn Minh Quang", "Văn phòng Ủy ban nhân dân tỉnh Lào Cai"
LEADER, SEAL = "person:vpubnd.lanhdao", f"agency:{SENDER}"


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


@pytest.fixture
def issue(world):
    """A certificate of the same authority; its key."""
    def made(stem, subject):
        now = datetime.now(UTC)
        pki.issue(world.config.pki, stem, subject, PIN, now - timedelta(days=9), now + timedelta(days=900))
        return stem.replace("-", ":", 1)
    return made


def signed(app, leader=LEADER, seal=SEAL):
    signer, found = app.extensions["tools"].signer, pdf(0)
    for key, kind in ((leader, "leader"), (seal, "agency")):
        state = signer.prepare(found, key=key, kind=kind, reason="12/VPUBND", at=datetime.now(UTC), label={})
        value = signer.sign_digest(key, PIN, state["attributes"])
        found = signer.embed(state["prepared"], state, value, signer.prove(state, value, "B-LT"))
    return found


def judged(stc, number, seal_packet=bytes, **keys):
    """(verdict, codes, all sentences, where was looked) of a document that comes now."""
    send(stc.app, signed(stc.app, **keys), number=number, seal=seal_packet)
    return told_of(stc, arrived(stc))


def told_of(stc, document):
    told = json.loads(Browser(stc.app, "stc", "vanthu").get(f"/van-ban/{document}/chu-ky.json").text)
    return (told["verdict"], [one["code"] for one in told["reasons"]],
            " ".join(one["message"] for one in told["reasons"]), told["register"])


def registered(stc, stem, purpose, told=None, **fields):
    """Asked for by the administrator, agreed to by the leader; the row. `told`: what the page says of it."""
    data = (stc.app.extensions["tools"].signer.folder / f"{stem}.pem").read_bytes()
    done = Browser(stc.app, "stc", "quantri").post(LIST, **{
        "what": "add", "purpose": purpose, "reason": "Theo công văn của cơ quan gửi", "code": SENDER,
        "certificate": (io.BytesIO(data), "a.cer"), **fields})
    assert done.status_code == 303
    with stc.inside():
        row = trust_anchor.listed(trust_anchor.SIGNERS)[0].id
    page = Browser(stc.app, "stc", "lanhdao").get(LIST).text
    assert told is None or ("đầu tiên được biết" in page, told in page) == (bool(told), True)
    assert decided(stc, row).status_code == 303
    return row


def decided(stc, row):
    with stc.inside():
        wish = db.session.get(trust_anchor.TrustAnchor, row).wish
    return Browser(stc.app, "stc", "lanhdao").post(LIST, what="decide", anchor=row, wish=wish, agrees="1",
                                                   reason="Đã so mã SHA-256")


def test_art_3_3_where_the_sender_is_registered_no_other_certificate_of_the_same_agency_counts(stc, issue):
    """Certificates of the right authority, with the agency's code and the printed name in them."""
    person = issue("person-khac", pki.person_subject(NAME, SENDER, OFFICE, "CHÁNH VĂN PHÒNG"))
    seal = issue("agency-khac", pki.agency_subject(SENDER, OFFICE))
    assert (judged(stc, "11")[:2], judged(stc, "12")[3]) == (("3.3.b", ["valid_b"]), "installation")
    verdict, codes, words, _ = judged(stc, "13", leader=person)
    assert (verdict, codes) == ("indeterminate", ["leader_not_registered"])
    assert NAME in words and "người thứ hai đồng ý" in words and "Danh sách tin cậy" in words
    other = issue("person-ai", pki.person_subject("Lê Văn Khác", SENDER, OFFICE, "CHÁNH VĂN PHÒNG"))
    assert judged(stc, "15", leader=other)[:2] == ("incomplete", ["not_leader", "other_person"])
    verdict, codes, words, _ = judged(stc, "14", seal=seal)
    assert (verdict, codes) == ("indeterminate", ["agency_not_registered"]) and "Danh sách tin cậy" in words
    assert stc.faults() == []


def test_art_3_3_a_seal_and_a_leaders_certificate_that_were_renewed_count_once_they_are_registered(stc, issue, world):
    """Judged again by what is registered, by the facts of the arrival: the authority's list may be gone by then."""
    person = issue("person-moi", pki.person_subject(NAME, SENDER, OFFICE, "CHÁNH VĂN PHÒNG"))
    seal = issue("agency-moi", pki.agency_subject(SENDER, OFFICE))
    found = judged(stc, "11", leader=person, seal=seal)
    document = arrived(stc)
    assert found[:2] == ("indeterminate", ["agency_not_registered", "leader_not_registered"])
    stranger = issue("agency-la", pki.agency_subject(SENDER, OFFICE))
    judged(stc, "12", leader=person, seal=stranger)
    other = arrived(stc)
    for path in (world.config.pki / "crl").glob("*.crl"):
        path.unlink()
    again(stc)
    assert told_of(stc, document) == found  # nothing new: no act
    registered(stc, "agency-moi", "agency")
    again(stc)  # of leaders the list says nothing: the installation's register still does
    assert told_of(stc, document)[:2] == ("indeterminate", ["leader_not_registered"])
    registered(stc, "person-moi", "leader", position="CHÁNH VĂN PHÒNG")
    again(stc)
    assert told_of(stc, document)[:2] == ("3.3.b", ["valid_b"])
    assert told_of(stc, other)[:2] == ("indeterminate", ["agency_not_registered"])
    again(stc)  # one that was judged stays
    with stc.inside():
        assert [act.kind for act in history.course(f"document:{document}")].count("signature_rechecked") == 2
    assert stc.faults() == []


def test_art_3_3_by_command_the_list_of_an_agency_counts_when_it_is_named_or_the_only_one(stc, world, tmp_path):
    """One file, judged by the list of the Department of Finance, for which the seal's days are over, and without it."""
    registered(stc, f"agency-{SENDER}", "agency", since="2020-01-01", until="2020-12-31")
    file = tmp_path / "a.pdf"
    file.write_bytes(signed(stc.app))

    def told(*more, database=world.config.database_url):
        done = subprocess.run(
            [sys.executable, "-m", "app.cli", "signature", "verify", str(file), "--sender", SENDER, "--signer", NAME,
             "--json", *more], capture_output=True, text=True, check=False,
            env=os.environ | {"QLVB_DATA": str(world.config.data), "DATABASE_URL": database})
        found = json.loads(done.stdout) if done.stdout else {}
        return done.returncode, found.get("verdict"), found.get("lists"), found.get("error"), done.stderr

    code, verdict, lists, *_ = told()
    assert (code, verdict, lists["agency"]) == (0, "3.3.b", "") and "--agency" in lists["message"]
    assert "stc" in lists["message_en"] and "vpubnd" in lists["message_en"]
    assert told("--agency", "stc")[1:3] == ("invalid", {"agency": "stc", "message": "", "message_en": ""})
    assert told("--agency", "snv")[1] == "3.3.b"  # whose list says nothing of this sender: the installation's does
    code, *_, said = told("--agency", "khong-co")
    assert code == 1 and "no agency works here under the address khong-co" in said
    assert told("--agency", "stc", "--trust", str(tmp_path))[0] == 2
    away = "postgresql+psycopg://qlvb@/qlvb?host=/nowhere"
    code, verdict, lists, *_ = told(database=away)
    assert (code, verdict, lists["agency"]) == (0, "3.3.b", "") and "không chạy" in lists["message"]
    code, verdict, _, error, _ = told("--agency", "stc", database=away)
    assert (code, verdict, error["code"]) == (1, None, "database_missing")
    with stc.app.app_context(), tenancy.as_owner():
        db.session.execute(db.text("update agency set is_served = (slug = 'stc')"))
        db.session.commit()
    assert told()[1:3] == told("--agency", "stc")[1:3] == ("invalid", {
        "agency": "stc", "message": "", "message_en": ""})


def again(stc):
    """What the clock lets the worker do each hour."""
    worker.use(stc.app)
    worker.run_recheck(agency_id=stc.agency_id)


def test_art_3_3_b_nobody_is_taken_for_a_leader_whom_neither_register_nor_document_names(stc, issue, world):
    """An officer's certificate of the right agency; the packet names no signer. The clerk writes down the name."""
    (world.config.pki / "register.json").unlink()
    officer = issue("person-cv", pki.person_subject("Phạm Văn Chuyên", SENDER, OFFICE, "CHUYÊN VIÊN"))
    for number, keys, name, then in (("11", {"leader": officer}, NAME, ("incomplete", ["other_person"])),
                                     ("12", {}, NAME, ("3.3.b", ["valid_b", "register_silent"]))):
        found = judged(stc, number, seal_packet=unnamed, **keys)
        document = arrived(stc)
        assert found[:2] == ("indeterminate", ["leader_unknown"]) and "Văn thư ghi họ tên" in found[2]
        again(stc)
        assert told_of(stc, document) == found
        stc.do("lanhdao", "decide_unsigned", {"decision": "accept"}, document)
        worker.run_due(stc.app)
        stc.verify(document, code_number=number, signer_name=name)
        again(stc)
        assert told_of(stc, document)[:2] == then
    assert stc.faults() == []


def test_art_3_3_b_a_leader_registered_later_counts_for_what_waits_and_takes_nothing_away(stc, issue, world):
    """A new head signed (806); the old one, by a renewed seal (805), and by the old one (804). What the list says of
    one certificate leaves the others of the installation's register as they are.
    """
    new = issue("person-dau", pki.person_subject("Đặng Thị Mới", SENDER, OFFICE, "CHÁNH VĂN PHÒNG"))
    seal, named = issue("agency-moi", pki.agency_subject(SENDER, OFFICE)), "Đặng Thị Mới".encode()
    by_new = judged(stc, "806", lambda packet: packet.replace(NAME.encode(), named), leader=new)
    assert by_new[:2] == ("incomplete", ["not_leader"]) and "kiểm tra lại trong vòng một giờ" in by_new[2]
    first = arrived(stc)
    assert judged(stc, "805", seal=seal)[:2] == ("indeterminate", ["agency_not_registered"])
    second = arrived(stc)
    again(stc)
    assert told_of(stc, first) == by_new  # nothing new: no act
    registered(stc, "agency-moi", "agency")
    registered(stc, "person-dau", "leader", position="CHÁNH VĂN PHÒNG")
    again(stc)
    for document in (first, second):
        assert told_of(stc, document)[:2] == ("3.3.b", ["valid_b"])
        with stc.inside():
            assert [act.kind for act in history.course(f"document:{document}")].count("signature_rechecked") == 1
    assert judged(stc, "804")[:2] == ("3.3.b", ["valid_b"])
    assert stc.faults() == []


def test_art_3_3_b_a_seal_and_another_leader_registered_in_one_hour_leave_no_reason_of_before(stc, issue, world):
    """Nobody knew who leads the sender, and its seal had been renewed. What lacks now is who signed, not the seal."""
    (world.config.pki / "register.json").unlink()
    issue("person-dau", pki.person_subject("Đặng Thị Mới", SENDER, OFFICE, "CHÁNH VĂN PHÒNG"))
    seal = issue("agency-moi", pki.agency_subject(SENDER, OFFICE))
    registered(stc, f"agency-{SENDER}", "agency", told="Đây là chứng thư đầu tiên")
    assert judged(stc, "805", seal=seal)[:2] == ("indeterminate", ["agency_not_registered"])
    document = arrived(stc)
    for stem, purpose, first in (("agency-moi", "agency", ""), ("person-dau", "leader", "Đây là lãnh đạo đầu tiên")):
        registered(stc, stem, purpose, position="CHÁNH VĂN PHÒNG", told=first)
    for _ in range(2):
        again(stc)
        verdict, codes, words, _where = told_of(stc, document)
        assert (verdict, codes) == ("indeterminate", ["others_lead"]) and f"({NAME}; chứng thư số" in words
    registered(stc, "person-vpubnd.lanhdao", "leader", position="CHÁNH VĂN PHÒNG")
    again(stc)
    assert told_of(stc, document)[:2] == ("3.3.b", ["valid_b"])
    with stc.inside():
        assert [act.kind for act in history.course(f"document:{document}")].count("signature_rechecked") == 2
    assert stc.faults() == []


def test_art_3_3_b_where_nobody_knew_who_leads_a_registered_leader_settles_it(stc, issue, world):
    """The officer who signed is none, until two people register him, too."""
    (world.config.pki / "register.json").unlink()
    officer = issue("person-cv", pki.person_subject("Phạm Văn Chuyên", SENDER, OFFICE, "CHUYÊN VIÊN"))
    judged(stc, "11", seal_packet=unnamed, leader=officer)
    document = arrived(stc)
    for stem, then in (("person-vpubnd.lanhdao", ("incomplete", ["not_leader"])),
                       ("person-cv", ("3.3.b", ["valid_b", "register_silent"]))):
        registered(stc, stem, "leader", position="CHÁNH VĂN PHÒNG")
        again(stc)
        assert told_of(stc, document)[:2] == then
    assert stc.faults() == []


def unnamed(packet):
    """Without the signer's name, which the standard lets a sender leave out."""
    return packet.replace(NAME.encode(), b"")


def test_art_3_3_where_nothing_is_registered_the_code_suffices_and_the_verdict_says_so(stc, issue, world):
    (world.config.pki / "register.json").unlink()
    verdict, codes, words, where = judged(stc, "11")
    assert (verdict, codes, where) == ("3.3.b", ["valid_b", "register_silent"], "") and SENDER in words
    other = issue("person-ten-khac", pki.person_subject("Lê Văn Khác", SENDER, OFFICE, "CHÁNH VĂN PHÒNG"))
    assert judged(stc, "12", leader=other)[:2] == ("incomplete", ["other_person"])
    elsewhere = issue("person-noi-khac", pki.person_subject(NAME, "H38.07", "Sở Nội vụ", "GIÁM ĐỐC"))
    assert judged(stc, "13", leader=elsewhere)[:2] == ("incomplete", ["other_unit"])


def test_nd_30_21_2_b_whose_certificate_signed_the_packet_is_asked_of_the_register_first(stc, issue, world):
    """The sender's exchange system has a key of its own, which seals nothing: its code counts, and that is said."""
    stem = issue("agency-he-thong", pki.agency_subject(SENDER, OFFICE)).replace(":", "-")
    system, foreign = (system_key(world.config.pki, one, PIN) for one in (stem, "agency-H38.07"))

    def by(key):
        return lambda data: edxml_signature.sign(data, key)

    verdict, codes, words, where = judged(stc, "11", by(system))
    assert (verdict, codes, where) == ("3.3.b", ["valid_b", "packet_by_code"], "installation")
    assert "chưa được đăng ký" in words
    assert judged(stc, "12", by(foreign))[:2] == ("invalid", ["packet_other_agency", "valid_b"])
    registered(stc, f"agency-{SENDER}", "agency")
    assert judged(stc, "13", by(system))[1] == ["valid_b", "packet_by_code"]
    row = registered(stc, stem, "agency")
    assert judged(stc, "14", by(system))[1] == ["valid_b"]
    last = datetime.now(UTC).date() - timedelta(days=2)
    assert Browser(stc.app, "stc", "quantri").post(LIST, what="end", anchor=row, reason="Hệ thống đổi khóa gói tin",
                                                   last=last.isoformat()).status_code == 303
    assert decided(stc, row).status_code == 303
    verdict, codes, words, _ = judged(stc, "15", by(system))
    assert (verdict, codes[0]) == ("invalid", "packet_other_days") and f"{last:%d/%m/%Y}" in words
    assert stc.faults() == []


def test_art_3_3_b_a_leader_who_left_signs_no_more_and_what_he_signed_before_stays(stc):
    """The agency's own list goes before the installation's; a last day is an act of two people."""
    seal = registered(stc, f"agency-{SENDER}", "agency")
    assert judged(stc, "11")[:2] == ("3.3.b", ["valid_b"])
    leader = registered(stc, "person-vpubnd.lanhdao", "leader", position="CHÁNH VĂN PHÒNG")
    assert judged(stc, "12")[1:] == (["valid_b"], judged(stc, "13")[2], "agency")
    admin, today = Browser(stc.app, "stc", "quantri"), datetime.now(UTC).date()
    for number, last, wanted in (("14", today + timedelta(days=1), "3.3.b"),
                                 ("15", today - timedelta(days=2), "incomplete")):
        assert admin.post(LIST, what="end", anchor=leader, reason="Nghỉ hưu theo quyết định",
                          last=last.isoformat()).status_code == 303
        assert decided(stc, leader).status_code == 303
        verdict, codes, words, _ = judged(stc, number)
        assert verdict == wanted and ("leader_other_days" in codes) == (wanted == "incomplete")
        assert wanted == "3.3.b" or f"{last:%d/%m/%Y}" in words
    assert admin.post(LIST, what="end", anchor=seal, reason="Đăng ký nhầm chứng thư").status_code == 303
    assert decided(stc, seal).status_code == 303
    assert stc.faults() == []
    assert stc.faults("update trust_anchor set until = '2099-01-01' where purpose = 'leader'")


def test_art_3_3_a_certificate_that_two_people_took_out_counts_at_no_time_whoever_else_knows_it(stc, world):
    """The last one of a sender: its list is silent again, but not about this certificate; nor does the file's word on
    it count. Registered once more, it does.
    """
    for number, there in (("11", True), ("12", False)):
        if not there:
            (world.config.pki / "register.json").unlink()
        seal = registered(stc, f"agency-{SENDER}", "agency")
        assert judged(stc, f"{number}1")[0] == "3.3.b"
        assert Browser(stc.app, "stc", "quantri").post(LIST, what="end", anchor=seal, reason="Đăng ký nhầm, khóa bị lộ"
                                                       ).status_code == 303
        assert decided(stc, seal).status_code == 303
        verdict, codes, words, _ = judged(stc, f"{number}2")
        assert (verdict, codes[0]) == ("invalid", "taken_out") and "bỏ khỏi danh sách tin cậy" in words
    registered(stc, f"agency-{SENDER}", "agency")
    assert judged(stc, "14")[0] == "3.3.b"
    assert stc.faults() == []


def test_nd_68_32_what_is_no_certificate_of_a_sender_is_refused(stc, world):
    admin = Browser(stc.app, "stc", "quantri")
    for stem, fields in ((f"agency-{SENDER}", {"code": "H38.07"}), ("trust/root", {}), ("tsa", {"code": SENDER}),
                         ("person-vpubnd.lanhdao", {"purpose": "leader"}),
                         ("person-vpubnd.lanhdao", {"purpose": "leader", "code": "H38.07"}),
                         (f"agency-{SENDER}", {"code": "x" * 36})):
        data = (world.config.pki / f"{stem}.pem").read_bytes()
        done = admin.post(LIST, **{"what": "add", "purpose": "agency", "reason": "Theo công văn", "certificate":
                                   (io.BytesIO(data), "a.cer"), **fields})
        assert done.status_code == 422, (stem, fields)
        # at its form, and what was typed is there still
        assert 'id="signer-wrong"' in done.text and 'value="Theo công văn"' in done.text
    (world.config.pki / "register.json").write_text("{")
    assert "Không đọc được danh sách cơ quan" in admin.get(LIST).text


@pytest.mark.browser
@needs_axe
def test_art_3_3_a_senders_certificate_is_asked_for_and_agreed_to_on_a_screen_and_on_a_phone(
        stc, world, chromium: Chromium, pages: Site):
    admin = log_in(chromium, pages, "stc", "quantri")
    page = admin.go(LIST)
    page.locator("#signer-certificate").set_input_files([{
        "name": "a.cer", "mimeType": "application/x-x509-ca-cert",
        "buffer": (world.config.pki / "person-vpubnd.lanhdao.pem").read_bytes()}])
    for field, words in (("purpose", "leader"), ("code", SENDER), ("position", "CHÁNH VĂN PHÒNG")):
        place = page.locator(f"#signer-{field}")
        place.select_option(words) if field == "purpose" else place.fill(words)
    page.locator("#signer-reason").fill("Theo công văn của cơ quan gửi")
    page.locator("form", has=page.locator("#signer-code")).get_by_role("button", name="Gửi đề nghị").click()
    expect(page.get_by_text("Cần người khác quyết định")).to_be_visible()
    assert serious(page) == [] and too_wide(page) == 0
    admin.picture("co-quan-gui")
    leader = log_in(chromium, pages, "stc", "lanhdao", PHONE)
    page = leader.go(LIST)
    page.locator("summary", has_text="Quyết định").click()
    page.get_by_label("Lý do").fill("Đã so mã SHA-256 qua điện thoại")
    assert serious(page) == [] and too_wide(page) == 0
    leader.picture("co-quan-gui-dien-thoai")
    page.get_by_role("button", name="Đồng ý đưa vào").click()
    expect(page.get_by_text("đang tin cậy", exact=True)).to_be_visible()
    assert leader.complaints == [] and admin.complaints == []
