"""Who is named in a draft, "Kính gửi" and "Nơi nhận", beside whom its author has chosen (Art. 8.1, 9.1.d).

The names are matched with the directory: as they are written, shortened ("UBND", without the province), or nearly so.
Before the dispatch it tells what differs: one who is named and not chosen, one who is chosen and not named, a name that
is no agency of the directory. A name of a group ("Các sở, ban, ngành") stands for its members; some may be left out.
Who gets it through the exchange is what was chosen; whoever is named and in no directory gets it on paper or by mail.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from app.db import db
from app.records import agency, attachment, recipient_group
from app.records.agency import Agency
from app.records.document import Document
from app.records.recipient_group import Group
from app.refusal import Refusal
from app.regulation import within
from app.regulation.layout_grammar import fold
from app.regulation.layout_parts import names, parts
from app.tools import Tools, docx_layout
from app.tools.blobs import Blobs
from app.tools.docx_layout import Line

_SHORT = (("ubnd", "uy ban nhan dan"), ("hdnd", "hoi dong nhan dan"), ("vp ", "van phong "))
#: where a recipient is named: "Kính gửi", "Nơi nhận"
TO, ALSO = "to", "also"
#: the place at the end of a folded name
_PLACE = re.compile(r"\b(tinh|thanh pho|thi xa|huyen|xa|phuong|dac khu) (?P<name>(?:(?!\b(?:tinh|xa|phuong) ).)+)$")
#: what may stand behind a name and changes nobody
_REMARK = re.compile(r"(de|theo|thay|b/c|bc) ")
_ROLE = re.compile(r" ((la )?(co quan|don vi) )?(chu tri|phoi hop)$")
#: how the name of an agency begins; it parts "Sở Nội vụ và Sở Xây dựng", not "Sở Nông nghiệp và Môi trường"
_AGENCY = re.compile(
    r"(so|ubnd|uy ban|hdnd|hoi dong|van phong|vp|ban|bo|cuc|chi cuc|cong an|thanh tra|truong|benh vien|trung tam|toa an"
    r"|vien|kho bac|bao hiem|thue|tinh uy|dang uy|hoi|doan|lien doan|mat tran|cong ty|cac|phong) ")
#: how others begin that may stand in one line with agencies
_OTHER = re.compile(r"(lanh dao|thuong truc|chu tich|don vi|ngan hang|doanh nghiep|hop tac xa|tong) ")
#: of those who needs the rest of the line to be somebody: "Chủ tịch, các Phó Chủ tịch UBND tỉnh"
_TITLE = re.compile(r"(lanh dao|thuong truc|chu tich|don vi)\b")
#: what parts the names of a line, and may stand within one
_PARTS = re.compile(r"(,|\s+và\s+)")
#: what points to the list above, and may stand before names; what begins the list of file copies
_ABOVE = re.compile(r"nhu (tren|kinh gui|dieu|khoan|muc)\b")
_KEPT = re.compile(r"luu\b")
#: items that name nobody: the list above, the file copy, whom the document itself invites
_NOBODY = re.compile(r"^(nhu |luu\b|luu:|noi nhan|kinh gui$|$|(cac )?(thanh phan|dai bieu)"
                     r"( (duoc|moi|tham du|tham gia|du|hop|du hop|noi tren))*$)")


class GroupNamedLikeAgency(Refusal):
    """A document that names an agency never means a group of others."""

    code, article = "group_named_like_agency", "Art. 9.1.d"


@dataclass(frozen=True)
class Missed:
    """An agency of the directory that the draft names, itself or by its group, and nobody chose."""

    code: str
    name: str
    #: TO or ALSO
    place: str
    #: as the draft names it, or its group
    written: str
    #: the name of the group by which it is named; empty: it is named itself
    group: str = ""


@dataclass(frozen=True)
class Named:
    """What differs; names as people read them."""

    #: in the draft and the directory, not chosen
    unchosen: list[str] = field(default_factory=list)
    #: chosen, not in the draft
    unnamed: list[str] = field(default_factory=list)
    #: in the draft, not in the directory
    unknown: list[str] = field(default_factory=list)
    #: groups that are named in the draft: (name, members that were not chosen)
    groups: list[tuple[str, list[str]]] = field(default_factory=list)

    @property
    def differs(self) -> bool:
        """Whether there is something to look at."""
        return bool(self.unchosen or self.unnamed or self.unknown or any(left for _, left in self.groups))


def beside(tools: Tools, document: Document) -> Named | None:
    """What differs between the newest version of the draft and what was chosen; None: the file names nobody."""
    written = _items(tools, document)
    if not written:
        return None
    directory = _directory()
    groups = _meant(written, recipient_group.choices(document.agency_id), directory)
    own = within.of(db.session.get_one(Agency, document.agency_id))
    found = {text: code for text, place in written.items() if text not in groups
             if (code := _match(text, directory)) or not own.names(text, place == TO)}
    chosen, left = _chosen(document), missed(document, written)
    names = agency.names(chosen)
    named = {code for code in found.values() if code} | {code for group in groups.values() for code in group.members}
    return Named([one.name for one in left if not one.group],
                 [names.get(code, code) for code in chosen if code not in named],
                 [text for text, code in found.items() if not code],
                 [(group.name, [one.name for one in left if one.group == group.name]) for group in groups.values()])


def missed(document: Document, written: dict[str, str]) -> list[Missed]:
    """Of {name: place} as `written_in` gives it, which agencies of the directory were not chosen; each once, who is
    named himself before who is one of a group. The document's own agency is nobody to send to.
    """
    directory = _directory()
    groups = _meant(written, recipient_group.choices(document.agency_id), directory)
    kept = {*_chosen(document), db.session.get_one(Agency, document.agency_id).code, ""}
    found = [Missed(code, directory[code], place, text) for text, place in written.items()
             if text not in groups and (code := _match(text, directory)) not in kept]
    found += [Missed(code, name, written[text], text, group.name) for text, group in groups.items()
              for code, name in group.members.items() if code not in kept]
    return list({one.code: one for one in reversed(found)}.values())[::-1]


def beyond(document: Document, written: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Of {name: place} as `written_in` gives it, who is neither in the directory nor in a group: {name: place} of those
    outside, and of those within the document's own agency.
    """
    directory = _directory()
    groups = _meant(written, recipient_group.choices(document.agency_id), directory)
    chosen = {code: directory[code] for code in [*document.addressees, *document.recipients] if code in directory}
    left = {name: place for name, place in written.items()
            if name not in groups and not _match(name, chosen) and not _match(name, directory)}
    own = within.of(db.session.get_one(Agency, document.agency_id))
    inside = {name: place for name, place in left.items() if own.names(name, place == TO)}
    return {name: place for name, place in left.items() if name not in inside}, inside


