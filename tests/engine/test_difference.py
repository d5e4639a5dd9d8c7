"""Differences between two versions of a procedure's files: nothing that is set changes unseen, a move is no change.

Sentences name labels, in Vietnamese. Each attribute and each text of a shipped drawing is changed once by a machine.
"""

import json
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
from lxml import etree

from app import ARTICLES
from app.engine.diagram import shipped
from app.engine.difference import ADDED, CHANGED, MOVED, REMOVED, between
from app.engine.drawing import BPMN, DI

ROOT = Path(__file__).resolve().parents[2]
KEY, FILE = "outgoing_electronic", "bpmn:outgoing_electronic"


@pytest.fixture(autouse=True)
def _registered() -> None:
    for article in ARTICLES:
        import_module(f"app.regulation.{article}")


@cache
def files() -> dict[str, bytes]:
    return shipped(ROOT)


def edited(name: str, *pairs: tuple[str, str], base: dict[str, bytes] | None = None) -> dict[str, bytes]:
    """The shipped files with texts of one of them replaced, each once."""
    text = (base or files())[name].decode()
    for old, new in pairs:
        assert text.count(old) >= 1, old
        text = text.replace(old, new, 1)
    return {**(base or files()), name: text.encode()}


def told(new: dict[str, bytes]) -> list[tuple[str, str, str, str]]:
    """(kind, element, what, sentence) of each change."""
    return [(c.kind, c.element, c.what, c.sentence) for c in between(files(), new, KEY).changes]


LEGAL = (
    ('<bpmn:flowNodeRef>review</bpmn:flowNodeRef>',
     '<bpmn:flowNodeRef>review</bpmn:flowNodeRef><bpmn:flowNodeRef>legal</bpmn:flowNodeRef>'),
    ('sourceRef="gateway_review" targetRef="approve"', 'sourceRef="gateway_review" targetRef="legal"'),
    ('<bpmn:sequenceFlow id="flow_start_draft"',
     '<bpmn:userTask id="legal" name="Thẩm định pháp chế" camunda:formKey="review" camunda:dueDate="P2D"/>'
     '<bpmn:sequenceFlow id="flow_legal_approve" sourceRef="legal" targetRef="approve"/>'
     '<bpmn:sequenceFlow id="flow_start_draft"'),
)


def test_the_same_files_have_no_difference_and_the_order_is_fixed():
    assert between(files(), dict(files()), KEY).changes == ()
    new = edited(FILE, *LEGAL)
    assert between(files(), new, KEY) == between(dict(files()), dict(new), KEY)
    assert not between(files(), new, "incoming").changes  # files of another procedure are left out


def test_an_inserted_task_is_said_with_its_lane_its_place_and_its_settings():
    assert told(edited(FILE, *LEGAL)) == [
        (ADDED, "legal", "node", "Thêm việc “Thẩm định pháp chế” ở làn Lãnh đạo phòng, sau “Đồng ý trình?”, trước "
         "“Lãnh đạo duyệt nội dung”: dùng biểu mẫu “review”; phải xong trong 2 ngày."),
        (ADDED, "flow_legal_approve", "flow",
         "Thêm đường nối từ “Thẩm định pháp chế” tới “Lãnh đạo duyệt nội dung”."),
        (CHANGED, "flow_gateway_review_approve", "target", "Đường nối từ “Đồng ý trình?” tới “Lãnh đạo duyệt nội "
         "dung” nay dẫn tới “Thẩm định pháp chế”."),
    ]


def test_what_is_gone_is_what_would_be_new_the_other_way_round():
    new = edited(FILE, *LEGAL)
    forth, back = between(files(), new, KEY), between(new, files(), KEY)
    assert {c.element for c in forth.changes if c.kind == ADDED} == {"legal", "flow_legal_approve"} == \
        {c.element for c in back.changes if c.kind == REMOVED}
    assert "Bỏ việc “Thẩm định pháp chế”" in back.changes[-2].sentence
    assert forth.marks()["legal"] == ADDED and back.marks()["legal"] == REMOVED


