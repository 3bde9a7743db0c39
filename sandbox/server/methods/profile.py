"""What a bot tells Telegram about itself: commands, descriptions, menu button."""

import re
from typing import Any

import orjson

from sandbox.server.errors import bad_request
from sandbox.server.methods.registry import Call, offers
from sandbox.server.model import Json

COMMAND = re.compile(r"[a-z0-9_]{1,32}")
SCOPES = frozenset({
    "default", "all_private_chats", "all_group_chats", "all_chat_administrators", "chat",
    "chat_administrators", "chat_member",
})  # fmt: skip


def _scope(call: Call) -> str:
    scope = call.params.thing("scope") or {"type": "default"}
    if str(scope.get("type")) not in SCOPES:
        raise bad_request("can't parse BotCommandScope: unsupported type specified")
    if "chat_id" in scope:
        call.world.chat_of(call.bot, str(scope["chat_id"]))
    return orjson.dumps(scope, option=orjson.OPT_SORT_KEYS).decode()


def _language(call: Call) -> str:
    language = call.params.text("language_code")
    if language and not re.fullmatch(r"[a-z]{2}", language):
        raise bad_request("invalid language code specified")
    return language


@offers("setMyCommands", "By scope and language, 100 at most", "commands scope language_code")
def set_my_commands(call: Call) -> bool:
    """Set the commands of the menu."""
    given: list[Any] = call.params.things("commands") or []
    if len(given) > call.world.settings.commands_max:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    commands = []
    for command in given:
        if not isinstance(command, dict):
            raise bad_request("can't parse BotCommand: expected an Object")
        name = str(command.get("command", "")).removeprefix("/").lower()
        description = str(command.get("description", "")).strip()
        if not COMMAND.fullmatch(name):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(description) <= 256:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
        commands.append({"command": name, "description": description})
    key = (_scope(call), _language(call))
    if commands:
        call.bot.commands[key] = commands
    else:
        call.bot.commands.pop(key, None)
    call.world.note("commands", (), bot=call.me.id)
    return True


@offers("getMyCommands", "Exactly of this scope and language", "scope language_code")
def get_my_commands(call: Call) -> list[Json]:
    """The commands that were set."""
    return call.bot.commands.get((_scope(call), _language(call)), [])


def _set_text(call: Call, name: str, most: int) -> bool:
    text = call.params.text(name)
    if len(text) > most:
        raise bad_request(f"bot {name.replace('_', ' ')} is too long")
    key = (name, _language(call))
    if text:
        call.bot.texts[key] = text
    else:
        call.bot.texts.pop(key, None)
    return True


def _get_text(call: Call, name: str) -> Json:
    own = call.bot.texts.get((name, _language(call)))
    return {name: own or call.bot.texts.get((name, ""), "")}


@offers("getMyName", "As registered", "language_code")
def get_my_name(call: Call) -> Json:
    """The bot's name."""
    return {"name": call.me.first_name}


@offers("setMyDescription", "512 characters at most", "description language_code")
def set_my_description(call: Call) -> bool:
    """Set what people read before they press Start."""
    return _set_text(call, "description", 512)


@offers("getMyDescription", "", "language_code")
def get_my_description(call: Call) -> Json:
    """What people read before they press Start."""
    return _get_text(call, "description")


@offers("setMyShortDescription", "120 characters at most", "short_description language_code")
def set_my_short_description(call: Call) -> bool:
    """Set what the bot's profile says."""
    return _set_text(call, "short_description", 120)


@offers("getMyShortDescription", "", "language_code")
def get_my_short_description(call: Call) -> Json:
    """What the bot's profile says."""
    return _get_text(call, "short_description")


@offers("setChatMenuButton", "default and commands; no web apps", "chat_id menu_button")
def set_chat_menu_button(call: Call) -> bool:
    """Set the button beside the text field."""
    button = call.params.thing("menu_button") or {"type": "default"}
    if button.get("type") not in ("default", "commands"):
        raise bad_request("the sandbox does not offer menu buttons other than default and commands")
    chat = call.chat().id if "chat_id" in call.params else None
    call.bot.menu_buttons[chat] = button
    return True


@offers("getChatMenuButton", "", "chat_id")
def get_chat_menu_button(call: Call) -> Json:
    """The button beside the text field."""
    chat = call.chat().id if "chat_id" in call.params else None
    own = call.bot.menu_buttons.get(chat)
    return own or call.bot.menu_buttons.get(None, {"type": "default"})
