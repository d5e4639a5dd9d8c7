"""Art. 3.3.a: a scan is a page of which one sees a picture; what is typed is none, wherever in the file it hides."""

import io
import zlib

import pikepdf
import pytest
from pikepdf import Dictionary, Name
from PIL import Image
from signing_world import make_letter

from app.tools.page_scan import is_scanned

LINE = "Sở Tài chính đề nghị các đơn vị báo cáo."
WORDS = b"".join(b"BT /H 12 Tf 60 %d Td (Quyet dinh chi tien cho cong ty X chin ty dong) Tj ET " % (
    780 - 20 * line) for line in range(30))
SIZE = [0, 0, 595, 842]
OVER_THE_PAGE = b"q 595 0 0 842 0 0 cm /%s Do Q "


def paper(dots=827, mode="L", shade=250):
    """A white page as a scanner gives it, of so many dots across."""
    target = io.BytesIO()
    Image.new(mode, (dots, dots * 842 // 595), shade).save(target, "PDF", resolution=dots / 595 * 72)
    return target.getvalue()


def over(below, above, *, is_unseen=False):
    with pikepdf.open(io.BytesIO(below)) as pdf, pikepdf.open(io.BytesIO(above)) as other:
        if is_unseen:
            content = other.pages[0].Contents.read_bytes()
            assert b" 0 Tr " in content
            other.pages[0].Contents = other.make_stream(content.replace(b" 0 Tr ", b" 3 Tr "))
        pdf.pages[0].add_overlay(other.pages[0])
        return saved(pdf)


def saved(pdf):
    pdf.save(target := io.BytesIO())
    return target.getvalue()


def form(pdf, content, **resources):
    return pdf.make_stream(content, Type=Name.XObject, Subtype=Name.Form, BBox=SIZE,
                           Resources=Dictionary(Font=Dictionary(H=_font()), **resources))


def _font():
    return Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)


def picture(pdf, data, **more):
    """Of one dot: what it is stretched over is as it says."""
    return pdf.make_stream(data, Type=Name.XObject, Subtype=Name.Image, Width=1, Height=1, BitsPerComponent=8,
                           ColorSpace=Name.DeviceGray, **more)


def drawn(pdf, content, **kinds):
    """Drawn over the page, with more of its resources."""
    page = pdf.pages[0]
    for kind, those in {"Font": {"H": _font()}, **kinds}.items():
        page.obj.Resources[f"/{kind}"] = Dictionary({**page.obj.Resources.get(f"/{kind}", {}),
                                                     **{f"/{name}": one for name, one in those.items()}})
    page.contents_add(pdf.make_stream(content))


def _note(pdf):
    pdf.pages[0].obj.Annots = pdf.make_indirect(pikepdf.Array([pdf.make_indirect(Dictionary(
        Type=Name.Annot, Subtype=Name.Stamp, F=4, Rect=SIZE, AP=Dictionary(N=form(pdf, WORDS))))]))


def _pattern(pdf):
    tile = pdf.make_stream(WORDS, Type=Name.Pattern, PatternType=1, PaintType=1, TilingType=1, BBox=SIZE, XStep=595,
                           YStep=842, Resources=Dictionary(Font=Dictionary(H=_font())))
    drawn(pdf, b"/Pattern cs /P scn 0 0 595 842 re f ", Pattern={"P": tile})


def _deep(pdf):
    inner = form(pdf, WORDS)
    for _ in range(9):
        inner = form(pdf, b"/F Do", XObject=Dictionary(F=inner))
    drawn(pdf, b"/F Do ", XObject={"F": inner})


def _curves(pdf):
    drawn(pdf, b"".join(b"%d %d 3 8 re f " % (60 + n % 80 * 6, 780 - 14 * (n // 80)) for n in range(3200)))


def _below_glass(pdf):
    mask = picture(pdf, b"\0")
    drawn(pdf, WORDS + OVER_THE_PAGE % b"G", XObject={"G": picture(pdf, b"\xff", SMask=mask)})


def _below_a_stencil(pdf):
    stencil = picture(pdf, b"\x80", ImageMask=True, Decode=[0, 1])
    stencil.BitsPerComponent = 1
    del stencil.ColorSpace
    drawn(pdf, WORDS + OVER_THE_PAGE % b"G", XObject={"G": stencil})


@pytest.mark.parametrize("hide", [
    lambda pdf: drawn(pdf, WORDS), _note, _pattern, _deep, _curves, _below_glass, _below_a_stencil],
    ids=["plain", "note", "pattern", "deep", "curves", "below_glass", "below_a_stencil"])
def test_art_3_3_a_what_is_typed_over_a_white_picture_is_no_scan(hide):
    assert is_scanned(paper())
    with pikepdf.open(io.BytesIO(paper())) as pdf:
        hide(pdf)
        assert not is_scanned(saved(pdf))


def test_art_3_3_a_a_picture_stretched_over_the_page_is_no_scan():
    assert not is_scanned(paper(1)) and not is_scanned(paper(300)) and is_scanned(paper(595))
    assert is_scanned(paper(1654, mode="1", shade=1))  # a fax


def test_art_3_3_a_what_a_recogniser_or_a_signature_adds_leaves_it_a_scan():
    letter = make_letter([[(60, 780 - 20 * line, LINE) for line in range(20)]])
    assert is_scanned(over(paper(), letter, is_unseen=True)) and is_scanned(over(letter, paper()))
    assert not is_scanned(over(paper(), letter)) and not is_scanned(letter)
    mark = make_letter([[(350, 800 - 14 * line, "SAO Y; Sở Tài chính; 27/11/2026") for line in range(5)]])
    assert is_scanned(over(paper(), mark))


def test_art_3_3_a_a_scan_may_lie_in_layers_of_pictures():
    """Paper and letters apart, as copiers that save room do: the letters are a stencil."""
    with pikepdf.open(io.BytesIO(paper())) as pdf:
        stencil = pdf.make_stream(b"\x55" * 125_000, Type=Name.XObject, Subtype=Name.Image, Width=1000, Height=1000,
                                  BitsPerComponent=1, ImageMask=True)
        drawn(pdf, OVER_THE_PAGE % b"S", XObject={"S": stencil})
        assert is_scanned(saved(pdf))
        drawn(pdf, WORDS)
        assert not is_scanned(saved(pdf))


def test_art_3_3_a_pages_that_share_a_picture_are_a_scan_when_one_of_them_bears_a_mark():
    """As layered scans share their paper; what is drawn on the first must not be measured on the second."""
    with pikepdf.open(io.BytesIO(paper())) as pdf:
        pdf.pages.append(pdf.pages[0])
        pdf.pages[1].obj.Resources = pdf.pages[0].obj.Resources  # the very same picture
        mark = pdf.pages[0]
        mark.contents_add(pdf.make_stream(b"BT /H 8 Tf 300 700 Td (So Tai chinh 27/11/2026) Tj ET "))
        mark.obj.Resources.Font = Dictionary(H=_font())
        assert is_scanned(saved(pdf))
        pdf.pages[1].contents_add(pdf.make_stream(WORDS))
        assert not is_scanned(saved(pdf))


def _beside(top, *, dots=827, typed=b""):
    """A paper smaller than the page it lies on: so much of the page is left above it."""
    with pikepdf.open(io.BytesIO(paper(dots))) as pdf:
        left, bottom, right, height = map(float, pdf.pages[0].MediaBox)
        pdf.pages[0].MediaBox = [left, bottom, right, height / (1 - top)]
        drawn(pdf, typed)
        return saved(pdf)


def test_art_3_3_a_a_slip_on_a_larger_page_is_a_scan_where_nothing_else_is_seen():
    mark = b"BT /H 8 Tf 300 1000 Td (So Tai chinh 27/11/2026) Tj ET "
    assert is_scanned(_beside(.55)) and is_scanned(_beside(.55, typed=mark)) and is_scanned(_beside(.8))
    assert not is_scanned(_beside(.55, typed=WORDS.replace(b"Td", b"Td 0 900 Td")))
    assert not is_scanned(_beside(.55, dots=200)), "no scanner is as coarse"


def test_art_3_3_a_blank_pages_behind_a_scan_are_passed_over():
    """An empty back; a document of nothing else is no scan, nor is one with a typed page."""
    def behind(words):
        with pikepdf.open(io.BytesIO(paper())) as pdf:
            pdf.add_blank_page(page_size=(595, 842))
            pdf.pages[-1].obj.Resources = Dictionary(Font=Dictionary(H=_font()))
            pdf.pages[-1].contents_add(pdf.make_stream(words))
            return saved(pdf)
    assert is_scanned(behind(b"")) and is_scanned(behind(b"BT /H 12 Tf 60 700 Td ( ) Tj ET"))
    assert not is_scanned(behind(b"BT /H 4 Tf 60 700 Td (9) Tj ET")), "one figure is seen"
    assert not is_scanned(behind(b"0.9 g 60 700 9 9 re f")), "something pale is seen"
    with pikepdf.new() as empty:
        empty.add_blank_page()
        assert not is_scanned(saved(empty))


@pytest.mark.parametrize(("mask", "more", "is_full"), [
    (b"\xff" * 4, {}, True), (b"\xff\xff\xff\xfe", {}, False), (b"\xff" * 3, {}, False),
    (b"\xff" * 4, {"Decode": [1, 0]}, False), (b"\xff" * 4, {"Mask": [0, 0]}, False)])
def test_art_3_3_a_a_mask_without_holes_hides_what_a_recogniser_laid_below(mask, more, is_full):
    with pikepdf.open(io.BytesIO(paper())) as pdf:
        [(name, image)] = pdf.pages[0].Resources.XObject.items()
        image.SMask = pdf.make_stream(zlib.compress(mask), Type=Name.XObject, Subtype=Name.Image, Width=2, Height=2,
                                      BitsPerComponent=8, ColorSpace=Name.DeviceGray, Filter=Name.FlateDecode,
                                      **{key: one for key, one in more.items() if key == "Decode"})
        if "Mask" in more:
            image.Mask = more["Mask"]
        drawn(pdf, WORDS + OVER_THE_PAGE % name[1:].encode())
        pdf.pages[0].Contents = pdf.pages[0].Contents[-1]
        assert is_scanned(saved(pdf)) == is_full
