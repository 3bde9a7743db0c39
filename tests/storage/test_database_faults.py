"""The line to the database breaks at every question of every change: before it, or with its
answer, and the database is back at once or stays away. As `test_faults.py` for files."""

import psycopg
import pytest

from storage import postgres_asking
from storage.store import NotSaved, StoreError
from tests.storage.conftest import make_keys
from tests.storage.contract import report
from tests.storage.test_faults import CHANGES, look, prepared
from tests.storage.test_postgres import Installation
from tests.support import postgres

pytestmark = pytest.mark.skipif(
    not postgres.usable(), reason="no PostgreSQL server on this machine (package postgresql)"
)


class Line:
    """The n-th question goes wrong: it is not asked, or its answer is lost."""

    def __init__(self, monkeypatch):
        self.count = self.wrong_at = 0
        self.asked_first = self.stays_away = self.fired = False
        self._real = postgres_asking.ask
        monkeypatch.setattr(postgres_asking, "ask", self._ask)

    def arm(self, at, *, asked_first, stays_away):
        self.count, self.wrong_at, self.fired = 0, at, False
        self.asked_first, self.stays_away = asked_first, stays_away

    def works(self):
        self.wrong_at = 0

    async def _ask(self, connection, statement, values=()):
        self.count += 1
        if self.fired and self.stays_away and self.wrong_at:
            raise psycopg.OperationalError("the server is away")
        if self.count != self.wrong_at:
            return await self._real(connection, statement, values)
        self.fired = True
        if self.asked_first:
            await self._real(connection, statement, values)
        raise psycopg.OperationalError("the line broke")


@pytest.fixture
def line(monkeypatch):
    monkeypatch.setattr("storage.postgres_commits.SETTLE_SECONDS", 0.1)
    return Line(monkeypatch)


@pytest.mark.parametrize(
    ("asked_first", "stays_away"),
    [(False, True), (True, False), (True, True)],
    ids=["not-asked", "answer-lost", "answer-lost-and-away"],
)
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
async def test_a_line_that_breaks_at_any_question_leaves_the_old_or_the_new(
    server, line, change, asked_first, stays_away
):
    """Confirmed is there, "NOT saved" is not, and the next change is as if nothing had been."""
    at = 0
    while True:
        at += 1
        service = Installation(server, make_keys())
        store = await prepared(service)
        before = await look(store)
        line.arm(at, asked_first=asked_first, stays_away=stays_away)
        try:
            await change(store)
        except StoreError as error:
            saved, told = False, isinstance(error, NotSaved)
            line.works()
            assert await look(store) == before, "what was not saved must not be shown"
            assert not await store.seen(7)
        else:
            saved, told = True, False
        fired = line.fired
        line.works()
        after = await look(store)
        assert (after != before) == saved
        await report(store, ref="ROWAN-NEXT", person="RE-09")
        store = await service.again()
        assert (await look(store))[1:] == after[1:]
        assert store.problems == []
        await service.close()
        kinds = [kind for kind, _ in service.troubles]
        assert set(kinds) <= {"not_saved", "saved_again"}
        assert ("not_saved" in kinds) == told
        if not fired:
            assert saved
            break
    assert at > 1
