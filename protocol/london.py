"""London time: elapsed hours, calendar days, office hours, age.

Hours are elapsed time. Days are calendar days at the same wall-clock time, so that 14 days from
18:00 GMT is 18:00 BST when the clocks go forward in between.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Collection, Container
from datetime import MAXYEAR, UTC, date, datetime, time, timedelta, timezone
from functools import cache, lru_cache
from typing import ParamSpec, TypeVar
from zoneinfo import ZoneInfo

import msgspec

LONDON = ZoneInfo("Europe/London")

P = ParamSpec("P")
R = TypeVar("R")


def remembered(function: Callable[P, R]) -> Callable[P, R]:
    """Keeps the latest answers: an episode is looked at again and again with the same times, and
    the arithmetic of a zone is slow."""
    return lru_cache(maxsize=1 << 14)(function)  # type: ignore[return-value]


@remembered
def local_time(moment: datetime, zone: ZoneInfo) -> datetime:
    """The same instant with the wall clock of `zone`, at a fixed offset.

    With the zone itself two such times would be compared and subtracted by their wall clocks,
    which is wrong in the nights when the clocks change.
    """
    offset = moment.astimezone(zone).utcoffset()
    return moment.astimezone(timezone(offset or timedelta()))


@remembered
def days_from(start: datetime, days: int, zone: ZoneInfo) -> datetime:
    """The instant (UTC) `days` calendar days after `start` at the same wall-clock time.

    A wall time that the spring change leaves out is taken an hour later, as clocks show it.
    """
    return (start.astimezone(zone) + timedelta(days=days)).astimezone(UTC)


def is_out_of_hours(
    moment: datetime,
    opens: time,
    closes: time,
    holidays: Container[date],
    zone: ZoneInfo,
) -> bool:
    """Outside office hours: before `opens`, after `closes`, at weekends and on bank holidays.

    Both ends of the day are in hours, to the second. Source: DCSF statutory guidance 2009,
    National Indicator 71, out-of-hours referrals.
    """
    local = moment.astimezone(zone)
    if not opens <= local.time() <= closes or local.weekday() >= 5:
        return True
    return local.date() in holidays


def completed_years(born: date, on: date) -> int:
    """Age in completed years; someone born on 29 February is a year older on 1 March."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


@remembered
def birthday(born: date, years: int, zone: ZoneInfo) -> datetime:
    """The instant (UTC) at which someone born on `born` has completed `years`."""
    year = min(born.year + years, MAXYEAR)
    try:
        day = born.replace(year=year)
    except ValueError:
        day = date(year, 3, 1)
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)


def next_at(moment: datetime, clock: time, zone: ZoneInfo) -> datetime:
    """The first instant (UTC) after `moment` at which clocks show `clock`.

    `clock` lies outside the hour that comes twice when the clocks go back.
    """
    local = moment.astimezone(zone)
    day = local.date() + timedelta(days=local.time() >= clock)
    return datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)


@remembered
def next_opening(
    moment: datetime, opens: time, closes: time, holidays: Container[date], zone: ZoneInfo
) -> datetime:
    """The moment itself if it is in office hours, else when the office opens next (UTC)."""
    if not is_out_of_hours(moment, opens, closes, holidays, zone):
        return moment
    local = moment.astimezone(zone)
    day = local.date() + timedelta(days=local.time() > opens)
    while day.weekday() >= 5 or day in holidays:
        day += timedelta(days=1)
    return datetime.combine(day, opens, tzinfo=zone).astimezone(UTC)


@remembered
def at(day: date, hour: time) -> datetime:
    """That wall-clock time in London, in UTC. In the hour that comes twice: the first of them."""
    return datetime.combine(day, hour, LONDON).astimezone(UTC)


def day_of(moment: datetime) -> date:
    """The London date of a moment."""
    return moment.astimezone(LONDON).date()


def days_later(moment: datetime, days: int) -> datetime:
    """The same wall-clock time in London so many calendar days later (or earlier), in UTC."""
    return (moment.astimezone(LONDON) + timedelta(days=days)).astimezone(UTC)


def next_working_day(moment: datetime, closed: Container[date]) -> date:
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
    closed: Container[date] = ()

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

    _load_countries_one_by_one()
    return tuple(sorted(holidays.country_holidays("GB", subdiv="ENG", years=years)))


def _load_countries_one_by_one() -> None:
    """The library would load the calendars of all countries with the first that is asked for: 250
    modules, a tenth of a second and 19 MB. A package that is there already is not run again."""
    name = "holidays.countries"
    if name not in sys.modules and (found := importlib.util.find_spec(name)) is not None:
        sys.modules[name] = importlib.util.module_from_spec(found)


class EnglandBankHolidays(Container[date]):
    """Bank holidays of England, of any year that the library knows; years are read as needed."""

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and day in _bank_holidays_of(day.year)


class ClosedDays(Container[date]):
    """The days that are in any of several collections of days without office hours."""

    def __init__(self, *parts: Container[date]) -> None:
        self._parts = parts

    def __contains__(self, day: object) -> bool:
        return any(day in part for part in self._parts)


@cache
def _bank_holidays_of(year: int) -> frozenset[date]:
    return frozenset(england_bank_holidays((year,)))
