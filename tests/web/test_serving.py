"""An agency in and out of service (Art. 11.3.b)."""

import pytest
from doors import Browser
from steps import Office, quick

from app import set_up
from app.db import db
from app.engine.reason import ReasonNeeded
from app.records import history
from app.records.agency import AgencyUnknown, by_slug
from app.records.history import Act


def test_art_11_3_b_an_agency_is_put_out_of_service_and_in_again_each_with_a_reason(world):
    quick(world.app)
    stc, clerk = Office(world.app), Browser(world.app, "stc", "vanthu")
    assert clerk.get("/").status_code == 200
    office = {"code": "H38.12", "reason": "Sáp nhập từ 01/12"}
    left = stc.take_in()
    with pytest.raises(set_up.AgencyBusy):
        set_up.serve_agency(world.app, is_served=False, **office)
    with pytest.raises(ReasonNeeded):
        set_up.serve_agency(world.app, code="H38.12", is_served=False, reason=" ", leaves_open=True)
    with pytest.raises(AgencyUnknown):
        set_up.serve_agency(world.app, code="H38.ZZ", is_served=False, reason="Sáp nhập")
    done = [set_up.serve_agency(world.app, is_served=False, leaves_open=True, **office) for _ in range(2)]
    assert done == [1, None]
    assert clerk.get("/").status_code in (302, 303)  # out at the next request
    with world.app.app_context():
        assert by_slug("stc") is None
        db.session.remove()
    with stc.inside():
        [told] = [given for act, given in history.latest(Act.kind == "agency_changed", limit=3) if "is_served" in given]
        assert (told["is_served"], told["left_open"], told["reason"]) == (False, 1, "Sáp nhập từ 01/12")
    assert stc.faults() == []
    assert stc.faults("update agency set is_served = true where code = 'H38.12'") != []
    assert set_up.serve_agency(world.app, is_served=True, **office) == 0
    assert Browser(world.app, "stc", "vanthu").get(f"/van-ban/{left}").status_code == 200 and stc.faults() == []
