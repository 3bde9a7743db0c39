"""What a command does is put on record before it shows anything, whether the bot runs or not."""

from __future__ import annotations

import asyncio
import getpass
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bot.config import Config, ConfigError
from bot.config_file import read_file
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
START_REFUSED = "start refused"
SAID_LATELY = timedelta(days=1)


def put_on_record(config: Config, folder: Path, what: str, **more: str | int) -> None:
    """Leaves a line for the audit, durably: the bot, or its next start, takes it into the chain.

    folder: that of the configuration file.  more: ids and references, no names. Raises NotSaved.
    """
    _leave(config, folder, what, more, once=False)


def _leave(
    config: Config, folder: Path, what: str, more: Mapping[str, str | int], *, once: bool
) -> None:
    """once: not while the same waits to be taken, nor, with a database, after it was taken within
    a day."""
    clock = SystemClock()
    who = {"by": MACHINE, "user": _user()}
    line: dict[str, Any] = {"at": clock.now().isoformat(), "what": what, **who}
    line |= {key: value for key, value in more.items() if value != ""}
    try:
        if config.book.database:
            asyncio.run(_in_database(config, folder, line, clock, once=once))
        else:
            layout, sealer = Layout(folder / config.book.folder), Sealer(keys_of(config, folder))
            waiting = audit_files.left(layout, sealer, lambda *_: None) if once else ()
            if not _said(what, (one for _, one in waiting), clock.now()):
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


def start_refused(path: Path, problems: int) -> None:
    """The bot was to start with this configuration file, and it or its protocol cannot be used:
    a line, where the records and their key are none of the problems (nor, with a database, the
    protocol). A program that is started again and again leaves one."""
    with suppress(ConfigError, StoreError, OSError):
        read, folder = read_file(path), path.resolve().parent
        book = read.config.book
        there = bool(book.database) or (folder / book.folder).is_dir()
        if there and not any(one.place[:1] in ((), ("book",)) for one in read.mistakes):
            _leave(read.config, folder, START_REFUSED, {"problems": problems}, once=True)


async def _in_database(
    config: Config, folder: Path, line: dict[str, Any], clock: Clock, *, once: bool
) -> None:
    make, made_by = rows_maker(config, folder, clock)
    records = await open_to_read(config, keys_of(config, folder), make, clock.now, made_by)
    newest = [one.line for one in (await records.office()).audit] if once else []
    waiting = await records.left() if once else []
    if not _said(line["what"], [*newest, *waiting], clock.now()):
        await records.leave(line)


def _said(what: str, lines: Iterable[Mapping[str, Any]], now: datetime) -> bool:
    since = (now - SAID_LATELY).isoformat()
    return any(one.get("what") == what and str(one.get("at")) > since for one in lines)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""
