"""Stories of swapped shifts: who can be asked, what stands afterwards, and what does not."""

from datetime import timedelta

import msgspec

from protocol.provider import Role
from reminders.policy import Policy
from reminders.rota import Cover, RotaState, Turn
from reminders.write_behind import OfficeChange
from tests.reminders.test_shifts import ALL, NIGHTS
from tests.reminders.virtual import in_virtual_time, utc
from tests.reminders.world import SERVICE, World, staff

DAN = staff("dan", 6, Role.DUTY_MANAGER, "rowan")
THREE = msgspec.structs.replace(SERVICE, staff=(*SERVICE.staff, DAN))
SATURDAY = utc("2026-03-07 20:00")


def coming(world):
    return world.shifts.swaps.coming()


def turn(world, who, start):
    return next(t for t in coming(world).turns(world.staff(who)) if t.start == start)


async def ask(world, asker, colleague, start, back=None):
    return await world.shifts.swaps.ask(
        world.staff(asker),
        world.staff(colleague),
        turn(world, asker, start),
        turn(world, colleague, back) if back else None,
    )


@in_virtual_time
async def test_only_those_who_cover_the_home_and_are_free_then_can_be_asked():
    """Ada sees no cases, Cay is of the other home, Dan has blocked the bot."""
    async with World(policy=NIGHTS, service=THREE) as world:
        night = turn(world, "ben", SATURDAY)
        free = [s.id for s in coming(world).colleagues(world.staff("ben"), night)]
        assert free == ["amy", "mia", "dan"]
        await world.shifts.staff_blocked("dan")
        free = [s.id for s in coming(world).colleagues(world.staff("ben"), night)]
        assert free == ["amy", "mia"]


@in_virtual_time
async def test_whoever_is_at_work_then_is_not_asked_and_not_offered_in_return():
    """Amy and Ben share the nights: on a night that both work neither can stand in."""
    both = msgspec.structs.replace(NIGHTS.rota[1], staff=("ben", "amy"))
    async with World(policy=Policy(rota=(both,)), service=THREE) as world:
        night = turn(world, "ben", SATURDAY)
        found = coming(world)
        assert [s.id for s in found.colleagues(world.staff("ben"), night)] == ["mia", "dan"]
        assert found.in_return(world.staff("ben"), world.staff("amy"), night) == [night]


@in_virtual_time
async def test_a_swapped_shift_can_be_swapped_on_and_keeps_its_place_in_the_order():
    """Ben works second to Amy; Dan takes his place, then Mia takes Dan's: Amy is still first."""
    pair = msgspec.structs.replace(NIGHTS.rota[1], staff=("amy", "ben"))
    async with World(policy=Policy(rota=(pair,)), service=THREE) as world:
        swap = await ask(world, "ben", "dan", SATURDAY)
        assert (await world.shifts.swaps.answer(DAN, swap.id, yes=True))[0] == "agreed"
        assert turn(world, "dan", SATURDAY)
        swap = await ask(world, "dan", "mia", SATURDAY)
        assert (await world.shifts.swaps.answer(world.staff("mia"), swap.id, yes=True))[
            0
        ] == "agreed"
        await world.until(SATURDAY + timedelta(hours=1))
        assert world.shifts.on_duty("rowan") == ("amy", "mia")
        await world.until(SATURDAY + timedelta(days=1, hours=1))
        assert world.shifts.on_duty("rowan") == ("amy", "ben")


