"""Signing and verifying with real keys: the order of Art. 9.1, every tampering, every faulty certificate."""

import base64
import io
import json
import shutil
import subprocess
import threading
from ctypes import c_uint8, c_ushort
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pypdfium2 as pdfium
import pypdfium2.raw as raw
import pytest
from asn1crypto import tsp
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers

from app.regulation.verdict import judge
from app.tools import appearance, pki
from app.tools.signing import (
    AlreadySealed,
    CertificateExpired,
    CertificateRevoked,
    ForeignSignature,
    KeyMissing,
    LeaderSignatureMissing,
    NotSignable,
    Signer,
    TimestampUnavailable,
    WrongPin,
)

PIN = "135790"
NAME = "Nguyễn Thị Phương Thảo"
OFFICE, OTHER = "H38.10", "H38.11"
AGENCIES = [{"code": OFFICE, "name": "Sở Nội vụ tỉnh Lào Cai"}, {"code": OTHER, "name": "Sở Tài chính"}]
LEADER, SEAL, FOREIGN_SEAL = "person:thao", f"agency:{OFFICE}", f"agency:{OTHER}"
LABEL = {"signer_name": NAME, "agency": AGENCIES[0]["name"]}


def _person(username, name):
    return {"username": username, "full_name": name, "agency_code": OFFICE,
            "agency_name": AGENCIES[0]["name"], "position": "Giám đốc"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pki")
    people = [_person("thao", NAME), _person("chuyen", "Phạm Văn Chuyên"), _person("mat", "Lê Mất Khóa"),
              _person("muon", "Lê Thu Hồi Muộn")]
    pki.make_demo(folder, AGENCIES, people, PIN)
    now = datetime.now(UTC)
    subject = pki.person_subject("Vũ Hết Hạn", OFFICE, AGENCIES[0]["name"], "Giám đốc")
    pki.issue(folder, "person-het", subject, PIN, now - timedelta(days=300), now - timedelta(days=2))
    pki.revoke(folder, "person-mat", now - timedelta(days=1))
    return folder


@pytest.fixture(scope="module")
def signer(folder):
    return Signer(folder)


@pytest.fixture(scope="module")
def letter():
    """A two-page letter with its signature block on the right of page 1 and an appendix after it."""
    return _letter([[(90, 700, f"Báo cáo của bà {NAME} về kết quả thực hiện nhiệm vụ"),
                     (370, 400, "GIÁM ĐỐC"), (340, 310, NAME), (90, 400, "Nơi nhận:")],
                    [(90, 700, "Phụ lục I")]])


def _letter(pages):
    document = pdfium.PdfDocument.new()
    data = appearance._font_file("serif").read_bytes()
    font = raw.FPDFText_LoadFont(document, (c_uint8 * len(data)).from_buffer_copy(data), len(data),
                                 raw.FPDF_FONT_TRUETYPE, 1)
    for lines in pages:
        page = document.new_page(595, 842)
        for left, bottom, line in lines:
            text = raw.FPDFPageObj_CreateTextObj(document, font, 13.0)
            encoded = line.encode("utf-16-le") + b"\0\0"
            raw.FPDFText_SetText(text, (c_ushort * (len(encoded) // 2)).from_buffer_copy(encoded))
            raw.FPDFPageObj_Transform(text, 1, 0, 0, 1, left, bottom)
            raw.FPDFPage_InsertObject(page, text)
        page.gen_content()
    target = io.BytesIO()
    document.save(target)
    document.close()
    return target.getvalue()


def _sign(signer, pdf, key, kind, label=LABEL):
    state = signer.prepare(pdf, key=key, kind=kind, reason="Ký ban hành", at=datetime.now(UTC), label=label)
    prepared = state.pop("prepared")
    state = json.loads(json.dumps(state))
    return signer.embed(prepared, state, signer.sign_digest(key, PIN, state["attributes"]))


def _elsewhere(folder, pdf, key, stamped=True):
    """Sign with pyHanko alone, as other software would: none of our checks before, no DSS after."""
    pair = signers.SimpleSigner.load_pkcs12(folder / f"{key.replace(':', '-')}.p12", passphrase=PIN.encode())
    meta = signers.PdfSignatureMetadata(
        field_name=f"Chữ ký {key.partition(':')[0]}", md_algorithm="sha256", subfilter=fields.SigSeedSubFilter.PADES)
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    stamper = Signer(folder)._time_stamper() if stamped else None
    return signers.PdfSigner(meta, pair, timestamper=stamper).sign_pdf(writer).getvalue()


@pytest.fixture(scope="module")
def led(signer, letter):
    return _sign(signer, letter, LEADER, "leader")


@pytest.fixture(scope="module")
def issued(signer, led):
    return _sign(signer, led, SEAL, "agency")


def _judged(signer, pdf, sender=OFFICE, name=NAME):
    return judge(signer.verify(pdf), sender_code=sender, signer_name=name)


# --- the order of the regulation


def test_art_9_1_c_d_leader_then_agency_is_a_valid_document(signer, issued):
    leader, agency = signer.verify(issued)
    assert leader["problems"] == agency["problems"] == []
    assert (leader["signer"], leader["is_agency"]) == (NAME, False)
    assert (agency["organisation_code"], agency["is_agency"]) == (OFFICE, True)
    assert leader["time_source"] == agency["time_source"] == "timestamp"
    assert leader["revoked"] is agency["revoked"] is False
    assert json.loads(json.dumps([leader, agency])) == [leader, agency]
    verdict = _judged(signer, issued)
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
    verdict = _judged(signer, signed)
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
    assert covered == pytest.approx(1 / 3, abs=0.02)
    assert seal[2] - seal[0] == pytest.approx(appearance.SEAL_POINTS, abs=1)


def test_without_the_name_in_the_text_the_picture_stands_low_on_the_right(letter):
    place = appearance.leader_place(letter, "Người Không Có Tên")
    assert place.page == 1 and place.box[0] > 595 / 2 and place.box[3] < 842 / 3


def test_art_9_1_d_the_agency_does_not_sign_before_the_leader(signer, letter):
    with pytest.raises(LeaderSignatureMissing):
        _sign(signer, letter, SEAL, "agency")


def test_art_9_1_d_the_agency_does_not_sign_what_was_changed_after_the_leader(signer, led):
    with pytest.raises(LeaderSignatureMissing):
        _sign(signer, _with_note(led), SEAL, "agency")


def test_art_9_1_d_the_agency_does_not_sign_when_one_of_two_people_signed_something_else(folder, signer, led):
    with pytest.raises(LeaderSignatureMissing):
        _sign(signer, _elsewhere(folder, _with_note(led), "person:chuyen"), SEAL, "agency")


def test_art_9_1_d_nobody_signs_after_the_agency(signer, issued):
    for key, kind in ((LEADER, "leader"), (FOREIGN_SEAL, "agency"), (SEAL, "copy")):
        with pytest.raises(AlreadySealed):
            _sign(signer, issued, key, kind)


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
            _sign(signer, letter, key, "leader")
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


@pytest.fixture(scope="module")
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
    first, second = signer.embed(*waiting), signer.embed(*waiting)
    assert first != second  # another time stamp
    for pdf in (first, second):
        assert signer.verify(pdf)[0]["problems"] == []


def test_an_authority_over_http_stamps_and_its_absence_is_told(folder, waiting):
    local = Signer(folder)._time_stamper()

    class Authority(BaseHTTPRequestHandler):
        def do_POST(self):
            asked = tsp.TimeStampReq.load(self.rfile.read(int(self.headers["Content-Length"])))
            answer = local.request_tsa_response(asked).dump()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Authority)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    remote = Signer(folder, f"http://127.0.0.1:{server.server_port}")
    try:
        assert remote.verify(remote.embed(*waiting))[0]["time_source"] == "timestamp"
    finally:
        server.shutdown()
        server.server_close()
    with pytest.raises(TimestampUnavailable):
        remote.embed(*waiting)


# --- tampering: no verdict better than the truth


def _with_note(pdf):
    """A note drawn over page 1 in a new revision."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    note = generic.StreamObject(stream_data=b"BT /F1 20 Tf 90 600 Td (So moi) Tj ET")
    writer.add_stream_to_page(0, writer.add_object(note))
    return _written(writer)


def _with_field(pdf):
    """A text field added and filled in a new revision."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    page = writer.root["/Pages"]["/Kids"][0].get_object()
    field = writer.add_object(generic.DictionaryObject({
        generic.pdf_name("/FT"): generic.pdf_name("/Tx"), generic.pdf_name("/T"): generic.pdf_string("so"),
        generic.pdf_name("/V"): generic.pdf_string("99"), generic.pdf_name("/Type"): generic.pdf_name("/Annot"),
        generic.pdf_name("/Subtype"): generic.pdf_name("/Widget"),
        generic.pdf_name("/Rect"): generic.ArrayObject(map(generic.NumberObject, (90, 500, 300, 530)))}))
    writer.root["/AcroForm"]["/Fields"].append(field)
    writer.update_container(writer.root["/AcroForm"]["/Fields"])
    page["/Annots"].append(field)
    writer.update_container(page["/Annots"])
    return _written(writer)


def _written(writer):
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def _empty_revision(pdf):
    last = pdf.rfind(b"startxref")
    return pdf + b"\n" + pdf[last:]


def _object_nobody_names(pdf):
    """A whole object between the last revision's end and a copy of its ending."""
    last = pdf.rfind(b"startxref")
    return pdf + b"\n4 0 obj\n<</Type/Page>>\nendobj\n" + pdf[last:]


def _changed_text(pdf):
    place = pdf.index(b"/MediaBox")
    return pdf[:place] + pdf[place:].replace(b"842", b"841", 1)


def _padding_used(pdf):
    """Data hidden in the unsigned zeros behind the last signature."""
    signature = PdfFileReader(io.BytesIO(pdf)).embedded_signatures[-1]
    end = int(signature.byte_range[2])
    return pdf[: end - 9] + b"41424344" + pdf[end - 1:]


def _new_info(pdf):
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    writer.set_info(generic.DictionaryObject({generic.pdf_name("/Title"): generic.pdf_string("Khác")}))
    return _written(writer)


def _unused_object(pdf):
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    writer.add_object(generic.DictionaryObject({generic.pdf_name("/Secret"): generic.pdf_string("x")}))
    return _written(writer)


def _signature_field(pdf):
    """A visible signature field, which pyHanko's own policy lets pass."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    fields.append_signature_field(writer, fields.SigFieldSpec("che", box=(90, 300, 500, 750)))
    return _written(writer)


TAMPERINGS = [
    (_changed_text, "altered"), (_padding_used, "range"), (_with_note, "changed_after"),
    (_with_field, "changed_after"), (_new_info, "changed_after"), (_unused_object, "changed_after"),
    (_signature_field, "changed_after"), (_empty_revision, "changed_after"),
    (_object_nobody_names, "changed_after"), (lambda pdf: pdf + b"%PDF", "changed_after"),
    (lambda pdf: pdf + bytes(1), "changed_after"), (lambda pdf: pdf + b"\n% note\n", "changed_after"),
]


@pytest.mark.parametrize(("tamper", "problem"), TAMPERINGS, ids=lambda value: getattr(value, "__name__", value))
def test_nd_30_21_2_a_a_tampered_document_is_red(signer, issued, tamper, problem):
    tampered = tamper(issued)
    assert tampered != issued
    reports = signer.verify(tampered)
    assert problem in reports[-1]["problems"]
    assert judge(reports, sender_code=OFFICE, signer_name=NAME)["color"] == "red"


def test_a_change_between_the_two_signatures_is_red(folder, signer, led):
    sealed = _elsewhere(folder, _with_note(led), SEAL)
    leader, agency = signer.verify(sealed)
    assert (leader["problems"], agency["problems"]) == (["changed_after"], [])
    assert _judged(signer, sealed)["color"] == "red"


def test_the_range_of_a_signature_ends_at_its_contents(signer, letter):
    """A gap one byte wider hides a byte from the digest; the digest itself is right."""
    prepared = signer.prepare(letter, key=LEADER, kind="leader", reason="", at=datetime.now(UTC),
                              label=LABEL)["prepared"]
    asked = signer.prepare(letter, key=LEADER, kind="leader", reason="", at=datetime.now(UTC), label=LABEL)
    prepared, start, end = asked["prepared"], asked["start"], asked["end"]
    old = b"[0 %d %d %d]" % (start, end, len(prepared) - end)
    new = b"[0 %d %d %d]" % (start, end + 1, len(prepared) - end - 1)
    assert prepared.count(old) == 1 and len(old) == len(new)
    wide = prepared.replace(old, new)
    signed = _signed_by_hand(signer, wide, start, end)
    report = signer.verify(signed)[0]
    assert report["intact"] and "range" in report["problems"]


def _signed_by_hand(signer, wide, start, end):
    import asyncio
    import hashlib

    from pyhanko.sign.signers.pdf_cms import SimpleSigner

    pair = SimpleSigner.load_pkcs12(signer.folder / "person-thao.p12", passphrase=PIN.encode())
    digest = hashlib.sha256(wide[:start] + wide[end + 1:]).digest()
    message = asyncio.run(pair.async_sign(digest, "sha256", use_pades=True, timestamper=signer._time_stamper()))
    digits = message.dump().hex().encode()
    return wide[: start + 1] + digits + wide[start + 1 + len(digits):]


def test_validation_data_may_be_added_later(signer, folder, led):
    """Another party's DSS after the last signature changes nothing."""
    from pyhanko.sign.validation.dss import DocumentSecurityStore

    bare = _elsewhere(folder, led, SEAL)
    output = io.BytesIO(bare)
    DocumentSecurityStore.add_dss(output, None, certs=signer._chain(), force_write=True)
    assert output.getvalue() != bare
    assert [r["problems"] for r in signer.verify(output.getvalue())] == [[], []]


# --- certificates


def test_art_3_3_another_agencys_seal_is_red(signer, led):
    sealed = _sign(signer, led, FOREIGN_SEAL, "agency")
    assert signer.verify(sealed)[1]["problems"] == []
    assert _judged(signer, sealed)["color"] == "red"
    assert _judged(signer, sealed, sender=OTHER)["color"] == "amber"  # the leader is not that agency's


def test_art_3_3_b_an_officer_instead_of_the_leader_is_not_green(signer, letter):
    signed = _sign(signer, _sign(signer, letter, "person:chuyen", "leader"), SEAL, "agency")
    assert _judged(signer, signed)["color"] == "amber"


def test_art_9_1_d_a_document_signed_in_the_wrong_order_is_red(folder, signer, letter):
    swapped = _elsewhere(folder, _elsewhere(folder, letter, SEAL), LEADER)
    assert [r["problems"] for r in signer.verify(swapped)] == [[], []]
    assert _judged(signer, swapped)["color"] == "red"


def test_a_certificate_revoked_before_signing_is_red(folder, signer, letter):
    signed = _elsewhere(folder, letter, "person:mat")
    report = signer.verify(signed)[0]
    assert (report["revoked"], report["problems"]) == (True, ["revoked"])


def test_a_certificate_revoked_after_the_proven_time_still_proves(folder, signer, letter):
    signed = _elsewhere(folder, letter, "person:muon")
    pki.revoke(folder, "person-muon", datetime.now(UTC) + timedelta(minutes=2))
    later = datetime.now(UTC) + timedelta(days=1)
    assert signer.verify(signed, at=later)[0]["problems"] == []
    unstamped = _elsewhere(folder, letter, "person:muon", stamped=False)
    assert "revoked" in signer.verify(unstamped, at=later)[0]["problems"]


def test_a_certificate_expired_at_the_proven_time_is_red(folder, signer, letter):
    report = signer.verify(_elsewhere(folder, letter, "person:het"))[0]
    assert (report["expired"], report["trusted"], report["problems"]) == (True, True, ["expired"])


def test_a_certificate_of_an_unknown_authority_is_red(signer, letter, tmp_path):
    pki.make_demo(tmp_path, AGENCIES[:1], [_person("thao", NAME)], PIN)
    stranger = Signer(tmp_path)
    signed = _sign(stranger, _sign(stranger, letter, LEADER, "leader"), SEAL, "agency")
    assert _judged(stranger, signed)["color"] == "green"
    for report in signer.verify(signed):
        assert report["intact"] and not report["trusted"] and "untrusted" in report["problems"]
    assert _judged(signer, signed)["color"] == "red"


def test_a_time_stamp_of_an_unknown_authority_proves_no_time(folder, signer, letter, tmp_path):
    pki.make_demo(tmp_path, [], [], PIN)
    for name in ("tsa.pem", "tsa.key"):
        (tmp_path / name).rename(tmp_path / f"strange-{name}")
    mixed = tmp_path / "mixed"
    shutil.copytree(folder, mixed)
    for name in ("tsa.pem", "tsa.key"):
        shutil.copy(tmp_path / f"strange-{name}", mixed / name)
    report = signer.verify(_elsewhere(mixed, letter, LEADER))[0]
    assert (report["time_source"], report["problems"]) == ("claimed", ["time_untrusted"])


def test_missing_revocation_data_is_never_green(folder, letter, tmp_path):
    shutil.copytree(folder / "trust", tmp_path / "trust")
    shutil.copytree(folder / "chain", tmp_path / "chain")
    without = Signer(tmp_path)
    signed = _elsewhere(folder, letter, SEAL)
    report = without.verify(signed)[0]
    assert (report["revoked"], report["trusted"]) == (None, True)
    assert "revocation_unknown" in report["problems"]
    assert judge([report], sender_code=OFFICE, signer_name=None)["color"] == "amber"


def test_the_files_own_validation_data_is_enough(folder, issued, tmp_path):
    """PAdES B-LT: the receiver needs the root alone."""
    shutil.copytree(folder / "trust", tmp_path / "trust")
    assert [r["problems"] for r in Signer(tmp_path).verify(issued)] == [[], []]


def test_nd_68_29_without_a_time_stamp_the_time_is_only_claimed(folder, signer, letter):
    report = signer.verify(_elsewhere(folder, letter, SEAL, stamped=False))[0]
    assert report["problems"] == ["time_unproven"] and report["intact"] and report["trusted"]
    assert judge([report], sender_code=OFFICE, signer_name=None)["color"] == "amber"


# --- files that cannot be signed or read


def test_a_form_or_a_script_is_not_signed(signer, led, letter):
    scripted = IncrementalPdfFileWriter(io.BytesIO(letter))
    scripted.root["/OpenAction"] = generic.DictionaryObject({
        generic.pdf_name("/S"): generic.pdf_name("/JavaScript"), generic.pdf_name("/JS"): generic.pdf_string("1")})
    scripted.update_root()
    layered = IncrementalPdfFileWriter(io.BytesIO(letter))
    layered.root["/OCProperties"] = generic.DictionaryObject()
    layered.update_root()
    for pdf in (_written(scripted), _written(layered), _with_field(led)):
        with pytest.raises(NotSignable):
            _sign(signer, pdf, LEADER, "leader")


@pytest.mark.parametrize("pdf", [b"", b"%PDF-1.7\n", b"PK\3\4 not a PDF", bytes(1000)])
def test_what_is_no_pdf_is_not_signed_and_never_green(signer, pdf):
    with pytest.raises(NotSignable):
        _sign(signer, pdf, LEADER, "leader")
    assert _judged(signer, pdf)["color"] == "red"


def test_a_document_without_signatures_has_none(signer, letter):
    assert signer.verify(letter) == []


def test_a_truncated_document_is_never_green(signer, issued):
    for part in range(1, 24):
        assert _judged(signer, issued[: len(issued) * part // 24])["color"] != "green"


def test_an_encrypted_document_is_neither_signed_nor_believed(signer, letter):
    from pyhanko.pdf_utils.writer import copy_into_new_writer

    writer = copy_into_new_writer(PdfFileReader(io.BytesIO(letter)))
    writer.encrypt("secret", "secret")
    locked = _written(writer)
    with pytest.raises(NotSignable):
        _sign(signer, locked, LEADER, "leader")
    assert _judged(signer, locked)["color"] == "amber"
