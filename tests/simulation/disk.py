"""A disk that outlives the process: every commit is wholly there or not at all.

`Disk` is what is on it; `DiskStore` is one process's way to it, with delays, a full disk, and a
chance to die before and after each write.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import datetime
from random import Random
from typing import TYPE_CHECKING, Any

from storage import apply
from storage.model import Draft, Episode, Office, Past
from storage.store import Change, NotSaved, Trouble
from tests.support.memory_store import MemoryStore

if TYPE_CHECKING:
    from tests.simulation.process import Process

SLOWEST_SECONDS = 3.0


class SharedBook(MemoryStore):
    """Gives out the service's state itself in the place of a copy, and finds who writes into it."""

    _LOOKS_AFTER = 20

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._seen_as: dict[str, tuple[Any, Any]] = {}
        """By key: what stood there at the last look, and a copy of it."""
        self._commits = 0

    def _given_office(self) -> Office:
        return self._office

    async def update_office(self, **change: Any) -> Office:
        saved = await super().update_office(**change)
        self._commits += 1
        if self._commits % self._LOOKS_AFTER == 0:
            self.nobody_wrote()
        return saved

    def nobody_wrote(self) -> None:
        """Raises RuntimeError: what somebody read was changed without a commit."""
        for key, value in self._office.state.items():
            before, copy = self._seen_as.get(key, (None, None))
            if before is not value:
                self._seen_as[key] = (value, apply.plain(value))
            elif copy != value:
                msg = f"{key} of the service's state was changed without a commit"
                raise RuntimeError(msg)


class Disk:
    """The book as it stands on disk."""

    def __init__(
        self,
        rng: Random,
        summarise: Callable[[Episode], Past],
        now: Callable[[], datetime],
        slow: float,
    ) -> None:
        """`slow`: share of writes that take long."""
        self.book = SharedBook(summarise=summarise, now=now)
        self.rng = rng
        self.full = False
        self.slow = slow
        self.slow_until = -1.0
        """Until then every write takes long."""
        self.refs: defaultdict[str, list[str]] = defaultdict(list)
        self._summarise = summarise
        self._rows: dict[str, Past] = {}

    def rows(self, episode: Episode) -> Past:
        """A summary row; that of a closed episode is kept, as the real book keeps it."""
        if episode.closed_at is None:
            return self._summarise(episode)
        key = f"{episode.ref}~{sum(e.fact.by != 'nightlight' for e in episode.entries)}"
        if key not in self._rows:
            self._rows[key] = self._summarise(episode)
        return self._rows[key]


class DiskStore:
    """The `Store` interface for one process."""

    def __init__(self, disk: Disk, process: Process) -> None:
        self.disk = disk
        self.process = process
        self._book = disk.book
        self._watchers: list[Callable[[Trouble], None]] = []
        self._refused = False
        for name in (
            "episode", "open_episodes", "new_reference", "draft", "drafts", "people", "person",
            "office", "seen", "audit", "take_left",
        ):  # fmt: skip
            setattr(self, name, getattr(self._book, name))

    async def open(self) -> None:
        await self.process.point("open")

    async def close(self) -> None:
        await self.process.point("close")

    async def create(self, ref: str, home: str, person: str, change: Change) -> Episode:
        return await self._write(
            "create", ref, change, lambda: self._book.create(ref, home, person, change)
        )

    async def commit(self, ref: str, version: int, change: Change) -> Episode:
        return await self._write(
            "commit", ref, change, lambda: self._book.commit(ref, version, change)
        )

    async def history(self, person: str) -> tuple[Past, ...]:
        found = [self.disk.rows(await self._book.episode(r)) for r in self.disk.refs[person]]
        return tuple(sorted(found, key=apply.started_first))

    async def past(self, since: datetime) -> tuple[Past, ...]:
        refs = [ref for refs in self.disk.refs.values() for ref in refs]
        found = [self.disk.rows(await self._book.episode(ref)) for ref in refs]
        return tuple(sorted((r for r in found if r.start >= since), key=apply.started_first))

    async def save_draft(self, draft: Draft, update_id: int | None = None) -> Draft:
        return await self._write(
            "draft", draft.owner, update_id, lambda: self._book.save_draft(draft, update_id)
        )

    async def drop_draft(self, owner: str, update_id: int | None = None) -> None:
        await self._write("drop", owner, update_id, lambda: self._book.drop_draft(owner, update_id))

    async def put_people(self, people: Any) -> None:
        await self._write("people", "", None, lambda: self._book.put_people(people))

    async def update_office(self, **change: Any) -> Any:
        owed = "removals" in (change.get("state") or {})
        return await self._write(
            "office",
            "",
            change.get("update_id"),
            lambda: self._book.update_office(**change),
            after="owed" if owed else "office",
        )

    async def forget_audit(self, before: datetime) -> int:
        found: int = await self._write(
            "audit", "", None, lambda: self._book.forget_audit(before), after="office"
        )
        return found

    def watch(self, told: Callable[[Trouble], None]) -> None:
        self._watchers.append(told)

    async def _write(
        self,
        kind: str,
        ref: str,
        what: Any,
        work: Callable[[], Awaitable[Any]],
        *,
        after: str = "",
    ) -> Any:
        """`after`: the name of the moment at which it is on disk."""
        disk, process = self.disk, self.process
        await process.point(kind)
        if disk.full:
            self._told("not_saved", "no space left on device")
            raise NotSaved("NOT saved: no space left on device")
        luck = disk.rng.random()
        slow = 1.0 if asyncio.get_running_loop().time() < disk.slow_until else disk.slow
        seconds = 0.0008 if luck >= slow else SLOWEST_SECONDS * luck / slow
        if luck < slow:
            process.world.slow(seconds)
        await asyncio.sleep(seconds)
        await process.point(kind)
        done = await work()
        if kind == "create":
            disk.refs[done.person].append(ref)
        process.world.saw_write(kind, ref, what, done)
        update_id = getattr(what, "update_id", what if isinstance(what, int) else None)
        await process.point(after or ("saved" if update_id else kind))
        self._told("saved_again", "")
        return done

    def _told(self, kind: str, what: str) -> None:
        if (kind == "not_saved") == self._refused:
            return
        self._refused = kind == "not_saved"
        for told in self._watchers:
            told(Trouble(kind=kind, what=what))
