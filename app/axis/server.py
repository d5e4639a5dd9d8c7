"""The local axis over HTTP: authentication of the axis' SDK, its operations, its envelope of answers.

Every parameter is taken from the signed text, none from the bare headers; a signature serves once and for
five minutes; the sender is the agency that signed, and the packet must say the same (security.md S8). It
listens on this machine only.
"""

import base64
import hashlib
import hmac
import json
import logging
import re
import signal
import threading
import time
from collections.abc import Callable, Mapping
from datetime import date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

from app.axis.directory import AxisRefused, Directory, Member
from app.axis.envelope import peek
from app.axis.store import Letter, Store

#: a packet, bytes; the request may be a little longer
MAX_BYTES = 64 * 1024 * 1024
_MAX_BODY = MAX_BYTES + 64 * 1024
#: how far a request's time may lie from ours, seconds
WINDOW_SECONDS = 300
#: longest silence of a client, seconds
_SILENCE_SECONDS = 30
#: (operation, "before" or "after" the work) -> None, "drop" (no answer) or an error code; for tests
Faults = Callable[[str, str], str | None]
_log = logging.getLogger(__name__)


class AxisServer(ThreadingHTTPServer):
    """The axis of one data folder."""

    daemon_threads = True
    block_on_close = False
    #: callers waiting to be accepted; the usual 5 turn away agencies that poll at the same second
    request_queue_size = 64

    def __init__(self, folder: Path, port: int, faults: Faults | None = None) -> None:
        self.store = Store(folder)
        self.directory = Directory(folder)
        self.faults = faults or (lambda operation, point: None)
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def url(self) -> str:
        """Where clients call."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller that went away is no error of ours."""
        _log.info("a connection broke", exc_info=True)

    def close(self) -> None:
        """Stop serving."""
        self.shutdown()
        self.server_close()
        self.store.close()


def serve(folder: Path, port: int, faults: Faults | None = None) -> AxisServer:
    """Serve a folder from a thread; port 0 takes a free one. The caller closes it."""
    server = AxisServer(folder, port, faults)
    threading.Thread(target=server.serve_forever, args=(0.05,), name="axis", daemon=True).start()
    return server


