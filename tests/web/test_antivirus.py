"""Files asked about before they go out, by a real clamd (security.md S7)."""

import io
import json
import socket
import zipfile
from contextlib import contextmanager
from dataclasses import replace
from threading import Thread

import pytest
from browser import log_in
from clamd_world import EICAR, clamd
from click.testing import CliRunner
from doors import Browser
from fakes import pdf
from playwright.sync_api import expect
from steps import Office, quick

from app.cli import cli
from app.db import db
from app.records import attachment
from app.records.message import Message
from app.tools.antivirus import Infected, Scanner, ScannerAway

AWAY = "/nonexistent/clamd.sock"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with clamd(tmp_path_factory.mktemp("clamd")) as place:
        yield place


def packed() -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("word/media/a.txt", EICAR)
    return sink.getvalue()


@contextmanager
def saying(answer: bytes):
    """A server on a port of this machine that takes what is sent and answers so."""
    def serve() -> None:
        with there.accept()[0] as line:
            while not line.recv(1 << 16).endswith(b"\0\0\0\0"):
                pass
            line.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as there:
        hand = Thread(target=serve)
        hand.start()
        yield f"127.0.0.1:{there.getsockname()[1]}"
        hand.join(10)


def test_s7_malware_is_found_wherever_it_lies_and_what_cannot_be_asked_waits(address):
    scanner = Scanner(address)
    for data in (EICAR, packed()):
        with pytest.raises(Infected) as found:
            scanner.require_clean("a", lambda data=data: data)
        assert found.value.facts["found"].startswith("Test")
    scanner.require_clean("b", lambda: pdf())
    scanner.require_clean("b", lambda: pytest.fail("it is known as clean"))
    with pytest.raises(ScannerAway):  # larger than the scanner takes
        scanner.require_clean("c", lambda: b" " * 3_000_000)
    for answer in (b"stream: OK", b"INSTREAM size limit exceeded. ERROR\0", b""):
        with saying(answer) as place:
            if answer.startswith(b"stream"):
                Scanner(place).require_clean("d", lambda: pdf())
            else:
                with pytest.raises(ScannerAway):
                    Scanner(place).require_clean("d", lambda: pdf())
    for place in (AWAY, "127.0.0.1:9", "no address"):
        with pytest.raises(ScannerAway):
            Scanner(place).require_clean("e", lambda: pdf())
    Scanner("").require_clean("f", lambda: pytest.fail("nobody is asked"))


def test_s7_a_file_is_given_out_only_when_the_scanner_lets_it_go(world, address):
    quick(world.app)
    stc, plain = Office(world.app), world.app.extensions["tools"]
    good, bad = (stc.hand_in("vanthu", data, "thu.pdf") for data in (pdf(), pdf() + EICAR + b"%%EOF"))
    clerk = Browser(world.app, "stc", "vanthu")

    def got(letter: int):
        with stc.inside():
            place = f"/tep/{letter}/{attachment.of(letter)[0].id}"
        return clerk.get(place)

    world.app.extensions["tools"] = replace(plain, scanner=Scanner(AWAY))
    assert got(good).status_code == 503 and "diệt virus" in got(good).text, "never unasked"
    world.app.extensions["tools"] = replace(plain, scanner=Scanner(address))
    assert got(good).data == pdf()
    assert got(bad).status_code == 422 and "có mã độc" in got(bad).text and b"EICAR" not in got(bad).data
    assert stc.faults() == []


def test_s7_nothing_is_sent_while_the_scanner_is_away(world):
    quick(world.app)
    stc, plain = Office(world.app), world.app.extensions["tools"]
    document = stc.begin()
    stc.approved(document)
    stc.sign(document)
    world.app.extensions["tools"] = replace(plain, scanner=Scanner(AWAY))
    stc.seal(document)
    assert stc.status(document) == "signed", "its dispatch is tried again, and then it is an incident that says why"
    with stc.inside():
        assert not [row for row in db.session.scalars(db.select(Message).where(
            Message.document_id == document, Message.direction == "out")) if row.axis_id]


def test_s7_the_check_of_a_file_asks_the_scanner_too(tmp_path, address, monkeypatch):
    file = tmp_path / "thư.pdf"
    file.write_bytes(pdf() + EICAR + b"%%EOF")

    def outcome(place: str) -> tuple[str, str]:
        monkeypatch.setenv("QLVB_ANTIVIRUS", place)
        told = json.loads(CliRunner().invoke(cli, ["intake", "check", str(file), "--json"]).output)
        return told["outcome"], told["code"]

    assert [outcome(""), outcome(AWAY), outcome(address)] == [
        ("accept", ""), ("hold", "scanner_away"), ("hold", "file_infected")]


def test_s7_the_operator_and_who_uploads_learn_whether_a_scanner_is_asked(world, address, monkeypatch):
    plain, clerk = world.app.extensions["tools"], Browser(world.app, "stc", "vanthu")

    def told(place: str) -> tuple[int, str, str, bool]:
        monkeypatch.setenv("QLVB_ANTIVIRUS", place)
        world.app.extensions["tools"] = replace(plain, scanner=Scanner(place))
        found = CliRunner().invoke(cli, ["doctor", "--json"])
        says = json.loads(found.output)["antivirus"]["state"]
        health = clerk.get("/suc-khoe")
        assert health.status_code == 200 and health.text.startswith("ok")
        return found.exit_code, says, health.text, "diệt virus không trả lời" in clerk.get("/van-ban/tiep-nhan").text

    assert told(address) == (0, "answers", "ok", False)
    assert told("") == (0, "none", "ok", False)
    for place in (AWAY, "127.0.0.1:9", "no address"):
        assert told(place) == (1, "away", "ok\nantivirus: no answer", True)
    assert "QLVB_ANTIVIRUS is not set" in CliRunner(env={"QLVB_ANTIVIRUS": ""}).invoke(cli, ["doctor"]).output


@pytest.fixture
def waiting(world, monkeypatch) -> int:
    """A letter in an installation whose scanner is away."""
    quick(world.app)
    monkeypatch.setenv("QLVB_ANTIVIRUS", AWAY)
    return Office(world.app).take_in()


@pytest.mark.browser
def test_s7_the_page_of_a_document_says_why_its_file_waits(waiting, pages, chromium):
    clerk = log_in(chromium, pages, "stc", "vanthu")
    clerk.go(f"/van-ban/{waiting}")
    expect(clerk.page.locator("[data-sheet]").first).to_contain_text("Chưa hỏi được phần mềm diệt virus")
