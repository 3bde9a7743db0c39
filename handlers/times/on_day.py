"""What a clock time means beside a day that was named."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from handlers.times.settle import ONE_DAY, Ask, Case, in_half, in_part, offers, settle

from .dates import date_of
from .items import Clock, Day, DayKind, Part, PartSaid, Told, Why
from .wall_clock import instants

RECENT = timedelta(days=31)

OLDEST = timedelta(days=180)


def on_day(case: Case, clock: Clock, day: Day, part: PartSaid | None) -> datetime:
    """The instant of a clock time on a named day.

    Raises:
        Ask: morning or evening stays open, the parts clash, or the time is not in the past.
    """
    if day.kind is DayKind.LAST_NIGHT:
        return _last_night(case, clock, part)
    if day.kind is DayKind.TONIGHT:
        return _tonight(case, clock, part)
    if day.kind is DayKind.NIGHT_BEFORE_LAST:
        part = part or PartSaid(Part.NIGHT)
    if part is not None:
        try:
            clock = in_part(clock, part.part)
        except Ask as ask:
            raise Ask(ask.why, _offered(case, clock, day)) from ask
    if day.kind is DayKind.DATE:
        return _on_date(case, clock, day)
    if clock.told in {Told.MIDNIGHT, Told.TWELVE_AM} or _round_midnight(clock):
        raise Ask(Why.WHICH_DAY, _around_midnight(case, day))
    if day.kind is DayKind.TODAY:
        return _today(case, clock)
    if clock.open:
        raise Ask(Why.AM_OR_PM, _offered(case, clock, day))
    return _on_past_day(case, clock, day)


def _round_midnight(clock: Clock) -> bool:
    """ "quarter to midnight": with a named day it has the same two readings as midnight."""
    return clock.around and (clock.hour >= 22 or clock.hour < 2)


def _offered(case: Case, clock: Clock, day: Day) -> list[datetime]:
    named = day.on(case.today)
    days = [named] if named else date_of(day, case.local)[:1]
    return offers(case, *((d, clock) for d in days))


def _around_midnight(case: Case, day: Day) -> list[datetime]:
    named = day.on(case.today)
    if named is None:
        return []
    midnight = Clock(Told.EXACT, 0, 0)
    return offers(case, (named, midnight), (named + ONE_DAY, midnight))


def _today(case: Case, clock: Clock) -> datetime:
    yesterday = case.today - ONE_DAY
    if clock.open:
        halves = [in_half(clock, 0), in_half(clock, 12)]
        past = [h for h in halves if case.past(instants(case.today, h.hour, h.minute))]
        if not past:
            raise Ask(Why.FUTURE, offers(case, (yesterday, clock)))
        if clock.told is Told.FOUR_DIGITS and past[-1].hour != clock.hour:
            raise Ask(Why.AM_OR_PM, _offered(case, clock, Day(DayKind.TODAY)))
        if clock.hour == 12 and past[-1].hour == 0:
            raise Ask(Why.WHICH_DAY, offers(case, (case.today, clock), (yesterday, clock)))
        return settle(case, case.today, past[-1])
    at_all = instants(case.today, clock.hour, clock.minute)
    if at_all and not case.past(at_all):
        if case.small_hours and clock.hour >= 5:
            return settle(case, yesterday, clock)
        raise Ask(Why.FUTURE, offers(case, (yesterday, clock)))
    return settle(case, case.today, clock)


def _on_past_day(case: Case, clock: Clock, day: Day) -> datetime:
    named = day.on(case.today)
    if named is None:
        raise Ask(Why.WHICH_DAY)
    early = clock.hour < 5
    yesterday = case.today - ONE_DAY
    same_night = day.kind is not DayKind.WEEKDAY or named == yesterday
    if case.small_hours and early and named < case.today and same_night:
        raise Ask(Why.WHICH_DAY, offers(case, (named, clock), (named + ONE_DAY, clock)))
    if early and clock.hour == clock.minute == 0:
        raise Ask(Why.WHICH_DAY, _around_midnight(case, day))
    if day.kind is DayKind.DAYS_AGO and day.number > 31:
        raise Ask(Why.TOO_OLD)
    if day.kind is DayKind.WEEKDAY:
        _check_which(case, day, named)
    return settle(case, named, clock)


def _check_which(case: Case, day: Day, named: date) -> None:
    """ "last Friday" is clear only when that Friday lies in the week before this one."""
    if day.which != "last":
        return
    monday = case.today - timedelta(days=case.today.weekday())
    if named == case.today or named >= monday:
        raise Ask(Why.WHICH_DAY)


def _last_night(case: Case, clock: Clock, part: PartSaid | None) -> datetime:
    today, before = case.today, case.today - ONE_DAY
    if part is not None and part.part not in {Part.NIGHT, Part.EARLY}:
        clock = in_part(clock, part.part)
    both = offers(case, (before, clock), (today, clock))
    match clock.told:
        case Told.BARE if clock.hour == 12 or clock.hour <= 3:
            return _after_midnight(case, in_half(clock, 0))
        case Told.BARE if clock.hour >= 6:
            return settle(case, before, in_half(clock, 12))
        case Told.BARE | Told.FOUR_DIGITS:
            raise Ask(Why.AM_OR_PM, both)
        case Told.MIDNIGHT | Told.TWELVE_AM if not clock.around:
            return _after_midnight(case, clock)
        case Told.TWELVE_PM | Told.NOON:
            raise Ask(Why.DISAGREE, both)
        case _:
            pass
    if clock.hour < 5:
        return _after_midnight(case, clock)
    if clock.hour < 17:
        raise Ask(Why.DISAGREE, both)
    return settle(case, before, clock)


def _after_midnight(case: Case, clock: Clock) -> datetime:
    if case.small_hours:
        days = (case.today, case.today - ONE_DAY)
        raise Ask(Why.WHICH_DAY, offers(case, *((d, clock) for d in days)))
    return settle(case, case.today, clock)


def _tonight(case: Case, clock: Clock, part: PartSaid | None) -> datetime:
    if part is not None:
        if part.part not in {Part.EVENING, Part.NIGHT}:
            raise Ask(Why.DISAGREE)
        clock = in_part(clock, part.part)
    evening = case.local.hour >= 17
    if not evening and not case.small_hours:
        raise Ask(Why.FUTURE)
    day = case.today if evening else case.today - ONE_DAY
    if clock.told is Told.BARE and 5 <= clock.hour <= 11:
        return settle(case, day, in_half(clock, 12))
    if clock.told is Told.EXACT and clock.hour >= 17:
        return settle(case, day, clock)
    early = clock.told is Told.EXACT and clock.hour < 5
    if case.small_hours and (early or clock.told is Told.MIDNIGHT):
        return settle(case, case.today, clock)
    raise Ask(Why.WHICH_DAY, offers(case, (case.today, clock), (day, clock)))


def _on_date(case: Case, clock: Clock, day: Day) -> datetime:
    days = date_of(day, case.local)
    if clock.told in {Told.MIDNIGHT, Told.TWELVE_AM} or _round_midnight(clock):
        raise Ask(Why.WHICH_DAY)
    if clock.open:
        if case.today in days and clock.told is Told.BARE:
            halves = [in_half(clock, 0), in_half(clock, 12)]
            past = [h for h in halves if case.past(instants(case.today, h.hour, h.minute))]
            if len(past) == 1 and clock.hour != 12:
                return settle(case, case.today, past[0])
        raise Ask(Why.AM_OR_PM, _offered(case, clock, day))
    last: Ask | None = None
    for candidate in days:
        try:
            found = settle(case, candidate, clock)
        except Ask as ask:
            if ask.why is Why.CLOCK_CHANGE:
                raise
            last = last or ask
            continue
        _check_age(case, day, candidate, found, future=last is not None)
        return found
    raise last or Ask(Why.IMPOSSIBLE)


def _check_age(case: Case, day: Day, on: date, found: datetime, *, future: bool) -> None:
    too_far = Why.FUTURE if future else Why.TOO_OLD
    if not day.month:
        if (case.today - on).days > 14:
            raise Ask(too_far, [found])
    elif not day.year:
        if case.now - found > RECENT:
            raise Ask(too_far, [found])
    elif case.now - found > OLDEST:
        raise Ask(Why.TOO_OLD, [found])
