"""One session with the database, and the statements that leading a service is made of.

What is concluded from the answers (who leads, what was saved) is decided in `storage.lease` and
`storage.postgres`; here is only how the database is asked.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import psycopg
from psycopg.conninfo import make_conninfo

from storage.postgres_asking import Asking, in_time
from storage.postgres_schema import HERE, applied
from storage.store import StoreError

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

NOT_THE_LEADER, OTHER_VERSION = "NL001", "NL002"
"""What `nightlight.put` refuses with (SQLSTATE)."""


class NoSuchTables(StoreError):
    """The database was not prepared, or is another version's."""


class Row(NamedTuple):
    """One record's part of a commit: from version `old` to `new`; 0 is "not there".

    content, summary: sealed.  closed_at: aware, of a closed episode.
    """

    kind: str
    name: str
    old: int
    new: int
    content: bytes | None
    closed_at: datetime | None
    summary: bytes | None


class Session(Asking):
    """One of this process. Every method raises psycopg.Error; after one without an
    SQLSTATE of the statement's own it is open whether the statement was carried out."""

    async def wait(self, seconds: float) -> None:
        """So long, or until the session ends (psycopg.Error): there are no notifications."""
        async for _ in self.connection.notifies(timeout=seconds):
            continue

    # Who leads ----------------------------------------------------------------------------

    async def add_service(self, service: str, mark: bytes) -> None:
        """A new service gets its row and mark; one that has them keeps them."""
        await self._ask(
            "INSERT INTO nightlight.service (name, mark) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            (service, mark),
        )

    async def lock(self, service: str) -> bool:
        """Takes the service's lock for as long as the session lives, unless another one has it."""
        row = await self._row(
            "SELECT pg_try_advisory_lock(hashtextextended('nightlight ' || %s, 0))", (service,)
        )
        return bool(row and row[0])

    async def begin_term(
        self, service: str, holder: str, seconds: float
    ) -> tuple[int, bool] | None:
        """The next term, held for so long by the database's clock; and whether the lease of the
        one before has not ended. None: there is no such service."""
        row = await self._row(
            # A primary that lost the newest terms must not give out one of them again.
            "UPDATE nightlight.service AS new SET holder = %s, term = greatest(new.term + 1, "
            "(extract(epoch FROM clock_timestamp()) * 1000)::bigint), "
            "held_until = clock_timestamp() + make_interval(secs => %s) "
            "FROM nightlight.service AS old WHERE new.name = %s AND old.name = new.name "
            "RETURNING new.term, old.held_until > clock_timestamp()",
            (holder, seconds, service),
        )
        return None if row is None else (int(row[0]), bool(row[1]))

    async def renew_term(self, service: str, term: int, seconds: float) -> bool:
        """Held for so long from now on; False: another term has begun."""
        found = await self._ask(
            "UPDATE nightlight.service SET "
            "held_until = clock_timestamp() + make_interval(secs => %s) "
            "WHERE name = %s AND term = %s",
            (seconds, service, term),
        )
        return bool(found.rowcount)

    async def end_term(self, service: str, term: int) -> None:
        """Its lease is over now, if it is still the term."""
        await self._ask(
            "UPDATE nightlight.service SET held_until = '-infinity', holder = '' "
            "WHERE name = %s AND term = %s",
            (service, term),
        )

    async def term(self, service: str) -> int | None:
        """The term that stands; None: there is no such service."""
        row = await self._row("SELECT term FROM nightlight.service WHERE name = %s", (service,))
        return None if row is None else int(row[0])

    async def end_lapsed_holder(self, service: str) -> bool:
        """Ends the sessions of a leader whose lease ran out; whether there was one."""
        found = await self._ask(
            "SELECT pg_terminate_backend(a.pid, 2000) FROM nightlight.service AS s "
            "JOIN pg_stat_activity AS a ON a.application_name = s.holder "
            "WHERE s.name = %s AND s.held_until < clock_timestamp()",
            (service,),
        )
        return bool(await found.fetchall())

    async def end_sessions(self, name: str, milliseconds: int = 0) -> None:
        """Ends all others of this name, and waits for their end for so long."""
        await self._ask(
            "SELECT pg_terminate_backend(pid, %s) FROM pg_stat_activity "
            "WHERE application_name = %s AND pid <> pg_backend_pid()",
            (milliseconds, name),
        )

    async def say(
        self, service: str, term: int, next_due: datetime | None, lateness: float
    ) -> None:
        """What a leader says of itself; for `nightlight services list`."""
        await self._ask(
            "UPDATE nightlight.service SET said_at = clock_timestamp(), next_due = %s, "
            "lateness = %s WHERE name = %s AND term = %s",
            (next_due, lateness, service, term),
        )

    # What commands leave for the leader --------------------------------------------------------

    async def leave_order(self, service: str, wanted: str, content: bytes | None = None) -> int:
        """The number of the command; it is there from here on. wanted: "stop", "resume", or,
        with the sealed content, "register", "unlock" or "reminded"."""
        row = await self._row(
            "INSERT INTO nightlight.left_for_leader (service, wanted, content) "
            "VALUES (%s, %s, %s) RETURNING number",
            (service, wanted, content),
        )
        return int(row[0])

    async def order_is_there(self, number: int) -> bool:
        """Whether nobody has carried it out yet."""
        found = await self._row(
            "SELECT 1 FROM nightlight.left_for_leader WHERE number = %s", (number,)
        )
        return found is not None

    async def take_back_order(self, number: int) -> bool:
        """Nobody need carry it out any more. False: it was carried out."""
        gone = await self._row(
            "DELETE FROM nightlight.left_for_leader WHERE number = %s RETURNING number", (number,)
        )
        return gone is not None

    async def oldest_order(
        self, service: str, wanted: Sequence[str]
    ) -> tuple[int, str, bytes | None] | None:
        """Of these kinds: number, what is wanted, content."""
        row = await self._row(
            "SELECT number, wanted, content FROM nightlight.left_for_leader "
            "WHERE service = %s AND wanted = ANY(%s) ORDER BY number LIMIT 1",
            (service, list(wanted)),
        )
        return None if row is None else (int(row[0]), str(row[1]), row[2])

    async def end_order(self, service: str, term: int, number: int) -> None:
        """It is done; only the leader of this term says so."""
        await self._ask(
            "DELETE FROM nightlight.left_for_leader AS o USING nightlight.service AS s "
            "WHERE o.number = %s AND s.name = %s AND o.service = s.name AND s.term = %s",
            (number, service, term),
        )

    async def is_led(self, service: str) -> bool:
        """Whether some process holds the lease now."""
        row = await self._row(
            "SELECT held_until > clock_timestamp() FROM nightlight.service WHERE name = %s",
            (service,),
        )
        return bool(row and row[0])

    # Records ------------------------------------------------------------------------------

    async def put(self, service: str, term: int, rows: Sequence[Row], rules: str) -> None:
        """One commit, by the leader of this term. SQLSTATE NL001: it is over, NL002: a record is
        at another version."""
        columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(7)]
        await self._ask(
            "SELECT nightlight.put(%s, %s, %s::text[], %s::text[], %s::bigint[], %s::bigint[], "
            "%b::bytea[], %s::timestamptz[], %s::bytea[], %s)",
            (service, term, *columns, rules),
        )

    async def record(self, service: str, kind: str, name: str) -> tuple[int, bytes] | None:
        """Version and content, or None."""
        row = await self._row(
            "SELECT version, content FROM nightlight.record "
            "WHERE service = %s AND kind = %s AND name = %s",
            (service, kind, name),
        )
        return None if row is None else (int(row[0]), bytes(row[1]))

    async def versions(
        self, service: str, records: Sequence[tuple[str, str]]
    ) -> dict[tuple[str, str], int]:
        """Of these records (kind and name), as far as they are there."""
        found = await self._ask(
            "SELECT r.kind, r.name, r.version FROM nightlight.record AS r "
            "JOIN unnest(%s::text[], %s::text[]) AS w (kind, name) USING (kind, name) "
            "WHERE r.service = %s",
            ([kind for kind, _ in records], [name for _, name in records], service),
        )
        return {(kind, name): int(version) for kind, name, version in await found.fetchall()}

    async def pages(self, service: str, first: str) -> Sequence[tuple[str, int, bytes]]:
        """Name, version and content of the pages of the audit from this name on, in order."""
        found = await self._ask(
            "SELECT name, version, content FROM nightlight.record "
            "WHERE service = %s AND kind = 'audit' AND name >= %s ORDER BY name",
            (service, first),
        )
        return await found.fetchall()

    async def leave(self, service: str, kind: str, name: str, content: bytes) -> None:
        """A new record of this kind, which needs no term: it is part of no commit."""
        await self._ask(
            "INSERT INTO nightlight.record (service, kind, name, version, content) "
            "VALUES (%s, %s, %s, 1, %s)",
            (service, kind, name, content),
        )

    async def contents(self, service: str, kind: str) -> Sequence[tuple[str, bytes]]:
        """Name and content of every record of this kind, by name."""
        found = await self._ask(
            "SELECT name, content FROM nightlight.record "
            "WHERE service = %s AND kind = %s ORDER BY name",
            (service, kind),
        )
        return await found.fetchall()

    async def mark(self, service: str) -> bytes | None:
        """The sealed mark of a service, or None if there is no such service."""
        row = await self._row("SELECT mark FROM nightlight.service WHERE name = %s", (service,))
        return None if row is None else bytes(row[0])

    @contextlib.asynccontextmanager
    async def one_view(self) -> AsyncIterator[None]:
        """Whatever is read within is of one moment."""
        try:
            await self._ask("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
            await self._ask("COMMIT")
        except BaseException:
            self.drop()
            raise

    async def current(
        self, service: str, lately: timedelta, without: Sequence[str]
    ) -> AsyncIterator[tuple[str, str, int, bytes, bool]]:
        """Kind, name, version, content and "is closed" of all that is open or was written lately,
        but for these kinds."""
        found = await self._many(
            "SELECT kind, name, version, content, closed_at IS NOT NULL "
            "FROM nightlight.record WHERE service = %s AND kind <> ALL(%s) "
            "AND (closed_at IS NULL OR written_at > clock_timestamp() - %s)",
            (service, list(without), lately),
        )
        async for row in found:
            yield row

    async def summaries(
        self, service: str
    ) -> AsyncIterator[tuple[str, int, bool, bytes | None, str | None]]:
        """Name, version, "is open", summary and the rules it was made by, of every episode."""
        found = await self._many(
            "SELECT name, version, closed_at IS NULL, summary, summary_by "
            "FROM nightlight.record WHERE service = %s AND kind = 'episode'",
            (service,),
        )
        async for row in found:
            yield row

    async def episodes(
        self, service: str, names: Sequence[str]
    ) -> Sequence[tuple[str, int, bytes]]:
        """Name, version and content of these."""
        found = await self._many(
            "SELECT name, version, content FROM nightlight.record "
            "WHERE service = %s AND kind = 'episode' AND name = ANY(%s)",
            (service, list(names)),
        )
        return await found.fetchall()

    async def put_summaries(
        self, service: str, rules: str, made: Sequence[tuple[str, int, bytes]]
    ) -> None:
        """Summaries of closed episodes by other rules: name, version, sealed summary."""
        await self._in_time(
            self.connection.cursor().executemany(
                "UPDATE nightlight.record SET summary = %s, summary_by = %s "
                "WHERE service = %s AND kind = 'episode' AND name = %s AND version = %s",
                [(summary, rules, service, name, version) for name, version, summary in made],
            )
        )


def settings(address: str, name: str) -> str:
    """The address with all that a connection of ours wants.  name: of the session."""
    return make_conninfo(address, application_name=name, **OPTIONS)


async def connect(address: str, name: str) -> Session:
    """A session, checked to have our tables.

    address: as libpq takes it, with several hosts if there are several.  name: of the session, for
    whoever looks at pg_stat_activity. Raises psycopg.Error, NoSuchTables.
    """
    connection = await psycopg.AsyncConnection.connect(settings(address, name), autocommit=True)
    try:
        step = await in_time(applied(connection), connection.pgconn.finish)
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
    return Session(connection)
