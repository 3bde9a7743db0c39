"""Sends what waits in the outbox: the most urgent first, within the limits, at least once.

Every person has a lane: their messages go one after the other, so that they arrive in order and a
hanging request holds up nobody else. An attempt is on record before it is made; so after a crash
a message that may have arrived is known, and sent again marked as a repeat.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Protocol

import msgspec
import structlog

from protocol.facts import NIGHTLIGHT, Told
from reminders import joining
from reminders.clock import Clock
from reminders.ledger import Ledger, OfficeChange
from reminders.limits import Limiter
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
from storage.model import Episode, Message, Office
from storage.store import Change, NotFound

OFFICE = ""
"""Stands for the service's own file where an episode's reference is expected."""
SENDING = "sending"
"""Value of `Message.error` while an attempt is under way."""
WAITING_AT_MOST = 32
"""Lanes that stand before the limiter at one time: few, so that an urgent newcomer is soon in."""
DOWN_AFTER = 3
"""So many failures in a row and Telegram counts as down."""
BACK_OFF = (1.0, 2.0, 4.0, 8.0, 15.0)
"""Real seconds between attempts."""
SOON = 5.0
"""A pause of less than this (real seconds) is still part of being busy."""

log = structlog.get_logger(__name__)


class Desk(Protocol):
    """What delivery asks and tells its owner (the engine)."""

    def chat_of(self, person: str, home: str | None) -> int | None:
        """Where to write to; None if this person may not be told of that home's cases now."""
        ...

    async def fresh(self, ref: str) -> Episode:
        """The episode as it stands, planned anew if facts came since. Raises NotFound."""
        ...

    def recorded(self, record: Episode) -> None: ...

    def sent(self, message: Message, late: timedelta) -> None: ...

    async def unreachable(self, ref: str, message: Message, why: str) -> None: ...

    async def moved(self, person: str, chat_id: int) -> None: ...

    async def refused(self, ref: str, message: Message, why: str) -> None: ...

    def stopped(self, why: str) -> None: ...

    def down(self, since: datetime | None) -> None: ...

    def idle_changed(self) -> None: ...


class SecondSender(Protocol):
    """The way round Telegram. Raises NotSent or Refused."""

    async def send(self, person: str, message: Message, ref: str) -> None: ...


class _Item(msgspec.Struct, frozen=True, order=True):
    """A waiting message in its lane; sorts by urgency, then by due time, then by arrival."""

    priority: int
    due_at: datetime
    order: int
    ref: str
    id: str
    alone: bool = False


class _Lane(msgspec.Struct, kw_only=True, eq=False):
    person: str
    channel: str
    items: list[_Item] = []
    known: set[tuple[str, str]] = set()
    busy: bool = False
    failures: int = 0
    parked: asyncio.TimerHandle | None = None
    long: bool = False

    @property
    def open(self) -> bool:
        return bool(self.items) and not self.busy and self.parked is None


