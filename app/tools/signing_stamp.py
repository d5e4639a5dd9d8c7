"""The appearance of a signature as pyHanko draws it: picture or text, and its box on the page.

NĐ 30/2020 Appendix I through `appearance.py`, which knows the pictures and the places. It does NOT sign.
"""

import io
from datetime import datetime, timedelta, timezone

from PIL import Image
from pyhanko.pdf_utils import content, layout
from pyhanko.pdf_utils.images import PdfImage
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.stamp import StaticStampStyle

from app.tools import appearance, appearance_demo

#: signing times are shown in Vietnam's zone, ISO 8601 (NĐ 30/2020 Appendix I)
VIETNAM = timezone(timedelta(hours=7))


def stamp(pdf: bytes, reader: PdfFileReader, kind: str, label: dict, owner: str,
          at: datetime, own: bytes = b"") -> tuple[appearance.Place, StaticStampStyle]:
    """Box and picture for a signature of `kind` (see `Signer.prepare`); `owner`: common name of the key; `own`: PNG."""
    agency = label.get("agency") or owner
    if kind == "copy":
        lines = [label["form"]] if label.get("form") else []
        lines += [agency, at.astimezone(VIETNAM).replace(microsecond=0).isoformat()]
        page, width, height = appearance.copy_text(lines)
        return appearance.copy_place(pdf, width, height), _style(_Text(page))
    name = label.get("signer_name") or owner
    if kind == "leader":
        return appearance.leader_place(pdf, name), _style(_picture(own) or PdfImage(appearance_demo.handwriting(owner)))
    leader = _leader_box(reader) or appearance.leader_place(pdf, name)
    return appearance.seal_place(leader, pdf), _style(_picture(own) or PdfImage(appearance_demo.seal(agency)))


def _picture(own: bytes) -> PdfImage | None:
    """A picture that was handed in, as signature_picture.py keeps it."""
    return PdfImage(Image.open(io.BytesIO(own)).convert("RGBA")) if own else None


def _style(picture: content.PdfContent) -> StaticStampStyle:
    middle = layout.AxisAlignment.ALIGN_MID
    return StaticStampStyle(
        border_width=0, background=picture, background_opacity=1.0,
        background_layout=layout.SimpleBoxLayoutRule(middle, middle))


class _Text(content.ImportedPdfPage):
    """A page held in memory, drawn as it is."""

    def __init__(self, page: bytes) -> None:
        super().__init__("")
        self.page = page

    def render(self) -> bytes:
        """Import the page as a form object and draw it."""
        form = self._ensure_writer.import_page_as_xobject(PdfFileReader(io.BytesIO(self.page)))
        self.resources.xobject["/Text"] = form
        left, bottom, right, top = form.get_object()["/BBox"]
        self.box = layout.BoxConstraints(width=right - left, height=top - bottom)
        return b"/Text Do"


def _leader_box(reader: PdfFileReader) -> appearance.Place | None:
    """Where the leader's picture of this system stands; None for a file signed elsewhere."""
    signed = [s for s in reader.embedded_signatures if s.field_name.startswith("leader_")]
    if not signed:
        return None
    field = signed[-1].sig_field
    pages = range(int(reader.root["/Pages"]["/Count"]))
    for page in pages:
        if reader.find_page_for_modification(page)[0].reference == field.raw_get("/P").reference:
            left, bottom, right, top = (float(n) for n in field["/Rect"])
            return appearance.Place(page, (left, bottom, right, top))
    return None
