"""Half-finished reports: as long as one is not saved there is no case, and nobody is reminded.

Whoever began a report and was called away is told that it is not saved, after ten minutes, then
after twenty and forty. Kept in memory: a restart offers every draft again anyway.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from handlers import draft_state, leaving, unasked
from handlers.chat import Unreached
from handlers.context import Context
from protocol.provider import Staff
from storage.model import Begun, Draft
from storage.store import NotSaved

log = structlog.get_logger(__name__)
AFTER = (timedelta(minutes=10), timedelta(minutes=20), timedelta(minutes=40))
NOT_SAVED_AGAIN = timedelta(minutes=1)
"""After a look at which the disk refused something, the next."""


TOLD = (draft_state.REPORT, unasked.KIND)
"""Kinds of drafts of which their owner is told: a form on a case has the case's reminders."""


class UnfinishedReports:
    """Looks at the drafts of reports. `changed` after every update, `look` after every move of the
    clock. Whoever sent an update never waits for what others are told here."""

    def __init__(self, context: Context, busy: Callable[[bool], None]) -> None:
        self._context = context
        self._busy = busy
        self._start = context.clock.now()
        self._told: Counter[tuple[str, datetime]] = Counter()
        """How often somebody was told of a draft since they touched it last."""
        self._ahead: dict[tuple[str, datetime], datetime] = {}
        self._offers: dict[str, tuple[int, int]] = {}
        """Chat and message that offers each draft."""
        self._changed = asyncio.Event()
        self._to_look = False
        self.next_at: datetime | None = None
        """When somebody will be told next (UTC)."""

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._changed.clear()
            await self.look()
            if self._to_look and not self._changed.is_set():
                self._to_look = False
                self._busy(False)
            moment = self.next_at
            wait = self._context.clock.seconds_until(moment) if moment else None
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._changed.wait()

    def changed(self) -> None:
        """A draft may have come, gone or been touched: `run` looks, and is busy until then."""
        if not self._to_look:
            self._to_look = True
            self._busy(True)
        self._changed.set()

    async def offered(self, draft: Draft, message_id: int) -> None:
        """This message offers the draft: the one before it goes."""
        await self._take_away(draft.id)
        self._offers[draft.id] = (draft.chat_id, message_id)

    def offered_on(self, draft_id: str) -> int:
        """The number of the message that offers it; 0: none does."""
        return self._offers.get(draft_id, (0, 0))[1]

    def went(self, draft_id: str) -> None:
        """The message that offers it is out of the chat."""
        self._offers.pop(draft_id, None)

    async def _take_away(self, draft_id: str) -> None:
        """An offer of what is finished, or is offered below; not if its reader goes on on it."""
        chat, number = self._offers.pop(draft_id, (0, 0))
        if number and (chat, number) not in self._context.engine.cases.reused:
            await self._context.phone.remove(chat, number, own=True)

    async def look(self) -> None:
        """Tells whoever it is time for, and works out `next_at`."""
        now = self._context.clock.now()
        if self._context.engine.kill_switch.stopped is not None:
            self.next_at = None
            return
        moments = []
        try:
            await leaving.hand_on(self._context)
        except NotSaved:
            log.warning("what somebody left behind is handed on later")
            moments.append(now + NOT_SAVED_AGAIN)
        moments += [
            one.expires_at
            for one in self._context.service.staff
            if one.expires_at is not None and one.expires_at > now
        ]
        ids: set[str] = set()
        every: set[str] = set()
        begun = await self._begun_by()
        for person in self._context.service.staff:
            if person.id not in begun or not person.active(now):
                continue
            for draft in begun[person.id]:
                every.add(draft.id)
                if not draft.chat_id or draft.kind not in TOLD:
                    continue
                ids.add(draft.id)
                at = self._due(draft, now)
                if at is not None and at <= now:
                    await self._tell(person, draft)
                    at = self._due(draft, self._context.clock.now())
                if at is not None:
                    moments.append(at)
        for ended in self._offers.keys() - every:
            await self._take_away(ended)
        self._told = Counter({key: times for key, times in self._told.items() if key[0] in ids})
        self.next_at = min(moments, default=None)

    async def _begun_by(self) -> dict[str, list[Begun]]:
        """By staff id what they have begun and not ended."""
        found: dict[str, list[Begun]] = {}
        for draft in await self._context.store.drafts():
            found.setdefault(draft_state.staff_of(draft.owner), []).append(draft)
        return found

    def _due(self, draft: Begun, now: datetime) -> datetime | None:
        """When its owner is to be told next; None after the last time."""
        touched = self._touched(draft, now)
        times = self._told[draft.id, touched]
        return touched + AFTER[times] if times < len(AFTER) else None

    def _touched(self, draft: Begun, now: datetime) -> datetime:
        """When its owner last saw a question of it; at the start every draft is offered again."""
        touched = max(draft.at, self._start)
        if touched > now:  # the clock went back since: it counts as touched now
            self._ahead.setdefault((draft.id, touched), now)
        return self._ahead.get((draft.id, touched), touched)

    async def _tell(self, person: Staff, begun: Begun) -> None:
        self._told[begun.id, self._touched(begun, self._context.clock.now())] += 1
        draft = await self._context.store.draft(begun.owner)
        if draft is None or draft.id != begun.id:  # ended while others were told
            return
        self._busy(True)
        try:
            screen = await unasked.reminder_of(self._context, person, draft)
            await self.offered(draft, await self._context.phone.show(draft.chat_id, screen))
        except Unreached:
            log.warning("somebody could not be told of an unfinished report", draft=draft.id)
        finally:
            self._busy(False)
