"""The one engine behind `readings` and `explain`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from .case import Ask, Case
from .dates import date_of
from .items import (
    Clock,
    Day,
    DayKind,
    Elapsed,
    Explanation,
    Part,
    PartSaid,
    Piece,
    Taken,
    Told,
    Why,
    Zone,
)
from .line import Line
from .london import LONDON, MINUTE, to_minute
from .meaning import Sense, sense
from .named_days import on_day
from .reader import pieces
from .resolve import agrees, elapsed, in_part, no_day
from .spelling import spelled
from .text import LONGEST, Token, normalise, tokens

_MOST_OFFERS = 4


def explain(text: str, now: datetime) -> Explanation:
    """Read a typed time and say how.

    Args:
        text: what was typed, any text of any length.
        now: the aware moment of asking; seconds count for elapsed times.

    Returns:
        The readings (Europe/London, never after `now`), the rules that took the words, and why
        it was asked back if it was. Rules: the project's conventions for typed times.

    Raises:
        ValueError: `now` is naive.
    """
    if now.utcoffset() is None:
        raise ValueError("now must carry its offset from UTC")
    if len(text) > LONGEST:
        return Explanation((), (), Why.TOO_LONG)
    line = Line(spelled(_closed(tokens(normalise(text)))))
    case = Case.of(now)
    found = pieces(line, case.today)
    taken = tuple(
        Taken(p.rule, line.typed(p.first, p.last)) for p in found if p.rule and p.last > p.first
    )
    judged = sense(found)
    try:
        instant, rule = _settled(found, judged, case, now)
    except Ask as ask:
        blamed = judged.spoilt
        words = line.typed(blamed.first, blamed.last) if blamed else ""
        return _asked(ask, (*taken, Taken(f"asked back: {ask.why}", words)))
    return Explanation((instant.astimezone(LONDON),), (*taken, Taken(rule, "")))


def readings(text: str, now: datetime) -> list[datetime]:
    """The readings of a typed time: one is clear, several are to be offered, none is to ask.

    Args:
        text: what was typed; any text, it never raises.
        now: the aware moment of asking.

    Returns:
        Aware times in Europe/London, none after `now`.
    """
    return list(explain(text, now).readings)


def _closed(typed: list[Token]) -> list[Token]:
    """The tokens without the marks that only close the text, so that they can change nothing."""
    end = len(typed)
    while end and typed[end - 1].kind == "mark" and typed[end - 1].text in ".!,":
        end -= 1
    return typed[:end]


def _asked(ask: Ask, taken: tuple[Taken, ...]) -> Explanation:
    instants = sorted(set(ask.offers))[-_MOST_OFFERS:]
    shown = tuple(t.astimezone(LONDON) for t in instants)
    if len(shown) == 1:
        return Explanation((), taken, ask.why, shown[0])
    return Explanation(shown, taken, ask.why)


def _settled(
    found: Sequence[Piece], judged: Sense, case: Case, now: datetime
) -> tuple[datetime, str]:
    """The one instant, and the rule that settled it."""
    if judged.now:
        return case.now, "now"
    clocks = [p.value for p in found if isinstance(p.value, Clock)]
    days = [p.value for p in found if isinstance(p.value, Day)]
    parts = [p.value for p in found if isinstance(p.value, PartSaid)]
    lapses = [p.value for p in found if isinstance(p.value, Elapsed)]
    zones = [p.value for p in found if isinstance(p.value, Zone)]
    if judged.refused is not None:
        raise Ask(judged.refused, _each(clocks, days, parts, lapses, case, now))
    if zones or len(lapses) > 1:
        raise Ask(Why.UNSURE)
    if not clocks:
        return _without_clock(bool(days or parts), lapses, judged, case, now)
    clock = _same(clocks)
    if clock is None:
        raise Ask(Why.TWO_TIMES, _each(clocks, days, parts, lapses, case, now))
    instant, rule = _with_clock(clock, days, parts, judged, case)
    if lapses and not agrees(case, lapses[0], instant):
        raise Ask(Why.DISAGREE, _each(clocks, days, parts, lapses, case, now))
    return instant, rule


def _without_clock(
    day_said: bool, lapses: list[Elapsed], judged: Sense, case: Case, now: datetime
) -> tuple[datetime, str]:
    if day_said:
        raise Ask(Why.VAGUE)
    if not lapses:
        raise Ask(Why.NO_TIME)
    instant = elapsed(case, now, lapses[0])
    if lapses[0].length < MINUTE and instant != case.now:
        raise Ask(Why.UNSURE, [instant, case.now])
    if judged.doubt or (not lapses[0].ago and not judged.lapse):
        raise Ask(Why.UNSURE, [instant])
    return instant, "elapsed time before now"


def _with_clock(
    clock: Clock, days: list[Day], parts: list[PartSaid], judged: Sense, case: Case
) -> tuple[datetime, str]:
    part = _one_part(parts)
    day = _one_day(days, clock, part, case)
    if day is not None:
        return on_day(case, clock, day, part), f"{clock.told} time on a named day: {day.kind}"
    if part is not None and part.part is Part.EARLY:
        today = Day(DayKind.TODAY)
        return on_day(case, clock, today, part), "early hours of today"
    if part is not None:
        bare = clock.told in {Told.BARE, Told.FOUR_DIGITS}
        clock = in_part(clock, part.part)
        if bare and not part.marked:
            raise Ask(Why.WHICH_DAY)
    elif clock.told in {Told.BARE, Told.FOUR_DIGITS} and (judged.doubt or judged.home):
        raise Ask(Why.UNSURE)
    instant = no_day(case, clock)
    before = instant.astimezone(LONDON).date() < case.today
    late = before and (case.now - instant).total_seconds() > 12 * 3600
    if (late and judged.loose) or (before and not judged.rolled):
        raise Ask(Why.WHICH_DAY, [instant])
    return instant, "most recent past occurrence"


def _same(clocks: list[Clock]) -> Clock | None:
    """The one time several clock times stand for ("21:30 (9.30pm)"), or None."""
    first = clocks[0]
    for other in clocks[1:]:
        exact = {first.told, other.told} == {Told.EXACT}
        if not exact or (first.hour, first.minute) != (other.hour, other.minute):
            return None
        if first.zone != other.zone:
            return None
    return first


def _one_part(parts: list[PartSaid]) -> PartSaid | None:
    kinds = {p.part for p in parts}
    if len(kinds) > 1:
        raise Ask(Why.DISAGREE)
    return parts[0] if parts else None


def _one_day(days: list[Day], clock: Clock, part: PartSaid | None, case: Case) -> Day | None:
    """The day that all the day words agree on.

    Raises:
        Ask: they name different days.
    """
    if len(days) < 2:
        return days[0] if days else None
    dates = [d for d in days if d.kind is DayKind.DATE]
    named = {d.on(case.today) for d in days} - {None}
    nights = {d.kind for d in days} & {
        DayKind.LAST_NIGHT,
        DayKind.TONIGHT,
        DayKind.NIGHT_BEFORE_LAST,
    }
    if nights and (clock.told is not Told.EXACT or clock.hour < 17 or len(dates) > 1):
        raise Ask(Why.DISAGREE)
    if len(dates) > 1:
        raise Ask(Why.TWO_TIMES)
    if dates:
        return _dated(dates[0], [d for d in days if d is not dates[0]], case)
    if len(named) > 1:
        raise Ask(Why.DISAGREE)
    order = [DayKind.LAST_NIGHT, DayKind.TONIGHT, DayKind.NIGHT_BEFORE_LAST, DayKind.TODAY]
    order += [DayKind.YESTERDAY, DayKind.DAYS_AGO, DayKind.WEEKDAY]
    return min(days, key=lambda d: order.index(d.kind))


def _dated(dated: Day, others: list[Day], case: Case) -> Day:
    """The date, once every other day word fits it."""
    likely: list[date] = [d for d in date_of(dated, case.local) if d <= case.today][:1]
    if not likely:
        raise Ask(Why.FUTURE)
    for other in others:
        if other.kind is DayKind.WEEKDAY:
            fits = other.which == "" and other.number == likely[0].weekday()
        else:
            fits = other.on(case.today) == likely[0]
        if not fits:
            raise Ask(Why.DISAGREE)
    return dated


def _each(
    clocks: list[Clock],
    days: list[Day],
    parts: list[PartSaid],
    lapses: list[Elapsed],
    case: Case,
    now: datetime,
) -> list[datetime]:
    """What each time of a refused text would mean by itself, to offer."""
    found: list[datetime] = []
    for clock in clocks[:_MOST_OFFERS]:
        for day in [*days[:2], None][: max(1, len(days[:2]))]:
            try:
                part = parts[0] if parts else None
                found.append(on_day(case, clock, day, part) if day else no_day(case, clock))
            except Ask as ask:
                found.extend(ask.offers)
    for lapse in lapses[:_MOST_OFFERS]:
        try:
            found.append(elapsed(case, now, lapse))
        except Ask:
            continue
    return [t for t in found if t <= to_minute(now)]
