"""`stop` and `resume` on the machine: the bot that has the records open carries them out."""

from __future__ import annotations

import asyncio
from pathlib import Path

import structlog

from reminders.kill_switch import KillSwitch
from storage import switch_file
from storage.store import StoreError

log = structlog.get_logger(__name__)


class SwitchCommand:
    """Takes what a command has left beside the records in `folder`."""

    def __init__(self, switch: KillSwitch, folder: Path) -> None:
        self._switch = switch
        self._folder = folder
        self._one_at_a_time = asyncio.Lock()

    async def run(self) -> None:
        """All that have come, in their order. Also called at the start, before anything is sent.
        What fails is logged and stays for the next signal or start; what is no command goes."""
        async with self._one_at_a_time:
            try:
                while await self._next():
                    pass
            except (StoreError, OSError) as error:
                why = type(error).__name__
                log.error("a command to stop or resume was not carried out", why=why)

    async def _next(self) -> bool:
        """One of them; False: there is none. Raises StoreError, OSError."""
        try:
            found = switch_file.left(self._folder)
        except switch_file.Unknown as error:
            log.error("neither stop nor resume; it was taken away", file=str(error))
            return True
        if found is None:
            return False
        place, wanted = found
        await self._switch.service_state.load()
        if await self._switch.command(wanted):
            log.warning("the service was switched by a command", wanted=wanted)
        switch_file.forget(place)
        return True
