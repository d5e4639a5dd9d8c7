"""NĐ 30/2020 Đ21.2.a: bytes that one program reads in one way and another in another way are no signed document.

A key that a dictionary has twice: pyHanko and who judges by it takes the first, PDFium, poppler and qpdf the last.
Nobody needs a key for it: the false pages come as validation data (PAdES B-LT).
"""

import io
from datetime import UTC, datetime

import faulty_pki
import pypdfium2
import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from signing_attacks import appended, other_content
from signing_world import LEADER, OFFICE, SEAL, elsewhere

from app.regulation.signature_register import register
from app.regulation.signature_report import report
from app.tools.signing_coverage import covered_end
from app.tools.signing_drawn import look_otherwise
from app.tools.signing_trust import Trust

FALSE = b"BT /H 20 Tf 60 600 Td (So tien khac) Tj ET"
_FONT = b"/Resources<</Font<</H<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>"


@pytest.fixture(scope="module")
def trust(pki_folder, tmp_path_factory):
    return faulty_pki.trust(pki_folder, tmp_path_factory.mktemp("trust"), ["thao"])


@pytest.fixture(scope="module")
def led(pki_folder, letter):
    return elsewhere(pki_folder, letter, LEADER)


@pytest.fixture(scope="module")
def both(pki_folder, led):
    return elsewhere(pki_folder, led, SEAL)


def false_pages(number):
    """A page that bears no kind, and the list that holds it."""
    return {number: b"<</Kids[%d 0 R]/Count 1>>" % (number + 1),
            number + 1: b"<</Parent %d 0 R/MediaBox[0 0 595 842]/Contents %d 0 R%s>>" % (number, number + 2, _FONT),
            number + 2: b"<</Length %d>>\nstream\n%s\nendstream" % (len(FALSE), FALSE)}


def rewritten(pdf, more):
    """(number, the catalog as it stands and more, the next free number)."""
    reader, catalog = PdfFileReader(io.BytesIO(pdf)), io.BytesIO()
    reader.root.write_to_stream(catalog)
    return reader.root_ref.idnum, catalog.getvalue().strip()[:-2] + more + b">>", int(reader.trailer["/Size"])


def evidence(number):
    """Validation data that names the false pages as its own."""
    names = b"".join(b"/%040X<</TS %d 0 R>>" % (one, number + 1 + one) for one in range(2))
    return b"<</Type/DSS/Certs[%d 0 R]/VRI<<%s>>>>" % (number + 3, names)


def by_catalog(pdf):
    root, _, free = rewritten(pdf, b"")
    catalog = rewritten(pdf, b"/DSS %d 0 R/Pages %d 0 R" % (free, free + 1))[1]
    return appended(pdf, {root: catalog, free: evidence(free), **false_pages(free + 1)})


def by_trailer(pdf):
    root, _, free = rewritten(pdf, b"")
    pages = PdfFileReader(io.BytesIO(pdf)).root.raw_get("/Pages").idnum
    other = rewritten(pdf, b"")[1].replace(b"/Pages %d 0 R" % pages, b"/Pages %d 0 R" % (free + 1))
    made = appended(pdf, {root: rewritten(pdf, b"/DSS %d 0 R" % free)[1], free: evidence(free),
                          **false_pages(free + 1), free + 4: other})
    head, _, tail = made.rpartition(b"/Root %d 0 R" % root)
    return head + b"/Root %d 0 R/Root %d 0 R" % (root, free + 4) + tail


def in_the_catalog(pdf):
    """The pages written into the catalog itself: nothing else names them."""
    root, _, free = rewritten(pdf, b"")
    page = b"<</MediaBox[0 0 595 842]/Contents %d 0 R%s>>" % (free + 1, _FONT)
    catalog = rewritten(pdf, b"/DSS %d 0 R/Pages<</Kids[%s]/Count 1>>" % (free, page))[1]
    return appended(pdf, {root: catalog, free: b"<</Type/DSS/Certs[%d 0 R]>>" % (free + 1),
                          free + 1: false_pages(0)[2]})


def told(pdf, trust):
    return report(pdf, Trust.given(trust), register(trust), sender=OFFICE, at=datetime.now(UTC))


@pytest.mark.parametrize("attack", [by_catalog, by_trailer, in_the_catalog])
def test_nd_30_21_2_a_pages_that_another_reader_finds_are_never_signed(trust, both, attack):
    made = attack(both)
    assert "So tien khac" in pypdfium2.PdfDocument(made)[0].get_textpage().get_text_range()
    found = told(made, trust)
    codes = {one["code"] for one in found["reasons"]}
    assert found["verdict"] == "invalid" and {"changed_after", "unreadable"} <= codes


def test_s10_each_state_that_was_signed_is_asked_for_what_two_readers_read_otherwise(trust, pki_folder, letter):
    led = elsewhere(pki_folder, appended(letter, {900: b"<</Contents 1 0 R/Contents 2 0 R>>"}), LEADER)
    sealed = elsewhere(pki_folder, led, SEAL)
    assert {one["code"] for one in told(sealed, trust)["reasons"]} == {"unreadable"}
    gone = elsewhere(pki_folder, appended(led, {900: b"<</Contents 1 0 R>>"}), SEAL)
    assert {one["code"] for one in told(gone, trust)["reasons"]} == {"unreadable"}


def test_s10_pages_are_compared_as_one_sees_them(led, both):
    ends = [covered_end(one) for one in PdfFileReader(io.BytesIO(both)).embedded_signatures]
    assert look_otherwise(both, ends, [[], []]) == [False, False]
    changed = other_content(both)
    assert look_otherwise(changed, ends, [[], []]) == [True, True]
    assert look_otherwise(changed, [ends[0], len(changed)], [[], []]) == [True, False]
    whole = {"page": 1, "size": [595, 842], "boxes": [[0, 0, 595, 842]]}
    assert look_otherwise(changed, [ends[0], len(changed)], [[], [whole]]) == [False, False]
