"""A PostgreSQL with a standby, as far as leading a service relies on it.

Two servers with clocks of their own, one of them the primary. A commit is in the primary's log,
then at the standby, then seen by others; until then it holds the row of its service. With
`synchronous` nobody hears of it before the standby has it. Servers are killed, stopped and come
back; a standby is promoted with what it has; sessions are ended by either side; a node is cut off
from the database, in both directions or in that of the answers only. What decides from all of this
(`storage.lease`, `storage.postgres`) is the real code: only the statements of
`storage.postgres_session` are made anew here.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg

from storage.postgres_asking import in_time
from storage.postgres_session import NOT_THE_LEADER, OTHER_VERSION, Row

if TYPE_CHECKING:
    from tests.simulation.node import Node, NodeProcess
    from tests.simulation.node_world import NodesWorld

CONNECT_SECONDS = 5.0
TCP_SECONDS = 8.0
"""So long a line that takes nothing is believed in, at both ends."""
LONG_AGO = datetime.min.replace(tzinfo=UTC)
SAYING: contextvars.ContextVar[Any] = contextvars.ContextVar("saying", default=None)
"""What the store's method that is being carried out was asked for: kind, name, change."""
PUTS: contextvars.ContextVar[Any] = contextvars.ContextVar("puts", default=())
"""The records that it puts."""


class OfService(NamedTuple):
    mark: bytes
    term: int = 0
    holder: str = ""
    held_until: datetime = LONG_AGO


class OfRecord(NamedTuple):
    version: int
    content: bytes
    closed_at: datetime | None
    summary: bytes | None
    rules: str | None
    written_at: datetime


Key = tuple[str, ...]
class OfLeft(NamedTuple):
    """What a machine left for whoever leads."""

    wanted: str
    content: bytes | None


Changes = dict[Key, "OfService | OfRecord | OfLeft | None"]


class Entry(NamedTuple):
    """One commit in the log. `told`: what the checker hears once it cannot be lost any more."""

    changes: Changes
    told: tuple[Any, ...] | None


class NotLeader(psycopg.DatabaseError):
    sqlstate = NOT_THE_LEADER


class AnotherVersion(psycopg.DatabaseError):
    sqlstate = OTHER_VERSION


def _gone(why: str = "the server closed the connection unexpectedly") -> psycopg.Error:
    return psycopg.OperationalError(why)


class Backend:
    """The server's side of a session."""

    def __init__(self, server: Server, name: str, session: SimSession) -> None:
        self.server = server
        self.name = name
        self.session = session
        self.busy = False
        self.left = False
        """The client has closed its end."""
        self.ended = asyncio.Event()


class Server:
    """One of the two."""

    def __init__(self, name: str, ahead: timedelta) -> None:
        self.name = name
        self.ahead = ahead
        """Its clock, against the true one."""
        self.alive = True
        self.vanished = False
        """Its machine is gone: nothing comes back, not even a refusal."""
        self.thawed = asyncio.Event()
        self.thawed.set()
        self.tables: dict[Key, Any] = {}
        self.log: list[Entry] = []
        self.seen = 0
        """So many entries of the log are seen by others."""
        self.backends: list[Backend] = []
        self.locks: dict[str, Backend] = {}
        self.row = asyncio.Lock()
        """The row of the one service: held by whoever changes it, and by commits of its records."""
        self.moved = asyncio.Event()

    def end(self, backend: Backend) -> None:
        """The server's side of a session is over, and what it held is free."""
        if backend.ended.is_set():
            return
        backend.ended.set()
        self.backends.remove(backend)
        for name in [name for name, one in self.locks.items() if one is backend]:
            del self.locks[name]
        self.wake()

    def wake(self) -> None:
        """Whoever waits for the standby looks again."""
        self.moved.set()
        self.moved = asyncio.Event()

    def see(self, upto: int) -> None:
        for entry in self.log[self.seen : upto]:
            for key, row in entry.changes.items():
                if row is None:
                    self.tables.pop(key, None)
                else:
                    self.tables[key] = row
        self.seen = max(self.seen, upto)


