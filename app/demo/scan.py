"""A drawn page made to look scanned, and pages put into a PDF of pictures only; for demo letters (letters.py).

The same page and seed give the same bytes: no clock and no identifier goes into the file.
"""

import io
import random
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageFilter

#: picture elements per inch, and A4 in them
DPI = 200
WIDTH, HEIGHT = 1654, 2339


def scanned(page: Image.Image, seed: int) -> bytes:
    """The page as a scanner gives it: a little askew, grainy, soft, yellowed at one side; JPEG bytes."""
    chance = random.Random(seed)
    page = page.rotate(chance.uniform(-1.2, 1.2), Image.Resampling.BICUBIC, fillcolor=(255, 255, 255))
    page = page.filter(ImageFilter.GaussianBlur(chance.uniform(0.3, 0.7)))
    grain = np.random.default_rng(seed)
    light = np.linspace(1.0, chance.uniform(0.86, 0.95), page.width, dtype=np.float32)[None, :, None]
    tint = np.array([1.0, 0.99, chance.uniform(0.94, 0.98)], dtype=np.float32)
    noise = grain.normal(0, chance.uniform(3, 7), (page.height, page.width, 1)).astype(np.float32)
    pixels = np.clip(np.asarray(page, dtype=np.float32) * light * tint * 0.98 + noise, 0, 255).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=chance.randint(55, 75), dpi=(DPI, DPI))
    return out.getvalue()


def pdf(pages: Sequence[bytes]) -> bytes:
    """JPEG pages -> PDF without a text layer and without the time of its making."""
    parts: list[bytes] = []
    kids = " ".join(f"{3 + 3 * i} 0 R" for i in range(len(pages)))
    parts.append(b"<< /Type /Catalog /Pages 2 0 R >>")
    parts.append(f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode())
    for i, jpeg in enumerate(pages):
        drawing = b"q 595 0 0 842 0 0 cm /P Do Q"
        parts.append(f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {4 + 3 * i} 0 R "
                     f"/Resources << /XObject << /P {5 + 3 * i} 0 R >> >> >>".encode())
        parts.append(_stream(b"", drawing))
        parts.append(_stream(f"/Type /XObject /Subtype /Image /Width {WIDTH} /Height {HEIGHT} /ColorSpace "
                             "/DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode".encode(), jpeg))
    out, places = io.BytesIO(), []
    out.write(b"%PDF-1.4\n")
    for number, part in enumerate(parts, start=1):
        places.append(out.tell())
        out.write(f"{number} 0 obj\n".encode() + part + b"\nendobj\n")
    start = out.tell()
    out.write(f"xref\n0 {len(parts) + 1}\n0000000000 65535 f \n".encode())
    out.writelines(f"{place:010d} 00000 n \n".encode() for place in places)
    out.write(f"trailer << /Size {len(parts) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode())
    return out.getvalue()


def _stream(head: bytes, data: bytes) -> bytes:
    return b"<< " + head + f" /Length {len(data)} >>\nstream\n".encode() + data + b"\nendstream"
