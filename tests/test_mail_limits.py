"""What is too much of the official mailbox: a mail that is too large, more mails than a page shows (Art. 6.3; S8)."""

from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
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
