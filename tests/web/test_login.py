"""Art. 11.1.b, S13, S14: log-in, sessions, passwords, PINs; and that a real installation holds no demo account."""

import json
import logging
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from doors import Browser, now, open_task
from steps import Office, quick

from app import DemoInProduction, create_app
from app.db import db, tenancy
from app.demo.people import PASSWORD, PIN
from app.engine import instance as instances
from app.engine import suspend
from app.engine.perform import SlowWork
from app.engine.task import Task
from app.records import people
from app.records.agency import by_slug
from app.records.history import Act, ActContent
from app.records.people import User
from app.records.session import LoginSession, open_session
from app.records.signature import PIN_MINUTES, WRONG_PINS, Signature, WrongPinTry

NEW = "một câu dài dễ nhớ 2026"
#: tries that are wrong, not the PIN, and not found by chance in a file
WRONG = "975318642"


@pytest.fixture
def office(world):
    quick(world.app)
    return Office(world.app)


def change(office, table, **columns):
    """Write into every row of the agency: time goes on, an account is closed."""
    with office.inside(), tenancy.as_owner():
        db.session.execute(db.update(table).where(table.agency_id == office.agency_id).values(**columns))
        db.session.commit()


def entered(app, slug, username, password=PASSWORD):
    """A browser that came in by the form."""
    browser = Browser(app)
    assert browser.log_in(slug, username, password).status_code == 302
    return browser


def is_in(browser):
    """Whether the browser's session lives."""
    return browser.get("/viec").status_code == 200


def error(answer):
    """What the log-in page says."""
    return answer.text.partition('role="alert">')[2].partition("<")[0]


# ---- log-in -----------------------------------------------------------------------------------------------


def test_a_wrong_password_an_unknown_name_and_a_locked_account_look_the_same(office):
    stranger, said = Browser(office.app), []
    for name in ("khong-co", "quantri' or 1=1", *["vanthu"] * 6):
        answer = stranger.log_in("stc", name, "sai 12345")
        assert answer.status_code == 422 and f'value="{name}"' in answer.text.replace("&#39;", "'")
        assert "sai 12345" not in answer.text
        said.append(error(answer))
    assert len(set(said)) == 1 and "không đúng" in said[0] and "tạm khóa" in said[0]


def test_s14_a_new_password_is_kept_as_argon2id_with_64_mib_and_three_passes():
    assert people.hash_password(PASSWORD).startswith("$argon2id$v=19$m=65536,t=3,p=1$")


def test_five_wrong_passwords_lock_and_time_opens(office):
    stranger = Browser(office.app)
    for _ in range(4):
        stranger.log_in("stc", "vanthu", "sai")
    assert entered(office.app, "stc", "vanthu")  # four are forgiven, and a right one forgets them
    for _ in range(5):
        stranger.log_in("stc", "vanthu", "sai")
    assert stranger.log_in("stc", "vanthu").status_code == 422
    assert entered(office.app, "stc", "lanhdao") and entered(office.app, "snv", "vanthu")  # the others are not locked
    change(office, User, locked_until_at=now() - timedelta(seconds=1))
    assert stranger.log_in("stc", "vanthu").status_code == 302


