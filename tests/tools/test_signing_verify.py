"""Verifying: every tampering we know, every faulty certificate; no verdict better than the truth."""

import asyncio
import io
import shutil
from datetime import UTC, datetime, timedelta

import faulty_pki
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields
from pyhanko.sign.signers import PdfTimeStamper
from signing_world import (
    AGENCIES,
    FOREIGN_SEAL,
    LABEL,
    LEADER,
    NAME,
    OFFICE,
    OTHER,
    PIN,
    SEAL,
    elsewhere,
    judged,
    opened,
    person,
    sign,
    with_field,
    with_note,
    written,
)

from app.regulation.verdict import judge
from app.tools import pki
from app.tools.signing import (
    NotSignable,
    Signer,
)
from app.tools.signing_archive import lengthen
from app.tools.signing_trust import Trust
from app.tools.signing_verify import verify

# --- tampering: no verdict better than the truth


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
    return written(writer)


def _unused_object(pdf):
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    writer.add_object(generic.DictionaryObject({generic.pdf_name("/Secret"): generic.pdf_string("x")}))
    return written(writer)


def _signature_field(pdf):
    """A visible signature field, which pyHanko's own policy lets pass."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    fields.append_signature_field(writer, fields.SigFieldSpec("che", box=(90, 300, 500, 750)))
    return written(writer)


TAMPERINGS = [
    (_changed_text, "altered"), (_padding_used, "range"), (with_note, "changed_after"),
    (with_field, "changed_after"), (_new_info, "changed_after"), (_unused_object, "changed_after"),
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


def test_a_change_between_the_two_signatures_is_red(pki_folder, signer, led):
    sealed = elsewhere(pki_folder, with_note(led), SEAL)
    leader, agency = signer.verify(sealed)
    # the note names a font that the page has not
    assert (leader["problems"], agency["problems"], agency["shows"]) == (["changed_after"], ["active"], "/F1")
    assert judged(signer, sealed)["color"] == "red"


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
    import hashlib

    pair = opened(signer.folder, LEADER)
    digest = hashlib.sha256(wide[:start] + wide[end + 1:]).digest()
    message = asyncio.run(pair.async_sign(digest, "sha256", use_pades=True, timestamper=signer.prover.time_stamper()))
    digits = message.dump().hex().encode()
    return wide[: start + 1] + digits + wide[start + 1 + len(digits):]


def test_validation_data_may_be_added_later(signer, pki_folder, led):
    """Another party's DSS after the last signature changes nothing."""
    from pyhanko.sign.validation.dss import DocumentSecurityStore

    bare = elsewhere(pki_folder, led, SEAL)
    output = io.BytesIO(bare)
    DocumentSecurityStore.add_dss(output, None, certs=signer._chain(), force_write=True)
    assert output.getvalue() != bare
    assert [r["problems"] for r in signer.verify(output.getvalue())] == [[], []]


# --- certificates


def test_art_3_3_another_agencys_seal_is_red(signer, led):
    sealed = sign(signer, led, FOREIGN_SEAL, "agency")
    assert signer.verify(sealed)[1]["problems"] == []
    assert judged(signer, sealed)["color"] == "red"
    assert judged(signer, sealed, sender=OTHER)["color"] == "amber"  # the leader is not that agency's


def test_art_3_3_b_an_officer_instead_of_the_leader_is_not_green(signer, letter):
    signed = sign(signer, sign(signer, letter, "person:chuyen", "leader"), SEAL, "agency")
    assert judged(signer, signed)["color"] == "amber"


def test_art_9_1_d_a_document_signed_in_the_wrong_order_is_red(pki_folder, signer, letter):
    swapped = elsewhere(pki_folder, elsewhere(pki_folder, letter, SEAL), LEADER)
    assert [r["problems"] for r in signer.verify(swapped)] == [[], []]
    assert judged(signer, swapped)["color"] == "red"


def test_a_certificate_revoked_before_signing_is_red(pki_folder, signer, letter):
    signed = elsewhere(pki_folder, letter, "person:mat")
    report = signer.verify(signed)[0]
    assert (report["revoked"], report["problems"]) == (True, ["revoked"])


