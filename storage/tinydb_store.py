"""The store on TinyDB: the `Store` interface in front of the book on disk.

All work on files happens in one thread of its own, one thing after the other, so that a slow
disk does not stop the event loop and no two changes can meet. Whoever awaits a change goes on
when it is on disk; one who stops waiting does not stop the change.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import structlog

from protocol.attachment_facts import attachments_in
from storage import apply, audit_upkeep
from storage.audit import AuditRecord
from storage.envelope import Damaged
from storage.keys import Keys
from storage.model import Begun, Draft, Episode, Message, Office, Past, Person
from storage.opening import open_folder
from storage.record_folder import RecordFolder
from storage.store import Change, NotFound, NotSaved, StoreError, Trouble
from storage.worker import Settle, Worker

R = TypeVar("R")

FLUSH_SECONDS = 20.0
"""How long the version catalogue and the summary may be behind the files, and how often a disk
that refused is tried again."""

log = structlog.get_logger(__name__)


class TinyStore:
    """The book in a folder.

    folder: made if it is not there.
    keys: they encrypt the book. None: a plain book, which the configuration must say in words.
    summarise: makes a summary row of an episode; for a closed one from its facts alone.
    now: the time (aware, UTC).
    rows_by: names the rules by which `summarise` works (pack and version): with another name the
    rows of closed episodes are made anew at the start.
    """

    def __init__(
        self,
        folder: Path,
        *,
        keys: Keys | None,
        summarise: Callable[[Episode], Past],
        now: Callable[[], datetime],
        rows_by: str = "",
    ) -> None:
        self._records = RecordFolder(
            folder,
            keys=keys,
            summarise=summarise,
            made_by=rows_by,
            report=self._report,
            now=now,
        )
        self._watchers: list[Callable[[Trouble], None]] = []
        self._untold: list[Trouble] = []
        self._refused = False
        self._unreadable: set[str] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._worker: Worker | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._flushing: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Raises StoreError, with nothing touched, if the book cannot be opened: in use, wrong key,
        newer format, no folder. Damage does not stop it: see `watch`."""
        self._loop = asyncio.get_running_loop()
        worker = Worker("book")
        opening = asyncio.ensure_future(worker.run(lambda: open_folder(self._records)))
        try:
            await asyncio.shield(opening)
        except asyncio.CancelledError:
            # The thread goes on: what it has opened by then is given free again.
            if not (await asyncio.gather(opening, return_exceptions=True))[0]:
                await worker.run(self._records.close)
            worker.stop()
            raise
        except BaseException:
            worker.stop()
            raise
        self._worker = worker
        self._flush_later()

    async def close(self) -> None:
        """Flushes and gives the book free; harmless if it was not opened."""
        if self._worker is None:
            return
        if self._timer is not None:
            self._timer.cancel()
        if self._flushing is not None:
            await self._flushing
        await self._flush()
        if self._timer is not None:
            self._timer.cancel()
        await self._worker.run(self._records.close)
        self._worker.stop()
        self._worker = None

    # Episodes -----------------------------------------------------------------------------

    async def create(self, ref: str, home: str, person: str, change: Change) -> Episode:
        return await self._write(lambda: self._records.create(ref, home, person, change))

    async def commit(self, ref: str, version: int, change: Change) -> Episode:
        return await self._write(lambda: self._records.commit(ref, version, change))

    async def forget(self, ref: str) -> None:
        await self._write(lambda: self._records.forget(ref))

    async def episode(self, ref: str) -> Episode:
        if (episode := self._records.episodes.get(ref)) is not None:
            return episode
        return await self._read(lambda: self._records.episode(ref))

    async def attachment(self, ref: str, name: str) -> bytes:
        def work() -> bytes:
            if name not in attachments_in(self._records.episode(ref).facts):
                msg = f"there is no attachment {name} of {ref}"
                raise NotFound(msg)
            return self._records.attachments.read(ref, name)

        try:
            return await self._run(work)
        except (Damaged, OSError) as error:
            what = f"attachment {name} of {ref} cannot be read: {error}"
            if what not in self._unreadable:
                self._unreadable.add(what)
                self._report("unreadable", what)
            raise StoreError(what) from error

    async def open_episodes(self) -> Sequence[Episode]:
        return tuple(sorted(self._records.episodes.values(), key=apply.opened_first))

    async def history(self, person: str) -> Sequence[Past]:
        return self._records.history(person)

    async def past(self, since: datetime) -> Sequence[Past]:
        return await self._read(lambda: self._records.past(since))

    async def new_reference(self, home: str) -> str:
        return await self._read(lambda: self._records.new_reference(home))

    # Drafts -------------------------------------------------------------------------------

    async def draft(self, owner: str) -> Draft | None:
        slot = self._records.slots.get(owner)
        if slot is None or slot.draft is None:
            return None
        return apply.copy_draft(slot.draft)

    async def drafts(self) -> Sequence[Begun]:
        return apply.begun(slot.draft for slot in self._records.slots.values())

    async def save_draft(self, draft: Draft, update_id: int | None = None) -> Draft:
        return apply.copy_draft(
            await self._write(lambda: self._records.save_draft(draft, update_id))
        )

    async def drop_draft(self, owner: str, update_id: int | None = None) -> None:
        await self._write(lambda: self._records.drop_draft(owner, update_id))

    # Register -----------------------------------------------------------------------------

    async def people(self, home: str | None = None) -> Sequence[Person]:
        return apply.people_of(self._records.register.people, home)

    async def person(self, ref: str) -> Person | None:
        return self._records.register.people.get(ref)

    async def put_people(self, people: Sequence[Person]) -> None:
        await self._write(lambda: self._records.put_people(people))

    async def forget_person(self, ref: str) -> None:
        await self._write(lambda: self._records.put_people((), gone=ref))

    # The service's own file ---------------------------------------------------------------

    async def office(self) -> Office:
        return apply.copy_office(self._records.office)

    async def update_office(
        self,
        *,
        state: Mapping[str, Any] | None = None,
        messages: Sequence[Message] = (),
        log: Sequence[Mapping[str, Any]] = (),
        update_id: int | None = None,
    ) -> Office:
        return apply.copy_office(
            await self._write(lambda: self._records.update_office(state, messages, log, update_id))
        )

    # Audit --------------------------------------------------------------------------------

    async def audit(self, after: int = 0) -> Sequence[AuditRecord]:
        return await self._read(lambda: self._records.audit(after))

    async def take_left(self) -> int:
        return await self._write(lambda: audit_upkeep.take_left(self._records))

    async def forget_audit(self, before: datetime) -> int:
        return await self._write(lambda: audit_upkeep.forget_audit(self._records, before))

    # Updates and trouble ------------------------------------------------------------------

    async def seen(self, update_id: int) -> bool:
        return update_id in self._records.seen

    def watch(self, told: Callable[[Trouble], None]) -> None:
        """Called in the event loop; what happened before anyone watched is told at once."""
        self._watchers.append(told)
        for trouble in self._untold:
            told(trouble)
        self._untold.clear()

    def _report(self, kind: str, what: str) -> None:
        """From the book's thread or the loop's."""
        if kind == "not_saved":
            self._refused = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._tell, Trouble(kind=kind, what=what))

    def _tell(self, trouble: Trouble) -> None:
        log.warning("book", trouble=trouble.kind, what=trouble.what)
        if not self._watchers:
            self._untold.append(trouble)
        for told in self._watchers:
            told(trouble)

    # The thread ---------------------------------------------------------------------------

    def _run(self, work: Callable[[], R], settle: Settle | None = None) -> asyncio.Future[R]:
        if self._worker is None:
            msg = "the book is not open"
            raise StoreError(msg)
        return self._worker.run(work, settle)

    async def _read(self, work: Callable[[], R]) -> R:
        try:
            return await self._run(work)
        except OSError as error:
            msg = f"the book cannot be read: {error.strerror or error}"
            raise StoreError(msg) from error

    async def _write(self, work: Callable[[], R]) -> R:
        try:
            return await self._run(work, self._settle)
        except OSError as error:
            msg = f"NOT saved: {error.strerror or error}"
            raise NotSaved(msg) from error

    def _settle(self, error: BaseException | None) -> None:
        """A write is over, even if nobody waits for it any more."""
        if isinstance(error, OSError):
            self._refuse(error)
        elif error is None:
            self._accept()
            self._flush_later()

    def _refuse(self, error: OSError) -> None:
        if not self._refused:
            self._refused = True
            self._report(
                "not_saved",
                f"the disk refuses to write ({error.strerror or error}): nothing is saved until "
                "this is put right; use paper",
            )
        self._flush_later()

    def _accept(self) -> None:
        if self._refused:
            self._refused = False
            self._report("saved_again", "writing works again; enter what is on paper")

    def _flush_later(self) -> None:
        if self._timer is None and (self._refused or self._records.dirty):
            self._timer = asyncio.get_running_loop().call_later(FLUSH_SECONDS, self._flush_soon)

    def _flush_soon(self) -> None:
        self._timer = None
        self._flushing = asyncio.get_running_loop().create_task(self._flush())

    async def _flush(self) -> None:
        """Brings version catalogue and summary up to date, and tries a disk that refused."""
        refused = self._refused

        def work() -> None:
            if refused:
                self._records.files.probe()
            self._records.flush()

        try:
            await self._run(work)
        except OSError as error:
            self._refuse(error)
        else:
            self._accept()
            self._flush_later()
