"""Pages cut out and joined without loss (Art. 6.2.a); separator sheets and blank pages found in a stack."""

import io

import numpy
import pikepdf
import pytest
from fakes import pdf
from PIL import Image, ImageDraw

from app.tools import separator
from app.tools.page_cut import Cut, PageMissing, assemble, has_text, is_signed, picture
from app.tools.separator import Sheet, is_blank

PDF, JPEG, PNG, TIFF = "application/pdf", "image/jpeg", "image/png", "image/tiff"


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A folder with one file of each kind; the phone's photo was taken upright, its bytes lie on the side."""
    folder = tmp_path_factory.mktemp("desk")
    noise, upright = Image.effect_noise((160, 120), 40), Image.Exif()
    upright[0x0112] = 6
    noise.convert("RGB").save(folder / "a.jpg", exif=upright)
    noise.convert("RGBA").save(folder / "a.png")
    black = noise.point(lambda value: 255 if value > 128 else 0).convert("1")
    black.save(folder / "a.tif", compression="group4", save_all=True, append_images=[black.rotate(180)], dpi=(20, 20))
    (folder / "a.pdf").write_bytes(separator.draw(
        [Sheet(token, "TỜ PHÂN CÁCH", ("Sở Tài chính",)) for token in ("0" * 20, "1" * 20)]))
    return folder


def test_art_6_2_a_a_photo_keeps_its_bytes_and_stands_upright(desk):
    made = assemble([Cut(desk / "a.jpg", JPEG, 1)])
    with pikepdf.open(io.BytesIO(made)) as found:
        page = found.pages[0]
        assert page.get_images()["/Im"].read_raw_bytes() == (desk / "a.jpg").read_bytes() and page.rotation == 90


def test_art_6_2_a_pictures_lose_nothing(desk):
    made = assemble([Cut(desk / "a.png", PNG, 1), Cut(desk / "a.tif", TIFF, 1), Cut(desk / "a.tif", TIFF, 2)])
    with pikepdf.open(io.BytesIO(made)) as found:
        shown = [pikepdf.PdfImage(page.get_images()["/Im"]).as_pil_image() for page in found.pages]
        assert found.pages[1].mediabox[2] == 160 * 72 / 20  # the size that the file states
    for got, name, frame in zip(shown, ("a.png", "a.tif", "a.tif"), (0, 0, 1), strict=True):
        with Image.open(desk / name) as source:
            source.seek(frame)
            assert numpy.array_equal(numpy.asarray(got.convert("L")), numpy.asarray(source.convert("RGB").convert("L")))


def test_pages_of_many_files_are_turned_and_ordered_and_the_same_cuts_give_the_same_bytes(desk):
    cuts = [Cut(desk / "a.pdf", PDF, 2, 270), Cut(desk / "a.tif", TIFF, 1, 90), Cut(desk / "a.pdf", PDF, 1)]
    made = assemble(cuts)
    assert made == assemble(cuts)
    with pikepdf.open(io.BytesIO(made)) as found:
        assert [page.rotation for page in found.pages] == [270, 90, 0]
    (desk / "out.pdf").write_bytes(made)
    shown = [separator.read(picture(Cut(desk / "out.pdf", PDF, number), 1170)) for number in (1, 2, 3)]
    assert shown == ["1" * 20, None, "0" * 20]
    with pytest.raises(PageMissing):
        assemble([Cut(desk / "a.pdf", PDF, 3)])


def test_s7_the_actions_of_a_page_stay_behind(tmp_path):
    source, sink = pikepdf.Pdf.new(), io.BytesIO()
    page = source.add_blank_page()
    page.obj.AA = pikepdf.Dictionary(O=pikepdf.Dictionary(S=pikepdf.Name.Launch, F="a.exe"))
    notes = [pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[0, 0, 9, 9],
                                A=pikepdf.Dictionary(S=pikepdf.Name(kind), URI="https://chinhphu.vn"))
             for kind in ("/Launch", "/URI")]
    page.obj.Annots = pikepdf.Array(notes)
    source.save(tmp_path / "a.pdf")
    sink.write(assemble([Cut(tmp_path / "a.pdf", PDF, 1)]))
    with pikepdf.open(sink) as found:
        kept = found.pages[0]
        assert "/AA" not in kept.obj and ["/A" in note for note in kept.Annots] == [False, True]


def test_art_3_2_nothing_of_a_page_that_was_left_out_is_in_the_file(tmp_path):
    """Scanners give all pages one list of pictures; a page may carry private data."""
    source, shared = pikepdf.Pdf.new(), pikepdf.Dictionary()
    for number in range(3):
        shared[f"/Im{number}"] = source.make_stream(
            f"picture {number}".encode(), Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=3, Height=1,
            ColorSpace=pikepdf.Name.DeviceRGB, BitsPerComponent=8)
    resources = source.make_indirect(pikepdf.Dictionary(XObject=shared))
    for number in range(3):
        page = source.add_blank_page().obj
        page.Resources, page.Contents = resources, source.make_stream(f"/Im{number} Do".encode())
    source.pages[0].obj.PieceInfo = pikepdf.Dictionary(Draft=source.make_stream(b"picture 1"))
    source.pages[0].obj.Annots = pikepdf.Array([pikepdf.Dictionary(
        Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[0, 0, 9, 9],
        Dest=pikepdf.Array([source.pages[1].obj, pikepdf.Name.Fit]))])
    source.save(tmp_path / "a.pdf")
    made = assemble([Cut(tmp_path / "a.pdf", PDF, 1), Cut(tmp_path / "a.pdf", PDF, 3)])
    with pikepdf.open(io.BytesIO(made)) as found:
        held = [one.read_bytes() for one in found.objects if isinstance(one, pikepdf.Stream)]
    assert sorted(one for one in held if b"picture" in one) == [b"picture 0", b"picture 2"]


