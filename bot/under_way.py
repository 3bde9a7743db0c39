"""Which updates are being dealt with, which of them are on record, and which are known as done."""

from __future__ import annotations

import asyncio
from collections import OrderedDict

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
MOST_BEHIND = 50
"""While nothing can be put on record, an update whose answer is owed stays with Telegram until so
many came after it: with 100 that are not confirmed nobody would be heard."""
REMEMBERED = 2000
"""So many update ids are known again when they are delivered twice."""


class UnderWay:
    """From the moment that an update is read until its handler came back, and for as long as the
    answer to it is owed. Times: monotonic seconds.

    kept: the record.
    """

    def __init__(self, kept: KeptUpdates) -> None:
        self._kept = kept
        self._begun: dict[int, tuple[float, Cut]] = {}
        self._held: set[int] = set()
        self._came_back: set[int] = set()
        """Those of the held ones whose handler came back."""
        self._done: OrderedDict[int, None] = OrderedDict()
        self._crowded = False
        self._writing: asyncio.Task[None] | None = None
        self._written = self._not_before = 0.0

    def __contains__(self, number: int) -> bool:
        """Is it being dealt with?"""
        return number in self._begun

    def knows(self, number: int) -> bool:
        """Is it being dealt with, or done?"""
        return number in self._begun or number in self._done

    @property
    def oldest(self) -> float:
        """For how many seconds the oldest has been dealt with; 0 if there is none."""
        dealt_with = (self._begun[number][0] for number in self._begun.keys() - self._came_back)
        begun = min(dealt_with, default=None)
        return 0.0 if begun is None else asyncio.get_running_loop().time() - begun

    @property
    def first(self) -> int | None:
        """The oldest that is neither done with nor on record, so that it may not be confirmed."""
        return min(self._begun.keys() - self._kept.ids, default=None)

    async def left_over(self) -> tuple[list[Cut], int]:
        """What the process before this one had put on record and not finished; and how many of
        them are passed over. Raises StoreError."""
        found, lost = await self._kept.read()
        return [cut for cut in found if not self.knows(cut["update_id"])], lost

    def begin(self, cut: Cut, before: int) -> None:
        """before: how many of its chat it finds before it."""
        self._begun[cut["update_id"]] = (asyncio.get_running_loop().time(), cut)
        self._crowded |= before > KEEP_BEHIND
        for held in self._held - self._kept.ids:
            if cut["update_id"] - held >= MOST_BEHIND:
                self.release(held)

    def end(self, number: int) -> None:
        """Its handler came back, or it was passed over."""
        if number in self._held:
            self._came_back.add(number)
        else:
            self._begun.pop(number, None)
        self._done[number] = None
        while len(self._done) > REMEMBERED:
            self._done.popitem(last=False)

    def hold(self, number: int) -> None:
        """The answer to it is owed: until `release` a process that dies leaves it to the next."""
        if number in self._begun:
            self._held.add(number)

    def release(self, number: int) -> None:
        """Nothing is owed to it any more."""
        self._held.discard(number)
        if number in self._came_back:
            self._came_back.discard(number)
            self._begun.pop(number, None)
            self.see_to_record()

    def see_to_record(self) -> None:
        """What takes long goes on record, what is done goes off it; one write at a time."""
        now, kept = asyncio.get_running_loop().time(), self._kept.ids
        if self._writing is not None or now < self._not_before:
            return
        new = self._begun.keys() - kept
        slow = any(now - self._begun[number][0] >= KEEP_AFTER_SECONDS for number in new)
        wanted = bool(new) and (slow or self._crowded) and len(kept) < MOST_KEPT
        done = kept - self._begun.keys()
        if wanted or (done and (not self._begun or now - self._written >= TIDY_SECONDS)):
            self._writing = asyncio.get_running_loop().create_task(self._write())

    async def tidy(self) -> None:
        """Takes off the record what is done, and puts there what is held; at the end."""
        if self._writing is not None:
            await asyncio.wait({self._writing})
        if self._kept.ids - self._begun.keys() or self._held - self._kept.ids:
            await self._write()

    def cancel(self) -> None:
        """Ends a write that is on its way."""
        if self._writing is not None:
            self._writing.cancel()

    async def _write(self) -> None:
        self._crowded = False
        try:
            first = list(self._begun.items())[:MOST_KEPT]
            await self._kept.write({number: cut for number, (_, cut) in first})
        except StoreError as error:
            # They stay with Telegram.
            log.warning("updates were not put on record", why=str(error))
            self._not_before = asyncio.get_running_loop().time() + AGAIN_SECONDS
        finally:
            self._writing, self._written = None, asyncio.get_running_loop().time()
        self.see_to_record()
