"""A strict account of Telegram's limits, and a request to Telegram that only waits."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from datetime import datetime
from typing import Any

from reminders.limits import Turn
from reminders.sending import Sent, TooFast
from storage.model import Episode, Message

PERMITTED = 30


class Flood:
    """Telegram's limits to the letter: 30 in any second, one a second per chat after a burst."""

    def __init__(self, burst: int = 5) -> None:
        self.burst = burst
        self.all: deque[float] = deque()
        self.chats: dict[int, tuple[float, float]] = {}
        self.refused = 0
        self.most = 0

    def take(self, chat: int, now: float) -> bool:
        """Whether this chat may get a message at this second."""
        while self.all and self.all[0] <= now - 1.0:
            self.all.popleft()
        tokens, since = self.chats.get(chat, (float(self.burst), now))
        tokens = min(float(self.burst), tokens + now - since)
        if len(self.all) >= PERMITTED or tokens < 1:
            self.refused += 1
            return False
        self.all.append(now)
        self.most = max(self.most, len(self.all))
        self.chats[chat] = (tokens - 1, now)
        return True


class Telegram:
    """Takes every message after `delay` (milliseconds, drawn from a range); keeps when and what."""

    def __init__(self, clock: Any, delay: tuple[float, float]) -> None:
        self.clock = clock
        self.delay = delay
        self.flood = Flood()
        self.random = random.Random(7)
        self.requests: list[tuple[datetime, Message]] = []

    async def send(self, message: Message, _: Episode | None, _turn: Turn) -> Sent:
        """Takes note of the request and of when it came."""
        self.requests.append((self.clock.now(), message))
        whole = self.random.uniform(*self.delay) / 1000
        until_counted = self.random.uniform(0, whole)
        await asyncio.sleep(until_counted)
        assert message.chat_id is not None
        counted = self.flood.take(message.chat_id, asyncio.get_running_loop().time())
        await asyncio.sleep(whole - until_counted)
        if not counted:
            raise TooFast(1)
        return Sent(message.chat_id, len(self.requests))
