"""The lanes of the outbox: one for each person and channel, emptied in order of urgency."""

from __future__ import annotations

import asyncio
import heapq
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from itertools import count

import msgspec

from reminders.joining import JOINABLE
from storage.model import Message

SOON = 5.0
"""A pause of less than this (real seconds) is still part of being busy."""


class Item(msgspec.Struct, frozen=True, order=True):
    """A waiting message in its lane; sorts by urgency, then by due time, then by arrival.

    `ref`: its episode, or "" for the service's own file. `joinable`: may be said together with
    others.
    """

    priority: int
    due_at: datetime
    order: int
    ref: str
    id: str
    joinable: bool = True


class Lane(msgspec.Struct, kw_only=True, eq=False):
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


class Lanes:
    """All lanes, and which of them is the most urgent. `resumed` is called when a pause ends."""

    def __init__(self, resumed: Callable[[], None]) -> None:
        self._resumed = resumed
        self._lanes: dict[tuple[str, str], Lane] = {}
        self._ready: dict[str, list[tuple[Item, int, Lane]]] = defaultdict(list)
        self._order = count()
        self._full = 0
        self._long = 0

    @property
    def waiting(self) -> int:
        """How many messages wait or are under way."""
        return sum(len(lane.known) for lane in self._lanes.values())

    @property
    def quiet(self) -> bool:
        """Nothing will go within a few seconds: all that waits is paused for longer."""
        return self._full <= self._long

    def offer(self, ref: str, message: Message) -> bool:
        """False if it is known already."""
        key = (message.to, message.channel)
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = Lane(person=message.to, channel=message.channel)
        if (ref, message.id) in lane.known:
            return False
        lane.known.add((ref, message.id))
        self.put(lane, ref, message)
        return True

    def put(self, lane: Lane, ref: str, message: Message, *, alone: bool = False) -> None:
        """(Back) into its lane."""
        lane.taken = [item for item in lane.taken if (item.ref, item.id) != (ref, message.id)]
        joinable = message.kind in JOINABLE and not alone
        order = next(self._order)
        self._push(lane, Item(message.priority, message.due_at, order, ref, message.id, joinable))

    def put_back(self, lane: Lane) -> None:
        """What was taken and not settled, after something unforeseen."""
        taken, lane.taken = lane.taken, []
        for item in taken:
            self._push(lane, item)

    def _push(self, lane: Lane, item: Item) -> None:
        if not lane.items:
            self._full += 1
            self._long += lane.long
        heapq.heappush(lane.items, item)
        self.make_ready(lane)

    def take(self, lane: Lane, most: int) -> list[Item]:
        """The most urgent message of a lane, and up to `most` in all that may be joined to it."""
        taken = [heapq.heappop(lane.items)]
        while lane.items and len(taken) < most and taken[0].joinable and lane.items[0].joinable:
            taken.append(heapq.heappop(lane.items))
        if not lane.items:
            self._full -= 1
            self._long -= lane.long
        lane.taken = list(taken)
        return taken

    def next_ready(self, channel: str) -> Lane | None:
        """The open lane of this channel with the most urgent message; it stays where it is."""
        ready = self._ready[channel]
        while ready:
            item, _, lane = ready[0]
            if lane.open and lane.items[0] is item and lane.entered is item:
                return lane
            heapq.heappop(ready)
            if lane.entered is item:
                lane.entered = None
                self.make_ready(lane)
        return None

    def pop_ready(self, channel: str) -> Lane:
        """Takes away the lane that `next_ready` named."""
        lane = heapq.heappop(self._ready[channel])[2]
        lane.entered = None
        return lane

    def make_ready(self, lane: Lane) -> None:
        """Enters an open lane by its most urgent message; an entry by another is passed over."""
        if lane.open and lane.entered is not lane.items[0]:
            lane.entered = lane.items[0]
            heapq.heappush(self._ready[lane.channel], (lane.items[0], id(lane), lane))

    def park(self, lane: Lane, seconds: float) -> None:
        """Nothing more from this lane for so many real seconds."""
        lane.parked = asyncio.get_running_loop().call_later(seconds, self._resume, lane)
        lane.long = seconds >= SOON
        if lane.items:
            self._long += lane.long

    def unpark(self, lane: Lane) -> None:
        """Sending to this chat goes on."""
        if lane.parked is not None:
            lane.parked.cancel()
            lane.parked = None
        if lane.items:
            self._long -= lane.long
        lane.long = False
        self.make_ready(lane)

    def unpark_all(self) -> None:
        """Sending to all chats goes on."""
        for lane in list(self._lanes.values()):
            if lane.parked is not None:
                self.unpark(lane)

    def stop(self) -> None:
        """Nothing more is sent."""
        for lane in self._lanes.values():
            if lane.parked is not None:
                lane.parked.cancel()

    def drop_if_empty(self, lane: Lane) -> None:
        """Forgets a lane that has nothing to send or to remember."""
        if not lane.known and not lane.items and lane.parked is None:
            self._lanes.pop((lane.person, lane.channel), None)

    def _resume(self, lane: Lane) -> None:
        self.unpark(lane)
        self._resumed()
