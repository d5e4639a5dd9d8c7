"""security.md S7: of a picture that moves a reader sees one frame and the next one another: it is no page."""

import io

import pytest
from PIL import Image

from app.tools import media


def a_png(*colours: str, **options: object) -> bytes:
    first, *more = [Image.new("RGB", (400, 400), one) for one in colours]
    first.save(target := io.BytesIO(), "PNG", save_all=bool(more), append_images=more, **options)
    return target.getvalue()


@pytest.mark.parametrize("options", [{}, {"default_image": True}])
def test_s7_a_png_that_moves_is_refused(options):
    assert media.sniff(a_png("white"), "a.png").pages == 1
    with pytest.raises(media.MovingPicture):
        media.sniff(a_png("white", "black", **options), "a.png")
