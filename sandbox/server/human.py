"""The human side over HTTP: people, their chats, what they do, and what they notice."""

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator

import msgspec
import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from sandbox.server import groups, people
from sandbox.server.errors import ApiError
from sandbox.server.model import CallbackQuery, Chat, Json, User
from sandbox.server.people import NotPossible, Nowhere
from sandbox.server.requests import (
    ByUser,
    Edit,
    HungUp,
    InChat,
    Member,
    NewBot,
    NewGroup,
    NewPerson,
    Press,
    Read,
    Say,
    Tap,
    answer,
    body_of,
    while_connected,
)
from sandbox.server.views import bot_account, chat_for_person, message_for_person, visible
from sandbox.server.world import World

LONGEST_WAIT = 60.0
STREAM_BREATH = 15.0


def _world(request: Request) -> World:
    world: World = request.app.state.world
    return world


def _where(world: World, wanted: InChat) -> tuple[User, Chat]:
    user = people.user_of(world, wanted.user)
    return user, people.chat_of(world, user, wanted.chat)


async def add_bot(request: Request) -> Response:
    """Register a bot."""
    wanted = await body_of(request, NewBot)
    bot = _world(request).add_bot(
        wanted.token, wanted.username, wanted.name, privacy=wanted.privacy
    )
    return answer(bot_account(bot))


async def get_bots(request: Request) -> Response:
    """All bots, their commands, and how many updates wait for each."""
    return answer([
        bot_account(bot)
        | {
            "pending": len(bot.updates),
            "polling": bot.updates.polling,
            "webhook": bot.updates.webhook.info() if bot.updates.webhook else None,
            "commands": [
                {"scope": orjson.loads(scope), "language": language, "commands": commands}
                for (scope, language), commands in bot.commands.items()
            ],
            "texts": [
                {"name": name, "language": language, "text": text}
                for (name, language), text in bot.texts.items()
            ],
        }
        for bot in _world(request).bots.values()
    ])  # fmt: skip


async def add_person(request: Request) -> Response:
    """Make a person."""
    wanted = await body_of(request, NewPerson)
    values = {
        "first_name": wanted.first_name,
        "last_name": wanted.last_name,
        "username": wanted.username,
        "language_code": wanted.language_code,
    }
    user = people.person(_world(request), values, wanted.id, started=wanted.started)
    return answer(user.public())


async def get_people(request: Request) -> Response:
    """All people."""
    users = _world(request).users.values()
    return answer([
        user.public() | {"deactivated": user.deactivated} for user in users if not user.is_bot
    ])  # fmt: skip


def _chats(world: World, user: User) -> list[Chat]:
    private = [chat for (_, owner), chat in world.privates.items() if owner == user.id]
    member = [chat for chat in world.groups.values() if user.id in chat.members]
    return private + member


async def get_chats(request: Request) -> Response:
    """A person's list of chats."""
    world = _world(request)
    user = people.user_of(world, request.path_params["user"])
    return answer([chat_for_person(world, chat, user.id) for chat in _chats(world, user)])


async def get_chat(request: Request) -> Response:
    """One chat with its messages; ``limit`` newest ones, all without it."""
    world = _world(request)
    user = people.user_of(world, request.path_params["user"])
    chat = people.chat_of(world, user, request.path_params["chat"])
    return answer(_chat_document(world, user, chat, int(request.query_params.get("limit", 0))))


async def get_only_chat(request: Request) -> Response:
    """The chat with the only bot, with its messages."""
    world = _world(request)
    user = people.user_of(world, request.path_params["user"])
    chat = people.chat_of(world, user, None)
    return answer(_chat_document(world, user, chat, int(request.query_params.get("limit", 0))))


def _chat_document(world: World, user: User, chat: Chat, limit: int) -> Json:
    messages = visible(chat, user.id)[-limit:]
    return chat_for_person(world, chat, user.id) | {
        "messages": [message_for_person(world, chat, message, user.id) for message in messages]
    }


async def send(request: Request) -> Response:
    """Send a text, a file, a location or a contact."""
    world = _world(request)
    wanted = await body_of(request, Say)
    user, chat = _where(world, wanted)
    kinds = [
        kind
        for kind in ("text", "location", "contact", "photo", "document")
        if getattr(wanted, kind) is not None
    ]
    if len(kinds) != 1:
        raise NotPossible("give one of text, location, contact, photo, document", 400)
    if wanted.text is not None:
        message = people.say(world, user, chat, wanted.text, wanted.reply_to)
    elif wanted.location is not None:
        message = people.put(world, user, chat, {"location": wanted.location}, wanted.reply_to)
    elif wanted.contact is not None:
        message = people.put(world, user, chat, {"contact": wanted.contact}, wanted.reply_to)
    else:
        try:
            data = base64.b64decode(wanted.photo or wanted.document or "", validate=True)
        except binascii.Error as error:
            raise NotPossible("a photo or document is given in base64", 400) from error
        name = wanted.name or ("photo.jpg" if kinds[0] == "photo" else "document")
        message = people.send_file(
            world, user, chat, kinds[0], name, wanted.mime, data, wanted.caption
        )
    return answer(message_for_person(world, chat, message, user.id))


