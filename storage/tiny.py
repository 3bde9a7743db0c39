"""The store on TinyDB: the `Store` interface in front of the book on disk.

All work on files happens in one thread of its own, one thing after the other, so that a slow
disk does not stop the event loop and no two changes can meet. Whoever awaits a change goes on
when it is on disk.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from storage import apply
from storage.book import Book
from storage.model import Draft, Episode, Message, Office, Past, Person
from storage.store import Change, NotSaved, Trouble

P = ParamSpec("P")
R = TypeVar("R")


class TinyStore:
    """The book in a folder.

    folder: made if it is not there.
    keys: None for a plain book.
    summarise: makes a summary row of an episode.
    now: the time (aware, UTC).
    """

    def __init__(
        self,
        folder: Path,
        *,
        keys: None,
        summarise: Callable[[Episode], Past],
        now: Callable[[], datetime],
    ) -> None:
        self._book = Book(folder, summarise=summarise, now=now)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="book")
        self._told: list[Callable[[Trouble], None]] = []

    async def open(self) -> None:
        await self._run(self._book.open)

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(None, self._thread.shutdown)

    async def create(self, ref: str, home: str, person: str, change: Change) -> Episode:
        return await self._run(self._book.create, ref, home, person, change)

    async def commit(self, ref: str, version: int, change: Change) -> Episode:
        return await self._run(self._book.commit, ref, version, change)

    async def episode(self, ref: str) -> Episode:
        if (episode := self._book.episodes.get(ref)) is not None:
            return episode
        return await self._run(self._book.episode, ref)

    async def open_episodes(self) -> Sequence[Episode]:
        return tuple(sorted(self._book.episodes.values(), key=apply.opened_first))

    async def history(self, person: str) -> Sequence[Past]:
        return await self._run(self._book.history, person)

    async def past(self, since: datetime) -> Sequence[Past]:
        return await self._run(self._book.past, since)

    async def new_reference(self, home: str) -> str:
        return await self._run(self._book.new_reference, home)

    async def draft(self, owner: str) -> Draft | None:
        slot = self._book.slots.get(owner)
        if slot is None or slot.draft is None:
            return None
        return apply.copy_draft(slot.draft)

    async def save_draft(self, draft: Draft, update_id: int | None = None) -> Draft:
        return apply.copy_draft(await self._run(self._book.save_draft, draft, update_id))

    async def drop_draft(self, owner: str, update_id: int | None = None) -> None:
        await self._run(self._book.drop_draft, owner, update_id)

    async def people(self, home: str | None = None) -> Sequence[Person]:
        return apply.people_of(self._book.register.people, home)

    async def person(self, ref: str) -> Person | None:
        return self._book.register.people.get(ref)

    async def put_people(self, people: Sequence[Person]) -> None:
        await self._run(self._book.put_people, people)

    async def office(self) -> Office:
        return apply.copy_office(self._book.office)

    async def update_office(
        self,
        *,
        state: Mapping[str, Any] | None = None,
        messages: Sequence[Message] = (),
        log: Sequence[Mapping[str, Any]] = (),
        update_id: int | None = None,
    ) -> Office:
        return apply.copy_office(
            await self._run(self._book.update_office, state, messages, log, update_id)
        )

    async def seen(self, update_id: int) -> bool:
        return update_id in self._book.seen

    def watch(self, told: Callable[[Trouble], None]) -> None:
        self._told.append(told)

    async def _run(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, lambda: work(*args, **kwargs))
        except OSError as error:
            msg = f"not saved: {error.strerror or error}"
            raise NotSaved(msg) from error
