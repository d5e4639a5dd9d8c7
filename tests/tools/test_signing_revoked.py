"""NĐ 23/2025 Art. 16: one word that a certificate was revoked is enough, whoever else says that it is good."""

import shutil
from datetime import UTC, datetime, timedelta

import faulty_pki
import pytest
from faulty_pki import answered, listed
from signing_world import LEADER, OFFICE, SEAL, elsewhere

from app.regulation.signature_register import register
from app.regulation.signature_report import report
from app.tools import pki
from app.tools.signing_trust import Trust

HOUR = timedelta(hours=1)
NEVER = {"issued": -9 * timedelta(days=1), "until": -8 * timedelta(days=1)}


@pytest.fixture(scope="module")
def world(pki_folder, letter, tmp_path_factory):
    """(whom one trusts, knowing no list of the issuing authority but of the stamp; file, issuer, certificates)."""
    folder = tmp_path_factory.mktemp("revoked") / "pki"
    shutil.copytree(pki_folder, folder)
    trust = faulty_pki.trust(folder, tmp_path_factory.mktemp("trust"), ["thao"])
    (trust / "crl/issuing.crl").unlink()
    issuing = pki._authorities(folder)
    held = [pki.x509.load_pem_x509_certificate((folder / f"{name}.pem").read_bytes())
            for name in ("person-thao", f"agency-{OFFICE}", "tsa", "person-chuyen")]
    return trust, elsewhere(folder, elsewhere(folder, letter, LEADER), SEAL), issuing, held


def told(world, tmp_path, lists=(), answers=()):
    """The verdict and the leader's problems, with these lists and answers beside good answers about all others."""
    trust, pdf, issuing, (_leader, agency, stamping, _other) = world
    folder = shutil.copytree(trust, tmp_path / "trust")
    (folder / "ocsp").mkdir()
    for n, data in enumerate(lists):
        (folder / f"crl/{n}.crl").write_bytes(data)
    for n, data in enumerate([*answers, answered(issuing, agency), answered(issuing, stamping)]):
        (folder / f"ocsp/{n}.der").write_bytes(data)
    found = report(pdf, Trust.given(folder), register(folder), sender=OFFICE, at=datetime.now(UTC))
    return found["verdict"], found["signatures"][0]["problems"]


GOOD, UNKNOWN, REVOKED = ("3.3.b", []), ("indeterminate", ["revocation_unknown"]), ("invalid", ["revoked"])
DELTA = {"of": True, "additional": True, "number": 10}
HELD = {"of": True, "hold": True, "issued": -2 * HOUR}
#: what is said of the leader's certificate (lists, answers) -> what is true
TABLE = {
    "nothing": ([], [], UNKNOWN),
    "list": ([{}], [], GOOD),
    "answer": ([], [{}], GOOD),
    "answer revoked": ([], [{"revoked": -HOUR}], REVOKED),
    "answer revoked later": ([], [{"revoked": HOUR}], UNKNOWN),
    "answer good, list revoked": ([{"of": True}], [{}], REVOKED),
    "old answer good, list revoked since": ([{"of": True, "revoked": -HOUR}], [{"issued": -4 * HOUR}], REVOKED),
    "answer revoked, list good": ([{}], [{"revoked": -HOUR}], REVOKED),
    "answer good, answer revoked": ([], [{}, {"revoked": -HOUR}], REVOKED),
    "answer revoked, answer good": ([], [{"revoked": -HOUR}, {}], REVOKED),
    "list good, list revoked": ([{}, {"of": True}], [], REVOKED),
    "expired list revoked, answer good": ([{"of": True, "revoked": -10 * timedelta(days=1), **NEVER}], [{}], REVOKED),
    "expired answer revoked, list good": ([{}], [{"revoked": -10 * timedelta(days=1), **NEVER}], REVOKED),
    "list good, answer unknown": ([{}], [{"unknown": True}], UNKNOWN),
    "answer unknown, a later one good": ([], [{"unknown": True, "issued": -2 * HOUR}, {}], GOOD),
    "expired list": ([NEVER], [], UNKNOWN),
    "expired answer": ([], [NEVER], UNKNOWN),
    "list of tomorrow": ([{"issued": 24 * HOUR, "until": 48 * HOUR}], [], UNKNOWN),
    "answer of tomorrow": ([], [{"issued": 24 * HOUR, "until": 48 * HOUR}], UNKNOWN),
    "additional list alone": ([{"additional": True}], [], UNKNOWN),
    "list good, additional list revoked": ([{}, {"of": True, "additional": True}], [], REVOKED),
    "list revoked later": ([{"of": True, "revoked": HOUR}], [], GOOD),
    "list revoked later, key lost before": ([{"of": True, "revoked": HOUR, "lost": -48 * HOUR}], [], REVOKED),
    "list on hold": ([{"of": True, "hold": True}], [], REVOKED),
    "was on hold, list good": ([{"of": True, "hold": True, **NEVER}, {}], [], GOOD),
    "on hold, then removed": ([HELD | {"freshest": True}, DELTA | {"removed": True}], [], GOOD),
    "on hold, then removed, but the list names no deltas": ([HELD, DELTA | {"removed": True}], [], UNKNOWN),
    "on hold, the removal continues another list": (
        [HELD | {"freshest": True}, DELTA | {"removed": True, "base": 99, "number": 100}], [], UNKNOWN),
    "removed, on hold again": (
        [HELD | {"freshest": True}, DELTA | {"removed": True, "issued": -HOUR},
         DELTA | {"hold": True, "number": 11}], [], REVOKED),
    "on hold again, removed again": (
        [HELD | {"freshest": True}, DELTA | {"hold": True, "issued": -HOUR}, DELTA | {"removed": True, "number": 11}],
        [], GOOD),
    "removed alone": ([DELTA | {"removed": True}], [], UNKNOWN),
    "removed alone, an answer good": ([DELTA | {"removed": True}], [{}], GOOD),
    "removed in a whole list": ([{"of": True, "removed": True}], [], GOOD),
    "good, then on hold": ([{"freshest": True, "issued": -2 * HOUR}, DELTA | {"hold": True}], [], REVOKED),
    "good, then on hold, but the list names no deltas": ([{"issued": -2 * HOUR}, DELTA | {"hold": True}], [], REVOKED),
    "on hold, a later whole list good": ([HELD, {"number": 10, "issued": -HOUR}], [], GOOD),
    "on hold by a delta, a later whole list good": (
        [{"issued": -3 * HOUR}, DELTA | {"hold": True, "issued": -2 * HOUR}, {"number": 11, "issued": -HOUR}], [],
        GOOD),
    "good, a later whole list on hold": (
        [{"issued": -2 * HOUR}, {"of": True, "hold": True, "number": 10}], [], REVOKED),
    "revoked for good, then removed": (
        [{"of": True, "issued": -2 * HOUR, "freshest": True}, DELTA | {"removed": True}], [], REVOKED),
}


