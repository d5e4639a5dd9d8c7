"""A mail with a dispatched document at its page: corrected, taken back, and what the server said of it (Art. 9.1.d)."""

from datetime import UTC, datetime

import pytest
from doors import Browser
from mail_world import smtp
from test_by_mail import brought, not_reached
from test_mailbox import box, look, server, stc  # noqa: F401

from app.db import db
from app.records import mail as mails
from app.records import message
from app.regulation.outgoing import by_mail


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
def test_art_9_1_d_a_mail_that_waits_is_corrected_or_taken_back(stc, server):  # noqa: F811
    """It went to the mistyped address for two days, and the page said that the right one was queued."""
    found, clerk = not_reached(stc), Browser(stc.app, "stc", "vanthu")

    def post_to(**form):
        clerk.post(f"/phat-hanh/{found}/gui-thu", partner="H38.01", **form)
        return clerk.get(f"/phat-hanh/{found}").text

    with smtp(server.folder) as post:
        with stc.inside():
            box(stc, smtp_host="localhost", smtp_port=post.port, smtp_security="tls", address="stc@stc.example")
        post.refuse = ["451 4.7.1 Greylisted, come back"]
        assert "Đã xếp gửi qua thư" in post_to(address="vanthu@vpubdn.example")
        look(stc)
        page = post_to(address="vanthu@vpubdn.example")
        assert "chưa có gì thay đổi" in page and "Đã xếp gửi" not in page
        assert "hẹn gửi lại sau" in page and "“451 4.7.1 Greylisted, come back”" in page
        page = post_to(address="vanthu@vpubnd.example")
        assert "Đã xếp gửi qua thư" in page and "Văn thư đã bỏ thư này" in page
        page = post_to(what="take")
        assert "Đã bỏ thư đang chờ" in page and "Gửi qua thư công vụ" in page
        brought(stc, found)
        look(stc)
        assert post.mails == []
        post_to(address="vanthu@vpubnd.example")
        look(stc)
        assert [one["To"] for one in post.mails] == ["vanthu@vpubnd.example"]
        assert [(error, sent) for error, _, sent in brought(stc, found)] == [
            ("mail_taken_back", False), ("mail_taken_back", False), ("", True)]
        assert clerk.post(f"/phat-hanh/{found}/gui-thu", partner="H38.01", what="take").status_code == 409
    assert stc.faults() == []


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
def test_art_9_1_d_while_a_mail_goes_out_it_is_neither_corrected_nor_taken_back(stc, server):  # noqa: F811
    """A worker has begun a try: the server may have it."""
    found, clerk = not_reached(stc), Browser(stc.app, "stc", "vanthu")
    with smtp(server.folder) as post, stc.inside():
        box(stc, smtp_host="localhost", smtp_port=post.port, smtp_security="tls", address="stc@stc.example")
        by_mail.ask(found, "H38.01", "vanthu@vpubdn.example", stc.user("vanthu"), datetime.now(UTC))
        reply, = mails.deliveries([message.sent_for(found)[0].id])
        reply.error = by_mail.UNKNOWN
        db.session.commit()
        for form in ({"what": "take"}, {"address": "vanthu@vpubnd.example"}):
            clerk.post(f"/phat-hanh/{found}/gui-thu", partner="H38.01", **form)
            assert "có thể đã đi" in clerk.get(f"/phat-hanh/{found}").text


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
@pytest.mark.parametrize(("at", "answer", "error", "words", "is_final"), [
    ("refuse", "550 5.1.1 User unknown", "post_recipient", "không nhận địa chỉ này", True),
    ("refuse", "552 5.2.2 Mailbox full", "post_size", "hộp thư nơi nhận đã đầy", True),
    ("refuse_data", "552 5.3.4 Message too big", "post_size", "vượt dung lượng", True),
    ("refuse_data", "554 5.7.1 Looks like spam", "post_content", "từ chối thư này", True),
    ("refuse_login", "535 5.7.8 Bad credentials", "post_login", "tên đăng nhập hoặc mật khẩu", False)])
def test_art_9_1_d_each_answer_of_a_server_is_told_in_its_own_words(
        stc, server, at, answer, error, words, is_final):  # noqa: F811
    """What no further try changes was tried for two days; the server's own words were dropped."""
    found = not_reached(stc)
    with smtp(server.folder) as post:
        with stc.inside():
            box(stc, smtp_host="localhost", smtp_port=post.port, smtp_security="tls", address="stc@stc.example")
            by_mail.ask(found, "H38.01", "vanthu@vpubnd.example", stc.user("vanthu"), datetime.now(UTC))
        getattr(post, at).append(answer)
        look(stc)
    assert brought(stc, found) == [(error, mails.TRIES if is_final else 1, False)]
    page = Browser(stc.app, "stc", "vanthu").get(f"/phat-hanh/{found}").text
    assert words in page and f"“{answer}”" in page
