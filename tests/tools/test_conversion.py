"""Office files and pictures to PDF, by the real LibreOffice."""

import glob
import io
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import docx
import pikepdf
import pypdfium2
import pytest
from PIL import Image

from app.tools import appearance, docx_letter, media, pdf_join, soffice
from app.tools.conversion import Converter, NotConvertible
from app.tools.soffice import ConversionFailed, ConversionMissing, ConversionTimeout

needs_office = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice Writer is not installed")


def a_docx(*texts):
    document, sink = docx.Document(), io.BytesIO()
    for text in texts:
        document.add_paragraph(text)
    document.save(sink)
    return sink.getvalue()


def a_picture(kind, mode="RGB", size=(620, 877), **options):
    sink = io.BytesIO()
    Image.new(mode, size).save(sink, kind, **options)
    return sink.getvalue()


def text_of(pdf):
    document = pypdfium2.PdfDocument(pdf)
    return "\n".join(page.get_textpage().get_text_bounded() for page in document)


def pages_of(pdf):
    return [tuple(round(side) for side in page.get_size()) for page in pypdfium2.PdfDocument(pdf)]


@pytest.fixture(scope="module")
def converter():
    made = Converter(seconds=60)
    yield made
    made.close()


def programs(folder):
    """Processes that work in that folder."""
    found = []
    for entry in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            if str(folder).encode() in Path(entry).read_bytes():
                found.append(entry)
        except OSError:
            pass
    return found


def gone(folder):
    """Whether its processes end soon: the system takes a moment to bury them."""
    return soon(lambda: not programs(folder))


def soon(happens):
    for _ in range(500):
        if happens():
            return True
        time.sleep(0.02)
    return False


@needs_office
def test_art_9_1_b_a_draft_becomes_a_pdf_with_its_text(converter):
    pdf = converter.to_pdf(a_docx("Số: 12/UBND-VX", "Kính gửi: Sở Tài chính tỉnh Lào Cai"), "Dự thảo.docx")
    assert media.sniff(pdf, "a.pdf").pages == 1
    assert "Số: 12/UBND-VX" in text_of(pdf)
    assert "Kính gửi: Sở Tài chính tỉnh Lào Cai" in text_of(pdf)
    with pikepdf.open(io.BytesIO(pdf)) as made:
        assert made.open_metadata().pdfa_status == "2B" and "/OutputIntents" in made.Root
        fonts = [one for one in made.objects
                 if isinstance(one, pikepdf.Dictionary) and one.get("/Type") == "/FontDescriptor"]
        assert fonts and all("/FontFile2" in one or "/FontFile3" in one for one in fonts)
        assert "/Encrypt" not in made.trailer and "/AcroForm" not in made.Root


@needs_office
def test_art_9_1_b_what_goes_with_a_document_is_joined_behind_it_in_one_archival_file(converter):
    main = converter.to_pdf(a_docx("Văn bản chính", "Nguyễn Văn A"), "a.docx")
    table = converter.to_pdf(a_docx("Phụ lục I", "Nguyễn Văn A"), "pl.docx")
    joined = pdf_join.join(main, [("Phụ lục I.docx", table)])
    assert joined == pdf_join.join(main, [("Phụ lục I.docx", table)])
    assert "Văn bản chính" in text_of(joined) and "Phụ lục I" in text_of(joined) and len(pages_of(joined)) == 2
    with pikepdf.open(io.BytesIO(joined)) as made:
        assert made.open_metadata().pdfa_status == "2B"
    assert [pdf_join.main_pages(pypdfium2.PdfDocument(one)) for one in (main, joined)] == [1, 1]
    assert appearance.leader_place(joined, "Nguyễn Văn A").page == 0  # not where an appendix names him
    picture = pdf_join.join(main, [("ảnh.png", converter.to_pdf(a_picture("PNG"), "ảnh.png"))])
    with pikepdf.open(io.BytesIO(picture)) as made:
        assert made.open_metadata().pdfa_status == ""  # it does not say what is not so


@needs_office
def test_the_program_stays_for_the_next_file(converter):
    converter.to_pdf(a_docx("một"), "a.docx")
    first = converter._office.process.pid
    assert "hai" in text_of(converter.to_pdf(a_docx("hai"), "b.docx"))
    assert converter._office.process.pid == first
    assert not glob.glob(str(converter._office.folder / "job-*"))


@needs_office
def test_threads_share_it_and_each_gets_its_own(converter):
    found = {}
    def work(n):
        found[n] = text_of(converter.to_pdf(a_docx(f"văn bản {n}"), "a.docx")).strip()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {n: f"văn bản {n}" for n in range(4)}


