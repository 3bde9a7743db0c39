"""What the configuration names: the key, the protocol pack, the records on disk."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from bot.config import Config
from bot.database import open_as_leader
from bot.summary import RULES, summarise
from protocol.pack import Pack, load_pack
from protocol.packfile import PackError
from protocol.settings import SettingError
from protocol.toml_places import Place
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


class WrongPack(Exception):
    """A pack that the configuration names cannot be used. `place` is where it is named."""

    def __init__(self, place: Place, error: PackError | SettingError) -> None:
        super().__init__(str(error))
        self.place, self.error = place, error


def pack_of(config: Config, folder: Path, closed_days: Collection[date]) -> Pack:
    """The pack with preset and local settings; beside it those of homes, and of the authorities
    that placed young people (see `Pack.serving`). Raises WrongPack.

    closed_days: further days on which the office is closed.
    """
    choice, closed = config.protocol, frozenset(closed_days)

    def load(
        place: Place,
        name: str,
        preset: str | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> Pack:
        path = folder / name if name.endswith(".toml") else Path(name)
        try:
            return load_pack(path, preset, settings, closed)
        except PackError as error:
            raise WrongPack((*place, "pack"), error) from error
        except SettingError as error:
            raise WrongPack((*place, "settings", error.key), error) from error

    usual = load(("protocol",), choice.pack, choice.preset or None, choice.settings)
    homes = {
        home.id: load(("homes", n), home.pack, None, _of_area(home.authority))
        for n, home in enumerate(config.homes)
        if home.pack
    }
    placing = {
        authority.name: load(("authorities", n), authority.pack, None, _of_area(authority.name))
        for n, authority in enumerate(config.authorities)
        if authority.pack
    }
    return usual.serving(homes, placing) if homes or placing else usual


def _of_area(authority: str) -> dict[str, str]:
    """A pack that is used for this authority is that of this authority, whatever it says."""
    return {"protocol_la": authority} if authority else {}


def row_maker(
    config: Config, pack: Callable[[], Pack], clock: Clock
) -> tuple[Callable[[Episode], Past], str]:
    """How a summary row is made of an episode, and the name of the rules it is made by.

    pack: the protocol at the moment of asking, as it can be exchanged while the bot runs.
    """
    choice = config.protocol
    made_by = f"{RULES}/{choice.pack}/{choice.preset}"
    made_by += "".join(f"/{home.id}={home.pack}" for home in config.homes if home.pack)
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
        pack = pack_of(config, folder, ())
    except WrongPack as error:
        raise StoreError(f"the protocol pack cannot be used: {error}") from error
    return await open_store(config, folder, clock, lambda: pack, wait=False)
