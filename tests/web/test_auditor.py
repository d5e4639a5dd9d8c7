"""S12, S13, Art. 10.3, 12: an auditor reads only, and what he was given; the one above sees counts besides; no
administrator reads contents, numbers, signs or alters history."""

import io
import zipfile
from datetime import timedelta

import pytest
from doors import GRANTS, Browser, count, end_grants, give, now, open_task
from sqlalchemy import func
from sqlalchemy.exc import ProgrammingError
from steps import Office, quick

from app.db import db, tenancy
from app.engine import handover
from app.records import refused
from app.records.attachment import Attachment
from app.records.calendar import local_date
from app.records.document import Document
from app.records.history import Act, ActContent
from app.records.register import Register
from app.web.gate import AUDITOR_SENDS

MARK = "DAUHIEU7731"


@pytest.fixture
def office(world):
    quick(world.app)
    return Office(world.app)


def filled(rule) -> str:
    values = {name: 1 for name in rule.arguments} | {"key": "incoming", "version": 1, "what": "tam-dung", "way": "den",
                                                     "place": "bieu-mau",
                                                     "pack": "goi-chung-cu", "size": "nho", "decision": "nhan"}
    with_values = {name: values[name] for name in rule.arguments}
    return rule.build(with_values)[1]


def test_s12_an_auditor_sends_nothing_but_what_is_his(office):
    office.take_in()
    auditor, tried = Browser(office.app, "stc", "thanhtra"), 0
    before = count(office, Act)
    for rule in office.app.url_map.iter_rules():
        for method in sorted(rule.methods - {"GET", "HEAD", "OPTIONS"}):
            if rule.endpoint not in AUDITOR_SENDS:
                answer = auditor.client.open(filled(rule), method=method, data={
                    "csrf_token": auditor.token, "reason": "vì sao"})
                # a token of minutes is the right there, whoever brings it: this one is nobody's
                assert answer.status_code == (404 if rule.endpoint == "signing_client.take" else 403), rule.rule
                tried += 1
    assert tried > 30 and AUDITOR_SENDS <= set(office.app.view_functions)
    with office.inside():
        kinds = db.session.scalars(db.select(Act.kind).order_by(Act.id).offset(before[0])).all()
        assert set(kinds) == {"access_refused"}
    assert auditor.get("/van-ban/1").status_code == 200


def test_s13_no_administrator_and_no_right_of_procedures_opens_a_content(office):
    """Tried at each door of a document, as administrator and with each right of procedures alone."""
    letter = office.take_in()
    task = open_task(office, "verify", letter)
    for roles in (["admin"], ["designer"], ["publisher"], ["migrator"]):
        with office.app.app_context(), tenancy.as_owner():
            db.session.execute(db.text("update user_account set roles = :r where username = 'quantri'"), {"r": roles})
            db.session.commit()
            db.session.remove()
        person = Browser(office.app, "stc", "quantri")
        for rule in office.app.url_map.iter_rules():
            if "document_id" in rule.arguments or rule.endpoint == "task.page":
                path = filled(rule).replace("/viec/1", f"/viec/{task[0]}")
                answer = person.get(path) if "GET" in rule.methods else person.post(path, reason="x")
                assert answer.status_code in (403, 404), (roles, rule.rule, answer.status_code)
        assert person.complete(task, decision="register").status_code == 404, roles
        assert person.get("/so/den").status_code == 403, roles
    with office.inside():
        for statement in ("update act set kind = 'sent_back'", "delete from act", "update act_content set input = '{}'",
                          "delete from seal", "update finding set is_whole = true", "delete from audit_grant"):
            with pytest.raises(ProgrammingError):
                db.session.execute(db.text(statement))
            db.session.rollback()


