"""Whatever is done in whatever order, with restarts in between: the book is as the model says."""

import asyncio
import atexit
import shutil
import tempfile
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
)

from storage.lease import Lease
from storage.model import Person
from storage.postgres import PostgresStore, new_mark
from storage.store import Change, StoreError
from storage.tinydb_store import TinyStore
from storage.verify import verify
from tests.storage import people
from tests.storage.conftest import make_keys
from tests.storage.people import NIGHT, later, summarise
from tests.support import postgres
from tests.support.memory_store import MemoryStore

OWNERS = ("robin", "sam")
PEOPLE = ("RE-01", "RE-02", "RE-03")
TEXT = st.text(max_size=20)


class BookMachine(RuleBasedStateMachine):
    """The same is asked of both stores; every answer and refusal must be the same."""

    refs = Bundle("refs")

    def __init__(self):
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = Path(tempfile.mkdtemp(prefix="nightlight-model-"))
        self.keys = make_keys()
        self.model = MemoryStore(summarise=summarise, now=lambda: NIGHT)
        self.troubles = []
        self.count = 0
        self.updates = []
        self.opened = []
        self.book = None

    def do(self, awaitable):
        return self.loop.run_until_complete(awaitable)

    @initialize()
    def open(self):
        self.book = TinyStore(
            self.folder / "book", keys=self.keys, summarise=summarise, now=lambda: NIGHT
        )
        self.book.watch(self.troubles.append)
        self.do(self.book.open())

    def both(self, ask):
        """Asks both; the same record or the same kind of refusal. Returns the record."""
        results = []
        for store in (self.model, self.book):
            try:
                results.append(self.do(ask(store)))
            except (StoreError, ValueError) as error:
                results.append(type(error))
        assert results[0] == results[1]
        return results[0]

    def next_id(self):
        self.count += 1
        return self.count

    def update(self):
        self.updates.append(self.next_id())
        return self.updates[-1]

    @rule(target=refs, person=st.sampled_from(PEOPLE), days=st.integers(0, 400), text=TEXT)
    def make(self, person, days, text):
        ref = f"ROWAN-{self.next_id():04}"
        fact = people.opened(at=later(days=-days), note=text)
        change = Change(facts=[fact], update_id=self.update())
        self.both(lambda store: store.create(ref, "rowan", person, change))
        return ref

    @rule(target=refs, owner=st.sampled_from(OWNERS), person=st.sampled_from(PEOPLE))
    def make_from_draft(self, owner, person):
        draft = self.both(lambda store: store.draft(owner))
        if draft is None:
            return multiple()
        ref = f"ALDER-{self.next_id():04}"
        change = Change(facts=[people.opened()], update_id=self.update(), ends_draft=draft.id)
        self.both(lambda store: store.create(ref, "alder", person, change))
        return ref

    @rule(ref=refs)
    def make_again(self, ref):
        change = Change(facts=[people.opened()])
        self.both(lambda store: store.create(ref, "rowan", "RE-01", change))

    @rule(ref=refs, text=TEXT, behind=st.sampled_from([0, 0, 0, 1]), messages=st.integers(0, 3))
    def add(self, ref, text, behind, messages):
        version = self.do(self.model.episode(ref)).version - behind
        n = self.next_id()
        change = Change(
            facts=[people.note(f"n{n}", text)],
            messages=[people.reminder(f"m{m}", attempts=n) for m in range(messages)],
            update_id=self.update() if not behind else None,
        )
        self.both(lambda store: store.commit(ref, version, change))

    @rule(ref=refs, days=st.integers(0, 400))
    def close(self, ref, days):
        episode = self.do(self.model.episode(ref))
        if episode.closed_at is None:
            n = self.next_id()
            fact = people.closed(f"c{n}", at=later(days=-days))
            change = Change(facts=[fact], close=True, update_id=self.update())
            self.both(lambda store: store.commit(ref, episode.version, change))

    @rule(owner=st.sampled_from(OWNERS), text=TEXT, new=st.booleans())
    def save_draft(self, owner, text, new):
        before = self.do(self.model.draft(owner))
        draft_id = f"d{self.next_id()}" if new or before is None else before.id
        draft = people.draft(owner=owner, draft_id=draft_id, text=text)
        update = self.update()
        self.both(lambda store: store.save_draft(draft, update))

    @rule(owner=st.sampled_from(OWNERS))
    def drop_draft(self, owner):
        update = self.update()
        self.both(lambda store: store.drop_draft(owner, update))

    @rule(ref=st.sampled_from(PEOPLE), home=st.sampled_from(["rowan", "alder"]), name=TEXT)
    def put_person(self, ref, home, name):
        person = Person(ref=ref, home=home, child=people.opened().child, name=name)
        self.both(lambda store: store.put_people([person]))

    @rule(key=st.sampled_from(["rota", "staff"]), value=st.recursive(TEXT, st.lists))
    def write_office(self, key, value):
        update = self.update()
        message = people.reminder(f"o{update}", data={"value": value})
        self.both(
            lambda store: store.update_office(
                state={key: value}, messages=[message], log=[{"n": update}], update_id=update
            )
        )

    @rule()
    def restart(self):
        self.do(self.book.close())
        assert verify(self.folder / "book", self.keys, summarise=summarise) == []
        self.open()

    @rule()
    def restart_without_farewell(self):
        """As a crash leaves it: the catalogue was not flushed."""
        kept = self.folder / "kept"
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(self.folder / "book", kept)
        self.do(self.book.close())
        shutil.rmtree(self.folder / "book")
        kept.rename(self.folder / "book")
        assert verify(self.folder / "book", self.keys, summarise=summarise) == []
        self.open()

    @rule(ref=consumes(refs))
    def read_closed(self, ref):
        self.both(lambda store: store.episode(ref))

    @invariant()
    def all_is_the_same(self):
        if self.book is None:
            return
        self.both(lambda store: store.open_episodes())
        self.both(lambda store: store.past(later(days=-200)))
        for person in PEOPLE:
            self.both(lambda store, person=person: store.history(person))
            self.both(lambda store, person=person: store.person(person))
        for owner in OWNERS:
            self.both(lambda store, owner=owner: store.draft(owner))
        self.both(lambda store: store.office())
        for update in self.updates[-20:]:
            assert self.do(self.book.seen(update)), update
        assert self.troubles == []

    def teardown(self):
        if self.book is not None:
            self.do(self.book.close())
        self.loop.close()
        shutil.rmtree(self.folder)


