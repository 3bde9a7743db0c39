"""The one walk over all stored files, for whoever looks at each: verify, backup, restore, rekey.

A file is read and opened here and nowhere else in those; what cannot be opened is handed over
with the reason, what went away since its folder was listed is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from storage import files
from storage.envelope import Content, Damaged, Sealer
from storage.layout import Place

Progress = Callable[[int, int], None]
"""Told how many files are done, of how many."""


class Opened(NamedTuple):
    """One file: its bytes, what was in its envelope, or why that cannot be had.

    `problem` is "" if and only if there is `content`.
    """

    place: Place
    raw: bytes
    content: Content | None
    problem: str


def no_progress(done: int, total: int) -> None:
    """Nobody is told."""


def walk(
    places: Iterable[Place], sealer: Sealer, progress: Progress = no_progress, *, total: int = 0
) -> Iterator[Opened]:
    """Opens one file after the other, in the order given.

    places: may be listed as late as they are asked for.  total: about how many there are.
    """
    done = 0
    for done, place in enumerate(places, 1):
        progress(done - 1, max(total, done))
        try:
            raw = files.read(place.path)
        except FileNotFoundError:
            continue
        except OSError as error:
            yield Opened(place, b"", None, f"cannot be read: {error.strerror or error}")
            continue
        try:
            content = sealer.unseal(place.kind, place.name, raw)
        except Damaged as error:
            yield Opened(place, raw, None, str(error))
        else:
            yield Opened(place, raw, content, "")
    progress(max(total, done), max(total, done))
