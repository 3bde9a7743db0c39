"""Which updates are being dealt with, which of them are on record, and which are known as done."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from bot.kept_updates import KeptUpdates
from bot.updates import Cut
from storage.store import StoreError

log = structlog.get_logger(__name__)

KEEP_AFTER_SECONDS = 0.3
"""An update that is under way for so long is put on record, and may then be confirmed."""
KEEP_BEHIND = 3
"""So is one that finds more than so many of its own chat before it, at once."""
MOST_KEPT = 1000
"""On record at a time. With more than that nothing new is asked for until some are done."""
TIDY_SECONDS, AGAIN_SECONDS = 1.0, 5.0
"""Between two times that what is done is taken off the record; after a disk refused to write."""
REMEMBERED = 2000
"""So many update ids are known again when they are delivered twice."""


class UnderWay:
    """From the moment that an update is read until its handler came back. Times: monotonic seconds.

    kept: the record.  beside: runs what need not be waited for.
    """

    def __init__(
        self, kept: KeptUpdates, beside: Callable[[Coroutine[Any, Any, None]], None]
    ) -> None:
        self._kept = kept
        self._beside = beside
        self._begun: dict[int, tuple[float, Cut]] = {}
        self._done: OrderedDict[int, None] = OrderedDict()
        self._crowded = self._writing = False
        self._written = self._not_before = 0.0

    def __contains__(self, number: int) -> bool:
        """Is it being dealt with?"""
        return number in self._begun

    def knows(self, number: int) -> bool:
        """Is it being dealt with, or done?"""
        return number in self._begun or number in self._done

    @property
    def oldest(self) -> float:
        """For how many seconds the oldest has been under way; 0 if there is none."""
        begun = min((at for at, _ in self._begun.values()), default=None)
        return 0.0 if begun is None else time.monotonic() - begun

    @property
    def first(self) -> int | None:
        """The oldest that is neither done nor on record, so that it may not be confirmed."""
        return min(self._begun.keys() - self._kept.ids, default=None)

    async def left_over(self) -> tuple[list[Cut], int]:
        """What the process before this one had put on record and not finished; and how many of
        them are passed over. Raises StoreError."""
        found, lost = await self._kept.read()
        return [cut for cut in found if not self.knows(cut["update_id"])], lost

    def begin(self, cut: Cut, before: int) -> None:
        """before: how many of its chat it finds before it."""
        self._begun[cut["update_id"]] = (time.monotonic(), cut)
        self._crowded |= before > KEEP_BEHIND

    def end(self, number: int) -> None:
        """Its handler came back, or it was passed over."""
        self._begun.pop(number, None)
        self._done[number] = None
        while len(self._done) > REMEMBERED:
            self._done.popitem(last=False)

    def see_to_record(self) -> None:
        """What takes long goes on record, what is done goes off it; one write at a time."""
        now, kept = time.monotonic(), self._kept.ids
        if self._writing or now < self._not_before:
            return
        new = self._begun.keys() - kept
        slow = any(now - self._begun[number][0] >= KEEP_AFTER_SECONDS for number in new)
        wanted = bool(new) and (slow or self._crowded) and len(kept) < MOST_KEPT
        done = kept - self._begun.keys()
        if wanted or (done and (not self._begun or now - self._written >= TIDY_SECONDS)):
            self._writing = True
            self._beside(self._write())

    async def tidy(self) -> None:
        """Takes off the record what is done; at the end."""
        if self._kept.ids - self._begun.keys():
            await self._write()

    async def _write(self) -> None:
        self._crowded = False
        try:
            first = list(self._begun.items())[:MOST_KEPT]
            await self._kept.write({number: cut for number, (_, cut) in first})
        except StoreError as error:
            # They stay with Telegram.
            log.warning("updates were not put on record", why=str(error))
            self._not_before = time.monotonic() + AGAIN_SECONDS
        finally:
            self._writing, self._written = False, time.monotonic()
        self.see_to_record()
