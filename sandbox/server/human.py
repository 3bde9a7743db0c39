"""The human side over HTTP: bots and people, their chats, files, and what they notice."""

from collections.abc import AsyncIterator

import msgspec
import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from sandbox.server import people
from sandbox.server.errors import ApiError
from sandbox.server.model import Chat, Json, User
from sandbox.server.people import NotPossible, Nowhere
from sandbox.server.requests import (
    LONGEST_WAIT,
    HungUp,
    NewBot,
    NewPerson,
    answer,
    body_of,
    while_connected,
)
from sandbox.server.views import bot_account, chat_for_person, message_for_person, visible
from sandbox.server.world import World

STREAM_BREATH = 15.0


def _world(request: Request) -> World:
    world: World = request.app.state.world
    return world


async def add_bot(request: Request) -> Response:
    """Register a bot."""
    wanted = await body_of(request, NewBot)
    bot = _world(request).add_bot(wanted.token, wanted.username, wanted.name)
    return answer(bot_account(bot))


async def get_bots(request: Request) -> Response:
    """All bots, their commands, and how many updates wait for each."""
    return answer([
        bot_account(bot)
        | {
            "pending": len(bot.updates),
            "polling": bot.updates.polling,
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
    return [chat for (_, owner), chat in world.privates.items() if owner == user.id]


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


async def _refuse(_: Request, error: Exception) -> Response:
    """Errors of the human side and the controls, as ``{"error": ...}``."""
    if isinstance(error, NotPossible):
        return answer({"error": str(error)}, error.status)
    if isinstance(error, ApiError):
        return answer({"error": error.description}, error.code)
    return answer({"error": str(error)}, 400)


async def _nobody(_: Request, _error: Exception) -> Response:
    """Whoever asked has hung up: the answer goes nowhere."""
    return Response(status_code=400)


EXCEPTION_HANDLERS = {
    ClientDisconnect: _nobody,
    HungUp: _nobody,
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
    Route("/human/files/{id}", get_file, methods=["GET"]),
    Route("/human/events", events, methods=["GET"]),
    Route("/human/stream", stream, methods=["GET"]),
]
