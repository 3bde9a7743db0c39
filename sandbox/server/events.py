"""The log of everything a person could notice, for pages and drivers that follow it."""

import asyncio
from collections import deque
from collections.abc import Iterable
from datetime import datetime

from sandbox.server.model import Json

KEPT = 20_000


class EventLog:
    """Numbered events, the newest ``KEPT`` of them; whoever follows asks for those after a number.

    Numbers go on over a reset, so a page never mistakes an old event for a new one.
    """

    def __init__(self) -> None:
        self._events: deque[Json] = deque(maxlen=KEPT)
        self._last = 0
        self._grown = asyncio.Event()

    @property
    def last(self) -> int:
        """Number of the newest event; 0 when there has been none."""
        return self._last

    def add(self, kind: str, at: datetime, users: Iterable[int], **data: object) -> None:
        """Append an event of a kind, at a server time, that these users can notice."""
        self._last += 1
        self._events.append(
            {"n": self._last, "kind": kind, "at": at.isoformat(), "users": sorted(users), **data}
        )
        self._grown.set()
        self._grown = asyncio.Event()

    def after(self, number: int, user: int | None = None) -> Json:
        """Events after a number, of everybody or of one user; ``gap``: some are gone."""
        first = self._events[0]["n"] if self._events else self._last + 1
        found = []
        for event in reversed(self._events):
            if event["n"] <= number:
                break
            if user is None or not event["users"] or user in event["users"]:
                found.append(event)
        found.reverse()
        return {"events": found, "last": self._last, "gap": number + 1 < first and number >= 0}

    async def wait_after(self, number: int, seconds: float, user: int | None = None) -> Json:
        """As ``after``, but wait up to some real seconds for a first event."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while True:
            grown = self._grown
            answer = self.after(number, user)
            left = deadline - loop.time()
            if answer["events"] or left <= 0:
                return answer
            try:
                await asyncio.wait_for(grown.wait(), left)
            except TimeoutError:
                return self.after(number, user)
