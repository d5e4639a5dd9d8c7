"""Art. 3.3, 6.3.b; S10: the content of what was signed: is it a scan, and does it show something else by itself?"""

import io
import json
import shutil

import pikepdf
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib.tables._c_m_a_p import CmapSubtable
from signing_world import LEADER, NAME, OFFICE, SEAL, elsewhere, make_letter, sign
from test_signature_report import both, codes, command, keys, scan, told, trust  # noqa: F401 - pytest finds fixtures by name

from app.tools.page_scan import is_scanned
from app.tools.signing import Signer
from app.tools.suspect import shows_otherwise


def test_art_3_3_a_a_letter_typed_over_a_white_picture_is_no_scan(keys, trust):  # noqa: F811
    """Its pages are covered by a picture, but what is read on them was typed."""
    def over(below, above, *, is_hidden=False):
        with pikepdf.open(io.BytesIO(below)) as pdf, pikepdf.open(io.BytesIO(above)) as other:
            page, target = pdf.pages[0], io.BytesIO()
            if is_hidden:
                content = other.pages[0].Contents.read_bytes()
                assert b" 0 Tr " in content
                other.pages[0].Contents = other.make_stream(content.replace(b" 0 Tr ", b" 3 Tr "))
            page.add_overlay(other.pages[0])
            pdf.save(target)
            return target.getvalue()

    letter = make_letter([[(60, 780 - 20 * line, "Sở Tài chính đề nghị các đơn vị báo cáo.") for line in range(20)]])
    found = told(elsewhere(keys, over(scan(), letter), SEAL), trust)
    assert (found["verdict"], codes(found)) == ("incomplete", ["leader_missing"])
    for honest in (over(scan(), letter, is_hidden=True), over(letter, scan())):  # a recogniser's layer; one below
        assert told(elsewhere(keys, honest, SEAL), trust)["verdict"] == "3.3.a"


def test_art_3_3_a_pictures_in_a_pile_cover_no_more_than_one_of_them(keys, trust):  # noqa: F811
    """A logo that is drawn again and again where it stands is no scan of a page."""
    typed = make_letter([[(60, 700, "Sở Tài chính đề nghị các đơn vị báo cáo.")]])

    def logos(count, size):
        with pikepdf.open(io.BytesIO(scan())) as pdf:
            page = pdf.pages[0]
            name = next(iter(page.get_images()))
            page.Contents = pdf.make_stream(b"q %d 0 0 %d 60 60 cm %s Do Q " % (size, size, name.encode()) * count)
            with pikepdf.open(io.BytesIO(typed)) as one:
                page.add_overlay(one.pages[0])
            pdf.save(target := io.BytesIO())
            return target.getvalue()

    assert is_scanned(logos(1, 480)) and not is_scanned(logos(1, 150)) and not is_scanned(logos(40, 150))


def test_art_3_3_without_trust_the_installation_s_own_register_counts(
        keys, both, trust, tmp_path, monkeypatch):  # noqa: F811
    """Who leads an agency and with which certificate it seals, it knows of those of which that is registered."""
    shutil.copytree(keys, tmp_path / "pki")
    (tmp_path / "a.pdf").write_bytes(both)
    monkeypatch.setenv("QLVB_DATA", str(tmp_path))

    def verdict():
        return json.loads(command(tmp_path / "a.pdf", "--sender", OFFICE, *signer, "--json").output)

    signer = ()
    assert codes(verdict()) == ["leader_unknown"]
    signer = "--signer", NAME
    assert codes(verdict()) == ["valid_b", "register_silent"]
    (tmp_path / "pki/register.json").write_text(json.dumps([
        {"code": OFFICE, "name": "", "agency_certificates": [], "leaders": [{"name": "Ai Đó", "certificates": []}]}]))
    assert codes(verdict()) == ["not_leader"]
    (tmp_path / "pki/register.json").write_text("{")
    assert command(tmp_path / "a.pdf", "--sender", OFFICE).exit_code == 1


