"""Ways to draw a page that readers of PDF show each in its own way: wrong by ISO 32000, and drawn all the same."""

import base64
import io
import zlib
from decimal import Decimal

import pikepdf
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont
from PIL import Image
from signing_world import make_letter

NAME = pikepdf.Name
#: another sum over the one that the letter gives: painted out, and written anew
OTHER_SUM = b"1 g 144 696 90 14 re f 0 g BT /H 13 Tf 145 700 Td (900.000.000) Tj ET"
#: the beginning of a JPEG 2000 picture of one element, grey
JPX = b"\xff\x4f\xff\x51\0\x29\0\0" + b"\0\0\0\1" * 2 + b"\0" * 8 + b"\0\0\0\1" * 2 + b"\0" * 8 + b"\0\1\7\1\1"
BOX = b" 90 590 300 60 re f"


def letter():
    return make_letter([[(90, 740, "Sở Tài chính đề nghị cấp kinh phí."), (90, 700, "Số tiền: "),
                         (145, 700, "100.000 đồng")]])


def drawn(make, pdf=None):
    """The letter with what is made of its page."""
    with pikepdf.open(io.BytesIO(pdf or letter())) as opened:
        page = opened.pages[0].obj
        page.Resources.Font.H = opened.make_indirect(pikepdf.Dictionary(
            Type=NAME.Font, Subtype=NAME.Type1, BaseFont=NAME("/Times-Roman")))
        make(opened, page)
        opened.save(target := io.BytesIO())
        return target.getvalue()


def plainly(content):
    """These words on the page, which name nothing new."""
    return lambda pdf, page: pikepdf.Page(page).contents_add(pdf.make_stream(b" " + content))


def naming(content, kind, make, **resources):
    """These words, which name something as "/A"."""
    def change(pdf, page):
        those = page.Resources.get(f"/{kind}") or pikepdf.Dictionary()
        those["/A"] = make(pdf) if callable(make) else make
        page.Resources[f"/{kind}"] = those
        for key, value in resources.items():
            page.Resources[f"/{key}"] = value
        plainly(content)(pdf, page)
    return change


def form(content=OTHER_SUM, *, fonts=True, **entries):
    """A form that shows the other sum; what is None it does not say."""
    def make(pdf):
        font = pdf.make_indirect(pikepdf.Dictionary(Type=NAME.Font, Subtype=NAME.Type1, BaseFont=NAME("/Times-Roman")))
        said = {"Type": NAME.XObject, "Subtype": NAME.Form, "BBox": [0, 0, 595, 842],
                "Resources": pikepdf.Dictionary(Font=pikepdf.Dictionary(H=font)) if fonts else None, **entries}
        return pdf.make_stream(content, {f"/{key}": value for key, value in said.items() if value is not None})
    return make


def picture(data=b"\x00", **entries):
    """A black picture of one element."""
    def make(pdf):
        said = {"Type": NAME.XObject, "Subtype": NAME.Image, "Width": 1, "Height": 1, "BitsPerComponent": 8,
                "ColorSpace": NAME.DeviceGray, **entries}
        return pdf.make_stream(data, {f"/{key}": value(pdf) if callable(value) else value
                                      for key, value in said.items() if value is not None})
    return make


def shown(**entries):
    return naming(b"q 300 0 0 60 90 590 cm /A Do Q", "XObject", picture(**entries))


def wrapped_jpeg(pack, name, size):
    """A JPEG of this size, packed once more, as the picture of one element."""
    Image.new("L", size).save(target := io.BytesIO(), "JPEG")
    end = b"~>" if name == "ASCII85Decode" else b""
    return shown(data=pack(target.getvalue()) + end, Filter=[NAME(f"/{name}"), NAME.DCTDecode])


