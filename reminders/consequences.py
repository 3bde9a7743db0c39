"""What follows from an entry and belongs to other records: the earlier episode of somebody who went
again ends, a young person who was not on the list is on it, and whoever was away together with
somebody stands so on both cases.

It cannot be in the commit of that entry, so it is done right after it, and whatever a crash or a
full disk left undone is done later: at the next start, or with the next round of the engine.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

import structlog

from protocol.counting import counting
from protocol.facts import AwayTogether, Fact, GoneAgain, Opened, Withdrawn
from protocol.fold import fold
from reminders.service_state import ServiceState
from storage.model import Episode, Person
from storage.store import Change, NotFound, NotSaved

MIRRORED = "together~"
"""Begins the id of a link that was recorded on the other case."""
log = structlog.get_logger(__name__)


class Planner(Protocol):
    """Who has to hear that a case is another than before."""

    async def changed(self, ref: str) -> None:
        """Facts were committed to this episode, or it was opened or closed."""
        ...


class Consequences:
    """Looks at each open case once, and again until all that follows from it is on disk."""

    name = "what follows from an entry"

    def __init__(self, service_state: ServiceState, planner: Planner) -> None:
        self.service_state = service_state
        self._planner = planner
        self._undone: dict[str, None] = {}

    def look_at(self, ref: str) -> None:
        """A report or a link was saved (or was found at the start)."""
        self._undone[ref] = None

    async def run(self, now: datetime) -> None:
        """Does what is left to do, and has the cases that it wrote to planned anew."""
        for ref in list(self._undone):
            written: list[str] = []
            try:
                record = await self.service_state.write_behind.episode(ref)
                written = await self._of(record, now)
            except NotFound:
                pass
            except NotSaved:
                log.warning("what follows from a report is not saved yet", ref=ref)
                continue
            self._undone.pop(ref, None)
            for other in written:
                await self._planner.changed(other)

    def next_moment(self) -> datetime | None:
        """What the disk refused is tried again with the heartbeat."""
        return None

    async def _of(self, record: Episode, now: datetime) -> list[str]:
        opened = next((x for x in record.facts if isinstance(x, Opened)), None)
        if opened is None:
            return []
        if await self.service_state.store.person(record.person) is None:
            child = fold(record.facts).child
            person = Person(ref=record.person, home=record.home, child=child)
            await self.service_state.store.put_people([person])
        written = (
            [opened.follows] if opened.follows and await self._ends(opened, record.ref, now) else []
        )
        return written + await self._links(record, now)

    async def _links(self, record: Episode, now: datetime) -> list[str]:
        """The other case says, too, that they were away together; no longer, if that was wrong."""
        holds = {fact.id for fact in counting(record.facts)}
        written = []
        for fact in record.facts:
            if not isinstance(fact, AwayTogether) or fact.id.startswith(MIRRORED):
                continue
            if await self._says_so(fact, record.ref, now, so=fact.id in holds):
                written.append(fact.other)
        return written

    async def _says_so(self, link: AwayTogether, ref: str, now: datetime, *, so: bool) -> bool:
        mirrored = f"{MIRRORED}{ref}~{link.id}"
        fact: Fact
        if so:
            fact = AwayTogether(id=mirrored, by=link.by, recorded_at=now, at=link.at, other=ref)
        else:
            fact = Withdrawn(
                id=f"{mirrored}~no", by=link.by, recorded_at=now, at=now, fact=mirrored, reason=ref
            )

        def build(other: Episode) -> Change | None:
            there = {one.id for one in other.facts}
            known = fact.id in there or (not so and mirrored not in there)
            return None if known else Change(facts=[fact])

        try:
            before = await self.service_state.write_behind.episode(link.other)
            after = await self.service_state.write_behind.put(link.other, build)
        except NotFound:
            return False
        return after.version != before.version

    async def _ends(self, opened: Opened, ref: str, now: datetime) -> bool:
        """The earlier episode ends where the young person was found; this one goes on."""
        fact = GoneAgain(
            id=f"again~{ref}",
            by=opened.by,
            recorded_at=now,
            at=opened.recorded_at,
            next_episode=ref,
        )

        def build(earlier: Episode) -> Change | None:
            known = any(one.id == fact.id for one in earlier.facts)
            return None if known or earlier.closed_at is not None else Change(facts=[fact])

        try:
            before = await self.service_state.write_behind.episode(opened.follows)
            after = await self.service_state.write_behind.put(opened.follows, build)
        except NotFound:
            return False
        return after.version != before.version