def _with(make):
    """The letter with something in it before anybody signs."""
    def change(letter):
        with pikepdf.open(io.BytesIO(letter)) as pdf:
            make(pdf)
            target = io.BytesIO()
            pdf.save(target)
            return target.getvalue()
    return change


def _script(pdf):
    pdf.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert(1)"))


def _hides(pdf):
    pdf.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.Hide, T=pikepdf.String("a"))


def _layer_shown(pdf):
    layer = pdf.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.OCG, Name=pikepdf.String("a")))
    pdf.pages[0].obj.AA = pikepdf.Dictionary(O=pikepdf.Dictionary(
        S=pikepdf.Name.SetOCGState, State=pikepdf.Array([pikepdf.Name.Toggle, layer])))


def _fetched(pdf):
    stream = pdf.make_stream(b"")
    stream.stream_dict.F = pikepdf.Dictionary(
        Type=pikepdf.Name.Filespec, FS=pikepdf.Name.URL, F=pikepdf.String("http://example.invalid/a"))
    pdf.pages[0].contents_add(stream)


def _other_page(pdf):
    form = pdf.make_stream(b"", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form, BBox=[0, 0, 9, 9])
    form.stream_dict.Ref = pikepdf.Dictionary(F=pikepdf.String("other.pdf"), Page=0)
    pdf.pages[0].obj.Resources.XObject = pikepdf.Dictionary(Other=form)


def _other_form(pdf):
    pdf.Root.AcroForm = pikepdf.Dictionary(Fields=[], XFA=pdf.make_stream(b"<xdp/>"))


def _link(pdf):
    pdf.pages[0].obj.Annots = pikepdf.Array([pdf.make_indirect(pikepdf.Dictionary(
        Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[0, 0, 90, 14], F=4, A=pikepdf.Dictionary(
            S=pikepdf.Name.URI, URI=pikepdf.String("http://example.invalid"))))])


def _carried(pdf):
    pdf.attachments["bang.csv"] = b"1,2"


def _layer(usage=None, **shown):
    """A red box in a layer of the page."""
    def make(pdf):
        layer = pdf.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.OCG, Name=pikepdf.String("a")))
        if usage:
            layer.Usage = pikepdf.Dictionary({f"/{key}": pikepdf.Dictionary(value) for key, value in usage.items()})
        pdf.Root.OCProperties = pikepdf.Dictionary(OCGs=[layer], D=pikepdf.Dictionary({
            f"/{key}": value(layer) for key, value in shown.items()}))
        pdf.pages[0].obj.Resources.Properties = pikepdf.Dictionary(A=layer)
        pdf.pages[0].contents_add(pdf.make_stream(b"/OC /A BDC 1 0 0 rg 90 500 300 100 re f EMC"))
    return make


def _note(flags, subtype=pikepdf.Name.Stamp, rect=(90, 500, 390, 600)):
    def make(pdf):
        looks = pdf.make_stream(b"1 0 0 rg 0 0 300 100 re f", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form,
                                BBox=[0, 0, 300, 100])
        pdf.pages[0].obj.Annots = pikepdf.Array([pdf.make_indirect(pikepdf.Dictionary(
            Type=pikepdf.Name.Annot, Subtype=subtype, F=flags, Rect=list(rect), AP=pikepdf.Dictionary(N=looks)))])
    return make


def _drawn_anew(kind):
    def make(pdf):
        field = pdf.make_indirect(pikepdf.Dictionary(FT=kind, T=pikepdf.String("so"), V=pikepdf.String("99")))
        pdf.Root.AcroForm = pikepdf.Dictionary(NeedAppearances=True, Fields=[
            pdf.make_indirect(pikepdf.Dictionary(T=pikepdf.String("a"), Kids=[field]))])
    return make


