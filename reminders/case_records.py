"""The records of cases: read with what the disk refused so far, and changed in one way, whoever
changes them (buttons, forms, the service's own jobs, pages)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from protocol.provider import Staff
from reminders.consequences import Consequences, Planner, has_consequences
from reminders.service_state import ServiceState
from storage.model import Episode
from storage.store import Change, NotFound

Build = Callable[[Episode], Change | None]


class CaseRecords:
    """Every read and every change of a case by a person goes through here.

    What follows from a change (the episode before ends, a young person is put on the list, the
    other case says that they were away together) is done before the change comes back, or, after a
    crash or a full disk, at the next start.
    """

    def __init__(
        self, service_state: ServiceState, consequences: Consequences, planner: Planner
    ) -> None:
        self.service_state = service_state
        self._write_behind = service_state.write_behind
        self._consequences = consequences
        self._planner = planner

    async def episode(self, ref: str) -> Episode:
        """Open or closed, for anybody. Raises NotFound."""
        return await self._write_behind.episode(ref)

    async def seen_by(self, staff: Staff, ref: str) -> Episode:
        """The episode, if this person may see it now. Raises NotFound for "no" and "not yours"
        alike."""
        record = await self._write_behind.episode(ref)
        if not self.service_state.sees(staff, record.home):
            raise NotFound(ref)
        return record

    async def open_episodes(self) -> Sequence[Episode]:
        """Every episode that is not closed, oldest first."""
        return await self._write_behind.open_episodes()

    async def update(self, ref: str, build: Build, update_id: int | None = None) -> Episode:
        """Commits what `build` makes of the episode as it stands (None: nothing), and plans anew.

        `build` is called again when somebody else was quicker; what it raises comes through.
        `update_id`: the Telegram update that caused it; then NotSaved is raised when the disk
        refuses, and nothing of the change is kept. Without it the change is kept in memory until
        the disk takes it.

        Raises:
            NotFound, NotSaved, Conflict.
        """
        record = await self._write_behind.put(ref, build, update_id)
        if has_consequences(record):
            self._consequences.look_at(ref)
            await self._consequences.run(self.service_state.clock.now())
        await self._planner.changed(ref)
        return record

    async def open(self, home: str, prefix: str, person: str, change: Change) -> Episode:
        """A report becomes an episode with a new reference, and what follows from it is done.

        person: reference of the young person; "" for somebody who is not on the list yet.

        Raises:
            NotSaved: then nothing of it is on record.
        """
        record = await self._write_behind.create(home, prefix, person, change)
        self._consequences.look_at(record.ref)
        await self._consequences.run(self.service_state.clock.now())
        await self._planner.changed(record.ref)
        return record


def new_ids(episode: Episode | None) -> Callable[[], str]:
    """Ids for facts to be appended to this episode: f1, f2 … in the order of the record."""
    taken = {fact.id for fact in episode.facts} if episode else set()
    count = len(episode.entries) if episode else 0

    def new() -> str:
        nonlocal count
        count += 1
        while f"f{count}" in taken:
            count += 1
        return f"f{count}"

    return new
