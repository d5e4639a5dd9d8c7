"""Art. 13.3: a partner that lets a byte drip now and then holds nobody: the call ends as a whole."""

import socket
import threading
from contextlib import suppress

import httpx
import pytest

from app.tools import whole_call
from app.tools.signing_proof import Prover, TimestampUnavailable

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/x\r\n"


@pytest.fixture
def dripping():
    """An address whose answer never ends: bytes of `head`, then one byte every 50 ms; head and address."""
    server, head, over = socket.create_server(("127.0.0.1", 0)), [_HEAD + b"\r\n"], threading.Event()

    def drip(caller):
        with caller, suppress(OSError):
            caller.recv(65536)
            caller.sendall(head[0])
            while not over.wait(0.05):
                caller.sendall(b"x")

    def serve():
        with suppress(OSError):  # closed
            while True:
                threading.Thread(target=drip, args=(server.accept()[0],), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    yield head, f"http://127.0.0.1:{server.getsockname()[1]}/x"
    over.set()
    server.close()


@pytest.mark.parametrize("head", [
    _HEAD + b"\r\n", _HEAD + b"Content-Length: 900000\r\n\r\n", _HEAD + b"X-Long: ", b"HT"])
def test_art_13_3_a_body_or_a_head_that_drips_ends_with_the_call(dripping, head):
    dripping[0][0] = head
    with pytest.raises(httpx.HTTPError):
        whole_call.ask("GET", dripping[1], 0.5)


def test_art_13_3_a_handshake_that_drips_ends_with_the_call(dripping):
    dripping[0][0] = b"\x16\x03\x03\x40\x00"  # a record of TLS, of 16 KB
    with pytest.raises(httpx.HTTPError):
        whole_call.ask("GET", dripping[1].replace("http", "https"), 0.5)


def test_art_13_3_no_authority_holds_a_signature(dripping, tmp_path, monkeypatch):
    monkeypatch.setattr("app.tools.signing_proof.SECONDS", 0.5)
    with pytest.raises(TimestampUnavailable):
        Prover(tmp_path, dripping[1]).stamp(bytes(32))


def test_what_is_too_large_is_no_answer(dripping, monkeypatch):
    monkeypatch.setattr(whole_call, "MOST_BYTES", 3)
    with pytest.raises(ValueError, match="too large"):
        whole_call.ask("GET", dripping[1], 5)
