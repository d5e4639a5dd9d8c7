"""Verifies what strangers sent, in a process of its own within limits of time and memory (security.md S7, S10).

The facts are `signing_verify.py`'s and `edxml_signature.py`'s. A file that takes too much gets a report that says so:
a verdict is always possible. It signs nothing and gives no verdict.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.tools import edxml_signature, signing_verify
from app.tools.apart import Apart, BrokeReader, TookTooLong


class Verifier:
    """Knows whom an installation trusts (see `pki.py` for the folder)."""

    def __init__(self, folder: Path, apart: Apart | None = None) -> None:
        """`apart`: where files of strangers are read; None: here."""
        self.folder, self._apart = folder, apart

    def verify(self, pdf: bytes, *, at: datetime | None = None, anchors: list[dict] | None = None) -> list[dict]:
        """One report per signature, in order (`signing_verify.verify`). `at`: moment of the check, or now. `anchors`:
        those of an agency with a list of its own (`Trust.only`). What takes too much to read is the one report "heavy".
        """
        moment = at or datetime.now(UTC)
        found: list[dict] = self._read(_reports, pdf, self.folder, anchors, moment,
                                       heavy=[signing_verify.nothing("heavy", moment)])
        return found

    def verify_packet(self, data: bytes, *, at: datetime, anchors: list[dict] | None = None) -> dict | None:
        """The report of a packet's own signature (`edxml_signature.verify`); None: it bears none."""
        found: dict | None = self._read(_packet_report, data, self.folder, anchors, at,
                                        heavy=signing_verify.nothing("heavy", at) | {"field": edxml_signature.FIELD})
        return found

    def _read(self, function: Callable[..., Any], *arguments: Any, heavy: Any) -> Any:
        """Its result, within limits of time and memory where the installation sets them; else `heavy`."""
        if self._apart is None:
            return function(*arguments)
        try:
            return self._apart.run(function, *arguments)
        except (TookTooLong, BrokeReader):
            return heavy


def _reports(pdf: bytes, folder: Path, anchors: list[dict] | None, at: datetime) -> list[dict]:
    return signing_verify.verify(pdf, _trust(folder, anchors), at)


def _packet_report(data: bytes, folder: Path, anchors: list[dict] | None, at: datetime) -> dict | None:
    return edxml_signature.verify(data, _trust(folder, anchors), at)


def _trust(folder: Path, anchors: list[dict] | None) -> signing_verify.Trust:
    trust = signing_verify.Trust.of(folder)
    return trust if anchors is None else trust.only(anchors)
