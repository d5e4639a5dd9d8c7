"""Art. 3.3, 3.4, 6.3: the verdict over a document's signatures with every fact behind it: page, PDF and JSON."""

import json
import re
import subprocess
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import signing_attacks
import signing_world
from browser import PHONE, Site, log_in, needs_axe, serious, too_wide
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12
from doors import Browser
from fakes import printed
from PIL import Image
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import expect
from signing_world import elsewhere, system_key
from steps import Office, arrived, draft, pdf, quick, send, signed_pdf

from app.db import db
from app.demo import scan
from app.demo.people import PIN
from app.engine import instance as instances
from app.engine import task as tasks
from app.records.document import Document
from app.regulation import signature_report
from app.regulation.electronic_document import judged, to_judge
from app.tools import pki
from app.tools.conversion import Converter
from app.tools.edxml_signature import sign
from app.tools.signing import Signer
from app.web.signature import _facts


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def test_art_3_3_b_every_fact_stands_behind_the_verdict(stc):
    send(stc.app, signed_pdf(stc.app))
    found, clerk = arrived(stc), Browser(stc.app, "stc", "vanthu")
    assert f"/van-ban/{found}/chu-ky" in clerk.get(f"/van-ban/{found}").text
    page = clerk.get(f"/van-ban/{found}/chu-ky").text
    for said in ("Điều 3.3.b", "Điều 6.3.a", "Chữ ký số cá nhân", "Chữ ký số cơ quan", "dấu thời gian", "TOTAL-PASSED"):
        assert said in page, said
    told = json.loads(clerk.get(f"/van-ban/{found}/chu-ky.json").text)
    assert (told["verdict"], [one["role"] for one in told["signatures"]]) == ("3.3.b", ["personal", "agency"])
    assert clerk.get(f"/van-ban/{found}/chu-ky.pdf").data.startswith(b"%PDF-")
    assert Browser(stc.app, "vpubnd", "vanthu").get(f"/van-ban/{found}/chu-ky").status_code == 404


#: what a report on paper says, by language: verdicts and what comes next, the role of each signature, how its time is
#: proven
ON_PAPER = {
    "vi": ("Hợp lệ theo Điều 3.3.b", "Điều 6.3.a: tiếp nhận và xử lý ngay", "Chữ ký số không hợp lệ",
           "Điều 6.3.b: báo cáo lãnh đạo", {"personal": "Chữ ký số cá nhân", "agency": "Chữ ký số cơ quan"},
           {"timestamp": "dấu thời gian của bên thứ ba", "claimed": "theo máy của người ký, chưa được chứng minh"}),
    "en": ("Valid by Art. 3.3.b", "Art. 6.3.a: received and handled at once", "Signatures not valid",
           "Art. 6.3.b: reported to the leader", {"personal": "Personal digital signature", "agency":
                                                  "Agency's digital signature"},
           {"timestamp": "time stamp of a third party", "claimed": "by the signer's own clock, not proven"})}


def on_paper(browser, found, language, tmp_path):
    """The words of the report, read from the PDF, without the places where lines end."""
    browser.client.set_cookie("ngon_ngu", language)
    (tmp_path / "report.pdf").write_bytes(browser.get(f"/van-ban/{found}/chu-ky.pdf").data)
    read = subprocess.run(["pdftotext", tmp_path / "report.pdf", "-"], capture_output=True, text=True, check=True)
    return "".join(unicodedata.normalize("NFC", read.stdout).split())