@in_virtual_time
async def test_a_yes_that_comes_after_the_rota_changed_swaps_nothing():
    """Ben asks Amy and Mia for the same night. Asking anew ends the first question. While Mia
    thinks it over Ben's night goes to Dan by another way; her yes then is too late."""
    async with World(policy=NIGHTS, service=THREE) as world:
        first = await ask(world, "ben", "amy", SATURDAY)
        second = await ask(world, "ben", "mia", SATURDAY)
        answer = world.shifts.swaps.answer
        assert await answer(world.staff("amy"), first.id, yes=True) == ("over", None)
        assert (await answer(DAN, second.id, yes=True))[0] == "not_allowed"

        def given(office):
            state = RotaState.read(office.state["rota"])
            cover = Cover(
                home="rowan",
                staff="dan",
                start=SATURDAY,
                end=SATURDAY + timedelta(hours=12),
                instead_of="ben",
                in_place=True,
            )
            state = msgspec.structs.replace(state, covers=(cover,))
            return OfficeChange(state={"rota": state.written()})

        await world.engine.service_state.change(given)
        await world.advance(seconds=5)
        world.telegram.new()
        assert (await answer(world.staff("mia"), second.id, yes=True))[0] == "over"
        await world.advance(seconds=5)
        assert world.telegram.new() == [("ben", "swap_kept")]
        await world.until(SATURDAY + timedelta(hours=1))
        assert world.shifts.on_duty("rowan") == ("dan",)


@in_virtual_time
async def test_an_unanswered_swap_is_told_even_if_the_process_was_down_meanwhile():
    """A swap for next week is open for a day; for tonight only until the shift begins."""
    async with World(policy=NIGHTS, service=THREE) as world:
        swap = await ask(world, "ben", "amy", utc("2026-03-12 20:00"), utc("2026-03-13 08:00"))
        assert swap.expires_at - swap.asked_at == timedelta(hours=24)
        soon = await ask(world, "ben", "dan", SATURDAY)
        assert soon.expires_at == SATURDAY
        await world.advance(seconds=5)
        assert sorted(world.telegram.new()) == [("amy", "swap_offer"), ("dan", "swap_offer")]
        await world.process_down(until=SATURDAY + timedelta(hours=3))
        await world.advance(seconds=5)
        assert sorted(world.telegram.new()) == 2 * [("ben", "swap_kept")] + 2 * [
            ("mia", "swap_kept")
        ]
        assert world.shifts.on_duty("rowan") == ("ben",)


@in_virtual_time
async def test_one_shift_at_two_homes_is_one_turn_and_managers_read_of_their_own_homes():
    """Mia and Max work the nights of both homes. Their own manager reads of Cedar House only."""
    max_, head = staff("max", 7, Role.MANAGER), staff("head", 8, Role.MANAGER, "cedar")
    service = msgspec.structs.replace(SERVICE, staff=(*SERVICE.staff, max_, head))
    pattern = msgspec.structs.replace(NIGHTS.rota[1], staff=("mia",), homes=(), days=ALL)
    async with World(policy=Policy(rota=(pattern,)), service=service) as world:
        night = turn(world, "mia", SATURDAY)
        assert night.homes == ("rowan", "cedar")
        swap = await ask(world, "mia", "max", SATURDAY)
        await world.advance(seconds=5)
        world.telegram.new()
        assert (await world.shifts.swaps.answer(max_, swap.id, yes=True))[0] == "agreed"
        await world.advance(seconds=5)
        told = {g.to: g.message.data["parts"] for g in world.telegram.got if g.said == "swap"}
        assert sorted(told) == ["head", "mia"]
        assert told["head"][0]["homes"] == ["cedar"]
        await world.until(SATURDAY + timedelta(hours=1))
        assert [world.shifts.on_duty(h) for h in ("rowan", "cedar")] == [("max",), ("max",)]


def test_a_turn_s_name_fits_a_button():
    """Of a callback's 64 bytes the two shifts and the colleague's id (24 at most) need 60."""
    month = Turn(
        start=utc("2099-12-01 08:00"), end=utc("2100-01-10 08:00"), homes=("rowan", "cedar")
    )
    data = f"d:swap:{month.key}:{'x' * 24}:{month.key}"
    assert len(data) <= 64


@in_virtual_time
async def test_a_swap_that_was_tapped_twice_is_asked_once():
    async with World(policy=NIGHTS, service=THREE) as world:
        first = await ask(world, "ben", "amy", SATURDAY)
        assert await ask(world, "ben", "amy", SATURDAY) == first
        await world.advance(seconds=5)
        assert world.telegram.new() == [("amy", "swap_offer")]
