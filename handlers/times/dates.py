"""Read dates: 3/11, 3-11-26, 2026-11-03, 3rd Nov, Oct 30, the 9th, 02Nov26, Boxing Day.

Numeric dates are day before month, always: this is England.
"""

from __future__ import annotations

from datetime import date, datetime

from .clock import clock_at
from .items import Bad, Clock, Day, DayKind, Piece, Told, Why
from .line import Line, half_of_day
from .spelt_dates import spelt_date
from .words import AFTER_ORDINAL, MONTHS, UNITS

_ORDINALS = frozenset({"st", "nd", "rd", "th"})


def date_at(line: Line, i: int, today: date) -> Piece | None:
    """The date that starts at token `i`; Bad when no calendar has it."""
    found = (
        _compact(line, i, today)
        or _numeric(line, i, today)
        or _day_month(line, i, today)
        or _month_day(line, i, today)
        or _spelt(line, i, today)
        or _ordinal(line, i)
        or _holiday(line, i)
    )
    if found is None:
        return None
    day, j = found
    return _checked(day, i, j) if isinstance(day, Day) else Piece(day, i, j, "not a date")


Found = tuple[Day | Bad, int]


def _checked(day: Day, i: int, j: int) -> Piece:
    if day.month and not _possible(day):
        return Piece(Bad(Why.IMPOSSIBLE), i, j, "no such date")
    if not 1 <= day.day <= 31:
        return Piece(Bad(Why.IMPOSSIBLE), i, j, "no such day of the month")
    return Piece(day, i, j, "holiday" if day.holiday else "date")


def _possible(day: Day) -> bool:
    """Can this day and month be, in the year said or in a leap year when none was?"""
    try:
        date(day.year or 2000, day.month, day.day)
    except ValueError:
        return False
    return True


def _year(digits: str, today: date) -> int:
    """The year meant by two or four digits; 0 when they are not a year."""
    if len(digits) == 4 and digits[:2] in {"19", "20"}:
        return int(digits)
    if len(digits) == 2:
        return today.year // 100 * 100 + int(digits)
    return 0


def _near(year: int, today: date) -> bool:
    return bool(year) and abs(year - today.year) <= 1


def _numeric(line: Line, i: int, today: date) -> Found | None:
    one, two, three = line.digits(i), line.digits(i + 2), line.digits(i + 4)
    if not one or line.glued_mark(i - 1, "/-."):
        return None
    sign = line.at(i + 1).text if line.glued_mark(i + 1, "/-.") else ""
    if not sign:
        return _spaced(line, i, today)
    if line.glued_mark(i + 3, sign) and two and three:
        return _three(line, i, today, (one, two, three))
    if not two or line.glued_mark(i + 3, "/-.") or _is_time_end(line, i + 3):
        return None
    if len(one) > 2 or len(two) > 2:
        return None
    day, month = int(one), int(two)
    if sign == "/":
        if (one, two) in {("1", "2"), ("3", "4"), ("1", "4")} and _unit_follows(line, i + 3):
            return None
        if not 1 <= month <= 12 or not 1 <= day <= 31:
            return Bad(Why.IMPOSSIBLE), i + 3
        return Day(DayKind.DATE, day=day, month=month), i + 3
    if _dashed_date(line, i + 3, sign, today, day, month):
        return Day(DayKind.DATE, day=day, month=month), i + 3
    return None


def _unit_follows(line: Line, j: int) -> bool:
    return line.word(j) in UNITS or line.word(j) in {"an", "of", "a"}


def _is_time_end(line: Line, j: int) -> bool:
    """Does "pm", "ish" or a unit follow, so that the number before it was not a month?"""
    return half_of_day(line, j) is not None or line.word(j) in UNITS | {"ish"}


def _dashed_date(line: Line, j: int, sign: str, today: date, day: int, month: int) -> bool:
    """Is "3-11" or "3.11" a date? Only with an exact time after it, and only if recent.

    Otherwise it is a range or a time; a dotted time after it would make two of the kind.
    """
    while line.mark(j, ",") or line.word(j) == "at":
        j += 1
    after = clock_at(line, j)
    if after is None or not isinstance(after.value, Clock) or after.value.told is not Told.EXACT:
        return False
    if sign == "." and after.value.dotted:
        return False
    for year in (today.year, today.year - 1):
        try:
            back = (today - date(year, month, day)).days
        except ValueError:
            continue
        if 0 <= back <= 31:
            return True
    return False


def _three(line: Line, i: int, today: date, parts: tuple[str, str, str]) -> Found | None:
    one, two, three = parts
    j = i + 5
    if line.glued_mark(j, "/-."):
        return Bad(Why.LEFTOVER), j
    if len(one) == 4:
        year, month, day = _year(one, today), int(two), int(three)
        if line.word(j) == "t" and line.at(j).glued and line.at(j + 1).glued:
            j += 1
    else:
        year, month, day = _year(three, today), int(two), int(one)
    if max(len(one), len(three)) > 4 or len(two) > 2 or not year:
        return Bad(Why.IMPOSSIBLE), j
    if not 1 <= month <= 12 or not 1 <= day <= 31:
        return Bad(Why.IMPOSSIBLE), j
    return Day(DayKind.DATE, day=day, month=month, year=year), j


