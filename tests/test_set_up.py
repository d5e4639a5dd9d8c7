"""What an operator sets up by command: an agency that can work at once, a person who must change the password."""

from datetime import UTC, datetime

import pytest

from app import set_up
from app.db import db, tenancy
from app.engine import diagram
from app.records.agency import by_slug
from app.records.people import User, authenticate
from app.records.register import open_registers


def _add(world) -> None:
    set_up.add_agency(world.app, code="H38.99", slug="thu", name="Sở Thử nghiệm", abbreviation="STN", place="Lào Cai")


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
                                 roles=["clerk"], unit="Văn phòng")
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
    with pytest.raises(set_up.RoleUnknown):
        set_up.add_person(world.app, slug="thu", username="a", full_name="A", position="", roles=["clark"])


def test_loading_the_same_diagrams_again_changes_nothing(world):
    assert set(map(tuple, set_up.load_diagrams(world.app).values())) == {()}
