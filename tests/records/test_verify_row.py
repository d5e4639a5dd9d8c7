"""What a row is compared with is read strictly: another spelling of a time is left to the slower judgement (S12)."""

import pytest

from app.records.verify_row import _NEVER, _day, _moment, _of_text


@pytest.mark.parametrize(("told", "kept"), [
    ("2000-01-01T00:00:00+00:00", 0), ("2000-01-01T07:00:00.000001+07:00", 1), ("1999-12-31T23:59:59+00:00", -10**6)])
def test_s12_a_moment_is_the_number_that_the_database_keeps(told: str, kept: int) -> None:
    assert _of_text(_moment, told) == kept


@pytest.mark.parametrize("told", ["2000-01-01 00:00:00+00:00", "2000-01-01T00:00:00", "2000-01-01", "infinity", 0, ""])
def test_s12_what_is_no_moment_equals_none_that_is_kept(told: object) -> None:
    assert _of_text(_moment, told) is _NEVER


def test_s12_a_day_has_one_spelling() -> None:
    assert _of_text(_day, "2000-01-31") == 30
    assert [_of_text(_day, told) for told in ("20000131", "2000-W05-1", "infinity", 30, "")] == [_NEVER] * 5
    assert _of_text(_day, None) is None and _of_text(_moment, None) is None
