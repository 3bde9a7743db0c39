"""The client of the Bot API: python-telegram-bot's, with answers read so that none can do harm.

The library takes whatever comes with status 200 to be a well-formed answer, and logs an answer
that it cannot read, with what people typed in it. Here an answer is read before the library sees
it. One that cannot be read raises `Unreadable`: what was sent may have arrived, and nothing of the
answer goes into a log. Of a message that Telegram repeats to us only the ids are kept.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from importlib.util import find_spec
from typing import Any

import httpx
from telegram import User
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)
from telegram.ext import ExtBot
from telegram.request import HTTPXRequest

LONGEST_PAUSE_SECONDS = 86_400
"""A longer `retry_after` than a day is not believed."""
LARGEST_ID = 2**63 - 1
MESSAGE_METHODS = frozenset({"sendMessage", "sendPhoto", "editMessageText"})
"""Their answer is the message as it stands in the chat."""
if find_spec("sniffio") is None:
    # httpcore looks for it four times in each request, through every folder of the path: an eighth
    # of the processor time of a message. None is how Python is told that there is none.
    sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]
NAME = re.compile(r"\w{1,64}", re.ASCII)
"""What stands behind the @ of a bot."""
UPDATE_ID = re.compile(rb'"update_id"\s*:\s*(\d{1,18})\b')


class Unreadable(NetworkError):
    """An answer that is not what the Bot API promises. What was asked for may have been done.

    update_ids: of an answer to getUpdates, the ids that could be found in it.
    """

    def __init__(self, update_ids: tuple[int, ...] = ()) -> None:
        super().__init__("the answer cannot be read")
        self.update_ids = update_ids


def is_id(value: object) -> bool:
    """A whole number that fits where ids are kept."""
    return type(value) is int and -LARGEST_ID <= value <= LARGEST_ID


def seconds_of(error: RetryAfter) -> float:
    """How long Telegram wants to be left alone."""
    after = error.retry_after
    return float(after) if isinstance(after, int | float) else after.total_seconds()


def read_answer(method: str, status: int, payload: bytes) -> Any:
    """The `result` of an answer.

    Raises the library's error that says what the answer means; Unreadable when it says nothing,
    whatever its status: a page of HTML with 401 or 403 comes from something on the way, and says
    nothing about the token or the person.
    """
    try:
        document = json.loads(payload.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        document = None
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise NetworkError(f"status {status}")
    if not isinstance(document, dict):
        raise Unreadable(_update_ids(payload))
    if document.get("ok") is True and "result" in document and status < HTTPStatus.MULTIPLE_CHOICES:
        return _checked(method, document["result"])
    code = document.get("error_code", status)
    if document.get("ok") is not False or type(code) is not int:
        raise Unreadable(_update_ids(payload))
    raise _error(code, document)


def _update_ids(payload: bytes) -> tuple[int, ...]:
    return tuple(int(found) for found in UPDATE_ID.findall(payload)[:100])


def _checked(method: str, result: Any) -> Any:
    """What the library may be given: of a message only its ids, of the bot its name, and the true
    with which Telegram says that it did something."""
    if method == "getUpdates":  # its caller reads it
        return result
    if method == "getMe":
        return _ourselves(result)
    if result is True and (method == "editMessageText" or method not in MESSAGE_METHODS):
        return True
    if method not in MESSAGE_METHODS:
        raise Unreadable
    message_id = result.get("message_id") if isinstance(result, dict) else None
    if not is_id(message_id):
        raise Unreadable
    chat = result.get("chat")
    chat_id = chat.get("id") if isinstance(chat, dict) else None
    return {
        "message_id": message_id,
        "date": 0,
        "chat": {"id": chat_id if is_id(chat_id) else 0, "type": "private"},
    }


def _ourselves(result: Any) -> dict[str, Any]:
    name = result.get("username") if isinstance(result, dict) else None
    if not isinstance(name, str) or not NAME.fullmatch(name) or not is_id(result.get("id")):
        raise Unreadable
    return {"id": result["id"], "is_bot": True, "first_name": "", "username": name}


def _error(code: int, document: Mapping[str, Any]) -> TelegramError:
    description = document.get("description")
    text = description if isinstance(description, str) else ""
    parameters = document.get("parameters")
    given = parameters if isinstance(parameters, dict) else {}
    moved_to = given.get("migrate_to_chat_id")
    if type(moved_to) is int and is_id(moved_to):
        return ChatMigrated(moved_to)
    match code:
        case HTTPStatus.TOO_MANY_REQUESTS:
            return RetryAfter(_pause(given.get("retry_after"), text))
        case HTTPStatus.BAD_REQUEST:
            return BadRequest(text)
        case HTTPStatus.FORBIDDEN:
            return Forbidden(text)
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.NOT_FOUND:
            return InvalidToken(text)
        case HTTPStatus.CONFLICT:
            return Conflict(text)
        case _:
            return NetworkError(f"status {code}")


def _pause(given: Any, text: str) -> int:
    """The seconds that a 429 asks for; where they are not given as a number, those in the text."""
    if type(given) not in (int, float):
        found = re.search(r"\d{1,6}", str(given) if isinstance(given, str) else text)
        given = int(found.group()) if found else 1
    return int(min(max(given, 1), LONGEST_PAUSE_SECONDS)) if given == given else 1


class _Read(bytes):
    """An answer that was read already, on its way through the library."""

    document: dict[str, Any]


class NotLeading(NetworkError):
    """Another process speaks for the service now; nothing was sent."""

    def __init__(self) -> None:
        super().__init__("another process leads")


async def always() -> bool:
    """Where there is one process only, it may speak."""
    return True


class TelegramRequest(HTTPXRequest):
    """HTTPX as the library uses it, with `read_answer` in the place of the library's reading.

    may_act: asked before each request.
    """

    def __init__(self, *, may_act: Callable[[], Awaitable[bool]] = always, **how: Any) -> None:
        super().__init__(**how)
        self._may_act = may_act

    async def do_request(self, url: str, method: str, *args: Any, **kwargs: Any) -> Any:
        """One request. Raises the library's errors, Unreadable and NotLeading, nothing else."""
        if not await self._may_act():
            raise NotLeading
        status, payload = await super().do_request(url, method, *args, **kwargs)
        read = _Read()
        read.document = {"result": read_answer(url.rpartition("/")[2], status, payload)}
        return HTTPStatus.OK, read

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """What `do_request` has read."""
        if not isinstance(payload, _Read):
            raise Unreadable
        return payload.document


