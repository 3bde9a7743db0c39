"""Times that cannot be: asked again, with both times shown, in every form that takes a time."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from handlers.case_buttons import counted
from handlers.recording import time_order
from handlers.recording.time_order import AGAIN, ORDER, conflict
from protocol import facts as f
from tests.handlers.chat_world import SATURDAY_NIGHT, ChatWorld

TEN_PAST = SATURDAY_NIGHT - timedelta(minutes=20)


async def reported(world: ChatWorld) -> str:
    """Seen at 21:30; an hour later it is 22:30."""
    ref = await world.reports()
    world.clock.go(hours=1)
    return ref


BEFORE_SEEN = {
    "police": (["20:00", "yes"], f.PoliceTold),
    "authority": (["Accountable manager", "Phone", "20:00", "yes"], f.AuthorityTold),
    "written": (["20:00", "yes"], f.AuthorityWritten),
    "parents": (["I did", "20:00", "yes"], f.ParentsTold),
    "referred": (["20:00", "yes"], f.ReferredToSocialCare),
    "found": (["20:00", "yes"], f.Located),
    "back": (["20:00", "yes"], f.Returned),
}


async def answers(world: ChatWorld, steps: list[str], who: str = "amy") -> None:
    for step in steps:
        if step[:1].isdigit():
            await world.sends(who, step)
        else:
            await world.taps(who, step)


@pytest.mark.parametrize("action", BEFORE_SEEN)
async def test_nothing_can_be_before_they_were_last_seen(action: str) -> None:
    steps, kind = BEFORE_SEEN[action]
    async with ChatWorld() as world:
        ref = await reported(world)
        await world.forges("amy", f"c:{ref}:{action}")
        await answers(world, steps)
        assert "20:00" in world.text("amy"), "the time that was given"
        assert "21:30" in world.text("amy"), "the other one"
        assert "cannot be" in world.text("amy")
        assert "When? Tap, or type a time." in world.text("amy")
        assert await world.facts(ref, kind) == []
        await answers(world, ["22:00", "yes"])
        assert "cannot be" not in world.last("amy")


@pytest.mark.parametrize("action", ["safewell", "offered", "held"])
async def test_what_follows_a_return_cannot_be_before_it(action: str) -> None:
    async with ChatWorld() as world:
        ref = await reported(world)
        await world.comes_back("amy", ref)  # 22:30
        await world.forges("amy", f"c:{ref}:{action}")
        if action == "safewell":
            await world.taps("amy", "Yes, done")
        await answers(world, ["22:00", "yes"])
        for part in ("22:00", "22:30", "cannot be"):
            assert part in world.text("amy")


async def test_back_cannot_be_before_found_nor_found_after_back() -> None:
    async with ChatWorld() as world:
        ref = await reported(world)
        await world.forges("amy", f"c:{ref}:found")
        await answers(world, ["22:20", "yes", "Skip", "No", "Yes"])
        await world.forges("amy", f"c:{ref}:back")
        await answers(world, ["22:10", "yes"])
        assert "cannot be" in world.text("amy")
        await answers(world, ["22:25", "yes", "None of these"])
        await world.forges("amy", f"c:{ref}:fix")
        await answers(world, ["Time found", "22:28", "yes"])
        for part in ("22:28", "22:25", "cannot be"):
            assert part in world.text("amy")


CORRECTIONS = {
    "Last seen": ("21:45", "21:30"),  # after it was noticed
    "Time noticed": ("21:00", "21:30"),  # before they were last seen
    "Time police were told": ("21:00", "21:30"),
    "Time authority was told": ("21:00", "21:30"),
    "Time parents were told": ("21:00", "21:30"),
    "Time found": ("21:00", "21:30"),
    "Time back": ("22:10", "22:20"),  # before they were found
    "Due back": ("22:29", "22:25"),  # after they were back
    "Time of safe and well check": ("21:00", "21:30"),
    "Time interview was offered": ("22:00", "22:20"),
    "Time interview was held": ("22:00", "22:20"),
}


async def told_everybody(world: ChatWorld) -> str:
    ref = await reported(world)
    for action, steps in {
        "police": ["21:40", "yes", "No reference", "Skip"],
        "authority": ["Accountable manager", "Phone", "21:50", "yes", "Skip"],
        "parents": ["I did", "21:55", "yes", "Missing, police told"],
        "found": ["22:20", "yes", "Skip", "No", "Yes"],
        "back": ["22:25", "yes", "None of these"],
        "safewell": ["Yes, done", "22:26", "yes"],
        "offered": ["22:27", "yes", "Placing authority"],
        "held": ["22:28", "yes", "Independent service"],
    }.items():
        await world.forges("amy", f"c:{ref}:{action}")
        await answers(world, steps)
    return ref


@pytest.mark.parametrize("what", CORRECTIONS)
async def test_a_correction_cannot_bring_times_into_an_impossible_order(what: str) -> None:
    given, other = CORRECTIONS[what]
    async with ChatWorld() as world:
        ref = await told_everybody(world)
        before = counted((await world.store.episode(ref)).facts)
        await world.forges("amy", f"c:{ref}:fix")
        await answers(world, [what, given, "yes"])
        for part in (given, other, "cannot be"):
            assert part in world.text("amy")
        assert counted((await world.store.episode(ref)).facts) == before


async def test_the_report_asks_again_when_police_were_told_before_they_were_seen() -> None:
    async with ChatWorld() as world:
        await world.sends("amy", "/missing")
        await world.taps("amy", "YP-01", "No, or not", "30 min ago")
        await world.taps("amy", "Just now")
        for part in ("21:00", "21:30", "cannot be", "last seen"):
            assert part in world.text("amy")
        await world.taps("amy", "1 h ago")
        assert "due back" in world.text("amy")


async def test_a_colleague_records_the_other_time_meanwhile() -> None:
    """The order is looked at once more when it is saved."""
    async with ChatWorld() as world:
        ref = await reported(world)
        await world.forges("amy", f"c:{ref}:found")
        await answers(world, ["22:20", "yes", "Skip", "No"])
        await world.forges("ben", f"c:{ref}:back")
        await answers(world, ["22:15", "yes", "None of these"], "ben")
        await world.taps("amy", "Yes")
        for part in ("22:20", "22:15", "cannot be"):
            assert part in world.text("amy")
        assert await world.facts(ref, f.Located) == []


def test_every_pair_is_refused_both_ways_and_the_same_minute_is_not() -> None:
    now = SATURDAY_NIGHT
    for first, then in ORDER:
        assert conflict(then, TEN_PAST, [(first, now)], now), (first, then)
        assert conflict(first, now, [(then, TEN_PAST)], now), (first, then)
        same = datetime(2026, 11, 21, 21, 10, 59, tzinfo=now.tzinfo)
        assert conflict(then, TEN_PAST, [(first, same)], now) == ""


def test_every_time_that_is_recorded_has_its_place_in_the_order() -> None:
    named = {name for pair in ORDER for name in pair}
    assert set(time_order.KINDS.values()) <= named
    from handlers.wording.recording import TIMES

    assert named <= set(TIMES)


@pytest.mark.parametrize(("first", "then"), AGAIN)
def test_what_may_happen_again_may_be_later_than_what_followed_the_first(
    first: str, then: str
) -> None:
    """Police who refused are rung again. The answer follows the earliest of the calls."""
    now = SATURDAY_NIGHT
    early, later = TEN_PAST, now
    known = [(first, early), (then, early)]
    assert conflict(first, later, known, now) == ""
    assert conflict(then, early, [(first, early), (first, later)], now) == ""
    assert conflict(first, later, [(then, early), (first, later)], now), "the only one before it"
    before = early - timedelta(minutes=1)
    assert conflict(then, before, [(first, early), (first, later)], now)


async def test_the_police_are_told_again_after_they_refused() -> None:
    async with ChatWorld() as world:
        ref = await reported(world)
        await world.forges("amy", f"c:{ref}:police")
        await answers(world, ["21:40", "yes", "No reference", "Skip"])
        await world.forges("amy", f"c:{ref}:police_said")
        await answers(world, ["No, refused"])
        await world.sends("amy", "they want to wait")
        await answers(world, ["Skip", "21:45", "yes"])
        await world.forges("amy", f"c:{ref}:police")
        await answers(world, ["22:20", "yes", "No reference", "Skip"])
        assert len(await world.facts(ref, f.PoliceTold)) == 2
