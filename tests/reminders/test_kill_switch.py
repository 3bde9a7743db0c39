"""The service is stopped on purpose: nothing leaves but that, and nothing that was due is lost."""

from datetime import timedelta
from typing import Any

import msgspec

from protocol.provider import Role, Staff
from reminders.kill_switch import CONFIRM_WITHIN, KillSwitch
from reminders.notices import office_message
from reminders.sending import NotSent
from reminders.write_behind import OfficeChange
from storage.model import Message
from tests.reminders.virtual import in_virtual_time, utc
from tests.reminders.world import SERVICE, World

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


class Gateway:
    """A second channel that takes everything."""

    def __init__(self) -> None:
        self.got: list[tuple[str, Message, str]] = []

    async def send(self, person: str, message: Message, ref: str) -> None:
        self.got.append((person, message, ref))


@in_virtual_time
async def test_who_has_a_second_channel_hears_both_ends_of_it_there_too():
    mia = msgspec.structs.replace(SERVICE.staff[3], second_channel=("json://127.0.0.1/",))
    service = msgspec.structs.replace(SERVICE, staff=(*SERVICE.staff[:3], mia, SERVICE.staff[4]))
    gateway = Gateway()
    async with World(service=service, second=gateway) as world:
        ref = await world.report(ago=timedelta(0))
        world.telegram.fails = lambda m: NotSent("her phone is off") if m.to == "mia" else None
        await switch(world).command("stop")
        await world.advance(minutes=1)
        await switch(world).command("resume")
        await world.advance(minutes=1)
        assert [(to, m.data["what"], of) for to, m, of in gateway.got] == [
            ("mia", "stop", ""),
            ("mia", "resume", ""),
        ]
        assert ref not in str([m.data for _, m, _ in gateway.got])


@in_virtual_time
async def test_what_is_not_so_any_more_does_not_arrive_after_the_all_clear():
    """Amy's phone was off all night: she hears that it works again, and what is due; neither that
    it was stopped, nor the list of her shift as it stood while it was."""
    async with World() as world:
        await world.report(ago=timedelta(0))
        world.telegram.fails = lambda m: NotSent("off") if m.to == "amy" else None
        await switch(world).command("stop")

        def morning(_: object) -> OfficeChange:
            now = world.clock.now()
            old: dict[str, Any] = {"homes": ["rowan"], "episodes": []}
            return OfficeChange(
                messages=[office_message("list", "amy", "shift_list", now, old, priority=30)]
            )

        await world.advance(minutes=480)
        await world.engine.service_state.change(morning)
        await world.advance(minutes=5)
        world.telegram.fails = lambda _: None
        await switch(world).command("resume")
        await world.advance(minutes=5)
        got = [g.message for g in world.telegram.got if g.to == "amy"]
        assert [m.data["what"] for m in got if m.kind == "switched"] == ["resume"]
        assert [m for m in got if m.kind == "shift_list"] == []
        assert next(m for m in got if m.kind == "switched").data["episodes"][0]["unmet"]