@pytest.mark.parametrize(("pair", "what", "sentence"), [
    (('camunda:formKey="approve"', 'camunda:formKey="approve" camunda:dueDate="P1D"'),
     "due", "Việc “Lãnh đạo duyệt nội dung” nay phải xong trong 1 ngày (trước: không hạn)."),
    (('camunda:modelerTemplate="qlvb.task.approve" camunda:assignee="=approver_id"',
      'camunda:modelerTemplate="qlvb.task.approve"'),
     "assignee", "Việc “Lãnh đạo duyệt nội dung” nay bất kỳ ai của làn (trước: giao cho lãnh đạo duyệt và ký)."),
    (('<camunda:property name="unit" value="=unit_id" />', ""),
     "unit", "Việc “Lãnh đạo phòng kiểm duyệt” nay giao trong cả cơ quan (trước: chỉ giao trong phòng, ban, đơn vị "
     "soạn thảo)."),
    (("P2D", "P1DT12H"), "timer", "Sự kiện chờ “Sau 2 ngày” nay chờ 1 ngày 12 giờ (trước: 2 ngày)."),
    (('decision = "approve"', 'decision = "return"'), "condition", "Đường nối từ “Duyệt nội dung?” tới “Cấp số và ngày "
     "ban hành” nay đi khi chọn “Trả lại người soạn thảo” (trước: chọn “Duyệt nội dung”)."),
    (('default="flow_gateway_approve_draft"', 'default="flow_gateway_approve_number"'), "default",
     "Điểm rẽ nhánh “Duyệt nội dung?” nay có nhánh mặc định tới “Cấp số và ngày ban hành” (trước: tới “Soạn thảo, "
     "hoàn thiện dự thảo”)."),
    (("<bpmn:script>number()</bpmn:script>", "<bpmn:script>void_number()</bpmn:script>"), "step",
     "Bước tự động “Cấp số và ngày ban hành” nay thực hiện bước “Hủy số đã cấp, ghi lý do” (trước: “Cấp số và ngày ban "
     "hành”)."),
    (('messageRef="message_receipt"', 'messageRef="message_other"'), "message",
     "Sự kiện chờ “Có hồi báo nơi nhận” nay chờ thông điệp “message_other” (trước: “receipt”)."),
    (('name="Nhắc theo dõi nơi nhận"', 'name="Đôn đốc nơi nhận"'), "label",
     "Bước tự động “Nhắc theo dõi nơi nhận” đổi tên thành “Đôn đốc nơi nhận”."),
    (('camunda:formKey="approve"', 'camunda:formKey="review"'), "form",
     "Việc “Lãnh đạo duyệt nội dung” nay dùng biểu mẫu “review” (trước: “approve”)."),
])  # fmt: skip
def test_a_setting_is_said_with_the_labels_of_the_drawing_and_the_forms(pair, what, sentence):
    found = [c for c in between(files(), edited(FILE, pair), KEY).changes if c.file == FILE]
    assert [(c.what, c.sentence) for c in found] == [(what, sentence)]
    assert found[0].places == (found[0].element,) and found[0].is_behaviour == (what != "label")


def test_arguments_lanes_loops_and_order_are_said():
    def said(*pairs):
        return [(c.element, c.what) for c in between(files(), edited("bpmn:incoming", *pairs), "incoming").changes]

    assert said(('report_status(code="03")', 'report_status(code="04")')) == [("report_received", "argument:code")]
    flow = '<bpmn:flowNodeRef>forward</bpmn:flowNodeRef>'
    assert said((flow, ""), ("<bpmn:flowNodeRef>verify</bpmn:flowNodeRef>",
                             flow + "<bpmn:flowNodeRef>verify</bpmn:flowNodeRef>")) == [("forward", "lane")]
    loop = ('><bpmn:multiInstanceLoopCharacteristics camunda:collection="co_handler_ids" '
            'camunda:elementVariable="handler_id" />')
    assert said(('camunda:assignee="=handler_id" camunda:dueDate="=due_date">', loop)) == [
        ("handle", "assignee"), ("handle", "due"), ("handle", "loop"), ("handle", "loop_variable"),
        ("handle", "loop_order")]
    text = files()["bpmn:incoming"].decode()
    first = text[text.index('<bpmn:sequenceFlow id="flow_gateway_accepted_handle"'):
                 text.index('<bpmn:sequenceFlow id="flow_gateway_accepted_assign"')]
    assert said((first, ""), ('<bpmn:sequenceFlow id="flow_gateway_accepted_gateway_extended" name="Có"', first +
                 '<bpmn:sequenceFlow id="flow_gateway_accepted_gateway_extended" name="Có"')) == [
                     ("gateway_accepted", "order")]


