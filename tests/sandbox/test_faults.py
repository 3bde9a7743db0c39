"""Weather: a request goes wrong in the way that was asked for, and only that one."""

import asyncio
from time import monotonic

import httpx
import pytest


async def fault(human, effect, **rule):
    return (await human.post("/faults", effect=effect, **rule))["id"]


def said(messages):
    return [message["text"] for message in messages if not message["mine"]]


async def test_a_dropped_request_has_done_nothing(api, human, robin):
    await fault(human, "drop", method="sendMessage", count=1)
    with pytest.raises(httpx.RemoteProtocolError):
        await api.raw("sendMessage", chat_id=robin, text="a")
    assert said(await human.messages(robin)) == []
    await api.ok("sendMessage", chat_id=robin, text="b")
    assert await human.get("/faults") == [], "a rule with a count ends by itself"


async def test_a_lost_answer_has_been_delivered(api, human, robin):
    await fault(human, "lose_answer", method="send*", count=1)
    with pytest.raises(httpx.RemoteProtocolError):
        await api.raw("sendMessage", chat_id=robin, text="a")
    assert said(await human.messages(robin)) == ["a"]


async def test_telegram_is_down_and_comes_back(api, human, robin):
    number = await fault(human, "drop")
    for method in ("getMe", "getUpdates", "sendMessage"):
        with pytest.raises(httpx.RemoteProtocolError):
            await api.raw(method)
    assert len(await human.messages(robin)) == 1, "the human side is not hit"
    await human.client.delete(f"/faults/{number}")
    await api.ok("getMe")
    assert (await human.client.delete(f"/faults/{number}")).status_code == 404


async def test_slow_and_hanging(api, human, robin):
    await fault(human, "slow", method="sendMessage", seconds=0.2, count=1)
    before = monotonic()
    await api.ok("sendMessage", chat_id=robin, text="late")
    assert monotonic() - before >= 0.2
    await fault(human, "hang", method="sendMessage", seconds=0.2, count=1)
    with pytest.raises(httpx.RemoteProtocolError):
        await api.raw("sendMessage", chat_id=robin, text="never")
    assert said(await human.messages(robin)) == ["late"]


async def test_a_bot_that_gives_up_on_a_slow_request_has_sent_nothing(api, human, robin):
    await fault(human, "slow", method="sendMessage", seconds=5, count=1)
    with pytest.raises(httpx.ReadTimeout):
        await api.client.post(
            f"/bot{api.token}/sendMessage", json={"chat_id": robin, "text": "x"}, timeout=0.1
        )
    assert (await human.post("/settle", wait=3))["settled"] is True
    assert said(await human.messages(robin)) == []


async def test_answers_of_a_telegram_in_trouble(api, human, robin):
    await fault(human, "bad_gateway", count=1)
    assert (await api.raw("getMe")).status_code == 502
    await fault(human, "too_many_requests", retry_after=7, count=1)
    refusal = await api.refusal("sendMessage", chat_id=robin, text="x")
    assert refusal["parameters"] == {"retry_after": 7}
    await fault(human, "unauthorized", count=1)
    assert await api.no("getMe") == "401 Unauthorized"


async def test_only_the_chat_the_bot_and_the_words_named(api, human, robin):
    await human.starts(7002, "Sam")
    await fault(human, "bad_gateway", chat=robin, bot=110201, text="LATE")
    assert (await api.raw("sendMessage", chat_id=robin, text="LATE by 5 min")).status_code == 502
    await api.ok("sendMessage", chat_id=robin, text="on time")
    await api.ok("sendMessage", chat_id=7002, text="LATE by 5 min")
    await fault(human, "bad_gateway", bot=5)
    await api.ok("getMe")


async def test_a_share_of_requests_by_a_seed(api, human, robin):
    async def pattern():
        await human.post("/reset", seed=42)
        await fault(human, "bad_gateway", probability=0.5)
        return [(await api.raw("getMe")).status_code for _ in range(40)]

    first = await pattern()
    assert first == await pattern()
    assert 5 < first.count(502) < 35


async def test_downloads_are_hit_by_name(api, human, robin):
    sent = await api.upload("sendDocument", {"document": ("a", b"x")}, chat_id=robin)
    file_id = sent.json()["result"]["document"]["file_id"]
    path = (await api.ok("getFile", file_id=file_id))["file_path"]
    await fault(human, "bad_gateway", method="file", count=1)
    assert (await api.client.get(f"/file/bot{api.token}/{path}")).status_code == 502
    assert (await api.client.get(f"/file/bot{api.token}/{path}")).status_code == 200


async def test_a_poll_that_hangs_is_cut(api, human, robin):
    await fault(human, "hang", method="getUpdates", seconds=0.1, count=1)
    with pytest.raises(httpx.RemoteProtocolError):
        await asyncio.wait_for(api.raw("getUpdates", timeout=20), 2)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"effect": "rain"}, "effect must be one of drop, lose_answer"),
        ({"effect": "drop", "probability": 2}, "between 0 and 1"),
        ({"effect": "drop", "count": 0}, "count at least 1"),
        ({"effect": "drop", "methods": "x"}, "unknown field"),
    ],
)
async def test_rules_that_make_no_sense(human, rule, words):
    assert words in await human.no("/faults", **rule)
