"""A small PKI, a letter, and hands that sign or alter it; fixtures and helpers of the tests of signing."""

import io
import json
from ctypes import c_uint8, c_ushort
from datetime import UTC, datetime, timedelta
from functools import cache

import pypdfium2 as pdfium
import pypdfium2.raw as raw
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers

from app.regulation.verdict import judge
from app.tools import appearance, pki
from app.tools.signing import Signer

PIN = "135790"
NAME = "Nguyễn Thị Phương Thảo"
OFFICE, OTHER = "H38.10", "H38.11"
AGENCIES = [{"code": OFFICE, "name": "Sở Nội vụ tỉnh Lào Cai"}, {"code": OTHER, "name": "Sở Tài chính"}]
LEADER, SEAL, FOREIGN_SEAL = "person:thao", f"agency:{OFFICE}", f"agency:{OTHER}"
#: digits of a signature: told, so that pyHanko does not sign once more, stamp and all, to learn them
ROOM = 32_768
LABEL = {"signer_name": NAME, "agency": AGENCIES[0]["name"]}


def person(username, name):
    return {"username": username, "full_name": name, "agency_code": OFFICE,
            "agency_name": AGENCIES[0]["name"], "position": "Giám đốc"}


@pytest.fixture(scope="session")
def pki_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pki")
    people = [person("thao", NAME), person("chuyen", "Phạm Văn Chuyên"), person("mat", "Lê Mất Khóa"),
              person("muon", "Lê Thu Hồi Muộn"), person("lui", "Lê Thu Hồi Lùi")]
    pki.make_demo(folder, AGENCIES, people, PIN)
    now = datetime.now(UTC)
    subject = pki.person_subject("Vũ Hết Hạn", OFFICE, AGENCIES[0]["name"], "Giám đốc")
    pki.issue(folder, "person-het", subject, PIN, now - timedelta(days=300), now - timedelta(days=2))
    pki.revoke(folder, "person-mat", now - timedelta(days=1))
    return folder


def system_key(folder, stem, pin=PIN):
    """A subscriber's key as an exchange system holds it for its packets: PEM, with its certificate."""
    key, certificate, _ = pkcs12.load_key_and_certificates((folder / f"{stem}.p12").read_bytes(), pin.encode())
    place = folder / f"{stem}.system.pem"
    place.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
                      + certificate.public_bytes(Encoding.PEM))
    return place


@pytest.fixture(scope="session")
def signer(pki_folder):
    return Signer(pki_folder)


@pytest.fixture(scope="session")
def letter():
    """A two-page letter with its signature block on the right of page 1 and an appendix after it."""
    return make_letter([[(90, 700, f"Báo cáo của bà {NAME} về kết quả thực hiện nhiệm vụ"),
                         (370, 400, "GIÁM ĐỐC"), (340, 310, NAME), (90, 400, "Nơi nhận:")],
                        [(90, 700, "Phụ lục I")]])


def make_letter(pages):
    document = pdfium.PdfDocument.new()
    data = appearance.font_file("serif").read_bytes()
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


def sign(signer, pdf, key, kind, label=LABEL):
    state = signer.prepare(pdf, key=key, kind=kind, reason="Ký ban hành", at=datetime.now(UTC), label=label)
    prepared = state.pop("prepared")
    state = json.loads(json.dumps(state))
    return signer.embed(prepared, state, signer.sign_digest(key, PIN, state["attributes"]))


def opened(folder, key):
    """The key of a person or an agency, for pyHanko."""
    return _opened((folder / f"{key.replace(':', '-')}.p12").read_bytes())


@cache
def _opened(data):
    return signers.SimpleSigner.load_pkcs12_data(data, (), PIN.encode())


def elsewhere(folder, pdf, key, stamped=True, digest="sha256", stamper=None):
    """Sign with pyHanko alone, as other software would: none of our checks before, no DSS after. `stamper`: who says
    when, else the folder's authority.
    """
    pair = opened(folder, key)
    meta = signers.PdfSignatureMetadata(
        field_name=f"Chữ ký {key.partition(':')[0]}", md_algorithm=digest, subfilter=fields.SigSeedSubFilter.PADES)
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=False)
    stamper = (stamper or Signer(folder).prover.time_stamper()) if stamped else None
    return signers.PdfSigner(meta, pair, timestamper=stamper).sign_pdf(writer, bytes_reserved=ROOM).getvalue()


@pytest.fixture(scope="session")
def led(signer, letter):
    return sign(signer, letter, LEADER, "leader")


@pytest.fixture(scope="session")
def issued(signer, led):
    return sign(signer, led, SEAL, "agency")


def judged(signer, pdf, sender=OFFICE, name=NAME):
    return judge(signer.verify(pdf), sender_code=sender, signer_name=name)


def with_note(pdf):
    """A note drawn over page 1 in a new revision."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    note = generic.StreamObject(stream_data=b"BT /F1 20 Tf 90 600 Td (So moi) Tj ET")
    writer.add_stream_to_page(0, writer.add_object(note))
    return written(writer)


def with_field(pdf):
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
    return written(writer)


def written(writer):
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()
