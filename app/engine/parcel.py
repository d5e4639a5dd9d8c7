"""A release or a proposal as one zip, and files from elsewhere as a proposal (Art. 10.2; security.md S2, S3).

In the zip: processes/*.bpmn, tables/*.dmn, forms/*.json, scenarios/*.json and manifest.json with the sha256 of each.
What comes in is held against limits before it is unpacked, and is read as XML or JSON without entities. A file drawn in
another tool comes in even if the check finds what is not supported: the check names it. It decides nothing else.
"""

import re
import unicodedata
import zipfile
from io import BytesIO
from typing import Any

import orjson
from lxml import etree

from app.engine.diagram import sha256_of
from app.engine.drawing import BPMN, DI, MAX_MARKS
from app.engine.proposal import MOST_BYTES, MOST_FILES
from app.refusal import Refusal

FORMAT = "qlvb-procedure"
#: kind -> (folder, extension)
FOLDERS = {"bpmn": ("processes", "bpmn"), "dmn": ("tables", "dmn"), "form": ("forms", "json"),
           "case": ("scenarios", "json")}
MANIFEST = "manifest.json"
#: packed and unpacked size of a zip, and how much may come out of one byte of a large one
MOST_PACKED, MOST_UNPACKED, MOST_RATIO, SMALL = 4 * 1024 * 1024, 24 * 1024 * 1024, 50, 1024 * 1024
#: what a zip may be packed with; the rest (bzip2, LZMA) no other tool needs
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_MEMBER = re.compile(r"(processes|tables|forms|scenarios)/([a-z][a-z0-9_]{0,49})\.(bpmn|dmn|json)")
_MOMENT = (2020, 1, 1, 0, 0, 0)


class ParcelTooLarge(Refusal):
    """The file is too large, or too much would come out of it."""

    code, status = "parcel_too_large", 413


class ParcelBroken(Refusal):
    """The file cannot be opened: it is damaged, encrypted, or not what its ending says."""

    code = "parcel_broken"


class ParcelNameUnfit(Refusal):
    """A file in the zip has a name or a place that a procedure does not have."""

    code = "parcel_name"


class ParcelHashWrong(Refusal):
    """A file is not the one that the zip's own list of contents names."""

    code = "parcel_hash"


class ParcelUnsafe(Refusal):
    """A file declares a document type or entities, has too many elements, or is no XML or JSON at all."""

    code = "parcel_unsafe"


class ParcelOfOther(Refusal):
    """The zip holds procedures, but not this one."""

    code = "parcel_of_other"