def test_only_moved_on_the_drawing_is_never_a_change_of_behaviour():
    root = etree.fromstring(files()[FILE], etree.XMLParser(resolve_entities=False))
    for shape in root.iter("{*}Bounds"):
        shape.set("y", str(float(shape.get("y")) + 60))
    found = between(files(), {**files(), FILE: etree.tostring(root)}, KEY)
    assert {c.kind for c in found.changes} == {MOVED} and len(found.changes) > 20 and not found.is_behaviour
    assert all(c.sentence.endswith("chỉ đổi chỗ trên bản vẽ; cách chạy không đổi.") for c in found.changes)
    rewritten = files()[FILE].decode().replace("<bpmn:incoming>", "\n<bpmn:incoming>").encode()
    found = between(files(), {**files(), FILE: rewritten}, KEY)
    assert [(c.kind, c.what) for c in found.changes] == [(MOVED, "text")]


#: names of parts in the file that nothing else refers to, and notes of editors about themselves: not told one by one
UNTOLD = {"id", "targetNamespace", "exporter", "exporterVersion", "schemaLocation", "isExecutable", "type",
          "scriptFormat"}


def test_no_attribute_and_no_text_of_a_drawing_changes_unseen():
    text = files()["bpmn:incoming"]
    unseen, tried = [], 0
    parser = etree.XMLParser(resolve_entities=False, remove_blank_text=True)
    count = sum(1 for _ in etree.fromstring(text, parser).iter("{*}*"))
    for number in range(0, count, 7):  # a seventh of the elements: all kinds occur often
        element = list(etree.fromstring(text, parser).iter("{*}*"))[number]
        if "DI" in element.tag or DI in element.tag or "omg.org/spec/DD" in element.tag:
            continue
        for name in [*element.keys(), "text"]:
            root = etree.fromstring(text, parser)
            edited_one = list(root.iter("{*}*"))[number]
            if name == "text":
                if not (edited_one.text or "").strip() or edited_one.tag in (f"{BPMN}incoming", f"{BPMN}outgoing"):
                    continue
                edited_one.text += "x"
            elif etree.QName(name).localname in UNTOLD:
                continue
            else:
                edited_one.set(name, {"false": "true"}.get(edited_one.get(name), edited_one.get(name) + "x"))
            tried += 1
            found = between(files(), {**files(), "bpmn:incoming": etree.tostring(root)}, "incoming").changes
            if not any(c.kind != MOVED for c in found):
                unseen.append((element.tag, element.get("id"), name))
    assert tried > 50 and unseen == []


def test_fields_of_a_form_are_compared_and_shown_at_their_task():
    form = json.loads(files()["form:approve"])
    opinion, decision, edited_file = form["components"]
    opinion["validate"] = {"maxLength": 500, "required": True}
    opinion["conditional"] = {"hide": '=decision = "approve"'}
    decision["values"][0]["label"] = "Đồng ý"
    decision["values"].append({"label": "Xin ý kiến thêm", "value": "ask"})
    form["components"] = [decision, opinion, edited_file,
                          {"type": "checkbox", "id": "x", "key": "urgent", "label": "Gửi gấp"}]
    found = between(files(), {**files(), "form:approve": json.dumps(form).encode()}, KEY).changes
    assert {(c.kind, c.element, c.what) for c in found} == {
        (CHANGED, "opinion", "required"), (CHANGED, "opinion", "hide"), (CHANGED, "opinion", "validate.maxLength"),
        (CHANGED, "decision", "options"), (ADDED, "urgent", "field"), (CHANGED, "", "order")}
    assert {c.places for c in found} == {("approve",)}
    said = " ".join(c.sentence for c in found)
    assert "trường “Ý kiến của lãnh đạo” nay bắt buộc nhập (trước: không bắt buộc)" in said
    assert "nay ẩn khi chọn “Đồng ý” (trước: luôn hiện)" in said
    assert "lựa chọn thêm “Xin ý kiến thêm”, “Duyệt nội dung” nay ghi “Đồng ý”" in said
    form = json.loads(files()["form:approve"])
    form["components"][0]["layout"] = {"row": "row_9", "columns": 8}
    found = between(files(), {**files(), "form:approve": json.dumps(form).encode()}, KEY)
    assert [c.kind for c in found.changes] == [MOVED] and not found.is_behaviour


