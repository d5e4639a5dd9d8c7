"""Art. 3.3: who the sender is, by command, where nobody gives its code; whose a certificate of two agencies is."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime

import faulty_pki
import pytest
from signing_world import FOREIGN_SEAL, LEADER, NAME, OFFICE, OTHER, SEAL, elsewhere, make_letter

from app.regulation.signature_register import register
from app.regulation.signature_report import report
from app.tools.signing_trust import Trust


@pytest.fixture(scope="module")
def keys(pki_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sender") / "pki"
    shutil.copytree(pki_folder, folder)
    return folder


@pytest.fixture(scope="module")
def trust(keys, tmp_path_factory):
    return faulty_pki.trust(keys, tmp_path_factory.mktemp("trust"), ["thao"])


def headed(*names):
    """A letter with these lines above its number."""
    return make_letter([[
        *((70, 780 - 16 * n, name) for n, name in enumerate(names)),
        (310, 780, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"), (340, 764, "Độc lập - Tự do - Hạnh phúc"),
        (90, 780 - 16 * len(names), "Số: 12/BC-VP"), (330, 740, "Lào Cai, ngày 02 tháng 3 năm 2026"),
        (90, 640, "Báo cáo kết quả thực hiện nhiệm vụ"), (370, 400, "GIÁM ĐỐC"), (340, 310, NAME)]])


def signed(keys, letter, seal=SEAL):
    return elsewhere(keys, elsewhere(keys, letter, LEADER), seal)


def told(pdf, trust, known=None, sender=""):
    found = report(pdf, Trust.given(trust), register(trust) if known is None else known, sender=sender, signer=NAME,
                   at=datetime.now(UTC))
    return (found["verdict"], [one["code"] for one in found["reasons"]],
            *(one["organ_code"] for one in found["signatures"]))


UNITS = ("ỦY BAN NHÂN DÂN TỈNH LÀO CAI", "SỞ NỘI VỤ")
#: lines above the number, who seals -> verdict, reasons
HEADS = {
    "its own name without the province": (UNITS, SEAL, "3.3.b", ["valid_b"]),
    "its whole name": ((UNITS[0], "SỞ NỘI VỤ", "TỈNH LÀO CAI"), SEAL, "3.3.b", ["valid_b"]),
    "a name that nobody registered": (("BAN QUẢN LÝ",), SEAL, "3.3.b", ["valid_b", "sender_by_seal"]),
    "no name": ((), SEAL, "3.3.b", ["valid_b", "sender_by_seal"]),
    "another agency's name": (("SỞ TÀI CHÍNH",), SEAL, "invalid", ["other_agency", "other_unit"]),
    # as at intake: a namesake elsewhere may have signed
    "another agency's name without the province": (UNITS, FOREIGN_SEAL, "indeterminate", ["sender_unknown"])}


@pytest.mark.parametrize("head", HEADS)
def test_art_3_3_the_sender_is_who_the_letterhead_names_else_who_sealed_last_and_that_is_said(keys, trust, head):
    lines, seal, verdict, codes = HEADS[head]
    found = told(signed(keys, headed(*lines), seal), trust)
    assert (found[0], found[1][:len(codes)]) == (verdict, codes)
    assert "sender_by_seal" in codes or "sender_by_seal" not in found[1]


def test_art_3_3_whose_seal_was_taken_for_the_senders_is_said(keys, trust, letter):
    found = report(signed(keys, letter), Trust.given(trust), register(trust), sender="", at=datetime.now(UTC))
    said = found["reasons"][-1]
    assert f"Sở Nội vụ tỉnh Lào Cai ({OFFICE})" in said["message"] and OFFICE in said["message_en"]
    assert told(signed(keys, letter), trust, sender=OFFICE)[1] == ["valid_b"]


def test_art_3_3_b_a_leader_of_two_agencies_is_told_by_the_senders_register(keys, trust, letter):
    own, = [one for one in register(trust) if one.codes == (OFFICE,)]
    other = replace(own, codes=("H38.99",), name="Ban Quản lý dự án", certificates=None)
    bare, whole = signed(keys, letter), signed(keys, headed(*UNITS))
    for known in ([other, own], [own, other]):
        for pdf, sender in ((bare, OFFICE), (bare, ""), (whole, "")):
            assert told(pdf, trust, known, sender)[::2] == ("3.3.b", OFFICE)
            assert told(pdf, trust, known, sender)[3] == OFFICE
        both = "; ".join(one.codes[0] for one in known)
        assert told(bare, trust, known, OTHER)[2:] == (both, OFFICE)


def test_art_3_3_a_seal_of_two_agencies_is_the_letterheads_else_nobodys(keys, trust, letter):
    own, = [one for one in register(trust) if one.codes == (OFFICE,)]
    other = replace(own, codes=("H38.99",), name="Ban Quản lý dự án")
    bare, whole = signed(keys, letter), signed(keys, headed(*UNITS))
    for known in ([other, own], [own, other]):
        assert told(whole, trust, known) == ("3.3.b", ["valid_b"], OFFICE, OFFICE)
        assert told(bare, trust, known, "H38.99") == ("3.3.b", ["valid_b"], "H38.99", "H38.99")
        both = "; ".join(one.codes[0] for one in known)
        assert told(bare, trust, known) == ("indeterminate", ["sender_unknown"], both, both)


def test_art_3_3_a_certificate_that_was_taken_out_for_one_agency_counts_for_the_other_that_has_it(keys, trust, letter):
    own, = [one for one in register(trust) if one.codes == (OFFICE,)]
    gone = replace(own, codes=("H38.99",), certificates=None, leaders=None,
                   taken_out=frozenset(one.fingerprint for one in own.certificates))
    assert told(signed(keys, letter), trust, [gone, own])[0] == "3.3.b"
