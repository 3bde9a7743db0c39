"""London time: elapsed hours, calendar days, office hours, age.

Hours are elapsed time. Days are calendar days at the same wall-clock time, so that 14 days from
18:00 GMT is 18:00 BST when the clocks go forward in between.
"""

from __future__ import annotations

from collections.abc import Container
from datetime import MAXYEAR, UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo


def local_time(moment: datetime, zone: ZoneInfo) -> datetime:
    """The same instant with the wall clock of `zone`, at a fixed offset.

    With the zone itself two such times would be compared and subtracted by their wall clocks,
    which is wrong in the nights when the clocks change.
    """
    offset = moment.astimezone(zone).utcoffset()
    return moment.astimezone(timezone(offset or timedelta()))


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
    if local.weekday() >= 5 or local.date() in holidays:
        return True
    return not opens <= local.time() <= closes


def completed_years(born: date, on: date) -> int:
    """Age in completed years; someone born on 29 February is a year older on 1 March."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


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
