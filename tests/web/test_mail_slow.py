"""Art. 13.3: a mail server whose bytes drip holds no worker, and costs no mail; Dovecot behind a slow line."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from threading import Timer

import pytest
from doors import Browser
from fakes import pdf
from mail_world import PASSWORD, Line, letter, line_to, smtp
from test_mailbox import box, listed, look, server, stc  # noqa: F401

from app.db import db
from app.records import mail as mails
from app.records import poll
from app.tools import mail_send, mailbox
from app.tools.mail_send import Letter, Post, PostAway
from app.tools.mailbox import Access, Box, MailboxAway


@pytest.fixture
def line(server, monkeypatch) -> Iterator[Line]:  # noqa: F811
    """Whole calls of two seconds."""
    for module in (mailbox, mail_send):
        monkeypatch.setattr(module, "CALL_SECONDS", 2)
    with line_to(server.port) as found:
        yield found


def ends(call: Callable, error: type[Exception]) -> None:
    began = time.monotonic()
    with pytest.raises(error):
        call()
    assert time.monotonic() - began < 8


def test_art_13_3_no_call_to_the_mailbox_lasts(server, line):  # noqa: F811
    access = Access("localhost", line.port, "stc", ca_file=str(server.ca_file))
    line.is_slow.set()
    ends(lambda: Box(access, PASSWORD), MailboxAway)  # the certificate drips
    line.is_slow.clear()
    server.put(letter(("a.pdf", pdf(1))))
    with Box(access, PASSWORD) as opened:
        [(uid, _size)] = opened.after(0, 9)
        line.is_slow.set()
        ends(lambda: opened.fetch(uid, 10_000), MailboxAway)
        ends(lambda: opened.after(0, 9), MailboxAway)
    line.is_slow.clear()
    began = time.monotonic()
    with Box(access, PASSWORD):
        line.is_slow.set()
    assert time.monotonic() - began < 8, "leaving is a call, too"


def test_art_13_3_no_server_that_starts_without_tls_lasts(line):
    """What it says before STARTTLS drips, a byte every 50 ms: no line ends."""
    with socket.create_server(("127.0.0.1", 0)) as entry:
        def drip() -> None:
            with suppress(OSError):
                while True:
                    caller = entry.accept()[0]
                    with caller, suppress(OSError):
                        for _ in range(400):
                            caller.sendall(b"*")
                            time.sleep(0.05)

        Timer(0, drip).start()
        port = entry.getsockname()[1]
        ends(lambda: Box(Access("localhost", port, "stc", "starttls"), PASSWORD), MailboxAway)
        post = Post("localhost", port, "starttls", "stc", "stc@stc.example")
        ends(lambda: mail_send.send(post, PASSWORD, _letter()), PostAway)
        entry.shutdown(socket.SHUT_RDWR)


def _letter() -> Letter:
    return Letter("a@x.vn", "Thư", "x", "<1@x>", "", datetime.now(UTC))


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
def test_art_13_3_no_mail_that_goes_out_lasts(server, monkeypatch):  # noqa: F811
    monkeypatch.setattr(mail_send, "CALL_SECONDS", 2)
    with smtp(server.folder) as post, line_to(post.port) as line:
        way = Post("localhost", line.port, "tls", "stc", "stc@stc.example", str(server.ca_file))
        mail_send.send(way, PASSWORD, _letter())
        line.is_slow.set()
        ends(lambda: mail_send.send(way, PASSWORD, _letter()), PostAway)
        assert len(post.mails) == 1


def test_art_13_3_a_look_that_breaks_costs_no_mail_behind_it(stc, server, line, monkeypatch):  # noqa: F811
    for number in range(3):
        server.put(letter((f"{number}.pdf", pdf(number)), subject=f"Thư {number}"))
    with stc.inside():
        box(stc, port=line.port)
    real = Box.fetch

    def slow(opened, uid, most):
        line.is_slow.set()
        return real(opened, uid, most)

    with monkeypatch.context() as drips:
        drips.setattr(Box, "fetch", slow)
        look(stc)
    line.is_slow.clear()
    with stc.inside():
        assert poll.away_since(poll.MAIL) and poll.of(poll.MAIL).error
        assert list(db.session.scalars(db.select(poll.PollTry.tries))) == [1], "of the mail under which it broke"
        poll.of(poll.MAIL).next_at = datetime.now(UTC)
        db.session.commit()
    turns = iter([True, True, False, True])
    monkeypatch.setattr(Box, "has_time", property(lambda _: next(turns)))
    look(stc)
    assert [status for _subject, status, _reason in listed(stc)] == ["taken"] * 2, "its time was over"
    look(stc)
    assert [subject for subject, _status, _reason in listed(stc)] == ["Thư 0", "Thư 1", "Thư 2"]


def test_s11_a_wanted_mail_that_breaks_each_time_is_the_clerks_again(stc, server, line, monkeypatch):  # noqa: F811
    server.put(letter(("a.pdf", pdf(1)), sender="la@ngoai.example", subject="lạ"))
    look(stc)
    with stc.inside():
        [row] = mails.waiting()
    assert Browser(stc.app, "stc", "vanthu").post(f"/kenh-den/thu/{row.id}/nhan").status_code == 302
    with monkeypatch.context() as away:
        away.setattr(Box, "fetch", lambda *_: (_ for _ in ()).throw(MailboxAway()))
        for _ in range(poll.MOST_TRIES + 1):
            look(stc)
    assert listed(stc) == [("lạ", "left", "mail_unreadable")]
