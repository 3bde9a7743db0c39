"""Long polling: nothing is lost, nobody listens twice."""

import asyncio
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.server.updates import UpdateQueue
from tests.sandbox.conftest import EVENING

TWO_POLLS = (
    "409 Conflict: terminated by other getUpdates request; "
    "make sure that only one bot instance is running"
)


async def say(human, user, *texts):
    for text in texts:
        await human.post("/human/send", user=user, text=text)


def texts(updates):
    return [update["message"]["text"] for update in updates]


async def test_updates_come_again_until_an_offset_confirms_them(api, human, robin):
    await say(human, robin, "a", "b", "c")
    found = await api.ok("getUpdates")
    assert texts(found) == texts(await api.ok("getUpdates")) == ["a", "b", "c"]
    rest = await api.ok("getUpdates", offset=found[1]["update_id"])
    assert texts(rest) == ["b", "c"]
    assert texts(await api.ok("getUpdates")) == ["b", "c"]
    assert texts(await api.ok("getUpdates", limit=1)) == ["b"]


async def test_a_negative_offset_keeps_only_the_newest(api, human, robin):
    await say(human, robin, "a", "b", "c")
    assert texts(await api.ok("getUpdates", offset=-1)) == ["c"]
    assert texts(await api.ok("getUpdates")) == ["c"]


async def test_at_most_a_hundred_at_once(api, human, robin):
    await asyncio.gather(*(say(human, robin, str(n)) for n in range(120)))
    assert len(await api.ok("getUpdates")) == 100
    assert len(await api.ok("getUpdates", limit=500)) == 100


async def test_a_poll_waits_for_the_next_update(api, human, robin):
    poll = asyncio.create_task(api.ok("getUpdates", timeout=20))
    await asyncio.sleep(0.05)
    await say(human, robin, "now")
    assert texts(await asyncio.wait_for(poll, 2)) == ["now"]


async def test_a_poll_ends_empty_when_nothing_comes(api, robin):
    assert await asyncio.wait_for(api.ok("getUpdates", timeout=1), 3) == []


async def test_the_older_of_two_polls_gets_409(api, human, robin):
    older = asyncio.create_task(api.no("getUpdates", timeout=20))
    await asyncio.sleep(0.05)
    newer = asyncio.create_task(api.ok("getUpdates", timeout=20))
    assert await asyncio.wait_for(older, 2) == TWO_POLLS
    await say(human, robin, "for the newer")
    assert texts(await asyncio.wait_for(newer, 2)) == ["for the newer"]


async def test_a_poll_whose_bot_was_killed_does_not_stay_open(api, client, human, robin):
    poll = asyncio.create_task(api.ok("getUpdates", timeout=50))
    await asyncio.sleep(0.05)
    assert (await human.get("/human/bots"))[0]["polling"] is True
    poll.cancel()
    for _ in range(100):
        if not (await human.get("/human/bots"))[0]["polling"]:
            break
        await asyncio.sleep(0.02)
    else:
        pytest.fail("the poll is still open")


async def test_only_the_kinds_asked_for_and_the_wish_is_remembered(api, human, robin):
    await api.ok("getUpdates", allowed_updates=["callback_query"])
    await say(human, robin, "unheard")
    assert await api.ok("getUpdates") == []
    await api.ok("getUpdates", allowed_updates=[])
    await say(human, robin, "heard")
    assert texts(await api.ok("getUpdates")) == ["heard"]


async def test_commands_are_marked_as_such(api, human, robin):
    await say(human, robin, "/case 4")
    (update,) = await api.ok("getUpdates")
    assert update["message"]["entities"] == [{"type": "bot_command", "offset": 0, "length": 5}]


@given(
    st.lists(
        st.one_of(
            st.just("new"),
            st.tuples(st.just("get"), st.integers(-4, 12), st.integers(1, 5)),
            st.tuples(st.just("hours"), st.integers(1, 30)),
        ),
        max_size=30,
    )
)
def test_an_update_is_given_out_until_it_is_confirmed_or_a_day_old(steps):
    """Against a plain list: any order of messages, offsets and hours gives the same answers."""
    now = EVENING
    queue = UpdateQueue(lambda: now, lambda: 24.0, lambda: None)
    kept: list[tuple[int, datetime]] = []
    first = 100_000_001
    made = 0
    for step in steps:
        if step == "new":
            assert queue.push("message", {}) == first + made
            kept.append((first + made, now))
            made += 1
        elif step[0] == "hours":
            now += timedelta(hours=step[1])
        else:
            _, number, limit = step
            offset = first + number if number > 0 else number
            kept = [(n, at) for n, at in kept if now - at <= timedelta(hours=24)]
            if offset > 0:
                kept = [(n, at) for n, at in kept if n >= offset]
            elif offset < 0:
                kept = kept[offset:]
            found = asyncio.run(queue.get(offset, limit, 0))
            assert [update["update_id"] for update in found] == [n for n, _ in kept[:limit]]


async def test_an_update_nobody_could_send_is_given_out_as_it_stands(api, human, robin):
    huge = {"message": {"message_id": 10**30}}
    for update in (huge, {"update_id": 100_000_001, "dice": 1}, {}):
        await human.post("/human/update", update=update)
    await say(human, robin, "and then a text")
    found = await api.updates()
    assert [set(update) - {"update_id"} for update in found] == [
        {"message"}, {"dice"}, set(), {"message"}
    ]  # fmt: skip
    assert found[0]["message"] == huge["message"]
    assert found[1]["update_id"] == 100_000_001
    assert "bots fit" in await human.no("/human/update", update={}, bot=5)


async def test_webhooks_are_not_offered_and_said_to_be_none(api):
    refusal = await api.no("setWebhook", url="https://example.org/hook")
    assert "the sandbox does not offer the method setWebhook" in refusal
    assert (await api.ok("getWebhookInfo"))["url"] == ""


async def test_waiting_updates_can_be_dropped(api, human, robin):
    await say(human, robin, "a")
    await api.ok("deleteWebhook", drop_pending_updates=True)
    assert await api.ok("getUpdates") == []
