"""Signing with real keys: the order of Art. 9.1, the appearance, the key, what is refused."""

import asyncio
import base64
import io
import json
import math
import shutil
import subprocess
from datetime import UTC, datetime, timedelta

import pikepdf
import pypdfium2 as pdfium
import pypdfium2.raw as raw
import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from signing_world import (
    AGENCIES,
    FOREIGN_SEAL,
    LABEL,
    LEADER,
    NAME,
    OFFICE,
    PIN,
    SEAL,
    elsewhere,
    judged,
    make_letter,
    sign,
    with_field,
    with_note,
    written,
)

from app.tools import appearance
from app.tools.signing import (
    AlreadySealed,
    ForeignSignature,
    LeaderSignatureMissing,
    NotSignable,
)
from app.tools.signing_key import KeyMissing, WrongPin
from app.tools.signing_proof import CertificateExpired, CertificateRevoked

# --- the order of the regulation


def test_art_9_1_c_d_leader_then_agency_is_a_valid_document(signer, issued):
    leader, agency = signer.verify(issued)
    assert leader["problems"] == agency["problems"] == []
    assert (leader["signer"], leader["is_agency"]) == (NAME, False)
    assert (agency["organisation_code"], agency["is_agency"]) == (OFFICE, True)
    assert leader["time_source"] == agency["time_source"] == "timestamp"
    assert leader["revoked"] is agency["revoked"] is False
    assert json.loads(json.dumps([leader, agency])) == [leader, agency]
    verdict = judged(signer, issued)
    assert (verdict["color"], verdict["kind"]) == ("green", "b")


def test_another_verifier_finds_both_signatures_valid(issued, tmp_path):
    if not shutil.which("pdfsig"):
        pytest.skip("pdfsig (poppler-utils) is not installed")
    (tmp_path / "a.pdf").write_bytes(issued)
    told = subprocess.run(["pdfsig", "-nocert", str(tmp_path / "a.pdf")], capture_output=True, text=True).stdout
    assert told.count("Signature is Valid") == 2


def test_art_9_2_c_a_scan_is_signed_by_the_agency_alone_in_text(signer, letter):
    at = datetime(2026, 3, 16, 2, 5, 12, tzinfo=UTC)
    state = signer.prepare(letter, key=SEAL, kind="copy", reason="Bản số hóa", at=at, label=LABEL)
    signed = signer.embed(state["prepared"], state, signer.sign_digest(SEAL, PIN, state["attributes"]))
    verdict = judged(signer, signed)
    assert (verdict["color"], verdict["kind"]) == ("green", "a")
    widget = PdfFileReader(io.BytesIO(signed)).root["/AcroForm"]["/Fields"][0].get_object()
    left, bottom, right, top = map(float, widget["/Rect"])
    assert left > 595 / 2 and bottom > 842 - 60 and right <= 595 and top <= 842
    shown = _shown_text(signed, widget["/Rect"])
    assert AGENCIES[0]["name"] in shown and "2026-03-16T09:05:12+07:00" in shown


def _shown_text(pdf, box):
    """What a reader sees in a box of page 1, the appearance of signatures included."""
    document = pdfium.PdfDocument(pdf)
    page = document[0]
    raw.FPDFPage_Flatten(page, raw.FLAT_NORMALDISPLAY)
    target = io.BytesIO()
    document.save(target)
    again = pdfium.PdfDocument(target.getvalue())
    left, bottom, right, top = map(float, box)
    return again[0].get_textpage().get_text_bounded(left, bottom, right, top)


def test_art_9_1_b_a_pdf_a_is_signed_twice_and_its_metadata_may_get_another_date_and_nothing_else(signer, letter):
    """Writers of validation data put a new date into the XMP that every PDF/A has; another title is no date."""
    sink = io.BytesIO()
    with pikepdf.open(io.BytesIO(letter)) as made:
        with made.open_metadata() as told:
            told["dc:title"], told["pdfaid:part"], told["pdfaid:conformance"] = "Về việc thử", "2", "B"
        made.save(sink)
    led = sign(signer, sink.getvalue(), LEADER, "leader")
    both = sign(signer, led, SEAL, "agency")
    assert [one["problems"] for one in signer.verify(both)] == [[], []]
    for title, coverage in (("thử", "allowed"), ("khác", "changed-after")):
        writer = IncrementalPdfFileWriter(io.BytesIO(both))
        told = writer.root.raw_get("/Metadata")
        names = {generic.pdf_name(f"/{key}"): generic.pdf_name(f"/{value}")
                 for key, value in (("Type", "Metadata"), ("Subtype", "XML"))}
        packet = told.get_object().data.replace("thử".encode(), title.encode())
        writer._update_meta = lambda: None
        writer.objects[told.generation, told.idnum] = generic.StreamObject(names, stream_data=packet)
        assert [one["coverage"] for one in signer.verify(written(writer))][-1] == coverage


def test_signing_only_appends(letter, led, issued):
    assert led.startswith(letter) and issued.startswith(led)


