"""NĐ 30/2020 Art. 21.2.a: what came into a file beside its signatures, and is excused by no stamp and no later seal."""

import io
from datetime import UTC, datetime

import faulty_pki
import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko.sign.diff_analysis import DiffResult
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, MDPPerm
from pyhanko.sign.signers.pdf_signer import PdfSigner, PdfTimeStamper
from signing_attacks import (
    AROUND_A_STAMP,
    BETWEEN,
    GHOST,
    GHOSTS,
    appended,
    beside_the_table,
    dressed,
    form_changed,
    haunted,
)
from signing_world import LEADER, OFFICE, ROOM, SEAL, elsewhere, opened, written

from app.regulation.signature_register import register
from app.regulation.signature_report import report
from app.tools.signing import Signer
from app.tools.signing_coverage import only_signed
from app.tools.signing_policy import NEXT_SIGNATURE
from app.tools.signing_trust import Trust
from app.tools.signing_verify import verify


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
    # what a page draws is there, or each reader makes of it what it likes
    assert told(sealed, trust)["verdict"] == ("indeterminate" if where in ("content", "picture", "note") else "3.3.b")
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
    beside = ["active"] if attack in ("place_with_script", "painted_place") else []  # script, look are there for good
    assert (found["verdict"], codes(found)) == ("invalid", ["changed_after", *beside])
    assert only_signed(led, elsewhere(keys, led, SEAL)) and not only_signed(led, elsewhere(keys, changed, SEAL))
    assert not only_signed(led, changed)


@pytest.mark.parametrize("line", [b" \n", b"\n"])
def test_nd_30_21_2_a_no_byte_between_two_signatures_belongs_to_no_revision(keys, trust, letter, line):
    """A reader that finds the table to be wrong shows the page that lies beside it, which no seal makes true."""
    found = told(elsewhere(keys, beside_the_table(0, line)(elsewhere(keys, letter, LEADER)), SEAL), trust)
    assert (found["verdict"], codes(found)) == ("invalid", ["changed_after"])
    assert "bytes" in found["signatures"][0]["changes_after"]


def test_a_program_may_leave_its_name_between_two_signatures(keys, trust, letter):
    """As iText does before the end of each revision; what could be taken for an object is no name."""
    led = elsewhere(keys, letter, LEADER)
    table, _, end = appended(led, {900: b"<<>>"}).rpartition(b"startxref")
    for name, verdict in ((b"%iText-5.5.13\n", "3.3.b"), (b"%1 0 obj<<>>endobj\n", "invalid")):
        found = told(elsewhere(keys, table + name + b"startxref" + end, SEAL), trust)
        assert found["verdict"] == verdict


SEALED, BOX = "Chữ ký agency", (250, 325, 340, 385)


def placed(pdf, **more):
    """An empty field in a revision of its own, which the seal fills then."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    fields.append_signature_field(writer, fields.SigFieldSpec(SEALED, on_page=0, box=BOX, **more))
    return written(writer)


def certified(keys, pdf, permits=None, lock=None):
    """Signed by the leader, who allows or locks something (DocMDP, FieldMDP)."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    if lock:
        fields.append_signature_field(writer, fields.SigFieldSpec("Chữ ký person", field_mdp_spec=lock))
    pair = opened(keys, LEADER)
    meta = signers.PdfSignatureMetadata(
        field_name="Chữ ký person", certify=permits is not None, subfilter=fields.SigSeedSubFilter.PADES,
        **({"docmdp_permissions": permits} if permits else {}))
    stamper = Signer(keys).prover.time_stamper()
    return signers.PdfSigner(meta, pair, timestamper=stamper).sign_pdf(writer, bytes_reserved=ROOM).getvalue()


def test_an_empty_place_that_the_seal_fills_takes_nothing_away(keys, trust, letter):
    """Art. 9.1.d: the program of the agency puts the place of the seal where it will stand, then signs in it."""
    led = elsewhere(keys, letter, LEADER)
    place = placed(led)
    assert told(elsewhere(keys, place, SEAL), trust)["verdict"] == "3.3.b"
    assert "changed_after" in codes(told(place, trust)), "nobody has signed there"
    drawn = placed(led, empty_field_appearance=True)
    assert told(elsewhere(keys, drawn, SEAL), trust)["verdict"] == "invalid", "it is seen before it is signed"


