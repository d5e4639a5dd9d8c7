"""An axis that hangs is known to all agencies after one look, and asked by one of them (Art. 13.3)."""

from datetime import UTC, datetime, timedelta

import pytest
from doors import Browser
from steps import Office, quick

from app import worker, worker_fetch
from app.db import db, tenancy
from app.records import poll
from app.tools.exchange import Axis, ExchangeAway


def _polls(office: Office) -> list[poll.Poll]:
    """How the axis is, as each agency has it."""
    with office.app.app_context(), tenancy.as_owner():
        return list(db.session.scalars(db.select(poll.Poll).where(poll.Poll.channel == poll.EXCHANGE)))


def _over(office: Office) -> None:
    """The pause is over."""
    with office.app.app_context(), tenancy.as_owner():
        db.session.execute(db.update(poll.Poll).values(next_at=datetime.now(UTC)))
        db.session.commit()


@pytest.fixture
def offices(world, silent) -> tuple[Office, Office, dict[str, Axis]]:
    """Two agencies whose axis hangs; and the clients of the good one."""
    quick(world.app)
    book = world.app.extensions["tools"].axis
    good = dict(book._clients)
    book._clients.update({code: Axis(silent, code, "", 0.3) for code in good})
    worker.use(world.app)
    return Office(world.app), Office(world.app, "snv"), good


def test_art_13_3_after_one_failed_look_no_agency_asks_before_the_pause_is_over(offices, monkeypatch):
    first, second, good = offices
    asked = []
    real = worker_fetch._look
    monkeypatch.setattr(worker_fetch, "_look", lambda agency_id, *rest: (asked.append(agency_id),
                                                                         real(agency_id, *rest)))
    worker.run_fetch(agency_id=first.agency_id)
    worker.run_fetch(agency_id=second.agency_id)
    assert asked == [first.agency_id]
    rows = _polls(first)
    assert len(rows) == 8 and {(row.is_down, row.failures, row.error) for row in rows} == {
        (True, 1, "Chưa kết nối được với trục liên thông, hệ thống sẽ tự gửi lại.")}
    assert len({row.next_at for row in rows}) == 1 and all(row.away_since for row in rows)
    for who in ("stc", "snv"):
        assert "Không liên lạc được từ" in Browser(first.app, who, "vanthu").get("/kenh-den").text
        board = Browser(first.app, who, "vanthu").get("/phat-hanh").text
        assert "Không liên lạc được với trục liên thông từ" in board
    assert "exchange: no answer" in Browser(first.app).get("/suc-khoe").text
    _over(first)
    worker.run_fetch(agency_id=second.agency_id)
    worker.run_fetch(agency_id=first.agency_id)
    assert asked == [first.agency_id, second.agency_id]
    assert {row.failures for row in _polls(first)} == {2}
    _over(first)
    first.app.extensions["tools"].axis._clients.update(good)
    worker.run_fetch(agency_id=first.agency_id)
    assert {(row.is_down, row.failures, row.next_at) for row in _polls(first)} == {(False, 0, None)}
    worker.run_fetch(agency_id=second.agency_id)
    assert asked[2:] == [first.agency_id, second.agency_id]
    assert "Liên lạc bình thường" in Browser(first.app, "snv", "vanthu").get("/kenh-den").text
    assert "trục liên thông từ" not in Browser(first.app, "snv", "vanthu").get("/phat-hanh").text
    assert Browser(first.app).get("/suc-khoe").text == "ok"


def test_art_13_3_one_agency_asks_for_all_and_what_was_asked_before_tells_nothing_new(offices):
    first, second, _good = offices
    began = datetime.now(UTC)
    with first.app.app_context(), tenancy.as_owner():
        assert poll.claim(first.agency_id, poll.EXCHANGE, began) and poll.claim(second.agency_id, poll.EXCHANGE, began)
        poll.down(first.agency_id, poll.EXCHANGE, "", began, datetime.now(UTC))
        poll.down(second.agency_id, poll.EXCHANGE, "", began, datetime.now(UTC))
        assert {row.failures for row in _polls(first)} == {1}
        later = datetime.now(UTC) + timedelta(minutes=1)
        assert poll.claim(second.agency_id, poll.EXCHANGE, later)
        assert not poll.claim(first.agency_id, poll.EXCHANGE, later)
        later += timedelta(seconds=poll.TURN_SECONDS)  # the one whose turn it was has died
        assert poll.claim(first.agency_id, poll.EXCHANGE, later)


def test_art_13_3_what_concerns_one_agency_alone_keeps_no_other_from_asking(offices, monkeypatch):
    """The axis answers, but has trouble with what is this agency's: code 20, a damaged packet."""
    first, second, good = offices
    first.app.extensions["tools"].axis._clients.update(good)

    def trouble(agency_id, *rest):
        if agency_id == first.agency_id:
            raise ExchangeAway(code="20", sentence="Trục liên thông đang gặp lỗi hệ thống.")

    monkeypatch.setattr(worker_fetch, "_look", trouble)
    worker.run_fetch(agency_id=first.agency_id)
    worker.run_fetch(agency_id=second.agency_id)
    found = {row.agency_id: (row.is_down, row.failures) for row in _polls(first)}
    assert found == {first.agency_id: (False, 1), second.agency_id: (False, 0)}


def test_art_9_1_d_the_clerk_who_signed_is_not_asked_to_sign_again(world):
    """Between his signature and the worker's; then, while the axis hangs, what waits for it says so."""
    quick(world.app)
    stc = Office(world.app)
    found = stc.begin()
    stc.approved(found, addressees=["H38.01"])
    stc.sign(found)

    def told() -> str:
        return Browser(world.app, "stc", "vanthu").get(f"/phat-hanh/{found}").text

    assert "Văn thư ký số của cơ quan thì văn bản được gửi đi" in told()
    stc.do("vanthu", "seal", {"decision": "sign"}, found)
    assert "chữ ký đang được đóng" in told() and "thì văn bản được gửi đi" not in told()
    worker.run_due(world.app)
    assert "chữ ký đang được đóng" not in told()
