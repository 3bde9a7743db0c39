"""What the command line does with the book that the configuration names."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from bot.audit_line import put_on_record, put_on_record_if_possible
from bot.cli import database, maintenance
from bot.config import Config, ConfigError
from bot.config_file import load
from bot.resources import key_setting, keys_of, pack_of, row_maker
from reminders.clock import SystemClock
from storage.store import StoreError

REFUSED = 2
"""The exit status of a command that changed nothing."""


def key_rotate(config_path: Path, *, forget_old: bool) -> int:
    """A new key for every file; goes on where it was interrupted."""

    def work(config: Config, book: Path) -> int:
        setting = key_setting(config, config_path.resolve().parent)
        if not setting:
            print("book: unencrypted; there is no key to rotate.", file=sys.stderr)
            return 2
        old = _newest_key(config, config_path)
        status = maintenance.key_rotate(book, setting, forget_old=forget_old)
        new = _newest_key(config, config_path)
        if book.is_dir() and (status != REFUSED or new != old):
            folder = config_path.resolve().parent
            put_on_record(config, folder, "key rotated", old_key=old, new_key=new)
        return status

    return _with(config_path, work, database.seal_anew)


def _newest_key(config: Config, config_path: Path) -> str:
    """What names it in each file, and lets nobody open one."""
    keys = keys_of(config, config_path.resolve().parent)
    return keys.current_id.hex() if keys is not None else ""


def verify(config_path: Path, backup: Path | None = None) -> int:
    """Every file, every chain, the summary; or every file of a backup."""

    def work(config: Config, book: Path) -> int:
        if backup is not None:
            keys = keys_of(config, config_path.resolve().parent)
            return maintenance.verify_backup(backup, keys)
        pack = pack_of(config, config_path.resolve().parent, ())
        summarise, made_by = row_maker(config, lambda: pack, SystemClock())
        return maintenance.verify_book(
            book,
            keys_of(config, config_path.resolve().parent),
            summarise=summarise,
            rows_by=made_by,
        )

    return _with(config_path, work, database.verify)


def backup(target: Path, config_path: Path) -> int:
    """A copy in a new folder below `target`."""

    def work(config: Config, book: Path) -> int:
        folder = config_path.resolve().parent
        keys = keys_of(config, folder)
        if book.is_dir():
            put_on_record_if_possible(config, folder, "backup")
        return maintenance.backup_book(book, target, keys)

    return _with(config_path, work)


def restore(source: Path, episode: str, config_path: Path) -> int:
    """The whole backup, or one case of it."""

    def work(config: Config, book: Path) -> int:
        folder = config_path.resolve().parent
        keys = keys_of(config, folder)
        status = maintenance.restore_book(source, book, keys, episode=episode or None)
        if status != REFUSED:
            put_on_record_if_possible(config, folder, "restored from a backup", ref=episode)
        return status

    return _with(config_path, work)


def _with(
    config_path: Path,
    work: Callable[[Config, Path], int],
    in_database: Callable[[Path], int] | None = None,
) -> int:
    """in_database: what is done where the records are in a database; None: nothing can be."""
    try:
        config, _ = load(config_path, token_needed=False)
        if config.book.database:
            if in_database is not None:
                return in_database(config_path)
            print(
                "book: the records are in a database; back it up and restore it as "
                "docs/SEVERAL-MACHINES.md says.",
                file=sys.stderr,
            )
            return 2
        return work(config, config_path.resolve().parent / config.book.folder)
    except ConfigError as error:
        print(error, file=sys.stderr)
    except StoreError as error:
        print(f"book: {error}", file=sys.stderr)
    return 2
