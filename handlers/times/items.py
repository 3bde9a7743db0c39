"""What a typed time is made of, and the answer built from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum


class Why(StrEnum):
    """Why a text was asked back. The value is stable: the conversation chooses its words by it."""

    NO_TIME = "no_time"
    TOO_LONG = "too_long"
    VAGUE = "vague"
    RANGE = "range"
    TWO_TIMES = "two_times"
    FUTURE = "future"
    NOT_A_SIGHTING = "not_a_sighting"
    AM_OR_PM = "am_or_pm"
    WHICH_DAY = "which_day"
    DISAGREE = "disagree"
    CLOCK_CHANGE = "clock_change"
    IMPOSSIBLE = "impossible"
    TOO_OLD = "too_old"
    LEFTOVER = "leftover"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Taken:
    """Which rule took which words (as read: lower case, slips put right)."""

    rule: str
    words: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a text was read.

    Attributes:
        readings: one when clear; several to offer; none to ask. Aware, Europe/London, past.
        taken: the rules in the order of the words they took, then those that settled the day.
        refused: why it was asked back; None when there is exactly one reading.
        likely: a single past reading that is not certain enough to be an answer, for a button.
    """

    readings: tuple[datetime, ...]
    taken: tuple[Taken, ...]
    refused: Why | None = None
    likely: datetime | None = None


class Told(StrEnum):
    """What a clock time says about its half of the day."""

    EXACT = "exact"
    BARE = "bare"
    FOUR_DIGITS = "four digits"
    NOON = "noon"
    MIDNIGHT = "midnight"
    TWELVE_AM = "12am"
    TWELVE_PM = "12pm"


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock time.

    `hour` is 0-23 when exact, 1-12 when the half of the day is not told. `around` is counted from
    noon or midnight ("ten past midnight"). `shape` says how far the typing itself shows that this
    is a time: "sure" (9pm, 21:30, half nine), "digits" (2130), "dotted" (9.30), "naked" (9, nine).
    """

    told: Told
    hour: int
    minute: int
    shape: str = "sure"
    around: bool = False
    zone: str = ""

    @property
    def open(self) -> bool:
        """Is morning or evening left open?"""
        return self.told in {Told.BARE, Told.FOUR_DIGITS}

    @property
    def like_a_year(self) -> bool:
        """ "1945" and "2021" are also years of living memory."""
        return self.shape == "digits" and (
            self.hour == 19 or (self.hour == 20 and self.minute < 30)
        )


class Part(StrEnum):
    """A part of the day."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"
    NIGHT = "night"
    EARLY = "early hours"
    LUNCH = "lunchtime"
    AM = "am"
    PM = "pm"


@dataclass(frozen=True, slots=True)
class PartSaid:
    """A part of day as said; `marked` for "in the ..." and "at night", which act like am/pm."""

    part: Part
    marked: bool = False


class DayKind(StrEnum):
    """How a day was named."""

    TODAY = "today"
    YESTERDAY = "yesterday"
    DAYS_AGO = "days ago"
    WEEKDAY = "weekday"
    DATE = "date"
    LAST_NIGHT = "last night"
    TONIGHT = "tonight"
    NIGHT_BEFORE_LAST = "night before last"


@dataclass(frozen=True, slots=True)
class Day:
    """A named day.

    `number` is days back for DAYS_AGO and 0 (Monday) to 6 for WEEKDAY. A DATE has `day`, and
    `month` and `year` where they were said. `which` is "last" or "last week" before a weekday.
    """

    kind: DayKind
    number: int = 0
    which: str = ""
    day: int = 0
    month: int = 0
    year: int = 0
    holiday: bool = False

    def on(self, today: date) -> date | None:
        """The date meant, where it does not depend on the clock time; None for a DATE."""
        match self.kind:
            case DayKind.TODAY | DayKind.TONIGHT:
                return today
            case DayKind.YESTERDAY | DayKind.LAST_NIGHT:
                return today - timedelta(days=1)
            case DayKind.NIGHT_BEFORE_LAST:
                return today - timedelta(days=2)
            case DayKind.DAYS_AGO:
                return today - timedelta(days=self.number)
            case DayKind.WEEKDAY if self.which == "last week":
                monday = today - timedelta(days=today.weekday() + 7)
                return monday + timedelta(days=self.number)
            case DayKind.WEEKDAY:
                return today - timedelta(days=(today.weekday() - self.number) % 7)
            case _:
                return None


@dataclass(frozen=True, slots=True)
class Elapsed:
    """An elapsed time. `grain` is the smallest unit that was said; `ago` whether "ago" was."""

    length: timedelta
    grain: timedelta
    ago: bool
    days: bool = False
    loose: bool = False
    """"An hour or so", "a couple of minutes", a slip: right, but not to be leant on."""


@dataclass(frozen=True, slots=True)
class Bad:
    """Words that are about time and cannot be read as one."""

    why: Why


Value = Clock | PartSaid | Day | Elapsed | Bad


@dataclass(frozen=True, slots=True)
class Item:
    """A value and the tokens it took: from `first` up to, not including, `last`.

    The value is None for words that only look like a time ("night staff", "room 9").
    """

    value: Value | None
    first: int
    last: int
    rule: str
