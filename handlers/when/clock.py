"""Read clock times: 21:30, 9.30pm, 0930, 1045hrs, half nine, ten to 7, twenty two forty."""

from __future__ import annotations

from dataclasses import replace

from .items import Bad, Clock, Piece, Told, Why
from .line import Line, half_of_day, number_words, small_number
from .words import UNITS

_HOURS_SUFFIX = frozenset({"h", "hr", "hrs", "hour", "hours"})
_MINUTE_WORDS = frozenset({"min", "mins", "minute", "minutes"})
_NOON = frozenset({"noon", "midday"})
_PAST_TO = frozenset({"past", "to"})


def clock_at(line: Line, i: int) -> Piece | None:
    """The clock time that starts at token `i`; a Bad piece when it is an impossible one."""
    found = _spoken(line, i) or _named(line, i) or _digital(line, i) or _in_words(line, i)
    if found is None:
        return None
    value, j, rule = found
    if isinstance(value, Clock):
        value, j = _with_zone(line, j, value)
    return Piece(value, i, j, rule)


Found = tuple[Clock | Bad, int, str]


def _with_zone(line: Line, j: int, clock: Clock) -> tuple[Clock, int]:
    word = line.word(j)
    if word in {"gmt", "bst", "utc"}:
        return replace(clock, zone=word), j + 1
    return clock, j


def _bad(j: int) -> Found:
    return Bad(Why.IMPOSSIBLE), j, "not a clock time"


def _ish(line: Line, j: int) -> int:
    """Step over "ish" and "-ish"."""
    if line.word(j) == "ish":
        return j + 1
    if line.mark(j, "-") and line.word(j + 1) == "ish":
        return j + 2
    return j


def _oclock(line: Line, j: int) -> int:
    """Step over "o'clock" in its spellings; the same position when there is none."""
    word = line.word(j)
    if word in {"o'clock", "oclock", "o'clk"}:
        return j + 1
    if word == "o" and line.word(j + 1) in {"clock", "clk"}:
        return j + 2
    if word == "o" and line.mark(j + 1, "'") and line.word(j + 2) == "clock":
        return j + 3
    return j


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


