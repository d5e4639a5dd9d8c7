"""Asks a clamd of the agency's network whether a file carries malware, before the file is given out (security.md S7).

The protocol is clamd's own (INSTREAM); what it finds malware by is its operator's. Without an address nobody is asked;
with one, no file goes out unasked: a scanner that is away, or cannot say, keeps it back. It stores and deletes nothing.
"""

import socket
import struct
import time
from collections.abc import Callable, Iterator

from app.refusal import Refusal

#: whether a scanner is named and there
NONE, ANSWERS, AWAY = "none", "answers", "away"
#: longest wait for an answer, seconds
SECONDS = 60
#: a file found clean is not asked about again for so long, seconds: its scanner learns new malware each day
CLEAN_SECONDS = 600
#: longest wait when only asked whether it is there; its answer holds for so long, seconds
_PING_SECONDS, _KNOWN_SECONDS = 2, 30
#: bytes told at once; longest answer; answers remembered
_PIECE, _ANSWER, _REMEMBERED = 1 << 16, 4096, 4096


class Infected(Refusal):
    """The scanner has found malware in the file."""

    code, article = "file_infected", "Art. 11.1"


class ScannerAway(Refusal):
    """The scanner does not answer, or cannot say: the file waits."""

    code, status, article = "scanner_away", 503, "Art. 11.1"


class Scanner:
    """A clamd at "/path/to/socket" or "host:port"; at "" nobody is asked."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._clean: dict[str, float] = {}
        self._seen: tuple[float, bool] | None = None

    def require_clean(self, name: str, read: Callable[[], bytes]) -> None:
        """`name`: of these very bytes, as their hash is. Raises Infected(found=...), ScannerAway."""
        if not self.address or time.monotonic() - self._clean.get(name, -CLEAN_SECONDS) < CLEAN_SECONDS:
            return
        try:
            said = self._ask(read())
        except (OSError, ValueError) as error:
            raise ScannerAway() from error
        if said.endswith(" FOUND"):
            raise Infected(found=said.removeprefix("stream: ").removesuffix(" FOUND")[:100])
        if said != "stream: OK":
            raise ScannerAway(said=said[:100])
        if len(self._clean) >= _REMEMBERED:
            self._clean.clear()
        self._clean[name] = time.monotonic()

    def state(self) -> str:
        """Whether it is there: one of NONE (nobody is asked), ANSWERS, AWAY; asked each half minute at most."""
        if not self.address:
            return NONE
        if self._seen is None or time.monotonic() - self._seen[0] >= _KNOWN_SECONDS:
            try:
                with self._opened(_PING_SECONDS) as line:
                    line.sendall(b"zPING\0")
                    is_there = _answer(line) == "PONG"
            except (OSError, ValueError):
                is_there = False
            self._seen = (time.monotonic(), is_there)
        return ANSWERS if self._seen[1] else AWAY

    def _ask(self, data: bytes) -> str:
        with self._opened(SECONDS) as line:
            line.sendall(b"zINSTREAM\0")
            for piece in _pieces(data):
                line.sendall(struct.pack(">I", len(piece)) + piece)
            return _answer(line)

    def _opened(self, seconds: float) -> socket.socket:
        if not self.address.startswith("/"):
            host, _, port = self.address.rpartition(":")
            return socket.create_connection((host, int(port)), timeout=seconds)
        line = socket.socket(socket.AF_UNIX)
        try:
            line.settimeout(seconds)
            line.connect(self.address)
        except OSError:
            line.close()
            raise
        return line


def _answer(line: socket.socket) -> str:
    answer = b""
    while not answer.endswith(b"\0") and len(answer) < _ANSWER and (more := line.recv(_ANSWER)):
        answer += more
    return answer.rstrip(b"\0").decode("utf-8", "replace").strip()


def _pieces(data: bytes) -> Iterator[bytes]:
    """The last one is empty: it says that there is no more."""
    yield from (data[at:at + _PIECE] for at in range(0, len(data), _PIECE))
    yield b""
