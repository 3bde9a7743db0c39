"""Telegram's limits, kept so that a 429 is never provoked, and obeyed when one comes all the same.

Three limits: so many messages a second in all, one a second per chat with a short burst, so many
a minute per group. When exactly Telegram counts a request is unknown, somewhere between its start
and its end; so a request is held to have been counted at the worse of the two, and no choice of
moments within that span breaks a limit. That costs a share of the permitted rate: with answers
after L seconds at most 1 / (1 + L) of it can be used. Every request must end (the clients have
time-outs). Times are the event loop's (monotonic seconds).
"""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import count
from typing import TypeVar

import msgspec

from reminders.policy import Limits

T = TypeVar("T")
MARGIN = 0.002
"""Seconds added to every wait: clocks drift, and differ in their last digits."""
SECOND = 1.0
MINUTE = 60.0
FIRST_GUESS, LONGEST_GUESS = 1.0, 30.0
"""Seconds of rest for all chats when refusals of two chats suggest, and do not say, that all are
meant; doubled for as long as the one request that is tried afterwards is refused, too."""


class _Request(msgspec.Struct, eq=False):
    """One request that was let through. `ended` None: under way."""

    ended: float | None = None

    def counted_by(self, now: float) -> float:
        """The latest moment, up to now, at which Telegram can have counted it."""
        return now if self.ended is None else self.ended


class _Window:
    """At most `most` requests in any `span` seconds."""

    def __init__(self, most: int, span: float) -> None:
        self.most = most
        self.span = span
        self.requests: deque[_Request] = deque()

    def wait(self, now: float) -> float:
        over = self.span + MARGIN
        requests = self.requests
        while requests and requests[0].counted_by(now) + over <= now:
            requests.popleft()
        recent = [r for r in requests if r.counted_by(now) + over > now]
        if len(recent) < self.most:
            return 0.0
        until = sorted(r.counted_by(now) for r in recent)
        return until[len(recent) - self.most] + over - now


class _Chat:
    """A chat's own limits. `allowance` is a bucket that fills at the permitted rate, but not while
    a request is under way: that may be counted as late as its end."""

    def __init__(self, limits: Limits, chat_id: int) -> None:
        self.rate = limits.chat_per_second
        self.full = float(limits.chat_burst)
        self.allowance = self.full
        self.since = 0.0
        self.flying = 0
        self.paused_until = 0.0
        self.group = _Window(limits.group_per_minute, MINUTE) if chat_id < 0 else None

    def _fill(self, now: float) -> None:
        if self.flying == 0:
            self.allowance = min(self.full, self.allowance + (now - self.since) * self.rate)
        self.since = now

    def wait(self, now: float) -> float:
        """At least so many seconds; a request under way may make it more."""
        self._fill(now)
        short = 0.0
        if self.allowance < 1.0:
            short = (1.0 - self.allowance) / self.rate + MARGIN
        group = self.group.wait(now) if self.group else 0.0
        return max(self.paused_until - now, short, group, 0.0)

    def take(self, request: _Request, now: float) -> None:
        self._fill(now)
        self.allowance -= 1.0
        self.flying += 1
        if self.group:
            self.group.requests.append(request)

    def ended(self, now: float) -> None:
        self._fill(now)
        self.flying -= 1

    def idle(self, now: float) -> bool:
        self._fill(now)
        quiet = self.flying == 0 and (self.group is None or not self.group.requests)
        return quiet and self.paused_until <= now and self.allowance >= self.full


class Turn:
    """Leave for one request after another to one chat."""

    def __init__(self, limiter: Limiter, chat_id: int, priority: int) -> None:
        self._limiter = limiter
        self._chat_id = chat_id
        self._priority = priority
        self._request: _Request | None = None

    async def again(self) -> None:
        """The request before has ended; waits until a further one may be made."""
        self.end()
        self._request = await self._limiter._acquire(self._chat_id, self._priority)

    def end(self) -> None:
        """The request has ended."""
        if self._request is not None:
            self._limiter._end(self._request, self._chat_id)
            self._request = None

    def pause(self, seconds: float) -> None:
        """Telegram wants so many seconds of rest for this chat."""
        self._limiter.pause(self._chat_id, seconds)


