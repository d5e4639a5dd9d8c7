"""The exchange's client against an axis that answers badly; the good one is in tests/test_axis.py."""

import base64
import hashlib
import hmac
import json
import socket
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from app.tools.exchange import Axis, ExchangeAway, ExchangeDown, ExchangeRefused, LookOver, within

DAY = ("2026-01-01", "2026-12-31")


class Answers(ThreadingHTTPServer):
    """Gives the prepared answers in turn, the last one for ever; remembers what it was asked."""

    daemon_threads = True

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []
        super().__init__(("127.0.0.1", 0), Asked)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"


class Asked(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append((self.path, self.headers, body))
        answers = self.server.answers
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        status, headers, text = answer if isinstance(answer, tuple) else (200, {}, answer)
        data = text if isinstance(text, bytes) else json.dumps(text).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


@pytest.fixture
def answering():
    servers = []

    def start(*answers):
        server = Answers(*answers)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def axis(url, **options):
    return Axis(url, "H38", "khóa bí mật", 5, **options)


def good(**values):
    return {"status": "OK", "ErrorCode": "0", "ErrorDesc": "", **values}


def test_request_is_authenticated_as_the_sdk_does(answering):
    server = answering(good(DocId="d1"))
    data = "gói tin".encode()
    key = "H38,2026/03/16,125/UBND-ĐT:0:H38.12"
    assert axis(server.url).send_edoc(data, sender="H38", to=["H38.12"], message_type="edoc", key=key) == "d1"
    path, headers, body = server.asked[0]
    assert path == "/sendEdoc" and data in body and b'name="file_doc"' in body
    text = headers["XroadVnpt-sign-header"]
    signed = json.loads(text)
    made = hmac.new("khóa bí mật".encode(), text.encode(), hashlib.sha256).hexdigest()
    assert made == headers["XroadVnpt-hash-header"]
    assert headers["XroadVnpt-sign-header-key"] == ";".join(signed)
    for name, value in signed.items():
        assert headers[name] == value == headers[f"XroadVnpt-{name}"]
    assert signed["hash-file"] == hashlib.sha256(data).hexdigest()
    assert (signed["from"], json.loads(signed["to"]), signed["systemid"]) == ("H38", ["H38.12"], "H38")
    assert signed["timestamp"][8] == "T" and signed["timestamp"].endswith("+0700")
    assert headers["XroadVnpt-version"] == "3.0.201608"


def test_passing_trouble_is_told_at_once_and_each_call_signed_anew(answering):
    server = answering((503, {}, b"busy"), {"status": "FAIL", "ErrorCode": "20"}, good(data=[]))
    with pytest.raises(ExchangeDown):
        axis(server.url).agencies()
    with pytest.raises(ExchangeAway):
        axis(server.url).agencies()
    assert axis(server.url).agencies() == []
    nonces = {headers["nonce"] for _, headers, _ in server.asked}
    assert len(server.asked) == len(nonces) == 3


@pytest.mark.parametrize(
    "answer",
    [
        (500, {}, b"<html>"),
        (503, {}, {"ErrorCode": "99"}),
        (200, {}, b"not json"),
        (200, {}, b"[1]"),
        (200, {}, b"[" * 100_000),
        (429, {}, b""),
        {"status": "FAIL", "ErrorCode": "20"},
        {"status": "FAIL", "ErrorCode": 21},
        (200, {"Content-Length": "500"}, b"{}"),
        good(),
        good(DocId=7),
    ],
)
def test_an_axis_in_trouble_is_away(answering, answer):
    with pytest.raises(ExchangeAway) as away:
        axis(answering(answer).url).send_edoc(b"x", sender="H38", to=["A"], message_type="edoc", key="k")
    assert away.value.status == 503 and away.value.facts["sentence"].endswith(".")


def test_an_axis_that_is_not_there_is_away():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        with pytest.raises(ExchangeAway):
            axis(url).agencies()
    with pytest.raises(ExchangeAway):
        axis("http://không có.invalid").agencies()


def test_an_axis_that_keeps_silent_is_away():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(ExchangeDown):
            Axis(f"http://127.0.0.1:{silent.getsockname()[1]}", "H38", "s", 0.2).agencies()


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"], ids=["head", "body"])
def test_art_13_3_an_axis_that_answers_a_byte_now_and_then_is_away_when_the_time_of_the_call_is_over(said):
    def trickle(there: socket.socket) -> None:
        caller, _ = there.accept()
        with caller, suppress(OSError):
            caller.sendall(said)
            for byte in b"HTTP/1.1 200 OK\r\nX: " + 5000 * b"x":
                caller.sendall(bytes([byte]))
                time.sleep(0.05)

    with socket.socket() as there:
        there.bind(("127.0.0.1", 0))
        there.listen()
        threading.Thread(target=trickle, args=(there,), daemon=True).start()
        began = time.monotonic()
        with pytest.raises(ExchangeDown):
            Axis(f"http://127.0.0.1:{there.getsockname()[1]}", "H38", "s", 0.5).agencies()
        assert 0.9 < time.monotonic() - began < 5


def test_art_13_3_a_look_whose_time_is_over_makes_no_call_any_more(answering):
    server = answering(good(data=[]), good(data=[]))
    with within(60):
        axis(server.url).agencies()
    with within(-1), pytest.raises(LookOver):
        axis(server.url).agencies()
    axis(server.url).agencies()
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    "answer,code",
    [
        ({"status": "FAIL", "ErrorCode": "18", "ErrorDesc": "H99"}, "18"),
        ({"STATUS": "fail", "errorcode": 22}, "22"),
        ({"status": "FAIL", "ErrorCode": "77"}, "77"),
        ({"status": "FAIL"}, "HTTP 200"),
        ((401, {}, b"no"), "HTTP 401"),
        ((404, {}, b"<html>"), "HTTP 404"),
        ((302, {"Location": "/elsewhere"}, b""), "HTTP 302"),
    ],
)
def test_a_refusal_is_final_and_asked_once(answering, answer, code):
    server = answering(answer)
    with pytest.raises(ExchangeRefused) as refused:
        axis(server.url).agencies()
    assert refused.value.facts["code"] == code and refused.value.facts["sentence"].endswith(".")
    assert len(server.asked) == 1


