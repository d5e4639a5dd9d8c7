"""What the demo keeps beside its documents: no page of it is empty, and history holds."""

from steps import Office, quick

from app.db import db
from app.demo import kept
from app.records import certified_copy, consultation, directive, message, recipient_group


def test_the_demo_has_groups_directives_opinions_and_copies(world):
    quick(world.app)
    stc, province = Office(world.app), Office(world.app, "tinh")
    paper = stc.take_in()
    stc.verify(paper)
    kept.tell(world.app)
    with stc.inside():
        assert [(one.name, one.is_provinces) for one in recipient_group.choices(stc.agency_id)] == [
            ("Các sở, ban, ngành", True), ("Các đơn vị dự toán cấp I", False),
            ("Ủy ban nhân dân các xã, phường", True)]
        assert [(one.status, one.reference) for one in certified_copy.of(paper)] == [
            ("made", "02/SY-STC"), ("asked", ""), ("made", "01/SY-STC")]
        sent = certified_copy.of(paper)[0]
        assert [row.partner for row in message.sent_for(paper, sent.id)] == ["H38.07", "H38.10"]
        rows = list(db.session.scalars(db.select(consultation.Consultation)))
        assert sorted(one.answer for one in rows) == ["", "", "remarks"]
        assert certified_copy.count_waiting(stc.user("lanhdao")) == 1
        assert [one.text for one in directive.of(stc.user("pholanhdao"))] == list(kept.DIRECTIVES)
    assert stc.faults() == province.faults() == []
