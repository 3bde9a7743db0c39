"""What the configuration names: the key, the protocol pack, the records on disk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection
from datetime import date, datetime
from pathlib import Path

from bot.config import Config
from bot.database import open_as_leader
from bot.summary import RULES, summarise
from protocol.london import england_bank_holidays
from protocol.pack import Pack, load_pack
from protocol.packfile import PackError
from protocol.settings import SettingError
from reminders.clock import Clock, SystemClock
from storage.keys import Keys, load_keys
from storage.model import Episode, Past
from storage.store import Store, StoreError
from storage.tinydb_store import TinyStore


def key_setting(config: Config, folder: Path) -> dict[str, str]:
    """Where the key is, as `storage.keys` takes it; empty for a plain book.

    folder: that of the configuration file, from which a relative path counts.
    """
    book = config.book
    ways = {
        "file": str(folder / book.key_file) if book.key_file else "",
        "env": book.key_variable,
        "credential": book.key_credential,
    }
    return {name: value for name, value in ways.items() if value}


def keys_of(config: Config, folder: Path) -> Keys | None:
    """The book's keys; None for a plain book, which the configuration says in words."""
    setting = key_setting(config, folder)
    return load_keys(setting) if setting else None


def pack_of(config: Config, folder: Path, closed_days: Collection[date], now: datetime) -> Pack:
    """The pack with preset, local settings, and the bank holidays of three years around now.

    closed_days: further days on which the office is closed.
    """
    choice = config.protocol
    path = folder / choice.pack if choice.pack.endswith(".toml") else Path(choice.pack)
    days = {*england_bank_holidays(range(now.year - 1, now.year + 2)), *closed_days}
    return load_pack(
        path,
        choice.preset or None,
        {"bank_holidays": sorted(d.isoformat() for d in days), **choice.settings},
    )


def row_maker(
    config: Config, pack: Callable[[], Pack], clock: Clock
) -> tuple[Callable[[Episode], Past], str]:
    """How a summary row is made of an episode, and the name of the rules it is made by.

    pack: the protocol at the moment of asking, as it can be exchanged while the bot runs.
    """
    choice = config.protocol
    made_by = f"{RULES}/{choice.pack}/{choice.preset}"
    if choice.settings:
        own = json.dumps(choice.settings, sort_keys=True, default=str)
        made_by += f"/{hashlib.sha256(own.encode()).hexdigest()[:12]}"
    return lambda episode: summarise(episode, pack(), clock.now()), made_by


async def open_store(
    config: Config, folder: Path, clock: Clock, pack: Callable[[], Pack], *, wait: bool = True
) -> Store:
    """The records, open. In a database they are opened once no other process leads this service;
    without `wait`, not if one does. Raises StoreError: in use, another key, or cannot be read."""
    make, made_by = row_maker(config, pack, clock)
    keys = keys_of(config, folder)
    if config.book.database:
        return await open_as_leader(config, keys, make, clock.now, made_by, wait=wait)
    store = TinyStore(
        folder / config.book.folder, keys=keys, summarise=make, now=clock.now, rows_by=made_by
    )
    await store.open()
    return store


async def open_alone(config: Config, folder: Path) -> Store:
    """The records for a command that works while the bot does not run."""
    clock = SystemClock()
    try:
        pack = pack_of(config, folder, (), clock.now())
    except (PackError, SettingError) as error:
        raise StoreError(f"the protocol pack cannot be used: {error}") from error
    return await open_store(config, folder, clock, lambda: pack, wait=False)
