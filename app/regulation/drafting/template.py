"""Art. 8.1: a draft begun from a template: agency, signer with his authority, addressees and list already written.

The layout is tools/docx_letter.py's, the words are skeleton.py's. The file is the author's as if he had uploaded it:
he goes on writing in it and submits it when it is ready.
"""

from app.db import db
from app.records import agency
from app.records.agency import Agency
from app.records.document import Document
from app.records.people import User, head_title
from app.refusal import Refusal
from app.regulation import layout, layout_case
from app.regulation.drafting.skeleton import SKELETONS
from app.tools import docx_letter

#: kinds that have a template
KINDS = tuple(SKELETONS)
#: in whose place one signs (NĐ 30/2020 Đ13): "" as the signer's account says, "none" in the own name
AUTHORITIES = ("", "none", "TM.", "KT.", "TL.", "TUQ.", "Q.")


class NoTemplate(Refusal):
    """There is no template of this kind of document."""

    code, article = "no_template", "Art. 8.1"


class SignerUnknown(Refusal):
    """A draft is begun for a leader of the agency, who signs it."""

    code, article = "signer_unknown", "Art. 8.1"


class AuthorityOfOneself(Refusal):
    """Nobody signs in his own place, or by his own order."""

    code, article = "authority_of_oneself", "NĐ 30/2020 Đ13"


class AuthorityOfDeputy(Refusal):
    """Who is the deputy of the agency's head signs for him: not by his order, by authorisation or in his own name."""

    code, article = "authority_of_deputy", "NĐ 30/2020 Đ13"


class AuthorityOfUnit(Refusal):
    """Who heads a unit signs by order or by authorisation, never for the head; his deputy for him where it is by order:
    what one is authorised to do one hands to nobody.
    """

    code, article = "authority_of_unit", "NĐ 30/2020 Đ13"


class NotCollective(Refusal):
    """Only for a body that decides together does its head sign in its name."""

    code, article = "authority_not_collective", "NĐ 30/2020 Đ13"


#: what `require_authority` raises
WRONG_AUTHORITY = (AuthorityOfOneself, AuthorityOfDeputy, AuthorityOfUnit, NotCollective)


def make(author: User, *, type_name: str, subject: str, signer_id: int, addressees: list[str], recipients: list[str],
         authority: str = "", answered: Document | None = None) -> bytes:
    """The draft as DOCX. `addressees`, `recipients`: codes of agencies; `answered`: what a công văn answers, cited.

    Raises NoTemplate, SignerUnknown, and as `require_authority`.
    """
    skeleton, signer = SKELETONS.get(type_name), db.session.get(User, signer_id)
    if skeleton is None:
        raise NoTemplate()
    if signer is None or not signer.has("leader") or authority not in AUTHORITIES:
        raise SignerUnknown()
    own, unit = author.agency, author.unit.abbreviation if author.unit else ""
    above = db.session.get(Agency, own.parent_id) if own.parent_id and not own.is_general else None
    names = agency.names([*addressees, *recipients])
    to, also = ([names[code] for code in codes if code in names] for codes in (addressees, recipients))
    head = head_title(own)
    require_authority(authority, signer, own, type_name)
    organ = layout_case.named(own.name)
    above_title = "" if skeleton.position else _authority(authority, signer, own, head)
    # who decides is who signs: a body in whose name its head signs, or the head himself (NĐ 30/2020 PL III 1.1, 1.2)
    body = skeleton.body(organ, organ if above_title.startswith("TM.") else f"{head.capitalize()} {organ}")
    if answered is not None and type_name == layout.LETTER:
        body[0] = ("plain", f"Trả lời {cited(answered)}, {organ} có ý kiến như sau:")
    return docx_letter.write(docx_letter.Letter(
        organ_name=own.name, parent_name=above.name if above else "", place=own.place,
        notation=layout.notation(type_name, own.abbreviation, unit),
        type_name="" if type_name == layout.LETTER else type_name, subject=_written(type_name, subject),
        body=body,
        position=skeleton.position or (f"Q. {head}" if authority == "Q." else signer.position or "NGƯỜI KÝ"),
        signer_name=signer.full_name,
        authority=above_title,
        addressees=(to or [_SOMEBODY]) if skeleton.is_addressed else (),
        recipients=[skeleton.first, *(also if skeleton.is_addressed else [*to, *also])],
        unit=unit, has_secretary=skeleton.has_secretary))


