"""Read elapsed times: 20 mins ago, an hour and a half ago, 2h15, three quarters of an hour."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

from .everyday import kind
from .items import Bad, Elapsed, Now, Piece, Why
from .line import Line, number_words
from .text import fraction
from .words import DAY_UNITS, HOUR_WORDS, LONG_UNITS, MINUTE_WORDS, SECOND_WORDS, UNITS, WEEK_UNITS

_SECONDS = (
    dict.fromkeys(SECOND_WORDS | {"moment", "moments"}, 1)
    | dict.fromkeys(MINUTE_WORDS, 60)
    | dict.fromkeys(HOUR_WORDS, 3600)
    | dict.fromkeys(DAY_UNITS, 86400)
    | dict.fromkeys(WEEK_UNITS, 604800)
    | {"fortnight": 1209600, "fortnights": 1209600}
)
DAY = 86400
_GOOD = frozenset({"good", "full", "whole", "solid"})


def elapsed_at(line: Line, i: int) -> Piece | None:
    """The elapsed time that starts at token `i`; Bad when it is one that cannot be counted."""
    first = _amount(line, i)
    if first is None:
        return None
    seconds, grain, j = first
    if grain < 0:
        return Piece(Bad(Why.TOO_OLD), i, j, "months or years")
    while True:
        more = _more(line, j, grain)
        if more is None:
            break
        extra, grain, j = more
        seconds += extra
    if line.word(j) == "ish":
        j += 1
    if line.word(j) == "or" and line.word(j + 1) == "so":
        j += 2
    if line.word(j) in {"approx", "approximately", "roughly", "about", "exactly"} and (
        line.word(j + 1) == "ago"
    ):
        j += 1
    ago = line.word(j) == "ago"
    if ago:
        j += 1
    elif seconds >= 604800 * 60 or (line.word(i) in {"a", "the"} and grain == 1):
        return None
    if seconds > DAY * 36500:
        return Piece(Bad(Why.TOO_OLD), i, j, "too long ago")
    if not ago and (_clock_like(line, i, j) or line.word(j) in {"past", "to"}):
        return None
    if (
        ago
        and line.word(j - 2) in {"moment", "moments", "second", "sec", "seconds", "secs"}
        and (line.word(i) in {"a", "seconds", "secs", "moments"})
    ):
        return Piece(Now(), i, j, "a moment ago")
    if not ago and _hour_like(line, i):
        return Piece(Bad(Why.UNSURE), i, j, "an hour of the day, or hours gone by")
    length = timedelta(seconds=int(seconds))
    value = Elapsed(length, timedelta(seconds=grain), ago, days=_days_said(line, i, j))
    return Piece(value, i, j, "elapsed time")


def _days_said(line: Line, i: int, j: int) -> bool:
    return any(line.word(k) in DAY_UNITS | WEEK_UNITS | {"fortnight"} for k in range(i, j))


def _clock_like(line: Line, i: int, j: int) -> bool:
    """ "2h15" with nothing after it: a clock time as much as an elapsed one."""
    return bool(line.digits(i)) and line.word(i + 1) == "h" and bool(line.digits(j - 1))


def _hour_like(line: Line, i: int) -> bool:
    """ "9h", "21 hrs", "5m": not for certain a time gone by."""
    if line.word(i + 1) in {"m", "s"}:
        return True
    if line.word(i + 1) not in HOUR_WORDS or not line.digits(i):
        return False
    told = line.word(i - 1) in {"for", "gone", "missing", "been"}
    return not told and (line.word(i + 1) == "h" or 6 <= int(line.digits(i)) <= 24)


def _unit(line: Line, j: int) -> tuple[int, int] | None:
    """Seconds in the unit at `j` (-1 for months and years) and the position after it."""
    while line.mark(j, "-") and line.at(j).glued:
        j += 1
    word = line.word(j)
    if word in LONG_UNITS:
        return -1, j + 1
    if word not in _SECONDS:
        return None
    clock_form = word == "h" and line.at(j + 1).glued and len(line.digits(j + 1)) == 2
    if clock_form and line.word(j + 2) not in MINUTE_WORDS | {"ago"}:
        return None
    j += 1
    if line.mark(j, ".") and line.at(j).glued and line.word(j - 1) in {"min", "mins", "hr", "hrs"}:
        j += 1
    return _SECONDS[word], j


def _amount(line: Line, i: int) -> tuple[Fraction, int, int] | None:
    """How many of which unit: seconds, seconds of the unit, position after."""
    found = _share(line, i) or _count(line, i)
    if found is None:
        return None
    count, j, certain = found
    unit = _unit(line, j)
    if unit is None:
        return None
    size, j = unit
    if not certain:
        return None
    if size < 0:
        return Fraction(0), -1, j
    total = count * size
    half = _and_part(line, j)
    if half is not None and size in {60, 3600}:
        part, j = half
        total += part * size
        size = 60 if size == 3600 else 1
    elif count.denominator != 1:
        size = 60 if size == 3600 else min(size, 60)
    return total, size, j


def _share(line: Line, i: int) -> tuple[Fraction, int, bool] | None:
    """half an hour, quarter of an hour, three quarters of an hour, 1/2 hour, ½ hour."""
    part, j = Fraction(0), i
    if line.word(j) == "a" and line.word(j + 1) in {"half", "quarter"}:
        j += 1
    if line.word(j) == "half":
        part, j = Fraction(1, 2), j + 1
    elif line.word(j) == "quarter":
        part, j = Fraction(1, 4), j + 1
    elif (line.word(j) == "three" or line.digits(j) == "3") and _quarters(line, j + 1):
        part, j = Fraction(3, 4), _quarters(line, j + 1)
    elif line.at(j).kind == "frac":
        part, j = Fraction(*fraction(line.at(j))), j + 1
    elif slash := _slash(line, j):
        part, j = slash
    else:
        return None
    while line.mark(j, "-") and line.at(j).glued:
        j += 1
    if line.word(j) == "of":
        j += 1
    if line.word(j) in {"a", "an", "the"}:
        j += 1
    return part, j, True


def _quarters(line: Line, j: int) -> int:
    """The position after "quarters" (also "-quarters"), or 0."""
    if line.mark(j, "-"):
        j += 1
    return j + 1 if line.word(j) in {"quarters", "quarter"} else 0


def _slash(line: Line, j: int) -> tuple[Fraction, int] | None:
    if not line.glued_mark(j + 1, "/"):
        return None
    pair = (line.digits(j), line.digits(j + 2))
    if pair in {("1", "2"), ("1", "4"), ("3", "4")}:
        return Fraction(int(pair[0]), int(pair[1])), j + 3
    return None


def _count(line: Line, i: int) -> tuple[Fraction, int, bool] | None:
    """A plain count before a unit: 20, 1.5, 1½, 1 1/2, two and a half, a, an, a couple of."""
    word = line.word(i)
    if word in {"a", "an"} and line.word(i + 1) != "couple":
        j = i + 1
        if line.word(j) in _GOOD:
            j += 1
        return Fraction(1), j, True
    if word in {"moments", "seconds", "secs", "hour", "hr"}:
        return Fraction(1), i, _bare_hour(line, i)
    if word == "a" or word == "couple":
        j = i + 1 if word == "couple" else i + 2
        return Fraction(2), j + 1 if line.word(j) == "of" else j, True
    digits = line.digits(i)
    if digits:
        if len(digits) > 4 or _glued_before(line, i):
            return None
        return _digit_count(line, i)
    words = number_words(line, i)
    if words is None:
        return None
    value, j = words
    if line.word(j) == "ish":
        j += 1
    half = _and_part(line, j)
    if half is not None and line.word(half[1]) in UNITS:
        return value + half[0], half[1], True
    return Fraction(value), j, True


def _bare_hour(line: Line, i: int) -> bool:
    """ "hour ago", "hour and a half ago": an hour with its "an" left out; "seconds ago"."""
    before = line.word(i - 1)
    return line.word(i + 1) in {"ago", "and"} and (not before or kind(before) == "approx")


def _glued_before(line: Line, i: int) -> bool:
    """Does something stick to the front of this number that may belong to it?"""
    if not line.at(i).glued:
        return False
    before = line.at(i - 1)
    if before.kind == "mark":
        return before.text not in "(~,@?\"'!*_:"
    return before.kind == "num"


def _digit_count(line: Line, i: int) -> tuple[Fraction, int, bool] | None:
    digits, j = line.digits(i), i + 1
    whole = Fraction(int(digits))
    if line.glued_mark(j, ".") and line.digits(j + 1):
        places = line.digits(j + 1)
        if len(places) > 2 or (len(places) == 2 and places not in {"25", "75"}):
            return None
        if len(places) == 2 and not _says_ago(line, j + 2):
            return None
        return whole + Fraction(int(places), 10 ** len(places)), j + 2, True
    if line.glued_mark(j, ":") and len(line.digits(j + 1)) == 2 and line.word(j + 2) in HOUR_WORDS:
        minutes = int(line.digits(j + 1))
        if minutes < 60 and _says_ago(line, j + 2):
            return whole + Fraction(minutes, 60), j + 2, True
        return None
    if line.at(j).kind == "frac":
        return whole + Fraction(*fraction(line.at(j))), j + 1, True
    slash = _slash(line, j)
    if slash is not None and not line.at(j).glued:
        return whole + slash[0], slash[1], True
    half = _and_part(line, j)
    if half is not None and line.word(half[1]) in UNITS:
        return whole + half[0], half[1], True
    if line.word(j) == "ish":
        j += 1
    if line.word(j) in HOUR_WORDS and len(digits) > 3:
        return None
    return whole, j, True


def _says_ago(line: Line, j: int) -> bool:
    return line.word(j) in UNITS and line.word(j + 1) == "ago"


def _and_part(line: Line, j: int) -> tuple[Fraction, int] | None:
    """ "and a half", "and a quarter", "and three quarters", "& a half"."""
    if line.glued_mark(j, "-"):
        j += 1
    if not (line.word(j) == "and" or line.mark(j, "&")):
        return None
    j += 1
    while line.word(j) == "a" or line.glued_mark(j, "-"):
        j += 1
    if line.word(j) == "half":
        return Fraction(1, 2), j + 1
    if line.word(j) == "quarter":
        return Fraction(1, 4), j + 1
    if (line.word(j) == "three" or line.digits(j) == "3") and _quarters(line, j + 1):
        return Fraction(3, 4), _quarters(line, j + 1)
    if line.at(j).kind == "frac":
        return Fraction(*fraction(line.at(j))), j + 1
    return _slash(line, j)


def _more(line: Line, j: int, grain: int) -> tuple[Fraction, int, int] | None:
    """The next, smaller amount of a compound ("2h 15", "1 hour and 5 mins")."""
    k = j
    if line.mark(k, ",&") or line.word(k) == "and":
        k += 1
    found = _count(line, k)
    if found is None or not (line.digits(k) or number_words(line, k)):
        return None
    count, after, _ = found
    unit = _unit(line, after)
    if unit is not None:
        size, after = unit
        if 0 < size < grain and count * size < grain:
            return count * size, size, after
        return None
    minutes_left_out = grain == 3600 and count.denominator == 1 and 1 <= count <= 59
    if minutes_left_out and (line.word(after) == "ago" or line.at(k).glued):
        if line.at(after).glued and line.at(after).kind != "mark":
            return None
        return count * 60, 60, after
    return None
