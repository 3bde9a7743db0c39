"""The stored records as they stood at one moment, for commands that only read.

It takes no lock and writes nothing, so it may be read while the bot runs. Every file is replaced
whole, so each one read is one of its versions. Across files the order keeps it consistent: drafts
before open episodes before closed ones, so whatever is completed or closed meanwhile is found
where it went.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from protocol.attachment_facts import attachments_in
from storage import apply, audit_files, chain, format_mark
from storage.attachment_files import AttachmentFiles
from storage.audit import AuditRecord
from storage.envelope import Damaged, Sealer
from storage.keys import Keys
from storage.layout import Layout, Place, month_of
from storage.lock import SameFolder
from storage.model import Draft, Episode, Office, Past, Person
from storage.record_file import read_only
from storage.shapes import DraftSlot, Register
from storage.store import NotFound, StoreError
from storage.version_catalogue import VersionCatalogue

T = TypeVar("T", Episode, Office, Register, DraftSlot)


class Snapshot:
    """What `StoreReader` promises, from files alone. Make one with `read_snapshot`.

    problems: one line, without personal data, for each file that could not be used; the records
    in it are not in what this returns.
    """

    def __init__(
        self,
        folder: Path,
        *,
        keys: Keys | None,
        summarise: Callable[[Episode], Past],
        rows_by: str = "",
    ) -> None:
        self.problems: list[str] = []
        self._layout = Layout(folder)
        self._sealer = Sealer(keys)
        self._attachments = AttachmentFiles(self._layout, self._sealer)
        self._summarise = summarise
        self._catalogue = VersionCatalogue(
            self._layout, self._sealer, rows_by, self.problems.append
        )
        self._open: dict[str, Episode] = {}
        self._slots: dict[str, DraftSlot] = {}
        self._office = Office()
        self._register = Register()

    def load(self) -> None:
        """Reads the files. Raises StoreError if there are none, or the key does not fit."""
        layout = self._layout
        if not layout.folder.is_dir():
            msg = f"there is no book in {layout.folder}"
            raise format_mark.StoreProblem(msg)
        same = SameFolder(layout.folder)
        format_mark.read(layout, self._sealer)
        self._catalogue.load()
        for owner in layout.owners():
            if (slot := self._record(layout.draft(owner), DraftSlot)) is not None:
                self._slots[owner] = slot
        self._office = self._record(layout.office, Office) or Office()
        self._register = self._record(layout.register, Register) or Register()
        not_moved = self._load_open()
        for month in layout.months():
            self._load_month(month)
        self._settle(not_moved)
        same.check()

    async def episode(self, ref: str) -> Episode:
        """Open or closed. Raises NotFound."""
        if (episode := self._open.get(ref)) is not None:
            return episode
        found = await asyncio.to_thread(self._closed, ref)
        if found is None:
            msg = f"there is no episode {ref}"
            raise NotFound(msg)
        return found

    async def attachment(self, ref: str, name: str) -> bytes:
        """The bytes that the `Attached` with this id names. Raises NotFound, StoreError."""
        if name not in attachments_in((await self.episode(ref)).facts):
            msg = f"there is no attachment {name} of {ref}"
            raise NotFound(msg)
        try:
            return await asyncio.to_thread(self._attachments.read, ref, name)
        except (Damaged, OSError) as error:
            msg = f"attachment {name} of {ref} cannot be read: {error}"
            raise StoreError(msg) from error

    def episodes(self, refs: Iterable[str]) -> Iterator[Episode]:
        """These episodes, open or closed; one that cannot be used is among the problems. It reads
        from disk, one after the other: for commands, not for an event loop."""
        for ref in refs:
            month = self._catalogue.month_of(ref)
            place = self._layout.closed_episode(ref, month) if month else None
            episode = self._open.get(ref) or (self._record(place, Episode) if place else None)
            if episode is not None:
                yield episode

    async def open_episodes(self) -> Sequence[Episode]:
        """Every episode that is not closed, oldest first."""
        return tuple(sorted(self._open.values(), key=apply.opened_first))

    async def history(self, person: str) -> Sequence[Past]:
        """All episodes of this young person, open and closed, oldest start first."""
        return _oldest_first(row for row in self._all_rows() if row.person == person)

    async def past(self, since: datetime) -> Sequence[Past]:
        """All episodes whose start is at or after `since` (UTC), oldest first."""
        return _oldest_first(row for row in self._all_rows() if row.start >= since)

    async def draft(self, owner: str) -> Draft | None:
        """The half-finished report of this member of staff."""
        slot = self._slots.get(owner)
        return apply.copy_draft(slot.draft) if slot is not None and slot.draft is not None else None

    async def people(self, home: str | None = None) -> Sequence[Person]:
        """The young people of one home, or of all, by reference."""
        return apply.people_of(self._register.people, home)

    async def person(self, ref: str) -> Person | None:
        """One young person of the register."""
        return self._register.people.get(ref)

    async def office(self) -> Office:
        """The service's own file."""
        return apply.copy_office(self._office)

    async def audit(self, after: int = 0) -> Sequence[AuditRecord]:
        """The records with a higher number than `after`, oldest first."""

        def work() -> list[AuditRecord]:
            # What was deleted meanwhile is looked at again with where the chain begins now.
            found = self._audit(after)
            office = self._record(self._layout.office, Office)
            if office is not None and office.audit_from != self._office.audit_from:
                self._office = office
                found = self._audit(after)
            self.problems += found[1]
            return found[0]

        return await asyncio.to_thread(work)

    def _audit(self, after: int) -> tuple[list[AuditRecord], list[str]]:
        problems: list[str] = []
        found = audit_files.records_after(
            self._layout, self._sealer, self._office, after, problems.append
        )
        return list(found), problems

    async def left(self) -> Sequence[Mapping[str, Any]]:
        """What commands left for the audit and is not in the chain yet, oldest first."""

        def damaged(name: str, why: str) -> None:
            self.problems.append(f"{self._layout.left_line(name).label} cannot be used: {why}")

        def work() -> list[Mapping[str, Any]]:
            found = audit_files.left(self._layout, self._sealer, damaged)
            return [line for name, line in found if name not in self._office.taken]

        return await asyncio.to_thread(work)

    def _load_open(self) -> list[Episode]:
        """The open episodes; returns those that are closed but whose file was not moved yet."""
        not_moved = []
        for ref in self._layout.open_refs():
            episode = self._record(self._layout.open_episode(ref), Episode)
            if episode is None:
                continue
            if episode.closed_at is None:
                self._open[ref] = episode
            else:
                not_moved.append(episode)
        ended = {draft for episode in self._open.values() for draft in episode.drafts}
        for owner, slot in list(self._slots.items()):
            if slot.draft is not None and slot.draft.id in ended:
                del self._slots[owner]
        return not_moved

    def _load_month(self, month: str) -> None:
        def row(ref: str) -> Past | None:
            episode = self._record(self._layout.closed_episode(ref, month), Episode)
            return None if episode is None else self._summarise(episode)

        for ref in self._catalogue.load_rows(month, self._layout.closed_refs(month), row):
            self.problems.append(f"the file of episode {ref}, closed in {month}, is missing")

    def _settle(self, not_moved: Sequence[Episode]) -> None:
        """An episode is open or closed, never both: one that is there twice was closed, and
        moved, while this was read."""
        for episode in not_moved:
            if episode.closed_at is not None and episode.ref not in self._catalogue:
                self._catalogue.put(month_of(episode.closed_at), self._summarise(episode))
        for ref in list(self._open):
            if ref in self._catalogue:
                del self._open[ref]

    def _closed(self, ref: str) -> Episode | None:
        places = (self._layout.open_episode(ref), self._layout.find_closed(ref))
        read = (self._record(place, Episode) for place in places if place is not None)
        found = [episode for episode in read if episode is not None]
        return max(found, key=lambda episode: episode.version, default=None)

    def _record(self, place: Place, shape: type[T]) -> T | None:
        try:
            value = read_only(place, shape, self._sealer)
        except Damaged as error:
            self.problems.append(f"{place.label} cannot be used: {error}")
            return None
        except OSError as error:
            self.problems.append(f"{place.label} cannot be read: {error.strerror or error}")
            return None
        if value is None:
            return None
        if isinstance(value, Episode) and value.ref != place.name:
            self.problems.append(f"{place.label} cannot be used: it holds another episode")
            return None
        if isinstance(value, Episode) and (broken := chain.broken_at(value)) is not None:
            self.problems.append(f"{place.label}: the chain is broken at fact {broken}")
        self._compare(place, value.version)
        return value

    def _compare(self, place: Place, version: int) -> None:
        month = self._layout.month_of(place)
        expected = self._catalogue.expected(place)
        if month is not None:
            expected = self._catalogue.expected_closed(month, place)
        if version < expected:
            self.problems.append(
                f"{place.label} is an older copy: version {version}, but it had come to {expected}"
            )

    def _all_rows(self) -> Sequence[Past]:
        return [*self._catalogue.rows(), *(self._summarise(one) for one in self._open.values())]


def _oldest_first(rows: Iterable[Past]) -> tuple[Past, ...]:
    return tuple(sorted(rows, key=apply.started_first))


async def read_snapshot(
    folder: Path,
    *,
    keys: Keys | None,
    summarise: Callable[[Episode], Past],
    rows_by: str = "",
) -> Snapshot:
    """Reads the records in `folder`, beside a running bot or without one.

    keys, summarise, rows_by: as for `TinyStore`. Raises StoreError (nothing is there, wrong key,
    a newer format).
    """
    snapshot = Snapshot(folder, keys=keys, summarise=summarise, rows_by=rows_by)
    try:
        await asyncio.to_thread(snapshot.load)
    except OSError as error:
        msg = f"the book in {folder} cannot be read: {error.strerror or error}"
        raise format_mark.StoreProblem(msg) from error
    return snapshot