def _query_document(query: CallbackQuery) -> Json:
    return {"query_id": query.id, "message_id": query.message_id, "answer": query.answer}


async def tap(request: Request) -> Response:
    """Tap an inline button, and wait up to ``wait`` real seconds for the bot's answer."""
    world = _world(request)
    wanted = await body_of(request, Tap)
    if wanted.text is None and wanted.data is None:
        raise NotPossible("name the button by text or data", 400)
    user, chat = _where(world, wanted)
    message, button = people.find_button(chat, user, wanted.message_id, wanted.text, wanted.data)
    query = people.tap(world, user, chat, message, button)
    await while_connected(request, _answered(world, query, min(wanted.wait, LONGEST_WAIT)))
    return answer(_query_document(query))


async def _answered(world: World, query: CallbackQuery, wait: float) -> None:
    """Wait up to some real seconds for the bot to answer a tap."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + wait
    since = world.events.last
    while query.answer is None and loop.time() < deadline:
        found = await world.events.wait_after(since, deadline - loop.time(), query.user_id)
        since = found["last"]


async def get_query(request: Request) -> Response:
    """What the bot answered to a tap; ``answer`` is null until it has."""
    query = _world(request).queries.get(request.path_params["id"])
    if query is None:
        raise Nowhere("there is no such callback query")
    return answer(_query_document(query))


async def press(request: Request) -> Response:
    """Press a button of the reply keyboard."""
    world = _world(request)
    wanted = await body_of(request, Press)
    user, chat = _where(world, wanted)
    extra: Json = {"location": wanted.location} if wanted.location else {}
    message = people.press(world, user, chat, wanted.text, extra, wanted.phone)
    return answer(message_for_person(world, chat, message, user.id))


async def edit(request: Request) -> Response:
    """Edit a text of one's own."""
    world = _world(request)
    wanted = await body_of(request, Edit)
    user, chat = _where(world, wanted)
    message = people.edit(world, user, chat, wanted.message_id, wanted.text)
    return answer(message_for_person(world, chat, message, user.id))


async def read(request: Request) -> Response:
    """Read a chat, up to a message or to its end."""
    world = _world(request)
    wanted = await body_of(request, Read)
    user, chat = _where(world, wanted)
    return answer({"read": people.read(world, user, chat, wanted.up_to)})


async def typing(request: Request) -> Response:
    """Type without sending. Bots are not told, as at Telegram; pages are."""
    world = _world(request)
    user, chat = _where(world, await body_of(request, InChat))
    world.note("typing", world.people_in(chat), chat=chat.peer, user=user.id)
    return answer({"ok": True})


async def block(request: Request) -> Response:
    """Block a bot."""
    world = _world(request)
    user, chat = _where(world, await body_of(request, InChat))
    people.block(world, user, chat, blocked=True)
    return answer({"ok": True})


async def unblock(request: Request) -> Response:
    """Unblock a bot."""
    world = _world(request)
    user, chat = _where(world, await body_of(request, InChat))
    people.block(world, user, chat, blocked=False)
    return answer({"ok": True})


async def delete_chat(request: Request) -> Response:
    """Delete a chat on one's own phone."""
    world = _world(request)
    user, chat = _where(world, await body_of(request, InChat))
    people.delete_chat(world, user, chat)
    return answer({"ok": True})


async def deactivate(request: Request) -> Response:
    """Delete an account."""
    world = _world(request)
    wanted = await body_of(request, ByUser)
    people.deactivate(world, people.user_of(world, wanted.user))
    return answer({"ok": True})


async def add_group(request: Request) -> Response:
    """Make a group, with its first members (people and bots by id)."""
    world = _world(request)
    wanted = await body_of(request, NewGroup)
    creator = people.user_of(world, wanted.user)
    members = [_account(world, member) for member in wanted.members]
    chat = groups.create(world, creator, wanted.title, wanted.type)
    for member in members:
        groups.set_status(world, chat, creator, member, "member")
    return answer(chat_for_person(world, chat, creator.id))


def _account(world: World, number: int) -> User:
    account = world.users.get(number)
    if account is None:
        raise Nowhere(f"there is no account {number}")
    return account


