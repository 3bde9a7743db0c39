"""`stop` and `resume`: the kill switch, by whoever is on the service's machine."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from bot.config import ConfigError
from bot.config_file import load
from bot.database import command
from reminders.clock import SystemClock
from storage import switch_file
from storage.incoming import NotTaken
from storage.layout import Layout
from storage.lock import Lock, StoreInUse
from storage.store import StoreError
from storage.switch_file import Wanted

DONE = {
    "stop": "Stopped. Everybody on the list is told to use paper and telephone; ring whoever does "
    "not read it. `nightlight resume` ends it.",
    "resume": "It works again. Everybody on the list is told what fell due meanwhile.",
}
AT_START = {
    "stop": "The bot does not run. It starts stopped. Nobody was told anything: telephone them.",
    "resume": "The bot does not run. It works again from its next start.",
}


def run(wanted: Wanted, config_path: Path) -> int:
    """Exit status 0; 2 with a line that says what stands in the way."""
    try:
        config, _ = load(config_path, token_needed=False)
        if config.book.database:
            done = asyncio.run(command(config.book.database, config.book.service, wanted))
        else:
            done = _in_folder(config_path.resolve().parent / config.book.folder, wanted)
        print(DONE[wanted] if done else AT_START[wanted])
    except (ConfigError, NotTaken, StoreError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _in_folder(folder: Path, wanted: Wanted) -> bool:
    """False: the bot does not run."""
    place = switch_file.leave(folder, wanted)
    if not _bot_runs(folder):
        return False
    switch_file.wait_until_taken(folder, place)
    return True


def _bot_runs(folder: Path) -> bool:
    """Has a process these records open?"""
    lock = Lock(Layout(folder))
    try:
        lock.take(SystemClock().now())
    except StoreInUse:
        return True
    lock.release()
    return False
