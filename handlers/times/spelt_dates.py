"""Dates in unusual spellings, left to dateparser and checked word by word.

Only a run of tokens that holds one month name and at most two numbers is handed over, never a
time. The answer counts only if dateparser says that it read a day and a month, and if the day, the
month and the year it found are exactly the numbers and the month that were typed. dateparser is
imported at the first such date and not before (its import costs a quarter of a second).
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Any

from .line import Line
from .words import MONTHS

_JOINS = frozenset({"the", "of", "day", "st", "nd", "rd", "th"})
_MOST = 9


def spelt_date(line: Line, i: int, today: date) -> tuple[date, int] | None:
    """The date that starts at token `i` in a spelling of its own, with the year always told.

    "3rd day of November 2026", "2026 Nov 3", "3-Nov-2026", "Nov/03/26".
    """
    run = _run(line, i)
    if run is None:
        return None
    text, month, numbers, j = run
    read = _read(text)
    if read is None or read.month != month or abs(read.year - today.year) > 1:
        return None
    years = {read.year, read.year % 100}
    if len(numbers) != 2 or read.day not in numbers:
        return None
    rest = list(numbers)
    rest.remove(read.day)
    return (read, j) if rest[0] in years and rest[0] != read.day else None


def _run(line: Line, i: int) -> tuple[str, int, list[int], int] | None:
    """The tokens from `i` that can only be a date, as text; month, numbers, end."""
    numbers: list[int] = []
    month, j, last, text = 0, i, i, ""
    while j - i < _MOST:
        token = line.at(j)
        if token.kind == "num" and len(numbers) < 2 and len(token.text) in {1, 2, 4}:
            numbers.append(token.value)
        elif token.kind == "word" and token.text in MONTHS and not month:
            month = MONTHS[token.text]
        elif token.kind == "mark" and token.text in "-/.," and j > i:
            pass
        elif not (token.kind == "word" and token.text in _JOINS):
            break
        joined = token.glued and j > i
        text += token.text if joined else f" {token.text}"
        j += 1
        if month and len(numbers) == 2 and token.text not in _JOINS:
            last = j
            break
        if token.kind != "mark":
            last = j
    if not month or len(numbers) != 2:
        return None
    if line.glued_mark(last, ":.") or line.word(last) in {"am", "pm"}:
        return None
    return text.strip(" -/.,"), month, numbers, last


@lru_cache(maxsize=256)
def _read(text: str) -> date | None:
    """dateparser's reading of a date without a time, if it found both day and month."""
    found: Any = _parser().get_date_data(text.replace("day of", "of"))
    if found.date_obj is None or found.period != "day":
        return None
    return date(found.date_obj.year, found.date_obj.month, found.date_obj.day)


@lru_cache(maxsize=1)
def _parser() -> Any:
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