class TelegramClient(ExtBot[None]):
    """The library's bot, and updates as Telegram sends them, not yet parsed."""

    async def initialize(self) -> None:
        """Without the library's getMe: Telegram may be out of reach when the bot starts, and
        nothing waits for it."""
        for request in self._request:
            await request.initialize()
        self._requests_initialized = self._bot_initialized = True

    @property
    def bot(self) -> User:
        """Ourselves, as far as it is known without asking."""
        return User(self.id, "Nightlight", is_bot=True, username="")

    @property
    def id(self) -> int:
        """The number in the token."""
        number = self.token.partition(":")[0]
        return int(number) if number.isdecimal() else 0

    async def raw_updates(
        self, offset: int | None, seconds: int, allowed: tuple[str, ...], limit: int = 100
    ) -> list[Any]:
        """One getUpdates that waits for up to `seconds`; `offset` confirms all updates before it.

        Raises Unreadable when there is no list in the answer.
        """
        asked: dict[str, Any] = {"timeout": seconds, "limit": limit, "allowed_updates": allowed}
        if offset is not None:
            asked["offset"] = offset
        found = await self._post("getUpdates", asked, read_timeout=seconds + 5.0)
        if not isinstance(found, list):
            raise Unreadable
        return found


def telegram_client(
    token: str, api: str, may_act: Callable[[], Awaitable[bool]] = always
) -> TelegramClient:
    """A client for the Bot API at this address.  may_act: asked before each request."""
    base = api.rstrip("/")
    # One for both, as each reads the certificates of all authorities: that takes 25 ms.
    secure = {"verify": httpx.create_ssl_context()}
    return TelegramClient(
        token,
        base_url=f"{base}/bot",
        base_file_url=f"{base}/file/bot",
        request=TelegramRequest(
            connection_pool_size=64,
            connect_timeout=5,
            read_timeout=10,
            pool_timeout=5,
            may_act=may_act,
            httpx_kwargs=secure,
        ),
        get_updates_request=TelegramRequest(
            connection_pool_size=2,
            connect_timeout=5,
            read_timeout=10,
            may_act=may_act,
            httpx_kwargs=secure,
        ),
    )
