"""PDFs that are small and cost much to read: each is a name and its bytes (security.md S7)."""

import base64
import io
import zlib
from functools import cache

import pikepdf
from PIL import Image


def classic(objects, trailer=b""):
    """A file of these bodies, numbered from 1; the first is the catalog."""
    body, places = bytearray(b"%PDF-1.7\n"), []
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return bytes(body + b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n"
                 b"%%%%EOF\n" % (len(objects) + 1, table, len(objects) + 1, trailer, start))


def stream(data, filters, more=b""):
    return b"<</Length %d/Filter[%s]%s>>stream\n%s\nendstream" % (len(data), filters, more, data)


PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>"
PAGES = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
FORM = b"/AcroForm<</SigFlags 3/Fields[5 0 R]>>"


CATALOG = b"<</Type/Catalog/Pages 2 0 R" + FORM + b">>"


def signed_by(value, content=b"<</Length 0>>stream\n\nendstream"):
    """A file with a signature field whose value stands in object 6."""
    return classic([CATALOG, PAGES, PAGE, content, b"<</FT/Sig/T(a)/V 6 0 R>>", value])


@cache
def zeros(megabytes, times=1):
    """Zeros, deflated again and again: a thousandth each time."""
    packer = zlib.compressobj(9)
    head, block = (packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    checksum = ((megabytes << 20) % 65521) << 16 | 1
    data = head + block * (megabytes - 1) + packer.flush()[:-4] + checksum.to_bytes(4, "big")
    for _ in range(times - 1):
        data = zlib.compress(data, 9)
    return data


def flate_object_stream():
    """The catalog lies in an object stream that unpacks to four gigabytes."""
    packed = zeros(4096, 2)
    objects = [b"", stream(packed, b"/FlateDecode/FlateDecode", b"/Type/ObjStm/N 1/First 10")]
    return xref_stream(objects, {1: (2, 2, 0), 2: None})


def xref_stream(objects, rows):
    """A file whose cross-reference is a stream; `rows`: number -> (2, stream, index), or None: where it lies."""
    body, places = bytearray(b"%PDF-1.7\n"), {}
    for number, content in enumerate(objects, 1):
        if content:
            places[number] = len(body)
            body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    own = len(objects) + 1
    start = len(body)
    table = bytes(7)
    for number in range(1, own):
        kind, where, index = rows[number] or (1, places[number], 0)
        table += bytes([kind]) + where.to_bytes(4, "big") + index.to_bytes(2, "big")
    table += bytes([1]) + start.to_bytes(4, "big") + bytes(2)
    body += b"%d 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (
        own, stream(zlib.compress(table), b"/FlateDecode", b"/Type/XRef/W[1 4 2]/Size %d/Root 1 0 R" % (own + 1)),
        start)
    return bytes(body)


def flate_xref():
    """The cross-reference itself unpacks to four gigabytes."""
    packed = zeros(4096, 2)
    body = b"%PDF-1.7\n"
    return body + b"1 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (
        stream(packed, b"/FlateDecode/FlateDecode", b"/Type/XRef/W[1 4 2]/Size 600000000/Root 2 0 R"), len(body))


def chain_of_filters():
    """ASCII85, LZW and ASCIIHex over a bomb, as the object stream of the catalog."""
    data = base64.a85encode(zeros(3000, 2)) + b"~>"
    objects = [b"", stream(data, b"/ASCII85Decode/FlateDecode/FlateDecode", b"/Type/ObjStm/N 1/First 10")]
    return xref_stream(objects, {1: (2, 2, 0), 2: None})


def long_chain_of_filters():
    """A thousand filters over ten megabytes."""
    data = b"41" * 5_000_000 + b">"
    objects = [b"", stream(data, b"/ASCIIHexDecode" * 1000, b"/Type/ObjStm/N 1/First 10")]
    return xref_stream(objects, {1: (2, 2, 0), 2: None})


def lzw(megabytes=40):
    """LZW codes that repeat themselves."""
    bits, out = 0, bytearray()
    held = 0
    for code in [256, *range(65, 70), *([258] * megabytes * 200_000)]:
        bits = (bits << 9) | code
        held += 9
        while held >= 8:
            held -= 8
            out.append((bits >> held) & 255)
            bits &= (1 << held) - 1
    objects = [b"", stream(bytes(out), b"/LZWDecode", b"/Type/ObjStm/N 1/First 10")]
    return xref_stream(objects, {1: (2, 2, 0), 2: None})


