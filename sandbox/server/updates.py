"""A bot's queue of updates and the long poll that empties it."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from sandbox.server.errors import conflict
from sandbox.server.model import Json

# Telegram leaves these out unless the bot asks for them by name.
NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})

TWO_POLLS = (
    "terminated by other getUpdates request; make sure that only one bot instance is running"
)


class UpdateQueue:
    """Updates of one bot, oldest first, kept until confirmed by an offset or out of date.

    Attributes:
        polling: whether a getUpdates is waiting at this moment.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        retention_hours: Callable[[], float],
        touched: Callable[[], None],
    ) -> None:
        self._now = now
        self._retention_hours = retention_hours
        self._touched = touched
        self._pending: deque[tuple[int, datetime, Json]] = deque()
        self._next_id = 100_000_001
        self._allowed: frozenset[str] | None = None
        self._poll: asyncio.Future[str] | None = None

    def __len__(self) -> int:
        self._forget_old()
        return len(self._pending)

    @property
    def polling(self) -> bool:
        """Whether a getUpdates is waiting at this moment."""
        return self._poll is not None and not self._poll.done()

    @property
    def allowed(self) -> list[str] | None:
        """The kinds of update the bot asked for by name; None for Telegram's default."""
        return None if self._allowed is None else sorted(self._allowed)

    def allow(self, kinds: list[str] | None) -> None:
        """Take over ``allowed_updates``: None leaves it as it is, an empty list is the default.

        As with Telegram, updates that already wait are not touched.
        """
        if kinds is not None:
            self._allowed = frozenset(kinds) or None

    def push(self, kind: str, payload: Json) -> int | None:
        """Add an update; its id, or None when the bot does not want this kind."""
        wanted = kind in self._allowed if self._allowed is not None else kind not in NOT_BY_DEFAULT
        if not wanted:
            return None
        update_id = self._next_id
        self._next_id += 1
        self._pending.append((update_id, self._now(), {"update_id": update_id, kind: payload}))
        self._touched()
        self._wake("updates")
        return update_id

    def push_raw(self, update: Json) -> int:
        """Add an update as it stands, also one that no library can read; its id.

        An ``update_id`` of its own is kept if it is a number, so that repeats can be tried.
        """
        own = update.get("update_id")
        update_id = own if isinstance(own, int) else self._next_id
        self._next_id = max(self._next_id, update_id + 1)
        self._pending.append((update_id, self._now(), {"update_id": update_id} | update))
        self._touched()
        self._wake("updates")
        return update_id

    def confirm(self, offset: int) -> None:
        """Forget every update with an id below ``offset``."""
        confirmed = False
        while self._pending and self._pending[0][0] < offset:
            self._pending.popleft()
            confirmed = True
        if confirmed:
            self._touched()

    def clear(self) -> None:
        """Forget everything that waits (``drop_pending_updates``)."""
        if self._pending:
            self._pending.clear()
            self._touched()

    def end_poll(self, reason: str) -> None:
        """End the poll that waits: ``conflict`` refuses it, ``reset`` empties it."""
        self._wake(reason)

    async def get(
        self,
        offset: int,
        limit: int,
        timeout: float,
        gone: Callable[[], Awaitable[None]] | None = None,
    ) -> list[Json]:
        """Answer a getUpdates: confirm by offset, then wait up to ``timeout`` real seconds.

        ``gone`` waits until the client has hung up, so that a dead poll does not stay open.

        Raises:
            ApiError: 409 when a newer poll ends this one.
        """
        if offset > 0:
            self.confirm(offset)
        elif offset < 0 and len(self._pending) > -offset:
            self.confirm(self._pending[offset][0])
        self._forget_old()
        if not self._pending and timeout > 0:
            # Only a poll that is going to wait ends the one that waits already.
            self._wake("conflict")
            await self._wait(timeout, gone)
        return [update for _, _, update in list(self._pending)[:limit]]

    async def _wait(self, timeout: float, gone: Callable[[], Awaitable[None]] | None) -> None:
        poll: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._poll = poll
        watch = asyncio.ensure_future(gone()) if gone else None
        waiting: set[asyncio.Future[object]] = {poll, watch} if watch else {poll}  # type: ignore[arg-type]
        try:
            await asyncio.wait(waiting, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if watch:
                watch.cancel()
            if self._poll is poll:
                self._poll = None
        if poll.done() and poll.result() == "conflict":
            raise conflict(TWO_POLLS)

    def _wake(self, reason: str) -> None:
        if self._poll is not None and not self._poll.done():
            self._poll.set_result(reason)

    def _forget_old(self) -> None:
        oldest = self._now() - timedelta(hours=self._retention_hours())
        while self._pending and self._pending[0][1] < oldest:
            self._pending.popleft()