def _spoken(line: Line, i: int) -> Found | None:
    """half nine, half past nine, quarter to 7, twenty five past 8, ten minutes to midnight."""
    shift = _spoken_minutes(line, i)
    if shift is None:
        return None
    minutes, j = shift
    name = _name_hour(line, j)
    if name is not None:
        told, j = name
        j = _ish(line, j)
        noon = 720 if told is Told.NOON else 0
        at = (noon + minutes) % 1440
        return Clock(told, at // 60, at % 60, around=minutes != 0), j, "minutes round noon"
    found = _hour_at(line, j)
    if found is None:
        return Bad(Why.IMPOSSIBLE), j, "no hour after the minutes"
    hour, j = found
    if not 1 <= hour <= 12:
        return _bad(j)
    if line.word(j) in UNITS and line.word(j) not in {"m", "h", "s", "d"}:
        return Bad(Why.RANGE), j + 1, "a range of minutes or hours"
    if minutes in {-5, -10} and line.digits(i) and 0 < hour - (-minutes) <= 2:
        return Bad(Why.RANGE), j, "ten to eleven, or from ten to eleven"
    j = _ish(line, _oclock(line, _ish(line, j)))
    half = half_of_day(line, j)
    if half is None:
        at = (hour % 12 * 60 + minutes) % 720
        return Clock(Told.BARE, at // 60 or 12, at % 60), _ish(line, j), "spoken time"
    side, j = half
    if hour == 12 and minutes < 0:
        return Bad(Why.AM_OR_PM), j, "before twelve am or pm"
    at = (hour % 12 * 60 + (720 if side == "pm" else 0) + minutes) % 1440
    return Clock(Told.EXACT, at // 60, at % 60), _ish(line, j), "spoken time with am or pm"


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


def _named(line: Line, i: int) -> Found | None:
    """noon, midday, midnight, "12 noon"."""
    j = i
    twelve = line.digits(i) == "12" or line.word(i) == "twelve"
    if twelve:
        j += 1
        if line.word(j) not in _NOON | {"midnight"}:
            return None
    if line.word(j) in _NOON:
        return Clock(Told.NOON, 12, 0), _ish(line, j + 1), "noon"
    if line.word(j) == "midnight":
        return Clock(Told.MIDNIGHT, 0, 0), _ish(line, j + 1), "midnight"
    return None


def _digital(line: Line, i: int) -> Found | None:
    digits = line.digits(i)
    if not digits or len(digits) > 4:
        return None
    if len(digits) <= 2:
        split = _split_digits(line, i)
        if split is not None:
            return split
        return _hour_only(line, int(digits), i + 1, leading=digits[0] == "0")
    hour, minute = int(digits[:-2]), int(digits[-2:])
    leading = digits[0] == "0" and len(digits) == 4
    if len(digits) == 3 and not 1 <= hour <= 9:
        return _bad(i + 1)
    j = i + 1
    if (line.mark(j, ":") and line.at(j).glued and line.digits(j + 1)) or _part_of_number(line, i):
        return _bad(j)
    slip = bool(line.at(i).slip)
    return _finish(line, j, hour, minute, leading=leading, length=len(digits), slip=slip)


def _part_of_number(line: Line, i: int) -> bool:
    """Is this number one half of a decimal, a date or a price?"""
    return (line.glued_mark(i + 1, "./-") and bool(line.digits(i + 2))) or (
        line.glued_mark(i - 1, "./:-") and bool(line.digits(i - 2))
    )


def _split_digits(line: Line, i: int) -> Found | None:
    """Hour and minutes with something between them."""
    digits, j = line.digits(i), i + 1
    slip = bool(line.at(i).slip)
    dotted = hours_too = False
    if line.word(j) == "h" and line.at(j).glued and line.at(j + 1).glued and line.digits(j + 1):
        j += 1
        hours_too = True
    elif line.mark(j, ":.;,") and line.at(j).glued:
        first = line.at(j).text
        dotted = first == "."
        stop = j + 1
        if line.mark(stop, ":.") and line.at(stop).glued:
            stop += 1
            slip = True
        if not (line.digits(stop) and line.at(stop).glued):
            return None
        slip = slip or first in ";,"
        j = stop
        if line.glued_mark(j + 1, "./") and line.digits(j + 2):
            return None
    elif line.digits(j) and not line.at(j).glued:
        return _spaced(line, i)
    else:
        return None
    minutes = line.digits(j)
    slip = slip or bool(line.at(j).slip)
    j += 1
    if len(minutes) != 2:
        return _bad(j)
    if line.mark(j, ":") and line.at(j).glued and len(line.digits(j + 1)) == 2:
        if int(line.digits(j + 1)) > 59:
            return _bad(j + 2)
        j += 2
    if line.at(j).kind == "num" and line.at(j).glued:
        return _bad(j + 1)
    return _finish(
        line,
        j,
        int(digits),
        int(minutes),
        leading=digits[0] == "0",
        dotted=dotted,
        slip=slip,
        hours_too=hours_too,
    )


def _spaced(line: Line, i: int) -> Found | None:
    """ "9 30 pm", "17 40": hour and minutes with only a space between them."""
    hour, minutes, j = line.digits(i), line.digits(i + 1), i + 2
    if len(minutes) != 2 or line.digits(j) or int(minutes) > 59:
        return None
    if line.mark(j, "/.:-") and line.at(j).glued:
        return None
    half = half_of_day(line, j)
    if half is not None and 1 <= int(hour) <= 12:
        return _finish(line, j, int(hour), int(minutes), leading=False)
    if line.word(j) in UNITS - {"hrs", "hours", "h"} or half is not None:
        return None
    if 13 <= int(hour) <= 23 or (hour[0] == "0" and len(hour) == 2):
        return _finish(line, j, int(hour), int(minutes), leading=True, slip=True)
    return None


def _finish(
    line: Line,
    j: int,
    hour: int,
    minute: int,
    *,
    leading: bool,
    dotted: bool = False,
    length: int = 0,
    slip: bool = False,
    hours_too: bool = False,
) -> Found:
    """Read what follows hour and minutes, and decide what the half of the day is."""
    if minute > 59 or hour > 24 or (hour == 24 and minute):
        return _bad(j)
    suffix = False
    j = _ish(line, j)
    if line.word(j) in _HOURS_SUFFIX:
        if length == 3 or line.word(j + 1) in {"ago", "back", "since", "earlier"}:
            return Bad(Why.UNSURE), j + 2, "hours with a point"
        suffix, j = True, j + 1
        if line.mark(j, ".") and line.at(j).glued and not line.at(j + 1).glued:
            j += 1
    half = half_of_day(line, j)
    if half is not None:
        side, j = half
        again = half_of_day(line, j)
        if again is not None:
            if again[0] != side:
                return Bad(Why.DISAGREE), again[1], "am and pm"
            j = again[1]
        return _with_half(line, j, hour, minute, side, leading=leading, slip=slip)
    j = _ish(line, _oclock(line, j))
    if hour == 24:
        return Clock(Told.MIDNIGHT, 0, 0), j, "24:00"
    if hour == 0 or hour > 12 or leading or suffix:
        clock = Clock(Told.EXACT, hour, minute, dotted=dotted, slip=slip)
        return clock, j, "24-hour time"
    told = Told.FOUR_DIGITS if length == 4 else Told.BARE
    naked = length == 3 and (minute == 0 or minute % 5 != 0)
    clock = Clock(told, hour, minute, dotted=dotted, slip=slip, hours_too=hours_too, naked=naked)
    return clock, j, "12-hour time without am or pm"


def _with_half(
    line: Line, j: int, hour: int, minute: int, side: str, *, leading: bool, slip: bool
) -> Found:
    j = _ish(line, _oclock(line, _ish(line, j)))
    if hour > 12 or hour == 0:
        if side == "am" and hour > 0:
            return Bad(Why.DISAGREE), j, "am with a time after noon"
        if side == "pm" and (hour == 0 or hour == 24):
            return Bad(Why.DISAGREE), j, "pm with a time after midnight"
        return Clock(Told.EXACT, hour, minute, slip=slip), j, "24-hour time with am or pm"
    if leading and side == "pm" and hour < 12:
        return Bad(Why.AM_OR_PM), j, "a leading zero and pm"
    if hour == 12 and minute == 0:
        told = Told.TWELVE_AM if side == "am" else Told.TWELVE_PM
        return Clock(told, 0 if side == "am" else 12, 0, slip=slip), j, "twelve am or pm"
    exact = hour % 12 + (12 if side == "pm" else 0)
    return Clock(Told.EXACT, exact, minute, slip=slip), j, "time with am or pm"


def _hour_only(line: Line, hour: int, j: int, *, leading: bool = False) -> Found | None:
    """ "9pm", "9 o'clock", "9ish", or a naked "9" that needs company to be a time."""
    after_ish = _ish(line, j)
    half = half_of_day(line, after_ish)
    if half is not None:
        side, k = half
        if not 1 <= hour <= 12:
            return _bad(k)
        again = half_of_day(line, k)
        if again is not None:
            return Bad(Why.DISAGREE), again[1], "am and pm"
        return _with_half(line, k, hour, 0, side, leading=False, slip=False)
    o = _oclock(line, after_ish)
    if o != after_ish:
        if not 1 <= hour <= 12:
            return _bad(o)
        k = _ish(line, o)
        half = half_of_day(line, k)
        if half is not None:
            return _with_half(line, half[1], hour, 0, half[0], leading=False, slip=False)
        return Clock(Told.BARE, hour, 0), k, "o'clock"
    if not 1 <= hour <= 12 or leading:
        return None
    if line.at(j).kind in {"word", "frac"} and line.at(j).glued and line.word(j) != "ish":
        return None
    if after_ish != j:
        return Clock(Told.BARE, hour, 0), after_ish, "...ish"
    return Clock(Told.BARE, hour, 0, naked=True), j, "a number beside a day"


def _in_words(line: Line, i: int) -> Found | None:
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
        if line.word(j) in _HOURS_SUFFIX:
            j += 1
        exact = leading or hour > 12 or line.word(j - 1) != "hundred"
        told = Told.EXACT if exact else Told.FOUR_DIGITS
        return Clock(told, hour, 0), j, "hundred hours"
    while line.mark(j, "-"):
        j += 1
    minutes = _minute_words(line, j)
    if minutes is None:
        return None if leading else _hour_only(line, hour, first[1])
    minute, j = minutes
    if line.word(j) in UNITS - _HOURS_SUFFIX:
        return None
    return _finish(line, j, hour, minute, leading=leading)


def _minute_words(line: Line, j: int) -> tuple[int, int] | None:
    if line.word(j) in {"oh", "o"}:
        found = number_words(line, j + 1)
        return found if found is not None and found[0] < 10 else None
    found = number_words(line, j)
    if found is None or not 13 <= found[0] <= 59:
        return None
    return found
