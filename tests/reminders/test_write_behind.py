"""The book under several hands: conflicts are decided anew, what cannot be saved is kept."""

import pytest

from protocol import facts as f
from reminders.write_behind import OfficeChange, WriteBehind
from storage.model import Message
from storage.store import Change, Conflict, NotFound, NotSaved
from tests.reminders.virtual import in_virtual_time, utc
from tests.reminders.world import summarise
from tests.support.memory_store import MemoryStore

NOW = utc("2026-03-06 21:30")


def note(name: str) -> f.Note:
    return f.Note(id=name, by="amy", recorded_at=NOW, at=NOW, text="x")


def message(name: str, **fields) -> Message:
    return Message(id=name, to="amy", kind="notice", created_at=NOW, due_at=NOW, **fields)


class Store(MemoryStore):
    """Refuses the next commits in the way that is set."""

    def __init__(self) -> None:
        super().__init__(summarise=summarise, now=lambda: NOW)
        self.refuses: list[Exception] = []

    async def commit(self, ref, version, change):
        if self.refuses:
            raise self.refuses.pop(0)
        return await super().commit(ref, version, change)

    async def update_office(self, **fields):
        if self.refuses:
            raise self.refuses.pop(0)
        return await super().update_office(**fields)


async def opened() -> tuple[Store, WriteBehind]:
    store = Store()
    opened = f.Opened(
        id="f0",
        by="amy",
        recorded_at=NOW,
        category="missing",
        child=f.Child(age=15),
        aware_at=NOW,
    )
    await store.create("RH-2345", "rowan", "YP-1", Change(facts=[opened]))
    return store, WriteBehind(store)


@in_virtual_time
async def test_after_a_conflict_it_is_decided_anew_on_what_is_there_now():
    store, write_behind = await opened()
    store.refuses = [Conflict("somebody was faster")] * 3
    seen = []

    def build(record):
        seen.append(record.version)
        return Change(facts=[note("n1")])

    saved = await write_behind.put("RH-2345", build)
    assert len(seen) == 4
    assert saved.facts[-1].id == "n1"


@in_virtual_time
async def test_what_cannot_be_saved_is_seen_and_saved_later():
    store, write_behind = await opened()
    store.refuses = [NotSaved("full")] * 2
    await write_behind.put("RH-2345", lambda _: Change(facts=[note("n1")], messages=[message("m")]))
    shown = await write_behind.put(
        "RH-2345", lambda _: Change(messages=[message("m", state="sent")])
    )
    assert [m.state for m in shown.messages] == ["sent"]
    assert write_behind.unsaved == 1
    assert (await store.episode("RH-2345")).messages == ()
    await write_behind.flush()
    assert write_behind.unsaved == 0
    record = await store.episode("RH-2345")
    assert [m.state for m in record.messages] == ["sent"]
    assert [x.id for x in record.facts] == ["f0", "n1"]


@in_virtual_time
async def test_what_a_person_does_is_not_kept_in_memory_but_refused():
    """Whoever taps must learn that it is not on paper anywhere."""
    store, write_behind = await opened()
    store.refuses = [NotSaved("full")]
    with pytest.raises(NotSaved):
        await write_behind.put("RH-2345", lambda _: Change(facts=[note("n1")]), update_id=7)
    assert write_behind.unsaved == 0


@in_virtual_time
async def test_the_service_s_own_file_likewise():
    store, write_behind = await opened()
    store.refuses = [NotSaved("full")]
    await write_behind.put_office(lambda _: OfficeChange(state={"a": 1}, messages=[message("m")]))
    assert (await write_behind.office()).state == {"a": 1}
    assert (await store.office()).state == {}
    await write_behind.put_office(lambda _: OfficeChange(state={"b": 2}))
    assert (await store.office()).state == {"a": 1, "b": 2}
    assert [m.id for m in (await store.office()).messages] == ["m"]


@in_virtual_time
async def test_an_episode_that_is_not_there():
    _, write_behind = await opened()
    with pytest.raises(NotFound):
        await write_behind.put("RH-9999", lambda _: None)
