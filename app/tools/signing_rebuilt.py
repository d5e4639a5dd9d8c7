"""Whether all readers find the document that the cross-references name (security.md S10).

A reader that meets an error in a file - an object that is missing, a number that is off - reads on without its tables:
it takes all that looks like an object, of each number the last one, and the trailer that it finds. Another reader does
not mind the same error. So a file may hold a second document beside the one that its tables name, and each be seen by
somebody: from the beginning, or in bytes that were appended and that no signature covers. A file that tells its length
at its beginning ("linearized") is opened by its first bytes while it has this length: bytes that are appended could
turn it into another. It gives no verdict.
"""

import re
from collections.abc import Iterator, Mapping

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.xref import ObjStreamRef

from app.tools.signing_coverage import reached
from app.tools.signing_policy import BROKEN

#: before the word "obj", as the most careless reader takes it: in the middle of a line, of a stream, of a longer word.
#: No number is caught where its beginning lies farther off than `_REACH`
_HEAD = re.compile(rb"(?:(?<!\d)(\d++)[\s\0]++|\A[\s\0]*+)\d*+[\s\0]++\Z")
_REACH = 100
_COMMENT = re.compile(rb"%[^\r\n]*+")
_NEXT = rb"(?:[\s\0]|%[^\r\n]{0,500}+[\r\n])*+"
_SPACE = frozenset(bytes([one]) for one in b" \t\n\v\f\r\0")


def _named(name: str) -> bytes:
    """A name of PDF in all its spellings."""
    return b"/" + b"".join(b"(?:%c|#%02x|#%02X)" % (one, one, one) for one in name.encode())


_ROOT = re.compile(_named("Root") + _NEXT + rb"(\d++)")
_LINEARIZED = re.compile(_named("Linearized"))
_LENGTH = re.compile(_named("L") + rb"(?![!-$&-'*-.0-;=?-Z\\^-z|~])" + _NEXT + rb"([+\d.]*+)")
#: where a reader looks for what a file tells of its own length
_BEGINNING = 4096
#: digits of a number of which readers make the same
_DIGITS = 10
#: where an object stands; in which stream of objects; nowhere
Place = int | ObjStreamRef | None


def is_found_alike(pdf: bytes, reader: PdfFileReader, states: Mapping[int, int]) -> bool:
    """Whether each of the file's `states` (where its bytes end: its last revision) is one document to both."""
    without = _COMMENT.sub(lambda comment: b" " * len(comment[0]), pdf)  # some read past it, some read what it says
    objects = sorted({*_objects(pdf), *_objects(without)}, key=lambda one: one[1])
    roots = {_number(match[1]) for match in _ROOT.finditer(pdf)}
    if not _is_longer(pdf, min(states)):
        return False
    try:
        return roots <= {reader.root_ref.idnum} and all(
            _is_alike(reader, revision, {number: at for number, at in objects if at < end})
            for end, revision in states.items())
    except BROKEN:
        return False


def _is_longer(pdf: bytes, signed: int) -> bool:
    """Whether the file was longer than it says of itself as soon as it was `signed` up to here: so it stays."""
    head = pdf[:_BEGINNING]
    return not _LINEARIZED.search(head) or all(
        told[1].isdigit() and int(told[1][:_DIGITS + 1]) < signed for told in _LENGTH.finditer(head))


def _objects(pdf: bytes) -> Iterator[tuple[int, int]]:
    """(number, where it lies) of all that looks like an object."""
    for word in re.finditer(rb"obj", pdf):
        head = pdf[max(0, word.start() - _REACH): word.start()]
        if match := head[-1:] in _SPACE and _HEAD.search(head):
            yield _number(match[1]), word.start() - len(head) + match.start()


def _number(digits: bytes | None) -> int:
    """-1 of one that no table has."""
    digits = b"-1" if digits is None else digits.lstrip(b"0") or b"0"
    return int(digits) if len(digits) <= _DIGITS else -1


def _is_alike(reader: PdfFileReader, revision: int, last: dict[int, int]) -> bool:
    """`last`: of each number where its last object lies."""
    places = _places(reader, revision)
    if -1 in last or any(
            isinstance(place, int) and last.get(number, place) != place for number, place in places.items()):
        return False
    named = {one.idnum: reader.xrefs.get_historical_ref(one, revision)
             for one in reached(reader.get_historical_resolver(revision))}
    size = max(reader.xrefs.get_xref_container_info(one).size for one in range(revision + 1))
    # by a generation that is another's; beyond the size, where some see nothing
    if any(place != places.get(number) or place is not None and number >= size for number, place in named.items()):
        return False
    missing = {number for number, place in named.items()
               if place is None or isinstance(place, int) and number not in last}
    # unseen by who follows the tables: what was deleted, what stands in a stream of objects now
    hidden = {number for number, at in last.items() if places.get(number) != at}
    return hidden.isdisjoint(named if missing else ())


def _places(reader: PdfFileReader, revision: int) -> dict[int, Place]:
    """Where each object stands that a revision or one before it names; tables that are objects themselves, too."""
    told: dict[int, Place] = {}
    for one in range(revision + 1):
        data, info = reader.xrefs.get_xref_data(one), reader.xrefs.get_xref_container_info(one)
        hybrid = [data.hybrid.xref_data] if data.hybrid else []
        told |= dict.fromkeys(data.freed)  # of any generation: few readers look at it
        for rows in (*hybrid, data):
            told |= {number: at for number, (_, at) in rows.standard_xrefs.items()} | rows.xrefs_in_objstm
        for table in (info, data.hybrid.meta_info if data.hybrid else None):
            if table and table.stream_ref:
                told[table.stream_ref.idnum] = table.start_location
    return told
