"""One way to change a case: what the reminders could not save is seen, and saved, by whoever writes
next."""

import pytest

from protocol import facts as f
from reminders.case_records import new_ids
from storage.store import Change, NotFound, NotSaved
from tests.reminders.virtual import in_virtual_time
from tests.reminders.world import World


class Disk:
    """Refuses commits to episodes while it is full."""

    def __init__(self, store, monkeypatch) -> None:
        self.full = True
        real = store.commit

        async def commit(ref, version, change):
            if self.full:
                raise NotSaved("full")
            return await real(ref, version, change)

        monkeypatch.setattr(store, "commit", commit)


@in_virtual_time
async def test_a_person_writes_on_top_of_what_the_disk_refused(monkeypatch):
    """A reminder's own fact is not on disk yet; somebody closes the case: both are on record,
    and the close is not lost on the way."""
    async with World() as world:
        ref = await world.report()
        records = world.engine.records
        kept = world.fact(f.Note, by=f.NIGHTLIGHT, text="noted by the service")
        disk = Disk(world.store, monkeypatch)
        await records.update(ref, lambda _: Change(facts=[kept]))
        assert kept not in (await world.store.episode(ref)).facts
        assert kept in (await records.episode(ref)).facts
        assert any(kept in one.facts for one in await records.open_episodes())
        disk.full = False
        mine = world.fact(f.Closed)
        seen = []

        def build(episode):
            seen.append(kept in episode.facts)
            return Change(facts=[mine], close=True, ends_draft="d1")

        await records.update(ref, build, 77)
        assert seen == [True]
        record = await world.store.episode(ref)
        assert {kept, mine} <= set(record.facts)
        assert record.closed_at is not None
        assert record.drafts == ("d1",)
        assert 77 in record.seen


@in_virtual_time
async def test_what_a_person_was_refused_is_not_kept(monkeypatch):
    async with World() as world:
        ref = await world.report()
        disk = Disk(world.store, monkeypatch)
        mine = world.fact(f.Note, text="x")
        with pytest.raises(NotSaved):
            await world.engine.records.update(ref, lambda _: Change(facts=[mine]), 5)
        disk.full = False
        assert mine not in (await world.engine.records.episode(ref)).facts


@in_virtual_time
async def test_a_case_of_another_home_is_no_case():
    async with World() as world:
        ref = await world.report()
        assert (await world.engine.records.seen_by(world.staff("amy"), ref)).ref == ref
        for name, asked in (("cay", ref), ("amy", "RH-9999")):
            with pytest.raises(NotFound):
                await world.engine.records.seen_by(world.staff(name), asked)


@in_virtual_time
async def test_ids_of_facts_are_new():
    async with World() as world:
        ref = await world.report()
        episode = await world.store.episode(ref)
        new = new_ids(episode)
        made = [new() for _ in range(3)]
        assert not {fact.id for fact in episode.facts} & set(made)
        assert len(set(made)) == 3
