"""Art. 3.3: which signatures make a document validly signed; plain reports in, a colour and sentences out."""

import re
from datetime import date

import pytest

from app.regulation.verdict import Agency, Registered, judge, judgement
from app.regulation.verdict_reason import INVALID, OF_DOCUMENT, OF_SIGNATURE, Reason
from app.tools import edxml_signature, signing_verify

SENDER = "H38.10"


def person(name="Nguyễn Văn Hòa", code=SENDER, problems=()):
    return {"field": "leader_1", "signer": name, "organisation_code": code, "organisation_name": "Sở A",
            "is_agency": False, "fingerprint": name, "problems": list(problems)}


def agency(code=SENDER, problems=()):
    return {"field": "agency_2", "signer": "Sở A", "organisation_code": code, "organisation_name": "Sở A",
            "is_agency": True, "fingerprint": code, "problems": list(problems)}


def colour(*reports, sender=SENDER, signer="Nguyễn Văn Hòa"):
    return judge(list(reports), sender_code=sender, signer_name=signer)["color"]


def test_art_3_3_a_the_agency_alone_signs_a_scan():
    found = judge([agency()], sender_code=SENDER, signer_name="Nguyễn Văn Hòa")
    assert (found["color"], found["kind"]) == ("green", "a")
    assert "Điều 3.3.a" in found["reasons"][0] and "Điều 3.4" in found["reasons"][0]


def test_art_3_3_b_the_leader_and_then_the_agency_sign():
    found = judge([person(), agency()], sender_code=SENDER, signer_name="Nguyễn Văn Hòa")
    assert (found["color"], found["kind"]) == ("green", "b")
    assert "Nguyễn Văn Hòa" in found["reasons"][0] and "Điều 3.3.b" in found["reasons"][0]


def test_art_6_3_b_an_unsigned_document_goes_to_the_leader():
    found = judge([], sender_code=SENDER, signer_name=None)
    assert (found["color"], found["kind"]) == ("none", None) and "Điều 6.3.b" in found["reasons"][0]


def test_art_3_3_the_leader_alone_is_not_enough():
    found = judge([person()], sender_code=SENDER, signer_name="Nguyễn Văn Hòa")
    assert (found["color"], found["kind"]) == ("amber", None) and "Điều 3.3" in found["reasons"][0]


def test_art_9_1_d_nobody_signs_after_the_agency():
    assert colour(agency(), person()) == "red"
    assert colour(person(), agency(), person("Lê Thị B")) == "red"
    assert colour(agency(), person(), agency()) == "red", "sealed again after it"


def test_art_3_3_the_seal_is_the_senders():
    assert colour(agency("H38.11")) == "red"
    assert colour(person(), agency("H38.11")) == "red"
    assert colour(agency("h38.10 ")) == "green"
    assert colour(agency(), sender="") == "amber"


def test_art_3_3_several_agencies_may_sign_when_the_sender_is_last():
    assert colour(person(), agency("H38.11"), agency()) == "green"
    assert colour(person(), agency(), agency("H38.11")) == "red"


def test_art_3_3_b_an_officer_does_not_sign_for_the_leader():
    found = judge([person("Phạm Văn Chuyên"), agency()], sender_code=SENDER, signer_name="Nguyễn Văn Hòa")
    assert found["color"] == "amber" and "Phạm Văn Chuyên" in found["reasons"][0]


def test_art_3_3_b_without_a_register_and_a_printed_name_nobody_is_taken_for_the_leader():
    """Whoever of the agency signed: who has the authority (Art. 3.3.b) is not known."""
    for name in (None, ""):
        found = judge([person("Phạm Văn Chuyên"), agency()], sender_code=SENDER, signer_name=name)
        assert (found["verdict"], [one["code"] for one in found["told"]]) == ("indeterminate", ["leader_unknown"])
        assert "Phạm Văn Chuyên" in found["reasons"][0] and "Danh sách tin cậy" in found["reasons"][0]
        leads = Agency((SENDER,), None, (Registered("", "Nguyễn Văn Hòa"),))
        assert judge([person(), agency()], sender_code=SENDER, signer_name=name, registered=leads)["color"] == "green"
    assert judge([person(), agency()], sender_code=SENDER, signer_name=None, is_own=True)["color"] == "green"


def test_art_3_3_b_the_leader_may_be_one_of_several_people():
    assert colour(person("Phạm Văn Chuyên"), person(), agency(), signer="Nguyễn Văn Hòa") == "green"


def test_art_3_3_b_a_person_of_another_agency_is_told():
    assert colour(person(code="H38.11"), agency()) == "amber"
    assert colour(person(code=""), agency()) == "green"


@pytest.mark.parametrize("spelt", ["Nguyễn Văn Hoà", "NGUYỄN VĂN HÒA", "Nguyễn  Văn\u00a0Hòa",
                                   "Nguye\u0302\u0303n Va\u0306n Ho\u0300a"])
