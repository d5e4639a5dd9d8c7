"""S7, S10: files that cost much to read are refused within limits of time and memory, each with a reason."""

import io
import json
import time
from datetime import UTC, datetime

import pikepdf
import pytest
from click.testing import CliRunner
from pdf_bombs import BOMBS, GARBAGE, long_number, signed_by, stream, zeros
from pyhanko.pdf_utils.reader import PdfFileReader
from signing_attacks import appended
from signing_world import LEADER, SEAL, elsewhere

from app.cli import cli
from app.refusal import Refusal
from app.regulation.signature_report import report
from app.tools.apart import Apart
from app.tools.signing import Signer
from app.tools.signing_trust import Trust
from config import Config

#: of one file, here less than an installation allows (config.py); and what the machine may take on top
SECONDS, MEMORY, SLACK = 8, 1024 * 1024 * 1024, 15
#: the whole answer when the process that reads had to be ended
ENDED = {"file_took_too_long", "file_broke_reader"}


@pytest.fixture(scope="module")
def apart():
    made = Apart(SECONDS, MEMORY)
    yield made
    made.close()


def _read(pdf, folder):
    return report(pdf, Trust.of(folder), [], sender="H38.10", at=datetime.now(UTC))


@pytest.fixture(scope="module")
def patient():
    """For what must come to its end, however much else the machine does."""
    made = Apart(60, MEMORY)
    yield made
    made.close()


@pytest.mark.parametrize("name", BOMBS)
def test_s7_no_bomb_takes_more_than_the_limits_or_looks_signed(apart, pki_folder, name):
    pdf, start = BOMBS[name](), time.monotonic()
    assert len(pdf) < 12_000_000
    try:
        found = apart.run(_read, pdf, pki_folder)
    except Refusal as refusal:
        assert refusal.code in ENDED
    else:
        assert found["handling"] == "6.3.b" and found["reasons"][0]["message"]
        assert found["verdict"] in ("invalid", "unsigned", "indeterminate")
        assert (found["verdict"] == "indeterminate") == (name == "encrypted")
    assert time.monotonic() - start < SECONDS + SLACK


@pytest.mark.parametrize("bomb", ["one_large", "many_small"])
def test_s7_a_bomb_behind_true_signatures_takes_them_away(apart, pki_folder, issued, bomb):
    objects = {9000: stream(zeros(4096, 2), b"/FlateDecode/FlateDecode")} if bomb == "one_large" else {
        number: b"<</A %d>>" % number for number in range(9000, 60_000)}
    start = time.monotonic()
    try:
        assert apart.run(_read, appended(issued, objects), pki_folder)["verdict"] == "invalid"
    except Refusal as refusal:
        assert refusal.code in ENDED
    assert time.monotonic() - start < SECONDS + SLACK


@pytest.mark.parametrize("kind", ["Certs", "OCSPs", "CRLs"])
def test_s7_a_bomb_among_the_validation_data_is_told(apart, pki_folder, issued, kind):
    """Such data is allowed after the last signature; what unpacks to more than it ever is takes no memory."""
    data = PdfFileReader(io.BytesIO(issued)).root.raw_get("/DSS").idnum
    objects = {data: b"<</Type/DSS/%s[9000 0 R]>>" % kind.encode(),
               9000: stream(zeros(4096, 2), b"/FlateDecode/FlateDecode")}
    found = apart.run(_read, appended(issued, objects), pki_folder)
    assert found["verdict"] == "invalid" and "heavy" in found["signatures"][-1]["problems"]


def test_s7_a_string_longer_than_any_signature_is_told_before_it_is_read(patient, pki_folder):
    """Zeros after a signature: read one by one, 100 MB of them took a minute and nine gigabytes."""
    padded = signed_by(GARBAGE.replace(b">>>", b"0" * 12_000_000 + b">>>"))
    found = patient.run(_read, padded, pki_folder)
    assert (found["verdict"], [one["code"] for one in found["reasons"]]) == ("invalid", ["heavy"])


