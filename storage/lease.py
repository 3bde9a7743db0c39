"""Who leads a service whose records are in PostgreSQL: at most one process at a time.

Three things together. An advisory lock of a session: it passes on within milliseconds when the
process that holds it is killed. A lease by the clock of the database: it ends when a machine
vanishes whose session nobody closes. And a term, counted up by each new leader and checked inside
every commit (`nightlight.put`): whatever a former leader still believes, it cannot write.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import Callable, Sequence
from typing import Any, LiteralString

import psycopg
import structlog
from psycopg.conninfo import make_conninfo

from storage.postgres_schema import HERE, applied
from storage.store import StoreError

LEASE_SECONDS = 10.0
"""So long after its last renewal a leader that cannot be asked is taken to be gone."""
RENEW_SECONDS = 2.0
ANSWER_SECONDS = 5.0
"""A statement that takes longer has failed; its outcome is then found out."""
MARGIN_SECONDS = 1.5
"""A leader counts on its lease for this much less than the database does."""
GRACE_SECONDS = 0.5
"""A new leader whose predecessor lost only its session waits so long: the other notices at once."""
LOOK_SECONDS = 0.25
"""How often a standby looks."""

OPTIONS: dict[str, str | int] = {
    "connect_timeout": 5,
    "keepalives": 1,
    "keepalives_idle": 3,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 8000,
    "target_session_attrs": "read-write",
    "client_encoding": "UTF8",
    "options": "-c statement_timeout=8s -c lock_timeout=8s -c TimeZone=UTC",
}
"""A machine that vanishes is noticed; the primary is asked, never a standby of the database."""

log = structlog.get_logger(__name__)


class NoSuchTables(StoreError):
    """The database was not prepared, or is another version's."""


def settings(address: str, name: str) -> str:
    """The address with all that a connection of ours wants.  name: of the session."""
    return make_conninfo(address, application_name=name, **OPTIONS)


async def connect(address: str, name: str) -> psycopg.AsyncConnection[Any]:
    """A connection with autocommit, checked to have our tables.

    address: as libpq takes it, with several hosts if there are several.  name: of the session, for
    whoever looks at pg_stat_activity. Raises psycopg.Error, NoSuchTables.
    """
    connection = await psycopg.AsyncConnection.connect(settings(address, name), autocommit=True)
    try:
        step = await applied(connection)
        if step > HERE:
            msg = (
                f"the database is of a later version of Nightlight: at step {step}, and this one "
                f"knows up to {HERE}"
            )
            raise NoSuchTables(msg)
        if step != HERE:
            what = f"is at step {step}" if step else "has no tables of Nightlight: step 0"
            msg = f"the database {what}, not {HERE}; run: nightlight database migrate"
            raise NoSuchTables(msg)
    except BaseException:
        await connection.close()
        raise
    return connection


async def ask(
    connection: psycopg.AsyncConnection[Any], statement: LiteralString, values: Sequence[Any] = ()
) -> psycopg.AsyncCursor[Any]:
    """One statement, answered within `ANSWER_SECONDS`; a server that is stopped breaks no
    connection, so that is ours to do. Raises psycopg.Error; its outcome may be unknown then."""
    asked = asyncio.create_task(connection.execute(statement, values))
    try:
        await asyncio.wait({asked}, timeout=ANSWER_SECONDS)
        if asked.done():
            return asked.result()
    finally:
        if not asked.done():
            asked.cancel()
            asked.add_done_callback(lambda _: connection.pgconn.finish())
    msg = f"no answer within {ANSWER_SECONDS:.0f} s"
    raise psycopg.OperationalError(msg)


