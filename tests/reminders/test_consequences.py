"""What follows from a report is there after a crash between the two commits, too."""

from protocol import facts as f
from storage.store import Change, NotSaved
from tests.reminders.virtual import in_virtual_time
from tests.reminders.world import World


def gone_again(world, follows):
    return world.fact(
        f.Opened,
        category="missing",
        child=f.Child(age=15, looked_after=True, historical_concerns=False),
        aware_at=world.clock.now(),
        last_seen_at=world.clock.now(),
        follows=follows,
    )


async def ended(world, ref):
    return [x for x in (await world.store.episode(ref)).facts if isinstance(x, f.GoneAgain)]


@in_virtual_time
async def test_a_crash_right_after_the_report_leaves_nothing_open_for_ever():
    """Found, and gone again: the process dies between the report and the end of the episode before.
    The young person was not on the list either."""
    async with World() as world:
        first = await world.report()
        await world.records(first, world.fact(f.Located))
        await world.engine.stop()
        await world.store.create(
            "RH-6789", "rowan", "YP-1", Change(facts=[gone_again(world, first)])
        )
        await world.store.create(
            "RH-9999", "rowan", "RH-9999-YP", Change(facts=[gone_again(world, "")])
        )
        world.make()
        await world.engine.start()
        await world.advance(seconds=1)
        [fact] = await ended(world, first)
        assert (fact.next_episode, fact.by) == ("RH-6789", "amy")
        assert (await world.store.person("RH-9999-YP")).child.age == 15
        await world.process_down(until=world.clock.now())
        assert len(await ended(world, first)) == 1


@in_virtual_time
async def test_a_full_disk_right_after_the_report_is_made_good(monkeypatch):
    async with World() as world:
        first = await world.report()
        await world.records(first, world.fact(f.Located))
        put_people = world.store.put_people

        async def full(people):
            raise NotSaved("full")

        monkeypatch.setattr(world.store, "put_people", full)
        change = Change(facts=[gone_again(world, first)])
        second = await world.engine.records.open("rowan", "RH", "", change)
        monkeypatch.setattr(world.store, "put_people", put_people)
        assert await world.store.person(second.person) is None
        await world.advance(seconds=20)
        assert (await world.store.person(second.person)).home == "rowan"
        assert len(await ended(world, first)) == 1


@in_virtual_time
async def test_what_a_person_took_back_is_not_done_again():
    async with World() as world:
        first = await world.report()
        change = Change(facts=[gone_again(world, first)])
        await world.engine.records.open("rowan", "RH", "YP-1", change)
        [fact] = await ended(world, first)
        await world.records(first, world.fact(f.Withdrawn, fact=fact.id, reason="not them"))
        await world.process_down(until=world.clock.now())
        await world.advance(seconds=20)
        assert len(await ended(world, first)) == 1


@in_virtual_time
async def test_who_is_told_of_the_next_absence_is_told_that_the_one_before_is_over():
    """All knew of the first; gone again, they are told of the second: nobody is asked to tell them
    that the first is over. If the telling is taken back, they are."""
    async with World() as world:
        first = await world.report()
        await world.advance(hours=1)
        await world.records(first, world.fact(f.Located))
        change = Change(facts=[gone_again(world, first)])
        second = await world.engine.records.open("rowan", "RH", "YP-1", change)

        async def back():
            standing = await world.engine.cases.standing_of(first)
            return {duty for duty in standing.computed.due if duty.startswith("N-BACK-")}

        async def says(kind, **fields):
            await world.advance(minutes=1)
            fact = world.fact(kind, **fields)
            await world.engine.records.update(second.ref, lambda _: Change(facts=[fact]))
            return fact.id

        assert await back() == {"N-BACK-POLICE", "N-BACK-RA", "N-BACK-PARENTS"}
        await says(f.ParentsTold)
        reported = await says(f.PoliceTold)
        assert await back() == {"N-BACK-RA"}
        await says(f.AuthorityTold, role="childs_social_worker")
        await says(f.AuthorityTold, role="accountable_manager", acknowledged=False)
        assert await back() == {"N-BACK-RA"}, "only somebody accountable, in their own word"
        await says(f.AuthorityAcknowledged, role="accountable_manager")
        assert await back() == set()
        await says(f.Withdrawn, fact=reported, reason="not yet")
        assert await back() == {"N-BACK-POLICE"}

        async def on_record():
            facts = (await world.store.episode(first)).facts
            return [x for x in facts if not isinstance(x, f.Told)]

        before = await on_record()
        await world.process_down(until=world.clock.now())
        await world.advance(seconds=20)
        assert await on_record() == before, "and once is enough"