def _spaced(line: Line, i: int, today: date) -> Found | None:
    """ "03 11 2026": only with a four-digit year near to now, and a time after it."""
    one, two, three = line.digits(i), line.digits(i + 1), line.digits(i + 2)
    if not (1 <= len(one) <= 2 and 1 <= len(two) <= 2 and len(three) == 4):
        return None
    if not _near(_year(three, today), today) or not 1 <= int(two) <= 12:
        return None
    if not isinstance(getattr(clock_at(line, i + 3), "value", None), Clock):
        return None
    return Day(DayKind.DATE, day=int(one), month=int(two), year=int(three)), i + 3


def _compact(line: Line, i: int, today: date) -> Found | None:
    """DDMMYY before a four-digit time."""
    digits = line.digits(i)
    if len(digits) != 6 or len(line.digits(i + 1)) != 4 or line.at(i + 1).glued:
        return None
    day, month, year = int(digits[:2]), int(digits[2:4]), _year(digits[4:], today)
    if not _near(year, today) or not 1 <= month <= 12 or not 1 <= day <= 31:
        return None
    return Day(DayKind.DATE, day=day, month=month, year=year), i + 1


def _day_number(line: Line, i: int) -> tuple[int, int] | None:
    """A day of the month, with or without its ordinal ending."""
    digits = line.digits(i)
    if not 1 <= len(digits) <= 2:
        return None
    j = i + 1
    if line.word(j) in _ORDINALS and (line.at(j).glued or len(line.word(j)) == 2):
        j += 1
    return int(digits), j


def _day_month(line: Line, i: int, today: date) -> Found | None:
    start = i + 1 if line.word(i) == "the" else i
    number = _day_number(line, start)
    if number is None:
        return None
    day, j = number
    if line.word(j) == "of":
        j += 1
    month = MONTHS.get(line.word(j), 0)
    if not month:
        return None
    j += 1
    if line.mark(j, ".") and line.at(j).glued and not line.digits(j + 1):
        j += 1
    year, j = _year_after(line, j, today)
    return Day(DayKind.DATE, day=day, month=month, year=year), j


def _month_day(line: Line, i: int, today: date) -> Found | None:
    month = MONTHS.get(line.word(i), 0)
    if not month:
        return None
    j = i + 1
    if line.mark(j, ".") and line.at(j).glued:
        j += 1
    if line.word(j) == "the":
        j += 1
    number = _day_number(line, j)
    if number is None:
        return None
    day, after = number
    if line.glued_mark(after, ":.-/") or _is_time_end(line, after):
        return None
    if line.word(i) == "may" and after == j + 1 and not line.digits(after):
        return None
    year, after = _year_after(line, after, today)
    return Day(DayKind.DATE, day=day, month=month, year=year), after


def _year_after(line: Line, j: int, today: date) -> tuple[int, int]:
    """A year after day and month: near to now, and with a time left for after or before it."""
    k = j + 1 if line.mark(j, ",") else j
    if line.mark(k, "'") and line.at(k + 1).glued:
        k += 1
    digits = line.digits(k)
    year = _year(digits, today)
    if not year or line.glued_mark(k + 1, ":.-/") or _is_time_end(line, k + 1):
        return 0, j
    if len(digits) == 4 and (_near(year, today) or _clock_beyond(line, k + 1)):
        return year, k + 1
    if len(digits) == 2 and _near(year, today) and _clock_beyond(line, k + 1):
        return year, k + 1
    return 0, j


def _clock_beyond(line: Line, j: int) -> bool:
    while line.mark(j, ",-@") or line.word(j) in {"at", "about", "around", "approx"}:
        j += 1
    found = clock_at(line, j)
    return found is not None and isinstance(found.value, Clock)


def _spelt(line: Line, i: int, today: date) -> Found | None:
    read = spelt_date(line, i, today)
    if read is None:
        return None
    day, j = read
    return Day(DayKind.DATE, day=day.day, month=day.month, year=day.year), j


def _ordinal(line: Line, i: int) -> Found | None:
    """ "the 9th": a day of this month or the one before."""
    start = i + 1 if line.word(i) == "the" else i
    digits = line.digits(start)
    if not 1 <= len(digits) <= 2 or line.word(start + 1) not in _ORDINALS:
        return None
    if line.word(start + 2) in AFTER_ORDINAL:
        return None
    return Day(DayKind.DATE, day=int(digits)), start + 2


_HOLIDAYS = (
    (("halloween",), 31, 10),
    (("hallowe'en",), 31, 10),
    (("christmas", "day"), 25, 12),
    (("xmas", "day"), 25, 12),
    (("christmas", "eve"), 24, 12),
    (("xmas", "eve"), 24, 12),
    (("boxing", "day"), 26, 12),
    (("bonfire", "night"), 5, 11),
    (("new", "year's", "eve"), 31, 12),
    (("new", "years", "eve"), 31, 12),
    (("new", "year's", "day"), 1, 1),
    (("new", "years", "day"), 1, 1),
)


def _holiday(line: Line, i: int) -> Found | None:
    for words, day, month in _HOLIDAYS:
        if line.words(i, *words):
            return Day(DayKind.DATE, day=day, month=month, holiday=True), i + len(words)
    return None


def date_of(day: Day, now: datetime) -> list[date]:
    """The dates a DATE can mean, latest first: of this year and last when no year was said.

    `now` is London time. A day alone is of this month or the one before.
    """
    today = now.date()
    if day.year:
        return [date(day.year, day.month, day.day)]
    found: list[date] = []
    if day.month:
        tries = [(today.year, day.month), (today.year - 1, day.month)]
    else:
        last = (today.year, today.month - 1) if today.month > 1 else (today.year - 1, 12)
        tries = [(today.year, today.month), last]
    for year, month in tries:
        try:
            found.append(date(year, month, day.day))
        except ValueError:
            continue
    return found
