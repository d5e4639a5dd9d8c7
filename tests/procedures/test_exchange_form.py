"""Art. 4: the decision table gives every item of 4.1 its clause and its words; all else is hybrid (4.2)."""

from datetime import date
from pathlib import Path

import pytest
from drawing import PARSER
from lxml import etree

from app.engine import decision
from app.regulation.layout_grammar import TYPES

FILE = Path(__file__).resolve().parents[2] / "processes" / "exchange_form.dmn"
DAY = "2026-01-20"
DMN = "{https://www.omg.org/spec/DMN/20191111/MODEL/}"

# the article's own words, item by item: (purpose, words)
ART_4_1_A = [
    ("steering", "Văn bản chỉ đạo, điều hành"), ("calendar", "lịch công tác"),
    ("programme_plan", "các chương trình, kế hoạch"), ("meeting_invitation", "giấy mời họp nội bộ"),
    ("meeting_paper", "tài liệu phục vụ họp"), ("to_know", "văn bản để biết"), ("to_report", "để báo cáo"),
    ("consult", "xin ý kiến"), ("general_notice", "thông báo chung của cơ quan, đơn vị"),
    ("working_paper", "các tài liệu cần trao đổi trong quá trình xử lý công việc"),
]
ART_4_1_B = [
    ("calendar", "Lịch làm việc, lịch công tác (tuần, tháng, quý, năm) của lãnh đạo cơ quan, đơn vị"),
    ("calendar_registration", "văn bản đăng ký lịch làm việc với thường trực UBND tỉnh"),
    ("meeting_invitation", "văn bản mời dự họp, dự hội nghị"), ("meeting_paper", "các tài liệu kèm theo"),
    ("periodic_report", "các loại báo cáo định kỳ (tuần, tháng, quý, năm)"),
    ("certified_copy", "Các văn bản sao y, sao lục, trích lục văn bản của trung ương"),
    ("to_know", "các văn bản gửi đến cơ quan, đơn vị chỉ để biết"),
    ("notice_seal_signature_office", "thông báo giới thiệu con dấu, chữ ký, trụ sở làm việc"),
    ("conclusion", "ý kiến kết luận của lãnh đạo cơ quan, đơn vị"),
    ("no_paper_required", "mà cơ quan, đơn vị nhận văn bản không yêu cầu văn bản giấy"),
]
CASES = [("internal", "Điều 4.1.a", *item) for item in ART_4_1_A]
CASES += [("between", "Điều 4.1.b", *item) for item in ART_4_1_B]


@pytest.fixture(scope="module")
def table():
    return decision.load(FILE.read_bytes())


def _purposes() -> list[str]:
    values = etree.fromstring(FILE.read_bytes(), PARSER).find(f".//*[@id='input_purpose_values']/{DMN}text")
    return [value.strip('"') for value in values.text.split(",")]


@pytest.mark.parametrize(("scope", "clause", "purpose", "words"), CASES, ids=lambda value: value.split(",")[0])
def test_art_4_1_names_it_electronic(table, scope, clause, purpose, words):
    found = table.decide({"scope": scope, "type_name": "Công văn", "purpose": purpose, "day": DAY})
    assert found.outputs == {"exchange_form": "electronic", "clause": clause}
    assert words in found.rules[0][1]


def test_art_4_2_all_else_is_hybrid(table):
    named = {(scope, purpose) for scope, _, purpose, _ in CASES}
    for scope in ("internal", "between"):
        for purpose in [*_purposes(), "", "never heard of"]:
            found = table.decide({"scope": scope, "type_name": "Công văn", "purpose": purpose, "day": DAY})
            expected = "electronic" if (scope, purpose) in named else "hybrid"
            assert found.outputs["exchange_form"] == expected, (scope, purpose)
            assert (found.outputs["clause"] == "Điều 4.2") == (expected == "hybrid")


@pytest.mark.parametrize(("scope", "type_name", "clause"), [
    ("internal", "Giấy mời", "Điều 4.1.a"), ("internal", "Chương trình", "Điều 4.1.a"),
    ("internal", "Kế hoạch", "Điều 4.1.a"), ("between", "Giấy mời", "Điều 4.1.b"),
    ("between", "Kế hoạch", "Điều 4.2"), ("between", "Quyết định", "Điều 4.2"),
])
def test_art_4_1_names_some_kinds_whatever_their_purpose(table, scope, type_name, clause):
    asked = {"scope": scope, "type_name": type_name, "purpose": "other", "day": DAY}
    assert table.decide(asked).outputs["clause"] == clause


def test_art_4_1_c_has_its_place_and_no_kind_yet(table):
    """The sample row is no kind of document: nothing becomes electronic by it until the province names a kind."""
    root = etree.fromstring(FILE.read_bytes(), PARSER)
    sample = root.find(f".//{DMN}rule[@id='rule_c_added']")
    type_name = sample.findall(f"{DMN}inputEntry")[1].findtext(f"{DMN}text").strip('"')
    assert type_name not in TYPES
    found = table.decide({"scope": "between", "type_name": type_name, "purpose": "other", "day": DAY})
    assert found.outputs == {"exchange_form": "electronic", "clause": "Điều 4.1.c"}


def test_art_4_a_row_decides_on_its_days_only(table):
    """The regulation is in force since 15 January 2018; a kind that the province adds for a time ends with it."""
    asked = {"scope": "between", "type_name": "Thông báo", "purpose": "to_know"}
    assert [table.decide({**asked, "day": day}).outputs["clause"] for day in ("2018-01-14", "2018-01-15")] == [
        "Điều 4.2", "Điều 4.1.b"]
    assert {line.asks["day"] for line in table.lines()} == {'>= date("2018-01-15")', "-"}
    assert [line.id for line in table.lines() if line.takes("day", date(2018, 1, 14))] == ["rule_hybrid"]
    text = FILE.read_text(encoding="utf-8")
    start = text.index('<inputEntry id="c_added_day">')
    text = text[:start] + text[start:].replace(
        '&gt;= date("2018-01-15")', '[date("2027-01-01")..date("2027-12-31")]', 1)
    timed = decision.load(text.encode().replace("Tên loại văn bản được UBND tỉnh bổ sung".encode(), b"Thong bao"))
    asked = {"scope": "between", "type_name": "Thong bao", "purpose": "other"}
    found = [timed.decide({**asked, "day": day}).outputs["clause"]
             for day in ("2026-12-31", "2027-01-01", "2027-12-31", "2028-01-01")]
    assert found == ["Điều 4.2", "Điều 4.1.c", "Điều 4.1.c", "Điều 4.2"] and timed.findings() == []


def test_each_purpose_but_other_stands_in_a_row(table):
    assert set(_purposes()) == {purpose for _, _, purpose, _ in CASES} | {"other"}
    assert table.findings() == []
