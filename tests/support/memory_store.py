"""A store without a disk: for trying a night out, for simulation, and as the model in tests.

It keeps every promise of the interface but one: it forgets all when the process ends.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from storage import apply, reference
from storage.audit import AUDIT_DELETED, PAGE, Anchor, AuditRecord, full_page
from storage.model import Begun, Draft, Episode, Message, Office, Past, Person
from storage.store import Change, Conflict, NotFound, Trouble


class MemoryStore:
    """The `Store` interface over dictionaries.

    summarise: makes a summary row of an episode.
    now: the time (aware, UTC), for dropping old messages of the office file.
    """

    def __init__(
        self, *, summarise: Callable[[Episode], Past], now: Callable[[], datetime]
    ) -> None:
        self._summarise = summarise
        self._now = now
        self._episodes: dict[str, Episode] = {}
        self._contents: dict[tuple[str, str], bytes] = {}
        self._drafts: dict[str, Draft] = {}
        self._seen_by: dict[str, tuple[int, ...]] = {}
        self._people: dict[str, Person] = {}
        self._office = Office()
        self._pages: tuple[AuditRecord, ...] = ()
        self._seen: set[int] = set()
        self._given: set[str] = set()

    async def open(self) -> None:
        return

    async def close(self) -> None:
        return

    async def create(self, ref: str, home: str, person: str, change: Change) -> Episode:
        reference.check(ref)
        if self._is_taken(ref):
            msg = f"the reference {ref} is taken"
            raise Conflict(msg)
        return self._put(apply.begin(ref, home, person), change)

    async def commit(self, ref: str, version: int, change: Change) -> Episode:
        episode = await self.episode(ref)
        if episode.version != version:
            msg = f"{ref} is at version {episode.version}, not {version}"
            raise Conflict(msg)
        return self._put(episode, change)

    def _put(self, episode: Episode, change: Change) -> Episode:
        ended = next((d for d in self._drafts.values() if d.id == change.ends_draft), None)
        if ended is not None:
            ended = msgspec.structs.replace(ended, seen=self._seen_by[ended.owner])
        changed = apply.to_episode(episode, change, ended)
        self._episodes[changed.ref] = changed
        self._contents.update({(changed.ref, n): data for n, data in change.contents.items()})
        for name in apply.gone_with(change):
            self._contents.pop((changed.ref, name), None)
        if ended is not None:
            del self._drafts[ended.owner], self._seen_by[ended.owner]
        self._note(change.update_id)
        return changed

    def _is_taken(self, ref: str) -> bool:
        return ref in self._episodes or ref in apply.gone(self._office)

    async def forget(self, ref: str) -> None:
        if ref not in self._episodes or self._episodes[ref].closed_at is None:
            msg = f"there is no closed episode {ref}"
            raise NotFound(msg)
        await self.update_office(state=apply.with_gone(self._office, ref))
        del self._episodes[ref]
        self._contents = {key: data for key, data in self._contents.items() if key[0] != ref}

    async def episode(self, ref: str) -> Episode:
        try:
            return self._episodes[ref]
        except KeyError:
            msg = f"there is no episode {ref}"
            raise NotFound(msg) from None

    async def attachment(self, ref: str, name: str) -> bytes:
        try:
            return self._contents[ref, name]
        except KeyError:
            msg = f"there is no attachment {name} of {ref}"
            raise NotFound(msg) from None

    async def open_episodes(self) -> Sequence[Episode]:
        still_open = (e for e in self._episodes.values() if e.closed_at is None)
        return tuple(sorted(still_open, key=apply.opened_first))

    async def history(self, person: str) -> Sequence[Past]:
        rows = (self._summarise(e) for e in self._episodes.values() if e.person == person)
        return tuple(sorted(rows, key=apply.started_first))

    async def past(self, since: datetime) -> Sequence[Past]:
        rows = map(self._summarise, self._episodes.values())
        return tuple(sorted((r for r in rows if r.start >= since), key=apply.started_first))

    async def new_reference(self, home: str) -> str:
        ref = reference.make(home, lambda ref: self._is_taken(ref) or ref in self._given)
        self._given.add(ref)
        return ref

    async def draft(self, owner: str) -> Draft | None:
        draft = self._drafts.get(owner)
        return apply.copy_draft(draft) if draft is not None else None

    async def drafts(self) -> Sequence[Begun]:
        return apply.begun(self._drafts.values())

    async def save_draft(self, draft: Draft, update_id: int | None = None) -> Draft:
        kept = apply.to_draft(self._drafts.get(draft.owner), draft, update_id)
        self._drafts[draft.owner] = kept
        before = self._seen_by.get(draft.owner, ())
        self._seen_by[draft.owner] = apply.add_seen((*before, *kept.seen), update_id)
        self._note(update_id)
        return apply.copy_draft(kept)

    async def drop_draft(self, owner: str, update_id: int | None = None) -> None:
        self._drafts.pop(owner, None)
        self._seen_by[owner] = apply.add_seen(self._seen_by.get(owner, ()), update_id)
        self._note(update_id)

    async def people(self, home: str | None = None) -> Sequence[Person]:
        return apply.people_of(self._people, home)

    async def person(self, ref: str) -> Person | None:
        return self._people.get(ref)

    async def put_people(self, people: Sequence[Person]) -> None:
        self._people.update({person.ref: person for person in people})

    async def forget_person(self, ref: str) -> None:
        self._people.pop(ref, None)

    def _given_office(self) -> Office:
        """As a caller gets it."""
        return apply.copy_office(self._office)

    async def office(self) -> Office:
        return self._given_office()

    async def update_office(
        self,
        *,
        state: Mapping[str, Any] | None = None,
        messages: Sequence[Message] = (),
        log: Sequence[Mapping[str, Any]] = (),
        update_id: int | None = None,
    ) -> Office:
        page = full_page(self._office.audit)
        self._pages += page.records if page is not None else ()
        self._office = apply.to_office(
            self._office,
            paged=page,
            state=state,
            messages=messages,
            log=log,
            update_id=update_id,
            now=self._now(),
        )
        self._note(update_id)
        return self._given_office()

    async def audit(self, after: int = 0) -> Sequence[AuditRecord]:
        return [one for one in (*self._pages, *self._office.audit) if one.number > after]

    async def take_left(self) -> int:
        return 0  # there is nothing beside a store that is in memory alone

    async def forget_audit(self, before: datetime) -> int:
        begin = self._office.audit_from
        new = begin
        while len(self._pages) >= PAGE and (at := self._pages[PAGE - 1].at) and at < before:
            new = Anchor(number=self._pages[PAGE - 1].number, digest=self._pages[PAGE - 1].digest)
            self._pages = self._pages[PAGE:]
        if new != begin:
            line = {"at": self._now().isoformat(), "what": AUDIT_DELETED, "through": new.number}
            self._office = msgspec.structs.replace(self._office, audit_from=new)
            await self.update_office(log=[line])
        return new.number - begin.number

    async def seen(self, update_id: int) -> bool:
        return update_id in self._seen

    def watch(self, told: Callable[[Trouble], None]) -> None:
        """Nothing can go wrong here, so nobody is told anything."""

    def _note(self, update_id: int | None) -> None:
        if update_id is not None:
            self._seen.add(update_id)
