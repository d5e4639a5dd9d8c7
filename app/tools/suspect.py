"""What a file brings beside its pages: actions, attachments, a second file of another kind (security.md S7).

`refuse_two_kinds` refuses a file that two programs would read as two different things. `hold_active` names what a
PDF would do or carry when opened: such a file is held for a person; `shows_otherwise` names by what a signed one could
show something else than was signed. Nothing in the file is run or fetched. It does
not tell what a file is (media.py).
"""

import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from math import inf

import pikepdf

from app.refusal import Refusal
from app.tools.office import TruncatedFile, UnpacksTooLarge
from app.tools.page_alike import drawn_each_in_its_own_way
from app.tools.page_weight import draws_too_much
from app.tools.page_words import long_number
from app.tools.qpdf import opened
from app.tools.suspect_look import DEEPEST, HIDDEN, drawn_otherwise, inherited, is_unseen
from app.tools.suspect_stream import becomes_too_large

#: a reader of PDF looks for the header in so many bytes
_PDF_HEADER_BYTES = 1024
#: most objects of one PDF that are looked at; a scan of 500 pages has about 3,000
MAX_OBJECTS = 200_000
#: kinds of actions that run, fetch, send or open something beside the page
_ACTIONS = {"/JavaScript", "/Launch", "/ImportData", "/SubmitForm", "/GoToE", "/GoToR", "/RichMediaExecute",
            "/Rendition", "/Movie", "/Sound"}
#: those of them, and others, by which what is seen changes, or which run or send something
_SHOWING = {"/JavaScript", "/Launch", "/ImportData", "/SubmitForm", "/RichMediaExecute", "/Rendition", "/Movie",
            "/Sound", "/Hide", "/SetOCGState", "/ResetForm", "/GoTo3DView"}
#: what leads to a page of the file itself, and the named actions that do no more
_GOING, _TURNING = {"/GoTo", "/Named"}, {"/NextPage", "/PrevPage", "/FirstPage", "/LastPage", "/GoBack", "/GoForward"}
#: the part of a page that may lead elsewhere by a click; links of one page, pages above one that are looked at
_MOST_LINKED, _MOST_LINKS, _A4 = 0.5, 5000, (0.0, 0.0, 595.0, 842.0)
#: what qpdf says of a stream that was not unpacked
_PACKED = "decoding stream data"
#: what it says of a key that a dictionary has twice, of names that end at a nought for some, of words without a meaning
_READ_OTHERWISE = ("duplicated key", "null character", "expected dictionary key", "unknown token")
_MEDIA = {"/RichMedia", "/Movie", "/Sound", "/Screen", "/3D", "/FileAttachment"}
_PLAYING = {"/RichMedia", "/Movie", "/Screen", "/3D"}
#: of a stream: the bytes of another file, and other bytes for some; a page of another file; other pictures, drawings
_ELSEWHERE = ("/F", "/FFilter", "/FDecodeParms", "/DP", "/Ref", "/Alternates", "/OPI")
#: flags of an annotation (ISO 32000-2 12.5.3): not on the screen, now and again; on paper
_OFF_SCREEN, _TOGGLED, _PRINTED = 32, 256, 4
#: annotations without a look of their own
_LOOKLESS = {"/Link", "/Popup"}
#: what is said of a layer without hiding it, and where it may be hidden
_OF_LAYER, _WHERE = {"/CreatorInfo", "/PageElement"}, {"/View", "/Print", "/Export"}
#: what a dictionary does, by its names; whether it is that of a stream
Named = Callable[[pikepdf.Dictionary, bool], Iterator[str]]


class TwoKinds(Refusal):
    """The bytes are two files of different kinds at once."""

    code = "file_two_kinds"


class ActiveContent(Refusal):
    """The file carries scripts, actions or other files."""

    code = "file_active_content"


def refuse_two_kinds(data: bytes, extension: str) -> None:
    """Raise TwoKinds when a picture or PDF is an archive as well, or anything but a PDF is a PDF as well."""
    is_package = extension in ("docx", "xlsx", "pptx", "odt")
    if not is_package and zipfile.is_zipfile(BytesIO(data)):
        raise TwoKinds(found="zip")
    if extension not in ("pdf", "edxml") and b"%PDF-" in data[:_PDF_HEADER_BYTES]:
        raise TwoKinds(found="pdf")


