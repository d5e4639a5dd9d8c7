"""Which changes of a PDF a signature bears after it: rules above pyHanko's (NĐ 30/2020 Art. 21.2.a; security.md S10).

Between two signatures come fields of signatures only, empty and unpainted until the next one signs. A form and a
catalog may get what honest programs add (fonts of the form where there were none, a later version of the format), and
what was there stays. After the last one come validation data and unseen stamps. Which revision is whose is the
business of `signing_coverage.py`.
"""

import re
import struct
from collections.abc import Iterable, Iterator
from typing import Any

from lxml import etree
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import HistoricalResolver
from pyhanko.sign.diff_analysis import (
    CatalogModificationRule,
    DocInfoRule,
    DSSCompareRule,
    FieldComparisonContext,
    FieldMDPRule,
    FormUpdate,
    FormUpdatingRule,
    MetadataUpdateRule,
    ModificationLevel,
    ObjectStreamRule,
    ReferenceUpdate,
    SigFieldCreationRule,
    SigFieldModificationRule,
    StandardDiffPolicy,
    SuspiciousModification,
    WhitelistRule,
    XrefStreamRule,
)
from pyhanko.sign.validation.errors import SignatureValidationError

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
#: properties of XMP that a program writes anew when it adds a signature or validation data
_FREE = {"{http://ns.adobe.com/xap/1.0/}ModifyDate", "{http://ns.adobe.com/xap/1.0/}MetadataDate",
         "{http://ns.adobe.com/pdf/1.3/}Producer", "{http://ns.adobe.com/xap/1.0/mm/}InstanceID"}
#: the same of /Info; properties of XMP that say what /Info says
_FREE_OF_INFO, _DC = {"/ModDate", "/Producer"}, "http://purl.org/dc/elements/1.1/"
_OF_INFO = {
    f"{{{_DC}}}title": "/Title", f"{{{_DC}}}creator": "/Author", f"{{{_DC}}}description": "/Subject",
    "{http://ns.adobe.com/pdf/1.3/}Keywords": "/Keywords", "{http://ns.adobe.com/xap/1.0/}CreatorTool": "/Creator"}
#: keys of the field of an unseen time stamp
_BARE = {"/FT", "/T", "/Type", "/Subtype", "/F", "/Ff", "/P", "/Rect", "/TU", "/V"}
#: versions of the format
_VERSION = re.compile(r"/1\.[0-7]|/2\.0")
#: what a stream may hold that draws nothing: a state kept and given back, a marked content, a path let go
_UNPAINTED, _COMMENT, _MOST_LOOKS = {b"q", b"Q", b"n", b"/Tx", b"BMC", b"EMC"}, re.compile(rb"%[^\r\n]*"), 50
#: what pyHanko and asn1crypto raise on hostile bytes
BROKEN = (PdfError, SignatureValidationError, ValueError, KeyError, IndexError, TypeError, AttributeError,
          AssertionError, NotImplementedError, OverflowError, RecursionError, UnboundLocalError, struct.error,
          etree.XMLSyntaxError)


class _DateOfInfo(WhitelistRule):
    """The /Info dictionary may get another date and program, which writers leave behind, and no more: readers show its
    title over the pages.
    """

    def apply(self, old: HistoricalResolver, new: HistoricalResolver) -> Iterator[ReferenceUpdate]:
        """Approve the new dictionary when all else in it is the same, whichever object it is."""
        before, after = map(_info, (old, new))
        if any(key not in _FREE_OF_INFO and before.get(key) != after.get(key) for key in {*before, *after}):
            raise SuspiciousModification("The file says something else of itself.")
        yield from DocInfoRule().apply(old, new)


def _info(view: HistoricalResolver) -> dict[str, Any]:
    reference = view.trailer_view.get_value_as_reference("/Info", optional=True)
    found = view(reference) if reference else None
    return found if isinstance(found, generic.DictionaryObject) else {}


class _DateOfMetadata(WhitelistRule):
    """The same of the XMP metadata, which every PDF/A has: date and program may change, no other property may. Where
    there were none, those that come say what /Info said.
    """

    def apply(self, old: HistoricalResolver, new: HistoricalResolver) -> Iterator[ReferenceUpdate]:
        """Approve the new stream when it says the same."""
        before, after = (view.root.raw_get("/Metadata") if "/Metadata" in view.root else None for view in (old, new))
        if before is None is after:
            return
        if after is None or (_said(before) != _said(after) if before is not None else not all(
                one in _said_by(_info(old)) for one in map(_as_text, _said(after)))):
            raise SuspiciousModification("The metadata say something else of the file.")
        yield from MetadataUpdateRule().apply(old, new)


def _said_by(info: dict[str, Any]) -> set[tuple[str, str]]:
    """What /Info says, as XMP says it."""
    return {(f"{{{_DC}}}format", "application/pdf"), *(
        (name, str(info.get(key, ""))) for name, key in _OF_INFO.items())}


