"""What a bot tells Telegram about itself."""

import pytest


async def test_commands_belong_to_a_scope_and_a_language(api, human, robin):
    missing = [{"command": "missing", "description": "Log a missing report"}]
    private = {"type": "all_private_chats"}
    await api.ok("setMyCommands", commands=missing)
    await api.ok("setMyCommands", commands=missing * 2, scope=private, language_code="cy")
    assert await api.ok("getMyCommands") == missing
    assert await api.ok("getMyCommands", scope=private) == []
    assert len(await api.ok("getMyCommands", scope=private, language_code="cy")) == 2
    assert len((await human.get("/human/bots"))[0]["commands"]) == 2
    await api.ok("setMyCommands", commands=[])
    assert await api.ok("getMyCommands") == []
    await api.ok("setMyCommands", commands=missing, scope={"type": "chat", "chat_id": robin})
    refusal = await api.no("setMyCommands", commands=missing, scope={"type": "chat", "chat_id": 9})
    assert refusal == "400 Bad Request: chat not found"


@pytest.mark.parametrize(
    ("command", "refusal"),
    [
        ({"command": "Mis sing", "description": "x"}, "BOT_COMMAND_INVALID"),
        ({"command": "x" * 33, "description": "x"}, "BOT_COMMAND_INVALID"),
        ({"command": "x", "description": ""}, "BOT_COMMAND_DESCRIPTION_INVALID"),
        ({"command": "x", "description": "x" * 257}, "BOT_COMMAND_DESCRIPTION_INVALID"),
    ],
)
async def test_commands_that_are_refused(api, command, refusal):
    assert await api.no("setMyCommands", commands=[command]) == f"400 Bad Request: {refusal}"


async def test_a_hundred_commands_and_no_more(api):
    commands = [{"command": f"c{n}", "description": "x"} for n in range(101)]
    assert "BOT_COMMANDS_TOO_MUCH" in await api.no("setMyCommands", commands=commands)
    await api.ok("setMyCommands", commands=commands[:100])


async def test_name_and_descriptions(api, human):
    for name, most in (("Description", 512), ("ShortDescription", 120)):
        key = {"ShortDescription": "short_description"}.get(name, name.lower())
        await api.ok(f"setMy{name}", **{key: "Nightlight"})
        await api.ok(f"setMy{name}", **{key: "Golau nos"}, language_code="cy")
        assert await api.ok(f"getMy{name}") == {key: "Nightlight"}
        assert await api.ok(f"getMy{name}", language_code="cy") == {key: "Golau nos"}
        assert await api.ok(f"getMy{name}", language_code="fr") == {key: "Nightlight"}
        assert "is too long" in await api.no(f"setMy{name}", **{key: "x" * (most + 1)})
    assert (await api.ok("getMyName"))["name"] == "Night"


async def test_the_menu_button(api, robin):
    assert await api.ok("getChatMenuButton") == {"type": "default"}
    await api.ok("setChatMenuButton", menu_button={"type": "commands"})
    assert await api.ok("getChatMenuButton", chat_id=robin) == {"type": "commands"}
    await api.ok("setChatMenuButton", chat_id=robin, menu_button={"type": "default"})
    assert await api.ok("getChatMenuButton", chat_id=robin) == {"type": "default"}
    web = {"type": "web_app", "text": "x", "web_app": {"url": "https://example.org"}}
    assert "the sandbox does not offer" in await api.no("setChatMenuButton", menu_button=web)


async def test_a_chat_as_the_bot_may_know_it(api, human, robin):
    chat = await api.ok("getChat", chat_id=robin)
    assert (chat["first_name"], chat["type"]) == ("Robin", "private")
    await human.post("/human/users", first_name="Sam", id=7002)
    assert await api.no("getChat", chat_id=7002) == "400 Bad Request: chat not found"
