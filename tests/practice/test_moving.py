"""The buttons of the clock: where they lead, in London time."""

from datetime import UTC, datetime

import pytest

from sandbox.moving import night_of_change, target


def london(text: str) -> datetime:
    return target(text, datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("word", "now", "expected"),
    [
        ("quarter", "2026-03-07T23:10", "2026-03-07T23:25"),
        ("hour", "2026-03-07T23:10", "2026-03-08T00:10"),
        ("morning", "2026-03-07T23:10", "2026-03-08T09:00"),
        ("morning", "2026-03-08T00:10", "2026-03-09T09:00"),
        ("morning", "2026-03-28T22:00", "2026-03-29T09:00"),
        ("change", "2026-03-07T23:10", "2026-03-29T00:30"),
        ("change", "2026-03-29T00:30", "2026-10-25T00:30"),
        ("change", "2026-10-24T23:00", "2026-10-25T00:30"),
        ("2026-03-08T02:30:00", "2026-03-07T23:10", "2026-03-08T02:30"),
    ],
)
def test_where_a_button_leads(word: str, now: str, expected: str) -> None:
    assert target(word, london(now)) == london(expected)


def test_an_hour_of_elapsed_time_over_the_change() -> None:
    """On 25 October 2026, 00:30 and one hour more is 01:30 for the first time."""
    begins = night_of_change(datetime(2026, 10, 1, tzinfo=UTC))
    assert begins == datetime(2026, 10, 24, 23, 30, tzinfo=UTC)
    assert target("hour", begins) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_a_word_that_is_neither_a_button_nor_a_time() -> None:
    with pytest.raises(ValueError, match="soon"):
        target("soon", datetime(2026, 1, 1, tzinfo=UTC))