def _field(kind=pikepdf.Name.Tx, flags=4, rect=(90, 500, 390, 518), *, by_parent=False):
    """A field that shows one sum and says another."""
    def make(pdf):
        looks = pdf.make_stream(b"0 0 300 18 re f", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form,
                                BBox=[0, 0, 300, 18])
        field = pdf.make_indirect(pikepdf.Dictionary(FT=kind, T=pikepdf.String("so"), V=pikepdf.String("9.900.000")))
        widget = field
        if by_parent:
            widget = pdf.make_indirect(pikepdf.Dictionary(Parent=field))
            field.Kids = pikepdf.Array([widget])
        for key, value in {"Type": pikepdf.Name.Annot, "Subtype": pikepdf.Name.Widget, "F": flags,
                           "Rect": pikepdf.Array(rect), "AP": pikepdf.Dictionary(N=looks)}.items():
            widget[f"/{key}"] = value
        pdf.Root.AcroForm = pikepdf.Dictionary(Fields=[field])
        pdf.pages[0].obj.Annots = pikepdf.Array([widget])
    return make


def _action(kind, where="OpenAction", **entries):
    """Something that happens when the file is opened, when a page is, or at a click on most of a page."""
    def make(pdf):
        action = pikepdf.Dictionary({"/S": pikepdf.Name(f"/{kind}"), **{f"/{key}": value for key, value
                                                                        in entries.items()}})
        if where == "OpenAction":
            pdf.Root.OpenAction = action
        elif where == "AA":
            pdf.pages[0].obj.AA = pikepdf.Dictionary(O=action)
        else:
            sides = [0, 0, 595, 842] if where == "page" else [90, 700, 290, 720]
            pdf.pages[0].obj.Annots = pikepdf.Array([pdf.make_indirect(pikepdf.Dictionary(
                Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=sides, F=4, A=action))])
    return make


def _unseen_letters(mode, drawing=b"0 0 300 18 re f", *, is_other=False):
    """A letter that the file draws itself, in text that is not to be seen."""
    def make(pdf):
        font = pdf.make_indirect(pikepdf.Dictionary(
            Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1 if is_other else pikepdf.Name.Type3,
            BaseFont=pikepdf.Name.Helvetica,
            FontBBox=[0, 0, 300, 18], FontMatrix=[1, 0, 0, 1, 0, 0], FirstChar=97, LastChar=97, Widths=[300],
            Encoding=pikepdf.Dictionary(Differences=[97, pikepdf.Name.a]),
            CharProcs=pikepdf.Dictionary(a=pdf.make_stream(b"300 0 d0 " + drawing))))
        pdf.pages[0].obj.Resources.Font.T3 = font
        for part in (b" BT %s Tr /T3 1 Tf 90 500 Td (a) Tj ET" % mode).split(b"|"):
            pdf.pages[0].contents_add(pdf.make_stream(part))
    return make


def _of(state):
    return {"View": {"/ViewState": pikepdf.Name.ON}, "Print": {"/PrintState": state}}


@pytest.mark.parametrize(("make", "by"), [
    (_layer(OFF=lambda layer: [layer]), "/OCProperties"),
    (_layer(BaseState=lambda _: pikepdf.Name.OFF), "/OCProperties"),
    (_layer(_of(pikepdf.Name.OFF)), "/Usage"), (_layer({"Zoom": {"/min": 2}}), "/Usage"), (_layer(), ""),
    (_layer(_of(pikepdf.Name.ON), ON=lambda layer: [layer]), ""),
    (_note(0), "/F"), (_note(4 | 32), "/F"), (_note(4 | 256), "/F"), (_note(pikepdf.Name.a), "/F"), (_note(4), ""),
    (_note(2), ""), (_note(0, rect=(0, 0, 0, 0)), ""), (_note(0, pikepdf.Name.Link), "/Link"),
    (_drawn_anew(pikepdf.Name.Tx), "/NeedAppearances"), (_drawn_anew(pikepdf.Name.Sig), ""),
    (_field(), "/FT"), (_field(pikepdf.Name.Ch), "/FT"), (_field(pikepdf.Name.Btn), "/FT"),
    (_field(by_parent=True), "/FT"), (_field(flags=2), ""), (_field(rect=(90, 500, 90, 500)), ""),
    (_field(rect=(90, 500)), "/F"), (_field(pikepdf.Name.Sig), "/V"), (_note(4 | 32, pikepdf.Name.Widget), "/F"),
    (_unseen_letters(b"3"), "Tr"), (_unseen_letters(b"7"), "Tr"), (_unseen_letters(b"3%\n"), "Tr"),
    (_unseen_letters(b"3|"), "Tr"),
    (_unseen_letters(b"0"), ""), (_unseen_letters(b"3", b""), ""), (_unseen_letters(b"3", is_other=True), "")])
