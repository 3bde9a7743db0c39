"""How many taps the usual entries take, with nothing typed: once the form is open, to its end."""

from __future__ import annotations

import pytest

from protocol import facts as f
from tests.handlers.chat_world import ChatWorld

REPORT = (
    "YP-01", "No, or not", "Not yet", "Just now", "No set time", "Did not come back",
    "None of these", "Save the report",
)  # fmt: skip
ENTRIES = {
    "Police told": (("Just now", "No reference yet", "Skip"), 3, f.PoliceTold),
    "Authority told": (
        ("Emergency duty team manager", "Phone", "Just now", "Skip"),
        4,
        f.AuthorityAcknowledged,
    ),
    "Parents told": (("I did", "Just now", "Missing, police told"), 3, f.ParentsTold),
    "They're back": (("Just now", "None of these"), 3, f.Returned),
}


@pytest.mark.parametrize("button", ENTRIES)
async def test_a_usual_entry_takes_few_taps(button: str) -> None:
    taps, most, kind = ENTRIES[button]
    assert len(taps) <= most
    async with ChatWorld() as world:
        await world.sends("amy", "/missing")
        await world.taps("amy", *REPORT)
        world.clock.go(minutes=30)
        await world.taps("amy", button)
        await world.taps("amy", *taps)
        assert await world.facts((await world.case()).ref, kind), "on record after the last tap"


async def test_a_report_takes_at_most_nine() -> None:
    assert len(REPORT) <= 9