def test_art_3_3_the_report_on_paper_says_verdict_reasons_and_signatures_in_both_languages(stc, tmp_path):
    def bare(words):
        return "".join(unicodedata.normalize("NFC", words).split())

    stc.app.extensions["tools"] = replace(stc.app.extensions["tools"], converter=Converter(seconds=60))
    clerk, whole = Browser(stc.app, "stc", "vanthu"), signed_pdf(stc.app)
    for number, data, is_valid in (("12", whole, True), ("13", signing_attacks.evil_annotation(whole), False),
                                   ("14", signed_pdf(stc.app, level="B-B", mark=4), None)):
        send(stc.app, data, number=number)
        found = arrived(stc)
        told = json.loads(clerk.get(f"/van-ban/{found}/chu-ky.json").text)
        assert len(told["signatures"]) == 2 and told["reasons"]
        for language, (valid, at_once, invalid, leader, roles, proofs) in ON_PAPER.items():
            read = on_paper(clerk, found, language, tmp_path)
            wanted = {True: [valid, at_once], False: [invalid, leader], None: [leader]}[is_valid]
            wanted += [one["message_en" if language == "en" else "message"] for one in told["reasons"]]
            for one in told["signatures"]:
                wanted += [roles[one["role"]], one["signer"], one["serial"], proofs[one["time_proof"]]]
            for words in wanted:
                assert bare(words) in read, (number, language, words, read)
            assert (bare(valid) in read, bare(invalid) in read) == (is_valid is True, is_valid is False)
    assert {one["time_proof"] for one in told["signatures"]} == {"claimed"}


def test_nd_68_32_nobody_is_asked_to_register_who_copied_the_name_of_a_registered_leader(stc, tmp_path):
    """Certificates of an authority that nobody trusts, with the right names: false, and all that is said is why."""
    agency, name = "Văn phòng Ủy ban nhân dân tỉnh Lào Cai", "Nguyễn Minh Quang"
    pki.make_demo(tmp_path / "forger", [{"code": "H38.01", "name": agency}], [
        {"username": "vpubnd.lanhdao", "full_name": name, "agency_code": "H38.01", "agency_name": agency,
         "position": "CHÁNH VĂN PHÒNG"}], signing_world.PIN)
    forger, forged = Signer(tmp_path / "forger"), pdf(3)
    for key, kind in (("person:vpubnd.lanhdao", "leader"), ("agency:H38.01", "agency")):
        forged = signing_world.sign(forger, forged, key, kind, label={})
    send(stc.app, forged)
    found, clerk = arrived(stc), Browser(stc.app, "stc", "vanthu")
    told = json.loads(clerk.get(f"/van-ban/{found}/chu-ky.json").text)
    assert (told["verdict"], {one["code"] for one in told["reasons"]}) == ("invalid", {"untrusted", "time_untrusted"})
    page = clerk.get(f"/van-ban/{found}/chu-ky").text
    assert "Phần đã ký còn nguyên vẹn" in page and "Mã tổ chức: H38.01" in page and "Common Name" not in page
    assert "danh sách chứng thư bị thu hồi" not in page  # a list of the authority that bears the same name


def test_art_6_3_the_document_and_its_task_say_in_one_line_by_which_point_it_is_valid_and_what_comes_next(stc, world):
    """Incomplete is another thing than unproven; what was judged before verdicts had names says what is true of it."""
    at_once, leader = "Điều 6.3.a: tiếp nhận và xử lý ngay", "Điều 6.3.b: báo cáo lãnh đạo xem xét, quyết định"
    whole = signed_pdf(stc.app)
    for number, data, says, comes_next in (
            ("12", whole, "Hợp lệ theo Điều 3.3.b", at_once), ("13", whole + b"x", "Chữ ký số không hợp lệ", leader),
            ("14", signed_pdf(stc.app, level="B-T", mark=4), "Chưa đủ căn cứ để kết luận", leader),
            ("15", signed_pdf(stc.app, is_sealed=False), "Chưa đủ chữ ký số theo Điều 3.3", leader),
            ("16", pdf(2), "Không có chữ ký số", leader)):
        lists = {path: path.read_bytes() for path in (world.config.pki / "crl").glob("*.crl")}
        for path in lists if number == "14" else ():
            path.unlink()
        send(stc.app, data, number=number)
        found = arrived(stc)
        for path, data in lists.items():
            path.write_bytes(data)
        who = Browser(stc.app, "stc", "vanthu" if comes_next is at_once else "lanhdao")
        with stc.inside():
            [task] = [one.id for one in tasks.open_of(instances.of_document(found).id)]
        for page in (f"/van-ban/{found}", f"/van-ban/{found}/chu-ky", f"/viec/{task}"):
            line = re.search(r'<div class="signed \w+" role="note"><p>(.*?)</p>', who.get(page).text)
            assert line and line[1].startswith(f"<strong>{says}") and comes_next in line[1], (number, page, line)
            assert "Văn bản không có chữ ký số;" not in who.get(page).text, "it is said once"
            assert line[1].count("xử lý ngay") == (comes_next is at_once), "what comes next is said by Art. 6.3 alone"
        with stc.inside():
            row = db.session.get(Document, found)
            row.verdict = {key: row.verdict[key] for key in ("color", "kind", "reasons", "reports")}
            db.session.commit()
        page = who.get(f"/van-ban/{found}").text
        before = {"12": "Chữ ký số hợp lệ", "14": "Chữ ký số chưa đủ căn cứ", "15": "Chữ ký số chưa đủ căn cứ"}
        assert f"<strong>{before.get(number, says)}.</strong> {comes_next}" in page, number


