"""Groups: who sees what, who may do what, and a group that becomes a supergroup."""

import pytest

from tests.sandbox.conftest import ROBIN, SAM

BOT = 110201


@pytest.fixture
async def group(api, human, robin):
    """Robin's group with Sam and the bot."""
    await human.post("/human/users", first_name="Sam", id=SAM)
    made = await human.post("/human/groups", user=ROBIN, title="Night team", members=[SAM, BOT])
    return made["id"]


async def test_a_bot_is_told_that_it_was_added(api, group):
    member, message = await api.updates()
    assert member["my_chat_member"]["old_chat_member"]["status"] == "left"
    assert member["my_chat_member"]["new_chat_member"]["status"] == "member"
    assert message["message"]["new_chat_members"][0]["id"] == BOT
    assert message["message"]["chat"]["title"] == "Night team"


async def test_privacy_mode_shows_a_bot_what_is_meant_for_it(api, human, group):
    await api.updates()
    own = await api.ok("sendMessage", chat_id=group, text="mine")
    said = [
        ("hello all", None),
        ("/open", None),
        ("/open@nightlight_example_bot", None),
        ("/open@other_bot", None),
        ("ask @nightlight_example_bot", None),
        ("yes", own["message_id"]),
    ]
    for text, reply_to in said:
        await human.post("/human/send", user=SAM, chat=group, text=text, reply_to=reply_to)
    heard = [update["message"]["text"] for update in await api.updates()]
    assert heard == [
        "/open",
        "/open@nightlight_example_bot",
        "ask @nightlight_example_bot",
        "yes",
    ]
    await human.post(
        f"/human/groups/{group}/members", user=ROBIN, member=BOT, status="administrator"
    )
    await human.post("/human/send", user=SAM, chat=group, text="hello all")
    assert (await api.updates())[-1]["message"]["text"] == "hello all"


async def test_everybody_in_the_group_sees_a_message_and_taps_are_named(api, human, group):
    await api.updates()
    markup = {"inline_keyboard": [[{"text": "I have it", "callback_data": "mine"}]]}
    await api.ok("sendMessage", chat_id=group, text="Who?", reply_markup=markup)
    for person in (ROBIN, SAM):
        assert (await human.messages(person, group))[-1]["text"] == "Who?"
    await human.post("/human/tap", user=SAM, chat="Night team", text="I have it")
    (update,) = await api.updates()
    assert update["callback_query"]["from"]["id"] == SAM
    assert update["callback_query"]["message"]["chat"]["id"] == group


async def test_twenty_messages_a_minute(api, human, group):
    await human.post("/settings", chat_burst=100)
    for _ in range(20):
        await api.ok("sendMessage", chat_id=group, text="x")
    refusal = "429 Too Many Requests: retry after 60"
    assert await api.no("sendMessage", chat_id=group, text="x") == refusal


async def test_rights_in_a_group(api, human, group):
    theirs = await human.post("/human/send", user=SAM, chat=group, text="/x")
    target = {"chat_id": group, "message_id": theirs["message_id"]}
    assert "message can't be deleted" in await api.no("deleteMessage", **target)
    assert "not enough rights to manage pinned messages" in await api.no("pinChatMessage", **target)
    await human.post(
        f"/human/groups/{group}/members", user=ROBIN, member=BOT, status="administrator"
    )
    await api.ok("pinChatMessage", **target)
    assert "CHAT_NOT_MODIFIED" in await api.no("pinChatMessage", **target)
    assert (await api.ok("getChat", chat_id=group))["pinned_message"]["text"] == "/x"
    await api.ok("unpinChatMessage", **target)
    assert "message to unpin not found" in await api.no("unpinChatMessage", **target)
    await api.ok("pinChatMessage", **target)
    await api.ok("unpinAllChatMessages", chat_id=group)
    assert "pinned_message" not in await api.ok("getChat", chat_id=group)
    await api.ok("deleteMessage", **target)
    admins = await api.ok("getChatAdministrators", chat_id=group)
    assert {admin["status"] for admin in admins} == {"creator", "administrator"}


async def test_members(api, human, group, robin):
    assert await api.ok("getChatMemberCount", chat_id=group) == 3
    sam = {"chat_id": group, "user_id": SAM}
    assert (await api.ok("getChatMember", **sam))["status"] == "member"
    await human.post(f"/human/groups/{group}/members", user=ROBIN, member=SAM, status="left")
    assert (await api.ok("getChatMember", **sam))["status"] == "left"
    assert "not in this group" in await human.no("/human/send", user=SAM, chat=group, text="x")
    assert "invalid user_id" in await api.no("getChatMember", chat_id=group, user_id=5)
    assert "private chat" in await api.no("leaveChat", chat_id=robin)
    await api.ok("leaveChat", chat_id=group)
    refusal = "403 Forbidden: bot is not a member of the group chat"
    assert await api.no("sendMessage", chat_id=group, text="x") == refusal
    assert await api.no("getChat", chat_id=group) == refusal


async def test_a_bot_that_was_thrown_out(api, human, group):
    await human.post(f"/human/groups/{group}/members", user=ROBIN, member=BOT, status="kicked")
    refusal = "403 Forbidden: bot was kicked from the group chat"
    assert await api.no("sendMessage", chat_id=group, text="x") == refusal
    assert (await api.updates())[-1]["my_chat_member"]["new_chat_member"]["status"] == "kicked"


async def test_a_group_becomes_a_supergroup(api, human, group):
    await api.updates()
    fresh = (await human.post(f"/human/groups/{group}/upgrade", user=ROBIN))["id"]
    assert fresh < -(10**12)
    old, new = [update["message"] for update in await api.updates()]
    assert (old["chat"]["id"], old["migrate_to_chat_id"]) == (group, fresh)
    assert (new["chat"]["id"], new["migrate_from_chat_id"]) == (fresh, group)
    refusal = await api.refusal("sendMessage", chat_id=group, text="x")
    assert refusal["description"] == "Bad Request: group chat was upgraded to a supergroup chat"
    assert refusal["parameters"] == {"migrate_to_chat_id": fresh}
    await api.ok("sendMessage", chat_id=fresh, text="x")
    assert (await human.messages(SAM, fresh))[-1]["text"] == "x"
    assert "can be upgraded" in await human.no(f"/human/groups/{group}/upgrade", user=ROBIN)
