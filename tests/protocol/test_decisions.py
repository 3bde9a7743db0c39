"""Of all that was decided about one thing the latest counts."""

from __future__ import annotations

from datetime import timedelta, timezone

from protocol.decisions import latest
from protocol.episode import Decision
from tests.protocol.cases import HOUR, SIX


def decided(about, at, note=""):
    return Decision(id=about, outcome="done", at=at, by_role="manager", note=note, until=None)


def test_the_latest_counts_whatever_the_order_of_the_list():
    late, early = decided("STF", SIX + HOUR), decided("STF", SIX)
    assert latest([late, early]) == {"STF": late}
    assert latest([early, late]) == {"STF": late}


def test_of_two_of_one_moment_the_last_in_the_list_counts():
    one, other = decided("STF", SIX, "first"), decided("STF", SIX, "second")
    assert latest([one, other]) == {"STF": other}


def test_moments_are_compared_as_instants():
    """19:30 at an offset of two hours is half past five."""
    summer = timezone(timedelta(hours=2))
    early = decided("STF", (SIX - HOUR / 2).astimezone(summer))
    late = decided("STF", SIX)
    assert latest([late, early]) == {"STF": late}


def test_each_thing_has_its_own():
    one, other = decided("STF", SIX), decided("LAN", SIX - HOUR)
    assert latest([one, other]) == {"STF": one, "LAN": other}
