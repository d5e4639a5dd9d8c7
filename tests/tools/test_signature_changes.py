"""NĐ 30/2020 Art. 21.2.a: what came into a file beside its signatures, and is excused by no stamp and no later seal."""

import io
from datetime import UTC, datetime

import faulty_pki
import pytest
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.signers.pdf_signer import PdfTimeStamper
from signing_attacks import AROUND_A_STAMP, BETWEEN, GHOST, GHOSTS, appended, haunted
from signing_world import LEADER, OFFICE, SEAL, elsewhere

from app.regulation.signature_report import register, report
from app.tools.signing import Signer
from app.tools.signing_coverage import only_signed
from app.tools.signing_trust import Trust


@pytest.fixture(scope="module")
def keys(pki_folder):
    return pki_folder


@pytest.fixture(scope="module")
def trust(keys, tmp_path_factory):
    return faulty_pki.trust(keys, tmp_path_factory.mktemp("trust"), ["thao"])


@pytest.fixture(scope="module")
def both(keys, letter):
    return elsewhere(keys, elsewhere(keys, letter, LEADER), SEAL)


def told(pdf, trust):
    return report(pdf, Trust.given(trust), register(trust), sender=OFFICE, at=datetime.now(UTC))


def codes(found):
    return [one["code"] for one in found["reasons"]]


def stamped(keys, pdf):
    """With a time stamp of the document, as PAdES B-LTA has it."""
    target = io.BytesIO(pdf)
    PdfTimeStamper(Signer(keys).prover.time_stamper()).timestamp_pdf(
        IncrementalPdfFileWriter(target, strict=False), "sha256", validation_context=None, in_place=True)
    return target.getvalue()


def test_a_second_stamp_of_the_document_may_follow_the_first(both, keys, trust):
    """PAdES B-LTA, renewed."""
    assert told(stamped(keys, stamped(keys, both)), trust)["verdict"] == "3.3.b"


@pytest.mark.parametrize("attack", AROUND_A_STAMP)
def test_nd_30_21_2_a_a_stamp_of_the_document_excuses_nothing_before_or_after_it(both, keys, trust, attack):
    for pdf in (AROUND_A_STAMP[attack](stamped(keys, both)), stamped(keys, AROUND_A_STAMP[attack](both))):
        found = told(pdf, trust)
        assert (found["verdict"], "changed_after" in codes(found)) == ("invalid", True)
        assert not found["signatures"][-1]["covers_whole_file"]


@pytest.mark.parametrize("where", GHOSTS)
def test_nd_30_21_2_a_what_was_absent_when_it_was_signed_is_not_filled_in_later(keys, trust, letter, where):
    """Shadow, before the leader signs: a reference to nothing, which a later revision makes something."""
    led = elsewhere(keys, haunted(letter, where), LEADER)
    sealed = elsewhere(keys, led, SEAL)
    assert told(sealed, trust)["verdict"] == "3.3.b"
    filled = {GHOST: GHOSTS[where]}
    for pdf in (elsewhere(keys, appended(led, filled), SEAL), appended(sealed, filled)):
        assert (lambda f: (f["verdict"], f["reasons"][0]["code"]))(told(pdf, trust)) == ("invalid", "changed_after")
    other_generation = elsewhere(keys, haunted(letter, where, generation=3), LEADER)
    assert told(elsewhere(keys, appended(other_generation, filled), SEAL), trust)["verdict"] == "invalid"


@pytest.mark.parametrize("attack", BETWEEN)
def test_nd_30_21_2_a_the_seal_excuses_nothing_that_came_before_it(keys, trust, letter, attack):
    led = elsewhere(keys, letter, LEADER)
    changed = BETWEEN[attack](led)
    found = told(elsewhere(keys, changed, SEAL), trust)
    assert (found["verdict"], codes(found)) == ("invalid", ["changed_after"])
    assert only_signed(led, elsewhere(keys, led, SEAL)) and not only_signed(led, elsewhere(keys, changed, SEAL))
    assert not only_signed(led, changed)
