"""NĐ 30/2020 Art. 21.2.a: what a file says of itself (/Info, XMP; readers show it) stays as it was signed."""

import io
from datetime import UTC, datetime

import faulty_pki
import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from signing_world import LEADER, OFFICE, SEAL, elsewhere, written

from app.regulation.signature_register import register
from app.regulation.signature_report import report
from app.tools.signing_trust import Trust

NAME, TEXT = generic.pdf_name, generic.pdf_string
TITLE, OTHER = "Báo cáo chi 5.000.000.000 đồng", "Báo cáo chi 9.000.000.000 đồng"
DATES = ("<xmp:ModifyDate>2026-03-02T09:00:00+07:00</xmp:ModifyDate><pdf:Producer>X 1.0</pdf:Producer>"
         "<xmpMM:InstanceID>uuid:2</xmpMM:InstanceID>")


@pytest.fixture(scope="module")
def trust(pki_folder, tmp_path_factory):
    return faulty_pki.trust(pki_folder, tmp_path_factory.mktemp("trust"), ["thao"])


def edited(pdf, *changes):
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=False)
    writer._force_write_when_empty = True
    writer._update_meta = lambda: None  # else the library makes them say the same again
    for change in changes:
        change(writer)
    return written(writer)


def info(**told):
    """This in /Info, beside what was there, or taken out of it, in an object of its own."""
    def change(writer):
        found = dict(writer.trailer["/Info"]) | {NAME(f"/{key}"): TEXT(value) for key, value in told.items()}
        writer.set_info(writer.add_object(generic.DictionaryObject(
            {key: value for key, value in found.items() if value != ""})))
    return change


def xmp(title, more=""):
    """The whole of the XMP metadata, in the place of what there was."""
    def change(writer):
        said = f"<dc:title><rdf:Alt><rdf:li xml:lang='x-default'>{title}</rdf:li></rdf:Alt></dc:title>" if title else ""
        stream = generic.StreamObject({NAME("/Type"): NAME("/Metadata"), NAME("/Subtype"): NAME("/XML")}, stream_data=(
            "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
            "<rdf:Description rdf:about='' xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:xmp="
            "'http://ns.adobe.com/xap/1.0/' xmlns:pdf='http://ns.adobe.com/pdf/1.3/' xmlns:xmpMM="
            f"'http://ns.adobe.com/xap/1.0/mm/'>{said}{more}</rdf:Description></rdf:RDF></x:xmpmeta>").encode())
        if "/Metadata" in writer.root:
            old = writer.root["/Metadata"]
            old._data, old._encoded_data = stream.data, None
            writer.mark_update(writer.root.raw_get("/Metadata"))
        else:
            writer.root[NAME("/Metadata")] = writer.add_object(stream)
            writer.update_root()
    return change


def led_astray(name):
    """/Info, or the metadata, become what lies in the file unused."""
    def change(writer):
        if name == "/Info":
            writer.trailer[NAME("/Info")] = writer.root.raw_get("/Unused")
            writer._info = writer.root.raw_get("/Unused")
        else:
            writer.root[NAME("/Metadata")] = writer.root.raw_get("/Unseen")
            writer.update_root()
    return change


def unused(writer):
    writer.root[NAME("/Unused")] = writer.add_object(generic.DictionaryObject({NAME("/Title"): TEXT(OTHER)}))
    xmp(OTHER)(writer)
    writer.root[NAME("/Unseen")] = writer.root.raw_get("/Metadata")
    del writer.root[NAME("/Metadata")]
    writer.update_root()


def taken_away(writer):
    del writer.root[NAME("/Metadata")]
    writer.update_root()


#: what comes to the leader's file -> is it a change
INFO = (unused, info(Title=TITLE, Author="Sở Nội vụ"))
BOTH = (*INFO, xmp(TITLE))
CASES = {
    "nothing": (BOTH, (), False), "nothing where nothing was": ((), (), False),
    "another title": (INFO, (info(Title=OTHER),), True),
    "no title": (INFO, (info(Title=""),), True),
    "a title where nothing was": ((), (info(Title=OTHER),), True),
    "a subject beside": (INFO, (info(Subject="Số 99/QĐ"),), True),
    "the program and the day": (INFO, (info(Producer="X", ModDate="D:2026"),), False),
    "the program where nothing was": ((), (info(Producer="X", ModDate="D:2026"),), False),
    "an object unused before": (INFO, (led_astray("/Info"),), True),
    "another title in XMP": (BOTH, (xmp(OTHER),), True), "the day in XMP": (BOTH, (xmp(TITLE, DATES),), False),
    "XMP taken away": (BOTH, (taken_away,), True), "XMP unused before": (BOTH, (led_astray("/Metadata"),), True),
    "XMP of another title where there was none": (INFO, (xmp(OTHER),), True),
    "XMP of the same title where there was none": (INFO, (xmp(TITLE, DATES),), False),
    "XMP of the day where there was none": ((), (xmp("", DATES),), False)}


@pytest.mark.parametrize("case", CASES)
def test_nd_30_21_2_a_what_a_file_says_of_itself_stays_as_the_leader_signed_it(pki_folder, letter, trust, case):
    before, after, is_change = CASES[case]
    led = elsewhere(pki_folder, edited(letter, *before) if before else letter, LEADER)
    found = report(elsewhere(pki_folder, edited(led, *after) if after else led, SEAL), Trust.given(trust),
                   register(trust), sender=OFFICE, at=datetime.now(UTC))
    codes = [one["code"] for one in found["reasons"]]
    assert (found["verdict"], codes) == (("invalid", ["changed_after"]) if is_change else ("3.3.b", ["valid_b"]))


@pytest.mark.parametrize("case", [case for case, (_, after, _) in CASES.items() if after and "program" not in case
                                  and "the day in" not in case])
def test_nd_30_21_2_a_after_the_seal_it_stays_too(pki_folder, letter, trust, case):
    before, after, _ = CASES[case]
    led = elsewhere(pki_folder, edited(letter, *before) if before else letter, LEADER)
    found = report(edited(elsewhere(pki_folder, led, SEAL), *after), Trust.given(trust), register(trust),
                   sender=OFFICE, at=datetime.now(UTC))
    assert found["verdict"] == "invalid"
