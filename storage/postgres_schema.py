"""The tables in PostgreSQL: numbered steps, applied by a command and never by surprise.

All of it is in the schema `nightlight`, for any number of services. A record is one row, sealed as
a file of the folder is; kind, name and version of a row are bound into its seal.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import psycopg

STEPS = (
    "0001_records.sql",
    "0002_how_it_goes.sql",
    "0003_attachments.sql",
    "0004_orders.sql",
    "0005_unlock.sql",
    "0006_reminded.sql",
)
"""Files of `storage/sql`, in order. A released step is never changed; a new one follows it."""

HERE = len(STEPS)
"""The number of the newest step: what this version of Nightlight works with."""


async def applied(connection: psycopg.AsyncConnection[Any]) -> int:
    """The number of the last step that was applied; 0 for an empty database."""
    found = await connection.execute("SELECT to_regclass('nightlight.step')")
    row = await found.fetchone()
    if row is None or row[0] is None:
        return 0
    found = await connection.execute("SELECT coalesce(max(number), 0) FROM nightlight.step")
    row = await found.fetchone()
    return int(row[0]) if row is not None else 0


async def migrate(connection: psycopg.AsyncConnection[Any]) -> list[str]:
    """Applies what is missing, each step whole or not at all; returns the names of those steps.

    connection: with autocommit. Raises psycopg.Error.
    """
    done = []
    async with connection.transaction():
        # Two that migrate at the same time: the second one waits, and finds nothing to do.
        await connection.execute("SELECT pg_advisory_xact_lock(hashtext('nightlight schema'))")
        for number in range(await applied(connection) + 1, HERE + 1):
            name = STEPS[number - 1]
            text = files("storage").joinpath("sql", name).read_text(encoding="utf-8")
            await connection.execute(text.encode())
            await connection.execute("INSERT INTO nightlight.step (number) VALUES (%s)", (number,))
            done.append(name)
    return done
