"""NĐ 68/2024 Art. 32, NĐ 23/2025 Art. 16: whose certificates count is changed by an act of two people."""

import io
import json
import re
from datetime import UTC, date, datetime

import pytest
from browser import PHONE, Site, log_in, needs_axe, serious, too_wide
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import BasicConstraints, ExtendedKeyUsage
from cryptography.x509.oid import ExtendedKeyUsageOID as EKU
from cryptography.x509.oid import NameOID
from doors import Browser
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import expect
from sqlalchemy.exc import IntegrityError
from steps import Office, arrived, quick, send, signed_pdf

from app.db import db
from app.records import history, trust_anchor, verify_chain, verify_office
from app.records.trust_anchor import TrustAnchor, Wish
from app.tools import pki
from app.web.moment import now

LIST = "/danh-sach-tin-cay"


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


@pytest.fixture
def root(stc, world) -> bytes:
    """The root of the demo, PEM."""
    return (world.config.pki / "trust/root.pem").read_bytes()


@pytest.fixture
def foreign(tmp_path) -> bytes:
    """A root that nobody knows, PEM."""
    pki.make_demo(tmp_path / "other", [], [], "246810")
    return (tmp_path / "other/trust/root.pem").read_bytes()


def asked(browser, data, **fields):
    return browser.post(LIST, **{"what": "add", "purpose": "documents", "reason": "Theo công văn của Ban Cơ yếu",
                                 "certificate": (io.BytesIO(data), "root.cer"), **fields})


def decided(browser, anchor, agrees="1", **fields):
    """As the page shows what waits."""
    return browser.post(LIST, **{"what": "decide", "anchor": anchor, "wish": wish(browser, anchor), "agrees": agrees,
                                 "reason": "Đã so mã SHA-256", **fields})


def wish(browser, anchor):
    shown = re.search(rf'name="anchor" value="{anchor}"><input type="hidden" name="wish" value="(\w+)"',
                      browser.get(LIST).text)
    return shown[1] if shown else ""


def anchors(stc):
    with stc.inside():
        return [(row.id, row.state) for row in db.session.scalars(db.select(TrustAnchor).order_by(TrustAnchor.id))]


def judged(stc, number):
    """The verdict on a letter that comes now."""
    send(stc.app, signed_pdf(stc.app), number=number)
    told = json.loads(Browser(stc.app, "stc", "vanthu").get(f"/van-ban/{arrived(stc)}/chu-ky.json").text)
    return told["verdict"], {one["code"] for one in told["reasons"]}


def test_nd_68_32_what_two_people_decided_is_believed_and_nothing_else(stc, root, foreign):
    admin, leader = Browser(stc.app, "stc", "quantri"), Browser(stc.app, "stc", "lanhdao")
    assert "Đang dùng danh sách của bản cài đặt" in admin.get(LIST).text
    assert asked(admin, foreign).status_code == 303
    [(first, state)] = anchors(stc)
    assert state == "asked" and judged(stc, "11")[0] == "3.3.b"  # a wish changes nothing
    shown = wish(leader, first)
    assert "các nơi trong danh sách của bản cài đặt không còn được tin cậy" in leader.get(LIST).text
    assert decided(admin, first, wish=shown).status_code == 403  # Đ32: a second person
    assert decided(leader, first).status_code == 303
    assert judged(stc, "12") == ("invalid", {"untrusted", "time_untrusted"})  # the list is the agency's own now
    assert asked(admin, root).status_code == 303
    second = anchors(stc)[-1][0]
    assert decided(leader, second).status_code == 303 and judged(stc, "13")[0] == "3.3.b"
    assert admin.post(LIST, what="end", anchor=second, reason="Đã thay bằng gốc mới").status_code == 303
    assert judged(stc, "14")[0] == "3.3.b"  # still: only asked
    assert decided(leader, second).status_code == 303 and judged(stc, "15")[0] == "invalid"
    assert anchors(stc) == [(first, "believed"), (second, "ended")] and stc.faults() == []
    with stc.inside():
        acts = history.course(f"trust:{stc.user('lanhdao').agency_id}")
        assert [(act.kind, act.actor.username) for act in acts] == [
            ("trust_asked", "quantri"), ("trust_decided", "lanhdao")] * 3


def test_nd_68_32_a_root_is_believed_for_the_days_that_were_decided(stc, root):
    admin, leader = Browser(stc.app, "stc", "quantri"), Browser(stc.app, "stc", "lanhdao")
    for number, days, verdict in (("21", {"until": "2026-01-31", "since": "2020-01-01"}, "invalid"),
                                  ("22", {"since": "2020-01-01", "until": "2099-12-31"}, "3.3.b")):
        assert asked(admin, root, **days).status_code == 303
        last = anchors(stc)[-1][0]
        assert decided(leader, last).status_code == 303
        assert judged(stc, number)[0] == verdict
        admin.post(LIST, what="end", anchor=last, reason="Sửa ngày tin cậy")
        decided(leader, last)


