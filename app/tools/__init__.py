"""The outside world, as one value that doors build and steps are handed: bytes in, bytes out.

Nothing here knows the database or a document; tests may hand in others of the same shape. The tools themselves are
loaded by who makes them: to check a diagram no signing library is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.tools.antivirus import Scanner
    from app.tools.blobs import Blobs
    from app.tools.conversion import Converter
    from app.tools.exchange import Axis
    from app.tools.ocr import Reader
    from app.tools.sealing import Sealer
    from app.tools.signing import Signer


@dataclass(frozen=True)
class Tools:
    """One of each outside library or program."""

    blobs: Blobs
    reader: Reader
    converter: Converter
    signer: Signer
    sealer: Sealer
    #: the axis as this installation's agency of a code sees it
    axis: AxisBook
    scanner: Scanner

    def released(self, sha256: str) -> bytes:
        """The bytes of a file that goes out, which the scanner lets go (S7). Raises Infected, ScannerAway."""
        data = self.blobs.read(sha256)
        self.scanner.require_clean(sha256, lambda: data)
        return data


class AxisBook:
    """One client of the axis per agency: each logs in with its own secret."""

    def __init__(self, url: str, secrets: dict[str, str]) -> None:
        self.url, self.secrets = url, secrets
        self._clients: dict[str, Axis] = {}

    def of(self, code: str) -> Axis:
        """The client of an agency's code."""
        from app.tools.exchange import Axis

        if code not in self._clients:
            self._clients[code] = Axis(self.url, code, self.secrets.get(code, ""))
        return self._clients[code]
