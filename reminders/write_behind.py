"""The records as everybody uses them: every change is tried again until it is on record.

A full disk must not silence reminders. What cannot be saved is kept here and shown as if it were
on record; `flush` tries again. If the process ends before that, the reminders concerned are sent
once more after the restart (at least once). Where another machine may lead by then, what was said
to whom is kept beside the records, too (`Beside`).
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from protocol.facts import Fact
from reminders import former_leader
from reminders.record_time import never_back
from storage.incoming import Reminded
from storage.model import Entry, Episode, Message, Office
from storage.store import Change, Conflict, NotFound, NotSaved, Store

TRIES = 100


class OfficeChange(msgspec.Struct, frozen=True, kw_only=True):
    """One commit to the service's own file."""

    state: Mapping[str, Any] = {}
    messages: Sequence[Message] = ()
    log: Sequence[Mapping[str, Any]] = ()


class Unsaved(msgspec.Struct, frozen=True, kw_only=True):
    """What the disk refused of one record."""

    change: Change
    knew: int
    """So many facts it had when it was refused."""


class Beside(Protocol):
    """Where it outlives the process what people were told and no record has."""

    async def keep(self, unsaved: Sequence[Reminded]) -> None:
        """All of it, as it is now. Raises nothing."""
        ...


class WriteBehind:
    """A `Store` for one writer among several, with a memory for what could not be saved.

    beside: None where the disk that refuses is the only one.
    """

    def __init__(self, store: Store, beside: Beside | None = None) -> None:
        self.store = store
        self._beside = beside
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._unsaved: dict[str, Unsaved] = {}
        self._office_lock = asyncio.Lock()
        self._office_unsaved: OfficeChange | None = None

    @property
    def unsaved(self) -> int:
        """How many records are ahead of the disk."""
        return len(self._unsaved) + (self._office_unsaved is not None)

    async def episode(self, ref: str) -> Episode:
        """With what could not be saved yet. Raises NotFound."""
        return self._shown(await self.store.episode(ref))

    async def open_episodes(self) -> Sequence[Episode]:
        """Every episode that is not closed, oldest first, likewise."""
        return [self._shown(record) for record in await self.store.open_episodes()]

    async def create(self, home: str, prefix: str, person: str, change: Change) -> Episode:
        """A new episode under a reference that was never used. Raises NotSaved."""
        for _ in range(TRIES):
            ref = await self.store.new_reference(prefix)
            try:
                return await self.store.create(ref, home, person or f"{ref}-YP", change)
            except Conflict:
                continue
        msg = f"{home}: every new reference was taken"
        raise Conflict(msg)

    async def put(
        self,
        ref: str,
        build: Callable[[Episode], Change | None],
        update_id: int | None = None,
    ) -> Episode:
        """Commits what `build` makes of the episode as it stands; None: nothing to do.

        `build` is called again whenever somebody else was faster. `update_id`: the Telegram
        update that caused it; then the change is not kept in memory but NotSaved is raised, so
        that the person learns of it. Raises NotFound, NotSaved.
        """
        async with self._locks[ref]:
            for _ in range(TRIES):
                record = await self.store.episode(ref)
                shown = self._shown(record)
                change = build(shown)
                if change is not None:
                    change = never_back(shown, change)
                kept = self._unsaved.get(ref)
                if change is None and kept is None:
                    return record
                before = None if kept is None else kept.change
                merged = _merged(before, change or Change(), update_id)
                try:
                    saved = await self.store.commit(ref, record.version, merged)
                except Conflict:
                    continue
                except NotSaved:
                    if update_id is not None:
                        raise
                    self._unsaved[ref] = Unsaved(change=merged, knew=len(record.entries))
                    await self._keep_beside()
                    return self._shown(record)
                if self._unsaved.pop(ref, None) is not None:
                    await self._keep_beside()
                return saved
        msg = f"{ref}: somebody else kept changing it"
        raise Conflict(msg)

    async def office(self) -> Office:
        """The service's own file, with what the disk refused so far."""
        return self._office_shown(await self.store.office())

    async def put_office(
        self,
        build: Callable[[Office], OfficeChange | None],
        update_id: int | None = None,
    ) -> Office:
        """Likewise for the service's own file."""
        async with self._office_lock:
            office = await self.store.office()
            change = build(self._office_shown(office))
            kept = self._office_unsaved
            if change is None and kept is None:
                return office
            merged = _merged_office(kept, change or OfficeChange())
            try:
                saved = await self.store.update_office(
                    state=merged.state or None,
                    messages=merged.messages,
                    log=merged.log,
                    update_id=update_id,
                )
            except NotSaved:
                if update_id is not None:
                    raise
                self._office_unsaved = merged
                return self._office_shown(office)
            self._office_unsaved = None
            return saved

    async def flush(self) -> None:
        """Tries to save what could not be saved."""
        for ref in list(self._unsaved):
            try:
                await self.put(ref, lambda _: None)
            except NotFound:
                self._unsaved.pop(ref, None)
                await self._keep_beside()
        if self._office_unsaved is not None:
            await self.put_office(lambda _: None)

    def forget(self, ref: str) -> None:
        """The episode was closed: nothing more is written to it."""
        self._unsaved.pop(ref, None)
        self._locks.pop(ref, None)

    async def _keep_beside(self) -> None:
        if self._beside is not None:
            said = (
                former_leader.to_keep(ref, kept.change, kept.knew)
                for ref, kept in self._unsaved.items()
            )
            await self._beside.keep([one for one in said if one is not None])

    def _shown(self, record: Episode) -> Episode:
        kept = self._unsaved.get(record.ref)
        if kept is None:
            return record
        known = {e.fact.id for e in record.entries}
        entries = (Entry(fact=f, digest="") for f in kept.change.facts if f.id not in known)
        return msgspec.structs.replace(
            record,
            entries=(*record.entries, *entries),
            messages=_replaced(record.messages, kept.change.messages),
        )

    def _office_shown(self, office: Office) -> Office:
        kept = self._office_unsaved
        if kept is None:
            return office
        return msgspec.structs.replace(
            office,
            state={**office.state, **kept.state},
            messages=_replaced(office.messages, kept.messages),
            log=(*office.log, *(dict(line) for line in kept.log)),
        )


def _replaced(old: Sequence[Message], new: Sequence[Message]) -> tuple[Message, ...]:
    by_id = {m.id: m for m in old}
    by_id.update({m.id: m for m in new})
    return tuple(by_id.values())


def _merged(kept: Change | None, change: Change, update_id: int | None) -> Change:
    if kept is None:
        return msgspec.structs.replace(change, update_id=update_id)
    facts: dict[str, Fact] = {f.id: f for f in (*kept.facts, *change.facts)}
    return msgspec.structs.replace(
        change,
        facts=tuple(facts.values()),
        messages=_replaced(kept.messages, change.messages),
        update_id=update_id,
    )


def _merged_office(kept: OfficeChange | None, change: OfficeChange) -> OfficeChange:
    if kept is None:
        return change
    return OfficeChange(
        state={**kept.state, **change.state},
        messages=_replaced(kept.messages, change.messages),
        log=(*kept.log, *change.log),
    )