def many_objects_in_a_stream():
    """An object stream that says it holds ten million objects."""
    head = b"".join(b"%d %d " % (n, 0) for n in range(1_000_000))
    packed = zlib.compress(head + b"null", 9)
    objects = [b"", stream(packed, b"/FlateDecode", b"/Type/ObjStm/N 10000000/First %d" % len(head))]
    return xref_stream(objects, {1: (2, 2, 0), 2: None})


def object_streams_in_a_circle():
    """Each object stream says that it lies in the other."""
    return xref_stream([b"", b"", b""], {1: (2, 2, 0), 2: (2, 3, 0), 3: (2, 2, 0)})


def xref_loop():
    """A cross-reference before which stands itself."""
    base = classic([b"<</Type/Catalog/Pages 2 0 R>>", PAGES, PAGE, b"<<>>"])
    start = base.rindex(b"xref\n0")
    return base.replace(b"/Root 1 0 R", b"/Root 1 0 R/Prev %010d" % start)


def xref_pair():
    """Two cross-references, each before the other."""
    base = bytearray(classic([b"<</Type/Catalog/Pages 2 0 R>>", PAGES, PAGE, b"<<>>"],
                             b"/Prev 0000000000"))
    first = base.rindex(b"xref\n0", 0, base.rindex(b"startxref"))
    second = len(base)
    base[base.index(b"/Prev ") + 6: base.index(b"/Prev ") + 16] = b"%010d" % second
    return bytes(base) + b"xref\n0 0\ntrailer\n<</Size 5/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (
        first, second)


def long_chain_of_tables(count=10_000):
    """Revisions without an ending each: tables that point to the table before."""
    base = classic([b"<</Type/Catalog/Pages 2 0 R>>", PAGES, PAGE, b"<<>>"])
    body, previous = bytearray(base[: base.rindex(b"startxref")]), base.rindex(b"xref\n0")
    for _ in range(count):
        here = len(body)
        body += b"xref\n0 0\ntrailer\n<</Size 5/Root 1 0 R/Prev %d>>\n" % previous
        previous = here
    return bytes(body + b"startxref\n%d\n%%%%EOF\n" % previous)


def revisions(count=10_000):
    base = classic([b"<</Type/Catalog/Pages 2 0 R>>", PAGES, PAGE, b"<<>>"])
    body, previous = bytearray(base), base.rindex(b"xref\n0")
    for _ in range(count):
        here = len(body)
        body += b"xref\n0 0\ntrailer\n<</Size 5/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (previous, here)
        previous = here
    return bytes(body)


def deep_array(opening=b"[", closing=b"]", depth=100_000):
    return classic([b"<</Type/Catalog/Pages 2 0 R" + FORM + b"/X " + opening * depth + closing * depth + b">>", PAGES,
                    PAGE, b"<<>>", b"<</FT/Sig/T(a)/V 6 0 R>>", b"<</Type/Sig>>"])


def deep_dictionary():
    return deep_array(b"<</A ", b">>")


def deep_pages(depth=20_000):
    """Pages in pages in pages, with a signature field that stands on the last."""
    nodes = [b"<</Type/Pages/Kids[%d 0 R]/Count 1/Parent %d 0 R>>" % (7 + n, 5 + n) for n in range(1, depth)]
    return classic([b"<</Type/Catalog/Pages 7 0 R" + FORM + b">>", b"<<>>", b"<<>>", b"<<>>",
                    b"<</FT/Sig/T(a)/V 6 0 R/Subtype/Widget/Rect[0 0 9 9]/P %d 0 R>>" % (6 + depth), b"<</Type/Sig>>",
                    *nodes, b"<</Type/Page/Parent %d 0 R>>" % (5 + depth)])


def circle_of_pages():
    return classic([CATALOG, b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2>>", PAGE,
                    b"<<>>", b"<</FT/Sig/T(a)/V 6 0 R>>", b"<</Type/Sig>>"])


def deep_outlines(depth=20_000):
    nodes = [b"<</Title(a)/First %d 0 R/Parent %d 0 R>>" % (8 + n, 6 + n) for n in range(depth)]
    return classic([b"<</Type/Catalog/Pages 2 0 R/Outlines 7 0 R" + FORM + b">>", PAGES, PAGE, b"<<>>",
                    b"<</FT/Sig/T(a)/V 6 0 R>>", b"<</Type/Sig>>", *nodes, b"<<>>"])


def deep_fields(depth=20_000):
    """Fields in fields, the signature the last."""
    nodes = [b"<</T(a)/Kids[%d 0 R]>>" % (6 + n) for n in range(depth)]
    return classic([CATALOG, PAGES, PAGE, b"<<>>", *nodes,
                    b"<</FT/Sig/T(a)/V 1 0 R>>"])


