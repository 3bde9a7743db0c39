"""`people import` while the bot runs: the register is in the bot's memory, so the bot writes it."""

from __future__ import annotations

from pathlib import Path

import structlog

from bot.config import Config
from bot.register import keeping
from bot.resources import keys_of
from storage import incoming
from storage.envelope import Damaged
from storage.store import Store, StoreError

log = structlog.get_logger(__name__)


class RegisterImport:
    """Takes what a command has checked and left beside the records."""

    def __init__(self, store: Store, config: Config, folder: Path) -> None:
        self._store = store
        self._config = config
        self._folder = folder

    async def run(self) -> None:
        """All of them or none; the file goes when they are on disk. What fails is logged, and the
        command that waits says that nothing was imported."""
        where = self._folder / self._config.book.folder
        try:
            people = incoming.arrived(where, keys_of(self._config, self._folder))
            if people:
                present = {one.ref: one for one in await self._store.people()}
                await self._store.put_people(keeping(people, present))
                incoming.forget(where)
                log.info("people were put on the register", count=len(people))
        except (Damaged, StoreError, OSError) as error:
            log.error("the register was not taken over", why=type(error).__name__)
