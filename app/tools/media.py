"""What a file is, by its content and never by its name alone (security.md S7).

`sniff` accepts PDF, JPEG, PNG, TIFF, DOCX, XLSX, PPTX, ODT and edXML when content and extension agree, and
refuses everything else with a reason that the person can act on. `extension_of` is for what has no name. It
does not store, recognise or convert, and is no virus scanner.
"""

import re
import struct
import unicodedata
import warnings
import zlib
from dataclasses import dataclass
from io import BytesIO

from lxml import etree
from PIL import Image, UnidentifiedImageError

from app.refusal import Refusal
from app.tools import pdfium
from app.tools.blobs import TooLarge
from app.tools.office import EncryptedFile, Package, TruncatedFile, UnpacksTooLarge
from app.tools.suspect import refuse_two_kinds

#: largest file, bytes
MAX_BYTES = 100 * 1024 * 1024
#: most pages of one file, most picture elements of one picture
MAX_PAGES = 500
MAX_PIXELS = pdfium.MAX_PIXELS
#: a picture with a shorter side shows no page, picture elements
MIN_SIDE = 50
#: longest name that is kept, characters with the extension
MAX_NAME = 150

#: extension -> media type
TYPES = {
    "pdf": "application/pdf",
    "jpg": "image/jpeg",
    "png": "image/png",
    "tif": "image/tiff",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text",
    "edxml": "application/xml",
}
#: other endings of the same kinds
_ALIASES = {"jpeg": "jpg", "jpe": "jpg", "jfif": "jpg", "tiff": "tif"}
_IMAGES = {"jpg": ("JPEG",), "png": ("PNG",), "tif": ("TIFF",)}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: TIFF tags that say where the strips or tiles lie, and how long they are
_TIFF_STRIPS = ((273, 279), (324, 325))

#: values of one picture element, by how a PNG counts colours
_PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
#: passes of a PNG that comes coarse first: first column, first row, columns and rows from one to the next
_PNG_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
#: bytes unpacked at once
_PIECE = 1 << 20


class EmptyFile(Refusal):
    """The file is empty."""

    code = "file_empty"


class WrongKind(Refusal):
    """The content of the file is not what its extension says."""

    code = "file_wrong_kind"


class NoExtension(Refusal):
    """The name of the file does not say what kind it is."""

    code = "file_no_extension"


class UnknownKind(Refusal):
    """Files of this kind are not accepted."""

    code = "file_unknown_kind"


class OldOfficeFile(Refusal):
    """The file is of an old Office format (.doc, .xls, .ppt)."""

    code = "file_old_office"


class BadName(Refusal):
    """The name of the file contains a folder or control characters, or is empty or too long."""

    code = "file_bad_name"


class TooManyPages(Refusal):
    """The file has more pages than the limit."""

    code, status = "file_too_many_pages", 413


class TooManyPixels(Refusal):
    """The picture is larger than the limit."""

    code, status = "file_too_many_pixels", 413


class TooFewPixels(Refusal):
    """The picture is too small to show a page."""

    code = "file_too_few_pixels"


class MovingPicture(Refusal):
    """The picture moves: what one sees of it first is not all of it."""

    code = "file_moving_picture"


@dataclass(frozen=True)
class Media:
    """What a file is."""

    media_type: str
    #: without a dot, one for each kind: "jpg" also for "scan.JPEG"
    extension: str
    #: pages of a PDF, frames of a picture; None where only a program that lays out could tell
    pages: int | None = None


def sniff(data: bytes, name: str, *, refuse_changes: bool = False, limit: int = MAX_BYTES) -> Media:
    """Tell what the file is, or refuse it.

    `refuse_changes`: also refuse tracked changes and hidden text in a DOCX or ODT, as for a draft that goes
    to signature. Raises EmptyFile, TooLarge, BadName, WrongKind, NoExtension, UnknownKind, OldOfficeFile,
    TruncatedFile, EncryptedFile, TooManyPages, TooManyPixels, TooFewPixels, MovingPicture, TwoKinds, TookTooLong,
    BrokeReader and the refusals of office.py.
    """
    if not data:
        raise EmptyFile(name=name)
    if len(data) > limit:
        raise TooLarge(limit=limit)
    if not name or clean_name(name) != unicodedata.normalize("NFC", name):
        raise BadName(name=clean_name(name, instead="?"))
    said = _said(name)
    found = _found(data, said)
    if found is None:
        raise WrongKind(name=name, extension=said) if said in TYPES else UnknownKind(name=name)
    if not said:
        raise NoExtension(name=name, found=found)
    if found != said:
        raise WrongKind(name=name, extension=said, found=found)
    refuse_two_kinds(data, found)
    return Media(TYPES[found], found, _look_into(data, found, refuse_changes))


def extension_of(data: bytes) -> str:
    """The extension that belongs to the content of something without a name; "" when it is of no accepted kind."""
    try:
        return _found(data, "") or ""
    except Refusal:
        return ""


