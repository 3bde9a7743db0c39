"""A consistent, verifiable copy of the book, made while the bot runs, by it or by anyone.

No lock is needed: every file is replaced whole, so a copy of one is always one of its versions.
Across files the order does it. The catalogue goes first, so it is never ahead of the files copied
after it; its rows of closed episodes stay out, because an episode may be corrected meanwhile: they
are made anew at the first start. Drafts go before episodes: a report that is completed meanwhile
is there as a draft, as an episode, or as both, which the start puts right. Open episodes go before
closed ones: one that is closed meanwhile is there once or twice, and then the open copy is taken
out again. Attachments go after the episodes that name them: one that is added meanwhile is there,
named or not; only one that somebody removes at that moment may be named and not be there.

Files are copied as they are, sealed with the key that they have; each one is opened on the way,
so a damaged one is noticed now and not when it is needed.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from storage import files, format_mark
from storage.envelope import Damaged, Sealer
from storage.keys import Keys
from storage.layout import Layout, Place
from storage.lock import SameFolder
from storage.store import StoreError
from storage.version_catalogue import without_rows
from storage.walk import Opened, Progress, no_progress, walk

MANIFEST = "manifest.nlb"

_BACKUP = re.compile(r"nightlight-\d{8}T\d{6}Z")


class BackupProblem(StoreError):
    """The backup could not be made, or is none."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """made_at: when the copy began (UTC).  files: SHA-256 in hex by path in the book's folder."""

    made_at: datetime
    files: dict[str, str]


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """A backup that was made: where, how many files, and what could not be copied."""

    path: Path
    files: int
    problems: tuple[str, ...]


def backup(
    folder: Path,
    target: Path,
    keys: Keys | None,
    *,
    now: datetime,
    keep: int | None = None,
    progress: Progress = no_progress,
) -> Made:
    """Copies the book to a new folder `target/nightlight-20261122T030300Z`.

    now: UTC, names the copy.  keep: of the copies in `target`, leave this many, the newest;
    nothing is removed if this one has problems.  progress: told how many files are done, of
    about how many.  Raises BackupProblem, KeyProblem.
    """
    layout = Layout(folder)
    sealer = Sealer(keys)
    if not folder.is_dir():
        msg = f"there is no book in {folder}"
        raise BackupProblem(msg)
    format_mark.read(layout, sealer)
    if target.resolve().is_relative_to(folder.resolve()):
        msg = f"{target} is in the book's own folder: choose another place, better another disk"
        raise BackupProblem(msg)
    final = target / _name(target, now)
    partial = target / f".{final.name}.{os.getpid()}.partial"
    if final.exists():
        msg = f"{final} is there already"
        raise BackupProblem(msg)
    try:
        same = SameFolder(folder)
        made = _copy(layout, sealer, partial, now, progress)
        same.check()
        partial.rename(final)
        files.fsync_folder(target)
        if keep is not None and not made.problems:
            prune(target, keep)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        msg = f"the backup in {target} could not be made: {error.strerror or error}"
        raise BackupProblem(msg) from error
    return msgspec.structs.replace(made, path=final)


def _name(target: Path, now: datetime) -> str:
    """After `now`; or, where the clock was ahead when the one before was made, just after that one:
    names are in the order of making, by which the newest is known. `made_at` has the time."""
    name = f"nightlight-{now:%Y%m%dT%H%M%SZ}"
    before = [one for one in files.folders(target) if _BACKUP.fullmatch(one)]
    if not before or before[-1] < name or (target / name).exists():
        return name
    last = datetime.strptime(before[-1], "nightlight-%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return f"nightlight-{last + timedelta(seconds=1):%Y%m%dT%H%M%SZ}"


def prune(target: Path, keep: int) -> list[Path]:
    """Removes all but the newest `keep` backups (at least one is kept). Returns the removed."""
    found = [target / name for name in files.folders(target) if _BACKUP.fullmatch(name)]
    old = found[: -max(keep, 1)]
    for path in old:
        shutil.rmtree(path)
    return old


def newest(target: Path) -> Path:
    """`target` itself if it is a backup, else the newest one in it. Raises BackupProblem."""
    if (target / MANIFEST).is_file():
        return target
    found = [name for name in files.folders(target) if _BACKUP.fullmatch(name)]
    if not found:
        msg = f"there is no backup in {target}"
        raise BackupProblem(msg)
    return target / found[-1]


def read_manifest(path: Path, sealer: Sealer) -> Manifest:
    """Raises BackupProblem if there is none that can be trusted."""
    try:
        raw = files.read(path / MANIFEST)
        data = sealer.unseal("manifest", "manifest", raw).data
        return msgspec.json.decode(data, type=Manifest)
    except (OSError, Damaged, msgspec.MsgspecError) as error:
        msg = f"the backup in {path} has no manifest that can be trusted: {error}"
        raise BackupProblem(msg) from error


def check_backup(path: Path, keys: Keys | None) -> list[str]:
    """One line for each problem: a file missing, not listed, changed, or not to be opened."""
    return [problem for _, _, problem in walk_backup(path, Sealer(keys)) if problem]


def walk_backup(
    path: Path, sealer: Sealer, progress: Progress = no_progress
) -> Iterator[tuple[str, Opened | None, str]]:
    """Each file that the backup should hold, or holds: its path in the folder of the records; the
    opened file, or None if it is missing; and one line that says what is wrong, or "".

    Raises BackupProblem if there is no manifest that can be trusted.
    """
    manifest = read_manifest(path, sealer)
    missing = dict(manifest.files)
    for opened in walk(Layout(path).everything(), sealer, progress, total=len(missing)):
        name = str(opened.place.path.relative_to(path))
        digest = missing.pop(name, None)
        problem = opened.problem
        if digest is None:
            problem = "not in the manifest"
        elif not problem and hashlib.sha256(opened.raw).hexdigest() != digest:
            problem = "not the file that the manifest names"
        yield name, opened, f"{name}: {problem}" if problem else ""
    for name in missing:
        yield name, None, f"{name}: missing"


def _copy(layout: Layout, sealer: Sealer, partial: Path, now: datetime, progress: Progress) -> Made:
    shutil.rmtree(partial, ignore_errors=True)
    files.make_folder(partial)
    problems: list[str] = []
    digests: dict[str, str] = {}
    total = sum(1 for _ in layout.everything())
    for opened in walk(layout.everything(), sealer, progress, total=total):
        place = opened.place
        if opened.content is None:
            problems.append(f"{place.label}: {opened.problem}")
            continue
        raw = opened.raw
        if place.kind == "catalogue" and (data := without_rows(opened.content.data)) is not None:
            raw = sealer.seal(place.kind, place.name, opened.content.version, data)
        name = str(place.path.relative_to(layout.folder))
        files.write_unsynced(partial / name, raw)
        digests[name] = hashlib.sha256(raw).hexdigest()
        _drop_open_copy(layout, place, partial, digests)
    manifest = msgspec.json.encode(Manifest(made_at=now, files=digests))
    sealed = sealer.seal("manifest", "manifest", 0, manifest)
    files.write_unsynced(partial / MANIFEST, sealed)
    files.sync()
    return Made(path=partial, files=len(digests), problems=tuple(problems))


def _drop_open_copy(layout: Layout, place: Place, partial: Path, digests: dict[str, str]) -> None:
    """This episode was closed while the copy was made: the copy of the open one is an older one."""
    if layout.month_of(place) is None:
        return
    name = str(layout.open_episode(place.name).path.relative_to(layout.folder))
    if digests.pop(name, None) is not None:
        files.unlink(partial / name)
