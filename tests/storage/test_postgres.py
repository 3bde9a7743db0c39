"""The contract on a real PostgreSQL; and what only a database can do to a store."""

import asyncio
import secrets

import psycopg
import pytest

from storage.audit import PAGE, Anchor, broken_at
from storage.audit_files import AT_A_TIME
from storage.keys import KeyProblem, Keys
from storage.lease import LOOK_SECONDS, Lease
from storage.postgres import PostgresStore, new_mark
from storage.postgres_schema import HERE, migrate
from storage.postgres_session import NoSuchTables, connect
from storage.store import Change, NotSaved, StoreError
from tests.storage import people
from tests.storage.conftest import make_keys
from tests.storage.contract import StoreContract, line, report
from tests.storage.people import NIGHT, later, summarise
from tests.storage.test_tinydb_store import a_night, everything
from tests.support import postgres

pytestmark = pytest.mark.skipif(
    not postgres.usable(), reason="no PostgreSQL server on this machine (package postgresql)"
)


class Installation:
    """One service in the database, opened again and again as by one process after the other."""

    def __init__(self, server, keys):
        self.server, self.keys = server, keys
        self.service = f"oak-{secrets.token_hex(4)}"
        self.opened = []
        self.troubles = []

    async def lease(self, **how):
        lease = Lease(self.server.address, self.service, new_mark(self.keys, self.service))
        return lease if await lease.take(**how) else None

    async def open(self, **changes):
        lease = changes.pop("lease", None) or await self.lease(wait=False)
        store = await self.store(lease=lease, **changes)
        self.opened.append(store)
        return store

    async def store(self, **changes):
        fields = {"keys": self.keys, "summarise": summarise, "now": lambda: NIGHT}
        store = PostgresStore(self.server.address, self.service, **{**fields, **changes})
        store.watch(lambda trouble: self.troubles.append((trouble.kind, trouble.what)))
        await store.open()
        return store

    async def close(self):
        while self.opened:
            await self.opened.pop().close()

    async def again(self, **changes):
        await self.close()
        return await self.open(**changes)

    async def sql(self, statement, *values):
        async with await psycopg.AsyncConnection.connect(
            self.server.address, autocommit=True
        ) as connection:
            found = await connection.execute(statement, values)
            return await found.fetchall() if found.description else None

    async def cut(self):
        """Every connection of this service is closed by the server."""
        await self.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name LIKE %s AND application_name LIKE '%% records'",
            f"nightlight {self.service} %",
        )


@pytest.fixture
async def service(server):
    service = Installation(server, make_keys())
    yield service
    await service.close()


class TestPostgresStore(StoreContract):
    @pytest.fixture
    async def store(self, service):
        return await service.open()


class TestPlainPostgresStore(StoreContract):
    @pytest.fixture
    async def store(self, service):
        service.keys = None
        return await service.open()


async def test_a_restart_brings_everything_back(service):
    store = await service.open()
    await a_night(store)
    before = await everything(store)
    store = await service.again()
    assert await everything(store) == before
    assert [await store.seen(n) for n in (41, 42, 43, 44)] == [True, True, True, False]
    assert service.troubles == []


async def test_rows_of_closed_cases_follow_the_rules(service):
    await a_night(await service.open(rows_by="one"))
    store = await service.again(rows_by="two")
    assert [row.ref for row in await store.history("RE-01")] == ["ROWAN-4444", "ROWAN-2222"]
    kept = await service.sql(
        "SELECT summary_by FROM nightlight.record WHERE service = %s AND summary IS NOT NULL",
        service.service,
    )
    assert kept == [("two",)]


async def test_nothing_readable_lies_in_the_database(service):
    store = await service.open()
    await report(store, note="left after supper")
    rows = await service.sql(
        "SELECT content FROM nightlight.record WHERE service = %s", service.service
    )
    assert rows
    assert b"supper" not in b"".join(row[0] for row in rows)


async def test_an_attachment_is_sealed_checked_and_sealed_anew(service):
    store = await service.open()
    made = await report(store)
    made = await store.commit(made.ref, made.version, people.attached("f2"))
    [[raw]] = await service.sql(
        "SELECT content FROM nightlight.record WHERE service = %s AND kind = 'attachment'",
        service.service,
    )
    assert b"coat" not in raw
    [old] = service.keys.by_id.values()
    service.keys = Keys([secrets.token_bytes(32), old], source="this test")
    store = await service.again()
    assert await store.seal_anew() == 2
    await store.check_attachments()
    assert store.problems == []
    service.keys = Keys([next(iter(service.keys.by_id.values()))], source="this test")
    store = await service.again()
    assert await store.attachment(made.ref, "f2") == people.PHOTO
    await service.sql(
        "DELETE FROM nightlight.record WHERE service = %s AND kind = 'attachment'",
        service.service,
    )
    await store.check_attachments()
    assert store.problems == ["attachment ROWAN-7K3F f2 is missing"]


