"""A time that somebody chose on a page is taken as it is meant, or not at all."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from web.typed_moment import NoMoment, TwiceOrNever, typed_moment


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2026-11-21T21:30", 21),
        ("2026-07-21T21:30", 20),
        ("2026-10-25T00:59", 23),
        ("2026-10-25T02:00", 2),
    ],
)
def test_a_time_is_a_london_one(text, hour):
    assert typed_moment(text).tzinfo is UTC
    assert typed_moment(text).hour == hour


@pytest.mark.parametrize("text", ["2026-10-25T01:30", "2026-03-29T01:30"])
def test_in_the_nights_when_the_clocks_change_no_hour_is_guessed(text):
    with pytest.raises(TwiceOrNever):
        typed_moment(text)


@pytest.mark.parametrize(
    "text",
    ["", "today", "2026-13-01T10:00", "0026-11-21T21:30", "9999-12-31T23:59", "2026-11-21T21:30Z"],
)
def test_what_is_no_day_and_time_of_now_is_none(text):
    with pytest.raises(NoMoment):
        typed_moment(text)


def test_the_first_second_of_an_hour_that_comes_once_counts():
    assert typed_moment("2026-10-25T00:00") == datetime(2026, 10, 24, 23, tzinfo=UTC)
