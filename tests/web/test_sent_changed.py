"""What was dispatched is corrected, and replaced by another, at its recipients (QĐ 28/2018 Đ8; NĐ 30/2020 Đ18.3)."""

from datetime import UTC, datetime, timedelta

import pytest
from doors import Browser, open_task
from lxml import html
from steps import Office, fetch, letter_to, quick
from test_certified_copy import made

from app.db import db
from app.records import history, message, right
from app.records.calendar import local_date
from app.records.document import Document
from app.regulation.outgoing import board, recall, replace


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


@pytest.fixture
def clerk(stc):
    return Browser(stc.app, "stc", "vanthu")


def dispatched(office, **other):
    """A document that two agencies were sent."""
    found = office.begin()
    office.approved(found, **{"addressees": ["H38.01", "H38.07"]} | other)
    office.sign(found)
    office.seal(found)
    return found


def came(app, slug):
    """The agency, and its document that came last."""
    there = Office(app, slug)
    fetch(app, slug)
    with there.inside():
        return there, db.session.scalars(db.select(Document.id).where(
            Document.direction == "incoming", Document.channel == "exchange").order_by(Document.id.desc())).first()


def answer(there, document_id, decision="accept", reason=""):
    there.do("vanthu", "decide_request", {"decision": decision} | ({"reason": reason} if reason else {}), document_id)
    fetch(there.app, there.slug)


def asked(stc, found):
    with stc.inside():
        return [(one.partner, one.is_update, one.state) for one in recall.states(found)]


def states(stc, found):
    with stc.inside():
        return [(row.partner, row.status_code) for row in message.sent_for(found)]


def _due_at(stc, found):
    """Until when it had to be sent, as the board says."""
    with stc.inside():
        today = local_date(datetime.now(UTC))
        rows, _ = board.page(board.Asked(today, today), right.readable(stc.user("vanthu"), today), at=datetime.now(UTC))
        return next(row.due_at for row in rows if row.document.id == found)


def test_nd_30_d18_what_was_told_is_corrected_at_each_recipient_and_where_it_is_stays(stc, clerk):
    found = dispatched(stc)
    there = {slug: came(stc.app, slug) for slug in ("vpubnd", "snv")}
    for office, document_id in there.values():
        office.verify(document_id, organ_name="Sở Tài chính tỉnh Lào Cai")
    fetch(stc.app, "stc")
    page, day = f"/phat-hanh/{found}", local_date(datetime.now(UTC)) + timedelta(days=9)
    with stc.inside():
        before = db.session.get_one(Document, found)
        told = {"subject": before.subject, "priority": "0", "reason": "Bổ sung hạn trả lời"}
    for wrong, words in (({}, "không có gì để cập nhật"), ({"subject": "a"}, "Trích yếu từ 3 đến 500"),
                         ({"due_date": "2020-01-01"}, "Hạn trả lời phải từ hôm nay"), ({"due_date": "mai"}, "Hạn"),
                         ({"due_date": day.isoformat(), "reason": "ok"}, "Lý do")):
        refused = clerk.post(f"{page}/cap-nhat", **told | wrong)
        assert refused.status_code == 422 and words in refused.text, wrong
    good = told | {"subject": "Về việc góp ý dự thảo, có hạn", "due_date": day.isoformat(), "priority": "2"}
    due_at = _due_at(stc, found)
    assert Browser(stc.app, "stc", "lanhdao").post(f"{page}/cap-nhat", **good).status_code == 409
    assert [clerk.post(f"{page}/cap-nhat", **good).status_code for _ in range(2)] == [303, 422], "a double click"
    assert _due_at(stc, found) == due_at, "what is corrected later does not change until when it had to be sent"
    assert asked(stc, found) == [("H38.01", True, "unsent"), ("H38.07", True, "unsent")]
    fetch(stc.app, "stc")
    assert asked(stc, found) == [("H38.01", True, "asked"), ("H38.07", True, "asked")]
    for slug, decision, reason in (("vpubnd", "accept", ""), ("snv", "refuse", "Đã giao xử lý")):
        fetch(stc.app, slug)
        answer(*there[slug], decision, reason)
    fetch(stc.app, "stc")
    assert asked(stc, found) == [("H38.01", True, "accepted"), ("H38.07", True, "refused")]
    assert states(stc, found) == [("H38.01", "03"), ("H38.07", "03")], "an answer to a correction moves nothing"
    for slug, subject, due in (("vpubnd", good["subject"], day), ("snv", "Về việc góp ý dự thảo", None)):
        office, document_id = there[slug]
        with office.inside():
            one = db.session.get_one(Document, document_id)
            assert (one.subject, one.due_date if due else None) == (subject, due), slug
    shown = clerk.get(page).text
    assert "Yêu cầu cập nhật: Đồng ý" in shown and "Từ chối cập nhật văn bản: Đã giao xử lý" in shown
    assert f"/van-ban/{found}/thu-hoi" in shown, "taken back from where one sees who has it"
    assert clerk.post(f"/van-ban/{found}/thu-hoi", reason="Gửi nhầm phụ lục").status_code == 303
    fetch(stc.app, "stc")
    for slug, decision in (("vpubnd", "accept"), ("snv", "refuse")):
        fetch(stc.app, slug)
        answer(*there[slug], decision, "" if decision == "accept" else "Đã dùng")
    fetch(stc.app, "stc")
    assert asked(stc, found) == [("H38.01", True, "accepted"), ("H38.01", False, "accepted"),
                                 ("H38.07", True, "refused"), ("H38.07", False, "refused")]
    for where in (page, f"/van-ban/{found}"):
        shown = clerk.get(where).text
        assert all(one in shown for one in ("Đồng ý thu hồi<", "Từ chối thu hồi<", "Đồng ý cập nhật thông tin<")), where
        assert "Đồng ý lấy lại, cập nhật<" not in shown, "what it is about is known"
    assert clerk.post(f"{page}/cap-nhat", **good | {"subject": "Khác hẳn"}).status_code == 409
    assert f"/van-ban/{found}/thu-hoi" not in clerk.get(page).text
    with stc.inside():
        acts = [act.kind for act in history.course(f"document:{found}") if act.kind in ("update_asked", "recall_asked")]
    assert acts == ["update_asked", "recall_asked"] and stc.faults() == []