async def test_what_commands_left_beside_the_leader_is_taken_once(service):
    leader = await service.open()
    beside = await service.store()
    for n in range(AT_A_TIME + 2):
        await beside.leave(line(n))
    assert len(await beside.left()) == AT_A_TIME + 2
    await service.sql(
        "UPDATE nightlight.record SET content = content || 'x' WHERE kind = 'left' AND name = "
        "(SELECT min(name) FROM nightlight.record WHERE kind = 'left')"
    )
    assert await leader.take_left() == AT_A_TIME + 1, "one was changed, and is told"
    assert len(leader.problems) == 1
    await service.sql("DELETE FROM nightlight.record WHERE kind = 'left'")
    again = await service.again()
    assert await again.take_left() == 0
    records = await again.audit()
    assert len({one.line["n"] for one in records}) == len(records) == AT_A_TIME + 1
    assert broken_at(records, Anchor()) is None


async def test_pages_of_the_audit_are_not_read_at_the_start_and_get_the_new_key(service):
    store = await service.open()
    for n in range(0, 3 * PAGE, 32):
        await store.update_office(log=[line(one) for one in range(n, n + 32)])
    beside = await service.store()
    await beside.leave(line(999))
    await service.close()
    service.keys = Keys([secrets.token_bytes(32), *service.keys.by_id.values()], source="test")
    store = await service.open()
    assert await store.seal_anew() > 0
    service.keys = Keys([next(iter(service.keys.by_id.values()))], source="test")
    store = await service.again()
    assert [one.line["n"] for one in await store.audit()] == [*range(3 * PAGE), 999]
    assert [kind for kind, _, _ in await store.versions()].count("audit") == 2


async def test_a_removal_that_was_refused_and_arrived_is_taken_back_with_its_bytes(
    service, monkeypatch
):
    store = await service.open()
    made = await report(store)
    made = await store.commit(made.ref, made.version, people.attached("f2"))
    real, calls = store._call, []

    async def answers_get_lost(changes):
        await real(changes)
        if changes and not calls:
            calls.append(1)
            raise psycopg.OperationalError("the connection broke")

    async def away(puts):
        raise psycopg.OperationalError("the database is away")

    monkeypatch.setattr(store, "_call", answers_get_lost)
    monkeypatch.setattr(store, "_is_there", away)
    with pytest.raises(NotSaved):
        await store.commit(made.ref, made.version, Change(facts=[people.removed("f3", "f2")]))
    monkeypatch.undo()
    await store.commit(made.ref, made.version, Change(facts=[people.note("f3")]))
    assert await store.attachment(made.ref, "f2") == people.PHOTO
    await store.check_attachments()
    assert store.problems == []


async def test_another_key_opens_nothing_and_touches_nothing(service):
    await a_night(await service.open())
    await service.close()
    service.keys = make_keys()
    with pytest.raises(KeyProblem, match="sealed with a key"):
        await service.open()


async def test_a_record_in_anothers_place_is_not_taken_for_it(service):
    store = await service.open()
    await report(store, ref="ROWAN-2222")
    await report(store, ref="ROWAN-3333", person="RE-02")
    await service.sql(
        "UPDATE nightlight.record AS a SET content = b.content FROM nightlight.record AS b "
        "WHERE a.service = %s AND b.service = a.service AND a.name = 'ROWAN-2222' "
        "AND b.name = 'ROWAN-3333'",
        service.service,
    )
    store = await service.again()
    assert [one.ref for one in await store.open_episodes()] == ["ROWAN-3333"]
    assert [kind for kind, _ in service.troubles] == ["unreadable"]
    with pytest.raises(StoreError):
        await report(store, ref="ROWAN-2222")


async def test_a_database_that_was_not_prepared_says_what_to_do(server):
    await_name = f"empty_{secrets.token_hex(4)}"
    async with await psycopg.AsyncConnection.connect(server.address, autocommit=True) as admin:
        await admin.execute(f'CREATE DATABASE "{await_name}"')
    with pytest.raises(NoSuchTables, match="nightlight database migrate"):
        await connect(f"{server.address} dbname={await_name}", "a test")


async def test_a_database_of_a_later_version_is_refused_with_a_line(service, monkeypatch):
    await a_night(await service.open())
    await service.close()
    monkeypatch.setattr("storage.postgres_session.HERE", HERE - 1)
    with pytest.raises(NoSuchTables, match="of a later version of Nightlight"):
        await service.open()


