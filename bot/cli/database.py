"""What the command line does with a database: prepare it, move records, say who leads."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from bot.audit_line import put_on_record
from bot.cli.progress import bar
from bot.config import Config, ConfigError
from bot.config_file import load
from bot.database import NotInstalled, need_driver, open_as_leader, open_to_read
from bot.resources import keys_of, pack_of, row_maker
from protocol.pack import Pack
from reminders.clock import SystemClock
from storage import keys as keyring
from storage.audit import broken_at
from storage.layout import Layout
from storage.lock import Lock
from storage.store import StoreError

if TYPE_CHECKING:
    from storage.postgres import PostgresStore


def migrate(config_path: Path) -> int:
    """Makes the tables, or brings them to this version."""

    async def work(config: Config, _: Path) -> int:
        import psycopg

        from storage.postgres_asking import plain_words
        from storage.postgres_schema import migrate

        try:
            connection = await psycopg.AsyncConnection.connect(
                config.book.database, autocommit=True, connect_timeout=5
            )
            async with connection:
                done = await migrate(connection)
        except psycopg.Error as error:
            msg = f"the database cannot be used: {plain_words(error)}"
            raise StoreError(msg) from error
        print(*(done or ["The database is ready; nothing was to be done."]), sep="\n")
        return 0

    return with_database(config_path, work)


def move(start: Literal["folder", "database"], config_path: Path) -> int:
    """The records of the folder into the database, or the other way round."""

    async def work(config: Config, folder: Path) -> int:
        from storage.move import to_database, to_folder

        records = folder / config.book.folder
        keys = keys_of(config, folder)
        store = await _alone(config, folder)
        try:
            with bar("Moving") as progress:
                if start == "database":
                    count = await to_folder(store, records, keys, progress)
                else:
                    lock = Lock(Layout(records))
                    if not records.is_dir():
                        msg = f"there are no records in {records}"
                        raise StoreError(msg)
                    lock.take(datetime.now(UTC))
                    try:
                        count = await to_database(records, keys, store, progress)
                    finally:
                        lock.release()
        finally:
            await store.close()
        if start == "folder":
            said = f"{records} is not used any more: keep it until a backup of the database is made"
        else:
            said = "Take `database` out of the configuration to use the folder"
        print(f"{count} records moved and compared. {said}.")
        return 0

    return with_database(config_path, work)


def verify(config_path: Path) -> int:
    """Every record is opened, every chain checked."""

    async def work(config: Config, folder: Path) -> int:
        pack = _pack(config, folder)
        make, made_by = row_maker(config, lambda: pack, SystemClock())
        clock = SystemClock()
        store = await open_to_read(config, keys_of(config, folder), make, clock.now, made_by)
        async for _ in store.everything():
            continue  # what is wrong with one is among the problems
        if broken := broken_at(await store.audit(), (await store.office()).audit_from):
            store.problems.append(f"audit: {broken}")
        await store.check_attachments()
        await store.close()
        in_order = f"The records of {config.book.service} in the database are in order."
        print(*(store.problems or [in_order]), sep="\n")
        return 1 if store.problems else 0

    return with_database(config_path, work)


def seal_anew(config_path: Path) -> int:
    """Every record under the newest key; not while the bot runs."""

    async def work(config: Config, folder: Path) -> int:
        keys = keys_of(config, folder)
        old = keys.current_id.hex() if keys is not None else ""
        if keys is None:
            print("book: unencrypted; there is no key to rotate.", file=sys.stderr)
            return 2
        store = await _alone(config, folder)
        try:
            count = await store.seal_anew()
        finally:
            await store.close()
        if count == 0 and keys.file is not None:
            keyring.add_key(keys.file, datetime.now(UTC))
            store = await _alone(config, folder)
            try:
                count = await store.seal_anew()
            finally:
                await store.close()
        new = keys_of(config, folder)
        if new is not None:
            key = new.current_id.hex()
            line = {"what": "key rotated", "old_key": old, "new_key": key}
            await asyncio.to_thread(put_on_record, config, folder, **line)
        print(*store.problems, f"{count} records were sealed with the newest key.", sep="\n")
        return 1 if store.problems else 0

    return with_database(config_path, work)


def _pack(config: Config, folder: Path) -> Pack:
    return pack_of(config, folder, ())


async def _alone(config: Config, folder: Path) -> PostgresStore:
    clock = SystemClock()
    pack = _pack(config, folder)
    make, made_by = row_maker(config, lambda: pack, clock)
    return await open_as_leader(
        config, keys_of(config, folder), make, clock.now, made_by, wait=False
    )


def with_database(config_path: Path, work: Callable[[Config, Path], Awaitable[int]]) -> int:
    """What comes of `work` with a configuration that names a database; 2, and a line, if not."""
    try:
        config, _ = load(config_path, token_needed=False)
        if not config.book.database:
            print("book: no database is configured ([book] database).", file=sys.stderr)
            return 2
        need_driver()

        async def done() -> int:
            return await work(config, config_path.resolve().parent)

        return asyncio.run(done())
    except ConfigError as error:
        print(error, file=sys.stderr)
    except (StoreError, NotInstalled) as error:
        print(f"book: {error}", file=sys.stderr)
    except OSError as error:
        print(f"book: {error.filename}: {error.strerror}", file=sys.stderr)
    return 2
