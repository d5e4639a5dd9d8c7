"""Packets for the tests of edXML: the sample of the standard, changed in one place."""

import base64
import io
import zipfile
from datetime import date
from pathlib import Path

import pytest

from app.tools import edxml

DATA = Path(__file__).parents[1] / "data" / "edxml"
TODAY = date(2026, 3, 17)
PDF_SHA256 = "ea5b5b33010fe3d6e3c65d3179a34464230545b2f19c3655151fef782ea81a37"


def sample(name="document"):
    return (DATA / f"{name}.edxml").read_text(encoding="utf-8")


def read(text, **options):
    data = text if isinstance(text, bytes) else text.encode()
    return edxml.read(data, **{"today": TODAY, **options})


def files(packet):
    return [{"name": one.name, "media_type": one.media_type, "data": one.data} for one in packet.files]


def build(**changes):
    packet = read(sample())
    return edxml.build_document({**packet.header(), **changes}, files(packet))


def refusal(text, **options):
    with pytest.raises(edxml.PacketRefused) as refused:
        read(text, **options)
    assert refused.value.facts["sentence"].endswith(".")
    return refused.value.facts["code"]


def warnings(text, **options):
    return [code for code, _ in read(text, **options).warnings]


def without(text, element):
    start, end = text.index(f"<edXML:{element}>"), text.index(f"</edXML:{element}>") + len(element) + 9
    return text[:start] + text[end:]


def zipped(*entries, method=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return buffer.getvalue()


def with_file(data, name="125-UBND-KT.pdf", kind="application/zip"):
    """The sample with other bytes in its attachment."""
    text = sample().replace("125-UBND-KT.pdf", name).replace("application/zip", kind)
    start = text.index('2016">', text.index("ContentTransferEncoded")) + 6
    encoded = data if isinstance(data, str) else base64.b64encode(data).decode()
    return text[:start] + encoded + text[text.index("</edXML:ContentTransferEncoded>") :]