async def test_a_server_that_takes_a_session_and_then_says_nothing_holds_nobody_up(
    service, monkeypatch
):
    async def applied(connection):
        await asyncio.Event().wait()

    monkeypatch.setattr("storage.postgres_asking.ANSWER_SECONDS", 0.05)
    monkeypatch.setattr("storage.postgres_session.applied", applied)
    with pytest.raises(psycopg.OperationalError, match="no answer within"):
        await asyncio.wait_for(connect(service.server.address, "somebody"), 5)


async def test_two_migrate_at_once(server):
    name = f"fresh_{secrets.token_hex(4)}"
    async with await psycopg.AsyncConnection.connect(server.address, autocommit=True) as admin:
        await admin.execute(f'CREATE DATABASE "{name}"')

    async def one():
        address = f"{server.address} dbname={name}"
        async with await psycopg.AsyncConnection.connect(address, autocommit=True) as connection:
            return await migrate(connection)

    done = await asyncio.gather(one(), one())
    assert sorted(map(len, done)) == [0, HERE]


# Who leads


async def test_only_one_process_leads(service):
    await service.open()
    assert await service.lease(wait=False) is None


async def test_a_standby_leads_as_soon_as_the_leader_lets_go(service):
    store = await service.open()
    await a_night(store)
    before = await everything(store)
    waiting = asyncio.create_task(service.lease())
    await asyncio.sleep(0.4)
    assert not waiting.done()
    await service.close()
    store = await service.open(lease=await waiting)
    assert await everything(store) == before


async def test_a_former_leader_can_write_nothing(service):
    """Its machine slept; another one leads meanwhile; then it wakes with a change at hand."""
    old = await service.open()
    made = await report(old)
    await service.sql(
        "UPDATE nightlight.service SET term = term + 1, holder = 'another' WHERE name = %s",
        service.service,
    )
    with pytest.raises(NotSaved):
        await old.commit(made.ref, made.version, Change(facts=[people.police()]))
    assert old.lease.lost.is_set()
    assert not await old.lease.may_act()
    assert not old.lease.certain
    reader = await service.store()
    assert [one.version for one in await reader.open_episodes()] == [made.version]
    await reader.close()


async def test_a_leader_whose_lease_ran_out_is_followed(service, monkeypatch):
    """Its machine vanished: its session stays, and nobody renews."""
    monkeypatch.setattr("storage.lease.LEASE_SECONDS", 1.0)
    monkeypatch.setattr("storage.lease.MARGIN_SECONDS", 0.2)
    old = await service.open()
    old.lease._keeping.cancel()
    assert await service.lease(wait=False) is None
    async with asyncio.timeout(5):
        new = await service.lease()
    assert new.term > old.lease.term
    with pytest.raises(NotSaved):
        await report(old)
    await new.release()


async def test_nobody_speaks_while_another_one_is_about_to_lead(service):
    """It was stopped for longer than its lease, and wakes when the next one has the lock and has
    not begun its term yet."""
    old = (await service.open()).lease
    old._keeping.cancel()
    next_one = await connect(service.server.address, "the next one")
    await service.sql(
        "SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity WHERE application_name = %s",
        old.holder,
    )
    async with asyncio.timeout(5):
        while not await next_one.lock(service.service):
            await asyncio.sleep(0.01)
    old._until = float("-inf")
    old._keeping = asyncio.create_task(old._keep())
    speaks = asyncio.create_task(old.may_act())
    await asyncio.sleep(3 * LOOK_SECONDS)
    assert not speaks.done()
    await next_one.begin_term(service.service, "the next one", 10.0)
    assert await speaks is False
    next_one.drop()


async def test_a_leader_whose_session_was_cut_takes_it_up_again(service):
    store = await service.open()
    await service.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s",
        store.lease.holder,
    )
    async with asyncio.timeout(5):
        while (
            await service.sql(
                "SELECT 1 FROM pg_stat_activity WHERE application_name = %s", store.lease.holder
            )
            == []
        ):
            await asyncio.sleep(0.05)
    assert await store.lease.may_act()
    assert await service.lease(wait=False) is None
    await report(store)


# When the database refuses


async def test_a_cut_connection_costs_no_confirmed_fact(service):
    store = await service.open()
    made = await report(store)
    for n in range(5):
        await service.cut()
        made = await store.commit(made.ref, made.version, Change(facts=[people.note(f"n{n}")]))
    store = await service.again()
    assert (await store.episode(made.ref)) == made