def test_nd_30_2020_annex_i_each_attachment_bears_the_signature_of_the_agency(stc):
    """One without a signature is said; one that was altered makes the document go to the leader (Art. 6.3.b)."""
    signed = signed_pdf(stc.app, page=printed(((90, 60, "(Kèm theo Công văn số 12/VPUBND)"),)))
    for number, attached, said, verdict, each in (
            ("12", (signed, pdf(2)), "Tệp kèm theo thứ 2 không có chữ ký số của cơ quan", "3.3.b",
             ["valid", "unsigned"]),
            ("13", (signed + b"\n% x\n",), "Chữ ký số trong tệp kèm theo thứ 1 không hợp lệ", "invalid", ["invalid"])):
        send(stc.app, signed_pdf(stc.app), number=number, attached=attached)
        found, clerk = arrived(stc), Browser(stc.app, "stc", "vanthu")
        page, told = (clerk.get(f"/van-ban/{found}/chu-ky{end}").text for end in ("", ".json"))
        assert said in page and "Tệp kèm theo thứ 1: Phụ lục 1.pdf" in page
        told = json.loads(told)
        assert (told["verdict"], [one["verdict"] for one in told["attachments"]]) == (verdict, each)
        assert [one["role"] for one in told["attachments"][0]["signatures"]] == ["personal", "agency"]
        assert all(bool(one["reasons"]) == (one["verdict"] != "valid") for one in told["attachments"])
        assert clerk.get(f"/van-ban/{found}/chu-ky.pdf").data.startswith(b"%PDF-")


def test_art_3_3_an_unsigned_file_is_not_green_beside_a_signed_one(stc):
    """A forged letter as DOCX before a genuine one; an annex of another kind, which bears no signature either."""
    signed, plain = signed_pdf(stc.app), draft()
    for number, files, verdict, codes in (
            ("12", (plain, signed), "indeterminate", ["not_first", "attachment_unsigned", "valid_b"]),
            ("13", (signed, plain), "3.3.b", ["attachment_unsigned", "valid_b"])):
        send(stc.app, files[0], number=number, attached=files[1:])
        told = json.loads(Browser(stc.app, "stc", "vanthu").get(f"/van-ban/{arrived(stc)}/chu-ky.json").text)
        assert (told["verdict"], sorted(one["code"] for one in told["reasons"])) == (verdict, sorted(codes))
        assert [one["verdict"] for one in told["attachments"]] == ["unsigned"]
    assert stc.faults() == []


def test_nd_30_2020_annex_i_an_annex_of_another_document_is_said(stc):
    """Sealed by the same agency, exchanged on its way for another one's annex: it says to which document it belongs."""
    annexes = [signed_pdf(stc.app, page=printed(((90, 60, "Phụ lục I"), (90, 90, f"(Kèm theo Báo cáo số {number} "
                                                                         "ngày 02 tháng 3 năm 2026)"))))
               for number in ("999/VPUBND", "12 /VPUBND")]
    send(stc.app, signed_pdf(stc.app), attached=(*annexes, pdf(3)))
    told = json.loads(Browser(stc.app, "stc", "vanthu").get(f"/van-ban/{arrived(stc)}/chu-ky.json").text)
    assert told["verdict"] == "3.3.b"
    assert [one["verdict"] for one in told["attachments"]] == ["indeterminate", "valid", "unsigned"]
    said, = [one["message"] for one in told["reasons"] if one["code"] == "attachment_elsewhere"]
    assert "thứ 1 ghi là kèm theo văn bản số 999/VPUBND" in said and stc.faults() == []


