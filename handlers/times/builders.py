"""What the patterns of typed times stand for: each builder turns a match into values."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from fractions import Fraction

from .dates import BUILDERS as DATE_BUILDERS
from .items import Bad, Clock, Day, DayKind, Elapsed, Told, Value, Why
from .items import Part as P
from .items import PartSaid as Said
from .text import FRACTIONS
from .word_table import NUMBERS, PARTS, UNIT_SECONDS, WEEKDAYS

Match = re.Match[str]
Build = Callable[[Match, date], Sequence[Value] | None]


def number(text: str) -> int:
    """The value of a number in digits or words."""
    if text.isdigit():
        return int(text)
    return sum(NUMBERS[word] for word in re.split("[ -]", text))


def _share(text: str) -> Fraction:
    if text in FRACTIONS:
        return Fraction(*FRACTIONS[text])
    if "/" in text:
        return Fraction(text)
    return {"half": Fraction(1, 2), "quarter": Fraction(1, 4)}.get(text, Fraction(3, 4))


def clock(hour: int, minute: int, half: str, *, exact: bool, shape: str) -> Clock | Bad:
    """A clock time; Bad when no clock shows it.

    Args:
        hour: as typed.
        minute: as typed.
        half: "am", "pm" or "".
        exact: the typing shows that it is of the 24-hour clock ("09:30", "1045hrs").
        shape: see `Clock`.
    """
    if (hour, minute, half) == (24, 0, ""):
        return Clock(Told.MIDNIGHT, 0, 0)
    if hour > 23 or minute > 59 or (half == "am" and hour > 12) or (half == "pm" and hour == 0):
        return Bad(Why.IMPOSSIBLE)
    if not half:
        if exact or hour > 12 or hour == 0:
            return Clock(Told.EXACT, hour, minute, shape)
        four = shape == "digits" and hour > 9
        return Clock(Told.FOUR_DIGITS if four else Told.BARE, hour, minute, shape)
    if hour == 12 and minute == 0:
        return Clock(
            Told.TWELVE_AM if half == "am" else Told.TWELVE_PM, 0 if half == "am" else 12, 0
        )
    return Clock(Told.EXACT, hour % 12 + 12 * (half == "pm"), minute)


def _pointed(m: Match, _: date) -> Sequence[Value]:
    hour, half = m["hour"], m["half"] or ""
    if m["mark"] == "h" and int(hour) < 13 and not half and hour[0] != "0":
        return [Bad(Why.UNSURE)]
    shape = "dotted" if m["mark"] == "." else "sure"
    exact = (len(hour) == 2 and hour[0] == "0") or bool(m["hours"])
    return [clock(int(hour), int(m["minute"]), half, exact=exact, shape=shape)]


def _digits(m: Match, _: date) -> Sequence[Value]:
    digits, half = m["digits"], m["half"] or ""
    hour, minute = int(digits[:-2]), int(digits[-2:])
    if len(digits) == 3 and (hour == 0 or digits in {"100", "101", "111"}):
        return [Bad(Why.IMPOSSIBLE)]
    exact = digits[0] == "0" or bool(m["hours"])
    return [clock(hour, minute, half, exact=exact, shape="sure" if m["hours"] else "digits")]


def _in_words(m: Match, _: date) -> Sequence[Value] | None:
    hour, minute = number(m["hour"]), number(m["minute"].removeprefix("oh "))
    spoken_zero = m["minute"].startswith("oh ")
    if minute < 10 and not spoken_zero:
        return None
    if (hour > 12 and m["half"]) or (max(hour, minute) < 13 and not m["half"] and not spoken_zero):
        return [Bad(Why.UNSURE)]
    return [clock(hour, minute, m["half"] or "", exact=False, shape="sure")]


def _hundred(m: Match, _: date) -> Sequence[Value] | None:
    hour, exact = number(m["hour"]), bool(m["hours"])
    if hour < 13 and not exact:
        return [Bad(Why.UNSURE)]
    return [clock(hour, 0, "", exact=exact, shape="digits")]


def _hour(m: Match, _: date) -> Sequence[Value] | None:
    hour, half = number(m["hour"]), m["half"] or ""
    if (hour == 0 and half) or (hour > 12 and (half or not m["hour"].isdigit())):
        return [Bad(Why.UNSURE)]
    if not half and (hour > 12 or m["hour"][0] == "0"):
        return [Bad(Why.LEFTOVER)]
    naked = not half and m.end() == m.end("hour")
    return [clock(hour, 0, half, exact=False, shape="naked" if naked else "sure")]


def _spoken(m: Match, _: date) -> Sequence[Value] | None:
    """half nine, half past nine, quarter to 7, twenty five past 8, ten minutes to 7 pm."""
    hour, minutes = number(m["hour"]), _minutes_off(m)
    if not 1 <= hour <= 12 or minutes is None:
        return [Bad(Why.IMPOSSIBLE if hour > 12 else Why.UNSURE)]
    half = m["half"]
    if half is None:
        at = (hour % 12 * 60 + minutes) % 720
        return [Clock(Told.BARE, at // 60 or 12, at % 60)]
    if hour == 12 and minutes < 0:
        return [Bad(Why.AM_OR_PM)]
    at = (hour % 12 * 60 + (720 if half == "pm" else 0) + minutes) % 1440
    return [Clock(Told.EXACT, at // 60, at % 60)]


def _minutes_off(m: Match) -> int | None:
    """Minutes after the hour (before it: negative); None when it may be a range ("8 to 9")."""
    count = m["count"]
    if count == "half":
        return 30
    minutes = 25 if "and" in count else 15 if "quarter" in count else number(count)
    if not 0 < minutes < 60:
        return None
    if m["way"] == "past":
        return minutes
    counted = bool(m["minutes"])
    digits = count.isdigit() and m["hour"].isdigit() and minutes <= 12
    if not counted and (minutes % 5 or digits):
        return None
    return -minutes


def _round_name(m: Match, _: date) -> Sequence[Value] | None:
    """ten past midnight, quarter to noon, half past midnight; noon, midnight, 12 noon."""
    noon = m["name"] != "midnight"
    if "count" not in m.re.groupindex:
        return [Clock(Told.NOON, 12, 0) if noon else Clock(Told.MIDNIGHT, 0, 0)]
    minutes = 30 if m["count"] == "half" else 15 if "quarter" in m["count"] else number(m["count"])
    if not 0 < minutes < 60:
        return [Bad(Why.IMPOSSIBLE)]
    at = (720 * noon + (minutes if m["way"] == "past" else -minutes)) % 1440
    return [Clock(Told.NOON if noon else Told.MIDNIGHT, at // 60, at % 60, around=True)]


def _lapse(m: Match, _: date) -> Sequence[Value] | None:
    groups = m.groupdict()
    size = UNIT_SECONDS[m["unit"]]
    if size > 10**8:
        return [Bad(Why.TOO_OLD)]
    said = groups.get("count") or ""
    count = _count(said, m)
    if count is None or (size == 3600 and not _counts_hours(said, bool(m["ago"]))):
        return None
    count += sum(_share(groups[part]) for part in ("share", "share2", "share3") if groups.get(part))
    grain = size if count.denominator == 1 else 60 if size == 3600 else 1
    seconds = count * size
    if groups.get("more"):
        unit = groups["unit2"]
        if unit is None and not (m["ago"] and size == 3600):
            return None
        lesser = UNIT_SECONDS[unit] if unit else 60
        extra = number(groups["more"]) * lesser
        if lesser >= size or extra >= size:
            return [Bad(Why.UNSURE)]
        seconds, grain = seconds + extra, lesser
    if not m["ago"] and (m["unit"] in {"h", "m", "s"} or (size == 3600 and count > 5)):
        return [Bad(Why.UNSURE)]
    loose = " or so" in m.group() or said.startswith("a couple")
    length = timedelta(seconds=int(seconds))
    if length > timedelta(days=36500):
        return [Bad(Why.TOO_OLD)]
    return [Elapsed(length, timedelta(seconds=grain), bool(m["ago"]), loose=loose)]


_PLACES = frozenset({"5", "25", "75"})


def _counts_hours(said: str, ago: bool) -> bool:
    """Can this many hours be an elapsed time? "1045hrs" and "10.45 hrs" are of the clock."""
    if len(said) < 3 or not said[0].isdigit() or ":" in said:
        return True
    return ago and ((said.isdigit() and len(said) == 3) or said.partition(".")[2] in _PLACES)


def _count(text: str, m: Match) -> Fraction | None:
    """How many of the unit; an hour with its "an" left out only at the start or after "about"."""
    if not text:
        whole = "count" not in m.re.groupindex
        if not whole and not m["share2"]:
            return None
        at_start = m.start() == 0 or m.string[: m.start()].endswith(
            ("about ", "around ", "approx ")
        )
        return (
            Fraction(0)
            if whole
            else Fraction(1)
            if at_start and m["unit"] in {"hour", "hr"}
            else None
        )
    if text in {"a", "an"}:
        return Fraction(1)
    if text.startswith("a couple"):
        return Fraction(2)
    if ":" in text:
        hours, minutes = map(int, text.split(":"))
        return Fraction(hours * 60 + minutes, 60) if minutes < 60 else None
    return Fraction(text) if text[0].isdigit() else Fraction(number(text))


def _days_ago(m: Match, _: date) -> Sequence[Value]:
    unit = m["unit"][0]
    size = {"d": 1, "n": 1, "w": 7, "f": 14}[unit]
    said = m["count"]
    count = 1 if said == "a" else 2 if said.startswith("a couple") else number(said)
    return [Day(DayKind.DAYS_AGO, count * size)] if count else [Bad(Why.IMPOSSIBLE)]


def _lapse_days(m: Match, _: date) -> Sequence[Value]:
    """ "2 days 3 h ago", as times are shown."""
    length = timedelta(days=int(m["days"]), hours=int(m["hours"]))
    return [Elapsed(length, timedelta(hours=1), ago=True)]


def _this_moment(m: Match, _: date) -> Sequence[Value]:
    return [Elapsed(timedelta(0), timedelta(minutes=1), ago=True)]


def _day(kind: DayKind, number_: int = 0) -> Build:
    def build(m: Match, _: date) -> Sequence[Value]:
        return [Day(kind, number_), *_part(m)]

    return build


def _part(m: Match) -> list[Value]:
    said = m.groupdict().get("part")
    if not said:
        return []
    if m["marked"] == "in the" and said == "night":
        return [Bad(Why.WHICH_DAY)]
    return [Said(P(PARTS.get(said, said)), marked=bool(m["marked"]))]


def _weekday(m: Match, _: date) -> Sequence[Value]:
    which = "last week" if m["week"] or m["week2"] else "last" if m["which"] else ""
    return [Day(DayKind.WEEKDAY, WEEKDAYS[m["weekday"]], which), *_part(m)]


def _this(m: Match, _: date) -> Sequence[Value]:
    part = "morning" if m["part"] == "am" else PARTS.get(m["part"], "")
    if part in {"", "night"}:
        return [Bad(Why.WHICH_DAY)]
    return [Day(DayKind.TODAY), Said(P(part))]


def _early(m: Match, _: date) -> Sequence[Value]:
    today = [Day(DayKind.TODAY)] if m["today"] else []
    return [*today, Said(P.EARLY)]


def _only_part(m: Match, _: date) -> Sequence[Value]:
    return _part(m)


def _bad(m: Match, _: date) -> Sequence[Value]:
    return [Bad(Why.UNSURE)]


def _nothing(m: Match, _: date) -> Sequence[Value]:
    return []


BUILDERS: dict[str, Build] = DATE_BUILDERS | {
    "bad": _bad,
    "nothing": _nothing,
    "last_night": _day(DayKind.LAST_NIGHT),
    "yesterday": _day(DayKind.YESTERDAY),
    "today": _day(DayKind.TODAY),
    "tonight": _day(DayKind.TONIGHT),
    "night_before_last": _day(DayKind.NIGHT_BEFORE_LAST),
    "two_days_ago": _day(DayKind.DAYS_AGO, 2),
    "days_ago": _days_ago,
    "lapse_days": _lapse_days,
    "this_part": _this,
    "early": _early,
    "weekday": _weekday,
    "part": _only_part,
    "lapse": _lapse,
    "this_moment": _this_moment,
    "round_name": _round_name,
    "spoken": _spoken,
    "pointed": _pointed,
    "digits": _digits,
    "hundred": _hundred,
    "in_words": _in_words,
    "hour": _hour,
}
