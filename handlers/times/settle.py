"""Settle what a clock time means at a moment of asking, with or without a day.

A bare hour is asked whenever the named day leaves morning and evening open. In the small hours the
typist may still be in the day before. Source of every rule: the conventions for typed times.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from protocol.london import LONDON

from .items import Clock, Elapsed, Part, Told, Why
from .wall_clock import MINUTE, in_zone, instants, to_minute

HOUR = timedelta(hours=1)

ONE_DAY = timedelta(days=1)


class Ask(Exception):
    """The text is to be asked back, with these instants to offer."""

    def __init__(self, why: Why, offers: list[datetime] | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.offers = offers or []


@dataclass(frozen=True, slots=True)
class Case:
    """The moment of asking.

    Attributes:
        now: the instant (UTC) with seconds dropped.
        local: London wall time of `now`.
    """

    now: datetime
    local: datetime

    @classmethod
    def of(cls, now: datetime) -> Case:
        """The case for an aware `now` in any zone."""
        return cls(to_minute(now), now.astimezone(LONDON))

    @property
    def today(self) -> date:
        """The London calendar date."""
        return self.local.date()

    @property
    def small_hours(self) -> bool:
        """Before five: the typist may still be in the day before."""
        return self.local.hour < 5

    def past(self, found: list[datetime]) -> list[datetime]:
        """Those instants that are not after now."""
        return [t for t in found if t <= self.now]


def settle(case: Case, day: date, clock: Clock) -> datetime:
    """The instant of an exact clock time on a date.

    Raises:
        Ask: in the future, in the skipped hour, or in the repeated hour.
    """
    found = instants(day, clock.hour, clock.minute)
    if clock.zone:
        found = [t for t in found if in_zone(t, clock.zone)]
    if not found:
        raise Ask(Why.CLOCK_CHANGE)
    past = case.past(found)
    if not past:
        raise Ask(Why.FUTURE)
    if len(found) == 2 and (len(past) == 2 or case.local.fold):
        raise Ask(Why.CLOCK_CHANGE, past)
    return past[0]


def offers(case: Case, *tries: tuple[date, Clock]) -> list[datetime]:
    """Every past instant these dates and times can mean."""
    found: list[datetime] = []
    for day, clock in tries:
        if clock.open:
            halves = [in_half(clock, 0), in_half(clock, 12)]
        else:
            halves = [clock]
        for half in halves:
            found += case.past(instants(day, half.hour, half.minute))
    return found


def in_half(clock: Clock, start: int) -> Clock:
    """The hour in this half of the day: 0 for a.m., 12 for p.m."""
    return replace(clock, told=Told.EXACT, hour=clock.hour % 12 + start)


LONGEST_ELAPSED = timedelta(days=7)


def no_day(case: Case, clock: Clock) -> datetime:
    """The most recent past occurrence, unless one is due within the hour."""
    yesterday = case.today - ONE_DAY
    if clock.open:
        return _bare(case, clock)
    if clock.told in {Told.TWELVE_AM, Told.TWELVE_PM}:
        found = _bare(case, Clock(Told.BARE, 12, 0))
        if found.astimezone(LONDON).hour != clock.hour:
            raise Ask(Why.AM_OR_PM, offers(case, (case.today, clock), (yesterday, clock)))
        return found
    found = _latest(case, clock)
    near_noon = clock.told in {Told.NOON, Told.MIDNIGHT} or clock.around
    if near_noon and case.now - found > 23 * HOUR:
        raise Ask(Why.WHICH_DAY, [found])
    return found


def _latest(case: Case, clock: Clock) -> datetime:
    today = _zoned(instants(case.today, clock.hour, clock.minute), clock)
    yesterday = case.today - ONE_DAY
    if any(case.now < t <= case.now + HOUR for t in today) and not (
        len(today) == 2 and case.past(today)
    ):
        raise Ask(Why.FUTURE, offers(case, (yesterday, clock)))
    if not today:
        raise Ask(Why.CLOCK_CHANGE)
    if case.past(today):
        return settle(case, case.today, clock)
    return settle(case, yesterday, clock)


def _zoned(found: list[datetime], clock: Clock) -> list[datetime]:
    return [t for t in found if in_zone(t, clock.zone)] if clock.zone else found


def _bare(case: Case, clock: Clock) -> datetime:
    yesterday = case.today - ONE_DAY
    days = (yesterday, case.today)
    tries = [(day, in_half(clock, start)) for day in days for start in (0, 12)]
    ahead: list[datetime] = []
    best: tuple[datetime, date, Clock] | None = None
    for day, half in tries:
        shown = instants(day, half.hour, half.minute)
        skipped = not shown and (half.hour, half.minute) <= (case.local.hour, case.local.minute)
        if skipped and day == case.today:
            best = None
        for instant in shown:
            if instant > case.now:
                ahead.append(instant)
            elif best is None or instant > best[0]:
                best = instant, day, half
    past = sorted(offers(case, *tries))[-2:]
    if any(t - case.now <= HOUR for t in ahead) or best is None:
        raise Ask(Why.AM_OR_PM, past)
    found = settle(case, best[1], best[2])
    if clock.told is Told.FOUR_DIGITS and best[2].hour != clock.hour:
        raise Ask(Why.AM_OR_PM, past)
    return found


_BARE_HOURS: dict[Part, tuple[frozenset[int], int]] = {
    Part.MORNING: (frozenset(range(1, 12)), 0),
    Part.AFTERNOON: (frozenset({12, 1, 2, 3, 4, 5, 6}), 12),
    Part.EVENING: (frozenset(range(4, 12)), 12),
    Part.NIGHT: (frozenset(range(7, 12)), 12),
    Part.EARLY: (frozenset(range(1, 6)), 0),
    Part.LUNCH: (frozenset({12, 1, 2}), 12),
    Part.AM: (frozenset(range(1, 12)), 0),
    Part.PM: (frozenset(range(1, 12)), 12),
}

_SPAN: dict[Part, tuple[int, int]] = {
    Part.MORNING: (0, 12 * 60),
    Part.AFTERNOON: (12 * 60, 19 * 60),
    Part.EVENING: (16 * 60, 24 * 60),
    Part.NIGHT: (17 * 60, 24 * 60),
    Part.EARLY: (0, 7 * 60),
    Part.LUNCH: (11 * 60 + 30, 15 * 60),
    Part.AM: (0, 12 * 60),
    Part.PM: (12 * 60, 24 * 60),
}
"""First minute of the part and the minute after its last, for a time that is already exact."""


def in_part(clock: Clock, part: Part) -> Clock:
    """The exact time of a clock time in a part of the day.

    Raises:
        Ask: the time is not in that part, or the hour stays open.
    """
    low, high = _SPAN[part]
    match clock.told:
        case Told.BARE | Told.FOUR_DIGITS:
            hours, start = _BARE_HOURS[part]
            if clock.hour not in hours:
                raise Ask(Why.DISAGREE)
            exact = in_half(clock, start)
            if clock.told is Told.FOUR_DIGITS and exact.hour != clock.hour:
                raise Ask(Why.AM_OR_PM)
            return exact
        case Told.MIDNIGHT | Told.TWELVE_AM:
            raise Ask(Why.WHICH_DAY)
    at = clock.hour * 60 + clock.minute
    if not low <= at < high:
        raise Ask(Why.DISAGREE)
    return replace(clock, told=Told.EXACT)


def elapsed(case: Case, moment: datetime, lapse: Elapsed) -> datetime:
    """The instant an elapsed time goes back to; `moment` is now with its seconds."""
    if lapse.length > LONGEST_ELAPSED:
        raise Ask(Why.TOO_OLD)
    return to_minute(moment.astimezone(UTC) - lapse.length)


def agrees(case: Case, lapse: Elapsed, found: datetime) -> bool:
    """Does "2 h 10 min ago" fit an instant read from the same text, to the unit it was told in?"""
    gone = case.now - found
    return lapse.length - MINUTE <= gone < lapse.length + lapse.grain + MINUTE