def test_s7_content_that_unpacks_too_large_is_told_and_not_drawn(patient, pki_folder, letter):
    """Signed as it is, by those who may: who they are is told, and that nobody can look at it."""
    sink = io.BytesIO()
    with pikepdf.open(io.BytesIO(letter)) as pdf:
        blank = pikepdf.Stream(pdf, b"")
        blank.write(zeros(600), filter=pikepdf.Name.FlateDecode)
        pdf.pages[0].obj.Contents = pikepdf.Array([pdf.pages[0].obj.Contents, pdf.make_indirect(blank)])
        pdf.save(sink)
    signed = elsewhere(pki_folder, elsewhere(pki_folder, sink.getvalue(), LEADER), SEAL)
    found = patient.run(_read, signed, pki_folder)
    assert (found["verdict"], found["reasons"][0]["code"]) == ("invalid", "heavy")
    assert [(one["role"], one["intact"], one["problems"]) for one in found["signatures"]] == [
        ("personal", True, []), ("agency", True, ["heavy"])]


def nested(letter, times, levels, before=b""):
    """Forms that draw one another, each several times: two kilobytes that draw without end; `before`: other words."""
    sink = io.BytesIO()
    with pikepdf.open(io.BytesIO(letter)) as pdf:
        within = None
        for _ in range(levels + 1):
            form = pikepdf.Stream(pdf, b"/F Do " * times if within else b"0 0 1 1 re f")
            form.Type, form.Subtype = pikepdf.Name.XObject, pikepdf.Name.Form
            form.BBox = pikepdf.Array([0, 0, 595, 842])
            if within:
                form.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(F=within))
            within = pdf.make_indirect(form)
        page = pdf.pages[0].obj
        page.Resources.XObject = pikepdf.Dictionary(F=within)
        page.Contents = pikepdf.Array([page.Contents, pdf.make_indirect(pikepdf.Stream(pdf, before + b"/F Do"))])
        pdf.save(sink)
    return sink.getvalue()


@pytest.mark.parametrize(("times", "levels", "why"), [(10, 3, "leader_unknown"), (10, 6, "heavy"), (10, 19, "heavy")])
def test_s7_forms_that_draw_forms_are_counted_as_often_as_they_are_drawn(
        patient, pki_folder, letter, times, levels, why):
    signed = elsewhere(pki_folder, elsewhere(pki_folder, nested(letter, times, levels), LEADER), SEAL)
    found = patient.run(_read, signed, pki_folder)
    assert found["reasons"][0]["code"] == why
    assert [one["problems"] for one in found["signatures"]] == [[], ["heavy"] if why == "heavy" else []]


@pytest.mark.parametrize("before", [b"Q Q Q ", b"0" * 300 + b" Tz "])
def test_s7_forms_behind_what_is_named_are_counted_too(patient, pki_folder, letter, before):
    """What readers draw each in their own way they draw all the same: it was not counted, and drawn for a minute."""
    signed = elsewhere(pki_folder, elsewhere(pki_folder, nested(letter, 10, 6, before), LEADER), SEAL)
    start = time.monotonic()
    found = patient.run(_read, signed, pki_folder)
    assert found["reasons"][0]["code"] == "heavy" and time.monotonic() - start < 10 + SLACK


def test_s7_at_arrival_such_a_file_is_judged_invalid_and_the_next_one_is_read(pki_folder, issued):
    """The process that was ended is followed by a fresh one."""
    apart = Apart(3, MEMORY)
    try:
        signer = Signer(pki_folder, apart=apart)
        assert [one["problems"] for one in signer.verify(long_number())] == [["heavy"]]
        apart._seconds = 60
        assert [one["problems"] for one in signer.verify(issued)] == [[], []]
    finally:
        apart.close()


def test_s7_the_command_refuses_500_megabytes_and_says_why(tmp_path):
    file = tmp_path / "a.pdf"
    with file.open("wb") as handle:
        handle.write(b"%PDF-1.7\n")
        handle.truncate(500 * 1024 * 1024)
    start = time.monotonic()
    done = CliRunner().invoke(cli, ["signature", "verify", str(file), "--json"])
    found = json.loads(done.output)
    assert (done.exit_code, found["verdict"], found["reasons"][0]["code"]) == (0, "invalid", "too_large")
    assert "500 MB" in found["reasons"][0]["message"] and time.monotonic() - start < 5
    assert 500 * 1024 * 1024 > Config().max_upload_bytes
