"""From a backup: the whole book into an empty folder, or one record into a book that lost it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from storage import backup, files, format_mark, quarantine
from storage.backup import BackupProblem
from storage.envelope import Damaged, Sealer
from storage.keys import Keys
from storage.layout import Layout, Place
from storage.ledger import Ledger
from storage.lock import Lock
from storage.record_file import RecordFile
from storage.verify import SHAPES


def restore(
    source: Path,
    folder: Path,
    keys: Keys | None,
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[str]:
    """Copies a whole backup into `folder`, which must be empty or not be there. Files that are
    damaged in the backup are left out; returns one line for each. Raises BackupProblem."""
    sealer = Sealer(keys)
    path = backup.newest(source)
    manifest = backup.read_manifest(path, sealer)
    if folder.exists() and any(folder.iterdir()):
        msg = f"{folder} is not empty: restore into a new folder, then put it in place"
        raise BackupProblem(msg)
    partial = folder.with_name(f".{folder.name}.restoring")
    places = backup.places_of(path)
    problems = []
    try:
        shutil.rmtree(partial, ignore_errors=True)
        files.make_folder(partial)
        for done, (name, digest) in enumerate(manifest.files.items()):
            progress(done, len(manifest.files))
            # Only files that belong in a book are copied, whatever a manifest may name.
            place = places.get(name)
            problem = backup.problem_of(place, sealer, digest) if place else "it is missing"
            if place is None or problem is not None:
                problems.append(f"{name}: {problem}")
            else:
                files.write_unsynced(partial / name, files.read(place.path))
        files.sync()
        if folder.exists():
            folder.rmdir()
        partial.rename(folder)
        files.fsync_folder(folder.parent)
    except OSError as error:
        msg = f"nothing was restored into {folder}: {error.strerror or error}"
        raise BackupProblem(msg) from error
    progress(len(manifest.files), len(manifest.files))
    return problems


def restore_one(source: Path, folder: Path, keys: Keys | None, what: str, *, now: datetime) -> str:
    """Brings one record back into a book that lost it, is damaged there, or is an older copy.

    what: an episode's reference, or "office" or "register".  now: UTC, for the name of what is
    set aside.  The bot must not be running. Returns one line that says what was done. Raises
    BackupProblem (it is not in the backup, or what the book has is good), KeyProblem, StoreInUse.
    """
    layout, sealer = Layout(folder), Sealer(keys)
    path = backup.newest(source)
    manifest = backup.read_manifest(path, sealer)
    kept = _find(Layout(path), what)
    if kept is None:
        msg = f"{what} is not in the backup {path.name}"
        raise BackupProblem(msg)
    problem = backup.problem_of(
        kept, sealer, manifest.files.get(str(kept.path.relative_to(path)), "")
    )
    if problem is not None:
        msg = f"{kept.label} in the backup {path.name}: {problem}"
        raise BackupProblem(msg)
    format_mark.read(layout, sealer)
    lock = Lock(layout)
    lock.take(now)
    try:
        lock.check()
        return _put_back(layout, sealer, path, kept, now)
    except OSError as error:
        msg = f"{kept.label} was not restored: {error.strerror or error}"
        raise BackupProblem(msg) from error
    finally:
        lock.release()


def _put_back(layout: Layout, sealer: Sealer, path: Path, kept: Place, now: datetime) -> str:
    ledger = Ledger(layout, sealer, lambda _: None)
    ledger.load()
    content = sealer.unseal(kept.kind, kept.name, files.read(kept.path))
    target = layout.folder / kept.path.relative_to(path)
    month = target.parent.name if target.parent.parent == layout.closed else None
    place = Place(target, kept.kind, kept.name)
    expected = ledger.expected(place)
    if month is not None:
        expected = ledger.expected_closed(month, place)
    present = _find(layout, kept.name)
    if present is not None:
        version = _usable_version(present, sealer)
        if version is not None and version >= max(expected, content.version):
            msg = f"{kept.label} is there and in order; nothing was changed"
            raise BackupProblem(msg)
        quarantine.set_aside(layout, present, "replaced from a backup", now)
    if month is not None:
        summary = layout.summary_of(month).path
        if summary.exists():
            files.remove(summary)
    files.make_folder(target.parent)
    sealed = sealer.seal(kept.kind, kept.name, content.version, content.data)
    files.write_whole(target, sealed)
    ledger.put_right(place, content.version, month)
    ledger.flush()
    lost = max(expected - content.version, 0)
    behind = f"; it had come to {expected}, so {lost} later changes are lost" if lost else ""
    return f"{kept.label} was restored from {path.name} at version {content.version}{behind}"


def _find(layout: Layout, what: str) -> Place | None:
    for single in (layout.office, layout.register):
        if what == single.name:
            return single if single.path.exists() else None
    place = layout.open_episode(what)
    return place if place.path.exists() else layout.find_closed(what)


def _usable_version(place: Place, sealer: Sealer) -> int | None:
    shape = SHAPES[place.kind]
    try:
        value = RecordFile(place, shape, sealer).load()
    except (Damaged, OSError):
        return None
    return value.version if value is not None else None
