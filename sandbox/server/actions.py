"""What people do, over HTTP: each request is one action of one person."""

import asyncio
import base64
import binascii

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.server import mini_apps, people
from sandbox.server.model import CallbackQuery, Chat, Json, User
from sandbox.server.people import NotPossible, Nowhere
from sandbox.server.requests import (
    LONGEST_WAIT,
    ByUser,
    Edit,
    InChat,
    OpenPage,
    Press,
    RawUpdate,
    Read,
    Say,
    Tap,
    answer,
    body_of,
    while_connected,
)
from sandbox.server.views import message_for_person
from sandbox.server.world import World


def _world(request: Request) -> World:
    world: World = request.app.state.world
    return world


def _where(world: World, wanted: InChat) -> tuple[User, Chat]:
    user = people.user_of(world, wanted.user)
    return user, people.chat_of(world, user, wanted.chat)


async def send(request: Request) -> Response:
    """Send a text, a file, or content of another kind as the Bot API has it."""
    world = _world(request)
    wanted = await body_of(request, Say)
    user, chat = _where(world, wanted)
    kinds = [
        kind for kind in ("text", "photo", "document", "other") if getattr(wanted, kind) is not None
    ]
    if len(kinds) != 1:
        raise NotPossible("give one of text, photo, document, other", 400)
    if wanted.text is not None:
        message = people.say(world, user, chat, wanted.text, wanted.reply_to)
    elif wanted.other is not None:
        message = people.put(world, user, chat, wanted.other, wanted.reply_to)
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


async def open_page(request: Request) -> Response:
    """Tap a button that opens a page inside Telegram: the address that the phone opens."""
    world = _world(request)
    wanted = await body_of(request, OpenPage)
    user, chat = _where(world, wanted)
    message, button = people.find_button(chat, user, wanted.message_id, wanted.text, None)
    return answer({"url": mini_apps.address(world, user, message.sender.id, button)})


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
    message = people.press(world, user, chat, wanted.text)
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
    world.note_chat("typing", chat, user=user.id)
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


async def update(request: Request) -> Response:
    """Give a bot an update as it stands: of a rare kind, or one that nobody can read."""
    world = _world(request)
    wanted = await body_of(request, RawUpdate)
    bots = [bot for bot in world.bots.values() if wanted.bot in (None, bot.user.id)]
    if len(bots) != 1:
        raise Nowhere(f"{len(bots)} bots fit: say which one is meant")
    return answer({"update_id": bots[0].updates.push_raw(wanted.update)})


ROUTES = [
    Route("/human/send", send, methods=["POST"]),
    Route("/human/tap", tap, methods=["POST"]),
    Route("/human/open", open_page, methods=["POST"]),
    Route("/human/queries/{id}", get_query, methods=["GET"]),
    Route("/human/press", press, methods=["POST"]),
    Route("/human/edit", edit, methods=["POST"]),
    Route("/human/read", read, methods=["POST"]),
    Route("/human/typing", typing, methods=["POST"]),
    Route("/human/block", block, methods=["POST"]),
    Route("/human/unblock", unblock, methods=["POST"]),
    Route("/human/delete_chat", delete_chat, methods=["POST"]),
    Route("/human/deactivate", deactivate, methods=["POST"]),
    Route("/human/update", update, methods=["POST"]),
]