def pack(files: dict[str, bytes], about: dict[str, Any]) -> bytes:
    """{"bpmn:incoming": text, ...} as a zip; the same files and words make the same bytes."""
    members = {place(name): text for name, text in sorted(files.items())}
    manifest = {"format": FORMAT, "version": 1, **about,
                "files": {name: sha256_of(text) for name, text in members.items()}}
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in {MANIFEST: orjson.dumps(manifest, option=orjson.OPT_INDENT_2), **members}.items():
            packed.writestr(zipfile.ZipInfo(name, _MOMENT), text, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def place(name: str) -> str:
    """Where a file lies in the zip: "bpmn:incoming" -> "processes/incoming.bpmn"."""
    kind, key = name.split(":")
    folder, extension = FOLDERS[kind]
    return f"{folder}/{key}.{extension}"


def unpack(data: bytes, filename: str, key: str) -> dict[str, bytes]:
    """What a file brings for the procedure `key`: a zip, or one .bpmn, .dmn or .json (a form).

    The one process of a drawing is renamed to the key. Raises ParcelTooLarge, ParcelBroken, ParcelNameUnfit,
    ParcelHashWrong, ParcelUnsafe, ParcelOfOther; nothing of a refused file is used.
    """
    if len(data) > MOST_PACKED:
        raise ParcelTooLarge(name=filename, limit=MOST_PACKED)
    stem, _, extension = filename.rpartition(".")
    if extension.lower() == "zip" or data.startswith(b"PK\x03\x04"):
        found = _opened(data)
    elif extension.lower() in ("bpmn", "dmn", "json", "xml"):
        found = {_name_of(stem, extension.lower(), key): data}
    else:
        raise ParcelNameUnfit(name=filename[:80])
    drawings = [name[5:] for name in found if name.startswith("bpmn:")]
    if drawings and key not in drawings:
        raise ParcelOfOther(keys=", ".join(drawings))
    return {name: _read(name, text) for name, text in found.items()}


def _name_of(stem: str, extension: str, key: str) -> str:
    if extension in ("bpmn", "xml"):
        return f"bpmn:{key}"
    plain = unicodedata.normalize("NFKD", stem.rpartition("/")[2].lower().replace("đ", "d"))
    word = re.sub(r"[^a-z0-9]+", "_", "".join(char for char in plain if not unicodedata.combining(char))).strip("_")
    return f"{'dmn' if extension == 'dmn' else 'form'}:{(word if word[:1].isalpha() else f'f_{word}')[:50]}"


def _opened(data: bytes) -> dict[str, bytes]:
    """The files of a zip whose limits and names are in order, each as its manifest says."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as packed:
            entries = [entry for entry in packed.infolist() if not entry.is_dir()]
            _limit(entries, len(data))
            texts = {entry.filename: packed.read(entry) for entry in entries}
    except (zipfile.BadZipFile, zipfile.zlib.error, EOFError, NotImplementedError, ValueError, RuntimeError) as error:
        raise ParcelBroken() from error
    _compare(texts)
    kinds = {folder: kind for kind, (folder, _) in FOLDERS.items()}
    found = {}
    for name, text in texts.items():
        if name != MANIFEST:
            folder, key, _ = _MEMBER.fullmatch(name).groups()
            found[f"{kinds[folder]}:{key}"] = text
    if not found:
        raise ParcelBroken()
    return found


def _limit(entries: list[zipfile.ZipInfo], packed_bytes: int) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > MOST_FILES + 1 or any(entry.file_size > MOST_BYTES for entry in entries) \
            or unpacked > min(MOST_UNPACKED, max(SMALL, MOST_RATIO * packed_bytes)):
        raise ParcelTooLarge(name="", limit=MOST_UNPACKED)
    if any(entry.flag_bits & 1 or entry.compress_type not in _METHODS for entry in entries):
        raise ParcelBroken()
    extensions = dict(FOLDERS.values())
    names = [entry.filename for entry in entries]
    for name in names:
        found = _MEMBER.fullmatch(name)
        if name != MANIFEST and (found is None or extensions[found[1]] != found[3]) or names.count(name) > 1:
            raise ParcelNameUnfit(name=name[:80])


def _compare(texts: dict[str, bytes]) -> None:
    """Hold the files against the list of contents; a zip without one is taken as it is."""
    if MANIFEST not in texts:
        return
    told = _json(MANIFEST, texts[MANIFEST])
    hashes = told.get("files") if told.get("format") == FORMAT else None
    if not isinstance(hashes, dict):
        raise ParcelHashWrong(name=MANIFEST)
    for name in sorted({*texts, *hashes} - {MANIFEST}):
        if name not in texts or hashes.get(name) != sha256_of(texts[name]):
            raise ParcelHashWrong(name=name[:80])


def _read(name: str, text: bytes) -> bytes:
    """The text, read once so that nothing unsafe is kept; a drawing with its process called as the procedure."""
    if len(text) > MOST_BYTES:
        raise ParcelTooLarge(name=name, limit=MOST_BYTES)
    kind, key = name.split(":")
    if kind in ("form", "case"):
        _json(name, text)
        return text
    root = _xml(name, text)
    if kind == "bpmn" and root.tag != f"{BPMN}definitions":
        raise ParcelUnsafe(name=name)
    return _named(root, key) or text if kind == "bpmn" else text


def _json(name: str, text: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ParcelUnsafe(name=name) from error
    if not isinstance(found, dict):
        raise ParcelUnsafe(name=name)
    return found


def _xml(name: str, text: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    if b"<!doctype" in text.lower() or b"<!entity" in text.lower() or text.count(b"<") > MAX_MARKS:
        raise ParcelUnsafe(name=name)
    try:
        root = etree.fromstring(text, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ParcelUnsafe(name=name) from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise ParcelUnsafe(name=name)
    return root


def _named(root: etree._Element, key: str) -> bytes | None:
    """The drawing with its only process called `key`; None when it is so already or cannot be."""
    processes = root.findall(f"{BPMN}process")
    old = processes[0].get("id") if len(processes) == 1 else None
    if old is None or old == key or any(element.get("id") == key for element in root.iter(etree.Element)):
        return None
    processes[0].set("id", key)
    for tag, attribute in ((f"{BPMN}participant", "processRef"), (f"{DI}BPMNPlane", "bpmnElement")):
        for element in root.iter(tag):
            if element.get(attribute) == old:
                element.set(attribute, key)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