def test_art_10_3_an_auditor_reads_what_he_was_given_at_every_door(office):
    """Scope by scope: what it covers opens, the other document is not there; nothing given, nothing read."""
    office.verify(first := office.take_in(), subject="Việc thứ nhất")
    second = office.take_in()
    auditor, leader = Browser(office.app, "stc", "thanhtra"), Browser(office.app, "stc", "lanhdao")
    assert set(doors(auditor, first)) == {200}
    end_grants(office)
    me, today = str(office.id_of("thanhtra")), local_date(now())
    with office.inside():
        book = db.session.scalars(db.select(Register.id).where(
            Register.kind == "incoming", Register.year == today.year)).one()
    yesterday = (today - timedelta(days=1)).isoformat()
    for scope, opened in (
        ({}, ()), ({"register": str(book)}, (first,)), ({"type": "Công văn"}, (first,)),
        ({"documents": f"{second}"}, (second,)), ({"documents": "12/UBND-VX"}, (first,)),
        ({"since": today.isoformat(), "to": today.isoformat()}, (first, second)), ({"to": yesterday}, ()),
        ({"register": str(book), "documents": f"{first}, {second}"}, (first,)), ({"whole": "1"}, (first, second)),
    ):
        key = give(office, leader, auditor=me, **scope) if scope else 0
        for document in (first, second):
            is_open = document in opened
            answers = [auditor.get(f"/lich-su/{document}").status_code] if is_open else doors(auditor, document)
            assert set(answers) == ({200} if is_open else {404}), (scope, document)
            for path in ("/lich-su", "/van-ban"):
                assert (f"{path}/{document}" in auditor.get(path).text) == is_open, (scope, path)
        assert ("Việc thứ nhất" in auditor.get("/so/den").text) == (first in opened), scope
        if key:
            assert leader.post(f"{GRANTS}/{key}/ket-thuc", reason="Xong").status_code == 303
    with office.inside():  # each list that he looked through is told once in a while, in his own chain
        seen = db.session.scalars(db.select(ActContent.input["asked"].astext).join(Act, Act.id == ActContent.act_id)
                                  .where(Act.subject == f"user:{me}", Act.kind == "document_read")).all()
        assert sorted(seen) == ["/lich-su", "/so/den", "/van-ban"]
    auditor.get("/van-ban?q=Vi%E1%BB%87c+th%E1%BB%A9")
    with office.inside():
        newest = db.session.scalars(db.select(ActContent.input).order_by(ActContent.id.desc()).limit(1)).one()
        assert newest == {"what": "list", "asked": "/van-ban?q=Việc thứ"}
    given = give(office, leader, auditor=me, whole="1")
    with office.app.app_context(), tenancy.as_owner():
        db.session.execute(db.text("update audit_grant set until_date = '2026-01-01' where id = :id"), {"id": given})
        db.session.commit()
        db.session.remove()
    assert set(doors(auditor, first)) == {404}


def doors(person: Browser, letter: int) -> list[int]:
    """What each door of a document answers an auditor, GET and POST."""
    with Office(person.app).inside():
        file = db.session.scalars(db.select(Attachment.id).where(Attachment.document_id == letter)).first()
    asked = [f"/van-ban/{letter}", f"/van-ban/{letter}/so-do", f"/lich-su/{letter}", f"/lich-su/{letter}/so-do",
             f"/lich-su?so-sanh={letter},thuong-le", f"/tep/{letter}/{file}"]
    sent = [f"/lich-su/{letter}/lay/{what}" for what in ("phat-lai", "goi-chung-cu", "phieu-kiem-soat")]
    return [*(person.get(path).status_code for path in asked), *(person.send(path, {}).status_code for path in sent)]


