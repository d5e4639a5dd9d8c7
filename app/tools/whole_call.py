"""One call that ends as a whole, also when a byte comes now and then; over HTTP within its bytes, too.

The libraries limit each wait and not the call: a partner that drips would hold a worker for good (Art. 13.3).
"""

import os
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import httpx

#: largest answer of an authority, bytes: lists of revoked certificates are the longest
MOST_BYTES = 20 * 1024 * 1024


class Cut:
    """Ends one call when its time is over: `see` goes into a call over HTTP as its trace, others say `hold`."""

    def __init__(self, seconds: float) -> None:
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self.is_over = False

    def __enter__(self) -> "Cut":
        self._timer.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._timer.cancel()
        with self._lock:
            self._let_go()

    def see(self, event: str, found: Mapping) -> None:
        """The library tells what it does: which connection is this call's (no other call has it)."""
        if event == "connection.connect_tcp.complete":
            self.hold(found["return_value"].get_extra_info("socket"))

    def hold(self, connection: socket.socket) -> None:
        """The connection of this call, by a handle of our own: TLS takes the one that it is given away from it."""
        with self._lock:
            self._let_go()
            self._socket = socket.socket(fileno=os.dup(connection.fileno()))
            if self.is_over:
                self._shut()

    def _cut(self) -> None:
        with self._lock:
            self.is_over = True
            self._shut()

    def _shut(self) -> None:
        if self._socket is not None:
            with suppress(OSError):  # it has just ended by itself
                self._socket.shutdown(socket.SHUT_RDWR)

    def _let_go(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def connect(host: str, port: int, seconds: float, cut: Cut, trust: ssl.SSLContext | None = None) -> socket.socket:
    """A connection that `cut` holds from its first byte on; with `trust` over TLS. `seconds`: longest silence."""
    found = socket.create_connection((host, port), seconds)
    try:
        cut.hold(found)
        return trust.wrap_socket(found, server_hostname=host) if trust else found
    except BaseException:
        found.close()
        raise


def ask(method: str, url: str, seconds: float, *, is_direct: bool = False, **given: Any) -> tuple[int, bytes]:
    """Status and body of the answer; no redirect is followed. `is_direct`: by no proxy of the machine.

    Raises httpx.HTTPError, ValueError when the body is too large.
    """
    data = bytearray()
    with httpx.Client(timeout=seconds, follow_redirects=False, trust_env=not is_direct) as client, \
            Cut(seconds) as cut, \
            client.stream(method, url, extensions={"trace": cut.see}, **given) as answer:
        for piece in answer.iter_bytes():
            data += piece
            if len(data) > MOST_BYTES:
                raise ValueError("the answer is too large")
        if cut.is_over:  # what was cut off looks whole where no length was announced
            raise httpx.ReadTimeout("the call took too long")
    return answer.status_code, bytes(data)


def take(method: str, url: str, seconds: float, **given: Any) -> bytes:
    """The body of an answer that says it is well. Raises as `ask`, httpx.HTTPError for any other status."""
    status, data = ask(method, url, seconds, **given)
    if status != httpx.codes.OK:
        raise httpx.HTTPError(f"status {status}")
    return data