class Delivery:
    """The loop that empties all outboxes. `offer` is how messages get in."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        sender: Sender,
        limiter: Limiter,
        clock: Clock,
        desk: Desk,
        second: SecondSender | None = None,
    ) -> None:
        self.ledger = ledger
        self.sender = sender
        self.limiter = limiter
        self.clock = clock
        self.desk = desk
        self.second = second
        self.down_since: datetime | None = None
        self.stopped_why = ""
        self._lanes: dict[tuple[str, str], _Lane] = {}
        self._ready: list[tuple[_Item, int, _Lane]] = []
        self._order = count()
        self._tasks: set[asyncio.Task[None]] = set()
        self._before_limiter = 0
        self._full = 0
        self._long = 0
        self._failures = 0
        self._probe: asyncio.TimerHandle | None = None
        self._running = False

    # What callers use -----------------------------------------------------------------------

    def start(self) -> None:
        self._running = True
        self._dispatch()

    async def stop(self) -> None:
        """Lets nothing new out and ends what is under way; it will be repeated, marked."""
        self._running = False
        if self._probe is not None:
            self._probe.cancel()
        for lane in self._lanes.values():
            if lane.parked is not None:
                lane.parked.cancel()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def offer(self, ref: str, message: Message) -> None:
        """Puts a waiting message into its person's lane; a second offer of it does nothing."""
        lane = self._lane(message.to, message.channel)
        if (ref, message.id) in lane.known:
            return
        lane.known.add((ref, message.id))
        self._put(lane, _Item(message.priority, message.due_at, next(self._order), ref, message.id))
        wait = self.clock.seconds_until(message.not_before) if message.not_before else None
        chat = self.desk.chat_of(message.to, None)
        if wait and chat is not None and message.channel == "telegram":
            self.limiter.pause(chat, wait)
        self._dispatch()

    def nudge(self) -> None:
        """The clock was moved: what paused after a failure is tried again now."""
        if self._probe is not None:
            self._probe.cancel()
            self._probe = None
        for lane in list(self._lanes.values()):
            if lane.parked is not None:
                self._unpark(lane)
        self._dispatch()

    @property
    def idle(self) -> bool:
        """Nothing is being sent, or about to be within a few seconds."""
        if self._tasks:
            return False
        if self.stopped_why or self._probe is not None:
            return True
        return self._full <= self._long

    @property
    def waiting(self) -> int:
        """How many messages wait or are under way."""
        return sum(len(lane.known) for lane in self._lanes.values())

    # Lanes ----------------------------------------------------------------------------------

    def _lane(self, person: str, channel: str) -> _Lane:
        key = (person, channel)
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = _Lane(person=person, channel=channel)
        return lane

    def _put(self, lane: _Lane, item: _Item) -> None:
        if not lane.items:
            self._full += 1
            self._long += lane.long
        heapq.heappush(lane.items, item)
        if lane.open:
            self._make_ready(lane)

    def _make_ready(self, lane: _Lane) -> None:
        heapq.heappush(self._ready, (lane.items[0], id(lane), lane))

    def _emptied(self, lane: _Lane) -> None:
        if not lane.items:
            self._full -= 1
            self._long -= lane.long

    def _park(self, lane: _Lane, seconds: float) -> None:
        lane.parked = asyncio.get_running_loop().call_later(seconds, self._resume, lane)
        lane.long = seconds >= SOON
        if lane.items:
            self._long += lane.long

    def _unpark(self, lane: _Lane) -> None:
        if lane.parked is not None:
            lane.parked.cancel()
            lane.parked = None
        if lane.items:
            self._long -= lane.long
        lane.long = False
        if lane.open:
            self._make_ready(lane)

    def _resume(self, lane: _Lane) -> None:
        self._unpark(lane)
        self._dispatch()

    # Sending --------------------------------------------------------------------------------

    def _dispatch(self) -> None:
        """Starts lanes, the most urgent first, as long as there is room before the limiter."""
        if not self._running or self.stopped_why:
            return
        down = self._failures >= DOWN_AFTER
        later: list[tuple[_Item, int, _Lane]] = []
        while self._ready:
            entry = self._ready[0]
            lane = entry[2]
            if not lane.open or lane.items[0] is not entry[0]:
                heapq.heappop(self._ready)
                if lane.open and lane.items[0] < entry[0]:
                    continue
                if lane.open:
                    self._make_ready(lane)
                continue
            if lane.channel == "telegram":
                if down and (self._tasks or self._probe is not None):
                    heapq.heappop(self._ready)
                    later.append(entry)
                    continue
                if self._before_limiter >= WAITING_AT_MOST or (
                    len(self._tasks) >= self.limiter.limits.in_flight
                ):
                    break
                chat = self.desk.chat_of(lane.person, None)
                wait = self.limiter.wait_for(chat) if chat is not None else 0.0
                if wait > SOON / 10:
                    heapq.heappop(self._ready)
                    self._park(lane, wait)
                    continue
            heapq.heappop(self._ready)
            lane.busy = True
            task = asyncio.get_running_loop().create_task(self._serve(lane))
            self._tasks.add(task)
            task.add_done_callback(self._done)
        for entry in later:
            heapq.heappush(self._ready, entry)
        self.desk.idle_changed()

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("delivery failed", error=repr(task.exception()))
        self._dispatch()

    async def _serve(self, lane: _Lane) -> None:
        pause = 0.0
        try:
            if lane.channel == "telegram":
                pause = await self._by_telegram(lane)
            else:
                pause = await self._by_second(lane)
        finally:
            lane.busy = False
            if pause > 0:
                self._park(lane, pause)
            elif lane.open:
                self._make_ready(lane)
            elif not lane.items and not lane.known:
                self._lanes.pop((lane.person, lane.channel), None)

    def _take(self, lane: _Lane) -> list[_Item]:
        """The most urgent message and those that can be joined to it."""
        most = self.limiter.limits.join_at_most
        taken = [heapq.heappop(lane.items)]
        while lane.items and len(taken) < most and not taken[0].alone and not lane.items[0].alone:
            taken.append(heapq.heappop(lane.items))
        self._emptied(lane)
        return taken

    async def _by_telegram(self, lane: _Lane) -> float:
        """One message to one person. Returns real seconds to wait before the next attempt."""
        chat = self.desk.chat_of(lane.person, None) or 0
        self._before_limiter += 1
        inside = False
        try:
            async with self.limiter.turn(chat, lane.items[0].priority):
                self._before_limiter -= 1
                inside = True
                self._dispatch()
                parts = await self._attempt(lane, self._take(lane))
                if not parts:
                    return 0.0
                now = self.clock.now()
                message = joining.joined(parts, chat, now)
                refs = {ref for ref, _, _ in parts}
                record = parts[0][2] if len(refs) == 1 else None
                outcome: Sent | SendError
                try:
                    outcome = await self.sender.send(message, record)
                except SendError as error:
                    outcome = error
                except Exception as error:  # a fault in the wording must not lose the reminder
                    log.exception("sender failed", kind=message.kind)
                    outcome = Refused(f"{type(error).__name__} while wording it")
        finally:
            if not inside:
                self._before_limiter -= 1
        return await self._outcome(lane, [(ref, m) for ref, m, _ in parts], outcome, chat)

    async def _attempt(
        self, lane: _Lane, items: list[_Item]
    ) -> list[tuple[str, Message, Episode | None]]:
        """Puts the attempt on record; leaves out what is no longer true."""
        parts: list[tuple[str, Message, Episode | None]] = []
        unjoined: list[_Item] = []
        for item in items:
            message, record = await self._begin(lane, item)
            if message is None:
                lane.known.discard((item.ref, item.id))
            elif parts and not joining.joinable(parts[0][1], message):
                unjoined.append(item)
            else:
                parts.append((item.ref, message, record))
        for item in unjoined:
            self._put(lane, item)
        return parts

    async def _begin(self, lane: _Lane, item: _Item) -> tuple[Message | None, Episode | None]:
        marked: list[Message] = []

        def mark(messages: tuple[Message, ...], home: str | None) -> list[Message]:
            marked.clear()
            found = next((m for m in messages if m.id == item.id), None)
            if found is None or found.state != "waiting":
                return []
            if self.desk.chat_of(lane.person, home) is None:
                return [msgspec.structs.replace(found, state="failed", error="not on the list")]
            attempt = msgspec.structs.replace(
                found,
                attempts=found.attempts + 1,
                ambiguous=found.ambiguous or found.error == SENDING,
                error=SENDING,
                not_before=None,
            )
            marked.append(attempt)
            return [attempt]

        if item.ref == OFFICE:

            def in_office(office: Office) -> OfficeChange | None:
                changed = mark(office.messages, None)
                return OfficeChange(messages=changed) if changed else None

            await self.ledger.put_office(in_office)
            return (marked[0] if marked else None), None

        def in_episode(record: Episode) -> Change | None:
            changed = mark(record.messages, record.home)
            return Change(messages=changed) if changed else None

        try:
            await self.desk.fresh(item.ref)
            record = await self.ledger.put(item.ref, in_episode)
        except NotFound:
            return None, None
        self.desk.recorded(record)
        return (marked[0] if marked else None), record

    async def _outcome(
        self,
        lane: _Lane,
        parts: list[tuple[str, Message]],
        outcome: Sent | SendError,
        chat: int,
    ) -> float:
        now = self.clock.now()
        match outcome:
            case Sent():
                self._succeeded()
                lane.failures = 0
                for ref, message in parts:
                    done = msgspec.structs.replace(
                        message,
                        state="sent",
                        sent_at=now,
                        chat_id=outcome.chat_id,
                        message_id=outcome.message_id,
                        error="",
                    )
                    await self._record(ref, done, "sent")
                    lane.known.discard((ref, message.id))
                    self.desk.sent(done, now - message.due_at)
                return 0.0
            case Unreachable() | Refused():
                self._succeeded()
                await self._final(lane, parts, outcome)
                return 0.0
            case TooFast():
                self._succeeded()
                self.limiter.pause(chat, outcome.retry_after, overall=outcome.overall)
                later = now + timedelta(seconds=outcome.retry_after)
                await self._again(lane, parts, error="429", not_before=later)
                return outcome.retry_after
            case Moved():
                self._succeeded()
                await self.desk.moved(lane.person, outcome.chat_id)
                await self._again(lane, parts, error="moved")
                return 0.0
            case Stopped():
                self.stopped_why = outcome.why
                await self._again(lane, parts, error=f"stopped: {outcome.why}")
                self.desk.stopped(outcome.why)
                return 0.0
            case MaybeSent():
                await self._again(lane, parts, error="may have arrived", ambiguous=True)
            case _:
                await self._again(lane, parts, error="not sent")
        pause = BACK_OFF[min(lane.failures, len(BACK_OFF) - 1)]
        lane.failures += 1
        return 0.0 if self._failed(now) else pause

    async def _final(
        self, lane: _Lane, parts: list[tuple[str, Message]], outcome: Unreachable | Refused
    ) -> None:
        """It will never arrive in this way."""
        if isinstance(outcome, Refused) and len(parts) > 1:
            await self._again(lane, parts, error=outcome.why, alone=True)
            return
        word = "unreachable" if isinstance(outcome, Unreachable) else "refused"
        for ref, message in parts:
            failed = msgspec.structs.replace(message, state="failed", error=outcome.why)
            await self._record(ref, failed, word)
            lane.known.discard((ref, message.id))
        for ref, message in parts:
            if isinstance(outcome, Unreachable):
                await self.desk.unreachable(ref, message, outcome.why)
            else:
                await self.desk.refused(ref, message, outcome.why)

    async def _again(
        self,
        lane: _Lane,
        parts: list[tuple[str, Message]],
        *,
        error: str,
        ambiguous: bool = False,
        not_before: datetime | None = None,
        alone: bool = False,
    ) -> None:
        for ref, message in parts:
            waiting = msgspec.structs.replace(
                message,
                error=error,
                ambiguous=message.ambiguous or ambiguous,
                not_before=not_before,
            )
            await self._record(ref, waiting, "")
            self._put(
                lane,
                _Item(message.priority, message.due_at, next(self._order), ref, message.id, alone),
            )

    async def _record(self, ref: str, message: Message, outcome: str) -> None:
        """The message as it now stands and, if that is the end of it, who was told what.

        What was cancelled meanwhile stays cancelled unless it did arrive."""

        def current(messages: tuple[Message, ...]) -> bool:
            now = next((m for m in messages if m.id == message.id), None)
            return now is not None and (now.state == "waiting" or message.state == "sent")

        if ref == OFFICE:
            await self.ledger.put_office(
                lambda office: (
                    OfficeChange(messages=[message]) if current(office.messages) else None
                )
            )
            return
        told = Told(
            id=f"told~{message.id}~{message.attempts}",
            by=NIGHTLIGHT,
            recorded_at=self.clock.now(),
            at=message.sent_at or self.clock.now(),
            message=message.id,
            to=message.to,
            about=message.about or message.kind,
            channel=message.channel,
            outcome=outcome,
        )
        try:
            record = await self.ledger.put(
                ref,
                lambda episode: (
                    Change(facts=[told] if outcome else [], messages=[message])
                    if current(episode.messages)
                    else None
                ),
            )
        except NotFound:
            return
        self.desk.recorded(record)

    # Telegram down ---------------------------------------------------------------------------

    def _succeeded(self) -> None:
        self._failures = 0
        if self.down_since is not None:
            self.down_since = None
            self.desk.down(None)
        if self._probe is not None:
            self._probe.cancel()
            self._probe = None

    def _failed(self, now: datetime) -> bool:
        """Counts a failure. True once Telegram counts as down: then one lane at a time tries."""
        self._failures += 1
        if self.down_since is None:
            self.down_since = now
            self.desk.down(now)
        over = self._failures - DOWN_AFTER
        if over < 0:
            return False
        pause = BACK_OFF[min(over, len(BACK_OFF) - 1)]
        if self._probe is None:
            self._probe = asyncio.get_running_loop().call_later(pause, self._probe_now)
        return True

    def _probe_now(self) -> None:
        self._probe = None
        self._dispatch()

    # The second channel -----------------------------------------------------------------------

    async def _by_second(self, lane: _Lane) -> float:
        parts = await self._attempt(lane, [heapq.heappop(lane.items)])
        self._emptied(lane)
        if not parts:
            return 0.0
        ref, message, _ = parts[0]
        try:
            if self.second is None:
                raise Refused("no second channel")
            await self.second.send(lane.person, message, ref)
        except NotSent:
            await self._again(lane, [(ref, message)], error="not sent")
            pause = BACK_OFF[min(lane.failures, len(BACK_OFF) - 1)]
            lane.failures += 1
            return pause
        except Refused as error:
            failed = msgspec.structs.replace(message, state="failed", error=error.why)
            await self._record(ref, failed, "refused")
        else:
            lane.failures = 0
            done = msgspec.structs.replace(
                message, state="sent", sent_at=self.clock.now(), error=""
            )
            await self._record(ref, done, "sent")
        lane.known.discard((ref, message.id))
        return 0.0


IdleCallback = Callable[[], None]
