"""The engine's modules: each is run when its moment has come, and one that fails does not silence
the others."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

from handlers.wording.alarms import MODULES
from reminders.events import Events
from reminders.modules import AGAIN, Scheduled
from reminders.telegram_down import TelegramDown
from tests.reminders.virtual import in_virtual_time, utc
from tests.reminders.world import World

NAMES = tuple(MODULES)
START = utc("2026-03-06 21:30")


def told(world) -> list[str]:
    return [
        g.message.data["module"]
        for g in world.telegram.got
        if g.message.kind == "alarm" and g.message.data.get("what") == "module"
    ]


@in_virtual_time
async def test_every_module_has_a_name_of_its_own_and_a_sentence():
    async with World() as world:
        names = [module.name for module in world.engine.modules]
        assert sorted(names) == sorted(NAMES)


@pytest.mark.usefixtures("own_heartbeat")
@pytest.mark.parametrize("name", [name for name in NAMES if name != "planning"])
@in_virtual_time
async def test_a_module_that_fails_does_not_silence_the_others(name, monkeypatch):
    """Reminders go out, the heartbeat beats, and administrators hear of it once."""
    async with World() as world:
        module = next(one for one in world.engine.modules if one.name == name)

        async def fails(now):
            raise RuntimeError("broken")

        monkeypatch.setattr(type(module), "run", fails_for(module, type(module).run, fails))
        await world.advance(minutes=1)
        await world.report(ago=timedelta(hours=3, minutes=57))
        await world.advance(minutes=10)
        assert world.asked("CP-4H")
        assert world.clock.now() - world.engine.watch.last_beat < timedelta(minutes=1)
        assert told(world) == [name]


def fails_for(module, real, fails):
    async def run(self, now):
        return await (fails(now) if self is module else real(self, now))

    return run


@pytest.mark.usefixtures("own_heartbeat")
@in_virtual_time
async def test_planning_that_fails_gives_no_sign_of_life(monkeypatch):
    async with World() as world:
        await world.advance(minutes=1)

        async def fails(self, now):
            raise RuntimeError("broken")

        monkeypatch.setattr(type(world.engine.planner), "run", fails)
        await world.advance(minutes=10)
        assert world.clock.now() - world.engine.watch.last_beat > timedelta(minutes=9)
        assert told(world) == ["planning"]


class Clock:
    def __init__(self) -> None:
        self.at = START

    def now(self):
        return self.at


class Job:
    """Has something to do every hour."""

    name = "hourly"

    def __init__(self) -> None:
        self.ran = []
        self.meanwhile = None
        self.fails = False

    async def run(self, now):
        self.ran.append(now)
        if self.fails:
            raise RuntimeError("broken")
        if self.meanwhile:
            self.meanwhile()

    def next_at(self, now):
        return now + timedelta(hours=1)


@in_virtual_time
async def test_a_job_is_looked_at_at_the_start_at_its_moment_and_when_something_changed():
    clock, job, events = Clock(), Job(), Events()
    module = Scheduled(job, clock, events)
    await module.run(clock.at)
    await module.run(clock.at + timedelta(minutes=59))
    assert job.ran == [START]
    assert module.next_moment() == START + timedelta(hours=1)
    clock.at = START + timedelta(minutes=10)
    events.look_soon()
    assert module.next_moment() == clock.at
    await module.run(clock.at)
    assert job.ran == [START, clock.at]
    # A choice that is made while the job runs is looked at once more.
    job.meanwhile = events.look_soon
    clock.at += timedelta(hours=2)
    await module.run(clock.at)
    assert module.next_moment() == clock.at


@in_virtual_time
async def test_a_job_that_fails_is_tried_again_a_little_later():
    clock, job = Clock(), Job()
    module = Scheduled(job, clock, Events())
    job.fails = True
    with pytest.raises(RuntimeError):
        await module.run(clock.at)
    assert module.next_moment() == START + AGAIN
    job.fails = False
    await module.run(START + AGAIN)
    assert module.next_moment() == START + AGAIN + timedelta(hours=1)


@in_virtual_time
async def test_the_second_channel_takes_over_once_for_each_time_that_telegram_is_away():
    planned = []

    async def plan_waiting():
        planned.append("x")

    since = START
    watch = SimpleNamespace(down_since=None, second_at=None, down_long=lambda now: False)
    module = TelegramDown(SimpleNamespace(plan_waiting=plan_waiting), watch)
    await module.run(START)
    assert module.next_moment() is None
    watch.down_since, watch.second_at = since, since + timedelta(minutes=5)
    assert module.next_moment() == watch.second_at
    await module.run(since)
    assert planned == []
    watch.down_long = lambda now: True
    await module.run(watch.second_at)
    await module.run(watch.second_at)
    assert planned == ["x"]
    assert module.next_moment() is None