def circle_of_fields():
    return classic([CATALOG, PAGES, PAGE, b"<<>>", b"<</T(a)/Kids[5 0 R 5 0 R]>>"])


def many_fields(count=200_000):
    """Each with a signature, all the same."""
    return classic([b"<</Type/Catalog/Pages 2 0 R/AcroForm<</SigFlags 3/Fields[%s]>>>>" % (b"5 0 R " * count), PAGES,
                    PAGE, b"<<>>", b"<</FT/Sig/T(a)/V 6 0 R>>", b"<</Type/Sig/Contents<00>/ByteRange[0 1 2 3]>>"])


def indirect_circle():
    return classic([b"2 0 R", b"1 0 R"])


def long_number():
    return classic([b"<</Type/Catalog/Pages 2 0 R" + FORM + b"/X " + b"9" * 5_000_000 + b">>", PAGES, PAGE, b"<<>>",
                    b"<</FT/Sig/T(a)/V 6 0 R>>", b"<</Type/Sig/ByteRange[0 %s 1 1]/Contents<00>>>" % (
                        b"9" * 3_000_000)])


def garbage_der():
    """A signature whose DER nests without end."""
    return signed_by(b"<</Type/Sig/ByteRange[0 10 20 30]/SubFilter/ETSI.CAdES.detached/Contents<%s>>>" % (
        b"3084ffffffff" * 50_000))


GARBAGE = b"<</Type/Sig/ByteRange[0 10 20 30]/SubFilter/ETSI.CAdES.detached/Contents<3003020101>>>"


def flate_content():
    """What the page shows unpacks to four gigabytes."""
    return signed_by(GARBAGE, content=stream(zeros(4096, 2), b"/FlateDecode/FlateDecode"))


def huge_picture():
    """A page with a picture of ten thousand million points."""
    resources = b"/Resources<</XObject<</I 7 0 R>>>>"
    return classic([CATALOG, PAGES, PAGE.replace(b">>", resources + b">>"),
                    b"<</Length 30>>stream\nq 595 0 0 842 0 0 cm /I Do Q   \nendstream", b"<</FT/Sig/T(a)/V 6 0 R>>",
                    GARBAGE, stream(zeros(4096, 2), b"/FlateDecode/FlateDecode", b"/Type/XObject/Subtype/Image"
                                    b"/Width 100000/Height 100000/BitsPerComponent 8/ColorSpace/DeviceGray")])


def many_pages(count=50_000):
    """One page, named fifty thousand times."""
    return classic([CATALOG, b"<</Type/Pages/Count %d/Kids[%s]>>" % (
        count, b"3 0 R " * count), PAGE, b"<</Length 0>>stream\n\nendstream", b"<</FT/Sig/T(a)/V 6 0 R>>", GARBAGE])


def encrypted():
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(signed_by(GARBAGE))) as pdf:
        pdf.save(target, encryption=pikepdf.Encryption(owner="a", user="b"))
    return target.getvalue()


def truncated():
    return signed_by(GARBAGE)[:-60]


BOMBS = {one.__name__: one for one in (
    flate_object_stream, flate_xref, chain_of_filters, long_chain_of_filters, lzw, many_objects_in_a_stream,
    object_streams_in_a_circle, xref_loop, xref_pair, long_chain_of_tables, revisions, deep_array, deep_dictionary,
    deep_pages, circle_of_pages, deep_outlines, deep_fields, circle_of_fields, many_fields, indirect_circle,
    long_number, garbage_der, flate_content, huge_picture, many_pages, encrypted, truncated)}


def trap(pages=1):
    """A picture of three planes whose own header says that it has four: who draws it is stopped by a trap."""
    sink, pdf = io.BytesIO(), pikepdf.new()
    Image.new("RGB", (240, 40), "white").save(sink, "JPEG2000")
    data = sink.getvalue()
    colours = data.index(b"colr") + 7
    for _ in range(pages):
        picture = pdf.make_stream(data[:colours] + (12).to_bytes(4, "big") + data[colours + 4:])
        picture.Type, picture.Subtype, picture.Filter = (
            pikepdf.Name.XObject, pikepdf.Name.Image, pikepdf.Name.JPXDecode)
        picture.Width, picture.Height = 240, 40
        page = pdf.add_blank_page(page_size=(595, 842))
        page.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(P=picture))
        page.obj.Contents = pdf.make_stream(b"q 240 0 0 40 90 590 cm /P Do Q")
    made = io.BytesIO()
    pdf.save(made)
    return made.getvalue()
