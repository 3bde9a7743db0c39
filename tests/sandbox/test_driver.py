"""The story driver: what it takes as seen, and what it says when a story goes wrong."""

import pytest

from sandbox.driver import NotSeen, Refused, Stage, at_once
from tests.sandbox.bots import FollowingBot
from tests.sandbox.conftest import ROBIN, SAM, TOKEN


@pytest.fixture
async def story(server):
    async with (
        FollowingBot(server.url, beat=0.0) as bot,
        Stage(server.url, followers=["bot"], wait=5) as stage,
    ):
        stage.bot = bot
        yield stage


async def test_an_edit_of_a_message_not_yet_seen_takes_its_place(story):
    robin = await story.person("Robin Example", ROBIN)
    await robin.sends("/button")
    assert await robin.taps("ROWAN   house") == "noted"
    seen = await robin.sees("chosen: rowan")
    assert (seen.kind, seen.buttons) == ("edited", [])
    await story.nobody_got_anything_else()


async def test_what_was_seen_can_be_looked_at_again_until_the_next_action(story):
    robin = await story.person("Robin Example", ROBIN)
    await robin.sends("one")
    assert await robin.sees("heard") is await robin.sees("one")
    await robin.sends("two")
    with pytest.raises(NotSeen, match="does not see 'heard: one'"):
        await robin.sees("heard: one")
    assert (await robin.has_on_screen("heard: one"))["mine"] is False
    await robin.sees("heard: two")
    await robin.sees_nothing()


async def test_anything_else_that_anybody_got_is_listed_with_their_screen(story):
    robin = await story.person("Robin Example", ROBIN)
    sam = await story.person("Sam Example", SAM, started=True)
    await story.bot.call("sendMessage", chat_id=SAM, text="surprise")
    await robin.sends("one")
    await robin.sees("heard")
    with pytest.raises(NotSeen) as failure:
        await story.nobody_got_anything_else()
    assert "Sam Example: message" in str(failure.value)
    assert "│   surprise" in str(failure.value)
    assert "Robin Example:" not in str(failure.value)
    await story.nobody_got_anything_else(ignoring=["surprise"])
    with pytest.raises(NotSeen, match="Sam Example got something"):
        await sam.sees_nothing()


async def test_a_button_that_is_not_there_lists_those_that_are(story):
    robin = await story.person("Robin Example", ROBIN)
    await robin.sends("/button")
    with pytest.raises(Refused, match=r"no button 'Oak House'; there are: .*🏠 Rowan House"):
        await robin.taps("Oak House")
    with pytest.raises(Refused, match="has no key"):
        await robin.presses("Missing")


async def test_a_tap_falls_through_to_the_keys_under_the_text_field(story):
    robin = await story.person("Robin Example", ROBIN, started=True)
    keys = {"keyboard": [["🚨 Missing", "📂 Open"]]}
    await story.bot.call("sendMessage", chat_id=ROBIN, text="keys", reply_markup=keys)
    await robin.sees("keys")
    await robin.taps("open")
    await robin.sees("heard: 📂 Open")


async def test_two_people_act_at_the_same_time(story):
    robin = await story.person("Robin Example", ROBIN)
    sam = await story.person("Sam Example", SAM)
    await at_once(robin.sends("mine", settle=False), sam.sends("mine", settle=False))
    await robin.sees("heard: mine")
    await sam.sees("heard: mine")
    await story.nobody_got_anything_else()


async def test_time_passes_while_the_bot_is_down(server, stage):
    robin = await stage.person("Robin Example", ROBIN)
    await robin.sends("/remind 30", settle=False)
    await stage.clock.advance(hours=1, settle=False)
    async with FollowingBot(server.url):
        stage.followers = ["bot"]
        await robin.sees("heard: /remind 30")
        await stage.clock.advance(minutes=30)
        await robin.sees("reminder of 23:00")


async def test_a_bot_that_is_down_is_named(server, stage):
    robin = await stage.person("Robin Example", ROBIN)
    await robin.sends("/start", settle=False)
    with pytest.raises(NotSeen, match="no getUpdates"):
        await stage.settle(wait=0.05)


async def test_weather_and_people_who_turn_away(story):
    robin = await story.person("Robin Example", ROBIN)
    await robin.sends("one")
    await robin.sees("heard")
    number = await story.faults.add("bad_gateway", method="sendMessage")
    await robin.sends("two")
    await robin.sees_nothing()
    await story.faults.remove(number)
    await robin.blocks()
    with pytest.raises(Refused, match="the bot is blocked"):
        await robin.sends("three")
    await robin.unblocks()
    mine = await robin.sends("four")
    await robin.sees("heard: four")
    await robin.edits(mine["message_id"], "five")
    await robin.reads()
    await robin.deletes_chat()
    assert (await robin.chat())["messages"] == []


async def test_a_screen_reads_as_the_phone_does(story):
    robin = await story.person("Robin Example", ROBIN)
    await robin.sends("/button")
    screen = await robin.screen()
    assert screen.splitlines()[0].startswith("┌─ Robin Example · Night ─")
    assert "│   heard: /button" in screen
    assert "│   [🏠 Rowan House]" in screen


async def test_the_token_is_nowhere_in_what_people_see(story, human):
    robin = await story.person("Robin Example", ROBIN)
    await robin.sends("/button")
    events = await human.get("/human/events", since=0)
    assert TOKEN not in str(events)
