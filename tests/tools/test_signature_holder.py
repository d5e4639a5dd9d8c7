"""Art. 3.3: every signature counts, is its holder's, by the certificate that it names, at another's time."""

import io
import shutil
from datetime import UTC, datetime

import faulty_pki
import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import PdfSignedData
from signing_world import FOREIGN_SEAL, LEADER, NAME, OFFICE, ROOM, SEAL, opened

from app.regulation.signature_register import register
from app.regulation.signature_report import report
from app.tools.signing import Signer
from app.tools.signing_path import run
from app.tools.signing_trust import Trust

OFFICER = "person:chuyen"


@pytest.fixture(scope="module")
def keys(pki_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("holder") / "pki"
    shutil.copytree(pki_folder, folder)
    return folder


@pytest.fixture(scope="module")
def trust(keys, tmp_path_factory):
    return faulty_pki.trust(keys, tmp_path_factory.mktemp("trust"), ["thao"])


def signed(keys, pdf, key, name=None):
    """Signed by the bytes of a signature and its field alone; `name`: of the field, as its file has it."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=False)
    steps = PdfCMSEmbedder().write_cms(f"Chữ ký {len(pdf)}", writer)
    field = next(steps).get_object()
    if name is not None:
        field[generic.pdf_name("/T")] = generic.pdf_string(name)
    steps.send(SigObjSetup(PdfSignedData(
        obj_type=generic.pdf_name("/Sig"), subfilter=fields.SigSeedSubFilter.PADES, bytes_reserved=ROOM)))
    prepared, sink = steps.send(SigIOSetup(md_algorithm="sha256"))
    steps.send(run(opened(keys, key).async_sign(
        prepared.document_digest, "sha256", use_pades=True, timestamper=Signer(keys).prover.time_stamper())))
    return sink.getvalue()


def told(pdf, trust, **given):
    found = report(pdf, Trust.given(trust), register(trust), sender=OFFICE, at=datetime.now(UTC), **given)
    return found["verdict"], [one["code"] for one in found["reasons"]], found["signatures"]


#: who signs in which order -> verdict and reasons, whatever the field of the one in brackets is called
ORDERS = {
    ("(leader)", SEAL): ("3.3.b", ["valid_b"]),
    (LEADER, SEAL, "(leader)"): ("invalid", ["agency_not_last"]),
    (LEADER, SEAL, "(officer)"): ("invalid", ["agency_not_last"]),
    (LEADER, SEAL, "(foreign)"): ("invalid", ["other_agency"]),
    ("(officer)", SEAL): ("incomplete", ["not_leader"])}
WHO = {"(leader)": LEADER, "(officer)": OFFICER, "(foreign)": FOREIGN_SEAL}


@pytest.mark.parametrize("name", [None, ""])
@pytest.mark.parametrize("order", ORDERS)
def test_art_3_3_a_signature_counts_whatever_its_field_is_called(keys, trust, letter, order, name):
    for who in order:
        letter = signed(keys, letter, WHO.get(who, who), name if who in WHO else None)
    verdict, codes, found = told(letter, trust)
    assert (verdict, codes) == ORDERS[order]
    assert len({one["field"] for one in found}) == len(order), "each is listed, under a name of its own"
    assert NAME in {one["signer"] for one in found} or "(officer)" in order