def test_one_name_in_several_spellings(spelt):
    assert colour(person(), agency(), signer=spelt) == "green"


def test_another_tone_is_another_name():
    assert colour(person(), agency(), signer="Nguyễn Văn Hóa") == "amber"


@pytest.mark.parametrize("problem", [code for code, rule in OF_SIGNATURE.items() if rule.does == INVALID])
def test_every_falsehood_is_red_wherever_it_stands(problem):
    for reports in ([person(problems=[problem]), agency()], [person(), agency(problems=[problem])]):
        found = judge(reports, sender_code=SENDER, signer_name=None)
        assert found["color"] == "red" and "Điều" in found["reasons"][0]


@pytest.mark.parametrize("problem", [*(code for code, rule in OF_SIGNATURE.items() if rule.does != INVALID),
                                     "a_code_of_tomorrow"])
def test_what_is_unproven_is_never_green(problem):
    assert colour(person(problems=[problem]), agency()) == "amber"
    assert colour(agency(problems=[problem])) == "amber"


def test_a_falsehood_outweighs_what_is_unproven_and_both_are_said():
    found = judge([agency("H38.11", ["time_unproven"])], sender_code=SENDER, signer_name=None)
    assert found["color"] == "red" and len(found["reasons"]) == 2


def test_a_file_that_cannot_be_read_is_never_green():
    nothing = {**agency(), "field": "", "signer": "", "is_agency": False}
    assert colour({**nothing, "problems": ["unreadable"]}) == "red"
    assert colour({**nothing, "problems": ["encrypted"]}) == "amber"


def test_every_problem_of_the_verifier_has_its_sentence():
    told = [re.sub(r"\([^)]*\)", "", one.__doc__).split("Problems:")[1].split(".")[0].split(",")
            for one in (signing_verify.verify, edxml_signature.verify)]
    assert {word.strip() for words in told for word in words} | {"heavy", "taken_out"} == set(OF_SIGNATURE)


def verdict(*reports, is_scan=None, signer="Nguyễn Văn Hòa", **registered):
    return judgement(list(reports), Agency((SENDER,), **registered), signer_name=signer, is_scan=is_scan)


def test_art_3_3_a_the_agency_alone_signs_nothing_but_a_scan():
    assert verdict(agency(), is_scan=True).verdict == "3.3.a" and verdict(agency(), is_scan=True).handling == "6.3.a"
    found = verdict(agency(), is_scan=False)
    assert (found.verdict, found.handling, found.reasons[0].code) == ("incomplete", "6.3.b", "leader_missing")
    assert verdict(person(), agency(), is_scan=False).verdict == "3.3.b"


def test_art_3_3_the_agency_signs_with_a_registered_certificate():
    assert verdict(agency(), certificates=(Registered(SENDER),)).verdict == "3.3.a"
    found = verdict(agency(), certificates=(Registered("another"),))
    assert (found.verdict, found.reasons[0].code) == ("indeterminate", "agency_not_registered")
    days = (Registered(SENDER, until=date(2026, 3, 1)),)
    late = {**agency(), "time_source": "timestamp", "signed_at": "2026-03-02T08:00:00+07:00"}
    found = verdict(late, certificates=days)
    assert found.verdict == "invalid" and "01/03/2026" in found.reasons[0].sentence()


def test_art_3_3_b_a_registered_leader_signs_by_certificate_or_where_none_is_known_by_name():
    by_key, by_name = {"leaders": (Registered("Nguyễn Văn Hòa"),)}, {"leaders": (Registered("", "Nguyễn Văn Hoà"),)}
    for registered in (by_key, by_name):
        assert verdict(person(), agency(), **registered).verdict == "3.3.b"
        found = verdict(person("Phạm Văn Chuyên"), agency(), **registered)
        assert (found.verdict, found.reasons[0].code) == ("incomplete", "not_leader")


@pytest.mark.parametrize(("printed", "others", "code"), [
    ("Nguyên Văn Hòa", (), "signer_near"), ("Nguyen Van Hòa", (), "signer_near"),
    ("Nguvễn Vãn Hòa", (), "signer_near"), ("Nguyễn Vn Hòa", (), "signer_near"),
    ("Nguyễn Văn Hòa", (), ""),
    ("Nguyên Văn Hoa", (), "other_person"), ("Nguyễn Văn Hào", (), "other_person"),
    ("Nguyễn Văn Họ", (), "other_person"), ("Văn Hòa", (), "other_person"),
    ("Nguxxn Văn Hòa", (), "other_person"), ("Ngyễn Vn Hoà Bình", (), "other_person"),
    ("Nguyễn Văn Hoa", ("Nguyễn Văn Hoa",), "other_person"), ("Nguyên Văn Hoa", ("Nguyễn Văn Hoa",), "other_person"),
    ("Nguyễn Vn Hòa", ("Nguyễn Vân Hòa",), "other_person"), ("Nguvễn Văn Hòa", ("Phạm Thị Bình",), "signer_near")])
