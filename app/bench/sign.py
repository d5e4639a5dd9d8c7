"""Signing one PDF (Art. 9.1.c): CPU of ours, from the finished PDF to the signed one, beside bare pyHanko.

Both sign the same file with the same key, picture, time stamp and validation data (PAdES B-LT). Ours also refuses what
may not be signed, checks the own certificate, and holds the signature against document and certificate.
"""

import base64
import io
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pyhanko.pdf_utils.images import PdfImage
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator import ValidationContext

from app.bench.report import cpu_milliseconds, figure, interleaved, report
from app.bench.signature import pages
from app.tools import appearance, appearance_demo, pki
from app.tools.signing import Signer
from app.tools.signing_key import Key
from app.tools.signing_trust import Trust

ROUNDS, GOAL = 9, 1.3
_CODE, _NAME, _PIN, _OWNER = "H38.10", "Sở Nội vụ tỉnh Lào Cai", "135790", "Nguyễn Thị Thảo"


def run() -> dict[str, Any]:
    """Sign the same document again and again, in turn."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        pki.make_demo(folder, [{"code": _CODE, "name": _NAME}], [
            {"username": "thao", "full_name": _OWNER, "agency_code": _CODE, "agency_name": _NAME,
             "position": "Giám đốc"}], _PIN)
        signer, pdf = Signer(folder), pages()
        [ours] = signer.verify(_ours(signer, pdf))
        [theirs] = signer.verify(_bare(signer, pdf))
        if ours["problems"] or theirs["problems"]:
            raise RuntimeError(f"what is measured is not valid: {ours['problems']}, {theirs['problems']}")
        took = interleaved({"ours": lambda: _ours(signer, pdf), "bare": lambda: _bare(signer, pdf)}, ROUNDS,
                           cpu_milliseconds)
    return report("sign", [
        figure("one PDF signed by a leader, B-LT, CPU", "ms", took["ours"], anchor=took["bare"],
               anchor_is="bare pyHanko, the same file and key", goal=f"ratio <= {GOAL}",
               ok=took["ours"] <= GOAL * took["bare"])])


def _ours(signer: Signer, pdf: bytes) -> bytes:
    state = signer.prepare(pdf, key="person:thao", kind="leader", reason="12/SNV", at=datetime.now(UTC), label={})
    signed = signer.sign(Key("person:thao"), _PIN, state)
    told = state | {name: signed[name] for name in ("attributes", "certificate")}
    return signer.embed(state["prepared"], told, base64.b64decode(signed["value"]),
                        signer.prove(told, signed["value"], "B-LT"))


def _bare(signer: Signer, pdf: bytes) -> bytes:
    trust = Trust.of(signer.folder)
    pair = signers.SimpleSigner.load_pkcs12(signer.folder / "person-thao.p12", passphrase=_PIN.encode())
    place = appearance.leader_place(pdf, _OWNER)
    meta = signers.PdfSignatureMetadata(
        field_name="leader_1", md_algorithm="sha256", subfilter=fields.SigSeedSubFilter.PADES,
        embed_validation_info=True,
        validation_context=ValidationContext(trust_roots=trust.roots, other_certs=trust.chain, crls=trust.crls,
                                             allow_fetching=False))
    picture = PdfImage(appearance_demo.handwriting(_OWNER))
    style = StaticStampStyle(border_width=0, background=picture, background_opacity=1.0)
    return signers.PdfSigner(
        meta, pair, timestamper=signer.prover.time_stamper(), stamp_style=style,
        new_field_spec=fields.SigFieldSpec("leader_1", on_page=place.page, box=place.box),
    ).sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf))).getvalue()