class Database:
    """Both servers, and the lines to them."""

    def __init__(self, world: NodesWorld, rng: Random, *, synchronous: bool = True) -> None:
        self.world = world
        self.rng = rng
        self.synchronous = synchronous
        self.primary = Server("db1", self._skew())
        self.standby: Server | None = Server("db2", self._skew())
        self.standby_stopped = False
        self.told = 0
        """So many entries of the log the checker has heard of."""
        self._arrives = 0.0

    def _skew(self) -> timedelta:
        return timedelta(seconds=self.rng.uniform(-4.0, 4.0))

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def clock(self, server: Server) -> datetime:
        return self.world.clock.true() + server.ahead

    def service(self) -> OfService:
        """As the primary has it."""
        found: OfService = self.primary.tables[("service", self.world.service)]
        return found

    @property
    def up(self) -> bool:
        return self.primary.alive and self.primary.thawed.is_set() and not self.standby_stopped

    # The lines ------------------------------------------------------------------------------

    async def _travel(self, node: Node, *, answer: bool = False) -> None:
        """One way. Raises psycopg.Error when the line has taken nothing for too long."""
        luck = self.rng.random()
        seconds = 0.0004 if luck > 0.01 else 150.0 * luck
        if luck <= 0.01:
            self.world.slow(seconds)
        await asyncio.sleep(seconds)
        until = self._now() + TCP_SECONDS
        while node.cut == "both" or (answer and node.cut == "answers"):
            if self._now() > until:
                raise _gone("could not send: timed out")
            await asyncio.sleep(0.2)

    async def accept(self, node: Node, session: SimSession) -> None:
        await self._travel(node)
        server = self.primary
        if not server.alive:
            if server.vanished:
                await asyncio.sleep(CONNECT_SECONDS * 2)
            raise _gone("connection refused")
        await server.thawed.wait()
        await self._travel(node, answer=True)
        if not server.alive:
            raise _gone()
        session.backend = Backend(server, session.name, session)
        server.backends.append(session.backend)

    async def serve(
        self, session: SimSession, work: Callable[[Server, Backend], Awaitable[Any]]
    ) -> Any:
        """One statement, there and back. It is carried out also if nobody waits for it any more."""
        backend, node = session.backend, session.node
        await self._travel(node)
        server = backend.server
        await server.thawed.wait()
        found, failed = None, None
        try:
            if backend.ended.is_set():
                raise _gone()
            backend.busy = True
            found = await work(server, backend)
            if backend.ended.is_set():
                raise _gone()
        except psycopg.Error as error:
            failed = error
        backend.busy = False
        if backend.left:
            server.end(backend)
        if server.vanished:
            await asyncio.sleep(TCP_SECONDS)
        await self._travel(node, answer=True)
        if failed is not None:
            raise failed
        return found

    def leave(self, session: SimSession) -> None:
        """The client closes its end; the server hears of it if the line is up, once it listens."""
        self.world.later(0.001, self._left, session)

    def _left(self, session: SimSession) -> None:
        backend = session.backend
        if backend is None or session.node.cut == "both" or session.node.off:
            return
        backend.left = True
        if not backend.busy and backend.server.thawed.is_set():
            backend.server.end(backend)

    def end(self, backend: Backend) -> None:
        """pg_terminate_backend; the client hears of it at once if the line is up."""
        if backend.server.thawed.is_set():
            backend.server.end(backend)
            self.world.later(0.001, backend.session.hears_the_end)

    # Commits --------------------------------------------------------------------------------

    async def commit(
        self,
        backend: Backend,
        build: Callable[[Server], tuple[Changes, Any]],
        told: tuple[Any, ...] | None = None,
    ) -> Any:
        """`build` sees the tables with nothing under way, and says what changes."""
        server, moments = backend.server, self.world.moments
        kind = told[3][0] if told is not None else ""
        async with server.row:
            if kind:
                moments.commit_arrives(backend, kind)
            self._check(backend)
            changes, answer = build(server)
            await asyncio.sleep(0.0003)
            self._check(backend)
            server.log.append(Entry(changes, told))
            number = len(server.log)
            if kind:
                moments.commit_in_log(backend, kind)
            self._replicate(server)
            if self.synchronous:
                while self._waits(server, number) and not backend.ended.is_set():
                    await server.moved.wait()
            if not server.alive:
                raise _gone()
            server.see(number)
            if self.standby is None or not self.synchronous:
                self._tell(server, number)
            if kind:
                moments.commit_done(backend, kind)
        return answer

    def _waits(self, server: Server, number: int) -> bool:
        return server.alive and self.standby is not None and self.standby.seen < number

    def _check(self, backend: Backend) -> None:
        if backend.ended.is_set() or not backend.server.alive:
            raise _gone()

    def _replicate(self, server: Server) -> None:
        """What the log has more than the standby is on its way, in order."""
        if self.standby is None or self.standby_stopped:
            return
        delay = 0.0006
        if self.rng.random() <= 0.02:
            delay = self.rng.uniform(0.01, 1.5)
            self.world.slow(delay)
        self._arrives = max(self._arrives, self._now() + delay)
        wait = self._arrives - self._now()
        self.world.later(wait, self._arrived, server, self.standby, len(server.log))

    def _arrived(self, server: Server, standby: Server, number: int) -> None:
        if standby is not self.standby or self.standby_stopped:
            return
        if number <= standby.seen or self.primary is not server or not server.alive:
            return
        standby.log.extend(server.log[len(standby.log) : number])
        standby.see(number)
        self._tell(standby, number)
        # The primary hears of it a moment later.
        self.world.later(0.0005, server.wake)

    def _tell(self, server: Server, number: int) -> None:
        for entry in server.log[self.told : number]:
            self.told += 1
            if entry.told is not None:
                self.world.saved(entry)
            if ("service", self.world.service) in entry.changes:
                self.world.a_term(entry.changes["service", self.world.service])

    # What happens to servers ------------------------------------------------------------------

    def kill_primary(self, *, vanished: bool) -> None:
        """Power cut, or its processes alone; everybody's session with it is over."""
        server = self.primary
        server.alive, server.vanished = False, vanished
        server.thawed.set()
        for backend in list(server.backends):
            server.end(backend)
            if not vanished:
                self.world.later(0.001, backend.session.hears_the_end)
        server.wake()

    def restart_primary(self) -> None:
        """The same again, with everything that is in its log."""
        old = self.primary
        server = Server(old.name, old.ahead)
        server.tables, server.log, server.seen = old.tables, old.log, old.seen
        server.see(len(server.log))
        self.primary = server
        if self.standby is None:
            self._tell(server, len(server.log))
        self._replicate(server)

    def promote(self) -> int:
        """The standby leads, with what it has. How many commits it lacks that somebody may have
        seen confirmed: none, if it was a synchronous one."""
        old, new = self.primary, self.standby
        assert new is not None
        lacks = old.seen - new.seen if self.synchronous is False else 0
        self.primary, self.standby, self.standby_stopped = new, None, False
        self.told = min(self.told, len(new.log))
        old.wake()
        return lacks

    def add_standby(self) -> None:
        """A new one, as far as the primary is."""
        new = Server("db1" if self.primary.name == "db2" else "db2", self._skew())
        new.tables, new.log = dict(self.primary.tables), list(self.primary.log)
        new.seen = self.primary.seen
        self.standby = new
        self._replicate(self.primary)

    def stop_primary(self) -> None:
        self.primary.thawed.clear()

    def thaw_primary(self) -> None:
        server = self.primary
        server.thawed.set()
        for backend in list(server.backends):
            if backend.left and not backend.busy:
                server.end(backend)

    def stop_standby(self, stopped: bool) -> None:
        self.standby_stopped = stopped
        if not stopped:
            self._replicate(self.primary)


