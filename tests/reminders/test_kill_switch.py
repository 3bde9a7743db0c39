"""The service is stopped on purpose: nothing leaves but that, and nothing that was due is lost."""

from datetime import timedelta

import msgspec

from protocol.provider import Role, Staff
from reminders.kill_switch import CONFIRM_WITHIN, KillSwitch
from tests.reminders.virtual import in_virtual_time, utc
from tests.reminders.world import World

BEA = Staff(id="bea", name="Bea Example", telegram_id=8802, role=Role.ADMINISTRATOR)


def switch(world: World) -> KillSwitch:
    return world.engine.kill_switch


def two_administrators(world: World) -> tuple[Staff, Staff]:
    state = world.engine.service_state
    ada = state.service.person("ada")
    assert ada is not None
    service = state.configured
    state.adopt(
        msgspec.structs.replace(service, staff=(*service.staff, BEA)),
        state.policy,
        state.pack,
    )
    return ada, BEA


@in_virtual_time
async def test_nothing_leaves_while_it_is_stopped_and_all_of_it_afterwards():
    async with World() as world:
        ref = await world.report(ago=timedelta(0))
        assert await switch(world).command("stop")
        await world.until(utc("2026-03-07 02:01"))
        told = {g.to for g in world.telegram.got if g.message.kind == "switched"}
        assert told == {one.id for one in world.engine.service_state.service.staff}
        assert [g for g in world.telegram.got if g.message.kind == "reminder"] == []
        health = world.engine.health()
        assert not health["ok"] and health["reminders_stopped_since"]
        waiting = (await world.store.episode(ref)).messages
        assert any(m.state == "waiting" and m.kind == "reminder" for m in waiting)
        assert await switch(world).command("resume")
        await world.advance(minutes=3)
        after = [g for g in world.telegram.got if g.message.kind != "switched"]
        assert after, "what was due is told"
        lists = [g.message for g in world.telegram.got if g.message.data.get("what") == "resume"]
        assert any(m.data["episodes"] and m.data["episodes"][0]["unmet"] for m in lists)
        assert world.engine.health()["reminders_stopped_since"] is None


@in_virtual_time
async def test_it_stays_stopped_after_a_restart():
    async with World() as world:
        await world.report(ago=timedelta(0))
        await switch(world).command("stop")
        await world.process_down(until=utc("2026-03-07 01:34"))
        await world.until(utc("2026-03-07 04:00"))
        assert switch(world).stopped is not None
        assert {g.message.kind for g in world.telegram.got} <= {"switched"}


@in_virtual_time
async def test_two_administrators_stop_it_within_ten_minutes():
    async with World() as world:
        ada, bea = two_administrators(world)
        act = switch(world).ask
        assert await act(ada, "stop") == "asked"
        assert await act(ada, "stop") == "yours"
        assert switch(world).stopped is None
        await world.advance(minutes=CONFIRM_WITHIN.total_seconds() / 60)
        assert await act(bea, "stop") == "asked", "the first wish is too old"
        assert await act(ada, "stop") == "done"
        assert await act(ada, "stop") == "already"
        assert await act(bea, "resume") == "asked"
        assert await act(ada, "stop") == "already", "a wish to stop confirms no wish to resume"
        assert await act(ada, "resume") == "done"
        assert switch(world).stopped is None


@in_virtual_time
async def test_nobody_else_stops_it_and_one_administrator_cannot_alone():
    async with World() as world:
        service = world.engine.service_state.service
        ada, manager = service.person("ada"), next(s for s in service.staff if s.manages)
        assert ada is not None
        assert await switch(world).ask(manager, "stop") == "not_allowed"
        assert await switch(world).ask(ada, "stop") == "alone"
