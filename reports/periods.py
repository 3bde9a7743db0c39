"""London calendar days: the period of a report, its its months, quarters, windows.

All periods are whole London days, first and last included.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from protocol.london import LONDON

DAY = timedelta(days=1)


class Period(NamedTuple):
    """First and last London day."""

    first: date
    last: date

    @property
    def end(self) -> datetime:
        """London midnight after the last day, as UTC."""
        return midnight(self.last + DAY)

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.first <= day <= self.last

    def named(self) -> dict[str, str]:
        """First and last day, as files say it."""
        return {"from": self.first.isoformat(), "to": self.last.isoformat()}


class Part(NamedTuple):
    """A month or quarter of a period, clipped to it. `name` as `2026-03` or `2026-Q1`."""

    name: str
    period: Period
    partial: bool


def midnight(day: date) -> datetime:
    """The moment at which a London day begins, as UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=LONDON).astimezone(UTC)


def london_day(moment: datetime) -> date:
    """The London date of a moment (UTC): another than there only in the last hour of the day."""
    if moment.hour != 23 and moment.tzinfo is UTC:
        return moment.date()
    return moment.astimezone(LONDON).date()


def months_back(day: date, months: int) -> date:
    """The last of a month stays the last; otherwise the same day, or the last if there is none."""
    index = day.year * 12 + day.month - 1 - months
    year, month = divmod(index, 12)
    last = monthrange(year, month + 1)[1]
    if day.day == monthrange(day.year, day.month)[1]:
        return date(year, month + 1, last)
    return date(year, month + 1, min(day.day, last))


def window(to: date, months: int) -> Period:
    """The `months` months that end on `to`."""
    return Period(months_back(to, months) + DAY, to)


def before(period: Period) -> Period:
    """As many months before if the period is whole months, else as many days."""
    first, last = period
    end = first - DAY
    if first.day == 1 and (last + DAY).day == 1:
        months = (last.year - first.year) * 12 + last.month - first.month + 1
        return Period(months_back(end, months) + DAY, end)
    return Period(end - (last - first), end)


def months(period: Period) -> Iterator[Part]:
    """The months of a period, the first and last clipped to it."""
    return _parts(period, 1)


def quarters(period: Period) -> Iterator[Part]:
    """The quarters (from January, April, July, October) of a period, clipped to it."""
    return _parts(period, 3)


def _parts(period: Period, length: int) -> Iterator[Part]:
    first = date(period.first.year, (period.first.month - 1) // length * length + 1, 1)
    while first <= period.last:
        index = first.year * 12 + first.month - 1 + length
        following = date(index // 12, index % 12 + 1, 1)
        whole = Period(first, following - DAY)
        clipped = Period(max(whole.first, period.first), min(whole.last, period.last))
        if length == 1:
            name = f"{first:%Y-%m}"
        else:
            name = f"{first.year}-Q{(first.month + 2) // 3}"
        yield Part(name, clipped, clipped != whole)
        first = following
