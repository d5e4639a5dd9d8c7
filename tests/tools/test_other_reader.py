"""NĐ 30/2020 Đ21.2.a; S10: what two programs draw each in its own way is no signed document, by whichever trick."""

import io

import numpy as np
import pikepdf
import pytest
from PIL import Image
from signing_world import LEADER, SEAL, elsewhere, make_letter
from test_signature_report import codes, keys, scan, told, trust  # noqa: F401 - pytest finds fixtures by name

from app.bench.signature import pages
from app.tools.other_reader import is_drawn_alike
from app.tools.suspect import shows_otherwise

NAME = pikepdf.Name
#: another sum over the one that the letter gives: painted out, and written anew
OTHER_SUM = b"1 g 144 696 90 14 re f 0 g BT /H 13 Tf 145 700 Td (900.000.000) Tj ET"
#: the same of one digit
OTHER_DIGIT = b"1 g 145 697 6.2 12 re f 0 g BT /H 13 Tf 145 700 Td (4) Tj ET"


def letter():
    return make_letter([[(90, 740, "Sở Tài chính đề nghị cấp kinh phí."), (90, 700, "Số tiền: "),
                         (145, 700, "100.000 đồng")]])


def changed(make):
    with pikepdf.open(io.BytesIO(letter())) as pdf:
        resources = pdf.pages[0].obj.Resources
        resources.Font.H = pdf.make_indirect(pikepdf.Dictionary(
            Type=NAME.Font, Subtype=NAME.Type1, BaseFont=NAME("/Times-Roman")))
        make(pdf, resources, pdf.pages[0])
        pdf.save(target := io.BytesIO())
        return target.getvalue()


def plainly(content):
    """What both draw."""
    return lambda pdf, _, page: page.contents_add(pdf.make_stream(b"q " + content + b" Q"))


def behind_a_mask_of_no_colours(content):
    """A mask of brightness that is told its backdrop, and not in which colours."""
    def make(pdf, resources, page):
        form = pdf.make_stream(b"", Type=NAME.XObject, Subtype=NAME.Form, BBox=[0, 0, 595, 842],
                               Group=pikepdf.Dictionary(S=NAME.Transparency))
        resources.ExtGState = pikepdf.Dictionary(M=pikepdf.Dictionary(SMask=pikepdf.Dictionary(
            Type=NAME.Mask, S=NAME.Luminosity, G=form, BC=[1])))
        page.contents_add(pdf.make_stream(b"q /M gs " + content + b" Q"))
    return make


def in_a_form_without_extent(content):
    def make(pdf, resources, page):
        resources.XObject = pikepdf.Dictionary(Form=pdf.make_stream(
            content, Type=NAME.XObject, Subtype=NAME.Form, Resources=pikepdf.Dictionary(Font=resources.Font)))
        page.contents_add(pdf.make_stream(b"/Form Do"))
    return make


def within_a_wrong_number(content):
    """What is seen is limited to a box as wide as a number that is none."""
    return plainly(b"0 0 300-200 842 re W n " + content)


def after_a_state_too_many(content):
    """A state of drawing is given back that nobody kept."""
    return lambda pdf, _, page: page.contents_add(pdf.make_stream(b"Q Q Q " + content))


def with_rival_names(content):
    """A picture within the page whose colours are told twice, by the short name and by the long one."""
    return plainly(b"q 90 0 0 14 144 696 cm BI /W 1 /H 1 /BPC 8 /CS /G /D [0 1] /Decode [1 0] ID \xff EI Q")


TRICKS = [behind_a_mask_of_no_colours, in_a_form_without_extent, within_a_wrong_number, after_a_state_too_many,
          with_rival_names]