def test_art_3_3_b_a_name_that_was_not_read_clearly_may_be_the_registered_leaders(printed, others, code):
    """Never another leader's, nor another given name; what was read clearly or stated is taken at its word."""
    leaders = (Registered("Nguyễn Văn Hòa", "Nguyễn Văn Hòa"), *(Registered(one, one) for one in others))
    told = {"signer_name": printed, "is_scan": False}
    found = judgement([person(), agency()], Agency((SENDER,), leaders=leaders), is_read=True, **told)
    assert found.verdict == {"other_person": "incomplete", "signer_near": "indeterminate", "": "3.3.b"}[code]
    assert found.handling == ("6.3.b" if code else "6.3.a"), "never better than what is known"
    assert (code in [one.code for one in found.reasons]) == bool(code)
    sure = judgement([person(), agency()], Agency((SENDER,), leaders=leaders), **told)
    assert sure.verdict == ("incomplete" if code else "3.3.b"), "read clearly it is as it is"
    other = judgement([person("Nguyễn Văn Hoa"), agency()], Agency((SENDER,), leaders=leaders), is_read=True, **told)
    assert other.verdict == "incomplete" or "Nguyễn Văn Hoa" in others, "another's certificate"
    assert judgement([person(), agency()], Agency((SENDER,)), is_read=True, **told).verdict == sure.verdict


@pytest.mark.parametrize(("printed", "signed", "code"), [
    ("Trần Mạnh Hùng", "Trần Mạnh Hưng", "other_person"), ("Lê Hồng An", "Lê Hồng Ân", "other_person"),
    ("Lê Hoà", "Lê Hoa", "other_person"), ("Tran Manh Hùng", "Trần Mạnh Hùng", "signer_near"),
    ("Trẩn Mạnh Hùng", "Trần Mạnh Hùng", "signer_near"), ("Dô Văn Tuấn", "Đỗ Văn Tuấn", "signer_near"),
    ("Lê Văn Thanh", "Lê Văn Thành", "signer_near"), ("Lê Văn Tuân", "Lê Văn Tuấn", "signer_near"),
    ("Lê Vàn Thanh", "Lê Văn Thành", "signer_near"), ("Lẽ Vàn Thanh", "Lê Văn Thành", "other_person")])
def test_art_3_3_b_names_that_differ_by_marks_are_not_taken_for_one(printed, signed, code):
    found = judgement([person(signed), agency()], Agency((SENDER,), leaders=(Registered(signed, signed),)),
                      signer_name=printed, is_scan=False, is_read=True)
    assert [one.code for one in found.reasons][:1] == [code] and found.handling == "6.3.b"


@pytest.mark.parametrize(("problems", "is_scan", "worst"), [
    (["time_unproven", "altered"], False, "invalid"), (["time_unproven"], False, "incomplete"),
    (["time_unproven"], True, "indeterminate")])
def test_the_worst_reason_is_the_verdict_and_stands_first(problems, is_scan, worst):
    found = verdict(agency(problems=problems), is_scan=is_scan)
    assert found.verdict == found.reasons[0].does == worst and found.handling == "6.3.b"


@pytest.mark.parametrize("code", [*OF_SIGNATURE, *OF_DOCUMENT])
def test_every_reason_is_said_in_both_languages(code):
    names = dict.fromkeys(("who", "found", "wanted", "names", "serial", "issuer", "since", "until", "day"), "Sở A")
    said = Reason(code, names).sentence(), Reason(code, names).sentence(english=True)
    assert "Điều" in said[0] and "Art." in said[1] and "{" not in "".join(said)


@pytest.mark.parametrize(("attached", "code", "color"), [
    ([], "attachment_unsigned", "green"), ([person()], "attachment_unsigned", "green"),
    ([agency("H38.11")], "attachment_unsigned", "green"), ([agency()], "", "green"),
    ([{**agency(), "fingerprint": "another"}], "attachment_other", "amber"),
    ([agency(problems=["altered"])], "attachment_false", "red"),
    ([agency(problems=["revocation_unknown"])], "attachment_unproven", "amber")],
    ids=["unsigned", "a_person_only", "another_agency", "signed", "another_certificate", "altered", "unproven"])
def test_nd_30_2020_annex_i_the_agency_signs_each_attachment(attached, code, color):
    """One that nobody signed is said; one that was altered makes the whole invalid."""
    found = judge([agency()], sender_code=SENDER, signer_name=None, attached=[[agency()], attached])
    assert [one["code"] for one in found["told"] if one["code"].startswith("attachment")] == ([code] if code else [])
    assert found["color"] == color and (not code or any("thứ 2" in one for one in found["reasons"]))


