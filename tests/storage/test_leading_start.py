"""A process that begins to lead, and a database that takes its questions and does not answer."""

import asyncio
from types import SimpleNamespace

import psycopg
import pytest
import structlog

from bot import database
from bot.database import open_as_leader
from storage.postgres_commits import Away
from tests.storage.contract import report
from tests.storage.people import NIGHT, summarise
from tests.storage.test_postgres import Installation
from tests.support import postgres

pytestmark = pytest.mark.skipif(
    not postgres.usable(), reason="no PostgreSQL server on this machine (package postgresql)"
)


@pytest.fixture
async def service(server, monkeypatch):
    monkeypatch.setattr("storage.postgres_asking.MANY_SECONDS", 0.3)
    monkeypatch.setattr(database, "READ_AGAIN_SECONDS", 0.05)
    service = Installation(server, None)
    yield service
    await service.close()


async def begin(service, *, wait):
    book = SimpleNamespace(database=service.server.address, service=service.service)
    config = SimpleNamespace(book=book)
    return await open_as_leader(config, None, summarise, lambda: NIGHT, "", wait=wait)


async def test_records_that_do_not_come_are_said_and_asked_for_again(service):
    """Until they come; the lease is free between, for a machine that can read them."""
    made = await report(await service.open())
    await service.close()
    async with await psycopg.AsyncConnection.connect(service.server.address) as holding:
        await holding.execute("LOCK TABLE nightlight.record IN ACCESS EXCLUSIVE MODE")
        with structlog.testing.capture_logs() as logged:
            starting = asyncio.create_task(begin(service, wait=True))
            async with asyncio.timeout(20):
                while sum(one["log_level"] == "error" for one in logged) < 2:
                    await asyncio.sleep(0.02)
        [why] = {one["why"] for one in logged if one["log_level"] == "error"}
        assert why == "the database cannot be used: no answer within 0 s"
        assert not starting.done()
        await holding.rollback()
    service.opened.append(store := await asyncio.wait_for(starting, 20))
    assert await store.open_episodes() == (made,)


async def test_a_command_that_waits_for_nobody_says_so_at_once(service):
    await service.open()
    await service.close()
    async with await psycopg.AsyncConnection.connect(service.server.address) as holding:
        await holding.execute("LOCK TABLE nightlight.record IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(Away, match="no answer within"):
            await asyncio.wait_for(begin(service, wait=False), 20)