def codes_of(lines: Iterable[str]) -> dict[str, str]:
    """{code: the line that names this agency of the directory}; what names none, or could name two, is left out."""
    directory = _directory()
    return {code: line for line in lines if (code := _match(line, directory))}


def written_groups(tools: Tools, document: Document, known: list[Group]) -> list[str]:
    """The names of the groups that the newest version of the draft names."""
    return [group.name for group in _meant(_items(tools, document), known, _directory()).values()]


def require_free(name: str) -> None:
    """A group bears no name by which a document names an agency. Raises GroupNamedLikeAgency."""
    if like := like_agencies([name]):
        raise GroupNamedLikeAgency(name=like[name])


def like_agencies(group_names: Iterable[str]) -> dict[str, str]:
    """Of these names of groups {name: the agency of the directory that a document names by it}."""
    directory = _directory()
    return {name: directory[code] for name in group_names if (code := _match(name, directory))}


def written_in(blobs: Blobs, sha256: str) -> dict[str, str]:
    """Who is named in a DOCX, {name: TO or ALSO}; {} for another file, or one that is not there."""
    try:
        lines = _lines(blobs, sha256) if blobs.has(sha256) else ()
    except Refusal:  # what is wrong with the file is said where it is checked
        return {}
    return _named(lines, _Known([*_directory().values(), *recipient_group.called()])) if lines else {}