def test_art_10_3_a_scope_is_given_and_ended_by_a_leader_with_a_reason_each_an_act(office):
    leader, me = Browser(office.app, "stc", "lanhdao"), str(office.id_of("thanhtra"))
    until, good = (local_date(now()) + timedelta(days=30)).isoformat(), {"whole": "1", "reason": "Theo kế hoạch"}
    office.take_in()
    for wrong, field in (({"reason": " "}, "reason"), ({"until": "2020-01-01"}, "until"), ({"until": "mai"}, "until"),
                         ({"whole": ""}, "scope"), ({"type": "Công văn"}, "scope"), ({"auditor": "0"}, "auditor"),
                         ({"whole": "", "documents": "999/KHONG"}, "scope"), ({"whole": "", "register": "x"}, "scope"),
                         ({"whole": "", "since": "2026-02-02", "to": "2026-02-01"}, "scope"),
                         ({"auditor": str(office.id_of("quantri"))}, "auditor"),
                         ({"auditor": str(office.id_of("lanhdao"))}, "auditor")):
        answer = leader.post(GRANTS, **{"auditor": me, "until": until, **good, **wrong})
        assert answer.status_code in (403, 409, 422) or "id=\"" + field in answer.text, wrong
        assert f'id="{field}-error"' in answer.text and (wrong.get("reason") or "Theo kế hoạch" in answer.text), wrong
    with office.inside():  # a year's last day and one more; a reference that two documents bear
        twins = [Document(agency_id=office.agency_id, direction=one, channel="scan", status="new", code_number="7",
                          code_notation="TB", created_at=now()) for one in ("incoming", "outgoing")]
        db.session.add_all(twins)
        db.session.commit()
        ids = ", ".join(str(one.id) for one in twins)
    answer = leader.post(GRANTS, auditor=me, until=until, documents="1, 7/TB", reason="Theo kế hoạch")
    assert f"mã hồ sơ {ids}" in answer.text and 'id="scope-error"' in answer.text
    longest = local_date(now()) + timedelta(days=handover.LONGEST_DAYS)
    answer = leader.post(GRANTS, auditor=me, until=(longest + timedelta(days=1)).isoformat(), **good)
    assert 'id="until-error"' in answer.text and "nhiều nhất 365 ngày" in answer.text
    give(office, leader, auditor=me, whole="1", until=longest.isoformat())
    for name, status in (("quantri", 403), ("vanthu", 403), ("thanhtra", 403), ("chanhvanphong", 403)):
        person = Browser(office.app, "stc", name)
        assert person.post(GRANTS, auditor=me, until=until, **good).status_code == status
        assert person.post(f"{GRANTS}/1/ket-thuc", reason="x").status_code == status
    with office.app.app_context(), tenancy.as_owner():  # however it came about: who leads and administers gives nothing
        db.session.execute(db.text("update user_account set roles = '{leader,admin}' where username = 'pholanhdao'"))
        db.session.commit()
        db.session.remove()
    both = Browser(office.app, "stc", "pholanhdao")
    assert both.post(GRANTS, auditor=me, until=until, **good).status_code == 403
    assert both.post(f"{GRANTS}/1/ket-thuc", reason="x").status_code == 403
    key = give(office, leader, auditor=me, whole="1")
    page = leader.get(GRANTS).text
    assert "Theo kế hoạch kiểm tra" in page and "Cả cơ quan" in page and "Đinh Xuân Trường" in page
    assert leader.post(f"{GRANTS}/{key}/ket-thuc", reason=" ").status_code == 422
    assert leader.post(f"{GRANTS}/{key}/ket-thuc", reason="Đổi người").status_code == 303
    assert leader.post(f"{GRANTS}/{key}/ket-thuc", reason="Đổi người").status_code == 409
    with office.inside():
        acts = db.session.execute(db.select(Act.kind, ActContent.input, ActContent.changes).join(
            ActContent, ActContent.act_id == Act.id).where(Act.subject == f"audit_grant:{key}")
            .order_by(Act.number)).all()
        assert [(kind, given["reason"]) for kind, given, _changes in acts] == [
            ("audit_granted", "Theo kế hoạch kiểm tra"), ("audit_ended", "Đổi người")]
        (table, row, columns), = acts[1].changes
        assert (table, row, columns["end_reason"]) == ("audit_grant", key, ["", "Đổi người"])
        assert db.session.execute(db.text("select count(*) from audit_grant where ended_at is null")).scalar() == 3
        for statement in ("update audit_grant set until_date = '2030-01-01'", "update audit_grant set type_name = ''"):
            with pytest.raises(ProgrammingError):
                db.session.execute(db.text(statement))
            db.session.rollback()


def test_s13_nothing_that_an_administrator_can_open_shows_a_content(office):
    """All roles of procedures and administration, and the leader's delegate: every page, list, search and script door,
    with each id that there is, shows no word of a document; he signs, numbers and gives himself nothing.
    """
    office.verify(letter := office.take_in(), subject=f"{MARK} Vụviệc")
    office.assign(letter, directive=f"Bút phê {MARK}")
    office.handle(letter, decision="finish", result=f"Kết quả {MARK}")
    with office.app.app_context(), tenancy.as_owner():
        db.session.execute(db.text("update user_account set roles = '{admin,designer,migrator,publisher,auditor}' "
                                   "where username = 'quantri'"))
        db.session.execute(db.text("update delegation set to_user_id = (select id from user_account u where u.username "
                                   "= 'quantri' and u.agency_id = delegation.agency_id)"))
        db.session.execute(db.text("update audit_grant set auditor_id = (select id from user_account u where "
                                   "u.username = 'quantri' and u.agency_id = audit_grant.agency_id)"))
        db.session.commit()
        db.session.remove()
    person, seen = Browser(office.app, "stc", "quantri"), 0
    for rule in office.app.url_map.iter_rules():
        if "GET" not in rule.methods or rule.endpoint in ("static", "login.leave"):
            continue
        for query, more in (("", {}), ("?q=Vụviệc&hop=unit&buoc=handle&van-ban=1", {"HX-Request": "true"})):
            answer = person.get(filled(rule) + query, headers=more)
            assert answer.status_code < 500 and not tells(answer.data), (rule.rule, query)
            seen += answer.status_code == 200
    assert seen > 30
    assert MARK in Browser(office.app, "stc", "lanhdao").get(f"/van-ban/{letter}").text
    before = len(refused_of(office))
    assert person.get(f"/van-ban/{letter}").status_code == person.get(f"/lich-su/{letter}").status_code == 404
    assert len(refused_of(office)) >= before > 0
    page = Browser(office.app, "stc", "thanhtra").get("/lich-su/kiem-tra").text
    assert "Lần bị từ chối gần đây" in page and "Mai Văn Tú" in page and MARK not in page


