"""The store on PostgreSQL: the `Store` interface over one row for each record.

For a service that must not wait for the repair of one machine. What the folder of files does with
a temporary file and a rename, one call of `nightlight.put` does: the facts of an episode, its
outbox and updates, its summary row and the end of the draft are one commit, made only if this
process still leads (`storage.lease`). Memory changes only after the database has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import psycopg

from protocol.attachment_facts import attachments_in
from storage import apply, reference
from storage.audit import AUDIT_DELETED, Anchor, full_page
from storage.audit_files import AT_A_TIME, line_out, new_name
from storage.envelope import Damaged
from storage.model import Draft, Episode, Message, Office, Person
from storage.postgres_asking import plain_words
from storage.postgres_commits import Put
from storage.postgres_reading import ATTACHMENT, LEFT, Unusable
from storage.postgres_whole import WholeRecords, batches, new_mark
from storage.shapes import DraftSlot, Register, named
from storage.store import Change, Conflict, NotFound, NotSaved

__all__ = ["PostgresStore", "new_mark"]


class PostgresStore(WholeRecords):
    """The records of one service in a database."""

    # Episodes -------------------------------------------------------------------------------

    async def create(self, ref: str, home: str, person: str, change: Change) -> Episode:
        reference.check(ref)

        async def work() -> Episode:
            if self._is_taken(ref):
                msg = f"the reference {ref} is taken"
                raise Conflict(msg)
            return await self._change(apply.begin(ref, home, person), change)

        return await self._write(work)

    async def commit(self, ref: str, version: int, change: Change) -> Episode:
        async def work() -> Episode:
            episode = await self._read_one(ref)
            if episode.version != version:
                msg = f"{ref} is at version {episode.version}, not {version}"
                raise Conflict(msg)
            return await self._change(episode, change)

        return await self._write(work)

    async def _change(self, episode: Episode, change: Change) -> Episode:
        slot = self._slot_with(change.ends_draft)
        draft = slot.draft if slot is not None else None
        if slot is not None and draft is not None:
            draft = msgspec.structs.replace(draft, seen=slot.seen)
        changed = apply.to_episode(episode, change, draft)
        row = self._summarise(changed) if changed.closed_at is not None else None
        puts = [
            Put(
                "episode",
                changed.ref,
                episode if episode.version else None,
                episode.version,
                changed,
                changed.version,
                row,
                self._closed.get(changed.ref),
            )
        ]
        if slot is not None:
            puts.append(Put("draft", slot.owner, slot, slot.version, None, 0))
        for name, data in change.contents.items():
            puts.append(Put(ATTACHMENT, f"{changed.ref} {name}", None, 0, data, 1))
        puts += await self._files_gone(changed.ref, apply.gone_with(change))
        await self._put(puts)
        self._names.add(changed.ref)
        self._seen.add(change.update_id)
        if slot is not None:
            self._seen.add(*slot.seen)
            del self._slots[slot.owner]
        if row is not None:
            self._episodes.pop(changed.ref, None)
            self._open_of.get(changed.person, {}).pop(changed.ref, None)
            self._keep_row(row)
        else:
            self._keep_open(changed)
        return changed

    def _is_taken(self, ref: str) -> bool:
        return ref in self._names or ref in apply.gone(self._office)

    async def forget(self, ref: str) -> None:
        async def work() -> None:
            row = self._closed.get(ref)
            if row is None:
                msg = f"there is no closed episode {ref}"
                raise NotFound(msg)
            episode = await self._read_one(ref)
            going = Put("episode", ref, episode, episode.version, None, 0, None, row)
            files = await self._files_gone(ref, attachments_in(episode.facts))
            # The service's own file is the first of the commit: by that it is found out whether one
            # with an unknown outcome is there.
            await self._put_office([going, *files], state=apply.with_gone(self._office, ref))
            self._names.discard(ref)
            del self._closed[ref], self._closed_of[row.person][ref]

        await self._write(work)

    async def new_reference(self, home: str) -> str:
        ref = reference.make(home, lambda ref: ref in self._given or self._is_taken(ref))
        self._given.add(ref)
        return ref

    async def _files_gone(self, ref: str, names: Iterable[str]) -> list[Put]:
        """These attachments go, as far as they are there; also one that cannot be read."""
        puts = []
        for name in names:
            full = f"{ref} {name}"
            try:
                data = await self.attachment_content(full)
            except NotFound:
                continue
            except Unusable:
                data = b""
            puts.append(Put(ATTACHMENT, full, data, 1, None, 0))
        return puts

    # Drafts ---------------------------------------------------------------------------------

    async def save_draft(self, draft: Draft, update_id: int | None = None) -> Draft:
        async def work() -> Draft:
            slot = self._slots.get(draft.owner) or DraftSlot(owner=draft.owner)
            kept = apply.to_draft(slot.draft, draft, update_id)
            seen = apply.add_seen((*slot.seen, *kept.seen), update_id)
            await self._put_slot(slot, kept, seen, update_id)
            return kept

        return apply.copy_draft(await self._write(work))

    async def drop_draft(self, owner: str, update_id: int | None = None) -> None:
        async def work() -> None:
            slot = self._slots.get(owner) or DraftSlot(owner=owner)
            if slot.draft is not None or update_id is not None:
                seen = apply.add_seen(slot.seen, update_id)
                await self._put_slot(slot, None, seen, update_id)

        await self._write(work)

    async def _put_slot(
        self, slot: DraftSlot, draft: Draft | None, seen: tuple[int, ...], update_id: int | None
    ) -> None:
        before = slot if slot.version else None
        new = msgspec.structs.replace(slot, version=slot.version + 1, draft=draft, seen=seen)
        await self._put([Put("draft", slot.owner, before, slot.version, new, new.version)])
        self._slots[slot.owner] = new
        self._seen.add(update_id)

    def _slot_with(self, draft_id: str) -> DraftSlot | None:
        of = (slot for slot in self._slots.values() if slot.draft and slot.draft.id == draft_id)
        return next(of, None) if draft_id else None

    # Register and the service's own file ----------------------------------------------------

    async def put_people(self, people: Sequence[Person]) -> None:
        await self._put_register({person.ref: person for person in people})

    async def forget_person(self, ref: str) -> None:
        await self._put_register({}, gone=ref)

    async def _put_register(self, people: Mapping[str, Person], gone: str = "") -> None:
        async def work() -> None:
            old = self._register
            merged = {ref: one for ref, one in {**old.people, **people}.items() if ref != gone}
            new = Register(version=old.version + 1, people=merged)
            before = old if old.version else None
            await self._put([Put("register", "register", before, old.version, new, new.version)])
            self._register = new

        await self._write(work)

    async def update_office(
        self,
        *,
        state: Mapping[str, Any] | None = None,
        messages: Sequence[Message] = (),
        log: Sequence[Mapping[str, Any]] = (),
        update_id: int | None = None,
    ) -> Office:
        async def work() -> Office:
            return await self._put_office(
                (), state=state, messages=messages, log=log, update_id=update_id
            )

        return apply.copy_office(await self._write(work))

    async def _put_office(
        self,
        beside: Sequence[Put],
        *,
        state: Mapping[str, Any] | None = None,
        messages: Sequence[Message] = (),
        log: Sequence[Mapping[str, Any]] = (),
        update_id: int | None = None,
        audit_from: Anchor | None = None,
    ) -> Office:
        old, page = self._office, full_page(self._office.audit)
        new = apply.to_office(
            old,
            state=state,
            messages=messages,
            log=log,
            update_id=update_id,
            now=self._now(),
            paged=page,
            audit_from=audit_from,
        )
        before = old if old.version else None
        puts = [Put("office", "office", before, old.version, new, new.version), *beside]
        if page is not None:
            puts.append(Put(*named(page), None, 0, page, page.version))
        await self._put(puts)
        self._office = new
        self._seen.add(update_id)
        return new

    # Audit ----------------------------------------------------------------------------------

    async def leave(self, line: Mapping[str, Any]) -> None:
        """For the audit, by a command that reads beside the leader: durably in the database.
        Raises NotSaved."""
        name = new_name(self._now())
        sealed = self._sealer.seal(LEFT, name, 1, line_out(line))
        try:
            await (await self._connected()).leave(self._service, LEFT, name, sealed)
        except psycopg.Error as error:
            self._disconnect()
            msg = f"NOT saved: {plain_words(error)}"
            raise NotSaved(msg) from error
        self._leave_if_reading()

    async def take_left(self) -> int:
        async def work() -> int:
            lines = await self._left()
            for at in range(0, len(lines), AT_A_TIME):
                some = lines[at : at + AT_A_TIME]
                going = [Put(LEFT, name, line_out(line), 1, None, 0) for name, line in some]
                await self._put_office(going, log=[line for _, line in some])
            return len(lines)

        return await self._write(work)

    async def forget_audit(self, before: datetime) -> int:
        async def work() -> int:
            begin, tail = self._office.audit_from, self._office.audit
            new, going = begin, []
            async for page in self._pages(begin.number):
                last = page.records[-1]
                whole = page.first == new.number + 1 and page.first < tail[0].number
                if not whole or last.at is None or last.at >= before:
                    break
                new = Anchor(number=last.number, digest=last.digest)
                going.append(Put(*named(page), page, page.version, None, 0))
            if going:
                line = {"at": self._now().isoformat(), "what": AUDIT_DELETED, "through": new.number}
                await self._put_office(going, log=[line], audit_from=new)
            return new.number - begin.number

        return await self._write(work)

    # What commands leave for the leader, and what it says -----------------------------------

    async def oldest_order(self) -> tuple[int, str] | None:
        """To stop or resume: number, and what is wanted. Raises StoreError."""
        found = await self._asked(lambda s: s.oldest_order(self._service, ("stop", "resume")))
        return None if found is None else found[:2]

    async def oldest_arrival(self, kind: str) -> tuple[int, bytes] | None:
        """What was left of this kind, sealed. Raises StoreError."""
        found = await self._asked(lambda s: s.oldest_order(self._service, (kind,)))
        return None if found is None else (found[0], bytes(found[2] or b""))

    async def end_order(self, number: int) -> None:
        """It was carried out. Raises StoreError."""
        term = self.lease.term if self.lease is not None else 0
        await self._asked(lambda session: session.end_order(self._service, term, number))

    async def say_how_it_goes(self, next_due: datetime | None, lateness: float) -> None:
        """For whoever watches many services: when (UTC) this one acts next, and how late (seconds)
        its last reminder was. Raises StoreError."""
        if self.lease is not None:
            term = self.lease.term
            await self._asked(lambda session: session.say(self._service, term, next_due, lateness))

    # A new key ---------------------------------------------------------------------------

    async def seal_anew(self) -> int:
        """Every record and the mark under the newest key; how many were not. Raises NotSaved."""
        count = 0
        await self.take_left()
        async with self._turn:
            connection = (await self._connected()).connection
            for name in await self.attachment_names():
                count += await self._seal_one(connection, ATTACHMENT, name)
            for at_once in batches([(kind, name) for kind, name, _ in await self.versions()]):
                for kind, name in at_once:
                    count += await self._seal_one(connection, kind, name)
            term = self.lease.term if self.lease is not None else 0
            await connection.execute(
                "UPDATE nightlight.service SET mark = %s WHERE name = %s AND term = %s",
                (new_mark(self._sealer.keys, self._service), self._service, term),
            )
        return count

    async def _seal_one(
        self, connection: psycopg.AsyncConnection[Any], kind: str, name: str
    ) -> int:
        found = await connection.execute(
            "SELECT version, content, summary FROM nightlight.record "
            "WHERE service = %s AND kind = %s AND name = %s",
            (self._service, kind, name),
        )
        row = await found.fetchone()
        if row is None:
            return 0
        try:
            opened = self._sealer.unseal(kind, name, row[1])
        except Damaged as error:
            self._problem(f"{kind} {name} cannot be used: {error}")
            return 0
        if opened.current:
            return 0
        # Summary rows are made anew at the next start: they are sealed with the older key.
        await connection.execute(
            "UPDATE nightlight.record AS r SET content = %s, summary = NULL, summary_by = NULL "
            "FROM nightlight.service AS s WHERE r.service = %s AND r.kind = %s AND r.name = %s "
            "AND r.version = %s AND s.name = r.service AND s.term = %s",
            (
                self._sealer.seal(kind, name, row[0], opened.data),
                self._service,
                kind,
                name,
                row[0],
                self.lease.term if self.lease is not None else 0,
            ),
        )
        return 1
