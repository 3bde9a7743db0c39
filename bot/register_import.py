"""`people import` while the bot runs: the register is in the bot's memory, so the bot writes it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import structlog

from bot.register import keeping
from storage import incoming
from storage.envelope import Damaged
from storage.keys import Keys
from storage.store import Store, StoreError

log = structlog.get_logger(__name__)
LOOK_SECONDS = 2.0
"""How often it is looked, where no signal says that somebody has come."""


class Arrivals(Protocol):
    """What commands have checked and left, sealed, oldest first."""

    async def oldest_register(self) -> tuple[Any, bytes] | None:
        """What it is called, and what it is. Raises StoreError, OSError."""
        ...

    async def end_order(self, number: Any) -> None:
        """It is on the register, or never will be. Raises StoreError, OSError."""
        ...


class ArrivalsInFolder:
    """Beside the records in this folder; implements `Arrivals`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def oldest_register(self) -> tuple[Any, bytes] | None:
        """Raises OSError."""
        found = incoming.arrived(self._folder)
        return None if found is None else (self._folder, found)

    async def end_order(self, number: Any) -> None:
        """Raises OSError."""
        incoming.forget(number)


class RegisterImport:
    """Takes what a command has checked and left for the bot."""

    def __init__(self, store: Store, arrivals: Arrivals, keys: Callable[[], Keys | None]) -> None:
        self._store = store
        self._arrivals = arrivals
        self._keys = keys
        self._one_at_a_time = asyncio.Lock()
        self._failed = False

    async def run(self) -> None:
        """All of them or none; what was left goes when they are on record. What fails is logged,
        and the command that waits says that nothing was imported."""
        async with self._one_at_a_time:
            try:
                await self._take()
                self._failed = False
            except (Damaged, StoreError, OSError) as error:
                if not self._failed:
                    log.error("the register was not taken over", why=type(error).__name__)
                self._failed = True

    async def keep_looking(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self.run()

    async def _take(self) -> None:
        found = await self._arrivals.oldest_register()
        if found is None:
            return
        number, raw = found
        people = incoming.unsealed(self._keys(), raw)
        present = {one.ref: one for one in await self._store.people()}
        await self._store.put_people(keeping(people, present))
        await self._arrivals.end_order(number)
        log.info("people were put on the register", count=len(people))