def test_what_honest_programs_add_to_form_and_catalog_is_no_change(keys, trust, letter):
    led = elsewhere(keys, letter, LEADER)
    assert told(elsewhere(keys, dressed(led), SEAL), trust)["verdict"] == "3.3.b"
    led = elsewhere(keys, dressed(placed(letter)), LEADER)
    assert told(elsewhere(keys, led, SEAL), trust)["verdict"] == "3.3.b"
    for key, value in (("/DA", generic.pdf_string("/Helv 0 Tf 1 g")), ("/DR", generic.DictionaryObject())):
        assert told(elsewhere(keys, form_changed(key, value)(led), SEAL), trust)["verdict"] == "invalid", key


@pytest.mark.parametrize(("lock", "wanted"), [
    (FieldMDPSpec(FieldMDPAction.ALL), "3.3.b"), (FieldMDPSpec(FieldMDPAction.EXCLUDE, fields=["so"]), "3.3.b"),
    (FieldMDPSpec(FieldMDPAction.INCLUDE, fields=[SEALED]), "invalid")])
def test_nd_30_21_2_a_a_lock_of_all_fields_is_of_those_that_are_there(keys, trust, letter, lock, wanted):
    """ISO 32000-2 12.8.2.4: it forbids changes of fields; that no other comes is asked for by DocMDP. A field that is
    named is locked, whether it is there or not.
    """
    found = told(elsewhere(keys, certified(keys, letter, lock=lock), SEAL), trust)
    assert found["verdict"] == wanted and ("forbidden_after" in codes(found)) == (wanted == "invalid")


@pytest.mark.parametrize(("permits", "lock", "wanted"), [
    (MDPPerm.NO_CHANGES, None, "invalid"), (MDPPerm.FILL_FORMS, None, "3.3.b"), (MDPPerm.ANNOTATE, None, "3.3.b"),
    (None, FieldMDPSpec(FieldMDPAction.INCLUDE, fields=[SEALED]), "invalid"),
    (None, FieldMDPSpec(FieldMDPAction.INCLUDE, fields=["so"]), "3.3.b"),
    (None, FieldMDPSpec(FieldMDPAction.EXCLUDE, fields=["so"]), "invalid"),
    (None, FieldMDPSpec(FieldMDPAction.ALL), "invalid")])
def test_nd_30_21_2_a_what_the_leader_locked_is_sealed_no_more(keys, trust, letter, permits, lock, wanted, monkeypatch):
    """ISO 32000 12.8.2: after "no changes" not even a signature may come; after "fill in" the seal may."""
    before = placed(letter) if lock else letter
    led = certified(keys, before, permits, lock)
    monkeypatch.setattr(PdfSigner, "_enforce_certification_constraints", lambda *_: None)  # a program that does not ask
    found = told(elsewhere(keys, led, SEAL), trust)
    assert found["verdict"] == wanted and ("forbidden_after" in codes(found)) == (wanted == "invalid")
    assert "forbidden_after" not in codes(told(stamped(keys, led), trust)), "a stamp of the document may"


def signed_often(keys, pdf, first, last):
    """Signatures of one person, one after another, each in a field of its own."""
    pair = opened(keys, LEADER)
    for place in range(first, last):
        meta = signers.PdfSignatureMetadata(field_name=f"Ký {place}", subfilter=fields.SigSeedSubFilter.PADES)
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        pdf = PdfSigner(meta, pair).sign_pdf(writer, bytes_reserved=ROOM).getvalue()
    return pdf


@pytest.mark.parametrize("place", [1, 2, 4])
@pytest.mark.parametrize("attack", [None, *BETWEEN])
def test_s10_of_many_signatures_each_revision_is_looked_at_once_and_nothing_is_passed_over(
        keys, letter, attack, place):
    """Beside a review of every later revision for every signature, whose time grows with the cube of their number: what
    one signature does not bear is told of all before it.
    """
    pdf = signed_often(keys, letter, 0, place)
    pdf = signed_often(keys, BETWEEN[attack](pdf) if attack else pdf, place, 5)
    reader = PdfFileReader(io.BytesIO(pdf))
    bases = [one.signed_revision for one in reader.embedded_signatures]
    every = [isinstance(NEXT_SIGNATURE.review_file(reader, base), DiffResult) for base in bases[:-1]]
    told_of = verify(pdf, Trust.of(keys), datetime.now(UTC))[:-1]
    assert [one["coverage"] == "allowed" for one in told_of] == every and all(every) is (attack is None)
    assert ["changed_after" not in one["problems"] for one in told_of] == every
