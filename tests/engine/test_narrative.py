"""The regulation text of a procedure (Art. 10.2): every element once; who, when, with what, on which condition."""

from collections import Counter
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

from app import ARTICLES
from app.engine.diagram import shipped
from app.engine.difference_sketch import sketch
from app.engine.narrative import Narrative, narrate
from app.regulation.internal_rules import internal_rules

ROOT = Path(__file__).resolve().parents[2]
OUT = "outgoing_electronic"
PROCEDURES = ("incoming", OUT, "outgoing_hybrid")


@pytest.fixture(autouse=True)
def _registered() -> None:
    for article in ARTICLES:
        import_module(f"app.regulation.{article}")


@cache
def files() -> dict[str, bytes]:
    return shipped(ROOT)


def edited(key: str, *pairs: tuple[str, str]) -> dict[str, bytes]:
    text = files()[f"bpmn:{key}"].decode()
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new, 1)
    return {**files(), f"bpmn:{key}": text.encode()}


def of_text(found: Narrative, start: str) -> str:
    """The first line that begins so."""
    return next(line for line in found.text.splitlines() if line.startswith(start))


@pytest.mark.parametrize("key", PROCEDURES)
def test_each_element_is_told_once_at_a_place_with_its_id(key: str):
    found = narrate(files(), key)
    drawn = {item.id for item in sketch(files()[f"bpmn:{key}"]).items.values()
             if item.tag not in ("collaboration", "laneSet", "message", "association")}
    told = Counter(found.anchors())
    assert set(told) == drawn and len(drawn) > 50 and set(told.values()) == {1}
    leads = [span for line in found.lines for span in line.spans if span.to]
    assert leads and all(span.text and "…" not in span.text and span.to in told for span in leads)


def test_the_same_files_give_the_same_text_in_order():
    assert narrate(files(), "incoming") == narrate(dict(files()), "incoming")
    numbers = [line.number for line in narrate(files(), OUT).lines if line.style == "article"]
    assert numbers == [f"Điều {n}." for n in range(1, len(numbers) + 1)]
    titles = [line.text for line in narrate(files(), OUT).lines if line.style == "article"]
    assert titles[3:] == ["Điều 4. Soạn thảo, hoàn thiện dự thảo", "Điều 5. Cho ý kiến về dự thảo",
                          "Điều 6. Lãnh đạo phòng kiểm duyệt", "Điều 7. Lãnh đạo duyệt nội dung",
                          "Điều 8. Lãnh đạo ký số cá nhân", "Điều 9. Ký số cơ quan và phát hành"]


def test_who_when_with_what_form_and_on_what_article():
    lines = narrate(files(), OUT).text.splitlines()
    at = lines.index("Điều 6. Lãnh đạo phòng kiểm duyệt")
    assert lines[at + 1:at + 6] == [
        "1. Người thực hiện: Lãnh đạo phòng của phòng, ban, đơn vị soạn thảo.",
        "2. Nội dung: Lãnh đạo phòng, ban, đơn vị trực thuộc kiểm duyệt dự thảo trước khi trình lãnh đạo cơ quan (theo "
        "khoản 2 Điều 8).",
        "3. Thời hạn: Sơ đồ không đặt hạn riêng; thực hiện theo thời hạn chung của cơ quan, đơn vị.",
        "4. Biểu mẫu: trên phần mềm, nhập “Ý kiến kiểm duyệt”; chọn “Kết quả kiểm duyệt (Điều 8.2)” (bắt buộc): “Đồng "
        "ý, trình lãnh đạo cơ quan” hoặc “Trả lại người soạn thảo”; đính kèm “Bản đã sửa (.docx)”. Một số ô chỉ hiện "
        "theo lựa chọn đã nhập.",
        "5. Hoàn thành thì chuyển sang khoản 6 Điều này."]
    due = narrate(edited(OUT, ('camunda:formKey="approve"', 'camunda:formKey="approve" camunda:dueDate="P1D"')), OUT)
    assert "3. Thời hạn: Trong 1 ngày." in due.text


def test_conditions_are_the_words_of_the_form_before_them():
    text = narrate(files(), OUT).text
    assert "“Đồng ý”: nếu chọn “Đồng ý, trình lãnh đạo cơ quan” thì chuyển sang “Lãnh đạo duyệt nội dung” " \
        "(Điều 7);" in text
    assert "“Trả lại”: trong trường hợp còn lại (chọn “Trả lại người soạn thảo”) thì chuyển sang “Soạn thảo, hoàn " \
        "thiện dự thảo” (Điều 4)." in text
    incoming = narrate(files(), "incoming").text
    assert "nếu chữ ký số hợp lệ hoặc đường đến của văn bản là “văn bản giấy” thì" in incoming
    # of the choices before it, one is already taken
    assert "“Giao xử lý”: trong trường hợp còn lại (chọn “Giao xử lý”) thì" in incoming
    assert "quá 1 ngày kể từ khi giao việc “Lãnh đạo phân công, bút phê” mà chưa hoàn thành thì việc vẫn tiếp tục, " \
        "đồng thời chuyển sang khoản 7 Điều này." in incoming


