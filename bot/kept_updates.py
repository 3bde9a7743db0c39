"""Received updates that are on disk before they are dealt with.

Telegram gives at most 100 updates that were not confirmed, and holds no request for new ones while
there are any. So one chat whose updates take long (it sends many, its answers hang, the disk is
slow) would make the bot deaf to everybody. What is on record here may be confirmed at once: after a
crash it is taken up from here instead of coming from Telegram again.

All of them are one sealed record, written anew each time, which another machine that takes over
finds, too. It holds what people typed, for as long as that is under way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from datetime import datetime, timedelta

import msgspec
import structlog

from bot.updates import Cut
from storage.model import Draft
from storage.store import Store

log = structlog.get_logger(__name__)

OWNER = "updates.received"
"""Under this key the store keeps them; no member of staff has it."""
LONGEST = timedelta(hours=24)
"""As long as Telegram keeps an update: what waited for longer is passed over."""


class _Kept(msgspec.Struct, frozen=True):
    """One update, and since when it is on record (UTC)."""

    since: datetime
    update: Cut


class KeptUpdates:
    """The record. One call at a time.

    store: where it is.  now: the time (aware, UTC).
    """

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now
        self._since: dict[int, datetime] = {}

    @property
    def ids(self) -> Set[int]:
        """Which updates are on record."""
        return self._since.keys()

    async def read(self) -> tuple[list[Cut], int]:
        """What a process before this one did not finish, in the order in which it came; and how
        many are passed over. Raises StoreError."""
        draft = await self._store.draft(OWNER)
        if draft is None:
            return [], 0
        try:
            kept = msgspec.json.decode(draft.answers["updates"], type=list[_Kept])
        except msgspec.MsgspecError:
            log.warning("the record of received updates is of another version")
            return [], 1
        found = [one for one in kept if self._now() - one.since <= LONGEST]
        self._since = {one.update["update_id"]: one.since for one in kept}
        return [one.update for one in found], len(kept) - len(found)

    async def write(self, updates: Mapping[int, Cut]) -> None:
        """These, and no others, are on record when it comes back. Raises NotSaved."""
        now = self._now()
        kept = [
            _Kept(since=self._since.get(number, now), update=updates[number])
            for number in sorted(updates)
        ]
        if kept:
            draft = Draft(
                id=OWNER,
                owner=OWNER,
                kind="updates",
                started_at=now,
                answers={"updates": msgspec.json.encode(kept).decode()},
            )
            await self._store.save_draft(draft)
        else:
            await self._store.drop_draft(OWNER)
        self._since = {one.update["update_id"]: one.since for one in kept}
