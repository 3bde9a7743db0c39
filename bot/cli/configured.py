"""What the command line does with the book that the configuration names."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from bot.cli import database, maintenance
from bot.config import Config, ConfigError
from bot.config_file import load
from bot.resources import key_setting, keys_of, pack_of, row_maker
from reminders.clock import SystemClock
from storage.store import StoreError


def key_rotate(config_path: Path, *, forget_old: bool) -> int:
    """A new key for every file; goes on where it was interrupted."""

    def work(config: Config, book: Path) -> int:
        setting = key_setting(config, config_path.resolve().parent)
        if not setting:
            print("book: unencrypted; there is no key to rotate.", file=sys.stderr)
            return 2
        return maintenance.key_rotate(book, setting, forget_old=forget_old)

    return _with(config_path, work, database.seal_anew)


def verify(config_path: Path) -> int:
    """Every file, every chain, the summary."""

    def work(config: Config, book: Path) -> int:
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
    return _with(
        config_path,
        lambda config, book: maintenance.backup_book(
            book, target, keys_of(config, config_path.resolve().parent)
        ),
    )


def restore(source: Path, episode: str, config_path: Path) -> int:
    """The whole backup, or one case of it."""
    return _with(
        config_path,
        lambda config, book: maintenance.restore_book(
            source, book, keys_of(config, config_path.resolve().parent), episode=episode or None
        ),
    )


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
