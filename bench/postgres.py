"""The records in PostgreSQL: `python -m bench.postgres [--commits 500]`.

A real server, started for this, with fsync; a commit of the store (decide, seal, one call) beside
the bare fenced statement with the same bytes, alone and with a synchronous standby; and how long a
service with many open cases takes to open.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from typing import Any

import psycopg

from bench.table import Row, machine, show
from storage.keys import Keys
from storage.lease import Lease
from storage.postgres import PostgresStore, new_mark
from storage.postgres_schema import migrate
from storage.store import Change
from tests.storage import people
from tests.storage.people import NIGHT, later, summarise
from tests.support.postgres import Server, usable

BYTES = 3_000


async def store_commits(store: PostgresStore, count: int) -> list[float]:
    """Seconds of each commit: a note to an episode whose file stays at about 3 kB."""
    took = []
    for n in range(count):
        if n % 8 == 0:
            ref = await store.new_reference("oak")
            change = Change(facts=[people.opened(note="x" * 1500)])
            episode = await store.create(ref, "oak", "RE-01", change)
        change = Change(facts=[people.note(f"n{n}", "y" * 80)], update_id=n)
        began = time.perf_counter()
        episode = await store.commit(episode.ref, episode.version, change)
        took.append(time.perf_counter() - began)
    return took


async def bare_commits(server: Server, service: str, term: int, count: int) -> list[float]:
    """Seconds of each bare statement: the same function, the same bytes, nothing else."""
    connection: psycopg.AsyncConnection[Any] = await psycopg.AsyncConnection.connect(
        server.address, autocommit=True
    )
    content, took, version = b"z" * BYTES, [], 0
    async with connection:
        for _ in range(count):
            began = time.perf_counter()
            await connection.execute(
                "SELECT nightlight.put(%s, %s, %s::text[], %s::text[], %s::bigint[], "
                "%s::bigint[], %s::bytea[], %s::timestamptz[], %s::bytea[], %s)",
                (
                    service, term, ["episode"], ["BARE"], [version], [version + 1], [content],
                    [None], [None], "",
                ),
            )  # fmt: skip
            took.append(time.perf_counter() - began)
            version += 1
        await connection.execute("DELETE FROM nightlight.record WHERE name = 'BARE'")
    return took


async def opened(server: Server, keys: Keys, service: str) -> PostgresStore:
    """A service, led by this process."""
    lease = Lease(server.address, service, new_mark(keys, service))
    await lease.take()
    store = PostgresStore(
        server.address, service, keys=keys, summarise=summarise, now=lambda: NIGHT, lease=lease
    )
    await store.open()
    return store


async def measure(server: Server, what: str, count: int) -> None:
    """A table: the store, and the bare statement, in turns."""
    keys = Keys([bytes(range(32))], source="bench")
    store = await opened(server, keys, f"bench-{what.replace(' ', '-')}")
    assert store.lease is not None
    ours: list[float] = []
    bare: list[float] = []
    for _ in range(5):
        ours += await store_commits(store, count // 5)
        bare += await bare_commits(server, store.lease.service, store.lease.term, count // 5)
    await store.close()
    rows = [Row("store", figures(ours)), Row("the bare statement, same bytes", figures(bare))]
    show(f"Commits of 3 kB, {what}", rows)


def figures(took: list[float]) -> dict[str, float]:
    """Milliseconds."""
    ordered = sorted(took)
    return {
        "p50 ms": statistics.median(took) * 1000,
        "p99 ms": ordered[int(len(ordered) * 0.99)] * 1000,
    }


async def start(server: Server, cases: int) -> float:
    """Seconds to open a service with so many open cases."""
    keys = Keys([bytes(range(32))], source="bench")
    store = await opened(server, keys, "bench-start")
    records = []
    for n in range(cases):
        change = Change(facts=[people.opened(at=later(minutes=n), note="x" * 1500)])
        episode = await store.create(f"OAK-{n:05}", "oak", f"RE-{n}", change)
        records.append(episode)
    await store.close()
    began = time.perf_counter()
    store = await opened(server, keys, "bench-start")
    took = time.perf_counter() - began
    await store.close()
    return took


async def main(count: int, cases: int) -> None:
    """The command."""
    if not usable():
        print("no PostgreSQL server on this machine (package postgresql)")
        return
    primary = Server(safe=True)
    servers = [primary]
    try:
        async with await psycopg.AsyncConnection.connect(primary.address, autocommit=True) as made:
            await migrate(made)
        print(machine(), end="\n\n")
        await measure(primary, "one server", count)
        servers.append(Server("standby", primary=primary))
        primary.wait_for("standby")
        await measure(primary, "with a synchronous standby", count)
        took = await start(primary, cases)
    finally:
        for server in reversed(servers):
            server.gone()
    print(f"A service with {cases} open cases is led and read {took:.2f} s after the start.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commits", type=int, default=500)
    parser.add_argument("--cases", type=int, default=1_000)
    given = parser.parse_args()
    asyncio.run(main(given.commits, given.cases))
