"""Commits to PostgreSQL that are there or not, and never in between.

One session, one change after the other. A commit whose answer was lost is looked up, repeated or
taken back; while the database is away nothing is confirmed, and that is told once. What is in a
commit, and what is kept in memory, is decided in `storage.postgres`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple, TypeVar

import msgspec
import psycopg
import structlog

from storage import chain
from storage.envelope import Damaged, Sealer
from storage.lease import Lease
from storage.model import Episode, Past
from storage.postgres_asking import plain_words
from storage.postgres_session import NOT_THE_LEADER, OTHER_VERSION, Row, Session, connect
from storage.shapes import Record
from storage.store import NotSaved, StoreError, Trouble

R = TypeVar("R")
SETTLE_SECONDS = 6.0
"""So long a commit whose outcome is unknown waits for the database to say."""
TRY_AGAIN_SECONDS = 5.0
LATELY_KEPT = 100
"""Records whose last commit is kept, to be made again if the database comes back without it."""

log = structlog.get_logger(__name__)


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


class Commits:
    """What one process asks of the database for one service, and what it commits.

    address: as libpq takes it; several hosts, if there are several.  service: its name there.
    sealer: of every record.  rows_by: the rules that summaries are made by.  lease: held by this
    process; None: the records can only be read.
    """

    def __init__(
        self, address: str, service: str, sealer: Sealer, rows_by: str, lease: Lease | None
    ) -> None:
        self.problems: list[str] = []
        """One line, without personal data, for each record that cannot be used."""
        self.lease = lease
        self._address, self._service = address, service
        self._name = lease.holder + " records" if lease else f"nightlight {service} reading"
        self._sealer, self._rows_by = sealer, rows_by
        self._session: Session | None = None
        self._turn, self._connecting = asyncio.Lock(), asyncio.Lock()
        self._writing: set[asyncio.Task[Any]] = set()
        self._doubtful: list[list[Put]] = []
        self._lately: dict[tuple[str, str], Put] = {}
        self._to_compare = False
        self._disagreed: set[tuple[str, str]] = set()
        self._watchers: list[Callable[[Trouble], None]] = []
        self._untold: list[Trouble] = []
        self._refused = False
        self._trying: asyncio.Task[None] | None = None

    async def close(self) -> None:
        """Ends what was begun, and lets a standby lead."""
        await asyncio.gather(*self._writing, return_exceptions=True)
        if self._trying is not None:
            self._trying.cancel()
            await asyncio.gather(self._trying, return_exceptions=True)
        self._disconnect()
        if self.lease is not None:
            await self.lease.release()

    # Writing --------------------------------------------------------------------------------

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
                if error.sqlstate != OTHER_VERSION:
                    if not _unknown(error):
                        raise
                    if await self._is_there(puts):
                        self._committed(puts)
                        return
                await self._compare()
                await self._call(changes)
        except psycopg.Error as error:
            why = plain_words(error)
            if error.sqlstate == NOT_THE_LEADER:
                self.lease.give_up("another process leads this service")
            elif error.sqlstate == OTHER_VERSION:
                self._disagree(puts[0])
            elif _unknown(error) and puts not in self._doubtful:
                self._doubtful.append(puts)
            self._refuse(why)
            msg = f"NOT saved: {why}"
            raise NotSaved(msg) from error
        self._committed(puts)

    def _committed(self, puts: list[Put]) -> None:
        for put in puts:
            self._lately.pop((put.kind, put.name), None)
            self._lately[put.kind, put.name] = _to_keep(put)
            self._disagreed.discard((put.kind, put.name))
        while len(self._lately) > LATELY_KEPT:
            del self._lately[next(iter(self._lately))]
        self._accept()

    def _disagree(self, put: Put) -> None:
        """The database has another version of this record than this process. The second time this
        process makes room: it would refuse for ever, and whoever leads next reads what is there."""
        if (put.kind, put.name) in self._disagreed and self.lease is not None:
            self.lease.give_up("the database has other records than this process")
        self._disagreed.add((put.kind, put.name))

    async def _compare(self) -> None:
        """Makes the commits of lately again that the database lacks. It does after a failover to a
        standby that had not got them. That it holds nothing newer than this process, the term says,
        which every commit checks. Raises psycopg.Error."""
        self._to_compare = False
        try:
            session = await self._connected()
            await session.end_sessions(self._name, 3000)
            there = await session.versions(self._service, list(self._lately))
            lost = [
                put
                for key, put in self._lately.items()
                if (there.get(key, 0) < put.new if put.new else key in there)
            ]
            again = [put for put in lost if put.record is not None or not put.new]
            if again:
                await self._call(
                    [
                        (put, put.record, there.get((put.kind, put.name), 0), put.new, put.summary)
                        for put in again
                    ]
                )
        except BaseException:
            self._to_compare = True
            raise
        for put in lost:
            if put.new and put.record is None:
                del self._lately[put.kind, put.name]
                self._tell("missing", f"{put.kind} {put.name}: the database came back without it")
        if again:
            self._tell(
                "older",
                f"the database came back without {len(again)} records as they were last saved; "
                "they are saved again. Is the standby of the database a synchronous one?",
            )

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
        """Takes back commits that were refused and are there, and makes those again that were
        confirmed and are not. Raises psycopg.Error."""
        while self._doubtful:
            puts = self._doubtful[0]
            if await self._look(puts):
                await self._call(
                    [(put, put.before, put.new, put.old, put.summary_before) for put in puts]
                )
            self._doubtful.pop(0)
        if self._to_compare:
            await self._compare()

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

    # Asking ---------------------------------------------------------------------------------

    async def _connected(self) -> Session:
        async with self._connecting:
            if self._session is None or self._session.closed:
                self._session = await connect(self._address, self._name)
                self._to_compare = bool(self._lately)
            return self._session

    def _disconnect(self) -> None:
        if self._session is not None:
            self._session.drop()
            self._session = None

    def _leave_if_reading(self) -> None:
        """Who only reads holds no connection between two questions, and need not be closed."""
        if self.lease is None:
            self._disconnect()

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

    async def _asked(self, question: Callable[[Session], Awaitable[R]]) -> R:
        try:
            async with self._turn:
                session = await self._connected()
                if self._to_compare:
                    await self._settle_all()
                return await question(session)
        except psycopg.Error as error:
            raise StoreError(plain_words(error)) from error

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

    # Trouble --------------------------------------------------------------------------------

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

    def _problem(self, what: str) -> None:
        if what not in self.problems:
            self.problems.append(what)
            self._tell("unreadable", what)

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


def _to_keep(put: Put) -> Put:
    """Without the bytes of an attachment, of which there may be many."""
    record = None if isinstance(put.record, bytes) else put.record
    return put._replace(before=None, record=record, summary_before=None)


def _unknown(error: psycopg.Error) -> bool:
    """Whether the statement may have been carried out in spite of the error: the connection broke,
    or the server was stopped (SQLSTATE 08 and 57)."""
    return error.sqlstate is None or error.sqlstate.startswith(("08", "57"))
