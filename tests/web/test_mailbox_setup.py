"""A mailbox that is set up holds the mail of years, which is dealt with already: it is left alone (Art. 6.3)."""

from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from doors import Browser
from fakes import pdf
from mail_world import letter, smtp
from test_mailbox import documents, listed, look, server, stc, told  # noqa: F401

from app import cli, worker_mail
from app.records import history
from app.records import mail as mails
from app.records.calendar import ZONE, local_date


def command(*given: str) -> str:
    found = CliRunner().invoke(cli.cli, ["mailbox", *given])
    assert found.exit_code == 0, found.output
    return found.output


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
def test_art_6_3_only_what_arrives_from_the_set_up_on_is_taken_or_from_the_day_that_is_said(
        stc, server, monkeypatch):  # noqa: F811
    now, settings = datetime.now(UTC), stc.app.config["SETTINGS"]
    monkeypatch.setattr(worker_mail, "MOST_MAILS", 2)
    monkeypatch.setattr("app.create_app", lambda *_: stc.app)
    monkeypatch.setattr("app.cli_arrival.Config", lambda: settings)
    for days in (800, 700, 40, 39, 38, 0):  # the last an hour ago
        at = now - timedelta(days=days, hours=1)
        server.put(letter((f"{days}.pdf", pdf(days % 80)), subject=f"{days} ngày trước"), at)
    where = ["--host", "localhost", "--user", "stc", "--sender", "@vpubnd.example", "--address", "stc@stc.example",
             "--reason", "Khai báo hộp thư"]
    with smtp(server.folder) as post:
        set_up = ["set", "stc", *where, "--port", str(server.port), "--smtp-host", "localhost", "--smtp-port",
                  str(post.port)]
        said = command(*set_up)
        assert "left alone" in said and "--from" in said
        server.put(letter(("nay.pdf", pdf(81)), subject="hôm nay"))
        for _ in range(3):
            look(stc)
        assert listed(stc) == [("hôm nay", "taken", "")] and len(documents(stc)) == 1
        assert told(post) == [("Văn bản đã đến: hôm nay", told(post)[0][1])] and server.seen() == 1
        assert "7 mails, 1 of them" in command("check", "stc")
        page = Browser(stc.app, "stc", "vanthu").get("/kenh-den").text
        assert "Thư đến trước" in page
        since = local_date(now) - timedelta(days=45)
        said = command(*set_up, "--from", since.isoformat())
        assert f"{since:%d/%m/%Y}" in said or since.isoformat() in said
        for _ in range(6):
            look(stc)
        assert [subject for subject, _, _ in listed(stc)] == [
            "hôm nay", "40 ngày trước", "39 ngày trước", "38 ngày trước", "0 ngày trước"]
        command(*set_up)  # said again without a day: nothing changes
    with stc.inside():
        box = mails.mailbox()
        assert box.taken_from == datetime.combine(since, datetime.min.time(), ZONE)
        acts = [one.kind for one in history.course(f"mailbox:{stc.agency_id}")]
        assert acts == ["mailbox_changed"] * 3
    command(*set_up, "--host", "LOCALHOST")  # another mailbox: its mail is dealt with, too
    look(stc)
    assert len(listed(stc)) == 5 and "7 mails, 0 of them" in command("check", "stc")
    assert stc.faults() == []