def _left_out(tmp_path, build) -> bytes:
    """Everything in the file of page 1 of 2, which share what `build` (document, page, secret stream) makes."""
    source, sink = pikepdf.Pdf.new(), io.BytesIO()
    pages = [source.add_blank_page().obj, source.add_blank_page().obj]
    secret = source.make_stream(b"secret page", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form, BBox=[0, 0, 9, 9])
    pages[0].Contents = source.make_stream(b"q Q /Mine gs")
    build(source, pages, secret)
    source.save(tmp_path / "two.pdf")
    sink.write(assemble([Cut(tmp_path / "two.pdf", PDF, 1)]))
    with pikepdf.open(sink) as found:
        return b"".join((one.read_raw_bytes() if one.get("/Filter") == "/DCTDecode" else one.read_bytes())
                        if isinstance(one, pikepdf.Stream) else one.unparse(resolved=True) for one in found.objects)


@pytest.mark.parametrize("kind", ["/XObject", "/Pattern", "/Shading", "/Properties", "/ColorSpace", "/ExtGState"])
@pytest.mark.parametrize("content", [b"/Mine gs", b"/Form Do", b"0 0 m (unended"])
def test_art_3_2_no_shared_resource_of_a_page_that_was_left_out_is_in_the_file(tmp_path, kind, content):
    def build(source, pages, secret):
        theirs = {"/ExtGState": lambda: pikepdf.Dictionary(SMask=pikepdf.Dictionary(S=pikepdf.Name.Alpha, G=secret)),
                  "/ColorSpace": lambda: pikepdf.Array([pikepdf.Name.ICCBased, secret])}.get(kind, lambda: secret)()
        shared = source.make_indirect(pikepdf.Dictionary({kind: pikepdf.Dictionary(Theirs=theirs)}))
        form = source.make_stream(b"/Mine gs", Subtype=pikepdf.Name.Form, BBox=[0, 0, 9, 9])
        for group, item in (("/XObject", ("/Form", form)), ("/ExtGState", ("/Mine", pikepdf.Dictionary(LW=7)))):
            if group not in shared:
                shared[group] = pikepdf.Dictionary()
            shared[group][item[0]] = item[1]
        pages[0].Contents = source.make_stream(content)
        pages[0].Resources = pages[1].Resources = shared
    held = _left_out(tmp_path, build)
    assert b"secret" not in held
    assert (b"/LW 7" in held) is (b"(" not in content), "what the page uses stays, through its form, too"


def test_art_3_2_no_field_leads_to_a_page_that_was_left_out(tmp_path):
    def build(source, pages, secret):
        look = source.make_stream(b"0 0 9 9 re f % mine", Subtype=pikepdf.Name.Form, BBox=[0, 0, 9, 9])
        parent = source.make_indirect(pikepdf.Dictionary(FT=pikepdf.Name.Tx, T="a", V="secret"))
        fields = [source.make_indirect(pikepdf.Dictionary(
            Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Widget, Rect=[0, 0, 9, 9], Parent=parent,
            AP=pikepdf.Dictionary(N=one))) for one in (look, secret)]
        parent.Kids = pikepdf.Array(fields)
        for page, field in zip(pages, fields, strict=True):
            page.Annots = pikepdf.Array([field])
        source.Root.AcroForm = pikepdf.Dictionary(Fields=[parent])
    held = _left_out(tmp_path, build)
    assert b"secret" not in held and b"mine" in held


def test_a_signed_file_is_known(tmp_path):
    assert not is_signed(pdf())
    made, sink = pikepdf.Pdf.new(), io.BytesIO()
    made.add_blank_page()
    made.Root.AcroForm = pikepdf.Dictionary(Fields=[made.make_indirect(pikepdf.Dictionary(
        FT=pikepdf.Name.Sig, T="x", V=made.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.Sig))))])
    made.save(sink, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    assert is_signed(sink.getvalue()) and b"/ByteRange" not in sink.getvalue()


def paper(dirt: str = "") -> Image.Image:
    """A scanned sheet of paper: yellowish, uneven, a black edge from the scanner; and what is on it."""
    sheet = Image.effect_noise((827, 1170), 6).point(lambda value: value + 90).convert("L")
    pen = ImageDraw.Draw(sheet)
    pen.rectangle((0, 0, 12, 1170), fill=20)
    if dirt == "number":
        pen.text((410, 60), "2", fill=40, font_size=18)
    if dirt == "through":  # the front seen through the paper
        for line in range(100, 900, 40):
            pen.text((100, line), "noi dung van ban" * 4, fill=200, font_size=18)
    return sheet


def test_only_a_surely_blank_page_is_blank():
    assert is_blank(paper()) and is_blank(paper("through")) and is_blank(Image.new("1", (1170, 827), 1))
    assert not is_blank(paper("number")) and not is_blank(Image.new("L", (20, 20), 255))


def test_a_page_with_letters_is_not_a_scan(desk):
    assert not has_text(Cut(desk / "a.pdf", PDF, 1)) and not has_text(Cut(desk / "a.jpg", JPEG, 1))
