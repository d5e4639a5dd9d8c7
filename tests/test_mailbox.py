"""The official mailbox on a real Dovecot: each mail once, taken in or left with a reason (Art. 6.3; S3, S7, S8)."""

from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from fakes import LETTER, pdf, printed
from mail_world import PASSWORD, Dovecot, dovecot, letter, smtp
from steps import Office, quick, signed_pdf

from app import worker, worker_mail
from app.db import db
from app.engine.reason import ReasonNeeded
from app.records import attachment, barred, history, message, poll, twin, verify
from app.records import mail as mails
from app.records.document import Document
from app.regulation.incoming import mail as incoming
from app.tools.mailbox import Access, Box, MailboxAway, MailboxRefused, SecretMissing, secret

SENDERS = [["vanthu@vpubnd.example", "H38.01"], ["@congan.example", ""]]


@pytest.fixture(scope="module")
def server():
    """In a folder of its own that the server's account can reach; pytest's are closed to others, deeper or less so."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        with dovecot(Path(folder) / "dovecot") as running:
            yield running


@pytest.fixture
def stc(world, server: Dovecot):
    quick(world.app)
    for path in (server.folder / "mail").glob("*/*"):
        path.unlink()
    server.make_anew()
    config = world.app.config["SETTINGS"]
    config.mailbox_secrets.mkdir()
    password = config.mailbox_secrets / "H38.12.password"
    password.write_text(PASSWORD + "\n")
    password.chmod(0o600)
    office = Office(world.app)
    world.app.config["SETTINGS"] = type(config)(**{**vars(config), "mailbox_ca_file": str(server.ca_file)})
    with office.inside():
        box(office, host="localhost", port=server.port, user_name="stc", security="tls", folder="INBOX",
            senders=SENDERS, is_on=True)
    return office


def box(office: Office, **values) -> None:
    from app.records.agency import Agency

    own = db.session.get_one(Agency, office.agency_id)
    for _ in range(2):  # the second changes nothing, and tells nothing
        incoming.settings(None, own, values, "Khai báo hộp thư", datetime.now(UTC))


def look(stc: Office) -> None:
    worker.use(stc.app)
    worker.run_mail(agency_id=stc.agency_id)
    worker.run_due(stc.app)


def listed(stc: Office) -> list[tuple[str, str, str]]:
    """(subject, status, reason), oldest first."""
    with stc.inside():
        rows = db.session.scalars(db.select(mails.Mail).order_by(mails.Mail.id))
        return [(row.subject, row.status, row.reason) for row in rows]


def documents(stc: Office) -> list[int]:
    with stc.inside():
        return list(db.session.scalars(db.select(Document.id).where(Document.channel == "mail").order_by(Document.id)))


def test_art_6_3_signed_mail_becomes_a_document_and_stays_one(stc, server, monkeypatch):
    file = signed_pdf(stc.app)
    server.put(letter(("12-VPUBND.pdf", file), ("phu luc.pdf", pdf(3)), subject="Gửi công văn số 12"))
    worker.use(stc.app)
    with monkeypatch.context() as broken:  # the worker dies after the document is there, before the mail is marked
        broken.setattr(Box, "mark", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            worker.run_mail(agency_id=stc.agency_id)
    look(stc)
    [found] = documents(stc)
    assert listed(stc) == [("Gửi công văn số 12", "taken", "")]
    assert stc.files(found) == ["original", "original"] and stc.tasks(found) == ["verify"]
    with stc.inside():
        document = db.session.get(Document, found)
        assert document.organ_id == "H38.01" and document.verdict["color"] == "green"
        assert attachment.of(found)[0].name == "12-VPUBND.pdf"
        raw = stc.app.extensions["tools"].blobs.read(message.received_for(found)[0].sha256)
        assert b"vanthu@vpubnd.example" in raw and history.faults(f"document:{found}") == []
    server.make_anew()  # another UIDVALIDITY, other numbers
    look(stc)
    assert documents(stc) == [found] and len(listed(stc)) == 1 and server.count() == 1
    server.put(letter(("12-VPUBND.pdf", file), subject="Gửi lại"))  # another mail with the same file
    look(stc)
    with stc.inside():
        assert [(other.id, why) for other, why in twin.of(db.session.get(Document, documents(stc)[1]))] == [
            (found, "file")]
    stc.verify(found)
    stc.assign(found)
    stc.handle(found)
    assert stc.ended(found) == "end_finished" and stc.sent(found) == []
    with stc.inside():  # history answers for every row
        tools = stc.app.extensions["tools"]
        assert [f for f in verify.verify(tools.blobs, tools.sealer, datetime.now(UTC))
                if f.check not in ("seal", "copy", "time")] == []


def test_art_3_2_a_mail_that_must_not_be_entered_leaves_only_the_fact_until_a_clerk_calls_it_a_mistake(stc, server):
    secret = printed((*((left, top, text) for left, top, text, _ in LETTER), (90, 138, "MẬT")))
    server.put(letter(("thu.pdf", secret), subject="Công văn hỏa tốc"))
    server.put(letter(("a.pdf", pdf(1)), subject="Fwd: Đơn tố cáo ông A", sender="Người lạ <la@ngoai.example>"))
    blobs = stc.app.extensions["tools"].blobs.folder
    before = sorted(blobs.rglob("*"))
    look(stc)
    server.make_anew()
    look(stc)  # each once
    assert listed(stc) == [("", "left", "barred_secrecy"), ("", "left", "barred_petition")]
    assert documents(stc) == [] and sorted(blobs.rglob("*")) == before and server.seen() == 0
    with stc.inside():
        assert [(one.way, one.rule, one.partner) for one in reversed(barred.newest())] == [
            ("mail", "secrecy", "vanthu@vpubnd.example"), ("mail", "petition", "la@ngoai.example")]
        rows = mails.waiting()
        assert {(one.files == [], one.sender != "") for one in rows} == {(True, True)}
        with pytest.raises(incoming.MailDecided):
            incoming.want(rows[1].id, stc.user("vanthu"), datetime.now(UTC))
        db.session.rollback()
        entry = barred.clear(barred.newest()[1].id, stc.user("vanthu"), "Dấu in trong mẫu biểu", datetime.now(UTC))
        incoming.want_cleared(entry, stc.user("vanthu"), datetime.now(UTC))
    look(stc)
    [found] = documents(stc)
    assert [status for _subject, status, _reason in listed(stc)] == ["taken", "left"]
    assert stc.status(found) == "arrived" and stc.faults() == []


def test_art_6_3_b_an_allowed_name_alone_proves_nothing(stc, server):
    """S8: whoever writes an allowed sender's name gets no further than the leader's desk."""
    server.put(letter(("cong van.pdf", pdf(1))))
    server.put(letter(("cong van.pdf", signed_pdf(stc.app)), sender="x@congan.example"))  # the seal of another agency
    look(stc)
    first, second = documents(stc)
    assert stc.tasks(first) == stc.tasks(second) == ["decide_unsigned"]
    with stc.inside():
        assert {db.session.get(Document, one).organ_id for one in (first, second)} == {"H38.01", ""}


def told(post) -> list[tuple[str, str]]:
    """(subject, In-Reply-To) of what was sent, in order."""
    return [(mail["Subject"], mail["In-Reply-To"]) for mail in post.mails]


def leaves_nothing(stc: Office, found: int, place: int) -> None:
    """Art. 3.2: the clerk sees that it must not be entered; its mail says no more what it was about."""
    stc.do("lanhdao", "decide_unsigned", {"decision": "accept"}, found)
    stc.do("vanthu", "verify", {"decision": "not_entered", "reason": "Điều 3.2"}, found)
    worker.run_due(stc.app)
    assert listed(stc)[place] == ("", "taken", "")


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
def test_nd_30_d21_2_the_sender_is_told_by_mail_what_became_of_it_once(stc, server, monkeypatch):
    """Art. 6.3.b: unsigned and altered letters wait for the leader; what he says, and the number, go back by mail."""
    signed = signed_pdf(stc.app)
    with smtp(server.folder) as post:
        with stc.inside():
            box(stc, smtp_host="localhost", smtp_port=post.port, smtp_security="tls", address="stc@stc.example")
        altered = signed.replace(b"/MediaBox", b"/MediaBoy", 1)
        for n, data in enumerate((pdf(1), altered, signed), 1):
            server.put(letter((f"{n}.pdf", data), subject=f"Thư {n}", message_id=f"<{n}@vpubnd.example>"))
        robot = letter(("4.pdf", pdf(4)), subject="Máy gửi")
        robot["Auto-Submitted"] = "auto-generated"
        server.put(robot)
        server.put(letter(("5.pdf", pdf(5)), sender="la@ngoai.example", subject="lạ"))
        post.refuse = ["451 busy"]
        look(stc)
        unsigned, broken, good, automatic = documents(stc)
        assert [stc.tasks(one) for one in (unsigned, broken, good, automatic)] == [
            ["decide_unsigned"], ["decide_unsigned"], ["verify"], ["decide_unsigned"]]
        with stc.inside():
            assert db.session.get(Document, broken).verdict["color"] == "red"
        assert told(post) == [(f"Văn bản đã đến: Thư {n}", f"<{n}@vpubnd.example>") for n in (2, 3)]
        with stc.inside():
            reply, = mails.unsent_replies(9)
            assert (reply.document_id, reply.error, reply.tries) == (unsigned, "post_later", 1)
            reply.next_at = datetime.now(UTC)
            db.session.commit()
        stc.do("lanhdao", "decide_unsigned", {"decision": "return", "reason": "Chưa ký số"}, broken)
        stc.do("lanhdao", "decide_unsigned", {"decision": "accept"}, unsigned)
        stc.verify(unsigned, code_number="1")
        look(stc)
        look(stc)
        assert told(post)[2:] == [("Văn bản đã đến: Thư 1", "<1@vpubnd.example>"),
                                  ("Từ chối tiếp nhận văn bản: Thư 2", "<2@vpubnd.example>"),
                                  ("Văn bản đã được tiếp nhận: Thư 1", "<1@vpubnd.example>")]
        refused = post.mails[3]
        assert (refused["To"], refused["From"], refused["Auto-Submitted"]) == (
            "vanthu@vpubnd.example", "stc@stc.example", "auto-replied")
        assert "Chưa ký số" in refused.get_content() and "số 1" in post.mails[4].get_content()
        answer = letter(("6.pdf", pdf(6)), subject="Re: Từ chối")
        answer["In-Reply-To"] = refused["Message-ID"]
        away = letter(subject="Tôi vắng mặt")
        away["References"], away["Auto-Submitted"] = refused["Message-ID"], "auto-replied"
        server.put(answer)
        server.put(away)
        look(stc)
        assert len(documents(stc)) == 4 and len(post.mails) == 5, "no new letter, and nobody is told of it"
        assert listed(stc)[-2:] == [("Re: Từ chối", "left", "mail_reply"), ("Tôi vắng mặt", "dismissed", "mail_reply")]
        assert ("warning", "Nơi gửi trả lời thư của cơ quan: Re: Từ chối") in stc.said(broken)
        post.refuse = ["550 no such user"]
        stc.verify(good, code_number="2")
        look(stc)
        with stc.inside():
            assert [(one.document_id, one.error) for one in mails.unsent_replies(9) if one.tries == mails.TRIES] == [
                (good, "post_recipient")], "nobody of that name: not tried again"
        leaves_nothing(stc, automatic, 3)
        _is_told_that_it_is_not_entered(stc, server, post)
        assert stc.faults() == []


def _is_told_that_it_is_not_entered(stc: Office, server, post) -> None:
    """Art. 3.2, 6.3: with the clerk's reason, in a reply that says no more what the mail was about."""
    server.put(letter(("7.pdf", pdf(7)), subject="Thư của ông A", message_id="<7@vpubnd.example>"))
    look(stc)
    leaves_nothing(stc, documents(stc)[-1], -1)
    look(stc)
    last = post.mails[-1].get_content()
    assert told(post)[-1] == ("Từ chối tiếp nhận văn bản", "<7@vpubnd.example>")
    assert "Điều 3.2" in last and "ông A" not in last
    barred_mail = letter(("8.pdf", pdf(8)), subject="Đơn tố cáo ông B", message_id="<8@vpubnd.example>")
    server.put(barred_mail)
    look(stc)  # before any document: nothing is stored, its sender is told
    last = post.mails[-1].get_content()
    assert told(post)[-1] == ("Từ chối tiếp nhận văn bản", "<8@vpubnd.example>")
    assert "Điều 3.2" in last and "ông B" not in last and "tố cáo" not in last
    count = len(post.mails)
    barred_mail.replace_header("Message-ID", "<9@vpubnd.example>")
    barred_mail["Auto-Submitted"] = "auto-generated"
    server.put(barred_mail)
    look(stc)
    assert len(post.mails) == count and listed(stc)[-1] == ("", "left", "barred_petition")


