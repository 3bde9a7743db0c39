"""What follows from an entry and belongs to other records: the earlier episode of somebody who went
again ends, who is told of the new absence is told that the one before is over, a young person who
was not on the list is on it, and whoever was away together with somebody stands so on both cases.

It cannot be in the commit of that entry, so it is done right after it, and whatever a crash or a
full disk left undone is done later: at the next start, or with the next round of the engine.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

import msgspec
import structlog

from protocol.counting import counting
from protocol.facts import (
    AuthorityAcknowledged,
    AuthorityTold,
    AwayTogether,
    Fact,
    GoneAgain,
    Opened,
    ParentsTold,
    PoliceTold,
    ToldOfReturn,
    ToldWhom,
    Withdrawn,
)
from protocol.fold import fold
from reminders.service_state import ServiceState
from storage.model import Episode, Person
from storage.store import Change, NotFound, NotSaved

MIRRORED = "together~"
"""Begins the id of a link that was recorded on the other case."""
TOLD = "hears~"
"""Begins the id of a telling that was recorded in the next episode."""
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
        return (
            written
            + await self._tells(record, opened.follows, now)
            + await self._links(record, now)
        )

    async def _tells(self, record: Episode, earlier: str, now: datetime) -> list[str]:
        """Gone again: what is told in this episode tells of the earlier one, too; no longer, if it
        was taken back. Whether it was told late enough is a rule (decision table, 10.1)."""
        if not earlier:
            return []
        holds = {fact.id for fact in counting(record.facts)}
        written = []
        for fact in record.facts:
            told = _told_of(fact)
            if told is None:
                continue
            name = f"{TOLD}{record.ref}~{fact.id}"
            if await self._says_so(earlier, name, told, record.ref, now, so=fact.id in holds):
                written.append(earlier)
        return written

    async def _links(self, record: Episode, now: datetime) -> list[str]:
        """The other case says, too, that they were away together; no longer, if that was wrong."""
        linked = [fact for fact in record.facts if isinstance(fact, AwayTogether)]
        holds = {fact.id for fact in counting(record.facts)} if linked else frozenset()
        written = []
        for fact in linked:
            if fact.id.startswith(MIRRORED):
                continue
            link = AwayTogether(
                id="", by=fact.by, recorded_at=fact.recorded_at, at=fact.at, other=record.ref
            )
            mirrored = f"{MIRRORED}{record.ref}~{fact.id}"
            so = fact.id in holds
            if await self._says_so(fact.other, mirrored, link, record.ref, now, so=so):
                written.append(fact.other)
        return written

    async def _says_so(
        self, ref: str, name: str, what: Fact, why: str, now: datetime, *, so: bool
    ) -> bool:
        """That case has this fact, with this id; not `so`: it is taken back there, if it has it."""
        fact: Fact = msgspec.structs.replace(what, id=name, recorded_at=now)
        if not so:
            fact = Withdrawn(
                id=f"{name}~no", by=what.by, recorded_at=now, at=now, fact=name, reason=why
            )

        def build(other: Episode) -> Change | None:
            there = {one.id for one in other.facts}
            known = fact.id in there or (not so and name not in there)
            closed = other.closed_at is not None and isinstance(what, ToldOfReturn)
            return None if known or closed else Change(facts=[fact])

        try:
            before = await self.service_state.write_behind.episode(ref)
            after = await self.service_state.write_behind.put(ref, build)
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


def _told_of(fact: Fact) -> ToldOfReturn | None:
    """What this says to those who heard of the absence before: they are found, and gone again."""
    whom: ToldWhom
    role, who = "", ""
    if isinstance(fact, PoliceTold):
        whom, who = "police", fact.spoke_to
    elif isinstance(fact, ParentsTold):
        whom, who = "parents", fact.told_by
    elif isinstance(fact, AuthorityAcknowledged) or (
        isinstance(fact, AuthorityTold) and fact.acknowledged
    ):
        whom, role, who = "authority", fact.role, fact.who
    else:
        return None
    return ToldOfReturn(
        id="", by=fact.by, recorded_at=fact.recorded_at, at=fact.at, whom=whom, role=role, who=who
    )


def has_consequences(record: Episode) -> bool:
    """Whether something in this record belongs to another one."""
    return any(
        isinstance(fact, AwayTogether) or (isinstance(fact, Opened) and fact.follows)
        for fact in record.facts
    )
