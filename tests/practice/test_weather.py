"""Bad weather for the real bot, turned on and off while a reminder falls due."""

import pytest

from sandbox.server.world import World
from sandbox.weather import SWITCHES, Weather
from tests.practice.player import Player

REPORT = ("No, or not", "Just now", "22:00", "22:15", "Did not come back", "None")


async def turns(player: Player, switch: str, *, on: bool) -> None:
    await player.post("/practice/weather", {"switch": switch, "on": on})


@pytest.mark.parametrize("name", [switch.name for switch in SWITCHES])
async def test_a_switch_is_undone_by_the_same(name: str) -> None:
    weather = Weather(World())
    weather.turn(name, on=True)
    weather.turn(name, on=True)
    assert [switch for switch, on in weather.states().items() if on] == [name]
    weather.turn(name, on=False)
    assert not any(weather.states().values())


async def test_a_reset_of_the_server_clears_the_sky() -> None:
    world = World()
    weather = Weather(world)
    weather.turn("down", on=True)
    world.reset()
    assert not any(weather.states().values())


async def test_a_reminder_that_fell_due_while_the_bot_was_dead_comes_late_and_says_so(
    player: Player,
) -> None:
    await player.begins()
    await player.logs("morgan", "YP-01", *REPORT)
    await player.post("/practice/bot/kill", {})
    await player.post("/practice/clock", {"to": "hour", "wait": True})
    await player.post("/practice/clock", {"to": "hour", "wait": True})
    await player.phones["morgan"].sees_nothing()
    await player.post("/practice/bot/start", {})
    await player.stage.catch_up()
    await player.phones["morgan"].sees("Ring Haringey's", "LATE")


async def test_what_telegram_refused_for_a_while_arrives_afterwards(player: Player) -> None:
    await player.begins()
    await player.logs("morgan", "YP-01", *REPORT)
    await turns(player, "limiting", on=True)
    before = (await player.phones["morgan"].chat())["last_message_id"]
    await player.post("/practice/clock", {"to": "hour", "wait": True})
    assert (await player.phones["morgan"].chat())["last_message_id"] == before
    last = await player.last_event()
    await turns(player, "limiting", on=False)
    await player.next_message("morgan", last)
    await player.phones["morgan"].sees("Ring Haringey's", "does not count")
