"""What is left for the bot that has the records open: by a command, young people for the register,
or that somebody's PIN starts anew; by the machine of a former leader, whom that one reminded.

The command leaves it sealed in a file beside the records and sends the bot a signal (SIGUSR1); the
bot does it and takes the file away, which is how the command knows. Where the records are in a
database it lies there in a row, for whoever leads.
"""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal, TypeAlias, TypeVar

import msgspec

from protocol.facts import Told
from storage import files
from storage.envelope import Damaged, Sealer
from storage.keys import Keys
from storage.layout import SUFFIX, Layout, Place
from storage.model import Message, Person
from storage.shapes import Register

Kind: TypeAlias = Literal["register", "unlock", "reminded"]
KIND = "incoming"
WAIT_SECONDS = 20.0
LOOK_SECONDS = 0.05
T = TypeVar("T")


class NotTaken(Exception):
    """The running bot did not take it; nothing was changed. The text says why."""


class Unlock(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody's PIN starts anew. activation: the argon2id hash of the code for it.  at: UTC."""

    staff: str
    activation: str
    at: datetime


class Reminded(msgspec.Struct, frozen=True, kw_only=True):
    """What a leader said about one case while the database refused: its messages as they were sent,
    and what it would have put on record of them."""

    ref: str
    told: tuple[Told, ...] = ()
    messages: tuple[Message, ...] = ()
    knew: int = 0
    """So many facts the case had for it."""


class AllReminded(msgspec.Struct, frozen=True, kw_only=True):
    """The content of one file."""

    cases: tuple[Reminded, ...]


def _place(folder: Path, kind: Kind) -> Place:
    return Place(folder / KIND / f"{kind}{SUFFIX}", KIND, kind)


def sealed_register(keys: Keys | None, people: Sequence[Person]) -> bytes:
    """Young people, as they lie on their way."""
    content = Register(version=1, people={one.ref: one for one in people})
    return _sealed(keys, "register", content)


def unsealed_register(keys: Keys | None, raw: bytes) -> tuple[Person, ...]:
    """Raises Damaged."""
    return tuple(_unsealed(keys, "register", raw, Register).people.values())


def sealed_unlock(keys: Keys | None, unlock: Unlock) -> bytes:
    """As it lies on its way."""
    return _sealed(keys, "unlock", unlock)


def unsealed_unlock(keys: Keys | None, raw: bytes) -> Unlock:
    """Raises Damaged."""
    return _unsealed(keys, "unlock", raw, Unlock)


def sealed_reminded(keys: Keys | None, reminded: Sequence[Reminded]) -> bytes:
    """As it lies on its way."""
    return _sealed(keys, "reminded", AllReminded(cases=tuple(reminded)))


def unsealed_reminded(keys: Keys | None, raw: bytes) -> tuple[Reminded, ...]:
    """Raises Damaged."""
    return _unsealed(keys, "reminded", raw, AllReminded).cases


def _sealed(keys: Keys | None, kind: Kind, content: object) -> bytes:
    return Sealer(keys).seal(KIND, kind, 1, msgspec.json.encode(content))


def _unsealed(keys: Keys | None, kind: Kind, raw: bytes, shape: type[T]) -> T:
    content = Sealer(keys).unseal(KIND, kind, raw)
    try:
        return msgspec.json.decode(content.data, type=shape)
    except msgspec.MsgspecError:
        msg = f"it is no {kind}"
        raise Damaged(msg) from None


def hand_over(folder: Path, kind: Kind, sealed: bytes) -> None:
    """Comes back when the bot that has this folder open has taken it.

    Raises NotTaken, OSError.
    """
    process = holder(folder)
    place = _place(folder, kind)
    place.path.parent.mkdir(mode=0o700, exist_ok=True)
    files.write_whole(place.path, sealed)
    try:
        os.kill(process, signal.SIGUSR1)
        until = time.monotonic() + WAIT_SECONDS
        while place.path.exists():
            if time.monotonic() > until:
                raise NotTaken("the bot runs and did not take it; its log says why")
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


def arrived(folder: Path, kind: Kind) -> bytes | None:
    """What a command left here, sealed. Raises OSError."""
    try:
        return files.read(_place(folder, kind).path)
    except FileNotFoundError:
        return None


def forget(folder: Path, kind: Kind) -> None:
    """It was taken, or nobody waits for it any more."""
    files.remove(_place(folder, kind).path)
