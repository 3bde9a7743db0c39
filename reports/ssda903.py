"""The `Missing` file of the SSDA903 return on looked-after children: one row for each period away.

M is missing, whereabouts not known; A is away from placement, whereabouts known. The return has
dates only, so keep the times elsewhere. Rules quoted by number are those of the DfE validation.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import pairwise
from typing import Literal, TypeAlias

import msgspec

from protocol.assess import assess
from protocol.episode import Episode
from protocol.london import local_time
from protocol.pack import Pack

COLUMNS = ("CHILD", "DOB", "MISSING", "MIS_START", "MIS_END")
Row: TypeAlias = tuple[str, str, str, str, str]


class Period(msgspec.Struct, frozen=True, order=True):
    """One period, London dates. M ends when found, A when back; None while it lasts."""

    start: date
    end: date | None
    code: Literal["M", "A"]


def collection_year(on: date) -> tuple[date, date]:
    """First and last day of the collection year (1 April to 31 March) that `on` falls in."""
    first = date(on.year if (on.month, on.day) >= (4, 1) else on.year - 1, 4, 1)
    return first, date(first.year + 1, 3, 31)


def periods(episode: Episode, pack: Pack, now: datetime) -> list[Period]:
    """The periods of one episode as known at `now` (aware).

    Found on one day and back on a later one is two periods: missing until found, then away with
    whereabouts known (the hand-over on the same day is allowed, rule 574).
    """
    found = assess(episode, (), pack, now)
    start = found.start.date()
    located = _day(episode.located_at, pack, now)
    returned = _day(episode.returned_at, pack, now)
    if found.category != "missing":
        return [Period(start, returned, "A")]
    ends = located or returned
    away = [Period(start, ends and max(start, ends), "M")]
    if located is not None and (returned is None or returned > located):
        away.append(Period(max(start, located), returned, "A"))
    return away


def rows(child: str, dob: date, periods: Iterable[Period], year: tuple[date, date]) -> list[Row]:
    """The rows of one young person for a collection year (first and last day), oldest first.

    A period that lasts beyond the last day has a blank end (rule 571) and stands again in the next
    year's file. Raises ValueError if a period ends before it starts or overlaps another (574).
    """
    first, last = year
    ordered = sorted(periods, key=lambda period: (period.start, period.end or date.max))
    _check(ordered)
    return [
        (
            child,
            _written(dob),
            period.code,
            _written(period.start),
            _written(period.end) if period.end and period.end <= last else "",
        )
        for period in ordered
        if period.start <= last and (period.end is None or period.end >= first)
    ]


def _check(ordered: Sequence[Period]) -> None:
    for period in ordered:
        if period.end is not None and period.end < period.start:
            raise ValueError(f"the period from {_written(period.start)} ends before it starts")
    for one, other in pairwise(ordered):
        if one.end is None or other.start < one.end:
            raise ValueError(
                f"the period from {_written(other.start)} overlaps the one"
                f" from {_written(one.start)}"
            )


def _day(moment: datetime | None, pack: Pack, now: datetime) -> date | None:
    if moment is None or moment > now:
        return None
    return local_time(moment, pack.zone).date()


def _written(day: date) -> str:
    return f"{day:%d/%m/%Y}"