def test_mail_that_is_left_is_listed_with_its_reason(stc, server):
    nested, both = letter(subject="lồng"), letter(("a.pdf", pdf(1)), subject="hai người gửi", sender="a@x.vn, b@y.vn")
    nested.add_attachment(letter(("trong.pdf", pdf(2))))
    html = letter(subject="html", text="x")
    html.add_alternative("<script>alert(1)</script><img src='http://127.0.0.1:9/x.png'>", subtype="html")
    server.put(letter(("a.pdf", pdf(1)), sender="Người lạ <la@ngoai.example>", subject="người lạ"))
    server.put(html)
    server.put(letter(("virus.exe", b"MZ" + b"0" * 50), subject="exe"))
    server.put(letter(("winmail.dat", b"\x78\x9f\x3e\x22rest"), subject="outlook"))
    server.put(nested)
    server.put(both)
    server.put(b"From: vanthu@vpubnd.example\nSubject: bom\nMIME-Version: 1.0\n" + b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(400)))
    server.put(letter(("..\\..\\etc\\thu.pdf", b"%PDF-1.4 cut"), subject="hỏng"))
    look(stc)
    assert documents(stc) == []
    assert {(subject, reason) for subject, _, reason in listed(stc)} == {
        ("người lạ", "mail_stranger"), ("html", "mail_no_file"), ("exe", "file_unknown_kind"),
        ("outlook", "mail_outlook"), ("lồng", "mail_nested"), ("hai người gửi", "mail_bad_from"),
        ("", "mail_too_complex"), ("hỏng", "file_truncated")}
    assert server.count() == 8 and server.seen() == 0
    look(stc)
    assert len(listed(stc)) == 8


