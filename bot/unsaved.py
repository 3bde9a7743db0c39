"""What a leader said while the database refused: kept on its machine, handed to whoever leads."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import structlog

from bot.config import Config
from bot.database import leading, leave
from bot.resources import keys_of
from storage.store import Store, StoreError
from storage.unsaved_file import FormerLives, UnsavedFile

AGAIN_SECONDS = 2.0

log = structlog.get_logger(__name__)


def kept_beside(store: Store, config: Config, folder: Path) -> UnsavedFile | None:
    """Where it is kept on this machine; None where the records are in a folder: a disk that refuses
    them would refuse this."""
    lease = leading(store)
    if lease is None:
        return None
    life = lease.holder.rpartition(" ")[2]
    book = config.book
    return UnsavedFile(folder / book.folder, book.service, life, keys_of(config, folder))


@contextlib.asynccontextmanager
async def handed_on(config: Config, folder: Path) -> AsyncIterator[None]:
    """While this machine stands by: what its former processes left goes to whoever leads; if this
    one comes to lead, to itself."""
    if not config.book.database:
        yield
        return
    left = FormerLives(folder / config.book.folder, config.book.service)
    standing_by = asyncio.create_task(_until_handed_on(config, left))
    try:
        yield
    finally:
        standing_by.cancel()
        await asyncio.gather(standing_by, return_exceptions=True)
    if not await _hand_on(config, left):
        log.error("what was said without the database waits for the next start")


async def _until_handed_on(config: Config, left: FormerLives) -> None:
    while not await _hand_on(config, left):  # noqa: ASYNC110 - no one tells when the line is back
        await asyncio.sleep(AGAIN_SECONDS)


async def _hand_on(config: Config, left: FormerLives) -> bool:
    """Whether nothing is left. What was left twice is put on record once."""
    try:
        for name, sealed in await left.all():
            await leave(config, "reminded", sealed)
            await left.forget(name)
            log.warning("what was said without the database is handed on", file=name)
    except (StoreError, OSError) as error:
        log.debug("what was said without the database waits", why=str(error))
        return False
    return True