def test_nd_30_d18_3_a_new_document_replaces_what_was_wrong_and_each_holder_answers(stc, clerk):
    old = dispatched(stc)
    first, came_first = came(stc.app, "vpubnd")
    first.verify(came_first, organ_name="Sở Tài chính tỉnh Lào Cai")
    new = stc.begin()
    author, door = Browser(stc.app, "stc", "chuyenvien"), f"/van-ban/{new}/thay-the"
    assert clerk.post(door, replaces=str(old)).status_code in (404, 409), "its author says so"
    assert [author.post(door, replaces=one).status_code for one in (str(new), "x")] == [409, 404]
    assert "thay thế văn bản đã phát hành" in author.get(f"/van-ban/{new}").text
    assert [author.post(door, replaces=str(old)).status_code for _ in range(2)] == [303, 303]
    assert [author.post(door, replaces=one).status_code for one in ("", str(old))] == [303, 303]
    stc.approved(new, addressees=["H38.01"])
    assert author.post(door, replaces="").status_code == 409, "what was approved says what it said"
    with stc.inside():
        waits = stc.waiting("sign_by_leader", new).id
    leader = Browser(stc.app, "stc", "lanhdao")
    for page in (f"/viec/{waits}", "/viec/ky-nhieu"):
        shown = leader.get(page).text
        assert "nơi đang giữ bản cũ được báo khi phát hành" in shown, page
        assert "nên không được báo: Sở Nội vụ tỉnh Lào Cai" in shown, page
    shown = author.get(f"/van-ban/{new}").text
    assert "nên không được báo: Sở Nội vụ tỉnh Lào Cai" in shown
    with stc.inside():
        assert replace.by(old) is None, "not before it is dispatched"
    stc.sign(new)
    with stc.inside():
        waits = stc.waiting("seal", new).id
    shown = clerk.get(f"/viec/{waits}").text
    assert "nơi đang giữ bản cũ được báo khi phát hành" in shown and "nên không được báo: Sở Nội vụ" in shown
    stc.seal(new)
    with stc.inside():
        assert replace.by(old).id == new and db.session.get_one(Document, old).status == "dispatched"
    there, came_new = came(stc.app, "vpubnd")
    with there.inside():
        assert came_new != came_first
    there.verify(came_new, organ_name="Sở Tài chính tỉnh Lào Cai")  # what is not registered replaces nothing
    fetch(stc.app, "vpubnd")
    answer(there, came_first)
    fetch(stc.app, "stc")
    assert there.status(came_first) == "replaced" and states(stc, old) == [("H38.01", "15"), ("H38.07", "")]
    for page in (f"/van-ban/{old}", f"/phat-hanh/{old}"):
        assert "đã được thay thế bởi văn bản" in (shown := clerk.get(page).text), page
        assert "Đồng ý thay thế<" in shown and "Đồng ý lấy lại, cập nhật<" not in shown, page
    assert author.post(door, replaces="").status_code == 409, "what is dispatched says what it said"
    assert clerk.post(f"/phat-hanh/{old}/gui-lai", partner="H38.07").status_code == 409
    assert clerk.post(f"/phat-hanh/{old}/cap-nhat", subject="Khác hẳn", priority="0", reason="Sửa trích yếu"
                      ).status_code == 409
    again = stc.begin()
    assert author.post(f"/van-ban/{again}/thay-the", replaces=str(old)).status_code == 409, "it is replaced once"
    assert stc.faults() == [] and there.faults() == []


