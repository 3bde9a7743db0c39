"""The clock, those who follow it, and knowing when everything has come to rest."""

import asyncio
from datetime import timedelta
from time import monotonic

import pytest

from sandbox.driver import NotSeen, Stage
from tests.sandbox.bots import FollowingBot
from tests.sandbox.conftest import EVENING, ROBIN


async def test_a_frozen_clock_stands_until_it_is_moved(human):
    before = await human.get("/clock")
    assert (before["now"], before["mode"]) == ("2026-01-10T21:30:00.000000+00:00", "frozen")
    moved = await human.post("/clock", advance_seconds=90, wait=0)
    assert moved["now"] == "2026-01-10T21:31:30.000000+00:00"
    assert moved["version"] == before["version"] + 1
    assert (await human.get("/clock"))["now"] == moved["now"]


async def test_a_clock_let_run_goes_on_from_where_it_stood(human):
    await human.post("/clock", mode="running", wait=0)
    first = await human.get("/clock")
    await asyncio.sleep(0.02)
    second = await human.get("/clock")
    assert first["now"] < second["now"] < "2026-01-10T21:31"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"set": "yesterday"}, "$.set"),
        ({"mode": "slow"}, "running or frozen"),
        ({"set": "2026-01-10T00:00:00Z", "advance_seconds": 1}, "not both"),
        ({"advance": 5}, "unknown field"),
    ],
)
async def test_a_clock_that_is_misspoken_to_says_so(human, body, words):
    assert words in await human.no("/clock", **body)


async def test_a_follower_is_told_at_once_that_the_clock_has_moved(client, human):
    version = (await human.get("/clock"))["version"]
    report = {"follower": "bot", "seen": version, "idle": True, "wait": 20}
    poll = asyncio.create_task(client.post("/clock/follow", json=report))
    await asyncio.sleep(0.05)
    assert not poll.done()
    move = asyncio.create_task(client.post("/clock", json={"advance_seconds": 60, "wait": 5}))
    clock = (await poll).json()
    assert clock["version"] == version + 1
    await asyncio.sleep(0.05)
    assert not move.done(), "the move waits until the follower has processed it"
    again = asyncio.create_task(
        client.post("/clock/follow", json=report | {"seen": clock["version"]})
    )
    assert (await move).json()["settled"] is True
    again.cancel()


async def test_a_newer_poll_of_a_follower_ends_the_older(client, human):
    version = (await human.get("/clock"))["version"]
    report = {"follower": "bot", "seen": version, "idle": False, "wait": 20}
    older = asyncio.create_task(client.post("/clock/follow", json=report))
    await asyncio.sleep(0.05)
    newer = asyncio.create_task(client.post("/clock/follow", json=report | {"idle": True}))
    assert (await asyncio.wait_for(older, 2)).json()["version"] == version
    (follower,) = await human.get("/clock/followers")
    assert follower["idle"] is True
    newer.cancel()


async def test_a_busy_follower_keeps_everything_waiting_and_a_lost_one_is_dropped(client, human):
    await human.post("/settings", follower_grace_seconds=0.3)
    version = (await human.get("/clock"))["version"]
    report = {"follower": "bot", "seen": version, "idle": False, "wait": 0}
    await client.post("/clock/follow", json=report)
    rest = await human.post("/settle", wait=0.1)
    assert (rest["settled"], rest["why"]) == (False, "bot is busy")
    assert (await human.post("/settle", wait=5, quiet=0))["settled"] is True
    assert await human.get("/clock/followers") == []
    rest = await human.post("/settle", wait=0, followers=["bot"])
    assert rest["why"] == "not following the clock: bot"


async def test_a_follower_that_was_killed_is_given_up_soon(client, human):
    version = (await human.get("/clock"))["version"]
    report = {"follower": "bot", "seen": version, "idle": False, "wait": 20}
    poll = asyncio.create_task(client.post("/clock/follow", json=report))
    await asyncio.sleep(0.05)
    poll.cancel()
    before = monotonic()
    assert (await human.post("/settle", wait=4, quiet=0))["settled"] is True
    assert monotonic() - before < 3


