"""The clock of a sandbox: the bot follows the time that its stand-in for Telegram shows.

Only with `[practice]` in the configuration, which goes only with addresses on this machine.
The follower reports back when it has dealt with a new time, whether it is idle, and when it will
next act by itself, so that a person (or a test) can move from one event to the next.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import structlog

log = structlog.get_logger(__name__)


class PracticeClock:
    """A `Clock` that is moved from outside."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._client = httpx.AsyncClient(timeout=httpx.Timeout(5, read=60), trust_env=False)
        self._base = datetime.now(UTC)
        self._read_at = time.monotonic()
        self._rate = 1.0
        self._version = -1
        self._told: list[Callable[[], None]] = []
        self._changed = asyncio.Event()

    def now(self) -> datetime:
        """The practice time (UTC)."""
        return self._base + timedelta(seconds=(time.monotonic() - self._read_at) * self._rate)

    def seconds_until(self, moment: datetime) -> float | None:
        """Real seconds until the practice clock shows it; None for what is to come while it stands
        still. What has come is due at once, also then."""
        if moment <= self.now():
            return 0.0
        if self._rate == 0:
            return None
        return max(0.0, (moment - self.now()).total_seconds() / self._rate)

    def moved(self) -> timedelta:
        """It is moved on purpose."""
        return timedelta()

    def on_jump(self, told: Callable[[], None]) -> None:
        """`told` is called whenever the clock is moved by hand."""
        self._told.append(told)

    def state_changed(self) -> None:
        """To be called when what `follow` would report has changed."""
        self._changed.set()

    async def read(self) -> None:
        """The time as it stands, before anything else starts."""
        answer = await self._client.get(f"{self.url}/clock")
        answer.raise_for_status()
        self._take(answer.json())

    async def follow(
        self,
        state: Callable[[], tuple[bool, datetime | None]],
        act: Callable[[], Awaitable[None]],
    ) -> None:
        """Until cancelled: long polls, each reporting what was dealt with.

        `state()` answers (idle, next moment at which the bot acts by itself); `act()` does what
        the new time makes due, before it is reported as dealt with.
        """
        while True:
            self._changed.clear()
            idle, next_at = state()
            body = {
                "follower": f"bot-{os.getpid()}",
                "seen": self._version,
                "idle": idle,
                "next_at": next_at.isoformat() if next_at else None,
                "wait": 20,
            }
            poll = asyncio.create_task(self._client.post(f"{self.url}/clock/follow", json=body))
            changed = asyncio.create_task(self._changed.wait())
            try:
                await asyncio.wait({poll, changed}, return_when=asyncio.FIRST_COMPLETED)
                if poll.done():
                    await self._moved(poll.result(), act)
            except httpx.HTTPError as error:
                log.warning("the practice clock does not answer", error=type(error).__name__)
                await asyncio.sleep(0.5)
            finally:
                for task in (poll, changed):
                    task.cancel()
                await asyncio.gather(poll, changed, return_exceptions=True)

    async def _moved(self, answer: httpx.Response, act: Callable[[], Awaitable[None]]) -> None:
        answer.raise_for_status()
        document = answer.json()
        if document["version"] != self._version:
            self._take(document)
            for told in self._told:
                told()
            await act()

    def _take(self, document: dict[str, Any]) -> None:
        self._base = datetime.fromisoformat(document["now"]).astimezone(UTC)
        self._read_at = time.monotonic()
        self._rate = 0.0 if document["mode"] == "frozen" else float(document.get("rate", 1))
        self._version = document["version"]

    async def close(self) -> None:
        """Ends the connection to the stand-in."""
        await self._client.aclose()