def test_the_clerk_takes_a_mail_in_or_dismisses_it(stc, server):
    for name, message_id in (("một", "<1@x>"), ("hai", "<2@x>"), ("ba", "<3@x>")):
        server.put(letter((f"{name}.pdf", pdf(len(name))), sender="la@ngoai.example", subject=name,
                          message_id=message_id))
    server.put(letter(("khac.pdf", pdf(9)), subject="giả", message_id="<1@x>"))  # another mail, the same Message-ID
    server.put(letter(("bang.xlsx", b"PK"), sender="la@ngoai.example", subject="không mở được"))
    look(stc)
    assert [reason for _, _, reason in listed(stc)][3] == "mail_repeated"
    with stc.inside():
        ids, clerk, at = [m.id for m in reversed(mails.waiting())], stc.user("vanthu"), datetime.now(UTC)
        incoming.want(ids[0], clerk, at)
        with pytest.raises(incoming.MailDecided):  # the second click
            incoming.want(ids[0], clerk, at)
        db.session.rollback()
        with pytest.raises(incoming.MailDecided):
            incoming.want(ids[4], clerk, at)
        db.session.rollback()
        with pytest.raises(ReasonNeeded):
            incoming.dismiss(ids[1], clerk, " ", at)
        db.session.rollback()
        incoming.dismiss(ids[1], stc.user("vanthu"), "Thư riêng", at)
        incoming.want(ids[2], stc.user("vanthu"), at)
    for path in (server.folder / "mail").glob("*/*"):  # somebody deletes the third; the mailbox is made anew
        if b"<3@x>" in path.read_bytes():
            path.unlink()
    server.make_anew()
    worker.run_due(stc.app)
    look(stc)
    assert [status for _, status, _ in listed(stc)][:3] == ["taken", "dismissed", "gone"]
    [found] = documents(stc)
    with stc.inside():
        started = history.course(f"document:{found}")[0]
        assert (started.kind, started.actor.username) == ("instance_started", "vanthu")
        assert [a.kind for a in history.course(f"mail:{ids[1]}")] == ["mail_decided"]


