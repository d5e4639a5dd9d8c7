"""What keeps a signature provable for decades: a time stamp over the whole file, renewed before it ages (PAdES B-LTA).

NĐ 30/2020 Art. 5, 21. Certificates and lists end; a stamp of the document says that they were there in time. It only
appends, nobody sees it, and it signs nothing in anybody's name.
"""

import io
from datetime import datetime

from asn1crypto import crl
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.signers import PdfTimeStamper
from pyhanko_certvalidator import ValidationContext

from app.refusal import Refusal
from app.tools.signing import Signer
from app.tools.signing_path import run
from app.tools.signing_policy import BROKEN
from app.tools.signing_proof import TimestampUnavailable
from app.tools.signing_trust import Trust


class NotLasting(Refusal):
    """This file cannot be kept so: its signatures are not whole, or a former stamp is not."""

    code, status = "not_lasting", 409


def lengthen(signer: Signer, pdf: bytes, at: datetime) -> bytes:
    """The signed file with one stamp more over all of it, former stamps too, and what proves that stamp.

    Raises TimestampUnavailable, and NotLasting when the file is not whole before or would not be after.
    """
    before = signer.verify(pdf, at=at)
    if not before or any(one["coverage"] == "changed-after" or not one["intact"] for one in before):
        raise NotLasting()
    trust, output = Trust.of(signer.folder), io.BytesIO()
    context = ValidationContext(trust_roots=trust.roots, other_certs=trust.chain, allow_fetching=False,
                                crls=[crl.CertificateList.load(data) for data in trust.crls])
    try:
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=False)
        run(PdfTimeStamper(signer.prover.time_stamper()).async_timestamp_pdf(
            writer, "sha256", validation_context=context, output=output))
    except TimestampUnavailable:
        raise
    except BROKEN as error:
        raise NotLasting() from error
    made = output.getvalue()
    after = signer.verify(made, at=at)
    if not made.startswith(pdf) or [one["problems"] for one in after] != [one["problems"] for one in before]:
        raise NotLasting()
    return made