def test_nd_30_2020_annex_i_an_annex_that_nothing_ties_is_said_and_of_one_signed_after_its_seal_is_asked(
        stc, monkeypatch):
    """Another letter of the same agency, an old annex without a number; one on which another agency seals, too."""
    letter = signed_pdf(stc.app, page=printed(((90, 60, "Số: 700/VPUBND"), (250, 90, "BÁO CÁO"))))
    tied = signed_pdf(stc.app, page=printed(((90, 60, "(Kèm theo Công văn 12/VPUBND)"),)))
    monkeypatch.setattr(signing_world, "PIN", PIN)
    after, told = elsewhere(stc.app.extensions["tools"].signer.folder, tied, "agency:H38.07"), {}
    for number, attached in (("12", (letter, signed_pdf(stc.app, mark=1), tied)), ("13", (after,))):
        send(stc.app, signed_pdf(stc.app), number=number, attached=attached)
        told[number] = json.loads(
            Browser(stc.app, "stc", "vanthu").get(f"/van-ban/{arrived(stc)}/chu-ky.json").text)
    assert [one["verdict"] for one in told["12"]["attachments"]] == ["indeterminate", "indeterminate", "valid"]
    assert told["12"]["verdict"] == "3.3.b"
    said = {one["code"]: one["message"] for one in told["12"]["reasons"]}
    assert "thứ 1 là một văn bản khác, số 700/VPUBND" in said["attachment_other_letter"]
    assert "thứ 2 không ghi số văn bản" in said["attachment_untied"] and "attachment_elsewhere" not in said
    assert told["13"]["verdict"] == "indeterminate" and "attachment_not_last" in [
        one["code"] for one in told["13"]["reasons"]]
    assert stc.faults() == []


def test_art_3_3_a_signed_document_that_prints_another_number_than_its_packet_is_not_green(stc):
    """A genuine letter sent again under another number; the same number in another spelling is the same."""
    for number, read, verdict in (("12", ("012", "vpubnd"), "3.3.b"), ("13", ("12", "VPUBND"), "indeterminate")):
        send(stc.app, signed_pdf(stc.app), number=number)
        with stc.inside():
            document = db.session.get_one(Document, arrived(stc))
            document.recognised = {name: {"value": value, "confidence": 0.9} for name, value in zip(
                ("code_number", "code_notation"), read, strict=True)}
            found = judged(stc.app.extensions["tools"], to_judge(document, datetime.now(UTC)))["verdict"]
            assert (found["verdict"], "other_number" in [one["code"] for one in found["told"]]) == (
                verdict, verdict == "indeterminate")
            db.session.rollback()


def test_art_3_3_a_scan_prints_another_number_only_where_it_was_read_surely_and_no_misread_figure_explains_it(stc):
    """An honest scan under a blot does not go to the leader for it; 600 sent as 722 does."""
    page = Image.new("RGB", (scan.WIDTH, scan.HEIGHT), "white")
    file = scan.pdf([scan.scanned(page, 1)])
    signer = stc.app.extensions["tools"].signer
    state = signer.prepare(file, key="agency:H38.01", kind="copy", reason="Số hóa", at=datetime.now(UTC),
                           label={"agency": "Văn phòng"})
    sealed = signer.embed(state["prepared"], state, signer.sign_digest("agency:H38.01", PIN, state["attributes"]))
    send(stc.app, sealed, number="722")
    with stc.inside():
        document = db.session.get_one(Document, arrived(stc))
        for number, sure, is_told in (("600", 0.9, True), ("600", 0.85, False), ("122", 0.99, False),
                                      ("0722", 0.99, False), ("792", 0.99, True), ("729", 0.95, True),
                                      ("22", 0.9, True)):
            document.recognised = {"code_number": {"value": number, "confidence": sure},
                                   "code_notation": {"value": "VP", "confidence": 0.95}}
            found = judged(stc.app.extensions["tools"], to_judge(document, datetime.now(UTC)))
            assert found["is_scan"] and ("other_number" in [one["code"] for one in found["verdict"]["told"]]) == (
                is_told), (number, sure)
            db.session.rollback()