def test_s10_what_looks_different_on_the_screen_and_on_paper_is_named(letter, make, by):
    """Layers that are not always shown, notes seen on one alone, fields that each reader draws in its own way."""
    assert shows_otherwise(_with(make)(letter)) == by


def _looks(subtype="Stamp", **entries):
    """A note that is seen on the screen and on paper, with these entries."""
    def make(pdf):
        pdf.pages[0].obj.Annots = pikepdf.Array([pdf.make_indirect(pikepdf.Dictionary({
            "/Type": pikepdf.Name.Annot, "/Subtype": pikepdf.Name(f"/{subtype}"), "/F": 4, "/Rect": [90, 500, 390, 600],
            **{f"/{key}": value(pdf) if callable(value) else value for key, value in entries.items()}}))])
    return make


def _form(pdf, content=b"", **resources):
    return pdf.make_stream(content, Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form, BBox=[0, 0, 300, 100],
                           Resources=pikepdf.Dictionary({f"/{key}": value for key, value in resources.items()}))


def _sides(*sides):
    return lambda pdf: pikepdf.Dictionary({f"/{side}": _form(pdf) for side in sides})


def _nested(deep, *, by_page=False):
    """Forms within forms; by the page: they name none, and take the page's."""
    def make(pdf):
        forms = [_form(pdf, b"1 0 0 rg 0 0 300 100 re f")]
        for number in range(deep - 1):
            forms.append(_form(pdf, b"/A%d Do" % number, XObject=pikepdf.Dictionary({f"/A{number}": forms[-1]})))
        for form in forms if by_page else ():
            del form.stream_dict.Resources
        pdf.pages[0].obj.Resources.XObject = pikepdf.Dictionary({f"/A{number}": one for number, one
                                                                 in enumerate(forms)})
        pdf.pages[0].contents_add(pdf.make_stream(b" /A%d Do" % (deep - 1)))
    return make


def _state(**entries):
    def make(pdf):
        pdf.pages[0].obj.Resources.ExtGState["/A"] = pikepdf.Dictionary({
            f"/{key}": value(pdf) if callable(value) else value for key, value in entries.items()})
        pdf.pages[0].contents_add(pdf.make_stream(b" /A gs"))
    return make


def _mask(*, is_group):
    def make(pdf):
        form = _form(pdf)
        if is_group:
            form.stream_dict.Group = pikepdf.Dictionary(S=pikepdf.Name.Transparency, CS=pikepdf.Name.DeviceGray)
        return pikepdf.Dictionary(S=pikepdf.Name.Luminosity, G=form)
    return make


def _area(box):
    def make(pdf):
        pdf.Root.ViewerPreferences = pikepdf.Dictionary(ViewArea=pikepdf.Name(box), DisplayDocTitle=True)
    return make


def _turning(*, is_full=True, **entries):
    """A page that goes by, in a file that fills the screen when it is opened."""
    def make(pdf):
        pdf.Root.PageMode = pikepdf.Name.FullScreen if is_full else pikepdf.Name.UseNone
        pdf.pages[0].obj.update({f"/{key}": value for key, value in entries.items()})
    return make


def _printed_in_part(pdf):
    pdf.Root.ViewerPreferences = pikepdf.Dictionary(
        PrintPageRange=[1, 1], NumCopies=2, PrintScaling=pikepdf.Name("/None"))


def _portfolio(pdf):
    _carried(pdf)
    pdf.Root.Collection = pikepdf.Dictionary(View=pikepdf.Name.H, D=pikepdf.String("bang.csv"))


