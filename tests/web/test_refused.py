"""S12, Art. 11.3: who tries what he may not is told in the history of his account: code and subject, no content."""

from datetime import timedelta

import pytest
from doors import Browser, now, open_task
from steps import Office, quick

from app.db import db
from app.records import history, milestone, refused


@pytest.fixture
def office(world):
    quick(world.app)
    return Office(world.app)


def told(office: Office, username: str) -> list[tuple[str, str, str]]:
    """(kind, code, subject) of a person's refusals, in order; his chain is whole."""
    with office.inside():
        user = office.user(username)
        rows = [(act.kind, given["code"], given["subject"]) for act, given in refused.newest(100)
                if act.actor_id == user.id and act.subject == f"user:{user.id}"]
        assert history.faults(f"user:{user.id}") == []
    return rows[::-1]


def test_s12_refused_documents_tasks_files_and_pages_are_acts(office):
    letter = office.take_in()
    task, stranger = open_task(office, "verify", letter), Browser(office.app, "stc", "chuyenvien2")
    for path in (f"/van-ban/{letter}", f"/tep/{letter}/1", f"/viec/{task[0]}", "/so/den", "/quy-trinh/quyen"):
        for _again in range(2):  # at once twice: the same attempt
            assert stranger.get(path).status_code in (403, 404)
    assert stranger.complete(task, decision="register", subject="Bí mật").status_code == 404
    assert stranger.get("/khong-co").status_code == 404
    found = told(office, "chuyenvien2")
    assert found == [
        ("access_refused", "not_found", f"document:{letter}"), ("access_refused", "not_found", f"task:{task[0]}"),
        ("access_refused", "http_403", "page:registers.page"),
        ("access_refused", "http_403", "page:diagram_rights.page")]
    assert told(office, "vanthu") == []


def test_s5_an_act_that_an_obligation_refuses_is_told_with_its_article(office):
    """What must be done before is not there: refused at run time, whatever the drawing says, and written."""
    letter = office.take_in()
    office.verify(letter)
    with office.inside():
        milestone.clear([milestone.standing(letter)["forward"]], now())
        db.session.commit()
    leader, one = Browser(office.app, "stc", "lanhdao"), open_task(office, "assign", letter)
    answer = leader.complete(one, decision="assign", directive="Mật", handler_id=office.id_of("chuyenvien"))
    assert answer.status_code == 409
    assert told(office, "lanhdao") == [("act_refused", "out_of_order", f"task:{one[0]}")]
    with office.inside():
        (_act, given), = refused.newest()
        assert given["article"] == "Art. 6.2.c" and set(given) == {"code", "subject", "article"}


def test_s12_nobody_floods_history_with_his_refusals(office):
    with office.inside():
        user, at = office.user("chuyenvien2"), now()
        for number in range(refused.MOST_A_MINUTE + 20):
            refused.note(user, refused.ACCESS, "not_found", f"document:{number}", at)
        db.session.commit()
        assert len(refused.newest(100)) == refused.MOST_A_MINUTE
        assert refused.newest(1)[0][1]["code"] == "too_many"
        assert refused.note(user, refused.ACCESS, "not_found", "document:1", at + timedelta(minutes=1, seconds=1))
