"""Who is on the staff list by invitation, for whoever reads the configuration."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from bot.config import Config
from bot.record_reading import open_for_reading
from bot.resources import keys_of
from protocol.staff_facts import StaffRecord, facts_of, read
from reminders.service_state import PEOPLE
from storage.envelope import Damaged, Sealer
from storage.layout import Layout
from storage.model import Office
from storage.record_file import read_only
from storage.store import StoreError


def staff_record(config: Config, folder: Path) -> StaffRecord:
    """The staff list as it is on record; empty where there are no records yet, or none that can be
    read: then whoever opens them says so. Takes no lock.

    folder: that of the configuration file, from which a relative path counts.
    """
    try:
        office = _in_database(config, folder) if config.book.database else _on_disk(config, folder)
        return read(facts_of(office.state.get(PEOPLE) if office else None))
    except (StoreError, Damaged, OSError, msgspec.MsgspecError):
        return StaffRecord()


def _on_disk(config: Config, folder: Path) -> Office | None:
    layout = Layout(folder / config.book.folder)
    if not layout.office.path.exists():
        return None
    return read_only(layout.office, Office, Sealer(keys_of(config, folder)))


def _in_database(config: Config, folder: Path) -> Office:
    """In a thread of its own: whoever reads a configuration may or may not run an event loop."""

    async def ask() -> Office:
        return await (await open_for_reading(config, folder)).office()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, ask()).result()
