"""What an accepted request of the sender does to the work on a document (QĐ 28/2018 Đ8, 9; Art. 7, 10.4)."""

from datetime import UTC, date, datetime

import pytest
from steps import Office, in_days, quick
from test_sender_request import accept, ask, named, taken_in, whole

from app import worker
from app.db import db
from app.records import notice, right
from app.records.calendar import local_date
from app.records.document import Document
from app.regulation.assignment import extend, urge
from app.tools import edxml


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def told(stc, username):
    with stc.inside():
        return [(one.kind, one.text) for one in notice.open_for(stc.user(username))]


def given(stc):
    """A document that an officer handles, with another one beside him and a third who is asked."""
    found = taken_in(stc)
    stc.verify(found)
    stc.assign(found, due_date=in_days(20), co_handlers=[stc.id_of("chuyenvien2")])
    with stc.inside():
        urge.ask(found, stc.user("lanhdao"), int(stc.id_of("chuyenvienb")), "Ý kiến?", None, datetime.now(UTC))
    return found


def test_art_10_4_an_update_moves_the_limit_of_who_handles_it_and_he_is_told(stc):
    found, due = given(stc), in_days(5)
    with stc.inside():
        before = stc.waiting("handle", found).rank
    ask(stc, edxml.UPDATE, named(), priority=3, due_date=due)
    accept(stc, found)
    with stc.inside():
        row, document = stc.waiting("handle", found), db.session.get(Document, found)
        assert document.due_date.isoformat() == local_date(row.due_at).isoformat() == due
        assert document.priority == 3 and row.rank > before
    for who in ("chuyenvien", "chuyenvien2", "lanhdao"):
        kind, text = told(stc, who)[0]
        assert kind == "changed" and f"{date.fromisoformat(due):%d/%m/%Y}" in text and "Hỏa tốc" in text
    stc.handle(found)
    assert stc.ended(found) == "end_finished"
    whole(stc)


def test_art_10_4_whoever_has_it_next_has_the_limit_that_the_sender_changed(stc):
    found, due = taken_in(stc), in_days(5)
    stc.verify(found)
    stc.assign(found, handler_id=stc.id_of("truongphong"), due_date=in_days(20))
    ask(stc, edxml.UPDATE, named(), due_date=due)
    accept(stc, found)

    def limit() -> tuple[str, str]:
        with stc.inside():
            row = stc.waiting("handle", found)
            return row.assignee.username, local_date(row.due_at).isoformat()

    stc.handle(found, "truongphong", decision="reassign", handler_id=stc.id_of("chuyenvien"), reason="Giao")
    assert limit() == ("chuyenvien", due), "given on"
    stc.handle(found, decision="extend", new_due_date=in_days(40), reason="Chờ số liệu của các xã")
    with stc.inside():
        extend.withdraw(found, stc.user("chuyenvien"), datetime.now(UTC))
    worker.run_due(stc.app)
    assert limit() == ("chuyenvien", due), "asked for more time, and taken back"
    stc.handle(found, decision="return", reason="Chưa đủ hồ sơ")
    assert limit() == ("truongphong", due), "given back"
    whole(stc)


def test_art_7_a_recall_of_the_sender_ends_rights_and_questions_and_each_is_told(stc):
    found = given(stc)
    ask(stc, edxml.RECALL, named())
    accept(stc, found)
    for who in ("chuyenvien", "chuyenvien2", "lanhdao"):
        assert ("changed", "Nơi gửi thu hồi: Gửi nhầm nơi nhận.") in told(stc, who)
    assert ("over", "Ý kiến?") in told(stc, "chuyenvienb") and ("over", "Ý kiến?") in told(stc, "lanhdao")
    with stc.inside():
        document, today = db.session.get(Document, found), local_date(datetime.now(UTC))
        assert not any(right.may_read(stc.user(one), document, today)
                       for one in ("chuyenvien", "chuyenvien2", "chuyenvienb"))
    assert stc.ended(found) == "end_withdrawn"
    whole(stc)