def test_nd_30_the_picture_stands_between_position_and_name_and_the_seal_covers_a_third(letter, issued):
    boxes = {}
    for field in PdfFileReader(io.BytesIO(issued)).root["/AcroForm"]["/Fields"]:
        boxes[field.get_object()["/T"]] = tuple(map(float, field.get_object()["/Rect"]))
    leader, seal = boxes["leader_1"], boxes["agency_2"]
    assert 310 + 8 < leader[1] and leader[3] < 400 + 2
    assert leader[0] < 340 + 70 < leader[2]
    covered = (seal[2] - leader[0]) / (leader[2] - leader[0])
    assert covered == pytest.approx(1 / 3, abs=0.05)  # of its box; its ring: below
    assert seal[2] - seal[0] == pytest.approx(appearance.SEAL_POINTS, abs=1)


def test_without_the_name_in_the_text_the_picture_stands_free_beside_who_gets_it(letter):
    place = appearance.leader_place(letter, "Người Không Có Tên")
    assert place.page == 0 and place.box[0] > 595 / 2 and 320 < place.box[1] and place.box[3] < 405


def test_art_9_1_d_the_agency_does_not_sign_before_the_leader(signer, letter):
    with pytest.raises(LeaderSignatureMissing):
        sign(signer, letter, SEAL, "agency")


def test_art_9_1_d_the_agency_does_not_sign_what_was_changed_after_the_leader(signer, led):
    with pytest.raises(LeaderSignatureMissing):
        sign(signer, with_note(led), SEAL, "agency")


def test_art_9_1_d_the_agency_does_not_sign_when_one_of_two_signed_something_else(pki_folder, signer, led):
    with pytest.raises(LeaderSignatureMissing):
        sign(signer, elsewhere(pki_folder, with_note(led), "person:chuyen"), SEAL, "agency")


def test_art_9_1_d_nobody_signs_after_the_agency(signer, issued):
    for key, kind in ((LEADER, "leader"), (FOREIGN_SEAL, "agency"), (SEAL, "copy")):
        with pytest.raises(AlreadySealed):
            sign(signer, issued, key, kind)


def test_signing_and_verifying_work_under_a_running_event_loop(signer, letter):
    async def within():
        return signer.verify(sign(signer, letter, LEADER, "leader"))

    assert asyncio.run(within())[0]["problems"] == []


# --- the key


def test_a_wrong_pin_is_told_at_its_field(signer, letter):
    state = signer.prepare(letter, key=LEADER, kind="leader", reason="", at=datetime.now(UTC), label=LABEL)
    with pytest.raises(WrongPin) as refused:
        signer.sign_digest(LEADER, "000000", state["attributes"])
    assert refused.value.facts == {"field": "pin"}


@pytest.mark.parametrize("key", ["person:nobody", "person:", "thao", "agency:../person-thao", "ca:root", ""])
def test_a_key_that_is_not_there_is_refused(signer, letter, key):
    with pytest.raises(KeyMissing):
        signer.prepare(letter, key=key, kind="leader", reason="", at=datetime.now(UTC), label=LABEL)


@pytest.mark.parametrize(("key", "kind"), [(SEAL, "leader"), (LEADER, "agency"), (LEADER, "copy")])
def test_a_person_does_not_seal_and_an_agency_is_no_leader(signer, led, key, kind):
    with pytest.raises(KeyMissing):
        signer.prepare(led, key=key, kind=kind, reason="", at=datetime.now(UTC), label=LABEL)


def test_nd_68_29_an_expired_or_revoked_key_signs_nothing(signer, letter):
    for key, refusal in (("person:het", CertificateExpired), ("person:mat", CertificateRevoked)):
        with pytest.raises(refusal):
            sign(signer, letter, key, "leader")
    at = datetime.now(UTC) - timedelta(days=100)
    state = signer.prepare(letter, key="person:het", kind="leader", reason="", at=at, label=LABEL)
    with pytest.raises(CertificateExpired):
        signer.sign_digest("person:het", PIN, state["attributes"])


def test_a_key_signs_only_what_was_prepared_for_it(signer, letter):
    state = signer.prepare(letter, key=LEADER, kind="leader", reason="", at=datetime.now(UTC), label=LABEL)
    for attributes in (state["attributes"], base64.b64encode(b"pay the bearer").decode(), ""):
        with pytest.raises(ForeignSignature):
            signer.sign_digest("person:chuyen", PIN, attributes)


# --- embedding


@pytest.fixture(scope="session")
def waiting(signer, letter):
    state = signer.prepare(letter, key=LEADER, kind="leader", reason="", at=datetime.now(UTC), label=LABEL)
    return state.pop("prepared"), state, signer.sign_digest(LEADER, PIN, state["attributes"])


