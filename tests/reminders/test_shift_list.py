"""The short list at the start of a shift, for those who asked for it."""

from datetime import timedelta

import pytest

from tests.reminders.test_shifts import NIGHTS
from tests.reminders.virtual import in_virtual_time, utc
from tests.reminders.world import World


def lists(world):
    return [
        (g.at.strftime("%a %H:%M"), g.to)
        for g in world.telegram.got
        if g.message.kind == "shift_list"
    ]


@in_virtual_time
async def test_it_comes_at_the_start_of_each_of_one_s_own_shifts():
    """With every open case, what is unmet and what falls due until the rota changes hands."""
    async with World(policy=NIGHTS, start=utc("2026-03-06 12:00")) as world:
        ben = world.staff("ben")
        assert await world.shifts.list_setting(ben, wanted=True) == utc("2026-03-06 20:00")
        await world.until(utc("2026-03-06 18:00"))
        await world.report(ago=timedelta(0))
        await world.until(utc("2026-03-08 12:00"))
        assert lists(world) == [("Fri 20:00", "ben"), ("Sat 20:00", "ben")]
        first = next(g.message for g in world.telegram.got if g.message.kind == "shift_list")
        [line] = first.data["episodes"]
        assert (line["ref"], [d["duty"] for d in line["falls_due"]]) == ("RH-2345", ["CP-4H"])


@in_virtual_time
async def test_in_the_middle_of_a_shift_it_is_not_sent_for_the_shift_that_has_begun():
    async with World(policy=NIGHTS, start=utc("2026-03-06 21:30")) as world:
        coming = await world.shifts.list_setting(world.staff("ben"), wanted=True)
        assert coming == utc("2026-03-07 20:00")
        await world.advance(hours=3)
        assert lists(world) == []


@in_virtual_time
async def test_missed_for_an_hour_it_comes_late_missed_for_longer_it_is_of_no_use():
    """Once only, and never for a shift that is nearly over."""
    async with World(policy=NIGHTS, start=utc("2026-03-06 12:00")) as world:
        await world.shifts.list_setting(world.staff("ben"), wanted=True)
        await world.until(utc("2026-03-06 19:00"))
        await world.process_down(until=utc("2026-03-06 21:00"))
        await world.advance(minutes=1)
        assert lists(world) == [("Fri 21:00", "ben")]
        await world.process_down(until=utc("2026-03-06 22:00"))
        await world.until(utc("2026-03-07 19:00"))
        await world.process_down(until=utc("2026-03-08 03:00"))
        await world.advance(hours=1)
        assert len(lists(world)) == 1


@in_virtual_time
async def test_a_shift_that_was_given_away_brings_no_list_to_the_one_who_gave_it():
    async with World(policy=NIGHTS, start=utc("2026-03-06 12:00")) as world:
        amy, ben = world.staff("amy"), world.staff("ben")
        for one in (amy, ben):
            await world.shifts.list_setting(one, wanted=True)
        swaps = world.shifts.swaps
        swap = await swaps.ask(ben, amy, swaps.coming().turns(ben)[0], None)
        assert (await swaps.answer(amy, swap.id, yes=True))[0] == "agreed"
        await world.until(utc("2026-03-07 07:00"))
        assert lists(world) == [("Fri 20:00", "amy")]


@in_virtual_time
async def test_an_hour_of_choice_is_on_the_wall_in_summer_too_and_can_be_taken_back():
    async with World(start=utc("2026-03-28 12:00")) as world:
        cay = world.staff("cay")
        assert not world.shifts.has_shifts(cay)
        await world.shifts.list_setting(cay, wanted=True, hour=7)
        assert world.shifts.wants_list(cay)
        await world.until(utc("2026-03-30 12:00"))
        assert lists(world) == [("Sun 06:00", "cay"), ("Mon 06:00", "cay")]
        await world.until(utc("2026-03-31 05:00"))
        await world.process_down(until=utc("2026-03-31 13:00"))
        await world.advance(hours=1)
        assert len(lists(world)) == 2, "seven hours late it is of no use"
        assert await world.shifts.list_setting(cay, wanted=False) is None
        await world.advance(days=2)
        assert len(lists(world)) == 2
        with pytest.raises(ValueError, match="hour 0 to 23"):
            await world.shifts.list_setting(cay, wanted=True, hour=24)
