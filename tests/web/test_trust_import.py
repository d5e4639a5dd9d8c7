"""NĐ 68/2024 Art. 32, Art. 3.3: a register of senders and their leaders comes as a file, in one act of each of two."""

import io
import json
import re
import zipfile
from datetime import date

import pytest
from browser import PHONE, Site, log_in, needs_axe, serious, too_wide
from doors import Browser
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import expect
from steps import Office, quick

from app.records import history, trust_anchor
from app.regulation import register_import, signature_register
from app.web.moment import now

LIST, IMPORT = "/danh-sach-tin-cay", "/danh-sach-tin-cay/so-dang-ky"
SENDER, LEADER, OTHER = "H38.01", "person-vpubnd.lanhdao", "H38.07"


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


@pytest.fixture
def pems(world):
    """Name -> file, as they lie beside the register."""
    return {name: (world.config.pki / name).read_bytes() for name in (
        f"agency-{SENDER}.pem", f"agency-{OTHER}.pem", f"{LEADER}.pem", "tsa.pem")}


def row(code=SENDER, seals=(f"agency-{SENDER}.pem",), leaders=(), **more):
    return {"code": code, "name": f"Cơ quan {code}", "agency_certificates": list(seals),
            "leaders": list(leaders)} | more


def led(*certificates, **more):
    return {"name": "Nguyễn Minh Quang", "position": "CHÁNH VĂN PHÒNG", "certificates": list(certificates)} | more


def zipped(files, folder=""):
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in files.items():
            target.writestr(folder + name, data)
    return sink.getvalue()


def handed(browser, rows, pems, how="zip"):
    """The answer to a register and its files."""
    files = {"register.json": json.dumps(rows).encode()} | pems
    if how == "zip":
        files = {"so.zip": zipped(files, "so-dang-ky/")}
    return browser.post(IMPORT, files=[(io.BytesIO(data), name) for name, data in files.items()])


def shown(browser, rows, pems, how="zip"):
    """The page that says what it would change."""
    done = handed(browser, rows, pems, how)
    assert done.status_code == 303, done.text
    return browser.get(done.location).text


def hidden(page, name):
    return re.search(rf'name="{name}" value="([^"]+)"', page)[1]


def keys(page, only=r"[^>]*"):
    return re.findall(rf'name="take" value="([^"]+)"({only})>', page)


def asked(browser, page, take=None, **more):
    ticked = [key for key, more_of in keys(page) if "checked" in more_of]
    return browser.post(f"{IMPORT}/de-nghi", **{
        "xem": hidden(page, "xem"), "shown": hidden(page, "shown"), "take": ticked if take is None else take,
        "reason": "Theo công văn của Văn phòng"} | more)


def decided(browser, take=None, agrees="1", page="", **more):
    page = page or browser.get(LIST).text
    return browser.post(LIST, **{
        "what": "decide", "anchor": hidden(page, "anchor"), "wish": hidden(page, "wish"), "agrees": agrees,
        "take": [key for key, _ in keys(page)] if take is None else take, "reason": "Đã so mã SHA-256"} | more)


def listed(stc):
    with stc.inside():
        return sorted((one.code, one.purpose, one.name, one.state, one.until.isoformat()[:4] if one.position else "")
                      for one in trust_anchor.listed(trust_anchor.SIGNERS))


def acts(stc):
    with stc.inside():
        return [(act.kind, act.actor.username) for act in history.course(f"trust:{stc.agency_id}")]


@pytest.mark.parametrize("how", ["zip", "files"])
def test_nd_68_32_a_register_comes_in_one_act_and_is_granted_in_one_act_of_another(stc, pems, how):
    admin, leader = Browser(stc.app, "stc", "quantri"), Browser(stc.app, "stc", "lanhdao")
    rows = [row(leaders=[led(f"{LEADER}.pem", until="2031-12-31"), led(name="Lê Không Khóa")]),
            row(OTHER, [f"agency-{OTHER}.pem"])]
    page = shown(admin, rows, pems, how)
    assert "Mới (3)" in page and "Lê Không Khóa" in page and listed(stc) == []  # looked at, not asked for
    assert asked(admin, page).status_code == 303
    assert [one[3] for one in listed(stc)] == ["asked"] * 3 and acts(stc) == [("trust_asked", "quantri")]
    assert decided(admin, page=leader.get(LIST).text).status_code == 403  # Đ32: a second person
    left = next(key for key, _ in keys(leader.get(LIST).text) if key.startswith("leader:"))
    assert decided(leader, [key for key, _ in keys(leader.get(LIST).text) if key != left]).status_code == 303
    assert [one[:4] for one in listed(stc)] == [
        (SENDER, "agency", f"Cơ quan {SENDER}", "believed"), (OTHER, "agency", f"Cơ quan {OTHER}", "believed")]
    assert acts(stc) == [("trust_asked", "quantri"), ("trust_decided", "lanhdao")]
    assert "đồng ý 2 thay đổi của sổ đăng ký, để lại 1" in leader.get(LIST).text
    assert "2 chứng thư giữ nguyên" in shown(admin, rows, pems, how) and stc.faults() == []


