"""From a backup: the whole book into an empty folder, or one record into a book that lost it."""

from __future__ import annotations

import contextlib
import shutil
from datetime import datetime
from pathlib import Path

from protocol.attachment_facts import Attached, attachments_in
from storage import backup, files, format_mark, quarantine
from storage.apply import digest_of
from storage.attachment_files import AttachmentFiles
from storage.backup import BackupProblem
from storage.envelope import Content, Damaged, Sealer
from storage.keys import Keys
from storage.layout import Layout, Place
from storage.lock import Lock
from storage.model import Episode
from storage.record_file import document_in, read_only
from storage.shapes import SHAPES
from storage.version_catalogue import VersionCatalogue
from storage.walk import Progress, no_progress, walk


def restore(
    source: Path,
    folder: Path,
    keys: Keys | None,
    *,
    progress: Progress = no_progress,
) -> list[str]:
    """Copies a whole backup into `folder`, which must be empty or not be there. Files that are
    damaged in the backup are left out; returns one line for each. Raises BackupProblem."""
    sealer = Sealer(keys)
    path = backup.newest(source)
    backup.read_manifest(path, sealer)
    if folder.exists() and any(folder.iterdir()):
        msg = f"{folder} is not empty: restore into a new folder, then put it in place"
        raise BackupProblem(msg)
    partial = folder.with_name(f".{folder.name}.restoring")
    problems = []
    try:
        shutil.rmtree(partial, ignore_errors=True)
        files.make_folder(partial)
        # Only files that belong there are copied, whatever a manifest may name.
        for name, opened, problem in backup.walk_backup(path, sealer, progress):
            if problem:
                problems.append(problem)
            elif opened is not None:
                files.write_unsynced(partial / name, opened.raw)
        _drop_unnamed(Layout(partial), sealer)
        files.sync()
        if folder.exists():
            folder.rmdir()
        partial.rename(folder)
        files.fsync_folder(folder.parent)
    except OSError as error:
        msg = f"nothing was restored into {folder}: {error.strerror or error}"
        raise BackupProblem(msg) from error
    return problems


def restore_one(source: Path, folder: Path, keys: Keys | None, what: str, *, now: datetime) -> str:
    """Brings one record back into a book that lost it, is damaged there, or is an older copy.

    what: an episode's reference, "office", "register", or the name of a page of the audit; with an
    episode, also where it is in order, those of its attachments come back that are missing or
    damaged.  now: UTC, for the name of what is set aside.  The bot must not be running. Returns one
    line that says what was done.
    Raises BackupProblem (it is not in the backup, or what the book has is good), KeyProblem,
    StoreInUse.
    """
    layout, sealer = Layout(folder), Sealer(keys)
    path = backup.newest(source)
    kept = _find(Layout(path), what)
    if kept is None:
        msg = f"{what} is not in the backup {path.name}"
        raise BackupProblem(msg)
    content = _kept(path, kept, sealer)
    found = format_mark.read(layout, sealer)
    lock = Lock(layout)
    lock.take(now)
    try:
        lock.check()
        # The backup may be of a later format than what stands here.
        if format_mark.is_behind(found):
            format_mark.write(layout, sealer)
        return _put_back(layout, sealer, path, kept, content, now)
    except OSError as error:
        msg = f"{kept.label} was not restored: {error.strerror or error}"
        raise BackupProblem(msg) from error
    finally:
        lock.release()


def _kept(path: Path, kept: Place, sealer: Sealer) -> Content:
    """What the backup holds of this record. Raises BackupProblem."""
    wanted = str(kept.path.relative_to(path))
    for name, opened, problem in backup.walk_backup(path, sealer):
        if name == wanted and problem:
            msg = f"{kept.label} in the backup {path.name}: {problem}"
            raise BackupProblem(msg)
        if name == wanted and opened is not None and opened.content is not None:
            return opened.content
    msg = f"{kept.label} is not in the backup {path.name}"
    raise BackupProblem(msg)


def _put_back(
    layout: Layout, sealer: Sealer, path: Path, kept: Place, content: Content, now: datetime
) -> str:
    catalogue = VersionCatalogue(layout, sealer, "", lambda _: None)
    catalogue.load()
    target = layout.folder / kept.path.relative_to(path)
    place = Place(target, kept.kind, kept.name)
    month = layout.month_of(place)
    expected = catalogue.expected(place)
    if month is not None:
        expected = catalogue.expected_closed(month, place)
    present = _find(layout, kept.name)
    if present is not None:
        version = _usable_version(present, sealer)
        if version is not None and version >= max(expected, content.version):
            if count := _attachments_back(layout, sealer, path, present):
                what = f"{count} attachment{'s' if count > 1 else ''} of {kept.label}"
                return f"Restored from {path.name}: {what}"
            msg = f"{kept.label} is there and in order; nothing was changed"
            raise BackupProblem(msg)
        quarantine.set_aside(layout, present, "replaced from a backup", now)
    if month is not None:
        catalogue.distrust(month, kept.name)
    files.make_folder(target.parent)
    sealed = sealer.seal(kept.kind, kept.name, content.version, content.data)
    files.write_whole(target, sealed)
    catalogue.put_right(place, content.version, month)
    catalogue.flush()
    _attachments_back(layout, sealer, path, place)
    lost = max(expected - content.version, 0)
    behind = f"; it had come to {expected}, so {lost} later changes are lost" if lost else ""
    return f"{kept.label} was restored from {path.name} at version {content.version}{behind}"


def _drop_unnamed(layout: Layout, sealer: Sealer) -> None:
    """What was attached while the backup was made, after its episode had been copied."""
    for ref in files.folders(layout.attachments):
        place = _find(layout, ref)
        with contextlib.suppress(Damaged):
            episode = read_only(place, Episode, sealer) if place is not None else None
            if episode is not None:
                for name in set(layout.attachments_of(ref)) - attachments_in(episode.facts).keys():
                    files.unlink(layout.attachment(ref, name).path)


def _attachments_back(layout: Layout, sealer: Sealer, path: Path, place: Place) -> int:
    """Those that the episode names, and that are missing or damaged; how many."""
    present = read_only(place, Episode, sealer) if place.kind == "episode" else None
    if present is None:
        return 0
    here, there = AttachmentFiles(layout, sealer), AttachmentFiles(Layout(path), sealer)
    count = 0
    named = attachments_in(present.facts)
    for name, fact in named.items():
        if _content(here, present.ref, name, fact) is not None:
            continue
        data = _content(there, present.ref, name, fact)
        if data is not None:
            here.change(present.ref, {name: data}, ())
            here.settle(present.ref, named)
            count += 1
    return count


def _content(found: AttachmentFiles, ref: str, name: str, fact: Attached) -> bytes | None:
    try:
        data = found.read(ref, name)
    except (Damaged, OSError):
        return None
    return data if digest_of(data) == fact.digest else None


def _find(layout: Layout, what: str) -> Place | None:
    for single in (layout.office, layout.register):
        if what == single.name:
            return single if single.path.exists() else None
    for place in (layout.open_episode(what), layout.audit_page(what)):
        if place.path.exists():
            return place
    return layout.find_closed(what)


def _usable_version(place: Place, sealer: Sealer) -> int | None:
    for opened in walk([place], sealer):
        if opened.content is not None:
            try:
                return document_in(opened.content.data, place.kind, SHAPES[place.kind]).version
            except Damaged:
                return None
    return None
