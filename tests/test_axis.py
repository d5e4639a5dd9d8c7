"""The local axis over real HTTP: two agencies, hostile callers, a killed server."""

import hashlib
import hmac
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from app import axis as local
from app.tools import edxml
from app.tools.exchange import Axis, ExchangeAway, ExchangeRefused, sign

DATA = Path(__file__).parent / "data" / "edxml"
DAY = ("2000-01-01", "2100-01-01")
SENDER, RECEIVER, THIRD = "H38", "H38.12", "000.00.00.G22"
NAMES = {SENDER: "UBND tỉnh Lào Cai", RECEIVER: "Sở Tài chính", THIRD: "Văn phòng Chính phủ"}


@pytest.fixture
def folder(tmp_path):
    for code, name in NAMES.items():
        local.register(tmp_path, code, name, f"secret of {code}")
    return tmp_path


@pytest.fixture
def server(folder):
    server = local.serve(folder, 0)
    yield server
    server.close()


def client(url, code, **options):
    return Axis(url, code, f"secret of {code}", 5, **options)


def letter():
    return (DATA / "document.edxml").read_bytes()


def send(url, data=None, *, to=(RECEIVER,), key="k1", sender=SENDER, kind="edoc", **options):
    data = data or letter()
    return client(url, sender, **options).send_edoc(data, sender=sender, to=to, message_type=kind, key=key)


def status_packet(code="03"):
    packet = edxml.read((DATA / "status.edxml").read_bytes())
    return edxml.build_status({**packet.header(), "status_code": code})


def waiting(url, code=RECEIVER, kind="edoc"):
    return client(url, code).received(code, kind, *DAY)


def test_two_agencies_exchange_a_document_and_its_status(server):
    send(server.url)
    there = client(server.url, RECEIVER)
    (item,) = waiting(server.url)
    assert (item["from"], item["to"], item["status"]) == (SENDER, RECEIVER, "INITIAL")
    there.update_status(item["doc_id"], "PROCESSING")
    data = there.get(item["doc_id"])
    assert data == letter()
    assert edxml.read(data, own_codes=[RECEIVER]).files[0].name == "125-UBND-KT.pdf"
    there.update_status(item["doc_id"], "DONE", "Đã lưu")
    assert waiting(server.url)[0]["status"] == "DONE"
    (sent,) = client(server.url, SENDER).sent("edoc", *DAY)
    assert (sent["receivestatus"], sent["receivestatusdesc"], sent["notation"]) == ("DONE", "Đã lưu", "125/UBND-KT")
    send(server.url, status_packet(), to=[SENDER], sender=RECEIVER, kind="status")
    (answer,) = waiting(server.url, SENDER, "status")
    told = edxml.read(client(server.url, SENDER).get(answer["doc_id"]), own_codes=[SENDER])
    assert (told.kind, told.status_code, told.response_for[0]["document_id"]) == (
        "status",
        "03",
        "H38,2026/03/16,125/UBND-KT",
    )


def test_each_recipient_has_its_own_delivery(server):
    send(server.url, to=[RECEIVER, THIRD])
    first, second = waiting(server.url)[0], waiting(server.url, THIRD)[0]
    assert first["doc_id"] != second["doc_id"]
    client(server.url, RECEIVER).update_status(first["doc_id"], "FAIL", "không đọc được")
    assert waiting(server.url)[0]["status"] == "FAIL"
    assert waiting(server.url, THIRD)[0]["status"] == "INITIAL"


def test_done_stays_done(server):
    send(server.url)
    doc_id = waiting(server.url)[0]["doc_id"]
    there = client(server.url, RECEIVER)
    there.update_status(doc_id, "DONE")
    there.update_status(doc_id, "INITIAL")
    assert waiting(server.url)[0]["status"] == "DONE"