# --- electronic copies (NĐ 30/2020 Đ25, 26)

UPPER_RIGHT = {"page": 1, "boxes": [[400, 20, 560, 60]], "size": [595, 842]}


def copier(*words, place=UPPER_RIGHT, code=SENDER, problems=()):
    return {**agency(code, problems), "words": list(words), "place": place}


def copied(*reports, notation="TrS-STC", is_scan=False):
    found = judge(list(reports), sender_code=SENDER, signer_name="Nguyễn Văn Hòa", is_scan=is_scan, notation=notation,
                  registered=Agency((SENDER,), tuple(map(Registered, (SENDER, "H38.11")))))
    return found["color"], found["verdict"], [one["code"] for one in found["told"]]


@pytest.mark.parametrize(("notation", "form", "is_scan"), [
    ("TrS-STC", "TRÍCH SAO", False), ("TrS-STC", "TRÍCH SAO", True), ("SY-STC", "SAO Y", True),
    ("SL-UBND", "Sao lục", True), ("", "TRÍCH SAO", False)])
def test_nd_30_d26_a_copy_signed_by_the_agency_that_copied_has_the_value_of_the_original(notation, form, is_scan):
    seal = copier(form, "Sở A", "2026-03-16T09:05:12+07:00")
    assert copied(seal, notation=notation, is_scan=is_scan) == ("green", "copy", ["valid_copy"])


def test_nd_30_d26_a_valid_copy_says_that_the_signer_of_the_original_has_not_signed_it():
    [said] = judge([copier("TRÍCH SAO", "Sở A")], sender_code=SENDER, signer_name=None, is_scan=False,
                   registered=Agency((SENDER,), (Registered(SENDER),)))["reasons"]
    assert "TRÍCH SAO" in said and "Sở A" in said and "Điều 26" in said and "không có trong bản sao" in said


@pytest.mark.parametrize(("seal", "notation", "is_scan", "color", "code"), [
    # the number alone makes no copy
    (copier(), "TrS-STC", False, "amber", "copy_unmarked"),
    (copier("Sở A", "2026-03-16T09:05:12+07:00"), "TrS-STC", False, "amber", "copy_unmarked"),
    (copier("Sở A"), "SY-STC", True, "amber", "copy_unmarked"),
    (copier("SAO Y", "Sở A"), "TrS-STC", False, "amber", "copy_unmarked"),  # another form
    (copier("SAO Y TRÍCH SAO", "Sở A"), "TrS-STC", False, "amber", "copy_unmarked"),
    (copier("TRÍCH SAO", "Sở A", place=None), "TrS-STC", False, "amber", "copy_unmarked"),  # unseen
    (copier("TRÍCH SAO", "Sở A", place={**UPPER_RIGHT, "page": 2}), "TrS-STC", False, "amber", "copy_unmarked"),
    (copier("TRÍCH SAO", "Sở A", place={**UPPER_RIGHT, "boxes": [[60, 700, 200, 740]]}), "TrS-STC", False, "amber",
     "copy_unmarked"),
    # an electronic original is sent on as it is
    (copier("SAO Y", "Sở A"), "SY-STC", False, "amber", "copy_of_electronic"),
    (copier("SAO LỤC", "Sở A"), "SL-STC", False, "amber", "copy_of_electronic"),
    # it names one agency and bears the signature of another
    (copier("TRÍCH SAO", "Sở B"), "TrS-STC", False, "amber", "copy_other_agency"),
    (copier("TRÍCH SAO", "Sở A", code="H38.11"), "TrS-STC", False, "red", "other_agency"),
    # the mark makes no copy of what is numbered as a document, nor does a person's signature
    (copier("TRÍCH SAO", "Sở A"), "STC-NS", False, "amber", "leader_missing"),
    (copier("TRÍCH SAO", "Sở A", problems=["altered"]), "TrS-STC", False, "red", "altered"),
])
def test_nd_30_d25_a_false_copy_looks_no_better_than_it_is(seal, notation, is_scan, color, code):
    found = copied(seal, notation=notation, is_scan=is_scan)
    assert found[0] == color and code in found[2] and found[1] != "copy"


def test_nd_30_d25_what_a_person_signed_is_judged_as_an_original():
    seal = copier("TRÍCH SAO", "Sở A")
    assert copied(person(), seal) == ("green", "3.3.b", ["valid_b", "leaders_silent"])
    assert copied(person("Phạm Văn Chuyên"), seal)[2] == ["other_person"]
    assert copied({**person(), "words": ["TRÍCH SAO", "Sở A"], "place": UPPER_RIGHT})[2] == ["agency_missing"]
