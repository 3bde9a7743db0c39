"""Every file of the book sealed anew with the newest key.

Files carry the id of the key that sealed them, and the key file holds old and new, so this can be
interrupted at any point: what is done stays done, and the next run does the rest. The mark is
sealed last: until then a start finds the book under the old key.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from storage import files, format_mark
from storage.envelope import Content, Damaged, Sealer, WrongSeal
from storage.keys import Keys
from storage.layout import Layout, Place
from storage.lock import Lock
from storage.walk import Progress, no_progress, walk


def is_current(folder: Path, keys: Keys) -> bool:
    """Whether the book is sealed with the newest key, all through. Raises KeyProblem."""
    layout = Layout(folder)
    place = layout.mark
    try:
        return _sealer(layout, keys).unseal(place.kind, place.name, files.read(place.path)).current
    except (FileNotFoundError, Damaged):
        return False


def reseal(
    folder: Path,
    keys: Keys,
    *,
    now: datetime,
    progress: Progress = no_progress,
) -> list[str]:
    """Seals with the newest of `keys` whatever is not; a plain book becomes an encrypted one.

    The bot must not be running. Returns one line for each file that cannot be opened; it is left
    as it is. Raises KeyProblem, StoreProblem, StoreInUse, OSError.
    """
    layout = Layout(folder)
    sealer = _sealer(layout, keys)
    format_mark.read(layout, sealer)
    lock = Lock(layout)
    lock.take(now)
    problems = []
    try:
        # The mark last.
        places = sorted(layout.everything(), key=lambda place: place == layout.mark)
        for opened in walk(places, sealer, progress, total=len(places)):
            if opened.content is None:
                problems.append(f"{opened.place.label}: {opened.problem}")
            elif not opened.content.current:
                lock.check()
                _seal(opened.place, opened.content, sealer)
    finally:
        lock.release()
    return problems


def _seal(place: Place, content: Content, sealer: Sealer) -> None:
    sealed = sealer.seal(place.kind, place.name, content.version, content.data, form=content.format)
    files.write_whole(place.path, sealed)


def _sealer(layout: Layout, keys: Keys) -> Sealer:
    """One that opens plain files only if the book, by its mark, is a plain one."""
    sealer = Sealer(keys)
    try:
        raw = files.read(layout.mark.path)
        sealer.unseal(layout.mark.kind, layout.mark.name, raw)
    except WrongSeal:
        return Sealer(keys, plain_too=True)
    except (FileNotFoundError, Damaged):
        return sealer
    return sealer
