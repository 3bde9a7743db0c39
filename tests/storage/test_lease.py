"""Who may speak when the database cannot be asked; no database is needed for that."""

from __future__ import annotations

import asyncio

import psycopg
import pytest

from storage import lease as leases
from storage.lease import ANSWER_SECONDS, Lease
from tests.reminders.virtual import in_virtual_time


class Stoppable:
    """The monotonic clock of a process that can be stopped, in the place of `time`."""

    def __init__(self) -> None:
        self.stopped = 0.0

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time() + self.stopped


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Stoppable:
    made = Stoppable()
    monkeypatch.setattr(leases, "time", made)
    return made


@in_virtual_time
async def test_a_database_that_does_not_answer_stops_nobody(clock: Stoppable) -> None:
    """A reminder twice is better than none."""
    speaks = asyncio.create_task(Lease("", "oak", "").may_act())
    await asyncio.sleep(ANSWER_SECONDS - 0.1)
    assert not speaks.done()
    await asyncio.sleep(0.2)
    assert speaks.result()


@in_virtual_time
async def test_whoever_was_stopped_while_asking_asks_again(clock: Stoppable) -> None:
    """The time for an answer was slept through: the next one may have begun to lead."""
    speaks = asyncio.create_task(Lease("", "oak", "").may_act())
    await asyncio.sleep(1)
    clock.stopped = 25.0
    await asyncio.sleep(ANSWER_SECONDS)
    assert not speaks.done()
    await asyncio.sleep(ANSWER_SECONDS)
    assert speaks.result()


@in_virtual_time
async def test_an_answer_from_before_the_sleep_is_none(clock: Stoppable) -> None:
    lease = Lease("", "oak", "")
    speaks = asyncio.create_task(lease.may_act())
    await asyncio.sleep(1)
    clock.stopped = 25.0
    lease._asked.set()
    lease._asked = asyncio.Event()
    await asyncio.sleep(1)
    assert not speaks.done()
    lease.give_up()
    lease._asked.set()
    assert await speaks is False


class Session:
    """Of a leader that another one has followed. ended: by the server, while the process slept."""

    closed = False

    def __init__(self, *, ended: bool) -> None:
        self.ended = ended

    async def wait(self, seconds: float) -> None:
        await asyncio.sleep(0 if self.ended else seconds)

    async def renew_term(self, *_: object) -> bool:
        if self.ended:
            raise psycopg.OperationalError("the server closed the connection")
        return False

    async def lock(self, _: str) -> bool:
        return False

    async def term(self, _: str) -> int:
        return 7

    def drop(self) -> None:
        self.closed = True


@in_virtual_time
async def test_the_end_of_its_session_is_no_answer_for_who_wakes_from_a_sleep(
    clock: Stoppable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database can be asked anew, and says that somebody else leads."""

    async def connect(*_: str) -> Session:
        return Session(ended=False)

    monkeypatch.setattr(leases, "connect", connect)
    lease = Lease("", "oak", "")
    lease._session = Session(ended=True)
    keeping = asyncio.create_task(lease._keep())
    assert await lease.may_act() is False
    await keeping


@in_virtual_time
async def test_a_database_that_refuses_a_new_session_stops_nobody(
    clock: Stoppable, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def connect(*_: str) -> Session:
        raise psycopg.OperationalError("connection refused")

    monkeypatch.setattr(leases, "connect", connect)
    lease = Lease("", "oak", "")
    lease._session = Session(ended=True)
    keeping = asyncio.create_task(lease._keep())
    assert await lease.may_act() is True
    keeping.cancel()