@needs_office
def test_a_file_that_is_not_what_its_name_says_never_reaches_it(converter):
    with pytest.raises(media.WrongKind):
        converter.to_pdf(b"<html><img src='http://127.0.0.1/'></html>", "a.docx")


@needs_office
def test_a_fetching_page_reaches_no_network(converter):
    converter.to_pdf(a_docx("warm"), "a.docx")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        page = f"<html><body>chữ<img src='http://127.0.0.1:{port}/a.png'></body></html>".encode()
        try:
            converter._office.convert(page, "docx", 60)  # past the check of the content
        except ConversionFailed:
            pass
        listener.settimeout(0)
        with pytest.raises(BlockingIOError):
            listener.accept()


@needs_office
def test_the_cage_has_no_network_no_root_and_little_memory():
    cage = soffice._cage(*identity())
    if cage[0] != "unshare":
        pytest.skip("this system permits no network namespace")
    probe = ("import os, resource, socket; s = socket.socket(); s.settimeout(2); "
             "print(s.connect_ex(('127.0.0.1', PORT)), os.getuid(), resource.getrlimit(resource.RLIMIT_AS)[0])")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        probe = probe.replace("PORT", str(listener.getsockname()[1]))
        said = subprocess.run([*cage, "/usr/bin/python3", "-c", probe], capture_output=True, text=True, check=True)
    refused, uid, memory = said.stdout.split()
    assert int(refused) != 0
    assert int(uid) == identity()[0] or os.geteuid() != 0
    assert int(memory) == soffice.MEMORY_BYTES


def identity():
    import pwd

    entry = pwd.getpwnam(soffice.SERVANT) if os.geteuid() == 0 else pwd.getpwuid(os.getuid())
    return entry.pw_uid, entry.pw_gid


@needs_office
def test_its_socket_and_folder_are_closed_to_others(converter):
    converter.to_pdf(a_docx("warm"), "a.docx")
    office = converter._office
    sockets = [place for place in office._sockets() if place.exists()]
    assert len(sockets) == 1 and sockets[0].stat().st_mode & 0o022 == 0
    assert office.folder.stat().st_mode & 0o027 == 0


@needs_office
def test_a_file_over_the_time_limit_is_refused_and_nothing_of_it_runs_on():
    converter = Converter(seconds=60)
    converter.to_pdf(a_docx("warm"), "a.docx")
    folder, converter.seconds = converter._office.folder, 1
    document, sink = docx.Document(), io.BytesIO()
    for row in document.add_table(400, 60).rows[:1]:
        row.cells[0].text = "nặng " * 100
    document.save(sink)
    heavy = sink.getvalue()
    with pytest.raises(ConversionTimeout):
        converter.to_pdf(heavy, "a.docx")
    assert gone(folder) and not folder.exists()
    converter.seconds = 60
    assert "lại" in text_of(converter.to_pdf(a_docx("lại"), "a.docx"))
    converter.close()


@needs_office
def test_a_killed_program_is_started_again_within_one_call(converter):
    converter.to_pdf(a_docx("warm"), "a.docx")
    os.killpg(converter._office.process.pid, signal.SIGKILL)
    assert "tiếp" in text_of(converter.to_pdf(a_docx("tiếp"), "a.docx"))


@needs_office
def test_a_program_killed_at_work_does_the_work_again(converter):
    converter.to_pdf(a_docx("warm"), "a.docx")
    office, document, sink = converter._office, docx.Document(), io.BytesIO()
    document.add_table(60, 30)
    document.add_paragraph("xong")
    document.save(sink)

    def kill():
        soon(lambda: glob.glob(str(office.folder / "job-*" / "in.docx")))
        os.killpg(office.process.pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    pdf = converter.to_pdf(sink.getvalue(), "a.docx")
    killer.join()
    assert "xong" in text_of(pdf)
    assert converter._office is not office


@needs_office
def test_after_many_files_it_is_started_afresh(converter):
    converter.to_pdf(a_docx("warm"), "a.docx")
    old = converter._office
    old.converted = soffice.CONVERSIONS_PER_OFFICE
    assert converter.to_pdf(a_docx("a"), "a.docx")
    assert converter._office is not old
    assert gone(old.folder) and not old.folder.exists()


@needs_office
def test_a_killed_worker_leaves_no_program_behind():
    script = ("import sys; from app.tools.soffice import Office; "
              "office = Office(); print(office.folder, flush=True); sys.stdin.read()")
    worker = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True, cwd=Path(soffice.__file__).parents[2])
    folder = worker.stdout.readline().strip()
    assert programs(folder)
    worker.kill()
    worker.wait()
    assert gone(folder)
    assert soffice._listening(Path(folder), "*")
    soffice._sweep()
    assert not Path(folder).exists() and not soffice._listening(Path(folder), "*")