def _chosen(document: Document) -> list[str]:
    return list(dict.fromkeys([*document.addressees, *document.recipients]))


def _directory() -> dict[str, str]:
    return {code: name for code, name in db.session.execute(db.select(Agency.code, Agency.name))}


def _items(tools: Tools, document: Document) -> dict[str, str]:
    file = attachment.latest(document.id, "draft")
    return written_in(tools.blobs, file.sha256) if file is not None else {}


def _meant(written: Iterable[str], known: list[Group], directory: dict[str, str]) -> dict[str, Group]:
    """As `_groups`; the name of an agency of the directory is that agency's, whatever a group is called."""
    return _groups([text for text in written if not _match(text, directory)], known)


def _groups(written: Iterable[str], known: list[Group]) -> dict[str, Group]:
    """{what is written: the group that it means}: its name, alone or with words behind it ("... của tỉnh")."""
    names = {_spelled(group.name): group for group in known}
    found: dict[str, Group] = {}
    for text in written:
        asked = _spelled(text)
        meant = [group for name, group in names.items() if asked == name] or [
            group for name, group in names.items() if (rest := _rest(asked, name))
            and (not (place := _PLACE.search(rest)) or place[0] in _places(group.members))]
        if len(meant) == 1:
            found[text] = meant[0]
    return found


@lru_cache(maxsize=64)
def _lines(blobs: Blobs, sha256: str) -> tuple[tuple[str, str], ...]:
    """(TO or ALSO, text) of each line of both lists; a file by its hash is read once."""
    found = parts(docx_layout.read(blobs.read(sha256)))
    told = [(TO, text) for name in names(found.addressees) for text in _whole(name)]
    return tuple((place, re.sub(r"^\s*(Kính gửi|Nơi nhận)\s*:?", "", line, flags=re.IGNORECASE))
                 for place, line in [*told, *((ALSO, one.text) for one in found.recipients)])


def _named(lines: Iterable[tuple[str, str]], known: "_Known") -> dict[str, str]:
    """{name: its place} of such lines, once each."""
    items: dict[str, str] = {}
    for place, line in lines:
        for name in _of_line(line, known):
            items.setdefault(name, place)
    return items


def _whole(name: list[Line]) -> list[str]:
    """The texts of its lines; what goes on below, small or in a paragraph of its own, is one with what stands above."""
    texts = [name[0].text]
    for above, line in zip(name, name[1:], strict=False):
        if line.paragraph != above.paragraph or line.text.lstrip()[:1].islower():
            texts[-1] += f" {line.text}"
        else:
            texts.append(line.text)
    return texts


