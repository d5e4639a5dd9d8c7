"""What the demo's people send each other is sent, read and answered by the doors (Art. 4.1.a)."""

from steps import Office, quick

from app.db import db
from app.demo import internal
from app.records import internal_paper
from app.records.document import Document


def test_art_4_1_a_the_demos_papers_are_sent_read_answered_and_taken_back(world):
    quick(world.app)
    stc = Office(world.app)
    issued = stc.begin()
    stc.approved(issued)
    stc.sign(issued)
    stc.seal(issued)
    internal.exchange(stc)
    with stc.inside():
        sent = list(db.session.scalars(db.select(Document).where(Document.direction == "internal")))
        assert len({one.type_name for one in sent}) == 5
        assert [one.status for one in sent].count("called_back") == 1
        rows = [row for one in sent for row in internal_paper.recipients(one.id)]
        assert {row.answer for row in rows} == {"", "attends", "absent", "sends"}
        assert any(row.read_at for row in rows) and internal_paper.count_unread(stc.user("lanhdao")) >= 2
        assert any(internal_paper.get(one.id).issued_id == issued for one in sent)
    assert stc.faults() == []
