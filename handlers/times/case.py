"""The moment of asking, and what an exact time on a date means in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from .items import Clock, Told, Why
from .london import LONDON, in_zone, instants, to_minute

HOUR = timedelta(hours=1)

NIGHT_BEFORE = timedelta(days=1)


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
        if clock.told in {Told.BARE, Told.FOUR_DIGITS}:
            halves = [in_half(clock, 0), in_half(clock, 12)]
        else:
            halves = [clock]
        for half in halves:
            found += case.past(instants(day, half.hour, half.minute))
    return found


def in_half(clock: Clock, start: int) -> Clock:
    return replace(clock, told=Told.EXACT, hour=clock.hour % 12 + start)