def test_a_redirect_is_not_followed(answering):
    other = answering(good(data=[]))
    server = answering((307, {"Location": f"{other.url}/getAgenciesList"}, b""))
    with pytest.raises(ExchangeRefused):
        axis(server.url).agencies()
    assert other.asked == []


def test_a_proxy_of_the_machine_is_not_used(answering, monkeypatch):
    proxy, server = answering(good(data=[])), answering(good(data=[]))
    monkeypatch.setenv("http_proxy", proxy.url)
    monkeypatch.setenv("all_proxy", proxy.url)
    axis(server.url).agencies()
    assert proxy.asked == [] and len(server.asked) == 1


def test_a_too_large_answer_is_cut(answering):
    server = answering(good(data="A" * 5000))
    with pytest.raises(ExchangeRefused) as refused:
        axis(server.url, max_bytes=4000).get("d1")
    assert refused.value.facts["code"] == "size" and len(server.asked) == 1


def test_a_damaged_packet_is_away_and_fetched_again_at_the_next_look(answering):
    data = b"<edXML/>"
    whole = good(data=base64.b64encode(data).decode(), **{"hash-file": hashlib.sha256(data).hexdigest().upper()})
    server = answering({**whole, "data": "QUJD"}, good(data="*"), good(data=""), whole)
    for _ in range(3):
        with pytest.raises(ExchangeAway) as away:
            axis(server.url).get("d1")
        assert not isinstance(away.value, ExchangeDown)  # the axis answers; others may ask it
    assert axis(server.url).get("d1") == data
    assert axis(answering(good(data=whole["data"])).url).get("d1") == data


def test_lists_are_read_in_any_letter_case_and_for_one_agency(answering):
    mine = {"docId": "1", "from": "A", "to": "H38", "status": "initial", "messageType": "EDOC", "created_time": "t"}
    items = [
        mine,
        {**{key.upper(): value for key, value in mine.items()}, "DOCID": 2},
        {**mine, "docId": "3", "to": '["H38","B"]'},
        {**mine, "docId": "4", "to": "H38.12"},
        {**mine, "docId": "5", "to": None},
        {**mine, "docId": None},
        "x",
    ]
    found = axis(answering(good(data=items)).url).received("H38", "edoc", *DAY)
    assert [item["doc_id"] for item in found] == ["1", "2", "3", "5"]
    assert {(item["status"], item["message_type"]) for item in found} == {("INITIAL", "edoc")}
    assert axis(answering(good(DATA=json.dumps([mine]))).url).received("H38", "edoc", *DAY)[0]["from"] == "A"
    assert axis(answering(good()).url).received("H38", "edoc", *DAY) == []
    for data in ("{", {"a": 1}, 7):
        with pytest.raises(ExchangeAway):
            axis(answering(good(data=data)).url).received("H38", "edoc", *DAY)


def test_a_vietnamese_reason_travels_whole(answering):
    server = answering(good())
    axis(server.url).update_status("d1", "FAIL", "Không đọc được gói tin\r\nX-Evil: 1")
    _, headers, _ = server.asked[0]
    assert "X-Evil" not in headers
    assert headers["status_desc"].startswith("Kh%C3%B4ng %C4%91%E1%BB%8Dc")