@pytest.mark.parametrize("name", TABLE)
def test_nd_23_16_every_list_and_every_answer_is_asked(world, tmp_path, name):
    lists, answers, wanted = TABLE[name]
    issuing, leader = world[2], world[3][0]
    lists = [{k: v for k, v in one.items() if k != "of"} | {"serials": [leader.serial_number] * ("of" in one)}
             for one in lists]
    found = told(world, tmp_path, [listed(issuing, **one) for one in lists],
                 [answered(issuing, leader, **one) for one in answers])
    assert found == wanted


def test_nd_23_16_only_the_authority_and_whom_it_made_its_responder_are_believed(world, tmp_path):
    issuing, (leader, _agency, _stamping, other) = world[2], world[3]
    stranger = faulty_pki._issuer(None, None, subject=issuing.certificate.subject)
    made = faulty_pki.responder(issuing)
    for n, (wanted, lists, answers) in enumerate((
            (GOOD, [], [answered(issuing, leader, by=made)]),
            (REVOKED, [listed(issuing)], [answered(issuing, leader, by=made, revoked=-HOUR)]),
            (UNKNOWN, [], [answered(issuing, leader, by=stranger)]),
            (GOOD, [listed(issuing)], [answered(issuing, leader, by=stranger, revoked=-HOUR)]),
            (GOOD, [listed(issuing)], [answered(issuing, leader, by=faulty_pki.responder(stranger), revoked=-HOUR)]),
            (GOOD, [listed(issuing), listed(stranger, [leader.serial_number])], []),
            (GOOD, [listed(issuing), listed(issuing, [other.serial_number])], []))):
        (tmp_path / str(n)).mkdir()
        assert told(world, tmp_path / str(n), lists, answers) == wanted, n


def test_s10_who_stamps_stands_under_an_authority_that_may_have_it_stamp(pki_folder, letter, tmp_path):
    """RFC 5280 4.2.1.12: a purpose that an authority names binds those below it."""
    purposes = faulty_pki.ExtendedKeyUsageOID
    for n, (purpose, wanted) in enumerate(((purposes.SERVER_AUTH, "indeterminate"), (purposes.TIME_STAMPING, "3.3.b"))):
        place = tmp_path / str(n)
        above, told_of = faulty_pki.stamping(pki_folder, place / "pki", [purpose])
        trust = faulty_pki.trust(place / "pki", place / "trust", ["thao"])
        (trust / "intermediates/above.pem").write_bytes(above.certificate.public_bytes(faulty_pki.Encoding.PEM))
        (trust / "crl/above.crl").write_bytes(told_of)
        shutil.copy(trust / "intermediates/above.pem", place / "pki/chain/above.pem")
        pdf = elsewhere(place / "pki", elsewhere(place / "pki", letter, LEADER), SEAL)
        found = report(pdf, Trust.given(trust), register(trust), sender=OFFICE, at=datetime.now(UTC))
        assert found["verdict"] == wanted, found["reasons"]
