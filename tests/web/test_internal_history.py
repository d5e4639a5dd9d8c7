"""The history of papers exchanged within the agency is verified, played and taken out as every other (Art. 4.1.a)."""

import io
import subprocess
import sys
import zipfile
from datetime import UTC, datetime, time, timedelta

import pytest
from doors import Browser, give
from fakes import pdf
from steps import Office, in_days, quick
from test_internal import MEETING, got, kinds_of, person, send, soon, values

from app import worker
from app.db import db
from app.records import attachment, calendar, history, internal_paper, notice
from app.regulation import internal_exchange as rule


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def test_s12_a_receipt_that_was_forged_or_undone_is_found(stc):
    found = send(stc)
    person(stc, "vanthu").get(f"/noi-bo/{found}")
    assert stc.faults() == []
    for forged in ("update internal_recipient set read_at = now() where read_at is null",
                   "update internal_recipient set read_at = null",
                   "delete from internal_recipient where read_at is null",
                   "update internal_paper set text = 'khác'"):
        assert ("record", f"document:{found}") in stc.faults(forged), forged


def test_art_10_3_its_history_is_played_and_taken_out_as_every_other(stc, tmp_path):
    found = send(stc)
    person(stc, "vanthu").get(f"/noi-bo/{found}")
    leader = person(stc, "lanhdao")
    assert "Gửi trong nội bộ cơ quan" in leader.get(f"/lich-su/{found}").text
    ways = ("goi-chung-cu", "phieu-kiem-soat", "phat-lai")
    asked = {what: leader.send(f"/lich-su/{found}/lay/{what}", {}) for what in ways}
    worker.run_due(stc.app)
    assert {what: one.status_code for what, one in asked.items()} == dict.fromkeys(asked, 200)
    bundle, slip = (leader.get(f"{asked[what].get_json()['state']}/tep") for what in ways[:2])
    assert slip.data.startswith(b"%PDF")
    with zipfile.ZipFile(io.BytesIO(bundle.data)) as pack:
        pack.extractall(tmp_path / "bundle")
    call = [sys.executable, "-I", "-S", "verify.py"]
    ran = subprocess.run(call, cwd=tmp_path / "bundle", capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert asked["phat-lai"].get_json()["verdict"]["title"] == "Không có quy trình nào để chạy lại"
    assert stc.faults() == []


def test_art_10_4_who_has_not_read_what_is_due_is_urged_by_the_clock_once(stc):
    with stc.inside():
        day = calendar.local_date(calendar.due_at(calendar.local_date(datetime.now(UTC)), 1))
    found = send(stc, due_date=day.isoformat())
    send(stc)
    person(stc, "vanthu").get(f"/noi-bo/{found}")
    morning = datetime.combine(day, time(7, 30), calendar.ZONE)
    with stc.inside():
        assert rule.due(morning - timedelta(days=1)) == [] and rule.due(morning) == [found]
        off = morning + timedelta(days=5 - morning.weekday())
        assert off.weekday() == 5 and rule.due(off) == [], "nobody is urged on a day off"
        assert [rule.urge_due(found, morning) for _ in range(2)] == [8, 0]
        act = history.course(f"document:{found}")[-1]
        assert (act.kind, act.actor_id) == ("urged", None)
    worker.use(stc.app)
    worker.run_urge(agency_id=stc.agency_id)
    assert f"Đọc trước hết ngày {day:%d/%m/%Y}" in person(stc, "lanhdao").get("/").text
    assert "Đọc trước hết ngày" not in person(stc, "vanthu").get("/").text
    assert {check for check, _ in stc.faults()} == {"time"}, "an act of a day to come, and nothing else"


def test_art_12_the_auditor_above_plays_it_within_his_scope(stc):
    found, above = send(stc), Browser(stc.app, "tinh", "thanhtra")
    grant = give(stc, person(stc, "lanhdao"), auditor="above", documents=str(found))
    page = above.get(f"/lich-su/don-vi-truc-thuoc/{grant}/{found}")
    assert page.status_code == 200 and "Gửi trong nội bộ cơ quan" in page.text
    assert kinds_of(stc, found) == ["internal_sent", "document_read"] and not any(got(stc, found).values())
    assert stc.faults() == []


def test_art_3_2_a_content_that_must_not_be_here_goes_with_its_files_and_history_stays_whole(stc):
    secret = pdf(77)
    found = send(stc, files=(io.BytesIO(secret), "ghi chu.pdf"), text="Nội dung không được có ở đây")
    tools, door = stc.app.extensions["tools"], f"/noi-bo/{found}/xoa-noi-dung"
    with stc.inside():
        [file] = attachment.of(found)
        sha256 = file.sha256
        assert tools.blobs.read(sha256) == secret
        hashes = [act.hash for act in history.course(f"document:{found}")]
    clerk, author, other = (person(stc, name) for name in ("vanthu", "chuyenvien", "chuyenvienb"))
    assert "không được có ở đây" in clerk.get(f"/noi-bo/{found}").text  # read
    assert "Xóa nội dung không được phép" not in other.get(f"/noi-bo/{found}").text
    assert other.post(door, reason="Không được có ở đây").status_code == 403
    assert person(stc, "quantri").post(door, reason="Không được có ở đây").status_code in (403, 404)
    assert author.post(door, reason="ok").status_code == 422
    assert [clerk.post(door, reason="Có nội dung không được cập nhật").status_code for _ in range(2)] == [303, 303]
    worker.run_due(stc.app)
    for one in (clerk, author, other):
        shown = one.get(f"/noi-bo/{found}").text
        assert "Nội dung đã xóa lúc" in shown and "ghi chu" not in shown and "Lịch trực tuần 48" not in shown
    assert not tools.blobs.path(sha256).exists()
    with stc.inside():
        paper, acts = internal_paper.get(found), history.course(f"document:{found}")
        assert (paper.text, paper.document.subject, paper.document.status) == ("", "", "discarded")
        assert [act.hash for act in acts][:len(hashes)] == hashes, "of what was done the hashes stay"
        assert [act.kind for act in acts].count("internal_discarded") == 1
        left = db.session.scalar(db.text("select count(*) from act_content c join act a on a.id = c.act_id "
                                         "where a.subject = :s and a.number <= :n"),
                                 {"s": f"document:{found}", "n": len(hashes)})
    assert left == 0, "what acts kept is gone"
    assert stc.faults() == []
    assert ("content", f"document:{found}") in stc.faults(
        f"update act set kind = 'document_read' where subject = 'document:{found}' and kind = 'internal_discarded'")


def test_art_4_1_a_who_opened_an_invitation_hears_that_it_was_called_back_and_it_is_read_before_the_meeting(stc):
    given = {"kind": MEETING, "text": "", "place": "Phòng họp số 1", "meeting_at": soon(), "chosen": ["role:head"]}
    late = person(stc, "chuyenvien").post("/noi-bo/soan", **values(**given, due_date=in_days(30)))
    assert late.status_code == 422
    found = send(stc, title="Họp giao ban tuần", **given)
    person(stc, "truongphong").get(f"/noi-bo/{found}")
    person(stc, "chuyenvien").post(f"/noi-bo/{found}/thu-hoi", reason="Hoãn họp sang tuần sau")
    with stc.inside():
        told = {name: [(one.kind, one.text) for one in notice.open_for(stc.user(name))]
                for name in ("truongphong", "truongphong2")}
    assert told == {"truongphong": [("recalled", "Hoãn họp sang tuần sau")], "truongphong2": []}
    assert "Đã được thu hồi" in person(stc, "truongphong").get("/").text
    assert stc.faults() == []
