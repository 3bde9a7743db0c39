"""Nights on which something else goes wrong too. Asked first: Morgan, then Sasha, then Robin."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.stories.night import Night, london


@pytest.fixture
async def october(tmp_path: Path) -> AsyncIterator[Night]:
    """Saturday 24 October 2026, 23:00: at 02:00 the clocks go back to 01:00."""
    one = Night(tmp_path)
    try:
        yield await one.begin("2026-10-24 23:00")
    finally:
        await one.end()


async def test_nobody_answers_all_night(night: Night) -> None:
    """Everybody is asked in turn, then everybody gets the numbers, and it does not end."""
    ref = await night.reports(night.morgan)
    await night.clock.advance(minutes=20)
    await night.morgan.sees("Ring the police on 101", ref, "999")
    await night.sasha.sees("Ring the police", "No answer", "Morgan Example")
    await night.robin.sees("Ring the police", "No answer")
    await night.forget()
    await night.clock.advance(hours=1)
    for person, other in (
        (night.morgan, "Robin Model: +44 7700 900203"),
        (night.sasha, "Robin Model: +44 7700 900203"),
        (night.robin, "Morgan Example: +44 7700 900201"),
    ):
        await person.sees("Ring them now", other)
    await night.quinn.sees_nothing()
    await night.forget()
    await night.clock.advance(hours=4)
    await night.robin.sees("Ring them now")
    await night.robin.sees("1. Ring the police", "2. Ring Haringey's", "Also: Tell the parents")
    await night.robin.taps("I have all of it")
    await night.robin.sees("You have it", "Ring the police", "I ask again at")
    await night.forget()
    await night.clock.advance(minutes=30)
    for person in (night.morgan, night.sasha, night.robin):
        await person.sees_nothing()


async def test_acknowledged_and_forgotten(night: Night) -> None:
    """ "I have it" names a person and a time; not done by then, they are asked again first."""
    ref = await night.reports(night.morgan, police="Just now")
    await night.clock.advance(hours=1)
    await night.morgan.sees("Do now: Ring Haringey's")
    await night.morgan.taps("I have it")
    await night.morgan.taps("Waiting for a call back")
    await night.morgan.taps("15 min")
    await night.forget()
    await night.clock.advance(minutes=14)
    await night.stage.nobody_got_anything_else()
    await night.clock.advance(minutes=1)
    await night.morgan.sees("Ring Haringey's", ref, "had it; it is not done")
    await night.sasha.sees_nothing()


async def test_a_hand_over_in_the_middle_of_a_ladder(night: Night) -> None:
    """Morgan goes, Sasha accepts and gets the list; from then on Sasha is asked first."""
    ref = await night.reports(night.morgan, police="Just now")
    await night.clock.advance(hours=1)
    await night.morgan.sees("Do now: Ring Haringey's")
    await night.morgan.sends("/duty")
    await night.morgan.taps("Hand over")
    await night.morgan.taps("Sasha Sample")
    await night.morgan.sees("Until they accept, it stays with you")
    await night.sasha.sees("Morgan Example hands over Rowan House to you")
    await night.sasha.taps("I take over")
    await night.sasha.sees("On your shift: Rowan House", ref, "Ring the placing authority")
    await night.morgan.sees("Sasha Sample has taken over")
    await night.forget()
    await night.clock.advance(minutes=30)
    await night.sasha.sees(ref)
    await night.morgan.sends("/duty")
    await night.morgan.sees("Rowan House: Sasha Sample")


async def test_a_hand_over_that_nobody_accepts_stays_and_the_manager_is_told(night: Night) -> None:
    await night.morgan.sends("/duty")
    await night.morgan.taps("Hand over")
    await night.morgan.taps("Sasha Sample")
    await night.clock.advance(minutes=15)
    await night.robin.sees("Sasha Sample did not answer", "stays with Morgan Example")
    await night.sasha.taps("I take over")
    await night.sasha.sees("That offer is over")


async def test_telegram_is_down_from_one_to_five_while_the_clocks_change(october: Night) -> None:
    """What fell due meanwhile goes out at once and says how late it is, in elapsed time."""
    night = october
    await night.reports(night.morgan, police="Just now")
    await night.records_authority(night.morgan)
    await night.records_parents(night.morgan)
    await night.forget()
    await night.clock.go_to(london("2026-10-25 00:59"))
    await night.stage.nobody_got_anything_else()
    down = await night.stage.faults.add("drop")
    await night.clock.advance(hours=5, stepwise=False, settle=False)
    await night.stage.faults.remove(down)
    await night.reachable()
    reminder = await night.morgan.sees("Still missing, done", "LATE by")
    assert "since 02:00" in str(reminder), "four elapsed hours after 23:00 BST it is 02:00 GMT"


@pytest.mark.parametrize(
    ("days", "hours", "title"),
    [
        (0, 4, "no short absence any more"),
        (1, 0, "away for 24 hours"),
        (3, 0, "away for three days"),
        (14, 0, "away for three days"),
    ],
)
async def test_the_process_is_down_when_a_duty_falls_due(
    night: Night, days: int, hours: int, title: str
) -> None:
    """Started again half an hour later it tells at once, marked LATE."""
    await night.reports(night.morgan, police="Just now")
    await night.records_authority(night.morgan)
    await night.records_parents(night.morgan)
    night.kill()
    await night.clock.advance(days=days, hours=hours, minutes=30, settle=False)
    await night.start()
    await night.morgan.sees(title, "LATE by")


async def test_found_and_gone_again(night: Night) -> None:
    """The first episode ends where they were found; the new one has its own clock and reminders."""
    first = await night.reports(night.morgan, police="Just now")
    await night.clock.advance(minutes=50)
    await night.morgan.sends(f"/case {first}")
    await night.morgan.taps("Found")
    for answer in ("Just now", "Skip", "No", "Yes"):
        await night.morgan.taps(answer)
    await night.morgan.sees("FOUND", "not back")
    await night.morgan.taps("Gone again")
    await night.morgan.taps("No, or not confirmed")
    for answer in ("Just now", "Just now", "No set time", "Left unnoticed", "None of these"):
        await night.morgan.taps(answer)
    await night.morgan.taps("Save the report")
    second = await night.newest_case(night.morgan)
    assert second != first
    await night.morgan.sends(f"/case {first}")
    await night.morgan.sees(f"gone again, see {second}")
    await night.forget()
    await night.clock.advance(hours=1)
    await night.morgan.sees("Do now: Ring Haringey's", second)


async def test_an_old_button_does_nothing_wrong(night: Night) -> None:
    """An alarm about something that is over loses its buttons and says so."""
    ref = await night.reports(night.morgan, police="Just now")
    await night.records_authority(night.morgan)
    await night.records_parents(night.morgan)
    await night.clock.advance(hours=4)
    await night.morgan.sees("Still missing, done")
    await night.sasha.sends(f"/case {ref}")
    await night.sasha.taps("They're back")
    await night.sasha.taps("Just now")
    await night.sasha.taps("None of these")
    await night.morgan.sees("Back since", "Not needed any more")
    assert "Still missing, done" not in await night.morgan.screen()


async def test_whoever_blocks_the_bot_is_passed_over_at_once(night: Night) -> None:
    """Sasha is asked now, and the manager learns that Morgan cannot be reached."""
    ref = await night.reports(night.morgan, police="Just now")
    await night.morgan.blocks()
    await night.robin.sees("I cannot reach Morgan Example")
    await night.clock.advance(hours=1)
    await night.sasha.sees("Ring Haringey's", ref)
