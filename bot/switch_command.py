"""`stop` and `resume` on the machine: the bot that has the records open carries them out."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Protocol

import structlog

from reminders.kill_switch import KillSwitch, Turn
from storage import switch_file
from storage.store import StoreError

log = structlog.get_logger(__name__)
LOOK_SECONDS = 2.0
"""How often it is looked, where no signal says that a command has come."""
WANTED: dict[str, Turn] = {"stop": "stop", "resume": "resume"}


class Orders(Protocol):
    """Commands that were left for the bot, oldest first."""

    async def oldest_order(self) -> tuple[Any, str] | None:
        """What it is called, and what it wants. Raises StoreError, OSError."""
        ...

    async def end_order(self, name: Any) -> None:
        """It need not be carried out any more. Raises StoreError, OSError."""
        ...


class OrdersInFolder:
    """Beside the records in this folder; implements `Orders`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def oldest_order(self) -> tuple[Any, str] | None:
        """Raises OSError."""
        return switch_file.left(self._folder)

    async def end_order(self, name: Any) -> None:
        """Raises OSError."""
        switch_file.forget(name)


class SwitchCommand:
    """Takes what commands have left, all of it, in its order."""

    def __init__(self, switch: KillSwitch, orders: Orders) -> None:
        self._switch = switch
        self._orders = orders
        self._one_at_a_time = asyncio.Lock()
        self._failed = False

    async def run(self) -> None:
        """Also called at the start, before anything is sent. What fails is logged and stays for the
        next time; what is neither stop nor resume goes."""
        async with self._one_at_a_time:
            try:
                while await self._next():
                    pass
                self._failed = False
            except (StoreError, OSError) as error:
                if not self._failed:
                    why = type(error).__name__
                    log.error("a command to stop or resume was not carried out", why=why)
                self._failed = True

    async def keep_looking(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self.run()

    async def _next(self) -> bool:
        """One of them; False: there is none that can be ended. Raises StoreError, OSError."""
        found = await self._orders.oldest_order()
        if found is None:
            return False
        name, said = found
        wanted = WANTED.get(said)
        if wanted is None:
            log.error("neither stop nor resume; it was taken away")
        else:
            state = self._switch.service_state
            await state.load()
            if await self._switch.command(wanted):
                log.warning("the service was switched by a command", wanted=wanted)
            if state.write_behind.unsaved:  # it works; it is not on record yet
                return False
        await self._orders.end_order(name)
        return True