async def test_a_commit_whose_answer_was_lost_is_found_out(service, monkeypatch):
    """The server did it; the line broke before the answer."""
    store = await service.open()
    made = await report(store)
    monkeypatch.setattr("storage.postgres_asking.ask", _losing_the_answer())
    made = await store.commit(made.ref, made.version, Change(facts=[people.police()]))
    assert [kind for kind, _ in service.troubles] == []
    store = await service.again()
    assert await store.episode(made.ref) == made


async def test_what_was_refused_is_taken_back_though_it_arrived(service, monkeypatch):
    """The answer is lost and the database is away for longer than anybody waits. The person was
    told "NOT saved", so it must not be there later."""
    store = await service.open()
    made = await report(store)
    monkeypatch.setattr("storage.postgres_commits.SETTLE_SECONDS", 0.3)
    monkeypatch.setattr("storage.postgres_asking.ask", _losing_the_answer(away=True))
    with pytest.raises(NotSaved):
        await store.commit(made.ref, made.version, Change(facts=[people.police()]))
    assert (await store.episode(made.ref)) == made
    monkeypatch.undo()
    made = await store.commit(made.ref, made.version, Change(facts=[people.note("n1")]))
    assert people.texts(made.facts) == ["phone goes to voicemail"]
    assert len(made.facts) == 2
    assert [kind for kind, _ in service.troubles] == ["not_saved", "saved_again"]
    store = await service.again()
    assert await store.episode(made.ref) == made


def _losing_the_answer(*, away=False):
    """The first change is made, and its answer is lost; with `away`, nothing is answered then."""
    from storage.postgres_asking import ask

    lost = []

    async def asked(connection, statement, values=()):
        if lost and away:
            raise psycopg.OperationalError("the server is away")
        found = await ask(connection, statement, values)
        if "nightlight.put" in statement and not lost:
            lost.append(statement)
            raise psycopg.OperationalError("the line broke")
        return found

    return asked


async def test_a_server_that_stops_and_comes_back(service):
    """As a full disk: nothing is confirmed, everything stays in memory, and it is told twice."""
    store = await service.open()
    made = await report(store)
    service.server.stop()
    try:
        with pytest.raises(NotSaved):
            await store.commit(made.ref, made.version, Change(facts=[people.police()]))
        assert await store.open_episodes() == (made,)
        assert await store.lease.may_act()
    finally:
        service.server.start()
    async with asyncio.timeout(15):
        while [kind for kind, _ in service.troubles] != ["not_saved", "saved_again"]:
            await asyncio.sleep(0.1)
    made = await store.commit(made.ref, made.version, Change(facts=[people.police()]))
    store = await service.again()
    assert await store.episode(made.ref) == made


async def test_readers_see_the_records_while_the_bot_runs_and_change_nothing(service):
    store = await service.open()
    await a_night(store)
    reader = await service.store()
    assert await everything(reader) == await everything(store)
    refs = ["ROWAN-4444", "ROWAN-2222", "ROWAN-ZZZZ"]
    assert [one.ref for one in reader.episodes(refs)] == ["ROWAN-4444", "ROWAN-2222"]
    with pytest.raises(NotSaved, match="reading only"):
        await report(reader, ref="ROWAN-9999")
    await reader.close()


async def test_one_who_stops_waiting_does_not_stop_the_change(service):
    store = await service.open()
    made = await report(store)
    change = Change(facts=[people.police(at=later(minutes=2))])
    task = asyncio.create_task(store.commit(made.ref, made.version, change))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    store = await service.again()
    assert len((await store.episode(made.ref)).facts) == 2


async def test_a_fact_that_only_the_primary_has_is_not_confirmed(monkeypatch):
    """The standby hangs, the connection breaks while the commit waits for it: the fact stands in
    the primary alone. Were its power lost now, the standby would follow it without the fact."""
    from tests.storage.failover import prepared as pair

    primary, standby = await asyncio.to_thread(pair, 2)
    service = Installation(primary, make_keys())
    monkeypatch.setattr("storage.postgres_commits.SETTLE_SECONDS", 1.0)
    monkeypatch.setattr("storage.postgres_asking.ANSWER_SECONDS", 1.0)
    try:
        store = await service.open()
        made = await report(store)
        standby.freeze()
        saving = asyncio.create_task(
            store.commit(made.ref, made.version, Change(facts=[people.police()]))
        )
        async with asyncio.timeout(10):
            waits = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
            while not await service.sql(waits):
                await asyncio.sleep(0.05)
        await service.cut()
        with pytest.raises(NotSaved):
            await saving
        assert await store.episode(made.ref) == made
    finally:
        standby.thaw()
        await service.close()
        for server in (standby, primary):
            await asyncio.to_thread(server.gone)