class _Known:
    """The names of the directory and of groups, to tell a comma or "và" within one from what parts two."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        whole = {_spelled(name) for name in names}
        places = (_PLACE.search(name) for name in whole)
        self._ends = {f" {end}" for place in places if place for end in (place[0], place["name"])}
        self._names = whole | {name.removesuffix(end) for name in whole for end in self._ends}
        #: parts of the longest of them
        self.most = max((len(_PARTS.split(unicodedata.normalize("NFC", name))) for name in names), default=1)

    def __contains__(self, text: str) -> bool:
        asked = _ROLE.sub("", _spelled(text))
        return asked in self._names or any(asked.removesuffix(end) in self._names for end in self._ends)


def _of_line(text: str, known: _Known) -> list[str]:
    """The names of a line, without who keeps a copy in the file ("Lưu: VT; NS")."""
    items = [item.strip(" \t-–+.,:…") for item in re.sub(r"\([^)]*\)", "", text).split(";")]
    kept = next((at for at, item in enumerate(items) if _KEPT.match(fold(item))), len(items))
    return [name for at, item in enumerate(items) for name in _apart(item, known)
            if not _NOBODY.match(fold(name)) and (at < kept or _AGENCY.match(fold(name) + " "))]


def _apart(item: str, known: _Known) -> list[str]:
    """The names of an item, most often one. The longest name that is known goes first: "Sở Khoa học và Công nghệ" is
    one. What begins no name goes on with the one before; behind "các" only a known name is another.
    """
    pieces, found, at, is_known = _PARTS.split(unicodedata.normalize("NFC", item)), [""], 0, False
    while at < len(pieces):
        end = next((end for end in range(min(len(pieces), at + known.most), at, -2)
                    if "".join(pieces[at:end]) in known), at + 1)
        text, first = "".join(pieces[at:end]).strip(), fold(found[-1])
        may_end, is_known = is_known or (_begins(first) and not _TITLE.match(first)), text in known
        is_next = is_known or (_begins(fold(text)) and not first.startswith("cac "))
        if _ABOVE.match(first) and is_next:
            found = [text]  # "Như trên, Sở Nội vụ"
        elif may_end and is_next:
            found.append(text)
        else:
            found[-1] += f"{pieces[at - 1].rstrip()} {text}" if at else text
        at = end + 1
    return found


def _begins(folded: str) -> bool:
    """Whether a name begins so."""
    return bool(_AGENCY.match(f"{folded} ") or _OTHER.match(f"{folded} "))


def _spelled(text: str) -> str:
    """Folded, shortened words written out, without commas."""
    asked = fold(text.replace(",", " "))
    for short, whole in _SHORT:
        asked = re.sub(rf"\b{short}", whole, asked)
    return asked


def _match(text: str, directory: dict[str, str]) -> str:
    """The code of the agency that is meant; "" for none, or when it could be two.

    As it is written, without its place or with words behind it, or with one slip of the hand. A place is never guessed:
    the agency of another province bears the same name but for it.
    """
    asked = _ROLE.sub("", _spelled(text))
    folded = {code: _spelled(name) for code, name in directory.items()}
    places = _places(directory)
    exact = [code for code, name in folded.items() if name == asked]
    longer = [code for code, name in folded.items() if _rest(name, asked) in places
              or (rest := _rest(asked, name)) in places or _REMARK.match(rest)]
    near = [code for code, name in folded.items() if _is_slip(asked, name)]
    return next((some[0] if len(some) == 1 else "" for some in (exact, longer, near) if some), "")


def _places(named: dict[str, str]) -> set[str]:
    """Of {code: name} the places of the names, folded, with their word and without."""
    found = (_PLACE.search(_spelled(name)) for name in named.values())
    return {end for place in found if place for end in (place[0], place["name"])}


def _rest(whole: str, start: str) -> str:
    """The words of `whole` behind those of `start`; "" when it does not begin with them or has no more."""
    return whole[len(start) + 1:] if whole.startswith(f"{start} ") else ""


def _is_slip(asked: str, name: str) -> bool:
    """Whether the same words are meant but for one letter of one of them, and the place is letter for letter the same;
    "tỉnh" may be left out.
    """
    first, second = ([word for word in one.split() if word != "tinh"] for one in (asked, name))
    place = _PLACE.search(name)
    kept = len(place["name"].split()) if place else 0
    wrong = [pair for pair in zip(first, second, strict=False) if pair[0] != pair[1]]
    return (len(first) == len(second) and len(wrong) <= 1 and all(_one_letter(*pair) for pair in wrong)
            and first[len(first) - kept:] == second[len(second) - kept:])


def _one_letter(first: str, second: str) -> bool:
    """Whether a letter too many, too few or another is all that parts two words."""
    shorter, longer = sorted((first, second), key=len)
    same = next((at for at, letter in enumerate(shorter) if longer[at] != letter), len(shorter))
    return len(shorter) > 1 and longer[same + 1:] == shorter[same + (len(first) == len(second)):]