#: bodies that decide together, beside the People's Committees
_COLLECTIVE = ("Hội đồng", "Ủy ban", "Ban Chỉ đạo", "Ban chỉ đạo")
#: where an addressee is to be written
_SOMEBODY = "…………………………"


def _written(type_name: str, subject: str) -> str:
    """The subject as it is printed: of a công văn after "V/v" and small, of others with a capital; no kind, no end."""
    words = " ".join(subject.split()).rstrip(".;,")
    for start in (type_name, "V/v", "Về việc"):
        if words.lower().startswith(f"{start.lower()} "):
            words = words[len(start) + 1:]
    words = layout_case.told(words)
    return words if type_name == layout.LETTER else words[:1].upper() + words[1:]


def cited(document: Document) -> str:
    """A document as another one names it: kind, number, date, author, subject, as far as they are known."""
    subject = " ".join(document.subject.split()).rstrip(".;")
    for start in (document.type_name, "V/v", "Về việc"):
        if start and subject.lower().startswith(f"{start.lower()} "):
            subject = subject[len(start) + 1:]
    day = layout.format_date("", document.issued_date).lstrip(", ") if document.issued_date else ""
    parts = (document.type_name or "văn bản", f"số {document.reference}" if document.reference else "", day,
             f"của {_named(document.organ_name)}" if document.organ_name else "",
             f"về việc {layout_case.told(subject)}" if subject else "")
    return " ".join(part for part in parts if part)


def _named(organ: str) -> str:
    """As the directory writes it, when the letterhead's capitals name one of it."""
    code, is_sure = agency.code_named(organ) if organ.isupper() else ("", False)
    return agency.names([code])[code] if code and is_sure else layout_case.named(organ)


def require_authority(authority: str, signer: User, own: Agency, type_name: str) -> None:
    """Raises one of WRONG_AUTHORITY where what the author chose cannot be true of the signer. Kinds whose template says
    who signs (Biên bản: the chair) print no authority.
    """
    skeleton, title, head = SKELETONS.get(type_name), signer.position.upper(), head_title(own)
    if skeleton is None or skeleton.position:
        return
    if authority in ("KT.", "TL.", "TUQ.") and title == head:
        raise AuthorityOfOneself()
    if _is_deputy(title, head):
        if authority in ("TL.", "TUQ.", "none"):
            raise AuthorityOfDeputy()
    elif title and title != head and (authority == "KT." or authority in ("TUQ.", "none") and _is_deputy(title)):
        raise AuthorityOfUnit()
    if authority == "TM." and not own.is_general and not own.name.startswith(_COLLECTIVE):
        raise NotCollective()


def _is_deputy(title: str, of: str = "") -> bool:
    """Whether a title is a deputy's `of` who has this one: "PHÓ GIÁM ĐỐC" of "GIÁM ĐỐC", "PHÓ BAN" of "TRƯỞNG BAN"."""
    whose = title.removeprefix("PHÓ ")
    return whose != title and (whose.startswith(of) or of.startswith(whose) or of.endswith(whose))


def _authority(authority: str, signer: User, own: Agency, head: str) -> str:
    """The lines above his title, with ";" between: as his account says, or in whose place the author says.

    A unit's deputy signs for its head, who signs by order; the deputy of who signs for all signs for him.
    """
    title = signer.position.upper()
    if authority in ("none", "Q."):  # "quyền" stands before the title, on its line
        return ""
    if not authority and signer.competence:
        told = signer.competence.upper()
        is_short = told.startswith("TM.") and "KT." not in told and _is_deputy(title, head)
        return f"{told}; KT. {head}" if is_short else told
    whose = head if authority == "KT." or _is_deputy(title, head) else title.removeprefix("PHÓ ")
    for_whom = f"KT. {whose}" if whose != title else ""
    if authority == "KT." or not authority and whose in (head, title):
        return for_whom
    whom = own.name.upper() if authority == "TM." else head
    return "; ".join(filter(None, (f"{authority or 'TL.'} {whom}", for_whom)))
