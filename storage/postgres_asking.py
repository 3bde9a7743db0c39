"""Questions to PostgreSQL that are answered in time, or fail."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, LiteralString, TypeVar

import psycopg

ANSWER_SECONDS = 5.0
"""A statement that takes longer has failed; its outcome is then found out."""
MANY_SECONDS = 10.0
"""As `ANSWER_SECONDS`, for all records at once; the server itself ends a statement after 8 s."""

T = TypeVar("T")


class Asking:
    """A connection with autocommit, and how it is asked."""

    def __init__(self, connection: psycopg.AsyncConnection[Any]) -> None:
        self.connection = connection

    @property
    def closed(self) -> bool:
        """It is known to be of no use any more."""
        return self.connection.closed

    def drop(self) -> None:
        """Without waiting: a connection that does not answer must not hold anybody up."""
        self.connection.pgconn.finish()

    async def _ask(
        self, statement: LiteralString, values: Sequence[Any] = ()
    ) -> psycopg.AsyncCursor[Any]:
        return await ask(self.connection, statement, values)

    async def _many(
        self, statement: LiteralString, values: Sequence[Any]
    ) -> psycopg.AsyncCursor[Any]:
        """As `_ask`, of what may be long."""
        return await self._in_time(self.connection.execute(statement, values))

    async def _in_time(self, work: Coroutine[Any, Any, T]) -> T:
        return await in_time(work, self.drop, MANY_SECONDS)

    async def _row(self, statement: LiteralString, values: Sequence[Any]) -> Any:
        return await (await self._ask(statement, values)).fetchone()


async def ask(
    connection: psycopg.AsyncConnection[Any], statement: LiteralString, values: Sequence[Any] = ()
) -> psycopg.AsyncCursor[Any]:
    """One statement, answered in time or not at all. Raises psycopg.Error."""
    return await in_time(connection.execute(statement, values), connection.pgconn.finish)


async def in_time(
    work: Coroutine[Any, Any, T], drop: Callable[[], None], seconds: float | None = None
) -> T:
    """What is answered within so many seconds (`ANSWER_SECONDS`); a server that is stopped breaks
    no connection, so that is ours to do, with `drop`. Raises psycopg.Error; the outcome may be
    unknown then."""
    seconds = seconds or ANSWER_SECONDS
    asked = asyncio.create_task(work)
    try:
        await asyncio.wait({asked}, timeout=seconds)
        if asked.done():
            return asked.result()
    finally:
        if not asked.done():
            asked.cancel()
            asked.add_done_callback(lambda _: drop())
    msg = f"no answer within {seconds:.0f} s"
    raise psycopg.OperationalError(msg)


def plain_words(error: psycopg.Error) -> str:
    """One line about what the database said, without values."""
    said = error.diag.message_primary or (str(error).splitlines() or [type(error).__name__])[0]
    return said.strip()[:200]
