"""Office files as packages of parts: what they are, and what they must not bring along (security.md S7).

Reads DOCX, XLSX, PPTX and ODT without unpacking more than the limits allow and without obeying anything in
them. It does not read their text (docx.py, office_text.py) and does not convert them (conversion.py).
"""

import posixpath
import re
import zipfile
from functools import cached_property
from io import BytesIO

from lxml import etree

from app.refusal import Refusal
from app.tools.office_field import fetching, has_equation, unsettled
from app.tools.office_hidden import Hidden, odt_hides

#: most files inside one package
MAX_ENTRIES = 2000
#: most bytes unpacked for one byte packed; small files may always grow to SMALL_BYTES
MAX_RATIO = 100
SMALL_BYTES = 10 * 1024 * 1024
#: most bytes unpacked altogether, and of one XML part that is looked into
MAX_UNPACKED_BYTES = 500 * 1024 * 1024
MAX_PART_BYTES = 64 * 1024 * 1024

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT_W = "{http://purl.oclc.org/ooxml/wordprocessingml/main}"
_ODF_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_ODF_REMARK = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}annotation"
_ODF_ENCRYPTED = "{urn:oasis:names:tc:opendocument:xmlns:manifest:1.0}encryption-data"
_XLINK_HREF = "{http://www.w3.org/1999/xlink}href"

#: the ending of the main part's content type -> extension
_MAIN_PARTS = {
    "wordprocessingml.document.main+xml": "docx",
    "spreadsheetml.sheet.main+xml": "xlsx",
    "presentationml.presentation.main+xml": "pptx",
}
_ODF_TYPES = {"application/vnd.oasis.opendocument.text": "odt"}
#: marks of a change that somebody has still to accept or refuse
_CHANGES = {"ins", "del", "moveFrom", "moveTo", "rPrChange", "pPrChange", "sectPrChange", "tblPrChange",
            "trPrChange", "tcPrChange", "tblGridChange", "numberingChange", "cellIns", "cellDel", "cellMerge"}
#: marks of what somebody remarked beside the text
_REMARKS = {"commentRangeStart", "commentReference"}
#: formulas; what other programs draw: sheets, Equation 3.0, buttons, charts of newer kinds, diagrams without a drawing
_FORMULAS = tuple(f"{{{name}}}oMath" for name in (
    "http://schemas.openxmlformats.org/officeDocument/2006/math", "http://purl.oclc.org/ooxml/officeDocument/math"))
_OBJECTS = (_W + "object", _STRICT_W + "object", _W + "control", _STRICT_W + "control",
            "{urn:schemas-microsoft-com:office:office}OLEObject",
            "{http://schemas.microsoft.com/office/drawing/2014/chartex}chart")
_DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}relIds"
_ODF_DRAWING = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
_ODF_OBJECTS = tuple(_ODF_DRAWING + name for name in ("object", "object-ole", "plugin", "applet", "floating-frame"))
#: text that a reader of the page sees lies in parts that begin so, whatever their names
_TEXT_ROOTS = {space + name for space in (_W, _STRICT_W)
               for name in ("document", "hdr", "ftr", "footnotes", "endnotes")}
#: of the relations of the main part: programs open what they name, whatever it says of itself
_RELATED = ("header", "footer", "footnotes", "endnotes", "styles")
#: declared so, a part is read as XML whatever its name
_XML_TYPE = re.compile(r"[+/]xml\Z", re.IGNORECASE)
#: how files begin that are programs or hold others: OLE2, Windows, Linux, macOS, archives, RTF, scripts
_OTHER_FILES = (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"MZ", b"\x7fELF", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe",
                b"\xce\xfa\xed\xfe", b"PK\x03\x04", b"Rar!", b"7z\xbc\xaf", b"{\\rtf", b"#!")
#: parts that are objects of other programs
_EMBEDDED = re.compile(r"(word|xl|ppt)/(embeddings|activeX|controls)/", re.IGNORECASE)
_OUTSIDE = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]+:|//|\\\\")


class TruncatedFile(Refusal):
    """The file is damaged or was cut off on the way."""

    code = "file_truncated"


class UnsafePackage(TruncatedFile):
    """The package is made to mislead a reader: parts outside itself or named twice, a document type, entities."""

    code = "file_unsafe_package"


class NoBody(TruncatedFile):
    """An office file without the part that holds its text."""

    code = "file_no_body"


class EncryptedFile(Refusal):
    """The file is protected by a password."""

    code = "file_encrypted"


class UnpacksTooLarge(Refusal):
    """Unpacked, the file is larger than the limit."""

    code, status = "file_unpacks_too_large", 413


class HasMacros(Refusal):
    """The file contains macros."""

    code = "file_has_macros"


class HasOutsideContent(Refusal):
    """The file brings in pictures, templates or objects from outside itself."""

    code = "file_has_outside_content"


class HasTrackedChanges(Refusal):
    """The file contains changes that are not yet accepted or refused."""

    code = "file_has_tracked_changes"


