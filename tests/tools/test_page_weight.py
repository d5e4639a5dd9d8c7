"""S7: what a page is drawn with is counted as often as it is drawn, whatever else is wrong with the page."""

import io

import pikepdf
import pytest
from page_tricks import NAME, drawn, form, letter, naming, plainly

from app.bench.signature import pages
from app.tools.page_weight import draws_too_much

#: two megabytes of words; so many uses are more than is drawn
LARGE, TIMES = b"0 0 1 1 re f " * 200_000, 40


def weighs_too_much(make):
    with pikepdf.open(io.BytesIO(drawn(make))) as document:
        return draws_too_much(document)


def named(content, kind="XObject", make=None):
    """These words, drawn so often; `make` is what they name."""
    return naming(content * TIMES, kind, make or form(LARGE))


def of_page_alone(pdf, page):
    """A form without resources of its own draws by those of its page."""
    named(b"/B Do ")(pdf, page)
    page.Resources.XObject["/B"] = form(b"/A Do", Resources=None)(pdf)


def on_a_note(pdf, page):
    look = form(b"/A Do " * TIMES, Resources=pikepdf.Dictionary(XObject=pikepdf.Dictionary(A=form(LARGE)(pdf))))(pdf)
    page.Annots = pikepdf.Array([pdf.make_indirect(pikepdf.Dictionary(
        Type=NAME.Annot, Subtype=NAME.Stamp, Rect=[0, 0, 9, 9], AP=pikepdf.Dictionary(N=pikepdf.Dictionary(a=look))))])


def on_pages(pdf, page):
    naming(b"/A Do", "XObject", form(LARGE))(pdf, page)
    for _ in range(TIMES):
        pdf.pages.append(pikepdf.Page(page))


def masked(pdf):
    return pikepdf.Dictionary(SMask=pikepdf.Dictionary(S=NAME.Luminosity, G=form(LARGE)(pdf)))


def tile(pdf):
    return pdf.make_stream(LARGE, PatternType=1, PaintType=1, TilingType=1, BBox=[0, 0, 9, 9], XStep=9, YStep=9)


def of_letters(pdf):
    return pikepdf.Dictionary(Subtype=NAME.Type3, CharProcs=pikepdf.Dictionary(a=pdf.make_stream(LARGE)))


BOX = b"0 0 9 9 re f "
HEAVY = {
    "a form": named(b"/A Do "), "by another spelling": named(b"/#41 Do "), "by a string": named(b"(A) Do "),
    "a comment between": named(b"/A %x\n Do "), "by the page's resources": of_page_alone, "on a note": on_a_note,
    "on many pages": on_pages, "behind what is no word": named(b"Q 300-200 << x /A Do "),
    "a mask": naming(b"/A gs " + BOX * TIMES, "ExtGState", masked),
    "a mask that a string seems to end": naming(b"q /A gs (((( Q )))) Tj " + BOX * TIMES, "ExtGState", masked),
    "a mask that a picture seems to end": naming(b"q /A gs BI /W 3 /H 1 ID Q EI " + BOX * TIMES, "ExtGState", masked),
    "tiles": naming(b"/Pattern cs /A scn " + BOX * TIMES, "Pattern", tile),
    "tiles of letters": naming(b"/Pattern cs /A scn (" + b"a" * TIMES + b") Tj", "Pattern", tile),
    "letters": naming(b"/A 9 Tf (" + b"a" * TIMES * 8 + b") Tj", "Font", of_letters)}


@pytest.mark.parametrize("name", HEAVY)
def test_s7_what_is_drawn_again_and_again_is_too_much(name):
    assert weighs_too_much(HEAVY[name])


HONEST = {
    "a mask that is given back": naming(b"q /A gs " + BOX + b"Q " + BOX * TIMES, "ExtGState", masked),
    "tiles before another colour": naming(b"/Pattern cs /A scn " + BOX + b"0 g " + BOX * TIMES, "Pattern", tile),
    "a name in a string": naming(b"(/A Do) Tj " * TIMES + b"/A Do", "XObject", form(LARGE)),
    "a form of ten thousand": naming(b"/A Do " * 10_000, "XObject", form(b"0 g " * 250)),
    "words alone": plainly(LARGE),
}


@pytest.mark.parametrize("name", HONEST)
def test_s7_what_is_drawn_once_is_not(name):
    assert not weighs_too_much(HONEST[name])


@pytest.mark.parametrize("make", [letter, pages])
def test_s7_a_letter_is_drawn_with_little(make):
    with pikepdf.open(io.BytesIO(make())) as document:
        assert not draws_too_much(document)


def test_s7_a_form_that_draws_itself_is_drawn_no_further():
    def itself(pdf, page):
        one = form(b"/A Do " * 9)(pdf)
        one.Resources.XObject = pikepdf.Dictionary(A=one)
        naming(b"/A Do", "XObject", one)(pdf, page)
    assert not weighs_too_much(itself)
