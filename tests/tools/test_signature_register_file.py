"""Art. 3.3: what a register.json may say, and how it is told where it says something that nobody would hear."""

import json

import faulty_pki
import pytest
from signing_world import NAME, OFFICE, OTHER

from app.regulation.signature_register import (
    RegisterCodeTwice,
    RegisterFileWrong,
    RegisterKeyTwice,
    RegisterKeyUnknown,
    RegisterWrong,
    register,
)
from app.web.words import sentence

MARK = "a" * 64


def row(code=OFFICE, **more):
    return {"code": code, "agency_certificates": [MARK]} | more


#: what stands in the file -> (how it is refused, entry, field)
WRONG = {
    # the last of two counts unseen: leaders, or seals, would be gone
    '[{"code": "A", "leaders": [{"name": "B"}], "leaders": []}]': (RegisterKeyTwice, 1, "leaders"),
    '[{"code": "A"}, {"code": "B", "agency_certificates": ["a.pem"], "agency_certificates": []}]':
        (RegisterKeyTwice, 2, "agency_certificates"),
    '[{"code": "A", "leaders": [{"name": "B"}, {"name": "B", "until": "2020-01-01", "until": "2030-01-01"}]}]':
        (RegisterKeyTwice, 1, "leaders[2].until"),
    '[{"code": "A", "code": "B"}]': (RegisterKeyTwice, 1, "code"),
    # a name that was mistyped
    '[{"code": "A", "agency_certificate": ["a.pem"]}]': (RegisterKeyUnknown, 1, "agency_certificate"),
    '[{"code": "A"}, {"code": "B", "leader": []}]': (RegisterKeyUnknown, 2, "leader"),
    '[{"code": "A", "leaders": [{"name": "B", "untill": "2020-01-01"}]}]': (RegisterKeyUnknown, 1, "leaders[1].untill"),
    '[{"code": "A", "Code": "B"}]': (RegisterKeyUnknown, 1, "Code"),
    # values
    "[{}]": (RegisterWrong, 1, "code"),
    '[{"code": "A"}, 5]': (RegisterWrong, 2, "-"),
    '[{"code": "A", "leaders": [{"name": "B", "since": "2026-13-01"}]}]': (RegisterWrong, 1, "leaders[1].since"),
    # a code of two agencies
    json.dumps([row(OTHER, other_codes=[OFFICE]), row()]): (RegisterCodeTwice, 2, "code"),
    json.dumps([row(), row(OTHER, other_codes=[f" {OFFICE.lower()} "])]): (RegisterCodeTwice, 2, "other_codes"),
    json.dumps([row(other_codes=["CU"]), row(OTHER), row("B", other_codes=["CU"])]):
        (RegisterCodeTwice, 3, "other_codes")}


@pytest.mark.parametrize("text", WRONG)
def test_art_3_3_what_nobody_would_hear_is_told_with_its_place(tmp_path, text):
    kind, number, field = WRONG[text]
    (tmp_path / "register.json").write_text(text, "utf-8")
    with pytest.raises(kind) as told:
        register(tmp_path)
    assert (told.value.facts["row"], told.value.facts["field"]) == (number, field)
    assert f"mục {number}" in sentence(told.value) and field in sentence(told.value)


def test_art_3_3_rows_of_one_agency_may_name_its_codes_again(tmp_path):
    (tmp_path / "register.json").write_text(json.dumps([row(other_codes=["CU", OFFICE]), row(other_codes=["CU"])]))
    assert set(register(tmp_path)[0].codes) == {OFFICE, "CU"}


def test_art_3_3_a_certificate_of_two_agencies_is_each_ones(tmp_path):
    (tmp_path / "register.json").write_text(json.dumps([row(), row(OTHER)]))
    assert [one.named({"fingerprint": MARK, "organisation_name": "", "problems": []})["organisation_code"]
            for one in register(tmp_path)] == [OFFICE, OTHER]


def test_art_3_3_of_a_file_with_a_chain_the_certificate_that_is_no_authoritys_counts(pki_folder, tmp_path):
    """As authorities hand them out, in either order; where nobody knows which is meant, it is told."""
    seal, person = (f"{name}.pem" for name in (f"agency-{OFFICE}", "person-thao"))
    parts = {name: (pki_folder / name).read_text() for name in (
        "chain/issuing.pem", "trust/root.pem", seal, person)}
    issuing, root, own, other = parts.values()
    print_ = faulty_pki.fingerprint(pki_folder, f"agency-{OFFICE}").replace(":", "").lower()
    (tmp_path / "register.json").write_text(json.dumps([row(agency_certificates=["x.pem"], leaders=[{"name": NAME}])]))
    for text in (own, own + issuing + root, issuing + own, root + own + issuing):
        (tmp_path / "x.pem").write_text(text)
        assert [one.fingerprint for one in register(tmp_path)[0].certificates] == [print_]
    for text in (own + other, issuing + root, None):
        (tmp_path / "x.pem").write_text(text) if text else (tmp_path / "x.pem").unlink()
        with pytest.raises(RegisterFileWrong) as told:
            register(tmp_path)
        assert "x.pem" in sentence(told.value)
