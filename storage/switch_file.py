"""A command to stop or resume the service, on its way to the bot that has the records open.

It lies beside the records, whose folder only the bot's user can write. A bot that runs is sent a
signal and takes it at once; one that does not run takes it at its start, before it sends anything.
Each command is a file of its own, so that none that comes while another is carried out is lost.
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


NAME = "switch"
"""How the name of each begins."""


def _folder(folder: Path) -> Path:
    return folder / "incoming"


def leave(folder: Path, wanted: Wanted) -> Path:
    """On disk from here on; where. Raises OSError."""
    place = _folder(folder) / f"{NAME}-{time.time_ns():020}-{os.getpid()}"
    place.parent.mkdir(mode=0o700, exist_ok=True)
    files.write_whole(place, wanted.encode())
    return place


def wait_until_taken(folder: Path, place: Path) -> None:
    """Tells the running bot and comes back when it has done it. Raises NotTaken, OSError; what was
    left stays, for the next start."""
    try:
        os.kill(holder(folder), signal.SIGUSR1)
    except (ProcessLookupError, PermissionError) as error:
        why = "the bot's process cannot be reached from here: run this as its user, on its machine"
        raise NotTaken(why) from error
    until = time.monotonic() + WAIT_SECONDS
    while place.exists():
        if time.monotonic() > until:
            raise NotTaken("the bot runs and has not taken it; its log says why")
        time.sleep(LOOK_SECONDS)


def left(folder: Path) -> tuple[Path, str] | None:
    """Where the oldest command lies that is to be carried out, and what it says; None: there is
    none. Raises OSError."""
    for name in files.names(_folder(folder)):
        if name.startswith(NAME):
            place = _folder(folder) / name
            return place, files.read(place).decode(errors="replace").strip()
    return None


def forget(place: Path) -> None:
    """This one is done."""
    files.remove(place)
