"""London days and hours, for rotas, digests and the work of the next working day."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta

import msgspec

from protocol.provider import LONDON


def at(day: date, hour: time) -> datetime:
    """That wall-clock time in London, in UTC. In the hour that comes twice: the first of them."""
    return datetime.combine(day, hour, LONDON).astimezone(UTC)


def day_of(moment: datetime) -> date:
    """The London date of a moment."""
    return moment.astimezone(LONDON).date()


def days_later(moment: datetime, days: int) -> datetime:
    """The same wall-clock time in London so many calendar days later (or earlier), in UTC."""
    return (moment.astimezone(LONDON) + timedelta(days=days)).astimezone(UTC)


def next_working_day(moment: datetime, closed: Collection[date]) -> date:
    """The first day after the moment's London date that is no weekend and not in `closed`."""
    day = day_of(moment) + timedelta(days=1)
    while day.weekday() >= 5 or day in closed:
        day += timedelta(days=1)
    return day


class OfficeHours(msgspec.Struct, frozen=True, kw_only=True):
    """When the offices work: `opens` to `closes` (London) on every day that is no weekend and not
    in `closed`. The rest is out of hours (DCSF statutory guidance 2009, National Indicator 71)."""

    opens: time = time(9)
    closes: time = time(17)
    closed: Collection[date] = ()

    def open_on(self, day: date) -> tuple[datetime, datetime] | None:
        """The office hours (UTC) of this London day; None: it is closed."""
        if day.weekday() >= 5 or day in self.closed:
            return None
        return at(day, self.opens), at(day, self.closes)

    def closed_from(self, day: date) -> tuple[datetime, datetime]:
        """The hours (UTC) out of hours that begin on this London day: from closing time, or on a
        day without office hours from opening time, to opening time on the next day."""
        worked = self.open_on(day)
        begins = worked[1] if worked else at(day, self.opens)
        return begins, at(day + timedelta(days=1), self.opens)


NINE_TO_FIVE = OfficeHours()


def into_hours(moment: datetime, opens: time | None, ends: time | None) -> datetime:
    """The moment itself if it lies within these London hours, else when they next begin."""
    if opens is None or ends is None:
        return moment
    local = moment.astimezone(LONDON)
    if opens <= local.time() < ends:
        return moment
    day = local.date() if local.time() < opens else local.date() + timedelta(days=1)
    return at(day, opens)


def england_bank_holidays(years: Collection[int]) -> tuple[date, ...]:
    """Bank holidays of England, in order. The library is imported only here: it is slow to load."""
    import holidays

    return tuple(sorted(holidays.country_holidays("GB", subdiv="ENG", years=years)))