def test_a_certificate_revoked_after_the_proven_time_still_proves(pki_folder, signer, letter):
    signed = elsewhere(pki_folder, letter, "person:muon")
    pki.revoke(pki_folder, "person-muon", datetime.now(UTC) + timedelta(minutes=2))
    later = datetime.now(UTC) + timedelta(days=1)
    assert signer.verify(signed, at=later)[0]["problems"] == []
    unstamped = elsewhere(pki_folder, letter, "person:muon", stamped=False)
    assert "revoked" in signer.verify(unstamped, at=later)[0]["problems"]


def test_an_old_list_in_the_file_does_not_hide_a_revocation_we_know(pki_folder, signer, letter):
    signed = sign(signer, letter, "person:lui", "leader")
    assert signer.verify(signed)[0]["problems"] == []
    pki.revoke(pki_folder, "person-lui", datetime.now(UTC) - timedelta(days=1))
    assert signer.verify(signed)[0]["problems"] == ["revoked"]


def test_a_certificate_expired_at_the_proven_time_is_red(pki_folder, signer, letter):
    report = signer.verify(elsewhere(pki_folder, letter, "person:het"))[0]
    assert (report["expired"], report["trusted"], report["problems"]) == (True, True, ["expired"])


def test_a_certificate_of_an_unknown_authority_is_red(signer, letter, tmp_path):
    pki.make_demo(tmp_path, AGENCIES[:1], [person("thao", NAME)], PIN)
    stranger = Signer(tmp_path)
    signed = sign(stranger, sign(stranger, letter, LEADER, "leader"), SEAL, "agency")
    assert judged(stranger, signed)["color"] == "green"
    for report in signer.verify(signed):
        assert report["intact"] and not report["trusted"] and "untrusted" in report["problems"]
    assert judged(signer, signed)["color"] == "red"


def test_nd_68_31_a_certificate_whose_life_has_not_begun_is_told_so_and_not_as_expired(
        pki_folder, signer, letter, tmp_path):
    folder, now = shutil.copytree(pki_folder, tmp_path / "pki"), datetime.now(UTC)
    name = pki.person_subject("Vũ Sắp Đến", OFFICE, AGENCIES[0]["name"], "Giám đốc")
    pki.issue(folder, "person-den", name, PIN, now + timedelta(days=2), now + timedelta(days=300))
    coming = Signer(folder).verify(elsewhere(folder, letter, "person:den"))[0]
    assert (coming["expired"], coming["trusted"], coming["problems"]) == (False, True, ["not_yet_valid"])
    early = verify(elsewhere(pki_folder, letter, LEADER), Trust.of(pki_folder), now - timedelta(days=4000))[0]
    assert {"not_yet_valid", "time_untrusted"} <= set(early["problems"]) and "expired" not in early["problems"]


@pytest.mark.parametrize(("name", "wanted"), [
    ("right root", []), ("root past its life", ["untrusted"]), ("root that is no authority", ["untrusted"]),
    ("root for servers", ["untrusted"]), ("authority for servers", ["untrusted"]), ("authority for mail", [])])
def test_nd_68_32_an_authority_counts_in_its_time_and_for_its_purpose(pki_folder, letter, tmp_path, name, wanted):
    """The key itself is right; its authority is past its life, or is none, or one for other keys."""
    folder = tmp_path / "pki"
    shutil.copytree(pki_folder, folder)
    authority, is_root = faulty_pki.authorities(folder)[name]
    faulty_pki._person(folder, authority, "moi")
    place = folder / ("trust" if is_root else "chain") / "new.pem"
    place.write_bytes(authority.certificate.public_bytes(Encoding.PEM))
    (folder / "crl/new.crl").write_bytes(faulty_pki.listed(authority))
    assert Signer(folder).verify(elsewhere(folder, letter, "person:moi"))[0]["problems"] == wanted


def test_a_time_stamp_of_an_unknown_authority_proves_no_time(pki_folder, signer, letter, tmp_path):
    pki.make_demo(tmp_path, [], [], PIN)
    for name in ("tsa.pem", "tsa.key"):
        (tmp_path / name).rename(tmp_path / f"strange-{name}")
    mixed = tmp_path / "mixed"
    shutil.copytree(pki_folder, mixed)
    for name in ("tsa.pem", "tsa.key"):
        shutil.copy(tmp_path / f"strange-{name}", mixed / name)
    report = signer.verify(elsewhere(mixed, letter, LEADER))[0]
    assert (report["time_source"], report["problems"]) == ("claimed", ["time_untrusted"])


