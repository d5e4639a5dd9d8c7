"""PAdES B-LTA, S10: a stamp over the whole file proves what was there before it; nothing better than the truth."""

import io
import shutil
from datetime import UTC, datetime, timedelta

import faulty_pki
import pytest
from faulty_pki import listed, stamps
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.signers import PdfTimeStamper
from signing_world import LEADER, OFFICE, SEAL, elsewhere

from app.regulation.signature_register import register
from app.regulation.signature_report import report
from app.tools import pki
from app.tools.signing_path import run
from app.tools.signing_trust import Trust

DAY = timedelta(days=1)
#: the first authority ends a day from now, the second and third outlive it; days are counted from now
SIGNED, BEFORE, AFTER, LATE = -20 * DAY, -10 * DAY, 2 * DAY, 3 * DAY


@pytest.fixture(scope="module")
def world(pki_folder, letter, tmp_path_factory):
    """(whom one trusts, name -> authority of time, the file signed and sealed by the first one's time, issuer)."""
    folder = tmp_path_factory.mktemp("past") / "pki"
    shutil.copytree(pki_folder, folder)
    issuing = pki._authorities(folder)
    by = {"first": faulty_pki.stamper(issuing, "Dấu 1", ends=DAY), "second": faulty_pki.stamper(issuing, "Dấu 2"),
          "brief": faulty_pki.stamper(issuing, "Dấu 2 ngắn", ends=DAY), "third": faulty_pki.stamper(issuing, "Dấu 3"),
          "weak": faulty_pki.stamper(issuing, "Dấu yếu", bits=1024),
          "stranger": faulty_pki.stamper(faulty_pki._issuer(None, "DEMO - Người lạ"), "Dấu lạ")}
    first = stamps(by["first"], datetime.now(UTC) + SIGNED)
    led = elsewhere(folder, letter, LEADER, stamper=first)
    files = {"whole": elsewhere(folder, led, SEAL, stamper=first), "led": led}
    files["unstamped"] = elsewhere(folder, elsewhere(folder, letter, LEADER, stamped=False), SEAL, stamped=False)
    return faulty_pki.trust(folder, tmp_path_factory.mktemp("trust"), ["thao"]), by, files, issuing, folder


def archived(pdf, by, moment, digest="sha256"):
    """With a stamp over the whole of it."""
    output = io.BytesIO()
    run(PdfTimeStamper(stamps(by, datetime.now(UTC) + moment)).async_timestamp_pdf(
        IncrementalPdfFileWriter(io.BytesIO(pdf), strict=False), digest, output=output))
    return output.getvalue()


def told(world, tmp_path, pdf, at, revoked=(), without=(), issued=-DAY / 288):
    """The verdict and all problems; `revoked`: (authority of time, since when, since when its key is lost)."""
    trust, by, _files, issuing, _folder = world
    folder = shutil.copytree(trust, tmp_path / "trust")
    for name in without:
        (folder / name).unlink()
    for n, (name, since, lost) in enumerate(revoked):
        (folder / f"crl/{n}.crl").write_bytes(listed(
            issuing, [by[name].certificate.serial_number], revoked=since, lost=lost, issued=issued))
    found = report(pdf, Trust.given(folder), register(folder), sender=OFFICE, at=datetime.now(UTC) + at)
    return found["verdict"], sorted({one for each in found["signatures"] for one in each["problems"]})


VALID, UNPROVEN = ("3.3.b", []), ("indeterminate", ["time_untrusted"])
#: stamps over the whole file (by whom, when), who was revoked since when, when one asks -> what is true
TABLE = {
    "no archive stamp, alive": ([], [], -DAY / 24, VALID),
    "no archive stamp, ended": ([], [], AFTER, UNPROVEN),
    "in time": ([("second", BEFORE)], [], AFTER, VALID),
    "in time, asked before the end": ([("second", BEFORE)], [], -DAY / 24, VALID),
    "by itself, in time": ([("first", BEFORE)], [], AFTER, UNPROVEN),
    "after the end": ([("second", AFTER)], [], LATE, UNPROVEN),
    "by a stranger": ([("stranger", BEFORE)], [], AFTER, UNPROVEN),
    "by a weak key": ([("weak", BEFORE)], [], AFTER, UNPROVEN),
    "of a day to come": ([("second", LATE)], [], AFTER, UNPROVEN),
    "older than what it stamps": ([("second", SIGNED - DAY)], [], AFTER, UNPROVEN),
    "revoked before": ([("second", BEFORE)], [("first", BEFORE - DAY, None)], AFTER, UNPROVEN),
    "revoked since": ([("second", BEFORE)], [("first", BEFORE + DAY, None)], AFTER, VALID),
    "revoked since, and asked before the end": (
        [("second", BEFORE)], [("first", BEFORE + DAY, None)], -DAY / 24, VALID),
    "revoked since, the key lost before": (
        [("second", BEFORE)], [("first", BEFORE + DAY, BEFORE - DAY)], AFTER, UNPROVEN),
    "who archived was revoked": ([("second", BEFORE)], [("second", BEFORE + DAY, None)], AFTER, UNPROVEN),
    "who archived was revoked, renewed in time": (
        [("second", BEFORE), ("third", BEFORE + DAY)], [("second", BEFORE + 2 * DAY, None)], AFTER, VALID),
    "who archived was revoked, renewed too late": (
        [("second", BEFORE), ("third", AFTER)], [("second", BEFORE + 2 * DAY, None)], LATE, UNPROVEN),
    "who archived was revoked, a later one proves as much": (
        [("second", BEFORE), ("third", BEFORE + 3 * DAY)], [("second", BEFORE + 2 * DAY, None)], AFTER, VALID),
    "chain of three": ([("brief", BEFORE), ("third", -DAY)], [], AFTER, VALID),
    "chain without its last": ([("brief", BEFORE)], [], AFTER, UNPROVEN),
    "chain whose last came too late": ([("brief", BEFORE), ("third", AFTER)], [], LATE, UNPROVEN),
    "a stranger over a good one": ([("second", BEFORE), ("stranger", -DAY)], [], AFTER, UNPROVEN),
}


