"""What was dispatched is taken back: frozen, each recipient asked once, its answer shown (QĐ 28/2018 Đ8, 9)."""

from datetime import UTC, datetime, timedelta

import pytest
from steps import Office, fetch, quick

from app import set_up
from app.db import db
from app.engine.reason import ReasonNeeded, ReasonShort
from app.records import history, message, right
from app.records.calendar import local_date
from app.records.document import Document
from app.regulation.outgoing import board, recall, replace, update
from app.tools import edxml
from app.tools.exchange import LOCKED, Axis, ExchangeAway


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def states(stc, found):
    with stc.inside():
        return [(one.partner, one.state, one.words) for one in recall.states(found)]


def ask(stc, found, who="vanthu", reason="Gửi nhầm phụ lục"):
    with stc.inside():
        recall.ask(found, stc.user(who), reason, datetime.now(UTC))


def _on_the_board(stc, found):
    """Who refuses keeps what it registered and is counted; a yes to a correction that comes later is another word."""
    with stc.inside():
        today, at = local_date(datetime.now(UTC)), datetime.now(UTC)
        may_read = right.readable(stc.user("vanthu"), today)
        row, = board.page(board.Asked(today, today, "16"), may_read, at=at)[0]
        assert row.states == {"15": 1, "03": 1, "16": 1}
        assert board.totals(board.Asked(today, today), may_read, at)["16"] == 1
        db.session.add(message.Message(
            agency_id=stc.agency_id, direction="in", kind="status", key="of-an-update", document_id=found,
            partner="H38.07", status_code="15", description="Đồng ý cập nhật văn bản", at=at))
        db.session.flush()
        assert board.totals(board.Asked(today, today), may_read, at)["16"] == 1
        db.session.rollback()


def test_qd_28_d8_a_dispatched_document_is_taken_back_and_each_answer_is_shown(stc, monkeypatch):
    found = stc.begin()
    stc.approved(found, addressees=["H38.01", "H38.07"])
    with pytest.raises(recall.NotRecallable):
        ask(stc, found)
    stc.sign(found)
    stc.seal(found)
    there, came = {}, {}
    for slug in ("vpubnd", "snv"):
        there[slug] = Office(stc.app, slug)
        fetch(stc.app, slug)
        with there[slug].inside():
            came[slug] = db.session.scalars(db.select(Document.id).where(Document.direction == "incoming")).one()
        there[slug].verify(came[slug], organ_name="Sở Tài chính tỉnh Lào Cai")
    fetch(stc.app, "stc")
    for who, reason, refused in (("chuyenvien", "Gửi nhầm", recall.NotRecallable), ("vanthu", " ", ReasonNeeded),
                                 ("vanthu", "ok", ReasonShort)):
        with pytest.raises(refused):
            ask(stc, found, who, reason)
    ask(stc, found)
    with pytest.raises(recall.NotRecallable):  # a double click
        ask(stc, found)
    assert stc.status(found) == "withdrawn"
    assert states(stc, found) == [("H38.01", "unsent", ""), ("H38.07", "unsent", "")]
    with monkeypatch.context() as locked:  # the axis has locked the first recipient: the second is asked all the same
        send = Axis.send_edoc

        def sent(axis, *given, to, **named):
            if to == ["H38.01"]:
                raise ExchangeAway(code=LOCKED)
            return send(axis, *given, to=to, **named)

        locked.setattr(Axis, "send_edoc", sent)
        fetch(stc.app, "stc")
    assert states(stc, found) == [("H38.01", "unsent", ""), ("H38.07", "asked", "")]
    fetch(stc.app, "stc")
    assert states(stc, found) == [("H38.01", "asked", ""), ("H38.07", "asked", "")]
    refusal = {"decision": "refuse", "reason": "Đã giao xử lý"}
    for slug, values in (("vpubnd", {"decision": "accept"}), ("snv", refusal)):
        fetch(stc.app, slug)
        there[slug].do("vanthu", "decide_request", values, came[slug])
        fetch(stc.app, slug)
    fetch(stc.app, "stc")
    assert there["vpubnd"].status(came["vpubnd"]) == "recalled" and there["snv"].status(came["snv"]) == "registered"
    assert states(stc, found) == [("H38.01", "accepted", "Đồng ý thu hồi văn bản"),
                                  ("H38.07", "refused", "Từ chối thu hồi văn bản: Đã giao xử lý")]
    with stc.inside():
        assert [act.actor.username for act in history.course(f"document:{found}") if act.kind == "recall_asked"] == [
            "vanthu"]
        assert db.session.get_one(Document, found).code_number, "its number stays"
    _on_the_board(stc, found)
    assert [code for kind, _, code in stc.sent(found) if kind == "status"] == ["13", "13"], "each is asked once"
    assert stc.faults() == []


