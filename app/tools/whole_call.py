"""One call over HTTP that ends as a whole, within its seconds and its bytes, also when a byte comes now and then.

The library limits each wait and not the call: a partner that drips would hold a worker for good (Art. 13.3).
"""

import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import httpx

#: largest answer of an authority, bytes: lists of revoked certificates are the longest
MOST_BYTES = 20 * 1024 * 1024


class Cut:
    """Ends one call when its time is over: `see` goes into the call as its trace."""

    def __init__(self, seconds: float) -> None:
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self.is_over = False

    def __enter__(self) -> "Cut":
        self._timer.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._timer.cancel()

    def see(self, event: str, found: Mapping) -> None:
        """The library tells what it does: which connection is this call's (no other call has it)."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._socket = found["return_value"].get_extra_info("socket")

    def _cut(self) -> None:
        self.is_over = True
        if self._socket is not None:
            with suppress(OSError):  # it has just ended by itself
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


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