def hold_active(data: bytes) -> None:
    """Raise ActiveContent(found=...) for a PDF with scripts, actions, attachments or XFA forms.

    Also raises TruncatedFile, UnpacksTooLarge and EncryptedFile: objects that cannot be read might be anything.
    """
    with opened(data) as document:
        if found := _first(document, _active):
            raise ActiveContent(found=found)


def shows_otherwise(data: bytes) -> str:
    """By what a PDF could show something else than its signer saw, or do something else than show it, "" when by
    nothing: scripts, actions that hide and show, send, print or happen unasked, layers that are not always shown, notes
    on the screen or on paper alone, forms of another kind, fields whose value is not their look, content that lies
    outside the file or replaces what is seen (ISO 32000-2 7.3.8.2, 8.10.4, 8.11, 12.5.3, 12.6, 12.7). What a file
    carries along without showing it (PDF/A-3), and a link, is nothing of that.

    Raises UnpacksTooLarge, before anything is asked, of what is unpacked, or drawn, without end; EncryptedFile, and
    TruncatedFile, also for what readers take each in its own way, as a key that a dictionary has twice: some take the
    first, others the last.
    """
    with opened(data) as document:
        if becomes_too_large(document, len(data)) or draws_too_much(document):
            raise UnpacksTooLarge()
        return long_number(data) or _first(document, _otherwise, *_READ_OTHERWISE, whole=drawn_each_in_its_own_way)


def _first(document: pikepdf.Pdf, named: Named, *bad: str, whole: Callable[[pikepdf.Pdf], str] = lambda _: "") -> str:
    """What the first object of that kind would do; every one is asked, wherever it hangs: an action that no page names
    can still be reached. `bad`: words of qpdf by which a file is not read; `whole`: asks the file as a whole.
    """
    found = next((name for number, item in enumerate(document.objects) for name in
                  (("/ObjStm",) if number > MAX_OBJECTS else _in(item, 0, named))), "") or whole(document)
    unread = [words for words in document.get_warnings() if any(one in words for one in (_PACKED, *bad))]
    if unread:  # objects in a packed stream that was not unpacked: the library takes them for empty
        raise UnpacksTooLarge() if "limit exceeded" in unread[0] else TruncatedFile()
    return found


def _in(item: object, depth: int, named: Named) -> Iterator[str]:
    """What this object and those written inside it would do; indirect ones come by themselves."""
    is_stream = isinstance(item, pikepdf.Stream)
    if isinstance(item, pikepdf.Stream):
        item = item.stream_dict
    if isinstance(item, pikepdf.Dictionary):
        yield from named(item, is_stream)
        inner = [value for _, value in item.items()]
    else:
        inner = list(item) if isinstance(item, pikepdf.Array) else []
    for value in inner if depth < DEEPEST else ():
        if isinstance(value, (pikepdf.Dictionary, pikepdf.Array)) and not value.is_indirect:
            yield from _in(value, depth + 1, named)


def _active(item: pikepdf.Dictionary, is_stream: bool) -> Iterator[str]:
    yield from _of_kind(item, "/S", _ACTIONS)
    yield from _of_kind(item, "/Subtype", _MEDIA)
    yield from (key for key in ("/JS", "/EmbeddedFiles", "/XFA", "/EF") if key in item)


def _otherwise(item: pikepdf.Dictionary, is_stream: bool) -> Iterator[str]:
    yield from _of_kind(item, "/S", _SHOWING)
    yield from _of_kind(item, "/Subtype", _PLAYING)
    yield from (key for key in ("/JS", "/XFA") if key in item)
    if is_stream:
        yield from (key for key in _ELSEWHERE if key in item)
    yield from _of_layers(item)
    yield from _of_actions(item)
    yield from drawn_otherwise(item)
    if item.get("/NeedAppearances") is True and _has_fields(item.get("/Fields"), DEEPEST):
        yield "/NeedAppearances"
    if "/Rect" in item and "/Subtype" in item and item.Subtype not in _LOOKLESS and _is_on_one(item):
        yield "/F"
    if "/Rect" in item and _is_filled_in(item):
        yield "/FT"


