"""A command to stop or resume the service, on its way to the bot that has the records open.

It lies beside the records, whose folder only the bot's user can write. A bot that runs is sent a
signal and takes it at once; one that does not run takes it at its start, before it sends anything.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Literal, TypeAlias

from storage import files
from storage.incoming import LOOK_SECONDS, NotTaken, holder

Wanted: TypeAlias = Literal["stop", "resume"]
WAIT_SECONDS = 20.0


def _place(folder: Path) -> Path:
    return folder / "incoming" / "switch"


def leave(folder: Path, wanted: Wanted) -> None:
    """On disk from here on. Raises OSError."""
    place = _place(folder)
    place.parent.mkdir(mode=0o700, exist_ok=True)
    files.write_whole(place, wanted.encode())


def wait_until_taken(folder: Path) -> None:
    """Tells the running bot and comes back when it has done it. Raises NotTaken, OSError; what was
    left stays, for the next start."""
    try:
        os.kill(holder(folder), signal.SIGUSR1)
    except (ProcessLookupError, PermissionError) as error:
        why = "the bot's process cannot be reached from here: run this as its user, on its machine"
        raise NotTaken(why) from error
    until = time.monotonic() + WAIT_SECONDS
    while _place(folder).exists():
        if time.monotonic() > until:
            raise NotTaken("the bot runs and has not taken it; its log says why")
        time.sleep(LOOK_SECONDS)


def left(folder: Path) -> Wanted | None:
    """What a command has left; None: nothing. Raises OSError."""
    try:
        raw = files.read(_place(folder))
    except FileNotFoundError:
        return None
    match raw.decode(errors="replace").strip():
        case "stop":
            return "stop"
        case "resume":
            return "resume"
    return None


def forget(folder: Path) -> None:
    """It is done."""
    files.remove(_place(folder))
