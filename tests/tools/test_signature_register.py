"""Art. 3.3: what a register makes of certificates that all are of the right authority: a truth table, offline."""

import hashlib
import json
import shutil
from datetime import UTC, datetime, timedelta

import faulty_pki
import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from signing_attacks import certificate_swapped
from signing_world import AGENCIES, LEADER, NAME, OFFICE, OTHER, PIN, SEAL, elsewhere

from app.regulation.signature_register import of_lists, of_sender, register
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
TERMS = [THAO | {"since": f"{NOW.date() + timedelta(days=2)}"}, THAO | {"since": "2019-03-01", "until": "2021-05-31"},
         THAO | {"until": "2018-12-31"}]
COMES = [{"name": NAME, "since": f"{NOW.date() + timedelta(days=2)}"}]
#: case -> (who signs, registered leaders, verdict, codes); None: nothing is registered. Which name the document prints
#: is not known here
TABLE = {
    "right": (LEADER, SEAL, BY_KEY, "3.3.b", ["valid_b"]),
    "right_by_name": (LEADER, SEAL, BY_NAME, "3.3.b", ["valid_b"]),
    "another_certificate_of_his": ("person:again", SEAL, BY_KEY, "indeterminate", ["leader_not_registered"]),
    "another_person_of_the_agency": ("person:chuyen", SEAL, BY_NAME, "incomplete", ["not_leader"]),
    "another_seal_of_the_agency": (LEADER, "agency:again", BY_KEY, "indeterminate", ["agency_not_registered"]),
    "another_seal_and_certificate": ("person:again", "agency:again", BY_KEY, "indeterminate",
                                     ["agency_not_registered", "leader_not_registered"]),
    # what is false is not judged again: nobody is asked to register it
    "another_seal_that_is_not_trusted": (LEADER, "agency:orphan", BY_KEY, "invalid", ["untrusted"]),
    "another_seal_that_is_revoked": (LEADER, "agency:lost", BY_KEY, "invalid", ["revoked"]),
    "another_seal_and_certificate_that_is_revoked": ("person:again", "agency:lost", BY_KEY, "invalid", ["revoked"]),
    "leader_who_left": (LEADER, SEAL, LEFT, "incomplete", ["leader_other_days"]),
    "leader_between_terms": (LEADER, SEAL, TERMS, "incomplete", ["leader_other_days"]),
    "leader_who_leaves_later": (LEADER, SEAL, STAYS, "3.3.b", ["valid_b"]),
    "leader_to_come": (LEADER, SEAL, COMES, "incomplete", ["not_leader"]),
    "same_name_elsewhere": ("person:twin", SEAL, BY_KEY, "incomplete", ["other_unit", "leader_not_registered"]),
    "same_name_elsewhere_by_name": ("person:twin", SEAL, BY_NAME, "incomplete", ["other_unit"]),
    "same_name_nowhere": ("person:bare", SEAL, BY_NAME, "incomplete", ["other_unit"]),
    "no_leader_registered": (LEADER, SEAL, NOBODY, "indeterminate", ["leader_unknown"]),
    "no_leader_registered_an_officer": ("person:chuyen", SEAL, NOBODY, "indeterminate", ["leader_unknown"]),
    "same_name_elsewhere_silent": ("person:twin", SEAL, NOBODY, "incomplete", ["other_unit", "leader_unknown"]),
    "nothing_registered": (LEADER, "agency:again", None, "indeterminate", ["leader_unknown"]),
    "nothing_registered_same_name": ("person:bare", SEAL, None, "incomplete", ["other_unit", "leader_unknown"])}
#: the same where the printed name is known
NAMED = {
    "right": (LEADER, SEAL, BY_KEY, "3.3.b", ["valid_b"]),
    "no_leader_registered": (LEADER, SEAL, NOBODY, "3.3.b", ["valid_b", "leaders_silent"]),
    "no_leader_registered_an_officer": ("person:chuyen", SEAL, NOBODY, "incomplete", ["other_person"]),
    "nothing_registered": (LEADER, "agency:again", None, "3.3.b", ["valid_b", "register_silent"]),
    "nothing_registered_an_officer": ("person:chuyen", SEAL, None, "incomplete", ["other_person"]),
    "nothing_registered_same_name": ("person:bare", SEAL, None, "incomplete", ["other_unit"]),
    "another_certificate_of_his": ("person:again", SEAL, BY_KEY, "indeterminate", ["leader_not_registered"])}


