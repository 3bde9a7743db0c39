"""The one way for a command to read the records, whether the bot runs or not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bot.config import Config
from bot.database import open_to_read
from bot.resources import WrongPack, keys_of, pack_of, row_maker
from reminders.clock import Clock, SystemClock
from storage.model import Episode, Past
from storage.snapshot import read_snapshot
from storage.store import RecordsReader, StoreError


async def open_for_reading(
    config: Config, folder: Path, clock: Clock | None = None
) -> RecordsReader:
    """All that `StoreReader` offers, as it stands now; takes no lock, changes nothing, and need
    not be closed.

    folder: that of the configuration file, from which a relative path counts.  clock: the time at
    which open episodes are summarised; the machine's own if not given. Raises StoreError.
    """
    clock = clock or SystemClock()
    make, made_by = rows_maker(config, folder, clock)
    if config.book.database:
        return await open_to_read(config, keys_of(config, folder), make, clock.now, made_by)
    return await read_snapshot(
        folder / config.book.folder, keys=keys_of(config, folder), summarise=make, rows_by=made_by
    )


def rows_maker(config: Config, folder: Path, clock: Clock) -> tuple[Callable[[Episode], Past], str]:
    """How a summary row is made of an episode, and the name of the rules. Raises StoreError."""
    try:
        pack = pack_of(config, folder, ())
    except WrongPack as error:
        raise StoreError(f"the protocol pack cannot be used: {error}") from error
    return row_maker(config, lambda: pack, clock)