@pytest.mark.parametrize("old, new", [
    (b"/ETSI.CAdES.detached", b"/ETSI.CAdES.detachex"), (b"/Type /Sig\n", b"/Type /Foo\n")])
def test_s10_a_signature_of_an_unknown_kind_is_not_passed_over(pki_folder, signer, letter, old, new):
    """Its bytes are as they were signed by the next one: only its kind is none that anybody reads."""
    by_leader = elsewhere(pki_folder, letter, LEADER)
    assert by_leader.count(old) == 1 and len(old) == len(new)
    pdf = elsewhere(pki_folder, by_leader.replace(old, new), SEAL)
    reports = signer.verify(pdf)
    assert [one["problems"] for one in reports] == [["unreadable"], []] and reports[0]["field"]
    assert judged(signer, pdf)["color"] == "red"


def test_s10_a_stamp_over_the_whole_file_is_judged_too(pki_folder, signer, issued, tmp_path):
    good = lengthen(signer, issued, datetime.now(UTC))
    assert [one["problems"] for one in signer.verify(good)] == [[], []]
    stamp = next(one for one in PdfFileReader(io.BytesIO(good)).embedded_signatures
                 if one.sig_object_type == "/DocTimeStamp")
    place = int(stamp.byte_range[1]) + 400  # within the token, in hexadecimal
    broken = good[:place] + (b"0" if good[place:place + 1] != b"0" else b"1") + good[place + 1:]
    assert {"unreadable", "altered"} & set(signer.verify(broken)[-1]["problems"])
    pki.make_demo(tmp_path / "other", [], [], PIN)
    output = io.BytesIO()
    asyncio.run(PdfTimeStamper(Signer(tmp_path / "other").prover.time_stamper()).async_timestamp_pdf(
        IncrementalPdfFileWriter(io.BytesIO(issued), strict=False), "sha256", output=output))
    assert signer.verify(output.getvalue())[-1]["problems"] == ["time_untrusted"]


def test_missing_revocation_data_is_never_green(pki_folder, letter, tmp_path):
    shutil.copytree(pki_folder / "trust", tmp_path / "trust")
    shutil.copytree(pki_folder / "chain", tmp_path / "chain")
    without = Signer(tmp_path)
    signed = elsewhere(pki_folder, letter, SEAL)
    report = without.verify(signed)[0]
    assert (report["revoked"], report["trusted"]) == (None, True)
    assert "revocation_unknown" in report["problems"]
    assert judge([report], sender_code=OFFICE, signer_name=None)["color"] == "amber"


def test_the_files_own_validation_data_is_enough(pki_folder, issued, tmp_path):
    """PAdES B-LT: the receiver needs the root alone."""
    shutil.copytree(pki_folder / "trust", tmp_path / "trust")
    assert [r["problems"] for r in Signer(tmp_path).verify(issued)] == [[], []]


def test_nd_68_29_without_a_time_stamp_the_time_is_only_claimed(pki_folder, signer, letter):
    report = signer.verify(elsewhere(pki_folder, letter, SEAL, stamped=False))[0]
    assert report["problems"] == ["time_unproven"] and report["intact"] and report["trusted"]
    assert judge([report], sender_code=OFFICE, signer_name=None)["color"] == "amber"


# --- files without signatures, or that cannot be read


def test_a_document_without_signatures_has_none(signer, letter):
    assert signer.verify(letter) == []


def test_a_truncated_document_is_never_green(signer, issued):
    for part in range(1, 24):
        assert judged(signer, issued[: len(issued) * part // 24])["color"] != "green"


def test_an_encrypted_document_is_neither_signed_nor_believed(signer, letter):
    from pyhanko.pdf_utils.writer import copy_into_new_writer

    writer = copy_into_new_writer(PdfFileReader(io.BytesIO(letter)))
    writer.encrypt("secret", "secret")
    locked = written(writer)
    with pytest.raises(NotSignable):
        sign(signer, locked, LEADER, "leader")
    assert judged(signer, locked)["color"] == "amber"
