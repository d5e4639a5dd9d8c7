"""What goes with a document, put behind it in one PDF, so that one signature covers it all (NĐ 30/2020 PL I.II.7).

"An appendix in the same file is not signed separately." What somebody filled in becomes plain page content; each part
gets a bookmark, by which `main_pages` tells where the document itself ends. It converts nothing (conversion.py).
"""

from io import BytesIO

import pikepdf
import pypdfium2

from app.refusal import Refusal
from app.tools import page_cut, suspect
from app.tools.qpdf import opened

#: what the bookmark of a part that goes with the document begins with
_WITH = "Kèm theo: "


class AppendixSigned(Refusal):
    """A signed PDF put into another loses its signature: it is cited, not joined."""

    code, article = "appendix_signed", "NĐ 30/2020 PL I"


def require_joinable(pdf: bytes) -> None:
    """Refuse what cannot be put behind a document. Raises AppendixSigned, and what suspect.py refuses."""
    suspect.hold_active(pdf)
    if page_cut.is_signed(pdf):
        raise AppendixSigned()


def join(main: bytes, parts: list[tuple[str, bytes]]) -> bytes:
    """`main` with the pages of all parts, (name, PDF), behind it. The same input gives the same bytes.

    The result says that it is PDF/A when all of them do. Raises EncryptedFile, TruncatedFile.
    """
    sink = BytesIO()
    with opened(main) as made:
        starts, is_archival = [], _is_archival(made)
        for name, data in parts:
            with opened(data) as part:
                is_archival = is_archival and _is_archival(part)
                part.generate_appearance_streams()
                part.flatten_annotations("all")
                starts.append((len(made.pages), name))
                made.pages.extend(part.pages)
        for page in made.pages:
            if "/AA" in page:
                del page["/AA"]
        with made.open_outline() as outline:
            outline.root.append(pikepdf.OutlineItem("Văn bản", 0))
            outline.root.extend(pikepdf.OutlineItem(_WITH + name, start) for start, name in starts)
        if not is_archival:
            with made.open_metadata(set_pikepdf_as_editor=False) as told:
                for name in [key for key in told if "pdfa/ns/id" in key]:
                    del told[name]
        made.save(sink, deterministic_id=True)
    return sink.getvalue()


def main_pages(document: pypdfium2.PdfDocument) -> int:
    """How many pages the document has before what goes with it. The caller holds pdfium's lock."""
    for mark in document.get_toc(max_depth=1):
        place = mark.get_dest()
        if mark.get_title().startswith(_WITH) and place is not None and place.get_index():
            return place.get_index()
    return len(document)


def _is_archival(document: pikepdf.Pdf) -> bool:
    with document.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as told:
        return bool(told.pdfa_status)
