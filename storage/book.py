"""The book on disk, synchronous and for one thread at a time.

Open episodes, drafts, the register and the office file are in memory, as last written; closed
episodes are read when somebody asks. Memory changes only after the disk has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from storage import apply, files, reference
from storage.layout import Layout, name_of
from storage.model import Draft, Episode, Message, Office, Past, Person
from storage.record import RecordFile
from storage.store import Change, Conflict, NotFound


class DraftSlot(msgspec.Struct, frozen=True, kw_only=True):
    """One member of staff's file of drafts. It stays when a draft is dropped, for `seen`."""

    owner: str
    draft: Draft | None = None
    seen: tuple[int, ...] = ()


class Register(msgspec.Struct, frozen=True, kw_only=True):
    """The young people, by reference."""

    version: int = 0
    people: dict[str, Person] = {}


class Book:
    """All that the store does with files. Raises OSError where the disk refuses."""

    def __init__(
        self,
        folder: Path,
        *,
        summarise: Callable[[Episode], Past],
        now: Callable[[], datetime],
    ) -> None:
        self.layout = Layout(folder)
        self._summarise = summarise
        self._now = now
        # Replaced, never changed in place: another thread may be reading them.
        self.episodes: Mapping[str, Episode] = {}
        self.slots: Mapping[str, DraftSlot] = {}
        self.rows: Mapping[str, Past] = {}
        self.seen: set[int] = set()
        self.office = Office()
        self.register = Register()
        self._given: set[str] = set()
        self._episode_files: dict[str, RecordFile[Episode]] = {}
        self._slot_files: dict[str, RecordFile[DraftSlot]] = {}
        self._office_file = RecordFile(self.layout.office, "office", Office)
        self._register_file = RecordFile(self.layout.register, "register", Register)

    def open(self) -> None:
        """Reads what has to be in memory and puts right what a crash left half done."""
        for folder in (self.layout.folder, self.layout.open, self.layout.drafts):
            files.make_folder(folder)
            files.sweep(folder)
        self.office = self._office_file.load() or Office()
        self.register = self._register_file.load() or Register()
        self._load_closed()
        self._load_open()
        self._load_slots()
        self.seen.update(self.office.seen)

    def _load_open(self) -> None:
        episodes = {}
        for name in files.names(self.layout.open):
            episode = self._episode_file(name_of(name)).load()
            if episode is None:
                continue
            self.seen.update(episode.seen)
            if episode.closed_at is None:
                episodes[episode.ref] = episode
            else:
                self._archive(episode.ref, episode.closed_at)
                self.rows = {**self.rows, episode.ref: self._summarise(episode)}
        self.episodes = episodes

    def _load_closed(self) -> None:
        rows = {}
        for folder in self.layout.months():
            files.sweep(folder)
            for name in files.names(folder):
                episode = RecordFile(folder / name, "episode", Episode).load()
                if episode is not None:
                    rows[episode.ref] = self._summarise(episode)
                    self.seen.update(episode.seen)
        self.rows = rows

    def _load_slots(self) -> None:
        ended = {draft for episode in self.episodes.values() for draft in episode.drafts}
        slots = {}
        for name in files.names(self.layout.drafts):
            path = self.layout.drafts / name
            slot = RecordFile(path, "draft", DraftSlot).load()
            if slot is None:
                continue
            self.seen.update(slot.seen)
            if slot.draft is not None and slot.draft.id in ended:
                files.remove(path)
            else:
                slots[slot.owner] = slot
        self.slots = slots

    # Episodes -----------------------------------------------------------------------------

    def create(self, ref: str, home: str, person: str, change: Change) -> Episode:
        reference.check(ref)
        if self.is_taken(ref):
            msg = f"the reference {ref} is taken"
            raise Conflict(msg)
        return self._put(apply.begin(ref, home, person), change)

    def commit(self, ref: str, version: int, change: Change) -> Episode:
        episode = self.episode(ref)
        if episode.version != version:
            msg = f"{ref} is at version {episode.version}, not {version}"
            raise Conflict(msg)
        return self._put(episode, change)

    def episode(self, ref: str) -> Episode:
        if ref in self.episodes:
            return self.episodes[ref]
        row = self.rows.get(ref)
        if row is None or row.closed_at is None:
            msg = f"there is no episode {ref}"
            raise NotFound(msg)
        path = self.layout.closed_episode(ref, row.closed_at)
        episode = RecordFile(path, "episode", Episode).load()
        if episode is None:
            msg = f"the file of {ref} is gone"
            raise NotFound(msg)
        return episode

    def _put(self, episode: Episode, change: Change) -> Episode:
        slot = self._slot_of(change.ends_draft)
        changed = apply.to_episode(episode, change, slot.draft if slot is not None else None)
        was_closed = episode.closed_at is not None
        # The row is made before anything is written, so that a fault in it leaves no half.
        row = self._summarise(changed)
        if changed.closed_at is not None and was_closed:
            path = self.layout.closed_episode(changed.ref, changed.closed_at)
            RecordFile(path, "episode", Episode).save(changed)
        else:
            self._episode_file(changed.ref).save(changed)
        self.seen.update(changed.seen)
        if changed.closed_at is None:
            self.episodes = {**self.episodes, changed.ref: changed}
        else:
            self.rows = {**self.rows, changed.ref: row}
            if not was_closed:
                self.episodes = {r: e for r, e in self.episodes.items() if r != changed.ref}
                self._archive(changed.ref, changed.closed_at)
        if slot is not None:
            self.slots = {o: s for o, s in self.slots.items() if o != slot.owner}
            self._slot_files.pop(slot.owner, None)
            files.remove(self.layout.draft(slot.owner))
        return changed

    def _archive(self, ref: str, closed_at: datetime) -> None:
        files.move(self.layout.open_episode(ref), self.layout.closed_episode(ref, closed_at))
        self._episode_files.pop(ref, None)

    def past(self, since: datetime) -> tuple[Past, ...]:
        current = (self._summarise(episode) for episode in self.episodes.values())
        rows = [row for row in (*self.rows.values(), *current) if row.start >= since]
        return tuple(sorted(rows, key=apply.started_first))

    def history(self, person: str) -> tuple[Past, ...]:
        rows = [row for row in self.rows.values() if row.person == person]
        rows += [self._summarise(e) for e in self.episodes.values() if e.person == person]
        return tuple(sorted(rows, key=apply.started_first))

    def is_taken(self, ref: str) -> bool:
        return ref in self.episodes or ref in self.rows

    def new_reference(self, home: str) -> str:
        ref = reference.make(home, lambda ref: self.is_taken(ref) or ref in self._given)
        self._given.add(ref)
        return ref

    # Drafts -------------------------------------------------------------------------------

    def save_draft(self, draft: Draft, update_id: int | None) -> Draft:
        slot = self.slots.get(draft.owner) or DraftSlot(owner=draft.owner)
        kept = apply.to_draft(slot.draft, draft, update_id)
        self._put_slot(
            msgspec.structs.replace(
                slot, draft=kept, seen=apply.add_seen((*slot.seen, *kept.seen), None)
            )
        )
        return kept

    def drop_draft(self, owner: str, update_id: int | None) -> None:
        slot = self.slots.get(owner) or DraftSlot(owner=owner)
        if slot.draft is None and update_id is None:
            return
        seen = apply.add_seen(slot.seen, update_id)
        self._put_slot(msgspec.structs.replace(slot, draft=None, seen=seen))

    def _put_slot(self, slot: DraftSlot) -> None:
        file = self._slot_files.get(slot.owner)
        if file is None:
            file = RecordFile(self.layout.draft(slot.owner), "draft", DraftSlot)
            self._slot_files[slot.owner] = file
        file.save(slot)
        self.slots = {**self.slots, slot.owner: slot}
        self.seen.update(slot.seen)

    def _slot_of(self, draft_id: str) -> DraftSlot | None:
        for slot in self.slots.values():
            if slot.draft is not None and slot.draft.id == draft_id:
                return slot
        return None

    # Register and office ------------------------------------------------------------------

    def put_people(self, people: Sequence[Person]) -> None:
        merged = {**self.register.people, **{person.ref: person for person in people}}
        register = Register(version=self.register.version + 1, people=merged)
        self._register_file.save(register)
        self.register = register

    def update_office(
        self,
        state: Mapping[str, Any] | None,
        messages: Sequence[Message],
        log: Sequence[Mapping[str, Any]],
        update_id: int | None,
    ) -> Office:
        office = apply.to_office(
            self.office,
            state=state,
            messages=messages,
            log=log,
            update_id=update_id,
            now=self._now(),
        )
        self._office_file.save(office)
        self.office = office
        self.seen.update(office.seen)
        return office

    def _episode_file(self, ref: str) -> RecordFile[Episode]:
        file = self._episode_files.get(ref)
        if file is None:
            file = RecordFile(self.layout.open_episode(ref), "episode", Episode)
            self._episode_files[ref] = file
        return file