def _as_text(found: Any) -> tuple[str, str]:
    """A property and the words in it, whatever list they stand in."""
    name, text, inner = found
    return name, text or "".join(_as_text(one)[1] for one in inner if isinstance(one, tuple))


def _said(reference: generic.IndirectObject) -> list[Any]:
    """The properties of an XMP packet, in whichever of its two spellings, without date and program."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    root = etree.fromstring(reference.get_object().data, parser)
    found: list[Any] = []
    for block in root.iter(f"{_RDF}Description"):
        found += [(name, text.strip(), []) for name, text in block.attrib.items() if name != f"{_RDF}about"]
        found += [_property(one) for one in block]
    return sorted((one for one in found if one[0] not in _FREE), key=repr)


def _property(element: etree._Element) -> Any:
    inner = [dict(element.attrib), *map(_property, element)] if len(element) else []
    return element.tag, (element.text or "").strip(), inner


class _Catalog(CatalogModificationRule):
    """The catalog may say a later version of the format, as honest programs do; an earlier or a strange one never."""

    def apply_qualified(self, old: HistoricalResolver,
                        new: HistoricalResolver) -> Iterable[tuple[ModificationLevel, ReferenceUpdate]]:
        """Refuse another version; the rest is the library's."""
        before, after = (str(view.root["/Version"]) if "/Version" in view.root else "" for view in (old, new))
        if before != after and not (_VERSION.fullmatch(after) and before < after):
            raise SuspiciousModification(f"The version of the file was {before} and is {after}.")
        yield from super().apply_qualified(old, new)


class _FormItself(FieldMDPRule):
    """What a form says of all its fields may be added where nothing was, and changed nowhere: readers draw by it."""

    def apply(self, context: FieldComparisonContext) -> Iterable[tuple[ModificationLevel, FormUpdate]]:
        """Refuse a change; it approves nothing."""
        before, after = (view.root["/AcroForm"] for view in (context.old, context.new))
        if any(key in before and (key not in after or before[key] != after[key]) for key in ("/DA", "/Q")):
            raise SuspiciousModification("The look of all fields was changed.")
        if "/Q" not in before and "/Q" in after and after["/Q"] != 0:
            raise SuspiciousModification("All fields were aligned anew.")
        if "/DR" in before and "/DR" not in after:
            raise SuspiciousModification("The resources of all fields were taken away.")
        if "/DR" in after:
            _refuse_other(context, before.raw_get("/DR") if "/DR" in before else None, after.raw_get("/DR"))
        is_drawn_anew = "/NeedAppearances" in after and after["/NeedAppearances"]
        if is_drawn_anew and any(before.raw_get(key) != after.raw_get(key) if key in before else key in after
                                 for key in ("/DR", "/DA")):
            raise SuspiciousModification("Fields would be drawn anew by what was added.")
        yield from ()


def _refuse_other(context: FieldComparisonContext, before: Any, after: Any, depth: int = 0) -> None:
    """What was among the resources stays, and nothing that is added stands for an object that was there.

    The library approves every object that new resources lead to, also one that pages are drawn with.
    """
    old, new = (one.get_object() if isinstance(one, generic.IndirectObject) else one for one in (before, after))
    kinds = {type(one) for one in (old, new)}
    if depth < 2 and kinds == {generic.DictionaryObject}:
        if not set(old) <= set(new):
            raise SuspiciousModification("Resources of all fields were taken away.")
        for key in new:
            _refuse_other(context, old.raw_get(key) if key in old else None, new.raw_get(key), depth + 1)
        return
    if before is not None and before != after:
        raise SuspiciousModification("A resource of all fields was changed.")
    later = context.new.collect_dependencies(after, since_revision=context.old.revision + 1)
    known = context.old.reader.xrefs
    if any(before is not None or known.get_historical_ref(one, context.old.revision) is not None for one in later):
        raise SuspiciousModification("An object was changed by way of the resources of all fields.")


class _FieldsOfSignatures(FieldMDPRule):
    """A new field is its signature's own: empty and unpainted until signed, signed in the end, without actions."""

    def apply(self, context: FieldComparisonContext) -> Iterable[tuple[ModificationLevel, FormUpdate]]:
        """Refuse what hides in a field; it approves nothing."""
        is_end = context.new.revision == context.new.reader.xrefs.total_revisions - 1
        for name, spec in context.field_specs.items():
            old, new = spec.old_field, spec.new_field
            if new is None or spec.field_type != "/Sig" or (old is not None and "/V" in old):
                continue
            keys = {key for widget in _widgets(new) for key in widget}
            if "/V" not in new:
                wrong = old != new if old is not None else is_end or bool(keys & {"/A", "/AA"}) or any(
                    map(_paints, _widgets(new)))
            elif _kind_of_value(new) == "/Sig":
                wrong = old is None and bool(keys & {"/A", "/AA"})
            else:  # what is judged as no signature is not seen either
                wrong = not _is_bare(new)
            if wrong:
                raise SuspiciousModification(f"Field {name} is more than the place of a signature.")
        yield from ()