def test_a_foreign_signature_is_not_embedded(signer, letter, waiting):
    prepared, state, signature = waiting
    other = signer.prepare(letter, key="person:chuyen", kind="leader", reason="", at=datetime.now(UTC),
                           label=LABEL)
    foreign = signer.sign_digest("person:chuyen", PIN, other["attributes"])
    again = signer.prepare(letter, key=LEADER, kind="leader", reason="x", at=datetime.now(UTC), label=LABEL)
    another = signer.sign_digest(LEADER, PIN, again["attributes"])
    cases = [
        (prepared, state, foreign), (prepared, state, another), (prepared, state, b""),
        (prepared, state, bytes(256)), (prepared, state | {"key": "person:chuyen"}, signature),
        (prepared, state | {"attributes": again["attributes"]}, another),
        (prepared.replace(b"/SubFilter", b"/SubFiltre"), state, signature),
        (prepared, state | {"start": state["start"] - 2}, signature),
        (prepared, state | {"attributes": base64.b64encode(b"x").decode()}, signature),
    ]
    for number, case in enumerate(cases):
        with pytest.raises(ForeignSignature):
            signer.embed(*case)
            pytest.fail(f"case {number} was embedded")


def test_embedding_again_after_a_crash_gives_an_equally_valid_file(signer, waiting):
    _prepared, state, signature = waiting
    proof = json.loads(json.dumps(signer.prove(state, signature, "B-LT")))
    first, second = signer.embed(*waiting, proof), signer.embed(*waiting, proof)
    reports = [signer.verify(pdf)[0] for pdf in (first, second)]
    assert [report["problems"] for report in reports] == [[], []]
    assert reports[0]["signed_at"] == reports[1]["signed_at"]  # one stamp, of the moment of signing


# --- files that cannot be signed or read


def test_a_form_or_a_script_is_not_signed(signer, led, letter):
    scripted = IncrementalPdfFileWriter(io.BytesIO(letter))
    scripted.root["/OpenAction"] = generic.DictionaryObject({
        generic.pdf_name("/S"): generic.pdf_name("/JavaScript"), generic.pdf_name("/JS"): generic.pdf_string("1")})
    scripted.update_root()
    layered = IncrementalPdfFileWriter(io.BytesIO(letter))
    layered.root["/OCProperties"] = generic.DictionaryObject()
    layered.update_root()
    for pdf in (written(scripted), written(layered), with_field(led)):
        with pytest.raises(NotSignable):
            sign(signer, pdf, LEADER, "leader")


@pytest.mark.parametrize("pdf", [b"", b"%PDF-1.7\n", b"PK\3\4 not a PDF", bytes(1000)])
def test_what_is_no_pdf_is_not_signed_and_never_green(signer, pdf):
    with pytest.raises(NotSignable):
        sign(signer, pdf, LEADER, "leader")
    assert judged(signer, pdf)["color"] == "red"


@pytest.mark.parametrize("room", [30, 40, 55, 70, 90, 120])
@pytest.mark.parametrize("name", [NAME, "Tẩn Mẩy", "Nguyễn Hoàng Thị Phương Thảo"])
def test_nd_30_pl_i_the_seal_covers_a_third_of_the_signature_and_never_crosses_the_printed_name(name, room):
    page = make_letter([[(370, 312 + room, "GIÁM ĐỐC"), (345, 300, name)]])
    leader = appearance.leader_place(page, name)
    left, bottom, right, top = appearance.seal_place(leader, page).box
    radius, across, up = (right - left) / 2, (left + right) / 2, (bottom + top) / 2
    assert right - left == top - bottom == 102  # 36 mm, in real size
    picture, [printed] = leader.box, [one for one in appearance._lines(page, 0) if one[3] < leader.box[1] + 1]
    aside, apart = max(printed[0] - across, across - printed[2], 0), max(up - printed[3], 0)
    assert math.hypot(aside, apart) > radius
    middle = (picture[1] + picture[3]) / 2
    reach = across + math.sqrt(radius ** 2 - (up - middle) ** 2)  # of the ring, at the middle of the picture
    assert 0.27 < (reach - picture[0]) / (picture[2] - picture[0]) < 0.37


def test_nd_30_a_picture_lies_over_no_other_text_where_it_can_help_it():
    crowded = make_letter([[(370, 400, "GIÁM ĐỐC"), (340, 310, NAME), (200, 350, "- Như trên; Lưu VT; các đơn vị")]])
    _left, bottom, _right, top = appearance.leader_place(crowded, NAME).box
    assert 320 <= bottom and top <= 350  # between the name and the line that reaches in
    leader = appearance.Place(0, (363, 330, 475, 382))
    seals = [appearance.seal_place(leader, pdf).box for pdf in (b"", make_letter([[(300, 396, "GIÁM ĐỐC")]]))]
    assert seals[0][1] == 305 and seals[1][3] < seals[0][3] and seals[1][1] <= 330 and seals[1][3] >= 382
    free, headed = make_letter([[(90, 700, "x")]]), make_letter([[(480, 815, "SAO Y; số 12/SY")]])
    places = [appearance.copy_place(pdf, 100, 20) for pdf in (free, headed)]
    assert places[0] != places[1] and places[1].box[3] <= 815
    [page] = pdfium.PdfDocument(headed)
    page.render(scale=2).to_pil().save(scan := io.BytesIO(), "PDF", resolution=144)
    assert appearance.copy_place(scan.getvalue(), 100, 20) == places[1], "a scan has no words, but ink"