async def test_rest_without_a_bot_names_the_update_that_waits(human):
    await human.starts(ROBIN)
    rest = await human.post("/settle", wait=0.05)
    assert rest["why"] == "1 updates wait for @nightlight_example_bot, no getUpdates"


async def test_a_report_from_before_the_last_activity_counts_for_nothing(api, client, human, robin):
    """The follower said it was idle, then a message came and was confirmed: it is asked again."""
    version = (await human.get("/clock"))["version"]

    def follow(*, idle):
        report = {"follower": "bot", "seen": version, "idle": idle, "wait": 20}
        return asyncio.create_task(client.post("/clock/follow", json=report))

    poll = follow(idle=True)
    await asyncio.sleep(0.05)
    assert (await human.post("/settle", wait=1))["settled"] is True
    if poll.done():
        poll = follow(idle=True)
    await human.post("/human/send", user=robin, text="news")
    await api.updates()
    rest = asyncio.create_task(client.post("/settle", json={"wait": 5}))
    await asyncio.wait_for(poll, 2)
    poll = follow(idle=False)
    await asyncio.sleep(0.1)
    assert not rest.done(), "it may still be about to send"
    newer = follow(idle=True)
    assert (await asyncio.wait_for(rest, 2)).json()["settled"] is True
    poll.cancel()
    newer.cancel()


async def test_a_bot_that_confirms_first_and_sends_later_is_waited_for(server, stage):
    """Twenty times in a row: no answer is ever missed, although it comes after the confirmation."""
    async with FollowingBot(server.url):
        stage = Stage(server.url, wait=5, followers=["bot"])
        async with stage:
            robin = await stage.person("Robin Example", ROBIN)
            for number in range(20):
                await robin.sends(f"message {number}")
                await robin.sees(f"heard: message {number}")
            await stage.nobody_got_anything_else()


async def test_a_bot_that_follows_nothing_is_waited_for_by_its_quiet(server, stage):
    async with FollowingBot(server.url, follows=False):
        robin = await stage.person("Robin Example", ROBIN)
        await robin.sends("/button")
        await robin.taps("rowan house")
        await robin.sees("chosen: rowan")


async def test_a_stepwise_move_stops_at_every_planned_moment(server):
    async with FollowingBot(server.url) as bot, Stage(server.url, followers=["bot"]) as stage:
        robin = await stage.person("Robin Example", ROBIN)
        await robin.sends("/remind 30")
        await robin.sees("heard")
        await stage.clock.advance(hours=2, minutes=10)
        for time in ("22:00", "22:30", "23:00", "23:30"):
            await robin.sees(f"reminder of {time}")
        await stage.nobody_got_anything_else()
        assert bot.sent_at == [EVENING + timedelta(minutes=30 * n) for n in (1, 2, 3, 4)]
        assert await stage.clock.now() == EVENING + timedelta(hours=2, minutes=10)


async def test_a_jump_comes_late_and_the_next_thing_can_be_asked_for(server):
    async with FollowingBot(server.url), Stage(server.url, followers=["bot"]) as stage:
        robin = await stage.person("Robin Example", ROBIN)
        with pytest.raises(NotSeen, match="no follower has anything planned"):
            await stage.clock.to_next()
        await robin.sends("/remind 30")
        await robin.sees("heard")
        await stage.clock.advance(hours=2, stepwise=False)
        await robin.sees("reminder of 22:00")
        assert await stage.clock.to_next() == EVENING + timedelta(hours=2, minutes=30)
        await robin.sees("reminder of 00:00")
        await stage.nobody_got_anything_else()


async def test_updates_are_forgotten_after_a_day(api, human):
    await human.starts(ROBIN)
    await human.post("/clock", advance_seconds=86_400, wait=0)
    assert len(await api.ok("getUpdates")) == 1
    await human.post("/clock", advance_seconds=1, wait=0)
    assert await api.ok("getUpdates") == []
