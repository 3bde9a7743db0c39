"""Read clock times in digits: 21:30, 9.30pm, 0930, 1045hrs, 9 30 pm, 9ish."""

from __future__ import annotations

from .items import Bad, Clock, Told, Why
from .line import Line, half_of_day
from .words import DAY_WORDS, UNITS

HOURS_SUFFIX = frozenset({"h", "hr", "hrs", "hour", "hours"})

Found = tuple[Clock | Bad, int, str]


def bad(j: int) -> Found:
    """The answer for digits no clock shows, up to token `j`."""
    return Bad(Why.IMPOSSIBLE), j, "not a clock time"


def ish(line: Line, j: int) -> int:
    """Step over "ish" and "-ish"."""
    if line.word(j) == "ish":
        return j + 1
    if line.mark(j, "-") and line.word(j + 1) == "ish":
        return j + 2
    return j


def oclock(line: Line, j: int) -> int:
    """Step over "o'clock" in its spellings; the same position when there is none."""
    word = line.word(j)
    if word in {"o'clock", "oclock", "o'clk"}:
        return j + 1
    if word == "o" and line.word(j + 1) in {"clock", "clk"}:
        return j + 2
    if word == "o" and line.mark(j + 1, "'") and line.word(j + 2) == "clock":
        return j + 3
    return j


def digital(line: Line, i: int) -> Found | None:
    """A clock time in digits at token `i`."""
    digits = line.digits(i)
    if not digits or len(digits) > 4:
        return None
    if len(digits) <= 2:
        split = _split_digits(line, i)
        if split is not None:
            return split
        return hour_only(line, int(digits), i + 1, leading=digits[0] == "0")
    hour, minute = int(digits[:-2]), int(digits[-2:])
    leading = digits[0] == "0" and len(digits) == 4
    if len(digits) == 3 and not 1 <= hour <= 9:
        return bad(i + 1)
    j = i + 1
    if (line.mark(j, ":") and line.at(j).glued and line.digits(j + 1)) or _part_of_number(line, i):
        return bad(j)
    return finish(line, j, hour, minute, leading=leading, length=len(digits))


def _part_of_number(line: Line, i: int) -> bool:
    """Is this number one half of a decimal, a date or a price?"""
    return (line.glued_mark(i + 1, "./-") and bool(line.digits(i + 2))) or (
        line.glued_mark(i - 1, "./:-") and bool(line.digits(i - 2))
    )


def _split_digits(line: Line, i: int) -> Found | None:
    """Hour and minutes with something between them."""
    digits, j = line.digits(i), i + 1
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
        if not (line.digits(stop) and line.at(stop).glued):
            return None
        j = stop
        if line.glued_mark(j + 1, "./") and line.digits(j + 2):
            return None
    elif line.digits(j) and not line.at(j).glued:
        return _spaced(line, i)
    else:
        return None
    minutes = line.digits(j)
    j += 1
    if len(minutes) != 2:
        return bad(j)
    if line.mark(j, ":") and line.at(j).glued and len(line.digits(j + 1)) == 2:
        if int(line.digits(j + 1)) > 59:
            return bad(j + 2)
        j += 2
    if line.at(j).kind == "num" and line.at(j).glued:
        return bad(j + 1)
    return finish(
        line,
        j,
        int(digits),
        int(minutes),
        leading=digits[0] == "0",
        dotted=dotted,
        hours_too=hours_too,
    )


def _spaced(line: Line, i: int) -> Found | None:
    """ "9 30 pm", "17 40": hour and minutes with only a space between them."""
    hour, minutes, j = line.digits(i), line.digits(i + 1), i + 2
    if len(minutes) != 2 or line.digits(j) or int(minutes) > 59:
        return None
    if line.glued_mark(j, "/.:-"):
        return None
    half = half_of_day(line, j)
    if half is not None and 1 <= int(hour) <= 12:
        return finish(line, j, int(hour), int(minutes), leading=False)
    if line.word(j) in UNITS - {"hrs", "hours", "h"} or half is not None:
        return None
    if 13 <= int(hour) <= 23 or (hour[0] == "0" and len(hour) == 2):
        return finish(line, j, int(hour), int(minutes), leading=True)
    return None


def finish(
    line: Line,
    j: int,
    hour: int,
    minute: int,
    *,
    leading: bool,
    dotted: bool = False,
    length: int = 0,
    hours_too: bool = False,
) -> Found:
    """Read what follows hour and minutes, and decide what the half of the day is."""
    if minute > 59 or hour > 24 or (hour == 24 and minute):
        return bad(j)
    suffix = False
    j = ish(line, j)
    if line.word(j) in HOURS_SUFFIX:
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
        return _with_half(line, j, hour, minute, side, leading=leading)
    j = ish(line, oclock(line, j))
    if hour == 24:
        return Clock(Told.MIDNIGHT, 0, 0), j, "24:00"
    if hour == 0 or hour > 12 or leading or suffix:
        clock = Clock(Told.EXACT, hour, minute, dotted=dotted)
        return clock, j, "24-hour time"
    told = Told.FOUR_DIGITS if length == 4 else Told.BARE
    naked = length == 3 and (minute == 0 or minute % 5 != 0)
    clock = Clock(told, hour, minute, dotted=dotted, hours_too=hours_too, naked=naked)
    return clock, j, "12-hour time without am or pm"


def _with_half(line: Line, j: int, hour: int, minute: int, side: str, *, leading: bool) -> Found:
    j = ish(line, oclock(line, ish(line, j)))
    if hour > 12 or hour == 0:
        if side == "am" and hour > 0:
            return Bad(Why.DISAGREE), j, "am with a time after noon"
        if side == "pm" and (hour == 0 or hour == 24):
            return Bad(Why.DISAGREE), j, "pm with a time after midnight"
        return Clock(Told.EXACT, hour, minute), j, "24-hour time with am or pm"
    if leading and side == "pm" and hour < 12:
        return Bad(Why.AM_OR_PM), j, "a leading zero and pm"
    if hour == 12 and minute == 0:
        told = Told.TWELVE_AM if side == "am" else Told.TWELVE_PM
        return Clock(told, 0 if side == "am" else 12, 0), j, "twelve am or pm"
    exact = hour % 12 + (12 if side == "pm" else 0)
    return Clock(Told.EXACT, exact, minute), j, "time with am or pm"


def hour_only(line: Line, hour: int, j: int, *, leading: bool = False) -> Found | None:
    """ "9pm", "9 o'clock", "9ish", or a naked "9" that needs company to be a time."""
    after_ish = ish(line, j)
    half = half_of_day(line, after_ish)
    if half is not None:
        side, k = half
        if not 1 <= hour <= 12:
            return bad(k)
        again = half_of_day(line, k)
        if again is not None:
            return Bad(Why.DISAGREE), again[1], "am and pm"
        return _with_half(line, k, hour, 0, side, leading=False)
    o = oclock(line, after_ish)
    if o != after_ish:
        if not 1 <= hour <= 12:
            return bad(o)
        k = ish(line, o)
        half = half_of_day(line, k)
        if half is not None:
            return _with_half(line, half[1], hour, 0, half[0], leading=False)
        return Clock(Told.BARE, hour, 0), k, "o'clock"
    if not 1 <= hour <= 12 or leading:
        return None
    stuck = line.at(j).kind in {"word", "frac"} and line.at(j).glued
    if stuck and line.word(j) != "ish" and line.word(j) not in DAY_WORDS:
        return None
    if after_ish != j:
        return Clock(Told.BARE, hour, 0), after_ish, "...ish"
    return Clock(Told.BARE, hour, 0, naked=True), j, "a number beside a day"