def test_same_key_is_one_letter_and_another_content_is_refused(server):
    once = send(server.url)
    assert send(server.url) == once
    assert len(waiting(server.url)) == 1
    changed = letter().replace("quý I năm".encode(), "quý II năm".encode())
    with pytest.raises(ExchangeRefused) as refused:
        send(server.url, changed)
    assert refused.value.facts["code"] == "40"
    with pytest.raises(ExchangeRefused):
        send(server.url, to=[THIRD])
    assert len(waiting(server.url)) == 1 and waiting(server.url, THIRD) == []
    assert send(server.url, changed, key="k2") != once


def test_many_at_once_under_one_key_are_one_letter(server):
    found = []
    threads = [threading.Thread(target=lambda: found.append(send(server.url))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8 and len(set(found)) == 1
    assert len(waiting(server.url)) == 1


@pytest.mark.parametrize("point", ["before", "after"])
def test_lost_answers_lose_and_double_nothing(folder, point):
    lost = []

    def drop(operation, at):
        if at == point and len(lost) < 2:
            lost.append(operation)
            return "drop"
        return None

    server = local.serve(folder, 0, drop)
    try:
        for _ in range(2):
            with pytest.raises(ExchangeAway):
                send(server.url)
        send(server.url)
        assert lost == ["sendEdoc", "sendEdoc"]
        assert len(waiting(server.url)) == 1
    finally:
        server.close()


def test_unknown_and_locked_recipients_stop_the_whole_letter(server, folder):
    with pytest.raises(ExchangeRefused) as refused:
        send(server.url, to=[RECEIVER, "H99.99"])
    assert refused.value.facts["code"] == "18"
    assert waiting(server.url) == []
    path = folder / "axis.json"
    members = json.loads(path.read_text())
    members["agencies"][1]["locked"] = True
    path.write_text(json.dumps(members))
    with pytest.raises(ExchangeAway) as away:
        send(server.url)
    assert away.value.facts["code"] == "23"
    with pytest.raises(ExchangeRefused) as locked:
        waiting(server.url)
    assert locked.value.facts["code"] == "19"


def test_an_agency_joins_while_the_axis_runs(server, folder):
    local.register(folder, "H38.13", "Sở Xây dựng", "secret of H38.13", parent="H38")
    send(server.url, to=["H38.13"])
    assert len(waiting(server.url, "H38.13")) == 1
    (new,) = [one for one in client(server.url, SENDER).agencies() if one["code"] == "H38.13"]
    assert (new["name"], new["pid"]) == ("Sở Xây dựng", "H38")


def test_registering_again_keeps_the_secret_and_hides_the_file(folder):
    secret = local.register(folder, "H38.14", "Sở Y tế")
    assert len(secret) == 64
    assert local.register(folder, "H38.14", "Sở Y tế mới") == secret
    assert (folder / "axis.json").stat().st_mode & 0o777 == 0o600


def test_sender_is_who_signed_and_what_the_packet_says(server):
    one = client(server.url, RECEIVER)
    for sender, code in ((SENDER, "19"), (RECEIVER, "22")):
        with pytest.raises(ExchangeRefused) as refused:
            one.send_edoc(letter(), sender=sender, to=[THIRD], message_type="edoc", key="x")
        assert refused.value.facts["code"] == code
    assert waiting(server.url, THIRD) == []


def test_only_sender_and_recipient_get_a_letter(server):
    doc_id = send(server.url)
    delivery = waiting(server.url)[0]["doc_id"]
    assert client(server.url, SENDER).get(doc_id) == letter()
    for code, asked in ((THIRD, doc_id), (THIRD, delivery), (RECEIVER, doc_id), (SENDER, delivery)):
        with pytest.raises(ExchangeRefused) as refused:
            client(server.url, code).get(asked)
        assert refused.value.facts["code"] == "30"
        with pytest.raises(ExchangeRefused):
            client(server.url, THIRD).update_status(asked, "DONE")
    with pytest.raises(ExchangeRefused) as foreign:
        client(server.url, THIRD).received(RECEIVER, "edoc", *DAY)
    assert foreign.value.facts["code"] == "15"


@pytest.mark.parametrize("secret,system", [("wrong", SENDER), ("", "H99"), ("", SENDER), ("secret of H38", "H99")])
def test_wrong_secret_or_system_is_refused(server, secret, system):
    with pytest.raises(ExchangeRefused) as refused:
        Axis(server.url, system, secret, 5).agencies()
    assert refused.value.facts["code"] == "15"


def post(server, operation, headers, **content):
    answer = httpx.post(f"{server.url}/{operation}", headers=headers, trust_env=False, **content)
    return answer.json()["ErrorCode"]


def test_a_replayed_changed_or_diverted_request_is_refused(server):
    headers = sign({}, "getAgenciesList", SENDER, b"secret of H38")
    assert post(server, "getAgenciesList", headers) == "0"
    assert post(server, "getAgenciesList", headers) == "15"
    headers = sign({"docId": "a", "status": "DONE"}, "updateStatus", SENDER, b"secret of H38")
    changed = {**headers, "XroadVnpt-sign-header": headers["XroadVnpt-sign-header"].replace('"a"', '"b"')}
    assert post(server, "updateStatus", changed) == "15"
    assert post(server, "getEdoc", headers) == "15"
    assert post(server, "updateStatus", {**headers, "docId": "b"}) == "30"


def test_a_replay_after_a_restart_is_refused(folder):
    headers = sign({}, "getAgenciesList", SENDER, b"secret of H38")
    for expected in ("0", "15"):
        server = local.serve(folder, 0)
        assert post(server, "getAgenciesList", headers) == expected
        server.close()


@pytest.mark.parametrize("stamp", ["01012020T000000+0700", "31122999T000000+0700", "yesterday", ""])
def test_a_time_outside_the_window_is_refused(server, stamp):
    text = json.dumps({"systemid": SENDER, "timestamp": stamp})
    told = hmac.new(b"secret of H38", text.encode(), hashlib.sha256).hexdigest()
    headers = {"XroadVnpt-sign-header": text, "XroadVnpt-hash-header": told}
    assert post(server, "getAgenciesList", headers) == "15"


@pytest.mark.parametrize("text", ["", "[]", "null", "{", '"x"', "[" * 5000, '{"systemid": {"a": 1}}'])
def test_hostile_signed_texts_are_refused(server, text):
    assert post(server, "getEdoc", {"XroadVnpt-sign-header": text, "XroadVnpt-hash-header": "é".encode()}) == "15"


def hostile():
    text = letter().decode()
    return {
        "doctype": text.replace("<edXML ", "<!DOCTYPE edXML [<!ENTITY a 'b'>]><edXML ", 1).encode(),
        "utf16": text.replace("UTF-8", "UTF-16").encode("utf-16"),
        "declared": text.replace("UTF-8", "UTF-7").encode(),
        "two senders": text.replace("</edXML:MessageHeader>", _FROM + "</edXML:MessageHeader>").encode(),
        "no sender": text.replace("edXML:From>", "edXML:Frm>").encode(),
        "cut": letter()[:900],
        "deep": b"<a>" * 300 + b"</a>" * 300,
        "crowded": b"<a>" + b"<b/>" * 30_000 + b"</a>",
        "not xml": b"%PDF-1.7",
        "status as letter": status_packet(),
    }


_FROM = "<edXML:From><edXML:OrganId>H38.12</edXML:OrganId></edXML:From>"


@pytest.mark.parametrize("name", list(hostile()))
def test_hostile_packets_are_not_taken(server, name):
    with pytest.raises(ExchangeRefused) as refused:
        send(server.url, hostile()[name], sender=SENDER)
    assert refused.value.facts["code"] == "22"
    assert waiting(server.url) == []


def test_a_damaged_or_missing_file_is_refused(server):
    values = {"from": SENDER, "to": json.dumps([RECEIVER]), "messageType": "edoc", "hash-file": "0" * 64}
    headers = sign(values, "sendEdoc", SENDER, b"secret of H38")
    assert post(server, "sendEdoc", headers, files={"file_doc": ("a", letter())}) == "10"
    headers = sign(values, "sendEdoc", SENDER, b"secret of H38")
    assert post(server, "sendEdoc", headers, files={"other": ("a", letter())}) == "10"
    headers = sign(values, "sendEdoc", SENDER, b"secret of H38")
    assert post(server, "sendEdoc", headers, content=b"") == "10"


@pytest.mark.parametrize("to", ["[]", "H38.12", "{}", "[1]", "null", ""])
def test_recipients_must_be_a_list_of_codes(server, to):
    digest = hashlib.sha256(letter()).hexdigest()
    values = {"from": SENDER, "to": to, "messageType": "edoc", "hash-file": digest}
    headers = sign(values, "sendEdoc", SENDER, b"secret of H38")
    assert post(server, "sendEdoc", headers, files={"file_doc": ("a", letter())}) == "31"


def raw(server, text):
    with socket.create_connection(server.server_address, timeout=5) as connection:
        connection.sendall(text)
        return b"".join(iter(lambda: connection.recv(4000), b""))


def test_lengths_and_methods_out_of_order_are_refused(server):
    for head in (b"", b"Content-Length: -1\r\n", b"Transfer-Encoding: chunked\r\n", b"Content-Length: " + b"9" * 30):
        answer = raw(server, b"POST /sendEdoc HTTP/1.1\r\nHost: a\r\n" + head + b"\r\n\r\n")
        assert b'"ErrorCode": "31"' in answer
    assert b'"ErrorCode": "10"' in raw(server, b"POST /sendEdoc HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n")
    assert b"501" in raw(server, b"PUT / HTTP/1.1\r\n\r\n").splitlines()[0]
    assert post(server, "nothing", {}) == "31"
    assert len(waiting(server.url)) == 0


def test_a_stored_body_that_was_changed_is_not_given_out(server, folder):
    send(server.url)
    (body,) = [path for path in (folder / "bodies").rglob("*") if path.is_file()]
    body.write_bytes(letter().replace(b"125", b"126"))
    with pytest.raises(ExchangeAway):
        client(server.url, RECEIVER).get(waiting(server.url)[0]["doc_id"])


def test_a_disk_that_takes_nothing_is_told_and_nothing_is_half_done(server, folder):
    (folder / "bodies").rename(folder / "away")
    (folder / "bodies").write_text("in the way")
    with pytest.raises(ExchangeAway) as away:
        send(server.url)
    assert away.value.facts["code"] == "20"
    assert waiting(server.url) == []
    (folder / "bodies").unlink()
    (folder / "away").rename(folder / "bodies")
    send(server.url)
    assert len(waiting(server.url)) == 1


def test_listening_on_this_machine_only(server):
    assert server.server_address[0] == "127.0.0.1"


def start(folder, port):
    code = "import sys, pathlib; from app.axis import main; main(pathlib.Path(sys.argv[1]), int(sys.argv[2]))"
    process = subprocess.Popen([sys.executable, "-c", code, str(folder), str(port)])
    for _ in range(200):
        try:
            httpx.get(f"http://127.0.0.1:{port}/", trust_env=False)
            return process
        except httpx.TransportError:
            time.sleep(0.05)
    process.kill()
    raise AssertionError("the axis did not start")


def test_a_killed_axis_loses_nothing_it_acknowledged(folder):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    acknowledged, stop = [], threading.Event()

    def keep_sending():
        number = 0
        while not stop.is_set():
            key = f"letter {number}"
            try:
                send(url, key=key)
            except ExchangeAway:
                time.sleep(0.02)
                continue
            acknowledged.append(key)
            number += 1

    process = start(folder, port)
    sender = threading.Thread(target=keep_sending)
    sender.start()
    try:
        for round_ in range(3):
            goal = len(acknowledged) + 5
            while len(acknowledged) < goal and sender.is_alive():
                time.sleep(0.005)
            os.kill(process.pid, signal.SIGKILL)
            assert process.wait() == -signal.SIGKILL, round_
            process = start(folder, port)
    finally:
        stop.set()
        sender.join()
        found = waiting(url)
        bodies = {client(url, RECEIVER).get(item["doc_id"]) for item in found}
        process.terminate()
        assert process.wait(10) == 0
    assert len(acknowledged) >= 15
    assert len(found) == len(acknowledged)
    assert bodies == {letter()}
