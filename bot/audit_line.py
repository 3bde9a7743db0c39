"""What a command does is put on record before it shows anything, whether the bot runs or not."""

from __future__ import annotations

import asyncio
import getpass
import sys
from pathlib import Path
from typing import Any

from bot.config import Config
from bot.database import open_to_read
from bot.record_reading import rows_maker
from bot.resources import keys_of
from reminders.clock import Clock, SystemClock
from storage import audit_files
from storage.envelope import Sealer
from storage.layout import Layout
from storage.store import NotSaved, StoreError

MACHINE = "machine"
"""Who did it: somebody at the service's own machine. The line has the name of their account."""


def put_on_record(config: Config, folder: Path, what: str, **more: str | int) -> None:
    """Leaves a line for the audit, durably: the bot, or its next start, takes it into the chain.

    folder: that of the configuration file.  more: ids and references, no names. Raises NotSaved.
    """
    clock = SystemClock()
    who = {"by": MACHINE, "user": _user()}
    line: dict[str, Any] = {"at": clock.now().isoformat(), "what": what, **who}
    line |= {key: value for key, value in more.items() if value != ""}
    try:
        if config.book.database:
            asyncio.run(_in_database(config, folder, line, clock))
        else:
            layout, sealer = Layout(folder / config.book.folder), Sealer(keys_of(config, folder))
            audit_files.leave(layout, sealer, line, clock.now())
    except (OSError, StoreError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        msg = f"it cannot be put on record ({why})"
        raise NotSaved(msg) from error


def put_on_record_if_possible(config: Config, folder: Path, what: str, **more: str | int) -> None:
    """For a case that somebody has to read now, with police on the telephone, although the disk
    refuses: it is said that nothing is on record."""
    try:
        put_on_record(config, folder, what, **more)
    except NotSaved as error:
        print(f"Not in the audit: {error}. Note who did this, and why.", file=sys.stderr)


async def _in_database(config: Config, folder: Path, line: dict[str, Any], clock: Clock) -> None:
    make, made_by = rows_maker(config, folder, clock)
    store = await open_to_read(config, keys_of(config, folder), make, clock.now, made_by)
    await store.leave(line)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""
