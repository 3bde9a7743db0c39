"""The queues of the outbox: one for each person and channel, emptied in order of urgency."""

from __future__ import annotations

import asyncio
import heapq
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from itertools import count

import msgspec

from reminders.combining import JOINABLE
from storage.model import Message

SOON = 5.0
"""A pause of less than this (real seconds) is still part of being busy."""


class Item(msgspec.Struct, frozen=True, order=True):
    """A waiting message in its queue; sorts by urgency, then by due time, then by arrival.

    `ref`: its episode, or "" for the service's own file. `joinable`: may be said together with
    others.
    """

    priority: int
    due_at: datetime
    order: int
    ref: str
    id: str
    joinable: bool = True


class PersonQueue(msgspec.Struct, kw_only=True, eq=False):
    """What waits for one person on one channel. `known`: all that was offered and is not settled,
    whether it waits here or is under way."""

    person: str
    channel: str
    items: list[Item] = []
    taken: list[Item] = []
    known: set[tuple[str, str]] = set()
    busy: bool = False
    failures: int = 0
    parked: asyncio.TimerHandle | None = None
    long: bool = False
    entered: Item | None = None
    """The message by which it stands in the order of urgency, if it does."""

    @property
    def open(self) -> bool:
        """Could its next message go now?"""
        return bool(self.items) and not self.busy and self.parked is None

    def settle(self, ref: str, name: str) -> None:
        """This message is sent, failed or no longer wanted."""
        self.known.discard((ref, name))
        self.taken = [item for item in self.taken if (item.ref, item.id) != (ref, name)]


class SendQueue:
    """All queues, and which of them is the most urgent. `resumed` is called when a pause ends."""

    def __init__(self, resumed: Callable[[], None]) -> None:
        self._resumed = resumed
        self._queues: dict[tuple[str, str], PersonQueue] = {}
        self._ready: dict[str, list[tuple[Item, int, PersonQueue]]] = defaultdict(list)
        self._order = count()
        self._full = 0
        self._long = 0

    @property
    def waiting(self) -> int:
        """How many messages wait or are under way."""
        return sum(len(queue.known) for queue in self._queues.values())

    @property
    def quiet(self) -> bool:
        """Nothing will go within a few seconds: all that waits is paused for longer."""
        return self._full <= self._long

    def offer(self, ref: str, message: Message) -> bool:
        """False if it is known already."""
        key = (message.to, message.channel)
        queue = self._queues.get(key)
        if queue is None:
            queue = self._queues[key] = PersonQueue(person=message.to, channel=message.channel)
        if (ref, message.id) in queue.known:
            return False
        queue.known.add((ref, message.id))
        self.put(queue, ref, message)
        return True

    def put(self, queue: PersonQueue, ref: str, message: Message, *, alone: bool = False) -> None:
        """(Back) into its queue."""
        queue.taken = [item for item in queue.taken if (item.ref, item.id) != (ref, message.id)]
        joinable = message.kind in JOINABLE and not alone
        order = next(self._order)
        self._push(queue, Item(message.priority, message.due_at, order, ref, message.id, joinable))

    def put_back(self, queue: PersonQueue) -> None:
        """What was taken and not settled, after something unforeseen."""
        taken, queue.taken = queue.taken, []
        for item in taken:
            self._push(queue, item)

    def _push(self, queue: PersonQueue, item: Item) -> None:
        if not queue.items:
            self._full += 1
            self._long += queue.long
        heapq.heappush(queue.items, item)
        self.make_ready(queue)

    def take(self, queue: PersonQueue, most: int) -> list[Item]:
        """The most urgent message of a queue, and up to `most` in all that may be joined to it."""
        taken = [heapq.heappop(queue.items)]
        while queue.items and len(taken) < most and taken[0].joinable and queue.items[0].joinable:
            taken.append(heapq.heappop(queue.items))
        if not queue.items:
            self._full -= 1
            self._long -= queue.long
        queue.taken = list(taken)
        return taken

    def next_ready(self, channel: str) -> PersonQueue | None:
        """The open queue of this channel with the most urgent message; it stays where it is."""
        ready = self._ready[channel]
        while ready:
            item, _, queue = ready[0]
            if queue.open and queue.items[0] is item and queue.entered is item:
                return queue
            heapq.heappop(ready)
            if queue.entered is item:
                queue.entered = None
                self.make_ready(queue)
        return None

    def pop_ready(self, channel: str) -> PersonQueue:
        """Takes away the queue that `next_ready` named."""
        queue = heapq.heappop(self._ready[channel])[2]
        queue.entered = None
        return queue

    def make_ready(self, queue: PersonQueue) -> None:
        """Enters an open queue by its most urgent message; an entry by another is passed over."""
        if queue.open and queue.entered is not queue.items[0]:
            queue.entered = queue.items[0]
            heapq.heappush(self._ready[queue.channel], (queue.items[0], id(queue), queue))

    def park(self, queue: PersonQueue, seconds: float) -> None:
        """Nothing more from this queue for so many real seconds."""
        queue.parked = asyncio.get_running_loop().call_later(seconds, self._resume, queue)
        queue.long = seconds >= SOON
        if queue.items:
            self._long += queue.long

    def unpark(self, queue: PersonQueue) -> None:
        """Sending to this chat goes on."""
        if queue.parked is not None:
            queue.parked.cancel()
            queue.parked = None
        if queue.items:
            self._long -= queue.long
        queue.long = False
        self.make_ready(queue)

    def unpark_all(self) -> None:
        """Sending to all chats goes on."""
        for queue in list(self._queues.values()):
            if queue.parked is not None:
                self.unpark(queue)

    def stop(self) -> None:
        """Nothing more is sent."""
        for queue in self._queues.values():
            if queue.parked is not None:
                queue.parked.cancel()

    def drop_if_empty(self, queue: PersonQueue) -> None:
        """Forgets a queue that has nothing to send or to remember."""
        if not queue.known and not queue.items and queue.parked is None:
            self._queues.pop((queue.person, queue.channel), None)

    def _resume(self, queue: PersonQueue) -> None:
        self.unpark(queue)
        self._resumed()
