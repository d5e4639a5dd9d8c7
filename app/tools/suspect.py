"""What a file brings beside its pages: actions, attachments, a second file of another kind (security.md S7).

`refuse_two_kinds` refuses a file that two programs would read as two different things. `hold_active` names what a
PDF would do or carry when opened: such a file is held for a person. Nothing in the file is run or fetched. It does
not tell what a file is (media.py).
"""

import zipfile
from collections.abc import Iterator
from io import BytesIO

import pikepdf

from app.refusal import Refusal
from app.tools.office import TruncatedFile, UnpacksTooLarge
from app.tools.qpdf import opened

#: a reader of PDF looks for the header in so many bytes
_PDF_HEADER_BYTES = 1024
#: most objects of one PDF that are looked at; a scan of 500 pages has about 3,000
MAX_OBJECTS = 200_000
#: kinds of actions that run, fetch, send or open something beside the page
_ACTIONS = {"/JavaScript", "/Launch", "/ImportData", "/SubmitForm", "/GoToE", "/GoToR", "/RichMediaExecute",
            "/Rendition", "/Movie", "/Sound"}
#: objects written inside each other
_DEEPEST = 40
_MEDIA = {"/RichMedia", "/Movie", "/Sound", "/Screen", "/3D", "/FileAttachment"}


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
        found = next(_active(document), None)
        unread = [words for words in document.get_warnings() if "decoding stream data" in words]
    if unread:  # objects in a packed stream that was not unpacked: the library takes them for empty
        raise UnpacksTooLarge() if "limit exceeded" in unread[0] else TruncatedFile()
    if found:
        raise ActiveContent(found=found)


def _active(document: pikepdf.Pdf) -> Iterator[str]:
    """Every object is asked, wherever it hangs: an action that no page names can still be reached."""
    for number, item in enumerate(document.objects):
        if number > MAX_OBJECTS:
            yield "/ObjStm"
        yield from _in(item, 0)


def _in(item: object, depth: int) -> Iterator[str]:
    """What this object and those written inside it would do; indirect ones come by themselves."""
    if isinstance(item, pikepdf.Stream):
        item = item.stream_dict
    if isinstance(item, pikepdf.Dictionary):
        yield from _named(item)
        inner = [value for _, value in item.items()]
    else:
        inner = list(item) if isinstance(item, pikepdf.Array) else []
    for value in inner if depth < _DEEPEST else ():
        if isinstance(value, (pikepdf.Dictionary, pikepdf.Array)) and not value.is_indirect:
            yield from _in(value, depth + 1)


def _named(item: pikepdf.Dictionary) -> Iterator[str]:
    for key, bad in (("/S", _ACTIONS), ("/Subtype", _MEDIA)):
        name = item.get(key)
        if isinstance(name, pikepdf.Name) and str(name) in bad:
            yield str(name)
    for key in ("/JS", "/EmbeddedFiles", "/XFA", "/EF"):
        if key in item:
            yield key
