"""Who is named in a draft, "Kính gửi" and "Nơi nhận", beside whom its author has chosen (Art. 8.1, 9.1.d).

The names are matched with the directory: as they are written, shortened ("UBND", without the province), or nearly so.
It only tells what differs: one who is named and not chosen, one who is chosen and not named, a name that is no agency
of the directory and so gets it on paper or by mail. A name of a group ("Các sở, ban, ngành") stands for its members;
some may be left out. Who gets it is what was chosen.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache

from app.db import db
from app.records import agency, attachment, recipient_group
from app.records.agency import Agency
from app.records.document import Document
from app.records.recipient_group import Group
from app.refusal import Refusal
from app.regulation.layout_grammar import fold, likeness
from app.regulation.layout_parts import parts
from app.tools import Tools, docx_layout
from app.tools.blobs import Blobs

#: how near a written name must be to one of the directory
_NEAR = 0.88
_SHORT = (("ubnd", "uy ban nhan dan"), ("hdnd", "hoi dong nhan dan"), ("vp ", "van phong "))
#: items that name nobody: the list above, the file copy
_NOBODY = re.compile(r"^(nhu |luu\b|luu:|noi nhan|kinh gui$|$)")


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
    groups = _groups(written, recipient_group.choices(document.agency_id))
    written = tuple(text for text in written if text not in groups)
    directory = {code: name for code, name in db.session.execute(db.select(Agency.code, Agency.name))}
    found = {text: _match(text, directory) for text in written}
    chosen = list(dict.fromkeys([*document.addressees, *document.recipients]))
    names = agency.names(chosen)
    named = {code for code in found.values() if code} | {code for group in groups.values() for code in group.members}
    return Named([directory[code] for code in dict.fromkeys(found.values()) if code and code not in chosen],
                 [names.get(code, code) for code in chosen if code not in named],
                 [text for text, code in found.items() if not code],
                 [(group.name, [name for code, name in group.members.items() if code not in chosen])
                  for group in groups.values()])


def written_groups(tools: Tools, document: Document, known: list[Group]) -> list[str]:
    """The names of the groups that the newest version of the draft names."""
    return [group.name for group in _groups(_items(tools, document), known).values()]


def _items(tools: Tools, document: Document) -> tuple[str, ...]:
    file = attachment.latest(document.id, "draft")
    try:
        return _written(tools.blobs, file.sha256) if file is not None and tools.blobs.has(file.sha256) else ()
    except Refusal:  # what is wrong with the file is said where it is checked
        return ()


def _groups(written: tuple[str, ...], known: list[Group]) -> dict[str, Group]:
    """{what is written: the group that it means}: its name, alone or with words behind it ("... của tỉnh")."""
    names = {_spelled(group.name): group for group in known}
    found: dict[str, Group] = {}
    for text in written:
        asked = _spelled(text)
        meant = [group for name, group in names.items() if asked == name] or [
            group for name, group in names.items() if asked.startswith(f"{name} ")]
        if len(meant) == 1:
            found[text] = meant[0]
    return found


@lru_cache(maxsize=64)
def _written(blobs: Blobs, sha256: str) -> tuple[str, ...]:
    """The items of both lists, once each; a file by its hash is read once."""
    found = parts(docx_layout.read(blobs.read(sha256)))
    items: list[str] = []
    for line in [*found.addressees, *found.recipients]:
        text = re.sub(r"^\s*(Kính gửi|Nơi nhận)\s*:?", "", line.text, flags=re.IGNORECASE)
        for item in text.split(";"):
            name = re.sub(r"\([^)]*\)", "", item).strip(" \t-–+.,:…")
            if not _NOBODY.match(fold(name)):
                items.append(name)
    return tuple(dict.fromkeys(items))


def _spelled(text: str) -> str:
    """Folded, shortened words written out, without commas."""
    asked = fold(text.replace(",", " "))
    for short, whole in _SHORT:
        asked = re.sub(rf"\b{short}", whole, asked)
    return asked


def _match(text: str, directory: dict[str, str]) -> str:
    """The code of the agency that is meant; "" for none, or when it could be two."""
    asked = _spelled(text)
    folded = {code: fold(name) for code, name in directory.items()}
    exact = [code for code, name in folded.items() if name == asked]
    longer = [code for code, name in folded.items() if name.startswith(f"{asked} ") or asked.startswith(f"{name} ")]
    for some in (exact, longer):
        if some:
            return some[0] if len(some) == 1 else ""
    near = sorted(((likeness(asked, name), code) for code, name in folded.items()), reverse=True)[:2]
    is_clear = bool(near) and near[0][0] >= _NEAR and (len(near) == 1 or near[0][0] > near[1][0])
    return near[0][1] if is_clear else ""
