"""The `Store` interface: all that the other rooms may ask of the book.

Small on purpose, async, and free of files: a store in PostgreSQL for several machines has to fit
behind it without a change to callers. Every returned record is immutable and safe to keep.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec

from protocol.facts import Fact
from storage.audit import AuditRecord
from storage.model import Begun, Draft, Episode, Message, Office, Past, Person


class StoreError(Exception):
    """Base of everything a store raises on purpose."""


class NotSaved(StoreError):
    """The change is NOT on disk (disk full, read-only, no permission, a damaged disk).

    The book is as it was before. Tell the person to use paper; try again later.
    """


class Conflict(StoreError):
    """Somebody else changed the record first: read it again and decide anew."""


class NotFound(StoreError):
    """No such episode."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One atomic commit to one episode.

    facts: appended in this order.  messages: added, or replacing the one with the same id.
    update_id: the Telegram update that caused it, kept so that a re-delivery is recognised.
    ends_draft: id of the draft that this change completes; it is deleted after the commit, and at
    the next start if the process died between the two.
    close: moves the episode to the archive (it must carry a `Closed` fact).
    contents: the bytes of each `Attached` among the facts, by its id: on disk before the fact is.
    """

    facts: Sequence[Fact] = ()
    contents: Mapping[str, bytes] = {}
    messages: Sequence[Message] = ()
    update_id: int | None = None
    ends_draft: str = ""
    close: bool = False


class StoreReader(Protocol):
    """What can be asked of the records without changing them: of the running bot's store, or of a
    `Snapshot` beside it."""

    async def episode(self, ref: str) -> Episode:
        """Open or closed. Raises NotFound."""
        ...

    async def attachment(self, ref: str, name: str) -> bytes:
        """The bytes that the `Attached` with this id names. Raises NotFound; StoreError where they
        cannot be read."""
        ...

    async def open_episodes(self) -> Sequence[Episode]:
        """Every episode that is not closed, oldest first."""
        ...

    async def history(self, person: str) -> Sequence[Past]:
        """All episodes of this young person, open and closed, oldest start first."""
        ...

    async def past(self, since: datetime) -> Sequence[Past]:
        """All episodes of the service whose start is at or after `since` (UTC), oldest first."""
        ...

    async def draft(self, owner: str) -> Draft | None:
        """The half-finished report of this member of staff."""
        ...

    async def people(self, home: str | None = None) -> Sequence[Person]:
        """The young people of one home, or of all, by reference."""
        ...

    async def person(self, ref: str) -> Person | None:
        """One young person of the register."""
        ...

    async def office(self) -> Office:
        """The service's own file: settings, messages, the newest of the audit."""
        ...

    async def audit(self, after: int = 0) -> Sequence[AuditRecord]:
        """The audit's records with a higher number than `after`, oldest first. Those of a page that
        cannot be used are left out, and that is told as other damage is."""
        ...


class RecordsReader(StoreReader, Protocol):
    """What commands read from, beside the running bot.

    problems: a line, without personal data, for each record that could not be used.
    """

    problems: list[str]

    def episodes(self, refs: Iterable[str]) -> Iterator[Episode]:
        """These episodes, open or closed, read one after the other; not for an event loop."""
        ...

    async def left(self) -> Sequence[Mapping[str, Any]]:
        """What commands left for the audit and is not in the chain yet, oldest first."""
        ...


class Store(StoreReader, Protocol):
    """All records. `open()` first; after `close()` nothing may be called."""

    async def open(self) -> None:
        """Reads what is kept in memory. Raises StoreError."""
        ...

    async def close(self) -> None:
        """Writes what is behind and lets other processes open the records."""
        ...

    # Episodes -----------------------------------------------------------------------------

    async def create(self, ref: str, home: str, person: str, change: Change) -> Episode:
        """A new episode, version 1. Raises Conflict if the reference is taken."""
        ...

    async def commit(self, ref: str, version: int, change: Change) -> Episode:
        """Applies the change to the episode as the caller read it (`version`).

        Raises Conflict when the version has moved on, NotFound, NotSaved.
        """
        ...

    async def forget(self, ref: str) -> None:
        """A closed episode goes for good, with the files beside it; its reference stays taken.
        Raises NotFound (also of an open one), NotSaved."""
        ...

    async def new_reference(self, home: str) -> str:
        """A case reference that was never used: the home's prefix and random letters and digits."""
        ...

    # Drafts -------------------------------------------------------------------------------

    async def drafts(self) -> Sequence[Begun]:
        """Every half-finished draft, by owner."""
        ...

    async def save_draft(self, draft: Draft, update_id: int | None = None) -> Draft:
        """Writes the owner's one draft, replacing what was there. The version is counted up."""
        ...

    async def drop_draft(self, owner: str, update_id: int | None = None) -> None:
        """Removes the owner's draft; harmless if there is none."""
        ...

    # Register and the service's own file --------------------------------------------------

    async def put_people(self, people: Sequence[Person]) -> None:
        """Adds or replaces these, all or none, in one commit."""
        ...

    async def forget_person(self, ref: str) -> None:
        """Takes a young person off the register; whoever is not on it stays so."""
        ...

    async def update_office(
        self,
        *,
        state: Mapping[str, Any] | None = None,
        messages: Sequence[Message] = (),
        log: Sequence[Mapping[str, Any]] = (),
        update_id: int | None = None,
    ) -> Office:
        """One atomic commit: the given keys of `state` are replaced, messages added or replaced
        by id (sent and cancelled ones older than 31 days are dropped), and each log line becomes
        the next record of the audit's chain."""
        ...

    # Audit --------------------------------------------------------------------------------

    async def take_left(self) -> int:
        """Takes into the chain what commands left beside the records; how many lines."""
        ...

    async def forget_audit(self, before: datetime) -> int:
        """Deletes the oldest records, in whole pages, that are all from before this time (UTC); how
        many. The chain goes on from the digest of the last of them."""
        ...

    # Updates and alerts -------------------------------------------------------------------

    async def seen(self, update_id: int) -> bool:
        """Was this Telegram update's change committed already? Looks at recent ids only."""
        ...

    def watch(self, told: Callable[[Trouble], None]) -> None:
        """`told` is called (once per change of state) when writing fails, when it works again, and
        when a damaged file was set aside."""
        ...


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """Something the administrator has to know about the records."""

    kind: str
    """not_saved, saved_again; set_aside (a damaged file), unreadable (a file that the system does
    not let us read), older (a file is an older copy), missing (a file is gone), catalogue (the
    mark or the catalogue of the records was missing or damaged)."""
    what: str
    """One line, without personal data: which file, why, what to do."""