def test_nd_68_32_what_is_refused_and_what_two_do_at_once(stc, root, world):
    admin, leader = Browser(stc.app, "stc", "quantri"), Browser(stc.app, "stc", "lanhdao")
    person = (world.config.pki / "person-stc.lanhdao.pem").read_bytes()
    for bad in ({"reason": "x"}, {"purpose": "all"}, {"since": "2030-01-01", "until": "2029-01-01"},
                {"since": "hôm nay"}, {"certificate": (io.BytesIO(b"x"), "x.pem")}, {"fingerprint": "0" * 64},
                {"certificate": (io.BytesIO(person), "x.pem")}, {"certificate": None},
                {"certificate": (io.BytesIO(person), "x.pem"), "purpose": "time"}):
        assert asked(admin, root, **bad).status_code == 422, bad
    for who in ("vanthu", "chuyenvien", "thanhtra"):
        browser = Browser(stc.app, "stc", who)
        assert browser.get(LIST).status_code == 403 and asked(browser, root).status_code == 403
    assert asked(leader, root).status_code == 403  # decides, does not ask
    assert asked(admin, root).status_code == 303
    assert asked(admin, root).status_code == 409  # a double click
    [(anchor, _)] = anchors(stc)
    shown = wish(leader, anchor)
    assert decided(leader, anchor, agrees="0").status_code == 303 and anchors(stc) == []
    page = decided(leader, anchor, wish=shown)
    assert page.status_code == 303 and "không còn chờ" in leader.get(LIST).text  # somebody was faster
    assert decided(leader, "9" * 30).status_code == 303 and stc.faults() == []
    with stc.inside():
        trust_anchor.ask(stc.user("quantri"), root, Wish("documents"), "Ghi thẳng vào bảng", now())
    for past in ("granted_by_id = asked_by_id, granted_at = asked_at", "granted_at = asked_at",
                 "granted_by_id = asked_by_id + 1", "ending_at = asked_at", "ended_at = asked_at",
                 "ended_at = asked_at, ended_by_id = asked_by_id"):  # past the pages, too: nobody is no second person
        with stc.inside(), pytest.raises(IntegrityError):
            db.session.execute(db.text(f"update trust_anchor set {past}"))


def authority(purposes=(), begins=datetime(2010, 1, 1, tzinfo=UTC), ends=datetime(2040, 1, 1, tzinfo=UTC)):
    """A root, PEM, for what these purposes say."""
    key, name = pki._new_key(), pki._subject([(NameOID.COMMON_NAME, "DEMO - Gốc")])
    builder = pki._builder(None, name, key, begins, ends, pki._usage(sign=False), BasicConstraints(True, None))
    if purposes:
        builder = builder.add_extension(ExtendedKeyUsage(purposes), critical=False)
    return builder.sign(key, SHA256()).public_bytes(Encoding.PEM)


def test_nd_68_32_who_issues_for_another_purpose_is_no_anchor_and_days_left_out_are_those_that_can_be(stc, world):
    """A root that counts for nothing would stand in the list as believed; one of the last century has its days."""
    admin = Browser(stc.app, "stc", "quantri")
    of_sites, of_time = authority([EKU.SERVER_AUTH]), authority([EKU.TIME_STAMPING])
    for data, purpose, status in ((of_sites, "documents", 422), (of_sites, "time", 422), (of_time, "documents", 422),
                                  (of_time, "time", 303), (authority([EKU.ANY_EXTENDED_KEY_USAGE]), "documents", 303),
                                  (b"\xef\xbb\xbf" + (world.config.pki / "tsa.pem").read_bytes(), "time", 303)):
        page = asked(admin, data, purpose=purpose)
        assert page.status_code == status and (status == 303 or "cho mục đích đã chọn" in page.text)
    old = authority((), datetime(1998, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC))
    assert asked(admin, old).status_code == 303
    with stc.inside():
        assert {(row.since.year, row.until.year) for row in trust_anchor.listed()} >= {(2005, 2100), (2010, 2040)}


def test_nd_68_32_what_is_granted_is_what_the_second_person_was_shown(stc, world):
    """Between his look and his click the wish is turned down and another one made, of the same row or certificate."""
    admin, leader = Browser(stc.app, "stc", "quantri"), Browser(stc.app, "stc", "lanhdao")
    seal = (world.config.pki / "agency-H38.01.pem").read_bytes()

    def row():
        with stc.inside():
            [one] = trust_anchor.listed(trust_anchor.SIGNERS)
            return one.id, one.state, one.name, one.until.isoformat(), one.ending_until

    def ending(last):
        assert admin.post(LIST, what="end", anchor=row()[0], last=last, reason="Thay con dấu").status_code == 303
        return wish(leader, row()[0])

    for name in ("Văn phòng", "Văn phòng khác"):
        asked(admin, seal, purpose="agency", code="H38.01", name=name, until="2026-12-31")
        shown = wish(leader, row()[0])
        if name == "Văn phòng":
            before = shown
            assert decided(leader, row()[0], agrees="0").status_code == 303
    decided(leader, row()[0], wish=before)
    assert row()[1:3] == ("asked", "Văn phòng khác") and "không còn chờ" in leader.get(LIST).text
    decided(leader, row()[0], wish=shown)
    assert row()[1:] == ("believed", "Văn phòng khác", "2026-12-31", None)
    before = ending("2026-10-31")
    assert decided(leader, row()[0], agrees="0").status_code == 303
    for last in ("2026-09-30", ""):
        shown = ending(last)
        decided(leader, row()[0], wish=before)
        assert row()[1] == "ending" and row()[3] == "2026-12-31"
        decided(leader, row()[0], wish=shown, agrees="0")
        before = shown
    shown = ending("2026-11-30")
    decided(leader, row()[0], wish=shown)
    assert row()[1:] == ("believed", "Văn phòng khác", "2026-11-30", None)
    decided(leader, row()[0], wish=shown)  # a double click
    assert "đồng ý ngày cuối 30/11/2026" in leader.get(LIST).text and stc.faults() == []


