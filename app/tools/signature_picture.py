"""The pictures that people hand in for signatures: a leader's handwriting, an agency's seal (NĐ 30/2020 PL I.II.7, 8).

PNG with a transparent background, the handwriting blue, the seal red; the margin around the ink is cut off, so that
the seal stands in its real size. What is kept is drawn anew from the pixels, without anything else that the file brings
along (security.md S7). Where a picture stands on the page is appearance.py's.
"""

import io
import zlib

from PIL import Image, ImageDraw

from app.refusal import Refusal
from app.tools import appearance, appearance_demo

#: bytes of a file; pixels of its longest side, of the shorter one of what is drawn on it
MOST_BYTES, MOST_PIXELS, LEAST_PIXELS = 1024 * 1024, 3000, 80
#: at most so much of the drawn part may be ink: more is a filled ground
_MOST_INK = 0.75
#: a seal is round: its sides differ by no more
_ROUND = 0.1
_PNG = b"\x89PNG\r\n\x1a\n"


class PictureWrong(Refusal):
    """No picture for a signature; the fact `why` says what is wrong: file, large, small, ground, colour, round."""

    code, article = "picture_wrong", "NĐ 30/2020 PL I.II"


def cleaned(data: bytes, kind: str) -> bytes:
    """The picture as it is kept, PNG; `kind`: "leader" or "agency". Raises PictureWrong."""
    image = _read(data)
    box = image.getchannel("A").point(lambda level: 255 if level > 16 else 0).getbbox()
    if box is None:
        raise PictureWrong(why="ground")
    image = image.crop(box)
    if min(image.size) < LEAST_PIXELS // (1 if kind == "agency" else 2) or max(image.size) < 2 * LEAST_PIXELS:
        raise PictureWrong(why="small")
    _judge(image, kind)
    target = io.BytesIO()
    image.save(target, "PNG", optimize=True)
    return target.getvalue()


def _read(data: bytes) -> Image.Image:
    if len(data) > MOST_BYTES:
        raise PictureWrong(why="large")
    if not data.startswith(_PNG):
        raise PictureWrong(why="file")
    try:
        with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
            if max(image.size) > MOST_PIXELS:
                raise PictureWrong(why="large")
            if getattr(image, "n_frames", 1) != 1:
                raise PictureWrong(why="file")
            return image.convert("RGBA")
    except (OSError, ValueError, SyntaxError, zlib.error, Image.DecompressionBombError) as error:
        raise PictureWrong(why="file") from error


def _judge(image: Image.Image, kind: str) -> None:
    """Of the ink alone: how much there is, its colour, and of a seal its shape."""
    small = image.copy()
    small.thumbnail((200, 200))
    pixels = small.get_flattened_data() if hasattr(small, "get_flattened_data") else small.getdata()
    ink = [(red, green, blue) for red, green, blue, level in pixels if level > 96]
    if not ink or len(ink) > _MOST_INK * small.width * small.height:
        raise PictureWrong(why="ground")
    red, green, blue = (sum(one[part] for one in ink) / len(ink) for part in range(3))
    is_right = red > 1.5 * max(green, blue, 1) if kind == "agency" else blue > 1.2 * max(red, 1) and blue > green
    if not is_right:
        raise PictureWrong(why="colour")
    if kind == "agency" and abs(image.width - image.height) > _ROUND * max(image.size):
        raise PictureWrong(why="round")


def sample(signature: bytes, seal: bytes, names: tuple[str, str, str]) -> bytes:
    """How the two stand together under a document, PNG; one that is empty is drawn. `names`: title, signer, agency."""
    title, signer, agency = names
    scale, (width, height) = 3, appearance.SIGNATURE_POINTS
    sheet = Image.new("RGB", (260 * scale, 150 * scale), "white")
    hand = Image.open(io.BytesIO(signature)).convert("RGBA") if signature else appearance_demo.handwriting(signer)
    left, top = 110 * scale, 45 * scale
    _put(sheet, hand, (left, top, width * scale, height * scale))
    round_one = Image.open(io.BytesIO(seal)).convert("RGBA") if seal else appearance_demo.seal(agency)
    size = appearance.SEAL_POINTS * scale
    _put(sheet, round_one, (left + width * scale / 3 - size, top + (height * scale - size) / 2, size, size))
    draw, face = ImageDraw.Draw(sheet), appearance.type_face("serif_bold", 13 * scale)
    for words, height_of in ((title, 12), (signer, 128)):
        draw.text((left + width * scale / 2, height_of * scale), words, font=face, fill="black", anchor="mm")
    target = io.BytesIO()
    sheet.save(target, "PNG")
    return target.getvalue()


def _put(sheet: Image.Image, picture: Image.Image, box: tuple[float, float, float, float]) -> None:
    """In the middle of the box (left, top, width, height), as large as it fits."""
    left, top, width, height = box
    by = min(width / picture.width, height / picture.height)
    shown = picture.resize((max(1, round(picture.width * by)), max(1, round(picture.height * by))))
    sheet.paste(shown, (round(left + (width - shown.width) / 2), round(top + (height - shown.height) / 2)), shown)