def tells(data: bytes) -> bool:
    """Whether the mark is in what was answered, packed or not."""
    if data.startswith(b"PK"):
        pack = zipfile.ZipFile(io.BytesIO(data))
        return any(MARK.encode() in pack.read(name) for name in pack.namelist())
    return MARK.encode() in data


def refused_of(office: Office) -> list[str]:
    """Codes of the administrator's refused attempts."""
    with office.inside():
        return [given["code"] for act, given in refused.newest(100) if act.actor.username == "quantri"]


def test_art_10_3_an_event_log_holds_what_its_taker_may_read_and_is_an_act(office, monkeypatch):
    office.verify(office.take_in(), subject=MARK)
    page = "/lich-su/nhat-ky"
    leader, clerk = (Browser(office.app, "stc", name) for name in ("lanhdao", "vanthu"))
    assert clerk.get(page).status_code == clerk.post(page, reason="x").status_code == 403
    assert "Nhật ký xử lý để phân tích" in leader.get(page).text
    for wrong, said in (({"reason": " "}, "Hãy ghi lý do"), ({"since": "x"}, "Ngày không"),
                        ({"since": "2026-11-02", "until": "2026-11-01"}, "Ngày không"),
                        ({"since": "2199-01-01"}, "Không có bước nào")):
        answer = leader.post(page, **{"reason": "r"} | wrong)
        assert answer.status_code == 422 and said in answer.text and "field-error" in answer.text
    found = leader.post(page, reason="Phân tích thời gian chờ", format="csv", kind="task_completed")
    assert found.status_code == 200 and found.headers["Content-Disposition"].startswith("attachment")
    lines = found.data.decode("utf-8-sig").splitlines()
    assert len(lines) > 1 and all(",task_completed," in line for line in lines[1:]) and MARK not in found.text
    auditor = Browser(office.app, "stc", "thanhtra")
    auditor.get("/van-ban/1")
    assert ",document_read," not in leader.post(page, reason="r", format="csv").text, "auditors only"
    assert leader.post(page, reason="r", format="xes").data.startswith(b"<?xml")
    wrong = {name: leader.post(page, **{"reason": "r", name: "bogus"}) for name in ("format", "kind", "unit")}
    assert all(one.status_code == 422 and f'id="{name}-error"' in one.text for name, one in wrong.items())
    assert auditor.post(page, reason="Kiểm tra", format="ocel").status_code == 200
    with office.inside():
        took = [one.input for one in db.session.scalars(db.select(ActContent).join(Act).where(
            Act.kind == "history_exported").order_by(ActContent.id))]
        assert [one["what"] for one in took] == ["csv", "csv", "xes", "ocel"]
        assert took[0]["kinds"] == ["task_completed"] and took[0]["reason"] == "Phân tích thời gian chờ"
    monkeypatch.setattr("app.web.audit_mining.MOST", 1)
    assert "nhiều hơn 1 bước" in leader.post(page, reason="r").text
    monkeypatch.setattr("app.web.audit_mining.MOST", 9999)
    monkeypatch.setattr("app.records.mining.write", _full_disk)
    assert leader.post(page, reason="r", format="xes").status_code == 500
    with office.inside():
        assert db.session.scalar(db.select(func.count()).where(Act.kind == "history_exported")) == len(took)


def _full_disk(*_: object) -> None:
    raise OSError("full")


def test_art_10_3_no_page_tells_an_auditor_of_what_he_was_not_given(office):
    """Every page with each id, search and export, asked by one who was given another document only."""
    office.verify(letter := office.take_in(), subject=f"{MARK} Vụviệc")
    office.assign(letter, directive=f"Bút phê {MARK}")
    office.handle(letter, decision="finish", result=f"Kết quả {MARK}")
    given = office.take_in()
    end_grants(office)
    give(office, Browser(office.app, "stc", "lanhdao"), auditor=str(office.id_of("thanhtra")), documents=str(given))
    auditor, seen = Browser(office.app, "stc", "thanhtra"), 0
    for rule in office.app.url_map.iter_rules():
        if "GET" not in rule.methods or rule.endpoint in ("static", "login.leave"):
            continue
        for query, more in (("", {}), (f"?q=Vụviệc&so-sanh={given},{letter}", {"HX-Request": "true"})):
            answer = auditor.get(filled(rule) + query, headers=more)
            assert answer.status_code < 500 and not tells(answer.data), (rule.rule, query)
            if answer.status_code == 200:
                assert f'/van-ban/{letter}"'.encode() not in answer.data, (rule.rule, query)
                seen += 1
    assert seen > 20
    for form in ("csv", "xes", "ocel"):
        log = auditor.post("/lich-su/nhat-ky", reason="Kiểm tra", format=form)
        assert log.status_code == 200 and f"document:{given}" in log.text, log.text[:2000]
        assert MARK not in log.text and f"document:{letter}" not in log.text, form
