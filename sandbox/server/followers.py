"""Processes that follow the clock, and knowing when everything has come to rest."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from sandbox.server.model import Json
from sandbox.server.world import World

# Steps of one stepwise advance: a bot that names a new moment for ever is stopped here.
MOST_STEPS = 10_000
LOOK_AGAIN = 0.25


@dataclass(slots=True)
class Follower:
    """What a process last said of itself.

    Attributes:
        seen: the clock version it has fully processed.
        idle: whether it had nothing in progress and nothing to send.
        next_at: when (server time, UTC) it will next do something by itself.
        activity: the world's activity count when this report came in.
        poll: the poll that waits for the clock to change.
        quiet_since: real time (monotonic) since which it has had no poll open.
        hung_up: whether it hung up on that poll instead of waiting for the answer.
        reported_at: real time (monotonic) of this report.
    """

    name: str
    seen: int = 0
    idle: bool = False
    next_at: datetime | None = None
    activity: int = -1
    poll: asyncio.Future[None] | None = None
    quiet_since: float = 0.0
    hung_up: bool = False
    reported_at: float = 0.0


class Followers:
    """All followers, and the three things only they make possible: settle, step, next."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._followers: dict[str, Follower] = {}
        self._reported = asyncio.Event()
        self._last_activity = -1
        self._active_at = monotonic()

    async def follow(
        self,
        name: str,
        seen: int,
        *,
        idle: bool,
        next_at: datetime | None,
        wait: float,
        gone: Callable[[], asyncio.Future[None]] | None = None,
    ) -> Json:
        """Take a report, then wait up to ``wait`` real seconds for another clock version.

        A newer poll of the same follower ends the older one at once, and so does ``settle`` when
        it needs a fresh report. The answer is the clock's document in any case.
        """
        follower = self._followers.setdefault(name, Follower(name))
        self._answer(follower)
        follower.seen, follower.idle, follower.next_at = seen, idle, next_at
        follower.activity = self._world.activity
        follower.reported_at = monotonic()
        poll: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        follower.poll = poll
        self._tell()
        hung_up = False
        if self._world.clock.version <= seen and wait > 0:
            watch = gone() if gone else None
            waiting = {poll, watch} if watch else {poll}
            try:
                await asyncio.wait(waiting, timeout=wait, return_when=asyncio.FIRST_COMPLETED)
            finally:
                if watch:
                    hung_up = watch.done() and not poll.done()
                    watch.cancel()
        if follower.poll is poll:
            follower.poll = None
            follower.hung_up = hung_up
            follower.quiet_since = monotonic()
        return self._world.clock.document()

    def clock_changed(self) -> None:
        """The clock has a new version: answer all polls."""
        self._world.touch()
        self._world.note("clock", (), clock=self._world.clock.document())
        for follower in self._followers.values():
            self._answer(follower)

    def forget_absent(self) -> None:
        """Drop every follower that has no poll open at this moment (a reset does)."""
        present = {name: f for name, f in self._followers.items() if f.poll is not None}
        self._followers = present

    def documents(self) -> list[Json]:
        """All followers, for ``GET /clock/followers``."""
        self._drop_lost()
        return [
            {
                "follower": follower.name,
                "seen": follower.seen,
                "idle": follower.idle,
                "next_at": follower.next_at.isoformat() if follower.next_at else None,
            }
            for follower in self._followers.values()
        ]

    async def settle(
        self, wait: float, names: Iterable[str] = (), quiet: float | None = None
    ) -> Json:
        """Wait until nothing is left to do, at most ``wait`` real seconds.

        At rest means: no bot has an update that waits, no Bot API request is being worked on, and
        every follower, in a report made after the last activity, is idle and has seen the present
        clock version. Without any follower, additionally no activity for ``quiet`` real seconds.

        Args:
            wait: real seconds.
            names: followers that must be there.
            quiet: real seconds; None for the setting.
        """
        deadline = monotonic() + wait
        while True:
            why = self._unsettled(tuple(names), quiet)
            if why is None:
                return {"settled": True, "why": None, "clock": self._world.clock.document()}
            left = deadline - monotonic()
            if left <= 0:
                return {"settled": False, "why": why, "clock": self._world.clock.document()}
            self._ask_stale()
            reported = self._reported
            pause = 0.02 if not self._followers else LOOK_AGAIN
            # In-flight requests and confirmations end without a report, so look now and then;
            # a report ends the pause at once.
            if self._world.in_flight or any(len(bot.updates) for bot in self._world.bots.values()):
                pause = 0.005
            try:
                await asyncio.wait_for(reported.wait(), min(left, pause))
            except TimeoutError:
                continue

    def next_at(self, after: datetime) -> datetime | None:
        """The earliest moment after ``after`` at which a follower will do something by itself."""
        self._drop_lost()
        moments = [
            follower.next_at
            for follower in self._followers.values()
            if follower.next_at is not None and follower.next_at > after
        ]
        return min(moments, default=None)

    async def step_to(self, target: datetime, wait: float) -> Json:
        """Go to ``target`` from one follower's moment to the next, at rest at each.

        Stops where rest is not reached within ``wait`` real seconds.
        """
        stops: list[str] = []
        rest = await self.settle(wait)
        while rest["settled"] and len(stops) < MOST_STEPS:
            now = self._world.now()
            moment = self.next_at(now)
            if moment is None or moment >= target:
                if now < target:
                    self._world.clock.set(target)
                    self.clock_changed()
                    rest = await self.settle(wait)
                break
            self._world.clock.set(moment)
            self.clock_changed()
            stops.append(moment.isoformat())
            rest = await self.settle(wait)
        return rest | {"stops": stops}

    def _unsettled(self, names: tuple[str, ...], quiet: float | None) -> str | None:
        self._drop_lost()
        world = self._world
        if world.activity != self._last_activity:
            self._last_activity = world.activity
            self._active_at = monotonic()
        missing = [name for name in names if name not in self._followers]
        if missing:
            return f"not following the clock: {', '.join(missing)}"
        for bot in world.bots.values():
            if len(bot.updates):
                polling = "" if bot.updates.polling else ", no getUpdates"
                return f"{len(bot.updates)} updates wait for @{bot.user.username}{polling}"
        if world.in_flight:
            return f"{world.in_flight} requests are being worked on"
        for follower in self._followers.values():
            if follower.seen < world.clock.version:
                return f"{follower.name} has not yet seen the present time"
            if not follower.idle:
                return f"{follower.name} is busy"
            if follower.activity < world.activity:
                return f"{follower.name} has not reported since the last activity"
        if not self._followers:
            pause = world.settings.settle_quiet_seconds if quiet is None else quiet
            if monotonic() - self._active_at < pause:
                return "there was activity a moment ago"
        return None

    def _ask_stale(self) -> None:
        """Answer the polls of followers whose report is out of date, so that they report anew.

        A report is out of date when something happened after it; a busy one also after a while.
        """
        old = monotonic() - LOOK_AGAIN
        for follower in self._followers.values():
            busy_long = not follower.idle and follower.reported_at < old
            if follower.activity < self._world.activity or busy_long:
                self._answer(follower)

    def _answer(self, follower: Follower) -> None:
        if follower.poll is not None and not follower.poll.done():
            follower.poll.set_result(None)

    def _tell(self) -> None:
        self._reported.set()
        self._reported = asyncio.Event()

    def _drop_lost(self) -> None:
        settings = self._world.settings
        now = monotonic()
        for follower in list(self._followers.values()):
            grace = settings.follower_grace_seconds
            if follower.hung_up:
                grace = min(grace, settings.follower_hangup_seconds)
            if follower.poll is None and now - follower.quiet_since > grace:
                del self._followers[follower.name]
