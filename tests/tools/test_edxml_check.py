"""`bin/qlvb edxml check`: what would become of a packet, hostile ones included (security.md S3, S7, S8)."""

import base64
import json

import pytest
from click.testing import CliRunner
from edxml_world import sample, with_file, zipped

from app.cli import cli
from app.cli_arrival import judged

MESSAGE = "<edXML:MessageHeader>"
BOMB = '<!DOCTYPE edXML [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


def header_twice(text: str) -> str:
    """A second header, as in wrapped signatures: one is signed, the other would be read."""
    start, end = text.index("<edXML:edXMLHeader>"), text.index("</edXML:edXMLHeader>") + len("</edXML:edXMLHeader>")
    return text[:end] + text[start:end].replace("giải ngân", "chuyển tiền") + text[end:]


HOSTILE = {
    "entity_bomb": (lambda t: t.replace("?>", "?>" + BOMB, 1).replace("V/v", "&b;"), "doctype"),
    "external_entity": (lambda t: t.replace("?>", '?><!DOCTYPE edXML SYSTEM "file:///etc/passwd">', 1), "doctype"),
    "wrapped_header": (header_twice, "repeated"),
    "two_senders": (lambda t: t.replace("</edXML:From>", "</edXML:From><edXML:From><edXML:OrganId>H38.12"
                                        "</edXML:OrganId></edXML:From>", 1), "repeated"),
    "no_attachment": (lambda t: t[:t.index("<AttachmentEncoded>")] + "</edXML>", "unmatched_file"),
    "another_attachment": (lambda t: t.replace("<ContentId>cid:1", "<ContentId>cid:2"), "unmatched_file"),
    "cut": (lambda t: t[: len(t) // 2], "not_xml"),
    "no_packet": (lambda t: "<html/>", "not_edxml"),
    "document_and_status": (lambda t: t.replace(MESSAGE, MESSAGE + "<edXML:StatusCode>03</edXML:StatusCode>"),
                            "mixed_kind"),
    "broken_base64": (lambda t: with_file("UEsDB!"), "bad_base64"),
    "zip_bomb": (lambda t: with_file(zipped(("a.pdf", b"0" * 30_000_000))), "zip_bomb"),
    "zip_with_a_path": (lambda t: with_file(zipped(("../../etc/a.pdf", b"%PDF-1.4"))), "zip_path"),
    "deep": (lambda t: "<edXML>" * 5000 + "</edXML>" * 5000, "too_complex"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_s3_s8_a_hostile_packet_is_refused_with_its_fault(name: str) -> None:
    change, code = HOSTILE[name]
    found = judged(change(sample()).encode())
    assert (found.outcome, found.code) == ("reject", code) and found.message.endswith(".") and found.fields == {}


def test_s8_sender_recipient_and_hash_are_held_against_the_packet() -> None:
    data = sample().encode()
    assert judged(data, ("H38.12",), "H38").outcome == "accept"
    assert judged(data, ("H38.99",)).code == "wrong_recipient"
    assert judged(data, (), "H38.12").code == "wrong_sender"
    assert judged(data, sha256="0" * 64).code == "wrong_hash"


def test_s7_a_file_that_is_not_what_it_says_is_held() -> None:
    program = with_file(zipped(("x", b"MZ" + bytes(99))), name="..\\..\\cong van.exe")
    found = judged(program.encode())
    assert found.outcome == "hold" and found.code == "file_name"
    assert found.fields["files"][0]["name"] == "cong van.exe" and "không mở tệp này" in found.message


def test_the_command_prints_one_json_and_stores_nothing(tmp_path) -> None:
    packet = tmp_path / "a.edxml"
    packet.write_text(with_file(base64.b64encode(b"x").decode(), kind="text/plain"), encoding="utf-8")
    told = json.loads(CliRunner().invoke(cli, ["edxml", "check", str(packet), "--json"]).output)
    assert list(told) == ["outcome", "code", "message", "fields"]
    assert (told["outcome"], told["code"], told["fields"]["code_number"]) == ("hold", "file_wrong_kind", "125")
    assert list(tmp_path.iterdir()) == [packet]
