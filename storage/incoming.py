"""Young people for the register on their way from a command to the bot that has the records open.

The command leaves them sealed in a file beside the records and sends the bot a signal (SIGUSR1);
the bot puts them on the register and takes the file away, which is how the command knows. Where the
records are in a database they lie there in a row, for whoever leads.
"""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from storage import files
from storage.envelope import Damaged, Sealer
from storage.keys import Keys
from storage.layout import SUFFIX, Layout, Place
from storage.model import Person
from storage.shapes import Register

KIND, NAME = "incoming", "register"
WAIT_SECONDS = 20.0
LOOK_SECONDS = 0.05


class NotTaken(Exception):
    """The running bot did not take them; nothing was imported. The text says why."""


def _place(folder: Path) -> Place:
    return Place(folder / KIND / f"{NAME}{SUFFIX}", KIND, NAME)


def sealed(keys: Keys | None, people: Sequence[Person]) -> bytes:
    """As they lie on their way."""
    data = msgspec.json.encode(Register(version=1, people={one.ref: one for one in people}))
    return Sealer(keys).seal(KIND, NAME, 1, data)


def unsealed(keys: Keys | None, raw: bytes) -> tuple[Person, ...]:
    """Raises Damaged."""
    content = Sealer(keys).unseal(KIND, NAME, raw)
    try:
        return tuple(msgspec.json.decode(content.data, type=Register).people.values())
    except msgspec.MsgspecError:
        raise Damaged("it is no register") from None


def hand_over(folder: Path, keys: Keys | None, people: Sequence[Person]) -> None:
    """Comes back when the bot that has this folder open has them on its register.

    Raises NotTaken, OSError.
    """
    process = holder(folder)
    place = _place(folder)
    place.path.parent.mkdir(mode=0o700, exist_ok=True)
    files.write_whole(place.path, sealed(keys, people))
    try:
        os.kill(process, signal.SIGUSR1)
        until = time.monotonic() + WAIT_SECONDS
        while place.path.exists():
            if time.monotonic() > until:
                raise NotTaken("the bot runs and did not take them; its log says why")
            time.sleep(LOOK_SECONDS)
    except (ProcessLookupError, PermissionError) as error:
        why = "the bot's process cannot be reached from here: run this as its user, on its machine"
        raise NotTaken(why) from error
    finally:
        files.remove(place.path)


def holder(folder: Path) -> int:
    """The process that has the records of this folder open. Raises NotTaken."""
    try:
        note = files.read(Layout(folder).lock).decode(errors="replace")
    except OSError:
        note = ""
    found = re.match(r"process (\d+),", note)
    if found is None:
        raise NotTaken("the records are in use, and it is not known by which process")
    return int(found[1])


def arrived(folder: Path) -> bytes | None:
    """What a command left here, sealed. Raises OSError."""
    try:
        return files.read(_place(folder).path)
    except FileNotFoundError:
        return None


def forget(folder: Path) -> None:
    """They are on the register, or nobody waits for it any more."""
    files.remove(_place(folder).path)
