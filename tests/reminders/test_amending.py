"""Stories of messages that told something: edited when it is not so any more, as alarms are."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from protocol import facts as f
from reminders import amending
from reminders.all_clear import MOST_ATTEMPTS
from reminders.duties import read
from tests.reminders.test_all_clear import all_night
from tests.reminders.virtual import in_virtual_time
from tests.reminders.world import World


def told(world: World, kind: str) -> list[tuple[str, list[str]]]:
    """(person, why) of each edit of messages of this kind, the last edit of each message only."""
    last = {}
    for got in world.telegram.edits:
        if got.message.kind == "amended":
            found = [x for x in got.message.data["told"] if x["part"].startswith(kind)]
            last[(got.to, got.message.data["of"])] = [x["why"] for x in found]
    return sorted((to, why) for (to, _), why in last.items() if why)


async def leveled(world: World) -> str:
    """Level 3 at first, raised by Amy; Mia is told."""
    ref = await world.report()
    await world.advance(minutes=5)
    await world.puts(ref, world.fact(f.LevelRaised, level=3, reason="worried"))
    await world.advance(minutes=1)
    assert ("mia", "level") in world.telegram.new()
    return ref


@in_virtual_time
async def test_a_level_that_is_lowered_again_is_edited_where_it_was_told():
    async with World() as world:
        ref = await leveled(world)
        await world.puts(ref, world.fact(f.LevelStoodDown, by="mia", level=1, reason="a mistake"))
        await world.advance(minutes=5)
        assert ("mia", ["level"]) in told(world, "level~0")
        await world.advance(hours=1)
        before = len(world.telegram.edits)
        await world.advance(minutes=30)
        assert len(world.telegram.edits) == before, "once is enough"


@in_virtual_time
async def test_an_edit_that_was_tried_often_enough_is_not_made_anew():
    """The chat is closed: each failure has the case planned again."""
    async with World() as world:
        record = await world.store.episode(await leveled(world))
        case = amending.standing(read(record.facts).facts, (), 1, world.clock.now())
        new, _ = amending.amendments(record.messages, (), case)
        assert new
        failed = [
            msgspec.structs.replace(one, state="failed", error="blocked", attempts=MOST_ATTEMPTS)
            for one in new
        ]
        assert amending.amendments((*record.messages, *failed), (), case) == ([], [])


@in_virtual_time
async def test_a_level_that_was_told_ends_with_the_return_and_comes_back_when_that_was_wrong():
    async with World() as world:
        ref = await leveled(world)
        back = world.fact(f.Returned, by="amy")
        await world.puts(ref, back)
        await world.advance(minutes=1)
        assert ("mia", ["back"]) in told(world, "level~0")
        await world.puts(ref, world.fact(f.Withdrawn, fact=back.id, reason="not them"))
        await world.advance(minutes=1)
        assert told(world, "level~0") == []


@in_virtual_time
async def test_a_level_that_was_told_of_a_closed_case_is_edited():
    async with World() as world:
        ref = await leveled(world)
        await world.records(ref, world.fact(f.Closed, by="mia"), close=True)
        await world.advance(minutes=1)
        assert ("mia", ["closed"]) in told(world, "level~0")


@in_virtual_time
async def test_that_a_call_did_not_count_is_edited_when_one_does():
    """The child's worker alone was told; Mia hears that this is not enough. Then a manager is."""
    async with World() as world:
        ref = await world.report(told=False)
        await world.puts(ref, world.fact(f.AuthorityTold, role="childs_social_worker"))
        await world.advance(minutes=1)
        assert ("mia", "not_enough N-RA") in world.telegram.new()
        await world.has_it(ref, "N-RA", "ben")
        await world.advance(minutes=1)
        assert ("mia", ["held"]) in told(world, "role")
        await world.puts(ref, world.fact(f.AuthorityTold, by="ben", role="edt_duty_manager"))
        await world.advance(minutes=1)
        assert ("mia", ["done"]) in told(world, "role")