@pytest.fixture(scope="module")
def keys(pki_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("register") / "pki"
    shutil.copytree(pki_folder, folder)
    for stem, subject in (("person-again", pki.person_subject(NAME, OFFICE, AGENCIES[0]["name"], "Giám đốc")),
                          ("agency-again", pki.agency_subject(OFFICE, AGENCIES[0]["name"])),
                          ("person-twin", pki.person_subject(NAME, OTHER, "Sở Tài chính", "Giám đốc")),
                          ("person-bare", BARE)):
        pki.issue(folder, stem, subject, PIN, NOW - timedelta(days=9), NOW + timedelta(days=9))
    for folder_of, stem in ((folder, "agency-lost"), (tmp_path_factory.mktemp("stranger") / "pki", "agency-orphan")):
        pki.issue(folder_of, stem, pki.agency_subject(OFFICE, AGENCIES[0]["name"]), PIN, NOW - timedelta(days=9),
                  NOW + timedelta(days=9))
        if folder_of != folder:
            shutil.copy(folder_of / f"{stem}.p12", folder)
    pki.revoke(folder, "agency-lost", NOW - timedelta(days=1))
    return folder


@pytest.fixture(scope="module")
def trust(keys, tmp_path_factory):
    return faulty_pki.trust(keys, tmp_path_factory.mktemp("trust"))


def told(pdf, trust, leaders, signer=""):
    path = trust / "register.json"
    rows = json.loads(path.read_text("utf-8"))
    rows = [one | ({"leaders": leaders or []} if one["code"] == OFFICE else {}) for one in rows]
    path.write_text(json.dumps(rows), "utf-8")
    known = [] if leaders is None else register(trust)
    return report(pdf, Trust.given(trust), known, sender=OFFICE, signer=signer, at=datetime.now(UTC))


@pytest.mark.parametrize(("table", "case"), [(TABLE, case) for case in TABLE] + [(NAMED, case) for case in NAMED])
def test_art_3_3_only_what_is_registered_seals_and_leads(keys, trust, letter, table, case):
    leader, seal, leaders, verdict, codes = table[case]
    found = told(elsewhere(keys, elsewhere(keys, letter, leader), seal), trust, leaders, NAME if table is NAMED else "")
    assert (found["verdict"], [one["code"] for one in found["reasons"]]) == (verdict, codes)
    place = {"not_leader": 0, "leader_not_registered": 0, "agency_not_registered": 1}.get(codes[0])
    assert place is None or found["signatures"][place]["serial"] in found["reasons"][0]["message"]


def test_art_3_3_b_the_reason_names_every_term_of_a_leader(keys, trust, letter):
    found = told(elsewhere(keys, elsewhere(keys, letter, LEADER), SEAL), trust, TERMS)["reasons"][0]
    terms = f"… {{}} 31/12/2018; 01/03/2019 – 31/05/2021; {NOW.date() + timedelta(days=2):%d/%m/%Y} – …"
    assert terms.format("đến hết") in found["message"] and terms.format("to") in found["message_en"]


def test_nd_30_21_2_a_a_certificate_put_in_the_place_of_the_signers_is_invalid(keys, trust, letter):
    """The registered one in the place of another of the same agency: the signature is not its key's."""
    signed = elsewhere(keys, elsewhere(keys, letter, LEADER), "agency:again")
    swapped = certificate_swapped(signed, faulty_pki.der(keys, f"agency-{OFFICE}"))
    assert told(swapped, trust, BY_KEY)["verdict"] == "invalid"


def own(keys, purpose, stem, name, **more):
    """A row of an agency's own list, as `trust_anchor.registered` gives it."""
    print_ = hashlib.sha256(faulty_pki.der(keys, stem)).hexdigest()
    return {"purpose": purpose, "fingerprint": print_, "name": name, "since": "2020-01-01",
            "until": "2090-01-01"} | more


def test_art_3_3_what_two_people_registered_stands_beside_the_file_one_by_one(keys, trust, letter):
    """A renewed seal and a new leader take nothing from the file's; of one certificate their word goes first."""
    told(letter, trust, BY_KEY)  # writes the file

    def verdicts(*rows, code=OFFICE):
        sender, _ = of_sender(rows, trust, [code])
        by_list, = [one for one in of_lists([{"codes": [code], "rows": list(rows)}], register(trust))
                    if code in one.codes]
        assert sender == by_list
        return [report(elsewhere(keys, elsewhere(keys, letter, leader), seal), Trust.given(trust), [sender],
                       sender=code, at=datetime.now(UTC))["verdict"]
                for leader, seal in ((LEADER, SEAL), ("person:chuyen", "agency:again"), ("person:again", SEAL))]

    seal, leader = own(keys, "agency", "agency-again", ""), own(keys, "leader", "person-chuyen", "Phạm Văn Chuyên")
    assert verdicts(seal, leader) == ["3.3.b", "3.3.b", "indeterminate"]
    until = f"{NOW.date() - timedelta(days=2)}"
    assert verdicts(seal, own(keys, "agency", f"agency-{OFFICE}", "", until=until))[0] == "invalid"
    assert verdicts(own(keys, "leader", "person-thao", NAME, until=until))[0] == "incomplete"
    assert verdicts(seal, own(keys, "agency", f"agency-{OFFICE}", "", taken_out="yes"))[0] == "invalid"
    # a leader whom the file knows by name alone is known by his certificate now, and by its days
    told(letter, trust, BY_NAME)
    assert verdicts(seal)[::2] == ["3.3.b", "3.3.b"]
    assert verdicts(own(keys, "leader", "person-thao", NAME))[::2] == ["3.3.b", "indeterminate"]
    assert verdicts(own(keys, "leader", "person-thao", NAME, until=until))[::2] == ["incomplete", "incomplete"]


def test_art_3_3_an_agency_is_known_by_the_other_codes_of_the_file_too(keys, trust):
    path = trust / "register.json"
    rows = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps([one | {"other_codes": ["H38.CU"]} if one["code"] == OFFICE else one for one in rows]))
    sender, where = of_sender([own(keys, "agency", "agency-again", "")], trust, [OFFICE])
    path.write_text(json.dumps(rows), "utf-8")
    assert (sender.codes, where, len(sender.certificates)) == ((OFFICE, "H38.CU"), "agency", 2)