def test_several_letters_in_one_mail_are_several_documents(stc, server):
    server.put(letter(("so 1.pdf", pdf(1)), ("so 2.pdf", pdf(2)), ("Phụ lục kèm theo.pdf", pdf(3))))
    look(stc)
    assert [stc.files(found) for found in documents(stc)] == [["original"], ["original", "original"]]


def test_a_mail_that_fails_each_time_stops_nothing_and_is_given_up(stc, server, monkeypatch):
    server.put(letter(("a.pdf", pdf(1)), subject="độc"))
    server.put(letter(("b.pdf", pdf(2)), subject="sau"))
    real = worker_mail._keep

    def fail(own, raw, *rest):
        if b"\xc4\x91\xe1\xbb\x99c" in raw or b"xJHhu5lj" in raw or b"ZMSR4buZYw" in raw or b"a.pdf" in raw:
            raise ZeroDivisionError
        return real(own, raw, *rest)

    monkeypatch.setattr(worker_mail, "_keep", fail)
    for _ in range(poll.MOST_TRIES + 1):
        look(stc)
    assert listed(stc) == [("sau", "taken", ""), ("", "left", "mail_unreadable")]


def test_the_mailbox_is_reached_by_tls_only_and_asked_again_later(stc, server, tmp_path):
    trusted = str(server.ca_file)
    with pytest.raises(MailboxRefused) as refused:
        Box(Access("localhost", server.port, "stc"), PASSWORD)
    assert refused.value.facts["what"] == "certificate"
    with pytest.raises(MailboxRefused):
        Box(Access("127.0.0.1", server.port, "stc", ca_file=trusted), PASSWORD)  # not its name
    with pytest.raises(MailboxRefused) as refused:
        Box(Access("localhost", server.port, "stc", ca_file=trusted), "sai")
    assert refused.value.facts["what"] == "login"
    with pytest.raises(MailboxAway):
        Box(Access("localhost", 9, "stc", ca_file=trusted), PASSWORD)
    (tmp_path / "X.password").write_text("x")
    (tmp_path / "X.password").chmod(0o644)
    for code in ("X", "Y", "../X"):
        with pytest.raises(SecretMissing):
            secret(tmp_path, code)
    with stc.inside():
        box(stc, port=9)
    look(stc)
    with stc.inside():
        found = poll.of(poll.MAIL)
        assert found.failures == 1 and found.next_at > found.away_since and found.error
        first = found.next_at
    look(stc)  # not before its time
    with stc.inside():
        assert poll.of(poll.MAIL).next_at == first
        box(stc, port=server.port)
        poll.of(poll.MAIL).next_at = datetime.now(UTC)
        db.session.commit()
    look(stc)
    with stc.inside():
        found = poll.of(poll.MAIL)
        assert (found.failures, found.away_since, found.error) == (0, None, "") and found.reached_at
        assert [a.kind for a in history.course(f"mailbox:{stc.agency_id}")] == ["mailbox_changed"] * 3


def test_pauses_grow_to_five_minutes_with_a_random_half():
    spans = [{poll.pause(n).total_seconds() for _ in range(50)} for n in (1, 2, 3, 20)]
    for most, span in zip((15, 30, 60, 300), spans, strict=True):
        assert len(span) > 1 and most / 2 <= min(span) and max(span) <= most