def packet_key(app, code: str) -> Path:
    """What an agency's system signs its packets with; here the demo's key of that agency."""
    return system_key(app.extensions["tools"].signer.folder, f"agency-{code}", PIN)


def test_s8_the_signature_of_the_packet_is_judged_at_arrival_and_kept(stc):
    """Signed by its sender nothing changes; altered on its way, or signed by another, the leader decides."""
    own, other = (packet_key(stc.app, code) for code in ("H38.01", "H38.07"))
    for number, seal, verdict, beside in (
            ("12", lambda data: sign(data, own), "3.3.b", "valid"),
            ("13", lambda data: sign(data, own).replace("Về việc báo cáo quý".encode(), "Về việc chi tiền".encode()),
             "invalid", "invalid"),
            ("14", lambda data: sign(data, other), "invalid", "invalid"), ("15", bytes, "3.3.b", None)):
        send(stc.app, signed_pdf(stc.app), number=number, seal=seal)
        found, clerk = arrived(stc), Browser(stc.app, "stc", "vanthu")
        told = json.loads(clerk.get(f"/van-ban/{found}/chu-ky.json").text)
        assert told["verdict"] == verdict and (told["packet"] or {}).get("verdict") == beside, number
        assert ("Gói tin liên thông" in clerk.get(f"/van-ban/{found}/chu-ky").text) == (beside is not None)
        if beside == "invalid":
            assert "gói tin" in told["reasons"][0]["message"].lower() and told["packet"]["reasons"]
            assert "packet" in told["reasons"][0]["message_en"]
    assert stc.faults() == []


def test_nd_30_21_2_a_the_facts_tell_by_what_a_file_may_be_seen_otherwise(stc):
    send(stc.app, signed_pdf(stc.app))
    fact = json.loads(Browser(stc.app, "stc", "vanthu").get(f"/van-ban/{arrived(stc)}/chu-ky.json").text)
    with stc.app.test_request_context():
        found, odd = (dict(_facts(fact["signatures"][-1] | more)) for more in ({}, {"shows": "/XFA"}))
    assert [odd[label][:6] for label in odd if label not in found] == ["/XFA: "]


def test_nd_30_21_2_a_another_certificate_of_the_same_key_is_told_at_arrival_and_the_leader_decides(stc, world):
    """RFC 5035: the signature names the certificate it was made with; put another in, whose key fits as well, and it
    would speak for somebody else.
    """
    folder, whole = world.config.pki, signed_pdf(stc.app)
    key, _, _ = pkcs12.load_key_and_certificates((folder / "agency-H38.01.p12").read_bytes(), PIN.encode())
    begins = datetime.now(UTC) - timedelta(days=9)
    for number, name in (("12", "Văn phòng"), ("13", "Văn phòng Ủy ban nhân dân tỉnh Lào Cai")):
        made = pki._subscriber(pki._authorities(folder), pki.agency_subject("H38.01", name), key, begins,
                               begins + pki.LIFE)
        send(stc.app, signing_attacks.certificate_swapped(whole, made.public_bytes(Encoding.DER)), number=number)
        found, clerk = arrived(stc), Browser(stc.app, "stc", "vanthu")
        assert stc.tasks(found) == ["decide_unsigned"]
        told = json.loads(clerk.get(f"/van-ban/{found}/chu-ky.json").text)
        assert (told["verdict"], told["handling"]) == ("invalid", "6.3.b") and "swapped" in [
            one["code"] for one in told["reasons"]]
        page = Browser(stc.app, "stc", "lanhdao").get(f"/van-ban/{found}").text
        assert 'class="signed red"' in page and "đã bị tráo" in clerk.get(f"/van-ban/{found}/chu-ky").text
    assert stc.faults() == []


