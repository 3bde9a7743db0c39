"""Dates: 3/11, 3-11-26, 2026-11-03, 3rd Nov, Oct 30, the 9th, Boxing Day.

Numeric dates are day before month, always: this is England. A spelling of its own ("2026 Nov 3",
"3rd day of November 2026") is left to dateparser, and its answer counts only if the day, the month
and the year are exactly the numbers and the month that were typed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from .items import Bad, Day, DayKind, Value, Why
from .word_table import MONTHS

Match = re.Match[str]
_TIME_NEXT = re.compile(
    r"[ ,@-]*(?:(?:at|about|around|approx|circa)\.? )*(?:[0-9]|half|quarter|noon|mid|nine|ten)"
)


def _date(day: int, month: int, year: int) -> Sequence[Value]:
    try:
        date(year or 2000, month, day)
    except ValueError:
        return [Bad(Why.IMPOSSIBLE)]
    return [Day(DayKind.DATE, day=day, month=month, year=year)]


def _full_year(digits: str, today: date) -> int:
    return int(digits) if len(digits) == 4 else today.year // 100 * 100 + int(digits)


def _numeric(m: Match, today: date) -> Sequence[Value] | None:
    year = m["year"]
    if year is None and m["mark"] != "/":
        return None
    return _date(int(m["day"]), int(m["number"]), _full_year(year, today) if year else 0)


def _near(m: Match, today: date) -> Sequence[Value] | None:
    """A date that could be other numbers: only of a year next to this one."""
    year = _full_year(m["year"], today)
    return _date(int(m["day"]), int(m["number"]), year) if abs(year - today.year) <= 1 else None


def _named(m: Match, today: date) -> Sequence[Value] | None:
    """ "3 Nov 2015" may be a quarter past eight: four digits are a year before a time, or near."""
    day, month, digits = int(m["day"]), MONTHS[m["month"]], m["year"]
    if not digits:
        return _date(day, month, 0)
    year = _full_year(digits, today)
    if not 1990 <= year <= today.year + 1 or not _TIME_NEXT.match(m.string, m.end()):
        clocks = re.search(r"\d[:.]\d\d|\d ?[ap]m\b", m.string[: m.start()])
        if not clocks or abs(year - today.year) > 1:
            return [Bad(Why.UNSURE)]
    return _date(day, month, year)


def _ordinal(m: Match, _: date) -> Sequence[Value]:
    day = int(m["day"])
    return [Day(DayKind.DATE, day=day)] if 1 <= day <= 31 else [Bad(Why.IMPOSSIBLE)]


HOLIDAYS = {
    "halloween": (31, 10),
    "hallowe'en": (31, 10),
    "christmas day": (25, 12),
    "xmas day": (25, 12),
    "christmas eve": (24, 12),
    "xmas eve": (24, 12),
    "boxing day": (26, 12),
    "bonfire night": (5, 11),
    "new year's eve": (31, 12),
    "new years eve": (31, 12),
    "nye": (31, 12),
    "new year's day": (1, 1),
    "new years day": (1, 1),
}


def _holiday(m: Match, _: date) -> Sequence[Value]:
    day, month = HOLIDAYS[m.group()]
    return [Day(DayKind.DATE, day=day, month=month, holiday=True)]


def _spelt(m: Match, today: date) -> Sequence[Value] | None:
    text = m.group()
    months = [MONTHS[w] for w in re.findall("[a-z]+", text) if w in MONTHS]
    numbers = [int(n) for n in re.findall(r"\d+", text)]
    if len(months) != 1 or len(numbers) != 2:
        return None
    read = _dateparser(text)
    if read is None or read.month != months[0] or abs(read.year - today.year) > 1:
        return None
    rest = [n for n in numbers if n != read.day]
    if rest not in ([read.year], [read.year % 100]):
        return None
    return [Day(DayKind.DATE, day=read.day, month=read.month, year=read.year)]


@lru_cache(maxsize=256)
def _dateparser(text: str) -> date | None:
    found: Any = parser().get_date_data(text.replace("day of", "of"))
    if found.date_obj is None or found.period != "day":
        return None
    return date(found.date_obj.year, found.date_obj.month, found.date_obj.day)


@lru_cache(maxsize=1)
def parser() -> Any:
    """dateparser, set up for dates only. Its import takes a quarter of a second: see `prepare`."""
    from dateparser.date import DateDataParser

    return DateDataParser(
        languages=["en"],
        settings={
            "DATE_ORDER": "DMY",
            "REQUIRE_PARTS": ["day", "month", "year"],
            "PARSERS": ["absolute-time"],
            "NORMALIZE": True,
        },
    )


BUILDERS: dict[str, Callable[[Match, date], Sequence[Value] | None]] = {
    "numeric": _numeric,
    "near_date": _near,
    "named_date": _named,
    "spelt_date": _spelt,
    "day_of_month": _ordinal,
    "holiday": _holiday,
}
"""What the rows of `patterns.txt` that begin with "date" stand for."""


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
