"""The human side: chats as people have them, events, reading, reset."""

import asyncio

import orjson

from tests.sandbox.conftest import ROBIN, SAM, TOKEN


async def test_unread_messages_become_read_and_the_time_is_kept(api, human, robin):
    for text in "abc":
        await api.ok("sendMessage", chat_id=robin, text=text, disable_notification=text == "c")
    (chat,) = await human.get(f"/human/users/{robin}/chats")
    assert (chat["unread"], chat["title"]) == (3, "Night")
    messages = await human.messages(robin)
    assert [message["silent"] for message in messages] == [False, False, False, True]
    read = await human.post("/human/read", user=robin, up_to=messages[2]["message_id"])
    assert len(read["read"]) == 2
    assert (await human.messages(robin))[1]["read"] == "2026-01-10T21:30:00+00:00"
    assert len((await human.post("/human/read", user=robin))["read"]) == 1
    event = (await human.get("/human/events", since=0))["events"][-1]
    assert (event["kind"], event["users"]) == ("read", [robin])


async def test_a_deleted_chat_is_empty_on_this_phone_only(api, human, robin):
    sent = await api.ok("sendMessage", chat_id=robin, text="old")
    await human.post("/human/delete_chat", user=robin)
    assert await human.messages(robin) == []
    given = {"chat_id": robin, "message_id": sent["message_id"]}
    await api.ok("editMessageText", **given, text="still the bot's")
    await api.ok("sendMessage", chat_id=robin, text="new")
    assert [message["text"] for message in await human.messages(robin)] == ["new"]


async def test_events_can_be_waited_for(api, human, robin):
    last = (await human.get("/human/events", since=10**9))["last"]
    waiting = asyncio.create_task(human.get("/human/events", since=last, wait=10))
    await asyncio.sleep(0.05)
    await api.ok("sendMessage", chat_id=robin, text="ring")
    found = await asyncio.wait_for(waiting, 2)
    assert [(e["kind"], e["message"]["text"]) for e in found["events"]] == [("message", "ring")]
    assert found["events"][0]["n"] == found["last"] == last + 1


async def test_a_page_can_follow_a_stream_of_events(api, client, human, robin):
    last = (await human.get("/human/events", since=10**9))["last"]
    async with client.stream("GET", "/human/stream", params={"since": last}) as stream:
        await api.ok("sendMessage", chat_id=robin, text="ring")
        await api.ok("sendMessage", chat_id=robin, text="ring twice")
        seen = []
        async for line in stream.aiter_lines():
            if line.startswith("data: "):
                seen.append(orjson.loads(line.removeprefix("data: ")))
            if len(seen) == 2:
                break
    assert [event["message"]["text"] for event in seen] == ["ring", "ring twice"]
    assert [event["n"] for event in seen] == [last + 1, last + 2]


async def test_a_person_sees_only_events_of_their_own(api, human, robin):
    await human.starts(SAM, "Sam")
    last = (await human.get("/human/events", since=10**9))["last"]
    await api.ok("sendMessage", chat_id=robin, text="for robin")
    await api.ok("sendMessage", chat_id=SAM, text="for sam")
    found = await human.get("/human/events", since=last, user=SAM)
    assert [event["message"]["text"] for event in found["events"]] == ["for sam"]


async def test_two_bots_have_two_chats_with_the_same_person(api, human, client, robin):
    from tests.sandbox.conftest import Api

    await human.post("/human/bots", token="990:second-bot", username="second_bot", name="Second")
    second = Api(client, "990:second-bot")
    assert (await second.ok("getMe"))["username"] == "second_bot"
    assert "say which chat" in await human.no("/human/send", user=robin, text="x")
    await human.post("/human/send", user=robin, chat="@second_bot", text="hello second")
    assert [u["message"]["text"] for u in await second.updates()] == ["hello second"]
    assert await api.updates() == []
    await second.ok("sendMessage", chat_id=robin, text="from second")
    assert (await human.messages(robin, 990))[-1]["text"] == "from second"
    refusal = "403 Forbidden: bot can't send messages to bots"
    assert await api.no("sendMessage", chat_id=990, text="x") == refusal


async def test_reset_empties_everything_but_the_bot_given_at_the_start(api, human, robin):
    await human.post("/human/bots", token="990:second-bot")
    await human.post("/faults", effect="bad_gateway")
    await human.post("/reset", clock="2026-03-29T00:30:00Z")
    assert await human.get("/human/users") == []
    assert [bot["id"] for bot in await human.get("/human/bots")] == [int(TOKEN.split(":")[0])]
    assert await human.get("/faults") == []
    assert (await human.get("/clock"))["now"] == "2026-03-29T00:30:00.000000+00:00"
    assert await api.no("sendMessage", chat_id=ROBIN, text="x") == "400 Bad Request: chat not found"
    kinds = [event["kind"] for event in (await human.get("/human/events", since=0))["events"]]
    assert "reset" in kinds[-3:]


async def test_slips_of_the_pen_are_named(human, robin):
    assert "`usr`" in await human.no("/human/send", usr=robin, text="x")
    assert "there is no person with id 5" in await human.no("/human/send", user=5, text="x")
    assert "is taken" in await human.no("/human/users", first_name="X", id=robin)
    assert "name the button" in await human.no("/human/tap", user=robin)
    assert "too long" in await human.no("/human/send", user=robin, text="x" * 4097)
    assert "there is no chat" in await human.no("/human/send", user=robin, chat="Nowhere", text="x")
