"""What an operator sets up by command: an agency that can work at once, a person who must change the password."""

import io
import os
import pwd
from datetime import UTC, datetime, timedelta

import pytest
from steps import Office

from app import audit, set_up
from app.cli import cli
from app.cli_history import _in_one_step
from app.db import db, tenancy
from app.engine import diagram
from app.engine.reason import ReasonNeeded
from app.records import account, history, verify_chain
from app.records.agency import by_slug
from app.records.calendar import local_date
from app.records.history import Act, ActContent
from app.records.people import User, authenticate
from app.records.register import open_registers
from app.records.verify_chain import Verified


def _add(world) -> None:
    set_up.add_agency(world.app, code="H38.99", slug="thu", name="Sở Thử nghiệm", abbreviation="STN", place="Lào Cai",
                        reason="Quyết định thành lập")


def test_an_added_agency_has_registers_and_diagrams_in_force(world):
    _add(world)
    with world.app.app_context():
        agency_id = by_slug("thu").id
        db.session.rollback()
        with tenancy.acting_for(agency_id):
            year = datetime.now(UTC).year
            assert open_registers("incoming", year) and open_registers("outgoing", year)
            assert diagram.in_force("incoming").version == 1
            db.session.remove()


def test_an_agency_is_added_once(world):
    _add(world)
    with pytest.raises(set_up.AlreadyThere):
        _add(world)


def test_art_11_1_b_an_added_person_must_change_the_one_time_password(world):
    _add(world)
    password = set_up.add_person(world.app, slug="thu", username="vanthu", full_name="Nguyễn Văn A", position="Văn thư",
                                 roles=["clerk"], unit="Văn phòng", reason="Quyết định tuyển dụng")
    with world.app.app_context():
        agency_id = by_slug("thu").id
        db.session.rollback()
        with tenancy.acting_for(agency_id):
            user = authenticate(by_slug("thu"), "vanthu", password, datetime.now(UTC))
            assert user.must_change_password and user.unit.name == "Văn phòng"
            assert db.session.scalar(db.select(db.func.count(User.id))) == 1
            db.session.remove()


def test_a_person_has_roles_that_exist(world):
    _add(world)
    with pytest.raises(account.RoleUnknown):
        set_up.add_person(world.app, slug="thu", username="a", full_name="A", position="", roles=["clark"],
                              reason="thử")


def test_loading_the_same_diagrams_again_changes_nothing(world):
    assert set(map(tuple, set_up.load_diagrams(world.app).values())) == {()}


def test_s12_an_operator_changes_nothing_without_a_reason_and_each_change_is_an_act_with_old_and_new_value(world):
    """Art. 7, 11.3.b: roles, title, unit, being put out, delegation; the account is as its acts say, or it is told."""
    stc = {"slug": "stc", "username": "chuyenvien"}
    for call in (lambda reason: set_up.change_person(world.app, **stc, is_active=False, reason=reason),
                 lambda reason: set_up.change_unit(world.app, slug="stc", name="Mới", renamed="", abbreviation="",
                                                   reason=reason),
                 lambda reason: set_up.delegate(world.app, slug="stc", holder="lanhdao", deputy="truongphong",
                                                reason=reason),
                 lambda reason: set_up.add_person(world.app, slug="stc", username="x", full_name="X", position="",
                                                  roles=["officer"], reason=reason)):
        with pytest.raises(ReasonNeeded):
            call("  ")
    for roles in (["admin", "leader"], ["admin", "auditor"], ["auditor", "clerk"]):
        with pytest.raises(account.RolesApart):
            set_up.change_person(world.app, **stc, roles=roles, reason="Thử")
    assert set_up.change_person(world.app, **stc, roles=["head"], position="Phó Trưởng phòng", unit="Phòng Mới",
                                reason="Quyết định 5")
    assert not set_up.change_person(world.app, **stc, roles=["head"], reason="Quyết định 5")
    assert set_up.change_person(world.app, **stc, is_active=False, reason="Nghỉ hưu")
    until = local_date(datetime.now(UTC)) + timedelta(days=3)
    with pytest.raises(account.DelegationUnclear):
        set_up.delegate(world.app, slug="stc", holder="lanhdao", deputy="quantri", until=until, reason="Đi công tác")
    set_up.delegate(world.app, slug="stc", holder="lanhdao", deputy="pholanhdao", until=until, reason="Đi công tác")
    set_up.delegate(world.app, slug="stc", holder="lanhdao", deputy="pholanhdao", reason="Về sớm")
    with world.app.app_context(), tenancy.acting_for(world.ids["stc"]):
        rows = db.session.execute(db.select(Act.kind, ActContent.input, ActContent.changes).join(
            ActContent, ActContent.act_id == Act.id).where(Act.subject.in_(
                [f"user:{world.user('stc', name).id}" for name in ("chuyenvien", "lanhdao")]), Act.number > 1)
            .order_by(Act.id)).all()
        assert [(kind, given["reason"]) for kind, given, _ in rows] == [
            ("account_changed", "Quyết định 5"), ("account_changed", "Nghỉ hưu"), ("delegation_changed", "Đi công tác"),
            ("delegation_changed", "Về sớm")]
        (_table, _id, columns), = rows[0][2]
        assert columns["roles"] == [["officer"], ["head"]] and columns["position"][1] == "Phó Trưởng phòng"
        assert rows[1][2][0][2] == {"is_active": [True, False]} and list(verify_chain.chains(Verified())) == []
        assert rows[3][2] and all(given["operator"] for _, given, _ in rows)
        db.session.execute(db.update(User).where(User.username == "chuyenvien").values(is_active=True))
        assert [fault.check for fault in verify_chain.chains(Verified())] in (["account"], ["record"])
        db.session.remove()


