"""What the check of a diagram says, and that it says nothing of what is shipped."""

import pytest
from spiff_walk import ROOT

from app import register_articles
from app.engine.check import check, check_all
from app.engine.diagram import shipped

register_articles()
FILES = shipped(ROOT)
KEYS = ("incoming", "outgoing_electronic", "outgoing_hybrid")


@pytest.mark.parametrize("key", KEYS)
def test_the_shipped_diagrams_are_right(key):
    report = check(FILES, key)
    assert report.ok and report.findings == ()


def test_a_changed_form_or_table_touches_the_procedures_that_use_it():
    assert set(check_all(FILES, {"form:verify"})) == {"incoming"}
    assert set(check_all(FILES, {"form:draft"})) == {"outgoing_electronic", "outgoing_hybrid"}
    assert set(check_all(FILES, {"dmn:exchange_form"})) == {"outgoing_electronic", "outgoing_hybrid"}
    assert set(check_all(FILES, {"bpmn:incoming", "case:incoming"})) == {"incoming"}
    alone = check_all({**FILES, "form:own": b"{}"}, {"form:own"})
    assert set(alone) == {"form:own"} and not alone["form:own"].ok
