"""Who sees the cases of a home that nobody covers any more."""

from __future__ import annotations

import msgspec

from protocol.provider import Role
from tests.handlers.chat_world import PROVIDER, ChatWorld, staff

AMY = staff("amy", 1, Role.DUTY_MANAGER, "rowan")
MIA = staff("mia", 4, Role.MANAGER, "cedar")
ADA = staff("ada", 5, Role.ADMINISTRATOR)


def with_people(*people):
    return msgspec.structs.replace(PROVIDER, staff=people)


async def test_the_manager_of_another_home_sees_the_case_as_long_as_nobody_else_can() -> None:
    """Amy, who is all there is at Rowan House, blocks the bot and comes back later."""
    async with ChatWorld(with_people(AMY, MIA, ADA)) as world:
        ref = await world.reports()
        await world.sends("mia", "/open")
        assert ref not in world.text("mia")
        await world.context.shifts.staff_blocked("amy")
        await world.sends("mia", "/open")
        assert ref in world.text("mia")
        await world.sends("ada", "/open")
        assert ref not in world.text("ada"), "there is a manager who can be reached"
        await world.sends("amy", "/start")
        await world.context.shifts.staff_started("amy")
        await world.sends("mia", f"/case {ref}")
        assert ref not in world.text("mia") or "no case" in world.text("mia").casefold()


async def test_without_any_manager_the_administrator_sees_it() -> None:
    async with ChatWorld(with_people(AMY, ADA)) as world:
        ref = await world.reports()
        await world.context.shifts.staff_blocked("amy")
        await world.sends("ada", "/open")
        assert ref in world.text("ada")
        await world.sends("ada", f"/case {ref}")
        assert ref in world.text("ada")
