"""Answers of the Bot API: whatever comes is read without harm, and quoted nowhere."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import Bot
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

from bot.telegram_client import TelegramClient, Unreadable, read_answer, seconds_of, telegram_client

SECRET = "Robin was seen at Invented Street"
SENT = {"message_id": 5, "date": 1, "chat": {"id": 7001, "type": "private"}, "text": SECRET}


def body(document: Any) -> bytes:
    return json.dumps(document).encode()


def refused(code: int, text: str = "", **parameters: Any) -> bytes:
    answer = {"ok": False, "error_code": code, "description": text}
    return body({**answer, "parameters": parameters} if parameters else answer)


UNREADABLE = [
    (200, b""),
    (200, b'{"ok": true, "result": {"message_id": 5, "te'),
    (200, b"<html><body>It works!</body></html>"),
    (200, body([])),
    (200, body(None)),
    (200, body("ok")),
    (200, body({})),
    (200, body({"ok": True})),
    (200, body({"ok": "yes", "result": SENT})),
    (200, body({"ok": True, "result": []})),
    (200, body({"ok": True, "result": None})),
    (200, body({"ok": True, "result": True})),
    (200, body({"ok": True, "result": {"message_id": "5"}})),
    (200, body({"ok": True, "result": {"message_id": 10**30}})),
    (200, body({"ok": True, "result": {**SENT, "message_id": None}})),
    (200, b"[" * 100_000),
    (200, b"\xff\xfe\x00"),
    (204, b""),
    (302, b"moved"),
    (401, b"<html>please log in to this network</html>"),
    (403, b"<html>forbidden by the proxy</html>"),
    (404, b"not found"),
    (400, body({"ok": False, "error_code": "400"})),
    (418, b"teapot"),
]


@pytest.mark.parametrize(("status", "payload"), UNREADABLE, ids=lambda v: str(v)[:40])
def test_an_answer_that_cannot_be_read_may_have_been_carried_out(
    status: int, payload: bytes
) -> None:
    with pytest.raises(Unreadable) as caught:
        read_answer("sendMessage", status, payload)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("payload", "meant"),
    [
        (refused(400, "Bad Request: chat not found"), BadRequest),
        (refused(403, "Forbidden: bot was blocked by the user"), Forbidden),
        (refused(401, "Unauthorized"), InvalidToken),
        (refused(404, "Not Found"), InvalidToken),
        (refused(409, "Conflict: terminated by other getUpdates request"), Conflict),
        (refused(429, "Too Many Requests: retry after 7", retry_after=7), RetryAfter),
        (refused(400, "group upgraded", migrate_to_chat_id=-1001), ChatMigrated),
        (refused(500, "Internal"), NetworkError),
        (refused(502), NetworkError),
        (refused(999), NetworkError),
        (refused(400, [SECRET]), BadRequest),  # type: ignore[arg-type]
        (refused(400, "odd", migrate_to_chat_id="x"), BadRequest),
    ],
    ids=lambda v: str(v)[:60],
)
@pytest.mark.parametrize("with_status", [True, False])
def test_a_refusal_is_named_by_its_code(
    payload: bytes, meant: type[TelegramError], with_status: bool
) -> None:
    """Also when a proxy has turned the status into 200."""
    status = json.loads(payload)["error_code"] if with_status else 200
    with pytest.raises(meant) as caught:
        read_answer("sendMessage", status, payload)
    assert type(caught.value) is meant


@pytest.mark.parametrize(
    ("given_", "text", "seconds"),
    [
        (7, "", 7),
        (0, "", 1),
        (-3, "", 1),
        (7.9, "", 7),
        ("12", "", 12),
        (None, "Too Many Requests: retry after 40", 40),
        ([], "nothing", 1),
        (True, "retry after 5", 5),
        (10**12, "", 86_400),
    ],
)
def test_a_429_always_has_seconds(given_: Any, text: str, seconds: int) -> None:
    with pytest.raises(RetryAfter) as caught:
        read_answer("sendMessage", 429, refused(429, text, retry_after=given_))
    assert seconds_of(caught.value) == seconds


def test_of_a_message_only_the_ids_go_on() -> None:
    found = read_answer("sendMessage", 200, body({"ok": True, "result": SENT}))
    assert found["message_id"] == 5
    assert found["chat"]["id"] == 7001
    assert SECRET not in str(found)
    assert read_answer("editMessageText", 200, body({"ok": True, "result": True})) is True
    assert read_answer("deleteMessage", 200, body({"ok": True, "result": True})) is True


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["ok", "result", "error_code", "parameters", "retry_after", "message_id",
                         "description", "migrate_to_chat_id", "chat", "id"]),
        inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(st.integers(100, 599), JSON, st.sampled_from(["sendMessage", "getUpdates", "getMe"]))
def test_nothing_but_the_librarys_errors_comes_out(status: int, answer: Any, method: str) -> None:
    try:
        read_answer(method, status, body(answer))
    except TelegramError:
        return


class Server:
    """Answers every request with `payload`."""

    def __init__(self) -> None:
        self.payload = b""
        self.status = "200 OK"
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
        await reader.readexactly(length)
        writer.write(
            f"HTTP/1.1 {self.status}\r\ncontent-length: {len(self.payload)}\r\n"
            "connection: close\r\n\r\n".encode()
            + self.payload
        )
        await writer.drain()
        writer.close()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    listening = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    yield made
    listening.close()


@pytest.fixture
async def bot(server: Server) -> AsyncIterator[TelegramClient]:
    made = telegram_client("1:x", server.url)
    yield made
    for request in made._request:
        await request.shutdown()


async def test_a_message_that_was_sent_comes_back_with_its_number(server: Server, bot: Bot) -> None:
    server.payload = body({"ok": True, "result": SENT})
    assert (await bot.send_message(7001, "hello")).message_id == 5


@pytest.mark.parametrize("payload", [SECRET.encode(), b'{"ok":true,"result":"' + SECRET.encode()])
async def test_an_answer_that_was_cut_off_is_quoted_nowhere(
    server: Server, bot: Bot, payload: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG - 1)
    server.payload = payload
    with pytest.raises(Unreadable) as caught:
        await bot.send_message(7001, "hello")
    assert SECRET not in repr(caught.value)
    assert SECRET not in caplog.text


async def test_updates_come_as_they_are(server: Server, bot: TelegramClient) -> None:
    raw = [{"update_id": 1, "message": {"poll": {}}}, 7, None]
    server.payload = body({"ok": True, "result": raw})
    assert await bot.raw_updates(None, 0, ("message",)) == raw


async def test_updates_that_are_no_list_are_unreadable_with_the_ids_that_can_be_found(
    server: Server, bot: TelegramClient
) -> None:
    server.payload = body({"ok": True, "result": {"update_id": 4}})
    with pytest.raises(Unreadable):
        await bot.raw_updates(None, 0, ())
    server.payload = b'{"ok":true,"result":[{"update_id": 41,"message":{"text":"'
    with pytest.raises(Unreadable) as caught:
        await bot.raw_updates(None, 0, ())
    assert caught.value.update_ids == (41,)


@pytest.mark.parametrize("result", [False, None, 1, "true", [], {}, {"message_id": 5}])
@pytest.mark.parametrize("method", ["deleteMessage", "deleteMessages", "setMyCommands"])
def test_something_is_done_only_when_telegram_says_so(method: str, result: Any) -> None:
    with pytest.raises(Unreadable):
        read_answer(method, 200, body({"ok": True, "result": result}))


@pytest.mark.parametrize(
    "result",
    [
        *(True, None, [], {}, 7, [{}]),
        {"id": 1, "is_bot": True, "first_name": "x"},
        *({"id": 1, "username": name} for name in (None, 5, ["a"], "", "a/b", "a b", "é")),
        *({"id": number, "username": "a_bot"} for number in (None, "1", 10**30)),
    ],
)
async def test_a_name_of_ours_that_cannot_be_read_leads_to_no_link(
    server: Server, bot: Bot, result: Any
) -> None:
    server.payload = body({"ok": True, "result": result})
    with pytest.raises(Unreadable):
        await bot.get_me()


async def test_our_name_is_read_whatever_else_is_said_of_us(server: Server, bot: Bot) -> None:
    server.payload = body({"ok": True, "result": {"id": 1, "username": "a_bot", "is_bot": "?"}})
    assert (await bot.get_me()).username == "a_bot"


class Looked:
    """A finder of modules that finds none and remembers what was looked for."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def find_spec(self, name: str, *_: object) -> None:
        self.names.append(name)


async def test_no_request_looks_for_a_module_on_the_disk(
    server: Server, bot: TelegramClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.payload = body({"ok": True, "result": []})
    await bot.raw_updates(None, 0, ())
    looked = Looked()
    monkeypatch.setattr(sys, "meta_path", [looked, *sys.meta_path])
    await bot.raw_updates(None, 0, ())
    assert looked.names == []
