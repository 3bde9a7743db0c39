"""The clock on the wall: nights, birthdays, and instants no machine's own zone can move."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from protocol.assess import assess
from protocol.facts import Child
from protocol.london import (
    OfficeHours,
    at,
    birthday,
    days_from,
    england_bank_holidays,
    into_hours,
    next_at,
    next_opening,
)
from protocol.pack import load_pack
from tests.protocol.cases import HOUR, MINUTE, PACK, SECOND, SIX, missing

LONDON = ZoneInfo("Europe/London")


def test_instants_are_in_utc():
    """Hours added to a time on a wall clock would not be elapsed hours."""
    assert days_from(SIX, 1, LONDON).tzinfo is UTC
    assert birthday(date(2012, 3, 1), 12, LONDON).tzinfo is UTC
    assert next_at(SIX, time(4), LONDON).tzinfo is UTC
    assert at(date(2026, 7, 1), time(9)) == datetime(2026, 7, 1, 8, tzinfo=UTC)
    assert at(date(2026, 7, 1), time(9)).tzinfo is UTC
    saturday = datetime(2026, 7, 4, 8, tzinfo=UTC)
    monday = next_opening(saturday, time(9), time(17), (), LONDON)
    assert monday == datetime(2026, 7, 6, 8, tzinfo=UTC)
    assert monday.tzinfo is UTC


class TestNight:
    pack = load_pack("haringey-2011", "overnight")

    def level(self, seen, back):
        case = missing(last_seen_at=seen, aware_at=seen, returned_at=back)
        return assess(case, [], self.pack, back).level

    def test_whoever_was_last_seen_at_four_was_not_away_that_night(self):
        four = datetime(2026, 3, 3, 4, tzinfo=UTC)
        assert self.level(four, four + 20 * MINUTE) == 1
        assert self.level(four - SECOND, four + 20 * MINUTE) == 3

    def test_the_night_ends_by_the_summer_clock(self):
        """Last seen at half past four on a July morning, back at half past seven."""
        seen = datetime(2026, 7, 1, 3, 30, tzinfo=UTC)
        assert self.level(seen, seen + 3 * HOUR) == 1
        assert self.level(seen - HOUR, seen + 3 * HOUR) == 3


@pytest.mark.parametrize("typed", [date(9999, 12, 31), date(9996, 2, 29)])
def test_a_mistyped_date_of_birth_is_no_reason_to_fail(typed):
    """Its twelfth birthday lies beyond every calendar; the younger band is assumed."""
    pack = PACK.with_settings({"age_evaluated_at": "now"})
    found = assess(missing(Child(dob=typed, historical_concerns=False)), [], pack, SIX)
    assert found.level_reasons == ("HAR-GAP-U11OPEN",)


class TestOfficeHours:
    hours = OfficeHours(closed=(date(2026, 12, 25),))

    def test_of_a_working_day(self):
        evening = datetime(2026, 12, 24, 17, tzinfo=UTC)
        assert self.hours.open_on(date(2026, 12, 24)) == (evening - 8 * HOUR, evening)
        assert self.hours.closed_from(date(2026, 12, 24)) == (evening, evening + 16 * HOUR)

    def test_a_closed_day_and_a_weekend_are_out_of_hours_from_morning_to_morning(self):
        for day in (date(2026, 12, 25), date(2026, 12, 26)):
            morning = at(day, time(9))
            assert self.hours.open_on(day) is None
            assert self.hours.closed_from(day) == (morning, morning + 24 * HOUR)

    def test_into_hours_waits_for_the_next_beginning(self):
        """SIX is six in the evening; the hours end just before their end."""
        assert into_hours(SIX, None, time(17)) == SIX
        assert into_hours(SIX, time(9), None) == SIX
        assert into_hours(SIX, time(9), time(19)) == SIX
        assert into_hours(SIX, time(18), time(19)) == SIX
        assert into_hours(SIX, time(9), time(18)) == SIX + 15 * HOUR
        assert into_hours(SIX, time(20), time(22)) == SIX + 2 * HOUR


def test_bank_holidays_are_those_of_england():
    """Not 2 January and St Andrew's Day (Scotland), nor 12 July (Northern Ireland); Easter Monday
    is one; the funeral of the Queen was one for once."""
    days = england_bank_holidays((2022, 2026))
    assert list(days) == sorted(days)
    assert {date(2026, 4, 6), date(2026, 12, 25), date(2022, 9, 19)} <= set(days)
    others = {date(2026, 1, 2), date(2026, 11, 30), date(2026, 7, 13), date(2026, 3, 17)}
    assert others.isdisjoint(days)


def test_bank_holidays_are_read_without_the_calendars_of_all_other_countries():
    """In a process of its own, as one of the others here may have loaded them: the same days as
    the whole library knows, with hardly any of its 250 countries in memory."""
    program = (
        "import sys\n"
        "from protocol.london import england_bank_holidays\n"
        "days = england_bank_holidays(range(2000, 2040))\n"
        "alone = sum(name.startswith('holidays.countries.') for name in sys.modules)\n"
        "del sys.modules['holidays.countries']\n"
        "import holidays, holidays.countries\n"
        "whole = holidays.countries.UnitedKingdom(subdiv='ENG', years=range(2000, 2040))\n"
        "print(alone, list(days) == sorted(whole))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["1", "True"]
