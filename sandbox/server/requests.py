"""Bodies of requests to the human side and the controls: typed, with precise errors."""

import asyncio
from collections.abc import Coroutine
from datetime import datetime
from typing import Any, TypeVar

import msgspec
import orjson
from starlette.requests import Request
from starlette.responses import Response

T = TypeVar("T", bound="Body")
R = TypeVar("R")


class Body(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A JSON body; unknown fields are an error, so that a slip of the pen is not ignored."""


class SetClock(Body, kw_only=True):
    """``POST /clock``."""

    set: datetime | None = None
    advance_seconds: float | None = None
    mode: str | None = None
    stepwise: bool = False
    wait: float = 10.0


class Follow(Body, kw_only=True):
    """``POST /clock/follow``."""

    follower: str
    seen: int = 0
    idle: bool = False
    next_at: datetime | None = None
    wait: float = 25.0


class Wait(Body, kw_only=True):
    """Bodies that only say how long to wait, in real seconds."""

    wait: float = 10.0


class Settle(Wait, kw_only=True):
    """``POST /settle``."""

    followers: list[str] = []
    quiet: float | None = None


class Reset(Body, kw_only=True):
    """``POST /reset``."""

    seed: int = 0
    clock: datetime | None = None


class NewBot(Body, kw_only=True):
    """``POST /human/bots``."""

    token: str
    username: str | None = None
    name: str | None = None


class NewPerson(Body, kw_only=True):
    """``POST /human/users``."""

    first_name: str
    last_name: str | None = None
    username: str | None = None
    language_code: str | None = "en"
    id: int | None = None
    started: bool = False


class InChat(Body, kw_only=True):
    """Something a person does in a chat; without ``chat``, with the only bot."""

    user: int
    chat: int | str | None = None


class Say(InChat, kw_only=True):
    """``POST /human/send``: exactly one kind of content."""

    text: str | None = None
    other: dict[str, Any] | None = None
    photo: str | None = None
    document: str | None = None
    name: str | None = None
    mime: str | None = None
    caption: str = ""
    reply_to: int | None = None


class Tap(InChat, kw_only=True):
    """``POST /human/tap``."""

    text: str | None = None
    data: str | None = None
    message_id: int | None = None
    wait: float = 0.0


class OpenPage(InChat, kw_only=True):
    """``POST /human/open``: the button of a page, by its text."""

    text: str
    message_id: int | None = None


class Press(InChat, kw_only=True):
    """``POST /human/press``."""

    text: str


class Edit(InChat, kw_only=True):
    """``POST /human/edit``."""

    message_id: int
    text: str


class Read(InChat, kw_only=True):
    """``POST /human/read``."""

    up_to: int | None = None


class RawUpdate(Body, kw_only=True):
    """``POST /human/update``; without ``bot``, for the only one."""

    update: dict[str, Any]
    bot: int | None = None


class ByUser(Body, kw_only=True):
    """An action that only says whose it is."""

    user: int


async def body_of(request: Request, kind: type[T]) -> T:
    """Read and check a request's JSON body.

    Raises:
        msgspec.ValidationError: with the path of the field and what is expected there.
    """
    return msgspec.json.decode(await request.body() or b"{}", type=kind)


LONGEST_WAIT = 60.0
"""Real seconds after which a request that waits is answered in any case."""


class HungUp(Exception):
    """The client has left; whatever is answered reaches nobody."""


async def gone(request: Request) -> None:
    """Wait until the client has hung up. The body must have been read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def while_connected(request: Request, work: Coroutine[Any, Any, R]) -> R:
    """Do something that may take long, and give it up when the client hangs up.

    Raises:
        HungUp: it did.
    """
    task = asyncio.ensure_future(work)
    watch = asyncio.ensure_future(gone(request))
    try:
        await asyncio.wait({task, watch}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise HungUp
        return task.result()
    finally:
        watch.cancel()
        task.cancel()


def answer(document: Any, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(orjson.dumps(document), status, media_type="application/json")
