"""The verdict over signatures: seconds for a file of twenty pages with two, validation data inside (Art. 3.3).

The anchor is pyHanko's own validation of the same two signatures with the same lists: what the library takes for less.
"""

import asyncio
import io
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from app.bench.report import figure, interleaved, report
from app.regulation import signature_report
from app.tools import pki
from app.tools.signing import Signer
from app.tools.signing_trust import Trust

PAGES, ROUNDS, GOAL_SECONDS = 20, 7, 1.5
_CODE, _NAME, _PIN, _LEADER = "H38.10", "Sở Nội vụ tỉnh Lào Cai", "135790", "Nguyễn Thị Thảo"


def run() -> dict[str, Any]:
    """Sign a document as leader and agency, then judge it again and again."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        pki.make_demo(folder, [{"code": _CODE, "name": _NAME}], [
            {"username": "thao", "full_name": _LEADER, "agency_code": _CODE, "agency_name": _NAME,
             "position": "Giám đốc"}], _PIN)
        signer = Signer(folder)
        pdf = _signed(signer, _signed(signer, pages(), "person:thao", "leader"), f"agency:{_CODE}", "agency")
        trust, at = Trust.of(folder), datetime.now(UTC)
        found = signature_report.report(pdf, trust, [], sender=_CODE, signer=_LEADER, at=at)
        if found["verdict"] != "3.3.b":
            raise RuntimeError(f"the measured document is {found['verdict']}")
        took = interleaved({"ours": lambda: signature_report.report(pdf, trust, [], sender=_CODE, signer=_LEADER,
                                                                    at=at),
                            "bare": lambda: _bare(pdf, trust)}, ROUNDS)
    seconds = took["ours"] / 1000
    return report("signature", [
        figure(f"verdict over {PAGES} pages, two signatures", "s", seconds, anchor=took["bare"] / 1000,
               anchor_is="pyHanko's own validation", goal=f"<= {GOAL_SECONDS}", ok=seconds <= GOAL_SECONDS)])


def _signed(signer: Signer, pdf: bytes, key: str, kind: str) -> bytes:
    asked = signer.prepare(pdf, key=key, kind=kind, reason="Ký ban hành", at=datetime.now(UTC), label={})
    prepared = asked.pop("prepared")
    return signer.embed(prepared, asked, signer.sign_digest(key, _PIN, asked["attributes"]))


def _bare(pdf: bytes, trust: Trust) -> None:
    async def validate() -> None:
        for one in PdfFileReader(io.BytesIO(pdf)).embedded_regular_signatures:
            context = ValidationContext(trust_roots=trust.roots, other_certs=trust.chain, crls=trust.crls,
                                        allow_fetching=False)
            await async_validate_pdf_signature(one, context, context)

    asyncio.run(validate())


def pages() -> bytes:
    """A document of text, a page number on each."""
    kids = b" ".join(b"%d 0 R" % (4 + 2 * n) for n in range(PAGES))
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count %d/Kids[%s]>>" % (PAGES, kids),
               b"<</Type/Font/Subtype/Type1/BaseFont/Times-Roman>>"]
    for number in range(PAGES):
        lines = b"".join(b"(Trang %d, dong %d) Tj 0 -16 Td " % (number + 1, line) for line in range(40))
        text = b"BT /F1 13 Tf 90 760 Td %sET" % lines
        objects += [b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>"
                    b"/Contents %d 0 R>>" % (5 + 2 * number),
                    b"<</Length %d>>stream\n%s\nendstream" % (len(text), text)]
    body, places = bytearray(b"%PDF-1.7\n"), []
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(body)
    return bytes(body + b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table)
                 + b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start))