class SimSession:
    """In the place of `storage.postgres_session.Session`, for one process of one node."""

    backend: Backend

    def __init__(self, database: Database, process: NodeProcess, name: str) -> None:
        self.database = database
        self.process = process
        self.node = process.node
        self.name = name
        self._ended = asyncio.Event()
        self._closed = False

    @property
    def closed(self) -> bool:
        return self._closed

    def drop(self) -> None:
        if not self._closed:
            self._closed = True
            self.database.leave(self)

    def hears_the_end(self) -> None:
        """The server ended the session, and the line is up."""
        if self.node.cut == "":
            self._closed = True
            self._ended.set()

    async def wait(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._ended.wait()
        if self._closed:
            raise _gone()

    async def _do(self, work: Callable[[Server, Backend], Awaitable[Any]]) -> Any:
        return await in_time(self._asked(work), self.drop)

    async def _asked(self, work: Callable[[Server, Backend], Awaitable[Any]]) -> Any:
        if self._closed:
            raise _gone("the connection is closed")
        await self.process.point("database")
        try:
            return await self.process.outside(self.database.serve(self, work))
        except psycopg.Error as error:
            if error.sqlstate is None:
                self._closed = True
            raise

    async def _read(self, look: Callable[[Server], Any]) -> Any:
        async def work(server: Server, _: Backend) -> Any:
            return look(server)

        return await self._do(work)

    async def _change(
        self, build: Callable[[Server], tuple[Changes, Any]], told: tuple[Any, ...] | None = None
    ) -> Any:
        async def work(_: Server, backend: Backend) -> Any:
            return await self.database.commit(backend, build, told)

        return await self._do(work)

    # Who leads ----------------------------------------------------------------------------

    async def add_service(self, service: str, mark: bytes) -> None:
        def build(server: Server) -> tuple[Changes, Any]:
            key = ("service", service)
            return ({} if key in server.tables else {key: OfService(mark)}), None

        await self._change(build)

    async def lock(self, service: str) -> bool:
        async def work(server: Server, backend: Backend) -> bool:
            return server.locks.setdefault(service, backend) is backend

        return bool(await self._do(work))

    async def begin_term(
        self, service: str, holder: str, seconds: float
    ) -> tuple[int, bool] | None:
        def build(server: Server) -> tuple[Changes, Any]:
            key = ("service", service)
            old = server.tables[key]
            now = self.database.clock(server)
            until = now + timedelta(seconds=seconds)
            new = old._replace(term=old.term + 1, holder=holder, held_until=until)
            return {key: new}, (new.term, old.held_until > now)

        found: tuple[int, bool] = await self._change(build)
        return found

    async def renew_term(self, service: str, term: int, seconds: float) -> bool:
        def build(server: Server) -> tuple[Changes, Any]:
            key = ("service", service)
            if server.tables[key].term != term:
                return {}, False
            until = self.now(server) + timedelta(seconds=seconds)
            return {key: server.tables[key]._replace(held_until=until)}, True

        return bool(await self._change(build))

    def now(self, server: Server) -> datetime:
        """By which clock a lease is counted."""
        return self.database.clock(server)

    async def end_term(self, service: str, term: int) -> None:
        def build(server: Server) -> tuple[Changes, Any]:
            key = ("service", service)
            if server.tables[key].term != term:
                return {}, None
            return {key: server.tables[key]._replace(holder="", held_until=LONG_AGO)}, None

        await self._change(build)

    async def term(self, service: str) -> int | None:
        return int(await self._read(lambda server: server.tables["service", service].term))

    async def end_lapsed_holder(self, service: str) -> bool:
        def look(server: Server) -> bool:
            one = server.tables["service", service]
            if one.held_until >= self.database.clock(server):
                return False
            return self._end_all(server, one.holder)

        return bool(await self._read(look))

    async def end_sessions(self, name: str, milliseconds: int = 0) -> None:
        async def work(server: Server, backend: Backend) -> None:
            self._end_all(server, name, but=backend)
            # What waited for the standby stands in the primary now.
            async with server.row:
                return

        del milliseconds
        await self._do(work)

    def _end_all(self, server: Server, name: str, but: Backend | None = None) -> bool:
        found = [one for one in server.backends if one.name == name and one is not but]
        for one in found:
            self.database.end(one)
        return bool(found)

    async def say(
        self, service: str, term: int, next_due: datetime | None, lateness: float
    ) -> None:
        await self._change(lambda _: ({}, None))

    # Records ------------------------------------------------------------------------------

    async def put(self, service: str, term: int, rows: Sequence[Row], rules: str) -> None:
        def build(server: Server) -> tuple[Changes, Any]:
            if self.is_over(server, service, term):
                raise NotLeader(f"term {term} of this service is over")
            changes: Changes = {}
            now = self.database.clock(server)
            for row in rows:
                key = ("record", service, row.kind, row.name)
                stands = server.tables.get(key)
                if (stands.version if stands is not None else 0) != row.old:
                    raise AnotherVersion(f"{row.kind} {row.name} is not at version {row.old}")
                made = None
                if row.new:
                    assert row.content is not None
                    by = rules if row.summary is not None else None
                    made = OfRecord(row.new, row.content, row.closed_at, row.summary, by, now)
                changes[key] = made
            return changes, None

        told = (self.process, term, list(rows), SAYING.get(), PUTS.get()) if rows else None
        if rows:
            await self.database.world.moments.commit_leaves(self.process, SAYING.get()[0])
        await self._change(build, told)

    @staticmethod
    def is_over(server: Server, service: str, term: int) -> bool:
        return bool(server.tables["service", service].term != term)

    async def record(self, service: str, kind: str, name: str) -> tuple[int, bytes] | None:
        def look(server: Server) -> Any:
            row = server.tables.get(("record", service, kind, name))
            return None if row is None else (row.version, row.content)

        found: tuple[int, bytes] | None = await self._read(look)
        return found

    async def versions(
        self, service: str, records: Sequence[tuple[str, str]]
    ) -> dict[tuple[str, str], int]:
        def look(server: Server) -> dict[tuple[str, str], int]:
            keys = {record: ("record", service, *record) for record in records}
            return {
                record: server.tables[key].version
                for record, key in keys.items()
                if key in server.tables
            }

        found: dict[tuple[str, str], int] = await self._read(look)
        return found

    async def is_led(self, service: str) -> bool:
        def look(server: Server) -> bool:
            held: bool = server.tables["service", service].held_until > self.database.clock(server)
            return held

        return bool(await self._read(look))

    async def pages(self, service: str, first: str) -> Sequence[tuple[str, int, bytes]]:
        found = await self._of_kind(service, "audit")
        return [(name, row.version, row.content) for name, row in found if name >= first]

    async def contents(self, service: str, kind: str) -> Sequence[tuple[str, bytes]]:
        return [(name, row.content) for name, row in await self._of_kind(service, kind)]

    async def _of_kind(self, service: str, kind: str) -> list[tuple[str, OfRecord]]:
        def look(server: Server) -> list[tuple[str, OfRecord]]:
            found = server.tables.items()
            return sorted((k[3], row) for k, row in found if k[:3] == ("record", service, kind))

        rows: list[tuple[str, OfRecord]] = await self._read(look)
        return rows

    async def leave_order(self, service: str, wanted: str, content: bytes | None = None) -> int:
        def build(server: Server) -> tuple[Changes, Any]:
            numbers = [int(key[2]) for key in server.tables if key[:2] == ("left", service)]
            number = max(numbers, default=0) + 1
            return {("left", service, str(number)): OfLeft(wanted, content)}, number

        return int(await self._change(build))

    async def oldest_order(
        self, service: str, wanted: Sequence[str]
    ) -> tuple[int, str, bytes | None] | None:
        def look(server: Server) -> Any:
            found = [
                (int(key[2]), row.wanted, row.content)
                for key, row in server.tables.items()
                if key[:2] == ("left", service) and row.wanted in wanted
            ]
            return min(found, default=None)

        found: tuple[int, str, bytes | None] | None = await self._read(look)
        return found

    async def end_order(self, service: str, term: int, number: int) -> None:
        def build(server: Server) -> tuple[Changes, Any]:
            if server.tables["service", service].term != term:
                return {}, None
            return {("left", service, str(number)): None}, None

        await self._change(build)

    async def mark(self, service: str) -> bytes | None:
        return bytes(await self._read(lambda server: server.tables["service", service].mark))

    @contextlib.asynccontextmanager
    async def one_view(self) -> AsyncIterator[None]:
        self._view = await self._read(lambda server: (dict(server.tables), server))
        yield

    async def current(
        self, service: str, lately: timedelta, without: Sequence[str]
    ) -> AsyncIterator[Any]:
        tables, server = self._view
        since = self.database.clock(server) - lately
        for key, row in tables.items():
            if key[:2] == ("record", service) and key[2] not in without and (
                row.closed_at is None or row.written_at > since
            ):
                yield key[2], key[3], row.version, row.content, row.closed_at is not None

    async def summaries(self, service: str) -> AsyncIterator[Any]:
        tables, _ = self._view
        for key, row in tables.items():
            if key[:3] == ("record", service, "episode"):
                yield key[3], row.version, row.closed_at is None, row.summary, row.rules

    async def episodes(self, service: str, names: Sequence[str]) -> Sequence[Any]:
        def look(server: Server) -> Any:
            found = [(name, server.tables["record", service, "episode", name]) for name in names]
            return [(name, row.version, row.content) for name, row in found]

        found: Sequence[Any] = await self._read(look)
        return found

    async def put_summaries(self, service: str, rules: str, made: Sequence[Any]) -> None:
        def build(server: Server) -> tuple[Changes, Any]:
            changes: Changes = {}
            for name, version, summary in made:
                key = ("record", service, "episode", name)
                row = server.tables[key]
                if row.version == version:
                    changes[key] = row._replace(summary=summary, rules=rules)
            return changes, None

        await self._change(build)

