"""Province templates: every agency reads them, none writes them, each decides for itself (Art. 10.2)."""

from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy.exc import ProgrammingError

from app import set_up
from app.db import db, tenancy
from app.engine import diagram, diagram_template, proposal, proposal_publish
from tests.conftest import World

ROOT = Path(__file__).resolve().parents[2]
NOTE = "Thêm dòng trống vào biểu mẫu"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The shipped files as the province's folder, with one form spelled otherwise."""
    for name, text in diagram.shipped(ROOT).items():
        kind, key = name.split(":")
        place = tmp_path / "mau" / {"bpmn": "processes", "dmn": "processes", "case": "processes", "form": "forms"}[kind]
        place.mkdir(parents=True, exist_ok=True)
        ending = {"bpmn": "bpmn", "dmn": "dmn", "case": "case.json", "form": "json"}[kind]
        (place / f"{key}.{ending}").write_bytes(text + b"\n" * (name == "form:verify"))
    return tmp_path / "mau"


def test_an_agency_is_told_of_a_newer_template_and_takes_it_over(world: World, folder: Path, now: datetime):
    with pytest.raises(set_up.NothingThere):
        set_up.publish_templates(world.app, folder / "forms", NOTE)
    made = set_up.publish_templates(world.app, folder, NOTE)
    assert made == {"incoming": 1, "outgoing_electronic": 1, "outgoing_hybrid": 1}
    assert set_up.publish_templates(world.app, folder, NOTE) == {}
    with world.app.app_context(), tenancy.acting_for(world.ids["stc"]):
        template = diagram_template.newest("incoming")
        assert template.note == NOTE and diagram_template.versions()["incoming"] is template
        assert diagram_template.is_news(template, diagram.in_force("incoming"))
        assert not diagram_template.is_news(diagram_template.newest("outgoing_hybrid"),
                                            diagram.in_force("outgoing_hybrid"))  # the same text: nothing to tell
        author, publisher = world.user("stc", "quantri"), world.user("stc", "lanhdao")
        found = proposal.open_("incoming", "Theo mẫu", author, now, diagram_template.texts(template),
                               template_version=template.version)
        assert [file.name for file in proposal.changed(found)] == ["form:verify"]
        proposal_publish.publish(found.id, publisher, "Theo mẫu mới của tỉnh", now)
        db.session.commit()
        assert diagram.in_force("incoming").template_version == 1
        assert not diagram_template.is_news(template, diagram.in_force("incoming"))
        db.session.rollback()
        for statement in ("update diagram_template set note = 'x'", "delete from diagram_template"):
            with pytest.raises(ProgrammingError):
                db.session.execute(db.text(statement))
            db.session.rollback()
        db.session.remove()
    loaded = set_up.load_diagrams(world.app)
    assert loaded.pop("stc") is None  # what an agency has published is not written over
    assert set(map(tuple, loaded.values())) == {()}


def test_a_new_agency_begins_from_the_templates_of_the_province(world: World, folder: Path):
    set_up.publish_templates(world.app, folder, NOTE)
    set_up.add_agency(world.app, code="000.00.99.H38", slug="moi", name="Sở Mới", abbreviation="SM", place="Lào Cai",
                        reason="Quyết định thành lập")
    with world.app.app_context():
        agency_id = db.session.scalar(db.text("select id from agency where slug = 'moi'"))
        db.session.remove()
    with world.app.app_context(), tenancy.acting_for(agency_id):
        assert diagram.texts_in_force()["form:verify"].endswith(b"\n\n")
        assert diagram.in_force("outgoing_electronic").template_version == 1
        db.session.remove()
    assert {slug for slug, made in set_up.load_diagrams(world.app).items() if made is None} == {"moi"}
