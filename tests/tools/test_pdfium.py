"""A PDF that takes all there is, a picture that shows nothing: refused before they are opened here (security.md S7)."""

import io
from multiprocessing import get_context

import pikepdf
import pytest
from PIL import Image

from app.tools import media, page_source, pdfium
from app.tools.apart import Apart, BrokeReader, TookTooLong
from app.tools.media import TYPES, sniff


def a_pdf() -> bytes:
    pdf, target = pikepdf.Pdf.new(), io.BytesIO()
    pdf.add_blank_page()
    pdf.save(target)
    return target.getvalue()


def test_s7_a_form_that_calls_itself_takes_down_neither_us_nor_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """775 bytes that make PDFium take gigabytes: they are spent by a process beside this one, and bounded there."""
    pdf = pikepdf.Pdf.new()
    page, stream = pdf.add_blank_page(), pikepdf.Stream(pdf, b"/F Do /F Do")
    form = pdf.make_indirect(stream)
    form.Type, form.Subtype, form.BBox = pikepdf.Name.XObject, pikepdf.Name.Form, [0, 0, 595, 842]
    form.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(F=form))
    page.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(F=form))
    page.obj.Contents = pikepdf.Stream(pdf, b"/F Do")
    target = io.BytesIO()
    pdf.save(target)
    apart = Apart(20, 600 * 1024 * 1024)
    monkeypatch.setattr(pdfium, "_apart", apart)
    try:
        for read in (lambda data: sniff(data, "a.pdf"), lambda data: page_source.Source(data, TYPES["pdf"])):
            with pytest.raises((BrokeReader, TookTooLong)):
                read(target.getvalue())
        assert sniff(a_pdf(), "b.pdf").pages == 1, "the next file gets a fresh process"
    finally:
        apart.close()


@pytest.mark.parametrize("size", [(1, 1), (1, 5000)])
def test_a_picture_too_small_to_show_a_page_is_refused(size: tuple[int, int]) -> None:
    for kind in ("JPEG", "PNG", "TIFF"):
        target = io.BytesIO()
        Image.new("RGB", size, "white").save(target, kind)
        with pytest.raises(media.TooFewPixels):
            sniff(target.getvalue(), f"a.{kind[:3].lower() if kind != 'JPEG' else 'jpg'}")


def test_a_web_worker_that_opened_a_file_ends_when_it_is_told_to() -> None:
    """It is a forked process, which waits at its end for those it began, and cannot ask the one of its parent."""
    assert pdfium.laid_open(a_pdf()) == (1, "")
    pdfium._known.clear()
    worker = get_context("fork").Process(target=pdfium.laid_open, args=(a_pdf(),))
    worker.start()
    worker.join(60)
    is_over = worker.exitcode
    worker.kill()
    assert is_over == 0