def test_s12_no_administrative_act_is_written_without_a_reason(world):
    """Every kind of the list, and every act of the demo province that is of one."""
    assert history.ADMINISTRATIVE < set(history.KINDS)
    with world.app.app_context(), tenancy.acting_for(world.ids["stc"]):
        for kind in sorted(history.ADMINISTRATIVE):
            for given in ({}, {"reason": ""}, {"reason": "  "}, {"reason": None}):
                with pytest.raises(history.ActWithoutReason):
                    history.note("test:1", kind, agency_id=world.ids["stc"], at=datetime.now(UTC), actor_id=None,
                                 input=given)
        written = db.session.scalars(db.select(ActContent.input).join(Act, Act.id == ActContent.act_id).where(
            Act.kind.in_(history.ADMINISTRATIVE))).all()
        assert len(written) > 10 and all(given["reason"].strip() for given in written)
        changes = db.session.scalars(db.select(db.cast(ActContent.changes, db.Text)))
        assert not any("password_hash" in text for text in changes)
        db.session.remove()


def test_s12_each_command_that_changes_an_agency_asks_for_a_reason():
    """A command of `bin/qlvb agency` without --reason is refused before anything is opened."""
    for name, command in cli.commands["agency"].commands.items():
        reason = next((one for one in command.params if one.name == "reason"), None)
        assert reason is not None and reason.required, name


def test_s12_what_is_taken_out_by_command_has_a_reason_and_the_name_of_the_account(world, tmp_path, monkeypatch):
    monkeypatch.setenv("LOGNAME", "somebody-else")
    monkeypatch.setenv("SUDO_USER", "an")
    for call in (lambda reason: audit.bundle(world.app, 1, io.BytesIO(), reason),
                 lambda reason: audit.mine(world.app, "stc", "csv", io.BytesIO(), reason)):
        for empty in ("", " \n"):
            with pytest.raises(ReasonNeeded):
                call(empty)
    Office(world.app).begin()
    audit.mine(world.app, "stc", "csv", io.BytesIO(), "Nghiên cứu cải tiến")
    with world.app.app_context(), tenancy.acting_for(world.ids["stc"]):
        given = db.session.scalars(db.select(ActContent.input).join(Act, Act.id == ActContent.act_id).where(
            Act.kind == "history_exported")).all()
        account = pwd.getpwuid(os.getuid()).pw_name
        assert given == [{"what": "csv", "operator": f"{account} (an)", "reason": "Nghiên cứu cải tiến"}]
        with pytest.raises(history.ActWithoutReason):
            history.note("agency:1", "history_exported", agency_id=world.ids["stc"], at=datetime.now(UTC),
                         actor_id=None, input={"what": "csv", "operator": "root"})
        db.session.remove()
    for command, is_asked in (("export", False), ("mine", True)):  # one bundle says by itself who took it by command
        options = cli.commands["history"].commands[command].params
        assert [one.required for one in options if one.name == "reason"] == [is_asked]
    (folder := tmp_path / "out").mkdir()
    (place := folder / "log.csv").write_text("before")
    with pytest.raises(ReasonNeeded), _in_one_step(place):
        raise ReasonNeeded()
    assert [one.read_text() for one in folder.iterdir()] == ["before"]