def _text_mode(mode):
    return lambda pdf: pdf.pages[0].contents_add(pdf.make_stream(b" BT %s Tr ET" % mode))


def _letters(*tables, flags=4, encoding=None):
    """A font in whose tables, each (platform, encoding, base), "a" and "b" are the other way round in every second."""
    def make(pdf):
        made = FontBuilder(1000, isTTF=True)
        made.setupGlyphOrder([".notdef", "a", "b"])
        made.setupGlyf({name: TTGlyphPen(None).glyph() for name in (".notdef", "a", "b")})
        made.setupHorizontalMetrics({name: (500, 0) for name in (".notdef", "a", "b")})
        made.setupHorizontalHeader()
        made.setupCharacterMap({})
        made.font["cmap"].tables = []
        for number, (platform, kind, base) in enumerate(tables):
            one = CmapSubtable.newSubtable(4 if platform == 3 else 0)
            one.platformID, one.platEncID, one.language = platform, kind, 0
            one.cmap = {base + 97: "ab"[number % 2], base + 98: "ba"[number % 2]}
            made.font["cmap"].tables.append(one)
        made.font.save(program := io.BytesIO())
        font = pikepdf.Dictionary(
            Type=pikepdf.Name.Font, Subtype=pikepdf.Name.TrueType, BaseFont=pikepdf.Name.Ab, FirstChar=97, LastChar=98,
            Widths=[500, 500], FontDescriptor=pikepdf.Dictionary(
                Type=pikepdf.Name.FontDescriptor, Flags=flags, FontFile2=pdf.make_stream(program.getvalue())))
        if encoding:
            font.Encoding = encoding
        pdf.pages[0].obj.Resources.Font.Ab = pdf.make_indirect(font)
        pdf.pages[0].contents_add(pdf.make_stream(b" BT /Ab 13 Tf (a) Tj ET"))
    return make


@pytest.mark.parametrize(("make", "by"), [
    (_looks(AP=_sides("N")), ""), (_looks("FreeText", Contents=pikepdf.String("9.900.000.000")), "/AP"),
    (_looks("Text", Open=True), "/AP"), (_looks("Link"), ""), (_looks(AP=_sides("N", "R")), "/AP"),
    (_looks(AP=_sides("N", "D")), "/AP"), (_looks("Watermark", AP=_sides("N")), "/Watermark"),
    (_looks("TrapNet", AP=_sides("N")), "/TrapNet"),
    (_nested(12), ""), (_nested(60), "/XObject"), (_nested(60, by_page=True), "/A58"),
    (_state(ca=1, CA=0.5, LW=2, BM=pikepdf.Name.Multiply, SMask=pikepdf.Name("/None"), TR2=pikepdf.Name.Default), ""),
    (_state(ca=pikepdf.Name.x), "/ca"), (_state(CA=pikepdf.Array([1])), "/CA"), (_state(LW=True), "/LW"),
    (_state(SMask=_mask(is_group=True)), ""), (_state(SMask=_mask(is_group=False)), "/SMask"),
    (_state(TR=_form), "/TR"), (_turning(Dur=1), "/Dur"), (_turning(Trans=pikepdf.Dictionary()), "/Trans"),
    (_turning(is_full=False, Dur=1), ""), (_printed_in_part, "/PrintPageRange"),
    (_area("/CropBox"), ""), (_area("/ArtBox"), "/ViewArea"), (_portfolio, "/Collection"), (_carried, ""),
    (_text_mode(b"0"), ""), (_text_mode(b"3.5"), "Tr"),
    (_letters((3, 0, 0xF000), (3, 1, 0)), "/FontFile2"), (_letters((1, 0, 0), (3, 1, 0), flags=32), "/FontFile2"),
    (_letters((3, 0, 0xF000), (2, 1, 0), (1, 0, 0)), ""), (_letters((3, 1, 0)), ""),
    (_letters((1, 0, 0), (3, 1, 0), flags=32, encoding=pikepdf.Name.WinAnsiEncoding), ""),
    (_letters((0, 3, 0)), "/FontFile2"), (_letters((3, 0, 0xF100), (1, 0, 0)), "/FontFile2"),
    (_letters((0, 3, 0), (1, 0, 0), flags=32, encoding=pikepdf.Name.WinAnsiEncoding), "/FontFile2"),
    (_letters((1, 0, 1)), "Tj")])  # a letter that is missing