def masked(group, content=b"", **entries):
    """Words behind a mask of brightness."""
    def make(pdf):
        mask = form(content, Group=pikepdf.Dictionary({"/S": NAME.Transparency, **group}))(pdf)
        of_form = {f"/{key}": entries.pop(key) for key in ("BBox", "Matrix") if key in entries}
        mask.update(of_form)
        return pikepdf.Dictionary(SMask=pikepdf.Dictionary({
            "/Type": NAME.Mask, "/S": NAME.Luminosity, "/G": mask, **{f"/{key}": one for key, one in entries.items()}}))
    return naming(b"q /A gs " + OTHER_SUM + b" Q", "ExtGState", make)


def lettered(drawing, widths=(300,), **entries):
    """A letter that the file draws itself."""
    def make(pdf):
        said = {"Type": NAME.Font, "Subtype": NAME.Type3, "FontBBox": [0, 0, 300, 60], "FontMatrix": [1, 0, 0, 1, 0, 0],
                "FirstChar": 97, "LastChar": 97, "Widths": list(widths),
                "Encoding": pikepdf.Dictionary(Differences=[97, NAME.a]),
                "CharProcs": pikepdf.Dictionary(a=pdf.make_stream(drawing)), **entries}
        return pdf.make_indirect(pikepdf.Dictionary({f"/{key}": value for key, value in said.items()}))
    return naming(b"BT /A 1 Tf 90 590 Td (a) Tj ET", "Font", make)


def typeface(is_outlined=False):
    """A font of two figures that look alike."""
    made, names = FontBuilder(1000, isTTF=not is_outlined), [".notdef", "one", "nine"]
    pen = T2CharStringPen(500, None) if is_outlined else TTGlyphPen(None)
    for at, to in enumerate([(0, 0), (0, 700), (400, 700)]):
        (pen.lineTo if at else pen.moveTo)(to)
    pen.closePath()
    look = pen.getCharString() if is_outlined else pen.glyph()
    made.setupGlyphOrder(names)
    made.setupCharacterMap({0x31: "one", 0x39: "nine"})
    if is_outlined:
        made.setupCFF("Ab", {}, dict.fromkeys(names, look), {})
    else:
        made.setupGlyf(dict.fromkeys(names, look))
    made.setupHorizontalMetrics(dict.fromkeys(names, (500, 0)))
    made.setupHorizontalHeader()
    made.setupOS2()
    made.setupPost()
    made.save(target := io.BytesIO())
    return TTFont(target).reader["CFF "] if is_outlined else target.getvalue()


def fonted(kind, program="", encoding=None, said=b"(0)", *, flags=4, face=None, base="Ab", width=500, **inner):
    """Words in a font whose program, if it is here, is `face`; `inner`: what the letters of a Type 0 font say."""
    face = face or (typeface() if program.startswith("FontFile2") else b"x")

    def make(pdf):
        font = pikepdf.Dictionary(Type=NAME.Font, Subtype=NAME(f"/{kind}"), BaseFont=NAME(f"/{base}"), FirstChar=48,
                                  LastChar=57, Widths=[width] * 10)
        if width is None:
            del font.Widths, font.FirstChar, font.LastChar
        if encoding is not None:
            font.Encoding = encoding
        if program or flags != 4:
            key, of = (program or "None -").split()
            font.FontDescriptor = pikepdf.Dictionary({
                "/Type": NAME.FontDescriptor, "/Flags": flags,
                f"/{key}": pdf.make_stream(face, **({"Subtype": NAME(f"/{of}")} if key == "FontFile3" else {}))})
        if inner:
            font.update({f"/{key}": pdf.make_stream(value) if isinstance(value, bytes) else value
                         for key, value in inner.items()})
            font = pikepdf.Dictionary(Type=NAME.Font, Subtype=NAME.Type0, BaseFont=NAME.Ab,
                                      Encoding=NAME("/Identity-H"), DescendantFonts=[font])
        return pdf.make_indirect(font)
    return naming(b"BT /A 13 Tf 90 590 Td " + said + b" Tj ET", "Font", make)


def calibrated(**entries):
    """A box in a space of colours that says how each looks."""
    said = {"WhitePoint": [Decimal(".95"), 1, Decimal("1.09")], **entries}
    return naming(b"/A cs .3 .3 .3 sc" + BOX, "ColorSpace", pikepdf.Array([NAME.CalRGB, pikepdf.Dictionary(
        {f"/{key}": value for key, value in said.items()})]))


