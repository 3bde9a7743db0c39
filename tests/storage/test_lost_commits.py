"""The database comes back without what had been confirmed: a standby was promoted that lacked it.

With a synchronous standby that does not happen; with an asynchronous one it does. Whoever leads has
it in memory, says so, and writes it again; what it has not any more, it does not speak of."""

import asyncio

import psycopg
import pytest

from storage.lease import Lease
from storage.postgres import PostgresStore, new_mark
from storage.postgres_session import connect
from storage.store import Change, NotSaved
from tests.storage import people
from tests.storage.conftest import make_keys
from tests.storage.contract import report
from tests.storage.people import NIGHT, later, summarise
from tests.storage.test_postgres import Installation
from tests.storage.test_tinydb_store import a_night, everything
from tests.support import postgres

pytestmark = pytest.mark.skipif(
    not postgres.usable(), reason="no PostgreSQL server on this machine (package postgresql)"
)


class Losing(Installation):
    """Its rows can be put back as they were, as if a standby led that had not got the newest."""

    async def remember(self):
        await self.sql("DROP TABLE IF EXISTS earlier")
        await self.sql(
            f"CREATE TABLE earlier AS SELECT * FROM nightlight.record "
            f"WHERE service = '{self.service}'"
        )

    async def lose(self):
        await self.sql("DELETE FROM nightlight.record WHERE service = %s", self.service)
        await self.sql("INSERT INTO nightlight.record SELECT * FROM earlier")
        await self.cut()

    @property
    def told(self):
        return [kind for kind, _ in self.troubles]


@pytest.fixture
async def service(server):
    service = Losing(server, make_keys())
    yield service
    await service.close()


async def test_everything_that_was_confirmed_is_written_again_with_the_next_change(service):
    """Cases begun, continued, closed and deleted, drafts, people, settings and audit."""
    store = await service.open()
    first = await report(store, ref="ROWAN-7777")
    await service.remember()
    await a_night(store)
    await store.commit(first.ref, first.version, Change(facts=[people.police()]))
    await service.lose()
    await report(store, ref="ROWAN-8888", person="RE-08")
    assert service.told == ["older"]
    confirmed = await everything(store)
    store = await service.again()
    assert await everything(store) == confirmed
    assert store.problems == []


async def test_nobody_has_to_change_anything_for_it_to_be_noticed(service):
    """A quiet night: only the service's own sign of life reaches the database."""
    store = await service.open()
    await service.remember()
    made = await report(store)
    await service.lose()
    for _ in range(2):  # the first one finds the line broken
        try:
            await store.say_how_it_goes(None, 0.0)
        except Exception:
            continue
    assert service.told == ["older"]
    reader = await service.store()
    assert await reader.episode(made.ref) == made


async def test_a_file_that_was_lost_is_named(service):
    """Its bytes are in nobody's memory: it has to be sent again."""
    store = await service.open()
    made = await report(store)
    await service.remember()
    made = await store.commit(made.ref, made.version, people.attached("f2"))
    await service.lose()
    await store.commit(made.ref, made.version, Change(facts=[people.note("f3")]))
    assert sorted(service.told) == ["missing", "older"]
    assert f"{made.ref} f2" in dict(service.troubles)["missing"]


async def test_a_leader_that_cannot_agree_with_the_database_makes_room(service, monkeypatch):
    """What was lost is older than what it keeps. Refusing every change for ever helps nobody: the
    next leader reads what is there."""
    monkeypatch.setattr("storage.postgres_commits.LATELY_KEPT", 0)
    store = await service.open()
    made = await report(store)
    await service.remember()
    lost = await store.commit(made.ref, made.version, Change(facts=[people.note("f2")]))
    await service.lose()
    for _ in range(2):
        with pytest.raises(NotSaved):
            await store.commit(lost.ref, lost.version, Change(facts=[people.note("f3")]))
    assert store.lease.lost.is_set()
    assert not await store.lease.may_act()
    store = await service.again()
    assert await store.episode(made.ref) == made
    await store.commit(made.ref, made.version, Change(facts=[people.note("f3")]))