@needs_office
def test_a_damaged_office_file_is_refused(converter):
    damaged = a_docx("a")
    converter.to_pdf(damaged, "a.docx")
    with pytest.raises(ConversionFailed):
        converter._office.convert(damaged[:200] + b"\0" * 400, "docx", 60)
    assert converter._office.is_alive()


def test_without_the_program_the_refusal_can_be_retried(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ConversionMissing) as refused:
        Converter(seconds=5).to_pdf(a_docx("a"), "a.docx")
    assert refused.value.status == 503


def test_a_pdf_comes_back_as_it_is():
    document, sink = pypdfium2.PdfDocument.new(), io.BytesIO()
    document.new_page(595, 842)
    document.save(sink)
    assert Converter(seconds=5).to_pdf(sink.getvalue(), "a.pdf") == sink.getvalue()


def test_a_kind_that_has_no_pages_is_refused():
    edxml = b'<edXML xmlns="http://www.mic.gov.vn/TBT/QCVN_102_2016"/>'
    with pytest.raises(NotConvertible):
        Converter(seconds=5).to_pdf(edxml, "a.edxml")


A4 = (595, 842)


@pytest.mark.parametrize(
    ("name", "data", "pages"),
    [
        ("a.jpg", a_picture("JPEG", size=(1240, 1754), dpi=(150, 150)), [A4]),
        ("a.jpg", a_picture("JPEG", size=(1240, 1754)), [A4]),  # no resolution said: A4
        ("a.png", a_picture("PNG", "RGBA", size=(620, 877), dpi=(75, 75)), [A4]),
        ("a.png", a_picture("PNG", "P", size=(620, 877)), [A4]),
        ("a.png", a_picture("PNG", "I;16", size=(620, 877)), [A4]),
        ("a.tif", a_picture("TIFF", "1", size=(1654, 2339), dpi=(200, 200), compression="group4"), [A4]),
        ("a.tif", a_picture("TIFF", "1", size=(620, 877), dpi=(75, 75), save_all=True,
                            append_images=[Image.new("RGB", (877, 620))]), [A4, A4[::-1]]),
        ("a.tif", a_picture("TIFF", size=(620, 877), dpi=(75, 75), save_all=True,
                            append_images=[Image.new("L", (877, 620))]), [A4, A4[::-1]]),
    ],
)
def test_a_picture_becomes_pages_of_its_own_size(name, data, pages):
    found = pages_of(Converter(seconds=5).to_pdf(data, name))
    assert all(abs(a - b) <= 1 for pair in zip(found, pages, strict=True) for a, b in zip(*pair, strict=True))


def test_a_picture_lying_on_its_side_is_turned():
    exif = Image.Exif()
    exif[274] = 6  # as phones write it
    pdf = Converter(seconds=5).to_pdf(a_picture("JPEG", size=(1754, 1240), exif=exif), "a.jpg")
    width, height = pages_of(pdf)[0]
    assert width < height


@needs_office
@pytest.mark.parametrize("authority", ["", "TM. ỦY BAN NHÂN DÂN"])
def test_nd_30_pl_i_a_draft_of_ours_leaves_room_for_the_seal(converter, authority):
    name = "Đinh Xuân Trường"
    letter = docx_letter.Letter("SỞ TÀI CHÍNH", "BC-STC", "Lào Cai", "Báo cáo", "Công tác quý III", [
        ("plain", "Sở Tài chính trân trọng gửi quý cơ quan tổng hợp, theo dõi và có ý kiến chỉ đạo tiếp theo./.")],
        "GIÁM ĐỐC", name, recipients=["Như trên"], authority=authority)
    pdf = converter.to_pdf(docx_letter.write(letter), "a.docx")
    leader = appearance.leader_place(pdf, name)
    seal = appearance.seal_place(leader, pdf).box
    lines = appearance._lines(pdf, 0)
    crossed = [line for line in lines if appearance._crosses(seal, line)]
    body, printed = next(line for line in lines if line[2] - line[0] > 380), min(
        (line for line in lines if line[0] > 300), key=lambda line: line[1])
    assert seal[3] - seal[1] == 102 and printed[3] < leader.box[1] + 1 and body not in crossed
    assert printed not in crossed and len(crossed) <= 2 * bool(authority), "only authority and position, as on paper"