@pytest.mark.parametrize("trick", TRICKS)
def test_nd_30_21_2_a_another_sum_for_one_reader_alone_is_never_green(keys, trust, trick):  # noqa: F811
    pdf = changed(trick(OTHER_SUM))
    assert shows_otherwise(pdf) == ""  # nobody knows this one by its name
    found = told(elsewhere(keys, elsewhere(keys, pdf, LEADER), SEAL), trust)
    assert (found["verdict"], codes(found)) == ("indeterminate", ["readers_differ"])


@pytest.mark.parametrize("trick", TRICKS[:4])
def test_s10_one_digit_is_enough(trick):
    assert not is_drawn_alike(changed(trick(OTHER_DIGIT)))


def pictures(*made, resolution):
    target = io.BytesIO()
    made[0].save(target, "PDF", resolution=resolution, save_all=True, append_images=made[1:])
    return target.getvalue()


def grain(mode, wide, high):
    """A paper full of letters as a scanner sees it, with its specks."""
    page = np.random.default_rng(1).normal(240, 12, (high, wide))
    for top in range(high // 10, high * 9 // 10, high // 50):
        for left in range(wide // 8, wide * 7 // 8, wide // 60):
            page[top:top + high // 110, left:left + max(2, wide // 400)] = 30
    return Image.fromarray(page.clip(0, 255).astype(np.uint8)).convert(mode)


@pytest.mark.parametrize("honest", [
    letter, scan, pages,
    lambda: changed(plainly(OTHER_SUM)),
    lambda: changed(plainly(OTHER_SUM.replace(b"/H 13", b"/H 22"))),
    lambda: pictures(grain("L", 1654, 2339), resolution=200),
    lambda: pictures(grain("1", 2480, 3508), grain("1", 2480, 3508), resolution=300),
    lambda: pictures(grain("RGB", 1240, 1754), resolution=150),
], ids=["a letter", "white paper", "twenty pages", "a font that is not inside", "large letters of such a font",
        "a grey scan", "scans in black and white", "a scan in colour"])
def test_s10_what_is_honest_looks_alike(honest):
    assert is_drawn_alike(honest())


def _linked(**entries):
    """A link over the sum, which some programs draw a line around."""
    return changed(lambda pdf, _, page: page.obj.update({"/Annots": pikepdf.Array([pdf.make_indirect(
        pikepdf.Dictionary(Type=NAME.Annot, Subtype=NAME.Link, Rect=[140, 690, 240, 715], F=4, **entries))])}))


def test_s10_a_line_around_a_link_is_no_difference_and_one_that_hides_the_sum_is():
    assert is_drawn_alike(_linked()) and is_drawn_alike(_linked(Border=[0, 0, 2]))
    assert not is_drawn_alike(_linked(Border=[0, 0, 30], C=[1, 1, 1]))


def _of_page(**entries):
    return changed(lambda pdf, _, page: page.obj.update({f"/{key}": value for key, value in entries.items()}))


@pytest.mark.parametrize("pdf", [
    lambda: letter()[:300], lambda: _of_page(CropBox=[1000, 1000, 2000, 2000]),
    lambda: _of_page(MediaBox=[0, 0, 200_000, 200_000])], ids=["no file", "nothing of a page", "a page without end"])
def test_s10_what_cannot_be_drawn_is_not_alike(pdf):
    assert not is_drawn_alike(pdf())


def test_s10_what_takes_the_other_reader_too_long_is_not_alike(monkeypatch):
    """A pattern of a million tiles, of which one makes one picture, and the other many."""
    monkeypatch.setattr("app.tools.other_reader._SECONDS", 1)

    def make(pdf, resources, page):
        tile = pdf.make_stream(b"0 g 0 0 1 1 re f", Type=NAME.Pattern, PatternType=1, PaintType=1, TilingType=1,
                               BBox=[0, 0, 1, 1], XStep=0.1, YStep=0.1)
        resources.Pattern = pikepdf.Dictionary(T=tile)
        page.contents_add(pdf.make_stream(b"/Pattern cs /T scn 90 600 200 50 re f"))
    assert not is_drawn_alike(changed(make))
