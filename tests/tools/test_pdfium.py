"""A PDF that takes all there is, a picture that shows nothing: refused before they are opened here (security.md S7)."""

import io
from multiprocessing import get_context
from pathlib import Path

import pikepdf
import pytest
from pdf_bombs import trap
from PIL import Image

from app.tools import appearance, copy_sheet, media, page_cut, page_source, pdfium
from app.tools.apart import Apart, BrokeReader, TookTooLong
from app.tools.media import TYPES, sniff
from app.tools.page_cut import Cut


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


def test_s7_a_picture_that_stops_its_reader_by_a_trap_ends_nobody_else(tmp_path: Path) -> None:
    """Whoever draws a page of what came: recognition, previews and stacks, scans, copies, places of signatures."""
    data, place = trap(), tmp_path / "a.pdf"
    place.write_bytes(data)
    cut = Cut(place, TYPES["pdf"], 1)
    assert sniff(data, "a.pdf").pages == 1, "nothing is told of it before it is drawn"
    for draw in (lambda: page_source.Source(data, TYPES["pdf"]).sheet(1), lambda: page_cut.picture(cut, 300),
                 lambda: page_cut.assemble([Cut(place, TYPES["pdf"], 1, kept=(0, 50))]),
                 lambda: appearance.copy_place(data, 100, 40), lambda: copy_sheet._end_of(data)):
        with pytest.raises(BrokeReader):
            draw()
    assert page_source.Source(a_pdf(), TYPES["pdf"]).sheet(1).width == 612, "the next file is read"


def test_a_file_stays_open_beside_for_what_is_asked_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """One process, warm, and the file is sent to it once; when it has died, or lies further back, once more."""
    sent, run = [], pdfium._apart.run
    monkeypatch.setattr(pdfium._apart, "run", lambda function, *given: sent.append(
        len(given[1] or b"") if function is pdfium._answered else None) or run(function, *given))
    files = [a_pdf() + b"%" * number for number in range(3)]
    first = page_source.Source(files[0], TYPES["pdf"])
    sent.clear()
    assert first.sheet(1).width == 612 and first.letters(1) == "" and first.text(1) is None and first.drawn(1) == []
    assert sent == [0] * 4
    for other in files[1:]:
        page_source.Source(other, TYPES["pdf"])
    sent.clear()
    assert first.sheet(1).width == 612 and first.letters(1) == ""
    assert sent == [0, len(files[0]), 0]


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