def profiled(profile):
    return naming(b"/A cs .3 sc" + BOX, "ColorSpace",
                  lambda pdf: pikepdf.Array([NAME.ICCBased, pdf.make_stream(profile, N=1)]))


def reckoned(program):
    """A box in a colour that a program finds."""
    return naming(b"/A cs .3 sc" + BOX, "ColorSpace", lambda pdf: pikepdf.Array([
        NAME.Separation, NAME.Spot, NAME.DeviceGray,
        pdf.make_stream(program, FunctionType=4, Domain=[0, 1], Range=[0, 1])]))


def linked(**entries):
    return of_page(Annots=pikepdf.Array([pikepdf.Dictionary({"/Type": NAME.Annot, "/Subtype": NAME.Link, **{
        f"/{key}": value for key, value in {"Rect": [90, 590, 390, 650], **entries}.items()}})]))


def different(*names):
    return pikepdf.Dictionary(Differences=[48, *(NAME(f"/{name}") for name in names)])


def tiled(**entries):
    def make(pdf):
        said = {"Type": NAME.Pattern, "PatternType": 1, "PaintType": 1, "TilingType": 1, "BBox": [0, 0, 50, 10],
                "XStep": 60, "YStep": 20, "Resources": pikepdf.Dictionary(), **entries}
        return pdf.make_stream(b"0 0 50 10 re f", {f"/{key}": value for key, value in said.items()})
    return naming(b"/Pattern cs /A scn" + BOX, "Pattern", make)


def noted(subtype="Stamp", *, looks=None, **entries):
    def make(pdf, page):
        look = form(b"0 0 300 60 re f", **{"BBox": [0, 0, 300, 60], **(looks or {})})(pdf)
        page.Annots = pikepdf.Array([pdf.make_indirect(pikepdf.Dictionary({
            "/Type": NAME.Annot, "/Subtype": NAME(f"/{subtype}"), "/F": 4, "/Rect": [90, 590, 390, 650],
            "/AP": pikepdf.Dictionary(N=look), **{f"/{key}": value for key, value in entries.items()}}))])
    return make


def placed(value=None, looks=b"0 0 300 60 re f", *, is_parted=False, **entries):
    """The place of a signature: what signed it, its look; parted: the field is one object, its place another."""
    def make(pdf, page):
        noted("Widget", **entries)(pdf, page)
        [widget] = page.Annots
        widget.AP.N.write(looks)
        field = pdf.make_indirect(pikepdf.Dictionary(Kids=[widget])) if is_parted else widget
        field.FT, field.T = NAME.Sig, pikepdf.String("x")
        if is_parted:
            widget.Parent = field
        if value is not None:
            field.V = pdf.make_indirect(pikepdf.Dictionary({f"/{key}": one for key, one in value.items()}))
        pdf.Root.AcroForm = pikepdf.Dictionary(Fields=[field])
    return make


def of_page(**entries):
    return lambda pdf, page: page.update({f"/{key}": value for key, value in entries.items()})


def in_two(first, second):
    """Words that begin in one stream and end in the next."""
    def make(pdf, page):
        parts = page.Contents if isinstance(page.Contents, pikepdf.Array) else [page.Contents]
        page.Contents = pikepdf.Array([*parts, pdf.make_stream(first), pdf.make_stream(second)])
    return make


def after_a_string(pdf, page):
    """A page whose words give back what only a string keeps."""
    plainly(b"Q Q Q " + OTHER_SUM)(pdf, page)
    page.Contents = pikepdf.Array([pikepdf.String("q q q "), *page.Contents])


def packed(**entries):
    """Words in a stream that says more of itself."""
    def make(pdf, page):
        one = pdf.make_stream(b"")
        one.write(zlib.compress(b"\x000 \x00g "), filter=NAME.FlateDecode)
        for key, value in entries.items():
            one[f"/{key}"] = value
        page.Contents = pikepdf.Array([page.Contents, one])
    return make


