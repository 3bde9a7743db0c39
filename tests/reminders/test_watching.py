"""The bot watches itself: lateness, heartbeat, systemd, the page for monitoring, the alarm."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from reminders.alarm import SchedulerAlarm
from reminders.clock import SystemClock
from tests.reminders.virtual import in_virtual_time, utc
from tests.reminders.world import World


@pytest.mark.usefixtures("own_heartbeat")
@in_virtual_time
async def test_reminders_later_than_a_minute_raise_an_alarm_to_the_administrators_once():
    async with World() as world:
        await world.report(ago=timedelta(0))
        await world.report("RH-3456", person="YP-2", ago=timedelta(0))
        await world.until(utc("2026-03-07 01:29"))
        await world.process_down(until=utc("2026-03-07 01:34"))
        await world.advance(minutes=3)
        alarms = [g for g in world.telegram.got if g.message.kind == "alarm"]
        assert [g.to for g in alarms] == ["ada"]
        data = alarms[0].message.data
        assert (data["what"], data["count"]) == ("late", 2)
        assert data["seconds"] in (240, 241)
        assert world.engine.watch.figures.late == 2


@in_virtual_time
async def test_punctual_reminders_raise_none_and_are_counted():
    async with World() as world:
        await world.report(ago=timedelta(0))
        await world.until(utc("2026-03-07 02:01"))
        figures = world.engine.watch.figures
        assert figures.lateness_count == 4
        assert figures.lateness[1] == 4
        assert figures.late == 0
        health = world.engine.health()
        assert health["ok"] and health["waiting_messages"] == 0


async def test_the_alarm_rings_at_its_moment_and_can_be_set_again():
    clock = SystemClock()
    alarm = SchedulerAlarm(clock)
    rung: list[datetime] = []
    again = asyncio.Event()

    async def ring() -> None:
        rung.append(clock.now())
        if len(rung) == 1:
            alarm.set(clock.now() + timedelta(milliseconds=30))
            await asyncio.sleep(0.1)  # still running when it is due again: it must not be lost
        else:
            again.set()

    alarm.start(ring)
    try:
        moment = clock.now() + timedelta(milliseconds=50)
        alarm.set(clock.now() + timedelta(hours=1))
        alarm.set(moment)
        await asyncio.wait_for(again.wait(), 5)
        assert len(rung) == 2
        assert timedelta(0) <= rung[0] - moment < timedelta(seconds=1)
        alarm.set(None)
    finally:
        alarm.stop()


async def test_the_alarm_rings_at_once_for_a_moment_that_has_gone():
    alarm = SchedulerAlarm(SystemClock())
    rung = asyncio.Event()

    async def ring() -> None:
        rung.set()

    alarm.start(ring)
    try:
        alarm.set(datetime(2020, 1, 1, tzinfo=UTC))
        await asyncio.wait_for(rung.wait(), 5)
    finally:
        alarm.stop()