def test_nd_68_32_a_second_register_shows_what_is_new_changed_and_gone(stc, pems):
    admin, leader = Browser(stc.app, "stc", "quantri"), Browser(stc.app, "stc", "lanhdao")
    first = [row(leaders=[led(f"{LEADER}.pem")]), row(OTHER, [f"agency-{OTHER}.pem"])]
    asked(admin, shown(admin, first, pems))
    decided(leader)
    # the leader leaves, the seal of this one is gone, the other agency is not spoken of
    second = [row(seals=[], leaders=[led(f"{LEADER}.pem", until="2026-12-31", position="NGUYÊN CHÁNH VĂN PHÒNG")])]
    page = shown(admin, second, pems)
    assert "Thay đổi (1)" in page and "Không còn trong sổ (1)" in page and "Mới" not in page
    assert "31/12/2026" in page and [("checked" in more) for _, more in keys(page)] == [True, False]
    assert asked(admin, page, [key for key, _ in keys(page)]).status_code == 303
    before = listed(stc)
    assert decided(leader, agrees="0").status_code == 303  # all of it is as it was
    assert [one[3] for one in listed(stc)] == ["believed"] * 3 and len(before) == 4
    asked(admin, page := shown(admin, second, pems), [key for key, _ in keys(page)])
    assert decided(leader).status_code == 303
    assert listed(stc) == [(SENDER, "leader", "Nguyễn Minh Quang", "believed", "2026"),
                           (OTHER, "agency", f"Cơ quan {OTHER}", "believed", "")]
    assert stc.faults() == []
    assert stc.faults("update trust_anchor set position = 'CHỦ TỊCH' where purpose = 'leader' and ended_at is null")


def terms(*those):
    return [row(leaders=[led(f"{LEADER}.pem", since=since, until=until, position=position)
                         for since, until, position in those])]


def test_art_3_3_b_a_leader_comes_in_with_one_certificate_in_several_terms_and_positions(stc, pems):
    admin, leader = Browser(stc.app, "stc", "quantri"), Browser(stc.app, "stc", "lanhdao")
    both = terms(("2026-01-01", "2027-06-30", "PHÓ CHÁNH VĂN PHÒNG"), ("2027-09-01", "2028-12-31", "CHÁNH VĂN PHÒNG"))
    page = shown(admin, both, pems)
    assert "Mới (2)" in page and "PHÓ CHÁNH VĂN PHÒNG" in page and "31/12/2028" in page
    assert asked(admin, page).status_code == decided(leader).status_code == 303
    of_leader = [one for one in listed(stc) if one[1] == "leader"]
    assert [(one[3], one[4]) for one in of_leader] == [("believed", "2027"), ("believed", "2028")]
    with stc.inside():  # not for the months between
        agency = signature_register.of_lists(trust_anchor.senders(now()), [])[0]
        days = [any(one.is_at(date(2027, month, 1)) for one in agency.leaders) for month in (6, 8, 9)]
    assert days == [True, False, True]
    assert "2 chứng thư giữ nguyên" in (page := shown(admin, both, pems)) and "Không có gì để đề nghị" in page
    # what is asked of one certificate is one change: the second term ends, and a third begins
    third = terms(("2026-01-01", "2027-06-30", "PHÓ CHÁNH VĂN PHÒNG"), ("2027-09-01", "2027-12-31", "CHÁNH VĂN PHÒNG"),
                  ("2028-01-01", "2029-12-31", "CHỦ TỊCH"))
    page = shown(admin, third, pems)
    assert "Thay đổi (1)" in page and "Mới" not in page and len(keys(page)) == 1 and "<ins>CHỦ TỊCH</ins>" in page
    asked(admin, page)
    assert decided(leader, agrees="0").status_code == 303
    assert [one[3:] for one in listed(stc) if one[1] == "leader"] == [("believed", "2027"), ("believed", "2028")]
    asked(admin, shown(admin, third, pems))
    assert decided(leader).status_code == 303
    assert sorted(one[4] for one in listed(stc) if one[1] == "leader") == ["2027", "2027", "2029"]
    assert stc.faults() == []


