"""Art. 3.4, 6.3: what is validly signed is received at once, kinds with an appraisal file wait for their paper.

A file of a leader alone is no scan of an issued paper (Art. 3.3.a): the leader decides; unsigned and altered ones stand
in tests/procedures/test_incoming.py and tests/regulation/test_incoming_articles.py.
"""

from datetime import datetime, time, timedelta

import pytest
from doors import Browser, open_task
from fakes import pdf
from steps import Office, arrived, quick, send, signed_pdf

from app.db import db
from app.demo.people import PIN
from app.engine.form import FormInvalid
from app.records import calendar, history, notice, paper_kind
from app.records.document import Document, NotFound
from app.regulation.oversight import late
from app.web.moment import clock, now
from app.web.paper import awaited

REASON = "Theo quy chế làm việc"


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def test_art_3_4_kinds_with_an_appraisal_file_wait_for_their_paper_and_only_they(stc):
    clerk = Browser(stc.app, "stc", "vanthu")
    assert "Chưa có loại nào" in clerk.get("/ho-so-giay").text
    for _ in range(2):  # a double click
        assert clerk.post("/ho-so-giay", what="put", type_name="Công văn", reason=REASON).status_code == 303
    send(stc.app, signed_pdf(stc.app))
    found = arrived(stc)
    page = clerk.get(f"/viec/{open_task(stc, 'verify', found)[0]}").text
    assert "chờ hồ sơ giấy để thẩm định" in page and "không chờ bản giấy" not in page
    stc.verify(found)
    with stc.inside(), stc.app.test_request_context():
        assert "chưa chuyển lãnh đạo" in awaited(db.session.get_one(Document, found))
    assert stc.tasks(found) == ["await_paper"] and stc.sent(found) == [("status", "H38.01", "03")], "received at once"
    page = clerk.get("/ho-so-giay").text
    assert "Về việc góp ý dự thảo" in page and "Hồ sơ giấy đã đến" in page
    with pytest.raises(NotFound):
        stc.do("lanhdao", "await_paper", {"decision": "arrived"}, found)
    with pytest.raises(FormInvalid):
        stc.do("vanthu", "await_paper", {"decision": "without"}, found)
    with stc.inside():
        row = stc.waiting("await_paper", found)
    assert [clerk.post(f"/viec/{row.id}/ho-so-giay-den", version=str(row.version)).status_code for _ in range(2)] == [
        303, 409], "one click; the second finds it done"
    assert stc.tasks(found) == ["assign"] and ("opinion", "Hồ sơ giấy kèm theo đã đến.") in stc.said(found)
    stc.assign(found, decision="return", reason="Sai trích yếu", handler_id=None)
    stc.verify(found)
    assert stc.tasks(found) == ["assign"], "it has come: not waited for again"
    stc.assign(found)
    stc.handle(found)
    assert stc.ended(found) == "end_finished"
    scan, other = stc.take_in(), stc.take_in()
    stc.verify(scan, code_number="31")
    stc.verify(other, code_number="32", type_name="Báo cáo")
    assert stc.tasks(scan) == stc.tasks(other) == ["assign"], "paper has come on paper"


def test_art_3_4_the_clerk_may_stop_waiting_with_a_reason_and_the_kinds_are_kept_by_acts(stc):
    with stc.inside():
        keeper, officer = stc.user("lanhdao"), stc.user("chuyenvien")
        assert paper_kind.put(keeper, "Tờ trình", ["Tờ trình"], REASON, now())
        for who, name, why in ((officer, "Tờ trình", REASON), (keeper, "Không có", REASON), (keeper, "Tờ trình", "x")):
            with pytest.raises((paper_kind.NotPaperKeeper, paper_kind.PaperKindWrong)):
                paper_kind.put(who, name, ["Tờ trình"], why, now())
            db.session.rollback()
    send(stc.app, signed_pdf(stc.app))
    found = arrived(stc)
    stc.verify(found, type_name="Tờ trình")
    clerk = Browser(stc.app, "stc", "vanthu")
    assert clerk.post("/ho-so-giay", what="take", type_name="Tờ trình", reason=REASON).status_code == 303
    assert stc.tasks(found) == ["await_paper"], "what waits goes on waiting"
    stc.do("vanthu", "await_paper", {"decision": "without", "reason": "Nơi gửi báo không có hồ sơ"}, found)
    assert stc.tasks(found) == ["assign"]
    assert ("reason", "Chuyển lãnh đạo khi hồ sơ giấy chưa đến: Nơi gửi báo không có hồ sơ") in stc.said(found)
    with stc.inside():
        assert paper_kind.names() == []
        assert [told for _act, told in paper_kind.changes(stc.agency_id)] == [
            {"removed": "Tờ trình", "reason": REASON}, {"added": "Tờ trình", "reason": REASON}]
        assert [a.kind for a in history.course(f"paper_kind:{stc.agency_id}")] == ["paper_kinds_changed"] * 2
    assert Browser(stc.app, "stc", "chuyenvien").get("/ho-so-giay").status_code == 403
    assert stc.faults() == []


def test_art_3_4_who_waits_too_long_for_the_paper_is_urged_and_the_page_says_since_when(stc):
    clerk = Browser(stc.app, "stc", "vanthu")
    clerk.post("/ho-so-giay", what="put", type_name="Công văn", reason=REASON)
    send(stc.app, signed_pdf(stc.app))
    found = arrived(stc)
    stc.verify(found)
    with stc.inside():
        row = stc.waiting("await_paper", found)
        since, due = row.created_at, row.due_at
        assert due - since == timedelta(days=7)
        after = calendar.local_date(calendar.due_at(calendar.local_date(due), 1))
        morning = datetime.combine(after, time(8), calendar.ZONE)
        assert late.documents(since) == [] and late.documents(morning) == [found]
        assert late.urge(found, morning) > 0 and late.urge(found, morning) == 0
        assert [one.kind for one in notice.open_for(stc.user("vanthu"))] == [notice.URGED]
    for who in ("vanthu", "lanhdao"):
        page = Browser(stc.app, "stc", who).get(f"/van-ban/{found}").text
        assert f"chờ hồ sơ giấy (Điều 3.4) từ {clock(since)}" in page
    stc.do("vanthu", "await_paper", {"decision": "arrived"}, found)
    assert "chờ hồ sơ giấy (Điều 3.4) từ" not in clerk.get(f"/van-ban/{found}").text


def test_art_6_3_b_what_is_no_scan_of_an_issued_paper_is_the_leaders_to_decide(stc):
    signer, key = stc.app.extensions["tools"].signer, "person:vpubnd.lanhdao"
    state = signer.prepare(pdf(2), key=key, kind="leader", reason="12/VPUBND", at=now(), label={})
    send(stc.app, signer.embed(state["prepared"], state, signer.sign_digest(key, PIN, state["attributes"])))
    found = arrived(stc)
    assert stc.tasks(found) == ["decide_unsigned"]
    with stc.inside():
        assert db.session.get(Document, found).verdict["color"] == "amber"
        assert "cơ quan phát hành" in " ".join(db.session.get(Document, found).verdict["reasons"])
    task = open_task(stc, "decide_unsigned")[0]
    assert "được báo từ chối (02) qua trục liên thông" in Browser(stc.app, "stc", "lanhdao").get(f"/viec/{task}").text
