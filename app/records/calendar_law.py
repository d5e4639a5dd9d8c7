"""The days off that the law fixes, as data (Bộ luật Lao động 45/2019/QH14 Đ112; NQ 28/2026/QH16), by year.

What the Prime Minister and Bộ Nội vụ decide each year (which days of Tết, the second day of Quốc khánh, swapped days)
is known of the past only: of later years it is the usual choice, named so, for an administrator to correct. Lunar dates
are those of Viet Nam (UTC+7), as a table: Chinese calendars give another day in 2030.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from app.records.calendar import COMPENSATORY, HOLIDAY, SWAP_OFF, SWAP_WORK

LAW = "Bộ luật Lao động 2019 Điều 112"
#: first day of the lunar year, and the 10th of its third month
LUNAR = {
    2024: (date(2024, 2, 10), date(2024, 4, 18)), 2025: (date(2025, 1, 29), date(2025, 4, 7)),
    2026: (date(2026, 2, 17), date(2026, 4, 26)), 2027: (date(2027, 2, 6), date(2027, 4, 16)),
    2028: (date(2028, 1, 26), date(2028, 4, 4)), 2029: (date(2029, 2, 13), date(2029, 4, 23)),
    2030: (date(2030, 2, 2), date(2030, 4, 12)), 2031: (date(2031, 1, 23), date(2031, 4, 1)),
}
#: the 24th of November is off from this year on (NQ 28/2026/QH16)
CULTURE_DAY_FROM = 2026
#: years of which the government's decisions are known: first day off of Tết, second day of Quốc khánh
DECIDED = {2024: (date(2024, 2, 8), date(2024, 9, 3)), 2025: (date(2025, 1, 27), date(2025, 9, 1)),
           2026: (date(2026, 2, 16), date(2026, 9, 1))}
#: days that were swapped: off in place of a Saturday that is worked
SWAPS = {
    2024: ((date(2024, 4, 29), date(2024, 5, 4)),), 2025: ((date(2025, 5, 2), date(2025, 4, 26)),),
    2026: ((date(2026, 1, 2), date(2026, 1, 10)), (date(2026, 8, 31), date(2026, 8, 22))),
}
TET_DAYS = 5
GUESS = " (dự kiến, chờ thông báo)"


@dataclass(frozen=True)
class Day:
    """One day that differs from its weekday."""

    day: date
    kind: str
    name: str
    source: str = LAW


def years() -> list[int]:
    """The years that are known here."""
    return sorted(LUNAR)


def days_of(year: int) -> list[Day]:
    """The days of a year in order, one row a day; [] for a year that is not known.

    A holiday on a weekend is made up for on the next working day (BLLĐ Đ111.3).
    """
    if year not in LUNAR:
        return []
    found = {day.day: day for day in _holidays(year)}
    for off, worked in SWAPS.get(year, ()):
        found[off] = Day(off, SWAP_OFF, f"Nghỉ hoán đổi, làm bù {worked:%d/%m}", "Thông báo hoán đổi ngày làm việc")
        found[worked] = Day(worked, SWAP_WORK, f"Làm bù cho {off:%d/%m}", "Thông báo hoán đổi ngày làm việc")
    for one in sorted(_holidays(year), key=lambda day: day.day):
        if one.day.weekday() >= 5:
            instead = one.day
            while instead in found or instead.weekday() >= 5:
                instead += timedelta(days=1)
            found[instead] = Day(instead, COMPENSATORY, f"Nghỉ bù {one.name}", "Bộ luật Lao động 2019 Điều 111.3")
    return [found[day] for day in sorted(found)]


def _holidays(year: int) -> list[Day]:
    new_year, kings = LUNAR[year]
    tet, second = DECIDED.get(year, (new_year - timedelta(days=1), None))
    guess = "" if year in DECIDED else GUESS
    found = [Day(date(year, 1, 1), HOLIDAY, "Tết Dương lịch")]
    found += [Day(tet + timedelta(days=n), HOLIDAY, f"Tết Âm lịch{guess}") for n in range(TET_DAYS)]
    found += [Day(kings, HOLIDAY, "Giỗ Tổ Hùng Vương"), Day(date(year, 4, 30), HOLIDAY, "Ngày Chiến thắng"),
              Day(date(year, 5, 1), HOLIDAY, "Quốc tế Lao động"), Day(date(year, 9, 2), HOLIDAY, "Quốc khánh"),
              Day(second or date(year, 9, 1), HOLIDAY, f"Quốc khánh, ngày liền kề{guess}")]
    if year >= CULTURE_DAY_FROM:
        found.append(Day(date(year, 11, 24), HOLIDAY, "Ngày Văn hóa Việt Nam"))
    return found