def test_art_3_3_other_codes_of_a_sender_come_in_and_count_as_its_own(stc, pems):
    """The agency was given a new code: the packet bears the old one, the certificate the new one, or the reverse."""
    admin, leader = Browser(stc.app, "stc", "quantri"), Browser(stc.app, "stc", "lanhdao")
    rows = [row("H38.99.1", [f"agency-{SENDER}.pem"], [led(f"{LEADER}.pem")], other_codes=[SENDER, "H38.OLD"])]
    page = shown(admin, rows, pems)
    assert "Mới (2)" in page and f"mã khác: {SENDER}, H38.OLD" in page
    asked(admin, page)
    assert f"mã khác: {SENDER}, H38.OLD" in leader.get(LIST).text and decided(leader).status_code == 303
    with stc.inside():
        for code in ("h38.old", SENDER, "H38.99.1"):
            found, where = signature_register.of_sender(trust_anchor.registered([code]), stc.app.config["SETTINGS"].pki,
                                                        [code])
            assert where == "agency" and {code, "H38.99.1", SENDER, "H38.OLD"} >= set(found.codes) > {code}
            assert (len(found.certificates), len(found.leaders)) == (1, 2)  # the file knows a deputy beside him
        assert trust_anchor.registered([OTHER]) == []
        agency, = signature_register.of_lists(trust_anchor.senders(now()), [])
        assert set(agency.codes) == {"H38.99.1", SENDER, "H38.OLD"}
    assert "2 chứng thư giữ nguyên" in shown(admin, rows, pems)
    page = shown(admin, [rows[0] | {"other_codes": [SENDER]}], pems)
    assert "Thay đổi (2)" in page and f"<del>{SENDER}, H38.OLD</del> → <ins>{SENDER}</ins>" in page
    assert stc.faults() == []
    assert stc.faults("update trust_anchor set other_codes = 'H38.07'")


FAULTY = {
    "code": ([{"name": "x"}], "missing", "code"), "shape": (["x"], "wrong", ""),
    "days": ([row(leaders=[led(since="mai")])], "wrong", "leaders[1].since"),
    "order": ([row(leaders=[led(f"{LEADER}.pem", since="2030-01-01", until="2029-01-01")])], "days",
              "leaders[1].until"),
    "no file": ([row(seals=["khong-co.pem"])], "no_file", "agency_certificates[1]"),
    "no print": ([row(seals=["ab" * 32])], "no_file", "agency_certificates[1]"),
    "outside": ([row(seals=["../../trust/root.pem"])], "no_file", "agency_certificates[1]"),
    "no certificate": ([row(seals=["hong.pem"])], "certificate_unreadable", "agency_certificates[1]"),
    "stamps only": ([row(seals=["tsa.pem"])], "not_signer", "agency_certificates[1]"),
    "of another": ([row(leaders=[led(f"agency-{OTHER}.pem")])], "not_signer", "leaders[1].certificates[1]"),
    "twice": ([row(), row(name="Tên khác")], "twice", "agency_certificates[1]"),
    "twice a leader": ([row(leaders=[led(f"{LEADER}.pem"), led(f"{LEADER}.pem", name="Lê Khác Tên")])], "twice",
                       "leaders[2].certificates[1]"),
    "in two agencies": ([row(seals=[], leaders=[led(f"{LEADER}.pem", until="2027-06-30")]), row(
        OTHER, [f"agency-{OTHER}.pem"], leaders=[led(f"{LEADER}.pem", since="2027-06-30")])], "not_signer",
                        "leaders[1].certificates[1]"),
    "mistyped": ([row(agency_certificate=[])], "unknown", "agency_certificate"),
    "another's code": ([row(other_codes=[OTHER])], "code_twice", "other_codes"),
    "other code": ([row(other_codes=["H" * 36])], "trust_wrong", "agency_certificates[1]"),
    "two in one": ([row(other_codes=["H38.1,H38.2"])], "trust_wrong", "agency_certificates[1]"),
    "long code": ([row("H" * 36, [f"{LEADER}.pem"])], "trust_wrong", "agency_certificates[1]")}


