"""The attachments of an edXML packet: bytes <-> ZIP of one entry <-> Base64.

Written as the SDK of the national axis does; read with care, since a stranger made it (security.md S7): no
entry's name is ever used, sizes are counted while unpacking. It does not judge whether a file may be stored.
"""

import base64
import binascii
import io
import re
import unicodedata
import zipfile
import zlib

from app.tools.edxml_packet import LENGTHS, PacketRefused

#: all files of one packet unpacked, bytes
MAX_UNPACKED_BYTES = 100 * 1024 * 1024
#: unpacked : packed; asked only of entries over _SMALL_BYTES, since blank scans pack very well
MAX_RATIO = 100
_SMALL_BYTES = 1024 * 1024
_CHUNK = 1 << 20
_ZIP_TYPES = frozenset({"application/zip", "application/x-zip-compressed", "application/x-zip"})
#: kinds told by their first bytes
_MAGIC = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"{\\rtf", "application/rtf"),
)
_OFFICE = "application/vnd.openxmlformats-officedocument."
#: kinds that share first bytes with others, told by the extension too
_BY_EXTENSION = {
    (b"PK\x03\x04", ".docx"): _OFFICE + "wordprocessingml.document",
    (b"PK\x03\x04", ".xlsx"): _OFFICE + "spreadsheetml.sheet",
    (b"PK\x03\x04", ".pptx"): _OFFICE + "presentationml.presentation",
    (b"PK\x03\x04", ".odt"): "application/vnd.oasis.opendocument.text",
    (b"\xd0\xcf\x11\xe0", ".doc"): "application/msword",
    (b"\xd0\xcf\x11\xe0", ".xls"): "application/vnd.ms-excel",
    (b"\xd0\xcf\x11\xe0", ".ppt"): "application/vnd.ms-powerpoint",
}


def pack(data: bytes, name: str) -> str:
    """Give Base64 of a ZIP with one entry; the same bytes give the same text: a resend is the same packet."""
    buffer = io.BytesIO()
    entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(entry, data)
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def unpack(text: str, name: str, content_type: str, left: int) -> bytes:
    """Give the file's bytes; `left`: how many bytes the packet may still unpack to. Raises PacketRefused."""
    text = "".join(text.split())
    if len(text) % 4:  # validate=True alone lets wrong padding pass
        raise PacketRefused("bad_base64", name=name)
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise PacketRefused("bad_base64", name=name) from error
    if data and content_type.split(";")[0].strip().lower() in _ZIP_TYPES:
        data = _unzip(data, name, left)
    if not data:
        raise PacketRefused("empty_file", name=name)
    if len(data) > left:
        raise PacketRefused("zip_bomb", name=name)
    return data


def _unzip(data: bytes, name: str, left: int) -> bytes:
    """Give the only entry; a file that is itself meant to be a ZIP stays as it is unless it was wrapped."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            is_zip_itself = name.lower().endswith(".zip")
            if len(entries) != 1:
                if is_zip_itself:
                    return data
                raise PacketRefused("several_entries" if entries else "empty_file", name=name)
            inner = _read_entry(archive, entries[0], name, left)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise PacketRefused("bad_zip", name=name) from error
    except (OSError, ValueError, OverflowError, IndexError) as error:
        raise PacketRefused("bad_zip", name=name) from error
    if is_zip_itself and not inner.startswith(b"PK\x03\x04"):
        return data
    return inner


def _read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, left: int) -> bytes:
    """Unpack one entry, counting real bytes: what the archive declares may be a lie."""
    if entry.flag_bits & 1:
        raise PacketRefused("encrypted_zip", name=name)
    if entry.is_dir() or _is_unsafe(entry.filename):
        raise PacketRefused("zip_path", name=name)
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise PacketRefused("bad_zip", name=name)
    limit = min(left, max(_SMALL_BYTES, MAX_RATIO * entry.compress_size))
    out = bytearray()
    with archive.open(entry) as stream:
        while piece := stream.read(_CHUNK):
            out += piece
            if len(out) > limit:
                raise PacketRefused("zip_bomb", name=name)
    return bytes(out)


def _is_unsafe(name: str) -> bool:
    parts = re.split(r"[/\\]", name)
    return ".." in parts or name.startswith(("/", "\\")) or ":" in parts[0] or "\x00" in name


def clean_name(name: str) -> str:
    """Give a name without folders, control and direction characters, at most 200 long; "" if none is left."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    kept = "".join(c for c in last if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))
    kept = re.sub(r'[<>:"|?*]', "_", " ".join(kept.split())).strip(". ") if kept.strip(". ") else ""
    if len(kept) <= LENGTHS["name"]:
        return kept
    stem, dot, extension = kept.rpartition(".")
    if not dot or len(extension) > 10:
        return kept[: LENGTHS["name"]]
    return stem[: LENGTHS["name"] - len(extension) - 1] + dot + extension


def media_type(data: bytes, name: str) -> str:
    """Tell the kind of a file by its first bytes; senders write types that do not exist."""
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            return kind
    extension = "." + name.rpartition(".")[2].lower()
    kind = _BY_EXTENSION.get((data[:4], extension), "")
    if not kind and data[:4] == b"PK\x03\x04":
        kind = "application/zip"
    return kind or "application/octet-stream"