class Limiter:
    """Lets requests through in the order of their priority, as fast as the limits permit.

    Shared by the outbox and by answers to people, so that together they keep within the limits.
    """

    def __init__(self, limits: Limits, *, after_restart: bool = False) -> None:
        """`after_restart`: a process before this one may have written to any chat a moment ago, so
        that every chat begins with its burst used up. Needs a running loop."""
        self.limits = limits
        self._begun = asyncio.get_running_loop().time() if after_restart else None
        self._all = _Window(limits.per_second, SECOND)
        self._chats: dict[int, _Chat] = {}
        self._paused_until = 0.0
        self._refused: tuple[int, float] | None = None
        self._guess = 0.0
        self._trying: _Request | None = None
        self._waiting: list[tuple[int, int, int, asyncio.Future[_Request]]] = []
        self._order = count()
        self._timer: asyncio.TimerHandle | None = None
        self._under_way: set[asyncio.Task[object]] = set()

    @property
    def quiet_pace(self) -> float:
        """Seconds between two requests that rattle no phone (deleting, changing what stands there):
        one at a time, four for each message that a chat takes."""
        return 0.25 / self.limits.chat_per_second

    @asynccontextmanager
    async def turn(self, chat_id: int, priority: int = 0) -> AsyncIterator[Turn]:
        """Waits until a request to this chat may be made; hold it while the request runs, and call
        `again` before each further one.

        chat_id: negative for groups.  priority: lower goes first.
        """
        turn = Turn(self, chat_id, priority)
        await turn.again()
        try:
            yield turn
        finally:
            turn.end()

    async def one(self, chat_id: int, priority: int, call: Callable[[], Awaitable[T]]) -> T:
        """The result of one request in its turn. Whoever is cancelled meanwhile only waits no
        longer: what has left for Telegram may still be counted there, so it goes to its end and
        has its turn until then."""

        async def made() -> T:
            try:
                return await call()
            finally:
                self._end(request, chat_id)

        request = await self._acquire(chat_id, priority)
        under_way = asyncio.create_task(made())
        self._under_way.add(under_way)
        under_way.add_done_callback(self._under_way.discard)
        return await asyncio.shield(under_way)

    def _chat(self, chat_id: int) -> _Chat:
        chat = self._chats.get(chat_id)
        if chat is None:
            chat = self._chats[chat_id] = _Chat(self.limits, chat_id)
            if self._begun is not None:
                chat.allowance, chat.since = 0.0, self._begun
        return chat

    def _end(self, request: _Request, chat_id: int) -> None:
        request.ended = asyncio.get_running_loop().time()
        self._chats[chat_id].ended(request.ended)
        if request is self._trying:
            self._trying = None
            if request.ended >= self._paused_until:
                self._guess = 0.0
        self._pump()

    def wait_for(self, chat_id: int) -> float:
        """Seconds (at least) until this chat alone permits a message; 0 if it does now."""
        chat = self._chats.get(chat_id)
        return chat.wait(asyncio.get_running_loop().time()) if chat else 0.0

    def pause_left(self, chat_id: int) -> float:
        """Seconds for which Telegram wants nothing at all from us in this chat."""
        chat = self._chats.get(chat_id)
        until = max(self._paused_until, chat.paused_until if chat else 0.0)
        return max(0.0, until - asyncio.get_running_loop().time())

    def pause(self, chat_id: int, seconds: float, *, overall: bool = False) -> None:
        """A 429 came. It holds for that chat, and for all if it says so.

        If another chat was refused while the first refusal still held, it may be meant for all, or
        both may have been refused for themselves. So all rest for a moment, then one request tries:
        two people who wrote too fast must not silence the bot for as long as they have to rest.
        """
        now = asyncio.get_running_loop().time()
        until = now + seconds + MARGIN
        chat = self._chat(chat_id)
        chat.paused_until = max(chat.paused_until, until)
        other = self._refused
        if overall:
            self._paused_until = max(self._paused_until, until)
        elif other is not None and other[0] != chat_id and other[1] > now >= self._paused_until:
            self._guess = min(max(self._guess * 2, FIRST_GUESS), LONGEST_GUESS)
            self._paused_until = now + min(seconds, self._guess) + MARGIN
        self._refused = (chat_id, until)
        self._pump()

    async def _acquire(self, chat_id: int, priority: int) -> _Request:
        future: asyncio.Future[_Request] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (priority, next(self._order), chat_id, future))
        self._pump()
        try:
            return await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                self._end(future.result(), chat_id)
            raise

    def _pump(self) -> None:
        """Lets through whoever may go, highest urgency first, and sets the timer for the next."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        loop = asyncio.get_running_loop()
        blocked: list[tuple[int, int, int, asyncio.Future[_Request]]] = []
        soonest: float | None = None
        while self._waiting:
            now = loop.time()
            wait = max(self._paused_until - now, self._all.wait(now), 0.0)
            if wait > 0:
                soonest = wait if soonest is None else min(soonest, wait)
                break
            if self._trying is not None:
                break
            entry = heapq.heappop(self._waiting)
            future = entry[3]
            if future.done():
                continue
            chat = self._chat(entry[2])
            wait = chat.wait(now)
            if wait > 0:
                blocked.append(entry)
                soonest = wait if soonest is None else min(soonest, wait)
                continue
            request = _Request()
            self._all.requests.append(request)
            chat.take(request, now)
            if self._guess:
                self._trying = request
            future.set_result(request)
        for entry in blocked:
            heapq.heappush(self._waiting, entry)
        if soonest is not None:
            self._timer = loop.call_later(soonest, self._pump)
        if len(self._chats) > 1000:
            now = loop.time()
            self._chats = {c: chat for c, chat in self._chats.items() if not chat.idle(now)}