class HasHiddenText(Refusal):
    """The file contains hidden text."""

    code = "file_has_hidden_text"


class HasComments(Refusal):
    """The file contains comments in its margin."""

    code = "file_has_comments"


class HasFormula(Refusal):
    """The file contains formulas of its program's own, which are not on the page that LibreOffice Writer makes."""

    code = "file_has_formula"


class HasField(Refusal):
    """The file contains a field of its program that stores the words which it shows nowhere."""

    code = "file_has_field"


class HasObject(Refusal):
    """The file contains what another program draws, a sheet or the like: the page lacks it, or has its name alone."""

    code = "file_has_object"


class Package:
    """An opened office file. `extension` is docx, xlsx, pptx or odt, or empty for any other package."""

    def __init__(self, data: bytes) -> None:
        """Raises TruncatedFile, UnsafePackage, EncryptedFile, UnpacksTooLarge."""
        try:
            self._zip = zipfile.ZipFile(BytesIO(data))
        except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise TruncatedFile() from error
        self._entries = {entry.filename: entry for entry in self._zip.infolist()}
        self._check_limits(len(data))
        #: the part that holds the text
        self._main = ""
        self.extension = self._kind()

    def check(self, *, refuse_changes: bool = False) -> None:
        """Raise NoBody, HasMacros or HasOutsideContent; with `refuse_changes` also HasTrackedChanges, HasHiddenText,
        HasComments, HasFormula, HasObject, HasField: what is approved is what its page shows.

        Hyperlinks may point outside: nothing is fetched until a person follows one.
        """
        if self.extension == "odt":
            self._check_odt(refuse_changes)
            return
        if any(name.lower().endswith(("vbaproject.bin", "vbadata.xml")) for name in self._entries):
            raise HasMacros()
        for name in self._entries:
            if name.endswith(".rels"):
                self._check_relationships(name)
            elif self.extension == "docx" and name in self.xml_parts:
                root = self._xml(name)  # whole, and without a document type: other readers parse it, too
                if found := fetching(root):
                    raise HasOutsideContent(target=found)
                if refuse_changes and root.tag in _TEXT_ROOTS:
                    self._check_changes(root)
            elif name.startswith("xl/externalLinks/"):  # by DDE, which no relation tells
                raise HasOutsideContent(target=name[:200])
        if self.extension == "docx" and (
                self._main not in self._entries or self._xml(self._main).find("{*}body") is None):
            raise NoBody()

    def embedded(self) -> str:
        """What else lies in it: the name of an object, a control or a whole file, by its place or its first bytes
        wherever it lies; "" = nothing.
        """
        return next((name for name in self._entries if _EMBEDDED.match(name)
                     or self._bytes(name, 8).startswith(_OTHER_FILES)), "")

    def names(self) -> list[str]:
        """Of all its parts."""
        return list(self._entries)

    def part(self, name: str) -> bytes:
        """The bytes of a part. Raises TruncatedFile, also for one that is not there, UnpacksTooLarge."""
        if name not in self._entries:
            raise TruncatedFile()
        return self._bytes(name)

    def _check_limits(self, packed_bytes: int) -> None:
        entries = self._zip.infolist()
        if len(entries) > MAX_ENTRIES:
            raise UnpacksTooLarge(limit=MAX_ENTRIES)
        unpacked = sum(entry.file_size for entry in entries)
        if unpacked > min(MAX_UNPACKED_BYTES, max(SMALL_BYTES, MAX_RATIO * packed_bytes)):
            raise UnpacksTooLarge(limit=MAX_UNPACKED_BYTES)
        if any(entry.flag_bits & 1 for entry in entries):
            raise EncryptedFile()
        # two parts of one name: each reader would pick another
        if len(self._entries) != len(entries) or any(_leaves_package(name) for name in self._entries):
            raise UnsafePackage(found="part")

    def _kind(self) -> str:
        if "[Content_Types].xml" in self._entries:
            return self._ooxml_kind()
        if "mimetype" in self._entries and self._entries["mimetype"].file_size < 200:
            return _ODF_TYPES.get(self._bytes("mimetype").decode("ascii", "replace").strip(), "")
        return ""

    def _ooxml_kind(self) -> str:
        for override in self._xml("[Content_Types].xml").iter("{*}Override", "{*}Default"):
            content_type = override.get("ContentType", "")
            if "macroEnabled" in content_type:
                raise HasMacros()
            for ending, extension in _MAIN_PARTS.items():
                if content_type.endswith(ending):
                    self._main = override.get("PartName", "word/document.xml").lstrip("/")
                    return extension
        return ""

    def _check_relationships(self, name: str) -> None:
        for relation in self._xml(name).iter("{*}Relationship"):
            kind = relation.get("Type", "").rsplit("/", 1)[-1]
            outside = relation.get("TargetMode", "").lower() == "external"
            if (outside and kind != "hyperlink") or kind == "aFChunk":
                raise HasOutsideContent(target=relation.get("Target", "")[:200])

    @cached_property
    def xml_parts(self) -> set[str]:
        """By their names, by what the package says of them, and by what the text is related to: programs go by that."""
        types = [one for one in self._xml("[Content_Types].xml").iter("{*}Override", "{*}Default")
                 if _XML_TYPE.search(one.get("ContentType", ""))]
        said = {one.get("PartName", "").lstrip("/").lower() for one in types} - {""}
        endings = (".xml", *(f".{one.get('Extension', '').lower()}" for one in types if one.get("Extension")))
        return {name for name in self._entries if name.lower() in said or name.lower().endswith(endings)
                and not name.lower().endswith(".rels")} | {name for names in self._related.values() for name in names}

    @cached_property
    def _related(self) -> dict[str, list[str]]:
        """The parts that the main part names, by their kind."""
        folder, _, own = self._main.rpartition("/")
        rels, found = f"{folder}/_rels/{own}.rels".lstrip("/"), {kind: [] for kind in _RELATED}
        for one in self._xml(rels).iter("{*}Relationship") if rels in self._entries else ():
            kind, target = one.get("Type", "").rsplit("/", 1)[-1], one.get("Target", "")
            name = posixpath.normpath(target if target.startswith("/") else f"/{folder}/{target}").lstrip("/")
            if kind in found and name in self._entries:
                found[kind].append(name)
        return found

    def _check_changes(self, root: etree._Element) -> None:
        for element in root.iter(etree.Element):
            if element.tag in _FORMULAS and "".join(one.text or "" for one in element.iter("{*}t")).strip():
                raise HasFormula()
            if element.tag in _OBJECTS or element.tag == _DIAGRAM and not any(
                    name.startswith("word/diagrams/drawing") for name in self._entries):
                raise HasObject()
            namespace, _, tag = element.tag.rpartition("}")
            if namespace + "}" not in (_W, _STRICT_W):
                continue
            if tag in _CHANGES:
                raise HasTrackedChanges()
            if tag in _REMARKS:
                raise HasComments()
        if has_equation(root):
            raise HasFormula()
        if self._hidden.lies_in(root):
            raise HasHiddenText()
        if found := unsettled(root):
            raise HasField(field=found)

    @cached_property
    def _hidden(self) -> Hidden:
        return Hidden(next((self._xml(name) for name in self._related["styles"]), None))

    def _check_odt(self, refuse_changes: bool) -> None:
        manifest = "META-INF/manifest.xml"
        if manifest in self._entries and any(True for _ in self._xml(manifest).iter(_ODF_ENCRYPTED)):
            raise EncryptedFile()
        if any(name.startswith(("Basic/", "Scripts/")) and not name.endswith("/") for name in self._entries):
            raise HasMacros()
        names = [name for name in ("content.xml", "styles.xml") if name in self._entries]
        for name in names:
            self._check_odt_part(name, refuse_changes)
        if refuse_changes and odt_hides(*map(self._xml, names)):
            raise HasHiddenText()

    def _check_odt_part(self, name: str, refuse_changes: bool) -> None:
        root = self._xml(name)
        for element in root.iter(etree.Element):
            target = element.get(_XLINK_HREF, "")
            if not element.tag.endswith(("}a", "}bookmark-ref")) and _OUTSIDE.match(target):
                raise HasOutsideContent(target=target[:200])
            if refuse_changes and element.tag == _ODF_TEXT + "tracked-changes":
                raise HasTrackedChanges()
            if refuse_changes and element.tag == _ODF_REMARK:
                raise HasComments()
            if refuse_changes and element.tag in _ODF_OBJECTS:
                self._check_odt_object(element)

    def _check_odt_object(self, element: etree._Element) -> None:
        """Charts are drawn by the program itself; what else an object is, another would have to draw."""
        name = f"{element.get(_XLINK_HREF, '').removeprefix('./')}/content.xml"
        content = self._xml(name) if name in self._entries else next(element.iterchildren(etree.Element), None)
        if content is not None and etree.QName(content).localname == "math":
            raise HasFormula()
        if content is None or content.find("{*}body/{*}chart") is None:
            raise HasObject()

    def _bytes(self, name: str, first: int = -1) -> bytes:
        """A part, or its first bytes alone."""
        if first < 0 and self._entries[name].file_size > MAX_PART_BYTES:
            raise UnpacksTooLarge(limit=MAX_PART_BYTES)
        try:
            with self._zip.open(name) as part:
                return part.read(first)
        except (zipfile.BadZipFile, EOFError, NotImplementedError, zipfile.zlib.error) as error:
            raise TruncatedFile() from error

    def _xml(self, name: str) -> etree._Element:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        try:
            root = etree.fromstring(self._bytes(name), parser)
        except etree.XMLSyntaxError as error:
            raise TruncatedFile() from error
        if root.getroottree().docinfo.doctype:
            raise UnsafePackage(found="DOCTYPE")
        return root


def _leaves_package(name: str) -> bool:
    return name.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", name)
