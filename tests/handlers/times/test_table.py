"""The table of day words, written a second time: every hour of the day at every hour of asking.

The expectation is computed here from the conventions alone and compared with what the reader says
for thousands of seeded moments, among them both clock changes, New Year and 29 February.
"""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from handlers.times import readings
from handlers.times.wall_clock import LONDON

DAY = timedelta(days=1)
CASES = 250
STARTS = [
    datetime(2026, 11, 18, tzinfo=UTC),
    datetime(2026, 7, 14, tzinfo=UTC),
    datetime(2026, 12, 31, tzinfo=UTC),
    datetime(2026, 10, 24, tzinfo=UTC),
    datetime(2026, 3, 28, tzinfo=UTC),
    datetime(2028, 2, 28, tzinfo=UTC),
]
MUST, EITHER, ASK = "must", "either", "ask"
Verdict = tuple[str, date | None]
NO: Verdict = (ASK, None)


def wall(day: date, hour: int, minute: int) -> list[datetime]:
    """The instants at which London clocks show this time."""
    naive = datetime(day.year, day.month, day.day, hour, minute)  # noqa: DTZ001 wall clock
    both = [naive.replace(tzinfo=LONDON, fold=f).astimezone(UTC) for f in (0, 1)]
    real = [t for t in both if t.astimezone(LONDON).replace(tzinfo=None) == naive]
    return sorted(set(real))


class At:
    """One exact time asked about at one moment."""

    def __init__(self, now: datetime, hour: int, minute: int) -> None:
        self.now, self.hour, self.minute = now, hour, minute
        local = now.astimezone(LONDON)
        self.today = local.date()
        self.yesterday = self.today - DAY
        self.small_hours = local.hour < 5
        self.evening = local.hour >= 17
        self.early = hour < 5

    def past(self, day: date) -> bool:
        return all(t <= self.now for t in wall(day, self.hour, self.minute))


def no_day(at: At) -> Verdict:
    today = wall(at.today, at.hour, at.minute)
    if not today or not wall(at.yesterday, at.hour, at.minute):
        return NO
    if today[0] <= at.now:
        return MUST, at.today
    if today[0] - at.now <= timedelta(hours=1):
        return NO
    age = at.now - wall(at.yesterday, at.hour, at.minute)[0]
    return (MUST if age <= timedelta(hours=12) else EITHER), at.yesterday


def today(at: At) -> Verdict:
    if at.past(at.today):
        return MUST, at.today
    return (EITHER, at.yesterday) if at.small_hours and not at.early else NO


def yesterday(at: At) -> Verdict:
    if at.small_hours:
        return NO if at.early else (EITHER, at.yesterday)
    return (EITHER if at.early else MUST), at.yesterday


def last_night(at: At) -> Verdict:
    if at.small_hours:
        return (EITHER, at.yesterday) if at.hour >= 12 else NO
    if at.early:
        return (MUST, at.today) if at.past(at.today) else NO
    if at.hour >= 17:
        return MUST, at.yesterday
    return (EITHER, at.yesterday) if at.hour >= 12 else NO


def tonight(at: At) -> Verdict:
    if at.evening:
        return (MUST, at.today) if at.hour >= 17 and at.past(at.today) else NO
    if at.small_hours and at.hour >= 17:
        return EITHER, at.yesterday
    if at.small_hours and at.early and at.past(at.today):
        return EITHER, at.today
    return NO


def this(part: str, at: At) -> Verdict:
    inside, verdict = within(part, at.hour)
    if not inside:
        return NO
    if at.past(at.today):
        return verdict, at.today
    return (EITHER, at.yesterday) if at.small_hours and not at.early else NO


def yesterday_part(part: str, at: At) -> Verdict:
    inside, verdict = within(part, at.hour)
    if not inside or (at.small_hours and at.early):
        return NO
    return (EITHER if at.small_hours or at.early else verdict), at.yesterday


def within(part: str, hour: int) -> tuple[bool, str]:
    first, last, edge = {
        "morning": (0, 11, None),
        "afternoon": (12, 17, 18),
        "evening": (17, 23, 16),
    }[part]
    return first <= hour <= last or hour == edge, EITHER if hour == edge else MUST


def weekday(number: int, at: At) -> Verdict:
    back = (at.today.weekday() - number) % 7
    if back == 0:
        return (EITHER, at.today) if at.past(at.today) else NO
    if at.early and at.small_hours and back == 1:
        return NO
    return (EITHER if at.early else MUST), at.today - back * DAY


RULES = {
    "": no_day,
    "today": today,
    "yesterday": yesterday,
    "last night": last_night,
    "tonight": tonight,
    "this morning": lambda at: this("morning", at),
    "this afternoon": lambda at: this("afternoon", at),
    "this evening": lambda at: this("evening", at),
    "yesterday morning": lambda at: yesterday_part("morning", at),
    "yesterday afternoon": lambda at: yesterday_part("afternoon", at),
    "yesterday evening": lambda at: yesterday_part("evening", at),
    "monday": lambda at: weekday(0, at),
    "Weds": lambda at: weekday(2, at),
    "sat": lambda at: weekday(5, at),
    "Sunday": lambda at: weekday(6, at),
    "3 days ago": lambda at: (EITHER if at.early else MUST, at.today - 3 * DAY),
}


def spellings(hour: int, minute: int) -> list[str]:
    """Ways to type an exact time."""
    half = "am" if hour < 12 else "pm"
    found = [f"{hour:02}:{minute:02} hrs", f"{hour:02}{minute:02}hrs"]
    if not 10 <= hour <= 12:
        found += [f"{hour:02}:{minute:02}", f"{hour:02}{minute:02}", f"{hour:02}.{minute:02}"]
    if minute or hour % 12:
        found += [f"{hour % 12 or 12}.{minute:02}{half}", f"{hour % 12 or 12}:{minute:02} {half}"]
    return found


def moments(seed: str) -> Iterator[tuple[random.Random, At]]:
    chance = random.Random(seed)
    for _ in range(CASES):
        after = timedelta(minutes=chance.randrange(3 * 1440), seconds=chance.randrange(60))
        minute = chance.choice([0, 5, 15, 30, 45, 59, chance.randrange(60)])
        yield chance, At(chance.choice(STARTS) + after, chance.randrange(24), minute)


@pytest.mark.parametrize("word", RULES)
def test_exact_time_with_day_word(word: str) -> None:
    for chance, at in moments(word):
        verdict, day = RULES[word](at)
        time = chance.choice(spellings(at.hour, at.minute))
        order = chance.choice(["{d} {t}", "{t} {d}", "{d} at {t}", "seen {d}, about {t}"])
        phrase = order.format(d=word, t=time).strip()
        got = [t.astimezone(UTC) for t in readings(phrase, at.now)]
        if day is None:
            assert len(got) != 1, (phrase, at.now, got)
            continue
        shown = wall(day, at.hour, at.minute)
        if len(shown) != 1:
            first_pass = bool(shown) and shown[0] <= at.now < shown[1]
            assert len(got) != 1 or (first_pass and got == shown[:1]), (phrase, at.now, got)
        elif verdict == MUST or len(got) == 1:
            assert got == shown, (phrase, at.now, got)
