"""The daily backup: made when it is missing, and its failure told."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from bot.backups import Backups
from bot.cli.maintenance import key_new
from reminders.alarm import new_scheduler
from storage.backup import check_backup, newest
from storage.keys import load_keys
from storage.model import Past
from storage.tinydb_store import TinyStore


async def _book(folder: Path) -> TinyStore:
    key_new(folder / "key")

    def row(_: object) -> Past:
        raise AssertionError("an empty book has no rows")

    store = TinyStore(
        folder / "book",
        keys=load_keys({"file": str(folder / "key")}),
        summarise=row,
        now=lambda: datetime.now(UTC),
    )
    await store.open()
    return store


async def ended(*_: object) -> None:
    """What is put on record of it is told in tests/bot/test_audit.py."""


async def test_a_missing_backup_is_made_at_the_start_beside_the_open_book(tmp_path: Path) -> None:
    store = await _book(tmp_path)
    keys = load_keys({"file": str(tmp_path / "key")})
    told: list[str] = []

    async def failed(why: str) -> None:
        told.append(why)

    copies = tmp_path / "copies"
    backups = Backups(tmp_path / "book", copies, keys, 3, failed, ended, new_scheduler())
    task = asyncio.create_task(backups.run())
    async with asyncio.timeout(20):
        while not list((tmp_path / "copies").glob("nightlight-*Z")):
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert check_backup(newest(tmp_path / "copies"), keys) == []
    assert told == []
    await store.close()


async def test_a_backup_that_fails_is_told(tmp_path: Path) -> None:
    store = await _book(tmp_path)
    told: list[str] = []

    async def failed(why: str) -> None:
        told.append(why)

    (tmp_path / "copies").write_text("a file where the folder should be", encoding="utf-8")
    copies = tmp_path / "copies"
    await Backups(tmp_path / "book", copies, None, 3, failed, ended, new_scheduler()).once()
    assert len(told) == 1
    await store.close()