def under_another_parent(pdf, page):
    """A page that says it hangs from another node than the one that leads to it."""
    page.Parent = pdf.make_indirect(pikepdf.Dictionary(
        Type=NAME.Pages, Kids=[page], Count=1, MediaBox=[0, 0, 300, 300]))


#: way -> (what it makes of the page, the construct that is named)
TRICKS = {
    "state given back too often": (plainly(b"Q Q Q " + OTHER_SUM), "Q"),
    "number that is none": (plainly(b"q 0 0 300-200 842 re W n " + OTHER_SUM + b" Q"), "300-200"),
    "form without extent": (naming(b"/A Do", "XObject", form(BBox=None)), "/BBox"),
    "rival names": (plainly(b"q 90 0 0 14 144 696 cm BI /W 1 /H 1 /BPC 8 /CS /G /D [0 1] /Decode [1 0] ID \xff EI Q"),
                    "/Decode"),
    "mask of no colours": (masked({}, BC=[1]), "/SMask"),
    "number of three dots": (plainly(b"90 5.9.0 300 60 re f"), "5.9.0"),
    "number of ten figures": (plainly(b"99999999999 0 m" + BOX), "99999999999"),
    "number that some cannot hold": (plainly(b"0 600 2147483647 60 re f"), "2147483647"),
    "page beyond what is counted": (of_page(MediaBox=[0, 0, 595, 4294967891]), "/MediaBox"),
    "page of another unit": (of_page(UserUnit=2), "/UserUnit"),
    "bent flat and back": (plainly(b"1 1 1 1.00001 0 0 cm 100001 -100000 -100000 100000 0 0 cm" + BOX), "cm"),
    "next to nothing and back": (plainly(b"%b 0 0 %b 0 0 cm " % ((b"0." + b"0" * 25 + b"1",) * 2) * 2 + BOX), "cm"),
    "far away and back": (plainly(b"1 0 0 1 10000000.4 0 cm 1 0 0 1 -10000000 0 cm" + BOX), "cm"),
    "moved again and again": (plainly(b"1 0 0 1 .000045 0 cm " * 1001 + BOX), "cm"),
    "line that creeps": (plainly(b"BT " + b".000045 0 Td " * 10_001 + b"ET"), "Td"),
    "form within next to nothing": (naming(b".00001 0 0 .00001 0 0 cm /A Do", "XObject", form(
        Matrix=[Decimal(".00001"), 0, 0, Decimal(".00001"), 0, 0], BBox=[0, 0, 9, 9])), "Do"),
    "operands too many": (plainly(b"1 2" + BOX), "re"), "operands too few": (plainly(b"590 300 60 re f"), "re"),
    "operand of another kind": (plainly(b"/X g" + BOX), "g"), "operator that is none": (plainly(b"foo" + BOX), "foo"),
    "what may be unknown": (plainly(b"BX" + BOX + b" EX"), "BX"), "byte that is no blank": (plainly(BOX + b"\x0b"),
    "f"),
    "nought within": (plainly(b"90 590 300 60 re\x00f"), "re\\x00f"), "string without end": (plainly(b"(ab( Tj" + BOX),
    "(ab("),
    "key twice": (plainly(b"/Span <</A 1 /A 2>> BDC" + BOX + b" EMC"), "/A"),
    "text within text": (plainly(b"BT BT ET ET"), "BT"), "state within text": (plainly(b"BT q ET Q"), "q"),
    "box within text": (plainly(b"BT" + BOX + b" ET"), "re"), "text without end": (plainly(b"BT"), "BT"),
    "text without a font": (naming(b"/A Do", "XObject", form(b"BT 90 600 Td (x) Tj ET")), "Tf"),
    "line from nowhere": (plainly(b"90 600 l 390 640 l f"), "l"), "limit without a path": (plainly(b"W n"), "W"),
    "limit that waits": (plainly(b"0 0 9 9 re W" + BOX), "re"), "mark closed only": (plainly(b"EMC"), "EMC"),
    "states too many": (plainly(b"q " * 40 + b"Q " * 40), "q"), "dash of nothing": (plainly(b"[0 0] 0 d"), "d"),
    "end without a side": (plainly(b"40 w 2 J 90 600 m 90 600 l S"), "l"), "far away": (plainly(b"90000 0 m 0 9 l S"),
    "cm"),
    "colour beyond all": (plainly(b"-5 7 9 rg" + BOX), "rg"), "letters without width": (plainly(b"BT 0 Tz ET"), "Tz"),
    "word in two parts": (in_two(b" 90 590 300 60 r", b"e f"), "r"),
    "words joined": (in_two(b" 90 590 30", b"0 60 re f"), "/Contents"),
    "name of nothing": (plainly(b"/Zz Do"), "/Zz"), "colours of nothing": (plainly(b"/Zz cs"), "/Zz"),
    "form that names none": (naming(b"/A Do", "XObject", form(fonts=False)), "/H"),
    "form turned flat": (naming(b"/A Do", "XObject", form(Matrix=[0, 0, 0, 0, 0, 0])), "/Matrix"),
    "form of five numbers": (naming(b"/A Do", "XObject", form(Matrix=[1, 0, 0, 1, 0])), "/Matrix"),
    "form for a printer": (naming(b"/A Do", "XObject", form(Subtype2=NAME.PS)), "/Form"),
    "group that knocks out": (naming(b"/A Do", "XObject", form(Group=pikepdf.Dictionary(S=NAME.Transparency, K=True))),
    "/Group"),
    "unknown blend": (naming(b"/A gs" + BOX, "ExtGState", pikepdf.Dictionary(BM=NAME.Foo)), "/BM"),
    "painted over unseen": (naming(b"/A gs" + BOX, "ExtGState", pikepdf.Dictionary(op=True, OPM=1)), "/op"),
    "font by a state": (naming(b"/A gs", "ExtGState", pikepdf.Dictionary(Font=[NAME.H, 40])), "/Font"),
    "picture too short": (shown(data=b"", Width=10, Height=10), "/Length"),
    "picture of no colours": (shown(ColorSpace=None), "/ColorSpace"),
    "picture of three bits": (shown(BitsPerComponent=3), "/BitsPerComponent"),
    "picture half inverted": (shown(Decode=[1]), "/Decode"),
    "fax with ends of lines": (shown(Filter=NAME.CCITTFaxDecode, BitsPerComponent=1, ColorSpace=NAME.DeviceGray,
                                     DecodeParms=pikepdf.Dictionary(EndOfLine=1)), "/EndOfLine"),
    "picture by another filter": (shown(Filter=NAME.Foo), "/Filter"), "mask of eight bits": (shown(Mask=picture()),
    "/Mask"),
    "mask in colours": (shown(SMask=picture(b"\0\0\0", ColorSpace=NAME.DeviceRGB)), "/SMask"),
    "short name beside": (shown(W=2), "/W"),
    "data beyond the picture": (plainly(b"q 9 0 0 9 9 9 cm BI /W 8 /H 1 /BPC 8 /CS /G ID \0\0 EI Q"), "EI"),
    "letter without a width": (lettered(b"0 0 300 60 re f"), "d0"),
    "letter in colours": (lettered(b"300 0 0 0 300 60 d1 1 g 0 0 300 60 re f"), "g"),
    "letter larger than it says": (lettered(b"300 0 0 0 1 1 d1 0 0 300 60 re f"), "d1"),
    "widths too many": (lettered(b"300 0 d0", (300, 9)), "/Widths"),
    "code without a width": (naming(b"BT /A 9 Tf (ab) Tj ET", "Font", pikepdf.Dictionary(
        Type=NAME.Font, Subtype=NAME.TrueType, BaseFont=NAME.Arial, FirstChar=97, LastChar=97, Widths=[500])), "Tj"),
    "tiles of no step": (tiled(XStep=0), "/XStep"), "tiles over tiles": (tiled(XStep=1), "/XStep"),
    "tiles leftwards": (tiled(XStep=-60), "/XStep"),
    "colour of all or none": (naming(b"/A cs 1 sc" + BOX, "ColorSpace", pikepdf.Array([
        NAME.Separation, NAME("/None"), NAME.DeviceGray, pikepdf.Dictionary(FunctionType=2, Domain=[0, 1], N=1)])),
    "/Separation"),
    "list that is too short": (naming(b"/A cs 5 sc" + BOX, "ColorSpace", pikepdf.Array([
        NAME.Indexed, NAME.DeviceGray, 9, pikepdf.String("a")])), "/Indexed"),
    "profile of other colours": (naming(b"/A cs 0 sc" + BOX, "ColorSpace", lambda pdf: pikepdf.Array([
        NAME.ICCBased, pdf.make_stream(b"x" * 200, N=1)])), "/ICCBased"),
    "shade of a list": (naming(b"/A sh", "Shading", pikepdf.Dictionary(ShadingType=2, Coords=[0, 0, 9, 9], ColorSpace=[
        NAME.Indexed, NAME.DeviceGray, 1, pikepdf.String("ab")])), "/ColorSpace"),
    "note turned flat": (noted(looks={"Matrix": [0, 0, 0, 0, 0, 0]}), "/Matrix"),
    "note of a kind unknown": (noted(F=5), "/Stamp"),
    "link with a look": (noted("Link"), "/Link"), "mark over text": (noted("Highlight"), "/Highlight"),
    "note that keeps its size": (noted(F=4 | 8), "/F"), "note that does not turn": (noted(F=4 | 16), "/F"),
    "seal that does not turn": (placed({"Type": NAME.Sig}, F=4 | 16), "/F"), "note of text": (noted("Text"), "/Text"),
    "place of no signature": (placed(), "/V"), "field of no signature": (placed(is_parted=True), "/V"),
    "place of a time stamp": (placed({"Type": NAME.DocTimeStamp}), "/V"),
    "field of no form": (noted("Widget"), "/Widget"),
    "page of no extent": (of_page(CropBox=[1000, 1000, 2000, 2000]), "/CropBox"),
    "page turned a little": (of_page(Rotate=45), "/Rotate"),
    "page that lacks a part": (lambda pdf, page: in_two(b"", b"")(pdf,
        page) or page.Contents.append(pdf.get_object((999, 0))), "/Contents"),
    "page under another parent": (under_another_parent, "/Parent"),
    "letters of no list": (fonted("Type1", encoding=different("uni0039")), "/Differences"),
    "letters by number": (fonted("TrueType", encoding=different("C57", "one")), "/Differences"),
    "codes of a font of outlines": (fonted("Type1", "FontFile3 Type1C"), "/Encoding"),
    "codes and names": (fonted("TrueType", "FontFile2 -", encoding=different("nine")), "/Encoding"),
    "letters beyond their map": (fonted("CIDFontType2", "FontFile2 -", said=b"<0009>", CIDToGIDMap=b"\0\1\0\2"), "Tj"),
    "half a letter": (fonted("CIDFontType2", "FontFile2 -", said=b"<00>", DW=500), "Tj"),
    "map of other letters": (fonted("CIDFontType0", "FontFile3 CIDFontType0C", said=b"<0001>",
                                    CIDToGIDMap=b"\0\1\0\2"), "/CIDToGIDMap"),
    "place beyond its list": (shown(data=b"\x09", ColorSpace=[NAME.Indexed, NAME.DeviceGray, 1, pikepdf.String("ab")]),
    "/Indexed"),
    "place beyond its list within": (naming(b"q 9 0 0 9 9 9 cm BI /W 1 /H 1 /BPC 2 /CS /A ID \xc0 EI Q", "ColorSpace",
                                            [NAME.Indexed, NAME.DeviceGray, 1, pikepdf.String("ab")]), "/Indexed"),
    "mask of four colours": (masked({"/CS": NAME.DeviceCMYK}), "/SMask"),
    "colours brighter than white": (calibrated(Matrix=[50] * 9), "/CalRGB"),
    "white that is dark": (calibrated(WhitePoint=[Decimal(".1"), 1, 1]), "/CalRGB"),
    "profile of nothing": (profiled(b"\0" * 16 + b"GRAYXYZ " + b"\0" * 12 + b"acsp" + b"\0" * 99), "/ICCBased"),
    "colours of a picture and one more": (shown(data=JPX[:41] + b"\4" + JPX[42:], Filter=NAME.JPXDecode,
                                                ColorSpace=None), "/ColorSpace"),
    "thick frame of a link": (linked(Border=[0, 0, 9]), "/Border"),
    "frame that is a sign": (linked(Rect=[90, 590, 96, 599]), "/Border"),
    "program that compares": (reckoned(b"{dup 0.3 eq {pop 1} if}"), "/FunctionType"),
    "program that makes much of little": (reckoned(b"{0.1 3 mul 0.3 sub 100000 mul add}"), "/FunctionType"),
    "program that leaves two": (reckoned(b"{dup}"), "/FunctionType"),
    "program that divides by what comes": (reckoned(b"{1 exch div}"), "/FunctionType"),
    "key in two spellings": (plainly(b"/Span <</A 1 /#41 2>> BDC" + BOX + b" EMC"), "/A"),
    "figures too narrow to read": (fonted("Type1", width=150), "Tj"),
    "figures too wide to read": (fonted("Type1", width=1100), "Tj"),
    "letters that go back": (fonted("Type1", width=-500), "/Widths"),
    "letters as capitals": (fonted("Type1", flags=0x10020), "/Flags"),
    "letters of a reader's own": (fonted("Type1", base="Courier-Foo", width=None), "/FirstChar"),
    "signs by names of letters": (fonted("Type1", base="ZapfDingbats", encoding=different("nine")), "/Encoding"),
    "figures of experts": (fonted("Type1", encoding=NAME.MacExpertEncoding), "/Encoding"),
    "width that is not whole": (fonted("CIDFontType2", "FontFile2 -", said=b"<0001>", DW=Decimal("500.5")), "/DW"),
    "names of a font of neither kind": (fonted("TrueType", "FontFile2 -", encoding=different("nine"), flags=0,
                                               face=typeface()), "/Encoding"),
    "name by number": (fonted("TrueType", "FontFile2 -", encoding=different("g2"), flags=32), "Tj"),
    "name that leads to none": (fonted("Type1", "FontFile3 Type1C", encoding=different("g2"), flags=32,
                                       face=typeface(is_outlined=True)), "Tj"),
    "code that is not named": (fonted("Type1", "FontFile3 Type1C", encoding=different("nine"), said=b"(1)", flags=32,
                                      face=typeface(is_outlined=True)), "Tj"),
    "letter that is not named": (lettered(b"300 0 d0 0 0 300 60 re f", Encoding=pikepdf.Dictionary(
        Differences=[98, NAME.a])), "Tj"),
    "picture of other colours": (shown(data=JPX, Filter=NAME.JPXDecode, ColorSpace=NAME.DeviceRGB), "/ColorSpace"),
    "string among the streams of a page": (after_a_string, "/Contents"),
    "number of three hundred figures": (plainly(b" " + b"0" * 300 + b"90 590 300 60 re f"), "0" * 24),
    "stream of a short name": (packed(DP=pikepdf.Dictionary(Predictor=10, Columns=9)), "/DP"),
    "stream that stands elsewhere": (packed(F=pikepdf.String("x.bin")), "/F"),
    "stream of a picture's name": (packed(D=[0, 1]), "/D"),
    "stream of rows": (packed(DecodeParms=pikepdf.Dictionary(Predictor=10, Columns=1)), "/DecodeParms"),
    "wrapped picture of another size": (wrapped_jpeg(zlib.compress, "FlateDecode", (2, 1)), "/DCTDecode"),
    "picture in letters of another size": (wrapped_jpeg(base64.a85encode, "ASCII85Decode", (1, 2)), "/DCTDecode"),
    "wrapped picture that is none": (shown(data=zlib.compress(b"x"), Filter=[NAME.FlateDecode, NAME.DCTDecode]),
                                     "/DCTDecode"),
    "stream of a picture's filter": (packed(Filter=NAME.DCTDecode), "/Filter")}
