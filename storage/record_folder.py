"""The book on disk, synchronous and for one thread at a time.

Open episodes, drafts, the register and the office file are in memory, as last written; closed
episodes are read when somebody asks. Memory changes only after the disk has. What other threads
may read (`episodes`, `slots`, `office`, `register`) is replaced, never changed in place.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from protocol.attachment_facts import attachments_in
from storage import apply, audit_files, files, quarantine, reference
from storage.attachment_files import AttachmentFiles
from storage.audit import Anchor, AuditPage, AuditRecord, full_page
from storage.envelope import Sealer
from storage.keys import Keys
from storage.layout import Layout, Place, month_of
from storage.lock import Lock
from storage.model import Draft, Episode, Message, Office, Past, Person
from storage.open_episodes import OpenEpisodes
from storage.recent_updates import Recent
from storage.record_file import RecordFile
from storage.record_files import RecordFiles
from storage.shapes import DraftSlot, Register, named
from storage.store import Change, Conflict, NotFound
from storage.version_catalogue import VersionCatalogue

V = TypeVar("V")


class RecordFolder:
    """All that the store does with files. Raises OSError where the disk refuses.

    summarise: makes a summary row of an episode.  made_by: names the rules by which it does.
    report: told the kind and one line of each trouble.  now: the time (aware, UTC).
    """

    def __init__(
        self,
        folder: Path,
        *,
        keys: Keys | None,
        summarise: Callable[[Episode], Past],
        made_by: str,
        report: Callable[[str, str], None],
        now: Callable[[], datetime],
    ) -> None:
        self.layout = Layout(folder)
        self.sealer = Sealer(keys)
        self.lock = Lock(self.layout)
        self.summarise = summarise
        self.report = report
        self.now = now
        self.catalogue = VersionCatalogue(
            self.layout, self.sealer, made_by, lambda what: report("catalogue", what)
        )
        self.files = RecordFiles(self.layout, self.sealer, self.lock, self.catalogue, report, now)
        self.attachments = AttachmentFiles(self.layout, self.sealer)
        self.seen = Recent()
        self.episodes = OpenEpisodes()
        self.slots: Mapping[str, DraftSlot] = {}
        self.office = Office()
        self.register = Register()
        self._given: set[str] = set()
        self._unmoved: set[str] = set()
        self._undropped: set[str] = set()

    # Reading ------------------------------------------------------------------------------

    def load_closed(self, ref: str, month: str) -> Episode | None:
        """As `load`, for an episode that was closed in that month."""
        place = self.closed_place(ref, month)
        if (doubtful := self.files.doubtful.get(place.path)) is not None:
            return doubtful.saved
        expected = self.catalogue.expected_closed(month, place)
        episode = self.files.load(place, Episode, expected=expected)
        # Not kept: closed episodes are many, and hardly any is written again.
        self.files.forget(place)
        if episode is not None and episode.version >= expected:
            self.catalogue.note_closed(month, place, episode.version)
        return episode

    def closed_place(self, ref: str, month: str) -> Place:
        """Where a closed episode is; among the open ones if the disk did not let it be moved."""
        if ref in self._unmoved and (place := self.layout.open_episode(ref)).path.exists():
            return place
        return self.layout.closed_episode(ref, month)

    def episode(self, ref: str) -> Episode:
        """Open or closed. Raises NotFound, OSError."""
        if ref in self.episodes:
            return self.episodes[ref]
        month = self.catalogue.month_of(ref)
        if month is None:
            msg = f"there is no episode {ref}"
            raise NotFound(msg)
        episode = self.load_closed(ref, month)
        if episode is None:
            self.catalogue.drop(ref)
            msg = f"the file of {ref} cannot be used"
            raise NotFound(msg)
        return episode

    def past(self, since: datetime) -> tuple[Past, ...]:
        """Rows of all episodes that began at `since` (UTC) or later, oldest first."""
        current = (self.summarise(episode) for episode in self.episodes.values())
        rows = [row for row in self.catalogue.rows() if row.start >= since]
        rows += [row for row in current if row.start >= since]
        return tuple(sorted(rows, key=apply.started_first))

    def history(self, person: str) -> tuple[Past, ...]:
        """Safe to call from another thread."""
        current = [self.summarise(episode) for episode in self.episodes.of(person)]
        rows = (*self.catalogue.by_person.get(person, []), *current)
        return tuple(sorted(rows, key=apply.started_first))

    # Episodes -----------------------------------------------------------------------------

    def is_taken(self, ref: str) -> bool:
        """Whether there is, or was, an episode with this reference, damaged and deleted ones
        included."""
        return (
            ref in self.episodes
            or ref in apply.gone(self.office)
            or ref in self.catalogue
            or self.catalogue.expected(self.layout.open_episode(ref)) > 0
            or ref in quarantine.refs_aside(self.layout)
        )

    def new_reference(self, home: str) -> str:
        """A case reference that was never used."""
        ref = reference.make(home, lambda ref: ref in self._given or self.is_taken(ref))
        self._given.add(ref)
        return ref

    def create(self, ref: str, home: str, person: str, change: Change) -> Episode:
        """A new episode. Raises Conflict, OSError."""
        reference.check(ref)
        if self.is_taken(ref):
            msg = f"the reference {ref} is taken"
            raise Conflict(msg)
        return self._put(apply.begin(ref, home, person), change)

    def commit(self, ref: str, version: int, change: Change) -> Episode:
        """One change of an episode at this version. Raises Conflict, NotFound, OSError."""
        episode = self.episode(ref)
        if episode.version != version:
            msg = f"{ref} is at version {episode.version}, not {version}"
            raise Conflict(msg)
        return self._put(episode, change)

    def _put(self, episode: Episode, change: Change) -> Episode:
        slot = self._slot_with(change.ends_draft)
        draft = slot.draft if slot is not None else None
        if slot is not None and draft is not None:
            # The slot goes with the draft: what else it has seen joins the episode, too.
            draft = msgspec.structs.replace(draft, seen=slot.seen)
        changed = apply.to_episode(episode, change, draft)
        # The row is made before anything is written, so that a fault in it leaves no half.
        row = self.summarise(changed) if changed.closed_at is not None else None
        going = apply.gone_with(change)
        if change.contents or going:
            self.lock.check()
            self.attachments.change(changed.ref, change.contents, going)
        if episode.closed_at is not None and row is not None:
            self._save_closed(episode, changed, row)
        else:
            file = self.files.of_open(changed.ref)
            self.files.save(file, changed)
            self.catalogue.note(file.place, changed.version)
        # Saved. From here on nothing may fail: what the disk refuses now is done at the next tidy.
        self.seen.add(change.update_id)
        if draft is not None and slot is not None:
            self.seen.add(*draft.seen)
            self.slots = _without(self.slots, slot.owner)
            self._undropped.add(slot.owner)
        if changed.closed_at is None:
            self.episodes = self.episodes.with_this(changed)
        elif episode.closed_at is None and row is not None:
            self.episodes = self.episodes.without(changed.ref)
            self.catalogue.put(month_of(changed.closed_at), row)
            self._unmoved.add(changed.ref)
        if self._waiting:
            with contextlib.suppress(OSError):
                self.tidy()
        return changed

    def finish_closing(self, episode: Episode, closed_at: datetime) -> None:
        """At the start: a closed episode that is still among the open ones moves at next tidy."""
        self.catalogue.put(month_of(closed_at), self.summarise(episode))
        self._unmoved.add(episode.ref)

    def forget_draft(self, owner: str) -> None:
        """At the start: a draft that an episode ended goes at next tidy."""
        self._undropped.add(owner)

    def _save_closed(self, before: Episode, after: Episode, row: Past) -> None:
        month = self.catalogue.month_of(after.ref)
        if month is None:
            msg = f"there is no episode {after.ref}"
            raise NotFound(msg)
        self.lock.check()
        self.catalogue.distrust(month, after.ref)
        place = self.closed_place(after.ref, month)
        file = RecordFile(place, Episode, self.sealer)
        file.stands_at(before)
        self.files.save(file, after)
        self.catalogue.put(month, row)
        self.catalogue.note_closed(month, place, after.version)
        self.catalogue.remember(after.ref, month)

    def forget(self, ref: str) -> None:
        """A closed episode goes for good; its reference stays taken. It goes from the catalogue
        first, so that a crash in between leaves a file that the next start takes up again, with its
        attachments. Raises NotFound, OSError."""
        month = self.catalogue.month_of(ref)
        if month is None:
            msg = f"there is no closed episode {ref}"
            raise NotFound(msg)
        self.tidy()
        if ref not in apply.gone(self.office):
            self.update_office(apply.with_gone(self.office, ref), (), (), None)
        place = self.closed_place(ref, month)
        self.attachments.change(ref, {}, self.layout.attachments_of(ref))
        self.catalogue.forget(ref)
        self.catalogue.flush()
        self.lock.check()
        files.remove(place.path)
        self.files.forget(place)
        self.tidy()

    def tidy(self) -> None:
        """Does what follows a commit: what was refused is taken back, ended drafts go, closed
        episodes move, attachments are settled. Raises OSError; then the rest is done next time, or
        at the next start."""
        self.lock.check()
        self.files.put_back()
        for owner in sorted(self._undropped):
            if owner not in self.slots:
                place = self.layout.draft(owner)
                files.remove(place.path)
                self.files.forget(place)
            self._undropped.discard(owner)
        for ref in sorted(self._unmoved):
            month = self.catalogue.month_of(ref)
            if month is not None:
                self._archive(ref, month)
            self._unmoved.discard(ref)
        for ref in sorted(self.attachments.waiting):
            self._settle(ref)
            self.attachments.waiting.discard(ref)

    def _settle(self, ref: str) -> None:
        """By the record as it stands. Where that is damaged or an older copy, nothing is decided:
        it may come back from a backup."""
        kept: Collection[str] = ()
        try:
            kept = attachments_in(self.episode(ref).facts)
        except NotFound:
            if self.is_taken(ref) and ref not in apply.gone(self.office):
                return
        if self.layout.open_episode(ref).label not in self.catalogue.older:
            self.attachments.settle(ref, kept)

    def _archive(self, ref: str, month: str) -> None:
        source, target = self.layout.open_episode(ref), self.layout.closed_episode(ref, month)
        version = self.catalogue.expected(source)
        if source.path.exists():
            files.move(source.path, target.path)
        self.files.forget(source)
        self.catalogue.note_closed(month, target, version)
        self.catalogue.remember(ref, month)

    # Drafts -------------------------------------------------------------------------------

    def save_draft(self, draft: Draft, update_id: int | None) -> Draft:
        """The owner's draft, counted up. Raises OSError."""
        slot = self.slots.get(draft.owner) or DraftSlot(owner=draft.owner)
        kept = apply.to_draft(slot.draft, draft, update_id)
        seen = apply.add_seen((*slot.seen, *kept.seen), update_id)
        self._put_slot(msgspec.structs.replace(slot, draft=kept, seen=seen), update_id)
        return kept

    def drop_draft(self, owner: str, update_id: int | None) -> None:
        """The owner has no draft any more. Raises OSError."""
        slot = self.slots.get(owner) or DraftSlot(owner=owner)
        if slot.draft is None and update_id is None:
            return
        seen = apply.add_seen(slot.seen, update_id)
        self._put_slot(msgspec.structs.replace(slot, draft=None, seen=seen), update_id)

    def _put_slot(self, slot: DraftSlot, update_id: int | None) -> None:
        place = self.layout.draft(slot.owner)
        # The file may have been removed and made again since: its count goes on from the catalogue.
        version = max(slot.version, self.catalogue.expected(place)) + 1
        slot = msgspec.structs.replace(slot, version=version)
        self.files.save(self.files.file(place, DraftSlot), slot)
        self.catalogue.note(place, version)
        self.slots = {**self.slots, slot.owner: slot}
        self.seen.add(update_id)

    def _slot_with(self, draft_id: str) -> DraftSlot | None:
        if draft_id:
            for slot in self.slots.values():
                if slot.draft is not None and slot.draft.id == draft_id:
                    return slot
        return None

    # Register and office ------------------------------------------------------------------

    def put_people(self, people: Sequence[Person], gone: str = "") -> None:
        """Adds or replaces young people, all or none. gone: the reference of one who goes. Raises
        OSError."""
        merged = {**self.register.people, **{person.ref: person for person in people}}
        merged.pop(gone, None)
        register = Register(version=self.register.version + 1, people=merged)
        self.files.save(self.files.file(self.layout.register, Register), register)
        self.catalogue.note(self.layout.register, register.version)
        self.register = register

    def update_office(
        self,
        state: Mapping[str, Any] | None,
        messages: Sequence[Message],
        log: Sequence[Mapping[str, Any]],
        update_id: int | None,
        *,
        taken: tuple[str, ...] | None = None,
        audit_from: Anchor | None = None,
    ) -> Office:
        """The service's own file, changed. A page of the audit that is full is on disk before: it
        holds only what was committed, so a crash in between leaves the same records twice. Raises
        OSError."""
        page = full_page(self.office.audit)
        if page is not None:
            place = self.layout.audit_page(named(page)[1])
            files.make_folder(place.path.parent)
            self.files.save(self.files.file(place, AuditPage), page)
            self.files.forget(place)
        office = apply.to_office(
            self.office,
            state=state,
            messages=messages,
            log=log,
            update_id=update_id,
            now=self.now(),
            paged=page,
            taken=taken,
            audit_from=audit_from,
        )
        self.files.save(self.files.file(self.layout.office, Office), office)
        self.catalogue.note(self.layout.office, office.version)
        self.office = office
        self.seen.add(update_id)
        return office

    # Audit --------------------------------------------------------------------------------

    def audit(self, after: int) -> list[AuditRecord]:
        """The records with a higher number. Raises OSError."""
        return list(
            audit_files.records_after(
                self.layout, self.sealer, self.office, after, self.files.report_page
            )
        )

    # Upkeep -------------------------------------------------------------------------------

    @property
    def dirty(self) -> bool:
        """Whether `flush` has something to write."""
        return self.catalogue.dirty or self._waiting

    @property
    def _waiting(self) -> bool:
        waiting = (
            self.files.doubtful or self._unmoved or self._undropped or self.attachments.waiting
        )
        return bool(waiting)

    def flush(self) -> None:
        """Writes the catalogue. Raises OSError; then it is tried again next time."""
        self.tidy()
        self.catalogue.flush()

    def close(self) -> None:
        """Gives the book free."""
        self.lock.release()


def _without(mapping: Mapping[str, V], key: str) -> Mapping[str, V]:
    return {name: value for name, value in mapping.items() if name != key}