def test_parallel_branches_subprocesses_links_and_notes_have_words():
    inside = ('<bpmn:subProcess id="sub" name="Thẩm định"><bpmn:outgoing>f2</bpmn:outgoing>'
              '<bpmn:startEvent id="s1" /><bpmn:endEvent id="e1" name="Xong" /><bpmn:parallelGateway id="p1" />'
              '<bpmn:parallelGateway id="p2" /><bpmn:userTask id="u1" name="Pháp chế" camunda:formKey="own" '
              'camunda:dueDate="P2D"><bpmn:multiInstanceLoopCharacteristics camunda:collection="=people" '
              'camunda:elementVariable="person" /></bpmn:userTask><bpmn:userTask id="u2" name="Tài chính" />'
              + "".join(f'<bpmn:sequenceFlow id="{i}" sourceRef="{a}" targetRef="{b}" />' for i, a, b in (
                  ("x1", "s1", "p1"), ("x2", "p1", "u1"), ("x3", "p1", "u2"), ("x4", "u1", "p2"), ("x5", "u2", "p2"),
                  ("x6", "p2", "e1"))) + "</bpmn:subProcess>"
              '<bpmn:sequenceFlow id="f2" sourceRef="sub" targetRef="approve" />'
              '<bpmn:textAnnotation id="note"><bpmn:text>Chỉ với văn bản quy phạm</bpmn:text></bpmn:textAnnotation>'
              '<bpmn:association id="a1" sourceRef="sub" targetRef="note" /><bpmn:sequenceFlow id="flow_start_draft"')
    found = narrate(edited(OUT, ('sourceRef="gateway_review" targetRef="approve"',
                                                   'sourceRef="gateway_review" targetRef="sub"'),
                           ('<bpmn:sequenceFlow id="flow_start_draft"', inside)), OUT)
    text = found.text
    assert Counter(found.anchors())["note"] == Counter(found.anchors())["x3"] == 1
    assert "Thực hiện quy trình con “Thẩm định”" in text and "Bắt đầu quy trình con “Thẩm định”" in text
    assert "Điểm song song: thực hiện đồng thời các nhánh sau:" in text
    assert "Điểm song song: chờ tất cả các nhánh song song hoàn thành. Sau đó chuyển sang" in text
    assert "thực hiện đồng thời cho từng giá trị của “people”" in text and "Thời hạn: Trong 2 ngày." in text
    assert "Ghi chú: Chỉ với văn bản quy phạm" in text


def test_a_decision_table_is_an_annex_in_words():
    found = internal_rules(files(), "incoming", version=3, sha256="a" * 64)
    table = found.tables[0]
    assert (table.number, table.title, table.intro) == (
        "Phụ lục", "Cách thức trao đổi văn bản (Điều 4)", "Cách chọn dòng: lấy dòng khớp đầu tiên.")
    assert table.rows[0] == ("rule_a_steering", (
        "1", "Phạm vi là “nội bộ cơ quan, đơn vị” và mục đích là “Chỉ đạo, điều hành” và ngày áp dụng từ ngày "
        "15/01/2018 trở đi",
        "Cách thức trao đổi là “hoàn toàn điện tử”; điều khoản là “Điều 4.1.a”",
        "Trong phạm vi nội bộ các cơ quan, đơn vị: Văn bản chỉ đạo, điều hành."))
    assert "(phiên bản 3, mã kiểm tra aaaaaaaaaaaaaaaa)" in found.text and "48/2017/QĐ-UBND" in found.bases[1]
    assert found.text.count("./.") == 1


def test_a_draft_that_is_not_finished_still_has_a_text():
    alone = narrate(edited(OUT, ('targetRef="review"', 'targetRef="nobody"')), OUT)
    assert "Lãnh đạo phòng kiểm duyệt" in alone.text and set(Counter(alone.anchors()).values()) == {1}
    hostile = narrate(edited(OUT, ('name="Hủy dự thảo" scriptFormat', 'name="A&#x202e;B &lt;b&gt;" scriptFormat')), OUT)
    assert "\u202e" not in hostile.text and "A B <b>: phần mềm" in hostile.text  # pages escape it
    with pytest.raises(KeyError):
        narrate(files(), "nothing")
