"""`stop` and `resume` on the machine: the bot that has the records open carries them out."""

from __future__ import annotations

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

    async def run(self) -> None:
        """Also called at the start, before anything is sent. What fails is logged and stays for
        the next start."""
        try:
            wanted = switch_file.left(self._folder)
            if wanted is None:
                return
            await self._switch.service_state.load()
            if await self._switch.command(wanted):
                log.warning("the service was switched by a command", wanted=wanted)
            switch_file.forget(self._folder)
        except (StoreError, OSError) as error:
            log.error("a command to stop or resume was not carried out", why=type(error).__name__)