def main(folder: Path, port: int) -> None:
    """Serve a folder until SIGTERM or SIGINT, in a process of its own."""
    server = AxisServer(folder, port)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown, daemon=True).start())
    _log.info("axis listens on %s", server.url)
    server.serve_forever()
    server.server_close()
    server.store.close()


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server_version = "axis"
    sys_version = ""
    timeout = _SILENCE_SECONDS
    #: an answer leaves in one piece: two small writes would wait for each other
    wbufsize = 1 << 16
    disable_nagle_algorithm = True
    server: AxisServer

    def do_GET(self) -> None:
        """Tell that the axis is there."""
        self._answer(200 if self.path == "/" else 404, {"status": "OK", "ErrorCode": "0"})

    def do_POST(self) -> None:
        """Run one operation; whatever happens is an answer, and nothing of ours leaks in it."""
        operation = self.path.strip("/").partition("?")[0]
        try:
            answer = self._run(operation)
        except AxisRefused as refused:
            _log.info("%s refused: %s %s", operation, refused.error, refused)
            answer = {"status": "FAIL", "ErrorCode": refused.error, "ErrorDesc": str(refused)}
        except TimeoutError:
            answer = None
        except Exception:
            _log.exception("%s failed", operation)
            answer = {"status": "FAIL", "ErrorCode": "20", "ErrorDesc": "system error"}
        if answer is None:
            self.close_connection = True
            return
        self._answer(200, answer)

    def _run(self, operation: str) -> dict | None:
        """Read, authenticate, work; None drops the connection."""
        body = self._body()
        work = _OPERATIONS.get(operation.lower())
        if work is None:
            raise AxisRefused("31", "no such operation")
        if (fault := self.server.faults(operation, "before")) == "drop":
            return None
        if fault:
            raise AxisRefused(fault, "made to fail")
        caller, values = authenticate(self.headers, operation, self.server.directory, self.server.store)
        answer = work(self.server, caller, values, _file(body, self.headers.get("Content-Type", "")))
        if (fault := self.server.faults(operation, "after")) == "drop":
            return None
        if fault:
            raise AxisRefused(fault, "made to fail")
        return {"status": "OK", "ErrorCode": "0", "ErrorDesc": "", **answer}

    def _body(self) -> bytes:
        """Read the whole body, so that the answer is heard; too long or chunked ones are refused unread."""
        length = self.headers.get("Content-Length", "")
        if not re.fullmatch(r"\d{1,12}", length, re.ASCII) or self.headers.get("Transfer-Encoding"):
            self.close_connection = True
            raise AxisRefused("31", "Content-Length is needed")
        if int(length) > _MAX_BODY:
            self.close_connection = True
            raise AxisRefused("10", "too large")
        body = self.rfile.read(int(length))
        if len(body) != int(length):
            raise TimeoutError
        return body

    def _answer(self, status: int, values: dict) -> None:
        data = json.dumps(values, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet: what matters is logged by operation, without content."""


def authenticate(
    headers: Mapping[str, str], operation: str, directory: Directory, store: Store
) -> tuple[Member, dict[str, str]]:
    """Give the caller and its signed parameters (names in lower case). Raises AxisRefused 15, 19.

    The text signed is compared as it came; time within the window, signature never seen, operation as signed.
    """
    text = headers.get("XroadVnpt-sign-header", "").encode("latin-1", "replace")
    told = headers.get("XroadVnpt-hash-header", "")
    try:
        values = {str(k).lower(): str(v) for k, v in json.loads(text).items()}
    except (ValueError, AttributeError, RecursionError) as error:
        raise AxisRefused("15", "not signed") from error
    member = directory.member(values.get("systemid", ""))
    secret = member.secret if member else ""
    made = hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(made.encode(), told.lower().encode("latin-1", "replace")) or member is None:
        raise AxisRefused("15", "wrong system id or secret")
    now = int(time.time())
    if abs(now - _stamp(values.get("timestamp", ""))) > WINDOW_SECONDS:
        raise AxisRefused("15", "timestamp outside the window")
    if values.get("operation", operation).lower() != operation.lower():
        raise AxisRefused("15", "signed for another operation")
    if not store.remember(made, now + 2 * WINDOW_SECONDS + 1, now):
        raise AxisRefused("15", "this request was made before")
    if member.locked:
        raise AxisRefused("19", "the sender is locked")
    return member, values


def _stamp(text: str) -> float:
    try:
        return datetime.strptime(text, "%d%m%YT%H%M%S%z").timestamp()
    except (ValueError, OverflowError) as error:
        raise AxisRefused("15", "timestamp is unreadable") from error


def _file(body: bytes, content_type: str) -> bytes | None:
    """Give the bytes of the multipart field `file_doc`, None when there is none."""
    boundary = re.search(r'boundary="?([0-9A-Za-z\'()+_,./:=? -]{1,70})"?', content_type)
    if not content_type.startswith("multipart/") or not boundary:
        return None
    mark = b"\r\n--" + boundary[1].encode("ascii")
    body = b"\r\n" + body
    start = body.find(mark)
    while start >= 0:
        end = body.find(mark, start + len(mark))
        head_end = body.find(b"\r\n\r\n", start)
        if end < 0 or head_end < 0:
            return None
        head = body[start + len(mark) : head_end].lower()
        if head_end < end and re.search(rb'name="?file_doc["\r;]', head):
            return body[head_end + 4 : end]
        start = end
    return None


def _send(server: AxisServer, caller: Member, values: Mapping[str, str], data: bytes | None) -> dict:
    if not data or len(data) > MAX_BYTES:
        raise AxisRefused("10", "file_doc is missing, empty or too large")
    sha256 = hashlib.sha256(data).hexdigest()
    if values.get("hash-file", "").lower() != sha256:
        raise AxisRefused("10", "hash-file differs from the file")
    if values.get("from") != caller.code:
        raise AxisRefused("19", "from is not the agency that signed")
    recipients = _recipients(server.directory, values.get("to", ""))
    packet = peek(data)
    if packet["sender"] != caller.code:
        raise AxisRefused("22", "From/OrganId is not the agency that signed")
    message_type = _message_type(values)
    if (message_type == "status") != ("status_code" in packet):
        raise AxisRefused("22", "messageType and packet differ")
    key = unquote(values.get("idempotency-key", "")) or f"{sha256}:{','.join(sorted(recipients))}"
    notation = "/".join(packet[name] for name in ("number", "notation") if packet.get(name))
    letter = Letter(caller.code, key, sha256, recipients, message_type, packet.get("title", ""), notation)
    return {"DocId": server.store.send(letter, data)}


def _recipients(directory: Directory, text: str) -> tuple[str, ...]:
    """Read the JSON array `to`; one unknown or locked agency refuses the whole letter."""
    try:
        codes = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise AxisRefused("31", "to is not a JSON array") from error
    if not isinstance(codes, list) or not codes or not all(isinstance(code, str) for code in codes):
        raise AxisRefused("31", "to is not a list of codes")
    found = {code: directory.member(code) for code in codes}
    if unknown := [code for code, member in found.items() if member is None]:
        raise AxisRefused("18", f"not on the axis: {', '.join(unknown)[:200]}")
    if locked := [code for code, member in found.items() if member.locked]:
        raise AxisRefused("23", f"locked: {', '.join(locked)[:200]}")
    return tuple(found)


def _message_type(values: Mapping[str, str]) -> str:
    message_type = values.get("messagetype", "").lower()
    if message_type not in ("edoc", "status"):
        raise AxisRefused("31", "messageType is edoc or status")
    return message_type


def _days(values: Mapping[str, str]) -> tuple[date, date]:
    try:
        return tuple(date.fromisoformat(values[name].replace("/", "-")) for name in ("fromdate", "todate"))
    except (KeyError, ValueError) as error:
        raise AxisRefused("31", "fromDate and toDate are yyyy/MM/dd") from error


def _received(server: AxisServer, caller: Member, values: Mapping[str, str], data: bytes | None) -> dict:
    if values.get("organcode", caller.code) != caller.code:
        raise AxisRefused("15", "this system does not speak for that agency")
    return {"data": server.store.received(caller.code, _message_type(values), *_days(values))}


def _sent(server: AxisServer, caller: Member, values: Mapping[str, str], data: bytes | None) -> dict:
    return {"data": server.store.sent(caller.code, _message_type(values), *_days(values))}


def _get(server: AxisServer, caller: Member, values: Mapping[str, str], data: bytes | None) -> dict:
    sha256, found = server.store.body(caller.code, values.get("docid", ""))
    return {"data": base64.b64encode(found).decode("ascii"), "hash-file": sha256}


def _mark(server: AxisServer, caller: Member, values: Mapping[str, str], data: bytes | None) -> dict:
    reason = unquote(values.get("status_desc", ""))[:200]
    server.store.mark(caller.code, values.get("docid", ""), values.get("status", "").upper(), reason)
    return {}


def _agencies(server: AxisServer, caller: Member, values: Mapping[str, str], data: bytes | None) -> dict:
    return {
        "data": [
            {"id": one.code, "pid": one.parent, "code": one.code, "name": one.name, "mail": one.mail}
            for one in server.directory.members().values()
        ]
    }


_OPERATIONS = {
    "sendedoc": _send,
    "getreceivededoclist": _received,
    "getsentedoclist": _sent,
    "getedoc": _get,
    "updatestatus": _mark,
    "getagencieslist": _agencies,
}
