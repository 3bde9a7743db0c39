"""Keys, verify, backup, restore: each function prints short lines and returns the exit status, 0 if
all is well. None of them needs the bot; those that change the records refuse while it runs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from bot.cli.progress import bar
from storage import keys as keyring
from storage import rekey
from storage.backup import backup, check_backup, newest
from storage.format_mark import StoreProblem
from storage.keys import Keys, load_keys
from storage.model import Episode, Past
from storage.restore import restore, restore_one
from storage.store import StoreError
from storage.verify import verify


def key_new(path: Path) -> int:
    """Makes a key file."""
    return _told(lambda: _key_new(path))


def key_rotate(folder: Path, setting: Mapping[str, str], *, forget_old: bool = False) -> int:
    """Seals the book with a new key; goes on where an earlier run was interrupted; encrypts a
    plain book.

    setting: as for `load_keys`. With a key file the new key is made here; in a variable or a
    credential the administrator puts it in front of the old one first.  forget_old: removes older
    keys from the key file afterwards; backups made before can then not be opened any more.
    """
    return _told(lambda: _key_rotate(folder, setting, forget_old=forget_old))


def verify_book(
    folder: Path,
    keys: Keys | None,
    *,
    summarise: Callable[[Episode], Past] | None = None,
    rows_by: str = "",
) -> int:
    """Prints one line for each problem."""
    with bar("Verifying") as progress:
        problems = verify(folder, keys, summarise=summarise, rows_by=rows_by, progress=progress)
    _say(*problems, "" if problems else f"The book in {folder} is in order.")
    return 1 if problems else 0


def backup_book(folder: Path, target: Path, keys: Keys | None, *, keep: int | None = None) -> int:
    """Makes a backup in a new folder below `target`; the bot may be running."""

    def work() -> int:
        with bar("Copying") as progress:
            made = backup(folder, target, keys, now=datetime.now(UTC), keep=keep, progress=progress)
        _say(f"{made.files} files copied to {made.path}", *made.problems)
        if keys is None:
            _say("The book is plain, and so is this copy: keep it where only you can read it.")
        return 1 if made.problems else 0

    return _told(work)


def verify_backup(source: Path, keys: Keys | None) -> int:
    """Opens every file of a backup (the newest one in `source`) and compares it."""

    def work() -> int:
        path = newest(source)
        problems = check_backup(path, keys)
        _say(*problems, "" if problems else f"The backup {path} is in order.")
        return 1 if problems else 0

    return _told(work)


def restore_book(
    source: Path, folder: Path, keys: Keys | None, *, episode: str | None = None
) -> int:
    """The newest backup in `source`, or that backup itself, into an empty folder; or one episode
    (or "office", "register") into the book."""

    def work() -> int:
        if episode is not None:
            _say(restore_one(source, folder, keys, episode, now=datetime.now(UTC)))
            return 0
        with bar("Copying") as progress:
            problems = restore(source, folder, keys, progress=progress)
        _say(*problems, f"Restored into {folder}.")
        return 1 if problems else 0

    return _told(work)


def _key_new(path: Path) -> int:
    keyring.new_key_file(path, datetime.now(UTC))
    _say(
        f"A new key is in {path}.",
        "Keep a copy of it apart from the book and from the backups: without it neither opens.",
    )
    return 0


def _key_rotate(folder: Path, setting: Mapping[str, str], *, forget_old: bool) -> int:
    keys = load_keys(setting)
    now = datetime.now(UTC)
    if not folder.is_dir():
        msg = f"there is no book in {folder}"
        raise StoreProblem(msg)
    if rekey.is_current(folder, keys):
        if keys.file is None:
            _say(f"The book is sealed with the first key in {keys.source} already.")
            _say("To change it, put a new key in front of it there and run this again.")
            return 0
        keyring.add_key(keys.file, now)
        keys = load_keys(setting)
    else:
        _say("Going on with sealing the book with the newest key.")
    with bar("Sealing") as progress:
        problems = rekey.reseal(folder, keys, now=now, progress=progress)
    _say(*problems)
    if problems:
        _say("The rest is sealed with the newest key; the older ones were kept.")
        return 1
    _say("The book is sealed with the newest key.")
    if forget_old and keys.file is not None:
        keyring.forget_old(keys.file, keys)
        _say("Older keys are gone; backups made before today cannot be opened any more.")
    elif len(keys.by_id) > 1:
        _say(f"Older keys stay in {keys.source} for older backups; copy it to a safe place again.")
    return 0


def _told(work: Callable[[], int]) -> int:
    """Runs it; what it refuses becomes one line and the status 2."""
    try:
        return work()
    except StoreError as error:
        _say(str(error), error=True)
    except OSError as error:
        _say(f"The disk refuses: {error}", error=True)
    return 2


def _say(*lines: str, error: bool = False) -> None:
    stream = sys.stderr if error else sys.stdout
    for line in lines:
        if line:
            print(line, file=stream)
