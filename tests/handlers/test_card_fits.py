"""The card of a usual case is one screen of a phone before its buttons."""

import re

import pytest

from tests.handlers.chat_world import ChatWorld

LETTERS = 42
"""What a line of a bubble holds at 390 x 700: measured in the sandbox's page in Chromium."""


def phone_lines(text: str) -> int:
    shown = re.sub(r"<[^>]+>", "", text)
    return sum(max(1, -(-len(line) // LETTERS)) for line in shown.splitlines())


@pytest.mark.parametrize(("hours", "most"), [(0, 26), (2, 26), (5, 28)])
async def test_the_card_of_a_usual_case_is_one_screen(hours: int, most: int) -> None:
    """After the report, after two hours and after five, with police told."""
    async with ChatWorld() as world:
        await world.reports()
        await world.taps("amy", "Police told", "Just now", "No reference", "Skip")
        world.clock.go(hours=hours)
        await world.sends("amy", f"/case {(await world.case()).ref}")
        text = world.text("amy")
        assert phone_lines(text) <= most, text
        at = [text.find(part) for part in ("Do now", "Next", "Due<", "Done", "Why level")]
        found = [place for place in at if place >= 0]
        assert found == sorted(found) and len(found) >= 3


async def test_whose_a_time_is_stands_below_the_list() -> None:
    """Marks keep the lines short; a time of another day has its weekday."""
    async with ChatWorld() as world:
        await world.reports()
        ref = (await world.case()).ref
        world.clock.go(hours=1)
        await world.sends("amy", f"/case {ref}")
        text = world.text("amy")
        assert "* time set by this service" in text
        assert re.search(r"🕑 (Sun )?\d\d:\d\d [A-Z][^\n]*\*", text), text
        assert "overdue" not in text
