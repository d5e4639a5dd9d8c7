"""What is too much of the official mailbox: a mail that is too large, more mails than a page shows (Art. 6.3; S8)."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from doors import Browser
from fakes import pdf
from mail_world import letter
from test_mailbox import documents, listed, look, server, stc  # noqa: F401

from app import worker_mail
from app.db import db
from app.records import barred
from app.records import mail as mails
from app.regulation.incoming import mail as incoming


@pytest.fixture
def small(monkeypatch) -> int:
    """Mails over two kilobytes are too large."""
    monkeypatch.setattr(worker_mail, "MAX_BYTES", 2000)
    return 2000


def large(small: int, **given: str) -> EmailMessage:
    return letter(("lon.pdf", pdf(1) + b"%" * small), **given)


def test_art_6_3_a_mail_that_is_too_large_is_listed_by_its_headers(stc, server, small):  # noqa: F811
    server.put(large(small, subject="Hồ sơ dự án", message_id="<lon@vpubnd.example>"))
    server.put(b"X-Long: " + b"x" * 3000 + b"\nno header at all\n")
    look(stc)
    server.make_anew()  # other numbers, the same mails
    look(stc)
    assert listed(stc) == [("Hồ sơ dự án", "left", "mail_too_large"), ("", "left", "mail_too_large")]
    with stc.inside():
        row = mails.waiting()[-1]
        assert (row.sender, row.message_id) == ("vanthu@vpubnd.example", "<lon@vpubnd.example>")
        assert row.sent_at == datetime(2026, 11, 25, 1, tzinfo=UTC) and row.size_bytes > small
    assert documents(stc) == [] and server.seen() == 0


def test_art_3_2_of_a_mail_that_is_too_large_nothing_stays_that_must_not_be_entered(stc, server, small):  # noqa: F811
    server.put(large(small, subject="Đơn tố cáo ông A"))
    look(stc)
    assert listed(stc) == [("", "left", "barred_petition")]
    with stc.inside():
        clerk, at = stc.user("vanthu"), datetime.now(UTC)
        entry = barred.clear(barred.newest()[0].id, clerk, "Bản tin về tiếp công dân", at)
        incoming.want_cleared(entry, stc.user("vanthu"), at)
    look(stc)
    assert listed(stc) == [("", "left", "mail_too_large")], "it lies there, and is too large all the same"
    assert stc.faults() == []


def test_s11_a_mail_whose_headers_fail_each_time_is_listed_all_the_same(stc, server, small, monkeypatch):  # noqa: F811
    server.put(large(small, subject="độc"))
    monkeypatch.setattr(worker_mail, "read_head", lambda *_: 1 / 0)
    for _ in range(worker_mail.poll.MOST_TRIES + 1):
        look(stc)
    assert listed(stc) == [("", "left", "mail_too_large")]
    with stc.inside():
        assert db.session.scalar(db.select(mails.Mail.key)).startswith("uid:")


def test_art_6_3_every_mail_that_waits_can_be_reached(stc, server):  # noqa: F811
    stc.app.config["SETTINGS"] = replace(stc.app.config["SETTINGS"], page_rows=2)
    for number in range(5):
        server.put(letter(("a.pdf", pdf(number)), sender="la@ngoai.example", subject=f"Thư số {number}"))
    look(stc)
    clerk, door, seen = Browser(stc.app, "stc", "vanthu"), "/kenh-den", []
    for here in (2, 2, 1):
        page = clerk.get(door).text
        assert f"{here} trong 5 thư chờ xem" in page
        seen += re.findall(r"<h3>(Thư số \d)</h3>", page)
        door = "".join(re.findall(r'rel="next" href="([^"]+)"', page)) or door
    assert seen == [f"Thư số {number}" for number in (4, 3, 2, 1, 0)]
    oldest = re.search(r'action="(/kenh-den/thu/\d+/bo-qua\?sau=\d+)"', page)[1]
    back = clerk.post(oldest, reason="Thư riêng").location
    assert back == door, "back to the page on which it stood"
    page = clerk.get(back).text
    assert "Không còn thư nào cũ hơn" in page and "Về đầu" in page and "2 trong 4" in clerk.get("/kenh-den").text


def test_art_6_3_a_mail_that_was_dismissed_or_gone_is_taken_in_while_it_lies_there(stc, server):  # noqa: F811
    for name in ("một", "hai"):
        server.put(letter((f"{name}.pdf", pdf(len(name))), sender="la@ngoai.example", subject=name,
                          message_id=f"<{len(name)}{ord(name[0])}@x>"))
    look(stc)
    clerk = Browser(stc.app, "stc", "vanthu")
    with stc.inside():
        second, first = [row.id for row in mails.waiting()]
    for one in (first, second):
        assert clerk.post(f"/kenh-den/thu/{one}/bo-qua", reason="Thư riêng").status_code == 302
    [lies] = [path for path in (server.folder / "mail").glob("*/*") if b"hai.pdf" in path.read_bytes()]
    away = lies.rename(server.folder / lies.name)  # somebody moves it to another folder
    page = clerk.get("/kenh-den").text
    assert all(page.count(f"thu/{one}/nhan") == 1 for one in (first, second)) and "gửi lại" in page
    for one in (first, second):
        assert clerk.post(f"/kenh-den/thu/{one}/nhan").status_code == 302
    assert clerk.post(f"/kenh-den/thu/{first}/nhan").status_code == 409, "it waits to be fetched"
    look(stc)
    assert listed(stc) == [("một", "taken", ""), ("hai", "gone", "mail_gone")] and len(documents(stc)) == 1
    away.rename(server.folder / "mail" / "new" / "back.test")
    look(stc)
    assert clerk.post(f"/kenh-den/thu/{second}/nhan").status_code == 302
    assert clerk.post(f"/kenh-den/thu/{first}/nhan").status_code == 409, "it is a document"
    look(stc)
    assert listed(stc)[1] == ("hai", "taken", "") and len(documents(stc)) == 2
    assert stc.faults() == []
