"""Art. 9.1.d: who is named in what goes out and was not chosen is sent it, or left out for a reason, never silently."""

import pytest
from doors import Browser, open_task
from steps import Office, letter_to, quick

from app import worker
from app.db import db
from app.records import history, message
from app.records.agency import Agency
from app.records.document import Document
from app.records.message import OUTSIDE
from app.regulation import addressed
from app.regulation.outgoing import named

WHY = "Nơi nhận đã có bản giấy tại cuộc họp"


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def directory(stc):
    with stc.inside():
        return {one.code: one.name for one in db.session.scalars(db.select(Agency).order_by(Agency.code))
                if one.slug != "stc"}


def at_seal(stc, addressees, recipients, chosen):
    """A letter that names these and goes to those; the leader has signed it."""
    found = stc.begin()
    data = letter_to([*addressees], [*recipients])
    stc.approved(found, addressees=chosen, draft_file=stc.upload("chuyenvien", data, "du thao.docx"))
    stc.sign(found)
    return found


def sign(browser, task):
    return browser.send(f"/viec/{task[0]}", {"version": task[1], "values": {"decision": "sign", "pin": "246810"}})


def test_art_9_1_d_who_is_named_and_not_chosen_is_answered_for_before_the_agency_signs(stc):
    names = directory(stc)
    first, second, third = [code for code in names if code != "H38.01"][:3]
    found = at_seal(stc, [names["H38.01"], names[first]], [names[second], names[third], "Sở Tài chính"], ["H38.01"])
    task, clerk = open_task(stc, "seal", found), Browser(stc.app, "stc", "vanthu")
    page = clerk.get(f"/viec/{task[0]}").text
    assert all(f'name="named" value="{code}"' in page for code in (first, second, third)), "its own agency is not asked"
    assert page.count('name="named"') == 3 and "Có trong dự thảo, chưa chọn gửi" not in page
    answer = sign(clerk, task)
    assert answer.status_code == 422 and names[first] in answer.json["message"]
    with stc.inside():
        assert not message.sent_for(found)
    clerk.post(f"/viec/{task[0]}/noi-nhan", named=[first, second, third], send=[first, second])
    page = clerk.get(f"/viec/{task[0]}").text
    assert "Hãy ghi lý do" in page and page.count('name="named"') == 3, "no reason: nothing is written"
    clerk.post(f"/viec/{task[0]}/noi-nhan", **{"named": [first, second, third], "send": [first, second],
                                               f"why-{third}": WHY})
    page = clerk.get(f"/viec/{task[0]}").text
    assert 'name="named"' not in page and names[third] in page and WHY in page
    answer = sign(clerk, task)
    assert answer.status_code == 200, answer.text
    worker.run_due(stc.app)
    with stc.inside():
        document = db.session.get(Document, found)
        assert document.addressees == ["H38.01", first] and document.recipients == [second]
        assert {row.partner for row in message.sent_for(found)} == {"H38.01", first, second}
        assert message.outside_of(found) == []
        act, told = history.latest(history.Act.subject == f"document:{found}",
                                   history.Act.kind == "recipients_answered", limit=2)[0]
        assert act.actor.username == "vanthu" and told["sent"] == [first, second] and told["left"] == {third: WHY}
    board = clerk.get(f"/phat-hanh/{found}").text
    assert names[third] in board and WHY in board
    assert stc.faults() == []


def test_art_9_1_d_one_reason_stands_for_the_names_below_it_and_twice_is_said_once(stc):
    names = directory(stc)
    first, second = [code for code in names if code != "H38.01"][:2]
    found = at_seal(stc, [names["H38.01"]], [names[first], names[second]], ["H38.01"])
    task, clerk = open_task(stc, "seal", found), Browser(stc.app, "stc", "vanthu")
    for _ in range(2):
        clerk.post(f"/viec/{task[0]}/noi-nhan", **{"named": [first, second], f"why-{first}": WHY})
    with stc.inside():
        document = db.session.get(Document, found)
        assert named.left_out(document) == {first: WHY, second: WHY} and document.recipients == []
        kinds = [act.kind for act in history.course(f"document:{found}")]
        assert kinds.count("recipients_answered") == 1
    other = Browser(stc.app, "stc", "chuyenvien").post(f"/viec/{task[0]}/noi-nhan", named=[first], send=[first])
    assert other.status_code in (403, 404, 409)


def test_art_9_1_d_an_answer_is_about_the_file_that_was_approved(stc):
    names = directory(stc)
    first = next(code for code in names if code != "H38.01")
    found = at_seal(stc, [names["H38.01"]], [names[first]], ["H38.01"])
    clerk = Browser(stc.app, "stc", "vanthu")
    clerk.post(f"/viec/{open_task(stc, 'seal', found)[0]}/noi-nhan", **{"named": [first], f"why-{first}": WHY})
    stc.do("vanthu", "seal", {"decision": "refuse", "reason": "Sửa lại nội dung"}, found)
    data = letter_to([names["H38.01"]], [names[first], "Lưu: VT"])
    stc.approved(found, addressees=["H38.01"], draft_file=stc.upload("chuyenvien", data, "du thao.docx"))
    stc.sign(found)
    page = clerk.get(f"/viec/{open_task(stc, 'seal', found)[0]}").text
    assert f'name="named" value="{first}"' in page


def test_art_9_1_d_who_goes_unanswered_past_the_door_waits_for_a_person_at_the_dispatch(stc):
    names = directory(stc)
    first = next(code for code in names if code != "H38.01")
    found = at_seal(stc, [names["H38.01"]], [names[first]], ["H38.01"])
    stc.seal(found)  # as a procedure of the agency's own may
    with stc.inside():
        [row] = message.outside_of(found)
        assert (row.kind, row.name, row.partner.split(":")[0]) == (OUTSIDE, names[first], addressed.ALSO)
    assert stc.faults() == []


def test_art_9_1_d_who_is_named_in_one_line_with_and_within_a_name_is_asked_about(stc):
    """"Sở Nội vụ, Sở Xây dựng và Sở Khoa học và Công nghệ", of which the first alone was chosen."""
    names = directory(stc)
    by_and = next(code for code, name in names.items() if "Khoa học và Công nghệ" in name)
    short = {code: names[code].removesuffix(" tỉnh Lào Cai") for code in ("H38.07", "H38.19", by_and)}
    first, second, third = short.values()
    found = at_seal(stc, [f"{first}, {second} và {third}"], [f"{third} (cơ quan chủ trì), {first}"], ["H38.07"])
    with stc.inside():
        document = db.session.get(Document, found)
        asked = named.unanswered(stc.app.extensions["tools"].blobs, document)
        assert {(one.code, one.written, one.place) for one in asked} == {
            (code, short[code], addressed.TO) for code in ("H38.19", by_and)}
