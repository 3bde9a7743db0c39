"""What a bare hour becomes in a part of the day, hour by hour, written a second time."""

from datetime import UTC, datetime, timedelta

import pytest

from handlers.times import readings

NOW = datetime(2026, 11, 18, 22, 59, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 18, tzinfo=UTC)
HOURS = range(1, 13)

READ: dict[str, dict[int, int]] = {
    "this morning": {h: h for h in range(1, 12)},
    "yesterday morning": {h: h - 24 for h in range(1, 12)},
    "this afternoon": {12: 12} | {h: h + 12 for h in range(1, 7)},
    "this evening": {h: h + 12 for h in range(4, 11)},
    "yesterday evening": {h: h - 12 for h in range(4, 12)},
    "yesterday night": {h: h - 12 for h in range(7, 12)},
    "tuesday night": {h: h - 12 for h in range(7, 12)},
    "last night": {h: h - 12 for h in range(6, 12)} | {12: 0, 1: 1, 2: 2, 3: 3},
    "tonight": {h: h + 12 for h in range(5, 11)},
    "yesterday": {},
    "tuesday": {},
    "17/11": {},
}
"""Day word -> typed hour -> hours after today's midnight; an hour that is not here is asked."""


@pytest.mark.parametrize("hour", HOURS)
@pytest.mark.parametrize("word", READ)
def test_a_bare_hour_with_a_day_word(word: str, hour: int) -> None:
    expected = READ[word].get(hour)
    for text in (f"{hour} {word}", f"{word} {hour}", f"{word} about {hour}"):
        got = readings(text, NOW)
        if expected is None:
            assert len(got) != 1, text
        else:
            assert got == [MIDNIGHT + timedelta(hours=expected)], text


@pytest.mark.parametrize(
    ("word", "low", "high"),
    [
        ("this morning", 0, 12 * 60),
        ("this afternoon", 12 * 60, 19 * 60),
        ("this evening", 16 * 60, 22 * 60 + 60),
        ("tonight", 17 * 60, 22 * 60 + 60),
    ],
)
def test_an_exact_time_must_lie_in_its_part_of_the_day(word: str, low: int, high: int) -> None:
    for minutes in {low - 1, low, low + 1, high - 1, high, high + 1} - {-1, 0}:
        text = f"{word} {minutes // 60:02}:{minutes % 60:02}"
        got = readings(text, NOW)
        if low <= minutes < high:
            assert got == [MIDNIGHT + timedelta(minutes=minutes)], text
        else:
            assert len(got) != 1, text


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("1 min to nine pm", True),
        ("59 minutes past eight pm", True),
        ("60 minutes past eight pm", False),
        ("0 minutes past eight pm", False),
        ("ten minutes past noon", True),
        ("60 past noon", False),
    ],
)
def test_minutes_round_the_hour(text: str, read: bool) -> None:
    assert (len(readings(text, NOW)) == 1) is read


@pytest.mark.parametrize(
    ("days", "read"), [("3 days ago", True), ("31 days ago", True), ("32 days ago", False)]
)
def test_how_far_days_are_counted_back(days: str, read: bool) -> None:
    assert (len(readings(f"{days} at 21:00", NOW)) == 1) is read


@pytest.mark.parametrize(
    ("back", "year", "read"),
    [(30, False, True), (32, False, False), (179, True, True), (181, True, False)],
)
def test_how_far_dates_go_back(back: int, year: bool, read: bool) -> None:
    day = NOW - timedelta(days=back)
    shown = f"{day:%d/%m/%Y}" if year else f"{day:%d/%m}"
    assert (len(readings(f"{shown} 23:30", NOW)) == 1) is read


def test_elapsed_time_goes_a_week_back_and_no_further() -> None:
    assert readings("168 hours ago", NOW) == [NOW - timedelta(days=7)]
    assert len(readings("169 hours ago", NOW)) != 1