def shorter_side(data: bytes) -> int | None:
    """Of a picture as mail programs show it, in picture elements, by its head alone; None when that is not read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(BytesIO(data), formats=("JPEG", "PNG", "GIF")) as image:
                return min(image.size)
    except (Image.DecompressionBombError, UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, TypeError,
            KeyError, struct.error, zlib.error):
        return None


def clean_name(name: str, *, instead: str = "") -> str:
    """The name as data: without folders, control characters and marks that turn the writing direction.

    NFC, at most 150 characters with the extension kept. A name of which nothing is left becomes `instead`;
    without one it raises BadName.
    """
    name = re.split(r"[/\\]", name)[-1]
    kept = "".join(c for c in name if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))
    kept = unicodedata.normalize("NFC", kept).strip().strip(".").strip()
    if not kept:
        if instead:
            return instead
        raise BadName(name="")
    if len(kept) <= MAX_NAME:
        return kept
    stem, dot, extension = kept.rpartition(".")
    if not dot or len(extension) > 10:
        return kept[:MAX_NAME].rstrip(" .")
    return stem[: MAX_NAME - len(extension) - 1].rstrip(" .") + dot + extension


def _said(name: str) -> str:
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    return _ALIASES.get(extension, extension)


def _found(data: bytes, said: str) -> str | None:
    """The extension that belongs to the content, or None."""
    if data.startswith(b"%PDF-"):
        return "pdf"
    if data.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data[:4] in (b"II*\0", b"MM\0*"):
        return "tif"
    if data.startswith(b"PK\x03\x04"):
        return Package(data).extension or None
    if data.startswith(_OLE):
        # an encrypted DOCX lies in an OLE container, under these names in UTF-16
        if any(part.encode("utf-16-le") in data for part in ("EncryptedPackage", "EncryptionInfo")):
            raise EncryptedFile()
        raise WrongKind(extension=said) if said in TYPES else OldOfficeFile()
    return "edxml" if said == "edxml" and _is_edxml(data) else None


def _look_into(data: bytes, extension: str, refuse_changes: bool) -> int | None:
    """Check the inside as far as the kind allows; returns the number of pages or None."""
    if extension == "pdf":
        pages = _pdf_pages(data)
    elif extension in _IMAGES:
        pages = _image_pages(data, extension)
    else:
        if extension != "edxml":
            Package(data).check(refuse_changes=refuse_changes)
        return None
    if pages > MAX_PAGES:
        raise TooManyPages(limit=MAX_PAGES, pages=pages)
    return pages


def _pdf_pages(data: bytes) -> int:
    # PDFium mends a file that was cut off; a registry must not
    if b"%%EOF" not in data[-2048:]:
        raise TruncatedFile()
    pages, trouble = pdfium.laid_open(data)
    if trouble == pdfium.TOO_LARGE:
        raise TooManyPixels(limit=MAX_PIXELS)
    if trouble == pdfium.UNPACKS_TOO_LARGE:
        raise UnpacksTooLarge()
    if trouble:
        raise EncryptedFile() if "password" in trouble else TruncatedFile()
    if not pages:
        raise TruncatedFile()
    return pages


def _image_pages(data: bytes, extension: str) -> int:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(BytesIO(data), formats=_IMAGES[extension]) as image:
                return _walk(image, data, extension)
    except Image.DecompressionBombError as error:
        raise TooManyPixels(limit=MAX_PIXELS) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, TypeError, KeyError, struct.error,
            zlib.error) as error:
        raise TruncatedFile() from error


def _walk(image: Image.Image, data: bytes, extension: str) -> int:
    """Check every frame without unpacking it where the format allows; returns how many there are."""
    _check_pixels(image)
    if extension == "png":
        if image.get_format_mimetype() == "image/apng":
            raise MovingPicture()
        image.verify()  # every chunk with its checksum, up to the last
        if b"IEND" not in data[-64:] or not _has_all_rows(data):
            raise TruncatedFile()
        return 1
    if extension == "jpg":
        image.draft("RGB", (max(image.width // 8, 1), max(image.height // 8, 1)))  # an eighth is enough to meet the end
        image.load()
        return 1
    frames = getattr(image, "n_frames", 1)
    for frame in range(min(frames, MAX_PAGES)):
        image.seek(frame)
        _check_pixels(image)
        _check_strips(image, len(data))
    return frames


def _has_all_rows(data: bytes) -> bool:
    """Whether the rows of a PNG, whose chunks are whole, go on to the last; they are counted and not kept."""
    width, height, depth, colour, is_laced = struct.unpack(">IIBB2xB", data[16:29])
    bits = depth * _PNG_CHANNELS[colour]
    parts = [(-(-(width - x) // across), -(-(height - y) // down))
             for x, y, across, down in (_PNG_PASSES if is_laced else ((0, 0, 1, 1),))]
    missing = sum(rows * (1 + (columns * bits + 7) // 8) for columns, rows in parts if columns > 0)
    unpack, at = zlib.decompressobj(), 8
    while missing > 0 and at < len(data) and not unpack.eof:
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        packed = data[at + 8:at + 8 + length] if kind == b"IDAT" else b""
        while packed and missing > 0:
            missing -= len(unpack.decompress(packed, _PIECE))
            packed = unpack.unconsumed_tail
        at += length + 12
    return missing <= len(unpack.flush())


def _check_pixels(image: Image.Image) -> None:
    if image.width * image.height > MAX_PIXELS:
        raise TooManyPixels(limit=MAX_PIXELS, width=image.width, height=image.height)
    if min(image.size) < MIN_SIDE:
        raise TooFewPixels(limit=MIN_SIDE, width=image.width, height=image.height)


def _check_strips(image: Image.Image, length: int) -> None:
    for offsets, sizes in _TIFF_STRIPS:
        starts, counts = image.tag_v2.get(offsets), image.tag_v2.get(sizes)
        if starts and counts:
            if any(start + count > length for start, count in zip(starts, counts, strict=True)):
                raise TruncatedFile()
            return
    raise TruncatedFile()


def _is_edxml(data: bytes) -> bool:
    """Whether the root is that of an exchange envelope; what it says is read by edxml.py."""
    parser = etree.XMLPullParser(
        events=("start",), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        parser.feed(data[:4096])
        first = next(parser.read_events(), None)
    except etree.XMLSyntaxError:
        return False
    if first is None:
        return False
    root = first[1]
    return etree.QName(root).localname == "edXML" and not root.getroottree().docinfo.doctype
