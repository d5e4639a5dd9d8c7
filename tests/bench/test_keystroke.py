"""Seconds of a person are counted from keys and clicks; Vietnamese as it is typed."""

import pytest

from app.bench.intake import by_hand, wanted
from app.bench.keystroke import SECONDS, Hands, telex


@pytest.mark.parametrize(("text", "keys"), [
    ("ngay", 4), ("ngày", 5), ("đường", 8), ("nước", 6), ("ưa", 3), ("Ủy ban", 8), ("SỞ Y TẾ", 13), ("20/11/2026", 10),
    ("a: b", 5), ("", 0)])
def test_a_text_is_counted_as_it_is_typed_in_telex(text, keys):
    assert telex(text) == keys


def test_a_hand_that_changes_from_keys_to_mouse_is_counted():
    hands = Hands()
    hands.keys(3)
    hands.click()
    hands.click()
    hands.keys()
    hands.think()
    assert hands.done == {"key": 4, "click": 2, "point": 2, "home": 2, "think": 1}
    assert hands.seconds == pytest.approx(sum(SECONDS[name] * count for name, count in hands.done.items()))


def test_a_letter_by_hand_takes_each_field_of_a_registration():
    values = wanted({"so_ky_hieu": "469-TB/TU", "ngay_ban_hanh": "2026-01-20", "co_quan_ban_hanh": "TỈNH ỦY",
                     "loai_van_ban": "Thông báo", "trich_yeu": "Lịch họp", "nguoi_ky": "An", "chuc_vu": "BÍ THƯ",
                     "do_khan": ""})
    assert values["code_number"] == "469" and values["code_notation"] == "TB/TU" and values["priority"] == "0"
    dearer = by_hand({**values, "subject": values["subject"] + " tháng"})
    assert dearer.done["key"] - by_hand(values).done["key"] == telex(" tháng")
    assert by_hand(values).done["think"] >= len(values) - 1
