"""Stories of what follows: found or back, told, decided, signed off, closed, and added later.
Morgan and Sasha are duty managers, Robin is the manager. Saturday 21 November 2026, 21:30."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox.driver import Person
from tests.stories.night import Night, london

ANOTHER_MANAGER = """
[[staff]]
id = "toni"
name = "Toni Placeholder"
telegram_id = 7005
role = "manager"
phone = "07700 900205"
"""


async def taps(who: Person, *labels: str) -> None:
    for label in labels:
        await who.taps(label)


async def comes_back(night: Night, ref: str, *, when: str = "Just now") -> None:
    await night.morgan.sends(f"/case {ref}")
    await taps(night.morgan, "They're back", when, "None of these")
    await night.morgan.sees(ref, "BACK since")


async def told(night: Night) -> str:
    """Missing; police, the authority and the parents know."""
    ref = await night.reports(night.morgan, police="Just now")
    await night.records_authority(night.morgan)
    await night.records_parents(night.morgan)
    await night.forget()
    return ref


async def signs_off_with_a_reason(who: Person, ref: str) -> None:
    await who.sends(f"/case {ref}")
    await taps(who, "Sign off")
    await who.sees("Still open", "Why do you sign off with this open?")
    await taps(who, "The authority follows it up", "Skip")
    await who.sees("signed off by a manager")


async def test_back_after_three_hours_with_nobody_told(night: Night) -> None:
    """The return ends no duty to tell: each is asked until it is on record, or why not."""
    ref = await night.reports(night.morgan)
    await night.clock.advance(hours=3)
    await comes_back(night, ref)
    card = await night.morgan.has_on_screen("Do now", "Ring Haringey's")
    assert "Authority told" in str(card)
    await night.forget()
    await night.clock.advance(minutes=30)
    await night.morgan.sees(ref, "Ring Haringey's emergency duty team")
    await night.morgan.sends(f"/case {ref}")
    await night.records_authority(night.morgan)
    await night.records_parents(night.morgan)
    await taps(night.morgan, "To settle")
    await night.morgan.sees("to settle", "Record why the police were not told")
    await taps(night.morgan, "why the police were not told", "Decide otherwise", "Not needed")
    await night.morgan.sends("back before the agreed time was over")
    await taps(night.morgan, "To settle")
    shown = str(await night.morgan.has_on_screen("to settle", "Tap one"))
    assert "why the police were not told" not in shown
    assert "Ring the placing authority" not in shown


async def test_two_young_people_away_together(night: Night) -> None:
    """Linked once, shown on both cases; each keeps its own level and its own return."""
    first = await night.reports(night.morgan, "YP-01", police="Just now")
    second = await night.reports(night.sasha, "YP-02", home="Rowan House", police="Just now")
    await night.sasha.sends(f"/case {second}")
    await taps(night.sasha, "More", "Away together", first)
    await night.sasha.sees(second, f"away together with {first}")
    await night.morgan.sends(f"/case {first}")
    await night.morgan.sees(first, f"away together with {second}")
    await comes_back(night, first)
    await night.sasha.sends(f"/case {second}")
    await night.sasha.has_on_screen(second, "MISSING since")


async def test_a_weekly_review_that_a_weekend_has_missed_stays(night: Night) -> None:
    """Due on a Saturday night: asked of the manager on Monday morning, and again until it is held;
    the duty manager is not asked. With a note it stands for both weeks."""
    ref = await told(night)
    await night.clock.go_to(london("2026-11-28 22:00"), stepwise=False)
    await night.forget()
    await night.clock.go_to(london("2026-11-30 09:01"), stepwise=False)
    await night.robin.sees(ref, "weekly review")
    assert "weekly review" not in " ".join(str(seen) for seen in night.morgan.unseen)
    await night.forget()
    await night.clock.go_to(london("2026-12-07 09:30"), stepwise=False)
    await night.robin.sees(ref, "weekly review", "overdue")
    await night.robin.sends(f"/case {ref}")
    await taps(night.robin, "More", "weekly review", "Just now")
    await night.robin.sends("both weeks looked at: the search goes on")
    shown = str(await night.robin.has_on_screen(ref, "done: Hold the weekly review"))
    assert "Hold the weekly review: due since" not in shown


async def test_a_voicemail_is_no_acknowledgement_and_what_nobody_answers_climbs(
    night: Night,
) -> None:
    """Told is not accepted: nobody goes on, so the manager hears of it, until somebody acts."""
    ref = await night.reports(night.morgan, police="Just now")
    await taps(night.morgan, "Authority told", "Voicemail or message left", "Phone", "Just now")
    await taps(night.morgan, "Skip")
    await night.morgan.sees("does not count yet", "Authority acts on it")
    await night.records_parents(night.morgan)
    await night.forget()
    await night.clock.advance(hours=1)
    await night.morgan.sees(ref, "Ring Haringey's emergency duty team")
    await night.clock.advance(hours=1, minutes=30)
    await night.robin.sees(ref, "Ring Haringey's emergency duty team")
    await night.morgan.sends(f"/case {ref}")
    await taps(night.morgan, "Authority acts on it", "Emergency duty team manager", "Phone")
    await taps(night.morgan, "Just now", "Skip")
    await night.morgan.sees("authority acts on it: Emergency duty team manager")
    await night.forget()
    await night.clock.advance(hours=1)
    said = " ".join(str(seen) for seen in (*night.morgan.unseen, *night.robin.unseen))
    assert "Ring Haringey's" not in said


@pytest.fixture
async def two_managers(tmp_path: Path) -> AsyncIterator[Night]:
    one = Night(tmp_path, ANOTHER_MANAGER)
    try:
        yield await one.begin()
    finally:
        await one.end()


async def test_whoever_did_the_work_does_not_sign_it_off_alone(two_managers: Night) -> None:
    night = two_managers
    toni = await night.stage.person("Toni Placeholder", user_id=7005)
    await toni.sends("/start")
    ref = await told(night)
    await comes_back(night, ref)
    await night.robin.sends(f"/case {ref}")
    await taps(night.robin, "Medical check", "Yes")
    await taps(night.robin, "Sign off")
    await night.robin.sees("another manager signs it off: Toni Placeholder")
    await signs_off_with_a_reason(toni, ref)