def dispatched(stc):
    """A document that two agencies were sent."""
    found = stc.begin()
    stc.approved(found, addressees=["H38.01", "H38.07"])
    stc.sign(found)
    stc.seal(found)
    return found


def told(stc, found, status, key, words="Đồng ý", **otherwise):
    """What is known of its first recipient once that has sent a status about it, named otherwise."""
    with stc.inside():
        document = db.session.get_one(Document, found)
        about = {"organ_id": "H38.12", "code": document.reference, "document_id": document.packet_id,
                 "promulgation_date": document.issued_date.isoformat()} | otherwise
    packet = edxml.build_status({
        "from_": {"organ_id": "H38.01", "organ_name": "Văn phòng"}, "response_for": [about], "status_code": status,
        "description": words, "timestamp": datetime.now(UTC).isoformat()})
    stc.app.extensions["tools"].axis.of("H38.01").send_edoc(
        packet, sender="H38.01", to=["H38.12"], message_type="status", key=key)
    fetch(stc.app, "stc")
    with stc.inside():
        return [(row.status_code, row.is_answered) for row in message.sent_for(found) if row.partner == "H38.01"]


def test_qd_28_d6_3_a_yes_to_what_nobody_asked_is_kept_and_shown_and_is_no_state(stc):
    found = dispatched(stc)

    def says(code, key):
        return told(stc, found, code, key)

    assert says("15", "unasked") == [("", False)], "it is waited for"
    assert says("03", "registered") == [("03", True)]
    assert says("15", "unasked again") == [("03", True)]
    assert [code for kind, _, code in stc.sent(found) if kind == "status"] == []
    with stc.inside():
        kept = [row.status_code for row in message.statuses_of(found)]
    assert kept == ["15", "03", "15"] and stc.faults() == []
    ask(stc, found)
    assert says("15", "asked") == [("15", True)]


def test_qd_28_d6_3_a_no_to_what_nobody_asked_is_kept_and_is_no_state_and_counts_on_no_board(stc):
    found = dispatched(stc)

    def refusing():
        with stc.inside():
            today, at = local_date(datetime.now(UTC)), datetime.now(UTC)
            may_read = right.readable(stc.user("vanthu"), today)
            row, = board.page(board.Asked(today, today), may_read, at=at)[0]
            assert board.totals(board.Asked(today, today), may_read, at)["16"] == row.states.get("16", 0)
            return row.states.get("16", 0)

    assert told(stc, found, "16", "unasked", "Từ chối thu hồi văn bản: đã dùng") == [("", False)] and refusing() == 0
    assert told(stc, found, "03", "registered") == [("03", True)]
    assert told(stc, found, "16", "unasked again", "Không đồng ý") == [("03", True)] and refusing() == 0
    with stc.inside():
        known = recall.told_about(found)
        assert [known[row.id] for row in message.statuses_of(found)] == ["16", "03", "16"], "kept, shown, of nothing"
    ask(stc, found)
    assert refusing() == 0, "said before it was asked"
    assert told(stc, found, "16", "of another thing", "Từ chối cập nhật văn bản: x") == [("03", True)]
    assert refusing() == 0, "no correction was asked for"
    assert told(stc, found, "16", "asked", "Không đồng ý") == [("03", True)] and refusing() == 1
    with stc.inside():
        assert list(recall.told_about(found).values())[-1] == "16 recall"
    assert stc.faults() == []


