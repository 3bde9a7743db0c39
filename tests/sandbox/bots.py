"""A small bot that follows the server's clock: it confirms first and sends afterwards.

That is the awkward order, in which a bot at rest is hardest to recognise.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import httpx

from tests.sandbox.conftest import EVENING, NO_TLS, TOKEN


class FollowingBot:
    """Answers every text with ``heard: ...``, half a beat after it has confirmed the update.

    ``/remind 30`` promises a reminder every 30 minutes, ``/button`` sends one with a button.
    """

    def __init__(self, url: str, *, follows: bool = True, beat: float = 0.03) -> None:
        self.client = httpx.AsyncClient(base_url=url, trust_env=False, timeout=60, verify=NO_TLS)
        self.follows = follows
        self.beat = beat
        self.busy = 0
        self.seen = 0
        self.now = EVENING
        self.reminders: list[tuple[datetime, int, int]] = []
        self.sent_at: list[datetime] = []
        self._changed = asyncio.Event()
        self._tasks: set[asyncio.Task[Any]] = set()

    async def __aenter__(self) -> "FollowingBot":
        self._start(self._receive())
        if self.follows:
            self._start(self._follow())
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.client.aclose()

    def _start(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def call(self, method: str, **params: Any) -> Any:
        answer = await self.client.post(f"/bot{TOKEN}/{method}", json=params)
        return None if answer.status_code == 502 else answer.json().get("result")

    async def _receive(self) -> None:
        offset = 0
        while True:
            updates = await self.call("getUpdates", offset=offset, timeout=20)
            for update in updates or []:
                offset = update["update_id"] + 1
                self._set_busy(+1)
                self._start(self._handle(update))

    def _set_busy(self, change: int) -> None:
        self.busy += change
        self._changed.set()

    async def _handle(self, update: dict[str, Any]) -> None:
        await asyncio.sleep(self.beat)
        if "callback_query" in update:
            query = update["callback_query"]
            await self.call("answerCallbackQuery", callback_query_id=query["id"], text="noted")
            message = query["message"]
            await self.call(
                "editMessageText",
                chat_id=message["chat"]["id"],
                message_id=message["message_id"],
                text=f"chosen: {query['data']}",
            )
        elif "text" in update.get("message", {}):
            await self._answer(update["message"])
        self._set_busy(-1)

    async def _answer(self, message: dict[str, Any]) -> None:
        chat, text = message["chat"]["id"], message["text"]
        if text.startswith("/remind"):
            minutes = int(text.split()[1])
            self.reminders.append((self.now + timedelta(minutes=minutes), chat, minutes))
        markup = None
        if text == "/button":
            markup = {"inline_keyboard": [[{"text": "🏠 Rowan House", "callback_data": "rowan"}]]}
        await self.call("sendMessage", chat_id=chat, text=f"heard: {text}", reply_markup=markup)

    async def _follow(self) -> None:
        poll: asyncio.Task[Any] | None = None
        while True:
            self._changed.clear()
            moments = [at for at, _, _ in self.reminders]
            report = {
                "follower": "bot",
                "seen": self.seen,
                "idle": self.busy == 0,
                "next_at": min(moments).isoformat() if moments else None,
            }
            if poll is not None:
                poll.cancel()
            poll = asyncio.create_task(self.client.post("/clock/follow", json=report))
            changed = asyncio.create_task(self._changed.wait())
            await asyncio.wait({poll, changed}, return_when=asyncio.FIRST_COMPLETED)
            changed.cancel()
            if poll.done():
                clock = poll.result().json()
                self.now = datetime.fromisoformat(clock["now"])
                if clock["version"] != self.seen:
                    await self._tick()
                self.seen = clock["version"]

    async def _tick(self) -> None:
        due = [reminder for reminder in self.reminders if reminder[0] <= self.now]
        for at, chat, minutes in due:
            self.reminders.remove((at, chat, minutes))
            self.reminders.append((self.now + timedelta(minutes=minutes), chat, minutes))
            await asyncio.sleep(self.beat)
            await self.call("sendMessage", chat_id=chat, text=f"reminder of {at:%H:%M}")
            self.sent_at.append(self.now)