def test_art_9_1_the_agencys_own_file_has_its_verdict_on_its_page(stc):
    """As a recipient will judge it, after each signing."""
    found, clerk = stc.begin(), Browser(stc.app, "stc", "vanthu")
    stc.approved(found)
    stc.sign(found)
    for said, verdict, sign_next in (("chờ chữ ký số của cơ quan (Điều 9.1.d)", "incomplete", True),
                                     ("Điều 3.3.b", "3.3.b", False)):
        assert said in (page := clerk.get(f"/van-ban/{found}").text) and "Điều 6.3." not in page
        page = clerk.get(f"/van-ban/{found}/chu-ky").text
        assert said in page and "như nơi nhận sẽ kiểm tra" in page and "Điều 6.3." not in page
        assert json.loads(clerk.get(f"/van-ban/{found}/chu-ky.json").text)["verdict"] == verdict
        if sign_next:
            stc.seal(found)
    assert clerk.get(f"/van-ban/{found}/chu-ky.pdf").data.startswith(b"%PDF-")


def test_a_verdict_of_before_its_reasons_had_codes_is_shown_as_it_was(stc):
    send(stc.app, signed_pdf(stc.app) + b"x")
    found = arrived(stc)
    with stc.inside():
        kept = db.session.get(Document, found).verdict
    told = signature_report.kept({key: kept[key] for key in ("color", "kind", "reasons", "reports")})
    assert (told["verdict"], told["handling"]) == ("red", "6.3.b")
    assert [one["message"] for one in told["reasons"]] == kept["reasons"]
    assert "TOTAL-FAILED" in told["signatures"][-1]["indication"]


@pytest.fixture
def altered(stc) -> int:
    """Came before the browser's loop runs, in a signed packet, with two more files."""
    key = packet_key(stc.app, "H38.01")
    send(stc.app, signing_attacks.evil_annotation(signed_pdf(stc.app)), seal=lambda data: sign(data, key),
         attached=(signed_pdf(stc.app, page=printed(((90, 60, "(Kèm theo Công văn số 12/VPUBND)"),))), pdf(2)))
    return arrived(stc)


@pytest.mark.browser
@needs_axe
def test_the_facts_are_read_on_a_screen_and_on_a_phone(altered: int, chromium: Chromium, pages: Site):
    """A file changed after it was signed: red, the last signature says so, and the page shows where."""
    clerk = log_in(chromium, pages, "stc", "vanthu")
    page = clerk.go(f"/van-ban/{altered}/chu-ky")
    expect(page.get_by_text("Chữ ký số không hợp lệ")).to_be_visible()
    expect(page.get_by_text("Có vấn đề")).to_have_count(2)
    expect(page.locator(".sheet > .region")).to_have_count(4)
    page.get_by_role("button", name="Xem thay đổi ở trang 1").last.click()
    expect(page.locator(".sheet > .mark")).to_be_in_viewport()
    assert serious(page) == []
    clerk.picture("chu-ky-so")
    beside = page.get_by_role("heading", name="Tệp kèm theo thứ 1: Phụ lục 1.pdf Hợp lệ")
    expect(beside).to_be_visible()
    expect(page.get_by_role("heading", name="Gói tin liên thông Hợp lệ")).to_be_visible()
    expect(page.get_by_text("Không có chữ ký số của cơ quan").first).to_be_visible()
    page.get_by_role("button", name="Xem tệp này").first.click()
    expect(page.locator("[data-file] option:checked")).to_contain_text("Phụ lục 1.pdf")
    beside.scroll_into_view_if_needed()
    page.locator("section[aria-labelledby=kem-1] summary").first.click()
    clerk.picture("chu-ky-so-kem")
    page.get_by_role("button", name="Xem trên trang 1").first.click()
    page.get_by_role("button", name="Thay đổi sau khi").last.click()
    expect(page.locator("#chu-ky-2")).to_be_focused()
    page.set_viewport_size(PHONE)
    page.get_by_role("button", name="Xem trên trang 1").first.click()
    expect(page.locator(".sheet > .mark")).to_be_in_viewport()
    assert too_wide(page) == 0 and clerk.complaints == []
    clerk.picture("chu-ky-so-dien-thoai")
    beside.scroll_into_view_if_needed()
    clerk.picture("chu-ky-so-phone")
