"""Editing, deleting and callback queries."""

import asyncio

from tests.sandbox.conftest import EVENING

NOT_MODIFIED = (
    "400 Bad Request: message is not modified: specified new message content and reply markup "
    "are exactly the same as a current content and reply markup of the message"
)
TOO_OLD = "400 Bad Request: query is too old and response timeout expired or query ID is invalid"
YES = {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]}


async def test_an_edit_replaces_text_and_keyboard(api, human, robin):
    sent = await api.ok("sendMessage", chat_id=robin, text="old", reply_markup=YES)
    target = {"chat_id": robin, "message_id": sent["message_id"]}
    assert await api.no("editMessageText", **target, text="old", reply_markup=YES) == NOT_MODIFIED
    edited = await api.ok("editMessageText", **target, text="<b>new</b>", parse_mode="HTML")
    assert (edited["text"], "reply_markup" in edited) == ("new", False)
    assert edited["edit_date"] == int(EVENING.timestamp())
    assert (await human.messages(robin))[-1]["text"] == "new"
    assert await api.no("editMessageReplyMarkup", **target) == NOT_MODIFIED
    assert "reply_markup" in await api.ok("editMessageReplyMarkup", **target, reply_markup=YES)


async def test_only_own_texts_that_are_there_can_be_edited(api, human, robin):
    theirs = (await human.messages(robin))[0]["message_id"]
    refusal = await api.no("editMessageText", chat_id=robin, message_id=theirs, text="x")
    assert refusal == "400 Bad Request: message can't be edited"
    refusal = await api.no("editMessageText", chat_id=robin, message_id=999, text="x")
    assert refusal == "400 Bad Request: message to edit not found"
    refusal = await api.no("editMessageText", chat_id=robin, text="x")
    assert refusal == "400 Bad Request: message identifier is not specified"
    text = (await api.ok("sendMessage", chat_id=robin, text="x"))["message_id"]
    refusal = await api.no("editMessageCaption", chat_id=robin, message_id=text, caption="x")
    assert refusal == "400 Bad Request: there is no caption in the message to edit"


async def test_a_message_can_be_deleted_for_48_hours(api, human, robin):
    ids = [(await api.ok("sendMessage", chat_id=robin, text=t))["message_id"] for t in "abc"]
    await human.post("/clock", advance_seconds=48 * 3600, wait=0)
    await api.ok("deleteMessage", chat_id=robin, message_id=ids[0])
    refusal = await api.no("deleteMessage", chat_id=robin, message_id=ids[0])
    assert refusal == "400 Bad Request: message to delete not found"
    assert [m.get("text") for m in await human.messages(robin)] == ["/start", "b", "c"]
    await human.post("/clock", advance_seconds=1, wait=0)
    refusal = await api.no("deleteMessage", chat_id=robin, message_id=ids[1])
    assert refusal == "400 Bad Request: message can't be deleted for everyone"


async def test_several_messages_are_deleted_at_once_and_strangers_passed_over(api, human, robin):
    ids = [(await api.ok("sendMessage", chat_id=robin, text=t))["message_id"] for t in "ab"]
    await api.ok("deleteMessages", chat_id=robin, message_ids=[*ids, 999])
    assert len(await human.messages(robin)) == 1
    for numbers, words in (
        ([], "message identifiers are not specified"),
        (list(range(101)), "too many message identifiers specified"),
        (["x"], "message identifier must be a Number"),
    ):
        assert words in await api.no("deleteMessages", chat_id=robin, message_ids=numbers)


async def test_a_tap_is_answered_once_and_in_time(api, human, robin):
    sent = await api.ok("sendMessage", chat_id=robin, text="?", reply_markup=YES)
    tapped = await human.post("/human/tap", user=robin, text="Yes")
    (update,) = await api.updates()
    query = update["callback_query"]
    assert (query["data"], query["message"]["message_id"]) == ("y", sent["message_id"])
    assert query["from"]["id"] == robin
    answer = {"callback_query_id": query["id"], "text": "Noted", "show_alert": True}
    long = await api.no("answerCallbackQuery", **(answer | {"text": "x" * 201}))
    assert long == "400 Bad Request: MESSAGE_TOO_LONG"
    await api.ok("answerCallbackQuery", **answer)
    assert await api.no("answerCallbackQuery", **answer) == TOO_OLD
    told = await human.get(f"/human/queries/{tapped['query_id']}")
    assert told["answer"] == {"text": "Noted", "show_alert": True}


async def test_a_tap_can_wait_for_its_answer(api, human, robin):
    await api.ok("sendMessage", chat_id=robin, text="?", reply_markup=YES)
    tap = asyncio.create_task(human.post("/human/tap", user=robin, text="Yes", wait=10))
    (update,) = await api.ok("getUpdates", timeout=5)
    query = update["callback_query"]["id"]
    await api.ok("answerCallbackQuery", callback_query_id=query, text="Noted")
    told = await asyncio.wait_for(tap, 2)
    assert told["answer"] == {"text": "Noted", "show_alert": False}


async def test_a_tap_that_waits_too_long_can_no_longer_be_answered(api, human, robin):
    await api.ok("sendMessage", chat_id=robin, text="?", reply_markup=YES)
    tapped = await human.post("/human/tap", user=robin, data="y")
    await human.post("/clock", advance_seconds=31, wait=0)
    assert await api.no("answerCallbackQuery", callback_query_id=tapped["query_id"]) == TOO_OLD


async def test_a_button_that_is_gone_cannot_be_tapped(api, human, robin):
    sent = await api.ok("sendMessage", chat_id=robin, text="?", reply_markup=YES)
    await api.ok("editMessageReplyMarkup", chat_id=robin, message_id=sent["message_id"])
    refusal = await human.no("/human/tap", user=robin, text="Yes", message_id=sent["message_id"])
    assert refusal.startswith("404 there is no button 'Yes'")


async def test_a_person_edits_their_own_text(api, human, robin):
    mine = await human.post("/human/send", user=robin, text="21:30")
    await human.post("/human/edit", user=robin, message_id=mine["message_id"], text="21:45")
    first, second = await api.updates()
    assert first["message"]["text"] == "21:30"
    assert second["edited_message"]["text"] == "21:45"
    theirs = (await api.ok("sendMessage", chat_id=robin, text="x"))["message_id"]
    assert "own" in await human.no("/human/edit", user=robin, message_id=theirs, text="y")
