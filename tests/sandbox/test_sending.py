"""Sending texts: what arrives, and everything Telegram refuses, in its words."""

import pytest


async def test_a_text_arrives_as_the_bot_sent_it(api, human, robin):
    sent = await api.ok("sendMessage", chat_id=robin, text="  Level 1  ", protect_content=True)
    assert sent["text"] == "Level 1"
    assert sent["chat"] == {
        "id": robin,
        "first_name": "Robin",
        "last_name": "Example",
        "type": "private",
    }
    assert sent["has_protected_content"] is True
    assert sent["date"] == 1768080600  # 21:30 UTC on the server's clock
    shown = (await human.messages(robin))[-1]
    assert (shown["text"], shown["mine"], shown["read"]) == ("Level 1", False, None)


async def test_parameters_may_come_as_a_form_a_query_or_json(api, client, robin):
    for answer in (
        await client.post(f"/bot{api.token}/sendMessage", data={"chat_id": robin, "text": "a"}),
        await client.get(f"/bot{api.token}/SENDMESSAGE", params={"chat_id": robin, "text": "a"}),
        await api.upload("sendMessage", {"x": ("x", b"y")}, chat_id=robin, text="a"),
    ):
        assert answer.json()["result"]["text"] == "a"


@pytest.mark.parametrize(
    ("params", "refusal"),
    [
        ({"text": ""}, "400 Bad Request: message text is empty"),
        ({"text": " \n "}, "400 Bad Request: message text is empty"),
        ({"text": "<b></b>", "parse_mode": "HTML"}, "400 Bad Request: message text is empty"),
        ({"text": "x" * 4097}, "400 Bad Request: message is too long"),
        ({"text": "x", "chat_id": ""}, "400 Bad Request: chat_id is empty"),
        ({"text": "x", "chat_id": 999}, "400 Bad Request: chat not found"),
        ({"text": "x", "chat_id": "@nobody"}, "400 Bad Request: chat not found"),
        ({"text": "x", "parse_mode": "RTF"}, "400 Bad Request: unsupported parse_mode"),
        (
            {"text": "x", "reply_parameters": {"message_id": 99}},
            "400 Bad Request: message to be replied not found",
        ),
        (
            {"text": "x", "message_thread_id": 4},
            "400 Bad Request: the sandbox does not offer the parameter message_thread_id "
            "of sendMessage",
        ),
        (
            {"text": "x", "reply_markup": "{"},
            "400 Bad Request: can't parse reply keyboard markup JSON object",
        ),
    ],
)
async def test_refusals(api, robin, params, refusal):
    assert await api.no("sendMessage", **({"chat_id": robin} | params)) == refusal


async def test_4096_characters_count_after_the_entities_are_taken_out(api, robin):
    text = f"<b>{'x' * 4096}</b>"
    sent = await api.ok("sendMessage", chat_id=robin, text=text, parse_mode="HTML")
    assert len(sent["text"]) == 4096


async def test_nobody_can_be_written_to_who_never_pressed_start(api, human):
    await human.post("/human/users", first_name="Sam", id=7002)
    refusal = "403 Forbidden: bot can't initiate conversation with a user"
    assert await api.no("sendMessage", chat_id=7002, text="x") == refusal


async def test_a_person_who_blocks_the_bot(api, human, robin):
    await human.post("/human/block", user=robin)
    refusal = "403 Forbidden: bot was blocked by the user"
    assert await api.no("sendMessage", chat_id=robin, text="x") == refusal
    (update,) = await api.updates()
    assert update["my_chat_member"]["new_chat_member"]["status"] == "kicked"
    assert "unblock" in await human.no("/human/send", user=robin, text="x")
    await human.post("/human/unblock", user=robin)
    await api.ok("sendMessage", chat_id=robin, text="x")


async def test_an_account_that_is_gone(api, human, robin):
    await human.post("/human/deactivate", user=robin)
    refusal = "403 Forbidden: user is deactivated"
    assert await api.no("sendMessage", chat_id=robin, text="x") == refusal


