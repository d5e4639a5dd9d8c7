"""Verifies what strangers sent, in a process of its own within limits of time and memory (security.md S7, S10).

The facts are `signing_verify.py`'s and `edxml_signature.py`'s; what lacks is asked of the authorities by
`revocation.py`. A file that takes too much gets a report that says so: a verdict is always possible. It signs nothing
and gives no verdict.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.tools import edxml_signature, signing_trust, signing_verify
from app.tools.apart import Apart, BrokeReader, TookTooLong
from app.tools.revocation import Asker


class Verifier:
    """Knows whom an installation trusts (see `pki.py` for the folder)."""

    def __init__(self, folder: Path, apart: Apart | None = None, asker: Asker | None = None) -> None:
        """`apart`: where files of strangers are read; None: here. `asker`: asks authorities; None: nobody is asked."""
        self.folder, self._apart, self._asker = folder, apart, asker

    def verify(self, pdf: bytes, *, at: datetime | None = None, anchors: list[dict] | None = None,
               may_ask: bool = False) -> list[dict]:
        """One report per signature, in order (`signing_verify.verify`). `at`: moment of the check, or now. `anchors`:
        those of an agency with a list of its own (`Trust.only`). What takes too much to read is the one report "heavy".
        `may_ask`: when revocation is not known, go to the network and look again; never inside a transaction.
        """
        moment = at or datetime.now(UTC)
        return self._asked(lambda: self._read(_reports, pdf, self.folder, anchors, moment,
                                              heavy=[signing_verify.nothing("heavy", moment)]), may_ask=may_ask)

    def verify_packet(self, data: bytes, *, at: datetime, anchors: list[dict] | None = None,
                      may_ask: bool = False) -> dict | None:
        """The report of a packet's own signature (`edxml_signature.verify`); None: it bears none."""
        heavy = signing_verify.nothing("heavy", at) | {"field": edxml_signature.FIELD}
        found = self._asked(lambda: [one for one in [self._read(_packet_report, data, self.folder, anchors, at,
                                                                heavy=heavy)] if one], may_ask=may_ask)
        return found[0] if found else None

    def _asked(self, look: Callable[[], list[dict]], *, may_ask: bool) -> list[dict]:
        """What is found; when authorities told more, what is found then."""
        found = look()
        asks = [one for report in found for one in report.pop("asks", ())]
        if may_ask and asks and self._asker is not None and self._asker.learn(asks):
            found = look()
            for report in found:
                report.pop("asks", None)
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


def _trust(folder: Path, anchors: list[dict] | None) -> signing_trust.Trust:
    trust = signing_trust.Trust.of(folder)
    return trust if anchors is None else trust.only(anchors)