async def set_member(request: Request) -> Response:
    """Add, promote or take out a member of a group."""
    world = _world(request)
    wanted = await body_of(request, Member)
    chat = groups.group_of(world, int(request.path_params["id"]))
    by = people.user_of(world, wanted.user)
    groups.set_status(world, chat, by, _account(world, wanted.member), wanted.status)
    return answer(chat_for_person(world, chat, by.id))


async def upgrade_group(request: Request) -> Response:
    """Turn a group into a supergroup."""
    world = _world(request)
    by = people.user_of(world, (await body_of(request, ByUser)).user)
    chat = groups.upgrade(world, groups.group_of(world, int(request.path_params["id"])), by)
    return answer(chat_for_person(world, chat, by.id))


async def get_file(request: Request) -> Response:
    """The bytes of a file, by its ``file_id``."""
    stored = _world(request).files.by_id(request.path_params["id"])
    if stored is None:
        raise Nowhere("there is no such file")
    return Response(stored.data, media_type=stored.mime)


def _user_filter(request: Request) -> int | None:
    user = request.query_params.get("user")
    return int(user) if user else None


async def events(request: Request) -> Response:
    """What people noticed after ``since``; waits up to ``wait`` real seconds for something."""
    query = request.query_params
    found = _world(request).events.wait_after(
        int(query.get("since", 0)),
        min(float(query.get("wait", 0)), LONGEST_WAIT),
        _user_filter(request),
    )
    return answer(await while_connected(request, found))


async def stream(request: Request) -> Response:
    """The same as Server-Sent Events; a page that reconnects goes on where it was."""
    world = _world(request)
    start = request.headers.get("last-event-id") or request.query_params.get("since")
    since = int(start) if start else world.events.last
    user = _user_filter(request)

    async def lines() -> AsyncIterator[bytes]:
        last = since
        while True:
            found = await world.events.wait_after(last, STREAM_BREATH, user)
            last = found["last"]
            for event in found["events"]:
                yield b"id: %d\ndata: %s\n\n" % (event["n"], orjson.dumps(event))
            if not found["events"]:
                yield b": still here\n\n"

    return StreamingResponse(
        lines(), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
    )


async def _refuse(request: Request, error: Exception) -> Response:
    """Errors of the human side and the controls, as ``{"error": ...}``."""
    if isinstance(error, HungUp):
        return Response(status_code=499)
    if isinstance(error, NotPossible):
        return answer({"error": str(error)}, error.status)
    if isinstance(error, ApiError):
        return answer({"error": error.description}, error.code)
    return answer({"error": str(error)}, 400)


async def _nobody(request: Request, error: Exception) -> Response:
    """Whoever asked has hung up before the question was read."""
    return Response(status_code=400)


EXCEPTION_HANDLERS = {
    ClientDisconnect: _nobody,
    HungUp: _refuse,
    NotPossible: _refuse,
    ApiError: _refuse,
    msgspec.ValidationError: _refuse,
    msgspec.DecodeError: _refuse,
    ValueError: _refuse,
}

ROUTES = [
    Route("/human/bots", add_bot, methods=["POST"]),
    Route("/human/bots", get_bots, methods=["GET"]),
    Route("/human/users", add_person, methods=["POST"]),
    Route("/human/users", get_people, methods=["GET"]),
    Route("/human/users/{user:int}/chats", get_chats, methods=["GET"]),
    Route("/human/users/{user:int}/chat", get_only_chat, methods=["GET"]),
    Route("/human/users/{user:int}/chats/{chat}", get_chat, methods=["GET"]),
    Route("/human/send", send, methods=["POST"]),
    Route("/human/tap", tap, methods=["POST"]),
    Route("/human/queries/{id}", get_query, methods=["GET"]),
    Route("/human/press", press, methods=["POST"]),
    Route("/human/edit", edit, methods=["POST"]),
    Route("/human/read", read, methods=["POST"]),
    Route("/human/typing", typing, methods=["POST"]),
    Route("/human/block", block, methods=["POST"]),
    Route("/human/unblock", unblock, methods=["POST"]),
    Route("/human/delete_chat", delete_chat, methods=["POST"]),
    Route("/human/deactivate", deactivate, methods=["POST"]),
    Route("/human/groups", add_group, methods=["POST"]),
    Route("/human/groups/{id}/members", set_member, methods=["POST"]),
    Route("/human/groups/{id}/upgrade", upgrade_group, methods=["POST"]),
    Route("/human/files/{id}", get_file, methods=["GET"]),
    Route("/human/events", events, methods=["GET"]),
    Route("/human/stream", stream, methods=["GET"]),
]
