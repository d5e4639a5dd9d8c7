"""The signature of an edXML packet itself: what makes it count, and every way to wrap, weaken or borrow it (S8)."""

import base64
import hmac
import json
import re
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

import faulty_pki
import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from edxml_world import build, files, read, sample
from lxml import etree
from signing_world import AGENCIES, OFFICE, OTHER, PIN, SEAL, system_key

from app.cli import cli
from app.regulation.signature_register import Registered, register
from app.regulation.signature_report import of_packet
from app.tools import edxml, pki
from app.tools.edxml_signature import DS, PacketKeyWrong, is_signed, sign, verify
from app.tools.signing import Signer
from app.tools.signing_trust import Trust

NOW = datetime.now(UTC)
EDXML = "http://www.mic.gov.vn/TBT/QCVN_102_2016"


@pytest.fixture(scope="module")
def keys(pki_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("packets") / "pki"
    shutil.copytree(pki_folder, folder)
    faulty_pki.make(folder)
    return folder


@pytest.fixture(scope="module")
def packet():
    """From the office whose key signs."""
    return build(from_={"organ_id": OFFICE, "organ_name": AGENCIES[0]["name"]})


@pytest.fixture(scope="module")
def signed(keys, packet):
    return sign(packet, system_key(keys, f"agency-{OFFICE}"))


@pytest.fixture(scope="module")
def trust(keys):
    return Trust.of(keys)


def problems(data, trust, at=NOW):
    return verify(data, trust, at)["problems"]


def codes(data, trust, known=(), sender=OFFICE):
    return [one["code"] for one in of_packet(data, trust, list(known), sender=sender, at=NOW)["reasons"]]


def edited(data, change):
    """The packet after `change(root)`, which may give another root."""
    root = etree.fromstring(data)
    other = change(root)
    return etree.tostring(root if other is None else other, xml_declaration=True, encoding="UTF-8")


def one(root, name):
    return root.find(f".//{{{DS}}}{name}")


def signed_anew(keys, data, change):
    """As if the agency itself had signed this SignedInfo: its value is right for whatever it says."""
    def resign(root):
        change(root)
        key = load_pem_private_key(system_key(keys, f"agency-{OFFICE}").read_bytes(), None)
        told = etree.tostring(one(root, "SignedInfo"), method="c14n", exclusive=True)
        value = key.sign(told, padding.PKCS1v15(), hashes.SHA256())
        one(root, "SignatureValue").text = base64.b64encode(value).decode()

    return edited(data, resign)


def test_a_packet_signed_by_its_sender_is_told_so_and_is_read_as_before(signed, packet, trust, keys):
    report = verify(signed, trust, NOW)
    assert (report["problems"], report["organisation_code"], report["is_agency"]) == ([], OFFICE, True)
    assert (report["intact"], report["trusted"], report["revoked"], report["algorithm"]) == (
        True, True, False, "rsa sha256")
    assert codes(signed, trust) == ["packet_by_code"] and is_signed(signed)
    assert read(signed) == read(packet)
    assert sign(packet, system_key(keys, f"agency-{OFFICE}")) == signed  # sent again, it is the same packet
    namespaces = {etree.QName(node).namespace for node in one(etree.fromstring(signed), "Signature").iter()}
    assert namespaces == {DS}


def test_a_packet_without_a_signature_or_with_the_dummy_of_the_samples_stays_as_it_was(trust, packet):
    dummy = sample().replace("</edXML:edXMLHeader>", f'<Signature xmlns="{EDXML}"><SignatureValue>AA=='
                             "</SignatureValue></Signature><edXML:DigitalSignature/></edXML:edXMLHeader>", 1)
    for data in (packet, dummy.encode()):
        assert verify(data, trust, NOW) is None and of_packet(data, trust, [], sender="H38", at=NOW) is None
    assert read(dummy).subject == read(sample()).subject


# --- wrapping: what is read is what was signed


def other_words(root):
    root.find(f".//{{{EDXML}}}Subject").text = "Về việc chuyển tiền"


def other_file(root):
    root.find(f".//{{{EDXML}}}ContentTransferEncoded").text = base64.b64encode(b"%PDF-1.7 other").decode()


def wrapped_whole(root):
    """The signed packet, whole, inside another packet that is read instead of it."""
    fresh = etree.fromstring(etree.tostring(root))
    other_words(fresh)
    header = fresh.find(f".//{{{EDXML}}}edXMLHeader")
    header.remove(one(fresh, "Signature"))
    header.append(root)
    return fresh


def moved_with_its_signature(root):
    """The signature taken out to the root, a second header before the signed one."""
    root.append(one(root, "Signature"))


def in_the_body(root):
    root.find(f".//{{{EDXML}}}edXMLBody").append(one(root, "Signature"))


def twice(root):
    root.find(f".//{{{EDXML}}}edXMLHeader").append(etree.fromstring(etree.tostring(one(root, "Signature"))))


def same_id(root):
    for name in ("Subject", "Content"):
        root.find(f".//{{{EDXML}}}{name}").set("Id", "x")


def comment_in_a_value(root):
    node = root.find(f".//{{{EDXML}}}OrganId")
    node.text, rest = node.text[:2], node.text[2:]
    node.append(etree.Comment("x"))
    node[0].tail = rest


def instruction(root):
    root.find(f".//{{{EDXML}}}Subject").append(etree.ProcessingInstruction("x", "y"))


def with_object(root):
    holder = etree.SubElement(one(root, "Signature"), f"{{{DS}}}Object")
    holder.append(etree.fromstring(etree.tostring(root.find(f".//{{{EDXML}}}Subject"))))


def comment_in_the_digest(root):
    node = one(root, "DigestValue")
    node.append(etree.Comment("x"))


def foreign_part_of_the_reference(root):
    etree.SubElement(one(root, "Reference"), "{urn:x}Evil")


def foreign_part_of_the_key(root):
    etree.SubElement(one(root, "X509Data"), f"{{{DS}}}Evil")


@pytest.mark.parametrize(("attack", "problem"), [
    (foreign_part_of_the_reference, "wrapped"), (foreign_part_of_the_key, "altered"),
    (other_words, "altered"), (other_file, "altered"), (wrapped_whole, "wrapped"),
    (moved_with_its_signature, "wrapped"), (in_the_body, "wrapped"), (twice, "wrapped"), (same_id, "wrapped"),
    (comment_in_a_value, "wrapped"), (instruction, "wrapped"), (with_object, "wrapped"),
    (comment_in_the_digest, "wrapped")], ids=lambda value: getattr(value, "__name__", value))
def test_s8_what_was_moved_or_put_around_a_signature_is_refused(signed, trust, attack, problem):
    attacked = edited(signed, attack)
    assert problem in problems(attacked, trust) and codes(attacked, trust) == ["packet_false"]


def uri(value):
    return lambda root: one(root, "Reference").set("URI", value)


def no_uri(root):
    del one(root, "Reference").attrib["URI"]


def part_only(root):
    """The agency signed one part by its Id: the rest could be anything."""
    part = root.find(f".//{{{EDXML}}}Subject")
    part.set("Id", "part")
    one(root, "Reference").set("URI", "#part")
    one(root, "DigestValue").text = base64.b64encode(
        sha256(etree.tostring(part, method="c14n", exclusive=True)).digest()).decode()


def two_references(root):
    reference = one(root, "Reference")
    one(root, "SignedInfo").append(etree.fromstring(etree.tostring(reference)))


def no_reference(root):
    one(root, "SignedInfo").remove(one(root, "Reference"))


def transform(algorithm, inner=""):
    def change(root):
        found = one(root, "Transforms")
        found[1].set("Algorithm", algorithm)
        if inner:
            found[1].append(etree.fromstring(inner))
    return change


def not_enveloped(root):
    one(root, "Transforms").remove(one(root, "Transforms")[0])


def method(value):
    return lambda root: one(root, "SignatureMethod").set("Algorithm", value)


def digest(value):
    return lambda root: one(root, "DigestMethod").set("Algorithm", value)


_STYLE = ('<xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform" version="1.0"><xsl:template match="/">'
          '<x/></xsl:template></xsl:stylesheet>')
_PATH = f'<XPath xmlns="{DS}">not(ancestor-or-self::Subject)</XPath>'


@pytest.mark.parametrize(("change", "problem"), [
    (uri("#nothing"), "wrapped"), (uri("http://127.0.0.1:1/x.xml"), "wrapped"), (uri("file:///etc/passwd"), "wrapped"),
    (uri("#xpointer(/)"), "wrapped"), (no_uri, "wrapped"), (part_only, "wrapped"), (two_references, "wrapped"),
    (no_reference, "wrapped"), (not_enveloped, "wrapped"),
    (transform("http://www.w3.org/TR/1999/REC-xslt-19991116", _STYLE), "wrapped"),
    (transform("http://www.w3.org/TR/1999/REC-xpath-19991116", _PATH), "wrapped"),
    (transform("http://www.w3.org/2002/06/xmldsig-filter2"), "wrapped"), (transform(f"{DS}base64"), "wrapped"),
    (transform("http://www.w3.org/2001/10/xml-exc-c14n#WithComments"), "wrapped"),
    (method(f"{DS}rsa-sha1"), "weak"), (digest(f"{DS}sha1"), "weak"),
    (digest("http://www.w3.org/2001/04/xmldsig-more#md5"), "weak"),
    (method("http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"), "weak"),
    (method("http://www.w3.org/2009/xmldsig11#dsa-sha256"), "weak"), (method("none"), "weak")])
def test_s8_only_the_whole_packet_signed_with_strong_algorithms_counts(keys, signed, trust, change, problem):
    """Even where the key of the agency itself stands behind the shape."""
    assert problems(signed_anew(keys, signed, lambda root: None), trust) == []
    attacked = signed_anew(keys, signed, change)
    assert problems(attacked, trust) == [problem] and codes(attacked, trust) == ["packet_false"]


def test_s8_a_public_key_is_no_secret_of_a_hmac(keys, signed, trust):
    """The value is right for a HMAC whose secret is what everybody knows: the certificate's public key."""
    def forge(root):
        other_words(root)
        method("http://www.w3.org/2001/04/xmldsig-more#hmac-sha256")(root)
        key = load_pem_private_key(system_key(keys, f"agency-{OFFICE}").read_bytes(), None)
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        told = etree.tostring(one(root, "SignedInfo"), method="c14n", exclusive=True)
        one(root, "SignatureValue").text = base64.b64encode(hmac.digest(public, told, "sha256")).decode()

    assert problems(edited(signed, forge), trust) == ["weak"]


# --- whose key it is


def test_s8_a_key_that_the_packet_brings_along_is_believed_only_under_our_roots(keys, packet, trust, tmp_path):
    pki.make_demo(tmp_path, AGENCIES, [], PIN)
    by_stranger = sign(packet, system_key(tmp_path, f"agency-{OFFICE}"))
    assert problems(by_stranger, trust) == ["untrusted"] and codes(by_stranger, trust) == ["packet_false"]

    def bare_key(root):
        held = one(root, "KeyInfo")
        held.remove(one(root, "X509Data"))
        etree.SubElement(held, f"{{{DS}}}KeyName").text = "x"

    assert problems(edited(by_stranger, bare_key), trust) == ["unreadable"]


def test_s8_a_certificate_put_in_or_a_signature_of_another_packet_does_not_fit(keys, signed, packet, trust):
    def swapped(root):
        one(root, "X509Certificate").text = base64.b64encode(faulty_pki.der(keys, f"agency-{OTHER}")).decode()

    assert problems(edited(signed, swapped), trust) == ["altered"]
    other = sign(build(from_={"organ_id": OFFICE}, subject="Khác"), system_key(keys, f"agency-{OFFICE}"))

    def grafted(root):
        mine = one(root, "Signature")
        mine.getparent().replace(mine, one(etree.fromstring(other), "Signature"))

    assert problems(edited(signed, grafted), trust) == ["altered"]


def test_art_3_3_the_key_is_of_the_sending_agency_and_no_persons(keys, packet, signed, trust, tmp_path):
    for stem in (f"agency-{OTHER}", "person-thao"):
        borrowed = sign(packet, system_key(keys, stem))
        assert problems(borrowed, trust) == [] and codes(borrowed, trust) == ["packet_other_agency"], stem
    known = register(faulty_pki.trust(keys, tmp_path / "trust", ["thao"]))
    assert codes(signed, trust, known) == []
    mine = next(one for one in known if OFFICE in one.codes).certificates[0]
    for those, wanted in (((Registered("0" * 64),), "packet_by_code"), (None, "packet_by_code"),
                          ((replace(mine, until=date(2020, 1, 1)),), "packet_other_days")):
        given = [replace(one, certificates=those) for one in known if OFFICE in one.codes]
        assert codes(signed, trust, given) == [wanted]
    others = [replace(one, certificates=(mine,)) for one in known if OTHER in one.codes]
    assert codes(signed, trust, others) == ["packet_other_agency"]


@pytest.mark.parametrize(("stem", "problem"), [
    ("het", "expired"), ("mat", "revoked"), ("weak", "weak"), ("server", "purpose"), ("authority", "purpose"),
    ("orphan", "untrusted"), ("lookalike", "untrusted")])
def test_nd_68_a_faulty_certificate_of_a_packet_is_told(keys, packet, trust, stem, problem):
    try:
        data = sign(packet, system_key(keys, f"person-{stem}"))
    except PacketKeyWrong:
        assert stem == "weak"  # our own hand refuses such a key
        return
    assert problem in problems(data, trust) and codes(data, trust) == ["packet_false"]


def test_nd_23_16_what_is_not_known_of_revocation_is_told_and_makes_nothing_worse(signed, trust):
    bare = replace(trust, crls=[])
    assert problems(signed, bare) == ["revocation_unknown"] and codes(signed, bare) == ["packet_unproven"]
    assert "expired" in problems(signed, trust, NOW + timedelta(days=4000))
    early = problems(signed, trust, NOW - timedelta(days=4000))
    assert "not_yet_valid" in early and "expired" not in early


def test_s3_a_hostile_packet_gives_no_more_than_an_answer(trust, signed):
    for data in (b"", b"<x/>", b"\xff\xfe", signed[: len(signed) // 2],
                 b"<!DOCTYPE x [<!ENTITY e 'x'>]>" + signed.partition(b"?>")[2]):
        assert verify(data, trust, NOW) is None
    nothing = re.sub(rb"<ds:Signature .*</ds:Signature>", b'<ds:Signature xmlns:ds="%s"/>' % DS.encode(), signed,
                     flags=re.S)
    assert problems(nothing, trust) == ["unreadable"]


# --- the key of the agency's system, the command


def test_an_agency_signs_its_packets_where_it_has_a_key_for_them(keys, packet, trust, tmp_path):
    signer = Signer(keys, packet_keys=tmp_path)
    assert signer.sign_packet(packet, OFFICE) == packet
    shutil.copy(system_key(keys, f"agency-{OFFICE}"), tmp_path / f"{OFFICE}.pem")
    assert problems(signer.sign_packet(packet, OFFICE), trust) == []
    assert signer.sign_packet(packet, OTHER) == packet
    for wrong in (b"", b"x", system_key(keys, f"agency-{OTHER}").read_bytes().partition(b"-----BEGIN CERT")[0]
                  + (keys / f"agency-{OFFICE}.pem").read_bytes()):
        (tmp_path / f"{OFFICE}.pem").write_bytes(wrong)
        with pytest.raises(PacketKeyWrong):
            signer.sign_packet(packet, OFFICE)


def test_the_command_tells_the_signature_and_holds_a_packet_with_a_false_one(keys, signed, packet, tmp_path):
    folder = faulty_pki.trust(keys, tmp_path / "trust", ["thao"])

    def check(data):
        (tmp_path / "a.edxml").write_bytes(data)
        done = CliRunner().invoke(cli, ["edxml", "check", str(tmp_path / "a.edxml"), "--trust", str(folder), "--json"])
        assert done.exit_code == 0, done.output
        return json.loads(done.output)

    plain, good, bad = check(packet), check(signed), check(edited(signed, other_words))
    assert plain["outcome"] == good["outcome"] and plain["fields"]["signature"] is None
    assert good["fields"]["signature"]["organ_code"] == OFFICE
    assert (bad["outcome"], bad["code"]) == ("hold", "packet_false") and "gói tin" in bad["message"]
    assert bad["fields"]["signature"]["intact"] is False
    assert good["fields"]["signature"]["reasons"] == []
    pki.issue(keys, "agency-he-thong", pki.agency_subject(OFFICE, AGENCIES[0]["name"]), PIN, NOW - timedelta(days=9),
              NOW + timedelta(days=9))
    by_code, other = (check(sign(packet, system_key(keys, stem))) for stem in ("agency-he-thong", f"agency-{OTHER}"))
    assert by_code["outcome"] == good["outcome"] and by_code["code"] == good["code"]
    assert [one["code"] for one in by_code["fields"]["signature"]["reasons"]] == ["packet_by_code"]
    assert (other["outcome"], other["code"]) == ("hold", "packet_other_agency")
    strange = check(edited(signed, foreign_part_of_the_reference))
    assert (strange["outcome"], strange["code"]) == ("hold", "packet_false")


def test_an_attachment_longer_than_a_text_of_the_parser_is_signed_and_verified(keys, trust):
    header = read(build(from_={"organ_id": OFFICE})).header()
    data = edxml.build_document(header, files(read(sample())) + [
        {"name": "b.pdf", "media_type": "application/pdf", "data": sha256(b"x").digest() * 400_000}])
    large = edxml.build_document(header, [{"name": "b.bin", "media_type": "", "data": _random(12_000_000)}])
    for one_packet in (data, large):
        assert problems(sign(one_packet, system_key(keys, SEAL.replace(":", "-"))), trust) == []


def _random(count):
    import random

    return random.Random(7).randbytes(count)