@pytest.mark.parametrize("name", TABLE)
def test_s10_what_an_archive_stamp_proves_and_no_more(world, tmp_path, name):
    over, revoked, at, wanted = TABLE[name]
    pdf = world[2]["whole"]
    for by, moment in over:
        pdf = archived(pdf, world[1][by], moment)
    assert told(world, tmp_path, pdf, at, revoked) == wanted


def test_s10_a_stamp_proves_nothing_of_what_came_after_it(world, tmp_path):
    """The leader's signature is below it, the agency's is above."""
    pdf = elsewhere(world[4], archived(world[2]["led"], world[1]["second"], BEFORE), SEAL,
                    stamper=stamps(world[1]["first"], datetime.now(UTC) + SIGNED))
    assert told(world, tmp_path, pdf, AFTER) == UNPROVEN


def test_s10_a_file_with_a_stamp_that_was_altered_is_false(world, tmp_path):
    good = archived(world[2]["whole"], world[1]["second"], BEFORE)
    ranges, value = good.rindex(b"/ByteRange"), good.rindex(b"/Contents <30") + 500
    for n, bad in enumerate((good[:value] + (b"1" if good[value:value + 1] == b"0" else b"0") + good[value + 1:],
                             good[:ranges] + good[ranges:].replace(b"[0 ", b"[1 ", 1))):
        (tmp_path / str(n)).mkdir()
        assert told(world, tmp_path / str(n), bad, AFTER)[0] == "invalid", n


def test_s10_a_stamp_by_weak_digest_proves_nothing(world, tmp_path):
    pdf = archived(world[2]["whole"], world[1]["second"], BEFORE, digest="sha1")
    verdict, problems = told(world, tmp_path, pdf, AFTER)
    assert verdict != "3.3.b" and "time_untrusted" in problems


@pytest.mark.parametrize("digest", ["sha1", "sha224"])
def test_s10_a_signatures_own_stamp_by_weak_digest_proves_nothing(world, letter, tmp_path, digest):
    """SHA-256 or stronger is asked of whoever says when, too: the library lets SHA-224 pass."""
    of = stamps(world[1]["first"], datetime.now(UTC) + SIGNED, digest)
    pdf = elsewhere(world[4], elsewhere(world[4], letter, LEADER, stamper=of), SEAL, stamper=of)
    assert told(world, tmp_path, pdf, -DAY / 24) == UNPROVEN


def test_nd_68_29_an_archive_stamp_does_not_stand_in_for_a_signatures_own(world, tmp_path):
    pdf = archived(world[2]["unstamped"], world[1]["second"], BEFORE)
    assert told(world, tmp_path, pdf, AFTER) == ("indeterminate", ["time_unproven"])


def test_nd_23_16_a_list_from_after_the_end_of_a_certificate_says_nothing_good_of_it(world, tmp_path):
    """RFC 5280 3.3: what ended is struck out, revoked or not; a list that keeps it says so."""
    trust, by, files, issuing, _folder = world
    pdf = archived(files["whole"], by["second"], BEFORE)
    for n, (keeps, wanted) in enumerate(((None, UNPROVEN), (DAY * 30, VALID), (-DAY * 3, UNPROVEN))):
        folder = shutil.copytree(trust, tmp_path / str(n))
        (folder / "crl/issuing.crl").write_bytes(
            listed(issuing, issued=DAY * 3 / 2, until=DAY * 9, keeps=keeps))
        found = report(pdf, Trust.given(folder), register(folder), sender=OFFICE, at=datetime.now(UTC) + AFTER)
        problems = sorted({one for each in found["signatures"] for one in each["problems"]})
        assert (found["verdict"], problems) == wanted, n
