"""Read spoken clock times: half nine, ten to 7, quarter to midnight, twenty two forty."""

from __future__ import annotations

from .digital import HOURS_SUFFIX, Found, bad, finish, hour_only, ish, oclock
from .items import Bad, Clock, Told, Why
from .line import Line, half_of_day, number_words, small_number
from .words import UNITS

_NOON = frozenset({"noon", "midday"})

_PAST_TO = frozenset({"past", "to"})

_MINUTE_WORDS = frozenset({"min", "mins", "minute", "minutes"})


def spoken(line: Line, i: int) -> Found | None:
    """half nine, half past nine, quarter to 7, twenty five past 8, ten minutes to midnight."""
    shift = _spoken_minutes(line, i)
    if shift is None:
        return None
    minutes, j = shift
    name = _name_hour(line, j)
    if name is not None:
        told, j = name
        j = ish(line, j)
        noon = 720 if told is Told.NOON else 0
        at = (noon + minutes) % 1440
        return Clock(told, at // 60, at % 60, around=minutes != 0), j, "minutes round noon"
    found = _hour_at(line, j)
    if found is None:
        return Bad(Why.IMPOSSIBLE), j, "no hour after the minutes"
    hour, j = found
    if not 1 <= hour <= 12:
        return bad(j)
    if line.word(j) in UNITS and line.word(j) not in {"m", "h", "s", "d"}:
        return Bad(Why.RANGE), j + 1, "a range of minutes or hours"
    if minutes in {-5, -10} and line.digits(i) and 0 < hour - (-minutes) <= 2:
        return Bad(Why.RANGE), j, "ten to eleven, or from ten to eleven"
    j = ish(line, oclock(line, ish(line, j)))
    half = half_of_day(line, j)
    if half is None:
        at = (hour % 12 * 60 + minutes) % 720
        return Clock(Told.BARE, at // 60 or 12, at % 60), ish(line, j), "spoken time"
    side, j = half
    if hour == 12 and minutes < 0:
        return Bad(Why.AM_OR_PM), j, "before twelve am or pm"
    at = (hour % 12 * 60 + (720 if side == "pm" else 0) + minutes) % 1440
    return Clock(Told.EXACT, at // 60, at % 60), ish(line, j), "spoken time with am or pm"


def _spoken_minutes(line: Line, i: int) -> tuple[int, int] | None:
    """Minutes after (or before, negative) the hour that follows, and where the hour starts."""
    word = line.word(i)
    j = i + 1
    if word == "half":
        while line.mark(j, "-"):
            j += 1
        if line.word(j) == "past":
            return 30, j + 2 if line.mark(j + 1, "-") else j + 1
        if _hour_at(line, j) is not None and line.word(j) not in {"a", "an"}:
            return 30, j
        return None
    if word in {"a", "quarter"}:
        if word == "a":
            if line.word(j) != "quarter":
                return None
            j += 1
        minutes = 15
    elif words := _five_and_twenty(line, i):
        minutes, j = words
    else:
        found = small_number(line, i)
        if found is None or not 1 <= found[0] <= 59:
            return None
        minutes, j = found
    if line.word(j) in _MINUTE_WORDS:
        j += 1
    while line.mark(j, "-"):
        j += 1
    if line.word(j) not in _PAST_TO:
        return None
    if line.word(j) == "to" and minutes % 5 and line.word(j - 1) not in _MINUTE_WORDS:
        # "8 to 9" is a range; people count to the hour in fives.
        return None
    sign = 1 if line.word(j) == "past" else -1
    j += 1
    while line.mark(j, "-"):
        j += 1
    return sign * minutes, j


def _five_and_twenty(line: Line, i: int) -> tuple[int, int] | None:
    if line.words(i, "five", "and", "twenty") or (
        line.digits(i) == "5" and line.words(i + 1, "and", "twenty")
    ):
        return 25, i + 3
    return None


def _hour_at(line: Line, i: int) -> tuple[int, int] | None:
    """The hour after "half", "past" or "to": 1-12, with nothing that makes it a longer time."""
    found = small_number(line, i)
    if found is None:
        return None
    hour, j = found
    if line.at(i).kind == "num" and line.mark(j, ".:") and line.digits(j + 1):
        return None
    return hour, j


def _name_hour(line: Line, i: int) -> tuple[Told, int] | None:
    j = i + 1 if line.word(i) == "12" else i
    if line.word(j) in _NOON:
        return Told.NOON, j + 1
    if line.word(j) == "midnight":
        return Told.MIDNIGHT, j + 1
    return None


def named(line: Line, i: int) -> Found | None:
    """noon, midday, midnight, "12 noon"."""
    j = i
    twelve = line.digits(i) == "12" or line.word(i) == "twelve"
    if twelve:
        j += 1
        if line.word(j) not in _NOON | {"midnight"}:
            return None
    if line.word(j) in _NOON:
        return Clock(Told.NOON, 12, 0), ish(line, j + 1), "noon"
    if line.word(j) == "midnight":
        return Clock(Told.MIDNIGHT, 0, 0), ish(line, j + 1), "midnight"
    return None


def in_words(line: Line, i: int) -> Found | None:
    """nine, nine thirty, seven oh five, twenty two forty, sixteen hundred hours."""
    leading = line.word(i) in {"oh", "o", "zero"}
    first = number_words(line, i + 1 if leading else i)
    if first is None:
        return None
    hour, j = first
    if hour > 23 or (leading and hour > 9):
        return None
    if line.word(j) == "hundred":
        j += 1
        if line.word(j) in HOURS_SUFFIX:
            j += 1
        exact = leading or hour > 12 or line.word(j - 1) != "hundred"
        told = Told.EXACT if exact else Told.FOUR_DIGITS
        return Clock(told, hour, 0), j, "hundred hours"
    while line.mark(j, "-"):
        j += 1
    minutes = _minute_words(line, j)
    if minutes is None:
        return None if leading else hour_only(line, hour, first[1])
    minute, j = minutes
    if line.word(j) in UNITS - HOURS_SUFFIX:
        return None
    return finish(line, j, hour, minute, leading=leading)


def _minute_words(line: Line, j: int) -> tuple[int, int] | None:
    if line.word(j) in {"oh", "o"}:
        found = number_words(line, j + 1)
        return found if found is not None and found[0] < 10 else None
    found = number_words(line, j)
    if found is None or not 13 <= found[0] <= 59:
        return None
    return found
