"""What follows from a report and belongs to other records: the earlier episode of somebody who went
again ends, and a young person who was not on the list is on it.

It cannot be in the commit of the report, so it is done right after it, and whatever a crash or a
full disk left undone is done later: at the next start, or with the next round of the engine.
"""

from __future__ import annotations

import structlog

from protocol.facts import GoneAgain, Opened
from protocol.fold import fold
from reminders.service_state import ServiceState
from storage.model import Episode, Person
from storage.store import Change, NotFound, NotSaved

log = structlog.get_logger(__name__)


class Consequences:
    """Looks at each open case once, and again until all that follows from it is on disk."""

    def __init__(self, service_state: ServiceState) -> None:
        self.service_state = service_state
        self._undone: dict[str, None] = {}

    def look_at(self, ref: str) -> None:
        """A report was saved (or was found at the start)."""
        self._undone[ref] = None

    async def run(self) -> list[str]:
        """Does what is left to do. Answers with the references of the cases that it wrote to."""
        written: list[str] = []
        for ref in list(self._undone):
            try:
                record = await self.service_state.write_behind.episode(ref)
                written += await self._of(record)
            except NotFound:
                pass
            except NotSaved:
                log.warning("what follows from a report is not saved yet", ref=ref)
                continue
            self._undone.pop(ref, None)
        return written

    async def _of(self, record: Episode) -> list[str]:
        opened = next((x for x in record.facts if isinstance(x, Opened)), None)
        if opened is None:
            return []
        if await self.service_state.store.person(record.person) is None:
            child = fold(record.facts).child
            person = Person(ref=record.person, home=record.home, child=child)
            await self.service_state.store.put_people([person])
        if not opened.follows:
            return []
        return [opened.follows] if await self._ends(opened, record.ref) else []

    async def _ends(self, opened: Opened, ref: str) -> bool:
        """The earlier episode ends where the young person was found; this one goes on."""
        fact = GoneAgain(
            id=f"again~{ref}",
            by=opened.by,
            recorded_at=self.service_state.clock.now(),
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