def test_s10_what_readers_draw_each_in_its_own_way_is_named(letter, make, by):
    assert shows_otherwise(_with(make)(letter)) == by


URL = {"URI": pikepdf.String("http://example.invalid")}


@pytest.mark.parametrize(("make", "by"), [
    (_action("Named", N=pikepdf.Name.Print), "/Named"), (_action("Named", "link", N=pikepdf.Name.Print), "/Named"),
    (_action("Named", "link", N=pikepdf.Name.NextPage), ""), (_action("Named", N=pikepdf.Name.LastPage), ""),
    (_action("SubmitForm", "link", F=pikepdf.String("http://example.invalid")), "/SubmitForm"),
    (_action("ImportData", "link", F=pikepdf.String("a.fdf")), "/ImportData"), (_action("Sound", "link"), "/Sound"),
    (_action("URI", **URL), "/OpenAction"), (_action("GoToR", F=pikepdf.String("b.pdf")), "/OpenAction"),
    (_action("GoTo", D=pikepdf.Array([0, pikepdf.Name.Fit])), ""), (_action("URI", "AA", **URL), "/AA"),
    (_action("GoTo", "AA", D=pikepdf.Array([0, pikepdf.Name.Fit])), "/AA"), (_action("URI", "page", **URL), "/A"),
    (_action("URI", "link", **URL), ""), (_action("GoTo", "page", D=pikepdf.Array([0, pikepdf.Name.Fit])), "")])
def test_s10_what_prints_sends_or_happens_unasked_is_named_and_a_link_is_not(letter, make, by):
    assert shows_otherwise(_with(make)(letter)) == by


@pytest.mark.parametrize(("make", "verdict"), [
    (_field(), "indeterminate"), (_action("SubmitForm", "link"), "indeterminate"),
    (_note(0), "indeterminate"), (_layer(OFF=lambda layer: [layer]), "indeterminate"), (_layer(), "3.3.b"),
    (_script, "indeterminate"), (_hides, "indeterminate"), (_layer_shown, "indeterminate"),
    (_fetched, "indeterminate"), (_other_page, "indeterminate"), (_other_form, "indeterminate"),
    (_link, "3.3.b"), (_carried, "3.3.b")])
def test_s10_what_shows_something_else_by_itself_is_never_green(keys, trust, letter, make, verdict):  # noqa: F811
    """Nothing was changed after the signatures: the file itself shows now this, now that. A link or a file that is
    only carried along (PDF/A-3) shows nothing else.
    """
    found = told(elsewhere(keys, elsewhere(keys, _with(make)(letter), LEADER), SEAL), trust)
    assert found["verdict"] == verdict and all(one["intact"] for one in found["signatures"])
    assert codes(found) == (["active"] if verdict == "indeterminate" else ["valid_b"])


def test_nd_30_d26_the_mark_of_an_extract_makes_it_one_where_no_number_is_known(keys, letter, trust):  # noqa: F811
    marked = sign(Signer(keys), letter, SEAL, "copy", {"form": "TRÍCH SAO", "agency": "Sở Nội vụ tỉnh Lào Cai"})
    found = told(marked, trust)
    assert (found["verdict"], found["handling"], codes(found)) == ("copy", "6.3.a", ["valid_copy"])
    whole = sign(Signer(keys), letter, SEAL, "copy", {"form": "SAO Y", "agency": "Sở Nội vụ tỉnh Lào Cai"})
    assert told(whole, trust)["verdict"] == "incomplete"  # an electronic original is not copied as a whole
    assert told(sign(Signer(keys), scan(), SEAL, "copy", {"form": "SAO Y"}), trust)["verdict"] == "3.3.a"