@pytest.mark.parametrize("case", FAULTY)
def test_nd_68_32_a_register_with_one_faulty_row_takes_nothing_and_says_where(stc, pems, case):
    rows, why, field = FAULTY[case]
    bundle = zipped({"register.json": json.dumps([row(OTHER, [f"agency-{OTHER}.pem"]), *rows])}
                    | pems | {"hong.pem": b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"})
    with stc.inside():
        found = register_import.read_bundle(stc.user("quantri"), bundle, now())
        assert [(one.row, one.field, one.why) for one in found.faults] == [(len(rows) + 1, field, why)]
    admin = Browser(stc.app, "stc", "quantri")
    page = admin.get(admin.post(IMPORT, files=[(io.BytesIO(bundle), "so.zip")]).location).text
    assert "Sổ có 1 lỗi" in page and 'name="reason"' not in page
    assert asked(admin, page).status_code == 303 and listed(stc) == [] and acts(stc) == []


def test_nd_68_32_of_a_name_that_stands_twice_none_counts(stc, pems):
    text = json.dumps([row()]).replace('"leaders": []', '"leaders": [], "leaders": []')
    with stc.inside():
        found = register_import.read_bundle(stc.user("quantri"), zipped({"register.json": text} | pems), now())
    assert [(one.row, one.field, one.why) for one in found.faults] == [(1, "leaders", "key_twice")]
    page = Browser(stc.app, "stc", "quantri")
    page = page.get(page.post(IMPORT, files=[(io.BytesIO(zipped({"register.json": text} | pems)), "so.zip")]).location)
    assert "được ghi hai lần" in page.text and listed(stc) == []


def bomb():
    return zipped({"register.json": b"[" + b" " * 60_000_000 + b"]"})


HOSTILE = {
    "nothing": [], "no register": [("a.pem", b"x")], "no json": [("register.json", b"{")],
    "an object": [("register.json", b"{}")], "deep": [("register.json", b"[" * 100_000)],
    "empty": [("register.json", b"[]")], "bomb": [("a.zip", bomb)],
    "two registers": [("a.zip", zipped({"a/register.json": b"[1]", "b/register.json": b"[1]"}))],
    "many files": [("a.zip", zipped({f"{n}.pem": b"" for n in range(2_001)} | {"register.json": b"[1]"}))],
    "cut off": [("a.zip", zipped({"register.json": b"[1]" * 99})[:60])], "large": [("a.zip", bytes(4_000_001))],
    "certificates": [("register.json", json.dumps([row(seals=["a"] * 1_001)]).encode())]}


@pytest.mark.parametrize("case", HOSTILE)
def test_nd_68_32_what_is_no_register_is_refused_within_limits(stc, case):
    admin = Browser(stc.app, "stc", "quantri")
    done = admin.post(IMPORT, files=[(io.BytesIO(data() if callable(data) else data), name)
                                     for name, data in HOSTILE[case]])
    assert done.status_code == 422 and "register.json" in done.text and 'id="files-wrong"' in done.text


def test_nd_68_32_only_who_asks_hands_in_and_only_what_was_shown_is_asked_for(stc, pems):
    admin = Browser(stc.app, "stc", "quantri")
    for who in ("vanthu", "lanhdao", "thanhtra"):
        browser = Browser(stc.app, "stc", who)
        assert browser.get(IMPORT).status_code == handed(browser, [row()], pems).status_code == 403
        assert browser.post(f"{IMPORT}/de-nghi").status_code == 403
    page = shown(admin, [row()], pems)
    assert asked(admin, page, reason="x").status_code == 422 and asked(admin, page, take=[]).status_code == 409
    other = shown(admin, [row(name="Tên khác")], pems)
    assert asked(admin, page, shown=hidden(other, "shown")).status_code == 303 and listed(stc) == []
    assert asked(admin, page, xem="0" * 64).status_code == 422
    assert asked(admin, page).status_code == 303
    again = asked(admin, page)  # a double click: it waits already
    assert again.status_code == 303 and [one[3] for one in listed(stc)] == ["asked"] and len(acts(stc)) == 1
    assert stc.faults() == []


@pytest.mark.browser
@needs_axe
def test_nd_68_32_a_register_is_asked_for_and_agreed_to_on_a_screen_and_on_a_phone(
        stc, pems, chromium: Chromium, pages: Site):
    admin = log_in(chromium, pages, "stc", "quantri")
    page = admin.go(IMPORT)
    rows = [row(leaders=[led(f"{LEADER}.pem", until="2031-12-31")]), row(OTHER, [f"agency-{OTHER}.pem"])]
    page.locator("#files").set_input_files([{
        "name": "so.zip", "mimeType": "application/zip",
        "buffer": zipped({"register.json": json.dumps(rows)} | pems)}])
    page.get_by_role("button", name="Xem khác biệt").click()
    expect(page.get_by_text("Mới (3)")).to_be_visible()
    assert serious(page) == [] and too_wide(page) == 0
    admin.picture("so-dang-ky")
    page.locator("#reason").fill("Theo công văn của Văn phòng")
    page.get_by_role("button", name="Gửi đề nghị").click()
    expect(page.get_by_text("Cần người khác quyết định")).to_be_visible()
    leader = log_in(chromium, pages, "stc", "lanhdao", PHONE)
    page = leader.go(LIST)
    page.get_by_label("Lý do").fill("Đã so mã SHA-256 qua điện thoại")
    assert serious(page) == [] and too_wide(page) == 0
    leader.picture("so-dang-ky-dien-thoai")
    page.get_by_role("button", name="Đồng ý các dòng").click()
    expect(page.get_by_text("đang tin cậy", exact=True)).to_have_count(3)
    assert leader.complaints == [] and admin.complaints == []