def test_wrong_passwords_at_once_are_all_counted(office):
    browsers = [Browser(office.app) for _ in range(3)]
    for browser in browsers:
        assert browser.token
    threads = [threading.Thread(target=b.log_in, args=("stc", "vanthu", "sai")) for b in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with office.inside():
        assert office.user("vanthu").failed_attempts == 3


def test_no_lock_is_held_while_a_password_is_checked(office, monkeypatch):
    """Sessions, acts and opinions refer to the account: they are written meanwhile."""
    def matches(stored, password):
        with office.inside():
            db.session.execute(db.text("set local lock_timeout = '1s'"))
            open_session(office.user("vanthu"), now(), "127.0.0.1")
            db.session.commit()
        return password == PASSWORD

    monkeypatch.setattr(people, "_matches", matches)
    with office.inside():
        agency = by_slug("stc")
        with pytest.raises(people.WrongPassword):
            people.authenticate(agency, "vanthu", "sai", now())
        assert people.authenticate(agency, "vanthu", PASSWORD, now()).username == "vanthu"


def test_a_password_changed_while_it_was_checked_opens_nothing(office, monkeypatch):
    def matches(stored, password):
        change(office, User, password_hash="another")
        return True

    monkeypatch.setattr(people, "_matches", matches)
    with office.inside(), pytest.raises(people.WrongPassword):
        people.authenticate(by_slug("stc"), "vanthu", PASSWORD, now())


def test_ten_wrong_passwords_in_a_day_lock_for_half_a_day(office, monkeypatch):
    """However slowly they come, and whoever logs in between."""
    monkeypatch.setattr(people, "_matches", lambda stored, password: password == PASSWORD)
    begin = now()

    def tries(password, hours):
        with office.inside():
            try:
                people.authenticate(by_slug("stc"), "vanthu", password, begin + timedelta(hours=hours))
                db.session.commit()
            except (people.WrongPassword, people.AccountLocked) as refusal:
                return refusal.code
        return "in"

    assert [tries("sai", hour) for hour in range(9)] == ["wrong_password"] * 9
    assert tries(PASSWORD, 9) == "in"
    assert tries("sai", 10) == "wrong_password"  # the tenth
    assert [tries(PASSWORD, hours) for hours in (11, 21.9, 22.1)] == ["account_locked", "account_locked", "in"]
    assert tries("sai", 48) == "wrong_password" and tries(PASSWORD, 48.1) == "in"  # those of yesterday are forgotten


def test_thirty_wrong_passwords_a_minute_close_the_door_to_their_address(office, monkeypatch):
    monkeypatch.setattr(people, "_matches", lambda stored, password: password == PASSWORD)
    stranger = Browser(office.app)
    said = [error(stranger.log_in("stc", f"ai{place}", "sai")) for place in range(people.ADDRESS_ATTEMPTS + 1)]
    assert ["quá nhiều lần" in one for one in said] == [False] * people.ADDRESS_ATTEMPTS + [True]
    refused = stranger.log_in("stc", "vanthu")
    assert refused.status_code == 422 and "quá nhiều lần" in error(refused)
    with office.inside():  # another address is served, and this one a minute later
        agency = by_slug("stc")
        assert people.authenticate(agency, "vanthu", PASSWORD, now(), "10.0.0.9").username == "vanthu"
        assert people.authenticate(agency, "vanthu", PASSWORD, now() + timedelta(minutes=1), "127.0.0.1")


def test_no_log_in_leads_to_another_site(office):
    away = ("//x.vn", "https://x.vn", "/\\x.vn", "/\t/x.vn", "/\n/x.vn", "/\r/x.vn", "\t//x.vn", "javascript:1", "x.vn")
    browser = Browser(office.app)
    for to in away:
        assert browser.post("/ngon-ngu", code="vi", tiep=to).headers["Location"] == "/", to
    assert Browser(office.app).log_in("stc", "vanthu", tiep=away[3]).headers["Location"] == "/"
    assert Browser(office.app).log_in("stc", "vanthu", tiep="/viec?hop=unit").headers["Location"] == "/viec?hop=unit"


# ---- sessions ---------------------------------------------------------------------------------------------


def test_a_session_ends_idle_and_after_its_whole_life(office):
    settings, browser = office.app.config["SETTINGS"], Browser(office.app, "stc", "vanthu")
    change(office, LoginSession, seen_at=now() - timedelta(minutes=settings.session_idle_minutes - 1))
    assert is_in(browser)
    with office.inside():  # the look was written down: idle time counts from it
        assert now() - db.session.scalars(db.select(LoginSession.seen_at)).one() < timedelta(minutes=1)
    change(office, LoginSession, seen_at=now() - timedelta(minutes=settings.session_idle_minutes, seconds=1))
    assert not is_in(browser)
    browser = Browser(office.app, "stc", "lanhdao")
    change(office, LoginSession, opened_at=now() - timedelta(hours=settings.session_hours, seconds=1), seen_at=now())
    assert not is_in(browser)


def test_a_session_ends_with_log_out_and_with_the_account(office):
    browser = entered(office.app, "stc", "vanthu")
    cookie = browser.client.get_cookie("qlvb_session")
    assert cookie.http_only and cookie.same_site == "Lax" and cookie.max_age is None
    assert browser.post("/dang-xuat").status_code == 302
    thief = Browser(office.app)
    thief.client.set_cookie("qlvb_session", cookie.value)
    assert not is_in(thief)
    browser = Browser(office.app, "stc", "vanthu")
    assert is_in(browser)
    change(office, User, is_active=False)
    assert not is_in(browser) and browser.log_in("stc", "vanthu").status_code == 422


def test_a_token_opens_its_own_agency_only(office):
    value = Browser(office.app, "stc", "vanthu").client.get_cookie("qlvb_session").value
    token, foreign = value.partition(".")[2], Office(office.app, "snv").agency_id
    for forged in (f"{foreign}.{token}", f"0.{token}", f"-1.{token}", f"{10**18}.{token}", token, ".", "1.", "².x"):
        browser = Browser(office.app)
        browser.client.set_cookie("qlvb_session", forged)
        assert not is_in(browser), forged


def test_a_fourth_browser_ends_the_oldest(office):
    browsers = [entered(office.app, "stc", "vanthu") for _ in range(4)]
    assert [is_in(browser) for browser in browsers] == [False, True, True, True]


# ---- passwords --------------------------------------------------------------------------------------------


def test_art_11_1_b_a_person_changes_the_own_password_and_other_sessions_end(office):
    mine, other, colleague = (Browser(office.app, "stc", name) for name in ("vanthu", "vanthu", "lanhdao"))
    for old, new, again, status in (("sai", NEW, NEW, 422), (PASSWORD, "ngắn", "ngắn", 422),
                                    (PASSWORD, NEW, "khác", 422), (PASSWORD, PASSWORD, PASSWORD, 422),
                                    (PASSWORD, "vanthu" * 4, "vanthu" * 4, 422), ("x" * 2000, NEW, NEW, 413)):
        answer = mine.post("/doi-mat-khau", old=old, new=new, again=again)
        assert answer.status_code == status and (status == 413 or "field-error" in answer.text)
        assert f'value="{new}"' not in answer.text
    assert is_in(other)
    assert mine.post("/doi-mat-khau", old=PASSWORD, new=NEW, again=NEW).status_code == 302
    assert (is_in(mine), is_in(other), is_in(colleague)) == (True, False, True)
    assert other.log_in("stc", "vanthu").status_code == 422
    assert other.log_in("stc", "vanthu", NEW).status_code == 302


def test_a_session_is_no_way_to_guess_the_password(office):
    """Wrong old passwords count as at the log-in: the fifth locks, the right one is then refused."""
    browser = Browser(office.app, "stc", "vanthu")
    for _ in range(5):
        answer = browser.post("/doi-mat-khau", old="sai", new=NEW, again=NEW)
        assert answer.status_code == 422 and "hiện tại không đúng" in answer.text
    answer = browser.post("/doi-mat-khau", old=PASSWORD, new=NEW, again=NEW)
    assert answer.status_code == 422 and "tạm khóa" in answer.text
    change(office, User, locked_until_at=now() - timedelta(seconds=1))
    assert browser.post("/doi-mat-khau", old=PASSWORD, new=NEW, again=NEW).status_code == 302


def test_a_one_time_password_opens_nothing_but_its_change(office):
    change(office, User, must_change_password=True)
    browser = Browser(office.app)
    assert browser.log_in("stc", "vanthu").headers["Location"] == "/doi-mat-khau"
    for path in ("/", "/viec", "/so/den", "/van-ban/tiep-nhan", "/viec/1"):
        assert browser.get(path).headers["Location"] == "/doi-mat-khau"
    assert browser.post("/doi-mat-khau", old=PASSWORD, new=NEW, again=NEW).headers["Location"] == "/"
    assert is_in(browser)


# ---- PINs -------------------------------------------------------------------------------------------------


def waiting_for_leader(office):
    """A draft that waits for the leader's signature: (document, task)."""
    document = office.begin()
    office.approved(document)
    return document, open_task(office, "sign_by_leader", document)


def kept_anywhere(office, text):
    """Tables that hold the text."""
    with office.inside():
        found = []
        for table in (ActContent, Act, Task, SlowWork, Signature, WrongPinTry):
            for row in db.session.scalars(db.select(table)):
                whole = json.dumps({c.key: getattr(row, c.key) for c in table.__table__.columns}, default=str)
                found += [table.__tablename__] if text in whole else []
        jobs = db.session.execute(db.text("select args::text from procrastinate_jobs")).scalars()
        return found + ["jobs" for args in jobs if text in args]


def test_a_pin_is_in_no_row_and_no_log(office, caplog):
    caplog.set_level(logging.DEBUG)
    document, task = waiting_for_leader(office)
    leader = Browser(office.app, "stc", "lanhdao")
    version = leader.save(task, decision="sign", pin=PIN, reason="").json["version"]
    answer = leader.complete((task[0], version), decision="sign", pin=WRONG)
    assert answer.status_code == 422 and "PIN" in answer.json["errors"]["pin"][0] and WRONG not in answer.text
    assert leader.complete((task[0], version), decision="sign").json["errors"]["pin"]
    assert PIN not in leader.get(f"/viec/{task[0]}").text
    assert leader.complete((task[0], version), decision="sign", pin=PIN).status_code == 200
    from app import worker

    worker.run_due(office.app)
    assert office.status(document) == "signed_by_leader"
    for secret in (PIN, WRONG):
        assert kept_anywhere(office, f'"{secret}"') == [] and secret not in caplog.text


def test_five_wrong_pins_in_fifteen_minutes_lock_signing(office):
    """Each counts though its request is rolled back; the right one is then refused, too, until time has passed."""
    document, task = waiting_for_leader(office)
    leader = Browser(office.app, "stc", "lanhdao")
    for pin in (WRONG, "", None, 5, "x" * 300, "\ud800"):
        leader.send(f"/viec/{task[0]}", {"version": task[1], "values": {"decision": "sign", "pin": pin}})
    with office.inside():  # nothing given, and what can be no PIN, is no try
        assert db.session.scalar(db.select(db.func.count()).select_from(WrongPinTry)) == 1
    for _ in range(WRONG_PINS - 1):
        leader.complete(task, decision="sign", pin=WRONG)
    answer = leader.complete(task, decision="sign", pin=PIN)
    assert answer.status_code == 422 and "15 phút" in answer.json["errors"]["pin"][0]
    assert office.tasks(document) == ["sign_by_leader"]
    change(office, WrongPinTry, at=now() - timedelta(minutes=PIN_MINUTES, seconds=1))
    assert leader.complete(task, decision="sign", pin=PIN).status_code == 200
    with office.inside():
        assert db.session.scalar(db.select(db.func.count()).select_from(WrongPinTry)) == 0


def test_wrong_pins_at_once_are_no_way_round_the_lock(office):
    _, task = waiting_for_leader(office)
    leader = Browser(office.app, "stc", "lanhdao")
    value, token = leader.client.get_cookie("qlvb_session").value, leader.token
    flask = leader.client.get_cookie(office.app.config["SESSION_COOKIE_NAME"]).value
    answers = []

    def guess():
        browser = Browser(office.app)
        browser._token = token
        browser.client.set_cookie("qlvb_session", value)
        browser.client.set_cookie(office.app.config["SESSION_COOKIE_NAME"], flask)
        answers.append(browser.complete(task, decision="sign", pin=WRONG).json["errors"]["pin"][0])

    threads = [threading.Thread(target=guess) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted("tạm dừng" in answer for answer in answers) == [False] * WRONG_PINS + [True] * 3


def test_no_pin_is_tried_at_a_suspended_instance_nor_from_an_old_page(office):
    document, task = waiting_for_leader(office)
    leader = Browser(office.app, "stc", "lanhdao")
    assert leader.complete((task[0], task[1] + 1), decision="sign", pin=WRONG).status_code == 409
    with office.inside():
        suspend.suspend(instances.of_document(document).id, office.user("quantri"), "Xem lại quy trình", now())
    answer = leader.complete(task, decision="sign", pin=WRONG)
    assert answer.status_code == 409 and "Xem lại quy trình" in answer.json["error"]
    with office.inside():
        assert db.session.scalar(db.select(db.func.count()).select_from(WrongPinTry)) == 0


def test_a_pin_is_tried_only_at_ones_own_open_task(office):
    """A task that is done, or another's, tells nothing about a PIN and counts nothing."""
    document, task = waiting_for_leader(office)
    for name in ("pholanhdao", "vanthu", "chuyenvien", "truongphong"):
        answer = Browser(office.app, "stc", name).complete(task, decision="sign", pin=WRONG)
        assert answer.status_code in (403, 404), (name, answer.text)
    office.sign(document)
    leader = Browser(office.app, "stc", "lanhdao")
    assert [leader.complete(task, decision="sign", pin=pin).status_code for pin in (PIN, WRONG)] == [409, 409]
    with office.inside():
        assert db.session.scalar(db.select(db.func.count()).select_from(WrongPinTry)) == 0


# ---- demo accounts ----------------------------------------------------------------------------------------


def test_a_real_installation_does_not_start_with_demo_accounts(world):
    with pytest.raises(DemoInProduction):
        create_app(replace(world.config, env="production"))
