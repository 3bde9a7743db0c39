"""The written rota: weekly patterns and dated exceptions of the configuration, laid out in time.
Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import msgspec

from protocol import london
from protocol.london import LONDON, NINE_TO_FIVE, OfficeHours
from reminders.policy import WEEKDAYS, Pattern, Policy

LOOK_AHEAD_DAYS = 8
"""Nearly every rota changes hands within so many days; only the others are laid out further."""


class Shift(msgspec.Struct, frozen=True):
    """A stretch of the written rota (UTC), and who works it in the order of asking."""

    start: datetime
    end: datetime
    staff: tuple[str, ...]


def written(home: str, policy: Policy) -> bool:
    """Is there any weekly pattern for this home?"""
    return any(not p.homes or home in p.homes for p in policy.rota)


def _worked(pattern: Pattern, day: date) -> bool:
    if pattern.every_weeks == 1 or pattern.first_week is None:
        return True
    return (_week(day) - _week(pattern.first_week)) % pattern.every_weeks == 0


def _week(day: date) -> int:
    """Weeks from Monday to Sunday, counted: the first day of the calendar was a Monday."""
    return (day.toordinal() - 1) // 7


def shifts(
    home: str,
    since: datetime,
    until: datetime,
    policy: Policy,
    office: OfficeHours = NINE_TO_FIVE,
) -> list[Shift]:
    """The shifts of a home's weekly patterns that touch this span (UTC)."""
    found: list[Shift] = []
    first, last = london.day_of(since).toordinal() - 1, london.day_of(until).toordinal()
    days = [date.fromordinal(number) for number in range(first, last + 1)]
    for pattern in policy.rota:
        if pattern.homes and home not in pattern.homes:
            continue
        for day in days:
            named = not pattern.days or WEEKDAYS[day.weekday()] in pattern.days
            if not named or not _worked(pattern, day):
                continue
            span = _hours(pattern, day, office)
            if span is not None and span[0] < until and span[1] > since:
                found.append(Shift(*span, pattern.staff))
    return found


def _hours(pattern: Pattern, day: date, office: OfficeHours) -> tuple[datetime, datetime] | None:
    """When (UTC) the shift that begins on this London day begins and ends; None: there is none."""
    if pattern.when == "office_hours":
        return office.open_on(day)
    if pattern.when == "out_of_hours":
        return office.closed_from(day)
    if pattern.start is None or pattern.end is None:
        return None
    last = day + timedelta(days=0 if pattern.end > pattern.start else 1)
    return london.at(day, pattern.start), london.at(last, pattern.end)


def exceptions(home: str, since: datetime, until: datetime, policy: Policy) -> list[Shift]:
    """The dated exceptions of a home that touch this span (UTC)."""
    found = []
    for other in policy.exceptions:
        if other.homes and home not in other.homes:
            continue
        begins = other.start.replace(tzinfo=LONDON).astimezone(UTC)
        ends = other.end.replace(tzinfo=LONDON).astimezone(UTC)
        if begins < until and ends > since:
            found.append(Shift(begins, ends, other.staff))
    return found


def scheduled(
    home: str, now: datetime, policy: Policy, office: OfficeHours = NINE_TO_FIVE
) -> tuple[str, ...] | None:
    """Who the written rota names now, in order; None if this home has no rota at all."""
    a_moment = timedelta(microseconds=1)
    special = exceptions(home, now, now + a_moment, policy)
    if special:
        return special[-1].staff
    if not written(home, policy):
        return None
    names: list[str] = []
    for shift in shifts(home, now, now + a_moment, policy, office):
        names.extend(one for one in shift.staff if one not in names)
    return tuple(names)


def next_change(
    home: str, now: datetime, policy: Policy, office: OfficeHours = NINE_TO_FIVE
) -> datetime | None:
    """When the written rota next changes hands for this home (UTC), however far away that is; None
    if it never does."""
    edges = _edges(exceptions(home, now, datetime.max.replace(tzinfo=UTC), policy), now)
    if written(home, policy):
        longest = max(pattern.every_weeks for pattern in policy.rota)
        for days in (LOOK_AHEAD_DAYS, LOOK_AHEAD_DAYS * 8, 14 * longest + 400):
            found = _edges(shifts(home, now, now + timedelta(days), policy, office), now)
            if found:
                return min((*edges, *found))
    return min(edges, default=None)


def _edges(spans: list[Shift], after: datetime) -> list[datetime]:
    return [edge for span in spans for edge in (span.start, span.end) if edge > after]
