"""A dispatched document by mail to whom the exchange does not reach, on real servers: once in effect (Art. 9.1.d)."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from mail_world import letter, line_to, smtp
from steps import Office
from test_mailbox import box, look, server, stc  # noqa: F401

from app.db import db
from app.records import attachment, message
from app.records import mail as mails
from app.regulation.outgoing import by_mail, not_taken
from app.tools import mail_send


def brought(office: Office, found: int) -> list[tuple[str, int, bool]]:
    """How the mails with the document went, (error, tries, is sent); those that wait are due now."""
    with office.inside():
        rows = mails.deliveries([message.sent_for(found)[0].id])
        for row in rows:
            row.next_at = datetime.now(UTC)
        said = [(row.error, row.tries, row.sent_at is not None) for row in rows]
        db.session.commit()
        return said


def unknown_then_missing(office: Office, found: int, post: Any, ask: Callable[[], None]) -> None:
    """What may have gone is not sent again by itself; asked anew, a file that is away for a time is waited for."""
    assert brought(office, found) == [("mail_unknown", 2, False)]
    look(office)
    look(office)
    assert brought(office, found) == [("mail_unknown", mails.TRIES, False)] and len(post.mails) == 1
    ask()  # the clerk has asked there: it did not come
    with office.inside():
        place = office.app.extensions["tools"].blobs.path(attachment.latest(found, "signed").sha256)
    place.rename(place.with_suffix(".away"))
    look(office)
    assert brought(office, found)[1] == ("file_missing", 1, False)
    place.with_suffix(".away").rename(place)
    look(office)
    look(office)


def not_reached(stc: Office) -> int:  # noqa: F811
    """A document that was dispatched to one whose software could not take the packet."""
    found = stc.begin()
    stc.approved(found)
    stc.sign(found)
    stc.seal(found)
    with stc.inside():
        not_taken.keep_failures(stc.user("vanthu").agency, [
            {"senderdocid": message.sent_for(found)[0].axis_id, "tocode": "H38.01", "receivestatus": "FAIL"}],
            datetime.now(UTC))
    return found


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
def test_art_9_1_d_a_recipient_that_the_exchange_does_not_reach_is_sent_the_signed_file_once(
        stc, server, monkeypatch):  # noqa: F811
    found = not_reached(stc)

    def ask(address="vanthu@vpubnd.example", partner="H38.01", who="vanthu"):
        with stc.inside():
            by_mail.ask(found, partner, address, stc.user(who), datetime.now(UTC))

    with pytest.raises(by_mail.NotMailable):  # no server for mail: paper
        ask()
    with smtp(server.folder) as post:
        with stc.inside():
            box(stc, smtp_host="localhost", smtp_port=post.port, smtp_security="tls", address="stc@stc.example")
        for wrong in ({"address": "a b@c"}, {"address": "a@b\nBcc: x@y.example"}, {"address": ""}):
            with pytest.raises(by_mail.AddressWrong):
                ask(**wrong)
        for wrong in ({"who": "lanhdao"}, {"partner": "H38.99"}):
            with pytest.raises(by_mail.NotMailable):
                ask(**wrong)
        ask()
        ask()  # a double click
        post.refuse = ["451 busy"]
        look(stc)
        assert brought(stc, found) == [("post_later", 1, False)] and post.mails == []
        with monkeypatch.context() as broken, pytest.raises(KeyboardInterrupt):
            broken.setattr(by_mail, "sent", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
            look(stc)  # the worker dies between the server's word and ours
        unknown_then_missing(stc, found, post, ask)
        first, again = post.mails
        assert first["Message-ID"] != again["Message-ID"] and first["To"] == "vanthu@vpubnd.example"
        file, = first.iter_attachments()
        with stc.inside():
            signed = attachment.latest(found, "signed").sha256
            assert file.get_content() == stc.app.extensions["tools"].blobs.read(signed)
            row, = message.sent_for(found)
            assert (row.other_way, row.other_note) == ("mail", "vanthu@vpubnd.example")
        assert brought(stc, found)[1] == ("", 2, True) and file.get_filename().endswith(".pdf")
        with pytest.raises(by_mail.NotMailable):
            ask()
        bounce = letter(subject="Undelivered Mail Returned to Sender")
        bounce["References"], bounce["Auto-Submitted"] = first["Message-ID"], "auto-replied"
        server.put(bounce)
        look(stc)
        assert ("warning", "Nơi gửi trả lời thư của cơ quan: Undelivered Mail Returned to Sender") in stc.said(found)
    assert stc.faults() == []


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
def test_art_9_1_d_what_the_server_may_have_taken_is_not_sent_again_by_itself(stc, server, monkeypatch):  # noqa: F811
    """The line fails after the last byte of the mail, before the server's word arrives."""
    found = not_reached(stc)
    monkeypatch.setattr(mail_send, "CALL_SECONDS", 2)
    with smtp(server.folder) as post, line_to(post.port) as line:
        real = post.handle_DATA

        async def slow(*given):
            line.is_slow.set()
            await real(*given)
            return "250 " + "OK " * 30

        post.handle_DATA = slow
        with stc.inside():
            box(stc, smtp_host="localhost", smtp_port=line.port, smtp_security="tls", address="stc@stc.example")
            by_mail.ask(found, "H38.01", "vanthu@vpubnd.example", stc.user("vanthu"), datetime.now(UTC))
        look(stc)
        line.is_slow.clear()
        assert brought(stc, found) == [("mail_unknown", mails.TRIES, False)]
        look(stc)
        assert len(post.mails) == 1