def test_s12_an_anchor_put_in_past_the_pages_is_found(stc, root):
    admin, leader = Browser(stc.app, "stc", "quantri"), Browser(stc.app, "stc", "lanhdao")
    asked(admin, root)
    decided(leader, anchors(stc)[0][0])
    assert stc.faults() == []
    for tampered in ("update trust_anchor set until = '2099-01-01'", "delete from trust_anchor",
                     "update trust_anchor set ended_at = now(), ending_at = now(), ended_by_id = granted_by_id, "
                     "ending_by_id = asked_by_id"):
        assert stc.faults(tampered), tampered


def test_nd_68_d32_one_act_of_one_person_changes_no_trust_list(stc, root):
    """Acts forged with right hashes: a decision that nobody asked for; a request that decides, or says another one."""
    admin, leader = Browser(stc.app, "stc", "quantri"), Browser(stc.app, "stc", "lanhdao")
    asked(admin, root)
    decided(leader, anchors(stc)[0][0])
    with stc.inside():
        subject, people = f"trust:{stc.agency_id}", (stc.user("quantri").id, stc.user("lanhdao").id)

        def forged(kind, who, change, **given):
            row = trust_anchor.listed()[0]
            for name, value in change.items():
                setattr(row, name, value)
            history.note(subject, kind, agency_id=stc.agency_id, at=now(), actor_id=who,
                         input={"reason": "Bổ sung", **given})
            found = [fault.message for fault in [*verify_office.offices(), *verify_chain.chains(
                verify_chain.Verified())] if fault.subject == subject]
            db.session.rollback()
            return found

        assert forged("trust_decided", people[1], {
            "ending_by_id": people[0], "ending_at": now(), "ended_by_id": people[1], "ended_at": now()},
            asked_by=people[0])
        assert forged("trust_asked", people[0], {"granted_at": now(), "granted_by_id": people[1]})
        assert forged("trust_asked", people[0], {"fingerprint": "cd" * 32})
        assert not forged("trust_asked", people[0], {"ending_at": now(), "ending_by_id": people[0]})
    admin.post(LIST, what="end", anchor=anchors(stc)[0][0], last="2026-10-31", reason="Gốc sắp thay")
    with stc.inside():
        ending = {"ending_at": None, "ending_by_id": None, "ending_until": None}
        last = {day: ending | {"until": date(2026, 10, day)} for day in (30, 31)}
        assert not forged("trust_decided", people[1], last[31], asked_by=people[0])
        assert forged("trust_decided", people[1], last[30], asked_by=people[0])
        gone = {"ended_at": now(), "ended_by_id": people[1]}
        assert forged("trust_decided", people[1], gone, asked_by=people[0])


@pytest.mark.browser
@needs_axe
def test_the_list_is_read_and_decided_on_a_screen_and_on_a_phone(stc, root, foreign, chromium: Chromium, pages: Site):
    admin = log_in(chromium, pages, "stc", "quantri")
    page = admin.go(LIST)
    page.locator("#certificate").set_input_files(
        [{"name": "goc.cer", "mimeType": "application/x-x509-ca-cert", "buffer": foreign}])
    page.locator("#reason").fill("Theo công văn của Ban Cơ yếu")
    page.locator("form", has=page.locator("#certificate")).get_by_role("button", name="Gửi đề nghị").click()
    expect(page.get_by_text("Cần người khác quyết định")).to_be_visible()
    assert serious(page) == []
    admin.picture("danh-sach-tin-cay")
    leader = log_in(chromium, pages, "stc", "lanhdao", PHONE)
    page = leader.go(LIST)
    page.get_by_text(re.compile("^Quyết định")).first.click()
    page.get_by_label("Lý do").fill("Đã so mã SHA-256 qua điện thoại")
    assert serious(page) == [] and too_wide(page) == 0
    leader.picture("danh-sach-tin-cay-dien-thoai")
    page.get_by_role("button", name="Đồng ý đưa vào").click()
    expect(page.get_by_text("đang tin cậy", exact=True)).to_be_visible()
    assert leader.complaints == [] and admin.complaints == []