TestBook = BookMachine.TestCase
TestBook.settings = settings(
    max_examples=20,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


class DatabaseMachine(BookMachine):
    """The same on PostgreSQL; a restart is that of a process that was killed."""

    server = None

    @initialize()
    def open(self):
        if DatabaseMachine.server is None:
            DatabaseMachine.server = self.do(postgres.prepared())
            atexit.register(DatabaseMachine.server.gone)
        if not self.opened:
            self.opened.append(f"oak-{self.folder.name[-8:].replace('_', '-').casefold()}")
        service, address = self.opened[0], self.server.address
        lease = Lease(address, service, new_mark(self.keys, service))
        assert self.do(lease.take(wait=False))
        self.book = PostgresStore(
            address,
            service,
            keys=self.keys,
            summarise=summarise,
            now=lambda: NIGHT,
            lease=lease,
        )
        self.book.watch(self.troubles.append)
        self.do(self.book.open())

    @rule()
    def restart(self):
        self.do(self.book.close())
        assert self.book.problems == []
        self.open()

    @rule()
    def restart_without_farewell(self):
        self.restart()


@pytest.mark.skipif(not postgres.usable(), reason="no PostgreSQL server on this machine")
class TestDatabase(DatabaseMachine.TestCase):
    settings = settings(TestBook.settings, max_examples=8)