@in_virtual_time
async def test_who_was_told_that_they_are_back_sees_that_it_was_a_mistake():
    async with World() as world:
        ref = await all_night(world)
        back = world.fact(f.Returned, by="amy")
        await world.puts(ref, back)
        await world.advance(minutes=1)
        assert {who for who, said in world.telegram.new() if said == "over"} == {"ben", "mia"}
        await world.puts(ref, world.fact(f.Withdrawn, fact=back.id, reason="not them"))
        await world.advance(minutes=1)
        assert told(world, "over") == [("ben", ["not_so"]), ("mia", ["not_so"])]


@in_virtual_time
async def test_who_was_told_that_they_are_found_sees_that_they_are_gone_again():
    async with World() as world:
        ref = await all_night(world)
        await world.puts(ref, world.fact(f.Located, by="amy"))
        await world.advance(minutes=1)
        await world.puts(ref, world.fact(f.GoneAgain, next_episode="RH-9999"))
        await world.advance(minutes=1)
        assert told(world, "over") == [("ben", ["again"]), ("mia", ["again"])]


@in_virtual_time
async def test_a_time_back_that_is_put_right_is_put_right_where_it_was_told():
    async with World() as world:
        ref = await all_night(world)
        back = world.fact(f.Returned, by="amy")
        await world.puts(ref, back)
        await world.advance(minutes=1)
        earlier = world.clock.now() - timedelta(minutes=40)
        await world.puts(ref, world.fact(f.Returned, at=earlier, corrects=back.id))
        await world.advance(minutes=1)
        assert {who for who, why in told(world, "over") if why == ["time"]} == {"ben", "mia"}


@in_virtual_time
async def test_who_was_told_that_somebody_has_it_sees_that_they_gave_it_back():
    """Ben had it, Mia took it over; Ben is told, and sees what becomes of it."""
    async with World() as world:
        ref = await all_night(world)
        await world.has_it(ref, "CP-4H", "ben")
        await world.has_it(ref, "CP-4H", "mia", take_over=True)
        await world.advance(minutes=1)
        assert ("ben", "taken CP-4H") in world.telegram.new()
        await world.acts.release(ref, ["CP-4H"], world.staff("mia"))
        await world.advance(minutes=1)
        assert told(world, "taken") == [("ben", ["open"])]
        await world.puts(ref, world.fact(f.DutyDone, by="amy", duty="CP-4H"))
        await world.advance(minutes=1)
        assert told(world, "taken") == [("ben", ["done"])]


def shows(world: World, who: str) -> list[list[str]]:
    """What the last edit of each of this person's messages says of the four-hour check."""
    last = {}
    for got in world.telegram.edits:
        if got.to == who and got.message.kind != "collapsed":
            last[got.message.data["of"]] = [x["why"] for x in got.message.data["ended"]]
    return [last[number] for number in sorted(last)]


@pytest.mark.parametrize("how", ["given back", "run out"])
@in_virtual_time
async def test_an_alarm_that_somebody_had_rings_again_on_every_phone(how):
    """ "Sasha has it until 03:30" is not true any more when it was given back, or has run out."""
    async with World() as world:
        ref = await all_night(world)
        answer = await world.has_it(ref, "CP-4H", "ben")
        await world.advance(seconds=30)
        assert shows(world, "mia") == [["held"]]
        if how == "given back":
            await world.acts.release(ref, ["CP-4H"], world.staff("ben"))
        else:
            await world.until(answer.until)
        await world.advance(seconds=30)
        assert shows(world, "mia") == [[]]
        await world.has_it(ref, "CP-4H", "ben")
        await world.advance(seconds=30)
        assert shows(world, "mia") == [["held"]], "again, in the same words"


@in_virtual_time
async def test_done_that_was_taken_back_is_not_shown_as_done():
    async with World() as world:
        ref = await all_night(world)
        done = world.fact(f.DutyDone, by="ben", duty="CP-4H")
        await world.puts(ref, done)
        await world.advance(seconds=30)
        assert shows(world, "mia") == [["done"]]
        await world.puts(ref, world.fact(f.Withdrawn, fact=done.id, reason="another case"))
        await world.advance(seconds=30)
        assert ["done"] not in shows(world, "mia") or "collapsed" in {
            g.message.kind for g in world.telegram.edits if g.to == "mia"
        }
