"""NĐ 30/2020 Đ21.2.a: bytes that one program reads in one way and another in another way are no signed document.

A key that a dictionary has twice: pyHanko and who judges by it takes the first, PDFium, poppler and qpdf the last.
Nobody needs a key for it: the false pages come as validation data (PAdES B-LT).
"""

import io
from datetime import UTC, datetime

import faulty_pki
import pikepdf
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


def by_trailer(pdf, key=b"/Root"):
    root, _, free = rewritten(pdf, b"")
    pages = PdfFileReader(io.BytesIO(pdf)).root.raw_get("/Pages").idnum
    other = rewritten(pdf, b"")[1].replace(b"/Pages %d 0 R" % pages, b"/Pages %d 0 R" % (free + 1))
    made = appended(pdf, {root: rewritten(pdf, b"/DSS %d 0 R" % free)[1], free: evidence(free),
                          **false_pages(free + 1), free + 4: other})
    head, _, tail = made.rpartition(b"/Root %d 0 R" % root)
    return head + b"/Root %d 0 R%s %d 0 R" % (root, key, free + 4) + tail


def by_a_name_with_a_nought(pdf):
    """To poppler a name ends there."""
    return by_trailer(pdf, b"/Root#00x")


def in_the_catalog(pdf):
    """The pages written into the catalog itself: nothing else names them."""
    root, _, free = rewritten(pdf, b"")
    page = b"<</MediaBox[0 0 595 842]/Contents %d 0 R%s>>" % (free + 1, _FONT)
    catalog = rewritten(pdf, b"/DSS %d 0 R/Pages<</Kids[%s]/Count 1>>" % (free, page))[1]
    return appended(pdf, {root: catalog, free: b"<</Type/DSS/Certs[%d 0 R]>>" % (free + 1),
                          free + 1: false_pages(0)[2]})


def rival(letter):
    """A second object of the number of the page's text, as bytes within a stream."""
    number = PdfFileReader(io.BytesIO(letter)).root["/Pages"]["/Kids"][0].raw_get("/Contents").idnum
    inner = b"x\n%d 0 obj\n<</Length %d>>\nstream\n%s\nendstream\n" % (number, len(FALSE), FALSE)
    return b"<</Length %d>>\nstream\n%s\nendstream" % (len(inner), inner)


def as_evidence(pdf):
    """A false page as the bytes of a certificate among the validation data."""
    root, catalog, free = rewritten(pdf, b"/DSS %d 0 R" % int(PdfFileReader(io.BytesIO(pdf)).trailer["/Size"]))
    return appended(pdf, {root: catalog, free: b"<</Type/DSS/Certs[%d 0 R]>>" % (free + 1), free + 1: rival(pdf)})


def left_behind(pdf):
    """A deleted object that is still named: missing to one reader, there to the other."""
    root, catalog, _ = rewritten(pdf, b"/Spare 900 0 R")
    return appended(appended(pdf, {900: b"<</A 1>>"}), {900: None, root: catalog})


def beyond_the_size(pdf):
    """An object that is missing by ISO 32000-1 7.5.5, and that most readers show."""
    root, catalog, _ = rewritten(pdf, b"/Spare 900 0 R")
    return b"/Size 800".join(appended(pdf, {900: b"<</A 1>>", root: catalog}).rsplit(b"/Size 901", 1))


def linearized(pdf, longer):
    """Laid out to be shown by its first bytes; it says that it is as long as it is, or will be."""
    made = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as document:
        document.save(made, linearize=True)
    told = b"/L %d" % len(made.getvalue())
    assert made.getvalue().count(told) == 1
    return made.getvalue().replace(told, b"/L 999999") if longer else made.getvalue()


def told(pdf, trust):
    return report(pdf, Trust.given(trust), register(trust), sender=OFFICE, at=datetime.now(UTC))


def test_nd_30_21_2_a_who_ends_names_early_finds_no_other_pages(trust, both):
    assert "unreadable" in {one["code"] for one in told(by_a_name_with_a_nought(both), trust)["reasons"]}


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


def test_nd_30_21_2_a_nobody_appends_a_page_for_who_looks_for_objects_himself(trust, both):
    assert [one["code"] for one in told(as_evidence(both), trust)["reasons"]] == ["unreadable"]


@pytest.mark.parametrize(("more", "verdict"), [
    (lambda letter: appended(letter, {900: rival(letter)}), "invalid"),
    (lambda letter: appended(letter, {900: b"<</A 1>>"}, b"% trailer<</#52oot%x\n 900 0 R>>\n"), "invalid"),
    (left_behind, "invalid"),
    (beyond_the_size, "invalid"),
    (lambda letter: linearized(letter, longer=True), "invalid"),
    (lambda letter: linearized(letter, longer=False), "3.3.b"),
    (lambda letter: appended(appended(letter, {900: b"<</A 1>>"}), {900: None}), "3.3.b"),
    (lambda letter: appended(letter, {900: b"[901 0 R]"}), "3.3.b"),
], ids=["a second object", "a second trailer", "deleted and still named", "beyond the size",
        "longer in the end", "linearized", "deleted", "named and never there"])
def test_s10_what_was_signed_is_one_document_to_who_follows_the_tables_and_to_who_does_not(
        trust, pki_folder, letter, more, verdict):
    made = elsewhere(pki_folder, elsewhere(pki_folder, more(letter), LEADER), SEAL)
    assert told(made, trust)["verdict"] == verdict


def test_s10_pages_are_compared_as_one_sees_them(led, both):
    ends = [covered_end(one) for one in PdfFileReader(io.BytesIO(both)).embedded_signatures]
    assert look_otherwise(both, ends, [[], []]) == [False, False]
    changed = other_content(both)
    assert look_otherwise(changed, ends, [[], []]) == [True, True]
    assert look_otherwise(changed, [ends[0], len(changed)], [[], []]) == [True, False]
    whole = {"page": 1, "size": [595, 842], "boxes": [[0, 0, 595, 842]]}
    assert look_otherwise(changed, [ends[0], len(changed)], [[], [whole]]) == [False, False]
