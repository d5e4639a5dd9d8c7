"""Art. 3.3: what a register makes of certificates that all are of the right authority: a truth table, offline."""

import json
import shutil
from datetime import UTC, datetime, timedelta

import faulty_pki
import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from signing_attacks import certificate_swapped
from signing_world import AGENCIES, LEADER, NAME, OFFICE, OTHER, PIN, SEAL, elsewhere

from app.regulation.signature_register import register
from app.regulation.signature_report import report
from app.tools import pki
from app.tools.signing_trust import Trust

NOW = datetime.now(UTC)
#: a person without code and agency, as some authorities issue
BARE = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"), x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
THAO = {"name": NAME, "certificates": ["keys/person-thao.pem"]}
#: what is registered of the sender's leaders
BY_KEY, BY_NAME, NOBODY = [THAO], [{"name": NAME}], []
LEFT = [THAO | {"until": f"{NOW.date() - timedelta(days=2)}"}]
STAYS = [THAO | {"until": f"{NOW.date() + timedelta(days=2)}"}]
COMES = [{"name": NAME, "since": f"{NOW.date() + timedelta(days=2)}"}]
#: case -> (who signs, registered leaders, verdict, codes); None: nothing is registered
TABLE = {
    "right": (LEADER, SEAL, BY_KEY, "3.3.b", ["valid_b"]),
    "right_by_name": (LEADER, SEAL, BY_NAME, "3.3.b", ["valid_b"]),
    "another_certificate_of_his": ("person:again", SEAL, BY_KEY, "incomplete", ["not_leader"]),
    "another_person_of_the_agency": ("person:chuyen", SEAL, BY_NAME, "incomplete", ["not_leader"]),
    "another_seal_of_the_agency": (LEADER, "agency:again", BY_KEY, "invalid", ["agency_not_registered"]),
    "leader_who_left": (LEADER, SEAL, LEFT, "incomplete", ["leader_other_days"]),
    "leader_who_leaves_later": (LEADER, SEAL, STAYS, "3.3.b", ["valid_b"]),
    "leader_to_come": (LEADER, SEAL, COMES, "incomplete", ["not_leader"]),
    "same_name_elsewhere": ("person:twin", SEAL, BY_KEY, "incomplete", ["not_leader", "other_unit"]),
    "same_name_elsewhere_by_name": ("person:twin", SEAL, BY_NAME, "incomplete", ["other_unit"]),
    "same_name_nowhere": ("person:bare", SEAL, BY_NAME, "incomplete", ["other_unit"]),
    "no_leader_registered": (LEADER, SEAL, NOBODY, "3.3.b", ["valid_b", "leaders_silent"]),
    "same_name_elsewhere_silent": ("person:twin", SEAL, NOBODY, "incomplete", ["other_unit"]),
    "nothing_registered": (LEADER, "agency:again", None, "3.3.b", ["valid_b", "register_silent"]),
    "nothing_registered_same_name": ("person:bare", SEAL, None, "incomplete", ["other_unit"])}


@pytest.fixture(scope="module")
def keys(pki_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("register") / "pki"
    shutil.copytree(pki_folder, folder)
    for stem, subject in (("person-again", pki.person_subject(NAME, OFFICE, AGENCIES[0]["name"], "Giám đốc")),
                          ("agency-again", pki.agency_subject(OFFICE, AGENCIES[0]["name"])),
                          ("person-twin", pki.person_subject(NAME, OTHER, "Sở Tài chính", "Giám đốc")),
                          ("person-bare", BARE)):
        pki.issue(folder, stem, subject, PIN, NOW - timedelta(days=9), NOW + timedelta(days=9))
    return folder


@pytest.fixture(scope="module")
def trust(keys, tmp_path_factory):
    return faulty_pki.trust(keys, tmp_path_factory.mktemp("trust"))


def told(pdf, trust, leaders):
    path = trust / "register.json"
    rows = json.loads(path.read_text("utf-8"))
    rows = [one | ({"leaders": leaders or []} if one["code"] == OFFICE else {}) for one in rows]
    path.write_text(json.dumps(rows), "utf-8")
    known = [] if leaders is None else register(trust)
    return report(pdf, Trust.given(trust), known, sender=OFFICE, at=datetime.now(UTC))  # later than any stamp


@pytest.mark.parametrize("case", TABLE)
def test_art_3_3_only_what_is_registered_seals_and_leads(keys, trust, letter, case):
    leader, seal, leaders, verdict, codes = TABLE[case]
    found = told(elsewhere(keys, elsewhere(keys, letter, leader), seal), trust, leaders)
    assert (found["verdict"], [one["code"] for one in found["reasons"]]) == (verdict, codes)
    if codes[0] in ("not_leader", "agency_not_registered"):
        assert found["signatures"][codes[0] != "not_leader"]["serial"] in found["reasons"][0]["message"]


def test_nd_30_21_2_a_a_certificate_put_in_the_place_of_the_signers_is_invalid(keys, trust, letter):
    """The registered one in the place of another of the same agency: the signature is not its key's."""
    signed = elsewhere(keys, elsewhere(keys, letter, LEADER), "agency:again")
    swapped = certificate_swapped(signed, faulty_pki.der(keys, f"agency-{OFFICE}"))
    assert told(swapped, trust, BY_KEY)["verdict"] == "invalid"
