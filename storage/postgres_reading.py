"""The records of one service as they are read from PostgreSQL.

Open records are in memory, as last written, and so are the summary rows of closed episodes, which
are read when somebody asks. Memory changes in `storage.postgres`, only after the database has.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import psycopg

from protocol.attachment_facts import attachments_in
from storage import apply
from storage.audit import PAGE, AuditPage, AuditRecord
from storage.audit_files import line_in
from storage.envelope import Damaged, Sealer, UnknownKey, WrongSeal
from storage.format_mark import StoreProblem
from storage.keys import KeyProblem, Keys
from storage.lease import Lease
from storage.model import Begun, Draft, Episode, Office, Past, Person
from storage.postgres_asking import plain_words
from storage.postgres_commits import Away, Commits
from storage.postgres_session import settings
from storage.recent_updates import Recent
from storage.shapes import SHAPES, DraftSlot, Register, page_name
from storage.store import NotFound, StoreError

LATELY = timedelta(hours=48)
"""Closed episodes written since are read at the start: Telegram keeps updates for 24 hours."""
BATCH = 500
"""Closed episodes read at a time by commands."""
ATTACHMENT = "attachment"
LEFT = "left"
"""A line for the audit, of a command that reads beside the leader: no part of any commit of ours
until it is taken into the chain."""
BESIDE = [ATTACHMENT, LEFT]
"""Kinds that are no record of their own shape."""
LATER = [*BESIDE, "audit"]
"""Kinds that are not read at the start."""


class Unusable(StoreError):
    """It is there, and damaged."""


class Reading(Commits):
    """All that can be asked of the records.

    keys: they encrypt every record; None: plain, which the configuration must say in words.
    summarise, now: as for the store of files.
    """

    def __init__(
        self,
        address: str,
        service: str,
        *,
        keys: Keys | None,
        summarise: Callable[[Episode], Past],
        now: Callable[[], datetime],
        rows_by: str = "",
        lease: Lease | None = None,
    ) -> None:
        super().__init__(address, service, Sealer(keys), rows_by, lease)
        self._summarise, self._now = summarise, now
        self._episodes: dict[str, Episode] = {}
        self._open_of: dict[str, dict[str, Episode]] = {}
        self._slots: dict[str, DraftSlot] = {}
        self._register, self._office = Register(), Office()
        self._closed: dict[str, Past] = {}
        self._closed_of: dict[str, dict[str, Past]] = {}
        self._names: set[str] = set()
        self._given: set[str] = set()
        self._seen = Recent()

    async def open(self) -> None:
        """Reads what is kept in memory. Raises StoreError (`Away`: the database did not answer,
        and may soon); then the lease is free again."""
        try:
            await self._load()
            self._leave_if_reading()
        except BaseException as error:
            await self.close()
            if isinstance(error, psycopg.Error):
                msg = f"the database cannot be used: {plain_words(error)}"
                raise (Away if isinstance(error, psycopg.OperationalError) else StoreProblem)(
                    msg
                ) from error
            raise

    async def episode(self, ref: str) -> Episode:
        if (episode := self._episodes.get(ref)) is not None:
            return episode
        async with self._turn:
            return await self._read_one(ref)

    def episodes(self, refs: Iterable[str]) -> Iterator[Episode]:
        """These episodes, open or closed; one that cannot be used is among the problems. For
        commands, not for an event loop: it reads as it goes."""
        wanted = list(refs)
        with psycopg.connect(settings(self._address, self._name)) as connection:
            for at in range(0, len(wanted), BATCH):
                found = connection.execute(
                    "SELECT name, version, content FROM nightlight.record "
                    "WHERE service = %s AND kind = 'episode' AND name = ANY(%s)",
                    (self._service, wanted[at : at + BATCH]),
                )
                read = {
                    row[0]: self._unsealed("episode", row[0], row[1], row[2], Episode)
                    for row in found
                }
                yield from (one for ref in wanted[at : at + BATCH] if (one := read.get(ref)))

    async def open_episodes(self) -> Sequence[Episode]:
        return tuple(sorted(self._episodes.values(), key=apply.opened_first))

    async def history(self, person: str) -> Sequence[Past]:
        current = (self._summarise(e) for e in self._open_of.get(person, {}).values())
        rows = (*self._closed_of.get(person, {}).values(), *current)
        return tuple(sorted(rows, key=apply.started_first))

    async def past(self, since: datetime) -> Sequence[Past]:
        current = (self._summarise(episode) for episode in self._episodes.values())
        rows = [row for row in (*self._closed.values(), *current) if row.start >= since]
        return tuple(sorted(rows, key=apply.started_first))

    async def draft(self, owner: str) -> Draft | None:
        slot = self._slots.get(owner)
        return apply.copy_draft(slot.draft) if slot is not None and slot.draft is not None else None

    async def drafts(self) -> Sequence[Begun]:
        return apply.begun(slot.draft for slot in self._slots.values())

    async def people(self, home: str | None = None) -> Sequence[Person]:
        return apply.people_of(self._register.people, home)

    async def person(self, ref: str) -> Person | None:
        return self._register.people.get(ref)

    async def office(self) -> Office:
        return apply.copy_office(self._office)

    async def seen(self, update_id: int) -> bool:
        return update_id in self._seen

    # Attachments and audit ------------------------------------------------------------------

    async def attachment(self, ref: str, name: str) -> bytes:
        async with self._turn:
            try:
                if name not in attachments_in((await self._read_one(ref)).facts):
                    msg = f"there is no attachment {name} of {ref}"
                    raise NotFound(msg)
                return await self.attachment_content(f"{ref} {name}")
            finally:
                self._leave_if_reading()

    async def attachment_content(self, name: str) -> bytes:
        """By reference and id, with a blank between, as it lies there. Raises NotFound,
        StoreError."""
        row = await self._read(lambda session: session.record(self._service, ATTACHMENT, name))
        if row is None:
            msg = f"there is no attachment {name}"
            raise NotFound(msg)
        try:
            opened = await asyncio.to_thread(self._sealer.unseal, ATTACHMENT, name, row[1])
        except Damaged as error:
            self._problem(f"attachment {name} cannot be used: {error}")
            msg = f"attachment {name} cannot be read"
            raise Unusable(msg) from error
        return opened.data

    async def audit(self, after: int = 0) -> Sequence[AuditRecord]:
        async with self._turn:
            tail = self._office.audit
            found: list[AuditRecord] = []
            if tail and after + 1 < tail[0].number:
                async for page in self._pages(after):
                    found += [one for one in page.records if after < one.number < tail[0].number]
            self._leave_if_reading()
        return [*found, *(one for one in tail if one.number > after)]

    async def _pages(self, after: int) -> AsyncIterator[AuditPage]:
        """Those with a record after this one, oldest first. Raises StoreError."""
        first = page_name(max(0, after - PAGE + 2))
        rows = await self._read(lambda session: session.pages(self._service, first))
        for name, version, content in rows:
            page = self._unsealed("audit", name, version, content, AuditPage)
            if page is not None:
                yield page

    async def left(self) -> Sequence[Mapping[str, Any]]:
        """What was left so and is not in the chain yet, oldest first. Raises StoreError."""
        async with self._turn:
            found = [line for _, line in await self._left()]
            self._leave_if_reading()
        return found

    async def _left(self) -> list[tuple[str, dict[str, Any]]]:
        rows = await self._read(lambda session: session.contents(self._service, LEFT))
        lines = []
        for name, content in rows:
            try:
                lines.append((name, line_in(self._sealer.unseal(LEFT, name, content).data)))
            except Damaged as error:
                self._problem(f"{LEFT} {name} cannot be used: {error}")
        return lines

    # Memory ---------------------------------------------------------------------------------

    async def _load(self) -> None:
        session = await self._connected()
        async with session.one_view():
            self._check_mark(await session.mark(self._service))
            seen: set[int] = set()
            async for kind, name, version, content, closed in session.current(
                self._service, LATELY, LATER
            ):
                record = self._unsealed(kind, name, version, content, SHAPES[kind])
                if record is not None:
                    self._take_in(record, closed=closed)
                    seen.update(getattr(record, "seen", ()))
            self._seen.start_with(seen)
            anew = []
            async for name, version, still_open, summary, by in session.summaries(self._service):
                self._names.add(name)
                if still_open:
                    continue
                row = None
                if summary is not None and by == self._rows_by:
                    row = self._unsealed("summary", name, version, summary, Past)
                if row is None:
                    anew.append(name)
                else:
                    self._keep_row(row)
        await self._rows_anew(anew)

    async def _rows_anew(self, names: Sequence[str]) -> None:
        """Rows of closed episodes that other rules made."""
        session = await self._connected()
        for at in range(0, len(names), BATCH):
            made = []
            for name, version, content in await session.episodes(
                self._service, names[at : at + BATCH]
            ):
                episode = self._unsealed("episode", name, version, content, Episode)
                if episode is not None:
                    row = self._summarise(episode)
                    self._keep_row(row)
                    made.append((name, version, self._sealed("summary", name, version, row)))
            if made and self.lease is not None:
                await session.put_summaries(self._service, self._rows_by, made)

    def _take_in(self, record: object, *, closed: bool) -> None:
        match record:
            case Episode():
                if not closed:
                    self._keep_open(record)
            case DraftSlot():
                self._slots[record.owner] = record
            case Register():
                self._register = record
            case Office():
                self._office = record

    def _keep_open(self, episode: Episode) -> None:
        self._episodes[episode.ref] = episode
        self._open_of.setdefault(episode.person, {})[episode.ref] = episode

    def _keep_row(self, row: Past) -> None:
        self._closed[row.ref] = row
        self._closed_of.setdefault(row.person, {})[row.ref] = row

    async def _read_one(self, ref: str) -> Episode:
        if (episode := self._episodes.get(ref)) is not None:
            return episode
        if ref not in self._names:
            msg = f"there is no episode {ref}"
            raise NotFound(msg)
        try:
            row = await self._read(lambda session: session.record(self._service, "episode", ref))
        finally:
            self._leave_if_reading()
        read = self._unsealed("episode", ref, row[0], row[1], Episode) if row is not None else None
        if not isinstance(read, Episode):
            msg = f"the record of {ref} cannot be used"
            raise NotFound(msg)
        return read

    def _check_mark(self, mark: bytes | None) -> None:
        if mark is None:
            msg = f"the database has no service {self._service!r}"
            raise StoreProblem(msg)
        try:
            self._sealer.unseal("book", self._service, mark)
        except UnknownKey as error:
            msg = f"the records of {self._service} are {error}"
            raise KeyProblem(msg) from error
        except WrongSeal as error:
            msg = f"the records of {self._service} are {error}"
            raise KeyProblem(msg) from error
        except Damaged as error:
            self._problem(f"the mark of {self._service} cannot be used: {error}")