def test_nd_30_d18_3_who_holds_what_was_replaced_and_was_not_told_is_named_at_both_until_he_is(stc, clerk):
    def letter(found, *outside, **chosen):
        stc.approved(found, draft_file=stc.upload("chuyenvien", letter_to([], [*outside]), "du thao.docx"), **chosen)
        stc.sign(found)
        stc.seal(found)

    old, new = stc.begin(), stc.begin()
    letter(old, "Công ty TNHH Hoàng Liên", "Báo Lào Cai", addressees=["H38.01", "H38.07"])
    with stc.inside():
        row = next(one for one in message.sent_for(old) if one.partner == "H38.07")
        row.axis_id, row.description = "", "Cơ quan nhận không có trên trục liên thông."
        db.session.commit()
    door = f"/phat-hanh/{old}/gui-cach-khac"
    for partner, way in (("H38.07", "post"), ("also:1", "hand"), ("also:2", "none")):
        assert clerk.post(door, partner=partner, way=way, note="Bưu gửi EB 12").status_code == 303
    Browser(stc.app, "stc", "chuyenvien").post(f"/van-ban/{new}/thay-the", replaces=str(old))
    letter(new, addressees=["H38.01"])

    def untold():
        shown = {page: [" ".join(one.text_content().split()) for one in html.fromstring(clerk.get(page).text).xpath(
            "//*[contains(text(), 'mà chưa được báo')]")] for page in (f"/phat-hanh/{old}", f"/phat-hanh/{new}")}
        first, second = shown.values()
        assert first == second, "the same at both"
        return [one.partition("chưa được báo: ")[2] for one in first]

    assert untold() == ["Sở Nội vụ tỉnh Lào Cai; Công ty TNHH Hoàng Liên."], "by post and by hand they have it, too"
    assert f"/van-ban/{new}/sao" in clerk.get(f"/phat-hanh/{old}").text, "how they get the new one"
    copy_id = made(stc, new, recipients="- Sở Nội vụ;\nCông ty TNHH Hoàng Liên")
    assert clerk.post(f"/ban-sao/{copy_id}/giao", place="1", way="post", note="EB 13").status_code == 303
    assert untold() == ["Công ty TNHH Hoàng Liên."]
    assert clerk.post(f"/ban-sao/{copy_id}/giao", place="2", way="hand", note="Bà Mai").status_code == 303
    assert untold() == []


def test_nd_30_d18_3_nobody_approves_a_replacement_that_was_changed_behind_his_page(stc):
    """What the leader pressed on named no replacement, or another one: his page is older than the draft."""
    old = dispatched(stc)
    new = stc.begin()
    author, leader = (Browser(stc.app, "stc", who) for who in ("chuyenvien", "lanhdao"))
    door, of_draft = f"/van-ban/{new}/thay-the", open_task(stc, "draft", new)
    assert author.post(door, replaces=str(old)).status_code == 303
    assert open_task(stc, "draft", new) == of_draft, "who says it has seen it"
    assert author.post(door, replaces="").status_code == 303
    stc.draft(new)
    stc.do("truongphong", "review", {"decision": "accept", "opinion": "Đồng ý"}, new)
    for said in (str(old), ""):
        task = open_task(stc, "approve", new)
        assert author.post(door, replaces=said).status_code == 303
        refused = leader.complete(task, decision="approve")
        assert refused.status_code == 409 and "đã thay đổi sau khi bạn mở trang" in refused.json["message"]
        assert stc.tasks(new) == ["approve"]
    task = open_task(stc, "approve", new)
    assert author.post(door, replaces="").status_code == 303, "said again, nothing changes"
    assert leader.complete(task, decision="approve").status_code == 200 and stc.faults() == []
