"""The whole bot, put together as it runs, with a Telegram in memory and virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from telegram.error import BadRequest, TimedOut

from bot.app import App
from bot.bootstrap import Nightlight, bootstrap
from bot.config import Book, Config, Health
from protocol.provider import Chat, Provider
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
        self.stands: dict[tuple[int, int], float] = {}
        """Messages of both sides that are in a chat, and since when."""
        self.quiet: list[tuple[int, str]] = []
        """What was sent without a sound."""
        self.loses: Callable[[int], bool] = lambda chat: False
        """Is the answer to a message to this chat lost, after it arrived?"""
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
        self.stands[(chat, self.number)] = asyncio.get_running_loop().time()
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

    def standing(self, chat: int) -> dict[int, str]:
        """What this chat shows, by number; "" for what its owner typed."""
        sent = {10_000 + n: text for n, (_, _, text) in enumerate(self.said, 1)}
        return {
            number: self.shows.get((chat, number), sent.get(number, ""))
            for to, number in self.stands
            if to == chat
        }

    async def send_message(self, chat_id: int, text: str, **how: Any) -> Sent:
        await self._do("send", chat_id)
        now = asyncio.get_running_loop().time()
        self.said.append((now, chat_id, text))
        number = 10_000 + len(self.said)
        self.stands[(chat_id, number)] = now
        if how.get("disable_notification"):
            self.quiet.append((chat_id, text))
        if self.loses(chat_id):
            raise TimedOut
        return Sent(number)

    async def edit_message_text(
        self, text: str, *, chat_id: int, message_id: int = 0, **_: Any
    ) -> Sent:
        await self._do("edit", chat_id)
        if message_id <= 10_000:
            raise BadRequest("Message can't be edited")
        self.said.append((asyncio.get_running_loop().time(), chat_id, text))
        self.shows[(chat_id, message_id)] = text
        return Sent(message_id)

    def _delete(self, chat_id: int, number: int) -> None:
        since = self.stands.pop((chat_id, number), None)
        if since is not None:
            if since < asyncio.get_running_loop().time() - 48 * 3600:
                self.stands[(chat_id, number)] = since
                raise BadRequest("Message can't be deleted for everyone")
            self.removed.append((chat_id, number))

    async def delete_message(self, chat_id: int, message_id: int) -> bool:
        await self._do("delete", chat_id)
        if (chat_id, message_id) not in self.stands:
            raise BadRequest("Message to delete not found")
        self._delete(chat_id, message_id)
        return True

    async def delete_messages(self, chat_id: int, message_ids: list[int]) -> bool:
        assert 1 <= len(message_ids) <= 100
        await self._do("delete", chat_id)
        for number in message_ids:
            self._delete(chat_id, number)
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

    def __init__(
        self, store: Any = None, service: Provider = SERVICE, chat: Chat | None = None
    ) -> None:
        self.clock = VirtualClock(FRIDAY_NIGHT)
        self.store = store or MemoryStore(summarise=summarise, now=self.clock.now)
        self.telegram = Telegram()
        self.service = service
        self.chat = chat or Chat()
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
                chat=self.chat,
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

    async def killed(self) -> None:
        """A power cut, and the next start: nothing is put in order before."""
        tasks = [one for one in asyncio.all_tasks() if one is not asyncio.current_task()]
        writes = self.store.update_office

        async def gone(**_: Any) -> Any:
            await asyncio.get_running_loop().create_future()

        self.store.update_office = gone
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=1.0)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.store.update_office = writes
        await self.start()

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
