"""Sends what waits in the outbox: the most urgent first, within the limits, at least once.

Every person has a queue: their messages go one after the other, so that they arrive in order and a
hanging request holds up nobody else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec
import structlog

from reminders import combining
from reminders.clock import Clock
from reminders.delivery_needs import Results, SecondSender
from reminders.limits import Limiter, Turn
from reminders.outbox import Outbox
from reminders.send_queue import SOON, PersonQueue, SendQueue
from reminders.sending import (
    MaybeSent,
    Moved,
    NotSent,
    Refused,
    Sender,
    SendError,
    Sent,
    Stopped,
    TooFast,
    Unreachable,
)
from reminders.write_behind import WriteBehind
from storage.model import Episode, Message

TELEGRAM, SECOND = "telegram", "second"
"""Channels of a message."""
WAITING_AT_MOST = 32
"""Queues that stand before the limiter at one time: few, so that an urgent newcomer is soon in."""
DOWN_AFTER = 3
"""So many failures in a row and Telegram counts as down."""
BACK_OFF = (1.0, 2.0, 4.0, 8.0, 15.0)
"""Real seconds between attempts."""

log = structlog.get_logger(__name__)


class Delivery:
    """The loop that empties all outboxes. `offer` is how messages get in."""

    def __init__(
        self,
        *,
        write_behind: WriteBehind,
        sender: Sender,
        limiter: Limiter,
        clock: Clock,
        results: Results,
        second: SecondSender | None = None,
        held_back: Callable[[str], bool] = lambda _: False,
    ) -> None:
        """held_back: must the message of this id wait, on record, until it is offered again?"""
        self.outbox = Outbox(write_behind, clock, results)
        self.sender = sender
        self.limiter = limiter
        self.clock = clock
        self.results = results
        self.second = second
        self.held_back = held_back
        self.down_since: datetime | None = None
        self.stopped_why = ""
        self._queues = SendQueue(self._dispatch)
        self._tasks: set[asyncio.Task[None]] = set()
        self._before_limiter = 0
        self._sending = 0
        self._failures = 0
        self._probe: asyncio.TimerHandle | None = None
        self._running = False

    # What callers use -----------------------------------------------------------------------

    def start(self) -> None:
        """From here on messages are sent."""
        self._running = True
        self._dispatch()

    async def stop(self) -> None:
        """Lets nothing new out and ends what is under way; it will be repeated, marked."""
        self._running = False
        if self._probe is not None:
            self._probe.cancel()
        self._queues.stop()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def offer(self, ref: str, message: Message) -> None:
        """Puts a waiting message into its person's queue; a second offer of it does nothing."""
        if self.held_back(message.id) or not self._queues.offer(ref, message):
            return
        wait = self.clock.seconds_until(message.not_before) if message.not_before else None
        chat = self.results.chat_of(message.to, None)
        if wait and chat is not None and message.channel == TELEGRAM:
            self.limiter.pause(chat, wait)
        self._dispatch()

    def nudge(self) -> None:
        """The clock was moved: what paused after a failure is tried again now."""
        if self._probe is not None:
            self._probe.cancel()
            self._probe = None
        self._queues.unpark_all()
        self._dispatch()

    @property
    def idle(self) -> bool:
        """Nothing is being sent, or about to be within a few seconds."""
        if self._tasks:
            return False
        return bool(self.stopped_why) or self._probe is not None or self._queues.quiet

    @property
    def waiting(self) -> int:
        """How many messages wait or are under way."""
        return self._queues.waiting

    # The loop -------------------------------------------------------------------------------

    def _dispatch(self) -> None:
        """Starts queues, the most urgent first, as long as there is room before the limiter."""
        if not self._running or self.stopped_why:
            return
        while self._queues.next_ready(SECOND) is not None:
            self._start(self._queues.pop_ready(SECOND))
        while (queue := self._queues.next_ready(TELEGRAM)) is not None:
            if self._failures >= DOWN_AFTER and (self._sending or self._probe is not None):
                break
            if self._sending >= self.limiter.limits.in_flight:
                break
            if self._before_limiter >= WAITING_AT_MOST:
                break
            chat = self.results.chat_of(queue.person, None)
            wait = self.limiter.wait_for(chat) if chat is not None else 0.0
            if wait > SOON / 10:
                self._queues.park(self._queues.pop_ready(TELEGRAM), wait)
                continue
            self._before_limiter += 1
            self._sending += 1
            self._start(self._queues.pop_ready(TELEGRAM))
        self.results.idle_changed()

    def _start(self, queue: PersonQueue) -> None:
        queue.busy = True
        task = asyncio.get_running_loop().create_task(self._serve(queue))
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._dispatch()

    async def _serve(self, queue: PersonQueue) -> None:
        pause = 0.0
        try:
            if queue.channel == TELEGRAM:
                pause = await self._by_telegram(queue)
            else:
                pause = await self._by_second(queue)
        except Exception:
            log.exception("delivery failed", to=queue.person)
            self._queues.put_back(queue)
            pause = BACK_OFF[-1]
        finally:
            queue.busy = False
            self._sending -= queue.channel == TELEGRAM
            if pause > 0 and self._running:
                self._queues.park(queue, pause)
            self._queues.make_ready(queue)
            self._queues.drop_if_empty(queue)

    async def _by_telegram(self, queue: PersonQueue) -> float:
        """One message to one person. Returns real seconds to wait before the next attempt."""
        chat = self.results.chat_of(queue.person, None) or 0
        inside = False
        try:
            async with self.limiter.turn(chat, queue.items[0].priority) as turn:
                inside = True
                self._before_limiter -= 1
                self._dispatch()
                parts = await self._attempt(queue)
                if not parts:
                    return 0.0
                outcome = await self._send(parts, chat, turn)
        finally:
            if not inside:
                self._before_limiter -= 1
        return await self._outcome(queue, [(ref, m) for ref, m, _ in parts], outcome, chat)

    async def _attempt(self, queue: PersonQueue) -> list[tuple[str, Message, Episode | None]]:
        """Takes what goes out together and puts the attempt on record; what is no longer true is
        left out."""
        parts: list[tuple[str, Message, Episode | None]] = []
        # While Telegram is down one message is enough to try with.
        alone = queue.channel != TELEGRAM or self._failures >= DOWN_AFTER
        most = 1 if alone else self.limiter.limits.join_at_most
        for item in self._queues.take(queue, most):
            if self.held_back(item.id):
                queue.settle(item.ref, item.id)
                continue
            message, record = await self.outbox.begin(item.ref, item.id, queue.person)
            if message is None:
                queue.settle(item.ref, item.id)
                continue
            parts.append((item.ref, message, record))
        wanted: list[tuple[str, Message, Episode | None]] = []
        for ref, message, record in parts:
            if await self.outbox.still_wanted(ref, message.id, queue.person):
                wanted.append((ref, message, record))
            else:
                queue.settle(ref, message.id)
        return wanted

    async def _send(
        self, parts: list[tuple[str, Message, Episode | None]], chat: int, turn: Turn
    ) -> Sent | SendError:
        message = combining.joined(parts, chat, self.clock.now())
        refs = {ref for ref, _, _ in parts}
        record = parts[0][2] if len(refs) == 1 else None
        try:
            return await self.sender.send(message, record, turn)
        except SendError as error:
            return error
        except Exception as error:
            # A fault in the wording must neither lose the reminder nor stop the loop.
            log.exception("sender failed", kind=message.kind)
            return Refused(f"{type(error).__name__} while wording it")

    async def _outcome(
        self,
        queue: PersonQueue,
        parts: list[tuple[str, Message]],
        outcome: Sent | SendError,
        chat: int,
    ) -> float:
        now = self.clock.now()
        if isinstance(outcome, MaybeSent | NotSent):
            maybe = isinstance(outcome, MaybeSent)
            why = "may have arrived" if maybe else "not sent"
            await self._again(queue, parts, why, ambiguous=maybe)
            pause = BACK_OFF[min(queue.failures, len(BACK_OFF) - 1)]
            queue.failures += 1
            return 0.0 if self._failed(now) else pause
        if isinstance(outcome, Stopped):
            first, self.stopped_why = not self.stopped_why, outcome.why
            await self._again(queue, parts, f"stopped: {outcome.why}")
            if first:
                self.results.stopped(outcome.why)
            return 0.0
        self._answered()
        queue.failures = 0
        match outcome:
            case Sent():
                refs = list(dict.fromkeys(ref for ref, _ in parts))
                for ref, message in parts:
                    if len(refs) > 1:  # an edit must leave what is said of the other cases
                        beside = [other for other in refs if other != ref]
                        message = msgspec.structs.replace(
                            message, data={**message.data, "beside": beside}
                        )
                    done = await self.outbox.sent(
                        ref, message, now, outcome.chat_id, outcome.message_id
                    )
                    queue.settle(ref, message.id)
                    self.results.sent(ref, done, now - message.due_at)
            case TooFast():
                self.limiter.pause(chat, outcome.retry_after, overall=outcome.overall)
                later = now + timedelta(seconds=outcome.retry_after)
                await self._again(queue, parts, "429", not_before=later)
                return outcome.retry_after
            case Moved():
                await self.results.moved(queue.person, outcome.chat_id)
                await self._again(queue, parts, "moved")
            case Unreachable():
                # First that the chat is closed: after a crash between the two the message meets it
                # once more. The other way round nobody would ever hear of it.
                await self.results.unreachable(queue.person, outcome.why)
                for ref, message in parts:
                    await self.outbox.failed(ref, message, outcome.why, "unreachable")
                    queue.settle(ref, message.id)
                await self.results.people_changed()
            case Refused() if len(parts) > 1:
                await self._again(queue, parts, outcome.why, alone=True)
            case Refused():
                ref, message = parts[0]
                await self.outbox.failed(ref, message, outcome.why, "refused")
                queue.settle(ref, message.id)
                await self.results.refused(ref, message, outcome.why)
        return 0.0

    async def _again(
        self,
        queue: PersonQueue,
        parts: list[tuple[str, Message]],
        why: str,
        *,
        ambiguous: bool = False,
        not_before: datetime | None = None,
        alone: bool = False,
    ) -> None:
        for ref, message in parts:
            await self.outbox.waits(ref, message, why, ambiguous=ambiguous, not_before=not_before)
            self._queues.put(queue, ref, message, alone=alone)

    # Telegram down ---------------------------------------------------------------------------

    def _answered(self) -> None:
        self._failures = 0
        if self.down_since is not None:
            self.down_since = None
            self.results.down(None)
        if self._probe is not None:
            self._probe.cancel()
            self._probe = None

    def _failed(self, now: datetime) -> bool:
        """Counts a failure. True once Telegram counts as down: then one queue at a time tries."""
        self._failures += 1
        if self.down_since is None:
            self.down_since = now
            self.results.down(now)
        over = self._failures - DOWN_AFTER
        if over < 0:
            return False
        if self._probe is None:
            pause = BACK_OFF[min(over, len(BACK_OFF) - 1)]
            self._probe = asyncio.get_running_loop().call_later(pause, self._probe_now)
        return True

    def _probe_now(self) -> None:
        self._probe = None
        self._dispatch()

    # The second channel -----------------------------------------------------------------------

    async def _by_second(self, queue: PersonQueue) -> float:
        parts = await self._attempt(queue)
        if not parts:
            return 0.0
        ref, message, _ = parts[0]
        try:
            if self.second is None:
                raise Refused("no second channel")
            await self.second.send(queue.person, message, ref)
        except NotSent:
            await self._again(queue, [(ref, message)], "not sent")
            pause = BACK_OFF[min(queue.failures, len(BACK_OFF) - 1)]
            queue.failures += 1
            return pause
        except Refused as error:
            await self.outbox.failed(ref, message, error.why, "refused")
            await self.results.refused(ref, message, error.why)
        else:
            queue.failures = 0
            await self.outbox.sent(ref, message, self.clock.now(), None, None)
        queue.settle(ref, message.id)
        return 0.0
