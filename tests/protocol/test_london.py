"""The clock on the wall: nights, birthdays, and instants no machine's own zone can move."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from protocol.assess import assess
from protocol.facts import Child
from protocol.london import birthday, days_from, next_at
from protocol.pack import load_pack
from tests.protocol.cases import HOUR, MINUTE, PACK, SECOND, SIX, missing

LONDON = ZoneInfo("Europe/London")


def test_instants_are_in_utc():
    """Hours added to a time on a wall clock would not be elapsed hours."""
    assert days_from(SIX, 1, LONDON).tzinfo is UTC
    assert birthday(date(2012, 3, 1), 12, LONDON).tzinfo is UTC
    assert next_at(SIX, time(4), LONDON).tzinfo is UTC


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