def _of_actions(item: pikepdf.Dictionary) -> Iterator[str]:
    """What happens unasked, and what a click nearly anywhere on a page does; a link of its own does nothing of that."""
    if item.get("/S") == "/Named" and item.get("/N") not in _TURNING:
        yield "/Named"
    unasked = item.get("/AA")  # a font may be called so, too
    if isinstance(unasked, pikepdf.Dictionary) and any(
            isinstance(one, pikepdf.Dictionary) and "/S" in one for _, one in unasked.items()):
        yield "/AA"
    first = item.get("/OpenAction")
    if isinstance(first, pikepdf.Dictionary) and (first.get("/S") not in _GOING or "/Next" in first):
        yield "/OpenAction"
    if isinstance(item.get("/Annots"), pikepdf.Array) and _linked(item) > _MOST_LINKED:
        yield "/A"


def _linked(page: pikepdf.Dictionary) -> float:
    """The part of a page that leads elsewhere than in the file itself; infinite when that cannot be told."""
    try:
        left, bottom, right, top = map(float, inherited(page, "/MediaBox", _A4))
        size, area = abs((right - left) * (top - bottom)), 0.0
        for number, one in enumerate(page.Annots):
            action = one.get("/A") if isinstance(one, pikepdf.Dictionary) else None
            if isinstance(action, pikepdf.Dictionary) and (action.get("/S") not in _GOING or "/Next" in action):
                left, bottom, right, top = map(float, one.Rect)
                area += abs((right - left) * (top - bottom)) if number < _MOST_LINKS else inf
        return area / max(size, 1.0)
    except (TypeError, ValueError, AttributeError):
        return inf


def _is_filled_in(widget: pikepdf.Dictionary) -> bool:
    """Whether a field that one sees is another than a signature's: what it shows, and what it says when it is touched,
    read aloud or sent, are two things (ISO 32000-2 12.7.4.3).
    """
    kinds, one = set(), widget
    for _ in range(DEEPEST):
        kinds.add(str(one.get("/FT", "/Sig")))
        parent = one.get("/Parent")
        if not isinstance(parent, pikepdf.Dictionary):
            return kinds != {"/Sig"} and not is_unseen(widget)
        one = parent
    return True


def _of_layers(item: pikepdf.Dictionary) -> Iterator[str]:
    """Layers that are shown here and not there; those that are always shown are no more than their names."""
    kind, usage, shown = (item.get(key) for key in ("/Type", "/Usage", "/D"))
    if kind == "/OCG" and usage is not None and not _is_shown_everywhere(usage):
        yield "/Usage"
    if kind == "/OCMD" and ("/VE" in item or item.get("/P", "/AnyOn") not in ("/AnyOn", "/AllOn")):
        yield "/OCMD"
    if "/OCGs" in item and (item.get("/Configs") or not isinstance(shown, pikepdf.Dictionary) or shown.get("/OFF")
                            or shown.get("/BaseState", "/ON") != "/ON"):
        yield "/OCProperties"


def _is_shown_everywhere(usage: object) -> bool:
    """Whether what is said of the use of a layer hides it nowhere."""
    return isinstance(usage, pikepdf.Dictionary) and all(
        key in _OF_LAYER or key in _WHERE and isinstance(value, pikepdf.Dictionary)
        and all(state == "/ON" for _, state in value.items()) for key, value in usage.items())


def _has_fields(fields: object, depth: int) -> bool:
    """Whether a form has fields beside those of signatures: a reader draws them, each in its own way."""
    return isinstance(fields, pikepdf.Array) and (not depth or any(
        not isinstance(one, pikepdf.Dictionary) or one.get("/FT", "/Sig") != "/Sig"
        or _has_fields(one.get("/Kids"), depth - 1) for one in fields))


def _is_on_one(note: pikepdf.Dictionary) -> bool:
    """Whether a note is seen on the screen and not on paper, or on paper and not on the screen."""
    try:
        flags, sides = int(note.get("/F", 0)), [float(side) for side in note.Rect]
        is_flat = sides[0] == sides[2] or sides[1] == sides[3]
    except (TypeError, ValueError, IndexError):  # each reader makes of it what it likes
        return True
    on_screen, on_paper = not flags & (HIDDEN | _OFF_SCREEN), bool(flags & _PRINTED) and not flags & HIDDEN
    return not is_flat and (on_screen != on_paper or bool(flags & _TOGGLED))


def _of_kind(item: pikepdf.Dictionary, key: str, bad: set[str]) -> Iterator[str]:
    name = item.get(key)
    if isinstance(name, pikepdf.Name) and str(name) in bad:
        yield str(name)