def _paints(widget: Any) -> bool:
    """Whether anything is seen of a field that waits for its signature: a look that draws, a colour, a caption."""
    if is_adorned(widget):
        return True
    waiting = [widget["/AP"]] if "/AP" in widget else []
    while waiting:
        one = waiting.pop()
        if isinstance(one, generic.StreamObject):
            if set(_COMMENT.sub(b" ", one.data).split()) - _UNPAINTED:
                return True
        elif isinstance(one, generic.DictionaryObject) and len(waiting) < _MOST_LOOKS:
            waiting += [one[key] for key in one]
        elif not isinstance(one, generic.NullObject):
            return True
    return False


def is_adorned(widget: Any) -> bool:
    """Whether a reader may paint something around the look of a field, as some do and some do not: a colour, a caption,
    a border with a width (ISO 32000 12.5.4, 12.5.6.19)."""
    if "/MK" in widget and set(widget["/MK"]) - {"/R", "/TP"}:
        return True
    if "/BS" in widget:
        style = widget["/BS"]
        return bool(float(style["/W"]) if "/W" in style else 1)
    if "/Border" in widget:
        border = widget["/Border"]
        return bool(float(border[2]) if len(border) > 2 else 1)
    return "/C" in widget and len(widget["/C"]) > 0


class _FieldsOfStamps(FieldMDPRule):
    """A new field is a time stamp of the document, unseen; fields that were there stay as they were."""

    def apply(self, context: FieldComparisonContext) -> Iterator[tuple[ModificationLevel, FormUpdate]]:
        """Refuse every other field; it approves nothing."""
        for name, spec in context.field_specs.items():
            old, new = spec.old_field, spec.new_field
            is_stamp = new is not None and _kind_of_value(new) == "/DocTimeStamp" and _is_bare(new)
            if old != new if old is not None else not is_stamp:
                raise SuspiciousModification(f"Field {name} is no time stamp of the document.")
        yield from ()


def _widgets(field: generic.DictionaryObject) -> list[Any]:
    """What stands for a field on the pages: itself, and its kids."""
    return [field, *(one.get_object() for one in (field["/Kids"] if "/Kids" in field else ()))]


def _kind_of_value(field: generic.DictionaryObject) -> str:
    """What the value of a field says it is; "/Sig" when it does not say; "" for none."""
    value = field["/V"] if "/V" in field else {"/Type": ""}
    return str(value["/Type"]) if "/Type" in value else "/Sig"


def _is_bare(field: generic.DictionaryObject) -> bool:
    """No more than an unseen field needs: no appearance, no action, no place on a page."""
    left, bottom, right, top = map(float, field["/Rect"] if "/Rect" in field else (0, 0, 0, 0))
    return left == right and bottom == top and set(field) <= _BARE


_CONTAINERS = [XrefStreamRule().as_qualified(ModificationLevel.LTA_UPDATES),
               ObjectStreamRule().as_qualified(ModificationLevel.LTA_UPDATES),
               DSSCompareRule().as_qualified(ModificationLevel.LTA_UPDATES)]
ONLY_DSS = StandardDiffPolicy(
    [_Catalog(ignored_keys={"/DSS", "/Extensions", "/Version"}), *_CONTAINERS,
     _DateOfInfo().as_qualified(ModificationLevel.LTA_UPDATES),
     _DateOfMetadata().as_qualified(ModificationLevel.LTA_UPDATES)],
    form_rule=None, ignore_orphaned_objects=False)
STAMPED = StandardDiffPolicy(
    [_Catalog(ignored_keys={"/AcroForm", "/DSS", "/Extensions", "/Version"}), *_CONTAINERS,
     _DateOfInfo().as_qualified(ModificationLevel.LTA_UPDATES),
     _DateOfMetadata().as_qualified(ModificationLevel.LTA_UPDATES)],
    form_rule=FormUpdatingRule([_FieldsOfStamps(), SigFieldCreationRule(), SigFieldModificationRule()],
                               ignored_acroform_keys={"/Fields", "/SigFlags"}),
    ignore_orphaned_objects=False)
NEXT_SIGNATURE = StandardDiffPolicy(
    [_Catalog(), *_CONTAINERS,
     _DateOfInfo().as_qualified(ModificationLevel.LTA_UPDATES),
     _DateOfMetadata().as_qualified(ModificationLevel.LTA_UPDATES)],
    form_rule=FormUpdatingRule(
        [_FormItself(), _FieldsOfSignatures(), SigFieldCreationRule(), SigFieldModificationRule()],
        ignored_acroform_keys={"/Fields", "/SigFlags", "/DR", "/DA", "/Q"}))
