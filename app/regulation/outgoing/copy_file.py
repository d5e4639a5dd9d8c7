"""The bytes of a copy: what is copied, with the sheet of a paper or the agency's signature (NĐ 30/2020 PL I.II).

An electronic copy of a whole scan is the scan itself with the signature added to it, text only, at the upper right of
its first page; the text gives no number. Of a part, the pages are put together anew. It decides nothing and writes no
record.
"""

import base64
from dataclasses import replace
from datetime import datetime
from typing import Any

from app.db import db
from app.records import certified_copy, signing_key
from app.records.agency import Agency
from app.records.attachment import Attachment
from app.records.calendar import local_date
from app.records.certified_copy import CertifiedCopy
from app.records.people import User
from app.regulation import layout
from app.regulation.outgoing.signing_door import Choice, key_of, signed
from app.tools import Tools, copy_sheet, page_cut, pdfium

#: what can be copied: what has pages
PAGED = frozenset({page_cut.PDF, *page_cut.PICTURES})


def pages_of(tools: Tools, file: Attachment) -> int:
    """How many pages the file has."""
    if file.media_type == page_cut.PDF:
        return pdfium.laid_open(tools.blobs.read(file.sha256))[0]
    return page_cut.frames(tools.blobs.path(file.sha256), file.media_type)


def preview(tools: Tools, copy: CertifiedCopy, source: Attachment, own: Agency, at: datetime) -> bytes:
    """The copy as it will be: on paper with its sheet, number and day blank; electronic with the text of the signature.

    Raises NotSignable, AlreadySealed and others that say why it cannot be signed.
    """
    if copy.form == certified_copy.PAPER:
        return printed(tools, copy, source, own, at)
    return _prepared(tools, copy, source, own, at, Choice())["prepared"]


def printed(tools: Tools, copy: CertifiedCopy, source: Attachment, own: Agency, at: datetime) -> bytes:
    """A copy on paper, ready to be printed, signed by hand and sealed; before it has a number, both places blank."""
    form, abbreviation = certified_copy.KINDS[copy.kind]
    above = db.session.get(Agency, own.parent_id) if own.parent_id and not own.is_general else None
    made_at = copy.made_at
    dated = layout.format_date(copy.place, local_date(made_at)) if made_at else \
        f"{own.place}, ngày      tháng      năm {local_date(at).year}"
    return copy_sheet.put(_pages(tools, copy, source), copy_sheet.Sheet(
        form=form, organ_name=copy.organ_name or own.name,
        number=f"Số: {copy.reference or f'       /{abbreviation}-{own.abbreviation}'}", dated=dated,
        titles=[*(part.strip() for part in copy.signer_competence.split(";") if part.strip()), copy.signer_position],
        signer_name=copy.signer_name,
        recipients=[line for line in copy.recipients if not certified_copy.is_file_copy(line)],
        kept=next(filter(certified_copy.is_file_copy, copy.recipients), "Lưu: VT"),
        parent_name=copy.parent_name if made_at else above.name if above else ""))


def sealed(tools: Tools, copy: CertifiedCopy, source: Attachment, clerk: User, at: datetime, pin: str,
           choice: Choice) -> tuple[bytes, dict[str, Any]]:
    """An electronic copy with the agency's signature, and how it was signed (way, level), without the PIN.

    Raises what signing_door.signed and tools/signing.py refuse. No transaction is needed, nothing is written but tries
    of a PIN.
    """
    own = clerk.agency
    key = key_of(f"agency:{own.code}", usable(own), choice)
    made = _prepared(tools, copy, source, own, at, choice)
    state = {name: value for name, value in made.items() if name != "prepared"}
    proof = signed(tools, clerk, pin, key, state, choice)
    state |= {name: proof[name] for name in ("attributes", "certificate")}
    data = tools.signer.embed(made["prepared"], state, base64.b64decode(proof["value"]), proof)
    return data, {name: proof[name] for name in ("way", "level", "accepts") if name in proof}


def usable(own: Agency) -> list[tuple[str, str, bytes]]:
    """The agency's keys that a PIN on our page opens, the first is the one proposed."""
    from app.tools.signing_key import WAYS, WITH_PIN

    return sorted((one for one in signing_key.of(own, None) if one[0] in WITH_PIN), key=lambda one: WAYS.index(one[0]))


def _prepared(tools: Tools, copy: CertifiedCopy, source: Attachment, own: Agency, at: datetime,
              choice: Choice) -> dict[str, Any]:
    key = key_of(f"agency:{own.code}", usable(own), choice)
    form = certified_copy.KINDS[copy.kind][0]
    return dict(tools.signer.prepare(
        _pages(tools, copy, source), key=key.name, kind="copy", reason=form, at=at, certificate=key.certificate,
        label={"form": form, "agency": own.name}))


def _pages(tools: Tools, copy: CertifiedCopy, source: Attachment) -> bytes:
    """What is copied, as a PDF; of a whole one that becomes an electronic copy, the very bytes."""
    place = tools.blobs.path(source.sha256)
    is_whole, is_pdf = not copy.pages, source.media_type == page_cut.PDF
    if is_whole and is_pdf and copy.form == certified_copy.ELECTRONIC:
        return tools.blobs.read(source.sha256)
    cut = page_cut.Cut(place, source.media_type, 1)
    wanted = [(number, 0, 100) for number in range(1, pages_of(tools, source) + 1)] if is_whole else copy.pages
    return page_cut.assemble([replace(cut, number=number, kept=(first, last)) for number, first, last in wanted])
