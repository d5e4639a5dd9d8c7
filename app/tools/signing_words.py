"""The words that the picture of a signature shows, and whether they are more than a signature says (security.md S10).

NĐ 30/2020 PL I: an agency's signature on a copy says form of copy, agency and time; the software of others writes who
signed, by which certificate, when and why. More than that, said by a later signature, would be text added to what
others have signed. Letters that are drawn as a picture or as curves are no words here.
"""

import io
import re
from collections.abc import Iterable, Iterator
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import PageObject, PdfFileWriter
from pyhanko.sign.validation import EmbeddedPdfSignature

from app.tools import appearance
from app.tools.alphabet import bare
from app.tools.signing_place import drawn_as

#: lines and letters of a line that a signature says in words (NĐ 30/2020 PL I needs three)
_MOST_LINES, _MOST_LETTERS = 8, 200
#: lines of one that are looked at, and different looks of a signature
_MOST_READ, _MOST_LOOKS = 60, 20
#: letters that may be left of its words, names, times and what software always writes taken away: another name, a title
_MOST_LEFT = 40
#: a name of so few letters stands within other words
_SHORT = 3
#: digits of a number and a date, letters beside them: a notation, a place (NĐ 30/2020 PL I, II.3, II.4)
_DIGITS_OF_NUMBER, _LETTERS_OF_NUMBER = 14, 16
#: days, hours, zones; the numbers by which names of certificates call their parts, versions of programs
_TIMES = re.compile(
    r"\b\d{4}[-./]\d{1,2}[-./]\d{1,2}(?!\d)|\b\d{1,2}[-./]\d{1,2}[-./]\d{4}\b|t?\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?"
    r"|[+-]\d{2}(:|')\d{2}'?|(oid\.)?\b\d(\.\d+){3,}=|version:? *\d+(\.\d+){1,3}\b", re.IGNORECASE)
#: what software writes beside names and times, and the forms of copies, without marks
_ALWAYS = frozenset(
    "ky so boi nguoi chu dien tu duoc da digitally signed by signature signer date time ngay thang nam gio luc thoi "
    "gian vao co quan to chuc don vi email mail vu danh reason ly do location dia diem noi cn ou dn st serial number "
    "adobe acrobat foxit phantompdf pdf reader editor version vgca am pm sa ch gmt utc z t oid sao y luc trich ban "
    "giay form chinh".split())


def words_shown(reader: PdfFileReader, signature: EmbeddedPdfSignature) -> list[str]:
    """The words that a signature shows where it stands, a line each; [] when it shows none, or nothing.

    Raises PageUnreadable.
    """
    for _number, _page, seen in drawn_as(reader, signature):
        return [line[:_MOST_LETTERS] for line in _words(_looks(seen))[:_MOST_LINES]]
    return []


def says_more(reader: PdfFileReader, signature: EmbeddedPdfSignature, *, is_number: bool = False) -> bool:
    """Whether a signature says more, anywhere that one sees it, than who signed, when, and that it is signed.

    `is_number`: it stands where number and date do. Raises PageUnreadable.
    """
    looks = {str(_named(seen)): look for _, _, seen in drawn_as(reader, signature) if (look := _looks(seen))}
    if len(looks) > _MOST_LOOKS:
        return True
    known = list(_told(signature))
    for look in looks.values():
        lines = _words(look)
        letters, digits = _left(" ".join(lines).lower(), known)
        most, figures = (_LETTERS_OF_NUMBER, _DIGITS_OF_NUMBER) if digits and is_number else (_MOST_LEFT, 0)
        if len(lines) > _MOST_READ or letters > most or digits > figures:
            return True
    return False


def _left(text: str, known: Iterable[str]) -> tuple[int, int]:
    """How many letters and digits are left of a text without what is known; letters that nobody can name count, too."""
    for one in known:
        text = text.replace(one, " ") if len(one) > _SHORT else text
    words = re.findall(r"\d+|[^\s\d!-/:-@\[-`{-~–—]+", _TIMES.sub(" ", text))
    names = {bare(word) for one in known for word in one.split()} - {""}
    left = [word for word in words if word.isdigit() or bare(word) not in _ALWAYS and bare(word) not in names]
    return sum(len(one) for one in left if not one.isdigit()), sum(len(one) for one in left if one.isdigit())


def _told(signature: EmbeddedPdfSignature) -> Iterator[str]:
    """What a certificate says of its owner and its authority, the longest first."""
    certificate = signature.signer_cert
    found = [f"{certificate.serial_number:x}", str(certificate.serial_number)]
    for name in (certificate.subject, certificate.issuer):
        for value in name.native.values():
            found += map(str, value if isinstance(value, list) else [value])
    if certificate.subject_alt_name_value is not None:
        found += [str(one.native) for one in certificate.subject_alt_name_value]
    yield from sorted((one.lower() for one in found if one.strip()), key=len, reverse=True)


def _looks(seen: generic.DictionaryObject) -> Any:
    """What is drawn; None: nothing, or not one look for all readers."""
    looks = seen["/AP"] if "/AP" in seen else {}
    normal = looks["/N"] if "/N" in looks else None
    return normal if isinstance(normal, generic.StreamObject) else None


def _named(seen: generic.DictionaryObject) -> Any:
    """What the same look is known by, also as another field's; else the look itself."""
    looks = seen["/AP"]
    named = looks.raw_get("/N")
    return named.reference if isinstance(named, generic.IndirectObject) else id(named)


def _words(looks: Any) -> list[str]:
    if looks is None:
        return []
    writer = PdfFileWriter()
    looks = writer.add_object(writer.import_object(looks))
    drawn = writer.add_object(generic.StreamObject(stream_data=b"/Looks Do"))
    named = generic.DictionaryObject({generic.pdf_name("/Looks"): looks})
    writer.insert_page(PageObject(
        contents=drawn, media_box=(-2000, -2000, 2000, 2000),
        resources=generic.DictionaryObject({generic.pdf_name("/XObject"): named})))
    writer.write(sink := io.BytesIO())
    return appearance.words_of(sink.getvalue())