class Lease:
    """The right of this process to lead one service.

    address, service: of the database and in it.  mark: the sealed mark that a new service gets.
    """

    def __init__(self, address: str, service: str, mark: bytes) -> None:
        self.address = address
        self.service = service
        self.holder = f"nightlight {service} {secrets.token_hex(4)}"
        self.term = 0
        self.lost = asyncio.Event()
        """Set for good as soon as it is certain that another process leads."""
        self._mark = mark
        self._until = float("-inf")
        self._session: psycopg.AsyncConnection[Any] | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._asked = asyncio.Event()

    @property
    def certain(self) -> bool:
        """The lease holds by this machine's monotonic clock, which goes on while a process is
        stopped. False also while the database cannot be asked."""
        return not self.lost.is_set() and time.monotonic() < self._until

    async def take(self, *, wait: bool = True, looked: Callable[[], None] = lambda: None) -> bool:
        """Becomes the leader; without `wait`, only if nobody else is. Raises StoreError if the
        database cannot be used: at once without `wait`, and in any case if it was not prepared.

        looked: called each time that a standby has looked.
        """
        told = False
        while True:
            try:
                if await self._try_to_take():
                    break
                why = "another process leads this service"
            except psycopg.Error as error:
                self._forget_session()
                why = f"the database cannot be reached: {plain_words(error)}"
                if not wait:
                    raise StoreError(why) from error
            if not wait:
                self._forget_session()
                return False
            if not told:
                log.info("standing by", service=self.service, why=why)
                told = True
            looked()
            await asyncio.sleep(LOOK_SECONDS)
        self._keeping = asyncio.create_task(self._keep(), name="lease")
        if wait:
            log.info("leading", service=self.service, term=self.term)
        return True

    async def may_act(self) -> bool:
        """Whether this process may still speak for the service. Where the lease ran out, the
        database is asked; one that cannot be asked stops nobody: a reminder twice is better than
        none."""
        if not self.certain and not self.lost.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(ANSWER_SECONDS):
                    await self._asked.wait()
        return not self.lost.is_set()

    def give_up(self) -> None:
        """Somebody else speaks for the service: this process is not to any more."""
        self._lose("another process speaks to Telegram")

    async def release(self) -> None:
        """Lets a standby lead at once."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
        if self._session is not None and self.term and not self.lost.is_set():
            with contextlib.suppress(psycopg.Error, TimeoutError):
                async with asyncio.timeout(3):
                    await ask(
                        self._session,
                        "UPDATE nightlight.service SET held_until = '-infinity', holder = '' "
                        "WHERE name = %s AND term = %s",
                        (self.service, self.term),
                    )
        self._until = float("-inf")
        self._forget_session()

    # ----------------------------------------------------------------------------------------

    async def _try_to_take(self) -> bool:
        if self._session is None or self._session.closed:
            self._session = await connect(self.address, self.holder)
            await ask(
                self._session,
                "INSERT INTO nightlight.service (name, mark) VALUES (%s, %s) "
                "ON CONFLICT DO NOTHING",
                (self.service, self._mark),
            )
        session = self._session
        if not await self._lock(session):
            if not await self._end_of_one_that_vanished(session):
                return False
            if not await self._lock(session):
                return False
        asked = time.monotonic()
        found = await ask(
            session,
            "UPDATE nightlight.service AS new SET term = new.term + 1, holder = %s, "
            "held_until = clock_timestamp() + make_interval(secs => %s) "
            "FROM nightlight.service AS old WHERE new.name = %s AND old.name = new.name "
            "RETURNING new.term, old.held_until > clock_timestamp()",
            (self.holder, LEASE_SECONDS, self.service),
        )
        row = await found.fetchone()
        if row is None:
            return False
        self.term = int(row[0])
        self._until = asked + LEASE_SECONDS - MARGIN_SECONDS
        if row[1]:
            await asyncio.sleep(GRACE_SECONDS)
        return True

    async def _lock(self, session: psycopg.AsyncConnection[Any]) -> bool:
        found = await ask(
            session,
            "SELECT pg_try_advisory_lock(hashtextextended('nightlight ' || %s, 0))",
            (self.service,),
        )
        row = await found.fetchone()
        return bool(row and row[0])

    async def _end_of_one_that_vanished(self, session: psycopg.AsyncConnection[Any]) -> bool:
        """Ends the session of a leader whose lease ran out: its machine may be gone, or stopped."""
        found = await ask(
            session,
            "SELECT pg_terminate_backend(a.pid, 2000) FROM nightlight.service AS s "
            "JOIN pg_stat_activity AS a ON a.application_name = s.holder "
            "WHERE s.name = %s AND s.held_until < clock_timestamp()",
            (self.service,),
        )
        return bool(await found.fetchall())

    async def _keep(self) -> None:
        """The only one to use the session from here on."""
        while not self.lost.is_set():
            # A session that ends is seen at once; there are no notifications, it only waits.
            with contextlib.suppress(psycopg.Error):
                if self._session is not None:
                    async for _ in self._session.notifies(timeout=RENEW_SECONDS):
                        continue
                else:
                    await asyncio.sleep(LOOK_SECONDS)
            try:
                await self._renew()
            except (psycopg.Error, StoreError):
                self._forget_session()
            asked, self._asked = self._asked, asyncio.Event()
            asked.set()

    async def _renew(self) -> None:
        if self._session is None or self._session.closed:
            self._session = await connect(self.address, self.holder)
            if not await self._lock(self._session):
                await self._look_who_leads(self._session)
                self._forget_session()
                return
        asked = time.monotonic()
        found = await ask(
            self._session,
            "UPDATE nightlight.service SET "
            "held_until = clock_timestamp() + make_interval(secs => %s) "
            "WHERE name = %s AND term = %s",
            (LEASE_SECONDS, self.service, self.term),
        )
        if found.rowcount:
            self._until = asked + LEASE_SECONDS - MARGIN_SECONDS
        else:
            self._lose("another process leads this service")

    async def _look_who_leads(self, session: psycopg.AsyncConnection[Any]) -> None:
        """The lock is another session's: a former one of our own, or a new leader's."""
        found = await ask(
            session, "SELECT term FROM nightlight.service WHERE name = %s", (self.service,)
        )
        row = await found.fetchone()
        if row is None or row[0] != self.term:
            self._lose("another process leads this service")
            return
        await ask(
            session,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = %s AND pid <> pg_backend_pid()",
            (self.holder,),
        )

    def _lose(self, why: str) -> None:
        if not self.lost.is_set():
            log.critical("not the leader any more", service=self.service, why=why)
        self.lost.set()

    def _forget_session(self) -> None:
        if self._session is not None:
            # Without waiting: a connection that does not answer must not hold anybody up.
            self._session.pgconn.finish()
            self._session = None


def plain_words(error: psycopg.Error) -> str:
    """One line about what the database said, without values."""
    said = error.diag.message_primary or (str(error).splitlines() or [type(error).__name__])[0]
    return said.strip()[:200]
