"""Forward migration: a book of an older format becomes one of the present format, file by file.

Format 1 was plain JSON without envelope, mark, ledger and summary. Each of its files is written
anew under its new name and then removed. The mark says that a migration is going on, so it can be
interrupted at any point and goes on at the next start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import unquote

import msgspec

from storage import files, format_mark
from storage.envelope import Sealer
from storage.layout import SUFFIX, Layout, Place
from storage.model import Episode, Office
from storage.record_file import RecordFile, Tables
from storage.shapes import DraftSlot, Register

OLD_SUFFIX = ".json"


def is_needed(layout: Layout, found: format_mark.Mark | None) -> bool:
    """Whether the folder holds a book of format 1, or one whose migration was interrupted. Files
    of format 1 in a book that is past it are no part of it: anybody could have put them there."""
    if found is not None:
        return found.coming_from == 1
    return next(_old_places(layout), None) is not None and not format_mark.has_files(layout)


def from_format_1(layout: Layout, sealer: Sealer, damaged: Callable[[Place, str], None]) -> None:
    """Migrates, or goes on with it. `damaged` is called for a file that cannot be read, with its
    present path as the place. Raises OSError."""
    format_mark.write(layout, sealer, format_mark.Mark(coming_from=1))
    for old, place, shape in _old_places(layout):
        try:
            tables = msgspec.json.decode(files.read(old), type=Tables)
            value = msgspec.convert(_versioned(tables[place.kind]["1"]), shape)
        except (msgspec.MsgspecError, KeyError):
            damaged(Place(old, place.kind, place.name), "not a file of format 1")
            continue
        RecordFile(place, shape, sealer).save(value)
        files.remove(old)
    format_mark.write(layout, sealer, format_mark.Mark())


def _versioned(document: dict[str, object]) -> dict[str, object]:
    """In format 1 the file of drafts did not count its changes."""
    return {"version": 1, **document}


def _old_places(layout: Layout) -> Iterator[tuple[Path, Place, type[msgspec.Struct]]]:
    for owner_file in _old(layout.drafts):
        yield owner_file, _renamed(owner_file, "draft"), DraftSlot
    for name in _old(layout.folder):
        if name.stem in ("office", "register"):
            yield name, _renamed(name, name.stem), Office if name.stem == "office" else Register
    for folder in (layout.open, *(layout.closed / month for month in layout.months())):
        for path in _old(folder):
            yield path, _renamed(path, "episode"), Episode


def _old(folder: Path) -> list[Path]:
    return [folder / name for name in files.names(folder) if name.endswith(OLD_SUFFIX)]


def _renamed(path: Path, kind: str) -> Place:
    stem = path.name.removesuffix(OLD_SUFFIX)
    name = unquote(stem) if kind == "draft" else stem
    return Place(path.with_name(stem + SUFFIX), kind, name)
