"""Pretended pictures of a signature and a seal, marked DEMO: an agency's own take their place (NĐ 30/2020 PL I)."""

import math

from PIL import Image, ImageDraw, ImageFont

from app.tools.appearance import type_face

#: blue of ink, red of a seal
BLUE, RED = (24, 54, 160), (208, 20, 28)


def handwriting(full_name: str) -> Image.Image:
    """A blue pretended signature of the name, transparent behind, marked DEMO."""
    image = Image.new("RGBA", (672, 312), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    given = " ".join(full_name.split()[-2:])
    font = _fitting("italic", given, 560, 132)
    box = draw.textbbox((0, 0), given, font=font)
    draw.text(((672 - box[2]) / 2, 60), given, font=font, fill=(*BLUE, 255))
    wave = [(60 + x, 236 + 26 * math.sin(x / 70) * math.exp(-x / 420)) for x in range(0, 560, 4)]
    draw.line(wave, fill=(*BLUE, 230), width=7, joint="curve")
    draw.text((520, 262), "DEMO", font=type_face("bold", 34), fill=(*BLUE, 255))
    # a slanted line reads as a hand's, an upright one as print
    slant = (1, 0.18, -28, 0, 1, 0)
    return image.transform(image.size, Image.Transform.AFFINE, slant, Image.Resampling.BICUBIC)


def seal(organ_name: str) -> Image.Image:
    """A red round seal with the agency's name around a star, transparent behind, marked DEMO."""
    size, middle = 600, 300
    image = Image.new("RGBA", (size, size), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.ellipse((8, 8, size - 8, size - 8), outline=(*RED, 235), width=12)
    draw.ellipse((30, 30, size - 30, size - 30), outline=(*RED, 235), width=4)
    draw.ellipse((160, 160, size - 160, size - 160), outline=(*RED, 235), width=5)
    _around(image, organ_name.upper(), middle)
    points = []
    for corner in range(10):
        angle, radius = math.pi * corner / 5 - math.pi / 2, 84 if corner % 2 == 0 else 34
        points.append((middle + radius * math.cos(angle), middle - 14 + radius * math.sin(angle)))
    draw.polygon(points, fill=(*RED, 235))
    font = type_face("bold", 40)
    draw.text((middle, 404), "DEMO", font=font, fill=(*RED, 235), anchor="mm")
    return image


def _around(image: Image.Image, text: str, middle: int) -> None:
    """Write `text` clockwise over the upper arc of the ring, as large as it fits in 300 degrees."""
    radius, spread = 214.0, math.radians(300)
    for size in range(52, 14, -2):
        font = type_face("bold", size)
        widths = [font.getlength(letter) * 1.08 / radius for letter in text]
        if sum(widths) <= spread:
            break
    angle = -sum(widths) / 2
    for letter, width in zip(text, widths, strict=True):
        angle += width / 2
        tile = Image.new("RGBA", (120, 120), (0, 0, 0, 0))
        ImageDraw.Draw(tile).text((60, 60), letter, font=font, fill=(*RED, 235), anchor="mm")
        tile = tile.rotate(-math.degrees(angle), Image.Resampling.BICUBIC)
        centre = (middle + radius * math.sin(angle), middle - radius * math.cos(angle))
        image.alpha_composite(tile, (round(centre[0] - 60), round(centre[1] - 60)))
        angle += width / 2


def _fitting(name: str, text: str, width: int, size: int) -> ImageFont.FreeTypeFont:
    while size > 20 and type_face(name, size).getlength(text) > width:
        size -= 6
    return type_face(name, size)
