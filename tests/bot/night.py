"""The whole bot, put together as it runs, with a Telegram in memory and virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from bot.app import App
from bot.bootstrap import Nightlight, bootstrap
from bot.config import Book, Config, Health
from protocol.provider import Provider
from reminders.policy import Policy
from tests.reminders.virtual import LoopAlarm, VirtualClock
from tests.reminders.world import FRIDAY_NIGHT, PACK, SERVICE, summarise
from tests.support.memory_store import MemoryStore


class Sent(msgspec.Struct, frozen=True):
    message_id: int


class Telegram:
    """Keeps updates until they are confirmed, and every chat's messages.

    `fails(method, chat)` says what goes wrong with a request, `poll` what goes wrong with polling.
    """

    def __init__(self) -> None:
        self.username = ""
        self.waiting: list[Any] = []
        self.said: list[tuple[float, int, str]] = []
        self.removed: list[tuple[int, int]] = []
        self.shows: dict[tuple[int, int], str] = {}
        """What messages that were edited show now, by chat and message."""
        self.fails: Callable[[str, int], Exception | None] = lambda method, chat: None
        self.poll: Callable[[], Exception | None] = lambda: None
        self.changed = asyncio.Event()
        self.number = 0

    def put(self, raw: Any) -> None:
        self.waiting.append(raw)
        self.changed.set()

    def types(self, chat: int, text: str = "", **content: Any) -> int:
        """Somebody sends a message; its id."""
        self.number += 1
        body = {"text": text} if text else content
        person = {"id": chat, "is_bot": False, "first_name": "Somebody"}
        head = {"message_id": self.number, "date": 0, "chat": {"id": chat, "type": "private"}}
        self.put({"update_id": self.number, "message": {**head, "from": person, **body}})
        return self.number

    def texts(self, chat: int) -> list[str]:
        return [text for _, to, text in self.said if to == chat]

    async def raw_updates(
        self, offset: int | None, seconds: int, allowed: tuple[str, ...], limit: int = 100
    ) -> list[Any]:
        await asyncio.sleep(0.02)
        if error := self.poll():
            raise error
        if offset is not None:
            self.waiting = [u for u in self.waiting if u.get("update_id", offset) >= offset]
        if not self.waiting and seconds:
            self.changed.clear()
            try:
                async with asyncio.timeout(seconds):
                    await self.changed.wait()
            except TimeoutError:
                return []
        return self.waiting[:limit]

    async def _do(self, method: str, chat: int) -> None:
        await asyncio.sleep(0.03)
        if error := self.fails(method, chat):
            raise error

    async def send_message(self, chat_id: int, text: str, **_: Any) -> Sent:
        await self._do("send", chat_id)
        self.said.append((asyncio.get_running_loop().time(), chat_id, text))
        return Sent(10_000 + len(self.said))

    async def edit_message_text(
        self, text: str, *, chat_id: int, message_id: int = 0, **_: Any
    ) -> Sent:
        sent = await self.send_message(chat_id, text)
        self.shows[(chat_id, message_id)] = text
        return sent

    async def delete_message(self, chat_id: int, message_id: int) -> bool:
        await self._do("delete", chat_id)
        self.removed.append((chat_id, message_id))
        return True

    async def answer_callback_query(self, *_: Any, **__: Any) -> bool:
        return True

    async def leave_chat(self, *_: Any) -> bool:
        return True

    async def set_my_commands(self, *_: Any) -> bool:
        return True

    set_my_short_description = set_my_commands
    set_my_description = set_my_commands

    async def initialize(self) -> None:
        return

    async def shutdown(self) -> None:
        return


class BotNight:
    """`async with BotNight() as night`: the bot runs until the block ends."""

    def __init__(self, store: Any = None, service: Provider = SERVICE) -> None:
        self.clock = VirtualClock(FRIDAY_NIGHT)
        self.store = store or MemoryStore(summarise=summarise, now=self.clock.now)
        self.telegram = Telegram()
        self.service = service
        self.bot: Nightlight
        self.app: App
        self.task: asyncio.Task[int]

    async def __aenter__(self) -> BotNight:
        await self.store.open()
        await self.start()
        return self

    async def start(self) -> None:
        """Puts the bot together and begins."""
        client: Any = self.telegram
        self.bot = await bootstrap(
            Config(
                homes=self.service.homes,
                staff=self.service.staff,
                authorities=self.service.authorities,
                book=Book(unencrypted="yes, plain files"),
                health=Health(polling_silence_seconds=10**9),
            ),
            Policy(),
            Path(),
            clock=self.clock,
            store=self.store,
            pack=PACK,
            client=client,
            alarm=LoopAlarm(self.clock),
        )
        self.app = App(self.bot)
        self.task = asyncio.create_task(self.app.run())
        await asyncio.sleep(0.5)

    async def stop(self) -> int:
        """A wanted stop; the exit status."""
        self.app.stop()
        return await self.task

    async def __aexit__(self, *_: object) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    async def answered(self, chat: int, text: str) -> float:
        """Seconds until the bot says something in this chat after this text."""
        before = len(self.telegram.texts(chat))
        begun = asyncio.get_running_loop().time()
        self.telegram.types(chat, text)
        while len(self.telegram.texts(chat)) == before:
            await asyncio.sleep(0.01)
            assert asyncio.get_running_loop().time() - begun < 60, "no answer at all"
        return asyncio.get_running_loop().time() - begun
