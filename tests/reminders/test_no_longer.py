"""Messages of the service's own file are edited when they do not hold any more."""

from __future__ import annotations

from reminders.sending import Unreachable
from tests.reminders.test_shifts import NIGHTS
from tests.reminders.virtual import in_virtual_time, utc
from tests.reminders.world import World


def edited(world: World) -> list[tuple[str, str]]:
    return [
        (g.to, g.message.data["why"]) for g in world.telegram.edits if g.message.kind == "no_longer"
    ]


@in_virtual_time
async def test_an_offer_that_nobody_answered_asks_nothing_any_more():
    async with World(policy=NIGHTS) as world:
        await world.shifts.hand_over(world.staff("ben"), world.staff("amy"), ["rowan"])
        await world.advance(minutes=14)
        assert edited(world) == []
        await world.advance(minutes=2)
        assert edited(world) == [("amy", "handover")]
        await world.advance(hours=2)
        assert edited(world) == [("amy", "handover")], "once"


@in_virtual_time
async def test_an_offer_in_whose_place_came_another_asks_nothing_any_more():
    async with World(policy=NIGHTS) as world:
        await world.shifts.hand_over(world.staff("ben"), world.staff("amy"), ["rowan"])
        await world.advance(seconds=5)
        await world.shifts.hand_over(world.staff("ben"), world.staff("mia"), ["rowan"])
        await world.advance(seconds=40)
        assert edited(world) == [("amy", "handover")]


@in_virtual_time
async def test_somebody_who_can_be_reached_again():
    """Mia was told to telephone Ben; he opens the bot again."""
    async with World() as world:
        world.telegram.fails = lambda m: Unreachable("blocked") if m.to == "ben" else None
        await world.shifts.staff_blocked("ben")
        await world.advance(minutes=1)
        assert ("mia", "unreachable") in world.telegram.new()
        await world.advance(hours=1)
        assert edited(world) == []
        world.telegram.fails = lambda _: None
        await world.shifts.staff_started("ben")
        await world.advance(seconds=40)
        assert edited(world) == [("mia", "reached")]


@in_virtual_time
async def test_a_night_that_was_put_in_order():
    """Ben, who is on tonight, has never opened the bot; in the evening he does."""
    started = ("amy", "cay", "mia", "ada")
    async with World(policy=NIGHTS, start=utc("2026-03-05 12:00"), started=started) as world:
        await world.until(utc("2026-03-06 15:01"))
        assert ("mia", "night_check") in world.telegram.new()
        await world.until(utc("2026-03-06 18:00"))
        assert edited(world) == []
        await world.shifts.staff_started("ben")
        await world.advance(seconds=40)
        assert edited(world) == [("mia", "night")]
