"""Once a day: a backup of the book, and no more of them than are wanted."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from storage.backup import backup
from storage.keys import Keys
from storage.store import StoreError

if TYPE_CHECKING:
    from apscheduler.schedulers.asyncio import AsyncIOScheduler

log = structlog.get_logger(__name__)
MADE, FAILED = "backup made", "backup failed"
HOUR = 4
"""London time; the hour before is the one that clock changes repeat or skip."""


class Backups:
    """Copies the book every day at 04:00 London time, driven by APScheduler.

    A day that was missed because the bot was down is made good at the start.
    """

    def __init__(
        self,
        book: Path,
        target: Path,
        keys: Keys | None,
        keep: int,
        failed: Callable[[str], Awaitable[None]],
        ended: Callable[[str, int, int], Awaitable[None]],
        scheduler: AsyncIOScheduler,
    ) -> None:
        """`failed(why)` tells the administrators. `ended(what, files, problems)` puts each backup
        on record, `MADE` or `FAILED`. `scheduler` runs as long as the alarm does."""
        self._scheduler = scheduler
        self._book, self._target, self._keys, self._keep = book, target, keys, keep
        self._failed, self._ended = failed, ended

    async def run(self) -> None:
        """Until cancelled."""
        if await asyncio.to_thread(self._is_old):
            await self.once()
        job = self._scheduler.add_job(
            self.once, "cron", hour=HOUR, timezone="Europe/London", max_instances=1
        )
        try:
            await asyncio.Event().wait()
        finally:
            if self._scheduler.get_job(job.id) is not None:
                job.remove()

    async def once(self) -> None:
        """One backup; a failure is told to the administrators and tried again the next day."""
        try:
            made = await asyncio.to_thread(
                backup,
                self._book,
                self._target,
                self._keys,
                now=datetime.now(UTC),
                keep=self._keep,
            )
        except (StoreError, OSError) as error:
            log.error("the daily backup failed", why=str(error))
            await self._ended(FAILED, 0, 1)
            await self._failed(str(error))
        else:
            log.info("backup made", files=made.files, problems=len(made.problems))
            await self._ended(MADE, made.files, len(made.problems))
            if made.problems:
                await self._failed("; ".join(made.problems[:3]))

    def _is_old(self) -> bool:
        """No backup within the last day."""
        newest = max((p.stat().st_mtime for p in self._target.glob("nightlight-*")), default=0.0)
        return datetime.now(UTC).timestamp() - newest > 24 * 3600