def test_qd_28_d8_a_no_to_a_replacement_is_no_no_to_the_recall(stc):
    """One recipient counts once: it gave the document back, whatever its software says to what replaces it."""
    found, new = dispatched(stc), stc.begin()
    with stc.inside():
        replace.say(new, stc.user("chuyenvien"), found, datetime.now(UTC))
    stc.approved(new, addressees=["H38.01"])
    stc.sign(new)
    stc.seal(new)
    ask(stc, found)
    told(stc, found, "15", "gives back", "Đồng ý thu hồi văn bản")
    told(stc, found, "16", "replaces nothing", "Từ chối thay thế văn bản: Văn bản đã được xử lý xong")
    with stc.inside():
        today, at = local_date(datetime.now(UTC)), datetime.now(UTC)
        rows = board.page(board.Asked(today, today), right.readable(stc.user("vanthu"), today), at=at)[0]
        row = next(one for one in rows if one.document.id == found)
        assert row.states["15"] == 1 and "16" not in row.states
        assert list(recall.told_about(found).values())[-1] == "16 replace", "kept, and shown as what it is"


def test_nd_30_d18_3_what_is_replaced_by_what_was_taken_back_stands_again(stc):
    old, new = dispatched(stc), stc.begin()
    with stc.inside():
        replace.say(new, stc.user("chuyenvien"), old, datetime.now(UTC))
    stc.approved(new, addressees=["H38.01"])
    stc.sign(new)
    stc.seal(new)
    with stc.inside():
        document = db.session.get_one(Document, old)
        assert replace.by(old).id == new and not update.may_update(stc.user("vanthu"), document)
    ask(stc, new)
    right_one = stc.begin()
    with stc.inside():
        document, author = db.session.get_one(Document, old), stc.user("chuyenvien")
        today = local_date(datetime.now(UTC))
        assert replace.by(old) is None and update.may_update(stc.user("vanthu"), document)
        assert document in replace.choices(author, today)
        assert replace.say(right_one, author, old, datetime.now(UTC))
    stc.approved(right_one, addressees=["H38.01"])
    stc.sign(right_one)
    stc.seal(right_one)
    with stc.inside():
        assert replace.by(old).id == right_one
    assert stc.faults() == []


def test_qd_28_d6_3_a_status_that_gives_number_and_day_alone_finds_the_one_document(stc):
    found, other = dispatched(stc), dispatched(stc)
    with stc.inside():
        number, notation = db.session.get_one(Document, found).reference.split("/")
        yesterday = (local_date(datetime.now(UTC)) - timedelta(days=1)).isoformat()
    by_number = {"document_id": None}
    for key, wrong in enumerate(({"promulgation_date": yesterday}, {"promulgation_date": None}, {"code": number},
                                 {"code": f"{number}9/{notation}"}, {"document_id": "H38.12,2020/01/01,9/STC"})):
        assert told(stc, found, "01", f"wrong {key}", **by_number | wrong) == [("", False)], wrong
    assert told(stc, found, "03", "right", **by_number | {"code": f"0{number} / {notation.lower()}"}) == [("03", True)]
    with stc.inside():
        assert [row.status_code for row in message.sent_for(other)] == ["", ""]
        row, twin = (db.session.get_one(Document, one) for one in (found, other))
        twin.code_number = row.code_number  # of two registers, or taken over from paper
        db.session.commit()
    assert told(stc, found, "06", "of which of them", **by_number) == [("03", True)]


def test_qd_28_d8_an_answer_under_another_code_of_the_same_organisation_is_its_own(stc):
    found = dispatched(stc)
    ask(stc, found)
    day = datetime.now(UTC).date()
    set_up.add_alias(stc.app, agency="H38.07", code="000.00.07.H38", since=day - timedelta(days=9),
                     until=day + timedelta(days=9), reason="Mã cũ của trục quốc gia")
    with stc.inside():
        row = message.sent_for(found)[1]
        db.session.add(message.Message(
            agency_id=stc.agency_id, direction="in", kind="status", key="of-its-old-code", document_id=found,
            partner="000.00.07.H38", packet_id=row.packet_id, status_code="15", at=datetime.now(UTC)))
        db.session.commit()
    assert states(stc, found) == [("H38.01", "unsent", ""), ("H38.07", "accepted", "")]
    with stc.inside():  # nor is it left out of what replaces the document, chosen under that code
        draft = Document(replaces_id=found)
        assert replace.left_out(draft, ["H38.01", "000.00.07.H38"], local_date(datetime.now(UTC))) == []
        assert replace.left_out(draft, ["H38.01"], local_date(datetime.now(UTC))) == ["H38.07"]
