"""The one engine behind `readings` and `explain`."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from protocol.london import LONDON

from handlers.times.on_day import on_day
from handlers.times.settle import Ask, Case, agrees, elapsed, in_part, no_day

from . import sightings
from .dates import date_of
from .grammar import items
from .items import Clock, Day, DayKind, Elapsed, Explanation, Item, Part, PartSaid, Taken, Told, Why
from .leftover import Leftover, leftover
from .spelling import spelled
from .text import MOST_NUMBERS, Line, plain, tokens, too_much
from .wall_clock import MINUTE, to_minute
from .word_table import NUMBERED, TIME_WORDS

_MOST_OFFERS = 4
_WHO = r"(?:(?:i|we|he|she|they|he's|she's|they've|hes|shes)(?: have| has| was| is)? )?"
_NOW = re.compile(
    rf"{_WHO}(?:seen |saw (?:him|her|them) )?(?:(?:just|right|only|literally) )*"
    rf"(?:now|{_WHO}just (?:got|come|came|walked|arrived|returned)"
    r"(?: back| in| home| through the door)+)"
    r"(?: x+| outside| (?:in|by|on|near) the (?:front |back )?\w+| by staff| thanks?| please)?"
)


@dataclass(frozen=True, slots=True)
class _Read:
    """The times of a text by kind, and what its other words do."""

    clocks: list[Clock]
    days: list[Day]
    parts: list[PartSaid]
    lapses: list[Elapsed]
    left: Leftover

    @classmethod
    def of(cls, found: Sequence[Item], left: Leftover) -> _Read:
        values = [i.value for i in found]
        return cls(
            [v for v in values if isinstance(v, Clock)],
            [v for v in values if isinstance(v, Day)],
            [v for v in values if isinstance(v, PartSaid)],
            [v for v in values if isinstance(v, Elapsed)],
            left,
        )


def explain(text: str, now: datetime, names: Collection[str] = ()) -> Explanation:
    """Read a typed time and say how.

    Args:
        text: what was typed, any text of any length.
        now: the aware moment of asking; seconds count for elapsed times.
        names: names of people and homes of this service, lower case: harmless words.

    Returns:
        The readings (Europe/London, never after `now`), the rules that took the words, and why
        it was asked back if it was. Rules: the project's conventions for typed times.

    Raises:
        ValueError: `now` is naive.
    """
    if now.utcoffset() is None:
        raise ValueError("now must carry its offset from UTC")
    if too_much(text):
        return Explanation((), (), Why.TOO_LONG)
    case = Case.of(now)
    text = _homes_by_name(text, names)
    if sightings.is_note(text):
        return _note(text, now, names)
    line = Line(spelled(tokens(plain(text).rstrip(".!, "))))
    return _explained(line, case, now, names)


def _homes_by_name(text: str, names: Collection[str]) -> str:
    """ "Rowan House 20:30" as "Rowan 20:30": the house of a known name has no number after it."""
    for noun in NUMBERED.intersection(names):
        text = re.sub(
            rf"\b([\w'’]+) {noun}\b",
            lambda found: found[1] if found[1].casefold() in names else found[0],
            text,
            flags=re.IGNORECASE,
        )
    return text


def readings(text: str, now: datetime, names: Collection[str] = ()) -> list[datetime]:
    """The readings of a typed time: one is clear, several are to be offered, none is to ask.

    Args:
        text: what was typed; any text, it never raises.
        now: the aware moment of asking.
        names: names of people and homes of this service, lower case: harmless words.

    Returns:
        Aware times in Europe/London, none after `now`.
    """
    return list(explain(text, now, names).readings)


def _explained(line: Line, case: Case, now: datetime, names: Collection[str]) -> Explanation:
    if sum(t.kind != "mark" for t in line.tokens) < 16 and _NOW.fullmatch(_bare(line)):
        return Explanation((case.now.astimezone(LONDON),), (Taken("now", line.text),))
    if sum(t.kind == "number" or t.text in TIME_WORDS for t in line.tokens) > 2 * MOST_NUMBERS:
        return Explanation((), (), Why.TOO_LONG)
    found = items(line, case.today)
    taken = tuple(Taken(i.rule, line.between(i.first, i.last)) for i in found if i.value)
    read = _Read.of(found, leftover(line, found, names))
    try:
        instant, rule = _settled(read, case, now)
        if read.left.doubt:
            raise Ask(Why.UNSURE, [instant])
    except Ask as ask:
        return _asked(ask, (*taken, Taken(f"asked back: {ask.why}", read.left.words)))
    return Explanation((instant.astimezone(LONDON),), (*taken, Taken(rule, "")))


def _bare(line: Line) -> str:
    return " ".join(t.text for t in line.tokens if t.text not in {".", "!", ",", '"', "-", "*"})


def _note(text: str, now: datetime, names: Collection[str]) -> Explanation:
    """The one sighting time of a note, when no other part of it speaks of a time."""
    case = Case.of(now)
    parts = [Line(spelled(tokens(plain(part)))) for part in sightings.sentences(text)]
    told = [
        explained
        for line in parts
        if sightings.tells_sighting(line) and (explained := _explained(line, case, now, names))
    ]
    single = [e for e in told if len(e.readings) == 1]
    quiet = sum(sightings.speaks_of_time(line, case.today) for line in parts) == 1
    if len(told) == len(single) == 1 and quiet:
        return single[0]
    offers = [t for e in told for t in (*e.readings, *([e.likely] if e.likely else []))]
    return _asked(Ask(Why.TWO_TIMES if len(told) > 1 else Why.UNSURE, offers), ())


def _asked(ask: Ask, taken: tuple[Taken, ...]) -> Explanation:
    instants = sorted({to_minute(t) for t in ask.offers})[-_MOST_OFFERS:]
    shown = tuple(t.astimezone(LONDON) for t in instants)
    if len(shown) == 1:
        return Explanation((), taken, ask.why, shown[0])
    return Explanation(shown, taken, ask.why)


def _settled(read: _Read, case: Case, now: datetime) -> tuple[datetime, str]:
    """The one instant, and the rule that settled it."""
    if read.left.refused is not None:
        raise Ask(read.left.refused, _each(read, case, now))
    if len(read.lapses) > 1:
        raise Ask(Why.UNSURE)
    if not read.clocks:
        return _without_clock(read, case, now)
    clock = _same(read.clocks)
    if clock is None:
        raise Ask(Why.TWO_TIMES, _each(read, case, now))
    instant, rule = _with_clock(clock, read, case)
    if read.lapses and not agrees(case, read.lapses[0], instant):
        raise Ask(Why.DISAGREE, _each(read, case, now))
    return instant, rule


def _without_clock(read: _Read, case: Case, now: datetime) -> tuple[datetime, str]:
    if read.days or read.parts:
        raise Ask(Why.VAGUE)
    if not read.lapses:
        raise Ask(Why.NO_TIME)
    lapse = read.lapses[0]
    instant = elapsed(case, now, lapse)
    if lapse.length < MINUTE and instant != case.now:
        raise Ask(Why.UNSURE, [instant, case.now])
    if not (read.left.alone if not lapse.ago else read.left.light or not lapse.loose):
        raise Ask(Why.UNSURE, [instant])
    return instant, "elapsed time before now"


def _with_clock(clock: Clock, read: _Read, case: Case) -> tuple[datetime, str]:
    part = _one_part(read.parts)
    day = _one_day(read.days, clock, case)
    if day is not None:
        return on_day(case, clock, day, part), f"{clock.told} time on a named day: {day.kind}"
    if part is not None and part.part is Part.EARLY:
        return on_day(case, clock, Day(DayKind.TODAY), part), "early hours of today"
    if part is not None:
        if clock.open and not part.marked:
            raise Ask(Why.WHICH_DAY)
        clock = in_part(clock, part.part)
    elif (clock.open or clock.like_a_year) and not read.left.light:
        raise Ask(Why.UNSURE, [no_day(case, clock)])
    instant = no_day(case, clock)
    late = (case.now - instant).total_seconds() > 12 * 3600
    if late and not read.left.light and instant.astimezone(LONDON).date() < case.today:
        raise Ask(Why.WHICH_DAY, [instant])
    return instant, "most recent past occurrence"


def _same(clocks: list[Clock]) -> Clock | None:
    """The one time several clock times stand for ("21:30 (9.30pm)"), or None."""
    first = clocks[0]
    for other in clocks[1:]:
        exact = {first.told, other.told} == {Told.EXACT}
        if not exact or (first.hour, first.minute) != (other.hour, other.minute):
            return None
    return first


def _one_part(parts: list[PartSaid]) -> PartSaid | None:
    if len({p.part for p in parts}) > 1:
        raise Ask(Why.DISAGREE)
    return parts[0] if parts else None


_NIGHTS = {DayKind.LAST_NIGHT, DayKind.TONIGHT, DayKind.NIGHT_BEFORE_LAST}
_ORDER = [DayKind.LAST_NIGHT, DayKind.TONIGHT, DayKind.NIGHT_BEFORE_LAST, DayKind.TODAY]
_ORDER += [DayKind.YESTERDAY, DayKind.DAYS_AGO, DayKind.WEEKDAY]


def _one_day(days: list[Day], clock: Clock, case: Case) -> Day | None:
    """The day that all the day words agree on.

    Raises:
        Ask: they name different days.
    """
    if len(days) < 2:
        return days[0] if days else None
    dates = [d for d in days if d.kind is DayKind.DATE]
    if len(dates) > 1:
        raise Ask(Why.TWO_TIMES)
    if {d.kind for d in days} & _NIGHTS and (clock.told is not Told.EXACT or clock.hour < 17):
        raise Ask(Why.DISAGREE)
    if dates:
        return _dated(dates[0], [d for d in days if d is not dates[0]], case)
    if len({d.on(case.today) for d in days}) > 1:
        raise Ask(Why.DISAGREE)
    return min(days, key=lambda d: _ORDER.index(d.kind))


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


def _each(read: _Read, case: Case, now: datetime) -> list[datetime]:
    """What each time of a refused text would mean by itself, to offer."""
    found: list[datetime] = []
    part = read.parts[0] if read.parts else None
    for clock in read.clocks[:_MOST_OFFERS]:
        days: list[Day | None] = [*read.days[:2]] or [None]
        for day in days:
            try:
                found.append(on_day(case, clock, day, part) if day else no_day(case, clock))
            except Ask as ask:
                found.extend(ask.offers)
    for lapse in read.lapses[:_MOST_OFFERS]:
        try:
            found.append(elapsed(case, now, lapse))
        except Ask:
            continue
    return [t for t in found if t <= case.now]