async def test_a_reply_shows_what_it_replies_to_one_level_deep(api, robin):
    first = await api.ok("sendMessage", chat_id=robin, text="1")
    second = await api.ok(
        "sendMessage", chat_id=robin, text="2", reply_parameters={"message_id": first["message_id"]}
    )
    third = await api.ok(
        "sendMessage", chat_id=robin, text="3", reply_to_message_id=second["message_id"]
    )
    assert second["reply_to_message"]["text"] == "1"
    assert "reply_to_message" not in third["reply_to_message"]
    gone = {"message_id": 99, "allow_sending_without_reply": True}
    alone = await api.ok("sendMessage", chat_id=robin, text="4", reply_parameters=gone)
    assert "reply_to_message" not in alone


async def test_a_chat_action_is_shown_and_a_wrong_one_refused(api, human, robin):
    await api.ok("sendChatAction", chat_id=robin, action="typing")
    event = (await human.get("/human/events", since=0))["events"][-1]
    assert (event["kind"], event["action"], event["users"]) == ("action", "typing", [robin])
    assert "wrong parameter action" in await api.no("sendChatAction", chat_id=robin, action="nap")


async def test_methods_the_sandbox_has_not_say_so_and_unknown_ones_are_404(api, robin):
    refusal = "400 Bad Request: the sandbox does not offer the method sendPoll"
    assert await api.no("sendPoll", chat_id=robin) == refusal
    assert await api.no("sendNonsense") == "404 Not Found: method not found"


async def test_tokens(client):
    unknown = await client.get("/bot99:unknown-token/getMe")
    assert (unknown.status_code, unknown.json()["description"]) == (401, "Unauthorized")
    malformed = await client.get("/botnonsense/getMe")
    assert (malformed.status_code, malformed.json()["description"]) == (404, "Not Found")


class TestKeyboards:
    """What Telegram checks before it accepts a keyboard."""

    @staticmethod
    def inline(**button):
        return {"inline_keyboard": [[{"text": "a"} | button]]}

    async def test_callback_data_is_measured_in_bytes(self, api, robin):
        given = {"chat_id": robin, "text": "x"}
        await api.ok("sendMessage", **given, reply_markup=self.inline(callback_data="é" * 32))
        long = self.inline(callback_data="é" * 33)
        refusal = await api.no("sendMessage", **given, reply_markup=long)
        assert refusal == "400 Bad Request: BUTTON_DATA_INVALID"

    @pytest.mark.parametrize(
        ("button", "words"),
        [
            ({"callback_data": ""}, "Text buttons are unallowed in the inline keyboard"),
            ({}, "Text buttons are unallowed in the inline keyboard"),
            ({"text": " ", "callback_data": "x"}, "text must be non-empty"),
            ({"url": "http://"}, "URL host is empty"),
            ({"url": "ftp://example.org"}, "Unsupported URL protocol"),
            ({"web_app": {"url": "http://example.org"}}, "Only HTTPS links are allowed"),
            ({"pay": True}, "the sandbox does not offer"),
        ],
    )
    async def test_bad_buttons(self, api, robin, button, words):
        markup = self.inline(**button)
        assert words in await api.no("sendMessage", chat_id=robin, text="x", reply_markup=markup)

    async def test_a_hundred_buttons_and_no_more(self, api, robin):
        rows = [[{"text": "a", "callback_data": "b"}] * 5] * 20
        given = {"chat_id": robin, "text": "x"}
        await api.ok("sendMessage", **given, reply_markup={"inline_keyboard": rows})
        rows = [*rows, [{"text": "a", "callback_data": "b"}]]
        refusal = await api.no("sendMessage", **given, reply_markup={"inline_keyboard": rows})
        assert refusal == "400 Bad Request: reply markup is too long"

    async def test_a_reply_keyboard_stays_until_it_is_taken_away(self, api, human, robin):
        keys = {"keyboard": [["Missing", {"text": "Open"}]], "resize_keyboard": True}
        await api.ok("sendMessage", chat_id=robin, text="x", reply_markup=keys)
        await api.ok("sendMessage", chat_id=robin, text="y")
        chat = await human.get(f"/human/users/{robin}/chat")
        assert [key["text"] for key in chat["reply_keyboard"]["keyboard"][0]] == ["Missing", "Open"]
        await human.post("/human/press", user=robin, text="Open")
        assert (await api.updates())[0]["message"]["text"] == "Open"
        assert "there is no key" in await human.no("/human/press", user=robin, text="Shut")
        gone = {"remove_keyboard": True}
        await api.ok("sendMessage", chat_id=robin, text="z", reply_markup=gone)
        assert (await human.get(f"/human/users/{robin}/chat"))["reply_keyboard"] is None
