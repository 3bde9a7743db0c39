"""Why a text was asked back, and what may be offered instead."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from handlers.times import Why, explain, readings, shown
from handlers.times.formatting import moment

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 11, 22, 22, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", Why.NO_TIME),
        ("ask Sandra", Why.NO_TIME),
        ("dunno", Why.VAGUE),
        ("yesterday", Why.VAGUE),
        ("over an hour ago", Why.RANGE),
        ("8-9pm", Why.LEFTOVER),
        ("8pm or 9pm", Why.RANGE),
        ("8pm and again 9pm", Why.TWO_TIMES),
        ("due back 10pm", Why.FUTURE),
        ("tomorrow 9am", Why.FUTURE),
        ("22:30", Why.FUTURE),
        ("noticed missing at 9pm", Why.NOT_A_SIGHTING),
        ("yesterday at 4", Why.AM_OR_PM),
        ("Friday midnight", Why.WHICH_DAY),
        ("yesterday morning 3pm", Why.DISAGREE),
        ("Sat 20/11 9pm", Why.DISAGREE),
        ("30 Feb 9pm", Why.IMPOSSIBLE),
        ("half past 25", Why.IMPOSSIBLE),
        ("3 Mar 2026 9pm", Why.TOO_OLD),
        ("2 months ago", Why.TOO_OLD),
        ("yesterday 9pm 10", Why.LEFTOVER),
        ("9" * 5000, Why.TOO_LONG),
    ],
)
def test_the_reason_fits_the_text(text: str, why: Why) -> None:
    assert explain(text, NOW).refused is why


def test_the_repeated_hour_is_asked_and_both_passes_offered() -> None:
    told = explain("1.30am", datetime(2026, 10, 25, 9, tzinfo=UTC))
    assert told.refused is Why.CLOCK_CHANGE
    assert [t.tzname() for t in told.readings] == ["BST", "GMT"]
    assert [moment(t, NOW) for t in told.readings] == [
        "Sun 25 Oct 01:30 BST",
        "Sun 25 Oct 01:30 GMT",
    ]


def test_the_skipped_hour_is_asked() -> None:
    assert explain("1.30am", datetime(2026, 3, 29, 9, tzinfo=UTC)).refused is Why.CLOCK_CHANGE


def test_a_single_unsure_reading_is_kept_apart_from_the_answers() -> None:
    """8 am typed at half past seven may be yesterday's: a button, never an answer."""
    told = explain("8am", datetime(2026, 11, 22, 7, 30, tzinfo=UTC))
    assert told.readings == ()
    assert told.likely == datetime(2026, 11, 21, 8, tzinfo=UTC)


def test_the_word_to_blame_is_named() -> None:
    told = explain("she was due back at 9pm", NOW)
    assert told.taken[-1].rule == "asked back: future"
    assert told.taken[-1].words == "due"


def test_a_naive_now_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="offset"):
        readings("9pm", NOW.replace(tzinfo=None))


def test_shown_adds_the_year_when_it_is_needed() -> None:
    january = datetime(2027, 1, 2, 9, tzinfo=UTC)
    assert shown(datetime(2026, 12, 31, 22, 5, tzinfo=UTC), january) == (
        "Thu 31 Dec 2026 22:05, 1 d 10 h ago"
    )
    assert shown(datetime(2026, 11, 22, 20, 0, tzinfo=UTC), NOW) == (
        "Sun 22 Nov 20:00, 2 h 10 min ago"
    )
    assert moment(datetime(2026, 11, 22, 12, 0, tzinfo=UTC), NOW) == "Sun 22 Nov 12:00 pm"


def loaded(code: str) -> bool:
    """Is dateparser loaded in a fresh process after this code?"""
    probe = f"{code}\nimport sys\nprint('dateparser' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout.strip() == "True"


READ = """
from datetime import UTC, datetime
from handlers.times import readings
now = datetime(2026, 11, 4, 10, tzinfo=UTC)
"""


def test_dateparser_is_loaded_only_for_a_date_in_a_spelling_of_its_own() -> None:
    common = (
        "for t in ('half nine last night', '3rd Nov 9pm', '3/11/26 9pm', 'Robin', '2 h ago'):\n"
    )
    assert not loaded(READ + common + "    readings(t, now)")
    assert loaded(READ + "assert readings('3-Nov-2026 22:15', now)")


@pytest.mark.parametrize(
    "text",
    ["3-Nov-2026 22:15", "3rd day of November 2026 at 22:15", "2026 Nov 3 22:15", "3/Nov/26 22:15"],
)
def test_dates_left_to_dateparser_are_checked_word_by_word(text: str) -> None:
    now = datetime(2026, 11, 4, 10, tzinfo=UTC)
    assert readings(text, now) == [datetime(2026, 11, 3, 22, 15, tzinfo=UTC)]


@pytest.mark.parametrize(
    "text",
    [
        "3-Nov-2025 22:15",
        "33-Nov-2026 22:15",
        "2026 Nov 33 22:15",
        "3-Nov-1926 9pm",
        "5-Nov-2026 9pm",
    ],
)
def test_dates_left_to_dateparser_are_not_stretched(text: str) -> None:
    assert len(readings(text, datetime(2026, 11, 4, 10, tzinfo=UTC))) != 1