async def test_what_is_newer_in_the_database_is_never_written_over(service):
    store = await service.open()
    made = await report(store)
    await service.sql(
        "UPDATE nightlight.record SET version = version + 5 WHERE service = %s AND name = %s",
        service.service,
        made.ref,
    )
    await service.cut()
    for _ in range(2):
        with pytest.raises(NotSaved):
            await store.commit(made.ref, made.version, Change(facts=[people.note("f2")]))
    assert store.lease.lost.is_set()
    [(version,)] = await service.sql(
        "SELECT version FROM nightlight.record WHERE service = %s AND name = %s",
        service.service,
        made.ref,
    )
    assert version == made.version + 5


async def test_no_term_is_given_out_twice(service):
    """A primary that lost the newest term would else give the number to a second leader."""
    lease = await service.lease(wait=False)
    await service.sql("UPDATE nightlight.service SET term = %s", lease.term - 1)
    session = await connect(service.server.address, "another")
    term, _ = await session.begin_term(service.service, "another", 10.0)
    session.drop()
    assert term > lease.term
    await lease.release()


async def test_a_standby_leaves_the_leader_time_to_find_another_primary(service, monkeypatch):
    """The sessions of both are over: the leader has in memory what the new primary may lack."""
    monkeypatch.setattr("storage.lease.RETURN_SECONDS", 2.0)
    leads, waits = (
        await service.lease(wait=False),
        Lease(service.server.address, service.service, b""),
    )
    leads._keeping.cancel()
    looked = asyncio.Event()
    taking = asyncio.create_task(waits.take(looked=looked.set))
    await looked.wait()
    await service.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE %s",
        f"nightlight {service.service} %",
    )
    began = asyncio.get_running_loop().time()
    await asyncio.wait_for(taking, 10)
    assert asyncio.get_running_loop().time() - began > 2.0
    await waits.release()
    await leads.release()


async def caught_up(primary):
    """The standby has everything."""
    async with (
        asyncio.timeout(10),
        await psycopg.AsyncConnection.connect(primary.address, autocommit=True) as connection,
    ):
        while True:
            found = await connection.execute(
                "SELECT 1 FROM pg_stat_replication WHERE replay_lsn >= pg_current_wal_lsn()"
            )
            if await found.fetchone() is not None:
                return
            await asyncio.sleep(0.02)


async def test_an_asynchronous_standby_is_promoted_without_the_last_facts():
    """The primary's machine is gone, and with it what had been confirmed and not sent on."""
    primary = await postgres.prepared()
    standby = await asyncio.to_thread(postgres.Server, "standby", primary=primary)
    ports = f"{primary.port},{standby.port}"
    address = f"host=127.0.0.1,127.0.0.1 port={ports} user=nightlight dbname=postgres"
    lease = Lease(address, "oak", new_mark(None, "oak"))
    waiting = Lease(address, "oak", new_mark(None, "oak"))
    troubles = []
    try:
        await lease.take()
        store = PostgresStore(
            address, "oak", keys=None, summarise=summarise, now=lambda: NIGHT, lease=lease
        )
        store.watch(lambda trouble: troubles.append(trouble.kind))
        await store.open()
        made = await report(store)
        looked = asyncio.Event()
        standing_by = asyncio.create_task(waiting.take(looked=looked.set))
        await looked.wait()
        await caught_up(primary)
        standby.kill()
        made = await store.commit(made.ref, made.version, Change(facts=[people.police()]))
        primary.kill()
        await asyncio.to_thread(standby.start)
        await asyncio.to_thread(standby.promote)
        fact = people.note("f3", at=later(minutes=5))
        made = await store.commit(made.ref, made.version, Change(facts=[fact]))
        assert [entry.fact.id for entry in made.entries] == ["f1", "f2", "f3"]
        assert troubles == ["older"]
        assert await lease.may_act()
        assert not standing_by.done()
        standing_by.cancel()
        reader = PostgresStore(address, "oak", keys=None, summarise=summarise, now=lambda: NIGHT)
        await reader.open()
        assert await reader.episode(made.ref) == made
        await store.close()
    finally:
        standing_by.cancel()
        await asyncio.gather(standing_by, return_exceptions=True)
        await waiting.release()
        for server in (primary, standby):
            await asyncio.to_thread(server.gone)
