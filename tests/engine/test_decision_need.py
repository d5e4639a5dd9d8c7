"""What Art. 4 needs of its decision table: rows are the agency's, columns are not."""

from pathlib import Path

import pytest

from app import register_articles
from app.engine import decision_need, decision_write
from app.engine.decision_read import rows_of

register_articles()
SHIPPED = (Path(__file__).resolve().parents[2] / "processes/exchange_form.dmn").read_bytes()


def faults(text: bytes) -> list[str]:
    return [fault.message for fault in decision_need.faults("exchange_form", rows_of(text))]


def test_art_4_the_shipped_table_fits_and_its_rows_are_free():
    assert faults(SHIPPED) == [] and decision_need.is_asked("exchange_form")
    rule = SHIPPED[SHIPPED.index(b"<rule "):SHIPPED.index(b"</rule>") + 7]
    assert faults(SHIPPED.replace(rule, b"", 1)) == []
    assert faults(SHIPPED.replace('"Điều 4.1.a"'.encode(), '"Điều 4.1.a QĐ 48"'.encode())) == []


@pytest.mark.parametrize(("old", "new", "words"), [
    ('hitPolicy="FIRST"', 'hitPolicy="RULE ORDER"', "một kết quả"),
    ('name="exchange_form" typeRef', 'name="form" typeRef', "Cột kết quả “exchange_form”"),
    ('name="clause"', 'name="article"', "Cột kết quả “clause”"),
    ("<text>purpose</text>", "<text>approver_id</text>", "approver_id"),
    ('<text>"electronic"</text>', '<text>"none"</text>', "electronic, hybrid"),
    ('<text>"electronic"</text>', "<text>type_name</text>", "electronic, hybrid"),
], ids=range(6))
def test_art_4_columns_and_answers_that_the_code_reads_stay(old, new, words):
    assert SHIPPED.count(old.encode())
    found = decision_need.faults("exchange_form", rows_of(SHIPPED.replace(old.encode(), new.encode(), 1)))
    assert len(found) == 1 and words in found[0].message and found[0].article == "Điều 4"
    with pytest.raises(decision_need.FieldsNeeded):
        decision_need.require("exchange_form", rows_of(SHIPPED.replace(old.encode(), new.encode(), 1)))


def test_a_table_of_ones_own_is_free_and_a_copy_has_its_own_key():
    text = decision_write.new("fee", "Mức <phí>", "kind", "Loại dự thảo", "Mức")
    rows = rows_of(text)
    assert (rows.key, rows.name, rows.hit_policy) == ("fee", "Mức <phí>", "FIRST")
    assert decision_need.faults("fee", rows) == []
    copy = rows_of(decision_write.copied(SHIPPED, "second", "Bản thử"))
    assert (copy.key, copy.name, len(copy.rules)) == ("second", "Bản thử", len(rows_of(SHIPPED).rules))