def test_rows_of_a_table_are_matched_by_id_then_by_content():
    name = "dmn:exchange_form"
    found = between(files(), edited(name, ('id="rule_a_steering"', 'id="rule_new_name"')), KEY).changes
    assert [(c.kind, c.what) for c in found] == [(MOVED, "text")]
    new = edited(name, ('<text>"steering"</text>', '<text>"calendar"</text>'), ('hitPolicy="FIRST"', 'hitPolicy="ANY"'))
    found = between(files(), new, KEY).changes
    assert [(c.element, c.what) for c in found] == [("", "policy"), ("rule_a_steering", "cell")]
    assert found[1].sentence.endswith(
        "Mục đích nay là “Lịch làm việc, lịch công tác” (trước: là “Chỉ đạo, điều hành”).")
    text = files()[name].decode()
    first = text[text.index('<rule id="rule_a_steering">'):text.index('<rule id="rule_a_calendar">')]
    found = between(files(), edited(name, (first, "")), KEY).changes
    assert [(c.kind, c.element) for c in found] == [(REMOVED, "rule_a_steering")]
    assert "khi phạm vi là “nội bộ cơ quan, đơn vị” và mục đích là “Chỉ đạo, điều hành” và ngày áp dụng từ ngày " \
        "15/01/2018 trở đi thì cách thức trao đổi là “hoàn toàn điện tử”" in found[0].sentence
    found = between(files(), edited(name, (first, ""), ('<rule id="rule_a_programme_plan">',
                                                       first + '<rule id="rule_a_programme_plan">')), KEY).changes
    assert [(c.kind, c.what) for c in found] == [(CHANGED, "order")]  # it takes the first that fits


def test_scenarios_are_named_and_do_not_change_how_it_runs():
    case = {"scenarios": [{"name": "Duyệt ngay", "moves": []}], "tables": {"t": [{"given": {}, "expect": {}}]}}
    old = {name: text for name, text in files().items() if not name.startswith("case:")}
    found = between(old, {**old, f"case:{KEY}": json.dumps(case).encode()}, KEY)
    assert [c.sentence for c in found.changes] == ["Kịch bản “Duyệt ngay” được thêm.",
                                                   "Dòng thử của bảng “t” được thêm."]
    assert not found.is_behaviour
    for odd in (b'{"scenarios": 7, "tables": [1]}', b'[1]', b'{"scenarios": [7]}'):
        assert [c.kind for c in between(old, {**old, f"case:{KEY}": odd}, KEY).changes] == [MOVED]


def test_drafts_that_cannot_be_read_are_named_and_hostile_text_is_made_fit():
    found = between(files(), {**files(), FILE: b"<no"}, KEY).changes
    assert [(c.kind, c.what) for c in found] == [(CHANGED, "unreadable")]
    bomb = b'<!DOCTYPE x [<!ENTITY a "b">]>' + files()[FILE]
    assert [c.what for c in between(files(), {**files(), FILE: bomb}, KEY).changes] == ["unreadable"]
    for part in ("form:approve", "dmn:exchange_form", f"case:{KEY}"):
        found = between({**files(), part: b"{}"}, {**files(), part: b"["}, KEY).changes
        assert [c.what for c in found] == ["unreadable"]
    assert "sơ đồ mới" in between({}, files(), KEY).changes[0].sentence
    hostile = "A\u202eB\u0007" + "dài " * 200
    new = edited(FILE, ('name="Hủy dự thảo" scriptFormat', f'name="{hostile.replace(chr(7), "")}" scriptFormat'))
    sentence = between(files(), new, KEY).changes[0].sentence
    assert "\u202e" not in sentence and len(sentence) < 400
    foreign = edited(FILE, ("<bpmn:sequenceFlow", '<bpmn:callActivity id="other" name="Gọi" calledElement="x"/>'
                            "<bpmn:sequenceFlow"))
    assert [(c.kind, c.element) for c in between(files(), foreign, KEY).changes] == [(ADDED, "other")]
