"""The store on PostgreSQL: the `Store` interface over one row for each record.

For a service that must not wait for the repair of one machine. What the folder of files does with
a temporary file and a rename, one call of `nightlight.put` does: the facts of an episode, its
outbox and updates, its summary row and the end of the draft are one commit, made only if this
process still leads (`storage.lease`). Open records are in memory, as last written; closed episodes
are read when somebody asks. Memory changes only after the database has.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar

import msgspec
import psycopg
import structlog

from protocol.attachment_facts import Attached, attachments_in
from storage import apply, chain, format_mark, reference
from storage.audit import AUDIT_DELETED, PAGE, Anchor, AuditPage, AuditRecord, full_page
from storage.audit_files import AT_A_TIME, line_in, line_out, new_name
from storage.envelope import Damaged, Sealer, UnknownKey, WrongSeal
from storage.format_mark import StoreProblem
from storage.keys import KeyProblem, Keys
from storage.lease import Lease
from storage.model import Draft, Episode, Message, Office, Past, Person
from storage.postgres_session import NOT_THE_LEADER, Row, Session, connect, plain_words, settings
from storage.recent_updates import Recent
from storage.shapes import SHAPES, DraftSlot, Record, Register, named, page_name
from storage.store import Change, Conflict, NotFound, NotSaved, StoreError, Trouble

R = TypeVar("R")
T = TypeVar("T", Episode, Office, Register, DraftSlot, Past)
LATELY = timedelta(hours=48)
"""Closed episodes written since are read at the start: Telegram keeps updates for 24 hours."""
SETTLE_SECONDS = 6.0
"""So long a commit whose outcome is unknown waits for the database to say."""
TRY_AGAIN_SECONDS = 5.0
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

log = structlog.get_logger(__name__)


class Unusable(StoreError):
    """It is there, and damaged."""


class Away(StoreError):
    """The database did not answer a question."""


class Put(NamedTuple):
    """One record's part of a commit, and how to take it back. `record` None: it goes.

    The bytes of an attachment are a record of their own kind, which only its episode's commits
    write and nothing keeps in memory.
    """

    kind: str
    name: str
    before: Record | bytes | None
    old: int
    record: Record | bytes | None
    new: int
    summary: Past | None = None
    summary_before: Past | None = None


class PostgresStore:
    """The records of one service in a database.

    address: as libpq takes it; several hosts, if there are several.  service: its name there.
    keys: they encrypt every record; None: plain, which the configuration must say in words.
    summarise, now, rows_by: as for the store of files.  lease: held by this process; None: the
    records can only be read.
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
        self.problems: list[str] = []
        """One line, without personal data, for each record that cannot be used."""
        self.lease = lease
        self._address, self._service = address, service
        self._name = lease.holder + " records" if lease else f"nightlight {service} reading"
        self._sealer = Sealer(keys)
        self._summarise, self._now, self._rows_by = summarise, now, rows_by
        self._episodes: dict[str, Episode] = {}
        self._slots: dict[str, DraftSlot] = {}
        self._register, self._office = Register(), Office()
        self._closed: dict[str, Past] = {}
        self._closed_of: dict[str, dict[str, Past]] = {}
        self._names: set[str] = set()
        self._given: set[str] = set()
        self._seen = Recent()
        self._session: Session | None = None
        self._turn, self._connecting = asyncio.Lock(), asyncio.Lock()
        self._writing: set[asyncio.Task[Any]] = set()
        self._doubtful: list[list[Put]] = []
        self._watchers: list[Callable[[Trouble], None]] = []
        self._untold: list[Trouble] = []
        self._refused = False
        self._trying: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Reads what is kept in memory. Raises StoreError; then the lease is free again."""
        try:
            await self._load()
            self._leave_if_reading()
        except BaseException as error:
            await self.close()
            if isinstance(error, psycopg.Error):
                msg = f"the database cannot be used: {plain_words(error)}"
                raise StoreProblem(msg) from error
            raise

    async def close(self) -> None:
        """Ends what was begun, and lets a standby lead."""
        await asyncio.gather(*self._writing, return_exceptions=True)
        if self._trying is not None:
            self._trying.cancel()
            await asyncio.gather(self._trying, return_exceptions=True)
        self._disconnect()
        if self.lease is not None:
            await self.lease.release()

    # Episodes -----------------------------------------------------------------------------

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
        current = (self._summarise(e) for e in self._episodes.values() if e.person == person)
        rows = (*self._closed_of.get(person, {}).values(), *current)
        return tuple(sorted(rows, key=apply.started_first))

    async def past(self, since: datetime) -> Sequence[Past]:
        current = (self._summarise(episode) for episode in self._episodes.values())
        rows = [row for row in (*self._closed.values(), *current) if row.start >= since]
        return tuple(sorted(rows, key=apply.started_first))

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
            self._keep_row(row)
        else:
            self._episodes[changed.ref] = changed
        return changed

    # Attachments --------------------------------------------------------------------------

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

    async def attachment_names(self) -> Sequence[str]:
        """Reference and id of each that is there, with a blank between."""
        found = await (await self._connected()).connection.execute(
            "SELECT name FROM nightlight.record WHERE service = %s AND kind = %s ORDER BY 1",
            (self._service, ATTACHMENT),
        )
        return [str(name) for (name,) in await found.fetchall()]

    async def check_attachments(self) -> None:
        """Each is what its fact says, each fact has one, and none has no fact; what is wrong is
        among the problems."""
        left = set(await self.attachment_names())
        async for record in self.everything():
            if isinstance(record, Episode):
                for name, fact in attachments_in(record.facts).items():
                    full = f"{record.ref} {name}"
                    left.discard(full)
                    await self._check_attachment(full, fact)
        for full in sorted(left):
            self._problem(f"attachment {full}: no entry of the case names it")

    async def _check_attachment(self, full: str, fact: Attached) -> None:
        try:
            if apply.digest_of(await self.attachment_content(full)) != fact.digest:
                self._problem(f"attachment {full}: it is not the file that was attached")
        except NotFound:
            self._problem(f"attachment {full} is missing")
        except StoreError:
            return  # told already

    async def add_attachment(self, name: str, data: bytes) -> None:
        """One as it is, for moving. Raises NotSaved."""
        async with self._turn:
            await self._put([Put(ATTACHMENT, name, None, 0, data, 1)])

    # Drafts -------------------------------------------------------------------------------

    async def draft(self, owner: str) -> Draft | None:
        slot = self._slots.get(owner)
        return apply.copy_draft(slot.draft) if slot is not None and slot.draft is not None else None

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

    # Register and the service's own file --------------------------------------------------

    async def people(self, home: str | None = None) -> Sequence[Person]:
        return apply.people_of(self._register.people, home)

    async def person(self, ref: str) -> Person | None:
        return self._register.people.get(ref)

    async def put_people(self, people: Sequence[Person]) -> None:
        async def work() -> None:
            old = self._register
            merged = {**old.people, **{person.ref: person for person in people}}
            new = Register(version=old.version + 1, people=merged)
            before = old if old.version else None
            await self._put([Put("register", "register", before, old.version, new, new.version)])
            self._register = new

        await self._write(work)

    async def office(self) -> Office:
        return apply.copy_office(self._office)

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

    # Audit --------------------------------------------------------------------------------

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

    # What commands leave for the leader -------------------------------------------------------

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

    async def _asked(self, question: Callable[[Session], Awaitable[R]]) -> R:
        try:
            async with self._turn:
                return await question(await self._connected())
        except psycopg.Error as error:
            raise StoreError(plain_words(error)) from error

    # Updates and trouble ------------------------------------------------------------------

    async def seen(self, update_id: int) -> bool:
        return update_id in self._seen

    def watch(self, told: Callable[[Trouble], None]) -> None:
        """What happened before anyone watched is told at once."""
        self._watchers.append(told)
        for trouble in self._untold:
            told(trouble)
        self._untold.clear()

    def _tell(self, kind: str, what: str) -> None:
        log.warning("records", trouble=kind, what=what)
        trouble = Trouble(kind=kind, what=what)
        if not self._watchers:
            self._untold.append(trouble)
        for told in self._watchers:
            told(trouble)

    def _refuse(self, why: str) -> None:
        if not self._refused:
            self._refused = True
            self._tell(
                "not_saved",
                f"the database refuses to write ({why}): nothing is saved until this is put "
                "right; use paper",
            )
        if self._trying is None or self._trying.done():
            self._trying = asyncio.create_task(self._try_again())

    def _accept(self) -> None:
        if self._refused:
            self._refused = False
            self._tell("saved_again", "the database takes changes again")

    async def _try_again(self) -> None:
        while self._refused and not (self.lease and self.lease.lost.is_set()):
            await asyncio.sleep(TRY_AGAIN_SECONDS)
            with contextlib.suppress(psycopg.Error, StoreError, TimeoutError):
                async with self._turn:
                    await self._settle_all()
                    await self._call([])
                self._accept()

    async def say_how_it_goes(self, next_due: datetime | None, lateness: float) -> None:
        """For whoever watches many services: when (UTC) this one acts next, and how late (seconds)
        its last reminder was. Raises StoreError."""
        if self.lease is not None:
            term = self.lease.term
            await self._asked(lambda session: session.say(self._service, term, next_due, lateness))

    # Whole records, for moving and verifying ------------------------------------------------

    async def versions(self) -> Sequence[tuple[str, str, int]]:
        """Kind, name and version of every record that is there, attachments and what is left for
        the audit left out."""
        found = await (await self._connected()).connection.execute(
            "SELECT kind, name, version FROM nightlight.record WHERE service = %s "
            "AND kind <> ALL(%s) ORDER BY 1, 2",
            (self._service, BESIDE),
        )
        return [
            (str(kind), str(name), int(version)) for kind, name, version in await found.fetchall()
        ]

    async def everything(self) -> AsyncIterator[Record]:
        """Every record as it stands in the database; one that cannot be used is among the
        problems."""
        for at_once in batches([(kind, name) for kind, name, _ in await self.versions()]):
            found = await (await self._connected()).connection.execute(
                "SELECT kind, name, version, content FROM nightlight.record "
                "WHERE service = %s AND kind = ANY(%s) AND name = ANY(%s)",
                (self._service, [kind for kind, _ in at_once], [name for _, name in at_once]),
            )
            for kind, name, version, content in await found.fetchall():
                if (kind, name) in at_once:
                    record = self._unsealed(kind, name, version, content, SHAPES[kind])
                    if record is not None:
                        yield record

    async def add_records(self, records: Sequence[Record]) -> None:
        """New records as they are, version and all, in one commit. What is in memory stays: open
        the store anew afterwards. Raises NotSaved."""
        puts = [Put(*named(record), None, 0, record, record.version) for record in records]
        if puts:
            async with self._turn:
                await self._put(puts)

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

    # Writing ------------------------------------------------------------------------------

    async def _write(self, work: Callable[[], Awaitable[R]]) -> R:
        """In its turn, and to its end even if whoever waits for it is cancelled. What has to be
        read for it and cannot be was not saved. Raises NotSaved."""

        async def in_turn() -> R:
            async with self._turn:
                try:
                    return await work()
                except Away as error:
                    self._refuse(str(error))
                    msg = f"NOT saved: {error}"
                    raise NotSaved(msg) from error

        task = asyncio.create_task(in_turn())
        self._writing.add(task)
        task.add_done_callback(self._written)
        return await asyncio.shield(task)

    def _written(self, task: asyncio.Task[Any]) -> None:
        self._writing.discard(task)
        if not task.cancelled():
            task.exception()  # whoever waits hears of it; if nobody does, it is no news

    async def _put(self, puts: list[Put]) -> None:
        """One commit. Raises NotSaved; then none of it is there, or it is taken back later."""
        if self.lease is None:
            msg = "NOT saved: the records were opened for reading only"
            raise NotSaved(msg)
        changes = [(put, put.record, put.old, put.new, put.summary) for put in puts]
        try:
            await self._settle_all()
            try:
                await self._call(changes)
            except psycopg.Error as error:
                if not _unknown(error):
                    raise
                if not await self._is_there(puts):
                    await self._call(changes)
        except psycopg.Error as error:
            why = plain_words(error)
            if error.sqlstate == NOT_THE_LEADER:
                self.lease.give_up()
            elif _unknown(error) and puts not in self._doubtful:
                self._doubtful.append(puts)
            self._refuse(why)
            msg = f"NOT saved: {why}"
            raise NotSaved(msg) from error
        self._accept()

    async def _is_there(self, puts: list[Put]) -> bool:
        """After an error that leaves it open: whether the commit is in the database all the same.
        Raises psycopg.Error where that cannot be found out in time."""
        self._disconnect()
        until = asyncio.get_running_loop().time() + SETTLE_SECONDS
        while True:
            try:
                if not await self._look(puts):
                    return False
                # A commit whose wait for the standby was broken off stands here and perhaps not
                # there; this one, later in the log, comes back when both have it.
                await self._call([])
                return True
            except (psycopg.OperationalError, StoreError) as error:
                self._disconnect()
                if asyncio.get_running_loop().time() > until:
                    msg = f"the database is away: {error}"
                    raise psycopg.OperationalError(msg) from error
            await asyncio.sleep(0.2)

    async def _settle_all(self) -> None:
        """Takes back commits that were refused and are there. Raises psycopg.Error."""
        while self._doubtful:
            puts = self._doubtful[0]
            if await self._look(puts):
                await self._call(
                    [(put, put.before, put.new, put.old, put.summary_before) for put in puts]
                )
            self._doubtful.pop(0)

    async def _look(self, puts: list[Put]) -> bool:
        """Whether these records stand as the commit would have left them, once nothing of it can
        be under way any more."""
        session = await self._connected()
        await session.end_sessions(self._name, 3000)
        row = await session.record(self._service, puts[0].kind, puts[0].name)
        return row is not None and row[0] == puts[0].new

    async def _call(
        self, changes: Sequence[tuple[Put, Record | bytes | None, int, int, Past | None]]
    ) -> None:
        session = await self._connected()
        rows = []
        for put, record, old, new, summary in changes:
            sealed = None
            if isinstance(record, bytes):  # up to 10 MB: not in the event loop
                sealed = await asyncio.to_thread(self._sealer.seal, put.kind, put.name, new, record)
            elif record is not None:
                sealed = self._sealed(put.kind, put.name, new, record)
            row = None if summary is None else self._sealed("summary", put.name, new, summary)
            closed_at = record.closed_at if isinstance(record, Episode) else None
            rows.append(Row(put.kind, put.name, old, new, sealed, closed_at, row))
        term = self.lease.term if self.lease is not None else 0
        await session.put(self._service, term, rows, self._rows_by)

    def _sealed(self, kind: str, name: str, version: int, record: msgspec.Struct) -> bytes:
        return self._sealer.seal(kind, name, version, msgspec.json.encode(record))

    async def _connected(self) -> Session:
        async with self._connecting:
            if self._session is None or self._session.closed:
                self._session = await connect(self._address, self._name)
            return self._session

    def _disconnect(self) -> None:
        if self._session is not None:
            self._session.drop()
            self._session = None

    # Reading ------------------------------------------------------------------------------

    async def _read(self, question: Callable[[Session], Awaitable[R]]) -> R:
        """In turn, and after what was refused is taken back, so that nobody is shown it. Asked once
        more where the line had broken since it was used last, as after a restart of the server:
        nobody is to tap twice for that. Raises Away."""
        while True:
            had_one = self._session is not None
            try:
                await self._settle_all()
                return await question(await self._connected())
            except psycopg.Error as error:
                self._disconnect()
                if not had_one:
                    msg = f"the records cannot be read: {plain_words(error)}"
                    raise Away(msg) from error

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

    def _leave_if_reading(self) -> None:
        """Who only reads holds no connection between two questions, and need not be closed."""
        if self.lease is None:
            self._disconnect()

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
                    self._episodes[record.ref] = record
            case DraftSlot():
                self._slots[record.owner] = record
            case Register():
                self._register = record
            case Office():
                self._office = record

    def _keep_row(self, row: Past) -> None:
        self._closed[row.ref] = row
        self._closed_of.setdefault(row.person, {})[row.ref] = row

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

    def _unsealed(
        self, kind: str, name: str, version: int, content: bytes, shape: type[Any]
    ) -> Any:
        """The record, or None for one that cannot be used, which is told."""
        try:
            opened = self._sealer.unseal(kind, name, content)
            if opened.version != version:
                msg = f"it is sealed as version {opened.version}, and stands as {version}"
                raise Damaged(msg)
            record = msgspec.json.decode(opened.data, type=shape)
        except (Damaged, msgspec.MsgspecError) as error:
            why = str(error) if isinstance(error, Damaged) else "its content has not the right form"
            self._problem(f"{kind} {name} cannot be used: {why}")
            return None
        if isinstance(record, Episode) and (broken := chain.broken_at(record)) is not None:
            self._problem(f"{kind} {name}: the chain is broken at fact {broken}")
        return record

    def _problem(self, what: str) -> None:
        if what not in self.problems:
            self.problems.append(what)
            self._tell("unreadable", what)


def batches(names: Sequence[tuple[str, str]]) -> Iterator[set[tuple[str, str]]]:
    """So many at a time that memory stays small."""
    for at in range(0, len(names), BATCH):
        yield set(names[at : at + BATCH])


def _unknown(error: psycopg.Error) -> bool:
    """Whether the statement may have been carried out in spite of the error: the connection broke,
    or the server was stopped (SQLSTATE 08 and 57)."""
    return error.sqlstate is None or error.sqlstate.startswith(("08", "57"))


def new_mark(keys: Keys | None, service: str) -> bytes:
    """The sealed mark of a new service: its format, and its key proved."""
    return format_mark.sealed(Sealer(keys), "book", service)
